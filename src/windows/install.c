/* SPDX-License-Identifier: Apache-2.0
 *
 * install.c: see install.h.
 *
 * Every directory of the root is asked for its two hives by path; nothing is listed below the
 * root, so the cost is one index descent per directory and does not depend on the size of the
 * volume.
 */
#include "windows/install.h"

#include "base/text.h"
#include "base/time.h"
#include "windows/limits.h"

#include <esuscan/names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct es_states {
    es_state **items;
    size_t n;
    size_t capacity;
    uint32_t machines;
};

/* A directory name met in a root. */
typedef struct names {
    char **items;
    size_t n;
    size_t capacity;
    bool cut;
    bool failed;
} names;

es_status es_states_new(es_states **ret_states)
{
    *ret_states = calloc(1, sizeof **ret_states);
    return *ret_states ? ES_OK : ES_NOMEM;
}

static es_state *state_free(es_state *state)
{
    if (!state)
        return NULL;
    free(state->system_root);
    free(state->config);
    free(state->product_name);
    free(state->edition);
    free(state->service_pack);
    free(state->computer_name);
    free(state->time_zone);
    free(state);
    return NULL;
}

es_states *es_states_free(es_states *states)
{
    if (!states)
        return NULL;
    for (size_t i = 0; i < states->n; i++)
        state_free(states->items[i]);
    free(states->items);
    free(states);
    return NULL;
}

size_t es_states_count(const es_states *states)
{
    return states->n;
}

es_state *es_states_at(es_states *states, size_t index)
{
    return states->items[index];
}

static es_status states_add(es_states *states, es_state *state)
{
    es_state **grown;

    if (states->n == ES_STATES_MAX)
        return ES_LIMIT;
    if (states->n == states->capacity) {
        states->capacity = states->capacity ? states->capacity * 2 : 8;
        grown = realloc(states->items, states->capacity * sizeof *grown);
        if (!grown)
            return ES_NOMEM;
        states->items = grown;
    }
    state->id = (uint32_t)states->n + 1;
    states->items[states->n++] = state;
    return ES_OK;
}

/* ------------------------------------------------------------------ finding */

static int collect_directory(void *context, const es_dirent *dirent)
{
    names *all = context;
    char **grown;

    if (!dirent->directory || dirent->dos_name || dirent->reparse || dirent->name.size == 0 ||
        (dirent->name.size == 1 && dirent->name.data[0] == '.') ||
        memchr(dirent->name.data, '/', (size_t)dirent->name.size))
        return 0;
    if (all->n == ES_ROOT_DIRECTORIES_MAX) {
        all->cut = true;
        return 1;
    }
    if (all->n == all->capacity) {
        all->capacity = all->capacity ? all->capacity * 2 : 32;
        grown = realloc(all->items, all->capacity * sizeof *grown);
        if (!grown) {
            all->failed = true;
            return 1;
        }
        all->items = grown;
    }
    all->items[all->n] = strndup(dirent->name.data, (size_t)dirent->name.size);
    if (!all->items[all->n]) {
        all->failed = true;
        return 1;
    }
    all->n++;
    return 0;
}

static void names_free(names *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->items[i]);
    free(all->items);
}

typedef struct search {
    es_states *states;
    es_fs *fs;
    es_install_note_fn on_note;
    void *context;
    uint32_t current; /* machine of the installation that replaced a Windows.old, 0 if none */
    uint32_t n_current;
    es_time created; /* of the shadow copy that is searched */
} search;

static void tell(search *find, uint32_t severity, const char *format, const char *name)
{
    es_buffer shown = es_buffer_make(ES_NOTE_TEXT_MAX);
    es_note note;

    es_text_show(&shown, es_text_of(name));
    es_buffer_u8(&shown, 0);
    if (!shown.failed) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        es_note_set(&note, severity, "installation", format, (const char *)shown.data);
#pragma GCC diagnostic pop
        find->on_note(find->context, es_fs_volume(find->fs)->id, &note);
    }
    es_buffer_free(&shown);
}

