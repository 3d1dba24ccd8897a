/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_build_turn.c: which update made the machine 6003, and in which interval.
 *
 * A stand-in for the plugins that read packages and logs turns lines of a file into their facts:
 *
 *     boot KIND BUILD DAYS        a boot record, BUILD -1 for null
 *     package KB STATE DAYS [VERSION]   a package; DAYS -1: without an install time
 *     record KB RESULT DAYS       an update in an event log
 *
 * Days count from 2019-01-01 and have decimals. The catalogue is that of fake_catalogue.c.
 */
#include "test_plugin_build.h"

#define DAY ((double)(INT64_C(86400) * ES_TICKS_PER_SECOND))
#define ORIGIN INT64_C(131907744000000000) /* 2019-01-01 */
#define AT(days) (ORIGIN + (int64_t)((days) * DAY))

/* ------------------------------------------------------------------ the stand-in */

static const es_want wants[] = {
    { sizeof(es_want), ES_KIND_FILE, ES_SCOPE_SYSTEM_ROOT, 0, "lines", "records" },
};
static const es_field boot_fields[] = {
    { sizeof(es_field), ES_FIELD_TEXT, "kind", "" },
    { sizeof(es_field), ES_FIELD_INTEGER, "build", "" },
};
static const es_field package_fields[] = {
    { sizeof(es_field), ES_FIELD_TEXT, "kb", "" },
    { sizeof(es_field), ES_FIELD_TEXT, "state", "" },
    { sizeof(es_field), ES_FIELD_TEXT, "version", "" },
};
static const es_field update_fields[] = {
    { sizeof(es_field), ES_FIELD_TEXT, "kb", "" },
    { sizeof(es_field), ES_FIELD_TEXT, "result", "" },
};
static const es_fact_type facts[] = {
    { sizeof(es_fact_type), 2, "history.boot", "", boot_fields, "recorded" },
    { sizeof(es_fact_type), 3, "servicing.package", "", package_fields, "installed" },
    { sizeof(es_fact_type), 2, "history.update", "", update_fields, "recorded" },
};

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    static const char *const words[] = { "boot", "package", "record" };
    char text[1024] = "";
    uint64_t size = 0;
    es_status status = host->file_read(host, artefact, 0, text, sizeof text - 1, &size);

    (void)state;
    for (char *line = strtok(text, "\n"); line && status == ES_OK; line = strtok(NULL, "\n")) {
        char what[32], first[32], second[32], version[32] = "";
        double days;
        es_datum fields[3];
        es_fact fact = { sizeof fact, 0, fields, { 0, ES_TIME_SECOND, 0 }, artefact->where };

        assert_true(sscanf(line, "%31s %31s %31s %lf %31s", what, first, second, &days, version) >=
                    4);
        while (strcmp(words[fact.type], what) != 0)
            assert_true(++fact.type < ES_COUNT(words));
        fact.time.ticks = AT(days);
        if (days < 0)
            memset(&fact.time, 0, sizeof fact.time);
        fields[0] = es_datum_text(es_text_of(first));
        fields[1] = es_datum_text(es_text_of(second));
        fields[2] = *version ? es_datum_text(es_text_of(version)) : es_null();
        if (fact.type == 0)
            fields[1] = atoi(second) < 0 ? es_null() : es_datum_integer(atoi(second));
        status = host->emit(host, &fact, NULL);
    }
    return status;
}

static const es_plugin records = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "records", .version = "1", .summary = "",
    .wants = wants, .facts = facts, .n_wants = 1, .n_facts = ES_COUNT(facts), .examine = examine,
};

/* ------------------------------------------------------------------ a machine at 6003 */

/* Its CurrentBuildNumber, when there is one, was written on day 106.778. */
static fake_host *machine_with(const char *number, const char *lines)
{
    fake_host *fake = make();

    fake_plugin(fake, &records);
    software(fake, number, LAB6003, "6003");
    kernel(fake, V6003);
    if (lines)
        fake_file(fake, "Windows/lines", lines, strlen(lines));
    return fake;
}

static fake_host *machine(const char *lines)
{
    return machine_with(NULL, lines);
}

static void set_installed(fake_host *fake, uint32_t days)
{
    fake_number(fake, "SOFTWARE", NT, "InstallDate", 1546300800u + days * 86400u);
}

