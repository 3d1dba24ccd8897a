/* SPDX-License-Identifier: Apache-2.0
 *
 * arena.h: memory that belongs to a scope.
 *
 * Everything taken from an arena is zeroed, lives as long as it and is freed with it. An arena
 * names its maximum when it is made, so that hostile evidence cannot make it grow without end.
 * Threading: one thread at a time.
 */
#ifndef ES_BASE_ARENA_H
#define ES_BASE_ARENA_H

#include <esuscan/types.h>

typedef struct es_arena es_arena;

es_status es_arena_new(uint64_t maximum, es_arena **ret_arena);
es_arena *es_arena_free(es_arena *arena);

/* Zeroed memory aligned for any type; NULL when the system has none or the maximum is reached. */
void *es_arena_take(es_arena *arena, uint64_t size);
uint64_t es_arena_used(const es_arena *arena);

/* Copies; NUL-terminated, also where `text` holds a NUL. NULL as above. */
char *es_arena_string(es_arena *arena, const char *string);
char *es_arena_text(es_arena *arena, es_text text);
es_status es_arena_copy_text(es_arena *arena, es_text text, es_text *ret_text);
es_status es_arena_copy_bytes(es_arena *arena, es_bytes bytes, es_bytes *ret_bytes);
char *es_arena_format(es_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
