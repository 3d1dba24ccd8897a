/* SPDX-License-Identifier: Apache-2.0
 *
 * integrity.c: is the kernel on this disk Microsoft's, and the one this build should have?
 *
 * Wanted are the files that make the kernel or start it, and what the examiner asks for besides,
 * each with its signature; the boot entries; the hives and files in which spoofing leaves traces;
 * and, only when asked for, the component store.
 */
#include "integrity.h"

#include <esuscan/seen.h>
#include <stdlib.h>

#define FIELD(type, name, means) { sizeof(es_field), ES_FIELD_##type, name, means }
#define SIGNED(path, means) \
    { sizeof(es_want), ES_KIND_SIGNATURE, ES_SCOPE_SYSTEM_ROOT, 0, path, means }
#define TRACE(path, means) { sizeof(es_want), ES_KIND_FILE, ES_SCOPE_SYSTEM_ROOT, 0, path, means }
/* By the literal beginning that Windows gives the manifests of ExtendedSecurityUpdatesAI: the folder
 * is the largest of all, and its index is read only where names begin so. */
#define SUPPRESSOR(architecture)                                                                   \
    TRACE("winsxs/Manifests/" architecture                                                         \
          "_microsoft-windows-s*edsecurityupdatesai_31bf3856ad364e35_6.3.*",                       \
          "a manifest that keeps ESU updates from asking for a licence")

static const es_want wants[] = {
    { sizeof(es_want), ES_KIND_BOOT_ENTRY, ES_SCOPE_DISK, 0, NULL,
      "which kernel is started, and what was switched off" },
    SIGNED("System32/ntoskrnl.exe", "the kernel"),
    SIGNED("System32/ntkrnlpa.exe", "the kernel with PAE, x86 only"),
    SIGNED("System32/hal.dll", "hardware abstraction layer"),
    SIGNED("System32/win32k.sys", "window manager in the kernel"),
    SIGNED("System32/ntdll.dll", "system calls"),
    SIGNED("System32/kernel32.dll", "base of Windows programs"),
    SIGNED("System32/ci.dll", "code integrity"),
    SIGNED("System32/winload.exe", "loader, BIOS"),
    SIGNED("System32/winload.efi", "loader, EFI"),
    SIGNED("System32/winresume.exe", "resumes from hibernation, BIOS"),
    SIGNED("System32/winresume.efi", "resumes from hibernation, EFI"),
    SIGNED("System32/kdcom.dll", "kernel debugger transport"),
    SIGNED("System32/pshed.dll", "hardware errors"),
    SIGNED("System32/clfs.sys", "common log file system"),
    SIGNED("System32/bootvid.dll", "boot screen"),
    SIGNED("{boot.kernel}", "a kernel that a boot entry names"),
    SIGNED("{boot.hal}", "a HAL that a boot entry names"),
    SIGNED("{boot.loader}", "the loader that a boot entry names"),
    SIGNED("{boot.manager}", "boot managers on the volume of the boot store"),
    SIGNED("{asked.files}", "files the examiner asks about (--file)"),
    { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, 0, "System32/config/SOFTWARE",
      "values and shims that spoofing leaves" },
    { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, 0, "System32/config/SYSTEM",
      "services that were redirected, options of the last start" },
    TRACE("System32/kerneles.dll", "copy of kernel32 made by an update patcher"),
    TRACE("System32/sle.dll", "stand-in for slc.dll that always says licensed"),
    TRACE("System32/wuaueng3.dll", "patched update agent"),
    TRACE("System32/wuaueng6.dll", "patched update agent"),
    TRACE("System32/msiesu.dll", "licence bypass for .NET updates"),
    TRACE("System32/esuslc.dll", "licence bypass"),
    TRACE("System32/gesu.dll", "licence bypass"),
    TRACE("System32/BypassESU.dll", "licence bypass"),
    TRACE("System32/KexDll.dll", "lies to programs about the version"),
    TRACE("servicing/slc.dll", "stand-in for slc.dll in servicing"),
    TRACE("WuEsu/*", "scripts of a licence bypass"),
    SUPPRESSOR("amd64"),
    SUPPRESSOR("arm64"),
    SUPPRESSOR("ia64"),
    SUPPRESSOR("msil"),
    SUPPRESSOR("wow64"),
    SUPPRESSOR("x86"),
    { sizeof(es_want), ES_KIND_COMPONENTS, ES_SCOPE_SYSTEM_ROOT, 0, NULL,
      "every file of the component store (--all-components)" },
};

