/* SPDX-License-Identifier: Apache-2.0
 *
 * text_rows.c: lists for people: tables of what plugins declare, and the examiner's questions.
 *
 * What is the same in every row of a list is said once above it. Of the rest a table takes what the
 * row is about, the answer, and then, in the order of the declaration, the columns that fit;
 * sentences stand last in the row when there is room, else below it; so does what did not fit, in a
 * list of a few rows; in a longer one it is told with -v. Contradictions and questions are
 * sentences.
 */
#include "report/text.h"

#include <stdlib.h>

#define AT_TABLE 4u
#define GAP 2u
/* Text wider than this is a sentence; a column of words is not squeezed below the least. */
#define CELL_MOST 34u
#define CELL_LEAST 12u
#define SENTENCE_LEAST 28u
#define COLUMNS_MOST 64u
#define TABLE_MAX (UINT64_C(256) << 20)
/* So few rows tell all they have: a device, a build. */
#define FEW_ROWS 8u
/* Said once above the table only where that saves something. */
#define SAME_LEAST 3u

enum place { NOWHERE, SAME, COLUMN, LAST, BELOW, OMITTED };

typedef struct column {
    const es_field *field;
    enum place place;
    unsigned width, least; /* of the content; of its longest word */
} column;

typedef struct span {
    uint64_t at, size;
} span;

/* The rows of one list, each cell composed and cleaned. */
typedef struct table {
    const es_row_type *type;
    const es_row_record **rows;
    size_t n_rows, n_shown;
    uint32_t n_columns, n_taken;
    column *columns;
    span *cells;
    es_buffer text;
} table;

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static es_text cell(const table *t, size_t row, uint32_t index)
{
    span s = t->cells[row * t->n_columns + index];

    return (es_text){ s.size ? (const char *)t->text.data + s.at : "", s.size };
}

static void table_free(table *t)
{
    free(t->rows);
    free(t->columns);
    free(t->cells);
    es_buffer_free(&t->text);
}

/* A time in a table is told to the second: the data formats keep its fraction. */
static void cut_fraction(es_page *page)
{
    uint8_t *dot = NULL;

    if (page->words.size)
        dot = memchr(page->words.data, '.', (size_t)page->words.size);
    if (dot && page->words.data[page->words.size - 1] == 'Z') {
        *dot = 'Z';
        page->words.size = (uint64_t)(dot - page->words.data) + 1;
    }
}

static void compose(es_page *page, table *t, size_t row, uint32_t index)
{
    const es_datum *datum = &t->rows[row]->fields[index];
    span *s = &t->cells[row * t->n_columns + index];

    if (es_datum_is_empty(datum))
        return;
    es_page_show_datum(page, datum);
    if (datum->type == ES_FIELD_TIME)
        cut_fraction(page);
    *s = (span){ t->text.size, page->words.size };
    es_buffer_bytes(&t->text, page->words.data, page->words.size);
    es_buffer_clear(&page->words);
}

/* Those of one list; `t` is to be freed in any case. */
static void gather(es_page *page, uint32_t installation, const char *plugin, const char *verdict,
                   const char *name, table *t)
{
    const es_row_record *rows;
    size_t n = es_ledger_rows_of(page->ledger, installation, &rows);

    t->text = es_buffer_make(TABLE_MAX);
    t->rows = calloc(n + 1, sizeof *t->rows);
    if (!t->rows) {
        page->failed = ES_NOMEM;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const es_row_type *type = es_ledger_row_type(page->ledger, &rows[i]);

        if (!same_text(type->verdict, verdict) || strcmp(type->name, name) != 0 ||
            (plugin && strcmp(rows[i].plugin, plugin) != 0) || (t->type && t->type != type))
            continue;
        t->type = type;
        t->rows[t->n_rows++] = &rows[i];
    }
    t->n_shown = t->n_rows > ES_TEXT_ROWS && !page->run->verbose ? ES_TEXT_ROWS : t->n_rows;
}

static bool fill(es_page *page, table *t)
{
    t->n_columns = t->type->n_fields;
    t->columns = calloc(t->n_columns + 1u, sizeof *t->columns);
    t->cells = calloc(t->n_rows * t->n_columns + 1, sizeof *t->cells);
    if (!t->columns || !t->cells) {
        page->failed = ES_NOMEM;
        return false;
    }
    for (uint32_t i = 0; i < t->n_columns; i++)
        t->columns[i].field = &t->type->fields[i];
    for (size_t row = 0; row < t->n_rows; row++)
        for (uint32_t i = 0; i < t->n_columns; i++)
            compose(page, t, row, i);
    if (t->text.failed)
        page->failed = t->text.failed;
    return !t->text.failed;
}

