/* SPDX-License-Identifier: Apache-2.0
 *
 * hive.h: registry hives as Windows would have read them.
 *
 * The bytes of a hive are taken from an open file into a sealed memfd, dirty ones are replayed
 * there from their transaction logs, and the result is opened by hivex in strict mode through
 * /proc/self/fd. hivex is known to this file's implementation alone.
 *
 * Missing and unreadable are told apart: ES_ABSENT and ES_CORRUPT. Keys and values are walked with
 * a cap on depth, on children and on bytes.
 *
 * Units: bytes; offsets are from the start of the (replayed) hive file. Names: UTF-8, '\' between
 * components, relative to the root key; matched without regard to case (ASCII by hivex, beyond it
 * by simple folding). Ownership: keys and values borrow from the hive. Threading: one thread at a
 * time per hive.
 */
#ifndef ES_WINDOWS_HIVE_H
#define ES_WINDOWS_HIVE_H

#include "base/note.h"
#include <esuscan/types.h>
#include <stdbool.h>

/* How the bytes came to be what was read (fact `hive.state`). */
#define ES_HIVE_CLEAN 0u
#define ES_HIVE_REPLAYED 1u         /* dirty; logs applied in memory */
#define ES_HIVE_DIRTY 2u            /* dirty; no usable log: read as it stands */
#define ES_HIVE_REPAIRED 3u         /* base block torn and taken from the log, logs applied; or
                                     * broken parts put right in memory: `reason` says which */

#define ES_HIVE_LOG_NONE 0u
#define ES_HIVE_LOG_DIRT 1u
#define ES_HIVE_LOG_HVLE 2u

/* Where the bytes of a hive or log come from: a reader, so that this room knows no filesystem. Of a
 * log without one it is known only that it is there. */
typedef struct es_hive_input {
    uint64_t size;
    es_status (*read)(void *context, uint64_t offset, void *buffer, uint64_t size,
                      bool *ret_damaged);
    void *context;
} es_hive_input;

/* A run of hive bytes that came out of a log. Runs are in the order applied: of two that overlap the
 * later one counts. In a base block taken from a log, file type, sequences and checksum are ours. */
typedef struct es_hive_patch {
    uint64_t hive_offset;
    uint64_t length;
    uint32_t log;        /* index into `logs` given to es_hive_open: 0 = LOG1, 1 = LOG2 */
    uint64_t log_offset; /* of the same bytes in that log */
} es_hive_patch;

typedef struct es_hive_state {
    uint32_t state;      /* ES_HIVE_… */
    uint32_t log_kind;   /* ES_HIVE_LOG_… */
    uint32_t sequence_primary, sequence_secondary;
    es_time header_time; /* base block's last-written */
    bool checksum_good;
    bool log_used[2];
    uint64_t pages;      /* 512-byte pages taken from logs */
    uint64_t mended;     /* bytes of broken structure passed over in our copy: what they held cannot
                          * be read, everything else can. Not 0 deserves a note of severity gap */
    bool transactions_pending; /* base block flags bit 0 (CLFS) */
    char reason[160];    /* why logs were not used, or what was repaired; "" when nothing to say */
} es_hive_state;

typedef struct es_hive es_hive;
typedef uint64_t es_hive_key;
typedef uint64_t es_hive_value;

#define ES_HIVE_NAME_MAX 1024

/* Open a hive. `logs` are LOG1 and LOG2, a NULL entry when there is none. `name` is for notes
 * ("C:\…\SOFTWARE of volume 2"). The SHA-256 of the raw primary's bytes is computed on the way
 * (possibly on another thread; es_hive_sha256() waits for it). */
es_status es_hive_open(const es_hive_input *primary, const es_hive_input *const logs[2],
                       const char *name, es_hive **ret_hive, es_note *reterr_note);
es_hive *es_hive_free(es_hive *hive);
const es_hive_state *es_hive_get_state(const es_hive *hive);
size_t es_hive_patches(const es_hive *hive, const es_hive_patch **ret_patches);
void es_hive_sha256(es_hive *hive, uint8_t ret_digest[32]);
bool es_hive_damaged(const es_hive *hive); /* any byte of it rests on a bad range */
/* Whether these bytes (of the replayed hive) rest on a bad range of the image. */
bool es_hive_range_damaged(const es_hive *hive, uint64_t offset, uint64_t length);

/* Bytes of the file in the evidence, as they were read when the hive was opened. False when they are
 * not all there, or rest on a bad range. */
bool es_hive_raw(const es_hive *hive, uint64_t offset, void *buffer, uint64_t size);

/* The hive as it stood before replay, opened on demand and owned by `hive`; ES_ABSENT when nothing
 * was replayed, ES_CORRUPT when the unreplayed bytes do not open. */
es_status es_hive_before(es_hive *hive, es_hive **ret_before);

es_status es_hive_root(es_hive *hive, es_hive_key *ret_key);
/* `path` relative to `from`; empty path = `from` itself. */
es_status es_hive_find(es_hive *hive, es_hive_key from, const char *path, es_hive_key *ret_key);
/* Child keys in stored order. The array is the caller's (free()). */
es_status es_hive_children(es_hive *hive, es_hive_key key, es_hive_key **ret_keys, size_t *ret_n);
/* The same where parts are broken: what can be read, and whether that was all. es_hive_children()
 * gives ES_CORRUPT there. es_hive_find() finds what is readable; what is not found under a key
 * whose list is not complete, or that rests on a bad range, or has a name in it that does, is
 * ES_CORRUPT, not ES_ABSENT. So for values. */
es_status es_hive_children_readable(es_hive *hive, es_hive_key key, es_hive_key **ret_keys,
                                    size_t *ret_n, bool *ret_complete);
/* UTF-8, the caller's (free()). A lone surrogate reads U+FFFD, a NUL inside a name U+2400. */
es_status es_hive_key_name(es_hive *hive, es_hive_key key, char **ret_name);
es_status es_hive_key_written(es_hive *hive, es_hive_key key, es_time *ret_time);
/* Whether the key's own cell rests on a bad range. */
bool es_hive_key_damaged(es_hive *hive, es_hive_key key);

es_status es_hive_value_find(es_hive *hive, es_hive_key key, const char *name,
                             es_hive_value *ret_value);
es_status es_hive_values(es_hive *hive, es_hive_key key, es_hive_value **ret_values, size_t *ret_n);
es_status es_hive_values_readable(es_hive *hive, es_hive_key key, es_hive_value **ret_values,
                                  size_t *ret_n, bool *ret_complete);
/* "" for a key's default value. */
es_status es_hive_value_name(es_hive *hive, es_hive_value value, char **ret_name);
/* Type and data; the data is the caller's (free()). `ret_offset`/`ret_length` (may be NULL) say
 * where the data lies in the hive: the data cell, or the vk cell for inline data; for big data
 * (db) the vk cell. */
es_status es_hive_value_data(es_hive *hive, es_hive_value value, uint32_t *ret_type,
                             uint8_t **ret_data, uint64_t *ret_size, uint64_t *ret_offset,
                             uint64_t *ret_length);
/* Whether the value or any of its data rests on a bad range. */
bool es_hive_value_damaged(es_hive *hive, es_hive_value value);

#endif
