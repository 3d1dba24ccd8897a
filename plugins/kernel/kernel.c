/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel.c: versions of the files that make the kernel, and the boot entries that start it.
 *
 * One fact `kernel.file` per file that is there, one `kernel.boot` per boot entry that leads to the
 * installation. Whether a kernel is the one that boots needs both, so the judge says it, not a fact
 * made while files come in one after the other.
 *
 * The branch stands in the version string: "6.0.6003.20489 (vistasp2_ldr_escrow.190320-1700)". It
 * decides; the revision's range (GDR 0x4000 to 0x4FFF, LDR 0x5000 to 0x5FFF) stands in where there
 * is no string, and is compared where there is one. A file whose version in numbers differs from
 * the one in words was perhaps tampered with; both are kept.
 *
 * A file that a boot entry names can be one that is wanted by its own name too: it gives one fact.
 */
#include <esuscan/names.h>
#include <esuscan/plugin.h>
#include <esuscan/seen.h>

#include <stdio.h>
#include <stdlib.h>

#define FIELD(type, name, means) { sizeof(es_field), ES_FIELD_##type, name, means }
#define FILE_WANT(flags, path, means) \
    { sizeof(es_want), ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, flags, path, means }

/* In the order of the roles below. The kernel itself is read whole, for its checksum. */
static const es_want wants[] = {
    { sizeof(es_want), ES_KIND_BOOT_ENTRY, ES_SCOPE_DISK, 0, NULL,
      "which kernel is started, and how" },
    FILE_WANT(ES_WANT_REQUIRED | ES_WANT_WHOLE, "System32/ntoskrnl.exe", "the kernel"),
    FILE_WANT(ES_WANT_WHOLE, "System32/ntkrnlpa.exe", "the kernel with PAE, x86 only"),
    FILE_WANT(ES_WANT_WHOLE, "System32/hal.dll", "hardware abstraction layer"),
    FILE_WANT(0, "System32/win32k.sys", "window manager in the kernel"),
    FILE_WANT(0, "System32/ntdll.dll", "system calls"),
    FILE_WANT(0, "System32/kernel32.dll", "base of Windows programs"),
    FILE_WANT(ES_WANT_WHOLE, "System32/ci.dll", "code integrity"),
    FILE_WANT(ES_WANT_WHOLE, "System32/winload.exe", "loader, BIOS"),
    FILE_WANT(ES_WANT_WHOLE, "System32/winload.efi", "loader, EFI"),
    FILE_WANT(0, "System32/winresume.exe", "resumes from hibernation"),
    FILE_WANT(0, "System32/kdcom.dll", "kernel debugger transport"),
    FILE_WANT(0, "System32/pshed.dll", "hardware errors"),
    FILE_WANT(0, "System32/clfs.sys", "common log file system"),
    FILE_WANT(0, "System32/bootvid.dll", "boot screen"),
    FILE_WANT(ES_WANT_WHOLE, "{boot.kernel}", "a kernel that a boot entry names"),
    FILE_WANT(ES_WANT_WHOLE, "{boot.hal}", "a HAL that a boot entry names"),
    FILE_WANT(ES_WANT_WHOLE, "{boot.loader}", "the loader that a boot entry names"),
};

static const char *const roles[] = {
    "", "kernel", "pae-kernel", "hal", "win32k", "ntdll", "kernel32", "code-integrity", "loader",
    "loader", "resume", "debugger-transport", "hardware-errors", "log-file-system", "boot-video",
    "boot-kernel", "boot-hal", "loader",
};

_Static_assert(sizeof wants / sizeof wants[0] == sizeof roles / sizeof roles[0],
               "a role for each want");

#define FIRST_BY_ENTRY 15u /* wants from here on stand for whatever a boot entry names */