static const char *const roles[] = {
    "", "kernel", "pae-kernel", "hal", "win32k", "ntdll", "kernel32", "code-integrity", "loader",
    "loader", "resume", "resume", "debugger-transport", "hardware-errors", "log-file-system",
    "boot-video", "boot-kernel", "boot-hal", "loader", "boot-manager", "asked",
};

enum { WANT_SOFTWARE = 21, WANT_SYSTEM, WANT_TRACES };

_Static_assert(sizeof roles / sizeof *roles == WANT_SOFTWARE, "a role for each signed file");

static const es_field file_fields[] = {
    FIELD(TEXT, "name", "its name on disk"),
    FIELD(TEXT, "role", "kernel, hal, loader …; asked: named by the examiner"),
    FIELD(TEXT, "embedded", "its own signature: sound, digest-differs, broken, unsupported, "
                            "unreadable or none"),
    FIELD(TEXT, "chain", "where the signer's chain ends: trusted, no-root, self-signed, forged or "
                         "invalid"),
    FIELD(TEXT, "chain_reason", "why it is not trusted"),
    FIELD(TEXT, "signer", "subject of the signer's certificate"),
    FIELD(TEXT, "issuer", "who issued it"),
    FIELD(TEXT, "root", "the root, or the issuer that is missing"),
    FIELD(TEXT, "thumbprint", "SHA-1 of the signer's certificate"),
    FIELD(BOOLEAN, "component_usage", "the chain may sign components of Windows"),
    FIELD(TEXT, "usages", "extended key usages of the chain"),
    FIELD(TIME, "signed_at", "time of the time stamp"),
    FIELD(BOOLEAN, "time_proven", "the time stamp is sound and its chain trusted"),
    FIELD(TEXT, "stamp", "kind of the time stamp"),
    FIELD(TEXT, "stamper", "who stamped"),
    FIELD(TEXT, "digest_algorithm", "of the stated digest"),
    FIELD(BYTES, "stated_digest", "the image hash its signature states"),
    FIELD(BYTES, "image_sha1", "image hash (Authenticode)"),
    FIELD(BYTES, "image_sha256", "image hash (Authenticode)"),
    FIELD(BYTES, "file_sha256", "of the whole file"),
    FIELD(TEXT, "pages", "page hashes: fit, differ or broken"),
    FIELD(INTEGER, "signatures", "signatures it carries"),
    FIELD(TEXT_LIST, "catalogs", "trusted catalogs that vouch for it; looked for only when its own "
                                 "signature does not settle whose it is"),
    FIELD(TEXT, "catalog_signer", "who signed the first of them"),
    FIELD(TEXT, "catalog_root", "its root"),
    FIELD(TIME, "catalog_signed_at", "and when"),
    FIELD(TEXT_LIST, "other_catalogs", "catalogs that hold its hash and vouch for nothing"),
    FIELD(BOOLEAN, "catalog_by_another", "one of them is trusted, but not for Windows components"),
    FIELD(INTEGER, "catalogs_found", "catalogs of the installation; null: not asked"),
    FIELD(INTEGER, "catalogs_unread", "of them, not read undamaged"),
    FIELD(BOOLEAN, "damaged", "it lies on bytes of the image that cannot be trusted"),
    FIELD(TEXT, "file_version", "version in numbers"),
    FIELD(BOOLEAN, "version_differs", "version in words is another than in numbers"),
    FIELD(TEXT, "original_filename", "name it was built under"),
    FIELD(TEXT, "catalog_member", "name the catalog has for it"),
    FIELD(BOOLEAN, "fits_path", "one of these names fits its place"),
    FIELD(BOOLEAN, "checked_build", "a debug build"),
    FIELD(BOOLEAN, "checksum_matches", "PE checksum"),
    FIELD(INTEGER, "links", "hard links; 1 means placed outside servicing"),
    FIELD(TEXT, "component", "the same file in the component store"),
    FIELD(BOOLEAN, "component_searched", "the component store was looked through"),
    FIELD(TEXT, "known", "good or bad, by the examiner's list"),
    FIELD(INTEGER, "appended", "bytes in the certificate table that no signature covers"),
    FIELD(INTEGER, "behind", "bytes behind the certificate table"),
    FIELD(INTEGER, "uncovered", "bytes between sections that no signature covers"),
    FIELD(TEXT, "problem", "what is broken in its layout"),
    FIELD(TEXT, "inside", "it is no image and has one inside (bootmgr): as `embedded`, of that "
                          "image; "
                          "signer and version are that image's"),
    FIELD(INTEGER, "inside_at", "where that image begins"),
};
_Static_assert(sizeof file_fields / sizeof *file_fields == N_FILE_FIELDS, "fields in order");

