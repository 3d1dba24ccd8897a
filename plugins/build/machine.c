/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.c: when the machine turned to 6003, as far as its states tell.
 *
 * A state of the past that is found at 6002 bounds the change from below by the time it was taken.
 * A state found at 6003 bounds it from above: by the time it was taken, or, for any state, by the
 * last write of the key that already held CurrentBuildNumber 6003. A state whose sources conflict
 * or whose build is not known bounds nothing. Which update brought the change is told by records
 * that this version does not read, so `update` stays null.
 */
#include "build.h"

static int is_sound(const build_finding *finding)
{
    return finding->status != BUILD_STATUS_CONFLICT && finding->status != BUILD_STATUS_NONE &&
           !finding->state->number.fact.damaged;
}

static void lower_bound(build_turn *turn, es_time time, uint64_t reference)
{
    if (!es_time_known(time) ||
        (es_time_known(turn->not_before) && turn->not_before.ticks >= time.ticks))
        return;
    turn->not_before = time;
    turn->because[0] = reference;
}

static void upper_bound(build_turn *turn, es_time time, uint64_t reference)
{
    if (!es_time_known(time) ||
        (es_time_known(turn->not_after) && turn->not_after.ticks <= time.ticks))
        return;
    turn->not_after = time;
    turn->because[1] = reference;
}

static void bound_by(build_turn *turn, const build_finding *finding)
{
    const build_state *state = finding->state;
    uint64_t reference = finding->kernel ? finding->kernel->fact.reference
                                         : state->number.fact.reference;

    if (!is_sound(finding) || finding->by == BUILD_BY_NOTHING)
        return;
    if (finding->answer == BUILD_ANSWER_6002)
        lower_bound(turn, state->installation->state_time, reference);
    if (finding->answer != BUILD_ANSWER_6003)
        return;
    upper_bound(turn, state->installation->state_time, reference);
    if (state->number.there && state->number.build == 6003)
        upper_bound(turn, state->number_written, state->number.fact.reference);
}

es_status build_find_turn(const es_host *host, const build_state *states, build_turn *ret)
{
    int at_6003 = 0;

    memset(ret, 0, sizeof *ret);
    for (const build_state *state = states; state; state = state->next) {
        void *memory = NULL;
        build_finding *finding;
        es_status status = host->alloc(host, sizeof *finding, &memory);

        if (status)
            return status;
        finding = (build_finding *)memory;
        status = build_assess(host, state, finding);
        if (status)
            return status;
        if (finding->answer == BUILD_ANSWER_6003 && is_sound(finding))
            at_6003 = 1;
        bound_by(ret, finding);
    }
    if (!at_6003)
        memset(ret, 0, sizeof *ret);
    if (es_time_known(ret->not_before) && es_time_known(ret->not_after) &&
        ret->not_before.ticks > ret->not_after.ticks) {
        memset(ret, 0, sizeof *ret);
        ret->contradicts = 1;
    }
    if (es_time_known(ret->not_before))
        ret->n_because = 1;
    else
        ret->because[0] = ret->because[1];
    if (es_time_known(ret->not_after))
        ret->n_because++;
    return ES_OK;
}
