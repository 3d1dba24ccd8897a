/* SPDX-License-Identifier: Apache-2.0
 *
 * accounts.c: who installed: the name behind a SID, where this disk knows it.
 *
 * Well-known SIDs have names of their own. An account of the machine is one whose SID begins with
 * the machine's own, which ends the value V of SAM\Domains\Account; its name is the key below Names
 * whose default value has the account's number (RID) as its type. A deleted account may have left
 * its profile folder. A SID of a domain stays a SID: what this machine called it proves nothing.
 */
#include "servicing.h"

#define PROFILES "Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\"
#define MAX_USERS 10000u

static int well_known(es_text sid, es_text *ret_name)
{
    static const char *const names[][2] = {
        { "S-1-5-18", "SYSTEM" },
        { "S-1-5-19", "LOCAL SERVICE" },
        { "S-1-5-20", "NETWORK SERVICE" },
        { "S-1-5-32-544", "Administrators" },
        { "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", "TrustedInstaller" },
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (es_name_same(sid, es_text_of(names[i][0]))) {
            *ret_name = es_text_of(names[i][1]);
            return 1;
        }
    return 0;
}

/* Take "-number" off the front. */
static int take_part(es_text *text, uint32_t *ret)
{
    uint64_t value = 0, i = 1;

    if (text->size < 2 || text->data[0] != '-')
        return 0;
    for (; i < text->size && text->data[i] >= '0' && text->data[i] <= '9' && i < 12; i++)
        value = value * 10 + (uint64_t)(text->data[i] - '0');
    if (i == 1 || value > UINT32_MAX)
        return 0;
    *text = es_name_behind(*text, i);
    *ret = (uint32_t)value;
    return 1;
}

/* "S-1-5-21-a-b-c-rid". */
static int take_account(es_text sid, uint32_t authority[3], uint32_t *ret_rid)
{
    if (!es_name_begins(sid, "s-1-5-21"))
        return 0;
    sid = es_name_behind(sid, 8);
    return take_part(&sid, &authority[0]) && take_part(&sid, &authority[1]) &&
           take_part(&sid, &authority[2]) && take_part(&sid, ret_rid) && sid.size == 0;
}

/* Open SAM once, and read the machine's own SID from it. */
static es_status open_sam(work *at)
{
    es_key key;
    es_value value;
    es_cursor cursor;
    es_status status;

    if (at->sam_tried)
        return ES_OK;
    at->sam_tried = 1;
    status = at->host->artefact_open(at->host, WANT_SAM, (es_text)ES_TEXT(""), &at->sam);
    if (status == ES_OK)
        status = at->host->key_open(at->host, &at->sam,
                                    es_text_of("SAM\\Domains\\Account"), &key);
    if (status == ES_OK)
        status = at->host->value_find(at->host, &key, es_text_of("V"), &value);
    if (status)
        return status < 0 ? status : ES_OK;
    if (value.data.size < 12)
        return ES_OK;
    cursor = es_cursor_make(value.data);
    es_cursor_seek(&cursor, value.data.size - 12);
    for (int i = 0; i < 3; i++)
        at->machine_sid[i] = es_cursor_u32(&cursor);
    at->sam_there = 1;
    return ES_OK;
}

static es_status name_from_sam(work *at, uint32_t rid, es_text *ret_name)
{
    es_key names, user;
    es_value value;
    es_status status = at->host->key_open(
        at->host, &at->sam, es_text_of("SAM\\Domains\\Account\\Users\\Names"), &names);

    for (uint64_t i = 0; status == ES_OK && i < MAX_USERS; i++) {
        status = at->host->key_child(at->host, &names, i, &user);
        if (status == ES_OK &&
            at->host->value_find(at->host, &user, es_text_of(""), &value) == ES_OK &&
            value.type == rid) {
            *ret_name = user.name;
            return ES_OK;
        }
    }
    return status < 0 ? status : ES_OK;
}

static es_status name_from_profile(work *at, es_text sid, es_text *ret_name)
{
    es_key key;
    es_value value;
    es_text path, text;
    es_status status = es_prose_one(at->host, &path, PROFILES "%.*s", ES_SHOWN(sid));

    if (status == ES_OK)
        status = at->host->key_open(at->host, at->hive, path, &key);
    if (status == ES_OK)
        status = at->host->value_find(at->host, &key, es_text_of("ProfileImagePath"), &value);
    if (status == ES_OK)
        status = at->host->value_text(at->host, &value, 0, &text);
    if (status)
        return status < 0 ? status : ES_OK;
    for (uint64_t i = text.size; i > 0; i--)
        if (text.data[i - 1] == '\\' || text.data[i - 1] == '/') {
            text = es_name_behind(text, i);
            break;
        }
    *ret_name = text;
    return ES_OK;
}

static es_status look_up(work *at, es_text sid, es_text *ret_name)
{
    uint32_t authority[3], rid;
    es_status status;

    if (well_known(sid, ret_name) || !take_account(sid, authority, &rid))
        return ES_OK;
    status = open_sam(at);
    if (status < 0 || !at->sam_there ||
        memcmp(authority, at->machine_sid, sizeof authority) != 0)
        return status;
    status = name_from_sam(at, rid, ret_name);
    return status || ret_name->size ? status : name_from_profile(at, sid, ret_name);
}

es_status account_name(work *at, es_text sid, es_text *ret_name)
{
    es_status status;

    if (!sid.size)
        return ES_OK;
    for (uint32_t i = 0; i < at->n_accounts; i++)
        if (es_name_same(at->accounts[i].sid, sid)) {
            *ret_name = at->accounts[i].name;
            return ES_OK;
        }
    status = look_up(at, sid, ret_name);
    if (status == ES_OK && at->n_accounts < MAX_ACCOUNTS) {
        at->accounts[at->n_accounts].sid = sid;
        at->accounts[at->n_accounts++].name = *ret_name;
    }
    return status;
}
