/* SPDX-License-Identifier: Apache-2.0
 *
 * xml.h: the XML that Windows keeps beside its packages (.mum, .manifest, pending.xml), node by
 * node.
 *
 * Servicing writes plain elements with attributes. A document type declaration never occurs in
 * them, and everything that makes XML dangerous hides in one: entities that grow, entities that
 * name other files. A document that has one is refused at that point, so no entity is ever
 * declared, expanded or fetched.
 *
 * The bytes come through a reader: this room knows no filesystem. Encodings: UTF-8, UTF-16 with a
 * byte order mark, ISO 8859-1, US-ASCII.
 *
 * Ownership: the reader owns what its nodes point to until the next call. Threading: one thread.
 */
#ifndef ES_WINDOWS_XML_H
#define ES_WINDOWS_XML_H

#include <esuscan/plugin.h>
#include <stdbool.h>

typedef struct es_xml_input {
    uint64_t size;
    es_status (*read)(void *context, uint64_t offset, void *buffer, uint64_t size,
                      bool *ret_damaged);
    void *context;
} es_xml_input;

/* A node and where its mark-up lies in the document. White space between elements is no node. */
typedef struct es_xml_item {
    uint32_t kind;  /* ES_XML_… of plugin.h */
    uint32_t depth; /* of the element, or of the one that holds the text; 1 is the root's */
    es_text name, text;
    uint32_t n_attributes;
    es_text *attribute_names, *attribute_values; /* without prefixes; no xmlns among them */
    uint64_t offset, length;
} es_xml_item;

typedef struct es_xml es_xml;

/* The input is copied; what its context points to is borrowed until es_xml_free(). ES_LIMIT when
 * the document is larger than ES_XML_SIZE_MAX. */
es_status es_xml_open(const es_xml_input *input, es_xml **ret_xml);
es_xml *es_xml_free(es_xml *xml);

/* The next node. ES_END after the root's end; ES_CORRUPT where the document is not well-formed or
 * a byte could not be read; ES_UNSUPPORTED at a document type declaration or an unknown encoding;
 * ES_LIMIT beyond a cap. A document that ended in any way stays ended. */
es_status es_xml_next(es_xml *xml, es_xml_item *ret_item);

#endif
