/* SPDX-License-Identifier: Apache-2.0
 *
 * components.c: which version of a component is in effect, and which files a component has.
 *
 * SideBySide\Winners has a key for each component, arch_name_token_culture_hash, below it one for
 * each major version ("6.0"), whose default value is the version that won. A machine has some
 * 15,000; told are those the boot depends on, the licence check, and those of the updates asked.
 *
 * A component's files stand in winsxs\Manifests\arch_name_token_version_culture_hash.manifest.
 * Long names are shortened there: the middle gives way to "..".
 */
#include "servicing.h"

#define WINNERS "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners"
#define MAX_TOLD 4096u
#define MAX_MANIFESTS 60000u

/* A name as the store spells it. */
typedef struct store_name {
    es_text architecture, name, version;
} store_name;

static es_text cut_last(es_text *text)
{
    es_text last = ES_TEXT("");

    for (uint64_t i = text->size; i > 0; i--)
        if (text->data[i - 1] == '_') {
            last = es_name_behind(*text, i);
            text->size = i - 1;
            break;
        }
    return last;
}

static es_text cut_first(es_text *text)
{
    es_text first = *text;

    for (uint64_t i = 0; i < text->size; i++)
        if (text->data[i] == '_') {
            first.size = i;
            *text = es_name_behind(*text, i + 1);
            return first;
        }
    text->size = 0;
    return first;
}

/* "arch_name_token_culture_hash". */
static store_name winner_name(es_text key)
{
    store_name of = { ES_TEXT(""), ES_TEXT(""), ES_TEXT("") };

    (void)cut_last(&key);
    (void)cut_last(&key);
    (void)cut_last(&key);
    of.architecture = cut_first(&key);
    of.name = key;
    return of;
}

/* "arch_name_token_version_culture_hash.manifest", or the folder of that name. */
static store_name manifest_name(es_text file)
{
    store_name of = { ES_TEXT(""), ES_TEXT(""), ES_TEXT("") };

    (void)cut_last(&file);
    (void)cut_last(&file);
    of.version = cut_last(&file);
    (void)cut_last(&file);
    of.architecture = cut_first(&file);
    of.name = file;
    return of;
}

/* A name in full against one that may be shortened. */
static int names_same(es_text full, es_text stored)
{
    for (uint64_t i = 0; i + 1 < stored.size; i++)
        if (stored.data[i] == '.' && stored.data[i + 1] == '.') {
            es_text head = { stored.data, i }, tail = es_name_behind(stored, i + 2);
            es_text front = full, back;

            if (full.size < head.size + tail.size)
                return 0;
            front.size = head.size;
            back = es_name_behind(full, full.size - tail.size);
            return es_name_same(front, head) && es_name_same(back, tail);
        }
    return es_name_same(full, stored);
}

static int is_asked(const work *at, const store_name *of)
{
    for (uint32_t i = 0; i < at->n_components; i++)
        if (es_name_same(at->components[i].architecture, of->architecture) &&
            names_same(at->components[i].name, of->name))
            return 1;
    return 0;
}

static int matters(const work *at, const store_name *of)
{
    static const char *const names[] = {
        "microsoft-windows-os-kernel",     "microsoft-windows-hal",
        "microsoft-windows-win32k",        "microsoft-windows-ntdll",
        "microsoft-windows-kernel32",      "microsoft-windows-codeintegrity",
        "microsoft-windows-kdcom-serial",  "microsoft-windows-pshed",
        "microsoft-windows-commonlog",     "microsoft-windows-bootvid",
        "microsoft-windows-b..environment-windows", "microsoft-windows-bootenvironment-core",
        "microsoft-windows-bootenvironment-windows", "microsoft-windows-servicingstack",
    };

    if (es_name_ends(of->name, "edsecurityupdatesai"))
        return 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (es_name_same(of->name, es_text_of(names[i])))
            return 1;
    return is_asked(at, of);
}

/* What lies where Windows uses it is looked at for the updates asked. */
static es_status fill_file(work *at, const store_name *of, es_text version, int asked,
                           es_datum fields[3])
{
    wanted_component winner = { of->architecture, of->name, version, NULL, 0 };
    file_in_place file;
    es_status status;

    fields[0] = fields[1] = fields[2] = es_null();
    if (!asked)
        return ES_OK;
    status = file_look(at, &winner, &file);
    if (status)
        return status;
    fields[0] = es_datum_text_or_null(file.version);
    fields[1] = es_datum_text_or_null(file.path);
    fields[2] = file.agrees < 0 ? es_null() : es_datum_boolean(file.agrees);
    return ES_OK;
}

static es_status emit_winner(work *at, const store_name *of, const es_key *key)
{
    es_time no_time = { 0, 0, 0 };
    es_datum fields[7];
    int asked = is_asked(at, of);
    es_key major;
    es_value value;
    es_text version;
    es_status status = ES_OK;

    for (uint64_t i = 0; status == ES_OK && i < 16; i++) {
        status = at->host->key_child(at->host, key, i, &major);
        if (status)
            break;
        if (at->host->value_find(at->host, &major, es_text_of(""), &value) != ES_OK ||
            at->host->value_text(at->host, &value, 0, &version) != ES_OK)
            continue;
        fields[0] = es_datum_text(of->name);
        fields[1] = es_datum_text_or_null(of->architecture);
        fields[2] = es_datum_text_or_null(version);
        fields[3] = es_datum_text(es_text_of("winners"));
        status = fill_file(at, of, version, asked, &fields[4]);
        if (status)
            break;
        status = es_emit(at->host, FACT_COMPONENT, fields, no_time, value.where);
    }
    return status < 0 ? status : ES_OK;
}

