/* SPDX-License-Identifier: Apache-2.0
 *
 * ntfs_index.c: $I30, the index of names that makes a directory.
 *
 * The index is a B+ tree: its root lies in $INDEX_ROOT, its other nodes in the blocks of
 * $INDEX_ALLOCATION, each under its own update sequence. Names are sorted by $UpCase, so finding
 * one takes a path through the tree, whatever the size of the directory or the MFT. Names equal
 * but for case stand side by side, and a subtree between them may hold more: that is why the walk
 * turns into every subtree that could hold an equal name. The names that begin alike stand side by
 * side too, so that a pattern with a literal beginning is listed by the same walk.
 *
 * A tree can be broken: blocks that point at each other, entries that end outside, an order that is
 * none. Each block is visited once; entries are taken as long as they lie inside their node; and
 * where the tree cannot be walked, the blocks that are in use are read one after the other.
 */
#include "disk/ntfs.h"
#include <esuscan/bytes.h>
#include <stdlib.h>

#define ENTRY_HAS_CHILD 1u
#define ENTRY_IS_LAST 2u
#define NAMESPACE_DOS 2u
#define BITMAP_TYPE 0xb0u
#define FLAG_DIRECTORY 0x10000000u
#define FLAG_REPARSE 0x400u

static const es_name i30 = { .units = { '$', 'I', '3', '0' }, .n_units = 4 };

typedef struct es_index_entry {
    uint64_t reference;
    uint64_t size;
    uint64_t modified;
    uint32_t flags; /* of the file */
    uint32_t space; /* namespace of the name */
    uint64_t child; /* VCN of the subtree before it, when has_child */
    bool has_child, last, named;
    es_name name;
} es_index_entry;

typedef struct es_index {
    es_ntfs *volume;
    es_ntfs_node *node;
    const es_ntfs_attribute *root;
    es_ntfs_stream *blocks; /* NULL for a small directory */
    uint32_t block_size;
    uint32_t vcn_size; /* bytes for each step of a VCN */
    uint64_t n_blocks;
    uint8_t *visited; /* a bit for each block */
    uint8_t *in_use;  /* $BITMAP, may be NULL */
    uint64_t in_use_size;
    const uint16_t *upcase;
    const es_name *wanted; /* NULL: every name */
    bool prefix;           /* every name that begins so */
    bool unsorted;         /* a node that the walk met is: no order tells where names are */
    uint64_t n_left;       /* blocks that may still be read */
    bool broken;
    int stopped;           /* what the callback returned */
    int (*each)(void *context, const es_index_entry *entry);
    void *context;
} es_index;

/* ---------------------------------------------------------------- opening */

static void index_close(es_index *index)
{
    es_ntfs_stream_free(index->blocks);
    es_ntfs_node_free(index->node);
    free(index->visited);
    free(index->in_use);
}

static const es_ntfs_attribute *find_root(const es_ntfs_node *node)
{
    const es_ntfs_attribute *attribute;
    size_t at = 0;

    while ((attribute = es_ntfs_node_next(node, ES_NTFS_INDEX_ROOT, &at))) {
        es_name name;

        es_name_from_utf16le(attribute->name, &name);
        if (attribute->resident && es_name_equal(&name, &i30))
            return attribute;
    }
    return NULL;
}

static es_status open_blocks(es_index *index)
{
    uint64_t size;
    es_status status;

    status = es_ntfs_stream_open(index->node, ES_NTFS_INDEX_ALLOCATION, &i30, &index->blocks);
    if (status == ES_ABSENT)
        return ES_OK;
    if (status < 0)
        return status;
    if (status > 0 || index->blocks->resident || index->blocks->unit_clusters) {
        index->blocks = status > 0 ? NULL : es_ntfs_stream_free(index->blocks);
        index->broken = true;
        return ES_OK;
    }
    if (index->blocks->incomplete)
        index->broken = true;
    size = index->blocks->size;
    if (size > ES_NTFS_INDEX_BYTES_MAX) {
        size = ES_NTFS_INDEX_BYTES_MAX;
        index->broken = true;
    }
    index->n_blocks = size / index->block_size;
    index->visited = calloc(1, (size_t)(index->n_blocks / 8 + 1));
    return index->visited ? ES_OK : ES_NOMEM;
}

