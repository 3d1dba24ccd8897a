/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_log_entries.c: transaction logs of Windows 8.1 and later: a chain of `HvLE` entries.
 *
 * On a disk with NT 6.0 they mean that a newer Windows has had the hive open. An entry carries two
 * Marvin32 hashes, so an entry that passes them is whole even if it lies on sectors the image
 * calls bad. The chain goes on from one log to the other when the numbers do; it ends at the
 * first entry that does not fit, and what came before stands.
 */
#include "windows/hive_log_internal.h"
#include "windows/limits.h"

#include <esuscan/bytes.h>
#include <stdlib.h>

#define ENTRY_HEADER 40u
#define FLAG_PENDING 1u

typedef struct log_entry {
    uint32_t size, flags, sequence, bins_size, n_pages;
    uint64_t hash_1, hash_2;
} log_entry;

/* The mixing steps of Marvin32, as published in US patent 8,571,219 and in .NET's runtime. */
static void mix(uint32_t state[2], uint32_t value)
{
    uint32_t lo = state[0] + value, hi = state[1];

    hi ^= lo;
    lo = (lo << 20 | lo >> 12) + hi;
    hi = (hi << 9 | hi >> 23) ^ lo;
    lo = (lo << 27 | lo >> 5) + hi;
    hi = hi << 19 | hi >> 13;
    state[0] = lo;
    state[1] = hi;
}

uint64_t es_hive_log_hash(const uint8_t *data, uint64_t size)
{
    /* The published seed 82 EF 4D 88 7A 4E 55 C5 reads as one big-endian number, low half first. */
    uint32_t state[2] = { UINT32_C(0x7a4e55c5), UINT32_C(0x82ef4d88) };
    es_cursor cursor = es_cursor_make((es_bytes){ data, size });

    for (uint64_t i = 0; i < size / 4; i++)
        mix(state, es_cursor_u32(&cursor));
    mix(state, 0x80);
    mix(state, 0);
    return (uint64_t)state[1] << 32 | state[0];
}

/* Read the entry with this number whole, or ES_END when it does not lie there; ES_CORRUPT when it
 * does, or may, and is not whole. The buffer is the caller's. */
static es_status read_entry(const hive_log *log, uint64_t at, uint32_t expected,
                            log_entry *ret_entry, uint8_t **ret_data)
{
    uint8_t head[ENTRY_HEADER], *data;
    es_hive_ranges damage = { NULL, 0, 0 };
    es_cursor cursor = es_cursor_make((es_bytes){ head, sizeof head });
    log_entry entry;
    es_status status, none;

    status = es_hive_input_read(log->input, at, head, sizeof head, &damage);
    none = damage.n ? ES_CORRUPT : ES_END;
    es_hive_ranges_done(&damage);
    if (status != ES_OK)
        return status < 0 ? status : ES_END;
    if (es_cursor_u32(&cursor) != UINT32_C(0x454c7648)) /* HvLE */
        return none;
    entry.size = es_cursor_u32(&cursor);
    entry.flags = es_cursor_u32(&cursor);
    entry.sequence = es_cursor_u32(&cursor);
    entry.bins_size = es_cursor_u32(&cursor);
    entry.n_pages = es_cursor_u32(&cursor);
    entry.hash_1 = es_cursor_u64(&cursor);
    entry.hash_2 = es_cursor_u64(&cursor);
    if (es_hive_log_hash(head, 32) != entry.hash_2)
        return none;
    if (entry.sequence != expected)
        return ES_END;
    if (entry.size < 512 || entry.size % 512 || entry.size > ES_HIVE_LOG_ENTRY_MAX ||
        entry.size > log->input->size - at)
        return ES_CORRUPT;
    data = malloc(entry.size);
    if (!data)
        return ES_NOMEM;
    status = es_hive_input_read(log->input, at, data, entry.size, &damage);
    es_hive_ranges_done(&damage);
    if (status != ES_OK ||
        es_hive_log_hash(data + ENTRY_HEADER, entry.size - ENTRY_HEADER) != entry.hash_1) {
        free(data);
        return status < 0 ? status : ES_CORRUPT;
    }
    *ret_entry = entry;
    *ret_data = data;
    return ES_OK;
}

/* The one gate of an entry: sizes that agree, pages that lie inside entry and hive. */
static bool entry_good(const log_entry *entry, const uint8_t *data)
{
    es_cursor cursor = es_cursor_make((es_bytes){ data, entry->size });
    uint64_t left;

    if (entry->bins_size == 0 || entry->bins_size % ES_HIVE_BINS_AT || entry->n_pages == 0 ||
        entry->bins_size > ES_HIVE_SIZE_MAX - ES_HIVE_BINS_AT ||
        entry->n_pages > (entry->size - ENTRY_HEADER) / 8)
        return false;
    left = entry->size - ENTRY_HEADER - (uint64_t)entry->n_pages * 8;
    es_cursor_skip(&cursor, ENTRY_HEADER);
    for (uint32_t i = 0; i < entry->n_pages; i++) {
        uint32_t offset = es_cursor_u32(&cursor), size = es_cursor_u32(&cursor);

        if (size == 0 || size > left || offset > entry->bins_size ||
            size > entry->bins_size - offset)
            return false;
        left -= size;
    }
    return true;
}

