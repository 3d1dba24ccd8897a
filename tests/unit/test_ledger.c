/* SPDX-License-Identifier: Apache-2.0
 *
 * test_ledger.c: a ledger takes what the declarations allow, orders it by content alone, and lets
 * no reference lead nowhere.
 */
#include "base/text.h"
#include "ledger/ledger.h"
#include "ledger/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIELD(type_, name_) { sizeof(es_field), type_, name_, "" }

static const es_field fact_fields[] = { FIELD(ES_FIELD_TEXT, "name"),
                                        FIELD(ES_FIELD_TIME, "seen") };
static const es_fact_type fact_types[] = {
    { sizeof(es_fact_type), 2, "probe.thing", "", fact_fields, "seen" },
    { sizeof(es_fact_type), 0, "probe.other", "", NULL, NULL },
};
static const char *const answers[] = { "yes", "no", "unknown" };
static const es_field verdict_fields[] = { FIELD(ES_FIELD_FACT, "best"),
                                           FIELD(ES_FIELD_FACT_LIST, "also.because") };
static const es_verdict_type verdict_types[] = {
    { sizeof(es_verdict_type), 3, "probe", "", answers, verdict_fields, 2, 0 },
};
static const es_row_type row_types[] = {
    { sizeof(es_row_type), 1, "pairs", "probe", verdict_fields },
    { sizeof(es_row_type), 1, "updates", NULL, fact_fields },
};
static const es_plugin probe = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "probe", .version = "1", .summary = "",
    .facts = fact_types, .n_facts = 2, .verdicts = verdict_types, .n_verdicts = 1,
    .rows = row_types, .n_rows = 2,
};

static es_status put_plugin(es_ledger *ledger, const es_plugin *plugin)
{
    es_record record = { .kind = ES_RECORD_PLUGIN };

    record.plugin = plugin;
    return es_ledger_put(ledger, &record);
}

static es_status put_installation(es_ledger *ledger, uint32_t id, const char *root)
{
    es_record record = { .kind = ES_RECORD_INSTALLATION };

    record.installation.id = id;
    record.installation.machine = 1;
    record.installation.role = ES_ROLE_CURRENT;
    record.installation.snapshot = -1;
    record.installation.system_root = root;
    return es_ledger_put(ledger, &record);
}

static es_record fact(uint64_t reference, const es_datum fields[2], const char *path)
{
    es_record record = { .kind = ES_RECORD_FACT };

    record.fact.reference = reference;
    record.fact.installation = 1;
    record.fact.plugin = "probe";
    record.fact.fields = fields;
    record.fact.n_fields = 2;
    record.fact.where.path = path;
    record.fact.where.offset = record.fact.where.length = record.fact.where.log_offset = -1;
    return record;
}

static es_ledger *prepared(void)
{
    es_ledger *ledger = NULL;

    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    assert_int_equal(put_plugin(ledger, &probe), ES_OK);
    assert_int_equal(put_installation(ledger, 1, "\\Windows"), ES_OK);
    return ledger;
}

/* ---- what is refused ---- */

static void facts_must_fit_their_declaration(void **state)
{
    es_datum good[2] = { es_datum_text(es_text_of("x")), es_null() };
    es_datum bad[2] = { es_datum_integer(1), es_null() };
    es_ledger *ledger = prepared();
    es_record record = fact(1, bad, "a");

    (void)state;
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT); /* an integer for a text */
    record = fact(1, good, "a");
    record.fact.n_fields = 1;
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT);
    record = fact(1, good, "a");
    record.fact.type = 2;
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT);
    record = fact(1, good, "a");
    record.fact.plugin = "stranger";
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT);
    record = fact(1, good, "a");
    record.fact.installation = 7;
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT);
    record = fact(1, good, "a");
    record.fact.time.precision = 9;
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT);
    record = fact(1, good, "a");
    record.fact.where.offset = -2;
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT);
    record = fact(1, good, "a");
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT); /* the reference is taken */
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    record.fact.reference = 2;
    assert_int_equal(es_ledger_put(ledger, &record), ES_BUG); /* closed */
    es_ledger_free(ledger);
}

