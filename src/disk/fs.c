/* SPDX-License-Identifier: Apache-2.0
 *
 * fs.c: one face for the files of NTFS and FAT volumes.
 *
 * Paths are taken apart here and each component is looked up in its directory: in NTFS through
 * $I30, in FAT by listing, its directories being small. What a file is, is decided here too: a
 * record whose content is kept elsewhere (WOF, deduplication) has an unnamed stream of zeros,
 * which must not be handed out as the file's bytes.
 */
#include "disk/fs.h"
#include "disk/ntfs.h"
#include "disk/snapshot.h"
#include "disk/tsk.h"
#include <stdlib.h>

/* Reparse tags of files whose bytes are not in $DATA ([MS-FSCC] 2.1.2.1). */
#define TAG_WOF 0x80000017u
#define TAG_DEDUP 0x80000013u

struct es_fs {
    const es_volume *volume;
    es_ntfs *ntfs; /* one of the two */
    es_fat *fat;
    uint16_t *fat_upcase;
    const es_snapshots *set; /* of a shadow copy: which set, and which of it */
    uint32_t snapshot;
};

struct es_file {
    es_fs *fs;
    es_ntfs_stream *stream; /* NULL: no data */
    es_fat_file *fat;
    es_file_info info;
    bool elsewhere;
};

/* ---------------------------------------------------------------- the filesystem */

static es_status open_fat(es_source *source, es_fs *fs, es_note *reterr_note)
{
    fs->fat_upcase = malloc(sizeof(*fs->fat_upcase) * ES_UPCASE_UNITS);
    if (!fs->fat_upcase)
        return ES_NOMEM;
    es_upcase_fill(fs->fat_upcase);
    return es_fat_open(source, fs->volume, &fs->fat, reterr_note);
}

es_status es_fs_open(es_source *source, const es_volume *volume, es_fs **ret_fs,
                     es_note *reterr_note)
{
    es_fs *fs = calloc(1, sizeof(*fs));
    es_status status;

    if (!fs)
        return ES_NOMEM;
    fs->volume = volume;
    if (strcmp(volume->filesystem, "ntfs") == 0) {
        status = es_ntfs_open(source, volume->offset, volume->length, &fs->ntfs, reterr_note);
    } else if (strncmp(volume->filesystem, "fat", 3) == 0) {
        status = open_fat(source, fs, reterr_note);
    } else {
        es_note_set(reterr_note, ES_SEVERITY_INFO, "filesystem",
                    "Volume %u: the filesystem (%s) is not read.", volume->id, volume->filesystem);
        status = ES_UNSUPPORTED;
    }
    if (status != ES_OK) {
        es_fs_free(fs);
        return status;
    }
    *ret_fs = fs;
    return ES_OK;
}

es_status es_fs_open_snapshot(es_source *source, const es_volume *volume, const es_snapshots *set,
                              uint32_t number, es_fs **ret_fs, es_note *reterr_note)
{
    es_status status = es_fs_open(source, volume, ret_fs, reterr_note);

    if (status == ES_OK) {
        (*ret_fs)->set = set;
        (*ret_fs)->snapshot = number;
    }
    return status;
}

uint32_t es_fs_snapshot(const es_fs *fs)
{
    return fs->snapshot;
}

es_fs *es_fs_free(es_fs *fs)
{
    if (fs) {
        es_ntfs_free(fs->ntfs);
        es_fat_free(fs->fat);
        free(fs->fat_upcase);
        free(fs);
    }
    return NULL;
}

const es_volume *es_fs_volume(const es_fs *fs)
{
    return fs->volume;
}

es_ntfs *es_fs_ntfs(es_fs *fs)
{
    return fs->ntfs;
}

static es_status upcase_of(es_fs *fs, const uint16_t **ret_upcase)
{
    if (fs->ntfs)
        return es_ntfs_upcase(fs->ntfs, ret_upcase);
    *ret_upcase = fs->fat_upcase;
    return ES_OK;
}

/* ---------------------------------------------------------------- names */

typedef struct es_fat_search {
    const uint16_t *upcase;
    const es_name *wanted;
    es_ntfs_found found;
    uint32_t rank;
} es_fat_search;

