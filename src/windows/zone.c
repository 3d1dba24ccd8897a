/* SPDX-License-Identifier: Apache-2.0
 *
 * zone.c: see zone.h. Format: Microsoft, TIME_ZONE_INFORMATION.
 */
#include "windows/zone.h"

#include <esuscan/bytes.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY (INT64_C(86400) * ES_TICKS_PER_SECOND)
#define MINUTE (INT64_C(60) * ES_TICKS_PER_SECOND)

static es_status data_of(es_hive *hive, es_hive_key key, const char *name, uint64_t size,
                         uint8_t **ret_data)
{
    es_hive_value value;
    uint32_t type;
    uint64_t got = 0;
    es_status status = es_hive_value_find(hive, key, name, &value);

    *ret_data = NULL;
    if (status == ES_OK)
        status = es_hive_value_data(hive, value, &type, ret_data, &got, NULL, NULL);
    if (status == ES_OK && got < size) {
        free(*ret_data);
        *ret_data = NULL;
        status = ES_CORRUPT;
    }
    return status;
}

static es_status number_of(es_hive *hive, es_hive_key key, const char *name, int32_t *ret)
{
    uint8_t *data;
    es_status status = data_of(hive, key, name, 4, &data);

    if (status == ES_OK) {
        es_cursor from = es_cursor_make((es_bytes){ data, 4 });

        *ret = (int32_t)es_cursor_u32(&from);
    }
    free(data);
    return status;
}

static es_status change_of(es_hive *hive, es_hive_key key, const char *name, es_zone_change *ret)
{
    uint8_t *data;
    es_status status = data_of(hive, key, name, 16, &data);

    if (status == ES_OK) {
        es_cursor from = es_cursor_make((es_bytes){ data, 16 });

        ret->year = es_cursor_u16(&from);
        ret->month = es_cursor_u16(&from);
        /* the registry has the day of the week behind the milliseconds, where a SYSTEMTIME has
         * it before the day */
        ret->day = es_cursor_u16(&from);
        ret->hour = es_cursor_u16(&from);
        ret->minute = es_cursor_u16(&from);
        es_cursor_skip(&from, 4);
        ret->weekday = es_cursor_u16(&from);
        if (ret->month > 12 || ret->weekday > 6 || ret->hour > 23 || ret->minute > 59)
            ret->month = 0;
    }
    free(data);
    return status;
}

es_status es_zone_read(es_hive *system, uint32_t control_set, es_zone *ret_zone)
{
    char path[64];
    es_hive_key root, key;
    es_zone zone = { 0 };
    int32_t disabled = 0;
    es_status status;

    *ret_zone = zone;
    if (!system || !control_set)
        return ES_OK;
    snprintf(path, sizeof path, "ControlSet%03u\\Control\\TimeZoneInformation", control_set);
    status = es_hive_root(system, &root);
    if (status == ES_OK)
        status = es_hive_find(system, root, path, &key);
    if (status == ES_OK)
        status = number_of(system, key, "Bias", &zone.bias);
    if (status != ES_OK || zone.bias < -24 * 60 || zone.bias > 24 * 60)
        return status < 0 ? status : ES_OK;
    zone.known = true;
    status = number_of(system, key, "DynamicDaylightTimeDisabled", &disabled);
    if (status >= 0 && !disabled &&
        number_of(system, key, "StandardBias", &zone.standard_bias) == ES_OK &&
        number_of(system, key, "DaylightBias", &zone.daylight_bias) == ES_OK &&
        change_of(system, key, "StandardStart", &zone.standard) == ES_OK &&
        change_of(system, key, "DaylightStart", &zone.daylight) == ES_OK)
        status = ES_OK;
    if (!zone.standard.month || !zone.daylight.month || abs(zone.daylight_bias) > 24 * 60 ||
        abs(zone.standard_bias) > 24 * 60)
        zone.standard.month = zone.daylight.month = 0;
    *ret_zone = zone;
    return status < 0 ? status : ES_OK;
}

/* ------------------------------------------------------------------ the calendar */

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1601-01-01 to the first of a month. */
static int64_t first_of(int64_t year, uint32_t month)
{
    static const uint16_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
    int64_t y = year - 1601;

    return y * 365 + y / 4 - y / 100 + y / 400 + before[month - 1] +
           (month > 2 && is_leap(year) ? 1 : 0);
}

static int64_t year_of(int64_t ticks)
{
    int64_t days = ticks / DAY, year = 1601 + days / 366;

    while (first_of(year, 12) + 31 <= days)
        year++;
    return year;
}

/* Ticks, in the time that stands before it, of a change in a year. */
static int64_t change_in(const es_zone_change *change, int64_t year)
{
    int64_t first = first_of(year, change->month), day = first;

    if (change->year) {
        day = first + (change->day ? change->day - 1 : 0);
    } else {
        /* the n-th of that weekday; 5: the last. 1601-01-01 was a Monday. */
        int64_t next = change->month == 12 ? first + 31 : first_of(year, change->month + 1u);
        uint32_t n = change->day < 1 ? 1 : change->day > 5 ? 5 : change->day;

        day += (change->weekday + 7 - (first + 1) % 7) % 7 + 7 * (int64_t)(n - 1);
        if (day >= next)
            day -= 7;
    }
    return day * DAY + (change->hour * 60 + change->minute) * MINUTE;
}

static bool in_daylight(const es_zone *zone, int64_t local)
{
    int64_t year = year_of(local), begin, end;

    if (!zone->daylight.month || year >= 9999)
        return false;
    begin = change_in(&zone->daylight, year);
    /* its end is stated in daylight saving time; the hour that comes twice counts as standard */
    end = change_in(&zone->standard, year) +
          (zone->daylight_bias - zone->standard_bias) * MINUTE;
    return begin < end ? local >= begin && local < end : local >= begin || local < end;
}

int64_t es_zone_utc(const es_zone *zone, int64_t local_ticks)
{
    int64_t minutes = zone->bias;

    if (local_ticks < 0 || local_ticks > INT64_C(2650467743999999999))
        return local_ticks;
    if (zone->daylight.month)
        minutes += in_daylight(zone, local_ticks) ? zone->daylight_bias : zone->standard_bias;
    return local_ticks + minutes * MINUTE;
}
