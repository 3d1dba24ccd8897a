/* SPDX-License-Identifier: Apache-2.0
 *
 * xml.c: see xml.h. The only file that knows expat.
 *
 * Expat pushes and a reader is pulled: the parser is suspended after each node and resumed when
 * the next one is asked for. An empty element gives its start and end before the suspension takes
 * effect, and text is told before the element that ends it, so up to three nodes wait in a queue.
 */
#include "windows/xml.h"

#include "base/arena.h"
#include "windows/limits.h"

#include <expat.h>
#include <stdlib.h>

#define QUEUE 4u

struct es_xml {
    es_xml_input input;
    XML_Parser parser;
    es_arena *arena;  /* of the nodes in the queue */
    char *text;       /* gathered since the last mark-up */
    uint64_t text_size, text_at;
    uint64_t read_at; /* bytes handed to the parser */
    uint32_t depth;
    es_xml_item queue[QUEUE];
    uint32_t n_queued, n_taken;
    bool suspended;
    es_status ended;  /* how it ended, once it has */
};

static void stop(es_xml *xml, es_status status)
{
    if (xml->ended == ES_OK)
        xml->ended = status;
    XML_StopParser(xml->parser, XML_FALSE);
}

static es_xml_item *enqueue(es_xml *xml, uint32_t kind)
{
    es_xml_item *item;

    if (xml->n_queued == QUEUE) {
        stop(xml, ES_BUG);
        return NULL;
    }
    item = &xml->queue[xml->n_queued++];
    *item = (es_xml_item){
        .kind = kind,
        .depth = xml->depth,
        .offset = (uint64_t)XML_GetCurrentByteIndex(xml->parser),
        .length = (uint64_t)XML_GetCurrentByteCount(xml->parser),
    };
    return item;
}

static bool keep(es_xml *xml, const char *string, size_t size, es_text *ret)
{
    if (es_arena_copy_text(xml->arena, (es_text){ string, size }, ret) == ES_OK)
        return true;
    stop(xml, ES_LIMIT);
    return false;
}

/* A name without its prefix. */
static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon ? colon + 1 : name;
}

static bool blank(const char *text, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\n' && text[i] != '\r')
            return false;
    return true;
}

/* Put the gathered text before the mark-up that ends it. */
static void finish_text(es_xml *xml)
{
    es_xml_item *item;

    if (!blank(xml->text, xml->text_size) && (item = enqueue(xml, ES_XML_TEXT)) != NULL) {
        item->length = item->offset - xml->text_at;
        item->offset = xml->text_at;
        if (!keep(xml, xml->text, (size_t)xml->text_size, &item->text))
            xml->n_queued--;
    }
    xml->text_size = 0;
}

static bool take_attributes(es_xml *xml, es_xml_item *item, const XML_Char **pairs)
{
    uint32_t n = 0;

    while (n <= ES_XML_ATTRIBUTES_MAX && pairs[2 * n])
        n++;
    item->attribute_names = es_arena_take(xml->arena, 2 * (n + 1) * sizeof(es_text));
    if (n > ES_XML_ATTRIBUTES_MAX || !item->attribute_names) {
        stop(xml, ES_LIMIT);
        return false;
    }
    item->attribute_values = item->attribute_names + n;
    for (uint32_t i = 0; i < n; i++) {
        const char *name = pairs[2 * i], *value = pairs[2 * i + 1];

        if (!strncmp(name, "xmlns", 5) && (name[5] == ':' || name[5] == '\0'))
            continue;
        name = local(name);
        if (!keep(xml, name, strlen(name), &item->attribute_names[item->n_attributes]) ||
            !keep(xml, value, strlen(value), &item->attribute_values[item->n_attributes]))
            return false;
        item->n_attributes++;
    }
    return true;
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    es_xml *xml = context;
    es_xml_item *item;

    if (xml->ended != ES_OK)
        return;
    finish_text(xml);
    if (xml->depth == ES_XML_DEPTH_MAX) {
        stop(xml, ES_LIMIT);
        return;
    }
    xml->depth++;
    item = enqueue(xml, ES_XML_START);
    name = local(name);
    if (!item || !keep(xml, name, strlen(name), &item->name) ||
        !take_attributes(xml, item, attributes)) {
        xml->n_queued -= item != NULL;
        return;
    }
    XML_StopParser(xml->parser, XML_TRUE);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    es_xml *xml = context;
    es_xml_item *item;
    XML_ParsingStatus now;

    if (xml->ended != ES_OK)
        return;
    finish_text(xml);
    item = enqueue(xml, ES_XML_END);
    name = local(name);
    if (item && !keep(xml, name, strlen(name), &item->name))
        xml->n_queued--;
    if (xml->depth)
        xml->depth--;
    /* The end of an empty element comes while its start has already suspended the parser. */
    XML_GetParsingStatus(xml->parser, &now);
    if (now.parsing == XML_PARSING)
        XML_StopParser(xml->parser, XML_TRUE);
}

