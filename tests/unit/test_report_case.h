/* SPDX-License-Identifier: Apache-2.0
 *
 * test_report_case.h: a made-up case, put into a ledger by hand, for the tests of reports: a server
 * that boots a 6003 kernel while its registry says 6002, an earlier state in RegBack, and strings
 * such as an attacker would leave.
 */
#ifndef TEST_REPORT_CASE_H
#define TEST_REPORT_CASE_H

#include "base/time.h"
#include "ledger/ledger.h"
#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIELD(type_, name_) { sizeof(es_field), type_, name_, "" }

static const es_field hive_fields[] = {
    FIELD(ES_FIELD_TEXT, "state"), FIELD(ES_FIELD_INTEGER, "pages"),
};
static const es_fact_type core_facts[] = {
    { sizeof(es_fact_type), ES_COUNT(hive_fields), "hive.state", "how a hive was read",
      hive_fields, NULL },
};
static const es_plugin core_plugin = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "esuscan", .version = "0.1.0",
    .summary = "the core", .facts = core_facts, .n_facts = ES_COUNT(core_facts),
};

static const es_field registry_fields[] = {
    FIELD(ES_FIELD_TEXT, "name"), FIELD(ES_FIELD_TEXT, "data"), FIELD(ES_FIELD_TEXT, "before"),
};
static const es_field pending_fields[] = {
    FIELD(ES_FIELD_TEXT_LIST, "operations"), FIELD(ES_FIELD_BYTES, "raw"),
    FIELD(ES_FIELD_BOOLEAN, "kernel"), FIELD(ES_FIELD_TIME, "queued"),
};
static const es_fact_type build_facts[] = {
    { sizeof(es_fact_type), ES_COUNT(registry_fields), "build.registry", "a value",
      registry_fields, NULL },
    { sizeof(es_fact_type), ES_COUNT(pending_fields), "build.pending", "owed operations",
      pending_fields, "queued" },
};
static const char *const build_answers[] = { "6002", "6003", "other", "not-applicable",
                                             "unknown" };
static const es_field build_fields[] = {
    FIELD(ES_FIELD_TEXT, "status"), FIELD(ES_FIELD_TEXT, "revision"),
    FIELD(ES_FIELD_TEXT, "branch"), FIELD(ES_FIELD_TEXT, "architecture"),
    FIELD(ES_FIELD_TEXT, "build"), FIELD(ES_FIELD_TEXT, "last_booted.build"),
    FIELD(ES_FIELD_TIME, "last_booted.time"), FIELD(ES_FIELD_FACT_LIST, "last_booted.because"),
    FIELD(ES_FIELD_TIME, "turned_6003.not_before"), FIELD(ES_FIELD_TIME, "turned_6003.not_after"),
    FIELD(ES_FIELD_TEXT, "turned_6003.update"), FIELD(ES_FIELD_FACT_LIST, "turned_6003.because"),
    FIELD(ES_FIELD_TEXT_LIST, "missing_sources"),
};
static const es_verdict_type build_verdicts[] = {
    { sizeof(es_verdict_type), ES_COUNT(build_answers), "build", "6002 or 6003", build_answers,
      build_fields, ES_COUNT(build_fields), 0 },
};
static const es_field contradiction_fields[] = {
    FIELD(ES_FIELD_FACT, "left"), FIELD(ES_FIELD_FACT, "right"), FIELD(ES_FIELD_TEXT, "text"),
};
static const es_row_type build_rows[] = {
    { sizeof(es_row_type), ES_COUNT(contradiction_fields), "contradictions", "build",
      contradiction_fields },
};
static const es_plugin build_plugin = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "build", .version = "1.0",
    .summary = "which build", .facts = build_facts, .n_facts = ES_COUNT(build_facts),
    .verdicts = build_verdicts, .n_verdicts = ES_COUNT(build_verdicts), .rows = build_rows,
    .n_rows = ES_COUNT(build_rows),
};

