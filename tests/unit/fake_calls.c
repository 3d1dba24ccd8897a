/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_calls.c: the host table of the fake host, and the order in which it calls plugins. Every
 * call asserts what the contract asks of a plugin.
 */
#include "fake_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ------------------------------------------------------------------ the host's calls */

static fake_host *of(const es_host *host)
{
    union {
        void *context;
        fake_host *fake;
    } both = { host->context };

    return both.fake;
}

static void check_text(es_text text)
{
    assert_true(text.data != NULL || text.size == 0);
}

static void check_where(const es_where *where)
{
    assert_non_null(where);
    assert_int_equal(where->magic, WHERE_MAGIC);
}

static es_status host_alloc(const es_host *host, uint64_t size, void **ret)
{
    fake_host *fake = of(host);

    if (fake->fail_alloc && --fake->fail_alloc == 0)
        return ES_NOMEM;
    *ret = fake_keep(fake, size);
    return ES_OK;
}

static es_status host_note(const es_host *host, uint32_t severity, es_text text,
                           const es_where *where)
{
    check_text(text);
    assert_true(severity <= 1);
    assert_true(text.size > 0);
    if (where)
        check_where(where);
    of(host)->n_notes++;
    return ES_OK;
}

static es_status host_place(const es_host *host, const es_where *where, uint64_t offset,
                            uint64_t length, const es_where **ret)
{
    (void)host, (void)offset, (void)length;
    check_where(where);
    *ret = where;
    return ES_OK;
}

static es_status host_span(const es_host *host, const es_where *from, const es_where *to,
                           const es_where **ret)
{
    (void)host;
    check_where(from);
    check_where(to);
    *ret = from;
    return ES_OK;
}

/* A datum fits its declaration and its pointers hold; kept, so that it outlives the call. */
static es_datum keep_datum(fake_host *fake, const es_field *field, const es_datum *datum)
{
    es_datum kept = *datum;
    es_text *texts;

    if (datum->type == 0)
        return es_null();
    assert_int_equal(datum->type, field->type);
    switch (datum->type) {
    case ES_FIELD_TEXT:
        check_text(datum->text);
        kept.text.data = fake_keep_text(fake, datum->text);
        break;
    case ES_FIELD_BOOLEAN:
        assert_true(datum->integer == 0 || datum->integer == 1);
        break;
    case ES_FIELD_TEXT_LIST:
        texts = fake_keep(fake, datum->n * sizeof *texts);
        for (uint64_t i = 0; i < datum->n; i++) {
            check_text(datum->texts[i]);
            texts[i].data = fake_keep_text(fake, datum->texts[i]);
            texts[i].size = datum->texts[i].size;
        }
        kept.texts = texts;
        break;
    case ES_FIELD_FACT:
        assert_true(datum->integer >= 1 && datum->integer <= fake->n_facts);
        break;
    case ES_FIELD_FACT_LIST:
        for (uint64_t i = 0; i < datum->n; i++)
            assert_true(datum->facts[i] >= 1 && datum->facts[i] <= fake->n_facts);
        kept.facts = (const uint64_t *)(const void *)fake_keep_bytes(fake, datum->facts,
                                                                datum->n * sizeof(uint64_t)).data;
        break;
    default:
        break;
    }
    return kept;
}

static es_datum *keep_fields(fake_host *fake, const es_field *fields, uint32_t n,
                             const es_datum *data)
{
    es_datum *kept = fake_keep(fake, (n + 1) * sizeof *kept);

    for (uint32_t i = 0; i < n; i++)
        kept[i] = keep_datum(fake, &fields[i], &data[i]);
    return kept;
}

