/* SPDX-License-Identifier: Apache-2.0
 *
 * registry.c: what plugins see of a hive: keys and values as views that know their place.
 *
 * A view's place says the key as the hive spells it, the value, where its data lies, and, when the
 * bytes came out of a transaction log, where in which log. `exact` is said only when hivexget of
 * the raw hive shows the same thing.
 */
#include "host/session.h"

#include "base/text.h"
#include "host/limits.h"

#include <esuscan/bytes.h>
#include <esuscan/names.h>
#include <stdio.h>
#include <stdlib.h>

/* What an es_key's handle points to. */
typedef struct key_handle {
    const es_opened *opened;
    es_hive_key key;
    const char *path; /* below the root, as the hive spells it */
    es_hive_key *children;
    size_t n_children;
    es_hive_value *values;
    size_t n_values;
    bool listed_children, listed_values;
    bool all_children; /* the list of them is whole */
    es_status children_status, values_status;
} key_handle;

/* A key's cell as far as it is worth showing: its size, the record with the time of the last write,
 * and the name (msuhanov, "Windows registry file format specification": key node). */
#define NK_SIZE 80u

static es_hive *hive_of(const key_handle *handle)
{
    return handle->opened->hive->hive;
}

/* ------------------------------------------------------------------ keys */

static es_status key_view(es_call *call, const es_opened *opened, es_hive_key key,
                          const char *path, es_text name, es_key *ret)
{
    key_handle *handle = es_arena_take(call->arena, sizeof *handle);
    es_where *where = es_arena_take(call->arena, sizeof *where);
    es_key view = { .size = sizeof view };
    es_status status;

    if (!handle || !where)
        return ES_LIMIT;
    handle->opened = opened;
    handle->key = key;
    handle->path = path;
    status = es_hive_key_written(opened->hive->hive, key, &view.written);
    if (status < 0)
        return status;
    *where = opened->where;
    where->damaged = es_hive_key_damaged(opened->hive->hive, key);
    where->key = path;
    where->offset = (int64_t)key;
    where->length = (int64_t)(NK_SIZE + name.size);
    where->last_written = view.written;
    where->exact = es_hive_get_state(opened->hive->hive)->state == ES_HIVE_CLEAN;
    view.name = name;
    view.where = where;
    view.handle = handle;
    view.id = key;
    *ret = view;
    return ES_OK;
}

/* Find one child by name and append its true name to `path`. */
static es_status step_down(es_call *call, es_hive *hive, es_hive_key *key, const char *name,
                           const char **path, es_text *ret_name)
{
    es_hive_key child;
    char *spelled = NULL, *joined;
    es_status status = es_hive_find(hive, *key, name, &child);

    if (status == ES_OK)
        status = es_hive_key_name(hive, child, &spelled);
    if (status != ES_OK)
        return status;
    joined = es_arena_format(call->arena, "%s%s%s", *path, **path ? "\\" : "", spelled);
    free(spelled);
    if (!joined)
        return ES_LIMIT;
    *ret_name = es_text_of(joined + (**path ? strlen(*path) + 1 : 0));
    *path = joined;
    *key = child;
    return ES_OK;
}

static es_status descend(es_call *call, const es_opened *opened, es_hive_key key,
                         const char *path, es_text relative, es_key *ret)
{
    es_text name = ES_TEXT("");
    uint64_t at = 0;
    es_status status = ES_OK;

    while (at < relative.size && status == ES_OK) {
        const char *from = relative.data + at;
        const char *end = memchr(from, '\\', (size_t)(relative.size - at));
        uint64_t size = end ? (uint64_t)(end - from) : relative.size - at;
        char component[ES_HIVE_NAME_MAX];
        bool current;

        at += size + (end ? 1 : 0);
        if (!size)
            continue;
        if (size >= sizeof component || memchr(from, '\0', (size_t)size))
            return ES_ABSENT;
        memcpy(component, from, (size_t)size);
        component[size] = '\0';
        current = !*path && es_name_same((es_text){ from, size },
                                         (es_text)ES_TEXT("CurrentControlSet"));
        if (current && call->work->state->control_set)
            snprintf(component, sizeof component, "ControlSet%03u",
                     call->work->state->control_set);
        status = step_down(call, opened->hive->hive, &key, component, &path, &name);
        if (current && status == ES_ABSENT)
            status = ES_CORRUPT; /* every SYSTEM has one: which, or where, cannot be told */
    }
    return status == ES_OK ? key_view(call, opened, key, path, name, ret) : status;
}

