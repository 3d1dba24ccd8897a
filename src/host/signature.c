/* SPDX-License-Identifier: Apache-2.0
 *
 * signature.c: the view of a file's signature: what it carries itself, and which catalogs vouch.
 *
 * The file is read once, whole. The catalogs of its installation are read when the first file
 * needs them, that is when its own signature does not settle whose it is, and then serve all.
 * Verdicts are the plugin's: here stand only what the bytes say and what could not be read.
 */
#include "host/session.h"

#include "base/text.h"
#include "evidence/crew.h"
#include "host/limits.h"
#include "windows/authenticode.h"
#include "windows/components.h"

#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ words */

static es_text text_of(es_arena *arena, const char *string)
{
    es_text text = { "", 0 };

    if (es_text_repair(arena, es_text_of(string), &text) != ES_OK)
        text = (es_text){ "", 0 };
    return text;
}

static es_bytes bytes_of(es_arena *arena, const uint8_t *data, uint64_t size)
{
    es_bytes copy = { NULL, 0 };

    if (size && es_arena_copy_bytes(arena, (es_bytes){ data, size }, &copy) != ES_OK)
        copy = (es_bytes){ NULL, 0 };
    return copy;
}

static const char *chain_word(uint32_t result)
{
    static const char *const words[] = { "", "trusted", "no-root", "forged", "invalid" };

    return words[result < 5 ? result : 0];
}

static const char *embedded_word(const es_embedded *from)
{
    if (from->signer.state == ES_SIGNER_BROKEN)
        return "broken";
    if (from->signer.state != ES_SIGNER_SOUND || !from->comparable)
        return "unsupported";
    return from->digest_fits ? "sound" : "digest-differs";
}

static const char *catalog_word(const es_vouch *from)
{
    switch (from->signer.state) {
    case ES_SIGNER_SOUND:
        return "sound";
    case ES_SIGNER_BROKEN:
        return "broken";
    case 0:
        return "not-signed";
    default:
        return "unsupported";
    }
}

static void put_signer(es_arena *arena, const es_signer *from, es_signature *to)
{
    static const char *const stamps[] = { "", "countersignature", "RFC 3161" };

    to->chain = es_text_of(chain_word(from->chain.result));
    to->chain_reason = text_of(arena, from->chain.reason);
    to->signer = text_of(arena, from->subject);
    to->issuer = text_of(arena, from->issuer);
    to->root = text_of(arena, from->chain.root);
    to->usages = text_of(arena, from->chain.usages);
    to->thumbprint = text_of(arena, from->thumbprint);
    to->signed_at = from->signed_at;
    to->stamp = es_text_of(stamps[from->stamp < 3 ? from->stamp : 0]);
    to->stamper = text_of(arena, from->stamper);
    if (from->stamp_proven)
        to->flags |= ES_SIGNATURE_TIME_PROVEN;
    if (from->chain.self_signed)
        to->flags |= ES_SIGNATURE_SELF_SIGNED;
}

/* ------------------------------------------------------------------ what the file carries */

/* How much a signature says of the file: the one that says most is shown. */
static unsigned worth(const es_embedded *from)
{
    unsigned value = 0;

    if (from->signer.state != ES_SIGNER_SOUND)
        return from->signer.state == ES_SIGNER_BROKEN ? 2 : 1;
    if (!from->comparable)
        return 3;
    value = from->digest_fits ? 16 : 8;
    if (from->signer.chain.result == ES_CHAIN_TRUSTED)
        value += 4;
    /* usage of a Windows system component */
    if (strstr(from->signer.chain.usages, "1.3.6.1.4.1.311.10.3.6"))
        value += 2;
    return value + (from->signer.stamp_proven ? 1 : 0);
}

static const es_embedded *best_of(const es_authenticode *read)
{
    const es_embedded *best = NULL;

    for (uint32_t i = 0; i < read->n_signatures; i++)
        if (!best || worth(&read->signatures[i]) > worth(best))
            best = &read->signatures[i];
    return best;
}

