/* SPDX-License-Identifier: Apache-2.0
 *
 * test_name.c: every name NTFS can hold comes out and goes in again, unpaired surrogates too; what
 * is no UTF-8 is refused; patterns match as they read.
 */
#include "disk/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint16_t upcase[ES_UPCASE_UNITS];

static es_name name_of(const char *text)
{
    es_name name;

    assert_int_equal(es_name_from_text(es_text_of(text), &name), ES_OK);
    return name;
}

static void check_round_trip(const es_name *name)
{
    char text[ES_NAME_BYTES_MAX + 1];
    size_t size = es_name_to_text(name, text);
    es_name back;

    assert_true(size <= ES_NAME_BYTES_MAX && text[size] == '\0');
    assert_int_equal(es_name_from_text((es_text){ text, size }, &back), ES_OK);
    if (!es_name_equal(name, &back))
        fail_msg("a name of %u units beginning with %04x is lost", name->n_units, name->units[0]);
}

static void round_trips(void **state)
{
    es_name name;
    uint32_t random = 6003;

    (void)state;
    for (uint32_t unit = 0; unit < 0x10000; unit++) { /* alone, and beside both halves of a pair */
        name = (es_name){ { (uint16_t)unit }, 1 };
        check_round_trip(&name);
        name = (es_name){ { 0xd83d, (uint16_t)unit }, 2 };
        check_round_trip(&name);
        name = (es_name){ { (uint16_t)unit, 0xdcbe }, 2 };
        check_round_trip(&name);
    }
    for (int round = 0; round < 200; round++) {
        name.n_units = ES_NAME_UNITS_MAX;
        for (uint32_t i = 0; i < name.n_units; i++) {
            random = random * 1664525u + 1013904223u;
            name.units[i] = (uint16_t)(random >> 28 > 7 ? 0xd800 | (random >> 8 & 0x7ff)
                                                        : random >> 8);
        }
        check_round_trip(&name);
    }
}

static void refuses(void **state)
{
    static const char *const bad[] = {
        "\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xe2\x82",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe2\x28\xa1",
    };
    char text[ES_NAME_BYTES_MAX + 4];
    es_name name;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (es_name_from_text(es_text_of(bad[i]), &name) != ES_CORRUPT)
            fail_msg("case %zu is taken", i);
    memset(text, 'a', sizeof text);
    assert_int_equal(es_name_from_text((es_text){ text, ES_NAME_UNITS_MAX }, &name), ES_OK);
    assert_int_equal(es_name_from_text((es_text){ text, ES_NAME_UNITS_MAX + 1 }, &name), ES_LIMIT);
    memcpy(text + ES_NAME_UNITS_MAX - 1, "\xf0\x9f\x92\xbe", 4); /* of two units, room for one */
    assert_int_equal(es_name_from_text((es_text){ text, ES_NAME_UNITS_MAX + 3 }, &name), ES_LIMIT);
    assert_int_equal(es_name_from_text((es_text){ NULL, 0 }, &name), ES_OK);
    assert_int_equal(name.n_units, 0);
}

static void cuts_what_is_too_long(void **state)
{
    uint8_t bytes[2 * (ES_NAME_UNITS_MAX + 5) + 1];
    es_name name;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    es_name_from_utf16le((es_bytes){ bytes, sizeof bytes }, &name);
    assert_int_equal(name.n_units, ES_NAME_UNITS_MAX);
    es_name_from_utf16le((es_bytes){ bytes, 3 }, &name); /* half a unit is none */
    assert_int_equal(name.n_units, 1);
    assert_int_equal(name.units[0], 0x7878);
}

static int order(const char *a, const char *b)
{
    es_name left = name_of(a), right = name_of(b);
    int there = es_name_compare(upcase, &left, &right);

    assert_int_equal(es_name_compare(upcase, &right, &left), -there);
    return there;
}

static void compares(void **state)
{
    (void)state;
    assert_int_equal(order("System32", "SYSTEM32"), 0);
    assert_int_equal(order("windows", "WINDOWS.old"), -1);
    assert_int_equal(order("a", "_"), -1); /* 'A' is before '_', 'a' is not */
    assert_int_equal(order("\xc3\xa4", "\xc3\x84"), 0);         /* a and A umlaut */
    assert_int_equal(order("\xce\xb1", "\xce\x91"), 0);         /* alpha */
    assert_int_equal(order("\xd1\x8f", "\xd0\xaf"), 0);         /* ya */
    assert_int_equal(order("\xc3\xb7", "\xc3\x97"), 1);         /* no letters: divide and times */
    assert_int_equal(order("\xc3\xbf", "\xc5\xb8"), 0);         /* y with diaeresis */
    assert_int_equal(order("", "a"), -1);
}

static bool fits(const char *pattern, const char *text)
{
    es_name p = name_of(pattern), name = name_of(text);

    return es_name_glob(upcase, &p, &name);
}

static void patterns(void **state)
{
    (void)state;
    assert_true(fits("*", "") && fits("*", "anything") && fits("**", "x"));
    assert_true(fits("package_*.MUM", "Package_for_KB4493471.mum"));
    assert_false(fits("package_*.mum", "Package_for_KB4493471.cat"));
    assert_true(fits("?.log", "a.log"));
    assert_false(fits("?.log", ".log") || fits("?", "ab"));
    assert_true(fits("*a*b*c", "xxaxxbxxc") && fits("*ab", "aab"));
    assert_false(fits("*a*b*c", "xxaxxcxxb"));
    assert_false(fits("", "x"));
    assert_true(fits("", ""));
    /* takes no time, however the stars fall */
    assert_false(fits("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips), cmocka_unit_test(refuses),
        cmocka_unit_test(cuts_what_is_too_long), cmocka_unit_test(compares),
        cmocka_unit_test(patterns),
    };

    es_upcase_fill(upcase);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
