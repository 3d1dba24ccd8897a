/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_build.c: every row of the decision table at the top of plugins/build/judge.c, and
 * what the plugin says beside it. The kernel plugin runs along, as it does in a scan.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_build, esuscan_plugin_kernel;

#define NT "Microsoft\\Windows NT\\CurrentVersion"
#define CBS "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
#define MANAGER "CurrentControlSet\\Control\\Session Manager"
#define ENVIRONMENT MANAGER "\\Environment"
#define NTOSKRNL "Windows/System32/ntoskrnl.exe"
#define NTKRNLPA "Windows/System32/ntkrnlpa.exe"

#define V6002 "6.0.6002.24566"
#define V6003 "6.0.6003.20489"
#define LAB6002 "6002.24566.amd64fre.vistasp2_ldr_escrow.190311-1800"
#define LAB6003 "6003.20489.amd64fre.vistasp2_ldr_escrow.190320-1700"

static fake_host *make(void)
{
    fake_host *fake = fake_host_new();

    fake_plugin(fake, &esuscan_plugin_build);
    fake_plugin(fake, &esuscan_plugin_kernel);
    return fake;
}

static void software(fake_host *fake, const char *number, const char *lab, const char *current)
{
    fake_text(fake, "SOFTWARE", NT, "CurrentVersion", "6.0");
    if (number)
        fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", number);
    if (lab)
        fake_text(fake, "SOFTWARE", NT, "BuildLabEx", lab);
    if (current)
        fake_text(fake, "SOFTWARE", NT, "CurrentBuild", current);
}

static void kernel(fake_host *fake, const char *version)
{
    char words[80];

    (void)snprintf(words, sizeof words, "%s (vistasp2_ldr_escrow.190320-1700)", version);
    fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, version, words);
}

static void run(fake_host *fake)
{
    assert_int_equal(fake_run(fake), ES_OK);
}

static void expect(fake_host *fake, uint32_t id, const char *answer, const char *status)
{
    assert_string_equal(fake_answer(fake, id, "build"), answer);
    assert_string_equal(fake_verdict_text(fake, id, "build", "status"), status);
    assert_int_equal(fake_n_rows(fake, id, "contradictions") > 0, !strcmp(status, "conflict"));
}

static void expect_said(fake_host *fake, const char *words)
{
    if (!strstr(fake_explanation(fake, 1, "build"), words))
        fail_msg("\"%s\" is not in \"%s\"", words, fake_explanation(fake, 1, "build"));
}

static void expect_not_said(fake_host *fake, const char *words)
{
    if (strstr(fake_explanation(fake, 1, "build"), words))
        fail_msg("\"%s\" is in \"%s\"", words, fake_explanation(fake, 1, "build"));
}

static int is_missing(fake_host *fake, uint32_t id, const char *words)
{
    const es_datum *list = fake_verdict_field(fake, id, "build", "missing_sources");

    assert_int_equal(list->type, ES_FIELD_TEXT_LIST);
    for (uint64_t i = 0; i < list->n; i++)
        if (strstr(list->texts[i].data, words))
            return 1;
    return 0;
}

/* ------------------------------------------------------------------ the table */

enum { NOTHING, RESTART, KERNEL_OP, PACKAGE, RENAME_KERNEL, RENAME_OTHER };

static void owe(fake_host *fake, int what)
{
    static const char xml[] = "<MoveFile source=\"\\x\" destination=\"\\SystemRoot\\ntoskrnl.exe\"/>";

    switch (what) {
    case RESTART:
        fake_key(fake, "SOFTWARE", CBS "\\RebootPending");
        break;
    case KERNEL_OP:
        fake_file(fake, "Windows/winsxs/pending.xml", xml, sizeof xml - 1);
        break;
    case PACKAGE:
        fake_key(fake, "SOFTWARE",
                 CBS "\\PackagesPending\\Package_for_KB4493471~31bf3856ad364e35~amd64~~6.0.1.1");
        break;
    case RENAME_KERNEL:
        fake_multi(fake, "SYSTEM", MANAGER, "PendingFileRenameOperations",
                   "\\??\\C:\\x.tmp||\\??\\C:\\a|!\\??\\C:\\Windows\\system32\\NTOSKRNL.EXE||");
        break;
    case RENAME_OTHER:
        fake_multi(fake, "SYSTEM", MANAGER, "PendingFileRenameOperations",
                   "\\??\\C:\\Temp\\ntoskrnl.exe||\\??\\C:\\a|\\??\\C:\\b||");
        break;
    default:
        break;
    }
}

typedef struct row {
    const char *kernel, *number, *lab, *current;
    int owed;
    const char *answer, *status;
} row;

