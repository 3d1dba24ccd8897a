/* SPDX-License-Identifier: Apache-2.0
 *
 * service.h: what the plugins rdp and smb read alike: start types, firewall rules, values.
 *
 * Ownership: everything is borrowed from the callback it was made in.
 */
#ifndef ESUSCAN_PLUGIN_SERVICE_H
#define ESUSCAN_PLUGIN_SERVICE_H

#include <esuscan/names.h>
#include <esuscan/plugin.h>

#define SERVICES "CurrentControlSet\\Services\\"
/* Where rules and profiles of the firewall stand: in SYSTEM, and in SOFTWARE those of a policy. */
#define FIREWALL SERVICES "SharedAccess\\Parameters\\FirewallPolicy"
#define FIREWALL_POLICY "Policies\\Microsoft\\WindowsFirewall"
#define MAX_PROFILES 8u
#define MAX_RULES 64u
#define MAX_VALUES 4096u

#define FIELD(type, name, means) { sizeof(es_field), ES_FIELD_##type, name, means }

/* 1: there, 0: not, or unreadable, which is noted; negative: failure. */
es_status service_open(const es_host *host, const es_artefact *hive, const char *path, es_key *ret);
/* Null where the value is not there; or does not fit or cannot be read, which is noted. */
es_status service_number(const es_host *host, const es_key *key, const char *name, es_datum *ret);
es_status service_boolean(const es_host *host, const es_key *key, const char *name, es_datum *ret);
/* The start type of a service, by its key. */
es_status service_start(const es_host *host, const es_artefact *hive, const char *service,
                        es_datum *ret);
/* Active inbound rules that concern one of these TCP ports, or every port of the service; room for
 * MAX_RULES. `from` is one of the two places above. */
es_status service_rules(const es_host *host, const es_artefact *hive, const char *from,
                        const char *service, const uint32_t *ports, uint32_t n_ports,
                        es_text *rules, uint64_t *ret_n);
es_status service_profiles(const es_host *host, const es_artefact *hive, const char *from,
                           es_text profiles[MAX_PROFILES], uint64_t *ret_n);
/* Show every value of a key to `each`, which returns ES_OK to go on, ES_LIMIT when there is no room
 * for it, or a failure. What cannot be read or is left out is noted. */
es_status service_values(const es_host *host, const es_artefact *hive, const char *path,
                         es_status (*each)(void *context, const es_value *value), void *context);
/* Emit the plugin's only fact. */
es_status service_emit(const es_host *host, const es_datum *fields, const es_where *where);

#endif
