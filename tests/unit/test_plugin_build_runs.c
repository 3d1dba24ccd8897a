/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_build_runs.c: boot records in the build verdict: every row of the second table at
 * the top of plugins/build/judge.c, the last boot, and the interval of the change to 6003.
 *
 * A stand-in for the history plugin turns lines of a file, "kind build revision days", into its
 * facts; -1 is null, days count from 2019-01-01.
 */
#include "test_plugin_build.h"

#define DAY (INT64_C(86400) * ES_TICKS_PER_SECOND)
#define ORIGIN INT64_C(131907744000000000) /* 2019-01-01 */

/* ------------------------------------------------------------------ the stand-in */

static const es_want wants[] = {
    { sizeof(es_want), ES_KIND_FILE, ES_SCOPE_SYSTEM_ROOT, 0, "boots", "boot records" },
};
static const es_field boot_fields[] = {
    { sizeof(es_field), ES_FIELD_TEXT, "kind", "" },
    { sizeof(es_field), ES_FIELD_INTEGER, "build", "" },
    { sizeof(es_field), ES_FIELD_INTEGER, "revision", "" },
    { sizeof(es_field), ES_FIELD_INTEGER, "uptime", "" },
};
static const es_field update_fields[] = {
    { sizeof(es_field), ES_FIELD_TEXT, "kb", "" },
    { sizeof(es_field), ES_FIELD_TEXT, "result", "" },
};
static const es_fact_type facts[] = {
    { sizeof(es_fact_type), ES_COUNT(boot_fields), "history.boot", "", boot_fields, "recorded" },
    { sizeof(es_fact_type), ES_COUNT(update_fields), "history.update", "", update_fields,
      "recorded" },
    { sizeof(es_fact_type), ES_COUNT(boot_fields), "history.crash", "", boot_fields, "recorded" },
};

static es_datum number(int value)
{
    return value < 0 ? es_null() : es_datum_integer(value);
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    char text[1024] = "";
    uint64_t size = 0;
    es_status status = host->file_read(host, artefact, 0, text, sizeof text - 1, &size);

    (void)state;
    for (char *line = strtok(text, "\n"); line && status == ES_OK; line = strtok(NULL, "\n")) {
        char kind[32];
        int build, revision, days;
        es_datum fields[4];
        es_fact fact = { sizeof fact, 0, fields, { 0, ES_TIME_SECOND, 0 }, artefact->where };

        assert_int_equal(sscanf(line, "%31s %d %d %d", kind, &build, &revision, &days), 4);
        fact.time.ticks = ORIGIN + days * DAY;
        fields[0] = es_datum_text(es_text_of(kind));
        fields[1] = number(build);
        fields[2] = number(revision);
        fields[3] = strcmp(kind, "uptime") ? es_null() : es_datum_integer(3600);
        if (!strcmp(kind, "dump"))
            fact.type = 2;
        if (!strncmp(kind, "KB", 2)) {
            fact.type = 1;
            fields[1] = es_datum_text(es_text_of("installed"));
        }
        status = host->emit(host, &fact, NULL);
    }
    return status;
}

static const es_plugin history = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "history", .version = "1", .summary = "",
    .wants = wants, .facts = facts, .n_wants = 1, .n_facts = ES_COUNT(facts),
    .examine = examine,
};

static fake_host *make_with(const char *boots)
{
    fake_host *fake = make();

    fake_plugin(fake, &history);
    if (boots)
        fake_file(fake, "Windows/boots", boots, strlen(boots));
    return fake;
}

/* ------------------------------------------------------------------ the table */

#define B6002 "version 6002 -1 80\nstart -1 -1 80\n"
#define B6003 "version 6002 -1 80\nversion 6003 -1 110\nstart -1 -1 110\n"

