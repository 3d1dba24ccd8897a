/* SPDX-License-Identifier: Apache-2.0
 *
 * artefact.c: see artefact.h.
 */
#include "windows/artefact.h"

#include "windows/limits.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_STEP (UINT64_C(1) << 20)
/* Bytes of a later hive are looked for in pieces of the size of a shadow copy block. */
#define EARLIER_STEP (UINT64_C(16) << 10)

es_artefact_file *es_artefact_file_free(es_artefact_file *file)
{
    if (!file)
        return NULL;
    es_file_free(file->file);
    free(file->path);
    free(file);
    return NULL;
}

es_status es_artefact_file_open(es_fs *fs, const char *path, es_artefact_file **ret_file,
                                es_note *reterr_note)
{
    es_artefact_file *file = calloc(1, sizeof *file);
    uint64_t entry = 0;
    uint32_t sequence = 0;
    es_status status;

    if (!file)
        return ES_NOMEM;
    file->fs = fs;
    status = es_fs_lookup(fs, path, &entry, &sequence, &file->path, &file->twins);
    if (status == ES_OK)
        status = es_file_open(fs, entry, sequence, NULL, &file->file, reterr_note);
    else if (status > 0 && status != ES_ABSENT)
        es_note_set(reterr_note, ES_SEVERITY_GAP, "filesystem",
                    "A folder on the way to this file is damaged, so it was not found: %s.", path);
    if (status != ES_OK) {
        es_artefact_file_free(file);
        return status;
    }
    es_file_info_get(file->file, &file->info);
    es_file_attribute(file->file, &file->attribute_type, &file->attribute_id);
    *ret_file = file;
    return ES_OK;
}

es_status es_artefact_file_read(es_artefact_file *file, uint64_t offset, void *buffer,
                                uint64_t size, uint64_t *ret_size)
{
    return es_file_read(file->file, offset, buffer, size, ret_size, &file->damaged);
}

es_status es_artefact_file_door(void *context, uint64_t offset, void *buffer, uint64_t size,
                                bool *ret_damaged)
{
    es_artefact_file *file = context;
    uint64_t got = 0;
    bool before = file->damaged;
    es_status status;

    file->damaged = false;
    status = es_artefact_file_read(file, offset, buffer, size, &got);
    *ret_damaged = file->damaged;
    file->damaged = before || file->damaged;
    return status == ES_OK && got < size ? ES_CORRUPT : status;
}

/* Bytes that were not overwritten since are in the later hive's memory. */
static bool read_later(const es_artefact_file *file, uint64_t offset, void *buffer, uint64_t size)
{
    const es_hive_set *later = file->later;

    return later && es_file_range_unchanged(file->file, later->primary->file, offset, size) &&
           es_hive_raw(later->hive, offset, buffer, size);
}

/* The readers that the parsers take: all bytes or none. */
static es_status read_whole(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    es_artefact_file *file = context;
    uint8_t *to = buffer;
    es_status status = ES_OK;

    while (size && status == ES_OK) {
        uint64_t step = file->later && size > EARLIER_STEP ? EARLIER_STEP : size, got = step;
        bool damaged = false;

        if (!read_later(file, offset, to, step))
            status = es_file_read(file->file, offset, to, step, &got, &damaged);
        if (damaged) {
            file->damaged = true;
            if (ret_damaged)
                *ret_damaged = true;
        }
        if (status == ES_OK && got < step)
            status = ES_END;
        offset += step;
        to += step;
        size -= step;
    }
    return status;
}

es_hive_set *es_hive_set_free(es_hive_set *set)
{
    if (!set)
        return NULL;
    if (!set->borrowed)
        es_hive_free(set->hive);
    es_artefact_file_free(set->primary);
    es_artefact_file_free(set->logs[0]);
    es_artefact_file_free(set->logs[1]);
    free(set);
    return NULL;
}

/* The log beside a hive; that one is missing, empty or unreadable does not keep the hive shut. */
static es_status open_log(es_fs *fs, const char *hive, int i, es_hive_set *set)
{
    char path[ES_PATH_MAX];
    es_note ignored;
    es_status status = ES_LIMIT;

    if (snprintf(path, sizeof path, "%s.LOG%d", hive, i + 1) < (int)sizeof path)
        status = es_artefact_file_open(fs, path, &set->logs[i], &ignored);
    if (status < 0)
        return status;
    if (status == ES_OK && set->logs[i]->info.size == 0) {
        set->logs[i] = es_artefact_file_free(set->logs[i]);
        status = ES_END;
    }
    set->log_status[i] = status;
    return ES_OK;
}

