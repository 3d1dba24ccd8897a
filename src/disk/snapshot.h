/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot.h: the shadow copies of an NTFS volume, each a filesystem like any other.
 *
 * What the volume says of its shadow copies (catalogue, lists of copied blocks) is read and checked
 * here first (snapshot_chain.c): chains that loop or claim more than the volume can hold never
 * reach libvshadow. libvshadow then puts the old blocks in place; a view of the source carries
 * them, so that everything above reads a shadow copy as it reads a volume. The blocks that were
 * copied since say which files cannot have changed: those need not be analysed again.
 *
 * Numbers: 1 is the oldest, as vshadowinfo and vshadowmount (vss1) count. Ownership: filesystems
 * of shadow copies belong to the es_snapshots and end with it; source and volume are borrowed.
 * Threading: as es_fs; reading is guarded, so that the source of a copy may be read from anywhere.
 */
#ifndef ES_DISK_SNAPSHOT_H
#define ES_DISK_SNAPSHOT_H

#include "disk/fs.h"

typedef struct es_snapshot {
    uint32_t number;
    char id[37];     /* of the shadow copy store, lower-case GUID */
    es_time created;
    bool readable;   /* its chains are sound; a note said so if not */
} es_snapshot;

/* Look for shadow copies. ES_ABSENT when the volume has none. Notes tell what is damaged or kept
 * elsewhere; what the catalogue names is listed also where it cannot be read. With `only_list`
 * nothing but the catalogue is looked at, and none is readable. */
es_status es_snapshots_open(es_source *source, const es_volume *volume, bool only_list,
                            es_volume_note_fn on_note, void *context,
                            es_snapshots **ret_snapshots);
es_snapshots *es_snapshots_free(es_snapshots *snapshots);
size_t es_snapshots_count(const es_snapshots *snapshots);
const es_snapshot *es_snapshots_at(const es_snapshots *snapshots, size_t index); /* oldest first */

/* Open the filesystem of one. ES_CORRUPT or ES_UNSUPPORTED with a note when that cannot be. */
es_status es_snapshots_fs(es_snapshots *snapshots, size_t index, es_fs **ret_fs,
                          es_note *reterr_note);

/* Whether bytes of the volume may differ between shadow copy `number` and a later state: shadow copy
 * `later`, or the volume as it stands (0). Offsets are of the volume. */
bool es_snapshots_changed(const es_snapshots *snapshots, uint32_t number, uint32_t later,
                          uint64_t offset, uint64_t length);

#endif
