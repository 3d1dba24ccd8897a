/* SPDX-License-Identifier: Apache-2.0
 *
 * ewf_table.c: see ewf_table.h.
 */
#include "evidence/ewf_table.h"

#include <libdeflate.h>
#include <stdlib.h>

#define STATE_NEW 0
#define STATE_READY 1
#define STATE_OPAQUE 2

#define COMPRESSED UINT32_C(0x80000000)
#define OFFSET_MAX UINT32_C(0x7fffffff)

void ewf_tables_init(ewf_tables *tables)
{
    *tables = (ewf_tables){ .n = 0 };
    pthread_mutex_init(&tables->lock, NULL);
}

void ewf_tables_done(ewf_tables *tables)
{
    for (size_t i = 0; i < tables->n; i++)
        free(tables->list[i].entries);
    free(tables->list);
    tables->list = NULL;
    tables->n = 0;
    pthread_mutex_destroy(&tables->lock);
}

es_status ewf_tables_add(ewf_tables *tables, const ewf_table *table)
{
    if (tables->n == tables->capacity) {
        size_t capacity = tables->capacity ? tables->capacity * 2 : 16;
        ewf_table *list = realloc(tables->list, capacity * sizeof *list);

        if (!list)
            return ES_NOMEM;
        tables->list = list;
        tables->capacity = capacity;
    }
    tables->list[tables->n++] = *table;
    return ES_OK;
}

/* ---------------------------------------------------------------- loading */

static uint32_t number_at(const uint8_t *data)
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
           (uint32_t)data[3] << 24;
}

/* The entries at `at` into `data`; false when they cannot be read or are not what was written. */
static es_status read_entries(const ewf_table *table, uint64_t at, uint8_t *data)
{
    uint64_t size = (uint64_t)table->n * 4;
    es_status status = es_part_peek(table->file, at, data, size + (table->has_checksum ? 4 : 0));

    if (status != ES_OK)
        return status;
    if (table->has_checksum &&
        libdeflate_adler32(1, data, (size_t)size) != number_at(data + size))
        return ES_CORRUPT;
    return ES_OK;
}

/* Where offsets become 32 bits wide; false when they do not rise. */
static bool find_wide(ewf_table *table)
{
    uint64_t at;

    table->wide_from = table->n;
    for (uint32_t i = 0; i + 1 < table->n; i++) {
        uint32_t next = table->entries[i + 1];

        at = i < table->wide_from ? table->entries[i] & OFFSET_MAX : table->entries[i];
        if (i + 1 < table->wide_from && (next & OFFSET_MAX) <= at) {
            if (next <= at)
                return false;
            table->wide_from = i + 1;
        } else if (i + 1 >= table->wide_from && next <= at) {
            return false;
        }
    }
    return true;
}

static bool decode(ewf_table *table, const uint8_t *data)
{
    table->entries = malloc((size_t)table->n * sizeof *table->entries);
    if (!table->entries)
        return false;
    for (uint32_t i = 0; i < table->n; i++)
        table->entries[i] = number_at(data + (size_t)i * 4);
    return find_wide(table);
}

static es_status load(ewf_table *table)
{
    uint8_t *data = malloc((size_t)table->n * 4 + 4);
    es_status status = data ? read_entries(table, table->entries_at, data) : ES_NOMEM;

    if (status > 0 && table->twin_at)
        status = read_entries(table, table->twin_at, data);
    if (status >= 0)
        atomic_store(&table->state,
                     status == ES_OK && decode(table, data) ? STATE_READY : STATE_OPAQUE);
    free(data);
    return status < 0 ? status : ES_OK;
}

/* ---------------------------------------------------------------- finding */

static ewf_table *table_of(ewf_tables *tables, uint64_t number)
{
    size_t low = 0, high = tables->n;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (tables->list[middle].first <= number)
            low = middle;
        else
            high = middle;
    }
    return low < tables->n && number - tables->list[low].first < tables->list[low].n
               ? &tables->list[low]
               : NULL;
}

static uint64_t offset_of(const ewf_table *table, uint32_t i)
{
    return i < table->wide_from ? table->entries[i] & OFFSET_MAX : table->entries[i];
}

es_status ewf_tables_find(ewf_tables *tables, uint64_t number, ewf_place *ret_place)
{
    ewf_table *table = table_of(tables, number);
    es_status status = ES_OK;
    uint64_t end;
    uint32_t i;

    if (!table)
        return ES_ABSENT;
    if (atomic_load(&table->state) == STATE_NEW) {
        pthread_mutex_lock(&tables->lock);
        if (atomic_load(&table->state) == STATE_NEW)
            status = load(table);
        pthread_mutex_unlock(&tables->lock);
        if (status != ES_OK)
            return status;
    }
    if (atomic_load(&table->state) != STATE_READY)
        return ES_UNSUPPORTED;
    i = (uint32_t)(number - table->first);
    ret_place->file = table->file;
    ret_place->offset = table->base + offset_of(table, i);
    ret_place->compressed = i < table->wide_from && table->entries[i] & COMPRESSED;
    ret_place->last = i + 1 == table->n;
    end = i + 1 < table->n ? table->base + offset_of(table, i + 1) : table->data_end;
    if (end <= ret_place->offset || end > table->file->size)
        return ES_UNSUPPORTED;
    ret_place->size = end - ret_place->offset;
    return ES_OK;
}
