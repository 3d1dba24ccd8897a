/* SPDX-License-Identifier: Apache-2.0
 *
 * folders.c: which names of a folder fit a pattern.
 *
 * Many wants begin alike: each for a file of every user lists the folder of all users. So a folder
 * of which a pattern needs every name is kept as it was listed, until its state is done. A pattern
 * that begins with letters ("Archive-*.evtx") reads only a part of the index: it is neither answered
 * from what is kept nor kept, and damage elsewhere in that folder is not said for its sake.
 */
#include "host/session.h"

#include "base/buffer.h"
#include "host/limits.h"

#include <esuscan/bytes.h>
#include <stdio.h>
#include <stdlib.h>

/* A folder as it was listed. A name in it: flags, size, bytes. */
struct es_folder {
    es_folder *next;
    const es_fs *fs;
    char *path;
    es_buffer names;
    es_status status; /* of listing it: what a damaged index withheld, or that it is not there */
};

enum { IS_DIRECTORY = 1, IS_REPARSE = 2 };

/* A pattern on its way through a folder. */
typedef struct search {
    es_session *session;
    es_state_work *work;
    es_fs *fs;
    const char *folder, *pattern;
    bool folders; /* it is for folders: more of the path follows */
    es_matches *matches;
    es_status status;
    es_folder *keep; /* NULL: not kept */
} search;

void es_matches_free(es_matches *matches)
{
    for (size_t i = 0; i < matches->n; i++)
        free(matches->paths[i]);
    free(matches->paths);
    *matches = (es_matches){ .n = 0 };
}

static es_status add(search *now, es_text name)
{
    es_matches *to = now->matches;

    if (to->n == ES_GLOB_MATCHES_MAX)
        return ES_LIMIT;
    if (to->n == to->capacity) {
        size_t capacity = to->capacity ? to->capacity * 2 : 32;
        char **grown = realloc(to->paths, capacity * sizeof *grown);

        if (!grown)
            return ES_NOMEM;
        to->paths = grown;
        to->capacity = capacity;
    }
    if (asprintf(&to->paths[to->n], "%s%s%.*s", now->folder, *now->folder ? "/" : "",
                 (int)name.size, name.data) < 0)
        return ES_NOMEM;
    to->n++;
    return ES_OK;
}

static int take_match(void *context, const es_dirent *dirent)
{
    search *now = context;

    if (!dirent->dos_name && (!now->folders || (dirent->directory && !dirent->reparse)))
        now->status = add(now, dirent->name);
    return now->status != ES_OK;
}

static int take_any(void *context, const es_dirent *dirent)
{
    search *now = context;

    if (dirent->dos_name)
        return 0;
    if (now->keep) {
        es_buffer *names = &now->keep->names;

        es_buffer_u8(names, (uint8_t)((dirent->directory ? IS_DIRECTORY : 0) |
                                      (dirent->reparse ? IS_REPARSE : 0)));
        es_buffer_u32(names, (uint32_t)dirent->name.size);
        es_buffer_text(names, dirent->name);
    }
    return es_fs_glob(now->fs, now->pattern, dirent->name) ? take_match(now, dirent) : 0;
}

/* ------------------------------------------------------------------ folders that are kept */

static es_folder *folder_free(es_folder *folder)
{
    es_buffer_free(&folder->names);
    free(folder->path);
    free(folder);
    return NULL;
}

void es_folders_let_go(es_state_work *work)
{
    for (es_folder *each = work->folders, *next; each; each = next) {
        next = each->next;
        folder_free(each);
    }
    work->folders = NULL;
    work->n_folders = 0;
    work->folder_bytes = 0;
}

static const es_folder *find_kept(const search *now)
{
    for (const es_folder *each = now->work->folders; each; each = each->next)
        if (each->fs == now->fs && !strcmp(each->path, now->folder))
            return each;
    return NULL;
}

/* A place for what will be listed; none when there is no room left. */
static es_status begin_keep(search *now)
{
    es_folder *made;

    if (now->work->n_folders == ES_FOLDERS_KEPT_MAX ||
        now->work->folder_bytes >= ES_FOLDERS_MEMORY_MAX)
        return ES_OK;
    made = calloc(1, sizeof *made);
    if (!made || !(made->path = strdup(now->folder))) {
        free(made);
        return ES_NOMEM;
    }
    made->fs = now->fs;
    made->names = es_buffer_make(ES_FOLDERS_MEMORY_MAX - now->work->folder_bytes);
    now->keep = made;
    return ES_OK;
}

