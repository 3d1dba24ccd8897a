/* SPDX-License-Identifier: Apache-2.0
 *
 * fs.h: files of an NTFS or FAT volume, found without walking the volume.
 *
 * A path is looked up by descending the $I30 index of each directory with the volume's own
 * $UpCase table (NTFS collation), never through TSK's directory functions, which read the whole
 * MFT. NTFS is read by our own code from the boot sector on (ntfs.h says why). FAT volumes, read
 * only for the boot store of EFI disks, are small and go through TSK.
 *
 * Names: UTF-8 with '/' between components, relative to the root of the volume; unpaired UTF-16
 * surrogates in names are carried as three-byte sequences (WTF-8) so that every name survives a
 * round trip. Units: bytes. Ownership: a file belongs to its filesystem object and must be closed
 * before it. Errors: ES_ABSENT (no such name), ES_CORRUPT (structure broken or on damaged bytes),
 * ES_LIMIT, ES_UNSUPPORTED (e.g. EFS-encrypted data). Threading: one es_fs per thread; several
 * may be opened on one volume.
 */
#ifndef ES_DISK_FS_H
#define ES_DISK_FS_H

#include "disk/volume.h"

typedef struct es_fs es_fs;
typedef struct es_file es_file;
typedef struct es_snapshots es_snapshots; /* snapshot.h */

/* What a directory entry or an MFT record says. */
typedef struct es_file_info {
    uint64_t mft_entry;     /* FAT: TSK's inode number */
    uint32_t mft_sequence;  /* FAT: 0 */
    uint32_t links;         /* hard links as the record counts them: long names, not 8.3 twins */
    uint64_t size;          /* of the unnamed data stream */
    bool directory;
    bool reparse;           /* reparse point: never followed */
    bool compressed, sparse, encrypted;
    es_time created, modified, changed, accessed; /* $STANDARD_INFORMATION */
} es_file_info;

/* A name in a directory, borrowed for the length of the callback. */
typedef struct es_dirent {
    es_text name;
    uint64_t mft_entry;
    uint32_t mft_sequence;
    bool directory;         /* by the flags of the index entry */
    bool reparse;
    bool dos_name;          /* an 8.3 twin of a longer name */
    uint64_t size;          /* as the index entry states it: may lag behind the record */
    es_time modified;       /* likewise */
} es_dirent;

/* Open the filesystem of a volume. `reterr_note` names the volume and what is wrong. The source
 * and the volume are borrowed and must outlive it. */
es_status es_fs_open(es_source *source, const es_volume *volume, es_fs **ret_fs,
                     es_note *reterr_note);
/* The same of a shadow copy: `source` is the view that holds it. For snapshot.c alone. */
es_status es_fs_open_snapshot(es_source *source, const es_volume *volume,
                              const es_snapshots *set, uint32_t number, es_fs **ret_fs,
                              es_note *reterr_note);
es_fs *es_fs_free(es_fs *fs);
/* Which shadow copy it is; 0 for the volume as it stands. */
uint32_t es_fs_snapshot(const es_fs *fs);
const es_volume *es_fs_volume(const es_fs *fs);

/* Look a path up, letter case as Windows does (an exact match wins over one by $UpCase when a
 * POSIX twin exists). `ret_true_path` (may be NULL) receives the path as the disk spells it, a
 * string the caller frees. `ret_twins` (may be NULL) receives how many names of the last component
 * match but for case: 1 normally. */
es_status es_fs_lookup(es_fs *fs, const char *path, uint64_t *ret_entry, uint32_t *ret_sequence,
                       char **ret_true_path, uint32_t *ret_twins);

/* List a directory by MFT entry in index order (8.3 twins included). Loops in the index end with
 * ES_CORRUPT after all readable entries were given. The callback returns 0 to go on, anything else
 * to stop (handed back). */
es_status es_fs_list(es_fs *fs, uint64_t entry, uint32_t sequence,
                     int (*each)(void *context, const es_dirent *dirent), void *context);

