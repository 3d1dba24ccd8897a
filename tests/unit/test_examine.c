/* SPDX-License-Identifier: Apache-2.0
 *
 * test_examine.c: what the host hands to plugins and what it refuses: wants, patterns, boot files,
 * folders, plain files, places, judging, steps that are left out, plugins that fail.
 */
#include "probe_fixture.h"

static const es_need needs_machine[] = {
    { .size = sizeof(es_need), .states = ES_NEED_MACHINE, .type = "probe.seen" },
};

static void wants_are_met(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "system32/NTOSKRNL.EXE"),
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "System32/nt*.dll"),
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "System32/no-such.exe"),
        WANT(ES_KIND_HIVE, ES_SCOPE_DISK, "Boot/BCD"),
        WANT(ES_KIND_BOOT_ENTRY, ES_SCOPE_DISK, NULL),
        WANT(ES_KIND_EVENT_LOG, ES_SCOPE_SYSTEM_ROOT, "System32/no-such.evtx"),
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "System32/ntoskrnl.exe"),
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "{boot.loader}"),
    };
    es_plugin plugin = probe(wants, 8);
    machine m;

    (void)unused;
    machine_open(&m, "amd64-6003-consistent.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen[0], 1);
    assert_true(seen[1] >= 1);
    assert_int_equal(seen[2], 0);
    assert_int_equal(seen[3], 1);
    assert_int_equal(seen[4], 1);
    assert_int_equal(seen[5], 0);
    assert_int_equal(seen[6], 0); /* the same file as by the first want */
    assert_int_equal(seen[7], 1);
    assert_int_equal(judged, 1);
    assert_true(seen_by_judge >= 5);
    machine_close(&m);
}

static void boot_kernel_is_found(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "{boot.kernel}"),
    };
    es_plugin plugin = probe(wants, 1);
    machine m;

    (void)unused;
    machine_open(&m, "bcd-other-kernel.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen[0], 1);
    machine_close(&m);
}

/* RegBack has its hives alone; its machine's judge sees all states when it asks for them. */
static void states_of_a_machine(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, "System32/config/SOFTWARE"),
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "System32/ntoskrnl.exe"),
    };
    es_plugin plugin = probe(wants, 2);
    machine m;

    (void)unused;
    machine_open(&m, "demo.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen[0], 2);
    assert_int_equal(seen[1], 1);
    assert_int_equal(judged, 2);
    assert_int_equal(seen_by_judge, 3);
    machine_close(&m);

    plugin = probe(wants, 2);
    plugin.needs = needs_machine;
    machine_open(&m, "demo.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen_by_judge, 6);
    machine_close(&m);
}

/* ------------------------------------------------------------------ files and folders */

static es_status examine_files(void *state, const es_host *host, const es_artefact *artefact)
{
    uint8_t bytes[16];
    uint64_t got = 0;
    es_entry entry;
    bool kernel = false;
    const es_where *place = NULL;

    (void)state;
    seen[artefact->want]++;
    if (artefact->kind == ES_KIND_LISTING) {
        while (host->entry_next(host, artefact, &entry) == ES_OK)
            kernel |= es_text_equal(entry.name, es_text_of("ntoskrnl.exe"));
        assert_true(kernel);
        assert_int_equal(host->entry_next(host, artefact, &entry), ES_END);
        return ES_OK;
    }
    assert_int_equal(host->file_read(host, artefact, 0, bytes, sizeof bytes, &got), ES_OK);
    assert_int_equal(got, sizeof bytes);
    assert_memory_equal(bytes, "MZ", 2);
    assert_int_equal(host->place(host, artefact->where, 2, 14, &place), ES_OK);
    assert_int_equal(place->offset, 2);
    assert_int_equal(place->length, 14);
    assert_int_equal(host->place(host, artefact->where, artefact->file_size, 1, &place), ES_LIMIT);
    assert_int_equal(host->file_read(host, artefact, artefact->file_size, bytes, 1, &got), ES_END);
    return ES_OK;
}

static void files_and_folders(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_LISTING, ES_SCOPE_SYSTEM_ROOT, "System32"),
        WANT(ES_KIND_FILE, ES_SCOPE_VOLUME, "Windows/System32/ntoskrnl.exe"),
    };
    es_plugin plugin = probe(wants, 2);
    machine m;

    (void)unused;
    plugin.examine = examine_files;
    machine_open(&m, "amd64-6003-consistent.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen[0], 1);
    assert_int_equal(seen[1], 1);
    machine_close(&m);
}

