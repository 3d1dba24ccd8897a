/* SPDX-License-Identifier: Apache-2.0
 *
 * test_abi.c: the contract holds. What was laid out for the first plugins lies where it lay; a
 * plugin of the first ABI loads; each plugin that must be refused is, for its own reason, and the
 * others go on. Run with the folder of the modules and the list "name=words" of the refused.
 */
#include "layout.h"

#include "host/plugin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MAX_NOTES 64

typedef struct notes {
    es_note notes[MAX_NOTES];
    size_t n;
} notes;

typedef struct arguments {
    const char *folder;
    char **refused;
    int n_refused;
} arguments;

static void keep_note(void *context, const es_note *note)
{
    notes *all = context;

    assert_true(all->n < MAX_NOTES);
    all->notes[all->n++] = *note;
}

static void test_layout(void **state)
{
    (void)state;
    for (size_t i = 0; layout_first[i].type; i++) {
        const layout_entry *was = &layout_first[i], *is = &layout_now[i];

        assert_string_equal(was->type, is->type);
        if (was->at != is->at || (*was->member ? was->size != is->size : was->size > is->size))
            fail_msg("%s.%s lies at %zu, %zu bytes; in the first ABI at %zu, %zu bytes", is->type,
                     is->member, is->at, is->size, was->at, was->size);
    }
}

/* Structs that arrays are made of by plugins, without a size of their own, may not grow. */
static void test_fixed(void **state)
{
    static const char *const fixed[] = { "es_bytes", "es_text", "es_time", "es_datum" };

    (void)state;
    for (size_t i = 0; layout_first[i].type; i++)
        for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
            if (!*layout_first[i].member && !strcmp(layout_first[i].type, fixed[k]))
                assert_int_equal(layout_first[i].size, layout_now[i].size);
}

static int is_loaded(const es_plugins *plugins, const char *name)
{
    for (size_t i = 0; i < es_plugins_count(plugins); i++)
        if (!strcmp(es_plugins_at(plugins, i)->name, name))
            return 1;
    return 0;
}

/* Every element of every list of grown_plugin.c, where its longer structs have it. */
static void check_grown(const es_plugins *plugins)
{
    const es_plugin *grown = NULL;

    for (size_t i = 0; i < es_plugins_count(plugins); i++)
        if (!strcmp(es_plugins_at(plugins, i)->name, "grown"))
            grown = es_plugins_at(plugins, i);
    assert_non_null(grown);
    assert_int_equal(grown->size, sizeof *grown);
    assert_string_equal(grown->wants[1].path, "Users");
    assert_int_equal(grown->wants[1].size, sizeof grown->wants[1]);
    assert_string_equal(grown->facts[1].name, "grown.two");
    assert_string_equal(grown->facts[1].fields[1].name, "number");
    assert_string_equal(grown->verdicts[0].fields[1].name, "number");
    assert_string_equal(grown->verdicts[1].answers[1], "unknown");
    assert_string_equal(grown->rows[0].fields[1].name, "number");
    assert_string_equal(grown->rows[1].verdict, "grown-one");
    assert_string_equal(grown->needs[1].type, "grown.two");
    assert_int_equal(grown->needs[1].states, ES_NEED_MACHINE);
}

static void test_folder(void **state)
{
    static notes all;
    const arguments *given = *state;
    es_plugins *plugins = NULL;

    assert_int_equal(es_plugins_new(&plugins), ES_OK);
    assert_int_equal(es_plugins_load_folder(plugins, given->folder, keep_note, &all), ES_OK);
    assert_true(is_loaded(plugins, "first"));
    assert_true(is_loaded(plugins, "twin"));
    check_grown(plugins);
    assert_int_equal(es_plugins_count(plugins), 3);
    assert_int_equal(all.n, given->n_refused);
    for (int i = 0; i < given->n_refused; i++) {
        const char *words = strchr(given->refused[i], '=');
        char file[128], name[128];
        int told = 0;

        assert_non_null(words);
        (void)snprintf(file, sizeof file, "/%.*s.so", (int)(words - given->refused[i]),
                       given->refused[i]);
        (void)snprintf(name, sizeof name, "'%.*s'", (int)(words - given->refused[i]),
                       given->refused[i]);
        for (size_t k = 0; k < all.n; k++)
            if (strstr(all.notes[k].text, file) || strstr(all.notes[k].text, name)) {
                told++;
                if (!strstr(all.notes[k].text, words + 1))
                    fail_msg("\"%s\" is not in \"%s\"", words + 1, all.notes[k].text);
            }
        if (told != 1)
            fail_msg("%s was told %d times", file, told);
    }
    es_plugins_free(plugins);
}

static void test_no_folder(void **state)
{
    static notes all;
    es_plugins *plugins = NULL;

    (void)state;
    assert_int_equal(es_plugins_new(&plugins), ES_OK);
    assert_int_equal(es_plugins_load_folder(plugins, "/no/such/folder", keep_note, &all),
                     ES_ABSENT);
    es_plugins_free(plugins);
}

int main(int argc, char **argv)
{
    arguments given = { argc > 1 ? argv[1] : ".", argv + 2, argc > 2 ? argc - 2 : 0 };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_fixed),
        cmocka_unit_test_prestate(test_folder, &given),
        cmocka_unit_test(test_no_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
