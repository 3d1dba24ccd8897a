/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_media.c: each source that knows a removable device, one device out of all of them,
 * and what must not become one.
 */
#include "fake_host.h"

#include "../../plugins/media/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_media, esuscan_plugin_history, esuscan_plugin_build;

#define MODEL "Disk&Ven_SanDisk&Prod_Cruzer&Rev_8.02"
#define SERIAL "200435"
#define GUID "{5e5ca000-0000-11e9-8000-000000000001}"
#define DISK "{53f56307-b6bf-11d0-94f2-00a0c91efb8b}"
#define NAMED(before) before "USBSTOR#" MODEL "#" SERIAL "&0#" DISK
#define SET "CurrentControlSet\\"
#define MOUNTS "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\MountPoints2\\"

static fake_host *fake;

static int begin(void **state)
{
    (void)state;
    fake = fake_host_new();
    fake_plugin(fake, &esuscan_plugin_media);
    fake_plugin(fake, &esuscan_plugin_history);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_host_free(fake);
    return 0;
}

static void run(const char *answer)
{
    assert_int_equal(fake_run(fake), ES_OK);
    assert_string_equal(fake_answer(fake, 1, "removable-media"), answer);
}

static const es_datum *row(uint32_t index, const char *name)
{
    return fake_row_field(fake, 1, "devices", index, name);
}

static void expect_list(uint32_t index, const char *name, const char *joined)
{
    const es_datum *list = row(index, name);
    char text[512] = "";

    for (uint64_t i = 0; i < list->n; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s", i ? ", " : "",
                       (int)list->texts[i].size, list->texts[i].data);
    assert_string_equal(text, joined);
}

static void mount(const char *name, const char *device)
{
    uint8_t data[400];
    size_t size = strlen(device);

    for (size_t i = 0; i < size; i++) {
        data[2 * i] = (uint8_t)device[i];
        data[2 * i + 1] = 0;
    }
    fake_binary(fake, "SYSTEM", "MountedDevices", name, ES_REG_BINARY, data, 2 * size);
}

static void installed(void)
{
    fake_text(fake, "SYSTEM", SET "Enum\\USBSTOR\\" MODEL "\\" SERIAL "&0", "FriendlyName",
              "SanDisk Cruzer USB Device");
}

static void nothing(void **state)
{
    (void)state;
    fake_key(fake, "SYSTEM", "Select");
    run("none-found");
    assert_int_equal(fake_n_rows(fake, 1, "devices"), 0);
}

static void no_hive(void **state)
{
    (void)state;
    run("unknown");
}

/* Every source on one stick: one device, and which sources agree. */
static void one_device_of_many_traces(void **state)
{
    uint8_t tested[8] = { 0 };
    int64_t when = INT64_C(131000000000000000);

    (void)state;
    for (int i = 0; i < 8; i++)
        tested[i] = (uint8_t)((uint64_t)when >> 8 * i);
    installed();
    fake_text(fake, "SYSTEM", SET "Enum\\USB\\VID_0781&PID_5567\\" SERIAL, "Service", "USBSTOR");
    mount("\\DosDevices\\E:", NAMED("_??_"));
    mount("\\??\\Volume" GUID, NAMED("_??_"));
    mount("\\DosDevices\\C:", "0123456789ab"); /* a fixed disk, but for its length */
    fake_key(fake, "SYSTEM", SET "Control\\DeviceClasses\\" DISK "\\" NAMED("##?#"));
    fake_text(fake, "SOFTWARE", "Microsoft\\Windows Portable Devices\\Devices\\WPDBUSENUMROOT#UMB#"
              NAMED("2&37C186B&0&STORAGE#VOLUME#_??_"), "FriendlyName", "BACKUP");
    fake_binary(fake, "SOFTWARE", "Microsoft\\Windows NT\\CurrentVersion\\EMDMgmt\\"
                NAMED("_??_") "BACKUP_439041101", "LastTestedTime", ES_REG_BINARY, tested, 8);
    fake_key(fake, "NTUSER.DAT", MOUNTS GUID);
    fake_key(fake, "NTUSER.DAT", MOUNTS "CPC");
    fake_key(fake, "NTUSER.DAT", MOUNTS "{00000000-0000-0000-0000-00000000dead}");
    run("connected");
    assert_int_equal(fake_n_rows(fake, 1, "devices"), 1);
    assert_string_equal(row(0, "serial")->text.data, SERIAL);
    assert_int_equal(row(0, "own_serial")->integer, 1);
    assert_string_equal(row(0, "name")->text.data, "SanDisk Cruzer USB Device");
    expect_list(0, "mounts", "E:");
    expect_list(0, "labels", "BACKUP");
    expect_list(0, "volume_serials", "1A2B-3C4D");
    expect_list(0, "sources", "USBSTOR, MountedDevices, DeviceClasses, Windows Portable Devices, "
                              "EMDMgmt, MountPoints2, USB");
    assert_int_equal(row(0, "first")->time.ticks, when);
    assert_string_equal(row(0, "first_means")->text.data, "tested for ReadyBoost");
    assert_int_equal(row(0, "because")->n, 9); /* two letters; both wants for users fit one hive */
}

