/* SPDX-License-Identifier: Apache-2.0
 *
 * cover.c: from updates in effect to what they cover, and from that to how a CVE stands.
 *
 * An update covers itself and, where the catalogue says so, what it supersedes, and so on down. A
 * security-only update covers its month only. A preview, which comes after the monthly release of
 * its month, covers the rollup of the month before, and that of its own month where its day is
 * known to be later. Nothing is covered because a file is newer.
 *
 * The rows of a CVE fall into groups, each a component that must be mended: the rollup, the
 * security-only and other updates of one month are alternatives; an update of before September 2018
 * stands for itself; so does each update of .NET, because each is for another version of it. Rows
 * for another architecture, or for a version of Internet Explorer that is known to be absent, do
 * not apply. The worst group decides.
 *
 * A fix of before September 2018 whose update is not in effect is open for certain only when no
 * later system update is in effect: else that one's files may hold it, and the catalogue does not
 * say. Updates of .NET 4 leave no package at all.
 */
#include "gather.h"

#define ROLLUPS_FROM (2018 * 12 + 8) /* September 2018 */

int is_rollup(const es_catalogue_update *update)
{
    return update->kind == ES_UPDATE_MONTHLY_ROLLUP ||
           (update->kind == ES_UPDATE_OUT_OF_BAND && update->n_supersedes);
}

static int is_system(const es_catalogue_update *update)
{
    switch (update->kind) {
    case ES_UPDATE_MONTHLY_ROLLUP:
    case ES_UPDATE_SECURITY_ONLY:
    case ES_UPDATE_PREVIEW_ROLLUP:
    case ES_UPDATE_OUT_OF_BAND:
    case ES_UPDATE_OTHER_SECURITY:
        return 1;
    default:
        return 0;
    }
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
        if (is_system(update) && es_time_known(update->released) &&
            (!es_time_known(of->newest_effect) ||
             of->newest_effect.ticks < update->released.ticks))
            of->newest_effect = update->released;
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
    mark_entries(of, &of->own, (uint32_t *)stack, (uint8_t *)seen);
    if (of->base)
        mark_entries(of, of->base, (uint32_t *)stack, (uint8_t *)seen);
    mark_absent(of);
    mark_unread(of);
    return ES_OK;
}

/* ------------------------------------------------------------------ what applies */

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

static int contains(es_text text, const char *word)
{
    size_t size = strlen(word);

    for (uint64_t i = 0; i + size <= text.size; i++)
        if (!memcmp(text.data + i, word, size))
            return 1;
    return 0;
}

static int class_of(const es_catalogue_fix *fix)
{
    if (fix->update->kind == ES_UPDATE_DOTNET || contains(fix->component, ".NET Framework"))
        return CLASS_DOTNET;
    if (fix->update->kind == ES_UPDATE_IE_CUMULATIVE ||
        contains(fix->component, "Internet Explorer"))
        return CLASS_IE;
    return CLASS_SYSTEM;
}

/* "Internet Explorer 9;Windows Internet Explorer 8": is the browser of this machine among them? */
static int32_t for_ie(const work *of, const es_catalogue_fix *fix)
{
    char word[] = "Explorer 7";
    int names_one = 0;

    for (int version = 7; version <= 9; version++) {
        word[sizeof word - 2] = (char)('0' + version);
        if (!contains(fix->component, word))
            continue;
        names_one = 1;
        if (of->ie_version == version)
            return YES;
    }
    if (!names_one)
        return of->ie_version ? YES : MAYBE;
    return of->ie_version ? NO : MAYBE;
}

static int applies(const work *of, const es_catalogue_fix *fix)
{
    if (for_architecture(of, fix->architectures) == NO ||
        for_architecture(of, fix->update->architectures) == NO)
        return 0;
    return class_of(fix) != CLASS_IE || for_ie(of, fix) != NO;
}

/* ------------------------------------------------------------------ a CVE */

static int32_t month_of(const es_catalogue_update *update)
{
    if (update->month != ES_MONTH_UNKNOWN)
        return update->month;
    return es_time_known(update->released) ? time_month(update->released) : ES_MONTH_UNKNOWN;
}

/* Rows with one key are alternatives. */
static uint64_t key_of(const es_catalogue_fix *fix)
{
    const es_catalogue_update *update = fix->update;
    uint64_t class = (uint64_t)class_of(fix) << 32;

    if (class_of(fix) == CLASS_DOTNET && update->kind == ES_UPDATE_DOTNET)
        return class | update->kb;
    if (class_of(fix) == CLASS_SYSTEM && !is_system(update))
        return (UINT64_C(3) << 32) | update->kb;
    if (update->kind != ES_UPDATE_OTHER_SECURITY && month_of(update) >= ROLLUPS_FROM)
        return class | (UINT64_C(1) << 40) | (uint64_t)month_of(update);
    return class | update->kb;
}

typedef struct group {
    int32_t effect, released;
    const es_catalogue_fix *fix; /* the row it stands on */
} group;

