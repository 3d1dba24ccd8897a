/* SPDX-License-Identifier: Apache-2.0
 *
 * lnk.c: see lnk.h. The only file that knows liblnk. Format: [MS-SHLLINK].
 */
#include "windows/lnk.h"

#include "base/text.h"
#include "base/time.h"
#include "evidence/bfio.h"
#include "windows/limits.h"

#include <esuscan/bytes.h>
#include <liblnk.h>
#include <stdio.h>

#define HEADER_SIZE 76u
#define FLAGS_AT 20u
#define HAS_ITEMS 0x01u
#define HAS_LOCATION 0x02u
#define HAS_STRINGS 0x7cu /* five of them, in the order of their bits */
#define UNICODE 0x80u
#define LOCATION_MIN 28u
#define LOCATION_FLAGS_AT 8u
#define ON_A_VOLUME 1u

static const uint8_t begins[20] = { 0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0, 0, 0,
                                    0,    0, 0xc0, 0, 0,    0,    0,    0, 0, 0x46 };

/* ------------------------------------------------------------------ measured before it is read */

typedef struct parts {
    uint64_t size;  /* of those that hold together */
    uint32_t flags; /* which those are */
    uint64_t items_end, location_end;
    bool local; /* its location is one on a volume of this machine */
    bool cut;
} parts;

/* Move on by a part of `size` bytes; false when it is not all there. */
static bool pass(es_cursor *from, uint64_t size, parts *to)
{
    es_cursor_skip(from, size);
    if (es_cursor_failed(from)) {
        to->cut = true;
        return false;
    }
    to->size = from->at;
    return true;
}

static bool pass_location(es_cursor *from, parts *to)
{
    es_cursor look = *from;
    uint32_t size = es_cursor_u32(&look), flags;

    es_cursor_skip(&look, LOCATION_FLAGS_AT - 4);
    flags = es_cursor_u32(&look);
    if (es_cursor_failed(&look) || size < LOCATION_MIN) {
        to->cut = true;
        return false;
    }
    if (!pass(from, size, to))
        return false;
    to->local = flags & ON_A_VOLUME;
    return true;
}

static bool pass_string(es_cursor *from, bool unicode, parts *to)
{
    uint64_t n = es_cursor_u16(from);

    return pass(from, unicode ? 2 * n : n, to);
}

/* Data blocks up to the empty one that ends them; Windows reads one without it too. */
static void pass_blocks(es_cursor *from, parts *to)
{
    for (uint32_t i = 0; i < ES_LNK_BLOCKS_MAX && es_cursor_left(from) >= 4; i++) {
        es_cursor look = *from;
        uint32_t size = es_cursor_u32(&look);

        if (size < 4)
            return;
        if (size < 8) {
            to->cut = true;
            return;
        }
        if (!pass(from, size, to))
            return;
    }
}

/* Less of it, for when the library does not take it all; false when nothing is left to leave out. */
static bool lessen(parts *of)
{
    uint32_t flags = of->flags & ~HAS_STRINGS;

    of->cut = true;
    if (of->size > of->location_end) {
        of->size = of->location_end;
        of->flags = flags;
        return true;
    }
    if (of->flags & HAS_LOCATION) {
        of->size = of->items_end;
        of->flags = flags & ~HAS_LOCATION;
        of->local = false;
        return true;
    }
    return false;
}

static parts measure(es_bytes bytes)
{
    es_cursor from = es_cursor_make(bytes);
    parts all = { .size = HEADER_SIZE };
    uint32_t flags;

    es_cursor_skip(&from, FLAGS_AT);
    flags = es_cursor_u32(&from);
    es_cursor_seek(&from, HEADER_SIZE);
    all.flags = flags & ~(HAS_ITEMS | HAS_LOCATION | HAS_STRINGS);
    if (flags & HAS_ITEMS) {
        if (!pass(&from, es_cursor_u16(&from), &all))
            return all;
        all.flags |= HAS_ITEMS;
    }
    all.items_end = all.location_end = all.size;
    if (flags & HAS_LOCATION) {
        if (!pass_location(&from, &all))
            return all;
        all.flags |= HAS_LOCATION;
        all.location_end = all.size;
    }
    for (uint32_t bit = 0x04; bit & HAS_STRINGS; bit <<= 1) {
        if (!(flags & bit))
            continue;
        if (!pass_string(&from, flags & UNICODE, &all))
            return all;
        all.flags |= bit;
    }
    pass_blocks(&from, &all);
    return all;
}