static const es_field boot_fields[] = {
    FIELD(TEXT, "store", "path of the boot store"),
    FIELD(TEXT, "object", "identity of the entry"),
    FIELD(TEXT, "description", "as the boot menu shows it"),
    FIELD(BOOLEAN, "default", "started when nothing is chosen"),
    FIELD(INTEGER, "order", "place in the boot menu, from 0"),
    FIELD(TEXT_LIST, "concerns", "what lets other code than Microsoft's run"),
};
static const es_field trace_fields[] = {
    FIELD(TEXT, "trace", "what it is"),
    FIELD(TEXT, "found", "what stands there"),
    FIELD(TEXT, "expected", "what Windows would have"),
    FIELD(TEXT, "means", "what leaves it"),
};
static const es_field component_fields[] = {
    FIELD(TEXT, "path", "below the system root"),
    FIELD(TEXT, "state", "differs, missing, unreadable; manifest: it cannot be read itself"),
    FIELD(TEXT, "algorithm", "of the digest"),
    FIELD(BYTES, "stated", "digest in the manifest"),
    FIELD(BYTES, "computed", "digest of the file"),
    FIELD(INTEGER, "size", "bytes"),
};
static const es_field store_fields[] = {
    FIELD(INTEGER, "checked", "files compared with their manifests"),
    FIELD(INTEGER, "same", "as their manifests state"),
    FIELD(INTEGER, "differ", "other than their manifests state"),
    FIELD(INTEGER, "missing", "stated and not there"),
    FIELD(INTEGER, "unreadable", "files that could not be read undamaged"),
    FIELD(INTEGER, "manifests_unread", "manifests that could not be read"),
    FIELD(INTEGER, "left_out", "files that are not told one by one, there being too many"),
};

static const es_fact_type facts[] = {
    [FACT_FILE] = { sizeof(es_fact_type), N_FILE_FIELDS, "integrity.file",
                    "whose a file is: its signature, its catalogs, its place", file_fields, NULL },
    [FACT_BOOT] = { sizeof(es_fact_type), N_BOOT_FIELDS, "integrity.boot",
                    "a boot entry and what it lets run", boot_fields, NULL },
    [FACT_TRACE] = { sizeof(es_fact_type), N_TRACE_FIELDS, "integrity.spoof",
                     "a trace of spoofing or of a bypass", trace_fields, NULL },
    [FACT_COMPONENT] = { sizeof(es_fact_type), N_COMPONENT_FIELDS, "integrity.component",
                         "a file of the component store that is not as its manifest states",
                         component_fields, NULL },
    [FACT_STORE] = { sizeof(es_fact_type), N_STORE_FIELDS, "integrity.store",
                     "the component store against its manifests", store_fields, NULL },
};

