/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_pe.c: any bytes as a PE file.
 */
#include "input.h"

#include "windows/pe.h"

#include <stdlib.h>

static void check_text(const char *text, size_t room)
{
    if (!memchr(text, '\0', room))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_bytes bytes = { data, size };
    const es_pe_input input = { size, input_read, &bytes };
    es_pe pe;

    if (es_pe_read(&input, ES_PE_WITH_CHECKSUM, &pe) != ES_OK)
        return 0;
    if (pe.n_strings > ES_PE_LANGUAGES_MAX || !pe.checksum_read)
        abort();
    for (uint32_t i = 0; i < pe.n_strings; i++) {
        check_text(pe.strings[i].file_version, sizeof pe.strings[i].file_version);
        check_text(pe.strings[i].language, sizeof pe.strings[i].language);
    }
    check_text(pe.pdb_name, sizeof pe.pdb_name);
    check_text(pe.problem, sizeof pe.problem);
    return 0;
}
