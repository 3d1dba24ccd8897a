/* SPDX-License-Identifier: Apache-2.0
 *
 * shortcuts.c: the shortcuts of a folder, one by one, and shell items.
 *
 * A user's folder of recent documents has hundreds of shortcuts, and few of them are of interest. So
 * they are no artefacts of their own before something is said of one: until then a shortcut is a
 * file that was read once. Each is a step, so that one which stops the analysis is left out by
 * itself when that is begun again.
 */
#include "host/session.h"

#include "base/text.h"
#include "host/limits.h"
#include "windows/limits.h"
#include "windows/lnk.h"
#include "windows/shell_item.h"

#include <inttypes.h>

typedef struct listed {
    es_text name;
    uint64_t mft_entry;
    uint32_t mft_sequence;
} listed;

/* A folder whose shortcuts are asked for, and the one at hand. */
typedef struct es_shortcuts {
    es_held held;
    bool begun;
    es_status listing; /* what a damaged index withheld, or the cap */
    listed *files;
    uint64_t at, n, capacity;
    uint64_t n_bad; /* could not be read, or not whole */
    es_arena *arena; /* of the one at hand */
    es_artefact_file file; /* closed; its record for the ledger */
    uint32_t id;
    bool announced;
    es_where where;
    es_shortcut view;
} es_shortcuts;

static es_shortcuts *shortcuts_of(es_call *call, const es_artefact *folder)
{
    return es_held_of(call, &call->shortcuts, folder, sizeof(es_shortcuts));
}

void es_shortcuts_end(es_call *call)
{
    for (es_held *each = call->shortcuts; each; each = each->next)
        es_arena_free(((es_shortcuts *)each)->arena);
    call->shortcuts = NULL;
}

static es_shortcuts *at_hand(es_call *call, const es_where *where)
{
    for (es_held *each = call->shortcuts; each; each = each->next) {
        es_shortcuts *of = (es_shortcuts *)each;

        if (of->id && of->id == where->artefact)
            return of;
    }
    return NULL;
}

es_status es_shortcuts_announce(es_call *call, const es_where *where)
{
    es_shortcuts *of = at_hand(call, where);

    if (!of || of->announced)
        return ES_OK;
    of->announced = true;
    return es_artefact_announce(call->session, &of->file, false, NULL, of->id);
}

bool es_shortcuts_size(es_call *call, const es_where *where, uint64_t *ret_size)
{
    const es_shortcuts *of = at_hand(call, where);

    if (of)
        *ret_size = of->file.info.size;
    return of != NULL;
}

/* ------------------------------------------------------------------ the folder */

static int gather(void *context, const es_dirent *dirent)
{
    es_shortcuts *all = context;
    listed *file;

    /* What is kept elsewhere is a shortcut too: of that it is said that it was not read. */
    if (dirent->dos_name || dirent->directory ||
        !es_fs_glob(all->held.artefact->fs, "*.lnk", dirent->name))
        return 0;
    if (all->n == ES_SHORTCUTS_MAX) {
        all->listing = ES_LIMIT;
        return 1;
    }
    if (all->n == all->capacity) {
        uint64_t capacity = all->capacity ? all->capacity * 2 : 64;
        listed *grown = es_arena_take(all->held.call->arena, capacity * sizeof *grown);

        if (!grown)
            goto full;
        if (all->n)
            memcpy(grown, all->files, (size_t)all->n * sizeof *grown);
        all->files = grown;
        all->capacity = capacity;
    }
    file = &all->files[all->n];
    *file = (listed){ .mft_entry = dirent->mft_entry, .mft_sequence = dirent->mft_sequence };
    if (es_text_repair(all->held.call->arena, dirent->name, &file->name) != ES_OK)
        goto full;
    all->n++;
    return 0;
full:
    all->listing = ES_LIMIT;
    return 1;
}

static es_status tell(const es_shortcuts *all, const es_note *note, const es_where *where)
{
    return es_session_note(all->held.call->session, all->held.call->work->state->id, note, where);
}

