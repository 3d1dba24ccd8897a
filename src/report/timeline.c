/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline.c: see timeline.h.
 */
#include "report/timeline.h"

#include "base/time.h"
#include "report/show.h"

#include <inttypes.h>
#include <stdlib.h>

/* 1980-01-01: no machine that runs NT 6 had a clock before the PC had one. */
#define FIRST_SECONDS INT64_C(315532800)

struct es_timeline {
    es_timeline_event *events;
    size_t n;
};

/* ---- order ---- */

static int compare_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_bytes(const void *a, uint64_t a_size, const void *b, uint64_t b_size)
{
    uint64_t both = a_size < b_size ? a_size : b_size;
    int order = both ? memcmp(a, b, (size_t)both) : 0;

    return order ? order : compare_number(a_size, b_size);
}

static int compare_texts(const es_datum *a, const es_datum *b)
{
    int order = compare_number(a->n, b->n);

    for (uint64_t i = 0; !order && i < a->n; i++)
        order = compare_bytes(a->texts[i].data, a->texts[i].size, b->texts[i].data,
                              b->texts[i].size);
    return order;
}

/* Facts that a fact names are of its own state: they are not compared. */
static int compare_datum(const es_datum *a, const es_datum *b)
{
    if (a->type != b->type)
        return compare_number(a->type, b->type);
    switch (a->type) {
    case ES_FIELD_TEXT:
        return compare_bytes(a->text.data, a->text.size, b->text.data, b->text.size);
    case ES_FIELD_BYTES:
        return compare_bytes(a->bytes.data, a->bytes.size, b->bytes.data, b->bytes.size);
    case ES_FIELD_TEXT_LIST:
        return compare_texts(a, b);
    case ES_FIELD_TIME:
        return (a->time.ticks > b->time.ticks) - (a->time.ticks < b->time.ticks);
    case ES_FIELD_INTEGER:
    case ES_FIELD_BOOLEAN:
        return (a->integer > b->integer) - (a->integer < b->integer);
    default:
        return 0;
    }
}

static int compare_ticks(const es_timeline_event *a, const es_timeline_event *b)
{
    return (a->fact->time.ticks > b->fact->time.ticks) -
           (a->fact->time.ticks < b->fact->time.ticks);
}

/* What happened: equal for facts of two states that say the same. */
static int compare_content(const es_timeline_event *a, const es_timeline_event *b)
{
    int order = compare_ticks(a, b);

    if (!order)
        order = compare_number(a->machine, b->machine);
    if (!order)
        order = strcmp(a->fact->plugin, b->fact->plugin);
    if (!order)
        order = compare_number(a->fact->type, b->fact->type);
    if (!order)
        order = compare_number(a->fact->n_fields, b->fact->n_fields);
    for (uint32_t i = 0; !order && i < a->fact->n_fields; i++)
        order = compare_datum(&a->fact->fields[i], &b->fact->fields[i]);
    return order;
}

static int by_content(const void *left, const void *right)
{
    const es_timeline_event *a = left, *b = right;
    int order = compare_content(a, b);

    if (!order)
        order = compare_number(a->fact->installation, b->fact->installation);
    return order ? order : compare_number(a->number, b->number);
}

static int by_time(const void *left, const void *right)
{
    const es_timeline_event *a = left, *b = right;
    int order = compare_ticks(a, b);

    return order ? order : compare_number(a->number, b->number);
}

/* ---- making ---- */

/* When the image was acquired, as its container states it. */
static es_time acquired(const es_ledger *ledger)
{
    const es_image_record *image = es_ledger_image(ledger);
    es_time time = { 0, ES_TIME_NONE, 0 };

    if (image && image->acquired && es_time_parse(image->acquired, &time) != ES_OK)
        time.precision = ES_TIME_NONE;
    return time;
}

static bool is_impossible(es_time time, es_time limit)
{
    return (time.flags & ES_TIME_IMPOSSIBLE) ||
           time.ticks < es_time_from_unix(FIRST_SECONDS).ticks ||
           (es_time_known(limit) && time.ticks > limit.ticks);
}

/* Let facts of several states that say the same be one event. Of one state they stay apart, unless
 * another had told it before: what that state then says twice counts as one state. */
