/* SPDX-License-Identifier: Apache-2.0
 *
 * ntfs_stream.c: the value of an attribute: resident, in runs, with holes, or compressed.
 *
 * Plain runs are read straight from the source in pieces as large as the caller asked for and the
 * disk holds together, so that the layer below can inflate many chunks at once. A compressed
 * stream is read by its units of 16 clusters, the last of which is kept.
 *
 * A read always fills the buffer: what could not be had is zero and marked damaged.
 */
#include "disk/ntfs.h"
#include <esuscan/bytes.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- opening */

static bool is_named(const es_ntfs_attribute *attribute, const uint16_t *upcase,
                     const es_name *name)
{
    es_name own;

    if (!name)
        return attribute->name.size == 0;
    es_name_from_utf16le(attribute->name, &own);
    return upcase ? es_name_compare(upcase, &own, name) == 0 : es_name_equal(&own, name);
}

static es_status set_units(es_ntfs_stream *stream, const es_ntfs_attribute *attribute)
{
    uint64_t unit_size;

    if (!(attribute->flags & ES_NTFS_FLAG_COMPRESSED) || attribute->unit_shift == 0)
        return ES_OK;
    if (attribute->unit_shift > 16)
        return ES_CORRUPT;
    stream->unit_clusters = UINT32_C(1) << attribute->unit_shift;
    unit_size = (uint64_t)stream->unit_clusters * stream->volume->boot.cluster_size;
    return unit_size > ES_NTFS_UNIT_SIZE_MAX ? ES_LIMIT : ES_OK;
}

/* A run list that breaks off still says where its first part lies. */
static es_status take_runs(es_ntfs_stream *stream, const es_ntfs_attribute *attribute)
{
    es_status status = es_ntfs_runs_append(stream, attribute->pairs, attribute->first_vcn);

    if (status > 0)
        stream->incomplete = true;
    return status < 0 ? status : ES_OK;
}

static es_status take_first(es_ntfs_stream *stream, const es_ntfs_attribute *attribute)
{
    stream->type = attribute->type;
    stream->id = attribute->id;
    stream->flags = attribute->flags;
    stream->resident = attribute->resident;
    stream->suspect = attribute->record->damaged;
    stream->size = attribute->size;
    stream->initialised = attribute->initialised;
    if (!attribute->resident) {
        es_status status = set_units(stream, attribute);

        return status == ES_OK ? take_runs(stream, attribute) : status;
    }
    stream->entry = attribute->record->entry;
    stream->value_at = attribute->value_at;
    stream->fixup_at = attribute->record->fixup_at;
    stream->bytes = malloc(attribute->value.size ? (size_t)attribute->value.size : 1);
    if (!stream->bytes)
        return ES_NOMEM;
    if (attribute->value.size)
        memcpy(stream->bytes, attribute->value.data, (size_t)attribute->value.size);
    return ES_OK;
}

static uint64_t mapped_end(const es_ntfs_stream *stream)
{
    const es_ntfs_run *last;

    if (stream->n_runs == 0)
        return 0;
    last = &stream->runs[stream->n_runs - 1];
    return last->vcn + last->length;
}

/* The further pieces lie in order in the list, which NTFS sorts. One that goes back is not taken:
 * the list has been tampered with or is a left-over. */
static es_status take_further(es_ntfs_stream *stream, const es_ntfs_attribute *attribute)
{
    uint64_t end = mapped_end(stream);

    if (attribute->resident || stream->resident || attribute->first_vcn < end) {
        stream->incomplete = true;
        return ES_OK;
    }
    if (attribute->first_vcn > end)
        stream->incomplete = true;
    if (attribute->record->damaged)
        stream->suspect = true;
    return take_runs(stream, attribute);
}

static es_status take_all(es_ntfs_stream *stream, const es_ntfs_node *node, uint32_t type,
                          const uint16_t *upcase, const es_name *name)
{
    const es_ntfs_attribute *attribute;
    bool found = false;
    size_t at = 0;

    while ((attribute = es_ntfs_node_next(node, type, &at))) {
        es_status status = ES_OK;

        if (!is_named(attribute, upcase, name))
            continue;
        if (found && attribute->first_vcn != 0) {
            status = take_further(stream, attribute);
        } else if (!found && attribute->first_vcn == 0) {
            status = take_first(stream, attribute);
            found = true;
        } else {
            stream->incomplete = true;
        }
        if (status != ES_OK)
            return status;
    }
    if (!found)
        return stream->incomplete || node->incomplete ? ES_CORRUPT : ES_ABSENT;
    return ES_OK;
}

