/* SPDX-License-Identifier: Apache-2.0
 *
 * contradict.c: what the files on disk say of a package.
 *
 * Two checks of one that is listed as installed. A kernel older than the one that the catalogue
 * says the update brings contradicts the package list; a newer one proves nothing. And where the
 * package's manifests were read, each component they name is compared with the version that won and
 * with the file that was read: one below contradicts, all read and at or above is the basis
 * `files`.
 *
 * The second check alone is made of packages that are there and not listed as installed: an update
 * that a later one replaced may have fallen back to staged, and what it brought is on disk all the
 * same. That counts only where the .mum of each of its packages is there, so that no component is
 * forgotten.
 */
#include "updates.h"

#include <stdlib.h>

#define LDR_FROM 0x5000u /* revisions from here on are of the LDR branch */

static es_status contradicted(entry *one, uint64_t fact, es_prose *text)
{
    one->contradiction = es_prose_text(text);
    one->agree = 0;
    if (one->n_because < N_BECAUSE)
        one->because[one->n_because++] = fact;
    return ES_OK;
}

static const uint16_t *brought_by(const work *of, const es_catalogue_update *update)
{
    return update->kernels[update->n_kernels == 2 &&
                           of->own.kernel->version.parts[3] >= LDR_FROM];
}

int kernel_is_older(const work *of, const es_catalogue_update *update)
{
    return update && update->n_kernels && of->own.kernel && of->is_nt60 == YES &&
           version_compare(of->own.kernel->version.parts, brought_by(of, update)) < 0;
}

static es_status against_kernel(work *of, entry *one)
{
    const kernel_file *kernel = of->own.kernel;
    const uint16_t *brought;
    es_prose text;
    es_status status;

    if (!kernel_is_older(of, one->update))
        return ES_OK;
    brought = brought_by(of, one->update);
    status = es_prose_make(of->host, 400, &text);
    if (status)
        return status;
    es_prose_say(&text, "%.*s on disk is %.*s, the update brings %u.%u.%u.%u",
                 ES_SHOWN(kernel->name),
                 ES_SHOWN(kernel->version_text), brought[0], brought[1], brought[2], brought[3]);
    return contradicted(one, kernel->fact, &text);
}

/* ------------------------------------------------------------------ manifests */

