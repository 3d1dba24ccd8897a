/* SPDX-License-Identifier: Apache-2.0
 *
 * identify.c: the marks by which volumes are told apart.
 *
 * Only NTFS and FAT are read further; all others are named so that a report can say what was
 * passed over. Marks that prove most come first: a BitLocker volume still looks like NTFS or FAT to
 * careless eyes, and a RAID member starts with whatever the set starts with.
 *
 * Sources of the marks: libbde's and libfsntfs' format documents, the Linux kernel's uapi headers
 * (md_p.h, magic.h), LVM2's label.h, "LUKS1 On-Disk Format", Intel's and SNIA's RAID metadata as
 * dmraid and mdadm know them.
 */
#include "disk/identify.h"
#include <esuscan/bytes.h>
#include <stdio.h>

#define MD_MAGIC 0xa92b4efcu

static bool has(es_bytes bytes, uint64_t at, const char *mark, size_t size)
{
    return at <= bytes.size && size <= bytes.size - at && memcmp(bytes.data + at, mark, size) == 0;
}

#define HAS(bytes, at, mark) has(bytes, at, mark, sizeof(mark) - 1)

static uint64_t number_at(es_bytes bytes, uint64_t at, uint32_t size)
{
    es_cursor c = es_cursor_make(bytes);
    uint64_t value = 0;
    es_bytes taken;

    es_cursor_seek(&c, at);
    taken = es_cursor_take(&c, size);
    for (uint64_t i = 0; i < taken.size; i++)
        value |= (uint64_t)taken.data[i] << (8 * i);
    return value;
}

/* A label of single bytes, padded with spaces or zeros; what is not ASCII is shown as '?'. */
static void take_label(es_bytes start, uint64_t at, uint32_t size, char *label)
{
    es_cursor c = es_cursor_make(start);
    es_bytes text = es_cursor_slice(&c, at, size);
    size_t n = 0;

    for (; n < text.size && text.data[n]; n++)
        label[n] = text.data[n] >= 0x20 && text.data[n] < 0x7f ? (char)text.data[n] : '?';
    while (n && label[n - 1] == ' ')
        n--;
    label[n] = 0;
}

/* ---------------------------------------------------------------- FAT */

static bool is_power_of_two(uint64_t value)
{
    return value && !(value & (value - 1));
}

/* The BIOS parameter block must hold together; the kind follows from the number of clusters
 * (Microsoft, "FAT: General Overview of On-Disk Format"). */
static bool identify_fat(es_bytes start, es_identity *identity)
{
    uint64_t sector = number_at(start, 11, 2), cluster = number_at(start, 13, 1);
    uint64_t reserved = number_at(start, 14, 2), n_fats = number_at(start, 16, 1);
    uint64_t root = number_at(start, 17, 2), sectors = number_at(start, 19, 2);
    uint64_t media = number_at(start, 21, 1), fat = number_at(start, 22, 2);
    bool big = fat == 0;
    uint64_t used, clusters;

    if (!HAS(start, 510, "\x55\xaa") || sector < 512 || sector > 4096 || !is_power_of_two(sector) ||
        !is_power_of_two(cluster) || reserved == 0 || n_fats == 0 || n_fats > 2 ||
        (media != 0xf0 && media < 0xf8))
        return false;
    if (sectors == 0)
        sectors = number_at(start, 32, 4);
    if (big)
        fat = number_at(start, 36, 4);
    used = reserved + n_fats * fat + (root * 32 + sector - 1) / sector;
    if (fat == 0 || used >= sectors || (!big && root == 0))
        return false;
    clusters = (sectors - used) / cluster;
    identity->filesystem = big ? "fat32" : clusters < 4085 ? "fat12" : "fat16";
    identity->boot_sector = true;
    snprintf(identity->serial, sizeof(identity->serial), "%08X",
             (uint32_t)number_at(start, big ? 67 : 39, 4));
    take_label(start, big ? 71 : 43, 11, identity->label);
    if (strcmp(identity->label, "NO NAME") == 0)
        identity->label[0] = 0;
    return true;
}

/* ---------------------------------------------------------------- by boot sector */

static bool identify_bitlocker(es_bytes start, es_identity *identity)
{
    /* Vista and Windows 7 put the mark where NTFS has its own; BitLocker To Go keeps a FAT boot
     * sector and puts its GUID {4967d63b-2e29-4ad8-8399-f6a339e3d001} at 424. */
    if (!HAS(start, 3, "-FVE-FS-") &&
        !HAS(start, 424, "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01"))
        return false;
    identity->filesystem = "bitlocker";
    identity->encrypted = ES_ENCRYPTED_BITLOCKER;
    identity->boot_sector = true;
    return true;
}

static bool identify_ntfs(es_bytes start, es_identity *identity)
{
    es_bytes sector = { start.data, start.size < 512 ? start.size : 512 };
    es_status status = es_ntfs_boot_parse(sector, &identity->ntfs);

    identity->bad_ntfs = status == ES_CORRUPT;
    if (status != ES_OK)
        return false;
    identity->filesystem = "ntfs";
    identity->boot_sector = true;
    snprintf(identity->serial, sizeof(identity->serial), "%016llX",
             (unsigned long long)identity->ntfs.serial);
    return true;
}

