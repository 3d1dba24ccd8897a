/* SPDX-License-Identifier: Apache-2.0
 *
 * turn.c: which update made the machine 6003.
 *
 * No KB is known to be the one: sources disagree of the last preview of build 6002, several updates
 * bring 6003 by themselves, and any later rollup does. So every update is a candidate of which the
 * catalogue says that it brings 6003, or leaves it open (brings.c), and which a package or a record
 * shows as installed in time: an update takes effect with the first start after its installation,
 * so it was installed after the last start at another build, and before the machine was found at
 * 6003. Of those the first that surely brings it decides, together with all that may have taken
 * effect before it or with the same start. One left: it is named. More: none is, and the
 * explanation names them.
 *
 * Without any evidence of another build the machine may have been installed at 6003. It was, when
 * its first start on record came right after setup, or when what brings 6003 is older than setup:
 * its medium held it. A rollup of build 6002 installed before the candidate is evidence against,
 * and so is setup before the first update of 6003 came out.
 */
#include "build.h"

#include <esuscan/catalogue.h>
#include <stdio.h>

/* Servicing writes that it is done just after the start that does it. */
#define DONE_WITHIN (INT64_C(3600) * ES_TICKS_PER_SECOND)
/* The first start recorded at 6003 within this time of setup: it was installed so. */
#define INSTALLED_WITHIN (INT64_C(86400) * ES_TICKS_PER_SECOND)
/* Where boot records do not reach back, updates installed within this time may share a start. */
#define START_WITHIN (INT64_C(86400) * ES_TICKS_PER_SECOND)

/* What is on record of one update. */
typedef struct record {
    es_time first; /* installed in time */
    uint64_t fact;
    uint64_t undated_fact; /* installed, without a time to rely on */
    int32_t elsewhere;     /* installed at a time that is out of the question */
    int32_t certain;       /* one of its installations surely brought 6003 */
} record;

typedef struct search {
    const es_catalogue *catalogue; /* may be NULL */
    build_turn *turn;
    record *records; /* one for each update of the catalogue */
    uint32_t n;
    es_time at_6002; /* the first rollup of build 6002 */
    es_time installed, start; /* setup; the first start behind `after` */
    uint64_t installed_fact;
    es_time after;
    uint64_t start_fact;
    int32_t reaches; /* boot records do, behind `after` */
} search;

static es_text word_of(const es_fact_view *fact, const char *name)
{
    const es_datum *field = build_field(fact, name);
    es_text none = { "", 0 };

    return field && field->type == ES_FIELD_TEXT ? field->text : none;
}

static int is_done(const es_fact_view *fact)
{
    static const char *const states[] = { "installed", "permanent", "superseded" };
    es_text result = word_of(fact, "result"), state = word_of(fact, "state");

    if (result.size)
        return es_name_is(result, "installed") || es_name_is(result, "restart-required");
    for (uint32_t i = 0; i < ES_COUNT(states); i++)
        if (es_name_is(state, states[i]))
            return 1;
    return 0;
}

static int can_be_relied_on(const es_fact_view *fact)
{
    return es_time_known(fact->time) && !(fact->time.flags & ES_TIME_IMPOSSIBLE) &&
           !fact->damaged;
}

static int64_t later(es_time time, int64_t by)
{
    return time.ticks > INT64_MAX - by ? INT64_MAX : time.ticks + by;
}

static int is_in_time(const build_turn *turn, es_time time)
{
    return (!es_time_known(turn->not_after) ||
            time.ticks <= later(turn->not_after, DONE_WITHIN)) &&
           (!es_time_known(turn->session) || time.ticks >= turn->session.ticks);
}

/* The third part of a package's version: 4 of "6.0.4.0"; -1 when it has none. */
static int64_t issue_of(es_text version)
{
    int64_t issue = -1;
    uint32_t part = 0;

    for (uint64_t i = 0; i < version.size && part < 3; i++) {
        if (version.data[i] == '.')
            part++;
        else if (version.data[i] < '0' || version.data[i] > '9' || issue > 65535)
            return -1;
        else if (part == 2)
            issue = (issue < 0 ? 0 : issue * 10) + (version.data[i] - '0');
    }
    return part == 3 ? issue : -1;
}

/* Of an update that was issued several times the catalogue lists one issue: a package's version
 * says which it is, of anything else the date whether it can be. */
static int is_certain(const es_catalogue_update *update, uint32_t how, const es_fact_view *fact)
{
    int64_t issue = issue_of(word_of(fact, "version"));

    if (how != BUILD_BRINGS_IN_AN_ISSUE)
        return how == BUILD_BRINGS;
    if (issue >= 0 && es_catalogue_issue(update))
        return issue >= es_catalogue_issue(update);
    return es_time_known(update->released) && fact->time.ticks >= update->released.ticks;
}

