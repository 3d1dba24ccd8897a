/* SPDX-License-Identifier: Apache-2.0
 *
 * files.c: the .mum and .cat that lie in servicing\Packages beside each package.
 *
 * The folder is listed once and kept as a table: looking up 5,000 files one by one would cost more
 * than the rest of the scan. Files outlive the registry's keys, so a pair without a key is a
 * finding of its own.
 */
#include "servicing.h"

#define MAX_FILES 100000u

static uint32_t slot_of(const work *at, es_text name, uint32_t hash)
{
    uint32_t slot = hash & (at->table_size - 1);

    while (at->table[slot] && (at->files[at->table[slot] - 1].hash != hash ||
                               !es_name_same(at->files[at->table[slot] - 1].name, name)))
        slot = (slot + 1) & (at->table_size - 1);
    return slot;
}

static es_status take_memory(const es_host *host, uint64_t n, uint64_t size, void *ret)
{
    void *memory = NULL;
    es_status status = host->alloc(host, n * size, &memory);

    memcpy(ret, &memory, sizeof memory);
    return status;
}

/* Twice the table, with what it held. */
static es_status grow(work *at)
{
    uint32_t size = at->table_size ? at->table_size * 2 : 1024;
    package_file *files = NULL;
    uint32_t *table = NULL;
    es_status status = take_memory(at->host, size / 2, sizeof *files, &files);

    if (status == ES_OK)
        status = take_memory(at->host, size, sizeof *table, &table);
    if (status)
        return status;
    if (at->n_files)
        memcpy(files, at->files, at->n_files * sizeof *files);
    at->files = files;
    at->table = table;
    at->table_size = size;
    for (uint32_t i = 0; i < at->n_files; i++)
        at->table[slot_of(at, files[i].name, files[i].hash)] = i + 1;
    return ES_OK;
}

/* The entry of a name, made where there is none. */
static es_status entry_of(work *at, es_text name, package_file **ret)
{
    uint32_t slot, hash = hash_text(name);
    es_status status = ES_OK;

    *ret = NULL;
    if (at->n_files == at->table_size / 2)
        status = at->n_files == MAX_FILES ? ES_LIMIT : grow(at);
    if (status)
        return status;
    slot = slot_of(at, name, hash);
    if (!at->table[slot]) {
        at->files[at->n_files] = (package_file){ .name = name, .hash = hash };
        at->table[slot] = ++at->n_files;
    }
    *ret = &at->files[at->table[slot] - 1];
    return ES_OK;
}

es_status files_of(work *at, es_text identity, package_file **ret)
{
    es_status status = entry_of(at, identity, ret);

    return status < 0 ? status : ES_OK;
}

static es_status add(work *at, const es_entry *entry)
{
    int mum = es_name_ends(entry->name, ".mum"), cat = es_name_ends(entry->name, ".cat");
    es_text name = { entry->name.data, entry->name.size - 4 };
    package_file *file;
    es_status status;

    if ((!mum && !cat) || entry->is_directory)
        return ES_OK;
    status = entry_of(at, name, &file);
    if (status)
        return status;
    file->mum |= (uint32_t)mum;
    file->cat |= (uint32_t)cat;
    return ES_OK;
}

static es_status list(work *at)
{
    es_entry entry;
    es_status status;

    do {
        status = at->host->entry_next(at->host, &at->folder, &entry);
        if (status == ES_OK)
            status = add(at, &entry);
    } while (status == ES_OK);
    if (status < 0)
        return status;
    at->listed = status == ES_END;
    if (status == ES_END)
        return ES_OK;
    return at->host->note(at->host, 1,
                          es_text_of("the folder of package files cannot be listed to its end: "
                                     "which packages have their files is not known"),
                          at->folder.where);
}

es_status files_list(work *at)
{
    es_status status = at->host->artefact_open(at->host, WANT_LISTING, (es_text)ES_TEXT(""),
                                               &at->folder);

    if (status)
        return status < 0 ? status : ES_OK;
    return list(at);
}

static es_status emit_file(work *at, const package_file *file)
{
    package_name name = identity_parse(file->name);
    es_time no_time = { 0, 0, 0 };
    es_datum fields[4];

    fields[0] = es_datum_text(file->name);
    fields[1] = es_datum_text_or_null(kb_text(at->host, name.kb));
    fields[2] = es_datum_boolean(file->mum != 0);
    fields[3] = es_datum_boolean(file->cat != 0);
    return es_emit(at->host, FACT_FILE, fields, no_time, at->folder.where);
}

es_status files_emit_orphans(work *at)
{
    es_status status = ES_OK;

    for (uint32_t i = 0; i < at->n_files && status == ES_OK; i++) {
        const package_file *file = &at->files[i];
        uint32_t kb = identity_parse(file->name).kb;

        if (file->has_key)
            continue;
        status = emit_file(at, file);
        if (status == ES_OK && file->mum)
            status = manifest_want(at, file->name, kb, manifest_is_asked(at, kb));
    }
    return status;
}

/* Without SOFTWARE the files still tell what was staged. */
es_status files_examine_alone(const es_host *host, const es_artefact *listing)
{
    work *at = NULL;
    es_status status = work_make(host, listing, &at);

    if (status)
        return status;
    at->folder = *listing;
    status = list(at);
    for (uint32_t i = 0; i < at->n_files && status == ES_OK; i++)
        status = emit_file(at, &at->files[i]);
    return status;
}
