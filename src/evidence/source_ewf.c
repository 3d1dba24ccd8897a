/* SPDX-License-Identifier: Apache-2.0
 *
 * source_ewf.c: E01, s01 and EWF-SMART images.
 *
 * libewf opens the segments and knows the metadata. Where a chunk lies the image's tables say
 * (ewf_table.h has the reason why libewf is not asked); it is read with one pread, and libdeflate
 * inflates it (2.7 times as fast as zlib) on as many threads as there are processors. The checksum
 * is compared here, because libewf answers a damaged chunk with zeros and success.
 *
 * libewf still finds and reads the chunks of a table that is damaged, for it knows ways around
 * some damage. It is not thread safe: one lock is held while it does, and no longer.
 *
 * libewf_handle_read_chunk() of 20140813 copies a compressed chunk into the buffer without looking
 * at the buffer's size, and the size comes from the image. The door through which libewf reads
 * therefore refuses any read larger than the buffer (ES_EWF_STORED_MAX).
 */
#include "evidence/bfio.h"
#include "evidence/chunks.h"
#include "evidence/crew.h"
#include "evidence/ewf_segments.h"
#include "evidence/format.h"

#include <inttypes.h>
#include <libdeflate.h>
#define HAVE_LIBBFIO 1 /* without it libewf.h hides its calls that take libbfio handles */
#include <libewf.h>
#include <stdio.h>
#include <stdlib.h>

#define ES_WHY_CHUNK "the stored checksum does not match, or the data does not inflate"
#define ES_WHY_LOST "the chunk is not in the image's tables or cannot be read"
#define ES_WHY_ACQUIRY "the acquisition could not read these sectors"

/* What one thread needs to turn a stored chunk into bytes; kept for the next one. */
typedef struct bench {
    struct bench *next;
    struct libdeflate_decompressor *inflater;
    uint8_t *stored; /* as large as what the door lets through */
    uint8_t *spare;  /* chunk_size: the last chunk may be stored longer than the media is */
} bench;

typedef struct gate {
    struct ewf *image;
    es_part *file;
} gate;

typedef struct ewf {
    es_source *source;
    ewf_segments segments;
    gate *gates; /* one for each segment */
    libewf_handle_t *handle;
    libbfio_pool_t *pool;
    pthread_mutex_t lock; /* of handle */
    uint32_t chunk_size;
    uint64_t n_chunks;      /* of the media */
    uint64_t stored_max;    /* size of bench.stored, and the most that the gates let through */
    bool bounded;           /* the gates look at it: chunks are being read */
    bool gate_damaged;      /* under `lock`: the gate gave zeros for a bad sector */
    pthread_mutex_t bench_lock;
    bench *benches;
    es_chunks *cache;
    es_crew *crew;
} ewf;

/* ---------------------------------------------------------------- libewf's way to the files */

static es_status gate_bad(void *context, uint64_t offset, uint64_t length, const char *reason)
{
    (void)offset;
    (void)length;
    (void)reason;
    ((gate *)context)->image->gate_damaged = true;
    return ES_OK;
}

static es_status gate_read(void *context, uint64_t offset, void *buffer, uint64_t size,
                           bool *ret_damaged)
{
    gate *g = context;

    (void)ret_damaged;
    if (g->image->bounded && size > g->image->stored_max)
        return ES_IO; /* libewf gives the chunk up */
    return es_part_read(g->file, offset, buffer, size, gate_bad, g);
}

static es_status fill_pool(ewf *image)
{
    size_t n = image->segments.n;

    image->gates = calloc(n, sizeof *image->gates);
    if (!image->gates || libbfio_pool_initialize(&image->pool, 0, 0, NULL) != 1)
        return ES_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const ewf_segment *segment = &image->segments.list[i];
        libbfio_handle_t *handle = NULL;
        es_status status;
        int entry;

        image->gates[i] = (gate){ .image = image, .file = segment->file };
        status = es_bfio_new(gate_read, &image->gates[i], segment->usable, NULL, &handle);
        if (status != ES_OK)
            return status;
        if (libbfio_pool_append_handle(image->pool, &entry, handle, LIBBFIO_ACCESS_FLAG_READ,
                                       NULL) != 1) {
            libbfio_handle_free(&handle, NULL);
            return ES_NOMEM;
        }
    }
    return ES_OK;
}