static es_status host_emit(const es_host *host, const es_fact *fact, uint64_t *ret)
{
    fake_host *fake = of(host);
    const es_fact_type *type;
    es_fact_view *view = &fake->facts[fake->n_facts];

    assert_false(fake->judging);
    assert_int_equal(fact->size, sizeof *fact);
    assert_true(fact->type < fake->plugin->n_facts);
    assert_true(fake->n_facts < MAX_FACTS);
    check_where(fact->where);
    type = &fake->plugin->facts[fact->type];
    if (es_time_known(fact->time))
        assert_non_null(type->time_means);
    view->size = sizeof *view;
    view->n_fields = type->n_fields;
    view->reference = ++fake->n_facts;
    view->installation = fake->state;
    view->damaged = fact->where->damaged;
    view->declared = type->fields;
    view->fields = keep_fields(fake, type->fields, type->n_fields, fact->fields);
    view->time = fact->time;
    view->plugin = es_text_of(fake->plugin->name);
    view->type = es_text_of(type->name);
    view->path = es_text_of(fact->where->path);
    view->key = es_text_of(fact->where->key ? fact->where->key : "");
    view->value = es_text_of(fact->where->value ? fact->where->value : "");
    if (ret)
        *ret = view->reference;
    return ES_OK;
}

/* A key is the first value at or below its path; its handle is the path. */
static es_status open_path(fake_host *fake, const char *hive, const char *path, es_key *ret)
{
    size_t size = strlen(path);

    for (uint32_t i = 0; i < fake->n_values; i++) {
        const stored *at = &fake->values[i];

        if (at->state != fake->state->id || !fake_same(at->hive, hive) || strlen(at->key) < size ||
            !fake_same_letters(at->key, path, size) || (at->key[size] && at->key[size] != '\\'))
            continue;
        if (at->corrupt && !at->name)
            return ES_CORRUPT;
        memset(ret, 0, sizeof *ret);
        ret->size = sizeof *ret;
        ret->name = es_text_of(strrchr(path, '\\') ? strrchr(path, '\\') + 1 : path);
        ret->written.ticks = INT64_C(132000000000000000);
        ret->written.precision = ES_TIME_TICK;
        ret->where = &at->where;
        ret->handle = path;
        ret->id = i;
        return ES_OK;
    }
    return ES_ABSENT;
}

static es_status host_key_open(const es_host *host, const es_artefact *hive, es_text path,
                               es_key *ret)
{
    const artefact *at = hive->handle;

    check_text(path);
    assert_int_equal(hive->kind, ES_KIND_HIVE);
    return open_path(of(host), at->where.path, fake_keep_text(of(host), path), ret);
}

static es_status host_key_find(const es_host *host, const es_key *from, es_text path, es_key *ret)
{
    fake_host *fake = of(host);
    const char *base = from->handle;
    char *full = fake_keep(fake, strlen(base) + path.size + 2);

    (void)snprintf(full, strlen(base) + path.size + 2, "%s\\%.*s", base, (int)path.size,
                   path.data);
    return open_path(fake, fake->values[from->id].hive, full, ret);
}

static es_status host_key_child(const es_host *host, const es_key *key, uint64_t index,
                                es_key *ret)
{
    fake_host *fake = of(host);
    const char *base = key->handle;
    size_t size = strlen(base);
    const char *seen[64];
    uint64_t n = 0;

    for (uint32_t i = 0; i < fake->n_values; i++) {
        const stored *at = &fake->values[i];
        char *name, *end;
        int is_new = 1;

        if (at->state != fake->state->id || !fake_same(at->hive, fake->values[key->id].hive) ||
            strlen(at->key) <= size || !fake_same_letters(at->key, base, size) ||
            at->key[size] != '\\')
            continue;
        name = fake_keep_text(fake, es_text_of(at->key));
        end = strchr(name + size + 1, '\\');
        if (end)
            *end = '\0';
        for (uint64_t k = 0; k < n; k++)
            is_new = is_new && !fake_same(seen[k], name);
        if (!is_new)
            continue;
        if (n == index)
            return open_path(fake, at->hive, name, ret);
        assert_true(n < 64);
        seen[n++] = name;
    }
    return ES_END;
}

