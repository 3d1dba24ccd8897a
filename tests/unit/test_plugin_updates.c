/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_updates.c: every rule of exposure, on machines made of facts and the real catalogue.
 */
#include "updates_case.h"

/* ------------------------------------------------------------------ what covers what */

static void a_rollup_covers_what_it_supersedes(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    expect_cve(BLUEKEEP, "covered");
    expect_cve(APRIL, "covered");
    assert_string_equal(asked(APRIL, "by"), "KB4499149");
    assert_string_equal(asked(APRIL, "basis"), "packages");
    assert_string_equal(bench_answer(on, "patch-level"), "2019-05");
    assert_string_equal(bench_field(on, "patch-level", "rollup"), "KB4499149");
    assert_string_equal(bench_answer(on, "exposure"), "exposed");
    assert_null(strstr(bench_explanation(on, "exposure"), "no update was out yet"));
}

static void a_security_only_update_covers_its_month(void **unused)
{
    (void)unused;
    install(4499180, "2019-05-15T03:07:22Z");
    expect_cve(BLUEKEEP, "covered");
    expect_cve(APRIL, "exposed");
    assert_string_equal(bench_answer(on, "patch-level"), "none");
    assert_string_equal(bench_field(on, "patch-level", "security_only_months"), "2019-05");
}

static void nothing_is_covered_by_a_newer_kernel(void **unused)
{
    (void)unused;
    bench_kernel(on, "6.0.6003.23700");
    expect_cve(BLUEKEEP, "exposed");
    assert_string_equal(asked(BLUEKEEP, "by"), "KB4499149");
    assert_string_equal(bench_answer(on, "patch-level"), "none");
}

static void a_preview_covers_the_month_before(void **unused)
{
    (void)unused;
    install(4493460, "2019-04-26T03:00:00Z"); /* preview of 2019-04, its day not known */
    expect_cve("CVE-2019-0703", "covered");   /* 2019-03 */
    expect_cve(APRIL, "unknown");
    expect_cve(BLUEKEEP, "exposed");
}

static void before_rollups_supersedence_is_explicit(void **unused)
{
    (void)unused;
    expect_cve(ETERNAL, "exposed");
    install(4499149, "2019-05-15T03:07:22Z");
    judge();
    assert_string_equal(asked(ETERNAL, "answer"), "unknown");
}

static void an_old_update_covers_itself(void **unused)
{
    (void)unused;
    install(4012598, "2017-03-15T03:07:22Z");
    bench_kernel(on, "6.0.6002.19741");
    expect_cve(ETERNAL, "covered");
}

static void dotnet_leaves_no_package(void **unused)
{
    (void)unused;
    expect_cve("CVE-2017-8759", "unknown");
}

/* CVE-2009-0090 is mended for .NET 1.1 SP1 and 2.0 SP2, CVE-2015-2479 for .NET 4.6 alone. */
static void rows_for_absent_versions_of_dotnet(void **unused)
{
    (void)unused;
    install(974470, "2009-10-15T03:07:22Z");
    expect_cve("CVE-2009-0090", "unknown"); /* which versions there are is not known */
    bench_framework(on, "2.0", 2);
    bench_framework(on, "3.5", 1);
    bench_framework(on, "4.5.2", 0);
    expect_cve("CVE-2009-0090", "covered");
    assert_non_null(strstr(asked("CVE-2009-0090", "explanation"), "KB953297"));
    expect_cve("CVE-2015-2479", "covered");
    assert_string_equal(asked("CVE-2015-2479", "by"), "(null)");
    assert_non_null(strstr(asked("CVE-2015-2479", "explanation"), "Framework 4.6"));
    assert_non_null(strstr(bench_explanation(on, "exposure"), "not on this machine"));
    bench_framework(on, NULL, 0); /* the list was cut: there may be others */
    judge();
    assert_string_equal(asked("CVE-2015-2479", "answer"), "unknown");
    assert_string_equal(asked("CVE-2009-0090", "answer"), "unknown");
}

