/* SPDX-License-Identifier: Apache-2.0
 *
 * test_wire.c: what goes in comes out, for every kind of record, and nothing else comes out.
 */
#include "ledger/limits.h"
#include "ledger/wire.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS 3000

/* ---- records at random, the same in every run ---- */

typedef struct chance {
    uint64_t state;
    es_arena *arena;
} chance;

static uint64_t next(chance *c)
{
    c->state ^= c->state << 13;
    c->state ^= c->state >> 7;
    c->state ^= c->state << 17;
    return c->state;
}

static uint32_t below(chance *c, uint32_t n)
{
    return (uint32_t)(next(c) % n);
}

static const char *some_string(chance *c)
{
    static const char *const strings[] = { "", "a", "\\Windows\\System32", "\n\033[2J\xe2\x80\xae",
                                           "\xc3\xa4\xf0\x9f\x92\xbe", "E01" };
    uint32_t i = below(c, 7);

    return i < 6 ? strings[i] : NULL;
}

static es_text some_text(chance *c)
{
    es_text text = es_text_of(some_string(c));

    if (!text.data)
        text = (es_text)ES_TEXT("with\0NUL");
    return text;
}

static es_time some_time(chance *c)
{
    return (es_time){ (int64_t)next(c), below(c, 7), below(c, 8) };
}

static es_datum some_datum(chance *c)
{
    static const uint8_t bytes[] = { 0, 255, 10 };
    es_datum datum = es_null();
    es_text *texts = es_arena_take(c->arena, 4 * sizeof *texts);
    uint64_t *facts = es_arena_take(c->arena, 4 * sizeof *facts);

    datum.type = below(c, 9);
    datum.integer = datum.type == ES_FIELD_BOOLEAN ? below(c, 2) : (int64_t)next(c);
    datum.text = some_text(c);
    datum.bytes = (es_bytes){ bytes, below(c, 4) };
    datum.time = some_time(c);
    datum.n = below(c, 5);
    for (int i = 0; i < 4; i++) {
        texts[i] = some_text(c);
        facts[i] = next(c);
    }
    datum.texts = texts;
    datum.facts = facts;
    return datum;
}

static const es_datum *some_data(chance *c, uint32_t *ret_n)
{
    es_datum *data = es_arena_take(c->arena, 8 * sizeof *data);

    *ret_n = below(c, 9);
    for (uint32_t i = 0; i < *ret_n; i++)
        data[i] = some_datum(c);
    return data;
}

static es_where some_where(chance *c)
{
    es_where where;

    memset(&where, 0, sizeof where);
    where.volume = below(c, 5);
    where.snapshot = below(c, 3);
    where.artefact = below(c, 500);
    where.path = some_string(c);
    where.key = some_string(c);
    where.value = some_string(c);
    where.offset = (int64_t)next(c);
    where.length = (int64_t)next(c);
    where.last_written = some_time(c);
    where.damaged = below(c, 2);
    where.exact = below(c, 2);
    where.log_artefact = below(c, 3);
    where.log_offset = (int64_t)next(c);
    return where;
}

static const es_field *some_fields(chance *c, uint32_t *ret_n)
{
    es_field *fields = es_arena_take(c->arena, 4 * sizeof *fields);

    *ret_n = below(c, 5);
    for (uint32_t i = 0; i < *ret_n; i++)
        fields[i] = (es_field){ sizeof(es_field), below(c, 99), some_string(c), some_string(c) };
    return fields;
}