static es_status host_value_find(const es_host *host, const es_key *key, es_text name,
                                 es_value *ret)
{
    fake_host *fake = of(host);
    const char *wanted = fake_keep_text(fake, name);

    for (uint32_t i = 0; i < fake->n_values; i++) {
        const stored *at = &fake->values[i];

        if (at->state != fake->state->id || at->removed || !at->name ||
            !fake_same(at->hive, fake->values[key->id].hive) || !fake_same(at->key, key->handle) ||
            !fake_same(at->name, wanted))
            continue;
        if (at->corrupt)
            return ES_CORRUPT;
        memset(ret, 0, sizeof *ret);
        ret->size = sizeof *ret;
        ret->type = at->type;
        ret->flags = at->flags;
        ret->before_type = at->type;
        ret->name = es_text_of(at->name);
        ret->data = at->data;
        ret->before = at->before;
        ret->where = &at->where;
        return ES_OK;
    }
    return ES_ABSENT;
}

static es_status host_value_child(const es_host *host, const es_key *key, uint64_t index,
                                  es_value *ret)
{
    fake_host *fake = of(host);

    for (uint32_t i = 0; i < fake->n_values; i++) {
        const stored *at = &fake->values[i];

        if (at->state != fake->state->id || at->removed || !at->name ||
            !fake_same(at->hive, fake->values[key->id].hive) || !fake_same(at->key, key->handle) ||
            index--)
            continue;
        return host_value_find(host, key, es_text_of(at->name), ret);
    }
    return ES_END;
}

/* Only ASCII comes out of the tests' own values. */
static es_status host_text_utf16(const es_host *host, es_bytes bytes, es_text *ret)
{
    char *text = fake_keep(of(host), bytes.size);

    for (uint64_t i = 0; i + 1 < bytes.size; i += 2)
        text[i / 2] = bytes.data[i + 1] || bytes.data[i] > 126 ? '?' : (char)bytes.data[i];
    ret->data = text;
    ret->size = bytes.size / 2;
    return ES_OK;
}

static es_status host_value_text(const es_host *host, const es_value *value, uint32_t before,
                                 es_text *ret)
{
    if (value->type != ES_REG_SZ && value->type != ES_REG_EXPAND_SZ && value->type != ES_REG_LINK)
        return ES_CORRUPT;
    if (host_text_utf16(host, before ? value->before : value->data, ret) != ES_OK)
        return ES_CORRUPT;
    for (uint64_t i = 0; i < ret->size; i++)
        if (ret->data[i] == '\0')
            ret->size = i;
    return ES_OK;
}

static es_status host_value_string(const es_host *host, const es_value *value, uint32_t before,
                                   uint64_t index, es_text *ret)
{
    es_text all;
    uint64_t at = 0;

    (void)before;
    if (value->type != ES_REG_MULTI_SZ || host_text_utf16(host, value->data, &all) != ES_OK)
        return ES_CORRUPT;
    for (;; index--) {
        uint64_t start = at;

        while (at < all.size && all.data[at])
            at++;
        if (at == start)
            return ES_END;
        ret->data = all.data + start;
        ret->size = at - start;
        at++;
        if (index == 0)
            return ES_OK;
    }
}

static es_status host_value_number(const es_host *host, const es_value *value, uint32_t before,
                                   uint64_t *ret)
{
    const es_bytes *data = before ? &value->before : &value->data;

    (void)host;
    if (value->type != ES_REG_DWORD || data->size != 4)
        return ES_CORRUPT;
    *ret = data->data[0] | (uint64_t)data->data[1] << 8 | (uint64_t)data->data[2] << 16 |
           (uint64_t)data->data[3] << 24;
    return ES_OK;
}

