/* SPDX-License-Identifier: Apache-2.0
 *
 * rdp.c: whether Remote Desktop was there to be reached.
 *
 * Exposed to a flaw is not the same as reachable: beside an answer on CVE-2019-0708 stands whether
 * Remote Desktop took connections at all, and whether who connects had to log on first. The plugin
 * states what the registry configures, in both hives, for a policy wins over a setting; what a
 * network let through is not on the disk.
 */
#include "service.h"

#include <stdlib.h>

#define DEFAULT_PORT 3389u
#define TERMINAL "CurrentControlSet\\Control\\Terminal Server"
#define POLICY "Policies\\Microsoft\\Windows NT\\Terminal Services"

enum { WANT_SYSTEM, WANT_SOFTWARE };

static const es_want wants[] = {
    [WANT_SYSTEM] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, 0,
                      "System32/config/SYSTEM", "its service, port and firewall rules" },
    [WANT_SOFTWARE] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, 0,
                        "System32/config/SOFTWARE",
                        "policies for Remote Desktop and the firewall" },
};

static const es_field rdp_fields[] = {
    FIELD(TEXT, "source", "system: the service's own settings; policy: a policy, which wins"),
    FIELD(BOOLEAN, "connections_allowed", "fDenyTSConnections is 0; null: not stated"),
    FIELD(BOOLEAN, "network_authentication", "UserAuthentication: who connects logs on first"),
    FIELD(INTEGER, "security_layer", "SecurityLayer: 0 RDP, 1 negotiated, 2 TLS"),
    FIELD(INTEGER, "port", "TCP port it listens on"),
    FIELD(TEXT, "service_start", "start type of TermService"),
    FIELD(TEXT_LIST, "firewall_rules", "active inbound rules for its port"),
    FIELD(TEXT_LIST, "firewall_profiles", "profiles in which the firewall is on or off"),
};

static const es_fact_type facts[] = {
    { sizeof(es_fact_type), ES_COUNT(rdp_fields), "rdp.config", "how Remote Desktop is configured",
      rdp_fields, NULL },
};

static es_status allowed_of(const es_host *host, const es_key *key, es_datum *ret)
{
    es_status status = service_boolean(host, key, "fDenyTSConnections", ret);

    if (status == ES_OK && ret->type)
        ret->integer = !ret->integer;
    return status;
}

/* Firewall rules and profiles, of the service's port. */
static es_status take_firewall(const es_host *host, const es_artefact *hive, const char *from,
                               uint32_t port, es_text rules[MAX_RULES],
                               es_text profiles[MAX_PROFILES], es_datum fields[2])
{
    uint64_t n_rules = 0, n_profiles = 0;
    es_status status =
        service_rules(host, hive, from, "TermService", &port, 1, rules, &n_rules);

    if (status == ES_OK)
        status = service_profiles(host, hive, from, profiles, &n_profiles);
    fields[0] = es_datum_texts(rules, n_rules);
    fields[1] = es_datum_texts(profiles, n_profiles);
    return status;
}

/* `port` is that of the service when it states one. */
static es_status examine_rdp(const es_host *host, const es_artefact *hive, uint32_t *port)
{
    es_key key, listener;
    es_text rules[MAX_RULES], profiles[MAX_PROFILES];
    es_datum fields[8] = { es_datum_text(es_text_of("system")), es_null(), es_null(), es_null(),
                           es_null(), es_null(), es_null(), es_null() };
    es_status status = service_open(host, hive, TERMINAL, &key);

    if (status <= 0)
        return status;
    status = allowed_of(host, &key, &fields[1]);
    if (status == ES_OK)
        status = service_open(host, hive, TERMINAL "\\WinStations\\RDP-Tcp", &listener);
    if (status > 0) {
        status = service_boolean(host, &listener, "UserAuthentication", &fields[2]);
        if (status == ES_OK)
            status = service_number(host, &listener, "SecurityLayer", &fields[3]);
        if (status == ES_OK)
            status = service_number(host, &listener, "PortNumber", &fields[4]);
    }
    if (fields[4].type)
        *port = (uint32_t)(fields[4].integer & 0xFFFF);
    if (status >= 0)
        status = service_start(host, hive, SERVICES "TermService", &fields[5]);
    if (status >= 0)
        status = take_firewall(host, hive, FIREWALL, *port, rules, profiles, &fields[6]);
    return status < 0 ? status : service_emit(host, fields, key.where);
}

/* Policies of Remote Desktop, and those of the firewall for it. */
static es_status examine_policy(const es_host *host, const es_artefact *hive, uint32_t port)
{
    es_key key, firewall;
    es_text rules[MAX_RULES], profiles[MAX_PROFILES];
    es_datum fields[8] = { es_datum_text(es_text_of("policy")), es_null(), es_null(), es_null(),
                           es_null(), es_null(), es_null(), es_null() };
    const es_where *where = hive->where;
    es_status status = service_open(host, hive, POLICY, &key);

    if (status > 0) {
        where = key.where;
        status = allowed_of(host, &key, &fields[1]);
        if (status == ES_OK)
            status = service_boolean(host, &key, "UserAuthentication", &fields[2]);
        if (status == ES_OK)
            status = service_number(host, &key, "SecurityLayer", &fields[3]);
        if (status == ES_OK)
            status = service_number(host, &key, "PortNumber", &fields[4]);
        if (fields[4].type)
            port = (uint32_t)(fields[4].integer & 0xFFFF);
    }
    if (status >= 0)
        status = service_open(host, hive, FIREWALL_POLICY, &firewall);
    if (status > 0) {
        where = where == hive->where ? firewall.where : where;
        status = take_firewall(host, hive, FIREWALL_POLICY, port, rules, profiles, &fields[6]);
    }
    if (status < 0 || !(fields[1].type || fields[2].type || fields[3].type || fields[4].type ||
                        fields[6].n || fields[7].n))
        return status;
    return service_emit(host, fields, where);
}

/* The port, which the service's hive states and the policies' rules are for. */
static es_status begin(const es_host *host, const es_installation *installation, void **ret_state)
{
    uint32_t *port = (uint32_t *)malloc(sizeof *port);

    (void)host, (void)installation;
    if (port)
        *port = DEFAULT_PORT;
    *ret_state = port;
    return port ? ES_OK : ES_NOMEM;
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    uint32_t *port = (uint32_t *)state;
    es_status status = artefact->want == WANT_SOFTWARE ? examine_policy(host, artefact, *port)
                                                       : examine_rdp(host, artefact, port);

    return status < 0 ? status : ES_OK;
}

static void end(void *state, const es_host *host)
{
    (void)host;
    free(state);
}

ES_PLUGIN_EXPORT const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "rdp",
    .version = "1",
    .summary = "how Remote Desktop is configured",
    .wants = wants,
    .facts = facts,
    .n_wants = ES_COUNT(wants),
    .n_facts = ES_COUNT(facts),
    .begin = begin,
    .examine = examine,
    .end = end,
};
