/* SPDX-License-Identifier: Apache-2.0
 *
 * text_state.c: machines and their states: the one that stands on the disk first, then RegBack,
 * what Windows.old keeps, and shadow copies.
 */
#include "report/text.h"

#include <stdlib.h>

static unsigned rank(uint32_t role)
{
    switch (role) {
    case ES_ROLE_CURRENT:
        return 0;
    case ES_ROLE_REGBACK:
        return 1;
    case ES_ROLE_WINDOWS_OLD:
        return 2;
    default:
        return 3;
    }
}

static int compare_state(const void *left, const void *right)
{
    const es_installation_record *a = *(const es_installation_record *const *)left;
    const es_installation_record *b = *(const es_installation_record *const *)right;

    if (a->machine != b->machine)
        return a->machine < b->machine ? -1 : 1;
    if (rank(a->role) != rank(b->role))
        return rank(a->role) < rank(b->role) ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* All states, machine by machine; on the heap. NULL: no memory, and the page has failed. */
static const es_installation_record **ordered(es_page *page, size_t *ret_n)
{
    const es_installation_record *states, **order;

    *ret_n = es_ledger_installations(page->ledger, &states);
    order = calloc(*ret_n + 1, sizeof *order);
    if (!order) {
        page->failed = ES_NOMEM;
        return NULL;
    }
    for (size_t i = 0; i < *ret_n; i++)
        order[i] = &states[i];
    qsort(order, *ret_n, sizeof *order, compare_state);
    return order;
}

void es_text_state_name(es_page *page, const es_installation_record *state)
{
    if (state->role == ES_ROLE_REGBACK)
        es_page_say(page, "RegBack of ");
    if (state->snapshot >= 0)
        es_page_say(page, "Shadow copy %d of ", (int)state->snapshot);
    es_page_show(page, state->system_root);
    if (state->volume)
        es_page_say(page, " on volume %u", (unsigned)state->volume);
    if (es_time_known(state->state_time)) {
        es_page_say(page, ", as of ");
        es_show_time(&page->words, state->state_time);
    }
}

/* The verdict that leads: the first of the state, which `build` is. */
static const es_verdict_record *leading(const es_page *page, uint32_t installation)
{
    const es_verdict_record *verdicts;
    size_t n = es_ledger_verdicts_of(page->ledger, installation, &verdicts);

    for (size_t i = 0; i < n; i++)
        if (strcmp(es_ledger_verdict_type(page->ledger, &verdicts[i])->name, "build") == 0)
            return &verdicts[i];
    return n ? &verdicts[0] : NULL;
}

static void show_full_name(es_page *page, const es_installation_record *state)
{
    if (state->computer_name && *state->computer_name && state->role == ES_ROLE_CURRENT) {
        es_page_show(page, state->computer_name);
        es_page_say(page, ", ");
    }
    es_text_state_name(page, state);
}

static size_t count_questions(const es_page *page, uint32_t installation)
{
    const es_row_record *rows;
    size_t n = es_ledger_rows_of(page->ledger, installation, &rows), found = 0;

    for (size_t i = 0; i < n; i++) {
        const es_row_type *type = es_ledger_row_type(page->ledger, &rows[i]);

        found += !type->verdict && strcmp(type->name, "questions") == 0;
    }
    return found;
}

/* Of earlier states the answers alone: the reasons stand with them. */
void es_text_asked(es_page *page)
{
    size_t n, n_asked = 0;
    const es_installation_record **order = ordered(page, &n);

    for (size_t i = 0; order && i < n; i++) {
        if (!count_questions(page, order[i]->id))
            continue;
        if (!n_asked++) {
            es_page_say(page, "Questions");
            es_page_heading(page, 0);
        }
        if (n > 1) {
            show_full_name(page, order[i]);
            es_page_flow(page, ES_TEXT_INDENT, "", ES_TEXT_INDENT, ES_STYLE_PLAIN);
        }
        es_text_questions(page, order[i]->id, order[i]->role == ES_ROLE_CURRENT, false);
    }
    free(order);
}

static void put_summary(es_page *page, const es_installation_record *state)
{
    const es_verdict_record *verdicts, *lead = leading(page, state->id);
    size_t n = es_ledger_verdicts_of(page->ledger, state->id, &verdicts);

    if (!lead)
        return;
    show_full_name(page, state);
    es_page_heading(page, 0);
    es_text_brief(page, lead);
    for (size_t i = 0; i < n; i++)
        if (&verdicts[i] != lead)
            es_text_brief(page, &verdicts[i]);
}

static void put_states(es_page *page, const es_installation_record **order, size_t n)
{
    es_page_say(page, "%zu states of Windows on this disk", n);
    es_page_heading(page, 0);
    for (size_t i = 0; i < n; i++) {
        const es_verdict_record *verdict = leading(page, order[i]->id);
        unsigned style = ES_STYLE_WARN;

        if (verdict)
            style = es_text_answer(page, verdict);
        else
            es_page_say(page, "no verdict");
        es_page_flow(page, 2, i && order[i]->machine == order[i - 1]->machine ? "" : "*", 4,
                     style);
        show_full_name(page, order[i]);
        es_page_flow(page, 6, "", 6, ES_STYLE_PLAIN);
    }
}

void es_text_overview(es_page *page)
{
    size_t n;
    const es_installation_record **order = ordered(page, &n);

    if (order && n > 1)
        put_states(page, order, n);
    for (size_t i = 0; order && i < n; i++)
        if (order[i]->role == ES_ROLE_CURRENT)
            put_summary(page, order[i]);
    free(order);
}

static void join(es_page *page, const char *text, bool *first)
{
    if (!text || !*text)
        return;
    if (!*first)
        es_page_say(page, ", ");
    es_page_show(page, text);
    *first = false;
}

static void put_title(es_page *page, const es_installation_record *state)
{
    es_page_say(page, "Machine %u", (unsigned)state->machine);
    if (state->computer_name && *state->computer_name) {
        es_page_say(page, ": ");
        es_page_show(page, state->computer_name);
    }
    es_page_title(page);
}

static void put_time(es_page *page, const char *label, es_time time)
{
    if (!es_time_known(time))
        return;
    es_show_time(&page->words, time);
    es_page_flow(page, ES_TEXT_INDENT, label, ES_TEXT_VALUES, ES_STYLE_PLAIN);
}

static void put_about(es_page *page, const es_installation_record *state)
{
    bool first = true;

    es_text_state_name(page, state);
    es_page_heading(page, 0);
    es_page_blank(page);
    join(page, state->product_name, &first);
    join(page, state->service_pack, &first);
    join(page, state->architecture, &first);
    if (!first)
        es_page_flow(page, ES_TEXT_INDENT, "Windows", ES_TEXT_VALUES, ES_STYLE_PLAIN);
    if (state->edition) {
        es_page_show(page, state->edition);
        es_page_flow(page, ES_TEXT_INDENT, "Edition", ES_TEXT_VALUES, ES_STYLE_PLAIN);
    }
    put_time(page, "Installed", state->install_date);
    put_time(page, "Last shutdown", state->last_shutdown);
    if (state->time_zone) {
        es_page_show(page, state->time_zone);
        es_page_flow(page, ES_TEXT_INDENT, "Time zone", ES_TEXT_VALUES, ES_STYLE_PLAIN);
    }
}

/* `timeline`, of the first state of a machine: its story goes behind the verdict that leads. */
static void put_state(es_page *page, const es_installation_record *state,
                      const es_timeline *timeline)
{
    const es_verdict_record *verdicts, *lead = leading(page, state->id);
    size_t n = es_ledger_verdicts_of(page->ledger, state->id, &verdicts);

    put_about(page, state);
    if (state->role != ES_ROLE_CURRENT)
        es_text_questions(page, state->id, true, true);
    if (lead)
        es_text_verdict(page, lead);
    if (timeline)
        es_text_story(page, timeline, state->machine);
    for (size_t i = 0; i < n; i++)
        if (&verdicts[i] != lead)
            es_text_verdict(page, &verdicts[i]);
    if (!lead) {
        es_page_blank(page);
        es_page_say(page, "No plugin gave a verdict on this state.");
        es_page_flow(page, ES_TEXT_INDENT, "", ES_TEXT_INDENT, ES_STYLE_WARN);
    }
    es_text_rows(page, state->id, NULL, NULL, "updates");
    es_text_evidence(page, state->id);
}

/* The state that a shadow copy is compared with: the copy after it, else the present. NULL for what
 * is no shadow copy. The newest copies come first. */
static const es_installation_record *later_of(const es_installation_record *const *order, size_t i)
{
    const es_installation_record *state = order[i];

    if (state->role != ES_ROLE_SNAPSHOT)
        return NULL;
    while (i-- > 0 && order[i]->machine == state->machine)
        if (order[i]->volume == state->volume &&
            (order[i]->role == ES_ROLE_SNAPSHOT || order[i]->role == ES_ROLE_CURRENT) &&
            strcmp(order[i]->system_root, state->system_root) == 0)
            return order[i];
    return NULL;
}

void es_text_machines(es_page *page)
{
    es_timeline *timeline = NULL;
    size_t n;
    const es_installation_record **order = ordered(page, &n);

    if (!page->failed)
        page->failed = es_timeline_new(page->ledger, &timeline);
    for (size_t i = 0; order && timeline && i < n; i++) {
        bool first = !i || order[i]->machine != order[i - 1]->machine;
        const es_installation_record *after = first ? NULL : later_of(order, i);

        if (first)
            put_title(page, order[i]);
        else if (after)
            es_text_changes(page, order[i], after);
        put_state(page, order[i], first ? timeline : NULL);
    }
    es_timeline_free(timeline);
    free(order);
}