static const es_field kernel_fields[] = {
    FIELD(ES_FIELD_TEXT, "name"), FIELD(ES_FIELD_TEXT, "version"), FIELD(ES_FIELD_TEXT, "branch"),
    FIELD(ES_FIELD_TEXT, "machine"), FIELD(ES_FIELD_INTEGER, "links"),
    FIELD(ES_FIELD_BOOLEAN, "boots"),
};
static const es_fact_type kernel_facts[] = {
    { sizeof(es_fact_type), ES_COUNT(kernel_fields), "kernel.file", "a file of the kernel",
      kernel_fields, "linked" },
};
static const es_plugin kernel_plugin = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "kernel", .version = "1.0",
    .summary = "files of the kernel", .facts = kernel_facts, .n_facts = ES_COUNT(kernel_facts),
};

static inline es_datum text_datum(const char *text)
{
    return es_datum_text(es_text_of(text));
}

static inline es_time time_of(const char *text)
{
    es_time time = { 0, 0, 0 };

    assert_int_equal(es_time_parse(text, &time), ES_OK);
    return time;
}

static inline es_where nowhere(void)
{
    es_where where;

    memset(&where, 0, sizeof where);
    where.offset = where.length = where.log_offset = -1;
    return where;
}

static inline void put_ok(es_ledger *ledger, const es_record *record)
{
    assert_int_equal(es_ledger_put(ledger, record), ES_OK);
}

static inline void put_image(es_ledger *ledger, const char *format, uint32_t sector_size)
{
    es_record record = { .kind = ES_RECORD_IMAGE };

    record.image.format = format;
    record.image.size = UINT64_C(42949672960);
    record.image.sector_size = sector_size;
    record.image.stored_md5 = "0cc175b9c0f1b6a831c399e269772661";
    record.image.has_acquisition = true;
    record.image.case_number = "2024-017";
    record.image.examiner = "J. Doe";
    record.image.software = "ewfacquire 20140816";
    put_ok(ledger, &record);
}

static inline void put_segment(es_ledger *ledger, const char *name)
{
    es_record record = { .kind = ES_RECORD_SEGMENT };

    record.segment.name = name;
    record.segment.size = 2147483648u;
    put_ok(ledger, &record);
}

static inline void put_fence(es_ledger *ledger, const char *name)
{
    es_record record = { .kind = ES_RECORD_FENCE };

    record.fence.name = name;
    put_ok(ledger, &record);
}

static inline void put_volume(es_ledger *ledger, uint32_t id, const char *scheme, const char *filesystem,
                       uint64_t offset)
{
    es_record record = { .kind = ES_RECORD_VOLUME };

    record.volume.id = id;
    record.volume.scheme = scheme;
    record.volume.slot = id == 1 ? "000:000" : "000:001";
    record.volume.filesystem = filesystem;
    record.volume.offset = offset;
    record.volume.length = UINT64_C(21474836480);
    record.volume.serial = "8A2C1F0E2C1EF8B1";
    put_ok(ledger, &record);
}

static inline void put_installation(es_ledger *ledger, uint32_t id, uint32_t role)
{
    es_record record = { .kind = ES_RECORD_INSTALLATION };

    record.installation.id = id;
    record.installation.machine = 1;
    record.installation.volume = 2;
    record.installation.role = role;
    record.installation.snapshot = -1;
    record.installation.system_root = "\\Windows";
    record.installation.product_name = "Windows Server (R) 2008 Standard";
    record.installation.edition = "ServerStandard";
    record.installation.service_pack = "Service Pack 2";
    record.installation.architecture = "amd64";
    record.installation.computer_name = "SRV-SQL01";
    record.installation.time_zone = "W. Europe Standard Time";
    record.installation.install_date = time_of("2009-11-03T10:22:41Z");
    if (role == ES_ROLE_CURRENT)
        record.installation.last_shutdown = time_of("2019-08-14T07:29:58.1234567Z");
    else
        record.installation.state_time = time_of("2019-03-01T03:00:12Z");
    put_ok(ledger, &record);
}

