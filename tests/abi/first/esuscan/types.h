/* SPDX-License-Identifier: Apache-2.0
 *
 * types.h: the vocabulary shared by the core and its plugins.
 *
 * Plain structs of fixed-width members, so that they may cross the boundary of a shared object:
 * no bit-fields, no enums as members, no foreign types. A struct that carries `size` may grow at
 * its end; a reader takes what both sides know.
 *
 * Ownership: `es_bytes` and `es_text` never own what they point to; they are borrowed from the
 * object that handed them out and die with it. A `T **ret_x` belongs to the caller.
 *
 * Threading: values only; nothing in this header has state.
 */
#ifndef ESUSCAN_TYPES_H
#define ESUSCAN_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a call ended. Zero is done. Positive is the evidence's answer: it is handled where it
 * appears, normally by noting it and going on. Negative is our own failure: it is forwarded
 * unchanged. */
typedef int32_t es_status;

#define ES_OK ((es_status)0)
#define ES_ABSENT ((es_status)1)      /* what was asked for is not there */
#define ES_END ((es_status)2)         /* nothing follows */
#define ES_CORRUPT ((es_status)3)     /* it is there and its structure is broken or unreadable */
#define ES_UNSUPPORTED ((es_status)4) /* it is there, in a form this version does not read */
#define ES_LIMIT ((es_status)5)       /* it exceeds a named cap */
#define ES_NOMEM ((es_status)-1)
#define ES_IO ((es_status)-2)
#define ES_BUG ((es_status)-3)

/* A run of bytes, borrowed. `data` may be NULL only when `size` is 0. */
typedef struct es_bytes {
    const uint8_t *data;
    uint64_t size;
} es_bytes;

/* A run of UTF-8, borrowed, not terminated by NUL. It is valid UTF-8 but otherwise as the
 * evidence had it: control and bidirectional characters are escaped where reports are written. */
typedef struct es_text {
    const char *data;
    uint64_t size;
} es_text;

/* Text of a string literal. */
#define ES_TEXT(literal) { "" literal, sizeof(literal) - 1 }

/* A point in time: `ticks` of 100 ns since 1601-01-01 00:00 UTC (a FILETIME).
 * `precision` is ES_TIME_NONE for "no time known"; `flags` say how it was come by. */
typedef struct es_time {
    int64_t ticks;
    uint32_t precision;
    uint32_t flags;
} es_time;

#define ES_TIME_NONE 0u
#define ES_TIME_DAY 1u
#define ES_TIME_MINUTE 2u
#define ES_TIME_SECOND 3u
#define ES_TIME_MILLISECOND 4u
#define ES_TIME_MICROSECOND 5u
#define ES_TIME_TICK 6u /* 100 ns */

#define ES_TIME_FROM_LOCAL 1u  /* converted from local time with the machine's time zone */
#define ES_TIME_IMPOSSIBLE 2u  /* before 1980 or after the image was acquired: kept, marked */
#define ES_TIME_UPPER_BOUND 4u /* it happened at or before this time */

#define ES_TICKS_PER_SECOND INT64_C(10000000)
#define ES_TICKS_UNIX_EPOCH INT64_C(116444736000000000)

/* Where a thing lies in the evidence. Made by the core, opaque to plugins, handed back untouched:
 * a plugin cannot invent a place. Borrowed until `examine` returns. */
typedef struct es_where es_where;

/* Machine types as the PE format numbers them (Microsoft, "PE Format", Machine Types). */
#define ES_MACHINE_I386 0x014cu
#define ES_MACHINE_AMD64 0x8664u
#define ES_MACHINE_IA64 0x0200u
#define ES_MACHINE_ARM 0x01c4u
#define ES_MACHINE_ARM64 0xaa64u

/* Registry value types (Microsoft, "Registry Value Types"). */
#define ES_REG_NONE 0u
#define ES_REG_SZ 1u
#define ES_REG_EXPAND_SZ 2u
#define ES_REG_BINARY 3u
#define ES_REG_DWORD 4u
#define ES_REG_DWORD_BIG_ENDIAN 5u
#define ES_REG_LINK 6u
#define ES_REG_MULTI_SZ 7u
#define ES_REG_QWORD 11u

static inline es_text es_text_of(const char *string)
{
    es_text text = { string, string ? strlen(string) : 0 };
    return text;
}

static inline int es_text_equal(es_text a, es_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, (size_t)a.size) == 0);
}

static inline int es_time_known(es_time time)
{
    return time.precision != ES_TIME_NONE;
}

#ifdef __cplusplus
}
#endif

#endif
