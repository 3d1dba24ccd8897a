/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue_sheet.c: see catalogue_sheet.h.
 */
#include "host/catalogue_sheet.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KB_MIN 10000u
#define KB_MAX 99999999u
/* KB numbers in one cell: the longest list of the catalogue has 16. */
#define LIST_MAX 256u

void es_sheet_fail(es_sheet *sheet, uint32_t line, const char *format, ...)
{
    char reason[400];
    va_list arguments;

    if (sheet->failed != ES_OK)
        return;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    es_note_set(sheet->note, ES_SEVERITY_ERROR, "catalogue",
                "The catalogue is refused: %s, line %u: %s.", sheet->file, line, reason);
    sheet->failed = ES_CORRUPT;
}

static void out_of_memory(es_sheet *sheet)
{
    if (sheet->failed == ES_OK)
        sheet->failed = ES_NOMEM;
}

/* A cell shown in a reason. */
#define SHOWN(text) (int)((text).size < 80 ? (text).size : 80), (text).data ? (text).data : ""

/* ------------------------------------------------------------------ rows */

/* Take a quoted cell, which begins behind its quote; unquotes it in place. */
static es_text quoted_cell(es_sheet *sheet)
{
    char *begin = sheet->data + sheet->at;
    es_text cell = { begin, 0 };

    while (sheet->at < sheet->size) {
        char c = sheet->data[sheet->at++];

        if (c == '"') {
            if (sheet->at == sheet->size || sheet->data[sheet->at] != '"')
                return cell;
            sheet->at++;
        } else if (c == '\n') {
            sheet->line++;
        }
        begin[cell.size++] = c;
    }
    es_sheet_fail(sheet, sheet->row_line, "a quoted cell does not end");
    return cell;
}

static es_text plain_cell(es_sheet *sheet)
{
    es_text cell = { sheet->data + sheet->at, 0 };
    uint64_t at = sheet->at;

    while (at < sheet->size && sheet->data[at] != ',' && sheet->data[at] != '\n') {
        if (sheet->data[at] == '"')
            es_sheet_fail(sheet, sheet->line, "a quote stands inside a cell without quotes");
        at++;
    }
    cell.size = at - sheet->at;
    sheet->at = at;
    if (cell.size && cell.data[cell.size - 1] == '\r' &&
        (sheet->at == sheet->size || sheet->data[sheet->at] == '\n'))
        cell.size--;
    return cell;
}

/* True when the row goes on behind this cell. */
static bool behind_cell(es_sheet *sheet)
{
    if (sheet->at < sheet->size && sheet->data[sheet->at] == '\r')
        sheet->at++;
    if (sheet->at == sheet->size)
        return false;
    if (sheet->data[sheet->at] == ',') {
        sheet->at++;
        return true;
    }
    if (sheet->data[sheet->at] != '\n')
        es_sheet_fail(sheet, sheet->line, "something stands behind a closing quote");
    sheet->at++;
    sheet->line++;
    return false;
}

static bool read_row(es_sheet *sheet)
{
    bool more = true;

    if (sheet->failed != ES_OK || sheet->at == sheet->size)
        return false;
    sheet->row_line = sheet->line;
    sheet->n_cells = 0;
    while (more && sheet->failed == ES_OK) {
        if (sheet->n_cells == ES_SHEET_COLUMNS_MAX) {
            es_sheet_fail(sheet, sheet->row_line, "it has more than %u cells",
                          ES_SHEET_COLUMNS_MAX);
            break;
        }
        if (sheet->at < sheet->size && sheet->data[sheet->at] == '"') {
            sheet->at++;
            sheet->cells[sheet->n_cells++] = quoted_cell(sheet);
        } else {
            sheet->cells[sheet->n_cells++] = plain_cell(sheet);
        }
        more = behind_cell(sheet);
    }
    return sheet->failed == ES_OK;
}

bool es_sheet_next(es_sheet *sheet)
{
    if (!read_row(sheet))
        return false;
    if (sheet->n_cells != sheet->n_header)
        es_sheet_fail(sheet, sheet->row_line, "it has %u cells, the header has %u",
                      sheet->n_cells, sheet->n_header);
    return sheet->failed == ES_OK;
}

uint32_t es_sheet_lines(const es_sheet *sheet)
{
    uint32_t lines = 1;

    if (sheet->failed != ES_OK)
        return lines;
    for (uint64_t i = 0; i < sheet->size; i++)
        lines += sheet->data[i] == '\n';
    return lines;
}

