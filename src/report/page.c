/* SPDX-License-Identifier: Apache-2.0
 *
 * page.c: see page.h.
 */
#include "report/page.h"
#include "base/text.h"
#include "report/show.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WIDTH_LEAST 40u
#define WIDTH_MOST 400u
#define ROOM_LEAST 16u
/* One paragraph; texts of evidence in it are cut long before. */
#define WORDS_MAX (UINT64_C(4) << 20)
/* A text longer than this is nothing to read; the data formats have all of it. */
#define TEXT_SHOWN 600u
/* Sentences for the examiner are read to their end; a plugin that writes a book is stopped. */
#define SENTENCES_SHOWN (UINT64_C(16) << 10)
#define TEXTS_SHOWN 20u
#define REFERENCES_SHOWN 12u
#define BYTES_SHOWN 64u

es_page es_page_make(const es_ledger *ledger, const es_run *run, FILE *out)
{
    es_page page = { .ledger = ledger, .run = run, .out = out, .color = run->color };

    page.width = run->width ? run->width : 80;
    page.width = page.width < WIDTH_LEAST ? WIDTH_LEAST : page.width;
    page.width = page.width > WIDTH_MOST ? WIDTH_MOST : page.width;
    page.words = es_buffer_make(WORDS_MAX);
    return page;
}

es_status es_page_end(es_page *page)
{
    es_buffer_free(&page->words);
    if (!page->failed && ferror(page->out))
        page->failed = ES_IO;
    return page->failed;
}

/* ---- composing ---- */

void es_page_say(es_page *page, const char *format, ...)
{
    char words[512];
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(words, sizeof words, format, arguments) > 0)
        es_buffer_string(&page->words, words);
    va_end(arguments);
}

void es_page_show(es_page *page, const char *string)
{
    if (string)
        es_page_show_text(page, es_text_of(string));
}

static void show_up_to(es_page *page, es_text text, uint64_t size)
{
    es_text shown = text;

    if (shown.size > size) {
        shown.size = size;
        while (shown.size && ((unsigned char)text.data[shown.size] & 0xc0) == 0x80)
            shown.size--;
    }
    es_show_text(&page->words, shown);
    if (shown.size < text.size)
        es_page_say(page, " … (%llu bytes in all)", (unsigned long long)text.size);
}

void es_page_show_text(es_page *page, es_text text)
{
    show_up_to(page, text, TEXT_SHOWN);
}

void es_page_show_sentences(es_page *page, es_text text)
{
    show_up_to(page, text, SENTENCES_SHOWN);
}

void es_page_show_reference(es_page *page, uint64_t reference)
{
    es_page_say(page, "f%llu",
                (unsigned long long)es_ledger_fact_number(page->ledger, reference));
}

void es_page_show_references(es_page *page, const uint64_t *references, uint64_t n)
{
    for (uint64_t i = 0; i < n && i < REFERENCES_SHOWN; i++) {
        if (i)
            es_page_say(page, ", ");
        es_page_show_reference(page, references[i]);
    }
    if (n > REFERENCES_SHOWN)
        es_page_say(page, " and %llu more", (unsigned long long)(n - REFERENCES_SHOWN));
}

void es_page_show_size(es_page *page, uint64_t size)
{
    static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double scaled = (double)size;
    size_t unit = 0;

    for (; scaled >= 1024 && unit < 6; unit++)
        scaled /= 1024;
    if (unit)
        es_page_say(page, "%.1f %s", scaled, units[unit]);
    else
        es_page_say(page, "%llu bytes", (unsigned long long)size);
}

static void show_texts(es_page *page, const es_datum *datum)
{
    for (uint64_t i = 0; i < datum->n && i < TEXTS_SHOWN; i++) {
        if (i)
            es_page_say(page, ", ");
        es_page_show_text(page, datum->texts[i]);
    }
    if (datum->n > TEXTS_SHOWN)
        es_page_say(page, " and %llu more", (unsigned long long)(datum->n - TEXTS_SHOWN));
}

static void show_bytes(es_page *page, es_bytes bytes)
{
    es_bytes shown = { bytes.data, bytes.size < BYTES_SHOWN ? bytes.size : BYTES_SHOWN };

    es_show_hex(&page->words, shown);
    if (shown.size < bytes.size)
        es_page_say(page, " … (%llu bytes in all)", (unsigned long long)bytes.size);
}

