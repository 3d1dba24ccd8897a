/* SPDX-License-Identifier: Apache-2.0
 *
 * cover.c: from updates in effect to what they cover.
 *
 * An update covers itself and, where the catalogue says so, what it supersedes, and so on down. A
 * security-only update covers its month only. A preview, which comes after the monthly release of
 * its month, covers the rollup of the month before, and that of its own month where its day is
 * known to be later. Nothing is covered because a file is newer.
 */
#include "gather.h"

uint32_t class_of_kind(uint32_t kind)
{
    switch (kind) {
    case ES_UPDATE_MONTHLY_ROLLUP:
    case ES_UPDATE_SECURITY_ONLY:
    case ES_UPDATE_PREVIEW_ROLLUP:
    case ES_UPDATE_OUT_OF_BAND:
    case ES_UPDATE_OTHER_SECURITY:
        return CLASS_SYSTEM;
    case ES_UPDATE_IE_CUMULATIVE:
        return CLASS_IE;
    case ES_UPDATE_DOTNET:
        return CLASS_DOTNET;
    case ES_UPDATE_SERVICING_STACK:
        return CLASS_STACK;
    case ES_UPDATE_SHA2_SUPPORT:
        return CLASS_SHA2;
    case ES_UPDATE_ESU_PREPARATION:
        return CLASS_PREPARATION;
    default:
        return CLASS_OTHER;
    }
}

int32_t month_of(const es_catalogue_update *update)
{
    if (update->month != ES_MONTH_UNKNOWN)
        return update->month;
    return es_time_known(update->released) ? time_month(update->released) : ES_MONTH_UNKNOWN;
}

int64_t age_of(const es_catalogue_update *update)
{
    if (es_time_known(update->released))
        return update->released.ticks;
    return update->month == ES_MONTH_UNKNOWN
               ? 0
               : ES_TICKS_UNIX_EPOCH + (int64_t)(update->month - 1970 * 12) * INT64_C(2629746) *
                                           ES_TICKS_PER_SECOND;
}

/* ------------------------------------------------------------------ updates */

static void mark(work *of, const es_catalogue_update *update, int32_t effect, const entry *by)
{
    uint32_t index = update->index;

    if (of->cover[index] < effect) {
        of->cover[index] = (uint8_t)effect;
        of->witness[index] = by;
    } else if (of->cover[index] == effect && effect != NO && by != of->witness[index] &&
               of->witness[index] && of->witness[index]->kb != update->kb &&
               is_sane(by->installed) &&
               (!is_sane(of->witness[index]->installed) ||
                by->installed.ticks < of->witness[index]->installed.ticks)) {
        of->witness[index] = by; /* the first that covered it */
    }
}

/* Down the supersedence from `from`. The catalogue has no cycle; `stack` holds each update once. */
static void mark_below(work *of, const es_catalogue_update *from, int32_t effect, const entry *by,
                       uint32_t *stack, uint8_t *seen)
{
    uint32_t n = 0;

    memset(seen, 0, of->catalogue->n_updates);
    stack[n++] = from->index;
    seen[from->index] = 1;
    while (n) {
        const es_catalogue_update *at = of->catalogue->updates[stack[--n]];

        mark(of, at, effect, by);
        if (at->kind == ES_UPDATE_SECURITY_ONLY)
            continue;
        for (uint32_t i = 0; i < at->n_supersedes; i++) {
            const es_catalogue_update *older =
                es_catalogue_find(of->catalogue, at->supersedes[i]);

            if (older && !seen[older->index]) {
                seen[older->index] = 1;
                stack[n++] = older->index;
            }
        }
    }
}

static const es_catalogue_update *rollup_of(const es_catalogue *catalogue, int32_t month)
{
    for (uint32_t i = 0; i < catalogue->n_updates; i++)
        if (catalogue->updates[i]->kind == ES_UPDATE_MONTHLY_ROLLUP &&
            catalogue->updates[i]->month == month)
            return catalogue->updates[i];
    return NULL;
}

static void mark_preview(work *of, const entry *one, uint32_t *stack, uint8_t *seen)
{
    const es_catalogue_update *update = one->update;
    const es_catalogue_update *same = rollup_of(of->catalogue, update->month);
    const es_catalogue_update *before = rollup_of(of->catalogue, update->month - 1);

    if (before)
        mark_below(of, before, one->effect, one, stack, seen);
    if (same && es_time_known(update->released) && es_time_known(same->released) &&
        update->released.ticks > same->released.ticks)
        mark_below(of, same, one->effect, one, stack, seen);
    else if (same)
        mark_below(of, same, MAYBE, one, stack, seen);
}

