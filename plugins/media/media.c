/* SPDX-License-Identifier: Apache-2.0
 *
 * media.c: which removable media were connected, when, and who looked at them.
 *
 * SYSTEM knows the devices (Enum\USBSTOR, Enum\USB), what they were mounted as (MountedDevices) and
 * when they last arrived (DeviceClasses); SOFTWARE their labels (Windows Portable Devices, EMDMgmt);
 * each user's NTUSER.DAT which volumes that user opened (MountPoints2). NT 6.0 keeps no install and
 * removal dates below a device's Properties: those came with NT 6.1. EMDMgmt writes many keys at
 * once, so their write time dates nothing; its LastTestedTime does.
 *
 * What a user did with them is in shortcuts, in the list of recent documents and in the folder views
 * of Explorer (shortcuts.c, views.c). Wants come in the order in which one says of the next which
 * volumes are removable: devices and letters, serial numbers, shortcuts, a user's hives.
 */
#include "media.h"

#include <esuscan/prose.h>

#define FIELD(kind, name, means) { sizeof(es_field), ES_FIELD_##kind, name, means }
#define CHILDREN_MAX 65536u

enum {
    WANT_SYSTEM, WANT_SOFTWARE, WANT_RECENT, WANT_OFFICE, WANT_DESKTOP, WANT_OLD_RECENT,
    WANT_OLD_OFFICE, WANT_OLD_DESKTOP, WANT_USERS, WANT_OLD_USERS, WANT_CLASSES, WANT_OLD_CLASSES
};

static const es_want wants[] = {
    [WANT_SYSTEM] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, ES_WANT_REQUIRED,
                      "System32/config/SYSTEM", "devices, letters, arrivals" },
    [WANT_SOFTWARE] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, 0,
                        "System32/config/SOFTWARE", "labels of volumes" },
#define FOLDER(path, means) { sizeof(es_want), ES_KIND_SHORTCUTS, ES_SCOPE_VOLUME, 0, path, means }
    [WANT_RECENT] = FOLDER("Users/*/AppData/Roaming/Microsoft/Windows/Recent",
                           "shortcuts to documents that a user opened"),
    [WANT_OFFICE] = FOLDER("Users/*/AppData/Roaming/Microsoft/Office/Recent",
                           "the same, of Office"),
    [WANT_DESKTOP] = FOLDER("Users/*/Desktop", "shortcuts that a user has at hand"),
    [WANT_OLD_RECENT] = FOLDER("Documents and Settings/*/Recent", "shortcuts before NT 6"),
    [WANT_OLD_OFFICE] = FOLDER("Documents and Settings/*/Application Data/Microsoft/Office/Recent",
                               "the same, of Office"),
    [WANT_OLD_DESKTOP] = FOLDER("Documents and Settings/*/Desktop", "the same, at hand"),
    [WANT_USERS] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_VOLUME, 0, "Users/*/NTUSER.DAT",
                     "volumes, documents and folders that a user opened" },
    [WANT_OLD_USERS] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_VOLUME, 0,
                         "Documents and Settings/*/NTUSER.DAT", "the same before NT 6" },
    [WANT_CLASSES] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_VOLUME, 0,
                       "Users/*/AppData/Local/Microsoft/Windows/UsrClass.dat",
                       "folders that a user opened" },
    [WANT_OLD_CLASSES] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_VOLUME, 0,
                           "Documents and Settings/*/Local Settings/Application Data/Microsoft/"
                           "Windows/UsrClass.dat", "the same before NT 6" },
};