/* ReadyBoost writes many keys at once: without a time of its own it dates nothing. */
static void readyboost_without_a_test(void **state)
{
    static const uint8_t never[8] = { 0 };

    (void)state;
    fake_key(fake, "SYSTEM", "Select");
    fake_binary(fake, "SOFTWARE", "Microsoft\\Windows NT\\CurrentVersion\\EMDMgmt\\"
                NAMED("_??_") "NO NUMBER", "LastTestedTime", ES_REG_BINARY, never, 8);
    run("connected");
    assert_int_equal(row(0, "first")->type, 0);
    expect_list(0, "volume_serials", "");
    assert_string_equal(row(0, "name")->text.data, "SanDisk Cruzer");
}

/* Windows makes a number where the device has none; a card reader is no medium. */
static void numbers_and_readers(void **state)
{
    (void)state;
    fake_text(fake, "SYSTEM", SET "Enum\\USBSTOR\\" MODEL "\\7&2c8e1d6a&0", "FriendlyName", "A");
    fake_text(fake, "SYSTEM", SET "Enum\\USB\\VID_058F&PID_6387\\0001", "Service", "USBSTOR");
    fake_text(fake, "SYSTEM", SET "Enum\\USB\\VID_046D&PID_C31C\\0002", "Service", "HidUsb");
    run("connected");
    assert_int_equal(fake_n_rows(fake, 1, "devices"), 1);
    assert_string_equal(row(0, "serial")->text.data, "7&2c8e1d6a&0");
    assert_int_equal(row(0, "own_serial")->integer, 0);
    assert_int_equal(fake_n_facts(fake, "media.usb"), 1);
}

/* ------------------------------------------------------------------ what users opened */

#define RECENT "Users/bob/AppData/Roaming/Microsoft/Windows/Recent"
#define DOCUMENTS "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs"
#define BAGS "Local Settings\\Software\\Microsoft\\Windows\\Shell\\BagMRU"
#define SERIAL_NUMBER 0x1A2B3C4Du /* 439041101 */

/* One stick that MountedDevices calls E: and of whose volume EMDMgmt knows the number. */
static void known_stick(void)
{
    static const uint8_t never[8] = { 0 };

    installed();
    mount("\\DosDevices\\E:", NAMED("_??_"));
    mount("\\??\\Volume" GUID, NAMED("_??_"));
    fake_binary(fake, "SOFTWARE", "Microsoft\\Windows NT\\CurrentVersion\\EMDMgmt\\"
                NAMED("_??_") "BACKUP_439041101", "LastTestedTime", ES_REG_BINARY, never, 8);
}

static void in_hive(const char *hive, const char *key, const char *name, const char *data)
{
    fake_binary(fake, hive, key, name, ES_REG_BINARY, data, strlen(data));
}

/* Numbers below ten, newest first. */
static void newest_first(const char *hive, const char *key, const char *numbers)
{
    uint8_t data[64];
    size_t n = strlen(numbers);

    assert_true(4 * n + 4 <= sizeof data);
    memset(data, 0, sizeof data);
    for (size_t i = 0; i < n; i++)
        data[4 * i] = (uint8_t)(numbers[i] - '0');
    memset(data + 4 * n, 0xff, 4);
    fake_binary(fake, hive, key, "MRUListEx", ES_REG_BINARY, data, 4 * n + 4);
}

