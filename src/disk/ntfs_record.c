/* SPDX-License-Identifier: Apache-2.0
 *
 * ntfs_record.c: MFT records, and the node that a base record makes with its extension records.
 *
 * The gate of every file. A record is checked as a whole when it is loaded: signature, update
 * sequence, and its own number where it states it. Its attributes are checked one after the other
 * when the node is made; what stands behind a broken one is lost and the node is `incomplete`.
 * An extension record belongs to the node only if it says so itself, by entry and sequence.
 */
#include "disk/ntfs.h"
#include <esuscan/bytes.h>
#include <stdlib.h>

#define RECORD_HEADER_SIZE 42u
#define SECTOR 512u /* the stride of the update sequence, whatever the disk's sectors are */

es_status es_ntfs_fixup(uint8_t *data, uint32_t size, uint32_t fixup_at, uint32_t fixup_count)
{
    uint32_t n = size / SECTOR;
    uint8_t *saved;

    if (n == 0 || size % SECTOR != 0 || fixup_count != n + 1 || fixup_at < 8 ||
        fixup_at > SECTOR - 2 || 2 * fixup_count > SECTOR - 2 - fixup_at)
        return ES_CORRUPT;
    saved = data + fixup_at;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *last = data + (size_t)i * SECTOR + SECTOR - 2;

        if (memcmp(last, saved, 2) != 0)
            return ES_CORRUPT;
    }
    for (uint32_t i = 0; i < n; i++)
        memcpy(data + (size_t)i * SECTOR + SECTOR - 2, saved + 2 + 2 * (size_t)i, 2);
    return ES_OK;
}

static es_status parse_header(es_ntfs_record *record, uint32_t size)
{
    es_cursor c = es_cursor_make((es_bytes) { record->data, size });
    uint32_t fixup_count;
    uint64_t reference;
    es_status status;

    if (memcmp(record->data, "FILE", 4) != 0)
        return ES_CORRUPT;
    es_cursor_seek(&c, 4);
    record->fixup_at = es_cursor_u16(&c);
    fixup_count = es_cursor_u16(&c);
    status = es_ntfs_fixup(record->data, size, record->fixup_at, fixup_count);
    if (status != ES_OK)
        return status;
    es_cursor_seek(&c, 16);
    record->sequence = es_cursor_u16(&c);
    record->links = es_cursor_u16(&c);
    record->attributes_at = es_cursor_u16(&c);
    record->flags = es_cursor_u16(&c);
    record->used = es_cursor_u32(&c);
    es_cursor_skip(&c, 4);
    reference = es_cursor_u64(&c);
    if (es_cursor_failed(&c))
        return ES_CORRUPT;
    record->base_entry = reference & UINT64_C(0xffffffffffff);
    record->base_sequence = (uint16_t)(reference >> 48);
    if (record->used > size)
        record->used = size;
    if (record->attributes_at < RECORD_HEADER_SIZE || record->attributes_at > record->used ||
        record->attributes_at % 8 != 0)
        return ES_CORRUPT;
    /* Since XP the record states its number: one read from the wrong place is seen at once. */
    if (record->fixup_at >= 48) {
        es_cursor_seek(&c, 44);
        if (es_cursor_u32(&c) != (uint32_t)record->entry)
            return ES_CORRUPT;
    }
    return ES_OK;
}

es_status es_ntfs_record_load(es_ntfs *volume, uint64_t entry, es_ntfs_record **ret_record)
{
    uint32_t size = volume->boot.record_size;
    es_ntfs_record *record;
    uint64_t got = 0;
    es_status status;

    if (entry >= volume->n_records)
        return volume->mft_incomplete ? ES_CORRUPT : ES_ABSENT;
    record = calloc(1, sizeof(*record));
    if (!record)
        return ES_NOMEM;
    record->entry = entry;
    record->data = calloc(1, size);
    if (!record->data) {
        es_ntfs_record_free(record);
        return ES_NOMEM;
    }
    status = es_ntfs_stream_read(volume->mft, entry * size, record->data, size, &got,
                                 &record->damaged);
    if (status == ES_OK || status == ES_END)
        status = got == size ? parse_header(record, size) : ES_CORRUPT;
    if (status != ES_OK) {
        es_ntfs_record_free(record);
        return status;
    }
    *ret_record = record;
    return ES_OK;
}

es_ntfs_record *es_ntfs_record_free(es_ntfs_record *record)
{
    if (record) {
        free(record->data);
        free(record);
    }
    return NULL;
}

/* ---------------------------------------------------------------- attributes */

static void parse_resident(es_cursor *c, es_ntfs_attribute *attribute)
{
    uint32_t size = es_cursor_u32(c);

    attribute->value_at = es_cursor_u16(c);
    attribute->value = es_cursor_slice(c, attribute->value_at, size);
    attribute->size = attribute->initialised = size;
}

