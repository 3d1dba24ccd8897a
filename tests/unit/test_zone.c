/* SPDX-License-Identifier: Apache-2.0
 *
 * test_zone.c: local times to UTC by the rule of a registry, against the C library's own by the
 * rules of the same places in POSIX's spelling, for each half hour of six years.
 */
#include "windows/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct {
    const char *posix;
    es_zone zone;
} places[] = {
    { "PST8PDT,M3.2.0/2,M11.1.0/2",
      { true, 480, 0, -60, { 0, 11, 0, 1, 2, 0 }, { 0, 3, 0, 2, 2, 0 } } },
    { "CET-1CEST,M3.5.0/2,M10.5.0/3", /* the last Sunday */
      { true, -60, 0, -60, { 0, 10, 0, 5, 3, 0 }, { 0, 3, 0, 5, 2, 0 } } },
    { "AEST-10AEDT,M10.1.0/2,M4.1.0/3", /* summer at the turn of the year */
      { true, -600, 0, -60, { 0, 4, 0, 1, 3, 0 }, { 0, 10, 0, 1, 2, 0 } } },
    { "LHST-10:30LHDT-11,M10.1.0/2,M4.1.0/2", /* by half an hour */
      { true, -630, 0, -30, { 0, 4, 0, 1, 2, 0 }, { 0, 10, 0, 1, 2, 0 } } },
    { "JST-9", { true, -540, 0, -60, { 0 }, { 0 } } },
    { "UTC0", { true, 0, 0, 0, { 0 }, { 0 } } },
};

static int64_t ticks_of(time_t seconds)
{
    return (int64_t)seconds * ES_TICKS_PER_SECOND + ES_TICKS_UNIX_EPOCH;
}

/* What the C library makes of a local time; false where it comes twice or not at all. */
static bool by_library(time_t as_utc, time_t *ret)
{
    struct tm parts, back;

    gmtime_r(&as_utc, &parts);
    parts.tm_isdst = -1;
    *ret = mktime(&parts);
    for (int shift = -3600; shift <= 3600; shift += 1800) {
        time_t other = *ret + shift;

        localtime_r(&other, &back);
        if ((shift != 0) == (timegm(&back) == as_utc))
            return false;
    }
    return true;
}

static void as_the_library(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t compared = 0;

        setenv("TZ", places[i].posix, 1);
        tzset();
        /* 2007-06-01 on, when these rules stood; half hours, for the changes fall on some */
        for (time_t local = 1180656000; local < 1180656000 + 86400 * 365 * 6; local += 1800) {
            time_t utc;

            if (!by_library(local, &utc))
                continue;
            compared++;
            if (es_zone_utc(&places[i].zone, ticks_of(local)) != ticks_of(utc))
                fail_msg("%s: %lld", places[i].posix, (long long)local);
        }
        assert_true(compared > 100000);
    }
}

/* The hour that comes twice is taken for standard time; the one that never comes, for daylight. */
static void hours_in_doubt(void **state)
{
    const es_zone *pacific = &places[0].zone;
    const time_t twice = 1572744600; /* 2019-11-03T01:30 */
    const time_t never = 1552185000; /* 2019-03-10T02:30 */

    (void)state;
    assert_int_equal(es_zone_utc(pacific, ticks_of(twice)), ticks_of(twice + 8 * 3600));
    assert_int_equal(es_zone_utc(pacific, ticks_of(never)), ticks_of(never + 7 * 3600));
}

static void fixed_dates(void **state)
{
    /* a year is given: the day is of the month, and the rule is of every year all the same */
    const es_zone zone = { true, 0, 0, -60, { 2019, 10, 0, 27, 3, 0 }, { 2019, 3, 0, 31, 2, 0 } };
    const time_t before = 1553997599 /* 2019-03-31T01:59:59 */, june = 1559347200;

    (void)state;
    assert_int_equal(es_zone_utc(&zone, ticks_of(before)), ticks_of(before));
    assert_int_equal(es_zone_utc(&zone, ticks_of(june)), ticks_of(june - 3600));
}

/* Times that no calendar has stay as they are; odd days are brought into their month. */
static void odd_values(void **state)
{
    es_zone zone = places[1].zone;

    (void)state;
    assert_int_equal(es_zone_utc(&zone, -1), -1);
    assert_int_equal(es_zone_utc(&zone, INT64_MAX), INT64_MAX);
    assert_int_equal(es_zone_utc(&zone, INT64_MIN), INT64_MIN);
    zone.daylight.day = UINT16_MAX;
    assert_int_equal(es_zone_utc(&zone, ticks_of(1559347200)), ticks_of(1559347200 - 7200));
    zone.daylight.day = 0;
    assert_int_equal(es_zone_utc(&zone, ticks_of(1559347200)), ticks_of(1559347200 - 7200));
    assert_int_equal(es_zone_utc(&zone, 0), -60 * INT64_C(60) * ES_TICKS_PER_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_library),
        cmocka_unit_test(hours_in_doubt),
        cmocka_unit_test(fixed_dates),
        cmocka_unit_test(odd_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
