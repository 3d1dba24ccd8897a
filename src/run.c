/* SPDX-License-Identifier: Apache-2.0
 *
 * run.c: see run.h.
 */
#include "run.h"

#include "base/text.h"
#include "base/time.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const char *const libraries[] = { ES_LIBRARIES, NULL };

es_run es_run_make(const es_options *options, int argc, char **argv)
{
    const es_catalogue *catalogue = options->catalogue;
    es_run run = { .version = ES_VERSION, .started = es_time_now(),
                   .command = (const char *const *)argv, .n_command = (size_t)argc,
                   .as_of = options->as_of, .case_number = options->case_number,
                   .evidence = options->evidence, .examiner = options->examiner,
                   .image_path = options->n_images ? options->images[0] : NULL,
                   .libraries = libraries,
                   .catalogue_edition = catalogue ? catalogue->edition.data : NULL,
                   .catalogue_sha256 = catalogue ? catalogue->sha256.data : NULL, .width = 80,
                   .verbose = options->verbose > 0 };

    return run;
}

const char **es_run_segment_paths(const es_ledger *ledger, const es_broker *broker)
{
    const es_segment_record *segments = NULL;
    size_t n = es_ledger_segments(ledger, &segments);
    const char **paths = calloc(n + 1, sizeof *paths);

    for (size_t i = 0; paths && i < n; i++) {
        const char *path = es_broker_path(broker, segments[i].name);

        paths[i] = path ? path : segments[i].name;
    }
    return paths;
}

es_status es_run_write(const es_options *options, const es_ledger *ledger, es_run *run)
{
    es_note note;

    run->finished = es_time_now();
    for (size_t i = 0; i < options->n_outputs; i++) {
        es_status status = es_report_write(options->outputs[i].format, ledger, run,
                                           options->outputs[i].path, &note);

        if (status != ES_OK) {
            es_say(&note);
            return status;
        }
    }
    return ES_OK;
}

unsigned es_run_width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60 && size.ws_col <= 400)
        return size.ws_col;
    return 80;
}

void es_say_safe(FILE *out, es_text text, uint64_t width)
{
    es_buffer shown = es_buffer_make(UINT64_C(1) << 20);

    es_text_show(&shown, text);
    fwrite(shown.data, 1, (size_t)(shown.size < width ? shown.size : width), out);
    es_buffer_free(&shown);
}

void es_say(const es_note *note)
{
    fputs("esuscan: ", stderr);
    es_say_safe(stderr, es_text_of(note->text), UINT64_MAX);
    fputc('\n', stderr);
}

double es_now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
