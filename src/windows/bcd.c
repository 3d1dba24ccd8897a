/* SPDX-License-Identifier: Apache-2.0
 *
 * bcd.c: see bcd.h.
 *
 * Settings may stand in the entry itself or in objects it inherits from (14000006); the entry's own
 * win, then the first inherited object that states one. What is followed is bounded by a count, so
 * objects that inherit from each other end.
 */
#include "windows/bcd.h"

#include "base/text.h"
#include "windows/limits.h"

#include <esuscan/bytes.h>
#include <esuscan/names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOADER_TYPE 0x10200003u
#define BOOTMGR "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"

/* Element types (Microsoft, "BCD reference"). */
#define APPLICATION_DEVICE "11000001"
#define APPLICATION_PATH "12000002"
#define DESCRIPTION "12000004"
#define LOAD_OPTIONS "12000030"
#define INHERIT "14000006"
#define DEBUGGER "16000010"
#define NO_INTEGRITY "16000048"
#define TEST_SIGNING "16000049"
#define OS_DEVICE "21000001"
#define SYSTEM_ROOT "22000002"
#define KERNEL_PATH "22000011"
#define HAL_PATH "22000012"
#define DEFAULT_OBJECT "23000003"
#define DISPLAY_ORDER "24000001"
#define NX_POLICY "25000020"
#define PAE_POLICY "25000021"
#define KERNEL_DEBUGGER "260000a0"

struct es_boots {
    es_boot *items;
    size_t n;
};

/* An object and those it inherits from, in order of precedence. */
typedef struct chain {
    es_hive *store;
    es_hive_key objects;
    es_hive_key elements[ES_BOOT_INHERIT_MAX];
    unsigned n;
    bool inherited; /* set when a value came from another object than the first */
    es_status failed; /* ours, met on the way: what it kept back is not absent */
} chain;

es_boots *es_boots_free(es_boots *boots)
{
    if (boots) {
        free(boots->items);
        free(boots);
    }
    return NULL;
}

size_t es_boots_count(const es_boots *boots)
{
    return boots->n;
}

const es_boot *es_boots_at(const es_boots *boots, size_t index)
{
    return &boots->items[index];
}

/* The data of Elements\TYPE\Element below one object. The caller frees. */
static es_status element_of(es_hive *store, es_hive_key elements, const char *type,
                            uint8_t **ret_data, uint64_t *ret_size)
{
    es_hive_key key;
    es_hive_value value;
    uint32_t value_type;
    es_status status = es_hive_find(store, elements, type, &key);

    if (status == ES_OK)
        status = es_hive_value_find(store, key, "Element", &value);
    if (status == ES_OK)
        status = es_hive_value_data(store, value, &value_type, ret_data, ret_size, NULL, NULL);
    return status;
}

static es_status element(chain *from, const char *type, uint8_t **ret_data, uint64_t *ret_size)
{
    for (unsigned i = 0; i < from->n; i++) {
        es_status status = element_of(from->store, from->elements[i], type, ret_data, ret_size);

        if (status == ES_ABSENT)
            continue;
        if (status == ES_OK && i > 0)
            from->inherited = true;
        if (status < 0)
            from->failed = status;
        return status;
    }
    return ES_ABSENT;
}

static es_status elements_key(es_hive *store, es_hive_key objects, const char *object,
                              es_hive_key *ret_key)
{
    char path[80];

    if (snprintf(path, sizeof path, "%s\\Elements", object) >= (int)sizeof path)
        return ES_CORRUPT;
    return es_hive_find(store, objects, path, ret_key);
}

/* UTF-16 text into a fixed buffer; "" when it is none, or does not fit. */
static es_status text_into(es_bytes utf16, char *out, size_t size)
{
    char *text = NULL;
    es_status status = es_utf8_from_utf16le(utf16, &text);

    out[0] = '\0';
    if (status == ES_OK && strlen(text) < size)
        memcpy(out, text, strlen(text) + 1);
    free(text);
    return status < 0 ? status : ES_OK;
}

