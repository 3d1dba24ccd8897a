/* SPDX-License-Identifier: Apache-2.0
 *
 * test_volume.c: tables and volumes, on disks written here byte by byte; sleuthkit's mmls is the
 * other opinion where it is installed.
 */
#include "disk_fixture.h"

#define MIB (UINT64_C(1) << 20)

/* ---------------------------------------------------------------- writing disks */

static void put_entry(disk *d, uint64_t sector_at, int slot, uint32_t flag, uint32_t type,
                      uint32_t start, uint32_t n_sectors)
{
    uint64_t at = sector_at + 446 + 16 * (uint64_t)slot;

    disk_put_number(d, at, flag, 1);
    disk_put_number(d, at + 4, type, 1);
    disk_put_number(d, at + 8, start, 4);
    disk_put_number(d, at + 12, n_sectors, 4);
    disk_put(d, sector_at + 510, "\x55\xaa", 2);
}

static uint32_t crc(const uint8_t *data, size_t size)
{
    uint32_t value = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        value ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
    }
    return ~value;
}

typedef struct part {
    const char *type; /* 16 bytes as stored */
    uint64_t first, last;
} part;

static const char efi[] = "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b";
static const char basic[] = "\xa2\xa0\xd0\xeb\xe5\xb9\x33\x44\x87\xc0\x68\xb6\xb7\x26\x99\xc7";
static const char spaces[] = "\x8f\xaf\x5c\xe7\x80\xf6\xee\x4c\xaf\xa3\xb0\x01\xe5\x6e\xfc\x2d";
static const char ldm[] = "\xa0\x60\x9b\xaf\x31\x14\x62\x4f\xbc\x68\x33\x11\x71\x4a\x69\xad";

static void put_gpt_copy(disk *d, uint32_t sector, uint64_t own, uint64_t other, uint64_t entries,
                         uint64_t n_sectors, const uint8_t *array)
{
    uint8_t header[92] = "EFI PART";
    uint64_t numbers[][3] = {
        { 8, 0x10000, 4 }, { 12, 92, 4 }, { 24, own, 8 }, { 32, other, 8 }, { 40, 34, 8 },
        { 48, n_sectors - 34, 8 }, { 56, 0x1122334455667788, 8 }, { 64, 0x99aabbccddeeff00, 8 },
        { 72, entries, 8 }, { 80, 128, 4 }, { 84, 128, 4 }, { 88, crc(array, 16384), 4 },
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (uint64_t j = 0; j < numbers[i][2]; j++)
            header[numbers[i][0] + j] = (uint8_t)(numbers[i][1] >> (8 * j));
    }
    disk_put(d, own * sector, header, sizeof(header));
    disk_put_number(d, own * sector + 16, crc(header, sizeof(header)), 4);
    disk_put(d, entries * sector, array, 16384);
}

static void put_gpt(disk *d, uint64_t size, uint32_t sector, const part *parts, size_t n)
{
    uint8_t array[16384] = { 0 };
    uint64_t n_sectors = size / sector, array_sectors = 16384 / sector;

    put_entry(d, 0, 0, 0, 0xee, 1, (uint32_t)(n_sectors - 1));
    for (size_t i = 0; i < n; i++) {
        uint8_t *entry = array + 128 * i;

        memcpy(entry, parts[i].type, 16);
        memset(entry + 16, (int)i + 1, 16);
        for (int j = 0; j < 8; j++) {
            entry[32 + j] = (uint8_t)(parts[i].first >> (8 * j));
            entry[40 + j] = (uint8_t)(parts[i].last >> (8 * j));
        }
    }
    put_gpt_copy(d, sector, 1, n_sectors - 1, 2, n_sectors, array);
    put_gpt_copy(d, sector, n_sectors - 1, 1, n_sectors - 1 - array_sectors, n_sectors, array);
}

