/* SPDX-License-Identifier: Apache-2.0
 *
 * test_table.c: partition tables made in memory: sound ones, and each way in which one can be
 * broken. Nothing is followed twice, what is left out is said, and the better copy of a GPT is
 * taken.
 */
#include "disk/limits.h"
#include "disk/table.h"
#include "evidence/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_SECTORS 2048u

typedef struct disk {
    uint8_t *data;
    es_source source;
    es_table table;
    char notes[8192];
} disk;

static es_status read_memory(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    memcpy(buffer, (const uint8_t *)source->state + offset, (size_t)size);
    return ES_OK;
}

static const es_format memory = { .name = "memory", .read = read_memory };

static disk *disk_make(uint32_t sector_size)
{
    disk *d = calloc(1, sizeof *d);

    assert_non_null(d);
    d->data = calloc(N_SECTORS, sector_size);
    assert_non_null(d->data);
    d->source = (es_source){ .format = &memory, .state = d->data, .sector_size = sector_size,
                             .size = (uint64_t)N_SECTORS * sector_size };
    es_ranges_init(&d->source.bad);
    return d;
}

static void keep_note(void *context, uint32_t volume, const es_note *note)
{
    disk *d = context;
    size_t size = strlen(d->notes);

    assert_int_equal(volume, 0);
    snprintf(d->notes + size, sizeof d->notes - size, "%s\n", note->text);
}

static void read_it(disk *d)
{
    d->table = (es_table){ .on_note = keep_note, .context = d };
    d->notes[0] = '\0';
    assert_int_equal(es_table_read(&d->source, &d->table), ES_OK);
}

static void disk_free(disk *d)
{
    es_table_clear(&d->table);
    es_ranges_done(&d->source.bad);
    free(d->data);
    free(d);
}

static void expect_notes(const disk *d, const char *words)
{
    if (words ? !strstr(d->notes, words) : d->notes[0])
        fail_msg("\"%s\" instead of \"%s\"", d->notes, words ? words : "");
    assert_int_equal(d->table.sound, !words);
}

static void put(uint8_t *at, uint64_t number, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(number >> 8 * i);
}

/* ---- MBR */

static void put_entry(disk *d, uint64_t sector, unsigned slot, uint8_t type, uint32_t start,
                      uint32_t n)
{
    uint8_t *at = d->data + sector * d->source.sector_size, *entry = at + 446 + slot * 16;

    at[510] = 0x55;
    at[511] = 0xaa;
    entry[4] = type;
    put(entry + 8, start, 4);
    put(entry + 12, n, 4);
}

static void put_ntfs(disk *d, uint64_t sector)
{
    uint8_t *at = d->data + sector * d->source.sector_size;

    memcpy(at, "\xeb\x52\x90NTFS    ", 11);
    put(at + 11, 512, 2); /* bytes a sector, sectors a cluster, sectors, $MFT and its mirror */
    put(at + 13, 8, 1);
    put(at + 40, 1000, 8);
    put(at + 48, 4, 8);
    put(at + 56, 2, 8);
    put(at + 64, 0xf6, 1);
    put(at + 68, 1, 1);
    at[510] = 0x55;
    at[511] = 0xaa;
}

static void expect_part(const disk *d, size_t i, uint64_t sector, uint64_t n, const char *slot)
{
    const es_table_part *part = &d->table.parts[i];

    assert_true(i < d->table.n_parts);
    assert_int_equal(part->offset, sector * d->table.sector_size);
    assert_int_equal(part->length, n * d->table.sector_size);
    assert_string_equal(part->slot, slot);
}

static void none(void **state)
{
    disk *d = disk_make(512);

    (void)state;
    read_it(d); /* zeros */
    assert_string_equal(d->table.scheme, "none");
    expect_notes(d, NULL);
    put_entry(d, 0, 0, 7, 63, 100);
    d->data[446 + 16] = 0x33; /* no flag: code of a boot sector, not a table */
    read_it(d);
    assert_string_equal(d->table.scheme, "none");
    assert_int_equal(d->table.n_parts, 0);
    disk_free(d);
}