/* Whether a file is there. ES_OK, ES_ABSENT or ES_CORRUPT. */
static es_status file_there(es_fs *fs, const char *folder, const char *name, char **ret_true_path)
{
    char path[ES_PATH_MAX];
    uint64_t entry;
    uint32_t sequence;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return ES_LIMIT;
    return es_fs_lookup(fs, path, &entry, &sequence, ret_true_path, NULL);
}

static es_state *state_make(search *find, uint32_t role, const char *root, const char *config)
{
    es_state *state = calloc(1, sizeof *state);

    if (!state)
        return NULL;
    state->role = role;
    state->snapshot = es_fs_snapshot(find->fs) ? (int32_t)es_fs_snapshot(find->fs) : -1;
    state->state_time = find->created;
    state->fs = find->fs;
    state->volume = es_fs_volume(find->fs);
    state->system_root = strdup(root);
    state->config = strdup(config);
    if (!state->system_root || !state->config)
        return state_free(state);
    return state;
}

static es_status add_state(search *find, uint32_t role, uint32_t machine, const char *root,
                           const char *config, bool twin)
{
    es_state *state = state_make(find, role, root, config);
    es_status status;

    if (!state)
        return ES_NOMEM;
    state->machine = machine;
    state->twin = twin;
    status = states_add(find->states, state);
    if (status != ES_OK)
        state_free(state);
    return status;
}

/* Cut the last `n` components off a path. */
static void cut_components(char *path, int n)
{
    for (char *slash; n > 0 && (slash = strrchr(path, '/')); n--)
        *slash = '\0';
}

/* The machine of which a shadow copy is a state; a new one when none stands there now. */
static uint32_t machine_of(search *find, const char *root)
{
    for (size_t i = 0; i < find->states->n; i++) {
        const es_state *state = find->states->items[i];

        if (state->volume == es_fs_volume(find->fs) &&
            (state->role == ES_ROLE_CURRENT || state->role == ES_ROLE_SNAPSHOT) &&
            es_name_same(es_text_of(state->system_root), es_text_of(root)))
            return state->machine;
    }
    return ++find->states->machines;
}

/* Why a place of which something is there is not taken for a state. */
static void tell_incomplete(search *find, es_status one, es_status other, const char *name,
                            bool earlier)
{
    if ((one != ES_OK && one != ES_ABSENT) || (other != ES_OK && other != ES_ABSENT))
        tell(find, ES_SEVERITY_GAP,
             earlier ? "'%s' may hold an earlier state of the registry, but a folder index on the "
                       "way to it is damaged."
                     : "The directory '%s' may hold a Windows installation, but a folder index on "
                       "the way to its System32\\config is damaged.",
             name);
    else if (one == ES_OK || other == ES_OK)
        tell(find, ES_SEVERITY_GAP,
             earlier ? "'%s' holds only one of the two hives SOFTWARE and SYSTEM, so it is not "
                       "taken for an earlier state."
                     : "The directory '%s' holds only one of the two hives SOFTWARE and SYSTEM, so "
                       "it is not taken for an installation.",
             name);
}

/* The earlier state that RegBack holds, if it does. */
static es_status add_regback(search *find, uint32_t machine, const char *root, const char *config,
                             bool twin)
{
    char folder[ES_PATH_MAX];
    char *regback = NULL;
    es_status one, other, status = ES_OK;

    if (snprintf(folder, sizeof folder, "%s/RegBack", config) >= (int)sizeof folder)
        return ES_OK;
    one = file_there(find->fs, folder, "SOFTWARE", &regback);
    other = one < 0 ? one : file_there(find->fs, folder, "SYSTEM", NULL);
    if (one < 0 || other < 0) {
        status = one < 0 ? one : other;
    } else if (one == ES_OK && other == ES_OK) {
        cut_components(regback, 1);
        status = add_state(find, ES_ROLE_REGBACK, machine, root, regback, twin);
    } else {
        tell_incomplete(find, one, other, folder, true);
    }
    free(regback);
    return status;
}

