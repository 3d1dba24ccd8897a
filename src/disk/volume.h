/* SPDX-License-Identifier: Apache-2.0
 *
 * volume.h: the volumes of an image: partition tables, and what each volume says it is.
 *
 * MBR with extended partitions, GPT (the backup when the primary is damaged), or no table at all.
 * A volume that cannot be read is still listed; BitLocker, LDM, Storage Spaces, RAID members and
 * hibernated volumes are named as such.
 *
 * Units: bytes from the start of the media. Ownership: a list owns its volumes; the source is
 * borrowed and must outlive it. Threading: immutable once made.
 */
#ifndef ES_DISK_VOLUME_H
#define ES_DISK_VOLUME_H

#include "base/note.h"
#include "evidence/source.h"
#include <stdbool.h>

#define ES_ENCRYPTED_NO 0u
#define ES_ENCRYPTED_BITLOCKER 1u
#define ES_ENCRYPTED_OTHER 2u /* a known other scheme; `filesystem` names it */

typedef struct es_volume {
    uint32_t id;            /* 1, 2 … in order of offset: what --partition takes */
    const char *scheme;     /* "mbr", "gpt", "none", "ldm", "storage-spaces", "raid" */
    const char *slot;       /* as mmls prints it: "000:000", "-" for none */
    uint64_t offset;
    uint64_t length;
    const char *filesystem; /* "ntfs", "fat12/16/32", "exfat", "refs", "ext", "bitlocker",
                               "luks" …, "unknown", "unreadable" */
    const char *serial;     /* upper-case hex without prefix (NTFS: 16 digits), or NULL */
    const char *label;      /* UTF-8, or NULL */
    uint32_t encrypted;
    bool active;            /* MBR: the active flag; GPT: the EFI system partition */
    bool efi_system;
    bool hibernated;        /* hiberfil.sys holds an active image */
    bool boot_overlaid;     /* its first sector is bad; the backup stands in */
    uint64_t boot_backup;   /* then: where on the media the backup lies */
    /* What a boot store or MountedDevices calls this partition by. */
    uint32_t mbr_signature; /* of the disk, 0 if none */
    uint8_t gpt_disk[16];   /* as stored (mixed endian); zero if none */
    uint8_t gpt_partition[16];
    uint8_t gpt_type[16];
    uint8_t mbr_type;
} es_volume;

typedef struct es_volumes es_volumes;

/* Takes each note as it is made; `volume_id` is 0 for the disk as a whole. */
typedef void (*es_volume_note_fn)(void *context, uint32_t volume_id, const es_note *note);

/* Read the tables and look at the start of each volume. ES_OK even if nothing could be made of the
 * image: then the list is empty or holds volumes of unknown content, and notes say so. */
es_status es_volumes_read(es_source *source, es_volume_note_fn on_note, void *context,
                          es_volumes **ret_volumes);
es_volumes *es_volumes_free(es_volumes *volumes);

size_t es_volumes_count(const es_volumes *volumes);
const es_volume *es_volumes_at(const es_volumes *volumes, size_t index);
uint32_t es_volumes_sector_size(const es_volumes *volumes); /* of the table: 512 or 4096 */

#endif
