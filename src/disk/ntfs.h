/* SPDX-License-Identifier: Apache-2.0
 *
 * ntfs.h: NTFS inside src/disk: a volume, its records, its streams, its indexes.
 *
 * NTFS is read by our own code. libtsk opens a record without asking whether it is a base record,
 * and can crash on one that is not; it takes run lists and attribute lists as they come and reads in
 * pieces of 64 KiB under a lock. To hand it a record safely, every structure of it would have to be
 * read and checked here first; then nothing is left for it to do. The tools of the same library
 * serve the tests as the other opinion.
 *
 * A volume (es_ntfs) knows its MFT. A record (es_ntfs_record) is one entry of the MFT with its
 * update sequence undone. A node (es_ntfs_node) is a base record with the extension records that
 * its $ATTRIBUTE_LIST names: one file. A stream (es_ntfs_stream) is the value of one attribute of a
 * node. Structures: "[MS-XCA]" has LZNT1; the rest as the Linux-NTFS project's "NTFS
 * Documentation" (flatcap.github.io/linux-ntfs) describes it.
 *
 * Ownership: nodes and streams borrow the volume; attributes borrow the node. A stream does not
 * need its node. Threading: all of one volume by one thread at a time.
 */
#ifndef ES_DISK_NTFS_H
#define ES_DISK_NTFS_H

#include "disk/fs.h"
#include "disk/limits.h"
#include "disk/name.h"

#define ES_NTFS_HOLE UINT64_MAX /* `lcn` of a run without clusters */

#define ES_NTFS_STANDARD_INFORMATION 0x10u
#define ES_NTFS_ATTRIBUTE_LIST 0x20u
#define ES_NTFS_FILE_NAME 0x30u
#define ES_NTFS_VOLUME_NAME 0x60u
#define ES_NTFS_DATA 0x80u
#define ES_NTFS_INDEX_ROOT 0x90u
#define ES_NTFS_INDEX_ALLOCATION 0xa0u
#define ES_NTFS_REPARSE_POINT 0xc0u
#define ES_NTFS_END 0xffffffffu

#define ES_NTFS_FLAG_COMPRESSED 0x00ffu
#define ES_NTFS_FLAG_ENCRYPTED 0x4000u
#define ES_NTFS_FLAG_SPARSE 0x8000u

#define ES_NTFS_RECORD_IN_USE 0x01u
#define ES_NTFS_RECORD_DIRECTORY 0x02u

#define ES_NTFS_ENTRY_MFT 0u
#define ES_NTFS_ENTRY_VOLUME 3u
#define ES_NTFS_ENTRY_ROOT 5u
#define ES_NTFS_ENTRY_UPCASE 10u

/* ---------------------------------------------------------------- the boot sector */

typedef struct es_ntfs_boot {
    uint32_t sector_size;
    uint32_t cluster_size;
    uint32_t record_size;
    uint32_t index_size;
    uint64_t n_sectors; /* as stated: the volume without its last sector, the backup */
    uint64_t mft_cluster;
    uint64_t mirror_cluster;
    uint64_t serial;
} es_ntfs_boot;

/* ES_ABSENT when it is no NTFS boot sector, ES_CORRUPT when it calls itself one and cannot be. */
es_status es_ntfs_boot_parse(es_bytes sector, es_ntfs_boot *ret_boot);

/* ---------------------------------------------------------------- records and nodes */

typedef struct es_ntfs es_ntfs;

typedef struct es_ntfs_record {
    uint64_t entry;
    uint64_t base_entry; /* with base_sequence 0 and 0 in a base record */
    uint16_t base_sequence;
    uint16_t sequence;
    uint16_t links;
    uint16_t flags;
    uint32_t fixup_at; /* where the saved last words of each 512 bytes lie */
    uint32_t attributes_at;
    uint32_t used;
    bool damaged; /* on a bad range, though it looks whole */
    uint8_t *data;
} es_ntfs_record;

typedef struct es_ntfs_attribute {
    uint32_t type;
    uint16_t id;
    uint16_t flags;
    bool resident;
    es_bytes name;     /* UTF-16LE */
    es_bytes value;    /* resident */
    uint32_t value_at; /* resident: in the record */
    es_bytes pairs;    /* not resident, as all that follow */
    uint64_t first_vcn, last_vcn;
    uint64_t size, initialised;
    uint32_t unit_shift;
    const es_ntfs_record *record;
} es_ntfs_attribute;

typedef struct es_ntfs_node {
    es_ntfs *volume;
    es_ntfs_record **records; /* the base record first */
    size_t n_records, records_capacity;
    es_ntfs_attribute *attributes; /* of all records, in order of reading */
    size_t n_attributes, attributes_capacity;
    uint8_t *list;   /* the $ATTRIBUTE_LIST's value, when there is one */
    bool incomplete; /* something that belongs to the file could not be had */
} es_ntfs_node;

/* Undo the update sequence of an MFT record or index block in place. */
es_status es_ntfs_fixup(uint8_t *data, uint32_t size, uint32_t fixup_at, uint32_t fixup_count);

/* Read one entry of the MFT. ES_ABSENT behind its end, ES_CORRUPT when it is no record. */
es_status es_ntfs_record_load(es_ntfs *volume, uint64_t entry, es_ntfs_record **ret_record);
es_ntfs_record *es_ntfs_record_free(es_ntfs_record *record);

/* Open a file. `sequence` 0 takes any. ES_ABSENT when the entry is not in use or was used again;
 * ES_CORRUPT when it is an extension record or unreadable. */
