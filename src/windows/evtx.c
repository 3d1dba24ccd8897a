/* SPDX-License-Identifier: Apache-2.0
 *
 * evtx.c: see evtx.h. The file, its chunks, and the chain of records in each.
 *
 * The header's count of chunks is not trusted: in a log that was open when the disk was taken it is
 * behind. Every 64 KiB slot that begins as a chunk is one; a slot that does not, and is not empty,
 * is a chunk whose header was lost, and is looked through for records. So is what stands behind a
 * break of a chain. A chunk's checksums are compared and a difference counted, but its records are
 * read either way: each is checked by its own structure.
 */
#include "windows/evtx_inside.h"

#include "base/time.h"

#include <libdeflate.h>
#include <stdlib.h>

#define FILE_HEADER 4096u
#define CHUNK_HEADER 512u
#define RECORD_HEADER 24u
#define RECORD_MIN 28u

struct es_evtx {
    es_evtx_input input;
    es_evtx_loss loss;
    uint8_t wanted[65536 / 8];
    bool filtered;
    es_evtx_watch watch;
    es_evtx_chunk now;   /* of the chunk at hand */
    uint64_t next_chunk; /* number of the slot that is read next */
    uint64_t n_slots;
    /* the chunk at hand */
    uint64_t chunk_at;
    bool have, damaged, recovering;
    uint64_t *counted;   /* as what its damage counts */
    uint64_t at, end;    /* in the chunk */
    uint32_t steps;      /* that its records took so far */
    uint8_t *chunk;
    es_evtx_record record;
};

static bool begins(es_bytes bytes, const char *magic)
{
    return bytes.size >= 8 && !memcmp(bytes.data, magic, 8);
}

static uint32_t u32_at(es_bytes bytes, uint64_t at)
{
    es_cursor cursor = es_cursor_make(bytes);

    es_cursor_seek(&cursor, at);
    return es_cursor_u32(&cursor);
}

/* ------------------------------------------------------------------ the file */

static es_status read_header(es_evtx *evtx, bool *ret_old)
{
    uint8_t bytes[128] = { 0 };
    es_bytes header = { bytes, sizeof bytes };
    bool damaged = false;
    es_status status;

    if (evtx->input.size < sizeof bytes)
        return ES_CORRUPT;
    status = evtx->input.read(evtx->input.context, 0, bytes, sizeof bytes, &damaged);
    if (status < 0)
        return status;
    if (!memcmp(bytes + 4, "LfLe", 4)) {
        *ret_old = true;
        return ES_UNSUPPORTED;
    }
    /* Flag 4: written without checksums. */
    evtx->loss.header = !begins(header, "ElfFile") ||
                        (!(u32_at(header, 120) & 4) &&
                         u32_at(header, 124) != libdeflate_crc32(0, bytes, 120));
    if (begins(header, "ElfFile") && u32_at(header, 36) >> 16 != 3)
        return ES_UNSUPPORTED;
    evtx->loss.open = !evtx->loss.header && (u32_at(header, 120) & 1);
    return ES_OK;
}

/* A file whose header is gone is a log if a chunk stands where the first one does. */
static es_status find_chunks(es_evtx *evtx)
{
    uint8_t magic[8] = { 0 };
    bool damaged = false;
    es_status status = ES_OK;

    if (evtx->input.size > FILE_HEADER) {
        evtx->n_slots = (evtx->input.size - FILE_HEADER) / ES_EVTX_CHUNK;
        evtx->loss.cut = (evtx->input.size - FILE_HEADER) % ES_EVTX_CHUNK != 0;
    }
    if (evtx->n_slots > ES_EVTX_CHUNKS_MAX) {
        evtx->n_slots = ES_EVTX_CHUNKS_MAX;
        evtx->loss.cut = true;
    }
    if (!evtx->loss.header)
        return ES_OK;
    if (evtx->n_slots)
        status = evtx->input.read(evtx->input.context, FILE_HEADER, magic, sizeof magic, &damaged);
    return status < 0 ? status : memcmp(magic, "ElfChnk", 8) ? ES_CORRUPT : ES_OK;
}

es_status es_evtx_open(const es_evtx_input *input, es_evtx **ret_evtx, bool *ret_old)
{
    es_evtx *evtx = calloc(1, sizeof *evtx);
    es_status status = ES_NOMEM;

    *ret_old = false;
    if (evtx) {
        evtx->input = *input;
        evtx->chunk = malloc(ES_EVTX_CHUNK);
        evtx->record.scratch.data = malloc(ES_EVTX_TEXT_MAX);
        if (evtx->chunk && evtx->record.scratch.data)
            status = read_header(evtx, ret_old);
    }
    if (status == ES_OK)
        status = find_chunks(evtx);
    if (status != ES_OK)
        es_evtx_free(evtx);
    else
        *ret_evtx = evtx;
    return status;
}