static bool settles(const es_authenticode *read, const es_embedded *best)
{
    return best && !read->inside && best->signer.state == ES_SIGNER_SOUND && best->digest_fits &&
           best->signer.chain.result == ES_CHAIN_TRUSTED &&
           strstr(best->signer.chain.usages, "1.3.6.1.4.1.311.10.3.6");
}

static void put_embedded(es_arena *arena, const es_authenticode *read, const es_embedded *best,
                         es_signature *to)
{
    static const char *const pages[] = { "", "fit", "differ", "broken" };

    to->n_signers = read->n_signatures;
    to->n_unreadable = read->n_broken + read->n_unsupported;
    to->appended = read->appended;
    to->behind = read->behind;
    to->uncovered = read->uncovered;
    to->problem = text_of(arena, read->problem);
    if (read->table_outside)
        to->flags |= ES_SIGNATURE_TABLE_OUTSIDE;
    if (read->cut)
        to->flags |= ES_SIGNATURE_CUT;
    to->status = es_text_of(best                 ? embedded_word(best)
                            : read->n_unsupported ? "unsupported"
                            : read->n_entries    ? "unreadable"
                            : read->table_outside ? "unreadable"
                                                 : "none");
    if (read->inside) {
        to->inside = to->status;
        to->inside_at = read->inside_at;
        to->status = es_text_of("none");
    }
    if (!best)
        return;
    put_signer(arena, &best->signer, to);
    to->digest_algorithm = text_of(arena, best->algorithm[0] ? best->algorithm
                                                             : best->signer.algorithm);
    to->image_digest = bytes_of(arena, best->stated, best->stated_size);
    if (best->comparable)
        to->computed_digest = bytes_of(arena, best->computed, best->stated_size);
    to->pages = es_text_of(pages[best->pages < 4 ? best->pages : 0]);
    to->page_at = best->page_at;
}

static void put_digests(es_session *session, const es_file_digests *from, es_signature *to)
{
    static const char *const words[] = { "", "good", "bad" };
    es_arena *arena = session->arena;
    const es_bytes *hashes[] = { &to->file_sha256, &to->file_sha1, &to->file_md5 };

    to->file_md5 = bytes_of(arena, from->md5, sizeof from->md5);
    to->file_sha1 = bytes_of(arena, from->sha1, sizeof from->sha1);
    to->file_sha256 = bytes_of(arena, from->sha256, sizeof from->sha256);
    if (from->has_image) {
        to->image_sha1 = bytes_of(arena, from->image_sha1, sizeof from->image_sha1);
        to->image_sha256 = bytes_of(arena, from->image_sha256, sizeof from->image_sha256);
    }
    to->known = es_text_of("");
    for (size_t i = 0; i < 3 && !to->known.size; i++)
        to->known = es_text_of(words[es_known_find(session->known, *hashes[i])]);
}

/* ------------------------------------------------------------------ catalogs */

/* Catalogs, or parts of the list of them, that could not be asked. */
static uint32_t unread(const es_catalog_counts *counts)
{
    return counts->damaged + counts->unsupported + counts->too_large + counts->incomplete +
           counts->too_many;
}

static es_status tell_catalogs(es_session *session, es_state_work *work)
{
    const es_catalog_counts *counts = es_catalogs_counts(work->catalogs);
    char words[4][128] = { "", "", "", "" };
    es_note note;

    if (!unread(counts))
        return ES_OK;
    if (counts->too_large)
        snprintf(words[0], sizeof words[0], "; %u have more than %u MiB or %u members",
                 counts->too_large, (unsigned)(ES_CATALOG_SIZE_MAX >> 20), ES_CATALOG_MEMBERS_MAX);
    if (counts->incomplete)
        snprintf(words[1], sizeof words[1], "; a folder of catalogs could not be listed whole");
    if (counts->too_many)
        snprintf(words[2], sizeof words[2],
                 "; there are more than the %u catalogs, %u MiB of them or %llu digests that are "
                 "looked at",
                 ES_CATALOGS_MAX, (unsigned)(ES_CATALOGS_BYTES_MAX >> 20),
                 (unsigned long long)ES_CATALOG_DIGESTS_MAX);
    if (counts->unsupported)
        snprintf(words[3], sizeof words[3], "; %u are in a form that this version does not read",
                 counts->unsupported);
    es_note_set(&note, ES_SEVERITY_GAP, "catalogs",
                "Of %u security catalogs %u could not be read undamaged%s%s%s%s. That no catalog "
                "vouches for a file proves nothing then, and no file is called modified or "
                "unsigned.",
                counts->found, counts->damaged, words[0], words[1], words[2], words[3]);
    return es_session_note(session, work->state->id, &note, &work->where);
}

