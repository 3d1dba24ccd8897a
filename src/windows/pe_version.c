/* SPDX-License-Identifier: Apache-2.0
 *
 * pe_version.c: the version resource: numbers and string tables.
 *
 * A tree of nodes that all begin alike: wLength, wValueLength, wType, a UTF-16 key, padding to 4,
 * a value, padding, children up to wLength (Microsoft, "Version Information Structures"). Only its
 * three known levels are walked, each inside the node above, so no shape of it can lead in circles.
 * Compilers disagree on whether wValueLength counts bytes or characters: a string's value is what
 * lies before the first NUL, or before the node's end.
 */
#include "base/text.h"
#include "windows/limits.h"
#include "windows/pe_internal.h"

#include <esuscan/bytes.h>

#define FIXED_MAGIC UINT32_C(0xfeef04bd)

typedef struct version_node {
    es_bytes key;   /* UTF-16LE without its NUL */
    es_bytes value; /* from the value on to the node's end */
    es_bytes body;  /* the node from its first byte to its end */
    uint64_t value_size;
    uint64_t children_at; /* in body */
} version_node;

typedef struct version_tree {
    uint32_t left; /* nodes that may still be opened */
    bool broken;   /* a row of nodes ended before its bytes did */
} version_tree;

/* Nodes that follow each other in a body. */
typedef struct version_walk {
    es_bytes body;
    uint64_t at;
    version_tree *tree;
} version_walk;

static uint64_t align4(uint64_t at)
{
    return (at + 3) & ~UINT64_C(3);
}

static bool only_zeros(es_bytes bytes, uint64_t at)
{
    while (at < bytes.size && bytes.data[at] == 0)
        at++;
    return at >= bytes.size;
}

/* No further node: rightly, if nothing but padding follows. */
static bool end_of_row(version_walk *walk, uint64_t at)
{
    walk->tree->broken = walk->tree->broken || !only_zeros(walk->body, at);
    return false;
}

/* Open the node at the walk's place and move behind it. */
static bool next_node(version_walk *walk, version_node *ret_node)
{
    es_cursor cursor = es_cursor_make(walk->body);
    version_node node = { 0 };
    uint64_t start = walk->at, key_at, length;
    uint16_t type;

    if (walk->tree->left == 0)
        return end_of_row(walk, start);
    es_cursor_seek(&cursor, start);
    length = es_cursor_u16(&cursor);
    if (es_cursor_failed(&cursor) || length < 8 || length > walk->body.size - start)
        return end_of_row(walk, start);
    node.body = (es_bytes){ walk->body.data + start, length };
    cursor = es_cursor_make(node.body);
    es_cursor_skip(&cursor, 2);
    node.value_size = es_cursor_u16(&cursor);
    type = es_cursor_u16(&cursor);
    key_at = cursor.at;
    while (es_cursor_u16(&cursor) != 0) {
    }
    if (es_cursor_failed(&cursor)) /* a key without an end */
        return end_of_row(walk, start);
    node.key = (es_bytes){ node.body.data + key_at, cursor.at - 2 - key_at };
    if (type == 1)
        node.value_size *= 2;
    cursor.at = align4(cursor.at) < length ? align4(cursor.at) : length;
    node.value = (es_bytes){ node.body.data + cursor.at, length - cursor.at };
    if (node.value_size > node.value.size)
        node.value_size = node.value.size;
    node.children_at = align4(cursor.at + node.value_size);
    if (node.children_at > length)
        node.children_at = length;
    walk->at = align4(start + length) < walk->body.size ? align4(start + length)
                                                        : walk->body.size;
    walk->tree->left--;
    *ret_node = node;
    return true;
}

static version_walk walk_children(const version_node *node, version_tree *tree)
{
    return (version_walk){ node->body, node->children_at, tree };
}

static bool key_is(const version_node *node, const char *name)
{
    uint64_t n = strlen(name);

    if (node->key.size != n * 2)
        return false;
    for (uint64_t i = 0; i < n; i++) {
        uint8_t c = node->key.data[i * 2];

        if (node->key.data[i * 2 + 1] || (c | 0x20) != (name[i] | 0x20))
            return false;
    }
    return true;
}