static es_status index_open(es_ntfs *volume, uint64_t directory, uint32_t sequence, es_index *index)
{
    uint32_t cluster_size = volume->boot.cluster_size;
    es_status status;
    es_cursor c;

    index->volume = volume;
    status = es_ntfs_upcase(volume, &index->upcase);
    if (status == ES_OK)
        status = es_ntfs_node_open(volume, directory, sequence, &index->node);
    if (status != ES_OK)
        return status;
    if (!(index->node->records[0]->flags & ES_NTFS_RECORD_DIRECTORY))
        return ES_ABSENT;
    index->root = find_root(index->node);
    if (!index->root)
        return ES_CORRUPT;
    c = es_cursor_make(index->root->value);
    es_cursor_skip(&c, 8);
    index->block_size = es_cursor_u32(&c);
    if (es_cursor_failed(&c) || index->block_size < 512 || index->block_size % 512 != 0 ||
        index->block_size > ES_NTFS_INDEX_SIZE_MAX ||
        (index->block_size & (index->block_size - 1)) != 0)
        return ES_CORRUPT;
    index->vcn_size = index->block_size >= cluster_size ? cluster_size : 512;
    index->n_left = UINT64_MAX;
    return open_blocks(index);
}

/* ---------------------------------------------------------------- nodes and entries */

/* The key of an entry: a $FILE_NAME value. */
static void parse_key(es_bytes key, es_index_entry *entry)
{
    es_cursor c = es_cursor_make(key);
    uint32_t n_units;
    es_bytes units;

    es_cursor_skip(&c, 8 + 8);
    entry->modified = es_cursor_u64(&c);
    es_cursor_skip(&c, 8 + 8 + 8);
    entry->size = es_cursor_u64(&c);
    entry->flags = es_cursor_u32(&c);
    es_cursor_skip(&c, 4);
    n_units = es_cursor_u8(&c);
    entry->space = es_cursor_u8(&c);
    units = es_cursor_take(&c, 2 * (uint64_t)n_units);
    if (es_cursor_failed(&c) || n_units == 0)
        return;
    es_name_from_utf16le(units, &entry->name);
    entry->named = true;
}

/* The entry at the cursor, which moves on. False when it does not lie inside. */
static bool take_entry(es_cursor *c, es_index_entry *entry)
{
    uint64_t start = c->at;
    uint32_t size, key_size, flags;
    es_cursor body;

    memset(entry, 0, offsetof(es_index_entry, name));
    entry->reference = es_cursor_u64(c);
    size = es_cursor_u16(c);
    key_size = es_cursor_u16(c);
    flags = es_cursor_u16(c);
    es_cursor_seek(c, start);
    body = es_cursor_make(es_cursor_take(c, size));
    if (es_cursor_failed(c) || size < 16 || size % 8 != 0)
        return false;
    entry->last = (flags & ENTRY_IS_LAST) != 0;
    entry->has_child = (flags & ENTRY_HAS_CHILD) != 0;
    if (entry->has_child) {
        if (size < 24)
            return false;
        es_cursor_seek(&body, size - 8);
        entry->child = es_cursor_u64(&body);
    }
    if (!entry->last)
        parse_key(es_cursor_slice(&body, 16, key_size), entry);
    return true;
}

static bool is_marked(const uint8_t *bits, uint64_t n)
{
    return (bits[n / 8] >> (n % 8) & 1) != 0;
}

/* A block's bytes: what is said of them is read_block's. */
static es_status take_block(es_index *index, uint64_t number, uint8_t *block)
{
    uint64_t got = 0, vcn = number * (index->block_size / index->vcn_size);
    bool damaged = false;
    es_cursor c;
    uint32_t fixup_at, fixup_count;
    es_status status;

    status = es_ntfs_stream_read(index->blocks, number * index->block_size, block,
                                 index->block_size, &got, &damaged);
    if (status != ES_OK)
        return status < 0 ? status : ES_CORRUPT;
    if (memcmp(block, "INDX", 4) != 0)
        return ES_CORRUPT;
    c = es_cursor_make((es_bytes) { block, index->block_size });
    es_cursor_skip(&c, 4);
    fixup_at = es_cursor_u16(&c);
    fixup_count = es_cursor_u16(&c);
    es_cursor_skip(&c, 8);
    if (es_cursor_u64(&c) != vcn)
        return ES_CORRUPT;
    return es_ntfs_fixup(block, index->block_size, fixup_at, fixup_count);
}

/* Read a block and undo its update sequence; ES_CORRUPT when it is none. */
static es_status read_block(es_index *index, uint64_t number, uint8_t *block)
{
    es_status status;

    if (index->n_left == 0)
        return ES_LIMIT;
    index->n_left--;
    index->visited[number / 8] |= (uint8_t)(1u << (number % 8));
    status = take_block(index, number, block);
    if (status == ES_CORRUPT)
        index->volume->n_vain++;
    return status;
}