static const row table[] = {
    { V6003, "6003", LAB6003, "6003", NOTHING, "6003", "consistent" },
    { V6002, "6002", LAB6002, "6002", NOTHING, "6002", "consistent" },
    { V6003, "6003", LAB6003, "6003", RESTART, "6003", "consistent" },
    { V6002, "6002", LAB6002, "6002", RENAME_OTHER, "6002", "consistent" },
    { V6003, "6003", LAB6003, "6003", KERNEL_OP, "6003", "pending" },
    { V6002, "6002", LAB6002, "6002", PACKAGE, "6002", "pending" },
    { V6002, "6002", LAB6002, "6002", RENAME_KERNEL, "6002", "pending" },
    { V6003, "6003", LAB6003, "6002", NOTHING, "6003", "lagging" },
    { V6003, "6003", LAB6002, "6002", NOTHING, "6003", "lagging" },
    { V6003, "6003", LAB6002, "6003", NOTHING, "6003", "lagging" },
    { "6.0.6003.20706", "6003", LAB6003, "6003", NOTHING, "6003", "lagging" },
    { "6.0.6002.24881", "6002", LAB6002, "6002", NOTHING, "6002", "consistent" },
    { V6003, "6002", LAB6002, "6002", NOTHING, "6003", "conflict" },
    { V6003, "6002", LAB6002, "6002", RENAME_OTHER, "6003", "conflict" },
    { V6003, "6002", LAB6002, "6002", RESTART, "6003", "pending" },
    { V6003, "6002", LAB6002, "6002", KERNEL_OP, "6003", "pending" },
    { V6003, "6002", LAB6002, "6002", PACKAGE, "6003", "pending" },
    { V6003, "6002", LAB6002, "6002", RENAME_KERNEL, "6003", "pending" },
    { V6002, "6003", LAB6003, "6002", NOTHING, "6002", "conflict" },
    { V6002, "6003", LAB6003, "6003", NOTHING, "6002", "conflict" },
    { V6002, "6003", LAB6003, "6003", RENAME_OTHER, "6002", "conflict" },
    { V6002, "6003", LAB6003, "6003", RESTART, "6002", "conflict" },
    { V6002, "6003", LAB6003, "6003", RENAME_KERNEL, "6002", "pending" },
    { V6002, "6003", LAB6003, "6003", PACKAGE, "6002", "pending" },
    { V6003, NULL, NULL, "6002", NOTHING, "6003", "conflict" },
    { V6003, NULL, LAB6003, "6002", NOTHING, "6003", "lagging" },
    { V6003, NULL, NULL, "6003", NOTHING, "6003", "insufficient" },
    { V6003, NULL, LAB6003, NULL, NOTHING, "6003", "consistent" },
    { V6002, "6002", LAB6002, "6003", NOTHING, "6002", "conflict" },
    { V6002, "6002", LAB6003, "6002", NOTHING, "6002", "conflict" },
    { NULL, "6003", LAB6003, "6002", NOTHING, "6003", "insufficient" },
    { NULL, "6002", LAB6002, "6002", NOTHING, "6002", "insufficient" },
    { NULL, "6002", LAB6002, "6003", NOTHING, "6002", "conflict" },
    { NULL, "6002", LAB6003, "6002", NOTHING, "6002", "conflict" },
    { NULL, "6002", LAB6003, "6002", RESTART, "6002", "pending" },
    { NULL, "6002", LAB6002, "6002", PACKAGE, "6002", "pending" },
    { NULL, NULL, LAB6003, NULL, NOTHING, "6003", "insufficient" },
    { NULL, NULL, NULL, "6002", NOTHING, "unknown", "insufficient" },
    { "6.0.6001.18000", "6001", NULL, "6001", NOTHING, "other", "consistent" },
    { "6.0.6000.16386", "6000", NULL, "6000", NOTHING, "other", "consistent" },
    { V6002, "6001", NULL, "6001", NOTHING, "6002", "conflict" },
};

static void test_table(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(table); i++) {
        fake_host *fake = make();
        const row *now = &table[i];

        software(fake, now->number, now->lab, now->current);
        if (now->kernel)
            kernel(fake, now->kernel);
        owe(fake, now->owed);
        run(fake);
        if (strcmp(fake_answer(fake, 1, "build"), now->answer) ||
            strcmp(fake_verdict_text(fake, 1, "build", "status"), now->status))
            fail_msg("row %u: %s %s, expected %s %s: %s", (unsigned)i,
                     fake_answer(fake, 1, "build"), fake_verdict_text(fake, 1, "build", "status"),
                     now->answer, now->status, fake_explanation(fake, 1, "build"));
        expect(fake, 1, now->answer, now->status);
        assert_true(is_missing(fake, 1, "System.evtx"));
        fake_host_free(fake);
    }
}

