/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_build_facts.c: what plugins/build makes of values and files, before anything is
 * judged.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_build;

#define NT "Microsoft\\Windows NT\\CurrentVersion"
#define CBS "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
#define MANAGER "CurrentControlSet\\Control\\Session Manager"

static fake_host *make(void)
{
    fake_host *fake = fake_host_new();

    fake_plugin(fake, &esuscan_plugin_build);
    return fake;
}

static void run(fake_host *fake)
{
    assert_int_equal(fake_run(fake), ES_OK);
}

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
    fact = fake_fact(fake, "build.pending_rename", 2);
    assert_int_equal(fake_field(fact, "names_kernel")->integer, 1);
    fact = fake_fact(fake, "build.pending_rename", 3);
    assert_int_equal(fake_field(fact, "names_kernel")->integer, 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry_facts),
        cmocka_unit_test(test_short_values),
        cmocka_unit_test(test_renames),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_marks_owed),
        cmocka_unit_test(test_pending_xml),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
