/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_licence_registry.c: what the licence plugin cannot read in the registry, or leaves
 * out, is said. Its answers on whole disks are in test_plugin_licence.c.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_licence;

#define SL "Microsoft\\Windows NT\\CurrentVersion\\SL"

static fake_host *fake;

static int begin(void **state)
{
    (void)state;
    fake = fake_host_new();
    fake_plugin(fake, &esuscan_plugin_licence);
    fake_text(fake, "SOFTWARE", SL, "first", "1");
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_host_free(fake);
    return 0;
}

static void an_unreadable_value(void **state)
{
    (void)state;
    fake_text(fake, "SOFTWARE", SL, "lost", "2");
    fake_corrupt(fake);
    fake_text(fake, "SOFTWARE", SL, "behind", "3");
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_facts(fake, "licence.registry"), 2);
    assert_int_equal(fake_n_notes(fake), 1);
}

static void more_values_than_are_looked_at(void **state)
{
    (void)state;
    for (int i = 1; i < 64; i++) {
        char name[16];

        snprintf(name, sizeof name, "value%d", i);
        fake_text(fake, "SOFTWARE", SL, name, "x");
    }
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_facts(fake, "licence.registry"), 64);
    assert_int_equal(fake_n_notes(fake), 0);
    fake_text(fake, "SOFTWARE", SL, "one more", "x");
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_facts(fake, "licence.registry"), 128);
    assert_int_equal(fake_n_notes(fake), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(an_unreadable_value), TEST(more_values_than_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