static int consider(void *context, const es_dirent *dirent)
{
    es_fat_search *search = context;
    es_name name;
    uint32_t rank;

    if (es_name_from_text(dirent->name, &name) != ES_OK ||
        es_name_compare(search->upcase, &name, search->wanted) != 0)
        return 0;
    rank = es_name_equal(&name, search->wanted) ? 2 : 1;
    search->found.twins++;
    if (rank > search->rank) {
        search->rank = rank;
        search->found.entry = dirent->mft_entry;
        search->found.sequence = 0;
        search->found.name = name;
    }
    return 0;
}

static es_status find(es_fs *fs, uint64_t entry, uint32_t sequence, const es_name *name,
                      es_ntfs_found *ret_found)
{
    es_fat_search search = { .upcase = fs->fat_upcase, .wanted = name };
    es_status status;

    if (fs->ntfs)
        return es_ntfs_find(fs->ntfs, entry, sequence, name, ret_found);
    status = es_fat_list(fs->fat, entry, consider, &search);
    if (search.rank) {
        *ret_found = search.found;
        return ES_OK;
    }
    return status == ES_OK ? ES_ABSENT : status;
}

/* The path as the disk spells it, grown component by component. */
static es_status add_component(char **path, size_t *size, const es_name *name)
{
    char text[ES_NAME_BYTES_MAX + 1];
    size_t n = es_name_to_text(name, text);
    char *larger = realloc(*path, *size + n + 2);

    if (!larger)
        return ES_NOMEM;
    *path = larger;
    if (*size)
        larger[(*size)++] = '/';
    memcpy(larger + *size, text, n + 1);
    *size += n;
    return ES_OK;
}

/* Cut the next component off; false at the end. */
static bool next_component(const char **path, es_text *ret_component)
{
    while (**path == '/')
        (*path)++;
    ret_component->data = *path;
    while (**path && **path != '/')
        (*path)++;
    ret_component->size = (uint64_t)(*path - ret_component->data);
    return ret_component->size != 0;
}

/* The root, with the sequence its record has; 0, which takes any, if the record cannot be read. */
static es_ntfs_found start(es_fs *fs)
{
    es_ntfs_found found = { .entry = fs->ntfs ? ES_NTFS_ENTRY_ROOT : es_fat_root(fs->fat),
                            .twins = 1 };
    es_ntfs_record *record = NULL;

    if (fs->ntfs && es_ntfs_record_load(fs->ntfs, ES_NTFS_ENTRY_ROOT, &record) == ES_OK)
        found.sequence = record->sequence;
    es_ntfs_record_free(record);
    return found;
}

es_status es_fs_lookup(es_fs *fs, const char *path, uint64_t *ret_entry, uint32_t *ret_sequence,
                       char **ret_true_path, uint32_t *ret_twins)
{
    es_ntfs_found found = start(fs);
    es_status status = ES_OK;
    char *true_path = NULL;
    es_text component;
    size_t size = 0;

    if (strlen(path) > ES_PATH_BYTES_MAX)
        return ES_LIMIT;
    while (status == ES_OK && next_component(&path, &component)) {
        es_name name;

        status = es_name_from_text(component, &name);
        if (status != ES_OK)
            status = ES_ABSENT; /* no name can be like that */
        if (status == ES_OK)
            status = find(fs, found.entry, found.sequence, &name, &found);
        if (status == ES_OK && ret_true_path)
            status = add_component(&true_path, &size, &found.name);
    }
    if (status == ES_OK && ret_true_path && !true_path) {
        true_path = strdup("");
        status = true_path ? ES_OK : ES_NOMEM;
    }
    if (status != ES_OK) {
        free(true_path);
        return status;
    }
    *ret_entry = found.entry;
    *ret_sequence = found.sequence;
    if (ret_true_path)
        *ret_true_path = true_path;
    if (ret_twins)
        *ret_twins = found.twins;
    return ES_OK;
}

es_status es_fs_list(es_fs *fs, uint64_t entry, uint32_t sequence,
                     int (*each)(void *context, const es_dirent *dirent), void *context)
{
    if (fs->ntfs)
        return es_ntfs_list(fs->ntfs, entry, sequence, NULL, each, context);
    return es_fat_list(fs->fat, entry, each, context);
}

/* The directories of FAT are small: all of one is read. */
typedef struct es_fat_matches {
    const uint16_t *upcase;
    const es_name *pattern;
    int (*each)(void *context, const es_dirent *dirent);
    void *context;
} es_fat_matches;