/* ---- the plan ---- */

static unsigned longest_word(es_text text)
{
    unsigned most = 0;

    for (uint64_t at = 0; at < text.size;) {
        es_text word = { text.data + at, 0 };
        unsigned width;

        while (at + word.size < text.size && text.data[at + word.size] != ' ')
            word.size++;
        width = es_page_columns(word);
        most = width > most ? width : most;
        at += word.size + 1;
    }
    return most;
}

static void measure(es_page *page, table *t, uint32_t index)
{
    column *c = &t->columns[index];
    bool same = index > 0 && t->n_rows >= SAME_LEAST;
    es_text name;

    for (size_t row = 0; row < t->n_rows; row++) {
        es_text text = cell(t, row, index);
        unsigned width = es_page_columns(text), least = longest_word(text);

        same = same && es_text_equal(text, cell(t, 0, index));
        if (row >= t->n_shown)
            continue;
        c->width = width > c->width ? width : c->width;
        c->least = least > c->least ? least : c->least;
    }
    if (!c->width)
        return;
    /* What the row is about leads it, broken where it is long. */
    if (index == 0 && c->width > CELL_MOST) {
        c->width = CELL_MOST;
        c->least = c->least < CELL_MOST ? c->least : CELL_MOST;
    }
    c->place = same ? SAME : c->width > CELL_MOST ? BELOW : OMITTED;
    if (c->place == BELOW && c->field->type != ES_FIELD_TEXT)
        c->place = OMITTED;
    es_page_show_name(page, c->field->name);
    name = (es_text){ (const char *)page->words.data, page->words.size };
    if (longest_word(name) > c->width)
        c->width = longest_word(name);
    if (longest_word(name) > c->least)
        c->least = longest_word(name);
    es_buffer_clear(&page->words);
}

/* A column of words can be broken between them. */
static unsigned squeezed(const column *c)
{
    unsigned least = c->least > CELL_LEAST ? c->least : CELL_LEAST;

    return c->width < least ? c->width : least;
}

static void take(table *t, uint32_t index, unsigned *room)
{
    column *c = &t->columns[index];

    if (c->place != OMITTED || c->width > CELL_MOST || squeezed(c) + GAP > *room ||
        t->n_taken + 1 >= COLUMNS_MOST)
        return;
    c->place = COLUMN;
    t->n_taken++;
    *room -= squeezed(c) + GAP;
}

/* Which columns: the first, the answer, the first time, then as declared. What is left over goes to
 * those that were squeezed, or to the one sentence. */
static void plan(es_page *page, table *t)
{
    unsigned room = page->width + GAP - AT_TABLE, n_sentences = 0;
    bool timed = false;

    for (uint32_t i = 0; i < t->n_columns; i++)
        measure(page, t, i);
    take(t, 0, &room);
    for (uint32_t i = 1; i < t->n_columns; i++)
        if (strcmp(t->columns[i].field->name, "answer") == 0)
            take(t, i, &room);
    for (uint32_t i = 0; i < t->n_columns && !timed; i++)
        if (t->columns[i].field->type == ES_FIELD_TIME && t->columns[i].place == OMITTED) {
            take(t, i, &room);
            timed = true;
        }
    for (uint32_t i = 0; i < t->n_columns; i++)
        take(t, i, &room);
    for (uint32_t i = 0; i < t->n_columns; i++) {
        column *c = &t->columns[i];
        unsigned least = squeezed(c), more = c->width - least;

        n_sentences += c->place == BELOW;
        if (c->place != COLUMN)
            continue;
        c->width = least + (more < room ? more : room);
        room -= more < room ? more : room;
    }
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (n_sentences == 1 && t->columns[i].place == BELOW && room >= SENTENCE_LEAST + GAP) {
            t->columns[i].place = LAST;
            t->columns[i].width = room - GAP;
        }
}

/* ---- writing ---- */

/* The columns in their order on the page, the sentence last. */
static size_t arrange(const table *t, uint32_t *ret_order)
{
    size_t n = 0;

    for (uint32_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].place == COLUMN)
            ret_order[n++] = i;
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].place == LAST)
            ret_order[n++] = i;
    return n;
}

