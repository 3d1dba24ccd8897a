/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.h: the contract between esuscan and its plugins.
 *
 * A plugin is a shared object that exports one const object, `esuscan_plugin`, of type es_plugin.
 * It says which artefacts it wants and which facts and verdicts it may make. The host reads the
 * description before it calls anything, then, for every state of every Windows installation:
 *
 *     begin    make a state
 *     examine  once per wanted artefact that is there: turn it into facts
 *     judge    once, after every examine of the whole machine: turn facts into verdicts and rows
 *     end      free the state
 *
 * `examine` sees artefacts and no facts; `judge` sees facts and no artefacts; no plugin knows
 * another. Any callback may be NULL. Callbacks of one plugin never run concurrently on one state.
 *
 * A plugin includes only <esuscan/…> and standard headers, links to nothing, opens no file, asks
 * no clock, network or environment, prints nothing and keeps no globals. Everything it needs comes
 * through `es_host`. `plugins/example` is a complete one.
 *
 * Ownership: views (es_artefact, es_key, es_value, es_text …) are read-only and borrowed until the
 * callback returns. What a plugin emits is copied before the call returns. Structs that begin with
 * `size` may grow at the end: the plugin sets `size = sizeof(struct)`, the host reads no further.
 * Everything the host hands out is as large as the host's `abi` says; check `host->size` before
 * using a member added later. `abi` changes only when something breaks.
 *
 * Errors: every host call returns an es_status. Positive is the evidence's answer and is the
 * plugin's to handle; negative is our failure and is to be returned unchanged from the callback.
 * Returning a positive status from a callback is noted and ends only that callback.
 *
 * A bundled plugin and an outside one are the same thing. This header is the whole contract: what a
 * plugin wants and declares (declarations.h), what it sees (views.h), what it says (statements.h),
 * and the calls that it is offered.
 */
#ifndef ESUSCAN_PLUGIN_H
#define ESUSCAN_PLUGIN_H

#include <esuscan/declarations.h>
#include <esuscan/statements.h>
#include <esuscan/views.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ES_ABI 1u

#if defined(__GNUC__)
#define ES_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define ES_PLUGIN_EXPORT
#endif

typedef struct es_host es_host;

/* ------------------------------------------------------------------ what the host offers */

struct es_host {
    uint32_t size;
    uint32_t abi;
    void *context; /* the host's own */

    /* Memory that lasts until the callback returns, zeroed. */
    es_status (*alloc)(const es_host *host, uint64_t size, void **ret_memory);

    /* Tell the examiner. `severity` is 0 info, 1 gap. `where` may be NULL. */
    es_status (*note)(const es_host *host, uint32_t severity, es_text text, const es_where *where);

    /* A part of an artefact's bytes as a place of its own; ES_LIMIT if it is not inside. */
    es_status (*place)(const es_host *host, const es_where *where, uint64_t offset,
                       uint64_t length, const es_where **ret_where);

    /* examine: emit a fact. `ret_reference` may be NULL. */
    es_status (*emit)(const es_host *host, const es_fact *fact, uint64_t *ret_reference);

    /* Hives. `path` has '\' between components and begins at the root key; in a SYSTEM hive
     * "CurrentControlSet" stands for the current control set (ES_CORRUPT where it cannot be told
     * which that is). ES_ABSENT: not there. ES_CORRUPT: there, and unreadable. Indices run from 0
     * until ES_END; ES_CORRUPT on the way is one that cannot be read, or behind the others those
     * of which a broken list does not tell. */
    es_status (*key_open)(const es_host *host, const es_artefact *hive, es_text path, es_key *ret);
    es_status (*key_find)(const es_host *host, const es_key *from, es_text path, es_key *ret);
    es_status (*key_child)(const es_host *host, const es_key *key, uint64_t index, es_key *ret);
    es_status (*value_find)(const es_host *host, const es_key *key, es_text name, es_value *ret);
    es_status (*value_child)(const es_host *host, const es_key *key, uint64_t index, es_value *ret);

    /* Values. Text of SZ, EXPAND_SZ and LINK up to its first NUL; strings of MULTI_SZ by index;
     * numbers of DWORD, DWORD_BIG_ENDIAN and QWORD. ES_CORRUPT when type or size do not fit.
     * `before` other than 0 asks for the data before replay. */
    es_status (*value_text)(const es_host *host, const es_value *value, uint32_t before,
                            es_text *ret);
    es_status (*value_string)(const es_host *host, const es_value *value, uint32_t before,
                              uint64_t index, es_text *ret);
    es_status (*value_number)(const es_host *host, const es_value *value, uint32_t before,
                              uint64_t *ret);
    /* UTF-8 of UTF-16LE bytes; unpaired surrogates become U+FFFD. */
    es_status (*text_utf16)(const es_host *host, es_bytes utf16, es_text *ret);