/* emit_file gives them in this order. */
static const es_field file_fields[] = {
    FIELD(TEXT, "name", "its name on disk"),
    FIELD(TEXT, "role", "kernel, pae-kernel, boot-kernel, hal, loader …"),
    FIELD(TEXT, "file_version", "version in numbers (VS_FIXEDFILEINFO)"),
    FIELD(TEXT, "string_version", "version in words (FileVersion)"),
    FIELD(BOOLEAN, "fixed_string_mismatch", "the two name different versions"),
    FIELD(TEXT, "branch_tag", "branch and time of the build, as the words have them"),
    FIELD(TEXT, "branch", "RTM, GDR or LDR: by the words, else by the revision"),
    FIELD(TEXT, "revision_branch", "what the revision's range says"),
    FIELD(TEXT, "machine", "x86, amd64, ia64 …"),
    FIELD(BOOLEAN, "checked_build", "a debug build"),
    FIELD(TEXT, "original_filename", "name it was built under"),
    FIELD(TEXT, "internal_name", "InternalName"),
    FIELD(TEXT, "company", "CompanyName"),
    FIELD(TEXT_LIST, "languages", "languages of its version strings"),
    FIELD(TIME, "linked", "time stamp of the linker"),
    FIELD(TEXT, "checksum_stored", "PE checksum in its header"),
    FIELD(TEXT, "checksum_computed", "PE checksum of its bytes"),
    FIELD(BOOLEAN, "checksum_matches", "the two are equal; null: not stored or not computed"),
    FIELD(INTEGER, "file_size", "bytes"),
    FIELD(INTEGER, "links", "hard links; 1 means replaced outside servicing"),
    FIELD(INTEGER, "twins", "names in its folder that differ only in letter case, itself included"),
    FIELD(TEXT, "component", "the same file in the component store"),
    FIELD(BOOLEAN, "component_searched", "the component store was looked through"),
    FIELD(TEXT, "pdb_id", "identity of its symbols"),
    FIELD(TEXT, "pdb_name", "name of its symbols"),
    FIELD(TIME, "modified", "last write of the file; servicing keeps the time it was built"),
    FIELD(TEXT, "problem", "what is broken in it"),
};
static const es_field boot_fields[] = {
    FIELD(TEXT, "store", "path of the boot store"),
    FIELD(TEXT, "object", "identity of the entry"),
    FIELD(TEXT, "description", "as the boot menu shows it"),
    FIELD(BOOLEAN, "default", "started when nothing is chosen"),
    FIELD(INTEGER, "order", "place in the boot menu, from 0"),
    FIELD(TEXT, "loader", "path of the loader"),
    FIELD(TEXT, "system_root", "system root"),
    FIELD(TEXT, "kernel", "kernel, where the entry names one"),
    FIELD(TEXT, "hal", "HAL, where the entry names one"),
    FIELD(TEXT, "load_options", "options handed to the kernel"),
    FIELD(TEXT, "pae", "Default, ForceEnable or ForceDisable"),
    FIELD(TEXT, "nx", "OptIn, OptOut, AlwaysOff or AlwaysOn"),
    FIELD(BOOLEAN, "test_signing", "test-signed drivers are allowed"),
    FIELD(BOOLEAN, "no_integrity_checks", "integrity checks are off"),
    FIELD(BOOLEAN, "debug", "kernel debugging is on"),
    FIELD(BOOLEAN, "device_known", "its device was understood and is this volume"),
    FIELD(BOOLEAN, "inherited", "some settings come through inherited objects"),
};

enum { FACT_FILE, FACT_BOOT };

static const es_fact_type facts[] = {
    [FACT_FILE] = { sizeof(es_fact_type), ES_COUNT(file_fields), "kernel.file",
                    "a file that makes the kernel, or starts it", file_fields, NULL },
    [FACT_BOOT] = { sizeof(es_fact_type), ES_COUNT(boot_fields), "kernel.boot",
                    "a boot entry that leads to this installation", boot_fields, NULL },
};

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

static char plain(char c)
{
    return c == '\\' ? '/' : es_name_lower(c);
}

/* Does `text` end with `tail` (lower case, '/'), letter case and kind of slash aside? */
static int ends_with(es_text text, const char *tail)
{
    uint64_t size = strlen(tail);

    if (size > text.size)
        return 0;
    for (uint64_t i = 0; i < size; i++)
        if (plain(text.data[text.size - size + i]) != tail[i])
            return 0;
    return 1;
}

static int has(es_text text, const char *word)
{
    for (uint64_t end_at = strlen(word); end_at <= text.size; end_at++) {
        es_text start = { text.data, end_at };

        if (ends_with(start, word))
            return 1;
    }
    return 0;
}

