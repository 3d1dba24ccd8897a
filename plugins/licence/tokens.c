/* SPDX-License-Identifier: Apache-2.0
 *
 * tokens.c: which ESU activation ids the token store holds.
 *
 * The layout of tokens.dat on NT 6.0 is not known, so each id of the catalogue is searched for in
 * every form it may have: as text of either case, ASCII or UTF-16LE, and as a binary GUID, whose
 * first three parts are little-endian. An id proves that the licence files of its product are
 * installed, which updates bring; not that a key was entered, still less that it was activated.
 */
#include "licence.h"

enum { FORM_ASCII, FORM_UTF16, FORM_GUID, N_FORMS };

static const char *const forms[] = { "ASCII text", "UTF-16 text", "binary GUID" };

int applies_to_2008(const es_catalogue_activation *activation)
{
    es_text left = activation->applies_to;

    while (left.size) {
        const char *end = (const char *)memchr(left.data, ';', (size_t)left.size);
        es_text one = { left.data, end ? (uint64_t)(end - left.data) : left.size };

        if (es_name_is(one, "Windows Server 2008"))
            return 1;
        left.data += one.size;
        left.size -= one.size;
        if (left.size) {
            left.data++;
            left.size--;
        }
    }
    return 0;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "553673ed-6ddf-419c-a153-b760283472fd" as Windows stores a GUID; 0 when it is none. */
static int pattern_guid(pattern *made, es_text id)
{
    static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    uint32_t n = 0;

    memset(made, 0, sizeof *made);
    for (uint64_t i = 0; i + 1 < id.size && n < 16; i++) {
        int high, low;

        if (id.data[i] == '-')
            continue;
        high = hex_of(id.data[i]);
        low = hex_of(id.data[++i]);
        if (high < 0 || low < 0)
            return 0;
        made->bytes[order[n++]] = (uint8_t)(high << 4 | low);
    }
    made->size = 16;
    return n == 16 && id.size == 36;
}

static es_status emit_id(const es_host *host, const es_artefact *file,
                         const es_catalogue_activation *activation, const pattern *found,
                         uint32_t form)
{
    es_time no_time = { 0, 0, 0 };
    es_datum fields[7];
    const es_where *where = file->where;
    es_status status = host->place(host, file->where, found->first, found->size, &where);

    if (status < 0)
        return status;
    fields[0] = es_datum_text(activation->id);
    fields[1] = es_datum_text_or_null(activation->sku);
    fields[2] = es_datum_text_or_null(activation->applies_to);
    fields[3] = es_datum_text_or_null(activation->licence_channel);
    fields[4] = es_datum_text(es_text_of(forms[form]));
    fields[5] = es_datum_integer(found->hits);
    fields[6] = es_datum_boolean(!applies_to_2008(activation));
    return es_emit(host, FACT_ID, fields, no_time, status == ES_OK ? where : file->where);
}

static es_status emit_store(const es_host *host, const es_artefact *file, int whole)
{
    es_datum fields[4];

    fields[0] = es_datum_text(es_text_of("tokens.dat"));
    fields[1] = es_datum_text(file->path);
    fields[2] = es_datum_integer((int64_t)file->file_size);
    fields[3] = es_datum_boolean(whole);
    return es_emit(host, FACT_STORE, fields, file->modified, file->where);
}

static es_status search(const es_host *host, const es_artefact *file, const es_catalogue *from,
                        int *ret_whole)
{
    pattern *patterns;
    void *memory = NULL;
    uint32_t n = from->n_activations < MAX_PATTERNS / N_FORMS ? from->n_activations
                                                              : MAX_PATTERNS / N_FORMS;
    es_status status = host->alloc(host, MAX_PATTERNS * sizeof *patterns, &memory);

    if (status)
        return status;
    patterns = (pattern *)memory;
    for (uint32_t i = 0; i < n; i++) {
        es_text id = from->activations[i]->id;

        pattern_ascii(&patterns[N_FORMS * i + FORM_ASCII], id.data, id.size);
        pattern_utf16(&patterns[N_FORMS * i + FORM_UTF16], id.data, id.size);
        if (!pattern_guid(&patterns[N_FORMS * i + FORM_GUID], id))
            patterns[N_FORMS * i + FORM_GUID] = patterns[N_FORMS * i + FORM_ASCII];
    }
    status = search_file(host, file, patterns, N_FORMS * n, ret_whole);
    for (uint32_t i = 0; i < N_FORMS * n && status == ES_OK; i++)
        if (patterns[i].hits)
            status = emit_id(host, file, from->activations[i / N_FORMS], &patterns[i],
                             i % N_FORMS);
    return status;
}

es_status examine_tokens(const es_host *host, const es_artefact *file)
{
    const es_catalogue *catalogue = catalogue_of(host);
    int whole = 0;
    es_status status;

    if (!catalogue || !catalogue->n_activations) {
        status = host->note(host, 1,
                            es_text_of("without a catalogue the ESU activation ids are not known: "
                                       "the token store was not searched"),
                            file->where);
        return status < 0 ? status : emit_store(host, file, 0);
    }
    status = search(host, file, catalogue, &whole);
    if (status == ES_OK && !whole)
        status = host->note(host, 1,
                            es_text_of("the token store was not searched to its end"),
                            file->where);
    return status < 0 ? status : emit_store(host, file, whole);
}
