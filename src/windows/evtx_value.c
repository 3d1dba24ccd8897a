/* SPDX-License-Identifier: Apache-2.0
 *
 * evtx_value.c: values of event records as text, spelt as Windows spells them.
 */
#include "windows/evtx_inside.h"

#include "base/text.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void put(es_evtx_scratch *scratch, const char *data, size_t size)
{
    if (size > ES_EVTX_TEXT_MAX - scratch->used) {
        scratch->full = true;
        return;
    }
    memcpy(scratch->data + scratch->used, data, size);
    scratch->used += (uint32_t)size;
}

__attribute__((format(printf, 2, 3))) static void print(es_evtx_scratch *scratch,
                                                        const char *format, ...)
{
    char text[96];
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n > 0)
        put(scratch, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

void es_evtx_put_character(es_evtx_scratch *scratch, uint32_t c)
{
    uint8_t out[4];

    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = 0xfffd;
    put(scratch, (const char *)out, es_text_encode(c, out));
}

/* The whole of it, but for NULs at its end. */
void es_evtx_put_utf16(es_evtx_scratch *scratch, es_bytes utf16)
{
    es_cursor cursor = es_cursor_make(utf16);
    uint64_t n = utf16.size / 2;

    while (n && utf16.data[2 * n - 2] == 0 && utf16.data[2 * n - 1] == 0)
        n--;
    while (n-- && !scratch->full) {
        uint32_t c = es_cursor_u16(&cursor);

        if (c >= 0xd800 && c < 0xdc00 && n) {
            es_cursor ahead = cursor;
            uint32_t low = es_cursor_u16(&ahead);

            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                cursor = ahead;
                n--;
            }
        }
        es_evtx_put_character(scratch, c);
    }
}

static void put_latin1(es_evtx_scratch *scratch, es_bytes data)
{
    uint64_t n = data.size;

    while (n && data.data[n - 1] == 0)
        n--;
    for (uint64_t i = 0; i < n && !scratch->full; i++)
        es_evtx_put_character(scratch, data.data[i]);
}

static void put_hex(es_evtx_scratch *scratch, es_bytes data)
{
    static const char digits[] = "0123456789ABCDEF";

    for (uint64_t i = 0; i < data.size && !scratch->full; i++) {
        const char pair[2] = { digits[data.data[i] >> 4], digits[data.data[i] & 15] };

        put(scratch, pair, sizeof pair);
    }
}

static void put_guid(es_evtx_scratch *scratch, es_cursor *from)
{
    uint32_t a = es_cursor_u32(from);
    uint32_t b = es_cursor_u16(from), c = es_cursor_u16(from);
    uint64_t d = es_cursor_u64be(from);

    print(scratch, "{%08" PRIx32 "-%04" PRIx32 "-%04" PRIx32 "-%04" PRIx64 "-%012" PRIx64 "}", a,
          b, c, d >> 48, d & UINT64_C(0xffffffffffff));
}

static void put_sid(es_evtx_scratch *scratch, es_cursor *from)
{
    uint32_t revision = es_cursor_u8(from);
    uint32_t n = es_cursor_u8(from);
    uint64_t authority = (uint64_t)es_cursor_u16be(from) << 32;

    authority |= es_cursor_u32be(from);
    print(scratch, "S-%" PRIu32 "-%" PRIu64, revision, authority);
    for (uint32_t i = 0; i < n && es_cursor_left(from) >= 4; i++)
        print(scratch, "-%" PRIu32, es_cursor_u32(from));
}

static void put_filetime(es_evtx_scratch *scratch, uint64_t ticks)
{
    char text[ES_TIME_STRING_MAX];

    es_time_format(es_time_from_filetime(ticks), text);
    put(scratch, text, strlen(text));
}

static void put_systemtime(es_evtx_scratch *scratch, es_cursor *from)
{
    uint32_t field[8];

    for (int i = 0; i < 8; i++)
        field[i] = es_cursor_u16(from);
    print(scratch, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", field[0], field[1], field[3], field[4],
          field[5], field[6], field[7]);
}

static void put_real(es_evtx_scratch *scratch, es_cursor *from, bool wide)
{
    union {
        uint64_t bits;
        double real;
    } big;
    union {
        uint32_t bits;
        float real;
    } small;

    if (wide) {
        big.bits = es_cursor_u64(from);
        print(scratch, "%g", big.real);
    } else {
        small.bits = es_cursor_u32(from);
        print(scratch, "%g", (double)small.real);
    }
}

uint32_t es_evtx_item_size(uint32_t type)
{
    static const uint8_t sizes[] = { 0, 0, 0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4, 0, 16, 0, 8, 16, 0,
                                     4, 8 };

    return type < sizeof sizes ? sizes[type] : 0;
}

void es_evtx_render(es_evtx_scratch *scratch, uint32_t type, es_bytes data)
{
    es_cursor from = es_cursor_make(data);

    if (type == 0x10) /* a size or pointer: as wide as the machine that wrote it */
        type = data.size == 4 ? 0x14 : 0x15;
    if (data.size < es_evtx_item_size(type))
        return;
    switch (type) {
    case 0x01: es_evtx_put_utf16(scratch, data); break;
    case 0x02: put_latin1(scratch, data); break;
    case 0x03: print(scratch, "%d", (int8_t)es_cursor_u8(&from)); break;
    case 0x04: print(scratch, "%u", es_cursor_u8(&from)); break;
    case 0x05: print(scratch, "%d", (int16_t)es_cursor_u16(&from)); break;
    case 0x06: print(scratch, "%u", es_cursor_u16(&from)); break;
    case 0x07: print(scratch, "%" PRId32, (int32_t)es_cursor_u32(&from)); break;
    case 0x08: print(scratch, "%" PRIu32, es_cursor_u32(&from)); break;
    case 0x09: print(scratch, "%" PRId64, (int64_t)es_cursor_u64(&from)); break;
    case 0x0a: print(scratch, "%" PRIu64, es_cursor_u64(&from)); break;
    case 0x0b: put_real(scratch, &from, false); break;
    case 0x0c: put_real(scratch, &from, true); break;
    case 0x0d: print(scratch, "%s", es_cursor_u32(&from) ? "true" : "false"); break;
    case 0x0f: put_guid(scratch, &from); break;
    case 0x11: put_filetime(scratch, es_cursor_u64(&from)); break;
    case 0x12: put_systemtime(scratch, &from); break;
    case 0x13: put_sid(scratch, &from); break;
    case 0x14: print(scratch, "0x%" PRIx32, es_cursor_u32(&from)); break;
    case 0x15: print(scratch, "0x%" PRIx64, es_cursor_u64(&from)); break;
    case ES_EVTX_NULL: break;
    default: put_hex(scratch, data); break;
    }
}