/* A file that a boot entry names keeps its own role when it is one of the wanted files. */
static const char *role_of(const es_artefact *file)
{
    if (file->want < FIRST_BY_ENTRY)
        return roles[file->want];
    for (uint32_t i = 1; i < FIRST_BY_ENTRY; i++) {
        char tail[64];
        uint32_t n = 0;

        tail[n++] = '/';
        for (const char *c = wants[i].path; *c && n < sizeof tail - 1; c++)
            tail[n++] = plain(*c);
        tail[n] = '\0';
        if (ends_with(file->path, tail))
            return roles[i];
    }
    return roles[file->want];
}

/* ------------------------------------------------------------------ versions */

/* "6.0.6003.20489 (vistasp2_ldr_escrow.190320-1700)": its four numbers; how many were there. */
static uint32_t read_numbers(es_text text, uint32_t ret[4])
{
    uint64_t at = 0;
    uint32_t n = 0;

    while (n < 4 && at < text.size && text.data[at] >= '0' && text.data[at] <= '9') {
        ret[n] = 0;
        for (; at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; at++)
            ret[n] = ret[n] > UINT16_MAX ? ret[n] : ret[n] * 10 + (uint32_t)(text.data[at] - '0');
        n++;
        /* some vendors write "6, 0, 6003, 20489" */
        while (at < text.size && (text.data[at] == '.' || text.data[at] == ',' ||
                                  (text.data[at] == ' ' && n < 4)))
            at++;
    }
    return n;
}

static es_text tag_of(es_text version)
{
    es_text tag = { "", 0 };
    uint64_t open = 0, close;

    while (open < version.size && version.data[open] != '(')
        open++;
    for (close = open; close < version.size && version.data[close] != ')'; close++)
        continue;
    if (close < version.size && close > open + 1) {
        tag.data = version.data + open + 1;
        tag.size = close - open - 1;
    }
    return tag;
}

static const char *branch_of_tag(es_text tag)
{
    if (has(tag, "_ldr"))
        return "LDR";
    if (has(tag, "_gdr"))
        return "GDR";
    return has(tag, "rtm.") ? "RTM" : NULL;
}

/* The ranges hold for NT 6.0 and 6.1; the revisions named are those of the releases. */
static const char *branch_of_revision(const uint16_t version[4])
{
    static const struct {
        uint16_t build, revision;
    } releases[] = {
        { 6000, 16386 }, { 6001, 18000 }, { 6002, 18005 }, { 7600, 16385 }, { 7601, 17514 },
    };

    if (version[0] != 6 || version[1] > 1)
        return NULL;
    for (uint32_t i = 0; i < ES_COUNT(releases); i++)
        if (version[2] == releases[i].build && version[3] == releases[i].revision)
            return "RTM";
    if (version[3] >= 0x4000 && version[3] <= 0x4FFF)
        return "GDR";
    return version[3] >= 0x5000 && version[3] <= 0x5FFF ? "LDR" : NULL;
}

static es_datum literal_or_null(const char *text)
{
    return text ? es_datum_text(es_text_of(text)) : es_null();
}

/* The first words that name a version; and whether any of them differs from the numbers. */
static es_datum compare_words(const es_executable *exe, es_text *ret_words)
{
    es_datum differs = es_null();

    ret_words->data = "";
    ret_words->size = 0;
    for (uint32_t i = 0; i < exe->n_strings; i++) {
        es_text words = exe->strings[i].file_version;
        uint32_t numbers[4];

        if (words.size == 0)
            continue;
        if (ret_words->size == 0)
            *ret_words = words;
        if (!exe->has_version || read_numbers(words, numbers) < 4)
            continue;
        if (!differs.type)
            differs = es_datum_boolean(0);
        for (uint32_t k = 0; k < 4; k++) {
            if (numbers[k] != exe->file_version[k]) {
                differs.integer = 1;
                *ret_words = words; /* the words that disagree are the ones to show */
            }
        }
    }
    return differs;
}

static const char *machine_word(uint32_t machine, char *buffer, size_t size)
{
    const char *name = es_machine_name(machine);

    if (!name)
        (void)snprintf(buffer, size, "0x%04x", (unsigned)machine);
    return name ? name : buffer;
}

