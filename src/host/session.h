/* SPDX-License-Identifier: Apache-2.0
 *
 * session.h: what the host holds while plugins are at work, and the pieces of its machinery.
 *
 * A session is one analysis of one image. For each state the host opens artefacts (artefacts.c),
 * hands views of them to plugins (examine.c, registry.c, offer.c), and when all states of all
 * machines were examined lets plugins judge (judge.c). Facts, verdicts and notes go to the ledger.
 *
 * Known to src/host alone. Ownership: what is declared here lies in the session's arena unless it
 * says otherwise; files, hives and lists of names are let go of when their state is done.
 * Errors: positive is the evidence's answer and was noted where it is said so, negative ends the
 * analysis. Threading: one thread.
 */
#ifndef ES_HOST_SESSION_H
#define ES_HOST_SESSION_H

#include "base/arena.h"
#include "host/catalogue.h"
#include "host/examine.h"
#include "host/known.h"
#include "host/plugin.h"
#include "ledger/ledger.h"
#include "windows/bcd.h"
#include "windows/catalog.h"
#include "windows/components.h"
#include "windows/evtx.h"
#include "windows/install.h"
#include "windows/zone.h"

/* What was said of a chunk of an event log: ranges of the ledger's facts and notes. */
typedef struct es_told_chunk {
    es_evtx_chunk seen;
    size_t first_fact, n_facts, first_note, n_notes;
    bool done;
} es_told_chunk;

/* What a plugin said of an artefact that stands for itself: ranges of the ledger's facts and notes.
 * The host says it again of an earlier state that holds the same. */
typedef struct es_told {
    struct es_told *next;
    size_t plugin;
    bool done; /* it came to the end */
    bool noted; /* the plugin noted something of the whole, perhaps that not all was told */
    size_t first_fact, n_facts, first_note, n_notes;
    es_told_chunk *chunks; /* NULL: not by record, or no event log */
    uint64_t n_chunks;
} es_told;

/* An opened artefact: its record in the ledger, and what its kind needs. */
typedef struct es_opened {
    struct es_opened *next;
    const char *asked; /* the path it was asked by */
    es_fs *fs;
    uint32_t kind;
    uint32_t id;       /* of the artefact record */
    uint64_t seen_by;  /* plugins that were given it, a bit each */
    es_status status;  /* of opening it: remembered, so that a broken one is told once */
    es_where where;    /* of the whole artefact */
    es_artefact_file *file; /* closed again after an executable was parsed */
    es_hive_set *hive;
    bool closed; /* the hive was let go of before its state was done */
    bool hashed;
    uint8_t sha256[32]; /* of an executable that was read whole */
    uint32_t log_ids[2];
    es_components *components;
    size_t progress; /* through it, for the examiner */
    es_told *told; /* by each plugin with ES_WANT_ALONE */
    es_artefact view;  /* without `want` */
} es_opened;

/* A boot entry that starts an installation, and its place. */
typedef struct es_boot_found {
    struct es_boot_found *next;
    const es_boot *boot;
    const es_volume *store_volume;
    const char *store_path;
    uint32_t artefact; /* record of the store */
} es_boot_found;

/* A plugin at work on one state. */
typedef struct es_run_of {
    void *state;
    bool begun;
    bool failed; /* a callback failed: it is not called again for this state */
} es_run_of;

typedef struct es_folder es_folder; /* folders.c */

typedef struct es_state_work {
    es_state *state;
    es_installation view;
    es_where where;
    es_zone zone;
    es_opened *opened;
    es_opened *kept; /* closed state: what an earlier one may find unchanged, in order of opening */
    es_opened *kept_next; /* where the next question is likely to be answered */
    es_run_of *runs; /* one a plugin */
    es_catalogs *catalogs; /* of its system root, once a file needed them */
    bool catalogs_failed;
    struct es_folder_told *folders_told;
    es_folder *folders; /* as they were listed, until the state was examined */
    size_t n_folders;
    uint64_t folder_bytes;
} es_state_work;

/* The facts of one type, in the order of the ledger: indices into it. */
typedef struct es_facts_of {
    const char *type;
    uint32_t *facts;
    size_t n, capacity;
} es_facts_of;

struct es_session {
    es_source *source;
    es_ledger *ledger;
    es_states *states;
    const es_plugins *plugins;
    const es_question *question;
    const es_catalogue *catalogue; /* NULL: none */
    const es_roots *roots;         /* NULL: none, nothing is trusted */
    const es_known *known;         /* NULL: none */
    const char *const *files;      /* patterns of --file */
    size_t n_files;
    bool all_components;
    es_fs **filesystems; /* every volume that could be opened */
    size_t n_filesystems;
    const es_skip *skips;
    size_t n_skips;
    unsigned threads;    /* 0: as many as there are processors */
    es_arena *arena;     /* lives as long as the session */
    es_state_work *work; /* one a state */
    es_boot_found *boot_found;
    es_boots **stores;
    size_t n_stores;
    uint32_t n_artefacts;
    uint64_t n_references;
    es_facts_of *by_type; /* while it is judged: no fact comes any more */
    size_t n_types;
};