/* Keep it, unless it is too large or was not listed to the end. */
static void end_keep(search *now, es_status status)
{
    es_folder *made = now->keep;

    if (!made)
        return;
    now->keep = NULL;
    if (status < 0 || now->status != ES_OK || made->names.failed != ES_OK) {
        folder_free(made);
        return;
    }
    made->status = status;
    made->next = now->work->folders;
    now->work->folders = made;
    now->work->n_folders++;
    now->work->folder_bytes += made->names.size;
}

static es_status search_kept(search *now, const es_folder *kept)
{
    es_cursor c = es_cursor_make((es_bytes){ kept->names.data, kept->names.size });
    int stop = 0;

    while (!stop && c.at < kept->names.size) {
        uint8_t flags = es_cursor_u8(&c);
        es_bytes name = es_cursor_take(&c, es_cursor_u32(&c));
        es_dirent dirent = { .name = { (const char *)name.data, name.size },
                             .directory = flags & IS_DIRECTORY, .reparse = flags & IS_REPARSE };

        stop = take_any(now, &dirent);
    }
    return kept->status;
}

/* ------------------------------------------------------------------ what is missing from them */

/* A folder of which it was said that names may be missing: once a state, however many patterns ask
 * for it. */
typedef struct es_folder_told {
    struct es_folder_told *next;
    const es_fs *fs;
    const char *folder;
    bool damaged; /* or too many */
} es_folder_told;

static es_status tell_once(const search *now, bool damaged, bool *ret_first)
{
    es_folder_told *told;

    for (told = now->work->folders_told; told; told = told->next)
        if (told->fs == now->fs && told->damaged == damaged && !strcmp(told->folder, now->folder))
            return ES_OK;
    told = es_arena_take(now->session->arena, sizeof *told);
    if (!told || !(told->folder = es_arena_string(now->session->arena, now->folder)))
        return ES_NOMEM;
    told->fs = now->fs;
    told->damaged = damaged;
    told->next = now->work->folders_told;
    now->work->folders_told = told;
    *ret_first = true;
    return ES_OK;
}

static es_status tell_folder(const search *now, es_status status)
{
    bool first = false;
    es_status known = tell_once(now, status == ES_CORRUPT, &first);
    es_where where = { .volume = es_fs_volume(now->fs)->id, .snapshot = es_fs_snapshot(now->fs),
                       .path = now->folder, .offset = -1, .length = -1 };
    es_note note;

    if (known != ES_OK || !first)
        return known;
    es_note_set(&note, ES_SEVERITY_GAP, "filesystem",
                status == ES_CORRUPT ? "The index of the folder %s is damaged: files may be "
                                       "missing from it."
                                     : "The folder %s holds more files than are looked at.",
                now->folder);
    return es_session_note(now->session, now->work->state->id, &note, &where);
}

/* ------------------------------------------------------------------ searching */

static es_status search_disk(search *now, bool whole)
{
    uint64_t entry;
    uint32_t sequence;
    es_status status = es_fs_lookup(now->fs, now->folder, &entry, &sequence, NULL, NULL);

    if (status != ES_OK)
        return status;
    return whole ? es_fs_list(now->fs, entry, sequence, take_any, now)
                 : es_fs_list_matches(now->fs, entry, sequence, now->pattern, take_match, now);
}

es_status es_folder_matches(es_session *session, es_state_work *work, es_fs *fs,
                            const char *folder, const char *pattern, bool folders,
                            es_matches *ret_matches)
{
    search now = { .session = session, .work = work, .fs = fs, .folder = folder,
                   .pattern = pattern, .folders = folders, .matches = ret_matches };
    bool whole = *pattern == '*' || *pattern == '?';
    const es_folder *kept = whole ? find_kept(&now) : NULL;
    es_status status = whole && !kept ? begin_keep(&now) : ES_OK;

    if (status == ES_OK)
        status = kept ? search_kept(&now, kept) : search_disk(&now, whole);
    end_keep(&now, status);
    if (now.status < 0)
        return now.status;
    return status == ES_CORRUPT || now.status == ES_LIMIT ? tell_folder(&now, status) : status;
}