es_status es_host_key_open(const es_host *host, const es_artefact *hive, es_text path, es_key *ret)
{
    const es_opened *opened = hive->handle;
    es_hive_key root;
    es_status status;

    if (hive->kind != ES_KIND_HIVE || !opened || !opened->hive)
        return ES_BUG;
    status = es_hive_root(opened->hive->hive, &root);
    return status == ES_OK ? descend(es_call_of(host), opened, root, "", path, ret) : status;
}

es_status es_host_key_find(const es_host *host, const es_key *from, es_text path, es_key *ret)
{
    const key_handle *handle = from->handle;

    return descend(es_call_of(host), handle->opened, handle->key, handle->path, path, ret);
}

/* The handle of a key belongs to the host: the plugin sees it as const. */
static key_handle *own(const es_key *key)
{
    union {
        const void *theirs;
        key_handle *ours;
    } handle = { key->handle };

    return handle.ours;
}

/* Move a list from the heap into the call's arena, so that it lives as long as the view. */
static es_status keep_list(es_call *call, uint64_t *list, size_t n, uint64_t **ret)
{
    uint64_t *kept = es_arena_take(call->arena, n * sizeof *kept + 1);

    if (kept && n)
        memcpy(kept, list, n * sizeof *kept);
    free(list);
    *ret = kept;
    return kept ? ES_OK : ES_LIMIT;
}

es_status es_host_key_child(const es_host *host, const es_key *key, uint64_t index, es_key *ret)
{
    es_call *call = es_call_of(host);
    key_handle *handle = own(key);
    char *name = NULL, *path;
    es_hive_key child;
    es_status status;

    if (!handle->listed_children) {
        es_hive_key *list = NULL;

        handle->listed_children = true;
        status = es_hive_children_readable(hive_of(handle), handle->key, &list,
                                           &handle->n_children, &handle->all_children);
        if (status == ES_OK)
            status = keep_list(call, list, handle->n_children, &handle->children);
        handle->children_status = status;
    }
    if (handle->children_status != ES_OK)
        return handle->children_status;
    if (index == handle->n_children && !handle->all_children)
        return ES_CORRUPT;
    if (index >= handle->n_children)
        return ES_END;
    child = handle->children[index];
    status = es_hive_key_name(hive_of(handle), child, &name);
    if (status != ES_OK)
        return status;
    path = es_arena_format(call->arena, "%s%s%s", handle->path, *handle->path ? "\\" : "", name);
    free(name);
    if (!path)
        return ES_LIMIT;
    return key_view(call, handle->opened, child, path,
                    es_text_of(path + (*handle->path ? strlen(handle->path) + 1 : 0)), ret);
}

/* ------------------------------------------------------------------ values */

/* Where bytes that were replayed lie in the log they came from. */
static void place_in_log(const es_opened *opened, es_where *where)
{
    const es_hive_patch *patches = NULL;
    size_t n = es_hive_patches(opened->hive->hive, &patches);

    if (where->offset < 0 || where->length < 0)
        return;
    for (size_t i = 0; i < n; i++) {
        uint64_t at = (uint64_t)where->offset, size = (uint64_t)where->length;

        if (at < patches[i].hive_offset || at - patches[i].hive_offset >= patches[i].length)
            continue;
        /* A run of bytes that ends behind this patch goes on in the next: only what lies in one
         * patch has one place in the log. */
        if (size > patches[i].length - (at - patches[i].hive_offset))
            return;
        where->log_artefact = opened->log_ids[patches[i].log & 1];
        where->log_offset = (int64_t)(patches[i].log_offset + (at - patches[i].hive_offset));
        /* A later patch of the same bytes wins: go on. */
    }
}