/* A shadow copy is read through one filesystem object. */
static unsigned threads_for(const es_session *session, const es_state *state)
{
    unsigned n = session->threads ? session->threads : es_crew_processors();

    if (state->snapshot >= 0)
        return 1;
    return n < ES_CATALOG_THREADS ? n : ES_CATALOG_THREADS;
}

/* The catalogs of this state, read on the first call. NULL when they cannot be had. */
static es_status catalogs_of(es_session *session, es_state_work *work)
{
    const es_state_work *later = es_later_of(session, work);
    es_state *state = work->state;
    es_status status;

    if (work->catalogs || work->catalogs_failed)
        return ES_OK;
    status = es_session_step(session, state->id, NULL, "catalogs", "read the catalogs");
    if (status == ES_OK)
        status = es_catalogs_build(session->source, state->fs, state->system_root,
                                   threads_for(session, state), later ? later->catalogs : NULL,
                                   &work->catalogs);
    work->catalogs_failed = status != ES_OK;
    if (status == ES_OK)
        return tell_catalogs(session, work);
    return status < 0 ? status : ES_OK;
}

/* The catalogs that hold one of the file's digests. Each catalog is shown once. */
static es_status find_vouches(es_session *session, es_state_work *work, es_signature *to)
{
    const es_bytes digests[] = { to->image_sha256, to->image_sha1, to->file_sha256,
                                 to->file_sha1 };
    es_vouch *found = calloc(ES_VOUCHES_MAX, sizeof *found);
    es_signature *views = es_arena_take(session->arena, ES_VOUCHES_MAX * sizeof *views);
    es_status status = found && views ? ES_OK : ES_NOMEM;

    for (size_t i = 0; i < 4 && status == ES_OK && to->n_catalogs < ES_VOUCHES_MAX; i++) {
        uint32_t n = 0;

        if (!digests[i].size)
            continue;
        status = es_catalogs_find(work->catalogs, digests[i], session->roots, found,
                                  ES_VOUCHES_MAX - to->n_catalogs, &n);
        for (uint32_t k = 0; k < n; k++) {
            es_signature *view = &views[to->n_catalogs];
            bool twice = false;

            for (uint32_t j = 0; j < to->n_catalogs && !twice; j++)
                twice = es_text_equal(views[j].catalog_path, es_text_of(found[k].path));
            if (twice)
                continue;
            to->n_catalogs++;
            *view = (es_signature){ .size = sizeof *view, .n_signers = 1, .where = to->where };
            view->status = es_text_of(catalog_word(&found[k]));
            view->catalog_path = text_of(session->arena, found[k].path);
            view->member = text_of(session->arena, found[k].file);
            view->digest_algorithm = es_text_of(digests[i].size == 20 ? "SHA-1" : "SHA-256");
            view->computed_digest = digests[i];
            if (found[k].damaged)
                view->flags |= ES_SIGNATURE_DAMAGED;
            put_signer(session->arena, &found[k].signer, view);
        }
    }
    to->catalogs = views;
    free(found);
    return status;
}

static es_status ask_catalogs(es_session *session, es_state_work *work, es_signature *to)
{
    const es_catalog_counts *counts;
    es_status status = catalogs_of(session, work);

    to->catalogs_asked = 1;
    if (status != ES_OK)
        return status;
    if (!work->catalogs) {
        to->catalogs_unread = 1;
        return ES_OK;
    }
    counts = es_catalogs_counts(work->catalogs);
    to->catalogs_found = counts->found;
    to->catalogs_malformed = counts->malformed;
    status = find_vouches(session, work, to);
    to->catalogs_unread = unread(counts);
    return status;
}

