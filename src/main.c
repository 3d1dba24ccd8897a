/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c: esuscan, the program: options in, reports out. Results go to standard output, words for
 * the examiner to standard error.
 */
#include "base/text.h"
#include "base/time.h"
#include "batch_command.h"
#include "broker.h"
#include "cage.h"
#include "catalogue_command.h"
#include "host/catalogue.h"
#include "lists.h"
#include "options.h"
#include "report_command.h"
#include "run.h"
#include "verify_command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_AFTER 1.0 /* seconds: nothing shorter needs progress */
#define PROGRESS_EVERY 0.1

/* ------------------------------------------------------------------ words on stderr */

typedef struct watch {
    const es_options *options;
    FILE *log;
    bool progress, shown;
    double started, last;
} watch;

static void clear_progress(watch *at)
{
    if (at->shown)
        fputs("\r\033[K", stderr);
    at->shown = false;
}

static void show_progress(watch *at, const es_step_record *step)
{
    double now = es_now_seconds();

    if (!at->progress || now - at->started < PROGRESS_AFTER || now - at->last < PROGRESS_EVERY)
        return;
    at->last = now;
    fprintf(stderr, "\r\033[K%3.0f s  ", now - at->started);
    es_say_safe(stderr, es_text_of(step->doing ? step->doing : ""), 40);
    if (step->artefact) {
        fputs("  ", stderr);
        es_say_safe(stderr, es_text_of(step->artefact), 30);
    }
    fflush(stderr);
    at->shown = true;
}

static void log_record(FILE *log, const es_record *record)
{
    char time[ES_TIME_STRING_MAX];

    es_time_format(es_time_now(), time);
    if (record->kind == ES_RECORD_STEP) {
        fprintf(log, "%s step ", time);
        es_say_safe(log, es_text_of(record->step.doing ? record->step.doing : ""), UINT64_MAX);
        if (record->step.plugin)
            fprintf(log, " plugin=%s", record->step.plugin);
        if (record->step.artefact) {
            fputs(" artefact=", log);
            es_say_safe(log, es_text_of(record->step.artefact), UINT64_MAX);
        }
    } else if (record->kind == ES_RECORD_NOTE || record->kind == ES_RECORD_REFUSED) {
        fprintf(log, "%s %s %s: ", time, es_severity_name(record->note.severity),
                record->note.area);
        es_say_safe(log, record->note.text, UINT64_MAX);
    } else {
        return;
    }
    fputc('\n', log);
}

static void on_record(void *context, const es_record *record)
{
    watch *at = context;

    if (record->kind == ES_RECORD_STEP)
        show_progress(at, &record->step);
    if (at->log)
        log_record(at->log, record);
    if (at->options->verbose > 1)
        log_record(stderr, record);
}

static void say_counters(const es_ledger *ledger, double seconds)
{
    const es_counters_record *c = es_ledger_counters(ledger);

    if (c)
        fprintf(stderr,
                "esuscan: %.2f s; asked of the image: %llu reads, %llu bytes; read from its files: "
                "%llu reads, %llu bytes; inflated: %llu chunks, %llu bytes\n",
                seconds, (unsigned long long)c->reads, (unsigned long long)c->bytes,
                (unsigned long long)c->container_reads, (unsigned long long)c->container_bytes,
                (unsigned long long)c->chunks_inflated, (unsigned long long)c->bytes_inflated);
}

/* ------------------------------------------------------------------ a scan */

static int report(const es_options *options, es_ledger *ledger, const es_broker *broker,
                  es_run *run)
{
    const es_note_record *refused = es_ledger_refused(ledger);
    const char **paths;
    es_status status;
    es_note note;

    if (refused || !es_ledger_image(ledger)) {
        es_note_set(&note, ES_SEVERITY_ERROR, "image", "%.*s",
                    refused ? (int)(refused->text.size & 0xffff) : 58,
                    refused ? refused->text.data
                            : "The analysis ended before it had opened the image. ");
        es_say(&note);
        return ES_EXIT_FAILED;
    }
    if (es_ledger_close(ledger) != ES_OK) {
        es_note_set(&note, ES_SEVERITY_ERROR, "report", "Out of memory while ordering the report.");
        es_say(&note);
        return ES_EXIT_FAILED;
    }
    paths = es_run_segment_paths(ledger, broker);
    run->segment_paths = paths;
    run->color = isatty(STDOUT_FILENO);
    run->width = es_run_width();
    status = es_run_write(options, ledger, run);
    free(paths);
    if (status != ES_OK)
        return ES_EXIT_FAILED;
    return es_ledger_has_gaps(ledger) ? ES_EXIT_GAPS : ES_EXIT_SCANNED;
}

/* The catalogue that is named, or the one that came with the program. That one may be missing: the
 * scan then says so and answers what it can. Anything malformed is refused. */