static es_status host_file_read(const es_host *host, const es_artefact *file, uint64_t offset,
                                void *buffer, uint64_t size, uint64_t *ret_size)
{
    const artefact *at = file->handle;
    uint64_t left = offset < at->bytes.size ? at->bytes.size - offset : 0;

    (void)host;
    *ret_size = left < size ? left : size;
    if (*ret_size == 0)
        return ES_END;
    memcpy(buffer, at->bytes.data + offset, (size_t)*ret_size);
    return ES_OK;
}

static es_status host_component_next(const es_host *host, const es_artefact *store,
                                     es_component *ret)
{
    union {
        const void *theirs;
        artefact *ours;
    } handle = { store->handle };

    (void)host;
    assert_int_equal(store->kind, ES_KIND_COMPONENTS);
    if (handle.ours->at_component == handle.ours->n_components)
        return ES_END;
    *ret = handle.ours->components[handle.ours->at_component++];
    return ES_OK;
}

static es_status host_shortcut_next(const es_host *host, const es_artefact *folder,
                                    const es_shortcut **ret)
{
    union {
        const void *theirs;
        artefact *ours;
    } handle = { folder->handle };

    (void)host;
    assert_int_equal(folder->kind, ES_KIND_SHORTCUTS);
    if (handle.ours->at_shortcut == handle.ours->n_shortcuts)
        return ES_END;
    *ret = &handle.ours->shortcuts[handle.ours->at_shortcut++];
    return ES_OK;
}

/* "Rcomputer|VE:\\|FPhotos", see fake_host.h. */
static es_status host_shell_items(const es_host *host, es_bytes list,
                                  const es_shell_item **ret_items, uint32_t *ret_n)
{
    static const char kinds[] = "ORVFDG";
    es_shell_item *items = fake_keep(of(host), 16 * sizeof *items);
    uint64_t at = 0;

    *ret_items = items;
    *ret_n = 0;
    while (at < list.size && list.data[at] != '!') {
        es_shell_item *item = &items[(*ret_n)++];
        const char *kind = strchr(kinds, list.data[at++]);
        uint64_t start = at;
        es_text name;

        assert_non_null(kind);
        assert_true(*ret_n < 16);
        while (at < list.size && list.data[at] != '|' && list.data[at] != '!')
            at++;
        name.data = memcpy(fake_keep(of(host), at - start), list.data + start, at - start);
        name.size = at - start;
        item->size = sizeof *item;
        item->kind = *kind == 'G' ? ES_ITEM_VOLUME : (uint32_t)(kind - kinds);
        if (*kind == 'G' || *kind == 'R')
            item->guid = name;
        else
            item->name = name;
        at += at < list.size && list.data[at] == '|';
    }
    return at < list.size ? ES_CORRUPT : ES_OK;
}

static es_status host_fact_next(const es_host *host, es_text type, uint64_t *cursor,
                                es_fact_view *ret)
{
    fake_host *fake = of(host);
    const es_need *need = NULL;

    assert_true(fake->judging);
    for (uint32_t i = 0; i < fake->plugin->n_needs; i++)
        if (es_text_equal(type, es_text_of(fake->plugin->needs[i].type)))
            need = &fake->plugin->needs[i];
    assert_non_null(need);
    for (; *cursor < fake->n_facts; (*cursor)++) {
        const es_fact_view *fact = &fake->facts[*cursor];
        int own = fact->installation == fake->state;

        if (!es_text_equal(fact->type, type) || (need->states == ES_NEED_OWN && !own))
            continue;
        *ret = *fact;
        ret->own = (uint32_t)own;
        (*cursor)++;
        return ES_OK;
    }
    return ES_END;
}

