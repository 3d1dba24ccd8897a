/* SPDX-License-Identifier: Apache-2.0
 *
 * lines.c: see lines.h.
 *
 * The file is read in pieces; a line that lies in one piece is looked at where it is, one that
 * crosses pieces is gathered first.
 */
#include "windows/lines.h"

#include "base/text.h"
#include "windows/limits.h"

#include <stdlib.h>

struct es_lines {
    es_lines_input input;
    uint64_t read_at;   /* of the file: where the next piece begins */
    uint64_t piece_at;  /* and this one */
    uint32_t at, end;   /* in the piece */
    uint32_t width;     /* 2: UTF-16 by its mark or its first character */
    bool big;           /* UTF-16 with the high byte first */
    bool damaged;       /* the piece */
    bool line_damaged;  /* one of those that the line lies in */
    uint64_t lost, n_cut;
    uint64_t number;
    uint8_t *piece, *line;
    char *text;
    uint32_t line_size, text_size;
    uint64_t line_at;
    bool cut;
};

es_status es_lines_open(const es_lines_input *input, es_lines **ret_lines)
{
    es_lines *lines = calloc(1, sizeof *lines);

    if (!lines)
        return ES_NOMEM;
    lines->input = *input;
    lines->width = 1;
    lines->piece = malloc(ES_LINES_PIECE);
    lines->line = malloc(ES_LINES_LINE_MAX);
    lines->text = malloc(ES_LINES_LINE_MAX * 3);
    if (!lines->piece || !lines->line || !lines->text) {
        es_lines_free(lines);
        return ES_NOMEM;
    }
    *ret_lines = lines;
    return ES_OK;
}

es_lines *es_lines_free(es_lines *lines)
{
    if (!lines)
        return NULL;
    free(lines->piece);
    free(lines->line);
    free(lines->text);
    free(lines);
    return NULL;
}

uint64_t es_lines_lost(const es_lines *lines)
{
    return lines->lost;
}

uint64_t es_lines_cut(const es_lines *lines)
{
    return lines->n_cut;
}

/* Byte order mark, or a first character whose other byte is zero. */
static void find_encoding(es_lines *lines)
{
    const uint8_t *p = lines->piece;

    if (lines->end >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) {
        lines->at = 3;
    } else if (lines->end >= 2 && ((p[0] == 0xff && p[1] == 0xfe) ||
                                   (p[0] == 0xfe && p[1] == 0xff))) {
        lines->width = 2;
        lines->big = p[0] == 0xfe;
        lines->at = 2;
    } else if (lines->end >= 4 && p[0] && !p[1] && p[2] && !p[3]) {
        lines->width = 2;
    }
}

static es_status next_piece(es_lines *lines)
{
    uint64_t left = lines->input.size - lines->read_at;
    uint32_t size = (uint32_t)(left < ES_LINES_PIECE ? left : ES_LINES_PIECE);
    bool damaged = false;
    es_status status;

    if (!size)
        return ES_END;
    if (lines->read_at >= ES_LINES_FILE_MAX)
        return ES_LIMIT;
    status = lines->input.read(lines->input.context, lines->read_at, lines->piece, size, &damaged);
    if (status < 0)
        return status;
    if (status != ES_OK) {
        memset(lines->piece, 0, size);
        lines->lost += size;
        damaged = true;
    }
    lines->piece_at = lines->read_at;
    lines->read_at += size;
    lines->at = 0;
    lines->end = size;
    lines->damaged = damaged;
    if (!lines->piece_at)
        find_encoding(lines);
    return ES_OK;
}

/* Where the line that goes on at `at` ends in this piece: behind its last byte; `*ret_whole` when
 * its end stands there. Pieces have even sizes, so characters do not cross them. */
static uint32_t find_end(const es_lines *lines, bool *ret_whole)
{
    uint32_t at = lines->at;

    *ret_whole = true;
    if (lines->width == 1) {
        const uint8_t *found = memchr(lines->piece + at, '\n', lines->end - at);

        if (found)
            return (uint32_t)(found - lines->piece);
    } else {
        for (; lines->end - at >= 2; at += 2)
            if (lines->piece[at + lines->big] == '\n' && !lines->piece[at + !lines->big])
                return at;
    }
    *ret_whole = false;
    return lines->end;
}

static void gather(es_lines *lines, uint32_t end)
{
    uint32_t n = end - lines->at, room = ES_LINES_LINE_MAX - lines->line_size;

    if (n > room) {
        lines->cut = true;
        n = room;
    }
    memcpy(lines->line + lines->line_size, lines->piece + lines->at, n);
    lines->line_size += n;
}

