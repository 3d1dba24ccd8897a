/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_header.c: see hive_header.h.
 */
#include "windows/hive_header.h"

#include <esuscan/bytes.h>

uint32_t es_hive_header_sum(es_bytes bytes, bool as_stored)
{
    es_cursor cursor = es_cursor_make(bytes);
    uint32_t sum = 0;

    for (unsigned i = 0; i < ES_HIVE_AT_CHECKSUM / 4; i++)
        sum ^= es_cursor_u32(&cursor);
    if (as_stored && sum == UINT32_MAX)
        return UINT32_MAX - 1;
    if (as_stored && sum == 0)
        return 1;
    return sum;
}

es_hive_header es_hive_header_read(es_bytes bytes)
{
    es_cursor cursor = es_cursor_make(bytes);
    es_hive_header header = { 0 };
    es_bytes magic;

    if (bytes.size < ES_HIVE_HEADER_SIZE)
        return header;
    magic = es_cursor_take(&cursor, 4);
    header.magic = memcmp(magic.data, "regf", 4) == 0;
    header.sequence_primary = es_cursor_u32(&cursor);
    header.sequence_secondary = es_cursor_u32(&cursor);
    header.written = es_cursor_u64(&cursor);
    header.major = es_cursor_u32(&cursor);
    header.minor = es_cursor_u32(&cursor);
    header.type = es_cursor_u32(&cursor);
    es_cursor_skip(&cursor, 4); /* file format: 1, direct memory load */
    header.root = es_cursor_u32(&cursor);
    header.bins_size = es_cursor_u32(&cursor);
    header.clustering = es_cursor_u32(&cursor);
    es_cursor_seek(&cursor, ES_HIVE_AT_FLAGS);
    header.flags = es_cursor_u32(&cursor);
    es_cursor_seek(&cursor, ES_HIVE_AT_CHECKSUM);
    header.checksum_good = es_cursor_u32(&cursor) == es_hive_header_sum(bytes, true);
    return header;
}
