/* SPDX-License-Identifier: Apache-2.0
 *
 * worker.h: a process for each image, so many at once.
 *
 * A worker is a fork of the parent that calls `scan` for one image and ends; what runs in it is the
 * caller's (a scan in its cage, whose results go into the store). The parent only starts, waits and
 * counts: it interprets nothing, holds no store open while it forks (SQLite's handles must not pass
 * through a fork), and lives when a worker dies. When the parent dies, its workers die with it.
 *
 * Units: seconds are real time. Ownership: jobs are borrowed; a `reason` is the caller's, to be
 * freed. Threading: the parent must have no other thread, since it forks.
 */
#ifndef ES_BATCH_WORKER_H
#define ES_BATCH_WORKER_H

#include "batch/find.h"

/* How an image ended. The first three are those of the store. */
#define ES_DONE_SCANNED 0u
#define ES_DONE_GAPS 1u
#define ES_DONE_FAILED 2u
#define ES_DONE_BEFORE 3u  /* its result was there already */
#define ES_DONE_ELSEWHERE 4u /* another batch is at it */
#define ES_DONE_STOP 5u    /* no result can be kept: the batch is to end */
#define ES_DONE_NOT 6u     /* never begun */
#define ES_DONE_KINDS 7u

typedef struct es_done {
    uint32_t how;
    int signal;     /* that ended the worker, 0 for none */
    double seconds;
    char *reason;   /* of a failure; on the heap */
} es_done;

typedef struct es_progress {
    size_t n_done, n_all;
    uint64_t bytes_done, bytes_all;
    double seconds;
    size_t n_failed;
} es_progress;

typedef struct es_work {
    const es_jobs *jobs;
    unsigned n_workers;
    /* In the worker. `ret_note` is said by the parent when the image failed. */
    uint32_t (*scan)(void *context, const es_job *job, es_note *ret_note);
    /* In the parent, after an image ended and now and then; `job` may be NULL. It may say of a
     * worker that was killed that the image is done all the same. */
    void (*watch)(void *context, const es_progress *now, const es_job *job, es_done *done);
    void *context;
} es_work;

/* `done` has room for each job, and may say ES_DONE_BEFORE of some already; all others are to be
 * ES_DONE_NOT. ES_IO: no process could be started. */
es_status es_work_run(const es_work *work, es_done *done);

#endif
