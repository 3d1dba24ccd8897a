/* SPDX-License-Identifier: Apache-2.0
 *
 * gather.h: what gather.c (facts in) and fold.c (one entry a KB out) share.
 */
#ifndef ESUSCAN_PLUGIN_UPDATES_GATHER_H
#define ESUSCAN_PLUGIN_UPDATES_GATHER_H

#include "updates.h"

enum { TRACE_PACKAGE, TRACE_FILE, TRACE_EVENT, TRACE_HISTORY };
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

/* Fold the traces of a state into entries; sorts them. */
es_status fold(work *of, state_view *to, table *traces);
int is_sane(es_time time);

#endif
