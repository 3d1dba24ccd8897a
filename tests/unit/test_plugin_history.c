/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_history.c: every kind of event, of text log and of header that the history plugin
 * reads, and those that it must leave alone.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_history;

#define SYSTEM "Windows/System32/winevt/Logs/System.evtx"
#define GENERAL "Microsoft-Windows-Kernel-General", "{a68ca8b7-004f-d7b6-a698-07e2de0f1f5d}"
#define SERVICING "Microsoft-Windows-Servicing", "{BD12F3B8-FC40-4A61-A307-B7A013A069C1}"
#define CLIENT "Microsoft-Windows-WindowsUpdateClient", "{945a8954-c147-4acd-923f-40c45405a658}"
#define AUDIT "Microsoft-Windows-Security-Auditing", "{54849625-5478-4994-a5ba-3e3b0328c30d}"
#define EVENTLOG "Microsoft-Windows-Eventlog", "{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}"
#define SLC "Microsoft-Windows-Security-Licensing-SLC", "{1fd7c1d2-d037-4620-8d29-b2c7e5fcc13a}"
#define SETUP "Microsoft-Windows-Setup", "{75ebc33e-997f-49cf-b49f-ecc50184b75d}"
#define NOW INT64_C(132000000000000000)
#define ID "Package_for_KB4493471~31bf3856ad364e35~amd64~~6.0.1.1"
#define DATA(...) __VA_ARGS__, (const char *)NULL
#define NO_DATA (const char *)NULL

static fake_host *fake;

static int begin(void **state)
{
    (void)state;
    fake = fake_host_new();
    fake_plugin(fake, &esuscan_plugin_history);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_host_free(fake);
    return 0;
}

static void run(void)
{
    assert_int_equal(fake_run(fake), ES_OK);
}

static void expect(const char *type, uint32_t index, const char *field, const char *text)
{
    const char *found = fake_field_text(fake_fact(fake, type, index), field);

    if (strcmp(found, text) != 0)
        fail_msg("%s %u: %s is \"%s\", not \"%s\"", type, (unsigned)index, field, found, text);
}

/* -1: null */
static void expect_number(const char *type, uint32_t index, const char *field, int64_t number)
{
    const es_datum *datum = fake_field(fake_fact(fake, type, index), field);
    int64_t found = datum->type ? datum->integer : -1;

    if (found != number)
        fail_msg("%s %u: %s is %lld, not %lld", type, (unsigned)index, field, (long long)found,
                 (long long)number);
}

static int64_t ticks_of(const char *type, uint32_t index)
{
    const es_fact_view *fact = fake_fact(fake, type, index);

    return es_time_known(fact->time) ? fact->time.ticks : -1;
}

/* Seconds since 1970 */
static int64_t unix_of(const char *type, uint32_t index)
{
    return (ticks_of(type, index) - ES_TICKS_UNIX_EPOCH) / ES_TICKS_PER_SECOND;
}

/* ------------------------------------------------------------------ starts and stops */

