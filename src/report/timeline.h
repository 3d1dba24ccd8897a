/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline.h: every fact that has a time, in the order of time.
 *
 * The states of one machine tell much twice: a shadow copy repeats what the present says. What two
 * states of a machine say alike is one event, told by the first of them, and counts the others.
 * Times that cannot be are kept where they sort and marked: before 1980, or after the image was
 * acquired. No clock is read: an image that does not say when it was made has no such limit.
 *
 * Ownership: an event borrows its fact from the ledger. Threading: immutable once made.
 */
#ifndef ES_REPORT_TIMELINE_H
#define ES_REPORT_TIMELINE_H

#include "report/page.h"

typedef struct es_timeline_event {
    const es_fact_record *fact;
    uint64_t number;    /* of the fact: "f17" */
    uint32_t machine;   /* 0: about the image or a volume */
    uint32_t n_also;    /* other states of the machine that say the same */
    bool impossible;
} es_timeline_event;

typedef struct es_timeline es_timeline;

es_status es_timeline_new(const es_ledger *ledger, es_timeline **ret_timeline);
es_timeline *es_timeline_free(es_timeline *timeline);
size_t es_timeline_count(const es_timeline *timeline);
const es_timeline_event *es_timeline_at(const es_timeline *timeline, size_t index);

/* ---- what the formats share; composed in page->words ---- */

/* What happened: "history.boot: kind start; build 6003". */
void es_timeline_say(es_page *page, const es_timeline_event *event);
/* What its time means: "recorded", "installed (at the latest)", "… (impossible)". */
void es_timeline_say_means(es_page *page, const es_timeline_event *event);
/* Path of the artefact, NULL when there is none. */
const char *es_timeline_path(const es_ledger *ledger, const es_timeline_event *event);
/* The computer it happened on, NULL when not known. */
const char *es_timeline_computer(const es_ledger *ledger, const es_timeline_event *event);
uint32_t es_timeline_snapshot(const es_ledger *ledger, const es_timeline_event *event); /* 0: none */

#endif