static void text_element(chain *from, const char *type, char *out, size_t size)
{
    uint8_t *data = NULL;
    uint64_t n;

    out[0] = '\0';
    if (element(from, type, &data, &n) == ES_OK &&
        text_into((es_bytes){ data, n }, out, size) != ES_OK)
        from->failed = ES_NOMEM;
    free(data);
}

/* Integers are stored in 8 bytes, booleans in 1 (some stores: 8). */
static int32_t number_element(chain *from, const char *type)
{
    uint8_t *data = NULL;
    uint64_t n, value = 0;
    int32_t result = -1;

    if (element(from, type, &data, &n) == ES_OK && n >= 1 && n <= 8) {
        for (uint64_t i = n; i-- > 0;)
            value = value << 8 | data[i];
        result = value > INT32_MAX ? INT32_MAX : (int32_t)value;
    }
    free(data);
    return result;
}

/* Device element: 16 bytes of an object id; u32 type (5 boot, 6 partition), u32 flags, u32 size,
 * u32 0; for a partition at 0x20 the u64 offset (MBR) or the partition's GUID (GPT), at 0x34 u32
 * style (1 MBR, 0 GPT), at 0x38 the disk's u32 signature or GUID. */
static void parse_device(es_bytes data, es_boot_device *device)
{
    es_cursor cursor = es_cursor_make(data);
    es_bytes partition, disk;
    uint32_t type, style;

    es_cursor_skip(&cursor, 16);
    type = es_cursor_u32(&cursor);
    if (es_cursor_failed(&cursor)) {
        device->kind = ES_BOOT_DEVICE_OTHER;
        return;
    }
    if (type == 5) {
        device->kind = ES_BOOT_DEVICE_BOOT;
        return;
    }
    device->kind = ES_BOOT_DEVICE_OTHER;
    es_cursor_seek(&cursor, 0x34);
    style = es_cursor_u32(&cursor);
    partition = es_cursor_slice(&cursor, 0x20, 16);
    disk = es_cursor_slice(&cursor, 0x38, style == 1 ? 4 : 16);
    if (type != 6 || es_cursor_failed(&cursor) || style > 1)
        return;
    if (style == 1) {
        es_cursor at = es_cursor_make(partition), signature = es_cursor_make(disk);

        device->kind = ES_BOOT_DEVICE_MBR;
        device->offset = es_cursor_u64(&at);
        device->mbr_signature = es_cursor_u32(&signature);
    } else {
        device->kind = ES_BOOT_DEVICE_GPT;
        memcpy(device->gpt_partition, partition.data, 16);
        memcpy(device->gpt_disk, disk.data, 16);
    }
}

static void device_element(chain *from, const char *type, es_boot_device *device)
{
    uint8_t *data = NULL;
    uint64_t n;

    if (element(from, type, &data, &n) == ES_OK)
        parse_device((es_bytes){ data, n }, device);
    free(data);
}

/* The next string of a UTF-16 list at `*at` bytes; ES_END behind the last. */
static es_status list_next(es_bytes list, uint64_t *at, char *out, size_t size)
{
    uint64_t start = *at, end = start;

    while (end + 1 < list.size && (list.data[end] || list.data[end + 1]))
        end += 2;
    if (end == start)
        return ES_END;
    *at = end + 2 <= list.size ? end + 2 : list.size;
    return text_into((es_bytes){ list.data + start, end - start }, out, size);
}

/* Append what `index`-th object of the chain inherits from. */
static void inherit(chain *from, unsigned index)
{
    uint8_t *data = NULL;
    uint64_t n, at = 0;
    char object[40];
    es_status status = element_of(from->store, from->elements[index], INHERIT, &data, &n);

    while (status == ES_OK && from->n < ES_BOOT_INHERIT_MAX) {
        es_hive_key key;
        bool known = false;

        status = list_next((es_bytes){ data, n }, &at, object, sizeof object);
        if (status == ES_OK)
            status = elements_key(from->store, from->objects, object, &key);
        if (status != ES_OK) {
            status = status > 0 && status != ES_END ? ES_OK : status; /* the others may be there */
            continue;
        }
        for (unsigned i = 0; i < from->n; i++)
            known |= from->elements[i] == key;
        if (!known)
            from->elements[from->n++] = key;
    }
    if (status < 0)
        from->failed = status;
    free(data);
}