static void add_backup(fake_host *fake, double days, const char *build)
{
    fake_state(fake, ES_ROLE_REGBACK, AT(days));
    software(fake, build, build[3] == '2' ? LAB6002 : LAB6003, build);
}

static double days_of(fake_host *fake, const char *field)
{
    const es_datum *datum = fake_verdict_field(fake, 1, "build", field);

    return datum->type == ES_FIELD_TIME ? (double)(datum->time.ticks - ORIGIN) / DAY : -1;
}

static void expect_turn(fake_host *fake, double not_before, double not_after, const char *update)
{
    const es_datum *named;
    double before, after;

    run(fake);
    before = days_of(fake, "turned_6003.not_before");
    after = days_of(fake, "turned_6003.not_after");
    named = fake_verdict_field(fake, 1, "build", "turned_6003.update");
    if (before < not_before - 0.001 || before > not_before + 0.001 ||
        after < not_after - 0.001 || after > not_after + 0.001)
        fail_msg("between %f and %f, expected %f and %f", before, after, not_before, not_after);
    if (update ? named->type != ES_FIELD_TEXT ||
                     strcmp(fake_verdict_text(fake, 1, "build", "turned_6003.update"), update)
               : named->type != 0)
        fail_msg("by %s, expected %s: %s",
                 fake_verdict_text(fake, 1, "build", "turned_6003.update"),
                 update ? update : "null", fake_explanation(fake, 1, "build"));
}

#define N_BECAUSE(fake) fake_verdict_field(fake, 1, "build", "turned_6003.because")->n

/* ------------------------------------------------------------------ between two starts */

/* Any update that the catalogue knows to bring 6003 may be the one; others that came along may
 * not. */
static void test_one_candidate(void **state)
{
    static const struct {
        const char *kb, *lines;
    } cases[] = {
        { "KB4493471", "package KB4493471 installed 110\n" },
        { "KB4493458", "package KB4493458 installed 110\n" },
        { "KB4499149", "package KB4499149 superseded 110\n" },
        { "KB4474419", "package KB4474419 installed 260\n" },
        { "KB4499149", "record KB4499149 restart-required 110\nrecord KB4499149 installed 300\n" },
    };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(cases); i++) {
        char lines[512];
        double at = i == 3 ? 260 : 110;
        fake_host *fake;

        (void)snprintf(lines, sizeof lines,
                       "boot version 6002 80\nboot version 6003 300\n%s"
                       "package KB4489880 installed 75\npackage KB4493730 installed 105\n",
                       cases[i].lines);
        fake = machine(lines);
        expect_turn(fake, at, 300, cases[i].kb);
        expect_said(fake, "The first update on record that brings build 6003 is");
        assert_int_equal(N_BECAUSE(fake), 3);
        fake_host_free(fake);
    }
}

/* Two of one start: neither is named, both are said and pointed at. */
static void test_two_candidates(void **state)
{
    fake_host *fake = machine("boot version 6002 80\nboot version 6003 300\n"
                              "package KB4493471 installed 260.1\n"
                              "package KB4474419 installed 260\n");

    (void)state;
    expect_turn(fake, 260, 300, NULL);
    expect_said(fake, "is not told; what was installed in that time and may have: "
                      "KB4474419 and KB4493471. ");
    assert_int_equal(N_BECAUSE(fake), 4);
    fake_host_free(fake);

    /* a start between them, whose build is not on record: the first had done it then */
    fake = machine("boot version 6002 80\nboot start -1 260.05\nboot version 6003 300\n"
                   "package KB4493471 installed 260.1\npackage KB4474419 installed 260\n");
    expect_turn(fake, 260, 260.05, "KB4474419");
    fake_host_free(fake);

    /* weeks between them, and no start on record that is: the same */
    fake = machine("boot version 6002 80\nboot version 6003 300\n"
                   "package KB4499149 installed 140\npackage KB4493471 installed 105\n");
    expect_turn(fake, 105, 300, NULL);
    fake_host_free(fake);

    /* boot records do not reach back: the first sufficed, and who waits for weeks */
    fake = machine("boot version 6003 300\n"
                   "package KB4499149 installed 140\npackage KB4493471 installed 105\n");
    add_backup(fake, 100, "6002");
    expect_turn(fake, 105, 300, "KB4493471");
    fake_host_free(fake);

    /* the time of the other is not known, and it had come out: it may have been first */
    fake = machine("boot version 6002 80\nboot version 6003 300\n"
                   "package KB4499149 installed 140\npackage KB4493471 installed -1\n");
    expect_turn(fake, 80, 300, NULL);
    expect_said(fake, "KB4499149 and KB4493471 (installed at a time that is not known). ");
    fake_host_free(fake);

    /* it had not: it cannot */
    fake = machine("boot version 6002 80\nboot version 6003 120\n"
                   "package KB4493471 installed 105\npackage KB4499149 installed -1\n");
    expect_turn(fake, 105, 120, "KB4493471");
    fake_host_free(fake);
}

