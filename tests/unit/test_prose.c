/* SPDX-License-Identifier: Apache-2.0
 *
 * test_prose.c: a sentence that does not fit is left out whole, evidence is cut between characters,
 * dates are those of the calendar.
 */
#include <esuscan/prose.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void *given[8];
static size_t n_given;
static int noted;
static es_status key_answer;

static es_status give(const es_host *host, uint64_t size, void **ret)
{
    (void)host;
    if (size > 5000)
        return ES_NOMEM;
    assert_true(n_given < 8);
    *ret = given[n_given++] = calloc(1, size);
    return *ret ? ES_OK : ES_NOMEM;
}

static es_status note(const es_host *host, uint32_t severity, es_text text, const es_where *where)
{
    (void)host, (void)where;
    assert_int_equal(severity, 1);
    assert_true(es_text_equal(text, es_text_of("the key A\\B cannot be read")));
    noted++;
    return ES_OK;
}

static es_status open_key(const es_host *host, const es_artefact *hive, es_text path, es_key *ret)
{
    (void)host, (void)hive, (void)ret;
    assert_true(es_text_equal(path, es_text_of("A\\B")));
    return key_answer;
}

static const es_host host = { .size = sizeof host, .alloc = give, .note = note,
                              .key_open = open_key };

static int release(void **state)
{
    (void)state;
    while (n_given)
        free(given[--n_given]);
    return 0;
}

static void sentences(void **state)
{
    es_prose prose = { 0 };
    es_text text;

    (void)state;
    assert_int_equal(es_prose_make(&host, 20, &prose), ES_OK);
    assert_int_equal(es_prose_text(&prose).size, 0);
    es_prose_say(&prose, "%s ", "One sentence."); /* 14 of 20 */
    es_prose_say(&prose, "Another.");
    assert_true(es_text_equal(es_prose_text(&prose), es_text_of("One sentence.")));
    es_prose_say(&prose, "Five."); /* and the NUL: all 20 */
    assert_true(es_text_equal(es_prose_text(&prose), es_text_of("One sentence. Five.")));
    es_prose_say(&prose, "!");
    assert_true(es_text_equal(es_prose_text(&prose), es_text_of("One sentence. Five.")));
    assert_int_equal(es_prose_make(&host, 6000, &prose), ES_NOMEM);
    assert_int_equal(es_prose_one(&host, &text, "%d of %s", 3, "them"), ES_OK);
    assert_true(es_text_equal(text, es_text_of("3 of them")));
    assert_int_equal(es_prose_one(&host, &text, "%6000d", 3), ES_NOMEM);
}

static void evidence(void **state)
{
    char long_one[300];
    es_text text = { long_one, sizeof long_one };

    (void)state;
    assert_int_equal(es_shown_size((es_text){ NULL, 0 }), 0);
    memset(long_one, 'a', sizeof long_one);
    assert_int_equal(es_shown_size(text), ES_SHOWN_MAX);
    for (uint32_t behind = 1; behind <= 3; behind++) { /* of a character of four bytes */
        memset(long_one, 'a', sizeof long_one);
        memcpy(long_one + ES_SHOWN_MAX - behind, "\xf0\x9f\x92\xbe", 4);
        assert_int_equal(es_shown_size(text), ES_SHOWN_MAX - behind);
    }
    text.size = ES_SHOWN_MAX + 1; /* ends inside of it: not looked at behind its end */
    assert_int_equal(es_shown_size(text), ES_SHOWN_MAX - 3);
    memset(long_one, 0x80, sizeof long_one); /* no character at all */
    assert_int_equal(es_shown_size(text), 0);
}

static void keys(void **state)
{
    es_artefact hive = { .size = sizeof hive };
    es_key key;

    (void)state;
    key_answer = ES_OK;
    assert_int_equal(es_prose_key(&host, &hive, "A\\B", &key), 1);
    key_answer = ES_ABSENT;
    assert_int_equal(es_prose_key(&host, &hive, "A\\B", &key), 0);
    key_answer = ES_NOMEM;
    assert_int_equal(es_prose_key(&host, &hive, "A\\B", &key), ES_NOMEM);
    assert_int_equal(noted, 0);
    key_answer = ES_CORRUPT;
    assert_int_equal(es_prose_key(&host, &hive, "A\\B", &key), 0);
    assert_int_equal(noted, 1);
}

static void shows(int64_t unix_seconds, uint32_t precision, const char *expected)
{
    es_time time = { .ticks = unix_seconds * ES_TICKS_PER_SECOND + ES_TICKS_UNIX_EPOCH,
                     .precision = precision };
    char word[ES_TIME_WORD_SIZE];

    assert_string_equal(es_time_word(time, word), expected);
}

static void times(void **state)
{
    int year, month, day;

    (void)state;
    shows(0, ES_TIME_NONE, "an unknown time");
    shows(0, ES_TIME_SECOND, "1970-01-01T00:00:00Z");
    shows(-1, ES_TIME_SECOND, "1969-12-31T23:59:59Z");
    shows(951782400, ES_TIME_DAY, "2000-02-29");
    shows(1078012800, ES_TIME_DAY, "2004-02-29");
    shows(4107542399, ES_TIME_SECOND, "2100-02-28T23:59:59Z"); /* no leap year */
    shows(4107542400, ES_TIME_SECOND, "2100-03-01T00:00:00Z");
    shows(1554854399, ES_TIME_TICK, "2019-04-09T23:59:59Z");
    shows(-INT64_C(11644473600), ES_TIME_SECOND, "1601-01-01T00:00:00Z");
    assert_int_equal(es_time_civil((es_time){ .ticks = 3, .precision = ES_TIME_TICK }, &year,
                                   &month, &day), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(sentences, release),
        cmocka_unit_test(evidence),
        cmocka_unit_test_teardown(keys, release),
        cmocka_unit_test(times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
