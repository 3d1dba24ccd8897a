/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_mend.h: a way past broken hive bins.
 *
 * hivex in strict mode refuses a hive of 60 MiB because of one damaged sector. When it does, the
 * broken places are covered, in our copy alone, by free cells: nothing is invented, no key or
 * value is moved, what pointed into such a place becomes unreadable and everything else can be
 * read. How many bytes were covered is told with the hive's state.
 *
 * Internal to hive*.c. Threading: pure function of its arguments.
 */
#ifndef ES_WINDOWS_HIVE_MEND_H
#define ES_WINDOWS_HIVE_MEND_H

#include "windows/hive_image.h"

typedef struct es_hive_mended {
    uint64_t bytes;    /* covered or rewritten */
    uint64_t first_at; /* of the first such place */
    uint64_t missing;  /* the header promises that many bytes beyond the end of the file */
} es_hive_mended;

/* ES_CORRUPT: there is nothing left to read (no bin, no root key). */
es_status es_hive_mend(es_hive_image *image, es_hive_mended *ret_mended);

#endif
