/* SPDX-License-Identifier: Apache-2.0
 *
 * bytes.h: the bounded cursor, the only way to take integers out of evidence.
 *
 * A cursor walks an es_bytes. A read past the end fails, returns zero, and makes every later read
 * fail: read a whole structure, then ask es_cursor_failed() once. Lengths are compared by
 * subtraction, so no sum can wrap.
 *
 * Ownership: borrows the bytes. Threading: a cursor belongs to one thread.
 */
#ifndef ESUSCAN_BYTES_H
#define ESUSCAN_BYTES_H

#include <esuscan/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct es_cursor {
    const uint8_t *data;
    uint64_t size;
    uint64_t at; /* at <= size, always */
    int32_t failed;
    int32_t reserved;
} es_cursor;

static inline es_cursor es_cursor_make(es_bytes bytes)
{
    es_cursor cursor = { bytes.data, bytes.size, 0, 0, 0 };
    return cursor;
}

static inline int es_cursor_failed(const es_cursor *cursor)
{
    return cursor->failed;
}

static inline uint64_t es_cursor_left(const es_cursor *cursor)
{
    return cursor->failed ? 0 : cursor->size - cursor->at;
}

/* True when `size` bytes can be taken; otherwise the cursor has failed. */
static inline int es_cursor_need(es_cursor *cursor, uint64_t size)
{
    if (cursor->failed || size > cursor->size - cursor->at) {
        cursor->failed = 1;
        return 0;
    }
    return 1;
}

static inline void es_cursor_skip(es_cursor *cursor, uint64_t size)
{
    if (es_cursor_need(cursor, size))
        cursor->at += size;
}

static inline void es_cursor_seek(es_cursor *cursor, uint64_t at)
{
    if (cursor->failed || at > cursor->size)
        cursor->failed = 1;
    else
        cursor->at = at;
}

/* Move forward to the next multiple of `step`, counted from the start of the bytes. */
static inline void es_cursor_align(es_cursor *cursor, uint64_t step)
{
    uint64_t over = step ? cursor->at % step : 0;

    if (over)
        es_cursor_skip(cursor, step - over);
}

/* The next `size` bytes, borrowed; empty after a failure. */
static inline es_bytes es_cursor_take(es_cursor *cursor, uint64_t size)
{
    es_bytes taken = { NULL, 0 };

    if (es_cursor_need(cursor, size)) {
        taken.data = cursor->data + cursor->at;
        taken.size = size;
        cursor->at += size;
    }
    return taken;
}

/* A part of the bytes, wherever the cursor stands; the cursor fails if it is not inside. */
static inline es_bytes es_cursor_slice(es_cursor *cursor, uint64_t at, uint64_t size)
{
    es_bytes slice = { NULL, 0 };

    if (cursor->failed || at > cursor->size || size > cursor->size - at) {
        cursor->failed = 1;
        return slice;
    }
    slice.data = cursor->data + at;
    slice.size = size;
    return slice;
}

static inline uint8_t es_cursor_u8(es_cursor *cursor)
{
    es_bytes b = es_cursor_take(cursor, 1);
    return b.size ? b.data[0] : (uint8_t)0;
}

static inline uint16_t es_cursor_u16(es_cursor *cursor)
{
    es_bytes b = es_cursor_take(cursor, 2);
    return b.size ? (uint16_t)(b.data[0] | (uint32_t)b.data[1] << 8) : (uint16_t)0;
}

static inline uint32_t es_cursor_u32(es_cursor *cursor)
{
    es_bytes b = es_cursor_take(cursor, 4);
    return b.size ? (uint32_t)b.data[0] | (uint32_t)b.data[1] << 8 | (uint32_t)b.data[2] << 16 |
                        (uint32_t)b.data[3] << 24
                  : 0;
}

static inline uint64_t es_cursor_u64(es_cursor *cursor)
{
    uint64_t low, high;

    if (!es_cursor_need(cursor, 8))
        return 0;
    low = es_cursor_u32(cursor);
    high = es_cursor_u32(cursor);
    return low | high << 32;
}

static inline uint16_t es_cursor_u16be(es_cursor *cursor)
{
    es_bytes b = es_cursor_take(cursor, 2);
    return b.size ? (uint16_t)(b.data[1] | (uint32_t)b.data[0] << 8) : (uint16_t)0;
}

static inline uint32_t es_cursor_u32be(es_cursor *cursor)
{
    es_bytes b = es_cursor_take(cursor, 4);
    return b.size ? (uint32_t)b.data[3] | (uint32_t)b.data[2] << 8 | (uint32_t)b.data[1] << 16 |
                        (uint32_t)b.data[0] << 24
                  : 0;
}

static inline uint64_t es_cursor_u64be(es_cursor *cursor)
{
    uint64_t low, high;

    if (!es_cursor_need(cursor, 8))
        return 0;
    high = es_cursor_u32be(cursor);
    low = es_cursor_u32be(cursor);
    return low | high << 32;
}

#ifdef __cplusplus
}
#endif

#endif
