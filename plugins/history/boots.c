/* SPDX-License-Identifier: Apache-2.0
 *
 * boots.c: starts and stops of Windows, and changes of its clock.
 *
 * Which build ran is stated by three records: EventLog 6009 at each start (version, build, service
 * pack), Kernel-General 12 at each start (build and revision), EventLog 6013 once a day (the
 * version and BuildLab in its binary data). All are written by the system that runs, so they tell
 * what booted, not what lies on the disk.
 */
#include "history.h"

enum {
    KIND, BUILD, REVISION, SERVICE_PACK, TEXT, STARTED, UPTIME, PROVIDER, EVENT_ID, RECORD,
    RECOVERED, N_FIELDS
};

static void begin(es_datum fields[N_FIELDS], const es_event *event, const char *kind)
{
    for (uint32_t i = 0; i < N_FIELDS; i++)
        fields[i] = es_null();
    fields[KIND] = es_datum_text(es_text_of(kind));
    fields[PROVIDER] = es_datum_text_or_null(event->provider);
    fields[EVENT_ID] = es_datum_integer(event->id);
    fields[RECORD] = es_datum_integer((int64_t)event->record);
    fields[RECOVERED] = es_datum_boolean(event->recovered != 0);
}

static es_status end(history_log *log, const es_event *event, const es_datum fields[N_FIELDS])
{
    return history_emit(log->host, HISTORY_FACT_BOOT, fields, event->written, event->where);
}

/* The data one after the other, with a space between. */
static es_status joined(history_log *log, const es_event *event, es_datum *ret)
{
    uint64_t size = 1, at = 0;
    void *memory = NULL;
    char *text;
    es_status status;

    for (uint32_t i = 0; i < event->n_data; i++)
        size += event->data[i].size + 1;
    status = log->host->alloc(log->host, size, &memory);
    if (status)
        return status;
    text = (char *)memory;
    for (uint32_t i = 0; i < event->n_data; i++) {
        if (!event->data[i].size)
            continue;
        if (at)
            text[at++] = ' ';
        memcpy(text + at, event->data[i].data, (size_t)event->data[i].size);
        at += event->data[i].size;
    }
    *ret = es_datum_text_or_null((es_text){ text, at });
    return ES_OK;
}

/* "Service Pack 2" without the space Windows leaves at its end. */
static es_datum trimmed(es_text text)
{
    while (text.size && text.data[text.size - 1] == ' ')
        text.size--;
    return es_datum_text_or_null(text);
}

/* The n-th of strings that lie one behind the other, each with a NUL, in UTF-16. */
static es_text string_at(history_log *log, es_bytes all, uint32_t n)
{
    uint64_t at = 0, end;
    es_text text = { "", 0 };

    for (;; n--) {
        end = at;
        while (all.size - end >= 2 && (all.data[end] || all.data[end + 1]))
            end += 2;
        if (n == 0 || all.size - end < 2)
            break;
        at = end + 2;
    }
    if (n || log->host->text_utf16(log->host, (es_bytes){ all.data + at, end - at }, &text))
        return (es_text){ "", 0 };
    return text;
}

/* The number in front of the first '.' of "6003.vistasp2_ldr_escrow.190320-1700". */
static es_datum build_of(es_text lab)
{
    uint64_t n = 0;

    while (n < lab.size && lab.data[n] >= '0' && lab.data[n] <= '9')
        n++;
    return n && n < lab.size && lab.data[n] == '.' ? history_number((es_text){ lab.data, n })
                                                   : es_null();
}

/* 6013: the strings of its binary data are "1.1", "0", product, version, type, BuildLab, … */
static es_status uptime(history_log *log, const es_event *event)
{
    es_datum fields[N_FIELDS];
    es_text lab = string_at(log, event->binary, 5);

    begin(fields, event, "uptime");
    fields[BUILD] = build_of(lab);
    fields[TEXT] = es_datum_text_or_null(lab);
    if (fields[BUILD].type == 0)
        fields[TEXT] = es_null();
    if (event->n_data >= 5)
        fields[UPTIME] = history_number(event->data[4]);
    return end(log, event, fields);
}