static void refuse(const ewf *image, libewf_error_t *error, es_note *note)
{
    char words[ES_NOTE_TEXT_MAX / 2] = "";

    if (error)
        libewf_error_sprint(error, words, sizeof words);
    for (char *at = words; *at; at++) {
        if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
            *at = ' ';
    }
    es_note_set(note, ES_SEVERITY_ERROR, "image", "%s begins as an E01 image but cannot be opened: "
                "its headers are damaged (libewf: %s).", image->source->files[0]->name,
                words[0] ? words : "no reason given");
}

static es_status open_handle(ewf *image, es_note *note)
{
    libewf_error_t *error = NULL;
    es_status status = fill_pool(image);

    if (status != ES_OK)
        return status;
    if (libewf_handle_initialize(&image->handle, &error) != 1) {
        libewf_error_free(&error);
        return ES_NOMEM;
    }
    if (libewf_handle_open_file_io_pool(image->handle, image->pool, LIBEWF_ACCESS_FLAG_READ,
                                        &error) != 1) {
        refuse(image, error, note);
        libewf_error_free(&error);
        return ES_CORRUPT;
    }
    return ES_OK;
}

/* ---------------------------------------------------------------- what the image says */

static es_status lay_out(ewf *image, es_note *note)
{
    es_source *source = image->source;
    size64_t media_size = 0;
    size32_t chunk_size = 0;
    uint32_t sector_size = 0;

    if (libewf_handle_get_media_size(image->handle, &media_size, NULL) != 1 ||
        libewf_handle_get_chunk_size(image->handle, &chunk_size, NULL) != 1 ||
        libewf_handle_get_bytes_per_sector(image->handle, &sector_size, NULL) != 1 ||
        chunk_size == 0 || chunk_size > ES_EWF_CHUNK_SIZE_MAX || sector_size == 0 ||
        media_size > ES_MEDIA_SIZE_MAX) {
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%s does not say how its media is laid out, "
                    "or says something impossible.", source->files[0]->name);
        return ES_CORRUPT;
    }
    source->size = media_size;
    source->sector_size = sector_size;
    image->chunk_size = chunk_size;
    image->n_chunks = media_size / chunk_size + (media_size % chunk_size != 0);
    image->stored_max = (uint64_t)chunk_size * 2;
    if (image->stored_max < ES_LIBRARY_READ_MAX)
        image->stored_max = ES_LIBRARY_READ_MAX;
    return ES_OK;
}

static es_status known_bad(ewf *image)
{
    uint64_t present = image->segments.n_chunks, lost;
    uint32_t n_errors = 0;
    es_status status = ES_OK;

    if (present < image->n_chunks) {
        lost = present * image->chunk_size;
        status = es_source_bad(image->source, lost, image->source->size - lost,
                               image->segments.reason[0] ? image->segments.reason
                                                         : "the image's tables end before here");
    }
    if (libewf_handle_get_number_of_acquiry_errors(image->handle, &n_errors, NULL) != 1)
        n_errors = 0;
    for (uint32_t i = 0; i < n_errors && status == ES_OK; i++) {
        uint64_t start, n, sector = image->source->sector_size;

        if (libewf_handle_get_acquiry_error(image->handle, i, &start, &n, NULL) != 1 ||
            start > image->source->size / sector)
            continue;
        if (i >= ES_EWF_ACQUIRY_ERRORS_MAX || n > image->source->size / sector)
            n = image->source->size / sector;
        status = es_source_bad(image->source, start * sector, n * sector, ES_WHY_ACQUIRY);
        if (i >= ES_EWF_ACQUIRY_ERRORS_MAX)
            break;
    }
    return status;
}

static const char *header_value(ewf *image, const char *name)
{
    const uint8_t *key = (const uint8_t *)name;
    size_t size = 0;
    char *text;

    if (libewf_handle_get_utf8_header_value_size(image->handle, key, strlen(name), &size, NULL) !=
            1 ||
        size <= 1 || size > ES_ACQUISITION_TEXT_MAX)
        return NULL;
    text = calloc(1, size + 1);
    if (!text)
        return NULL;
    if (libewf_handle_get_utf8_header_value(image->handle, key, strlen(name), (uint8_t *)text,
                                            size, NULL) != 1) {
        free(text);
        return NULL;
    }
    return text;
}