/* ---- facts said again of another state ---- */

static es_ledger *with_three_facts(void)
{
    es_datum fields[2] = { es_datum_text(es_text_of("x")), es_null() };
    es_ledger *ledger = prepared();

    assert_int_equal(put_installation(ledger, 2, "\\Windows"), ES_OK);
    for (uint64_t i = 1; i <= 3; i++) {
        es_record record = fact(i, fields, NULL);

        record.fact.where.artefact = i == 2 ? 9 : 8;
        record.fact.where.offset = (int64_t)i;
        assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    }
    return ledger;
}

static void facts_are_said_again(void **state)
{
    es_ledger *ledger = with_three_facts();
    es_record record = { .kind = ES_RECORD_REPEAT };
    const es_fact_record *facts;

    (void)state;
    record.repeat = (es_repeat_record){ 10, 2, 2, 2, 8, 18, 4 };
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    assert_int_equal(es_ledger_facts(ledger, &facts), 5);
    assert_int_equal(facts[3].reference, 10);
    assert_int_equal(facts[4].reference, 11);
    for (size_t i = 3; i < 5; i++) {
        assert_int_equal(facts[i].installation, 2);
        assert_ptr_equal(facts[i].fields, facts[i - 2].fields); /* held once */
        assert_int_equal(facts[i].where.offset, facts[i - 2].where.offset);
    }
    assert_int_equal(facts[3].where.artefact, 9); /* in another file: stays there */
    assert_int_equal(facts[4].where.artefact, 18);
    assert_int_equal(facts[4].where.snapshot, 4);
    /* what was said again is said again */
    record.repeat = (es_repeat_record){ 12, 10, 2, 2, 18, 28, 3 };
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    assert_int_equal(es_ledger_facts(ledger, &facts), 7);
    assert_int_equal(facts[6].where.artefact, 28);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(es_ledger_fact_by_number(ledger, es_ledger_fact_number(ledger, 13))->reference,
                     13);
    es_ledger_free(ledger);
}

static void repeats_must_fit(void **state)
{
    static const es_repeat_record bad[] = {
        { 10, 4, 1, 2, 8, 18, 1 },          /* of a fact that is not there */
        { 10, 2, 3, 2, 8, 18, 1 },          /* of more facts than follow */
        { 10, 2, UINT64_MAX, 2, 8, 18, 1 },
        { 10, 2, 0, 2, 8, 18, 1 },
        { 3, 1, 1, 2, 8, 18, 1 },           /* the reference is taken */
        { UINT64_MAX, 1, 2, 2, 8, 18, 1 },  /* … runs over */
        { 10, 1, 1, 3, 8, 18, 1 },          /* of no state */
        { 10, 1, 1, 2, 0, 18, 1 },
        { 10, 1, 1, 2, 8, 0, 1 },
    };
    es_ledger *ledger = with_three_facts();
    es_record record = { .kind = ES_RECORD_REPEAT };
    const es_fact_record *facts;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        record.repeat = bad[i];
        assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT);
    }
    assert_int_equal(es_ledger_facts(ledger, &facts), 3);
    es_ledger_free(ledger);
}

/* A few bytes that ask for millions of facts end at the cap. */
static void repeats_end_at_the_cap(void **state)
{
    es_ledger *ledger = with_three_facts();
    es_record record = { .kind = ES_RECORD_REPEAT };
    const es_fact_record *facts;
    es_status status = ES_OK;

    (void)state;
    for (uint64_t n = 3, reference = 10; status == ES_OK; reference += n, n *= 2) {
        record.repeat = (es_repeat_record){ reference, 1, n, 2, 8, 18, 1 };
        status = es_ledger_put(ledger, &record);
    }
    assert_int_equal(status, ES_LIMIT);
    assert_true(es_ledger_facts(ledger, &facts) <= UINT64_C(2) << 20);
    es_ledger_free(ledger);
}

