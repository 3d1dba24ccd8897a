/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.c: one device out of all its traces.
 *
 * Traces that name a serial number are tied by it; those that name a volume only, by the GUID under
 * which MountedDevices knows the device's volume. MountedDevices keeps the last device that had a
 * letter: an older one of the same letter is not there any more, and nothing is guessed.
 *
 * For a day of the past an earlier state decides where one reaches back (esuscan/then.h).
 *
 * The log of device installations, which the history plugin reads, names a device when Windows
 * first met it, also one of which the registry was cleaned.
 *
 * What users opened is tied to a device by the serial number of its volume, which EMDMgmt knows, or
 * by its GUID. A folder view has neither, only a letter: where one device or volume alone ever had
 * that, the view is counted among its sources, by its letter alone, and gives it no time, no user
 * and no path. Removable volumes that belong to no known device are listed by themselves.
 */
#include "media.h"

#include <esuscan/prose.h>
#include <esuscan/then.h>

#define DEVICES_MAX 512u
#define LIST_MAX 16u
#define BECAUSE_MAX 64u

typedef struct list {
    es_text items[LIST_MAX];
    uint64_t n;
    int32_t cut; /* there were more */
} list;

/* A device, or a volume of which no device is known. */
typedef struct device {
    es_text serial, vendor, product, name;
    int own_serial;
    int known_by_more; /* than a drive letter, which any volume may have had */
    list mounts, volumes, labels, volume_serials, users, sources, paths;
    es_time first, last;
    es_text first_means, last_means;
    uint64_t because[BECAUSE_MAX];
    uint32_t n_because;
} device;

typedef struct work {
    const es_host *host;
    device *devices, *volumes;
    uint32_t n, n_volumes;
    uint32_t n_tied, n_by_letter; /* traces of users */
    uint32_t n_undated;           /* of which it is not known whether they were there on the day */
    int looked, left_out;
    uint64_t place;
    es_time set_up; /* when Windows was, as InstallDate tells */
    uint64_t set_up_fact;
    es_then then;  /* the day that was asked for */
    es_text *open;  /* serials of traces of which it is not known whether they were there then */
    es_text *later; /* and those that a setup log first met after that day */
    uint32_t n_open, n_later;
} work;

static void add(list *to, es_text text)
{
    for (uint64_t i = 0; i < to->n; i++)
        if (es_name_same(to->items[i], text))
            return;
    if (text.size && to->n == LIST_MAX)
        to->cut = 1;
    else if (text.size)
        to->items[to->n++] = text;
}

static es_text text_at(const es_fact_view *fact, int field)
{
    return fact->fields[field].type == ES_FIELD_TEXT ? fact->fields[field].text
                                                     : (es_text){ "", 0 };
}

static device *by_serial(work *all, es_text serial)
{
    for (uint32_t i = 0; i < all->n; i++)
        if (es_name_same(all->devices[i].serial, serial))
            return &all->devices[i];
    return NULL;
}

static device *by_volume(work *all, es_text guid)
{
    for (uint32_t i = 0; i < all->n; i++)
        for (uint64_t k = 0; k < all->devices[i].volumes.n; k++)
            if (es_name_same(all->devices[i].volumes.items[k], guid))
                return &all->devices[i];
    return NULL;
}

static void take_time(device *to, es_time time, const char *means)
{
    if (!es_time_known(time) || (time.flags & ES_TIME_IMPOSSIBLE) || !means)
        return;
    if (!es_time_known(to->first) || time.ticks < to->first.ticks) {
        to->first = time;
        to->first_means = es_text_of(means);
    }
    if (!es_time_known(to->last) || time.ticks > to->last.ticks) {
        to->last = time;
        to->last_means = es_text_of(means);
    }
}

