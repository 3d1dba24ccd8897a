/* SPDX-License-Identifier: Apache-2.0
 *
 * tsk.c: libtsk over our source.
 *
 * Everything that libtsk is given has been looked at before: tables are read by table.c first and
 * only sound ones come here; FAT volumes have a boot sector that identify.c has understood. What
 * libtsk allocates is its own; a handle here owns one image, one filesystem, one open file each.
 */
#include "disk/tsk.h"
#include "disk/limits.h"
#include <stdlib.h>
#include <tsk/libtsk.h>

/* libtsk casts the pointer it was given to TSK_IMG_INFO; what is ours lies behind it. */
typedef struct es_tsk_image {
    TSK_IMG_INFO info;
    es_source *source;
    bool damaged; /* a byte read since it was last cleared is on a bad range */
    es_status failed;
} es_tsk_image;

/* ---------------------------------------------------------------- the image */

static ssize_t image_read(TSK_IMG_INFO *info, TSK_OFF_T offset, char *buffer, size_t size)
{
    es_tsk_image *image = (es_tsk_image *)(void *)info;
    uint64_t media = (uint64_t)info->size;
    es_status status;

    if (offset < 0 || (uint64_t)offset >= media)
        return -1;
    if (size > media - (uint64_t)offset)
        size = (size_t)(media - (uint64_t)offset);
    status = es_source_read(image->source, (uint64_t)offset, buffer, size, &image->damaged);
    if (status < 0) {
        image->failed = status;
        return -1;
    }
    return (ssize_t)size;
}

static void image_close(TSK_IMG_INFO *info)
{
    (void)info; /* the handle frees it */
}

static void image_stat(TSK_IMG_INFO *info, FILE *out)
{
    (void)info;
    (void)out;
}

static es_tsk_image *image_close_and_free(es_tsk_image *image)
{
    if (image) {
        tsk_img_close(&image->info);
        free(image);
    }
    tsk_error_reset();
    return NULL;
}

/* `end` is where the image ends for libtsk: the media's end, or that of a volume. */
static es_tsk_image *image_open(es_source *source, uint64_t end, uint32_t sector_size)
{
    es_tsk_image *image = calloc(1, sizeof(*image));

    if (!image)
        return NULL;
    image->source = source;
    if (end > INT64_MAX)
        end = INT64_MAX;
    if (!tsk_img_open_external(&image->info, (TSK_OFF_T)end, sector_size, image_read, image_close,
                               image_stat)) {
        free(image);
        tsk_error_reset();
        return NULL;
    }
    return image;
}

/* ---------------------------------------------------------------- tables */

static void set_slot(es_tsk_part *part, const TSK_VS_PART_INFO *info)
{
    if (info->table_num < 0)
        snprintf(part->slot, sizeof(part->slot), "%.3d", info->slot_num);
    else
        snprintf(part->slot, sizeof(part->slot), "%.3d:%.3d", info->table_num, info->slot_num);
}

es_status es_tsk_parts(es_source *source, const char *scheme, uint32_t sector_size,
                       es_tsk_part **ret_parts, size_t *ret_n)
{
    TSK_VS_TYPE_ENUM type = strcmp(scheme, "gpt") == 0 ? TSK_VS_TYPE_GPT : TSK_VS_TYPE_DOS;
    es_tsk_image *image = image_open(source, es_source_size(source), sector_size);
    es_tsk_part *parts;
    TSK_VS_INFO *table;
    size_t n = 0;

    if (!image)
        return ES_NOMEM;
    table = tsk_vs_open(&image->info, 0, type);
    if (!table) {
        image_close_and_free(image);
        return ES_CORRUPT;
    }
    parts = calloc((size_t)table->part_count + 1, sizeof(*parts));
    for (TSK_VS_PART_INFO *info = table->part_list; parts && info; info = info->next) {
        if (!(info->flags & TSK_VS_PART_FLAG_ALLOC) || info->flags & TSK_VS_PART_FLAG_META ||
            n > table->part_count)
            continue;
        parts[n].start = info->start;
        parts[n].n_sectors = info->len;
        set_slot(&parts[n++], info);
    }
    tsk_vs_close(table);
    image_close_and_free(image);
    if (!parts)
        return ES_NOMEM;
    *ret_parts = parts;
    *ret_n = n;
    return ES_OK;
}

