/* SPDX-License-Identifier: Apache-2.0
 *
 * source_qcow.c: QCOW2 images, versions 2 and 3.
 *
 * Read by ourselves: libqcow 20201213 copies a whole cluster out of a block that may be shorter (a
 * compressed cluster that inflates to less), so that a damaged image yields whatever lay behind
 * it in memory, and says nothing.
 *
 * The media is cut into clusters. A table of two levels (L1 in memory, L2 through a cache) says of
 * each: nowhere (zeros), at an offset of the file, or compressed (raw deflate) at an offset and
 * within a number of sectors.
 *
 * An overlay names its backing file and says nothing by which that file could be known again:
 * laid over another file, or over the right one after it was written to, it gives a disk that
 * never was. It is refused with that reason, and so are encrypted images and the features that
 * change what the tables mean (external data file, zstd, extended L2 entries).
 *
 * Format: QEMU, docs/interop/qcow2.txt.
 */
#include "evidence/chunks.h"
#include "evidence/format.h"

#include <libdeflate.h>
#include <stdlib.h>

#define QCOW_FEATURE_DATA_FILE 4u
#define QCOW_FEATURE_COMPRESSION 8u
#define QCOW_FEATURE_EXTENDED_L2 16u

#define QCOW_OFFSET_MASK UINT64_C(0x00fffffffffffe00)
#define QCOW_COMPRESSED (UINT64_C(1) << 62)
#define QCOW_ZERO UINT64_C(1) /* version 3: reads as zeros, wherever it lies */

#define ES_WHY_TABLE "the container's tables cannot be read or are broken"
#define ES_WHY_CLUSTER "the compressed cluster is damaged"
#define ES_WHY_OUTSIDE "the container ends before this cluster"

typedef struct qcow_header {
    uint32_t version;
    uint64_t backing_at;
    uint32_t cluster_bits;
    uint64_t size;
    uint32_t encryption;
    uint32_t n_l1;
    uint64_t l1_at;
    uint64_t incompatible;
} qcow_header;

typedef struct qcow {
    es_source *source;
    es_part *file;
    qcow_header header;
    uint32_t cluster_size;
    uint64_t *l1;
    es_chunks *tables;   /* L2, by number of the L1 entry */
    es_chunks *clusters; /* inflated, by number of the cluster */
} qcow;

static int probe_qcow(const es_probe *probe)
{
    return es_bytes_start(probe->head, 0, "QFI\xfb", 4) ? 32 : 0;
}

static qcow_header parse_header(es_bytes head)
{
    es_cursor c = es_cursor_make(head);
    qcow_header h = { 0 };

    es_cursor_skip(&c, 4);
    h.version = es_cursor_u32be(&c);
    h.backing_at = es_cursor_u64be(&c);
    es_cursor_skip(&c, 4); /* length of the backing file's name */
    h.cluster_bits = es_cursor_u32be(&c);
    h.size = es_cursor_u64be(&c);
    h.encryption = es_cursor_u32be(&c);
    h.n_l1 = es_cursor_u32be(&c);
    h.l1_at = es_cursor_u64be(&c);
    es_cursor_seek(&c, 72);
    if (h.version >= 3)
        h.incompatible = es_cursor_u64be(&c);
    return h;
}

static es_status refuse(const es_source *source, const char *why, const char *advice,
                        es_note *note)
{
    es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is a QCOW2 image %s. %s",
                source->files[0]->name, why, advice);
    return ES_UNSUPPORTED;
}

static es_status check(const es_source *source, const qcow_header *h, es_note *note)
{
    static const char convert[] =
        "Convert it with \"qemu-img convert -O raw\" and scan the result.";

    if (h->version == 1)
        return refuse(source, "of version 1 (QCOW)", convert, note);
    if (h->backing_at)
        return refuse(source, "that lies over a backing file: alone it is half a disk, and it does "
                      "not say by which mark its backing file can be known again",
                      "Where you know the right backing file, merge them with \"qemu-img convert "
                      "-O raw\" and scan the result.", note);
    if (h->encryption)
        return refuse(source, "that is encrypted", "Decrypt it with \"qemu-img convert\" and scan "
                      "the result.", note);
    if (h->incompatible & QCOW_FEATURE_DATA_FILE)
        return refuse(source, "whose data lies in another file", convert, note);
    if (h->incompatible & QCOW_FEATURE_COMPRESSION)
        return refuse(source, "compressed with another method than zlib", convert, note);
    if (h->incompatible & QCOW_FEATURE_EXTENDED_L2)
        return refuse(source, "with extended L2 entries", convert, note);
    if (h->incompatible >> 5 || h->version > 3)
        return refuse(source, "of a later version than is known here", convert, note);
    return ES_OK;
}

