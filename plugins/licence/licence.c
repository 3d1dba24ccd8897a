/* SPDX-License-Identifier: Apache-2.0
 *
 * licence.c: whether Extended Security Updates were licensed, as far as a disk can tell.
 *
 * Facts are what lies there: activation ids in the token store, values of the licensing service,
 * its events, hints of Azure, and what known bypasses leave behind. What they prove together is
 * judged in judge.c.
 */
#include "licence.h"

#define WANT(kind, scope, flags, path, means) \
    { sizeof(es_want), ES_KIND_##kind, ES_SCOPE_##scope, flags, path, means }
#define LEFT(name) WANT(FILE, SYSTEM_ROOT, 0, "System32/" name, "left by a bypass or a spoof")
/* Microsoft-Windows-SLC-Component-ExtendedSecurityUpdatesAI, as names of manifests shorten it. The
 * folder is the largest of all, and its index is read only where names begin so. */
#define CHECK(architecture)                                                                        \
    WANT(XML, SYSTEM_ROOT, 0,                                                                      \
         "winsxs/Manifests/" architecture "_microsoft-windows-s*edsecurityupdatesai_*.manifest",   \
         "the component that checks the licence")
#define ROAMING "ServiceProfiles/NetworkService/AppData/Roaming/Microsoft/"

static const es_want wants[] = {
    [WANT_SOFTWARE] = WANT(HIVE, SYSTEM_ROOT, 0, "System32/config/SOFTWARE",
                           "licensing values, an edition set aside, libraries put into installers"),
    [WANT_SYSTEM] = WANT(HIVE, SYSTEM_ROOT, 0, "System32/config/SYSTEM",
                         "the update service's library, hints of Azure"),
    [WANT_TOKENS_60] = WANT(FILE, SYSTEM_ROOT, 0, ROAMING "SoftwareLicensing/tokens.dat",
                            "activation ids (NT 6.0)"),
    [WANT_TOKENS_61] = WANT(FILE, SYSTEM_ROOT, 0, ROAMING "SoftwareProtectionPlatform/tokens.dat",
                            "activation ids (NT 6.1)"),
    [WANT_TOKENS_62] = WANT(FILE, SYSTEM_ROOT, 0, "System32/spp/store/tokens.dat",
                            "activation ids (NT 6.2)"),
    [WANT_TOKENS_63] = WANT(FILE, SYSTEM_ROOT, 0, "System32/spp/store/2.0/tokens.dat",
                            "activation ids (NT 6.3 and later)"),
    [WANT_TRUSTED_STORE] = WANT(FILE, SYSTEM_ROOT, 0,
                                "System32/7B296FB0-376B-497e-B012-9C450E1B7327-*",
                                "trusted store: that it is there and when it was written"),
    [WANT_KERNELES] = LEFT("kerneles.dll"),
    [WANT_SLE] = LEFT("sle.dll"),
    [WANT_WUAUENG6] = LEFT("wuaueng6.dll"),
    [WANT_WUAUENG3] = LEFT("wuaueng3.dll"),
    [WANT_MSIESU] = LEFT("msiesu.dll"),
    [WANT_GESU] = LEFT("gesu.dll"),
    [WANT_BYPASSESU] = LEFT("BypassESU.dll"),
    [WANT_ESUSLC] = LEFT("esuslc.dll"),
    [WANT_KURWICA] = LEFT("kurwica*"),
    [WANT_KEXDLL] = LEFT("KexDll.dll"),
    [WANT_UPDATE_AGENT] = WANT(FILE, SYSTEM_ROOT, 0, "System32/wuaueng.dll",
                               "whether the update agent was patched"),
    [WANT_AGENT_VERSION] = WANT(EXECUTABLE, SYSTEM_ROOT, 0, "System32/wuaueng.dll",
                                "which Windows the update agent was made for"),
    [WANT_PATCH_SCRIPT] = WANT(FILE, SYSTEM_ROOT, 0, "WuEsu/PatchWU.cmd", "a bypass's script"),
    [WANT_PATCH_TOOL] = WANT(FILE, SYSTEM_ROOT, 0, "WuEsu/bbe.exe", "a bypass's tool"),
    [WANT_PATCH_TASK] = WANT(FILE, SYSTEM_ROOT, 0, "System32/Tasks/Patch WU ESU",
                             "a bypass's scheduled task"),
    [WANT_SERVICING_SLC] = WANT(FILE, SYSTEM_ROOT, 0, "servicing/slc.dll", "a bypass's library"),
    [WANT_CHECK_AMD64] = CHECK("amd64"),
    [WANT_CHECK_ARM64] = CHECK("arm64"),
    [WANT_CHECK_IA64] = CHECK("ia64"),
    [WANT_CHECK_MSIL] = CHECK("msil"),
    [WANT_CHECK_WOW64] = CHECK("wow64"),
    [WANT_CHECK_X86] = CHECK("x86"),
    [WANT_AZURE_FOLDER] = WANT(LISTING, VOLUME, 0, "WindowsAzure", "a hint of Azure"),
    [WANT_EVENTS] = WANT(EVENT_LOG, SYSTEM_ROOT, ES_WANT_ALONE,
                         "System32/winevt/Logs/Application.evtx",
                         "licensing events: the only dated evidence of an activation"),
    [WANT_COMPONENTS] = WANT(HIVE, SYSTEM_ROOT, ES_WANT_ON_DEMAND, "System32/config/COMPONENTS",
                             "whether a suppressor's component was registered, and when"),
};

#define FIELD(type, name, means) { sizeof(es_field), ES_FIELD_##type, name, means }

static const es_field id_fields[] = {
    FIELD(TEXT, "id", "activation id"),
    FIELD(TEXT, "sku", "product it belongs to"),
    FIELD(TEXT, "applies_to", "Windows it is for"),
    FIELD(TEXT, "licence_channel", "mak: what an ESU key activates; kms-client: its sibling"),
    FIELD(TEXT, "form", "ASCII text, UTF-16 text or binary GUID"),
    FIELD(INTEGER, "count", "how often it is there in this form; the place is the first"),
    FIELD(BOOLEAN, "foreign", "it is for another Windows than Server 2008"),
};
static const es_field store_fields[] = {
    FIELD(TEXT, "what", "tokens.dat or trusted store"),
    FIELD(TEXT, "path", "on its volume"),
    FIELD(INTEGER, "size", "in bytes"),
    FIELD(BOOLEAN, "searched", "all of it was searched for activation ids"),
};
static const es_field registry_fields[] = {
    FIELD(TEXT, "key", "key of the licensing service"),
    FIELD(TEXT, "name", "name of the value"),
    FIELD(TEXT, "text", "what it states, when it is a text"),
    FIELD(INTEGER, "number", "what it states, when it is a number"),
};
static const es_field trace_fields[] = {
    FIELD(TEXT, "what", "what was found"),
    FIELD(TEXT, "detail", "which"),
    FIELD(TEXT, "typical_of", "what is known to leave it"),
    FIELD(BOOLEAN, "specific", "nothing else is known to leave it"),
};
static const es_field azure_fields[] = {
    FIELD(TEXT, "what", "service, folder, firmware or DHCP option"),
    FIELD(TEXT, "detail", "which"),
};
static const es_field check_fields[] = {
    FIELD(TEXT, "name", "name of the manifest"),
    FIELD(TEXT, "version", "version in its name"),
    FIELD(INTEGER, "size", "in bytes"),
    FIELD(INTEGER, "elements", "XML elements in it; null: not readable to its end"),
    FIELD(BOOLEAN, "empty", "nothing but its identity"),
};
static const es_field event_fields[] = {
    FIELD(INTEGER, "event", "number of the event"),
    FIELD(TEXT, "id", "activation id it names"),
    FIELD(TEXT, "sku", "product that belongs to"),
    FIELD(BOOLEAN, "licensed", "it calls the product licensed; null: names it only"),
    FIELD(BOOLEAN, "foreign", "of another Windows than Server 2008, or of another application"),
    FIELD(TEXT, "application", "id of the application it is about, where it names one"),
};
static const es_field agent_fields[] = {
    FIELD(TEXT, "path", "on its volume"),
    FIELD(TEXT, "version", "file version"),
};

#define FACT(name, summary, fields, time) \
    { sizeof(es_fact_type), ES_COUNT(fields), name, summary, fields, time }

static const es_fact_type facts[] = {
    [FACT_ID] = FACT("licence.activation_id", "an ESU activation id in the token store", id_fields,
                     NULL),
    [FACT_STORE] = FACT("licence.store", "a store of the licensing service", store_fields,
                        "file modified"),
    [FACT_REGISTRY] = FACT("licence.registry", "a value of the licensing service", registry_fields,
                           NULL),
    [FACT_TRACE] = FACT("licence.trace", "what a bypass or a spoof is known to leave", trace_fields,
                        "file modified or key last written"),
    [FACT_AZURE] = FACT("licence.azure_hint", "a hint that the machine ran on Azure", azure_fields,
                        NULL),
    [FACT_CHECK] = FACT("licence.check_manifest", "a manifest of the ESU licence check",
                        check_fields, NULL),
    [FACT_EVENT] = FACT("licence.event", "an event of the licensing service about ESU",
                        event_fields, "logged"),
    [FACT_AGENT] = FACT("licence.update_agent", "version of the update agent", agent_fields, NULL),
};

static const char *const answers[] = {
    "evidence-of-activation", "licence-files-present", "bypass-traces",
    "no-evidence",            "not-applicable",        "unknown",
};
static const es_field verdict_fields[] = {
    FIELD(BOOLEAN, "licence_files", "licence files of an ESU product for Server 2008 are there"),
    FIELD(BOOLEAN, "bypass", "a trace is there that only bypasses are known to leave"),
    FIELD(BOOLEAN, "azure", "hints of Azure are there"),
};
static const es_verdict_type verdicts[] = {
    { sizeof(es_verdict_type), ES_COUNT(answers), "esu-licence",
      "whether Extended Security Updates were licensed, as far as the disk proves it", answers,
      verdict_fields, ES_COUNT(verdict_fields), 0 },
};

#define ROW_FIELDS(means_means, weight, weight_means)                  \
    FIELD(TEXT, "what", "what was found"),                             \
    FIELD(TEXT, "detail", "which"),                                    \
    FIELD(TEXT, "means", means_means),                                 \
    FIELD(BOOLEAN, weight, weight_means),                              \
    FIELD(TIME, "time", "of the fact"),                                \
    FIELD(FACT, "fact", "where it is")

static const es_field evidence_fields[] = {
    ROW_FIELDS("what it proves", "counts", "it is evidence of a licence for this product"),
};
static const es_field traces_fields[] = {
    ROW_FIELDS("what it is typical of", "specific", "nothing else is known to leave it"),
};
static const es_row_type rows[] = {
    { sizeof(es_row_type), ES_COUNT(evidence_fields), "evidence", "esu-licence", evidence_fields },
    { sizeof(es_row_type), ES_COUNT(traces_fields), "traces", "esu-licence", traces_fields },
};

/* Of all states: an earlier one may decide for a day of the past. */
#define NEED(type) { sizeof(es_need), ES_NEED_MACHINE, type }

static const es_need needs[] = {
    NEED("build.registry"),        NEED("build.product"),       NEED("artefact.unreadable"),
    NEED("licence.event"),         NEED("licence.activation_id"), NEED("licence.store"),
    NEED("licence.azure_hint"),    NEED("licence.trace"),       NEED("licence.check_manifest"),
    NEED("licence.update_agent"),  NEED("servicing.component"), NEED("servicing.package"),
    NEED("hive.state"),
};

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    static es_status (*const parts[])(const es_host *, const es_artefact *) = {
        [WANT_SOFTWARE] = examine_software,        [WANT_SYSTEM] = examine_system,
        [WANT_TOKENS_60] = examine_tokens,         [WANT_TOKENS_61] = examine_tokens,
        [WANT_TOKENS_62] = examine_tokens,         [WANT_TOKENS_63] = examine_tokens,
        [WANT_TRUSTED_STORE] = examine_trusted_store,
        [WANT_KERNELES] = examine_left_file,       [WANT_SLE] = examine_left_file,
        [WANT_WUAUENG6] = examine_left_file,       [WANT_WUAUENG3] = examine_left_file,
        [WANT_MSIESU] = examine_left_file,         [WANT_GESU] = examine_left_file,
        [WANT_BYPASSESU] = examine_left_file,      [WANT_ESUSLC] = examine_left_file,
        [WANT_KURWICA] = examine_left_file,        [WANT_KEXDLL] = examine_left_file,
        [WANT_UPDATE_AGENT] = examine_update_agent,
        [WANT_AGENT_VERSION] = examine_agent_version,
        [WANT_PATCH_SCRIPT] = examine_left_file,   [WANT_PATCH_TOOL] = examine_left_file,
        [WANT_PATCH_TASK] = examine_left_file,     [WANT_SERVICING_SLC] = examine_left_file,
        [WANT_CHECK_AMD64] = examine_check,        [WANT_CHECK_ARM64] = examine_check,
        [WANT_CHECK_IA64] = examine_check,         [WANT_CHECK_MSIL] = examine_check,
        [WANT_CHECK_WOW64] = examine_check,        [WANT_CHECK_X86] = examine_check,
        [WANT_AZURE_FOLDER] = examine_azure_folder,
        [WANT_EVENTS] = examine_events,
    };

    (void)state;
    return artefact->want < ES_COUNT(parts) && parts[artefact->want]
               ? parts[artefact->want](host, artefact)
               : ES_OK;
}

ES_PLUGIN_EXPORT const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "licence",
    .version = "1",
    .summary = "evidence of an ESU licence, and traces of its bypasses",
    .wants = wants,
    .facts = facts,
    .verdicts = verdicts,
    .rows = rows,
    .needs = needs,
    .n_wants = ES_COUNT(wants),
    .n_facts = ES_COUNT(facts),
    .n_verdicts = ES_COUNT(verdicts),
    .n_rows = ES_COUNT(rows),
    .n_needs = ES_COUNT(needs),
    .examine = examine,
    .judge = licence_judge,
};
