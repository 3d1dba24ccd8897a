/* SPDX-License-Identifier: Apache-2.0
 *
 * broker.h: the parent's hand on the evidence: it opens, the caged child reads.
 *
 * The parent opens what the examiner named. What else is needed (segments, extents, parents of a
 * disk) only the child can know, for it alone interprets containers; it asks by bare name, and the
 * parent opens that name beside the first file, if it is a regular file, and passes the descriptor.
 * A name with a slash, "." or ".." is refused, so evidence cannot make the parent open anything
 * outside the folder the examiner pointed at.
 *
 * Threading: es_broker_serve() runs on a thread of its own in the parent; the list of what was
 * opened is read after it was joined.
 */
#ifndef ES_BROKER_H
#define ES_BROKER_H

#include "base/note.h"
#include "evidence/source.h"
#include <time.h>

#define ES_BROKER_FILES_MAX 20000u /* E01 names end at .ZZZ: 14,971 segments */

typedef struct es_broker es_broker;

/* Open the files the examiner named. The note of a failure says which and why. */
es_status es_broker_new(const char *const *paths, size_t n_paths, es_broker **ret_broker,
                        es_note *reterr_note);
es_broker *es_broker_free(es_broker *broker);

/* What was named, for es_source_open(). */
const es_evidence_file *es_broker_files(const es_broker *broker, size_t *ret_n);

/* What the child asked for, in order, as it was when it was opened; false past the last. */
typedef struct es_broker_file {
    const char *name;
    uint64_t size;
    struct timespec modified;
} es_broker_file;
bool es_broker_asked(const es_broker *broker, size_t at, es_broker_file *ret_file);

/* Path of an opened file by its bare name (named ones first); NULL if none was opened so. */
const char *es_broker_path(const es_broker *broker, const char *name);

/* An es_evidence.sibling for use in this process (context: the broker). */
es_status es_broker_sibling(void *context, const char *name, es_evidence_file *ret_file);

/* Serve requests on a socket until its other end closes. */
void es_broker_serve(es_broker *broker, int socket);

/* Whether a request is being served right now: an open may take as long as a medium likes. To be
 * asked from any thread. */
bool es_broker_is_busy(const es_broker *broker);

/* The child's side: an es_evidence.sibling that asks through the socket (context: int *). */
es_status es_broker_ask(void *context, const char *name, es_evidence_file *ret_file);

#endif