/* ---------------------------------------------------------------- tables */

static es_status make_table(void *context, uint64_t number, uint8_t *data)
{
    qcow *image = context;
    uint64_t at = image->l1[number] & QCOW_OFFSET_MASK;

    if (at % image->cluster_size != 0)
        return ES_CORRUPT;
    return es_part_peek(image->file, at, data, image->cluster_size);
}

/* The L2 entry of a cluster; 0 where nothing is. ES_CORRUPT when it cannot be known. */
static es_status find_cluster(qcow *image, uint64_t number, uint64_t *ret_entry)
{
    uint32_t per_table = image->cluster_size / 8;
    uint64_t table = number / per_table;
    uint8_t entry[8];
    es_cursor c = es_cursor_make((es_bytes){ entry, sizeof entry });
    es_status status;

    *ret_entry = 0;
    if (table >= image->header.n_l1)
        return ES_CORRUPT;
    if ((image->l1[table] & QCOW_OFFSET_MASK) == 0)
        return ES_OK;
    status = es_chunks_read(image->tables, table, (uint32_t)(number % per_table) * 8, entry,
                            sizeof entry);
    *ret_entry = status == ES_OK ? es_cursor_u64be(&c) : 0;
    return status;
}

/* Inflate: the last sector of the compressed data may be shared, so what follows is not looked at.
 * A cluster that inflates to less than its size is broken. */
static es_status make_cluster(void *context, uint64_t number, uint8_t *data)
{
    qcow *image = context;
    unsigned bits = 62 - (image->header.cluster_bits - 8);
    struct libdeflate_decompressor *inflater;
    uint64_t entry, at, size;
    size_t used, got = 0;
    uint8_t *stored;
    es_status status = find_cluster(image, number, &entry);

    if (status != ES_OK)
        return status;
    at = entry & ((UINT64_C(1) << bits) - 1);
    size = (((entry & (QCOW_COMPRESSED - 1)) >> bits) + 1) * 512 - at % 512;
    if (at >= image->file->size)
        return ES_CORRUPT;
    if (size > image->file->size - at)
        size = image->file->size - at;
    stored = malloc((size_t)size);
    inflater = libdeflate_alloc_decompressor();
    status = stored && inflater ? es_part_peek(image->file, at, stored, size) : ES_NOMEM;
    if (status == ES_OK &&
        (libdeflate_deflate_decompress_ex(inflater, stored, (size_t)size, data,
                                          image->cluster_size, &used, &got) != LIBDEFLATE_SUCCESS ||
         got != image->cluster_size))
        status = ES_CORRUPT;
    if (inflater)
        libdeflate_free_decompressor(inflater);
    free(stored);
    return status;
}

/* ---------------------------------------------------------------- opening */

static es_status read_l1(qcow *image, es_note *note)
{
    uint64_t per_entry = (uint64_t)image->cluster_size * (image->cluster_size / 8);
    uint64_t needed = image->header.size / per_entry + (image->header.size % per_entry != 0);
    uint8_t *data;
    es_cursor c;
    es_status status;

    if (needed > ES_QCOW_L1_MAX || image->header.n_l1 < needed) {
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is a QCOW2 image whose header is "
                    "damaged: its tables do not fit its size.", image->file->name);
        return ES_CORRUPT;
    }
    image->header.n_l1 = (uint32_t)needed;
    data = calloc((size_t)needed + 1, 8);
    image->l1 = calloc((size_t)needed + 1, sizeof *image->l1);
    status = data && image->l1 ? es_part_peek(image->file, image->header.l1_at, data, needed * 8)
                               : ES_NOMEM;
    c = es_cursor_make((es_bytes){ data, needed * 8 });
    for (uint64_t i = 0; i < needed && status == ES_OK; i++)
        image->l1[i] = es_cursor_u64be(&c);
    free(data);
    if (status == ES_CORRUPT)
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is a QCOW2 image whose first table "
                    "cannot be read: the file is cut short or damaged.", image->file->name);
    return status;
}

