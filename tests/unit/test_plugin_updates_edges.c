/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_updates_edges.c: rules of the updates plugin that show only where two things meet: which
 * of several updates is named, what marks owe a restart, which records reach how far, what is counted.
 * Each of these tests fails for a fault that nothing else notices.
 */
#include "updates_case.h"

#define MARCH "CVE-2019-0703"     /* rollup KB4489880, 2019-03 */
#define TWO_UPDATES "CVE-2010-0486" /* KB978601 and KB979309, each of another component */

static void again(void)
{
    bench_free(on);
    on = bench_new(es_catalogue_tables(book));
}

/* ------------------------------------------------------------------ what is named */

static void the_first_that_covered_it_is_named(void **unused)
{
    (void)unused;
    install(4493471, "2019-04-10T03:08:13Z");
    install(4499149, "2019-05-15T03:07:22Z");
    expect_cve(MARCH, "covered");
    assert_string_equal(asked(MARCH, "by"), "KB4493471");
    again();
    install(4493471, "2019-06-10T03:08:13Z");
    install(4499149, "2019-05-15T03:07:22Z");
    expect_cve(MARCH, "covered");
    assert_string_equal(asked(MARCH, "by"), "KB4499149");
    expect_cve(APRIL, "covered"); /* its own update, though a later one was first */
    assert_string_equal(asked(APRIL, "by"), "KB4493471");
    again();
    install(4493471, "2019-04-10T03:08:13Z");
    install(4499149, NULL); /* when is not known: not before one that is dated */
    expect_cve(MARCH, "covered");
    assert_string_equal(asked(MARCH, "by"), "KB4493471");
    again();
    install(4493471, NULL);
    install(4499149, "2019-05-15T03:07:22Z");
    expect_cve(MARCH, "covered");
    assert_string_equal(asked(MARCH, "by"), "KB4499149");
}

/* The worst of the components decides, and all must be covered from the day that is given. */
static void each_component_must_be_mended(void **unused)
{
    (void)unused;
    bench_boot(on, "2010-04-01T08:00:00Z");
    bench_boot(on, "2010-05-01T08:00:00Z");
    bench_boot(on, "2010-06-01T08:00:00Z");
    install(978601, "2010-05-20T03:08:13Z");
    expect_cve(TWO_UPDATES, "exposed");
    assert_string_equal(asked(TWO_UPDATES, "by"), "KB979309");
    install(979309, "2010-04-20T03:08:13Z");
    judge();
    assert_string_equal(asked(TWO_UPDATES, "answer"), "covered");
    assert_string_equal(asked(TWO_UPDATES, "from"), "2010-06-01T08:00:00Z");
    assert_non_null(strstr(asked(TWO_UPDATES, "explanation"), "components of it are mended by KB979309"));
}

/* Since it was uninstalled, where a record says when; not before there was a fix. */
static void since_when_it_is_open(void **unused)
{
    (void)unused;
    bench_orphan(on, 4499149);
    bench_event(on, 4499149, "uninstalled", "2019-06-01T10:00:00Z");
    expect_cve(BLUEKEEP, "exposed");
    assert_string_equal(asked(BLUEKEEP, "from"), "2019-06-01T10:00:00Z");
    assert_non_null(strstr(asked(BLUEKEEP, "explanation"), "released 2019-05-14"));
    assert_non_null(strstr(asked(BLUEKEEP, "explanation"), "uninstalled 2019-06-01T10:00:00Z"));
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-05-13");
    judge();
    assert_string_equal(asked(BLUEKEEP, "answer"), "exposed");
    assert_string_equal(asked(BLUEKEEP, "from"), "(null)");
    assert_null(strstr(asked(BLUEKEEP, "explanation"), "cannot be excluded"));
}