/* Sources disagree of KB4489887; so does the catalogue, and what else is on record decides. */
static void test_open_candidate(void **state)
{
    fake_host *fake = machine("boot version 6002 80\nboot version 6003 300\n"
                              "package KB4489887 installed 90\npackage KB4493471 installed 110\n");

    (void)state;
    expect_turn(fake, 90, 300, NULL);
    expect_said(fake, "KB4489887 (the catalogue leaves open whether it brings it) and KB4493471");
    fake_host_free(fake);

    /* a start at 6002 after it: it was not */
    fake = machine("boot version 6002 95\nboot version 6003 300\n"
                   "package KB4489887 installed 90\npackage KB4493471 installed 110\n");
    expect_turn(fake, 110, 300, "KB4493471");
    fake_host_free(fake);

    /* nothing else: it was */
    fake = machine("boot version 6002 80\nboot version 6003 95\n"
                   "package KB4489887 installed 90\n");
    expect_turn(fake, 90, 95, "KB4489887");
    expect_said(fake, "leaves open whether KB4489887 brings build 6003; nothing else on record");
    fake_host_free(fake);

    /* an issue of KB4474419 older than the one that the catalogue lists */
    fake = machine("boot version 6002 80\nboot version 6003 300\n"
                   "package KB4474419 installed 90\npackage KB4493471 installed 110\n");
    expect_turn(fake, 90, 300, NULL);
    fake_host_free(fake);

    /* a package's version says which issue it is, whatever the clock said */
    fake = machine("boot version 6002 80\nboot start -1 95\nboot version 6003 300\n"
                   "package KB4474419 installed 90 6.0.4.0\npackage KB4493471 installed 110\n");
    expect_turn(fake, 90, 95, "KB4474419");
    fake_host_free(fake);
    fake = machine("boot version 6002 80\nboot version 6003 300\n"
                   "package KB4474419 installed 270 6.0.3.0\npackage KB4493471 installed 290\n");
    expect_turn(fake, 270, 300, NULL);
    fake_host_free(fake);
}

static void test_no_candidate(void **state)
{
    fake_host *fake = machine("boot version 6002 80\nboot version 6003 300\n"
                              "package KB4489880 installed 82\npackage KB4493730 installed 105\n"
                              "package KB4493471 staged 110\npackage KB4499149 absent 120\n"
                              "record KB4499149 failed 130\n");

    (void)state;
    expect_turn(fake, 80, 300, NULL);
    expect_said(fake, "No update on record is known to have brought build 6003. ");
    assert_int_equal(N_BECAUSE(fake), 2);
    fake_host_free(fake);

    /* installed before the last start at 6002, or long after the first at 6003 */
    fake = machine("boot version 6002 120\nboot version 6003 130\n"
                   "package KB4493471 installed 110\npackage KB4499149 installed 135\n");
    expect_turn(fake, 120, 130, NULL);
    expect_said(fake, "to have brought build 6003 in that time; KB4493471, which brings it, was "
                      "installed at another. ");
    fake_host_free(fake);

    fake = machine("boot version 6002 80\nboot version 6003 300\n"
                   "package KB4493471 installed 110\n");
    fake_no_catalogue(fake);
    expect_turn(fake, 80, 300, NULL);
    fake_host_free(fake);
}