static void verdicts_must_fit_their_declaration(void **state)
{
    es_datum fields[2] = { es_null(), es_null() };
    es_ledger *ledger = prepared();
    es_record record = { .kind = ES_RECORD_VERDICT };

    (void)state;
    record.verdict.installation = 1;
    record.verdict.plugin = "probe";
    record.verdict.fields = fields;
    record.verdict.n_fields = 2;
    record.verdict.answer = 3;
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT);
    record.verdict.answer = 2;
    record.verdict.installation = 0;
    assert_int_equal(es_ledger_put(ledger, &record), ES_CORRUPT);
    record.verdict.installation = 1;
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    record.verdict.answer = 0;
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK); /* replaces */
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    {
        const es_verdict_record *verdicts;

        assert_int_equal(es_ledger_verdicts(ledger, &verdicts), 1);
        assert_int_equal(verdicts[0].answer, 0);
        assert_int_equal(es_ledger_verdicts_of(ledger, 1, &verdicts), 1);
        assert_int_equal(es_ledger_verdicts_of(ledger, 2, &verdicts), 0);
    }
    es_ledger_free(ledger);
}

/* A copy of the good declaration with one thing wrong each. */
static void declarations_are_checked(void **state)
{
    static const char *const no_unknown[] = { "yes" };
    static const es_field twice[] = { FIELD(ES_FIELD_TEXT, "a"), FIELD(ES_FIELD_TEXT, "a") };
    static const es_field clash[] = { FIELD(ES_FIELD_TEXT, "a"), FIELD(ES_FIELD_TEXT, "a.b") };
    static const es_field taken[] = { FIELD(ES_FIELD_TEXT, "answer") };
    static const es_field loud[] = { FIELD(ES_FIELD_TEXT, "\033[1m") };
    es_fact_type types[1] = { fact_types[0] };
    es_verdict_type verdicts[1] = { verdict_types[0] };
    es_row_type rows[1] = { row_types[0] };
    es_plugin plugin = probe;
    es_ledger *ledger = NULL;

    (void)state;
    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    plugin.name = "Probe";
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT);
    plugin = probe;
    plugin.facts = types;
    plugin.n_facts = 1;
    types[0].name = "other.thing"; /* not its own */
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT);
    types[0].name = "probe.thing";
    types[0].fields = loud;
    types[0].n_fields = 1;
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT);
    types[0].fields = twice;
    types[0].n_fields = 2;
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT);
    plugin = probe;
    plugin.verdicts = verdicts;
    verdicts[0].answers = no_unknown;
    verdicts[0].n_answers = 1;
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT);
    verdicts[0] = verdict_types[0];
    verdicts[0].fields = clash;
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT);
    verdicts[0].fields = taken;
    verdicts[0].n_fields = 1;
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT);
    plugin = probe;
    plugin.rows = rows;
    plugin.n_rows = 1;
    rows[0].verdict = "elsewhere";
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT);
    rows[0].verdict = NULL; /* only updates and questions belong to the installation */
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT);
    assert_int_equal(put_plugin(ledger, &probe), ES_OK);
    assert_int_equal(put_plugin(ledger, &probe), ES_CORRUPT); /* twice */
    plugin = probe;
    plugin.name = "probe-two";
    plugin.n_facts = 0;
    assert_int_equal(put_plugin(ledger, &plugin), ES_CORRUPT); /* a verdict of that name is there */
    es_ledger_free(ledger);
}

/* ---- order ---- */

static char *order_of(const unsigned *sequence, size_t n)
{
    static const char *const paths[] = { "b", "a", "a", "c", "a" };
    static const char *const names[] = { "x", "y", "x", "z", "y" };
    es_ledger *ledger = prepared();
    const es_fact_record *facts;
    char *seen = calloc(1, 100);

    for (size_t i = 0; i < n; i++) {
        unsigned which = sequence[i];
        es_datum fields[2] = { es_datum_text(es_text_of(names[which])), es_null() };
        es_record record = fact(1000 + i, fields, paths[which]);

        assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    }
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    n = es_ledger_facts(ledger, &facts);
    for (size_t i = 0; i < n; i++) {
        strcat(seen, facts[i].where.path);
        strncat(seen, facts[i].fields[0].text.data, 1);
        assert_int_equal(es_ledger_fact_number(ledger, facts[i].reference), i + 1);
        assert_ptr_equal(es_ledger_fact_by_number(ledger, i + 1), &facts[i]);
    }
    assert_null(es_ledger_fact_by_number(ledger, 0));
    assert_null(es_ledger_fact_by_number(ledger, n + 1));
    es_ledger_free(ledger);
    return seen;
}

