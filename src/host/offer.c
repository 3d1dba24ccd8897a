/* SPDX-License-Identifier: Apache-2.0
 *
 * offer.c: the host table: everything a plugin may ask for that is not a hive or a judgement.
 */
#include "host/session.h"

#include "base/text.h"
#include "host/limits.h"

static es_status host_alloc(const es_host *host, uint64_t size, void **ret_memory)
{
    *ret_memory = es_arena_take(es_call_of(host)->arena, size ? size : 1);
    return *ret_memory ? ES_OK : ES_LIMIT;
}

static es_status host_note(const es_host *host, uint32_t severity, es_text text,
                           const es_where *where)
{
    es_call *call = es_call_of(host);
    es_record record = { .kind = ES_RECORD_NOTE };

    record.note = (es_note_record){
        .severity = severity > ES_SEVERITY_GAP ? ES_SEVERITY_GAP : severity,
        .installation = call->work->state->id,
        .area = es_plugins_at(call->session->plugins, call->plugin)->name,
        .text = text,
        .has_where = where != NULL,
    };
    if (where) {
        es_status status = es_shortcuts_announce(call, where);

        if (status != ES_OK)
            return status;
        record.note.where = *where;
    }
    return es_ledger_put(call->session->ledger, &record);
}

static es_status host_place(const es_host *host, const es_where *where, uint64_t offset,
                            uint64_t length, const es_where **ret_where)
{
    es_call *call = es_call_of(host);
    const es_opened *artefact = call->work->opened;
    es_where *place;
    uint64_t base = where->offset > 0 ? (uint64_t)where->offset : 0, size = 0;

    while (artefact && artefact->id != where->artefact)
        artefact = artefact->next;
    if (!call->artefact || (!artefact && !es_shortcuts_size(call, where, &size)))
        return ES_BUG;
    if (artefact)
        size = artefact->view.file_size;
    size = where->length >= 0 ? (uint64_t)where->length : size - base;
    if (offset > size || length > size - offset)
        return ES_LIMIT;
    place = es_arena_take(call->arena, sizeof *place);
    if (!place)
        return ES_LIMIT;
    *place = *where;
    place->offset = (int64_t)(base + offset);
    place->length = (int64_t)length;
    if (place->log_artefact)
        place->log_offset += (int64_t)offset;
    *ret_where = place;
    return ES_OK;
}

static es_status host_span(const es_host *host, const es_where *from, const es_where *to,
                           const es_where **ret_where)
{
    es_where *place;

    if (from->artefact != to->artefact || from->offset < 0 || to->offset < 0 || to->length < 0)
        return ES_BUG;
    if (to->offset < from->offset || to->length > INT64_MAX - (to->offset - from->offset))
        return ES_LIMIT;
    place = es_arena_take(es_call_of(host)->arena, sizeof *place);
    if (!place)
        return ES_LIMIT;
    *place = *from;
    place->length = to->offset - from->offset + to->length;
    place->damaged = from->damaged || to->damaged;
    *ret_where = place;
    return ES_OK;
}

static es_status host_emit(const es_host *host, const es_fact *fact, uint64_t *ret_reference)
{
    es_call *call = es_call_of(host);
    const es_plugin *plugin = es_plugins_at(call->session->plugins, call->plugin);
    es_record record = { .kind = ES_RECORD_FACT };
    es_status status;

    if (call->judging || fact->type >= plugin->n_facts || !fact->where)
        return ES_BUG;
    if (!es_ledger_takes_facts(call->session->ledger))
        return ES_LIMIT;
    record.fact = (es_fact_record){
        .reference = ++call->session->n_references,
        .installation = call->work->state->id,
        .type = fact->type,
        .plugin = plugin->name,
        .fields = fact->fields,
        .n_fields = plugin->facts[fact->type].n_fields,
        .time = fact->time,
        .where = *fact->where,
    };
    status = es_shortcuts_announce(call, fact->where);
    if (status == ES_OK)
        status = es_ledger_put(call->session->ledger, &record);
    if (status == ES_OK && ret_reference)
        *ret_reference = record.fact.reference;
    return status;
}

static es_status host_text_utf16(const es_host *host, es_bytes utf16, es_text *ret)
{
    es_status status = es_text_from_utf16le(es_call_of(host)->arena, utf16, ret);

    return status == ES_NOMEM ? ES_LIMIT : status;
}

static es_status host_file_read(const es_host *host, const es_artefact *file, uint64_t offset,
                                void *buffer, uint64_t size, uint64_t *ret_size)
{
    es_opened *opened = es_opened_of(file);
    es_status status;

    (void)host;
    if (!opened || !opened->file || file->kind != ES_KIND_FILE)
        return ES_BUG;
    if (size > ES_FILE_READ_MAX)
        return ES_LIMIT;
    status = es_artefact_file_read(opened->file, offset, buffer, size, ret_size);
    /* The last piece is a piece: its end is told when nothing is left. */
    return status == ES_END && *ret_size ? ES_OK : status;
}

/* ------------------------------------------------------------------ kinds without a parser yet */

static es_status host_time_from_local(const es_host *host, es_time local, es_time *ret)
{
    const es_zone *zone = &es_call_of(host)->work->zone;

    if (!zone->known || !es_time_known(local))
        return ES_ABSENT;
    *ret = local;
    ret->ticks = es_zone_utc(zone, local.ticks);
    ret->flags |= ES_TIME_FROM_LOCAL;
    return ES_OK;
}

static es_status host_data(const es_host *host, es_text name, es_bytes *ret)
{
    es_call *call = es_call_of(host);

    return es_plugins_data(call->session->plugins, call->plugin, name, ret) ? ES_OK : ES_ABSENT;
}

es_host es_host_make(es_call *call)
{
    es_host host = {
        .size = sizeof host,
        .abi = ES_ABI,
        .context = call,
        .alloc = host_alloc,
        .note = host_note,
        .place = host_place,
        .emit = host_emit,
        .key_open = es_host_key_open,
        .key_find = es_host_key_find,
        .key_child = es_host_key_child,
        .value_find = es_host_value_find,
        .value_child = es_host_value_child,
        .value_text = es_host_value_text,
        .value_string = es_host_value_string,
        .value_number = es_host_value_number,
        .text_utf16 = host_text_utf16,
        .file_read = host_file_read,
        .entry_next = es_host_entry_next,
        .event_next = es_host_event_next,
        .table_next_row = es_host_table_next_row,
        .xml_next = es_host_xml_next,
        .line_next = es_host_line_next,
        .data = host_data,
        .fact_next = es_host_fact_next,
        .verdict = es_host_verdict,
        .row = es_host_row,
        .artefact_open = es_host_artefact_open,
        .question = call->session->question,
        .catalogue = call->session->catalogue,
        .event_only = es_host_event_only,
        .event_span = es_host_event_span,
        .time_from_local = host_time_from_local,
        .component_next = es_host_component_next,
        .shortcut_next = es_host_shortcut_next,
        .shell_items = es_host_shell_items,
        .span = host_span,
    };

    return host;
}
