/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_host.c: see fake_host.h. Small arrays of fixed size and one list of allocations: a test
 * states a few dozen things. Running out of room ends the test.
 */
#include "fake_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void *fake_keep(fake_host *fake, uint64_t size)
{
    block *made = calloc(1, sizeof(block) + size + 1);

    assert_non_null(made);
    made->next = fake->blocks;
    fake->blocks = made;
    return made + 1;
}

char *fake_keep_text(fake_host *fake, es_text text)
{
    char *kept = fake_keep(fake, text.size + 1);

    if (text.size)
        memcpy(kept, text.data, (size_t)text.size);
    return kept;
}

const char *fake_keep_string(fake_host *fake, const char *string)
{
    return fake_keep_text(fake, es_text_of(string));
}

es_bytes fake_keep_bytes(fake_host *fake, const void *data, uint64_t size)
{
    es_bytes kept = { NULL, size };
    uint8_t *copy = fake_keep(fake, size);

    if (size)
        memcpy(copy, data, (size_t)size);
    kept.data = copy;
    return kept;
}

int fake_same_letters(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char x = a[i], y = b[i];

        x = x >= 'A' && x <= 'Z' ? (char)(x - 'A' + 'a') : x;
        y = y >= 'A' && y <= 'Z' ? (char)(y - 'A' + 'a') : y;
        if (x != y)
            return 0;
    }
    return 1;
}

int fake_same(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && fake_same_letters(a, b, strlen(a));
}

/* ------------------------------------------------------------------ evidence */

fake_host *fake_host_new(void)
{
    fake_host *fake = calloc(1, sizeof *fake);

    assert_non_null(fake);
    fake->state_where.magic = WHERE_MAGIC;
    fake->question.size = sizeof fake->question;
    fake_state(fake, ES_ROLE_CURRENT, 0);
    return fake;
}

void fake_host_free(fake_host *fake)
{
    while (fake->blocks) {
        block *next = fake->blocks->next;

        free(fake->blocks);
        fake->blocks = next;
    }
    free(fake);
}

void fake_plugin(fake_host *fake, const es_plugin *plugin)
{
    assert_true(fake->n_plugins < MAX_PLUGINS);
    assert_int_equal(plugin->abi, ES_ABI);
    assert_int_equal(plugin->size, sizeof(es_plugin));
    fake->plugins[fake->n_plugins++] = plugin;
}

void fake_state(fake_host *fake, uint32_t role, int64_t state_ticks)
{
    es_installation *state = &fake->states[fake->n_states];

    assert_true(fake->n_states < MAX_STATES);
    state->size = sizeof *state;
    state->id = ++fake->n_states;
    state->machine = 1;
    state->role = role;
    state->volume = 1;
    state->snapshot = -1;
    state->system_root = es_text_of("Windows");
    state->where = &fake->state_where;
    if (state_ticks) {
        state->state_time.ticks = state_ticks;
        state->state_time.precision = ES_TIME_TICK;
    }
}

static stored *add_value(fake_host *fake, const char *hive, const char *key, const char *name)
{
    stored *made = NULL;

    for (uint32_t i = 0; i < fake->n_values; i++)
        if (fake->values[i].state == fake->n_states && fake->values[i].name && name &&
            fake_same(fake->values[i].hive, hive) && fake_same(fake->values[i].key, key) &&
            fake_same(fake->values[i].name, name))
            made = &fake->values[i];
    if (!made) {
        assert_true(fake->n_values < MAX_VALUES);
        made = &fake->values[fake->n_values++];
    }
    memset(made, 0, sizeof *made);
    made->state = fake->n_states;
    made->hive = fake_keep_string(fake, hive);
    made->key = fake_keep_string(fake, key);
    made->name = name ? fake_keep_string(fake, name) : NULL;
    made->where.magic = WHERE_MAGIC;
    made->where.path = made->hive;
    made->where.key = made->key;
    made->where.value = made->name ? made->name : "";
    return made;
}

static es_bytes utf16(fake_host *fake, const char *text, char nul)
{
    size_t size = strlen(text);
    es_bytes bytes = { NULL, (size + 1) * 2 };
    uint8_t *data = fake_keep(fake, bytes.size);

    for (size_t i = 0; i < size; i++)
        data[2 * i] = text[i] == nul ? 0 : (uint8_t)text[i];
    bytes.data = data;
    return bytes;
}

