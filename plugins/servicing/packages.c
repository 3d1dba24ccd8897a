/* SPDX-License-Identifier: Apache-2.0
 *
 * packages.c: the packages that Component Based Servicing keeps in SOFTWARE, one key each.
 *
 * A machine has 2,500 of them with some ten values each, so each key is read once, value by value
 * in stored order. InstallTime stands in two DWORDs; a package without either was never installed.
 * What is odd becomes a note and the package is told all the same: with what it does say.
 */
#include "servicing.h"

/* 1980-01-01 and 2100-01-01: servicing on NT 6 writes no time outside. */
#define TICKS_1980 INT64_C(119600064000000000)
#define TICKS_2100 INT64_C(157469184000000000)

#define MAX_OWNERS 64u

enum { VALUE_STATE, VALUE_HIGH, VALUE_LOW, VALUE_VISIBILITY, N_NUMBERS };

/* What a package's values say. */
typedef struct package {
    uint32_t numbers[N_NUMBERS];
    uint32_t there; /* a bit each */
    es_text client, user;
    es_text owners[MAX_OWNERS];
    uint32_t n_owners;
} package;

static int32_t signed_of(uint32_t number)
{
    return number <= INT32_MAX ? (int32_t)number : -(int32_t)(UINT32_MAX - number) - 1;
}

static es_status take_number(work *at, package *of, uint32_t which, const es_key *key,
                             const es_value *value)
{
    uint64_t number;
    es_status status = at->host->value_number(at->host, value, 0, &number);

    if (status == ES_OK) {
        of->numbers[which] = (uint32_t)number;
        of->there |= 1u << which;
        return ES_OK;
    }
    return status < 0 ? status : doubt(at, DOUBT_TYPE, key->name, value->where);
}

static es_status take_text(work *at, es_text *to, const es_key *key, const es_value *value)
{
    es_status status = at->host->value_text(at->host, value, 0, to);

    return status <= 0 ? status : doubt(at, DOUBT_TYPE, key->name, value->where);
}

static es_status take_value(work *at, package *of, const es_key *key, const es_value *value)
{
    static const char *const numbers[N_NUMBERS] = { "currentstate", "installtimehigh",
                                                    "installtimelow", "visibility" };

    for (uint32_t i = 0; i < N_NUMBERS; i++)
        if (es_name_same(value->name, es_text_of(numbers[i])))
            return take_number(at, of, i, key, value);
    if (es_name_same(value->name, es_text_of("InstallClient")))
        return take_text(at, &of->client, key, value);
    if (es_name_same(value->name, es_text_of("InstallUser")))
        return take_text(at, &of->user, key, value);
    return ES_OK;
}

static es_status take_values(work *at, package *of, const es_key *key)
{
    es_status status = ES_OK;
    es_value value;

    for (uint64_t i = 0; status == ES_OK; i++) {
        status = at->host->value_child(at->host, key, i, &value);
        if (status == ES_OK)
            status = take_value(at, of, key, &value);
        else if (status == ES_CORRUPT && i < 64)
            status = doubt(at, DOUBT_TYPE, key->name, key->where);
    }
    return status < 0 ? status : ES_OK;
}

/* Owners: a key whose values are named after the packages that own this one. */
static es_status take_owners(work *at, package *of, const es_key *key)
{
    es_key owners;
    es_value value;
    es_status status = at->host->key_find(at->host, key, es_text_of("Owners"), &owners);

    for (uint64_t i = 0; status == ES_OK && of->n_owners < MAX_OWNERS; i++) {
        status = at->host->value_child(at->host, &owners, i, &value);
        if (status == ES_OK && value.name.size)
            of->owners[of->n_owners++] = value.name;
    }
    return status < 0 ? status : ES_OK;
}

