/* SPDX-License-Identifier: Apache-2.0
 *
 * stream.c: event logs, text logs and tables, read record by record for a plugin.
 *
 * A stream is opened when its first record is asked for and stands where the last one ended. What
 * it hands out lives in the reader until the next record: logs are larger than memory may be. What
 * could not be read is said once, when the callback is over, whether or not the plugin read to the
 * end.
 */
#include "host/session.h"

#include "windows/ese.h"
#include "windows/evtx.h"
#include "windows/lines.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct es_stream {
    es_held held;
    es_status status; /* of opening it */
    bool begun;
    es_evtx *events;
    es_lines *lines;
    es_ese *ese;
    es_text table; /* the one that is read */
    bool ended; /* there is more of it than is read */
    es_where where; /* of the record at hand */
    es_later_log later; /* what is known of the log from a later state */
    size_t facts_before, notes_before; /* in the ledger when the chunk at hand was begun */
} es_stream;

static es_stream *stream_of(es_call *call, const es_artefact *artefact)
{
    return es_held_of(call, &call->streams, artefact, sizeof(es_stream));
}

static es_status tell(es_call *call, const es_stream *stream, const es_note *note)
{
    return es_session_note(call->session, call->work->state->id, note, &stream->held.artefact->where);
}

static void place(es_stream *stream, uint64_t offset, uint64_t length, bool damaged)
{
    stream->where = stream->held.artefact->where;
    stream->where.offset = (int64_t)offset;
    stream->where.length = (int64_t)length;
    stream->where.damaged |= damaged;
}

/* ------------------------------------------------------------------ event logs */

static size_t n_facts(const es_call *call)
{
    const es_fact_record *facts;

    return es_ledger_facts(call->session->ledger, &facts);
}

static size_t n_notes(const es_call *call)
{
    const es_note_record *notes;

    return es_ledger_notes(call->session->ledger, &notes);
}

static void end_chunk(void *context, uint64_t number, const es_evtx_chunk *chunk)
{
    es_stream *stream = context;
    es_told *told = stream->held.call->told;

    if (number < told->n_chunks)
        told->chunks[number] = (es_told_chunk){
            .seen = *chunk, .first_fact = stream->facts_before,
            .n_facts = n_facts(stream->held.call) - stream->facts_before,
            .first_note = stream->notes_before,
            .n_notes = n_notes(stream->held.call) - stream->notes_before, .done = true,
        };
}

static es_status begin_chunk(void *context, uint64_t number, uint64_t offset,
                             es_evtx_chunk *ret_known)
{
    es_stream *stream = context;
    es_call *call = stream->held.call;
    es_status status;

    stream->facts_before = n_facts(call);
    stream->notes_before = n_notes(call);
    status = es_later_chunk(call->session, call->work, stream->held.artefact, &stream->later, number,
                            offset);
    if (status != ES_OK)
        return status;
    *ret_known = stream->later.told->chunks[number].seen;
    end_chunk(stream, number, ret_known);
    return ES_OK;
}

/* What is said of each record follows from it alone: remember it chunk by chunk, and do not read
 * again what a later state holds too. */
static es_status watch_chunks(es_call *call, es_stream *stream, const es_artefact *log)
{
    const es_plugin *plugin = es_plugins_at(call->session->plugins, call->plugin);
    es_evtx_watch watch = { begin_chunk, end_chunk, stream };
    es_told *told = call->told;

    if (!told || told->chunks || call->artefact != stream->held.artefact ||
        !(plugin->wants[log->want].flags & ES_WANT_BY_RECORD))
        return ES_OK;
    stream->later = es_later_log_of(call->session, call->work, stream->held.artefact, call->plugin);
    told->n_chunks = es_evtx_watched(stream->events, &watch);
    told->chunks = calloc(told->n_chunks + 1, sizeof *told->chunks);
    return told->chunks ? ES_OK : ES_NOMEM;
}

static es_status open_log(es_call *call, es_stream *stream, const es_artefact *log)
{
    es_artefact_file *file = stream->held.artefact->file;
    es_evtx_input input = { file->info.size, es_artefact_file_door, file };
    bool old = false;
    es_note note;
    es_status status, told;

    stream->begun = true;
    stream->status = es_evtx_open(&input, &stream->events, &old);
    status = stream->status;
    if (status == ES_OK)
        status = watch_chunks(call, stream, log);
    if (status <= 0)
        return status;
    if (file->info.size == 0)
        es_note_set(&note, ES_SEVERITY_INFO, "event-log", "%s is empty.",
                    stream->held.artefact->asked);
    else
        es_note_set(&note, ES_SEVERITY_GAP, "event-log",
                    old ? "%s is an event log of the format before Windows Vista (.evt), which "
                          "this version does not read."
                        : status == ES_UNSUPPORTED
                              ? "%s is an event log of a version that is not known."
                              : "%s is no event log, or its beginning is damaged beyond use.",
                    stream->held.artefact->asked);
    told = tell(call, stream, &note);
    return told < 0 ? told : status;
}