static void a_service_pack_is_part_of_the_version(void **unused)
{
    (void)unused;
    bench_framework(on, "2.0", 1);
    expect_cve("CVE-2009-0090", "covered");
    assert_string_equal(asked("CVE-2009-0090", "basis"), "(null)");
    bench_framework(on, "1.1", 1);
    judge();
    assert_string_equal(asked("CVE-2009-0090", "answer"), "unknown");
}

static void architectures(void **unused)
{
    (void)unused;
    bench_architecture(on, "ia64");
    expect_cve("CVE-2021-34527", "unknown"); /* nothing was published for ia64 by then */
    for (uint32_t i = 0; i < bench_n_rows(on, "missing"); i++) {
        const char *kb = bench_row(on, "missing", i, "kb");
        const es_catalogue_update *update =
            es_catalogue_find(es_catalogue_tables(book), es_kb_number(es_text_of(kb)));

        assert_non_null(update);
        assert_true(!update->architectures || update->architectures & ES_ARCHITECTURE_IA64);
    }
}

/* ------------------------------------------------------------------ what supersedence must say */

static void a_later_browser_update_may_hold_it(void **unused)
{
    (void)unused;
    bench_explorer(on, "8.0.6001.18702");
    expect_cve("CVE-2014-1776", "exposed");
    install(4457426, "2018-09-12T03:07:22Z");
    judge();
    assert_string_equal(asked("CVE-2014-1776", "answer"), "unknown");
    assert_non_null(strstr(asked("CVE-2014-1776", "explanation"), "later updates are"));
}

static void a_later_servicing_stack_may_hold_it(void **unused)
{
    (void)unused;
    expect_cve("CVE-2020-1346", "exposed"); /* KB4565353 */
    install(4493730, "2019-04-10T03:00:44Z");
    judge();
    assert_string_equal(asked("CVE-2020-1346", "answer"), "exposed");
    install(5050682, "2025-01-15T03:00:44Z");
    judge();
    assert_string_equal(asked("CVE-2020-1346", "answer"), "unknown");
    install(4565353, "2020-07-15T03:00:44Z");
    judge();
    assert_string_equal(asked("CVE-2020-1346", "answer"), "covered");
}

static void an_issue_is_judged_by_version(void **unused)
{
    (void)unused;
    install(4474419, "2019-03-13T03:00:44Z");
    bench_version(on, "6.0.1.0");
    expect_cve("ADV190009", "exposed");
    assert_string_equal(ask(ES_ASKED_KB, "KB4474419"), "installed");
    assert_non_null(strstr(asked("KB4474419", "explanation"), "earlier issue"));
    install(4474419, "2019-09-11T03:00:44Z");
    bench_version(on, "6.0.4.0");
    judge();
    assert_string_equal(asked("ADV190009", "answer"), "covered");
}

/* ------------------------------------------------------------------ what files prove */

/* An update of 2017 that fell back to staged, and a rollup of 2019. */
static void staged(const char *winner)
{
    bench_package(on, 4012598, "staged", "2017-03-15T03:07:22Z");
    bench_manifest(on, 4012598, "amd64|microsoft-windows-os-kernel|6.0.6002.19741|ntoskrnl.exe");
    bench_component(on, "Microsoft-Windows-OS-Kernel", "amd64", winner, NULL);
    install(4499149, "2019-05-15T03:07:22Z");
}

static void files_show_an_older_fix(void **unused)
{
    (void)unused;
    staged("6.0.6003.20512");
    expect_cve(ETERNAL, "covered");
    assert_string_equal(asked(ETERNAL, "basis"), "files");
    assert_string_equal(asked(ETERNAL, "by"), "KB4012598");
    assert_non_null(strstr(asked(ETERNAL, "explanation"), "not listed as installed (staged)"));
    assert_string_equal(bench_row_of(on, "updates", "kb", "KB4012598", "state"), "staged");
    bench_pending(on, "RebootPending", NULL, "2019-05-15T03:07:22Z");
    judge();
    assert_string_equal(asked(ETERNAL, "answer"), "unknown");
}

static void older_files_show_nothing(void **unused)
{
    (void)unused;
    staged("6.0.6002.18005");
    expect_cve(ETERNAL, "unknown");
}

