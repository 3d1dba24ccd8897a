/* SPDX-License-Identifier: Apache-2.0
 *
 * test_examine.c: what the host hands to plugins and what it refuses: wants, patterns, boot files,
 * folders, plain files, places, judging, steps that are left out, plugins that fail.
 */
#include "host_fixture.h"

#include "disk/snapshot.h"

static const es_field fields[] = {
    { .size = sizeof(es_field), .type = ES_FIELD_TEXT, .name = "text", .means = "a path" },
};
static const es_fact_type facts[] = {
    { .size = sizeof(es_fact_type), .name = "probe.seen", .summary = "an artefact of the test",
      .fields = fields, .n_fields = 1 },
};
static const char *const answers[] = { "yes", "unknown" };
static const es_verdict_type verdicts[] = {
    { .size = sizeof(es_verdict_type), .name = "probe", .summary = "the test's",
      .answers = answers, .n_answers = 2 },
};
static const es_need needs_own[] = {
    { .size = sizeof(es_need), .states = ES_NEED_OWN, .type = "probe.seen" },
};
static const es_need needs_machine[] = {
    { .size = sizeof(es_need), .states = ES_NEED_MACHINE, .type = "probe.seen" },
};

#define WANT(want_kind, want_scope, want_path)                                                     \
    { .size = sizeof(es_want), .kind = (want_kind), .scope = (want_scope), .path = (want_path),    \
      .means = "the test" }

static unsigned seen[8];
static unsigned judged, seen_by_judge;

static void emit(const es_host *host, const es_artefact *artefact)
{
    es_datum text = es_datum_text(artefact->path);
    es_fact fact = { .size = sizeof fact, .fields = &text, .where = artefact->where };

    assert_int_equal(host->emit(host, &fact, NULL), ES_OK);
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state;
    assert_true(artefact->want < 8);
    seen[artefact->want]++;
    emit(host, artefact);
    return ES_OK;
}

static es_status judge(void *state, const es_host *host, const es_installation *installation,
                       const es_question *question)
{
    es_text because = ES_TEXT("It was seen.");
    es_verdict verdict = { .size = sizeof verdict, .explanation = &because };
    uint64_t cursor = 0, references[64], n = 0;
    es_fact_view view;

    (void)state, (void)installation;
    assert_non_null(question);
    while (host->fact_next(host, es_text_of("probe.seen"), &cursor, &view) == ES_OK) {
        assert_true(n < 64);
        references[n++] = view.reference;
        assert_true(view.path.size > 0);
    }
    seen_by_judge += (unsigned)n;
    judged++;
    assert_int_equal(host->fact_next(host, es_text_of("hive.state"), &cursor, &view), ES_BUG);
    verdict.because = references;
    verdict.n_because = (uint32_t)n;
    return host->verdict(host, &verdict);
}

static es_plugin probe(const es_want *wants, uint32_t n_wants)
{
    memset(seen, 0, sizeof seen);
    judged = seen_by_judge = 0;
    return (es_plugin){ .abi = ES_ABI, .size = sizeof(es_plugin), .name = "probe", .version = "1",
                        .summary = "the test's", .wants = wants, .n_wants = n_wants,
                        .facts = facts, .n_facts = 1, .verdicts = verdicts, .n_verdicts = 1,
                        .needs = needs_own, .n_needs = 1, .examine = examine, .judge = judge };
}

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

/* ------------------------------------------------------------------ shortcuts */

#define RECENT "Users/Administrator/AppData/Roaming/Microsoft/Windows/Recent"

/* Tells one of them. */
static es_status examine_shortcuts(void *state, const es_host *host, const es_artefact *artefact)
{
    const es_shortcut *shortcut;
    const es_shell_item *items;
    const es_where *place;
    uint32_t n;
    es_status status;

    (void)state;
    while ((status = host->shortcut_next(host, artefact, &shortcut)) == ES_OK) {
        es_datum text = es_datum_text(shortcut->local_path);
        es_fact fact = { .size = sizeof fact, .fields = &text, .where = shortcut->where };

        seen[artefact->want]++;
        assert_true(es_time_known(shortcut->created) && es_time_known(shortcut->modified));
        assert_int_equal(host->place(host, shortcut->where, 0, 76, &place), ES_OK);
        assert_int_equal(host->place(host, shortcut->where, 0, 1 << 20, &place), ES_LIMIT);
        if (shortcut->volume_serial != 0x1A2B3C4D || !shortcut->machine.size)
            continue;
        assert_int_equal(host->shell_items(host, shortcut->items, &items, &n), ES_OK);
        assert_int_equal(n, 4);
        assert_int_equal(items[1].kind, ES_ITEM_VOLUME);
        assert_int_equal(host->emit(host, &fact, NULL), ES_OK);
    }
    assert_int_equal(status, ES_END);
    assert_int_equal(host->shortcut_next(host, artefact, &shortcut), ES_END);
    return ES_OK;
}

static unsigned files_named(const machine *m, const char *end)
{
    const es_artefact_record *files;
    size_t n = es_ledger_artefacts(m->ledger, &files);
    unsigned found = 0;

    for (size_t i = 0; i < n; i++) {
        size_t size = strlen(files[i].path), after = strlen(end);

        found += size >= after && !strcmp(files[i].path + size - after, end);
        if (size >= after && !strcmp(files[i].path + size - after, end))
            assert_true(files[i].mft_entry != 0 && files[i].size > 76);
    }
    return found;
}