void fake_text(fake_host *fake, const char *hive, const char *key, const char *name,
               const char *text)
{
    stored *made = add_value(fake, hive, key, name);

    made->type = ES_REG_SZ;
    made->data = utf16(fake, text, 0);
}

void fake_multi(fake_host *fake, const char *hive, const char *key, const char *name,
                const char *text)
{
    stored *made = add_value(fake, hive, key, name);

    made->type = ES_REG_MULTI_SZ;
    made->data = utf16(fake, text, '|');
}

void fake_number(fake_host *fake, const char *hive, const char *key, const char *name,
                 uint32_t number)
{
    uint8_t data[4] = { (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                        (uint8_t)(number >> 24) };

    fake_binary(fake, hive, key, name, ES_REG_DWORD, data, sizeof data);
}

void fake_binary(fake_host *fake, const char *hive, const char *key, const char *name,
                 uint32_t type, const void *data, uint64_t size)
{
    stored *made = add_value(fake, hive, key, name);

    made->type = type;
    made->data = fake_keep_bytes(fake, data, size);
}

void fake_key(fake_host *fake, const char *hive, const char *key)
{
    add_value(fake, hive, key, NULL);
}

static stored *last_value(fake_host *fake)
{
    assert_true(fake->n_values > 0);
    return &fake->values[fake->n_values - 1];
}

void fake_changed(fake_host *fake, const char *before)
{
    stored *made = last_value(fake);

    made->flags |= ES_VALUE_CHANGED | (before ? 0 : ES_VALUE_ADDED);
    if (before)
        made->before = utf16(fake, before, 0);
}

void fake_damaged(fake_host *fake)
{
    last_value(fake)->flags |= ES_VALUE_DAMAGED;
    last_value(fake)->where.damaged = 1;
}

void fake_corrupt(fake_host *fake)
{
    last_value(fake)->corrupt = 1;
}

void fake_remove(fake_host *fake, const char *name)
{
    for (uint32_t i = 0; i < fake->n_values; i++)
        if (fake->values[i].state == fake->n_states && fake->values[i].name &&
            fake_same(fake->values[i].name, name))
            fake->values[i].removed = 1;
}

artefact *fake_artefact(fake_host *fake, uint32_t kind, const char *path)
{
    artefact *made = &fake->artefacts[fake->n_artefacts];

    assert_true(fake->n_artefacts < MAX_ARTEFACTS);
    fake->n_artefacts++;
    made->state = fake->n_states;
    made->where.magic = WHERE_MAGIC;
    made->where.path = fake_keep_string(fake, path);
    made->view.size = sizeof made->view;
    made->view.kind = kind;
    made->view.path = es_text_of(made->where.path);
    made->view.links = 2;
    made->view.twins = 1;
    made->view.volume = 1;
    made->view.mft_entry = 100 + fake->n_artefacts;
    made->view.where = &made->where;
    made->view.handle = made;
    return made;
}

es_artefact *fake_last_artefact(fake_host *fake)
{
    assert_true(fake->n_artefacts > 0);
    return &fake->artefacts[fake->n_artefacts - 1].view;
}

es_executable *fake_executable(fake_host *fake, const char *path, uint32_t machine,
                               const char *version, const char *words)
{
    artefact *made = fake_artefact(fake, ES_KIND_EXECUTABLE, path);
    es_executable *exe = &made->executable;
    unsigned numbers[4];

    exe->size = sizeof *exe;
    exe->machine = machine;
    exe->strings = made->strings;
    if (version) {
        assert_int_equal(sscanf(version, "%u.%u.%u.%u", &numbers[0], &numbers[1], &numbers[2],
                                &numbers[3]), 4);
        exe->has_version = 1;
        for (int i = 0; i < 4; i++)
            exe->file_version[i] = (uint16_t)numbers[i];
    }
    if (words) {
        exe->n_strings = 1;
        made->strings[0].size = sizeof made->strings[0];
        made->strings[0].language = es_text_of("040904b0");
        made->strings[0].file_version = es_text_of(fake_keep_string(fake, words));
    }
    made->view.executable = exe;
    return exe;
}

void fake_file(fake_host *fake, const char *path, const void *bytes, uint64_t size)
{
    artefact *made = fake_artefact(fake, ES_KIND_FILE, path);

    made->bytes = fake_keep_bytes(fake, bytes, size);
    made->view.file_size = size;
}

es_boot_entry *fake_boot_entry(fake_host *fake)
{
    artefact *made = fake_artefact(fake, ES_KIND_BOOT_ENTRY, "Boot/BCD");
    es_boot_entry *entry = &made->entry;

    entry->size = sizeof *entry;
    entry->object = es_text_of("{entry}");
    entry->order = entry->pae = entry->nx = -1;
    entry->test_signing = entry->no_integrity_checks = entry->debug = -1;
    entry->where = &made->where;
    made->view.boot_entry = entry;
    return entry;
}

es_signature *fake_signature(fake_host *fake, const char *path, int asked)
{
    artefact *made = fake_artefact(fake, ES_KIND_SIGNATURE, path);
    es_signature *signature = &made->signature;
    es_executable *exe = &made->executable;
    const char *slash = strrchr(made->where.path, '/');
    char component[256];

    made->asked = asked;
    signature->size = sizeof *signature;
    signature->status = es_text_of("none");
    signature->where = &made->where;
    signature->catalogs = made->catalogs;
    signature->executable = exe;
    signature->file_sha256 = fake_keep_bytes(fake, "a digest of thirty-two bytes ...", 32);
    signature->image_sha256 = signature->file_sha256;
    signature->image_sha1 = fake_keep_bytes(fake, "a digest of twenty b", 20);
    exe->size = sizeof *exe;
    exe->has_version = 1;
    exe->file_version[0] = 6;
    exe->file_version[2] = 6003;
    exe->file_version[3] = 20489;
    exe->strings = made->strings;
    exe->n_strings = 1;
    made->strings[0].size = sizeof made->strings[0];
    made->strings[0].original_filename = es_text_of(slash ? slash + 1 : made->where.path);
    (void)snprintf(component, sizeof component,
                   "amd64_microsoft-windows-%s_31bf3856ad364e35_6.0.6003.20489_none_0/%s",
                   slash ? slash + 1 : path, slash ? slash + 1 : path);
    exe->component_path = es_text_of(fake_keep_string(fake, component));
    exe->component_searched = 1;
    made->view.signature = signature;
    return signature;
}

es_executable *fake_signed_executable(fake_host *fake)
{
    assert_true(fake->n_artefacts > 0);
    return &fake->artefacts[fake->n_artefacts - 1].executable;
}

es_signature *fake_catalog(fake_host *fake, const char *path)
{
    artefact *at = &fake->artefacts[fake->n_artefacts - 1];
    es_signature *made = &at->catalogs[at->signature.n_catalogs];

    assert_true(fake->n_artefacts > 0 && at->signature.n_catalogs < 4);
    at->signature.n_catalogs++;
    at->signature.catalogs_asked = 1;
    made->size = sizeof *made;
    made->status = es_text_of("sound");
    made->chain = es_text_of("trusted");
    made->signer = es_text_of("Microsoft Windows");
    made->root = es_text_of("Microsoft Root");
    made->usages = es_text_of("1.3.6.1.5.5.7.3.3,1.3.6.1.4.1.311.10.3.6");
    made->catalog_path = es_text_of(fake_keep_string(fake, path));
    made->where = &at->where;
    return made;
}

void fake_component(fake_host *fake, uint32_t state, const char *path)
{
    static const char *const words[] = { "", "same", "differs", "missing", "unreadable",
                                         "manifest" };
    artefact *store = NULL;
    es_component *made;

    for (uint32_t i = 0; i < fake->n_artefacts && !store; i++)
        if (fake->artefacts[i].view.kind == ES_KIND_COMPONENTS)
            store = &fake->artefacts[i];
    if (!store)
        store = fake_artefact(fake, ES_KIND_COMPONENTS, "Windows");
    assert_true(store->n_components < 8);
    made = &store->components[store->n_components++];
    made->size = sizeof *made;
    made->state = state;
    made->word = es_text_of(words[state]);
    made->path = es_text_of(fake_keep_string(fake, path));
    made->where = &store->where;
}

es_shortcut *fake_shortcut(fake_host *fake, const char *folder, const char *name, uint32_t drive,
                           uint32_t serial, const char *path)
{
    artefact *at = NULL;
    es_shortcut *made;

    for (uint32_t i = 0; i < fake->n_artefacts && !at; i++)
        if (fake->artefacts[i].view.kind == ES_KIND_SHORTCUTS &&
            fake_same(fake->artefacts[i].where.path, folder))
            at = &fake->artefacts[i];
    if (!at)
        at = fake_artefact(fake, ES_KIND_SHORTCUTS, folder);
    assert_true(at->n_shortcuts < 8);
    made = &at->shortcuts[at->n_shortcuts++];
    made->size = sizeof *made;
    made->flags = drive ? ES_SHORTCUT_VOLUME : 0;
    made->drive_type = drive;
    made->volume_serial = serial;
    made->name = es_text_of(fake_keep_string(fake, name));
    made->local_path = es_text_of(fake_keep_string(fake, path));
    made->where = &at->where;
    return made;
}

void fake_fail_alloc(fake_host *fake, uint32_t n)
{
    fake->fail_alloc = n;
}

void fake_no_catalogue(fake_host *fake)
{
    fake->without_catalogue = 1;
}

void fake_ask_as_of(fake_host *fake, int64_t ticks)
{
    fake->question.as_of.ticks = ticks;
    fake->question.as_of.precision = ES_TIME_SECOND;
}

/* ------------------------------------------------------------------ what came out */

uint32_t fake_n_facts(const fake_host *fake, const char *type)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < fake->n_facts; i++)
        n += (uint32_t)es_text_equal(fake->facts[i].type, es_text_of(type));
    return n;
}

