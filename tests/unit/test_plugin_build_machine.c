/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_build_machine.c: the build verdict on other Windows, and on machines of several
 * states.
 */
#include "test_plugin_build.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_7),
        cmocka_unit_test(test_windows_10),
        cmocka_unit_test(test_nt4),
        cmocka_unit_test(test_spoofed_nt),
        cmocka_unit_test(test_long_version),
        cmocka_unit_test(test_no_version),
        cmocka_unit_test(test_turned),
        cmocka_unit_test(test_turned_backwards),
        cmocka_unit_test(test_not_turned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