static void starts_and_stops(void **state)
{
    static const char *const kinds[] = { "start", "stop", "unclean-stop", "version", "version",
                                         "uptime", "uptime", "start", "stop", "stop-requested" };
    es_event *daily;

    (void)state;
    fake_event_log(fake, SYSTEM);
    fake_event(fake, "EventLog", NULL, 6005, NOW, NO_DATA);
    fake_event(fake, "EventLog", NULL, 6006, NOW + 1, NO_DATA);
    fake_event(fake, "EventLog", NULL, 6008, NOW + 2, DATA("", "9:08:12 PM", "", "4/2/2019"));
    fake_event(fake, "EventLog", NULL, 6009, NOW + 3, DATA("", "6.00.", "", "6002", "",
               "Service Pack 2 ", "", "Multiprocessor Free"));
    fake_event(fake, "EventLog", NULL, 6009, NOW + 4, DATA("", "6.00.", "", "6003", "",
               "Service Pack 2", "", "Multiprocessor Free", "", "20489"));
    daily = fake_event(fake, "EventLog", NULL, 6013, NOW + 5, DATA("", "", "", "", "", "", "", "",
                       "", "84113", "", "60"));
    fake_event_binary(fake, daily, "1.1|0|Windows|6.0|Free|6003.vistasp2_ldr_escrow.190320-1700|x|");
    daily = fake_event(fake, "EventLog", NULL, 6013, NOW + 6, DATA("", "1"));
    fake_event_binary(fake, daily, "1.1|0|cut");
    fake_event(fake, GENERAL, 12, NOW + 7, DATA("MajorVersion", "6", "MinorVersion", "0",
               "BuildVersion", "6003", "QfeVersion", "20489", "ServiceVersion", "0x2", "BootMode",
               "0", "StartTime", "2019-05-14T10:21:00.1250000Z"));
    fake_event(fake, GENERAL, 13, NOW + 8, DATA("StopTime", "2019-05-14T10:15:00Z"));
    fake_event(fake, "User32", NULL, 1074, NOW + 9, DATA("", "wininit.exe", "", "SRV", "", "restart"));
    fake_event(fake, "Somebody", NULL, 6005, NOW + 10, NO_DATA);
    run();
    assert_int_equal(fake_n_facts(fake, "history.boot"), 10);
    for (uint32_t i = 0; i < 10; i++) {
        expect("history.boot", i, "kind", kinds[i]);
        assert_int_equal(ticks_of("history.boot", i), NOW + i);
        expect_number("history.boot", i, "record", i + 1);
    }
    expect("history.boot", 2, "text", "9:08:12 PM 4/2/2019");
    expect_number("history.boot", 3, "build", 6002);
    expect_number("history.boot", 3, "revision", -1);
    expect("history.boot", 3, "service_pack", "Service Pack 2");
    expect_number("history.boot", 4, "revision", 20489);
    expect_number("history.boot", 5, "build", 6003);
    expect_number("history.boot", 5, "uptime", 84113);
    expect("history.boot", 5, "text", "6003.vistasp2_ldr_escrow.190320-1700");
    expect_number("history.boot", 6, "build", -1);
    expect_number("history.boot", 6, "uptime", -1);
    expect_number("history.boot", 7, "build", 6003);
    expect_number("history.boot", 7, "revision", 20489);
    assert_int_equal(fake_field(fake_fact(fake, "history.boot", 7), "started")->time.ticks %
                         ES_TICKS_PER_SECOND, 1250000);
    expect("history.boot", 9, "text", "wininit.exe SRV restart");
}

static void setup_of_windows(void **state)
{
    (void)state;
    fake_event_log(fake, SYSTEM);
    fake_event(fake, SETUP, 2003, NOW, DATA("HostOSName", "Windows Preinstallation Environment",
               "Installwasanupgrade", "false", "HostOSwasWindowsPE", "true", "HostOSmajorversion",
               "6", "HostOSminorversion", "0", "HostOSbuildversion", "6001"));
    fake_event(fake, SETUP, 2004, NOW, DATA("", "Windows Server (R) 2008 Standard", "",
               "ServerStandard", "", "6", "", "0", "", "6002", "", "Service Pack 2"));
    fake_event(fake, SETUP, 2004, NOW, DATA("", "cut"));
    run();
    assert_int_equal(fake_n_facts(fake, "history.boot"), 3);
    expect("history.boot", 0, "kind", "installed-from");
    expect_number("history.boot", 0, "build", 6001);
    expect("history.boot", 1, "kind", "installed");
    expect_number("history.boot", 1, "build", 6002);
    expect("history.boot", 1, "service_pack", "Service Pack 2");
    expect("history.boot", 1, "text", "Windows Server (R) 2008 Standard");
    expect_number("history.boot", 2, "build", -1);
}

