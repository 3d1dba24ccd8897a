/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_command.c: see batch_command.h.
 *
 * What is done is decided by what the store holds: the result of an image is there when path, files
 * (sizes, times, first bytes) and everything that shapes an answer (program, plugins, catalogue,
 * question) are the same. Which disks a delta disk lies over only its scan can tell, in the cage:
 * they are kept beside the result, and looked at again when it is asked for. Reports are written
 * before the result, so that a result that is there means that its reports are.
 *
 * A worker claims its image in the store, so that a second batch takes another one. A claim names
 * the process and when it began; one whose process is gone counts for nothing.
 */
#include "batch_command.h"

#include "base/buffer.h"
#include "base/time.h"
#include "batch/worker.h"
#include "cage.h"
#include "report/store.h"
#include "report_command.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWNER_MAX 128
#define SLOWEST 5u
#define FAILURES_SHOWN 50u
#define PROGRESS_EVERY 0.25

typedef struct batch {
    const es_options *options;
    int argc;
    char **argv;
    char *key;            /* of everything that shapes an answer but the image */
    es_jobs jobs;
    es_done *done;
    unsigned n_workers;
    int64_t before;       /* the last result that the store had */
    size_t n_unreadable;  /* paths */
    bool progress, shown;
    double last;
} batch;

/* ------------------------------------------------------------------ who scans what */

/* Boot, process and its beginning: a name that no other process will ever have. */
static void name_owner(pid_t pid, char ret[OWNER_MAX])
{
    char path[64], text[1024] = "", boot[40] = "?";
    const char *at;
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    unsigned long long began = 0;

    if (file) {
        if (!fgets(boot, sizeof boot, file))
            boot[0] = '\0';
        boot[strcspn(boot, "\n")] = '\0';
        fclose(file);
    }
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (file) {
        if (!fgets(text, sizeof text, file))
            text[0] = '\0';
        fclose(file);
    }
    at = strrchr(text, ')'); /* a name may hold anything; field 22 is the time it began */
    if (at && (at[2] == 'Z' || at[2] == 'X'))
        at = NULL; /* dead, and nobody has asked for its status */
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at)
        began = strtoull(at, NULL, 10);
    snprintf(ret, OWNER_MAX, "%d %llu %s", (int)pid, began, boot);
}

static bool is_alive(const char *owner)
{
    char now[OWNER_MAX];

    name_owner((pid_t)strtol(owner, NULL, 10), now);
    return strcmp(owner, now) == 0;
}

/* ------------------------------------------------------------------ in a worker */

/* Other files of an image as the store keeps them: "name/size/seconds.nanoseconds/" of each, for no
 * name has a slash. */
static void put_other(es_buffer *to, const es_broker_file *file)
{
    es_buffer_format(to, "%s/%llu/%lld.%09ld/", file->name, (unsigned long long)file->size,
                     (long long)file->modified.tv_sec, file->modified.tv_nsec);
}

/* Whether they all are as they were. */
static bool others_hold(const char *path, const char *others)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    bool hold = true;

    while (hold && *others) {
        int name = (int)strcspn(others, "/");
        size_t size = (size_t)name;
        es_buffer now = es_buffer_make(PATH_MAX);
        char *file = NULL;
        struct stat about;

        for (int i = 0; i < 2 && others[size]; i++)
            size += 1 + strcspn(others + size + 1, "/");
        size += others[size] == '/';
        hold = asprintf(&file, "%.*s%.*s", folder, path, name, others) >= 0 &&
               stat(file, &about) == 0;
        if (hold) {
            put_other(&now, &(es_broker_file){ file + folder, (uint64_t)about.st_size,
                                               about.st_mtim });
            hold = !now.failed && now.size == size && !memcmp(now.data, others, size);
        }
        others += size;
        es_buffer_free(&now);
        free(file);
    }
    return hold;
}

static es_store_key key_of(const batch *all, const es_job *job)
{
    return (es_store_key){ job->path, job->identity, all->key, NULL, others_hold };
}