static void take(device *to, const es_fact_view *fact, uint32_t type)
{
    static const char *const sources[] = { "USBSTOR", "USB", "MountedDevices", "DeviceClasses",
                                           "Windows Portable Devices", "EMDMgmt", "MountPoints2" };

    /* Names of the USB side are numbers; USBSTOR's are words. */
    if (type != MEDIA_USB && !to->product.size) {
        to->vendor = text_at(fact, TRACE_VENDOR);
        to->product = text_at(fact, TRACE_PRODUCT);
    }
    if (!to->name.size)
        to->name = text_at(fact, TRACE_NAME);
    add(&to->mounts, text_at(fact, TRACE_MOUNT));
    if (type == MEDIA_LETTER)
        add(&to->volumes, text_at(fact, TRACE_VOLUME));
    add(&to->labels, text_at(fact, TRACE_LABEL));
    add(&to->volume_serials, text_at(fact, TRACE_VOLUME_SERIAL));
    add(&to->users, text_at(fact, TRACE_USER));
    add(&to->sources, es_text_of(sources[type]));
    take_time(to, fact->time, media_facts[type].time_means);
    if (to->n_because < BECAUSE_MAX)
        to->because[to->n_because++] = fact->reference;
}

static int is_among(const es_text *serials, uint32_t n, es_text serial)
{
    for (uint32_t i = 0; i < n; i++)
        if (es_name_same(serials[i], serial))
            return 1;
    return 0;
}

/* Whether a trace was there on the day. A key's last write may be later than its first: then that
 * is not known. */
static int counts(work *all, const es_fact_view *fact, uint32_t type)
{
    es_text serial = text_at(fact, TRACE_SERIAL);

    if (es_then_counts(&all->then, fact, 1))
        return 1;
    if (fact->own && serial.size && type != MEDIA_USB && all->n_open < DEVICES_MAX &&
        !is_among(all->open, all->n_open, serial))
        all->open[all->n_open++] = serial;
    return 0;
}

/* How many devices may have been there on the day. */
static uint32_t n_left_open(work *all)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < all->n_open; i++)
        n += !by_serial(all, all->open[i]) && !is_among(all->later, all->n_later, all->open[i]);
    return n;
}

static es_status gather(work *all, uint32_t type)
{
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;

    while (!(status = all->host->fact_next(all->host, es_text_of(media_facts[type].name), &cursor,
                                           &fact))) {
        es_text serial = text_at(&fact, TRACE_SERIAL);
        device *to;

        if (!counts(all, &fact, type))
            continue;
        to = serial.size ? by_serial(all, serial) : by_volume(all, text_at(&fact, TRACE_VOLUME));
        /* A device of Enum\USB that no storage source knows is a reader without a card. */
        if (!to && serial.size && type != MEDIA_USB) {
            if (all->n == DEVICES_MAX) {
                all->left_out = 1;
                continue;
            }
            to = &all->devices[all->n++];
            to->serial = serial;
            to->own_serial = fact.fields[TRACE_OWN_SERIAL].integer != 0;
        }
        if (to)
            take(to, &fact, type);
    }
    return status < 0 ? status : ES_OK;
}

/* "USBSTOR\\Disk&Ven_X&Prod_Y&Rev_Z\\SERIAL&0", as a setup log names a device. */
static int logged_name(es_text text, media_name *ret)
{
    static const char before[] = "USBSTOR\\";
    es_text class_name = { text.data + sizeof before - 1, 0 };
    uint64_t at = sizeof before - 1;

    if (text.size < sizeof before ||
        !es_name_same((es_text){ text.data, sizeof before - 1 }, es_text_of(before)))
        return 0;
    while (at < text.size && text.data[at] != '\\')
        at++;
    class_name.size = at - (sizeof before - 1);
    if (at + 1 >= text.size || !media_class_parse(class_name, ret))
        return 0;
    ret->instance = (es_text){ text.data + at + 1, text.size - at - 1 };
    return 1;
}

