/* SPDX-License-Identifier: Apache-2.0
 *
 * verify_command.c: see verify_command.h.
 */
#include "verify_command.h"

#include "base/time.h"
#include "run.h"
#include "verify.h"

#include <stdlib.h>

static const char intact[] = "intact";

static bool is_result(const es_note_record *note)
{
    return strcmp(note->area, ES_VERIFY_AREA) == 0;
}

/* The result in a word. Only the media counts: what is on it may be full of gaps. A digest that does
 * not fit is an error (verify.c); that there is none to compare with, a gap. */
static const char *result_of(const es_ledger *ledger)
{
    const es_bad_range_record *ranges = NULL;
    const es_note_record *notes = NULL;
    size_t n = es_ledger_notes(ledger, &notes);
    uint32_t worst = es_ledger_done(ledger) ? ES_SEVERITY_INFO : ES_SEVERITY_GAP;

    if (es_ledger_bad_ranges(ledger, &ranges))
        return "damaged";
    for (size_t i = 0; i < n; i++)
        if (is_result(&notes[i]) && notes[i].severity > worst)
            worst = notes[i].severity;
    return worst >= ES_SEVERITY_ERROR ? "does not match" : worst > ES_SEVERITY_INFO ? "not verified"
                                                                                     : intact;
}

static void put_result(const es_ledger *ledger, const char *path)
{
    const es_bad_range_record *ranges = NULL;
    const es_note_record *notes = NULL;
    size_t n_ranges = es_ledger_bad_ranges(ledger, &ranges), n = es_ledger_notes(ledger, &notes);
    const es_image_record *image = es_ledger_image(ledger);
    const es_digest_record *digest = es_ledger_digest(ledger);

    es_say_safe(stdout, es_text_of(path), UINT64_MAX);
    printf(": %s (%s, %llu bytes)\n",
           result_of(ledger), image->format, (unsigned long long)image->size);
    if (digest && digest->md5)
        printf("  MD5      %s\n", digest->md5);
    if (digest && digest->sha1)
        printf("  SHA-1    %s\n", digest->sha1);
    if (digest && digest->sha256)
        printf("  SHA-256  %s\n", digest->sha256);
    for (size_t i = 0; i < n_ranges; i++) {
        printf("  bytes %llu to %llu: ", (unsigned long long)ranges[i].offset,
               (unsigned long long)(ranges[i].offset + ranges[i].length - 1));
        es_say_safe(stdout, es_text_of(ranges[i].reason), UINT64_MAX);
        putchar('\n');
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_result(&notes[i]) && strcmp(notes[i].area, "analysis") != 0)
            continue;
        fputs("  ", stdout);
        if (notes[i].installation)
            printf("i%u: ", notes[i].installation);
        es_say_safe(stdout, notes[i].text, UINT64_MAX);
        putchar('\n');
    }
}

static int report(const es_options *options, es_ledger *ledger, const es_broker *broker,
                  es_run *run)
{
    const es_note_record *refused = es_ledger_refused(ledger);
    const char **paths;
    es_status status;
    es_note note;

    if (refused || !es_ledger_image(ledger) || es_ledger_close(ledger) != ES_OK) {
        es_note_set(&note, ES_SEVERITY_ERROR, "image", "%.*s",
                    refused ? (int)(refused->text.size & 0xffff) : 43,
                    refused ? refused->text.data : "The analysis ended before it had read much.");
        es_say(&note);
        return ES_EXIT_FAILED;
    }
    paths = es_run_segment_paths(ledger, broker);
    run->segment_paths = paths;
    if (!options->n_outputs)
        put_result(ledger, run->image_path);
    status = es_run_write(options, ledger, run);
    free(paths);
    if (status != ES_OK)
        return ES_EXIT_FAILED;
    return result_of(ledger) == intact ? ES_EXIT_SCANNED : ES_EXIT_GAPS;
}

int es_verify_command(const es_options *options, int argc, char **argv, es_cage_watch watch,
                      void (*quiet)(void *context), void *context)
{
    int worst = ES_EXIT_SCANNED;

    for (size_t i = 0; i < options->n_images; i++) {
        es_options one = *options;
        es_broker *broker = NULL;
        es_ledger *ledger = NULL;
        int status = ES_EXIT_FAILED;
        es_run run;
        es_note note;

        one.images = &options->images[i];
        one.n_images = 1;
        one.verify = true;
        run = es_run_make(&one, argc, argv);
        if (es_broker_new(one.images, 1, &broker, &note) != ES_OK ||
            es_cage_run(&one, broker, watch, context, &ledger, NULL, &note) != ES_OK) {
            quiet(context);
            es_say(&note);
        } else {
            quiet(context);
            status = report(&one, ledger, broker, &run);
        }
        worst = status > worst ? status : worst;
        es_ledger_free(ledger);
        es_broker_free(broker);
    }
    return fflush(stdout) == 0 ? worst : ES_EXIT_FAILED;
}