const es_fact_view *fake_fact(const fake_host *fake, const char *type, uint32_t index)
{
    for (uint32_t i = 0; i < fake->n_facts; i++)
        if (es_text_equal(fake->facts[i].type, es_text_of(type)) && index-- == 0)
            return &fake->facts[i];
    fail_msg("no such fact: %s", type);
    return NULL;
}

static const es_datum *field_named(const es_field *fields, const es_datum *data, uint32_t n,
                                   const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &data[i];
    fail_msg("no such field: %s", name);
    return NULL;
}

static const char *text_of(const es_datum *datum)
{
    return datum->type == ES_FIELD_TEXT ? datum->text.data : "(null)";
}

const es_datum *fake_field(const es_fact_view *fact, const char *name)
{
    return field_named(fact->declared, fact->fields, fact->n_fields, name);
}

const char *fake_field_text(const es_fact_view *fact, const char *name)
{
    return text_of(fake_field(fact, name));
}

static const said *find_verdict(const fake_host *fake, uint32_t installation, const char *name)
{
    for (uint32_t i = fake->n_verdicts; i-- > 0;) {
        const said *at = &fake->verdicts[i];

        if (at->installation == installation &&
            strcmp(at->plugin->verdicts[at->type].name, name) == 0)
            return at;
    }
    fail_msg("no such verdict: %s", name);
    return NULL;
}

