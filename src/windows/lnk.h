/* SPDX-License-Identifier: Apache-2.0
 *
 * lnk.h: shortcuts (.lnk): the target they name, the volume it was on, and its times.
 *
 * liblnk reads them. Version 20181227 believes the sizes it finds, so the parts of a shortcut are
 * measured first ([MS-SHLLINK] 2) and it is handed those that lie inside, with the header stating
 * no others: of a shortcut that is cut or damaged behind its volume the volume is still told.
 *
 * Text that is not Unicode is in a code page which the shortcut does not name: what is not ASCII in
 * it becomes U+FFFD.
 *
 * Ownership: what is read lives in the arena. Threading: as the arena.
 */
#ifndef ES_WINDOWS_LNK_H
#define ES_WINDOWS_LNK_H

#include "base/arena.h"
#include <stdbool.h>

typedef struct es_lnk {
    bool cut; /* a part of it is missing or does not hold together; the others were read */
    bool has_volume;
    uint32_t drive_type, volume_serial; /* DRIVE_… of GetDriveType */
    es_text volume_label, local_path, network_path;
    es_text machine;
    es_text volume_id, file_id; /* "{…}" for link tracking */
    es_text adapter;            /* "00:0c:29:…" that file_id was made of */
    es_time created, modified, accessed; /* of the target */
    es_bytes items; /* the target as a shell item list */
} es_lnk;

/* ES_CORRUPT: no shortcut, or nothing of it can be read. ES_LIMIT: larger than is read. */
es_status es_lnk_read(es_bytes bytes, es_arena *arena, es_lnk *ret_lnk);

#endif