/* A boot sector that says NTFS, and a record where it says that the MFT is. */
static void put_ntfs(disk *d, uint64_t at, uint64_t length)
{
    uint8_t boot[512] = { 0xeb, 0x52, 0x90, 'N', 'T', 'F', 'S', ' ', ' ', ' ', ' ', 0, 2, 8 };
    uint64_t numbers[][3] = {
        { 40, length / 512 - 1, 8 }, { 48, 4, 8 }, { 56, 8, 8 }, { 64, 0xf6, 1 }, { 68, 1, 1 },
        { 72, 0x0123456789abcdef, 8 },
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (uint64_t j = 0; j < numbers[i][2]; j++)
            boot[numbers[i][0] + j] = (uint8_t)(numbers[i][1] >> (8 * j));
    }
    boot[510] = 0x55;
    boot[511] = 0xaa;
    disk_put(d, at, boot, 512);
    disk_put(d, at + length - 512, boot, 512);
    disk_put(d, at + 4 * 4096, "FILE", 4);
}

/* mmls lists the same slots at the same sectors. */
static void check_mmls(const disk *d, const char *options)
{
    char command[128], line[64];
    uint8_t *out;
    size_t size;

    if (!has_program("mmls"))
        return;
    snprintf(command, sizeof(command), "mmls -a %s", options);
    out = run_on(d, command, "", &size);
    for (size_t i = 0; i < es_volumes_count(d->volumes); i++) {
        const es_volume *volume = es_volumes_at(d->volumes, i);
        uint32_t sector = es_volumes_sector_size(d->volumes);

        snprintf(line, sizeof(line), "  %-7s   %010llu ", volume->slot,
                 (unsigned long long)(volume->offset / sector));
        if (!strstr((char *)out, line))
            fail_msg("mmls has no \"%s\":\n%s", line, out);
    }
    free(out);
}

/* ---------------------------------------------------------------- MBR */

static disk *logical_disk(void)
{
    disk *d = disk_new(64 * MIB);

    disk_put_number(d, 440, 0xcafe1234, 4);
    put_entry(d, 0, 0, 0x80, 0x07, 2048, 20480);
    put_entry(d, 0, 1, 0, 0x0f, 40960, 81920);
    put_entry(d, 40960 * 512, 0, 0, 0x07, 2048, 10240);
    put_entry(d, 40960 * 512, 1, 0, 0x05, 20480, 20480);
    put_entry(d, (40960 + 20480) * 512, 0, 0, 0x83, 2048, 8192);
    put_ntfs(d, 2048 * 512, 20480 * 512);
    put_ntfs(d, (40960 + 2048) * 512, 10240 * 512);
    return d;
}

static void reads_logical_partitions(void **state)
{
    disk *d = logical_disk();
    const es_volume *v;

    (void)state;
    disk_read(d);
    assert_int_equal(es_volumes_count(d->volumes), 3);
    assert_int_equal(es_volumes_sector_size(d->volumes), 512);
    v = disk_volume(d, 1);
    assert_string_equal(v->scheme, "mbr");
    assert_string_equal(v->slot, "000:000");
    assert_string_equal(v->filesystem, "ntfs");
    assert_string_equal(v->serial, "0123456789ABCDEF");
    assert_true(v->active);
    assert_int_equal(v->mbr_signature, 0xcafe1234);
    assert_int_equal(v->mbr_type, 7);
    v = disk_volume(d, 2);
    assert_string_equal(v->slot, "001:000");
    assert_int_equal(v->offset, (40960 + 2048) * 512);
    assert_false(v->active);
    v = disk_volume(d, 3);
    assert_string_equal(v->slot, "002:000");
    assert_int_equal(v->length, 8192 * 512);
    check_mmls(d, "-t dos");
    disk_free(d);
}

static void survives_a_loop_of_tables(void **state)
{
    disk *d = logical_disk();

    (void)state;
    put_entry(d, (40960 + 20480) * 512, 1, 0, 0x05, 0, 4096);
    disk_read(d);
    assert_int_equal(es_volumes_count(d->volumes), 3);
    assert_true(disk_says(d, 0, ES_SEVERITY_GAP, "comes back to sector 40960"));
    disk_free(d);
}

static void says_where_a_chain_breaks(void **state)
{
    disk *d = logical_disk();

    (void)state;
    disk_put(d, (40960 + 20480) * 512 + 510, "\0\0", 2);
    disk_read(d);
    assert_int_equal(es_volumes_count(d->volumes), 2);
    assert_true(disk_says(d, 0, ES_SEVERITY_GAP, "at sector 61440 is not one"));
    disk_free(d);
    d = logical_disk();
    put_entry(d, 40960 * 512, 1, 0, 0x05, 0x7fffffff, 20480);
    disk_read(d);
    assert_int_equal(es_volumes_count(d->volumes), 2);
    assert_true(disk_says(d, 0, ES_SEVERITY_GAP, "behind the end of the image"));
    disk_free(d);
}

