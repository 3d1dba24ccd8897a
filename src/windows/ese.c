/* SPDX-License-Identifier: Apache-2.0
 *
 * ese.c: see ese.h. The only file that knows libesedb.
 */
#include "windows/ese.h"

#include "base/arena.h"
#include "base/text.h"
#include "windows/limits.h"

#include <esuscan/bytes.h>
#include <libesedb.h>
#include <stdlib.h>

struct es_ese {
    libbfio_handle_t *door;
    libesedb_file_t *file;
    libesedb_table_t *table;
    es_bfio_watch watch;
    es_arena *arena; /* of the row at hand */
    int at, n;
    uint64_t lost;
};

static es_status open_file(es_ese *ese)
{
    if (libesedb_file_initialize(&ese->file, NULL) != 1)
        return ES_NOMEM;
    if (libesedb_file_open_file_io_handle(ese->file, ese->door, LIBESEDB_OPEN_READ, NULL) != 1)
        return ES_CORRUPT;
    return ES_OK;
}

static es_status open_table(es_ese *ese, es_text name)
{
    union {
        const char *text;
        const uint8_t *bytes;
    } as = { name.data };
    int found = libesedb_file_get_table_by_utf8_name(ese->file, as.bytes, (size_t)name.size,
                                                     &ese->table, NULL);

    if (found != 1)
        return found == 0 ? ES_ABSENT : ES_CORRUPT;
    if (libesedb_table_get_number_of_records(ese->table, &ese->n, NULL) != 1)
        return ES_CORRUPT;
    return ese->n > (int)ES_ESE_ROWS_MAX ? ES_LIMIT : ES_OK;
}

es_status es_ese_open(es_bfio_reader reader, void *context, uint64_t size, es_text table,
                      es_ese **ret_ese)
{
    es_ese *ese;
    es_status status;

    if (size > ES_ESE_SIZE_MAX)
        return ES_LIMIT;
    ese = calloc(1, sizeof *ese);
    if (!ese)
        return ES_NOMEM;
    status = es_bfio_new(reader, context, size, &ese->watch, &ese->door);
    if (status == ES_OK)
        status = open_file(ese);
    if (status == ES_OK)
        status = open_table(ese, table);
    if (status != ES_OK)
        es_ese_free(ese);
    else
        *ret_ese = ese;
    return status;
}

es_ese *es_ese_free(es_ese *ese)
{
    if (!ese)
        return NULL;
    if (ese->table)
        libesedb_table_free(&ese->table, NULL);
    if (ese->file) {
        libesedb_file_close(ese->file, NULL);
        libesedb_file_free(&ese->file, NULL);
    }
    if (ese->door)
        libbfio_handle_free(&ese->door, NULL);
    es_arena_free(ese->arena);
    free(ese);
    return NULL;
}

uint64_t es_ese_lost(const es_ese *ese)
{
    return ese->lost;
}

/* ------------------------------------------------------------------ values */

static es_status take_name(es_ese *ese, libesedb_record_t *record, int i, es_text *ret)
{
    size_t size = 0;
    uint8_t *name;
    union {
        const uint8_t *bytes;
        const char *text;
    } as;

    if (libesedb_record_get_utf8_column_name_size(record, i, &size, NULL) != 1 || !size ||
        size > ES_ESE_NAME_MAX)
        return ES_CORRUPT;
    name = es_arena_take(ese->arena, size);
    if (!name)
        return ES_LIMIT;
    if (libesedb_record_get_utf8_column_name(record, i, name, size, NULL) != 1)
        return ES_CORRUPT;
    as.bytes = name;
    return es_text_repair(ese->arena, (es_text){ as.text, strlen(as.text) }, ret);
}

/* The bytes of a value, wherever it is kept; empty when there are none. */
static es_status take_bytes(es_ese *ese, libesedb_record_t *record, int i, es_bytes *ret)
{
    libesedb_long_value_t *apart = NULL;
    size64_t large = 0;
    size_t size = 0;
    uint8_t *data;
    es_status status = ES_OK;
    bool is_long = libesedb_record_is_long_value(record, i, NULL) == 1;

    *ret = (es_bytes){ NULL, 0 };
    if (is_long) {
        if (libesedb_record_get_long_value(record, i, &apart, NULL) != 1)
            return ES_CORRUPT;
        if (libesedb_long_value_get_data_size(apart, &large, NULL) != 1)
            large = 0;
        size = large > ES_ESE_VALUE_MAX ? 0 : (size_t)large;
        status = large > ES_ESE_VALUE_MAX ? ES_LIMIT : ES_OK;
    } else if (libesedb_record_get_value_data_size(record, i, &size, NULL) != 1 ||
               size > ES_ESE_VALUE_MAX) {
        size = 0;
    }
    if (status == ES_OK && size) {
        data = es_arena_take(ese->arena, size);
        if (!data)
            status = ES_LIMIT;
        else if ((apart ? libesedb_long_value_get_data(apart, data, size, NULL)
                        : libesedb_record_get_value_data(record, i, data, size, NULL)) == 1)
            *ret = (es_bytes){ data, size };
        else
            status = ES_CORRUPT;
    }
    if (apart)
        libesedb_long_value_free(&apart, NULL);
    return status;
}

