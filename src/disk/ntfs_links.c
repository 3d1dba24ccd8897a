/* SPDX-License-Identifier: Apache-2.0
 *
 * ntfs_links.c: the other names of a file, found from the file itself.
 *
 * A record holds a $FILE_NAME for each hard link, and each names its parent: the component store's
 * name of a system file is two steps up, and nothing has to be searched.
 */
#include "disk/fs.h"
#include "disk/ntfs.h"

#include <esuscan/bytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOS_NAMESPACE 2u

/* What one $FILE_NAME says: the parent's reference and the name. False when it is broken. */
static bool parse_link(es_bytes value, uint64_t *ret_parent, uint32_t *ret_sequence,
                       uint8_t *ret_namespace, es_name *ret_name)
{
    es_cursor c = es_cursor_make(value);
    uint64_t reference = es_cursor_u64(&c);
    es_bytes units;
    uint8_t n_units;

    es_cursor_seek(&c, 64);
    n_units = es_cursor_u8(&c);
    *ret_namespace = es_cursor_u8(&c);
    units = es_cursor_take(&c, (uint64_t)n_units * 2);
    if (es_cursor_failed(&c) || !n_units)
        return false;
    *ret_parent = reference & ((UINT64_C(1) << 48) - 1);
    *ret_sequence = (uint32_t)(reference >> 48);
    es_name_from_utf16le(units, ret_name);
    return true;
}

/* The long name of a record, and its parent. ES_ABSENT: the record is no longer that file, or has no
 * such name; ES_CORRUPT: that cannot be told. */
static es_status name_in(const es_ntfs_node *node, es_name *ret_name, uint64_t *ret_parent,
                         uint32_t *ret_sequence)
{
    const es_ntfs_attribute *attribute;
    bool found = false, broken = node->incomplete;
    uint8_t space;
    size_t at = 0;

    while (!found && (attribute = es_ntfs_node_next(node, ES_NTFS_FILE_NAME, &at))) {
        bool parsed = attribute->resident && parse_link(attribute->value, ret_parent, ret_sequence,
                                                        &space, ret_name);

        broken |= !parsed;
        found = parsed && space != DOS_NAMESPACE;
    }
    return found ? ES_OK : broken ? ES_CORRUPT : ES_ABSENT;
}

static es_status name_of(es_ntfs *volume, uint64_t entry, uint32_t sequence, es_name *ret_name,
                         uint64_t *ret_parent, uint32_t *ret_sequence)
{
    es_ntfs_node *node = NULL;
    es_status status = es_ntfs_node_open_base(volume, entry, sequence, &node);

    if (status == ES_OK)
        status = name_in(node, ret_name, ret_parent, ret_sequence);
    node = es_ntfs_node_free(node);
    if (status <= 0)
        return status;
    status = es_ntfs_node_open(volume, entry, sequence, &node);
    if (status == ES_OK)
        status = name_in(node, ret_name, ret_parent, ret_sequence);
    es_ntfs_node_free(node);
    return status;
}

/* ES_OK when `entry` is a directory called `ancestor`, ES_ABSENT when it is not. */
static es_status is_called(es_ntfs *volume, uint64_t entry, uint32_t sequence, const es_name *ancestor)
{
    const uint16_t *upcase;
    es_name name;
    uint64_t parent;
    uint32_t parent_sequence;
    es_status status = es_ntfs_upcase(volume, &upcase);

    if (status == ES_OK)
        status = name_of(volume, entry, sequence, &name, &parent, &parent_sequence);
    if (status == ES_OK && es_name_compare(upcase, &name, ancestor) != 0)
        status = ES_ABSENT;
    return status;
}

/* One name of the file: its path from below `ancestor`; ES_ABSENT when it lies elsewhere. */
static es_status take_link(es_ntfs *volume, const es_ntfs_attribute *attribute,
                           const es_name *ancestor, char **ret_path)
{
    es_name file, folder;
    uint64_t parent, grandparent;
    uint32_t parent_sequence, grandparent_sequence;
    uint8_t space;
    char file_text[ES_NAME_BYTES_MAX + 1], folder_text[ES_NAME_BYTES_MAX + 1];
    es_status status;

    if (!attribute->resident ||
        !parse_link(attribute->value, &parent, &parent_sequence, &space, &file))
        return ES_CORRUPT;
    if (space == DOS_NAMESPACE)
        return ES_ABSENT;
    status = name_of(volume, parent, parent_sequence, &folder, &grandparent, &grandparent_sequence);
    if (status == ES_OK)
        status = is_called(volume, grandparent, grandparent_sequence, ancestor);
    if (status != ES_OK)
        return status;
    es_name_to_text(&file, file_text);
    es_name_to_text(&folder, folder_text);
    return asprintf(ret_path, "%s/%s", folder_text, file_text) < 0 ? ES_NOMEM : ES_OK;
}

es_status es_fs_link_below(es_fs *fs, uint64_t entry, uint32_t sequence, const char *ancestor,
                           char **ret_path)
{
    es_ntfs *volume = es_fs_ntfs(fs);
    const es_ntfs_attribute *attribute;
    es_ntfs_node *node = NULL;
    es_status status, without;
    es_name wanted;
    size_t at = 0;

    if (!volume || es_name_from_text(es_text_of(ancestor), &wanted) != ES_OK)
        return ES_ABSENT;
    status = es_ntfs_node_open(volume, entry, sequence, &node);
    if (status != ES_OK)
        return status;
    /* What is said when no name is one: a name that could not be followed may have been it. */
    without = node->incomplete ? ES_CORRUPT : ES_ABSENT;
    status = ES_ABSENT;
    for (unsigned n = 0; (attribute = es_ntfs_node_next(node, ES_NTFS_FILE_NAME, &at)); n++) {
        if (n == ES_NTFS_LINKS_MAX) {
            without = ES_LIMIT;
            break;
        }
        status = take_link(volume, attribute, &wanted, ret_path);
        if (status <= 0)
            break;
        if (status != ES_ABSENT)
            without = ES_CORRUPT;
    }
    es_ntfs_node_free(node);
    return status > 0 ? without : status;
}
