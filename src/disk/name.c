/* SPDX-License-Identifier: Apache-2.0
 *
 * name.c: file names between UTF-16 units and WTF-8, compared as Windows compares them.
 *
 * Sorting follows COLLATION_FILE_NAME: unit by unit through $UpCase, a shorter name first. NTFS
 * breaks ties by the units themselves; for finding names the ties belong together, so that twins
 * that differ only in case are seen side by side.
 */
#include "disk/name.h"

#include "base/text.h"

static bool is_high(uint32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(uint32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* One character of (generalised) UTF-8, surrogates allowed. False if it is not well-formed. */
static bool take_character(es_text text, uint64_t *at, uint32_t *ret_character)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    uint8_t lead = (uint8_t)text.data[*at];
    uint32_t n_more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    uint32_t character = n_more == 0 ? lead : lead & (0x3fu >> n_more);

    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || n_more >= text.size - *at)
        return false;
    for (uint32_t i = 1; i <= n_more; i++) {
        uint8_t more = (uint8_t)text.data[*at + i];

        if ((more & 0xc0) != 0x80)
            return false;
        character = character << 6 | (more & 0x3fu);
    }
    if (character < least[n_more] || character > 0x10ffff)
        return false;
    *at += n_more + 1;
    *ret_character = character;
    return true;
}

es_status es_name_from_text(es_text text, es_name *ret_name)
{
    uint32_t n = 0;

    for (uint64_t at = 0; at < text.size;) {
        uint32_t character;

        if (!take_character(text, &at, &character))
            return ES_CORRUPT;
        if (n + (character > 0xffff ? 2 : 1) > ES_NAME_UNITS_MAX)
            return ES_LIMIT;
        if (character > 0xffff) {
            ret_name->units[n++] = (uint16_t)(0xd800 + ((character - 0x10000) >> 10));
            ret_name->units[n++] = (uint16_t)(0xdc00 + ((character - 0x10000) & 0x3ff));
        } else {
            ret_name->units[n++] = (uint16_t)character;
        }
    }
    ret_name->n_units = n;
    return ES_OK;
}

void es_name_from_utf16le(es_bytes bytes, es_name *ret_name)
{
    uint64_t n = bytes.size / 2;

    if (n > ES_NAME_UNITS_MAX)
        n = ES_NAME_UNITS_MAX;
    for (uint64_t i = 0; i < n; i++)
        ret_name->units[i] = (uint16_t)(bytes.data[2 * i] | bytes.data[2 * i + 1] << 8);
    ret_name->n_units = (uint32_t)n;
}

size_t es_name_to_text(const es_name *name, char out[ES_NAME_BYTES_MAX + 1])
{
    size_t size = 0;

    for (uint32_t i = 0; i < name->n_units; i++) {
        uint32_t c = name->units[i];

        if (is_high(c) && i + 1 < name->n_units && is_low(name->units[i + 1])) {
            c = 0x10000 + ((c - 0xd800) << 10) + (name->units[i + 1] - 0xdc00u);
            i++;
        }
        size += es_text_encode(c, (uint8_t *)out + size);
    }
    out[size] = 0;
    return size;
}

int es_name_compare(const uint16_t *upcase, const es_name *a, const es_name *b)
{
    uint32_t n = a->n_units < b->n_units ? a->n_units : b->n_units;

    for (uint32_t i = 0; i < n; i++) {
        uint16_t x = upcase[a->units[i]], y = upcase[b->units[i]];

        if (x != y)
            return x < y ? -1 : 1;
    }
    return a->n_units == b->n_units ? 0 : a->n_units < b->n_units ? -1 : 1;
}

bool es_name_equal(const es_name *a, const es_name *b)
{
    return a->n_units == b->n_units &&
           memcmp(a->units, b->units, a->n_units * sizeof(a->units[0])) == 0;
}

bool es_name_glob(const uint16_t *upcase, const es_name *pattern, const es_name *name)
{
    uint32_t p = 0, n = 0, star_p = 0, star_n = 0;
    bool star = false;

    while (n < name->n_units) {
        if (p < pattern->n_units && pattern->units[p] == '*') {
            star = true;
            star_p = ++p;
            star_n = n;
        } else if (p < pattern->n_units &&
                   (pattern->units[p] == '?' ||
                    upcase[pattern->units[p]] == upcase[name->units[n]])) {
            p++;
            n++;
        } else if (star) {
            p = star_p;
            n = ++star_n;
        } else {
            return false;
        }
    }
    while (p < pattern->n_units && pattern->units[p] == '*')
        p++;
    return p == pattern->n_units;
}

void es_upcase_fill(uint16_t upcase[ES_UPCASE_UNITS])
{
    for (uint32_t unit = 0; unit < ES_UPCASE_UNITS; unit++) {
        uint32_t up = unit;

        if ((unit >= 'a' && unit <= 'z') || (unit >= 0xe0 && unit <= 0xfe && unit != 0xf7) ||
            (unit >= 0x3b1 && unit <= 0x3c9 && unit != 0x3c2) || (unit >= 0x430 && unit <= 0x44f))
            up = unit - 0x20;
        else if (unit == 0xff)
            up = 0x178;
        else if (unit >= 0x450 && unit <= 0x45f)
            up = unit - 0x50;
        upcase[unit] = (uint16_t)up;
    }
}
