/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.c: see plugin.h.
 */
#include "host/plugin.h"

#include "base/text.h"
#include "host/declared.h"
#include "host/limits.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT "esuscan_plugin"
/* Copies of all that a plugin may declare, fields of each fact and verdict included. */
#define DECLARED_MEMORY_MAX (UINT64_C(8) << 20)

typedef struct data_file {
    const char *name;
    uint8_t *bytes;
    uint64_t size;
} data_file;

typedef struct loaded {
    const es_plugin *plugin; /* the copy */
    es_arena *declared;      /* holds it */
    void *object; /* dlopen's, NULL for one that was added */
    data_file *files;
    uint32_t n_files;
} loaded;

struct es_plugins {
    loaded items[ES_PLUGINS_MAX];
    size_t n;
};

es_status es_plugins_new(es_plugins **ret_plugins)
{
    *ret_plugins = calloc(1, sizeof **ret_plugins);
    return *ret_plugins ? ES_OK : ES_NOMEM;
}

static void loaded_free(loaded *item)
{
    for (uint32_t i = 0; i < item->n_files; i++)
        free(item->files[i].bytes);
    free(item->files);
    es_arena_free(item->declared);
    if (item->object)
        dlclose(item->object);
}

es_plugins *es_plugins_free(es_plugins *plugins)
{
    if (!plugins)
        return NULL;
    for (size_t i = 0; i < plugins->n; i++)
        loaded_free(&plugins->items[i]);
    free(plugins);
    return NULL;
}

size_t es_plugins_count(const es_plugins *plugins)
{
    return plugins->n;
}

const es_plugin *es_plugins_at(const es_plugins *plugins, size_t index)
{
    return plugins->items[index].plugin;
}

