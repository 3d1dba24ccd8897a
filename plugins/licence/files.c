/* SPDX-License-Identifier: Apache-2.0
 *
 * files.c: files that bypasses leave, the licence check's manifests, and the trusted store.
 *
 * Files are asked for by the names that tools are known to install; one that is there is taken for
 * its place and its time.
 */
#include "licence.h"

#define PATCHES "BypassESU: patches the update agent again after each update of it"

static const struct {
    const char *what, *typical;
    int specific;
} left_files[] = {
    [WANT_KERNELES] = { "file", "the update patcher for Vista or BypassESU: a kernel32 that lies "
                                "about the version", 1 },
    [WANT_SLE] = { "file", "the update patcher for Vista or BypassESU: a licensing library that "
                           "says yes", 1 },
    [WANT_WUAUENG6] = { "file", "the update patcher for Vista (Vista_SHA2_WUC)", 1 },
    [WANT_WUAUENG3] = { "file", "BypassESU", 1 },
    [WANT_MSIESU] = { "file", "the ESU bypass for .NET installers", 1 },
    [WANT_GESU] = { "file", "an old version of BypassESU", 1 },
    [WANT_BYPASSESU] = { "file", "an old version of BypassESU", 1 },
    [WANT_ESUSLC] = { "file", "an old version of BypassESU", 1 },
    [WANT_KURWICA] = { "file", "an old version of the ESU bypass for .NET installers", 1 },
    [WANT_KEXDLL] = { "file", "a version-spoofing shim (VxKex)", 0 },
    [WANT_PATCH_SCRIPT] = { "file", PATCHES, 1 },
    [WANT_PATCH_TOOL] = { "file", PATCHES, 1 },
    [WANT_PATCH_TASK] = { "scheduled task", PATCHES, 1 },
    [WANT_SERVICING_SLC] = { "file", "an old version of BypassESU: a licensing library beside "
                                     "servicing", 1 },
};

es_status examine_left_file(const es_host *host, const es_artefact *file)
{
    return emit_trace(host, left_files[file->want].what, file->path, left_files[file->want].typical,
                      left_files[file->want].specific, file->modified, file->where);
}

/* The trusted store is encrypted: only that it is there and when it was written can be told. */
es_status examine_trusted_store(const es_host *host, const es_artefact *file)
{
    es_datum fields[4];

    fields[0] = es_datum_text(es_text_of("trusted store"));
    fields[1] = es_datum_text(file->path);
    fields[2] = es_datum_integer((int64_t)file->file_size);
    fields[3] = es_datum_boolean(0);
    return es_emit(host, FACT_STORE, fields, file->modified, file->where);
}

/* A patched agent asks sle.dll and KERNELES.dll where the original asks slc.dll and KERNEL32. */
es_status examine_update_agent(const es_host *host, const es_artefact *file)
{
    static const char *const words[] = { "sle.dll", "kerneles" };
    pattern patterns[4];
    es_text detail;
    int whole = 0;
    es_status status;

    for (uint32_t i = 0; i < 2; i++) {
        pattern_ascii(&patterns[2 * i], words[i], strlen(words[i]));
        pattern_utf16(&patterns[2 * i + 1], words[i], strlen(words[i]));
    }
    status = search_file(host, file, patterns, 4, &whole);
    if (status < 0)
        return status;
    for (uint32_t i = 0; i < 4; i++) {
        const es_where *where = file->where;

        if (!patterns[i].hits)
            continue;
        status = host->place(host, file->where, patterns[i].first, patterns[i].size, &where);
        if (status == ES_OK)
            status = es_prose_one(host, &detail, "%.*s holds \"%s\"", ES_SHOWN(file->path),
                                  words[i / 2]);
        return status ? (status < 0 ? status : ES_OK)
                      : emit_trace(host, "patched update agent", detail,
                                   "the update patcher for Vista or BypassESU", 1, file->modified,
                                   where);
    }
    return whole ? ES_OK
                 : host->note(host, 1, es_text_of("the update agent was not searched to its end"),
                              file->where);
}

