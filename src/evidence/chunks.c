/* SPDX-License-Identifier: Apache-2.0
 *
 * chunks.c: see chunks.h.
 *
 * Slots in sets of ES_WAYS, as in a processor's cache: a chunk may lie in any slot of the set its
 * number chooses, the one used longest ago gives way. No list to keep, and consecutive chunks fall
 * into different sets. A slot in use is pinned; when all of a set are, the chunk is made in a
 * buffer of the caller's own.
 */
#include "evidence/chunks.h"

#include "evidence/limits.h"

#include <pthread.h>
#include <stdlib.h>

#define ES_WAYS 8u

typedef enum slot_state { SLOT_EMPTY, SLOT_MAKING, SLOT_READY } slot_state;

typedef struct slot {
    uint64_t number;
    uint64_t used; /* the clock when it was last wanted */
    uint8_t *data; /* made when first needed */
    unsigned pins;
    slot_state state;
} slot;

struct es_chunks {
    pthread_mutex_t lock;
    pthread_cond_t made;
    es_chunk_maker maker;
    void *context;
    uint32_t chunk_size;
    size_t n_sets;
    uint64_t clock;
    slot *slots;
};

es_chunks *es_chunks_new(uint32_t chunk_size, es_chunk_maker maker, void *context)
{
    es_chunks *cache = calloc(1, sizeof *cache);
    uint64_t n = ES_EWF_CACHE_SIZE / chunk_size;

    if (!cache)
        return NULL;
    if (n < ES_EWF_CACHE_CHUNKS_MIN)
        n = ES_EWF_CACHE_CHUNKS_MIN;
    if (n > ES_EWF_CACHE_CHUNKS_MAX)
        n = ES_EWF_CACHE_CHUNKS_MAX;
    cache->n_sets = (size_t)n / ES_WAYS;
    cache->slots = calloc(cache->n_sets * ES_WAYS, sizeof *cache->slots);
    if (!cache->slots) {
        free(cache);
        return NULL;
    }
    cache->chunk_size = chunk_size;
    cache->maker = maker;
    cache->context = context;
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->made, NULL);
    return cache;
}

es_chunks *es_chunks_free(es_chunks *cache)
{
    if (!cache)
        return NULL;
    for (size_t i = 0; i < cache->n_sets * ES_WAYS; i++)
        free(cache->slots[i].data);
    pthread_cond_destroy(&cache->made);
    pthread_mutex_destroy(&cache->lock);
    free(cache->slots);
    free(cache);
    return NULL;
}

static slot *find(es_chunks *cache, uint64_t number)
{
    slot *set = &cache->slots[number % cache->n_sets * ES_WAYS];

    for (size_t i = 0; i < ES_WAYS; i++) {
        if (set[i].state != SLOT_EMPTY && set[i].number == number)
            return &set[i];
    }
    return NULL;
}

/* The slot of the set that is free, or was wanted longest ago; NULL when all are pinned. */
static slot *choose(es_chunks *cache, uint64_t number)
{
    slot *set = &cache->slots[number % cache->n_sets * ES_WAYS], *best = NULL;

    for (size_t i = 0; i < ES_WAYS; i++) {
        if (set[i].pins > 0)
            continue;
        if (!best || set[i].state == SLOT_EMPTY || set[i].used < best->used)
            best = &set[i];
        if (best->state == SLOT_EMPTY)
            break;
    }
    if (best && !best->data)
        best->data = malloc(cache->chunk_size);
    return best && best->data ? best : NULL;
}

/* Pinned and ready, or being made by the caller from now on (`ret_make`). NULL: no room. */
static slot *pin(es_chunks *cache, uint64_t number, bool *ret_make)
{
    slot *s;

    *ret_make = false;
    for (;;) {
        s = find(cache, number);
        if (!s || s->state == SLOT_READY)
            break;
        pthread_cond_wait(&cache->made, &cache->lock);
    }
    if (!s) {
        s = choose(cache, number);
        if (!s)
            return NULL;
        s->number = number;
        s->state = SLOT_MAKING;
        *ret_make = true;
    }
    s->pins++;
    s->used = ++cache->clock;
    return s;
}

static void unpin(es_chunks *cache, slot *s)
{
    pthread_mutex_lock(&cache->lock);
    s->pins--;
    pthread_mutex_unlock(&cache->lock);
}

static es_status make_apart(es_chunks *cache, uint64_t number, uint32_t at, uint8_t *buffer,
                            uint32_t size)
{
    uint8_t *data = malloc(cache->chunk_size);
    es_status status;

    if (!data)
        return ES_NOMEM;
    status = cache->maker(cache->context, number, data);
    if (status == ES_OK)
        memcpy(buffer, data + at, size);
    free(data);
    return status;
}

es_status es_chunks_read(es_chunks *cache, uint64_t number, uint32_t at, uint8_t *buffer,
                         uint32_t size)
{
    es_status status = ES_OK;
    bool make;
    slot *s;

    pthread_mutex_lock(&cache->lock);
    s = pin(cache, number, &make);
    pthread_mutex_unlock(&cache->lock);
    if (!s)
        return make_apart(cache, number, at, buffer, size);
    if (make) {
        status = cache->maker(cache->context, number, s->data);
        pthread_mutex_lock(&cache->lock);
        s->state = status == ES_OK ? SLOT_READY : SLOT_EMPTY;
        pthread_cond_broadcast(&cache->made);
        pthread_mutex_unlock(&cache->lock);
    }
    if (status == ES_OK)
        memcpy(buffer, s->data + at, size);
    unpin(cache, s);
    return status;
}

bool es_chunks_peek(es_chunks *cache, uint64_t number, uint32_t at, uint8_t *buffer,
                    uint32_t size)
{
    slot *s;

    pthread_mutex_lock(&cache->lock);
    s = find(cache, number);
    if (s && s->state == SLOT_READY) {
        s->pins++;
        s->used = ++cache->clock;
    } else {
        s = NULL;
    }
    pthread_mutex_unlock(&cache->lock);
    if (!s)
        return false;
    memcpy(buffer, s->data + at, size);
    unpin(cache, s);
    return true;
}
