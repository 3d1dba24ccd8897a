/* SPDX-License-Identifier: Apache-2.0
 *
 * examine.c: see examine.h. States in order; within a state plugins in order; within a plugin its
 * wants in order: what is emitted does not depend on anything else.
 */
#include "host/examine.h"

#include "host/limits.h"
#include "host/session.h"

#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ wants */

/* A plugin's turn at one want of one state. */
typedef struct turn {
    es_session *session;
    es_state_work *work;
    size_t plugin;
    uint32_t want;
    size_t found;
    es_status status;
} turn;

static const es_plugin *plugin_of(const turn *now)
{
    return es_plugins_at(now->session->plugins, now->plugin);
}

static es_status tell_failed(turn *now, const char *callback, es_status status,
                             const es_where *where)
{
    static const char *const words[] = { "", "something was absent", "it met an early end",
                                         "what it read is damaged", "what it read is unsupported",
                                         "a limit was reached" };
    es_note note;

    es_note_set(&note, ES_SEVERITY_GAP, "plugin",
                "The plugin '%s' did not finish %s: %s. What it had found before is kept.",
                plugin_of(now)->name, callback,
                status >= 1 && status <= 5 ? words[status] : "it failed");
    return es_session_note(now->session, now->work->state->id, &note, where);
}

/* Whether the want says that its artefact stands for itself. */
static bool alone(const turn *now, const es_opened *opened)
{
    return opened && opened->file &&
           (plugin_of(now)->wants[now->want].flags & ES_WANT_ALONE);
}

static es_status call_examine(turn *now, es_opened *opened, const es_artefact *view)
{
    es_run_of *run = &now->work->runs[now->plugin];
    es_call call = { .session = now->session, .plugin = now->plugin, .work = now->work,
                     .artefact = opened };
    es_host host;
    char path[4096];
    es_status status, told;

    snprintf(path, sizeof path, "%.*s", (int)(view->path.size & 0x7fff), view->path.data);
    status = es_session_step(now->session, now->work->state->id, plugin_of(now)->name, path,
                             "examine");
    if (status == ES_ABSENT) {
        es_note note;

        es_note_set(&note, ES_SEVERITY_ERROR, "plugin",
                    "The plugin '%s' was not given %s: it had stopped the analysis there.",
                    plugin_of(now)->name, path);
        return es_session_note(now->session, now->work->state->id, &note, view->where);
    }
    if (status == ES_OK && alone(now, opened)) {
        status = es_told_begin(now->session, opened, now->plugin, &call.told);
        if (status == ES_OK)
            status = es_later_repeat(now->session, now->work, opened, call.told);
        if (status == ES_OK)
            es_told_end(now->session, call.told);
        if (status != ES_ABSENT)
            return status > 0 ? tell_failed(now, "examine", status, view->where) : status;
        status = ES_OK;
    }
    if (status == ES_OK)
        status = es_arena_new(ES_CALLBACK_MEMORY_MAX, &call.arena);
    if (status != ES_OK)
        return status;
    host = es_host_make(&call);
    status = plugin_of(now)->examine(run->state, &host, view);
    if (call.told)
        call.told->noted = es_told_is_noted(now->session, call.told);
    es_walks_end(&call);
    es_shortcuts_end(&call);
    told = es_streams_end(&call);
    if (status >= 0 && told < 0)
        status = told;
    es_arena_free(call.arena);
    if (status == ES_OK && call.told)
        es_told_end(now->session, call.told);
    return status > 0 ? tell_failed(now, "examine", status, view->where) : status;
}

/* Hand one file to the plugin, whatever path led to it, once. */
static es_status hand_over(turn *now, es_fs *fs, const char *path)
{
    const es_want *want = &plugin_of(now)->wants[now->want];
    es_opened *opened = NULL;
    es_artefact view;
    es_status status = es_opened_get(now->session, now->work, fs, want->kind, path, want->flags,
                                     &opened);

    if (status == ES_ABSENT)
        return ES_OK;
    if (status != ES_OK)
        return status;
    now->found++;
    if (opened->status != ES_OK || (opened->seen_by & UINT64_C(1) << now->plugin))
        return ES_OK;
    opened->seen_by |= UINT64_C(1) << now->plugin;
    view = opened->view;
    view.want = now->want;
    status = call_examine(now, opened, &view);
    /* Hives found by a pattern are those of users, of whom there may be hundreds. */
    if (status >= 0 && want->kind == ES_KIND_HIVE && strpbrk(want->path, "*?"))
        status = es_opened_close(now->session, opened);
    return status;
}

/* ---- patterns ---- */

