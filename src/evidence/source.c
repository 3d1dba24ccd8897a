/* SPDX-License-Identifier: Apache-2.0
 *
 * source.c: the one door to the bytes of an image.
 *
 * Opening: the first file is looked at, every format bids, the highest bid opens. What no format
 * may read (a compressed file, a container of another kind) is refused by name before raw, which
 * would take anything, has its say.
 *
 * Reading: bounds, then the format, then the overlays, then one question to the list of bad
 * ranges. Formats never see overlays, and the digests neither: they hash what the container holds.
 */
#include "evidence/source.h"

#include "evidence/format.h"

#include <inttypes.h>
#include <stdlib.h>

/* In order of preference where bids are equal. Raw bids least of all. */
static const es_format *const formats[] = {
    &es_format_ewf, &es_format_vmdk, &es_format_vhdi, &es_format_qcow, &es_format_raw,
};

#define N_FORMATS (sizeof formats / sizeof *formats)

es_status es_source_bad(es_source *source, uint64_t offset, uint64_t length, const char *reason)
{
    if (offset >= source->size)
        return ES_OK;
    if (length > source->size - offset)
        length = source->size - offset;
    return es_ranges_add(&source->bad, offset, length, reason);
}

es_status es_source_add_segment(es_source *source, const es_part *file)
{
    es_segment *list = realloc(source->segments, (source->n_segments + 1) * sizeof *list);

    if (!list)
        return ES_NOMEM;
    source->segments = list;
    list[source->n_segments++] = (es_segment){ .name = file->name, .size = file->size };
    return ES_OK;
}

/* ---------------------------------------------------------------- opening */

static es_status look(es_source *source, uint8_t *head, uint8_t *tail, es_probe *probe,
                      es_note *note)
{
    es_part *file = source->files[0];
    uint64_t head_size = file->size < ES_PROBE_HEAD_SIZE ? file->size : ES_PROBE_HEAD_SIZE;
    uint64_t tail_size = file->size < ES_PROBE_TAIL_SIZE ? file->size : ES_PROBE_TAIL_SIZE;
    es_status status;

    if (file->size == 0) {
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is empty: there is nothing to read.",
                    file->name);
        return ES_CORRUPT;
    }
    status = es_part_read(file, 0, head, head_size, NULL, NULL);
    if (status == ES_OK)
        status = es_part_read(file, file->size - tail_size, tail, tail_size, NULL, NULL);
    if (status != ES_OK)
        return status;
    *probe = (es_probe){
        .head = { head, head_size },
        .tail = { tail, tail_size },
        .size = file->size,
        .name = file->name,
        .source = source,
    };
    return ES_OK;
}

static es_status choose(es_source *source, const es_probe *probe, es_note *note)
{
    const es_refusal *refusal;
    int best = 0;

    for (size_t i = 0; i < N_FORMATS; i++) {
        int bid = formats[i]->probe(probe);

        if (bid > best) {
            best = bid;
            source->format = formats[i];
        }
    }
    if (source->format && source->format != &es_format_raw)
        return ES_OK;
    refusal = es_refusal_find(probe);
    if (refusal) {
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is %s, which this version does not read. %s",
                    probe->name, refusal->what, refusal->advice);
        return ES_UNSUPPORTED;
    }
    return source->format ? ES_OK : ES_BUG;
}

static es_status check_media(es_source *source, es_note *note)
{
    if (source->size > ES_MEDIA_SIZE_MAX) {
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%s claims a media size of %" PRIu64
                    " bytes, which no disk has.", source->files[0]->name, source->size);
        return ES_LIMIT;
    }
    if (source->size == 0) {
        es_note_set(note, ES_SEVERITY_ERROR, "image", "%s holds a media of 0 bytes: there is "
                    "nothing to read.", source->files[0]->name);
        return ES_CORRUPT;
    }
    if (source->sector_size == 0)
        source->sector_size = 512;
    return ES_OK;
}