/* Fields that every trace has. */
#define TRACE_FIELDS                                                                               \
    [TRACE_SERIAL] = FIELD(TEXT, "serial", "instance of the device: its serial number"),           \
    [TRACE_OWN_SERIAL] = FIELD(BOOLEAN, "own_serial",                                              \
                               "the device has a number of its own; else Windows made one"),       \
    [TRACE_VENDOR] = FIELD(TEXT, "vendor", "vendor, or VID"),                                      \
    [TRACE_PRODUCT] = FIELD(TEXT, "product", "product, or PID"),                                   \
    [TRACE_REVISION] = FIELD(TEXT, "revision", "revision of the product"),                         \
    [TRACE_NAME] = FIELD(TEXT, "name", "friendly name"),                                           \
    [TRACE_MOUNT] = FIELD(TEXT, "mount", "drive letter"),                                          \
    [TRACE_VOLUME] = FIELD(TEXT, "volume", "GUID of the volume"),                                  \
    [TRACE_LABEL] = FIELD(TEXT, "label", "label of the volume, or the letter it had"),             \
    [TRACE_VOLUME_SERIAL] = FIELD(TEXT, "volume_serial", "serial number of the volume"),           \
    [TRACE_USER] = FIELD(TEXT, "user", "folder of the user's profile")

static const es_field trace_fields[] = { TRACE_FIELDS };

static const es_field shortcut_fields[] = {
    TRACE_FIELDS,
    [SHORTCUT_PATH] = FIELD(TEXT, "path", "what it leads to"),
    [SHORTCUT_DRIVE] = FIELD(TEXT, "drive", "kind of drive, as the shortcut states it"),
    [SHORTCUT_MADE] = FIELD(TIME, "made", "when the shortcut was made"),
    [SHORTCUT_TARGET_CREATED] = FIELD(TIME, "target_created",
                                      "as the file system of the target gave it then"),
    [SHORTCUT_TARGET_WRITTEN] = FIELD(TIME, "target_written", "likewise; FAT: full 2 seconds"),
    [SHORTCUT_TARGET_ACCESSED] = FIELD(TIME, "target_accessed", "likewise; FAT: the day"),
    [SHORTCUT_MACHINE] = FIELD(TEXT, "machine", "computer on which the target was tracked"),
    [SHORTCUT_VOLUME_ID] = FIELD(TEXT, "volume_id", "of the target's volume, for link tracking"),
    [SHORTCUT_FILE_ID] = FIELD(TEXT, "file_id", "of the target, for link tracking"),
    [SHORTCUT_ADAPTER] = FIELD(TEXT, "adapter", "network adapter of which file_id was made"),
};

static const es_field recent_fields[] = {
    TRACE_FIELDS,
    [RECENT_PATH] = FIELD(TEXT, "path", "what its shortcut leads to"),
    [RECENT_DOCUMENT] = FIELD(TEXT, "document", "name, as the list shows it"),
    [RECENT_SHORTCUT] = FIELD(TEXT, "shortcut", "file name of its shortcut"),
    [RECENT_LIST] = FIELD(TEXT, "list", "file extension whose list it is; null: that of all"),
    [RECENT_POSITION] = FIELD(INTEGER, "position", "0 is the newest, and has the list's time"),
};

static const es_field folder_fields[] = {
    TRACE_FIELDS,
    [FOLDER_PATH] = FIELD(TEXT, "path", "the folder"),
    [FOLDER_POSITION] = FIELD(INTEGER, "position", "0 is the newest, and has the list's time"),
    [FOLDER_CREATED] = FIELD(TIME, "folder_created", "of the folder, UTC, full 2 seconds"),
    [FOLDER_WRITTEN] = FIELD(TIME, "folder_written", "likewise"),
    [FOLDER_ACCESSED] = FIELD(TIME, "folder_accessed", "likewise"),
};

static const es_field place_fields[] = {
    FIELD(TEXT, "place", "key that was looked for"),
    FIELD(BOOLEAN, "present", "it is there"),
};

#define TYPE(fields, type_name, summary, means)                                                    \
    { sizeof(es_fact_type), ES_COUNT(fields), type_name, summary, fields, means }
#define TRACE(type_name, summary, means) TYPE(trace_fields, type_name, summary, means)

