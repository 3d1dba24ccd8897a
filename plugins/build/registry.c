/* SPDX-License-Identifier: Apache-2.0
 *
 * registry.c: the values of SOFTWARE and SYSTEM that identify a Windows and its machine.
 *
 * One fact `build.registry` per value, placed at the value, so that each can be checked alone.
 * Which value exists in which Windows: NT 4 has CurrentVersion and CurrentBuildNumber; BuildLab
 * came with XP SP2, BuildLabEx with Vista, CurrentMajorVersionNumber and UBR with 10.
 */
#include "build.h"

#include <stdio.h>

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"

es_status build_value(const es_host *host, const es_key *key, const char *name, es_value *ret)
{
    char text[200];
    es_status status = host->value_find(host, key, es_text_of(name), ret);

    if (status < 0)
        return status;
    if (status == ES_OK)
        return 1;
    if (status != ES_ABSENT) {
        (void)snprintf(text, sizeof text, "the value %s cannot be read", name);
        status = host->note(host, 1, es_text_of(text), key->where);
        return status < 0 ? status : 0;
    }
    return 0;
}

/* A value's text as a datum; null when it is not there or does not fit. */
static es_status text_datum(const es_host *host, const es_key *key, const char *name, es_datum *ret)
{
    es_value value;
    es_text text;
    es_status status = build_value(host, key, name, &value);

    *ret = es_null();
    if (status <= 0)
        return status;
    status = host->value_text(host, &value, 0, &text);
    if (status == ES_OK)
        *ret = es_datum_text(text);
    return status < 0 ? status : ES_OK;
}

es_status build_number_datum(const es_host *host, const es_key *key, const char *name,
                             es_datum *ret)
{
    es_value value;
    uint64_t number;
    es_status status = build_value(host, key, name, &value);

    *ret = es_null();
    if (status <= 0)
        return status;
    status = host->value_number(host, &value, 0, &number);
    if (status == ES_OK)
        *ret = es_datum_integer((int64_t)number);
    return status < 0 ? status : ES_OK;
}

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {
        [ES_REG_NONE] = "REG_NONE",
        [ES_REG_SZ] = "REG_SZ",
        [ES_REG_EXPAND_SZ] = "REG_EXPAND_SZ",
        [ES_REG_BINARY] = "REG_BINARY",
        [ES_REG_DWORD] = "REG_DWORD",
        [ES_REG_DWORD_BIG_ENDIAN] = "REG_DWORD_BIG_ENDIAN",
        [ES_REG_LINK] = "REG_LINK",
        [ES_REG_MULTI_SZ] = "REG_MULTI_SZ",
        [ES_REG_QWORD] = "REG_QWORD",
    };

    if (type < ES_COUNT(names) && names[type])
        return names[type];
    return "another type";
}

/* What the value stated before replay: its text, or its number in decimal. */
static es_status before_datum(const es_host *host, const es_value *value, char *buffer,
                              size_t size, es_datum *ret)
{
    uint64_t number;
    es_text text;
    es_status status;

    *ret = es_null();
    if (!(value->flags & (ES_VALUE_CHANGED | ES_VALUE_ADDED)))
        return ES_OK;
    if (value->flags & ES_VALUE_ADDED) {
        *ret = es_datum_text(es_text_of("(not there)"));
        return ES_OK;
    }
    *ret = es_datum_text(es_text_of("(unreadable)"));
    status = host->value_text(host, value, 1, &text);
    if (status == ES_OK)
        *ret = es_datum_text(text);
    if (status <= 0)
        return status;
    status = host->value_number(host, value, 1, &number);
    if (status == ES_OK) {
        (void)snprintf(buffer, size, "%llu", (unsigned long long)number);
        *ret = es_datum_text(es_text_of(buffer));
    }
    return status < 0 ? status : ES_OK;
}

static es_status emit_value(const es_host *host, const char *hive, const es_key *key,
                            const char *name, int wow64)
{
    es_datum fields[8];
    es_value value;
    es_time no_time = { 0, 0, 0 };
    es_text text;
    uint64_t number;
    char before[24];
    es_status status = build_value(host, key, name, &value);

    if (status <= 0)
        return status;
    fields[0] = es_datum_text(es_text_of(hive));
    fields[1] = es_datum_text(es_text_of(name));
    fields[2] = fields[3] = es_null();
    status = host->value_text(host, &value, 0, &text);
    if (status < 0)
        return status;
    if (status == ES_OK)
        fields[2] = es_datum_text(text);
    else {
        status = host->value_number(host, &value, 0, &number);
        if (status < 0)
            return status;
        if (status == ES_OK)
            fields[3] = es_datum_integer((int64_t)number);
    }
    fields[4] = es_datum_text(es_text_of(type_name(value.type)));
    fields[5] = es_datum_boolean(wow64);
    status = before_datum(host, &value, before, sizeof before, &fields[6]);
    if (status < 0)
        return status;
    fields[7] = es_datum_time(key->written);
    return es_emit(host, BUILD_FACT_REGISTRY, fields, no_time, value.where);
}

