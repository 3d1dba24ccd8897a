/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_ese.c: any bytes as an ESE database. What comes out is within the caps, and it ends. No
 * database is in the tree: search from real ones. The library reads behind its pages on some inputs
 * (windows/ese.h); what is looked for here is our own.
 */
#include "input.h"

#include "base/text.h"
#include "windows/ese.h"
#include "windows/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tables[] = { "MSysObjects", "tbHistory", "SruDbIdMapTable" };
    es_bytes bytes = { data, size };

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        es_ese *ese = NULL;
        es_table_row row;
        bool damaged;
        es_status status = es_ese_open(input_read, &bytes, size, es_text_of(tables[i]), &ese);

        if (status != ES_OK)
            continue;
        while ((status = es_ese_next(ese, &row, &damaged)) == ES_OK) {
            if (row.n_cells > ES_ESE_COLUMNS_MAX)
                abort();
            for (uint32_t k = 0; k < row.n_cells; k++)
                if (!es_text_is_utf8(row.cells[k].column) || !es_text_is_utf8(row.cells[k].text))
                    abort();
        }
        if (status != ES_END)
            abort();
        es_ese_free(ese);
    }
    return 0;
}