static void merge(es_timeline *timeline)
{
    size_t kept = 0;
    uint32_t last = 0; /* the state that was counted last */

    qsort(timeline->events, timeline->n, sizeof *timeline->events, by_content);
    for (size_t i = 0; i < timeline->n; i++) {
        es_timeline_event event = timeline->events[i];
        es_timeline_event *before = kept ? &timeline->events[kept - 1] : NULL;

        if (before && event.machine && event.fact->installation != before->fact->installation &&
            compare_content(before, &event) == 0)
            before->n_also += event.fact->installation != last;
        else
            timeline->events[kept++] = event;
        last = event.fact->installation;
    }
    timeline->n = kept;
    qsort(timeline->events, timeline->n, sizeof *timeline->events, by_time);
}

es_status es_timeline_new(const es_ledger *ledger, es_timeline **ret_timeline)
{
    const es_fact_record *facts;
    size_t n = es_ledger_facts(ledger, &facts);
    es_timeline *timeline = calloc(1, sizeof *timeline);
    es_time limit = acquired(ledger);

    if (!timeline || !(timeline->events = calloc(n + 1, sizeof *timeline->events))) {
        free(timeline);
        return ES_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const es_installation_record *state =
            es_ledger_installation(ledger, facts[i].installation);

        if (es_time_known(facts[i].time))
            timeline->events[timeline->n++] =
                (es_timeline_event){ .fact = &facts[i],
                            .number = es_ledger_fact_number(ledger, facts[i].reference),
                            .machine = state ? state->machine : 0,
                            .impossible = is_impossible(facts[i].time, limit) };
    }
    merge(timeline);
    *ret_timeline = timeline;
    return ES_OK;
}

es_timeline *es_timeline_free(es_timeline *timeline)
{
    if (timeline) {
        free(timeline->events);
        free(timeline);
    }
    return NULL;
}

size_t es_timeline_count(const es_timeline *timeline)
{
    return timeline->n;
}

const es_timeline_event *es_timeline_at(const es_timeline *timeline, size_t index)
{
    return &timeline->events[index];
}

/* ---- words ---- */

void es_timeline_say(es_page *page, const es_timeline_event *event)
{
    const es_fact_record *fact = event->fact;
    const es_fact_type *type = es_ledger_fact_type(page->ledger, fact);
    unsigned shown = 0;

    if (event->impossible)
        es_page_say(page, "[impossible time] ");
    es_page_show(page, type->name);
    for (uint32_t i = 0; i < fact->n_fields; i++) {
        if (es_datum_is_empty(&fact->fields[i]) || fact->fields[i].type == ES_FIELD_FACT ||
            fact->fields[i].type == ES_FIELD_FACT_LIST)
            continue;
        es_page_say(page, shown++ ? "; " : ": ");
        es_page_show_name(page, type->fields[i].name);
        es_page_say(page, " ");
        es_page_show_datum(page, &fact->fields[i]);
    }
    if (event->n_also)
        es_page_say(page, " (also told by %" PRIu32 " other %s of the machine)", event->n_also,
                    event->n_also == 1 ? "state" : "states");
}

void es_timeline_say_means(es_page *page, const es_timeline_event *event)
{
    es_time time = event->fact->time;

    if (event->impossible)
        time.flags |= ES_TIME_IMPOSSIBLE;
    es_show_time_means(&page->words, es_ledger_fact_type(page->ledger, event->fact)->time_means,
                       time);
}

const char *es_timeline_path(const es_ledger *ledger, const es_timeline_event *event)
{
    const es_artefact_record *artefact = es_ledger_artefact(ledger, event->fact->where.artefact);

    return artefact ? artefact->path : event->fact->where.path;
}

const char *es_timeline_computer(const es_ledger *ledger, const es_timeline_event *event)
{
    const es_installation_record *state =
        es_ledger_installation(ledger, event->fact->installation);

    return state ? state->computer_name : NULL;
}

uint32_t es_timeline_snapshot(const es_ledger *ledger, const es_timeline_event *event)
{
    const es_artefact_record *artefact = es_ledger_artefact(ledger, event->fact->where.artefact);

    if (artefact)
        return artefact->snapshot > 0 ? (uint32_t)artefact->snapshot : 0;
    return event->fact->where.snapshot;
}
