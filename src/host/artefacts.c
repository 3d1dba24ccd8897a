/* SPDX-License-Identifier: Apache-2.0
 *
 * artefacts.c: artefacts opened for plugins, once per state, and announced to the ledger.
 *
 * Hives stay open until their state is done; executables are read, described and closed. What could
 * not be opened is told once and remembered.
 */
#include "host/session.h"

#include "base/text.h"
#include "host/core.h"
#include "host/limits.h"

#include <esuscan/names.h>
#include <stdlib.h>

/* The component store's name of a system file, when its record has one. */
static void component_of(es_opened *opened, es_executable *view, es_arena *arena)
{
    const es_file_info *info = &opened->file->info;
    char *path = NULL;
    es_status status = es_fs_link_below(opened->fs, info->mft_entry, info->mft_sequence, "winsxs",
                                        &path);
    char *kept = status == ES_OK ? es_arena_string(arena, path) : NULL;

    if (kept)
        view->component_path = es_text_of(kept);
    view->component_searched = status == ES_OK || status == ES_ABSENT;
    free(path);
}

static es_status repaired(es_arena *arena, const char *string, es_text *ret)
{
    return es_text_repair(arena, es_text_of(string), ret);
}

static es_status strings_view(es_arena *arena, const es_pe *pe, const es_version_strings **ret)
{
    es_version_strings *views = es_arena_take(arena, pe->n_strings * sizeof *views + 1);
    es_status status = views ? ES_OK : ES_NOMEM;

    for (uint32_t i = 0; status == ES_OK && i < pe->n_strings; i++) {
        const es_pe_strings *from = &pe->strings[i];
        const struct {
            const char *string;
            es_text *to;
        } texts[] = {
            { from->language, &views[i].language },
            { from->file_version, &views[i].file_version },
            { from->product_version, &views[i].product_version },
            { from->original_filename, &views[i].original_filename },
            { from->internal_name, &views[i].internal_name },
            { from->file_description, &views[i].file_description },
            { from->company_name, &views[i].company_name },
        };

        views[i].size = sizeof views[i];
        for (size_t k = 0; status == ES_OK && k < sizeof texts / sizeof *texts; k++)
            status = repaired(arena, texts[k].string, texts[k].to);
    }
    if (status == ES_OK)
        *ret = views;
    return status;
}

static es_opened *find_opened(es_state_work *work, es_fs *fs, uint32_t kind, const char *path)
{
    for (es_opened *each = work->opened; each; each = each->next)
        if (each->fs == fs && each->kind == kind && !each->closed &&
            es_name_same(es_text_of(each->asked), es_text_of(path)))
            return each;
    return NULL;
}

/* What was read of the same executable before, as it would be read again. */
static es_status executable_again(es_session *session, es_opened *opened,
                                  const es_executable *before, es_executable **ret_view)
{
    es_executable *view = es_arena_take(session->arena, sizeof *view);
    es_where *where = es_arena_take(session->arena, sizeof *where);

    if (!view || !where)
        return ES_NOMEM;
    *view = *before;
    *where = opened->where;
    where->offset = before->version_where->offset;
    where->length = before->version_where->length;
    view->version_where = where;
    opened->view.executable = view;
    *ret_view = view;
    return ES_OK;
}

es_status es_opened_executable(es_session *session, es_opened *opened, const es_pe *pe)
{
    es_arena *arena = session->arena;
    es_executable *view = es_arena_take(arena, sizeof *view);
    es_where *where = es_arena_take(arena, sizeof *where);
    es_status status = view && where ? ES_OK : ES_NOMEM;

    if (status != ES_OK)
        return status;
    *view = (es_executable){
        .size = sizeof *view, .machine = pe->machine, .has_version = pe->has_version,
        .file_flags = pe->flags, .timestamp = pe->timestamp,
        .checksum_stored = pe->checksum_stored, .checksum_computed = pe->checksum_computed,
        .checksum_known = pe->checksum_read, .n_strings = pe->n_strings,
        .pe32_plus = pe->pe32_plus, .certificate_offset = pe->certificate_offset,
        .certificate_size = pe->certificate_length,
    };
    memcpy(view->file_version, pe->file_version, sizeof view->file_version);
    memcpy(view->product_version, pe->product_version, sizeof view->product_version);
    *where = opened->where;
    if (pe->has_version) {
        where->offset = (int64_t)pe->version_offset;
        where->length = (int64_t)pe->version_length;
    }
    view->version_where = where;
    status = strings_view(arena, pe, &view->strings);
    if (status == ES_OK)
        status = repaired(arena, pe->pdb_id, &view->pdb_id);
    if (status == ES_OK)
        status = repaired(arena, pe->pdb_name, &view->pdb_name);
    if (status == ES_OK)
        status = repaired(arena, pe->problem, &view->problem);
    component_of(opened, view, arena);
    opened->view.executable = view;
    return status;
}

