/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_media.c: each source that knows a removable device, one device out of all of them,
 * and what must not become one.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_media, esuscan_plugin_history;

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(nothing), TEST(no_hive), TEST(one_device_of_many_traces),
        TEST(readyboost_without_a_test), TEST(numbers_and_readers), TEST(installed_by_the_log),
        TEST(on_a_day_of_the_past),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