static void files_of_a_part_show_nothing(void **unused)
{
    (void)unused;
    staged("6.0.6003.20512");
    bench_package(on, 4012598, "staged", "2017-03-15T03:07:22Z");
    bench_files(on, 0, 1); /* a part whose manifest is not there may have brought more */
    expect_cve(ETERNAL, "unknown");
}

static void files_of_now_say_nothing_of_then(void **unused)
{
    (void)unused;
    staged("6.0.6003.20512");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-06-14");
    expect_cve(ETERNAL, "unknown");
}

/* ------------------------------------------------------------------ what a list proves */

static void states_are_told_apart(void **unused)
{
    static const struct {
        const char *state, *means, *answer;
    } known[] = {
        { "installed", "installed", "covered" },
        { "permanent", "installed", "covered" },
        { "superseded", "superseded", "covered" },
        { "staged", "staged", "exposed" },
        { "install-pending", "pending-install", "exposed" },
        { "uninstall-pending", "pending-uninstall", "covered" },
        { "absent", "residue", "exposed" },
        { "unknown", "(null)", "unknown" },
    };

    (void)unused;
    for (uint32_t i = 0; i < ES_COUNT(known); i++) {
        bench_free(on);
        on = bench_new(es_catalogue_tables(book));
        bench_package(on, 4499149, known[i].state, "2019-05-15T03:07:22Z");
        expect_cve(BLUEKEEP, known[i].answer);
        assert_string_equal(bench_row(on, "updates", 0, "state"), known[i].means);
        assert_string_equal(ask(ES_ASKED_KB, "KB4499149"),
                            !strcmp(known[i].answer, "covered")   ? "installed"
                            : !strcmp(known[i].answer, "unknown") ? "unknown"
                                                                  : "not-installed");
    }
}

static void a_package_needs_its_files(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_files(on, 1, 0);
    expect_cve(BLUEKEEP, "unknown");
    assert_string_equal(bench_answer(on, "patch-level"), "unknown");
    assert_string_equal(bench_row(on, "updates", 0, "agree"), "false");
}

static void a_broken_package_proves_nothing(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_broken(on);
    expect_cve(BLUEKEEP, "unknown");
}

static void an_older_kernel_contradicts(void **unused)
{
    (void)unused;
    install(4489880, "2019-03-13T03:07:22Z");
    install(4499149, "2019-05-15T03:07:22Z");
    bench_kernel(on, "6.0.6002.24566");
    expect_cve(BLUEKEEP, "unknown");
    expect_cve("CVE-2019-0703", "covered"); /* 2019-03, by KB4489880 whose kernel is there */
    assert_string_equal(bench_answer(on, "patch-level"), "unknown");
    assert_string_equal(bench_field(on, "patch-level", "rollup"), "KB4489880");
    assert_non_null(strstr(bench_explanation(on, "patch-level"), "6.0.6002.24566"));
}

static void files_are_a_basis(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_manifest(on, 4499149, "amd64|microsoft-windows-os-kernel|6.0.6003.20512|ntoskrnl.exe");
    bench_component(on, "Microsoft-Windows-OS-Kernel", "amd64", "6.0.6003.20512", NULL);
    expect_cve(BLUEKEEP, "covered");
    assert_string_equal(asked(BLUEKEEP, "basis"), "files");
}

static void a_component_not_read_is_no_basis(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_manifest(on, 4499149, "amd64|termdd|6.0.6003.20512|termdd.sys");
    bench_component(on, "termdd", "amd64", "6.0.6003.20512", NULL);
    expect_cve(BLUEKEEP, "covered");
    assert_string_equal(asked(BLUEKEEP, "basis"), "packages");
}

static void an_older_component_contradicts(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_manifest(on, 4499149, "amd64|termdd|6.0.6003.20512|termdd.sys");
    bench_component(on, "termdd", "amd64", "6.0.6002.18005", NULL);
    expect_cve(BLUEKEEP, "unknown");
    assert_non_null(strstr(asked(BLUEKEEP, "explanation"), "termdd"));
}