/* ------------------------------------------------------------------ the view */

static es_status read_memory(void *context, uint64_t offset, void *buffer, uint64_t size,
                             bool *ret_damaged)
{
    const es_bytes *bytes = context;

    (void)ret_damaged;
    if (offset > bytes->size || size > bytes->size - offset)
        return ES_END;
    memcpy(buffer, bytes->data + offset, (size_t)size);
    return ES_OK;
}

/* What the PE headers say, where there are some: of the file, or of the image inside it. */
static es_status put_executable(es_session *session, es_opened *opened, const es_bytes *file,
                                const es_authenticode *read, es_signature *to)
{
    es_bytes image = { file->data + read->inside_at,
                       read->inside ? read->inside_size : file->size };
    es_pe_input input = { image.size, read_memory, &image };
    es_pe *pe = calloc(1, sizeof *pe);
    es_status status = pe ? es_pe_read(&input, ES_PE_WITH_CHECKSUM, pe) : ES_NOMEM;

    if (status == ES_OK) {
        pe->version_offset += read->inside_at;
        status = es_opened_executable(session, opened, pe);
    }
    to->executable = opened->view.executable;
    opened->view.executable = NULL;
    free(pe);
    return status < 0 ? status : ES_OK;
}

static es_status make_view(es_session *session, es_state_work *work, es_opened *opened,
                           es_bytes *file)
{
    es_authenticode *read = calloc(1, sizeof *read);
    es_signature *view = es_arena_take(session->arena, sizeof *view);
    const es_embedded *best = NULL;
    es_status status = read && view ? es_authenticode_read(*file, session->roots, read) : ES_NOMEM;

    if (status == ES_OK) {
        *view = (es_signature){ .size = sizeof *view, .where = &opened->where };
        best = best_of(read);
        put_embedded(session->arena, read, best, view);
        put_digests(session, &read->digests, view);
        status = put_executable(session, opened, file, read, view);
    }
    if (status == ES_OK && !settles(read, best))
        status = ask_catalogs(session, work, view);
    if (status == ES_OK) {
        opened->view.signature = view;
        opened->hashed = true;
        memcpy(opened->sha256, read->digests.sha256, sizeof opened->sha256);
    }
    free(read);
    return status;
}

static es_status read_whole(es_artefact_file *file, uint8_t **ret_data)
{
    uint8_t *data;
    uint64_t got = 0;
    es_status status = ES_OK;

    if (file->info.size > ES_SIGNED_FILE_MAX)
        return ES_LIMIT;
    data = malloc(file->info.size ? (size_t)file->info.size : 1);
    if (!data)
        return ES_NOMEM;
    if (file->info.size)
        status = es_artefact_file_read(file, 0, data, file->info.size, &got);
    if (status == ES_OK && got < file->info.size)
        status = ES_CORRUPT;
    if (status != ES_OK) {
        free(data);
        return status;
    }
    *ret_data = data;
    return ES_OK;
}

/* What was read of the same file in a later state, when it did not change since. Its catalogs are
 * asked anew: those are each state's own. */
static es_status view_again(es_session *session, es_state_work *work, es_opened *opened,
                            const es_opened *later, bool *ret_done)
{
    const es_signature *from = later ? later->view.signature : NULL;
    es_signature *view;
    es_status status;

    if (!from || !later->file || later->file->damaged ||
        !es_file_unchanged(opened->file->file, later->file->file))
        return ES_OK;
    view = es_arena_take(session->arena, sizeof *view);
    if (!view)
        return ES_NOMEM;
    status = es_opened_describe(session, opened, opened->file);
    *view = *from;
    view->where = &opened->where;
    opened->view.signature = view;
    opened->hashed = later->hashed;
    memcpy(opened->sha256, later->sha256, sizeof opened->sha256);
    *ret_done = true;
    if (status != ES_OK || !from->catalogs_asked)
        return status;
    view->catalogs_asked = view->n_catalogs = 0;
    view->catalogs_found = view->catalogs_unread = view->catalogs_malformed = 0;
    view->catalogs = NULL;
    return ask_catalogs(session, work, view);
}

