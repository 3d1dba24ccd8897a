/* SPDX-License-Identifier: Apache-2.0
 *
 * identity.c: what a package's name says.
 *
 *     Package_1_for_KB4474419~31bf3856ad364e35~amd64~~6.0.4.0
 *     name                    key token        arch  language (empty: neutral)  version
 *
 * The KB stands in the name alone: at its start or behind '_' or '-', the letters KB and six or
 * seven digits, and behind them the end, '_', '-' or a revision ("v2"). Whatever else looks like a
 * KB is doubtful and none is given: a wrong KB would call a machine patched that is not. Some early
 * updates leave the letters out: Package_for_943729. Of two different numbers in one name neither
 * is given. A name under another key than Microsoft's is not Microsoft's update, whatever it calls
 * itself.
 *
 * Package_<n>_for_KB… is a part of an update, and so is one with a suffix (_server, _client, _RTM,
 * _SP1, _server_0, _sc_0, _bf). VistaSP2-KB948465 and the bare KB936330 are service packs.
 */
#include "identity.h"

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* FNV-1a of the lower-case bytes. */
uint32_t hash_text(es_text text)
{
    uint32_t hash = 2166136261u;

    for (uint64_t i = 0; i < text.size; i++)
        hash = (hash ^ (uint8_t)es_name_lower(text.data[i])) * 16777619u;
    return hash;
}

/* The text before the next `mark`, which is taken away; all of it when there is none. */
static es_text take_until(es_text *from, char mark, int *ret_found)
{
    es_text taken = *from;

    *ret_found = 0;
    for (uint64_t i = 0; i < from->size; i++)
        if (from->data[i] == mark) {
            taken.size = i;
            *from = es_name_behind(*from, i + 1);
            *ret_found = 1;
            return taken;
        }
    *from = es_name_behind(*from, from->size);
    return taken;
}

static uint64_t digits_at(es_text text, uint64_t at)
{
    uint64_t n = 0;

    while (at + n < text.size && is_digit(text.data[at + n]))
        n++;
    return n;
}

/* Whether what follows the digits ends the number: its end, '_', '-', or "v" and a digit. */
static int ends_number(es_text rest)
{
    return rest.size == 0 || rest.data[0] == '_' || rest.data[0] == '-' ||
           (rest.size > 1 && es_name_lower(rest.data[0]) == 'v' && is_digit(rest.data[1]));
}

/* Digits of a KB: six or seven, no leading zero, and then the number's end. 0 if they are not. */
static uint32_t number_at(es_text name, uint64_t at)
{
    uint64_t n = digits_at(name, at);
    uint32_t kb = 0;

    if (n < 6 || n > 7 || name.data[at] == '0' || !ends_number(es_name_behind(name, at + n)))
        return 0;
    for (uint64_t k = 0; k < n; k++)
        kb = kb * 10 + (uint32_t)(name.data[at + k] - '0');
    return kb;
}

/* "Package_for_" or "Package_<n>_for_": its length, 0 if the name does not begin so. */
static uint64_t package_prefix(es_text name)
{
    uint64_t n;

    if (es_name_begins(name, "package_for_"))
        return 12;
    if (!es_name_begins(name, "package_"))
        return 0;
    n = digits_at(name, 8);
    return n && es_name_begins(es_name_behind(name, 8 + n), "_for_") ? 8 + n + 5 : 0;
}

static void find_kb(package_name *of)
{
    es_text name = of->name;

    if (package_prefix(name))
        of->kb = number_at(name, package_prefix(name));
    for (uint64_t i = 0; i + 2 < name.size; i++) {
        uint32_t kb;

        if (!es_name_begins(es_name_behind(name, i), "kb") || !is_digit(name.data[i + 2]))
            continue;
        kb = number_at(name, i + 2);
        if ((i > 0 && name.data[i - 1] != '_' && name.data[i - 1] != '-') || !kb) {
            of->doubtful_kb = 1;
            continue;
        }
        if (of->kb && of->kb != kb)
            of->doubtful_kb = 1;
        of->kb = kb;
    }
    if (of->doubtful_kb)
        of->kb = 0;
}

/* Service packs of NT 6: Vista SP1, Vista and 2008 SP2, 7 and 2008 R2 SP1. */
static int is_service_pack_kb(uint32_t kb)
{
    return kb == 936330 || kb == 948465 || kb == 976932;
}