const es_fact_type media_facts[] = {
    [MEDIA_DEVICE] = TRACE("media.device", "a USB storage device that was installed",
                           "device key last written"),
    [MEDIA_USB] = TRACE("media.usb", "the USB side of a storage device",
                        "device key last written"),
    [MEDIA_LETTER] = TRACE("media.letter", "what a USB storage device was last mounted as", NULL),
    [MEDIA_ARRIVAL] = TRACE("media.arrival", "a USB storage device came",
                            "last arrival, or start with the device"),
    [MEDIA_PORTABLE] = TRACE("media.portable", "the name a volume was shown by",
                             "portable device key last written"),
    [MEDIA_READYBOOST] = TRACE("media.readyboost", "a volume that ReadyBoost looked at",
                               "tested for ReadyBoost"),
    [MEDIA_USER] = TRACE("media.user", "a volume that a user's Explorer knows",
                         "user's mount point last written"),
    [MEDIA_PLACE] = { sizeof(es_fact_type), ES_COUNT(place_fields), "media.place",
                      "whether Windows keeps a list of USB storage devices", place_fields, NULL },
    [MEDIA_SHORTCUT] = TYPE(shortcut_fields, "media.shortcut",
                            "a shortcut to a file or folder on a removable volume",
                            "shortcut last written"),
    [MEDIA_RECENT] = TYPE(recent_fields, "media.recent",
                          "a recent document whose shortcut leads to a removable volume",
                          "list of recent documents last written"),
    [MEDIA_FOLDER] = TYPE(folder_fields, "media.folder",
                          "a folder that Explorer showed, on a removable volume or its letter",
                          "list of folder views last written"),
};

/* ------------------------------------------------------------------ traces */

void media_trace(const media_name *name, es_datum fields[TRACE_N_FIELDS])
{
    for (int i = 0; i < TRACE_N_FIELDS; i++)
        fields[i] = es_null();
    if (!name)
        return;
    fields[TRACE_SERIAL] = es_datum_text_or_null(media_serial(name->instance));
    fields[TRACE_OWN_SERIAL] = es_datum_boolean(media_own_serial(name->instance));
    fields[TRACE_VENDOR] = es_datum_text_or_null(name->vendor);
    fields[TRACE_PRODUCT] = es_datum_text_or_null(name->product);
    fields[TRACE_REVISION] = es_datum_text_or_null(name->revision);
}

/* The text of a value, "" when there is none. */
static es_status text_of(const es_host *host, const es_key *key, const char *name, es_text *ret)
{
    es_value value;
    es_status status = host->value_find(host, key, es_text_of(name), &value);

    *ret = (es_text){ "", 0 };
    if (status == ES_OK)
        status = host->value_text(host, &value, 0, ret);
    if (status > 0)
        *ret = (es_text){ "", 0 };
    return status < 0 ? status : ES_OK;
}

/* Each child of a key, until `each` returns other than ES_OK. Of those that cannot be read, or are
 * too many, a note is left, and `missed` is set. */
static es_status each_child(const es_host *host, const es_key *key, int *missed, void *context,
                            es_status (*each)(const es_host *host, const es_key *child,
                                              void *context))
{
    static const char said[] = "Not all keys below this one can be read, or there are too many: "
                               "traces of removable media may be missing.";
    es_status status = ES_OK;
    int bad = 0;
    es_key child;
    uint64_t i;

    for (i = 0; i < CHILDREN_MAX && status == ES_OK; i++) {
        status = host->key_child(host, key, i, &child);
        if (status == ES_END)
            break;
        if (status == ES_OK) {
            status = each(host, &child, context);
        } else if (status == ES_CORRUPT) {
            bad = 1;
            status = ES_OK;
        }
    }
    if (status && status != ES_END)
        return status;
    if (!bad && i != CHILDREN_MAX)
        return ES_OK;
    *missed = 1;
    return host->note(host, 1, es_text_of(said), key->where);
}

static es_status open_key(const es_host *host, const es_artefact *hive, const char *path,
                          es_key *ret)
{
    return host->key_open(host, hive, es_text_of(path), ret);
}

/* ------------------------------------------------------------------ SYSTEM */

static es_status device(const es_host *host, const es_key *key, void *context)
{
    media_name name = *(const media_name *)context;
    es_datum fields[TRACE_N_FIELDS];
    es_text friendly;
    es_status status = text_of(host, key, "FriendlyName", &friendly);

    if (status)
        return status;
    name.instance = key->name;
    media_trace(&name, fields);
    fields[TRACE_NAME] = es_datum_text_or_null(friendly);
    return es_emit(host, MEDIA_DEVICE, fields, key->written, key->where);
}

