/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_updates_products.c: what the updates plugin makes of the registry's word on Internet
 * Explorer and the .NET Framework, right and wrong ones.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_updates;

#define NDP "Microsoft\\NET Framework Setup\\NDP"
#define IE "Microsoft\\Internet Explorer"

static fake_host *fake;

static int begin(void **unused)
{
    (void)unused;
    fake = fake_host_new();
    fake_plugin(fake, &esuscan_plugin_updates);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    fake_host_free(fake);
    return 0;
}

static void number(const char *key, const char *name, uint32_t value)
{
    fake_number(fake, "SOFTWARE", key, name, value);
}

static void text(const char *key, const char *name, const char *value)
{
    fake_text(fake, "SOFTWARE", key, name, value);
}

/* The versions that came out, with a '?' for one that has none: "2.0 SP2,4.5.2". */
static const char *versions(void)
{
    static char list[512];
    size_t used = 0;

    assert_int_equal(fake_run(fake), ES_OK);
    list[0] = '\0';
    for (uint32_t i = 0; i < fake_n_facts(fake, "updates.framework"); i++) {
        const es_fact_view *fact = fake_fact(fake, "updates.framework", i);
        const es_datum *version = fake_field(fact, "version");
        const es_datum *pack = fake_field(fact, "service_pack");

        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s", i ? "," : "",
                                 version->type ? (int)version->text.size : 1,
                                 version->type ? version->text.data : "?");
        if (pack->type)
            used += (size_t)snprintf(list + used, sizeof list - used, " SP%d", (int)pack->integer);
        assert_true(used < sizeof list);
    }
    return list;
}

static void nothing(void **unused)
{
    (void)unused;
    text("Microsoft\\Windows NT\\CurrentVersion", "CurrentVersion", "6.0");
    assert_string_equal(versions(), "");
    assert_int_equal(fake_n_facts(fake, "updates.browser"), 0);
}

static void as_setups_leave_them(void **unused)
{
    (void)unused;
    text(IE, "Version", "8.0.6001.18702");
    number(NDP "\\v1.1.4322", "Install", 1);
    number(NDP "\\v1.1.4322", "SP", 1);
    number(NDP "\\v2.0.50727", "Install", 1);
    number(NDP "\\v2.0.50727", "SP", 2);
    number(NDP "\\v3.0", "SP", 2);
    number(NDP "\\v3.0\\Setup", "InstallSuccess", 1);
    number(NDP "\\v3.5", "Install", 0); /* was taken away again */
    text(NDP "\\v4\\Client", "Version", "4.0.30319");
    number(NDP "\\v4\\Client", "Install", 1);
    number(NDP "\\v4.0\\Client", "Install", 1);
    number(NDP "\\v4.0", "Install", 1); /* a mark of the setup, and no version */
    number(NDP "\\CDF", "Install", 1);
    assert_string_equal(versions(), "1.1 SP1,2.0 SP2,3.0 SP2,4.0");
    assert_string_equal(fake_field_text(fake_fact(fake, "updates.framework", 3), "profile"),
                        "Client");
    assert_string_equal(fake_field_text(fake_fact(fake, "updates.browser", 0), "version"),
                        "8.0.6001.18702");
}

static void releases_of_four(void **unused)
{
    static const struct {
        uint32_t release;
        const char *full, *version;
    } known[] = {
        { 378389, "4.5.50709", "4.5" },     { 378758, "4.5.50938", "4.5.1" },
        { 379893, "4.5.51209", "4.5.2" },   { 393297, "4.6.00081", "4.6" },
        { 999999, "4.9.00000", "?" },       { 379893, "4.0.30319", "4.5.2" },
    };

    for (size_t i = 0; i < ES_COUNT(known); i++) {
        number(NDP "\\v4\\Full", "Install", 1);
        text(NDP "\\v4\\Full", "Version", known[i].full);
        number(NDP "\\v4\\Full", "Release", known[i].release);
        number(NDP "\\v4\\Client", "Install", 1);
        assert_string_equal(versions(), known[i].version);
        (void)end(unused);
        (void)begin(unused);
    }
}

/* What cannot be read may be anything, and is no "not there". */
static void wrong_types_and_damage(void **unused)
{
    (void)unused;
    text(NDP "\\v2.0.50727", "Install", "1");
    number(NDP "\\v3.5", "Install", 1);
    text(NDP "\\v3.5", "SP", "1");
    number(NDP "\\v4\\Full", "Install", 1);
    fake_corrupt(fake);
    fake_binary(fake, "SOFTWARE", IE, "Version", 3, "\1\2\3", 3);
    assert_string_equal(versions(), "?,3.5,?");
    assert_int_equal(fake_n_facts(fake, "updates.browser"), 0);
}

static void odd_names(void **unused)
{
    (void)unused;
    number(NDP "\\v", "Install", 1);
    number(NDP "\\v0.1", "Install", 1);
    number(NDP "\\w2.0", "Install", 1);
    number(NDP "\\v9", "Install", 1);
    number(NDP "\\v3.....", "Install", 1);
    number(NDP "\\v12345678901234567890", "Install", 1);
    number(NDP "\\v2.0.50727", "Install", 1);
    number(NDP "\\v2.0.50727", "SP", 0xffffffff);
    assert_string_equal(versions(), "9,3.,12345678,2.0");
}

static void memory_that_fails(void **unused)
{
    for (uint32_t n = 1; n < 12; n++) {
        number(NDP "\\v2.0.50727", "Install", 1);
        number(NDP "\\v4\\Full", "Install", 1);
        text(IE, "Version", "9.0.8112.16421");
        fake_fail_alloc(fake, n);
        (void)fake_run(fake);
        (void)end(unused);
        (void)begin(unused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(nothing),
        TEST(as_setups_leave_them),
        TEST(releases_of_four),
        TEST(wrong_types_and_damage),
        TEST(odd_names),
        TEST(memory_that_fails),
    };

    return cmocka_run_group_tests_name("plugin_updates_products", tests, NULL, NULL);
}
