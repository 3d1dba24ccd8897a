/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_log.h: transaction logs put back into a dirty hive, in our copy of it.
 *
 * Two formats: `DIRT` (Windows 2000 to 8.0, so all of NT 6.0), one base block, a bitmap and pages;
 * and `HvLE` (8.1 and later), a chain of hashed entries that may run through both logs. A log that
 * does not belong to the hive as it stands is left alone and the reason is kept.
 *
 * Format and rules: M. Suhanov, "Windows registry file format specification", "Format of
 * transaction log files", "Dirty state of a hive", "Multiple transaction log files".
 *
 * Internal to hive*.c. Ownership: patches are the caller's. Threading: pure function of its
 * arguments.
 */
#ifndef ES_WINDOWS_HIVE_LOG_H
#define ES_WINDOWS_HIVE_LOG_H

#include "windows/hive.h"
#include "windows/hive_image.h"

typedef struct es_hive_patch_list {
    es_hive_patch *items;
    size_t n, room;
} es_hive_patch_list;

void es_hive_patch_list_done(es_hive_patch_list *patches);

/* Replay what fits into `image`, whose header says it is dirty. Fills `log_kind`, `log_used`,
 * `pages`, `reason` and, when something was applied, `state`. ES_ABSENT: no log fits; the image is
 * as it was. Otherwise ES_OK or a failure of ours. */
es_status es_hive_log_replay(es_hive_image *image, const es_hive_input *const logs[2],
                             es_hive_state *state, es_hive_patch_list *patches);

/* Marvin32 as HvLE entries use it; `size` is a multiple of 4. */
uint64_t es_hive_log_hash(const uint8_t *data, uint64_t size);

#endif