/* The entries of a node: `bytes` begins with the node's header. */
static bool entries_of(es_bytes bytes, es_cursor *ret_entries)
{
    es_cursor c = es_cursor_make(bytes);
    uint32_t at = es_cursor_u32(&c), end = es_cursor_u32(&c);

    if (es_cursor_failed(&c) || at < 16 || at > end || end > bytes.size)
        return false;
    *ret_entries = es_cursor_make(es_cursor_slice(&c, at, end - at));
    return !es_cursor_failed(&c);
}

/* ---------------------------------------------------------------- order */

/* Where the name that is wanted stands beside this one: before it, after it, or there. */
static int order_of(const es_index *index, const es_name *name)
{
    es_name start;

    if (!index->wanted)
        return 0;
    if (!index->prefix || name->n_units <= index->wanted->n_units)
        return es_name_compare(index->upcase, index->wanted, name);
    start.n_units = index->wanted->n_units;
    memcpy(start.units, name->units, start.n_units * sizeof(start.units[0]));
    return es_name_compare(index->upcase, index->wanted, &start);
}

/* The names on either side of a node in the one above it; NULL where there is none. */
typedef struct es_bounds {
    const es_name *low, *high;
} es_bounds;

static bool in_order(const es_index *index, const es_name *a, const es_name *b)
{
    return !a || !b || es_name_compare(index->upcase, a, b) <= 0;
}

/* Whether the names of a node are in order. A lookup relies on it as Windows does; a listing says
 * that it gave every name. `ret_astray` is set when one belongs into another node: Windows would
 * not find it, and others like it may lie where a pattern does not lead. */
static bool is_sorted(const es_index *index, es_cursor entries, es_bounds bounds, bool *ret_astray)
{
    es_index_entry both[2];
    const es_name *before = bounds.low;

    for (uint32_t i = 0; take_entry(&entries, &both[i % 2]) && !both[i % 2].last; i++) {
        const es_index_entry *entry = &both[i % 2];

        if (!entry->named)
            return false;
        if (!in_order(index, bounds.low, &entry->name) ||
            !in_order(index, &entry->name, bounds.high)) {
            *ret_astray = true;
            return false;
        }
        if (!in_order(index, before, &entry->name))
            return false;
        before = &entry->name;
    }
    return true;
}

/* ---------------------------------------------------------------- the walk */

static es_status walk_node(es_index *index, es_bytes bytes, uint32_t depth, es_bounds bounds);

static es_status walk_block(es_index *index, uint64_t vcn, uint32_t depth, es_bounds bounds)
{
    uint64_t step = index->block_size / index->vcn_size, number = vcn / step;
    uint8_t *block;
    es_status status;

    if (!index->blocks || vcn % step != 0 || number >= index->n_blocks ||
        is_marked(index->visited, number) || depth >= ES_NTFS_INDEX_DEPTH_MAX) {
        index->broken = true;
        return ES_OK;
    }
    block = malloc(index->block_size);
    if (!block)
        return ES_NOMEM;
    status = read_block(index, number, block);
    if (status == ES_OK)
        status = walk_node(index, (es_bytes) { block + 24, index->block_size - 24 }, depth, bounds);
    if (status > 0) {
        index->broken = true;
        status = ES_OK;
    }
    free(block);
    return status;
}

static void visit(es_index *index, const es_index_entry *entry)
{
    if (entry->named)
        index->stopped = index->each(index->context, entry);
    else
        index->broken = true;
}

static es_status walk_node(es_index *index, es_bytes bytes, uint32_t depth, es_bounds bounds)
{
    es_cursor entries;
    es_name before;
    bool sorted;

    if (!entries_of(bytes, &entries)) {
        index->broken = true;
        return ES_OK;
    }
    sorted = !index->prefix || is_sorted(index, entries, bounds, &index->broken);
    index->unsorted = index->unsorted || !sorted;
    while (!index->stopped) {
        es_index_entry entry;
        int order = 0, turn;
        es_status status = ES_OK;

        if (!take_entry(&entries, &entry)) {
            index->broken = true;
            return ES_OK;
        }
        if (entry.named)
            order = order_of(index, &entry.name);
        turn = sorted ? order : 0;
        if (entry.has_child && turn <= 0)
            status = walk_block(index, entry.child, depth + 1,
                                (es_bounds) { bounds.low, entry.named ? &entry.name : bounds.high });
        if (status != ES_OK || entry.last || turn < 0)
            return status;
        if (!index->stopped && order == 0)
            visit(index, &entry);
        if (index->prefix && entry.named) {
            before = entry.name;
            bounds.low = &before;
        }
    }
    return ES_OK;
}

