/* SPDX-License-Identifier: Apache-2.0
 *
 * test_folders.c: what fits a pattern in a folder, and how often the folder is read for it.
 */
#include "host_fixture.h"

#include "host/limits.h"
#include "host/session.h"

#define FOLDER "Windows/System32"

/* A state of a made disk, before any plugin is at work on it. */
static es_state_work *open_state(machine *m)
{
    static const es_question nothing = { .size = sizeof nothing };
    es_session_setup setup;

    machine_open(m, "media-saturday.raw");
    assert_int_equal(es_plugins_new(&m->plugins), ES_OK);
    assert_int_equal(es_ledger_new(NULL, NULL, &m->ledger), ES_OK);
    announce_volumes(m);
    declare(m->ledger, &es_core_plugin);
    setup = (es_session_setup){ .source = m->source, .ledger = m->ledger, .states = m->states,
                                .plugins = m->plugins, .question = &nothing,
                                .filesystems = m->filesystems,
                                .n_filesystems = m->n_filesystems };
    assert_int_equal(es_session_new(&setup, &m->session), ES_OK);
    assert_true(es_states_count(m->states) >= 1);
    assert_int_equal(es_state_begin(m->session, &m->session->work[0]), ES_OK);
    return &m->session->work[0];
}

static void close_state(machine *m)
{
    es_folders_let_go(&m->session->work[0]);
    machine_close(m);
}

/* Search it, and return how many reads of the media that took. */
static uint64_t search(machine *m, const char *folder, const char *pattern, bool folders,
                       es_status expected, es_matches *ret)
{
    es_state_work *work = &m->session->work[0];
    es_counters before, after;

    *ret = (es_matches){ .n = 0 };
    es_source_counters(m->source, &before);
    assert_int_equal(es_folder_matches(m->session, work, work->state->fs, folder, pattern, folders,
                                       ret),
                     expected);
    es_source_counters(m->source, &after);
    return after.reads - before.reads;
}

static void assert_same(const es_matches *a, const es_matches *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        assert_string_equal(a->paths[i], b->paths[i]);
}

static bool has(const es_matches *matches, const char *path)
{
    for (size_t i = 0; i < matches->n; i++)
        if (!strcmp(matches->paths[i], path))
            return true;
    return false;
}

/* The first pattern that needs all of a folder reads it, for the others as well. */
static void a_folder_is_read_once(void **unused)
{
    es_matches all, again, some, folders;
    machine m;

    (void)unused;
    open_state(&m);
    assert_true(search(&m, FOLDER, "*", false, ES_OK, &all) > 0);
    assert_true(has(&all, FOLDER "/ntoskrnl.exe") && has(&all, FOLDER "/config"));
    assert_int_equal(search(&m, FOLDER, "*", false, ES_OK, &again), 0);
    assert_same(&all, &again);
    assert_int_equal(search(&m, FOLDER, "?TOSKRNL.*", false, ES_OK, &some), 0);
    assert_int_equal(some.n, 1);
    assert_string_equal(some.paths[0], FOLDER "/ntoskrnl.exe");
    assert_int_equal(search(&m, FOLDER, "*", true, ES_OK, &folders), 0);
    assert_true(has(&folders, FOLDER "/config") && !has(&folders, FOLDER "/ntoskrnl.exe"));
    assert_true(folders.n < all.n);
    es_matches_free(&some);
    es_matches_free(&folders);
    es_matches_free(&again);
    es_matches_free(&all);
    close_state(&m);
}

/* The root is a folder too; one that is not there is looked for once. */
static void the_root_and_none(void **unused)
{
    es_matches root, none;
    machine m;

    (void)unused;
    open_state(&m);
    assert_true(search(&m, "", "*", true, ES_OK, &root) > 0);
    assert_true(has(&root, "Windows") && has(&root, "Users"));
    es_matches_free(&root);
    assert_int_equal(search(&m, "", "*", true, ES_OK, &root), 0);
    assert_true(has(&root, "Windows"));
    assert_true(search(&m, "no-such-folder", "*", false, ES_ABSENT, &none) > 0);
    assert_int_equal(none.n, 0);
    assert_int_equal(search(&m, "no-such-folder", "*", false, ES_ABSENT, &none), 0);
    es_matches_free(&root);
    es_matches_free(&none);
    close_state(&m);
}

