/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_keys.c: the tree of keys: see hive.h.
 *
 * A key is taken for a sub-key only if its own parent field says so and it is not the root. Every
 * key then has one parent, and a list names it once: whatever a hive's lists claim, the tree walked
 * here has no loop and no key twice.
 *
 * Where hivex gives up a whole list for one broken entry, the list is read here entry by entry.
 * What was left out makes the answer incomplete, and "not found" then means unreadable, not absent.
 * So it does where a bad range holds the key, or the name of one below it.
 */
#include "windows/hive_internal.h"

#include <errno.h>
#include <stdlib.h>

#define NK_FLAGS 6u
#define NK_TIME 8u
#define NK_PARENT 0x14u
#define NK_N_CHILDREN 0x18u
#define NK_CHILDREN 0x20u
#define NK_NAME_LENGTH 0x4cu
#define NK_COMPRESSED 0x20u

typedef struct key_list {
    es_hive_key *keys;
    size_t n, room;
    bool complete;
    uint32_t steps;
} key_list;

es_status es_hive_step(es_hive *hive, uint64_t n)
{
    if (n > ES_HIVE_STEPS_MAX - hive->steps)
        return ES_LIMIT;
    hive->steps += n;
    return ES_OK;
}

es_status es_hive_cell(const es_hive *hive, uint64_t at, es_bytes *ret_cell)
{
    es_bytes bytes = es_hive_image_bytes(hive->image);
    int64_t length;

    if (at % 4 || at < ES_HIVE_BINS_AT + 32 || at > bytes.size || bytes.size - at < 8)
        return ES_CORRUPT;
    length = -(int64_t)(int32_t)es_hive_u32(bytes, at);
    if (length < 8 || (uint64_t)length > bytes.size - at)
        return ES_CORRUPT;
    ret_cell->data = bytes.data + at;
    ret_cell->size = (uint64_t)length;
    return ES_OK;
}

es_status es_hive_key_cell(const es_hive *hive, es_hive_key key, es_bytes *ret_cell)
{
    es_bytes cell;

    errno = 0;
    if (hivex_node_nr_children(hive->handle, (hive_node_h)key) == 0 && errno != 0)
        return ES_CORRUPT; /* not a cell in use, or not an nk */
    if (es_hive_cell(hive, key, &cell) != ES_OK || cell.size < ES_HIVE_NK_NAME)
        return ES_CORRUPT;
    *ret_cell = cell;
    return ES_OK;
}

static es_status key_name(const es_hive *hive, es_hive_key key, es_hive_name *ret_name)
{
    es_bytes cell;
    uint64_t length;
    es_status status = es_hive_key_cell(hive, key, &cell);

    if (status != ES_OK)
        return status;
    length = es_hive_u16(cell, NK_NAME_LENGTH);
    if (length > cell.size - ES_HIVE_NK_NAME)
        return ES_CORRUPT;
    ret_name->bytes = (es_bytes){ cell.data + ES_HIVE_NK_NAME, length };
    ret_name->compressed = es_hive_u16(cell, NK_FLAGS) & NK_COMPRESSED;
    return ES_OK;
}

/* ---- lists ---- */

static es_status list_push(key_list *list, es_hive_key key)
{
    es_hive_key *keys;
    size_t room;

    if (list->n >= ES_HIVE_CHILDREN_MAX) {
        list->complete = false;
        return ES_OK;
    }
    if (list->n == list->room) {
        room = list->room ? list->room * 2 : 32;
        keys = realloc(list->keys, room * sizeof *keys);
        if (!keys)
            return ES_NOMEM;
        list->keys = keys;
        list->room = room;
    }
    list->keys[list->n++] = key;
    return ES_OK;
}