static void XMLCALL on_text(void *context, const XML_Char *text, int size)
{
    es_xml *xml = context;

    if (xml->ended != ES_OK || size <= 0)
        return;
    if (!xml->text_size)
        xml->text_at = (uint64_t)XML_GetCurrentByteIndex(xml->parser);
    if ((uint64_t)size > ES_XML_TEXT_MAX - xml->text_size) {
        stop(xml, ES_LIMIT);
        return;
    }
    memcpy(xml->text + xml->text_size, text, (size_t)size);
    xml->text_size += (uint64_t)size;
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    (void)name, (void)system_id, (void)public_id, (void)has_internal_subset;
    stop(context, ES_UNSUPPORTED);
}

es_status es_xml_open(const es_xml_input *input, es_xml **ret_xml)
{
    es_xml *xml;

    if (input->size > ES_XML_SIZE_MAX)
        return ES_LIMIT;
    xml = calloc(1, sizeof *xml);
    if (!xml)
        return ES_NOMEM;
    xml->input = *input;
    xml->text = malloc(ES_XML_TEXT_MAX);
    xml->parser = XML_ParserCreate(NULL);
    if (!xml->text || !xml->parser ||
        es_arena_new(ES_XML_NODE_MEMORY_MAX, &xml->arena) != ES_OK) {
        es_xml_free(xml);
        return ES_NOMEM;
    }
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_start, on_end);
    XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    *ret_xml = xml;
    return ES_OK;
}

es_xml *es_xml_free(es_xml *xml)
{
    if (!xml)
        return NULL;
    if (xml->parser)
        XML_ParserFree(xml->parser);
    es_arena_free(xml->arena);
    free(xml->text);
    free(xml);
    return NULL;
}

static es_status end_of(enum XML_Error error)
{
    switch (error) {
    case XML_ERROR_NO_MEMORY:
        return ES_NOMEM;
    case XML_ERROR_UNKNOWN_ENCODING:
        return ES_UNSUPPORTED;
    case XML_ERROR_AMPLIFICATION_LIMIT_BREACH:
        return ES_LIMIT;
    default:
        return ES_CORRUPT;
    }
}

/* Hand the parser its next piece. */
static enum XML_Status feed(es_xml *xml)
{
    uint64_t left = xml->input.size - xml->read_at;
    uint64_t size = left < ES_XML_PIECE ? left : ES_XML_PIECE;
    void *buffer = XML_GetBuffer(xml->parser, (int)(size ? size : 1));
    bool damaged = false;
    es_status status;

    if (!buffer) {
        xml->ended = ES_NOMEM;
        return XML_STATUS_ERROR;
    }
    status = size ? xml->input.read(xml->input.context, xml->read_at, buffer, size, &damaged)
                  : ES_OK;
    if (status != ES_OK || damaged) {
        xml->ended = status < 0 ? status : ES_CORRUPT;
        return XML_STATUS_ERROR;
    }
    xml->read_at += size;
    return XML_ParseBuffer(xml->parser, (int)size, xml->read_at == xml->input.size);
}

/* Run the parser until it has told a node, or the document ends. */
static void run(es_xml *xml)
{
    while (!xml->n_queued && xml->ended == ES_OK) {
        bool last = xml->read_at == xml->input.size;
        enum XML_Status status = xml->suspended ? XML_ResumeParser(xml->parser) : feed(xml);

        last = xml->suspended ? last : xml->read_at == xml->input.size;
        xml->suspended = status == XML_STATUS_SUSPENDED;
        if (xml->ended != ES_OK)
            break;
        if (status == XML_STATUS_ERROR)
            xml->ended = end_of(XML_GetErrorCode(xml->parser));
        else if (status == XML_STATUS_OK && last)
            xml->ended = ES_END;
    }
}

es_status es_xml_next(es_xml *xml, es_xml_item *ret_item)
{
    if (xml->n_taken == xml->n_queued) {
        xml->n_taken = xml->n_queued = 0;
        if (es_arena_used(xml->arena) > ES_XML_NODE_MEMORY_MAX / 4) {
            xml->arena = es_arena_free(xml->arena);
            if (es_arena_new(ES_XML_NODE_MEMORY_MAX, &xml->arena) != ES_OK)
                return ES_NOMEM;
        }
        run(xml);
    }
    if (xml->n_taken < xml->n_queued) {
        *ret_item = xml->queue[xml->n_taken++];
        return ES_OK;
    }
    return xml->ended;
}
