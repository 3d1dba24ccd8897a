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

/* The long name of a record, and its parent. */
static bool name_of(es_ntfs *volume, uint64_t entry, uint32_t sequence, es_name *ret_name,
                    uint64_t *ret_parent, uint32_t *ret_sequence)
{
    const es_ntfs_attribute *attribute;
    es_ntfs_node *node = NULL;
    uint8_t space;
    size_t at = 0;
    bool found = false;

    if (es_ntfs_node_open(volume, entry, sequence, &node) != ES_OK)
        return false;
    while (!found && (attribute = es_ntfs_node_next(node, ES_NTFS_FILE_NAME, &at)))
        found = attribute->resident &&
                parse_link(attribute->value, ret_parent, ret_sequence, &space, ret_name) &&
                space != DOS_NAMESPACE;
    es_ntfs_node_free(node);
    return found;
}

/* Whether `entry` is a directory called `ancestor`. */
static bool is_called(es_ntfs *volume, uint64_t entry, uint32_t sequence, const char *ancestor)
{
    const uint16_t *upcase;
    es_name name, wanted;
    uint64_t parent;
    uint32_t parent_sequence;

    return es_name_from_text(es_text_of(ancestor), &wanted) == ES_OK &&
           es_ntfs_upcase(volume, &upcase) == ES_OK &&
           name_of(volume, entry, sequence, &name, &parent, &parent_sequence) &&
           es_name_compare(upcase, &name, &wanted) == 0;
}

es_status es_fs_link_below(es_fs *fs, uint64_t entry, uint32_t sequence, const char *ancestor,
                           char **ret_path)
{
    es_ntfs *volume = es_fs_ntfs(fs);
    const es_ntfs_attribute *attribute;
    es_ntfs_node *node = NULL;
    es_status status;
    size_t at = 0;
    bool found = false;

    if (!volume)
        return ES_ABSENT;
    status = es_ntfs_node_open(volume, entry, sequence, &node);
    if (status != ES_OK)
        return status;
    for (unsigned n = 0; !found && n < ES_NTFS_LINKS_MAX &&
                         (attribute = es_ntfs_node_next(node, ES_NTFS_FILE_NAME, &at)); n++) {
        es_name file, folder;
        uint64_t parent, grandparent;
        uint32_t parent_sequence, grandparent_sequence;
        uint8_t space;
        char file_text[ES_NAME_BYTES_MAX + 1], folder_text[ES_NAME_BYTES_MAX + 1];

        if (!attribute->resident ||
            !parse_link(attribute->value, &parent, &parent_sequence, &space, &file) ||
            space == DOS_NAMESPACE ||
            !name_of(volume, parent, parent_sequence, &folder, &grandparent,
                     &grandparent_sequence) ||
            !is_called(volume, grandparent, grandparent_sequence, ancestor))
            continue;
        es_name_to_text(&file, file_text);
        es_name_to_text(&folder, folder_text);
        if (asprintf(ret_path, "%s/%s", folder_text, file_text) < 0)
            status = ES_NOMEM;
        found = true;
    }
    if (status == ES_OK && !found)
        status = node->incomplete ? ES_CORRUPT : ES_ABSENT;
    es_ntfs_node_free(node);
    return status;
}