static void clock_changes(void **state)
{
    (void)state;
    fake_event_log(fake, SYSTEM);
    fake_event(fake, GENERAL, 1, NOW, DATA("NewTime", "2019-05-20T11:00:00Z", "OldTime",
               "2019-05-20T12:00:00Z"));
    fake_event(fake, GENERAL, 1, NOW, DATA("NewTime", "yesterday", "OldTime",
               "2019-13-45T99:00:00Z"));
    fake_event(fake, AUDIT, 4616, NOW, DATA("SubjectUserName", "bob", "PreviousTime",
               "2019-05-20T11:00:00Z", "NewTime", "2019-05-21T11:00:00.5Z"));
    run();
    assert_int_equal(fake_n_facts(fake, "history.clock"), 3);
    expect_number("history.clock", 0, "shift", -3600);
    expect_number("history.clock", 1, "shift", -1);
    assert_int_equal(fake_field(fake_fact(fake, "history.clock", 1), "old")->type, 0);
    expect_number("history.clock", 2, "shift", 86400);
    expect("history.clock", 2, "user", "bob");
}

/* ------------------------------------------------------------------ servicing, updates */

static void servicing(void **state)
{
    static const struct {
        uint32_t id;
        const char *value, *result;
    } known[] = {
        { 4371, "7", "started" },     { 4372, "7", "started" },  { 4373, "7", "installed" },
        { 4373, "112", "installed" }, { 4373, "0", "uninstalled" }, { 4373, "4", "staged" },
        { 4373, "5", "restart-required" }, { 4373, "80", "superseded" }, { 4373, "?", "(null)" },
        { 4374, "", "not-applicable" }, { 4375, "7", "failed" },
        { 4376, "", "restart-required" },
    };

    (void)state;
    fake_event_log(fake, SYSTEM);
    for (uint32_t i = 0; i < ES_COUNT(known); i++)
        fake_event(fake, SERVICING, known[i].id, NOW + i, DATA("identifier", ID, "releaseType",
                   "Security Update", "stateLoc", "x", "state", known[i].value));
    /* of a part of a package, by place alone; 6.1 and later; another's 3 and 4 */
    fake_event(fake, SERVICING, 4383, NOW, DATA("", "Part", "", ID, "", "Update", "", "x", "", "7"));
    fake_event(fake, SERVICING, 4385, NOW, DATA("", "Part", "", ID, "", "Update", "", "x", "", "7"));
    fake_event(fake, SERVICING, 4386, NOW, DATA("", "Part", "", ID));
    fake_event(fake, SERVICING, 2, NOW, DATA("PackageIdentifier", "KB4493471",
               "IntendedPackageState", "5112", "Client", "WindowsUpdateAgent"));
    fake_event(fake, SERVICING, 3, NOW, DATA("PackageIdentifier", "KB4493471",
               "IntendedPackageState", "5112", "ErrorCode", "0x800f0922"));
    fake_event(fake, "Microsoft-Windows-OptionalComponentSetup", NULL, 3, NOW, DATA("", ID));
    run();
    assert_int_equal(fake_n_facts(fake, "history.servicing"), ES_COUNT(known) + 5);
    for (uint32_t i = 0; i < ES_COUNT(known); i++) {
        expect("history.servicing", i, "result", known[i].result);
        expect("history.servicing", i, "kb", "KB4493471");
    }
    expect("history.servicing", 12, "update", "Part");
    expect("history.servicing", 12, "identity", ID);
    expect("history.servicing", 12, "result", "installed");
    expect("history.servicing", 13, "result", "failed");
    expect("history.servicing", 14, "result", "restart-required");
    expect("history.servicing", 15, "result", "installed");
    expect("history.servicing", 15, "client", "WindowsUpdateAgent");
    expect("history.servicing", 16, "result", "failed");
    expect("history.servicing", 16, "error", "0x800f0922");
}