static const es_plugin *some_plugin(chance *c)
{
    es_plugin *plugin = es_arena_take(c->arena, sizeof *plugin);
    es_want *want = es_arena_take(c->arena, sizeof *want);
    es_fact_type *fact = es_arena_take(c->arena, sizeof *fact);
    es_verdict_type *verdict = es_arena_take(c->arena, sizeof *verdict);
    es_row_type *row = es_arena_take(c->arena, sizeof *row);
    es_need *need = es_arena_take(c->arena, sizeof *need);
    es_data *data = es_arena_take(c->arena, sizeof *data);
    const char **answers = es_arena_take(c->arena, 2 * sizeof *answers);

    *want = (es_want){ sizeof *want, below(c, 9), below(c, 9), below(c, 9), some_string(c),
                       some_string(c) };
    fact->name = some_string(c);
    fact->time_means = some_string(c);
    fact->fields = some_fields(c, &fact->n_fields);
    answers[0] = some_string(c);
    answers[1] = "unknown";
    verdict->name = some_string(c);
    verdict->answers = answers;
    verdict->n_answers = below(c, 3);
    verdict->fields = some_fields(c, &verdict->n_fields);
    row->verdict = some_string(c);
    row->fields = some_fields(c, &row->n_fields);
    need->type = some_string(c);
    need->states = below(c, 3);
    data->name = some_string(c);
    *plugin = (es_plugin){ .name = some_string(c), .version = some_string(c),
                           .summary = some_string(c), .wants = want, .facts = fact,
                           .verdicts = verdict, .rows = row, .needs = need, .data = data };
    plugin->n_wants = below(c, 2);
    plugin->n_facts = below(c, 2);
    plugin->n_verdicts = below(c, 2);
    plugin->n_rows = below(c, 2);
    plugin->n_needs = below(c, 2);
    plugin->n_data = below(c, 2);
    return plugin;
}

static void some_image(chance *c, es_image_record *image)
{
    image->format = some_string(c);
    image->size = next(c);
    image->sector_size = below(c, 5000);
    image->stored_md5 = some_string(c);
    image->stored_sha1 = some_string(c);
    image->has_acquisition = below(c, 2);
    image->case_number = some_string(c);
    image->evidence_number = some_string(c);
    image->examiner = some_string(c);
    image->description = some_string(c);
    image->notes = some_string(c);
    image->acquired = some_string(c);
    image->system_date = some_string(c);
    image->software = some_string(c);
    image->os = some_string(c);
}

static void some_installation(chance *c, es_installation_record *state)
{
    state->id = below(c, 99);
    state->machine = below(c, 99);
    state->volume = below(c, 99);
    state->role = below(c, 9);
    state->snapshot = (int32_t)below(c, 9) - 1;
    state->system_root = some_string(c);
    state->product_name = some_string(c);
    state->edition = some_string(c);
    state->service_pack = some_string(c);
    state->architecture = some_string(c);
    state->computer_name = some_string(c);
    state->time_zone = some_string(c);
    state->install_date = some_time(c);
    state->last_shutdown = some_time(c);
    state->state_time = some_time(c);
}

static void some_artefact(chance *c, es_artefact_record *artefact)
{
    artefact->id = below(c, 99);
    artefact->volume = below(c, 99);
    artefact->snapshot = (int32_t)below(c, 9) - 1;
    artefact->attribute_type = below(c, 999);
    artefact->attribute_id = below(c, 999);
    artefact->path = some_string(c);
    artefact->mft_entry = next(c);
    artefact->mft_sequence = below(c, 999);
    artefact->has_mft = below(c, 2);
    artefact->is_hive = below(c, 2);
    artefact->size = next(c);
    artefact->has_sha256 = below(c, 2);
    memset(artefact->sha256, (int)below(c, 256), sizeof artefact->sha256);
    artefact->damaged = below(c, 2);
}

static void some_said(chance *c, es_record *record)
{
    static const uint64_t because[] = { 1, UINT64_MAX, 3 };

    switch (record->kind) {
    case ES_RECORD_FACT:
        record->fact.reference = next(c);
        record->fact.installation = below(c, 9);
        record->fact.type = below(c, 9);
        record->fact.plugin = some_string(c);
        record->fact.fields = some_data(c, &record->fact.n_fields);
        record->fact.time = some_time(c);
        record->fact.where = some_where(c);
        break;
    case ES_RECORD_VERDICT:
        record->verdict.type = below(c, 9);
        record->verdict.answer = below(c, 9);
        record->verdict.plugin = some_string(c);
        record->verdict.because = because;
        record->verdict.n_because = below(c, 4);
        record->verdict.explanation = some_text(c);
        record->verdict.fields = some_data(c, &record->verdict.n_fields);
        break;
    case ES_RECORD_ROW:
        record->row.plugin = some_string(c);
        record->row.fields = some_data(c, &record->row.n_fields);
        break;
    default:
        record->note.severity = below(c, 3);
        record->note.area = some_string(c);
        record->note.text = some_text(c);
        record->note.has_where = below(c, 2);
        if (record->note.has_where)
            record->note.where = some_where(c);
    }
}

