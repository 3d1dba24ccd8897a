/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot_chain.c: see snapshot_chain.h.
 *
 * Chains are bounded twice: all of them may not have more links than the volume has blocks (shadow
 * copies that share one list would each take the memory of it), and a second walker that moves at
 * half the speed (Brent) ends one that bites its own tail long before that.
 */
#include "disk/snapshot_chain.h"

#include "disk/limits.h"

#include <esuscan/bytes.h>
#include <stdlib.h>

#define HEADER_AT UINT64_C(0x1e00)
#define HEADER_SIZE 128u
#define ENTRY_SIZE 128u
#define DESCRIPTOR_SIZE 32u

/* Record types of blocks. */
#define RECORD_VOLUME 1u
#define RECORD_CATALOGUE 2u
#define RECORD_LIST 3u
#define RECORD_HEADER 4u
#define RECORD_RANGES 5u
#define RECORD_BITMAP 6u

#define DESCRIPTOR_UNUSED 0x04u

static const uint8_t identifier[16] = { 0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e,
                                        0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52 };

/* What every block begins with. */
typedef struct block_header {
    uint32_t version, type;
    uint64_t relative, current, next;
} block_header;

/* A catalogue in the making. */
typedef struct reading {
    es_source *source;
    const es_volume *volume;
    es_vss_catalogue *to;
    uint8_t *block; /* ES_VSS_BLOCK_SIZE */
    uint64_t n_blocks; /* copied blocks kept so far, of all stores */
} reading;

static bool header_parse(es_bytes bytes, block_header *ret)
{
    es_cursor cursor = es_cursor_make(bytes);
    es_bytes magic = es_cursor_take(&cursor, 16);

    ret->version = es_cursor_u32(&cursor);
    ret->type = es_cursor_u32(&cursor);
    ret->relative = es_cursor_u64(&cursor);
    ret->current = es_cursor_u64(&cursor);
    ret->next = es_cursor_u64(&cursor);
    return !es_cursor_failed(&cursor) && memcmp(magic.data, identifier, sizeof identifier) == 0 &&
           (ret->version == 1 || ret->version == 2);
}

/* One block of a chain into r->block. ES_CORRUPT when it is none of that type. */
static es_status load(reading *r, uint64_t at, uint32_t type, block_header *ret_header)
{
    bool damaged = false;
    es_status status;

    if (at % 512 || at >= r->volume->length || ES_VSS_BLOCK_SIZE > r->volume->length - at)
        return ES_CORRUPT;
    status = es_source_read(r->source, r->volume->offset + at, r->block, ES_VSS_BLOCK_SIZE,
                            &damaged);
    if (status < 0)
        return status;
    r->to->damaged |= damaged;
    if (status != ES_OK || !header_parse((es_bytes){ r->block, ES_VSS_BLOCK_SIZE }, ret_header) ||
        ret_header->type != type)
        return ES_CORRUPT;
    return ES_OK;
}

/* Follow a chain and show each of its blocks. ES_CORRUPT when it loops, ends in nothing, or `each`
 * says so. */
static es_status follow(reading *r, uint64_t at, uint32_t type, es_vss_store *store,
                        es_status (*each)(reading *r, es_vss_store *store))
{
    uint64_t limit = r->volume->length / ES_VSS_BLOCK_SIZE, marked = at, power = 1, since = 0;
    es_status status = ES_OK;

    while (at && status == ES_OK) {
        block_header header;

        /* No block is in two chains, so all of them have no more than the volume has. */
        if (r->to->n_links >= limit || r->to->n_links >= ES_VSS_LINKS_MAX)
            return ES_CORRUPT;
        status = load(r, at, type, &header);
        if (status == ES_OK && each)
            status = each(r, store);
        if (status != ES_OK)
            return status;
        r->to->n_links++;
        at = header.next;
        if (at && at == marked)
            return ES_CORRUPT;
        if (++since == power) {
            marked = at;
            power *= 2;
            since = 0;
        }
    }
    return status;
}

