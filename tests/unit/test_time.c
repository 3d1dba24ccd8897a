/* SPDX-License-Identifier: Apache-2.0
 *
 * test_time.c: FILETIME, Unix time and ISO 8601, and the precision each of them has.
 */
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TICK ES_TICKS_PER_SECOND
#define DAY (86400 * TICK)

static void shows(es_time time, const char *expected)
{
    char out[ES_TIME_STRING_MAX];

    es_time_format(time, out);
    assert_string_equal(out, expected);
}

static void filetimes(void **state)
{
    (void)state;
    shows(es_time_from_filetime(UINT64_C(131993028000000000)), "2019-04-09T17:00:00.0000000Z");
    shows(es_time_from_filetime(1), "1601-01-01T00:00:00.0000001Z");
    shows(es_time_from_filetime(UINT64_C(2650467743999999999)), "9999-12-31T23:59:59.9999999Z");
    shows(es_time_from_filetime(UINT64_C(2650467744000000000)), "");
    assert_false(es_time_known(es_time_from_filetime(0)));
    assert_false(es_time_known(es_time_from_filetime(UINT64_MAX)));
    assert_false(es_time_known(es_time_from_filetime((uint64_t)INT64_MAX + 1)));
    shows(es_time_from_filetime(INT64_MAX), "");
}

static void unix_times(void **state)
{
    (void)state;
    shows(es_time_from_unix(0), "1970-01-01T00:00:00Z");
    shows(es_time_from_unix(1554829203), "2019-04-09T17:00:03Z");
    shows(es_time_from_unix(-1), "1969-12-31T23:59:59Z");
    shows(es_time_from_unix(-INT64_C(11644473600)), "1601-01-01T00:00:00Z");
    assert_false(es_time_known(es_time_from_unix(-INT64_C(11644473601))));
    shows(es_time_from_unix(INT64_C(253402300799)), "9999-12-31T23:59:59Z");
    assert_false(es_time_known(es_time_from_unix(INT64_C(253402300800))));
    assert_false(es_time_known(es_time_from_unix(INT64_MAX)));
    assert_false(es_time_known(es_time_from_unix(INT64_MIN)));
    assert_true(es_time_known(es_time_now()));
}

static void fat_times(void **state)
{
    (void)state;
    shows(es_time_from_fat(0x52cc, 0x6d01), "2021-06-12T13:40:02Z");
    shows(es_time_from_fat(0x0021, 0), "1980-01-01T00:00:00Z");
    shows(es_time_from_fat(0xff9f, 0xbf7d), "2107-12-31T23:59:58Z");
    shows(es_time_from_fat(0x505d, 0), "2020-02-29T00:00:00Z");
    assert_false(es_time_known(es_time_from_fat(0x525d, 0))); /* 2021-02-29 */
    assert_false(es_time_known(es_time_from_fat(0x529f, 0))); /* 2021-04-31 */
    assert_false(es_time_known(es_time_from_fat(0, 0)));
    assert_false(es_time_known(es_time_from_fat(0x0020, 0)));  /* the day 0 */
    assert_false(es_time_known(es_time_from_fat(0x01a1, 0)));  /* the month 13 */
    assert_false(es_time_known(es_time_from_fat(0x0021, 30))); /* the second 60 */
    assert_false(es_time_known(es_time_from_fat(0x0021, 0xc000)));
}

static void every_precision_is_shown_as_it_is(void **state)
{
    static const char *const expected[] = {
        "", "2019-04-09", "2019-04-09T17:05Z", "2019-04-09T17:05:03Z", "2019-04-09T17:05:03.123Z",
        "2019-04-09T17:05:03.123456Z", "2019-04-09T17:05:03.1234567Z",
    };
    es_time time = { INT64_C(131993031031234567), 0, 0 };

    (void)state;
    for (time.precision = 0; time.precision <= ES_TIME_TICK; time.precision++)
        shows(time, expected[time.precision]);
    time.precision = 99; /* off the wire */
    shows(time, "2019-04-09T17:05:03Z");
    shows((es_time){ -1, ES_TIME_TICK, 0 }, "");
    shows((es_time){ INT64_MIN, ES_TIME_DAY, 0 }, "");
}

static es_time parsed(const char *text)
{
    es_time time = { 0, ES_TIME_NONE, 0 };

    assert_int_equal(es_time_parse(text, &time), ES_OK);
    return time;
}

