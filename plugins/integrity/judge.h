/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.h: what judge.c (whose a file is) and place.c (whether it belongs there) share.
 */
#ifndef ESUSCAN_PLUGIN_INTEGRITY_JUDGE_H
#define ESUSCAN_PLUGIN_INTEGRITY_JUDGE_H

#include "integrity.h"

#include <esuscan/prose.h>
#include <esuscan/then.h>

enum { ORIGINAL, NOT_OF_BUILD, BY_ANOTHER, MODIFIED, UNSIGNED, UNKNOWN };

#define MAX_LISTED 64u
#define WORDS 2000u

typedef struct winner {
    es_text component, architecture, version;
} winner;

typedef struct judging {
    const es_host *host;
    es_then then; /* the day that was asked for */
    winner winners[256];
    uint32_t n_winners;
    uint32_t counts[UNKNOWN + 1], n_files; /* of the kernel and boot files */
    uint64_t because[MAX_LISTED];
    uint32_t n_because;
    es_text concerns[MAX_LISTED], traces[MAX_LISTED];
    uint32_t n_concerns, n_traces;
    uint64_t first[UNKNOWN + 1]; /* fact of the first file of each answer, for the sentence */
    es_text first_name[UNKNOWN + 1];
    es_datum store[2];
    int unusual; /* something of a file that is original yet worth a word */
} judging;

static inline es_text field(const es_fact_view *fact, uint32_t index)
{
    const es_text none = ES_TEXT("");

    return fact->fields[index].type == ES_FIELD_TEXT ? fact->fields[index].text : none;
}

static inline int is_true(const es_fact_view *fact, uint32_t index)
{
    return fact->fields[index].type == ES_FIELD_BOOLEAN && fact->fields[index].integer != 0;
}

static inline int64_t number(const es_fact_view *fact, uint32_t index)
{
    return fact->fields[index].type == ES_FIELD_INTEGER ? fact->fields[index].integer : -1;
}

/* The next fact of the state that is looked at. */
static inline es_status next_fact(const judging *at, const char *type, uint64_t *cursor,
                                  es_fact_view *ret)
{
    es_status status;

    do
        status = at->host->fact_next(at->host, es_text_of(type), cursor, ret);
    while (status == ES_OK && !es_then_of_state(&at->then, ret));
    return status;
}

/* ---- place.c */

/* The versions that servicing says are in effect. */
es_status place_winners(judging *at);
/* Whether servicing says another version should be there; says so. */
int place_other_build(const judging *at, const es_fact_view *fact, es_prose *why);
/* Whether a file that is not Microsoft's stands in for one as extended kernels do; says so. */
int place_extended_kernel(const judging *at, const es_fact_view *fact, uint32_t answer,
                          es_prose *why);

#endif
