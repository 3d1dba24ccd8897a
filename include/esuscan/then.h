/* SPDX-License-Identifier: Apache-2.0
 *
 * then.h: which facts tell of a day of the past, where the examiner asks for one (--as-of).
 *
 * The newest earlier state of the judged system root at or before the day decides: a shadow copy,
 * or a RegBack where hives are enough. What is dated between it and the day adds to it. Where no
 * state reaches back only what is dated until the day tells anything; what has no date, or a later
 * one, does not: it may have come afterwards.
 *
 * A plugin that asks needs "hive.state" of the machine's states, and of theirs each type of fact
 * that it passes to es_then_counts():
 *
 *     es_then then;
 *     es_then_find(host, installation, question, 0, &then);
 *     … es_then_counts(&then, &fact) …
 *
 * Threading: as the callback.
 */
#ifndef ESUSCAN_THEN_H
#define ESUSCAN_THEN_H

#include <esuscan/names.h>
#include <esuscan/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct es_then {
    es_time at;    /* the day; unknown: none was asked for, or the judged state is not later */
    es_time taken; /* when the deciding state was taken; unknown: none reaches back */
    uint32_t by;   /* number of the deciding state, 0: none */
    uint32_t role; /* and its ES_ROLE_… */
} es_then;

static inline int es_then_asked(const es_then *then)
{
    return es_time_known(then->at);
}

static inline int es_then_is_earlier(const es_then *then, const es_installation *state,
                                     const es_installation *judged, int hives_are_enough)
{
    return (state->role == ES_ROLE_SNAPSHOT ||
            (hives_are_enough && state->role == ES_ROLE_REGBACK)) &&
           state->id != judged->id && state->volume == judged->volume &&
           es_name_same(state->system_root, judged->system_root) &&
           es_time_known(state->state_time) && state->state_time.ticks <= then->at.ticks &&
           (!then->by || state->state_time.ticks > then->taken.ticks);
}

/* The judged state ends when it was taken; the present one with the last write of a hive. */
static inline es_status es_then_find(const es_host *host, const es_installation *judged,
                                     const es_question *question, int hives_are_enough,
                                     es_then *ret)
{
    es_time end = judged->state_time;
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status = ES_END;

    memset(ret, 0, sizeof *ret);
    if (!question || !es_time_known(question->as_of))
        return ES_OK;
    ret->at = question->as_of;
    while ((status = host->fact_next(host, es_text_of("hive.state"), &cursor, &fact)) == ES_OK) {
        if (fact.own && !es_time_known(judged->state_time) && es_time_known(fact.time) &&
            (!es_time_known(end) || fact.time.ticks > end.ticks))
            end = fact.time;
        if (es_then_is_earlier(ret, fact.installation, judged, hives_are_enough)) {
            ret->by = fact.installation->id;
            ret->role = fact.installation->role;
            ret->taken = fact.installation->state_time;
        }
    }
    if (es_time_known(end) && end.ticks <= ret->at.ticks)
        memset(ret, 0, sizeof *ret);
    return status < 0 ? status : ES_OK;
}

/* Whether a fact is of the state that decides: the judged one where no other does. */
static inline int es_then_of_state(const es_then *then, const es_fact_view *fact)
{
    return then->by ? fact->installation->id == then->by : fact->own != 0;
}

/* Whether a fact of the judged state tells by its own time that it held on the day. `firm`: its
 * time is that of the thing itself, and not one that a file may have brought along. */
static inline int es_then_dated(const es_then *then, const es_fact_view *fact, int firm)
{
    return fact->own && firm && es_time_known(fact->time) &&
           !(fact->time.flags & ES_TIME_IMPOSSIBLE) && fact->time.ticks <= then->at.ticks &&
           (!then->by || fact->time.ticks > then->taken.ticks);
}

/* Whether a fact holds of the day. */
static inline int es_then_counts(const es_then *then, const es_fact_view *fact, int firm)
{
    if (!es_then_asked(then))
        return fact->own != 0;
    if (then->by && fact->installation->id == then->by)
        return 1;
    return es_then_dated(then, fact, firm);
}

#ifdef __cplusplus
}
#endif

#endif