static es_status walk_root(es_index *index)
{
    es_bytes value = index->root->value;

    if (value.size < 32)
        return ES_CORRUPT;
    return walk_node(index, (es_bytes) { value.data + 16, value.size - 16 }, 0,
                     (es_bounds) { NULL, NULL });
}

/* ---------------------------------------------------------------- without the tree */

static es_status load_in_use(es_index *index)
{
    es_ntfs_stream *bitmap = NULL;
    bool damaged = false;
    es_status status;

    status = es_ntfs_stream_open(index->node, BITMAP_TYPE, &i30, &bitmap);
    if (status == ES_OK && bitmap->size <= ES_NTFS_INDEX_BYTES_MAX / 512 / 8) {
        index->in_use = malloc(bitmap->size ? (size_t)bitmap->size : 1);
        if (index->in_use)
            status = es_ntfs_stream_read(bitmap, 0, index->in_use, bitmap->size,
                                         &index->in_use_size, &damaged);
        if (damaged)
            index->in_use_size = 0;
    }
    es_ntfs_stream_free(bitmap);
    return status < 0 ? status : ES_OK;
}

/* A block without its subtrees. */
static void visit_block(es_index *index, es_bytes bytes)
{
    es_cursor entries;
    es_index_entry entry;

    if (!entries_of(bytes, &entries))
        return;
    while (!index->stopped && take_entry(&entries, &entry) && !entry.last) {
        if (!index->wanted || (entry.named && order_of(index, &entry.name) == 0))
            visit(index, &entry);
    }
}

/* The first block from `number` on that is anywhere: the others are read in no time, but they may be
 * very many. */
static uint64_t skip_holes(const es_index *index, uint64_t number)
{
    const es_ntfs *volume = index->volume;
    uint64_t cluster_size = volume->boot.cluster_size;

    while (number < index->n_blocks) {
        uint64_t vcn = number * index->block_size / cluster_size, next;
        const es_ntfs_run *run = es_ntfs_runs_find(index->blocks, vcn);

        if (!run)
            return index->n_blocks;
        if (run->vcn <= vcn && run->lcn != ES_NTFS_HOLE && run->lcn < volume->length / cluster_size)
            break;
        next = (run->vcn > vcn ? run->vcn : run->vcn + run->length) * cluster_size /
               index->block_size;
        number = next > number ? next : number + 1;
    }
    return number;
}

/* Give the names of every block in use that the walk did not see. */
static es_status visit_rest(es_index *index)
{
    uint8_t *block;
    es_status status = index->blocks ? load_in_use(index) : ES_END;

    if (status != ES_OK)
        return status < 0 ? status : ES_OK;
    block = malloc(index->block_size);
    if (!block)
        return ES_NOMEM;
    for (uint64_t n = skip_holes(index, 0); n < index->n_blocks && !index->stopped && status >= 0;
         n = skip_holes(index, n + 1)) {
        if (index->volume->n_vain >= ES_NTFS_VAIN_BLOCKS_MAX) {
            index->broken = true;
            break;
        }
        if (is_marked(index->visited, n) ||
            (n / 8 < index->in_use_size && !is_marked(index->in_use, n)))
            continue;
        status = read_block(index, n, block);
        if (status == ES_OK)
            visit_block(index, (es_bytes) { block + 24, index->block_size - 24 });
        else if (status == ES_LIMIT)
            break;
    }
    free(block);
    return status < 0 ? status : ES_OK;
}

/* ---------------------------------------------------------------- finding */

typedef struct es_search {
    const es_name *wanted;
    es_ntfs_found found;
    uint32_t rank; /* of what was found: 0 nothing */
} es_search;

/* An exact name beats one equal but for case, a long name beats an 8.3 one. */
static int consider(void *context, const es_index_entry *entry)
{
    es_search *search = context;
    bool dos = entry->space == NAMESPACE_DOS;
    uint32_t rank = es_name_equal(&entry->name, search->wanted) ? (dos ? 3 : 4) : (dos ? 1 : 2);

    if (!dos)
        search->found.twins++;
    if (rank > search->rank) {
        search->rank = rank;
        search->found.entry = entry->reference & UINT64_C(0xffffffffffff);
        search->found.sequence = (uint32_t)(entry->reference >> 48);
        search->found.name = entry->name;
    }
    return 0;
}