static const char *hex(const uint8_t *data, size_t size)
{
    char *text = malloc(size * 2 + 1);

    for (size_t i = 0; text && i < size; i++)
        snprintf(text + i * 2, 3, "%02x", data[i]);
    return text;
}

static void read_acquisition(ewf *image)
{
    es_acquisition *a = &image->source->acquisition;
    uint8_t digest[20];

    a->present = true;
    libewf_handle_set_header_values_date_format(image->handle, LIBEWF_DATE_FORMAT_ISO8601, NULL);
    a->case_number = header_value(image, "case_number");
    a->evidence_number = header_value(image, "evidence_number");
    a->examiner = header_value(image, "examiner_name");
    a->description = header_value(image, "description");
    a->notes = header_value(image, "notes");
    a->acquired = header_value(image, "acquiry_date");
    a->system_date = header_value(image, "system_date");
    a->software = header_value(image, "acquiry_software_version");
    a->os = header_value(image, "acquiry_operating_system");
    if (libewf_handle_get_md5_hash(image->handle, digest, 16, NULL) == 1)
        a->md5 = hex(digest, 16);
    if (libewf_handle_get_sha1_hash(image->handle, digest, 20, NULL) == 1)
        a->sha1 = hex(digest, 20);
}

/* ---------------------------------------------------------------- chunks */

static bench *take_bench(ewf *image)
{
    bench *b;

    pthread_mutex_lock(&image->bench_lock);
    b = image->benches;
    if (b)
        image->benches = b->next;
    pthread_mutex_unlock(&image->bench_lock);
    if (b)
        return b;
    b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->inflater = libdeflate_alloc_decompressor();
    b->stored = malloc((size_t)image->stored_max);
    b->spare = malloc(image->chunk_size);
    if (b->inflater && b->stored && b->spare)
        return b;
    if (b->inflater)
        libdeflate_free_decompressor(b->inflater);
    free(b->stored);
    free(b->spare);
    free(b);
    return NULL;
}

static void put_bench(ewf *image, bench *b)
{
    pthread_mutex_lock(&image->bench_lock);
    b->next = image->benches;
    image->benches = b;
    pthread_mutex_unlock(&image->bench_lock);
}

typedef struct stored_chunk {
    uint64_t size; /* of the data in bench.stored, without the checksum behind it */
    bool compressed;
    bool has_checksum;
    uint32_t checksum;
    bool damaged; /* the medium below could not be read */
} stored_chunk;

static es_status chunk_bad(void *context, uint64_t offset, uint64_t length, const char *reason)
{
    (void)offset;
    (void)length;
    (void)reason;
    *(bool *)context = true;
    return ES_OK;
}

/* Read the chunk as it is stored from where the image's tables say it lies. ES_UNSUPPORTED: they
 * are not to be relied on, ask libewf. */
static es_status fetch_placed(ewf *image, uint64_t number, uint8_t *data, stored_chunk *ret)
{
    ewf_place place;
    uint64_t held, most = image->stored_max;
    es_status status = ewf_tables_find(&image->segments.tables, number, &place);

    if (status != ES_OK)
        return status;
    held = place.size;
    if (!place.compressed) {
        if (held <= 4)
            return ES_UNSUPPORTED;
        most = (uint64_t)image->chunk_size + 4;
    }
    if (held > most) {
        if (!place.last)
            return ES_UNSUPPORTED;
        held = most;
    }
    ret->damaged = false;
    status = es_part_read(place.file, place.offset, data, held, chunk_bad, &ret->damaged);
    if (status != ES_OK)
        return status;
    ret->compressed = place.compressed;
    ret->has_checksum = !place.compressed;
    ret->size = held - (place.compressed ? 0 : 4);
    if (!place.compressed)
        ret->checksum = (uint32_t)data[ret->size] | (uint32_t)data[ret->size + 1] << 8 |
                        (uint32_t)data[ret->size + 2] << 16 | (uint32_t)data[ret->size + 3] << 24;
    return ES_OK;
}

