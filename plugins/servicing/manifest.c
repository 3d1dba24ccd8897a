/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest.c: what a package's .mum says of it.
 *
 *     assembly
 *       assemblyIdentity                    the package itself
 *       package identifier releaseType restart
 *         parent disposition …
 *           assemblyIdentity                a package it applies to
 *         update name
 *           package | component
 *             assemblyIdentity              a part of it
 *
 * A machine has thousands, and most say nothing that the registry does not. Read are those of the
 * updates that are asked for, and those whose key and files disagree. ESU updates from 2020 on
 * carry a check of the licence: the component …ExtendedSecurityUpdatesAI, named in the .mum.
 */
#include "servicing.h"

#include <esuscan/catalogue.h>

#define MAX_PARENTS 256u
#define MAX_PARTS 2048u
#define MAX_LINES 8192u /* of the list of components */
#define MAX_DEPTH 16u

/* What was read so far. `path` holds the names of the open elements. */
struct mum_content {
    es_text path[MAX_DEPTH];
    es_text self;                      /* the identity it gives itself */
    es_text release_type, restart;
    es_text parents[MAX_PARENTS];
    uint32_t n_parents;
    wanted_component parts[MAX_PARTS]; /* components */
    uint32_t n_parts, left_out;
    int esu_checked;
};

/* ------------------------------------------------------------------ which */

static void ask(work *at, uint32_t kb)
{
    if (kb && !manifest_is_asked(at, kb) && at->n_asked < MAX_ASKED)
        at->asked[at->n_asked++] = kb;
}

/* A CVE asks for every update that mends it, and for those that supersede such a one directly or
 * through others: the machine has one of them if any. */
static void ask_for_cve(work *at, es_text id)
{
    const es_catalogue *catalogue =
        at->host->size > offsetof(es_host, catalogue) ? at->host->catalogue : NULL;

    for (uint32_t i = 0; catalogue && i < catalogue->n_cves; i++) {
        const es_catalogue_cve *cve = catalogue->cves[i];

        if (!es_name_same(cve->id, id))
            continue;
        for (uint32_t k = 0; k < cve->n_fixes; k++)
            ask(at, cve->fixes[k]->update->kb);
    }
    for (uint32_t i = 0; i < at->n_asked; i++) {
        const es_catalogue_update *update = es_catalogue_find(catalogue, at->asked[i]);

        for (uint32_t k = 0; update && k < update->n_superseded_by; k++)
            ask(at, update->superseded_by[k]->kb);
    }
}

es_status manifest_asked(work *at)
{
    const es_question *question =
        at->host->size > offsetof(es_host, question) ? at->host->question : NULL;

    for (uint32_t i = 0; question && i < question->n_asked; i++) {
        if (question->asked[i].kind == ES_ASKED_KB)
            ask(at, es_kb_number(question->asked[i].id));
        else if (question->asked[i].kind == ES_ASKED_CVE)
            ask_for_cve(at, question->asked[i].id);
    }
    return ES_OK;
}

int manifest_is_asked(const work *at, uint32_t kb)
{
    for (uint32_t i = 0; kb && i < at->n_asked; i++)
        if (at->asked[i] == kb)
            return 1;
    return 0;
}

es_status manifest_want(work *at, es_text identity, uint32_t kb, int asked)
{
    void *memory = NULL;
    es_status status = ES_OK;

    if (!asked && at->n_doubtful == MAX_DOUBTFUL_MANIFESTS)
        return ES_OK;
    if (!at->wanted) {
        status = at->host->alloc(at->host, (uint64_t)(MAX_WANTED_MANIFESTS +
                                            MAX_DOUBTFUL_MANIFESTS) * sizeof *at->wanted, &memory);
        at->wanted = (wanted_manifest *)memory;
    }
    if (status || at->n_wanted == MAX_WANTED_MANIFESTS + MAX_DOUBTFUL_MANIFESTS)
        return status;
    at->n_doubtful += !asked;
    at->wanted[at->n_wanted++] =
        (wanted_manifest){ identity, kb_text(at->host, kb), asked != 0 };
    return ES_OK;
}

/* ------------------------------------------------------------------ reading */