es_status es_artefact_announce(es_session *session, const es_artefact_file *file, bool is_hive,
                               const uint8_t sha256[32], uint32_t id)
{
    es_record record = { .kind = ES_RECORD_ARTEFACT };
    es_artefact_record *to = &record.artefact;

    to->id = id;
    to->volume = es_fs_volume(file->fs)->id;
    to->snapshot = es_fs_snapshot(file->fs) ? (int32_t)es_fs_snapshot(file->fs) : -1;
    to->attribute_type = file->attribute_type;
    to->attribute_id = file->attribute_id;
    to->path = file->path;
    to->mft_entry = file->info.mft_entry;
    to->mft_sequence = file->info.mft_sequence;
    to->has_mft = true;
    to->is_hive = is_hive;
    to->size = file->info.size;
    to->damaged = file->damaged;
    if (sha256) {
        to->has_sha256 = true;
        memcpy(to->sha256, sha256, 32);
    }
    return es_ledger_put(session->ledger, &record);
}

/* The fact `hive.state`. */
static es_status tell_hive_state(es_session *session, es_state_work *work, es_opened *opened)
{
    static const char *const states[] = { "clean", "replayed", "dirty", "repaired" };
    static const char *const formats[] = { NULL, "DIRT", "HvLE" };
    const es_hive_state *state = es_hive_get_state(opened->hive->hive);
    es_text used[2];
    uint64_t n_used = 0;
    es_datum fields[9];
    es_record record = { .kind = ES_RECORD_FACT };

    for (int i = 0; i < 2; i++)
        if (state->log_used[i] && opened->hive->logs[i])
            used[n_used++] = es_text_of(opened->hive->logs[i]->path);
    fields[0] = es_datum_text(es_text_of(states[state->state & 3]));
    fields[1] = state->log_kind == ES_HIVE_LOG_NONE
                    ? es_null()
                    : es_datum_text(es_text_of(formats[state->log_kind]));
    fields[2] = es_datum_texts(used, n_used);
    fields[3] = es_datum_integer((int64_t)state->pages);
    fields[4] = es_datum_integer(state->sequence_primary);
    fields[5] = es_datum_integer(state->sequence_secondary);
    fields[6] = es_datum_boolean(state->checksum_good);
    fields[7] = es_datum_boolean(state->transactions_pending);
    fields[8] = state->reason[0] ? es_datum_text(es_text_of(state->reason)) : es_null();
    record.fact = (es_fact_record){
        .reference = ++session->n_references,
        .installation = work->state->id,
        .type = ES_CORE_HIVE_STATE,
        .plugin = es_core_plugin.name,
        .fields = fields,
        .n_fields = 9,
        .time = state->header_time,
        .where = opened->where,
    };
    record.fact.where.offset = 0;
    record.fact.where.length = 512;
    return es_ledger_put(session->ledger, &record);
}

/* A note beside the fact, so that people read it: what replay did, or what could not be replayed. */
static es_status note_hive_state(es_session *session, es_state_work *work, const es_opened *opened)
{
    const es_hive_state *state = es_hive_get_state(opened->hive->hive);
    const char *path = opened->hive->primary->path;
    bool logged = state->log_kind != ES_HIVE_LOG_NONE;
    const char *because = state->reason[0] ? state->reason : "there is none";
    es_note note;

    if (state->mended) {
        es_note_set(&note, ES_SEVERITY_GAP, "hive",
                    "The structure of %s is broken (%s): %llu bytes of it had to be passed over, "
                    "and keys and values that they held are missing.",
                    path, state->reason, (unsigned long long)state->mended);
        return es_session_note(session, work->state->id, &note, &opened->where);
    }
    switch (state->state) {
    case ES_HIVE_REPLAYED:
        es_note_set(&note, state->reason[0] ? ES_SEVERITY_GAP : ES_SEVERITY_INFO, "hive",
                    "%s was not written back when Windows stopped; its log was replayed in memory, "
                    "as Windows would have done (%llu pages of 512 bytes). Values that changed by "
                    "it show what they were before.%s%s%s",
                    path, (unsigned long long)state->pages, state->reason[0] ? " Not all of it: " : "",
                    state->reason, state->reason[0] ? ". What was changed last may be missing." : "");
        break;
    case ES_HIVE_DIRTY:
        es_note_set(&note, ES_SEVERITY_GAP, "hive",
                    "%s was not written back when Windows stopped, and no log could be used (%s): "
                    "what was changed last may be missing from it.",
                    path, because);
        break;
    case ES_HIVE_REPAIRED:
        es_note_set(&note, logged ? ES_SEVERITY_INFO : ES_SEVERITY_GAP, "hive",
                    "The header of %s is torn (%s). %s", path, state->reason,
                    logged ? "It was taken from the log, and the log was replayed in memory, as "
                             "Windows would have done."
                           : "No log could be used; it was read as it stands.");
        break;
    default:
        return ES_OK;
    }
    return es_session_note(session, work->state->id, &note, &opened->where);
}

