/* SPDX-License-Identifier: Apache-2.0
 *
 * file.c: one file as a fact: its signature, the catalogs that vouch for it, its place.
 *
 * A catalog vouches when it is itself soundly signed, its chain ends at a root that was given and
 * may sign components of Windows, and it was read undamaged. Any other that holds the file's hash
 * is named apart.
 */
#include "integrity.h"

#include <stdio.h>

typedef struct texts {
    char version[32];
    es_text catalogs[8], others[8];
    char other_words[8][320];
} texts;

/* Names under which files of the kernel are built, where they are not those on disk. */
static int is_alias(es_text disk, es_text built)
{
    static const struct {
        const char *disk, *built;
    } aliases[] = {
        { "ntoskrnl.exe", "ntkrnlmp.exe" },   { "ntkrnlpa.exe", "ntkrpamp.exe" },
        { "hal.dll", "halacpi.dll" },         { "hal.dll", "halmacpi.dll" },
        { "hal.dll", "halaacpi.dll" },        { "hal.dll", "halapic.dll" },
        { "hal.dll", "halmps.dll" },          { "hal.dll", "hal.dll" },
        { "winload.efi", "winload.exe" },     { "winresume.efi", "winresume.exe" },
        { "bootmgfw.efi", "bootmgr.exe" },    { "bootmgr", "bootmgr.exe" },
        { "bootx64.efi", "bootmgr.exe" },     { "bootx64.efi", "bootmgfw.efi" },
        { "bootia64.efi", "bootmgr.exe" },    { "bootia64.efi", "bootmgfw.efi" },
        { "kdcom.dll", "kd1394.dll" },        { "kdcom.dll", "kdusb.dll" },
    };

    for (uint32_t i = 0; i < ES_COUNT(aliases); i++)
        if (es_name_is(disk, aliases[i].disk) && es_name_is(built, aliases[i].built))
            return 1;
    return 0;
}

static es_text without(es_text text, const char *tail)
{
    uint64_t size = strlen(tail);
    es_text end = { text.data, size };

    if (text.size <= size)
        return text;
    end.data += text.size - size;
    if (es_name_same(end, es_text_of(tail)))
        text.size -= size;
    return text;
}

/* OriginalFilename may carry ".mui", or lack the extension ("kernel32"). */
static int names_fit(es_text disk, es_text built)
{
    built = without(es_name_base(built), ".mui");
    if (es_name_same(disk, built) || is_alias(disk, built))
        return 1;
    return !memchr(built.data, '.', (size_t)built.size) &&
           (es_name_same(without(disk, ".dll"), built) ||
            es_name_same(without(disk, ".sys"), built) ||
            es_name_same(without(disk, ".exe"), built));
}

/* A kernel that a boot entry names may have any name: what counts is that it was built as one. */
static int is_kernel_name(es_text built)
{
    return es_name_is(built, "ntoskrnl.exe") || es_name_is(built, "ntkrnlmp.exe") ||
           es_name_is(built, "ntkrnlpa.exe") || es_name_is(built, "ntkrpamp.exe");
}

static es_datum fits_path(const es_signature *from, es_text name, const char *role,
                          es_text original, es_text member)
{
    es_text component = from->executable ? from->executable->component_path
                                         : (es_text){ "", 0 };

    if (original.size) {
        if (!strcmp(role, "boot-kernel"))
            return es_datum_boolean(is_kernel_name(original));
        return es_datum_boolean(names_fit(name, original) ||
                                (member.size && names_fit(name, member)));
    }
    if (member.size)
        return es_datum_boolean(names_fit(name, member));
    /* Without any name the store's own place speaks for it. */
    if (component.size)
        return es_datum_boolean(es_name_same(es_name_base(component), name));
    return es_null();
}