static es_status host_verdict(const es_host *host, const es_verdict *verdict)
{
    fake_host *fake = of(host);
    said *made = &fake->verdicts[fake->n_verdicts];
    const es_verdict_type *type;

    assert_true(fake->judging);
    assert_true(fake->n_verdicts < MAX_SAID);
    assert_int_equal(verdict->size, sizeof *verdict);
    assert_true(verdict->type < fake->plugin->n_verdicts);
    type = &fake->plugin->verdicts[verdict->type];
    assert_true(verdict->answer < type->n_answers);
    for (uint32_t i = 0; i < verdict->n_because; i++)
        assert_true(verdict->because[i] >= 1 && verdict->because[i] <= fake->n_facts);
    check_text(*verdict->explanation);
    made->plugin = fake->plugin;
    made->installation = fake->state->id;
    made->type = verdict->type;
    made->answer = verdict->answer;
    made->n_because = verdict->n_because;
    made->explanation = fake_keep_text(fake, *verdict->explanation);
    made->fields = keep_fields(fake, type->fields, type->n_fields, verdict->fields);
    fake->n_verdicts++;
    return ES_OK;
}

static es_status host_row(const es_host *host, const es_row *row)
{
    fake_host *fake = of(host);
    said *made = &fake->rows[fake->n_rows];

    assert_true(fake->judging);
    assert_true(fake->n_rows < MAX_SAID);
    assert_true(row->type < fake->plugin->n_rows);
    made->plugin = fake->plugin;
    made->installation = fake->state->id;
    made->type = row->type;
    made->fields = keep_fields(fake, fake->plugin->rows[row->type].fields,
                               fake->plugin->rows[row->type].n_fields, row->fields);
    fake->n_rows++;
    return ES_OK;
}

/* ------------------------------------------------------------------ run */

/* The path of a hive: that of the want, of a user's the profile "bob". */
static const char *path_of(fake_host *fake, const char *path)
{
    const char *star = strchr(path, '*');
    char made[512];

    if (!star)
        return fake_keep_string(fake, path);
    (void)snprintf(made, sizeof made, "%.*sbob%s", (int)(star - path), path, star + 1);
    return fake_keep_string(fake, made);
}

static es_status examine_hive(fake_host *fake, void *state, const es_want *want, uint32_t index)
{
    artefact *hive = NULL;
    const char *name = strrchr(want->path, '/') + 1;

    for (uint32_t i = 0; i < fake->n_values && !hive; i++)
        if (fake->values[i].state == fake->state->id && fake_same(fake->values[i].hive, name)) {
            hive = fake_keep(fake, sizeof *hive);
            hive->where.magic = WHERE_MAGIC;
            hive->where.path = fake_keep_string(fake, name);
            hive->view.size = sizeof hive->view;
            hive->view.kind = ES_KIND_HIVE;
            hive->view.want = index;
            hive->view.path = es_text_of(path_of(fake, want->path));
            hive->view.where = &hive->where;
            hive->view.handle = hive;
        }
    return hive ? fake->plugin->examine(state, &fake->host, &hive->view) : ES_OK;
}

/* The names of "{boot.kernel}" and its like, as the state's boot entries give them. */
static int named_by_entry(const fake_host *fake, const char *word, const char *base_name)
{
    for (uint32_t i = 0; i < fake->n_artefacts; i++) {
        const artefact *at = &fake->artefacts[i];
        es_text named;

        if (at->state != fake->state->id || at->view.kind != ES_KIND_BOOT_ENTRY)
            continue;
        if (!strcmp(word, "{boot.manager}")) {
            if (fake_same(base_name, "bootmgr") || fake_same(base_name, "bootmgfw.efi"))
                return 1;
            continue;
        }
        named = !strcmp(word, "{boot.kernel}") ? at->entry.kernel
                : !strcmp(word, "{boot.hal}")  ? at->entry.hal
                                               : at->entry.loader;
        if (named.size == strlen(base_name) &&
            fake_same_letters(named.data, base_name, strlen(base_name)))
            return 1;
    }
    return 0;
}

/* "Windows/Minidump/Mini1.dmp" for "Minidump/\*.dmp": one star, within a component. */
static int fits(const char *pattern, const char *path)
{
    const char *star = strchr(pattern, '*'), *end = star + 1;
    size_t before = (size_t)(star - pattern), after = strlen(end), size = strlen(path);

    for (const char *at = path; size - (size_t)(at - path) >= before + after; at++) {
        if ((at == path || at[-1] == '/') && fake_same_letters(at, pattern, before) &&
            fake_same(path + size - after, end) &&
            !memchr(at + before, '/', (size_t)(path + size - after - (at + before))))
            return 1;
    }
    return 0;
}