/* How far a callback came through an artefact that it is handed piece by piece: what is held of it
 * begins with this, lies in the call's arena and starts as zeros. */
typedef struct es_held {
    struct es_held *next;
    struct es_call *call;
    es_opened *artefact;
} es_held;

/* One callback of one plugin: what the host table's context points to. */
typedef struct es_call {
    es_session *session;
    size_t plugin;
    es_state_work *work;
    const es_opened *artefact; /* examine */
    es_arena *arena;           /* until the callback returns */
    bool judging;
    es_told *told; /* examine, of an artefact that stands for itself: what is being said */
    es_held *walks; /* of the artefacts that are being walked */
    es_held *streams; /* of the logs and tables that are being read */
    es_held *shortcuts; /* of the folders whose shortcuts are being read */
} es_call;

/* The call that a host belongs to, and the artefact behind a view: both were made by us. */
static inline es_call *es_call_of(const es_host *host)
{
    return host->context;
}

static inline es_opened *es_opened_of(const es_artefact *artefact)
{
    union {
        const void *theirs;
        es_opened *ours;
    } handle = { artefact->handle };

    return handle.ours;
}

/* ---- session.c ---- */

es_status es_session_note(es_session *session, uint32_t installation, const es_note *note,
                          const es_where *where);
/* Say what comes next; ES_ABSENT when it is to be left out because it crashed before. */
es_status es_session_step(es_session *session, uint32_t installation, const char *plugin,
                          const char *artefact, const char *doing);
/* What is held of an artefact in one of the call's lists, as a struct of `size` that begins with
 * es_held; begun at the first question. NULL when the call's memory is used up. */
void *es_held_of(es_call *call, es_held **list, const es_artefact *artefact, size_t size);
/* Announce a state, with what its hives say of it. */
es_status es_state_begin(es_session *session, es_state_work *work);

/* ---- artefacts.c ---- */

/* Open (or find again) the artefact at `path` of `fs` for this state. ES_OK and an opened one whose
 * own status may be positive; ES_ABSENT when there is no such file. */
es_status es_opened_get(es_session *session, es_state_work *work, es_fs *fs, uint32_t kind,
                        const char *path, uint32_t flags, es_opened **ret_opened);
/* Close a hive and write its record; it is opened anew when it is asked for again. */
es_status es_opened_close(es_session *session, es_opened *opened);
/* Close everything of a state and write the records of what was open. */
es_status es_opened_close_all(es_session *session, es_state_work *work);
/* The file an artefact is: its view and its place. */
es_status es_opened_describe(es_session *session, es_opened *opened, const es_artefact_file *file);
/* What its PE headers say, as view.executable. */
es_status es_opened_executable(es_session *session, es_opened *opened, const es_pe *pe);
/* Announce a file to the ledger. */
es_status es_artefact_announce(es_session *session, const es_artefact_file *file, bool is_hive,
                               const uint8_t sha256[32], uint32_t id);

/* ---- earlier.c: a shadow copy beside the state behind it ---- */

/* The later state that this one is compared with; NULL when there is none. */
es_state_work *es_later_of(es_session *session, const es_state_work *work);
/* What was opened of the same name there, with its file or hive still open; NULL if nothing was. */
es_opened *es_later_opened(es_session *session, es_state_work *work, const es_opened *opened);
/* Begin to remember what a plugin says of an artefact, and come to the end of it. */
es_status es_told_begin(es_session *session, es_opened *opened, size_t plugin, es_told **ret_told);
void es_told_end(es_session *session, es_told *told);
/* Whether the plugin noted something that is of no chunk; before the host adds what it has to say. */
bool es_told_is_noted(es_session *session, const es_told *told);
void es_told_free(es_opened *opened);
/* Say again what the plugin of `told` said of the same file there; ES_ABSENT when it is not the
 * same, or nothing was said. */
es_status es_later_repeat(es_session *session, es_state_work *work, const es_opened *opened,
                          es_told *told);
/* An event log that is another file there: what was said of it, both NULL when that cannot be said
 * again; and a chunk that is the same, said again. ES_ABSENT: it is not. */
typedef struct es_later_log {
    const es_opened *opened;
    const es_told *told;
} es_later_log;
es_later_log es_later_log_of(es_session *session, es_state_work *work, const es_opened *opened,
                             size_t plugin);
es_status es_later_chunk(es_session *session, es_state_work *work, const es_opened *opened,
                         const es_later_log *later, uint64_t number, uint64_t offset);
/* Keep what is open for the next earlier state, or close it; let go of what was kept before. */
void es_opened_keep(es_session *session, es_state_work *work);
void es_opened_let_go(es_state_work *work);

/* ---- folders.c: which names of a folder fit a pattern ---- */