/* ------------------------------------------------------------------ read */

typedef struct reading {
    es_bytes bytes;
    es_arena *arena;
    libbfio_handle_t *door;
    liblnk_file_t *file;
    es_lnk *to;
} reading;

static es_status read_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    const es_bytes *bytes = context;
    uint64_t left = offset < bytes->size ? bytes->size - offset : 0;
    uint64_t there = size < left ? size : left;

    if (there)
        memcpy(buffer, bytes->data + offset, (size_t)there);
    if (there < size)
        memset((uint8_t *)buffer + there, 0, (size_t)(size - there));
    *ret_damaged = false;
    return ES_OK;
}

static es_status open_file(reading *now)
{
    if (es_bfio_new(read_bytes, &now->bytes, now->bytes.size, NULL, &now->door) != ES_OK ||
        liblnk_file_initialize(&now->file, NULL) != 1)
        return ES_NOMEM;
    if (liblnk_file_set_ascii_codepage(now->file, LIBLNK_CODEPAGE_ASCII, NULL) != 1)
        return ES_BUG;
    return liblnk_file_open_file_io_handle(now->file, now->door, LIBLNK_OPEN_READ, NULL) == 1
               ? ES_OK
               : ES_CORRUPT;
}

static void close_file(reading *now)
{
    if (now->file) {
        liblnk_file_close(now->file, NULL);
        liblnk_file_free(&now->file, NULL);
    }
    if (now->door)
        libbfio_handle_free(&now->door, NULL);
}

typedef int (*size_call)(liblnk_file_t *file, size_t *size, liblnk_error_t **error);
typedef int (*text_call)(liblnk_file_t *file, uint8_t *text, size_t size, liblnk_error_t **error);

/* A text; "" when there is none, or it cannot be read. */
static es_status take_text(reading *now, size_call size_of, text_call text_of, es_text *ret)
{
    size_t size = 0;
    uint8_t *bytes;
    union {
        const uint8_t *bytes;
        const char *text;
    } as;
    int found = size_of(now->file, &size, NULL);

    if (found != 1 || !size || size > ES_LNK_TEXT_MAX) {
        now->to->cut |= found < 0 || size > ES_LNK_TEXT_MAX;
        return ES_OK;
    }
    bytes = es_arena_take(now->arena, size + 1);
    if (!bytes)
        return ES_LIMIT;
    if (text_of(now->file, bytes, size, NULL) != 1) {
        now->to->cut = true;
        return ES_OK;
    }
    as.bytes = bytes;
    return es_text_repair(now->arena, (es_text){ as.text, strlen(as.text) }, ret) == ES_OK
               ? ES_OK
               : ES_LIMIT;
}

typedef int (*guid_call)(liblnk_file_t *file, uint8_t *guid, size_t size, liblnk_error_t **error);

static es_status take_guid(reading *now, guid_call guid_of, uint8_t guid[16], es_text *ret)
{
    char spelt[37];
    char *kept;

    if (guid_of(now->file, guid, 16, NULL) != 1)
        return ES_OK;
    es_text_guid(guid, spelt);
    kept = es_arena_format(now->arena, "{%s}", spelt);
    if (!kept)
        return ES_LIMIT;
    *ret = es_text_of(kept);
    return ES_OK;
}

/* A GUID of version 1 ends in the address of the adapter it was made with, unless the first byte
 * says that the address was thrown (RFC 4122, 4.1.6 and 4.5). */
static es_status take_adapter(reading *now, const uint8_t guid[16])
{
    char *kept;

    if (guid[7] >> 4 != 1 || (guid[8] & 0xc0) != 0x80 || (guid[10] & 1))
        return ES_OK;
    kept = es_arena_format(now->arena, "%02x:%02x:%02x:%02x:%02x:%02x", guid[10], guid[11],
                           guid[12], guid[13], guid[14], guid[15]);
    if (!kept)
        return ES_LIMIT;
    now->to->adapter = es_text_of(kept);
    return ES_OK;
}

