/* SPDX-License-Identifier: Apache-2.0
 *
 * walk.c: artefacts that plugins walk step by step, and those they open themselves.
 *
 * A folder is listed when its first entry is asked for; a document is parsed as far as it is asked
 * for. Where a walk stands is remembered per call and artefact, so that a plugin can look into one
 * artefact while it walks another.
 */
#include "host/session.h"

#include "base/text.h"
#include "host/limits.h"
#include "windows/xml.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct es_walk {
    es_held held;
    bool begun;
    es_status status; /* of a listing: what a damaged index withheld */
    es_entry *entries;
    uint64_t at, n, capacity;
    es_xml *xml;
} es_walk;

static es_walk *walk_of(es_call *call, const es_artefact *artefact)
{
    return es_held_of(call, &call->walks, artefact, sizeof(es_walk));
}

void es_walks_end(es_call *call)
{
    for (es_held *each = call->walks; each; each = each->next)
        es_xml_free(((es_walk *)each)->xml);
    call->walks = NULL;
}

/* ------------------------------------------------------------------ folders */

static int gather(void *context, const es_dirent *dirent)
{
    es_walk *all = context;
    es_entry *entry;
    es_text name;

    if (dirent->dos_name)
        return 0;
    if (all->n == all->capacity) {
        uint64_t capacity = all->capacity ? all->capacity * 2 : 64;
        es_entry *grown = es_arena_take(all->held.call->arena, capacity * sizeof *grown);

        if (!grown) {
            all->status = ES_LIMIT;
            return 1;
        }
        if (all->n)
            memcpy(grown, all->entries, (size_t)all->n * sizeof *grown);
        all->entries = grown;
        all->capacity = capacity;
    }
    if (es_text_repair(all->held.call->arena, dirent->name, &name) != ES_OK) {
        all->status = ES_LIMIT;
        return 1;
    }
    entry = &all->entries[all->n++];
    *entry = (es_entry){
        .size = sizeof *entry, .is_directory = dirent->directory, .name = name,
        .file_size = dirent->size, .modified = dirent->modified,
        .mft_entry = dirent->mft_entry, .mft_sequence = dirent->mft_sequence,
        .where = &all->held.artefact->where,
    };
    return 0;
}

/* A folder is listed on the first call and walked from memory after. */
es_status es_host_entry_next(const es_host *host, const es_artefact *listing, es_entry *ret)
{
    const es_opened *opened = es_opened_of(listing);
    es_walk *all;

    if (listing->kind != ES_KIND_LISTING || !opened)
        return ES_BUG;
    all = walk_of(es_call_of(host), listing);
    if (!all)
        return ES_LIMIT;
    if (!all->begun) {
        es_status status = es_fs_list(opened->fs, opened->view.mft_entry,
                                      opened->view.mft_sequence, gather, all);

        if (status < 0)
            return status;
        if (all->status == ES_OK && status > 0)
            all->status = status;
        all->begun = true;
    }
    if (all->at < all->n) {
        *ret = all->entries[all->at++];
        return ES_OK;
    }
    /* What a damaged index withheld is said once, at its end. */
    return all->status == ES_OK ? ES_END : all->status;
}

/* ------------------------------------------------------------------ XML */

static es_status copy_texts(es_arena *arena, const es_text *texts, uint32_t n, const es_text **ret)
{
    es_text *copies = es_arena_take(arena, n * sizeof *copies + 1);
    es_status status = copies ? ES_OK : ES_LIMIT;

    for (uint32_t i = 0; i < n && status == ES_OK; i++)
        status = es_arena_copy_text(arena, texts[i], &copies[i]) == ES_OK ? ES_OK : ES_LIMIT;
    *ret = copies;
    return status;
}