static void test_no_registry(void **state)
{
    fake_host *fake = make();

    (void)state;
    kernel(fake, V6003);
    run(fake);
    expect(fake, 1, "6003", "insufficient");
    expect_said(fake, "kernel is the only source");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "revision"), V6003);
    assert_true(is_missing(fake, 1, "CurrentBuildNumber"));
    fake_host_free(fake);
}

static void test_nothing_at_all(void **state)
{
    fake_host *fake = make();

    (void)state;
    run(fake);
    expect(fake, 1, "unknown", "insufficient");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "build"), "(null)");
    assert_true(is_missing(fake, 1, "the kernel that boots"));
    fake_host_free(fake);
}

static void test_fields(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    fake_text(fake, "SYSTEM", ENVIRONMENT, "PROCESSOR_ARCHITECTURE", "AMD64");
    kernel(fake, V6003);
    run(fake);
    expect(fake, 1, "6003", "consistent");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "revision"), V6003);
    assert_string_equal(fake_verdict_text(fake, 1, "build", "branch"), "LDR");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "architecture"), "amd64");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "build"), "6003");
    assert_int_equal(fake_verdict_field(fake, 1, "build", "last_booted.build")->type, 0);
    assert_true(fake_n_because(fake, 1, "build") >= 4);
    expect_said(fake, "Registry and booting kernel agree.");
    expect_said(fake, NTOSKRNL);
    expect_not_said(fake, "owes a restart");
    expect_not_said(fake, "tampering");
    expect_said(fake, "CurrentBuildNumber states \"6003\"");
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ rows and mentions */

static void test_contradictions(void **state)
{
    fake_host *fake = make();
    uint32_t n;

    (void)state;
    software(fake, "6003", LAB6003, "6002");
    owe(fake, RENAME_OTHER);
    kernel(fake, V6002);
    run(fake);
    expect(fake, 1, "6002", "conflict");
    n = fake_n_rows(fake, 1, "contradictions");
    assert_int_equal(n, 2); /* CurrentBuildNumber and BuildLabEx; CurrentBuild agrees */
    for (uint32_t i = 0; i < n; i++) {
        const es_datum *left = fake_row_field(fake, 1, "contradictions", i, "left");
        const es_datum *right = fake_row_field(fake, 1, "contradictions", i, "right");

        assert_int_equal(left->type, ES_FIELD_FACT);
        assert_int_not_equal(left->integer, right->integer);
    }
    assert_string_equal(fake_row_field(fake, 1, "contradictions", 0, "text")->text.data,
                        "CurrentBuildNumber states build 6003, the kernel states build 6002.");
    expect_said(fake, "2 other files are pending");
    fake_host_free(fake);
}

static void test_mentions(void **state)
{
    fake_host *fake = make();
    es_executable *exe;

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    fake_text(fake, "SOFTWARE", NT, "CSDVersion", "Service Pack 1");
    fake_text(fake, "SOFTWARE", "Wow6432Node\\" NT, "CurrentBuildNumber", "6002");
    fake_number(fake, "SYSTEM", "Setup", "SystemSetupInProgress", 1);
    exe = fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, V6003, "6.0.6003.99 (x_ldr.1)");
    exe->checksum_known = 1;
    exe->checksum_stored = 1;
    exe->checksum_computed = 2;
    exe->file_flags = 1;
    fake_last_artefact(fake)->twins = 2;
    owe(fake, RESTART);
    fake_ask_as_of(fake, 1);
    run(fake);
    expect(fake, 1, "6003", "consistent");
    expect_said(fake, "possible sign of tampering");
    expect_said(fake, "does not fit its bytes");
    expect_said(fake, "checked (debug) build");
    expect_said(fake, "holds 2 names");
    expect_said(fake, "Servicing owes a restart (RebootPending)");
    expect_said(fake, "copy for 32-bit programs");
    expect_said(fake, "Service Pack 1");
    expect_said(fake, "setup had not finished");
    expect_said(fake, "whatever date was asked for");
    fake_host_free(fake);
}

static void test_damage_and_replay(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, NULL, LAB6003, "6003");
    fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", "6003");
    fake_changed(fake, "6002");
    fake_damaged(fake);
    kernel(fake, V6003);
    run(fake);
    expect(fake, 1, "6003", "consistent");
    expect_said(fake, "the hive itself states \"6002\"");
    expect_said(fake, "bytes of the image that cannot be trusted");
    fake_host_free(fake);
}

