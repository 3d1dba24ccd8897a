/* SPDX-License-Identifier: Apache-2.0
 *
 * stand.c: how a CVE stands.
 *
 * Its rows that apply fall into groups of alternatives (rows.c), each a component that must be
 * mended. The worst group decides.
 *
 * Where supersedence does not say it, a later update in effect may hold a fix whose own update is
 * not: of the system before September 2018, of Internet Explorer, of the servicing stack, of
 * preparation packages. Then the answer is `unknown`; it is open for certain only when nothing later
 * of its kind is in effect. Updates of .NET 4 leave no package at all.
 */
#include "gather.h"

typedef struct group {
    int32_t effect, released;
    const es_catalogue_fix *fix; /* the row it stands on */
} group;

static const fix_row *row_of(const work *of, const es_catalogue_fix *fix)
{
    return &of->rows[fix->index];
}

/* All rows that are alternatives of `first`. */
static void weigh(const work *of, const es_catalogue_cve *cve, const es_catalogue_fix *first,
                  group *ret)
{
    uint64_t key = row_of(of, first)->key;

    ret->effect = NO;
    ret->released = NO;
    ret->fix = first;
    for (uint32_t i = 0; i < cve->n_fixes; i++) {
        const es_catalogue_fix *fix = cve->fixes[i];
        int32_t effect;

        if (row_of(of, fix)->key != key || row_of(of, fix)->here == NO)
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

/* Why a later update of its class may hold it; NULL when none can. */
static const char *later_may_hold(const work *of, const es_catalogue_fix *fix)
{
    uint32_t class = row_of(of, fix)->class;
    int64_t newest = of->newest[class], age = age_of(fix->update);

    if (!newest || (age && age >= newest))
        return NULL;
    /* Rollups supersede each other without a gap, and a security-only update holds its month. */
    if (class == CLASS_SYSTEM && fix->update->kind != ES_UPDATE_OTHER_SECURITY)
        return NULL;
    return "its update is not installed; later updates are, and the catalogue does not say "
           "whether they hold it";
}

/* Why it is unknown, and what would decide it. */
typedef struct doubt_of {
    const char *why, *needs;
} doubt_of;

static doubt_of doubt_effect(const work *of, const entry *witness)
{
    if (witness && witness->why)
        return (doubt_of){ witness->why, NULL };
    if (of->own.packages_read)
        return (doubt_of){ "that a fix was installed then and uninstalled since cannot be excluded",
                           "a shadow copy of that time, or records of servicing and of starts that "
                           "reach back to it" };
    return (doubt_of){ of->own.packages_cut ? "not all packages could be read"
                                            : "no package could be read",
                       "what SOFTWARE has of Component Based Servicing" };
}

static doubt_of doubt_dotnet(const fix_row *row)
{
    if (row->here == YES)
        return (doubt_of){ "neither component servicing nor Windows Installer lists its update, and "
                           "a later one of .NET may hold it",
                           "a catalogue that says which later ones do" };
    return (doubt_of){ "which versions of .NET are there is not known",
                       "what SOFTWARE has below NET Framework Setup" };
}

static doubt_of doubt_later(const work *of, const es_catalogue_fix *fix)
{
    return (doubt_of){ later_may_hold(of, fix),
                       "the .mum and the manifests of its update, which are read where the CVE or "
                       "the KB is asked for, or a catalogue that says which later ones hold it" };
}

/* The answer of one group. */
static int32_t answer_of(const work *of, const group *one, doubt_of *ret)
{
    const es_catalogue_fix *fix = one->fix;
    const fix_row *row = row_of(of, fix);

    memset(ret, 0, sizeof *ret);
    if (one->released == NO && one->effect != YES)
        return EXPOSED;
    if (one->effect == YES && !of->beyond)
        return COVERED;
    if (one->effect == YES)
        *ret = (doubt_of){ "it was covered as far as the catalogue's edition knows, and the date is "
                           "after it",
                           "a newer edition of the catalogue" };
    else if (one->effect == MAYBE)
        *ret = doubt_effect(of, of->witness[fix->update->index]);
    else if (row->class == CLASS_DOTNET)
        *ret = doubt_dotnet(row);
    else if (row->class == CLASS_IE && row->here != YES)
        *ret = (doubt_of){ "which Internet Explorer is there is not known",
                           "its version in SOFTWARE" };
    else
        *ret = doubt_later(of, fix);
    return ret->why ? EXPOSURE_UNKNOWN : EXPOSED;
}

static int worse(int32_t a, int32_t b)
{
    static const int rank[] = { [EXPOSED] = 2, [EXPOSURE_UNKNOWN] = 1, [COVERED] = 0 };

    return rank[a] > rank[b];
}

/* A group is told once: by its first row that applies. */
static int is_first(const work *of, const es_catalogue_cve *cve, uint32_t index)
{
    uint64_t key = row_of(of, cve->fixes[index])->key;

    for (uint32_t i = 0; i < index; i++)
        if (row_of(of, cve->fixes[i])->key == key && row_of(of, cve->fixes[i])->here != NO)
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

static void add_group(const work *of, const group *one, standing *to)
{
    const entry *witness = of->witness[one->fix->update->index];
    doubt_of doubt;
    int32_t answer = answer_of(of, one, &doubt);

    if (!to->applies || worse(answer, to->answer)) {
        to->answer = answer;
        to->fix = one->fix;
        to->why = doubt.why;
        to->needs = doubt.needs;
        to->by = NULL;
        to->n_others = 0;
        to->fix_available = one->released != NO;
    }
    if (answer == EXPOSURE_UNKNOWN && witness && !to->by) { /* it says more than a rule does */
        to->fix = one->fix;
        to->why = doubt.why;
        to->needs = doubt.needs;
    }
    if (answer == to->answer)
        add_witness(to, witness);
    if (answer == COVERED && !(witness && witness->basis_files))
        to->basis_files = 0;
    to->applies = 1;
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
        const fix_row *row = row_of(of, cve->fixes[i]);
        group one;

        if (row->absent && !ret->absent)
            ret->absent = cve->fixes[i];
        if (row->here == NO || !is_first(of, cve, i))
            continue;
        weigh(of, cve, cve->fixes[i], &one);
        add_group(of, &one, ret);
    }
    if (ret->applies)
        return;
    ret->fix = cve->n_fixes ? cve->fixes[0] : NULL;
    ret->basis_files = 0;
    if (!ret->absent && is_unsupported(of, cve)) {
        ret->answer = EXPOSURE_UNKNOWN;
        ret->why = "no update was published for this architecture any more";
        ret->needs = "a source that says whether it is affected";
    }
}
