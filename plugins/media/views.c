/* SPDX-License-Identifier: Apache-2.0
 *
 * views.c: what Explorer keeps in a user's hives of documents and folders on removable volumes.
 *
 * RecentDocs lists documents by name, and names a shortcut for each. A name alone proves no volume:
 * only an entry whose shortcut was found to lead to a removable volume is told.
 *
 * BagMRU is a tree of folders that were shown. Below the computer stand drives by their letter,
 * volumes by their GUID and portable devices by their name. A letter is not a volume: what stands
 * below one that a removable volume had is told, and that it is known by the letter alone is the
 * judge's to say.
 *
 * Of a list only the newest entry has a time: that of the key, which is written with every change.
 */
#include "media.h"

#include <esuscan/prose.h>

/* Entries of all lists of one hive, and folders in folders: Windows keeps 150 documents and 5,000
 * folders. */
#define ENTRIES_MAX 16384u
#define DEPTH_MAX 64u
#define PATH_SIZE_MAX 8192u

/* The numbers of a list, newest first, as its MRUListEx has them. */
typedef struct order {
    es_bytes numbers;
    uint64_t n;
} order;

static uint32_t number_at(const order *of, uint64_t index)
{
    const uint8_t *bytes = of->numbers.data + 4 * index;

    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static es_text decimal(uint32_t number, char text[10])
{
    uint64_t at = 10;

    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return (es_text){ text + at, 10 - at };
}

/* What of a key's lists is not told. */
typedef struct gaps {
    int cut; /* a limit was met */
    int bad; /* a list or an entry cannot be read, or only its beginning */
} gaps;

/* A limit met is no absence, and neither is damage: the list is not whole. */
static es_status or_gap(es_status status, gaps *to)
{
    to->cut |= status == ES_LIMIT;
    to->bad |= status == ES_CORRUPT;
    return status < 0 ? status : ES_OK;
}

/* Say so, and hand on how it ended. */
static es_status told_gaps(const es_host *host, const gaps *of, const es_where *where,
                           es_status ended)
{
    static const char cut[] = "This key holds more documents or folders, or deeper ones, than are "
                              "looked at: the rest was left out.";
    static const char bad[] = "Not all lists of documents or folders below this key, or not all "
                              "their entries, can be read: traces of removable media may be "
                              "missing.";
    es_status status = ended < 0 ? ended : ES_OK;

    if (of->cut && status == ES_OK)
        status = host->note(host, 1, es_text_of(cut), where);
    if (of->bad && status == ES_OK)
        status = host->note(host, 1, es_text_of(bad), where);
    return status == ES_OK ? ended : status;
}

static es_status order_of(const es_host *host, const es_key *key, gaps *missed, order *ret)
{
    es_value value;
    es_status status = host->value_find(host, key, es_text_of("MRUListEx"), &value);

    ret->n = 0;
    if (status)
        return or_gap(status, missed);
    ret->numbers = value.data;
    ret->n = value.data.size / 4;
    return ES_OK;
}

/* ------------------------------------------------------------------ recent documents */

/* The document's name, and the item of its shortcut behind it. */
static int split(es_bytes data, es_bytes *ret_name, es_bytes *ret_item)
{
    for (uint64_t at = 0; data.size >= 2 && at <= data.size - 2; at += 2) {
        if (data.data[at] || data.data[at + 1])
            continue;
        *ret_name = (es_bytes){ data.data, at };
        *ret_item = (es_bytes){ data.data + at + 2, data.size - at - 2 };
        return 1;
    }
    return 0;
}

typedef struct recent {
    const media_state *state;
    es_text user, list;
    uint32_t n;
    gaps gaps;
} recent;

static es_status tell_document(const es_host *host, const recent *of, const es_value *value,
                               es_text document, es_text shortcut, uint32_t position, es_time time)
{
    const media_link *link = media_link_of(of->state, of->user, shortcut);
    es_datum fields[RECENT_N_FIELDS];
    char serial[9];

    if (!link)
        return ES_OK;
    media_trace(NULL, fields);
    fields[TRACE_MOUNT] = es_datum_text_or_null(es_text_of(link->mount));
    fields[TRACE_LABEL] = es_datum_text_or_null(es_text_of(link->label));
    if (link->serial)
        fields[TRACE_VOLUME_SERIAL] = es_datum_text(media_serial_text(link->serial, serial));
    fields[TRACE_USER] = es_datum_text_or_null(of->user);
    fields[RECENT_PATH] = es_datum_text_or_null(es_text_of(link->path));
    fields[RECENT_DOCUMENT] = es_datum_text_or_null(document);
    fields[RECENT_SHORTCUT] = es_datum_text(shortcut);
    fields[RECENT_LIST] = es_datum_text_or_null(of->list);
    fields[RECENT_POSITION] = es_datum_integer(position);
    return es_emit(host, MEDIA_RECENT, fields, time, value->where);
}

static es_status document(const es_host *host, recent *of, const es_key *key,
                          const order *entries, uint32_t position)
{
    es_time none = { 0, ES_TIME_NONE, 0 };
    const es_shell_item *items;
    es_bytes name, item;
    es_value value;
    es_text shown;
    uint32_t n;
    char text[10];
    es_status status =
        host->value_find(host, key, decimal(number_at(entries, position), text), &value);

    if (status)
        return or_gap(status, &of->gaps);
    if (!split(value.data, &name, &item))
        return or_gap(ES_CORRUPT, &of->gaps);
    status = or_gap(host->shell_items(host, item, &items, &n), &of->gaps);
    if (status || !n || items[0].kind != ES_ITEM_FILE || !items[0].name.size)
        return status;
    status = host->text_utf16(host, name, &shown);
    return status ? or_gap(status, &of->gaps)
                  : tell_document(host, of, &value, shown, items[0].name, position,
                                  position ? none : key->written);
}

static es_status list_of(const es_host *host, recent *of, const es_key *key)
{
    order entries;
    es_status status = order_of(host, key, &of->gaps, &entries);

    for (uint32_t i = 0; i < entries.n && status == ES_OK && !of->gaps.cut; i++) {
        if (number_at(&entries, i) == UINT32_MAX)
            break;
        of->gaps.cut = ++of->n > ENTRIES_MAX;
        if (!of->gaps.cut)
            status = document(host, of, key, &entries, i);
    }
    return status;
}

es_status media_recent(const media_state *state, const es_host *host, const es_artefact *hive)
{
    recent of = { .state = state, .user = media_user(hive->path), .list = { "", 0 } };
    es_key key, child;
    es_status status;

    if (!state->n_links)
        return ES_OK;
    status = es_prose_key(
        host, hive, "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs", &key);
    if (status <= 0)
        return status;
    status = list_of(host, &of, &key);
    for (uint64_t i = 0; status == ES_OK && !of.gaps.cut; i++) {
        of.gaps.cut = i == ENTRIES_MAX;
        status = host->key_child(host, &key, i, &child);
        if (status == ES_END)
            return told_gaps(host, &of.gaps, key.where, ES_OK);
        if (status == ES_OK) {
            of.list = child.name;
            status = list_of(host, &of, &child);
        } else {
            status = or_gap(status, &of.gaps);
        }
    }
    return told_gaps(host, &of.gaps, key.where, status);
}

/* ------------------------------------------------------------------ folder views */

/* A folder on the way down. */
typedef struct place {
    es_text path;
    es_text mount, volume, label; /* "" while it is on nothing that is told */
    int told;
} place;

typedef struct tree {
    const media_state *state;
    es_text user;
    uint32_t n;
    gaps gaps;
} tree;

static es_status walk(tree *of, const es_host *host, const es_key *key, const place *above,
                      uint32_t depth);

static es_status tell_folder(const tree *of, const es_host *host, const place *at,
                             const es_shell_item *item, uint32_t position, es_time time,
                             const es_where *where)
{
    es_datum fields[FOLDER_N_FIELDS];

    media_trace(NULL, fields);
    fields[TRACE_MOUNT] = es_datum_text_or_null(at->mount);
    fields[TRACE_VOLUME] = es_datum_text_or_null(at->volume);
    fields[TRACE_LABEL] = es_datum_text_or_null(at->label);
    fields[TRACE_USER] = es_datum_text_or_null(of->user);
    fields[FOLDER_PATH] = es_datum_text_or_null(at->path);
    fields[FOLDER_POSITION] = es_datum_integer(position);
    fields[FOLDER_CREATED] = es_datum_time(item->created);
    fields[FOLDER_WRITTEN] = es_datum_time(item->modified);
    fields[FOLDER_ACCESSED] = es_datum_time(item->accessed);
    return es_emit(host, MEDIA_FOLDER, fields, time, where);
}

/* Whether what an item names is on a removable volume, or on the way to one. */
static int enter(const tree *of, const es_shell_item *item, place *to)
{
    es_text mount;

    if (to->told)
        return 1;
    switch (item->kind) {
    case ES_ITEM_ROOT:
        return 1;
    case ES_ITEM_DEVICE:
        to->label = item->name;
        to->told = 1;
        return 1;
    case ES_ITEM_VOLUME:
        if (item->name.size && media_mount(item->name, &mount) &&
            media_letter_known(of->state, mount)) {
            to->mount = mount;
            to->told = 1;
        } else if (item->guid.size && media_guid_known(of->state, item->guid)) {
            to->volume = item->guid;
            to->told = 1;
        }
        return to->told;
    default:
        return 0;
    }
}

static es_status join(const es_host *host, es_text above, es_text name, es_text *ret)
{
    int slash = above.size && above.data[above.size - 1] != '\\';
    void *memory = NULL;
    char *text;
    es_status status;

    if (above.size > PATH_SIZE_MAX || name.size > PATH_SIZE_MAX - above.size)
        return ES_LIMIT;
    status = host->alloc(host, above.size + (uint64_t)slash + name.size + 1, &memory);
    if (status)
        return status;
    text = memory;
    if (above.size)
        memcpy(text, above.data, (size_t)above.size);
    if (slash)
        text[above.size] = '\\';
    if (name.size)
        memcpy(text + above.size + slash, name.data, (size_t)name.size);
    *ret = (es_text){ text, above.size + (uint64_t)slash + name.size };
    return ES_OK;
}

/* One entry of a list of folders: tell it, then what is below it. */
static es_status folder(tree *of, const es_host *host, const es_key *key, uint32_t number,
                        uint32_t position, const place *above, uint32_t depth)
{
    es_time none = { 0, ES_TIME_NONE, 0 };
    const es_shell_item *items, *item;
    place here = *above;
    es_value value;
    es_key below;
    uint32_t n;
    char text[10];
    es_text name = decimal(number, text);
    es_status status = host->value_find(host, key, name, &value);

    if (status)
        return or_gap(status, &of->gaps);
    status = or_gap(host->shell_items(host, value.data, &items, &n), &of->gaps);
    if (status || !n)
        return status;
    item = &items[n - 1];
    if (!enter(of, item, &here))
        return ES_OK;
    if (here.told) {
        status = join(host, above->path, item->name, &here.path);
        if (status)
            return or_gap(status, &of->gaps);
        status = tell_folder(of, host, &here, item, position, position ? none : key->written,
                             value.where);
        if (status)
            return status;
    }
    status = host->key_find(host, key, name, &below);
    if (status)
        return or_gap(status, &of->gaps);
    return walk(of, host, &below, &here, depth + 1);
}

static es_status walk(tree *of, const es_host *host, const es_key *key, const place *above,
                      uint32_t depth)
{
    order entries;
    es_status status;

    if (depth > DEPTH_MAX) {
        of->gaps.cut = 1;
        return ES_OK;
    }
    status = order_of(host, key, &of->gaps, &entries);
    for (uint32_t i = 0; i < entries.n && status == ES_OK && !of->gaps.cut; i++) {
        uint32_t number = number_at(&entries, i);

        if (number == UINT32_MAX)
            break;
        of->gaps.cut = ++of->n > ENTRIES_MAX;
        if (!of->gaps.cut)
            status = folder(of, host, key, number, i, above, depth);
    }
    return status;
}

es_status media_views(const media_state *state, const es_host *host, const es_artefact *hive,
                      const char *path)
{
    tree of = { .state = state, .user = media_user(hive->path) };
    place top = { .path = { "", 0 } };
    es_key key;
    es_status status = es_prose_key(host, hive, path, &key);

    if (status <= 0)
        return status;
    status = walk(&of, host, &key, &top, 0);
    return told_gaps(host, &of.gaps, key.where, status);
}
