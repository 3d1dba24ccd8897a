/* SPDX-License-Identifier: Apache-2.0
 *
 * installer.c: updates that Windows Installer applied, which leave no package of component servicing.
 *
 * On NT 6.0 the .NET Framework 4 and all later versions of it are products of Windows Installer, and
 * so are their updates. Three lists in SOFTWARE tell of them:
 *
 *     Microsoft\Updates\<product>[\SP<n>]\KB2600217     ThisVersionInstalled "Y" (Microsoft, "How to
 *         determine which .NET Framework security updates and hotfixes are installed"; also below
 *         Wow6432Node, where 64-bit Windows keeps them). What else stands there is what Burn writes
 *         too: PackageName, PackageVersion, ReleaseType, InstalledBy, InstalledDate, the latter as
 *         the installing user's settings have a date: it is told as it stands.
 *     …\CurrentVersion\Installer\UserData\S-1-5-18\Products\<product>\Patches\<patch>     State,
 *         Installed, DisplayName, MoreInfoURL (the properties of MsiGetPatchInfoEx; State 1 applied,
 *         2 superseded, 4 obsolete, 8 registered and not applied; Installed is YYYYMMDD of local
 *         time)
 *     …\CurrentVersion\Uninstall\{product}.KB2600217     what can be taken away again
 *
 * The second is what Windows Installer itself goes by. A KB is taken from where it stands plainly:
 * the whole name of a key, the address of an article, or the one KB in a name that is shown.
 */
#include "facts.h"
#include "gather.h"

