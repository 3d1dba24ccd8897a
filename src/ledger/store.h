/* SPDX-License-Identifier: Apache-2.0
 *
 * store.h: the inside of a ledger, shared by ledger.c (putting and reading), check.c (what may be
 * put) and order.c (closing). Nobody else includes it.
 */
#ifndef ES_LEDGER_STORE_H
#define ES_LEDGER_STORE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "ledger/ledger.h"
#include "ledger/map.h"

/* Records of one kind in a row. */
typedef struct es_records {
    void *items;
    size_t n, capacity;
} es_records;

struct es_ledger {
    es_ledger_tap tap;
    void *context;
    es_arena *arena;   /* everything but the last step */
    es_arena *step_arena;
    es_buffer scratch; /* the frame through which a record is copied */
    bool closed, done;

    es_image_record *image;
    es_digest_record *digest;
    es_note_record *refused;
    es_step_record *last_step;
    es_counters_record *counters;

    es_records segments, bad_ranges, fences, volumes, snapshots,
        installations, plugins, artefacts, facts,
        verdicts, rows, notes;
    es_map volume_at, installation_at, artefact_at; /* id to place */
    es_map fact_at;                                 /* reference to place */
    es_map verdict_at; /* place of its plugin, type and installation, to place */

    uint64_t last_reference; /* the highest of a fact so far */
    uint64_t n_times_dropped, n_references_dropped, n_places_dropped;
};

/* check.c: may this record be put now? ES_CORRUPT if it may not. */
es_status es_ledger_check(const es_ledger *ledger, const es_record *record);

/* Times that no calendar of ours can write become "no time known". */
bool es_ledger_time_writable(es_time time);

#endif