/* ------------------------------------------------------------------ facts */

enum { NAME, ROLE, FILE_VERSION, STRING_VERSION, MISMATCH, TAG, BRANCH, REVISION_BRANCH, MACHINE,
       CHECKED, ORIGINAL, INTERNAL, COMPANY, LANGUAGES, LINKED, SUM_STORED, SUM_COMPUTED,
       SUM_MATCHES, FILE_SIZE, LINKS, TWINS, COMPONENT, SEARCHED, PDB_ID, PDB_NAME, MODIFIED,
       PROBLEM, N_FILE_FIELDS };

_Static_assert(sizeof file_fields / sizeof file_fields[0] == N_FILE_FIELDS, "fields in order");

/* Buffers that live while the fact is made. */
typedef struct texts {
    char version[32], machine[16], stored[16], computed[16];
    es_text languages[16];
} texts;

static void fill_version(const es_executable *exe, es_datum *fields, texts *made)
{
    const uint16_t *version = exe->file_version;
    const char *by_revision = exe->has_version ? branch_of_revision(version) : NULL;
    const char *by_words;
    es_text words, tag;

    if (exe->has_version) {
        (void)snprintf(made->version, sizeof made->version, "%u.%u.%u.%u", (unsigned)version[0],
                       (unsigned)version[1], (unsigned)version[2], (unsigned)version[3]);
        fields[FILE_VERSION] = es_datum_text(es_text_of(made->version));
        fields[CHECKED] = es_datum_boolean((exe->file_flags & 1u) != 0);
    }
    fields[MISMATCH] = compare_words(exe, &words);
    fields[STRING_VERSION] = es_datum_text_or_null(words);
    tag = tag_of(words);
    fields[TAG] = es_datum_text_or_null(tag);
    by_words = branch_of_tag(tag);
    fields[BRANCH] = literal_or_null(by_words ? by_words : by_revision);
    fields[REVISION_BRANCH] = literal_or_null(by_revision);
}

static void fill_strings(const es_executable *exe, es_datum *fields, texts *made)
{
    uint32_t n = exe->n_strings < ES_COUNT(made->languages) ? exe->n_strings
                                                            : ES_COUNT(made->languages);

    for (uint32_t i = 0; i < n; i++)
        made->languages[i] = exe->strings[i].language;
    fields[LANGUAGES] = es_datum_texts(made->languages, n);
    if (n) {
        fields[ORIGINAL] = es_datum_text_or_null(exe->strings[0].original_filename);
        fields[INTERNAL] = es_datum_text_or_null(exe->strings[0].internal_name);
        fields[COMPANY] = es_datum_text_or_null(exe->strings[0].company_name);
    }
}

static void fill_header(const es_executable *exe, es_datum *fields, texts *made)
{
    es_time linked = { (int64_t)exe->timestamp * ES_TICKS_PER_SECOND + ES_TICKS_UNIX_EPOCH,
                       exe->timestamp ? ES_TIME_SECOND : ES_TIME_NONE, 0 };

    if (exe->machine)
        fields[MACHINE] = es_datum_text(
            es_text_of(machine_word(exe->machine, made->machine, sizeof made->machine)));
    fields[LINKED] = es_datum_time(linked);
    if (exe->machine) {
        (void)snprintf(made->stored, sizeof made->stored, "0x%08x", (unsigned)exe->checksum_stored);
        fields[SUM_STORED] = es_datum_text(es_text_of(made->stored));
    }
    if (exe->checksum_known) {
        (void)snprintf(made->computed, sizeof made->computed, "0x%08x",
                       (unsigned)exe->checksum_computed);
        fields[SUM_COMPUTED] = es_datum_text(es_text_of(made->computed));
        if (exe->checksum_stored)
            fields[SUM_MATCHES] = es_datum_boolean(exe->checksum_stored == exe->checksum_computed);
    }
    fields[COMPONENT] = es_datum_text_or_null(exe->component_path);
    fields[SEARCHED] = es_datum_boolean(exe->component_searched != 0);
    fields[PDB_ID] = es_datum_text_or_null(exe->pdb_id);
    fields[PDB_NAME] = es_datum_text_or_null(exe->pdb_name);
    fields[PROBLEM] = es_datum_text_or_null(exe->problem);
}

