/* SPDX-License-Identifier: Apache-2.0
 *
 * find.h: the images below a folder.
 *
 * An image is told by its content: the magic of a container, or for raw ones a partition table or a
 * volume's boot sector, compared at fixed offsets and interpreted no further, for the parent reads
 * them outside the cage. What an image with neither holds, nobody can tell from here: name it.
 * Files that belong to an image (later segments, extents) are found by its name and counted to it.
 *
 * Symbolic links are not followed, except one that is named itself.
 *
 * Ownership: es_jobs owns its list and the texts in it; of zeros it is an empty one. Errors: what
 * cannot be read is told and passed over; negative only for our own failures. Threading: one thread.
 */
#ifndef ES_BATCH_FIND_H
#define ES_BATCH_FIND_H

#include "base/note.h"
#include <stdbool.h>

typedef struct es_job {
    char *path;     /* of the first file, absolute */
    char *identity; /* of all its files: another one means that it has changed */
    uint64_t bytes; /* of all its files */
} es_job;

typedef struct es_jobs {
    es_job *list;
    size_t n, capacity;
    uint64_t n_files; /* looked at */
} es_jobs;

/* Add the images below `path`, or the image `path`. What cannot be read is told. */
es_status es_jobs_find(es_jobs *jobs, const char *path,
                       void (*tell)(void *context, const es_note *note), void *context);

/* Largest first, each once. */
void es_jobs_order(es_jobs *jobs);
void es_jobs_free(es_jobs *jobs);

/* The identity of an image now, to be compared with the one it had; on the heap, NULL if it is
 * gone. `member` (may be NULL) is told the bare name of each file that counts to it. */
typedef void (*es_job_member)(void *context, const char *name);
char *es_job_identity(const char *path, es_job_member member, void *context);

#endif
