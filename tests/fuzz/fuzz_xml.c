/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_xml.c: any bytes as a document. Whatever comes out lies inside the bytes, is nested
 * soundly, and stays ended once it has ended.
 */
#include "input.h"

#include "windows/limits.h"
#include "windows/xml.h"

#include <stdlib.h>

static void check(const es_xml_item *item, uint32_t depth, size_t size)
{
    if (item->depth != depth || item->depth > ES_XML_DEPTH_MAX ||
        item->n_attributes > ES_XML_ATTRIBUTES_MAX || item->offset > size ||
        item->length > size - item->offset || item->text.size > ES_XML_TEXT_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_bytes bytes = { data, size };
    const es_xml_input input = { size, input_read, &bytes };
    es_xml *xml = NULL;
    es_xml_item item;
    uint32_t depth = 0;
    es_status status = es_xml_open(&input, &xml);

    if (status != ES_OK)
        return 0;
    while ((status = es_xml_next(xml, &item)) == ES_OK) {
        if (item.kind == ES_XML_START)
            depth++;
        check(&item, depth, size);
        if (item.kind == ES_XML_END)
            depth--;
    }
    if (status < 0 || es_xml_next(xml, &item) != status || (status == ES_END && depth))
        abort();
    es_xml_free(xml);
    return 0;
}