const char *fake_answer(const fake_host *fake, uint32_t installation, const char *verdict)
{
    const said *at = find_verdict(fake, installation, verdict);

    return at->plugin->verdicts[at->type].answers[at->answer];
}

const char *fake_explanation(const fake_host *fake, uint32_t installation, const char *verdict)
{
    return find_verdict(fake, installation, verdict)->explanation;
}

const es_datum *fake_verdict_field(const fake_host *fake, uint32_t installation,
                                   const char *verdict, const char *name)
{
    const said *at = find_verdict(fake, installation, verdict);
    const es_verdict_type *type = &at->plugin->verdicts[at->type];

    return field_named(type->fields, at->fields, type->n_fields, name);
}

const char *fake_verdict_text(const fake_host *fake, uint32_t installation, const char *verdict,
                              const char *name)
{
    return text_of(fake_verdict_field(fake, installation, verdict, name));
}

uint32_t fake_n_because(const fake_host *fake, uint32_t installation, const char *verdict)
{
    return find_verdict(fake, installation, verdict)->n_because;
}

uint32_t fake_n_rows(const fake_host *fake, uint32_t installation, const char *list)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < fake->n_rows; i++)
        n += fake->rows[i].installation == installation &&
             strcmp(fake->rows[i].plugin->rows[fake->rows[i].type].name, list) == 0;
    return n;
}

const es_datum *fake_row_field(const fake_host *fake, uint32_t installation, const char *list,
                               uint32_t index, const char *name)
{
    for (uint32_t i = 0; i < fake->n_rows; i++) {
        const said *at = &fake->rows[i];
        const es_row_type *type = &at->plugin->rows[at->type];

        if (at->installation == installation && strcmp(type->name, list) == 0 && index-- == 0)
            return field_named(type->fields, at->fields, type->n_fields, name);
    }
    fail_msg("no such row: %s", list);
    return NULL;
}

uint32_t fake_n_notes(const fake_host *fake)
{
    return fake->n_notes;
}