/* A list cell and those below it, entry by entry. */
static es_status read_list(const es_hive *hive, uint64_t at, unsigned depth, key_list *list)
{
    es_bytes cell;
    uint64_t n, step;
    bool index_root;

    if (depth > ES_HIVE_INDEX_DEPTH_MAX || es_hive_cell(hive, at, &cell) != ES_OK) {
        list->complete = false;
        return ES_OK;
    }
    index_root = memcmp(cell.data + 4, "ri", 2) == 0;
    if (!index_root && (cell.data[4] != 'l' || !strchr("fhi", cell.data[5]) || !cell.data[5])) {
        list->complete = false;
        return ES_OK;
    }
    step = index_root || cell.data[5] == 'i' ? 4 : 8;
    n = es_hive_u16(cell, 6);
    if (n > (cell.size - 8) / step) {
        n = (cell.size - 8) / step;
        list->complete = false;
    }
    for (uint64_t i = 0; i < n; i++) {
        uint64_t entry = ES_HIVE_BINS_AT + es_hive_u32(cell, 8 + i * step);
        es_status status;

        if (++list->steps > 2 * ES_HIVE_CHILDREN_MAX) {
            list->complete = false;
            return ES_OK;
        }
        status = index_root ? read_list(hive, entry, depth + 1, list) : list_push(list, entry);
        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}

static es_status list_by_hand(const es_hive *hive, es_bytes cell, key_list *list)
{
    list->complete = false;
    if (es_hive_u32(cell, NK_N_CHILDREN) == 0)
        return ES_OK;
    return read_list(hive, ES_HIVE_BINS_AT + es_hive_u32(cell, NK_CHILDREN), 0, list);
}

static es_status list_by_hivex(const es_hive *hive, es_hive_key key, key_list *list)
{
    es_status status = ES_OK;
    hive_node_h *nodes;

    errno = 0;
    nodes = hivex_node_children(hive->handle, (hive_node_h)key);
    if (!nodes)
        return errno == ENOMEM ? ES_NOMEM : ES_CORRUPT;
    for (size_t i = 0; nodes[i] != 0 && status == ES_OK; i++)
        status = list_push(list, nodes[i]);
    free(nodes);
    return status;
}

static int compare_keys(const void *a, const void *b)
{
    es_hive_key x = *(const es_hive_key *)a, y = *(const es_hive_key *)b;

    return (x > y) - (x < y);
}

/* Whether some key is listed twice. */
static es_status find_twins(const key_list *list, bool *ret_twins)
{
    es_hive_key *sorted;

    *ret_twins = false;
    if (list->n < 2)
        return ES_OK;
    sorted = malloc(list->n * sizeof *sorted);
    if (!sorted)
        return ES_NOMEM;
    memcpy(sorted, list->keys, list->n * sizeof *sorted);
    qsort(sorted, list->n, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < list->n; i++)
        *ret_twins = *ret_twins || sorted[i] == sorted[i - 1];
    free(sorted);
    return ES_OK;
}

/* Keep the first of each key; quadratic only in hives that lie. */
static void drop_twins(key_list *list)
{
    size_t kept = 0;

    list->complete = false;
    if (list->n > 4096)
        list->n = 4096;
    for (size_t i = 0; i < list->n; i++) {
        size_t j = 0;

        while (j < kept && list->keys[j] != list->keys[i])
            j++;
        if (j == kept)
            list->keys[kept++] = list->keys[i];
    }
    list->n = kept;
}

/* Keep what is a key and a child of this one. */
static void keep_children(const es_hive *hive, es_hive_key key, key_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->n; i++) {
        es_bytes cell;

        if (list->keys[i] != hive->root && es_hive_key_cell(hive, list->keys[i], &cell) == ES_OK &&
            ES_HIVE_BINS_AT + es_hive_u32(cell, NK_PARENT) == key)
            list->keys[kept++] = list->keys[i];
        else
            list->complete = false;
    }
    list->n = kept;
}

