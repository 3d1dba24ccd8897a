/* SPDX-License-Identifier: Apache-2.0
 *
 * store_records.c: a ledger as the frames it came in (ledger/wire), and a run as a few strings;
 * and both back again.
 *
 * Plugins' declarations are the same for every image, and larger than what some images give: they
 * are kept apart, once each. The frames of an image are everything else.
 */
#include "base/time.h"
#include "ledger/wire.h"
#include "report/show.h"
#include "report/store_inside.h"

#include <esuscan/bytes.h>
#include <stdlib.h>

#define ABSENT UINT32_C(0xffffffff)
#define STRINGS_MAX 65536u
#define RUN_MAX (UINT64_C(64) << 20)
#define SCRATCH_MAX (UINT64_C(1) << 30)
#define SCRATCH_RENEW (UINT64_C(1) << 20)

/* ---- the ledger ---- */

#define PUT_EACH(getter, type, kind_, member)                                                      \
    do {                                                                                           \
        const type *items = NULL;                                                                  \
        size_t n = getter(ledger, &items);                                                         \
                                                                                                   \
        for (size_t i = 0; status == ES_OK && i < n; i++) {                                        \
            es_record record = { .kind = kind_ };                                                  \
                                                                                                   \
            record.member = items[i];                                                              \
            status = es_wire_encode(&record, buffer);                                              \
        }                                                                                          \
    } while (0)

static es_status encode_single(const es_ledger *ledger, es_buffer *buffer)
{
    es_record record = { .kind = ES_RECORD_IMAGE };
    es_status status = ES_OK;

    if (es_ledger_image(ledger)) {
        record.image = *es_ledger_image(ledger);
        status = es_wire_encode(&record, buffer);
    }
    if (status == ES_OK && es_ledger_digest(ledger)) {
        record.kind = ES_RECORD_DIGEST;
        record.digest = *es_ledger_digest(ledger);
        status = es_wire_encode(&record, buffer);
    }
    if (status == ES_OK && es_ledger_counters(ledger)) {
        record.kind = ES_RECORD_COUNTERS;
        record.counters = *es_ledger_counters(ledger);
        status = es_wire_encode(&record, buffer);
    }
    if (status == ES_OK && es_ledger_done(ledger)) {
        record.kind = ES_RECORD_DONE;
        status = es_wire_encode(&record, buffer);
    }
    return status;
}

es_status es_store_encode(const es_ledger *ledger, es_buffer *buffer)
{
    es_status status = encode_single(ledger, buffer);

    /* What is named comes before what names it. */
    PUT_EACH(es_ledger_segments, es_segment_record, ES_RECORD_SEGMENT, segment);
    PUT_EACH(es_ledger_bad_ranges, es_bad_range_record, ES_RECORD_BAD_RANGE, bad_range);
    PUT_EACH(es_ledger_fences, es_fence_record, ES_RECORD_FENCE, fence);
    PUT_EACH(es_ledger_volumes, es_volume_record, ES_RECORD_VOLUME, volume);
    PUT_EACH(es_ledger_snapshots, es_snapshot_record, ES_RECORD_SNAPSHOT, snapshot);
    PUT_EACH(es_ledger_installations, es_installation_record, ES_RECORD_INSTALLATION,
             installation);
    PUT_EACH(es_ledger_artefacts, es_artefact_record, ES_RECORD_ARTEFACT, artefact);
    PUT_EACH(es_ledger_facts, es_fact_record, ES_RECORD_FACT, fact);
    PUT_EACH(es_ledger_verdicts, es_verdict_record, ES_RECORD_VERDICT, verdict);
    PUT_EACH(es_ledger_rows, es_row_record, ES_RECORD_ROW, row);
    PUT_EACH(es_ledger_notes, es_note_record, ES_RECORD_NOTE, note);
    return status;
}

es_status es_store_decode(es_bytes bytes, es_ledger *ledger)
{
    es_cursor cursor = es_cursor_make(bytes);
    es_arena *arena = NULL;
    es_status status = ES_OK;

    while (status == ES_OK && es_cursor_left(&cursor)) {
        es_bytes payload = es_cursor_take(&cursor, es_cursor_u32(&cursor));
        es_record record;

        if (es_cursor_failed(&cursor) || payload.size == 0)
            status = ES_CORRUPT;
        if (status == ES_OK && arena && es_arena_used(arena) > SCRATCH_RENEW)
            arena = es_arena_free(arena);
        if (status == ES_OK && !arena)
            status = es_arena_new(SCRATCH_MAX, &arena);
        if (status == ES_OK)
            status = es_wire_decode(payload, arena, &record);
        if (status == ES_OK)
            status = es_ledger_put(ledger, &record);
    }
    es_arena_free(arena);
    return status;
}

/* ---- the run ---- */