static es_text attribute(const es_xml_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->n_attributes; i++)
        if (es_name_same(node->attribute_names[i], es_text_of(name)))
            return node->attribute_values[i];
    return (es_text)ES_TEXT("");
}

static int is_below(const mum_content *of, uint32_t depth, const char *name)
{
    return depth >= 1 && depth <= MAX_DEPTH && es_name_same(of->path[depth - 1], es_text_of(name));
}

static es_status identity_of(const es_host *host, const es_xml_node *node, es_text *ret)
{
    es_text name = attribute(node, "name"), token = attribute(node, "publicKeyToken"),
            architecture = attribute(node, "processorArchitecture"),
            language = attribute(node, "language"), version = attribute(node, "version");

    if (es_name_same(language, es_text_of("neutral")))
        language.size = 0;
    return es_prose_one(host, ret, "%.*s~%.*s~%.*s~%.*s~%.*s", ES_SHOWN(name), ES_SHOWN(token),
                        ES_SHOWN(architecture), ES_SHOWN(language), ES_SHOWN(version));
}

static void take_component(mum_content *of, const es_xml_node *node)
{
    wanted_component part = { attribute(node, "processorArchitecture"), attribute(node, "name"),
                              attribute(node, "version"), NULL, 0 };

    if (!part.name.size)
        return;
    for (uint32_t i = 0; i < of->n_parts; i++)
        if (es_name_same(of->parts[i].name, part.name) &&
            es_name_same(of->parts[i].version, part.version) &&
            es_name_same(of->parts[i].architecture, part.architecture))
            return;
    if (of->n_parts < MAX_PARTS)
        of->parts[of->n_parts++] = part;
    else
        of->left_out++;
}

static es_status take_identity(const es_host *host, mum_content *of, const es_xml_node *node)
{
    uint32_t above = node->depth - 1;

    if (node->depth == 2)
        return identity_of(host, node, &of->self);
    if (is_below(of, above, "parent") && of->n_parents < MAX_PARENTS)
        return identity_of(host, node, &of->parents[of->n_parents++]);
    if (is_below(of, above, "component"))
        take_component(of, node);
    return ES_OK;
}

static void look_for_check(mum_content *of, const es_xml_node *node)
{
    of->esu_checked = of->esu_checked || es_name_holds(node->text, "extendedsecurityupdatesai");
    for (uint32_t i = 0; i < node->n_attributes && !of->esu_checked; i++)
        of->esu_checked = es_name_holds(node->attribute_values[i], "extendedsecurityupdatesai") ||
                          es_name_holds(node->attribute_values[i], "edsecurityupdatesai");
}

static es_status take_node(const es_host *host, mum_content *of, const es_xml_node *node)
{
    look_for_check(of, node);
    if (node->kind != ES_XML_START)
        return ES_OK;
    if (node->depth >= 1 && node->depth <= MAX_DEPTH)
        of->path[node->depth - 1] = node->name;
    if (node->depth >= 2 && es_name_same(node->name, es_text_of("assemblyIdentity")))
        return take_identity(host, of, node);
    if (node->depth == 2 && es_name_same(node->name, es_text_of("package"))) {
        of->release_type = attribute(node, "releaseType");
        of->restart = attribute(node, "restart");
    }
    return ES_OK;
}

/* ------------------------------------------------------------------ telling */

/* Remember a component, so that its winner is told. */
static es_status remember(work *at, const wanted_component *part)
{
    void *memory = NULL;
    es_status status = ES_OK;

    if (!at->components) {
        status = at->host->alloc(at->host, (uint64_t)MAX_COMPONENTS * sizeof *at->components,
                                 &memory);
        at->components = (wanted_component *)memory;
    }
    if (status == ES_OK && at->n_components < MAX_COMPONENTS)
        at->components[at->n_components++] = *part;
    return status;
}

/* "arch|name|version|file", one a file; without a file where its manifest does not say. */
static es_status add_lines(work *at, wanted_component *part, int with_files, es_text *lines,
                           uint32_t *n)
{
    static const component_file none = { ES_TEXT(""), ES_TEXT("") };
    es_status status = with_files ? component_files(at, part) : ES_OK;
    const component_file *files = part->n_files ? part->files : &none;
    uint32_t n_files = part->n_files ? part->n_files : 1;

    for (uint32_t i = 0; i < n_files && status == ES_OK && *n < MAX_LINES; i++)
        status = es_prose_one(at->host, &lines[(*n)++], "%.*s|%.*s|%.*s|%.*s",
                              ES_SHOWN(part->architecture),
                              ES_SHOWN(part->name), ES_SHOWN(part->version),
                              ES_SHOWN(files[i].name));
    return status;
}