/* Is it ours to scan? The store is closed again: nothing of it may reach the cage. */
static uint32_t claim(const batch *all, const es_job *job, const char *owner, es_note *note)
{
    es_store_key key = key_of(all, job);
    es_store *store = NULL;
    es_status status = es_store_open(all->options->store, true, &store, note);
    bool has = false;
    uint32_t how = ES_DONE_NOT;

    /* Claimed first and asked for then: another batch may keep its result and give its claim up
     * between the two. */
    if (status == ES_OK)
        status = es_store_claim(store, &key, owner, is_alive);
    if (status == ES_OK)
        status = es_store_has(store, &key, &has);
    if (status == ES_OK && has) {
        how = ES_DONE_BEFORE;
        status = es_store_unclaim(store, owner, job->path);
    }
    if (status == ES_LIMIT)
        how = ES_DONE_ELSEWHERE;
    else if (status != ES_OK)
        how = ES_DONE_STOP;
    es_store_free(store);
    return how;
}

static void drop_claim(const batch *all, const es_job *job, const char *owner)
{
    es_store *store = NULL;
    es_note note;

    if (es_store_open(all->options->store, false, &store, &note) == ES_OK)
        es_store_unclaim(store, owner, job->path);
    es_store_free(store);
}

static es_status write_reports(const batch *all, const es_ledger *ledger, const es_run *run,
                               es_note *note)
{
    es_status status = ES_OK;

    for (size_t i = 0; status == ES_OK && i < all->options->n_outputs; i++) {
        const es_output *output = &all->options->outputs[i];
        char *path = es_report_path(output->path, run->image_path, output->format);

        status = path ? es_report_write(output->format, ledger, run, path, note) : ES_NOMEM;
        free(path);
    }
    return status;
}

/* Keep the result, and give the claim up in the same store. */
static uint32_t keep(const batch *all, const es_job *job, const char *others, const char *owner,
                     const es_ledger *ledger, const es_run *run, const char *reason,
                     es_note *note)
{
    es_store_key key = key_of(all, job);
    es_store *store = NULL;
    es_note trouble;
    es_status status = es_store_open(all->options->store, true, &store, &trouble);

    key.others = others;
    if (status == ES_OK)
        status = ledger ? es_store_put(store, ledger, run, &key, &trouble)
                        : es_store_put_failure(store, run, &key, reason, &trouble);
    if (status == ES_OK)
        es_store_unclaim(store, owner, job->path);
    es_store_free(store);
    if (status != ES_OK) {
        *note = trouble;
        return ES_DONE_STOP;
    }
    if (!ledger)
        return ES_DONE_FAILED;
    return es_ledger_has_gaps(ledger) ? ES_DONE_GAPS : ES_DONE_SCANNED;
}

/* What was opened for an image and does not count to it by its name. */
typedef struct others {
    const es_broker *broker;
    bool *counted; /* of what the broker was asked for */
    size_t n, next;
} others;

static void count_member(void *context, const char *name)
{
    others *of = context;
    es_broker_file file;

    /* Both go by name or number, so that the next one is mostly the one. */
    for (size_t i = 0; i < of->n; i++) {
        size_t at = (of->next + i) % of->n;

        if (es_broker_asked(of->broker, at, &file) && !strcmp(file.name, name)) {
            of->counted[at] = true;
            of->next = at + 1;
            return;
        }
    }
}

/* Its files may grow or vanish while they are read: then the result is of no image. `ret_others`,
 * on the heap, has those that it lies over; NULL when there are none. */
static bool has_changed(const es_job *job, const es_broker *broker, char **ret_others,
                        es_note *note)
{
    others of = { .broker = broker };
    es_buffer text = es_buffer_make(UINT64_C(8) << 20);
    es_broker_file file;
    bool changed;
    char *now;

    while (es_broker_asked(broker, of.n, &file))
        of.n++;
    of.counted = calloc(of.n + 1, sizeof *of.counted);
    now = of.counted ? es_job_identity(job->path, count_member, &of) : NULL;
    changed = !now || strcmp(now, job->identity) != 0;
    for (size_t i = 0; !changed && es_broker_asked(broker, i, &file); i++)
        if (!of.counted[i])
            put_other(&text, &file);
    if (!changed && text.size) {
        es_buffer_u8(&text, 0);
        *ret_others = text.failed ? NULL : strdup((const char *)text.data);
        changed = !*ret_others || !others_hold(job->path, *ret_others);
    }
    es_buffer_free(&text);
    free(of.counted);
    if (changed)
        es_note_set(note, ES_SEVERITY_ERROR, "image",
                    now ? "The image was being written to while it was scanned."
                        : "The image vanished while it was scanned.");
    free(now);
    return changed;
}

