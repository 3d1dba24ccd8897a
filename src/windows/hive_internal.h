/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_internal.h: an opened hive, as hive.c, hive_keys.c and hive_values.c share it.
 *
 * hivex checks that bins and cells of the hive fill it exactly and says which offsets are cells in
 * use. Bytes inside a cell are taken by our own cursor, bounded by that cell.
 */
#ifndef ES_WINDOWS_HIVE_INTERNAL_H
#define ES_WINDOWS_HIVE_INTERNAL_H

#include "windows/hive.h"
#include "windows/hive_header.h"
#include "windows/hive_image.h"
#include "windows/hive_load.h"
#include "windows/hive_log.h"
#include "windows/hive_text.h"
#include "windows/limits.h"

#include <esuscan/bytes.h>
#include <hivex.h>

/* Sub-keys of one key by name. */
typedef struct es_hive_index {
    es_hive_key key; /* 0: free */
    es_hive_key *children;
    uint32_t *hashes;
    uint32_t *slots; /* number of the child + 1; 0 is empty */
    size_t n;
    uint32_t mask;
    bool complete;
} es_hive_index;

struct es_hive {
    es_hive_image *image;
    hive_h *handle;
    es_hive_key root;
    uint32_t minor; /* of the format: big data exists from 4 on */
    es_hive_digest *digest;
    uint8_t sha256[32]; /* when there is no digest */
    es_hive_state state;
    es_hive_patch_list patches;
    uint64_t steps;
    es_hive_index indexes[ES_HIVE_INDEXES];
    size_t next_index;
    es_hive *before;
    es_status before_status; /* why there is none, once that is known */
};

#define ES_HIVE_NK_NAME 0x50u /* size of an nk cell up to its name */
#define ES_HIVE_VK_NAME 0x18u

/* The whole cell at an offset, its length field included. */
es_status es_hive_cell(const es_hive *hive, uint64_t at, es_bytes *ret_cell);
/* The cell of a key, checked to be one. */
es_status es_hive_key_cell(const es_hive *hive, es_hive_key key, es_bytes *ret_cell);
void es_hive_index_done(es_hive_index *index);
/* Account for `n` items handed out. */
es_status es_hive_step(es_hive *hive, uint64_t n);

static inline uint16_t es_hive_u16(es_bytes cell, uint64_t at)
{
    es_cursor cursor = es_cursor_make(cell);

    es_cursor_seek(&cursor, at);
    return es_cursor_u16(&cursor);
}

static inline uint32_t es_hive_u32(es_bytes cell, uint64_t at)
{
    es_cursor cursor = es_cursor_make(cell);

    es_cursor_seek(&cursor, at);
    return es_cursor_u32(&cursor);
}

#endif
