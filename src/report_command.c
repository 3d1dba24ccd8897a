/* SPDX-License-Identifier: Apache-2.0
 *
 * report_command.c: see report_command.h.
 *
 * Without names the reports are of the latest result of every image of the store; a name is the
 * path of an image as the store has it, its bare name, or the number of a result. One image goes
 * where `-o` says; of several, `-o FORMAT=FOLDER` makes a file each, and standard output gets one
 * after the other (JSON so is a stream of objects, as jq takes it).
 */
#include "report_command.h"

#include "report/store.h"
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------------ names */

char *es_report_path(const char *folder, const char *image, const es_format *format)
{
    const char *slash = strrchr(image, '/'), *bare = slash ? slash + 1 : image;
    uint64_t mark = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    char *path = NULL;

    for (const char *c = image; *c; c++)
        mark = (mark ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    if (asprintf(&path, "%s/%.180s.%08llx.%s", folder, bare,
                 (unsigned long long)(mark ^ mark >> 32) & 0xffffffff, format->name) < 0)
        return NULL;
    return path;
}

/* ------------------------------------------------------------------ which images */

typedef struct chosen {
    const es_options *options;
    int64_t *ids;
    char **paths;
    size_t n, capacity;
    uint8_t *met; /* of each name asked for, whether something has it */
    bool failures; /* the store holds images that could not be scanned */
} chosen;

static bool is_named(const char *name, const es_store_entry *entry)
{
    const char *slash = strrchr(entry->path, '/');
    char number[32], *whole = NULL;
    bool named;

    snprintf(number, sizeof number, "%lld", (long long)entry->id);
    named = !strcmp(name, number) ||
            (entry->latest && (!strcmp(name, entry->path) || (slash && !strcmp(name, slash + 1))));
    /* A store has whole paths: one from here is one of them. */
    if (!named && entry->latest && strchr(name, '/') && (whole = realpath(name, NULL)))
        named = !strcmp(whole, entry->path);
    free(whole);
    return named;
}

static es_status keep(chosen *all, const es_store_entry *entry)
{
    if (all->n == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 64;
        int64_t *ids = realloc(all->ids, capacity * sizeof *ids);
        char **paths;

        if (!ids)
            return ES_NOMEM;
        all->ids = ids;
        paths = realloc(all->paths, capacity * sizeof *paths);
        if (!paths)
            return ES_NOMEM;
        all->paths = paths;
        all->capacity = capacity;
    }
    all->paths[all->n] = strdup(entry->path);
    if (!all->paths[all->n])
        return ES_NOMEM;
    all->ids[all->n++] = entry->id;
    return ES_OK;
}

static es_status choose(void *context, const es_store_entry *entry)
{
    chosen *all = context;
    bool wanted = !all->options->n_images && entry->latest;

    for (size_t i = 0; i < all->options->n_images; i++) {
        if (is_named(all->options->images[i], entry)) {
            wanted = true;
            all->met[i] = 1;
        }
    }
    if (!wanted)
        return ES_OK;
    if (entry->state == ES_STORE_FAILED) {
        es_note note;

        all->failures = true;
        es_note_set(&note, ES_SEVERITY_ERROR, "store", "%s could not be scanned: %s", entry->path,
                    entry->reason ? entry->reason : "no reason is known");
        es_say(&note);
        return ES_OK;
    }
    return keep(all, entry);
}

static void chosen_free(chosen *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->paths[i]);
    free(all->paths);
    free(all->ids);
    free(all->met);
}

/* ------------------------------------------------------------------ writing */

static es_status write_one(const es_options *options, const chosen *all, size_t at,
                           const es_ledger *ledger, const es_run *stored, es_note *note)
{
    es_status status = ES_OK;
    es_run run = *stored;

    run.color = isatty(STDOUT_FILENO);
    run.width = es_run_width();
    run.verbose = options->verbose > 0;
    for (size_t i = 0; status == ES_OK && i < options->n_outputs; i++) {
        const es_output *output = &options->outputs[i];
        struct stat about;
        bool folder = output->path && stat(output->path, &about) == 0 && S_ISDIR(about.st_mode);
        char *path = folder ? es_report_path(output->path, all->paths[at], output->format) : NULL;

        if (!folder && output->path && all->n > 1) {
            es_note_set(note, ES_SEVERITY_ERROR, "report",
                        "%s is no folder, and the reports are of %zu images.", output->path,
                        all->n);
            return ES_UNSUPPORTED;
        }
        status = es_report_write(output->format, ledger, &run, path ? path : output->path, note);
        free(path);
    }
    return status;
}

static int write_all(const es_options *options, es_store *store, const chosen *all)
{
    int result = all->failures ? ES_EXIT_GAPS : ES_EXIT_SCANNED;
    es_note note;

    for (size_t i = 0; i < all->n; i++) {
        es_ledger *ledger = NULL;
        es_stored_run *stored = NULL;
        es_status status = es_store_get(store, all->ids[i], &ledger, &stored, &note);

        if (status == ES_OK)
            status = write_one(options, all, i, ledger, es_stored_run_get(stored), &note);
        if (status == ES_OK && es_ledger_has_gaps(ledger))
            result = ES_EXIT_GAPS;
        es_stored_run_free(stored);
        es_ledger_free(ledger);
        if (status != ES_OK) {
            if (status == ES_NOMEM)
                es_note_set(&note, ES_SEVERITY_ERROR, "report", "Out of memory.");
            es_say(&note);
            return status == ES_UNSUPPORTED ? ES_EXIT_USAGE : ES_EXIT_FAILED;
        }
    }
    return result;
}

int es_report_command(const es_options *options)
{
    chosen all = { .options = options, .met = calloc(options->n_images + 1, 1) };
    es_store *store = NULL;
    int result = ES_EXIT_FAILED;
    es_note note;

    es_note_set(&note, ES_SEVERITY_ERROR, "store", "The list of images could not be read.");
    if (!all.met || es_store_open(options->store, false, &store, &note) != ES_OK ||
        es_store_each(store, choose, &all) != ES_OK)
        es_say(&note);
    else
        result = write_all(options, store, &all);
    for (size_t i = 0; store && i < options->n_images; i++) {
        if (all.met[i])
            continue;
        es_note_set(&note, ES_SEVERITY_ERROR, "store", "The store %s has no image %s.",
                    options->store, options->images[i]);
        es_say(&note);
        result = ES_EXIT_FAILED;
    }
    es_store_free(store);
    chosen_free(&all);
    return result;
}
