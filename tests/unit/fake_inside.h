/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_inside.h: what fake_host.c (evidence and outcome) and fake_calls.c (the host's calls) share.
 */
#ifndef FAKE_INSIDE_H
#define FAKE_INSIDE_H

#include "fake_host.h"

#include <esuscan/catalogue.h>

#define MAX_PLUGINS 4
#define MAX_EVENTS 64
#define MAX_DATA 16
#define MAX_STATES 8
#define MAX_VALUES 256
#define MAX_ARTEFACTS 64
#define MAX_FACTS 1024
#define MAX_SAID 64

struct es_where {
    uint32_t magic;
    uint32_t damaged;
    const char *path, *key, *value;
};
#define WHERE_MAGIC 0x77686572u

typedef struct stored {
    uint32_t state;
    const char *hive, *key; /* a value without a name is a key */
    const char *name;
    uint32_t type, flags;
    es_bytes data, before;
    int corrupt, removed;
    es_where where;
} stored;

/* What a log holds, and how far it was read. */
typedef struct fake_log {
    es_event events[MAX_EVENTS];
    es_table_row rows[MAX_EVENTS];
    const char *table;
    es_text lines;
    uint16_t ids[512];
    uint32_t n, at, n_ids;
    int chosen, damaged;
} fake_log;

typedef struct artefact {
    uint32_t state;
    es_artefact view;
    es_executable executable;
    es_version_strings strings[4];
    es_boot_entry entry;
    es_signature signature, catalogs[4];
    es_component components[8];
    uint32_t n_components, at_component;
    es_shortcut shortcuts[8];
    uint32_t n_shortcuts, at_shortcut;
    int asked; /* "{asked.files}" */
    es_bytes bytes;
    struct fake_log *log; /* of an event log, a text log, a table */
    es_where where;
} artefact;

typedef struct said {
    const es_plugin *plugin;
    uint32_t installation, type, answer, n_because;
    const char *explanation;
    es_datum *fields;
} said;

typedef struct block {
    struct block *next;
} block;

struct fake_host {
    const es_plugin *plugins[MAX_PLUGINS];
    es_installation states[MAX_STATES];
    es_where state_where;
    stored values[MAX_VALUES];
    artefact artefacts[MAX_ARTEFACTS];
    es_fact_view facts[MAX_FACTS];
    said verdicts[MAX_SAID], rows[MAX_SAID];
    uint32_t n_plugins, n_states, n_values, n_artefacts, n_facts, n_verdicts, n_rows, n_notes;
    block *blocks;
    es_question question;
    int has_zone;
    int32_t zone_minutes; /* of local time before UTC */
    /* the running callback */
    es_host host;
    const es_plugin *plugin;
    const es_installation *state;
    int judging;
    uint32_t fail_alloc;
    int without_catalogue;
};

/* The few updates about the change to 6003, as the real catalogue has them. */
extern const es_catalogue fake_catalogue;

/* fake_logs.c */
void fake_log_calls(es_host *host);
artefact *fake_artefact(fake_host *fake, uint32_t kind, const char *path);

/* Memory of the fake host, zeroed, one byte longer than asked for. */
void *fake_keep(fake_host *fake, uint64_t size);
char *fake_keep_text(fake_host *fake, es_text text);
const char *fake_keep_string(fake_host *fake, const char *string);
es_bytes fake_keep_bytes(fake_host *fake, const void *data, uint64_t size);
/* Equal but for ASCII letter case. */
int fake_same_letters(const char *a, const char *b, size_t size);
int fake_same(const char *a, const char *b);

#endif