static es_status hand_over_path(turn *now, es_fs *fs, const char *path);

/* What fits the first component with a pattern, whose end is `end`; the rest of the path follows. */
static es_status hand_over_matches(turn *now, es_fs *fs, const char *path, const char *end)
{
    char folder[4096], pattern[4096], full[4096];
    const char *start = end;
    bool folders = *end == '/';
    es_matches matches = { .n = 0 };
    es_status status;

    while (start > path && start[-1] != '/')
        start--;
    snprintf(folder, sizeof folder, "%.*s", start > path ? (int)(start - path) - 1 : 0, path);
    snprintf(pattern, sizeof pattern, "%.*s", (int)(end - start), start);
    status = es_folder_matches(now->session, now->work, fs, folder, pattern, folders, &matches);
    for (size_t i = 0; status >= 0 && i < matches.n; i++) {
        if (!folders)
            status = hand_over(now, fs, matches.paths[i]);
        else if (!strpbrk(matches.paths[i], "*?") && /* a name is no pattern */
                 snprintf(full, sizeof full, "%s%s", matches.paths[i], end) < (int)sizeof full)
            status = hand_over_path(now, fs, full);
    }
    es_matches_free(&matches);
    return status < 0 ? status : ES_OK;
}

/* A path of which any component may be a pattern. */
static es_status hand_over_path(turn *now, es_fs *fs, const char *path)
{
    const char *found = strpbrk(path, "*?");

    return found ? hand_over_matches(now, fs, path, found + strcspn(found, "/"))
                 : hand_over(now, fs, path);
}

static es_status take_path(turn *now, es_fs *fs, const char *base, const char *path)
{
    char full[4096];

    if (snprintf(full, sizeof full, "%s%s%s", base, *base ? "/" : "", path) >= (int)sizeof full)
        return ES_OK;
    if (!strpbrk(base, "*?"))
        return hand_over_path(now, fs, full);
    /* The evidence's own name: no name of NTFS has these, a broken index might. */
    return strpbrk(path, "*?") ? hand_over_matches(now, fs, full, full + strlen(full))
                               : hand_over(now, fs, full);
}

/* ---- boot entries ---- */

static es_status hand_over_entry(turn *now, const es_boot_found *found, bool device_known)
{
    const es_boot *boot = found->boot;
    es_boot_entry entry = {
        .size = sizeof entry, .is_default = boot->is_default,
        .store = es_text_of(found->store_path), .object = es_text_of(boot->object),
        .description = es_text_of(boot->description), .loader = es_text_of(boot->loader),
        .system_root = es_text_of(boot->system_root), .kernel = es_text_of(boot->kernel),
        .hal = es_text_of(boot->hal), .load_options = es_text_of(boot->load_options),
        .order = boot->order, .pae = boot->pae, .nx = boot->nx,
        .test_signing = boot->test_signing, .no_integrity_checks = boot->no_integrity_checks,
        .debug = boot->debug, .device_known = device_known, .inherited = boot->inherited,
    };
    char key[96];
    es_where where = { .volume = found->store_volume->id, .artefact = found->artefact,
                       .key = key, .offset = (int64_t)boot->elements_at,
                       .length = 88, /* the cell of a key called "Elements" */
                       .last_written = boot->written,
                       .exact = true };
    es_artefact view = {
        .size = sizeof view, .kind = ES_KIND_BOOT_ENTRY, .want = now->want,
        .path = es_text_of(found->store_path), .volume = found->store_volume->id,
        .where = &where, .boot_entry = &entry,
    };

    snprintf(key, sizeof key, "Objects\\%s\\Elements", boot->object);
    entry.where = &where;
    now->found++;
    return call_examine(now, NULL, &view);
}

static es_status take_boot_entries(turn *now)
{
    es_status status = ES_OK;
    bool known;

    for (es_boot_found *each = now->session->boot_found; each && status == ES_OK;
         each = each->next)
        if (es_boot_of(each, now->work->state, &known))
            status = hand_over_entry(now, each, known);
    return status;
}

/* The file a boot entry names: below System32 when it is a bare name, else below the root of the
 * volume. */
static es_status take_boot_file(turn *now, const char *named)
{
    char path[ES_BOOT_TEXT_MAX];
    const char *base = now->work->state->system_root;
    char full[4096];

    if (!*named)
        return ES_OK;
    snprintf(path, sizeof path, "%s", named);
    for (char *c = path; *c; c++)
        if (*c == '\\')
            *c = '/';
    if (path[0] == '/')
        return hand_over(now, now->work->state->fs, path + 1);
    if (snprintf(full, sizeof full, "%s/System32/%s", base, path) >= (int)sizeof full)
        return ES_OK;
    return hand_over(now, now->work->state->fs, full);
}