static es_status lay_out(qcow *image, es_note *note)
{
    const qcow_header *h = &image->header;

    if (h->cluster_bits < 9 || h->cluster_bits > 21 || h->size > ES_MEDIA_SIZE_MAX) {
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is a QCOW2 image whose header is "
                    "damaged: no image has such clusters or such a size.", image->file->name);
        return ES_CORRUPT;
    }
    image->cluster_size = UINT32_C(1) << h->cluster_bits;
    image->source->size = h->size;
    image->tables = es_chunks_new(image->cluster_size, make_table, image);
    image->clusters = es_chunks_new(image->cluster_size, make_cluster, image);
    return image->tables && image->clusters ? read_l1(image, note) : ES_NOMEM;
}

static es_status open_qcow(es_source *source, es_note *note)
{
    qcow *image = calloc(1, sizeof *image);
    uint8_t head[104] = { 0 };
    es_part *file = source->files[0];
    es_status status;

    if (!image)
        return ES_NOMEM;
    image->source = source;
    image->file = file;
    source->state = image;
    status = es_part_read(file, 0, head, file->size < sizeof head ? file->size : sizeof head, NULL,
                          NULL);
    if (status != ES_OK)
        return status;
    image->header = parse_header((es_bytes){ head, sizeof head });
    status = check(source, &image->header, note);
    if (status == ES_OK)
        status = lay_out(image, note);
    if (status == ES_OK)
        status = es_source_add_segment(source, file);
    return status;
}

/* ---------------------------------------------------------------- reading */

typedef struct placed {
    es_source *source;
    uint64_t media, file; /* the same byte in both */
} placed;

static es_status bad_in_file(void *context, uint64_t offset, uint64_t length, const char *reason)
{
    const placed *where = context;

    return es_source_bad(where->source, where->media + (offset - where->file), length, reason);
}

/* A part of one cluster that lies as it is in the file. */
static es_status read_plain(qcow *image, uint64_t entry, uint64_t offset, uint8_t *buffer,
                            uint64_t size)
{
    uint64_t at = entry & QCOW_OFFSET_MASK, held;
    placed where = { .source = image->source, .media = offset };
    es_status status = ES_OK;

    if (at % image->cluster_size != 0) {
        memset(buffer, 0, (size_t)size);
        return es_source_bad(image->source, offset, size, ES_WHY_TABLE);
    }
    at += offset % image->cluster_size;
    where.file = at;
    held = at < image->file->size ? image->file->size - at : 0;
    if (held > size)
        held = size;
    if (held)
        status = es_part_read(image->file, at, buffer, held, bad_in_file, &where);
    if (status != ES_OK || held == size)
        return status;
    memset(buffer + held, 0, (size_t)(size - held));
    return es_source_bad(image->source, offset + held, size - held, ES_WHY_OUTSIDE);
}

static es_status read_cluster(qcow *image, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    uint64_t number = offset / image->cluster_size, entry;
    const char *why = ES_WHY_TABLE;
    es_status status = find_cluster(image, number, &entry);

    if (status == ES_OK && (entry & QCOW_COMPRESSED)) {
        why = ES_WHY_CLUSTER;
        status = es_chunks_read(image->clusters, number, (uint32_t)(offset % image->cluster_size),
                                buffer, (uint32_t)size);
    } else if (status == ES_OK) {
        if ((entry & QCOW_OFFSET_MASK) != 0 &&
            !(image->header.version >= 3 && (entry & QCOW_ZERO)))
            return read_plain(image, entry, offset, buffer, size);
        memset(buffer, 0, (size_t)size);
    }
    if (status <= 0)
        return status;
    memset(buffer, 0, (size_t)size);
    return es_source_bad(image->source, offset, size, why);
}

static es_status read_qcow(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    qcow *image = source->state;
    es_status status = ES_OK;

    while (size > 0 && status == ES_OK) {
        uint64_t part = image->cluster_size - offset % image->cluster_size;

        if (part > size)
            part = size;
        status = read_cluster(image, offset, buffer, part);
        offset += part;
        buffer += part;
        size -= part;
    }
    return status;
}

static void close_qcow(void *state)
{
    qcow *image = state;

    es_chunks_free(image->clusters);
    es_chunks_free(image->tables);
    free(image->l1);
    free(image);
}

const es_format es_format_qcow = {
    .name = "QCOW2",
    .probe = probe_qcow,
    .open = open_qcow,
    .read = read_qcow,
    .close = close_qcow,
};
