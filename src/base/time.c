/* SPDX-License-Identifier: Apache-2.0
 *
 * time.c: see time.h. Days from civil and back as in Howard Hinnant's "chrono-Compatible
 * Low-Level Date Algorithms".
 */
#include "base/time.h"

#include <stdio.h>
#include <time.h>

#define TICKS_PER_DAY (INT64_C(86400) * ES_TICKS_PER_SECOND)
#define DAYS_1601_TO_1970 INT64_C(134774)
#define LAST_YEAR 9999

es_time es_time_from_filetime(uint64_t filetime)
{
    es_time time = { 0, ES_TIME_NONE, 0 };

    if (filetime == 0 || filetime > INT64_MAX)
        return time;
    time.ticks = (int64_t)filetime;
    time.precision = ES_TIME_TICK;
    return time;
}

es_time es_time_from_unix(int64_t seconds)
{
    es_time time = { 0, ES_TIME_NONE, 0 };

    if (seconds < -INT64_C(11644473600) || seconds > INT64_C(253402300799))
        return time;
    time.ticks = seconds * ES_TICKS_PER_SECOND + ES_TICKS_UNIX_EPOCH;
    time.precision = ES_TIME_SECOND;
    return time;
}

static int64_t days_from_civil(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

es_time es_time_from_fat(uint16_t date, uint16_t time)
{
    int day = date & 31, month = date >> 5 & 15, second = 2 * (time & 31);
    int minute = time >> 5 & 63, hour = time >> 11;
    int64_t year = 1980 + (date >> 9), days;

    if (!day || !month || month > 12 || second > 58 || minute > 59 || hour > 23)
        return (es_time){ 0, ES_TIME_NONE, 0 };
    days = days_from_civil(year, month, day);
    if (month < 12 && days >= days_from_civil(year, month + 1, 1)) /* no such day in the month */
        return (es_time){ 0, ES_TIME_NONE, 0 };
    return es_time_from_unix(days * 86400 + hour * 3600 + minute * 60 + second);
}

es_time es_time_now(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return (es_time){ 0, ES_TIME_NONE, 0 };
    return es_time_from_unix((int64_t)now.tv_sec);
}

static void civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

static char *put_digits(char *out, int64_t value, int n)
{
    for (int i = n; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + n;
}

/* Every line of a timeline has some: no printf. */
void es_time_format(es_time time, char out[ES_TIME_STRING_MAX])
{
    static const int digits[] = { 0, 0, 0, 0, 3, 6, 7 };
    int64_t year, days, rest;
    int month, day;
    char fraction[8];

    out[0] = '\0';
    if (!es_time_known(time) || time.ticks < 0)
        return;
    days = time.ticks / TICKS_PER_DAY - DAYS_1601_TO_1970;
    rest = time.ticks % TICKS_PER_DAY;
    civil_from_days(days, &year, &month, &day);
    if (year > LAST_YEAR)
        return;
    out = put_digits(out, year, 4);
    *out++ = '-';
    out = put_digits(out, month, 2);
    *out++ = '-';
    out = put_digits(out, day, 2);
    if (time.precision != ES_TIME_DAY) {
        *out++ = 'T';
        out = put_digits(out, rest / (3600 * ES_TICKS_PER_SECOND), 2);
        *out++ = ':';
        out = put_digits(out, rest / (60 * ES_TICKS_PER_SECOND) % 60, 2);
        if (time.precision >= ES_TIME_SECOND) {
            *out++ = ':';
            out = put_digits(out, rest / ES_TICKS_PER_SECOND % 60, 2);
        }
        if (time.precision >= ES_TIME_MILLISECOND && time.precision <= ES_TIME_TICK) {
            put_digits(fraction, rest % ES_TICKS_PER_SECOND, 7);
            *out++ = '.';
            memcpy(out, fraction, (size_t)digits[time.precision]);
            out += digits[time.precision];
        }
        *out++ = 'Z';
    }
    *out = '\0';
}

/* Exactly `n` digits; -1 if there are not. */
static int number(const char **text, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return -1;
        value = value * 10 + (**text - '0');
    }
    return value;
}

static int take(const char **text, char c)
{
    if (**text != c)
        return 0;
    (*text)++;
    return 1;
}

static int days_in(int64_t year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* The fraction of a second in ticks, and the precision its digits give. */
static int fraction(const char **text, int64_t *ret_ticks, uint32_t *ret_precision)
{
    int64_t unit = ES_TICKS_PER_SECOND / 10;
    int n = 0;

    if (!take(text, '.'))
        return 1;
    for (; **text >= '0' && **text <= '9'; (*text)++, n++, unit /= 10)
        *ret_ticks += unit * (**text - '0');
    *ret_precision = n > 6 ? ES_TIME_TICK : n > 3 ? ES_TIME_MICROSECOND : ES_TIME_MILLISECOND;
    return n > 0;
}

/* 'Z' or an offset, in seconds east of UTC. */
static int zone(const char **text, int64_t *ret_seconds)
{
    int sign, hours, minutes;

    *ret_seconds = 0;
    if (take(text, 'Z'))
        return 1;
    sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
    if (!sign || (hours = number(text, 2)) < 0)
        return 0;
    take(text, ':');
    if ((minutes = number(text, 2)) < 0 || hours > 23 || minutes > 59)
        return 0;
    *ret_seconds = sign * (hours * 3600 + minutes * 60);
    return 1;
}

es_status es_time_parse(const char *text, es_time *ret_time)
{
    es_time time = { 0, ES_TIME_SECOND, 0 };
    int year, month, day, hour, minute, second = 0;
    int64_t ticks = 0, east;

    if ((year = number(&text, 4)) < 1601 || !take(&text, '-') || (month = number(&text, 2)) < 1 ||
        month > 12 || !take(&text, '-') || (day = number(&text, 2)) < 1 ||
        day > days_in(year, month))
        return ES_CORRUPT;
    time.ticks = (days_from_civil(year, month, day) + DAYS_1601_TO_1970) * TICKS_PER_DAY;
    if (!*text) {
        time.ticks += TICKS_PER_DAY - 1;
        time.precision = ES_TIME_DAY;
        *ret_time = time;
        return ES_OK;
    }
    if ((!take(&text, 'T') && !take(&text, ' ')) || (hour = number(&text, 2)) < 0 || hour > 23 ||
        !take(&text, ':') || (minute = number(&text, 2)) < 0 || minute > 59)
        return ES_CORRUPT;
    if (take(&text, ':')) {
        if ((second = number(&text, 2)) < 0 || second > 59 ||
            !fraction(&text, &ticks, &time.precision))
            return ES_CORRUPT;
    } else {
        time.precision = ES_TIME_MINUTE;
    }
    if (!zone(&text, &east) || *text)
        return ES_CORRUPT;
    time.ticks += (hour * INT64_C(3600) + minute * 60 + second - east) * ES_TICKS_PER_SECOND + ticks;
    if (time.ticks < 0)
        return ES_CORRUPT;
    *ret_time = time;
    return ES_OK;
}

int64_t es_time_unix_us(es_time time)
{
    int64_t ticks = time.ticks - ES_TICKS_UNIX_EPOCH;

    return ticks >= 0 ? ticks / 10 : -((9 - ticks) / 10);
}
