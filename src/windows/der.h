/* SPDX-License-Identifier: Apache-2.0
 *
 * der.h: ASN.1 in its distinguished encoding, element by element.
 *
 * Signatures and catalogs are nests of elements: a tag, a length, a value. A reader that builds a
 * tree of them can be made to build a very large one; this one builds nothing. It hands out the
 * next element of a run of bytes and never looks into it, so depth is the depth of the caller's
 * code and work is bounded by the bytes that the caller walks.
 *
 * Only definite lengths and tags below 31 are taken, which is what DER allows and what signing
 * tools write. Source of the encoding: ITU-T X.690.
 *
 * Ownership: elements borrow the bytes. Threading: pure functions.
 */
#ifndef ES_WINDOWS_DER_H
#define ES_WINDOWS_DER_H

#include <esuscan/bytes.h>
#include <stdbool.h>

#define ES_DER_BOOLEAN 0x01u
#define ES_DER_INTEGER 0x02u
#define ES_DER_BIT_STRING 0x03u
#define ES_DER_OCTETS 0x04u
#define ES_DER_OID 0x06u
#define ES_DER_UTF8 0x0cu
#define ES_DER_UTC_TIME 0x17u
#define ES_DER_GENERALIZED_TIME 0x18u
#define ES_DER_BMP_STRING 0x1eu
#define ES_DER_SEQUENCE 0x30u
#define ES_DER_SET 0x31u
#define ES_DER_CONTEXT(n) (0xa0u + (n))           /* constructed */
#define ES_DER_CONTEXT_PRIMITIVE(n) (0x80u + (n))

typedef struct es_der {
    uint8_t tag;
    es_bytes value; /* what it holds */
    es_bytes whole; /* tag, length and value */
} es_der;

/* The next element; false at the end and where none can be read: the cursor then has failed. */
bool es_der_next(es_cursor *cursor, es_der *ret_element);

/* The next element, which must have this tag, else the cursor fails. */
bool es_der_take(es_cursor *cursor, uint8_t tag, es_der *ret_element);

/* Whether the next element has this tag; takes nothing. */
bool es_der_is_next(const es_cursor *cursor, uint8_t tag);

/* A cursor over what an element holds. */
es_cursor es_der_inside(const es_der *element);

/* Whether an element is the object identifier with these bytes. */
bool es_der_is_oid(const es_der *element, es_bytes oid);

/* UTCTime or GeneralizedTime of the form DER allows (in UTC, "Z"). */
es_time es_der_time(const es_der *element);

#endif