static void update_client(void **state)
{
    static const char *const results[] = { "installed", "failed", "restart-required",
                                           "restart-required", "started", "downloading" };
    static const uint32_t ids[] = { 19, 20, 21, 22, 43, 44 };

    (void)state;
    fake_event_log(fake, SYSTEM);
    for (uint32_t i = 0; i < ES_COUNT(ids); i++)
        fake_event(fake, CLIENT, ids[i], NOW, DATA("errorCode", "0x80070005", "updateTitle",
                   "2019-04 Rollup (KB4493471)", "updateGuid", "{x}"));
    fake_event(fake, CLIENT, 21, NOW, DATA("updatelist", "- Rollup (KB4499149)"));
    fake_event(fake, CLIENT, 25, NOW, DATA("updateTitle", "KB1234567"));
    run();
    assert_int_equal(fake_n_facts(fake, "history.update"), 7);
    for (uint32_t i = 0; i < ES_COUNT(ids); i++) {
        expect("history.update", i, "result", results[i]);
        expect("history.update", i, "kb", "KB4493471");
        expect("history.update", i, "source", "event log");
    }
    expect("history.update", 1, "error", "0x80070005");
    expect("history.update", 6, "kb", "KB4499149");
}

/* ------------------------------------------------------------------ people, licensing, crashes */

static void people(void **state)
{
    (void)state;
    fake_event_log(fake, "Windows/System32/winevt/Logs/Security.evtx");
    fake_event(fake, AUDIT, 4624, NOW, DATA("TargetUserName", "bob", "TargetDomainName", "SRV",
               "TargetUserSid", "S-1-5-21-1", "LogonType", "10", "IpAddress", "10.0.0.9",
               "TargetLogonId", "0x3e7"));
    fake_event(fake, AUDIT, 4634, NOW, DATA("TargetUserName", "bob", "LogonType", "2"));
    fake_event(fake, AUDIT, 4647, NOW, DATA("TargetUserName", "bob"));
    fake_event(fake, AUDIT, 4672, NOW, DATA("SubjectUserName", "admin"));
    fake_event(fake, AUDIT, 4688, NOW, DATA("SubjectUserName", "bob", "NewProcessName", "cmd.exe"));
    fake_event(fake, AUDIT, 4625, NOW, DATA("TargetUserName", "guess"));
    fake_event(fake, EVENTLOG, 1102, NOW, DATA("SubjectUserName", "mallory"));
    fake_event(fake, EVENTLOG, 104, NOW, DATA("SubjectUserName", "mallory", "SubjectDomainName",
               "SRV", "Channel", "System", "BackupPath", "C:\\x.evtx"));
    run();
    assert_int_equal(fake_n_facts(fake, "history.logon"), 5);
    expect("history.logon", 0, "kind", "logon");
    expect("history.logon", 0, "user", "bob");
    expect("history.logon", 0, "address", "10.0.0.9");
    expect("history.logon", 0, "logon_id", "0x3e7");
    expect_number("history.logon", 0, "logon_type", 10);
    expect("history.logon", 1, "kind", "logoff");
    expect("history.logon", 2, "kind", "logoff-requested");
    expect("history.logon", 3, "kind", "privileges");
    expect("history.logon", 3, "user", "admin");
    expect("history.logon", 4, "process", "cmd.exe");
    assert_int_equal(fake_n_facts(fake, "history.cleared"), 2);
    expect("history.cleared", 0, "log", "Security");
    expect("history.cleared", 1, "log", "System");
    expect("history.cleared", 1, "backup", "C:\\x.evtx");
    assert_int_equal(fake_n_notes(fake), 2); /* each a gap in knowledge */
}

static void licensing_and_crashes(void **state)
{
    const es_datum *guids;

    (void)state;
    fake_event_log(fake, SYSTEM);
    fake_event(fake, SLC, 1003, NOW, DATA("", "55c92734-d682-4d71-983e-d6ec3f16059f", "",
               "n: 553673ed-6ddf-419c-a153-b760283472fd, 1, 1; 553673ed-6ddf-419c-a153-b76028347"));
    fake_event(fake, "Microsoft-Windows-WER-SystemErrorReporting",
               "{abce23e7-de45-4366-8631-84fa6c525952}", 1001, NOW, DATA("param1",
               "0x0000007e (0xffffffffc0000005)", "param2", "C:\\Windows\\MEMORY.DMP"));
    fake_event(fake, "BugCheck", NULL, 1001, NOW, DATA("", "0x000000d1", "", "C:\\x.dmp"));
    run();
    assert_int_equal(fake_n_facts(fake, "history.licence"), 1);
    guids = fake_field(fake_fact(fake, "history.licence", 0), "guids");
    assert_int_equal(guids->n, 2); /* the third is cut */
    assert_int_equal(fake_n_facts(fake, "history.crash"), 2);
    expect("history.crash", 0, "stop_code", "0x0000007e");
    expect("history.crash", 0, "dump", "C:\\Windows\\MEMORY.DMP");
    expect("history.crash", 1, "stop_code", "0x000000d1");
}

