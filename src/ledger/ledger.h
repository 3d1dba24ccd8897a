/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger.h: everything a scan found, as records; the one thing that passes from the caged child to
 * the parent, and the one thing reports are made of.
 *
 * The child puts records into a ledger as it finds them; a tap on it writes each through the pipe
 * (ledger/wire). The parent reads them into a ledger of its own and believes nothing: references
 * are checked when the ledger is closed. Without the jail there is one ledger and no pipe.
 *
 * Numbers: volumes, installations, machines and artefacts are numbered from 1; 0 is "none". Facts
 * carry a reference given by the child; the ids that reports show ("f17") are given by es_ledger_
 * close() after ordering (ledger/order), so they do not depend on the order of work.
 *
 * Ownership: es_ledger_put() copies deeply; everything handed out is borrowed from the ledger.
 * Threading: one thread at a time.
 */
#ifndef ES_LEDGER_LEDGER_H
#define ES_LEDGER_LEDGER_H

#include "base/note.h"
#include <esuscan/plugin.h>
#include <stdbool.h>

/* ------------------------------------------------------------------ the records */

typedef struct es_image_record {
    const char *format;
    uint64_t size;
    uint32_t sector_size;
    const char *stored_md5, *stored_sha1; /* NULL when not stored */
    bool has_acquisition;
    const char *case_number, *evidence_number, *examiner, *description, *notes, *acquired,
        *system_date, *software, *os;
} es_image_record;

typedef struct es_segment_record {
    const char *name; /* bare; the parent knows its path */
    uint64_t size;
} es_segment_record;

typedef struct es_bad_range_record {
    uint64_t offset, length;
    const char *reason;
} es_bad_range_record;

typedef struct es_digest_record {
    const char *md5, *sha1, *sha256;
} es_digest_record;

/* See disk/volume.h for the words. */
typedef struct es_volume_record {
    uint32_t id;
    uint32_t encrypted;
    const char *scheme, *slot, *filesystem, *serial, *label;
    uint64_t offset, length;
    uint64_t boot_backup; /* where the backup boot sector lies that stands in for a bad first one,
                             in bytes of the media; 0: the first one is good */
} es_volume_record;

/* A shadow copy of a volume, whether it was read or not. */
typedef struct es_snapshot_record {
    uint32_t volume, number; /* 1 is the oldest */
    const char *id;          /* GUID of its store */
    es_time created;
} es_snapshot_record;

typedef struct es_installation_record {
    uint32_t id, machine, volume, role; /* ES_ROLE_… */
    int32_t snapshot;
    const char *system_root, *product_name, *edition, *service_pack, *architecture, *computer_name,
        *time_zone; /* NULL when not known */
    es_time install_date, last_shutdown, state_time;
} es_installation_record;

/* A file of the evidence that facts rest on. `container` artefact is the one that holds the raw
 * bytes where this one was put together from several. */
typedef struct es_artefact_record {
    uint32_t id;
    uint32_t volume;
    int32_t snapshot;
    uint32_t attribute_type, attribute_id; /* for icat ENTRY-TYPE-ID; 0 when plain */
    const char *path; /* on its volume */
    uint64_t mft_entry;
    uint32_t mft_sequence;
    bool has_mft; /* on FAT: mft_entry is TSK's inode */
    bool is_hive;
    uint64_t size;
    bool has_sha256;
    uint8_t sha256[32];
    bool damaged;
} es_artefact_record;

/* Where a fact or note lies. Members that do not apply are NULL, 0, or -1 for offsets. Text inside
 * keeps what the evidence has; reports escape it. */
struct es_where {
    uint32_t volume;
    uint32_t snapshot; /* 0: the volume as it stands; of an artefact, its record says it */
    uint32_t artefact;
    const char *path;  /* when there is no artefact record */
    const char *key;   /* registry key below the root, '\' between components */
    const char *value; /* "" is the default value */
    int64_t offset;    /* in the artefact */
    int64_t length;
    es_time last_written; /* of the key */
    bool damaged;
    bool exact;        /* `key` and `value` are as the hive spells them and hivexget finds them */
    uint32_t log_artefact; /* bytes came out of this log … */
    int64_t log_offset;    /* … at this offset, `length` bytes */
};