static inline void put_artefact(es_ledger *ledger, uint32_t id, const char *path, uint64_t entry,
                         bool is_hive)
{
    es_record record = { .kind = ES_RECORD_ARTEFACT };

    record.artefact.id = id;
    record.artefact.volume = 2;
    record.artefact.snapshot = -1;
    record.artefact.attribute_type = 128;
    record.artefact.attribute_id = 1;
    record.artefact.path = path;
    record.artefact.mft_entry = entry;
    record.artefact.mft_sequence = 4;
    record.artefact.has_mft = true;
    record.artefact.is_hive = is_hive;
    record.artefact.size = 22020096;
    record.artefact.has_sha256 = true;
    memset(record.artefact.sha256, (int)id, sizeof record.artefact.sha256);
    put_ok(ledger, &record);
}

static inline void put_plugin(es_ledger *ledger, const es_plugin *plugin)
{
    es_record record = { .kind = ES_RECORD_PLUGIN };

    record.plugin = plugin;
    put_ok(ledger, &record);
}

static inline void put_fact(es_ledger *ledger, uint64_t reference, uint32_t installation,
                     const char *plugin, uint32_t type, const es_datum *fields, uint32_t n,
                     const es_where *where)
{
    es_record record = { .kind = ES_RECORD_FACT };

    record.fact.reference = reference;
    record.fact.installation = installation;
    record.fact.plugin = plugin;
    record.fact.type = type;
    record.fact.fields = fields;
    record.fact.n_fields = n;
    record.fact.where = *where;
    put_ok(ledger, &record);
}

static inline void put_value(es_ledger *ledger, uint64_t reference, uint32_t installation,
                      uint32_t artefact, const char *name, const char *data, const char *before)
{
    es_datum fields[] = { text_datum(name), text_datum(data),
                          before ? text_datum(before) : es_null() };
    es_where where = nowhere();

    where.artefact = artefact;
    where.key = "Microsoft\\Windows NT\\CurrentVersion";
    where.value = name;
    where.offset = 4096 + (int64_t)reference * 64;
    where.length = 12;
    where.exact = true;
    where.last_written = time_of("2019-08-14T07:31:02.7654321Z");
    if (before) {
        where.log_artefact = 9;
        where.log_offset = 512;
    }
    put_fact(ledger, reference, installation, "build", 0, fields, 3, &where);
}

static inline void put_kernel(es_ledger *ledger, uint64_t reference, uint32_t artefact, const char *name,
                       const char *version)
{
    es_datum fields[] = { text_datum(name),    text_datum(version),   text_datum("LDR"),
                          text_datum("amd64"), es_datum_integer(2), es_datum_boolean(1) };
    es_record record = { .kind = ES_RECORD_FACT };

    record.fact.reference = reference;
    record.fact.installation = 1;
    record.fact.plugin = "kernel";
    record.fact.fields = fields;
    record.fact.n_fields = 6;
    record.fact.where = nowhere();
    record.fact.where.artefact = artefact;
    record.fact.where.offset = 4341780;
    record.fact.where.length = 52;
    record.fact.time = time_of("2019-03-21T01:12:00Z");
    record.fact.time.flags = ES_TIME_UPPER_BOUND;
    put_ok(ledger, &record);
}

static inline void put_verdict(es_ledger *ledger, uint32_t installation, uint32_t answer,
                        const char *explanation, const uint64_t *because, uint64_t n_because,
                        const es_datum *fields)
{
    es_record record = { .kind = ES_RECORD_VERDICT };

    record.verdict.installation = installation;
    record.verdict.plugin = "build";
    record.verdict.answer = answer;
    record.verdict.because = because;
    record.verdict.n_because = n_because;
    record.verdict.explanation = es_text_of(explanation);
    record.verdict.fields = fields;
    record.verdict.n_fields = ES_COUNT(build_fields);
    put_ok(ledger, &record);
}

