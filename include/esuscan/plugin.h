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
 * A bundled plugin and an outside one are the same thing.
 */
#ifndef ESUSCAN_PLUGIN_H
#define ESUSCAN_PLUGIN_H

#include <esuscan/types.h>

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

/* ------------------------------------------------------------------ what a plugin wants */

/* Kinds of artefact. The parser of each lives in the core; a plugin gets views. A kind that this
 * version of the core cannot read yet is told once in a note, and examine is not called for it. */
#define ES_KIND_HIVE 1u       /* registry hive: key_…, value_… */
#define ES_KIND_EXECUTABLE 2u /* PE file: artefact->executable */
#define ES_KIND_EVENT_LOG 3u  /* .evtx: event_next */
#define ES_KIND_TABLE 4u      /* ESE database: table_next_row */
#define ES_KIND_XML 5u        /* xml_next */
#define ES_KIND_TEXT_LOG 6u   /* line_next */
#define ES_KIND_SIGNATURE 7u  /* Authenticode or catalog: artefact->signature */
#define ES_KIND_FILE 8u       /* plain bytes: file_read */
#define ES_KIND_LISTING 9u    /* a directory: entry_next */
#define ES_KIND_BOOT_ENTRY 10u /* an entry of a boot store that boots this installation */
#define ES_KIND_COMPONENTS 11u /* the component store, file by file: component_next. Handed over only
                                * when the examiner asked for it; takes no path */
#define ES_KIND_SHORTCUTS 12u  /* a folder of shortcuts (.lnk): shortcut_next */

/* Where `path` begins. */
#define ES_SCOPE_SYSTEM_ROOT 1u /* the installation's system root (C:\Windows) */
#define ES_SCOPE_VOLUME 2u      /* the root of the installation's volume */
#define ES_SCOPE_DISK 3u        /* the root of every volume that can be read: boot stores */

#define ES_WANT_REQUIRED 1u /* its absence is a gap in the report */
#define ES_WANT_WHOLE 2u    /* executables: read every byte, for the checksum and the SHA-256 */
#define ES_WANT_ON_DEMAND 4u /* not handed over: the plugin opens those it needs, artefact_open */
#define ES_WANT_ALONE 8u    /* what is said of it follows from it alone, and from the machine's time
                             * zone: where an earlier state holds the very same file, the host says
                             * it again and does not call examine. Of hives it means nothing */
#define ES_WANT_BY_RECORD 16u /* with ES_WANT_ALONE, of an event log: what is said of a record
                             * follows from it alone. Chunks of the log that a later state holds
                             * just so are not read again: their events are not handed out, and
                             * what was said of them is said again */

/* `path` has '/' between components and no leading one; letter case does not matter; '*' and '?'
 * match within the last component, and then every match is an artefact of its own. For executables
 * the words "{boot.kernel}", "{boot.hal}" and "{boot.loader}" stand for the files that the boot
 * entries of this installation name, where they name one, "{boot.manager}" for the boot managers on
 * the volumes of their stores, "{asked.files}" for those the examiner asks about (--file); all also
 * for ES_KIND_SIGNATURE. ES_KIND_BOOT_ENTRY takes no path. */
typedef struct es_want {
    uint32_t size;
    uint32_t kind;
    uint32_t scope;
    uint32_t flags;
    const char *path;
    const char *means; /* why: shown by `esuscan plugins NAME` */
} es_want;

/* ------------------------------------------------------------------ what a plugin declares */

/* Types of a field, and of a datum given for it. */
#define ES_FIELD_TEXT 1u
#define ES_FIELD_INTEGER 2u
#define ES_FIELD_BOOLEAN 3u
#define ES_FIELD_TIME 4u
#define ES_FIELD_BYTES 5u     /* shown in hexadecimal */
#define ES_FIELD_TEXT_LIST 6u
#define ES_FIELD_FACT 7u      /* a reference to a fact: verdicts and rows only */
#define ES_FIELD_FACT_LIST 8u /* likewise */

