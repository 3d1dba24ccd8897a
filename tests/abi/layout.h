/* SPDX-License-Identifier: Apache-2.0
 *
 * layout.h: the tables that layout.c makes; see there. An entry without a member is the size of its
 * struct.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>

typedef struct layout_entry {
    const char *type, *member;
    size_t at, size;
} layout_entry;

extern const layout_entry layout_first[], layout_now[];

#endif