static void lists_what_it_cannot_read(void **state)
{
    disk *d = disk_new(16 * MIB);

    (void)state;
    put_entry(d, 0, 0, 0, 0x07, 2048, 0xf0000000);
    put_entry(d, 0, 1, 0, 0x07, 0x10000000, 2048);
    put_entry(d, 0, 2, 0, 0x07, 4096, 2048);
    disk_read(d);
    assert_int_equal(es_volumes_count(d->volumes), 3);
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "behind the end of the image"));
    assert_true(disk_says(d, 2, ES_SEVERITY_INFO, "begins inside volume 1"));
    assert_string_equal(disk_volume(d, 3)->filesystem, "unreadable");
    assert_true(disk_says(d, 3, ES_SEVERITY_GAP, "behind the end of the image"));
    disk_free(d);
}

static void finds_sectors_of_4096(void **state)
{
    disk *d = disk_new(64 * MIB);

    (void)state;
    put_entry(d, 0, 0, 0, 0x07, 256, 4096);
    put_ntfs(d, 256 * 4096, 4096 * 4096);
    disk_read(d);
    assert_int_equal(es_volumes_sector_size(d->volumes), 4096);
    assert_int_equal(es_volumes_count(d->volumes), 1);
    assert_int_equal(disk_volume(d, 1)->offset, 256 * 4096);
    assert_string_equal(disk_volume(d, 1)->filesystem, "ntfs");
    check_mmls(d, "-t dos -b 4096");
    disk_free(d);
}

/* ---------------------------------------------------------------- GPT */

static disk *gpt_disk(uint32_t sector)
{
    disk *d = disk_new(64 * MIB);
    part parts[] = {
        { efi, MIB / sector, 2 * MIB / sector - 1 },
        { basic, 4 * MIB / sector, 20 * MIB / sector - 1 },
    };

    put_gpt(d, 64 * MIB, sector, parts, 2);
    put_ntfs(d, 4 * MIB, 16 * MIB);
    return d;
}

static void check_gpt(const disk *d)
{
    const es_volume *v;

    assert_int_equal(es_volumes_count(d->volumes), 2);
    v = disk_volume(d, 1);
    assert_string_equal(v->scheme, "gpt");
    assert_string_equal(v->slot, "000");
    assert_true(v->efi_system && v->active);
    v = disk_volume(d, 2);
    assert_string_equal(v->slot, "001");
    assert_int_equal(v->offset, 4 * MIB);
    assert_int_equal(v->length, 16 * MIB);
    assert_int_equal(v->gpt_partition[0], 2);
    assert_memory_equal(v->gpt_type, basic, 16);
    assert_memory_equal(v->gpt_disk, "\x88\x77\x66\x55\x44\x33\x22\x11\x00\xff", 10);
    assert_string_equal(v->filesystem, "ntfs");
}

static void reads_gpt(void **state)
{
    disk *d = gpt_disk(512);

    (void)state;
    disk_read(d);
    check_gpt(d);
    check_mmls(d, "-t gpt");
    disk_free(d);
    d = gpt_disk(4096);
    disk_read(d);
    assert_int_equal(es_volumes_sector_size(d->volumes), 4096);
    check_gpt(d);
    check_mmls(d, "-t gpt -b 4096");
    disk_free(d);
}

static void uses_the_backup_of_a_gpt(void **state)
{
    /* a byte of the header, of the entries, and of the backup's header */
    static const uint64_t bad[] = { 512 + 40, 1024 + 300, 64 * MIB - 512 + 40 };
    static const char *const words[] = { "its backup", "its backup", "the primary is used" };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        disk *d = gpt_disk(512);

        disk_put(d, bad[i], "\xff", 1);
        disk_read(d);
        check_gpt(d);
        assert_true(disk_says(d, 0, i < 2 ? ES_SEVERITY_GAP : ES_SEVERITY_INFO, words[i]));
        disk_free(d);
    }
}

