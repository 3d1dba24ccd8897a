/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue_link.c: rows become tables: sorted, connected, and free of contradiction. Every fix
 * leads to an update and a CVE, supersedence can be walked both ways and has no cycle.
 */
#include "host/catalogue_rows.h"

#include <stdlib.h>
#include <string.h>

static es_status refuse(const es_catalogue_draft *draft, const char *file, uint32_t line,
                        const char *what, uint32_t kb)
{
    es_note_set(draft->note, ES_SEVERITY_ERROR, "catalogue",
                "The catalogue is refused: %s, line %u: %s (KB%u).", file, line, what, kb);
    return ES_CORRUPT;
}

/* ------------------------------------------------------------------ order */

static uint64_t number_at(es_text text, uint64_t *at)
{
    uint64_t number = 0;

    while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9')
        number = number * 10 + (uint64_t)(text.data[(*at)++] - '0');
    return number;
}

int es_cve_compare(es_text a, es_text b)
{
    uint64_t i = 0, k = 0;

    while (i < a.size && k < b.size) {
        bool digits = a.data[i] >= '0' && a.data[i] <= '9' && b.data[k] >= '0' && b.data[k] <= '9';

        if (digits) {
            uint64_t x = number_at(a, &i), y = number_at(b, &k);

            if (x != y)
                return x < y ? -1 : 1;
        } else if (a.data[i] != b.data[k]) {
            return (unsigned char)a.data[i] < (unsigned char)b.data[k] ? -1 : 1;
        } else {
            i++, k++;
        }
    }
    if (i < a.size || k < b.size)
        return k < b.size ? -1 : 1;
    return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

static int by_kb(const void *left, const void *right)
{
    const es_catalogue_update *a = *(const es_catalogue_update *const *)left;
    const es_catalogue_update *b = *(const es_catalogue_update *const *)right;

    return a->kb < b->kb ? -1 : a->kb > b->kb;
}

static int by_version(const void *left, const void *right)
{
    const es_catalogue_kernel *a = *(const es_catalogue_kernel *const *)left;
    const es_catalogue_kernel *b = *(const es_catalogue_kernel *const *)right;

    for (int i = 0; i < 4; i++)
        if (a->version[i] != b->version[i])
            return a->version[i] < b->version[i] ? -1 : 1;
    return 0;
}

static int by_cve(const void *left, const void *right)
{
    const es_catalogue_fix *a = *(const es_catalogue_fix *const *)left;
    const es_catalogue_fix *b = *(const es_catalogue_fix *const *)right;

    if (a->cve->index != b->cve->index)
        return a->cve->index < b->cve->index ? -1 : 1;
    return a->update->kb < b->update->kb ? -1 : a->update->kb > b->update->kb;
}

static int by_update(const void *left, const void *right)
{
    const es_catalogue_fix *a = *(const es_catalogue_fix *const *)left;
    const es_catalogue_fix *b = *(const es_catalogue_fix *const *)right;

    if (a->update->kb != b->update->kb)
        return a->update->kb < b->update->kb ? -1 : 1;
    return a->cve->index < b->cve->index ? -1 : a->cve->index > b->cve->index;
}

/* ------------------------------------------------------------------ updates */

static es_status sort_updates(es_catalogue_draft *draft)
{
    uint32_t n = draft->tables.n_updates;
    uint32_t *lines = es_arena_take(draft->arena, ((uint64_t)n + 1) * sizeof *lines);

    if (!lines)
        return ES_NOMEM;
    if (n)
        qsort(draft->updates, n, sizeof *draft->updates, by_kb);
    for (uint32_t i = 0; i < n; i++) {
        lines[i] = draft->update_lines[draft->updates[i]->index];
        draft->updates[i]->index = i;
        if (i && draft->updates[i]->kb == draft->updates[i - 1]->kb)
            return refuse(draft, "updates.csv", lines[i] > lines[i - 1] ? lines[i] : lines[i - 1],
                          "the update has a second row", draft->updates[i]->kb);
    }
    draft->update_lines = lines;
    draft->tables.updates = (const es_catalogue_update *const *)draft->updates;
    return ES_OK;
}

static es_catalogue_update *update_of(es_catalogue_draft *draft, uint32_t kb)
{
    const es_catalogue_update *found = es_catalogue_find(&draft->tables, kb);

    return found ? draft->updates[found->index] : NULL;
}

static es_status link_superseded(es_catalogue_draft *draft)
{
    uint32_t n = draft->tables.n_updates;
    const es_catalogue_update ***lists =
        es_arena_take(draft->arena, ((uint64_t)n + 1) * sizeof *lists);

    if (!lists)
        return ES_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < draft->updates[i]->n_supersedes; k++) {
            es_catalogue_update *older = update_of(draft, draft->updates[i]->supersedes[k]);

            if (older)
                older->n_superseded_by++;
        }
    for (uint32_t i = 0; i < n; i++) {
        es_catalogue_update *to = draft->updates[i];

        if (!to->n_superseded_by)
            continue;
        lists[i] = es_arena_take(draft->arena, to->n_superseded_by * sizeof **lists);
        if (!lists[i])
            return ES_NOMEM;
        to->superseded_by = lists[i];
        to->n_superseded_by = 0;
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < draft->updates[i]->n_supersedes; k++) {
            es_catalogue_update *older = update_of(draft, draft->updates[i]->supersedes[k]);

            if (older)
                lists[older->index][older->n_superseded_by++] = draft->updates[i];
        }
    return ES_OK;
}

