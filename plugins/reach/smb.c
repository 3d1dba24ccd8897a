/* SPDX-License-Identifier: Apache-2.0
 *
 * smb.c: whether the SMB server was there to be reached, and with SMB 1.
 *
 * Beside an answer on CVE-2017-0144 stands whether SMB 1 was served. NT 6.0 serves it unless the
 * registry says otherwise, so a value that is not there is null, which means served.
 */
#include "service.h"

enum { WANT_SYSTEM, WANT_SOFTWARE };

static const es_want wants[] = {
    [WANT_SYSTEM] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, 0,
                      "System32/config/SYSTEM", "its service, shares and firewall rules" },
    [WANT_SOFTWARE] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, 0,
                        "System32/config/SOFTWARE", "policies for the firewall" },
};

static const es_field smb_fields[] = {
    FIELD(BOOLEAN, "smb1", "SMB1 of LanmanServer; null: not stated, which means served, or not "
                           "readable, as a note says"),
    FIELD(BOOLEAN, "smb2", "SMB2 of LanmanServer; null: likewise"),
    FIELD(BOOLEAN, "signing_required", "RequireSecuritySignature"),
    FIELD(BOOLEAN, "null_sessions_restricted", "RestrictNullSessAccess"),
    FIELD(TEXT, "service_start", "start type of LanmanServer"),
    FIELD(TEXT, "client_smb1_start", "start type of mrxsmb10, the SMB 1 client"),
    FIELD(TEXT_LIST, "shares", "names of its shares"),
    FIELD(TEXT_LIST, "firewall_rules", "active inbound rules for TCP ports 139 and 445"),
    FIELD(TEXT_LIST, "firewall_profiles", "profiles in which the firewall is on or off"),
    FIELD(TEXT, "source", "system: the service's own settings; policy: the firewall's, which wins"),
    FIELD(TEXT, "server_smb1_start", "start type of srv, the driver that serves SMB 1"),
};

#define N_FIELDS 11u

static const es_fact_type facts[] = {
    { sizeof(es_fact_type), ES_COUNT(smb_fields), "smb.config", "how the SMB server is configured",
      smb_fields, NULL },
};

typedef struct share_list {
    es_text names[MAX_RULES];
    uint64_t n;
} share_list;

/* The shares are values named after them. */
static es_status take_share(void *context, const es_value *value)
{
    share_list *to = (share_list *)context;

    if (!value->name.size)
        return ES_OK;
    if (to->n == MAX_RULES)
        return ES_LIMIT;
    to->names[to->n++] = value->name;
    return ES_OK;
}

static es_status take_firewall(const es_host *host, const es_artefact *hive, const char *from,
                               es_text rules[MAX_RULES], es_text profiles[MAX_PROFILES],
                               es_datum fields[2])
{
    static const uint32_t ports[] = { 445, 139 };
    uint64_t n_rules = 0, n_profiles = 0;
    es_status status = service_rules(host, hive, from, "LanmanServer", ports, ES_COUNT(ports),
                                     rules, &n_rules);

    if (status == ES_OK)
        status = service_profiles(host, hive, from, profiles, &n_profiles);
    fields[0] = es_datum_texts(rules, n_rules);
    fields[1] = es_datum_texts(profiles, n_profiles);
    return status;
}

static es_status examine_policy(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_text rules[MAX_RULES], profiles[MAX_PROFILES];
    es_datum fields[N_FIELDS];
    es_status status = service_open(host, hive, FIREWALL_POLICY, &key);

    if (status <= 0)
        return status;
    for (uint32_t i = 0; i < N_FIELDS; i++)
        fields[i] = es_null();
    fields[9] = es_datum_text(es_text_of("policy"));
    status = take_firewall(host, hive, FIREWALL_POLICY, rules, profiles, &fields[7]);
    if (status < 0 || !(fields[7].n || fields[8].n))
        return status;
    return service_emit(host, fields, key.where);
}

static es_status examine_smb(const es_host *host, const es_artefact *hive)
{
    static const char *const names[] = { "SMB1", "SMB2", "RequireSecuritySignature",
                                         "RestrictNullSessAccess" };
    es_key key, parameters;
    es_text rules[MAX_RULES], profiles[MAX_PROFILES];
    share_list shares = { .n = 0 };
    es_datum fields[N_FIELDS];
    es_status status = service_open(host, hive, SERVICES "LanmanServer", &key);

    if (status <= 0)
        return status;
    for (uint32_t i = 0; i < N_FIELDS; i++)
        fields[i] = es_null();
    status = service_open(host, hive, SERVICES "LanmanServer\\Parameters", &parameters);
    for (uint32_t i = 0, there = status > 0; there && i < ES_COUNT(names) && status >= 0; i++)
        status = service_boolean(host, &parameters, names[i], &fields[i]);
    if (status >= 0)
        status = service_start(host, hive, SERVICES "LanmanServer", &fields[4]);
    if (status >= 0)
        status = service_start(host, hive, SERVICES "mrxsmb10", &fields[5]);
    if (status >= 0)
        status = service_values(host, hive, SERVICES "LanmanServer\\Shares", take_share, &shares);
    if (status >= 0)
        status = take_firewall(host, hive, FIREWALL, rules, profiles, &fields[7]);
    if (status >= 0)
        status = service_start(host, hive, SERVICES "srv", &fields[10]);
    if (status < 0)
        return status;
    fields[6] = es_datum_texts(shares.names, shares.n);
    fields[9] = es_datum_text(es_text_of("system"));
    return service_emit(host, fields, key.where);
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    es_status status = artefact->want == WANT_SOFTWARE ? examine_policy(host, artefact)
                                                       : examine_smb(host, artefact);

    (void)state;
    return status < 0 ? status : ES_OK;
}

ES_PLUGIN_EXPORT const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "smb",
    .version = "1",
    .summary = "how the SMB server is configured",
    .wants = wants,
    .facts = facts,
    .n_wants = ES_COUNT(wants),
    .n_facts = ES_COUNT(facts),
    .examine = examine,
};
