/* SPDX-License-Identifier: Apache-2.0
 *
 * test_shell_item.c: items of every kind that is told apart, the times and long names of folders,
 * and lists that break off.
 */
#include "seed_fixture.h"

#include "base/text.h"
#include "windows/limits.h"
#include "windows/shell_item.h"

static es_arena *arena;
static const es_shell_item *items;
static uint32_t n;

static int begin(void **state)
{
    (void)state;
    return es_arena_new(UINT64_C(4) << 20, &arena);
}

static int end(void **state)
{
    (void)state;
    arena = es_arena_free(arena);
    return 0;
}

static es_status read_seed(const char *name)
{
    n = 99;
    return es_shell_items_read(seed_borrow("items", name), arena, &items, &n);
}

static void expect(es_text text, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data ? text.data : "", expected, text.size);
}

static void a_folder(void **state)
{
    (void)state;
    assert_int_equal(read_seed("folder"), ES_OK);
    assert_int_equal(n, 3);
    assert_int_equal(items[0].kind, ES_ITEM_ROOT);
    expect(items[0].guid, "{20d04fe0-3aea-1069-a2d8-08002b30309d}");
    assert_int_equal(items[1].kind, ES_ITEM_VOLUME);
    expect(items[1].name, "E:\\");
    expect(items[1].guid, "");
    assert_int_equal(items[2].kind, ES_ITEM_FILE);
    expect(items[2].name, "Finance"); /* not FINANCE, its short name */
    assert_int_equal(items[2].modified.ticks, INT64_C(132666668760000000));
    assert_int_equal(items[2].created.ticks, INT64_C(132679788000000000));
    assert_int_equal(items[2].accessed.precision, ES_TIME_SECOND);
    assert_int_equal(read_seed("one-without-end"), ES_OK);
    assert_int_equal(n, 1);
    expect(items[0].name, "Finance");
}

static void other_kinds(void **state)
{
    (void)state;
    assert_int_equal(read_seed("unnamed-volume"), ES_OK);
    assert_int_equal(items[1].kind, ES_ITEM_VOLUME);
    expect(items[1].name, "");
    expect(items[1].guid, "{35786d3c-b075-49b9-88dd-029876e11c01}");
    assert_int_equal(read_seed("device"), ES_OK);
    assert_int_equal(items[1].kind, ES_ITEM_DEVICE);
    expect(items[1].name, "CANAND0");
    assert_int_equal(read_seed("device-name-huge"), ES_OK);
    assert_int_equal(items[0].kind, ES_ITEM_OTHER);
}

static void broken(void **state)
{
    (void)state;
    assert_int_equal(read_seed("size-past-end"), ES_CORRUPT);
    assert_int_equal(n, 1);
    assert_int_equal(items[0].kind, ES_ITEM_ROOT);
    assert_int_equal(read_seed("size-too-small"), ES_CORRUPT);
    assert_int_equal(n, 0);
    assert_int_equal(read_seed("many"), ES_LIMIT);
    assert_int_equal(n, ES_SHELL_ITEMS_MAX);
    assert_int_equal(read_seed("extension-past-end"), ES_OK);
    assert_int_equal(n, 1);
    assert_int_equal(read_seed("name-without-end"), ES_OK);
    assert_int_equal(n, 1);
    assert_int_equal(es_shell_items_read((es_bytes){ NULL, 0 }, arena, &items, &n), ES_OK);
    assert_int_equal(n, 0);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = { TEST(a_folder), TEST(other_kinds), TEST(broken) };

    if (argc < 2)
        return 77;
    seeds = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
