/* SPDX-License-Identifier: Apache-2.0
 *
 * bfio.h: a libbfio handle over bytes that come through our own door.
 *
 * Every libyal library takes a libbfio handle; handed one of these it opens no path, writes
 * nothing, and reads only through es_source_read() or es_part_read(). Bytes that could not be
 * trusted are given as zeros, since a library stops at the first error, and the watch remembers
 * that it happened: ask es_bfio_watch_take() after each call of the library.
 *
 * Ownership: libbfio_handle_free() frees the handle; source, file, context and watch are borrowed
 * and must outlive it. Threading: as libbfio, one thread at a time on one handle.
 *
 * libewf, libqcow and libvhdi export copies of libbfio's symbols of their own: link libewf before
 * the other libyal libraries and libbfio last, or a pool made by one copy is refused by another.
 */
#ifndef ES_EVIDENCE_BFIO_H
#define ES_EVIDENCE_BFIO_H

#include "evidence/source.h"

#include <libbfio.h>
#include <stdatomic.h>

typedef struct es_bfio_watch {
    atomic_bool damaged;
} es_bfio_watch;

/* Whether damaged bytes were handed out since the last question. */
static inline bool es_bfio_watch_take(es_bfio_watch *watch)
{
    return atomic_exchange(&watch->damaged, false);
}

/* Reads `size` bytes at `offset`, zeros where none are to be had, and says so. */
typedef es_status (*es_bfio_reader)(void *context, uint64_t offset, void *buffer, uint64_t size,
                                    bool *ret_damaged);

/* `watch` may be NULL. */
es_status es_bfio_new(es_bfio_reader reader, void *context, uint64_t size, es_bfio_watch *watch,
                      libbfio_handle_t **ret_handle);

/* A part of a source: a volume. Its offset 0 is `offset` of the media. */
es_status es_bfio_of_source(es_source *source, uint64_t offset, uint64_t size,
                            es_bfio_watch *watch, libbfio_handle_t **ret_handle);

#endif
