/* SPDX-License-Identifier: Apache-2.0
 *
 * evtx_inside.h: what the files of the event log reader share.
 *
 * evtx.c finds chunks and records, evtx_xml.c walks the binary XML of one record, evtx_value.c
 * renders values as text.
 */
#ifndef ES_WINDOWS_EVTX_INSIDE_H
#define ES_WINDOWS_EVTX_INSIDE_H

#include "windows/evtx.h"
#include "windows/limits.h"

#include <esuscan/bytes.h>

/* Types of values (libevtx documentation, "Value types"). */
#define ES_EVTX_NULL 0x00u
#define ES_EVTX_STRING 0x01u
#define ES_EVTX_BINARY 0x0eu
#define ES_EVTX_XML 0x21u
#define ES_EVTX_ARRAY 0x80u

/* Text of one event, gathered; `full` once it did not fit. */
typedef struct es_evtx_scratch {
    char *data;
    uint32_t used;
    bool full;
} es_evtx_scratch;

/* A value as it lies in the chunk. */
typedef struct es_evtx_value {
    uint32_t type;
    uint64_t at, size; /* in the chunk */
} es_evtx_value;

/* What one record says, while it is walked. */
typedef struct es_evtx_record {
    es_bytes chunk;
    es_evtx_scratch scratch;
    es_evtx_event event;
    es_text names[ES_EVTX_DATA_MAX], data[ES_EVTX_DATA_MAX];
    uint32_t steps;
    bool has_id;
    const uint8_t *wanted; /* a bit per identifier; NULL: all */
    bool unwanted;         /* decided when the identifier was met */
} es_evtx_record;

/* Walk the binary XML from `at` to `end` of the chunk. ES_OK: `event` holds what it says, or
 * `unwanted` is set; ES_CORRUPT; ES_LIMIT. */
es_status es_evtx_walk(es_evtx_record *record, uint64_t at, uint64_t end);

/* Append the value's text; arrays and binary XML are the walker's. */
void es_evtx_render(es_evtx_scratch *scratch, uint32_t type, es_bytes data);
/* Size of one item of an array of this type, 0 if its items are not of one size. */
uint32_t es_evtx_item_size(uint32_t type);
void es_evtx_put_utf16(es_evtx_scratch *scratch, es_bytes utf16);
void es_evtx_put_character(es_evtx_scratch *scratch, uint32_t character);

#endif
