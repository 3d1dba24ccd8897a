/* SPDX-License-Identifier: Apache-2.0
 *
 * map.c: see map.h. The mixing steps are those of Sebastiano Vigna's splitmix64.
 */
#include "ledger/map.h"

#include <stdlib.h>

static size_t slot(const es_map *map, uint64_t key)
{
    uint64_t x = key ^ map->salt;

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(x ^ x >> 31) & (map->capacity - 1);
}

/* The entry of `key`, or the free one where it belongs. There is always a free one. */
static es_map_entry *find(const es_map *map, uint64_t key)
{
    size_t i = slot(map, key);

    while (map->entries[i].place && map->entries[i].key != key)
        i = (i + 1) & (map->capacity - 1);
    return &map->entries[i];
}

static es_status grow(es_map *map)
{
    es_map larger = { .capacity = map->capacity ? map->capacity * 2 : 64, .n = map->n };

    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (!larger.entries)
        return ES_NOMEM;
    larger.salt = (uint64_t)(uintptr_t)larger.entries * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].place)
            *find(&larger, map->entries[i].key) = map->entries[i];
    free(map->entries);
    *map = larger;
    return ES_OK;
}

void es_map_clear(es_map *map)
{
    free(map->entries);
    *map = (es_map){ 0 };
}

es_status es_map_put(es_map *map, uint64_t key, size_t place)
{
    es_map_entry *entry;
    es_status status;

    if (map->n >= map->capacity / 2) {
        status = grow(map);
        if (status)
            return status;
    }
    entry = find(map, key);
    if (!entry->place)
        map->n++;
    entry->key = key;
    entry->place = (uint64_t)place + 1;
    return ES_OK;
}

size_t es_map_get(const es_map *map, uint64_t key)
{
    const es_map_entry *entry;

    if (!map->capacity)
        return ES_MAP_ABSENT;
    entry = find(map, key);
    return entry->place ? (size_t)(entry->place - 1) : ES_MAP_ABSENT;
}
