/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_logs.c: event logs, text logs and tables of the fake host. As the contract has it: an event,
 * a row and a line last until the next is asked for, which is why each is handed out in memory that
 * is overwritten then.
 */
#include "fake_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ------------------------------------------------------------------ evidence */

static artefact *add_log(fake_host *fake, uint32_t kind, const char *path)
{
    artefact *made = fake_artefact(fake, kind, path);

    made->log = fake_keep(fake, sizeof *made->log);
    return made;
}

static fake_log *last_log(fake_host *fake, uint32_t kind)
{
    for (uint32_t i = fake->n_artefacts; i-- > 0;)
        if (fake->artefacts[i].view.kind == kind)
            return fake->artefacts[i].log;
    fail_msg("no log of kind %u", (unsigned)kind);
    return NULL;
}

void fake_event_log(fake_host *fake, const char *path)
{
    (void)add_log(fake, ES_KIND_EVENT_LOG, path);
}

void fake_event_log_damaged(fake_host *fake)
{
    last_log(fake, ES_KIND_EVENT_LOG)->damaged = 1;
}

es_event *fake_event(fake_host *fake, const char *provider, const char *guid, uint32_t id,
                     int64_t ticks, ...)
{
    fake_log *log = last_log(fake, ES_KIND_EVENT_LOG);
    es_event *event = &log->events[log->n];
    es_text *names = fake_keep(fake, MAX_DATA * sizeof *names);
    es_text *data = fake_keep(fake, MAX_DATA * sizeof *data);
    const char *name;
    va_list pairs;

    assert_true(log->n < MAX_EVENTS);
    *event = (es_event){ .size = sizeof *event, .id = id, .record = ++log->n,
                         .provider = es_text_of(provider),
                         .provider_guid = es_text_of(guid ? guid : ""),
                         .written = { ticks, ES_TIME_TICK, 0 }, .data_names = names,
                         .data = data };
    va_start(pairs, ticks);
    while ((name = va_arg(pairs, const char *)) != NULL) {
        assert_true(event->n_data < MAX_DATA);
        names[event->n_data] = es_text_of(name);
        data[event->n_data++] = es_text_of(va_arg(pairs, const char *));
    }
    va_end(pairs);
    return event;
}

void fake_event_binary(fake_host *fake, es_event *event, const char *text)
{
    size_t size = strlen(text);
    uint8_t *data = fake_keep(fake, 2 * size);

    for (size_t i = 0; i < size; i++)
        data[2 * i] = text[i] == '|' ? 0 : (uint8_t)text[i];
    event->binary = (es_bytes){ data, 2 * size };
}

void fake_text_log(fake_host *fake, const char *path, const char *lines)
{
    add_log(fake, ES_KIND_TEXT_LOG, path)->log->lines = es_text_of(lines);
}

void fake_table(fake_host *fake, const char *path, const char *table)
{
    add_log(fake, ES_KIND_TABLE, path)->log->table = table;
}

void fake_table_row(fake_host *fake, ...)
{
    fake_log *log = last_log(fake, ES_KIND_TABLE);
    es_table_row *row = &log->rows[log->n];
    es_cell *cells = fake_keep(fake, MAX_DATA * sizeof *cells);
    const char *column;
    va_list parts;

    assert_true(log->n < MAX_EVENTS);
    *row = (es_table_row){ .size = sizeof *row, .number = ++log->n, .cells = cells };
    va_start(parts, fake);
    while ((column = va_arg(parts, const char *)) != NULL) {
        es_cell *cell = &cells[row->n_cells++];

        assert_true(row->n_cells <= MAX_DATA);
        *cell = (es_cell){ .size = sizeof *cell, .column = es_text_of(column) };
        switch (va_arg(parts, int)) {
        case 't':
            cell->type = ES_FIELD_TEXT;
            cell->text = es_text_of(va_arg(parts, const char *));
            break;
        case 'i':
            cell->type = ES_FIELD_INTEGER;
            cell->integer = va_arg(parts, int64_t);
            break;
        case 'r':
            cell->type = ES_FIELD_TEXT; /* the host has no real type: `real` beside it */
            cell->text = es_text_of("");
            cell->real = va_arg(parts, double);
            break;
        case 'b':
            cell->type = ES_FIELD_BYTES;
            cell->bytes = (es_bytes){ va_arg(parts, const uint8_t *), 20 };
            break;
        default:
            break;
        }
    }
    va_end(parts);
}