/* ------------------------------------------------------------------ failing */

static es_status examine_badly(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state, (void)host, (void)artefact;
    return ES_CORRUPT;
}

static void a_plugin_that_fails(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "System32/ntoskrnl.exe"),
    };
    es_plugin plugin = probe(wants, 1);
    machine m;

    (void)unused;
    plugin.examine = examine_badly;
    machine_open(&m, "amd64-6003-consistent.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(notes_with(m.ledger, "did not finish examine"), 1);
    assert_int_equal(judged, 1);
    machine_close(&m);
}

static void a_step_left_out(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "System32/ntoskrnl.exe"),
        WANT(ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, "System32/hal.dll"),
    };
    static const es_skip skips[] = {
        { 1, "probe", "Windows/System32/ntoskrnl.exe", "examine" },
    };
    es_plugin plugin = probe(wants, 2);
    machine m;

    (void)unused;
    machine_open(&m, "amd64-6003-consistent.raw");
    machine_run(&m, &plugin, skips, 1);
    assert_int_equal(seen[0], 0);
    assert_int_equal(seen[1], 1);
    assert_int_equal(notes_with(m.ledger, "had stopped the analysis"), 1);
    assert_true(es_ledger_has_gaps(m.ledger));
    machine_close(&m);
}

/* What is asked for and must be there, and is not, is said. */
static void a_required_file_is_missing(void **unused)
{
    static const es_want wants[] = {
        { .size = sizeof(es_want), .kind = ES_KIND_FILE, .scope = ES_SCOPE_SYSTEM_ROOT,
          .flags = ES_WANT_REQUIRED, .path = "System32/no-such-file", .means = "the test" },
    };
    es_plugin plugin = probe(wants, 1);
    machine m;

    (void)unused;
    machine_open(&m, "amd64-6003-consistent.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(notes_with(m.ledger, "no-such-file is not there"), 1);
    machine_close(&m);
}

/* ------------------------------------------------------------------ more than a ledger takes */

static unsigned n_emitted;

static es_status examine_without_end(void *state, const es_host *host, const es_artefact *artefact)
{
    static char room[1 << 20];
    es_datum text = es_datum_text((es_text){ room, sizeof room });
    es_fact fact = { .size = sizeof fact, .fields = &text, .where = artefact->where };
    es_status status = ES_OK;

    (void)state;
    memset(room, 'x', sizeof room);
    while (status == ES_OK && n_emitted < 2048) {
        status = host->emit(host, &fact, NULL);
        n_emitted += status == ES_OK;
    }
    return status;
}

static es_status judge_still(void *state, const es_host *host, const es_installation *installation,
                             const es_question *question)
{
    es_text because = ES_TEXT("It was seen.");
    es_verdict verdict = { .size = sizeof verdict, .explanation = &because };

    (void)state, (void)installation, (void)question;
    judged++;
    return host->verdict(host, &verdict);
}

/* The scan goes on: what was told stays, a note says that it is not all, verdicts have room. */
static void a_full_ledger_ends_no_scan(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_FILE, ES_SCOPE_SYSTEM_ROOT, "System32/hal.dll"),
        WANT(ES_KIND_FILE, ES_SCOPE_SYSTEM_ROOT, "System32/ntoskrnl.exe"),
    };
    es_plugin plugin = probe(wants, 2);
    machine m;

    (void)unused;
    plugin.examine = examine_without_end;
    plugin.judge = judge_still;
    n_emitted = 0;
    machine_open(&m, "amd64-6003-consistent.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_in_range(n_emitted, 300, 512);
    assert_int_equal(notes_with(m.ledger, "a limit was reached"), 2);
    assert_int_equal(judged, 1);
    machine_close(&m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wants_are_met),
        cmocka_unit_test(boot_kernel_is_found),
        cmocka_unit_test(states_of_a_machine),
        cmocka_unit_test(files_and_folders),
        cmocka_unit_test(a_plugin_that_fails),
        cmocka_unit_test(a_step_left_out),
        cmocka_unit_test(a_required_file_is_missing),
        cmocka_unit_test(a_full_ledger_ends_no_scan),
    };

    if (argc < 3)
        return 77;
    disks = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
