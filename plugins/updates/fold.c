/* SPDX-License-Identifier: Apache-2.0
 *
 * fold.c: everything that speaks of one KB becomes one entry.
 *
 * Component servicing is the best source, then events, then the update history; files of a package
 * without a key are a residue, unless not every key could be read: then its state is not known. The
 * package of the whole KB speaks for it; where only its parts are there, the furthest of them does.
 * What Windows Installer applied has no package: its own list speaks for that, then that of the
 * setups. `uninstalled` and `failed` need a record: an absent key proves nothing.
 */
#include "gather.h"

#include <stdio.h>
#include <stdlib.h>

/* 2006 to 2100: Vista is from November 2006, and no clock is right in the next century. */
#define SANE_FROM (ES_TICKS_UNIX_EPOCH + INT64_C(1136073600) * ES_TICKS_PER_SECOND)
#define SANE_TO (ES_TICKS_UNIX_EPOCH + INT64_C(4102444800) * ES_TICKS_PER_SECOND)

int is_sane(es_time time)
{
    return es_time_known(time) && !(time.flags & ES_TIME_IMPOSSIBLE) && time.ticks >= SANE_FROM &&
           time.ticks < SANE_TO;
}

static int by_kb(const void *left, const void *right)
{
    const trace *a = (const trace *)left, *b = (const trace *)right;

    if (a->kb != b->kb)
        return a->kb < b->kb ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->fact < b->fact ? -1 : a->fact > b->fact;
}

/* How far a state is, to choose between packages of one KB. */
static int furthest(uint32_t state)
{
    static const int order[] = {
        [STATE_NONE] = 0,           [STATE_RESIDUE] = 1,    [STATE_FAILED] = 1,
        [STATE_UNINSTALLED] = 1,    [STATE_STAGED] = 2,     [STATE_PENDING_INSTALL] = 3,
        [STATE_PENDING_UNINSTALL] = 4, [STATE_SUPERSEDED] = 5, [STATE_INSTALLED] = 6,
    };

    return order[state];
}

static int newer(es_text a, es_text b)
{
    file_version left = { { 0 }, 0 }, right = { { 0 }, 0 };

    if (!version_parse(a, &left) || !version_parse(b, &right))
        return left.known && !right.known;
    return version_compare(left.parts, right.parts) > 0;
}

static int better(const trace *a, const trace *b)
{
    if (!b || a->rank != b->rank)
        return !b || a->rank > b->rank;
    if (furthest(a->state) != furthest(b->state))
        return furthest(a->state) > furthest(b->state);
    return newer(a->version, b->version);
}

static void source(const es_host *host, entry *to, const char *who, const char *what, es_time time)
{
    char word[ES_TIME_WORD_SIZE];
    es_prose text;

    if (to->n_sources == N_SOURCES || es_prose_make(host, 120, &text) != ES_OK)
        return;
    es_prose_say(&text, "%s: %s", who, what);
    if (es_time_known(time))
        es_prose_say(&text, " %s", es_time_word(time, word));
    to->sources[to->n_sources++] = es_prose_text(&text);
}

static void because(entry *to, uint64_t fact)
{
    if (to->n_because < N_BECAUSE)
        to->because[to->n_because++] = fact;
}

static void take_package(const es_host *host, entry *to, const trace *best)
{
    file_version version = { { 0 }, 0 };

    to->has_key = 1;
    to->rank = (int32_t)best->rank;
    to->state = best->state;
    to->version = best->version;
    to->client = best->client;
    to->user = best->user;
    to->user_name = best->user_name;
    to->broken = best->broken > 0;
    to->issue = version_parse(best->version, &version) && version.parts[0] == 6 &&
                        !version.parts[1]
                    ? version.parts[2]
                    : -1;
    if (is_sane(best->time)) {
        to->installed = best->time;
        to->means = MEANS_CBS;
    }
    because(to, best->fact);
    source(host, to, "component servicing",
           best->state == STATE_RESIDUE ? "not installed"
           : best->state == STATE_NONE  ? "in no state that is known"
                                        : state_word(best->state),
           to->installed);
}