typedef struct es_fact_record {
    uint64_t reference;
    uint32_t installation; /* 0: about the image or a volume */
    uint32_t type;         /* index into the plugin's declared facts */
    const char *plugin;
    const es_datum *fields;
    uint32_t n_fields;
    es_time time;
    es_where where;
} es_fact_record;

/* Facts that hold of a further state just as they stand: what was said of a file is said again of
 * the same file in a shadow copy. `n` facts from `original` on, in the order in which they were put,
 * become facts of `installation` under the references `reference`, `reference` + 1 …; places in
 * the artefact `from` are places in `to`. Their fields are not held twice. */
typedef struct es_repeat_record {
    uint64_t reference, original, n;
    uint32_t installation;
    uint32_t from, to;
    uint32_t snapshot; /* of `to` */
} es_repeat_record;

typedef struct es_verdict_record {
    uint32_t installation;
    uint32_t type, answer; /* indices into the declaration */
    const char *plugin;
    const uint64_t *because;
    uint64_t n_because;
    es_text explanation;
    const es_datum *fields;
    uint32_t n_fields;
} es_verdict_record;

typedef struct es_row_record {
    uint32_t installation;
    uint32_t type;
    const char *plugin;
    const es_datum *fields;
    uint32_t n_fields;
} es_row_record;

typedef struct es_note_record {
    uint32_t severity;
    uint32_t installation;
    const char *area;
    es_text text;
    bool has_where;
    es_where where;
} es_note_record;

/* What the child is about to do; so that the parent can name it when the child dies. Not kept
 * but for the last one. */
typedef struct es_step_record {
    uint32_t installation;
    const char *plugin;   /* NULL: the core itself */
    const char *artefact; /* path, or NULL */
    const char *doing;    /* "open", "examine", "judge", "read volumes" … */
} es_step_record;

typedef struct es_fence_record {
    const char *name; /* "seccomp", "landlock", "rlimit-as", "none (--no-jail)" … */
} es_fence_record;

typedef struct es_counters_record {
    uint64_t reads, bytes, container_reads, container_bytes, chunks_inflated, bytes_inflated;
} es_counters_record;

#define ES_RECORD_IMAGE 1u
#define ES_RECORD_SEGMENT 2u
#define ES_RECORD_BAD_RANGE 3u
#define ES_RECORD_DIGEST 4u
#define ES_RECORD_VOLUME 5u
#define ES_RECORD_INSTALLATION 6u
#define ES_RECORD_PLUGIN 7u
#define ES_RECORD_ARTEFACT 8u
#define ES_RECORD_FACT 9u
#define ES_RECORD_VERDICT 10u
#define ES_RECORD_ROW 11u
#define ES_RECORD_NOTE 12u
#define ES_RECORD_STEP 13u
#define ES_RECORD_FENCE 14u
#define ES_RECORD_COUNTERS 15u
#define ES_RECORD_REFUSED 16u /* the image could not be opened: `note` says why */
#define ES_RECORD_DONE 17u    /* the child finished its work */
#define ES_RECORD_SNAPSHOT 18u
#define ES_RECORD_REPEAT 19u
#define ES_RECORD_KINDS 20u

typedef struct es_record {
    uint32_t kind;
    union {
        es_image_record image;
        es_segment_record segment;
        es_bad_range_record bad_range;
        es_digest_record digest;
        es_volume_record volume;
        es_snapshot_record snapshot;
        es_installation_record installation;
        const es_plugin *plugin; /* its declaration; callbacks are ignored, NULL when read back */
        es_artefact_record artefact;
        es_fact_record fact;
        es_repeat_record repeat;
        es_verdict_record verdict;
        es_row_record row;
        es_note_record note; /* also of ES_RECORD_REFUSED */
        es_step_record step;
        es_fence_record fence;
        es_counters_record counters;
    };
} es_record;

/* ------------------------------------------------------------------ the ledger */

typedef struct es_ledger es_ledger;

/* `frame` is the record as wire.h writes it, length and all. */
typedef es_status (*es_ledger_tap)(void *context, const es_record *record, es_bytes frame);

/* `tap` (may be NULL) sees every record put after it was accepted. */
es_status es_ledger_new(es_ledger_tap tap, void *context, es_ledger **ret_ledger);
es_ledger *es_ledger_free(es_ledger *ledger);