static void no_watch(void *context, const es_record *record)
{
    (void)context, (void)record;
}

static es_status run_scan(const es_options *options, es_broker **ret_broker,
                          es_ledger **ret_ledger, es_note *note)
{
    const es_note_record *refused;
    es_status status = es_broker_new(options->images, 1, ret_broker, note);

    if (status == ES_OK)
        status = es_cage_run(options, *ret_broker, no_watch, NULL, ret_ledger, note);
    if (status != ES_OK)
        return status;
    refused = es_ledger_refused(*ret_ledger);
    if (refused || !es_ledger_image(*ret_ledger)) {
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%.*s",
                    refused ? (int)(refused->text.size & 0xffff) : 58,
                    refused ? refused->text.data
                            : "The analysis ended before it had opened the image. ");
        return ES_UNSUPPORTED;
    }
    status = es_ledger_close(*ret_ledger);
    if (status != ES_OK)
        es_note_set(note, ES_SEVERITY_ERROR, "report", "Out of memory while ordering the report.");
    return status;
}

static uint32_t scan_job(const batch *all, const es_job *job, es_note *note)
{
    const char *images[] = { job->path };
    es_options options = *all->options;
    es_broker *broker = NULL;
    es_ledger *ledger = NULL;
    const char **paths = NULL;
    char owner[OWNER_MAX], *rests_on = NULL;
    es_run run;
    uint32_t how;
    es_status status;

    options.images = images;
    options.n_images = 1;
    options.jobs = 1;
    name_owner(getpid(), owner);
    how = claim(all, job, owner, note);
    if (how != ES_DONE_NOT)
        return how;
    run = es_run_make(&options, all->argc, all->argv);
    status = run_scan(&options, &broker, &ledger, note);
    run.finished = es_time_now();
    if (status == ES_OK && has_changed(job, broker, &rests_on, note))
        status = ES_CORRUPT;
    if (status == ES_OK) {
        paths = es_run_segment_paths(ledger, broker);
        run.segment_paths = paths;
        status = write_reports(all, ledger, &run, note);
        if (status != ES_OK) {
            drop_claim(all, job, owner);
            how = ES_DONE_STOP;
        }
    }
    if (how != ES_DONE_STOP)
        how = keep(all, job, rests_on, owner, status == ES_OK ? ledger : NULL, &run, note->text,
                   note);
    free(rests_on);
    free(paths);
    es_ledger_free(ledger);
    es_broker_free(broker);
    return how;
}

/* Hours may lie between finding an image and its turn: what it was copied to in the meantime is
 * scanned as what it is now. One that is gone by now fails when it is opened. */
static uint32_t scan_one(void *context, const es_job *job, es_note *note)
{
    const batch *all = context;
    es_job now = *job;
    uint32_t how;

    now.identity = es_job_identity(job->path, NULL, NULL);
    if (!now.identity)
        return scan_job(all, job, note);
    how = scan_job(all, &now, note);
    free(now.identity);
    return how;
}

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
    es_store_key key = key_of(all, job);
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

/* Everything that shapes an answer, in words. */
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