static void iso_8601_comes_back(void **state)
{
    static const char *const round[] = {
        "2019-04-09", "2019-04-09T17:05Z", "2019-04-09T17:05:03Z", "2019-04-09T17:05:03.123Z",
        "2019-04-09T17:05:03.123456Z", "2019-04-09T17:05:03.1234567Z", "2000-02-29", "2020-02-29",
        "1601-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "2100-03-01T00:00Z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof round / sizeof *round; i++)
        shows(parsed(round[i]), round[i]);
}

static void date_means_its_end(void **state)
{
    es_time day = parsed("2019-04-09"), next = parsed("2019-04-10T00:00:00Z");

    (void)state;
    assert_int_equal(day.precision, ES_TIME_DAY);
    assert_int_equal(day.ticks, next.ticks - 1);
    assert_int_equal(parsed("1601-01-01").ticks, DAY - 1);
}

static void offsets_lead_to_utc(void **state)
{
    (void)state;
    shows(parsed("2019-04-09T19:05:03+02:00"), "2019-04-09T17:05:03Z");
    shows(parsed("2019-04-09T11:35:03-0530"), "2019-04-09T17:05:03Z");
    shows(parsed("2019-04-09 17:05:03Z"), "2019-04-09T17:05:03Z");
    shows(parsed("2019-01-01T00:30:00+01:00"), "2018-12-31T23:30:00Z");
    shows(parsed("2019-04-09T17:05:03.5Z"), "2019-04-09T17:05:03.500Z");
    /* more digits than a tick has are dropped, not rounded up */
    shows(parsed("2019-04-09T17:05:03.12345679Z"), "2019-04-09T17:05:03.1234567Z");
}

static void what_is_no_date(void **state)
{
    static const char *const bad[] = {
        "", "2019", "2019-04", "2019-4-9", "2019-13-01", "2019-00-01", "2019-01-00", "2019-01-32",
        "2019-02-29", "1900-02-29", "2019-04-31", "1600-12-31", "20190409", "2019-04-09x",
        "2019-04-09T", "2019-04-09T17", "2019-04-09T17:00", "2019-04-09T17:00:00",
        "2019-04-09T24:00:00Z", "2019-04-09T17:60:00Z", "2019-04-09T17:00:60Z",
        "2019-04-09T17:00:00.Z", "2019-04-09T17:00:00z", "2019-04-09T17:00:00+24:00",
        "2019-04-09T17:00:00+02:60", "2019-04-09T17:00:00+2", "2019-04-09T17:00:00ZZ",
        "-019-04-09", "yesterday", "1601-01-01T00:00:00+01:00", "2019-04-09 ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        es_time time = { 42, ES_TIME_TICK, 0 };

        if (es_time_parse(bad[i], &time) != ES_CORRUPT)
            fail_msg("\"%s\" was taken for a date", bad[i]);
        assert_int_equal(time.ticks, 42); /* outputs are written only on success */
    }
}

/* Every day of eight centuries: format and parse agree, and days follow each other. */
static void every_day(void **state)
{
    es_time time = { DAY - 1, ES_TIME_DAY, 0 };
    char last[ES_TIME_STRING_MAX] = "";

    (void)state;
    for (int i = 0; i < 800 * 366; i++, time.ticks += DAY) {
        char out[ES_TIME_STRING_MAX];
        es_time back;

        es_time_format(time, out);
        assert_true(strcmp(out, last) > 0);
        assert_int_equal(es_time_parse(out, &back), ES_OK);
        assert_true(back.ticks == time.ticks);
        strcpy(last, out);
    }
}

static void microseconds_are_rounded_down(void **state)
{
    es_time time = es_time_from_unix(0);

    (void)state;
    assert_int_equal(es_time_unix_us(time), 0);
    time.ticks += 19;
    assert_int_equal(es_time_unix_us(time), 1);
    time.ticks -= 20;
    assert_int_equal(es_time_unix_us(time), -1);
    time.ticks -= 9;
    assert_int_equal(es_time_unix_us(time), -1);
    time.ticks -= 1;
    assert_int_equal(es_time_unix_us(time), -2);
    assert_true(es_time_unix_us(es_time_from_unix(1554829203)) == INT64_C(1554829203000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filetimes),
        cmocka_unit_test(unix_times),
        cmocka_unit_test(fat_times),
        cmocka_unit_test(every_precision_is_shown_as_it_is),
        cmocka_unit_test(iso_8601_comes_back),
        cmocka_unit_test(date_means_its_end),
        cmocka_unit_test(offsets_lead_to_utc),
        cmocka_unit_test(what_is_no_date),
        cmocka_unit_test(every_day),
        cmocka_unit_test(microseconds_are_rounded_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