/* One row, as many lines as its longest cell needs. */
static void put_cells(es_page *page, const table *t, const uint32_t *order, size_t n,
                      const es_text *texts, unsigned style)
{
    uint64_t at[COLUMNS_MOST] = { 0 };
    bool more = true;

    while (more) {
        unsigned column_at = AT_TABLE, written = 0;

        more = false;
        for (size_t i = 0; i < n; i++) {
            es_text line = es_page_next_line(texts[i], t->columns[order[i]].width, &at[i]);

            if (line.size) {
                fprintf(page->out, "%*s", (int)(column_at - written), "");
                es_page_put(page, line, style);
                written = column_at + es_page_columns(line);
            }
            more = more || at[i] < texts[i].size;
            column_at += t->columns[order[i]].width + GAP;
        }
        es_page_blank(page);
    }
}

static void put_header(es_page *page, table *t, const uint32_t *order, size_t n)
{
    es_text texts[COLUMNS_MOST];
    span spans[COLUMNS_MOST];

    es_buffer_clear(&page->words);
    for (size_t i = 0; i < n; i++) {
        spans[i].at = page->words.size;
        es_page_show_name(page, t->columns[order[i]].field->name);
        spans[i].size = page->words.size - spans[i].at;
    }
    for (size_t i = 0; i < n && !page->words.failed; i++)
        texts[i] = (es_text){ (const char *)page->words.data + spans[i].at, spans[i].size };
    if (page->words.failed)
        page->failed = page->words.failed;
    else
        put_cells(page, t, order, n, texts, ES_STYLE_FAINT);
    es_buffer_clear(&page->words);
}

static void show_named(es_page *page, const char *name, es_text text)
{
    if (page->words.size)
        es_page_say(page, "; ");
    es_page_show_name(page, name);
    es_page_say(page, " ");
    es_buffer_text(&page->words, text);
}

static void put_same(es_page *page, const table *t)
{
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].place == SAME)
            show_named(page, t->columns[i].field->name, cell(t, 0, i));
    if (page->words.size)
        es_page_flow(page, AT_TABLE, "Each:", AT_TABLE + 6, ES_STYLE_PLAIN);
}

static bool tells_all(const es_page *page, const table *t)
{
    return page->run->verbose || t->n_rows <= FEW_ROWS;
}

/* Sentences last. */
static void put_below(es_page *page, const table *t, size_t row)
{
    enum place told[] = { tells_all(page, t) ? OMITTED : BELOW, BELOW };

    for (size_t pass = told[0] == BELOW; pass < sizeof told / sizeof *told; pass++)
        for (uint32_t i = 0; i < t->n_columns; i++)
            if (t->columns[i].place == told[pass] && cell(t, row, i).size)
                show_named(page, t->columns[i].field->name, cell(t, row, i));
    if (page->words.size)
        es_page_flow(page, AT_TABLE + 2, "", AT_TABLE + 4, ES_STYLE_PLAIN);
}

static void put_omitted(es_page *page, const table *t)
{
    for (uint32_t i = 0; i < t->n_columns && !tells_all(page, t); i++) {
        if (t->columns[i].place != OMITTED)
            continue;
        es_page_say(page, page->words.size ? ", " : "-v also tells: ");
        es_page_show_name(page, t->columns[i].field->name);
    }
    if (page->words.size)
        es_page_flow(page, AT_TABLE, "", AT_TABLE, ES_STYLE_FAINT);
}

static void put_table(es_page *page, table *t)
{
    uint32_t order[COLUMNS_MOST];
    es_text texts[COLUMNS_MOST];
    size_t n;

    plan(page, t);
    n = arrange(t, order);
    put_same(page, t);
    put_header(page, t, order, n);
    for (size_t row = 0; row < t->n_shown; row++) {
        for (size_t i = 0; i < n; i++)
            texts[i] = cell(t, row, order[i]);
        put_cells(page, t, order, n, texts, ES_STYLE_PLAIN);
        put_below(page, t, row);
    }
    put_omitted(page, t);
}

/* ---- sentences ---- */

static const es_datum *datum_of(const table *t, size_t row, const char *name, uint32_t wanted)
{
    for (uint32_t i = 0; i < t->type->n_fields; i++)
        if (strcmp(t->type->fields[i].name, name) == 0 && t->rows[row]->fields[i].type == wanted)
            return &t->rows[row]->fields[i];
    return NULL;
}