static es_status load_catalogue(es_options *options, es_catalogue_book **ret_book, es_note *note)
{
    char *bundled = NULL;
    es_status status;

    if (options->catalogue_folder)
        return es_catalogue_load(options->catalogue_folder, ret_book, note);
    bundled = es_catalogue_bundled_folder(ES_CATALOGUE_DIR);
    if (!bundled)
        return ES_NOMEM;
    status = es_catalogue_load(bundled, ret_book, note);
    free(bundled);
    return status == ES_ABSENT && options->command != ES_COMMAND_CATALOGUE ? ES_OK : status;
}

/* Run a command that needs the catalogue. */
static int with_catalogue(es_options *options, int (*run)(const es_options *, int, char **),
                          int argc, char **argv)
{
    es_catalogue_book *book = NULL;
    es_lists lists = { NULL, NULL };
    es_note note;
    int status = ES_EXIT_FAILED;

    es_note_set(&note, ES_SEVERITY_ERROR, "catalogue", "Out of memory.");
    if (es_lists_read(options, &lists, &note) != ES_OK ||
        load_catalogue(options, &book, &note) != ES_OK) {
        es_say(&note);
    } else {
        options->catalogue = es_catalogue_tables(book);
        status = run(options, argc, argv);
    }
    es_catalogue_book_free(book);
    es_lists_free(&lists);
    return status;
}

static int ask_catalogue(const es_options *options, int argc, char **argv)
{
    es_note note;
    es_status status = es_catalogue_command(options, stdout, &note);

    (void)argc, (void)argv;
    if (status != ES_OK)
        es_say(&note);
    if (fflush(stdout) != 0 || status < 0)
        return ES_EXIT_FAILED;
    return status == ES_OK ? ES_EXIT_SCANNED : ES_EXIT_USAGE;
}

static int scan(const es_options *options, int argc, char **argv)
{
    watch at = { .options = options, .started = es_now_seconds() };
    es_run run = es_run_make(options, argc, argv);
    es_broker *broker = NULL;
    es_ledger *ledger = NULL;
    pid_t leaving = 0;
    es_note note;
    int status = ES_EXIT_FAILED;

    at.progress = isatty(STDERR_FILENO) && !options->quiet && !options->no_progress;
    if (options->log && !(at.log = fopen(options->log, "we"))) {
        es_note_set(&note, ES_SEVERITY_ERROR, "log", "Cannot write the log %s: %s.", options->log,
                    strerror(errno));
        es_say(&note);
        return ES_EXIT_FAILED;
    }
    if (es_broker_new(options->images, options->n_images, &broker, &note) != ES_OK ||
        es_cage_run(options, broker, on_record, &at, &ledger, &leaving, &note) != ES_OK) {
        clear_progress(&at);
        es_say(&note);
    } else {
        clear_progress(&at);
        status = report(options, ledger, broker, &run);
        if (options->verbose)
            say_counters(ledger, es_now_seconds() - at.started);
    }
    if (at.log && fclose(at.log) != 0)
        status = ES_EXIT_FAILED;
    es_ledger_free(ledger);
    es_broker_free(broker);
    es_cage_leave(leaving);
    return status;
}

static void before_words(void *context)
{
    clear_progress(context);
}

static int verify(const es_options *options, int argc, char **argv)
{
    watch at = { .options = options, .started = es_now_seconds() };

    at.progress = isatty(STDERR_FILENO) && !options->quiet && !options->no_progress;
    return es_verify_command(options, argc, argv, on_record, before_words, &at);
}

/* ------------------------------------------------------------------ esuscan plugins */

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = { "?", "hive", "executable", "event log", "table", "XML",
                                         "text log", "signature", "file", "folder",
                                         "boot entry", "components", "shortcuts" };

    return names[kind < sizeof names / sizeof *names ? kind : 0];
}

static const char *type_name(uint32_t type)
{
    static const char *const names[] = { "?", "text", "integer", "boolean", "time", "bytes",
                                         "list of texts", "fact", "list of facts" };

    return names[type < sizeof names / sizeof *names ? type : 0];
}

static void print_fields(const es_field *fields, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        printf("      %-24s %-14s %s\n", fields[i].name, type_name(fields[i].type),
               fields[i].means);
}

