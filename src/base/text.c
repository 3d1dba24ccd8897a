/* SPDX-License-Identifier: Apache-2.0
 *
 * text.c: see text.h. UTF-8 as RFC 3629, UTF-16 as RFC 2781.
 */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define INVALID UINT32_C(0xffffffff)
#define REPLACEMENT UINT32_C(0xfffd)

uint32_t es_text_next(es_text text, uint64_t *at)
{
    const unsigned char *p = (const unsigned char *)text.data + *at;
    uint64_t left = text.size - *at;
    uint32_t c = p[0], smallest;
    int follow;

    *at += 1;
    if (c < 0x80)
        return c;
    if (c >= 0xc2 && c <= 0xdf) {
        follow = 1, c &= 0x1f, smallest = 0x80;
    } else if (c >= 0xe0 && c <= 0xef) {
        follow = 2, c &= 0x0f, smallest = 0x800;
    } else if (c >= 0xf0 && c <= 0xf4) {
        follow = 3, c &= 0x07, smallest = 0x10000;
    } else {
        return INVALID;
    }
    if ((uint64_t)follow > left - 1)
        return INVALID;
    for (int i = 1; i <= follow; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return INVALID;
        c = c << 6 | (p[i] & 0x3fu);
    }
    if (c < smallest || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return INVALID;
    *at += (uint64_t)follow;
    return c;
}

size_t es_text_encode(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* The UTF-16 unit at index `i`; `i` is inside. */
static uint32_t unit(es_bytes bytes, uint64_t i)
{
    return (uint32_t)bytes.data[2 * i] | (uint32_t)bytes.data[2 * i + 1] << 8;
}

/* The character at unit `*i`, which moves on. */
static uint32_t utf16_next(es_bytes bytes, uint64_t *i)
{
    uint64_t n = bytes.size / 2;
    uint32_t c = unit(bytes, (*i)++), low;

    if (c < 0xd800 || c > 0xdfff)
        return c;
    if (c > 0xdbff || *i >= n)
        return REPLACEMENT;
    low = unit(bytes, *i);
    if (low < 0xdc00 || low > 0xdfff)
        return REPLACEMENT;
    *i += 1;
    return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static uint64_t utf16_to(es_bytes bytes, uint8_t *out, bool stop_at_nul)
{
    uint64_t n = bytes.size / 2, size = 0;
    uint8_t scratch[4];

    for (uint64_t i = 0; i < n;) {
        uint32_t c = utf16_next(bytes, &i);

        if (!c && stop_at_nul)
            break;
        size += es_text_encode(c, out ? out + size : scratch);
    }
    return size;
}

es_status es_text_from_utf16le(es_arena *arena, es_bytes bytes, es_text *ret_text)
{
    uint64_t size = utf16_to(bytes, NULL, false);
    char *out = es_arena_take(arena, size + 1);

    if (!out)
        return ES_NOMEM;
    utf16_to(bytes, (uint8_t *)out, false);
    ret_text->data = out;
    ret_text->size = size;
    return ES_OK;
}

es_status es_utf8_from_utf16le(es_bytes bytes, char **ret_string)
{
    uint64_t size = utf16_to(bytes, NULL, true);
    char *out = calloc(1, (size_t)size + 1);

    if (!out)
        return ES_NOMEM;
    utf16_to(bytes, (uint8_t *)out, true);
    *ret_string = out;
    return ES_OK;
}

/* Where the run of printable ASCII ends that begins at `at`: nearly all text is one such run. */
static uint64_t plain_end(es_text text, uint64_t at)
{
    while (at < text.size && text.data[at] >= 0x20 && text.data[at] < 0x7f)
        at++;
    return at;
}

bool es_text_is_plain(es_text text)
{
    return plain_end(text, 0) == text.size;
}

bool es_text_is_utf8(es_text text)
{
    for (uint64_t at = plain_end(text, 0); at < text.size; at = plain_end(text, at))
        if (es_text_next(text, &at) == INVALID)
            return false;
    return true;
}

es_status es_text_repair(es_arena *arena, es_text text, es_text *ret_text)
{
    uint8_t *out;
    uint64_t size = 0;

    if (es_text_is_utf8(text))
        return es_arena_copy_text(arena, text, ret_text);
    if (text.size > UINT64_MAX / 3 - 1)
        return ES_LIMIT;
    out = es_arena_take(arena, text.size * 3 + 1);
    if (!out)
        return ES_NOMEM;
    for (uint64_t at = 0; at < text.size;) {
        uint32_t c = es_text_next(text, &at);

        size += es_text_encode(c == INVALID ? REPLACEMENT : c, out + size);
    }
    ret_text->data = (const char *)out;
    ret_text->size = size;
    return ES_OK;
}

bool es_text_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x34f || c == 0x61c ||
           (c >= 0x115f && c <= 0x1160) || (c >= 0x17b4 && c <= 0x17b5) ||
           (c >= 0x180b && c <= 0x180f) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x3164 ||
           (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || c == 0xffa0 ||
           (c >= 0xfff0 && c <= 0xfffb) || (c >= 0x1d173 && c <= 0x1d17a) ||
           (c >= 0xe0000 && c <= 0xe0fff) || (c & 0xfffe) == 0xfffe;
}

void es_text_show(es_buffer *buffer, es_text text)
{
    for (uint64_t at = 0; at < text.size;) {
        uint64_t start = at, end = plain_end(text, at);
        uint32_t c;

        if (end > at) {
            es_buffer_bytes(buffer, text.data + at, end - at);
            at = end;
            continue;
        }
        c = es_text_next(text, &at);
        if (c == INVALID || (c < 0x80 && es_text_unsafe(c)))
            es_buffer_format(buffer, "\\x%02x", (unsigned char)text.data[start]);
        else if (es_text_unsafe(c))
            es_buffer_format(buffer, "\\u{%04x}", c);
        else
            es_buffer_bytes(buffer, text.data + start, at - start);
    }
}

void es_text_hex(const uint8_t *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * size] = '\0';
}

void es_text_guid(const uint8_t g[16], char out[37])
{
    (void)snprintf(out, 37,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", g[3],
                   g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13],
                   g[14], g[15]);
}
