/* SPDX-License-Identifier: Apache-2.0
 *
 * service.c: values, start types and firewall rules of a service: see service.h.
 */
#include "service.h"

#include <stdio.h>

/* ------------------------------------------------------------------ values */

static es_status tell(const es_host *host, const char *before, const char *name, uint64_t size,
                      const char *behind, const es_where *where)
{
    char text[260];

    (void)snprintf(text, sizeof text, "%s%.*s%s", before, (int)(size < 160 ? size : 160), name,
                   behind);
    return host->note(host, 1, es_text_of(text), where);
}

es_status service_open(const es_host *host, const es_artefact *hive, const char *path,
                       es_key *ret)
{
    es_status status = host->key_open(host, hive, es_text_of(path), ret);

    if (status <= 0)
        return status < 0 ? status : 1;
    if (status == ES_ABSENT)
        return 0;
    status = tell(host, "the key ", path, strlen(path), " cannot be read", hive->where);
    return status < 0 ? status : 0;
}

es_status service_number(const es_host *host, const es_key *key, const char *name, es_datum *ret)
{
    es_value value;
    uint64_t number;
    es_status status = host->value_find(host, key, es_text_of(name), &value);

    *ret = es_null();
    if (status == ES_CORRUPT)
        return tell(host, "the value ", name, strlen(name), " cannot be read", key->where);
    if (status == ES_OK)
        status = host->value_number(host, &value, 0, &number);
    if (status == ES_OK)
        *ret = es_datum_integer((int64_t)number);
    if (status == ES_CORRUPT)
        return tell(host, "the value ", name, strlen(name), " is no number", value.where);
    return status < 0 ? status : ES_OK;
}

es_status service_boolean(const es_host *host, const es_key *key, const char *name,
                            es_datum *ret)
{
    es_status status = service_number(host, key, name, ret);

    if (status == ES_OK && ret->type)
        *ret = es_datum_boolean(ret->integer != 0);
    return status;
}

es_status service_start(const es_host *host, const es_artefact *hive, const char *service,
                          es_datum *ret)
{
    static const char *const words[] = { "boot", "system", "automatic", "manual", "disabled" };
    es_key key;
    es_status status = service_open(host, hive, service, &key);

    *ret = es_null();
    if (status <= 0)
        return status;
    status = service_number(host, &key, "Start", ret);
    if (status == ES_OK && ret->type)
        *ret = es_datum_text(es_text_of((uint64_t)ret->integer < ES_COUNT(words)
                                            ? words[ret->integer]
                                            : "not known"));
    return status;
}

/* ------------------------------------------------------------------ firewall */

/* The next "Name=…" of a rule, whose parts stand between '|'; 0 when there is none. */
static int next_part(es_text rule, const char *name, uint64_t *at, es_text *ret)
{
    uint64_t size = strlen(name);

    for (; size < rule.size && *at < rule.size - size; ++*at) {
        uint64_t end = *at + size;

        if ((*at > 0 && rule.data[*at - 1] != '|') ||
            memcmp(rule.data + *at, name, (size_t)size) != 0)
            continue;
        while (end < rule.size && rule.data[end] != '|')
            end++;
        *ret = (es_text){ rule.data + *at + size, end - *at - size };
        *at = end;
        return 1;
    }
    return 0;
}

static es_text part_of(es_text rule, const char *name)
{
    es_text part = ES_TEXT("");
    uint64_t at = 0;

    return next_part(rule, name, &at, &part) ? part : (es_text)ES_TEXT("");
}

/* "3389", or "3000-4000" as from rules 2.10 on. */
static int is_port(es_text text, uint32_t port)
{
    uint32_t ends[2] = { 0, 0 }, n = 0;

    for (uint64_t i = 0; i < text.size; i++) {
        if (text.data[i] == '-' && n == 0 && i)
            n++;
        else if (text.data[i] >= '0' && text.data[i] <= '9' && ends[n] < 100000)
            ends[n] = ends[n] * 10 + (uint32_t)(text.data[i] - '0');
        else
            return 0;
    }
    return text.size && (n ? port >= ends[0] && port <= ends[1] : port == ends[0]);
}

/* A rule without ports is for all of them: of every program, of the system, or of the service. */
static int is_of_service(es_text rule, const char *service)
{
    es_text program = part_of(rule, "App="), of = part_of(rule, "Svc=");

    if (of.size && !es_name_is(of, "*"))
        return es_name_is(of, service);
    return !program.size || es_name_is(program, "System");
}