static void read_header(es_sheet *sheet, const char *const *columns)
{
    if (!read_row(sheet)) {
        es_sheet_fail(sheet, 1, "the header is missing");
        return;
    }
    sheet->n_header = sheet->n_cells;
    for (uint32_t i = 0; i < sheet->n_columns; i++) {
        uint32_t at = 0;

        while (at < sheet->n_cells &&
               !es_text_equal(sheet->cells[at], es_text_of(columns[i])))
            at++;
        if (at == sheet->n_cells)
            es_sheet_fail(sheet, 1, "the column '%s' is missing", columns[i]);
        sheet->place[i] = at;
    }
}

/* ASCII is looked at eight bytes at a time; what is not goes through the real check. */
static bool is_utf8(es_text text)
{
    uint64_t all = 0, at = 0, word;

    for (; text.size - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text.data + at, sizeof word);
        all |= word;
    }
    for (; at < text.size; at++)
        all |= (uint64_t)(unsigned char)text.data[at];
    return !(all & UINT64_C(0x8080808080808080)) || es_text_is_utf8(text);
}

void es_sheet_begin(es_sheet *sheet, const char *file, es_bytes bytes,
                    const char *const *columns, uint32_t n_columns, es_arena *arena,
                    es_note *note)
{
    memset(sheet, 0, sizeof *sheet);
    sheet->file = file;
    sheet->note = note;
    sheet->arena = arena;
    sheet->line = 1;
    sheet->n_columns = n_columns;
    sheet->data = es_arena_take(arena, bytes.size + 1);
    if (!sheet->data) {
        out_of_memory(sheet);
        return;
    }
    if (bytes.size)
        memcpy(sheet->data, bytes.data, (size_t)bytes.size);
    sheet->size = bytes.size;
    if (memchr(sheet->data, 0, (size_t)sheet->size))
        es_sheet_fail(sheet, 1, "the file holds a NUL byte");
    if (!is_utf8((es_text){ sheet->data, sheet->size }))
        es_sheet_fail(sheet, 1, "the file is not UTF-8");
    if (sheet->failed == ES_OK)
        read_header(sheet, columns);
}

/* ------------------------------------------------------------------ cells */

es_text es_sheet_text(es_sheet *sheet, uint32_t column)
{
    const es_text none = { "", 0 };

    return sheet->failed == ES_OK ? sheet->cells[sheet->place[column]] : none;
}

es_text es_sheet_required(es_sheet *sheet, uint32_t column)
{
    es_text text = es_sheet_text(sheet, column);

    if (!text.size)
        es_sheet_fail(sheet, sheet->row_line, "a required cell is empty (cell %u)",
                      sheet->place[column] + 1);
    return text;
}

