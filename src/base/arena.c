/* SPDX-License-Identifier: Apache-2.0
 *
 * arena.c: see arena.h. Blocks in a list, the newest first; a request larger than a block gets a
 * block of its own. The first block is small, since most arenas hold little (there is one for each
 * step of a scan, each callback, each document) and a block is zeroed whole; each after it is four
 * times as large, up to a size.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK_SIZE (UINT64_C(1) << 10)
#define BLOCK_SIZE (UINT64_C(64) << 10)
#define ALIGNMENT _Alignof(max_align_t)

typedef struct block {
    struct block *next;
    uint64_t size;
    uint64_t used;
    _Alignas(max_align_t) unsigned char data[];
} block;

struct es_arena {
    block *newest;
    uint64_t used;
    uint64_t maximum;
    uint64_t block_size; /* of the next one */
};

es_status es_arena_new(uint64_t maximum, es_arena **ret_arena)
{
    es_arena *arena = calloc(1, sizeof *arena);

    if (!arena)
        return ES_NOMEM;
    arena->maximum = maximum;
    arena->block_size = FIRST_BLOCK_SIZE;
    *ret_arena = arena;
    return ES_OK;
}

es_arena *es_arena_free(es_arena *arena)
{
    block *each, *next;

    if (!arena)
        return NULL;
    for (each = arena->newest; each; each = next) {
        next = each->next;
        free(each);
    }
    free(arena);
    return NULL;
}

static block *block_new(uint64_t size)
{
    block *made = calloc(1, sizeof *made + (size_t)size);

    if (made)
        made->size = size;
    return made;
}

void *es_arena_take(es_arena *arena, uint64_t size)
{
    block *from = arena->newest;
    uint64_t rounded;
    void *taken;

    if (size > arena->maximum)
        return NULL;
    rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded > arena->maximum || arena->used > arena->maximum - rounded)
        return NULL;
    if (!from || rounded > from->size - from->used) {
        while (arena->block_size < BLOCK_SIZE && rounded > arena->block_size / 4)
            arena->block_size *= 4;
        from = block_new(rounded > BLOCK_SIZE / 4 ? rounded : arena->block_size);
        if (!from)
            return NULL;
        if (arena->block_size < BLOCK_SIZE)
            arena->block_size *= 4;
        /* A large block of its own goes behind the one that still has room. */
        if (rounded > BLOCK_SIZE / 4 && arena->newest) {
            from->next = arena->newest->next;
            arena->newest->next = from;
        } else {
            from->next = arena->newest;
            arena->newest = from;
        }
    }
    taken = from->data + from->used;
    from->used += rounded;
    arena->used += rounded;
    return taken;
}

uint64_t es_arena_used(const es_arena *arena)
{
    return arena->used;
}

char *es_arena_text(es_arena *arena, es_text text)
{
    char *copy;

    if (text.size > arena->maximum)
        return NULL;
    copy = es_arena_take(arena, text.size + 1);
    if (copy && text.size)
        memcpy(copy, text.data, (size_t)text.size);
    return copy;
}

char *es_arena_string(es_arena *arena, const char *string)
{
    return es_arena_text(arena, es_text_of(string));
}

es_status es_arena_copy_text(es_arena *arena, es_text text, es_text *ret_text)
{
    char *copy = es_arena_text(arena, text);

    if (!copy)
        return ES_NOMEM;
    ret_text->data = copy;
    ret_text->size = text.size;
    return ES_OK;
}

es_status es_arena_copy_bytes(es_arena *arena, es_bytes bytes, es_bytes *ret_bytes)
{
    uint8_t *copy = NULL;

    if (bytes.size) {
        copy = es_arena_take(arena, bytes.size);
        if (!copy)
            return ES_NOMEM;
        memcpy(copy, bytes.data, (size_t)bytes.size);
    }
    ret_bytes->data = copy;
    ret_bytes->size = bytes.size;
    return ES_OK;
}

char *es_arena_format(es_arena *arena, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int n;

    va_start(arguments, format);
    n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (n >= 0)
        text = es_arena_take(arena, (uint64_t)n + 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)n + 1, format, arguments);
    va_end(arguments);
    return text;
}