static es_record some_record(chance *c, uint32_t kind)
{
    es_record record;

    memset(&record, 0, sizeof record);
    record.kind = kind;
    if (kind == ES_RECORD_IMAGE)
        some_image(c, &record.image);
    else if (kind == ES_RECORD_SEGMENT)
        record.segment = (es_segment_record){ some_string(c), next(c) };
    else if (kind == ES_RECORD_BAD_RANGE)
        record.bad_range = (es_bad_range_record){ next(c), next(c), some_string(c) };
    else if (kind == ES_RECORD_DIGEST)
        record.digest = (es_digest_record){ some_string(c), some_string(c), some_string(c) };
    else if (kind == ES_RECORD_VOLUME)
        record.volume = (es_volume_record){ below(c, 9), below(c, 3), some_string(c),
                                            some_string(c), some_string(c), some_string(c),
                                            some_string(c), next(c), next(c), next(c) };
    else if (kind == ES_RECORD_REPEAT)
        record.repeat = (es_repeat_record){ next(c), next(c), next(c), below(c, 9), below(c, 9),
                                            below(c, 9), below(c, 9) };
    else if (kind == ES_RECORD_SNAPSHOT)
        record.snapshot = (es_snapshot_record){ below(c, 9), below(c, 9), some_string(c),
                                                some_time(c) };
    else if (kind == ES_RECORD_INSTALLATION)
        some_installation(c, &record.installation);
    else if (kind == ES_RECORD_PLUGIN)
        record.plugin = some_plugin(c);
    else if (kind == ES_RECORD_ARTEFACT)
        some_artefact(c, &record.artefact);
    else if (kind == ES_RECORD_STEP)
        record.step = (es_step_record){ below(c, 9), some_string(c), some_string(c),
                                        some_string(c) };
    else if (kind == ES_RECORD_FENCE)
        record.fence.name = some_string(c);
    else if (kind == ES_RECORD_COUNTERS)
        record.counters = (es_counters_record){ next(c), next(c), next(c), next(c), next(c),
                                                next(c) };
    else if (kind != ES_RECORD_DONE)
        some_said(c, &record);
    return record;
}

/* ---- round trips ---- */

static es_bytes payload_of(const es_buffer *frame)
{
    return (es_bytes){ frame->data + 4, frame->size - 4 };
}

static es_arena *arena(void)
{
    es_arena *made = NULL;

    assert_int_equal(es_arena_new(UINT64_C(1) << 30, &made), ES_OK);
    return made;
}

static void every_kind_comes_back(void **state)
{
    es_buffer first = es_buffer_make(UINT64_C(32) << 20), again = first;
    chance c = { UINT64_C(88172645463325252), NULL };

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        es_record record, back;

        c.arena = arena();
        record = some_record(&c, 1 + (uint32_t)i % (ES_RECORD_KINDS - 1));
        es_buffer_clear(&first);
        es_buffer_clear(&again);
        assert_int_equal(es_wire_encode(&record, &first), ES_OK);
        assert_int_equal(es_wire_decode(payload_of(&first), c.arena, &back), ES_OK);
        assert_int_equal(back.kind, record.kind);
        assert_int_equal(es_wire_encode(&back, &again), ES_OK);
        assert_int_equal(first.size, again.size);
        assert_memory_equal(first.data, again.data, (size_t)first.size);
        es_arena_free(c.arena);
    }
    es_buffer_free(&first);
    es_buffer_free(&again);
}