/* UTF-16LE up to a NUL into a buffer of `room` bytes, cut at a character. */
static void take_text(es_bytes bytes, char *out, size_t room)
{
    es_cursor cursor = es_cursor_make(bytes);
    size_t used = 0;

    while (es_cursor_left(&cursor) >= 2) {
        uint32_t c = es_cursor_u16(&cursor);
        uint8_t encoded[4];
        size_t n;

        if (c == 0)
            break;
        if (c >= 0xd800 && c <= 0xdbff && es_cursor_left(&cursor) >= 2) {
            uint32_t low = es_cursor_u16(&cursor);

            if (low >= 0xdc00 && low <= 0xdfff) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            } else {
                cursor.at -= 2;
                c = 0xfffd;
            }
        } else if (c >= 0xd800 && c <= 0xdfff) {
            c = 0xfffd;
        }
        n = es_text_encode(c, encoded);
        if (n >= room - used)
            break;
        memcpy(out + used, encoded, n);
        used += n;
    }
    out[used] = '\0';
}

static void read_string(const version_node *node, es_pe_strings *strings)
{
    const struct {
        const char *name;
        char *out;
    } wanted[] = {
        { "FileVersion", strings->file_version },
        { "ProductVersion", strings->product_version },
        { "OriginalFilename", strings->original_filename },
        { "InternalName", strings->internal_name },
        { "FileDescription", strings->file_description },
        { "CompanyName", strings->company_name },
    };

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (key_is(node, wanted[i].name) && node->value_size > 0)
            take_text(node->value, wanted[i].out, ES_PE_STRING_MAX);
    }
}

static void read_table(const version_node *table, es_pe *pe, version_tree *tree)
{
    version_walk walk = walk_children(table, tree);
    es_pe_strings *strings;
    version_node node;

    if (pe->n_strings >= ES_PE_LANGUAGES_MAX) {
        es_pe_problem(pe, "more string tables than are kept");
        return;
    }
    strings = &pe->strings[pe->n_strings++];
    for (size_t i = 0; i < 8 && i * 2 < table->key.size; i++) {
        uint8_t c = table->key.data[i * 2];

        strings->language[i] = (char)(c > 0x20 && c < 0x7f ? c : '?');
    }
    while (next_node(&walk, &node))
        read_string(&node, strings);
}

static void set_version(uint16_t version[4], uint32_t high, uint32_t low)
{
    version[0] = (uint16_t)(high >> 16);
    version[1] = (uint16_t)high;
    version[2] = (uint16_t)(low >> 16);
    version[3] = (uint16_t)low;
}

/* VS_FIXEDFILEINFO. */
static bool read_fixed(const version_node *root, es_pe *pe)
{
    es_cursor cursor = es_cursor_make(root->value);
    uint16_t file[4], product[4];
    uint32_t high, low, mask, flags;

    if (root->value_size < 52 || es_cursor_u32(&cursor) != FIXED_MAGIC)
        return false;
    es_cursor_skip(&cursor, 4); /* structure version */
    high = es_cursor_u32(&cursor);
    low = es_cursor_u32(&cursor);
    set_version(file, high, low);
    high = es_cursor_u32(&cursor);
    low = es_cursor_u32(&cursor);
    set_version(product, high, low);
    mask = es_cursor_u32(&cursor);
    flags = es_cursor_u32(&cursor);
    if (es_cursor_failed(&cursor))
        return false;
    if (pe->has_version) {
        if (memcmp(file, pe->file_version, sizeof file) != 0)
            es_pe_problem(pe, "its version resources state different versions");
        return true;
    }
    memcpy(pe->file_version, file, sizeof file);
    memcpy(pe->product_version, product, sizeof product);
    pe->flags = flags & mask;
    pe->has_version = true;
    return true;
}

es_status es_pe_version_read(es_bytes bytes, es_pe *pe)
{
    version_tree tree = { ES_PE_VERSION_NODES_MAX, false };
    version_walk top = { bytes, 0, &tree }, infos, tables;
    version_node root, info, table;
    bool fixed;

    if (!next_node(&top, &root) || !key_is(&root, "VS_VERSION_INFO"))
        return ES_CORRUPT;
    fixed = read_fixed(&root, pe);
    if (!fixed)
        es_pe_problem(pe, "its version resource has no version numbers");
    infos = walk_children(&root, &tree);
    while (next_node(&infos, &info)) {
        if (!key_is(&info, "StringFileInfo"))
            continue;
        tables = walk_children(&info, &tree);
        while (next_node(&tables, &table))
            read_table(&table, pe, &tree);
    }
    if (tree.broken)
        es_pe_problem(pe, "its version strings are broken");
    return ES_OK;
}