static bool log_unchanged(const es_hive_set *set, const es_hive_set *later, int i)
{
    return set->logs[i] && later->logs[i]
               ? es_file_unchanged(set->logs[i]->file, later->logs[i]->file)
               : set->log_status[i] == later->log_status[i];
}

/* What is known of a log; NULL when there is none. */
static const es_hive_input *log_input(es_hive_set *set, int i, es_hive_input *ret)
{
    es_artefact_file *log = set->logs[i];

    if (set->log_status[i] == ES_ABSENT)
        return NULL;
    *ret = (es_hive_input){ log ? log->info.size : 0,
                            log || set->log_status[i] == ES_END ? read_whole : NULL, log };
    return ret;
}

/* Take the hive over from a later set when neither it nor its logs changed; false if they did. */
static bool take_over(es_hive_set *set, es_hive_set *later)
{
    if (!later || !later->hive || later->borrowed || es_hive_damaged(later->hive) ||
        !es_file_unchanged(set->primary->file, later->primary->file) ||
        !log_unchanged(set, later, 0) || !log_unchanged(set, later, 1))
        return false;
    set->hive = later->hive;
    later->borrowed = true;
    return true;
}

es_status es_hive_set_open(es_fs *fs, const char *path, es_hive_set **ret_set,
                           es_artefact_file **ret_file, es_note *reterr_note)
{
    return es_hive_set_open_earlier(fs, path, NULL, ret_set, ret_file, reterr_note);
}

es_status es_hive_set_open_earlier(es_fs *fs, const char *path, es_hive_set *later,
                                   es_hive_set **ret_set, es_artefact_file **ret_file,
                                   es_note *reterr_note)
{
    es_hive_set *set = calloc(1, sizeof *set);
    es_hive_input inputs[3];
    const es_hive_input *logs[2] = { NULL, NULL };
    es_status status;

    if (!set)
        return ES_NOMEM;
    status = es_artefact_file_open(fs, path, &set->primary, reterr_note);
    for (int i = 0; i < 2 && status == ES_OK; i++)
        status = open_log(fs, path, i, set);
    if (status == ES_OK && !take_over(set, later)) {
        set->primary->later = later && later->hive ? later : NULL;
        inputs[2] = (es_hive_input){ set->primary->info.size, read_whole, set->primary };
        for (int i = 0; i < 2; i++)
            logs[i] = log_input(set, i, &inputs[i]);
        status = es_hive_open(&inputs[2], logs, set->primary->path, &set->hive, reterr_note);
        set->primary->later = NULL;
    }
    if (status != ES_OK) {
        if (ret_file) {
            *ret_file = set->primary;
            set->primary = NULL;
        }
        es_hive_set_free(set);
        return status;
    }
    *ret_set = set;
    return ES_OK;
}

es_status es_artefact_pe(es_artefact_file *file, uint32_t flags, es_pe *ret_pe)
{
    es_pe_input input = { file->info.size, read_whole, file };

    return es_pe_read(&input, flags, ret_pe);
}

es_status es_artefact_sha256(es_artefact_file *file, uint8_t ret_digest[32])
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    uint8_t *buffer = malloc(HASH_STEP);
    es_status status = ES_NOMEM;
    uint64_t at = 0;

    if (hash && buffer && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1)
        status = ES_OK;
    while (status == ES_OK && at < file->info.size) {
        uint64_t left = file->info.size - at, step = left < HASH_STEP ? left : HASH_STEP, got = 0;

        status = es_artefact_file_read(file, at, buffer, step, &got);
        if (status == ES_OK && got == 0)
            status = ES_END;
        if (status == ES_OK && EVP_DigestUpdate(hash, buffer, got) != 1)
            status = ES_BUG;
        at += got;
    }
    if (status == ES_OK && EVP_DigestFinal_ex(hash, ret_digest, NULL) != 1)
        status = ES_BUG;
    EVP_MD_CTX_free(hash);
    free(buffer);
    return status;
}