static int compare_names(es_text a, es_text b)
{
    for (uint64_t i = 0; i < a.size && i < b.size; i++)
        if (es_name_lower(a.data[i]) != es_name_lower(b.data[i]))
            return es_name_lower(a.data[i]) < es_name_lower(b.data[i]) ? -1 : 1;
    return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

static int by_name(const void *left, const void *right)
{
    const component *a = (const component *)left, *b = (const component *)right;
    int order = compare_names(a->name, b->name);

    return order ? order : compare_names(a->architecture, b->architecture);
}

static const component *component_find(const state_view *own, es_text name, es_text architecture)
{
    const component *all = (const component *)own->components.items;
    component wanted;
    size_t low = 0, high = own->components.n;

    memset(&wanted, 0, sizeof wanted);
    wanted.name = name;
    wanted.architecture = architecture;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (by_name(&all[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < own->components.n && by_name(&all[low], &wanted) == 0 ? &all[low] : NULL;
}

/* "architecture|name|version|file" */
static int split(es_text text, es_text parts[4])
{
    uint32_t n = 0;
    uint64_t from = 0;

    for (uint64_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != '|')
            continue;
        if (n == 4)
            return 0;
        parts[n].data = text.data + from;
        parts[n++].size = i - from;
        from = i + 1;
    }
    return n == 4;
}

/* The version of a file of this name that was read, for this architecture. */
static const file_version *file_read(const work *of, es_text parts[4], const component *winner)
{
    if (winner && winner->file.known)
        return &winner->file;
    for (uint32_t i = 0; i < of->own.n_kernels; i++)
        if (parts[3].size && compare_names(of->own.kernels[i].name, parts[3]) == 0 &&
            compare_names(of->own.kernels[i].machine, parts[0]) == 0 &&
            of->own.kernels[i].version.known)
            return &of->own.kernels[i].version;
    return NULL;
}

/* What one line of a manifest gives: YES read and at or above, MAYBE not read, NO below. */
static int compare_line(const work *of, es_text line, const component **ret_winner,
                        es_text parts[4])
{
    file_version wanted = { { 0 }, 0 };
    const file_version *found;

    *ret_winner = NULL;
    if (!split(line, parts) || !version_parse(parts[2], &wanted))
        return MAYBE;
    *ret_winner = component_find(&of->own, parts[1], parts[0]);
    if (*ret_winner && (*ret_winner)->version.known &&
        version_compare((*ret_winner)->version.parts, wanted.parts) < 0)
        return NO;
    if (!parts[3].size)
        return YES + 1; /* it has no file: nothing to read */
    found = file_read(of, parts, *ret_winner);
    if (!found)
        return MAYBE;
    return version_compare(found->parts, wanted.parts) < 0 ? NO : YES;
}

/* What the files say of one update: lines of its manifests by what they give. */
typedef struct finding {
    uint32_t n_read, n_unread, n_below;
} finding;

static es_status say_below(work *of, entry *one, uint64_t fact, const es_text parts[4])
{
    es_prose text;
    es_status status = es_prose_make(of->host, 600, &text);

    if (status)
        return status;
    es_prose_say(&text, "the component %.*s in effect is older than %.*s, which the package's "
                        "manifest names",
                 ES_SHOWN(parts[1]), ES_SHOWN(parts[2]));
    return contradicted(one, fact, &text);
}

static es_status against_manifest(work *of, entry *one, const manifest *from, finding *found)
{
    for (uint64_t i = 0; i < from->n_components; i++) {
        const component *winner;
        es_text parts[4];
        int how = compare_line(of, from->components[i], &winner, parts);
        es_status status;

        found->n_read += how == YES;
        found->n_unread += how == MAYBE;
        if (how != NO)
            continue;
        found->n_below++;
        if (!state_is_in(one->state) || one->contradiction.size)
            continue;
        status = say_below(of, one, winner ? winner->fact : from->fact, parts);
        if (status)
            return status;
    }
    return ES_OK;
}

static es_status against_manifests(work *of, entry *one)
{
    const manifest *all = (const manifest *)of->own.manifests.items;
    finding found = { 0, 0, 0 };
    int shown;

    for (size_t i = 0; i < of->own.manifests.n; i++) {
        es_status status;

        if (all[i].kb != one->kb)
            continue;
        if (one->n_because < N_BECAUSE)
            one->because[one->n_because++] = all[i].fact;
        status = against_manifest(of, one, &all[i], &found);
        if (status)
            return status;
    }
    shown = found.n_read && !found.n_unread && !found.n_below && !one->contradiction.size;
    one->basis_files = shown && state_is_in(one->state);
    one->by_files = shown && !state_is_in(one->state) && one->has_key && one->mums == YES;
    if ((one->basis_files || one->by_files) && one->n_sources < N_SOURCES)
        one->sources[one->n_sources++] = es_text_of("component files: at or above");
    return ES_OK;
}

/* Files of old say nothing of what was installed after them: those of the end do. */
static int came_after(const work *of, entry *one)
{
    const entry *later;

    if (!of->end || !es_time_known(one->installed) ||
        one->installed.ticks <= of->base_time.ticks)
        return 0;
    later = entry_find(&of->end->own, one->kb);
    if (later) {
        one->contradiction = later->contradiction;
        one->basis_files = later->basis_files && !later->by_files;
    }
    return 1;
}

es_status contradict(work *of)
{
    entry *all = (entry *)of->own.entries.items;
    es_status status = ES_OK;

    if (of->own.components.n)
        qsort(of->own.components.items, of->own.components.n, sizeof(component), by_name);
    for (size_t i = 0; status == ES_OK && i < of->own.entries.n; i++) {
        if (state_is_in(all[i].state) && came_after(of, &all[i]))
            continue;
        if (state_is_in(all[i].state))
            status = against_kernel(of, &all[i]);
        if (status == ES_OK && of->own.manifests.n)
            status = against_manifests(of, &all[i]);
        if (status == ES_OK && all[i].contradiction.size && all[i].n_sources < N_SOURCES)
            all[i].sources[all[i].n_sources++] = es_text_of("files: older than it");
    }
    return status;
}
