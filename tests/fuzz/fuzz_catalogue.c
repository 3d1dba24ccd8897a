/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_catalogue.c: a catalogue whose eight files are parts of the input. An examiner names its
 * folder, so it may be anything.
 *
 * The input is split at bytes of 0 into the files, in the order of the digest; what is not there is
 * empty. An accepted one is walked: every link must lead somewhere.
 */
#include "input.h"

#include "host/catalogue.h"

#include <string.h>

static void walk(const es_catalogue *tables)
{
    volatile uint64_t sum = 0;

    for (uint32_t i = 0; i < tables->n_updates; i++) {
        const es_catalogue_update *update = tables->updates[i];

        for (uint32_t k = 0; k < update->n_superseded_by; k++)
            sum += update->superseded_by[k]->kb;
        for (uint32_t k = 0; k < update->n_fixes; k++)
            sum += update->fixes[k]->cve->index;
        for (uint32_t k = 0; k < update->n_supersedes; k++)
            sum += es_catalogue_find(tables, update->supersedes[k]) != NULL;
        if (es_catalogue_find(tables, update->kb) != update)
            __builtin_trap();
    }
    for (uint32_t i = 0; i < tables->n_cves; i++)
        for (uint32_t k = 0; k < tables->cves[i]->n_fixes; k++)
            if (tables->cves[i]->fixes[k]->cve != tables->cves[i])
                __builtin_trap();
    (void)sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_bytes files[ES_CATALOGUE_N_FILES];
    es_catalogue_book *book = NULL;
    es_note note;

    for (size_t i = 0; i < ES_CATALOGUE_N_FILES; i++) {
        const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
        size_t length = zero ? (size_t)(zero - data) : size;

        files[i] = (es_bytes){ data, length };
        data += length;
        size -= length;
        if (size)
            data++, size--;
    }
    if (es_catalogue_parse(files, &book, &note) == ES_OK)
        walk(es_catalogue_tables(book));
    es_catalogue_book_free(book);
    return 0;
}
