/* SPDX-License-Identifier: Apache-2.0
 *
 * bcd.h: the boot configuration store: which loader starts which system root, with what settings.
 *
 * A store is a registry hive: Objects\{id}\Description\Type, Objects\{id}\Elements\TTTTTTTT\Element.
 * Sources of the format: Microsoft, "BCD reference" (bcdlibraryelementtypes, bcdosloaderelement-
 * types) for the element numbers; the layout of device elements as observed in real stores.
 *
 * Ownership: a list owns its entries. Threading: one thread.
 */
#ifndef ES_WINDOWS_BCD_H
#define ES_WINDOWS_BCD_H

#include "disk/volume.h"
#include "windows/hive.h"
#include <stdbool.h>

#define ES_BOOT_TEXT_MAX 260

/* What a device element names. */
#define ES_BOOT_DEVICE_NONE 0u  /* the element is absent */
#define ES_BOOT_DEVICE_BOOT 1u  /* "the device the boot manager came from" */
#define ES_BOOT_DEVICE_MBR 2u
#define ES_BOOT_DEVICE_GPT 3u
#define ES_BOOT_DEVICE_OTHER 4u /* a file, a RAM disk, "locate": not resolved */

typedef struct es_boot_device {
    uint32_t kind;
    uint32_t mbr_signature;
    uint64_t offset;       /* MBR: of the partition */
    uint8_t gpt_disk[16];
    uint8_t gpt_partition[16];
} es_boot_device;

/* One OS loader entry (object type 0x10200003). Texts are UTF-8, "" when absent; numbers -1. */
typedef struct es_boot {
    char object[40];
    char description[ES_BOOT_TEXT_MAX], loader[ES_BOOT_TEXT_MAX], system_root[ES_BOOT_TEXT_MAX];
    char kernel[ES_BOOT_TEXT_MAX], hal[ES_BOOT_TEXT_MAX], load_options[ES_BOOT_TEXT_MAX];
    es_boot_device device; /* of the system root, else of the loader */
    int32_t order;         /* in the display order */
    int32_t pae, nx, test_signing, no_integrity_checks, debug;
    bool is_default, inherited;
    es_time written; /* of the object's Elements key */
    uint64_t elements_at; /* that key's cell in the store */
} es_boot;

typedef struct es_boots es_boots;

/* Read every loader entry of a store. ES_CORRUPT when it holds no Objects key; entries that are
 * broken are left out and `ret_broken` counts them. */
es_status es_boots_read(es_hive *store, es_boots **ret_boots, uint32_t *ret_broken);
es_boots *es_boots_free(es_boots *boots);
size_t es_boots_count(const es_boots *boots);
const es_boot *es_boots_at(const es_boots *boots, size_t index);

/* Whether an entry starts `system_root` ("Windows") of `volume`, read from a store on
 * `store_volume`. `ret_device_known` is false when only the path speaks for it. */
bool es_boot_starts(const es_boot *boot, const es_volume *volume, const es_volume *store_volume,
                    const char *system_root, bool *ret_device_known);

#endif