static es_status list_children(es_hive *hive, es_hive_key key, key_list *list)
{
    es_bytes cell;
    bool twins;
    es_status status = es_hive_key_cell(hive, key, &cell);

    if (status != ES_OK)
        return status;
    list->complete = true;
    status = list_by_hivex(hive, key, list);
    if (status == ES_CORRUPT)
        status = list_by_hand(hive, cell, list);
    if (status != ES_OK)
        return status;
    keep_children(hive, key, list);
    status = find_twins(list, &twins);
    if (status == ES_OK && twins)
        drop_twins(list);
    return status == ES_OK ? es_hive_step(hive, list->n + 1) : status;
}

/* ---- looking up ---- */

/* A name on a bad range may be any name. */
static bool name_unsure(const es_hive *hive, es_hive_key key, es_hive_name name)
{
    return es_hive_range_damaged(hive, key + ES_HIVE_NK_NAME, name.bytes.size);
}

void es_hive_index_done(es_hive_index *index)
{
    free(index->children);
    free(index->hashes);
    free(index->slots);
    *index = (es_hive_index){ 0 };
}

/* Takes the list's keys over. */
static es_status index_make(const es_hive *hive, es_hive_key key, key_list *list,
                            es_hive_index *ret_index)
{
    es_hive_index index = { .key = key, .n = list->n, .complete = list->complete };
    size_t n_slots = 64;

    while (n_slots < list->n * 2)
        n_slots *= 2;
    index.mask = (uint32_t)n_slots - 1;
    index.hashes = calloc(list->n, sizeof *index.hashes);
    index.slots = calloc(n_slots, sizeof *index.slots);
    if (!index.hashes || !index.slots) {
        es_hive_index_done(&index);
        return ES_NOMEM;
    }
    index.children = list->keys;
    list->keys = NULL;
    for (size_t i = 0; i < index.n; i++) {
        es_hive_name name;
        uint32_t slot;

        if (key_name(hive, index.children[i], &name) != ES_OK) {
            index.complete = false;
            continue;
        }
        index.complete = index.complete && !name_unsure(hive, index.children[i], name);
        index.hashes[i] = es_hive_name_hash(name);
        slot = index.hashes[i] & index.mask;
        while (index.slots[slot])
            slot = (slot + 1) & index.mask;
        index.slots[slot] = (uint32_t)i + 1;
    }
    *ret_index = index;
    return ES_OK;
}

static es_status index_find(const es_hive *hive, const es_hive_index *index,
                            const es_hive_wanted *wanted, es_hive_key *ret_key)
{
    for (uint32_t slot = wanted->hash & index->mask; index->slots[slot];
         slot = (slot + 1) & index->mask) {
        size_t i = index->slots[slot] - 1;
        es_hive_name name;

        if (index->hashes[i] != wanted->hash ||
            key_name(hive, index->children[i], &name) != ES_OK || !es_hive_name_is(name, wanted))
            continue;
        *ret_key = index->children[i];
        return ES_OK;
    }
    return index->complete ? ES_ABSENT : ES_CORRUPT;
}

static es_status list_find(const es_hive *hive, const key_list *list, const es_hive_wanted *wanted,
                           es_hive_key *ret_key)
{
    bool complete = list->complete;

    for (size_t i = 0; i < list->n; i++) {
        es_hive_name name;

        if (key_name(hive, list->keys[i], &name) != ES_OK) {
            complete = false;
        } else if (es_hive_name_is(name, wanted)) {
            *ret_key = list->keys[i];
            return ES_OK;
        } else if (name_unsure(hive, list->keys[i], name)) {
            complete = false;
        }
    }
    return complete ? ES_ABSENT : ES_CORRUPT;
}

