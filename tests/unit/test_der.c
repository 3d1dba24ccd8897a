/* SPDX-License-Identifier: Apache-2.0
 *
 * test_der.c: elements of DER, lengths that lie, times.
 */
#include "windows/der.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BYTES(text) ((es_bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static void test_elements(void **state)
{
    es_cursor cursor = es_cursor_make(BYTES("\x30\x06\x02\x01\x07\x02\x01\x09\x04\x81\x02hi"));
    es_cursor inside;
    es_der element, number;

    (void)state;
    assert_true(es_der_is_next(&cursor, ES_DER_SEQUENCE));
    assert_true(es_der_take(&cursor, ES_DER_SEQUENCE, &element));
    assert_int_equal(element.whole.size, 8);
    inside = es_der_inside(&element);
    assert_true(es_der_take(&inside, ES_DER_INTEGER, &number));
    assert_memory_equal(number.value.data, "\x07", 1);
    assert_true(es_der_next(&inside, &number));
    assert_memory_equal(number.value.data, "\x09", 1);
    assert_false(es_der_next(&inside, &number));
    assert_false(es_cursor_failed(&inside));
    assert_true(es_der_next(&cursor, &element));
    assert_memory_equal(element.value.data, "hi", 2);
    assert_false(es_der_take(&cursor, ES_DER_OCTETS, &element));
    assert_true(es_cursor_failed(&cursor));
}

static void test_lies(void **state)
{
    static const es_bytes broken[] = {
        { (const uint8_t *)"\x30", 1 },                         /* no length */
        { (const uint8_t *)"\x30\x05\x00", 3 },                 /* longer than what is there */
        { (const uint8_t *)"\x30\x80\x00\x00", 4 },             /* indefinite */
        { (const uint8_t *)"\x30\x84\xff\xff\xff\xff", 6 },     /* 4 GiB */
        { (const uint8_t *)"\x30\x85\x00\x00\x00\x00\x00", 7 }, /* a length of five bytes */
        { (const uint8_t *)"\x1f\x81\x00\x00", 4 },             /* a long tag */
    };

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        es_cursor cursor = es_cursor_make(broken[i]);
        es_der element;

        assert_false(es_der_next(&cursor, &element));
        assert_true(es_cursor_failed(&cursor));
    }
}

static void check_time(uint8_t tag, es_bytes text, const char *expected)
{
    es_der element = { tag, text, text };
    char out[ES_TIME_STRING_MAX];

    es_time_format(es_der_time(&element), out);
    assert_string_equal(out, expected);
}

static void test_times(void **state)
{
    (void)state;
    check_time(ES_DER_UTC_TIME, BYTES("090411070000Z"), "2009-04-11T07:00:00Z");
    check_time(ES_DER_UTC_TIME, BYTES("970110070000Z"), "1997-01-10T07:00:00Z");
    check_time(ES_DER_UTC_TIME, BYTES("0902290700Z"), "");
    check_time(ES_DER_UTC_TIME, BYTES("091311070000Z"), "");
    check_time(ES_DER_UTC_TIME, BYTES("0904110700+0100"), "");
    check_time(ES_DER_GENERALIZED_TIME, BYTES("20190320213327Z"), "2019-03-20T21:33:27Z");
    check_time(ES_DER_GENERALIZED_TIME, BYTES("20190320213327.518Z"), "2019-03-20T21:33:27Z");
    check_time(ES_DER_GENERALIZED_TIME, BYTES("00010320213327Z"), "");
    check_time(ES_DER_OCTETS, BYTES("090411070000Z"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