/* Whether each package that is in has its two files. */
static void take_files(const es_host *host, entry *to, const trace *traces, size_t n)
{
    const es_time never = { 0, ES_TIME_NONE, 0 };

    to->files = YES;
    to->mums = YES;
    for (size_t i = 0; i < n; i++) {
        if (traces[i].kind == TRACE_PACKAGE && traces[i].mum <= 0)
            to->mums = NO;
        if (traces[i].kind != TRACE_PACKAGE || !state_is_in(traces[i].state))
            continue;
        if (traces[i].mum == 0 || traces[i].cat == 0)
            to->files = NO;
        else if ((traces[i].mum < 0 || traces[i].cat < 0) && to->files == YES)
            to->files = MAYBE;
    }
    if (state_is_in(to->state) && to->files != MAYBE)
        source(host, to, "package files", to->files == YES ? ".mum and .cat" : "missing", never);
}

/* A day of local time, and a time that may lie on it. */
static int is_on_day(es_time day, es_time time)
{
    return time.ticks >= day.ticks - DAY_BEFORE && time.ticks < day.ticks + DAY_BEHIND;
}

static void take_events(const es_host *host, entry *to, const trace *traces, size_t n)
{
    static const char *const words[] = { "", "installed", "failed", "uninstalled", "other" };
    const trace *last = NULL;

    for (size_t i = 0; i < n; i++) {
        if (traces[i].kind == TRACE_HISTORY && traces[i].title.size)
            to->title = traces[i].title;
        if ((traces[i].kind != TRACE_EVENT && traces[i].kind != TRACE_HISTORY) ||
            traces[i].result == RESULT_OTHER || traces[i].result == RESULT_NONE)
            continue;
        if (!last || (is_sane(traces[i].time) && traces[i].time.ticks >= last->time.ticks))
            last = &traces[i];
    }
    if (!last)
        return;
    because(to, last->fact);
    source(host, to, last->kind == TRACE_EVENT ? "event log" : "update history",
           words[last->result], last->time);
    if (last->result == RESULT_UNINSTALLED)
        to->uninstalled = last->time;
    if (last->result == RESULT_FAILED)
        to->failed = last->time;
    if (!to->has_key && last->result == RESULT_INSTALLED && is_sane(last->time) &&
        (!es_time_known(to->installed) || is_on_day(to->installed, last->time))) {
        to->installed = last->time;
        to->means = MEANS_EVENT;
    }
}

/* Windows Installer has a state for each product that it patched; a setup says only that it ran. */
typedef struct installer_says {
    const trace *patch, *setup, *removable;
    es_time last;
    uint32_t n_in, n_out;
} installer_says;

static void hear_patch(entry *to, const trace *one, installer_says *says)
{
    says->n_in += state_is_in(one->state) != 0;
    says->n_out += !state_is_in(one->state);
    if (!says->patch || furthest(one->state) > furthest(says->patch->state))
        says->patch = one;
    if (state_is_in(one->state))
        later(&says->last, one->time);
    if (!to->title.size)
        to->title = one->title;
}

static void tell_installer(const es_host *host, entry *to, const installer_says *says)
{
    const es_time never = { 0, ES_TIME_NONE, 0 };

    if (says->patch) {
        because(to, says->patch->fact);
        source(host, to, "Windows Installer",
               says->patch->state == STATE_RESIDUE ? "in no state that is known"
                                                   : state_word(says->patch->state),
               says->last);
    }
    if (says->setup) {
        because(to, says->setup->fact);
        source(host, to, "list of the setup",
               state_is_in(says->setup->state) ? "installed" : "not installed", never);
    }
    if (says->removable) {
        because(to, says->removable->fact);
        source(host, to, "uninstall list", "there", never);
    }
}

