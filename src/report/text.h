/* SPDX-License-Identifier: Apache-2.0
 *
 * text.h: the parts of the report for people; text.c puts them together.
 */
#ifndef ES_REPORT_TEXT_H
#define ES_REPORT_TEXT_H

#include "report/page.h"
#include "report/show.h"
#include "report/timeline.h"

/* Where values begin behind their labels. */
#define ES_TEXT_INDENT 2u
#define ES_TEXT_VALUES 20u
/* Notes, rows, and facts behind other verdicts than `build` beyond these are cut, unless -v. */
#define ES_TEXT_NOTES 100u
#define ES_TEXT_ROWS 20u
#define ES_TEXT_FACTS 15u

/* text_state.c: machines, their states, and what stands at the very top. */
void es_text_asked(es_page *page);
void es_text_overview(es_page *page);
void es_text_machines(es_page *page);
/* "\Windows on volume 2", "RegBack of \Windows on volume 2, of 2019-03-01…" */
void es_text_state_name(es_page *page, const es_installation_record *state);

/* text_story.c: the turns in a machine's life. */
void es_text_story(es_page *page, const es_timeline *timeline, uint32_t machine);

/* text_changes.c: a shadow copy beside the state after it. */
void es_text_changes(es_page *page, const es_installation_record *before,
                     const es_installation_record *after);

/* text_verdict.c: one verdict with its reasons. */
void es_text_verdict(es_page *page, const es_verdict_record *verdict);
/* "6003, consistent" in a line. Returns how it should look. */
unsigned es_text_answer(es_page *page, const es_verdict_record *verdict);
/* One verdict in one line: its title, the answer, and what fits beside it. */
void es_text_brief(es_page *page, const es_verdict_record *verdict);

/* text_rows.c: lists as tables, and the questions. */
void es_text_rows(es_page *page, uint32_t installation, const char *plugin, const char *verdict,
                  const char *name);
/* The state's questions as sentences, explained if so wanted; how many there are. */
size_t es_text_questions(es_page *page, uint32_t installation, bool explained, bool heading);

/* text_evidence.c: the facts that a state's verdicts stand on. */
void es_text_evidence(es_page *page, uint32_t installation);
/* The place of a note, as the words of one flow. */
void es_text_place(es_page *page, const es_where *where);

/* text_image.c: no Windows, gaps, remarks, the image, the cage. */
void es_text_alarms(es_page *page);
void es_text_no_windows(es_page *page);
void es_text_notes(es_page *page);
void es_text_image(es_page *page);

#endif
