/* SPDX-License-Identifier: Apache-2.0
 *
 * brings.c: which updates bring build 6003, as the catalogue has it.
 *
 * An update whose row fixes the build, or whose kernel is listed, surely does. Of a kernel that is
 * listed for one issue of a number that was issued several times, the other issues are not known.
 * An update that may carry a kernel, and came out after the last one known to stay at 6002, may
 * bring 6003: the catalogue leaves its build open where sources disagree or say nothing.
 */
#include "build.h"

#include <esuscan/catalogue.h>

const es_catalogue *build_catalogue(const es_host *host)
{
    return host->size >= offsetof(es_host, catalogue) + sizeof host->catalogue ? host->catalogue
                                                                               : NULL;
}

/* The newest month of which an update is known to stay at 6002. */
static int32_t last_month_at_6002(const es_catalogue *catalogue)
{
    int32_t last = ES_MONTH_UNKNOWN;

    for (uint32_t i = 0; i < catalogue->n_updates; i++)
        if (catalogue->updates[i]->build_after == 6002 && catalogue->updates[i]->month > last)
            last = catalogue->updates[i]->month;
    return last;
}

static int may_carry_kernel(const es_catalogue_update *update)
{
    switch (update->kind) {
    case ES_UPDATE_OTHER:
    case ES_UPDATE_MONTHLY_ROLLUP:
    case ES_UPDATE_SECURITY_ONLY:
    case ES_UPDATE_PREVIEW_ROLLUP:
    case ES_UPDATE_OUT_OF_BAND:
    case ES_UPDATE_OTHER_SECURITY:
    case ES_UPDATE_SHA2_SUPPORT:
        return 1;
    default:
        return 0;
    }
}

/* Is a kernel of build 6003 listed as this update's? */
static int lists_kernel(const es_catalogue *catalogue, uint32_t kb)
{
    for (uint32_t i = 0; i < catalogue->n_kernels; i++) {
        const es_catalogue_kernel *kernel = catalogue->kernels[i];

        for (uint32_t k = 0; kernel->build == 6003 && k < kernel->n_kbs; k++)
            if (kernel->kbs[k] == kb)
                return 1;
    }
    return 0;
}

uint32_t build_brings(const es_catalogue *catalogue, const es_catalogue_update *update)
{
    if (update->build_after == 6003)
        return BUILD_BRINGS;
    if (update->build_after)
        return update->kind == ES_UPDATE_MONTHLY_ROLLUP ? BUILD_BRINGS_6002 : BUILD_BRINGS_NOT;
    if (lists_kernel(catalogue, update->kb))
        return BUILD_BRINGS_IN_AN_ISSUE;
    return may_carry_kernel(update) && update->month != ES_MONTH_UNKNOWN &&
                   update->month >= last_month_at_6002(catalogue)
               ? BUILD_BRINGS_PERHAPS
               : BUILD_BRINGS_NOT;
}

/* ------------------------------------------------------------------ names of packages */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The number of a KB whose letters begin at `at`; 0 if none does. */
static uint32_t kb_at(es_text identity, uint64_t at)
{
    es_text kb = { identity.data + at, 2 };

    if (at && (is_letter(kb.data[-1]) || is_digit(kb.data[-1])))
        return 0;
    while (kb.size < identity.size - at && is_digit(kb.data[kb.size]))
        kb.size++;
    if (kb.size < 8 || (kb.size < identity.size - at && is_letter(kb.data[kb.size])))
        return 0;
    return es_kb_number(kb);
}

/* The KB that a package names, 0 for none, or for two. */
static uint32_t kb_of(es_text identity)
{
    uint32_t found = 0;

    for (uint64_t at = 0; identity.size >= 2 && at <= identity.size - 2; at++) {
        uint32_t kb = (identity.data[at] | 0x20) == 'k' && (identity.data[at + 1] | 0x20) == 'b'
                          ? kb_at(identity, at)
                          : 0;

        if (kb && found && kb != found)
            return 0;
        found = kb ? kb : found;
    }
    return found;
}

/* The Service Packs of NT 6.0: they change the build, and the first lies before any catalogue. */
#define SERVICE_PACK_1 936330u
#define SERVICE_PACK_2 948465u

int build_package_changes_build(const es_host *host, es_text identity)
{
    const es_catalogue *catalogue = build_catalogue(host);
    uint32_t kb = kb_of(identity), how;
    const es_catalogue_update *update = kb ? es_catalogue_find(catalogue, kb) : NULL;

    if (kb == SERVICE_PACK_1 || kb == SERVICE_PACK_2)
        return 1;
    if (!update)
        return 0;
    how = build_brings(catalogue, update);
    return how == BUILD_BRINGS || how == BUILD_BRINGS_IN_AN_ISSUE || how == BUILD_BRINGS_PERHAPS;
}