static void parse_non_resident(es_cursor *c, es_ntfs_attribute *attribute)
{
    uint32_t pairs_at;

    attribute->first_vcn = es_cursor_u64(c);
    attribute->last_vcn = es_cursor_u64(c);
    pairs_at = es_cursor_u16(c);
    attribute->unit_shift = es_cursor_u16(c) & 0xffu;
    es_cursor_skip(c, 4 + 8);
    attribute->size = es_cursor_u64(c);
    attribute->initialised = es_cursor_u64(c);
    if (pairs_at < 64 || pairs_at > c->size)
        c->failed = 1;
    else
        attribute->pairs = es_cursor_slice(c, pairs_at, c->size - pairs_at);
    /* Sizes stand in the first piece only. */
    if (attribute->first_vcn != 0)
        attribute->size = attribute->initialised = 0;
    if (attribute->size > INT64_MAX || attribute->first_vcn > ES_NTFS_CLUSTERS_MAX)
        c->failed = 1;
    if (attribute->initialised > attribute->size)
        attribute->initialised = attribute->size;
}

/* The attribute at `*at`, which moves behind it. ES_END at the end mark. */
static es_status parse_attribute(const es_ntfs_record *record, uint32_t *at,
                                 es_ntfs_attribute *ret_attribute)
{
    es_cursor all = es_cursor_make((es_bytes) { record->data, record->used });
    es_ntfs_attribute attribute = { .record = record };
    uint32_t size, name_units, name_at;
    es_cursor c;

    es_cursor_seek(&all, *at);
    attribute.type = es_cursor_u32(&all);
    if (es_cursor_failed(&all))
        return ES_CORRUPT;
    if (attribute.type == ES_NTFS_END)
        return ES_END;
    size = es_cursor_u32(&all);
    if (size < 24 || size % 8 != 0)
        return ES_CORRUPT;
    c = es_cursor_make(es_cursor_slice(&all, *at, size));
    if (es_cursor_failed(&all))
        return ES_CORRUPT;
    es_cursor_skip(&c, 8);
    attribute.resident = es_cursor_u8(&c) == 0;
    name_units = es_cursor_u8(&c);
    name_at = es_cursor_u16(&c);
    attribute.flags = es_cursor_u16(&c);
    attribute.id = es_cursor_u16(&c);
    if (name_units)
        attribute.name = es_cursor_slice(&c, name_at, 2 * (uint64_t)name_units);
    if (attribute.resident)
        parse_resident(&c, &attribute);
    else
        parse_non_resident(&c, &attribute);
    if (es_cursor_failed(&c))
        return ES_CORRUPT;
    attribute.value_at += *at;
    *at += size;
    *ret_attribute = attribute;
    return ES_OK;
}

/* ---------------------------------------------------------------- nodes */

static es_status grow(void **array, size_t *capacity, size_t n, size_t item, size_t maximum)
{
    size_t wanted = *capacity ? *capacity * 2 : 16;
    void *larger;

    if (n < *capacity)
        return ES_OK;
    if (n >= maximum)
        return ES_LIMIT;
    larger = realloc(*array, wanted * item);
    if (!larger)
        return ES_NOMEM;
    *array = larger;
    *capacity = wanted;
    return ES_OK;
}

static es_status add_attribute(es_ntfs_node *node, const es_ntfs_attribute *attribute)
{
    es_status status = grow((void **)&node->attributes, &node->attributes_capacity,
                            node->n_attributes, sizeof(*attribute), ES_NTFS_ATTRIBUTES_MAX);

    if (status == ES_OK)
        node->attributes[node->n_attributes++] = *attribute;
    return status;
}

/* Takes the record over, also when it fails. */
static es_status add_record(es_ntfs_node *node, es_ntfs_record *record)
{
    es_status status = node->n_records < ES_NTFS_NODE_BYTES_MAX / node->volume->boot.record_size
                           ? ES_OK
                           : ES_LIMIT;

    if (status == ES_OK)
        status = grow((void **)&node->records, &node->records_capacity, node->n_records,
                      sizeof(record), ES_NTFS_EXTENSIONS_MAX);

    if (status == ES_OK)
        node->records[node->n_records++] = record;
    else
        es_ntfs_record_free(record);
    return status;
}

static es_status add_base_attributes(es_ntfs_node *node)
{
    const es_ntfs_record *base = node->records[0];
    es_ntfs_attribute attribute;
    uint32_t at = base->attributes_at;
    es_status status;

    while ((status = parse_attribute(base, &at, &attribute)) == ES_OK) {
        status = add_attribute(node, &attribute);
        if (status != ES_OK)
            return status;
    }
    if (status != ES_END)
        node->incomplete = true;
    return ES_OK;
}