static void how_far_a_log_reaches(void **state)
{
    (void)state;
    fake_event_log(fake, SYSTEM);
    fake_event_log_damaged(fake);
    fake_event(fake, "Other", NULL, 7, NOW, NO_DATA);
    fake_event(fake, "EventLog", NULL, 6005, NOW + 50, NO_DATA);
    fake_event_log(fake, "Windows/System32/winevt/Logs/Archive-System-2019.evtx");
    run();
    assert_int_equal(fake_n_facts(fake, "history.log"), 2);
    expect_number("history.log", 0, "records", 2);
    expect_number("history.log", 0, "damaged", 1);
    assert_int_equal(fake_field(fake_fact(fake, "history.log", 0), "first")->time.ticks, NOW);
    expect_number("history.log", 1, "records", 0);
    assert_int_equal(fake_field(fake_fact(fake, "history.log", 1), "first")->type, 0);
}

/* ------------------------------------------------------------------ text logs */

#define SETUP_LOG                                                                                  \
    "[Device Install Log]\n     OS Version = 6.0.6002\n     Service Pack = 2.0\n"                  \
    "     Architecture = amd64\n\n[BeginLog]\n\n"

static void setup_logs(void **state)
{
    (void)state;
    fake_zone(fake, 120);
    fake_text_log(fake, "Windows/inf/setupapi.dev.log",
                  SETUP_LOG "[Boot Session: 2019/04/02 23:11:07.500]\n\n"
                  ">>>  [Device Install (Hardware initiated) - USBSTOR\\Disk&Ven_X\\1&0]\n"
                  ">>>  Section start 2019/05/04 11:02:03.125\n     dvi: x\n"
                  "<<<  Section end 2019/05/04 11:02:04.000\n"
                  ">>>  Section start 2019/05/04 11:02:05.000\n" /* of nothing */
                  "[Boot Session: 2019/05/14 12:21:02.000]\n[Boot Session: soon]\n");
    fake_text_log(fake, "Windows/inf/setupapi.app.log",
                  SETUP_LOG ">>>  [SetupCopyOEMInf - x.inf]\n[Boot Session: 2019/04/02 23:11:07]\n");
    run();
    assert_int_equal(fake_n_facts(fake, "history.setup_log"), 6);
    expect("history.setup_log", 0, "text", "6.0.6002");
    expect("history.setup_log", 2, "name", "Architecture");
    assert_int_equal(fake_n_facts(fake, "history.boot"), 4);
    /* the first session is the one in which the header was written */
    expect_number("history.boot", 0, "build", 6002);
    assert_int_equal(unix_of("history.boot", 0), 1554239467); /* 21:11:07 UTC */
    assert_int_equal(fake_fact(fake, "history.boot", 0)->time.flags & ES_TIME_FROM_LOCAL,
                     ES_TIME_FROM_LOCAL);
    assert_int_equal(fake_fact(fake, "history.boot", 0)->time.precision, ES_TIME_MILLISECOND);
    expect_number("history.boot", 1, "build", -1);
    assert_int_equal(ticks_of("history.boot", 2), -1); /* no time that can be read */
    expect_number("history.boot", 3, "build", -1);     /* began within a session not told of */
    assert_int_equal(fake_n_facts(fake, "history.device"), 1);
    expect("history.device", 0, "device", "USBSTOR\\Disk&Ven_X\\1&0");
    expect("history.device", 0, "action", "Device Install (Hardware initiated)");
    expect_number("history.device", 0, "line", 11);
}