/* A recent document: its name in UTF-16, and the item of its shortcut. */
static void document(const char *key, const char *number, const char *name, const char *link)
{
    char data[256] = "";
    size_t at = 0;

    for (const char *c = name; *c; c++, at += 2)
        data[at] = *c;
    at += 2;
    memcpy(data + at, link, strlen(link));
    fake_binary(fake, "NTUSER.DAT", key, number, ES_REG_BINARY, data, at + strlen(link));
}

static es_time at_tick(int64_t ticks)
{
    return (es_time){ ticks, ES_TIME_TICK, 0 };
}

/* A USB disk calls itself fixed: its number is what makes it removable. C: is nobody's. */
static void shortcuts_by_number(void **state)
{
    es_shortcut *made;

    (void)state;
    known_stick();
    made = fake_shortcut(fake, RECENT, "a.lnk", ES_DRIVE_FIXED, SERIAL_NUMBER, "F:\\a.txt");
    made->modified = at_tick(132000000000000000);
    made->created = at_tick(131000000000000000);
    made->volume_label = es_text_of("DISK");
    fake_shortcut(fake, RECENT, "c.lnk", ES_DRIVE_FIXED, 0xC0FFEEu, "C:\\c.txt");
    fake_shortcut(fake, RECENT, "r.lnk", ES_DRIVE_REMOTE, SERIAL_NUMBER, "Z:\\c.txt");
    fake_shortcut(fake, RECENT, "s.lnk", 0, 0, "")->network_path = es_text_of("\\\\NAS\\x");
    run("connected");
    assert_int_equal(fake_n_facts(fake, "media.shortcut"), 1);
    assert_string_equal(fake_field_text(fake_fact(fake, "media.shortcut", 0), "user"), "bob");
    assert_string_equal(fake_field_text(fake_fact(fake, "media.shortcut", 0), "drive"), "fixed");
    assert_int_equal(fake_n_rows(fake, 1, "devices"), 1);
    assert_int_equal(fake_n_rows(fake, 1, "volumes"), 0);
    expect_list(0, "mounts", "E:, F:");
    expect_list(0, "labels", "BACKUP, DISK");
    expect_list(0, "paths", "F:\\a.txt");
    expect_list(0, "users", "bob");
    expect_list(0, "sources", "USBSTOR, MountedDevices, EMDMgmt, shortcuts");
    assert_int_equal(row(0, "first")->time.ticks, 131000000000000000);
    assert_string_equal(row(0, "first_means")->text.data, "shortcut made");
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"),
                           "1 of the shortcuts, recent documents and folder views of users names "
                           "files"));
}

/* A list of devices that was cleaned does not hide what was opened. */
static void a_volume_without_a_device(void **state)
{
    es_shortcut *made;

    (void)state;
    fake_key(fake, "SYSTEM", "Select");
    made = fake_shortcut(fake, "Users/eve/Desktop", "a.lnk", ES_DRIVE_REMOVABLE, 7, "G:\\a.txt");
    made->modified = at_tick(132000000000000000);
    run("connected");
    assert_int_equal(fake_n_rows(fake, 1, "devices"), 0);
    assert_int_equal(fake_n_rows(fake, 1, "volumes"), 1);
    assert_string_equal(
        fake_row_field(fake, 1, "volumes", 0, "volume_serial")->text.data, "0000-0007");
    assert_string_equal(fake_row_field(fake, 1, "volumes", 0, "last_means")->text.data,
                        "shortcut last written");
    assert_int_equal(fake_row_field(fake, 1, "volumes", 0, "may_be")->n, 0);
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"),
                           "nor named by anything else that was read"));
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"), "1 removable volume "));
}

