/* SPDX-License-Identifier: Apache-2.0
 *
 * registry.c: what the hives say of licensing, of Azure, and of bypasses.
 *
 * Traces are what known tools leave (see each); a trace says what it is typical of, and whether
 * anything else is known to leave it.
 */
#include "licence.h"

#define NT "Microsoft\\Windows NT\\CurrentVersion"
#define IFEO NT "\\Image File Execution Options"
#define SERVICES "CurrentControlSet\\Services\\"
#define MAX_VALUES 64u
#define MAX_KEYS 4096u

static const char WUC[] = "the update patcher for Vista (Vista_SHA2_WUC)";
static const char BYPASS[] = "BypassESU";
static const char NET_BYPASS[] = "the ESU bypass for .NET installers";
static const char SPOOF[] = "a version-spoofing shim (VxKex)";

/* Say which entries of a key could not be read, and that it has more than are looked at. */
static es_status tell_unread(const es_host *host, const es_key *key, const char *path,
                             uint64_t unread, int more)
{
    es_text text;
    es_status status = ES_OK;

    if (unread)
        status = es_prose_one(host, &text, "%u entries of the key %s cannot be read",
                              (unsigned)unread, path);
    if (unread && status == ES_OK)
        status = host->note(host, 1, text, key->where);
    if (more && status == ES_OK)
        status = es_prose_one(host, &text, "the key %s has more entries than are looked at", path);
    return more && status == ES_OK ? host->note(host, 1, text, key->where) : status;
}

/* Look at every key below one. */
static es_status each_key(const es_host *host, const es_artefact *hive, const char *path,
                          es_status (*look)(const es_host *host, const es_key *key))
{
    es_key list, key;
    es_status status = es_prose_key(host, hive, path, &list), got = ES_OK;
    uint64_t unread = 0;

    if (status <= 0)
        return status;
    for (uint64_t i = 0;; i++) {
        got = host->key_child(host, &list, i, &key);
        if ((got && got != ES_CORRUPT) || i == MAX_KEYS)
            break;
        unread += got == ES_CORRUPT;
        status = got ? ES_OK : look(host, &key);
        if (status < 0)
            return status;
    }
    return got < 0 ? got : tell_unread(host, &list, path, unread, got != ES_END);
}

/* ------------------------------------------------------------------ SOFTWARE */

/* Values of the licensing service's key, as far as they are texts or numbers. */
static es_status emit_values(const es_host *host, const es_artefact *hive, const char *path)
{
    es_key key;
    es_value value;
    es_time no_time = { 0, 0, 0 };
    es_status status = es_prose_key(host, hive, path, &key), got = ES_OK;
    uint64_t unread = 0;

    if (status <= 0)
        return status;
    for (uint64_t i = 0;; i++) {
        es_datum fields[4] = { es_datum_text(es_text_of(path)), es_null(), es_null(), es_null() };
        uint64_t number;
        es_text text;

        got = host->value_child(host, &key, i, &value);
        if ((got && got != ES_CORRUPT) || i == MAX_VALUES)
            break;
        unread += got == ES_CORRUPT;
        if (got)
            continue;
        fields[1] = es_datum_text(value.name);
        if (host->value_text(host, &value, 0, &text) == ES_OK)
            fields[2] = es_datum_text(text);
        else if (host->value_number(host, &value, 0, &number) == ES_OK)
            fields[3] = es_datum_integer((int64_t)number);
        got = es_emit(host, FACT_REGISTRY, fields, no_time, value.where);
        if (got)
            return got;
    }
    return got < 0 ? got : tell_unread(host, &key, path, unread, got != ES_END);
}

/* The edition was changed to a server's, and the true one kept for later. */
static es_status look_at_edition(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_value value;
    es_text text = ES_TEXT("");
    es_status status = es_prose_key(host, hive, NT, &key);

    if (status > 0)
        status = find_text(host, &key, "EditionID_bak", &value, &text);
    return status <= 0 ? status
                       : emit_trace(host, "EditionID_bak", text, "BypassESU or the update patcher "
                                    "for Vista: EditionID was replaced and kept here", 1,
                                    key.written, value.where);
}

/* Who is known to have a program loaded through the application verifier. */
static const char *verifier_of(es_text dlls, int *ret_specific)
{
    static const char *const net[] = { "msiesu.dll", "kurwica", "gesu.dll", "bypassesu.dll",
                                       "esuslc.dll" };

    *ret_specific = 1;
    for (size_t i = 0; i < sizeof net / sizeof *net; i++)
        if (es_name_holds(dlls, net[i]))
            return NET_BYPASS;
    return es_name_holds(dlls, "kexdll") || es_name_holds(dlls, "vxkex") ? SPOOF : NULL;
}

