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

#define ARGUMENTS_MAX 64

/* Split at blanks, as a shell would these plain words. */
static es_status parse(const char *line, es_options *ret_options, es_note *ret_note)
{
    static char copy[1024];
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

/* Every option goes to its own place. */
static void each_option(void **unused)
{
    es_options options;
    es_note note;

    (void)unused;
    assert_int_equal(parse("esuscan -j 3 -q --all-components --no-jail --no-progress --verify "
                           "--catalogue a --roots b --known c --evidence d --examiner e --log f "
                           "--file g --file h --plugin-path i --cve cve-2019-0708 --kb 4499149 "
                           "--hash 00112233445566778899aabbccddeeff image",
                           &options, &note),
                     ES_OK);
    assert_int_equal(options.jobs, 3);
    assert_true(options.quiet && options.all_components && options.no_jail &&
                options.no_progress && options.verify);
    assert_string_equal(options.catalogue_folder, "a");
    assert_string_equal(options.roots_file, "b");
    assert_string_equal(options.known_file, "c");
    assert_string_equal(options.evidence, "d");
    assert_string_equal(options.examiner, "e");
    assert_string_equal(options.log, "f");
    assert_int_equal(options.n_files, 2);
    assert_string_equal(options.files[1], "h");
    assert_int_equal(options.n_plugin_paths, 1);
    assert_string_equal(options.plugin_paths[0], "i");
    assert_int_equal(options.n_asked, 2);
    assert_true(es_text_equal(options.asked[0].id, es_text_of("CVE-2019-0708")));
    assert_true(es_text_equal(options.asked[1].id, es_text_of("KB4499149")));
    assert_string_equal(options.hash, "00112233445566778899aabbccddeeff");
    assert_int_equal(parse("esuscan image", &options, &note), ES_OK);
    assert_false(options.quiet || options.all_components || options.no_jail ||
                 options.no_progress || options.verify);
    assert_int_equal(parse("esuscan batch --store s folder", &options, &note), ES_OK);
    assert_string_equal(options.store, "s");
    assert_int_equal(parse("esuscan --partition 2 --partition all image", &options, &note), ES_OK);
    assert_int_equal(options.partition, 0);
    assert_int_equal(parse("esuscan --help", &options, &note), ES_OK);
    assert_int_equal(options.command, ES_COMMAND_HELP);
}

static void what_is_refused(void **unused)
{
    (void)unused;
    refused("esuscan --credentials x a", "not in this version");
    refused("esuscan -o html a", "not in this version");
    refused("esuscan --hash 12 --verify a", "--hash");
    refused("esuscan --cve 2019-0708 a", "--cve");
    refused("esuscan --kb many a", "--kb");
    refused("esuscan -j 1025 a", "-j");
    refused("esuscan", "image");
    refused("esuscan scan", "image");
    refused("esuscan --no-such a", "--no-such");
    refused("esuscan -x a", "-x");
    refused("esuscan -o", "needs a value");
    refused("esuscan -o yaml a", "no format 'yaml'. Formats of this version: text, json, jsonl, "
                                 "timesketch, bodyfile, l2tcsv, csv, sqlite.");
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
        cmocka_unit_test(each_option),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(which_shadow_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
