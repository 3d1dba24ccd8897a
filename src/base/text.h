/* SPDX-License-Identifier: Apache-2.0
 *
 * text.h: bytes of the evidence made into text, and text made safe to show.
 *
 * Evidence text is bytes until one of these has decoded it. Decoding gives valid UTF-8; showing it
 * is another step, taken where a report is written: control characters, and characters that change
 * the direction or the look of what stands around them, are escaped.
 *
 * Ownership: results live in the arena or buffer given. Threading: pure functions.
 */
#ifndef ES_BASE_TEXT_H
#define ES_BASE_TEXT_H

#include "base/arena.h"
#include "base/buffer.h"
#include <stdbool.h>

/* UTF-8 of UTF-16LE, the whole of `bytes` (an odd last byte is dropped). Unpaired surrogates become
 * U+FFFD. Does not stop at NUL. */
es_status es_text_from_utf16le(es_arena *arena, es_bytes bytes, es_text *ret_text);

/* The same as a NUL-terminated string on the heap (caller frees); stops at the first NUL. */
es_status es_utf8_from_utf16le(es_bytes bytes, char **ret_string);

/* True when the bytes are valid UTF-8 (no overlong forms, no surrogates). */
bool es_text_is_utf8(es_text text);

/* Of printable ASCII alone (0x20 to 0x7e): it is shown as it is. */
bool es_text_is_plain(es_text text);

/* Invalid sequences replaced by U+FFFD. */
es_status es_text_repair(es_arena *arena, es_text text, es_text *ret_text);

/* Append `text` with control characters (C0, DEL, C1), line and paragraph separators,
 * bidirectional and other invisible format characters shown as \xNN or \u{NNNN}, a backslash as
 * itself. Invalid bytes as \xNN. */
void es_text_show(es_buffer *buffer, es_text text);

/* Take one character; `*at` moves on by at least one byte. 0xFFFFFFFF for an invalid sequence. */
uint32_t es_text_next(es_text text, uint64_t *at);
/* A character as UTF-8, of one to four bytes. A surrogate becomes the three bytes that its number
 * makes: names on NTFS may hold a lone one. */
size_t es_text_encode(uint32_t character, uint8_t out[4]);

/* A character that must not reach a terminal or page as it is. */
bool es_text_unsafe(uint32_t character);

/* Hexadecimal, lower case. `out` holds 2 × size + 1 characters. */
void es_text_hex(const uint8_t *data, size_t size, char *out);

/* A GUID as Windows writes it in bytes, without its braces. */
void es_text_guid(const uint8_t guid[16], char out[37]);

#endif
