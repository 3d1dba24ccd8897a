/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_item.c: see shell_item.h. The only file that knows libfwsi.
 */
#include "windows/shell_item.h"

#include "base/text.h"
#include "base/time.h"
#include "windows/limits.h"

#include <esuscan/bytes.h>
#include <libfwsi.h>
#include <stdbool.h>

/* Storage of a portable device: its signature, where the number of characters of its name stands,
 * and where the name begins. */
#define DEVICE_SIGNATURE 0x10312005u
#define SIGNATURE_AT 6u
#define NAME_SIZE_AT 38u
#define NAME_AT 54u
/* The extension block that holds the long name and the times of a file. */
#define FILE_EXTENSION 0xbeef0004u
#define EXTENSIONS_MAX 16

typedef struct reading {
    es_arena *arena;
    libfwsi_item_t *item;
    es_shell_item *to;
} reading;

static es_time fat_time(uint32_t both)
{
    return es_time_from_fat((uint16_t)(both & 0xffff), (uint16_t)(both >> 16));
}

static es_status keep(es_arena *arena, const uint8_t *bytes, es_text *ret)
{
    union {
        const uint8_t *bytes;
        const char *text;
    } as = { bytes };

    return es_text_repair(arena, (es_text){ as.text, strlen(as.text) }, ret) == ES_OK ? ES_OK
                                                                                      : ES_LIMIT;
}

typedef int (*size_call)(libfwsi_item_t *item, size_t *size, libfwsi_error_t **error);
typedef int (*text_call)(libfwsi_item_t *item, uint8_t *text, size_t size,
                         libfwsi_error_t **error);

static es_status take_name(reading *now, size_call size_of, text_call text_of)
{
    size_t size = 0;
    uint8_t *bytes;

    if (size_of(now->item, &size, NULL) != 1 || !size || size > ES_LNK_TEXT_MAX)
        return ES_OK;
    bytes = es_arena_take(now->arena, size + 1);
    if (!bytes)
        return ES_LIMIT;
    return text_of(now->item, bytes, size, NULL) == 1 ? keep(now->arena, bytes, &now->to->name)
                                                      : ES_OK;
}

typedef int (*guid_call)(libfwsi_item_t *item, uint8_t *guid, size_t size,
                         libfwsi_error_t **error);

static es_status take_guid(reading *now, guid_call guid_of)
{
    uint8_t guid[16];
    char spelt[37];
    char *kept;

    if (guid_of(now->item, guid, sizeof guid, NULL) != 1)
        return ES_OK;
    es_text_guid(guid, spelt);
    kept = es_arena_format(now->arena, "{%s}", spelt);
    if (!kept)
        return ES_LIMIT;
    now->to->guid = es_text_of(kept);
    return ES_OK;
}

/* ------------------------------------------------------------------ files */

static es_status take_long_name(reading *now, libfwsi_extension_block_t *block)
{
    size_t size = 0;
    uint8_t *bytes;

    if (libfwsi_file_entry_extension_get_utf8_long_name_size(block, &size, NULL) != 1 ||
        size < 2 || size > ES_LNK_TEXT_MAX)
        return ES_OK;
    bytes = es_arena_take(now->arena, size + 1);
    if (!bytes)
        return ES_LIMIT;
    return libfwsi_file_entry_extension_get_utf8_long_name(block, bytes, size, NULL) == 1
               ? keep(now->arena, bytes, &now->to->name)
               : ES_OK;
}

static es_status take_extension(reading *now, int index)
{
    libfwsi_extension_block_t *block = NULL;
    uint32_t signature = 0, time = 0;
    es_status status = ES_OK;

    if (libfwsi_item_get_extension_block(now->item, index, &block, NULL) != 1)
        return ES_OK;
    if (libfwsi_extension_block_get_signature(block, &signature, NULL) == 1 &&
        signature == FILE_EXTENSION) {
        if (libfwsi_file_entry_extension_get_creation_time(block, &time, NULL) == 1)
            now->to->created = fat_time(time);
        if (libfwsi_file_entry_extension_get_access_time(block, &time, NULL) == 1)
            now->to->accessed = fat_time(time);
        status = take_long_name(now, block);
    }
    libfwsi_extension_block_free(&block, NULL);
    return status;
}

static es_status take_file(reading *now)
{
    uint32_t time = 0;
    int n = 0;
    es_status status = take_name(now, libfwsi_file_entry_get_utf8_name_size,
                                 libfwsi_file_entry_get_utf8_name);

    if (libfwsi_file_entry_get_modification_time(now->item, &time, NULL) == 1)
        now->to->modified = fat_time(time);
    if (libfwsi_item_get_number_of_extension_blocks(now->item, &n, NULL) != 1)
        n = 0;
    for (int i = 0; i < n && i < EXTENSIONS_MAX && status == ES_OK; i++)
        status = take_extension(now, i);
    return status;
}

