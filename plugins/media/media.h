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
    MEDIA_N_TYPES
};

/* Fields of a trace, in the order in which they are declared. */
enum {
    TRACE_SERIAL, TRACE_OWN_SERIAL, TRACE_VENDOR, TRACE_PRODUCT, TRACE_REVISION, TRACE_NAME,
    TRACE_MOUNT, TRACE_VOLUME, TRACE_LABEL, TRACE_VOLUME_SERIAL, TRACE_USER, TRACE_N_FIELDS
};

extern const es_fact_type media_facts[];

/* A device as its strings name it: "USBSTOR#Disk&Ven_X&Prod_Y&Rev_Z#SERIAL&0#{…}tail". */
typedef struct media_name {
    es_text vendor, product, revision;
    es_text instance; /* "SERIAL&0" */
    es_text tail;     /* behind the GUID */
} media_name;

/* names.c */
int media_name_parse(es_text text, media_name *ret);
int media_class_parse(es_text text, media_name *ret); /* "Disk&Ven_X&Prod_Y&Rev_Z" */
es_text media_serial(es_text instance);               /* without "&0" */
int media_own_serial(es_text instance);               /* Windows makes "7&2c…" when there is none */
int media_guid(es_text text, es_text *ret);           /* the first "{…}" of 38 characters */

es_status media_judge(void *state, const es_host *host, const es_installation *installation,
                      const es_question *question);

#endif
