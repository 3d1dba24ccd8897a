/* SPDX-License-Identifier: Apache-2.0
 *
 * note.h: something met on the way, in words for the examiner.
 *
 * A note is made once, at a door (opening an image, a filesystem, a hive, a plugin), by the code
 * that knows which thing it was doing to which object; inner code returns an es_status only. The
 * text is kept in the note itself, cut at the cap, so that a note can always be made.
 */
#ifndef ES_BASE_NOTE_H
#define ES_BASE_NOTE_H

#include <esuscan/types.h>

#define ES_NOTE_TEXT_MAX 1024
#define ES_NOTE_AREA_MAX 32

#define ES_SEVERITY_INFO 0u  /* worth knowing; nothing is missing because of it */
#define ES_SEVERITY_GAP 1u   /* something damaged, locked or unsupported: exit status 1 */
#define ES_SEVERITY_ERROR 2u /* something failed that should not have: exit status 1 */

typedef struct es_note {
    uint32_t severity;
    char area[ES_NOTE_AREA_MAX]; /* "image", "volume", "filesystem", "hive", "plugin" … */
    char text[ES_NOTE_TEXT_MAX]; /* UTF-8, NUL-terminated, one or more sentences */
} es_note;

/* Fill a note; printf-like, cut at a character boundary. `note` may be NULL. Evidence text may be
 * an argument, never the format. */
void es_note_set(es_note *note, uint32_t severity, const char *area, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

const char *es_severity_name(uint32_t severity);

#endif