/* An update that there are doubts of says more than a rule does. */
static void why_it_is_unknown(void **unused)
{
    (void)unused;
    install(979309, "2010-04-20T03:08:13Z");
    bench_files(on, 0, 1);
    install(4499149, "2019-05-15T03:07:22Z"); /* may hold KB978601 */
    expect_cve(TWO_UPDATES, "unknown");
    assert_string_equal(asked(TWO_UPDATES, "by"), "KB979309");
    assert_non_null(strstr(asked(TWO_UPDATES, "explanation"),
                           "of KB979309, it is listed as installed, and its .mum or .cat"));
    expect_cve(ETERNAL, "unknown");
    assert_non_null(strstr(asked(ETERNAL, "explanation"), "What would decide is the .mum"));
}

/* ------------------------------------------------------------------ which rows apply */

static void rows_for_another_explorer(void **unused)
{
    (void)unused;
    bench_explorer(on, "8.0.6001.18702");
    expect_cve("CVE-2016-0059", "covered"); /* Internet Explorer 9 alone */
    assert_string_equal(asked("CVE-2016-0059", "by"), "(null)");
    assert_string_equal(asked("CVE-2016-0059", "basis"), "(null)");
    again();
    bench_explorer(on, "9.0.8112.16421");
    expect_cve("CVE-2016-0059", "exposed");
}

static void rollups_bring_explorer_too(void **unused)
{
    (void)unused;
    bench_explorer(on, "8.0.6001.18702");
    expect_cve("CVE-2014-1776", "exposed");
    install(4499180, "2019-05-15T03:07:22Z"); /* security-only: not */
    judge();
    assert_string_equal(asked("CVE-2014-1776", "answer"), "exposed");
    install(4499149, "2019-05-15T03:07:22Z");
    judge();
    assert_string_equal(asked("CVE-2014-1776", "answer"), "unknown");
}

static void versions_of_dotnet_in_one_row(void **unused)
{
    (void)unused;
    bench_framework(on, "4.5.2", 0);
    expect_cve("CVE-2014-4073", "unknown"); /* "4.5/4.5.1/4.5.2" */
    again();
    bench_framework(on, "4.0", 0);
    bench_framework(on, "2.0", -1); /* which service pack is not known */
    expect_cve("CVE-2009-0090", "unknown");
    again();
    bench_framework(on, "4.0", 0);
    expect_cve("CVE-2009-0090", "covered");
}

/* Of the same day, it cannot hold a fix that came out with it. */
static void of_one_day(void **unused)
{
    (void)unused;
    install(4012598, "2017-03-15T03:07:22Z");
    expect_cve("CVE-2017-0045", "exposed"); /* KB3205715, 2017-03-14 as well */
    expect_cve("CVE-2010-0486", "unknown");
}

/* ------------------------------------------------------------------ files */

static void of_both_branches_the_one_that_is_there(void **unused)
{
    (void)unused;
    install(971486, "2009-10-15T03:07:22Z"); /* 18082 for GDR, 22191 for LDR */
    bench_kernel(on, "6.0.6002.18082");
    expect_cve("CVE-2009-2515", "covered");
    bench_kernel(on, "6.0.6002.22100");
    judge();
    assert_string_equal(asked("CVE-2009-2515", "answer"), "unknown");
    bench_kernel(on, "6.0.6002.22191");
    judge();
    assert_string_equal(asked("CVE-2009-2515", "answer"), "covered");
}

static void some_files_are_no_basis(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_manifest(on, 4499149, "amd64|microsoft-windows-os-kernel|6.0.6003.20512|ntoskrnl.exe");
    bench_manifest(on, 4499149, "amd64|termdd|6.0.6003.20512|termdd.sys");
    bench_component(on, "Microsoft-Windows-OS-Kernel", "amd64", "6.0.6003.20512", NULL);
    bench_component(on, "termdd", "amd64", "6.0.6003.20512", NULL);
    expect_cve(BLUEKEEP, "covered");
    assert_string_equal(asked(BLUEKEEP, "basis"), "packages");
}