/* Where no zone is known a fact has no time rather than a wrong one. */
static void no_zone(void **state)
{
    (void)state;
    fake_text_log(fake, "Windows/inf/setupapi.dev.log", "[Boot Session: 2019/04/02 23:11:07.500]\n");
    fake_text_log(fake, "Windows/Logs/CBS/CBS.log",
                  "2019-05-13 23:41:03, Info   CBS    Exec: Package: " ID ", current: Absent\n");
    run();
    assert_int_equal(ticks_of("history.boot", 0), -1);
    assert_int_equal(ticks_of("history.cbs", 0), -1);
}

#define REPORT(time, code, words)                                                                  \
    "{8F3B}\t" time "\t1\t183\t101\t{1F0B}\t200\t" code "\tAutomaticUpdates\tSuccess\tContent "    \
    "Install\t" words "\n"

static void update_logs(void **state)
{
    (void)state;
    fake_zone(fake, 60);
    fake_text_log(fake, "Windows/SoftwareDistribution/ReportingEvents.log",
                  REPORT("2019-05-14 12:22:31:250+0200", "0",
                         "Installation Successful: Windows successfully installed the following "
                         "update: Rollup (KB4493471)")
                  REPORT("2019-06-11 22:00:01:000-0330", "80070005",
                         "Installation Failure: Windows failed to install the following update "
                         "with error 0x80070005: Update (KB4499149)")
                  REPORT("2019-06-11 22:00:01:000+0200", "0", "Something Else: nothing")
                  "{8F3B}\tcut\n");
    fake_text_log(fake, "Windows/WindowsUpdate.log",
                  "2019-05-14\t12:22:36:265\t 996\td10\tReport\tREPORT EVENT: "
                  REPORT("2019-05-14 12:22:31:250+0200", "0",
                         "Installation Started: Windows has started installing the following "
                         "update: Rollup (KB4493471)")
                  "2019-05-14\t12:22:36:265\t 996\td10\tAU\tnothing\n");
    run();
    assert_int_equal(fake_n_facts(fake, "history.update"), 3);
    expect("history.update", 0, "source", "WindowsUpdate.log");
    expect("history.update", 0, "result", "started");
    expect("history.update", 1, "kb", "KB4493471");
    expect("history.update", 1, "result", "installed");
    expect("history.update", 1, "title", "Rollup (KB4493471)");
    expect("history.update", 1, "error", "(null)");
    assert_int_equal(unix_of("history.update", 1), 1557829351); /* 10:22:31 UTC */
    expect("history.update", 2, "result", "failed");
    expect("history.update", 2, "error", "80070005");
    assert_int_equal(unix_of("history.update", 2), 1560303001); /* 01:30:01 UTC, the day after */
}

static void component_servicing(void **state)
{
    (void)state;
    fake_zone(fake, 120);
    fake_text_log(fake, "Windows/Logs/CBS/CBS.log",
                  "2019-05-13 23:41:02, Info   CBS    Loaded Servicing Stack v6.0.6002.24566\n"
                  "2019-05-13 23:41:03, Info   CBS    Exec: Package: " ID ", current: Absent\n"
                  "2019-06-11 21:59:59, Error  CBS    Failed to stage package Package_for_KB4499149"
                  "~x~amd64~~6.0.1.2 [HRESULT = 0x80070005 - E_ACCESSDENIED]\n"
                  "2019-99-11 21:59:59, Error  CBS    Failed: Package_for_KB1\n"
                  "Package_for_KB4499149 Exec: Package\n\n");
    fake_text_log(fake, "Windows/Logs/CBS/CbsPersist_20190612.log",
                  "2019-05-13 23:41:03, Info   CBS    Exec: Package: " ID ", current: Absent\n");
    run();
    assert_int_equal(fake_n_facts(fake, "history.cbs"), 5);
    expect("history.cbs", 0, "identity", ID);
    expect("history.cbs", 0, "kb", "KB4493471");
    expect_number("history.cbs", 0, "failed", 0);
    assert_int_equal(unix_of("history.cbs", 0), 1557783663);
    expect_number("history.cbs", 1, "failed", 1);
    expect("history.cbs", 1, "kb", "KB4499149");
    assert_int_equal(ticks_of("history.cbs", 2), -1); /* there is no month 99 */
    assert_int_equal(ticks_of("history.cbs", 3), -1);
    expect("history.cbs", 4, "log", "CbsPersist_20190612.log");
}