/* Check and copy. ES_CORRUPT: the record contradicts the declarations or names things that were
 * not announced before it (plugins before their facts, installations before theirs; an artefact
 * may follow the facts that rest on it). ES_LIMIT: a cap on the number of records or bytes.
 * An artefact, installation or volume record with a known id replaces the earlier one; so does a
 * verdict of the same type and installation. */
es_status es_ledger_put(es_ledger *ledger, const es_record *record);

/* The same of a record that comes as a frame's payload (wire.h), which is decoded into the ledger
 * and nowhere else. ES_CORRUPT also when it is not a well-formed record. No tap sees it. On success
 * `ret_record` is the record as it was filed, borrowed from the ledger until the next one. */
es_status es_ledger_take(es_ledger *ledger, es_bytes payload, es_record *ret_record);

/* Order facts, rows and notes, number the facts, drop references that lead nowhere (a note says
 * so). Nothing may be put afterwards. */
es_status es_ledger_close(es_ledger *ledger);

/* ---- reading it; counts are of accepted records ---- */

const es_image_record *es_ledger_image(const es_ledger *ledger); /* NULL when none came */
const es_digest_record *es_ledger_digest(const es_ledger *ledger);
const es_note_record *es_ledger_refused(const es_ledger *ledger);
const es_step_record *es_ledger_last_step(const es_ledger *ledger);
const es_counters_record *es_ledger_counters(const es_ledger *ledger);
bool es_ledger_done(const es_ledger *ledger);

/* Whether there is room for a further fact of a plugin: some is kept for what follows from them. */
bool es_ledger_takes_facts(const es_ledger *ledger);
/* How many facts may still be repeated. */
uint64_t es_ledger_takes_repeats(const es_ledger *ledger);

size_t es_ledger_segments(const es_ledger *ledger, const es_segment_record **ret);
size_t es_ledger_bad_ranges(const es_ledger *ledger, const es_bad_range_record **ret);
size_t es_ledger_fences(const es_ledger *ledger, const es_fence_record **ret);
size_t es_ledger_volumes(const es_ledger *ledger, const es_volume_record **ret);
size_t es_ledger_snapshots(const es_ledger *ledger, const es_snapshot_record **ret);
size_t es_ledger_installations(const es_ledger *ledger, const es_installation_record **ret);
size_t es_ledger_plugins(const es_ledger *ledger, const es_plugin *const **ret);
size_t es_ledger_artefacts(const es_ledger *ledger, const es_artefact_record **ret);
size_t es_ledger_facts(const es_ledger *ledger, const es_fact_record **ret);
size_t es_ledger_verdicts(const es_ledger *ledger, const es_verdict_record **ret);
size_t es_ledger_rows(const es_ledger *ledger, const es_row_record **ret);
size_t es_ledger_notes(const es_ledger *ledger, const es_note_record **ret);

/* After close: those of one installation, which stand together. */
size_t es_ledger_verdicts_of(const es_ledger *ledger, uint32_t installation,
                             const es_verdict_record **ret);
size_t es_ledger_rows_of(const es_ledger *ledger, uint32_t installation,
                         const es_row_record **ret);

const es_plugin *es_ledger_plugin(const es_ledger *ledger, const char *name);
const es_fact_type *es_ledger_fact_type(const es_ledger *ledger, const es_fact_record *fact);
const es_verdict_type *es_ledger_verdict_type(const es_ledger *ledger,
                                              const es_verdict_record *verdict);
const es_row_type *es_ledger_row_type(const es_ledger *ledger, const es_row_record *row);
const es_volume_record *es_ledger_volume(const es_ledger *ledger, uint32_t id);
const es_installation_record *es_ledger_installation(const es_ledger *ledger, uint32_t id);
const es_artefact_record *es_ledger_artefact(const es_ledger *ledger, uint32_t id);

/* After close: the number N of "fN" for a reference, 0 if there is no such fact; and the fact. */
uint64_t es_ledger_fact_number(const es_ledger *ledger, uint64_t reference);
const es_fact_record *es_ledger_fact_by_number(const es_ledger *ledger, uint64_t number);

/* Status 1 is due: a gap or error note, a bad range, or an analysis that did not finish. */
bool es_ledger_has_gaps(const es_ledger *ledger);

#endif