static void records_tell_of_uninstalling(void **unused)
{
    (void)unused;
    bench_orphan(on, 4499149);
    bench_event(on, 4499149, "uninstalled", "2019-06-01T10:00:00Z");
    bench_event(on, 4493471, "failed", "2019-04-10T10:00:00Z");
    expect_cve(BLUEKEEP, "exposed");
    assert_string_equal(bench_row_of(on, "updates", "kb", "KB4499149", "state"), "uninstalled");
    assert_string_equal(bench_row_of(on, "updates", "kb", "KB4493471", "state"), "failed");
    assert_string_equal(ask(ES_ASKED_KB, "KB4499149"), "not-installed");
}

static void files_alone_are_a_residue(void **unused)
{
    (void)unused;
    bench_orphan(on, 4499149);
    bench_kernel(on, "6.0.6002.24566");
    expect_cve(BLUEKEEP, "exposed"); /* the kernel is older than its own */
    assert_string_equal(bench_row(on, "updates", 0, "state"), "residue");
    assert_string_equal(ask(ES_ASKED_KB, "KB4499149"), "not-installed");
    /* else the key may have been taken away */
    bench_kernel(on, "6.0.6003.20512");
    judge();
    assert_string_equal(asked(BLUEKEEP, "answer"), "unknown");
    assert_non_null(strstr(asked(BLUEKEEP, "explanation"), "an absent key proves nothing"));
    assert_string_equal(asked("KB4499149", "answer"), "unknown");
    assert_string_equal(bench_answer(on, "patch-level"), "unknown");
    assert_string_equal(bench_row(on, "updates", 0, "state"), "residue");
}

static void what_the_catalogue_does_not_know_is_listed(void **unused)
{
    (void)unused;
    install(4999999, "2019-05-15T03:07:22Z");
    install(1, "2019-05-15T03:07:22Z");
    bench_kb(on, NULL, "Package_for_943729");
    judge();
    assert_int_equal(bench_n_rows(on, "updates"), 2);
    assert_string_equal(bench_row(on, "updates", 0, "kb"), "KB943729");
    assert_string_equal(bench_row(on, "updates", 1, "kb"), "KB4999999");
    assert_string_equal(bench_row(on, "updates", 1, "kind"), "(null)");
    assert_string_equal(ask(ES_ASKED_KB, "KB4999999"), "installed");
}

static void no_packages_no_answers(void **unused)
{
    (void)unused;
    bench_kb(on, NULL, "Foundation-Package");
    bench_free(on);
    on = bench_new(es_catalogue_tables(book));
    install(4499149, "2019-05-15T03:07:22Z");
    bench_leave_out(on, 4499149);
    expect_cve(BLUEKEEP, "exposed"); /* the foundation package was read */
    bench_leave_out(on, 0);
}

/* ------------------------------------------------------------------ starts and time */

static void a_restart_that_is_owed(void **unused)
{
    (void)unused;
    install(4493471, "2019-04-10T03:08:13Z");
    install(4499149, "2019-05-15T03:07:22Z");
    bench_shutdown(on, "2019-04-10T03:12:55Z");
    bench_pending(on, "RebootPending", NULL, "2019-05-15T03:07:22Z");
    expect_cve(BLUEKEEP, "exposed");
    expect_cve(APRIL, "covered");
    assert_string_equal(bench_answer(on, "patch-level"), "2019-04");
}

static void an_owed_restart_without_any_record(void **unused)
{
    (void)unused;
    install(4493471, "2019-04-10T03:08:13Z");
    install(4499149, "2019-05-15T03:07:22Z");
    bench_pending(on, "RebootPending", NULL, "2019-05-15T03:07:30Z");
    expect_cve(BLUEKEEP, "unknown");
    expect_cve(APRIL, "covered");
}

static void a_package_that_servicing_names(void **unused)
{
    (void)unused;
    install(4493471, "2019-04-10T03:08:13Z");
    install(4499149, "2019-05-15T03:07:22Z");
    bench_pending(on, "PackagesPending", "Package_for_KB4499149~31bf3856ad364e35~amd64~~6.0.1.1",
                  "2019-05-15T03:07:30Z");
    expect_cve(BLUEKEEP, "exposed");
    expect_cve(APRIL, "covered");
}