static es_text logged_text(const es_fact_view *fact, const char *name)
{
    for (uint32_t i = 0; i < fact->n_fields; i++)
        if (!strcmp(fact->declared[i].name, name) && fact->fields[i].type == ES_FIELD_TEXT)
            return fact->fields[i].text;
    return (es_text){ "", 0 };
}

/* A device that a setup log met after the day; the log tells of its first installation. */
static void take_later(work *all, const es_fact_view *fact, const media_name *name)
{
    if (fact->own && es_time_known(fact->time) && fact->time.ticks > all->then.at.ticks &&
        all->n_later < DEVICES_MAX)
        all->later[all->n_later++] = media_serial(name->instance);
}

static es_status gather_logged(work *all)
{
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;

    while (!(status = all->host->fact_next(all->host, es_text_of("history.device"), &cursor,
                                           &fact))) {
        media_name name = { .instance = { "", 0 } };
        device *to;

        if (!logged_name(logged_text(&fact, "device"), &name))
            continue;
        if (!es_then_counts(&all->then, &fact, 1)) {
            take_later(all, &fact, &name);
            continue;
        }
        to = by_serial(all, media_serial(name.instance));
        if (!to && all->n == DEVICES_MAX) {
            all->left_out = 1;
            continue;
        }
        if (!to) {
            to = &all->devices[all->n++];
            to->serial = media_serial(name.instance);
            to->own_serial = media_own_serial(name.instance);
            to->vendor = name.vendor;
            to->product = name.product;
        }
        add(&to->sources, logged_text(&fact, "log"));
        take_time(to, fact.time, "installed, as a setup log tells");
        if (to->n_because < BECAUSE_MAX)
            to->because[to->n_because++] = fact.reference;
    }
    return status < 0 ? status : ES_OK;
}

/* ------------------------------------------------------------------ what users opened */

static int has(const list *of, es_text text)
{
    for (uint64_t i = 0; i < of->n; i++)
        if (es_name_same(of->items[i], text))
            return 1;
    return 0;
}

/* The one device with a volume of this number; of several copies of a volume none is it. */
static device *by_volume_serial(work *all, es_text serial)
{
    device *found = NULL;

    for (uint32_t i = 0; i < all->n; i++) {
        if (!has(&all->devices[i].volume_serials, serial))
            continue;
        if (found)
            return NULL;
        found = &all->devices[i];
    }
    return found;
}

/* The one device or volume that is known to have had this letter. */
static device *by_letter(work *all, es_text mount)
{
    device *found = NULL;

    for (uint32_t i = 0; i < all->n + all->n_volumes; i++) {
        device *each = i < all->n ? &all->devices[i] : &all->volumes[i - all->n];

        if (!has(&each->mounts, mount))
            continue;
        if (found)
            return NULL;
        found = each;
    }
    return found;
}

static es_text first_of(const list *of)
{
    return of->n ? of->items[0] : (es_text){ "", 0 };
}

/* The volume that these say, made when there is none: one without a number by its letter, one
 * without a letter by its label. */
static device *volume_of(work *all, es_text serial, es_text mount, es_text label)
{
    for (uint32_t i = 0; i < all->n_volumes; i++) {
        device *each = &all->volumes[i];

        if (!es_name_same(first_of(&each->volume_serials), serial))
            continue;
        if (serial.size || (mount.size ? has(&each->mounts, mount) : has(&each->labels, label)))
            return each;
    }
    if (all->n_volumes == DEVICES_MAX) {
        all->left_out = 1;
        return NULL;
    }
    add(&all->volumes[all->n_volumes].volume_serials, serial);
    return &all->volumes[all->n_volumes++];
}

static const char *user_source(uint32_t type)
{
    return type == MEDIA_SHORTCUT ? "shortcuts"
                                  : type == MEDIA_RECENT ? "recent documents" : "folder views";
}

