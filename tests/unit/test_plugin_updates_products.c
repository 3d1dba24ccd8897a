/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_updates_products.c: what the updates plugin makes of the registry's word on Internet
 * Explorer, the .NET Framework and updates of Windows Installer, right and wrong ones.
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

/* ------------------------------------------------------------------ Windows Installer */

#define UPDATES "Microsoft\\Updates\\Microsoft .NET Framework 4.5.2\\"
#define UNINSTALL "Microsoft\\Windows\\CurrentVersion\\Uninstall\\"
#define PATCHES                                                                                    \
    "Microsoft\\Windows\\CurrentVersion\\Installer\\UserData\\S-1-5-18\\Products\\P\\Patches\\"

static void patch(const char *name, const char *shown, const char *address, const char *day)
{
    char key[256];

    snprintf(key, sizeof key, PATCHES "%s", name);
    number(key, "State", 1);
    if (shown)
        text(key, "DisplayName", shown);
    if (address)
        text(key, "MoreInfoURL", address);
    if (day)
        text(key, "Installed", day);
}

/* A KB comes from where it stands plainly, and never a wrong one. */
static void kbs_of_patches(void **unused)
{
    static const struct {
        const char *shown, *address, *kb;
    } known[] = {
        { "Security Update for X (KB2972107)", NULL, "KB2972107" },
        { "KB2972107v2", "http://support.microsoft.com/kb/2972107/en-us", "KB2972107" },
        { "Update", "https://support.microsoft.com/?kbid=972107", "KB972107" },
        { "Update", "http://support.microsoft.com/help/2972107", "KB2972107" },
        { "KB2972107", "http://example.com/kb/2972108", "KB2972107" },
        { "KB2972107", "http://support.microsoft.com/kb/2972108", "(null)" },
        { "KB2972107 and KB2972108", NULL, "(null)" },
        { "KB2972107 or (KB2972107)", NULL, "KB2972107" },
        { "XKB2972107", NULL, "(null)" },
        { "KB29721078", NULL, "(null)" },
        { "KB29721", "http://support.microsoft.com/kb/29721", "(null)" },
        { "KB0972107", NULL, "(null)" },
        { "KB2972107x", NULL, "(null)" },
        { "KB", "http://support.microsoft.com/kb/", "(null)" },
        { NULL, NULL, "(null)" },
    };

    for (size_t i = 0; i < ES_COUNT(known); i++) {
        patch("Q", known[i].shown, known[i].address, NULL);
        assert_int_equal(fake_run(fake), ES_OK);
        assert_int_equal(fake_n_facts(fake, "updates.patch"), 1);
        assert_string_equal(fake_field_text(fake_fact(fake, "updates.patch", 0), "kb"),
                            known[i].kb);
        (void)end(unused);
        (void)begin(unused);
    }
}

static void days_of_patches(void **unused)
{
    static const struct {
        const char *day;
        int known;
        int64_t ticks;
    } known[] = {
        { "20141016", 1, INT64_C(130578912000000000) }, { "20160229", 1, INT64_C(131011776000000000) },
        { "20150229", 0, 0 },  { "20141316", 0, 0 },    { "20140016", 0, 0 },
        { "2014101", 0, 0 },   { "201410161", 0, 0 },   { "2014-1-6", 0, 0 },
        { "", 0, 0 },
    };

    for (size_t i = 0; i < ES_COUNT(known); i++) {
        const es_fact_view *fact;

        patch("Q", "KB2972107", NULL, known[i].day);
        assert_int_equal(fake_run(fake), ES_OK);
        fact = fake_fact(fake, "updates.patch", 0);
        assert_int_equal(fact->time.precision, known[i].known ? ES_TIME_DAY : ES_TIME_NONE);
        if (known[i].known)
            assert_int_equal(fact->time.ticks, known[i].ticks);
        (void)end(unused);
        (void)begin(unused);
    }
}

static void states_of_patches(void **unused)
{
    static const char *const words[] = { "unknown", "applied", "superseded", "unknown", "obsolete",
                                         "unknown", "unknown", "unknown", "registered", "unknown" };

    (void)unused;
    for (uint32_t i = 0; i < ES_COUNT(words); i++) {
        char key[256];

        snprintf(key, sizeof key, PATCHES "%u", i);
        number(key, "State", i);
    }
    text(PATCHES "A", "State", "1");
    number(PATCHES "B", "State", UINT32_MAX);
    fake_key(fake, "SOFTWARE", PATCHES "C");
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_facts(fake, "updates.patch"), ES_COUNT(words) + 3);
    for (uint32_t i = 0; i < ES_COUNT(words) + 3; i++)
        assert_string_equal(fake_field_text(fake_fact(fake, "updates.patch", i), "state"),
                            i < ES_COUNT(words) ? words[i] : "unknown");
}