/* Every record cut at every byte, and with a byte too many. */
static void cut_and_long_records_are_refused(void **state)
{
    es_buffer frame = es_buffer_make(UINT64_C(32) << 20);
    chance c = { UINT64_C(1181783497276652981), NULL };

    (void)state;
    for (uint32_t i = 0; i < 10 * (ES_RECORD_KINDS - 1); i++) {
        es_record record, back;

        c.arena = arena();
        record = some_record(&c, 1 + i % (ES_RECORD_KINDS - 1));
        es_buffer_clear(&frame);
        assert_int_equal(es_wire_encode(&record, &frame), ES_OK);
        for (uint64_t size = 0; size < frame.size - 4; size++)
            assert_int_equal(
                es_wire_decode((es_bytes){ frame.data + 4, size }, c.arena, &back), ES_CORRUPT);
        es_buffer_u8(&frame, 0);
        assert_int_equal(es_wire_decode(payload_of(&frame), c.arena, &back), ES_CORRUPT);
        es_arena_free(c.arena);
    }
    es_buffer_free(&frame);
}

/* Counts that promise more than the frame holds take no memory. */
static void lying_counts_allocate_nothing(void **state)
{
    es_buffer frame = es_buffer_make(1000);
    es_arena *small = NULL;
    es_record back;

    (void)state;
    assert_int_equal(es_arena_new(4096, &small), ES_OK);
    es_buffer_u8(&frame, ES_RECORD_VERDICT);
    for (int i = 0; i < 3; i++)
        es_buffer_u32(&frame, 0);
    es_buffer_u32(&frame, UINT32_C(0xffffffff)); /* no plugin */
    es_buffer_u32(&frame, ES_REFERENCES_MAX);
    es_buffer_u64(&frame, 7);
    assert_int_equal(es_wire_decode((es_bytes){ frame.data, frame.size }, small, &back),
                     ES_CORRUPT);
    assert_true(es_arena_used(small) < 64);
    es_buffer_free(&frame);
    es_arena_free(small);
}

static void text_is_repaired(void **state)
{
    es_buffer frame = es_buffer_make(1000);
    es_record record = { .kind = ES_RECORD_NOTE }, back;
    es_arena *memory = arena();

    (void)state;
    record.note.area = "hive";
    record.note.text = (es_text)ES_TEXT("a\xff\xc0\x80z");
    assert_int_equal(es_wire_encode(&record, &frame), ES_OK);
    assert_int_equal(es_wire_decode(payload_of(&frame), memory, &back), ES_OK);
    assert_true(es_text_equal(back.note.text,
                              es_text_of("a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz")));
    es_buffer_free(&frame);
    es_arena_free(memory);
}

static void a_record_larger_than_a_frame_is_refused(void **state)
{
    es_buffer frame = es_buffer_make(UINT64_C(64) << 20);
    es_record record = { .kind = ES_RECORD_NOTE };
    uint64_t size = ES_WIRE_FRAME_MAX;
    char *large = malloc(size);

    (void)state;
    memset(large, 'x', size);
    record.note.area = "hive";
    record.note.text = (es_text){ large, size };
    es_buffer_u8(&frame, 1);
    assert_int_equal(es_wire_encode(&record, &frame), ES_LIMIT);
    assert_int_equal(frame.size, 1); /* as it was, and usable */
    record.note.text.size = 1000;
    assert_int_equal(es_wire_encode(&record, &frame), ES_OK);
    record.kind = 99;
    assert_int_equal(es_wire_encode(&record, &frame), ES_BUG);
    es_buffer_free(&frame);
    free(large);
}

/* ---- through a pipe ---- */

static void send(int fd, const es_record *record)
{
    es_buffer buffer = es_buffer_make(ES_WIRE_FRAME_MAX + UINT64_C(4));

    if (es_wire_encode(record, &buffer) != ES_OK ||
        write(fd, buffer.data, (size_t)buffer.size) != (ssize_t)buffer.size)
        abort();
    es_buffer_free(&buffer);
}