/* ---------------------------------------------------------------- the catalogue */

static es_vss_store *store_of(es_vss_catalogue *to, es_bytes guid)
{
    es_vss_store *grown;

    for (size_t i = 0; i < to->n_stores; i++)
        if (memcmp(to->stores[i].guid, guid.data, 16) == 0)
            return &to->stores[i];
    if (to->n_stores == ES_VSS_STORES_MAX) {
        to->cut = true;
        return NULL;
    }
    grown = realloc(to->stores, (to->n_stores + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    to->stores = grown;
    grown += to->n_stores++;
    memset(grown, 0, sizeof *grown);
    memcpy(grown->guid, guid.data, 16);
    return grown;
}

static es_status take_entry(es_vss_catalogue *to, es_bytes entry)
{
    es_cursor cursor = es_cursor_make(entry);
    uint64_t type = es_cursor_u64(&cursor), first = es_cursor_u64(&cursor);
    es_bytes guid = es_cursor_take(&cursor, 16);
    es_vss_store *store;

    if (type != 2 && type != 3)
        return ES_OK;
    store = store_of(to, guid);
    if (!store)
        return to->cut ? ES_OK : ES_NOMEM;
    if (type == 2) {
        store->has_info = true;
        store->volume_size = first;
        es_cursor_seek(&cursor, 48);
        store->created = es_cursor_u64(&cursor);
        return ES_OK;
    }
    store->has_lists = true;
    store->list_at = first;
    store->header_at = es_cursor_u64(&cursor);
    store->ranges_at = es_cursor_u64(&cursor);
    store->bitmap_at = es_cursor_u64(&cursor);
    es_cursor_seek(&cursor, 72);
    store->previous_bitmap_at = es_cursor_u64(&cursor);
    return ES_OK;
}

static es_status take_entries(reading *r, es_vss_store *store)
{
    es_status status = ES_OK;

    (void)store;
    for (uint32_t at = HEADER_SIZE; at < ES_VSS_BLOCK_SIZE && status == ES_OK; at += ENTRY_SIZE)
        status = take_entry(r->to, (es_bytes){ r->block + at, ENTRY_SIZE });
    return status;
}

static int by_age(const void *left, const void *right)
{
    const es_vss_store *a = left, *b = right;

    if (a->created != b->created)
        return a->created < b->created ? -1 : 1;
    return memcmp(a->guid, b->guid, 16);
}

/* ---------------------------------------------------------------- copied blocks */

static int by_number(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

/* Block numbers of one list block, room for them having been made. */
static es_status take_descriptors(reading *r, es_vss_store *store)
{
    size_t most = (ES_VSS_BLOCK_SIZE - HEADER_SIZE) / DESCRIPTOR_SIZE;
    uint32_t *grown;

    if (r->n_blocks + most > ES_VSS_BLOCKS_MAX)
        return ES_LIMIT;
    grown = realloc(store->blocks, (store->n_blocks + most) * sizeof *grown);
    if (!grown)
        return ES_NOMEM;
    store->blocks = grown;
    for (uint32_t at = HEADER_SIZE; ES_VSS_BLOCK_SIZE - at >= DESCRIPTOR_SIZE;
         at += DESCRIPTOR_SIZE) {
        es_cursor cursor = es_cursor_make((es_bytes){ r->block + at, DESCRIPTOR_SIZE });
        uint64_t original = es_cursor_u64(&cursor), relative = es_cursor_u64(&cursor);
        uint64_t data = es_cursor_u64(&cursor);
        uint32_t flags = es_cursor_u32(&cursor);

        if ((!original && !relative && !data) || flags & DESCRIPTOR_UNUSED)
            continue;
        if (original >= r->volume->length)
            return ES_CORRUPT;
        store->blocks[store->n_blocks++] = (uint32_t)(original / ES_VSS_BLOCK_SIZE);
        r->n_blocks++;
    }
    return ES_OK;
}

static es_status check_store(reading *r, es_vss_store *store)
{
    uint64_t before = r->to->n_links;
    es_status status;

    if (!store->has_info || !store->has_lists || !store->header_at || !store->list_at)
        return ES_CORRUPT;
    status = follow(r, store->header_at, RECORD_HEADER, store, NULL);
    store->header_sound = status == ES_OK;
    if (status == ES_OK)
        status = follow(r, store->list_at, RECORD_LIST, store, take_descriptors);
    if (status == ES_OK)
        status = follow(r, store->ranges_at, RECORD_RANGES, store, NULL);
    if (status == ES_OK)
        status = follow(r, store->bitmap_at, RECORD_BITMAP, store, NULL);
    if (status == ES_OK)
        status = follow(r, store->previous_bitmap_at, RECORD_BITMAP, store, NULL);
    store->n_links = r->to->n_links - before;
    if (store->n_blocks)
        qsort(store->blocks, store->n_blocks, sizeof *store->blocks, by_number);
    store->sound = status == ES_OK;
    return status;
}

static es_status read_stores(reading *r)
{
    es_status status = ES_OK;

    if (r->to->n_stores) /* a catalogue may name none */
        qsort(r->to->stores, r->to->n_stores, sizeof *r->to->stores, by_age);
    for (size_t i = r->to->n_stores; i-- > 0 && status >= 0;) {
        status = check_store(r, &r->to->stores[i]);
        r->to->cut |= status == ES_LIMIT;
    }
    return status < 0 ? status : ES_OK;
}

/* ---------------------------------------------------------------- doors */

/* The offset of the catalogue; ES_ABSENT when there is no header or no catalogue. */
static es_status find_catalogue(reading *r, uint64_t *ret_at)
{
    es_cursor cursor;
    block_header header;
    es_bytes volume_id, storage_id;
    bool damaged = false;
    es_status status;

    if (r->volume->length < HEADER_AT + 512)
        return ES_ABSENT;
    status = es_source_read(r->source, r->volume->offset + HEADER_AT, r->block, 512, &damaged);
    if (status != ES_OK)
        return status < 0 ? status : ES_ABSENT;
    r->to->damaged |= damaged;
    if (!header_parse((es_bytes){ r->block, 512 }, &header) || header.type != RECORD_VOLUME)
        return ES_ABSENT;
    cursor = es_cursor_make((es_bytes){ r->block, 512 });
    es_cursor_seek(&cursor, 48);
    *ret_at = es_cursor_u64(&cursor);
    es_cursor_seek(&cursor, 64);
    volume_id = es_cursor_take(&cursor, 16);
    storage_id = es_cursor_take(&cursor, 16);
    r->to->elsewhere = memcmp(volume_id.data, storage_id.data, 16) != 0;
    return *ret_at ? ES_OK : ES_ABSENT;
}

es_status es_vss_catalogue_read(es_source *source, const es_volume *volume,
                                es_vss_catalogue *ret_catalogue)
{
    reading r = { .source = source, .volume = volume, .to = ret_catalogue };
    uint64_t at = 0;
    es_status status;

    memset(ret_catalogue, 0, sizeof *ret_catalogue);
    r.block = malloc(ES_VSS_BLOCK_SIZE);
    if (!r.block)
        return ES_NOMEM;
    status = find_catalogue(&r, &at);
    if (status == ES_OK) {
        status = follow(&r, at, RECORD_CATALOGUE, NULL, take_entries);
        if (status > 0) {
            ret_catalogue->broken = true;
            status = ES_OK;
        }
    }
    if (status == ES_OK)
        status = read_stores(&r);
    free(r.block);
    if (status != ES_OK)
        es_vss_catalogue_done(ret_catalogue);
    return status;
}

void es_vss_catalogue_done(es_vss_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->n_stores; i++)
        free(catalogue->stores[i].blocks);
    free(catalogue->stores);
    memset(catalogue, 0, sizeof *catalogue);
}