/* Bad ones are noted and passed over; one is an artefact when something is said of it. */
static void shortcuts_of_a_folder(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_SHORTCUTS, ES_SCOPE_VOLUME, "Users/*/AppData/Roaming/Microsoft/Windows/Recent"),
        WANT(ES_KIND_SHORTCUTS, ES_SCOPE_VOLUME, "Users/*/Desktop"),
        WANT(ES_KIND_SHORTCUTS, ES_SCOPE_VOLUME, "Users/*/no-such-folder"),
    };
    static const es_skip skips[] = {
        { 1, "probe", RECENT "/Payroll 2021.lnk", "look into" },
    };
    es_plugin plugin = probe(wants, 3);
    machine m;

    (void)unused;
    plugin.examine = examine_shortcuts;
    machine_open(&m, "media-saturday.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen[0], 5);
    assert_int_equal(seen[1], 1);
    assert_int_equal(seen[2], 0);
    assert_int_equal(notes_with(m.ledger, "broken.lnk is no shortcut"), 1);
    assert_int_equal(notes_with(m.ledger, "notes.lnk is damaged: a part"), 1);
    assert_int_equal(files_named(&m, "/Payroll 2021.lnk"), 1);
    assert_int_equal(files_named(&m, "/notes.lnk"), 1);
    assert_int_equal(files_named(&m, "/setup.lnk"), 0);
    machine_close(&m);

    plugin = probe(wants, 3);
    plugin.examine = examine_shortcuts;
    machine_open(&m, "media-saturday.raw");
    machine_run(&m, &plugin, skips, 1);
    assert_int_equal(seen[0], 4);
    assert_int_equal(notes_with(m.ledger, "Payroll 2021.lnk was left out"), 1);
    machine_close(&m);
}

/* Set a bit of an MFT record's data, or of every $FILE_NAME of a name; on the media, from now on. */
#define ENCRYPTED 0x4000u
#define REPARSE 0x400u
static unsigned set_bits(machine *m, const char *name, uint16_t bits)
{
    uint8_t block[4096], wide[64];
    size_t size = 2 * strlen(name);
    unsigned n = 0;

    for (size_t i = 0; i < size; i++)
        wide[i] = i % 2 ? 0 : (uint8_t)name[i / 2];
    for (uint64_t at = 0; at < es_source_size(m->source); at += sizeof block) {
        unsigned found = 0;
        bool damaged = false;

        if (es_source_read(m->source, at, block, sizeof block, &damaged) != ES_OK ||
            (memcmp(block, "FILE", 4) != 0 && memcmp(block, "INDX", 4) != 0))
            continue;
        for (size_t i = 64; i + size <= sizeof block; i++) {
            size_t flags = i - 10, record = i / 1024 * 1024;

            if (memcmp(block + i, wide, size) != 0 || block[i - 2] != size / 2)
                continue;
            if (bits == ENCRYPTED) {
                if (memcmp(block + record, "FILE", 4) != 0)
                    continue;
                flags = record + block[record + 20];
                while (block[flags] < 0x80)
                    flags += block[flags + 4] + 256u * block[flags + 5];
                if (block[flags] != 0x80)
                    continue; /* its folder */
                flags += 12;
            }
            block[flags] |= (uint8_t)bits;
            block[flags + 1] |= (uint8_t)(bits >> 8);
            found++;
        }
        if (found)
            assert_int_equal(es_source_overlay(m->source, at, (es_bytes){ block, sizeof block }),
                             ES_OK);
        n += found;
    }
    return n;
}

/* What cannot be read of a good shortcut does not make it a bad one, nor silent. */
static void shortcuts_kept_otherwise(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_SHORTCUTS, ES_SCOPE_VOLUME, "Users/*/AppData/Roaming/Microsoft/Windows/Recent"),
    };
    es_plugin plugin = probe(wants, 1);
    machine m;

    (void)unused;
    plugin.examine = examine_shortcuts;
    machine_open(&m, "media-saturday.raw");
    assert_true(set_bits(&m, "setup.lnk", ENCRYPTED) >= 1);
    assert_true(set_bits(&m, "broken.lnk", REPARSE) >= 2); /* its record, and the folder's index */
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen[0], 4);
    assert_int_equal(notes_with(m.ledger, "setup.lnk is encrypted, or its content is kept"), 1);
    assert_int_equal(notes_with(m.ledger, "broken.lnk is no shortcut"), 1);
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

/* ------------------------------------------------------------------ what a shadow copy repeats */

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
        cmocka_unit_test(a_full_ledger_ends_no_scan),
        cmocka_unit_test(wants_are_met),
        cmocka_unit_test(boot_kernel_is_found),
        cmocka_unit_test(states_of_a_machine),
        cmocka_unit_test(files_and_folders),
        cmocka_unit_test(shortcuts_of_a_folder), cmocka_unit_test(shortcuts_kept_otherwise),
        cmocka_unit_test(a_plugin_that_fails),
        cmocka_unit_test(a_step_left_out),
        cmocka_unit_test(a_required_file_is_missing),
    };

    if (argc < 3)
        return 77;
    disks = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
