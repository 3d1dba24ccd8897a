/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog.c: see catalog.h: one catalog taken apart. catalog_index.c holds all of them.
 */
#include "windows/catalog.h"

#include "base/text.h"
#include "windows/authenticode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OID(name, ...)                                                                             \
    static const uint8_t name##_bytes[] = { __VA_ARGS__ };                                         \
    static const es_bytes name = { name##_bytes, sizeof name##_bytes }

/* 1.3.6.1.4.1.311.10.1 CTL; .2.1.4 SPC_INDIRECT_DATA; .12.2.1 CAT_NAMEVALUE */
OID(oid_ctl, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0a, 0x01);
OID(oid_indirect, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04);
OID(oid_name_value, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0c, 0x02, 0x01);

#define DIGEST_MIN 16u
#define DIGEST_MAX 64u

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The digest that a member's tag is: raw, or hexadecimal in UTF-16. 0 when it is neither. */
static uint64_t digest_of_tag(es_bytes tag, uint8_t out[DIGEST_MAX])
{
    uint64_t n = 0;

    if (tag.size == 20 || tag.size == 32) {
        memcpy(out, tag.data, (size_t)tag.size);
        return tag.size;
    }
    while (n < DIGEST_MAX && tag.size / 4 > n) {
        const uint8_t *at = tag.data + n * 4;
        int high = hex_digit(at[0]), low = hex_digit(at[2]);

        if (high < 0 || low < 0 || at[1] || at[3])
            break;
        out[n++] = (uint8_t)(high << 4 | low);
    }
    return n == 20 || n == 32 ? n : 0;
}

/* The digest that a member's indirect data states, empty when it has none. */
static es_bytes digest_of_data(es_bytes attributes)
{
    es_cursor cursor = es_cursor_make(attributes);
    es_der attribute, type, set, value, algorithm, data;
    es_bytes digest = { NULL, 0 };

    for (unsigned i = 0; i < ES_ATTRIBUTES_MAX && es_der_next(&cursor, &attribute); i++) {
        es_cursor inside = es_der_inside(&attribute);

        if (attribute.tag != ES_DER_SEQUENCE || !es_der_take(&inside, ES_DER_OID, &type) ||
            !es_der_is_oid(&type, oid_indirect) || !es_der_take(&inside, ES_DER_SET, &set))
            continue;
        inside = es_der_inside(&set);
        if (es_der_next(&inside, &value) &&
            es_indirect_digest(&value, &algorithm, &digest, &data) &&
            digest.size >= DIGEST_MIN && digest.size <= DIGEST_MAX)
            return digest;
    }
    return (es_bytes){ NULL, 0 };
}

/* The list of members: the last sequence of the trust list before its extensions. */
static bool find_members(const es_der *list, es_der *ret_members)
{
    es_cursor cursor = es_der_inside(list);
    es_der element;
    unsigned sequences = 0;

    /* version?, usage, listIdentifier?, sequenceNumber?, thisUpdate, nextUpdate?, algorithm, list */
    for (unsigned i = 0; i < 9 && es_der_next(&cursor, &element); i++) {
        if (element.tag == ES_DER_SEQUENCE && ++sequences == 3) {
            *ret_members = element;
            return true;
        }
    }
    if (es_cursor_failed(&cursor) || sequences < 2)
        return false;
    ret_members->value = (es_bytes){ NULL, 0 }; /* a list of nothing is left out */
    return true;
}

/* One member's digests to the callback. False when it is no member. */
static bool give(es_cursor *cursor, const uint8_t *start,
                 int (*each)(void *context, const es_catalog_member *member), void *context,
                 int *ret_stop)
{
    es_catalog_member member = { .at = 0 };
    uint8_t from_tag[DIGEST_MAX];
    es_der subject, tag, set;
    es_bytes stated;
    es_cursor inside;
    uint64_t size;

    if (!es_der_take(cursor, ES_DER_SEQUENCE, &subject))
        return false;
    inside = es_der_inside(&subject);
    if (!es_der_take(&inside, ES_DER_OCTETS, &tag))
        return false;
    if (es_der_is_next(&inside, ES_DER_SET) && es_der_next(&inside, &set))
        member.attributes = set.value;
    member.at = (uint64_t)(subject.whole.data - start);
    stated = digest_of_data(member.attributes);
    size = digest_of_tag(tag.value, from_tag);
    if (stated.size) {
        member.digest = stated;
        *ret_stop = each(context, &member);
    }
    if (size && !*ret_stop &&
        !(size == stated.size && memcmp(stated.data, from_tag, (size_t)size) == 0)) {
        member.digest = (es_bytes){ from_tag, size };
        *ret_stop = each(context, &member);
    }
    return true;
}

es_status es_catalog_members(es_bytes catalog, es_signed *ret_signed,
                             int (*each)(void *context, const es_catalog_member *member),
                             void *context)
{
    es_signed found;
    es_der members;
    es_cursor cursor;
    es_status status = es_signed_read(catalog, &found);
    uint32_t n = 0;
    int stop = 0;

    if (status != ES_OK)
        return status;
    if (!es_der_is_oid(&found.content_type, oid_ctl))
        return ES_UNSUPPORTED;
    if (found.content.tag != ES_DER_SEQUENCE || !find_members(&found.content, &members))
        return ES_CORRUPT;
    cursor = es_cursor_make(members.value);
    while (!stop && es_cursor_left(&cursor)) {
        if (n++ == ES_CATALOG_MEMBERS_MAX)
            return ES_LIMIT;
        if (!give(&cursor, catalog.data, each, context, &stop))
            return ES_CORRUPT;
    }
    if (ret_signed)
        *ret_signed = found;
    return ES_OK;
}

/* CAT_NAMEVALUE: tag (BMPString), flags, value (UTF-16LE with its NUL in an OCTET STRING). */
void es_catalog_attribute(es_bytes attributes, const char *name, char out[ES_NAME_MAX])
{
    es_cursor cursor = es_cursor_make(attributes);
    es_der attribute, type, set, value, tag, text;

    out[0] = '\0';
    for (unsigned i = 0; i < ES_ATTRIBUTES_MAX && es_der_next(&cursor, &attribute); i++) {
        es_cursor inside = es_der_inside(&attribute);
        size_t size = strlen(name);
        char *utf8 = NULL;
        bool same;

        if (attribute.tag != ES_DER_SEQUENCE || !es_der_take(&inside, ES_DER_OID, &type) ||
            !es_der_is_oid(&type, oid_name_value) || !es_der_take(&inside, ES_DER_SET, &set))
            continue;
        inside = es_der_inside(&set);
        if (!es_der_take(&inside, ES_DER_SEQUENCE, &value))
            continue;
        inside = es_der_inside(&value);
        if (!es_der_take(&inside, ES_DER_BMP_STRING, &tag) ||
            !es_der_take(&inside, ES_DER_INTEGER, &text) ||
            !es_der_take(&inside, ES_DER_OCTETS, &text))
            continue;
        same = tag.value.size == size * 2;
        for (size_t k = 0; same && k < size; k++) /* BMPString is big-endian */
            same = tag.value.data[2 * k] == 0 && tag.value.data[2 * k + 1] == (uint8_t)name[k];
        if (!same || es_utf8_from_utf16le(text.value, &utf8) != ES_OK)
            continue;
        snprintf(out, ES_NAME_MAX, "%s", utf8);
        free(utf8);
        return;
    }
}
