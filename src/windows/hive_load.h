/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_load.h: the bytes of a hive from the evidence into our copy, hashed on the way.
 *
 * Reading out of an E01 and hashing cost about the same, so a second thread follows the reader and
 * hashes what is already there. Where the reader flags damage, it is pinned down to 4 KiB.
 *
 * Internal to hive*.c. Ownership: a digest is its maker's. Threading: one caller; the digest's
 * thread is its own affair.
 */
#ifndef ES_WINDOWS_HIVE_LOAD_H
#define ES_WINDOWS_HIVE_LOAD_H

#include "windows/hive.h"
#include "windows/hive_image.h"

typedef struct es_hive_digest es_hive_digest;

/* Start hashing the first `size` bytes of the descriptor, which must live until the digest is
 * freed. When no thread can be made the work is done in es_hive_digest_get(). */
es_status es_hive_digest_start(int fd, uint64_t size, es_hive_digest **ret_digest);
/* Bytes below `ready` are there and will not change before es_hive_digest_get(). */
void es_hive_digest_ready(es_hive_digest *digest, uint64_t ready);
/* Wait for the digest. ES_IO, ES_NOMEM: it could not be computed; the digest is zero. */
es_status es_hive_digest_get(es_hive_digest *digest, uint8_t ret_digest[32]);
es_hive_digest *es_hive_digest_free(es_hive_digest *digest);

/* Fill the image from `input`, telling `digest` as bytes arrive. */
es_status es_hive_load(const es_hive_input *input, es_hive_image *image, es_hive_digest *digest);

/* Read `size` bytes; damaged 4 KiB blocks are added to `damage`, unreadable ones are zero. */
es_status es_hive_input_read(const es_hive_input *input, uint64_t offset, void *buffer,
                             uint64_t size, es_hive_ranges *damage);

#endif
