/* SPDX-License-Identifier: Apache-2.0
 *
 * test_identity.c: names of packages, real ones and odd ones, and states by their numbers.
 */
#include "identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define MS "~31bf3856ad364e35~"

static void test_names(void **state)
{
    static const struct {
        const char *text;
        uint32_t kb;
        const char *role;
        int well_formed;
    } cases[] = {
        { "Package_for_KB960803" MS "amd64~~6.0.1.0", 960803, "update", 1 },
        { "Package_1_for_KB4474419" MS "amd64~~6.0.4.0", 4474419, "child", 1 },
        { "Package_100_for_KB2117917" MS "amd64~~6.0.1.5", 2117917, "child", 1 },
        { "Package_1_for_KB929761" MS "x86~~6.0.1.1", 929761, "child", 1 },
        { "Package_93_for_KB948465" MS "ia64~~6.0.1.18005", 948465, "child", 1 },
        { "Package_for_KB960803_server" MS "amd64~~6.0.1.0", 960803, "child", 1 },
        { "Package_for_KB960803_client" MS "amd64~~6.0.1.0", 960803, "child", 1 },
        { "Package_for_KB960803_RTM" MS "amd64~~6.0.1.0", 960803, "child", 1 },
        { "Package_for_KB960803_SP1" MS "amd64~~6.0.1.0", 960803, "child", 1 },
        { "Package_for_KB960803_server_0" MS "amd64~~6.0.1.0", 960803, "child", 1 },
        { "Package_for_KB960803_sc_0" MS "amd64~~6.0.1.0", 960803, "child", 1 },
        { "Package_for_KB960803_bf" MS "amd64~~6.0.1.0", 960803, "child", 1 },
        { "package_FOR_kb960803" MS "AMD64~~6.0.1.0", 960803, "update", 1 },
        { "Package_for_KB4039648-v2" MS "amd64~~6.0.2.0", 4039648, "update", 1 },
        { "Package_for_943729" MS "amd64~~6.0.1.1", 943729, "update", 1 },
        { "VistaSP1-KB936330" MS "amd64~~6.0.1.18000", 936330, "service-pack", 1 },
        { "VistaSP2-KB948465" MS "amd64~~6.0.1.18005", 948465, "service-pack", 1 },
        { "Package_for_KB948465" MS "amd64~~6.0.1.18005", 948465, "service-pack", 1 },
        { "KB936330" MS "amd64~~6.0.1.18000", 936330, "service-pack", 1 },
        { "Microsoft-Windows-Foundation-Package" MS "amd64~~6.0.6001.18000", 0, "foundation", 1 },
        { "Microsoft-Windows-Client-LanguagePack-Package" MS "x86~de-DE~6.0.6002.18005", 0,
          "language-pack", 1 },
        { "Package_for_RollupFix" MS "amd64~~6003.20512.1.3", 0, "rollupfix", 1 },
        { "WUClient-SelfUpdate-Core-TopLevel" MS "amd64~~7.6.7600.256", 0, "other", 1 },
        /* never a wrong KB */
        { "", 0, "other", 0 },
        { "~~~~", 0, "other", 0 },
        { "Package_for_KB4499149", 0, "other", 0 },
        { "Package_for_KB4499149" MS "amd64~6.0.1.0", 0, "other", 0 },
        { "Package_for_KB4499149" MS "amd64~~6.0.1.0~x", 0, "other", 0 },
        { "Package_for_KB4499149" MS "amd64~~6.0.1", 0, "other", 0 },
        { "Package_for_KB4499149" MS "amd64~~6.0.1.65536", 0, "other", 0 },
        { "Package_for_KB4499149" MS "vax~~6.0.1.0", 0, "other", 0 },
        { "Package_for_KB4499149~1fc8b3b9a1e18e3b~amd64~~6.0.1.0", 0, "other", 1 },
        { "Package_for_KB12345" MS "amd64~~6.0.1.0", 0, "other", 1 },
        { "Package_for_KB44991490" MS "amd64~~6.0.1.0", 0, "other", 1 },
        { "Package_for_KB0449914" MS "amd64~~6.0.1.0", 0, "other", 1 },
        { "Package_for_KB4499149x" MS "amd64~~6.0.1.0", 0, "other", 1 },
        { "Package_for_KB4499149_KB4499180" MS "amd64~~6.0.1.0", 0, "other", 1 },
        { "Package_for_KB4499149_KB4499149" MS "amd64~~6.0.1.0", 4499149, "child", 1 },
        { "Package_for_4499149_KB4499180" MS "amd64~~6.0.1.0", 0, "other", 1 },
        { "NotAKB4499149" MS "amd64~~6.0.1.0", 0, "other", 1 },
        { "KB" MS "amd64~~6.0.1.0", 0, "other", 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        package_name of = identity_parse(es_text_of(cases[i].text));

        if (of.kb != cases[i].kb || strcmp(role_word(of.role), cases[i].role) != 0 ||
            !of.well_formed != !cases[i].well_formed)
            fail_msg("%s: KB%u, %s, %d", cases[i].text, of.kb, role_word(of.role),
                     of.well_formed);
    }
}

static void test_parts(void **state)
{
    package_name of = identity_parse(es_text_of("Name" MS "IA64~de-DE~6.0.1.2"));

    (void)state;
    assert_true(es_name_same(of.name, es_text_of("name")));
    assert_true(es_text_equal(of.architecture, es_text_of("ia64")));
    assert_true(es_text_equal(of.language, es_text_of("de-DE")));
    assert_true(es_text_equal(of.version, es_text_of("6.0.1.2")));
    assert_false(of.foreign);
}

static void test_states(void **state)
{
    static const struct {
        int32_t value;
        const char *word;
    } cases[] = {
        { 0, "absent" },           { 1, "resolving" },       { 2, "resolved" },
        { 3, "staging" },          { 4, "staged" },          { 5, "uninstall-pending" },
        { 6, "install-pending" },  { 7, "installed" },       { 8, "permanent" },
        { 9, "unknown" },          { 0x0f, "unknown" },      { 0x10, "resolving" },
        { 0x20, "resolved" },      { 0x30, "staging" },      { 0x40, "staged" },
        { 0x50, "superseded" },    { 0x60, "install-pending" },
        { 0x65, "partially-installed" }, { 0x70, "installed" }, { 0x80, "permanent" },
        { 0x81, "unknown" },       { -0x70, "installed" },   { -64, "staged" },
        { -1, "resolving" },       { INT32_MIN, "unknown" }, { INT32_MAX, "unknown" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(state_word(cases[i].value), cases[i].word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names), cmocka_unit_test(test_parts), cmocka_unit_test(test_states),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
