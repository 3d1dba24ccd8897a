/* SPDX-License-Identifier: Apache-2.0
 *
 * table.c: which table a disk has, and the MBR with its chain of extended boot records.
 *
 * A disk is read as Windows would: GPT where the MBR is protective, else MBR. Where that fails,
 * what is left is taken with a note: a GPT whose MBR is gone, a protective MBR whose GPT is gone.
 * A filesystem's boot sector in sector 0 means that there is no table.
 *
 * An MBR does not say how large its sectors are. The container's word is taken first; if what its
 * entries point at then is nothing known, but is with the other size, the other size it is.
 */
#include "disk/table.h"
#include "disk/identify.h"
#include <esuscan/bytes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TYPE_PROTECTIVE 0xeeu

typedef struct es_mbr_entry {
    uint32_t type;
    uint32_t flag;
    uint64_t start, n_sectors;
} es_mbr_entry;

void es_table_note(es_table *table, uint32_t severity, const char *format, ...)
{
    char text[ES_NOTE_TEXT_MAX];
    va_list arguments;
    es_note note;

    table->sound = false;
    if (table->n_notes++ >= ES_TABLE_NOTES_MAX || !table->on_note)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    es_note_set(&note, severity, "volume", "%s", text);
    table->on_note(table->context, 0, &note);
}

es_status es_table_add(es_table *table, const es_table_part *part)
{
    if (table->n_parts >= ES_VOLUMES_MAX) {
        es_table_note(table, ES_SEVERITY_GAP,
                      "The partition table names more than %u partitions; the rest is left out.",
                      ES_VOLUMES_MAX);
        return ES_LIMIT;
    }
    if (table->n_parts == table->capacity) {
        size_t wanted = table->capacity ? table->capacity * 2 : 16;
        es_table_part *larger = realloc(table->parts, wanted * sizeof(*larger));

        if (!larger)
            return ES_NOMEM;
        table->parts = larger;
        table->capacity = wanted;
    }
    table->parts[table->n_parts++] = *part;
    return ES_OK;
}

void es_table_clear(es_table *table)
{
    free(table->parts);
    table->parts = NULL;
    table->n_parts = table->capacity = 0;
}

/* ---------------------------------------------------------------- MBR */

static bool is_extended(uint32_t type)
{
    return type == 0x05 || type == 0x0f || type == 0x85;
}

static bool has_mark(const uint8_t *sector)
{
    return sector[510] == 0x55 && sector[511] == 0xaa;
}

static void parse_entries(const uint8_t *sector, es_mbr_entry entries[4])
{
    es_cursor c = es_cursor_make((es_bytes) { sector, 512 });

    es_cursor_seek(&c, 446);
    for (uint32_t i = 0; i < 4; i++) {
        entries[i].flag = es_cursor_u8(&c);
        es_cursor_skip(&c, 3);
        entries[i].type = es_cursor_u8(&c);
        es_cursor_skip(&c, 3);
        entries[i].start = es_cursor_u32(&c);
        entries[i].n_sectors = es_cursor_u32(&c);
    }
}

static uint32_t signature_of(const uint8_t *sector)
{
    es_cursor c = es_cursor_make((es_bytes) { sector, 512 });

    es_cursor_seek(&c, 440);
    return es_cursor_u32(&c);
}

/* A table is no table when its flags are none, as in a boot sector or in random bytes. */
static bool is_table(const es_mbr_entry entries[4])
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < 4; i++) {
        if (entries[i].flag & 0x7f)
            return false;
        if (entries[i].type && entries[i].n_sectors)
            n++;
    }
    return n > 0;
}

static es_status add_mbr(es_table *table, const es_mbr_entry *entry, uint64_t start,
                         uint32_t table_number, uint32_t slot)
{
    es_table_part part = {
        .offset = start * table->sector_size,
        .length = entry->n_sectors * table->sector_size,
        .active = entry->flag == 0x80,
        .mbr_type = (uint8_t)entry->type,
    };

    snprintf(part.slot, sizeof(part.slot), "%.3u:%.3u", table_number, slot);
    return es_table_add(table, &part);
}

/* Read the EBR at `at` and give the place of the next one, 0 at the end. */
static es_status read_extended(es_source *source, es_table *table, uint64_t base, uint64_t at,
                               uint32_t number, uint64_t *ret_next)
{
    es_mbr_entry entries[4];
    uint8_t sector[512];
    bool damaged = false;
    es_status status;

    *ret_next = 0;
    status = es_source_read(source, at * table->sector_size, sector, sizeof(sector), &damaged);
    if (status < 0)
        return status;
    if (status > 0 || !has_mark(sector)) {
        es_table_note(table, ES_SEVERITY_GAP,
                      "The extended partition table at sector %llu %s: logical partitions from "
                      "there on are not known.", (unsigned long long)at,
                      status > 0 ? "lies behind the end of the image"
                      : damaged  ? "lies on damaged bytes" : "is not one");
        return ES_END;
    }
    parse_entries(sector, entries);
    for (uint32_t i = 0; i < 4; i++) {
        if (entries[i].n_sectors == 0 || entries[i].type == 0)
            continue;
        if (!is_extended(entries[i].type)) {
            status = add_mbr(table, &entries[i], at + entries[i].start, number, i);
            if (status != ES_OK)
                return status;
        } else if (*ret_next == 0) {
            *ret_next = base + entries[i].start;
        } else {
            es_table_note(table, ES_SEVERITY_GAP,
                          "The extended partition table at sector %llu names two followers; only "
                          "the first is followed.", (unsigned long long)at);
        }
    }
    return ES_OK;
}

