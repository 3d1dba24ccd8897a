/* SPDX-License-Identifier: Apache-2.0
 *
 * gather.h: what the files share that take facts in (gather.c, machine.c, marks.c) and fold.c, which
 * gives one entry a KB out.
 */
#ifndef ESUSCAN_PLUGIN_UPDATES_GATHER_H
#define ESUSCAN_PLUGIN_UPDATES_GATHER_H

#include "updates.h"

enum { TRACE_PACKAGE, TRACE_FILE, TRACE_EVENT, TRACE_HISTORY, TRACE_PATCH, TRACE_REGISTRATION };
enum { RANK_NONE, RANK_PART, RANK_WHOLE };
enum { RESULT_NONE, RESULT_INSTALLED, RESULT_FAILED, RESULT_UNINSTALLED, RESULT_OTHER };

/* One thing that speaks of a KB. */
typedef struct trace {
    uint32_t kb;
    uint32_t kind, rank, state, result;
    int32_t broken, mum, cat;
    es_time time;
    es_text version, client, user, user_name, title;
    uint64_t fact;
} trace;

/* Walk the facts of a type; `take` is called for each. */
typedef es_status (*take_fn)(work *of, void *context, const es_fact_view *view);
es_status each(work *of, const char *type, take_fn take, void *context);
/* Is it a fact of the state that is looked at? */
int is_own(const work *of, const es_fact_view *view);
/* The time up to which records count: that of the state, or, where it stands for a later day, that
 * day. */
es_time last_time(const work *of);
/* Keep the later, the earlier of sane times. */
void later(es_time *to, es_time time);
void earlier(es_time *to, es_time time);

es_status gather_marks(work *of);
es_status gather_machine(work *of);
es_status gather_components(work *of);

/* Fold the traces of a state into entries; sorts them. */
es_status fold(work *of, state_view *to, table *traces);
int is_sane(es_time time);
/* Of a day in local time only this is known: it began at most 14 hours before that day does in UTC,
 * and ended at most 12 hours behind it. */
#define DAY_BEFORE (INT64_C(14) * 3600 * ES_TICKS_PER_SECOND)
#define DAY_BEHIND (INT64_C(36) * 3600 * ES_TICKS_PER_SECOND)

#endif
