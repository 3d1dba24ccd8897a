/* SPDX-License-Identifier: Apache-2.0
 *
 * store.h: the results of scans in an SQLite file, to be asked by SQL and reported on again.
 *
 * A store keeps every image twice. Once as tables made from what the plugins declare, for whoever
 * asks questions across images; and once as the records themselves, in the format in which they
 * left the cage (ledger/wire), because reports must come out the same, byte for byte: times carry a
 * precision, places carry more than a column each, and a table that could carry all of that would
 * be asked by nobody. So there is one code path from records to reports, whether they come from a
 * cage or from a store.
 *
 * One image is one transaction: it is in the store whole or not at all, whatever kills the process
 * or fills the disk. Several processes may write to one store (WAL, and a busy timeout); not over a
 * network file system, on which WAL does not work.
 *
 * Text is cleaned on its way into the tables as in every report; the records keep it as it was.
 *
 * Ownership: es_store_free() closes. Threading: a store belongs to one thread, and does not pass
 * through fork(2): open it in the process that uses it.
 */
#ifndef ES_REPORT_STORE_H
#define ES_REPORT_STORE_H

#include "report/report.h"

typedef struct es_store es_store;

/* What makes a result: the same key again would give the same. */
typedef struct es_store_key {
    const char *path;     /* of the image */
    const char *identity; /* of its files: sizes, times; NULL when nobody asked */
    const char *options;  /* tool, plugins, catalogue and options; "" when nobody asked */
    /* Other files that the result rests on, which only the scan could tell: kept as they are with
     * the result, and shown to `holds` when it is looked for: false, and the result is of a disk
     * that is no more. NULL: none, and nobody asks. */
    const char *others;
    bool (*holds)(const char *path, const char *others);
} es_store_key;

#define ES_STORE_SCANNED 0u
#define ES_STORE_GAPS 1u
#define ES_STORE_FAILED 2u

/* Open, or with `create` make. ES_UNSUPPORTED: a file that is no store of this version; ES_ABSENT:
 * there is none; ES_IO: it cannot be read or written. */
es_status es_store_open(const char *path, bool create, es_store **ret_store, es_note *reterr_note);
es_store *es_store_free(es_store *store);

/* Add the results of one image; the ledger is closed. */
es_status es_store_put(es_store *store, const es_ledger *ledger, const es_run *run,
                       const es_store_key *key, es_note *reterr_note);
/* Add an image that could not be scanned, and why; unless its result is there: a process may die
 * after it has kept one. */
es_status es_store_put_failure(es_store *store, const es_run *run, const es_store_key *key,
                               const char *reason, es_note *reterr_note);

/* Whether the result of this key is there already. An image that failed is tried again: what was
 * in the way may be gone. */
es_status es_store_has(es_store *store, const es_store_key *key, bool *ret_has);
/* Whether it is there, and has gaps. */
es_status es_store_has_gaps(es_store *store, const es_store_key *key, bool *ret_has);

/* Claims: which images are being scanned, so that two batches on one store share the work.
 * ES_LIMIT: another owner, alive by `alive`, has it. */
es_status es_store_claim(es_store *store, const es_store_key *key, const char *owner,
                         bool (*alive)(const char *owner));
es_status es_store_unclaim(es_store *store, const char *owner, const char *path);

/* One line of the store's list of images. */
typedef struct es_store_entry {
    int64_t id;
    uint32_t state; /* ES_STORE_… */
    const char *path, *reason;
    bool latest; /* no later result of the same path */
} es_store_entry;

es_status es_store_each(es_store *store,
                        es_status (*each)(void *context, const es_store_entry *entry),
                        void *context);

/* The ledger of an image, closed, and the run it was made in; both are the caller's. */
typedef struct es_stored_run es_stored_run;
es_status es_store_get(es_store *store, int64_t image, es_ledger **ret_ledger,
                       es_stored_run **ret_run, es_note *reterr_note);
const es_run *es_stored_run_get(const es_stored_run *stored);
es_stored_run *es_stored_run_free(es_stored_run *stored);

/* Count the answers of a verdict over the images whose results were added after `after` (an id):
 * `each` is called with answer and number, most frequent first. */
es_status es_store_count(es_store *store, const char *verdict, int64_t after,
                         void (*each)(void *context, const char *answer, int64_t n),
                         void *context);
es_status es_store_last(es_store *store, int64_t *ret_id);

/* The format `sqlite`: one image into the store at `path`, which is made if need be. */
es_status es_report_store(const es_ledger *ledger, const es_run *run, const char *path,
                          es_note *reterr_note);

#endif
