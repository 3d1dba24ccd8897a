/* SPDX-License-Identifier: Apache-2.0
 *
 * views.h: what a plugin sees. Part of plugin.h, which includes it.
 *
 * An installation and its artefacts, and what the host calls that walk an artefact hand out.
 *
 * Ownership: the host's; read-only, and borrowed until the callback returns, or for as long as the
 * call says that handed it out. Units: sizes and offsets in bytes. Threading: the callback's thread.
 */
#ifndef ESUSCAN_VIEWS_H
#define ESUSCAN_VIEWS_H

#include <esuscan/types.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif

#endif