es_evtx *es_evtx_free(es_evtx *evtx)
{
    if (!evtx)
        return NULL;
    free(evtx->record.scratch.data);
    free(evtx->chunk);
    free(evtx);
    return NULL;
}

void es_evtx_only(es_evtx *evtx, const uint16_t *ids, uint32_t n_ids)
{
    memset(evtx->wanted, 0, sizeof evtx->wanted);
    evtx->filtered = true;
    for (uint32_t i = 0; i < n_ids; i++)
        evtx->wanted[ids[i] / 8] |= (uint8_t)(1u << ids[i] % 8);
}

uint64_t es_evtx_watched(es_evtx *evtx, const es_evtx_watch *watch)
{
    evtx->watch = *watch;
    return evtx->n_slots;
}

const es_evtx_loss *es_evtx_get_loss(const es_evtx *evtx)
{
    return &evtx->loss;
}

/* ------------------------------------------------------------------ a chunk */

static void lose(es_evtx *evtx, uint64_t *counter)
{
    /* broken is worse than a checksum that does not fit, and comes out later */
    if (evtx->counted == &evtx->loss.n_checksums && counter != evtx->counted) {
        --*evtx->counted;
        ++*counter;
        evtx->counted = counter;
    }
    if (evtx->counted)
        return;
    evtx->counted = counter;
    if (!evtx->loss.n_broken && !evtx->loss.n_checksums && !evtx->loss.n_damaged)
        evtx->loss.first_at = evtx->chunk_at;
    ++*counter;
}

static es_bytes bytes_of(const es_evtx *evtx)
{
    es_bytes bytes = { evtx->chunk, ES_EVTX_CHUNK };

    return bytes;
}

static bool is_empty(const es_evtx *evtx)
{
    for (size_t i = 0; i < ES_EVTX_CHUNK; i++)
        if (evtx->chunk[i])
            return false;
    return true;
}

/* Flag 4 of a chunk: it was written without checksums. */
static bool checksums_fit(const es_evtx *evtx)
{
    es_bytes bytes = bytes_of(evtx);
    uint32_t header;

    if (u32_at(bytes, 120) & 4)
        return true;
    header = libdeflate_crc32(0, evtx->chunk, 120);
    header = libdeflate_crc32(header, evtx->chunk + 128, CHUNK_HEADER - 128);
    return header == u32_at(bytes, 124) &&
           u32_at(bytes, 52) == libdeflate_crc32(0, evtx->chunk + CHUNK_HEADER,
                                                 (size_t)(evtx->end - CHUNK_HEADER));
}

static void enter_chunk(es_evtx *evtx)
{
    es_bytes bytes = bytes_of(evtx);
    uint32_t free_at = u32_at(bytes, 48);

    evtx->loss.n_chunks++;
    evtx->have = true;
    evtx->counted = NULL;
    evtx->recovering = false;
    evtx->steps = 0;
    evtx->at = CHUNK_HEADER;
    evtx->end = ES_EVTX_CHUNK;
    if (evtx->damaged)
        lose(evtx, &evtx->loss.n_damaged);
    if (!begins(bytes, "ElfChnk") || free_at < CHUNK_HEADER || free_at > ES_EVTX_CHUNK) {
        lose(evtx, &evtx->loss.n_broken);
        evtx->recovering = true;
        return;
    }
    evtx->end = free_at;
    if (!checksums_fit(evtx))
        lose(evtx, &evtx->loss.n_checksums);
}

static void widen(es_evtx_span *span, const es_evtx_span *by)
{
    if (!by->n_records)
        return;
    if (!span->n_records || by->lowest < span->lowest)
        span->lowest = by->lowest;
    if (!span->n_records || by->highest > span->highest)
        span->highest = by->highest;
    span->n_records += by->n_records;
    if (!es_time_known(by->earliest))
        return;
    if (!es_time_known(span->earliest) || by->earliest.ticks < span->earliest.ticks)
        span->earliest = by->earliest;
    if (!es_time_known(span->latest) || by->latest.ticks > span->latest.ticks)
        span->latest = by->latest;
}

static void leave_chunk(es_evtx *evtx)
{
    if (evtx->have && evtx->watch.behind) {
        evtx->now.sound = !evtx->counted;
        evtx->watch.behind(evtx->watch.context, evtx->next_chunk - 1, &evtx->now);
    }
    evtx->have = false;
}

/* ES_OK: the chunk is known, and counted. */
static es_status pass_chunk(es_evtx *evtx)
{
    es_evtx_chunk known = { .sound = false };
    es_status status = ES_ABSENT;

    if (evtx->watch.ahead)
        status = evtx->watch.ahead(evtx->watch.context, evtx->next_chunk, evtx->chunk_at, &known);
    if (status != ES_OK)
        return status;
    evtx->loss.n_chunks += !known.empty;
    widen(&evtx->loss.read, &known.span);
    evtx->next_chunk++;
    return ES_OK;
}

