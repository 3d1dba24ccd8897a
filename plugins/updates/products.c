/* SPDX-License-Identifier: Apache-2.0
 *
 * products.c: which Internet Explorer and which versions of the .NET Framework are here.
 *
 * Both come in versions of their own, each with its own updates, and SOFTWARE says which are
 * installed: Internet Explorer\Version, and below NET Framework Setup\NDP a key a version with
 * Install, SP and Version (3.0: InstallSuccess below Setup). Version 4 and what replaces it in place
 * lie below v4\Full and v4\Client, told apart by Release (Microsoft, "How to: Determine which .NET
 * Framework versions are installed"). The key v4.0 is a mark of the setup and no version.
 */
#include "facts.h"
#include "gather.h"

#define BROWSER "Microsoft\\Internet Explorer"
#define NDP "Microsoft\\NET Framework Setup\\NDP"
#define VERSIONS_MAX 64u /* keys below NDP that are looked at; a machine has some eight */

const es_want updates_wants[] = {
    { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, 0, "System32/config/SOFTWARE",
      "versions of Internet Explorer and of the .NET Framework, updates of Windows Installer" },
};

#define FIELD(type, name, means) { sizeof(es_field), ES_FIELD_##type, name, means }

static const es_field browser_fields[] = {
    FIELD(TEXT, "version", "of Internet Explorer"),
};
static const es_field registration_fields[] = {
    FIELD(TEXT, "kb", "KB2600217"),
    FIELD(TEXT, "name", "of the key, which may name a revision"),
    FIELD(TEXT, "product", "that it is for"),
    FIELD(TEXT, "list", "Updates: what setups registered; Uninstall: what can be taken away"),
    FIELD(BOOLEAN, "installed", "ThisVersionInstalled is Y; null: the list does not say"),
    FIELD(TEXT, "package_name", "as the setup wrote it"),
    FIELD(TEXT, "package_version", "as the setup wrote it"),
    FIELD(TEXT, "release_type", "as the setup wrote it"),
    FIELD(TEXT, "installed_by", "user, as the setup wrote it"),
    FIELD(TEXT, "installed_date", "as the setup wrote it, in the form of the user's settings"),
};
static const es_field patch_fields[] = {
    FIELD(TEXT, "kb", "of the name or the address; null: none, or they do not agree"),
    FIELD(TEXT, "patch", "its code, packed as Windows Installer does"),
    FIELD(TEXT, "product", "that it is applied to"),
    FIELD(TEXT, "state", "applied, superseded, obsolete, registered (not applied), unknown"),
    FIELD(INTEGER, "state_value", "as stored"),
    FIELD(TEXT, "display_name", "as it is shown"),
    FIELD(TEXT, "address", "of its article"),
};
static const es_field framework_fields[] = {
    FIELD(TEXT, "version", "2.0, 3.5, 4.5.2 …; null: not known, and there may be others"),
    FIELD(INTEGER, "service_pack", "of this version"),
    FIELD(TEXT, "full_version", "as the setup wrote it"),
    FIELD(INTEGER, "release", "of version 4.5 and later"),
    FIELD(TEXT, "profile", "of version 4 and later: Full or Client"),
};

const es_fact_type updates_facts[] = {
    [FACT_BROWSER] = { sizeof(es_fact_type), ES_COUNT(browser_fields), "updates.browser",
                       "the Internet Explorer that is installed", browser_fields, NULL },
    [FACT_FRAMEWORK] = { sizeof(es_fact_type), ES_COUNT(framework_fields), "updates.framework",
                         "a version of the .NET Framework that is installed", framework_fields,
                         NULL },
    [FACT_REGISTRATION] = { sizeof(es_fact_type), ES_COUNT(registration_fields),
                            "updates.registration",
                            "an update in a list that setups keep beside Windows Installer",
                            registration_fields, NULL },
    [FACT_PATCH] = { sizeof(es_fact_type), ES_COUNT(patch_fields), "updates.patch",
                     "a patch of a product of Windows Installer", patch_fields,
                     "applied (day of local time)" },
};

static es_status emit(const es_host *host, uint32_t type, const es_datum *fields,
                      const es_where *where)
{
    es_fact fact = { sizeof fact, type, fields, { 0, ES_TIME_NONE, 0 }, where };

    return host->emit(host, &fact, NULL);
}

#define ABSENT (-1)
#define UNREADABLE (-2)

/* A number, ABSENT, or UNREADABLE: of another type, too large, or damaged. */
static int64_t number_of(const es_host *host, const es_key *key, const char *name)
{
    es_value value;
    uint64_t number;
    es_status status = host->value_find(host, key, es_text_of(name), &value);

    if (status)
        return status == ES_ABSENT ? ABSENT : UNREADABLE;
    if (host->value_number(host, &value, 0, &number) != ES_OK || number > INT32_MAX)
        return UNREADABLE;
    return (int64_t)number;
}

es_text key_text(const es_host *host, const es_key *key, const char *name)
{
    es_value value;
    es_text text = { "", 0 };

    if (host->value_find(host, key, es_text_of(name), &value) != ES_OK ||
        host->value_text(host, &value, 0, &text) != ES_OK)
        text.size = 0;
    return text;
}

static es_status examine_browser(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_value value;
    es_datum fields[1];
    es_text version;
    es_status status = host->key_open(host, hive, es_text_of(BROWSER), &key);

    if (status == ES_OK)
        status = host->value_find(host, &key, es_text_of("Version"), &value);
    if (status == ES_OK)
        status = host->value_text(host, &value, 0, &version);
    if (status || !version.size)
        return status < 0 ? status : ES_OK;
    fields[0] = es_datum_text(version);
    return emit(host, FACT_BROWSER, fields, value.where);
}