static es_status take_text(es_ese *ese, libesedb_record_t *record, int i, es_cell *cell)
{
    size_t size = 0;
    uint8_t *text;
    union {
        const uint8_t *bytes;
        const char *text;
    } as;

    cell->type = ES_FIELD_TEXT;
    if (libesedb_record_is_long_value(record, i, NULL) == 1) {
        es_bytes utf16;
        es_status status = take_bytes(ese, record, i, &utf16);

        while (utf16.size >= 2 && !utf16.data[utf16.size - 1] && !utf16.data[utf16.size - 2])
            utf16.size -= 2;
        return status == ES_OK ? es_text_from_utf16le(ese->arena, utf16, &cell->text) : status;
    }
    if (libesedb_record_get_value_utf8_string_size(record, i, &size, NULL) != 1 || !size) {
        cell->type = 0;
        return ES_OK;
    }
    if (size > ES_ESE_VALUE_MAX)
        return ES_LIMIT;
    text = es_arena_take(ese->arena, size + 1);
    if (!text)
        return ES_LIMIT;
    if (libesedb_record_get_value_utf8_string(record, i, text, size, NULL) != 1)
        return ES_CORRUPT;
    as.bytes = text;
    return es_text_repair(ese->arena, (es_text){ as.text, strlen(as.text) }, &cell->text);
}

static void take_number(es_cell *cell, uint32_t type)
{
    es_cursor from = es_cursor_make(cell->bytes);
    union {
        uint64_t bits;
        double real;
    } wide;
    union {
        uint32_t bits;
        float real;
    } narrow;

    cell->type = ES_FIELD_INTEGER;
    switch (type) {
    case LIBESEDB_COLUMN_TYPE_BOOLEAN:
    case LIBESEDB_COLUMN_TYPE_INTEGER_8BIT_UNSIGNED:
        cell->integer = es_cursor_u8(&from);
        break;
    case LIBESEDB_COLUMN_TYPE_INTEGER_16BIT_SIGNED:
        cell->integer = (int16_t)es_cursor_u16(&from);
        break;
    case LIBESEDB_COLUMN_TYPE_INTEGER_16BIT_UNSIGNED:
        cell->integer = es_cursor_u16(&from);
        break;
    case LIBESEDB_COLUMN_TYPE_INTEGER_32BIT_SIGNED:
        cell->integer = (int32_t)es_cursor_u32(&from);
        break;
    case LIBESEDB_COLUMN_TYPE_INTEGER_32BIT_UNSIGNED:
        cell->integer = es_cursor_u32(&from);
        break;
    case LIBESEDB_COLUMN_TYPE_CURRENCY:
    case LIBESEDB_COLUMN_TYPE_INTEGER_64BIT_SIGNED:
        cell->integer = (int64_t)es_cursor_u64(&from);
        break;
    case LIBESEDB_COLUMN_TYPE_FLOAT_32BIT:
        narrow.bits = es_cursor_u32(&from);
        cell->real = (double)narrow.real;
        break;
    case LIBESEDB_COLUMN_TYPE_DOUBLE_64BIT:
    case LIBESEDB_COLUMN_TYPE_DATE_TIME: /* an OLE automation date */
        wide.bits = es_cursor_u64(&from);
        cell->real = wide.real;
        break;
    default:
        cell->type = ES_FIELD_BYTES;
        break;
    }
    if (!cell->bytes.size || es_cursor_failed(&from))
        cell->type = 0;
}

/* One value; of a value that holds several nothing is told. */
static es_status take_cell(es_ese *ese, libesedb_record_t *record, int i, es_cell *cell)
{
    uint32_t type = 0;
    es_status status = take_name(ese, record, i, &cell->column);

    cell->size = sizeof *cell;
    if (status != ES_OK || libesedb_record_get_column_type(record, i, &type, NULL) != 1)
        return status == ES_OK ? ES_CORRUPT : status;
    if (libesedb_record_is_multi_value(record, i, NULL) == 1)
        return ES_OK;
    if (type == LIBESEDB_COLUMN_TYPE_TEXT || type == LIBESEDB_COLUMN_TYPE_LARGE_TEXT)
        return take_text(ese, record, i, cell);
    status = take_bytes(ese, record, i, &cell->bytes);
    if (status == ES_OK)
        take_number(cell, type);
    return status;
}

static es_status take_row(es_ese *ese, libesedb_record_t *record, es_table_row *ret)
{
    es_cell *cells;
    int n = 0;

    if (libesedb_record_get_number_of_values(record, &n, NULL) != 1 || n < 0)
        return ES_CORRUPT;
    if (n > (int)ES_ESE_COLUMNS_MAX)
        return ES_LIMIT;
    cells = es_arena_take(ese->arena, (size_t)(n + 1) * sizeof *cells);
    if (!cells)
        return ES_LIMIT;
    for (int i = 0; i < n; i++) {
        es_status status = take_cell(ese, record, i, &cells[i]);

        if (status < 0)
            return status;
        if (status > 0) /* this value cannot be had; the others may be */
            cells[i].type = 0;
    }
    *ret = (es_table_row){ .size = sizeof *ret, .n_cells = (uint32_t)n,
                           .number = (uint64_t)ese->at, .cells = cells };
    return ES_OK;
}

es_status es_ese_next(es_ese *ese, es_table_row *ret_row, bool *ret_damaged)
{
    while (ese->at < ese->n) {
        libesedb_record_t *record = NULL;
        es_status status = ES_CORRUPT;

        ese->arena = es_arena_free(ese->arena);
        if (es_arena_new(ES_ESE_ROW_MEMORY_MAX, &ese->arena) != ES_OK)
            return ES_NOMEM;
        if (libesedb_table_get_record(ese->table, ese->at++, &record, NULL) == 1)
            status = take_row(ese, record, ret_row);
        if (record)
            libesedb_record_free(&record, NULL);
        *ret_damaged = es_bfio_watch_take(&ese->watch);
        if (status <= 0)
            return status;
        if (++ese->lost > ES_ESE_LOST_MAX) {
            ese->lost += (uint64_t)(ese->n - ese->at);
            ese->at = ese->n;
        }
    }
    return ES_END;
}