    /* Plain files: up to `size` bytes into `buffer`; ES_END behind the end. */
    es_status (*file_read)(const es_host *host, const es_artefact *file, uint64_t offset,
                           void *buffer, uint64_t size, uint64_t *ret_size);
    es_status (*entry_next)(const es_host *host, const es_artefact *listing, es_entry *ret);
    /* Logs and tables can be larger than memory: an event, a row and a line last only until the
     * next one of the same artefact is asked for. What of them cannot be read is noted by the
     * host. ES_END after the last; ES_UNSUPPORTED and ES_CORRUPT: none can be had at all. */
    es_status (*event_next)(const es_host *host, const es_artefact *log, es_event *ret);
    es_status (*table_next_row)(const es_host *host, const es_artefact *database, es_text table,
                                es_table_row *ret);
    es_status (*xml_next)(const es_host *host, const es_artefact *document, es_xml_node *ret);
    es_status (*line_next)(const es_host *host, const es_artefact *log, es_line *ret);

    /* The plugin's own data file. */
    es_status (*data)(const es_host *host, es_text name, es_bytes *ret);

    /* judge: facts of a needed type in a fixed order; start with `*cursor` 0; ES_END after the
     * last. Then say what follows from them. */
    es_status (*fact_next)(const es_host *host, es_text type, uint64_t *cursor, es_fact_view *ret);
    es_status (*verdict)(const es_host *host, const es_verdict *verdict);
    es_status (*row)(const es_host *host, const es_row *row);

    /* examine: open a file of this state that a want with ES_WANT_ON_DEMAND names. Where the
     * want's path ends in a pattern, `name` is the file's own name and must fit it; else it is
     * empty. ES_ABSENT: not there. ES_CORRUPT, ES_LIMIT …: there and not readable, which the host
     * has noted. The view lasts until the callback returns. */
    es_status (*artefact_open)(const es_host *host, uint32_t want, es_text name,
                               es_artefact *ret);

    /* What the examiner asks, for an examine that looks closer where it was asked to. It changes
     * which facts are emitted, never what one says. */
    const es_question *question;

    /* The update catalogue (<esuscan/catalogue.h>); NULL when the host has none. */
    const struct es_catalogue *catalogue;

    /* Before the first event_next of a log: only events with one of these identifiers are handed
     * out, and no time is spent on the others. */
    es_status (*event_only)(const es_host *host, const es_artefact *log, const uint16_t *ids,
                            uint32_t n_ids);
    /* What the log holds, as far as it was read: records that were not handed out count too. */
    es_status (*event_span)(const es_host *host, const es_artefact *log, es_event_span *ret);

    /* UTC of a local time of this machine, by the rule of its registry; the time is flagged
     * ES_TIME_FROM_LOCAL. ES_ABSENT: its zone is not known. */
    es_status (*time_from_local)(const es_host *host, es_time local, es_time *ret);

    /* The component store, a file at a time; ES_END after the last. */
    es_status (*component_next)(const es_host *host, const es_artefact *store, es_component *ret);

    /* The shortcuts of a folder, one by one; ES_END after the last. Each lasts until the next one is
     * asked for. Those that cannot be read are noted by the host and passed over. */
    es_status (*shortcut_next)(const es_host *host, const es_artefact *folder,
                               const es_shortcut **ret);
    /* The items of a shell item list. ES_CORRUPT: its structure is broken from some item on, and
     * those before it are handed out. */
    es_status (*shell_items)(const es_host *host, es_bytes list, const es_shell_item **ret_items,
                             uint32_t *ret_n);

    /* The bytes of one artefact from where `from` begins to where `to` ends, as a place of its
     * own; ES_LIMIT if `to` does not end behind it. */
    es_status (*span)(const es_host *host, const es_where *from, const es_where *to,
                      const es_where **ret_where);
};

/* ------------------------------------------------------------------ the export */

typedef struct es_plugin {
    uint32_t abi;  /* ES_ABI */
    uint32_t size; /* sizeof(es_plugin) */
    const char *name;    /* lower-case letters, digits, '-' */
    const char *version;
    const char *summary; /* one line */
    const es_want *wants;
    const es_fact_type *facts;
    const es_verdict_type *verdicts;
    const es_row_type *rows;
    const es_need *needs;
    const es_data *data;
    uint32_t n_wants, n_facts, n_verdicts, n_rows, n_needs, n_data;
    es_status (*begin)(const es_host *host, const es_installation *installation, void **ret_state);
    es_status (*examine)(void *state, const es_host *host, const es_artefact *artefact);
    es_status (*judge)(void *state, const es_host *host, const es_installation *installation,
                       const es_question *question);
    void (*end)(void *state, const es_host *host);
} es_plugin;

extern ES_PLUGIN_EXPORT const es_plugin esuscan_plugin;

#define ES_COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

static inline es_status es_emit(const es_host *host, uint32_t type, const es_datum *fields,
                                es_time time, const es_where *where)
{
    es_fact fact;

    memset(&fact, 0, sizeof fact);
    fact.size = sizeof fact;
    fact.type = type;
    fact.fields = fields;
    fact.time = time;
    fact.where = where;
    return host->emit(host, &fact, NULL);
}

#ifdef __cplusplus
}
#endif

#endif
