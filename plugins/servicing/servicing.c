/* SPDX-License-Identifier: Apache-2.0
 *
 * servicing.c: which packages a Windows has, as Component Based Servicing and its files say.
 *
 * Facts only: what a state means for an update, and an update for the machine's exposure, is
 * judged elsewhere. Everything hangs on SOFTWARE: when it is examined, the folder of package files
 * is listed beside it, and manifests, accounts and the component store are opened as far as they
 * are needed. Without SOFTWARE the files are told alone.
 */
#include "servicing.h"

#include <stdlib.h>

#define WANT(kind, flags, path, means) \
    { sizeof(es_want), ES_KIND_##kind, ES_SCOPE_SYSTEM_ROOT, flags, path, means }

static const es_want wants[] = {
    [WANT_SOFTWARE] = WANT(HIVE, ES_WANT_REQUIRED, "System32/config/SOFTWARE",
                           "packages, what servicing owes, winning components"),
    [WANT_PACKAGES] = WANT(LISTING, 0, "servicing/Packages",
                           "package files, where SOFTWARE cannot be read"),
    [WANT_PENDING_XML] = WANT(XML, 0, "winsxs/pending.xml",
                              "packages whose file operations wait for the next start"),
    [WANT_LISTING] = WANT(LISTING, ES_WANT_ON_DEMAND, "servicing/Packages",
                          "which packages have their files"),
    [WANT_MUM] = WANT(XML, ES_WANT_ON_DEMAND, "servicing/Packages/*.mum",
                      "packages that are asked for, or whose key and files disagree"),
    [WANT_SAM] = WANT(HIVE, ES_WANT_ON_DEMAND, "System32/config/SAM",
                      "names of the accounts that installed packages"),
    [WANT_MANIFESTS] = WANT(LISTING, ES_WANT_ON_DEMAND, "winsxs/Manifests",
                            "manifests of the components of an update that is asked for"),
    [WANT_MANIFEST] = WANT(XML, ES_WANT_ON_DEMAND, "winsxs/Manifests/*.manifest",
                           "files of the components of an update that is asked for"),
    [WANT_SYSTEM32] = WANT(EXECUTABLE, ES_WANT_ON_DEMAND, "System32/*",
                           "whether a component's file is the one of the version in effect"),
    [WANT_DRIVERS] = WANT(EXECUTABLE, ES_WANT_ON_DEMAND, "System32/drivers/*", "likewise"),
    [WANT_SYSWOW64] = WANT(EXECUTABLE, ES_WANT_ON_DEMAND, "SysWOW64/*", "likewise"),
};

#define FIELD(type, name, means) { sizeof(es_field), ES_FIELD_##type, name, means }

static const es_field package_fields[] = {
    FIELD(TEXT, "identity", "name of the key"),
    FIELD(TEXT, "name", "first part of the identity"),
    FIELD(TEXT, "kb", "the KB it names, where that is beyond doubt"),
    FIELD(TEXT, "role", "update, child, service-pack, language-pack, foundation, rollupfix, other"),
    FIELD(TEXT, "architecture", "x86, amd64, ia64, wow64, msil …"),
    FIELD(TEXT, "language", "null: neutral"),
    FIELD(TEXT, "version", "of the package"),
    FIELD(TEXT, "state", "CurrentState decoded by value"),
    FIELD(INTEGER, "state_value", "CurrentState"),
    FIELD(BOOLEAN, "broken", "CurrentState is negative"),
    FIELD(TEXT, "client", "InstallClient: what installed it"),
    FIELD(TEXT, "user", "InstallUser: a SID"),
    FIELD(TEXT, "user_name", "its name, where this disk knows it"),
    FIELD(INTEGER, "visibility", "1: listed, 2: hidden"),
    FIELD(TEXT_LIST, "owners", "packages that own it"),
    FIELD(BOOLEAN, "mum", "its .mum lies in servicing\\Packages; null: not known"),
    FIELD(BOOLEAN, "cat", "its .cat lies in servicing\\Packages; null: not known"),
};
static const es_field file_fields[] = {
    FIELD(TEXT, "identity", "name of the files without extension"),
    FIELD(TEXT, "kb", "the KB it names, where that is beyond doubt"),
    FIELD(BOOLEAN, "mum", "the .mum is there"),
    FIELD(BOOLEAN, "cat", "the .cat is there"),
};
static const es_field manifest_fields[] = {
    FIELD(TEXT, "identity", "the package"),
    FIELD(TEXT, "kb", "the KB it names, where that is beyond doubt"),
    FIELD(TEXT_LIST, "parents", "packages it applies to"),
    FIELD(TEXT, "release_type", "Security Update, Hotfix, Update …"),
    FIELD(TEXT, "restart", "whether it needs one: possible, required …"),
    FIELD(TEXT_LIST, "components", "\"architecture|name|version|file\""),
    FIELD(BOOLEAN, "esu_checked", "it carries the check of the ESU licence"),
};
static const es_field component_fields[] = {
    FIELD(TEXT, "component", "name in the component store"),
    FIELD(TEXT, "architecture", "x86, amd64, ia64, wow64 …"),
    FIELD(TEXT, "version", "the version in effect"),
    FIELD(TEXT, "source", "winners: SideBySide\\Winners"),
    FIELD(TEXT, "file_version", "of its file in place, where that was read and can be compared"),
    FIELD(TEXT, "file", "that file: of several the one that disagrees, or is oldest"),
    FIELD(BOOLEAN, "agrees", "it is the component store's file of this version; null: not told"),
};
static const es_field pending_fields[] = {
    FIELD(TEXT, "what", "PackagesPending, SessionsPending, RebootPending, ExecuteState …"),
    FIELD(TEXT, "identity", "the package or session; null: none named"),
};
static const es_field evaluated_fields[] = {
    FIELD(TEXT, "identity", "a package that was asked about; null: `count` of them"),
    FIELD(TEXT, "kb", "the KB it names, where that is beyond doubt"),
    FIELD(INTEGER, "applicability", "ApplicabilityState"),
    FIELD(TEXT, "state", "CurrentState decoded by value"),
    FIELD(INTEGER, "state_value", "CurrentState"),
    FIELD(INTEGER, "count", "evaluated packages, when there are too many to list"),
};

static const es_field unread_fields[] = {
    FIELD(TEXT, "list", "of what: packages"),
};

#define FACT(name, summary, fields, time) \
    { sizeof(es_fact_type), ES_COUNT(fields), name, summary, fields, time }

static const es_fact_type facts[] = {
    [FACT_PACKAGE] = FACT("servicing.package", "a package of Component Based Servicing",
                          package_fields, "installed"),
    [FACT_FILE] = FACT("servicing.file", "package files without a key in the registry",
                       file_fields, NULL),
    [FACT_MANIFEST] = FACT("servicing.manifest", "what a package's manifest says",
                           manifest_fields, NULL),
    [FACT_COMPONENT] = FACT("servicing.component", "the version of a component in effect",
                            component_fields, NULL),
    [FACT_PENDING] = FACT("servicing.pending", "servicing that is not finished", pending_fields,
                          "key last written"),
    [FACT_EVALUATED] = FACT("servicing.evaluated", "a package that was evaluated, which does not "
                                                   "mean that it was installed",
                            evaluated_fields, "key last written"),
    [FACT_UNREAD] = FACT("servicing.unread", "a list of which not all could be read: what it does "
                                             "not name may be there all the same",
                         unread_fields, NULL),
};

es_status work_make(const es_host *host, const es_artefact *hive, work **ret)
{
    void *memory = NULL;
    es_status status = host->alloc(host, sizeof(work), &memory);

    if (status)
        return status;
    *ret = (work *)memory;
    (*ret)->host = host;
    (*ret)->hive = hive;
    return ES_OK;
}

static es_status examine_software(const es_host *host, const es_artefact *hive,
                                  uint32_t machine_type)
{
    static es_status (*const parts[])(work *) = {
        manifest_asked,     files_list,        packages_examine, files_emit_orphans,
        manifests_examine,  components_examine, pending_examine, evaluated_examine,
        doubts_sum_up,
    };
    work *at = NULL;
    es_status status = work_make(host, hive, &at);

    if (status == ES_OK)
        at->machine_type = machine_type;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && status == ES_OK; i++)
        status = parts[i](at);
    return status;
}

typedef struct between {
    uint32_t machine_type;
    uint32_t done; /* SOFTWARE was examined */
} between;

static es_status begin(const es_host *host, const es_installation *installation, void **ret_state)
{
    between *made = (between *)calloc(1, sizeof *made);

    (void)host;
    if (made)
        made->machine_type = installation->machine_type;
    *ret_state = made;
    return made ? ES_OK : ES_NOMEM;
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    between *of = (between *)state;

    switch (artefact->want) {
    case WANT_SOFTWARE:
        of->done = 1;
        return examine_software(host, artefact, of->machine_type);
    case WANT_PACKAGES:
        return of->done ? ES_OK : files_examine_alone(host, artefact);
    case WANT_PENDING_XML:
        return pending_examine_xml(host, artefact);
    default:
        return ES_OK;
    }
}

static void end(void *state, const es_host *host)
{
    (void)host;
    free(state);
}

ES_PLUGIN_EXPORT const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "servicing",
    .version = "1",
    .summary = "packages of Component Based Servicing, their files, and what waits",
    .wants = wants,
    .facts = facts,
    .n_wants = ES_COUNT(wants),
    .n_facts = ES_COUNT(facts),
    .begin = begin,
    .examine = examine,
    .end = end,
};
