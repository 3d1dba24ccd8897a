/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_text.c: see hive_text.h.
 *
 * Folding is to upper case, one character to one, as Windows compares names. The ranges are those
 * of the Unicode simple case mapping for Latin, Greek, Cyrillic, Armenian and full-width letters;
 * names in other scripts have no case.
 */
#include "windows/hive_text.h"

#include "base/text.h"

#include <stdlib.h>

#define REPLACEMENT UINT32_C(0xfffd)
#define SYMBOL_FOR_NUL UINT32_C(0x2400)

/* Pairs "upper, lower" side by side, upper first at even (or odd) numbers. */
static bool lower_of_even_pair(uint32_t c)
{
    return (c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14a && c <= 0x177) ||
           (c >= 0x1de && c <= 0x1ef) || (c >= 0x1f8 && c <= 0x21f) || (c >= 0x222 && c <= 0x233) ||
           (c >= 0x3d8 && c <= 0x3ef) || (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) ||
           (c >= 0x4d0 && c <= 0x52f) || (c >= 0x1e00 && c <= 0x1e95) ||
           (c >= 0x1ea0 && c <= 0x1eff);
}

static bool lower_of_odd_pair(uint32_t c)
{
    return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e) ||
           (c >= 0x1cd && c <= 0x1dc) || (c >= 0x4c1 && c <= 0x4ce);
}

static uint32_t fold_beyond_latin(uint32_t c)
{
    if ((c >= 0x3b1 && c <= 0x3cb && c != 0x3c2) || (c >= 0x430 && c <= 0x44f) ||
        (c >= 0xff41 && c <= 0xff5a))
        return c - 0x20;
    if (c == 0x3c2)
        return 0x3a3;
    if (c == 0x3ac)
        return 0x386;
    if (c >= 0x3ad && c <= 0x3af)
        return c - 0x25;
    if (c == 0x3cc)
        return 0x38c;
    if (c == 0x3cd || c == 0x3ce)
        return c - 0x3f;
    if (c >= 0x450 && c <= 0x45f)
        return c - 0x50;
    if (c >= 0x561 && c <= 0x586)
        return c - 0x30;
    if (c == 0x4cf)
        return 0x4c0;
    return c;
}

static uint32_t fold(uint32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 0x20 : c;
    if (c >= 0xe0 && c <= 0xfe && c != 0xf7)
        return c - 0x20;
    if (c < 0x100)
        return c == 0xff ? 0x178 : c;
    if (lower_of_even_pair(c))
        return c & ~UINT32_C(1);
    if (lower_of_odd_pair(c))
        return c % 2 ? c : c - 1;
    return fold_beyond_latin(c);
}

/* The character at `*at`, which moves on; names are at most 64 KiB. */
static uint32_t next_character(es_hive_name name, uint64_t *at)
{
    const uint8_t *data = name.bytes.data;
    uint64_t size = name.bytes.size;
    uint32_t c, low;

    if (name.compressed) {
        c = data[(*at)++];
        return c ? c : SYMBOL_FOR_NUL;
    }
    if (size - *at < 2) { /* an odd byte at the end */
        *at = size;
        return REPLACEMENT;
    }
    c = (uint32_t)data[*at] | (uint32_t)data[*at + 1] << 8;
    *at += 2;
    if (c == 0)
        return SYMBOL_FOR_NUL;
    if (c < 0xd800 || c > 0xdfff)
        return c;
    if (c > 0xdbff || size - *at < 2)
        return REPLACEMENT;
    low = (uint32_t)data[*at] | (uint32_t)data[*at + 1] << 8;
    if (low < 0xdc00 || low > 0xdfff)
        return REPLACEMENT;
    *at += 2;
    return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

es_status es_hive_name_utf8(es_hive_name name, char **ret_text)
{
    /* A byte becomes at most three (NUL does), two of UTF-16 three, four of it four. */
    char *text = malloc((size_t)name.bytes.size * 3 + 4);
    size_t n = 0;

    if (!text)
        return ES_NOMEM;
    for (uint64_t at = 0; at < name.bytes.size;)
        n += es_text_encode(next_character(name, &at), (uint8_t *)text + n);
    text[n] = '\0';
    *ret_text = text;
    return ES_OK;
}

static uint32_t hash_step(uint32_t hash, uint32_t c)
{
    return (hash ^ c) * UINT32_C(16777619); /* FNV-1a over characters */
}

#define HASH_START UINT32_C(2166136261)

/* Decode one character of our own UTF-8; 0 when it is none. */
static uint32_t take_utf8(es_text text, uint64_t *at)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *p = (const unsigned char *)text.data + *at;
    unsigned n = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;
    uint32_t c;

    if (n == 0 || n > text.size - *at)
        return 0;
    c = n == 1 ? *p : *p & (0xffu >> (n + 1));
    for (unsigned i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    *at += n;
    return c < least[n] || c > 0x10ffff ? 0 : c;
}

es_status es_hive_wanted_make(es_text text, es_hive_wanted *ret_wanted)
{
    es_hive_wanted wanted = { malloc((size_t)(text.size + 1) * sizeof(uint32_t)), 0, HASH_START };

    if (!wanted.characters)
        return ES_NOMEM;
    for (uint64_t at = 0; at < text.size;) {
        uint32_t c = take_utf8(text, &at);

        if (c == 0) {
            free(wanted.characters);
            return ES_BUG;
        }
        wanted.characters[wanted.n++] = fold(c);
        wanted.hash = hash_step(wanted.hash, fold(c));
    }
    *ret_wanted = wanted;
    return ES_OK;
}

void es_hive_wanted_done(es_hive_wanted *wanted)
{
    free(wanted->characters);
    wanted->characters = NULL;
}

uint32_t es_hive_name_hash(es_hive_name name)
{
    uint32_t hash = HASH_START;

    for (uint64_t at = 0; at < name.bytes.size;)
        hash = hash_step(hash, fold(next_character(name, &at)));
    return hash;
}

bool es_hive_name_is(es_hive_name name, const es_hive_wanted *wanted)
{
    uint64_t at = 0;
    size_t i = 0;

    while (at < name.bytes.size && i < wanted->n) {
        if (fold(next_character(name, &at)) != wanted->characters[i++])
            return false;
    }
    return at == name.bytes.size && i == wanted->n;
}