/* Beyond the caps, and when its state is done, a folder is read anew: nothing else differs. */
static void beyond_the_caps(void **unused)
{
    es_matches first, second;
    es_state_work *work;
    uint64_t reads;
    machine m;

    (void)unused;
    work = open_state(&m);
    for (int i = 0; i < 3; i++) {
        es_folders_let_go(work);
        work->n_folders = i == 0 ? ES_FOLDERS_KEPT_MAX : 0;
        work->folder_bytes = i == 1 ? ES_FOLDERS_MEMORY_MAX : i == 2 ? ES_FOLDERS_MEMORY_MAX - 8 : 0;
        reads = search(&m, FOLDER, "*", false, ES_OK, &first);
        assert_true(reads > 0);
        assert_int_equal(search(&m, FOLDER, "*", false, ES_OK, &second), reads);
        assert_null(work->folders);
        assert_same(&first, &second);
        es_matches_free(&second);
        es_folders_let_go(work);
        assert_int_equal(search(&m, FOLDER, "*", false, ES_OK, &second), reads);
        assert_non_null(work->folders);
        assert_same(&first, &second);
        es_matches_free(&first);
        es_matches_free(&second);
    }
    close_state(&m);
}

/* A pattern that begins with letters reads for itself, and less. */
static void a_part_of_a_folder(void **unused)
{
    es_matches all, part;
    machine m;

    (void)unused;
    open_state(&m);
    assert_true(search(&m, FOLDER, "*", false, ES_OK, &all) > 0);
    assert_true(search(&m, FOLDER, "ntos*", false, ES_OK, &part) > 0);
    assert_int_equal(part.n, 1);
    assert_string_equal(part.paths[0], FOLDER "/ntoskrnl.exe");
    es_matches_free(&all);
    es_matches_free(&part);
    close_state(&m);
}

/* Make the index blocks of a folder unreadable that hold a name; on the media, from now on. */
static unsigned damage_index(machine *m, const char *name)
{
    uint8_t block[4096], wide[64];
    size_t size = 2 * strlen(name);
    unsigned n = 0;

    for (size_t i = 0; i < size; i++)
        wide[i] = i % 2 ? 0 : (uint8_t)name[i / 2];
    for (uint64_t at = 0; at < es_source_size(m->source); at += sizeof block) {
        bool damaged = false;

        if (es_source_read(m->source, at, block, sizeof block, &damaged) != ES_OK ||
            memcmp(block, "INDX", 4) != 0 || !memmem(block, sizeof block, wide, size))
            continue;
        block[0] = 'X';
        assert_int_equal(es_source_overlay(m->source, at, (es_bytes){ block, sizeof block }),
                         ES_OK);
        n++;
    }
    return n;
}

/* What a damaged index withheld is said once, and what it left is found again. */
static void a_damaged_folder(void **unused)
{
    es_matches first, second;
    machine m;

    (void)unused;
    open_state(&m);
    assert_true(damage_index(&m, "ntoskrnl.exe") >= 1);
    assert_true(search(&m, FOLDER, "*", false, ES_OK, &first) > 0);
    assert_false(has(&first, FOLDER "/ntoskrnl.exe"));
    assert_int_equal(notes_with(m.ledger, "files may be missing"), 1);
    assert_int_equal(search(&m, FOLDER, "*", false, ES_OK, &second), 0);
    assert_same(&first, &second);
    assert_int_equal(notes_with(m.ledger, "files may be missing"), 1);
    es_matches_free(&first);
    es_matches_free(&second);
    close_state(&m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_read_once),
        cmocka_unit_test(the_root_and_none),
        cmocka_unit_test(beyond_the_caps),
        cmocka_unit_test(a_part_of_a_folder),
        cmocka_unit_test(a_damaged_folder),
    };

    if (argc < 3)
        return 77;
    disks = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