/* The same number on two devices is a copy of a volume: neither is it. */
static void copies_of_a_volume(void **state)
{
    static const uint8_t never[8] = { 0 };

    (void)state;
    known_stick();
    fake_binary(fake, "SOFTWARE", "Microsoft\\Windows NT\\CurrentVersion\\EMDMgmt\\_??_USBSTOR#"
                MODEL "#77&0#" DISK "COPY_439041101", "LastTestedTime", ES_REG_BINARY, never, 8);
    fake_shortcut(fake, RECENT, "a.lnk", ES_DRIVE_REMOVABLE, SERIAL_NUMBER, "E:\\a.txt");
    run("connected");
    assert_int_equal(fake_n_rows(fake, 1, "devices"), 2);
    assert_int_equal(fake_n_rows(fake, 1, "volumes"), 1);
    assert_int_equal(fake_row_field(fake, 1, "volumes", 0, "may_be")->n, 1);
}

/* A document is told when its shortcut leads to a removable volume; its name proves nothing. */
static void documents(void **state)
{
    const es_fact_view *fact;

    (void)state;
    known_stick();
    fake_shortcut(fake, RECENT, "a.lnk", ES_DRIVE_REMOVABLE, SERIAL_NUMBER, "E:\\a.txt");
    fake_shortcut(fake, RECENT, "c.lnk", ES_DRIVE_FIXED, 5, "C:\\c.txt");
    fake_shortcut(fake, "Users/bob/Desktop", "d.lnk", ES_DRIVE_REMOVABLE, SERIAL_NUMBER, "E:\\d");
    fake_shortcut(fake, "Users/eve/AppData/Roaming/Microsoft/Windows/Recent", "e.lnk",
                  ES_DRIVE_REMOVABLE, SERIAL_NUMBER, "E:\\e");
    document(DOCUMENTS, "0", "c.txt", "Fc.lnk");
    document(DOCUMENTS, "1", "a.txt", "FA.LNK");
    document(DOCUMENTS, "2", "d.txt", "Fd.lnk"); /* on the desktop: not what this list means */
    document(DOCUMENTS, "3", "e.txt", "Fe.lnk"); /* of another user */
    document(DOCUMENTS, "4", "a.txt", "!");
    newest_first("NTUSER.DAT", DOCUMENTS, "012348");
    document(DOCUMENTS "\\.txt", "0", "a.txt", "Fa.lnk");
    newest_first("NTUSER.DAT", DOCUMENTS "\\.txt", "0");
    run("connected");
    /* the same hive stands for both wants of users' hives */
    assert_int_equal(fake_n_facts(fake, "media.recent"), 4);
    fact = fake_fact(fake, "media.recent", 0);
    assert_string_equal(fake_field_text(fact, "document"), "a.txt");
    assert_string_equal(fake_field_text(fact, "path"), "E:\\a.txt");
    assert_string_equal(fake_field_text(fact, "volume_serial"), "1A2B-3C4D");
    assert_string_equal(fake_field_text(fact, "list"), "(null)");
    assert_int_equal(fake_field(fact, "position")->integer, 1);
    assert_int_equal(fact->time.precision, ES_TIME_NONE);
    fact = fake_fact(fake, "media.recent", 1);
    assert_string_equal(fake_field_text(fact, "list"), ".txt");
    assert_int_equal(fact->time.precision, ES_TIME_TICK);
    expect_list(0, "sources", "USBSTOR, MountedDevices, EMDMgmt, shortcuts, recent documents");
}

/* Folders below the letter that the stick alone had are its, by the letter alone; by the GUID of its
 * volume they are its without doubt. */
