/* SPDX-License-Identifier: Apache-2.0
 *
 * evtx.h: the event logs of Windows Vista and later (.evtx), record by record.
 *
 * The format is read here and not through libevtx: that library names neither the data of an
 * event nor its channel except inside XML it renders, a hundred times the work of reading the
 * record; it ends a log where its own chain ends; and it loads character set modules. Its tool
 * evtxexport is what the tests compare with. Format: libyal/libevtx, "Windows XML Event Log
 * (EVTX) format".
 *
 * A log is a header and chunks of 64 KiB, each complete in itself. Chunks that are damaged are read
 * as far as they can be; what was lost is counted, never hidden. Whether the log was closed, and in
 * which order Windows filled its chunks, does not matter: all that are there are read, in the order
 * of the file.
 *
 * Message texts are not looked up: they lie in other files, and would be the examiner's.
 *
 * The bytes come through a reader: this room knows no filesystem.
 * Ownership: the log owns what an event points to until the next call. Threading: one thread.
 */
#ifndef ES_WINDOWS_EVTX_H
#define ES_WINDOWS_EVTX_H

#include <esuscan/plugin.h>
#include <stdbool.h>

#define ES_EVTX_CHUNK 65536u /* bytes */

typedef struct es_evtx_input {
    uint64_t size;
    /* Reads `size` bytes, all of which lie in the file. ES_CORRUPT: they could not be had. */
    es_status (*read)(void *context, uint64_t offset, void *buffer, uint64_t size,
                      bool *ret_damaged);
    void *context;
} es_evtx_input;

typedef struct es_evtx_event {
    uint64_t offset, length; /* of the record in the file */
    uint64_t record;
    es_time written;
    uint32_t id; /* low 16 bits */
    uint32_t level;
    bool damaged;   /* its chunk lies on bytes of the image that cannot be trusted */
    bool recovered; /* found behind a break of the chain, or in a chunk without its header */
    es_text provider, provider_guid, channel, computer, user_sid;
    uint32_t n_data;
    const es_text *data_names; /* "" where the record does not name it */
    const es_text *data;
    es_bytes binary;
} es_evtx_event;

/* Records that were read: handed out, or left out by es_evtx_only(). */
typedef struct es_evtx_span {
    uint64_t n_records;
    uint64_t lowest, highest; /* their numbers */
    es_time earliest, latest; /* and when they were written */
} es_evtx_span;

/* What was read of a chunk. */
typedef struct es_evtx_chunk {
    es_evtx_span span;
    bool empty; /* nothing but zeros */
    bool sound; /* nothing is wrong with it */
} es_evtx_chunk;

/* Somebody who may know a chunk already. */
typedef struct es_evtx_watch {
    /* Before the chunk `number`, at `offset`, is read. ES_OK: it is known and sound, `*ret_known`
     * says what it holds, and its events are not handed out. ES_ABSENT: read it. */
    es_status (*ahead)(void *context, uint64_t number, uint64_t offset, es_evtx_chunk *ret_known);
    /* The chunk was read, and the last of its events was dealt with. */
    void (*behind)(void *context, uint64_t number, const es_evtx_chunk *chunk);
    void *context;
} es_evtx_watch;

/* What was read so far, and what could not be. A chunk counts once, by the worst that is wrong with
 * it. */
typedef struct es_evtx_loss {
    uint64_t n_chunks;       /* that hold, or should hold, records */
    uint64_t n_broken;       /* no header, or a broken chain of records */
    uint64_t n_checksums;    /* whole, but a checksum does not fit */
    uint64_t n_damaged;      /* on bytes of the image that cannot be trusted */
    uint64_t n_records_lost; /* there, and not readable */
    uint64_t first_at;       /* offset of the first such chunk */
    es_evtx_span read;
    bool header;             /* the file's header is broken; chunks were read all the same */
    bool open;               /* Windows had the log open: what it writes last may be missing */
    bool cut;                /* more of it is there than is read: too many chunks, or half of one */
} es_evtx_loss;

typedef struct es_evtx es_evtx;

/* ES_UNSUPPORTED: a log of the format before Vista (`*ret_old`), or of a later version. ES_CORRUPT:
 * no event log. The input is copied; what its context points to is borrowed. */
es_status es_evtx_open(const es_evtx_input *input, es_evtx **ret_evtx, bool *ret_old);
es_evtx *es_evtx_free(es_evtx *evtx);

/* From now on only events with one of these identifiers are decoded. */
void es_evtx_only(es_evtx *evtx, const uint16_t *ids, uint32_t n_ids);

/* Ask `watch` about each chunk; how many there may be is handed back. It is copied, what its context
 * points to is borrowed. */
uint64_t es_evtx_watched(es_evtx *evtx, const es_evtx_watch *watch);

/* The next event, or ES_END. */
es_status es_evtx_next(es_evtx *evtx, es_evtx_event *ret_event);

const es_evtx_loss *es_evtx_get_loss(const es_evtx *evtx);

#endif
