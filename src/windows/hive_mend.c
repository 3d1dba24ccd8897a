/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_mend.c: see hive_mend.h.
 *
 * The walk is the one hivex_open() makes: bins follow each other, cells fill a bin. A bin whose
 * header is broken reaches to the next good one; if its cells still fill it exactly they are kept.
 */
#include "windows/hive_mend.h"
#include "windows/hive_header.h"
#include "windows/limits.h"

#include <esuscan/bytes.h>

#define BIN_HEADER UINT64_C(32)
#define BIN_MAGIC UINT32_C(0x6e696268) /* hbin */
#define NK_MAGIC 0x6b6eu
#define NK_ROOT 0x0004u
#define CELL_MIN 8u

typedef struct mending {
    es_hive_image *image;
    uint64_t end; /* of the bins, within the image */
    es_hive_mended mended;
} mending;

static uint32_t u32_at(const mending *m, uint64_t at)
{
    es_cursor cursor = es_cursor_make(es_hive_image_bytes(m->image));

    es_cursor_seek(&cursor, at);
    return es_cursor_u32(&cursor);
}

static void count(mending *m, uint64_t at, uint64_t bytes)
{
    if (m->mended.bytes == 0)
        m->mended.first_at = at;
    m->mended.bytes += bytes;
}

static uint64_t cell_size(const mending *m, uint64_t at)
{
    int64_t size = (int32_t)u32_at(m, at);

    return (uint64_t)(size < 0 ? -size : size);
}

/* Where the first cell that breaks the rules lies; `end` when there is none. */
static uint64_t bad_cell(const mending *m, uint64_t start, uint64_t end, uint64_t *ret_before)
{
    uint64_t at = start;

    *ret_before = 0;
    while (at < end) {
        uint64_t size = cell_size(m, at);

        if (size < CELL_MIN || size % 4 || size > end - at)
            return at;
        *ret_before = at;
        at += size;
    }
    return end;
}

/* Make the rest of a bin one free cell. Four bytes are too small for one: the cell before takes
 * them in. */
static es_status cover(mending *m, uint64_t at, uint64_t end, uint64_t before)
{
    uint64_t rest = end - at;
    uint32_t size;

    if (rest == 0)
        return ES_OK;
    count(m, at, rest);
    if (rest >= CELL_MIN)
        return es_hive_image_write_u32(m->image, at, (uint32_t)rest);
    if (before == 0)
        return ES_BUG; /* a bin holds more than 8 bytes */
    size = u32_at(m, before);
    size = size & UINT32_C(0x80000000) ? size - (uint32_t)rest : size + (uint32_t)rest;
    return es_hive_image_write_u32(m->image, before, size);
}

static es_status mend_cells(mending *m, uint64_t bin_at, uint64_t bin_end)
{
    uint64_t before;
    uint64_t at = bad_cell(m, bin_at + BIN_HEADER, bin_end, &before);

    return cover(m, at, bin_end, before);
}

static bool is_bin(const mending *m, uint64_t at)
{
    return u32_at(m, at) == BIN_MAGIC && u32_at(m, at + 4) == at - ES_HIVE_BINS_AT;
}

static uint64_t next_bin(const mending *m, uint64_t at)
{
    for (at += 4096; at < m->end; at += 4096) {
        if (is_bin(m, at))
            return at;
    }
    return m->end;
}

static es_status write_bin(mending *m, uint64_t at, uint64_t size)
{
    es_status status = es_hive_image_write_u32(m->image, at, BIN_MAGIC);

    count(m, at, BIN_HEADER);
    if (status == ES_OK)
        status = es_hive_image_write_u32(m->image, at + 4, (uint32_t)(at - ES_HIVE_BINS_AT));
    if (status == ES_OK)
        status = es_hive_image_write_u32(m->image, at + 8, (uint32_t)size);
    return status;
}

static es_status mend_bins(mending *m)
{
    for (uint64_t at = ES_HIVE_BINS_AT; at < m->end;) {
        uint64_t size = u32_at(m, at + 8);
        es_status status = ES_OK;

        if (!is_bin(m, at) || size == 0 || size % 4096 || size > m->end - at) {
            size = next_bin(m, at) - at;
            status = write_bin(m, at, size);
        }
        if (status == ES_OK)
            status = mend_cells(m, at, at + size);
        if (status != ES_OK)
            return status;
        at += size;
    }
    return ES_OK;
}

static bool is_root(const mending *m, uint64_t at)
{
    return at % 4 == 0 && at >= ES_HIVE_BINS_AT && at < m->end && m->end - at >= 80 &&
           (int32_t)u32_at(m, at) < 0 && (u32_at(m, at + 4) & 0xffff) == NK_MAGIC;
}

/* The key that is marked as a hive's root, if exactly one is. 0 otherwise. */
static uint64_t marked_root(const mending *m)
{
    uint64_t found = 0;

    for (uint64_t bin = ES_HIVE_BINS_AT; bin < m->end; bin += u32_at(m, bin + 8)) {
        uint64_t bin_end = bin + u32_at(m, bin + 8);

        for (uint64_t at = bin + BIN_HEADER; at < bin_end; at += cell_size(m, at)) {
            if (!is_root(m, at) || !(u32_at(m, at + 4) >> 16 & NK_ROOT))
                continue;
            if (found)
                return 0;
            found = at;
        }
    }
    return found;
}

/* Called when bins and cells are in order. */
static es_status mend_root(mending *m, uint32_t stated)
{
    uint64_t at;

    if (is_root(m, ES_HIVE_BINS_AT + stated))
        return ES_OK;
    at = marked_root(m);
    if (at == 0)
        return ES_CORRUPT;
    count(m, ES_HIVE_AT_ROOT, 4);
    return es_hive_image_write_u32(m->image, ES_HIVE_AT_ROOT, (uint32_t)(at - ES_HIVE_BINS_AT));
}

es_status es_hive_mend(es_hive_image *image, es_hive_mended *ret_mended)
{
    mending m = { .image = image };
    es_hive_header header = es_hive_header_read(es_hive_image_bytes(image));
    uint64_t there, promised = header.bins_size;
    es_status status;

    if (image->size <= ES_HIVE_BINS_AT)
        return ES_CORRUPT;
    there = image->size - ES_HIVE_BINS_AT;
    if (promised > image->raw_size - ES_HIVE_BINS_AT && image->size - image->raw_size < 4096)
        m.mended.missing = promised - (image->raw_size - ES_HIVE_BINS_AT);
    if (promised == 0 || promised % 4096 || promised > there) {
        count(&m, ES_HIVE_AT_BINS_SIZE, 4);
        promised = there;
        status = es_hive_image_write_u32(image, ES_HIVE_AT_BINS_SIZE, (uint32_t)promised);
        if (status != ES_OK)
            return status;
    }
    m.end = ES_HIVE_BINS_AT + promised;
    status = mend_bins(&m);
    if (status == ES_OK)
        status = mend_root(&m, header.root);
    if (status == ES_OK)
        *ret_mended = m.mended;
    return status;
}
