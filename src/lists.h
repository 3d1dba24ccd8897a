/* SPDX-License-Identifier: Apache-2.0
 *
 * lists.h: files of the examiner's that a scan needs and that are no evidence: trust anchors
 * (--roots) and known hashes (--known). They are read before the cage closes.
 *
 * Ownership: es_lists owns both and must outlive the use of the options. Threading: one thread
 * reads; read-only after.
 */
#ifndef ES_LISTS_H
#define ES_LISTS_H

#include "host/known.h"
#include "options.h"
#include "windows/trust.h"

typedef struct es_lists {
    es_roots *roots;
    es_known *known;
} es_lists;

/* Read what the options name; the options then point to it. */
es_status es_lists_read(es_options *options, es_lists *ret_lists, es_note *reterr_note);
void es_lists_free(es_lists *lists);

#endif
