/* SPDX-License-Identifier: Apache-2.0
 *
 * history.h: what the files of the history plugin share.
 *
 * history.c describes the plugin; events.c reads event logs and passes each event to the file that
 * knows it: boots.c (starts, stops, clock), updates.c (servicing, Windows Update), people.c
 * (logons, cleared logs, crashes, licensing); text.c reads text logs, dump.c the headers of dumps;
 * words.c takes data apart.
 *
 * Ownership: everything is borrowed from the callback it was made in.
 */
#ifndef ESUSCAN_PLUGIN_HISTORY_H
#define ESUSCAN_PLUGIN_HISTORY_H

#include <esuscan/bytes.h>
#include <esuscan/names.h>
#include <esuscan/plugin.h>

enum {
    HISTORY_FACT_BOOT,
    HISTORY_FACT_CLOCK,
    HISTORY_FACT_SERVICING,
    HISTORY_FACT_UPDATE,
    HISTORY_FACT_CRASH,
    HISTORY_FACT_LICENCE,
    HISTORY_FACT_LOGON,
    HISTORY_FACT_CLEARED,
    HISTORY_FACT_LOG,
    HISTORY_FACT_DEVICE,
    HISTORY_FACT_HEADER,
    HISTORY_FACT_CBS,
    HISTORY_FACT_HIBERNATION,
};

enum { HISTORY_TEXT_SETUPAPI, HISTORY_TEXT_UPDATE, HISTORY_TEXT_CBS };

/* Facts of one kind of audit event and log: a busy server writes millions of logons. */
#define HISTORY_LOGONS_MAX 100000u

/* A log at work. */
typedef struct history_log {
    const es_host *host;
    const es_artefact *artefact;
    uint32_t n_logons;
    uint32_t logons_cut;
} history_log;

es_status history_examine_log(const es_host *host, const es_artefact *log);

es_status history_examine_datastore(const es_host *host, const es_artefact *database);
es_status history_examine_text(const es_host *host, const es_artefact *log, uint32_t kind);
/* The header of a kernel dump or of hiberfil.sys. */
es_status history_examine_dump(const es_host *host, const es_artefact *file);
es_status history_examine_hibernation(const es_host *host, const es_artefact *file);

/* Each takes an event of its provider; what it does not know it leaves alone. */
es_status history_eventlog(history_log *log, const es_event *event);
es_status history_kernel_general(history_log *log, const es_event *event);
es_status history_setup(history_log *log, const es_event *event);
es_status history_user32(history_log *log, const es_event *event);
es_status history_servicing(history_log *log, const es_event *event);
es_status history_update_client(history_log *log, const es_event *event);
es_status history_bugcheck(history_log *log, const es_event *event);
es_status history_licensing(history_log *log, const es_event *event);
es_status history_audit(history_log *log, const es_event *event);
es_status history_cleared(history_log *log, const es_event *event);
es_status history_clock(history_log *log, const es_event *event, const char *before,
                        const char *after);

es_status history_emit(const es_host *host, uint32_t type, const es_datum *fields, es_time time,
                       const es_where *where);

/* ---- words.c */
/* The datum of this name, else the one at `index` (from 0; -1: none); empty when neither is. */
es_text history_datum(const es_event *event, const char *name, int32_t index);
/* Text as a datum; null when it is empty. */
/* A decimal or 0x… number; null when it is none. */
es_datum history_number(es_text text);
/* "KB4493471" of a title or package name; empty when there is none. `room` holds the spelling. */
#define HISTORY_KB_ROOM 16u
es_text history_kb(es_text text, char room[HISTORY_KB_ROOM]);
/* "2009-04-11T06:34:59.1234567Z" */
es_time history_time(es_text text);

#endif