void es_page_show_datum(es_page *page, const es_datum *datum)
{
    switch (datum->type) {
    case ES_FIELD_TEXT:
        if (datum->text.size)
            es_page_show_text(page, datum->text);
        else
            es_page_say(page, "\"\"");
        break;
    case ES_FIELD_INTEGER:
        es_page_say(page, "%lld", (long long)datum->integer);
        break;
    case ES_FIELD_BOOLEAN:
        es_page_say(page, datum->integer ? "yes" : "no");
        break;
    case ES_FIELD_TIME:
        es_show_time(&page->words, datum->time);
        break;
    case ES_FIELD_BYTES:
        show_bytes(page, datum->bytes);
        break;
    case ES_FIELD_TEXT_LIST:
        show_texts(page, datum);
        break;
    case ES_FIELD_FACT:
        es_page_show_reference(page, (uint64_t)datum->integer);
        break;
    case ES_FIELD_FACT_LIST:
        es_page_show_references(page, datum->facts, datum->n);
        break;
    default:
        es_page_say(page, "not known");
    }
}

/* Words that people do not write in lower case. */
static const char *const capitals[][2] = {
    { "esu", "ESU" }, { "kb", "KB" }, { "cve", "CVE" }, { "cves", "CVEs" }, { "sid", "SID" },
};

static void show_name_word(es_page *page, const char *word, size_t size, bool title)
{
    for (size_t i = 0; i < sizeof capitals / sizeof *capitals; i++) {
        if (strlen(capitals[i][0]) == size && strncmp(capitals[i][0], word, size) == 0) {
            es_buffer_string(&page->words, capitals[i][1]);
            return;
        }
    }
    for (size_t i = 0; i < size; i++)
        es_buffer_u8(&page->words, (uint8_t)(title && !i && word[i] >= 'a' && word[i] <= 'z'
                                                 ? word[i] - 'a' + 'A' : word[i]));
}

static void show_name(es_page *page, const char *name, size_t size, bool title)
{
    for (size_t i = 0; i < size; i++) {
        size_t word = 0;

        while (i + word < size && !strchr("_.-", name[i + word]))
            word++;
        show_name_word(page, name + i, word, title && !i);
        i += word;
        if (i < size)
            es_buffer_u8(&page->words, ' ');
    }
}

void es_page_show_name(es_page *page, const char *name)
{
    show_name(page, name, strlen(name), false);
}

char *es_page_title_of(es_page *page, const char *name, size_t size)
{
    uint64_t before = page->words.size;
    char *title;

    show_name(page, name, size, true);
    title = page->words.failed ? NULL : strndup((const char *)page->words.data + before,
                                                (size_t)(page->words.size - before));
    if (!title)
        page->failed = ES_NOMEM;
    page->words.size = before;
    return title;
}

/* ---- width ---- */

