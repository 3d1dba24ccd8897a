/* SPDX-License-Identifier: Apache-2.0
 *
 * test_text.c: evidence bytes become valid UTF-8, and text that is shown cannot lie.
 *
 * The malformed sequences are those of the Unicode Standard, table 3-8, and of RFC 3629 §10.
 */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define LIT(literal) ((es_text){ literal, sizeof(literal) - 1 })
#define RAW(literal) ((es_bytes){ (const uint8_t *)(literal), sizeof(literal) - 1 })

static int arena_up(void **state)
{
    es_arena *arena = NULL;

    if (es_arena_new(1u << 20, &arena) != ES_OK)
        return -1;
    *state = arena;
    return 0;
}

static int arena_down(void **state)
{
    es_arena_free(*state);
    return 0;
}

static void assert_text(es_text text, const char *expected, size_t size)
{
    assert_int_equal(text.size, size);
    assert_memory_equal(text.data, expected, size);
}

static void utf8_is_told_apart(void **state)
{
    static const es_text good[] = {
        { "", 0 }, { "plain", 5 }, { "a\0b", 3 }, { "\xc2\x80", 2 }, { "\xdf\xbf", 2 },
        { "\xe0\xa0\x80", 3 }, { "\xed\x9f\xbf", 3 }, { "\xee\x80\x80", 3 },
        { "\xf0\x90\x80\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
    };
    static const es_text bad[] = {
        { "\x80", 1 }, { "\xbf", 1 }, { "\xc0\x80", 2 }, { "\xc1\xbf", 2 }, { "\xc2", 1 },
        { "\xc2x", 2 }, { "\xe0\x9f\xbf", 3 }, { "\xe2\x82", 2 }, { "\xed\xa0\x80", 3 },
        { "\xed\xbf\xbf", 3 }, { "\xf0\x8f\xbf\xbf", 4 }, { "\xf0\x9f\x92", 3 },
        { "\xf4\x90\x80\x80", 4 }, { "\xf5\x80\x80\x80", 4 }, { "\xfe", 1 }, { "\xff", 1 },
        { "ok\xe2(\xa1", 5 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(es_text_is_utf8(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(es_text_is_utf8(bad[i]));
}

/* Every character survives being put and taken; surrogates and what lies beyond do not. */
static void every_character_round_trips(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint8_t bytes[4];
        uint64_t at = 0;
        es_text text = { (const char *)bytes, es_text_encode(c, bytes) };

        if (c >= 0xd800 && c <= 0xdfff) {
            assert_false(es_text_is_utf8(text));
            continue;
        }
        if (es_text_next(text, &at) != c || at != text.size)
            fail_msg("U+%04X does not round-trip", (unsigned)c);
    }
}

/* Whatever the bytes are, reading moves on and never leaves them. */
static void reading_always_advances(void **state)
{
    uint8_t bytes[64];
    uint32_t seed = 6003;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        es_text text = { (const char *)bytes, 1 + (uint64_t)round % sizeof bytes };

        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[i] = (uint8_t)(seed >> 24 | (seed >> 9 & 0x80));
        }
        for (uint64_t at = 0; at < text.size;) {
            uint64_t before = at;

            es_text_next(text, &at);
            assert_true(at > before && at <= text.size);
        }
    }
}

static void utf16_becomes_utf8(void **state)
{
    es_arena *arena = *state;
    es_text text;

    assert_int_equal(es_text_from_utf16le(arena, RAW("W\0i\0n\0"), &text), ES_OK);
    assert_text(text, "Win", 3);
    assert_int_equal(es_text_from_utf16le(arena, RAW("\xe9\0\xac\x20\x3d\xd8\xbe\xdc"), &text), ES_OK);
    assert_text(text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xbe", 9);
    /* a NUL is a character like others; an odd last byte is none */
    assert_int_equal(es_text_from_utf16le(arena, RAW("a\0\0\0b\0c"), &text), ES_OK);
    assert_text(text, "a\0b", 3);
    assert_int_equal(es_text_from_utf16le(arena, (es_bytes){ NULL, 0 }, &text), ES_OK);
    assert_text(text, "", 0);
    assert_int_equal(es_text_from_utf16le(arena, RAW("a"), &text), ES_OK);
    assert_text(text, "", 0);
}

static void unpaired_surrogates_are_replaced(void **state)
{
    es_arena *arena = *state;
    es_text text;

    /* high at the end; low alone; high before a letter; two highs before a low */
    assert_int_equal(es_text_from_utf16le(arena, RAW("a\0\x3d\xd8"), &text), ES_OK);
    assert_text(text, "a\xef\xbf\xbd", 4);
    assert_int_equal(es_text_from_utf16le(arena, RAW("\xbe\xdcz\0"), &text), ES_OK);
    assert_text(text, "\xef\xbf\xbdz", 4);
    assert_int_equal(es_text_from_utf16le(arena, RAW("\x3d\xd8z\0"), &text), ES_OK);
    assert_text(text, "\xef\xbf\xbdz", 4);
    assert_int_equal(es_text_from_utf16le(arena, RAW("\x3d\xd8\x3d\xd8\xbe\xdc"), &text), ES_OK);
    assert_text(text, "\xef\xbf\xbd\xf0\x9f\x92\xbe", 7);
}

static void heap_string_stops_at_nul(void **state)
{
    char *string = NULL;

    (void)state;
    assert_int_equal(es_utf8_from_utf16le(RAW("6\0" "0\0" "\0\0" "x\0"), &string), ES_OK);
    assert_string_equal(string, "60");
    free(string);
    assert_int_equal(es_utf8_from_utf16le((es_bytes){ NULL, 0 }, &string), ES_OK);
    assert_string_equal(string, "");
    free(string);
}

static void repair_gives_utf8(void **state)
{
    es_arena *arena = *state;
    es_text text;

    assert_int_equal(es_text_repair(arena, LIT("sound \xe2\x82\xac"), &text), ES_OK);
    assert_text(text, "sound \xe2\x82\xac", 9);
    assert_int_equal(es_text_repair(arena, LIT("a\xff" "b\xc0\x80"), &text), ES_OK);
    assert_text(text, "a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd", 11);
    assert_true(es_text_is_utf8(text));
}

static void show(es_text text, const char *expected)
{
    es_buffer buffer = es_buffer_make(1000);

    es_text_show(&buffer, text);
    es_buffer_u8(&buffer, 0);
    assert_int_equal(buffer.failed, ES_OK);
    assert_string_equal((const char *)buffer.data, expected);
    es_buffer_free(&buffer);
}

static void shown_text_cannot_lie(void **state)
{
    (void)state;
    show(LIT("C:\\Windows"), "C:\\Windows");
    show(LIT("caf\xc3\xa9 \xe4\xb8\xad"), "caf\xc3\xa9 \xe4\xb8\xad");
    show(LIT("a\nb\tc\x1b[31m\x7f"), "a\\x0ab\\x09c\\x1b[31m\\x7f");
    show(LIT("a\0b"), "a\\x00b");
    show(LIT("\xc2\x9b" "31m"), "\\u{009b}31m");               /* C1 CSI */
    show(LIT("exe.\xe2\x80\xaetxt"), "exe.\\u{202e}txt");      /* right-to-left override */
    show(LIT("a\xe2\x81\xa6z\xe2\x81\xa9"), "a\\u{2066}z\\u{2069}"); /* isolates */
    show(LIT("a\xe2\x80\x8b" "b\xef\xbb\xbf"), "a\\u{200b}b\\u{feff}");
    show(LIT("a\xe2\x80\xa8" "b\xc2\x85"), "a\\u{2028}b\\u{0085}"); /* line separators */
    show(LIT("\xf3\xa0\x80\xa0"), "\\u{e0020}");               /* tag characters */
    show(LIT("a\xff\xfe" "b\xe2\x82"), "a\\xff\\xfeb\\xe2\\x82");
}

/* What is shown is UTF-8 and holds no unsafe character, whatever went in. */
static void shown_text_is_always_safe(void **state)
{
    es_buffer buffer = es_buffer_make(1u << 16);
    uint8_t bytes[96];
    uint32_t seed = 6002;

    (void)state;
    for (int round = 0; round < 5000; round++) {
        es_text shown;

        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[i] = (uint8_t)(seed >> 24);
        }
        es_buffer_clear(&buffer);
        es_text_show(&buffer, (es_text){ (const char *)bytes, sizeof bytes });
        shown = (es_text){ (const char *)buffer.data, buffer.size };
        for (uint64_t at = 0; at < shown.size;) {
            uint32_t c = es_text_next(shown, &at);

            assert_true(c <= 0x10ffff && !es_text_unsafe(c));
        }
    }
    es_buffer_free(&buffer);
}

static void guids(void **state)
{
    static const uint8_t data[16] = { 0xe0, 0x4f, 0xd0, 0x20, 0xea, 0x3a, 0x69, 0x10,
                                      0xa2, 0xd8, 0x08, 0x00, 0x2b, 0x30, 0x30, 0x9d };
    char out[37];

    (void)state;
    es_text_guid(data, out);
    assert_string_equal(out, "20d04fe0-3aea-1069-a2d8-08002b30309d");
}

static void hexadecimal(void **state)
{
    static const uint8_t data[] = { 0x00, 0x9f, 0xff };
    char out[7];

    (void)state;
    es_text_hex(data, sizeof data, out);
    assert_string_equal(out, "009fff");
    es_text_hex(data, 0, out);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_told_apart),
        cmocka_unit_test(every_character_round_trips),
        cmocka_unit_test(reading_always_advances),
        cmocka_unit_test(utf16_becomes_utf8),
        cmocka_unit_test(unpaired_surrogates_are_replaced),
        cmocka_unit_test(heap_string_stops_at_nul),
        cmocka_unit_test(repair_gives_utf8),
        cmocka_unit_test(shown_text_cannot_lie),
        cmocka_unit_test(shown_text_is_always_safe),
        cmocka_unit_test(guids),
        cmocka_unit_test(hexadecimal),
    };

    return cmocka_run_group_tests(tests, arena_up, arena_down);
}
