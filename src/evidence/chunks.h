/* SPDX-License-Identifier: Apache-2.0
 *
 * chunks.h: a bounded cache of inflated chunks.
 *
 * The lock is held to look up, never while a chunk is made: a thread that wants a chunk which
 * another is making waits for that one and does not make it twice.
 */
#ifndef ES_EVIDENCE_CHUNKS_H
#define ES_EVIDENCE_CHUNKS_H

#include <esuscan/types.h>
#include <stdbool.h>

typedef struct es_chunks es_chunks;

/* Fill `data` (chunk_size bytes) with chunk `number`. */
typedef es_status (*es_chunk_maker)(void *context, uint64_t number, uint8_t *data);

es_chunks *es_chunks_new(uint32_t chunk_size, es_chunk_maker maker, void *context);
es_chunks *es_chunks_free(es_chunks *cache);

/* Copy `size` bytes at `at` of the chunk; it is made when it is not there. */
es_status es_chunks_read(es_chunks *cache, uint64_t number, uint32_t at, uint8_t *buffer,
                         uint32_t size);
/* The same when it is there already; false when not, and nothing is made. */
bool es_chunks_peek(es_chunks *cache, uint64_t number, uint32_t at, uint8_t *buffer,
                    uint32_t size);

#endif