/* A shortcut that was written again later was made before. */
static int made_by_then(const work *all, const es_fact_view *fact, uint32_t type)
{
    es_fact_view made = *fact;

    if (type != MEDIA_SHORTCUT || fact->fields[SHORTCUT_MADE].type != ES_FIELD_TIME)
        return 0;
    made.time = fact->fields[SHORTCUT_MADE].time;
    return es_then_counts(&all->then, &made, 1);
}

/* Whether what a user opened was opened by the day. A list that was written later, and an entry of it
 * that has no time, may be older. */
static int opened_by_then(work *all, const es_fact_view *fact, uint32_t type, int loosely)
{
    if (es_then_counts(&all->then, fact, 1) || made_by_then(all, fact, type))
        return 1;
    all->n_undated += fact->own && type != MEDIA_SHORTCUT && !loosely;
    return 0;
}

static void take_opened(work *all, device *to, const es_fact_view *fact, uint32_t type)
{
    to->known_by_more |= text_at(fact, TRACE_VOLUME_SERIAL).size ||
                         text_at(fact, TRACE_VOLUME).size || text_at(fact, TRACE_LABEL).size ||
                         (type == MEDIA_SHORTCUT && text_at(fact, SHORTCUT_DRIVE).size);
    /* the path is the first field behind those that all traces have */
    add(&to->paths, text_at(fact, TRACE_N_FIELDS));
    add(&to->mounts, text_at(fact, TRACE_MOUNT));
    add(&to->labels, text_at(fact, TRACE_LABEL));
    add(&to->users, text_at(fact, TRACE_USER));
    add(&to->sources, es_text_of(user_source(type)));
    if (es_then_counts(&all->then, fact, 1))
        take_time(to, fact->time, media_facts[type].time_means);
    if (made_by_then(all, fact, type))
        take_time(to, fact->fields[SHORTCUT_MADE].time, "shortcut made");
    if (to->n_because < BECAUSE_MAX)
        to->because[to->n_because++] = fact->reference;
}

static void take_by_letter(work *all, device *to, const es_fact_view *fact, uint32_t type)
{
    add(&to->sources, type == MEDIA_FOLDER ? es_text_of("folder views, by letter alone")
                                           : es_text_of("shortcuts, by letter alone"));
    if (to->n_because < BECAUSE_MAX)
        to->because[to->n_because++] = fact->reference;
    all->n_by_letter++;
}

/* A trace that says which volume it was. */
static void tie(work *all, const es_fact_view *fact, uint32_t type)
{
    es_text serial = text_at(fact, TRACE_VOLUME_SERIAL);
    device *to = serial.size ? by_volume_serial(all, serial)
                             : by_volume(all, text_at(fact, TRACE_VOLUME));

    if (to)
        all->n_tied++;
    else
        to = volume_of(all, serial, text_at(fact, TRACE_MOUNT), text_at(fact, TRACE_LABEL));
    if (to)
        take_opened(all, to, fact, type);
}

/* A trace that says a letter, or what a portable device is called. */
static void tie_loosely(work *all, const es_fact_view *fact, uint32_t type)
{
    es_text mount = text_at(fact, TRACE_MOUNT), none = { "", 0 };
    device *to = mount.size ? by_letter(all, mount) : NULL;

    if (to && (to->serial.size || first_of(&to->volume_serials).size)) {
        take_by_letter(all, to, fact, type);
        return;
    }
    to = volume_of(all, none, mount, text_at(fact, TRACE_LABEL));
    if (to)
        take_opened(all, to, fact, type);
}

/* Those that say which volume first: letters are looked for among what they leave. */
static es_status gather_opened(work *all, uint32_t type, int loosely)
{
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;

    while (!(status = all->host->fact_next(all->host, es_text_of(media_facts[type].name), &cursor,
                                           &fact))) {
        int says = text_at(&fact, TRACE_VOLUME_SERIAL).size || text_at(&fact, TRACE_VOLUME).size;

        if (!opened_by_then(all, &fact, type, loosely))
            continue;
        if (says && !loosely)
            tie(all, &fact, type);
        else if (!says && loosely)
            tie_loosely(all, &fact, type);
    }
    return status < 0 ? status : ES_OK;
}