es_status components_examine(work *at)
{
    es_key winners, key;
    uint32_t told = 0;
    es_status status = es_prose_key(at->host, at->hive, WINNERS, &winners);

    if (status <= 0)
        return status;
    for (uint64_t i = 0; told < MAX_TOLD; i++) {
        store_name of;

        status = at->host->key_child(at->host, &winners, i, &key);
        if (status)
            break;
        of = winner_name(key.name);
        if (!matters(at, &of))
            continue;
        told++;
        status = emit_winner(at, &of, &key);
        if (status)
            break;
    }
    if (status < 0 || status == ES_END)
        return status < 0 ? status : ES_OK;
    return at->host->note(at->host, 1,
                          es_text_of("the list of winning components was not read to its end"),
                          winners.where);
}

/* ------------------------------------------------------------------ files of a component */

static component_file file_of(const es_xml_node *node)
{
    component_file made = { ES_TEXT(""), ES_TEXT("") };

    for (uint32_t i = 0; i < node->n_attributes; i++) {
        if (es_name_same(node->attribute_names[i], es_text_of("name")))
            made.name = node->attribute_values[i];
        if (es_name_same(node->attribute_names[i], es_text_of("destinationPath")))
            made.destination = node->attribute_values[i];
    }
    return made;
}

static es_status read_files(work *at, const es_artefact *document, wanted_component *to)
{
    component_file files[MAX_COMPONENT_FILES];
    uint32_t n = 0;
    es_xml_node node;
    void *memory = NULL;
    es_status status;

    while ((status = at->host->xml_next(at->host, document, &node)) == ES_OK) {
        if (node.kind != ES_XML_START || node.depth != 2 ||
            !es_name_same(node.name, es_text_of("file")) || n == MAX_COMPONENT_FILES)
            continue;
        files[n] = file_of(&node);
        n += files[n].name.size != 0;
    }
    if (status < 0 || !n)
        return status < 0 ? status : ES_OK;
    status = at->host->alloc(at->host, n * sizeof *files, &memory);
    if (status)
        return status;
    memcpy(memory, files, n * sizeof *files);
    to->files = (const component_file *)memory;
    to->n_files = n;
    return ES_OK;
}

/* Either name may be the shortened one. */
static int names_match(es_text a, es_text b)
{
    return names_same(a, b) || names_same(b, a);
}

/* The folder of manifests, listed once for all asked components. */
static es_status list_manifests(work *at)
{
    es_artefact folder;
    es_entry entry;
    void *memory = NULL;
    es_status status;

    at->manifests_listed = 1;
    status = at->host->artefact_open(at->host, WANT_MANIFESTS, (es_text)ES_TEXT(""), &folder);
    if (status)
        return status < 0 ? status : ES_OK;
    status = at->host->alloc(at->host, MAX_MANIFESTS * sizeof *at->manifests, &memory);
    at->manifests = (es_text *)memory;
    while (status == ES_OK && at->n_manifests < MAX_MANIFESTS) {
        status = at->host->entry_next(at->host, &folder, &entry);
        if (status == ES_OK && es_name_ends(entry.name, ".manifest"))
            at->manifests[at->n_manifests++] = entry.name;
    }
    if (status < 0 || status == ES_END)
        return status < 0 ? status : ES_OK;
    return at->host->note(at->host, 1,
                          es_text_of("the component store's manifests cannot be listed to the "
                                     "end: files of components may be missing"),
                          folder.where);
}

/* The same component, already read for an update. */
static const wanted_component *find_read(const work *at, const wanted_component *component)
{
    for (uint32_t i = 0; i < at->n_components; i++) {
        const wanted_component *one = &at->components[i];

        if (one->n_files && es_name_same(one->version, component->version) &&
            es_name_same(one->architecture, component->architecture) &&
            names_match(one->name, component->name))
            return one;
    }
    return NULL;
}

es_status component_files(work *at, wanted_component *component)
{
    const wanted_component *before = find_read(at, component);
    es_status status = at->manifests_listed ? ES_OK : list_manifests(at);

    if (before) {
        component->files = before->files;
        component->n_files = before->n_files;
        return status;
    }
    for (uint32_t i = 0; i < at->n_manifests && status == ES_OK && !component->n_files; i++) {
        es_artefact document;

        if (!component_is_in(component, at->manifests[i]))
            continue;
        status = at->host->artefact_open(at->host, WANT_MANIFEST, at->manifests[i], &document);
        if (status == ES_OK)
            status = read_files(at, &document, component);
        status = status < 0 ? status : ES_OK;
    }
    return status;
}

void component_files_of_another(const work *at, wanted_component *component)
{
    for (uint32_t i = 0; i < at->n_components && !component->n_files; i++) {
        const wanted_component *one = &at->components[i];

        if (es_name_same(one->architecture, component->architecture) &&
            names_match(one->name, component->name)) {
            component->files = one->files;
            component->n_files = one->n_files;
        }
    }
}

int component_is_in(const wanted_component *component, es_text folder)
{
    store_name of = manifest_name(folder);

    return es_name_same(of.version, component->version) &&
           es_name_same(of.architecture, component->architecture) &&
           names_match(component->name, of.name);
}
