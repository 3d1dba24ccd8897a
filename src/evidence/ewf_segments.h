/* SPDX-License-Identifier: Apache-2.0
 *
 * ewf_segments.h: the segment files of an EWF image, found and checked before libewf sees them.
 *
 * libewf 20140813 takes a list of files as it is given: it refuses a list with a gap, and after a
 * damaged section header it goes on with the next file and counts chunks from there, which puts
 * every later chunk in the wrong place. So the sections are walked here first. libewf is then
 * given the leading segments only, the last of them cut at the first section that is not whole,
 * and everything that lies behind is known to be bad before the first read.
 */
#ifndef ES_EVIDENCE_EWF_SEGMENTS_H
#define ES_EVIDENCE_EWF_SEGMENTS_H

#include "evidence/ewf_table.h"
#include "evidence/format.h"

typedef struct ewf_segment {
    es_part *file;
    uint16_t number;      /* as its file header says */
    uint64_t usable;      /* bytes up to the first section that is not whole */
    uint64_t n_chunks;    /* its tables count so many */
    size_t first_table, n_tables; /* where they were gathered */
    bool whole;           /* ends with "next" or "done" */
    bool last;            /* ends with "done" */
    bool logical;         /* has a file tree: L01 by another name */
    bool has_identifier;
    uint8_t identifier[16];   /* of the set */
    uint64_t n_media_sectors; /* 0: does not say */
} ewf_segment;

typedef struct ewf_segments {
    ewf_segment *list; /* number 1 first, without a gap: what libewf may be given */
    size_t n;
    uint64_t n_chunks;
    ewf_tables tables;
    char reason[ES_FILE_NAME_MAX + 160]; /* why chunks behind n_chunks are bad; empty: none are */
} ewf_segments;

bool ewf_is_segment(es_bytes head);
void ewf_segments_done(ewf_segments *segments);
es_status ewf_segments_find(es_source *source, ewf_segments *segments, es_note *reterr_note);

/* The name of segment `number` in the scheme of `name` (case.E01), which is segment `named`: false
 * when the scheme has no such segment or `name` follows none. */
bool ewf_segment_name(const char *name, unsigned named, unsigned number, char *ret_name,
                      size_t size);

#endif