static es_status version(history_log *log, const es_event *event)
{
    es_datum fields[N_FIELDS];
    es_status status;

    begin(fields, event, "version");
    if (event->n_data >= 2)
        fields[BUILD] = history_number(event->data[1]);
    if (event->n_data >= 3)
        fields[SERVICE_PACK] = trimmed(event->data[2]);
    if (event->n_data >= 5)
        fields[REVISION] = history_number(event->data[4]);
    status = joined(log, event, &fields[TEXT]);
    return status ? status : end(log, event, fields);
}

es_status history_eventlog(history_log *log, const es_event *event)
{
    es_datum fields[N_FIELDS];
    es_status status = ES_OK;

    switch (event->id) {
    case 6005:
        begin(fields, event, "start");
        break;
    case 6006:
        begin(fields, event, "stop");
        break;
    case 6008: /* the time and date it stopped, in the machine's own words and zone */
        begin(fields, event, "unclean-stop");
        status = joined(log, event, &fields[TEXT]);
        break;
    case 6009:
        return version(log, event);
    case 6013:
        return uptime(log, event);
    default:
        return ES_OK;
    }
    return status ? status : end(log, event, fields);
}

es_status history_kernel_general(history_log *log, const es_event *event)
{
    es_datum fields[N_FIELDS];

    switch (event->id) {
    case 1:
        return history_clock(log, event, "OldTime", "NewTime");
    case 12:
        begin(fields, event, "start");
        fields[BUILD] = history_number(history_datum(event, "BuildVersion", 2));
        fields[REVISION] = history_number(history_datum(event, "QfeVersion", 3));
        fields[STARTED] = es_datum_time(history_time(history_datum(event, "StartTime", 6)));
        return end(log, event, fields);
    case 13:
        begin(fields, event, "stop");
        return end(log, event, fields);
    default:
        return ES_OK;
    }
}

/* What setup wrote down of the Windows it ran on (2003) and of the one it installed (2004): name,
 * upgrade, from Windows PE, version in three parts, …; name, edition, version in three parts, …
 * The second is a build of this machine, the first may be that of the medium. */
es_status history_setup(history_log *log, const es_event *event)
{
    int target = event->id == 2004;
    es_datum fields[N_FIELDS];

    if (!target && event->id != 2003)
        return ES_OK;
    begin(fields, event, target ? "installed" : "installed-from");
    fields[BUILD] = history_number(target ? history_datum(event, "OSbuildversion", 4)
                                          : history_datum(event, "HostOSbuildversion", 5));
    fields[SERVICE_PACK] = trimmed(target ? history_datum(event, "OSservicepackName", 5)
                                          : history_datum(event, "HostOSservicepackName", 6));
    fields[TEXT] = es_datum_text_or_null(target ? history_datum(event, "OSName", 0)
                                                : history_datum(event, "HostOSName", 0));
    return end(log, event, fields);
}

/* Who asked for a restart: program, computer, reason, code, "restart", comment, account. */
es_status history_user32(history_log *log, const es_event *event)
{
    es_datum fields[N_FIELDS];
    es_status status;

    if (event->id != 1074)
        return ES_OK;
    begin(fields, event, "stop-requested");
    status = joined(log, event, &fields[TEXT]);
    return status ? status : end(log, event, fields);
}

es_status history_clock(history_log *log, const es_event *event, const char *before,
                        const char *after)
{
    es_text old_text = history_datum(event, before, -1), new_text = history_datum(event, after, -1);
    es_time from = history_time(old_text), to = history_time(new_text);
    es_datum fields[7];

    for (uint32_t i = 0; i < ES_COUNT(fields); i++)
        fields[i] = es_null();
    fields[0] = es_datum_time(from);
    fields[1] = es_datum_time(to);
    if (es_time_known(from) && es_time_known(to))
        fields[2] = es_datum_integer((to.ticks - from.ticks) / ES_TICKS_PER_SECOND);
    fields[3] = es_datum_text_or_null(history_datum(event, "SubjectUserName", -1));
    fields[4] = es_datum_text_or_null(event->provider);
    fields[5] = es_datum_integer(event->id);
    fields[6] = es_datum_integer((int64_t)event->record);
    return history_emit(log->host, HISTORY_FACT_CLOCK, fields, event->written, event->where);
}