static int give_match(void *context, const es_dirent *dirent)
{
    es_fat_matches *matches = context;
    es_name name;

    if (es_name_from_text(dirent->name, &name) != ES_OK ||
        !es_name_glob(matches->upcase, matches->pattern, &name))
        return 0;
    return matches->each(matches->context, dirent);
}

es_status es_fs_list_matches(es_fs *fs, uint64_t entry, uint32_t sequence, const char *pattern,
                             int (*each)(void *context, const es_dirent *dirent), void *context)
{
    es_name units;
    es_fat_matches matches = { fs->fat_upcase, &units, each, context };

    if (es_name_from_text(es_text_of(pattern), &units) != ES_OK)
        return ES_OK; /* no name fits it */
    if (fs->ntfs)
        return es_ntfs_list(fs->ntfs, entry, sequence, &units, each, context);
    return es_fat_list(fs->fat, entry, give_match, &matches);
}

bool es_fs_glob(es_fs *fs, const char *pattern, es_text name)
{
    const uint16_t *upcase;
    es_name a, b;

    return es_name_from_text(es_text_of(pattern), &a) == ES_OK &&
           es_name_from_text(name, &b) == ES_OK && upcase_of(fs, &upcase) == ES_OK &&
           es_name_glob(upcase, &a, &b);
}

/* ---------------------------------------------------------------- files */

static es_status open_stream(es_fs *fs, es_file *file, uint64_t entry, uint32_t sequence,
                             const char *stream)
{
    es_ntfs_node *node = NULL;
    es_status status;
    uint32_t tag;
    es_name name;

    if (stream && es_name_from_text(es_text_of(stream), &name) != ES_OK)
        return ES_ABSENT;
    status = es_ntfs_node_open(fs->ntfs, entry, sequence, &node);
    if (status != ES_OK)
        return status;
    es_ntfs_node_info(node, &file->info);
    tag = es_ntfs_node_reparse(node);
    file->info.reparse = file->info.reparse || tag;
    file->elsewhere = !stream && (tag == TAG_WOF || tag == TAG_DEDUP);
    status = es_ntfs_stream_open(node, ES_NTFS_DATA, stream ? &name : NULL, &file->stream);
    if (status == ES_ABSENT && file->info.directory && !stream)
        status = ES_OK;
    es_ntfs_node_free(node);
    return status;
}

static const char *why(es_status status)
{
    switch (status) {
    case ES_ABSENT:
        return "it is not in use, was used again, or has no such data";
    case ES_CORRUPT:
        return "the record is broken or belongs to another file";
    case ES_LIMIT:
        return "it is larger or more scattered than any real file";
    default:
        return "out of memory or a failed read";
    }
}

es_status es_file_open(es_fs *fs, uint64_t entry, uint32_t sequence, const char *stream,
                       es_file **ret_file, es_note *reterr_note)
{
    es_file *file = calloc(1, sizeof(*file));
    es_status status;

    if (!file)
        return ES_NOMEM;
    file->fs = fs;
    if (fs->ntfs)
        status = open_stream(fs, file, entry, sequence, stream && stream[0] ? stream : NULL);
    else if (stream && stream[0])
        status = ES_ABSENT;
    else
        status = es_fat_file_open(fs->fat, entry, &file->fat, &file->info);
    if (status != ES_OK) {
        es_note_set(reterr_note, status < 0 ? ES_SEVERITY_ERROR : ES_SEVERITY_GAP, "filesystem",
                    "Volume %u, record %llu: %s.", fs->volume->id, (unsigned long long)entry,
                    why(status));
        es_file_free(file);
        return status;
    }
    *ret_file = file;
    return ES_OK;
}

es_file *es_file_free(es_file *file)
{
    if (file) {
        es_ntfs_stream_free(file->stream);
        es_fat_file_free(file->fat);
        free(file);
    }
    return NULL;
}

void es_file_info_get(const es_file *file, es_file_info *ret_info)
{
    *ret_info = file->info;
}

uint64_t es_file_size(const es_file *file)
{
    return file->stream ? file->stream->size : file->fat ? file->info.size : 0;
}

void es_file_attribute(const es_file *file, uint32_t *ret_type, uint32_t *ret_id)
{
    *ret_type = *ret_id = 0;
    if (file->stream) {
        *ret_type = file->stream->type;
        *ret_id = file->stream->id;
    } else if (file->fat) {
        es_fat_file_attribute(file->fat, ret_type, ret_id);
    }
}

