/* SPDX-License-Identifier: Apache-2.0
 *
 * identify.h: what a volume is, by its first bytes and, for some RAID members, by its last.
 *
 * Pure functions over bytes but for es_identify_raid(), which reads where the superblocks lie.
 */
#ifndef ES_DISK_IDENTIFY_H
#define ES_DISK_IDENTIFY_H

#include "disk/ntfs.h"

typedef struct es_identity {
    const char *filesystem; /* as es_volume has it; "unknown" */
    uint32_t encrypted;
    bool boot_sector; /* known by a boot sector: it can be the start of a disk without a table */
    bool bad_ntfs;    /* calls itself NTFS but states sizes that cannot be */
    bool blank;       /* nothing but zeros were seen */
    char serial[17];  /* empty: none */
    char label[64];
    es_ntfs_boot ntfs;
} es_identity;

void es_identify(es_bytes start, es_identity *ret_identity);

/* Linux md superblocks of all versions. ES_ABSENT when there is none; `ret_mirror` is set for
 * RAID 1, whose members can be read alone. */
es_status es_identify_md(es_source *source, uint64_t offset, uint64_t length, bool *ret_mirror);

/* What firmware RAID left at the end of a disk: its name or NULL. */
const char *es_identify_firmware_raid(es_bytes end);

/* Software that encrypts the disk below Windows, by the loader in the first sector, or NULL. */
const char *es_identify_disk_encryption(es_bytes first_sector);

#endif