static es_status take(void *context, const es_fact_view *fact)
{
    search *in = (search *)context;
    const es_catalogue_update *update =
        es_catalogue_find(in->catalogue, es_kb_number(word_of(fact, "kb")));
    uint32_t how = update ? build_brings(in->catalogue, update) : BUILD_BRINGS_NOT;
    record *of = update ? &in->records[update->index] : NULL;

    if (es_name_is(fact->type, "servicing.package"))
        in->turn->packages_there = 1;
    if (how == BUILD_BRINGS_NOT || !is_done(fact))
        return ES_OK;
    if (how == BUILD_BRINGS_6002) {
        if (can_be_relied_on(fact) &&
            (!es_time_known(in->at_6002) || fact->time.ticks < in->at_6002.ticks))
            in->at_6002 = fact->time;
    } else if (!can_be_relied_on(fact)) {
        of->undated_fact = fact->reference;
        of->certain |= how == BUILD_BRINGS;
    } else if (!is_in_time(in->turn, fact->time)) {
        of->elsewhere = 1;
        if (!in->turn->elsewhere && is_certain(update, how, fact))
            in->turn->elsewhere = update->kb;
    } else {
        of->certain |= is_certain(update, how, fact);
        if (!es_time_known(of->first) || fact->time.ticks < of->first.ticks) {
            of->first = fact->time;
            of->fact = fact->reference;
        }
    }
    return ES_OK;
}

static es_status find_installed(void *context, const es_fact_view *fact)
{
    search *in = (search *)context;

    if (fact->own && can_be_relied_on(fact)) {
        in->installed = fact->time;
        in->installed_fact = fact->reference;
    }
    return ES_OK;
}

/* Setup ended before anything that may bring 6003 came out: it was another build. */
static void bound_by_setup(search *in)
{
    build_turn *turn = in->turn;
    es_time earliest = { INT64_MAX, ES_TIME_NONE, 0 };

    for (uint32_t i = 0; i < in->n; i++) {
        const es_catalogue_update *update = in->catalogue->updates[i];

        if (es_time_known(update->released) && update->released.ticks < earliest.ticks &&
            build_brings(in->catalogue, update) >= BUILD_BRINGS_PERHAPS)
            earliest = update->released;
    }
    if (!es_time_known(in->installed) || !es_time_known(earliest) ||
        in->installed.ticks >= earliest.ticks ||
        (es_time_known(turn->not_after) && in->installed.ticks >= turn->not_after.ticks))
        return;
    build_session(turn, in->installed);
    build_lower_bound(turn, in->installed, in->installed_fact);
}

static es_status find_start(void *context, const es_fact_view *fact)
{
    search *in = (search *)context;
    build_run run;

    if (!build_run_of(fact, &run))
        return ES_OK;
    if (run.started.ticks <= in->after.ticks)
        in->reaches = 1;
    else if (!es_time_known(in->start) || run.started.ticks < in->start.ticks) {
        in->start = run.started;
        in->start_fact = fact->reference;
    }
    return ES_OK;
}

/* The machine was off then, so what was installed before took effect no later than with the start
 * that followed. */
static es_status find_shutdown(void *context, const es_fact_view *fact)
{
    search *in = (search *)context;

    if (can_be_relied_on(fact) && fact->time.ticks > in->after.ticks &&
        (!es_time_known(in->start) || fact->time.ticks < in->start.ticks)) {
        in->start = fact->time;
        in->start_fact = 0;
    }
    return ES_OK;
}

/* ------------------------------------------------------------------ which of them */

static int is_late(const build_turn *turn, es_time time)
{
    return es_time_known(turn->not_after) && time.ticks > turn->not_after.ticks;
}

/* The first that surely brings 6003; one whose only record is just after the first start at 6003
 * only when none is before. NULL: none does. */
static const record *find_first(const search *in)
{
    const record *first = NULL;

    for (uint32_t i = 0; i < in->n; i++)
        if (in->records[i].certain && es_time_known(in->records[i].first) &&
            (!first || in->records[i].first.ticks < first->first.ticks))
            first = &in->records[i];
    return first;
}

/* Can the update have been there by then? One without a time can, once it had come out. */
static int was_there(const search *in, uint32_t index, int64_t until)
{
    const record *of = &in->records[index];
    es_time released = in->catalogue->updates[index]->released;

    if (es_time_known(of->first))
        return of->first.ticks <= until;
    return of->undated_fact && !of->elsewhere &&
           (!es_time_known(released) || released.ticks <= until);
}

static void add_candidate(search *in, uint32_t index)
{
    const es_catalogue_update *update = in->catalogue->updates[index];
    const record *of = &in->records[index];
    build_turn *turn = in->turn;
    build_candidate made = { update->kb, of->certain ? BUILD_BRINGS : BUILD_BRINGS_PERHAPS,
                             es_time_known(of->first) ? of->fact : of->undated_fact, of->first };
    uint32_t at = turn->n_candidates;

    if (at == BUILD_N_CANDIDATES) {
        turn->n_more++;
        return;
    }
    while (at && es_time_known(made.time) && (!es_time_known(turn->candidates[at - 1].time) ||
                                              turn->candidates[at - 1].time.ticks >
                                                  made.time.ticks)) {
        turn->candidates[at] = turn->candidates[at - 1];
        at--;
    }
    turn->candidates[at] = made;
    turn->n_candidates++;
}