static void fill_signature(const es_signature *from, es_datum *fields)
{
    fields[F_EMBEDDED] = es_datum_text_or_null(from->status);
    fields[F_CHAIN] = from->flags & ES_SIGNATURE_SELF_SIGNED
                          ? es_datum_text(es_text_of("self-signed"))
                          : es_datum_text_or_null(from->chain);
    fields[F_CHAIN_REASON] = es_datum_text_or_null(from->chain_reason);
    fields[F_SIGNER] = es_datum_text_or_null(from->signer);
    fields[F_ISSUER] = es_datum_text_or_null(from->issuer);
    fields[F_ROOT] = es_datum_text_or_null(from->root);
    fields[F_THUMBPRINT] = es_datum_text_or_null(from->thumbprint);
    if (from->signer.size) {
        fields[F_COMPONENT_USAGE] = es_datum_boolean(es_name_holds(from->usages, USAGE_COMPONENT));
        fields[F_TIME_PROVEN] =
            es_datum_boolean((from->flags & ES_SIGNATURE_TIME_PROVEN) != 0);
    }
    fields[F_USAGES] = es_datum_text_or_null(from->usages);
    fields[F_SIGNED_AT] = es_datum_time(from->signed_at);
    fields[F_STAMP] = es_datum_text_or_null(from->stamp);
    fields[F_STAMPER] = es_datum_text_or_null(from->stamper);
    fields[F_ALGORITHM] = es_datum_text_or_null(from->digest_algorithm);
    if (from->image_digest.size)
        fields[F_STATED] = es_datum_bytes(from->image_digest);
    if (from->image_sha1.size) {
        fields[F_IMAGE_SHA1] = es_datum_bytes(from->image_sha1);
        fields[F_IMAGE_SHA256] = es_datum_bytes(from->image_sha256);
    }
    fields[F_FILE_SHA256] = es_datum_bytes(from->file_sha256);
    fields[F_PAGES] = es_datum_text_or_null(from->pages);
    fields[F_N_SIGNATURES] = es_datum_integer(from->n_signers);
    fields[F_KNOWN] = es_datum_text_or_null(from->known);
    fields[F_APPENDED] = from->appended ? es_datum_integer((int64_t)from->appended) : es_null();
    fields[F_BEHIND] = from->behind ? es_datum_integer((int64_t)from->behind) : es_null();
    fields[F_UNCOVERED] = from->uncovered ? es_datum_integer((int64_t)from->uncovered) : es_null();
    fields[F_PROBLEM] = es_datum_text_or_null(from->problem);
    fields[F_INSIDE] = es_datum_text_or_null(from->inside);
    if (from->inside.size)
        fields[F_INSIDE_AT] = es_datum_integer((int64_t)from->inside_at);
}

static void fill_catalogs(const es_signature *from, es_datum *fields, texts *made,
                          es_text *ret_member)
{
    uint32_t n = 0, n_others = 0;
    int by_another = 0;

    if (!from->catalogs_asked)
        return;
    for (uint32_t i = 0; i < from->n_catalogs && i < ES_COUNT(made->catalogs); i++) {
        const es_signature *each = &from->catalogs[i];
        int trusted = es_name_is(each->status, "sound") && es_name_is(each->chain, "trusted") &&
                      !(each->flags & ES_SIGNATURE_DAMAGED);

        if (trusted && es_name_holds(each->usages, USAGE_COMPONENT)) {
            if (!n) {
                fields[F_CATALOG_SIGNER] = es_datum_text_or_null(each->signer);
                fields[F_CATALOG_ROOT] = es_datum_text_or_null(each->root);
                fields[F_CATALOG_AT] = es_datum_time(each->signed_at);
            }
            if (each->member.size)
                *ret_member = each->member;
            made->catalogs[n++] = each->catalog_path;
            continue;
        }
        by_another |= trusted;
        (void)snprintf(made->other_words[n_others], sizeof made->other_words[0],
                       "%.*s: %.*s, %.*s", (int)(each->status.size & 0xff), each->status.data,
                       (int)(each->chain.size ? each->chain.size & 0xff : 8),
                       each->chain.size ? each->chain.data : "no chain",
                       (int)(each->catalog_path.size & 0xff), each->catalog_path.data);
        made->others[n_others] = es_text_of(made->other_words[n_others]);
        n_others++;
    }
    fields[F_CATALOGS] = es_datum_texts(made->catalogs, n);
    fields[F_OTHER_CATALOGS] = es_datum_texts(made->others, n_others);
    fields[F_CATALOG_BY_ANOTHER] = es_datum_boolean(by_another);
    fields[F_CATALOGS_FOUND] = es_datum_integer(from->catalogs_found);
    fields[F_CATALOGS_UNREAD] = es_datum_integer(from->catalogs_unread);
}

/* "6.0.6003.20489 (…)" against the numbers. */
static es_datum words_differ(const es_executable *exe, const char *version)
{
    es_datum differ = es_null();

    for (uint32_t i = 0; i < exe->n_strings; i++) {
        es_text words = exe->strings[i].file_version;
        uint64_t size = strlen(version);

        if (!words.size || words.data[0] < '0' || words.data[0] > '9' ||
            memchr(words.data, ',', (size_t)words.size))
            continue;
        if (!differ.type)
            differ = es_datum_boolean(0);
        if (words.size < size || memcmp(words.data, version, (size_t)size) != 0 ||
            (words.size > size && words.data[size] >= '0' && words.data[size] <= '9'))
            differ.integer = 1;
    }
    return differ;
}

