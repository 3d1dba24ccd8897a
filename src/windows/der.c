/* SPDX-License-Identifier: Apache-2.0
 *
 * der.c: see der.h.
 */
#include "windows/der.h"

#include <string.h>

bool es_der_is_next(const es_cursor *cursor, uint8_t tag)
{
    return !cursor->failed && cursor->at < cursor->size && cursor->data[cursor->at] == tag;
}

bool es_der_next(es_cursor *cursor, es_der *ret_element)
{
    uint64_t from = cursor->at, size;
    uint8_t tag, first;

    if (cursor->failed || cursor->at == cursor->size)
        return false;
    tag = es_cursor_u8(cursor);
    first = es_cursor_u8(cursor);
    size = first;
    if ((tag & 0x1fu) == 0x1fu || first == 0x80u || first > 0x84u) {
        cursor->failed = 1;
        return false;
    }
    if (first > 0x80u) {
        size = 0;
        for (unsigned i = 0; i < (first & 0x7fu); i++)
            size = size << 8 | es_cursor_u8(cursor);
    }
    ret_element->tag = tag;
    ret_element->value = es_cursor_take(cursor, size);
    if (es_cursor_failed(cursor))
        return false;
    ret_element->whole = (es_bytes){ cursor->data + from, cursor->at - from };
    return true;
}

bool es_der_take(es_cursor *cursor, uint8_t tag, es_der *ret_element)
{
    if (es_der_is_next(cursor, tag) && es_der_next(cursor, ret_element))
        return true;
    cursor->failed = 1;
    return false;
}

es_cursor es_der_inside(const es_der *element)
{
    return es_cursor_make(element->value);
}

bool es_der_is_oid(const es_der *element, es_bytes oid)
{
    return element->tag == ES_DER_OID && element->value.size == oid.size &&
           memcmp(element->value.data, oid.data, (size_t)oid.size) == 0;
}

static bool two_digits(const uint8_t *text, int64_t *ret)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *ret = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar (Howard Hinnant, "chrono-compatible
 * low-level date algorithms"). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

es_time es_der_time(const es_der *element)
{
    const es_time none = { 0, ES_TIME_NONE, 0 };
    const uint8_t *text = element->value.data;
    uint64_t size = element->value.size;
    int64_t century = -1, part[6];
    es_time time;

    if (element->tag == ES_DER_GENERALIZED_TIME && size >= 15 && two_digits(text, &century)) {
        text += 2;
        size -= 2;
    } else if (element->tag != ES_DER_UTC_TIME) {
        return none;
    }
    /* A fraction of a second may stand before the Z (RFC 3161); it is left off. */
    if (size < 13 || text[size - 1] != 'Z' || (size > 13 && (century < 0 || text[12] != '.')))
        return none;
    for (int i = 0; i < 6; i++)
        if (!two_digits(text + 2 * i, &part[i]))
            return none;
    if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 || part[3] > 23 ||
        part[4] > 59 || part[5] > 60)
        return none;
    part[0] += century >= 0 ? century * 100 : part[0] < 50 ? 2000 : 1900;
    if (part[0] < 1601)
        return none;
    time.ticks = ((days_of(part[0], part[1], part[2]) * 24 + part[3]) * 60 + part[4]) * 60 + part[5];
    time.ticks = time.ticks * ES_TICKS_PER_SECOND + ES_TICKS_UNIX_EPOCH;
    time.precision = ES_TIME_SECOND;
    time.flags = 0;
    return time;
}
