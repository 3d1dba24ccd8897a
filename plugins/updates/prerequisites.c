/* SPDX-License-Identifier: Apache-2.0
 *
 * prerequisites.c: the packages without which later updates cannot be installed: SHA-2 support, the
 * servicing stack, the preparation for ESU licences.
 *
 * A later package of a role meets what an earlier one would.
 */
#include "facts.h"
#include "updates.h"

static uint32_t kind_of(es_text role)
{
    if (es_text_equal(role, es_text_of("sha2-support")))
        return ES_UPDATE_SHA2_SUPPORT;
    if (es_text_equal(role, es_text_of("servicing-stack")))
        return ES_UPDATE_SERVICING_STACK;
    return ES_UPDATE_ESU_PREPARATION;
}

/* Every package of this role that is in effect: the newest, and whether it reaches `needed`. */
static const entry *newest_of(const work *of, uint32_t kind)
{
    const entry *best = NULL;

    for (uint32_t i = 0; i < of->catalogue->n_updates; i++) {
        const es_catalogue_update *update = of->catalogue->updates[i];
        const entry *own = of->by_update[i];

        if (update->kind == kind && own && own->effect != NO &&
            (!best || month_of(best->update) <= month_of(update)))
            best = own;
    }
    return best;
}

/* The first monthly release that needs it: the one after it, or of a preparation package whose
 * month is not known the first of the ESU time. */
static const es_catalogue_update *first_blocked(const work *of,
                                                const es_catalogue_prerequisite *needed)
{
    const es_catalogue_update *first = NULL;

    for (uint32_t i = 0; i < of->catalogue->n_updates; i++) {
        const es_catalogue_update *update = of->catalogue->updates[i];
        int is_later = needed->month != ES_MONTH_UNKNOWN
                           ? update->month > needed->month
                           : update->channel > ES_CHANNEL_GENERAL;

        if (update->kind == ES_UPDATE_MONTHLY_ROLLUP && is_later &&
            was_released(of, update) == YES &&
            for_architecture(of, update->architectures) != NO &&
            (!first || update->month < first->month))
            first = update;
    }
    return first;
}

enum { MET, MISSING, TOO_OLD, NOT_KNOWN };

static int judge_one(const work *of, const es_catalogue_prerequisite *needed, const entry **ret_by)
{
    const es_catalogue_update *row = es_catalogue_find(of->catalogue, needed->kb);
    const entry *own = entry_find(&of->own, needed->kb);
    const entry *best = newest_of(of, kind_of(needed->role));

    *ret_by = NULL;
    if (own && own->too_old) {
        *ret_by = own;
        return TOO_OLD;
    }
    if (own && own->effect != NO) {
        *ret_by = own;
        return own->effect == YES ? MET : NOT_KNOWN;
    }
    if (best && best->kb != needed->kb) {
        *ret_by = best;
        if (needed->month == ES_MONTH_UNKNOWN || month_of(best->update) > needed->month)
            return best->effect == YES ? MET : NOT_KNOWN;
        return TOO_OLD;
    }
    if (!of->own.packages_read || (row && of->cover[row->index] == MAYBE))
        return NOT_KNOWN;
    return MISSING;
}

static void say_unmet(es_prose *to, const es_catalogue_prerequisite *needed, int how,
                      const entry *by, const es_catalogue_update *blocked)
{
    char month[ES_TIME_WORD_SIZE];

    es_prose_say(to, "%.*s: KB%u is %s", ES_SHOWN(needed->role), (unsigned)needed->kb,
                 how == MISSING ? "missing" : "there in a form that is too old");
    if (how == TOO_OLD && by && by->kb != needed->kb)
        es_prose_say(to, " (KB%u is)", (unsigned)by->kb);
    if (blocked)
        es_prose_say(to, ", which blocks KB%u (%s) and what follows it", (unsigned)blocked->kb,
                     month_word(blocked->month, month));
    es_prose_say(to, ". ");
}

static es_status emit(work *of, const es_catalogue_prerequisite *needed, int how, const entry *by,
                      const es_catalogue_update *blocked)
{
    static const char *const words[] = { "met", "missing", "too-old", "unknown" };
    es_datum fields[6];
    es_row row = { sizeof row, ROWS_PREREQUISITES, fields };

    fields[0] = es_datum_text(kb_text(of->host, needed->kb));
    fields[1] = es_datum_text(needed->role);
    fields[2] = es_datum_text(es_text_of(words[how]));
    fields[3] = by ? es_datum_text(kb_text(of->host, by->kb)) : es_null();
    fields[4] = blocked ? es_datum_text(kb_text(of->host, blocked->kb)) : es_null();
    fields[5] = blocked ? es_datum_text(month_text(of->host, blocked->month)) : es_null();
    return of->host->row(of->host, &row);
}

es_status list_prerequisites(work *of, es_prose *to)
{
    const es_catalogue *catalogue = of->catalogue;
    es_status status = ES_OK;

    for (uint32_t i = 0; i < catalogue->n_prerequisites && status == ES_OK; i++) {
        const es_catalogue_prerequisite *needed = catalogue->prerequisites[i];
        const es_catalogue_update *blocked;
        const entry *by;
        int how;

        if (text_find(needed->operating_system, "Windows Server 2008 SP2", 0) ==
            needed->operating_system.size)
            continue;
        how = judge_one(of, needed, &by);
        blocked = how == MISSING || how == TOO_OLD ? first_blocked(of, needed) : NULL;
        if (how == MISSING && !blocked && es_time_known(of->at))
            continue; /* nothing that was out on that day needs it */
        if (blocked)
            say_unmet(to, needed, how, by, blocked);
        status = emit(of, needed, how, by, blocked);
    }
    return status;
}
