/* SPDX-License-Identifier: Apache-2.0
 *
 * text_story.c: what happened to a machine, in ten to twenty lines, in order.
 *
 * The timeline has thousands of events; most readers want the turns. A table says which types of
 * fact tell one, how much each weighs, and in what words. What is of one type, one day and one
 * word is one line with a count. When there is more than a page takes, the lightest go first, the
 * number of them is said, and the formats of the timeline have them all.
 */
#include "report/text.h"
#include "report/timeline.h"

#include <inttypes.h>
#include <stdlib.h>

#define LINES_MAX 20u
#define WEIGHT_MAX 99u
#define NAMES_MAX 4u
#define DAY_TICKS INT64_C(864000000000)

/* A turn: a type of fact, of which only those count whose `field` has one of the values (separated
 * by spaces; `*` ends one that only begins so), what it weighs, its words, and the field that names
 * what it is about. */
typedef struct turn {
    const char *type, *field, *values;
    unsigned weight;
    const char *words, *names;
    bool named; /* one without that name tells no turn */
} turn;

static const turn turns[] = {
    { "build.installed", NULL, NULL, 90, "Windows was installed", NULL, false },
    { "history.cleared", NULL, NULL, 88, "an event log was cleared", "log", false },
    { "licence.trace", NULL, NULL, 80, "a trace of an ESU bypass", "name", false },
    { "media.device", NULL, NULL, 75, "a removable device", "name", false },
    { "history.device", "device", "USBSTOR\\*", 74, "a removable device was set up", "device", false },
    { "media.shortcut", NULL, NULL, 42, "opened from a removable volume", "path", false },
    { "history.clock", NULL, NULL, 70, "the clock was set", NULL, false },
    { "history.crash", NULL, NULL, 65, "Windows crashed", "stop_code", false },
    { "history.boot", "kind", "unclean-stop", 60, "Windows stopped without shutting down", NULL, false },
    /* packages of no KB are those that Windows was made of */
    { "servicing.package", "state", "installed superseded", 45, "updates were installed", "kb",
      true },
    { "history.servicing", "result", "installed", 44, "servicing installed updates", "kb", false },
    { "history.servicing", "result", "failed", 50, "servicing failed", "kb", false },
    { "history.servicing", "result", "uninstalled", 55, "updates were removed", "kb", false },
    { "history.update", "result", "installed", 43, "Windows Update installed", "kb", false },
    { "build.shutdown", NULL, NULL, 85, "orderly shutdown", NULL, false },
    { "snapshot.taken", NULL, NULL, 30, "a shadow copy was taken", NULL, false },
    { "history.boot", "kind", "start", 20, "Windows started", NULL, false },
};

#define N_TURNS (sizeof turns / sizeof *turns)

typedef struct line {
    const turn *turn;
    es_time time;
    unsigned n;
    es_text names[NAMES_MAX];
    unsigned n_names;
    bool more_names, impossible, dropped;
    uint64_t reference;
} line;

typedef struct story {
    line *lines;
    size_t n, room;
} story;

static const es_datum *field_of(const es_page *page, const es_fact_record *fact, const char *name)
{
    const es_fact_type *type = es_ledger_fact_type(page->ledger, fact);

    for (uint32_t i = 0; name && i < fact->n_fields; i++)
        if (strcmp(type->fields[i].name, name) == 0 && fact->fields[i].type == ES_FIELD_TEXT)
            return &fact->fields[i];
    return NULL;
}

static bool among(es_text word, const char *words)
{
    while (*words) {
        size_t size = strcspn(words, " ");

        bool begins = size && words[size - 1] == '*';
        size_t least = size - begins;

        if ((begins ? word.size >= least : word.size == least) &&
            memcmp(words, word.data, least) == 0)
            return true;
        words += size + (words[size] == ' ');
    }
    return false;
}

static const turn *turn_of(const es_page *page, const es_fact_record *fact)
{
    const es_fact_type *type = es_ledger_fact_type(page->ledger, fact);

    for (size_t i = 0; i < N_TURNS; i++) {
        const es_datum *datum;

        if (strcmp(turns[i].type, type->name) != 0)
            continue;
        datum = field_of(page, fact, turns[i].names);
        if (turns[i].named && !(datum && datum->text.size))
            continue;
        datum = field_of(page, fact, turns[i].field);
        if (!turns[i].field || (datum && among(datum->text, turns[i].values)))
            return &turns[i];
    }
    return NULL;
}