/* A dot in the name of a verdict's or row's field makes an object: "last_booted.build" is `build`
 * of `last_booted`, which is null when all its members are. */
typedef struct es_field {
    uint32_t size;
    uint32_t type;
    const char *name;
    const char *means;
} es_field;

typedef struct es_fact_type {
    uint32_t size;
    uint32_t n_fields;
    const char *name; /* "plugin.noun" */
    const char *summary;
    const es_field *fields;
    const char *time_means; /* "installed", "booted" …; NULL when its facts have no time */
} es_fact_type;

typedef struct es_verdict_type {
    uint32_t size;
    uint32_t n_answers;
    const char *name;
    const char *summary;
    const char *const *answers; /* "unknown" is always among them */
    const es_field *fields;
    uint32_t n_fields;
    uint32_t reserved;
} es_verdict_type;

/* A list that judge fills. "updates" and "questions" belong to the installation (`verdict` NULL),
 * all others to a verdict of this plugin. */
typedef struct es_row_type {
    uint32_t size;
    uint32_t n_fields;
    const char *name;
    const char *verdict;
    const es_field *fields;
} es_row_type;

#define ES_NEED_OWN 1u     /* facts of the judged state only */
#define ES_NEED_MACHINE 2u /* of all states of its machine */

/* A fact type that judge reads. One that nobody emitted is simply absent. */
typedef struct es_need {
    uint32_t size;
    uint32_t states; /* ES_NEED_… */
    const char *type;
} es_need;

/* A data file that the host hands over as bytes (es_host.data). */
typedef struct es_data {
    uint32_t size;
    uint32_t reserved;
    const char *name; /* bare, in the folder of the plugin's data */
} es_data;

/* ------------------------------------------------------------------ what a plugin sees */

#define ES_ROLE_CURRENT 1u
#define ES_ROLE_WINDOWS_OLD 2u
#define ES_ROLE_SNAPSHOT 3u
#define ES_ROLE_REGBACK 4u

/* One state of a machine: what the core knows of it before any plugin ran. Texts may be empty. */
typedef struct es_installation {
    uint32_t size;
    uint32_t id;      /* 1, 2 …: of the state */
    uint32_t machine; /* 1, 2 …: states of one machine share it */
    uint32_t role;
    uint32_t volume;  /* id of the volume */
    uint32_t machine_type; /* ES_MACHINE_… as the registry states it, 0 if unknown */
    int32_t snapshot; /* number of the shadow copy, -1 if none */
    uint32_t control_set; /* number of the current one, 0 if unknown */
    es_text system_root; /* path on the volume, as the disk spells it */
    es_time state_time;  /* when this state was taken; unknown for the current one */
    const es_where *where;
} es_installation;

typedef struct es_executable es_executable;
typedef struct es_signature es_signature;
typedef struct es_boot_entry es_boot_entry;

typedef struct es_artefact {
    uint32_t size;
    uint32_t kind;
    uint32_t want;  /* index into the plugin's wants */
    uint32_t flags; /* ES_ARTEFACT_… */
    es_text path;   /* on its volume, as the disk spells it */
    uint64_t file_size;
    uint32_t links;   /* hard links; 0 when the filesystem has none */
    uint32_t twins;   /* names in its folder that differ only in letter case, itself included */
    es_time modified; /* of the file, $STANDARD_INFORMATION */
    uint64_t mft_entry;
    uint32_t mft_sequence;
    uint32_t volume;
    const es_where *where;
    /* Exactly the view of its kind is set; the others are NULL. Kinds that are walked (hive, event
     * log, table, XML, text log, file, listing) are walked with host calls that take the
     * artefact. */
    const es_executable *executable;
    const es_signature *signature;
    const es_boot_entry *boot_entry;
    const void *handle; /* the host's own */
} es_artefact;

#define ES_ARTEFACT_DAMAGED 1u  /* some byte of it lies in a bad range of the image */
#define ES_ARTEFACT_REPLAYED 2u /* a hive: logs were applied */