static void print_plugin(const es_plugin *plugin)
{
    static const char *const scopes[] = { "?", "", "(volume) ", "(every volume) " };

    printf("%s %s\n  %s\n", plugin->name, plugin->version, plugin->summary);
    if (plugin->n_wants)
        puts("  wants");
    for (uint32_t i = 0; i < plugin->n_wants; i++)
        printf("    %-11s %s%s\n      %s%s\n", kind_name(plugin->wants[i].kind),
               scopes[plugin->wants[i].scope & 3],
               plugin->wants[i].path ? plugin->wants[i].path : "",
               plugin->wants[i].flags & ES_WANT_REQUIRED ? "required: " : "",
               plugin->wants[i].means);
    if (plugin->n_facts)
        puts("  facts");
    for (uint32_t i = 0; i < plugin->n_facts; i++) {
        printf("    %s: %s\n", plugin->facts[i].name, plugin->facts[i].summary);
        if (plugin->facts[i].time_means)
            printf("      its time means: %s\n", plugin->facts[i].time_means);
        print_fields(plugin->facts[i].fields, plugin->facts[i].n_fields);
    }
    if (plugin->n_verdicts)
        puts("  verdicts");
    for (uint32_t i = 0; i < plugin->n_verdicts; i++) {
        printf("    %s: %s\n      answers:", plugin->verdicts[i].name, plugin->verdicts[i].summary);
        for (uint32_t k = 0; k < plugin->verdicts[i].n_answers; k++)
            printf(" %s", plugin->verdicts[i].answers[k]);
        putchar('\n');
        print_fields(plugin->verdicts[i].fields, plugin->verdicts[i].n_fields);
    }
    if (plugin->n_rows)
        puts("  lists");
    for (uint32_t i = 0; i < plugin->n_rows; i++) {
        printf("    %s (of %s)\n", plugin->rows[i].name,
               plugin->rows[i].verdict ? plugin->rows[i].verdict : "the installation");
        print_fields(plugin->rows[i].fields, plugin->rows[i].n_fields);
    }
    if (plugin->n_needs)
        puts("  needs, to judge");
    for (uint32_t i = 0; i < plugin->n_needs; i++)
        printf("    %s%s\n", plugin->needs[i].type,
               plugin->needs[i].states == ES_NEED_MACHINE ? " (of all states of the machine)" : "");
}

static bool asked_for(const es_options *options, const char *name)
{
    for (size_t i = 0; i < options->n_images; i++)
        if (!strcmp(options->images[i], name))
            return true;
    return !options->n_images;
}

static int list_plugins(const es_options *options)
{
    watch at = { .options = options };
    es_ledger *ledger = NULL;
    const es_plugin *const *plugins = NULL;
    const es_note_record *notes = NULL;
    es_note note;
    size_t n, n_notes;
    int status = ES_EXIT_SCANNED;

    if (es_cage_run(options, NULL, on_record, &at, &ledger, NULL, &note) != ES_OK) {
        es_say(&note);
        return ES_EXIT_FAILED;
    }
    n = es_ledger_plugins(ledger, &plugins);
    for (size_t i = 0; i < n; i++) {
        if (options->n_images && !asked_for(options, plugins[i]->name))
            continue;
        if (options->n_images)
            print_plugin(plugins[i]);
        else
            printf("%-12s %-8s %s\n", plugins[i]->name, plugins[i]->version, plugins[i]->summary);
    }
    for (size_t i = 0; i < options->n_images; i++) {
        if (!es_ledger_plugin(ledger, options->images[i])) {
            es_note_set(&note, ES_SEVERITY_ERROR, "plugin",
                        "There is no plugin '%s'. 'esuscan plugins' lists those there are.",
                        options->images[i]);
            es_say(&note);
            status = ES_EXIT_USAGE;
        }
    }
    n_notes = es_ledger_notes(ledger, &notes);
    for (size_t i = 0; i < n_notes; i++) {
        es_note_set(&note, ES_SEVERITY_GAP, "plugin", "%.*s", (int)(notes[i].text.size & 0xffff),
                    notes[i].text.data);
        es_say(&note);
        if (status == ES_EXIT_SCANNED && notes[i].severity >= ES_SEVERITY_GAP)
            status = ES_EXIT_GAPS;
    }
    es_ledger_free(ledger);
    if (fflush(stdout) != 0)
        status = ES_EXIT_FAILED;
    return status;
}

int main(int argc, char **argv)
{
    es_options options;
    es_note note;

    /* A reader that goes away is an error of the write, told with its reason. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* so is a file that may not grow */
    /* libewf renders the dates of an image in local time: a report must not depend on where it is
     * made, nor on whether the cage lets the time zone's file be read. */
    setenv("TZ", "UTC0", 1);
    tzset();
    if (es_options_parse(argc, argv, &options, &note) != ES_OK) {
        es_say(&note);
        fputs(es_usage_short(), stderr);
        return ES_EXIT_USAGE;
    }
    switch (options.command) {
    case ES_COMMAND_HELP:
        fputs(es_usage_long(), stdout);
        return fflush(stdout) == 0 ? ES_EXIT_SCANNED : ES_EXIT_FAILED;
    case ES_COMMAND_VERSION:
        puts("esuscan " ES_VERSION);
        return fflush(stdout) == 0 ? ES_EXIT_SCANNED : ES_EXIT_FAILED;
    case ES_COMMAND_BATCH:
        return with_catalogue(&options, es_batch_command, argc, argv);
    case ES_COMMAND_VERIFY:
        return verify(&options, argc, argv);
    case ES_COMMAND_REPORT:
        return es_report_command(&options);
    case ES_COMMAND_PLUGINS:
        return list_plugins(&options);
    case ES_COMMAND_CATALOGUE:
        return with_catalogue(&options, ask_catalogue, argc, argv);
    default:
        return with_catalogue(&options, scan, argc, argv);
    }
}
