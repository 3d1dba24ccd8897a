/* SPDX-License-Identifier: Apache-2.0
 *
 * source.h: the bytes of an image. Every byte of evidence enters the program here.
 *
 * A source is the media a container holds: sector 0 is at offset 0 whatever the container is.
 * Containers are told apart by content, never by name; one that we cannot read is refused by
 * name (ES_UNSUPPORTED and a note), never read as raw. Files are opened read-only by the parent
 * and read with pread(2), never mapped.
 *
 * Units: offsets and sizes are bytes of the media. Ownership: es_source_open() hands over a
 * source, es_source_free() closes it; descriptors given in es_evidence stay the caller's.
 * Errors: positive = the image's answer, negative = our failure; words in `reterr_note`.
 * Threading: es_source_read() may be called from any number of threads at once.
 */
#ifndef ES_EVIDENCE_SOURCE_H
#define ES_EVIDENCE_SOURCE_H

#include "base/note.h"
#include <esuscan/types.h>
#include <stdbool.h>

typedef struct es_source es_source;

/* One file of the evidence as the parent opened it. `name` is its bare name. */
typedef struct es_evidence_file {
    int fd;
    uint64_t size;  /* bytes; of a block device, of the device */
    bool device;
    uint32_t sector_size; /* logical sector of a block device, else 0 */
    const char *name;
} es_evidence_file;

/* What the examiner named, and the door to what lies beside it. `sibling` asks for another file
 * of the same folder by its bare name (no slash; a regular file): segments, extents, parents.
 * It gives ES_ABSENT when there is none. It is called by one thread at a time. */
typedef struct es_evidence {
    const es_evidence_file *files;
    size_t n_files; /* at least 1; the first is the one named first */
    es_status (*sibling)(void *context, const char *name, es_evidence_file *ret_file);
    void *context;
    unsigned threads; /* to use at most; 0: as many as there are processors */
} es_evidence;

/* A range of the media that could not be trusted, and why ("checksum of chunk 17 does not
 * match", "segment case.E02 is missing"). Borrowed from the source. */
typedef struct es_bad_range {
    uint64_t offset;
    uint64_t length;
    const char *reason;
} es_bad_range;

/* A segment, extent or parent that was opened, in order. */
typedef struct es_segment {
    const char *name;
    uint64_t size;
} es_segment;

/* What the container itself says of the acquisition. NULL where it says nothing. UTF-8. */
typedef struct es_acquisition {
    const char *case_number, *evidence_number, *examiner, *description, *notes;
    const char *acquired, *system_date; /* as the container states them, ISO 8601 when they parse */
    const char *software, *os;
    const char *md5, *sha1; /* stored digests of the media, lower-case hex */
    bool present; /* the container can hold such data */
} es_acquisition;

typedef struct es_counters {
    uint64_t reads;           /* es_source_read() calls */
    uint64_t bytes;           /* bytes these asked for */
    uint64_t container_reads; /* pread(2) calls on evidence files (those a library made are counted
                                 at our libbfio door) */
    uint64_t container_bytes;
    uint64_t chunks_inflated; /* E01 */
    uint64_t bytes_inflated;
} es_counters;

/* Open the image. On refusal `reterr_note` says what it is and what the examiner can do. On success
 * its text is empty, or a gap to be reported beside the bad ranges (a VHDX whose log was not
 * replayed). `evidence` is used while opening only; its descriptors and those that `sibling` gave
 * stay the caller's and stay open until the source is freed. */
es_status es_source_open(const es_evidence *evidence, es_source **ret_source, es_note *reterr_note);
es_source *es_source_free(es_source *source);

/* Another reading of the same media: a source of the same size whose bytes `read` gives. It fills the
 * buffer (zeros for what cannot be had) and sets `ret_damaged` as es_source_read() does, returns
 * ES_OK or our failure, and may be called from any thread. `below` is borrowed. */
typedef es_status (*es_source_view_fn)(void *context, uint64_t offset, void *buffer, uint64_t size,
                                       bool *ret_damaged);
es_status es_source_open_view(es_source *below, es_source_view_fn read, void *context,
                              es_source **ret_view);

/* Read `size` bytes at `offset` into `buffer`, which is always filled: bytes that could not be had
 * are zero. `ret_damaged` (may be NULL) is set true when any byte of the range cannot be trusted
 * and is left alone otherwise. A read that starts or ends behind the media gives ES_END and zeros
 * there. Negative only for our own failures; a medium's read error is damage, not a failure. */
es_status es_source_read(es_source *source, uint64_t offset, void *buffer, uint64_t size,
                         bool *ret_damaged);

uint64_t es_source_size(const es_source *source);
uint32_t es_source_sector_size(const es_source *source); /* as the container states; 512 if not */
const char *es_source_format(const es_source *source); /* "raw", "split raw", "E01", "VMDK", … */
size_t es_source_segments(const es_source *source, const es_segment **ret_segments);
const es_acquisition *es_source_acquisition(const es_source *source);
void es_source_counters(const es_source *source, es_counters *ret_counters);

/* The bad ranges known so far, sorted and merged; copied out so that readers may go on. The array
 * and its strings are the caller's, freed with es_bad_ranges_free(). */
es_status es_source_bad_ranges(es_source *source, es_bad_range **ret_ranges, size_t *ret_n);
void es_bad_ranges_free(es_bad_range *ranges, size_t n);

/* Whether bytes of this range are already known to be bad (reads nothing). */
bool es_source_is_damaged(es_source *source, uint64_t offset, uint64_t length);

/* Lay `replacement` over the media from now on: how a good backup boot sector stands in for a bad
 * first one. Copied. At most ES_SOURCE_OVERLAYS_MAX; to be called before readers run in parallel. */
es_status es_source_overlay(es_source *source, uint64_t offset, es_bytes replacement);

/* Hash the whole media. Reads every byte once, chunks prepared in parallel. Overlays are not hashed;
 * bytes that could not be had are zeros. `progress` may be NULL; it is called by the caller's own
 * thread. Hex, lower case; a digest that was not wanted is empty. */
#define ES_DIGEST_MD5 1u
#define ES_DIGEST_SHA1 2u
#define ES_DIGEST_SHA256 4u
#define ES_DIGEST_ALL 7u
typedef struct es_digests {
    char md5[33];
    char sha1[41];
    char sha256[65];
} es_digests;
es_status es_source_digest(es_source *source, unsigned wanted,
                           void (*progress)(void *, uint64_t done, uint64_t all), void *context,
                           es_digests *ret_digests);

#endif
