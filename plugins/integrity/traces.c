/* SPDX-License-Identifier: Apache-2.0
 *
 * traces.c: what spoofing of the version and bypasses of licence checks leave behind.
 *
 * Each is a fact with what stands there and what Windows would have. None of them says that a
 * kernel is not original; they stand beside the verdict. Sources: the scripts and tools named in
 * `means`, as far as their text is public. The copy of the version for 32-bit programs is none: on
 * NT 6.0 it can be out of date, and the build plugin tells it.
 */
#include "integrity.h"

#define VERSION_KEY "Microsoft\\Windows NT\\CurrentVersion"
#define MAX_CHILDREN 4096u

static es_status emit_trace(const es_host *host, const char *trace, es_text found,
                            const char *expected, const char *means, const es_where *where)
{
    es_datum fields[N_TRACE_FIELDS];
    es_fact fact = { sizeof fact, FACT_TRACE, fields, { 0, 0, 0 }, where };

    fields[T_TRACE] = es_datum_text(es_text_of(trace));
    fields[T_FOUND] = es_datum_text_or_null(found);
    fields[T_EXPECTED] = expected ? es_datum_text(es_text_of(expected)) : es_null();
    fields[T_MEANS] = es_datum_text(es_text_of(means));
    return host->emit(host, &fact, NULL);
}

/* A value's text: 1 when it is there; what cannot be read is another plugin's to tell. */
static int read_text(const es_host *host, const es_key *key, const char *name, es_value *ret_value,
                     es_text *ret)
{
    return host->value_find(host, key, es_text_of(name), ret_value) == ES_OK &&
           host->value_text(host, ret_value, 0, ret) == ES_OK;
}

static es_status trace_edition(const es_host *host, const es_key *key)
{
    es_value value;
    es_text text;

    if (!read_text(host, key, "EditionID_bak", &value, &text))
        return ES_OK;
    return emit_trace(host, "EditionID_bak", text, "no such value",
                      "an update patcher keeps the edition here while EditionID says another",
                      value.where);
}

/* Image File Execution Options with a verifier: code loaded into that program before its own. */
static es_status trace_verifiers(const es_host *host, const es_artefact *hive)
{
    es_key options, program;
    es_value value;
    es_text text;
    es_status status = ES_OK;

    if (host->key_open(host, hive, es_text_of(VERSION_KEY "\\Image File Execution Options"),
                       &options) != ES_OK)
        return ES_OK;
    for (uint64_t i = 0; i < MAX_CHILDREN && status == ES_OK; i++) {
        if (host->key_child(host, &options, i, &program) != ES_OK)
            break;
        if (read_text(host, &program, "VerifierDlls", &value, &text) &&
            !es_name_is(text, "vrfcore.dll") && !es_name_is(text, "verifier.dll"))
            status = emit_trace(host, "verifier loaded into a program", text, "no such value",
                                "licence bypasses and version shims (msiesu.dll, KexDll.dll) are "
                                "loaded so",
                                value.where);
    }
    return status;
}

static int lies_of_version(es_text layers)
{
    static const char *const words[] = { "WIN7", "WIN8", "WIN81", "WIN10", "VISTA", "WINXP",
                                         "WINSRV", "WIN2000", "NT4SP", "WIN95", "WIN98" };

    for (uint32_t i = 0; i < ES_COUNT(words); i++)
        if (es_name_holds(layers, words[i]))
            return 1;
    return 0;
}

/* Compatibility layers for all users that tell a program another version. */
static es_status trace_layers(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_value value;
    es_text text;
    es_status status = ES_OK;

    if (host->key_open(host, hive, es_text_of(VERSION_KEY "\\AppCompatFlags\\Layers"), &key) !=
        ES_OK)
        return ES_OK;
    for (uint64_t i = 0; i < MAX_CHILDREN && status == ES_OK; i++) {
        if (host->value_child(host, &key, i, &value) != ES_OK)
            break;
        if (host->value_text(host, &value, 0, &text) == ES_OK && lies_of_version(text))
            status = emit_trace(host, "compatibility layer lies about the version", text, NULL,
                                "the program that the value is named after is told that version",
                                value.where);
    }
    return status;
}

/* Shim databases that were installed beside Windows' own. */
static es_status trace_databases(const es_host *host, const es_artefact *hive)
{
    es_key key, database;
    es_value value;
    es_text text;
    es_status status = ES_OK;

    if (host->key_open(host, hive, es_text_of(VERSION_KEY "\\AppCompatFlags\\InstalledSDB"),
                       &key) !=
        ES_OK)
        return ES_OK;
    for (uint64_t i = 0; i < MAX_CHILDREN && status == ES_OK; i++) {
        if (host->key_child(host, &key, i, &database) != ES_OK)
            break;
        if (!read_text(host, &database, "DatabasePath", &value, &text))
            continue;
        status = emit_trace(host, "application shim database", text, NULL,
                            "shims can tell programs another version, or patch them in memory",
                            value.where);
    }
    return status;
}

es_status traces_of_software(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_status status = host->key_open(host, hive, es_text_of(VERSION_KEY), &key);

    if (status < 0)
        return status;
    if (status == ES_OK)
        status = trace_edition(host, &key);
    if (status >= 0)
        status = trace_verifiers(host, hive);
    if (status >= 0)
        status = trace_layers(host, hive);
    return status >= 0 ? trace_databases(host, hive) : status;
}

es_status traces_of_system(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_value value;
    es_text text;
    es_status status = ES_OK;

    if (host->key_open(host, hive, es_text_of("CurrentControlSet\\Services\\wuauserv\\Parameters"),
                       &key) == ES_OK &&
        read_text(host, &key, "ServiceDll", &value, &text) &&
        !es_name_is(es_name_base(text), "wuaueng.dll"))
        status = emit_trace(host, "update service redirected", text,
                            "%systemroot%\\system32\\wuaueng.dll",
                            "update patchers and licence bypasses put a patched agent here",
                            value.where);
    if (status == ES_OK &&
        host->key_open(host, hive, es_text_of("CurrentControlSet\\Control"), &key) == ES_OK &&
        read_text(host, &key, "SystemStartOptions", &value, &text) &&
        (es_name_holds(text, "TESTSIGNING") || es_name_holds(text, "DISABLE_INTEGRITY_CHECKS")))
        status = emit_trace(host, "last start allowed unsigned code", text, NULL,
                            "the loader wrote down the options of the last start", value.where);
    return status;
}

es_status traces_of_file(const es_host *host, const es_artefact *file)
{
    static const struct {
        const char *word, *means;
    } kinds[] = {
        { "edsecurityupdatesai", "an ESU suppressor: updates find a component that asks for no "
                                 "licence" },
        { "kerneles.dll", "a copy of kernel32 made by an update patcher" },
        { "wuaueng", "a patched update agent" },
        { "wuesu/", "scripts of a licence bypass" },
        { "kexdll", "a shim that tells programs another version" },
    };
    const char *means = "a file of a licence bypass";

    for (uint32_t i = ES_COUNT(kinds); i-- > 0;)
        if (es_name_holds(file->path, kinds[i].word))
            means = kinds[i].means;
    return emit_trace(host, "file of a bypass or patcher", file->path, "no such file", means,
                      file->where);
}
