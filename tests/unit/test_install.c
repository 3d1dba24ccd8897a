/* SPDX-License-Identifier: Apache-2.0
 *
 * test_install.c: installations found on made disks, the machines they belong to, and what their
 * hives say of them.
 */
#include "host_fixture.h"

static const es_state *state_of(machine *m, const char *root, uint32_t role)
{
    for (size_t i = 0; i < es_states_count(m->states); i++) {
        const es_state *state = es_states_at(m->states, i);

        if (!strcmp(state->system_root, root) && state->role == role)
            return state;
    }
    return NULL;
}

static void odd_names(void **unused)
{
    const es_state *upper, *lower, *backup, *alternative, *old;
    machine m;

    (void)unused;
    machine_open(&m, "two-windows-odd-names.raw");
    upper = state_of(&m, "WINDOWS", ES_ROLE_CURRENT);
    lower = state_of(&m, "windows", ES_ROLE_CURRENT);
    backup = state_of(&m, "windows", ES_ROLE_REGBACK);
    alternative = state_of(&m, "WINNT.alt", ES_ROLE_CURRENT);
    old = state_of(&m, "Windows.old/Windows", ES_ROLE_WINDOWS_OLD);
    assert_true(upper && lower && backup && alternative && old);
    assert_int_equal(es_states_count(m.states), 5);
    assert_true(upper->twin && lower->twin && !alternative->twin);
    assert_int_equal(lower->machine, backup->machine);
    assert_true(upper->machine != lower->machine && lower->machine != alternative->machine);
    /* Three could have replaced it: nothing says which. */
    assert_true(old->machine != upper->machine && old->machine != lower->machine &&
                old->machine != alternative->machine);
    machine_close(&m);
}

static void nothing_to_find(void **unused)
{
    machine m;

    (void)unused;
    machine_open(&m, "no-windows.raw");
    assert_int_equal(es_states_count(m.states), 0);
    machine_close(&m);
}

static void identity(void **unused)
{
    machine m;
    es_state *state;
    es_hive_set *software = NULL, *system = NULL;
    es_note note;

    (void)unused;
    machine_open(&m, "demo.raw");
    assert_int_equal(es_states_count(m.states), 2);
    state = es_states_at(m.states, 0);
    assert_int_equal(es_hive_set_open(state->fs, "Windows/System32/config/SOFTWARE", &software,
                                      NULL, &note),
                     ES_OK);
    assert_int_equal(es_hive_set_open(state->fs, "windows/system32/CONFIG/system", &system, NULL,
                                      &note),
                     ES_OK);
    note.text[0] = '\0';
    assert_int_equal(es_state_identify(state, software->hive, system->hive, &note), ES_OK);
    assert_string_equal(note.text, "");
    assert_string_equal(state->computer_name, "FILESRV-07");
    assert_string_equal(state->architecture, "amd64");
    assert_string_equal(state->service_pack, "Service Pack 2");
    assert_string_equal(state->edition, "ServerStandard");
    assert_string_equal(state->time_zone, "W. Europe Standard Time");
    assert_int_equal(state->machine_type, ES_MACHINE_AMD64);
    assert_int_equal(state->control_set, 1);
    assert_true(es_time_known(state->last_shutdown) && es_time_known(state->install_date));
    assert_string_equal(system->primary->path, "Windows/System32/config/SYSTEM");
    es_hive_set_free(software);
    es_hive_set_free(system);
    machine_close(&m);
}

/* A SYSTEM hive in memory, for a test to change. */
typedef struct changed {
    uint8_t *data;
    uint64_t size;
} changed;

static es_status read_changed(void *context, uint64_t offset, void *buffer, uint64_t size,
                              bool *ret_damaged)
{
    const changed *from = context;

    (void)ret_damaged;
    assert_true(offset <= from->size && size <= from->size - offset);
    memcpy(buffer, from->data + offset, (size_t)size);
    return ES_OK;
}

