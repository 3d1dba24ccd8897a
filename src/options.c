/* SPDX-License-Identifier: Apache-2.0
 *
 * options.c: see options.h. The table knows every option of the contract; those that this version
 * does not have yet are in it too, so that they are refused by name and never ignored.
 */
#include "options.h"

#include "base/time.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPT(n) (1000 + (n))
enum {
    AS_OF = OPT(0), CVE, KB, PARTITION, SNAPSHOTS, CREDENTIALS, PLUGIN_PATH, CATALOGUE, FILES,
    KNOWN, ROOTS, VERIFY, CASE, EVIDENCE, EXAMINER, STORE, NO_JAIL, LOG, NO_PROGRESS, HELP, VERSION,
    ALL_COMPONENTS,
    HASH
};

static const struct option options[] = {
    { "as-of", required_argument, NULL, AS_OF },
    { "cve", required_argument, NULL, CVE },
    { "kb", required_argument, NULL, KB },
    { "partition", required_argument, NULL, PARTITION },
    { "snapshots", required_argument, NULL, SNAPSHOTS },
    { "credentials", required_argument, NULL, CREDENTIALS },
    { "plugin-path", required_argument, NULL, PLUGIN_PATH },
    { "catalogue", required_argument, NULL, CATALOGUE },
    { "file", required_argument, NULL, FILES },
    { "all-components", no_argument, NULL, ALL_COMPONENTS },
    { "known", required_argument, NULL, KNOWN },
    { "roots", required_argument, NULL, ROOTS },
    { "verify", no_argument, NULL, VERIFY },
    { "case", required_argument, NULL, CASE },
    { "evidence", required_argument, NULL, EVIDENCE },
    { "examiner", required_argument, NULL, EXAMINER },
    { "store", required_argument, NULL, STORE },
    { "hash", required_argument, NULL, HASH },
    { "no-jail", no_argument, NULL, NO_JAIL },
    { "log", required_argument, NULL, LOG },
    { "no-progress", no_argument, NULL, NO_PROGRESS },
    { "quiet", no_argument, NULL, 'q' },
    { "verbose", no_argument, NULL, 'v' },
    { "output", required_argument, NULL, 'o' },
    { "jobs", required_argument, NULL, 'j' },
    { "help", no_argument, NULL, HELP },
    { "version", no_argument, NULL, VERSION },
    { NULL, 0, NULL, 0 },
};

const char *es_usage_short(void)
{
    return "usage: esuscan [scan] [options] IMAGE [SEGMENT...]\n"
           "       esuscan batch --store FILE [options] PATH...\n"
           "       esuscan verify [options] IMAGE...\n"
           "       esuscan report --store FILE [options] [IMAGE...]\n"
           "       esuscan plugins [NAME...]\n"
           "       esuscan catalogue [KB... | CVE... | BUILD...]\n"
           "       esuscan --help\n";
}