static es_status time_of(work *at, const package *of, const es_key *key, es_time *ret)
{
    uint64_t ticks = (uint64_t)of->numbers[VALUE_HIGH] << 32 | of->numbers[VALUE_LOW];

    memset(ret, 0, sizeof *ret);
    if (ticks == 0)
        return ES_OK;
    if (!(of->there & 1u << VALUE_HIGH) || !(of->there & 1u << VALUE_LOW) || ticks > INT64_MAX)
        return doubt(at, DOUBT_TIME, key->name, key->where);
    ret->ticks = (int64_t)ticks;
    ret->precision = ES_TIME_TICK;
    if (ret->ticks >= TICKS_1980 && ret->ticks < TICKS_2100)
        return ES_OK;
    ret->flags = ES_TIME_IMPOSSIBLE;
    return doubt(at, DOUBT_TIME, key->name, key->where);
}

static es_status check_name(work *at, const package_name *of, const package_file *file,
                            const es_key *key)
{
    if (file && file->has_key > 1)
        return doubt(at, file->states_differ ? DOUBT_TWO_STATES : DOUBT_DUPLICATE, key->name,
                     key->where);
    if (of->foreign && of->doubtful_kb)
        return doubt(at, DOUBT_FOREIGN_KEY, key->name, key->where);
    if (of->other_machine && of->kb)
        return doubt(at, DOUBT_ARCHITECTURE, key->name, key->where);
    if (!of->well_formed || of->doubtful_kb)
        return doubt(at, DOUBT_IDENTITY, key->name, key->where);
    return ES_OK;
}

static es_status check_state(work *at, const package *of, const es_key *key)
{
    int32_t state = signed_of(of->numbers[VALUE_STATE]);

    if (!(of->there & 1u << VALUE_STATE) || !strcmp(state_word(state), "unknown"))
        return doubt(at, DOUBT_STATE, key->name, key->where);
    return state < 0 ? doubt(at, DOUBT_BROKEN, key->name, key->where) : ES_OK;
}

static es_status emit_package(work *at, const package_name *name, const package *of,
                              const package_file *file, es_time time, es_text user,
                              const es_key *key)
{
    int known = (of->there & 1u << VALUE_STATE) != 0;
    int certain = known && !(file && file->states_differ);
    int32_t state = signed_of(of->numbers[VALUE_STATE]);
    es_datum fields[17];

    fields[0] = es_datum_text(key->name);
    fields[1] = es_datum_text_or_null(name->name);
    fields[2] = name->other_machine ? es_null()
                                    : es_datum_text_or_null(kb_text(at->host, name->kb));
    fields[3] = es_datum_text(es_text_of(role_word(name->role)));
    fields[4] = es_datum_text_or_null(name->architecture);
    fields[5] = es_datum_text_or_null(name->language);
    fields[6] = es_datum_text_or_null(name->version);
    fields[7] = es_datum_text(es_text_of(certain ? state_word(state) : "unknown"));
    fields[8] = known ? es_datum_integer(state) : es_null();
    fields[9] = es_datum_boolean(known && state < 0);
    fields[10] = es_datum_text_or_null(of->client);
    fields[11] = es_datum_text_or_null(of->user);
    fields[12] = es_datum_text_or_null(user);
    fields[13] = of->there & 1u << VALUE_VISIBILITY
                     ? es_datum_integer(of->numbers[VALUE_VISIBILITY])
                     : es_null();
    fields[14] = es_datum_texts(of->owners, of->n_owners);
    fields[15] = at->listed ? es_datum_boolean(file && file->mum) : es_null();
    fields[16] = at->listed ? es_datum_boolean(file && file->cat) : es_null();
    return es_emit(at->host, FACT_PACKAGE, fields, time, key->where);
}

/* A .mum is worth reading where its KB is asked for, and where key and files disagree. */
static es_status want_manifest(work *at, const package_name *name, const package_file *file,
                               const es_key *key)
{
    if (!file || !file->mum)
        return ES_OK;
    if (!name->other_machine && manifest_is_asked(at, name->kb))
        return manifest_want(at, key->name, name->kb, 1);
    return file->cat ? ES_OK : manifest_want(at, key->name, name->kb, 0);
}

/* Packages are filed under the machine's own processor, also those with files for 32-bit programs;
 * the same name under another one is not its update. */