static es_status open_into(es_source *source, es_note *note)
{
    uint8_t *head = malloc(ES_PROBE_HEAD_SIZE);
    uint8_t tail[ES_PROBE_TAIL_SIZE];
    es_probe probe;
    es_part *file;
    es_status status = head ? ES_OK : ES_NOMEM;

    for (size_t i = 0; i < source->evidence.n_files && status == ES_OK; i++)
        status = es_part_add(source, &source->evidence.files[i], &file);
    if (status == ES_OK)
        status = look(source, head, tail, &probe, note);
    if (status == ES_OK)
        status = choose(source, &probe, note);
    if (status == ES_OK) {
        source->name = source->format->name;
        status = source->format->open(source, note);
    }
    if (status == ES_OK)
        status = check_media(source, note);
    free(head);
    return status;
}

static es_status open_at_depth(const es_evidence *evidence, unsigned depth, es_source **ret_source,
                               es_note *note)
{
    es_source *source;
    es_status status;

    if (note)
        *note = (es_note){ 0 };
    if (!evidence || evidence->n_files == 0)
        return ES_BUG;
    source = calloc(1, sizeof *source);
    if (!source)
        return ES_NOMEM;
    source->evidence = *evidence;
    source->depth = depth;
    es_ranges_init(&source->bad);
    status = open_into(source, note);
    if (status != ES_OK) {
        if (note && !note->text[0])
            es_note_set(note, ES_SEVERITY_ERROR, "image", "%s could not be opened: %s.",
                        evidence->files[0].name,
                        status == ES_NOMEM ? "out of memory" : "it could not be read");
        es_source_free(source);
        return status;
    }
    *ret_source = source;
    return ES_OK;
}

es_status es_source_open(const es_evidence *evidence, es_source **ret_source, es_note *reterr_note)
{
    return open_at_depth(evidence, 0, ret_source, reterr_note);
}

es_status es_source_open_parent(es_source *child, const char *name, es_source **ret_parent,
                                es_note *reterr_note)
{
    es_evidence_file file;
    es_evidence evidence;
    es_part *beside;
    es_status status;

    if (child->depth + 1 > ES_PARENTS_MAX)
        return ES_LIMIT;
    status = es_part_sibling(child, name, &beside);
    if (status != ES_OK)
        return status;
    file = (es_evidence_file){
        .fd = beside->fd,
        .size = beside->size,
        .device = beside->device,
        .sector_size = beside->sector_size,
        .name = beside->name,
    };
    evidence = (es_evidence){
        .files = &file,
        .n_files = 1,
        .sibling = child->evidence.sibling,
        .context = child->evidence.context,
        .threads = child->evidence.threads,
    };
    return open_at_depth(&evidence, child->depth + 1, ret_parent, reterr_note);
}

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void free_acquisition(es_acquisition *a)
{
    free_text(a->case_number);
    free_text(a->evidence_number);
    free_text(a->examiner);
    free_text(a->description);
    free_text(a->notes);
    free_text(a->acquired);
    free_text(a->system_date);
    free_text(a->software);
    free_text(a->os);
    free_text(a->md5);
    free_text(a->sha1);
}

es_source *es_source_free(es_source *source)
{
    if (!source)
        return NULL;
    if (source->format && source->state)
        source->format->close(source->state);
    es_source_free(source->parent);
    for (size_t i = 0; i < source->n_files; i++) {
        free(source->files[i]->name);
        free(source->files[i]);
    }
    for (size_t i = 0; i < source->n_overlays; i++)
        free(source->overlays[i].data);
    free_acquisition(&source->acquisition);
    es_ranges_done(&source->bad);
    free(source->segments);
    free(source->files);
    free(source);
    return NULL;
}

/* ---------------------------------------------------------------- reading */

es_status es_source_read_media(es_source *source, uint64_t offset, void *buffer, uint64_t size)
{
    return size ? source->format->read(source, offset, buffer, size) : ES_OK;
}

/* Where [offset, offset + size) and the overlay meet. */
static bool meets(const es_overlay *overlay, uint64_t offset, uint64_t size, uint64_t *ret_start,
                  uint64_t *ret_end)
{
    uint64_t end = offset + size, overlay_end = overlay->offset + overlay->size;

    *ret_start = offset > overlay->offset ? offset : overlay->offset;
    *ret_end = end < overlay_end ? end : overlay_end;
    return *ret_start < *ret_end;
}

