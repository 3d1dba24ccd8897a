/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_header.h: the base block, the first 512 bytes of a hive and of each of its logs.
 *
 * hivex has no interface for sequence numbers or for the test whether a hive is dirty, so they are
 * read here. Layout: M. Suhanov, "Windows registry file format specification", "Base block".
 *
 * Internal to hive*.c. A header is a value. Threading: pure functions.
 */
#ifndef ES_WINDOWS_HIVE_HEADER_H
#define ES_WINDOWS_HIVE_HEADER_H

#include <esuscan/types.h>
#include <stdbool.h>

#define ES_HIVE_HEADER_SIZE UINT64_C(512) /* the part the checksum covers, and a log keeps */
#define ES_HIVE_BINS_AT UINT64_C(4096)    /* where hive bins begin; cell offsets count from here */

#define ES_HIVE_AT_SEQUENCES 4u
#define ES_HIVE_AT_TYPE 0x1cu
#define ES_HIVE_AT_ROOT 0x24u
#define ES_HIVE_AT_BINS_SIZE 0x28u
#define ES_HIVE_AT_FLAGS 0x90u
#define ES_HIVE_AT_CHECKSUM 0x1fcu

#define ES_HIVE_TYPE_PRIMARY 0u
#define ES_HIVE_TYPE_LOG 1u
#define ES_HIVE_TYPE_LOG_2000 2u
#define ES_HIVE_TYPE_LOG_HVLE 6u

typedef struct es_hive_header {
    bool magic; /* `regf` */
    uint32_t sequence_primary, sequence_secondary;
    uint64_t written; /* FILETIME */
    uint32_t major, minor, type;
    uint32_t root, bins_size, clustering, flags;
    bool checksum_good;
} es_hive_header;

/* `bytes` holds at least ES_HIVE_HEADER_SIZE; else everything is zero. */
es_hive_header es_hive_header_read(es_bytes bytes);

/* XOR of the 127 dwords before the checksum. `as_stored` maps 0 and -1 as Windows stores them. */
uint32_t es_hive_header_sum(es_bytes bytes, bool as_stored);

static inline bool es_hive_header_dirty(const es_hive_header *header)
{
    return !header->magic || !header->checksum_good ||
           header->sequence_primary != header->sequence_secondary;
}

#endif
