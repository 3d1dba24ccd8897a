/* SPDX-License-Identifier: Apache-2.0
 *
 * map.h: from a number that a record carries to its place in the ledger.
 *
 * Open addressing with linear probing. The numbers come from the caged child, which may choose
 * them to collide; the hash is therefore salted with the map's own address.
 *
 * Ownership: the map owns its entries. Errors: ES_NOMEM alone. Threading: one thread at a time.
 */
#ifndef ES_LEDGER_MAP_H
#define ES_LEDGER_MAP_H

#include <esuscan/types.h>

#define ES_MAP_ABSENT SIZE_MAX

typedef struct es_map_entry {
    uint64_t key;
    uint64_t place; /* plus one; 0: free */
} es_map_entry;

typedef struct es_map {
    es_map_entry *entries;
    size_t n, capacity; /* capacity is a power of two, or 0 */
    uint64_t salt;
} es_map;

void es_map_clear(es_map *map); /* frees; an es_map of zeros is an empty one */
es_status es_map_put(es_map *map, uint64_t key, size_t place); /* replaces */
size_t es_map_get(const es_map *map, uint64_t key); /* ES_MAP_ABSENT */

#endif