static es_status device_class(const es_host *host, const es_key *key, void *context)
{
    media_name name = { .instance = { "", 0 } };

    media_class_parse(key->name, &name);
    return each_child(host, key, context, &name, device); /* the context is what was missed */
}

/* Of Enum\USB only what is storage: its service says so. */
static es_status usb(const es_host *host, const es_key *key, void *context)
{
    media_name name = *(const media_name *)context;
    es_datum fields[TRACE_N_FIELDS];
    es_text service;
    es_status status = text_of(host, key, "Service", &service);

    if (status || !es_name_same(service, es_text_of("usbstor")))
        return status;
    name.instance = key->name;
    media_trace(&name, fields);
    fields[TRACE_SERIAL] = es_datum_text_or_null(key->name); /* no "&0" here */
    return es_emit(host, MEDIA_USB, fields, key->written, key->where);
}

static es_status usb_class(const es_host *host, const es_key *key, void *context)
{
    media_name name = { .instance = { "", 0 }, .vendor = { "", 0 }, .product = { "", 0 },
                        .revision = { "", 0 } };
    es_text text = key->name;

    if (text.size < 17 || !es_name_same((es_text){ text.data, 4 }, es_text_of("vid_")))
        return ES_OK;
    name.vendor = (es_text){ text.data, 8 };
    name.product = (es_text){ text.data + 9, 8 };
    return each_child(host, key, context, &name, usb); /* likewise */
}

static es_status arrival(const es_host *host, const es_key *key, void *context)
{
    es_datum fields[TRACE_N_FIELDS];
    media_name name;

    (void)context;
    if (!media_name_parse(key->name, &name))
        return ES_OK;
    media_trace(&name, fields);
    return es_emit(host, MEDIA_ARRIVAL, fields, key->written, key->where);
}

static es_status mounted(media_state *state, const es_host *host, const es_value *value)
{
    es_datum fields[TRACE_N_FIELDS];
    media_name name;
    es_text text, guid;
    es_status status;

    /* 12 bytes are a place on a fixed disk, 24 a partition of a GPT disk. */
    if (value->data.size < 32 || value->data.size % 2)
        return ES_OK;
    status = host->text_utf16(host, value->data, &text);
    if (status)
        return status;
    if (!media_name_parse(text, &name))
        return ES_OK;
    media_trace(&name, fields);
    if (media_guid(value->name, &guid)) {
        fields[TRACE_VOLUME] = es_datum_text(guid);
        status = media_know_guid(state, guid);
    } else if (value->name.size >= 2) {
        es_text mount = { value->name.data + value->name.size - 2, 2 };

        fields[TRACE_MOUNT] = es_datum_text(mount);
        media_know_letter(state, mount);
    }
    return status ? status : es_emit(host, MEDIA_LETTER, fields, (es_time){ 0, 0, 0 }, value->where);
}

/* Open a list; `missed` is set where it is there and cannot be read. */
static es_status open_list(const es_host *host, const es_artefact *hive, const char *path,
                           int *missed, es_key *ret)
{
    es_status status = open_key(host, hive, path, ret);

    *missed |= status > 0 && status != ES_ABSENT;
    return status > 0 ? es_prose_key(host, hive, path, ret) : status == ES_OK ? 1 : status;
}

static es_status examine_mounted(media_state *state, const es_host *host,
                                 const es_artefact *hive, int *missed)
{
    static const char said[] = "Not all values of this key can be read: letters and volumes of "
                               "removable media may be missing.";
    es_key key;
    es_value value;
    int bad = 0;
    es_status status = open_list(host, hive, "MountedDevices", missed, &key);
    uint64_t i;

    if (status <= 0)
        return status;
    for (i = 0, status = ES_OK; i < CHILDREN_MAX && status == ES_OK; i++) {
        status = host->value_child(host, &key, i, &value);
        if (status == ES_OK) {
            status = mounted(state, host, &value);
        } else if (status == ES_CORRUPT) {
            bad = 1;
            status = ES_OK;
        }
    }
    if (status && status != ES_END)
        return status;
    if (!bad && i != CHILDREN_MAX)
        return ES_OK;
    *missed = 1;
    return host->note(host, 1, es_text_of(said), key.where);
}

