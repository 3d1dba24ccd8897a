/* SPDX-License-Identifier: Apache-2.0
 *
 * packages.c: which installed package made the machine 6003, where no record tells.
 *
 * The catalogue says which updates fix the build by themselves, and leaves it open for some: the
 * last preview before them, of which sources disagree. The SHA-2 update does it alone. So the
 * first package installed in the interval that surely brings 6003 is named, unless one that may
 * have brought it came before; then neither is. A rollup of build 6002 that was installed bounds
 * the change from below.
 */
#include "packages.h"

#include <esuscan/catalogue.h>
#include <stdio.h>

enum { NOT_AT_ALL, PERHAPS, SURELY, AT_6002 };

/* A state at 6002 may be of the hours between the installation and the start that ends it. */
#define START_WITHIN (INT64_C(86400) * ES_TICKS_PER_SECOND)

typedef struct search {
    const es_catalogue *catalogue;
    es_time sure, perhaps, at_6002; /* the first; the last */
    uint32_t kb;
    uint64_t fact, fact_6002;
    int32_t first_month; /* of an update that brings 6003 */
} search;

static int32_t first_month(const es_catalogue *catalogue)
{
    int32_t first = INT32_MAX;

    for (uint32_t i = 0; i < catalogue->n_updates; i++)
        if (catalogue->updates[i]->build_after == 6003 &&
            catalogue->updates[i]->month != ES_MONTH_UNKNOWN &&
            catalogue->updates[i]->month < first)
            first = catalogue->updates[i]->month;
    return first;
}

static int brings(const search *in, const es_catalogue_update *update)
{
    if (update->build_after == 6003 || update->kind == ES_UPDATE_SHA2_SUPPORT)
        return SURELY;
    if (update->build_after == 6002)
        return update->kind == ES_UPDATE_MONTHLY_ROLLUP ? AT_6002 : NOT_AT_ALL;
    return update->kind == ES_UPDATE_PREVIEW_ROLLUP && update->month >= in->first_month - 1
               ? PERHAPS
               : NOT_AT_ALL;
}

static int is_text(const es_fact_view *fact, const char *name, const char *word)
{
    const es_datum *field = build_field(fact, name);

    return field && field->type == ES_FIELD_TEXT && build_text_is(field->text, word);
}

static int is_before(es_time a, es_time b)
{
    return !es_time_known(b) || a.ticks < b.ticks;
}

static void take(search *to, const es_fact_view *fact, const build_turn *turn)
{
    const es_datum *kb = build_field(fact, "kb");
    const es_catalogue_update *update =
        kb && kb->type == ES_FIELD_TEXT ? es_catalogue_find(to->catalogue, es_kb_number(kb->text))
                                        : NULL;
    int how = update ? brings(to, update) : NOT_AT_ALL;

    if (how == NOT_AT_ALL || !es_time_known(fact->time) || fact->damaged ||
        (fact->time.flags & ES_TIME_IMPOSSIBLE) || fact->time.ticks > turn->not_after.ticks ||
        (!is_text(fact, "state", "installed") && !is_text(fact, "state", "permanent") &&
         !is_text(fact, "state", "superseded")))
        return;
    if (how == AT_6002) {
        if (!es_time_known(to->at_6002) || to->at_6002.ticks < fact->time.ticks) {
            to->at_6002 = fact->time;
            to->fact_6002 = fact->reference;
        }
    } else if (how == PERHAPS && is_before(fact->time, to->perhaps)) {
        to->perhaps = fact->time;
    } else if (how == SURELY && is_before(fact->time, to->sure)) {
        to->sure = fact->time;
        to->kb = update->kb;
        to->fact = fact->reference;
    }
}

static es_status name_it(const es_host *host, const search *found, build_turn *turn)
{
    const size_t size = 16;
    void *memory = NULL;
    es_status status = host->alloc(host, size, &memory);

    if (status)
        return status;
    (void)snprintf((char *)memory, size, "KB%u", (unsigned)found->kb);
    turn->update = es_text_of((const char *)memory);
    turn->update_fact = found->fact;
    if (!es_time_known(turn->not_before) || turn->not_before.ticks < found->sure.ticks)
        turn->not_before = found->sure;
    return ES_OK;
}

es_status build_turn_by_packages(const es_host *host, build_turn *turn)
{
    search found;
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;

    memset(&found, 0, sizeof found);
    if (host->size >= offsetof(es_host, catalogue) + sizeof host->catalogue)
        found.catalogue = host->catalogue;
    if (!found.catalogue || turn->update.size || turn->contradicts ||
        !es_time_known(turn->not_after))
        return ES_OK;
    found.first_month = first_month(found.catalogue);
    while ((status = host->fact_next(host, (es_text)ES_TEXT("servicing.package"), &cursor,
                                     &fact)) == ES_OK)
        take(&found, &fact, turn);
    if (status < 0)
        return status;
    /* without a bound from below it may have been at 6003 from the start */
    if (!es_time_known(turn->not_before) && !es_time_known(found.at_6002))
        return ES_OK;
    if (!es_time_known(found.sure) ||
        (es_time_known(found.perhaps) && found.perhaps.ticks <= found.sure.ticks) ||
        (es_time_known(found.at_6002) && found.at_6002.ticks > found.sure.ticks) ||
        (es_time_known(turn->not_before) &&
         found.sure.ticks < turn->not_before.ticks - START_WITHIN))
        return ES_OK;
    return name_it(host, &found, turn);
}
