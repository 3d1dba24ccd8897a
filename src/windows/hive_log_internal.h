/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_log_internal.h: what the two log formats share. Included by hive_log*.c alone.
 */
#ifndef ES_WINDOWS_HIVE_LOG_INTERNAL_H
#define ES_WINDOWS_HIVE_LOG_INTERNAL_H

#include "windows/hive_header.h"
#include "windows/hive_load.h"
#include "windows/hive_log.h"

typedef struct hive_log {
    const es_hive_input *input; /* NULL when there is none */
    uint32_t index;
    const char *name;
    uint8_t sector[512];
    es_hive_header header;
    uint32_t kind;   /* ES_HIVE_LOG_NONE: not a valid log */
    const char *why; /* it was not used; NULL when it was, or was not asked */
    bool lost;       /* it, or its end, may have held changes that were not applied */
} hive_log;

typedef struct replay {
    es_hive_image *image;
    es_hive_state *state;
    es_hive_patch_list *patches;
    es_hive_header header; /* of the primary, as it was */
    bool torn;             /* its base block cannot be trusted */
    hive_log logs[2];
} replay;

/* Add a clause to `reason`; cut at its end. */
void es_hive_log_say(es_hive_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

es_status es_hive_log_apply(replay *r, const hive_log *log, uint64_t hive_offset,
                            uint64_t log_offset, const uint8_t *data, uint64_t length);
es_status es_hive_log_take_header(replay *r, const hive_log *log);
/* Set in the base block what recovery leaves there; the checksum is set when the hive is opened. */
es_status es_hive_log_finish_header(replay *r, uint32_t sequence, uint32_t root,
                                    uint32_t bins_size);

/* `HvLE`: ES_ABSENT when no entry was applied. */
es_status es_hive_log_replay_entries(replay *r);

#endif
