/* SPDX-License-Identifier: Apache-2.0
 *
 * runs.c: boot records: which build ran, and when.
 *
 * A record that states a build was written by the system that ran. The latest start is the last
 * boot: when it states no build (its record of the version was lost), the build that last ran is
 * not known, whatever earlier records say.
 *
 * Records are ordered by time: a log that was cleared begins to count anew. A record whose time is
 * impossible is left out.
 */
#include "build.h"

/* Records of one start are written within minutes. */
#define SAME_START (INT64_C(600) * ES_TICKS_PER_SECOND)

static int32_t number_of(const es_fact_view *fact, const char *name)
{
    const es_datum *field = build_field(fact, name);

    if (!field || field->type != ES_FIELD_INTEGER || field->integer < 0 ||
        field->integer > INT32_MAX)
        return -1;
    return (int32_t)field->integer;
}

static int is_kind(const es_fact_view *fact, const char *kind)
{
    const es_datum *field = build_field(fact, "kind");

    return field && field->type == ES_FIELD_TEXT && es_name_is(field->text, kind);
}

/* When the start was that this record tells of. */
static es_time start_of(const es_fact_view *fact)
{
    const es_datum *started = build_field(fact, "started");
    int32_t uptime = number_of(fact, "uptime");
    es_time time = fact->time;

    if (started && started->type == ES_FIELD_TIME && es_time_known(started->time))
        return started->time;
    if (uptime > 0 && time.ticks > uptime * ES_TICKS_PER_SECOND) {
        time.ticks -= uptime * ES_TICKS_PER_SECOND;
        time.precision = ES_TIME_SECOND;
    }
    return time;
}

int build_run_of(const es_fact_view *fact, build_run *ret)
{
    ret->there = 0;
    if (!es_time_known(fact->time) || (fact->time.flags & ES_TIME_IMPOSSIBLE))
        return 0;
    ret->fact = *fact;
    ret->build = number_of(fact, "build");
    ret->revision = number_of(fact, "revision");
    ret->started = start_of(fact);
    return is_kind(fact, "start") || is_kind(fact, "version") || is_kind(fact, "uptime");
}

void build_add_run(build_state *state, const es_fact_view *fact)
{
    build_run run;

    if (!build_run_of(fact, &run))
        return;
    state->n_runs++;
    /* of the records of one start the first is the nearest to it */
    if (!is_kind(fact, "uptime") &&
        (!state->start.there || fact->time.ticks > state->start.fact.time.ticks + SAME_START ||
         (fact->time.ticks > state->start.fact.time.ticks - SAME_START &&
          run.started.ticks < state->start.started.ticks))) {
        state->start = run;
        state->start.there = 1;
    }
    if (run.build < 0)
        return;
    /* of the records of one start the one with the revision says most */
    if (!state->run.there || fact->time.ticks > state->run.fact.time.ticks + SAME_START ||
        (run.build != state->run.build && fact->time.ticks >= state->run.fact.time.ticks) ||
        (run.revision >= 0 && state->run.revision < 0 &&
         fact->time.ticks > state->run.fact.time.ticks - SAME_START)) {
        state->run = run;
        state->run.there = 1;
    }
}

const build_run *build_last_run(const build_state *state)
{
    if (!state->run.there ||
        (state->start.there &&
         state->start.fact.time.ticks > state->run.fact.time.ticks + SAME_START))
        return NULL;
    return &state->run;
}

const build_run *build_last_start(const build_state *state)
{
    /* the daily record counts from its start: another one than that on record came later */
    if (!state->start.there ||
        state->run.started.ticks > state->start.started.ticks + SAME_START)
        return &state->run;
    return &state->start;
}

/* ------------------------------------------------------------------ the change to 6003 */

es_status build_each(const es_host *host, const char *type, build_each_fn take, void *context)
{
    uint64_t cursor = 0;
    es_fact_view fact;
    es_status status = ES_OK;

    while (status == ES_OK) {
        status = host->fact_next(host, es_text_of(type), &cursor, &fact);
        if (status == ES_OK)
            status = take(context, &fact);
    }
    return status > 0 ? ES_OK : status;
}

/* What states that a build ran: beside boot records the header of a crash dump, the first boot
 * session of a setup log, under which its header was written, and the record of setup on what it
 * installed. These tell of one moment, so what last ran is not to be learnt from them. */
static int tells_run(const es_fact_view *fact, build_run *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->there = build_run_of(fact, ret) || is_kind(fact, "boot-session") ||
                 is_kind(fact, "installed") || es_name_is(fact->type, "history.crash");
    return ret->there && es_time_known(fact->time) && !(fact->time.flags & ES_TIME_IMPOSSIBLE) &&
           !fact->damaged && number_of(fact, "build") >= 0;
}

typedef struct run_walk {
    build_run_fn take;
    void *context;
} run_walk;

static es_status take_run(void *context, const es_fact_view *fact)
{
    run_walk *walk = (run_walk *)context;
    build_run run;

    if (!tells_run(fact, &run))
        return ES_OK;
    run.fact = *fact;
    run.build = number_of(fact, "build");
    run.revision = number_of(fact, "revision");
    run.started = start_of(fact);
    return walk->take(walk->context, &run);
}

es_status build_each_run(const es_host *host, build_run_fn take, void *context)
{
    run_walk walk = { take, context };
    es_status status = build_each(host, "history.boot", take_run, &walk);

    return status ? status : build_each(host, "history.crash", take_run, &walk);
}

static es_status first_6003(void *context, const build_run *run)
{
    build_run *first = (build_run *)context;

    if (run->build == 6003 &&
        (!first->there || run->fact.time.ticks < first->fact.time.ticks))
        *first = *run;
    return ES_OK;
}

typedef struct earlier {
    build_run first; /* at 6003 */
    build_run last;  /* at another build, before it */
    es_time session; /* the last start before it: what was installed since took effect with it */
    int32_t later;   /* one came after it */
} earlier;

static es_status last_before(void *context, const build_run *run)
{
    earlier *at = (earlier *)context;

    if (run->build == 6003)
        return ES_OK;
    if (at->first.there && run->fact.time.ticks > at->first.fact.time.ticks)
        at->later = 1;
    else if (!at->last.there || run->fact.time.ticks > at->last.fact.time.ticks)
        at->last = *run;
    if (is_kind(&run->fact, "dump") && run->started.ticks == run->fact.time.ticks)
        return ES_OK; /* it does not say since when */
    if (!(at->first.there && run->started.ticks > at->first.started.ticks) &&
        (!es_time_known(at->session) || run->started.ticks > at->session.ticks))
        at->session = run->started;
    return ES_OK;
}

es_status build_runs_bound(const es_host *host, build_turn *turn)
{
    earlier at;
    es_status status;

    memset(&at, 0, sizeof at);
    status = build_each_run(host, first_6003, &at.first);
    if (status == ES_OK)
        status = build_each_run(host, last_before, &at);
    if (status)
        return status;
    if (at.first.there) {
        build_upper_bound(turn, at.first.fact.time, at.first.fact.reference);
        turn->run_at_6003 = turn->because[1] == at.first.fact.reference;
    }
    build_session(turn, at.session);
    if (at.last.there)
        build_lower_bound(turn, at.last.fact.time, at.last.fact.reference);
    turn->returned = at.later;
    return ES_OK;
}
