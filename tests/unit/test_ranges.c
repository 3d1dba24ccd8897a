/* SPDX-License-Identifier: Apache-2.0
 *
 * test_ranges.c: what was added is bad, and nothing else, until the list is full: then more is,
 * never less. Compared with a map of bytes.
 */
#include "evidence/limits.h"
#include "evidence/ranges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SIZE 4096u

static const char *const reasons[] = { "first", "second", "third" };

/* Sorted, apart or of different reasons, not empty. */
static void check_shape(es_ranges *set, es_bad_range **ret_list, size_t *ret_n)
{
    es_bad_range *list;
    size_t n;

    assert_int_equal(es_ranges_copy(set, &list, &n), ES_OK);
    for (size_t i = 0; i < n; i++) {
        assert_true(list[i].length > 0 && list[i].reason[0]);
        if (i == 0)
            continue;
        assert_true(list[i].offset >= list[i - 1].offset + list[i - 1].length);
        if (list[i].offset == list[i - 1].offset + list[i - 1].length)
            assert_string_not_equal(list[i].reason, list[i - 1].reason);
    }
    *ret_list = list;
    *ret_n = n;
}

static void as_a_map_of_bytes(void **state)
{
    uint32_t random = 6003;

    (void)state;
    for (int round = 0; round < 30; round++) {
        uint8_t model[SIZE] = { 0 }; /* 1 + reason; the first that was given stays */
        es_bad_range *list;
        es_ranges set;
        size_t n, at = 0;

        es_ranges_init(&set);
        for (int add = 0; add < 60; add++) {
            uint64_t offset, length;
            uint8_t why;

            random = random * 1664525u + 1013904223u;
            offset = (random >> 8) % SIZE;
            random = random * 1664525u + 1013904223u;
            length = (random >> 8) % (add % 7 ? 40 : 600);
            why = (uint8_t)(random >> 28) % 3;
            length = length > SIZE - offset ? SIZE - offset : length;
            assert_int_equal(es_ranges_add(&set, offset, length, reasons[why]), ES_OK);
            for (uint64_t i = offset; i < offset + length; i++)
                model[i] = model[i] ? model[i] : (uint8_t)(why + 1);
        }
        check_shape(&set, &list, &n);
        for (size_t i = 0; i < n; i++) {
            for (; at < list[i].offset; at++)
                assert_int_equal(model[at], 0);
            for (; at < list[i].offset + list[i].length; at++)
                assert_true(model[at] && !strcmp(list[i].reason, reasons[model[at] - 1]));
        }
        for (; at < SIZE; at++)
            assert_int_equal(model[at], 0);
        for (at = 0; at < SIZE; at++)
            assert_int_equal(es_ranges_touch(&set, at, 1), model[at] != 0);
        es_bad_ranges_free(list, n);
        es_ranges_done(&set);
    }
}

static void at_the_end_of_numbers(void **state)
{
    es_bad_range *list;
    es_ranges set;
    size_t n;

    (void)state;
    es_ranges_init(&set);
    assert_false(es_ranges_touch(&set, 0, UINT64_MAX));
    assert_int_equal(es_ranges_add(&set, 5, 0, "nothing"), ES_OK);
    assert_int_equal(es_ranges_add(&set, UINT64_MAX - 10, UINT64_MAX, "the end"), ES_OK);
    check_shape(&set, &list, &n);
    assert_int_equal(n, 1);
    assert_int_equal(list[0].length, 10);
    es_bad_ranges_free(list, n);
    assert_true(es_ranges_touch(&set, 0, UINT64_MAX));
    assert_true(es_ranges_touch(&set, UINT64_MAX - 1, UINT64_MAX));
    assert_false(es_ranges_touch(&set, 0, UINT64_MAX - 10));
    assert_false(es_ranges_touch(&set, UINT64_MAX - 5, 0));
    es_ranges_done(&set);
}

static void full(void **state)
{
    es_bad_range *list;
    es_ranges set;
    size_t n;

    (void)state;
    es_ranges_init(&set);
    for (uint64_t i = 0; i < ES_BAD_RANGES_MAX + 100; i++)
        assert_int_equal(es_ranges_add(&set, i * 10, 3, "every tenth"), ES_OK);
    check_shape(&set, &list, &n);
    assert_int_equal(n, ES_BAD_RANGES_MAX);
    es_bad_ranges_free(list, n);
    for (uint64_t i = 0; i < ES_BAD_RANGES_MAX + 100; i++)
        assert_true(es_ranges_touch(&set, i * 10, 1) && es_ranges_touch(&set, i * 10 + 2, 1));
    assert_false(es_ranges_touch(&set, 15, 5)); /* the others are as they were */
    es_ranges_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_map_of_bytes),
        cmocka_unit_test(at_the_end_of_numbers),
        cmocka_unit_test(full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