bool es_plugins_data(const es_plugins *plugins, size_t index, es_text name, es_bytes *ret_bytes)
{
    const loaded *item = &plugins->items[index];

    for (uint32_t i = 0; i < item->n_files; i++) {
        if (es_text_equal(name, es_text_of(item->files[i].name))) {
            *ret_bytes = (es_bytes){ item->files[i].bytes, item->files[i].size };
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ checking */

/* Lower-case letters, digits and `also`. */
static bool plain(const char *name, const char *also)
{
    if (!name || !*name || strlen(name) > 63)
        return false;
    for (; *name; name++)
        if (!(*name >= 'a' && *name <= 'z') && !(*name >= '0' && *name <= '9') &&
            !strchr(also, *name))
            return false;
    return true;
}

static const char *check_fields(const es_field *fields, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!plain(fields[i].name, "_.") || !fields[i].means)
            return "declares a field without a proper name and meaning";
        if (fields[i].type < ES_FIELD_TEXT || fields[i].type > ES_FIELD_FACT_LIST)
            return "declares a field of a type that does not exist";
        for (uint32_t k = 0; k < i; k++)
            if (!strcmp(fields[k].name, fields[i].name))
                return "declares two fields of one name";
    }
    return NULL;
}

static const char *check_wants(const es_plugin *plugin)
{
    for (uint32_t i = 0; i < plugin->n_wants; i++) {
        const es_want *want = &plugin->wants[i];

        if (want->kind < ES_KIND_HIVE || want->kind > ES_KIND_SHORTCUTS || !want->means)
            return "wants a kind of artefact that this version does not know";
        if (want->scope < ES_SCOPE_SYSTEM_ROOT || want->scope > ES_SCOPE_DISK)
            return "wants an artefact in a scope that does not exist";
        if (want->kind != ES_KIND_BOOT_ENTRY && want->kind != ES_KIND_COMPONENTS &&
            (!want->path || !*want->path || want->path[0] == '/' || strstr(want->path, "..") ||
             strchr(want->path, '\\')))
            return "wants an artefact by a path that is empty, absolute or holds '..' or '\\'";
    }
    return NULL;
}

static const char *check_facts(const es_plugin *plugin)
{
    size_t prefix = strlen(plugin->name);

    for (uint32_t i = 0; i < plugin->n_facts; i++) {
        const es_fact_type *type = &plugin->facts[i];
        const char *wrong;

        if (!plain(type->name, "_-.") || !type->summary)
            return "declares a fact without a proper name and summary";
        if (strncmp(type->name, plugin->name, prefix) || type->name[prefix] != '.')
            return "declares a fact whose name does not begin with the plugin's and a dot";
        wrong = check_fields(type->fields, type->n_fields);
        if (wrong)
            return wrong;
    }
    return NULL;
}

static const char *check_verdicts(const es_plugin *plugin)
{
    for (uint32_t i = 0; i < plugin->n_verdicts; i++) {
        const es_verdict_type *type = &plugin->verdicts[i];
        bool unknown = false;
        const char *wrong;

        if (!plain(type->name, "_-") || !type->summary ||
            !type->answers || type->n_answers > ES_DECLARED_MAX)
            return "declares a verdict without a proper name, summary and answers";
        for (uint32_t k = 0; k < type->n_answers; k++)
            unknown |= type->answers[k] && !strcmp(type->answers[k], "unknown");
        if (!unknown)
            return "declares a verdict that cannot answer \"unknown\"";
        wrong = check_fields(type->fields, type->n_fields);
        if (wrong)
            return wrong;
    }
    return NULL;
}

static const char *check_rows(const es_plugin *plugin)
{
    for (uint32_t i = 0; i < plugin->n_rows; i++) {
        const es_row_type *type = &plugin->rows[i];
        bool known = !type->verdict;
        const char *wrong;

        if (!plain(type->name, "_-"))
            return "declares a list without a proper name";
        for (uint32_t k = 0; type->verdict && k < plugin->n_verdicts; k++)
            known |= !strcmp(type->verdict, plugin->verdicts[k].name);
        if (!known)
            return "declares a list of a verdict that it does not have";
        if (!type->verdict && strcmp(type->name, "updates") && strcmp(type->name, "questions"))
            return "declares a list of the installation other than updates and questions";
        wrong = check_fields(type->fields, type->n_fields);
        if (wrong)
            return wrong;
    }
    return NULL;
}

static const char *check_needs_and_data(const es_plugin *plugin)
{
    for (uint32_t i = 0; i < plugin->n_needs; i++)
        if (!plain(plugin->needs[i].type, "_-.") ||
            (plugin->needs[i].states != ES_NEED_OWN && plugin->needs[i].states != ES_NEED_MACHINE))
            return "needs a fact without a proper type";
    for (uint32_t i = 0; i < plugin->n_data; i++)
        if (!plain(plugin->data[i].name, "_-.") || plugin->data[i].name[0] == '.')
            return "names a data file by more than a bare name";
    return NULL;
}

/* What is wrong with a description whose lists were copied, NULL if nothing. */
static const char *check(const es_plugin *plugin)
{
    const char *wrong;

    if (!plain(plugin->name, "-") || !plugin->version || !plugin->summary)
        return "has no proper name, version and summary";
    if (!strcmp(plugin->name, es_core_plugin.name))
        return "takes the name of the core itself";
    if ((wrong = check_needs_and_data(plugin)) || (wrong = check_wants(plugin)) ||
        (wrong = check_facts(plugin)) || (wrong = check_verdicts(plugin)) ||
        (wrong = check_rows(plugin)))
        return wrong;
    if (plugin->n_wants && !plugin->examine)
        return "wants artefacts and has no examine";
    if (plugin->n_verdicts && !plugin->judge)
        return "declares verdicts and has no judge";
    return NULL;
}

static const es_plugin *find(const es_plugins *plugins, const char *name)
{
    for (size_t i = 0; i < plugins->n; i++)
        if (!strcmp(plugins->items[i].plugin->name, name))
            return plugins->items[i].plugin;
    return NULL;
}

static void refuse(es_note *note, const char *origin, const char *why)
{
    es_note_set(note, ES_SEVERITY_GAP, "plugin", "The plugin %s was refused: it %s.", origin, why);
}

es_status es_plugins_add(es_plugins *plugins, const es_plugin *plugin, const char *origin,
                         es_note *reterr_note)
{
    loaded item = { NULL, NULL, NULL, NULL, 0 };
    const char *wrong;

    if (plugin->abi != ES_ABI) {
        es_note_set(reterr_note, ES_SEVERITY_GAP, "plugin",
                    "The plugin %s was refused: it is made for ABI %u, this esuscan has ABI %u. "
                    "Build it again with this version's headers.",
                    origin, plugin->abi, ES_ABI);
        return ES_UNSUPPORTED;
    }
    if (es_arena_new(DECLARED_MEMORY_MAX, &item.declared) != ES_OK)
        return ES_NOMEM;
    wrong = es_declared_copy(item.declared, plugin, &item.plugin);
    if (!wrong)
        wrong = check(item.plugin);
    if (!wrong && plugins->n == ES_PLUGINS_MAX)
        wrong = "is one too many";
    if (wrong) {
        refuse(reterr_note, origin, wrong);
    } else if (find(plugins, item.plugin->name)) {
        es_note_set(reterr_note, ES_SEVERITY_GAP, "plugin",
                    "The plugin %s was refused: another plugin is called '%s' already.", origin,
                    item.plugin->name);
    } else {
        plugins->items[plugins->n++] = item;
        return ES_OK;
    }
    es_arena_free(item.declared);
    return ES_UNSUPPORTED;
}

/* ------------------------------------------------------------------ loading */

static es_status read_file(const char *path, uint8_t **ret_bytes, uint64_t *ret_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    uint8_t *bytes = NULL;
    uint64_t size = 0;
    es_status status = ES_ABSENT;

    if (fd < 0)
        return ES_ABSENT;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size >= 0 &&
        (uint64_t)about.st_size <= ES_DATA_FILE_MAX) {
        bytes = malloc((size_t)about.st_size + 1);
        status = bytes ? ES_OK : ES_NOMEM;
    }
    while (status == ES_OK && size < (uint64_t)about.st_size) {
        ssize_t n = read(fd, bytes + size, (size_t)about.st_size - size);

        if (n <= 0)
            status = ES_IO;
        else
            size += (uint64_t)n;
    }
    close(fd);
    if (status != ES_OK) {
        free(bytes);
        return status;
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return ES_OK;
}

/* The data files of the plugin added last: FOLDER/NAME/FILE. */
static es_status load_data(es_plugins *plugins, const char *folder, es_note *reterr_note)
{
    loaded *item = &plugins->items[plugins->n - 1];
    const es_plugin *plugin = item->plugin;
    char path[PATH_MAX];

    if (!plugin->n_data)
        return ES_OK;
    item->files = calloc(plugin->n_data, sizeof *item->files);
    if (!item->files)
        return ES_NOMEM;
    for (uint32_t i = 0; i < plugin->n_data; i++) {
        data_file *file = &item->files[i];
        es_status status = ES_LIMIT;

        if (snprintf(path, sizeof path, "%s/%s/%s", folder, plugin->name, plugin->data[i].name) <
            (int)sizeof path)
            status = read_file(path, &file->bytes, &file->size);
        if (status < 0 && status != ES_IO)
            return status;
        if (status != ES_OK) {
            es_note_set(reterr_note, ES_SEVERITY_GAP, "plugin",
                        "The plugin '%s' was refused: its data file %s cannot be read.",
                        plugin->name, path);
            return ES_UNSUPPORTED;
        }
        file->name = plugin->data[i].name;
        item->n_files++;
    }
    return ES_OK;
}

static es_status load_one(es_plugins *plugins, const char *folder, const char *name,
                          es_note *reterr_note)
{
    char path[PATH_MAX];
    void *object;
    const es_plugin *plugin;
    es_status status;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return ES_OK;
    object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        es_note_set(reterr_note, ES_SEVERITY_GAP, "plugin",
                    "The plugin %s was refused: it cannot be loaded (%s).", path, dlerror());
        return ES_UNSUPPORTED;
    }
    plugin = dlsym(object, EXPORT);
    if (!plugin) {
        es_note_set(reterr_note, ES_SEVERITY_GAP, "plugin",
                    "The plugin %s was refused: it does not export " EXPORT ".", path);
        status = ES_UNSUPPORTED;
    } else {
        status = es_plugins_add(plugins, plugin, path, reterr_note);
    }
    if (status != ES_OK) {
        dlclose(object);
        return status;
    }
    plugins->items[plugins->n - 1].object = object;
    status = load_data(plugins, folder, reterr_note);
    if (status != ES_OK)
        loaded_free(&plugins->items[--plugins->n]);
    return status;
}