/* Let libewf find and read the chunk as it is stored. False when it cannot. */
static bool fetch_by_libewf(ewf *image, uint64_t number, uint8_t *data, stored_chunk *ret)
{
    uint8_t checksum[4] = { 0 };
    int8_t compressed = 0, has_checksum = 0;
    uint32_t ignored = 0;
    ssize_t n = -1;

    pthread_mutex_lock(&image->lock);
    image->gate_damaged = false;
    if (libewf_handle_seek_offset(image->handle, (off64_t)(number * image->chunk_size), SEEK_SET,
                                  NULL) >= 0)
        n = libewf_handle_read_chunk(image->handle, data, (size_t)image->stored_max, &compressed,
                                     checksum, &ignored, &has_checksum, NULL);
    ret->damaged = image->gate_damaged;
    pthread_mutex_unlock(&image->lock);
    if (n <= 0 || (uint64_t)n > image->stored_max || (has_checksum && n <= 4))
        return false;
    ret->compressed = compressed != 0;
    ret->has_checksum = has_checksum != 0;
    ret->size = (uint64_t)n - (has_checksum ? 4 : 0);
    ret->checksum = (uint32_t)checksum[0] | (uint32_t)checksum[1] << 8 |
                    (uint32_t)checksum[2] << 16 | (uint32_t)checksum[3] << 24;
    return true;
}

/* `size` bytes of media from a stored chunk; false when they are not to be trusted. */
static bool unpack(ewf *image, bench *b, const stored_chunk *stored, uint8_t *data, uint32_t size)
{
    size_t got = 0;
    uint8_t *into = size == image->chunk_size ? data : b->spare;

    if (!stored->compressed) {
        if (stored->size < size || stored->size > image->chunk_size || !stored->has_checksum ||
            libdeflate_adler32(1, b->stored, (size_t)stored->size) != stored->checksum)
            return false;
        memcpy(data, b->stored, size);
        return true;
    }
    if (libdeflate_zlib_decompress(b->inflater, b->stored, (size_t)stored->size, into,
                                   image->chunk_size, &got) != LIBDEFLATE_SUCCESS ||
        got < size)
        return false;
    if (into != data)
        memcpy(data, into, size);
    atomic_fetch_add(&image->source->chunks_inflated, 1);
    atomic_fetch_add(&image->source->bytes_inflated, got);
    return true;
}

/* Chunk `number` into `data` (chunk_size bytes, or less where the media ends). A chunk that cannot
 * be trusted is zero and a bad range. */
static es_status make_chunk(void *context, uint64_t number, uint8_t *data)
{
    ewf *image = context;
    uint64_t at = number * image->chunk_size;
    uint32_t size = image->chunk_size;
    stored_chunk stored = { 0 };
    const char *why = NULL;
    es_status status;
    bench *b;

    if (image->source->size - at < size)
        size = (uint32_t)(image->source->size - at);
    if (number >= image->segments.n_chunks) { /* known from the start, with its reason */
        memset(data, 0, size);
        return ES_OK;
    }
    b = take_bench(image);
    if (!b)
        return ES_NOMEM;
    status = fetch_placed(image, number, b->stored, &stored);
    if (status < 0) {
        put_bench(image, b);
        return status;
    }
    if (status != ES_OK && !fetch_by_libewf(image, number, b->stored, &stored))
        why = ES_WHY_LOST;
    else if (!unpack(image, b, &stored, data, size))
        why = stored.damaged ? ES_WHY_MEDIUM : ES_WHY_CHUNK;
    put_bench(image, b);
    if (!why)
        return ES_OK;
    memset(data, 0, size);
    return es_source_bad(image->source, at, size, why);
}

/* ---------------------------------------------------------------- reading */

typedef struct bulk {
    ewf *image;
    uint64_t first;
    uint8_t *buffer;
    atomic_int status;
} bulk;

