/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_command.c: see batch_command.h.
 *
 * What is done is decided by what the store holds: the result of an image is there when path, files
 * (sizes, times, first bytes) and everything that shapes an answer (program, plugins, catalogue,
 * question) are the same.
 */
#include "batch_command.h"

#include "base/buffer.h"
#include "base/time.h"
#include "batch_inside.h"
#include "cage.h"
#include "run.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_EVERY 0.25

/* ------------------------------------------------------------------ in the parent */

static void put_size(FILE *out, double bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
    size_t unit = 0;

    while (bytes >= 1024 && unit < 5) {
        bytes /= 1024;
        unit++;
    }
    fprintf(out, unit && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static void clear_line(batch *all)
{
    if (all->shown)
        fputs("\r\033[K", stderr);
    all->shown = false;
}

static void show_progress(batch *all, const es_progress *now)
{
    double rate = now->seconds > 0 ? (double)now->bytes_done / now->seconds : 0;

    all->last = now->seconds;
    all->shown = true;
    fprintf(stderr, "\r\033[K%zu of %zu images, ", now->n_done, now->n_all);
    put_size(stderr, (double)now->bytes_done);
    fputs(" of ", stderr);
    put_size(stderr, (double)now->bytes_all);
    fputs(", ", stderr);
    put_size(stderr, rate);
    fputs("/s", stderr);
    if (rate > 0) {
        double left = (double)(now->bytes_all - now->bytes_done) / rate;

        fprintf(stderr, left > 120 ? ", %.0f min left" : ", %.0f s left",
                left > 120 ? left / 60 : left);
    }
    if (now->n_failed)
        fprintf(stderr, ", %zu failed", now->n_failed);
    fflush(stderr);
}

/* The worker of an image died before it could keep a result: the parent does. */
static void keep_death(const batch *all, const es_job *job, es_done *done)
{
    es_run run = es_run_make(all->options, all->argc, all->argv);
    es_store_key key = es_batch_key(all, job);
    es_store *store = NULL;
    bool has = false;
    es_note note;

    run.finished = es_time_now();
    if (es_store_open(all->options->store, false, &store, &note) == ES_OK) {
        if (es_store_has(store, &key, &has) == ES_OK && has)
            done->how = ES_DONE_BEFORE; /* before it died */
        else
            es_store_put_failure(store, &run, &key, done->reason, &note);
    }
    es_store_free(store);
}

static void watch(void *context, const es_progress *now, const es_job *job, es_done *done)
{
    batch *all = context;

    if (job && done->signal)
        keep_death(all, job, done);
    if (job && (done->how == ES_DONE_FAILED || done->how == ES_DONE_STOP)) {
        es_note note;

        clear_line(all);
        es_note_set(&note, ES_SEVERITY_ERROR, "image", "%s: %s", job->path,
                    done->reason ? done->reason : "no reason is known");
        es_say(&note);
    }
    if (all->progress && (job || now->seconds - all->last >= PROGRESS_EVERY))
        show_progress(all, now);
}

static void on_path(void *context, const es_note *note)
{
    batch *all = context;

    all->n_unreadable++;
    es_say(note);
}

/* ------------------------------------------------------------------ before */

/* A list of the examiner's counts by its path, size and time: another list, another answer. */
static void put_list(es_buffer *key, const char *name, const char *path)
{
    struct stat about;

    if (path && stat(path, &about) == 0)
        es_buffer_format(key, "; %s %s %lld %lld", name, path, (long long)about.st_size,
                         (long long)about.st_mtime);
}

/* What decides the answers beside the image and the plugins. */
static void put_options(es_buffer *key, const es_options *options)
{
    es_buffer_format(key, "; snapshots %d", !options->no_snapshots);
    for (size_t i = 0; i < options->n_snapshot_ranges; i++)
        es_buffer_format(key, " %u-%u", (unsigned)options->snapshot_ranges[i].first,
                         (unsigned)options->snapshot_ranges[i].last);
    for (size_t i = 0; i < options->n_files; i++)
        es_buffer_format(key, "; file %s", options->files[i]);
    es_buffer_format(key, "; components %d", options->all_components);
    put_list(key, "roots", options->roots_file);
    put_list(key, "known", options->known_file);
}

/* Everything that shapes an answer, in words. */
static es_status make_key(batch *all, es_note *note)
{
    const es_options *options = all->options;
    const es_plugin *const *plugins = NULL;
    char as_of[ES_TIME_STRING_MAX];
    es_buffer key = es_buffer_make(UINT64_C(1) << 20);
    es_ledger *ledger = NULL;
    es_status status = es_cage_run(options, NULL, NULL, NULL, &ledger, NULL, note);
    size_t n = status == ES_OK ? es_ledger_plugins(ledger, &plugins) : 0;

    es_time_format(options->as_of, as_of);
    es_buffer_format(&key, "esuscan %s; catalogue %s; as of %s; partition %u; verify %d; jail %d",
                     ES_VERSION, options->catalogue ? options->catalogue->sha256.data : "none",
                     as_of[0] ? as_of : "the end", options->partition, options->verify,
                     !options->no_jail);
    put_options(&key, options);
    for (size_t i = 0; i < options->n_asked; i++)
        es_buffer_format(&key, "; %.*s", (int)options->asked[i].id.size,
                         options->asked[i].id.data);
    for (size_t i = 0; i < n; i++)
        es_buffer_format(&key, "; %s %s", plugins[i]->name, plugins[i]->version);
    es_buffer_u8(&key, 0);
    es_ledger_free(ledger);
    all->key = key.failed ? NULL : strdup((const char *)key.data);
    es_buffer_free(&key);
    if (status == ES_OK && !all->key)
        status = ES_NOMEM;
    return status;
}

/* What is there already need not be started. The store is closed before the first fork. */
static es_status skip_done(batch *all, es_note *note)
{
    es_store *store = NULL;
    es_status status = es_store_open(all->options->store, true, &store, note);

    if (status == ES_OK)
        status = es_store_last(store, &all->before);
    for (size_t i = 0; status == ES_OK && i < all->jobs.n; i++) {
        es_store_key key = es_batch_key(all, &all->jobs.list[i]);
        bool has = false;

        status = es_store_has(store, &key, &has);
        all->done[i].how = has ? ES_DONE_BEFORE : ES_DONE_NOT;
    }
    es_store_free(store);
    return status;
}

static es_status check_folders(const es_options *options, es_note *note)
{
    for (size_t i = 0; i < options->n_outputs; i++) {
        const char *path = options->outputs[i].path;
        struct stat about;

        if (mkdir(path, 0777) == 0 || (stat(path, &about) == 0 && S_ISDIR(about.st_mode)))
            continue;
        es_note_set(note, ES_SEVERITY_ERROR, "report", "%s is no folder for reports: %s.", path,
                    errno == EEXIST ? "it is a file" : strerror(errno));
        return ES_IO;
    }
    return ES_OK;
}

static unsigned processors(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static es_status prepare(batch *all, es_note *note)
{
    const es_options *options = all->options;
    es_status status = check_folders(options, note);

    for (size_t i = 0; status == ES_OK && i < options->n_images; i++) {
        status = es_jobs_find(&all->jobs, options->images[i], on_path, all);
        if (status > 0)
            status = ES_OK; /* it was told */
    }
    if (status != ES_OK)
        return status;
    es_jobs_order(&all->jobs);
    if (!all->jobs.n) {
        if (!all->jobs.n_files && all->n_unreadable)
            es_note_set(note, ES_SEVERITY_ERROR, "path", "So there is nothing to scan.");
        else
            es_note_set(note, ES_SEVERITY_ERROR, "path", "No image was found among %llu file%s.",
                        (unsigned long long)all->jobs.n_files, all->jobs.n_files == 1 ? "" : "s");
        return ES_ABSENT;
    }
    all->done = calloc(all->jobs.n, sizeof *all->done);
    if (!all->done)
        return ES_NOMEM;
    all->n_workers = options->jobs ? options->jobs : processors();
    if (all->n_workers > all->jobs.n)
        all->n_workers = (unsigned)all->jobs.n;
    status = make_key(all, note);
    return status == ES_OK ? skip_done(all, note) : status;
}

/* ------------------------------------------------------------------ all of it */

/* What another batch was at when we came to it: it has done it by now, or died over it. */
static bool take_leftovers(batch *all, const es_work *work)
{
    bool any = false;

    for (size_t i = 0; i < all->jobs.n; i++) {
        if (all->done[i].how == ES_DONE_STOP || all->done[i].how == ES_DONE_NOT)
            return true; /* the batch has ended */
        any |= all->done[i].how == ES_DONE_ELSEWHERE;
    }
    for (size_t i = 0; any && i < all->jobs.n; i++)
        if (all->done[i].how == ES_DONE_ELSEWHERE)
            all->done[i] = (es_done){ .how = ES_DONE_NOT };
    return !any || es_work_run(work, all->done) == ES_OK;
}

int es_batch_command(const es_options *options, int argc, char **argv)
{
    batch all = { .options = options, .argc = argc, .argv = argv };
    es_work work = { .jobs = &all.jobs, .scan = es_batch_scan, .watch = watch, .context = &all };
    int status = ES_EXIT_FAILED;
    es_note note;

    es_note_set(&note, ES_SEVERITY_ERROR, "batch", "Out of memory.");
    all.progress = isatty(STDERR_FILENO) && !options->quiet && !options->no_progress;
    if (prepare(&all, &note) != ES_OK) {
        es_say(&note);
    } else {
        work.n_workers = all.n_workers;
        if (es_work_run(&work, all.done) != ES_OK || !take_leftovers(&all, &work)) {
            es_note_set(&note, ES_SEVERITY_ERROR, "batch", "No process could be started: %s.",
                        strerror(errno));
            es_say(&note);
        }
        clear_line(&all);
        status = es_batch_sum_up(&all);
    }
    for (size_t i = 0; all.done && i < all.jobs.n; i++)
        free(all.done[i].reason);
    free(all.done);
    es_jobs_free(&all.jobs);
    free(all.key);
    return status;
}