static inline void put_note(es_ledger *ledger, uint32_t severity, const char *area, const char *text,
                     uint32_t installation, const char *path)
{
    es_record record = { .kind = ES_RECORD_NOTE };

    record.note.severity = severity;
    record.note.area = area;
    record.note.text = es_text_of(text);
    record.note.installation = installation;
    record.note.has_where = path != NULL;
    record.note.where = nowhere();
    record.note.where.path = path;
    record.note.where.volume = path ? 2 : 0;
    put_ok(ledger, &record);
}

static inline void put_done(es_ledger *ledger)
{
    es_record record = { .kind = ES_RECORD_DONE };

    put_ok(ledger, &record);
}

static inline void put_conflict(es_ledger *ledger)
{
    static const uint64_t because[] = { 100, 102, 104 }, booted[] = { 104 }, turned[] = { 100, 200 };
    static const es_text missing[] = { ES_TEXT("boot records of System.evtx") };
    es_record row = { .kind = ES_RECORD_ROW };
    es_datum fields[ES_COUNT(build_fields)] = {
        text_datum("conflict"), text_datum("6.0.6003.20489"), text_datum("LDR"),
        text_datum("amd64"), text_datum("6003"), text_datum("6002"),
        es_datum_time(time_of("2019-08-14T07:31:02Z")), es_datum_facts(booted, 1),
        es_datum_time(time_of("2019-03-01T03:00:12Z")),
        es_datum_time(time_of("2019-08-14T07:29:58Z")), text_datum("KB4493471"),
        es_datum_facts(turned, 2), es_datum_texts(missing, 1),
    };
    es_datum pair[] = { es_datum_fact(104), es_datum_fact(102),
                        text_datum("the kernel that boots is of build 6003, yet BuildLabEx, which "
                                   "servicing writes, still names 6002.") };

    put_verdict(ledger, 1, 1,
                "The kernel that boots, \\Windows\\System32\\ntoskrnl.exe, is of build 6003 (6.0.6003."
                "20489, LDR). CurrentBuildNumber says 6003 as well. BuildLabEx says 6002, which no "
                "known way of servicing explains.",
                because, 3, fields);
    row.row.installation = 1;
    row.row.plugin = "build";
    row.row.fields = pair;
    row.row.n_fields = 3;
    put_ok(ledger, &row);
}

static inline void put_regback(es_ledger *ledger)
{
    static const uint64_t because[] = { 200 };
    static const es_text missing[] = { ES_TEXT("kernel files"),
                                       ES_TEXT("boot records of System.evtx") };
    es_datum fields[ES_COUNT(build_fields)] = { text_datum("insufficient") };

    fields[4] = text_datum("6002");
    fields[12] = es_datum_texts(missing, 2);
    put_value(ledger, 200, 2, 5, "CurrentBuildNumber", "6002", NULL);
    put_verdict(ledger, 2, 0, "Only the registry of this state was kept; it says 6002.", because, 1,
                fields);
}

/* What an attacker would leave: lines, terminal escapes, bidirectional marks, bytes of no text. */
#define HOSTILE "6003\n\033[2Jf1 \xe2\x80\xae" "2006\xff\"\\"