static void says_when_both_gpts_are_gone(void **state)
{
    disk *d = gpt_disk(512);

    (void)state;
    disk_put(d, 512, "xxxx", 4);
    disk_put(d, 64 * MIB - 512, "xxxx", 4);
    disk_read(d);
    assert_true(disk_says(d, 0, ES_SEVERITY_GAP, "partitions are not known"));
    disk_free(d);
}

static void leaves_out_absurd_entries(void **state)
{
    disk *d = disk_new(64 * MIB);
    part parts[] = { { basic, 9000, 4096 }, { basic, 2048, UINT64_MAX }, { basic, 2048, 4095 } };

    (void)state;
    put_gpt(d, 64 * MIB, 512, parts, 3);
    disk_read(d);
    assert_int_equal(es_volumes_count(d->volumes), 1);
    assert_string_equal(disk_volume(d, 1)->slot, "002");
    assert_true(disk_says(d, 0, ES_SEVERITY_GAP, "Entry 0 of the GPT"));
    assert_true(disk_says(d, 0, ES_SEVERITY_GAP, "Entry 1 of the GPT"));
    disk_free(d);
}

/* ---------------------------------------------------------------- what volumes are */

static void overlays_a_bad_boot_sector(void **state)
{
    disk *d = logical_disk();
    uint8_t sector[512];

    (void)state;
    disk_put(d, 2048 * 512, memset(sector, 0, 512), 512);
    disk_read(d);
    assert_string_equal(disk_volume(d, 1)->filesystem, "ntfs");
    assert_true(disk_volume(d, 1)->boot_overlaid);
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "backup boot sector"));
    assert_int_equal(es_source_read(d->source, 2048 * 512, sector, 512, NULL), ES_OK);
    assert_memory_equal(sector + 3, "NTFS", 4);
    assert_false(disk_volume(d, 2)->boot_overlaid);
    disk_free(d);
}

/* An old NTFS under a new filesystem has left its backup; it must not come back. */
static void leaves_a_reformatted_volume_alone(void **state)
{
    disk *d = logical_disk();
    uint8_t zero[512] = { 0 };

    (void)state;
    disk_put(d, 2048 * 512, zero, 512);
    disk_put(d, 2048 * 512 + 1024 + 56, "\x53\xef", 2);
    disk_read(d);
    assert_string_equal(disk_volume(d, 1)->filesystem, "ext");
    assert_false(disk_volume(d, 1)->boot_overlaid);
    disk_free(d);
}

static void check_mark(uint64_t at, const char *mark, size_t size, const char *filesystem,
                       uint32_t encrypted, uint32_t severity)
{
    disk *d = disk_new(16 * MIB);

    put_entry(d, 0, 0, 0, 0x07, 2048, 16384);
    disk_put(d, 2048 * 512 + at, mark, size);
    disk_read(d);
    assert_string_equal(disk_volume(d, 1)->filesystem, filesystem);
    assert_int_equal(disk_volume(d, 1)->encrypted, encrypted);
    assert_true(disk_says(d, 1, severity, "Volume 1"));
    disk_free(d);
}

static void names_what_it_passes_over(void **state)
{
    (void)state;
    check_mark(3, "-FVE-FS-", 8, "bitlocker", ES_ENCRYPTED_BITLOCKER, ES_SEVERITY_GAP);
    check_mark(424, "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", 16,
               "bitlocker", ES_ENCRYPTED_BITLOCKER, ES_SEVERITY_GAP);
    check_mark(0, "LUKS\xba\xbe", 6, "luks", ES_ENCRYPTED_OTHER, ES_SEVERITY_GAP);
    check_mark(3, "ReFS\0\0\0\0", 8, "refs", 0, ES_SEVERITY_INFO);
    check_mark(3, "EXFAT   ", 8, "exfat", 0, ES_SEVERITY_INFO);
    check_mark(1024 + 56, "\x53\xef", 2, "ext", 0, ES_SEVERITY_INFO);
    check_mark(65536 + 64, "_BHRfS_M", 8, "btrfs", 0, ES_SEVERITY_INFO);
    check_mark(0, "XFSB", 4, "xfs", 0, ES_SEVERITY_INFO);
    check_mark(1024, "H+", 2, "hfs+", 0, ES_SEVERITY_INFO);
    check_mark(32769, "CD001", 5, "iso9660", 0, ES_SEVERITY_INFO);
    check_mark(4086, "SWAPSPACE2", 10, "swap", 0, ES_SEVERITY_INFO);
    check_mark(512, "LABELONE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0LVM2 001", 32, "lvm2", 0,
               ES_SEVERITY_GAP);
    check_mark(4096, "\xfc\x4e\x2b\xa9\1\0\0\0", 8, "linux-raid", 0, ES_SEVERITY_GAP);
    check_mark(100, "x", 1, "unknown", 0, ES_SEVERITY_GAP);
    check_mark(3, "NTFS    \0\0\0", 11, "unknown", 0, ES_SEVERITY_GAP);
}