static void test_replay_added(void **state)
{
    fake_host *fake = make();

    (void)state;
    fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", "6003");
    fake_changed(fake, NULL);
    run(fake);
    assert_string_equal(fake_field_text(fake_fact(fake, "build.registry", 0), "before"),
                        "(not there)");
    fake_host_free(fake);
}

static void test_unreadable_value(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, NULL, LAB6003, "6002");
    fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", "6003");
    fake_corrupt(fake);
    run(fake);
    expect(fake, 1, "6003", "insufficient"); /* by BuildLabEx */
    expect_said(fake, "BuildLabEx decides");
    assert_true(is_missing(fake, 1, "CurrentBuildNumber"));
    assert_true(fake_n_notes(fake) > 0);
    fake_host_free(fake);
}

static void test_odd_values(void **state)
{
    static const char *const odd[] = { "", "6003x", "sixty", "99999999999999999999", "-6003",
                                       "6003.1", " 6003" };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(odd); i++) {
        fake_host *fake = make();

        software(fake, odd[i], odd[i], odd[i]);
        run(fake);
        if (strcmp(odd[i], "6003.1")) /* a BuildLabEx as far as it goes */
            expect(fake, 1, "unknown", "insufficient");
        fake_host_free(fake);
    }
}

/* A version string that names another build than the numbers beside it. */
static void test_spoofed_words(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, V6003, V6002 " (vistasp2_ldr_escrow.1)");
    run(fake);
    expect(fake, 1, "6003", "conflict");
    expect_said(fake, "in numbers and");
    fake_host_free(fake);
}

static void test_other_processor(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    fake_text(fake, "SYSTEM", ENVIRONMENT, "PROCESSOR_ARCHITECTURE", "IA64");
    kernel(fake, V6003);
    run(fake);
    expect(fake, 1, "6003", "conflict");
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ which kernel boots */

static void x86(fake_host *fake, const char *plain, const char *pae)
{
    software(fake, "6002", NULL, "6002");
    if (plain)
        fake_executable(fake, NTOSKRNL, ES_MACHINE_I386, plain, NULL);
    if (pae)
        fake_executable(fake, NTKRNLPA, ES_MACHINE_I386, pae, NULL);
}

static void test_pae_undecided(void **state)
{
    fake_host *fake = make();

    (void)state;
    x86(fake, V6002, V6002);
    run(fake);
    expect(fake, 1, "6002", "consistent");
    expect_said(fake, "both are of the same build");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "revision"), V6002);
    fake_host_free(fake);

    fake = make();
    x86(fake, V6002, "6.0.6002.18005");
    run(fake);
    expect(fake, 1, "6002", "consistent");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "revision"), "(null)");
    fake_host_free(fake);

    fake = make();
    x86(fake, V6002, V6003);
    run(fake);
    expect(fake, 1, "unknown", "conflict");
    expect_said(fake, "either may boot");
    fake_host_free(fake);
}

static void test_pae_decided(void **state)
{
    fake_host *fake = make();
    es_boot_entry *entry;

    (void)state;
    x86(fake, V6003, V6002);
    entry = fake_boot_entry(fake);
    entry->is_default = 1;
    entry->pae = 1;
    run(fake);
    expect(fake, 1, "6002", "conflict"); /* the other kernel is of another build */
    expect_said(fake, "kernel that boots decides, " NTKRNLPA);
    fake_host_free(fake);

    fake = make();
    x86(fake, V6002, V6003);
    entry = fake_boot_entry(fake);
    entry->pae = 2;
    entry->nx = 2;
    run(fake);
    expect(fake, 1, "6002", "conflict");
    expect_said(fake, "kernel that boots decides, " NTOSKRNL);
    fake_host_free(fake);

    fake = make(); /* DEP keeps PAE on, so ForceDisable alone decides nothing */
    x86(fake, V6002, V6003);
    entry = fake_boot_entry(fake);
    entry->pae = 2;
    entry->nx = 1;
    run(fake);
    expect(fake, 1, "unknown", "conflict");
    fake_host_free(fake);
}

static void test_boot_kernel(void **state)
{
    fake_host *fake = make();
    es_boot_entry *entry;

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    kernel(fake, V6003);
    fake_executable(fake, "Windows/System32/other.exe", ES_MACHINE_AMD64, V6002, NULL);
    entry = fake_boot_entry(fake);
    entry->kernel = es_text_of("OTHER.exe");
    entry->is_default = 1;
    entry->test_signing = 1;
    entry->no_integrity_checks = 1;
    entry = fake_boot_entry(fake); /* not the default: does not count */
    run(fake);
    expect(fake, 1, "6002", "conflict");
    expect_said(fake, "names the kernel OTHER.exe itself");
    expect_said(fake, "allows test-signed drivers");
    expect_said(fake, "switches integrity checks off");
    fake_host_free(fake);
}