static es_status tell_unreadable(es_session *session, es_state_work *work, const es_opened *opened,
                                 const es_note *note)
{
    es_datum fields[2] = { es_datum_text(es_text_of(opened->asked)),
                           es_datum_text(es_text_of(note->text)) };
    es_record record = { .kind = ES_RECORD_FACT };
    es_status status = es_session_note(session, work->state->id, note, &opened->where);

    record.fact = (es_fact_record){
        .reference = ++session->n_references,
        .installation = work->state->id,
        .type = ES_CORE_UNREADABLE,
        .plugin = es_core_plugin.name,
        .fields = fields,
        .n_fields = 2,
        .where = opened->where,
    };
    return status == ES_OK ? es_ledger_put(session->ledger, &record) : status;
}

/* Describe the file an artefact is: its view and its place. */
es_status es_opened_describe(es_session *session, es_opened *opened, const es_artefact_file *file)
{
    es_artefact *view = &opened->view;
    char *path = es_arena_string(session->arena, file->path);

    if (!path)
        return ES_NOMEM;
    opened->id = ++session->n_artefacts;
    opened->where.artefact = opened->id;
    opened->where.volume = es_fs_volume(file->fs)->id;
    opened->where.snapshot = es_fs_snapshot(file->fs);
    opened->where.path = NULL;
    opened->where.damaged = file->damaged;
    *view = (es_artefact){
        .size = sizeof *view,
        .kind = opened->kind,
        .flags = file->damaged ? ES_ARTEFACT_DAMAGED : 0,
        .file_size = file->info.size,
        .links = file->info.links,
        .twins = file->twins,
        .modified = file->info.modified,
        .mft_entry = file->info.mft_entry,
        .mft_sequence = file->info.mft_sequence,
        .volume = es_fs_volume(file->fs)->id,
        .where = &opened->where,
        .handle = opened,
    };
    return es_text_repair(session->arena, es_text_of(path), &view->path);
}

static es_status open_hive(es_session *session, es_state_work *work, es_opened *opened,
                           es_note *reterr_note)
{
    es_opened *later = es_later_opened(session, work, opened);
    es_artefact_file *file = NULL;
    es_status status, told;

    status = es_hive_set_open_earlier(opened->fs, opened->asked, later ? later->hive : NULL,
                                      &opened->hive, &file, reterr_note);
    if (later)
        later->hive = es_hive_set_free(later->hive); /* two of them are too much memory */
    if (status != ES_OK) {
        if (file && status > 0 && status != ES_ABSENT) {
            told = es_opened_describe(session, opened, file);
            if (told == ES_OK)
                told = es_artefact_announce(session, file, false, NULL, opened->id);
            status = told == ES_OK ? status : told;
        }
        es_artefact_file_free(file);
        return status;
    }
    status = es_opened_describe(session, opened, opened->hive->primary);
    if (status != ES_OK)
        return status;
    if (es_hive_get_state(opened->hive->hive)->state != ES_HIVE_CLEAN)
        opened->view.flags |= ES_ARTEFACT_REPLAYED;
    for (int i = 0; i < 2 && status == ES_OK; i++) {
        if (!opened->hive->logs[i])
            continue;
        opened->log_ids[i] = ++session->n_artefacts;
        status = es_artefact_announce(session, opened->hive->logs[i], false, NULL,
                                      opened->log_ids[i]);
    }
    if (status == ES_OK)
        status = es_artefact_announce(session, opened->hive->primary, true, NULL, opened->id);
    if (status == ES_OK)
        status = tell_hive_state(session, work, opened);
    return status == ES_OK ? note_hive_state(session, work, opened) : status;
}