es_status es_ntfs_stream_open(const es_ntfs_node *node, uint32_t type, const es_name *name,
                              es_ntfs_stream **ret_stream)
{
    const uint16_t *upcase = NULL;
    es_ntfs_stream *stream;
    es_status status = ES_OK;

    /* $I30 is looked for as it is; the table is asked only for streams that people name. */
    if (name && type == ES_NTFS_DATA)
        status = es_ntfs_upcase(node->volume, &upcase);
    if (status != ES_OK)
        return status;
    stream = calloc(1, sizeof(*stream));
    if (!stream)
        return ES_NOMEM;
    stream->volume = node->volume;
    status = take_all(stream, node, type, upcase, name);
    if (status != ES_OK) {
        es_ntfs_stream_free(stream);
        return status;
    }
    *ret_stream = stream;
    return ES_OK;
}

es_ntfs_stream *es_ntfs_stream_free(es_ntfs_stream *stream)
{
    if (stream) {
        free(stream->bytes);
        free(stream->runs);
        free(stream->unit);
        free(stream->packed);
        free(stream);
    }
    return NULL;
}

/* ---------------------------------------------------------------- plain reads */

/* What lies at a byte of the stream: how many bytes are alike from there on, and where. */
typedef struct es_extent {
    uint64_t size;
    uint64_t at; /* in the volume, unless hole or missing */
    bool hole, missing;
} es_extent;

static es_extent find_extent(const es_ntfs_stream *stream, uint64_t offset)
{
    uint64_t cluster_size = stream->volume->boot.cluster_size, vcn = offset / cluster_size;
    const es_ntfs_run *run = es_ntfs_runs_find(stream, vcn);
    es_extent extent = { .size = UINT64_MAX - offset };

    if (!run || run->vcn > vcn) {
        extent.missing = true;
        if (run)
            extent.size = run->vcn * cluster_size - offset;
        return extent;
    }
    extent.size = (run->vcn + run->length) * cluster_size - offset;
    if (run->lcn == ES_NTFS_HOLE)
        extent.hole = true;
    else
        extent.at = run->lcn * cluster_size + (offset - run->vcn * cluster_size);
    return extent;
}

static es_status read_plain(es_ntfs_stream *stream, uint64_t offset, uint8_t *out, uint64_t size,
                            bool *damaged)
{
    while (size) {
        es_extent extent = find_extent(stream, offset);
        uint64_t n = extent.size < size ? extent.size : size;

        if (extent.hole || extent.missing) {
            memset(out, 0, (size_t)n);
            if (extent.missing)
                *damaged = true;
        } else {
            es_status status = es_ntfs_read(stream->volume, extent.at, out, n, damaged);

            if (status < 0)
                return status;
        }
        offset += n;
        out += n;
        size -= n;
    }
    return ES_OK;
}

/* ---------------------------------------------------------------- compressed reads */

/* How many clusters of a unit are stored: all of them is plain, none is zeros. */
static uint32_t count_stored(const es_ntfs_stream *stream, uint64_t first_vcn, bool *ret_missing)
{
    uint32_t stored = 0;

    while (stored < stream->unit_clusters) {
        uint64_t vcn = first_vcn + stored;
        const es_ntfs_run *run = es_ntfs_runs_find(stream, vcn);
        uint64_t left;

        if (!run || run->vcn > vcn) {
            *ret_missing = stored == 0;
            break;
        }
        if (run->lcn == ES_NTFS_HOLE)
            break;
        left = run->vcn + run->length - vcn;
        stored = left > stream->unit_clusters - stored ? stream->unit_clusters
                                                       : stored + (uint32_t)left;
    }
    return stored;
}

static es_status load_unit(es_ntfs_stream *stream, uint64_t number)
{
    uint32_t cluster_size = stream->volume->boot.cluster_size;
    uint32_t unit_size = stream->unit_clusters * cluster_size;
    uint64_t offset = number * unit_size;
    bool missing = false;
    es_status status;
    uint32_t stored;

    stream->unit_valid = false;
    if (!stream->unit)
        stream->unit = malloc(unit_size);
    if (!stream->packed)
        stream->packed = malloc(unit_size);
    if (!stream->unit || !stream->packed)
        return ES_NOMEM;
    stored = count_stored(stream, number * stream->unit_clusters, &missing);
    stream->unit_damaged = missing;
    if (stored == stream->unit_clusters) {
        status = read_plain(stream, offset, stream->unit, unit_size, &stream->unit_damaged);
    } else {
        uint64_t packed_size = (uint64_t)stored * cluster_size;

        status = read_plain(stream, offset, stream->packed, packed_size, &stream->unit_damaged);
        if (status == ES_OK)
            status = es_lznt1_inflate((es_bytes) { stream->packed, packed_size }, stream->unit,
                                      unit_size);
        if (status == ES_CORRUPT) {
            stream->unit_damaged = true;
            status = ES_OK;
        }
    }
    if (status != ES_OK)
        return status;
    stream->unit_number = number;
    stream->unit_valid = true;
    return ES_OK;
}