/* The hives are there: add the installation, and its RegBack state if it has one. */
static es_status add_installation(search *find, uint32_t role, const char *software_path, bool twin)
{
    char config[ES_PATH_MAX], root[ES_PATH_MAX];
    uint32_t machine;
    es_status status;

    if (snprintf(config, sizeof config, "%s", software_path) >= (int)sizeof config)
        return ES_LIMIT;
    cut_components(config, 1);
    memcpy(root, config, sizeof root);
    cut_components(root, 2);
    if (role == ES_ROLE_SNAPSHOT)
        return add_state(find, role, machine_of(find, root), root, config, twin);
    machine = role == ES_ROLE_WINDOWS_OLD && find->current ? find->current
                                                           : ++find->states->machines;
    if (role == ES_ROLE_CURRENT) {
        find->n_current++;
        find->current = machine;
    }
    status = add_state(find, role, machine, root, config, twin);
    return status == ES_OK ? add_regback(find, machine, root, config, twin) : status;
}

static es_status look_at(search *find, uint32_t role, const char *parent, const char *name,
                         bool twin)
{
    char config[ES_PATH_MAX];
    char *software = NULL;
    es_status one, other, status = ES_OK;

    if (snprintf(config, sizeof config, "%s%s%s/System32/config", parent, *parent ? "/" : "",
                 name) >= (int)sizeof config)
        return ES_OK;
    one = file_there(find->fs, config, "SOFTWARE", &software);
    other = one < 0 ? one : file_there(find->fs, config, "SYSTEM", NULL);
    if (one < 0 || other < 0)
        status = one < 0 ? one : other;
    else if (one == ES_OK && other == ES_OK)
        status = add_installation(find, role, software, twin);
    else
        tell_incomplete(find, one, other, name, false);
    free(software);
    return status;
}

/* All directories of `parent` ("" is the root) as candidates. */
static es_status look_in(search *find, const char *parent, uint32_t role)
{
    names all = { NULL, 0, 0, false, false };
    uint64_t entry = 5; /* the root directory (Microsoft, "Master File Table") */
    uint32_t sequence = 0;
    es_status status = ES_OK;

    if (*parent)
        status = es_fs_lookup(find->fs, parent, &entry, &sequence, NULL, NULL);
    if (status == ES_OK)
        status = es_fs_list(find->fs, entry, sequence, collect_directory, &all);
    if (all.failed)
        status = ES_NOMEM;
    if (status > 0 && !all.cut) /* a stop of our own is handed back too */
        tell(find, ES_SEVERITY_GAP,
             "The folder index of '%s' is damaged: directories may be missing from the search for "
             "installations.",
             *parent ? parent : "\\");
    if (all.cut)
        tell(find, ES_SEVERITY_GAP,
             "'%s' holds more directories than are looked at for installations.",
             *parent ? parent : "\\");
    for (size_t i = 0; i < all.n && status >= 0; i++) {
        bool twin = false;

        for (size_t k = 0; k < all.n && !twin; k++)
            twin = k != i && es_name_same(es_text_of(all.items[k]),
                                          es_text_of(all.items[i]));
        status = look_at(find, role, parent, all.items[i], twin);
        if (status != ES_LIMIT)
            continue;
        tell(find, ES_SEVERITY_GAP,
             "There are more installations and earlier states of them than are examined: '%s' and "
             "what comes after it is left out.",
             all.items[i]);
        break;
    }
    names_free(&all);
    return status < 0 ? status : ES_OK;
}

static int find_old(void *context, const es_dirent *dirent)
{
    char (*old)[32] = context; /* one more than is looked into */
    static const char prefix[] = "windows.old";
    es_text head = { dirent->name.data, sizeof prefix - 1 };

    /* Windows.old, and Windows.old.000 of a second upgrade; the first one is enough here, the
     * others are found by name. */
    if (dirent->directory && !dirent->dos_name && dirent->name.size >= head.size &&
        dirent->name.size < sizeof *old && es_name_same(head, es_text_of(prefix)) &&
        (dirent->name.size == head.size || dirent->name.data[head.size] == '.')) {
        for (size_t i = 0; i <= ES_WINDOWS_OLD_MAX; i++) {
            if (!old[i][0]) {
                memcpy(old[i], dirent->name.data, (size_t)dirent->name.size);
                break;
            }
        }
    }
    return 0;
}