static void without_packages(void **unused)
{
    (void)unused;
    bench_no_packages(on);
    expect_cve(BLUEKEEP, "unknown");
    assert_string_equal(bench_answer(on, "patch-level"), "unknown");
    assert_string_equal(bench_answer(on, "esu-updates"), "unknown");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4493730", "state"), "unknown");
}

/* Nothing that ran before setup is on this disk, whatever was open then. */
static void before_it_was_installed(void **unused)
{
    (void)unused;
    bench_set_up(on, "2015-08-24T06:52:43Z");
    install(4499149, "2019-05-15T03:07:22Z");
    bench_as_of(on, "2014-01-01");
    expect_cve(BLUEKEEP, "unknown");
    assert_non_null(strstr(asked(BLUEKEEP, "explanation"), "not installed yet"));
    assert_string_equal(ask(ES_ASKED_KB, "KB4499149"), "unknown");
    assert_string_equal(bench_answer(on, "exposure"), "unknown");
    assert_string_equal(bench_answer(on, "patch-level"), "unknown");
    assert_string_equal(bench_answer(on, "esu-updates"), "unknown");
    bench_as_of(on, "2016-01-01");
    expect_cve(BLUEKEEP, "exposed");
    /* it ran before: InstallDate was set anew */
    bench_as_of(on, "2014-01-01");
    bench_boot(on, "2013-12-01T00:00:00Z");
    expect_cve(BLUEKEEP, "exposed");
}

/* Where no key could be read, that there is none is not known either. */
static void files_whose_keys_cannot_be_read(void **unused)
{
    (void)unused;
    bench_no_packages(on);
    bench_orphan(on, 4499149);
    assert_string_equal(ask(ES_ASKED_KB, "KB4499149"), "unknown");
    assert_non_null(strstr(asked("KB4499149", "explanation"), "could be read"));
    assert_string_equal(bench_row_of(on, "updates", "kb", "KB4499149", "state"), "(null)");
    assert_non_null(strstr(bench_row_of(on, "updates", "kb", "KB4499149", "remark"), "not known"));
    expect_cve(BLUEKEEP, "unknown");
}

/* Where a part of the list of packages could not be read, what it does not name may be there. */
static void a_list_cut_short(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    assert_string_equal(ask(ES_ASKED_KB, "KB4503273"), "not-installed");
    bench_list_cut(on);
    assert_string_equal(ask(ES_ASKED_KB, "KB4499149"), "installed");
    assert_string_equal(ask(ES_ASKED_KB, "KB4503273"), "unknown");
    assert_non_null(strstr(asked("KB4503273", "explanation"), "Part of the packages"));
    assert_string_equal(bench_answer(on, "patch-level"), "unknown");
    expect_cve(BLUEKEEP, "covered");
}

/* Saved hives have no files beside them to ask for. */
static void files_of_saved_hives(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_files(on, -1, -1);
    expect_cve(BLUEKEEP, "unknown");
    bench_role(on, ES_ROLE_REGBACK);
    judge();
    assert_string_equal(asked(BLUEKEEP, "answer"), "covered");
}

/* ------------------------------------------------------------------ Windows Installer */

#define DOTNET "CVE-2015-2479" /* .NET 4.6 alone */
#define PATCH 3083186u         /* which mends it */

