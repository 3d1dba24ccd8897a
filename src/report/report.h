/* SPDX-License-Identifier: Apache-2.0
 *
 * report.h: pages made from a closed ledger.
 *
 * A format is a name and a function; one pass of a scan feeds any number of them. Nothing here
 * reads evidence. Text that comes from evidence is escaped in every format.
 *
 * Output files are written whole under a temporary name beside the target and renamed.
 */
#ifndef ES_REPORT_REPORT_H
#define ES_REPORT_REPORT_H

#include "base/buffer.h"
#include "ledger/ledger.h"
#include <stdio.h>

/* What the report says that is not in the ledger: the run itself. */
typedef struct es_run {
    const char *version;
    es_time started, finished;
    const char *const *command; /* argv */
    size_t n_command;
    es_time as_of;
    const char *case_number, *evidence, *examiner; /* NULL when not given */
    const char *image_path;                        /* as the examiner named it */
    const char *const *segment_paths; /* as opened, in the order of the segment records; may be
                                         NULL: then the folder of image_path and the bare name */
    const char *catalogue_edition, *catalogue_sha256; /* NULL: none in this version */
    const char *const *libraries; /* name, version, name, version …, NULL */
    bool color;                   /* text: the output is a terminal */
    unsigned width;               /* text: columns, 80 */
    bool verbose;
} es_run;

typedef struct es_format {
    const char *name;
    const char *summary;
    es_status (*write)(const es_ledger *ledger, const es_run *run, FILE *out);
    /* Of a format that adds to a file rather than writing one: then `write` is NULL. */
    es_status (*add)(const es_ledger *ledger, const es_run *run, const char *path,
                     es_note *reterr_note);
} es_format;

/* NULL if there is no such format in this version. */
const es_format *es_format_find(const char *name);
const es_format *es_format_at(size_t index); /* NULL behind the last */

/* Write to `path` (NULL or "-": stdout). A failure is ES_IO and `reterr_note` says of what: full
 * disk, broken pipe, no permission. */
es_status es_report_write(const es_format *format, const es_ledger *ledger, const es_run *run,
                          const char *path, es_note *reterr_note);

/* ---- shared by the formats ---- */

/* The command line with which anyone sees the bytes of `where` with public tools; NULL when there
 * is none. On the heap. */
char *es_reproduce(const es_ledger *ledger, const es_run *run, const es_where *where);

/* The same in two parts, for many places in one file: whether the line of a place begins with that
 * of its file; the line of the file, which the caller frees, NULL when there is none; what follows
 * it, a slice of the file or a key of the hive. */
bool es_reproduce_in_file(const es_ledger *ledger, const es_where *where);
char *es_reproduce_file(const es_ledger *ledger, const es_run *run, const es_where *where);
void es_reproduce_rest(es_buffer *text, const es_ledger *ledger, const es_where *where);

#endif