static es_status take_tracking(reading *now)
{
    uint8_t guid[16] = { 0 };
    es_status status;

    if (liblnk_file_has_distributed_link_tracking_data(now->file, NULL) != 1)
        return ES_OK;
    status = take_text(now, liblnk_file_get_utf8_machine_identifier_size,
                       liblnk_file_get_utf8_machine_identifier, &now->to->machine);
    if (status == ES_OK)
        status = take_guid(now, liblnk_file_get_droid_volume_identifier, guid,
                           &now->to->volume_id);
    if (status == ES_OK)
        status = take_guid(now, liblnk_file_get_droid_file_identifier, guid, &now->to->file_id);
    return status == ES_OK && now->to->file_id.size ? take_adapter(now, guid) : status;
}

static es_status take_items(reading *now)
{
    size_t size = 0;
    uint8_t *items;

    if (liblnk_file_get_link_target_identifier_data_size(now->file, &size, NULL) != 1 || !size ||
        size > UINT16_MAX)
        return ES_OK;
    items = es_arena_take(now->arena, size);
    if (!items)
        return ES_LIMIT;
    if (liblnk_file_copy_link_target_identifier_data(now->file, items, size, NULL) == 1)
        now->to->items = (es_bytes){ items, size };
    return ES_OK;
}

static void take_times(reading *now)
{
    uint64_t created = 0, modified = 0, accessed = 0;

    if (liblnk_file_get_file_creation_time(now->file, &created, NULL) == 1)
        now->to->created = es_time_from_filetime(created);
    if (liblnk_file_get_file_modification_time(now->file, &modified, NULL) == 1)
        now->to->modified = es_time_from_filetime(modified);
    if (liblnk_file_get_file_access_time(now->file, &accessed, NULL) == 1)
        now->to->accessed = es_time_from_filetime(accessed);
}

static es_status take_all(reading *now, bool local)
{
    es_lnk *to = now->to;
    es_status status;

    take_times(now);
    to->has_volume = local &&
                     liblnk_file_get_drive_type(now->file, &to->drive_type, NULL) == 1 &&
                     liblnk_file_get_drive_serial_number(now->file, &to->volume_serial, NULL) == 1;
    status = take_text(now, liblnk_file_get_utf8_volume_label_size,
                       liblnk_file_get_utf8_volume_label, &to->volume_label);
    if (status == ES_OK)
        status = take_text(now, liblnk_file_get_utf8_local_path_size,
                           liblnk_file_get_utf8_local_path, &to->local_path);
    if (status == ES_OK)
        status = take_text(now, liblnk_file_get_utf8_network_path_size,
                           liblnk_file_get_utf8_network_path, &to->network_path);
    if (status == ES_OK)
        status = take_tracking(now);
    return status == ES_OK ? take_items(now) : status;
}

/* The first `size` bytes, with these flags instead of those they have. */
static es_status with_flags(es_bytes bytes, const parts *found, es_arena *arena, es_bytes *ret)
{
    uint8_t *copy = es_arena_take(arena, found->size);

    if (!copy)
        return ES_LIMIT;
    memcpy(copy, bytes.data, (size_t)found->size);
    for (int i = 0; i < 4; i++)
        copy[FLAGS_AT + i] = (uint8_t)(found->flags >> 8 * i);
    *ret = (es_bytes){ copy, found->size };
    return ES_OK;
}

/* One try: ES_CORRUPT when the library refuses it. */
static es_status read_parts(es_bytes bytes, const parts *found, es_arena *arena, es_lnk *ret)
{
    es_lnk made = { .cut = found->cut };
    reading now = { .bytes = bytes, .arena = arena, .to = &made };
    es_status status = found->cut ? with_flags(bytes, found, arena, &now.bytes) : ES_OK;

    if (status == ES_OK)
        status = open_file(&now);
    if (status == ES_OK)
        status = take_all(&now, found->local);
    close_file(&now);
    if (status == ES_OK)
        *ret = made;
    return status;
}

es_status es_lnk_read(es_bytes bytes, es_arena *arena, es_lnk *ret_lnk)
{
    parts found;
    es_status status;

    if (bytes.size > ES_LNK_SIZE_MAX)
        return ES_LIMIT;
    if (bytes.size < HEADER_SIZE || memcmp(bytes.data, begins, sizeof begins) != 0)
        return ES_CORRUPT;
    found = measure(bytes);
    do {
        status = read_parts(bytes, &found, arena, ret_lnk);
    } while (status == ES_CORRUPT && lessen(&found));
    return status;
}