static es_status emit_manifest(work *at, const wanted_manifest *wanted, mum_content *of,
                               const es_artefact *document)
{
    es_time no_time = { 0, 0, 0 };
    es_datum fields[7];
    uint32_t n = 0;
    es_status status = ES_OK;

    for (uint32_t i = 0; i < of->n_parts && status == ES_OK; i++) {
        status = add_lines(at, &of->parts[i], wanted->asked != 0, at->lines, &n);
        if (status == ES_OK && wanted->asked)
            status = remember(at, &of->parts[i]);
    }
    if (status)
        return status;
    fields[0] = es_datum_text(wanted->identity);
    fields[1] = es_datum_text_or_null(wanted->kb);
    fields[2] = es_datum_texts(of->parents, of->n_parents);
    fields[3] = es_datum_text_or_null(of->release_type);
    fields[4] = es_datum_text_or_null(of->restart);
    fields[5] = es_datum_texts(at->lines, n);
    fields[6] = es_datum_boolean(of->esu_checked);
    return es_emit(at->host, FACT_MANIFEST, fields, no_time, document->where);
}

/* The name a manifest gives itself must be the one it is filed under. */
static int is_of(const mum_content *of, es_text identity)
{
    return of->self.size == 0 || identity.size > 400 || es_name_same(of->self, identity);
}

static es_status examine_manifest(work *at, const wanted_manifest *wanted)
{
    es_artefact document;
    es_xml_node node;
    es_text name;
    mum_content *of = at->mum;
    es_status status = es_prose_one(at->host, &name, "%.*s.mum",
                                    (int)(wanted->identity.size & 0x3ff),
                                    wanted->identity.data);

    if (status)
        return status;
    memset(of, 0, sizeof *of);
    status = at->host->artefact_open(at->host, WANT_MUM, name, &document);
    if (status)
        return status < 0 ? status : ES_OK; /* the host has noted what cannot be opened */
    while ((status = at->host->xml_next(at->host, &document, &node)) == ES_OK) {
        es_status taken = take_node(at->host, of, &node);

        if (taken)
            return taken;
    }
    if (status < 0)
        return status;
    if (status != ES_END || of->left_out || !is_of(of, wanted->identity)) {
        es_status told = doubt(at, status == ES_LIMIT ? DOUBT_MANIFEST_LARGE : DOUBT_MANIFEST,
                               wanted->identity, document.where);

        if (told < 0)
            return told;
    }
    /* What belongs to another package, or is not a manifest at all, says nothing of this one. */
    if (!of->self.size || !is_of(of, wanted->identity))
        return ES_OK;
    return emit_manifest(at, wanted, of, &document);
}

es_status manifests_examine(work *at)
{
    void *memory = NULL, *lines = NULL;
    es_status status = ES_OK;

    if (at->n_wanted) {
        status = at->host->alloc(at->host, sizeof *at->mum, &memory);
        if (status == ES_OK)
            status = at->host->alloc(at->host, MAX_LINES * sizeof *at->lines, &lines);
        at->mum = (mum_content *)memory;
        at->lines = (es_text *)lines;
    }
    for (uint32_t i = 0; i < at->n_wanted && status == ES_OK; i++)
        status = examine_manifest(at, &at->wanted[i]);
    if (status == ES_OK && at->n_wanted == MAX_WANTED_MANIFESTS + MAX_DOUBTFUL_MANIFESTS)
        status = at->host->note(at->host, 1,
                                es_text_of("there are more package manifests to look into than "
                                           "are read"),
                                at->hive->where);
    if (status == ES_OK && at->n_doubtful == MAX_DOUBTFUL_MANIFESTS)
        status = at->host->note(at->host, 1,
                                es_text_of("more package files than these disagree with the "
                                           "registry: their manifests were not read"),
                                at->hive->where);
    return status;
}
