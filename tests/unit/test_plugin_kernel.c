/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_kernel.c: versions, branches, doubts and boot entries as facts.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_kernel;

#define NTOSKRNL "Windows/System32/ntoskrnl.exe"

static fake_host *make(void)
{
    fake_host *fake = fake_host_new();

    fake_plugin(fake, &esuscan_plugin_kernel);
    return fake;
}

static const es_fact_view *run(fake_host *fake)
{
    assert_int_equal(fake_run(fake), ES_OK);
    return fake_fact(fake, "kernel.file", 0);
}

static void test_versions(void **state)
{
    static const struct {
        const char *version, *words, *branch, *tag;
        int differs; /* -1: nothing to compare */
    } cases[] = {
        { "6.0.6003.20489", "6.0.6003.20489 (vistasp2_ldr_escrow.190320-1700)", "LDR",
          "vistasp2_ldr_escrow.190320-1700", 0 },
        { "6.0.6002.19741", "6.0.6002.19741 (vistasp2_gdr.170328-0600)", "GDR",
          "vistasp2_gdr.170328-0600", 0 },
        { "6.0.6002.18005", "6.0.6002.18005 (lh_sp2rtm.090410-1830)", "RTM",
          "lh_sp2rtm.090410-1830", 0 },
        { "6.0.6002.18005", NULL, "RTM", "(null)", -1 },
        { "6.0.6002.18100", NULL, "GDR", "(null)", -1 },
        { "6.0.6002.20479", NULL, "GDR", "(null)", -1 },
        { "6.0.6002.20480", NULL, "LDR", "(null)", -1 },
        { "6.0.6002.24576", NULL, "(null)", "(null)", -1 },
        { "10.0.19041.2965", "10.0.19041.2965 (WinBuild.160101.0800)", "(null)",
          "WinBuild.160101.0800", 0 },
        /* the words decide the branch, whatever the revision */
        { "6.0.6002.18100", "6.0.6002.18100 (vistasp2_ldr.1)", "LDR", "vistasp2_ldr.1", 0 },
        { "6.0.6003.20489", "6.0.6002.24566 (vistasp2_gdr.1)", "GDR", "vistasp2_gdr.1", 1 },
        { "6.0.6003.20489", "6, 0, 6003, 20489", "LDR", "(null)", 0 },
        { "6.0.6003.20489", "six", "LDR", "(null)", -1 },
        { "6.0.6003.20489", "6.0.6003.99999999999999999999", "LDR", "(null)", 1 },
        { "6.0.6003.20489", "6.0.6003.20489 (", "LDR", "(null)", 0 },
        { "6.0.6003.20489", "6.0.6003.20489 ()", "LDR", "(null)", 0 },
        { NULL, "6.0.6003.20489 (vistasp2_ldr.1)", "LDR", "vistasp2_ldr.1", -1 },
    };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(cases); i++) {
        fake_host *fake = make();
        const es_fact_view *fact;
        const es_datum *differs;

        fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, cases[i].version, cases[i].words);
        fact = run(fake);
        differs = fake_field(fact, "fixed_string_mismatch");
        assert_string_equal(fake_field_text(fact, "file_version"),
                            cases[i].version ? cases[i].version : "(null)");
        assert_string_equal(fake_field_text(fact, "branch"), cases[i].branch);
        assert_string_equal(fake_field_text(fact, "branch_tag"), cases[i].tag);
        assert_int_equal(differs->type ? differs->integer : -1, cases[i].differs);
        fake_host_free(fake);
    }
}

static void test_fields(void **state)
{
    fake_host *fake = make();
    es_executable *exe = fake_executable(fake, NTOSKRNL, ES_MACHINE_IA64, "6.0.6003.20489", NULL);
    const es_fact_view *fact;

    (void)state;
    exe->timestamp = 1553100000;
    exe->checksum_known = 1;
    exe->checksum_stored = exe->checksum_computed = 0x1234;
    exe->component_path = es_text_of("ia64_microsoft-windows-os-kernel_x/ntoskrnl.exe");
    exe->component_searched = 1;
    exe->file_flags = 1;
    fact = run(fake);
    assert_string_equal(fake_field_text(fact, "role"), "kernel");
    assert_string_equal(fake_field_text(fact, "machine"), "ia64");
    assert_string_equal(fake_field_text(fact, "checksum_stored"), "0x00001234");
    assert_int_equal(fake_field(fact, "checksum_matches")->integer, 1);
    assert_int_equal(fake_field(fact, "checked_build")->integer, 1);
    assert_int_equal(fake_field(fact, "links")->integer, 2);
    assert_int_equal(fake_field(fact, "linked")->time.ticks,
                     INT64_C(1553100000) * 10000000 + ES_TICKS_UNIX_EPOCH);
    assert_string_equal(fake_field_text(fact, "component"),
                        "ia64_microsoft-windows-os-kernel_x/ntoskrnl.exe");
    fake_host_free(fake);
}