void fake_zone(fake_host *fake, int32_t minutes)
{
    fake->has_zone = 1;
    fake->zone_minutes = minutes;
}

/* ------------------------------------------------------------------ the host's calls */

static fake_host *of(const es_host *host)
{
    union {
        void *context;
        fake_host *fake;
    } both = { host->context };

    return both.fake;
}

static artefact *artefact_of(const es_artefact *view, uint32_t kind)
{
    union {
        const void *theirs;
        artefact *ours;
    } both = { view->handle };

    assert_int_equal(view->kind, kind);
    return both.ours;
}

static es_status event_only(const es_host *host, const es_artefact *view, const uint16_t *ids,
                            uint32_t n)
{
    fake_log *log = artefact_of(view, ES_KIND_EVENT_LOG)->log;

    (void)host;
    assert_int_equal(log->at, 0);
    assert_true(n <= ES_COUNT(log->ids));
    memcpy(log->ids, ids, n * sizeof *ids);
    log->n_ids = n;
    log->chosen = 1;
    return ES_OK;
}

static int is_chosen(const fake_log *log, uint32_t id)
{
    for (uint32_t i = 0; i < log->n_ids; i++)
        if (log->ids[i] == id)
            return 1;
    return !log->chosen;
}

static es_status event_next(const es_host *host, const es_artefact *view, es_event *ret)
{
    artefact *at = artefact_of(view, ES_KIND_EVENT_LOG);

    (void)host;
    while (at->log->at < at->log->n && !is_chosen(at->log, at->log->events[at->log->at].id))
        at->log->at++;
    if (at->log->at == at->log->n)
        return ES_END;
    *ret = at->log->events[at->log->at++];
    ret->where = &at->where;
    return ES_OK;
}

static es_status event_span(const es_host *host, const es_artefact *view, es_event_span *ret)
{
    const fake_log *log = artefact_of(view, ES_KIND_EVENT_LOG)->log;

    (void)host;
    *ret = (es_event_span){ .size = sizeof *ret, .damaged = (uint32_t)log->damaged,
                            .n_records = log->n };
    if (log->n) {
        ret->first_record = 1;
        ret->last_record = log->n;
        ret->first = log->events[0].written;
        ret->last = log->events[log->n - 1].written;
    }
    return ES_OK;
}

static es_status line_next(const es_host *host, const es_artefact *view, es_line *ret)
{
    artefact *at = artefact_of(view, ES_KIND_TEXT_LOG);
    es_text *rest = &at->log->lines;
    char *line;
    uint64_t n = 0;

    if (!rest->size)
        return ES_END;
    while (n < rest->size && rest->data[n] != '\n')
        n++;
    /* each in memory of its own, so that reading on past its end is seen */
    line = fake_keep(of(host), n);
    memcpy(line, rest->data, (size_t)n);
    *ret = (es_line){ .size = sizeof *ret, .number = ++at->log->at, .text = { line, n },
                      .where = &at->where };
    n += n < rest->size;
    rest->data += n;
    rest->size -= n;
    return ES_OK;
}

static es_status table_next_row(const es_host *host, const es_artefact *view, es_text table,
                                es_table_row *ret)
{
    artefact *at = artefact_of(view, ES_KIND_TABLE);

    (void)host;
    if (!es_text_equal(table, es_text_of(at->log->table)))
        return ES_ABSENT;
    if (at->log->at == at->log->n)
        return ES_END;
    *ret = at->log->rows[at->log->at++];
    ret->where = &at->where;
    return ES_OK;
}

static es_status time_from_local(const es_host *host, es_time local, es_time *ret)
{
    const fake_host *fake = of(host);

    if (!fake->has_zone || !es_time_known(local))
        return ES_ABSENT;
    *ret = local;
    ret->ticks -= INT64_C(60) * ES_TICKS_PER_SECOND * fake->zone_minutes;
    ret->flags |= ES_TIME_FROM_LOCAL;
    return ES_OK;
}

void fake_log_calls(es_host *host)
{
    host->event_only = event_only;
    host->event_next = event_next;
    host->event_span = event_span;
    host->line_next = line_next;
    host->table_next_row = table_next_row;
    host->time_from_local = time_from_local;
}