const char *es_usage_long(void)
{
    return "usage: esuscan [scan] [options] IMAGE [SEGMENT...]   examine one image\n"
           "       esuscan batch --store FILE [options] PATH...  examine every image below the paths\n"
           "       esuscan verify [options] IMAGE...             read every byte, compare the hashes\n"
           "       esuscan report --store FILE [IMAGE...]        any report again from a store\n"
           "       esuscan plugins [NAME...]                     what plugins want and declare\n"
           "       esuscan catalogue [KB... | CVE... | BUILD...] what the update catalogue knows\n"
           "\n"
           "  -o FORMAT[=FILE]     report as text (default), json, jsonl; the timeline as\n"
           "                       timesketch, bodyfile, l2tcsv, csv; into an sqlite store;\n"
           "                       repeatable. Of many images FILE is a folder\n"
           "      --store FILE     the store of a batch, or to report from\n"
           "      --as-of DATE     answer as the machine stood then (ISO 8601)\n"
           "      --cve CVE, --kb KB  lead the report with this question; repeatable\n"
           "      --catalogue DIR  use this update catalogue\n"
           "      --partition N    only volume N (or 'all')\n"
           "      --snapshots all|none|1,3..5  which volume shadow copies to read (all)\n"
           "      --file PATTERN   check the integrity of these files too; repeatable\n"
           "      --roots FILE     trust these certificates instead of Microsoft's\n"
           "      --known FILE     hashes known to be good or bad (CSV, as NSRL's)\n"
           "      --all-components check every file of the component store\n"
           "      --plugin-path DIR  load the plugins of this folder too\n"
           "      --verify         hash the whole media while scanning\n"
           "      --hash HEX       the MD5, SHA-1 or SHA-256 that the media should have\n"
           "      --case TEXT, --evidence TEXT, --examiner TEXT\n"
           "                       copied into every report\n"
           "      --no-jail        analyse without the cage (the report says so)\n"
           "  -j N                 threads to use; of a batch, images at once\n"
           "  -q, -v               fewer, more messages; --no-progress; --log FILE\n"
           "      --help, --version\n"
           "\n"
           "Exit status: 0 scanned, 1 scanned with gaps, 2 usage, 3 could not scan.\n";
}

static es_status refuse(es_note *note, const char *what, const char *why)
{
    es_note_set(note, ES_SEVERITY_ERROR, "usage", "%s %s", what, why);
    return ES_UNSUPPORTED;
}

static const char *const not_yet = "is not in this version of esuscan.";

static es_status refuse_format(const char *name, es_note *note)
{
    char names[128] = "";
    const es_format *format;

    for (size_t i = 0, n = 0; (format = es_format_at(i)) && n < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i ? ", " : "", format->name);
    es_note_set(note, ES_SEVERITY_ERROR, "usage",
                "There is no format '%s'. Formats of this version: %s.", name, names);
    return ES_UNSUPPORTED;
}

static es_status add_output(es_options *to, const char *text, es_note *note)
{
    static const char *const later[] = { "html" };
    const char *equals = strchr(text, '=');
    char name[32];
    const es_format *format;

    snprintf(name, sizeof name, "%.*s", (int)(equals ? equals - text : (long)strlen(text)), text);
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        if (!strcmp(name, later[i])) {
            es_note_set(note, ES_SEVERITY_ERROR, "usage", "The format '%s' %s", name, not_yet);
            return ES_UNSUPPORTED;
        }
    }
    format = es_format_find(name);
    if (!format)
        return refuse_format(name, note);
    if (equals && !equals[1])
        return refuse(note, "-o FORMAT=FILE", "needs the name of a file behind '='.");
    if (to->n_outputs == ES_OUTPUTS_MAX)
        return refuse(note, "-o", "was given too often.");
    to->outputs[to->n_outputs++] = (es_output){ format, equals ? equals + 1 : NULL };
    return ES_OK;
}

static es_status parse_number(const char *text, unsigned long maximum, unsigned long *ret)
{
    char *end;

    if (*text < '0' || *text > '9')
        return ES_CORRUPT;
    *ret = strtoul(text, &end, 10);
    return *end || *ret > maximum ? ES_CORRUPT : ES_OK;
}