/* A registry key. */
typedef struct es_key {
    uint32_t size;
    uint32_t reserved;
    es_text name;
    es_time written;
    const es_where *where;
    const void *handle;
    uint64_t id;
} es_key;

/* A registry value. When replay of the hive's logs changed it, `flags` says so and `before` holds
 * the data it had (empty if it did not exist). */
typedef struct es_value {
    uint32_t size;
    uint32_t type; /* ES_REG_… */
    uint32_t flags;
    uint32_t before_type;
    es_text name;
    es_bytes data;
    es_bytes before;
    const es_where *where;
} es_value;

#define ES_VALUE_CHANGED 1u /* by replay */
#define ES_VALUE_ADDED 2u   /* by replay: it did not exist before */
#define ES_VALUE_DAMAGED 4u /* its bytes lie in a bad range of the image */

/* One language of an executable's strings. */
typedef struct es_version_strings {
    uint32_t size;
    uint32_t reserved;
    es_text language; /* "040904b0" */
    es_text file_version, product_version, original_filename, internal_name;
    es_text file_description, company_name;
} es_version_strings;

struct es_executable {
    uint32_t size;
    uint32_t machine; /* ES_MACHINE_… or whatever else the header says */
    uint32_t has_version;
    uint32_t file_flags; /* VS_FIXEDFILEINFO; bit 0 = checked build */
    uint16_t file_version[4];
    uint16_t product_version[4];
    uint32_t timestamp; /* of the linker, Unix seconds */
    uint32_t checksum_stored;
    uint32_t checksum_computed;
    uint32_t checksum_known; /* the computed one is valid */
    uint32_t n_strings;
    uint32_t pe32_plus;
    const es_version_strings *strings;
    es_text pdb_id, pdb_name;
    uint64_t certificate_offset, certificate_size;
    es_text problem; /* what is broken in it, "" if nothing */
    const es_where *version_where;
    /* The component-store file that is the same file (same MFT record): its path below winsxs, ""
     * if none was found, and whether the store was looked through. */
    es_text component_path;
    uint32_t component_searched;
    uint32_t reserved;
};

/* A loader entry of a boot store whose device or path leads to this installation. Numbers are -1
 * where the entry does not state them. */
struct es_boot_entry {
    uint32_t size;
    uint32_t is_default;
    es_text store;  /* path of the store */
    es_text object; /* "{…}" */
    es_text description, loader, system_root, kernel, hal, load_options;
    int32_t order;  /* place in the display order, from 0 */
    int32_t pae, nx, test_signing, no_integrity_checks, debug;
    uint32_t device_known; /* the entry's device was understood and is this volume */
    uint32_t inherited;    /* some of these came through inherited objects */
    const es_where *where;
};

/* One event. Texts are as rendered from the record; `data` are its strings in order. */
typedef struct es_event {
    uint32_t size;
    uint32_t id; /* low 16 bits */
    uint64_t record;
    es_time written;
    es_text provider, provider_guid, channel, computer, user_sid;
    uint32_t level, n_data;
    const es_text *data_names; /* "" where the record does not name it */
    const es_text *data;
    es_bytes binary;
    uint32_t recovered; /* found outside the regular chain */
    uint32_t reserved;
    const es_where *where;
} es_event;

/* How far an event log reaches. */
typedef struct es_event_span {
    uint32_t size;
    uint32_t damaged; /* some of it could not be read, or not be trusted */
    uint64_t n_records;
    uint64_t first_record, last_record; /* lowest and highest number */
    es_time first, last;                /* earliest and latest */
} es_event_span;

/* One cell of a row of an ESE table. `type` is an ES_FIELD_… or 0 for NULL. */
typedef struct es_cell {
    uint32_t size;
    uint32_t type;
    es_text column;
    int64_t integer;
    double real;
    es_text text;
    es_bytes bytes;
} es_cell;

