/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_item.h: paths as Explorer keeps them, lists of shell items in shortcuts and the registry.
 *
 * libfwsi reads an item that is a root, a volume or a file. Version 20181227 does not compare the
 * size that an item states with the bytes there are, so the list is taken apart first and it gets
 * each item by itself. Of the storage of a portable device it gives no name: that is read here.
 * Format: libyal/libfwsi, "Windows Shell Item format".
 *
 * Ownership: what is read lives in the arena. Threading: as the arena.
 */
#ifndef ES_WINDOWS_SHELL_ITEM_H
#define ES_WINDOWS_SHELL_ITEM_H

#include "base/arena.h"
#include <esuscan/plugin.h>

/* ES_CORRUPT: the list breaks off after the items that were read; ES_LIMIT: it has more. */
es_status es_shell_items_read(es_bytes list, es_arena *arena, const es_shell_item **ret_items,
                              uint32_t *ret_n);

#endif
