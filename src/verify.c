/* SPDX-License-Identifier: Apache-2.0
 *
 * verify.c: see verify.h.
 *
 * `verify` computes the digests there is something to compare with: another one proves nothing and
 * costs time, for on few processors they share them. Where nothing is known, and for `--verify`,
 * whose report has a place for each, all three are computed.
 */
#include "verify.h"

#include "evidence/sidecar.h"
#include "evidence/source.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* Files named one by one; the rest is counted. */
#define FILES_NAMED_MAX 1000u

typedef struct known {
    es_sidecar given, beside;
    const es_acquisition *stored;
    unsigned n; /* digests there are */
} known;

static es_status tell(const es_verify *now, const es_note *note, uint32_t installation,
                      const es_where *where)
{
    es_record record = { .kind = ES_RECORD_NOTE };

    record.note = (es_note_record){ .severity = note->severity, .area = note->area,
                                    .text = es_text_of(note->text),
                                    .installation = installation, .has_where = where != NULL };
    if (where)
        record.note.where = *where;
    return es_ledger_put(now->ledger, &record);
}

/* ------------------------------------------------------------------ digests */

static es_status find_known(const es_verify *now, known *ret)
{
    const es_segment *segments = NULL;
    size_t n = es_source_segments(now->source, &segments);
    const char *format = es_source_format(now->source);
    es_status status = ES_OK;

    *ret = (known){ .stored = es_source_acquisition(now->source) };
    if (now->options->hash)
        es_sidecar_parse((es_bytes){ (const uint8_t *)now->options->hash,
                                     strlen(now->options->hash) }, NULL, &ret->given);
    if (!strcmp(format, "raw") || !strcmp(format, "split raw"))
        status = es_sidecar_find(now->evidence, n > 1, &ret->beside);
    return status;
}

static unsigned wanted(const es_verify *now, const known *all)
{
    unsigned some = 0;

    if ((all->stored && all->stored->md5) || all->given.md5[0] || all->beside.md5[0])
        some |= ES_DIGEST_MD5;
    if ((all->stored && all->stored->sha1) || all->given.sha1[0] || all->beside.sha1[0])
        some |= ES_DIGEST_SHA1;
    if (all->given.sha256[0] || all->beside.sha256[0])
        some |= ES_DIGEST_SHA256;
    return some && now->options->command == ES_COMMAND_VERIFY
               ? some
               : ES_DIGEST_ALL;
}

typedef struct reporting {
    const es_verify *now;
    unsigned percent;
    es_status status;
} reporting;

static void on_progress(void *context, uint64_t done, uint64_t all)
{
    reporting *to = context;
    unsigned percent = all ? (unsigned)((double)done * 100 / (double)all) : 100;
    char words[64];
    es_record record = { .kind = ES_RECORD_STEP, .step = { .doing = words } };

    if (percent == to->percent || to->status != ES_OK)
        return;
    to->percent = percent;
    snprintf(words, sizeof words, "hash the image: %u %%", percent);
    to->status = es_ledger_put(to->now->ledger, &record);
}

/* One digest against one that it should be. */
static es_status compare(const es_verify *now, known *all, const char *name, const char *expected,
                         const char *computed, const char *where)
{
    es_note note;

    if (!expected || !expected[0] || !computed[0])
        return ES_OK;
    all->n++;
    if (strcmp(expected, computed) == 0)
        es_note_set(&note, ES_SEVERITY_INFO, ES_VERIFY_AREA, "The media has the %s %s (%s).", name,
                    where, computed);
    else
        es_note_set(&note, ES_SEVERITY_ERROR, ES_VERIFY_AREA,
                    "The media does not have the %s %s: one of the two was changed or damaged, or is "
                    "of something else. It has %s and should have %s.", name, where, computed, expected);
    return tell(now, &note, 0, NULL);
}

static es_status compare_set(const es_verify *now, known *all, const es_sidecar *expected,
                             const es_digests *computed, const char *where)
{
    es_status status = compare(now, all, "MD5", expected->md5, computed->md5, where);

    if (status == ES_OK)
        status = compare(now, all, "SHA-1", expected->sha1, computed->sha1, where);
    if (status == ES_OK)
        status = compare(now, all, "SHA-256", expected->sha256, computed->sha256, where);
    return status;
}

static es_status compare_all(const es_verify *now, known *all, const es_digests *computed)
{
    char beside[ES_SIDECAR_NAME_MAX + 32];
    es_note note;
    es_status status = ES_OK;

    snprintf(beside, sizeof beside, "that stands in %s", all->beside.name);
    if (all->stored)
        status = compare(now, all, "MD5", all->stored->md5, computed->md5,
                         "that was stored when it was acquired");
    if (status == ES_OK && all->stored)
        status = compare(now, all, "SHA-1", all->stored->sha1, computed->sha1,
                         "that was stored when it was acquired");
    if (status == ES_OK)
        status = compare_set(now, all, &all->beside, computed, beside);
    if (status == ES_OK)
        status = compare_set(now, all, &all->given, computed, "that was given");
    if (status == ES_OK && !all->n && now->options->command == ES_COMMAND_VERIFY) {
        es_note_set(&note, ES_SEVERITY_GAP, ES_VERIFY_AREA,
                    "No digest is stored in the image, none lies beside it and none was given: "
                    "nobody can say whether the media was changed.");
        status = tell(now, &note, 0, NULL);
    }
    return status;
}