/* When this Windows was installed: of a day before that the registry tells nothing. */
static es_status gather_set_up(work *all)
{
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;

    while (!(status = all->host->fact_next(all->host, es_text_of("build.installed"), &cursor,
                                           &fact)))
        if (fact.own && !fact.damaged && es_time_known(fact.time) &&
            !(fact.time.flags & ES_TIME_IMPOSSIBLE)) {
            all->set_up = fact.time;
            all->set_up_fact = fact.reference;
        }
    return status < 0 ? status : ES_OK;
}

static int is_before_setup(const work *all)
{
    return es_then_asked(&all->then) && !all->then.by && es_time_known(all->set_up) &&
           all->then.at.ticks < all->set_up.ticks;
}

static es_status gather_all(work *all)
{
    /* Letters before users: they say whose a volume is. USB last: it adds to what is known. */
    static const uint32_t order[] = { MEDIA_DEVICE, MEDIA_LETTER, MEDIA_ARRIVAL, MEDIA_PORTABLE,
                                      MEDIA_READYBOOST, MEDIA_USER, MEDIA_USB };
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status = ES_OK;

    for (uint32_t i = 0; i < ES_COUNT(order) && status == ES_OK; i++)
        status = gather(all, order[i]);
    if (status == ES_OK)
        status = gather_logged(all);
    if (status == ES_OK)
        status = gather_set_up(all);
    for (uint32_t i = 0; i < 6 && status == ES_OK; i++)
        status = gather_opened(all, MEDIA_SHORTCUT + i % 3, i >= 3);
    while (status == ES_OK &&
           all->host->fact_next(all->host, es_text_of(media_facts[MEDIA_PLACE].name), &cursor,
                                &fact) == ES_OK) {
        if (all->looked || !es_then_of_state(&all->then, &fact))
            continue;
        all->looked = 1;
        all->place = fact.reference;
    }
    return status;
}

/* "SanDisk Cruzer" when there is no friendly name. */
static es_status name_of(const es_host *host, const device *of, es_datum *ret)
{
    void *memory = NULL;
    uint64_t size = of->vendor.size + 1 + of->product.size;
    es_status status;
    char *text;

    *ret = es_datum_text_or_null(of->name);
    if (of->name.size || size == 1)
        return ES_OK;
    status = host->alloc(host, size, &memory);
    if (status)
        return status;
    text = memory;
    memcpy(text, of->vendor.data, (size_t)of->vendor.size);
    text[of->vendor.size] = ' ';
    memcpy(text + of->vendor.size + 1, of->product.data, (size_t)of->product.size);
    *ret = es_datum_text((es_text){ text, size });
    return ES_OK;
}

/* Where in either row the fields stand that tell of its use: by whom, when, and how that is known. */
enum { DEVICE_USE = 6, VOLUME_USE = 3, N_USE_FIELDS = 6 };

static void put_use(const device *of, es_datum fields[N_USE_FIELDS])
{
    fields[0] = es_datum_texts(of->users.items, of->users.n);
    fields[1] = es_datum_time(of->first);
    fields[2] = es_datum_text_or_null(of->first_means);
    fields[3] = es_datum_time(of->last);
    fields[4] = es_datum_text_or_null(of->last_means);
    fields[5] = es_datum_texts(of->sources.items, of->sources.n);
}

static es_status tell(const es_host *host, const device *of)
{
    es_datum name = es_null();
    es_status status = name_of(host, of, &name);
    es_datum fields[] = {
        es_datum_text(of->serial),
        es_datum_boolean(of->own_serial),
        name,
        es_datum_texts(of->mounts.items, of->mounts.n),
        es_datum_texts(of->labels.items, of->labels.n),
        es_datum_texts(of->volume_serials.items, of->volume_serials.n),
        [DEVICE_USE + N_USE_FIELDS] = es_datum_facts(of->because, of->n_because),
        es_datum_texts(of->paths.items, of->paths.n),
    };
    es_row row = { sizeof row, 0, fields };

    put_use(of, &fields[DEVICE_USE]);
    return status ? status : host->row(host, &row);
}

