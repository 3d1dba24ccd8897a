/* SPDX-License-Identifier: Apache-2.0
 *
 * build.c: the registry's side of a Windows's identity, and the build verdict.
 *
 * The plugin reads what SOFTWARE and SYSTEM say of the build, of the machine, and of operations
 * that wait for a restart, for every Windows from NT 4 to 11: a value that a Windows does not have
 * is simply absent. What the values mean for NT 6.0 is judged in judge.c, together with the
 * versions of the kernel files (facts `kernel.file`, `kernel.boot`), whoever emitted them.
 */
#include "build.h"

#define FIELD(type, name, means) { sizeof(es_field), ES_FIELD_##type, name, means }

static const es_want wants[] = {
    [BUILD_WANT_SOFTWARE] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT,
                              ES_WANT_REQUIRED, "System32/config/SOFTWARE",
                              "build numbers, edition, restarts that servicing owes" },
    [BUILD_WANT_SYSTEM] = { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, ES_WANT_REQUIRED,
                            "System32/config/SYSTEM",
                            "architecture, product type, computer name, time zone, renames owed" },
    [BUILD_WANT_PENDING_XML] = { sizeof(es_want), ES_KIND_FILE, ES_SCOPE_SYSTEM_ROOT, 0,
                                 "winsxs/pending.xml",
                                 "file operations that servicing does at the next start" },
};

static const es_field registry_fields[] = {
    FIELD(TEXT, "hive", "SOFTWARE or SYSTEM"),
    FIELD(TEXT, "name", "name of the value"),
    FIELD(TEXT, "text", "what it states, when it is a text"),
    FIELD(INTEGER, "number", "what it states, when it is a number"),
    FIELD(TEXT, "type", "registry type"),
    FIELD(BOOLEAN, "wow64", "from the copy that 32-bit programs see; reported, never decides"),
    FIELD(TEXT, "before", "what it stated before the hive's log was replayed, if that differs"),
    FIELD(TIME, "key_written", "last write of its key"),
};
static const es_field installed_fields[] = {
    FIELD(INTEGER, "seconds", "InstallDate: Unix seconds"),
};
static const es_field shutdown_fields[] = {
    FIELD(TIME, "before", "the time that stood there before the hive's log was replayed"),
};
static const es_field host_fields[] = {
    FIELD(TEXT, "computer_name", "NetBIOS name"),
    FIELD(TEXT, "host_name", "name in TCP/IP"),
    FIELD(TEXT, "domain", "primary DNS domain"),
};
static const es_field time_zone_fields[] = {
    FIELD(TEXT, "time_zone", "key name of the zone, or its standard name before NT 6.0"),
    FIELD(INTEGER, "bias", "minutes from local standard time to UTC"),
    FIELD(INTEGER, "active_bias", "minutes from local time to UTC when last set"),
    FIELD(INTEGER, "standard_bias", "minutes added in standard time"),
    FIELD(INTEGER, "daylight_bias", "minutes added in daylight saving time"),
    FIELD(BOOLEAN, "daylight_disabled", "daylight saving time is switched off"),
};
static const es_field product_fields[] = {
    FIELD(TEXT, "product_type", "WinNT, ServerNT or LanmanNT"),
    FIELD(TEXT, "means", "client, server or domain controller"),
    FIELD(TEXT_LIST, "suites", "product suites"),
};
static const es_field rename_fields[] = {
    FIELD(INTEGER, "order", "place in the list, from 0"),
    FIELD(TEXT, "source", "the file as it is now"),
    FIELD(TEXT, "target", "its name after the next start; null when it is to be deleted"),
    FIELD(BOOLEAN, "replace", "an existing target is replaced"),
    FIELD(BOOLEAN, "names_kernel", "one of the two is a kernel or boot file in its place"),
};
static const es_field mark_fields[] = {
    FIELD(TEXT, "mark", "which mark: RebootPending, PackagesPending, pending.xml …"),
    FIELD(BOOLEAN, "owed", "it says that something waits for a restart"),
    FIELD(INTEGER, "number", "its number, where it has one"),
    FIELD(TEXT_LIST, "names", "packages, programs or files it names"),
    FIELD(BOOLEAN, "names_kernel", "it names a kernel or boot file"),
    FIELD(BOOLEAN, "changes_build",
          "a service pack, or a package that brings build 6003 or may; null: not known"),
};
static const es_field setup_fields[] = {
    FIELD(BOOLEAN, "in_progress", "SystemSetupInProgress"),
    FIELD(INTEGER, "setup_type", "0: none; 1: setup; 2: CmdLine runs at the next start"),
    FIELD(INTEGER, "phase", "SetupPhase"),
    FIELD(TEXT, "command", "CmdLine"),
    FIELD(TEXT, "os_loader_path", "OsLoaderPath"),
    FIELD(TEXT, "system_partition", "SystemPartition"),
};

#define FACT(name, summary, fields, time) \
    { sizeof(es_fact_type), ES_COUNT(fields), name, summary, fields, time }