static int is_wanted(const fake_host *fake, const es_want *want, const artefact *at)
{
    size_t size = want->path ? strlen(want->path) : 0;
    const char *path = at->where.path;
    const char *slash = strrchr(path, '/');

    if (at->state != fake->state->id || at->view.kind != want->kind)
        return 0;
    if (want->kind == ES_KIND_BOOT_ENTRY || want->kind == ES_KIND_COMPONENTS)
        return 1;
    if (!strcmp(want->path, "{asked.files}"))
        return at->asked;
    if (want->path[0] == '{')
        return named_by_entry(fake, want->path, slash ? slash + 1 : path);
    if (strchr(want->path, '*'))
        return fits(want->path, path);
    if (want->scope != ES_SCOPE_SYSTEM_ROOT && fake_same(path, want->path))
        return 1;
    return strlen(path) > size && path[strlen(path) - size - 1] == '/' &&
           fake_same_letters(path + strlen(path) - size, want->path, size);
}

static es_status examine_state(fake_host *fake, void *state)
{
    es_status status = ES_OK;

    for (uint32_t i = 0; i < fake->plugin->n_wants && status >= 0; i++) {
        const es_want *want = &fake->plugin->wants[i];

        if (want->kind == ES_KIND_HIVE)
            status = examine_hive(fake, state, want, i);
        for (uint32_t k = 0; k < fake->n_artefacts && status >= 0; k++) {
            artefact *at = &fake->artefacts[k];

            if (!is_wanted(fake, want, at))
                continue;
            at->view.want = i;
            status = fake->plugin->examine(state, &fake->host, &at->view);
        }
    }
    return status;
}

static es_status run_plugin(fake_host *fake, const es_plugin *plugin, int judging)
{
    fake->plugin = plugin;
    fake->judging = judging;
    for (uint32_t i = 0; i < fake->n_states; i++) {
        void *state = NULL;
        es_status status = ES_OK;

        fake->state = &fake->states[i];
        if (plugin->begin)
            status = plugin->begin(&fake->host, fake->state, &state);
        if (status == ES_OK && !judging && plugin->examine)
            status = examine_state(fake, state);
        if (status == ES_OK && judging && plugin->judge)
            status = plugin->judge(state, &fake->host, fake->state, &fake->question);
        if (plugin->end)
            plugin->end(state, &fake->host);
        if (status < 0)
            return status;
    }
    return ES_OK;
}

es_status fake_run(fake_host *fake)
{
    es_host host = { .size = sizeof host, .abi = ES_ABI, .context = fake,
                     .alloc = host_alloc, .note = host_note, .place = host_place,
                     .emit = host_emit, .key_open = host_key_open, .key_find = host_key_find,
                     .key_child = host_key_child, .value_find = host_value_find,
                     .value_child = host_value_child, .value_text = host_value_text,
                     .value_string = host_value_string, .value_number = host_value_number,
                     .text_utf16 = host_text_utf16, .file_read = host_file_read,
                     .component_next = host_component_next,
                     .shortcut_next = host_shortcut_next,
                     .shell_items = host_shell_items, .span = host_span,
                     .fact_next = host_fact_next, .verdict = host_verdict, .row = host_row,
                     .catalogue = fake->without_catalogue ? NULL : &fake_catalogue };
    es_status status = ES_OK;

    fake->host = host;
    fake_log_calls(&fake->host);
    for (int judging = 0; judging <= 1; judging++)
        for (uint32_t i = 0; i < fake->n_plugins && status >= 0; i++)
            status = run_plugin(fake, fake->plugins[i], judging);
    return status;
}