/* The tree has failed: read its blocks, and the root again, without it. */
static es_status search_plainly(es_index *index)
{
    es_bytes root = index->root->value;

    if (index->visited)
        memset(index->visited, 0, (size_t)(index->n_blocks / 8 + 1));
    index->n_left = ES_NTFS_SEARCH_BYTES_MAX / index->block_size;
    if (root.size >= 32)
        visit_block(index, (es_bytes) { root.data + 16, root.size - 16 });
    return visit_rest(index);
}

es_status es_ntfs_find(es_ntfs *volume, uint64_t directory, uint32_t sequence, const es_name *name,
                       es_ntfs_found *ret_found)
{
    es_search search = { .wanted = name };
    es_index index = { .wanted = name, .each = consider, .context = &search };
    es_status status = index_open(volume, directory, sequence, &index);

    index.n_left = ES_NTFS_LOOKUP_BLOCKS_MAX;
    if (status == ES_OK)
        status = walk_root(&index);
    /* Our own table may not sort as the volume's did. */
    if (status == ES_OK && !search.rank && (index.broken || !volume->upcase_own))
        status = search_plainly(&index);
    if (status == ES_OK && search.rank) {
        if (search.found.twins == 0)
            search.found.twins = 1;
        *ret_found = search.found;
    } else if (status == ES_OK) {
        status = index.broken ? ES_CORRUPT : ES_ABSENT;
    }
    index_close(&index);
    return status;
}

/* ---------------------------------------------------------------- listing */

typedef struct es_listing {
    uint64_t directory;
    const uint16_t *upcase;
    const es_name *pattern; /* NULL: every name */
    int (*each)(void *context, const es_dirent *dirent);
    void *context;
} es_listing;

static int give(void *context, const es_index_entry *entry)
{
    es_listing *listing = context;
    char text[ES_NAME_BYTES_MAX + 1];
    es_dirent dirent = {
        .mft_entry = entry->reference & UINT64_C(0xffffffffffff),
        .mft_sequence = (uint32_t)(entry->reference >> 48),
        .directory = (entry->flags & FLAG_DIRECTORY) != 0,
        .reparse = (entry->flags & FLAG_REPARSE) != 0,
        .dos_name = entry->space == NAMESPACE_DOS,
        .size = entry->size,
    };

    /* The root lists itself as ".". */
    if (dirent.mft_entry == listing->directory && entry->name.n_units == 1 &&
        entry->name.units[0] == '.')
        return 0;
    if (listing->pattern && !es_name_glob(listing->upcase, listing->pattern, &entry->name))
        return 0;
    if (entry->modified && entry->modified <= INT64_MAX) {
        dirent.modified.ticks = (int64_t)entry->modified;
        dirent.modified.precision = ES_TIME_TICK;
    }
    dirent.name.size = es_name_to_text(&entry->name, text);
    dirent.name.data = text;
    return listing->each(listing->context, &dirent);
}

/* What every name that fits a pattern begins with. */
static void literal_start(const es_name *pattern, es_name *ret_start)
{
    ret_start->n_units = 0;
    while (ret_start->n_units < pattern->n_units &&
           pattern->units[ret_start->n_units] != '*' && pattern->units[ret_start->n_units] != '?') {
        ret_start->units[ret_start->n_units] = pattern->units[ret_start->n_units];
        ret_start->n_units++;
    }
}

es_status es_ntfs_list(es_ntfs *volume, uint64_t directory, uint32_t sequence,
                       const es_name *pattern,
                       int (*each)(void *context, const es_dirent *dirent), void *context)
{
    es_listing listing = { .directory = directory, .pattern = pattern, .each = each,
                           .context = context };
    es_index index = { .each = give, .context = &listing };
    es_name start;
    es_status status = index_open(volume, directory, sequence, &index);

    listing.upcase = index.upcase;
    /* Our own table may not sort as the volume's did. */
    if (status == ES_OK && pattern && volume->upcase_own) {
        literal_start(pattern, &start);
        index.wanted = start.n_units ? &start : NULL;
        index.prefix = start.n_units != 0;
    }
    if (status == ES_OK)
        status = walk_root(&index);
    if (status == ES_OK && (index.broken || index.unsorted) && !index.stopped)
        status = visit_rest(&index);
    if (status == ES_OK)
        status = index.stopped ? index.stopped : index.broken ? ES_CORRUPT : ES_OK;
    index_close(&index);
    return status;
}
