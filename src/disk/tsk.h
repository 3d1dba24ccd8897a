/* SPDX-License-Identifier: Apache-2.0
 *
 * tsk.h: the one door to libtsk: partition tables in its reading, and FAT.
 *
 * libtsk reads through our source, by tsk_img_open_external(). Its types and its error state, which
 * is kept per thread, stay behind this header. Its image cache is behind one lock held through
 * the read, so every user has a handle of its own.
 */
#ifndef ES_DISK_TSK_H
#define ES_DISK_TSK_H

#include "disk/fs.h"
#include "disk/name.h"

/* A partition as libtsk sees it. */
typedef struct es_tsk_part {
    uint64_t start, n_sectors;
    char slot[16]; /* as mmls prints it */
} es_tsk_part;

/* The allocated partitions of a table that our own reader has found sound. `scheme` is "mbr" or
 * "gpt". ES_CORRUPT when libtsk refuses it. The array is the caller's. */
es_status es_tsk_parts(es_source *source, const char *scheme, uint32_t sector_size,
                       es_tsk_part **ret_parts, size_t *ret_n);

typedef struct es_fat es_fat;
typedef struct es_fat_file es_fat_file;

es_status es_fat_open(es_source *source, const es_volume *volume, es_fat **ret_fat,
                      es_note *reterr_note);
es_fat *es_fat_free(es_fat *fat);
uint64_t es_fat_root(const es_fat *fat);

/* As the functions of fs.h. Names come as the long ones, or 8.3 where there is no long one. */
es_status es_fat_list(es_fat *fat, uint64_t entry,
                      int (*each)(void *context, const es_dirent *dirent), void *context);
es_status es_fat_file_open(es_fat *fat, uint64_t entry, es_fat_file **ret_file,
                           es_file_info *ret_info);
es_fat_file *es_fat_file_free(es_fat_file *file);
void es_fat_file_attribute(const es_fat_file *file, uint32_t *ret_type, uint32_t *ret_id);
es_status es_fat_file_read(es_fat_file *file, uint64_t offset, void *buffer, uint64_t size,
                           uint64_t *ret_size, bool *ret_damaged);
es_status es_fat_file_place(es_fat_file *file, uint64_t offset, uint64_t *ret_media_offset,
                            uint64_t *ret_run);

#endif
