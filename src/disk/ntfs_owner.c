/* SPDX-License-Identifier: Apache-2.0
 *
 * ntfs_owner.c: which files lie on a range of the media.
 *
 * NTFS knows where a file's clusters lie and not the other way round: every record of the MFT is
 * asked. That is done only where bytes are known to be bad. Data streams and the indexes of
 * folders are looked at; a record that cannot be read belongs to nobody here.
 */
#include "disk/ntfs.h"

#include <esuscan/bytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOS_NAMESPACE 2u
#define PATH_DEPTH_MAX 128u
#define PATH_MAX_BYTES 8192u

/* ---------------------------------------------------------------- names */

/* The long name of an open node, and its parent. */
static bool name_of(const es_ntfs_node *node, char *ret_name, uint64_t *ret_parent)
{
    const es_ntfs_attribute *attribute;
    size_t at = 0;

    while ((attribute = es_ntfs_node_next(node, ES_NTFS_FILE_NAME, &at))) {
        es_cursor c = es_cursor_make(attribute->value);
        uint64_t parent = es_cursor_u64(&c) & ((UINT64_C(1) << 48) - 1);
        uint8_t n_units, space;
        es_bytes units;
        es_name name;

        es_cursor_seek(&c, 64);
        n_units = es_cursor_u8(&c);
        space = es_cursor_u8(&c);
        units = es_cursor_take(&c, (uint64_t)n_units * 2);
        if (!attribute->resident || es_cursor_failed(&c) || !n_units || space == DOS_NAMESPACE)
            continue;
        es_name_from_utf16le(units, &name);
        es_name_to_text(&name, ret_name);
        *ret_parent = parent;
        return true;
    }
    return false;
}

/* The path of a file, from the root down; "?" stands for parents that cannot be told. */
static void path_of(es_ntfs *volume, const es_ntfs_node *node, char *ret_path)
{
    char name[ES_NAME_BYTES_MAX + 1], path[PATH_MAX_BYTES] = "", longer[PATH_MAX_BYTES];
    uint64_t parent = 0, entry = node->records[0]->entry;
    es_ntfs_node *above = NULL;

    for (unsigned depth = 0; depth < PATH_DEPTH_MAX; depth++) {
        bool named = name_of(above ? above : node, name, &parent);
        int size = snprintf(longer, sizeof longer, "%s%s%s", named ? name : "?", path[0] ? "/" : "",
                            path);

        es_ntfs_node_free(above);
        above = NULL;
        if (size < 0 || (size_t)size >= sizeof longer)
            break;
        memcpy(path, longer, (size_t)size + 1);
        if (!named || parent == ES_NTFS_ENTRY_ROOT || parent == entry)
            break;
        entry = parent;
        if (es_ntfs_node_open(volume, parent, 0, &above) != ES_OK) {
            above = NULL;
            break;
        }
    }
    es_ntfs_node_free(above);
    memcpy(ret_path, path, strlen(path) + 1);
}

/* ---------------------------------------------------------------- ranges */

/* How many of the stream's bytes lie in one of the ranges. */
static uint64_t overlap(const es_ntfs *volume, const es_ntfs_stream *stream,
                        const es_fs_range *ranges, size_t n)
{
    uint64_t cluster = volume->boot.cluster_size, sum = 0;

    for (size_t i = 0; i < stream->n_runs; i++) {
        const es_ntfs_run *run = &stream->runs[i];
        uint64_t start, end;

        if (run->lcn == ES_NTFS_HOLE || run->lcn > volume->length / cluster ||
            run->length > volume->length / cluster)
            continue;
        start = volume->offset + run->lcn * cluster;
        end = start + run->length * cluster;
        for (size_t k = 0; k < n; k++) {
            uint64_t from = ranges[k].offset > start ? ranges[k].offset : start;
            uint64_t range_end = ranges[k].offset + ranges[k].length;
            uint64_t to = range_end < end ? range_end : end;

            sum += from < to ? to - from : 0;
        }
    }
    return sum;
}

static uint64_t overlap_of(const es_ntfs_node *node, const es_fs_range *ranges, size_t n,
                           bool folder)
{
    es_ntfs_stream *stream = NULL;
    uint64_t sum = 0;
    es_name index;

    if (!folder) {
        if (es_ntfs_stream_open(node, ES_NTFS_DATA, NULL, &stream) != ES_OK)
            return 0;
    } else if (es_name_from_text(es_text_of("$I30"), &index) != ES_OK ||
               es_ntfs_stream_open(node, ES_NTFS_INDEX_ALLOCATION, &index, &stream) != ES_OK) {
        return 0;
    }
    if (!stream->resident)
        sum = overlap(node->volume, stream, ranges, n);
    es_ntfs_stream_free(stream);
    return sum;
}

es_status es_fs_files_on(es_fs *fs, const es_fs_range *ranges, size_t n,
                         es_status (*each)(void *context, const es_fs_owner *owner),
                         void *context)
{
    es_ntfs *volume = es_fs_ntfs(fs);
    char path[PATH_MAX_BYTES];
    es_status status = ES_OK;

    if (!volume)
        return ES_UNSUPPORTED;
    for (uint64_t entry = 0; entry < volume->n_records && status == ES_OK; entry++) {
        es_ntfs_node *node = NULL;
        es_fs_owner owner = { .path = path, .mft_entry = entry };
        es_file_info info;

        status = es_ntfs_node_open(volume, entry, 0, &node);
        if (status != ES_OK) {
            status = status < 0 ? status : ES_OK;
            continue;
        }
        es_ntfs_node_info(node, &info);
        owner.bytes = overlap_of(node, ranges, n, info.directory);
        owner.mft_sequence = info.mft_sequence;
        if (owner.bytes) {
            path_of(volume, node, path);
            status = each(context, &owner);
        }
        es_ntfs_node_free(node);
    }
    return status;
}
