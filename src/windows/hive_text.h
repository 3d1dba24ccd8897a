/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_text.h: names of keys and values, as UTF-8 and as what they are compared by.
 *
 * hivex converts names with iconv, which opens files of the C library for each character set: a
 * jail forbids that. So names are decoded here: Latin-1 when compressed, else UTF-16LE. A lone
 * surrogate becomes U+FFFD; a NUL inside a name, which no tool of Windows can create or show,
 * becomes U+2400, so that a name that hides behind one is neither cut nor taken for another.
 *
 * Internal to hive*.c. Ownership: results are the caller's. Threading: pure functions.
 */
#ifndef ES_WINDOWS_HIVE_TEXT_H
#define ES_WINDOWS_HIVE_TEXT_H

#include <esuscan/types.h>
#include <stdbool.h>

/* A name as stored. */
typedef struct es_hive_name {
    es_bytes bytes;
    bool compressed; /* one byte a character */
} es_hive_name;

/* A name to look for: its characters, folded. */
typedef struct es_hive_wanted {
    uint32_t *characters;
    size_t n;
    uint32_t hash;
} es_hive_wanted;

es_status es_hive_name_utf8(es_hive_name name, char **ret_text);
/* `text` must be UTF-8: ES_BUG otherwise. */
es_status es_hive_wanted_make(es_text text, es_hive_wanted *ret_wanted);
void es_hive_wanted_done(es_hive_wanted *wanted);
uint32_t es_hive_name_hash(es_hive_name name);
bool es_hive_name_is(es_hive_name name, const es_hive_wanted *wanted);

#endif