static uint32_t role_of(const package_name *of)
{
    es_text name = of->name;
    uint64_t prefix = package_prefix(name);
    es_text behind = es_name_behind(name, prefix);

    if (es_name_begins(name, "package_for_rollupfix"))
        return ROLE_ROLLUP_FIX;
    if (prefix > 12)
        return ROLE_CHILD;
    if (of->kb && prefix) {
        for (uint64_t i = 0; i < behind.size; i++)
            if (behind.data[i] == '_')
                return ROLE_CHILD;
        return is_service_pack_kb(of->kb) ? ROLE_SERVICE_PACK : ROLE_UPDATE;
    }
    if (is_service_pack_kb(of->kb))
        return ROLE_SERVICE_PACK;
    if (of->kb && es_name_begins(name, "kb"))
        return ROLE_UPDATE;
    if (es_name_holds(name, "languagepack"))
        return ROLE_LANGUAGE_PACK;
    if (es_name_begins(name, "microsoft-windows-foundation-"))
        return ROLE_FOUNDATION;
    return of->kb ? ROLE_UPDATE : ROLE_OTHER;
}

/* Four numbers of at most 65535. */
static int is_version(es_text text)
{
    for (int part = 0; part < 4; part++) {
        uint64_t n = digits_at(text, 0);
        uint32_t value = 0;

        for (uint64_t i = 0; i < n && i < 6; i++)
            value = value * 10 + (uint32_t)(text.data[i] - '0');
        if (n == 0 || n > 5 || value > 65535)
            return 0;
        text = es_name_behind(text, n);
        if (part < 3) {
            if (!text.size || text.data[0] != '.')
                return 0;
            text = es_name_behind(text, 1);
        }
    }
    return text.size == 0;
}

static es_text known_architecture(es_text text, int *ret_known)
{
    static const char *const words[] = { "amd64", "x86",   "ia64", "wow64",
                                         "msil",  "arm64", "arm",  "neutral" };

    *ret_known = 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (es_name_same(text, es_text_of(words[i])))
            return es_text_of(words[i]);
    *ret_known = 0;
    return text;
}

package_name identity_parse(es_text text)
{
    package_name of;
    int more[5], known;

    memset(&of, 0, sizeof of);
    of.name = take_until(&text, '~', &more[0]);
    of.token = take_until(&text, '~', &more[1]);
    of.architecture = take_until(&text, '~', &more[2]);
    of.language = take_until(&text, '~', &more[3]);
    of.version = take_until(&text, '~', &more[4]);
    of.architecture = known_architecture(of.architecture, &known);
    of.well_formed = more[0] && more[1] && more[2] && more[3] && !more[4] && of.name.size &&
                     known && is_version(of.version);
    of.foreign = of.token.size != 0 && !es_name_same(of.token, es_text_of("31bf3856ad364e35"));
    find_kb(&of);
    of.role = role_of(&of);
    if (!of.well_formed || of.foreign) {
        of.doubtful_kb = of.doubtful_kb || of.kb != 0;
        of.kb = 0;
        of.role = ROLE_OTHER;
    }
    return of;
}

const char *role_word(uint32_t role)
{
    static const char *const words[] = { "other",         "update",     "child",
                                         "service-pack",  "language-pack",
                                         "foundation",    "rollupfix" };

    return role < sizeof words / sizeof *words ? words[role] : words[0];
}

const char *state_word(int32_t value)
{
    static const struct {
        int32_t value;
        const char *word;
    } states[] = {
        { 0, "absent" },     { 1, "resolving" },         { 2, "resolved" },
        { 3, "staging" },    { 4, "staged" },            { 5, "uninstall-pending" },
        { 6, "install-pending" }, { 7, "installed" },    { 8, "permanent" },
        { 0x10, "resolving" }, { 0x20, "resolved" },     { 0x30, "staging" },
        { 0x40, "staged" },  { 0x50, "superseded" },     { 0x60, "install-pending" },
        { 0x65, "partially-installed" }, { 0x70, "installed" }, { 0x80, "permanent" },
    };

    if (value < 0 && value > -1000)
        value = -value;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (states[i].value == value)
            return states[i].word;
    return "unknown";
}
