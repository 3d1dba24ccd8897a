/* SPDX-License-Identifier: Apache-2.0
 *
 * media.h: traces of removable media, as media.c finds and judge.c joins them.
 *
 * Every source says a part: the device, the letter it had, who looked at it. All traces have the
 * same fields, so that they can be laid beside each other; their types differ in what their time
 * means, for a time is only as strong as its source.
 */
#ifndef MEDIA_H
#define MEDIA_H

#include <esuscan/names.h>
#include <esuscan/plugin.h>

enum {
    MEDIA_DEVICE,    /* Enum\USBSTOR */
    MEDIA_USB,       /* Enum\USB */
    MEDIA_LETTER,    /* MountedDevices */
    MEDIA_ARRIVAL,   /* DeviceClasses */
    MEDIA_PORTABLE,  /* Windows Portable Devices */
    MEDIA_READYBOOST,/* EMDMgmt */
    MEDIA_USER,      /* MountPoints2 of a user */
    MEDIA_PLACE,     /* where was looked */
    MEDIA_SHORTCUT,  /* a shortcut to a file on a removable volume */
    MEDIA_RECENT,    /* RecentDocs of a user, tied to such a shortcut */
    MEDIA_FOLDER,    /* BagMRU of a user: a folder on a removable volume */
    MEDIA_N_TYPES
};

/* Fields of a trace, in the order in which they are declared. */
enum {
    TRACE_SERIAL, TRACE_OWN_SERIAL, TRACE_VENDOR, TRACE_PRODUCT, TRACE_REVISION, TRACE_NAME,
    TRACE_MOUNT, TRACE_VOLUME, TRACE_LABEL, TRACE_VOLUME_SERIAL, TRACE_USER, TRACE_N_FIELDS
};

/* Behind these, what only one kind of trace has. */
enum {
    SHORTCUT_PATH = TRACE_N_FIELDS, SHORTCUT_DRIVE, SHORTCUT_MADE, SHORTCUT_TARGET_CREATED,
    SHORTCUT_TARGET_WRITTEN, SHORTCUT_TARGET_ACCESSED, SHORTCUT_MACHINE, SHORTCUT_VOLUME_ID,
    SHORTCUT_FILE_ID, SHORTCUT_ADAPTER, SHORTCUT_N_FIELDS
};
enum {
    RECENT_PATH = TRACE_N_FIELDS, RECENT_DOCUMENT, RECENT_SHORTCUT, RECENT_LIST, RECENT_POSITION,
    RECENT_N_FIELDS
};
enum {
    FOLDER_PATH = TRACE_N_FIELDS, FOLDER_POSITION, FOLDER_CREATED, FOLDER_WRITTEN, FOLDER_ACCESSED,
    FOLDER_N_FIELDS
};

extern const es_fact_type media_facts[];

/* A device as its strings name it: "USBSTOR#Disk&Ven_X&Prod_Y&Rev_Z#SERIAL&0#{…}tail". */
typedef struct media_name {
    es_text vendor, product, revision;
    es_text instance; /* "SERIAL&0" */
    es_text tail;     /* behind the GUID */
} media_name;

/* What one artefact of a state tells about the next: which volumes are removable. */
typedef struct media_link {
    char *user, *name; /* of a shortcut in a list of recent documents */
    char *path, *label;
    char mount[3];
    uint32_t serial;
} media_link;

typedef struct media_state {
    uint32_t *serials; /* of volumes of known devices */
    uint32_t n_serials;
    char (*guids)[39]; /* of volumes of known devices */
    uint32_t n_guids;
    uint8_t letters[26]; /* that a removable volume had */
    media_link *links;
    uint32_t n_links;
    int full; /* there were more than are remembered */
} media_state;

/* state.c; memory of its own, for the host's goes when a callback returns */
es_status media_begin(const es_host *host, const es_installation *installation, void **ret_state);
void media_end(void *state, const es_host *host);
es_status media_know_serial(media_state *state, uint32_t serial);
es_status media_know_guid(media_state *state, es_text guid);
void media_know_letter(media_state *state, es_text mount);
es_status media_know_link(media_state *state, const es_text texts[4], es_text mount,
                          uint32_t serial);
int media_serial_known(const media_state *state, uint32_t serial);
int media_guid_known(const media_state *state, es_text guid);
int media_letter_known(const media_state *state, es_text mount);
const media_link *media_link_of(const media_state *state, es_text user, es_text name);

/* media.c */
void media_trace(const media_name *name, es_datum fields[TRACE_N_FIELDS]);
es_text media_user(es_text path); /* "bob" of "Users/bob/…" */
es_text media_serial_text(uint32_t serial, char text[9]); /* "1A2B-3C4D" */
int media_mount(es_text path, es_text *ret); /* "E:" of "E:\…" */

/* shortcuts.c */
es_status media_shortcuts(media_state *state, const es_host *host, const es_artefact *folder,
                          int recent);
/* views.c */
es_status media_recent(const media_state *state, const es_host *host, const es_artefact *hive);
es_status media_views(const media_state *state, const es_host *host, const es_artefact *hive,
                      const char *key);

/* names.c */
int media_name_parse(es_text text, media_name *ret);
int media_class_parse(es_text text, media_name *ret); /* "Disk&Ven_X&Prod_Y&Rev_Z" */
es_text media_serial(es_text instance);               /* without "&0" */
int media_own_serial(es_text instance);               /* Windows makes "7&2c…" when there is none */
int media_guid(es_text text, es_text *ret);           /* the first "{…}" of 38 characters */

es_status media_judge(void *state, const es_host *host, const es_installation *installation,
                      const es_question *question);

#endif
