/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_build.c: every row of the decision table at the top of plugins/build/judge.c, and
 * what the plugin says beside it. The kernel plugin runs along, as it does in a scan.
 */
#include "test_plugin_build.h"

/* ------------------------------------------------------------------ the table */

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
    expect_said(fake, "Pending renames of other files (2)");
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
    expect(fake, 1, "6002", "consistent");
    expect_said(fake, "kernel that boots decides: " NTKRNLPA);
    expect_said(fake, "Beside it lies the kernel " NTOSKRNL);
    fake_host_free(fake);

    fake = make();
    x86(fake, V6002, V6003);
    entry = fake_boot_entry(fake);
    entry->pae = 2;
    entry->nx = 2;
    run(fake);
    expect(fake, 1, "6002", "consistent");
    expect_said(fake, "kernel that boots decides: " NTOSKRNL);
    expect_said(fake, "Beside it lies the kernel " NTKRNLPA);
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
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
