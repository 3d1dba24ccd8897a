/* SPDX-License-Identifier: Apache-2.0
 *
 * table.h: partition tables: MBR with its extended chain, GPT with its backup.
 *
 * Read by our own bounded reader; tsk.c gives libtsk's reading of a table found sound, for
 * comparison. Offsets are bytes of the media. Ownership: es_table_clear() frees the parts.
 */
#ifndef ES_DISK_TABLE_H
#define ES_DISK_TABLE_H

#include "base/note.h"
#include "evidence/source.h"

typedef struct es_table_part {
    uint64_t offset, length;
    char slot[16]; /* as mmls numbers it */
    bool active;
    uint8_t mbr_type;
    uint8_t gpt_type[16], gpt_partition[16];
} es_table_part;

typedef struct es_table {
    const char *scheme; /* "mbr", "gpt", "none" */
    uint32_t sector_size;
    uint32_t mbr_signature;
    uint8_t gpt_disk[16];
    es_table_part *parts; /* as found, not sorted */
    size_t n_parts, capacity;
    bool sound; /* nothing odd was met */
    uint32_t n_notes;
    void (*on_note)(void *context, uint32_t volume_id, const es_note *note);
    void *context;
} es_table;

/* Read the table; `on_note` and `context` are set by the caller. Negative status only. */
es_status es_table_read(es_source *source, es_table *table);
void es_table_clear(es_table *table);

/* A note about the table, counted against its cap; it is no longer sound. */
void es_table_note(es_table *table, uint32_t severity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Between table.c and table_gpt.c. */
es_status es_table_add(es_table *table, const es_table_part *part);
/* ES_ABSENT when neither the primary nor a backup is there. `expected`: the MBR is protective. */
es_status es_table_read_gpt(es_source *source, uint32_t sector_size, bool expected,
                            es_table *table);

#endif