static es_status take_boot_files(turn *now, const char *word)
{
    es_status status = ES_OK;
    bool known;

    for (es_boot_found *each = now->session->boot_found; each && status == ES_OK;
         each = each->next) {
        if (!es_boot_of(each, now->work->state, &known))
            continue;
        if (!strcmp(word, "{boot.kernel}"))
            status = take_boot_file(now, each->boot->kernel);
        else if (!strcmp(word, "{boot.hal}"))
            status = take_boot_file(now, each->boot->hal);
        else if (!strcmp(word, "{boot.loader}"))
            status = take_boot_file(now, each->boot->loader);
    }
    return status;
}

static es_status hand_over_manager(void *context, es_fs *fs, const char *path)
{
    return hand_over(context, fs, path);
}

/* Files the examiner asks about: below the system root, or with a leading slash or a drive letter
 * below the root of its volume. */
static es_status take_asked_files(turn *now)
{
    es_state *state = now->work->state;
    es_status status = ES_OK;

    for (size_t i = 0; i < now->session->n_files && status == ES_OK; i++) {
        char path[4096], *at = path;

        if (snprintf(path, sizeof path, "%s", now->session->files[i]) >= (int)sizeof path)
            continue;
        for (char *c = path; *c; c++)
            if (*c == '\\')
                *c = '/';
        if (at[0] && at[1] == ':')
            at += 2;
        status = *at == '/' ? take_path(now, state->fs, "", at + strspn(at, "/"))
                            : take_path(now, state->fs, state->system_root, at);
    }
    return status;
}

/* ---- one want ---- */

/* A RegBack state has nothing but its hives: their names below its own folder. */
static es_status take_regback(turn *now, const es_want *want)
{
    static const char config[] = "System32/config/";

    if (want->scope != ES_SCOPE_SYSTEM_ROOT || want->kind != ES_KIND_HIVE ||
        strncasecmp(want->path, config, sizeof config - 1) != 0)
        return ES_OK;
    return take_path(now, now->work->state->fs, now->work->state->config,
                     want->path + sizeof config - 1);
}

static es_status take(turn *now)
{
    const es_want *want = &plugin_of(now)->wants[now->want];
    es_state *state = now->work->state;
    es_status status = ES_OK;

    if (state->role == ES_ROLE_REGBACK)
        return want->kind == ES_KIND_BOOT_ENTRY ? ES_OK : take_regback(now, want);
    if (want->kind == ES_KIND_BOOT_ENTRY)
        return take_boot_entries(now);
    if (want->kind == ES_KIND_COMPONENTS)
        return now->session->all_components ? hand_over(now, state->fs, state->system_root) : ES_OK;
    if (!strcmp(want->path, "{asked.files}"))
        return take_asked_files(now);
    if (!strcmp(want->path, "{boot.manager}"))
        return es_boot_managers(now->session, state, hand_over_manager, now);
    if (want->path[0] == '{')
        return take_boot_files(now, want->path);
    switch (want->scope) {
    case ES_SCOPE_SYSTEM_ROOT:
        return take_path(now, state->fs, state->system_root, want->path);
    case ES_SCOPE_VOLUME:
        return take_path(now, state->fs, "", want->path);
    default:
        for (size_t i = 0; i < now->session->n_filesystems && status == ES_OK; i++)
            status = take_path(now, now->session->filesystems[i], "", want->path);
        return status;
    }
}

static bool readable(uint32_t kind)
{
    return kind == ES_KIND_HIVE || kind == ES_KIND_EXECUTABLE || kind == ES_KIND_FILE ||
           kind == ES_KIND_LISTING || kind == ES_KIND_BOOT_ENTRY || kind == ES_KIND_XML ||
           kind == ES_KIND_EVENT_LOG || kind == ES_KIND_TEXT_LOG || kind == ES_KIND_TABLE ||
           kind == ES_KIND_SIGNATURE || kind == ES_KIND_COMPONENTS || kind == ES_KIND_SHORTCUTS;
}

static es_status tell_absent(turn *now, const es_want *want)
{
    es_note note;
    bool unread = !readable(want->kind);

    if (!unread && (now->found || !(want->flags & ES_WANT_REQUIRED) ||
                    now->work->state->role == ES_ROLE_REGBACK))
        return ES_OK;
    es_note_set(&note, unread ? ES_SEVERITY_INFO : ES_SEVERITY_GAP, "artefact",
                unread ? "%s was not asked: this version does not read its kind of artefact."
                       : "%s is not there.",
                want->path);
    return es_session_note(now->session, now->work->state->id, &note, &now->work->where);
}