/* Read the next chunk that holds something. */
static es_status next_chunk(es_evtx *evtx)
{
    leave_chunk(evtx);
    while (evtx->next_chunk < evtx->n_slots) {
        es_status status;

        evtx->chunk_at = FILE_HEADER + evtx->next_chunk * ES_EVTX_CHUNK;
        status = pass_chunk(evtx);
        if (status == ES_OK)
            continue;
        if (status != ES_ABSENT)
            return status;
        evtx->next_chunk++;
        evtx->damaged = false;
        status = evtx->input.read(evtx->input.context, evtx->chunk_at, evtx->chunk, ES_EVTX_CHUNK,
                                  &evtx->damaged);
        if (status < 0)
            return status;
        evtx->damaged |= status != ES_OK;
        if (status != ES_OK)
            memset(evtx->chunk, 0, ES_EVTX_CHUNK);
        evtx->now = (es_evtx_chunk){ .empty = !evtx->damaged && is_empty(evtx) };
        if (!evtx->now.empty) {
            enter_chunk(evtx);
            return ES_OK;
        }
        evtx->counted = NULL;
        evtx->have = true; /* to be left */
        leave_chunk(evtx);
    }
    return ES_END;
}

/* ------------------------------------------------------------------ records */

/* The size of the record at `at`, 0 if none stands there. */
static uint32_t record_size(const es_evtx *evtx)
{
    es_bytes bytes = bytes_of(evtx);
    uint64_t left = evtx->end - evtx->at;
    uint32_t size;

    if (left < RECORD_MIN || u32_at(bytes, evtx->at) != 0x2a2a)
        return 0;
    size = u32_at(bytes, evtx->at + 4);
    if (size < RECORD_MIN || size > left || size % 4 ||
        u32_at(bytes, evtx->at + size - 4) != size)
        return 0;
    return size;
}

static es_status read_record(es_evtx *evtx, uint32_t size)
{
    es_evtx_record *record = &evtx->record;
    es_cursor header = es_cursor_make(bytes_of(evtx));
    es_status status;

    if (evtx->steps > ES_EVTX_CHUNK_STEPS_MAX)
        return ES_LIMIT;
    memset(&record->event, 0, sizeof record->event);
    record->chunk = bytes_of(evtx);
    record->scratch.used = 0;
    record->scratch.full = false;
    record->steps = 0;
    record->has_id = record->unwanted = false;
    record->wanted = evtx->filtered ? evtx->wanted : NULL;
    es_cursor_seek(&header, evtx->at + 8);
    record->event.offset = evtx->chunk_at + evtx->at;
    record->event.length = size;
    record->event.record = es_cursor_u64(&header);
    record->event.written = es_time_from_filetime(es_cursor_u64(&header));
    record->event.damaged = evtx->damaged;
    record->event.recovered = evtx->recovering;
    status = es_evtx_walk(record, evtx->at + RECORD_HEADER, evtx->at + size - 4);
    evtx->steps += record->steps + record->scratch.used / 8;
    return status;
}

static void count(es_evtx *evtx)
{
    const es_evtx_event *event = &evtx->record.event;
    es_evtx_span one = { 1, event->record, event->record, event->written, event->written };

    widen(&evtx->loss.read, &one);
    widen(&evtx->now.span, &one);
}

/* One step in the chunk at hand. ES_ABSENT: nothing came of it. */
static es_status step(es_evtx *evtx)
{
    uint32_t size = record_size(evtx);
    es_status status;

    if (!size) {
        if (!evtx->recovering && evtx->end - evtx->at >= RECORD_MIN)
            lose(evtx, &evtx->loss.n_broken);
        evtx->recovering = true;
        evtx->at += 4;
        return ES_ABSENT;
    }
    status = read_record(evtx, size);
    if (status > 0) {
        evtx->loss.n_records_lost++;
        lose(evtx, &evtx->loss.n_broken);
        status = ES_ABSENT;
    } else if (status == ES_OK) {
        count(evtx);
        if (evtx->record.unwanted)
            status = ES_ABSENT;
    }
    evtx->at += size;
    return status;
}

es_status es_evtx_next(es_evtx *evtx, es_evtx_event *ret_event)
{
    for (;;) {
        es_status status = ES_ABSENT;

        if (!evtx->have || evtx->at >= evtx->end) {
            status = next_chunk(evtx);
            if (status != ES_OK)
                return status;
        }
        status = step(evtx);
        if (status == ES_OK)
            *ret_event = evtx->record.event;
        if (status != ES_ABSENT)
            return status;
    }
}