static int is_object(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 3 && !strcmp(entry->d_name + n - 3, ".so") && entry->d_name[0] != '.';
}

es_status es_plugins_load_folder(es_plugins *plugins, const char *folder,
                                 es_plugin_note_fn on_note, void *context)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_object, alphasort);
    es_status status = ES_OK;

    if (n < 0)
        return ES_ABSENT;
    for (int i = 0; i < n; i++) {
        es_note note;
        es_status one = status < 0 ? status : load_one(plugins, folder, entries[i]->d_name, &note);

        if (one > 0)
            on_note(context, &note);
        else
            status = one;
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* Levels between the top of a build tree and a program in it: src/esuscan, tests/unit/test_cage. */
#define BUILD_TREE_DEPTH 3

char *es_plugins_bundled_folder(const char *installed)
{
    char program[PATH_MAX], probe[PATH_MAX + 32], *slash;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

    program[n > 0 ? n : 0] = '\0';
    /* A meson build tree has a folder of this name at its top. */
    for (int i = 0; i < BUILD_TREE_DEPTH && (slash = strrchr(program, '/')); i++) {
        *slash = '\0';
        snprintf(probe, sizeof probe, "%s/meson-private", program);
        if (access(probe, F_OK) != 0)
            continue;
        snprintf(probe, sizeof probe, "%s/plugins", program);
        return strdup(probe);
    }
    return strdup(installed);
}
