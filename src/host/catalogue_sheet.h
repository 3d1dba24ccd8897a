/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue_sheet.h: one CSV file of the catalogue, row by row, with typed cells.
 *
 * RFC 4180 with LF or CRLF: a cell may stand in double quotes, and then hold commas, line breaks
 * and doubled quotes. The header names the columns; those we know must be there, in any order;
 * others are passed over, so that a later catalogue may say more.
 *
 * The first thing that is wrong makes the sheet fail; `note` then says file, line and reason, and
 * every later call answers with nothing. Read a row, take its cells, ask once.
 *
 * Ownership: texts and lists lie in the arena that the sheet was begun with and outlive the sheet,
 * which itself is plain data. Threading: one thread.
 */
#ifndef ES_HOST_CATALOGUE_SHEET_H
#define ES_HOST_CATALOGUE_SHEET_H

#include "base/arena.h"
#include "base/note.h"
#include <esuscan/catalogue.h>
#include <stdbool.h>

#define ES_SHEET_COLUMNS_MAX 32u

typedef struct es_sheet {
    const char *file;
    es_note *note;
    es_arena *arena;
    es_status failed;
    char *data; /* our copy: quoted cells are unquoted in place */
    uint64_t size, at;
    uint32_t line;     /* that is read next */
    uint32_t row_line; /* where the current row begins */
    es_text cells[ES_SHEET_COLUMNS_MAX];
    uint32_t n_cells;
    uint32_t place[ES_SHEET_COLUMNS_MAX]; /* of each known column, among the cells */
    uint32_t n_columns, n_header;
} es_sheet;

/* Begin: check the text and read the header. */
void es_sheet_begin(es_sheet *sheet, const char *file, es_bytes bytes,
                    const char *const *columns, uint32_t n_columns, es_arena *arena,
                    es_note *note);
/* The next row; false at the end and after a failure. */
bool es_sheet_next(es_sheet *sheet);
/* The rows there can be at most, to make tables of. */
uint32_t es_sheet_lines(const es_sheet *sheet);

void es_sheet_fail(es_sheet *sheet, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Cells of the current row. An empty cell is text of no size, a time of no precision, 0, -1 (month)
 * or an empty list, unless it is required. */
es_text es_sheet_text(es_sheet *sheet, uint32_t column);
es_text es_sheet_required(es_sheet *sheet, uint32_t column);
uint32_t es_sheet_kb(es_sheet *sheet, uint32_t column);
uint32_t es_sheet_number(es_sheet *sheet, uint32_t column, uint32_t maximum);
es_time es_sheet_day(es_sheet *sheet, uint32_t column);
int32_t es_sheet_month(es_sheet *sheet, uint32_t column);
uint32_t es_sheet_architectures(es_sheet *sheet, uint32_t column);
/* Index of the word in `words`; 0 is the empty cell. */
uint32_t es_sheet_word(es_sheet *sheet, uint32_t column, const char *const *words,
                       uint32_t n_words);
/* KB numbers with ';' between. */
const uint32_t *es_sheet_kbs(es_sheet *sheet, uint32_t column, uint32_t *ret_n);
/* Versions with ';' between; more than `maximum` fail. */
uint32_t es_sheet_versions(es_sheet *sheet, uint32_t column, uint16_t (*ret)[4],
                           uint32_t maximum);

/* "2026-06-28"; false when it is none. */
bool es_day_parse(es_text text, es_time *ret_day, int32_t *ret_month);

#endif
