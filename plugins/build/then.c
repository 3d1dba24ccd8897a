/* SPDX-License-Identifier: Apache-2.0
 *
 * then.c: the build on a day of the past, where the examiner asks for one.
 *
 * A shadow copy at or before the day decides: it is a state of its own, with kernel and registry.
 * Another build that was seen between the two decides against it, and an update that was installed
 * between them and may have brought 6003 leaves it open, unless a start after that is on record.
 * Where there is no shadow copy a record of what ran decides: it tells what ran from then to the
 * next start.
 * Whatever else was seen before the day (a backup of the hives, a registry key, a dump) decides
 * only when the next thing seen after it is of the same build: that it changed and changed back in
 * between is not assumed. The end of the record stands for what was seen last. And it decides while
 * the machine cannot have turned 6003 yet, by what is known of when it did (turn.c).
 */
#include "build.h"

typedef struct sighting {
    es_time time;
    int32_t build;
    int32_t ran; /* it is known to have run then */
    uint64_t fact;
} sighting;

typedef struct search {
    int64_t at;
    build_run started;      /* the last record of what ran, at or before the day */
    sighting before, after; /* the nearest of all; build -1: none */
} search;

static void take_sighting(void *context, int32_t build, es_time time, const char *by, int ran,
                          uint64_t fact)
{
    search *to = (search *)context;
    sighting *side = time.ticks <= to->at ? &to->before : &to->after;

    (void)by;
    if (side->build < 0 || (side == &to->before ? time.ticks > side->time.ticks
                                                : time.ticks < side->time.ticks))
        *side = (sighting){ time, build, ran, fact };
}

static es_status take_run(void *context, const build_run *run)
{
    search *to = (search *)context;
    build_run boot;

    if (run->fact.time.ticks <= to->at && build_run_of(&run->fact, &boot) &&
        (!to->started.there || run->fact.time.ticks > to->started.fact.time.ticks)) {
        to->started = *run;
        to->started.there = 1;
    }
    return ES_OK;
}

/* The newest shadow copy at or before the day, older than the judged state. */
static const build_state *copy_before(const build_state *states, int64_t at)
{
    const build_state *found = NULL;

    for (const build_state *each = states->next; each; each = each->next) {
        const es_installation *one = each->installation;

        if (one->role == ES_ROLE_SNAPSHOT && es_time_known(one->state_time) &&
            one->state_time.ticks <= at &&
            (!found || found->installation->state_time.ticks < one->state_time.ticks))
            found = each;
    }
    return found;
}

/* When the judged state ends: what came later it cannot tell. */
static es_time end_of(const build_state *state)
{
    es_time end = state->installation->state_time;
    const es_time seen[] = { state->hive_written, state->number_written,
                             state->run.there ? state->run.fact.time : state->hive_written,
                             state->start.there ? state->start.fact.time : state->hive_written };

    if (es_time_known(end))
        return end;
    for (uint32_t i = 0; i < ES_COUNT(seen); i++)
        if (es_time_known(seen[i]) && (!es_time_known(end) || seen[i].ticks > end.ticks))
            end = seen[i];
    return end;
}

/* A finding of one record: of the kernel and the registry of that day nothing is left. */
static es_status found_by(const es_host *host, build_finding *to, const sighting *by, int32_t build)
{
    const es_installation *installation = to->state->installation;
    int32_t nt[2] = { to->nt[0], to->nt[1] };
    void *memory = NULL;
    build_state *empty;
    es_status status = host->alloc(host, sizeof *empty, &memory);

    if (status)
        return status;
    empty = (build_state *)memory;
    empty->installation = installation;
    empty->newest_build = empty->newest_revision = -1;
    memset(to, 0, sizeof *to);
    to->state = empty;
    to->nt[0] = nt[0];
    to->nt[1] = nt[1];
    status = es_prose_make(host, 4000, &to->remarks);
    if (status)
        return status;
    to->build = build;
    to->by = build < 0 ? BUILD_BY_NOTHING : BUILD_BY_RECORD;
    to->answer = build_answer_of(to);
    to->status = BUILD_STATUS_INSUFFICIENT;
    if (by->build >= 0)
        to->because[to->n_because++] = by->fact;
    return ES_OK;
}

static void say_sighting(es_prose *to, const char *when, const sighting *seen)
{
    char time[ES_TIME_WORD_SIZE];

    if (seen->build >= 0)
        es_prose_say(to, "%s it build %d was seen (%s). ", when, (int)seen->build,
                     es_time_word(seen->time, time));
}

/* Seen at 6002 before the day, and it turned 6003 after it. */
static int had_not_turned(const search *of, const build_turn *turn)
{
    return of->before.build == 6002 && turn->at_6003 && !turn->contradicts && !turn->returned &&
           es_time_known(turn->not_before) && of->at < turn->not_before.ticks;
}