static void patches_cover(void **unused)
{
    static const struct {
        const char *patch, *second;
        int setup; /* -2: nothing */
        const char *answer, *state;
    } known[] = {
        { "applied", NULL, -2, "covered", "installed" },
        { "superseded", NULL, -2, "covered", "superseded" },
        { "obsolete", NULL, 1, "covered", "superseded" },
        { "applied", "applied", 1, "covered", "installed" },
        { "applied", "registered", 1, "unknown", "installed" },
        { "applied", "unknown", 1, "unknown", "installed" },
        { "registered", NULL, 1, "unknown", "staged" }, /* the setup says more than there is */
        { "unknown", NULL, -2, "unknown", "residue" },
        { NULL, NULL, 1, "covered", "installed" },
        { NULL, NULL, 0, "unknown", "residue" },
        { NULL, NULL, -1, "unknown", "residue" },
    };

    (void)unused;
    for (uint32_t i = 0; i < ES_COUNT(known); i++) {
        again();
        bench_framework(on, "4.6", 0);
        if (known[i].patch)
            bench_patch(on, PATCH, known[i].patch, "2015-09-10");
        if (known[i].second)
            bench_patch(on, PATCH, known[i].second, "2015-09-10");
        if (known[i].setup > -2)
            bench_registration(on, PATCH, known[i].setup);
        expect_cve(DOTNET, known[i].answer);
        assert_string_equal(bench_row(on, "updates", 0, "state"), known[i].state);
    }
}

static void what_patches_say(void **unused)
{
    (void)unused;
    bench_framework(on, "4.6", 0);
    bench_patch(on, PATCH, "applied", "2015-09-10");
    bench_registration(on, PATCH, 0);
    expect_cve(DOTNET, "covered");
    assert_string_equal(asked(DOTNET, "basis"), "packages");
    assert_non_null(strstr(asked(DOTNET, "explanation"), "lists of Windows Installer"));
    assert_null(strstr(asked(DOTNET, "explanation"), ".mum"));
    assert_string_equal(bench_row(on, "updates", 0, "agree"), "false");
    assert_string_equal(bench_row(on, "updates", 0, "installed_at"), "2015-09-10");
    assert_non_null(strstr(bench_row(on, "updates", 0, "installed_at_means"), "local time"));
    bench_pending(on, "RebootPending", NULL, "2015-09-10T03:07:22Z");
    judge();
    assert_string_equal(asked(DOTNET, "answer"), "unknown");
    again();
    bench_patch(on, 4499149, "applied", "2019-05-15"); /* a package, and what says otherwise */
    bench_package(on, 4499149, "staged", "2019-05-15T03:07:22Z");
    expect_cve(BLUEKEEP, "exposed");
}

/* Windows Installer keeps a day of local time: what lies within it is not known. */
static void a_day_of_local_time(void **unused)
{
    static const struct {
        const char *day, *answer;
    } known[] = {
        { "2015-09-08", "unknown" }, /* out, and not there yet */
        { "2015-09-10", "unknown" }, { "2015-09-11T11:00:00Z", "unknown" },
        { "2015-09-14", "unknown" }, { "2015-09-16", "covered" },
    };

    (void)unused;
    bench_framework(on, "4.6", 0);
    bench_patch(on, PATCH, "applied", "2015-09-10");
    bench_boot(on, "2015-09-01T08:00:00Z");
    bench_boot(on, "2015-09-10T20:00:00Z"); /* perhaps before it */
    bench_boot(on, "2015-09-15T08:00:00Z");
    bench_boot(on, "2015-12-01T08:00:00Z");
    for (uint32_t i = 0; i < ES_COUNT(known); i++) {
        bench_as_of(on, known[i].day);
        expect_cve(DOTNET, known[i].answer);
    }
    assert_string_equal(asked(DOTNET, "from"), "2015-09-15T08:00:00Z");
    bench_as_of(on, "2015-09-10");
    judge();
    assert_non_null(strstr(bench_row(on, "updates", 0, "remark"), "keeps the day alone"));
}

/* ------------------------------------------------------------------ what owes a restart */

static void what_owes_no_restart(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_pending(on, "SessionsPending.Exclusive", NULL, "2019-05-15T03:07:30Z");
    bench_mark(on, "RebootPending", 0);
    bench_mark(on, "ExecuteState", 1);
    bench_rename(on, 0);
    expect_cve(BLUEKEEP, "covered");
    bench_mark(on, "RebootPending", 1);
    judge();
    assert_string_equal(asked(BLUEKEEP, "answer"), "unknown");
    again();
    install(4499149, "2019-05-15T03:07:22Z");
    bench_rename(on, 1);
    expect_cve(BLUEKEEP, "unknown");
}