static const es_fact_type facts[] = {
    [BUILD_FACT_REGISTRY] = FACT("build.registry", "a value that identifies the Windows",
                                 registry_fields, NULL),
    [BUILD_FACT_INSTALLED] = FACT("build.installed", "when Windows was installed",
                                  installed_fields, "Windows installed"),
    [BUILD_FACT_SHUTDOWN] = FACT("build.shutdown", "the last orderly shutdown", shutdown_fields,
                                 "last orderly shutdown"),
    [BUILD_FACT_HOST] = FACT("build.host", "names of the computer", host_fields, NULL),
    [BUILD_FACT_TIME_ZONE] = FACT("build.time_zone", "time zone of the computer",
                                  time_zone_fields, NULL),
    [BUILD_FACT_PRODUCT] = FACT("build.product", "client, server or domain controller",
                                product_fields, NULL),
    [BUILD_FACT_RENAME] = FACT("build.pending_rename", "a file operation of the next start",
                               rename_fields, NULL),
    [BUILD_FACT_MARK] = FACT("build.servicing_mark", "a mark of unfinished servicing",
                             mark_fields, "key last written"),
    [BUILD_FACT_SETUP] = FACT("build.setup", "whether setup has finished", setup_fields, NULL),
};

static const char *const answers[] = {
    [BUILD_ANSWER_6002] = "6002",
    [BUILD_ANSWER_6003] = "6003",
    [BUILD_ANSWER_OTHER] = "other",
    [BUILD_ANSWER_NOT_APPLICABLE] = "not-applicable",
    [BUILD_ANSWER_UNKNOWN] = "unknown",
};

/* judge.c gives them in this order. */
static const es_field verdict_fields[] = {
    FIELD(TEXT, "status", "conflict, pending, insufficient, lagging or consistent"),
    FIELD(TEXT, "revision", "full version, as 6.0.6003.20489"),
    FIELD(TEXT, "branch", "RTM, GDR or LDR"),
    FIELD(TEXT, "architecture", "x86, amd64 or ia64"),
    FIELD(TEXT, "build", "the build number decided on"),
    FIELD(TEXT, "last_booted.build", "the build that last ran"),
    FIELD(TIME, "last_booted.time", "when it was started"),
    FIELD(FACT_LIST, "last_booted.because", "the boot records that tell"),
    FIELD(TIME, "turned_6003.not_before", "the machine was at 6002 then"),
    FIELD(TIME, "turned_6003.not_after", "the machine was at 6003 then"),
    FIELD(TEXT, "turned_6003.update", "the update that brought it, or installed-as-6003"),
    FIELD(FACT_LIST, "turned_6003.because", "the facts that bound it"),
    FIELD(TEXT_LIST, "missing_sources", "what could not be asked"),
};
static const es_verdict_type verdicts[] = {
    { sizeof(es_verdict_type), ES_COUNT(answers), "build",
      "whether the installation is at build 6002 or 6003", answers, verdict_fields,
      ES_COUNT(verdict_fields), 0 },
};

static const es_field contradiction_fields[] = {
    FIELD(FACT, "left", "one side"),
    FIELD(FACT, "right", "the other side"),
    FIELD(TEXT, "text", "in what they differ"),
};
static const es_field history_fields[] = {
    FIELD(TEXT, "build", "a build of which something tells"),
    FIELD(TIME, "first", "its first sighting"),
    FIELD(TEXT, "first_by",
          "event log, crash dump, setup, setup log, registry, shadow copy or RegBack"),
    FIELD(TIME, "last", "its last sighting"),
    FIELD(TEXT, "last_by", "likewise"),
    FIELD(BOOLEAN, "ran", "some of them tell that it ran; else it was seen on the disk only"),
    FIELD(INTEGER, "sightings", "how many there are"),
    FIELD(FACT_LIST, "because", "the facts of the first and the last"),
};
static const es_row_type rows[] = {
    [BUILD_ROW_CONTRADICTIONS] = { sizeof(es_row_type), ES_COUNT(contradiction_fields),
                                   "contradictions", "build", contradiction_fields },
    [BUILD_ROW_HISTORY] = { sizeof(es_row_type), ES_COUNT(history_fields), "history", "build",
                            history_fields },
};

#define NEED(type) { sizeof(es_need), ES_NEED_MACHINE, type }

static const es_need needs[] = {
    NEED("build.registry"),       NEED("build.pending_rename"), NEED("build.servicing_mark"),
    NEED("build.setup"),          NEED("kernel.file"),          NEED("kernel.boot"),
    NEED("hive.state"),           NEED("build.installed"),      NEED("history.boot"),
    NEED("history.log"),          NEED("history.servicing"),    NEED("history.update"),
    NEED("servicing.package"),    NEED("history.crash"),        NEED("build.shutdown"),
};

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    es_status status;

    (void)state;
    switch (artefact->want) {
    case BUILD_WANT_SOFTWARE:
        status = build_examine_software(host, artefact);
        return status < 0 ? status : build_examine_servicing(host, artefact);
    case BUILD_WANT_SYSTEM:
        status = build_examine_system(host, artefact);
        return status < 0 ? status : build_examine_manager(host, artefact);
    case BUILD_WANT_PENDING_XML:
        return build_examine_pending_xml(host, artefact);
    default:
        return ES_OK;
    }
}

const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "build",
    .version = "1",
    .summary = "identity of the Windows in its registry; the build verdict",
    .wants = wants,
    .facts = facts,
    .verdicts = verdicts,
    .rows = rows,
    .needs = needs,
    .n_wants = ES_COUNT(wants),
    .n_facts = ES_COUNT(facts),
    .n_verdicts = ES_COUNT(verdicts),
    .n_rows = ES_COUNT(rows),
    .n_needs = ES_COUNT(needs),
    .examine = examine,
    .judge = build_judge,
};
