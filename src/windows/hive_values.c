/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_values.c: the values of a key and their data: see hive.h.
 *
 * Data is taken from the cells by our own cursor: hivex 1.3.23 reads the list of a big value
 * without looking at the length of the cell that holds it.
 */
#include "windows/hive_internal.h"

#include <errno.h>
#include <stdlib.h>

#define NK_FLAGS 6u
#define NK_N_VALUES 0x28u
#define NK_VALUES 0x2cu
#define NK_PREDEFINED 0x40u

#define VK_NAME_LENGTH 6u
#define VK_SIZE 8u
#define VK_DATA 0xcu
#define VK_TYPE 0x10u
#define VK_FLAGS 0x14u
#define VK_COMPRESSED 1u
#define VK_INLINE UINT32_C(0x80000000)

/* Segments of big data hold at most this much. */
#define SEGMENT_MAX UINT64_C(16344)

typedef struct value_list {
    es_hive_value *values;
    size_t n;
    bool complete;
} value_list;

static es_status value_cell(const es_hive *hive, es_hive_value value, es_bytes *ret_cell)
{
    es_bytes cell;

    if (hivex_value_type(hive->handle, (hive_value_h)value, NULL, NULL) < 0)
        return ES_CORRUPT; /* not a cell in use, or not a vk */
    if (es_hive_cell(hive, value, &cell) != ES_OK || cell.size < ES_HIVE_VK_NAME)
        return ES_CORRUPT;
    *ret_cell = cell;
    return ES_OK;
}

static es_status value_name(const es_hive *hive, es_hive_value value, es_hive_name *ret_name)
{
    es_bytes cell;
    uint64_t length;
    es_status status = value_cell(hive, value, &cell);

    if (status != ES_OK)
        return status;
    length = es_hive_u16(cell, VK_NAME_LENGTH);
    if (length > cell.size - ES_HIVE_VK_NAME)
        return ES_CORRUPT;
    ret_name->bytes = (es_bytes){ cell.data + ES_HIVE_VK_NAME, length };
    ret_name->compressed = es_hive_u16(cell, VK_FLAGS) & VK_COMPRESSED;
    return ES_OK;
}

/* The list cell of a key, cut to what it can hold. */
static es_status list_values(es_hive *hive, es_hive_key key, value_list *list)
{
    es_bytes cell, entries;
    uint64_t n;
    es_status status = es_hive_key_cell(hive, key, &cell);

    list->complete = true;
    if (status != ES_OK)
        return status;
    n = es_hive_u16(cell, NK_FLAGS) & NK_PREDEFINED ? 0 : es_hive_u32(cell, NK_N_VALUES);
    if (n > 0 &&
        es_hive_cell(hive, ES_HIVE_BINS_AT + es_hive_u32(cell, NK_VALUES), &entries) != ES_OK) {
        list->complete = false;
        n = 0;
    }
    if (n > ES_HIVE_CHILDREN_MAX || (n > 0 && n > (entries.size - 4) / 4)) {
        list->complete = false;
        n = (entries.size - 4) / 4;
        n = n < ES_HIVE_CHILDREN_MAX ? n : ES_HIVE_CHILDREN_MAX;
    }
    list->values = calloc(n ? n : 1, sizeof *list->values);
    if (!list->values)
        return ES_NOMEM;
    for (uint64_t i = 0; i < n; i++) {
        es_hive_value value = ES_HIVE_BINS_AT + es_hive_u32(entries, 4 + i * 4);
        es_bytes ignored;

        if (value_cell(hive, value, &ignored) == ES_OK)
            list->values[list->n++] = value;
        else
            list->complete = false;
    }
    return es_hive_step(hive, n + 1);
}

es_status es_hive_value_find(es_hive *hive, es_hive_key key, const char *name,
                             es_hive_value *ret_value)
{
    value_list list = { NULL, 0, true };
    es_hive_wanted wanted;
    es_status status = es_hive_wanted_make(es_text_of(name), &wanted);

    if (status != ES_OK)
        return status == ES_BUG ? ES_ABSENT : status;
    status = list_values(hive, key, &list);
    for (size_t i = 0; i < list.n && status == ES_OK; i++) {
        es_hive_name stored;

        if (value_name(hive, list.values[i], &stored) != ES_OK) {
            list.complete = false;
        } else if (es_hive_name_is(stored, &wanted)) {
            *ret_value = list.values[i];
            goto out;
        } else if (es_hive_range_damaged(hive, list.values[i] + ES_HIVE_VK_NAME,
                                         stored.bytes.size)) {
            list.complete = false; /* a name on a bad range may be any name */
        }
    }
    if (status == ES_OK)
        status = list.complete && !es_hive_key_damaged(hive, key) ? ES_ABSENT : ES_CORRUPT;
out:
    es_hive_wanted_done(&wanted);
    free(list.values);
    return status;
}

es_status es_hive_values_readable(es_hive *hive, es_hive_key key, es_hive_value **ret_values,
                                  size_t *ret_n, bool *ret_complete)
{
    value_list list = { NULL, 0, true };
    es_status status = list_values(hive, key, &list);

    if (status != ES_OK) {
        free(list.values);
        return status;
    }
    *ret_values = list.values;
    *ret_n = list.n;
    *ret_complete = list.complete;
    return ES_OK;
}

es_status es_hive_values(es_hive *hive, es_hive_key key, es_hive_value **ret_values, size_t *ret_n)
{
    es_hive_value *values;
    bool complete;
    size_t n;
    es_status status = es_hive_values_readable(hive, key, &values, &n, &complete);

    if (status == ES_OK && !complete) {
        free(values);
        return ES_CORRUPT;
    }
    if (status == ES_OK) {
        *ret_values = values;
        *ret_n = n;
    }
    return status;
}

