/* SPDX-License-Identifier: Apache-2.0
 *
 * test_earlier.c: what a shadow copy holds just as a later state does is told again, not read again.
 */
#include "probe_fixture.h"

#include "disk/snapshot.h"

static es_status examine_and_note(void *state, const es_host *host, const es_artefact *artefact)
{
    es_status status = examine(state, host, artefact);

    return status ? status : host->note(host, 0, es_text_of("seen by the test"), artefact->where);
}

/* The shadow copies of a disk as states, newest first, as a scan has them. */
static es_snapshots *open_snapshots(machine *m)
{
    es_snapshots *set = NULL;

    assert_int_equal(es_snapshots_open(m->source, es_volumes_at(m->volumes, 0), false,
                                       ignore_volume_note, NULL, &set), ES_OK);
    for (size_t i = es_snapshots_count(set); i-- > 0;) {
        const es_snapshot *snapshot = es_snapshots_at(set, i);
        es_fs *fs = NULL;
        es_note note;

        assert_int_equal(es_snapshots_fs(set, i, &fs, &note), ES_OK);
        assert_int_equal(es_states_find_snapshot(m->states, fs, snapshot->created,
                                                 ignore_volume_note, NULL), ES_OK);
    }
    return set;
}

/* The log is the same in all three states, the kernel that of the first is another; a want that
 * does not say so is handed each. What is repeated is of its own state and place. */
static void unchanged_files_are_repeated(void **unused)
{
    static const es_want wants[] = {
        { sizeof(es_want), ES_KIND_TEXT_LOG, ES_SCOPE_SYSTEM_ROOT, ES_WANT_ALONE,
          "Logs/CBS/CBS.log", "the test" },
        { sizeof(es_want), ES_KIND_FILE, ES_SCOPE_SYSTEM_ROOT, ES_WANT_ALONE,
          "System32/ntoskrnl.exe", "the test" },
        { sizeof(es_want), ES_KIND_FILE, ES_SCOPE_SYSTEM_ROOT, 0, "System32/hal.dll", "the test" },
    };
    es_plugin plugin = probe(wants, 3);
    const es_fact_record *found;
    unsigned of_state[4] = { 0 };
    es_snapshots *set;
    machine m;
    size_t n;

    (void)unused;
    plugin.examine = examine_and_note;
    machine_open(&m, "snapshots-6002-6003.raw");
    set = open_snapshots(&m);
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen[0], 1);
    assert_int_equal(seen[1], 2);
    assert_int_equal(seen[2], 3);
    assert_int_equal(notes_with(m.ledger, "seen by the test"), 9);
    n = es_ledger_facts(m.ledger, &found);
    for (size_t i = 0; i < n; i++) {
        const es_artefact_record *artefact = es_ledger_artefact(m.ledger, found[i].where.artefact);

        if (strcmp(found[i].plugin, "probe"))
            continue;
        assert_in_range(found[i].installation, 1, 3);
        of_state[found[i].installation]++;
        assert_non_null(artefact);
        assert_int_equal(artefact->snapshot, found[i].installation == 1   ? -1
                                             : found[i].installation == 2 ? 2
                                                                          : 1);
        assert_int_equal(found[i].where.snapshot, found[i].installation == 1 ? 0
                                                                             : artefact->snapshot);
    }
    for (uint32_t i = 1; i <= 3; i++)
        assert_int_equal(of_state[i], 3);
    machine_close(&m);
    es_snapshots_free(set);
}

static unsigned handed_out;
static bool note_at_end;

static es_status examine_events(void *state, const es_host *host, const es_artefact *log)
{
    es_event event;
    es_event_span span;
    es_status status;

    (void)state;
    for (;;) {
        es_datum text = es_datum_text(log->path);
        es_fact fact = { .size = sizeof fact, .fields = &text };

        status = host->event_next(host, log, &event);
        if (status != ES_OK)
            break;
        handed_out++;
        fact.where = event.where;
        assert_int_equal(host->emit(host, &fact, NULL), ES_OK);
        if (event.record == 7)
            assert_int_equal(host->note(host, 1, es_text_of("the seventh"), event.where), ES_OK);
    }
    if (note_at_end)
        assert_int_equal(host->note(host, 1, es_text_of("not all"), log->where), ES_OK);
    assert_int_equal(host->event_span(host, log, &span), ES_OK);
    assert_int_equal(span.first_record, 1);
    assert_int_equal(span.n_records, span.last_record);
    seen[log->want] += (unsigned)span.n_records;
    return status == ES_END ? ES_OK : status;
}

/* A log that grew by chunks: those that did not change are read once, and told of in each state. */
static void growing_log(unsigned of_state[4])
{
    static const es_want wants[] = {
        { sizeof(es_want), ES_KIND_EVENT_LOG, ES_SCOPE_SYSTEM_ROOT,
          ES_WANT_ALONE | ES_WANT_BY_RECORD, "System32/winevt/Logs/System.evtx", "the test" },
    };
    es_plugin plugin = probe(wants, 1);
    const es_fact_record *found;
    es_snapshots *set;
    machine m;
    size_t n;

    memset(of_state, 0, 4 * sizeof *of_state);
    plugin.examine = examine_events;
    plugin.judge = NULL;
    plugin.n_verdicts = plugin.n_needs = 0;
    handed_out = 0;
    machine_open(&m, "snapshots-growing-log.raw");
    set = open_snapshots(&m);
    machine_run(&m, &plugin, NULL, 0);
    n = es_ledger_facts(m.ledger, &found);
    for (size_t i = 0; i < n; i++) {
        const es_artefact_record *artefact = es_ledger_artefact(m.ledger, found[i].where.artefact);

        if (strcmp(found[i].plugin, "probe"))
            continue;
        of_state[found[i].installation]++;
        assert_int_equal(artefact->snapshot, found[i].installation == 1   ? -1
                                             : found[i].installation == 2 ? 2
                                                                          : 1);
    }
    /* as many as there are in five, three and two chunks */
    assert_int_equal(of_state[1] + of_state[2] + of_state[3], seen[0]);
    assert_true(of_state[1] > of_state[2] && of_state[2] > of_state[3]);
    assert_int_equal(notes_with(m.ledger, "the seventh"), 3);
    machine_close(&m);
    es_snapshots_free(set);
}

static void unchanged_chunks_are_repeated(void **unused)
{
    unsigned of_state[4];

    (void)unused;
    note_at_end = false;
    growing_log(of_state);
    assert_in_range(handed_out, of_state[1], of_state[1] + of_state[2] / 2);
}

/* A plugin that notes something of the whole log may have left out some of it. */
static void a_log_with_a_remark_is_read_anew(void **unused)
{
    unsigned of_state[4];

    (void)unused;
    note_at_end = true;
    growing_log(of_state);
    assert_int_equal(handed_out, of_state[1] + of_state[2] + of_state[3]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unchanged_files_are_repeated),
        cmocka_unit_test(unchanged_chunks_are_repeated),
        cmocka_unit_test(a_log_with_a_remark_is_read_anew),
    };

    if (argc < 3)
        return 77;
    disks = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