static void make_bulk(void *context, uint64_t number)
{
    bulk *work = context;
    ewf *image = work->image;
    uint8_t *data = work->buffer + number * image->chunk_size;
    es_status status;

    if (es_chunks_peek(image->cache, work->first + number, 0, data, image->chunk_size))
        return;
    status = make_chunk(image, work->first + number, data);
    if (status != ES_OK)
        atomic_store(&work->status, status);
}

/* Whole chunks straight into the caller's buffer, on all processors, around the cache: a hive of
 * 66 MB would only drive out what is wanted again. */
static es_status read_bulk(ewf *image, uint64_t first, uint64_t n, uint8_t *buffer)
{
    bulk work = { .image = image, .first = first, .buffer = buffer };

    if (image->source->in_parallel)
        for (uint64_t i = 0; i < n; i++)
            make_bulk(&work, i);
    else
        es_crew_run(image->crew, make_bulk, &work, n);
    return atomic_load(&work.status);
}

static es_status read_ewf(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    ewf *image = source->state;
    es_status status = ES_OK;

    while (size > 0 && status == ES_OK) {
        uint64_t number = offset / image->chunk_size;
        uint32_t at = (uint32_t)(offset % image->chunk_size);
        uint64_t part = image->chunk_size - at, n = size / image->chunk_size;

        if (part > size)
            part = size;
        if (at == 0 && n >= (source->in_parallel ? 1 : ES_EWF_PARALLEL_CHUNKS)) {
            part = n * image->chunk_size;
            status = read_bulk(image, number, n, buffer);
        } else {
            status = es_chunks_read(image->cache, number, at, buffer, (uint32_t)part);
        }
        offset += part;
        buffer += part;
        size -= part;
    }
    return status;
}

/* ---------------------------------------------------------------- the format */

static int probe_ewf(const es_probe *probe)
{
    return ewf_is_segment(probe->head) ? 64 : 0;
}

static es_status prepare(ewf *image)
{
    es_status status = ES_OK;

    for (size_t i = 0; i < image->segments.n && status == ES_OK; i++)
        status = es_source_add_segment(image->source, image->segments.list[i].file);
    if (status != ES_OK)
        return status;
    image->cache = es_chunks_new(image->chunk_size, make_chunk, image);
    image->crew = es_crew_new(image->source->evidence.threads);
    return image->cache && image->crew ? ES_OK : ES_NOMEM;
}

static es_status open_ewf(es_source *source, es_note *note)
{
    ewf *image = calloc(1, sizeof *image);
    es_status status;

    if (!image)
        return ES_NOMEM;
    image->source = source;
    pthread_mutex_init(&image->lock, NULL);
    pthread_mutex_init(&image->bench_lock, NULL);
    source->state = image;
    status = ewf_segments_find(source, &image->segments, note);
    if (status == ES_OK && image->segments.list[0].logical) {
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is a logical evidence file (L01): it "
                    "holds files, not a disk. Acquire the disk itself.", source->files[0]->name);
        status = ES_UNSUPPORTED;
    }
    if (status == ES_OK)
        status = open_handle(image, note);
    if (status == ES_OK)
        status = lay_out(image, note);
    if (status == ES_OK)
        status = known_bad(image);
    if (status == ES_OK)
        status = prepare(image);
    if (status != ES_OK)
        return status;
    read_acquisition(image);
    image->bounded = true;
    return ES_OK;
}

static void close_ewf(void *state)
{
    ewf *image = state;

    es_crew_free(image->crew);
    es_chunks_free(image->cache);
    if (image->handle) {
        libewf_handle_close(image->handle, NULL);
        libewf_handle_free(&image->handle, NULL);
    }
    if (image->pool)
        libbfio_pool_free(&image->pool, NULL);
    while (image->benches) {
        bench *b = image->benches;

        image->benches = b->next;
        libdeflate_free_decompressor(b->inflater);
        free(b->stored);
        free(b->spare);
        free(b);
    }
    pthread_mutex_destroy(&image->bench_lock);
    pthread_mutex_destroy(&image->lock);
    ewf_segments_done(&image->segments);
    free(image->gates);
    free(image);
}

const es_format es_format_ewf = {
    .name = "E01",
    .probe = probe_ewf,
    .open = open_ewf,
    .read = read_ewf,
    .close = close_ewf,
};