/* Until when an update may have taken effect together with the first. */
static es_status find_end(const es_host *host, search *in, es_time first, int64_t *ret_until)
{
    const build_turn *turn = in->turn;
    es_status status;

    in->after = first;
    status = build_each(host, "history.boot", find_start, in);
    if (status == ES_OK)
        status = build_each(host, "build.shutdown", find_shutdown, in);
    *ret_until = in->reaches ? INT64_MAX : later(first, START_WITHIN);
    if (es_time_known(in->start) && in->start.ticks < *ret_until)
        *ret_until = in->start.ticks;
    if (es_time_known(turn->not_after) && !is_late(turn, first) &&
        turn->not_after.ticks < *ret_until)
        *ret_until = turn->not_after.ticks;
    return status;
}

static es_status choose(const es_host *host, search *in, const record *first)
{
    int64_t until = es_time_known(in->turn->not_after) ? later(in->turn->not_after, DONE_WITHIN)
                                                       : INT64_MAX;
    es_status status = first ? find_end(host, in, first->first, &until) : ES_OK;

    for (uint32_t i = 0; status == ES_OK && i < in->n; i++)
        if (was_there(in, i, until))
            add_candidate(in, i);
    return status;
}

static es_status name_it(const es_host *host, build_turn *turn)
{
    const size_t size = 16;
    void *memory = NULL;
    es_status status = host->alloc(host, size, &memory);

    if (status)
        return status;
    (void)snprintf((char *)memory, size, "KB%u", (unsigned)turn->candidates[0].kb);
    turn->update = es_text_of((const char *)memory);
    return ES_OK;
}

/* Before the first of them was installed it had not turned; with the start that followed it had. */
static void narrow(const search *in)
{
    build_turn *turn = in->turn;
    es_time first = turn->candidates[0].time;

    if (!es_time_known(first) || is_late(turn, first) || turn->n_more ||
        !es_time_known(turn->candidates[turn->n_candidates - 1].time))
        return;
    if (!es_time_known(turn->not_before) || turn->not_before.ticks < first.ticks)
        turn->not_before = first;
    if (in->start_fact && es_time_known(turn->not_after) &&
        in->start.ticks < turn->not_after.ticks) {
        turn->not_after = in->start;
        turn->because[1] = in->start_fact;
    }
}

/* ------------------------------------------------------------------ installed so */

/* Nothing tells of another build, and what brings 6003 was there when setup ended; or nothing that
 * brings it was installed, and 6003 is what first ran. */
static int was_born(const search *in, const record *first)
{
    const build_turn *turn = in->turn;

    if (es_time_known(turn->session) || es_time_known(turn->not_before) ||
        !es_time_known(in->installed))
        return 0;
    if (first)
        return first->first.ticks <= in->installed.ticks;
    return !turn->n_candidates && turn->run_at_6003 &&
           turn->not_after.ticks >= in->installed.ticks &&
           turn->not_after.ticks - in->installed.ticks < INSTALLED_WITHIN;
}

static es_status decide(const es_host *host, search *in)
{
    build_turn *turn = in->turn;
    const record *first = find_first(in);
    es_status status = choose(host, in, first);

    if (status)
        return status;
    if (was_born(in, first)) {
        turn->update = es_text_of("installed-as-6003");
        return ES_OK;
    }
    if (turn->n_candidates == 0)
        return ES_OK;
    if (!es_time_known(turn->session) && !es_time_known(turn->not_before) &&
        !(first && es_time_known(in->at_6002) && in->at_6002.ticks < first->first.ticks)) {
        turn->perhaps_born = 1;
        return ES_OK;
    }
    if (turn->n_candidates == 1)
        status = name_it(host, turn);
    narrow(in);
    return status;
}

es_status build_turn_update(const es_host *host, build_turn *turn)
{
    static const char *const types[] = { "servicing.package", "history.servicing",
                                         "history.update" };
    search in;
    void *memory = NULL;
    es_status status;

    memset(&in, 0, sizeof in);
    in.catalogue = build_catalogue(host);
    in.turn = turn;
    in.n = in.catalogue ? in.catalogue->n_updates : 0;
    if (!turn->at_6003 || turn->contradicts)
        return ES_OK;
    status = host->alloc(host, (in.n + (uint64_t)1) * sizeof *in.records, &memory);
    in.records = (record *)memory;
    if (status == ES_OK)
        status = build_each(host, "build.installed", find_installed, &in);
    if (status == ES_OK)
        bound_by_setup(&in);
    for (uint32_t i = 0; status == ES_OK && i < ES_COUNT(types); i++)
        status = build_each(host, types[i], take, &in);
    return status ? status : decide(host, &in);
}