static es_status log_of(const es_host *host, const es_artefact *log, es_stream **ret_stream)
{
    es_call *call = es_call_of(host);
    es_opened *opened = es_opened_of(log);

    if (log->kind != ES_KIND_EVENT_LOG || !opened || !opened->file)
        return ES_BUG;
    *ret_stream = stream_of(call, log);
    if (!*ret_stream)
        return ES_LIMIT;
    return (*ret_stream)->begun ? (*ret_stream)->status : open_log(call, *ret_stream, log);
}

es_status es_host_event_only(const es_host *host, const es_artefact *log, const uint16_t *ids,
                             uint32_t n_ids)
{
    es_stream *stream;
    es_status status = log_of(host, log, &stream);

    if (status == ES_OK)
        es_evtx_only(stream->events, ids, n_ids);
    return status;
}

es_status es_host_event_next(const es_host *host, const es_artefact *log, es_event *ret)
{
    es_stream *stream;
    es_evtx_event event;
    es_status status = log_of(host, log, &stream);

    if (status == ES_OK)
        status = es_evtx_next(stream->events, &event);
    if (status != ES_OK)
        return status;
    place(stream, event.offset, event.length, event.damaged);
    *ret = (es_event){
        .size = sizeof *ret, .id = event.id, .record = event.record, .written = event.written,
        .provider = event.provider, .provider_guid = event.provider_guid,
        .channel = event.channel, .computer = event.computer, .user_sid = event.user_sid,
        .level = event.level, .n_data = event.n_data, .data_names = event.data_names,
        .data = event.data, .binary = event.binary, .recovered = event.recovered,
        .where = &stream->where,
    };
    return ES_OK;
}

es_status es_host_event_span(const es_host *host, const es_artefact *log, es_event_span *ret)
{
    const es_evtx_loss *loss;
    const es_evtx_span *read;
    es_stream *stream;
    es_status status = log_of(host, log, &stream);

    if (status != ES_OK)
        return status;
    loss = es_evtx_get_loss(stream->events);
    read = &loss->read;
    *ret = (es_event_span){
        .size = sizeof *ret, .n_records = read->n_records, .first_record = read->lowest,
        .last_record = read->highest, .first = read->earliest, .last = read->latest,
        .damaged = loss->n_broken || loss->n_damaged || loss->n_records_lost || loss->cut,
    };
    return ES_OK;
}

/* What could not be read of a log, in one sentence or two. */
static es_status tell_loss(es_call *call, const es_stream *stream)
{
    const es_evtx_loss *loss = es_evtx_get_loss(stream->events);
    uint64_t bad = loss->n_broken + loss->n_checksums + loss->n_damaged;
    const char *path = stream->held.artefact->asked;
    es_note note;
    es_status status = ES_OK;

    /* A log that was open has its last chunk and its header written later than its records. */
    if (bad && !(loss->open && bad == loss->n_checksums && bad == 1)) {
        es_note_set(&note, ES_SEVERITY_GAP, "event-log",
                    "%" PRIu64 " of %" PRIu64 " chunks of %s are damaged (%" PRIu64
                    " with a broken structure, %" PRIu64 " with a checksum that does not fit, %"
                    PRIu64 " on bytes of the image that cannot be trusted), the first at offset %"
                    PRIu64 ". %" PRIu64 " records were read from the log, %" PRIu64 " that are "
                    "there could not be; others may be gone without a trace.",
                    bad, loss->n_chunks, path, loss->n_broken, loss->n_checksums, loss->n_damaged,
                    loss->first_at, loss->read.n_records, loss->n_records_lost);
        status = tell(call, stream, &note);
    }
    if (status == ES_OK && (loss->header || loss->cut)) {
        es_note_set(&note, ES_SEVERITY_GAP, "event-log",
                    loss->header ? "The header of %s is damaged; its chunks were read all the same."
                                 : "%s does not end where a chunk does, or is larger than an event "
                                   "log can be: its end was not read.",
                    path);
        status = tell(call, stream, &note);
    }
    return status;
}

/* ------------------------------------------------------------------ text logs */

