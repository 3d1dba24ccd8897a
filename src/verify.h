/* SPDX-License-Identifier: Apache-2.0
 *
 * verify.h: whether the media is what was acquired, and what lies where it is not. Runs in the
 * cage.
 *
 * Ownership: es_verify borrows all it points to. Errors: what does not agree is a note, negative is
 * our failure. Threading: one thread calls; hashing uses more.
 */
#ifndef ES_VERIFY_H
#define ES_VERIFY_H

#include "disk/fs.h"
#include "options.h"
#include "windows/install.h"

/* Area of the notes that tell the result. */
#define ES_VERIFY_AREA "verify"

typedef struct es_verify {
    const es_options *options;
    const es_evidence *evidence;
    es_source *source;
    es_states *states;
    es_fs **filesystems;
    size_t n_filesystems;
    es_ledger *ledger;
} es_verify;

/* Hash all of it, compare with every digest that is known, and name the files on bad ranges. */
es_status es_verify_media(const es_verify *verify);

#endif