static void add_name(line *to, es_text name)
{
    for (unsigned i = 0; i < to->n_names; i++)
        if (es_text_equal(to->names[i], name))
            return;
    if (to->n_names == NAMES_MAX)
        to->more_names = true;
    else
        to->names[to->n_names++] = name;
}

/* The line of this turn and day, made when there is none; events come in order of time. */
static line *line_of(story *of, const turn *told, const es_timeline_event *event)
{
    es_time time = event->fact->time;
    line *grown;

    for (size_t i = of->n; i-- > 0;) {
        if (of->lines[i].time.ticks / DAY_TICKS != time.ticks / DAY_TICKS)
            break;
        if (of->lines[i].turn == told)
            return &of->lines[i];
    }
    if (of->n == of->room) {
        of->room = of->room ? of->room * 2 : 64;
        grown = realloc(of->lines, of->room * sizeof *grown);
        if (!grown)
            return NULL;
        of->lines = grown;
    }
    grown = &of->lines[of->n++];
    *grown = (line){ .turn = told, .time = time, .impossible = event->impossible,
                     .reference = event->fact->reference };
    return grown;
}

static void gather(es_page *page, const es_timeline *timeline, uint32_t machine, story *to)
{
    for (size_t i = 0; i < es_timeline_count(timeline); i++) {
        const es_timeline_event *event = es_timeline_at(timeline, i);
        const turn *told = event->machine == machine ? turn_of(page, event->fact) : NULL;
        const es_datum *name = told ? field_of(page, event->fact, told->names) : NULL;
        line *of = told ? line_of(to, told, event) : NULL;

        if (told && !of) {
            page->failed = ES_NOMEM;
            return;
        }
        if (!of)
            continue;
        of->n++;
        if (name && name->text.size)
            add_name(of, name->text);
    }
}

/* Drop the lightest until a page holds the rest; of equals the middle goes, ends are turns. */
static size_t thin_out(story *of)
{
    size_t n[WEIGHT_MAX + 1] = { 0 }, seen = 0, room = LINES_MAX, left_out = 0;
    unsigned least = WEIGHT_MAX;

    for (size_t i = 0; i < of->n; i++)
        n[of->lines[i].turn->weight]++;
    while (least > 0 && n[least] <= room)
        room -= n[least--];
    /* What is lighter than `least` goes; of those that weigh as much there is room for a few. */
    for (size_t i = 0; i < of->n; i++) {
        line *one = &of->lines[i];

        if (one->turn->weight > least)
            continue;
        one->dropped = one->turn->weight < least ||
                       (seen >= room - room / 2 && seen < n[least] - room / 2);
        seen += one->turn->weight == least;
        left_out += one->dropped;
    }
    return left_out;
}

static void put_line(es_page *page, const line *of)
{
    char day[16];

    es_show_time(&page->words, of->time);
    snprintf(day, sizeof day, "%.*s", page->words.size < 10 ? (int)page->words.size : 10,
             (const char *)page->words.data);
    es_buffer_clear(&page->words);
    if (of->impossible)
        es_page_say(page, "[impossible time] ");
    es_page_say(page, "%s", of->turn->words);
    for (unsigned i = 0; i < of->n_names; i++) {
        es_page_say(page, i ? ", " : ": ");
        es_page_show_text(page, of->names[i]);
    }
    if (of->more_names)
        es_page_say(page, ", and others");
    if (of->n > 1)
        es_page_say(page, " (%u records)", of->n);
    es_page_say(page, " [");
    es_page_show_reference(page, of->reference);
    es_page_say(page, "]");
    es_page_flow(page, 4, day, 16, of->impossible ? ES_STYLE_WARN : ES_STYLE_PLAIN);
}

void es_text_story(es_page *page, const es_timeline *timeline, uint32_t machine)
{
    story of = { NULL, 0, 0 };
    size_t left_out;

    gather(page, timeline, machine, &of);
    if (of.n > 1 && !page->failed) {
        left_out = thin_out(&of);
        es_page_say(page, "What happened, in short");
        es_page_heading(page, ES_TEXT_INDENT);
        es_page_blank(page);
        for (size_t i = 0; i < of.n; i++)
            if (!of.lines[i].dropped)
                put_line(page, &of.lines[i]);
        if (left_out) {
            es_page_say(page, "%zu lighter days are left out; -o csv and the other timelines have "
                              "every event.",
                        left_out);
            es_page_flow(page, 4, "", 4, ES_STYLE_FAINT);
        }
    }
    free(of.lines);
}