/* The only record is of the moment after the start that did it. */
static void test_told_after_the_start(void **state)
{
    fake_host *fake = machine("boot version 6002 80\nboot version 6003 110\n"
                              "record KB4493471 installed 110.01\n");

    (void)state;
    expect_turn(fake, 80, 110, "KB4493471");
    fake_host_free(fake);

    fake = machine("boot version 6002 80\nboot version 6003 110\n"
                   "record KB4474419 installed 110.01\nrecord KB4493471 restart-required 109\n");
    expect_turn(fake, 109, 110, "KB4493471");
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ without boot records */

/* A backup of the past bounds it from below, the key of CurrentBuildNumber from above. */
static void test_regback(void **state)
{
    fake_host *fake = machine_with("6003", "package KB4493471 installed 104\n");

    (void)state;
    add_backup(fake, 100, "6002");
    expect_turn(fake, 104, 106.7778, "KB4493471");
    fake_host_free(fake);

    /* it may have been waiting for its start when the backup was made */
    fake = machine_with("6003", "package KB4493458 installed 60\n"
                                "package KB4493471 installed 104\n");
    add_backup(fake, 100, "6002");
    expect_turn(fake, 100, 106.7778, "KB4493458");
    fake_host_free(fake);

    /* not when the machine was shut down in between */
    fake = machine_with("6003", "package KB4493458 installed 60\n"
                                "package KB4493471 installed 104\n");
    add_backup(fake, 100, "6002");
    {
        uint8_t ticks[8];

        for (uint32_t i = 0; i < 8; i++)
            ticks[i] = (uint8_t)((uint64_t)AT(70) >> (8 * i));
        fake_binary(fake, "SYSTEM", "CurrentControlSet\\Control\\Windows", "ShutdownTime",
                    ES_REG_BINARY, ticks, sizeof ticks);
    }
    expect_turn(fake, 104, 106.7778, "KB4493471");
    fake_host_free(fake);
}

/* On a day before it can have turned it was what it was seen to be before; on one after, nothing
 * tells whether it had. */
static void test_on_a_day_before(void **state)
{
    static const struct {
        double day;
        const char *answer, *said;
    } days[] = { { 103.9, "6002", "It did not turn 6003 before 2019-04-15T" },
                 { 104.1, "unknown", "After it build 6003 was seen" },
                 { 99, "unknown", "After it build 6002 was seen" } };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(days); i++) {
        fake_host *fake = machine_with("6003", "package KB4493471 installed 104\n");

        add_backup(fake, 100, "6002");
        fake_ask_as_of(fake, AT(days[i].day));
        expect_turn(fake, 104, 106.7778, "KB4493471");
        assert_string_equal(fake_answer(fake, 1, "build"), days[i].answer);
        assert_string_equal(fake_verdict_text(fake, 1, "build", "status"), "insufficient");
        assert_non_null(strstr(fake_explanation(fake, 1, "build"), days[i].said));
        fake_host_free(fake);
    }
}

/* A shadow copy decides until something was installed that may have turned the machine. */
static void test_on_a_day_after_a_copy(void **state)
{
    static const struct {
        double day;
        const char *answer, *said;
    } days[] = { { 103.9, "6002", "the shadow copy of 2019-04-11T00:00:00Z decides" },
                 { 104.1, "unknown", "no start after that is on record" } };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(days); i++) {
        fake_host *fake = machine_with("6003", "package KB4493471 installed 104\n");

        fake_state(fake, ES_ROLE_SNAPSHOT, AT(100));
        software(fake, "6002", LAB6002, "6002");
        kernel(fake, V6002);
        fake_ask_as_of(fake, AT(days[i].day));
        expect_turn(fake, 104, 106.7778, "KB4493471");
        assert_string_equal(fake_answer(fake, 1, "build"), days[i].answer);
        expect_said(fake, days[i].said);
        fake_host_free(fake);
    }
}

