/* SPDX-License-Identifier: Apache-2.0
 *
 * shortcuts.c: shortcuts that lead to a removable volume.
 *
 * A shortcut states the kind of drive and the serial number of the volume its target was on. USB
 * hard disks call themselves fixed: of those the serial number has to be one that a known device's
 * volume has. A shortcut to a portable device, or one that was made from a path alone, states no
 * volume; its items name the device, or a letter.
 */
#include "media.h"

static es_text drive_word(uint32_t type)
{
    switch (type) {
    case ES_DRIVE_REMOVABLE: return es_text_of("removable");
    case ES_DRIVE_FIXED: return es_text_of("fixed");
    case ES_DRIVE_REMOTE: return es_text_of("remote");
    case ES_DRIVE_OPTICAL: return es_text_of("optical");
    case ES_DRIVE_MEMORY: return es_text_of("memory");
    default: return es_text_of("unknown");
    }
}

int media_mount(es_text path, es_text *ret)
{
    char c = path.size >= 2 && path.data[1] == ':' ? path.data[0] : '\0';

    *ret = (es_text){ path.data, 2 };
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The target as its items spell it: "E:\Photos", "CANAND0\DCIM"; and what they say of its volume.
 * False when they name neither a portable device nor a letter of a removable volume. */
static es_status from_items(const media_state *state, const es_host *host,
                            const es_shortcut *shortcut, es_datum *fields, es_text *ret_path)
{
    static const char said[] = "The list of items of this shortcut breaks off: where it leads to is "
                               "known in part only, or not at all.";
    const es_shell_item *items;
    uint64_t size = 0;
    void *memory = NULL;
    char *text;
    uint32_t n;
    int found = 0;
    es_text mount;
    es_status status = host->shell_items(host, shortcut->items, &items, &n), broken = status;

    if (status < 0)
        return status;
    for (uint32_t i = 0; i < n; i++)
        size += items[i].name.size + 1;
    status = host->alloc(host, size + 1, &memory);
    if (status)
        return status;
    text = memory;
    *ret_path = (es_text){ text, 0 };
    for (uint32_t i = 0; i < n; i++) {
        if (!items[i].name.size || items[i].kind == ES_ITEM_ROOT)
            continue;
        if (items[i].kind == ES_ITEM_DEVICE) {
            fields[TRACE_LABEL] = es_datum_text(items[i].name);
            found = 1;
        } else if (items[i].kind == ES_ITEM_VOLUME && media_mount(items[i].name, &mount) &&
                   media_letter_known(state, mount)) {
            found = 1;
        }
        if (ret_path->size && text[ret_path->size - 1] != '\\')
            text[ret_path->size++] = '\\';
        memcpy(text + ret_path->size, items[i].name.data, (size_t)items[i].name.size);
        ret_path->size += items[i].name.size;
    }
    if (broken)
        status = host->note(host, 1, es_text_of(said), shortcut->where);
    return status || found ? status : ES_ABSENT;
}

/* ES_ABSENT: it leads to no removable volume, as far as is known. */
static es_status target_of(const media_state *state, const es_host *host,
                           const es_shortcut *shortcut, es_datum *fields, es_text *ret_path)
{
    if (!(shortcut->flags & ES_SHORTCUT_VOLUME))
        return shortcut->network_path.size || !shortcut->items.size
                   ? ES_ABSENT
                   : from_items(state, host, shortcut, fields, ret_path);
    if (shortcut->drive_type != ES_DRIVE_REMOVABLE &&
        (shortcut->drive_type == ES_DRIVE_REMOTE ||
         !media_serial_known(state, shortcut->volume_serial)))
        return ES_ABSENT;
    *ret_path = shortcut->local_path;
    fields[TRACE_LABEL] = es_datum_text_or_null(shortcut->volume_label);
    fields[SHORTCUT_DRIVE] = es_datum_text(drive_word(shortcut->drive_type));
    return ES_OK;
}

static es_status remember(media_state *state, const es_shortcut *shortcut, const es_datum *fields,
                          int recent)
{
    es_text texts[4] = { fields[TRACE_USER].text, shortcut->name, fields[SHORTCUT_PATH].text,
                         fields[TRACE_LABEL].text };
    es_text mount = fields[TRACE_MOUNT].text;
    int stated = shortcut->flags & ES_SHORTCUT_VOLUME;

    if (stated)
        media_know_letter(state, mount);
    return recent ? media_know_link(state, texts, mount, stated ? shortcut->volume_serial : 0)
                  : ES_OK;
}

static es_status take(media_state *state, const es_host *host, const es_shortcut *shortcut,
                      es_text user, int recent)
{
    es_datum fields[SHORTCUT_N_FIELDS];
    es_text path = { "", 0 }, mount;
    char serial[9];
    es_status status;

    media_trace(NULL, fields);
    for (int i = TRACE_N_FIELDS; i < SHORTCUT_N_FIELDS; i++)
        fields[i] = es_null();
    status = target_of(state, host, shortcut, fields, &path);
    if (status)
        return status == ES_ABSENT ? ES_OK : status;
    if (media_mount(path, &mount))
        fields[TRACE_MOUNT] = es_datum_text(mount);
    if ((shortcut->flags & ES_SHORTCUT_VOLUME) && shortcut->volume_serial)
        fields[TRACE_VOLUME_SERIAL] =
            es_datum_text(media_serial_text(shortcut->volume_serial, serial));
    fields[TRACE_USER] = es_datum_text_or_null(user);
    fields[SHORTCUT_PATH] = es_datum_text_or_null(path);
    fields[SHORTCUT_MADE] = es_datum_time(shortcut->created);
    fields[SHORTCUT_TARGET_CREATED] = es_datum_time(shortcut->target_created);
    fields[SHORTCUT_TARGET_WRITTEN] = es_datum_time(shortcut->target_modified);
    fields[SHORTCUT_TARGET_ACCESSED] = es_datum_time(shortcut->target_accessed);
    fields[SHORTCUT_MACHINE] = es_datum_text_or_null(shortcut->machine);
    fields[SHORTCUT_VOLUME_ID] = es_datum_text_or_null(shortcut->volume_id);
    fields[SHORTCUT_FILE_ID] = es_datum_text_or_null(shortcut->file_id);
    fields[SHORTCUT_ADAPTER] = es_datum_text_or_null(shortcut->adapter);
    status = es_emit(host, MEDIA_SHORTCUT, fields, shortcut->modified, shortcut->where);
    return status == ES_OK ? remember(state, shortcut, fields, recent) : status;
}

es_status media_shortcuts(media_state *state, const es_host *host, const es_artefact *folder,
                          int recent)
{
    es_text user = media_user(folder->path);
    const es_shortcut *shortcut;
    es_status status;

    while ((status = host->shortcut_next(host, folder, &shortcut)) == ES_OK) {
        status = take(state, host, shortcut, user, recent);
        if (status)
            return status;
    }
    return status == ES_END ? ES_OK : status;
}