static es_status make_key(batch *all, es_note *note)
{
    const es_options *options = all->options;
    const es_plugin *const *plugins = NULL;
    char as_of[ES_TIME_STRING_MAX];
    es_buffer key = es_buffer_make(UINT64_C(1) << 20);
    es_ledger *ledger = NULL;
    es_status status = es_cage_run(options, NULL, no_watch, NULL, &ledger, note);
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
        es_store_key key = key_of(all, &all->jobs.list[i]);
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

/* ------------------------------------------------------------------ after */

static void put_answer(void *context, const char *answer, int64_t n)
{
    bool *any = context;

    printf("%s %s %lld", *any ? "," : "build:", answer, (long long)n);
    *any = true;
}

static void sum_verdicts(const batch *all)
{
    es_store *store = NULL;
    bool any = false;
    es_note note;

    if (es_store_open(all->options->store, false, &store, &note) == ES_OK)
        es_store_count(store, "build", all->before, put_answer, &any);
    if (any)
        putchar('\n');
    es_store_free(store);
}

typedef struct ranked {
    const es_job *job;
    const es_done *done;
} ranked;

static int compare_times(const void *a, const void *b)
{
    double left = ((const ranked *)a)->done->seconds, right = ((const ranked *)b)->done->seconds;

    return (left < right) - (left > right);
}

static int compare_reasons(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    int order = strcmp(left->done->reason ? left->done->reason : "",
                       right->done->reason ? right->done->reason : "");

    return order ? order : strcmp(left->job->path, right->job->path);
}

static void sum_failures(ranked *all, size_t n)
{
    size_t shown = 0;

    if (!n)
        return;
    qsort(all, n, sizeof *all, compare_reasons);
    puts("could not be scanned:");
    for (; shown < n && shown < FAILURES_SHOWN; shown++) {
        fputs("  ", stdout);
        es_say_safe(stdout, es_text_of(all[shown].job->path), UINT64_MAX);
        fputs(": ", stdout);
        es_say_safe(stdout, es_text_of(all[shown].done->reason ? all[shown].done->reason : "?"),
                    UINT64_MAX);
        putchar('\n');
    }
    if (shown < n)
        printf("  and %zu more: SELECT path, reason FROM latest WHERE state = 2\n", n - shown);
}

static void sum_slowest(ranked *all, size_t n)
{
    if (n < 2)
        return;
    qsort(all, n, sizeof *all, compare_times);
    puts("slowest:");
    for (size_t i = 0; i < n && i < SLOWEST; i++) {
        printf("  %8.2f s  ", all[i].done->seconds);
        es_say_safe(stdout, es_text_of(all[i].job->path), UINT64_MAX);
        putchar('\n');
    }
}

static int sum_up(const batch *all)
{
    ranked *failed = calloc(all->jobs.n, sizeof *failed), *run = calloc(all->jobs.n, sizeof *run);
    size_t counts[ES_DONE_KINDS] = { 0 }, n_failed = 0, n_run = 0;
    bool whole;

    for (size_t i = 0; failed && run && i < all->jobs.n; i++) {
        const es_done *done = &all->done[i];
        ranked one = { &all->jobs.list[i], done };

        counts[done->how]++;
        if (done->how == ES_DONE_FAILED)
            failed[n_failed++] = one;
        if (done->how <= ES_DONE_FAILED)
            run[n_run++] = one;
    }
    printf("%zu image%s: %zu scanned, %zu with gaps, %zu could not be scanned, %zu done before",
           all->jobs.n, all->jobs.n == 1 ? "" : "s", counts[ES_DONE_SCANNED],
           counts[ES_DONE_GAPS], counts[ES_DONE_FAILED], counts[ES_DONE_BEFORE]);
    putchar('\n');
    if (counts[ES_DONE_ELSEWHERE])
        printf("%zu left to another batch\n", counts[ES_DONE_ELSEWHERE]);
    if (counts[ES_DONE_STOP] + counts[ES_DONE_NOT])
        printf("%zu not done\n", counts[ES_DONE_STOP] + counts[ES_DONE_NOT]);
    if (all->n_unreadable)
        printf("%zu path%s could not be read\n", all->n_unreadable,
               all->n_unreadable == 1 ? "" : "s");
    sum_verdicts(all);
    if (failed && run) {
        sum_failures(failed, n_failed);
        sum_slowest(run, n_run);
    }
    free(failed);
    free(run);
    whole = !counts[ES_DONE_STOP] && !counts[ES_DONE_NOT];
    if (!whole || fflush(stdout) != 0)
        return ES_EXIT_FAILED;
    return counts[ES_DONE_GAPS] || counts[ES_DONE_FAILED] || all->n_unreadable ? ES_EXIT_GAPS
                                                                              : ES_EXIT_SCANNED;
}

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
    es_work work = { .jobs = &all.jobs, .scan = scan_one, .watch = watch, .context = &all };
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
        status = sum_up(&all);
    }
    for (size_t i = 0; all.done && i < all.jobs.n; i++)
        free(all.done[i].reason);
    free(all.done);
    es_jobs_free(&all.jobs);
    free(all.key);
    return status;
}