/* A volume of no known device, and the devices that it may be of: those that had its letter. */
static es_status tell_volume(const work *all, const device *of)
{
    list may_be = { .n = 0 };
    es_text serial = first_of(&of->volume_serials);

    for (uint32_t i = 0; i < all->n; i++)
        for (uint64_t k = 0; k < of->mounts.n; k++)
            if (has(&all->devices[i].mounts, of->mounts.items[k]))
                add(&may_be, all->devices[i].serial);
    es_datum fields[] = {
        es_datum_text_or_null(serial),
        es_datum_texts(of->labels.items, of->labels.n),
        es_datum_texts(of->mounts.items, of->mounts.n),
        [VOLUME_USE + N_USE_FIELDS] = es_datum_texts(may_be.items, may_be.n),
        es_datum_texts(of->paths.items, of->paths.n),
        es_datum_facts(of->because, of->n_because),
    };
    es_row row = { sizeof row, 1, fields };

    put_use(of, &fields[VOLUME_USE]);
    return all->host->row(all->host, &row);
}

static void explain_volumes(const work *all, es_prose *prose)
{
    uint32_t n_letters = 0, n;

    for (uint32_t i = 0; i < all->n_volumes; i++)
        n_letters += !all->volumes[i].volume_serials.n && all->volumes[i].mounts.n;
    n = all->n_volumes - n_letters;
    if (n)
        es_prose_say(prose, "Traces of users name files or folders on %u removable volume%s that "
                            "can be tied to no device that is known. ",
                     n, n == 1 ? "" : "s");
    if (n_letters)
        es_prose_say(prose, "Of what they name below %u drive letter%s it is not known on which "
                            "volume it was: several had the letter, or none that is known. ",
                     n_letters, n_letters == 1 ? "" : "s");
}

/* What the answer rests on, where a day of the past was asked for. */
static void explain_day(const work *all, es_prose *to)
{
    char time[ES_TIME_WORD_SIZE];

    if (all->then.by)
        es_prose_say(to, "For the day that was asked for the %s of %s decides, and what is dated "
                         "between it and that day. ",
                     all->then.role == ES_ROLE_REGBACK ? "backup of the registry" : "shadow copy",
                     es_time_word(all->then.taken, time));
    else if (is_before_setup(all))
        es_prose_say(to, "On the day that was asked for this Windows was not installed yet, as "
                         "InstallDate tells (%s), and no earlier state of the registry reaches "
                         "back to it: only what is dated until then is listed. ",
                     es_time_word(all->set_up, time));
    else if (es_then_asked(&all->then))
        es_prose_say(to, "No earlier state of the registry reaches back to the day that was asked "
                         "for: only what is dated until then is listed. ");
}

static void explain_opened(const work *all, es_prose *to)
{
    if (all->n_tied)
        es_prose_say(to, "%u of the shortcuts, recent documents and folder views of users name%s "
                         "files on them, tied by the serial number or the GUID of the volume. ",
                     all->n_tied, all->n_tied == 1 ? "s" : "");
    if (all->n_by_letter)
        es_prose_say(to, "%u name%s a drive letter only that one volume alone is known to have had. "
                         "Letters are reused: that may be another's, and gives it no time. ",
                     all->n_by_letter, all->n_by_letter == 1 ? "s" : "");
    explain_volumes(all, to);
    if (all->n_undated)
        es_prose_say(to, "%u more of the recent documents and folder views ha%s no time until the "
                         "day that was asked for, and may be older. ",
                     all->n_undated, all->n_undated == 1 ? "s" : "ve");
}

