/* SPDX-License-Identifier: Apache-2.0
 *
 * test_hive_text.c: names as stored, as UTF-8, and as they are compared.
 */
#include "windows/hive_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#define STORED(literal, one_byte) \
    ((es_hive_name){ { (const uint8_t *)(literal), sizeof(literal) - 1 }, one_byte })

static void check_utf8(es_hive_name name, const char *expected)
{
    char *text;

    assert_int_equal(es_hive_name_utf8(name, &text), ES_OK);
    assert_string_equal(text, expected);
    free(text);
}

static bool matches(es_hive_name name, const char *wanted_text)
{
    es_hive_wanted wanted;
    bool same;

    assert_int_equal(es_hive_wanted_make(es_text_of(wanted_text), &wanted), ES_OK);
    same = es_hive_name_is(name, &wanted);
    if (same) /* the index relies on it */
        assert_int_equal(es_hive_name_hash(name), wanted.hash);
    es_hive_wanted_done(&wanted);
    return same;
}

static void test_utf8(void **state)
{
    (void)state;
    check_utf8(STORED("", true), "");
    check_utf8(STORED("Run", true), "Run");
    check_utf8(STORED("\xfcml", true), "\xc3\xbcml");
    check_utf8(STORED("\xe5\x65\x2c\x67", false), "\xe6\x97\xa5\xe6\x9c\xac");
    check_utf8(STORED("\x3d\xd8\x00\xde", false), "\xf0\x9f\x98\x80");
    check_utf8(STORED("\x3d\xd8\x41\x00", false), "\xef\xbf\xbd" "A"); /* a lone surrogate */
    check_utf8(STORED("A\0B", false), "A\xef\xbf\xbd");                /* an odd byte */
    check_utf8(STORED("Run\0hidden", true), "Run\xe2\x90\x80hidden");  /* not cut */
    check_utf8(STORED("A\0\0\0", false), "A\xe2\x90\x80");
}

static void test_match(void **state)
{
    (void)state;
    assert_true(matches(STORED("CurrentVersion", true), "currentVERSION"));
    assert_true(matches(STORED("C\0v\0", false), "cV"));
    assert_false(matches(STORED("CurrentVersion", true), "CurrentVersio"));
    assert_false(matches(STORED("CurrentVersio", true), "CurrentVersion"));
    assert_false(matches(STORED("Run\0", true), "Run"));
    assert_true(matches(STORED("", true), ""));
    assert_true(matches(STORED("\xe4\xff\xf7", true), "\xc3\x84\xc5\xb8\xc3\xb7")); /* ä ÿ ÷ */
    assert_false(matches(STORED("\xf7", true), "\xc3\x97"));              /* ÷ is not × */
    assert_true(matches(STORED("\x1f\x04", false), "\xd0\xbf"));          /* П п */
    assert_true(matches(STORED("\x51\x04", false), "\xd0\x81"));          /* ё Ё */
    assert_true(matches(STORED("\xc3\x03\xc2\x03", false), "\xce\xa3\xcf\x83")); /* σς Σσ */
    assert_true(matches(STORED("\x42\x01", false), "\xc5\x81"));          /* ł Ł */
    assert_true(matches(STORED("\x59\x01", false), "\xc5\x98"));          /* ř Ř */
    assert_true(matches(STORED("\x7e\x01", false), "\xc5\xbd"));          /* ž Ž */
    assert_false(matches(STORED("\x31\x01", false), "I"));                /* dotless i */
    assert_false(matches(STORED("\xe5\x65", false), "\xe6\x97\xa6"));
}

static void test_not_utf8(void **state)
{
    static const char *const bad[] = { "\x80", "\xc3", "\xc0\x80", "\xed\xa0", "\xf8\x88\x80\x80" };
    es_hive_wanted wanted;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(es_hive_wanted_make(es_text_of(bad[i]), &wanted), ES_BUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_not_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