static es_status walk_extended(es_source *source, es_table *table, uint64_t base)
{
    uint64_t seen[ES_EXTENDED_TABLES_MAX], at = base;
    es_status status = ES_OK;

    for (uint32_t n = 0; at && status == ES_OK; n++) {
        for (uint32_t i = 0; i < n; i++) {
            if (seen[i] == at) {
                es_table_note(table, ES_SEVERITY_GAP,
                              "The chain of extended partition tables comes back to sector %llu; "
                              "it was followed once.", (unsigned long long)at);
                return ES_OK;
            }
        }
        if (n == ES_EXTENDED_TABLES_MAX) {
            es_table_note(table, ES_SEVERITY_GAP,
                          "More than %u extended partition tables follow one another; the rest is "
                          "left out.", ES_EXTENDED_TABLES_MAX);
            return ES_OK;
        }
        seen[n] = at;
        status = read_extended(source, table, base, at, n + 1, &at);
    }
    return status < 0 ? status : ES_OK;
}

/* How many entries point at something known, were sectors of this size. */
static es_status score(es_source *source, const es_mbr_entry entries[4], uint32_t sector_size,
                       uint32_t *ret_score)
{
    *ret_score = 0;
    for (uint32_t i = 0; i < 4; i++) {
        uint8_t start[4096];
        es_identity identity;
        es_status status;

        if (entries[i].type == 0 || entries[i].n_sectors == 0)
            continue;
        status = es_source_read(source, entries[i].start * sector_size, start, sizeof(start), NULL);
        if (status < 0)
            return status;
        if (status > 0)
            continue;
        es_identify((es_bytes) { start, sizeof(start) }, &identity);
        if (strcmp(identity.filesystem, "unknown") != 0 ||
            (is_extended(entries[i].type) && has_mark(start)))
            ++*ret_score;
    }
    return ES_OK;
}

static es_status choose_sector_size(es_source *source, es_table *table,
                                    const es_mbr_entry entries[4])
{
    uint32_t stated = es_source_sector_size(source) == 4096 ? 4096 : 512;
    uint32_t other = stated == 512 ? 4096 : 512, mine = 0, others = 0;
    es_status status = score(source, entries, stated, &mine);

    if (status == ES_OK && mine == 0)
        status = score(source, entries, other, &others);
    table->sector_size = others ? other : stated;
    return status;
}

static es_status read_mbr(es_source *source, es_table *table, const es_mbr_entry entries[4])
{
    es_status status = choose_sector_size(source, table, entries);

    table->scheme = "mbr";
    for (uint32_t i = 0; i < 4 && status == ES_OK; i++) {
        if (entries[i].n_sectors == 0 || entries[i].type == 0)
            continue;
        if (is_extended(entries[i].type))
            status = walk_extended(source, table, entries[i].start);
        else
            status = add_mbr(table, &entries[i], entries[i].start, 0, i);
    }
    return status < 0 ? status : ES_OK;
}

/* ---------------------------------------------------------------- which table */

static bool is_protective(const es_mbr_entry entries[4])
{
    for (uint32_t i = 0; i < 4; i++) {
        if (entries[i].type == TYPE_PROTECTIVE)
            return true;
    }
    return false;
}

static es_status try_gpt(es_source *source, bool expected, es_table *table)
{
    uint32_t stated = es_source_sector_size(source) == 4096 ? 4096 : 512;
    es_status status = es_table_read_gpt(source, stated, expected, table);

    if (status == ES_ABSENT)
        status = es_table_read_gpt(source, stated == 512 ? 4096 : 512, expected, table);
    return status;
}

static es_status read_any(es_source *source, es_table *table, const uint8_t *sector)
{
    es_mbr_entry entries[4];
    bool mbr, protective;
    es_status status;

    parse_entries(sector, entries);
    mbr = has_mark(sector) && is_table(entries);
    protective = mbr && is_protective(entries);
    if (mbr)
        table->mbr_signature = signature_of(sector);
    if (!mbr || protective) {
        status = try_gpt(source, protective, table);
        if (status != ES_ABSENT)
            return status;
        if (protective)
            es_table_note(table, ES_SEVERITY_GAP,
                          "The first sector announces a GPT, but neither it nor its backup can be "
                          "read: partitions are not known.");
    }
    return mbr ? read_mbr(source, table, entries) : ES_OK;
}

es_status es_table_read(es_source *source, es_table *table)
{
    uint8_t start[4096];
    es_identity identity;
    es_status status = es_source_read(source, 0, start, sizeof(start), NULL);

    table->scheme = "none";
    table->sector_size = es_source_sector_size(source) == 4096 ? 4096 : 512;
    table->sound = true;
    if (status < 0)
        return status;
    es_identify((es_bytes) { start, sizeof(start) }, &identity);
    if (identity.boot_sector)
        return ES_OK;
    status = read_any(source, table, start);
    return status < 0 ? status : ES_OK;
}