static void what_setups_list(void **unused)
{
    (void)unused;
    text(UPDATES "KB2972107", "ThisVersionInstalled", "Y");
    text(UPDATES "KB2979578v2", "ThisVersionInstalled", "N");
    fake_key(fake, "SOFTWARE", UPDATES "KB2979579v");
    fake_key(fake, "SOFTWARE", UPDATES "KB2979579v2x");
    fake_key(fake, "SOFTWARE", UPDATES "KB29795790");
    fake_key(fake, "SOFTWARE", UPDATES "M2979579");
    text(UPDATES "SP1\\KB3000000", "ThisVersionInstalled", "y");
    text(UPDATES "SP1\\SP2\\KB3000001", "ThisVersionInstalled", "Y"); /* one service pack deep */
    text("Wow6432Node\\" UPDATES "KB3000002", "InstalledBy", "somebody");
    text(UNINSTALL "{92FB6C44-E685-45AD-9B20-CADF4CABA132}.KB3000003", "DisplayName", "it");
    fake_key(fake, "SOFTWARE", UNINSTALL "{92FB6C44-E685-45AD-9B20-CADF4CABA132}");
    fake_key(fake, "SOFTWARE", UNINSTALL "KB3000004");
    fake_key(fake, "SOFTWARE", UNINSTALL "{92FB6C44-E685-45AD-9B20-CADF4CABA132}.KB300000x");
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_facts(fake, "updates.registration"), 5);
    for (uint32_t i = 0; i < 5; i++) {
        const es_fact_view *fact = fake_fact(fake, "updates.registration", i);
        const es_datum *installed = fake_field(fact, "installed");
        const char *kb = fake_field_text(fact, "kb");

        assert_int_equal(installed->type && installed->integer, !strcmp(kb, "KB2972107"));
        assert_int_equal(installed->type == 0, !strcmp(kb, "KB3000002") || !strcmp(kb, "KB3000003"));
        assert_string_equal(fake_field_text(fact, "list"),
                            !strcmp(kb, "KB3000003") ? "Uninstall" : "Updates");
    }
}

/* A key that cannot be read hides none behind it, and is told once a list. */
static void keys_that_cannot_be_read(void **unused)
{
    uint32_t before;

    (void)unused;
    patch("A", "KB2972107", NULL, NULL);
    patch("C", "KB2972108", NULL, NULL);
    text(UPDATES "KB2979578", "ThisVersionInstalled", "Y");
    text(UPDATES "KB2979580", "ThisVersionInstalled", "Y");
    assert_int_equal(fake_run(fake), ES_OK);
    before = fake_n_notes(fake);
    (void)end(unused);
    (void)begin(unused);
    patch("A", "KB2972107", NULL, NULL);
    fake_key(fake, "SOFTWARE", PATCHES "B");
    fake_corrupt(fake);
    patch("C", "KB2972108", NULL, NULL);
    text(UPDATES "KB2979578", "ThisVersionInstalled", "Y");
    fake_key(fake, "SOFTWARE", UPDATES "KB2979579");
    fake_corrupt(fake);
    text(UPDATES "KB2979580", "ThisVersionInstalled", "Y");
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_facts(fake, "updates.patch"), 2);
    assert_int_equal(fake_n_facts(fake, "updates.registration"), 2);
    assert_int_equal(fake_n_notes(fake), before + 2);
}

static void memory_that_fails(void **unused)
{
    for (uint32_t n = 1; n < 24; n++) {
        number(NDP "\\v2.0.50727", "Install", 1);
        number(NDP "\\v4\\Full", "Install", 1);
        text(IE, "Version", "9.0.8112.16421");
        patch("Q", "KB2972107", "http://support.microsoft.com/kb/2972108", "x");
        text(UPDATES "KB2972107", "ThisVersionInstalled", "Y");
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
        TEST(kbs_of_patches),
        TEST(days_of_patches),
        TEST(states_of_patches),
        TEST(what_setups_list),
        TEST(keys_that_cannot_be_read),
        TEST(memory_that_fails),
    };

    return cmocka_run_group_tests_name("plugin_updates_products", tests, NULL, NULL);
}
