/* SPDX-License-Identifier: Apache-2.0
 *
 * known.h: the examiner's own list of hashes: files known to be good, or known to be bad.
 *
 * A list is CSV with a header line that names its columns as NSRL's do ("SHA-1","MD5",…; also
 * SHA-256), or bare hashes, one a line. A row is bad when a column SpecialCode holds M (malicious,
 * as NSRL marks it) or a column named status, verdict or type says bad or malicious; else good.
 *
 * It is the examiner's file, not evidence: it is read before the cage closes. Ownership: the list
 * owns its hashes. Threading: immutable once read.
 */
#ifndef ES_HOST_KNOWN_H
#define ES_HOST_KNOWN_H

#include "base/note.h"

#include <stdbool.h>

typedef struct es_known es_known;

#define ES_KNOWN_NOT 0u
#define ES_KNOWN_GOOD 1u
#define ES_KNOWN_BAD 2u

es_status es_known_read(const char *path, es_known **ret_known, es_note *reterr_note);
es_known *es_known_free(es_known *known);

/* What the list says of a hash: MD5, SHA-1 or SHA-256 by its size. `known` may be NULL. */
uint32_t es_known_find(const es_known *known, es_bytes hash);

#endif