static es_status emit_values(const es_host *host, const es_artefact *hive, const char *hive_name,
                             const char *path, const char *const *names, uint32_t n_names,
                             int wow64)
{
    es_key key;
    es_status status = es_prose_key(host, hive, path, &key);

    if (status <= 0)
        return status;
    for (uint32_t i = 0; i < n_names; i++) {
        status = emit_value(host, hive_name, &key, names[i], wow64);
        if (status < 0)
            return status;
    }
    return ES_OK;
}

static es_status emit_installed(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_value value;
    uint64_t seconds;
    es_time time = { 0, 0, 0 };
    es_datum field;
    es_status status = es_prose_key(host, hive, CURRENT_VERSION, &key);

    if (status > 0)
        status = build_value(host, &key, "InstallDate", &value);
    if (status <= 0)
        return status;
    status = host->value_number(host, &value, 0, &seconds);
    if (status)
        return status < 0 ? status : ES_OK;
    if (seconds > 0 && seconds <= UINT32_MAX) {
        time.ticks = (int64_t)seconds * ES_TICKS_PER_SECOND + ES_TICKS_UNIX_EPOCH;
        time.precision = ES_TIME_SECOND;
    }
    field = es_datum_integer((int64_t)seconds);
    return es_emit(host, BUILD_FACT_INSTALLED, &field, time, value.where);
}

es_status build_examine_software(const es_host *host, const es_artefact *hive)
{
    static const char *const names[] = {
        "CurrentVersion",     "CurrentMajorVersionNumber", "CurrentMinorVersionNumber",
        "CurrentBuild",       "CurrentBuildNumber",        "UBR",
        "BuildLab",           "BuildLabEx",                "BuildGUID",
        "BuildBranch",        "CurrentType",               "CSDVersion",
        "CSDBuildNumber",     "ProductName",               "EditionID",
        "EditionID_bak",      "CompositionEditionID",      "InstallationType",
        "DisplayVersion",     "ReleaseId",                 "SoftwareType",
        "SystemRoot",         "PathName",                  "ProductId",
        "RegisteredOwner",    "RegisteredOrganization",
    };
    es_status status =
        emit_values(host, hive, "SOFTWARE", CURRENT_VERSION, names, ES_COUNT(names), 0);

    if (status >= 0)
        status = emit_values(host, hive, "SOFTWARE", "Wow6432Node\\" CURRENT_VERSION, names,
                             ES_COUNT(names), 1);
    return status < 0 ? status : emit_installed(host, hive);
}

/* A FILETIME in eight bytes. */
static es_time time_of(es_bytes bytes)
{
    es_cursor cursor = es_cursor_make(bytes);
    es_time time = { 0, 0, 0 };
    uint64_t ticks = es_cursor_u64(&cursor);

    if (!es_cursor_failed(&cursor) && ticks > 0 && ticks <= INT64_MAX) {
        time.ticks = (int64_t)ticks;
        time.precision = ES_TIME_TICK;
    }
    return time;
}

static es_status emit_shutdown(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_value value;
    es_time time;
    es_datum field = es_null();
    es_status status = es_prose_key(host, hive, "CurrentControlSet\\Control\\Windows", &key);

    if (status > 0)
        status = build_value(host, &key, "ShutdownTime", &value);
    if (status <= 0)
        return status;
    time = time_of(value.data);
    if (!es_time_known(time))
        return host->note(host, 1, es_text_of("ShutdownTime holds no time"), value.where);
    if (value.flags & ES_VALUE_CHANGED)
        field = es_datum_time(time_of(value.before));
    return es_emit(host, BUILD_FACT_SHUTDOWN, &field, time, value.where);
}

static es_status emit_host(const es_host *host, const es_artefact *hive)
{
    es_key key, network;
    es_time no_time = { 0, 0, 0 };
    es_datum fields[3] = { es_null(), es_null(), es_null() };
    es_status status =
        es_prose_key(host, hive, "CurrentControlSet\\Control\\ComputerName\\ComputerName", &key);

    if (status > 0)
        status = text_datum(host, &key, "ComputerName", &fields[0]);
    if (status < 0 || !fields[0].type)
        return status;
    status = es_prose_key(host, hive, "CurrentControlSet\\Services\\Tcpip\\Parameters", &network);
    if (status < 0)
        return status;
    if (status > 0) {
        status = text_datum(host, &network, "Hostname", &fields[1]);
        if (status >= 0)
            status = text_datum(host, &network, "Domain", &fields[2]);
        if (status < 0)
            return status;
    }
    return es_emit(host, BUILD_FACT_HOST, fields, no_time, key.where);
}

/* Biases are signed minutes in a DWORD. */
static es_status bias_datum(const es_host *host, const es_key *key, const char *name, es_datum *ret)
{
    es_status status = build_number_datum(host, key, name, ret);

    if (status >= 0 && ret->type)
        ret->integer = (int32_t)(uint32_t)ret->integer;
    return status;
}

