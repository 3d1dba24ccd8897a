/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_lines.c: any bytes as a text log. Lines lie inside the bytes, one behind the other, and are
 * UTF-8 without line ends.
 */
#include "input.h"

#include "base/text.h"
#include "windows/limits.h"
#include "windows/lines.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_bytes bytes = { data, size };
    const es_lines_input input = { size, input_read, &bytes };
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