static void test_snapshots(void **state)
{
    fake_host *fake = machine("package KB4474419 installed 103\npackage KB4493471 installed 101\n");

    (void)state;
    fake_state(fake, ES_ROLE_SNAPSHOT, AT(100));
    software(fake, "6002", LAB6002, "6002");
    kernel(fake, V6002);
    fake_state(fake, ES_ROLE_SNAPSHOT, AT(102));
    software(fake, "6003", LAB6003, "6003");
    kernel(fake, V6003);
    expect_turn(fake, 101, 102, "KB4493471");
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ born 6003 */

static void test_born(void **state)
{
    fake_host *fake = machine("boot version 6003 100.5\n");

    (void)state;
    set_installed(fake, 100);
    expect_turn(fake, -1, 100.5, "installed-as-6003");
    expect_said(fake, "Windows was installed at build 6003");
    fake_host_free(fake);

    /* the update is older than setup: the medium held it */
    fake = machine_with("6003", "package KB4493471 installed 99\n"
                                "package KB4499149 installed 106\n");
    set_installed(fake, 100);
    expect_turn(fake, -1, 106.7778, "installed-as-6003");
    fake_host_free(fake);

    /* it was installed within the day: either is possible */
    fake = machine("boot version 6003 100.5\npackage KB4493471 installed 100.3\n");
    set_installed(fake, 100);
    expect_turn(fake, -1, 100.5, NULL);
    expect_said(fake, "What may have brought build 6003: KB4493471; or Windows was installed so");
    fake_host_free(fake);

    /* a rollup of 6002 was installed first */
    fake = machine("boot version 6003 106\npackage KB4493471 installed 105\n"
                   "package KB4489880 installed 101\n");
    set_installed(fake, 100);
    expect_turn(fake, 105, 106, "KB4493471");
    fake_host_free(fake);

    /* setup ended before any update of 6003 came out */
    fake = machine_with("6003", "package KB4493471 installed 104\n");
    set_installed(fake, 10);
    expect_turn(fake, 104, 106.7778, "KB4493471");
    assert_int_equal(N_BECAUSE(fake), 3);
    fake_host_free(fake);

    fake = machine_with("6003", NULL);
    set_installed(fake, 10);
    expect_turn(fake, 10, 106.7778, NULL);
    fake_host_free(fake);

    /* it had run at 6002 */
    fake = machine("boot version 6002 100.2\nboot version 6003 100.5\n");
    set_installed(fake, 100);
    expect_turn(fake, 100.2, 100.5, NULL);
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ a package that waits */

static void expect_owed(const char *package, const char *number, const char *version,
                        const char *status)
{
    fake_host *fake = make();
    char key[256];

    (void)snprintf(key, sizeof key, CBS "\\PackagesPending\\%s", package);
    software(fake, number, number[3] == '2' ? LAB6002 : LAB6003, number);
    kernel(fake, version);
    fake_key(fake, "SOFTWARE", key);
    run(fake);
    if (strcmp(fake_verdict_text(fake, 1, "build", "status"), status) != 0)
        fail_msg("%s: %s, expected %s", package,
                 fake_verdict_text(fake, 1, "build", "status"), status);
    fake_host_free(fake);
}

#define TAIL "~31bf3856ad364e35~amd64~~6.0.1.1"

static void test_package_pending(void **state)
{
    (void)state;
    expect_owed("Package_for_KB4499149" TAIL, "6002", V6002, "pending");
    expect_owed("Package_2_for_KB4474419" TAIL, "6002", V6002, "pending");
    expect_owed("package_for_kb4489887" TAIL, "6002", V6002, "pending");
    expect_owed("VistaSP2-KB948465" TAIL, "6002", V6002, "pending");
    expect_owed("Package_for_KB4489880" TAIL, "6002", V6002, "consistent");
    expect_owed("Package_for_KB4493730" TAIL, "6002", V6002, "consistent");
    expect_owed("Package_for_KB44991490" TAIL, "6002", V6002, "consistent");
    expect_owed("Package_for_xKB4499149" TAIL, "6002", V6002, "consistent");
    expect_owed("Package_for_KB4499149_KB4493471" TAIL, "6002", V6002, "consistent");
    /* at 6003 already */
    expect_owed("Package_for_KB4499149" TAIL, "6003", V6003, "consistent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_candidate),
        cmocka_unit_test(test_two_candidates),
        cmocka_unit_test(test_open_candidate),
        cmocka_unit_test(test_no_candidate),
        cmocka_unit_test(test_told_after_the_start),
        cmocka_unit_test(test_regback),
        cmocka_unit_test(test_on_a_day_before),
        cmocka_unit_test(test_on_a_day_after_a_copy),
        cmocka_unit_test(test_snapshots),
        cmocka_unit_test(test_born),
        cmocka_unit_test(test_package_pending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