static inline es_ledger *made_up_case_with(es_ledger_tap tap, void *context)
{
    es_datum pending[] = { es_null(), es_null(), es_datum_boolean(0), es_null() };
    static const es_text operations[] = { ES_TEXT("\\??\\C:\\Windows\\Temp\\a.tmp"),
                                          ES_TEXT("it\xe2\x80\xaes\n") };
    static const uint8_t raw[] = { 0xde, 0xad };
    es_datum hive[] = { text_datum("replayed"), es_datum_integer(14) };
    es_where where = nowhere();
    es_ledger *ledger = NULL;

    assert_int_equal(es_ledger_new(tap, context, &ledger), ES_OK);
    put_image(ledger, "E01", 512);
    put_segment(ledger, "srv01.E01");
    put_segment(ledger, "srv01.E02");
    put_fence(ledger, "seccomp");
    put_fence(ledger, "landlock");
    put_volume(ledger, 1, "mbr", "bitlocker", 1048576);
    put_volume(ledger, 2, "mbr", "ntfs", 368050176);
    put_plugin(ledger, &kernel_plugin);
    put_plugin(ledger, &build_plugin);
    put_plugin(ledger, &core_plugin);
    put_installation(ledger, 1, ES_ROLE_CURRENT);
    put_installation(ledger, 2, ES_ROLE_REGBACK);
    put_artefact(ledger, 3, "\\Windows\\System32\\config\\SOFTWARE", 5012, true);
    put_artefact(ledger, 9, "\\Windows\\System32\\config\\SOFTWARE.LOG1", 5013, false);
    put_artefact(ledger, 5, "\\Windows\\System32\\config\\RegBack\\SOFTWARE", 6200, true);
    put_kernel(ledger, 104, 4, "ntoskrnl.exe", "6.0.6003.20489");
    put_artefact(ledger, 4, "\\Windows\\System32\\ntoskrnl.exe", 9812, false);
    put_value(ledger, 103, 1, 3, "ProductName", HOSTILE, NULL);
    put_value(ledger, 102, 1, 3, "BuildLabEx",
              "6002.18005.amd64fre.lh_sp2rtm.090410-1830", NULL);
    put_value(ledger, 100, 1, 3, "CurrentBuildNumber", "6003", "6002");
    pending[0] = es_datum_texts(operations, 2);
    pending[1] = es_datum_bytes((es_bytes){ raw, 2 });
    where.artefact = 3;
    where.key = "odd'; touch pwned #\\\xe2\x80\xae";
    where.value = "";
    where.offset = 8192;
    where.length = 40;
    put_fact(ledger, 105, 1, "build", 1, pending, 4, &where);
    where = nowhere();
    where.artefact = 3;
    put_fact(ledger, 106, 1, "esuscan", 0, hive, 2, &where);
    put_conflict(ledger);
    put_regback(ledger);
    put_note(ledger, ES_SEVERITY_GAP, "volume",
             "volume 1 is encrypted with BitLocker and no key was given", 0, NULL);
    put_note(ledger, ES_SEVERITY_GAP, "hive", "COMPONENTS could not be opened: its header is torn "
             "and it has no usable log", 1, "\\Windows\\System32\\config\\COMPONENTS");
    put_note(ledger, ES_SEVERITY_GAP, "hive", "COMPONENTS could not be opened: its header is torn "
             "and it has no usable log", 1, "\\Windows\\System32\\config\\COMPONENTS");
    put_note(ledger, ES_SEVERITY_INFO, "servicing", "a restart is owed for \033[1mother\033[0m "
             "reasons", 1, NULL);
    put_done(ledger);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    return ledger;
}

static inline es_ledger *made_up_case(void)
{
    return made_up_case_with(NULL, NULL);
}

static inline es_run made_up_run(void)
{
    static const char *const command[] = { "esuscan", "-v", "/cases/srv01.E01" };
    static const char *const libraries[] = { "libewf", "20140816", "libtsk", "4.12.0", NULL };
    es_run run = { .version = "0.1.0", .command = command, .n_command = 3,
                   .image_path = "/cases/srv01.E01", .libraries = libraries, .width = 80 };

    run.started = time_of("2024-05-02T08:00:00Z");
    run.finished = time_of("2024-05-02T08:00:01Z");
    run.case_number = "2024-017";
    run.evidence = "E3";
    run.examiner = "J. Doe";
    return run;
}

/* The report as a string on the heap. */
static inline char *written(const es_format *format, const es_ledger *ledger, const es_run *run)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(format);
    assert_non_null(out);
    assert_int_equal(format->write(ledger, run, out), ES_OK);
    fclose(out);
    assert_int_equal(strlen(text), size); /* no NUL in any report */
    return text;
}

#endif
