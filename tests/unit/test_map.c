/* SPDX-License-Identifier: Apache-2.0
 *
 * test_map.c: what was put is found, the last of two under one number, and nothing else, however
 * the numbers lie.
 */
#include "ledger/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N 5000u

static void check(uint64_t (*number)(uint64_t i))
{
    es_map map = { 0 };

    for (uint64_t i = 0; i < N; i++) {
        assert_int_equal(es_map_get(&map, number(i)), ES_MAP_ABSENT);
        assert_int_equal(es_map_put(&map, number(i), (size_t)i), ES_OK);
        assert_int_equal(es_map_get(&map, number(i)), i);
    }
    assert_int_equal(map.n, N);
    for (uint64_t i = 0; i < N; i++)
        assert_int_equal(es_map_get(&map, number(i)), i);
    for (uint64_t i = 0; i < N; i += 3) /* replaced, not added */
        assert_int_equal(es_map_put(&map, number(i), (size_t)(N + i)), ES_OK);
    assert_int_equal(map.n, N);
    for (uint64_t i = 0; i < N; i++)
        assert_int_equal(es_map_get(&map, number(i)), i % 3 ? i : N + i);
    assert_true(map.n <= map.capacity / 2); /* so that a search for what is absent ends */
    es_map_clear(&map);
    assert_int_equal(es_map_get(&map, number(0)), ES_MAP_ABSENT);
}

static uint64_t in_order(uint64_t i)
{
    return i;
}

static uint64_t from_the_end(uint64_t i)
{
    return UINT64_MAX - i;
}

/* Alike in their low bits, which a table without a hash would look at. */
static uint64_t high_bits(uint64_t i)
{
    return i << 40;
}

static uint64_t scattered(uint64_t i)
{
    return i * UINT64_C(0x9e3779b97f4a7c15);
}

static void finds(void **state)
{
    (void)state;
    check(in_order);
    check(from_the_end);
    check(high_bits);
    check(scattered);
}

static void empty(void **state)
{
    es_map map = { 0 };

    (void)state;
    assert_int_equal(es_map_get(&map, 0), ES_MAP_ABSENT);
    assert_int_equal(es_map_put(&map, 0, 0), ES_OK); /* the first place is a place */
    assert_int_equal(es_map_get(&map, 0), 0);
    assert_int_equal(es_map_get(&map, 1), ES_MAP_ABSENT);
    es_map_clear(&map);
    es_map_clear(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(finds), cmocka_unit_test(empty) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