/* What the value was before the logs were replayed. */
static es_status look_before(es_call *call, const key_handle *handle, es_value *view)
{
    es_hive *before = NULL;
    es_hive_key root, key;
    es_hive_value value;
    uint32_t type = 0;
    uint8_t *data = NULL;
    uint64_t size = 0;
    const char *name = view->name.data; /* a string: value_view() made it */
    es_status status = es_hive_before(hive_of(handle), &before);

    if (status > 0)
        return ES_OK; /* nothing was replayed, or what was there before cannot be read */
    if (status == ES_OK)
        status = es_hive_root(before, &root);
    if (status == ES_OK)
        status = es_hive_find(before, root, handle->path, &key);
    if (status == ES_OK)
        status = es_hive_value_find(before, key, name, &value);
    if (status == ES_OK)
        status = es_hive_value_data(before, value, &type, &data, &size, NULL, NULL);
    if (status < 0)
        return status;
    if (status == ES_ABSENT)
        view->flags |= ES_VALUE_CHANGED | ES_VALUE_ADDED;
    else if (status == ES_OK && (type != view->type || size != view->data.size ||
                                 (size && memcmp(data, view->data.data, (size_t)size) != 0))) {
        view->flags |= ES_VALUE_CHANGED;
        view->before_type = type;
        status = es_arena_copy_bytes(call->arena, (es_bytes){ data, size }, &view->before);
        free(data);
        return status == ES_OK ? ES_OK : ES_LIMIT;
    }
    free(data);
    return ES_OK;
}

static es_status value_place(es_call *call, const key_handle *handle, es_hive_value value,
                             es_value *view, uint64_t offset, uint64_t length)
{
    es_where *where = es_arena_take(call->arena, sizeof *where);
    const es_hive_state *state = es_hive_get_state(hive_of(handle));

    if (!where)
        return ES_LIMIT;
    *where = handle->opened->where;
    where->key = handle->path;
    where->value = view->name.data;
    where->offset = (int64_t)offset;
    where->length = (int64_t)length;
    where->exact = state->state == ES_HIVE_CLEAN;
    where->damaged = es_hive_value_damaged(hive_of(handle), value);
    if (es_hive_key_written(hive_of(handle), handle->key, &where->last_written) != ES_OK)
        where->last_written = (es_time){ 0, ES_TIME_NONE, 0 };
    place_in_log(handle->opened, where);
    if (where->damaged)
        view->flags |= ES_VALUE_DAMAGED;
    view->where = where;
    return ES_OK;
}

static es_status value_view(es_call *call, const key_handle *handle, es_hive_value value,
                            es_value *ret)
{
    es_hive *hive = hive_of(handle);
    es_value view = { .size = sizeof view };
    uint8_t *data = NULL;
    uint64_t size = 0, offset = 0, length = 0;
    char *name = NULL, *kept;
    es_status status = es_hive_value_name(hive, value, &name);

    if (status != ES_OK)
        return status;
    kept = es_arena_string(call->arena, name);
    free(name);
    if (!kept)
        return ES_LIMIT;
    view.name = es_text_of(kept);
    status = es_hive_value_data(hive, value, &view.type, &data, &size, &offset, &length);
    if (status != ES_OK)
        return status;
    status = es_arena_copy_bytes(call->arena, (es_bytes){ data, size }, &view.data);
    free(data);
    if (status != ES_OK)
        return ES_LIMIT;
    status = value_place(call, handle, value, &view, offset, length);
    if (status == ES_OK)
        status = look_before(call, handle, &view);
    if (status == ES_OK)
        *ret = view;
    return status;
}

es_status es_host_value_find(const es_host *host, const es_key *key, es_text name, es_value *ret)
{
    es_call *call = es_call_of(host);
    const key_handle *handle = key->handle;
    char *copy = es_arena_text(call->arena, name);
    es_hive_value value;
    es_status status;

    if (!copy)
        return ES_LIMIT;
    status = es_hive_value_find(hive_of(handle), handle->key, copy, &value);
    return status == ES_OK ? value_view(call, handle, value, ret) : status;
}

