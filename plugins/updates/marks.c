/* SPDX-License-Identifier: Apache-2.0
 *
 * marks.c: starts, shutdowns, and what servicing owes: when an update can have come into effect.
 */
#include "facts.h"
#include "gather.h"

#include <stdlib.h>

/* When the start was that a record tells of; no time when it tells of none. */
static es_time start_of(const columns *at, const es_fact_view *view)
{
    enum { KIND, STARTED, UPTIME };
    es_text kind = column_text(at, view, KIND);
    es_datum started = column(at, view, STARTED, ES_FIELD_TIME);
    es_datum uptime = column(at, view, UPTIME, ES_FIELD_INTEGER);
    es_time time = view->time;

    if (text_is(kind, "uptime") && uptime.type && uptime.integer >= 0 &&
        uptime.integer < INT64_C(100) * 365 * 86400)
        time.ticks -= uptime.integer * ES_TICKS_PER_SECOND;
    else if (started.type && is_sane(started.time))
        time = started.time;
    else if (!text_is(kind, "start") && !text_is(kind, "version"))
        time.precision = ES_TIME_NONE;
    return time;
}

static es_status take_boot(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    es_time start, last = last_time(of);
    void *item = NULL;
    booted *made;
    es_status status;

    columns_bind(at, view);
    earlier(&of->records_from, view->time);
    start = start_of(at, view);
    if (!is_sane(start) || (es_time_known(last) && start.ticks > last.ticks))
        return ES_OK;
    later(&of->own.last_seen, view->time);
    status = table_add(of->host, &of->boots, &item);
    if (status)
        return status;
    made = (booted *)item;
    made->time = start;
    made->fact = view->reference;
    return ES_OK;
}

/* What a log held before it was cleared is gone. */
static es_status take_cleared(work *of, void *context, const es_fact_view *view)
{
    (void)context;
    later(&of->cleared, view->time);
    return ES_OK;
}

static int by_time(const void *left, const void *right)
{
    const booted *a = (const booted *)left, *b = (const booted *)right;

    return a->time.ticks < b->time.ticks ? -1 : a->time.ticks > b->time.ticks;
}

static es_status take_shutdown(work *of, void *context, const es_fact_view *view)
{
    (void)context;
    if (is_own(of, view)) {
        later(&of->own.last_shutdown, view->time);
        later(&of->own.last_seen, view->time);
    }
    return ES_OK;
}

static es_status take_hive(work *of, void *context, const es_fact_view *view)
{
    (void)context;
    if (is_own(of, view))
        later(&of->own.last_seen, view->time);
    return ES_OK;
}

static void owed(work *of, es_time since)
{
    of->own.restart_owed = 1;
    earlier(&of->own.owed_since, since);
}

static uint32_t kb_of_identity(es_text identity)
{
    for (uint64_t i = 0; i + 7 < identity.size; i++) {
        es_text rest = { identity.data + i, 0 };

        if ((identity.data[i] != 'K' && identity.data[i] != 'k') ||
            (i && identity.data[i - 1] != '_' && identity.data[i - 1] != '-'))
            continue;
        while (rest.size < 10 && i + rest.size < identity.size &&
               rest.data[rest.size] != '~' && rest.data[rest.size] != '_')
            rest.size++;
        if (es_kb_number(rest))
            return es_kb_number(rest);
    }
    return 0;
}

/* A package that is named waits itself; a mark that names none holds for all that is recent. A
 * session that was left open says nothing of files. */
static es_status take_pending(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    es_text what, identity;
    entry *named;

    columns_bind(at, view);
    if (!is_own(of, view))
        return ES_OK;
    what = column_text(at, view, 0);
    identity = column_text(at, view, 1);
    if (what.size >= 15 && !memcmp(what.data, "SessionsPending", 15))
        return ES_OK;
    named = entry_find(&of->own, kb_of_identity(identity));
    if (named)
        named->named_pending = 1;
    else if (!kb_of_identity(identity))
        owed(of, view->time);
    return ES_OK;
}

static es_status take_mark(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    es_text mark;

    columns_bind(at, view);
    mark = column_text(at, view, 0);
    if (is_own(of, view) && column_boolean(at, view, 1) > 0 &&
        (text_is(mark, "RebootPending") || text_is(mark, "RebootInProgress") ||
         text_is(mark, "SetupExecute") || text_is(mark, "BootExecute")))
        owed(of, view->time);
    return ES_OK;
}

static es_status take_rename(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;

    columns_bind(at, view);
    if (is_own(of, view) && column_boolean(at, view, 0) > 0)
        owed(of, view->time);
    return ES_OK;
}

es_status gather_marks(work *of)
{
    static const char *const boot[] = { "kind", "started", "uptime" },
                             *const pending[] = { "what", "identity" },
                             *const mark[] = { "mark", "owed" },
                             *const rename[] = { "names_kernel" };
    columns at = { boot, 3, NULL, { 0 } };
    es_status status;

    of->boots.item_size = sizeof(booted);
    status = each(of, "history.boot", take_boot, &at);
    if (status == ES_OK)
        status = each(of, "history.cleared", take_cleared, NULL);
    if (of->boots.n)
        qsort(of->boots.items, of->boots.n, sizeof(booted), by_time);
    if (status == ES_OK)
        status = each(of, "build.shutdown", take_shutdown, NULL);
    if (status == ES_OK)
        status = each(of, "hive.state", take_hive, NULL);
    at = (columns){ pending, 2, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "servicing.pending", take_pending, &at);
    at = (columns){ mark, 2, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "build.servicing_mark", take_mark, &at);
    at = (columns){ rename, 1, NULL, { 0 } };
    return status ? status : each(of, "build.pending_rename", take_rename, &at);
}