static const struct {
    const char *kernel, *number, *lab, *current, *boots;
    int owed;
    const char *answer, *status, *booted;
} table[] = {
    { V6003, "6003", LAB6003, "6003", B6003, NOTHING, "6003", "consistent", "6003" },
    { V6003, "6003", LAB6003, "6002", B6003, NOTHING, "6003", "lagging", "6003" },
    { V6002, "6002", LAB6002, "6002", B6002, NOTHING, "6002", "consistent", "6002" },
    { V6003, "6002", LAB6002, "6002", B6002, NOTHING, "6003", "pending", "6002" },
    { V6003, "6002", LAB6002, "6002", B6002, RESTART, "6003", "pending", "6002" },
    { V6003, "6002", LAB6002, "6002", B6002, KERNEL_OP, "6003", "pending", "6002" },
    { V6003, "6003", LAB6003, "6003", B6002, NOTHING, "6003", "pending", "6002" },
    { V6003, "6003", LAB6003, "6002", B6002, NOTHING, "6003", "pending", "6002" },
    { V6003, "6002", LAB6002, "6002", B6003, NOTHING, "6003", "conflict", "6003" },
    { V6003, "6002", LAB6002, "6002", B6003, RESTART, "6003", "conflict", "6003" },
    { V6003, "6002", LAB6002, "6002", B6003, KERNEL_OP, "6003", "pending", "6003" },
    { V6002, "6002", LAB6002, "6002", B6003, NOTHING, "6002", "conflict", "6003" },
    { V6002, "6003", LAB6003, "6003", B6003, RESTART, "6002", "conflict", "6003" },
    { V6002, "6003", LAB6003, "6003", B6003, RENAME_KERNEL, "6002", "pending", "6003" },
    { V6002, "6002", LAB6002, "6002", B6003, KERNEL_OP, "6002", "pending", "6003" },
    { NULL, "6003", LAB6003, "6003", B6003, NOTHING, "6003", "insufficient", "6003" },
    { NULL, "6002", LAB6002, "6002", B6003, NOTHING, "6003", "conflict", "6003" },
    { NULL, NULL, NULL, NULL, B6003, NOTHING, "6003", "insufficient", "6003" },
    { NULL, "6003", LAB6003, "6002", B6003, NOTHING, "6003", "insufficient", "6003" },
};

static void test_table(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(table); i++) {
        fake_host *fake = make_with(table[i].boots);

        software(fake, table[i].number, table[i].lab, table[i].current);
        if (table[i].kernel)
            kernel(fake, table[i].kernel);
        owe(fake, table[i].owed);
        run(fake);
        if (strcmp(fake_answer(fake, 1, "build"), table[i].answer) ||
            strcmp(fake_verdict_text(fake, 1, "build", "status"), table[i].status) ||
            strcmp(fake_verdict_text(fake, 1, "build", "last_booted.build"), table[i].booted))
            fail_msg("row %u: %s %s, expected %s %s: %s", (unsigned)i,
                     fake_answer(fake, 1, "build"), fake_verdict_text(fake, 1, "build", "status"),
                     table[i].answer, table[i].status, fake_explanation(fake, 1, "build"));
        expect(fake, 1, table[i].answer, table[i].status);
        assert_false(is_missing(fake, 1, "System.evtx"));
        fake_host_free(fake);
    }
}

/* ------------------------------------------------------------------ the last boot */

static fake_host *at_6003(const char *boots)
{
    fake_host *fake = make_with(boots);

    software(fake, "6003", LAB6003, "6003");
    kernel(fake, V6003);
    return fake;
}

static fake_host *consistent(const char *boots)
{
    fake_host *fake = at_6003(boots);

    run(fake);
    return fake;
}

static int64_t days_of(fake_host *fake, const char *field)
{
    const es_datum *datum = fake_verdict_field(fake, 1, "build", field);

    return datum->type == ES_FIELD_TIME ? (datum->time.ticks - ORIGIN) / DAY : -1;
}

