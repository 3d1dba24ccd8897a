/* SPDX-License-Identifier: Apache-2.0
 *
 * worker.c: see worker.h.
 */
#include "batch/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WATCH_EVERY 250 /* milliseconds */

typedef struct worker {
    pid_t pid; /* 0: idle */
    int words; /* the reading end of what it says at its end */
    size_t job;
    double started;
} worker;

typedef struct shift {
    const es_work *work;
    es_done *done;
    worker *workers;
    size_t next;
    unsigned busy;
    bool stop;
    double started;
    es_progress progress;
} shift;

static double now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---------------------------------------------------------------- the worker */

static void be_worker(const es_work *work, const es_job *job, int words, pid_t parent)
{
    es_note note = { .severity = ES_SEVERITY_ERROR };
    uint32_t how;
    size_t size;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(ES_DONE_NOT);
    how = work->scan(work->context, job, &note);
    size = strlen(note.text);
    if (size && write(words, note.text, size) < 0)
        _exit((int)how);
    _exit((int)how);
}

static bool start(shift *now, worker *at, size_t job)
{
    pid_t parent = getpid();
    int words[2];

    if (pipe2(words, O_CLOEXEC) != 0)
        return false;
    at->pid = fork();
    if (at->pid == 0) {
        close(words[0]);
        be_worker(now->work, &now->work->jobs->list[job], words[1], parent);
    }
    close(words[1]);
    if (at->pid < 0) {
        close(words[0]);
        at->pid = 0;
        return false;
    }
    at->words = words[0];
    at->job = job;
    at->started = now_seconds();
    now->busy++;
    return true;
}

/* ---------------------------------------------------------------- the parent */

static void hear(worker *at, es_done *done)
{
    char text[ES_NOTE_TEXT_MAX];
    ssize_t n;
    size_t size = 0;

    while (size < sizeof text - 1 &&
           ((n = read(at->words, text + size, sizeof text - 1 - size)) > 0 ||
            (n < 0 && errno == EINTR)))
        size += n > 0 ? (size_t)n : 0;
    close(at->words);
    text[size] = '\0';
    if (size)
        done->reason = strdup(text);
}

static void tell(shift *now, const es_job *job, es_done *done)
{
    now->progress.seconds = now_seconds() - now->started;
    now->work->watch(now->work->context, &now->progress, job, done);
}

static void take_end(shift *now, worker *at, int end)
{
    es_done *done = &now->done[at->job];
    const es_job *job = &now->work->jobs->list[at->job];

    hear(at, done);
    done->seconds = now_seconds() - at->started;
    if (WIFEXITED(end) && WEXITSTATUS(end) < (int)ES_DONE_NOT) {
        done->how = (uint32_t)WEXITSTATUS(end);
    } else {
        const char *name = WIFSIGNALED(end) ? sigdescr_np(WTERMSIG(end)) : NULL;

        done->how = ES_DONE_FAILED;
        done->signal = WIFSIGNALED(end) ? WTERMSIG(end) : 0;
        free(done->reason);
        if (asprintf(&done->reason, "The process that scanned it was ended by a signal (%s).",
                     name ? name : "unknown") < 0)
            done->reason = NULL;
    }
    now->stop |= done->how == ES_DONE_STOP;
    now->progress.n_done++;
    now->progress.bytes_done += job->bytes;
    now->progress.n_failed += done->how == ES_DONE_FAILED;
    at->pid = 0;
    now->busy--;
    tell(now, job, done);
}

/* Wait until a worker has ended, or for a moment. Each holds the writing end of its pipe until
 * then: no signal handler is needed. */
static void wait_some(shift *now)
{
    unsigned n = now->work->n_workers, n_polled = 0;
    struct pollfd *ends = calloc(n, sizeof *ends);

    for (unsigned i = 0; ends && i < n; i++)
        if (now->workers[i].pid)
            ends[n_polled++] = (struct pollfd){ .fd = now->workers[i].words, .events = POLLIN };
    if (ends)
        poll(ends, n_polled, WATCH_EVERY);
    free(ends);
    for (unsigned i = 0; i < n; i++) {
        worker *at = &now->workers[i];
        int end;

        if (at->pid && waitpid(at->pid, &end, WNOHANG) == at->pid)
            take_end(now, at, end);
    }
}

static es_status fill(shift *now)
{
    const es_work *work = now->work;

    for (unsigned i = 0; i < work->n_workers && !now->stop; i++) {
        if (now->workers[i].pid)
            continue;
        while (now->next < work->jobs->n && now->done[now->next].how != ES_DONE_NOT)
            now->next++;
        if (now->next == work->jobs->n)
            return ES_OK;
        if (!start(now, &now->workers[i], now->next)) {
            if (!now->busy)
                return ES_IO;
            return ES_OK; /* too many processes: when one has ended */
        }
        now->next++;
    }
    return ES_OK;
}

es_status es_work_run(const es_work *work, es_done *done)
{
    shift now = { .work = work, .done = done, .started = now_seconds() };
    es_status status = ES_OK;

    now.workers = calloc(work->n_workers, sizeof *now.workers);
    if (!now.workers)
        return ES_NOMEM;
    for (size_t i = 0; i < work->jobs->n; i++) {
        if (done[i].how != ES_DONE_NOT)
            continue;
        now.progress.n_all++;
        now.progress.bytes_all += work->jobs->list[i].bytes;
    }
    do {
        status = fill(&now);
        if (now.busy) {
            wait_some(&now);
            tell(&now, NULL, NULL);
        }
    } while (now.busy || (status == ES_OK && !now.stop && now.next < work->jobs->n));
    free(now.workers);
    return status;
}
