/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot_chain.h: what a volume says of its shadow copies, checked.
 *
 * Blocks of shadow copy data are 16 KiB and chained by offsets. Every chain is followed here with a
 * bound before anything else reads it. The format as libvshadow's documentation describes it
 * ("Volume Shadow Snapshot (VSS) format", Joachim Metz); record types and offsets are cited there.
 *
 * Known to src/disk/snapshot*.c alone. Threading: one thread.
 */
#ifndef ES_DISK_SNAPSHOT_CHAIN_H
#define ES_DISK_SNAPSHOT_CHAIN_H

#include "disk/snapshot.h"

#define ES_VSS_BLOCK_SIZE (UINT32_C(16) << 10)

typedef struct es_vss_store {
    uint8_t guid[16];
    uint64_t volume_size;
    uint64_t created; /* FILETIME */
    uint64_t list_at, header_at, ranges_at, bitmap_at, previous_bitmap_at;
    bool has_info, has_lists;
    bool header_sound;   /* the chain of its header ends */
    bool sound;          /* all its chains end */
    uint32_t *blocks;    /* numbers of the blocks of the volume that it holds, sorted */
    size_t n_blocks;
    uint64_t n_links;    /* blocks of its chains: what it takes to read them all */
} es_vss_store;

typedef struct es_vss_catalogue {
    es_vss_store *stores; /* oldest first */
    size_t n_stores;
    uint64_t n_links;
    bool elsewhere; /* the data is kept on another volume */
    bool broken;    /* the catalogue could not be followed to its end */
    bool damaged;   /* it rests on bytes that cannot be trusted */
    bool cut;       /* more stores or blocks than are looked at */
} es_vss_catalogue;

/* ES_ABSENT when the volume has no shadow copies and never had any. */
es_status es_vss_catalogue_read(es_source *source, const es_volume *volume,
                                es_vss_catalogue *ret_catalogue);
void es_vss_catalogue_done(es_vss_catalogue *catalogue);

#endif
