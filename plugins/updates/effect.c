/* SPDX-License-Identifier: Apache-2.0
 *
 * effect.c: which updates were in effect at the asked time.
 *
 * An update protects from the first start after its installation. Between the two the old code
 * still ran. At the end of the record one that is installed counts as effective unless a restart is
 * owed that could be its own: servicing names it as unfinished, or owes a restart and no start, and
 * no orderly shutdown, came after its installation. In the past only recorded starts tell.
 *
 * Files of a package without its key, and a key that does not tell its state, leave open whether it
 * is in effect, unless the kernel on disk is older than its own. One that is not listed as
 * installed is in effect at the end of the record when its component files are (contradict.c).
 *
 * What is in effect by its package counts as MAYBE when the package is broken, when its .mum or
 * .cat is not there, or when a file contradicts it.
 */
#include "gather.h"

/* The owed restart was noticed at most this long after the installation that owes it. */
#define OWED_WITHIN (INT64_C(3600) * ES_TICKS_PER_SECOND)

static void decide(entry *one, int32_t effect, const char *why)
{
    one->effect = effect;
    one->why = why;
}

/* When it was installed at the latest, at the earliest. */
static es_time installed_by(const entry *one)
{
    es_time time = one->installed;

    if (time.precision == ES_TIME_DAY)
        time.ticks += DAY_BEHIND;
    return time;
}

static es_time installed_from(const entry *one)
{
    es_time time = one->installed;

    if (time.precision == ES_TIME_DAY)
        time.ticks -= DAY_BEFORE;
    return time;
}

static const booted *first_boot(const work *of, es_time after)
{
    const booted *all = (const booted *)of->boots.items;

    for (size_t i = 0; i < of->boots.n; i++)
        if (all[i].time.ticks >= after.ticks)
            return &all[i];
    return NULL;
}

/* Recorded starts reach back to before this time. */
static int boots_reach(const work *of, es_time time)
{
    const booted *all = (const booted *)of->boots.items;

    return of->boots.n && all[0].time.ticks <= time.ticks &&
           !(es_time_known(of->cleared) && of->cleared.ticks > time.ticks);
}

static void started_at(const work *of, entry *one, const booted *boot)
{
    one->effective_from = boot->time;
    if (!boots_reach(of, installed_from(one)) || one->installed.precision == ES_TIME_DAY)
        one->effective_from.flags |= ES_TIME_UPPER_BOUND;
    because_fact(one->because, &one->n_because, N_BECAUSE, boot->fact);
    decide(one, YES, NULL);
}

/* Why it is open whether it is in effect, though nothing lists it as installed; NULL: it is not.
 * The key of a package may have been taken away, or not tell its state. Only an older kernel shows
 * that the update is not there. */
static const char *open_because(const work *of, const entry *one)
{
    if (kernel_is_older(of, one->update))
        return NULL;
    if (one->has_key && one->state == STATE_NONE)
        return "the key of its package is there and does not tell its state";
    if (one->orphan && one->state == STATE_RESIDUE)
        return "its files lie there without a key, and an absent key proves nothing";
    return NULL;
}

/* ------------------------------------------------------------------ at the end of the record */

static void when_owed(const work *of, entry *one)
{
    const state_view *own = &of->own;
    es_time installed = installed_by(one);

    if (!is_sane(one->installed))
        decide(one, MAYBE, "a restart is owed, and when it was installed is not known");
    else if (boots_reach(of, installed_from(one)))
        decide(one, NO, "it was installed, and no start came after it: a restart is owed");
    else if (es_time_known(own->last_shutdown))
        decide(one, own->last_shutdown.ticks >= installed.ticks ? YES : NO,
               own->last_shutdown.ticks >= installed.ticks
                   ? NULL
                   : "it was installed after the last orderly shutdown, and a restart is owed");
    else if (es_time_known(own->owed_since) &&
             installed.ticks < own->owed_since.ticks - OWED_WITHIN)
        decide(one, YES, NULL);
    else
        decide(one, MAYBE, "a restart is owed, and no record tells of a start after it");
}

/* It is not listed as installed, and all that it brings is on disk, or something newer. */
static void by_files(const work *of, entry *one)
{
    if (!one->by_files)
        return;
    if (of->own.restart_owed || one->named_pending)
        decide(one, MAYBE, "its files are there, and a restart is owed");
    else
        decide(one, YES, NULL);
    one->basis_files = one->effect == YES;
}

static void at_the_end(const work *of, entry *one)
{
    const booted *boot = is_sane(one->installed) ? first_boot(of, installed_by(one)) : NULL;

    switch (one->state) {
    case STATE_PENDING_INSTALL:
        decide(one, NO, "its installation waits for a restart");
        return;
    case STATE_STAGED:
        decide(one, NO, "it is only staged");
        by_files(of, one);
        return;
    case STATE_INSTALLED:
    case STATE_SUPERSEDED:
    case STATE_PENDING_UNINSTALL:
        break;
    default:
        decide(one, open_because(of, one) ? MAYBE : NO, open_because(of, one));
        by_files(of, one);
        return;
    }
    if (boot)
        started_at(of, one, boot);
    else if (one->named_pending)
        decide(one, NO, "servicing names it as unfinished");
    else if (of->own.restart_owed)
        when_owed(of, one);
    else
        decide(one, YES, NULL);
}

/* ------------------------------------------------------------------ in the past */

