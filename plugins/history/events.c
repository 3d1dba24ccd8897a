/* SPDX-License-Identifier: Apache-2.0
 *
 * events.c: event logs, and which event is whose.
 *
 * An identifier means something only together with its provider. Providers are known by their GUID,
 * or by their name where they are of the kind that has none (the classic ones). The table says
 * which identifiers of which provider are looked at; all others are not even decoded.
 */
#include "history.h"

typedef struct source {
    const char *name, *guid; /* either may be NULL */
    uint16_t first, last;
    es_status (*take)(history_log *log, const es_event *event);
} source;

#define SERVICING "{bd12f3b8-fc40-4a61-a307-b7a013a069c1}"
#define EVENTLOG "{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}"
#define SLC "{1fd7c1d2-d037-4620-8d29-b2c7e5fcc13a}"
#define SPP "{e23b33b0-c8c9-472c-a5f9-f2bdfea0f156}"

static const source sources[] = {
    { "eventlog", NULL, 6005, 6013, history_eventlog },
    { "microsoft-windows-kernel-general", "{a68ca8b7-004f-d7b6-a698-07e2de0f1f5d}", 1, 1,
      history_kernel_general },
    { "microsoft-windows-kernel-general", "{a68ca8b7-004f-d7b6-a698-07e2de0f1f5d}", 12, 13,
      history_kernel_general },
    { "microsoft-windows-setup", "{75ebc33e-997f-49cf-b49f-ecc50184b75d}", 2003, 2004,
      history_setup },
    { "user32", NULL, 1074, 1074, history_user32 },
    { "microsoft-windows-servicing", SERVICING, 4371, 4386, history_servicing },
    { "microsoft-windows-servicing", SERVICING, 1, 4, history_servicing },
    { "microsoft-windows-windowsupdateclient", "{945a8954-c147-4acd-923f-40c45405a658}", 19, 44,
      history_update_client },
    { "bugcheck", NULL, 1001, 1001, history_bugcheck },
    { "microsoft-windows-wer-systemerrorreporting", "{abce23e7-de45-4366-8631-84fa6c525952}", 1001,
      1001, history_bugcheck },
    { "microsoft-windows-security-licensing-slc", SLC, 900, 1070, history_licensing },
    { "microsoft-windows-security-licensing-slc", SLC, 8190, 8240, history_licensing },
    { "microsoft-windows-security-licensing-slc", SLC, 12288, 12320, history_licensing },
    { "software licensing service", NULL, 900, 12320, history_licensing },
    { "microsoft-windows-security-spp", SPP, 900, 1070, history_licensing },
    { "microsoft-windows-security-spp", SPP, 8190, 8240, history_licensing },
    { "microsoft-windows-security-spp", SPP, 12288, 12320, history_licensing },
    { "microsoft-windows-security-auditing", "{54849625-5478-4994-a5ba-3e3b0328c30d}", 4616, 4688,
      history_audit },
    { "microsoft-windows-eventlog", EVENTLOG, 104, 104, history_cleared },
    { "microsoft-windows-eventlog", EVENTLOG, 1102, 1102, history_cleared },
};

/* What is decoded: the identifiers of the table that some handler knows. */
static const struct {
    uint16_t first, last;
} wanted[] = {
    { 1, 4 },       { 12, 13 },     { 19, 22 },     { 43, 44 },     { 104, 104 },
    { 900, 903 },   { 1001, 1070 }, { 1074, 1074 }, { 1102, 1102 }, { 2003, 2004 },
    { 4371, 4376 }, { 4383, 4386 }, { 4616, 4616 }, { 4624, 4624 }, { 4634, 4634 },
    { 4647, 4647 }, { 4672, 4672 }, { 4688, 4688 }, { 6005, 6009 }, { 6013, 6013 },
    { 8190, 8240 }, { 12288, 12320 },
};

static es_status choose(history_log *log)
{
    uint16_t ids[512];
    uint32_t n = 0;

    for (uint32_t i = 0; i < ES_COUNT(wanted); i++)
        for (uint32_t id = wanted[i].first; id <= wanted[i].last && n < ES_COUNT(ids); id++)
            ids[n++] = (uint16_t)id;
    return log->host->event_only(log->host, log->artefact, ids, n);
}

static int is_of(const source *from, const es_event *event)
{
    if (event->id < from->first || event->id > from->last)
        return 0;
    if (from->guid && es_name_is(event->provider_guid, from->guid))
        return 1;
    return es_name_is(event->provider, from->name);
}

static es_status dispatch(history_log *log, const es_event *event)
{
    for (uint32_t i = 0; i < ES_COUNT(sources); i++)
        if (is_of(&sources[i], event))
            return sources[i].take(log, event);
    return ES_OK;
}

es_status history_emit(const es_host *host, uint32_t type, const es_datum *fields, es_time time,
                       const es_where *where)
{
    es_fact fact = { sizeof fact, type, fields, time, where };

    return host->emit(host, &fact, NULL);
}

/* How far the log reaches: what it does not say of an earlier time means nothing. */
static es_status emit_span(history_log *log)
{
    es_event_span span;
    es_datum fields[7];
    es_status status = log->host->event_span(log->host, log->artefact, &span);

    if (status)
        return status;
    fields[0] = es_datum_text(log->artefact->path);
    fields[1] = es_datum_integer((int64_t)span.n_records);
    fields[2] = span.n_records ? es_datum_integer((int64_t)span.first_record) : es_null();
    fields[3] = span.n_records ? es_datum_integer((int64_t)span.last_record) : es_null();
    fields[4] = es_datum_time(span.first);
    fields[5] = es_datum_time(span.last);
    fields[6] = es_datum_boolean(span.damaged != 0);
    return history_emit(log->host, HISTORY_FACT_LOG, fields, (es_time){ 0, ES_TIME_NONE, 0 },
                        log->artefact->where);
}

es_status history_examine_log(const es_host *host, const es_artefact *artefact)
{
    static const char cut[] = "This log holds more logons and processes than are told; what is "
                              "left out is in the log.";
    history_log log = { host, artefact, 0, 0 };
    es_event event;
    es_status status = choose(&log);

    if (status > 0)
        return ES_OK; /* the host has said why it cannot be read */
    while (status == ES_OK) {
        status = host->event_next(host, artefact, &event);
        if (status == ES_OK)
            status = dispatch(&log, &event);
    }
    if (status == ES_END)
        status = emit_span(&log);
    if (status == ES_OK && log.logons_cut)
        status = host->note(host, 1, es_text_of(cut), artefact->where);
    return status;
}
