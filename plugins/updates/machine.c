/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.c: what machine it is: its Windows, its kernel, its components and their manifests.
 */
#include "facts.h"
#include "gather.h"

static es_status take_registry(work *of, void *context, const es_fact_view *view)
{
    enum { HIVE, NAME, TEXT, WOW64 };
    columns *at = (columns *)context;
    es_text name, text;

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    if (column_boolean(at, view, WOW64) > 0)
        return ES_OK;
    name = column_text(at, view, NAME);
    text = column_text(at, view, TEXT);
    if (text_is(name, "CurrentVersion")) {
        of->nt_version = text;
        of->nt_fact = view->reference;
    } else if (text_is(name, "CSDVersion") && text.size) {
        of->service_pack = text;
    } else if (text_is(name, "EditionID")) {
        of->edition = text;
    }
    return ES_OK;
}

static es_status take_product(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    of->product_type = column_text(at, view, 0);
    of->product_fact = view->reference;
    return ES_OK;
}

/* The registry's word goes before that of a package, which may be of an earlier browser. */
static es_status take_browser(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    file_version version = { { 0 }, 0 };

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    if (!view->damaged && version_parse(column_text(at, view, 0), &version) &&
        version.parts[0] >= 7 && version.parts[0] <= 11)
        of->ie_version = version.parts[0];
    return ES_OK;
}

static es_status take_framework(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    framework *made = &of->frameworks[of->n_frameworks];
    es_datum pack;
    es_text version;
    uint32_t n = 0;

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    version = column_text(at, view, 0);
    pack = column(at, view, 1, ES_FIELD_INTEGER);
    if (!version.size || view->damaged || of->n_frameworks == N_FRAMEWORKS) {
        of->frameworks_cut = 1; /* one that has no name may be any */
        return ES_OK;
    }
    of->n_frameworks++;
    made->service_pack = pack.type ? (int32_t)pack.integer : -1;
    for (uint64_t i = 0; i < version.size && n < 3; i++) {
        if (version.data[i] == '.')
            n++;
        else if (version.data[i] >= '0' && version.data[i] <= '9' && made->parts[n] < 100000)
            made->parts[n] = made->parts[n] * 10 + (uint32_t)(version.data[i] - '0');
    }
    return ES_OK;
}

static es_status take_setup(work *of, void *context, const es_fact_view *view)
{
    (void)context;
    if (is_own(of, view) && !view->damaged) {
        of->set_up = view->time;
        of->set_up_fact = view->reference;
    }
    return ES_OK;
}

static es_status take_kernel(work *of, void *context, const es_fact_view *view)
{
    enum { NAME, ROLE, VERSION, MACHINE };
    columns *at = (columns *)context;
    kernel_file *made;

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    if (of->own.n_kernels == N_KERNELS)
        return ES_OK;
    made = &of->own.kernels[of->own.n_kernels++];
    made->name = column_text(at, view, NAME);
    made->role = column_text(at, view, ROLE);
    made->machine = column_text(at, view, MACHINE);
    made->version_text = column_text(at, view, VERSION);
    made->fact = view->reference;
    (void)version_parse(made->version_text, &made->version);
    return ES_OK;
}

/* The kernel that a boot entry names, else the older of those that may boot. */
static void choose_kernel(state_view *own)
{
    for (uint32_t i = 0; i < own->n_kernels; i++) {
        const kernel_file *one = &own->kernels[i];
        int named = text_is(one->role, "boot-kernel");

        if (!one->version.known ||
            (!named && !text_is(one->role, "kernel") && !text_is(one->role, "pae-kernel")))
            continue;
        if (!own->kernel || (named && !text_is(own->kernel->role, "boot-kernel")) ||
            (named == text_is(own->kernel->role, "boot-kernel") &&
             version_compare(one->version.parts, own->kernel->version.parts) < 0))
            own->kernel = one;
    }
}

static void decide_architecture(work *of)
{
    static const struct {
        const char *word;
        uint32_t machine, set;
    } known[] = { { "x86", ES_MACHINE_I386, ES_ARCHITECTURE_X86 },
                  { "amd64", ES_MACHINE_AMD64, ES_ARCHITECTURE_AMD64 },
                  { "ia64", ES_MACHINE_IA64, ES_ARCHITECTURE_IA64 } };

    of->architecture_word = "";
    for (uint32_t i = 0; i < ES_COUNT(known); i++)
        if (of->own.kernel ? text_is(of->own.kernel->machine, known[i].word)
                           : of->installation->machine_type == known[i].machine) {
            of->architecture = known[i].set;
            of->architecture_word = known[i].word;
        }
}

