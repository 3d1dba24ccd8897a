/* SPDX-License-Identifier: Apache-2.0
 *
 * ewf_table.h: where the chunks of an EWF image lie in its segment files.
 *
 * libewf finds chunks too, at some 39 µs each and under one lock, with an allocation per chunk:
 * that alone is more than inflating one costs, and it bounds the speed of a verification at 1.85
 * times ewfverify's. The tables themselves are flat arrays of 32-bit offsets. They are kept as they
 * are, 4 bytes a chunk, each read when a chunk of it is first wanted, and looked up without a lock.
 * A table that is damaged or of no known shape is left to libewf.
 *
 * An entry is the offset of a chunk from the table's base; its highest bit says "compressed". The
 * end of a chunk is the beginning of the next, of the last one that of the section that holds the
 * data ("sectors" before the table; in SMART's files the table itself). EnCase 6.7 wrote segments
 * of more than 2 GiB with 32-bit offsets: from the chunk that crosses the line on, all 32 bits are
 * offset and no chunk is compressed. (Metz, "Expert Witness Compression Format", sections "table"
 * and "sectors"; the rule for 2 GiB as libewf has it.)
 *
 * Threading: ewf_tables_find() may be called by any number of threads at once.
 */
#ifndef ES_EVIDENCE_EWF_TABLE_H
#define ES_EVIDENCE_EWF_TABLE_H

#include "evidence/format.h"

typedef struct ewf_table {
    es_part *file;
    uint64_t entries_at; /* in the file */
    uint64_t twin_at;    /* of the same in "table2", 0: there is none */
    uint64_t base;
    uint64_t data_end;   /* of the last chunk */
    uint64_t first;      /* number of its first chunk */
    uint32_t n;
    bool has_checksum;   /* behind the entries */
    uint32_t wide_from;  /* entries from here on are 32-bit offsets */
    uint32_t *entries;
    atomic_int state;    /* ES_EWF_TABLE_… */
} ewf_table;

typedef struct ewf_tables {
    ewf_table *list; /* in order of their chunks */
    size_t n, capacity;
    pthread_mutex_t lock; /* of loading one */
} ewf_tables;

typedef struct ewf_place {
    es_part *file;
    uint64_t offset, size;
    bool compressed;
    bool last; /* of its table: `size` may take in what is no part of it */
} ewf_place;

void ewf_tables_init(ewf_tables *tables);
void ewf_tables_done(ewf_tables *tables);
es_status ewf_tables_add(ewf_tables *tables, const ewf_table *table);

/* ES_UNSUPPORTED: ask libewf. ES_ABSENT: no table has the chunk. */
es_status ewf_tables_find(ewf_tables *tables, uint64_t number, ewf_place *ret_place);

#endif