static int is_for_another(const work *at, const package_name *of)
{
    uint32_t machine = es_machine_of(of->architecture);

    return at->machine_type && machine && machine != at->machine_type;
}

static es_status examine_package(work *at, const es_key *key)
{
    package_name name = identity_parse(key->name);
    package_file *file = NULL;
    es_text user = ES_TEXT("");
    es_time time = { 0, 0, 0 };
    package of;
    es_status status;

    memset(&of, 0, sizeof of);
    name.other_machine = is_for_another(at, &name);
    status = files_of(at, key->name, &file);
    if (status)
        return status;
    status = take_values(at, &of, key);
    if (status == ES_OK)
        status = take_owners(at, &of, key);
    if (status == ES_OK)
        status = check_name(at, &name, file, key);
    if (status == ES_OK)
        status = check_state(at, &of, key);
    if (status == ES_OK)
        status = time_of(at, &of, key, &time);
    if (status == ES_OK)
        status = account_name(at, of.user, &user);
    if (status == ES_OK)
        status = emit_package(at, &name, &of, file, time, user, key);
    if (status == ES_OK)
        status = want_manifest(at, &name, file, key);
    return status;
}

/* ------------------------------------------------------------------ all of them */

typedef es_status (*package_fn)(work *at, const es_key *key);

/* Every key of the list; `ret_unread` counts those that cannot be read. ES_END at the end. */
static es_status walk(work *at, const es_key *packages, package_fn take, uint64_t *ret_unread)
{
    es_key key;
    es_status status = ES_OK;

    *ret_unread = 0;
    for (uint64_t i = 0; status == ES_OK; i++) {
        status = at->host->key_child(at->host, packages, i, &key);
        if (status == ES_OK)
            status = take(at, &key);
        else if (status == ES_CORRUPT && ++*ret_unread <= 1000)
            status = ES_OK;
    }
    return status;
}

static es_status count_key(work *at, const es_key *key)
{
    package_file *file = NULL;
    es_status status = files_of(at, key->name, &file);

    if (file && ++file->has_key == 2)
        at->n_twice++;
    return status;
}

/* Names that are there twice: do they agree on the state? */
static es_status compare_states(work *at, const es_key *key)
{
    package_file *file = NULL;
    uint64_t number = UINT32_MAX;
    es_value value;
    es_status status = files_of(at, key->name, &file);

    if (status || !file || file->has_key < 2)
        return status;
    status = at->host->value_find(at->host, key, es_text_of("CurrentState"), &value);
    if (status == ES_OK)
        status = at->host->value_number(at->host, &value, 0, &number);
    if (file->state_seen && file->state != (uint32_t)number)
        file->states_differ = 1;
    file->state = (uint32_t)number;
    file->state_seen = 1;
    return status < 0 ? status : ES_OK;
}

/* To the examiner, and to whoever concludes from what is not in the list. */
static es_status tell_unread(work *at, const es_key *packages, const char *words)
{
    es_time no_time = { 0, 0, 0 };
    es_datum fields[1] = { es_datum_text(es_text_of("packages")) };
    es_status status = at->host->note(at->host, 1, es_text_of(words), packages->where);

    return status == ES_OK ? es_emit(at->host, FACT_UNREAD, fields, no_time, packages->where)
                           : status;
}

es_status packages_examine(work *at)
{
    es_key packages;
    uint64_t unread = 0;
    es_status status = es_prose_key(at->host, at->hive, CBS "\\Packages", &packages);

    if (status <= 0)
        return status;
    status = walk(at, &packages, count_key, &unread);
    if (status >= 0 && at->n_twice)
        status = walk(at, &packages, compare_states, &unread);
    if (status >= 0)
        status = walk(at, &packages, examine_package, &unread);
    if (status < 0)
        return status;
    if (status == ES_LIMIT)
        return tell_unread(at, &packages,
                           "there are more packages than can be held: the list is cut short");
    if (unread)
        return tell_unread(at, &packages,
                           "part of the list of packages cannot be read: packages may be missing "
                           "from it");
    return ES_OK;
}
