/* SPDX-License-Identifier: Apache-2.0
 *
 * yal.h: what libvmdk and libvhdi images have in common.
 *
 * The two libraries have one shape: a handle opened on a libbfio handle, and reads at an offset.
 * They are not thread safe, stop at the first error and do not say what it cost. So reads take one
 * lock, and a read that failed or met damaged bytes of the file is made again in small pieces, of
 * which only the bad ones are zeros and bad ranges.
 */
#ifndef ES_EVIDENCE_YAL_H
#define ES_EVIDENCE_YAL_H

#include "evidence/bfio.h"
#include "evidence/format.h"

typedef struct es_yal {
    es_source *source;
    pthread_mutex_t lock;
    es_bfio_watch watch; /* of every file the handle reads through, parents included */
    void *handle;        /* of the library */
    ssize_t (*read_at)(void *handle, void *buffer, size_t size, off64_t offset);
} es_yal;

void es_yal_init(es_yal *yal, es_source *source);
void es_yal_done(es_yal *yal);
/* A handle on a whole evidence file; damage met in it is remembered in yal->watch. */
es_status es_yal_bfio(es_yal *yal, es_part *file, libbfio_handle_t **ret_handle);
es_status es_yal_read(es_yal *yal, uint64_t offset, uint8_t *buffer, uint64_t size);
/* "X begins as WHAT but cannot be opened: …", with the library's own words made printable. */
void es_yal_refuse(const es_source *source, const char *what, const char *words, es_note *note);

#endif