static void order_is_of_content_alone(void **state)
{
    static const unsigned sequences[][5] = {
        { 0, 1, 2, 3, 4 }, { 4, 3, 2, 1, 0 }, { 2, 0, 4, 1, 3 },
    };

    (void)state;
    for (int i = 0; i < 3; i++) {
        char *seen = order_of(sequences[i], 5);

        assert_string_equal(seen, "axayaybxcz");
        free(seen);
    }
}

static void put_row(es_ledger *ledger, uint32_t installation, const char *name)
{
    es_datum fields[1] = { es_datum_text(es_text_of(name)) };
    es_record record = { .kind = ES_RECORD_ROW };

    record.row.installation = installation;
    record.row.type = 1;
    record.row.plugin = "probe";
    record.row.fields = fields;
    record.row.n_fields = 1;
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
}

static void rows_keep_their_order(void **state)
{
    es_ledger *ledger = prepared();
    const es_row_record *rows;

    (void)state;
    assert_int_equal(put_installation(ledger, 2, "\\Windows.old"), ES_OK);
    put_row(ledger, 2, "m");
    put_row(ledger, 1, "z");
    put_row(ledger, 2, "a");
    put_row(ledger, 1, "b");
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(es_ledger_rows_of(ledger, 1, &rows), 2);
    assert_string_equal(rows[0].fields[0].text.data, "z");
    assert_string_equal(rows[1].fields[0].text.data, "b");
    assert_int_equal(es_ledger_rows_of(ledger, 2, &rows), 2);
    assert_string_equal(rows[0].fields[0].text.data, "m");
    assert_int_equal(es_ledger_rows_of(ledger, 3, &rows), 0);
    es_ledger_free(ledger);
}

/* ---- notes, references, times ---- */

static void put_note(es_ledger *ledger, uint32_t severity, const char *text, const char *path)
{
    es_record record = { .kind = ES_RECORD_NOTE };

    record.note.severity = severity;
    record.note.area = "hive";
    record.note.text = es_text_of(text);
    record.note.has_where = path != NULL;
    record.note.where.path = path;
    record.note.where.offset = record.note.where.length = record.note.where.log_offset = -1;
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
}

static void a_note_is_kept_once(void **state)
{
    es_record done = { .kind = ES_RECORD_DONE };
    es_ledger *ledger = prepared();
    const es_note_record *notes;

    (void)state;
    put_note(ledger, 0, "torn", "a");
    put_note(ledger, 0, "torn", "b");
    put_note(ledger, 0, "torn", "a");
    put_note(ledger, 0, "torn", NULL);
    assert_true(es_ledger_has_gaps(ledger)); /* not done */
    assert_int_equal(es_ledger_put(ledger, &done), ES_OK);
    assert_false(es_ledger_has_gaps(ledger));
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(es_ledger_notes(ledger, &notes), 3);
    es_ledger_free(ledger);
}