/* The extension record of an entry: one already there, or loaded now. */
static es_status find_extension(es_ntfs_node *node, uint64_t reference,
                                const es_ntfs_record **ret_record)
{
    uint64_t entry = reference & UINT64_C(0xffffffffffff);
    const es_ntfs_record *base = node->records[0];
    es_ntfs_record *record;
    es_status status;

    for (size_t i = node->n_records; i-- > 0;) {
        if (node->records[i]->entry == entry) {
            *ret_record = node->records[i];
            return ES_OK;
        }
    }
    status = es_ntfs_record_load(node->volume, entry, &record);
    if (status != ES_OK)
        return status;
    if (!(record->flags & ES_NTFS_RECORD_IN_USE) || record->sequence != reference >> 48 ||
        record->base_entry != base->entry || record->base_sequence != base->sequence) {
        es_ntfs_record_free(record);
        return ES_CORRUPT;
    }
    *ret_record = record;
    return add_record(node, record);
}

static es_status add_listed(es_ntfs_node *node, uint64_t reference, uint32_t type, uint16_t id)
{
    const es_ntfs_record *record = NULL;
    es_ntfs_attribute attribute;
    es_status status;
    uint32_t at;

    status = find_extension(node, reference, &record);
    if (status != ES_OK)
        return status;
    at = record->attributes_at;
    while ((status = parse_attribute(record, &at, &attribute)) == ES_OK) {
        if (attribute.type == type && attribute.id == id)
            return add_attribute(node, &attribute);
    }
    return ES_CORRUPT;
}

/* Follow the list's entries that lie in other records. What cannot be had leaves the node
 * incomplete; the rest is still taken. */
static es_status follow_list(es_ntfs_node *node, es_bytes list)
{
    es_cursor c = es_cursor_make(list);
    const es_ntfs_record *base = node->records[0];
    uint32_t n_failed = 0;

    while (es_cursor_left(&c) >= 26) {
        uint64_t at = c.at, reference;
        uint32_t type = es_cursor_u32(&c), size = es_cursor_u16(&c);
        es_status status;
        uint16_t id;

        es_cursor_skip(&c, 2 + 8);
        reference = es_cursor_u64(&c);
        id = es_cursor_u16(&c);
        if (type == 0 || type == ES_NTFS_END)
            break;
        if (size < 26 || size > list.size - at) {
            node->incomplete = true;
            break;
        }
        es_cursor_seek(&c, at + size);
        if ((reference & UINT64_C(0xffffffffffff)) == base->entry)
            continue;
        status = add_listed(node, reference, type, id);
        if (status < 0)
            return status;
        if (status != ES_OK) {
            node->incomplete = true;
            if (status == ES_LIMIT || ++n_failed >= ES_NTFS_ATTRIBUTES_MAX / 16)
                break;
        }
    }
    return ES_OK;
}

static es_status add_extensions(es_ntfs_node *node)
{
    es_ntfs_stream *stream = NULL;
    size_t at = 0;
    bool damaged = false;
    uint64_t got = 0;
    es_status status;

    if (!es_ntfs_node_next(node, ES_NTFS_ATTRIBUTE_LIST, &at))
        return ES_OK;
    status = es_ntfs_stream_open(node, ES_NTFS_ATTRIBUTE_LIST, NULL, &stream);
    if (status == ES_OK && stream->size > ES_NTFS_LIST_SIZE_MAX)
        status = ES_LIMIT;
    if (status == ES_OK) {
        node->list = malloc(stream->size ? (size_t)stream->size : 1);
        status = node->list ? es_ntfs_stream_read(stream, 0, node->list, stream->size, &got,
                                                  &damaged)
                            : ES_NOMEM;
    }
    if (damaged || status > 0)
        node->incomplete = true;
    if (status >= 0 && got)
        status = follow_list(node, (es_bytes) { node->list, got });
    es_ntfs_stream_free(stream);
    return status < 0 ? status : ES_OK;
}

static es_status open_node(es_ntfs *volume, uint64_t entry, uint32_t sequence, bool whole,
                           es_ntfs_node **ret_node)
{
    es_ntfs_record *base = NULL;
    es_ntfs_node *node;
    es_status status = es_ntfs_record_load(volume, entry, &base);

    if (status != ES_OK)
        return status;
    if (base->base_entry != 0 || base->base_sequence != 0)
        status = ES_CORRUPT;
    else if (!(base->flags & ES_NTFS_RECORD_IN_USE) || (sequence && base->sequence != sequence))
        status = ES_ABSENT;
    node = status == ES_OK ? calloc(1, sizeof(*node)) : NULL;
    if (!node) {
        es_ntfs_record_free(base);
        return status == ES_OK ? ES_NOMEM : status;
    }
    node->volume = volume;
    node->incomplete = base->damaged;
    status = add_record(node, base);
    if (status == ES_OK)
        status = add_base_attributes(node);
    if (status == ES_OK && whole)
        status = add_extensions(node);
    if (status != ES_OK) {
        es_ntfs_node_free(node);
        return status;
    }
    *ret_node = node;
    return ES_OK;
}