static es_status apply_entry(replay *r, const hive_log *log, uint64_t at, const log_entry *entry,
                             const uint8_t *data)
{
    es_cursor cursor = es_cursor_make((es_bytes){ data, entry->size });
    uint64_t page_at = ENTRY_HEADER + (uint64_t)entry->n_pages * 8;
    es_status status = es_hive_image_grow(r->image, ES_HIVE_BINS_AT + entry->bins_size);

    es_cursor_skip(&cursor, ENTRY_HEADER);
    for (uint32_t i = 0; i < entry->n_pages && status == ES_OK; i++) {
        uint32_t offset = es_cursor_u32(&cursor), size = es_cursor_u32(&cursor);

        status = es_hive_log_apply(r, log, ES_HIVE_BINS_AT + offset, at + page_at, data + page_at,
                                   size);
        page_at += size;
    }
    return status;
}

static es_status set_flags(replay *r, uint32_t entry_flags)
{
    es_hive_header header = es_hive_header_read(es_hive_image_bytes(r->image));

    return es_hive_image_write_u32(r->image, ES_HIVE_AT_FLAGS,
                                   (header.flags & ~FLAG_PENDING) | (entry_flags & FLAG_PENDING));
}

/* Apply a log's chain from its first entry on. `*ret_last` is the last number applied. */
static es_status apply_log(replay *r, hive_log *log, uint32_t *ret_last, uint32_t *n_entries)
{
    uint32_t expected = log->header.sequence_primary;
    uint64_t at = ES_HIVE_HEADER_SIZE;
    es_status status = ES_OK;

    log->why = "has no entry that fits";
    while (at < log->input->size && (*n_entries)++ < ES_HIVE_LOG_ENTRIES_MAX) {
        log_entry entry;
        uint8_t *data;

        status = read_entry(log, at, expected, &entry, &data);
        log->lost = status == ES_CORRUPT;
        if (status != ES_OK)
            break;
        if (!entry_good(&entry, data)) {
            log->lost = true;
            free(data);
            break;
        }
        if (r->torn && !r->state->log_used[0] && !r->state->log_used[1])
            status = es_hive_log_take_header(r, log);
        if (status == ES_OK)
            status = apply_entry(r, log, at, &entry, data);
        free(data);
        if (status == ES_OK)
            status = set_flags(r, entry.flags);
        if (status == ES_OK)
            status = es_hive_log_finish_header(r, entry.sequence, log->header.root,
                                               entry.bins_size);
        if (status != ES_OK)
            return status;
        r->state->log_used[log->index] = true;
        log->why = NULL;
        *ret_last = expected++;
        at += entry.size;
    }
    return status < 0 ? status : ES_OK;
}

static es_status replay_both(replay *r, hive_log *first, hive_log *second)
{
    uint32_t last = 0, n_entries = 0;
    es_status status = apply_log(r, first, &last, &n_entries);

    if (status != ES_OK || !second)
        return status;
    if (first->why || second->header.sequence_primary == last + 1)
        return apply_log(r, second, &last, &n_entries);
    second->lost = second->header.sequence_primary > last;
    second->why = second->lost ? "does not follow" : "is older";
    return ES_OK;
}

/* Windows recovers a torn primary from the log with the latest entries alone. Where the other log
 * leads up to it without a gap both are applied: what the primary holds can only be older than the
 * chain's end, and the pages of the first log may be just those whose writing was cut off. */
static es_status replay_torn(replay *r, hive_log *first, hive_log *second)
{
    const es_hive_state raw = *r->state;
    uint32_t last = 0, n_entries = 0;
    es_status status = replay_both(r, first, second);

    if (status != ES_OK || !second || !second->why || first->why)
        return status;
    status = es_hive_image_undo(r->image);
    if (status != ES_OK)
        return status;
    es_hive_patch_list_done(r->patches);
    *r->state = raw;
    status = apply_log(r, second, &last, &n_entries);
    if (status == ES_OK && second->why)
        status = apply_log(r, first, &last, &n_entries);
    else {
        first->why = "is older";
        first->lost = false;
    }
    return status;
}

es_status es_hive_log_replay_entries(replay *r)
{
    hive_log *order[2] = { NULL, NULL };
    es_hive_state *state = r->state;
    es_status status;
    size_t n = 0;

    for (size_t i = 0; i < 2; i++) {
        hive_log *log = &r->logs[i];

        if (log->kind != ES_HIVE_LOG_HVLE)
            continue;
        if (!r->torn && log->header.sequence_primary < r->header.sequence_secondary)
            log->why = "is older than the hive";
        else
            order[n++] = log;
    }
    if (n == 0)
        return ES_ABSENT;
    if (n == 2 && order[1]->header.sequence_primary < order[0]->header.sequence_primary) {
        order[0] = &r->logs[1];
        order[1] = &r->logs[0];
    }
    status = r->torn ? replay_torn(r, order[0], order[1]) : replay_both(r, order[0], order[1]);
    if (status != ES_OK)
        return status;
    if (!state->log_used[0] && !state->log_used[1])
        return ES_ABSENT;
    state->log_kind = ES_HIVE_LOG_HVLE;
    if (state->state != ES_HIVE_REPAIRED)
        state->state = ES_HIVE_REPLAYED;
    return ES_OK;
}
