/* SPDX-License-Identifier: Apache-2.0
 *
 * test_page.c: lines keep within the width, nothing is lost on the way, no escape and no character
 * is broken, and text is as wide as a terminal shows it.
 */
#include "report/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void widths(void **state)
{
    static const struct {
        const char *text;
        unsigned columns;
    } cases[] = {
        { "", 0 }, { "plain", 5 }, { "\xc3\xa4", 1 }, { "e\xcc\x81", 1 }, /* a combining accent */
        { "\xe6\xbc\xa2\xe5\xad\x97", 4 },        /* two ideographs */
        { "\xf0\x9f\x92\xbe", 2 }, { "\\x1b", 4 }, { "\\u{202e}", 8 }, { "\\u{}", 4 },
        { "C:\\Windows", 10 }, { "\xff", 1 },     /* what is no character still takes room */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(es_page_columns(es_text_of(cases[i].text)), cases[i].columns);
}

static void lines_of(const char *text, unsigned room, const char *const *lines)
{
    es_text words = es_text_of(text);
    uint64_t at = 0;

    for (; *lines; lines++) {
        es_text line = es_page_next_line(words, room, &at);

        if (!es_text_equal(line, es_text_of(*lines)))
            fail_msg("\"%.*s\" instead of \"%s\"", (int)line.size, line.data, *lines);
    }
    assert_int_equal(at, words.size);
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void lines(void **state)
{
    (void)state;
    lines_of("one two three", 7, LINES("one two", "three"));
    lines_of("one two three", 6, LINES("one", "two", "three"));
    lines_of("  one  two  ", 8, LINES("one  two"));
    lines_of("exactly", 7, LINES("exactly"));
    lines_of("C:\\Windows\\System32\\ntoskrnl.exe", 20,
             LINES("C:\\Windows\\System32", "\\ntoskrnl.exe"));
    lines_of("abcdefgh", 3, LINES("abc", "def", "gh"));
    lines_of("ab\\x1bcd", 4, LINES("ab", "\\x1b", "cd"));
    lines_of("a\\u{202e}b", 3, LINES("a", "\\u{202e}", "b")); /* wider than the line, and whole */
    lines_of("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 5,
             LINES("\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2"));
}

/* Words of all kinds, at all widths: in order, whole, and within the page. */
static void flows(void **state)
{
    static const char *const pieces[] = { "a", "word", "\\x1b", "\\u{202e}", "\xc3\xa4",
                                          "\xe6\xbc\xa2", "\\", "/", "-", " ", " ", " ",
                                          "kb4493471", ";" };
    uint32_t random = 6003;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        unsigned width = 40 + round % 60, indent = round % 23;
        char given[4096] = "", *out = NULL, *line, *rest, *joined;
        size_t size = 0, n = 0;
        es_run run = { .width = width };
        FILE *file = open_memstream(&out, &size);
        es_page page;

        assert_non_null(file);
        page = es_page_make(NULL, &run, file);
        for (unsigned i = 0; i < 200; i++) {
            random = random * 1664525u + 1013904223u;
            strcat(given, pieces[(random >> 16) % (sizeof pieces / sizeof *pieces)]);
        }
        es_buffer_string(&page.words, given);
        es_page_flow(&page, 2, "label", indent, ES_STYLE_PLAIN);
        assert_int_equal(es_page_end(&page), ES_OK);
        fclose(file);
        joined = calloc(1, size + 1);
        assert_non_null(joined);
        for (rest = out; (line = strsep(&rest, "\n"));) {
            if (es_page_columns(es_text_of(line)) > width)
                fail_msg("wider than %u: %s", width, line);
            for (; *line; line++)
                if (*line != ' ')
                    joined[n++] = *line;
        }
        for (n = 0, line = given; *line; line++)
            if (*line != ' ')
                given[n++] = *line;
        given[n] = '\0';
        assert_memory_equal(joined, "label", 5);
        assert_string_equal(joined + 5, given);
        free(joined);
        free(out);
    }
}

static char *shown(void (*compose)(es_page *page))
{
    es_run run = { .width = 80 };
    es_page page = es_page_make(NULL, &run, stdout);
    char *words;

    compose(&page);
    words = strndup(page.words.data ? (const char *)page.words.data : "", (size_t)page.words.size);
    assert_int_equal(es_page_end(&page), ES_OK);
    assert_non_null(words);
    return words;
}

static void compose_sizes(es_page *page)
{
    static const uint64_t sizes[] = { 0, 1023, 1024, 1536, UINT64_C(40) << 30, UINT64_MAX };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        es_page_show_size(page, sizes[i]);
        es_page_say(page, "; ");
    }
}

static void compose_names(es_page *page)
{
    char *title = es_page_title_of(page, "esu-licence.x", 11);

    assert_string_equal(title, "ESU licence");
    free(title);
    es_page_show_name(page, "turned_6003.by-kb");
}

static void compose_long_text(es_page *page)
{
    char text[2000];

    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa4", 2); /* cut between characters */
    es_page_show_text(page, (es_text){ text + 1, sizeof text - 1 });
}

static void words_for_values(void **state)
{
    char *words = shown(compose_sizes);

    (void)state;
    assert_string_equal(words, "0 bytes; 1023 bytes; 1.0 KiB; 1.5 KiB; 40.0 GiB; 16.0 EiB; ");
    free(words);
    words = shown(compose_names);
    assert_string_equal(words, "turned 6003 by KB");
    free(words);
    words = shown(compose_long_text);
    assert_non_null(strstr(words, "\xc3\xa4 \xe2\x80\xa6 (1999 bytes in all)"));
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths),
        cmocka_unit_test(lines),
        cmocka_unit_test(flows),
        cmocka_unit_test(words_for_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
