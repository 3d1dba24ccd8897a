/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.c: when the machine turned to 6003, as far as its states tell.
 *
 * A state of the past that is found at 6002 bounds the change from below by the time it was taken.
 * A state found at 6003 bounds it from above: by the time it was taken, or, for any state, by the
 * last write of the key that already held CurrentBuildNumber 6003. A state whose sources conflict
 * or whose build is not known bounds nothing. Boot records bound it from both sides: the first one
 * at 6003, and the last one at another build before that. Which update brought the change is asked
 * in turn.c.
 */
#include "build.h"

static int is_sound(const build_finding *finding)
{
    return finding->status != BUILD_STATUS_CONFLICT && finding->status != BUILD_STATUS_NONE &&
           !finding->state->number.fact.damaged;
}

void build_lower_bound(build_turn *turn, es_time time, uint64_t reference)
{
    if (!es_time_known(time) ||
        (es_time_known(turn->not_before) && turn->not_before.ticks >= time.ticks))
        return;
    turn->not_before = time;
    turn->because[0] = reference;
}

void build_upper_bound(build_turn *turn, es_time time, uint64_t reference)
{
    if (!es_time_known(time) ||
        (es_time_known(turn->not_after) && turn->not_after.ticks <= time.ticks))
        return;
    turn->not_after = time;
    turn->because[1] = reference;
}

void build_session(build_turn *turn, es_time time)
{
    if (es_time_known(time) && !(time.flags & ES_TIME_IMPOSSIBLE) &&
        (!es_time_known(turn->session) || turn->session.ticks < time.ticks))
        turn->session = time;
}

static void bound_by(build_turn *turn, const build_finding *finding)
{
    const build_state *state = finding->state;
    uint64_t reference = finding->kernel ? finding->kernel->fact.reference
                         : state->number.there ? state->number.fact.reference
                                               : state->run.fact.reference;

    if (!is_sound(finding) || finding->by == BUILD_BY_NOTHING)
        return;
    if (finding->answer == BUILD_ANSWER_6002) {
        build_lower_bound(turn, state->installation->state_time, reference);
        if (finding->status != BUILD_STATUS_PENDING)
            build_session(turn, state->shutdown); /* what it started with after that */
    }
    if (finding->answer != BUILD_ANSWER_6003)
        return;
    build_upper_bound(turn, state->installation->state_time, reference);
    if (state->number.there && state->number.build == 6003)
        build_upper_bound(turn, state->number_written, state->number.fact.reference);
}

es_status build_find_turn(const es_host *host, const build_state *states, build_turn *ret)
{
    es_status status = ES_OK;

    memset(ret, 0, sizeof *ret);
    for (const build_state *state = states; state; state = state->next) {
        void *memory = NULL;
        build_finding *finding;

        status = host->alloc(host, sizeof *finding, &memory);
        if (status)
            return status;
        finding = (build_finding *)memory;
        status = build_assess(host, state, finding);
        if (status)
            return status;
        if (finding->answer == BUILD_ANSWER_6003 && is_sound(finding))
            ret->at_6003 = 1;
        bound_by(ret, finding);
    }
    if (!ret->at_6003)
        memset(ret, 0, sizeof *ret);
    else
        status = build_runs_bound(host, ret);
    if (status)
        return status;
    if (es_time_known(ret->not_before) && es_time_known(ret->not_after) &&
        ret->not_before.ticks > ret->not_after.ticks) {
        memset(ret, 0, sizeof *ret);
        ret->at_6003 = ret->contradicts = 1;
    }
    status = build_turn_update(host, ret);
    if (es_time_known(ret->not_before) && ret->because[0])
        ret->n_because = 1;
    else
        ret->because[0] = ret->because[1];
    if (es_time_known(ret->not_after))
        ret->n_because++;
    for (uint32_t i = 0; i < ret->n_candidates; i++)
        ret->because[ret->n_because++] = ret->candidates[i].fact;
    return status;
}