static void references_that_lead_nowhere_are_dropped(void **state)
{
    static const uint64_t references[] = { 5, 1, 6 };
    es_datum good[2] = { es_datum_text(es_text_of("x")), es_null() };
    es_datum fields[2] = { es_datum_fact(99), es_datum_facts(references, 3) };
    es_ledger *ledger = prepared();
    es_record record = fact(1, good, NULL);
    const es_verdict_record *verdicts;
    const es_fact_record *facts;
    const es_note_record *notes;

    (void)state;
    record.fact.where.artefact = 12;
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    memset(&record, 0, sizeof record);
    record.kind = ES_RECORD_VERDICT;
    record.verdict.installation = 1;
    record.verdict.plugin = "probe";
    record.verdict.because = references;
    record.verdict.n_because = 3;
    record.verdict.fields = fields;
    record.verdict.n_fields = 2;
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(es_ledger_verdicts(ledger, &verdicts), 1);
    assert_int_equal(verdicts[0].n_because, 1);
    assert_int_equal(verdicts[0].because[0], 1);
    assert_int_equal(verdicts[0].fields[0].type, 0);
    assert_int_equal(verdicts[0].fields[1].n, 1);
    assert_int_equal(es_ledger_facts(ledger, &facts), 1);
    assert_int_equal(facts[0].where.artefact, 0);
    assert_int_equal(es_ledger_notes(ledger, &notes), 2);
    assert_int_equal(notes[0].severity, ES_SEVERITY_ERROR);
    assert_true(es_ledger_has_gaps(ledger));
    es_ledger_free(ledger);
}

static void impossible_times_are_dropped_and_said(void **state)
{
    es_time far = { INT64_MAX, ES_TIME_TICK, 0 }, last = { 0, 0, 0 };
    es_datum fields[2] = { es_datum_text(es_text_of("x")), es_datum_time(far) };
    es_ledger *ledger = prepared();
    es_record record = fact(1, fields, "a");
    const es_fact_record *facts;
    const es_note_record *notes;

    (void)state;
    last.ticks = INT64_C(2650467743999999999); /* 9999-12-31T23:59:59.9999999Z */
    last.precision = ES_TIME_TICK;
    record.fact.time = far;
    record.fact.where.last_written = last;
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(es_ledger_facts(ledger, &facts), 1);
    assert_false(es_time_known(facts[0].time));
    assert_true(es_time_known(facts[0].where.last_written));
    assert_int_equal(facts[0].fields[1].type, 0);
    assert_int_equal(es_ledger_notes(ledger, &notes), 1);
    assert_int_equal(notes[0].severity, ES_SEVERITY_INFO);
    es_ledger_free(ledger);
}

/* ---- copies, taps, steps ---- */

static es_status count(void *context, const es_record *record, es_bytes frame)
{
    assert_int_equal(frame.size, (uint64_t)frame.data[0] + 4); /* short ones */
    assert_int_equal(frame.data[4], record->kind);
    ++*(int *)context;
    return ES_OK;
}

static void records_are_copied_and_shown_to_the_tap(void **state)
{
    char root[] = "\\Windows";
    es_record step = { .kind = ES_RECORD_STEP };
    es_ledger *ledger = NULL;
    int seen = 0;

    (void)state;
    assert_int_equal(es_ledger_new(count, &seen, &ledger), ES_OK);
    assert_int_equal(put_installation(ledger, 1, root), ES_OK);
    assert_int_equal(put_installation(ledger, 0, root), ES_CORRUPT);
    assert_int_equal(seen, 1);
    memset(root, 'x', sizeof root - 1);
    assert_string_equal(es_ledger_installation(ledger, 1)->system_root, "\\Windows");
    assert_int_equal(put_installation(ledger, 1, root), ES_OK); /* replaces */
    assert_string_equal(es_ledger_installation(ledger, 1)->system_root, "xxxxxxxx");
    for (int i = 0; i < 1000; i++) {
        step.step.doing = i < 999 ? "open" : "judge";
        assert_int_equal(es_ledger_put(ledger, &step), ES_OK);
    }
    assert_string_equal(es_ledger_last_step(ledger)->doing, "judge");
    assert_int_equal(seen, 1002);
    es_ledger_free(ledger);
}

/* What comes out of the cage is decoded into the ledger, and believed no more than what is put. */
static es_status take(es_ledger *ledger, const es_record *record, es_record *ret)
{
    es_buffer frame = es_buffer_make(UINT64_C(1) << 20);
    es_status status = es_wire_encode(record, &frame);

    assert_int_equal(status, ES_OK);
    status = es_ledger_take(ledger, (es_bytes){ frame.data + 4, frame.size - 4 }, ret);
    es_buffer_free(&frame); /* nothing of it is borrowed */
    return status;
}

