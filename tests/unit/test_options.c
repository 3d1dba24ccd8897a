/* SPDX-License-Identifier: Apache-2.0
 *
 * test_options.c: the command line: what is understood, what is refused and in which words.
 */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARGUMENTS_MAX 32

/* Split at blanks, as a shell would these plain words. */
static es_status parse(const char *line, es_options *ret_options, es_note *ret_note)
{
    static char copy[512];
    char *words[ARGUMENTS_MAX + 1] = { NULL }, *at = copy;
    int n = 0;

    strncpy(copy, line, sizeof copy - 1);
    for (char *word; n < ARGUMENTS_MAX && (word = strsep(&at, " "));)
        words[n++] = word;
    ret_note->text[0] = '\0';
    return es_options_parse(n, words, ret_options, ret_note);
}

static void refused(const char *line, const char *words)
{
    es_options options;
    es_note note;

    assert_int_equal(parse(line, &options, &note), ES_UNSUPPORTED);
    if (!strstr(note.text, words))
        fail_msg("'%s': '%s' does not say '%s'", line, note.text, words);
}

static void what_is_understood(void **unused)
{
    es_options options;
    es_note note;

    (void)unused;
    assert_int_equal(parse("esuscan case.E01", &options, &note), ES_OK);
    assert_int_equal(options.command, ES_COMMAND_SCAN);
    assert_int_equal(options.n_images, 1);
    assert_int_equal(options.n_outputs, 1);
    assert_string_equal(options.outputs[0].format->name, "text");
    assert_null(options.outputs[0].path);
    assert_int_equal(parse("esuscan scan -o json=a -o jsonl=b -o text --as-of 2019-05-14 "
                           "--partition 2 --verify -v -v --case 7 a.001 a.002",
                           &options, &note),
                     ES_OK);
    assert_int_equal(options.n_images, 2);
    assert_int_equal(options.n_outputs, 3);
    assert_string_equal(options.outputs[1].path, "b");
    assert_true(options.verify && es_time_known(options.as_of));
    assert_int_equal(options.partition, 2);
    assert_int_equal(options.verbose, 2);
    assert_string_equal(options.case_number, "7");
    assert_int_equal(parse("esuscan plugins build", &options, &note), ES_OK);
    assert_int_equal(options.command, ES_COMMAND_PLUGINS);
    assert_int_equal(options.n_images, 1);
    assert_int_equal(parse("esuscan ./batch", &options, &note), ES_OK);
    assert_string_equal(options.images[0], "./batch");
    assert_int_equal(parse("esuscan --version", &options, &note), ES_OK);
    assert_int_equal(options.command, ES_COMMAND_VERSION);
}

static void what_is_refused(void **unused)
{
    (void)unused;
    refused("esuscan", "image");
    refused("esuscan scan", "image");
    refused("esuscan --no-such a", "--no-such");
    refused("esuscan -x a", "-x");
    refused("esuscan -o", "needs a value");
    refused("esuscan -o yaml a", "no format 'yaml'");
    refused("esuscan -o json= a", "name of a file");
    refused("esuscan -o json -o text a", "standard output once");
    refused("esuscan -o json=x -o text=x a", "two reports");
    refused("esuscan --as-of yesterday a", "--as-of");
    refused("esuscan --as-of 2019-02-30 a", "--as-of");
    refused("esuscan --partition zero a", "--partition");
    refused("esuscan --partition 0 a", "--partition");
    refused("esuscan -j 0 a", "-j");
    refused("esuscan --snapshots some a", "--snapshots");
    refused("esuscan --snapshots 0 a", "--snapshots");
    refused("esuscan --snapshots 1, a", "--snapshots");
    refused("esuscan --snapshots 5..3 a", "--snapshots");
    refused("esuscan --snapshots 1.. a", "--snapshots");
    refused("esuscan --snapshots 99999999999999999999 a", "--snapshots");
}

static void which_shadow_copies(void **unused)
{
    es_options options;
    es_note note;

    (void)unused;
    assert_int_equal(parse("esuscan a", &options, &note), ES_OK);
    assert_true(es_options_snapshot(&options, 1) && es_options_snapshot(&options, 512));
    assert_int_equal(parse("esuscan --snapshots 1,3..5 a", &options, &note), ES_OK);
    assert_true(es_options_snapshot(&options, 1) && es_options_snapshot(&options, 3) &&
                es_options_snapshot(&options, 5));
    assert_false(es_options_snapshot(&options, 2) || es_options_snapshot(&options, 6));
    assert_int_equal(parse("esuscan --snapshots none a", &options, &note), ES_OK);
    assert_false(es_options_snapshot(&options, 1));
    assert_int_equal(parse("esuscan --snapshots 2 --snapshots all a", &options, &note), ES_OK);
    assert_true(es_options_snapshot(&options, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_understood),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(which_shadow_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