static void a_start_by_its_uptime(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_uptime(on, "2019-05-21T12:00:00Z", 3600); /* logs need not be in order */
    bench_boot(on, "2019-05-01T08:00:00Z");
    expect_cve(BLUEKEEP, "covered");
    assert_string_equal(asked(BLUEKEEP, "from"), "2019-05-21T11:00:00Z");
    assert_null(strstr(asked(BLUEKEEP, "explanation"), "at the latest"));
}

static void a_start_that_may_not_be_the_first(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_boot(on, "2019-08-01T08:00:00Z");
    expect_cve(BLUEKEEP, "covered");
    assert_non_null(strstr(asked(BLUEKEEP, "explanation"), "at the latest"));
}

static void what_a_cleared_log_held(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_boot(on, "2019-05-01T08:00:00Z");
    bench_boot(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-05-18");
    expect_cve(BLUEKEEP, "exposed");
    bench_cleared(on, "2019-06-01T08:00:00Z");
    judge();
    assert_string_equal(asked(BLUEKEEP, "answer"), "unknown");
    assert_non_null(strstr(bench_row(on, "updates", 0, "remark"), "no record of starts"));
}

/* ------------------------------------------------------------------ days */

static void out_when_its_month_had_begun(void **unused)
{
    (void)unused;
    bench_boot(on, "2021-01-01T08:00:00Z");
    bench_boot(on, "2022-01-01T08:00:00Z");
    bench_as_of(on, "2021-07-06"); /* KB5004955: 2021-07, the day is not known */
    expect_cve("CVE-2021-34527", "exposed");
    assert_string_equal(bench_row_of(on, "cves", "cve", "CVE-2021-34527", "fix_available"), "true");
    bench_as_of(on, "2021-06-30");
    judge();
    assert_string_equal(bench_row_of(on, "cves", "cve", "CVE-2021-34527", "fix_available"),
                        "false");
}

static void uninstalled_before_and_after(void **unused)
{
    (void)unused;
    bench_event(on, 4499149, "uninstalled", "2019-06-01T10:00:00Z");
    bench_boot(on, "2019-01-01T08:00:00Z");
    bench_boot(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-06-02");
    expect_cve(BLUEKEEP, "exposed");
    assert_string_equal(ask(ES_ASKED_KB, "KB4499149"), "not-installed");
    bench_as_of(on, "2019-05-30");
    judge();
    assert_string_equal(asked(BLUEKEEP, "answer"), "unknown");
    assert_string_equal(asked("KB4499149", "answer"), "unknown");
}

static void a_kb_that_came_later(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_boot(on, "2019-01-01T08:00:00Z");
    bench_boot(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-05-01");
    assert_string_equal(ask(ES_ASKED_KB, "KB4499149"), "not-installed");
    assert_string_equal(asked("KB4499149", "to"), "2019-05-15T03:07:22Z");
    assert_string_equal(ask(ES_ASKED_KB, "KB4493471"), "not-installed");
    bench_as_of(on, "2019-05-16"); /* installed, and no start yet */
    judge();
    assert_string_equal(asked("KB4499149", "answer"), "installed");
    assert_string_equal(asked("KB4499149", "from"), "2019-05-15T03:07:22Z");
}

/* A day that no record reaches, and a KB of which nothing is there. */
static void a_kb_that_nothing_speaks_of(void **unused)
{
    (void)unused;
    bench_boot(on, "2019-06-01T08:00:00Z");
    bench_as_of(on, "2019-05-30");
    assert_string_equal(ask(ES_ASKED_KB, "KB4493471"), "unknown");
    assert_string_equal(ask(ES_ASKED_KB, "KB953297"), "unknown");
    again();
    assert_string_equal(ask(ES_ASKED_KB, "KB4493471"), "not-installed");
    assert_string_equal(ask(ES_ASKED_KB, "KB953297"), "unknown"); /* of .NET */
    assert_non_null(strstr(asked("KB953297", "explanation"), ".NET"));
}

/* ------------------------------------------------------------------ earlier states */

static void saved_hives_had_it(void **unused)
{
    (void)unused;
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-06-14");
    bench_state(on, ES_ROLE_REGBACK, "2019-05-30T08:00:00Z");
    install(4499149, "2019-05-15T03:07:22Z");
    expect_cve(BLUEKEEP, "unknown");
    expect_cve("CVE-2019-1073", "exposed"); /* 2019-07 */
}

static void installed_before_and_again(void **unused)
{
    (void)unused;
    install(4499149, "2019-07-15T03:07:22Z");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-06-14");
    bench_state(on, ES_ROLE_REGBACK, "2019-05-30T08:00:00Z");
    install(4499149, "2019-05-15T03:07:22Z");
    expect_cve(BLUEKEEP, "unknown");
}

/* Of two earlier states the newer one counts. */
static void the_newest_of_earlier_states(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-06-14");
    bench_snapshot(on, "2019-05-12T08:00:00Z", "6.0.6003.20489");
    bench_snapshot(on, "2019-05-30T08:00:00Z", "6.0.6003.20512");
    install(4499149, "2019-05-15T03:07:22Z");
    bench_snapshot(on, "2019-05-20T08:00:00Z", "6.0.6003.20489");
    expect_cve(BLUEKEEP, "covered");
    assert_non_null(strstr(asked(BLUEKEEP, "explanation"), "2019-05-30"));
}

/* A start after the asked day says nothing of it. */
static void started_after_the_day(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_boot(on, "2019-05-01T08:00:00Z");
    bench_boot(on, "2019-06-20T08:00:00Z");
    bench_as_of(on, "2019-06-14");
    bench_snapshot(on, "2019-05-30T08:00:00Z", "6.0.6003.20512");
    install(4499149, "2019-05-15T03:07:22Z");
    expect_cve(BLUEKEEP, "covered");
    assert_string_equal(asked(BLUEKEEP, "from"), "(null)");
}

/* It was there in the shadow copy, and a record says when it went: after the day, before it. */
static void it_went_after_the_day(void **unused)
{
    static const char *const when[] = { "2019-07-01T10:00:00Z", "2019-06-10T10:00:00Z" };
    static const char *const answers[] = { "covered", "unknown" };

    (void)unused;
    for (uint32_t i = 0; i < ES_COUNT(when); i++) {
        again();
        bench_event(on, 4499149, "uninstalled", when[i]);
        bench_shutdown(on, "2019-08-01T08:00:00Z");
        bench_as_of(on, "2019-06-14");
        bench_snapshot(on, "2019-05-30T08:00:00Z", "6.0.6003.20512");
        install(4499149, "2019-05-15T03:07:22Z");
        expect_cve(BLUEKEEP, answers[i]);
    }
}

/* What the end calls older than the shadow copy, and the shadow copy does not have, came neither
 * before nor after it. */
static void what_the_copy_does_not_have(void **unused)
{
    (void)unused;
    install(4493471, "2019-05-10T03:07:22Z");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_as_of(on, "2019-06-14");
    bench_snapshot(on, "2019-05-30T08:00:00Z", "6.0.6003.20489");
    assert_string_equal(ask(ES_ASKED_KB, "KB4493471"), "not-installed");
    assert_string_equal(asked("KB4493471", "to"), "(null)");
}

/* The shadow copy waits for a restart, and there was one before the day. */
static void it_waited_and_was_started(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    bench_shutdown(on, "2019-08-01T08:00:00Z");
    bench_boot(on, "2019-05-16T08:00:00Z");
    bench_snapshot(on, "2019-05-15T08:00:00Z", "6.0.6003.20512");
    bench_package(on, 4499149, "install-pending", "2019-05-15T03:07:22Z");
    bench_as_of(on, "2019-05-20");
    expect_cve(BLUEKEEP, "unknown");
}

/* ------------------------------------------------------------------ what is counted */

static int64_t number(const char *verdict, const char *name)
{
    return strtoll(bench_field(on, verdict, name), NULL, 10);
}

static void counts_are_those_of_the_rows(void **unused)
{
    int64_t exploits = 0, remote = 0, critical = 0, n;
    const es_catalogue *catalogue = es_catalogue_tables(book);
    const char *last = NULL;

    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    install(4499180, "2019-05-15T03:07:22Z");
    install(978601, "2010-05-20T03:08:13Z");
    judge();
    n = bench_n_rows(on, "cves");
    assert_int_equal(n, number("exposure", "open"));
    assert_int_equal(n + number("exposure", "covered") + number("exposure", "unknown") +
                         number("exposure", "not_applicable"),
                     catalogue->n_cves);
    for (uint32_t i = 0; i < n; i++) {
        const char *kb = bench_row(on, "cves", i, "kb");
        const es_catalogue_update *update =
            es_catalogue_find(catalogue, es_kb_number(es_text_of(kb)));

        exploits += !strcmp(bench_row(on, "cves", i, "public_exploit"), "true");
        remote += strstr(bench_row(on, "cves", i, "impact"), "Remote Code Execution") != NULL;
        critical += !strcmp(bench_row(on, "cves", i, "severity"), "Critical");
        if (last) { /* newest first */
            const es_catalogue_update *before =
                es_catalogue_find(catalogue, es_kb_number(es_text_of(last)));

            assert_true(!es_time_known(before->released) || !es_time_known(update->released) ||
                        before->released.ticks >= update->released.ticks);
        }
        last = kb;
    }
    assert_int_equal(exploits, number("exposure", "public_exploit"));
    assert_int_equal(remote, number("exposure", "by_impact.remote_code_execution"));
    assert_int_equal(critical, number("exposure", "by_severity.critical"));
    assert_true(n > 500 && exploits > 10 && remote > 100 && critical > 100);
}

/* Each reason with how many it holds for, and what would decide; they add up. */
static void reasons_add_up(void **unused)
{
    const char *text, *at;
    long long told = 0;

    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    install(4503273, "2019-06-15T03:07:22Z");
    bench_files(on, 0, 1);
    bench_kernel(on, "6.0.6003.24000");
    judge();
    text = bench_explanation(on, "exposure");
    for (at = strstr(text, " unknown: "); at; at = strstr(at + 1, " unknown: ")) {
        const char *from = at;

        while (from > text && from[-1] != '.')
            from--;
        told += strtoll(from, NULL, 10);
    }
    assert_int_equal(told, number("exposure", "unknown"));
    assert_non_null(strstr(text, "what would decide is its version in SOFTWARE"));
    assert_non_null(strstr(text, "its .mum or .cat is not there"));
}

/* Missing is what would mend something open, and is not there: never what is covered, nor .NET. */
static void what_is_missing(void **unused)
{
    (void)unused;
    install(978601, "2010-05-20T03:08:13Z");
    judge();
    assert_non_null(bench_row_of(on, "missing", "kb", "KB979309", "kb"));
    assert_null(bench_row_of(on, "missing", "kb", "KB978601", "kb"));
    assert_null(bench_row_of(on, "missing", "kind", "dotnet", "kb"));
    install(4499149, "2019-05-15T03:07:22Z");
    judge();
    assert_null(bench_row_of(on, "missing", "kb", "KB4499149", "kb"));
    assert_null(bench_row_of(on, "missing", "kb", "KB4493471", "kb"));
    assert_null(bench_row_of(on, "missing", "kind", "dotnet", "kb"));
    assert_non_null(bench_row_of(on, "missing", "kb", "KB4503273", "kb"));
    bench_ask(on, ES_ASKED_CVE, BLUEKEEP);
    judge();
    assert_null(bench_row_of(on, "cves", "cve", BLUEKEEP, "kb"));
}

static void months_and_periods(void **unused)
{
    (void)unused;
    install(4499149, "2019-05-15T03:07:22Z");
    install(4489876, "2019-03-13T03:07:22Z");
    bench_package(on, 4503287, "staged", "2019-06-15T03:07:22Z");
    judge();
    assert_string_equal(bench_field(on, "patch-level", "security_only_months"), "2019-03");
    assert_int_equal(number("patch-level", "months_behind.general"), 8); /* to 2020-01 */
    assert_int_equal(number("patch-level", "months_behind.esu"), 80);    /* to 2026-01 */
    assert_string_equal(bench_field(on, "esu-updates", "updates"), "");
    install(4537810, "2020-02-12T03:07:22Z");
    bench_kernel(on, "6.0.6003.24000");
    judge();
    assert_string_equal(bench_answer(on, "esu-updates"), "esu-year-1");
    assert_string_equal(bench_field(on, "esu-updates", "updates"), "KB4537810");
    install(4601360, "2021-02-12T03:07:22Z");
    bench_files(on, 0, 1);
    judge();
    assert_string_equal(bench_answer(on, "esu-updates"), "unknown");
}

static void prerequisites_in_doubt(void **unused)
{
    (void)unused;
    install(4493730, "2019-04-10T03:00:44Z");
    bench_files(on, 0, 1);
    judge();
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4493730", "state"), "unknown");
    again();
    install(4517134, "2019-09-10T03:00:44Z");
    install(5050682, "2025-01-15T03:00:44Z");
    judge();
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4493730", "state"), "met");
    assert_string_equal(bench_row_of(on, "prerequisites", "kb", "KB4493730", "by"), "KB5050682");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(the_first_that_covered_it_is_named),
        TEST(each_component_must_be_mended),
        TEST(since_when_it_is_open),
        TEST(why_it_is_unknown),
        TEST(rows_for_another_explorer),
        TEST(rollups_bring_explorer_too),
        TEST(versions_of_dotnet_in_one_row),
        TEST(of_one_day),
        TEST(of_both_branches_the_one_that_is_there),
        TEST(some_files_are_no_basis),
        TEST(without_packages),
        TEST(files_whose_keys_cannot_be_read),
        TEST(before_it_was_installed),
        TEST(a_list_cut_short),
        TEST(files_of_saved_hives),
        TEST(patches_cover),
        TEST(what_patches_say),
        TEST(a_day_of_local_time),
        TEST(what_owes_no_restart),
        TEST(a_start_by_its_uptime),
        TEST(a_start_that_may_not_be_the_first),
        TEST(what_a_cleared_log_held),
        TEST(out_when_its_month_had_begun),
        TEST(uninstalled_before_and_after),
        TEST(a_kb_that_came_later),
        TEST(a_kb_that_nothing_speaks_of),
        TEST(saved_hives_had_it),
        TEST(installed_before_and_again),
        TEST(the_newest_of_earlier_states),
        TEST(started_after_the_day),
        TEST(it_went_after_the_day),
        TEST(what_the_copy_does_not_have),
        TEST(it_waited_and_was_started),
        TEST(counts_are_those_of_the_rows),
        TEST(reasons_add_up),
        TEST(what_is_missing),
        TEST(months_and_periods),
        TEST(prerequisites_in_doubt),
    };
    int failed;

    if (!catalogue_loaded(argc > 1 ? argv[1] : "."))
        return 1;
    failed = cmocka_run_group_tests_name("plugin_updates_edges", tests, NULL, NULL);
    es_catalogue_book_free(book);
    return failed;
}