static bool identify_other_windows(es_bytes start, es_identity *identity)
{
    if (HAS(start, 3, "ReFS\0\0\0\0")) {
        identity->filesystem = "refs";
        snprintf(identity->serial, sizeof(identity->serial), "%016llX",
                 (unsigned long long)number_at(start, 56, 8));
    } else if (HAS(start, 3, "EXFAT   ")) {
        identity->filesystem = "exfat";
        snprintf(identity->serial, sizeof(identity->serial), "%08X",
                 (uint32_t)number_at(start, 100, 4));
    } else {
        return false;
    }
    identity->boot_sector = true;
    return true;
}

/* ---------------------------------------------------------------- others by name */

static const char *identify_other(es_bytes start)
{
    static const struct {
        uint64_t at;
        const char *mark;
        size_t size;
        const char *name;
    } marks[] = {
        { 0, "LUKS\xba\xbe", 6, "luks" },
        { 0, "\xfc\x4e\x2b\xa9", 4, "linux-raid" },
        { 4096, "\xfc\x4e\x2b\xa9", 4, "linux-raid" },
        { 0, "XFSB", 4, "xfs" },
        { 65536 + 64, "_BHRfS_M", 8, "btrfs" },
        { 1024, "H+", 2, "hfs+" },
        { 1024, "HX", 2, "hfs+" },
        { 32, "NXSB", 4, "apfs" },
        { 1024, "\x10\x20\xf5\xf2", 4, "f2fs" },
        { 32768, "JFS1", 4, "jfs" },
        { 4096 - 10, "SWAPSPACE2", 10, "swap" },
        { 4096 - 10, "SWAP-SPACE", 10, "swap" },
        { 32769, "CD001", 5, "iso9660" },
        { 32769, "BEA01", 5, "udf" },
    };

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (has(start, marks[i].at, marks[i].mark, marks[i].size))
            return marks[i].name;
    }
    for (uint64_t sector = 0; sector < 4; sector++) {
        if (HAS(start, sector * 512, "LABELONE") && HAS(start, sector * 512 + 24, "LVM2 001"))
            return "lvm2";
    }
    /* Two bytes prove little: the block size must make sense too. */
    if (HAS(start, 1024 + 56, "\x53\xef") && number_at(start, 1024 + 24, 4) <= 6)
        return "ext";
    return NULL;
}

static bool is_blank(es_bytes bytes)
{
    for (uint64_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i])
            return false;
    }
    return true;
}

void es_identify(es_bytes start, es_identity *ret_identity)
{
    es_identity identity = { .filesystem = "unknown" };
    const char *other;

    if (!identify_bitlocker(start, &identity) && !identify_ntfs(start, &identity) &&
        !identify_other_windows(start, &identity)) {
        other = identify_other(start);
        if (other)
            identity.filesystem = other;
        else if (!identity.bad_ntfs)
            identify_fat(start, &identity);
        if (other && strcmp(other, "luks") == 0)
            identity.encrypted = ES_ENCRYPTED_OTHER;
        if (other && strcmp(other, "ext") == 0)
            take_label(start, 1024 + 120, 16, identity.label);
    }
    identity.blank = is_blank(start);
    *ret_identity = identity;
}

/* ---------------------------------------------------------------- RAID and disk encryption */

static es_status md_at(es_source *source, uint64_t at, bool version_1, bool *ret_mirror)
{
    uint8_t block[256];
    es_bytes bytes = { block, sizeof(block) };
    es_status status = es_source_read(source, at, block, sizeof(block), NULL);

    if (status < 0)
        return status;
    if (number_at(bytes, 0, 4) != MD_MAGIC || number_at(bytes, 4, 4) != (version_1 ? 1u : 0u))
        return ES_ABSENT;
    *ret_mirror = number_at(bytes, version_1 ? 72 : 28, 4) == 1;
    return ES_OK;
}

/* md_p.h: 0.90 in the last whole 64 KiB but one; 1.0 at least 8 KiB before the end; 1.1 at the
 * start; 1.2 at 4 KiB. */
es_status es_identify_md(es_source *source, uint64_t offset, uint64_t length, bool *ret_mirror)
{
    uint64_t places[] = { 0, 4096, length >= 16384 ? ((length - 8192) & ~UINT64_C(4095)) : 0,
                          length >= 131072 ? (length & ~UINT64_C(65535)) - 65536 : 0 };

    for (size_t i = 0; i < 4; i++) {
        es_status status;

        if (length < 8192 || (i >= 2 && places[i] == 0))
            continue;
        status = md_at(source, offset + places[i], i != 3, ret_mirror);
        if (status != ES_ABSENT)
            return status;
    }
    return ES_ABSENT;
}

const char *es_identify_firmware_raid(es_bytes end)
{
    if (end.size < 1024)
        return NULL;
    if (HAS(end, end.size - 1024, "Intel Raid ISM Cfg Sig. "))
        return "Intel Rapid Storage";
    if (HAS(end, end.size - 1024, "NVIDIA  "))
        return "NVIDIA";
    if (HAS(end, end.size - 512, "\xde\x11\xde\x11"))
        return "SNIA DDF";
    return NULL;
}

const char *es_identify_disk_encryption(es_bytes first_sector)
{
    static const struct {
        const char *mark;
        const char *name;
    } marks[] = {
        { "VeraCrypt Boot Loader", "VeraCrypt" },
        { "TrueCrypt Boot Loader", "TrueCrypt" },
        { "PGPGUARD", "PGP Whole Disk Encryption" },
        { "SafeBoot", "McAfee SafeBoot" },
    };

    for (size_t i = 0; first_sector.size && i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (memmem(first_sector.data, (size_t)first_sector.size, marks[i].mark,
                   strlen(marks[i].mark)))
            return marks[i].name;
    }
    return NULL;
}
