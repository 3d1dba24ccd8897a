/* SPDX-License-Identifier: Apache-2.0
 *
 * history.c: what happened when: starts and stops, servicing, updates, crashes, logons.
 *
 * The plugin turns records into facts with times and judges nothing: the build verdict, the list
 * of updates and the timeline read its facts. A log that was cleared, is damaged or begins late is
 * a gap in knowledge, which `history.log` and `history.cleared` make visible.
 */
#include "history.h"

#define FIELD(type, name, means) { sizeof(es_field), ES_FIELD_##type, name, means }

/* Each log and each header stands for itself. */
#define WANT(kind, path, means) \
    { sizeof(es_want), ES_KIND_##kind, ES_SCOPE_SYSTEM_ROOT, ES_WANT_ALONE, path, means }

#define WANT_LOG(path, means) \
    { sizeof(es_want), ES_KIND_EVENT_LOG, ES_SCOPE_SYSTEM_ROOT, \
      ES_WANT_ALONE | ES_WANT_BY_RECORD, path, means }

/* Wants that are not event logs, by what is done with them. */
enum {
    WANT_DEV_LOG = 6, WANT_APP_LOG, WANT_UPDATE_LOG, WANT_REPORTS, WANT_CBS, WANT_CBS_OLD,
    WANT_CBS_KEPT, WANT_CBS_PACKED, WANT_DUMP, WANT_MINIDUMP, WANT_HIBERNATION, WANT_DATASTORE,
};

static const es_want wants[] = {
    WANT_LOG("System32/winevt/Logs/System.evtx", "starts, stops, clock, updates, crashes"),
    WANT_LOG("System32/winevt/Logs/Setup.evtx", "servicing of packages"),
    WANT_LOG("System32/winevt/Logs/Application.evtx", "software licensing"),
    WANT_LOG("System32/winevt/Logs/Security.evtx", "logons, where they are audited"),
    WANT_LOG("System32/winevt/Logs/Archive-*.evtx", "logs that were full and put aside"),
    WANT_LOG("System32/config/*.Evt", "logs of a Windows before Vista: only named"),
    [WANT_DEV_LOG] = WANT(TEXT_LOG, "inf/setupapi.dev.log", "starts, devices installed"),
    [WANT_APP_LOG] = WANT(TEXT_LOG, "inf/setupapi.app.log", "starts"),
    [WANT_UPDATE_LOG] = WANT(TEXT_LOG, "WindowsUpdate.log", "updates installed and failed"),
    [WANT_REPORTS] = WANT(TEXT_LOG, "SoftwareDistribution/ReportingEvents.log",
                          "updates installed and failed"),
    [WANT_CBS] = WANT(TEXT_LOG, "Logs/CBS/CBS.log", "packages that servicing worked on"),
    [WANT_CBS_OLD] = WANT(TEXT_LOG, "Logs/CBS/CBS.persist.log", "likewise, earlier"),
    [WANT_CBS_KEPT] = WANT(TEXT_LOG, "Logs/CBS/CbsPersist_*.log", "likewise, earlier"),
    [WANT_CBS_PACKED] = WANT(FILE, "Logs/CBS/CbsPersist_*.cab", "likewise, packed: only named"),
    [WANT_DUMP] = WANT(FILE, "MEMORY.DMP", "the last crash: build, time, stop code"),
    [WANT_MINIDUMP] = WANT(FILE, "Minidump/*.dmp", "earlier crashes"),
    [WANT_HIBERNATION] = { sizeof(es_want), ES_KIND_FILE, ES_SCOPE_VOLUME, ES_WANT_ALONE,
                           "hiberfil.sys",
                           "when the machine was hibernated" },
    [WANT_DATASTORE] = WANT(TABLE, "SoftwareDistribution/DataStore/DataStore.edb",
                            "updates installed and failed"),
};

static const es_field boot_fields[] = {
    FIELD(TEXT, "kind", "start, stop, unclean-stop, version, uptime, stop-requested, installed, "
                        "installed-from: the Windows that setup ran on, or "
                        "boot-session: the start of which a setup log tells"),
    FIELD(INTEGER, "build", "the build that ran, where the record states it"),
    FIELD(INTEGER, "revision", "its revision, likewise"),
    FIELD(TEXT, "service_pack", "its service pack, likewise"),
    FIELD(TEXT, "text", "what the record says of it: version, BuildLab, time of an unclean stop"),
    FIELD(TIME, "started", "when the kernel started, as it states"),
    FIELD(INTEGER, "uptime", "seconds since the start"),
    FIELD(TEXT, "provider", "who wrote the record"),
    FIELD(INTEGER, "event_id", "identifier of the event"),
    FIELD(INTEGER, "record", "number of the record"),
    FIELD(BOOLEAN, "recovered", "found outside the regular chain of records"),
};
static const es_field clock_fields[] = {
    FIELD(TIME, "old", "the time before"),
    FIELD(TIME, "new", "the time after"),
    FIELD(INTEGER, "shift", "seconds it went forward; negative: back"),
    FIELD(TEXT, "user", "account that set it, where it is audited"),
    FIELD(TEXT, "provider", "who wrote the record"),
    FIELD(INTEGER, "event_id", "identifier of the event"),
    FIELD(INTEGER, "record", "number of the record"),
};
static const es_field servicing_fields[] = {
    FIELD(TEXT, "identity", "the package"),
    FIELD(TEXT, "kb", "update it belongs to, as its name states"),
    FIELD(TEXT, "result", "started, staged, installed, superseded, uninstalled, failed, "
                          "not-applicable or restart-required; null: the state is not known"),
    FIELD(TEXT, "state", "the state, as the record spells it"),
    FIELD(TEXT, "update", "part of the package that it is about"),
    FIELD(TEXT, "client", "program that asked for it"),
    FIELD(TEXT, "error", "error code"),
    FIELD(TEXT, "provider", "who wrote the record"),
    FIELD(INTEGER, "event_id", "identifier of the event"),
    FIELD(INTEGER, "record", "number of the record"),
};
static const es_field update_fields[] = {
    FIELD(TEXT, "kb", "update, as the title states"),
    FIELD(TEXT, "title", "title of the update"),
    FIELD(TEXT, "result", "downloading, started, installed, failed, restart-required, uninstalled "
                          "or other"),
    FIELD(TEXT, "source", "event log, DataStore.edb, ReportingEvents.log or WindowsUpdate.log"),
    FIELD(TEXT, "guid", "identifier of the update"),
    FIELD(TEXT, "error", "error code"),
    FIELD(INTEGER, "event_id", "identifier of the event, or number of the row or line"),
    FIELD(INTEGER, "record", "number of the record"),
};
static const es_field crash_fields[] = {
    FIELD(TEXT, "source", "event log, or the dump itself"),
    FIELD(TEXT, "stop_code", "bug check code"),
    FIELD(TEXT, "parameters", "its parameters"),
    FIELD(TEXT, "dump", "path of the dump"),
    FIELD(INTEGER, "build", "the build that crashed, as the dump states it"),
    FIELD(TEXT, "machine", "its architecture"),
    FIELD(INTEGER, "uptime", "seconds since the start"),
    FIELD(BOOLEAN, "checked_build", "a checked (debug) build"),
    FIELD(INTEGER, "event_id", "identifier of the event"),
    FIELD(INTEGER, "record", "number of the record"),
};
static const es_field licence_fields[] = {
    FIELD(INTEGER, "event_id", "identifier of the event"),
    FIELD(TEXT_LIST, "strings", "what the record says"),
    FIELD(TEXT_LIST, "guids", "identifiers in it: activation and application IDs"),
    FIELD(TEXT, "provider", "who wrote the record"),
    FIELD(INTEGER, "record", "number of the record"),
};
static const es_field logon_fields[] = {
    FIELD(TEXT, "kind", "logon, logoff, logoff-requested, privileges or process"),
    FIELD(TEXT, "user", "account"),
    FIELD(TEXT, "domain", "its domain"),
    FIELD(TEXT, "sid", "its security identifier"),
    FIELD(INTEGER, "logon_type", "2 console, 3 network, 5 service, 7 unlock, 10 remote desktop"),
    FIELD(TEXT, "logon_id", "session"),
    FIELD(TEXT, "address", "network address it came from"),
    FIELD(TEXT, "workstation", "computer it came from"),
    FIELD(TEXT, "process", "program"),
    FIELD(INTEGER, "event_id", "identifier of the event"),
    FIELD(INTEGER, "record", "number of the record"),
};
static const es_field cleared_fields[] = {
    FIELD(TEXT, "log", "the log that was cleared"),
    FIELD(TEXT, "user", "account that did it"),
    FIELD(TEXT, "domain", "its domain"),
    FIELD(TEXT, "backup", "where it was saved first"),
    FIELD(INTEGER, "event_id", "identifier of the event"),
    FIELD(INTEGER, "record", "number of the record"),
};
static const es_field device_fields[] = {
    FIELD(TEXT, "action", "what setupapi did"),
    FIELD(TEXT, "device", "to which device"),
    FIELD(TEXT, "log", "the log that tells"),
    FIELD(INTEGER, "line", "number of the line"),
};
static const es_field header_fields[] = {
    FIELD(TEXT, "log", "the log"),
    FIELD(TEXT, "name", "OS Version, Service Pack or Architecture"),
    FIELD(TEXT, "text", "of the Windows that began the log"),
    FIELD(INTEGER, "line", "number of the line"),
};
static const es_field cbs_fields[] = {
    FIELD(TEXT, "identity", "the package"),
    FIELD(TEXT, "kb", "update it belongs to"),
    FIELD(BOOLEAN, "failed", "the line tells of a failure"),
    FIELD(TEXT, "text", "the line"),
    FIELD(TEXT, "log", "the log that tells"),
    FIELD(INTEGER, "line", "number of the line"),
};
static const es_field hibernation_fields[] = {
    FIELD(TEXT, "state", "hibernated, resuming, resumed or empty"),
    FIELD(TEXT, "machine", "x86 or amd64, by the size of the header"),
    FIELD(INTEGER, "page_size", "bytes of a page"),
};
static const es_field log_fields[] = {
    FIELD(TEXT, "log", "path of the log"),
    FIELD(INTEGER, "records", "records that were read"),
    FIELD(INTEGER, "first_record", "lowest number among them"),
    FIELD(INTEGER, "last_record", "highest number among them"),
    FIELD(TIME, "first", "earliest of them: before it the log says nothing"),
    FIELD(TIME, "last", "latest of them"),
    FIELD(BOOLEAN, "damaged", "parts of it could not be read"),
};

#define FACT(name, summary, fields, time) \
    { sizeof(es_fact_type), ES_COUNT(fields), name, summary, fields, time }

static const es_fact_type facts[] = {
    [HISTORY_FACT_BOOT] = FACT("history.boot", "a start or stop of Windows, or which build ran",
                               boot_fields, "recorded"),
    [HISTORY_FACT_CLOCK] = FACT("history.clock", "the clock was set", clock_fields, "clock set"),
    [HISTORY_FACT_SERVICING] = FACT("history.servicing", "servicing changed a package",
                                    servicing_fields, "recorded"),
    [HISTORY_FACT_UPDATE] = FACT("history.update", "Windows Update worked on an update",
                                 update_fields, "recorded"),
    [HISTORY_FACT_CRASH] = FACT("history.crash", "Windows crashed", crash_fields, "recorded"),
    [HISTORY_FACT_LICENCE] = FACT("history.licence", "software licensing", licence_fields,
                                  "recorded"),
    [HISTORY_FACT_LOGON] = FACT("history.logon", "an account logged on or off, or ran a program",
                                logon_fields, "recorded"),
    [HISTORY_FACT_CLEARED] = FACT("history.cleared", "an event log was cleared", cleared_fields,
                                  "log cleared"),
    [HISTORY_FACT_DEVICE] = FACT("history.device", "a device was set up", device_fields,
                                 "section began"),
    [HISTORY_FACT_HEADER] = FACT("history.setup_log", "the Windows that began a setup log",
                                 header_fields, NULL),
    [HISTORY_FACT_CBS] = FACT("history.cbs", "a line of servicing's log on a package", cbs_fields,
                              "logged"),
    [HISTORY_FACT_HIBERNATION] = FACT("history.hibernation", "the header of hiberfil.sys",
                                      hibernation_fields, "hibernated"),
    [HISTORY_FACT_LOG] = FACT("history.log", "how far an event log reaches", log_fields, NULL),
};

/* A cabinet of servicing's older logs. */
static es_status name_cabinet(const es_host *host, const es_artefact *file)
{
    static const char said[] = "Servicing packed its older log into this cabinet, which this version "
                               "does not read: what it tells of packages is missing.";

    return host->note(host, 1, es_text_of(said), file->where);
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state;
    if (artefact->kind == ES_KIND_EVENT_LOG)
        return history_examine_log(host, artefact);
    switch (artefact->want) {
    case WANT_DEV_LOG:
    case WANT_APP_LOG:
        return history_examine_text(host, artefact, HISTORY_TEXT_SETUPAPI);
    case WANT_UPDATE_LOG:
    case WANT_REPORTS:
        return history_examine_text(host, artefact, HISTORY_TEXT_UPDATE);
    case WANT_CBS_PACKED:
        return name_cabinet(host, artefact);
    case WANT_DATASTORE:
        return history_examine_datastore(host, artefact);
    case WANT_HIBERNATION:
        return history_examine_hibernation(host, artefact);
    case WANT_DUMP:
    case WANT_MINIDUMP:
        return history_examine_dump(host, artefact);
    default:
        return history_examine_text(host, artefact, HISTORY_TEXT_CBS);
    }
}

const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "history",
    .version = "1",
    .summary = "starts, stops, servicing, updates, crashes and logons, with their times",
    .wants = wants,
    .facts = facts,
    .n_wants = ES_COUNT(wants),
    .n_facts = ES_COUNT(facts),
    .examine = examine,
};