static void test_last_boot(void **state)
{
    fake_host *fake = consistent("start 6003 20489 120\nversion 6003 -1 120\nstart -1 -1 120\n");

    (void)state;
    assert_int_equal(days_of(fake, "last_booted.time"), 120);
    assert_int_equal(fake_verdict_field(fake, 1, "build", "last_booted.because")->n, 1);
    expect_said(fake, "(revision 20489)");
    fake_host_free(fake);

    /* an older revision ran last: remarked on */
    fake = consistent("start 6003 20001 120\n");
    expect(fake, 1, "6003", "consistent");
    expect_said(fake, "Its revision is not the kernel's");
    fake_host_free(fake);

    /* the daily record tells too, and when the start was */
    fake = consistent("version 6002 -1 80\nuptime 6003 -1 120\n");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "last_booted.build"), "6003");
    assert_int_equal(days_of(fake, "last_booted.time"), 119);
    fake_host_free(fake);

    /* a start whose record of the version is lost */
    fake = consistent("version 6002 -1 80\nstart -1 -1 80\nstart -1 -1 120\n");
    assert_int_equal(fake_verdict_field(fake, 1, "build", "last_booted.build")->type, 0);
    expect(fake, 1, "6003", "consistent");
    assert_true(is_missing(fake, 1, "the last start does not state its build"));
    fake_host_free(fake);

    fake = consistent("stop -1 -1 80\n");
    assert_int_equal(fake_verdict_field(fake, 1, "build", "last_booted.build")->type, 0);
    expect_said(fake, "Which build last ran is not known");
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ the change */

static void test_turned(void **state)
{
    fake_host *fake = consistent("version 6002 -1 80\nuptime 6002 -1 99\nKB4493471 -1 -1 99\n"
                                 "KB4012598 -1 -1 99\nversion 6003 -1 100\nversion 6003 -1 120\n");

    (void)state;
    assert_int_equal(days_of(fake, "turned_6003.not_before"), 99);
    assert_int_equal(days_of(fake, "turned_6003.not_after"), 100);
    assert_string_equal(fake_verdict_text(fake, 1, "build", "turned_6003.update"), "KB4493471");
    assert_int_equal(fake_verdict_field(fake, 1, "build", "turned_6003.because")->n, 3);
    fake_host_free(fake);

    /* back to 6002 in between */
    fake = consistent("version 6002 -1 80\nversion 6003 -1 100\nversion 6002 -1 105\n"
                      "version 6003 -1 120\n");
    assert_int_equal(days_of(fake, "turned_6003.not_before"), 80);
    assert_int_equal(days_of(fake, "turned_6003.not_after"), 100);
    assert_int_equal(fake_verdict_field(fake, 1, "build", "turned_6003.update")->type, 0);
    expect_said(fake, "An earlier build ran again");
    fake_host_free(fake);

    /* the log begins at 6003, and does not reach back to setup */
    fake = consistent("version 6003 -1 100\n");
    assert_int_equal(days_of(fake, "turned_6003.not_before"), -1);
    assert_int_equal(days_of(fake, "turned_6003.not_after"), 100);
    assert_int_equal(fake_verdict_field(fake, 1, "build", "turned_6003.update")->type, 0);
    fake_host_free(fake);
}

static void test_installed_as(void **state)
{
    fake_host *fake = make_with("version 6003 -1 100\n");

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    fake_number(fake, "SOFTWARE", NT, "InstallDate", 1546300800u + 100u * 86400u - 3600u);
    kernel(fake, V6003);
    run(fake);
    assert_string_equal(fake_verdict_text(fake, 1, "build", "turned_6003.update"),
                        "installed-as-6003");
    fake_host_free(fake);
}

/* One build of the history: its words, and the days of its first and last sighting. */
static void expect_seen(const fake_host *fake, uint32_t index, const char *build, int first,
                        const char *first_by, int last, const char *last_by, int ran, int n)
{
#define OF(name) fake_row_field(fake, 1, "history", index, name)
    assert_string_equal(OF("build")->text.data, build);
    assert_int_equal((OF("first")->time.ticks - ORIGIN) / DAY, first);
    assert_string_equal(OF("first_by")->text.data, first_by);
    assert_int_equal((OF("last")->time.ticks - ORIGIN) / DAY, last);
    assert_string_equal(OF("last_by")->text.data, last_by);
    assert_int_equal(OF("ran")->integer, ran);
    assert_int_equal(OF("sightings")->integer, n);
    assert_int_equal(OF("because")->n, first == last ? 1 : 2);
#undef OF
}

/* A backup of 6002, a setup log that began at 6002, starts, a dump of a build that nothing else
 * knows, and what does not count: an impossible time, a record without a build, a stop. */
