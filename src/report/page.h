/* SPDX-License-Identifier: Apache-2.0
 *
 * page.h: lines of a fixed width, for the report for people.
 *
 * Compose in `words` (cleaned text only: es_show_…), then let one of the es_page_… calls break it
 * into lines. An escape such as \u{202e} is never broken, nor a quoted word of a command. Width is
 * counted in columns as well as can be known without asking the terminal.
 */
#ifndef ES_REPORT_PAGE_H
#define ES_REPORT_PAGE_H

#include "base/buffer.h"
#include "report/report.h"

#define ES_STYLE_PLAIN 0u
#define ES_STYLE_BOLD 1u
#define ES_STYLE_GOOD 2u
#define ES_STYLE_WARN 3u
#define ES_STYLE_BAD 4u
#define ES_STYLE_FAINT 5u

typedef struct es_page {
    const es_ledger *ledger;
    const es_run *run;
    FILE *out;
    unsigned width;
    bool color;
    es_buffer words;
    es_status failed;
} es_page;

es_page es_page_make(const es_ledger *ledger, const es_run *run, FILE *out);
es_status es_page_end(es_page *page); /* frees; how it went */

/* Compose. */
void es_page_say(es_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void es_page_show(es_page *page, const char *string);  /* of the ledger or the examiner; cleaned */
void es_page_show_text(es_page *page, es_text text);   /* likewise, and cut where it is endless */
void es_page_show_sentences(es_page *page, es_text text); /* words for the examiner, whole */
void es_page_show_reference(es_page *page, uint64_t reference); /* "f17" */
void es_page_show_references(es_page *page, const uint64_t *references, uint64_t n);
void es_page_show_size(es_page *page, uint64_t size); /* "40.0 GiB" */
void es_page_show_datum(es_page *page, const es_datum *datum);
void es_page_show_name(es_page *page, const char *name); /* "turned_6003.by": "turned 6003 by" */
/* `size` bytes of a name as a title, "esu-licence": "ESU licence"; on the heap, NULL: no memory. */
char *es_page_title_of(es_page *page, const char *name, size_t size);

/* For tables. The columns that cleaned text takes; the words of it that fit into `room`, from `*at`
 * on, which moves; and text written as it is. */
unsigned es_page_columns(es_text text);
es_text es_page_next_line(es_text words, unsigned room, uint64_t *at);
void es_page_put(es_page *page, es_text cleaned, unsigned style);

/* Write what was composed: `label` at column `at`, the words from column `indent` on; behind a
 * longer label the first line begins later. */
void es_page_flow(es_page *page, unsigned at, const char *label, unsigned indent, unsigned style);
/* The same for a shell command: broken where the shell allows it. */
void es_page_command(es_page *page, unsigned at, const char *label, unsigned indent);
void es_page_title(es_page *page);                 /* what was composed, between rules */
void es_page_heading(es_page *page, unsigned at);  /* what was composed, as a heading */
void es_page_blank(es_page *page);

#endif