static void mbr(void **state)
{
    disk *d = disk_make(512);

    (void)state;
    put(d->data + 440, 0x6002beef, 4);
    put_entry(d, 0, 0, 7, 63, 100);
    put_entry(d, 0, 2, 0x0c, 200, 50);
    d->data[446] = 0x80;
    put_ntfs(d, 63);
    read_it(d);
    assert_string_equal(d->table.scheme, "mbr");
    assert_int_equal(d->table.mbr_signature, 0x6002beef);
    assert_int_equal(d->table.n_parts, 2);
    expect_part(d, 0, 63, 100, "000:000");
    expect_part(d, 1, 200, 50, "000:002");
    assert_true(d->table.parts[0].active && !d->table.parts[1].active);
    assert_int_equal(d->table.parts[1].mbr_type, 0x0c);
    expect_notes(d, NULL);
    disk_free(d);
}

/* The container says 512; what lies where the entry points says 4096. */
static void sector_size_by_what_is_there(void **state)
{
    disk *d = disk_make(512);

    (void)state;
    put_entry(d, 0, 0, 7, 8, 16);
    put_ntfs(d, 64);
    read_it(d);
    assert_int_equal(d->table.sector_size, 4096);
    expect_part(d, 0, 8, 16, "000:000");
    put_ntfs(d, 8); /* and there as well: then the container's word counts */
    es_table_clear(&d->table);
    read_it(d);
    assert_int_equal(d->table.sector_size, 512);
    disk_free(d);
}

static void logical(void **state)
{
    disk *d = disk_make(512);

    (void)state;
    put_entry(d, 0, 0, 7, 63, 37);
    put_entry(d, 0, 1, 0x0f, 100, 900);
    put_ntfs(d, 63);
    put_entry(d, 100, 0, 7, 10, 50);   /* from its own table on */
    put_entry(d, 100, 1, 5, 200, 100); /* from the first table on */
    put_entry(d, 300, 0, 7, 10, 60);
    read_it(d);
    assert_int_equal(d->table.n_parts, 3);
    expect_part(d, 1, 110, 50, "001:000");
    expect_part(d, 2, 310, 60, "002:000");
    expect_notes(d, NULL);
    put_entry(d, 300, 1, 5, 200, 100); /* leads to itself */
    es_table_clear(&d->table);
    read_it(d);
    assert_int_equal(d->table.n_parts, 3);
    expect_notes(d, "comes back to sector 300");
    put_entry(d, 300, 1, 5, 0x7fffffff, 100);
    es_table_clear(&d->table);
    read_it(d);
    assert_int_equal(d->table.n_parts, 3);
    expect_notes(d, "lies behind the end of the image");
    put_entry(d, 300, 1, 5, 500, 100); /* nothing is there */
    es_table_clear(&d->table);
    read_it(d);
    expect_notes(d, "at sector 600 is not one");
    put_entry(d, 300, 1, 0, 0, 0);
    put_entry(d, 100, 2, 5, 300, 100);
    es_table_clear(&d->table);
    read_it(d);
    expect_notes(d, "names two followers");
    disk_free(d);
}

static void long_chain(void **state)
{
    disk *d = disk_make(512);

    (void)state;
    put_entry(d, 0, 0, 5, 1, 2000);
    for (uint32_t i = 1; i < ES_EXTENDED_TABLES_MAX + 50; i++)
        put_entry(d, i, 1, 5, i, 1);
    read_it(d);
    expect_notes(d, "the rest is left out");
    disk_free(d);
}

/* ---- GPT */