/* ------------------------------------------------------------------ .NET Framework */

/* "v2.0.50727": the first two numbers; of version 4 the release tells, or the version's own. */
static es_text version_word(const es_host *host, es_text key, int64_t release, es_text full)
{
    static const struct {
        int64_t release;
        const char *version;
    } known[] = {
        { 378389, "4.5" },   { 378675, "4.5.1" }, { 378758, "4.5.1" }, { 379893, "4.5.2" },
        { 393295, "4.6" },   { 393297, "4.6" },   { 394254, "4.6.1" }, { 394271, "4.6.1" },
        { 394802, "4.6.2" }, { 394806, "4.6.2" }, { 460798, "4.7" },   { 460805, "4.7" },
        { 461308, "4.7.1" }, { 461310, "4.7.1" }, { 461808, "4.7.2" }, { 461814, "4.7.2" },
        { 528040, "4.8" },   { 528049, "4.8" },
    };
    es_text word = { "", 0 };
    uint32_t dots = 0;
    void *memory = NULL;

    for (uint32_t i = 0; i < ES_COUNT(known); i++)
        if (known[i].release == release)
            return es_text_of(known[i].version);
    if (text_is(key, "v4"))
        return full.size > 3 && !memcmp(full.data, "4.0.", 4) ? es_text_of("4.0") : word;
    while (word.size + 1 < key.size && word.size < 8) {
        dots += key.data[word.size + 1] == '.';
        if (dots == 2)
            break;
        word.size++;
    }
    if (host->alloc(host, word.size + 1, &memory) != ES_OK)
        return (es_text){ "", 0 };
    memcpy(memory, key.data + 1, word.size);
    word.data = (const char *)memory;
    return word;
}

static es_status emit_framework(const es_host *host, es_text name, const es_key *key,
                                const char *profile)
{
    int64_t pack = number_of(host, key, "SP"), release = number_of(host, key, "Release");
    es_text full = key_text(host, key, "Version");
    es_text version = version_word(host, name, release, full);
    es_datum fields[5];

    fields[0] = es_datum_text_or_null(version);
    fields[1] = pack >= 0 ? es_datum_integer(pack) : es_null();
    fields[2] = es_datum_text_or_null(full);
    fields[3] = release >= 0 ? es_datum_integer(release) : es_null();
    fields[4] = profile ? es_datum_text(es_text_of(profile)) : es_null();
    return emit(host, FACT_FRAMEWORK, fields, key->where);
}

/* One of which it cannot be read whether it is installed: it may be any. */
static es_status emit_unknown(const es_host *host, const es_where *where)
{
    const es_datum unknown[5] = { es_null(), es_null(), es_null(), es_null(), es_null() };

    return emit(host, FACT_FRAMEWORK, unknown, where);
}

static es_status examine_four(const es_host *host, const es_key *key)
{
    static const char *const profiles[] = { "Full", "Client" };
    es_key below;

    for (uint32_t i = 0; i < ES_COUNT(profiles); i++) {
        int64_t installed;
        es_status status = host->key_find(host, key, es_text_of(profiles[i]), &below);

        if (status == ES_ABSENT)
            continue;
        installed = status ? UNREADABLE : number_of(host, &below, "Install");
        if (status < 0)
            return status;
        if (installed == UNREADABLE)
            return emit_unknown(host, key->where);
        if (installed == 1)
            return emit_framework(host, key->name, &below, profiles[i]);
    }
    return ES_OK;
}

static es_status examine_version(const es_host *host, const es_key *key)
{
    es_key setup;
    int64_t installed;

    if (key->name.size < 2 || (key->name.data[0] != 'v' && key->name.data[0] != 'V') ||
        key->name.data[1] < '1' || key->name.data[1] > '9' || text_is(key->name, "v4.0"))
        return ES_OK;
    if (text_is(key->name, "v4"))
        return examine_four(host, key);
    installed = number_of(host, key, "Install");
    if (installed == ABSENT && host->key_find(host, key, es_text_of("Setup"), &setup) == ES_OK)
        installed = number_of(host, &setup, "InstallSuccess");
    if (installed == UNREADABLE)
        return emit_unknown(host, key->where);
    return installed == 1 ? emit_framework(host, key->name, key, NULL) : ES_OK;
}

static es_status examine_frameworks(const es_host *host, const es_artefact *hive)
{
    es_key ndp, key;
    es_status status = host->key_open(host, hive, es_text_of(NDP), &ndp);

    if (status == ES_ABSENT)
        return ES_OK;
    for (uint64_t i = 0; status == ES_OK && i < VERSIONS_MAX; i++) {
        status = host->key_child(host, &ndp, i, &key);
        if (status == ES_OK)
            status = examine_version(host, &key);
    }
    if (status < 0 || status == ES_END)
        return status < 0 ? status : ES_OK;
    /* Not read to its end: what it does not name may be there all the same. */
    status = host->note(host, 1, es_text_of("the versions of the .NET Framework cannot be read to "
                                            "the end of their list"),
                        hive->where);
    return status ? status : emit_unknown(host, hive->where);
}

es_status products_examine(void *state, const es_host *host, const es_artefact *hive)
{
    es_status status = examine_browser(host, hive);

    (void)state;
    if (status >= 0)
        status = examine_frameworks(host, hive);
    return status < 0 ? status : installer_examine(host, hive);
}
