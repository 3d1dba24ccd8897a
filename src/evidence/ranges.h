/* SPDX-License-Identifier: Apache-2.0
 *
 * ranges.h: the parts of the media that could not be trusted, sorted, merged and capped.
 *
 * Formats add what they find; source.c asks whether a read touched any of it. The reason that came
 * first stays. When ES_BAD_RANGES_MAX is reached the nearest range grows instead: then more is
 * called bad than is, never less.
 *
 * Threading: every call takes the list's own lock.
 */
#ifndef ES_EVIDENCE_RANGES_H
#define ES_EVIDENCE_RANGES_H

#include "evidence/source.h"

#include <pthread.h>

typedef struct es_ranges {
    pthread_mutex_t lock;
    es_bad_range *list;
    size_t n;
    size_t room;
    _Atomic(size_t) n_seen; /* n, readable without the lock: most images have none */
} es_ranges;

void es_ranges_init(es_ranges *set);
void es_ranges_done(es_ranges *set);
es_status es_ranges_add(es_ranges *set, uint64_t offset, uint64_t length, const char *reason);
bool es_ranges_touch(es_ranges *set, uint64_t offset, uint64_t length);
es_status es_ranges_copy(es_ranges *set, es_bad_range **ret_list, size_t *ret_n);

#endif