static void folders(void **state)
{
    const es_fact_view *fact;

    (void)state;
    known_stick();
    in_hive("UsrClass.dat", BAGS, "0", "Rcomputer");
    newest_first("UsrClass.dat", BAGS, "0");
    in_hive("UsrClass.dat", BAGS "\\0", "0", "VC:\\");
    in_hive("UsrClass.dat", BAGS "\\0", "1", "VE:\\");
    in_hive("UsrClass.dat", BAGS "\\0", "2", "G" GUID);
    in_hive("UsrClass.dat", BAGS "\\0", "3", "FC:");
    newest_first("UsrClass.dat", BAGS "\\0", "0123");
    in_hive("UsrClass.dat", BAGS "\\0\\0", "0", "FWindows");
    newest_first("UsrClass.dat", BAGS "\\0\\0", "0");
    in_hive("UsrClass.dat", BAGS "\\0\\1", "0", "FPhotos");
    in_hive("UsrClass.dat", BAGS "\\0\\1", "1", "!");
    newest_first("UsrClass.dat", BAGS "\\0\\1", "10");
    in_hive("UsrClass.dat", BAGS "\\0\\1\\0", "0", "F2021");
    newest_first("UsrClass.dat", BAGS "\\0\\1\\0", "0");
    run("connected");
    assert_int_equal(fake_n_facts(fake, "media.folder"), 2 * 4); /* old and new path of the hive */
    assert_string_equal(fake_field_text(fake_fact(fake, "media.folder", 0), "path"), "E:\\");
    fact = fake_fact(fake, "media.folder", 1);
    assert_string_equal(fake_field_text(fact, "path"), "E:\\Photos");
    assert_int_equal(fact->time.precision, ES_TIME_NONE); /* not the newest */
    fact = fake_fact(fake, "media.folder", 2);
    assert_string_equal(fake_field_text(fact, "path"), "E:\\Photos\\2021");
    assert_string_equal(fake_field_text(fact, "user"), "bob");
    assert_int_equal(fact->time.precision, ES_TIME_TICK);
    assert_string_equal(fake_field_text(fake_fact(fake, "media.folder", 3), "volume"), GUID);
    assert_int_equal(fake_n_rows(fake, 1, "volumes"), 0);
    expect_list(0, "sources", "USBSTOR, MountedDevices, EMDMgmt, folder views, folder views, by "
                              "letter alone");
    expect_list(0, "paths", "");
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"), "Letters are reused"));
}

/* Two volumes had the letter: whose the folder is, is not known. */
static void a_letter_of_several(void **state)
{
    (void)state;
    known_stick();
    fake_shortcut(fake, RECENT, "a.lnk", ES_DRIVE_REMOVABLE, 7, "E:\\a.txt");
    in_hive("UsrClass.dat", BAGS, "0", "Rcomputer");
    newest_first("UsrClass.dat", BAGS, "0");
    in_hive("UsrClass.dat", BAGS "\\0", "0", "VE:\\");
    in_hive("UsrClass.dat", BAGS "\\0", "1", "DCANAND0");
    newest_first("UsrClass.dat", BAGS "\\0", "01");
    run("connected");
    assert_int_equal(fake_n_rows(fake, 1, "volumes"), 3);
    assert_string_equal(
        fake_row_field(fake, 1, "volumes", 0, "volume_serial")->text.data, "0000-0007");
    assert_int_equal(fake_row_field(fake, 1, "volumes", 1, "volume_serial")->type, 0);
    assert_int_equal(fake_row_field(fake, 1, "volumes", 1, "may_be")->n, 1);
    assert_string_equal(fake_row_field(fake, 1, "volumes", 2, "labels")->texts[0].data, "CANAND0");
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"),
                           "2 removable volumes that can be tied to no device"));
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"), "several had the letter"));
}

/* A shortcut without a volume: its items name a device or a letter. */
static void shortcuts_by_items(void **state)
{
    static const uint8_t device[] = "Rcomputer|DCANAND0|FDCIM", letter[] = "Rcomputer|VE:\\|Fx",
                         fixed[] = "Rcomputer|VC:\\|Fx", broken[] = "Rcomputer|!";

    (void)state;
    known_stick();
    fake_shortcut(fake, RECENT, "b.lnk", 0, 0, "")->items =
        (es_bytes){ broken, sizeof broken - 1 };
    fake_shortcut(fake, RECENT, "d.lnk", 0, 0, "")->items =
        (es_bytes){ device, sizeof device - 1 };
    fake_shortcut(fake, RECENT, "l.lnk", 0, 0, "")->items =
        (es_bytes){ letter, sizeof letter - 1 };
    fake_shortcut(fake, RECENT, "f.lnk", 0, 0, "")->items = (es_bytes){ fixed, sizeof fixed - 1 };
    run("connected");
    assert_int_equal(fake_n_facts(fake, "media.shortcut"), 2);
    assert_string_equal(fake_field_text(fake_fact(fake, "media.shortcut", 0), "path"),
                        "CANAND0\\DCIM");
    assert_string_equal(fake_field_text(fake_fact(fake, "media.shortcut", 1), "path"), "E:\\x");
    assert_string_equal(fake_field_text(fake_fact(fake, "media.shortcut", 1), "drive"), "(null)");
    assert_int_equal(fake_n_rows(fake, 1, "volumes"), 1);
    expect_list(0, "sources", "USBSTOR, MountedDevices, EMDMgmt, shortcuts, by letter alone");
    assert_int_equal(fake_n_notes(fake), 1); /* of the one that breaks off */
}