/* The name of a key, behind its nk record of 76 bytes, or of a value, behind its vk record of 20. */
static uint8_t *name_from(const changed *hive, const uint8_t *from, const char *name)
{
    uint8_t *at = memmem(from, (size_t)(hive->data + hive->size - from), name, strlen(name));

    assert_non_null(at);
    return at;
}

static uint32_t set_of(changed *hive, const char *words)
{
    static const es_hive_input *const no_logs[2] = { NULL, NULL };
    es_hive_input input = { hive->size, read_changed, hive };
    es_hive *open = NULL;
    es_note note = { .text = "" };
    uint32_t number;

    assert_int_equal(es_hive_open(&input, no_logs, "SYSTEM", &open, &note), ES_OK);
    note.text[0] = '\0';
    number = es_system_control_set(open, &note);
    es_hive_free(open);
    if (words)
        assert_non_null(strstr(note.text, words));
    else
        assert_string_equal(note.text, "");
    return number;
}

/* Which control set is current is what Select says, and is not guessed. */
static void control_sets(void **unused)
{
    es_artefact_file *file = NULL;
    changed hive;
    uint8_t *select, *current, *other;
    uint64_t got = 0;
    es_note note;
    machine m;

    (void)unused;
    machine_open(&m, "demo.raw");
    assert_int_equal(es_artefact_file_open(m.filesystems[0], "Windows/System32/config/SYSTEM",
                                           &file, &note), ES_OK);
    hive = (changed){ malloc((size_t)file->info.size), file->info.size };
    assert_int_equal(es_artefact_file_read(file, 0, hive.data, hive.size, &got), ES_OK);
    assert_int_equal(set_of(&hive, NULL), 1);
    select = name_from(&hive, hive.data, "Select");
    current = name_from(&hive, select, "Current") - 20 + 8; /* data in the record */
    *current = 7;
    assert_int_equal(set_of(&hive, "ControlSet007 is not there"), 7);
    *select = 'X';
    assert_int_equal(set_of(&hive, "It has one alone, ControlSet001"), 1);
    other = name_from(&hive, hive.data, "MountedDevices");
    memcpy(other, "ControlSet002", 13);
    other[-76 + 72] = 13; /* bytes of the name */
    assert_int_equal(set_of(&hive, "it is not clear which"), 0);
    *name_from(&hive, hive.data, "ControlSet001") = 'X';
    *name_from(&hive, hive.data, "ControlSet002") = 'X';
    assert_int_equal(set_of(&hive, "and it has none"), 0);
    es_artefact_file_free(file);
    free(hive.data);
    machine_close(&m);
}

/* How often the words stand in a note. */
typedef struct heard {
    const char *words;
    unsigned n;
} heard;

static void hear(void *context, uint32_t volume, const es_note *note)
{
    heard *what = context;

    (void)volume;
    what->n += strstr(note->text, what->words) != NULL && note->severity == ES_SEVERITY_GAP;
}

/* RegBack with one hive of the two, and more states than are taken: neither is passed over. */
static void left_out(void **unused)
{
    heard half = { "'WINNT.alt/system32/config/RegBack' holds only one", 0 };
    heard more = { "more installations and earlier states", 0 };
    es_states *states = NULL;
    machine m;

    (void)unused;
    machine_open(&m, "two-windows-odd-names.raw");
    assert_int_equal(es_states_new(&states), ES_OK);
    assert_int_equal(es_states_find(states, m.filesystems[0], hear, &half), ES_OK);
    assert_int_equal(half.n, 1);
    for (unsigned i = 0; i < 1000 && !more.n; i++)
        assert_int_equal(es_states_find(states, m.filesystems[0], hear, &more), ES_OK);
    assert_int_not_equal(more.n, 0);
    es_states_free(states);
    machine_close(&m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_names),
        cmocka_unit_test(nothing_to_find),
        cmocka_unit_test(identity),
        cmocka_unit_test(control_sets),
        cmocka_unit_test(left_out),
    };

    if (argc < 3)
        return 77;
    disks = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
