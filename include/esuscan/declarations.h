/* SPDX-License-Identifier: Apache-2.0
 *
 * declarations.h: what a plugin wants, and what it may say. Part of plugin.h, which includes it.
 *
 * Ownership: all of it is constant data of the plugin, read by the host as long as it is loaded.
 * Every struct sets `size = sizeof(struct)`. Threading: any.
 */
#ifndef ESUSCAN_DECLARATIONS_H
#define ESUSCAN_DECLARATIONS_H

#include <esuscan/types.h>

#ifdef __cplusplus
extern "C" {
#endif

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
 * match within a component, and then every match is an artefact of its own. One on demand may have
 * them in its last component only. For executables
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

#ifdef __cplusplus
}
#endif

#endif
