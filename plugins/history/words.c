/* SPDX-License-Identifier: Apache-2.0
 *
 * words.c: data of events taken apart: names, numbers, update numbers, times.
 */
#include "history.h"

es_text history_datum(const es_event *event, const char *name, int32_t index)
{
    es_text none = { "", 0 };

    for (uint32_t i = 0; i < event->n_data; i++)
        if (es_name_is(event->data_names[i], name))
            return event->data[i];
    if (index < 0 || (uint32_t)index >= event->n_data)
        return none;
    return event->data[index];
}

es_datum history_number(es_text text)
{
    uint64_t at = 0, number = 0, base = 10, digits = 0;

    if (text.size > 2 && text.data[0] == '0' && es_name_lower(text.data[1]) == 'x') {
        base = 16;
        at = 2;
    }
    for (; at < text.size; at++, digits++) {
        char c = es_name_lower(text.data[at]);
        uint64_t digit = c >= '0' && c <= '9'   ? (uint64_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a') + 10
                                                : 16;

        if (digit >= base || number > (INT64_MAX - digit) / base)
            return es_null();
        number = number * base + digit;
    }
    return digits ? es_datum_integer((int64_t)number) : es_null();
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "KB" at a word's beginning, and six or seven digits that end there. */
es_text history_kb(es_text text, char room[HISTORY_KB_ROOM])
{
    es_text none = { "", 0 };

    for (uint64_t at = 0; at + 8 <= text.size; at++) {
        uint64_t n = 0;
        char before = at ? es_name_lower(text.data[at - 1]) : ' ';

        if (es_name_lower(text.data[at]) != 'k' || es_name_lower(text.data[at + 1]) != 'b' ||
            is_digit(before) ||
            (before >= 'a' && before <= 'z'))
            continue;
        while (at + 2 + n < text.size && n < 8 && is_digit(text.data[at + 2 + n]))
            n++;
        if (n != 6 && n != 7)
            continue;
        room[0] = 'K';
        room[1] = 'B';
        memcpy(room + 2, text.data + at + 2, (size_t)n);
        return (es_text){ room, n + 2 };
    }
    return none;
}

/* Ticks of a date in the proleptic Gregorian calendar; -1 if it is none. */
static int64_t ticks_of(uint32_t year, uint32_t month, uint32_t day, uint32_t second_of_day)
{
    static const uint16_t before[] = { 0,   31,  59,  90,  120, 151,
                                       181, 212, 243, 273, 304, 334 };
    uint32_t y = year - 1;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int64_t days;

    if (year < 1601 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 ||
        second_of_day > 86400)
        return -1;
    days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400;
    days -= INT64_C(1600) * 365 + 1600 / 4 - 1600 / 100 + 1600 / 400;
    days += before[month - 1] + (leap && month > 2 ? 1 : 0) + (int64_t)day - 1;
    return (days * 86400 + second_of_day) * ES_TICKS_PER_SECOND;
}

static int take_number(es_text text, uint64_t *at, uint32_t n, uint32_t *ret)
{
    *ret = 0;
    for (uint32_t i = 0; i < n; i++, (*at)++) {
        if (*at >= text.size || !is_digit(text.data[*at]))
            return 0;
        *ret = *ret * 10 + (uint32_t)(text.data[*at] - '0');
    }
    return 1;
}

es_time history_time(es_text text)
{
    static const char between[] = "--T::";
    es_time time = { 0, ES_TIME_NONE, 0 };
    uint32_t part[6];
    uint64_t at = 0;
    int64_t ticks, fraction = 0, unit = ES_TICKS_PER_SECOND / 10;

    for (uint32_t i = 0; i < 6; i++) {
        if (!take_number(text, &at, i ? 2 : 4, &part[i]))
            return time;
        if (i < 5 && (at >= text.size || text.data[at++] != between[i]))
            return time;
    }
    if (at < text.size && text.data[at] == '.')
        for (at++; at < text.size && is_digit(text.data[at]); at++, unit /= 10)
            fraction += unit * (text.data[at] - '0');
    ticks = ticks_of(part[0], part[1], part[2], part[3] * 3600 + part[4] * 60 + part[5]);
    if (ticks < 0)
        return time;
    time.ticks = ticks + fraction;
    time.precision = unit == ES_TICKS_PER_SECOND / 10 ? ES_TIME_SECOND : ES_TIME_TICK;
    return time;
}