/* The fact is placed at the version resource where there is one: that is what it is about. */
static es_status emit_file(const es_host *host, const es_artefact *file)
{
    const es_executable *exe = file->executable;
    es_datum fields[N_FILE_FIELDS];
    texts made;
    es_fact fact = { sizeof fact, FACT_FILE, fields, { 0, 0, 0 }, file->where };

    for (uint32_t i = 0; i < N_FILE_FIELDS; i++)
        fields[i] = es_null();
    fields[NAME] = es_datum_text(es_name_base(file->path));
    fields[ROLE] = es_datum_text(es_text_of(role_of(file)));
    fields[FILE_SIZE] = es_datum_integer((int64_t)file->file_size);
    if (file->links)
        fields[LINKS] = es_datum_integer(file->links);
    if (file->twins)
        fields[TWINS] = es_datum_integer(file->twins);
    fields[MODIFIED] = es_datum_time(file->modified);
    if (!exe) {
        fields[PROBLEM] = es_datum_text(es_text_of("it cannot be read"));
        return host->emit(host, &fact, NULL);
    }
    fill_version(exe, fields, &made);
    fill_strings(exe, fields, &made);
    fill_header(exe, fields, &made);
    if (exe->version_where)
        fact.where = exe->version_where;
    return host->emit(host, &fact, NULL);
}

static es_datum choice(int32_t number, const char *const *names, uint32_t n)
{
    if (number < 0)
        return es_null();
    return es_datum_text(es_text_of((uint32_t)number < n ? names[number] : "another value"));
}

static es_datum flag_or_null(int32_t number)
{
    return number < 0 ? es_null() : es_datum_boolean(number != 0);
}

static es_status emit_boot(const es_host *host, const es_artefact *artefact)
{
    static const char *const pae[] = { "Default", "ForceEnable", "ForceDisable" };
    static const char *const nx[] = { "OptIn", "OptOut", "AlwaysOff", "AlwaysOn" };
    const es_boot_entry *entry = artefact->boot_entry;
    es_datum fields[ES_COUNT(boot_fields)];
    es_fact fact = { sizeof fact, FACT_BOOT, fields, { 0, 0, 0 },
                     entry && entry->where ? entry->where : artefact->where };
    uint32_t n = 0;

    if (!entry)
        return ES_OK;
    fields[n++] = es_datum_text_or_null(entry->store);
    fields[n++] = es_datum_text_or_null(entry->object);
    fields[n++] = es_datum_text_or_null(entry->description);
    fields[n++] = es_datum_boolean(entry->is_default != 0);
    fields[n++] = entry->order < 0 ? es_null() : es_datum_integer(entry->order);
    fields[n++] = es_datum_text_or_null(entry->loader);
    fields[n++] = es_datum_text_or_null(entry->system_root);
    fields[n++] = es_datum_text_or_null(entry->kernel);
    fields[n++] = es_datum_text_or_null(entry->hal);
    fields[n++] = es_datum_text_or_null(entry->load_options);
    fields[n++] = choice(entry->pae, pae, ES_COUNT(pae));
    fields[n++] = choice(entry->nx, nx, ES_COUNT(nx));
    fields[n++] = flag_or_null(entry->test_signing);
    fields[n++] = flag_or_null(entry->no_integrity_checks);
    fields[n++] = flag_or_null(entry->debug);
    fields[n++] = es_datum_boolean(entry->device_known != 0);
    fields[n++] = es_datum_boolean(entry->inherited != 0);
    return host->emit(host, &fact, NULL);
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    if (artefact->kind == ES_KIND_BOOT_ENTRY)
        return emit_boot(host, artefact);
    if (es_seen_before((es_seen *)state, artefact))
        return ES_OK;
    return emit_file(host, artefact);
}

const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "kernel",
    .version = "1",
    .summary = "versions of the kernel and boot files, and which of them are started",
    .wants = wants,
    .facts = facts,
    .n_wants = ES_COUNT(wants),
    .n_facts = ES_COUNT(facts),
    .begin = begin,
    .examine = examine,
    .end = end,
};
