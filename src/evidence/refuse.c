/* SPDX-License-Identifier: Apache-2.0
 *
 * refuse.c: containers that are known and not read, each with what the examiner can do.
 *
 * Raw takes any file, so what is certainly something else must be named before raw has its say:
 * reading a compressed or foreign container as a disk would end in "no Windows found", which is
 * false. A magic of two or three bytes counts only where no boot signature says that this is a
 * disk after all.
 */
#include "evidence/format.h"

typedef struct known {
    uint32_t at;
    bool tail;  /* at counts from the last 512 bytes */
    bool short_magic;
    uint8_t size;
    char magic[24];
    es_refusal refusal;
} known;

#define CONVERT_QEMU "Convert it with \"qemu-img convert -O raw\" and scan the result."
#define CONVERT_FTK "Export it as raw or E01 with FTK Imager and scan the result."
#define UNPACK "Unpack it first and scan what is inside."

static const known table[] = {
    { 0, false, false, 8, "EVF2\r\n\x81\0",
      { "an EnCase 7 image (Ex01)",
        "Acquire it again as E01, or convert it with EnCase or FTK Imager." } },
    { 0, false, false, 8, "LEF2\r\n\x81\0",
      { "an EnCase 7 logical evidence file (Lx01)",
        "It holds files, not a disk: acquire the disk itself." } },
    { 0, false, false, 8, "LVF\t\r\n\xff\0",
      { "a logical evidence file (L01)", "It holds files, not a disk: acquire the disk itself." } },
    { 0, false, false, 8, "DVF\t\r\n\xff\0",
      { "a delta segment of an EWF image (d01)", "Name the E01 it belongs to." } },
    { 0x40, false, false, 4, "\x7f\x10\xda\xbe",
      { "a VirtualBox disk (VDI)",
        "Convert it with \"qemu-img convert -O raw\" or VBoxManage and scan the result." } },
    { 0, false, false, 6, "AFF10\r",
      { "an AFF image", "Convert it with \"affconvert -r\" and scan the raw image." } },
    { 0, false, false, 3, "AFF",
      { "an AFF image", "Convert it with \"affconvert -r\" and scan the raw image." } },
    { 0, false, false, 15, "ADSEGMENTEDFILE",
      { "an AccessData logical image (AD1)",
        "It holds files, not a disk: acquire the disk itself." } },
    { 0, false, false, 7, "ADCRYPT",
      { "an encrypted AccessData image", "Decrypt it with FTK Imager and scan the result." } },
    { 0, true, false, 4, "koly",
      { "an Apple disk image (DMG)", "Convert it with \"dmg2img\" and scan the result." } },
    { 0, false, false, 8, "encrcdsa",
      { "an encrypted Apple disk image (DMG)", "Decrypt and convert it first." } },
    { 0, false, false, 4, "QED\0", { "a QED disk", CONVERT_QEMU } },
    { 0, false, false, 16, "WithoutFreeSpace", { "a Parallels disk", CONVERT_QEMU } },
    { 0, false, false, 16, "WithouFreSpacExt", { "a Parallels disk", CONVERT_QEMU } },
    { 0, false, false, 20, "Bochs Virtual HD Ima", { "a Bochs disk", CONVERT_QEMU } },
    { 0, false, false, 4, "VMDK",
      { "a compressed VMware disk of an old kind", CONVERT_QEMU } },
    { 0, false, false, 8, "MSWIM\0\0\0",
      { "a Windows image (WIM)",
        "It holds files, not a disk: apply it with wimlib and image the result." } },
    { 0, false, false, 6, "LUKS\xba\xbe",
      { "a LUKS-encrypted container", "Unlock it with cryptsetup and scan the device." } },
    { 0, false, false, 6, "7z\xbc\xaf\x27\x1c", { "a 7-Zip archive", UNPACK } },
    { 0, false, false, 6, "\xfd" "7zXZ\0", { "a file compressed with xz", UNPACK } },
    { 0, false, false, 6, "Rar!\x1a\x07", { "a RAR archive", UNPACK } },
    { 0, false, false, 4, "\x28\xb5\x2f\xfd", { "a file compressed with zstd", UNPACK } },
    { 0, false, false, 4, "\x04\x22\x4d\x18", { "a file compressed with lz4", UNPACK } },
    { 0, false, true, 4, "PK\x03\x04", { "a ZIP archive", UNPACK } },
    { 0, false, true, 2, "\x1f\x8b", { "a file compressed with gzip", UNPACK } },
    { 0, false, true, 3, "BZh", { "a file compressed with bzip2", UNPACK } },
    { 257, false, true, 5, "ustar", { "a tar archive", UNPACK } },
};

static const es_refusal aff4 = {
    "an AFF4 image", CONVERT_FTK,
};

static bool has_word(es_bytes bytes, const char *word)
{
    size_t size = strlen(word);

    return bytes.size >= size && memmem(bytes.data, (size_t)bytes.size, word, size) != NULL;
}

const es_refusal *es_refusal_find(const es_probe *probe)
{
    bool bootable = es_bytes_start(probe->head, 510, "\x55\xaa", 2);
    es_bytes begin = probe->head;

    if (begin.size > 4096)
        begin.size = 4096;
    if (!bootable && es_bytes_start(begin, 0, "PK\x03\x04", 4) &&
        (has_word(begin, "container.description") || has_word(begin, "information.turtle") ||
         has_word(begin, "aff4://")))
        return &aff4;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const known *k = &table[i];

        if ((k->short_magic && bootable) ||
            !es_bytes_start(k->tail ? probe->tail : probe->head, k->at, k->magic, k->size))
            continue;
        return &k->refusal;
    }
    return NULL;
}