/* List of it only what fits a pattern ('*', '?'; case by $UpCase). What stands before the first of
 * them bounds what is read of the index: the order of names is relied on where the blocks read keep
 * it, and damage in the others is not met. A name that a block read should not hold, by its place in
 * the tree, is damage: all blocks are read then, and the answer is ES_CORRUPT. */
es_status es_fs_list_matches(es_fs *fs, uint64_t entry, uint32_t sequence, const char *pattern,
                             int (*each)(void *context, const es_dirent *dirent), void *context);

/* The path below `ancestor` of a hard link of this file that lies two levels below a directory of
 * that name: "DIRECTORY/FILE" of a system file's link in winsxs. The caller frees. ES_ABSENT when
 * it has none; ES_CORRUPT, and ES_LIMIT of very many names, when that cannot be told because some
 * of its names, or the folders that they are in, could not be read. */
es_status es_fs_link_below(es_fs *fs, uint64_t entry, uint32_t sequence, const char *ancestor,
                           char **ret_path);

/* Which files have bytes on these ranges of the media, asked of every record of the MFT: minutes on
 * a large disk. A folder has its index. ES_UNSUPPORTED for FAT. `each` returns ES_OK to go on. */
typedef struct es_fs_range {
    uint64_t offset, length;
} es_fs_range;
typedef struct es_fs_owner {
    const char *path;
    uint64_t mft_entry;
    uint32_t mft_sequence;
    uint64_t bytes; /* of it on the ranges */
} es_fs_owner;
es_status es_fs_files_on(es_fs *fs, const es_fs_range *ranges, size_t n,
                         es_status (*each)(void *context, const es_fs_owner *owner),
                         void *context);

/* Whether a name fits such a pattern. */
bool es_fs_glob(es_fs *fs, const char *pattern, es_text name);

/* Open the unnamed ($DATA) or a named stream of a record. The record must be a base record in use
 * whose sequence is `sequence` (0 = do not check), else ES_CORRUPT / ES_ABSENT. */
es_status es_file_open(es_fs *fs, uint64_t entry, uint32_t sequence, const char *stream,
                       es_file **ret_file, es_note *reterr_note);
es_file *es_file_free(es_file *file);
void es_file_info_get(const es_file *file, es_file_info *ret_info);
/* Of the stream that was opened; `size` of the info is always that of the unnamed one. */
uint64_t es_file_size(const es_file *file);
/* TSK's numbers of the data attribute, for `icat ENTRY-TYPE-ID`. */
void es_file_attribute(const es_file *file, uint32_t *ret_type, uint32_t *ret_id);

/* Read from the stream; holes and compressed units are resolved. Bytes behind the end: ES_END and
 * what was read in `ret_size`. `ret_damaged` is set when a byte rests on a bad range (or on an
 * unreadable compressed unit), else left alone. */
es_status es_file_read(es_file *file, uint64_t offset, void *buffer, uint64_t size,
                       uint64_t *ret_size, bool *ret_damaged);

/* Whether a file of a shadow copy certainly holds the same bytes as `later`, the file in a later copy
 * of the same volume or on the volume as it stands: the same record, the same runs, and none of
 * their blocks copied in between. False when that cannot be told. */
bool es_file_unchanged(const es_file *file, const es_file *later);
/* The same of one range: neither where it lies nor what lies there differs. */
bool es_file_range_unchanged(const es_file *file, const es_file *later, uint64_t offset,
                             uint64_t size);

/* Where a byte of the file lies on the media; ES_ABSENT for resident data's record-relative bytes
 * is not used: resident data gives its place inside the MFT. ES_UNSUPPORTED for compressed data
 * and holes. `ret_run` is how many bytes follow contiguously. */
es_status es_file_place(es_file *file, uint64_t offset, uint64_t *ret_media_offset,
                        uint64_t *ret_run);

#endif
