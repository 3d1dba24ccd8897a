/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_pe.c: any bytes as a PE file.
 */
#include "windows/pe.h"

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

static void check_text(const char *text, size_t room)
{
    if (!memchr(text, '\0', room))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_bytes bytes = { data, size };
    const es_pe_input input = { size, read_bytes, &bytes };
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
