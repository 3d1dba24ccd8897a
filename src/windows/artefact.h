/* SPDX-License-Identifier: Apache-2.0
 *
 * artefact.h: a file of an installation, opened, with what says which file it is.
 *
 * Parsers of this room read through callbacks and know no filesystem; here the two are joined.
 * Ownership: es_artefact_file_open() and es_hive_set_open() hand over; the filesystem is borrowed.
 * Threading: one thread per filesystem.
 */
#ifndef ES_WINDOWS_ARTEFACT_H
#define ES_WINDOWS_ARTEFACT_H

#include "disk/fs.h"
#include "windows/hive.h"
#include "windows/pe.h"

typedef struct es_artefact_file {
    es_fs *fs; /* borrowed */
    es_file *file;
    char *path; /* as the disk spells it */
    es_file_info info;
    uint32_t attribute_type, attribute_id;
    uint32_t twins;
    bool damaged; /* a byte read so far lies in a bad range */
    const struct es_hive_set *later; /* while a hive is loaded: where its bytes may be taken from */
} es_artefact_file;

es_status es_artefact_file_open(es_fs *fs, const char *path, es_artefact_file **ret_file,
                                es_note *reterr_note);
es_artefact_file *es_artefact_file_free(es_artefact_file *file);
es_status es_artefact_file_read(es_artefact_file *file, uint64_t offset, void *buffer,
                                uint64_t size, uint64_t *ret_size);
/* The same as parsers ask for it: `context` is the file; whether these bytes were damaged is told
 * apart, and a file that ends earlier is ES_CORRUPT. */
es_status es_artefact_file_door(void *context, uint64_t offset, void *buffer, uint64_t size,
                                bool *ret_damaged);

/* A hive with its transaction logs. */
typedef struct es_hive_set {
    es_artefact_file *primary;
    es_artefact_file *logs[2]; /* NULL where there is none to use */
    es_status log_status[2];   /* why: ES_ABSENT, ES_END when it is empty, or it cannot be opened */
    es_hive *hive;
    bool borrowed; /* the hive is another set's */
} es_hive_set;

/* ES_ABSENT when there is no such file. A hive that cannot be opened gives its status, a note, and
 * no set; `ret_file` (may be NULL) then receives the file itself when that could be opened, so
 * that the note can say where it lies. */
es_status es_hive_set_open(es_fs *fs, const char *path, es_hive_set **ret_set,
                           es_artefact_file **ret_file, es_note *reterr_note);
/* The same in a shadow copy, `later` (may be NULL) being the hive as it stood later. Blocks that were
 * not overwritten in between are taken from it rather than read again. A hive of which nothing was
 * is not loaded at all: it passes over from `later`, which then borrows it. */
es_status es_hive_set_open_earlier(es_fs *fs, const char *path, es_hive_set *later,
                                   es_hive_set **ret_set, es_artefact_file **ret_file,
                                   es_note *reterr_note);
es_hive_set *es_hive_set_free(es_hive_set *set);

es_status es_artefact_pe(es_artefact_file *file, uint32_t flags, es_pe *ret_pe);
es_status es_artefact_sha256(es_artefact_file *file, uint8_t ret_digest[32]);

#endif