#define SECTION(device, time)                                                                      \
    ">>>  [Device Install (Hardware initiated) - " device "]\n>>>  Section start " time "\n"

/* When Windows first met a device, and one that the registry has forgotten. */
static void log_of_installations(void)
{
    installed();
    fake_zone(fake, 0);
    fake_text_log(fake, "Windows/inf/setupapi.dev.log",
                  SECTION("USBSTOR\\" MODEL "\\" SERIAL "&0", "2015/05/04 11:02:03.125")
                  SECTION("usbstor\\Disk&Ven_Gone&Prod_Stick&Rev_1\\77&0", "2019/05/04 11:02:03.125")
                  SECTION("USBSTOR\\", "2019/05/04 11:02:03.125")
                  SECTION("USBSTOR\\" MODEL "\\", "2019/05/04 11:02:03.125")
                  SECTION("PCI\\VEN_8086\\3&1", "2019/05/04 11:02:03.125"));
}

static void installed_by_the_log(void **state)
{
    (void)state;
    log_of_installations();
    run("connected");
    assert_int_equal(fake_n_rows(fake, 1, "devices"), 2);
    expect_list(0, "sources", "USBSTOR, setupapi.dev.log");
    assert_string_equal(row(0, "first_means")->text.data, "installed, as a setup log tells");
    assert_string_equal(row(0, "last_means")->text.data, "device key last written");
    assert_string_equal(row(1, "serial")->text.data, "77");
    assert_string_equal(row(1, "name")->text.data, "Gone Stick");
    expect_list(1, "sources", "setupapi.dev.log");
}

/* A device that the log met later is not there on an earlier day; one of which only a later write of
 * its key is left may have been. */
static void on_a_day_of_the_past(void **state)
{
    static const struct {
        int64_t day;
        const char *answer;
        uint32_t n_devices;
    } days[] = {
        { 152822, "connected", 2 }, /* 2019-06-01 */
        { 151575, "connected", 1 }, /* 2016-01-01 */
        { 151210, "none-found", 0 }, /* 2015-01-01: met later, says the log */
    };

    for (size_t i = 0; i < ES_COUNT(days); i++) {
        log_of_installations();
        fake_ask_as_of(fake, days[i].day * 86400 * ES_TICKS_PER_SECOND);
        run(days[i].answer);
        assert_int_equal(fake_n_rows(fake, 1, "devices"), days[i].n_devices);
        end(state);
        begin(state);
    }
    installed();
    fake_ask_as_of(fake, 86400 * ES_TICKS_PER_SECOND);
    run("unknown");
    assert_int_equal(fake_n_rows(fake, 1, "devices"), 0);
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"),
                           "Of 1 more the earliest time that is left is later"));
}

/* A shortcut that was written again later was made by then; an entry of a list without a time may be
 * older than the day. */
static void opened_on_a_day_of_the_past(void **state)
{
    es_shortcut *made;

    (void)state;
    fake_key(fake, "SYSTEM", "Select");
    made = fake_shortcut(fake, RECENT, "a.lnk", ES_DRIVE_REMOVABLE, 7, "E:\\a.txt");
    made->created = at_tick(131000000000000000);
    made->modified = at_tick(132000000000000000);
    made = fake_shortcut(fake, RECENT, "b.lnk", ES_DRIVE_REMOVABLE, 8, "E:\\b.txt");
    made->created = made->modified = at_tick(132000000000000000);
    fake_ask_as_of(fake, 131500000000000000);
    run("connected");
    assert_int_equal(fake_n_rows(fake, 1, "volumes"), 1);
    assert_string_equal(
        fake_row_field(fake, 1, "volumes", 0, "volume_serial")->text.data, "0000-0007");
    assert_string_equal(
        fake_row_field(fake, 1, "volumes", 0, "last_means")->text.data, "shortcut made");
    assert_null(strstr(fake_explanation(fake, 1, "removable-media"), "may be older"));
}