static void test_boot_kernel_missing(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    kernel(fake, V6003);
    fake_boot_entry(fake)->kernel = es_text_of("gone.exe");
    run(fake);
    expect(fake, 1, "6003", "insufficient");
    expect_said(fake, "gone.exe");
    assert_true(is_missing(fake, 1, "gone.exe"));
    fake_host_free(fake);
}

/* A default entry that names ntoskrnl.exe itself changes nothing. */
static void test_boot_kernel_usual(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    kernel(fake, V6003);
    fake_boot_entry(fake)->kernel = es_text_of("ntoskrnl.exe");
    run(fake);
    expect(fake, 1, "6003", "consistent");
    assert_int_equal(fake_n_facts(fake, "kernel.file"), 1);
    fake_host_free(fake);
}

static void test_kernel_without_version(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6003", LAB6003, "6002");
    fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, NULL, NULL)->problem =
        es_text_of("the headers are cut short");
    run(fake);
    expect(fake, 1, "6003", "insufficient");
    assert_true(is_missing(fake, 1, "the headers are cut short"));
    expect_said(fake, "registry is the only source");
    fake_host_free(fake);
}

/* Old files beside a new kernel are normal; a newer one is remarked on. */
static void test_other_files(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6002", LAB6002, "6002");
    kernel(fake, V6002);
    fake_executable(fake, "Windows/System32/bootvid.dll", ES_MACHINE_AMD64, "6.0.6001.18000", NULL);
    fake_executable(fake, "Windows/System32/ci.dll", ES_MACHINE_AMD64, "6.0.6003.20593", NULL);
    run(fake);
    expect(fake, 1, "6002", "consistent");
    expect_said(fake, "ci.dll is of build 6003");
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ other Windows */

static void test_windows_7(void **state)
{
    fake_host *fake = make();

    (void)state;
    fake_text(fake, "SOFTWARE", NT, "CurrentVersion", "6.1");
    fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", "7601");
    fake_text(fake, "SOFTWARE", NT, "CurrentBuild", "7601");
    fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, "6.1.7601.17514",
                    "6.1.7601.17514 (win7sp1_rtm.101119-1850)");
    run(fake);
    expect(fake, 1, "not-applicable", "(null)");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "build"), "7601");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "revision"), "6.1.7601.17514");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "branch"), "RTM");
    fake_host_free(fake);
}

static void test_windows_10(void **state)
{
    fake_host *fake = make();

    (void)state;
    fake_text(fake, "SOFTWARE", NT, "CurrentVersion", "6.3");
    fake_number(fake, "SOFTWARE", NT, "CurrentMajorVersionNumber", 10);
    fake_number(fake, "SOFTWARE", NT, "CurrentMinorVersionNumber", 0);
    fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", "19045");
    fake_number(fake, "SOFTWARE", NT, "UBR", 2965);
    fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, "10.0.19041.2965", NULL);
    run(fake);
    expect(fake, 1, "not-applicable", "(null)");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "build"), "19045");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "revision"), "10.0.19045.2965");
    fake_host_free(fake);
}

static void test_nt4(void **state)
{
    fake_host *fake = make();

    (void)state;
    fake_text(fake, "SOFTWARE", NT, "CurrentVersion", "4.0");
    fake_text(fake, "SOFTWARE", NT, "CurrentBuild",
              "1.511.1 () (Obsolete data - do not use)");
    fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", "1381");
    run(fake);
    expect(fake, 1, "not-applicable", "(null)");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "build"), "1381");
    fake_host_free(fake);
}

/* A Windows 7 whose registry was made to look like NT 6.0, and the reverse. */
static void test_spoofed_nt(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6003", LAB6003, "6003");
    fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, "6.1.7601.17514", NULL);
    run(fake);
    expect(fake, 1, "not-applicable", "conflict");
    assert_string_equal(fake_verdict_text(fake, 1, "build", "build"), "7601");
    fake_host_free(fake);

    fake = make();
    software(fake, "7601", NULL, "7601");
    fake_text(fake, "SOFTWARE", NT, "CurrentVersion", "6.1");
    kernel(fake, V6003);
    run(fake);
    expect(fake, 1, "6003", "conflict");
    fake_host_free(fake);
}

/* An image that was updated and never started writes more into CurrentVersion. */
static void test_long_version(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6002", LAB6002, "6002");
    fake_text(fake, "SOFTWARE", NT, "CurrentVersion", "6.0.6002.18005");
    kernel(fake, V6002);
    run(fake);
    expect(fake, 1, "6002", "consistent");
    fake_host_free(fake);
}