/* An active inbound rule that concerns one of these TCP ports. */
static int concerns(es_text rule, const char *service, const uint32_t *ports, uint32_t n)
{
    static const char *const names[] = { "LPort=", "LPort2_10=" };
    es_text protocol = part_of(rule, "Protocol="), part;
    int n_parts = 0;

    if (!es_name_is(part_of(rule, "Active="), "TRUE") || !es_name_is(part_of(rule, "Dir="), "In") ||
        (protocol.size && !es_name_is(protocol, "6")))
        return 0;
    for (uint32_t k = 0; k < ES_COUNT(names); k++) {
        uint64_t at = 0;

        while (next_part(rule, names[k], &at, &part)) {
            n_parts++;
            for (uint32_t i = 0; i < n; i++)
                if (is_port(part, ports[i]) || es_name_is(part, "*"))
                    return 1;
        }
    }
    return !n_parts && is_of_service(rule, service);
}

static es_status describe(const es_host *host, es_text name, es_text rule, es_text *ret)
{
    es_text action = part_of(rule, "Action="), profile = part_of(rule, "Profile=");
    const uint64_t room = 400;
    void *memory = NULL;
    int n;
    es_status status = host->alloc(host, room, &memory);

    if (status)
        return status;
    n = snprintf((char *)memory, (size_t)room, "%.*s: %.*s%s%.*s",
                 (int)(name.size < 160 ? name.size : 160), name.data,
                 (int)(action.size < 32 ? action.size : 32), action.size ? action.data : "",
                 profile.size ? ", profile " : ", all profiles",
                 (int)(profile.size < 32 ? profile.size : 32), profile.size ? profile.data : "");
    *ret = (es_text){ (const char *)memory, n > 0 ? (uint64_t)n : 0 };
    return ES_OK;
}

es_status service_values(const es_host *host, const es_artefact *hive, const char *path,
                         es_status (*each)(void *context, const es_value *value), void *context)
{
    uint64_t lost = 0;
    es_key key;
    es_value value;
    es_status status = service_open(host, hive, path, &key), got = ES_OK;

    if (status <= 0)
        return status;
    for (uint64_t i = 0;; i++) {
        got = host->value_child(host, &key, i, &value);
        lost += got == ES_CORRUPT;
        if (got == ES_CORRUPT && i < MAX_VALUES)
            continue;
        if (got == ES_OK)
            got = i < MAX_VALUES ? each(context, &value) : ES_LIMIT;
        if (got)
            break;
    }
    if (got < 0)
        return got;
    status = ES_OK;
    if (lost)
        status = tell(host, "values of the key ", path, strlen(path), " cannot be read", key.where);
    if (status == ES_OK && got != ES_END)
        status = tell(host, "the key ", path, strlen(path), " has more entries than are listed",
                      key.where);
    return status;
}

typedef struct wanted_rules {
    const es_host *host;
    const char *service;
    const uint32_t *ports;
    uint32_t n_ports;
    es_text *rules;
    uint64_t *n;
} wanted_rules;

static es_status take_rule(void *context, const es_value *value)
{
    const wanted_rules *to = (const wanted_rules *)context;
    es_text rule;
    es_status status = to->host->value_text(to->host, value, 0, &rule);

    if (status != ES_OK || !concerns(rule, to->service, to->ports, to->n_ports))
        return status < 0 ? status : ES_OK;
    if (*to->n == MAX_RULES)
        return ES_LIMIT;
    status = describe(to->host, value->name, rule, &to->rules[*to->n]);
    if (status == ES_OK)
        ++*to->n;
    return status;
}

es_status service_rules(const es_host *host, const es_artefact *hive, const char *from,
                        const char *service, const uint32_t *ports, uint32_t n_ports,
                        es_text *rules, uint64_t *ret_n)
{
    char path[160];
    wanted_rules to = { host, service, ports, n_ports, rules, ret_n };

    *ret_n = 0;
    (void)snprintf(path, sizeof path, "%s\\FirewallRules", from);
    return service_values(host, hive, path, take_rule, &to);
}

es_status service_profiles(const es_host *host, const es_artefact *hive, const char *from,
                           es_text profiles[MAX_PROFILES], uint64_t *ret_n)
{
    static const struct {
        const char *key;
        const char *says[2];
    } each[] = {
        { "DomainProfile", { "domain: off", "domain: on" } },
        { "StandardProfile", { "private: off", "private: on" } },
        { "PrivateProfile", { "private: off", "private: on" } }, /* as policies call it */
        { "PublicProfile", { "public: off", "public: on" } },
    };
    es_status status = ES_OK;

    *ret_n = 0;
    for (uint32_t i = 0; i < ES_COUNT(each) && status >= 0; i++) {
        char path[160];
        es_key key;
        es_datum on = es_null();

        (void)snprintf(path, sizeof path, "%s\\%s", from, each[i].key);
        status = service_open(host, hive, path, &key);
        if (status > 0)
            status = service_number(host, &key, "EnableFirewall", &on);
        if (status >= 0 && on.type)
            profiles[(*ret_n)++] = es_text_of(each[i].says[on.integer != 0]);
    }
    return status < 0 ? status : ES_OK;
}

es_status service_emit(const es_host *host, const es_datum *fields, const es_where *where)
{
    es_time no_time = { 0, 0, 0 };

    return es_emit(host, 0, fields, no_time, where);
}