es_status es_host_line_next(const es_host *host, const es_artefact *log, es_line *ret)
{
    es_call *call = es_call_of(host);
    es_opened *opened = es_opened_of(log);
    es_lines_line line;
    es_stream *stream;
    es_status status;

    if (log->kind != ES_KIND_TEXT_LOG || !opened || !opened->file)
        return ES_BUG;
    stream = stream_of(call, log);
    if (!stream)
        return ES_LIMIT;
    if (!stream->begun) {
        es_lines_input input = { opened->file->info.size, es_artefact_file_door, opened->file };

        stream->begun = true;
        stream->status = es_lines_open(&input, &stream->lines);
    }
    status = stream->status;
    if (status == ES_OK)
        status = es_lines_next(stream->lines, &line);
    if (status == ES_LIMIT)
        stream->ended = true;
    if (status != ES_OK)
        return status == ES_LIMIT ? ES_END : status;
    place(stream, line.offset, line.length, line.damaged);
    *ret = (es_line){ .size = sizeof *ret, .cut = line.cut, .number = line.number,
                      .text = line.text, .where = &stream->where };
    return ES_OK;
}

static es_status tell_cut_lines(es_call *call, const es_stream *stream)
{
    uint64_t n = es_lines_cut(stream->lines);
    es_note note;

    if (!n)
        return ES_OK;
    es_note_set(&note, ES_SEVERITY_GAP, "text-log",
                "%" PRIu64 " line%s of %s %s longer than is read of one: what stands behind their "
                "first 64 KiB was not looked at.",
                n, n == 1 ? "" : "s", stream->held.artefact->asked, n == 1 ? "is" : "are");
    return tell(call, stream, &note);
}

static es_status tell_lost_lines(es_call *call, const es_stream *stream)
{
    uint64_t lost = es_lines_lost(stream->lines);
    es_note note;

    if (!lost && !stream->ended)
        return ES_OK;
    if (lost)
        es_note_set(&note, ES_SEVERITY_GAP, "text-log",
                    "%" PRIu64 " bytes of %s could not be had: lines of it are missing.", lost,
                    stream->held.artefact->asked);
    else
        es_note_set(&note, ES_SEVERITY_GAP, "text-log",
                    "%s is larger than is read of a text log: its end is missing.",
                    stream->held.artefact->asked);
    return tell(call, stream, &note);
}

/* ------------------------------------------------------------------ tables */

static es_status open_table(es_call *call, es_stream *stream, es_text table)
{
    es_artefact_file *file = stream->held.artefact->file;
    es_note note;
    es_status status, told;

    stream->begun = true;
    if (es_arena_copy_text(call->arena, table, &stream->table) != ES_OK)
        return ES_LIMIT;
    status = es_ese_open(es_artefact_file_door, file, file->info.size, table, &stream->ese);
    stream->status = status;
    if (status <= 0 || status == ES_ABSENT)
        return status;
    es_note_set(&note, ES_SEVERITY_GAP, "database",
                status == ES_LIMIT ? "%s is larger than is read of a database."
                                   : "%s is no ESE database, or is damaged so that it cannot be "
                                     "read.",
                stream->held.artefact->asked);
    told = tell(call, stream, &note);
    return told < 0 ? told : status;
}

es_status es_host_table_next_row(const es_host *host, const es_artefact *database, es_text table,
                                 es_table_row *ret)
{
    es_call *call = es_call_of(host);
    es_opened *opened = es_opened_of(database);
    bool damaged = false;
    es_stream *stream;
    es_status status;

    if (database->kind != ES_KIND_TABLE || !opened || !opened->file)
        return ES_BUG;
    stream = stream_of(call, database);
    if (!stream)
        return ES_LIMIT;
    /* another table: this one is done with */
    if (stream->begun && !es_text_equal(stream->table, table)) {
        stream->ese = es_ese_free(stream->ese);
        stream->begun = false;
    }
    status = stream->begun ? stream->status : open_table(call, stream, table);
    if (status == ES_OK)
        status = es_ese_next(stream->ese, ret, &damaged);
    if (status != ES_OK)
        return status;
    stream->where = stream->held.artefact->where;
    stream->where.damaged |= damaged;
    ret->where = &stream->where;
    return ES_OK;
}

static es_status tell_lost_rows(es_call *call, const es_stream *stream)
{
    uint64_t lost = es_ese_lost(stream->ese);
    es_note note;

    if (!lost)
        return ES_OK;
    es_note_set(&note, ES_SEVERITY_GAP, "database",
                "%" PRIu64 " rows of the table %.*s of %s could not be read.", lost,
                (int)stream->table.size, stream->table.data, stream->held.artefact->asked);
    return tell(call, stream, &note);
}

es_status es_streams_end(es_call *call)
{
    es_status status = ES_OK;

    for (es_held *held = call->streams; held; held = held->next) {
        es_stream *each = (es_stream *)held;

        if (each->events && status == ES_OK)
            status = tell_loss(call, each);
        if (each->lines && status == ES_OK)
            status = tell_lost_lines(call, each);
        if (each->lines && status == ES_OK)
            status = tell_cut_lines(call, each);
        if (each->ese && status == ES_OK)
            status = tell_lost_rows(call, each);
        es_ese_free(each->ese);
        es_evtx_free(each->events);
        es_lines_free(each->lines);
    }
    call->streams = NULL;
    return status;
}