/* What the reader lends until its next node, the plugin may keep until its callback returns. */
static es_status node_view(es_walk *walk, const es_xml_item *item, es_xml_node *ret)
{
    es_arena *arena = walk->held.call->arena;
    es_xml_node node = { .size = sizeof node, .kind = item->kind, .depth = item->depth,
                         .n_attributes = item->n_attributes };
    es_where *where = es_arena_take(arena, sizeof *where);
    es_status status = where ? ES_OK : ES_LIMIT;

    if (status == ES_OK)
        status = copy_texts(arena, item->attribute_names, item->n_attributes,
                            &node.attribute_names);
    if (status == ES_OK)
        status = copy_texts(arena, item->attribute_values, item->n_attributes,
                            &node.attribute_values);
    if (status != ES_OK || es_arena_copy_text(arena, item->name, &node.name) != ES_OK ||
        es_arena_copy_text(arena, item->text, &node.text) != ES_OK)
        return ES_LIMIT;
    *where = walk->held.artefact->where;
    where->offset = (int64_t)item->offset;
    where->length = (int64_t)item->length;
    node.where = where;
    *ret = node;
    return ES_OK;
}

es_status es_host_xml_next(const es_host *host, const es_artefact *document, es_xml_node *ret)
{
    es_opened *opened = es_opened_of(document);
    es_xml_item item;
    es_walk *walk;
    es_status status = ES_OK;

    if (document->kind != ES_KIND_XML || !opened || !opened->file)
        return ES_BUG;
    walk = walk_of(es_call_of(host), document);
    if (!walk)
        return ES_LIMIT;
    if (!walk->begun) {
        es_xml_input input = { opened->file->info.size, es_artefact_file_door, opened->file };

        walk->status = es_xml_open(&input, &walk->xml);
        walk->begun = true;
    }
    if (walk->status != ES_OK)
        return walk->status;
    status = es_xml_next(walk->xml, &item);
    return status == ES_OK ? node_view(walk, &item, ret) : status;
}

/* ------------------------------------------------------------------ opened by the plugin */

/* The path of a file that a want names, its last component taken from `name`. */
static es_status path_of(es_call *call, const es_want *want, es_text name, char *path, size_t room)
{
    const char *base = want->scope == ES_SCOPE_SYSTEM_ROOT ? call->work->state->system_root : "";
    const char *slash = strrchr(want->path, '/');
    const char *pattern = slash ? slash + 1 : want->path;
    int n;

    if (!name.size)
        name = es_text_of(pattern);
    if (memchr(name.data, '/', (size_t)name.size) || memchr(name.data, '\0', (size_t)name.size) ||
        !es_fs_glob(call->work->state->fs, pattern, name))
        return ES_ABSENT;
    n = snprintf(path, room, "%s%s%.*s%.*s", base, *base ? "/" : "",
                 (int)(pattern - want->path), want->path, (int)(name.size & 0x7fff), name.data);
    return n < 0 || (size_t)n >= room ? ES_ABSENT : ES_OK;
}

es_status es_host_artefact_open(const es_host *host, uint32_t want, es_text name, es_artefact *ret)
{
    es_call *call = es_call_of(host);
    const es_plugin *plugin = es_plugins_at(call->session->plugins, call->plugin);
    const es_want *declared = want < plugin->n_wants ? &plugin->wants[want] : NULL;
    es_opened *opened = NULL;
    char path[4096];
    es_status status;

    if (call->judging || !call->artefact || !declared ||
        !(declared->flags & ES_WANT_ON_DEMAND) || declared->scope == ES_SCOPE_DISK)
        return ES_BUG;
    if (call->work->state->role == ES_ROLE_REGBACK)
        return ES_ABSENT;
    status = path_of(call, declared, name, path, sizeof path);
    if (status == ES_OK)
        status = es_opened_get(call->session, call->work, call->work->state->fs, declared->kind,
                               path, declared->flags, &opened);
    if (status == ES_OK && opened->status != ES_OK)
        status = opened->status;
    /* From here on a crash is this file's: it is left out when the analysis is begun again. */
    if (status == ES_OK &&
        es_session_step(call->session, call->work->state->id, plugin->name, path, "look into") ==
            ES_ABSENT)
        status = ES_CORRUPT;
    if (status == ES_OK) {
        *ret = opened->view;
        ret->want = want;
    }
    return status;
}