static es_status emit_time_zone(const es_host *host, const es_artefact *hive)
{
    static const char *const biases[] = { "Bias", "ActiveTimeBias", "StandardBias",
                                          "DaylightBias" };
    es_key key;
    es_time no_time = { 0, 0, 0 };
    es_datum fields[6];
    es_status status =
        es_prose_key(host, hive, "CurrentControlSet\\Control\\TimeZoneInformation", &key);

    if (status <= 0)
        return status;
    status = text_datum(host, &key, "TimeZoneKeyName", &fields[0]);
    if (status >= 0 && !(fields[0].type && fields[0].text.size))
        status = text_datum(host, &key, "StandardName", &fields[0]);
    for (uint32_t i = 0; status >= 0 && i < ES_COUNT(biases); i++)
        status = bias_datum(host, &key, biases[i], &fields[1 + i]);
    if (status >= 0)
        status = build_number_datum(host, &key, "DynamicDaylightTimeDisabled", &fields[5]);
    if (status >= 0 && !fields[5].type)
        status = build_number_datum(host, &key, "DisableAutoDaylightTimeSet", &fields[5]);
    if (status < 0)
        return status;
    if (fields[5].type)
        fields[5] = es_datum_boolean(fields[5].integer != 0);
    return es_emit(host, BUILD_FACT_TIME_ZONE, fields, no_time, key.where);
}

static const char *product_means(es_text type)
{
    if (es_name_is(type, "winnt"))
        return "client";
    if (es_name_is(type, "servernt"))
        return "server";
    if (es_name_is(type, "lanmannt"))
        return "domain controller";
    return NULL;
}

#define MAX_SUITES 32u

static es_status emit_product(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_value type, suite;
    es_time no_time = { 0, 0, 0 };
    es_text text, suites[MAX_SUITES];
    es_datum fields[3] = { es_null(), es_null(), es_null() };
    uint64_t n = 0;
    es_status status = es_prose_key(host, hive, "CurrentControlSet\\Control\\ProductOptions", &key);

    if (status > 0)
        status = build_value(host, &key, "ProductType", &type);
    if (status <= 0)
        return status;
    status = host->value_text(host, &type, 0, &text);
    if (status)
        return status < 0 ? status : ES_OK;
    fields[0] = es_datum_text(text);
    if (product_means(text))
        fields[1] = es_datum_text(es_text_of(product_means(text)));
    status = build_value(host, &key, "ProductSuite", &suite);
    if (status < 0)
        return status;
    for (; status > 0 && n < MAX_SUITES; n++) {
        es_status more = host->value_string(host, &suite, 0, n, &suites[n]);

        if (more < 0)
            return more;
        if (more || suites[n].size == 0)
            break;
    }
    fields[2] = es_datum_texts(suites, n);
    return es_emit(host, BUILD_FACT_PRODUCT, fields, no_time, type.where);
}

static es_status emit_setup(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_time no_time = { 0, 0, 0 };
    es_datum fields[6];
    es_status status = es_prose_key(host, hive, "Setup", &key);

    if (status <= 0)
        return status;
    status = build_number_datum(host, &key, "SystemSetupInProgress", &fields[0]);
    if (status >= 0)
        status = build_number_datum(host, &key, "SetupType", &fields[1]);
    if (status >= 0)
        status = build_number_datum(host, &key, "SetupPhase", &fields[2]);
    if (status >= 0)
        status = text_datum(host, &key, "CmdLine", &fields[3]);
    if (status >= 0)
        status = text_datum(host, &key, "OsLoaderPath", &fields[4]);
    if (status >= 0)
        status = text_datum(host, &key, "SystemPartition", &fields[5]);
    if (status < 0)
        return status;
    if (fields[0].type)
        fields[0] = es_datum_boolean(fields[0].integer != 0);
    return es_emit(host, BUILD_FACT_SETUP, fields, no_time, key.where);
}

es_status build_examine_system(const es_host *host, const es_artefact *hive)
{
    static const char *const select[] = { "Current", "Default", "Failed", "LastKnownGood" };
    static const char *const windows[] = { "CSDVersion", "CSDReleaseType", "CSDBuildNumber",
                                           "Directory" };
    static const char *const control[] = { "SystemStartOptions" };
    static const char *const environment[] = { "PROCESSOR_ARCHITECTURE",
                                               "TRACE_FORMAT_SEARCH_PATH" };
    es_status (*const parts[])(const es_host *, const es_artefact *) = {
        emit_shutdown, emit_host, emit_time_zone, emit_product, emit_setup,
    };
    es_status status =
        emit_values(host, hive, "SYSTEM", "Select", select, ES_COUNT(select), 0);

    if (status >= 0)
        status = emit_values(host, hive, "SYSTEM", "CurrentControlSet\\Control", control,
                             ES_COUNT(control), 0);
    if (status >= 0)
        status = emit_values(host, hive, "SYSTEM", "CurrentControlSet\\Control\\Windows", windows,
                             ES_COUNT(windows), 0);
    if (status >= 0)
        status = emit_values(host, hive, "SYSTEM",
                             "CurrentControlSet\\Control\\Session Manager\\Environment",
                             environment, ES_COUNT(environment), 0);
    for (uint32_t i = 0; status >= 0 && i < ES_COUNT(parts); i++)
        status = parts[i](host, hive);
    return status < 0 ? status : ES_OK;
}
