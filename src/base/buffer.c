/* SPDX-License-Identifier: Apache-2.0
 *
 * buffer.c: see buffer.h.
 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

es_buffer es_buffer_make(uint64_t maximum)
{
    es_buffer buffer = { .maximum = maximum };

    return buffer;
}

void es_buffer_free(es_buffer *buffer)
{
    free(buffer->data);
    buffer->data = NULL;
    buffer->size = buffer->capacity = 0;
}

void es_buffer_clear(es_buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = ES_OK;
}

/* Room for `size` more bytes. */
static int reserve(es_buffer *buffer, uint64_t size)
{
    uint64_t capacity = buffer->capacity ? buffer->capacity : 256;
    uint8_t *grown;

    if (buffer->failed)
        return 0;
    if (size > buffer->maximum - buffer->size) {
        buffer->failed = ES_LIMIT;
        return 0;
    }
    if (size <= buffer->capacity - buffer->size)
        return 1;
    while (capacity - buffer->size < size)
        capacity = capacity > buffer->maximum / 2 ? buffer->maximum : capacity * 2;
    grown = realloc(buffer->data, (size_t)capacity);
    if (!grown) {
        buffer->failed = ES_NOMEM;
        return 0;
    }
    buffer->data = grown;
    buffer->capacity = capacity;
    return 1;
}

void es_buffer_bytes(es_buffer *buffer, const void *data, uint64_t size)
{
    if (!size || !reserve(buffer, size))
        return;
    memcpy(buffer->data + buffer->size, data, (size_t)size);
    buffer->size += size;
}

void es_buffer_text(es_buffer *buffer, es_text text)
{
    es_buffer_bytes(buffer, text.data, text.size);
}

void es_buffer_u8(es_buffer *buffer, uint8_t value)
{
    es_buffer_bytes(buffer, &value, 1);
}

void es_buffer_u32(es_buffer *buffer, uint32_t value)
{
    uint8_t bytes[4];

    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    es_buffer_bytes(buffer, bytes, sizeof bytes);
}

void es_buffer_u64(es_buffer *buffer, uint64_t value)
{
    es_buffer_u32(buffer, (uint32_t)value);
    es_buffer_u32(buffer, (uint32_t)(value >> 32));
}

void es_buffer_format(es_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    uint64_t room;
    int n;

    if (!reserve(buffer, 1))
        return;
    /* Mostly it fits into what is there. */
    room = buffer->capacity - buffer->size;
    va_start(arguments, format);
    n = vsnprintf((char *)buffer->data + buffer->size, (size_t)room, format, arguments);
    va_end(arguments);
    if (n < 0) {
        buffer->failed = ES_BUG;
        return;
    }
    if ((uint64_t)n < room) {
        buffer->size += (uint64_t)n;
        return;
    }
    /* vsnprintf writes a NUL behind the text: room for it, though it is not part of it. */
    if (!reserve(buffer, (uint64_t)n + 1))
        return;
    va_start(arguments, format);
    vsnprintf((char *)buffer->data + buffer->size, (size_t)n + 1, format, arguments);
    va_end(arguments);
    buffer->size += (uint64_t)n;
}