static void lay_over(const es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    for (size_t i = 0; i < source->n_overlays; i++) {
        const es_overlay *overlay = &source->overlays[i];
        uint64_t start, end;

        if (meets(overlay, offset, size, &start, &end))
            memcpy(buffer + (start - offset), overlay->data + (start - overlay->offset),
                   (size_t)(end - start));
    }
}

/* Bytes under an overlay are the overlay's and not damaged: ask about what lies between. */
static bool damaged_between(es_source *source, size_t from, uint64_t offset, uint64_t size)
{
    uint64_t start, end;

    for (size_t i = from; i < source->n_overlays; i++) {
        if (meets(&source->overlays[i], offset, size, &start, &end))
            return damaged_between(source, i + 1, offset, start - offset) ||
                   damaged_between(source, i + 1, end, offset + size - end);
    }
    return es_ranges_touch(&source->bad, offset, size);
}

bool es_source_is_damaged(es_source *source, uint64_t offset, uint64_t length)
{
    if (offset >= source->size)
        return false;
    if (length > source->size - offset)
        length = source->size - offset;
    return damaged_between(source, 0, offset, length);
}

es_status es_source_read(es_source *source, uint64_t offset, void *buffer, uint64_t size,
                         bool *ret_damaged)
{
    uint64_t inside;
    es_status status;

    atomic_fetch_add(&source->reads, 1);
    atomic_fetch_add(&source->bytes, size);
    inside = offset >= source->size ? 0 : source->size - offset;
    if (inside > size)
        inside = size;
    status = es_source_read_media(source, offset, buffer, inside);
    if (status != ES_OK)
        return status;
    if (inside < size)
        memset((uint8_t *)buffer + inside, 0, (size_t)(size - inside));
    if (source->n_overlays)
        lay_over(source, offset, buffer, inside);
    if (ret_damaged && es_source_is_damaged(source, offset, inside))
        *ret_damaged = true;
    return inside < size ? ES_END : ES_OK;
}

es_status es_source_overlay(es_source *source, uint64_t offset, es_bytes replacement)
{
    es_overlay *overlay;

    if (replacement.size == 0)
        return ES_OK;
    if (source->n_overlays == ES_SOURCE_OVERLAYS_MAX ||
        replacement.size > ES_SOURCE_OVERLAY_SIZE_MAX)
        return ES_LIMIT;
    if (offset >= source->size || replacement.size > source->size - offset)
        return ES_END;
    overlay = &source->overlays[source->n_overlays];
    overlay->data = malloc((size_t)replacement.size);
    if (!overlay->data)
        return ES_NOMEM;
    memcpy(overlay->data, replacement.data, (size_t)replacement.size);
    overlay->offset = offset;
    overlay->size = replacement.size;
    source->n_overlays++;
    return ES_OK;
}

/* ---------------------------------------------------------------- asking */

uint64_t es_source_size(const es_source *source)
{
    return source->size;
}

uint32_t es_source_sector_size(const es_source *source)
{
    return source->sector_size;
}

const char *es_source_format(const es_source *source)
{
    return source->name;
}

size_t es_source_segments(const es_source *source, const es_segment **ret_segments)
{
    *ret_segments = source->segments;
    return source->n_segments;
}

const es_acquisition *es_source_acquisition(const es_source *source)
{
    return &source->acquisition;
}

void es_source_counters(const es_source *source, es_counters *ret_counters)
{
    es_counters counters = { 0 };

    counters.reads = atomic_load(&source->reads);
    counters.bytes = atomic_load(&source->bytes);
    for (const es_source *one = source; one; one = one->parent) {
        counters.container_reads += atomic_load(&one->container_reads);
        counters.container_bytes += atomic_load(&one->container_bytes);
        counters.chunks_inflated += atomic_load(&one->chunks_inflated);
        counters.bytes_inflated += atomic_load(&one->bytes_inflated);
    }
    *ret_counters = counters;
}

es_status es_source_bad_ranges(es_source *source, es_bad_range **ret_ranges, size_t *ret_n)
{
    return es_ranges_copy(&source->bad, ret_ranges, ret_n);
}