/* Updates that nothing supersedes are taken away, then those that only these superseded, and so
 * on (Kahn). What is left, if anything, stands on a cycle or below one. */
static es_status refuse_cycles(es_catalogue_draft *draft)
{
    uint32_t n = draft->tables.n_updates, n_ready = 0, at = 0;
    uint32_t *left = es_arena_take(draft->arena, ((uint64_t)n + 1) * sizeof *left);
    uint32_t *ready = es_arena_take(draft->arena, ((uint64_t)n + 1) * sizeof *ready);

    if (!left || !ready)
        return ES_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        left[i] = draft->updates[i]->n_superseded_by;
        if (!left[i])
            ready[n_ready++] = i;
    }
    while (at < n_ready) {
        const es_catalogue_update *newer = draft->updates[ready[at++]];

        for (uint32_t k = 0; k < newer->n_supersedes; k++) {
            const es_catalogue_update *older = update_of(draft, newer->supersedes[k]);

            if (older && --left[older->index] == 0)
                ready[n_ready++] = older->index;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        if (left[i])
            return refuse(draft, "updates.csv", draft->update_lines[i],
                          "supersedence goes round in a circle", draft->updates[i]->kb);
    return ES_OK;
}

static es_status link_reissues(es_catalogue_draft *draft)
{
    for (uint32_t i = 0; i < draft->n_reissues; i++) {
        es_catalogue_update *update = update_of(draft, draft->reissue_kbs[i]);

        if (!update || update->issue)
            return refuse(draft, "reissues.csv", draft->reissue_lines[i],
                          update ? "the update has a second row"
                                 : "the update has no row in updates.csv",
                          draft->reissue_kbs[i]);
        update->issue = draft->reissues[i];
    }
    return ES_OK;
}

/* ------------------------------------------------------------------ fixes */

typedef struct named {
    uint64_t key; /* orders most of them without looking at their letters */
    es_text cve;
    uint32_t fix;
} named;

/* Prefix, then the first two numbers: what es_cve_compare() looks at first. Never in another order
 * than that, but equal for some that differ. */
static uint64_t key_of(es_text id)
{
    uint64_t at = 4, year, number;

    if (id.size < 10 || id.data[0] != 'C' || id.data[3] != '-')
        return 0; /* ADV and the like come first */
    year = number_at(id, &at);
    at += at < id.size;
    number = number_at(id, &at);
    return number < UINT32_MAX && year < UINT32_MAX ? year << 32 | (number + 1) : UINT64_MAX;
}

static int by_name(const void *left, const void *right)
{
    const named *a = left, *b = right;
    int order = a->key != b->key ? (a->key < b->key ? -1 : 1) : es_cve_compare(a->cve, b->cve);

    return order ? order : a->fix < b->fix ? -1 : a->fix > b->fix;
}

/* Every distinct CVE becomes one, and every fix leads to its own. */
static es_status make_cves(es_catalogue_draft *draft)
{
    uint32_t n = draft->tables.n_fixes, n_cves = 0;
    named *names = es_arena_take(draft->arena, ((uint64_t)n + 1) * sizeof *names);

    draft->cves = es_arena_take(draft->arena, ((uint64_t)n + 1) * sizeof *draft->cves);
    if (!names || !draft->cves)
        return ES_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        names[i] = (named){ key_of(draft->fix_cves[i]), draft->fix_cves[i], i };
    if (n)
        qsort(names, n, sizeof *names, by_name);
    for (uint32_t i = 0; i < n; i++) {
        if (!i || !es_text_equal(names[i].cve, names[i - 1].cve)) {
            es_catalogue_cve *made = es_arena_take(draft->arena, sizeof *made);

            if (!made)
                return ES_NOMEM;
            made->size = sizeof *made;
            made->index = n_cves;
            made->id = names[i].cve;
            draft->cves[n_cves++] = made;
        }
        draft->fixes[names[i].fix]->cve = draft->cves[n_cves - 1];
    }
    draft->tables.n_cves = n_cves;
    draft->tables.cves = (const es_catalogue_cve *const *)draft->cves;
    return ES_OK;
}

static es_status find_updates(es_catalogue_draft *draft)
{
    for (uint32_t i = 0; i < draft->tables.n_fixes; i++) {
        draft->fixes[i]->update = update_of(draft, draft->fix_kbs[i]);
        if (!draft->fixes[i]->update)
            return refuse(draft, "cves.csv", draft->fix_lines[i],
                          "the update has no row in updates.csv", draft->fix_kbs[i]);
    }
    return ES_OK;
}

/* Cut the sorted fixes into the runs of their CVEs and, in a second order, of their updates. */
static es_status share_fixes(es_catalogue_draft *draft)
{
    uint32_t n = draft->tables.n_fixes;
    es_catalogue_fix **second = es_arena_take(draft->arena, ((uint64_t)n + 1) * sizeof *second);

    if (!second)
        return ES_NOMEM;
    if (n) {
        qsort(draft->fixes, n, sizeof *draft->fixes, by_cve);
        memcpy(second, draft->fixes, n * sizeof *second);
        qsort(second, n, sizeof *second, by_update);
    }
    for (uint32_t i = 0; i < n; i++) {
        es_catalogue_fix *fix = draft->fixes[i];
        es_catalogue_cve *cve = draft->cves[fix->cve->index];
        es_catalogue_update *update = draft->updates[second[i]->update->index];

        if (i && draft->fixes[i - 1]->cve == fix->cve &&
            draft->fixes[i - 1]->update == fix->update)
            return refuse(draft, "cves.csv", draft->fix_lines[fix->index],
                          "update and CVE have a second row", fix->update->kb);
        if (!cve->n_fixes++)
            cve->fixes = (const es_catalogue_fix *const *)&draft->fixes[i];
        if (!update->n_fixes++)
            update->fixes = (const es_catalogue_fix *const *)&second[i];
    }
    for (uint32_t i = 0; i < n; i++)
        draft->fixes[i]->index = i;
    draft->tables.fixes = (const es_catalogue_fix *const *)draft->fixes;
    return ES_OK;
}

static es_status check_prerequisites(es_catalogue_draft *draft)
{
    es_catalogue *tables = &draft->tables;

    if (tables->n_kernels)
        qsort(draft->kernels, tables->n_kernels, sizeof *draft->kernels, by_version);
    if (!tables->n_updates || !tables->n_fixes)
        return refuse(draft, tables->n_updates ? "cves.csv" : "updates.csv", 2,
                      "there is no row at all", 0);
    return ES_OK;
}

es_status es_catalogue_link(es_catalogue_draft *draft)
{
    static es_status (*const steps[])(es_catalogue_draft *) = {
        check_prerequisites, sort_updates, link_superseded, refuse_cycles,
        link_reissues,       find_updates, make_cves,       share_fixes,
    };
    es_status status = ES_OK;

    for (size_t i = 0; status == ES_OK && i < sizeof steps / sizeof *steps; i++)
        status = steps[i](draft);
    return status;
}
