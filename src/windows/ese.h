/* SPDX-License-Identifier: Apache-2.0
 *
 * ese.h: tables of ESE databases (DataStore.edb of Windows Update), row by row.
 *
 * libesedb reads them through our own door and opens nothing. It stops at the first page that is
 * broken; rows that it cannot give are counted and passed over. Where in the file a row lies it
 * does not say. Version 20181229 reads behind the page when a definition in the catalogue states a
 * size that is not its own (found by fuzz_ese): inside the jail that costs this database's facts,
 * no more, since the analysis is begun again without it.
 *
 * Ownership: the table owns what a row points to until the next call. Threading: one thread.
 */
#ifndef ES_WINDOWS_ESE_H
#define ES_WINDOWS_ESE_H

#include "evidence/bfio.h"
#include <esuscan/plugin.h>

typedef struct es_ese es_ese;

/* Open a database and one of its tables. `reader` and `context` as es_bfio_new() takes them. ES_ABSENT:
 * it has no such table. ES_CORRUPT: it is no database, or damaged beyond use. ES_LIMIT: larger than
 * is read. */
es_status es_ese_open(es_bfio_reader reader, void *context, uint64_t size, es_text table,
                      es_ese **ret_ese);
es_ese *es_ese_free(es_ese *ese);

/* The next row; `where` of it is the caller's to set. ES_END after the last. `*ret_damaged`: bytes of
 * the image that cannot be trusted were read for it. */
es_status es_ese_next(es_ese *ese, es_table_row *ret_row, bool *ret_damaged);

/* Rows that could not be read so far. */
uint64_t es_ese_lost(const es_ese *ese);

#endif