es_status es_file_read(es_file *file, uint64_t offset, void *buffer, uint64_t size,
                       uint64_t *ret_size, bool *ret_damaged)
{
    *ret_size = 0;
    if (file->elsewhere)
        return ES_UNSUPPORTED;
    if (file->stream)
        return es_ntfs_stream_read(file->stream, offset, buffer, size, ret_size, ret_damaged);
    if (file->fat)
        return es_fat_file_read(file->fat, offset, buffer, size, ret_size, ret_damaged);
    memset(buffer, 0, (size_t)size);
    return size ? ES_END : ES_OK;
}

es_status es_file_place(es_file *file, uint64_t offset, uint64_t *ret_media_offset,
                        uint64_t *ret_run)
{
    if (file->elsewhere)
        return ES_UNSUPPORTED;
    if (file->stream)
        return es_ntfs_stream_place(file->stream, offset, ret_media_offset, ret_run);
    if (file->fat)
        return es_fat_file_place(file->fat, offset, ret_media_offset, ret_run);
    return ES_END;
}

/* ---------------------------------------------------------------- the same file, earlier */

/* Two files of one volume, the first in a shadow copy, that can be compared by place. */
static bool comparable(const es_file *file, const es_file *later)
{
    const es_ntfs_stream *a = file->stream, *b = later->stream;

    return file->fs->set && file->fs->volume == later->fs->volume &&
           (!later->fs->set || later->fs->set == file->fs->set) && a && b && !a->suspect &&
           !b->suspect && !a->incomplete && !b->incomplete && a->resident == b->resident &&
           a->flags == b->flags && a->unit_clusters == b->unit_clusters &&
           file->elsewhere == later->elsewhere && file->info.reparse == later->info.reparse &&
           a->volume->boot.cluster_size == b->volume->boot.cluster_size;
}

static bool run_unchanged(const es_file *file, const es_file *later, const es_ntfs_run *run)
{
    uint64_t cluster = file->stream->volume->boot.cluster_size;

    return run->lcn == ES_NTFS_HOLE ||
           !es_snapshots_changed(file->fs->set, file->fs->snapshot, later->fs->snapshot,
                                 run->lcn * cluster, run->length * cluster);
}

bool es_file_unchanged(const es_file *file, const es_file *later)
{
    const es_ntfs_stream *a = file->stream, *b = later->stream;

    if (!comparable(file, later) || file->info.mft_entry != later->info.mft_entry ||
        file->info.mft_sequence != later->info.mft_sequence || a->size != b->size ||
        a->initialised != b->initialised || a->n_runs != b->n_runs)
        return false;
    if (a->resident)
        return memcmp(a->bytes, b->bytes, (size_t)a->size) == 0;
    for (size_t i = 0; i < a->n_runs; i++)
        if (a->runs[i].vcn != b->runs[i].vcn || a->runs[i].lcn != b->runs[i].lcn ||
            a->runs[i].length != b->runs[i].length || !run_unchanged(file, later, &a->runs[i]))
            return false;
    return true;
}

bool es_file_range_unchanged(const es_file *file, const es_file *later, uint64_t offset,
                             uint64_t size)
{
    const es_ntfs_stream *a = file->stream, *b = later->stream;
    uint64_t cluster, end;

    if (!comparable(file, later) || a->resident || a->unit_clusters || size == 0 ||
        size > a->initialised || offset > a->initialised - size || size > b->initialised ||
        offset > b->initialised - size)
        return false;
    cluster = a->volume->boot.cluster_size;
    end = (offset + size - 1) / cluster + 1;
    for (uint64_t at = offset / cluster; at < end;) {
        const es_ntfs_run *one = es_ntfs_runs_find(a, at), *other = es_ntfs_runs_find(b, at);
        es_ntfs_run both;
        uint64_t left, right;

        if (!one || !other || one->vcn > at || other->vcn > at || one->lcn == ES_NTFS_HOLE ||
            other->lcn == ES_NTFS_HOLE || one->lcn + (at - one->vcn) != other->lcn + (at - other->vcn))
            return false;
        left = one->length - (at - one->vcn);
        right = other->length - (at - other->vcn);
        both = (es_ntfs_run){ .vcn = at, .lcn = one->lcn + (at - one->vcn),
                              .length = left < right ? left : right };
        if (both.length > end - at)
            both.length = end - at;
        if (!run_unchanged(file, later, &both))
            return false;
        at += both.length;
    }
    return true;
}
