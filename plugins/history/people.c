/* SPDX-License-Identifier: Apache-2.0
 *
 * people.c: logons, cleared logs, crashes and licensing, as event logs tell them.
 */
#include "history.h"

#define LICENCE_IDS_MAX 32u

es_status history_bugcheck(history_log *log, const es_event *event)
{
    es_datum fields[10];
    es_text code = history_datum(event, "param1", 0);
    es_text stop = code;

    if (event->id != 1001)
        return ES_OK;
    for (uint32_t i = 0; i < ES_COUNT(fields); i++)
        fields[i] = es_null();
    /* "0x0000007e (0xffffffffc0000005, …)" */
    for (stop.size = 0; stop.size < code.size && code.data[stop.size] != ' ';)
        stop.size++;
    fields[0] = es_datum_text(es_text_of("event log"));
    fields[1] = es_datum_text_or_null(stop);
    fields[2] = es_datum_text_or_null(code);
    fields[3] = es_datum_text_or_null(history_datum(event, "param2", 1));
    fields[8] = es_datum_integer(event->id);
    fields[9] = es_datum_integer((int64_t)event->record);
    return history_emit(log->host, HISTORY_FACT_CRASH, fields, event->written, event->where);
}

/* Is there a GUID at `at`? */
static int guid_at(es_text text, uint64_t at)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (text.size - at < sizeof form - 1)
        return 0;
    for (uint64_t i = 0; form[i]; i++) {
        char c = text.data[at + i];
        int hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

        if (form[i] == 'x' ? !hex : c != '-')
            return 0;
    }
    return 1;
}

es_status history_licensing(history_log *log, const es_event *event)
{
    es_datum fields[5];
    es_text guids[LICENCE_IDS_MAX];
    uint32_t n = 0;

    for (uint32_t i = 0; i < event->n_data; i++)
        for (uint64_t at = 0; at < event->data[i].size && n < LICENCE_IDS_MAX; at++)
            if (guid_at(event->data[i], at)) {
                guids[n++] = (es_text){ event->data[i].data + at, 36 };
                at += 35;
            }
    fields[0] = es_datum_integer(event->id);
    fields[1] = es_datum_texts(event->data, event->n_data);
    fields[2] = es_datum_texts(guids, n);
    fields[3] = es_datum_text_or_null(event->provider);
    fields[4] = es_datum_integer((int64_t)event->record);
    return history_emit(log->host, HISTORY_FACT_LICENCE, fields, event->written, event->where);
}

/* ------------------------------------------------------------------ audit */

enum { KIND, USER, DOMAIN_NAME, SID, LOGON_TYPE, LOGON_ID, ADDRESS, WORKSTATION, PROCESS, EVENT_ID,
       RECORD, N_FIELDS };

static es_status audit(history_log *log, const es_event *event, const char *kind,
                       const char *const names[3])
{
    es_datum fields[N_FIELDS];
    es_text process = history_datum(event, "NewProcessName", -1);

    if (log->n_logons == HISTORY_LOGONS_MAX) {
        log->logons_cut = 1;
        return ES_OK;
    }
    log->n_logons++;
    fields[KIND] = es_datum_text(es_text_of(kind));
    fields[USER] = es_datum_text_or_null(history_datum(event, names[0], -1));
    fields[DOMAIN_NAME] = es_datum_text_or_null(history_datum(event, names[1], -1));
    fields[SID] = es_datum_text_or_null(history_datum(event, names[2], -1));
    fields[LOGON_TYPE] = history_number(history_datum(event, "LogonType", -1));
    fields[LOGON_ID] = es_datum_text_or_null(history_datum(
        event, names[0][0] == 'T' ? "TargetLogonId" : "SubjectLogonId", -1));
    fields[ADDRESS] = es_datum_text_or_null(history_datum(event, "IpAddress", -1));
    fields[WORKSTATION] = es_datum_text_or_null(history_datum(event, "WorkstationName", -1));
    fields[PROCESS] = es_datum_text_or_null(process.size ? process
                                                         : history_datum(event, "ProcessName", -1));
    fields[EVENT_ID] = es_datum_integer(event->id);
    fields[RECORD] = es_datum_integer((int64_t)event->record);
    return history_emit(log->host, HISTORY_FACT_LOGON, fields, event->written, event->where);
}

es_status history_audit(history_log *log, const es_event *event)
{
    static const char *const target[] = { "TargetUserName", "TargetDomainName", "TargetUserSid" };
    static const char *const subject[] = { "SubjectUserName", "SubjectDomainName",
                                           "SubjectUserSid" };

    switch (event->id) {
    case 4616: return history_clock(log, event, "PreviousTime", "NewTime");
    case 4624: return audit(log, event, "logon", target);
    case 4634: return audit(log, event, "logoff", target);
    case 4647: return audit(log, event, "logoff-requested", target);
    case 4672: return audit(log, event, "privileges", subject);
    case 4688: return audit(log, event, "process", subject);
    default: return ES_OK;
    }
}

es_status history_cleared(history_log *log, const es_event *event)
{
    static const char said[] = "An event log was cleared: what it held before that time is gone, "
                               "and its silence about that time proves nothing.";
    es_datum fields[6];

    if (event->id != 104 && event->id != 1102)
        return ES_OK;
    fields[0] = event->id == 1102 ? es_datum_text(es_text_of("Security"))
                                  : es_datum_text_or_null(history_datum(event, "Channel", 2));
    fields[1] = es_datum_text_or_null(history_datum(event, "SubjectUserName", -1));
    fields[2] = es_datum_text_or_null(history_datum(event, "SubjectDomainName", -1));
    fields[3] = es_datum_text_or_null(history_datum(event, "BackupPath", -1));
    fields[4] = es_datum_integer(event->id);
    fields[5] = es_datum_integer((int64_t)event->record);
    es_status status = log->host->note(log->host, 1, es_text_of(said), event->where);

    return status ? status : history_emit(log->host, HISTORY_FACT_CLEARED, fields, event->written,
                                          event->where);
}