es_status es_states_find(es_states *states, es_fs *fs, es_install_note_fn on_note, void *context)
{
    search find = { .states = states, .fs = fs, .on_note = on_note, .context = context };
    char old[ES_WINDOWS_OLD_MAX + 1][32] = { { 0 } };
    es_status status = look_in(&find, "", ES_ROLE_CURRENT);

    if (status != ES_OK)
        return status;
    /* With several installations on one volume nothing on disk says which one replaced it. */
    if (find.n_current != 1)
        find.current = 0;
    status = es_fs_list(fs, 5, 0, find_old, old);
    for (size_t i = 0; i < ES_WINDOWS_OLD_MAX && old[i][0] && status >= 0; i++)
        status = look_in(&find, old[i], ES_ROLE_WINDOWS_OLD);
    if (old[ES_WINDOWS_OLD_MAX][0])
        tell(&find, ES_SEVERITY_GAP,
             "There are more directories of earlier installations than are looked into: '%s' is "
             "left out.",
             old[ES_WINDOWS_OLD_MAX]);
    return status < 0 ? status : ES_OK;
}

es_status es_states_find_snapshot(es_states *states, es_fs *fs, es_time created,
                                  es_install_note_fn on_note, void *context)
{
    search find = { .states = states, .fs = fs, .on_note = on_note, .context = context,
                    .created = created };

    return look_in(&find, "", ES_ROLE_SNAPSHOT);
}

/* ------------------------------------------------------------------ identity */

/* A value's data, or ES_ABSENT/ES_CORRUPT. The caller frees. */
static es_status value_at(es_hive *hive, const char *path, const char *name, uint32_t *ret_type,
                          uint8_t **ret_data, uint64_t *ret_size)
{
    es_hive_key root, key;
    es_hive_value value;
    es_status status = es_hive_root(hive, &root);

    if (status == ES_OK)
        status = es_hive_find(hive, root, path, &key);
    if (status == ES_OK)
        status = es_hive_value_find(hive, key, name, &value);
    if (status == ES_OK)
        status = es_hive_value_data(hive, value, ret_type, ret_data, ret_size, NULL, NULL);
    return status;
}

/* A text value into `*ret`, which stays NULL when there is none. */
static es_status text_at(es_hive *hive, const char *path, const char *name, char **ret)
{
    uint32_t type;
    uint8_t *data = NULL;
    uint64_t size;
    es_status status = value_at(hive, path, name, &type, &data, &size);

    if (status == ES_OK && (type == ES_REG_SZ || type == ES_REG_EXPAND_SZ)) {
        free(*ret);
        *ret = NULL;
        status = es_utf8_from_utf16le((es_bytes){ data, size }, ret);
    }
    free(data);
    return status < 0 ? status : ES_OK;
}

/* A little-endian number of exactly `want` bytes; false when there is none. */
static bool number_at(es_hive *hive, const char *path, const char *name, uint64_t want,
                      uint64_t *ret)
{
    uint32_t type;
    uint8_t *data = NULL;
    uint64_t size = 0;
    bool there = value_at(hive, path, name, &type, &data, &size) == ES_OK && size == want;

    if (there) {
        *ret = 0;
        for (uint64_t i = size; i-- > 0;)
            *ret = *ret << 8 | data[i];
    }
    free(data);
    return there;
}

static es_status find_set(es_hive *system, uint32_t number)
{
    es_hive_key root, key;
    char path[32];
    es_status status = es_hive_root(system, &root);

    snprintf(path, sizeof path, "ControlSet%03u", (unsigned)number);
    return status == ES_OK ? es_hive_find(system, root, path, &key) : status;
}