static es_status look_at_program(const es_host *host, const es_key *key)
{
    es_value value, flag;
    es_text dlls = ES_TEXT(""), detail;
    uint64_t flags = 0;
    int specific = 0;
    const char *typical;
    es_status status = find_text(host, key, "VerifierDlls", &value, &dlls);

    if (status <= 0)
        return status;
    status = find_number(host, key, "GlobalFlag", &flag, &flags);
    if (status < 0)
        return status;
    typical = verifier_of(dlls, &specific);
    if (!typical && !es_name_is(key->name, "msiexec.exe"))
        return ES_OK;
    if (!typical) {
        typical = "a library put into the installer, as bypasses of the ESU check do, and "
                  "debuggers";
        specific = 0;
    }
    status = es_prose_one(host, &detail, "%.*s: VerifierDlls %.*s, GlobalFlag 0x%x",
                          ES_SHOWN(key->name),
                          ES_SHOWN(dlls), (unsigned)flags);
    return status ? status
                  : emit_trace(host, "Image File Execution Options", detail, typical, specific,
                               key->written, value.where);
}

es_status examine_software(const es_host *host, const es_artefact *hive)
{
    es_status status = emit_values(host, hive, NT "\\SL");

    if (status == ES_OK)
        status = emit_values(host, hive, NT "\\SoftwareProtectionPlatform");
    if (status == ES_OK)
        status = look_at_edition(host, hive);
    if (status >= 0)
        status = each_key(host, hive, IFEO, look_at_program);
    return status < 0 ? status : ES_OK;
}

/* ------------------------------------------------------------------ SYSTEM */

static es_status look_at_update_service(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_value value;
    es_text path, file;
    const char *typical = "an update agent that is not the original one";
    int specific = 0;
    es_status status = es_prose_key(host, hive, SERVICES "wuauserv\\Parameters", &key);

    if (status > 0)
        status = find_text(host, &key, "ServiceDll", &value, &path);
    if (status <= 0)
        return status;
    file = es_name_base(path);
    if (es_name_is(file, "wuaueng.dll"))
        return ES_OK;
    if (es_name_is(file, "wuaueng6.dll")) {
        typical = WUC;
        specific = 1;
    } else if (es_name_is(file, "wuaueng3.dll")) {
        typical = BYPASS;
        specific = 1;
    }
    return emit_trace(host, "ServiceDll of wuauserv", path, typical, specific, key.written,
                      value.where);
}

static es_status emit_azure(const es_host *host, const char *what, es_text detail,
                            const es_where *where)
{
    es_time no_time = { 0, 0, 0 };
    es_datum fields[2];

    fields[0] = es_datum_text(es_text_of(what));
    fields[1] = es_datum_text_or_null(detail);
    return es_emit(host, FACT_AZURE, fields, no_time, where);
}

static es_status look_for_agents(const es_host *host, const es_artefact *hive)
{
    static const char *const services[] = { SERVICES "WindowsAzureGuestAgent", SERVICES "RdAgent",
                                            SERVICES "WindowsAzureTelemetryService" };
    es_key key;
    es_status status = ES_OK;

    for (size_t i = 0; i < sizeof services / sizeof *services && status >= 0; i++) {
        status = es_prose_key(host, hive, services[i], &key);
        if (status > 0)
            status = emit_azure(host, "service", key.name, key.where);
    }
    return status;
}

/* Hyper-V says so in the firmware's tables; so does every other Hyper-V host. */
static es_status look_at_firmware(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_value value;
    es_text maker = ES_TEXT(""), product = ES_TEXT("");
    es_status status = es_prose_key(host, hive, "CurrentControlSet\\Control\\SystemInformation",
                                    &key);

    if (status > 0)
        status = find_text(host, &key, "SystemManufacturer", &value, &maker);
    if (status > 0)
        status = find_text(host, &key, "SystemProductName", &value, &product);
    if (status <= 0 || !es_name_is(maker, "Microsoft Corporation") ||
        !es_name_is(product, "Virtual Machine"))
        return status;
    return emit_azure(host, "Hyper-V firmware (of any Hyper-V host, not only Azure's)", product,
                      value.where);
}

/* Option 245 of a DHCP lease: Azure's wire server. The options are a list of code, four unknown
 * numbers, length and data, each number of 4 bytes. */
static int has_option_245(es_bytes options)
{
    es_cursor cursor = es_cursor_make(options);

    while (es_cursor_left(&cursor) >= 20) {
        uint32_t code = es_cursor_u32(&cursor), length;

        es_cursor_skip(&cursor, 4);
        length = es_cursor_u32(&cursor);
        es_cursor_skip(&cursor, 8);
        es_cursor_skip(&cursor, (length + 3u) & ~3u);
        if (code == 245 && length)
            return 1;
    }
    return 0;
}

static es_status look_at_lease(const es_host *host, const es_key *key)
{
    es_value value;
    es_status status = host->value_find(host, key, es_text_of("DhcpInterfaceOptions"), &value);

    if (status == ES_OK && has_option_245(value.data))
        status = emit_azure(host, "DHCP option 245", key->name, value.where);
    return status < 0 ? status : ES_OK;
}

es_status examine_azure_folder(const es_host *host, const es_artefact *folder)
{
    return emit_azure(host, "folder", folder->path, folder->where);
}

es_status examine_system(const es_host *host, const es_artefact *hive)
{
    es_status status = look_at_update_service(host, hive);

    if (status >= 0)
        status = look_for_agents(host, hive);
    if (status >= 0)
        status = look_at_firmware(host, hive);
    if (status >= 0)
        status = each_key(host, hive, SERVICES "Tcpip\\Parameters\\Interfaces", look_at_lease);
    return status < 0 ? status : ES_OK;
}