static void folders_on_a_day_of_the_past(void **state)
{
    (void)state;
    fake_key(fake, "SYSTEM", "Select");
    in_hive("UsrClass.dat", BAGS, "0", "Rcomputer");
    newest_first("UsrClass.dat", BAGS, "0");
    in_hive("UsrClass.dat", BAGS "\\0", "0", "DCANAND0");
    newest_first("UsrClass.dat", BAGS "\\0", "0"); /* at 132000000000000000 */
    fake_ask_as_of(fake, 131500000000000000);
    run("unknown");
    assert_int_equal(fake_n_rows(fake, 1, "volumes"), 0);
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"), "may be older"));
}

/* A letter that a removable volume had later is not one that was there on the day. */
static void a_letter_on_a_day_of_the_past(void **state)
{
    es_shortcut *made;

    (void)state;
    fake_key(fake, "SYSTEM", "Select");
    made = fake_shortcut(fake, RECENT, "b.lnk", ES_DRIVE_REMOVABLE, 8, "E:\\b.txt");
    made->created = made->modified = at_tick(133000000000000000);
    in_hive("UsrClass.dat", BAGS, "0", "VE:\\");
    newest_first("UsrClass.dat", BAGS, "0"); /* at 132000000000000000 */
    fake_ask_as_of(fake, 132500000000000000);
    run("unknown");
    assert_int_equal(fake_n_rows(fake, 1, "volumes"), 1);
    assert_string_equal(fake_row_field(fake, 1, "volumes", 0, "sources")->texts[0].data,
                        "folder views");
    end(state);
    begin(state);
    fake_key(fake, "SYSTEM", "Select");
    fake_shortcut(fake, RECENT, "b.lnk", ES_DRIVE_REMOVABLE, 0, "E:\\b.txt")->modified =
        at_tick(132000000000000000); /* no number, but it says that the drive is removable */
    run("connected");
}

/* Of a day before Windows was there its registry tells nothing. */
static void on_a_day_before_setup(void **state)
{
    (void)state;
    fake_plugin(fake, &esuscan_plugin_build);
    fake_key(fake, "SYSTEM", "Select");
    fake_number(fake, "SOFTWARE", "Microsoft\\Windows NT\\CurrentVersion", "InstallDate",
                1440399163); /* 2015-08-24 */
    fake_ask_as_of(fake, INT64_C(151210) * 86400 * ES_TICKS_PER_SECOND); /* 2015-01-01 */
    run("unknown");
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"), "not installed yet"));
    end(state);
    begin(state);
    fake_plugin(fake, &esuscan_plugin_build);
    fake_key(fake, "SYSTEM", "Select");
    fake_number(fake, "SOFTWARE", "Microsoft\\Windows NT\\CurrentVersion", "InstallDate",
                1440399163);
    fake_ask_as_of(fake, INT64_C(151575) * 86400 * ES_TICKS_PER_SECOND); /* 2016-01-01 */
    run("none-found");
}

/* What of a source cannot be read is said, and the others are told all the same. */
static void damaged_lists_of_devices(void **state)
{
    (void)state;
    fake_key(fake, "SYSTEM", SET "Enum\\USBSTOR");
    fake_corrupt(fake);
    mount("\\DosDevices\\E:", NAMED("_??_"));
    mount("\\DosDevices\\F:", NAMED("_??_"));
    fake_corrupt(fake);
    run("connected");
    expect_list(0, "mounts", "E:");
    assert_int_equal(fake_n_facts(fake, "media.place"), 0);
    assert_int_equal(fake_n_notes(fake), 2);
}

/* A list of which a part cannot be read does not say that there was no device. */
static void damaged_list_without_a_device(void **state)
{
    static const char *const lists[] = { SET "Enum\\USB", "MountedDevices",
                                         SET "Control\\DeviceClasses\\" DISK,
                                         SET "Enum\\USBSTOR", SET "Enum\\USBSTOR\\" MODEL };

    for (size_t i = 0; i < ES_COUNT(lists); i++) {
        fake_key(fake, "SYSTEM", "Select");
        fake_key(fake, "SYSTEM", lists[i]);
        fake_corrupt(fake);
        run("unknown");
        assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"), "not whole"));
        assert_int_equal(fake_n_notes(fake), 1);
        end(state);
        begin(state);
    }
}

