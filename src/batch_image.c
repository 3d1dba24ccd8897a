/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_image.c: one image, in a worker.
 *
 * A worker claims its image in the store, so that a second batch takes another one. A claim names
 * the process and when it began; one whose process is gone counts for nothing. Reports are written
 * before the result, so that a result that is there means that its reports are. Which disks a delta
 * disk lies over only its scan can tell, in the cage: they are kept beside the result, and looked
 * at again when it is asked for.
 */
#include "batch_inside.h"

#include "base/buffer.h"
#include "base/time.h"
#include "cage.h"
#include "report_command.h"
#include "run.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWNER_MAX 128

/* ------------------------------------------------------------------ who scans it */

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

/* ------------------------------------------------------------------ one image */

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

es_store_key es_batch_key(const batch *all, const es_job *job)
{
    return (es_store_key){ job->path, job->identity, all->key, NULL, others_hold };
}

/* Is it ours to scan? The store is closed again: nothing of it may reach the cage. */
static uint32_t claim(const batch *all, const es_job *job, const char *owner, es_note *note)
{
    es_store_key key = es_batch_key(all, job);
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
    es_store_key key = es_batch_key(all, job);
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

static es_status run_scan(const es_options *options, es_broker **ret_broker,
                          es_ledger **ret_ledger, es_note *note)
{
    const es_note_record *refused;
    es_status status = es_broker_new(options->images, 1, ret_broker, note);

    if (status == ES_OK)
        status = es_cage_run(options, *ret_broker, NULL, NULL, ret_ledger, NULL, note);
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
uint32_t es_batch_scan(void *context, const es_job *job, es_note *note)
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
