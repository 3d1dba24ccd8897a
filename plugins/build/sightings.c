/* SPDX-License-Identifier: Apache-2.0
 *
 * sightings.c: the history of builds: each that is known, when it was seen first and last.
 *
 * A sighting is a build with a time and the fact that states it. Some tell what ran: records of
 * starts and of uptime, the header of a crash dump, the header of a setup log, whose first boot
 * session ran under it. Others tell what lay on the disk: a state of the past when it was taken,
 * and CurrentBuildNumber from the last write of its key to the last write of its hive. A state
 * whose sources conflict is no sighting, nor is a record whose time is impossible or whose bytes
 * cannot be trusted.
 */
#include "build.h"

#include <stdio.h>
#include <stdlib.h>

#define N_BUILDS 32u

typedef struct seen {
    int32_t build;
    int32_t ran; /* some sighting tells that it did */
    uint32_t n;
    es_time first, last;
    const char *first_by, *last_by;
    uint64_t first_fact, last_fact;
} seen;

typedef struct history {
    seen builds[N_BUILDS];
    uint32_t n;
} history;

static void add(void *context, int32_t build, es_time time, const char *by, int ran, uint64_t fact)
{
    history *to = (history *)context;
    seen *one = NULL;

    for (uint32_t i = 0; i < to->n && !one; i++)
        one = to->builds[i].build == build ? &to->builds[i] : NULL;
    if (!one && to->n == N_BUILDS)
        return;
    if (!one) {
        one = &to->builds[to->n++];
        memset(one, 0, sizeof *one);
        one->build = build;
    }
    if (one->n == 0 || time.ticks < one->first.ticks) {
        one->first = time;
        one->first_by = by;
        one->first_fact = fact;
    }
    if (one->n == 0 || time.ticks > one->last.ticks) {
        one->last = time;
        one->last_by = by;
        one->last_fact = fact;
    }
    one->ran |= ran;
    one->n++;
}

/* ------------------------------------------------------------------ what is a sighting */

typedef struct walk {
    build_sighting_fn take;
    void *context;
} walk;

static void give(const walk *of, int32_t build, es_time time, const char *by, int ran,
                 uint64_t fact)
{
    if (build >= 0 && es_time_known(time) && !(time.flags & ES_TIME_IMPOSSIBLE))
        of->take(of->context, build, time, by, ran, fact);
}

static es_status give_run(void *context, const build_run *run)
{
    const es_fact_view *fact = &run->fact;
    const es_datum *kind = build_field(fact, "kind");
    const char *by = es_name_is(fact->type, "history.crash") ? "crash dump" : "event log";

    if (kind && kind->type == ES_FIELD_TEXT && es_name_is(kind->text, "boot-session"))
        by = "setup log";
    else if (kind && kind->type == ES_FIELD_TEXT && es_name_is(kind->text, "installed"))
        by = "setup";
    give((const walk *)context, run->build, fact->time, by, 1, fact->reference);
    return ES_OK;
}

static const char *state_word(const es_installation *state)
{
    return state->role == ES_ROLE_SNAPSHOT  ? "shadow copy"
           : state->role == ES_ROLE_REGBACK ? "RegBack"
                                            : "state";
}

/* A hive that is written anew after the number's key says that the number still stood. */
static void give_registry(const walk *of, const build_state *state)
{
    const build_claim *number = &state->number;

    if (!number->there || number->build < 0 || number->fact.damaged)
        return;
    give(of, number->build, state->number_written, "registry", 0, number->fact.reference);
    if (es_time_known(state->hive_written) && es_time_known(state->number_written) &&
        state->hive_written.ticks > state->number_written.ticks)
        give(of, number->build, state->hive_written, "registry", 0, state->hive_fact);
}

static es_status give_state(const es_host *host, const walk *of, const build_state *state)
{
    void *memory = NULL;
    build_finding *finding;
    es_status status = host->alloc(host, sizeof *finding, &memory);

    if (status)
        return status;
    finding = (build_finding *)memory;
    status = build_assess(host, state, finding);
    if (status || finding->status == BUILD_STATUS_CONFLICT)
        return status;
    if (finding->n_because) /* the first of them decides */
        give(of, finding->build, state->installation->state_time,
             state_word(state->installation), 0, finding->because[0]);
    give_registry(of, state);
    return ES_OK;
}

es_status build_each_sighting(const es_host *host, const build_state *states,
                              build_sighting_fn take, void *context)
{
    walk of = { take, context };
    es_status status = ES_OK;

    for (const build_state *each = states; each && status == ES_OK; each = each->next)
        status = give_state(host, &of, each);
    return status ? status : build_each_run(host, give_run, &of);
}

/* ------------------------------------------------------------------ the rows */

static int by_first(const void *left, const void *right)
{
    const seen *a = (const seen *)left, *b = (const seen *)right;

    if (a->first.ticks != b->first.ticks)
        return a->first.ticks < b->first.ticks ? -1 : 1;
    return a->build < b->build ? -1 : a->build > b->build;
}

static es_status put(const es_host *host, const seen *one)
{
    char build[16];
    uint64_t because[2] = { one->first_fact, one->last_fact };
    es_datum fields[8];
    es_row row = { sizeof row, BUILD_ROW_HISTORY, fields };

    (void)snprintf(build, sizeof build, "%d", (int)one->build);
    fields[0] = es_datum_text(es_text_of(build));
    fields[1] = es_datum_time(one->first);
    fields[2] = es_datum_text(es_text_of(one->first_by));
    fields[3] = es_datum_time(one->last);
    fields[4] = es_datum_text(es_text_of(one->last_by));
    fields[5] = es_datum_boolean(one->ran);
    fields[6] = es_datum_integer(one->n);
    fields[7] = es_datum_facts(because, because[0] == because[1] ? 1 : 2);
    return host->row(host, &row);
}

/* It is the machine's: the state that stands on the disk tells it, or one that has none. */
static int tells(const build_state *states)
{
    if (states->installation->role == ES_ROLE_CURRENT)
        return 1;
    for (const build_state *each = states; each; each = each->next)
        if (each->installation->role == ES_ROLE_CURRENT)
            return 0;
    return 1;
}

es_status build_tell_history(const es_host *host, const build_state *states)
{
    void *memory = NULL;
    history *all;
    es_status status = ES_OK;

    if (!tells(states))
        return ES_OK;
    status = host->alloc(host, sizeof *all, &memory);
    if (status)
        return status;
    all = (history *)memory;
    status = build_each_sighting(host, states, add, all);
    qsort(all->builds, all->n, sizeof *all->builds, by_first);
    for (uint32_t i = 0; i < all->n && status == ES_OK; i++)
        status = put(host, &all->builds[i]);
    return status;
}