static es_status tell_folder(const es_shortcuts *all)
{
    es_note note;

    if (all->listing == ES_OK)
        return ES_OK;
    es_note_set(&note, ES_SEVERITY_GAP, "shortcut",
                all->listing == ES_LIMIT
                    ? "The folder %s holds more shortcuts than are looked at: %" PRIu64 " were."
                    : "The index of the folder %s is damaged: shortcuts may be missing from it. %"
                      PRIu64 " were found.",
                all->held.artefact->asked, all->n);
    return tell(all, &note, &all->held.artefact->where);
}

static es_status list(es_shortcuts *all)
{
    es_status status = es_fs_list(all->held.artefact->fs, all->held.artefact->view.mft_entry,
                                  all->held.artefact->view.mft_sequence, gather, all);

    all->begun = true;
    if (status < 0)
        return status;
    if (all->listing == ES_OK && status > 0)
        all->listing = ES_CORRUPT;
    return tell_folder(all);
}

/* ------------------------------------------------------------------ one of them */

/* Say what is wrong with the one at hand; of a folder of bad ones the first few. */
static es_status tell_bad(es_shortcuts *all, const char *what)
{
    es_note note;
    es_status status;

    if (all->n_bad++ >= ES_SHORTCUT_NOTES_MAX)
        return ES_OK;
    es_note_set(&note, ES_SEVERITY_GAP, "shortcut", "%s %s", all->file.path, what);
    status = es_shortcuts_announce(all->held.call, &all->where);
    return status == ES_OK ? tell(all, &note, &all->where) : status;
}

static es_status tell_rest(es_shortcuts *all)
{
    es_note note;
    uint64_t n = all->n_bad;

    all->n_bad = 0;
    if (n <= ES_SHORTCUT_NOTES_MAX)
        return ES_OK;
    es_note_set(&note, ES_SEVERITY_GAP, "shortcut",
                "%" PRIu64 " shortcuts of the folder %s are damaged; the first %u have a note of "
                "their own.",
                n, all->held.artefact->asked, ES_SHORTCUT_NOTES_MAX);
    return tell(all, &note, &all->held.artefact->where);
}

/* Its bytes; ES_LIMIT when it is too large to be one. */
static es_status read_file(es_shortcuts *all, es_file *file, es_bytes *ret)
{
    uint64_t size = all->file.info.size, got = 0;
    uint8_t *bytes;
    es_status status;

    if (size > ES_LNK_SIZE_MAX)
        return ES_LIMIT;
    bytes = es_arena_take(all->arena, size + 1);
    if (!bytes)
        return ES_LIMIT;
    status = size ? es_file_read(file, 0, bytes, size, &got, &all->file.damaged) : ES_OK;
    *ret = (es_bytes){ bytes, got };
    return status == ES_END ? ES_OK : status;
}

static void make_view(es_shortcuts *all, const listed *from, const es_lnk *lnk)
{
    all->view = (es_shortcut){
        .size = sizeof all->view,
        .flags = (lnk->has_volume ? ES_SHORTCUT_VOLUME : 0) |
                 (all->file.damaged ? ES_SHORTCUT_DAMAGED : 0),
        .drive_type = lnk->drive_type, .volume_serial = lnk->volume_serial, .name = from->name,
        .volume_label = lnk->volume_label, .local_path = lnk->local_path,
        .network_path = lnk->network_path, .machine = lnk->machine, .volume_id = lnk->volume_id,
        .file_id = lnk->file_id, .adapter = lnk->adapter, .created = all->file.info.created,
        .modified = all->file.info.modified, .target_created = lnk->created,
        .target_modified = lnk->modified, .target_accessed = lnk->accessed, .items = lnk->items,
        .where = &all->where,
    };
}

static const char *why_not(es_status status)
{
    switch (status) {
    case ES_LIMIT:
        return "is larger than a shortcut can be: it was not read.";
    case ES_UNSUPPORTED:
        return "is encrypted, or its content is kept elsewhere: it was not read.";
    default:
        return "is no shortcut, or is damaged so that nothing of it can be read.";
    }
}