static void after_install(const work *of, entry *one, es_time at)
{
    const booted *boot = first_boot(of, installed_by(one));

    if (boot && boot->time.ticks <= at.ticks)
        started_at(of, one, boot);
    else if (installed_by(one).ticks > at.ticks)
        decide(one, MAYBE, "it was installed on that day or beside it: Windows Installer keeps the "
                           "day alone");
    else if (boots_reach(of, installed_from(one)))
        decide(one, NO, "it was installed, and the first start after it came only later");
    else
        decide(one, MAYBE, "it was installed, and no record of starts reaches this time");
}

/* It is not there now, or was not there in time: was it ever, before? */
static void not_there(const work *of, entry *one, es_time at)
{
    const entry *before = of->base ? entry_find(of->base, one->kb) : NULL;

    if (before && state_is_in(before->state))
        decide(one, MAYBE, "an earlier state of the machine had it installed");
    else if (of->base || records_reach(of, at))
        decide(one, NO, NULL);
    else
        decide(one, MAYBE, "that it was installed then and uninstalled since cannot be excluded");
}

static void in_the_past(const work *of, entry *one, es_time at)
{
    if (one->state == STATE_UNINSTALLED && is_sane(one->uninstalled) &&
        at.ticks >= one->uninstalled.ticks) {
        decide(one, NO, "it had been uninstalled");
    } else if (one->state == STATE_UNINSTALLED) {
        decide(one, MAYBE, "it was uninstalled later, and when it was installed is not known");
    } else if (open_because(of, one)) {
        decide(one, MAYBE, open_because(of, one));
    } else if (!state_is_in(one->state)) {
        not_there(of, one, at);
    } else if (!is_sane(one->installed)) {
        decide(one, MAYBE, "when it was installed is not known");
    } else if (installed_from(one).ticks > at.ticks) {
        const entry *before = of->base ? entry_find(of->base, one->kb) : NULL;

        if (before && before->state == STATE_INSTALLED)
            decide(one, MAYBE, "it was installed before, and again later");
        else
            decide(one, NO, "it was installed only later");
    } else {
        after_install(of, one, at);
    }
}

/* At the end it is not there any more, and no record says that it still was on the day. */
static int went_between(const work *of, const entry *one, es_time at)
{
    const entry *last = entry_find(&of->end->own, one->kb);

    if (!of->end->own.packages_read || (last && state_is_in(last->state)))
        return 0;
    return !(last && last->state == STATE_UNINSTALLED && is_sane(last->uninstalled) &&
             last->uninstalled.ticks > at.ticks);
}

/* A shadow copy stands for a later day: its packages are as they were at its end, and what was
 * installed between the two waits for a recorded start. */
static void as_then(const work *of, entry *one, es_time at)
{
    int is_in = state_is_in(one->state);

    if (is_in && went_between(of, one, at))
        decide(one, MAYBE, "an earlier state of the machine had it installed, and when it went is "
                           "not known");
    else if (is_in && is_sane(one->installed) && one->installed.ticks > of->base_time.ticks)
        after_install(of, one, at);
    else if (one->state == STATE_PENDING_INSTALL && first_boot(of, of->base_time))
        decide(one, MAYBE, "its installation waited for a restart, and Windows was started since");
    else
        at_the_end(of, one);
}

/* ------------------------------------------------------------------ both */

/* A KB that was issued again under its number is judged by the version of its package: 6.0.R.n is
 * issue R of it. */
static void judge_issue(entry *one)
{
    uint32_t needed = es_catalogue_issue(one->update);

    one->too_old = one->effect != NO && one->issue >= 0 && (uint32_t)one->issue < needed;
    if (one->too_old)
        decide(one, NO, "it is there in an earlier issue, which another under the same number "
                        "replaced");
}

static void doubt(const work *of, entry *one)
{
    judge_issue(one);
    if (one->effect != YES || one->by_files)
        return;
    if (one->contradiction.size)
        decide(one, MAYBE, "it is listed as installed, and files on disk contradict that");
    else if (one->partly)
        decide(one, MAYBE, "Windows Installer has it on one product and not on another");
    else if (one->broken)
        decide(one, MAYBE, "its package is marked as broken or lies on damaged bytes");
    else if (one->has_key && one->files == NO)
        decide(one, MAYBE, "it is listed as installed, and its .mum or .cat is not there");
    else if (one->has_key && one->files == MAYBE && of->subject->role != ES_ROLE_REGBACK)
        decide(one, MAYBE, "it is listed as installed, and its .mum and .cat could not be asked");
}

es_status effect_decide(work *of, es_time at, int32_t past)
{
    entry *all = (entry *)of->own.entries.items;

    for (size_t i = 0; i < of->own.entries.n; i++) {
        memset(&all[i].effective_from, 0, sizeof all[i].effective_from);
        if (all[i].by_files)
            all[i].basis_files = 0; /* of this time; at_the_end() says */
        if (past && of->end)
            as_then(of, &all[i], at);
        else if (past)
            in_the_past(of, &all[i], at);
        else
            at_the_end(of, &all[i]);
        doubt(of, &all[i]);
    }
    all = of->base ? (entry *)of->base->entries.items : NULL;
    for (size_t i = 0; of->base && i < of->base->entries.n; i++)
        if (!entry_find(&of->own, all[i].kb)) {
            decide(&all[i], NO, NULL);
            if (all[i].state == STATE_INSTALLED || all[i].state == STATE_SUPERSEDED)
                decide(&all[i], MAYBE, "an earlier state of the machine had it installed, and it "
                                       "is not there any more");
        }
    return ES_OK;
}
