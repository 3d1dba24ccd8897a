/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_lines.c: any bytes as a text log. Lines lie inside the bytes, one behind the other, and are
 * UTF-8 without line ends.
 */
#include "base/text.h"
#include "windows/limits.h"
#include "windows/lines.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static es_status read_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    const es_bytes *bytes = context;

    if (offset > bytes->size || size > bytes->size - offset)
        abort();
    memcpy(buffer, bytes->data + offset, (size_t)size);
    *ret_damaged = false;
    return ES_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_bytes bytes = { data, size };
    const es_lines_input input = { size, read_bytes, &bytes };
    es_lines *lines = NULL;
    es_lines_line line;
    uint64_t number = 0, end = 0;
    es_status status = es_lines_open(&input, &lines);

    if (status != ES_OK)
        return 0;
    while ((status = es_lines_next(lines, &line)) == ES_OK) {
        if (line.number <= number || line.offset < end || line.offset > size ||
            line.length > size - line.offset || line.length > ES_LINES_LINE_MAX ||
            !line.text.size || line.text.size > 3 * ES_LINES_LINE_MAX ||
            !es_text_is_utf8(line.text))
            abort();
        number = line.number;
        end = line.offset + line.length;
    }
    if (status != ES_END || es_lines_next(lines, &line) != ES_END || es_lines_lost(lines))
        abort();
    es_lines_free(lines);
    return 0;
}