#define CURRENT "Microsoft\\Windows\\CurrentVersion"
#define PATCHES_MAX 256u   /* of one product */
#define LISTED_MAX 4096u   /* keys of a list; a server has some hundred products */
#define ODD_TOLD 5u

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_word(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Six or seven digits at `at` without a leading zero, and no further one; 0 if they are not there. */
static uint32_t digits_at(es_text text, uint64_t at, uint64_t *ret_end)
{
    uint32_t number = 0;
    uint64_t i = at;

    while (i < text.size && is_digit(text.data[i]) && i - at < 8)
        number = number * 10 + (uint32_t)(text.data[i++] - '0');
    *ret_end = i;
    return i - at >= 6 && i - at <= 7 && text.data[at] != '0' ? number : 0;
}

static int is_kb(es_text text, uint64_t at)
{
    return at < text.size && text.size - at > 2 && (text.data[at] == 'K' || text.data[at] == 'k') &&
           (text.data[at + 1] == 'B' || text.data[at + 1] == 'b') && is_digit(text.data[at + 2]);
}

/* Behind a number: its end, or a revision ("v2"). */
static int ends_kb(es_text text, uint64_t at)
{
    if (at + 1 < text.size && (text.data[at] == 'v' || text.data[at] == 'V'))
        return is_digit(text.data[at + 1]);
    return at >= text.size || !is_word(text.data[at]);
}

/* "KB2468871", "KB2468871v2": the whole of `name` from `from` on. */
static uint32_t kb_of_key(es_text name, uint64_t from)
{
    uint64_t end;
    uint32_t kb = is_kb(name, from) ? digits_at(name, from + 2, &end) : 0;

    if (!kb || (end < name.size && !ends_kb(name, end)))
        return 0;
    for (uint64_t i = end + 1; i < name.size; i++)
        if (!is_digit(name.data[i]))
            return 0;
    return end == name.size || name.data[end] == 'v' || name.data[end] == 'V' ? kb : 0;
}

/* The one KB that a shown name holds; 0 when it holds none, or two. */
static uint32_t kb_of_name(es_text name)
{
    uint32_t found = 0;

    for (uint64_t i = 0; i < name.size; i++) {
        uint64_t end;
        uint32_t kb = is_kb(name, i) && !(i && is_word(name.data[i - 1]))
                          ? digits_at(name, i + 2, &end)
                          : 0;

        if (!kb || !ends_kb(name, end))
            continue;
        if (found && found != kb)
            return 0;
        found = kb;
    }
    return found;
}

/* "http://support.microsoft.com/kb/2600217", "…?kbid=2600217" */
static uint32_t kb_of_address(es_text address)
{
    static const char *const before[] = { "/kb/", "kbid=", "/help/" };

    if (text_find(address, "support.microsoft.com", 0) == address.size)
        return 0;
    for (uint32_t i = 0; i < ES_COUNT(before); i++) {
        uint64_t at = text_find(address, before[i], 0), end;
        uint32_t kb = at < address.size ? digits_at(address, at + strlen(before[i]), &end) : 0;

        if (kb && (end == address.size || !is_word(address.data[end])))
            return kb;
    }
    return 0;
}

static es_datum kb_or_null(const es_host *host, uint32_t kb)
{
    return kb ? es_datum_text(kb_text(host, kb)) : es_null();
}

/* Each key of a list. One that cannot be read does not hide those behind it; nor is it silent. */
typedef es_status (*key_fn)(const es_host *host, const es_key *key, const void *context);

static es_status each_key(const es_host *host, const es_key *list, uint64_t maximum, key_fn take,
                          const void *context)
{
    es_status status = ES_OK;
    uint64_t n_broken = 0;
    es_key key;

    for (uint64_t i = 0; status == ES_OK && i < maximum; i++) {
        status = host->key_child(host, list, i, &key);
        if (status == ES_OK) {
            status = take(host, &key, context);
        } else if (status == ES_CORRUPT) {
            n_broken++;
            status = ES_OK;
        }
    }
    if (status < 0 || (status == ES_END && !n_broken))
        return status < 0 ? status : ES_OK;
    return host->note(host, 1,
                      es_text_of(status == ES_END
                                     ? "some keys in a list of updates of Windows Installer cannot "
                                       "be read"
                                     : "a list of updates of Windows Installer cannot be read to "
                                       "its end"),
                      list->where);
}

static es_status each_below(const es_host *host, const es_artefact *hive, const char *path,
                            key_fn take, const void *context)
{
    es_key list;
    es_status status = es_prose_key(host, hive, path, &list);

    return status == 1 ? each_key(host, &list, LISTED_MAX, take, context) : status;
}

/* ------------------------------------------------------------------ Microsoft\Updates, Uninstall */

typedef struct listing {
    const char *name; /* of the list, as the fact has it */
    int32_t wow64;
    es_text product;
} listing;

static es_status emit_registration(const es_host *host, const es_key *key, const listing *of,
                                   uint32_t kb)
{
    static const char *const texts[] = { "PackageName", "PackageVersion", "ReleaseType",
                                         "InstalledBy", "InstalledDate" };
    es_text installed = key_text(host, key, "ThisVersionInstalled");
    es_datum fields[10];
    es_fact fact = { sizeof fact, FACT_REGISTRATION, fields, { 0, ES_TIME_NONE, 0 }, key->where };

    fields[0] = kb_or_null(host, kb);
    fields[1] = es_datum_text(key->name);
    fields[2] = es_datum_text_or_null(of->product);
    fields[3] = es_datum_text(es_text_of(of->name));
    fields[4] = installed.size ? es_datum_boolean(text_is(installed, "Y")) : es_null();
    for (uint32_t i = 0; i < ES_COUNT(texts) - 1; i++)
        fields[5 + i] = es_datum_text_or_null(key_text(host, key, texts[i]));
    fields[9] = es_datum_text_or_null(key_text(host, key, texts[4]));
    return host->emit(host, &fact, NULL);
}

static es_status take_kb(const es_host *host, const es_key *key, const void *context)
{
    uint32_t kb = kb_of_key(key->name, 0);

    return kb ? emit_registration(host, key, (const listing *)context, kb) : ES_OK;
}

/* A KB, or a service pack of the product that holds some. */
static es_status take_update(const es_host *host, const es_key *key, const void *context)
{
    if (key->name.size == 3 && (key->name.data[0] == 'S' || key->name.data[0] == 's') &&
        (key->name.data[1] == 'P' || key->name.data[1] == 'p'))
        return each_key(host, key, LISTED_MAX, take_kb, context);
    return take_kb(host, key, context);
}

static es_status take_family(const es_host *host, const es_key *key, const void *context)
{
    listing of = *(const listing *)context;

    of.product = key->name;
    return each_key(host, key, LISTED_MAX, take_update, &of);
}

/* "{GUID}.KB2600217" */
static es_status take_removable(const es_host *host, const es_key *key, const void *context)
{
    listing of = *(const listing *)context;
    uint32_t kb;

    if (key->name.size < 40 || key->name.data[0] != '{' || key->name.data[37] != '}' ||
        key->name.data[38] != '.')
        return ES_OK;
    kb = kb_of_key(key->name, 39);
    of.product = key_text(host, key, "DisplayName");
    return kb ? emit_registration(host, key, &of, kb) : ES_OK;
}

/* ------------------------------------------------------------------ patches */

/* "20150824", a day of local time. */
static es_time day_of(es_text text)
{
    int parts[3] = { 0, 0, 0 };

    for (uint64_t i = 0; i < text.size; i++) {
        int part = i < 4 ? 0 : i < 6 ? 1 : 2;

        if (text.size != 8 || !is_digit(text.data[i]))
            return (es_time){ 0, ES_TIME_NONE, 0 };
        parts[part] = parts[part] * 10 + (text.data[i] - '0');
    }
    return es_time_of_day(parts[0], parts[1], parts[2]);
}

static const char *patch_word(uint64_t state)
{
    switch (state) {
    case 1:
        return "applied";
    case 2:
        return "superseded";
    case 4:
        return "obsolete";
    case 8:
        return "registered";
    default:
        return "unknown";
    }
}

typedef struct product {
    es_text name;
    uint32_t *n_odd; /* patches so far, of all products */
} product;

/* What is odd of the first few is told each, of the rest how many they are. */
static es_status odd_patch(const es_host *host, const product *of, const char *why,
                           const es_where *where)
{
    es_text text;
    es_status status;

    if (++*of->n_odd > ODD_TOLD)
        return ES_OK;
    status = es_prose_one(host, &text, "of a patch of Windows Installer to %.*s, %s",
                          ES_SHOWN(of->name), why);
    return status ? status : host->note(host, 1, text, where);
}

static es_status take_patch(const es_host *host, const es_key *key, const void *context)
{
    const product *of = (const product *)context;
    es_text day = key_text(host, key, "Installed");
    es_status status = ES_OK;
    es_text name = key_text(host, key, "DisplayName"), address = key_text(host, key, "MoreInfoURL");
    uint32_t kb = kb_of_name(name), other = kb_of_address(address);
    uint64_t state = 0;
    es_value value;
    es_datum fields[7];
    es_fact fact = { sizeof fact, FACT_PATCH, fields, { 0, ES_TIME_NONE, 0 }, key->where };
    int known = host->value_find(host, key, es_text_of("State"), &value) == ES_OK &&
                host->value_number(host, &value, 0, &state) == ES_OK && state <= INT32_MAX;

    fact.time = day_of(day);
    if (kb && other && kb != other) {
        kb = 0;
        status = odd_patch(host, of, "name and address give two KBs: none is taken", key->where);
    } else if (!kb) {
        kb = other;
    }
    if (status == ES_OK && (!known || text_is(es_text_of(patch_word(state)), "unknown")))
        status = odd_patch(host, of, "the state is missing, or none that is known", key->where);
    if (status == ES_OK && day.size && !es_time_known(fact.time))
        status = odd_patch(host, of, "the day is none", key->where);
    if (status)
        return status;
    fields[0] = kb_or_null(host, kb);
    fields[1] = es_datum_text(key->name);
    fields[2] = es_datum_text_or_null(of->name);
    fields[3] = es_datum_text(es_text_of(known ? patch_word(state) : "unknown"));
    fields[4] = known ? es_datum_integer((int64_t)state) : es_null();
    fields[5] = es_datum_text_or_null(name);
    fields[6] = es_datum_text_or_null(address);
    return host->emit(host, &fact, NULL);
}

static es_status take_product(const es_host *host, const es_key *key, const void *context)
{
    es_key patches, about;
    product of = *(const product *)context;
    es_status status = host->key_find(host, key, es_text_of("Patches"), &patches);

    if (status)
        return status < 0 ? status : ES_OK;
    if (host->key_find(host, key, es_text_of("InstallProperties"), &about) == ES_OK)
        of.name = key_text(host, &about, "DisplayName");
    return each_key(host, &patches, PATCHES_MAX, take_patch, &of);
}

static es_status take_patches(const es_host *host, const es_artefact *hive)
{
    uint32_t n_odd = 0;
    const product any = { { "", 0 }, &n_odd };
    es_text text;
    es_status status = each_below(host, hive, CURRENT "\\Installer\\UserData\\S-1-5-18\\Products",
                                  take_product, &any);

    if (status || n_odd <= ODD_TOLD)
        return status;
    status = es_prose_one(host, &text, "%u more patches of Windows Installer are odd in such ways",
                          (unsigned)(n_odd - ODD_TOLD));
    return status ? status : host->note(host, 1, text, hive->where);
}

es_status installer_examine(const es_host *host, const es_artefact *hive)
{
    static const listing updates = { "Updates", 0, { "", 0 } }, wow64 = { "Updates", 1, { "", 0 } },
                         uninstall = { "Uninstall", 0, { "", 0 } };
    es_status status = each_below(host, hive, "Microsoft\\Updates", take_family, &updates);

    if (status == ES_OK)
        status = each_below(host, hive, "Wow6432Node\\Microsoft\\Updates", take_family, &wow64);
    if (status == ES_OK)
        status = each_below(host, hive, CURRENT "\\Uninstall", take_removable, &uninstall);
    if (status == ES_OK)
        status = each_below(host, hive, "Wow6432Node\\" CURRENT "\\Uninstall", take_removable,
                            &uninstall);
    return status ? status : take_patches(host, hive);
}