static es_status parse(es_shortcuts *all, const listed *from, es_file *file)
{
    es_bytes bytes = { NULL, 0 };
    es_lnk lnk = { .cut = false };
    es_status status = read_file(all, file, &bytes), told;

    all->where.damaged = all->file.damaged;
    if (status == ES_OK)
        status = es_lnk_read(bytes, all->arena, &lnk);
    if (status < 0)
        return status;
    if (status != ES_OK) {
        told = tell_bad(all, why_not(status));
        return told == ES_OK ? status : told;
    }
    make_view(all, from, &lnk);
    return lnk.cut ? tell_bad(all, "is damaged: a part of it is missing or does not hold together, "
                                   "and was not read.")
                   : ES_OK;
}

static es_status begin_one(es_shortcuts *all, const listed *from)
{
    const es_opened *folder = all->held.artefact;

    all->arena = es_arena_free(all->arena);
    if (es_arena_new(ES_SHORTCUT_MEMORY_MAX, &all->arena) != ES_OK)
        return ES_NOMEM;
    all->file = (es_artefact_file){ .fs = folder->fs, .twins = 1 };
    all->file.path = es_arena_format(all->arena, "%.*s/%.*s", (int)folder->view.path.size,
                                     folder->view.path.data, (int)from->name.size,
                                     from->name.data);
    if (!all->file.path)
        return ES_NOMEM;
    all->id = ++all->held.call->session->n_artefacts;
    all->announced = false;
    all->where = (es_where){ .volume = folder->where.volume, .snapshot = folder->where.snapshot,
                             .artefact = all->id, .offset = -1, .length = -1 };
    all->file.info.mft_entry = from->mft_entry;
    all->file.info.mft_sequence = from->mft_sequence;
    return ES_OK;
}

/* Positive: it could not be read, which was said. */
static es_status read_one(es_shortcuts *all, const listed *from)
{
    es_call *call = all->held.call;
    const es_plugin *plugin = es_plugins_at(call->session->plugins, call->plugin);
    es_file *file = NULL;
    es_note note;
    es_status status = begin_one(all, from), told;

    if (status != ES_OK)
        return status;
    status = es_session_step(call->session, call->work->state->id, plugin->name, all->file.path,
                             "look into");
    if (status == ES_ABSENT) {
        told = tell_bad(all, "was left out: reading it had stopped the analysis.");
        return told == ES_OK ? status : told;
    }
    if (status == ES_OK)
        status = es_file_open(all->file.fs, from->mft_entry, from->mft_sequence, NULL, &file, &note);
    if (status > 0) {
        told = tell_bad(all, "could not be opened.");
        return told == ES_OK ? status : told;
    }
    if (status == ES_OK) {
        es_file_info_get(file, &all->file.info);
        es_file_attribute(file, &all->file.attribute_type, &all->file.attribute_id);
        status = parse(all, from, file);
    }
    es_file_free(file);
    return status;
}

es_status es_host_shortcut_next(const es_host *host, const es_artefact *folder,
                                const es_shortcut **ret)
{
    es_call *call = es_call_of(host);
    es_shortcuts *all;
    es_status status;

    if (folder->kind != ES_KIND_SHORTCUTS || !es_opened_of(folder))
        return ES_BUG;
    all = shortcuts_of(call, folder);
    if (!all)
        return ES_LIMIT;
    status = all->begun ? ES_OK : list(all);
    while (status == ES_OK && all->at < all->n) {
        status = read_one(all, &all->files[all->at++]);
        if (status == ES_OK) {
            *ret = &all->view;
            return ES_OK;
        }
        if (status > 0)
            status = ES_OK;
    }
    if (status == ES_OK)
        status = tell_rest(all);
    return status == ES_OK ? ES_END : status;
}

es_status es_host_shell_items(const es_host *host, es_bytes bytes, const es_shell_item **ret_items,
                              uint32_t *ret_n)
{
    *ret_items = NULL;
    *ret_n = 0;
    return es_shell_items_read(bytes, es_call_of(host)->arena, ret_items, ret_n);
}