static void names_members_of_sets(void **state)
{
    disk *d = disk_new(64 * MIB);
    part parts[] = { { spaces, 2048, 8191 }, { ldm, 8192, 16383 } };

    (void)state;
    put_gpt(d, 64 * MIB, 512, parts, 2);
    put_ntfs(d, 8192 * 512, 8192 * 512);
    disk_read(d);
    assert_string_equal(disk_volume(d, 1)->scheme, "storage-spaces");
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "Storage Spaces"));
    assert_string_equal(disk_volume(d, 2)->scheme, "ldm");
    assert_string_equal(disk_volume(d, 2)->filesystem, "ntfs");
    assert_true(disk_says(d, 2, ES_SEVERITY_GAP, "dynamic disk"));
    disk_free(d);

    /* RAID 1 of version 0.90, whose members can be read one by one; firmware RAID. */
    d = logical_disk();
    disk_put(d, 2048 * 512 + 20480 * 512 - 65536, "\xfc\x4e\x2b\xa9", 4);
    disk_put(d, 2048 * 512 + 20480 * 512 - 65536 + 28, "\1", 1);
    disk_put(d, 64 * MIB - 1024, "Intel Raid ISM Cfg Sig. 1.3.00", 30);
    disk_put(d, 6, "VeraCrypt Boot Loader", 21);
    disk_read(d);
    assert_string_equal(disk_volume(d, 1)->scheme, "raid");
    assert_string_equal(disk_volume(d, 1)->filesystem, "ntfs");
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "the other members may differ"));
    assert_true(disk_says(d, 0, ES_SEVERITY_GAP, "Intel"));
    assert_true(disk_says(d, 0, ES_SEVERITY_GAP, "VeraCrypt"));
    disk_free(d);
}

static void takes_a_disk_without_a_table(void **state)
{
    disk *d = disk_new(8 * MIB);

    (void)state;
    put_ntfs(d, 0, 8 * MIB);
    disk_read(d);
    assert_int_equal(es_volumes_count(d->volumes), 1);
    assert_string_equal(disk_volume(d, 1)->scheme, "none");
    assert_string_equal(disk_volume(d, 1)->slot, "-");
    assert_int_equal(disk_volume(d, 1)->length, 8 * MIB);
    disk_free(d);

    d = disk_new(8 * MIB); /* the same with a bad first sector */
    put_ntfs(d, 0, 8 * MIB);
    disk_put(d, 0, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
    disk_read(d);
    assert_true(disk_volume(d, 1)->boot_overlaid);
    disk_free(d);

    d = disk_new(8 * MIB); /* nothing at all */
    disk_read(d);
    assert_string_equal(disk_volume(d, 1)->filesystem, "unknown");
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "blank"));
    disk_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_logical_partitions),
        cmocka_unit_test(survives_a_loop_of_tables),
        cmocka_unit_test(says_where_a_chain_breaks),
        cmocka_unit_test(lists_what_it_cannot_read),
        cmocka_unit_test(finds_sectors_of_4096),
        cmocka_unit_test(reads_gpt),
        cmocka_unit_test(uses_the_backup_of_a_gpt),
        cmocka_unit_test(says_when_both_gpts_are_gone),
        cmocka_unit_test(leaves_out_absurd_entries),
        cmocka_unit_test(overlays_a_bad_boot_sector),
        cmocka_unit_test(leaves_a_reformatted_volume_alone),
        cmocka_unit_test(names_what_it_passes_over),
        cmocka_unit_test(names_members_of_sets),
        cmocka_unit_test(takes_a_disk_without_a_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