static void starts_in_the_past(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_boot(on, "2019-05-01T08:00:00Z");
    bench_boot(on, "2019-05-20T08:00:00Z");
    bench_boot(on, "2019-08-01T08:00:00Z");
    bench_kernel(on, "6.0.6003.20512");
    expect_cve(BLUEKEEP, "covered");
    assert_string_equal(asked(BLUEKEEP, "from"), "2019-05-20T08:00:00Z");
    assert_string_equal(bench_field(on, "patch-level", "kernel_revision"), "6.0.6003.20512");
    bench_as_of(on, "2019-05-18");
    judge();
    assert_string_equal(bench_field(on, "patch-level", "kernel_revision"), "(null)");
    assert_string_equal(asked(BLUEKEEP, "answer"), "exposed");
    assert_string_equal(asked(BLUEKEEP, "to"), "2019-05-20T08:00:00Z");
    assert_string_equal(asked(BLUEKEEP, "by"), "KB4499149");
    bench_as_of(on, "2019-05-20");
    judge();
    assert_string_equal(asked(BLUEKEEP, "answer"), "covered");
}

static void records_that_do_not_reach(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_boot(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-05-18");
    expect_cve(BLUEKEEP, "unknown");
    bench_as_of(on, "2019-05-13"); /* nobody had a fix */
    judge();
    assert_string_equal(asked(BLUEKEEP, "answer"), "exposed");
    assert_string_equal(bench_row_of(on, "cves", "cve", BLUEKEEP, "fix_available"), "false");
    assert_non_null(strstr(bench_explanation(on, "exposure"), "no update was out yet"));
}

static void an_earlier_state_decides(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-05-14");
    bench_snapshot(on, "2019-05-12T08:00:00Z", "6.0.6003.20489");
    expect_cve(BLUEKEEP, "exposed");
    assert_string_equal(bench_field(on, "patch-level", "kernel_revision"), "6.0.6003.20489");
    assert_non_null(strstr(asked(BLUEKEEP, "explanation"), "2019-05-12"));
}

static void what_an_earlier_state_had(void **unused)
{
    (void)unused;
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-06-14");
    bench_snapshot(on, "2019-05-30T08:00:00Z", "6.0.6003.20512");
    install(4499149, "2019-05-15T03:07:22Z");
    expect_cve(BLUEKEEP, "unknown");
}

/* No record of starts reaches the day: the packages of a shadow copy had taken effect at its end,
 * as those of any state have. */
static void an_earlier_state_covers(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_snapshot(on, "2019-05-30T08:00:00Z", "6.0.6003.20512");
    install(4499149, "2019-05-15T03:07:22Z");
    bench_as_of(on, "2019-05-29");
    expect_cve(BLUEKEEP, "unknown"); /* the day before the shadow copy */
    bench_as_of(on, "2019-06-14");
    expect_cve(BLUEKEEP, "covered");
    assert_string_equal(bench_answer(on, "patch-level"), "2019-05");
}

/* Installed between the shadow copy and the day: it waits for a start on record, and the kernel of
 * the shadow copy does not contradict it. */
static void what_came_since(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_snapshot(on, "2019-05-12T08:00:00Z", "6.0.6003.20489");
    bench_as_of(on, "2019-06-14");
    expect_cve(BLUEKEEP, "unknown");
    bench_boot(on, "2019-05-01T08:00:00Z");
    bench_boot(on, "2019-06-20T08:00:00Z");
    expect_cve(BLUEKEEP, "exposed");
    bench_boot(on, "2019-05-15T04:00:00Z");
    expect_cve(BLUEKEEP, "covered");
}

/* The shadow copy owes a restart for what it lists. */
static void an_earlier_state_owes(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_snapshot(on, "2019-05-15T08:00:00Z", "6.0.6003.20512");
    bench_package(on, 4499149, "install-pending", "2019-05-15T03:07:22Z");
    bench_as_of(on, "2019-05-15");
    expect_cve(BLUEKEEP, "exposed");
}

static void after_the_edition(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_as_of(on, "2030-01-01");
    expect_cve(BLUEKEEP, "unknown");
    expect_cve("CVE-2020-1350", "exposed");
}

/* ------------------------------------------------------------------ ESU, prerequisites, machines */

static void periods(void **unused)
{
    static const struct {
        uint32_t kb;
        const char *answer;
    } known[] = {
        { 4534303, "none" },             { 4537810, "esu-year-1" },      { 4598288, "esu-year-1" },
        { 4601360, "esu-year-2" },       { 5009627, "esu-year-2" },      { 5010384, "esu-year-3" },
        { 5022340, "esu-year-3" },       { 5022890, "esu-year-4-azure" },
        { 5034173, "esu-year-4-azure" }, { 5034795, "premium-assurance" },
        { 5073697, "premium-assurance" }, { 4538484, "none" },           { 4575904, "none" },
        { 4474419, "none" },             { 5033466, "none" },
    };

    (void)unused;
    for (uint32_t i = 0; i < ES_COUNT(known); i++) {
        bench_free(on);
        on = bench_new(es_catalogue_tables(book));
        bench_kernel(on, "6.0.6003.24000");
        install(known[i].kb, "2026-02-15T03:07:22Z");
        judge();
        if (strcmp(bench_answer(on, "esu-updates"), known[i].answer) != 0)
            fail_msg("KB%u: %s, not %s", known[i].kb, bench_answer(on, "esu-updates"),
                     known[i].answer);
    }
}

static void prerequisites(void **unused)
{
    (void)unused;
    install(4493730, "2019-04-10T03:00:44Z");
    install(4474419, "2019-03-13T03:00:44Z");
    bench_version(on, "6.0.1.0");
    install(4538484, "2020-02-12T03:00:44Z");
    judge();
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4493730", "state"), "met");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4474419", "state"), "too-old");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4474419", "blocks"),
                        "KB4520002");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4538484", "state"), "met");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4575904", "state"), "too-old");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4575904", "blocks_month"),
                        "2020-08");
    bench_version(on, "6.0.1.0");
}

