/* SPDX-License-Identifier: Apache-2.0
 *
 * format.h: what a container format is to source.c, and what source.c is to a format.
 *
 * A format is one const description: a probe that bids by content, open, read, close. They stand
 * in one list in source.c; the highest bid opens. A format maps media offsets to bytes and adds
 * what it could not trust to source->bad; counters, bounds, overlays and the damaged flag are
 * source.c's work.
 *
 * Evidence files are read by es_part_read() alone: it retries around bad sectors, survives a file
 * that shrinks, counts, and never maps.
 */
#ifndef ES_EVIDENCE_FORMAT_H
#define ES_EVIDENCE_FORMAT_H

#include "evidence/limits.h"
#include "evidence/ranges.h"
#include "evidence/source.h"

#include <esuscan/bytes.h>
#include <pthread.h>
#include <stdatomic.h>

/* Why bytes are bad, where more than one file says it. */
#define ES_WHY_MEDIUM "the medium could not be read here"
#define ES_WHY_SHRUNK "the image file ends here, though it was longer when it was opened"

typedef struct es_part {
    struct es_source *source; /* whose counters it turns */
    int fd;
    uint64_t size;
    bool device;
    uint32_t sector_size;
    char *name;
} es_part;

/* Told of each run of bytes (offsets of the file) that could not be read; they are zero. */
typedef es_status (*es_part_bad)(void *context, uint64_t offset, uint64_t length,
                                 const char *reason);

/* What a probe looks at: the first bytes of the file that was named, its last 512, its size. */
typedef struct es_probe {
    es_bytes head;
    es_bytes tail;
    uint64_t size;
    const char *name;
    es_source *source;
} es_probe;

typedef struct es_format {
    const char *name;
    int (*probe)(const es_probe *probe); /* 0: not mine; else how many bits speak for it */
    es_status (*open)(es_source *source, es_note *reterr_note);
    /* The range lies inside the media. Fills all of the buffer: zeros for what cannot be had. */
    es_status (*read)(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size);
    void (*close)(void *state);
} es_format;

typedef struct es_overlay {
    uint64_t offset;
    uint64_t size;
    uint8_t *data;
} es_overlay;

struct es_source {
    const es_format *format;
    void *state;      /* the format's */
    const char *name; /* of the format, finer than the table's: "split raw" */
    uint64_t size;
    uint32_t sector_size;

    es_evidence evidence;   /* borrowed; siblings are asked for while opening only */
    es_part **files;        /* the named ones first, then siblings as they were opened */
    size_t n_files;
    es_segment *segments;   /* what the media is made of, in order */
    size_t n_segments;
    es_acquisition acquisition; /* strings owned */
    es_source *parent;          /* of a delta image; owned */
    unsigned depth;             /* how many children this one has */
    bool in_parallel;           /* it is read on all processors already: share no read out */

    es_ranges bad;
    es_overlay overlays[ES_SOURCE_OVERLAYS_MAX];
    size_t n_overlays;

    atomic_uint medium_retries;
    atomic_uint_fast64_t reads, bytes, container_reads, container_bytes, chunks_inflated,
        bytes_inflated;
};

/* file.c */
es_status es_part_read(es_part *file, uint64_t offset, void *buffer, uint64_t size,
                       es_part_bad bad, void *context);
/* The same when it matters only whether all came: ES_CORRUPT when not. */
es_status es_part_peek(es_part *file, uint64_t offset, void *buffer, uint64_t size);
/* Ask for a file beside the image by its bare name and keep it in source->files. ES_ABSENT. */
es_status es_part_sibling(es_source *source, const char *name, es_part **ret_file);
es_status es_part_add(es_source *source, const es_evidence_file *given, es_part **ret_file);
/* Whether a name from an image may be asked for: not empty, no slash, no NUL, not too long. The
 * bare name (behind the last slash or backslash) of a path. */
const char *es_part_bare_name(const char *path);
bool es_part_name_ok(const char *name);

/* source.c */
es_status es_source_bad(es_source *source, uint64_t offset, uint64_t length, const char *reason);
es_status es_source_add_segment(es_source *source, const es_part *file);
es_status es_source_read_media(es_source *source, uint64_t offset, void *buffer, uint64_t size);
/* Open a parent image: the same tables, the caller's depth + 1. */
es_status es_source_open_parent(es_source *child, const char *name, es_source **ret_parent,
                                es_note *reterr_note);

/* refuse.c: name what is no image that we read. NULL when nothing is known of it. */
typedef struct es_refusal {
    const char *what;   /* "an EnCase 7 image (Ex01)" */
    const char *advice; /* what the examiner can do */
} es_refusal;
const es_refusal *es_refusal_find(const es_probe *probe);

static inline bool es_bytes_start(es_bytes bytes, uint64_t at, const void *magic, size_t size)
{
    return at <= bytes.size && size <= bytes.size - at && memcmp(bytes.data + at, magic, size) == 0;
}

extern const es_format es_format_raw, es_format_ewf, es_format_vmdk, es_format_vhdi,
    es_format_qcow;

#endif