/* No checksum stored is no mismatch; an unknown processor is shown as its number. */
static void test_unknowns(void **state)
{
    fake_host *fake = make();
    es_executable *exe = fake_executable(fake, NTOSKRNL, 0x1234, NULL, NULL);
    const es_fact_view *fact;

    (void)state;
    exe->checksum_known = 1;
    exe->checksum_computed = 7;
    exe->problem = es_text_of("broken");
    fact = run(fake);
    assert_int_equal(fake_field(fact, "checksum_matches")->type, 0);
    assert_string_equal(fake_field_text(fact, "machine"), "0x1234");
    assert_string_equal(fake_field_text(fact, "problem"), "broken");
    fake_host_free(fake);
}

/* The words of each language are compared; those that disagree are shown. */
static void test_languages(void **state)
{
    fake_host *fake = make();
    es_executable *exe = fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, "6.0.6003.20489",
                                         "6.0.6003.20489 (vistasp2_ldr.1)");
    es_version_strings both[2];
    const es_fact_view *fact;

    (void)state;
    both[0] = both[1] = exe->strings[0];
    both[1].language = es_text_of("040704b0");
    both[1].file_version = es_text_of("6.0.6002.1 (x_gdr.1)");
    exe->strings = both;
    exe->n_strings = 2;
    fact = run(fake);
    assert_int_equal(fake_field(fact, "fixed_string_mismatch")->integer, 1);
    assert_string_equal(fake_field_text(fact, "string_version"), "6.0.6002.1 (x_gdr.1)");
    assert_int_equal(fake_field(fact, "languages")->n, 2);
    fake_host_free(fake);
}

static void test_no_view(void **state)
{
    fake_host *fake = make();

    (void)state;
    fake_executable(fake, NTOSKRNL, 0, NULL, NULL);
    fake_last_artefact(fake)->executable = NULL;
    assert_string_equal(fake_field_text(run(fake), "problem"), "it cannot be read");
    fake_host_free(fake);
}

static void test_boot_entry(void **state)
{
    fake_host *fake = make();
    es_boot_entry *entry = fake_boot_entry(fake);
    const es_fact_view *fact;

    (void)state;
    entry->kernel = es_text_of("ntkrnlpa.exe");
    entry->hal = es_text_of("halx.dll");
    entry->pae = 1;
    entry->nx = 9;
    entry->debug = 1;
    entry->is_default = 1;
    fake_executable(fake, "Windows/SYSTEM32/NTKRNLPA.EXE", ES_MACHINE_I386, NULL, NULL);
    fake_executable(fake, "Windows/System32/halx.dll", ES_MACHINE_I386, NULL, NULL);
    assert_int_equal(fake_run(fake), ES_OK);
    fact = fake_fact(fake, "kernel.boot", 0);
    assert_string_equal(fake_field_text(fact, "pae"), "ForceEnable");
    assert_string_equal(fake_field_text(fact, "nx"), "another value");
    assert_int_equal(fake_field(fact, "debug")->integer, 1);
    assert_int_equal(fake_field(fact, "test_signing")->type, 0);
    assert_int_equal(fake_field(fact, "order")->type, 0);
    /* wanted by its own name and named by the entry: one fact, and its own role */
    assert_int_equal(fake_n_facts(fake, "kernel.file"), 2);
    assert_string_equal(fake_field_text(fake_fact(fake, "kernel.file", 0), "role"), "pae-kernel");
    assert_string_equal(fake_field_text(fake_fact(fake, "kernel.file", 1), "role"), "boot-hal");
    fake_host_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),  cmocka_unit_test(test_fields),
        cmocka_unit_test(test_unknowns),  cmocka_unit_test(test_languages),
        cmocka_unit_test(test_no_view),   cmocka_unit_test(test_boot_entry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
