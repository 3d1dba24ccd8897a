/* SPDX-License-Identifier: Apache-2.0
 *
 * test_source_raw.c: split images, holes, files that shrink.
 */
#include "source_fixture.h"

#define PIECE (UINT64_C(1) << 20)

static void write_piece(const char *name, uint64_t number)
{
    write_file(name, image + number * PIECE, PIECE);
}

static void opens_split_by_any_piece(void **state)
{
    static const char *const names[] = { "s.000", "s.001", "s.002", "s.003", "s.004" };
    const es_segment *segments;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        write_piece(names[i], i);
    for (size_t i = 0; i < 5; i++) {
        opened *o = open_image(names[i]);

        check_opens(o, "split raw");
        assert_int_equal(es_source_size(o->source), IMAGE_SIZE);
        assert_int_equal(es_source_segments(o->source, &segments), 5);
        assert_string_equal(segments[0].name, "s.000");
        check_bytes(o->source, image, IMAGE_SIZE);
        shut(o);
    }
}

static void opens_split_by_letters(void **state)
{
    static const char *const names[] = { "l.aa", "l.ab", "l.ac", "l.ad", "l.ae" };
    opened *o;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        write_piece(names[i], i);
    o = open_image("l.ac");
    check_opens(o, "split raw");
    check_bytes(o->source, image, IMAGE_SIZE);
    shut(o);
    write_piece("single.dd", 0);
    o = open_image("single.dd");
    check_opens(o, "raw");
    assert_int_equal(es_source_size(o->source), PIECE);
    shut(o);
}

static void leaves_a_hole(void **state)
{
    static const char *const names[] = { "h.001", "h.002", NULL, "h.004", "h.005" };
    uint8_t *buffer = malloc(IMAGE_SIZE);
    es_bad_range *bad;
    bool damaged = false;
    size_t n;
    opened *o;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        if (names[i])
            write_piece(names[i], i);
    }
    o = open_image("h.004");
    check_opens(o, "split raw");
    assert_int_equal(es_source_size(o->source), IMAGE_SIZE);
    assert_true(es_source_is_damaged(o->source, 2 * PIECE, 1));
    assert_int_equal(es_source_bad_ranges(o->source, &bad, &n), ES_OK);
    assert_int_equal(n, 1);
    assert_int_equal(bad[0].offset, 2 * PIECE);
    assert_int_equal(bad[0].length, PIECE);
    assert_string_equal(bad[0].reason, "segment h.003 is missing");
    es_bad_ranges_free(bad, n);
    assert_int_equal(es_source_read(o->source, 0, buffer, 2 * PIECE, &damaged), ES_OK);
    assert_false(damaged);
    assert_int_equal(es_source_read(o->source, 0, buffer, IMAGE_SIZE, &damaged), ES_OK);
    assert_true(damaged);
    assert_memory_equal(buffer + 3 * PIECE, image + 3 * PIECE, 2 * PIECE);
    shut(o);
    free(buffer);
}

static void short_piece_moves_nothing(void **state)
{
    uint8_t buffer[512];
    bool damaged = false;
    opened *o;

    (void)state;
    write_piece("t.001", 0);
    write_file("t.002", image + PIECE, PIECE / 2);
    write_piece("t.003", 2);
    o = open_image("t.001");
    check_opens(o, "split raw");
    assert_int_equal(es_source_size(o->source), 3 * PIECE);
    assert_int_equal(es_source_read(o->source, 2 * PIECE, buffer, 512, &damaged), ES_OK);
    assert_memory_equal(buffer, image + 2 * PIECE, 512);
    assert_false(damaged);
    assert_int_equal(es_source_read(o->source, PIECE + PIECE / 2, buffer, 512, &damaged), ES_OK);
    assert_true(damaged);
    shut(o);
}

static void takes_named_pieces_in_order(void **state)
{
    static const char *const names[] = { "first.img", "second.img" };
    static const char *const odd[] = { "first.001", "second.001" };
    opened *o;

    (void)state;
    write_piece("first.001", 0);
    write_piece("second.001", 1);
    o = open_names(folder, odd, 2); /* numbered alike: the order given is the order */
    check_opens(o, "split raw");
    check_bytes(o->source, image, 2 * PIECE);
    shut(o);
    write_piece("first.img", 0);
    write_piece("second.img", 1);
    o = open_names(folder, names, 2);
    check_opens(o, "split raw");
    check_bytes(o->source, image, 2 * PIECE);
    shut(o);
}

static void survives_shrinking(void **state)
{
    uint8_t *buffer = malloc(PIECE);
    es_bad_range *bad;
    bool damaged = false;
    size_t n;
    opened *o;

    (void)state;
    write_piece("shrinks.img", 0);
    o = open_image("shrinks.img");
    check_opens(o, "raw");
    assert_int_equal(truncate(path_of("shrinks.img"), (off_t)(PIECE / 2)), 0);
    assert_int_equal(es_source_read(o->source, 0, buffer, PIECE, &damaged), ES_OK);
    assert_true(damaged);
    assert_memory_equal(buffer, image, PIECE / 2);
    assert_int_equal(es_source_bad_ranges(o->source, &bad, &n), ES_OK);
    assert_int_equal(n, 1);
    assert_int_equal(bad[0].offset, PIECE / 2);
    es_bad_ranges_free(bad, n);
    /* An overlay over bad bytes is good again. */
    assert_int_equal(es_source_overlay(o->source, PIECE / 2, (es_bytes){ image, 512 }), ES_OK);
    damaged = false;
    assert_int_equal(es_source_read(o->source, PIECE / 2, buffer, 512, &damaged), ES_OK);
    assert_false(damaged);
    assert_int_equal(es_source_read(o->source, PIECE / 2, buffer, 513, &damaged), ES_OK);
    assert_true(damaged);
    shut(o);
    free(buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_split_by_any_piece), cmocka_unit_test(opens_split_by_letters),
        cmocka_unit_test(leaves_a_hole),            cmocka_unit_test(short_piece_moves_nothing),
        cmocka_unit_test(takes_named_pieces_in_order), cmocka_unit_test(survives_shrinking),
    };

    return cmocka_run_group_tests(tests, make_fixtures, remove_fixtures);
}
