/* SPDX-License-Identifier: Apache-2.0
 *
 * test_note.c: a note can always be made, whatever its text is.
 */
#include "base/note.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void note_holds_its_words(void **state)
{
    es_note note;

    (void)state;
    es_note_set(&note, ES_SEVERITY_GAP, "hive", "%s of volume %d cannot be read.", "SOFTWARE", 2);
    assert_int_equal(note.severity, ES_SEVERITY_GAP);
    assert_string_equal(note.area, "hive");
    assert_string_equal(note.text, "SOFTWARE of volume 2 cannot be read.");
    es_note_set(NULL, ES_SEVERITY_GAP, "hive", "nobody asked for it");
}

/* Evidence text is an argument, never the format. */
static void evidence_is_no_format(void **state)
{
    es_note note;

    (void)state;
    es_note_set(&note, ES_SEVERITY_INFO, "volume", "label %s", "%n%s%1000d");
    assert_string_equal(note.text, "label %n%s%1000d");
}

/* Whatever is cut, what is left is whole characters and NUL-terminated. */
static void cut_at_a_character(void **state)
{
    static const char *const characters[] = { "x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x92\xbe" };

    (void)state;
    for (size_t c = 0; c < 4; c++) {
        for (size_t lead = 0; lead < 4; lead++) {
            char text[4000] = "";
            es_note note;
            size_t size = lead;

            memset(text, '.', lead);
            while (size + 5 < sizeof text)
                for (const char *p = characters[c]; *p; p++)
                    text[size++] = *p;
            text[size] = '\0';
            es_note_set(&note, ES_SEVERITY_ERROR, "image", "%s", text);
            assert_in_range(strlen(note.text), ES_NOTE_TEXT_MAX - 6, ES_NOTE_TEXT_MAX - 1);
            assert_true(es_text_is_utf8(es_text_of(note.text)));
            assert_memory_equal(note.text, text, strlen(note.text));
        }
    }
}

static void long_area_is_cut(void **state)
{
    es_note note;

    (void)state;
    es_note_set(&note, ES_SEVERITY_INFO, "an area with a name that is far too long for it", "x");
    assert_int_equal(strlen(note.area), ES_NOTE_AREA_MAX - 1);
}

static void severities_have_names(void **state)
{
    (void)state;
    assert_string_equal(es_severity_name(ES_SEVERITY_INFO), "info");
    assert_string_equal(es_severity_name(ES_SEVERITY_GAP), "gap");
    assert_string_equal(es_severity_name(ES_SEVERITY_ERROR), "error");
    assert_string_equal(es_severity_name(77), "error"); /* off the wire: the worst is assumed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(note_holds_its_words), cmocka_unit_test(evidence_is_no_format),
        cmocka_unit_test(cut_at_a_character),   cmocka_unit_test(long_area_is_cut),
        cmocka_unit_test(severities_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