/* What came out later needs nothing on a day before. */
static void prerequisites_of_a_day(void **unused)
{
    (void)unused;
    bench_as_of(on, "2019-06-01");
    bench_boot(on, "2019-01-01T00:00:00Z");
    bench_boot(on, "2019-12-01T00:00:00Z");
    judge();
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4493730", "state"), "missing");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4493730", "blocks_month"),
                        "2019-05");
    assert_null(bench_row_of(on, "prerequisites", "kb", "KB4474419", "state"));
    assert_null(bench_row_of(on, "prerequisites", "kb", "KB4538484", "state"));
    assert_null(strstr(bench_explanation(on, "exposure"), "KB4538484 is missing"));
    assert_null(strstr(bench_explanation(on, "exposure"), "2020-02"));
}

/* Sentences that can be read out. */
static void sentences(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_files(on, 0, 1);
    judge();
    assert_non_null(strstr(bench_explanation(on, "patch-level"),
                           "Whether the rollup of 2019-05, KB4499149, is in effect cannot be said: "
                           "it is listed as installed, and its .mum or .cat is not there."));
    assert_non_null(strstr(bench_explanation(on, "exposure"),
                           "unknown: of the update that mends it, it is listed as installed"));
}

static void prerequisites_by_a_later_one(void **unused)
{
    (void)unused;
    install(5016891, "2022-08-12T03:00:44Z");
    install(4474419, "2019-09-12T03:00:44Z");
    bench_version(on, "6.0.4.0");
    judge();
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4474419", "state"), "met");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4538484", "state"), "met");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4575904", "by"), "KB5016891");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4493730", "state"), "missing");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4493730", "blocks"),
                        "KB4499149");
}