es_status es_ntfs_node_open(es_ntfs *volume, uint64_t entry, uint32_t sequence,
                            es_ntfs_node **ret_node)
{
    return open_node(volume, entry, sequence, true, ret_node);
}

es_status es_ntfs_node_open_base(es_ntfs *volume, uint64_t entry, uint32_t sequence,
                                 es_ntfs_node **ret_node)
{
    return open_node(volume, entry, sequence, false, ret_node);
}

es_ntfs_node *es_ntfs_node_free(es_ntfs_node *node)
{
    if (!node)
        return NULL;
    for (size_t i = 0; i < node->n_records; i++)
        es_ntfs_record_free(node->records[i]);
    free(node->records);
    free(node->attributes);
    free(node->list);
    free(node);
    return NULL;
}

const es_ntfs_attribute *es_ntfs_node_next(const es_ntfs_node *node, uint32_t type, size_t *at)
{
    while (*at < node->n_attributes) {
        const es_ntfs_attribute *attribute = &node->attributes[(*at)++];

        if (attribute->type == type)
            return attribute;
    }
    return NULL;
}

/* ---------------------------------------------------------------- what a node says of itself */

static es_time take_time(es_cursor *c)
{
    uint64_t ticks = es_cursor_u64(c);
    es_time time = { 0 };

    if (ticks != 0 && ticks <= INT64_MAX) {
        time.ticks = (int64_t)ticks;
        time.precision = ES_TIME_TICK;
    }
    return time;
}

static void info_of_standard(const es_ntfs_node *node, es_file_info *info)
{
    size_t at = 0;
    const es_ntfs_attribute *attribute;
    es_cursor c;
    uint32_t flags;

    attribute = es_ntfs_node_next(node, ES_NTFS_STANDARD_INFORMATION, &at);
    if (!attribute || !attribute->resident || attribute->value.size < 36)
        return;
    c = es_cursor_make(attribute->value);
    info->created = take_time(&c);
    info->modified = take_time(&c);
    info->changed = take_time(&c);
    info->accessed = take_time(&c);
    flags = es_cursor_u32(&c);
    info->reparse = (flags & 0x400u) != 0;
    info->compressed = (flags & 0x800u) != 0;
    info->encrypted = (flags & 0x4000u) != 0;
}

/* Names that are not just 8.3 twins. The record's own count includes the twins, and it is all
 * there is when the names in extension records are lost. */
static uint32_t count_links(const es_ntfs_node *node)
{
    const es_ntfs_attribute *attribute;
    uint32_t n_long = 0, n_dos = 0, stated = node->records[0]->links;
    size_t at = 0;

    while ((attribute = es_ntfs_node_next(node, ES_NTFS_FILE_NAME, &at))) {
        if (!attribute->resident || attribute->value.size < 66)
            continue;
        if (attribute->value.data[65] == 2)
            n_dos++;
        else
            n_long++;
    }
    if (node->incomplete && stated > n_dos && stated - n_dos > n_long)
        return stated - n_dos;
    return n_long;
}

void es_ntfs_node_info(const es_ntfs_node *node, es_file_info *ret_info)
{
    const es_ntfs_record *base = node->records[0];
    const es_ntfs_attribute *attribute;
    es_file_info info = { .mft_entry = base->entry, .mft_sequence = base->sequence };
    size_t at = 0;

    info.directory = (base->flags & ES_NTFS_RECORD_DIRECTORY) != 0;
    info.links = count_links(node);
    info_of_standard(node, &info);
    while ((attribute = es_ntfs_node_next(node, ES_NTFS_DATA, &at))) {
        if (attribute->name.size || attribute->first_vcn)
            continue;
        info.size = attribute->size;
        info.sparse = (attribute->flags & ES_NTFS_FLAG_SPARSE) != 0;
        info.compressed = (attribute->flags & ES_NTFS_FLAG_COMPRESSED) != 0;
        info.encrypted = info.encrypted || (attribute->flags & ES_NTFS_FLAG_ENCRYPTED);
    }
    *ret_info = info;
}

uint32_t es_ntfs_node_reparse(const es_ntfs_node *node)
{
    const es_ntfs_attribute *attribute;
    size_t at = 0;
    es_cursor c;

    attribute = es_ntfs_node_next(node, ES_NTFS_REPARSE_POINT, &at);
    if (!attribute || !attribute->resident)
        return 0;
    c = es_cursor_make(attribute->value);
    return es_cursor_u32(&c);
}