/* Gather the next line. ES_END when there is none. */
static es_status take_line(es_lines *lines)
{
    bool whole = false, any = false;

    lines->line_size = 0;
    lines->cut = lines->line_damaged = false;
    while (!whole) {
        uint32_t end;

        if (lines->at >= lines->end) {
            es_status status = next_piece(lines);

            if (status != ES_OK)
                return any && status > 0 ? ES_OK : status;
        }
        if (!any)
            lines->line_at = lines->piece_at + lines->at;
        any = true;
        lines->line_damaged |= lines->damaged;
        end = find_end(lines, &whole);
        gather(lines, end);
        lines->at = whole ? end + lines->width : lines->end;
    }
    return ES_OK;
}

/* ------------------------------------------------------------------ text */

static void put(es_lines *lines, uint32_t c)
{
    uint8_t out[4];
    size_t n;

    if (c == 0)
        c = ' ';
    if (c >= 0xd800 && c < 0xe000)
        c = 0xfffd;
    n = es_text_encode(c, out);
    memcpy(lines->text + lines->text_size, out, n);
    lines->text_size += (uint32_t)n;
}

static void put_utf16(es_lines *lines, const uint8_t *data, uint32_t size, bool big)
{
    for (uint32_t at = 0; size - at >= 2; at += 2) {
        uint32_t c = (uint32_t)data[at + !big] << 8 | data[at + big];

        if (c >= 0xd800 && c < 0xdc00 && size - at >= 4) {
            uint32_t low = (uint32_t)data[at + 2 + !big] << 8 | data[at + 2 + big];

            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                at += 2;
            }
        }
        put(lines, c);
    }
}

/* Bytes of the character that begins here, 0 if it is no UTF-8. */
static uint32_t utf8_at(const uint8_t *p, uint32_t left)
{
    uint32_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3
                 : p[0] < 0xf5 ? 4 : 0;

    if (!n || n > left)
        return 0;
    for (uint32_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
        return 0;
    return n;
}

/* The characters of Windows-1252 from 0x80 that Latin-1 has as controls. */
static uint32_t windows_1252(uint8_t byte)
{
    static const uint16_t high[32] = {
        0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039,
        0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
        0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
    };

    return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
}

/* Nearly all lines are plain: they are copied. */
static bool is_plain(const uint8_t *data, uint32_t size)
{
    uint8_t any = 0;

    for (uint32_t i = 0; i < size; i++)
        any |= data[i];
    return any < 0x80 && !memchr(data, 0, size);
}

static void put_bytes(es_lines *lines, const uint8_t *data, uint32_t size)
{
    bool utf8 = true;

    if (is_plain(data, size)) {
        memcpy(lines->text, data, size);
        lines->text_size = size;
        return;
    }
    for (uint32_t at = 0, n; at < size && utf8; at += n) {
        n = utf8_at(data + at, size - at);
        /* a character that the cap cut in two is no sign of another encoding */
        utf8 = n || (lines->cut && size - at < 4);
        if (!n)
            n = 1;
    }
    for (uint32_t at = 0; at < size;) {
        uint32_t n = utf8 ? utf8_at(data + at, size - at) : 0;

        if (n > 1) {
            memcpy(lines->text + lines->text_size, data + at, n);
            lines->text_size += n;
        } else {
            put(lines, utf8 && data[at] >= 0x80 ? 0xfffd : windows_1252(data[at]));
        }
        at += n ? n : 1;
    }
}

/* UTF-16 among 8-bit lines: of every second byte three in four are zero. */
static bool looks_wide(const uint8_t *data, uint32_t size)
{
    uint32_t zeros = 0;

    if (size < 4 || !memchr(data, 0, size))
        return false;
    for (uint32_t at = 1; at < size; at += 2)
        zeros += data[at] == 0;
    return zeros >= (size / 2 * 3 + 3) / 4;
}

static void decode(es_lines *lines, es_lines_line *ret)
{
    const uint8_t *data = lines->line;
    uint32_t size = lines->line_size, from = 0;

    lines->text_size = 0;
    if (lines->width == 2) {
        put_utf16(lines, data, size, lines->big);
    } else {
        /* the second half of an end in UTF-16, or a run of zeros nobody wrote over */
        while (from < size && !data[from])
            from++;
        while (size > from && !data[size - 1] && (size < from + 2 || !data[size - 2]))
            size--;
        if (looks_wide(data + from, size - from))
            put_utf16(lines, data + from, size - from, false);
        else
            put_bytes(lines, data + from, size - from);
    }
    while (lines->text_size && (lines->text[lines->text_size - 1] == '\r' ||
                                lines->text[lines->text_size - 1] == ' '))
        lines->text_size--;
    *ret = (es_lines_line){
        .number = lines->number, .offset = lines->line_at, .length = lines->line_size,
        .text = { lines->text, lines->text_size }, .cut = lines->cut,
        .damaged = lines->line_damaged,
    };
}

es_status es_lines_next(es_lines *lines, es_lines_line *ret_line)
{
    es_lines_line line;

    for (;;) {
        es_status status = take_line(lines);

        if (status != ES_OK)
            return status;
        lines->number++;
        lines->n_cut += lines->cut;
        decode(lines, &line);
        if (line.text.size) {
            *ret_line = line;
            return ES_OK;
        }
    }
}