es_status es_ntfs_node_open(es_ntfs *volume, uint64_t entry, uint32_t sequence,
                            es_ntfs_node **ret_node);
/* The same of the base record alone, where what is looked for stands nearly always: a file may have
 * thousands of extension records. */
es_status es_ntfs_node_open_base(es_ntfs *volume, uint64_t entry, uint32_t sequence,
                                 es_ntfs_node **ret_node);
es_ntfs_node *es_ntfs_node_free(es_ntfs_node *node);

/* The next attribute of a type from `*at` on, or NULL. */
const es_ntfs_attribute *es_ntfs_node_next(const es_ntfs_node *node, uint32_t type, size_t *at);
void es_ntfs_node_info(const es_ntfs_node *node, es_file_info *ret_info);

/* The tag of its reparse point, 0 without one. */
uint32_t es_ntfs_node_reparse(const es_ntfs_node *node);

/* ---------------------------------------------------------------- streams */

typedef struct es_ntfs_run {
    uint64_t vcn;
    uint64_t length;
    uint64_t lcn;
} es_ntfs_run;

typedef struct es_ntfs_stream {
    es_ntfs *volume;
    uint32_t type, id, flags;
    bool resident;
    bool suspect;    /* described by a damaged record: no byte of it can be trusted */
    bool incomplete; /* a part of its run list could not be had */
    uint64_t size, initialised;
    uint8_t *bytes; /* resident */
    uint64_t entry; /* resident: the record and where in it */
    uint32_t value_at, fixup_at;
    uint32_t unit_clusters; /* compressed: clusters of a unit, else 0 */
    es_ntfs_run *runs;      /* sorted by vcn */
    size_t n_runs, runs_capacity;
    uint8_t *unit, *packed; /* compressed: the unit read last, and room for its stored form */
    uint64_t unit_number;
    bool unit_valid, unit_damaged;
} es_ntfs_stream;

/* Open an attribute's value. `name` NULL is the unnamed one; letter case as Windows does. */
es_status es_ntfs_stream_open(const es_ntfs_node *node, uint32_t type, const es_name *name,
                              es_ntfs_stream **ret_stream);
es_ntfs_stream *es_ntfs_stream_free(es_ntfs_stream *stream);
es_status es_ntfs_stream_read(es_ntfs_stream *stream, uint64_t offset, void *buffer, uint64_t size,
                              uint64_t *ret_size, bool *ret_damaged);
/* As es_file_place(). */
es_status es_ntfs_stream_place(es_ntfs_stream *stream, uint64_t offset, uint64_t *ret_media_offset,
                               uint64_t *ret_run);

/* Append what a mapping pairs array says, from `first_vcn` on. */
es_status es_ntfs_runs_append(es_ntfs_stream *stream, es_bytes pairs, uint64_t first_vcn);
/* The run that holds a cluster of the stream, or the next one behind it, or NULL. */
const es_ntfs_run *es_ntfs_runs_find(const es_ntfs_stream *stream, uint64_t vcn);

/* Undo LZNT1. `out` is filled; what the input does not give is zero. ES_CORRUPT if it is broken. */
es_status es_lznt1_inflate(es_bytes packed, uint8_t *out, uint32_t out_size);

/* ---------------------------------------------------------------- the volume */

struct es_ntfs {
    es_source *source;
    uint64_t offset, length; /* of the volume on the media */
    es_ntfs_boot boot;
    uint64_t n_records;
    es_ntfs_stream *mft;
    uint16_t *upcase;
    bool upcase_own; /* the volume's own table is in use, not our stand-in */
    bool mft_incomplete; /* a part of the MFT cannot be found */
    bool mirror_used;    /* the first record was bad; $MFTMirr stood in */
    uint64_t n_vain;     /* blocks of indexes that were read and are none */
};

es_status es_ntfs_open(es_source *source, uint64_t offset, uint64_t length, es_ntfs **ret_volume,
                       es_note *reterr_note);
es_ntfs *es_ntfs_free(es_ntfs *volume);

/* The NTFS of an open filesystem, NULL when it is a FAT: what volume.c reports on. */
es_ntfs *es_fs_ntfs(es_fs *fs);

/* Read bytes of the volume. Those past its end are zero and damaged. */
es_status es_ntfs_read(es_ntfs *volume, uint64_t at, void *buffer, uint64_t size,
                       bool *ret_damaged);

/* $UpCase, read when it is first needed. */
es_status es_ntfs_upcase(es_ntfs *volume, const uint16_t **ret_upcase);

/* The label, UTF-8, NULL when there is none; the caller frees it. */
es_status es_ntfs_label(es_ntfs *volume, char **ret_label);

/* ---------------------------------------------------------------- indexes */

typedef struct es_ntfs_found {
    uint64_t entry;
    uint32_t sequence;
    uint32_t twins; /* names equal but for case, this one included */
    es_name name;
} es_ntfs_found;

/* Find a name in a directory. */
es_status es_ntfs_find(es_ntfs *volume, uint64_t entry, uint32_t sequence, const es_name *name,
                       es_ntfs_found *ret_found);
/* List a directory, or what fits a pattern, NULL for all: of an index in order only the blocks are
 * read that can hold a name with the pattern's literal beginning. */
es_status es_ntfs_list(es_ntfs *volume, uint64_t entry, uint32_t sequence, const es_name *pattern,
                       int (*each)(void *context, const es_dirent *dirent), void *context);

#endif