static es_status find_child(es_hive *hive, es_hive_key key, const es_hive_wanted *wanted,
                            es_hive_key *ret_key)
{
    key_list list = { NULL, 0, 0, true, 0 };
    es_hive_index index;
    es_status status;

    for (size_t i = 0; i < ES_HIVE_INDEXES; i++) {
        if (hive->indexes[i].key == key)
            return index_find(hive, &hive->indexes[i], wanted, ret_key);
    }
    status = list_children(hive, key, &list);
    list.complete = list.complete && !es_hive_key_damaged(hive, key);
    if (status == ES_OK && list.n < ES_HIVE_INDEX_FROM) {
        status = list_find(hive, &list, wanted, ret_key);
    } else if (status == ES_OK) {
        status = index_make(hive, key, &list, &index);
        if (status == ES_OK) {
            es_hive_index_done(&hive->indexes[hive->next_index]);
            hive->indexes[hive->next_index] = index;
            hive->next_index = (hive->next_index + 1) % ES_HIVE_INDEXES;
            status = index_find(hive, &index, wanted, ret_key);
        }
    }
    free(list.keys);
    return status;
}

/* ---- the public face ---- */

es_status es_hive_root(es_hive *hive, es_hive_key *ret_key)
{
    *ret_key = hive->root;
    return ES_OK;
}

es_status es_hive_find(es_hive *hive, es_hive_key from, const char *path, es_hive_key *ret_key)
{
    es_hive_key key = from;
    unsigned depth = 0;

    while (*path) {
        size_t n = strcspn(path, "\\");
        es_hive_wanted wanted;
        es_status status;

        if (n > 0) {
            if (++depth > ES_HIVE_DEPTH_MAX)
                return ES_LIMIT;
            status = es_hive_wanted_make((es_text){ path, n }, &wanted);
            if (status != ES_OK) /* not UTF-8: no key can have that name */
                return status == ES_BUG ? ES_ABSENT : status;
            status = find_child(hive, key, &wanted, &key);
            es_hive_wanted_done(&wanted);
            if (status != ES_OK)
                return status;
        }
        path += n + (path[n] == '\\');
    }
    *ret_key = key;
    return ES_OK;
}

es_status es_hive_children_readable(es_hive *hive, es_hive_key key, es_hive_key **ret_keys,
                                    size_t *ret_n, bool *ret_complete)
{
    key_list list = { NULL, 0, 0, true, 0 };
    es_status status = list_children(hive, key, &list);

    if (status == ES_OK && !list.keys) {
        list.keys = malloc(sizeof *list.keys);
        status = list.keys ? ES_OK : ES_NOMEM;
    }
    if (status != ES_OK) {
        free(list.keys);
        return status;
    }
    *ret_keys = list.keys;
    *ret_n = list.n;
    *ret_complete = list.complete;
    return ES_OK;
}

es_status es_hive_children(es_hive *hive, es_hive_key key, es_hive_key **ret_keys, size_t *ret_n)
{
    es_hive_key *keys;
    bool complete;
    size_t n;
    es_status status = es_hive_children_readable(hive, key, &keys, &n, &complete);

    if (status == ES_OK && !complete) {
        free(keys);
        return ES_CORRUPT;
    }
    if (status == ES_OK) {
        *ret_keys = keys;
        *ret_n = n;
    }
    return status;
}

es_status es_hive_key_name(es_hive *hive, es_hive_key key, char **ret_name)
{
    es_hive_name name;
    es_status status = key_name(hive, key, &name);

    return status == ES_OK ? es_hive_name_utf8(name, ret_name) : status;
}

es_status es_hive_key_written(es_hive *hive, es_hive_key key, es_time *ret_time)
{
    es_time time = { 0, ES_TIME_NONE, 0 };
    es_bytes cell;
    es_status status = es_hive_key_cell(hive, key, &cell);
    uint64_t ticks;

    if (status != ES_OK)
        return status;
    ticks = es_hive_u32(cell, NK_TIME) | (uint64_t)es_hive_u32(cell, NK_TIME + 4) << 32;
    if (ticks > 0 && ticks <= INT64_MAX) {
        time.ticks = (int64_t)ticks;
        time.precision = ES_TIME_TICK;
    }
    *ret_time = time;
    return ES_OK;
}

bool es_hive_key_damaged(es_hive *hive, es_hive_key key)
{
    es_bytes cell;

    return es_hive_key_cell(hive, key, &cell) == ES_OK &&
           es_hive_range_damaged(hive, key, cell.size);
}
