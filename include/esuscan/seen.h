/* SPDX-License-Identifier: Apache-2.0
 *
 * seen.h: files that a plugin was handed already, told apart by their records.
 *
 * A boot entry may name a file that is wanted anyhow, and two names may lead to one record: a file
 * is looked at once however it was found.
 *
 * Ownership: plain data, for a plugin's state of one installation; begins as zeros. Threading: one
 * thread.
 */
#ifndef ESUSCAN_SEEN_H
#define ESUSCAN_SEEN_H

#include <esuscan/views.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Beyond this many a file may be looked at twice: some hundred are wanted by name, and the files
 * that an examiner asks about may be whole folders. */
#define ES_SEEN_MAX 4096u

typedef struct es_seen {
    struct {
        uint64_t mft_entry;
        uint32_t mft_sequence, volume;
    } files[ES_SEEN_MAX];
    uint32_t n;
} es_seen;

/* Whether the file came before; from now on it did. One without an MFT entry is always new. */
static inline int es_seen_before(es_seen *seen, const es_artefact *file)
{
    uint32_t i;

    for (i = 0; i < seen->n; i++)
        if (seen->files[i].mft_entry == file->mft_entry &&
            seen->files[i].mft_sequence == file->mft_sequence &&
            seen->files[i].volume == file->volume)
            return 1;
    if (file->mft_entry && seen->n < ES_SEEN_MAX) {
        seen->files[i].mft_entry = file->mft_entry;
        seen->files[i].mft_sequence = file->mft_sequence;
        seen->files[i].volume = file->volume;
        seen->n++;
    }
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
