/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue.h: reading the update catalogue from a folder into the tables of <esuscan/catalogue.h>.
 *
 * A catalogue is seven files: `edition` and six CSVs, described in the PROVENANCE.md beside them.
 * It is read before any evidence, in the parent, from the folder that was installed or the one
 * that the examiner names: it is data of ours, not of the evidence, and still nothing in it is
 * believed before it was checked. One that is malformed is refused whole, with file, line and
 * reason: answers from half a catalogue would say "covered" where a row is missing.
 *
 * Ownership: es_catalogue_book owns the tables. Threading: immutable once made.
 */
#ifndef ES_HOST_CATALOGUE_H
#define ES_HOST_CATALOGUE_H

#include "base/note.h"
#include <esuscan/catalogue.h>

typedef struct es_catalogue_book es_catalogue_book;

/* The files, in the order in which their bytes are joined for the digest. */
enum {
    ES_CATALOGUE_CVES,
    ES_CATALOGUE_EDITION,
    ES_CATALOGUE_ACTIVATIONS,
    ES_CATALOGUE_KERNELS,
    ES_CATALOGUE_LIFECYCLE,
    ES_CATALOGUE_PREREQUISITES,
    ES_CATALOGUE_REISSUES, /* may be left out */
    ES_CATALOGUE_UPDATES,
    ES_CATALOGUE_N_FILES
};
extern const char *const es_catalogue_file_names[ES_CATALOGUE_N_FILES];

/* Read a folder. ES_ABSENT when the folder or one of the files is not there or cannot be read,
 * ES_CORRUPT when its content is refused; `reterr_note` says which file, line and why. */
es_status es_catalogue_load(const char *folder, es_catalogue_book **ret_book,
                            es_note *reterr_note);

/* The same from memory; the bytes are copied. */
es_status es_catalogue_parse(const es_bytes files[ES_CATALOGUE_N_FILES],
                             es_catalogue_book **ret_book, es_note *reterr_note);
es_catalogue_book *es_catalogue_book_free(es_catalogue_book *book);
const es_catalogue *es_catalogue_tables(const es_catalogue_book *book);

/* The folder of the bundled catalogue: in the build tree, else `installed`. The caller frees. */
char *es_catalogue_bundled_folder(const char *installed);

#endif
