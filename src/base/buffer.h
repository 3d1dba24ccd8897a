/* SPDX-License-Identifier: Apache-2.0
 *
 * buffer.h: bytes that grow, up to a maximum named when the buffer is made.
 *
 * A failure is sticky: append a whole thing, then ask es_buffer_failed() once. Ownership: the
 * buffer owns its bytes until es_buffer_free(). Threading: one thread at a time.
 */
#ifndef ES_BASE_BUFFER_H
#define ES_BASE_BUFFER_H

#include <esuscan/types.h>
#include <string.h>

typedef struct es_buffer {
    uint8_t *data;
    uint64_t size;
    uint64_t capacity;
    uint64_t maximum;
    es_status failed; /* ES_OK, ES_LIMIT or ES_NOMEM */
} es_buffer;

es_buffer es_buffer_make(uint64_t maximum);
void es_buffer_free(es_buffer *buffer);
void es_buffer_clear(es_buffer *buffer); /* empties it and forgets a failure; keeps the memory */

void es_buffer_bytes(es_buffer *buffer, const void *data, uint64_t size);
void es_buffer_text(es_buffer *buffer, es_text text);
void es_buffer_u8(es_buffer *buffer, uint8_t value);
void es_buffer_u32(es_buffer *buffer, uint32_t value); /* little-endian */
void es_buffer_u64(es_buffer *buffer, uint64_t value);
/* Here, so that the length of a literal is known when it is compiled. */
static inline void es_buffer_string(es_buffer *buffer, const char *string)
{
    es_buffer_bytes(buffer, string, strlen(string));
}
void es_buffer_format(es_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
