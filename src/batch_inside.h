/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_inside.h: what the files of the batch command share: batch_command.c finds images, starts
 * workers and shows progress; batch_image.c is what a worker does with one image; batch_summary.c
 * adds up at the end.
 */
#ifndef ES_BATCH_INSIDE_H
#define ES_BATCH_INSIDE_H

#include "base/note.h"
#include "batch/worker.h"
#include "options.h"
#include "report/store.h"

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

/* ---- batch_image.c */

/* What the store knows the image by. */
es_store_key es_batch_key(const batch *all, const es_job *job);
/* es_work.scan: `context` is the batch. */
uint32_t es_batch_scan(void *context, const es_job *job, es_note *note);

/* ---- batch_summary.c */

/* To standard output; the exit status. */
int es_batch_sum_up(const batch *all);

#endif