/* Of paths the first few are told, and said to be. */
static uint32_t n_cut(const device *all, uint32_t n)
{
    uint32_t cut = 0;

    for (uint32_t i = 0; i < n; i++)
        cut += all[i].mounts.cut || all[i].labels.cut || all[i].volume_serials.cut ||
               all[i].users.cut;
    return cut;
}

static void explain(const work *all, uint32_t n_open, es_prose *to)
{
    uint32_t cut = n_cut(all->devices, all->n) + n_cut(all->volumes, all->n_volumes);

    explain_day(all, to);
    if (all->n)
        es_prose_say(to, "USB storage devices were connected. %sEach time is what its source makes "
                         "of it: a key's last write is no proof of an arrival. ",
                     all->left_out ? "More were connected than are listed. " : "");
    else if (all->looked && !n_open && !is_before_setup(all))
        es_prose_say(to, "No USB storage device is listed below Enum\\USBSTOR of SYSTEM, nor named "
                         "by anything else that was read. Lists can be cleaned, and other media "
                         "leave other traces. ");
    else if (!all->looked)
        es_prose_say(to, "The lists of USB storage devices could not be read, or not whole: what "
                         "is missing of them may name some. ");
    if (n_open)
        es_prose_say(to, "Of %u more the earliest time that is left is later, or there is none: they "
                         "may have been connected by then. ",
                     n_open);
    explain_opened(all, to);
    if (cut)
        es_prose_say(to, "Of %u of them more drive letters, labels, volume serials or users are on "
                         "record than the first %u of each that are listed. ",
                     cut, LIST_MAX);
}

static es_status make(const es_host *host, work *all, es_prose *prose)
{
    void *memory = NULL;
    es_status status = host->alloc(host, 2 * DEVICES_MAX * sizeof(device), &memory);

    if (status != ES_OK)
        return status;
    all->devices = memory;
    all->volumes = all->devices + DEVICES_MAX;
    status = host->alloc(host, 2 * DEVICES_MAX * sizeof(es_text), &memory);
    if (status != ES_OK)
        return status;
    all->open = memory;
    all->later = all->open + DEVICES_MAX;
    return es_prose_make(host, 2000, prose);
}

/* A device, or a volume that is known by more than a letter. */
static const device *known(const work *all)
{
    for (uint32_t i = 0; i < all->n_volumes && !all->n; i++)
        if (all->volumes[i].known_by_more)
            return &all->volumes[i];
    return all->n ? &all->devices[0] : NULL;
}

es_status media_judge(void *state, const es_host *host, const es_installation *installation,
                      const es_question *question)
{
    es_verdict verdict = { sizeof verdict, 0, 2, 0, NULL, NULL, NULL };
    const device *first;
    work all = { .host = host };
    uint32_t n_open;
    es_prose prose;
    es_text why;
    es_status status = make(host, &all, &prose);

    (void)state;
    if (status == ES_OK)
        status = es_then_find(host, installation, question, 1, &all.then);
    if (status == ES_OK)
        status = gather_all(&all);
    for (uint32_t i = 0; i < all.n && status == ES_OK; i++)
        status = tell(host, &all.devices[i]);
    for (uint32_t i = 0; i < all.n_volumes && status == ES_OK; i++)
        status = tell_volume(&all, &all.volumes[i]);
    if (status)
        return status;
    n_open = es_then_asked(&all.then) ? n_left_open(&all) : 0;
    explain(&all, n_open, &prose);
    why = es_prose_text(&prose);
    first = known(&all);
    if (first) {
        verdict.answer = 0;
        verdict.because = first->because;
        verdict.n_because = first->n_because;
    } else if (is_before_setup(&all)) {
        verdict.because = &all.set_up_fact;
        verdict.n_because = 1;
    } else if (all.looked) {
        verdict.answer = n_open || all.n_undated || all.n_volumes ? 2 : 1;
        verdict.because = &all.place;
        verdict.n_because = 1;
    }
    verdict.explanation = &why;
    return host->verdict(host, &verdict);
}
