/* SPDX-License-Identifier: Apache-2.0
 *
 * test_lines.c: text logs in every encoding, lines beyond the cap, and the machine's time zone.
 */
#include "windows/limits.h"
#include "windows/lines.h"
#include "windows/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct content {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t repeat; /* the bytes come again and again up to this size; 0: once */
    uint64_t lost_at;
    uint64_t damaged_to; /* bytes before this cannot be trusted */
} content;

static es_status read_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    const content *from = context;

    if (from->lost_at >= offset && from->lost_at < offset + size)
        return ES_CORRUPT;
    for (uint64_t i = 0; i < size; i++)
        ((uint8_t *)buffer)[i] = from->bytes[(offset + i) % from->size];
    *ret_damaged = offset < from->damaged_to;
    return ES_OK;
}

static es_lines *open_lines(content *from)
{
    es_lines_input input = { from->repeat ? from->repeat : from->size, read_bytes, from };
    es_lines *lines = NULL;

    assert_int_equal(es_lines_open(&input, &lines), ES_OK);
    return lines;
}

/* All lines, with '|' behind each. */
static void expect(const void *bytes, uint64_t size, const char *want)
{
    content from = { bytes, size, 0, UINT64_MAX, 0 };
    es_lines *lines = open_lines(&from);
    es_lines_line line;
    char got[256] = "";

    while (es_lines_next(lines, &line) == ES_OK)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s|", (int)line.text.size,
                 line.text.data);
    assert_string_equal(got, want);
    es_lines_free(lines);
}

#define EXPECT(bytes, want) expect(bytes, sizeof(bytes) - 1, want)

static void test_encodings(void **state)
{
    (void)state;
    EXPECT("one\r\n\r\n  two\nthree", "one|  two|three|");
    EXPECT("\xef\xbb\xbfone\r\n", "one|");
    EXPECT("\xff\xfeo\0n\0e\0\r\0\n\0\xe9\0\r\0\n\0", "one|\xc3\xa9|");
    EXPECT("\xfe\xff\0o\0n\0e\0\r\0\n\0t", "one|t|");
    EXPECT("o\0n\0e\0\n\0t\0w\0o\0", "one|two|");
    EXPECT("caf\xe9 \x80\n", "caf\xc3\xa9 \xe2\x82\xac|");
    EXPECT("caf\xc3\xa9\n", "caf\xc3\xa9|");
    EXPECT("one\r\nt\0w\0o\0\r\0\n\0three\n", "one|two|three|");
    EXPECT("\0\0\0\0one\0\0\0\ntwo\n", "one|two|");
    EXPECT("o\0ne\n", "o ne|");
    EXPECT("\xff\xfe\x3d\xd8\x00\xde\x3d\xd8\n\0", "\xf0\x9f\x98\x80\xef\xbf\xbd|");
    EXPECT("\0\0\0\0\0", "");
    EXPECT("\n\n", "");
}

static void test_places(void **state)
{
    static const uint8_t bytes[] = "one\r\n\r\n  two\nthree";
    content from = { bytes, sizeof bytes - 1, 0, UINT64_MAX, 0 };
    es_lines *lines = open_lines(&from);
    es_lines_line line;

    (void)state;
    assert_int_equal(es_lines_next(lines, &line), ES_OK);
    assert_int_equal(line.number, 1);
    assert_int_equal(es_lines_next(lines, &line), ES_OK);
    assert_int_equal(line.number, 3);
    assert_int_equal(line.offset, 7);
    assert_int_equal(line.length, 5);
    es_lines_free(lines);
}

/* A gigabyte without a line end is one line, cut, in little memory. */
static void test_endless(void **state)
{
    static const uint8_t x[] = "x";
    content from = { x, 1, UINT64_C(64) << 20, UINT64_MAX, 0 };
    es_lines *lines = open_lines(&from);
    es_lines_line line;

    (void)state;
    assert_int_equal(es_lines_next(lines, &line), ES_OK);
    assert_true(line.cut);
    assert_int_equal(line.text.size, ES_LINES_LINE_MAX);
    assert_int_equal(es_lines_next(lines, &line), ES_END);
    assert_int_equal(es_lines_cut(lines), 1);
    es_lines_free(lines);
}