static es_status examine_list(const es_host *host, const es_artefact *hive, const char *path,
                              int *missed, void *context,
                              es_status (*each)(const es_host *, const es_key *, void *))
{
    es_key key;
    es_status open = open_list(host, hive, path, missed, &key);

    return open > 0 ? each_child(host, &key, missed, context, each) : open;
}

static es_status examine_system(media_state *state, const es_host *host,
                                const es_artefact *hive)
{
    static const char usbstor[] = "CurrentControlSet\\Enum\\USBSTOR";
    static const char *const classes[] = {
        "CurrentControlSet\\Control\\DeviceClasses\\{53f56307-b6bf-11d0-94f2-00a0c91efb8b}",
        "CurrentControlSet\\Control\\DeviceClasses\\{53f5630d-b6bf-11d0-94f2-00a0c91efb8b}",
        "CurrentControlSet\\Control\\DeviceClasses\\{6ac27878-a6fa-4155-ba85-f98f491d4f33}",
    };
    es_key key;
    int missed = 0;
    es_status open = open_key(host, hive, usbstor, &key), status = open < 0 ? open : ES_OK;
    es_datum fields[2] = { es_datum_text(es_text_of("Enum\\USBSTOR")),
                           es_datum_boolean(open == ES_OK) };

    if (status == ES_OK)
        status = examine_list(host, hive, usbstor, &missed, &missed, device_class);
    if (status == ES_OK)
        status = examine_list(host, hive, "CurrentControlSet\\Enum\\USB", &missed, &missed,
                              usb_class);
    for (uint32_t i = 0; i < ES_COUNT(classes) && status == ES_OK; i++)
        status = examine_list(host, hive, classes[i], &missed, NULL, arrival);
    if (status == ES_OK)
        status = examine_mounted(state, host, hive, &missed);
    /* One that cannot be read, or not whole, is neither there nor not: a note says so. */
    return status || missed ? status
                            : es_emit(host, MEDIA_PLACE, fields, (es_time){ 0, 0, 0 }, hive->where);
}

/* ------------------------------------------------------------------ SOFTWARE */

static es_status portable(const es_host *host, const es_key *key, void *context)
{
    es_datum fields[TRACE_N_FIELDS];
    media_name name;
    es_text label;
    es_status status = text_of(host, key, "FriendlyName", &label);

    (void)context;
    if (status || !media_name_parse(key->name, &name))
        return status;
    media_trace(&name, fields);
    fields[TRACE_LABEL] = es_datum_text_or_null(label);
    return es_emit(host, MEDIA_PORTABLE, fields, key->written, key->where);
}

/* "LABEL_1234567890": the volume's label and its serial number, decimal. */
static void split_label(es_text tail, es_text *ret_label, uint32_t *ret_serial)
{
    uint64_t at = tail.size, number = 0;

    *ret_label = (es_text){ "", 0 };
    *ret_serial = 0;
    while (at > 0 && tail.data[at - 1] >= '0' && tail.data[at - 1] <= '9')
        at--;
    if (at == 0 || at == tail.size || tail.size - at > 10 || tail.data[at - 1] != '_')
        return;
    for (uint64_t i = at; i < tail.size; i++)
        number = number * 10 + (uint64_t)(tail.data[i] - '0');
    *ret_label = (es_text){ tail.data, at - 1 };
    *ret_serial = number <= UINT32_MAX ? (uint32_t)number : 0;
}

static es_status tested_of(const es_host *host, const es_key *key, es_time *ret)
{
    es_value value;
    uint64_t time = 0;
    es_status status = host->value_find(host, key, es_text_of("LastTestedTime"), &value);

    *ret = (es_time){ 0, 0, 0 };
    if (status == ES_OK)
        status = host->value_number(host, &value, 0, &time);
    if (status == ES_CORRUPT && value.data.size == 8) { /* the same as bytes */
        for (int i = 8; i-- > 0;)
            time = time << 8 | value.data.data[i];
        status = ES_OK;
    }
    if (status == ES_OK && time && time <= INT64_MAX)
        *ret = (es_time){ (int64_t)time, ES_TIME_TICK, 0 };
    return status < 0 ? status : ES_OK;
}