/* ------------------------------------------------------------------ the history of updates */

static void data_store(void **state)
{
    static const uint8_t id[20] = { 0x2c, 0x1b, 0x0b, 0x1f, 0x7c, 0x6a, 0x57, 0x4c, 0x9f, 0x60,
                                    0x0d, 0x2a, 0x2a, 0x7f, 0x4f, 0x11 };

    (void)state;
    fake_table(fake, "Windows/SoftwareDistribution/DataStore/DataStore.edb", "tbHistory");
    fake_table_row(fake, "Date", 'r', 43599.5, "Status", 'i', INT64_C(1), "Title", 't',
                   "Rollup (KB4493471)", "UpdateId", 'b', id, "UnmappedResult", 'i', INT64_C(0),
                   (const char *)NULL);
    fake_table_row(fake, "Date", 'r', -1.0, "Status", 'i', INT64_C(2), "Title", 't', "Update",
                   "UnmappedResult", 'i', (int64_t)(int32_t)0x80070005, (const char *)NULL);
    fake_table_row(fake, "Status", 'n', (const char *)NULL);
    run();
    assert_int_equal(fake_n_facts(fake, "history.update"), 3);
    expect("history.update", 0, "kb", "KB4493471");
    expect("history.update", 0, "result", "installed");
    expect("history.update", 0, "guid", "{1f0b1b2c-6a7c-4c57-9f60-0d2a2a7f4f11}");
    expect("history.update", 0, "error", "(null)");
    assert_int_equal(unix_of("history.update", 0), 1557835200); /* 2019-05-14 12:00 */
    expect("history.update", 1, "result", "failed");
    expect("history.update", 1, "error", "0x80070005");
    assert_int_equal(ticks_of("history.update", 1), -1); /* no date of an update is negative */
    expect("history.update", 2, "result", "other");
}

/* ------------------------------------------------------------------ headers */

static uint8_t header[0x3000];

static void put(uint32_t at, uint64_t number, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        header[at + i] = (uint8_t)(number >> 8 * i);
}

static void fill(const char *mark)
{
    for (uint32_t i = 0; i < sizeof header; i++)
        header[i] = (uint8_t)"PAGE"[i % 4];
    memcpy(header + 4, mark, 4);
}

static void dumps(void **state)
{
    (void)state;
    fill("DU64");
    put(8, 15, 4), put(12, 6003, 4), put(0x30, 0x8664, 4), put(0x38, 0x7e, 4);
    put(0x40, UINT64_C(0xffffffffc0000005), 8);
    put(0xfa8, (uint64_t)NOW, 8), put(0x1030, 100 * 10000000, 8);
    fake_file(fake, "Windows/MEMORY.DMP", header, 0x2000);
    fill("DUMP");
    put(8, 12, 4), put(12, 6002, 4), put(0x20, 0x14c, 4), put(0x28, 0xd1, 4);
    put(0x2c, 0x1234, 4), put(0xfc0, (uint64_t)NOW + 1, 8);
    fake_file(fake, "Windows/Minidump/Mini040219-01.dmp", header, 0x1000);
    fake_file(fake, "Windows/Minidump/cut.dmp", header, 0xfff);
    fake_file(fake, "Windows/Minidump/program.dmp", "MDMP of a program", 17);
    run();
    assert_int_equal(fake_n_facts(fake, "history.crash"), 2);
    expect_number("history.crash", 0, "build", 6003);
    expect("history.crash", 0, "machine", "amd64");
    expect("history.crash", 0, "stop_code", "0x0000007e");
    expect_number("history.crash", 0, "uptime", 100);
    expect_number("history.crash", 0, "checked_build", 0);
    assert_int_equal(ticks_of("history.crash", 0), NOW);
    expect_number("history.crash", 1, "build", 6002);
    expect("history.crash", 1, "machine", "x86");
    expect_number("history.crash", 1, "checked_build", 1);
    expect_number("history.crash", 1, "uptime", -1); /* never written: the pattern PAGE */
    assert_int_equal(ticks_of("history.crash", 1), NOW + 1);
    assert_int_equal(fake_n_notes(fake), 1); /* of the one that is cut */
}