static void test_no_version(void **state)
{
    fake_host *fake = make();

    (void)state;
    fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", "6003");
    run(fake);
    expect(fake, 1, "6003", "insufficient");
    fake_host_free(fake);

    fake = make();
    fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", "7601");
    run(fake);
    expect(fake, 1, "unknown", "insufficient");
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ states of the machine */

static void test_turned(void **state)
{
    fake_host *fake = make();
    const es_datum *before, *after;

    (void)state;
    software(fake, "6003", LAB6003, "6002");
    kernel(fake, V6003);
    fake_state(fake, ES_ROLE_REGBACK, INT64_C(131900000000000000));
    software(fake, "6002", LAB6002, "6002");
    run(fake);
    expect(fake, 1, "6003", "lagging");
    expect(fake, 2, "6002", "insufficient");
    assert_true(is_missing(fake, 2, "backup of the hives"));
    before = fake_verdict_field(fake, 1, "build", "turned_6003.not_before");
    after = fake_verdict_field(fake, 1, "build", "turned_6003.not_after");
    assert_int_equal(before->type, ES_FIELD_TIME);
    assert_int_equal(before->time.ticks, INT64_C(131900000000000000));
    assert_int_equal(after->time.ticks, INT64_C(132000000000000000));
    assert_int_equal(fake_verdict_field(fake, 1, "build", "turned_6003.because")->n, 2);
    assert_int_equal(fake_verdict_field(fake, 1, "build", "turned_6003.update")->type, 0);
    fake_host_free(fake);
}

static void test_turned_backwards(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6003", LAB6003, "6002");
    kernel(fake, V6003);
    fake_state(fake, ES_ROLE_REGBACK, INT64_C(132100000000000000));
    software(fake, "6002", LAB6002, "6002");
    run(fake);
    assert_int_equal(fake_verdict_field(fake, 1, "build", "turned_6003.not_before")->type, 0);
    assert_int_equal(fake_verdict_field(fake, 1, "build", "turned_6003.not_after")->type, 0);
    expect_said(fake, "run backwards");
    fake_host_free(fake);
}

/* 6002 throughout turned nowhere; a conflict bounds nothing. */
static void test_not_turned(void **state)
{
    fake_host *fake = make();

    (void)state;
    software(fake, "6002", LAB6002, "6002");
    kernel(fake, V6002);
    fake_state(fake, ES_ROLE_REGBACK, INT64_C(131900000000000000));
    software(fake, "6002", LAB6002, "6002");
    run(fake);
    assert_int_equal(fake_verdict_field(fake, 1, "build", "turned_6003.not_before")->type, 0);
    fake_host_free(fake);

    fake = make();
    software(fake, "6002", LAB6002, "6002");
    kernel(fake, V6003);
    run(fake);
    assert_int_equal(fake_verdict_field(fake, 1, "build", "turned_6003.not_after")->type, 0);
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ facts */

static void test_registry_facts(void **state)
{
    static const uint8_t ticks[8] = { 0, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0x9d, 1 };
    fake_host *fake = make();
    const es_fact_view *fact;

    (void)state;
    fake_number(fake, "SOFTWARE", NT, "InstallDate", 1440399163);
    fake_number(fake, "SOFTWARE", NT, "UBR", 5);
    fake_binary(fake, "SYSTEM", "CurrentControlSet\\Control\\Windows", "ShutdownTime",
                ES_REG_BINARY, ticks, sizeof ticks);
    fake_text(fake, "SYSTEM", "CurrentControlSet\\Control\\ComputerName\\ComputerName",
              "ComputerName", "SRV2008-01");
    fake_text(fake, "SYSTEM", "CurrentControlSet\\Control\\TimeZoneInformation",
              "TimeZoneKeyName", "W. Europe Standard Time");
    fake_number(fake, "SYSTEM", "CurrentControlSet\\Control\\TimeZoneInformation", "Bias",
                0xFFFFFFC4u);
    fake_text(fake, "SYSTEM", "CurrentControlSet\\Control\\ProductOptions", "ProductType",
              "LanmanNT");
    fake_multi(fake, "SYSTEM", "CurrentControlSet\\Control\\ProductOptions", "ProductSuite",
               "Terminal Server|Enterprise||");
    run(fake);
    fact = fake_fact(fake, "build.installed", 0);
    assert_int_equal(fact->time.ticks, INT64_C(1440399163) * 10000000 + ES_TICKS_UNIX_EPOCH);
    fact = fake_fact(fake, "build.registry", 0);
    assert_string_equal(fake_field_text(fact, "name"), "UBR");
    assert_string_equal(fake_field_text(fact, "type"), "REG_DWORD");
    assert_int_equal(fake_field(fact, "number")->integer, 5);
    assert_int_equal(fake_field(fact, "before")->type, 0);
    assert_int_equal(fake_fact(fake, "build.shutdown", 0)->time.ticks, 0x019db1ded53e8000);
    assert_string_equal(fake_field_text(fake_fact(fake, "build.host", 0), "computer_name"),
                        "SRV2008-01");
    fact = fake_fact(fake, "build.time_zone", 0);
    assert_string_equal(fake_field_text(fact, "time_zone"), "W. Europe Standard Time");
    assert_int_equal(fake_field(fact, "bias")->integer, -60);
    fact = fake_fact(fake, "build.product", 0);
    assert_string_equal(fake_field_text(fact, "means"), "domain controller");
    assert_int_equal(fake_field(fact, "suites")->n, 2);
    fake_host_free(fake);
}

static void test_short_values(void **state)
{
    fake_host *fake = make();

    (void)state;
    fake_binary(fake, "SYSTEM", "CurrentControlSet\\Control\\Windows", "ShutdownTime",
                ES_REG_BINARY, "abc", 3);
    fake_binary(fake, "SYSTEM", MANAGER, "PendingFileRenameOperations", ES_REG_MULTI_SZ, "a\0b", 3);
    fake_binary(fake, "SOFTWARE", NT, "InstallDate", ES_REG_DWORD, "ab", 2);
    run(fake);
    assert_int_equal(fake_n_facts(fake, "build.shutdown"), 0);
    assert_int_equal(fake_n_facts(fake, "build.installed"), 0);
    assert_true(fake_n_notes(fake) >= 2);
    fake_host_free(fake);
}

static void test_renames(void **state)
{
    fake_host *fake = make();
    const es_fact_view *fact;

    (void)state;
    fake_multi(fake, "SYSTEM", MANAGER, "PendingFileRenameOperations",
               "\\??\\C:\\one||\\??\\C:\\two|!\\??\\C:\\Windows\\System32\\hal.dll|"
               "\\??\\C:\\bootmgr.new|\\??\\C:\\bootmgr|\\??\\C:\\hal.dll||");
    run(fake);
    assert_int_equal(fake_n_facts(fake, "build.pending_rename"), 4);
    fact = fake_fact(fake, "build.pending_rename", 0);
    assert_string_equal(fake_field_text(fact, "source"), "\\??\\C:\\one");
    assert_int_equal(fake_field(fact, "target")->type, 0);
    assert_int_equal(fake_field(fact, "names_kernel")->integer, 0);
    fact = fake_fact(fake, "build.pending_rename", 1);
    assert_string_equal(fake_field_text(fact, "target"), "\\??\\C:\\Windows\\System32\\hal.dll");
    assert_int_equal(fake_field(fact, "replace")->integer, 1);
    assert_int_equal(fake_field(fact, "names_kernel")->integer, 1);
    assert_int_equal(fake_field(fake_fact(fake, "build.pending_rename", 2), "names_kernel")->integer,
                     1);
    assert_int_equal(fake_field(fake_fact(fake, "build.pending_rename", 3), "names_kernel")->integer,
                     0);
    fake_host_free(fake);
}

static const es_fact_view *mark_named(fake_host *fake, const char *name)
{
    for (uint32_t i = 0; i < fake_n_facts(fake, "build.servicing_mark"); i++) {
        const es_fact_view *fact = fake_fact(fake, "build.servicing_mark", i);

        if (!strcmp(fake_field_text(fact, "mark"), name))
            return fact;
    }
    fail_msg("no mark %s", name);
    return NULL;
}

static int is_owed(fake_host *fake, const char *name)
{
    return (int)fake_field(mark_named(fake, name), "owed")->integer;
}

static void test_marks(void **state)
{
    fake_host *fake = make();
    const es_fact_view *fact;

    (void)state;
    fake_number(fake, "SOFTWARE", CBS, "ExecuteState", 0xFFFFFFFFu);
    fake_number(fake, "SOFTWARE", CBS "\\SessionsPending", "Exclusive", 0);
    fake_key(fake, "SOFTWARE", CBS "\\RebootInProgress");
    fake_key(fake, "SOFTWARE", CBS "\\PackagesPending\\Package_for_KB4474419~x~~6.0.4.0");
    fake_key(fake, "SOFTWARE", CBS "\\PackagesPending\\Package_for_KB44744190~x~~6.0.4.0");
    fake_multi(fake, "SYSTEM", MANAGER, "BootExecute", "autocheck autochk *||");
    fake_multi(fake, "SYSTEM", MANAGER, "SetupExecute", "C:\\Windows\\System32\\poqexec.exe /x||");
    run(fake);
    assert_false(is_owed(fake, "ExecuteState"));
    assert_false(is_owed(fake, "SessionsPending"));
    assert_false(is_owed(fake, "BootExecute"));
    assert_true(is_owed(fake, "RebootInProgress"));
    assert_true(is_owed(fake, "SetupExecute"));
    fact = mark_named(fake, "PackagesPending");
    assert_int_equal(fake_field(fact, "names")->n, 2);
    assert_int_equal(fake_field(fact, "changes_build")->integer, 1);
    fake_host_free(fake);
}

static void test_marks_owed(void **state)
{
    fake_host *fake = make();

    (void)state;
    fake_number(fake, "SOFTWARE", CBS, "ExecuteState", 2);
    fake_number(fake, "SOFTWARE", CBS "\\SessionsPending", "Exclusive", 3);
    fake_key(fake, "SOFTWARE", CBS "\\PackagesPending\\Package_for_KB44744190~x~~6.0.4.0");
    run(fake);
    assert_true(is_owed(fake, "ExecuteState"));
    assert_true(is_owed(fake, "SessionsPending"));
    assert_int_equal(fake_field(mark_named(fake, "PackagesPending"), "changes_build")->type, 0);
    fake_host_free(fake);
}

/* pending.xml in UTF-16, with a name across the border of what is read at once. */
static void test_pending_xml(void **state)
{
    const uint32_t at = (64u << 10) - 8;
    const char *name = "/WinLoad.exe\"";
    fake_host *fake = make();
    uint8_t *bytes = calloc(1, at + 64);

    (void)state;
    assert_non_null(bytes);
    for (uint32_t i = 0; i < at + 64; i += 2)
        bytes[i] = ' ';
    for (uint32_t i = 0; name[i]; i++)
        bytes[at + 2 * i] = (uint8_t)name[i];
    fake_file(fake, "Windows/winsxs/pending.xml", bytes, at + 64);
    run(fake);
    assert_int_equal(fake_field(mark_named(fake, "pending.xml"), "names_kernel")->integer, 1);
    assert_string_equal(fake_field(mark_named(fake, "pending.xml"), "names")->texts[0].data,
                        "WinLoad.exe");
    free(bytes);
    fake_host_free(fake);

    fake = make();
    name = "<a n=\"my-ntoskrnl.exe\" b=\"ntoskrnl.exe.bak\" c=\"xhal.dll\"/>";
    fake_file(fake, "Windows/winsxs/pending.xml", name, strlen(name));
    run(fake);
    assert_int_equal(fake_field(mark_named(fake, "pending.xml"), "names_kernel")->integer, 0);
    fake_host_free(fake);
}

/* Every allocation that fails is forwarded, and nothing is said half. */
static void test_no_memory(void **state)
{
    es_status status = ES_NOMEM;

    (void)state;
    for (uint32_t n = 1; status == ES_NOMEM; n++) {
        fake_host *fake = make();

        assert_true(n < 1000);
        software(fake, "6003", LAB6003, "6003");
        owe(fake, KERNEL_OP);
        kernel(fake, V6002);
        fake_fail_alloc(fake, n);
        status = fake_run(fake);
        assert_true(status == ES_OK || status == ES_NOMEM);
        fake_host_free(fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_no_registry),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_mentions),
        cmocka_unit_test(test_damage_and_replay),
        cmocka_unit_test(test_replay_added),
        cmocka_unit_test(test_unreadable_value),
        cmocka_unit_test(test_odd_values),
        cmocka_unit_test(test_spoofed_words),
        cmocka_unit_test(test_other_processor),
        cmocka_unit_test(test_pae_undecided),
        cmocka_unit_test(test_pae_decided),
        cmocka_unit_test(test_boot_kernel),
        cmocka_unit_test(test_boot_kernel_missing),
        cmocka_unit_test(test_boot_kernel_usual),
        cmocka_unit_test(test_kernel_without_version),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_windows_7),
        cmocka_unit_test(test_windows_10),
        cmocka_unit_test(test_nt4),
        cmocka_unit_test(test_spoofed_nt),
        cmocka_unit_test(test_long_version),
        cmocka_unit_test(test_no_version),
        cmocka_unit_test(test_turned),
        cmocka_unit_test(test_turned_backwards),
        cmocka_unit_test(test_not_turned),
        cmocka_unit_test(test_registry_facts),
        cmocka_unit_test(test_short_values),
        cmocka_unit_test(test_renames),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_marks_owed),
        cmocka_unit_test(test_pending_xml),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