es_text media_serial_text(uint32_t serial, char text[9])
{
    static const char digits[] = "0123456789ABCDEF";

    for (int i = 0; i < 9; i++)
        text[i] = i == 4 ? '-' : digits[serial >> (4 * (i < 4 ? 7 - i : 8 - i)) & 15];
    return (es_text){ text, 9 };
}

static es_status readyboost(const es_host *host, const es_key *key, void *context)
{
    es_datum fields[TRACE_N_FIELDS];
    media_name name;
    es_text label;
    uint32_t serial;
    char hex[9];
    es_time tested;
    es_status status;

    if (!media_name_parse(key->name, &name))
        return ES_OK;
    status = tested_of(host, key, &tested);
    if (status)
        return status;
    media_trace(&name, fields);
    split_label(name.tail, &label, &serial);
    fields[TRACE_LABEL] = es_datum_text_or_null(label);
    if (serial) {
        fields[TRACE_VOLUME_SERIAL] = es_datum_text(media_serial_text(serial, hex));
        status = media_know_serial(context, serial);
    }
    return status ? status : es_emit(host, MEDIA_READYBOOST, fields, tested, key->where);
}

static es_status examine_software(media_state *state, const es_host *host,
                                  const es_artefact *hive)
{
    int missed = 0; /* a note says so */
    es_status status = examine_list(host, hive, "Microsoft\\Windows Portable Devices\\Devices",
                                    &missed, NULL, portable);

    return status == ES_OK
               ? examine_list(host, hive, "Microsoft\\Windows NT\\CurrentVersion\\EMDMgmt",
                              &missed, state, readyboost)
               : status;
}

/* ------------------------------------------------------------------ users */

es_text media_user(es_text path)
{
    uint64_t start = 0, end;

    while (start < path.size && path.data[start] != '/')
        start++;
    start += start < path.size;
    for (end = start; end < path.size && path.data[end] != '/'; end++)
        ;
    return (es_text){ path.data + start, end - start };
}

static es_status mount_point(const es_host *host, const es_key *key, void *context)
{
    es_datum fields[TRACE_N_FIELDS];
    es_text guid;

    if (key->name.size != 38 || !media_guid(key->name, &guid))
        return ES_OK;
    media_trace(NULL, fields);
    fields[TRACE_VOLUME] = es_datum_text(guid);
    fields[TRACE_USER] = es_datum_text_or_null(*(const es_text *)context);
    return es_emit(host, MEDIA_USER, fields, key->written, key->where);
}

static es_status examine_user(const media_state *state, const es_host *host,
                              const es_artefact *hive)
{
    es_text user = media_user(hive->path);
    int missed = 0; /* a note says so */
    es_status status = examine_list(
        host, hive, "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\MountPoints2",
        &missed, &user, mount_point);

    if (status == ES_OK)
        status = media_recent(state, host, hive);
    if (status == ES_OK)
        status = media_views(state, host, hive, "Software\\Microsoft\\Windows\\Shell\\BagMRU");
    return status == ES_OK ? media_views(state, host, hive,
                                         "Software\\Microsoft\\Windows\\ShellNoRoam\\BagMRU")
                           : status;
}

/* ------------------------------------------------------------------ the export */

static es_status examine_one(media_state *state, const es_host *host,
                             const es_artefact *artefact)
{
    switch (artefact->want) {
    case WANT_SYSTEM:
        return examine_system(state, host, artefact);
    case WANT_SOFTWARE:
        return examine_software(state, host, artefact);
    case WANT_RECENT:
    case WANT_OFFICE:
    case WANT_OLD_RECENT:
    case WANT_OLD_OFFICE:
        return media_shortcuts(state, host, artefact, 1);
    case WANT_DESKTOP:
    case WANT_OLD_DESKTOP:
        return media_shortcuts(state, host, artefact, 0);
    case WANT_USERS:
    case WANT_OLD_USERS:
        return examine_user(state, host, artefact);
    default:
        return media_views(state, host, artefact,
                           "Local Settings\\Software\\Microsoft\\Windows\\Shell\\BagMRU");
    }
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    static const char said[] = "More removable volumes, or shortcuts to them, are known than are "
                               "remembered: what users opened on the others is not told.";
    media_state *known = state;
    int full = known->full;
    es_status status = examine_one(known, host, artefact);

    return status == ES_OK && known->full && !full
               ? host->note(host, 1, es_text_of(said), artefact->where)
               : status;
}