static void test_history(void **state)
{
    fake_host *fake = make_with("boot-session 6002 -1 10\nversion 6002 -1 80\nstart -1 -1 81\n"
                                "version 6003 -1 110\nuptime 6003 -1 130\ndump 6001 -1 5\n"
                                "stop -1 -1 140\n");

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    kernel(fake, V6003);
    fake_state(fake, ES_ROLE_REGBACK, ORIGIN + 90 * DAY);
    software(fake, "6002", LAB6002, "6002");
    run(fake);
    assert_int_equal(fake_n_rows(fake, 1, "history"), 3);
    assert_int_equal(fake_n_rows(fake, 2, "history"), 0); /* the machine's is told once */
    expect_seen(fake, 0, "6001", 5, "crash dump", 5, "crash dump", 1, 1);
    /* the fake host's keys are all written on day 106 */
    expect_seen(fake, 1, "6002", 10, "setup log", 106, "registry", 1, 4);
    expect_seen(fake, 2, "6003", 106, "registry", 130, "event log", 1, 3);
    /* a dump and a setup log bound the change, and do not say what last ran */
    assert_string_equal(fake_verdict_text(fake, 1, "build", "last_booted.build"), "6003");
    assert_int_equal(days_of(fake, "turned_6003.not_before"), 90);
    fake_host_free(fake);

    fake = consistent("dump 6003 -1 100\n");
    assert_int_equal(days_of(fake, "turned_6003.not_after"), 100);
    assert_int_equal(fake_verdict_field(fake, 1, "build", "last_booted.build")->type, 0);
    fake_host_free(fake);
}

/* A state whose sources contradict each other is no sighting of either build. */
static void test_history_conflict(void **state)
{
    fake_host *fake = make_with(NULL);

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    kernel(fake, V6002);
    run(fake);
    assert_string_equal(fake_verdict_text(fake, 1, "build", "status"), "conflict");
    assert_int_equal(fake_n_rows(fake, 1, "history"), 0);
    fake_host_free(fake);
}

/* What the build was on a day, and a word of why. */
static void expect_on(fake_host *fake, int days, const char *answer, const char *status,
                      const char *said)
{
    fake_ask_as_of(fake, ORIGIN + days * DAY);
    run(fake);
    assert_string_equal(fake_answer(fake, 1, "build"), answer);
    assert_string_equal(fake_verdict_text(fake, 1, "build", "status"), status);
    expect_said(fake, said);
    fake_host_free(fake);
}

/* The fake host's keys are all written on day 106. */
static fake_host *with_copy(const char *boots)
{
    fake_host *fake = at_6003(boots);

    fake_state(fake, ES_ROLE_SNAPSHOT, ORIGIN + 90 * DAY);
    software(fake, "6002", LAB6002, "6002");
    kernel(fake, V6002);
    return fake;
}

static void test_then(void **state)
{
    (void)state;
    /* the shadow copy decides, from its day on, until something else was seen */
    expect_on(with_copy(NULL), 95, "6002", "consistent", "the shadow copy of 2019-04-01T00:00:00Z");
    expect_on(with_copy(NULL), 80, "unknown", "insufficient", "After it build 6002 was seen");
    expect_on(with_copy(NULL), 107, "6003", "consistent", "Registry and booting kernel agree");
    expect_on(with_copy("version 6003 -1 100\n"), 103, "6003", "insufficient",
              "after the shadow copy of 2019-04-01");
    expect_on(with_copy("version 6003 -1 100\n"), 99, "6002", "consistent", "shadow copy");
    expect_on(with_copy("version 6002 -1 70\n"), 80, "6002", "insufficient",
              "the record of 2019-03-12T00:00:00Z of what ran decides");
    /* the end of the record, and after it, is the state itself */
    expect_on(with_copy("version 6003 -1 120\n"), 120, "6003", "consistent", "agree");
    /* no shadow copy: a dump and the registry enclose the day, or they differ */
    expect_on(at_6003("dump 6003 -1 90\n"), 95, "6003", "insufficient",
              "Before it build 6003 was seen");
    expect_on(at_6003("dump 6002 -1 90\n"), 95, "unknown", "insufficient",
              "Before it build 6002 was seen");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_last_boot),
        cmocka_unit_test(test_turned),
        cmocka_unit_test(test_installed_as),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_then),
        cmocka_unit_test(test_history_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