/* A line across pieces is one line; a piece that cannot be had is passed over, and counted. */
static void test_pieces(void **state)
{
    static const uint8_t text[] = "0123456789ab\n"; /* 13 bytes: no divisor of a piece */
    content from = { text, 13, 3 * (uint64_t)ES_LINES_PIECE, UINT64_MAX, 0 };
    es_lines *lines = open_lines(&from);
    es_lines_line line;
    uint64_t n = 0;

    (void)state;
    while (es_lines_next(lines, &line) == ES_OK && line.length == 12)
        n++;
    assert_int_equal(n, from.repeat / 13);
    es_lines_free(lines);

    from.lost_at = ES_LINES_PIECE + 7;
    lines = open_lines(&from);
    for (n = 0; es_lines_next(lines, &line) == ES_OK;)
        n++;
    assert_true(n >= from.repeat / 13 * 2 / 3 - 1);
    assert_int_equal(es_lines_lost(lines), ES_LINES_PIECE);
    es_lines_free(lines);
}

/* ------------------------------------------------------------------ the zone */

#define AT(days, hours) (((days) * INT64_C(24) + (hours)) * 3600 * ES_TICKS_PER_SECOND)
#define DAY_2019 INT64_C(152671) /* 2019-01-01 */

static void test_zone(void **state)
{
    const es_zone west = {
        .known = true, .bias = -60, .daylight_bias = -60,
        .standard = { .month = 10, .day = 5, .hour = 3 },
        .daylight = { .month = 3, .day = 5, .hour = 2 },
    };
    const es_zone sydney = {
        .known = true, .bias = -600, .daylight_bias = -60,
        .standard = { .month = 4, .day = 1, .hour = 3 },
        .daylight = { .month = 10, .day = 1, .hour = 2 },
    };
    const es_zone plain = { .known = true, .bias = 480 };
    const struct {
        const es_zone *zone;
        int64_t day, hour, hours; /* day of 2019 from 0 */
    } cases[] = {
        { &west, 14, 12, -1 },  { &west, 88, 12, -1 },   { &west, 89, 1, -1 },
        { &west, 89, 3, -2 },   { &west, 180, 12, -2 },  { &west, 299, 12, -1 },
        { &west, 299, 1, -2 },  { &west, 299, 2, -1 },  { &west, 300, 12, -1 },
        { &sydney, 14, 12, -11 }, { &sydney, 180, 12, -10 }, { &sydney, 300, 12, -11 },
        { &plain, 180, 12, 8 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t local = AT(DAY_2019 + cases[i].day, cases[i].hour);

        if (es_zone_utc(cases[i].zone, local) - local != AT(0, cases[i].hours))
            fail_msg("case %zu: %lld hours", i,
                     (long long)((es_zone_utc(cases[i].zone, local) - local) / AT(0, 1)));
    }
}

/* A line that begins on bad bytes is damaged wherever it ends. */
static void test_damaged(void **state)
{
    uint8_t *bytes = malloc(ES_LINES_PIECE + 1000);
    content from = { bytes, ES_LINES_PIECE + 1000, 0, UINT64_MAX, 1 };
    es_lines *lines;
    es_lines_line line;
    unsigned n = 0;

    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'a', from.size);
    for (uint64_t i = 999; i < from.size; i += 1000)
        bytes[i] = '\n';
    lines = open_lines(&from);
    while (es_lines_next(lines, &line) == ES_OK) {
        assert_int_equal(line.damaged, line.offset < ES_LINES_PIECE);
        n += line.offset < ES_LINES_PIECE && line.offset + line.length > ES_LINES_PIECE;
    }
    assert_int_equal(n, 1);
    es_lines_free(lines);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_damaged), cmocka_unit_test(test_places),
        cmocka_unit_test(test_endless),   cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