typedef struct es_table_row {
    uint32_t size;
    uint32_t n_cells;
    uint64_t number;
    const es_cell *cells;
    const es_where *where;
} es_table_row;

#define ES_XML_START 1u
#define ES_XML_TEXT 2u
#define ES_XML_END 3u

typedef struct es_xml_node {
    uint32_t size;
    uint32_t kind;
    uint32_t depth;
    uint32_t n_attributes;
    es_text name; /* without its prefix */
    es_text text;
    const es_text *attribute_names;
    const es_text *attribute_values;
    const es_where *where;
} es_xml_node;

typedef struct es_line {
    uint32_t size;
    uint32_t cut; /* it was longer than the host's cap */
    uint64_t number;
    es_text text;
    const es_where *where;
} es_line;

typedef struct es_entry {
    uint32_t size;
    uint32_t is_directory;
    es_text name;
    uint64_t file_size; /* as the directory index states it */
    es_time modified;   /* likewise */
    uint64_t mft_entry;
    uint32_t mft_sequence;
    uint32_t reserved;
    const es_where *where;
} es_entry;

/* What the signature of a file says, and which catalogs vouch for the file.
 *
 * `status` is of the embedded signature that says most: "sound" (its signature fits its key and its
 * digest the file), "digest-differs" (the signature is sound, the file is another), "broken" (the
 * signature does not fit), "unsupported", "unreadable" (a certificate table without a signature),
 * "none". `chain`: "trusted" (it ends at a root that was given), "no-root" (it could not be judged:
 * `root` names the one that is missing), "forged" (it names a given root, which did not sign it),
 * "invalid" (a certificate was not valid then, or may not issue). Both words also for a catalog,
 * whose `status` may be "not-signed".
 */
struct es_signature {
    uint32_t size;
    uint32_t n_signers;
    es_text status;
    es_text chain;
    es_text signer, issuer, root;
    es_time signed_at;
    es_bytes image_digest;    /* as the signature states it */
    es_bytes computed_digest; /* as the bytes give it */
    es_text digest_algorithm;
    es_text catalog_path; /* when a catalog vouches */
    es_text usages;       /* extended key usages, comma-separated OIDs */
    const es_where *where;
    uint32_t flags;        /* ES_SIGNATURE_… */
    uint32_t n_unreadable; /* entries of the certificate table that hold no readable signature */
    es_text chain_reason;  /* why it is not trusted */
    es_text thumbprint;    /* SHA-1 of the signer's certificate */
    es_text stamp;         /* where signed_at comes from: "countersignature", "RFC 3161", "" */
    es_text stamper;
    es_text pages;         /* page hashes: "fit", "differ", "broken", "" for none */
    uint64_t page_at;      /* the first page that differs */
    uint64_t appended;     /* bytes behind a signature in its entry, which no digest covers */
    uint64_t behind;       /* bytes behind the certificate table */
    uint64_t uncovered;    /* bytes between sections, which no digest covers */
    es_text problem;       /* of the layout, "" if nothing */
    es_bytes image_sha1, image_sha256; /* empty when it is no image */
    es_bytes file_md5, file_sha1, file_sha256;
    es_text known;         /* what the examiner's list says: "good", "bad", "" */
    es_text member;        /* a catalog's name for the file, often "" */
    /* Catalogs that hold one of its digests; asked only where the embedded signature does not
     * settle whose the file is. */
    uint32_t catalogs_asked, n_catalogs;
    const struct es_signature *catalogs;
    uint32_t catalogs_found;     /* all those of the installation */
    uint32_t catalogs_unread;    /* of them: damaged, too large, or not to be listed */
    uint32_t catalogs_malformed; /* of them: read, and no catalogs */
    uint32_t reserved;
    const es_executable *executable; /* NULL when it is no PE file */
    /* A file that is no image and has one inside, behind code of its own (bootmgr): `inside` is
     * that image's `status`; the signer and what `executable` says are the image's. The file as a
     * whole is not covered by it: its own `status` is "none". */
    es_text inside;
    uint64_t inside_at;
};