static const char *const answers[] = { "original", "original-but-not-of-this-build",
                                       "signed-by-another", "modified", "unsigned", "unknown" };
static const es_field verdict_fields[] = {
    FIELD(INTEGER, "files_checked", "kernel and boot files"),
    FIELD(INTEGER, "files_original", "of them original and of this build"),
    FIELD(TEXT_LIST, "concerns", "settings of the boot store that let other code run"),
    FIELD(TEXT_LIST, "traces", "traces of spoofing and bypasses"),
    FIELD(INTEGER, "components_checked", "files of the component store; null: not asked for"),
    FIELD(INTEGER, "components_changed", "of them other than their manifests state, or missing"),
};
static const es_verdict_type verdicts[] = {
    { sizeof(es_verdict_type), ES_COUNT(answers), "kernel-integrity",
      "whether the kernel and boot files are Microsoft's and those of this build", answers,
      verdict_fields, ES_COUNT(verdict_fields), 0 },
};
static const es_field row_fields[] = {
    FIELD(TEXT, "file", "path"),
    FIELD(TEXT, "role", "kernel, hal, loader …; asked: not part of the overall answer"),
    FIELD(TEXT, "answer", "as of the verdict"),
    FIELD(TEXT, "explanation", "why"),
    FIELD(FACT, "because", "the file's fact"),
};
static const es_row_type rows[] = {
    { sizeof(es_row_type), ES_COUNT(row_fields), "files", "kernel-integrity", row_fields },
};
static const es_need needs[] = {
    { sizeof(es_need), ES_NEED_MACHINE, "integrity.file" },
    { sizeof(es_need), ES_NEED_MACHINE, "integrity.boot" },
    { sizeof(es_need), ES_NEED_MACHINE, "integrity.spoof" },
    { sizeof(es_need), ES_NEED_MACHINE, "integrity.store" },
    { sizeof(es_need), ES_NEED_MACHINE, "servicing.component" },
    { sizeof(es_need), ES_NEED_MACHINE, "hive.state" },
};
static const es_data data[] = { { sizeof(es_data), 0, "microsoft-roots.pem" } };

static es_status begin(const es_host *host, const es_installation *installation, void **ret_state)
{
    (void)host, (void)installation;
    *ret_state = calloc(1, sizeof(es_seen)); /* files that a fact was emitted for already */
    return *ret_state ? ES_OK : ES_NOMEM;
}

static void end(void *state, const es_host *host)
{
    (void)host;
    free(state);
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    switch (artefact->kind) {
    case ES_KIND_BOOT_ENTRY:
        return boot_examine(host, artefact);
    case ES_KIND_SIGNATURE:
        if (es_seen_before((es_seen *)state, artefact))
            return ES_OK;
        return file_examine(host, artefact, roles[artefact->want]);
    case ES_KIND_HIVE:
        return artefact->want == WANT_SOFTWARE ? traces_of_software(host, artefact)
                                               : traces_of_system(host, artefact);
    case ES_KIND_COMPONENTS:
        return store_examine(host, artefact);
    default:
        return traces_of_file(host, artefact);
    }
}

const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "integrity",
    .version = "1",
    .summary = "whether the kernel and boot files are Microsoft's, and of this build",
    .wants = wants,
    .facts = facts,
    .verdicts = verdicts,
    .rows = rows,
    .needs = needs,
    .data = data,
    .n_wants = ES_COUNT(wants),
    .n_facts = ES_COUNT(facts),
    .n_verdicts = ES_COUNT(verdicts),
    .n_rows = ES_COUNT(rows),
    .n_needs = ES_COUNT(needs),
    .n_data = ES_COUNT(data),
    .begin = begin,
    .examine = examine,
    .judge = integrity_judge,
    .end = end,
};