/* Read the executable that is open. */
static es_status read_executable(es_session *session, es_opened *opened, uint32_t flags,
                                 es_note *reterr_note)
{
    es_pe *pe = calloc(1, sizeof *pe);
    es_status status, told;

    if (!pe)
        return ES_NOMEM;
    status = es_artefact_pe(opened->file, flags & ES_WANT_WHOLE ? ES_PE_WITH_CHECKSUM : 0, pe);
    if (status >= 0 && (flags & ES_WANT_WHOLE))
        opened->hashed = es_artefact_sha256(opened->file, opened->sha256) == ES_OK;
    if (status > 0)
        es_note_set(reterr_note, ES_SEVERITY_GAP, "executable",
                    status == ES_UNSUPPORTED ? "%s is not a PE file, so it has no version to read."
                                             : "The headers of %s are broken, so its version could "
                                               "not be read.",
                    opened->asked);
    if (status >= 0) {
        told = es_opened_describe(session, opened, opened->file);
        if (told == ES_OK && status == ES_OK)
            told = es_opened_executable(session, opened, pe);
        status = told == ES_OK ? status : told;
    }
    free(pe);
    return status;
}

/* An executable that was read, and is broken where its version should be. */
static es_status note_problem(es_session *session, es_state_work *work, const es_opened *opened)
{
    const es_executable *view = opened->view.executable;
    es_note note;

    if (!view || !view->problem.size)
        return ES_OK;
    es_note_set(&note, ES_SEVERITY_GAP, "executable", "%s is damaged inside: %.*s.", opened->asked,
                (int)(view->problem.size & 0xff), view->problem.data);
    return es_session_note(session, work->state->id, &note, &opened->where);
}

static void take_hash(es_opened *opened, const es_opened *from)
{
    opened->hashed = from->hashed;
    memcpy(opened->sha256, from->sha256, sizeof opened->sha256);
}

/* The executable as it was read in a later state, when it did not change since. */
static es_status take_later(es_session *session, es_state_work *work, es_opened *opened,
                            uint32_t flags, bool *ret_taken)
{
    const es_opened *later = es_later_opened(session, work, opened);
    es_executable *view = NULL;
    es_status status;

    if (!later || !later->view.executable || !later->file || later->file->damaged ||
        (!later->hashed && (flags & ES_WANT_WHOLE)) ||
        !es_file_unchanged(opened->file->file, later->file->file))
        return ES_OK;
    *ret_taken = true;
    take_hash(opened, later);
    status = es_opened_describe(session, opened, opened->file);
    if (status == ES_OK)
        status = executable_again(session, opened, later->view.executable, &view);
    if (status == ES_OK)
        component_of(opened, view, session->arena);
    return status;
}

/* The executable out of the one whole read that its signature took. What was not asked for is left
 * off: what is told of a file must not hang on what else was asked about it. One on damaged bytes is
 * read by itself, since it matters which of them are. */
static es_status take_whole(es_session *session, es_state_work *work, es_opened *opened,
                            uint32_t flags, bool *ret_taken)
{
    const es_opened *whole = find_opened(work, opened->fs, ES_KIND_SIGNATURE, opened->asked);
    const es_signature *from = whole ? whole->view.signature : NULL;
    es_executable *view = NULL;
    es_status status;

    if (!from || !from->executable || from->inside.size || whole->file->damaged)
        return ES_OK;
    *ret_taken = true;
    status = es_opened_describe(session, opened, opened->file);
    if (status == ES_OK)
        status = executable_again(session, opened, from->executable, &view);
    if (status == ES_OK && (flags & ES_WANT_WHOLE))
        take_hash(opened, whole);
    else if (status == ES_OK)
        view->checksum_computed = view->checksum_known = 0;
    return status;
}

static es_status open_executable(es_session *session, es_state_work *work, es_opened *opened,
                                 uint32_t flags, es_note *reterr_note)
{
    es_status status = es_artefact_file_open(opened->fs, opened->asked, &opened->file, reterr_note);
    es_status told;
    bool taken = false;

    if (status == ES_OK)
        status = take_later(session, work, opened, flags, &taken);
    if (status == ES_OK && !taken)
        status = take_whole(session, work, opened, flags, &taken);
    if (status == ES_OK && !taken)
        status = read_executable(session, opened, flags, reterr_note);
    if (status < 0 || !opened->file)
        return status;
    told = es_artefact_announce(session, opened->file, false,
                                opened->hashed ? opened->sha256 : NULL, opened->id);
    if (told == ES_OK && status == ES_OK)
        told = note_problem(session, work, opened);
    return told == ES_OK ? status : told;
}