#define ES_SIGNATURE_TIME_PROVEN 1u  /* the time stamp is sound and its chain trusted */
#define ES_SIGNATURE_TABLE_OUTSIDE 2u /* the certificate table lies outside the file */
#define ES_SIGNATURE_CUT 4u          /* more signatures than are looked at */
#define ES_SIGNATURE_SELF_SIGNED 16u /* chain "no-root": its own issuer signed it */
#define ES_SIGNATURE_DAMAGED 8u      /* a catalog: on bytes of the image that cannot be trusted */

#define ES_COMPONENT_SAME 1u
#define ES_COMPONENT_DIFFERS 2u
#define ES_COMPONENT_MISSING 3u
#define ES_COMPONENT_UNREADABLE 4u
#define ES_COMPONENT_MANIFEST 5u

/* A file of the component store against the digest its manifest states. */
typedef struct es_component {
    uint32_t size;
    uint32_t state; /* ES_COMPONENT_…: MANIFEST is one that cannot be read, its files unchecked */
    es_text word;   /* "same", "differs", "missing", "unreadable", "manifest" */
    es_text path;   /* below the system root; "" for one that is as it should be */
    es_text digest_algorithm;
    es_bytes stated, computed;
    uint64_t file_size;
    uint64_t manifests_done, manifests;
    const es_where *where; /* of the store */
} es_component;

/* Drives as a shortcut states them (Microsoft, GetDriveType). */
#define ES_DRIVE_REMOVABLE 2u
#define ES_DRIVE_FIXED 3u
#define ES_DRIVE_REMOTE 4u
#define ES_DRIVE_OPTICAL 5u
#define ES_DRIVE_MEMORY 6u

#define ES_SHORTCUT_VOLUME 1u  /* it states a volume: drive_type and volume_serial mean something */
#define ES_SHORTCUT_DAMAGED 2u /* on bytes of the image that cannot be trusted */

/* A shortcut, and what it says of its target: where that was, and which times its file system gave
 * for it, when the shortcut was written. A FAT file system knows a write to 2 seconds and an access
 * to the day. */
typedef struct es_shortcut {
    uint32_t size;
    uint32_t flags; /* ES_SHORTCUT_… */
    uint32_t drive_type;
    uint32_t volume_serial;
    es_text name; /* of the shortcut itself */
    es_text volume_label, local_path, network_path; /* "" where it has none */
    es_text machine;            /* computer that the target was last seen on */
    es_text volume_id, file_id; /* "{…}" of the target for link tracking */
    es_text adapter; /* network adapter of which file_id was made, "" where it was not */
    es_time created, modified; /* the shortcut itself, $STANDARD_INFORMATION */
    es_time target_created, target_modified, target_accessed;
    es_bytes items; /* the target as a list for shell_items */
    const es_where *where;
} es_shortcut;

#define ES_ITEM_OTHER 0u
#define ES_ITEM_ROOT 1u   /* the desktop's own: "My Computer" */
#define ES_ITEM_VOLUME 2u /* a drive, or what stands among them */
#define ES_ITEM_FILE 3u   /* a folder or file */
#define ES_ITEM_DEVICE 4u /* storage of a portable device, which has no drive letter */

/* One item of a shell item list: a component of a path as Explorer keeps it. Its times are FAT times
 * in UTC, of 2 seconds, whatever the file system was. */
typedef struct es_shell_item {
    uint32_t size;
    uint32_t kind;
    es_text name; /* "E:\", a file's long name; "" where it has none */
    es_text guid; /* "{…}" of a root, or of a volume item without a name */
    es_time modified, created, accessed; /* of a folder or file */
} es_shell_item;

/* ------------------------------------------------------------------ what a plugin says */

