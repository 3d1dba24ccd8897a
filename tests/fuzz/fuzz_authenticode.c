/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_authenticode.c: any bytes as a signed executable.
 */
#include "input.h"

#include "windows/authenticode.h"

#include <stdlib.h>

static void check_text(const char *text, size_t room)
{
    if (!memchr(text, '\0', room))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_authenticode *read = malloc(sizeof *read);

    if (!read)
        return 0;
    if (es_authenticode_read((es_bytes){ data, size }, NULL, read) == ES_OK) {
        if (read->n_signatures > ES_SIGNATURES_MAX || read->uncovered > size)
            abort();
        for (uint32_t i = 0; i < read->n_signatures; i++) {
            check_text(read->signatures[i].signer.subject, ES_NAME_MAX);
            check_text(read->signatures[i].signer.chain.usages, ES_USAGES_MAX);
            /* with no root given nothing can be trusted */
            if (read->signatures[i].signer.chain.result == ES_CHAIN_TRUSTED ||
                read->signatures[i].signer.stamp_proven)
                abort();
        }
    }
    free(read);
    return 0;
}