static int starts(es_text text, const char *prefix)
{
    size_t size = strlen(prefix);

    return text.size >= size && !memcmp(text.data, prefix, size);
}

static void decide_machine(work *of)
{
    const kernel_file *kernel = of->own.kernel;

    choose_kernel(&of->own);
    kernel = of->own.kernel;
    decide_architecture(of);
    if (kernel)
        of->is_nt60 = kernel->version.parts[0] == 6 && kernel->version.parts[1] == 0 ? YES : NO;
    else if (of->nt_version.size)
        of->is_nt60 = starts(of->nt_version, "6.0") ? YES : NO;
    else
        of->is_nt60 = MAYBE;
    if (kernel && of->is_nt60 == YES && kernel->version.parts[2] >= 6002)
        of->is_sp2 = YES;
    else if (of->service_pack.size)
        of->is_sp2 = text_is(of->service_pack, "Service Pack 2") ? YES : NO;
    else
        of->is_sp2 = kernel || of->nt_version.size ? NO : MAYBE;
    of->is_server = !of->product_type.size           ? MAYBE
                    : text_is(of->product_type, "WinNT") ? NO
                                                         : YES;
}

es_status gather_machine(work *of)
{
    static const char *const registry[] = { "hive", "name", "text", "wow64" },
                             *const product[] = { "product_type" },
                             *const kernel[] = { "name", "role", "file_version", "machine" },
                             *const browser[] = { "version" },
                             *const frameworks[] = { "version", "service_pack" };
    columns at = { registry, 4, NULL, { 0 } };
    es_status status = each(of, "build.registry", take_registry, &at);

    at = (columns){ product, 1, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "build.product", take_product, &at);
    at = (columns){ kernel, 4, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "kernel.file", take_kernel, &at);
    at = (columns){ browser, 1, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "updates.browser", take_browser, &at);
    at = (columns){ frameworks, 2, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "updates.framework", take_framework, &at);
    if (status == ES_OK)
        status = each(of, "build.installed", take_setup, NULL);
    if (status == ES_OK)
        decide_machine(of);
    return status;
}

/* ------------------------------------------------------------------ components and manifests */

static es_status take_component(work *of, void *context, const es_fact_view *view)
{
    enum { NAME, ARCHITECTURE, VERSION, FILE_VERSION };
    columns *at = (columns *)context;
    component *made;
    void *item = NULL;
    es_status status;

    if (!is_own(of, view))
        return ES_OK;
    status = table_add(of->host, &of->own.components, &item);
    if (status)
        return status;
    columns_bind(at, view);
    made = (component *)item;
    memset(made, 0, sizeof *made);
    made->name = column_text(at, view, NAME);
    made->architecture = column_text(at, view, ARCHITECTURE);
    (void)version_parse(column_text(at, view, VERSION), &made->version);
    (void)version_parse(column_text(at, view, FILE_VERSION), &made->file);
    made->fact = view->reference;
    return ES_OK;
}

static es_status take_manifest(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    es_datum list;
    manifest *made;
    void *item = NULL;
    uint32_t kb;
    es_status status;

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    kb = es_kb_number(column_text(at, view, 0));
    list = column(at, view, 1, ES_FIELD_TEXT_LIST);
    if (!kb || !list.n)
        return ES_OK;
    status = table_add(of->host, &of->own.manifests, &item);
    if (status)
        return status;
    made = (manifest *)item;
    made->kb = kb;
    made->components = list.texts;
    made->n_components = list.n;
    made->fact = view->reference;
    return ES_OK;
}

es_status gather_components(work *of)
{
    static const char *const names[] = { "component", "architecture", "version", "file_version" },
                             *const manifests[] = { "kb", "components" };
    columns at = { manifests, 2, NULL, { 0 } };
    es_status status;

    of->own.components.item_size = sizeof(component);
    of->own.manifests.item_size = sizeof(manifest);
    status = each(of, "servicing.manifest", take_manifest, &at);
    at = (columns){ names, 4, NULL, { 0 } };
    if (status == ES_OK && of->own.manifests.n)
        status = each(of, "servicing.component", take_component, &at);
    return status;
}