static es_status digest(const es_verify *now)
{
    reporting to = { now, 101, ES_OK };
    es_record record = { .kind = ES_RECORD_STEP, .step = { .doing = "hash the image" } };
    es_digests computed = { .md5 = "" };
    known all;
    es_status status = es_ledger_put(now->ledger, &record);

    if (status == ES_OK)
        status = find_known(now, &all);
    if (status == ES_OK)
        status = es_source_digest(now->source, wanted(now, &all), on_progress, &to, &computed);
    if (status == ES_OK)
        status = to.status;
    if (status != ES_OK)
        return status;
    record.kind = ES_RECORD_DIGEST;
    record.digest = (es_digest_record){ computed.md5[0] ? computed.md5 : NULL,
                                        computed.sha1[0] ? computed.sha1 : NULL,
                                        computed.sha256[0] ? computed.sha256 : NULL };
    status = es_ledger_put(now->ledger, &record);
    return status == ES_OK ? compare_all(now, &all, &computed) : status;
}

/* ------------------------------------------------------------------ files on bad ranges */

typedef struct naming {
    const es_verify *now;
    const es_fs *fs;
    size_t n;
} naming;

/* The current installation below whose system root a path lies, 0 for none. */
static uint32_t installation_of(const naming *at, const char *path)
{
    for (size_t i = 0; i < es_states_count(at->now->states); i++) {
        const es_state *state = es_states_at(at->now->states, i);
        size_t size = strlen(state->system_root);

        if (state->role == ES_ROLE_CURRENT && state->volume == es_fs_volume(at->fs) &&
            !strncmp(path, state->system_root, size) && (path[size] == '/' || !path[size]))
            return es_ledger_installation(at->now->ledger, state->id) ? state->id : 0;
    }
    return 0;
}

static es_status on_owner(void *context, const es_fs_owner *owner)
{
    naming *at = context;
    es_where where = { .volume = es_fs_volume(at->fs)->id, .path = owner->path, .offset = -1,
                       .length = -1, .log_offset = -1, .damaged = true };
    es_note note;

    if (at->n++ >= FILES_NAMED_MAX)
        return ES_OK;
    es_note_set(&note, ES_SEVERITY_GAP, ES_VERIFY_AREA,
                "%llu bytes of this file (MFT entry %llu) lie where the media is damaged: %s",
                (unsigned long long)owner->bytes, (unsigned long long)owner->mft_entry,
                owner->path);
    return tell(at->now, &note, installation_of(at, owner->path), &where);
}

static es_status name_files(const es_verify *now, const es_fs_range *ranges, size_t n)
{
    naming at = { .now = now };
    es_status status = ES_OK;
    es_note note;

    for (size_t i = 0; i < now->n_filesystems && status == ES_OK; i++) {
        at.fs = now->filesystems[i];
        status = es_fs_files_on(now->filesystems[i], ranges, n, on_owner, &at);
        status = status < 0 ? status : ES_OK;
    }
    if (status != ES_OK)
        return status;
    if (!at.n)
        es_note_set(&note, ES_SEVERITY_INFO, ES_VERIFY_AREA,
                    "No file that is in use lies where the media is damaged, as far as file "
                    "systems could be read.");
    else if (at.n > FILES_NAMED_MAX)
        es_note_set(&note, ES_SEVERITY_GAP, ES_VERIFY_AREA,
                    "%zu more files lie where the media is damaged.", at.n - FILES_NAMED_MAX);
    else
        return ES_OK;
    return tell(now, &note, 0, NULL);
}

/* `verify` runs no plugin: an installation is announced by what the disk alone says of it. */
static es_status announce(const es_verify *now)
{
    es_status status = ES_OK;

    for (size_t i = 0; i < es_states_count(now->states) && status == ES_OK; i++) {
        const es_state *state = es_states_at(now->states, i);
        es_record record = { .kind = ES_RECORD_INSTALLATION };

        record.installation = (es_installation_record){
            .id = state->id, .machine = state->machine, .volume = state->volume->id,
            .role = state->role, .snapshot = state->snapshot, .system_root = state->system_root,
            .state_time = state->state_time };
        if (!es_ledger_installation(now->ledger, state->id))
            status = es_ledger_put(now->ledger, &record);
    }
    return status;
}

es_status es_verify_media(const es_verify *now)
{
    es_record step = { .kind = ES_RECORD_STEP, .step = { .doing = "name damaged files" } };
    es_bad_range *bad = NULL;
    es_fs_range *ranges = NULL;
    size_t n = 0;
    es_status status = digest(now);

    if (status == ES_OK)
        status = announce(now);
    if (status == ES_OK)
        status = es_source_bad_ranges(now->source, &bad, &n);
    if (status == ES_OK && n) {
        ranges = calloc(n, sizeof *ranges);
        status = ranges ? es_ledger_put(now->ledger, &step) : ES_NOMEM;
        for (size_t i = 0; ranges && i < n; i++)
            ranges[i] = (es_fs_range){ bad[i].offset, bad[i].length };
        if (status == ES_OK)
            status = name_files(now, ranges, n);
    }
    free(ranges);
    es_bad_ranges_free(bad, n);
    return status;
}