static es_status read_view(es_session *session, es_state_work *work, es_opened *opened,
                           es_note *reterr_note)
{
    uint8_t *data = NULL;
    es_status status = read_whole(opened->file, &data);
    es_status told = es_opened_describe(session, opened, opened->file);

    if (told != ES_OK)
        status = told;
    if (status > 0)
        es_note_set(reterr_note, ES_SEVERITY_GAP, "signature",
                    status == ES_LIMIT ? "%s is too large for its signature to be checked."
                                       : "%s could not be read whole, so its signature was not "
                                         "checked.",
                    opened->asked);
    if (status == ES_OK) {
        es_bytes file = { data, opened->file->info.size };

        status = make_view(session, work, opened, &file);
    }
    free(data);
    return status;
}

es_status es_signature_open(es_session *session, es_state_work *work, es_opened *opened,
                            es_note *reterr_note)
{
    es_status status = es_artefact_file_open(opened->fs, opened->asked, &opened->file, reterr_note);
    es_status told;
    bool done = false;

    if (status == ES_OK)
        status = view_again(session, work, opened, es_later_opened(session, work, opened), &done);
    if (status == ES_OK && !done)
        status = read_view(session, work, opened, reterr_note);
    if (status < 0 || !opened->file)
        return status;
    told = es_artefact_announce(session, opened->file, false,
                                opened->hashed ? opened->sha256 : NULL, opened->id);
    return told == ES_OK ? status : told;
}

/* ------------------------------------------------------------------ the component store */

es_status es_components_artefact(es_session *session, es_opened *opened, es_note *reterr_note)
{
    es_status status = es_components_open(opened->fs, opened->asked, &opened->components);

    (void)session;
    if (status > 0 && status != ES_ABSENT)
        es_note_set(reterr_note, ES_SEVERITY_GAP, "component store",
                    "The manifests of the component store cannot be listed.");
    return status;
}

es_status es_host_component_next(const es_host *host, const es_artefact *store, es_component *ret)
{
    static const char *const states[] = { "", "same", "differs", "missing", "unreadable",
                                          "manifest" };
    es_call *call = host->context;
    es_opened *opened = es_opened_of(store);
    es_component_file *file;
    size_t done = 0, all = 0;
    es_status status;

    if (store->kind != ES_KIND_COMPONENTS || !opened || !opened->components)
        return ES_BUG;
    file = calloc(1, sizeof *file);
    if (!file)
        return ES_NOMEM;
    status = es_components_next(opened->components, file);
    es_components_progress(opened->components, &done, &all);
    /* A step now and then is what shows progress. */
    if (status == ES_OK && done / 64 != opened->progress) {
        char words[64];

        opened->progress = done / 64;
        snprintf(words, sizeof words, "component %zu of %zu", done, all);
        status = es_session_step(call->session, call->work->state->id, NULL, words,
                                 "check the component store");
        status = status < 0 ? status : ES_OK;
    }
    if (status == ES_OK) {
        *ret = (es_component){ .size = sizeof *ret, .state = file->state,
                               .word = es_text_of(states[file->state]), .file_size = file->size,
                               .manifests_done = done, .manifests = all,
                               .where = &opened->where };
        /* Files that are as they should be are only counted. */
        if (file->state != ES_COMPONENT_SAME) {
            ret->path = text_of(call->arena, file->path);
            ret->digest_algorithm = es_text_of(file->algorithm ? file->algorithm : "");
            ret->stated = bytes_of(call->arena, file->stated, file->digest_size);
            if (file->state == ES_COMPONENT_DIFFERS)
                ret->computed = bytes_of(call->arena, file->computed, file->digest_size);
        }
    }
    free(file);
    return status;
}
