/* SPDX-License-Identifier: Apache-2.0
 *
 * test_lists.c: the files of --roots and --known: read whole, or refused in words.
 */
#include "lists.h"

#include "host/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *seeds;
static char made[] = "/tmp/esuscan-lists-XXXXXX";

/* A file of `size` bytes that begins with a text. */
static void make(const char *text, size_t size)
{
    FILE *file = fopen(made, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fflush(file), 0);
    if (size > strlen(text))
        assert_int_equal(ftruncate(fileno(file), (off_t)size), 0);
    assert_int_equal(fclose(file), 0);
}

static void refused(const char *roots, const char *known, es_status expected, const char *words)
{
    es_options options = { .roots_file = roots, .known_file = known };
    es_lists lists;
    es_note note = { .text = "" };

    assert_int_equal(es_lists_read(&options, &lists, &note), expected);
    if (!strstr(note.text, words))
        fail_msg("'%s' does not say '%s'", note.text, words);
    assert_null(options.roots);
    assert_null(options.known);
    assert_null(lists.roots);
    assert_null(lists.known);
}

static void nothing_is_asked_for(void **state)
{
    es_options options = { .command = ES_COMMAND_SCAN };
    es_lists lists;
    es_note note;

    (void)state;
    assert_int_equal(es_lists_read(&options, &lists, &note), ES_OK);
    assert_null(options.roots);
    assert_null(options.known);
    es_lists_free(&lists);
}

static void both_are_read(void **state)
{
    char path[4096];
    es_options options = { .roots_file = path, .known_file = made };
    es_lists lists;
    es_note note;
    uint8_t md5[16] = { 0x01 };

    (void)state;
    snprintf(path, sizeof path, "%s/signed/roots.pem", seeds);
    make("01000000000000000000000000000000\n", 0);
    assert_int_equal(es_lists_read(&options, &lists, &note), ES_OK);
    assert_ptr_equal(options.roots, lists.roots);
    assert_non_null(options.roots);
    assert_int_equal(es_known_find(options.known, (es_bytes){ md5, sizeof md5 }), ES_KNOWN_GOOD);
    es_lists_free(&lists);
    assert_null(lists.roots);
    assert_null(lists.known);
}

static void what_is_refused(void **state)
{
    char path[4096];

    (void)state;
    snprintf(path, sizeof path, "%s/signed/roots.pem", seeds);
    refused("/nonexistent/roots.pem", NULL, ES_ABSENT, "/nonexistent/roots.pem cannot be read");
    refused("/tmp", NULL, ES_ABSENT, "/tmp cannot be read");
    refused(path, "/nonexistent/list.csv", ES_ABSENT, "/nonexistent/list.csv");
    make("no certificate\n", 0);
    refused(made, NULL, ES_CORRUPT, "certificates in PEM is needed");
    make("-----BEGIN CERTIFICATE-----\n", ES_ROOTS_FILE_MAX + 1);
    refused(made, NULL, ES_ABSENT, "certificates in PEM is smaller");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_asked_for),
        cmocka_unit_test(both_are_read),
        cmocka_unit_test(what_is_refused),
    };
    int failed, file;

    if (argc < 2)
        return 77;
    seeds = argv[1];
    file = mkstemp(made);
    if (file < 0)
        return 1;
    close(file);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(made);
    return failed;
}