static void records_that_are_taken_are_checked(void **state)
{
    es_datum fields[2] = { es_null(), es_null() };
    es_record record = fact(1, fields, "a"), made;
    es_record step = { .kind = ES_RECORD_STEP, .step = { 1, "build", "SOFTWARE", "examine" } };
    es_record note = { .kind = ES_RECORD_NOTE };
    es_ledger *ledger = NULL;
    const es_fact_record *facts = NULL;
    const es_note_record *notes = NULL;
    int seen = 0;

    (void)state;
    assert_int_equal(es_ledger_new(count, &seen, &ledger), ES_OK);
    assert_int_equal(take(ledger, &record, &made), ES_CORRUPT); /* of a plugin nobody declared */
    assert_int_equal(es_ledger_facts(ledger, &facts), 0);
    note.note.area = "hive";
    note.note.installation = 1;
    assert_int_equal(take(ledger, &note, &made), ES_CORRUPT); /* which was not announced */
    note.note.installation = 0;
    note.note.text = (es_text)ES_TEXT("torn");
    assert_int_equal(take(ledger, &note, &made), ES_OK);
    assert_int_equal(made.kind, ES_RECORD_NOTE);
    assert_int_equal(es_ledger_notes(ledger, &notes), 1);
    assert_memory_equal(notes[0].text.data, "torn", 4);
    assert_int_equal(take(ledger, &step, &made), ES_OK);
    assert_string_equal(es_ledger_last_step(ledger)->artefact, "SOFTWARE");
    assert_int_equal(es_ledger_take(ledger, (es_bytes){ NULL, 0 }, &made), ES_CORRUPT);
    assert_int_equal(seen, 0);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(take(ledger, &note, &made), ES_BUG);
    es_ledger_free(ledger);
}

static void large_and_invalid_text_is_kept_as_text(void **state)
{
    uint64_t size = 1 << 20;
    char *large = malloc(size);
    es_datum fields[2] = { es_null(), es_null() };
    es_ledger *ledger = prepared();
    const es_fact_record *facts;
    es_record record;

    (void)state;
    memset(large, 0xff, size);
    fields[0] = es_datum_text((es_text){ large, size });
    record = fact(1, fields, "a");
    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
    free(large);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(es_ledger_facts(ledger, &facts), 1);
    assert_int_equal(facts[0].fields[0].text.size, 3 * size);
    assert_true(es_text_is_utf8(facts[0].fields[0].text));
    es_ledger_free(ledger);
}

/* References chosen by whom they serve; the index must not become a list. */
static void many_facts_are_found_again(void **state)
{
    es_datum fields[2] = { es_datum_text(es_text_of("x")), es_null() };
    es_ledger *ledger = prepared();

    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        es_record record = fact(i << 32, fields, "a");

        record.fact.where.offset = (int64_t)(100000 - i);
        if (es_ledger_put(ledger, &record) != ES_OK)
            fail();
    }
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(es_ledger_fact_number(ledger, 0), 100000);
    assert_int_equal(es_ledger_fact_number(ledger, UINT64_C(99999) << 32), 1);
    assert_int_equal(es_ledger_fact_number(ledger, 1), 0);
    es_ledger_free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_must_fit_their_declaration),
        cmocka_unit_test(facts_are_said_again),
        cmocka_unit_test(repeats_must_fit),
        cmocka_unit_test(repeats_end_at_the_cap),
        cmocka_unit_test(verdicts_must_fit_their_declaration),
        cmocka_unit_test(declarations_are_checked),
        cmocka_unit_test(order_is_of_content_alone),
        cmocka_unit_test(rows_keep_their_order),
        cmocka_unit_test(a_note_is_kept_once),
        cmocka_unit_test(references_that_lead_nowhere_are_dropped),
        cmocka_unit_test(impossible_times_are_dropped_and_said),
        cmocka_unit_test(records_are_copied_and_shown_to_the_tap),
        cmocka_unit_test(records_that_are_taken_are_checked),
        cmocka_unit_test(large_and_invalid_text_is_kept_as_text),
        cmocka_unit_test(many_facts_are_found_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