static unsigned columns(uint32_t c)
{
    if ((c >= 0x300 && c <= 0x36f) || (c >= 0x483 && c <= 0x489) || (c >= 0x591 && c <= 0x5bd) ||
        (c >= 0x64b && c <= 0x65f) || (c >= 0x1ab0 && c <= 0x1aff) ||
        (c >= 0x1dc0 && c <= 0x1dff) || (c >= 0x20d0 && c <= 0x20ff) ||
        (c >= 0xfe20 && c <= 0xfe2f))
        return 0;
    if ((c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
        (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
        (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
        (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
        (c >= 0x20000 && c <= 0x3fffd))
        return 2;
    return 1;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The size of the escape "\xNN" or "\u{N…}" that `text` begins with; 0 if it begins with none. */
static uint64_t escape_size(es_text text)
{
    uint64_t i = 3;

    if (text.size >= 4 && text.data[0] == '\\' && text.data[1] == 'x' && is_hex(text.data[2]) &&
        is_hex(text.data[3]))
        return 4;
    if (text.size < 5 || memcmp(text.data, "\\u{", 3) != 0)
        return 0;
    while (i < text.size && is_hex(text.data[i]))
        i++;
    return i > 3 && i < text.size && text.data[i] == '}' ? i + 1 : 0;
}

static es_text part(es_text text, uint64_t from, uint64_t to)
{
    return (es_text){ text.data + from, to - from };
}

/* What may not be broken: an escape, or one character. */
static uint64_t rare_unit_size(es_text text, unsigned *ret_columns)
{
    uint64_t size = escape_size(text), at = 0;

    if (size) {
        *ret_columns = (unsigned)size;
        return size;
    }
    *ret_columns = columns(es_text_next(text, &at));
    return at;
}

/* Of the unit that `text`, which is not empty, begins with. */
static uint64_t unit_size(es_text text, unsigned *ret_columns)
{
    uint8_t first = (uint8_t)*text.data;

    if (first >= 0x20 && first < 0x7f && first != '\\') { /* most of all text */
        *ret_columns = 1;
        return 1;
    }
    return rare_unit_size(text, ret_columns);
}

unsigned es_page_columns(es_text text)
{
    unsigned sum = 0, each;

    for (uint64_t at = 0; at < text.size; sum += each)
        at += unit_size(part(text, at, text.size), &each);
    return sum;
}

/* ---- writing ---- */

static const char *style_code(unsigned style)
{
    static const char *const codes[] = { "", "\033[1m", "\033[1;32m", "\033[1;33m", "\033[1;31m",
                                         "\033[2m" };

    return style < sizeof codes / sizeof *codes ? codes[style] : "";
}

static void put(es_page *page, es_text text, unsigned style)
{
    bool styled = page->color && style != ES_STYLE_PLAIN && text.size;

    if (styled)
        fputs(style_code(style), page->out);
    fwrite(text.data, 1, (size_t)text.size, page->out);
    if (styled)
        fputs("\033[0m", page->out);
}

static void new_line(es_page *page, unsigned indent)
{
    fprintf(page->out, "\n%*s", (int)indent, "");
}

/* Ends in column `indent`, or behind a label that reaches beyond it; returns how far beyond. On a
 * line too full for that, or when `alone`, the words begin on the next one. */
static unsigned put_label(es_page *page, unsigned at, const char *label, unsigned indent,
                          bool alone)
{
    unsigned width = at + es_page_columns(es_text_of(label));

    fprintf(page->out, "%*s%s", (int)at, "", label);
    if (width < indent) {
        fprintf(page->out, "%*s", (int)(indent - width), "");
    } else if (width > at && (alone || width + 2 + ROOM_LEAST > page->width)) {
        new_line(page, indent);
    } else if (width > at) {
        fputs("  ", page->out);
        return width + 2 - indent;
    }
    return 0;
}

/* How much of a word longer than a line goes onto this one: up to a separator if one stands in the
 * latter half, else as much as fits; at least one unit. */
static uint64_t piece_size(es_text word, unsigned room)
{
    uint64_t at = 0, good = 0;
    unsigned used = 0, each;

    while (at < word.size) {
        uint64_t size = unit_size(part(word, at, word.size), &each);
        char c = word.data[at];

        if (at && (c == '\\' || c == '/') && used >= room / 2)
            good = at;
        if (at && used + each > room)
            return good ? good : at;
        used += each;
        at += size;
        if ((c == '-' || c == ',' || c == ';') && size == 1 && used >= room / 2 && used <= room)
            good = at;
    }
    return at;
}

/* The words composed; taken out, so that composing starts anew. */
static es_text take_words(es_page *page)
{
    es_text words = { (const char *)page->words.data, page->words.size };

    if (page->words.failed && !page->failed)
        page->failed = page->words.failed;
    es_buffer_clear(&page->words);
    return words;
}

static uint64_t word_size(es_text text)
{
    uint64_t size = 0;

    while (size < text.size && text.data[size] != ' ')
        size++;
    return size;
}

es_text es_page_next_line(es_text words, unsigned room, uint64_t *at)
{
    uint64_t start, end;

    while (*at < words.size && words.data[*at] == ' ')
        ++*at;
    for (start = end = *at; *at < words.size;) {
        es_text word = part(words, *at, words.size);

        word.size = word_size(word);
        if (es_page_columns(part(words, start, *at + word.size)) > room) {
            if (end == start && word.size)
                end = *at += piece_size(word, room);
            break;
        }
        end = *at += word.size;
        while (*at < words.size && words.data[*at] == ' ')
            ++*at;
    }
    return part(words, start, end);
}

void es_page_put(es_page *page, es_text cleaned, unsigned style)
{
    put(page, cleaned, style);
}

void es_page_flow(es_page *page, unsigned at, const char *label, unsigned indent, unsigned style)
{
    es_text words = take_words(page);
    unsigned room = page->width > indent + ROOM_LEAST ? page->width - indent : ROOM_LEAST;
    unsigned used = put_label(page, at, label, indent, !words.size);
    bool first = true;

    for (uint64_t i = 0; i < words.size;) {
        es_text word = part(words, i, words.size);
        unsigned width;

        word.size = word_size(word);
        i += word.size + 1;
        if (!word.size)
            continue;
        width = es_page_columns(word);
        if (used && used + !first + width > room) {
            new_line(page, indent);
            used = 0;
        } else if (used && !first) {
            fputc(' ', page->out);
            used++;
        }
        first = false;
        while (width > room) {
            uint64_t size = piece_size(word, room);

            put(page, part(word, 0, size), style);
            word = part(word, size, word.size);
            width = es_page_columns(word);
            if (width)
                new_line(page, indent);
        }
        put(page, word, style);
        used += width;
    }
    fputc('\n', page->out);
}

/* A shell word, with its quotes. */
static uint64_t shell_word_size(es_text text)
{
    char quote = 0;
    uint64_t i = 0;

    for (; i < text.size && (quote || text.data[i] != ' '); i++) {
        char c = text.data[i];

        if (c == '\\' && quote != '\'' && i + 1 < text.size)
            i++;
        else if (quote && c == quote)
            quote = 0;
        else if (!quote && (c == '\'' || c == '"'))
            quote = c;
    }
    return i;
}

/* After these the shell reads on by itself. */
static bool continues(es_text word)
{
    static const char *const operators[] = { "|", "&&", "||", "{" };

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (es_text_equal(word, es_text_of(operators[i])))
            return true;
    return word.size && word.data[word.size - 1] == ';';
}

/* The columns of a stage: up to its operator, which stays on its line. */
static unsigned stage_columns(es_text text)
{
    uint64_t i = 0;

    while (i < text.size) {
        es_text word = part(text, i, text.size);

        word.size = shell_word_size(word);
        i += word.size;
        if (continues(word))
            break;
        i += i < text.size;
    }
    return es_page_columns(part(text, 0, i));
}

/* A stage that does not fit goes onto a line of its own, where the shell needs no backslash; one
 * that is longer than a line is broken between its words. */
void es_page_command(es_page *page, unsigned at, const char *label, unsigned indent)
{
    es_text words = take_words(page), before = { "", 0 };
    unsigned room = page->width > indent + ROOM_LEAST ? page->width - indent - 2 : ROOM_LEAST;
    unsigned used = 0;

    put_label(page, at, label, indent, true);
    for (uint64_t i = 0; i < words.size;) {
        es_text word = part(words, i, words.size);
        uint64_t start = i;
        unsigned width;

        word.size = shell_word_size(word);
        i += word.size + 1;
        width = es_page_columns(word);
        if (used && (used + 1 + width > room ||
                     (continues(before) &&
                      used + 1 + stage_columns(part(words, start, words.size)) > room))) {
            fputs(continues(before) ? "" : " \\", page->out);
            new_line(page, indent + 2);
            used = 2;
        } else if (used) {
            fputc(' ', page->out);
            used++;
        }
        put(page, word, ES_STYLE_PLAIN);
        used += width;
        before = word;
    }
    fputc('\n', page->out);
}

void es_page_title(es_page *page)
{
    fputc('\n', page->out);
    for (unsigned i = 0; i < page->width; i++)
        fputc('=', page->out);
    fputc('\n', page->out);
    es_page_flow(page, 0, "", 0, ES_STYLE_BOLD);
    for (unsigned i = 0; i < page->width; i++)
        fputc('=', page->out);
    fputc('\n', page->out);
}

void es_page_heading(es_page *page, unsigned at)
{
    fputc('\n', page->out);
    es_page_flow(page, at, "", at, ES_STYLE_BOLD);
}

void es_page_blank(es_page *page)
{
    fputc('\n', page->out);
}