static uint32_t crc32_of(const uint8_t *data, size_t size)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size * 8; i++) {
        crc ^= (uint32_t)(data[i / 8] >> i % 8 & 1);
        crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void put_gpt(disk *d, uint64_t at, uint64_t other, uint64_t entries_at, uint64_t first)
{
    uint32_t sector = d->source.sector_size;
    uint8_t *header = d->data + at * sector, *entries = d->data + entries_at * sector;

    memset(entries, 0, 4 * 128);
    memset(entries, 0xa2, 32);
    put(entries + 32, first, 8);
    put(entries + 40, first + 99, 8);
    memset(entries + 2 * 128, 0xb3, 32); /* ends before it begins */
    put(entries + 2 * 128 + 32, 500, 8);
    put(entries + 2 * 128 + 40, 400, 8);
    memset(header, 0, 512);
    memcpy(header, "EFI PART\0\0\1\0", 12);
    put(header + 12, 92, 4);
    put(header + 24, at, 8);
    put(header + 32, other, 8);
    memset(header + 56, 0x77, 16);
    put(header + 72, entries_at, 8);
    put(header + 80, 4, 4);
    put(header + 84, 128, 4);
    put(header + 88, crc32_of(entries, 4 * 128), 4);
    put(header + 16, crc32_of(header, 92), 4);
}

/* The backup says 300, so that it can be told which was taken. */
static disk *gpt_make(uint32_t sector_size)
{
    disk *d = disk_make(sector_size);

    put_entry(d, 0, 0, 0xee, 1, N_SECTORS - 1);
    put_gpt(d, 1, N_SECTORS - 1, 2, 200);
    put_gpt(d, N_SECTORS - 1, 1, N_SECTORS - 2, 300);
    return d;
}

static void expect_gpt(disk *d, uint64_t first, const char *words)
{
    es_table_clear(&d->table);
    read_it(d);
    assert_string_equal(d->table.scheme, "gpt");
    assert_int_equal(d->table.n_parts, 1);
    expect_part(d, 0, first, 100, "000");
    assert_int_equal(d->table.gpt_disk[15], 0x77);
    expect_notes(d, "Entry 2 of the GPT ends before it begins");
    if (words)
        expect_notes(d, words);
}

static void gpt(void **state)
{
    static const uint32_t sizes[] = { 512, 4096 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        disk *d = gpt_make(sizes[i]);

        expect_gpt(d, 200, NULL);
        assert_null(strstr(d->notes, "backup"));
        d->source.sector_size = 512 + 4096 - sizes[i]; /* the container is wrong */
        expect_gpt(d, 200, NULL);
        disk_free(d);
    }
}

static void gpt_damaged(void **state)
{
    disk *d = gpt_make(512);

    (void)state;
    d->data[(N_SECTORS - 2) * 512 + 3] ^= 1;
    expect_gpt(d, 200, "The backup of the GPT is missing or damaged");
    d->data[2 * 512 + 3] ^= 1;
    expect_gpt(d, 200, "used as they are");
    d->data[(N_SECTORS - 2) * 512 + 3] ^= 1;
    expect_gpt(d, 300, "its backup at the end of the disk is used");
    d->data[2 * 512 + 3] ^= 1;
    d->data[512 + 57] ^= 1; /* the header */
    expect_gpt(d, 300, "its backup at the end of the disk is used");
    memset(d->data, 0, 512);
    expect_gpt(d, 300, "no protective MBR");
    disk_free(d);
    d = gpt_make(512);
    memset(d->data + 512, 0, 512);
    memset(d->data + (N_SECTORS - 1) * 512, 0, 512);
    read_it(d);
    assert_string_equal(d->table.scheme, "mbr");
    expect_notes(d, "neither it nor its backup can be read");
    disk_free(d);
}

/* Header fields that would lead out of the image or out of memory. */
static void gpt_hostile(void **state)
{
    static const struct {
        unsigned at, size;
        uint64_t value;
    } fields[] = {
        { 72, 8, UINT64_MAX }, { 72, 8, N_SECTORS }, { 80, 4, UINT32_MAX }, { 80, 4, 100000 },
        { 84, 4, 127 }, { 84, 4, 0 }, { 84, 4, UINT32_MAX }, { 12, 4, 4 }, { 12, 4, UINT32_MAX },
        { 24, 8, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        disk *d = gpt_make(512);
        uint8_t *header = d->data + 512;

        put(header + fields[i].at, fields[i].value, fields[i].size);
        put(header + 16, 0, 4);
        put(header + 16, crc32_of(header, 92), 4);
        expect_gpt(d, 300, NULL);
        disk_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none),        cmocka_unit_test(mbr),
        cmocka_unit_test(logical),     cmocka_unit_test(sector_size_by_what_is_there),
        cmocka_unit_test(long_chain),  cmocka_unit_test(gpt),
        cmocka_unit_test(gpt_damaged), cmocka_unit_test(gpt_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