/* A folder has no data stream to open: its place is what the look-up found. */
static es_status open_listing(es_session *session, es_opened *opened, es_note *reterr_note)
{
    es_artefact_file file = { .fs = opened->fs };
    es_status status = es_fs_lookup(opened->fs, opened->asked, &file.info.mft_entry,
                                    &file.info.mft_sequence, &file.path, &file.twins);

    if (status > 0 && status != ES_ABSENT)
        es_note_set(reterr_note, ES_SEVERITY_GAP, "filesystem",
                    "A folder index on the way to %s is damaged.", opened->asked);
    if (status == ES_OK)
        status = es_opened_describe(session, opened, &file);
    if (status == ES_OK)
        status = es_artefact_announce(session, &file, false, NULL, opened->id);
    free(file.path);
    return status;
}

/* The component store is a folder whose files are gone through one by one. */
static es_status open_components(es_session *session, es_opened *opened, es_note *reterr_note)
{
    es_status status = es_components_artefact(session, opened, reterr_note);

    return status == ES_OK ? open_listing(session, opened, reterr_note) : status;
}

/* A plain file: opened and kept. A folder of that name is none. */
static es_status open_file(es_session *session, es_opened *opened, es_note *reterr_note)
{
    es_status status = es_artefact_file_open(opened->fs, opened->asked, &opened->file, reterr_note);

    if (status != ES_OK)
        return status;
    if (opened->file->info.directory)
        return ES_ABSENT;
    status = es_opened_describe(session, opened, opened->file);
    if (status == ES_OK)
        status = es_artefact_announce(session, opened->file, false, NULL, opened->id);
    return status;
}

static es_status open_kind(es_session *session, es_state_work *work, es_opened *opened,
                           uint32_t flags, es_note *reterr_note)
{
    switch (opened->kind) {
    case ES_KIND_HIVE:
        return open_hive(session, work, opened, reterr_note);
    case ES_KIND_EXECUTABLE:
        return open_executable(session, work, opened, flags, reterr_note);
    case ES_KIND_LISTING:
    case ES_KIND_SHORTCUTS:
        return open_listing(session, opened, reterr_note);
    case ES_KIND_SIGNATURE:
        return es_signature_open(session, work, opened, reterr_note);
    case ES_KIND_COMPONENTS:
        return open_components(session, opened, reterr_note);
    default:
        return open_file(session, opened, reterr_note);
    }
}

es_status es_opened_get(es_session *session, es_state_work *work, es_fs *fs, uint32_t kind,
                        const char *path, uint32_t flags, es_opened **ret_opened)
{
    es_opened *opened = find_opened(work, fs, kind, path);
    es_note note = { .severity = ES_SEVERITY_GAP };
    es_status status;

    if (opened) {
        *ret_opened = opened;
        return opened->status == ES_ABSENT ? ES_ABSENT : ES_OK;
    }
    opened = es_arena_take(session->arena, sizeof *opened);
    if (!opened || !(opened->asked = es_arena_string(session->arena, path)))
        return ES_NOMEM;
    opened->fs = fs;
    opened->kind = kind;
    opened->where = (es_where){ .volume = es_fs_volume(fs)->id, .snapshot = es_fs_snapshot(fs),
                                .path = opened->asked, .offset = -1, .length = -1 };
    opened->next = work->opened;
    work->opened = opened;
    es_note_set(&note, ES_SEVERITY_GAP, "artefact", "%s could not be read.", path);
    status = es_session_step(session, work->state->id, NULL, path, "open");
    if (status == ES_ABSENT) {
        es_note_set(&note, ES_SEVERITY_ERROR, "artefact",
                    "%s was left out: reading it had stopped the analysis.", path);
        status = ES_CORRUPT;
    } else if (status == ES_OK) {
        status = open_kind(session, work, opened, flags, &note);
    }
    opened->status = status;
    if (status < 0 || status == ES_ABSENT)
        return status;
    *ret_opened = opened;
    return status == ES_OK ? ES_OK : tell_unreadable(session, work, opened, &note);
}

es_status es_opened_close(es_session *session, es_opened *opened)
{
    uint8_t sha256[32];
    es_status status = ES_OK;

    if (opened->hive) {
        es_hive_sha256(opened->hive->hive, sha256);
        status = es_artefact_announce(session, opened->hive->primary, true, sha256, opened->id);
    }
    opened->hive = es_hive_set_free(opened->hive);
    opened->closed = true;
    return status;
}

es_status es_opened_close_all(es_session *session, es_state_work *work)
{
    es_status status = ES_OK;
    uint8_t sha256[32];

    for (es_opened *each = work->opened; each; each = each->next) {
        if (!each->hive || status != ES_OK)
            continue;
        es_hive_sha256(each->hive->hive, sha256);
        status = es_artefact_announce(session, each->hive->primary, true, sha256, each->id);
    }
    es_opened_keep(session, work);
    return status;
}
