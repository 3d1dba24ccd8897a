/* SPDX-License-Identifier: Apache-2.0
 *
 * declared.c: see declared.h.
 */
#include "host/declared.h"

#include "host/limits.h"

#include <stddef.h>

/* The size of a struct whose last member in the first ABI was this one. */
#define THROUGH(type, member) ((uint32_t)(offsetof(type, member) + sizeof(((type *)0)->member)))
#define PLUGIN_FIRST THROUGH(es_plugin, end)
/* A struct larger than this is none. */
#define SIZE_MAX_DECLARED 4096u

typedef struct shape {
    uint32_t first; /* size in the first ABI: none is shorter */
    uint32_t ours;
    uint32_t most;  /* elements of a list */
    const char *refusal;
} shape;

#define SHAPE(type, last, most, refusal) { THROUGH(type, last), sizeof(type), most, refusal }
#define IN_LIST "declares a list that is missing or too long"

static const shape want = SHAPE(es_want, means, ES_DECLARED_MAX, IN_LIST);
static const shape fact = SHAPE(es_fact_type, time_means, ES_DECLARED_MAX, IN_LIST);
static const shape verdict = SHAPE(es_verdict_type, reserved, ES_DECLARED_MAX, IN_LIST);
static const shape row = SHAPE(es_row_type, fields, ES_DECLARED_MAX, IN_LIST);
static const shape need = SHAPE(es_need, type, ES_DECLARED_MAX, IN_LIST);
static const shape data = SHAPE(es_data, name, ES_DECLARED_MAX, IN_LIST);
static const shape field =
    SHAPE(es_field, means, ES_FIELDS_MAX, "declares a list of fields that is missing or too long");

typedef struct copying {
    es_arena *arena;
    const char *wrong;
} copying;

/* One list. What is not in theirs is zero in the copy, what ours does not know is left behind. */
static void *copy(copying *all, const shape *of, const void *list, uint32_t n)
{
    const char *from = list;
    uint32_t stride, size;
    char *to;

    if (all->wrong || n == 0)
        return NULL;
    all->wrong = n > of->most || !list ? of->refusal : NULL;
    if (all->wrong)
        return NULL;
    memcpy(&stride, from, sizeof stride);
    if (stride < of->first || stride > SIZE_MAX_DECLARED || stride % sizeof(void *))
        all->wrong = "declares a list whose elements are of no size that an ABI has had";
    to = all->wrong ? NULL : es_arena_take(all->arena, (uint64_t)n * of->ours);
    if (!all->wrong && !to)
        all->wrong = "declares more than there is memory for";
    for (uint32_t i = 0; !all->wrong && i < n; i++) {
        memcpy(&size, from + (size_t)i * stride, sizeof size);
        if (size != stride) {
            all->wrong = "declares a list whose elements are not of one size";
            break;
        }
        memcpy(to + (size_t)i * of->ours, from + (size_t)i * stride,
               stride < of->ours ? stride : of->ours);
        memcpy(to + (size_t)i * of->ours, &of->ours, sizeof of->ours);
    }
    return all->wrong ? NULL : to;
}

const char *es_declared_copy(es_arena *arena, const es_plugin *theirs, const es_plugin **ret_plugin)
{
    copying all = { arena, NULL };
    es_plugin *ours = es_arena_take(arena, sizeof *ours);
    es_fact_type *facts;
    es_verdict_type *verdicts;
    es_row_type *rows;

    if (!ours)
        return "declares more than there is memory for";
    if (theirs->size < PLUGIN_FIRST)
        return "has a description that is too short for its ABI";
    memcpy(ours, theirs, theirs->size < sizeof *ours ? theirs->size : sizeof *ours);
    ours->size = sizeof *ours;
    ours->wants = copy(&all, &want, ours->wants, ours->n_wants);
    ours->facts = facts = copy(&all, &fact, ours->facts, ours->n_facts);
    ours->verdicts = verdicts = copy(&all, &verdict, ours->verdicts, ours->n_verdicts);
    ours->rows = rows = copy(&all, &row, ours->rows, ours->n_rows);
    ours->needs = copy(&all, &need, ours->needs, ours->n_needs);
    ours->data = copy(&all, &data, ours->data, ours->n_data);
    for (uint32_t i = 0; !all.wrong && i < ours->n_facts; i++)
        facts[i].fields = copy(&all, &field, facts[i].fields, facts[i].n_fields);
    for (uint32_t i = 0; !all.wrong && i < ours->n_verdicts; i++)
        verdicts[i].fields = copy(&all, &field, verdicts[i].fields, verdicts[i].n_fields);
    for (uint32_t i = 0; !all.wrong && i < ours->n_rows; i++)
        rows[i].fields = copy(&all, &field, rows[i].fields, rows[i].n_fields);
    *ret_plugin = ours;
    return all.wrong;
}