/* The agent's version: 7.7.6003 was made for Server 2008 alone. */
es_status examine_agent_version(const es_host *host, const es_artefact *file)
{
    const es_executable *agent = file->executable;
    es_time no_time = { 0, 0, 0 };
    es_datum fields[2];
    es_text version;
    es_status status;

    if (!agent || !agent->has_version)
        return ES_OK;
    status = es_prose_one(host, &version, "%u.%u.%u.%u", agent->file_version[0],
                          agent->file_version[1],
                          agent->file_version[2], agent->file_version[3]);
    if (status)
        return status;
    fields[0] = es_datum_text(file->path);
    fields[1] = es_datum_text(version);
    return es_emit(host, FACT_AGENT, fields, no_time, agent->version_where);
}

/* ------------------------------------------------------------------ the licence check */

/* "…_6.0.6003.20692_none_…": the fourth part from the front that is a version. */
static es_text version_of(es_text name)
{
    es_text part = name;

    while (name.size) {
        const char *end = (const char *)memchr(name.data, '_', (size_t)name.size);

        part = (es_text){ name.data, end ? (uint64_t)(end - name.data) : name.size };
        if (part.size && part.data[0] >= '0' && part.data[0] <= '9' &&
            memchr(part.data, '.', (size_t)part.size))
            return part;
        if (!end)
            break;
        name.size -= part.size + 1;
        name.data += part.size + 1;
    }
    return (es_text)ES_TEXT("");
}

#define COMPONENTS "DerivedData\\Components\\%.*s"
#define SUPPRESSOR "the ESU suppressor: a check of a newer version that checks nothing"

/* A suppressor registers its component in COMPONENTS, under the name of its manifest. The hive is
 * the largest of all, and opened only where a manifest of a suppressor says that it is worth it. */
static es_status look_into_components(const es_host *host, es_text manifest)
{
    es_artefact hive;
    es_text name = manifest;
    es_text path;
    es_key key;
    es_status status;

    if (es_name_ends(name, ".manifest"))
        name.size -= strlen(".manifest");
    status = es_prose_one(host, &path, COMPONENTS, ES_SHOWN(name));
    if (status == ES_OK)
        status = host->artefact_open(host, WANT_COMPONENTS, (es_text)ES_TEXT(""), &hive);
    if (status == ES_OK)
        status = host->key_open(host, &hive, path, &key);
    if (status)
        return status < 0 ? status : ES_OK;
    return emit_trace(host, "component of the licence check", key.name, SUPPRESSOR, 1, key.written,
                      key.where);
}

/* A manifest of the check. A suppressor installs one of its own: a version of 6.3 on an older
 * Windows, with an identity and nothing else in it. */
es_status examine_check(const es_host *host, const es_artefact *document)
{
    es_xml_node node;
    es_datum fields[5];
    es_time no_time = { 0, 0, 0 };
    es_text name = es_name_base(document->path), version = version_of(name);
    uint32_t n = 0;
    int empty;
    es_status status;

    while ((status = host->xml_next(host, document, &node)) == ES_OK)
        n += node.kind == ES_XML_START;
    if (status < 0)
        return status;
    /* The root and its identity. */
    empty = status == ES_END && n <= 2;
    fields[0] = es_datum_text(name);
    fields[1] = es_datum_text_or_null(version);
    fields[2] = es_datum_integer((int64_t)document->file_size);
    fields[3] = status == ES_END ? es_datum_integer(n) : es_null();
    fields[4] = es_datum_boolean(empty);
    status = es_emit(host, FACT_CHECK, fields, no_time, document->where);
    if (status || !es_name_begins(version, "6.3.9603."))
        return status;
    status = emit_trace(host, "manifest of the licence check", name, SUPPRESSOR, 1,
                        document->modified, document->where);
    return status ? status : look_into_components(host, name);
}
