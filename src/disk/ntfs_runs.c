/* SPDX-License-Identifier: Apache-2.0
 *
 * ntfs_runs.c: mapping pairs, which say where a stream's clusters lie, and LZNT1, which says what
 * a compressed unit of them means.
 *
 * A mapping pair is a byte of two nibbles, the sizes of what follows: a length in clusters, and
 * the signed distance from the run before; no distance is a hole. Runs that join on the disk are
 * joined here, so that one read can take them.
 */
#include "disk/ntfs.h"
#include <esuscan/bytes.h>
#include <stdlib.h>

static es_status push_run(es_ntfs_stream *stream, es_ntfs_run run)
{
    es_ntfs_run *last = stream->n_runs ? &stream->runs[stream->n_runs - 1] : NULL;

    if (last && last->vcn + last->length == run.vcn &&
        (run.lcn == ES_NTFS_HOLE ? last->lcn == ES_NTFS_HOLE
                                 : last->lcn != ES_NTFS_HOLE &&
                                       last->lcn + last->length == run.lcn)) {
        last->length += run.length;
        return ES_OK;
    }
    if (stream->n_runs == stream->runs_capacity) {
        size_t wanted = stream->runs_capacity ? stream->runs_capacity * 2 : 8;
        es_ntfs_run *larger;

        if (stream->n_runs >= ES_NTFS_RUNS_MAX)
            return ES_LIMIT;
        larger = realloc(stream->runs, wanted * sizeof(*larger));
        if (!larger)
            return ES_NOMEM;
        stream->runs = larger;
        stream->runs_capacity = wanted;
    }
    stream->runs[stream->n_runs++] = run;
    return ES_OK;
}

/* A little-endian integer of up to 8 bytes. */
static uint64_t take_integer(es_cursor *c, uint32_t size, bool is_signed)
{
    es_bytes bytes = es_cursor_take(c, size);
    uint64_t value = 0;

    for (uint64_t i = 0; i < bytes.size; i++)
        value |= (uint64_t)bytes.data[i] << (8 * i);
    if (is_signed && bytes.size && bytes.size < 8 && (bytes.data[bytes.size - 1] & 0x80))
        value |= UINT64_MAX << (8 * bytes.size);
    return value;
}

es_status es_ntfs_runs_append(es_ntfs_stream *stream, es_bytes pairs, uint64_t first_vcn)
{
    es_cursor c = es_cursor_make(pairs);
    uint64_t vcn = first_vcn, lcn = 0;

    for (;;) {
        uint32_t sizes = es_cursor_u8(&c);
        es_ntfs_run run = { .vcn = vcn, .lcn = ES_NTFS_HOLE };
        es_status status;

        if (es_cursor_failed(&c))
            return ES_CORRUPT;
        if (sizes == 0)
            return ES_OK;
        if ((sizes & 15u) == 0 || (sizes & 15u) > 8 || sizes >> 4 > 8)
            return ES_CORRUPT;
        run.length = take_integer(&c, sizes & 15u, false);
        if (sizes >> 4) {
            lcn += take_integer(&c, sizes >> 4, true);
            run.lcn = lcn;
        }
        if (es_cursor_failed(&c) || run.length == 0 || run.length > ES_NTFS_CLUSTERS_MAX - vcn ||
            lcn > ES_NTFS_CLUSTERS_MAX)
            return ES_CORRUPT;
        status = push_run(stream, run);
        if (status != ES_OK)
            return status;
        vcn += run.length;
    }
}

const es_ntfs_run *es_ntfs_runs_find(const es_ntfs_stream *stream, uint64_t vcn)
{
    size_t low = 0, high = stream->n_runs;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const es_ntfs_run *run = &stream->runs[middle];

        if (vcn >= run->vcn && vcn - run->vcn >= run->length)
            low = middle + 1;
        else
            high = middle;
    }
    return low < stream->n_runs ? &stream->runs[low] : NULL;
}

/* ---------------------------------------------------------------- LZNT1 */

/* How many of a pair's 16 bits are the distance, by how much of the chunk is already out. */
static uint32_t distance_bits(uint32_t done)
{
    uint32_t bits = 4;

    while (bits < 12 && (done - 1) >> bits)
        bits++;
    return bits;
}

/* One chunk's pairs and literals into `out`, at most 4096 bytes. */
static es_status inflate_chunk(es_bytes chunk, uint8_t *out, uint32_t out_size)
{
    es_cursor c = es_cursor_make(chunk);
    uint32_t done = 0;

    while (es_cursor_left(&c)) {
        uint32_t flags = es_cursor_u8(&c);

        for (uint32_t bit = 0; bit < 8 && es_cursor_left(&c); bit++, flags >>= 1) {
            uint32_t pair, shift, length, distance;

            if (!(flags & 1)) {
                if (done == out_size)
                    return ES_CORRUPT;
                out[done++] = es_cursor_u8(&c);
                continue;
            }
            pair = es_cursor_u16(&c);
            if (es_cursor_failed(&c) || done == 0)
                return ES_CORRUPT;
            shift = 16 - distance_bits(done);
            length = (pair & ((1u << shift) - 1)) + 3;
            distance = (pair >> shift) + 1;
            if (distance > done || length > out_size - done)
                return ES_CORRUPT;
            for (; length; length--, done++)
                out[done] = out[done - distance];
        }
    }
    return ES_OK;
}

es_status es_lznt1_inflate(es_bytes packed, uint8_t *out, uint32_t out_size)
{
    es_cursor c = es_cursor_make(packed);

    memset(out, 0, out_size);
    for (uint32_t done = 0; done < out_size && es_cursor_left(&c) >= 2; done += 4096) {
        uint32_t header = es_cursor_u16(&c);
        uint32_t room = out_size - done < 4096 ? out_size - done : 4096;
        es_status status = ES_OK;
        es_bytes chunk;

        if (header == 0)
            break;
        chunk = es_cursor_take(&c, (header & 0xfffu) + 1);
        if (es_cursor_failed(&c))
            return ES_CORRUPT;
        if (header & 0x8000u)
            status = inflate_chunk(chunk, out + done, room);
        else if (chunk.size > room)
            status = ES_CORRUPT;
        else
            memcpy(out + done, chunk.data, (size_t)chunk.size);
        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}