static void damaged_documents_and_folders(void **state)
{
    (void)state;
    known_stick();
    fake_shortcut(fake, RECENT, "a.lnk", ES_DRIVE_REMOVABLE, SERIAL_NUMBER, "E:\\a.txt");
    document(DOCUMENTS, "0", "a.txt", "Fa.lnk");
    document(DOCUMENTS, "1", "b.txt", "!");
    newest_first("NTUSER.DAT", DOCUMENTS, "10");
    run("connected");
    assert_int_equal(fake_n_facts(fake, "media.recent"), 2); /* old and new path of the hive */
    assert_int_equal(fake_n_notes(fake), 2);
}

static void damaged_order_of_folders(void **state)
{
    (void)state;
    known_stick();
    in_hive("UsrClass.dat", BAGS, "0", "VE:\\");
    newest_first("UsrClass.dat", BAGS, "0");
    in_hive("UsrClass.dat", BAGS "\\0", "0", "FPhotos");
    newest_first("UsrClass.dat", BAGS "\\0", "0");
    fake_corrupt(fake);
    run("connected");
    assert_int_equal(fake_n_facts(fake, "media.folder"), 2); /* likewise */
    assert_int_equal(fake_n_notes(fake), 2);
}

static void damaged_key_of_folders(void **state)
{
    (void)state;
    known_stick();
    fake_key(fake, "UsrClass.dat", BAGS);
    fake_corrupt(fake);
    run("connected");
    assert_int_equal(fake_n_notes(fake), 2);
}

/* What there is no room for is not forgotten in silence. */
static es_status crowded_begin(const es_host *host, const es_installation *installation,
                               void **ret_state)
{
    es_status status = media_begin(host, installation, ret_state);

    for (uint32_t i = 1; i <= 4096 && status == ES_OK; i++)
        status = media_know_serial(*ret_state, i);
    return status;
}

static void more_than_is_remembered(void **state)
{
    es_plugin crowded = esuscan_plugin_media;

    (void)state;
    crowded.begin = crowded_begin;
    fake_host_free(fake);
    fake = fake_host_new();
    fake_plugin(fake, &crowded);
    known_stick();
    run("connected");
    assert_int_equal(fake_n_notes(fake), 1);
}

static void more_letters_than_are_listed(void **state)
{
    (void)state;
    installed();
    for (char letter = 'D'; letter <= 'T'; letter++) { /* 17 of them */
        char name[24];

        (void)snprintf(name, sizeof name, "\\DosDevices\\%c:", letter);
        mount(name, NAMED("_??_"));
        if (letter == 'S') {
            run("connected");
            assert_null(strstr(fake_explanation(fake, 1, "removable-media"), "first 16"));
        }
    }
    run("connected");
    assert_int_equal(row(0, "mounts")->n, 16);
    assert_non_null(strstr(fake_explanation(fake, 1, "removable-media"),
                           "Of 1 of them more drive letters"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(nothing), TEST(no_hive), TEST(one_device_of_many_traces),
        TEST(readyboost_without_a_test), TEST(numbers_and_readers), TEST(installed_by_the_log),
        TEST(on_a_day_of_the_past),
        TEST(shortcuts_by_number), TEST(a_volume_without_a_device), TEST(copies_of_a_volume),
        TEST(documents), TEST(folders), TEST(a_letter_of_several), TEST(shortcuts_by_items),
        TEST(opened_on_a_day_of_the_past), TEST(folders_on_a_day_of_the_past),
        TEST(a_letter_on_a_day_of_the_past), TEST(on_a_day_before_setup),
        TEST(damaged_lists_of_devices), TEST(damaged_list_without_a_device),
        TEST(damaged_documents_and_folders),
        TEST(damaged_order_of_folders), TEST(damaged_key_of_folders),
        TEST(more_than_is_remembered), TEST(more_letters_than_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