bool es_cve_spell(const char *text, char ret[ES_ASKED_ID_MAX])
{
    size_t size = strlen(text), n = 0;

    if (size < 8 || size >= ES_ASKED_ID_MAX)
        return false;
    for (size_t i = 0; i <= size; i++)
        ret[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
    if (!strncmp(ret, "CVE-", 4))
        return strspn(ret + 4, "0123456789") == 4 && ret[8] == '-' &&
               (n = strspn(ret + 9, "0123456789")) >= 4 && !ret[9 + n];
    return !strncmp(ret, "ADV", 3) && strspn(ret + 3, "0123456789") == size - 3;
}

bool es_kb_spell(const char *text, char ret[ES_ASKED_ID_MAX])
{
    uint32_t number = es_kb_number(es_text_of(text));

    snprintf(ret, ES_ASKED_ID_MAX, "KB%u", number);
    return number != 0;
}

static bool read_range(const char **text, es_snapshot_range *ret)
{
    char *end;
    unsigned long first, last;

    if (**text < '0' || **text > '9')
        return false;
    first = last = strtoul(*text, &end, 10);
    if (end[0] == '.' && end[1] == '.' && end[2] >= '0' && end[2] <= '9')
        last = strtoul(end + 2, &end, 10);
    if (first == 0 || last < first || last > INT32_MAX || (*end && *end != ','))
        return false;
    *ret = (es_snapshot_range){ (uint32_t)first, (uint32_t)last };
    *text = *end ? end + 1 : end;
    return true;
}

/* "all", "none", or numbers and ranges: "1,3..5". */
static es_status set_snapshots(es_options *to, const char *text, es_note *note)
{
    bool comma = false;

    to->no_snapshots = !strcmp(text, "none");
    to->n_snapshot_ranges = 0;
    if (to->no_snapshots || !strcmp(text, "all"))
        return ES_OK;
    do {
        if (to->n_snapshot_ranges == ES_SNAPSHOT_RANGES_MAX)
            return refuse(note, "--snapshots", "names more ranges than are taken.");
        if (!read_range(&text, &to->snapshot_ranges[to->n_snapshot_ranges++]))
            return refuse(note, "--snapshots", "needs 'all', 'none', or numbers and ranges such as "
                                               "1,3..5.");
        comma = text[-1] == ',';
    } while (*text || comma);
    return ES_OK;
}

bool es_options_snapshot(const es_options *given, uint32_t number)
{
    for (size_t i = 0; i < given->n_snapshot_ranges; i++)
        if (number >= given->snapshot_ranges[i].first &&
            number <= given->snapshot_ranges[i].last)
            return true;
    return !given->no_snapshots && given->n_snapshot_ranges == 0;
}

static es_status add_asked(es_options *to, uint32_t kind, const char *text, es_note *note)
{
    es_asked *asked = &to->asked[to->n_asked];

    if (to->n_asked == ES_ASKED_MAX)
        return refuse(note, "--cve and --kb", "were given too often.");
    if (kind == ES_ASKED_CVE && !es_cve_spell(text, to->asked_ids[to->n_asked]))
        return refuse(note, "--cve", "needs a number such as CVE-2019-0708 or ADV190013.");
    if (kind == ES_ASKED_KB && !es_kb_spell(text, to->asked_ids[to->n_asked]))
        return refuse(note, "--kb", "needs a number such as KB4499149.");
    *asked = (es_asked){ .size = sizeof *asked, .kind = kind };
    to->n_asked++;
    return ES_OK;
}

/* The texts lie in the options themselves: they are pointed to where the options end up. */
static void point_asked(es_options *to)
{
    for (size_t i = 0; i < to->n_asked; i++)
        to->asked[i].id = es_text_of(to->asked_ids[i]);
}

static bool is_digest(const char *text)
{
    size_t size = strlen(text);

    return (size == 32 || size == 40 || size == 64) &&
           strspn(text, "0123456789abcdefABCDEF") == size;
}

/* The text that an option takes as it is given; NULL for other options. */
static const char **plain_text(es_options *to, int option)
{
    switch (option) {
    case CATALOGUE:
        return &to->catalogue_folder;
    case ROOTS:
        return &to->roots_file;
    case KNOWN:
        return &to->known_file;
    case CASE:
        return &to->case_number;
    case EVIDENCE:
        return &to->evidence;
    case EXAMINER:
        return &to->examiner;
    case STORE:
        return &to->store;
    case LOG:
        return &to->log;
    default:
        return NULL;
    }
}

/* What an option switches on; NULL for other options. */
static bool *plain_switch(es_options *to, int option)
{
    switch (option) {
    case 'q':
        return &to->quiet;
    case ALL_COMPONENTS:
        return &to->all_components;
    case VERIFY:
        return &to->verify;
    case NO_JAIL:
        return &to->no_jail;
    case NO_PROGRESS:
        return &to->no_progress;
    default:
        return NULL;
    }
}

static es_status set_jobs(es_options *to, const char *text, es_note *note)
{
    unsigned long number;

    if (parse_number(text, 1024, &number) != ES_OK || number == 0)
        return refuse(note, "-j", "needs a number of threads, 1 or more.");
    to->jobs = (unsigned)number;
    return ES_OK;
}

static es_status set_partition(es_options *to, const char *text, es_note *note)
{
    unsigned long number = 0;

    if (strcmp(text, "all") != 0 &&
        (parse_number(text, UINT32_MAX, &number) != ES_OK || number == 0))
        return refuse(note, "--partition", "needs the number of a volume, or 'all'.");
    to->partition = (uint32_t)number;
    return ES_OK;
}

static es_status add_file(es_options *to, const char *text, es_note *note)
{
    if (to->n_files == ES_FILES_MAX)
        return refuse(note, "--file", "was given too often.");
    if (!*text)
        return refuse(note, "--file", "needs a path, such as System32/drivers/tcpip.sys.");
    to->files[to->n_files++] = text;
    return ES_OK;
}

static es_status set_checked(es_options *to, int option, const char *text, es_note *note)
{
    switch (option) {
    case 'o':
        return add_output(to, text, note);
    case 'j':
        return set_jobs(to, text, note);
    case AS_OF:
        return es_time_parse(text, &to->as_of) == ES_OK
                   ? ES_OK
                   : refuse(note, "--as-of", "needs a date such as 2019-05-14, or a date and time "
                                             "with its zone such as 2019-05-14T22:00:00Z.");
    case PARTITION:
        return set_partition(to, text, note);
    case SNAPSHOTS:
        return set_snapshots(to, text, note);
    case CVE:
        return add_asked(to, ES_ASKED_CVE, text, note);
    case KB:
        return add_asked(to, ES_ASKED_KB, text, note);
    case FILES:
        return add_file(to, text, note);
    case PLUGIN_PATH:
        if (to->n_plugin_paths == ES_PLUGIN_PATHS_MAX)
            return refuse(note, "--plugin-path", "was given too often.");
        to->plugin_paths[to->n_plugin_paths++] = text;
        return ES_OK;
    case HASH:
        if (!is_digest(text))
            return refuse(note, "--hash", "needs an MD5, SHA-1 or SHA-256 in hexadecimal.");
        to->hash = text;
        return ES_OK;
    default:
        return ES_BUG;
    }
}

static es_status set_option(es_options *to, int option, const char *text, es_note *note)
{
    const char **as_given = plain_text(to, option);
    bool *on = plain_switch(to, option);

    if (as_given)
        *as_given = text;
    else if (on)
        *on = true;
    else if (option == 'v')
        to->verbose++;
    else if (option == HELP || option == VERSION)
        to->command = option == HELP ? ES_COMMAND_HELP : ES_COMMAND_VERSION;
    else
        return set_checked(to, option, text, note);
    return ES_OK;
}

/* What is written where: one report to a file, one to standard output; of many images, folders. */
static es_status check_outputs(const es_options *to, es_note *note)
{
    for (size_t i = 0; i < to->n_outputs; i++) {
        const es_output *one = &to->outputs[i];

        if (!one->path && one->format->add)
            return refuse(note, "-o sqlite", "needs a file: -o sqlite=FILE.");
        if (one->format->add && to->command != ES_COMMAND_SCAN)
            return refuse(note, "-o sqlite=FILE", "belongs to scan; a batch has its --store.");
        if (!one->path && to->command == ES_COMMAND_BATCH)
            return refuse(note, "-o", "of a batch needs a folder: -o FORMAT=FOLDER.");
        for (size_t k = 0; k < i && to->command != ES_COMMAND_BATCH; k++) {
            const char *other = to->outputs[k].path;

            if (one->path && other && !strcmp(other, one->path) &&
                to->command != ES_COMMAND_REPORT)
                return refuse(note, one->path, "is named as the file of two reports.");
            if (!one->path && !other)
                return refuse(note, "-o", "may go to standard output once: give the others a file "
                                          "(-o FORMAT=FILE).");
        }
    }
    return ES_OK;
}

/* The command word; `scan` may be left out. */
static es_status take_command(es_options *to, es_note *note)
{
    static const struct {
        const char *word;
        uint32_t command;
    } words[] = { { "scan", ES_COMMAND_SCAN },       { "plugins", ES_COMMAND_PLUGINS },
                  { "catalogue", ES_COMMAND_CATALOGUE }, { "batch", ES_COMMAND_BATCH },
                  { "verify", ES_COMMAND_VERIFY },   { "report", ES_COMMAND_REPORT } };
    bool stored;

    for (size_t i = 0; to->n_images && i < sizeof words / sizeof *words; i++) {
        if (strcmp(to->images[0], words[i].word) != 0)
            continue;
        to->command = words[i].command;
        to->images++;
        to->n_images--;
        break;
    }
    to->verify |= to->command == ES_COMMAND_VERIFY;
    stored = to->command == ES_COMMAND_BATCH || to->command == ES_COMMAND_REPORT;
    if (to->store && !stored)
        return refuse(note, "--store", "belongs to batch and report.");
    if (!to->store && stored)
        return refuse(note, "--store FILE", "is missing.");
    if (to->hash && to->command != ES_COMMAND_VERIFY &&
        !(to->command == ES_COMMAND_SCAN && to->verify))
        return refuse(note, "--hash", "belongs to verify and --verify.");
    if (to->hash && to->command == ES_COMMAND_VERIFY && to->n_images > 1)
        return refuse(note, "--hash", "is the digest of one image.");
    if (!to->n_images && to->command != ES_COMMAND_PLUGINS &&
        to->command != ES_COMMAND_CATALOGUE && to->command != ES_COMMAND_REPORT)
        return refuse(note, to->command == ES_COMMAND_BATCH ? "A path" : "An image to scan",
                      "is missing.");
    return check_outputs(to, note);
}

es_status es_options_parse(int argc, char **argv, es_options *ret_options, es_note *reterr_note)
{
    es_options parsed = { .command = ES_COMMAND_SCAN };
    es_status status = ES_OK;
    int option, index = 0;

    opterr = 0;
    optind = 1;
    while (status == ES_OK &&
           (option = getopt_long(argc, argv, ":o:j:qv", options, &index)) != -1) {
        char name[64];

        if (option == '?' || option == ':') {
            const char *given = argv[optind - 1];

            es_note_set(reterr_note, ES_SEVERITY_ERROR, "usage",
                        option == ':' ? "The option %s needs a value."
                                      : "There is no option %s.",
                        given);
            return ES_UNSUPPORTED;
        }
        snprintf(name, sizeof name, "The option --%s",
                 option >= OPT(0) ? options[index].name : "");
        if (option == CREDENTIALS)
            return refuse(reterr_note, name, not_yet);
        status = set_option(&parsed, option, optarg, reterr_note);
    }
    if (status != ES_OK)
        return status;
    parsed.images = (const char *const *)argv + optind;
    parsed.n_images = (size_t)(argc - optind);
    if (parsed.command == ES_COMMAND_SCAN)
        status = take_command(&parsed, reterr_note);
    if (status == ES_OK && !parsed.n_outputs &&
        (parsed.command == ES_COMMAND_SCAN || parsed.command == ES_COMMAND_REPORT))
        status = add_output(&parsed, "text", reterr_note);
    if (status == ES_OK) {
        *ret_options = parsed;
        point_asked(ret_options);
    }
    return status;
}