static es_status examine_with(es_session *session, es_state_work *work, size_t index)
{
    const es_plugin *plugin = es_plugins_at(session->plugins, index);
    es_run_of *run = &work->runs[index];
    es_call call = { .session = session, .plugin = index, .work = work };
    turn now = { .session = session, .work = work, .plugin = index };
    es_status status = ES_OK;

    if (plugin->begin) {
        es_host host = es_host_make(&call);

        status = es_arena_new(ES_CALLBACK_MEMORY_MAX, &call.arena);
        if (status == ES_OK)
            status = es_session_step(session, work->state->id, plugin->name, NULL, "begin");
        if (status == ES_OK)
            status = plugin->begin(&host, &work->view, &run->state);
        es_arena_free(call.arena);
        if (status > 0) {
            run->failed = true;
            return tell_failed(&now, "begin", status, &work->where);
        }
    }
    run->begun = status == ES_OK;
    for (uint32_t i = 0; status == ES_OK && i < plugin->n_wants; i++) {
        now.want = i;
        now.found = 0;
        if (plugin->wants[i].flags & ES_WANT_ON_DEMAND)
            continue;
        if (readable(plugin->wants[i].kind))
            status = take(&now);
        if (status == ES_OK)
            status = tell_absent(&now, &plugin->wants[i]);
    }
    return status;
}

es_status es_session_examine(es_session *session)
{
    size_t n_states = es_states_count(session->states);
    size_t n_plugins = es_plugins_count(session->plugins);
    es_status status = n_states ? es_boot_stores_read(session) : ES_OK;

    for (size_t i = 0; i < n_states && status == ES_OK; i++) {
        es_state_work *work = &session->work[i];

        status = es_state_begin(session, work);
        for (size_t k = 0; k < n_plugins && status == ES_OK; k++)
            status = examine_with(session, work, k);
        es_folders_let_go(work);
        if (status == ES_OK)
            status = es_opened_close_all(session, work);
    }
    return status;
}

/* ------------------------------------------------------------------ judging */

static es_status judge_with(es_session *session, es_state_work *work, size_t index)
{
    const es_plugin *plugin = es_plugins_at(session->plugins, index);
    es_run_of *run = &work->runs[index];
    es_call call = { .session = session, .plugin = index, .work = work, .judging = true };
    turn now = { .session = session, .work = work, .plugin = index };
    es_host host = es_host_make(&call);
    es_status status = ES_OK;

    if (!run->begun)
        return ES_OK;
    if (plugin->judge) {
        status = es_session_step(session, work->state->id, plugin->name, NULL, "judge");
        if (status == ES_OK)
            status = es_arena_new(ES_CALLBACK_MEMORY_MAX, &call.arena);
        if (status == ES_OK)
            status = plugin->judge(run->state, &host, &work->view, session->question);
        if (status == ES_ABSENT && !call.arena) {
            es_note note;

            es_note_set(&note, ES_SEVERITY_ERROR, "plugin",
                        "The plugin '%s' was not asked for its verdicts: it had stopped the "
                        "analysis there.",
                        plugin->name);
            status = es_session_note(session, work->state->id, &note, &work->where);
        } else if (status > 0) {
            status = tell_failed(&now, "judge", status, &work->where);
        }
        es_arena_free(call.arena);
    }
    return status;
}

static void end_with(es_session *session, es_state_work *work, size_t index)
{
    const es_plugin *plugin = es_plugins_at(session->plugins, index);
    es_call call = { .session = session, .plugin = index, .work = work, .judging = true };
    es_host host = es_host_make(&call);

    if (work->runs[index].begun && plugin->end && es_arena_new(ES_CALLBACK_MEMORY_MAX,
                                                               &call.arena) == ES_OK) {
        plugin->end(work->runs[index].state, &host);
        es_arena_free(call.arena);
    }
    work->runs[index].begun = false;
}

es_status es_session_judge(es_session *session)
{
    size_t n_states = es_states_count(session->states);
    size_t n_plugins = es_plugins_count(session->plugins);
    es_status status = es_facts_sort(session);

    for (size_t i = 0; i < n_states && status == ES_OK; i++)
        for (size_t k = 0; k < n_plugins && status == ES_OK; k++)
            status = judge_with(session, &session->work[i], k);
    for (size_t i = 0; i < n_states; i++)
        for (size_t k = 0; k < n_plugins; k++)
            end_with(session, &session->work[i], k);
    es_facts_free(session);
    return status;
}