static void *write_many(void *context)
{
    int fd = *(int *)context;
    es_record record = { .kind = ES_RECORD_NOTE };
    char text[300];

    memset(text, 'n', sizeof text);
    record.note.area = "hive";
    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof text, "note %d", i);
        text[strlen(text)] = ' ';
        record.note.text = (es_text){ text, sizeof text };
        send(fd, &record);
    }
    record.kind = ES_RECORD_DONE;
    send(fd, &record);
    close(fd);
    return NULL;
}

static void count(void *context, const es_record *record)
{
    (void)record;
    ++*(int *)context;
}

static void many_records_pass_a_pipe(void **state)
{
    es_ledger *ledger = NULL;
    const es_note_record *notes;
    int ends[2], seen = 0;
    pthread_t writer;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    assert_int_equal(pthread_create(&writer, NULL, write_many, &ends[1]), 0);
    assert_int_equal(es_wire_read(ends[0], ledger, count, &seen), ES_OK);
    pthread_join(writer, NULL);
    close(ends[0]);
    assert_int_equal(seen, 2001);
    assert_true(es_ledger_done(ledger));
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(es_ledger_notes(ledger, &notes), 2000);
    es_ledger_free(ledger);
}

static es_status read_back(const void *bytes, size_t size, size_t *ret_notes)
{
    es_ledger *ledger = NULL;
    const es_note_record *notes;
    es_status status;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], bytes, size), size);
    close(ends[1]);
    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    status = es_wire_read(ends[0], ledger, NULL, NULL);
    close(ends[0]);
    *ret_notes = es_ledger_notes(ledger, &notes);
    es_ledger_free(ledger);
    return status;
}

static void a_broken_stream_keeps_what_came_before(void **state)
{
    es_buffer frames = es_buffer_make(10000);
    es_record record = { .kind = ES_RECORD_NOTE };
    uint64_t whole;
    size_t n;

    (void)state;
    record.note.area = "hive";
    record.note.text = (es_text)ES_TEXT("torn");
    assert_int_equal(es_wire_encode(&record, &frames), ES_OK);
    whole = frames.size;
    assert_int_equal(read_back(frames.data, whole, &n), ES_OK);
    assert_int_equal(n, 1);
    assert_int_equal(es_wire_encode(&record, &frames), ES_OK);
    assert_int_equal(read_back(frames.data, (size_t)frames.size - 1, &n), ES_CORRUPT);
    assert_int_equal(n, 1);
    for (size_t cut = 1; cut < 4; cut++) /* within the length */
        assert_int_equal(read_back(frames.data, (size_t)whole + cut, &n), ES_CORRUPT);
    frames.data[whole + 3] = 0x7f; /* a frame of two gigabytes */
    assert_int_equal(read_back(frames.data, (size_t)frames.size, &n), ES_CORRUPT);
    memset(frames.data + whole, 0, 4); /* an empty one */
    assert_int_equal(read_back(frames.data, (size_t)frames.size, &n), ES_CORRUPT);
    assert_int_equal(n, 1);
    es_buffer_free(&frames);
}

/* The reader waits for the record that says so, not for the end of the process. */
static void nothing_is_read_behind_the_last_word(void **state)
{
    es_buffer frames = es_buffer_make(10000);
    es_record record = { .kind = ES_RECORD_DONE };
    es_ledger *ledger = NULL;
    int ends[2];

    (void)state;
    assert_int_equal(es_wire_encode(&record, &frames), ES_OK);
    es_buffer_bytes(&frames, "\1\0\0\0\xff", 5); /* of no kind */
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], frames.data, frames.size), frames.size);
    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    assert_int_equal(es_wire_read(ends[0], ledger, NULL, NULL), ES_OK); /* ends[1] is still open */
    assert_true(es_ledger_done(ledger));
    es_ledger_free(ledger);
    es_buffer_free(&frames);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(cut_and_long_records_are_refused),
        cmocka_unit_test(lying_counts_allocate_nothing),
        cmocka_unit_test(text_is_repaired),
        cmocka_unit_test(a_record_larger_than_a_frame_is_refused),
        cmocka_unit_test(many_records_pass_a_pipe),
        cmocka_unit_test(a_broken_stream_keeps_what_came_before),
        cmocka_unit_test(nothing_is_read_behind_the_last_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