/* Paths, in the order of the folder's index. */
typedef struct es_matches {
    char **paths;
    size_t n, capacity;
} es_matches;

/* What of `folder` (a path, "" the root) fits a pattern ('*', '?'), for `folders` alone such as can
 * be gone into. Adds to `ret_matches`, which the caller frees, whatever the status. ES_ABSENT when
 * there is no such folder; what a damaged index or the cap withheld was noted. */
es_status es_folder_matches(es_session *session, es_state_work *work, es_fs *fs,
                            const char *folder, const char *pattern, bool folders,
                            es_matches *ret_matches);
void es_matches_free(es_matches *matches);
/* Free what was kept of folders for the next pattern. */
void es_folders_let_go(es_state_work *work);

/* ---- boot.c ---- */

/* Read every boot store of the disk, once. */
es_status es_boot_stores_read(es_session *session);
/* Whether this found entry starts this state. */
bool es_boot_of(const es_boot_found *found, const es_state *state, bool *ret_device_known);
/* Paths of boot managers, there or not: on the volumes of the stores that lead to this state, on
 * all where none does. A shadow copy has those of its own volume only: no other shows what stood
 * there then. */
es_status es_boot_managers(es_session *session, const es_state *state,
                           es_status (*each)(void *context, es_fs *fs, const char *path),
                           void *context);

/* ---- registry.c: host calls on hives ---- */

es_status es_host_key_open(const es_host *host, const es_artefact *hive, es_text path, es_key *ret);
es_status es_host_key_find(const es_host *host, const es_key *from, es_text path, es_key *ret);
es_status es_host_key_child(const es_host *host, const es_key *key, uint64_t index, es_key *ret);
es_status es_host_value_find(const es_host *host, const es_key *key, es_text name, es_value *ret);
es_status es_host_value_child(const es_host *host, const es_key *key, uint64_t index,
                              es_value *ret);
es_status es_host_value_text(const es_host *host, const es_value *value, uint32_t before,
                             es_text *ret);
es_status es_host_value_string(const es_host *host, const es_value *value, uint32_t before,
                               uint64_t index, es_text *ret);
es_status es_host_value_number(const es_host *host, const es_value *value, uint32_t before,
                               uint64_t *ret);

/* ---- signature.c ---- */

es_status es_signature_open(es_session *session, es_state_work *work, es_opened *opened,
                            es_note *reterr_note);
es_status es_components_artefact(es_session *session, es_opened *opened, es_note *reterr_note);
es_status es_host_component_next(const es_host *host, const es_artefact *store, es_component *ret);

/* ---- offer.c ---- */

/* The host table for one call. */
es_host es_host_make(es_call *call);

/* ---- walk.c: host calls that walk artefacts, or open more ---- */

es_status es_host_entry_next(const es_host *host, const es_artefact *listing, es_entry *ret);
es_status es_host_xml_next(const es_host *host, const es_artefact *document, es_xml_node *ret);
es_status es_host_artefact_open(const es_host *host, uint32_t want, es_text name,
                                es_artefact *ret);
/* Free what walks hold outside the call's arena; before the arena goes. */
void es_walks_end(es_call *call);

/* ---- stream.c: host calls that read logs and tables ---- */

es_status es_host_event_only(const es_host *host, const es_artefact *log, const uint16_t *ids,
                             uint32_t n_ids);
es_status es_host_event_next(const es_host *host, const es_artefact *log, es_event *ret);
es_status es_host_table_next_row(const es_host *host, const es_artefact *database, es_text table,
                                 es_table_row *ret);
es_status es_host_line_next(const es_host *host, const es_artefact *log, es_line *ret);
es_status es_host_event_span(const es_host *host, const es_artefact *log, es_event_span *ret);
/* Say what could not be read of them, and free them. */
es_status es_streams_end(es_call *call);

/* ---- shortcuts.c: host calls that read shortcuts and shell items ---- */

es_status es_host_shortcut_next(const es_host *host, const es_artefact *folder,
                                const es_shortcut **ret);
es_status es_host_shell_items(const es_host *host, es_bytes bytes, const es_shell_item **ret_items,
                              uint32_t *ret_n);
/* Announce the file to the ledger if this is the place of a shortcut at hand, which otherwise is no
 * artefact; and the size of it. */
es_status es_shortcuts_announce(es_call *call, const es_where *where);
bool es_shortcuts_size(es_call *call, const es_where *where, uint64_t *ret_size);
/* Free what is held outside the call's arena; before the arena goes. */
void es_shortcuts_end(es_call *call);

/* ---- judge.c: host calls of judge ---- */

/* Sort the facts by type, before anything is judged; and let go of that. */
es_status es_facts_sort(es_session *session);
void es_facts_free(es_session *session);

es_status es_host_fact_next(const es_host *host, es_text type, uint64_t *cursor,
                            es_fact_view *ret);
es_status es_host_verdict(const es_host *host, const es_verdict *verdict);
es_status es_host_row(const es_host *host, const es_row *row);

#endif