/* What was never written is no build and no stop code. */
static void a_dump_of_nothing(void **state)
{
    (void)state;
    fill("DU64");
    fake_file(fake, "Windows/MEMORY.DMP", header, 0x2000);
    run();
    expect("history.crash", 0, "stop_code", "(null)");
    expect_number("history.crash", 0, "build", -1);
    expect_number("history.crash", 0, "checked_build", -1);
    expect("history.crash", 0, "parameters", "(null)");
    assert_int_equal(ticks_of("history.crash", 0), -1);
}

static void packed_logs_are_named(void **state)
{
    (void)state;
    fake_file(fake, "Windows/Logs/CBS/CbsPersist_20180412000000.cab", "MSCF", 4);
    fake_file(fake, "Windows/Logs/CBS/CbsPersist_20180512000000.cab", "", 0);
    run();
    assert_int_equal(fake_n_notes(fake), 2);
}

static void hibernation(void **state)
{
    static const struct {
        const char *mark;
        uint32_t length, page_at, time_at;
        const char *state, *machine;
    } known[] = {
        { "hibr", 0x138, 0x18, 0x20, "hibernated", "amd64" },
        { "HIBR", 0xf0, 0x14, 0x18, "hibernated", "x86" },
        { "wake", 0x138, 0x18, 0x20, "resumed", "amd64" },
        { "rstr", 0xf0, 0x14, 0x18, "resuming", "x86" },
        { "\0\0\0\0", 0, 0, 0, "empty", "(null)" },
        { "hibr", 0x200, 0, 0, "hibernated", "(null)" }, /* of another Windows */
    };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(known); i++) {
        memset(header, 0, sizeof header);
        memcpy(header, known[i].mark, 4);
        put(12, known[i].length, 4);
        if (known[i].time_at) {
            put(known[i].page_at, 4096, 4);
            put(known[i].time_at, (uint64_t)NOW, 8);
        }
        end(NULL);
        begin(NULL);
        fake_file(fake, "hiberfil.sys", header, sizeof header);
        run();
        expect("history.hibernation", 0, "state", known[i].state);
        expect("history.hibernation", 0, "machine", known[i].machine);
        assert_int_equal(ticks_of("history.hibernation", 0), known[i].time_at ? NOW : -1);
    }
}

/* What is no header of hiberfil.sys is neither hibernated nor empty. */
static void no_hibernation(void **state)
{
    static const struct {
        const char *mark;
        uint32_t size;
    } broken[] = { { "\xeb\x52\x90NTFS", sizeof header }, { "hibr", 0x100 },
                 { "hibr", 0 } };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(broken); i++) {
        memset(header, 0x5a, sizeof header);
        memcpy(header, broken[i].mark, 4);
        put(12, 0x138, 4);
        end(NULL);
        begin(NULL);
        fake_file(fake, "hiberfil.sys", header, broken[i].size);
        run();
        assert_int_equal(fake_n_facts(fake, "history.hibernation"), 0);
        assert_int_equal(fake_n_notes(fake), 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(starts_and_stops),  TEST(setup_of_windows), TEST(clock_changes),
        TEST(servicing),         TEST(update_client),    TEST(people),
        TEST(licensing_and_crashes), TEST(how_far_a_log_reaches),
        TEST(setup_logs),        TEST(no_zone),          TEST(update_logs),
        TEST(component_servicing), TEST(data_store),     TEST(dumps),
        TEST(hibernation),       TEST(no_hibernation), TEST(a_dump_of_nothing),
        TEST(packed_logs_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