static void read_entry(chain *from, es_boot *boot)
{
    text_element(from, DESCRIPTION, boot->description, sizeof boot->description);
    text_element(from, APPLICATION_PATH, boot->loader, sizeof boot->loader);
    text_element(from, SYSTEM_ROOT, boot->system_root, sizeof boot->system_root);
    text_element(from, KERNEL_PATH, boot->kernel, sizeof boot->kernel);
    text_element(from, HAL_PATH, boot->hal, sizeof boot->hal);
    text_element(from, LOAD_OPTIONS, boot->load_options, sizeof boot->load_options);
    boot->nx = number_element(from, NX_POLICY);
    boot->pae = number_element(from, PAE_POLICY);
    boot->test_signing = number_element(from, TEST_SIGNING);
    boot->no_integrity_checks = number_element(from, NO_INTEGRITY);
    boot->debug = number_element(from, KERNEL_DEBUGGER);
    if (boot->debug < 0)
        boot->debug = number_element(from, DEBUGGER);
    device_element(from, OS_DEVICE, &boot->device);
    if (boot->device.kind == ES_BOOT_DEVICE_NONE)
        device_element(from, APPLICATION_DEVICE, &boot->device);
    boot->inherited = from->inherited;
}

/* One object: ES_ABSENT when it is no OS loader. */
static es_status read_object(es_hive *store, es_hive_key objects, es_hive_key object,
                             es_boot *ret_boot)
{
    chain from = { .store = store, .objects = objects, .n = 0 };
    es_hive_key description;
    es_hive_value value;
    uint32_t type;
    uint8_t *data = NULL;
    uint64_t size = 0;
    char *name = NULL;
    es_status status = es_hive_find(store, object, "Description", &description);

    if (status == ES_OK)
        status = es_hive_value_find(store, description, "Type", &value);
    if (status == ES_OK)
        status = es_hive_value_data(store, value, &type, &data, &size, NULL, NULL);
    if (status == ES_OK) {
        es_cursor cursor = es_cursor_make((es_bytes){ data, size });

        status = es_cursor_u32(&cursor) == LOADER_TYPE ? ES_OK : ES_ABSENT;
        if (es_cursor_failed(&cursor))
            status = ES_CORRUPT;
    }
    free(data);
    if (status == ES_OK)
        status = es_hive_key_name(store, object, &name);
    if (status == ES_OK && snprintf(ret_boot->object, sizeof ret_boot->object, "%s", name) >=
                               (int)sizeof ret_boot->object)
        status = ES_CORRUPT;
    free(name);
    if (status == ES_OK)
        status = es_hive_find(store, object, "Elements", &from.elements[0]);
    if (status != ES_OK)
        return status;
    from.n = 1;
    ret_boot->elements_at = from.elements[0];
    for (unsigned i = 0; i < from.n; i++)
        inherit(&from, i);
    if (es_hive_key_written(store, from.elements[0], &ret_boot->written) != ES_OK)
        ret_boot->written = (es_time){ 0, ES_TIME_NONE, 0 };
    read_entry(&from, ret_boot);
    return from.failed;
}

