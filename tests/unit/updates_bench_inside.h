/* SPDX-License-Identifier: Apache-2.0
 *
 * updates_bench_inside.h: what updates_bench.c (the judgement) and updates_bench_facts.c (the facts
 * that are made) share.
 */
#ifndef UPDATES_BENCH_INSIDE_H
#define UPDATES_BENCH_INSIDE_H

#include "updates_bench.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FACTS_MAX 8192u
#define STATES_MAX 8u
#define ROWS_MAX 32768u
#define LISTS_MAX 8u

typedef struct made {
    es_fact_view view;
    uint32_t kb;
    es_datum *fields;
} made;

struct bench {
    es_arena *arena, *judged; /* of the evidence; of one judgement */
    const es_catalogue *catalogue;
    made facts[FACTS_MAX];
    uint32_t n_facts;
    made *package, *kernel;
    es_installation states[STATES_MAX];
    uint32_t n_states, left_out, fail;
    es_question question;
    es_asked *asked;
    uint32_t n_asked;
    es_datum *verdicts[8];
    const char *answers[8], *explanations[8];
    es_datum *rows[ROWS_MAX];
    uint32_t row_types[ROWS_MAX], n_rows;
    uint32_t places[LISTS_MAX][ROWS_MAX], n_of[LISTS_MAX]; /* of the rows of each list */
};

/* A bench without a state. */
bench *bench_empty(const es_catalogue *catalogue);
es_time bench_time(const char *word);
es_text bench_text(bench *on, const char *string);

#endif