/* The newest of each class in effect. Rollups and out-of-band updates bring Internet Explorer too. */
static void remember_newest(work *of, const es_catalogue_update *update)
{
    uint32_t class = class_of_kind(update->kind);
    int64_t age = age_of(update);

    if (of->newest[class] < age)
        of->newest[class] = age;
    if (class == CLASS_SYSTEM && update->kind != ES_UPDATE_SECURITY_ONLY &&
        update->kind != ES_UPDATE_OTHER_SECURITY && of->newest[CLASS_IE] < age)
        of->newest[CLASS_IE] = age;
}

static void mark_entries(work *of, const state_view *from, uint32_t *stack, uint8_t *seen)
{
    entry *all = (entry *)from->entries.items;

    for (size_t i = 0; i < from->entries.n; i++) {
        const es_catalogue_update *update = all[i].update;

        if (!update)
            continue;
        if (from == &of->own)
            of->by_update[update->index] = &all[i];
        if (all[i].effect == NO)
            continue;
        mark_below(of, update, all[i].effect, &all[i], stack, seen);
        if (update->kind == ES_UPDATE_PREVIEW_ROLLUP && update->month != ES_MONTH_UNKNOWN)
            mark_preview(of, &all[i], stack, seen);
        remember_newest(of, update);
    }
}

/* For a day that no record reaches, what is not there now may have been there then. */
static void mark_absent(work *of)
{
    const es_catalogue *catalogue = of->catalogue;

    if (!of->past || of->base || records_reach(of, of->at))
        return;
    for (uint32_t i = 0; i < catalogue->n_updates; i++)
        if (of->cover[i] == NO && was_released(of, catalogue->updates[i]) &&
            (!of->by_update[i] || of->by_update[i]->effect == MAYBE))
            of->cover[i] = MAYBE;
}

/* Without packages nothing can be said. */
static void mark_unread(work *of)
{
    for (uint32_t i = 0; !of->own.packages_read && i < of->catalogue->n_updates; i++)
        if (of->cover[i] == NO)
            of->cover[i] = MAYBE;
}

es_status cover_all(work *of)
{
    void *cover = NULL, *witness = NULL, *by = NULL, *stack = NULL, *seen = NULL;
    uint64_t n = of->catalogue ? of->catalogue->n_updates : 0;
    es_status status;

    if (!n)
        return ES_OK;
    status = of->host->alloc(of->host, n, &cover);
    if (status == ES_OK)
        status = of->host->alloc(of->host, n * sizeof *of->witness, &witness);
    if (status == ES_OK)
        status = of->host->alloc(of->host, n * sizeof *of->by_update, &by);
    if (status == ES_OK)
        status = of->host->alloc(of->host, n * sizeof(uint32_t), &stack);
    if (status == ES_OK)
        status = of->host->alloc(of->host, n, &seen);
    if (status)
        return status;
    of->cover = (uint8_t *)cover;
    of->witness = (const entry **)witness;
    of->by_update = (entry **)by;
    memset(of->newest, 0, sizeof of->newest);
    mark_entries(of, &of->own, (uint32_t *)stack, (uint8_t *)seen);
    if (of->base)
        mark_entries(of, of->base, (uint32_t *)stack, (uint8_t *)seen);
    mark_absent(of);
    mark_unread(of);
    return ES_OK;
}

/* ------------------------------------------------------------------ what was out, and for whom */

int32_t was_released(const work *of, const es_catalogue_update *update)
{
    if (!es_time_known(of->at))
        return YES;
    if (es_time_known(update->released))
        return update->released.ticks <= of->at.ticks ? YES : NO;
    if (update->month == ES_MONTH_UNKNOWN)
        return YES;
    /* only its month is known: out when that had begun */
    return update->month <= time_month(of->at) ? YES : NO;
}

/* Whether a set of architectures holds this machine's. */
int32_t for_architecture(const work *of, uint32_t set)
{
    if (!set || !of->architecture)
        return MAYBE;
    return set & of->architecture ? YES : NO;
}