/* ---------------------------------------------------------------- FAT volumes */

struct es_fat {
    es_tsk_image *image;
    TSK_FS_INFO *fs;
    uint64_t offset;
};

struct es_fat_file {
    es_fat *fat;
    TSK_FS_FILE *file;
    const TSK_FS_ATTR *data; /* NULL for a directory or an empty file */
    uint64_t size;
};

es_status es_fat_open(es_source *source, const es_volume *volume, es_fat **ret_fat,
                      es_note *reterr_note)
{
    es_fat *fat;

    if (volume->length > ES_FAT_SIZE_MAX) {
        es_note_set(reterr_note, ES_SEVERITY_GAP, "filesystem",
                    "Volume %u: a FAT of this size is not read.", volume->id);
        return ES_LIMIT;
    }
    fat = calloc(1, sizeof(*fat));
    if (!fat)
        return ES_NOMEM;
    fat->offset = volume->offset;
    fat->image = image_open(source, volume->offset + volume->length, 512);
    if (fat->image)
        fat->fs = tsk_fs_open_img(&fat->image->info, (TSK_OFF_T)volume->offset,
                                  TSK_FS_TYPE_FAT_DETECT);
    if (!fat->fs) {
        es_note_set(reterr_note, ES_SEVERITY_GAP, "filesystem",
                    "Volume %u: its FAT cannot be opened.", volume->id);
        es_fat_free(fat);
        return ES_CORRUPT;
    }
    *ret_fat = fat;
    return ES_OK;
}

es_fat *es_fat_free(es_fat *fat)
{
    if (fat) {
        if (fat->fs)
            tsk_fs_close(fat->fs);
        image_close_and_free(fat->image);
        free(fat);
    }
    return NULL;
}

uint64_t es_fat_root(const es_fat *fat)
{
    return fat->fs->root_inum;
}

static int give_name(const TSK_FS_NAME *name,
                     int (*each)(void *context, const es_dirent *dirent), void *context)
{
    const char *text = name->name && name->name[0] ? name->name : name->shrt_name;
    es_dirent dirent = { .name = es_text_of(text), .mft_entry = name->meta_addr };

    if (!text || !text[0] || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ||
        !(name->flags & TSK_FS_NAME_FLAG_ALLOC) ||
        (name->type != TSK_FS_NAME_TYPE_REG && name->type != TSK_FS_NAME_TYPE_DIR))
        return 0;
    dirent.directory = name->type == TSK_FS_NAME_TYPE_DIR;
    return each(context, &dirent);
}

es_status es_fat_list(es_fat *fat, uint64_t entry,
                      int (*each)(void *context, const es_dirent *dirent), void *context)
{
    TSK_FS_DIR *directory;
    es_status status = ES_OK;
    size_t n;

    if (entry < fat->fs->first_inum || entry > fat->fs->last_inum)
        return ES_ABSENT;
    directory = tsk_fs_dir_open_meta(fat->fs, entry);
    if (!directory) {
        tsk_error_reset();
        return fat->image->failed ? fat->image->failed : ES_CORRUPT;
    }
    n = tsk_fs_dir_getsize(directory);
    for (size_t i = 0; i < n && status == ES_OK; i++) {
        const TSK_FS_NAME *name = tsk_fs_dir_get_name(directory, i);

        if (i >= ES_FAT_ENTRIES_MAX)
            status = ES_LIMIT;
        else if (name)
            status = give_name(name, each, context);
    }
    tsk_fs_dir_close(directory);
    tsk_error_reset();
    return status;
}

/* ---------------------------------------------------------------- FAT files */

