/* SPDX-License-Identifier: Apache-2.0
 *
 * test_arena.c: memory of a scope is zeroed, aligned, kept apart and bounded.
 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static es_arena *arena_of(uint64_t maximum)
{
    es_arena *arena = NULL;

    assert_int_equal(es_arena_new(maximum, &arena), ES_OK);
    assert_non_null(arena);
    return arena;
}

static void free_takes_null(void **state)
{
    (void)state;
    assert_null(es_arena_free(NULL));
    assert_null(es_arena_free(arena_of(0)));
}

/* Sizes on both sides of every block boundary: each piece is aligned, zero, and no other piece's. */
static void pieces_are_apart(void **state)
{
    static const uint64_t sizes[] = { 1, 7, 16, 17, 255, 257, 1025, 4097, 16383, 16384, 16385,
                                      65536, 65537, 3, 300000, 5 };
    enum { N = sizeof sizes / sizeof *sizes, ROUNDS = 8 };
    es_arena *arena = arena_of(16u << 20);
    unsigned char *pieces[ROUNDS * N];

    (void)state;
    for (unsigned i = 0; i < ROUNDS * N; i++) {
        pieces[i] = es_arena_take(arena, sizes[i % N]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (uint64_t k = 0; k < sizes[i % N]; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i + 1), (size_t)sizes[i % N]);
    }
    for (unsigned i = 0; i < ROUNDS * N; i++)
        for (uint64_t k = 0; k < sizes[i % N]; k++)
            assert_int_equal(pieces[i][k], i + 1);
    es_arena_free(arena);
}

static void maximum_holds(void **state)
{
    es_arena *arena = arena_of(112);

    /* What counts is what is taken from the system: multiples of the alignment. */
    (void)state;
    assert_null(es_arena_take(arena, 113));
    assert_non_null(es_arena_take(arena, 60));
    assert_null(es_arena_take(arena, 49));
    assert_null(es_arena_take(arena, UINT64_MAX));
    assert_null(es_arena_take(arena, UINT64_MAX - 59));
    assert_non_null(es_arena_take(arena, 40));
    assert_int_equal(es_arena_used(arena), 112);
    assert_null(es_arena_take(arena, 1));
    assert_int_equal(es_arena_used(arena), 112);
    es_arena_free(arena);
}

static void copies_end_with_nul(void **state)
{
    static const char raw[] = { 'a', '\0', 'b' };
    es_text text = { raw, sizeof raw }, copied = { NULL, 0 };
    es_arena *arena = arena_of(1000);
    char *copy = es_arena_text(arena, text);

    (void)state;
    assert_memory_equal(copy, "a\0b", 4);
    assert_ptr_not_equal(copy, raw);
    assert_string_equal(es_arena_string(arena, "Windows"), "Windows");
    assert_string_equal(es_arena_text(arena, (es_text){ NULL, 0 }), "");

    assert_int_equal(es_arena_copy_text(arena, text, &copied), ES_OK);
    assert_int_equal(copied.size, 3);
    assert_memory_equal(copied.data, raw, 3);
    es_arena_free(arena);
}

static void bytes_are_copied(void **state)
{
    uint8_t raw[] = { 1, 2, 3 };
    es_bytes copied = { raw, 9 };
    es_arena *arena = arena_of(_Alignof(max_align_t));

    (void)state;
    assert_int_equal(es_arena_copy_bytes(arena, (es_bytes){ raw, 3 }, &copied), ES_OK);
    raw[0] = 9;
    assert_int_equal(copied.size, 3);
    assert_int_equal(copied.data[0], 1);
    assert_int_equal(es_arena_copy_bytes(arena, (es_bytes){ raw, 1 }, &copied), ES_NOMEM);
    assert_int_equal(copied.size, 3); /* outputs are written only on success */
    assert_int_equal(es_arena_copy_bytes(arena, (es_bytes){ NULL, 0 }, &copied), ES_OK);
    assert_null(copied.data);
    assert_int_equal(copied.size, 0);
    es_arena_free(arena);
}

static void too_long_is_refused(void **state)
{
    es_arena *arena = arena_of(16);
    es_text copied = { NULL, 7 };

    (void)state;
    assert_null(es_arena_string(arena, "0123456789abcdef")); /* the NUL has no room */
    assert_null(es_arena_text(arena, (es_text){ "x", UINT64_MAX }));
    assert_int_equal(es_arena_copy_text(arena, es_text_of("0123456789abcdefg"), &copied),
                     ES_NOMEM);
    assert_int_equal(copied.size, 7);
    assert_null(es_arena_format(arena, "%020d", 12345));
    assert_string_equal(es_arena_format(arena, "%d", 123), "123");
    es_arena_free(arena);
}

static void format_of_any_length(void **state)
{
    es_arena *arena = arena_of(1u << 20);
    char *text = es_arena_format(arena, "%*s|%s", 70000, "x", "end");

    (void)state;
    assert_non_null(text);
    assert_int_equal(strlen(text), 70004);
    assert_string_equal(text + 69999, "x|end");
    es_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_takes_null),     cmocka_unit_test(pieces_are_apart),
        cmocka_unit_test(maximum_holds),       cmocka_unit_test(copies_end_with_nul),
        cmocka_unit_test(bytes_are_copied),    cmocka_unit_test(too_long_is_refused),
        cmocka_unit_test(format_of_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