static void put_string(es_buffer *buffer, const char *string)
{
    es_buffer_u32(buffer, string ? (uint32_t)strlen(string) : ABSENT);
    if (string)
        es_buffer_string(buffer, string);
}

static void put_time(es_buffer *buffer, es_time time)
{
    es_buffer_u64(buffer, (uint64_t)time.ticks);
    es_buffer_u32(buffer, time.precision);
    es_buffer_u32(buffer, time.flags);
}

es_status es_store_encode_run(const es_run *run, const es_ledger *ledger, es_buffer *buffer)
{
    const es_segment_record *segments = NULL;
    size_t n_segments = ledger ? es_ledger_segments(ledger, &segments) : 0, n_libraries = 0;

    while (run->libraries && run->libraries[n_libraries])
        n_libraries++;
    put_time(buffer, run->started);
    put_time(buffer, run->finished);
    put_time(buffer, run->as_of);
    put_string(buffer, run->version);
    put_string(buffer, run->case_number);
    put_string(buffer, run->evidence);
    put_string(buffer, run->examiner);
    put_string(buffer, run->image_path);
    put_string(buffer, run->catalogue_edition);
    put_string(buffer, run->catalogue_sha256);
    es_buffer_u32(buffer, (uint32_t)run->n_command);
    for (size_t i = 0; i < run->n_command; i++)
        put_string(buffer, run->command[i]);
    es_buffer_u32(buffer, (uint32_t)n_libraries);
    for (size_t i = 0; i < n_libraries; i++)
        put_string(buffer, run->libraries[i]);
    es_buffer_u32(buffer, (uint32_t)n_segments);
    for (size_t i = 0; i < n_segments; i++) {
        char *path = es_show_segment_path(ledger, run, i);

        put_string(buffer, path);
        free(path);
    }
    return buffer->failed;
}

struct es_stored_run {
    es_run run;
    es_arena *arena;
};

static const char *get_string(es_stored_run *to, es_cursor *cursor)
{
    uint32_t size = es_cursor_u32(cursor);
    es_bytes bytes;

    if (size == ABSENT)
        return NULL;
    bytes = es_cursor_take(cursor, size);
    if (es_cursor_failed(cursor))
        return NULL;
    return es_arena_text(to->arena, (es_text){ (const char *)bytes.data, bytes.size });
}

static es_time get_time(es_cursor *cursor)
{
    es_time time;

    time.ticks = (int64_t)es_cursor_u64(cursor);
    time.precision = es_cursor_u32(cursor);
    time.flags = es_cursor_u32(cursor);
    return time;
}

/* A list with a NULL behind it. */
static const char *const *get_strings(es_stored_run *to, es_cursor *cursor, size_t *ret_n)
{
    uint32_t n = es_cursor_u32(cursor);
    const char **list = NULL;

    *ret_n = 0;
    if (n > STRINGS_MAX || es_cursor_failed(cursor))
        es_cursor_seek(cursor, UINT64_MAX);
    else
        list = es_arena_take(to->arena, ((uint64_t)n + 1) * sizeof *list);
    for (uint32_t i = 0; list && i < n; i++)
        list[i] = get_string(to, cursor);
    if (list)
        *ret_n = n;
    return list;
}

es_status es_store_decode_run(es_bytes bytes, es_stored_run **ret_run)
{
    es_cursor cursor = es_cursor_make(bytes);
    es_stored_run *stored = calloc(1, sizeof *stored);
    size_t ignored;
    es_run *run;

    if (!stored || es_arena_new(RUN_MAX, &stored->arena) != ES_OK) {
        free(stored);
        return ES_NOMEM;
    }
    run = &stored->run;
    run->started = get_time(&cursor);
    run->finished = get_time(&cursor);
    run->as_of = get_time(&cursor);
    run->version = get_string(stored, &cursor);
    run->case_number = get_string(stored, &cursor);
    run->evidence = get_string(stored, &cursor);
    run->examiner = get_string(stored, &cursor);
    run->image_path = get_string(stored, &cursor);
    run->catalogue_edition = get_string(stored, &cursor);
    run->catalogue_sha256 = get_string(stored, &cursor);
    run->command = get_strings(stored, &cursor, &run->n_command);
    run->libraries = get_strings(stored, &cursor, &ignored);
    run->segment_paths = get_strings(stored, &cursor, &ignored);
    run->width = 80;
    if (es_cursor_failed(&cursor) || !run->version) {
        es_stored_run_free(stored);
        return ES_CORRUPT;
    }
    *ret_run = stored;
    return ES_OK;
}

const es_run *es_stored_run_get(const es_stored_run *stored)
{
    return &stored->run;
}

es_stored_run *es_stored_run_free(es_stored_run *stored)
{
    if (stored)
        es_arena_free(stored->arena);
    free(stored);
    return NULL;
}