es_status es_hive_value_name(es_hive *hive, es_hive_value value, char **ret_name)
{
    es_hive_name name;
    es_status status = value_name(hive, value, &name);

    return status == ES_OK ? es_hive_name_utf8(name, ret_name) : status;
}

/* ---- data ---- */

typedef struct value_place {
    es_bytes vk;
    uint32_t type;
    uint64_t size;
    bool is_inline, is_big;
    uint64_t data_at; /* the data cell; not for inline data */
    es_bytes data;    /* it, whole; empty for no data */
} value_place;

/* Where a value's data is, checked so far that reading it stays in cells. */
static es_status place_value(const es_hive *hive, es_hive_value value, value_place *ret_place)
{
    value_place place = { 0 };
    uint32_t size;
    es_status status = value_cell(hive, value, &place.vk);

    if (status != ES_OK)
        return status;
    size = es_hive_u32(place.vk, VK_SIZE);
    place.type = es_hive_u32(place.vk, VK_TYPE);
    place.is_inline = size & VK_INLINE;
    place.size = size & ~VK_INLINE;
    if (place.is_inline && place.size > 4)
        return ES_CORRUPT;
    if (!place.is_inline && place.size > 0) {
        if (place.size > ES_HIVE_VALUE_SIZE_MAX && place.size > hive->image->size)
            return ES_CORRUPT;
        if (place.size > ES_HIVE_VALUE_SIZE_MAX)
            return ES_LIMIT;
        place.data_at = hivex_value_data_cell_offset(hive->handle, (hive_value_h)value, NULL);
        if (place.data_at == 0 || es_hive_cell(hive, place.data_at, &place.data) != ES_OK)
            return ES_CORRUPT;
        place.is_big = place.size > place.data.size - 4;
        if (place.is_big && (hive->minor < 4 || place.data.size < 12 ||
                             memcmp(place.data.data + 4, "db", 2) != 0))
            return ES_CORRUPT;
    }
    *ret_place = place;
    return ES_OK;
}

typedef es_status segment_visit(void *context, uint64_t cell_at, es_bytes cell, uint64_t size);

/* Visit the segments of big data in order, each with how many bytes of it count. */
static es_status visit_segments(const es_hive *hive, const value_place *place,
                                segment_visit *visit, void *context)
{
    uint64_t n = es_hive_u16(place->data, 6), left = place->size;
    uint64_t list_at = ES_HIVE_BINS_AT + es_hive_u32(place->data, 8);
    es_bytes list, cell;

    if (es_hive_cell(hive, list_at, &list) != ES_OK || n > (list.size - 4) / 4)
        return ES_CORRUPT;
    for (uint64_t i = 0; i < n && left > 0; i++) {
        uint64_t at = ES_HIVE_BINS_AT + es_hive_u32(list, 4 + i * 4), size;
        es_status status;

        if (es_hive_cell(hive, at, &cell) != ES_OK)
            return ES_CORRUPT;
        size = cell.size - 4 < SEGMENT_MAX ? cell.size - 4 : SEGMENT_MAX;
        size = size < left ? size : left;
        status = visit(context, at, cell, size);
        if (status != ES_OK)
            return status;
        left -= size;
    }
    return left ? ES_CORRUPT : ES_OK;
}

static es_status copy_segment(void *context, uint64_t cell_at, es_bytes cell, uint64_t size)
{
    uint8_t **out = context;

    (void)cell_at;
    memcpy(*out, cell.data + 4, (size_t)size);
    *out += size;
    return ES_OK;
}

static es_status copy_data(const es_hive *hive, const value_place *place, uint8_t *data)
{
    if (place->is_big)
        return visit_segments(hive, place, copy_segment, &data);
    if (place->is_inline)
        memcpy(data, place->vk.data + VK_DATA, (size_t)place->size);
    else if (place->size)
        memcpy(data, place->data.data + 4, (size_t)place->size);
    return ES_OK;
}

es_status es_hive_value_data(es_hive *hive, es_hive_value value, uint32_t *ret_type,
                             uint8_t **ret_data, uint64_t *ret_size, uint64_t *ret_offset,
                             uint64_t *ret_length)
{
    value_place place;
    uint8_t *data;
    bool in_vk;
    es_status status = place_value(hive, value, &place);

    if (status != ES_OK)
        return status;
    data = malloc(place.size ? (size_t)place.size : 1);
    if (!data)
        return ES_NOMEM;
    status = copy_data(hive, &place, data);
    if (status != ES_OK) {
        free(data);
        return status;
    }
    in_vk = place.is_big || place.data.size == 0;
    if (ret_type)
        *ret_type = place.type;
    if (ret_offset)
        *ret_offset = in_vk ? value : place.data_at;
    if (ret_length)
        *ret_length = in_vk ? place.vk.size : place.data.size;
    *ret_data = data;
    *ret_size = place.size;
    return ES_OK;
}

static es_status segment_damaged(void *context, uint64_t cell_at, es_bytes cell, uint64_t size)
{
    const es_hive *hive = context;

    (void)size;
    return es_hive_range_damaged(hive, cell_at, cell.size) ? ES_END : ES_OK;
}

bool es_hive_value_damaged(es_hive *hive, es_hive_value value)
{
    value_place place;

    if (!es_hive_damaged(hive) || place_value(hive, value, &place) != ES_OK)
        return false;
    if (es_hive_range_damaged(hive, value, place.vk.size) ||
        (place.data.size && es_hive_range_damaged(hive, place.data_at, place.data.size)))
        return true;
    if (!place.is_big)
        return false;
    return es_hive_range_damaged(hive, ES_HIVE_BINS_AT + es_hive_u32(place.data, 8), 4) ||
           visit_segments(hive, &place, segment_damaged, hive) == ES_END;
}