static void fill_executable(const es_executable *exe, es_datum *fields, texts *made,
                            es_text *ret_original)
{
    if (exe->has_version) {
        (void)snprintf(made->version, sizeof made->version, "%u.%u.%u.%u",
                       (unsigned)exe->file_version[0], (unsigned)exe->file_version[1],
                       (unsigned)exe->file_version[2], (unsigned)exe->file_version[3]);
        fields[F_VERSION] = es_datum_text(es_text_of(made->version));
        fields[F_VERSION_DIFFERS] = words_differ(exe, made->version);
        fields[F_CHECKED] = es_datum_boolean((exe->file_flags & 1u) != 0);
    }
    if (exe->n_strings)
        *ret_original = exe->strings[0].original_filename;
    fields[F_ORIGINAL] = es_datum_text_or_null(*ret_original);
    if (exe->checksum_known && exe->checksum_stored)
        fields[F_CHECKSUM] = es_datum_boolean(exe->checksum_stored == exe->checksum_computed);
    fields[F_COMPONENT] = es_datum_text_or_null(exe->component_path);
    fields[F_SEARCHED] = es_datum_boolean(exe->component_searched != 0);
}

es_status file_examine(const es_host *host, const es_artefact *file, const char *role)
{
    const es_signature *from = file->signature;
    es_datum fields[N_FILE_FIELDS];
    es_text original = ES_TEXT(""), member = ES_TEXT("");
    es_fact fact = { sizeof fact, FACT_FILE, fields, { 0, 0, 0 }, file->where };
    texts made;

    if (!from)
        return ES_OK;
    for (uint32_t i = 0; i < N_FILE_FIELDS; i++)
        fields[i] = es_null();
    fields[F_NAME] = es_datum_text(es_name_base(file->path));
    fields[F_ROLE] = es_datum_text(es_text_of(role));
    fill_signature(from, fields);
    fill_catalogs(from, fields, &made, &member);
    if (from->executable)
        fill_executable(from->executable, fields, &made, &original);
    fields[F_MEMBER] = es_datum_text_or_null(member);
    fields[F_FITS] = fits_path(from, es_name_base(file->path), role, original, member);
    fields[F_DAMAGED] = es_datum_boolean((file->flags & ES_ARTEFACT_DAMAGED) != 0);
    if (file->links)
        fields[F_LINKS] = es_datum_integer(file->links);
    return host->emit(host, &fact, NULL);
}

/* ------------------------------------------------------------------ boot entries */

es_status boot_examine(const es_host *host, const es_artefact *artefact)
{
    const es_boot_entry *entry = artefact->boot_entry;
    es_datum fields[N_BOOT_FIELDS];
    es_fact fact = { sizeof fact, FACT_BOOT, fields, { 0, 0, 0 }, artefact->where };
    es_text concerns[8];
    uint32_t n = 0;

    if (!entry)
        return ES_OK;
    if (entry->test_signing > 0)
        concerns[n++] = es_text_of("test-signed drivers are allowed");
    if (entry->no_integrity_checks > 0)
        concerns[n++] = es_text_of("integrity checks are off");
    if (entry->kernel.size)
        concerns[n++] = es_text_of("the boot entry names a kernel of its own");
    if (entry->hal.size)
        concerns[n++] = es_text_of("the boot entry names a HAL of its own");
    if (entry->debug > 0)
        concerns[n++] = es_text_of("kernel debugging is on");
    if (es_name_holds(entry->load_options, "DDISABLE_INTEGRITY_CHECKS") ||
        es_name_holds(entry->load_options, "DISABLE_INTEGRITY_CHECKS"))
        concerns[n++] = es_text_of("load options ask for no integrity checks");
    if (es_name_holds(entry->load_options, "TESTSIGNING"))
        concerns[n++] = es_text_of("load options ask for test signing");
    fields[B_STORE] = es_datum_text_or_null(entry->store);
    fields[B_OBJECT] = es_datum_text_or_null(entry->object);
    fields[B_DESCRIPTION] = es_datum_text_or_null(entry->description);
    fields[B_DEFAULT] = es_datum_boolean(entry->is_default != 0);
    fields[B_ORDER] = entry->order < 0 ? es_null() : es_datum_integer(entry->order);
    fields[B_CONCERNS] = es_datum_texts(concerns, n);
    return host->emit(host, &fact, NULL);
}
