/* SPDX-License-Identifier: Apache-2.0
 *
 * rows.c: which rows of the catalogue are about this machine, and which are alternatives.
 *
 * A row says that an update mends a CVE in a product. It does not apply where the product's
 * version, or the architecture, is known not to be here: Internet Explorer and the .NET Framework
 * come in several versions, and a row names those it is for ("Internet Explorer 9;Windows Internet
 * Explorer 8", "Microsoft .NET Framework 4.5/4.5.1/4.5.2", "… 2.0 Service Pack 2").
 *
 * The rollup, the security-only and other updates of one month are alternatives; an update of before
 * September 2018 stands for itself; so does each update of .NET, because each is for another version
 * of it. Decided once for all rows, because each CVE asks again.
 */
#include "facts.h"
#include "gather.h"

#define ROLLUPS_FROM (2018 * 12 + 8) /* September 2018 */

static int contains(es_text text, const char *word)
{
    return text_find(text, word, 0) < text.size;
}

static uint32_t class_of(const es_catalogue_fix *fix)
{
    if (fix->update->kind == ES_UPDATE_DOTNET || contains(fix->component, ".NET Framework"))
        return CLASS_DOTNET;
    if (fix->update->kind == ES_UPDATE_IE_CUMULATIVE ||
        contains(fix->component, "Internet Explorer"))
        return CLASS_IE;
    return class_of_kind(fix->update->kind);
}

/* ------------------------------------------------------------------ Internet Explorer */

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

/* ------------------------------------------------------------------ .NET Framework */

/* "4.5.1": up to three numbers; false when there is none. */
static int version_at(es_text text, uint64_t *at, uint32_t parts[3])
{
    uint32_t n = 0;

    memset(parts, 0, 3 * sizeof *parts);
    while (n < 3 && *at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9') {
        while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9' &&
               parts[n] < 100000)
            parts[n] = parts[n] * 10 + (uint32_t)(text.data[(*at)++] - '0');
        n++;
        if (*at + 1 < text.size && text.data[*at] == '.' && text.data[*at + 1] >= '0' &&
            text.data[*at + 1] <= '9')
            (*at)++;
        else
            break;
    }
    return n != 0;
}

/* Whether this version is here; `pack` 0: any service pack. */
static int32_t is_here(const work *of, const uint32_t parts[3], int32_t pack)
{
    int32_t found = NO;

    for (uint32_t i = 0; i < of->n_frameworks; i++) {
        const framework *one = &of->frameworks[i];

        if (memcmp(one->parts, parts, sizeof one->parts) != 0)
            continue;
        if (!pack || one->service_pack == pack)
            return YES;
        if (one->service_pack < 0)
            found = MAYBE;
    }
    return found;
}

/* The versions after one ".NET Framework ", with '/' between. */
static int32_t versions_here(const work *of, es_text text, uint64_t at, int *ret_names_one)
{
    static const char pack_word[] = " Service Pack ";
    int32_t found = NO;
    uint32_t parts[3];

    *ret_names_one = 0;
    while (version_at(text, &at, parts)) {
        int32_t pack = 0, here;

        *ret_names_one = 1;
        if (text_find(text, pack_word, at) == at && at + sizeof pack_word - 1 < text.size)
            pack = text.data[at + sizeof pack_word - 1] - '0';
        here = is_here(of, parts, pack);
        found = here > found ? here : found;
        if (at >= text.size || text.data[at] != '/')
            break;
        at++;
    }
    return found;
}

static int32_t for_dotnet(const work *of, const es_catalogue_fix *fix)
{
    static const char word[] = ".NET Framework ";
    int32_t found = NO;
    int all_named = fix->component.size != 0, names_one;
    uint64_t from = 0;

    while (from < fix->component.size) {
        uint64_t end = text_find(fix->component, ";", from);
        es_text item = { fix->component.data + from, end - from };
        uint64_t at = text_find(item, word, 0);
        int32_t here = at < item.size ? versions_here(of, item, at + sizeof word - 1, &names_one)
                                      : NO;

        all_named = all_named && at < item.size && names_one;
        found = here > found ? here : found;
        from = end + 1;
    }
    if (found == YES)
        return YES;
    return all_named && of->n_frameworks && !of->frameworks_cut ? found : MAYBE;
}

/* ------------------------------------------------------------------ all rows */

/* Rows with one key are alternatives. */
static uint64_t key_of(const es_catalogue_fix *fix, uint32_t class)
{
    const es_catalogue_update *update = fix->update;
    uint64_t key = (uint64_t)class << 32;

    if (class == CLASS_DOTNET && update->kind == ES_UPDATE_DOTNET)
        return key | update->kb;
    if (class != CLASS_SYSTEM && class != CLASS_IE && class != CLASS_DOTNET)
        return key | update->kb;
    if (update->kind != ES_UPDATE_OTHER_SECURITY && month_of(update) >= ROLLUPS_FROM)
        return key | (UINT64_C(1) << 40) | (uint64_t)month_of(update);
    return key | update->kb;
}

static void classify(const work *of, const es_catalogue_fix *fix, fix_row *to)
{
    int32_t product = YES;

    to->class = class_of(fix);
    to->key = key_of(fix, to->class);
    if (to->class == CLASS_IE)
        product = for_ie(of, fix);
    else if (to->class == CLASS_DOTNET)
        product = for_dotnet(of, fix);
    to->absent = product == NO;
    to->here = product;
    if (for_architecture(of, fix->architectures) == NO ||
        for_architecture(of, fix->update->architectures) == NO) {
        to->here = NO;
        to->absent = 0;
    }
}

es_status rows_classify(work *of)
{
    uint32_t n = of->catalogue ? of->catalogue->n_fixes : 0;
    void *memory = NULL;
    fix_row *made;
    es_status status = n ? of->host->alloc(of->host, (uint64_t)n * sizeof *made, &memory) : ES_OK;

    if (status)
        return status;
    made = (fix_row *)memory;
    for (uint32_t i = 0; i < n; i++)
        classify(of, of->catalogue->fixes[i], &made[of->catalogue->fixes[i]->index]);
    of->rows = made;
    return ES_OK;
}
