/* SPDX-License-Identifier: Apache-2.0
 *
 * options.h: what the examiner asked for on the command line.
 *
 * Texts point into argv. Anything this version does not have is refused here, by name.
 *
 * Ownership: plain data that borrows; options that were copied keep pointing into those they were
 * copied of (`asked`). Threading: es_options_parse() uses getopt and belongs to the first thread.
 */
#ifndef ES_OPTIONS_H
#define ES_OPTIONS_H

#include "report/report.h"

#include <esuscan/catalogue.h>

#define ES_OUTPUTS_MAX 16u
#define ES_ASKED_MAX 64u
#define ES_PLUGIN_PATHS_MAX 16u
#define ES_SNAPSHOT_RANGES_MAX 64u
#define ES_FILES_MAX 64u

#define ES_COMMAND_SCAN 1u
#define ES_COMMAND_PLUGINS 2u
#define ES_COMMAND_HELP 3u
#define ES_COMMAND_VERSION 4u
#define ES_COMMAND_CATALOGUE 5u
#define ES_COMMAND_REPORT 6u
#define ES_COMMAND_BATCH 7u
#define ES_COMMAND_VERIFY 8u

#define ES_ASKED_ID_MAX 24u

typedef struct es_output {
    const es_format *format;
    const char *path; /* NULL: stdout; of many images: a folder */
} es_output;

/* Numbers of shadow copies, both ends included. */
typedef struct es_snapshot_range {
    uint32_t first, last;
} es_snapshot_range;

typedef struct es_options {
    uint32_t command;
    const char *const *images; /* or, of `plugins` and `catalogue`, what is asked for */
    size_t n_images;
    es_output outputs[ES_OUTPUTS_MAX];
    size_t n_outputs;
    es_time as_of;
    es_asked asked[ES_ASKED_MAX];
    char asked_ids[ES_ASKED_MAX][ES_ASKED_ID_MAX]; /* as they are spelt in the catalogue */
    size_t n_asked;
    const char *catalogue_folder;  /* --catalogue; NULL: the bundled one */
    const es_catalogue *catalogue; /* main reads it; NULL: there is none */
    uint32_t partition; /* 0: all */
    bool no_snapshots;
    es_snapshot_range snapshot_ranges[ES_SNAPSHOT_RANGES_MAX]; /* none: all */
    size_t n_snapshot_ranges;
    const char *files[ES_FILES_MAX]; /* --file */
    size_t n_files;
    const char *roots_file, *known_file;
    const struct es_roots *roots; /* of --roots, main reads it; NULL: the bundled ones */
    const struct es_known *known; /* of --known, likewise; NULL: none */
    bool all_components;
    const char *plugin_paths[ES_PLUGIN_PATHS_MAX];
    size_t n_plugin_paths;
    uint64_t step_seconds, stall_seconds, memory; /* limits of the cage, for tests; 0: usual */
    bool no_landlock; /* as if the kernel had none: for tests too */
    bool verify, no_jail, quiet, no_progress;
    unsigned verbose;
    unsigned jobs;     /* -j: threads, or processes of a batch; 0: as many as processors */
    const char *store; /* --store, of batch and report */
    const char *hash;  /* --hash: the digest that the media should have */
    const char *log;
    const char *case_number, *evidence, *examiner;
} es_options;

/* ES_UNSUPPORTED with the reason in `reterr_note` for usage errors (exit status 2). */
es_status es_options_parse(int argc, char **argv, es_options *ret_options, es_note *reterr_note);

/* Spell a CVE ("cve-2019-0708") or KB ("4493471") as the catalogue does. False when it is none. */
bool es_cve_spell(const char *text, char ret[ES_ASKED_ID_MAX]);
bool es_kb_spell(const char *text, char ret[ES_ASKED_ID_MAX]);

/* Whether --snapshots asks for the shadow copy of this number. */
bool es_options_snapshot(const es_options *options, uint32_t number);

/* How it is used: short for errors, long for --help. */
const char *es_usage_short(void);
const char *es_usage_long(void);

#endif
