/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_example.c: the manual does what it says.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_example;

#define NT "Microsoft\\Windows NT\\CurrentVersion"

static void expect(const char *owner, uint32_t n_facts, const char *answer)
{
    fake_host *fake = fake_host_new();

    fake_plugin(fake, &esuscan_plugin_example);
    fake_text(fake, "SOFTWARE", NT, "CurrentVersion", "6.0");
    if (owner)
        fake_text(fake, "SOFTWARE", NT, "RegisteredOwner", owner);
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_facts(fake, "example.owner"), n_facts);
    assert_string_equal(fake_answer(fake, 1, "owner"), answer);
    assert_int_equal(fake_n_because(fake, 1, "owner"), n_facts ? 1 : 0);
    fake_host_free(fake);
}

static void test_answers(void **state)
{
    (void)state;
    expect("Windows User", 1, "named");
    expect("", 1, "empty");
    expect(NULL, 0, "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
