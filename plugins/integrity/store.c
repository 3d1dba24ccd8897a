/* SPDX-License-Identifier: Apache-2.0
 *
 * store.c: the component store, every file against what its manifest states.
 */
#include "integrity.h"

/* Files told one by one: a failing disk may have changed more, a report of more helps nobody. */
#define MAX_TOLD 5000u

static es_status emit_component(const es_host *host, const es_component *from)
{
    es_datum fields[N_COMPONENT_FIELDS];
    es_fact fact = { sizeof fact, FACT_COMPONENT, fields, { 0, 0, 0 }, from->where };

    fields[C_PATH] = es_datum_text(from->path);
    fields[C_STATE] = es_datum_text(from->word);
    fields[C_ALGORITHM] = es_datum_text_or_null(from->digest_algorithm);
    fields[C_STATED] = from->stated.size ? es_datum_bytes(from->stated) : es_null();
    fields[C_COMPUTED] = from->computed.size ? es_datum_bytes(from->computed) : es_null();
    fields[C_SIZE] = es_datum_integer((int64_t)from->file_size);
    return host->emit(host, &fact, NULL);
}

es_status store_examine(const es_host *host, const es_artefact *store)
{
    int64_t counts[ES_COMPONENT_MANIFEST + 1] = { 0 }, left_out = 0;
    es_datum fields[N_STORE_FIELDS];
    es_fact fact = { sizeof fact, FACT_STORE, fields, { 0, 0, 0 }, store->where };
    es_component now;
    es_status status, told = ES_OK;
    uint32_t n = 0;

    while ((status = host->component_next(host, store, &now)) == ES_OK && told == ES_OK) {
        if (now.state <= ES_COMPONENT_MANIFEST)
            counts[now.state]++;
        if (now.state == ES_COMPONENT_SAME)
            continue;
        if (n++ < MAX_TOLD)
            told = emit_component(host, &now);
        else
            left_out++;
    }
    if (told != ES_OK || status < 0)
        return told != ES_OK ? told : status;
    if (status != ES_END || counts[ES_COMPONENT_UNREADABLE] || counts[ES_COMPONENT_MANIFEST])
        told = host->note(host, 1,
                          es_text_of("Not every file of the component store could be checked."),
                          store->where);
    fields[S_CHECKED] = es_datum_integer(counts[ES_COMPONENT_SAME] + counts[ES_COMPONENT_DIFFERS]);
    fields[S_SAME] = es_datum_integer(counts[ES_COMPONENT_SAME]);
    fields[S_DIFFER] = es_datum_integer(counts[ES_COMPONENT_DIFFERS]);
    fields[S_MISSING] = es_datum_integer(counts[ES_COMPONENT_MISSING]);
    fields[S_UNREADABLE] = es_datum_integer(counts[ES_COMPONENT_UNREADABLE]);
    fields[S_MANIFESTS] = es_datum_integer(counts[ES_COMPONENT_MANIFEST]);
    fields[S_LEFT_OUT] = es_datum_integer(left_out);
    return told == ES_OK ? host->emit(host, &fact, NULL) : told;
}