/* All rows that are alternatives of `first`. */
static void weigh(const work *of, const es_catalogue_cve *cve, const es_catalogue_fix *first,
                  group *ret)
{
    uint64_t key = key_of(first);

    ret->effect = NO;
    ret->released = NO;
    ret->fix = first;
    for (uint32_t i = 0; i < cve->n_fixes; i++) {
        const es_catalogue_fix *fix = cve->fixes[i];
        int32_t effect;

        if (key_of(fix) != key || !applies(of, fix))
            continue;
        if (was_released(of, fix->update) == YES)
            ret->released = YES;
        effect = of->cover[fix->update->index];
        if (effect > ret->effect ||
            (effect == ret->effect && fix->update->kind == ES_UPDATE_MONTHLY_ROLLUP &&
             ret->fix->update->kind != ES_UPDATE_MONTHLY_ROLLUP)) {
            ret->effect = effect;
            ret->fix = fix;
        }
    }
}

static const char *later_may_hold(const work *of, const es_catalogue_update *update)
{
    if (update->month >= ROLLUPS_FROM || !es_time_known(of->newest_effect))
        return NULL;
    if (es_time_known(update->released) && update->released.ticks >= of->newest_effect.ticks)
        return NULL;
    return "its update is not installed; later updates are, and the catalogue does not say "
           "whether they hold it";
}

/* The answer of one group. */
static int32_t answer_of(const work *of, const group *one, const char **ret_why)
{
    const es_catalogue_fix *fix = one->fix;
    const entry *witness = of->witness[fix->update->index];

    *ret_why = NULL;
    if (one->released == NO && one->effect != YES)
        return EXPOSED;
    if (one->effect == YES && !of->beyond)
        return COVERED;
    if (one->effect == YES)
        *ret_why = "it was covered as far as the catalogue's edition knows, and the date is after it";
    else if (one->effect == MAYBE)
        *ret_why = witness && witness->why ? witness->why
                   : of->own.packages_read
                       ? "that a fix was installed then and uninstalled since cannot be excluded"
                       : "no package could be read";
    else if (class_of(fix) == CLASS_DOTNET)
        *ret_why = "updates of .NET need not leave a package, and which versions of it are there is "
                   "not known";
    else if (class_of(fix) == CLASS_IE && for_ie(of, fix) != YES)
        *ret_why = "which Internet Explorer is there is not known";
    else if (class_of(fix) == CLASS_SYSTEM && is_system(fix->update))
        *ret_why = later_may_hold(of, fix->update);
    return *ret_why ? EXPOSURE_UNKNOWN : EXPOSED;
}

static int worse(int32_t a, int32_t b)
{
    static const int rank[] = { [EXPOSED] = 2, [EXPOSURE_UNKNOWN] = 1, [COVERED] = 0 };

    return rank[a] > rank[b];
}

/* A group is told once: by its first row that applies. */
static int is_first(const work *of, const es_catalogue_cve *cve, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (key_of(cve->fixes[i]) == key_of(cve->fixes[index]) && applies(of, cve->fixes[i]))
            return 0;
    return 1;
}

static void add_witness(standing *to, const entry *by)
{
    if (!by || by == to->by)
        return;
    for (uint32_t i = 0; i < to->n_others; i++)
        if (to->others[i] == by)
            return;
    if (!to->by)
        to->by = by;
    else if (to->n_others < ES_COUNT(to->others))
        to->others[to->n_others++] = by;
}

/* IA-64 had no ESU packages: that none was published says nothing of being affected. */
static int is_unsupported(const work *of, const es_catalogue_cve *cve)
{
    if (of->architecture != ES_ARCHITECTURE_IA64)
        return 0;
    for (uint32_t i = 0; i < cve->n_fixes; i++)
        if (cve->fixes[i]->update->channel > ES_CHANNEL_GENERAL)
            return 1;
    return 0;
}

void cve_stand(const work *of, const es_catalogue_cve *cve, standing *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->answer = COVERED;
    ret->basis_files = 1;
    ret->fix_available = 1;
    for (uint32_t i = 0; i < cve->n_fixes; i++) {
        group one;
        const char *why;
        int32_t answer;
        const entry *witness;

        if (!applies(of, cve->fixes[i]) || !is_first(of, cve, i))
            continue;
        weigh(of, cve, cve->fixes[i], &one);
        answer = answer_of(of, &one, &why);
        witness = of->witness[one.fix->update->index];
        if (!ret->applies || worse(answer, ret->answer)) {
            ret->answer = answer;
            ret->fix = one.fix;
            ret->why = why;
            ret->by = NULL;
            ret->n_others = 0;
            ret->fix_available = one.released != NO;
        }
        if (answer == ret->answer)
            add_witness(ret, witness);
        if (answer == COVERED && !(witness && witness->basis_files))
            ret->basis_files = 0;
        ret->applies = 1;
    }
    if (ret->applies)
        return;
    ret->fix = cve->n_fixes ? cve->fixes[0] : NULL;
    ret->basis_files = 0;
    if (is_unsupported(of, cve)) {
        ret->answer = EXPOSURE_UNKNOWN;
        ret->why = "no update was published for this architecture any more";
    }
}