/* No shadow copy: a record of what ran, else what was seen on both sides. */
static es_status by_records(const es_host *host, const build_state *states, const build_turn *turn,
                            search *of, build_finding *finding)
{
    char time[ES_TIME_WORD_SIZE];
    int32_t build = -1;
    es_status status;

    if (of->started.there)
        of->before = (sighting){ of->started.fact.time, of->started.build, 1,
                                 of->started.fact.reference };
    if (of->after.build < 0 && finding->build >= 0 && finding->n_because)
        of->after = (sighting){ end_of(states), finding->build, 0, finding->because[0] };
    if (of->started.there || (of->before.build >= 0 && of->before.build == of->after.build) ||
        had_not_turned(of, turn))
        build = of->before.build;
    status = found_by(host, finding, &of->before, build);
    if (status)
        return status;
    if (of->after.build >= 0 && !of->started.there && !had_not_turned(of, turn))
        finding->because[finding->n_because++] = of->after.fact;
    if (of->started.there) {
        finding->run = finding->start = &of->started;
        es_prose_say(&finding->remarks, "For the day that was asked for the record of %s of what "
                                        "ran decides. ",
                     es_time_word(of->started.fact.time, time));
    } else {
        es_prose_say(&finding->remarks, "Neither a shadow copy nor a record of what ran reaches "
                                        "back to the day that was asked for. ");
        say_sighting(&finding->remarks, "Before", &of->before);
        say_sighting(&finding->remarks, "After", &of->after);
        if (had_not_turned(of, turn)) {
            for (uint32_t i = 0; i < turn->n_because; i++)
                build_because(finding, turn->because[i]);
            es_prose_say(&finding->remarks, "It did not turn 6003 before %s. ",
                         es_time_word(turn->not_before, time));
        }
    }
    return ES_OK;
}

/* What may have turned the machine 6003 between a shadow copy at 6002 and the day; NULL: nothing. */
static const build_candidate *turned_since(const search *of, const build_turn *turn, es_time taken)
{
    for (uint32_t i = 0; i < turn->n_candidates; i++) {
        es_time time = turn->candidates[i].time;

        if (es_time_known(time) && time.ticks > taken.ticks && time.ticks <= of->at &&
            !(of->started.there && of->started.started.ticks >= time.ticks))
            return &turn->candidates[i];
    }
    return NULL;
}

/* The shadow copy is of before an update that may have changed the build: neither is certain. */
static es_status leave_open(const es_host *host, const sighting *copy, const build_candidate *by,
                            build_finding *finding)
{
    char time[ES_TIME_WORD_SIZE], taken[ES_TIME_WORD_SIZE];
    es_status status = found_by(host, finding, copy, -1);

    if (status)
        return status;
    build_because(finding, by->fact);
    es_prose_say(&finding->remarks,
                 "The shadow copy of %s is of build 6002. KB%u, which %s 6003, was installed between "
                 "it and the day that was asked for (%s), and no start after that is on record. ",
                 es_time_word(copy->time, taken), (unsigned)by->kb,
                 by->how == BUILD_BRINGS_PERHAPS ? "may bring" : "brings",
                 es_time_word(by->time, time));
    return ES_OK;
}

static es_status by_copy(const es_host *host, const build_state *copy, const build_turn *turn,
                         search *of, build_finding *finding)
{
    char time[ES_TIME_WORD_SIZE], start[ES_TIME_WORD_SIZE];
    es_time taken = copy->installation->state_time;
    const sighting *last = &of->before;
    const build_candidate *since = turned_since(of, turn, taken);
    es_status status = build_assess(host, copy, finding);

    if (status)
        return status;
    /* a number in the registry that is behind the files waits for a start: it tells no return */
    if (last->build >= 0 && last->time.ticks > taken.ticks && last->build != finding->build &&
        (last->ran || last->build > finding->build)) {
        status = found_by(host, finding, last, last->build);
        if (status)
            return status;
        es_prose_say(&finding->remarks, "For the day that was asked for what was seen at %s "
                                        "decides, after the shadow copy of %s. ",
                     es_time_word(last->time, start), es_time_word(taken, time));
    } else if (since && finding->build == 6002 && finding->n_because) {
        return leave_open(host, &(sighting){ taken, 6002, 0, finding->because[0] }, since, finding);
    } else {
        es_prose_say(&finding->remarks, "For the day that was asked for the shadow copy of %s "
                                        "decides. ",
                     es_time_word(taken, time));
    }
    if (of->started.there && of->started.fact.time.ticks > taken.ticks)
        finding->run = finding->start = &of->started;
    return ES_OK;
}

es_status build_then(const es_host *host, const build_state *states, const build_turn *turn,
                     const es_question *question, build_finding *finding)
{
    void *memory = NULL;
    search *of;
    es_time end = end_of(states);
    const build_state *copy;
    es_status status;

    if (!question || !es_time_known(question->as_of) || !es_time_known(end) ||
        question->as_of.ticks >= end.ticks || finding->answer == BUILD_ANSWER_NOT_APPLICABLE)
        return ES_OK;
    status = host->alloc(host, sizeof *of, &memory);
    if (status)
        return status;
    of = (search *)memory;
    of->at = question->as_of.ticks;
    of->before.build = of->after.build = -1;
    status = build_each_run(host, take_run, of);
    if (status == ES_OK)
        status = build_each_sighting(host, states, take_sighting, of);
    if (status)
        return status;
    copy = copy_before(states, of->at);
    return copy ? by_copy(host, copy, turn, of, finding) : by_records(host, states, turn, of, finding);
}