/* "f1 against f7: …" */
static bool put_contradictions(es_page *page, const table *t)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (!datum_of(t, i, "left", ES_FIELD_FACT) || !datum_of(t, i, "right", ES_FIELD_FACT) ||
            !datum_of(t, i, "text", ES_FIELD_TEXT))
            return false;
    for (size_t i = 0; i < t->n_shown; i++) {
        es_page_show_datum(page, datum_of(t, i, "left", ES_FIELD_FACT));
        es_page_say(page, " against ");
        es_page_show_datum(page, datum_of(t, i, "right", ES_FIELD_FACT));
        es_page_say(page, ": ");
        es_page_show_datum(page, datum_of(t, i, "text", ES_FIELD_TEXT));
        es_page_flow(page, AT_TABLE, "", AT_TABLE, ES_STYLE_PLAIN);
    }
    return true;
}

/* "CVE-2019-0708: covered, by KB4499149, basis files [f1]" */
static void put_question(es_page *page, const table *t, size_t row, bool explained)
{
    static const char *const told[] = { "kind", "id", "answer", "because", "explanation" };
    const es_datum *id = datum_of(t, row, "id", ES_FIELD_TEXT);
    const es_datum *answer = datum_of(t, row, "answer", ES_FIELD_TEXT);
    const es_datum *because = datum_of(t, row, "because", ES_FIELD_FACT_LIST);
    const es_datum *explanation = datum_of(t, row, "explanation", ES_FIELD_TEXT);
    bool exposed = answer && es_text_equal(answer->text, es_text_of("exposed"));

    if (id)
        es_page_show_datum(page, id);
    es_page_say(page, ": ");
    if (answer)
        es_page_show_datum(page, answer);
    for (uint32_t i = 0; i < t->type->n_fields; i++) {
        bool said = es_datum_is_empty(&t->rows[row]->fields[i]);

        for (size_t j = 0; j < sizeof told / sizeof *told; j++)
            said = said || strcmp(told[j], t->type->fields[i].name) == 0;
        if (said)
            continue;
        es_page_say(page, ", ");
        if (exposed && strcmp(t->type->fields[i].name, "by") == 0)
            es_page_say(page, "decided ");
        es_page_show_name(page, t->type->fields[i].name);
        es_page_say(page, " ");
        es_page_show_datum(page, &t->rows[row]->fields[i]);
    }
    if (because && because->n) {
        es_page_say(page, " [");
        es_page_show_datum(page, because);
        es_page_say(page, "]");
    }
    es_page_flow(page, AT_TABLE, "", AT_TABLE,
                 answer && es_text_equal(answer->text, es_text_of("unknown")) ? ES_STYLE_WARN
                                                                              : ES_STYLE_BOLD);
    if (explained && explanation && explanation->text.size) {
        es_page_show_sentences(page, explanation->text);
        es_page_flow(page, AT_TABLE + 2, "", AT_TABLE + 2, ES_STYLE_PLAIN);
    }
}

size_t es_text_questions(es_page *page, uint32_t installation, bool explained, bool heading)
{
    table t = { 0 };
    size_t n;

    gather(page, installation, NULL, NULL, "questions", &t);
    if (t.n_rows && heading) {
        es_page_say(page, "Questions");
        es_page_heading(page, ES_TEXT_INDENT);
    }
    for (size_t i = 0; i < t.n_rows; i++)
        put_question(page, &t, i, explained);
    n = t.n_rows;
    table_free(&t);
    return n;
}

void es_text_rows(es_page *page, uint32_t installation, const char *plugin, const char *verdict,
                  const char *name)
{
    table t = { 0 };
    char *title;

    gather(page, installation, plugin, verdict, name, &t);
    if (t.n_rows && (title = es_page_title_of(page, name, strlen(name)))) {
        es_page_say(page, "%s", title);
        es_page_heading(page, ES_TEXT_INDENT);
        free(title);
        if (!put_contradictions(page, &t) && fill(page, &t))
            put_table(page, &t);
    }
    if (t.n_rows > t.n_shown) {
        es_page_say(page, "and %zu more: -v shows them, and so does -o json",
                    t.n_rows - t.n_shown);
        es_page_flow(page, AT_TABLE, "", AT_TABLE, ES_STYLE_FAINT);
    }
    table_free(&t);
}