static es_status read_units(es_ntfs_stream *stream, uint64_t offset, uint8_t *out, uint64_t size,
                            bool *damaged)
{
    uint64_t unit_size = (uint64_t)stream->unit_clusters * stream->volume->boot.cluster_size;

    while (size) {
        uint64_t within = offset % unit_size, number = offset / unit_size;
        uint64_t n = unit_size - within < size ? unit_size - within : size;

        if (!stream->unit_valid || stream->unit_number != number) {
            es_status status = load_unit(stream, number);

            if (status != ES_OK)
                return status;
        }
        memcpy(out, stream->unit + within, (size_t)n);
        if (stream->unit_damaged)
            *damaged = true;
        offset += n;
        out += n;
        size -= n;
    }
    return ES_OK;
}

/* ---------------------------------------------------------------- doors */

es_status es_ntfs_stream_read(es_ntfs_stream *stream, uint64_t offset, void *buffer, uint64_t size,
                              uint64_t *ret_size, bool *ret_damaged)
{
    uint64_t there = offset < stream->size ? stream->size - offset : 0;
    uint64_t n = there < size ? there : size, real;
    bool damaged = stream->suspect && n;
    es_status status = ES_OK;
    uint8_t *out = buffer;

    if (stream->flags & ES_NTFS_FLAG_ENCRYPTED)
        return ES_UNSUPPORTED;
    /* Bytes behind the initialised part were never written; the clusters hold other files' past. */
    real = offset < stream->initialised ? stream->initialised - offset : 0;
    if (real > n)
        real = n;
    if (stream->resident && real)
        memcpy(out, stream->bytes + offset, (size_t)real);
    else if (stream->unit_clusters)
        status = read_units(stream, offset, out, real, &damaged);
    else
        status = read_plain(stream, offset, out, real, &damaged);
    if (status != ES_OK)
        return status;
    if (size > real)
        memset(out + real, 0, (size_t)(size - real));
    if (damaged && ret_damaged)
        *ret_damaged = true;
    *ret_size = n;
    return n < size ? ES_END : ES_OK;
}

/* A byte of a record: the last two of each 512 are kept in the update sequence array. */
static es_status place_resident(es_ntfs_stream *stream, uint64_t offset, uint64_t *ret_at,
                                uint64_t *ret_run)
{
    es_ntfs *volume = stream->volume;
    uint64_t at = stream->value_at + offset, within = at % 512, run, behind;
    uint64_t base = stream->entry * volume->boot.record_size;
    es_status status;

    if (within >= 510) {
        run = 512 - within;
        at = stream->fixup_at + 2 + at / 512 * 2 + (within - 510);
    } else {
        run = 510 - within;
    }
    status = es_ntfs_stream_place(volume->mft, base + at, ret_at, &behind);
    if (status != ES_OK)
        return status;
    if (run > stream->size - offset)
        run = stream->size - offset;
    *ret_run = run < behind ? run : behind;
    return ES_OK;
}

es_status es_ntfs_stream_place(es_ntfs_stream *stream, uint64_t offset, uint64_t *ret_media_offset,
                               uint64_t *ret_run)
{
    es_extent extent;

    if (offset >= stream->size)
        return ES_END;
    if (stream->resident)
        return place_resident(stream, offset, ret_media_offset, ret_run);
    if (stream->unit_clusters || offset >= stream->initialised)
        return ES_UNSUPPORTED;
    extent = find_extent(stream, offset);
    if (extent.hole)
        return ES_UNSUPPORTED;
    if (extent.missing || extent.at >= stream->volume->length)
        return ES_CORRUPT;
    if (extent.size > stream->initialised - offset)
        extent.size = stream->initialised - offset;
    *ret_media_offset = stream->volume->offset + extent.at;
    *ret_run = extent.size;
    return ES_OK;
}
