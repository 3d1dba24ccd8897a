/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.h: records as bytes, from the caged child to its parent.
 *
 * A frame is a little-endian u32 length of what follows, a u8 kind (ES_RECORD_…), and the members
 * of the record in the order of its struct: integers of fixed width, texts as u32 length and
 * bytes, absent texts as length 0xffffffff, lists as u32 count and elements. The reader trusts
 * nothing: every length is checked against the frame, every frame against ES_WIRE_FRAME_MAX, and
 * text is repaired to valid UTF-8.
 *
 * The ledger itself copies a record by encoding and decoding it, so that a record is described
 * once, and so that a scan without the jail goes the same way as one in it. That frame is the one
 * which goes through the pipe, and what comes out of the pipe is decoded into the ledger: on either
 * side a record is made once.
 *
 * Threading: any, on buffers, arenas and ledgers of their own.
 */
#ifndef ES_LEDGER_WIRE_H
#define ES_LEDGER_WIRE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "ledger/ledger.h"

/* The largest record: a verdict that stands on ES_REFERENCES_MAX facts is half of it. */
#define ES_WIRE_FRAME_MAX (UINT32_C(16) << 20)

/* Append the frame of `record`; on failure the buffer is as it was. ES_LIMIT: larger than a frame
 * or the buffer may be. ES_BUG: a kind or type that does not exist. */
es_status es_wire_encode(const es_record *record, es_buffer *buffer);

/* Decode one frame's payload (kind and members, without the length). Everything in `ret_record` is
 * borrowed from `arena`. ES_CORRUPT when it is not a well-formed record; ES_NOMEM also when the
 * arena is full. */
es_status es_wire_decode(es_bytes payload, es_arena *arena, es_record *ret_record);

/* Read records from `fd` into `ledger` until all is said (ES_RECORD_DONE: what comes behind it is
 * not looked at) or the end. ES_CORRUPT: the stream was malformed, cut
 * within a frame, or held a record that the ledger refused (the records before it are kept).
 * `on_record` (may be NULL) sees each record after the ledger accepted it; the record is borrowed
 * for the call. */
es_status es_wire_read(int fd, es_ledger *ledger,
                       void (*on_record)(void *context, const es_record *record), void *context);

#endif