static void other_machines(void **unused)
{
    (void)unused;
    bench_kernel(on, "6.1.7601.17514");
    judge();
    assert_string_equal(bench_answer(on, "patch-level"), "not-applicable");
    assert_string_equal(bench_answer(on, "esu-updates"), "not-applicable");
    assert_string_equal(bench_answer(on, "exposure"), "not-applicable");
    bench_free(on);
    on = bench_new(es_catalogue_tables(book));
    bench_product(on, "WinNT");
    bench_kernel(on, "6.0.6003.21000");
    install(4537810, "2020-02-12T03:00:44Z");
    judge();
    assert_string_equal(bench_answer(on, "exposure"), "not-applicable");
    assert_string_equal(bench_answer(on, "esu-updates"), "esu-year-1");
    assert_non_null(strstr(bench_explanation(on, "exposure"), "KB4537810"));
}

static void browsers(void **unused)
{
    (void)unused;
    expect_cve("CVE-2014-1776", "unknown"); /* which Internet Explorer is there is not known */
    bench_browser(on, "8.0.6001.18702");
    judge();
    assert_string_equal(asked("CVE-2014-1776", "answer"), "exposed");
}

static void without_a_catalogue(void **unused)
{
    (void)unused;
    bench_free(on);
    on = bench_new(NULL);
    install(4499149, "2019-05-15T03:07:22Z");
    expect_cve(BLUEKEEP, "unknown");
    assert_string_equal(bench_answer(on, "exposure"), "unknown");
    assert_string_equal(bench_answer(on, "patch-level"), "unknown");
    assert_int_equal(bench_n_rows(on, "updates"), 1);
}

/* No memory at any point: a negative status or less said, never a crash. */
static void memory_that_fails(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_ask(on, ES_ASKED_CVE, BLUEKEEP);
    for (uint32_t n = 1; n < 40; n++) {
        bench_fail(on, n);
        (void)bench_judge(on);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(a_rollup_covers_what_it_supersedes),
        TEST(a_security_only_update_covers_its_month),
        TEST(nothing_is_covered_by_a_newer_kernel),
        TEST(a_preview_covers_the_month_before),
        TEST(before_rollups_supersedence_is_explicit),
        TEST(an_old_update_covers_itself),
        TEST(dotnet_leaves_no_package),
        TEST(rows_for_absent_versions_of_dotnet),
        TEST(a_service_pack_is_part_of_the_version),
        TEST(architectures),
        TEST(a_later_browser_update_may_hold_it),
        TEST(a_later_servicing_stack_may_hold_it),
        TEST(an_issue_is_judged_by_version),
        TEST(files_show_an_older_fix),
        TEST(older_files_show_nothing),
        TEST(files_of_a_part_show_nothing),
        TEST(files_of_now_say_nothing_of_then),
        TEST(states_are_told_apart),
        TEST(a_package_needs_its_files),
        TEST(a_broken_package_proves_nothing),
        TEST(an_older_kernel_contradicts),
        TEST(files_are_a_basis),
        TEST(a_component_not_read_is_no_basis),
        TEST(an_older_component_contradicts),
        TEST(records_tell_of_uninstalling),
        TEST(files_alone_are_a_residue),
        TEST(what_the_catalogue_does_not_know_is_listed),
        TEST(no_packages_no_answers),
        TEST(a_restart_that_is_owed),
        TEST(an_owed_restart_without_any_record),
        TEST(a_package_that_servicing_names),
        TEST(starts_in_the_past),
        TEST(records_that_do_not_reach),
        TEST(an_earlier_state_decides),
        TEST(an_earlier_state_covers), TEST(what_came_since), TEST(an_earlier_state_owes),
        TEST(what_an_earlier_state_had),
        TEST(after_the_edition),
        TEST(periods),
        TEST(prerequisites),
        TEST(prerequisites_of_a_day),
        TEST(sentences),
        TEST(prerequisites_by_a_later_one),
        TEST(other_machines),
        TEST(browsers),
        TEST(without_a_catalogue),
        TEST(memory_that_fails),
    };
    int failed;

    if (!catalogue_loaded(argc > 1 ? argv[1] : "."))
        return 1;
    failed = cmocka_run_group_tests_name("plugin_updates", tests, NULL, NULL);
    es_catalogue_book_free(book);
    return failed;
}