static void take_installer(const es_host *host, entry *to, const trace *traces, size_t n)
{
    installer_says says;
    const trace *best;

    memset(&says, 0, sizeof says);
    for (size_t i = 0; i < n; i++) {
        const trace *one = &traces[i];

        if (one->kind == TRACE_PATCH)
            hear_patch(to, one, &says);
        else if (one->kind == TRACE_REGISTRATION && one->state == STATE_NONE)
            says.removable = one;
        else if (one->kind == TRACE_REGISTRATION &&
                 (!says.setup || furthest(one->state) > furthest(says.setup->state)))
            says.setup = one;
    }
    tell_installer(host, to, &says);
    best = says.patch ? says.patch : says.setup;
    to->partly = says.n_in && says.n_out;
    if (to->partly || (says.patch && says.setup &&
                       state_is_in(says.patch->state) != state_is_in(says.setup->state)))
        to->agree = 0;
    if (to->has_key || !best)
        return;
    to->by_installer = 1;
    to->state = best->state;
    to->broken = best->broken;
    if (says.setup)
        to->user_name = says.setup->user_name;
    if (es_time_known(says.last)) {
        to->installed = says.last;
        to->means = MEANS_INSTALLER;
    }
}

/* What the record adds to what the packages say. */
static void settle(entry *to, int packages_read)
{
    int recorded_in = to->means == MEANS_EVENT, listed = to->has_key || to->by_installer;

    if (listed && state_is_in(to->state)) {
        if (is_sane(to->uninstalled) && is_sane(to->installed) &&
            to->uninstalled.ticks > to->installed.ticks)
            to->agree = 0; /* CBS is the better source, and the record says otherwise */
        else
            memset(&to->uninstalled, 0, sizeof to->uninstalled);
        return;
    }
    if (is_sane(to->uninstalled))
        to->state = STATE_UNINSTALLED;
    else if (is_sane(to->failed))
        to->state = STATE_FAILED;
    else if (!listed && packages_read)
        to->state = STATE_RESIDUE;
    else if (!listed)
        to->state = recorded_in ? STATE_INSTALLED : STATE_NONE; /* its key could not be asked for */
    if (recorded_in && packages_read && to->state == STATE_RESIDUE)
        to->agree = 0;
}

static void fold_one(work *of, state_view *to, entry *made, const trace *traces, size_t n)
{
    const trace *best = NULL;

    made->kb = traces[0].kb;
    made->update = es_catalogue_find(of->catalogue, made->kb);
    made->issue = -1;
    made->agree = 1;
    for (size_t i = 0; i < n; i++) {
        if (traces[i].kind == TRACE_PACKAGE && better(&traces[i], best))
            best = &traces[i];
        if (traces[i].kind == TRACE_FILE)
            because(made, traces[i].fact);
    }
    if (best)
        take_package(of->host, made, best);
    made->orphan = !best && traces[0].kind == TRACE_FILE;
    if (made->orphan)
        source(of->host, made, "package files",
               to->packages_read  ? "without a key"
               : to->packages_cut ? "there; not all keys could be read"
                                  : "there; no key could be read",
               made->installed);
    if (best)
        take_files(of->host, made, traces, n);
    take_installer(of->host, made, traces, n);
    take_events(of->host, made, traces, n);
    settle(made, to->packages_read);
    if (made->n_sources > 1 && state_is_in(made->state) && made->has_key && made->files == NO)
        made->agree = 0;
}

es_status fold(work *of, state_view *to, table *traces)
{
    const trace *all = (const trace *)traces->items;

    to->entries.item_size = sizeof(entry);
    if (traces->n)
        qsort(traces->items, traces->n, sizeof(trace), by_kb);
    for (size_t at = 0; at < traces->n;) {
        size_t n = 1;
        void *item = NULL;
        es_status status = table_add(of->host, &to->entries, &item);

        if (status)
            return status;
        while (at + n < traces->n && all[at + n].kb == all[at].kb)
            n++;
        memset(item, 0, sizeof(entry));
        fold_one(of, to, (entry *)item, all + at, n);
        at += n;
    }
    return ES_OK;
}

entry *entry_find(const state_view *state, uint32_t kb)
{
    entry *all = (entry *)state->entries.items;
    size_t low = 0, high = state->entries.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (all[middle].kb < kb)
            low = middle + 1;
        else
            high = middle;
    }
    return low < state->entries.n && all[low].kb == kb ? &all[low] : NULL;
}