es_status es_fat_file_open(es_fat *fat, uint64_t entry, es_fat_file **ret_file,
                           es_file_info *ret_info)
{
    es_file_info info = { .mft_entry = entry, .links = 1 };
    es_fat_file *file;

    if (entry < fat->fs->first_inum || entry > fat->fs->last_inum)
        return ES_ABSENT;
    file = calloc(1, sizeof(*file));
    if (!file)
        return ES_NOMEM;
    file->fat = fat;
    file->file = tsk_fs_file_open_meta(fat->fs, NULL, entry);
    if (!file->file || !file->file->meta || file->file->meta->size < 0) {
        es_fat_file_free(file);
        return fat->image->failed ? fat->image->failed : ES_CORRUPT;
    }
    if (!(file->file->meta->flags & TSK_FS_META_FLAG_ALLOC)) {
        es_fat_file_free(file);
        return ES_ABSENT;
    }
    info.directory = file->file->meta->type == TSK_FS_META_TYPE_DIR;
    if (!info.directory)
        file->data = tsk_fs_file_attr_get(file->file);
    if (file->data && file->data->size > 0)
        file->size = (uint64_t)file->data->size;
    if (!file->data && !info.directory && file->file->meta->size > 0) {
        es_fat_file_free(file);
        return ES_CORRUPT;
    }
    info.size = file->size;
    tsk_error_reset();
    *ret_info = info;
    *ret_file = file;
    return ES_OK;
}

es_fat_file *es_fat_file_free(es_fat_file *file)
{
    if (file) {
        if (file->file)
            tsk_fs_file_close(file->file);
        free(file);
    }
    tsk_error_reset();
    return NULL;
}

void es_fat_file_attribute(const es_fat_file *file, uint32_t *ret_type, uint32_t *ret_id)
{
    *ret_type = file->data ? (uint32_t)file->data->type : 0;
    *ret_id = file->data ? file->data->id : 0;
}

es_status es_fat_file_read(es_fat_file *file, uint64_t offset, void *buffer, uint64_t size,
                           uint64_t *ret_size, bool *ret_damaged)
{
    uint64_t there = offset < file->size ? file->size - offset : 0;
    uint64_t n = there < size ? there : size;
    es_tsk_image *image = file->fat->image;

    memset(buffer, 0, (size_t)size);
    image->damaged = false;
    for (uint64_t done = 0; done < n;) {
        uint64_t piece = n - done < ES_TSK_READ_MAX ? n - done : ES_TSK_READ_MAX;
        ssize_t got = tsk_fs_attr_read(file->data, (TSK_OFF_T)(offset + done),
                                       (char *)buffer + done, (size_t)piece,
                                       TSK_FS_FILE_READ_FLAG_NONE);

        if (image->failed)
            return image->failed;
        if (got <= 0) {
            image->damaged = true;
            break;
        }
        done += (uint64_t)got;
    }
    tsk_error_reset();
    if (ret_damaged && n) {
        uint64_t at, run;

        /* libtsk's cache answers without asking us: ask the source about the places as well. */
        for (uint64_t done = 0; done < n && !image->damaged; done += run) {
            if (es_fat_file_place(file, offset + done, &at, &run) != ES_OK)
                break;
            if (es_source_is_damaged(image->source, at, run < n - done ? run : n - done))
                image->damaged = true;
        }
        *ret_damaged = *ret_damaged || image->damaged;
    }
    *ret_size = n;
    return n < size ? ES_END : ES_OK;
}

es_status es_fat_file_place(es_fat_file *file, uint64_t offset, uint64_t *ret_media_offset,
                            uint64_t *ret_run)
{
    uint64_t block_size = file->fat->fs->block_size, block = offset / block_size;
    const TSK_FS_ATTR_RUN *run;

    if (offset >= file->size)
        return ES_END;
    if (!(file->data->flags & TSK_FS_ATTR_NONRES))
        return ES_UNSUPPORTED;
    for (run = file->data->nrd.run; run; run = run->next) {
        uint64_t left;

        if (block < run->offset || block - run->offset >= run->len)
            continue;
        if (run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER))
            return ES_UNSUPPORTED;
        left = (run->offset + run->len) * block_size - offset;
        *ret_media_offset = file->fat->offset + (run->addr + (block - run->offset)) * block_size +
                            offset % block_size;
        *ret_run = left < file->size - offset ? left : file->size - offset;
        return ES_OK;
    }
    return ES_CORRUPT;
}