static const char *const answers[] = { "connected", "none-found", "unknown" };

static const es_verdict_type verdicts[] = {
    { sizeof(es_verdict_type), ES_COUNT(answers), "removable-media",
      "whether removable media were connected", answers, NULL, 0, 0 },
};

static const es_field row_fields[] = {
    FIELD(TEXT, "serial", "instance of the device"),
    FIELD(BOOLEAN, "own_serial", "a number of its own; else Windows made one for this port"),
    FIELD(TEXT, "name", "friendly name, or vendor and product"),
    FIELD(TEXT_LIST, "mounts", "drive letters it was known by"),
    FIELD(TEXT_LIST, "labels", "labels, or letters, it was shown by"),
    FIELD(TEXT_LIST, "volume_serials", "serial numbers of its volumes"),
    FIELD(TEXT_LIST, "users", "profiles whose Explorer knows a volume of it"),
    FIELD(TIME, "first", "earliest time that a source gives"),
    FIELD(TEXT, "first_means", "what that time is"),
    FIELD(TIME, "last", "latest time that a source gives"),
    FIELD(TEXT, "last_means", "what that time is"),
    FIELD(TEXT_LIST, "sources", "which sources know it"),
    FIELD(FACT_LIST, "because", "their facts"),
    FIELD(TEXT_LIST, "paths", "files and folders on it that users' traces name, the first few"),
};

static const es_field volume_fields[] = {
    FIELD(TEXT, "volume_serial", "serial number of the volume"),
    FIELD(TEXT_LIST, "labels", "labels it had"),
    FIELD(TEXT_LIST, "mounts", "drive letters it was known by"),
    FIELD(TEXT_LIST, "users", "profiles in which its traces are"),
    FIELD(TIME, "first", "earliest time that a source gives"),
    FIELD(TEXT, "first_means", "what that time is"),
    FIELD(TIME, "last", "latest time that a source gives"),
    FIELD(TEXT, "last_means", "what that time is"),
    FIELD(TEXT_LIST, "sources", "which sources know it"),
    FIELD(TEXT_LIST, "may_be", "devices that had its letter at some time"),
    FIELD(TEXT_LIST, "paths", "files and folders on it that users' traces name, the first few"),
    FIELD(FACT_LIST, "because", "their facts"),
};

static const es_row_type rows[] = {
    { sizeof(es_row_type), ES_COUNT(row_fields), "devices", "removable-media", row_fields },
    { sizeof(es_row_type), ES_COUNT(volume_fields), "volumes", "removable-media", volume_fields },
};

static const es_need needs[] = {
    { sizeof(es_need), ES_NEED_MACHINE, "media.device" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.usb" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.letter" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.arrival" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.portable" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.readyboost" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.user" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.place" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.shortcut" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.recent" },
    { sizeof(es_need), ES_NEED_MACHINE, "media.folder" },
    { sizeof(es_need), ES_NEED_MACHINE, "history.device" },
    { sizeof(es_need), ES_NEED_MACHINE, "hive.state" },
    { sizeof(es_need), ES_NEED_OWN, "build.installed" },
};

ES_PLUGIN_EXPORT const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "media",
    .version = "1",
    .summary = "removable media: devices, letters, labels, users, what they opened, and times",
    .wants = wants,
    .n_wants = ES_COUNT(wants),
    .facts = media_facts,
    .n_facts = ES_COUNT(media_facts),
    .verdicts = verdicts,
    .n_verdicts = ES_COUNT(verdicts),
    .rows = rows,
    .n_rows = ES_COUNT(rows),
    .needs = needs,
    .n_needs = ES_COUNT(needs),
    .begin = media_begin,
    .examine = examine,
    .judge = media_judge,
    .end = media_end,
};
