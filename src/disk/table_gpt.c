/* SPDX-License-Identifier: Apache-2.0
 *
 * table_gpt.c: the GUID partition table (UEFI specification, chapter 5).
 *
 * A header is believed when its checksum and its own address are right, its entries when theirs
 * are. Both copies are tried in the order in which Windows does: the primary, then the backup at
 * the end of the disk. If neither is whole, a primary whose entries alone are damaged is better
 * than nothing, and says so.
 */
#include "disk/limits.h"
#include "disk/table.h"
#include <esuscan/bytes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct es_gpt {
    uint64_t alternate;
    uint64_t entries_at;
    uint32_t n_entries, entry_size, entries_checksum;
    uint8_t disk[16];
    uint8_t *entries;
    uint64_t size;
    bool header_ok, entries_ok;
} es_gpt;

/* CRC-32 as the specification wants it (ISO 3309). Tables are small; bit by bit will do. */
static uint32_t checksum(const uint8_t *data, uint64_t size)
{
    uint32_t crc = UINT32_MAX;

    for (uint64_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

static bool parse_header(uint8_t *sector, uint32_t sector_size, uint64_t at, es_gpt *gpt)
{
    es_cursor c = es_cursor_make((es_bytes) { sector, sector_size });
    uint32_t size, stated;
    uint64_t own;

    if (memcmp(sector, "EFI PART", 8) != 0)
        return false;
    es_cursor_seek(&c, 12);
    size = es_cursor_u32(&c);
    stated = es_cursor_u32(&c);
    es_cursor_skip(&c, 4);
    own = es_cursor_u64(&c);
    gpt->alternate = es_cursor_u64(&c);
    es_cursor_seek(&c, 72);
    gpt->entries_at = es_cursor_u64(&c);
    gpt->n_entries = es_cursor_u32(&c);
    gpt->entry_size = es_cursor_u32(&c);
    gpt->entries_checksum = es_cursor_u32(&c);
    memcpy(gpt->disk, sector + 56, 16);
    if (es_cursor_failed(&c) || size < 92 || size > sector_size || own != at)
        return false;
    memset(sector + 16, 0, 4);
    return checksum(sector, size) == stated && gpt->entry_size >= 128 &&
           gpt->entry_size <= ES_GPT_ENTRY_SIZE_MAX && gpt->entry_size % 8 == 0 &&
           gpt->n_entries <= ES_GPT_ENTRIES_MAX &&
           (uint64_t)gpt->n_entries * gpt->entry_size <= ES_GPT_ARRAY_SIZE_MAX;
}

static es_status load(es_source *source, uint64_t at, uint32_t sector_size, es_gpt *gpt)
{
    uint8_t sector[4096];
    es_status status;

    memset(gpt, 0, sizeof(*gpt));
    if (at == 0 || at >= es_source_size(source) / sector_size)
        return ES_OK;
    status = es_source_read(source, at * sector_size, sector, sector_size, NULL);
    if (status < 0)
        return status;
    gpt->header_ok = parse_header(sector, sector_size, at, gpt);
    if (!gpt->header_ok || gpt->entries_at >= es_source_size(source) / sector_size)
        return ES_OK;
    gpt->size = (uint64_t)gpt->n_entries * gpt->entry_size;
    gpt->entries = malloc(gpt->size ? (size_t)gpt->size : 1);
    if (!gpt->entries)
        return ES_NOMEM;
    status = es_source_read(source, gpt->entries_at * sector_size, gpt->entries, gpt->size, NULL);
    if (status == ES_OK)
        gpt->entries_ok = checksum(gpt->entries, gpt->size) == gpt->entries_checksum;
    return status < 0 ? status : ES_OK;
}

static es_status take_entries(const es_gpt *gpt, uint32_t sector_size, es_table *table)
{
    static const uint8_t none[16];
    es_status status = ES_OK;

    for (uint32_t i = 0; i < gpt->n_entries && status == ES_OK; i++) {
        es_bytes entry = { gpt->entries + (size_t)i * gpt->entry_size, gpt->entry_size };
        es_cursor c = es_cursor_make(entry);
        es_table_part part = { 0 };
        uint64_t first, last;

        es_cursor_skip(&c, 32);
        first = es_cursor_u64(&c);
        last = es_cursor_u64(&c);
        if (memcmp(entry.data, none, 16) == 0)
            continue;
        if (last < first || last >= INT64_MAX / sector_size) {
            es_table_note(table, ES_SEVERITY_GAP,
                          "Entry %u of the GPT ends before it begins or lies nowhere; it is left "
                          "out.", i);
            continue;
        }
        part.offset = first * sector_size;
        part.length = (last - first + 1) * sector_size;
        memcpy(part.gpt_type, entry.data, 16);
        memcpy(part.gpt_partition, entry.data + 16, 16);
        snprintf(part.slot, sizeof(part.slot), "%.3u", i);
        status = es_table_add(table, &part);
    }
    return status < 0 ? status : ES_OK;
}

static es_status take(const es_gpt *gpt, uint32_t sector_size, es_table *table)
{
    table->scheme = "gpt";
    table->sector_size = sector_size;
    memcpy(table->gpt_disk, gpt->disk, 16);
    return take_entries(gpt, sector_size, table);
}

static es_status choose(const es_gpt *primary, const es_gpt *backup, uint32_t sector_size,
                        bool expected, es_table *table)
{
    if (!primary->header_ok && !backup->header_ok)
        return ES_ABSENT;
    if (!expected)
        es_table_note(table, ES_SEVERITY_INFO,
                      "The disk has a GPT but no protective MBR; Windows would not see it. "
                      "The GPT is used.");
    if (primary->entries_ok) {
        if (!backup->entries_ok)
            es_table_note(table, ES_SEVERITY_INFO,
                          "The backup of the GPT is missing or damaged (or the image is not as "
                          "long as the disk was); the primary is used.");
        return take(primary, sector_size, table);
    }
    if (backup->entries_ok) {
        es_table_note(table, ES_SEVERITY_GAP,
                      "The primary GPT is damaged; its backup at the end of the disk is used.");
        return take(backup, sector_size, table);
    }
    es_table_note(table, ES_SEVERITY_GAP,
                  "The entries of the GPT and of its backup do not match their checksums; they are "
                  "used as they are.");
    if (!primary->entries && !backup->entries)
        return ES_OK;
    return take(primary->entries ? primary : backup, sector_size, table);
}

es_status es_table_read_gpt(es_source *source, uint32_t sector_size, bool expected, es_table *table)
{
    uint64_t n_sectors = es_source_size(source) / sector_size;
    es_gpt primary = { 0 }, backup = { 0 };
    es_status status;

    status = load(source, 1, sector_size, &primary);
    if (status == ES_OK && n_sectors > 2)
        status = load(source, n_sectors - 1, sector_size, &backup);
    /* An image longer than the disk: the primary knows where its backup is. */
    if (status == ES_OK && !backup.header_ok && primary.header_ok)
        status = load(source, primary.alternate, sector_size, &backup);
    if (status == ES_OK)
        status = choose(&primary, &backup, sector_size, expected, table);
    free(primary.entries);
    free(backup.entries);
    return status;
}
