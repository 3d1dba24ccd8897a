/* SPDX-License-Identifier: Apache-2.0
 *
 * name.h: file names as NTFS keeps them, sequences of UTF-16 units, and as we show them, WTF-8.
 *
 * NTFS does not care whether its units are valid UTF-16. An unpaired surrogate becomes a sequence
 * of three bytes, as UTF-8 would encode it if it were a character, so that every name survives the
 * way out and back. Two names are the same to Windows when they are so after each unit went
 * through the volume's $UpCase table. Threading: pure functions; a table is not changed after it
 * was filled.
 */
#ifndef ES_DISK_NAME_H
#define ES_DISK_NAME_H

#include "disk/limits.h"
#include <esuscan/types.h>
#include <stdbool.h>

#define ES_UPCASE_UNITS 65536u

/* A name: units in the host's byte order. */
typedef struct es_name {
    uint16_t units[ES_NAME_UNITS_MAX];
    uint32_t n_units;
} es_name;

/* Take a name from UTF-8 or WTF-8. ES_CORRUPT when it is neither, ES_LIMIT when it is longer than
 * a name can be. */
es_status es_name_from_text(es_text text, es_name *ret_name);

/* Take a name from UTF-16LE; the caller has seen to it that it is not too long. */
void es_name_from_utf16le(es_bytes bytes, es_name *ret_name);

/* WTF-8 of a name, NUL-terminated; returns the number of bytes before the NUL. */
size_t es_name_to_text(const es_name *name, char out[ES_NAME_BYTES_MAX + 1]);

/* Order of two names by the table alone, as $I30 sorts them at first. */
int es_name_compare(const uint16_t *upcase, const es_name *a, const es_name *b);
bool es_name_equal(const es_name *a, const es_name *b);

/* Whether a name fits a pattern with '*' and '?', letter case by the table. */
bool es_name_glob(const uint16_t *upcase, const es_name *pattern, const es_name *name);

/* A table for volumes without a usable one: ASCII, Latin-1, Greek and Cyrillic letters. */
void es_upcase_fill(uint16_t upcase[ES_UPCASE_UNITS]);

#endif