uint32_t es_system_control_set(es_hive *system, es_note *reterr_note)
{
    uint64_t number;
    uint32_t only = 0, n = 0;

    if (number_at(system, "Select", "Current", 4, &number) && number > 0 &&
        number <= ES_CONTROL_SETS_MAX) {
        if (find_set(system, (uint32_t)number) != ES_OK)
            es_note_set(reterr_note, ES_SEVERITY_GAP, "hive",
                        "SYSTEM states in Select\\Current that its control set is %u, and "
                        "ControlSet%03u is not there or cannot be read: what stands in the current "
                        "control set is not known.", (unsigned)number, (unsigned)number);
        return (uint32_t)number;
    }
    for (uint32_t i = 1; i <= ES_CONTROL_SETS_MAX; i++) {
        es_status status = find_set(system, i);

        if (status == ES_OK)
            only = i;
        n += status != ES_ABSENT; /* one that cannot be read may be it */
    }
    if (n == 1 && only) {
        es_note_set(reterr_note, ES_SEVERITY_GAP, "hive",
                    "SYSTEM does not state which control set is current (Select\\Current). It has "
                    "one alone, ControlSet%03u, which is taken for it.", (unsigned)only);
        return only;
    }
    es_note_set(reterr_note, ES_SEVERITY_GAP, "hive",
                "SYSTEM does not state which control set is current (Select\\Current), and %s: what "
                "stands in the current control set is not known.",
                n ? "it is not clear which of those that it has is meant" : "it has none");
    return 0;
}

static es_status identify_software(es_state *state, es_hive *software)
{
    static const char version[] = "Microsoft\\Windows NT\\CurrentVersion";
    uint64_t seconds;
    es_status status = text_at(software, version, "ProductName", &state->product_name);

    if (status == ES_OK)
        status = text_at(software, version, "EditionID", &state->edition);
    if (status == ES_OK)
        status = text_at(software, version, "CSDVersion", &state->service_pack);
    if (number_at(software, version, "InstallDate", 4, &seconds))
        state->install_date = es_time_from_unix((int64_t)seconds);
    if (state->role == ES_ROLE_REGBACK)
        state->state_time = es_hive_get_state(software)->header_time;
    return status;
}

static void identify_architecture(es_state *state, const char *word)
{
    uint32_t machine = es_machine_of(es_text_of(word));

    if (machine)
        state->machine_type = machine;
    state->architecture = es_machine_name(state->machine_type);
}

static es_status identify_system(es_state *state, es_hive *system, es_note *reterr_note)
{
    char path[96];
    char *word = NULL;
    uint64_t time;
    unsigned set = state->control_set = es_system_control_set(system, reterr_note);
    es_status status;

    if (!set)
        return ES_OK;
    snprintf(path, sizeof path, "ControlSet%03u\\Control\\ComputerName\\ComputerName", set);
    status = text_at(system, path, "ComputerName", &state->computer_name);
    snprintf(path, sizeof path, "ControlSet%03u\\Control\\TimeZoneInformation", set);
    if (status == ES_OK)
        status = text_at(system, path, "StandardName", &state->time_zone);
    if (status == ES_OK)
        status = text_at(system, path, "TimeZoneKeyName", &state->time_zone);
    snprintf(path, sizeof path, "ControlSet%03u\\Control\\Session Manager\\Environment", set);
    if (status == ES_OK)
        status = text_at(system, path, "PROCESSOR_ARCHITECTURE", &word);
    identify_architecture(state, word);
    free(word);
    snprintf(path, sizeof path, "ControlSet%03u\\Control\\Windows", set);
    if (number_at(system, path, "ShutdownTime", 8, &time))
        state->last_shutdown = es_time_from_filetime(time);
    return status;
}

es_status es_state_identify(es_state *state, es_hive *software, es_hive *system,
                            es_note *reterr_note)
{
    es_status status = software ? identify_software(state, software) : ES_OK;

    if (status == ES_OK && system)
        status = identify_system(state, system, reterr_note);
    return status;
}