es_status es_host_value_child(const es_host *host, const es_key *key, uint64_t index,
                              es_value *ret)
{
    es_call *call = es_call_of(host);
    key_handle *handle = own(key);

    if (!handle->listed_values) {
        es_hive_value *list = NULL;

        handle->listed_values = true;
        handle->values_status =
            es_hive_values(hive_of(handle), handle->key, &list, &handle->n_values);
        if (handle->values_status == ES_OK)
            handle->values_status = keep_list(call, list, handle->n_values, &handle->values);
    }
    if (handle->values_status != ES_OK)
        return handle->values_status;
    if (index >= handle->n_values)
        return ES_END;
    return value_view(call, handle, handle->values[index], ret);
}

/* ------------------------------------------------------------------ what values say */

/* Data and type, now or before replay; false when there was none before. */
static bool data_of(const es_value *value, uint32_t before, es_bytes *ret, uint32_t *ret_type)
{
    if (before && (value->flags & ES_VALUE_ADDED))
        return false;
    before = before && (value->flags & ES_VALUE_CHANGED);
    *ret = before ? value->before : value->data;
    *ret_type = before ? value->before_type : value->type;
    return true;
}

/* Size of the UTF-16 text up to its first NUL. */
static uint64_t up_to_nul(es_bytes bytes)
{
    uint64_t at = 0;

    while (at + 1 < bytes.size && (bytes.data[at] || bytes.data[at + 1]))
        at += 2;
    return at;
}

es_status es_host_value_text(const es_host *host, const es_value *value, uint32_t before,
                             es_text *ret)
{
    es_bytes data;
    uint32_t type;
    es_status status;

    if (!data_of(value, before, &data, &type))
        return ES_ABSENT;
    if (type != ES_REG_SZ && type != ES_REG_EXPAND_SZ && type != ES_REG_LINK)
        return ES_CORRUPT;
    data.size = up_to_nul(data);
    status = es_text_from_utf16le(es_call_of(host)->arena, data, ret);
    return status == ES_NOMEM ? ES_LIMIT : status;
}

es_status es_host_value_string(const es_host *host, const es_value *value, uint32_t before,
                               uint64_t index, es_text *ret)
{
    es_bytes data;
    uint32_t type;
    es_status status;

    if (!data_of(value, before, &data, &type))
        return ES_ABSENT;
    if (type != ES_REG_MULTI_SZ)
        return ES_CORRUPT;
    /* An empty string is a string: PendingFileRenameOperations deletes by one. The list ends where
     * nothing but its closing NUL is left. */
    for (uint64_t i = 0;; i++) {
        uint64_t size = up_to_nul(data);

        if (data.size < 2 || (size == 0 && data.size < 4))
            return ES_END;
        if (i == index) {
            status = es_text_from_utf16le(es_call_of(host)->arena, (es_bytes){ data.data, size }, ret);
            return status == ES_NOMEM ? ES_LIMIT : status;
        }
        size = size + 2 < data.size ? size + 2 : data.size;
        data.data += size;
        data.size -= size;
    }
}

es_status es_host_value_number(const es_host *host, const es_value *value, uint32_t before,
                               uint64_t *ret)
{
    es_bytes data;
    es_cursor cursor;
    uint32_t type;

    (void)host;
    if (!data_of(value, before, &data, &type))
        return ES_ABSENT;
    cursor = es_cursor_make(data);
    if (type == ES_REG_DWORD && data.size == 4)
        *ret = es_cursor_u32(&cursor);
    else if (type == ES_REG_DWORD_BIG_ENDIAN && data.size == 4)
        *ret = es_cursor_u32be(&cursor);
    else if (type == ES_REG_QWORD && data.size == 8)
        *ret = es_cursor_u64(&cursor);
    else
        return ES_CORRUPT;
    return ES_OK;
}
