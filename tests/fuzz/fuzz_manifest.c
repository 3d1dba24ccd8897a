/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_manifest.c: any bytes as a manifest of the component store.
 */
#include "input.h"

#include "windows/components.h"

#include <stdlib.h>

static es_status watch(void *context, const es_manifest_file *file)
{
    uint64_t *left = context;

    /* each takes bytes of the document */
    if (!memchr(file->name, '\0', sizeof file->name) || !file->name[0] ||
        strchr(file->name, '\\') ||
        (file->digest_size != 0 && file->digest_size != 20 && file->digest_size != 32) ||
        (*left)-- == 0)
        abort();
    return ES_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_bytes bytes = { data, size };
    const es_xml_input input = { size, input_read, &bytes };
    uint64_t left = size;

    if (es_manifest_read(&input, watch, &left) < 0)
        abort();
    return 0;
}