/* ------------------------------------------------------------------ any item */

/* An item with a name has that instead of a GUID. */
static es_status take_volume(reading *now, uint8_t class_type)
{
    return class_type & 1 ? take_name(now, libfwsi_volume_get_utf8_name_size,
                                      libfwsi_volume_get_utf8_name)
                          : take_guid(now, libfwsi_volume_get_identifier);
}

static es_status take_known(reading *now, uint8_t class_type)
{
    int type = 0;

    if (libfwsi_item_get_type(now->item, &type, NULL) != 1)
        return ES_OK;
    switch (type) {
    case LIBFWSI_ITEM_TYPE_ROOT_FOLDER:
        now->to->kind = ES_ITEM_ROOT;
        return take_guid(now, libfwsi_root_folder_get_shell_folder_identifier);
    case LIBFWSI_ITEM_TYPE_VOLUME:
        now->to->kind = ES_ITEM_VOLUME;
        return take_volume(now, class_type);
    case LIBFWSI_ITEM_TYPE_FILE_ENTRY:
        now->to->kind = ES_ITEM_FILE;
        return take_file(now);
    default:
        return ES_OK;
    }
}

static es_status take_device(reading *now, es_bytes item)
{
    es_cursor from = es_cursor_make(item);
    es_bytes name;
    uint64_t n;

    es_cursor_seek(&from, NAME_SIZE_AT);
    n = es_cursor_u32(&from);
    name = es_cursor_slice(&from, NAME_AT, 2 * n);
    if (es_cursor_failed(&from) || !n)
        return ES_OK;
    now->to->kind = ES_ITEM_DEVICE;
    name.size -= 2; /* its NUL */
    return es_text_from_utf16le(now->arena, name, &now->to->name) == ES_OK ? ES_OK : ES_LIMIT;
}

static bool is_device(es_bytes item)
{
    es_cursor from = es_cursor_make(item);

    es_cursor_seek(&from, SIGNATURE_AT);
    return es_cursor_u32(&from) == DEVICE_SIGNATURE;
}

/* One item, its two bytes of size included. Of one that libfwsi does not understand nothing is told
 * but that it is there. */
static es_status take_item(es_bytes item, es_arena *arena, es_shell_item *ret)
{
    reading now = { .arena = arena, .to = ret };
    uint8_t class_type = item.size > 2 ? item.data[2] : 0;
    es_status status = ES_OK;

    *ret = (es_shell_item){ .size = sizeof *ret };
    if (is_device(item))
        return take_device(&now, item);
    if (class_type != 0x1f && (class_type & 0x70) != 0x20 && (class_type & 0x70) != 0x30)
        return ES_OK;
    if (libfwsi_item_initialize(&now.item, NULL) != 1)
        return ES_NOMEM;
    if (libfwsi_item_copy_from_byte_stream(now.item, item.data, (size_t)item.size,
                                           LIBFWSI_CODEPAGE_ASCII, NULL) == 1)
        status = take_known(&now, class_type);
    libfwsi_item_free(&now.item, NULL);
    return status;
}

/* An item is at least its size, its kind and what ends it. */
#define ITEM_MIN 4u

/* The next item, its size included; ES_END behind the last. */
static es_status next_item(es_cursor *from, es_bytes *ret)
{
    es_cursor look = *from;
    uint16_t size = es_cursor_u16(&look);

    /* What ends a list is there in most of them, but not in one value of the registry. */
    if (es_cursor_left(from) < 2 || size == 0)
        return ES_END;
    *ret = es_cursor_take(from, size);
    return es_cursor_failed(from) || size < ITEM_MIN ? ES_CORRUPT : ES_OK;
}

static uint32_t count(es_bytes list)
{
    es_cursor from = es_cursor_make(list);
    es_bytes item;
    uint32_t n = 0;

    while (n < ES_SHELL_ITEMS_MAX && next_item(&from, &item) == ES_OK)
        n++;
    return n;
}

es_status es_shell_items_read(es_bytes list, es_arena *arena, const es_shell_item **ret_items,
                              uint32_t *ret_n)
{
    es_cursor from = es_cursor_make(list);
    uint32_t n = count(list);
    es_shell_item *items = es_arena_take(arena, n * sizeof *items + 1);
    es_status status = items ? ES_OK : ES_LIMIT;
    es_bytes item;

    for (uint32_t i = 0; i < n && status == ES_OK; i++) {
        status = next_item(&from, &item); /* it was counted: it is there */
        if (status == ES_OK)
            status = take_item(item, arena, &items[i]);
    }
    if (status != ES_OK)
        return status;
    *ret_items = items;
    *ret_n = n;
    status = next_item(&from, &item);
    return status == ES_END ? ES_OK : status == ES_OK ? ES_LIMIT : status;
}