static bool number_of(es_text text, uint32_t minimum, uint32_t maximum, uint32_t *ret)
{
    uint64_t number = 0;

    if (!text.size || text.size > 9)
        return false;
    for (uint64_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret = (uint32_t)number;
    return number >= minimum && number <= maximum;
}

uint32_t es_sheet_kb(es_sheet *sheet, uint32_t column)
{
    es_text text = es_sheet_required(sheet, column);
    uint32_t kb = 0;

    if (sheet->failed == ES_OK && !number_of(text, KB_MIN, KB_MAX, &kb))
        es_sheet_fail(sheet, sheet->row_line, "'%.*s' is no KB number", SHOWN(text));
    return kb;
}

uint32_t es_sheet_number(es_sheet *sheet, uint32_t column, uint32_t maximum)
{
    es_text text = es_sheet_text(sheet, column);
    uint32_t number = 0;

    if (text.size && !number_of(text, 0, maximum, &number))
        es_sheet_fail(sheet, sheet->row_line, "'%.*s' is no number up to %u", SHOWN(text),
                      maximum);
    return number;
}

static bool digits(es_text text, uint64_t at, uint64_t n, int32_t *ret)
{
    uint32_t number = 0;
    es_text part = { text.data + at, n };

    if (!number_of(part, 0, 9999, &number))
        return false;
    *ret = (int32_t)number;
    return true;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar (H. Hinnant, "chrono-compatible
 * low-level date algorithms"). */
static int64_t days_from(int32_t year, int32_t month, int32_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int32_t days_in(int32_t year, int32_t month)
{
    static const int32_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool month_of(es_text text, int32_t *ret_year, int32_t *ret_month)
{
    return text.size >= 7 && text.data[4] == '-' && digits(text, 0, 4, ret_year) &&
           digits(text, 5, 2, ret_month) && *ret_year >= 1990 && *ret_year <= 2200 &&
           *ret_month >= 1 && *ret_month <= 12;
}

bool es_day_parse(es_text text, es_time *ret_day, int32_t *ret_month)
{
    int32_t year, month, day;

    if (text.size != 10 || text.data[7] != '-' || !month_of(text, &year, &month) ||
        !digits(text, 8, 2, &day) || day < 1 || day > days_in(year, month))
        return false;
    ret_day->ticks = ES_TICKS_UNIX_EPOCH +
                     days_from(year, month, day) * INT64_C(86400) * ES_TICKS_PER_SECOND;
    ret_day->precision = ES_TIME_DAY;
    ret_day->flags = 0;
    *ret_month = year * 12 + month - 1;
    return true;
}

es_time es_sheet_day(es_sheet *sheet, uint32_t column)
{
    es_text text = es_sheet_text(sheet, column);
    es_time day = { 0, ES_TIME_NONE, 0 };
    int32_t month;

    if (text.size && !es_day_parse(text, &day, &month))
        es_sheet_fail(sheet, sheet->row_line, "'%.*s' is no date (YYYY-MM-DD)", SHOWN(text));
    return day;
}

int32_t es_sheet_month(es_sheet *sheet, uint32_t column)
{
    es_text text = es_sheet_text(sheet, column);
    int32_t year, month;

    if (!text.size)
        return ES_MONTH_UNKNOWN;
    if (text.size != 7 || !month_of(text, &year, &month)) {
        es_sheet_fail(sheet, sheet->row_line, "'%.*s' is no month (YYYY-MM)", SHOWN(text));
        return ES_MONTH_UNKNOWN;
    }
    return year * 12 + month - 1;
}

/* The next item of a list with `separator` between; false behind the last. */
static bool next_item(es_text *rest, char separator, es_text *ret)
{
    uint64_t size = 0;

    if (!rest->data)
        return false;
    while (size < rest->size && rest->data[size] != separator)
        size++;
    ret->data = rest->data;
    ret->size = size;
    if (size == rest->size)
        rest->data = NULL;
    else
        rest->data += size + 1, rest->size -= size + 1;
    return true;
}

uint32_t es_sheet_word(es_sheet *sheet, uint32_t column, const char *const *words,
                       uint32_t n_words)
{
    es_text text = es_sheet_text(sheet, column);

    if (!text.size)
        return 0;
    for (uint32_t i = 1; i < n_words; i++)
        if (es_text_equal(text, es_text_of(words[i])))
            return i;
    es_sheet_fail(sheet, sheet->row_line, "'%.*s' is not a word that is known here", SHOWN(text));
    return 0;
}

uint32_t es_sheet_architectures(es_sheet *sheet, uint32_t column)
{
    static const char *const words[] = { "x86", "amd64", "ia64" };
    es_text rest = es_sheet_text(sheet, column), item;
    uint32_t set = 0;

    while (rest.size && next_item(&rest, ';', &item)) {
        uint32_t i = 0;

        while (i < 3 && !es_text_equal(item, es_text_of(words[i])))
            i++;
        if (i == 3)
            es_sheet_fail(sheet, sheet->row_line, "'%.*s' is no architecture", SHOWN(item));
        else
            set |= 1u << i;
    }
    return set;
}

const uint32_t *es_sheet_kbs(es_sheet *sheet, uint32_t column, uint32_t *ret_n)
{
    es_text rest = es_sheet_text(sheet, column), item;
    uint32_t list[LIST_MAX], n = 0;
    uint32_t *kept;

    *ret_n = 0;
    while (rest.size && next_item(&rest, ';', &item)) {
        if (n == LIST_MAX || !number_of(item, KB_MIN, KB_MAX, &list[n])) {
            es_sheet_fail(sheet, sheet->row_line, "'%.*s' is no KB number", SHOWN(item));
            return NULL;
        }
        n++;
    }
    if (!n)
        return NULL;
    kept = es_arena_take(sheet->arena, n * sizeof *kept);
    if (!kept) {
        out_of_memory(sheet);
        return NULL;
    }
    memcpy(kept, list, n * sizeof *kept);
    *ret_n = n;
    return kept;
}

static bool version_of(es_text text, uint16_t ret[4])
{
    es_text rest = text, item;
    uint32_t n = 0, number = 0;

    while (next_item(&rest, '.', &item)) {
        if (n == 4 || !number_of(item, 0, 0xffff, &number))
            return false;
        ret[n++] = (uint16_t)number;
    }
    return n == 4;
}

uint32_t es_sheet_versions(es_sheet *sheet, uint32_t column, uint16_t (*ret)[4],
                           uint32_t maximum)
{
    es_text rest = es_sheet_text(sheet, column), item;
    uint32_t n = 0;

    while (rest.size && next_item(&rest, ';', &item)) {
        if (n == maximum || !version_of(item, ret[n])) {
            es_sheet_fail(sheet, sheet->row_line, "'%.*s' is no version", SHOWN(item));
            return 0;
        }
        n++;
    }
    return n;
}