/* The boot manager's default entry and display order. */
static es_status mark_default(es_boots *boots, es_hive *store, es_hive_key objects)
{
    es_hive_key manager;
    uint8_t *data = NULL;
    uint64_t size, at = 0;
    char object[40];
    es_status status = elements_key(store, objects, BOOTMGR, &manager);

    if (status != ES_OK)
        return status < 0 ? status : ES_OK;
    status = element_of(store, manager, DEFAULT_OBJECT, &data, &size);
    if (status == ES_OK)
        status = text_into((es_bytes){ data, size }, object, sizeof object);
    for (size_t i = 0; status == ES_OK && i < boots->n; i++)
        boots->items[i].is_default = es_name_same(es_text_of(object),
                                                  es_text_of(boots->items[i].object));
    free(data);
    data = NULL;
    if (status >= 0)
        status = element_of(store, manager, DISPLAY_ORDER, &data, &size);
    for (int32_t place = 0; status == ES_OK && place < (int32_t)ES_BOOT_ENTRIES_MAX; place++) {
        status = list_next((es_bytes){ data, size }, &at, object, sizeof object);
        for (size_t i = 0; status == ES_OK && i < boots->n; i++)
            if (boots->items[i].order < 0 &&
                es_name_same(es_text_of(object), es_text_of(boots->items[i].object)))
                boots->items[i].order = place;
    }
    free(data);
    return status < 0 ? status : ES_OK;
}

es_status es_boots_read(es_hive *store, es_boots **ret_boots, uint32_t *ret_broken)
{
    es_boots *boots = calloc(1, sizeof *boots);
    es_hive_key root, objects, *each = NULL;
    size_t n = 0;
    uint32_t broken = 0;
    es_status status = boots ? es_hive_root(store, &root) : ES_NOMEM;

    if (status == ES_OK)
        status = es_hive_find(store, root, "Objects", &objects);
    if (status == ES_ABSENT)
        status = ES_CORRUPT;
    if (status == ES_OK)
        status = es_hive_children(store, objects, &each, &n);
    if (status == ES_OK) {
        boots->items = calloc(ES_BOOT_ENTRIES_MAX, sizeof *boots->items);
        status = boots->items ? ES_OK : ES_NOMEM;
    }
    for (size_t i = 0; status == ES_OK && i < n && boots->n < ES_BOOT_ENTRIES_MAX; i++) {
        es_boot boot = { .order = -1 };
        es_status one = read_object(store, objects, each[i], &boot);

        if (one < 0)
            status = one;
        else if (one == ES_OK)
            boots->items[boots->n++] = boot;
        else if (one != ES_ABSENT)
            broken++;
    }
    free(each);
    if (status == ES_OK)
        status = mark_default(boots, store, objects);
    if (status != ES_OK) {
        es_boots_free(boots);
        return status;
    }
    *ret_boots = boots;
    *ret_broken = broken;
    return ES_OK;
}

/* "\Windows" and "Windows" alike, separators of either kind, ASCII case aside. */
static bool same_root(const char *stated, const char *found)
{
    if (*stated == '\\' || *stated == '/')
        stated++;
    for (; *stated && *found; stated++, found++) {
        char a = *stated == '\\' ? '/' : *stated, b = *found;

        if (!es_name_same((es_text){ &a, 1 }, (es_text){ &b, 1 }))
            return false;
    }
    if (*stated == '\\' && !stated[1])
        stated++;
    return !*stated && !*found;
}

bool es_boot_starts(const es_boot *boot, const es_volume *volume, const es_volume *store_volume,
                    const char *system_root, bool *ret_device_known)
{
    static const uint8_t none[16] = { 0 };
    const es_boot_device *device = &boot->device;

    *ret_device_known = true;
    if (!same_root(boot->system_root, system_root))
        return false;
    switch (device->kind) {
    case ES_BOOT_DEVICE_BOOT:
        return volume->id == store_volume->id;
    case ES_BOOT_DEVICE_MBR:
        return device->mbr_signature == volume->mbr_signature && device->offset == volume->offset;
    case ES_BOOT_DEVICE_GPT:
        return memcmp(device->gpt_partition, none, 16) != 0 &&
               memcmp(device->gpt_partition, volume->gpt_partition, 16) == 0;
    default:
        *ret_device_known = false;
        return true;
    }
}
