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

    return field && field->type == ES_FIELD_TEXT && build_text_is(field->text, kind);
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

typedef es_status (*each_fn)(void *context, const es_fact_view *fact);

static es_status each(const es_host *host, const char *type, each_fn take, void *context)
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
                 is_kind(fact, "installed") || build_text_is(fact->type, "history.crash");
    return ret->there && es_time_known(fact->time) && !(fact->time.flags & ES_TIME_IMPOSSIBLE) &&
           !fact->damaged && number_of(fact, "build") >= 0;
}

es_status build_each_run(const es_host *host, build_run_fn take, void *context)
{
    static const char *const types[] = { "history.boot", "history.crash" };
    es_status status = ES_OK;

    for (uint32_t i = 0; i < ES_COUNT(types) && status == ES_OK; i++) {
        uint64_t cursor = 0;
        es_fact_view fact;
        build_run run;

        while (status == ES_OK) {
            status = host->fact_next(host, es_text_of(types[i]), &cursor, &fact);
            if (status || !tells_run(&fact, &run))
                continue;
            run.fact = fact;
            run.build = number_of(&fact, "build");
            run.revision = number_of(&fact, "revision");
            run.started = start_of(&fact);
            status = take(context, &run);
        }
        status = status > 0 ? ES_OK : status;
    }
    return status;
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
    if (!(at->first.there && run->started.ticks > at->first.started.ticks) &&
        (!es_time_known(at->session) || run->started.ticks > at->session.ticks))
        at->session = run->started;
    return ES_OK;
}

static es_status find_installed(void *context, const es_fact_view *fact)
{
    es_fact_view *installed = (es_fact_view *)context;

    if (fact->own && es_time_known(fact->time))
        *installed = *fact;
    return ES_OK;
}

/* An update known to change the build that was installed, or waited for a restart, between the last
 * start at another build and the first at 6003; servicing writes that it is done just after. */
#define DONE_WITHIN (INT64_C(3600) * ES_TICKS_PER_SECOND)

static int is_done(es_text result)
{
    return build_text_is(result, "installed") || build_text_is(result, "restart-required");
}

typedef struct bringer {
    const build_turn *turn;
    es_fact_view found;
    es_text kb;
} bringer;

static es_status find_bringer(void *context, const es_fact_view *fact)
{
    bringer *of = (bringer *)context;
    const es_datum *kb = build_field(fact, "kb"), *result = build_field(fact, "result");
    const build_turn *turn = of->turn;

    if (!kb || kb->type != ES_FIELD_TEXT || !result || result->type != ES_FIELD_TEXT ||
        !is_done(result->text) || !build_package_changes_build(kb->text) ||
        !es_time_known(fact->time) || fact->time.ticks > turn->not_after.ticks + DONE_WITHIN ||
        fact->time.ticks < turn->session.ticks ||
        (of->kb.size && fact->time.ticks >= of->found.time.ticks))
        return ES_OK;
    of->found = *fact;
    of->kb = kb->text;
    return ES_OK;
}

/* The first start recorded at 6003 within this time of setup: it was installed so. */
#define INSTALLED_WITHIN (INT64_C(86400) * ES_TICKS_PER_SECOND)

es_status build_turn_update(const es_host *host, build_turn *turn)
{
    bringer of = { turn, { 0 }, { "", 0 } };
    es_fact_view installed;
    es_status status;

    memset(&installed, 0, sizeof installed);
    if (!es_time_known(turn->not_after))
        return ES_OK;
    status = each(host, "build.installed", find_installed, &installed);
    if (status)
        return status;
    if (!es_time_known(turn->session)) {
        if (turn->run_at_6003 && es_time_known(installed.time) &&
            turn->not_after.ticks >= installed.time.ticks &&
            turn->not_after.ticks - installed.time.ticks < INSTALLED_WITHIN)
            turn->update = es_text_of("installed-as-6003");
        return ES_OK;
    }
    status = each(host, "history.servicing", find_bringer, &of);
    if (status == ES_OK)
        status = each(host, "history.update", find_bringer, &of);
    if (status == ES_OK && of.kb.size) {
        turn->update = of.kb;
        turn->update_fact = of.found.reference;
    }
    return status;
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
        turn->session = at.session;
    }
    if (at.last.there)
        build_lower_bound(turn, at.last.fact.time, at.last.fact.reference);
    turn->returned = at.later;
    return ES_OK;
}