/* One value of a field; `type` must be the declared one, or 0 for null. */
typedef struct es_datum {
    uint32_t type;
    uint32_t reserved;
    int64_t integer; /* INTEGER, BOOLEAN (0 or 1), FACT (a reference) */
    es_text text;
    es_bytes bytes;
    es_time time;
    const es_text *texts; /* TEXT_LIST */
    const uint64_t *facts; /* FACT_LIST */
    uint64_t n;            /* of texts or facts */
} es_datum;

/* A fact: `type` indexes the plugin's `facts`; `fields` are as many as declared, in order. */
typedef struct es_fact {
    uint32_t size;
    uint32_t type;
    const es_datum *fields;
    es_time time;
    const es_where *where; /* never NULL */
} es_fact;

/* A fact as judge sees it. `reference` names it in verdicts and rows. */
typedef struct es_fact_view {
    uint32_t size;
    uint32_t n_fields;
    uint64_t reference;
    const es_installation *installation; /* the state it is about */
    uint32_t own;     /* of the judged state */
    uint32_t damaged; /* it rests on bytes that cannot be trusted */
    const es_field *declared;
    const es_datum *fields;
    es_time time;
    es_text plugin, type;
    es_text path, key, value; /* of its place, for sentences */
} es_fact_view;

/* A verdict: `type` indexes the plugin's `verdicts`, `answer` its answers. `explanation` is one
 * or more sentences. One per declared verdict and state; a second one replaces the first. */
typedef struct es_verdict {
    uint32_t size;
    uint32_t type;
    uint32_t answer;
    uint32_t n_because;
    const uint64_t *because; /* references of facts */
    const es_text *explanation;
    const es_datum *fields;
} es_verdict;

/* A row: `type` indexes the plugin's `rows`. Rows keep the order in which they are given. */
typedef struct es_row {
    uint32_t size;
    uint32_t type;
    const es_datum *fields;
} es_row;

#define ES_ASKED_CVE 1u
#define ES_ASKED_KB 2u

typedef struct es_asked {
    uint32_t size;
    uint32_t kind;
    es_text id; /* "CVE-2019-0708", "KB4499149" */
} es_asked;

/* What the examiner asks. `as_of` is unknown (precision none) when the last state is asked for. */
typedef struct es_question {
    uint32_t size;
    uint32_t n_asked;
    es_time as_of;
    const es_asked *asked;
} es_question;

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
     * "CurrentControlSet" stands for the current control set. ES_ABSENT: not there. ES_CORRUPT:
     * there, and unreadable. Indices run from 0 until ES_END. */
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

/* Data of a field, for initialising an array of es_datum. */
static inline es_datum es_null(void)
{
    es_datum datum;

    memset(&datum, 0, sizeof datum);
    return datum;
}

static inline es_datum es_datum_text(es_text text)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_TEXT;
    datum.text = text;
    return datum;
}

/* An empty text says nothing: null. */
static inline es_datum es_datum_text_or_null(es_text text)
{
    return text.size ? es_datum_text(text) : es_null();
}

static inline es_datum es_datum_integer(int64_t integer)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_INTEGER;
    datum.integer = integer;
    return datum;
}

static inline es_datum es_datum_boolean(int yes)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_BOOLEAN;
    datum.integer = yes != 0;
    return datum;
}

static inline es_datum es_datum_time(es_time time)
{
    es_datum datum = es_null();

    if (es_time_known(time))
        datum.type = ES_FIELD_TIME;
    datum.time = time;
    return datum;
}

static inline es_datum es_datum_bytes(es_bytes bytes)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_BYTES;
    datum.bytes = bytes;
    return datum;
}

static inline es_datum es_datum_fact(uint64_t reference)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_FACT;
    datum.integer = (int64_t)reference;
    return datum;
}

static inline es_datum es_datum_texts(const es_text *texts, uint64_t n)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_TEXT_LIST;
    datum.texts = texts;
    datum.n = n;
    return datum;
}

static inline es_datum es_datum_facts(const uint64_t *references, uint64_t n)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_FACT_LIST;
    datum.facts = references;
    datum.n = n;
    return datum;
}

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
