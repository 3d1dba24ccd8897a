/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_integrity.c: whose a file is, whether it belongs there, and what follows for all.
 *
 * A state holds the kernel, soundly signed and in its place, unless a case says otherwise.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_integrity;

#define KERNEL "Windows/System32/ntoskrnl.exe"
#define USAGES "1.3.6.1.5.5.7.3.3,1.3.6.1.4.1.311.10.3.6"
#define VERDICT "kernel-integrity"

/* ------------------------------------------------------------------ what servicing says */

#define FIELD(type, name) { sizeof(es_field), ES_FIELD_##type, name, "of the test" }

static const es_field winner_fields[] = { FIELD(TEXT, "component"), FIELD(TEXT, "architecture"),
                                          FIELD(TEXT, "version"), FIELD(TEXT, "source") };
static const es_fact_type winner_facts[] = {
    { sizeof(es_fact_type), ES_COUNT(winner_fields), "servicing.component", "of the test",
      winner_fields, NULL },
};
static const es_want winner_wants[] = {
    { sizeof(es_want), ES_KIND_FILE, ES_SCOPE_SYSTEM_ROOT, 0, "winners", "of the test" },
};

/* The file "Windows/winners" has lines of a component, an architecture and a version; one that
 * says only "many" stands for more components than are compared. */
static es_status say_winners(void *state, const es_host *host, const es_artefact *file)
{
    char text[512] = "", component[64], architecture[16], version[32];
    es_datum fields[4];
    es_fact fact = { sizeof fact, 0, fields, { 0, 0, 0 }, file->where };
    uint64_t size = 0;
    unsigned n;

    (void)state;
    assert_int_equal(host->file_read(host, file, 0, text, sizeof text - 1, &size), ES_OK);
    n = strcmp(text, "many") ? 1 : 300;
    if (n > 1)
        (void)snprintf(text, sizeof text, "some amd64 6.0.6002.18005");
    for (const char *line = text; *line;) {
        assert_int_equal(sscanf(line, "%63s %15s %31s", component, architecture, version), 3);
        fields[0] = es_datum_text(es_text_of(component));
        fields[1] = es_datum_text(es_text_of(architecture));
        fields[2] = es_datum_text(es_text_of(version));
        fields[3] = es_datum_text(es_text_of("winners"));
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(host->emit(host, &fact, NULL), ES_OK);
        line = strchr(line, '\n') ? strchr(line, '\n') + 1 : "";
    }
    return ES_OK;
}

static const es_plugin servicing = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "servicing", .version = "1",
    .summary = "of the test", .wants = winner_wants, .n_wants = 1, .facts = winner_facts,
    .n_facts = 1, .examine = say_winners,
};

/* ------------------------------------------------------------------ a state */

static fake_host *make(void)
{
    fake_host *fake = fake_host_new();

    fake_plugin(fake, &servicing);
    fake_plugin(fake, &esuscan_plugin_integrity);
    return fake;
}

static void winners(fake_host *fake, const char *lines)
{
    fake_file(fake, "Windows/winners", lines, strlen(lines));
}

/* Sign it as Microsoft does. */
static es_signature *sign(es_signature *to)
{
    to->status = es_text_of("sound");
    to->chain = es_text_of("trusted");
    to->signer = es_text_of("Microsoft Windows");
    to->issuer = es_text_of("Microsoft Windows Verification PCA");
    to->root = es_text_of("Microsoft Root Certificate Authority");
    to->usages = es_text_of(USAGES);
    to->n_signers = 1;
    to->flags |= ES_SIGNATURE_TIME_PROVEN;
    to->digest_algorithm = es_text_of("SHA-1");
    to->image_digest = to->image_sha1;
    return to;
}

/* Every catalog was read, and none has it. */
static es_signature *ask_catalogs(es_signature *to)
{
    to->catalogs_asked = 1;
    to->catalogs_found = 40;
    return to;
}

static void run(fake_host *fake)
{
    assert_int_equal(fake_run(fake), ES_OK);
}

static const char *row(const fake_host *fake, uint32_t index, const char *name)
{
    const es_datum *datum = fake_row_field(fake, 1, "files", index, name);

    return datum->type ? datum->text.data : "(null)";
}

static void expect(fake_host *fake, const char *answer, const char *words)
{
    run(fake);
    if (strcmp(row(fake, 0, "answer"), answer) != 0 ||
        (words && !strstr(row(fake, 0, "explanation"), words)))
        fail_msg("%s: %s; not %s: %s", row(fake, 0, "answer"), row(fake, 0, "explanation"), answer,
                 words ? words : "");
    assert_string_equal(fake_answer(fake, 1, VERDICT), answer);
    fake_host_free(fake);
}

/* ------------------------------------------------------------------ whose it is */

static void test_original(void **state)
{
    fake_host *fake = make();

    (void)state;
    sign(fake_signature(fake, KERNEL, 0));
    expect(fake, "original", "It is as Microsoft Windows signed it; the chain ends at Microsoft "
                             "Root Certificate Authority, judged at the time of its time stamp.");
    fake = make();
    sign(fake_signature(fake, KERNEL, 0))->flags = 0;
    expect(fake, "original", "judged without a proven time");
    /* a catalog settles it, whatever else is wrong with what the file carries itself */
    fake = make();
    ask_catalogs(fake_signature(fake, KERNEL, 0));
    fake_catalog(fake, "nt.cat");
    expect(fake, "original", "Its hash is in a catalog signed by Microsoft Windows");
    fake = make();
    ask_catalogs(sign(fake_signature(fake, KERNEL, 0)))->status = es_text_of("digest-differs");
    fake_catalog(fake, "nt.cat");
    expect(fake, "original", "Its hash is in a catalog");
}

/* Signatures of the file itself when no catalog has it. */
static void test_embedded(void **state)
{
    static const struct {
        const char *status, *chain, *signer, *usages, *answer, *words;
        uint32_t flags;
    } cases[] = {
        { "none", "", "", "", "unsigned", "It carries no signature, and none of 40 catalogs", 0 },
        { "unreadable", "", "", "", "unsigned", "holds no signature, and none of 40", 0 },
        { "unsupported", "", "Microsoft Windows", USAGES, "unknown", "cannot verify", 0 },
        { "digest-differs", "trusted", "Microsoft Windows", USAGES, "modified",
          "its image hash is another than the signature states", 0 },
        { "broken", "trusted", "Microsoft Windows", USAGES, "modified", "does not verify", 0 },
        { "sound", "trusted", "A Hardware Vendor", "1.3.6.1.5.5.7.3.3", "signed-by-another",
          "may not sign components of Windows", 0 },
        { "sound", "forged", "Microsoft Windows", USAGES, "signed-by-another",
          "that root's key did not sign it", 0 },
        { "sound", "no-root", "A Vendor", USAGES, "signed-by-another", "could not be judged", 0 },
        /* without the right root even Microsoft's own cannot be told */
        { "sound", "no-root", "Microsoft Windows", USAGES, "unknown", "could not be judged", 0 },
        { "sound", "invalid", "Microsoft Windows", USAGES, "unknown", "could not be judged", 0 },
        { "sound", "no-root", "Microsoft Windows", USAGES, "signed-by-another", "signed by itself",
          ES_SIGNATURE_SELF_SIGNED },
    };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(cases); i++) {
        fake_host *fake = make();
        es_signature *to = ask_catalogs(fake_signature(fake, KERNEL, 0));

        to->status = es_text_of(cases[i].status);
        to->chain = es_text_of(cases[i].chain);
        to->signer = to->issuer = to->root = es_text_of(cases[i].signer);
        to->usages = es_text_of(cases[i].usages);
        to->flags = cases[i].flags;
        expect(fake, cases[i].answer, cases[i].words);
    }
}

/* `modified` and `unsigned` are for those who could read everything. */
static void test_unread(void **state)
{
    static const char *const words[] = { "none", "unreadable", "digest-differs", "broken" };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(words); i++) {
        for (int how = 0; how < 4; how++) {
            fake_host *fake = make();
            es_signature *to = ask_catalogs(fake_signature(fake, KERNEL, 0));

            to->status = es_text_of(words[i]);
            if (how == 0)
                to->catalogs_unread = 1;
            else if (how == 1)
                to->catalogs_asked = 0;
            else if (how == 2)
                fake_last_artefact(fake)->flags = ES_ARTEFACT_DAMAGED;
            else
                fake_catalog(fake, "damaged.cat")->flags = ES_SIGNATURE_DAMAGED,
                to->catalogs_unread = 1;
            expect(fake, "unknown", NULL);
        }
    }
    for (int modified = 0; modified < 2; modified++) {
        fake_host *fake = make();
        es_signature *to = ask_catalogs(fake_signature(fake, KERNEL, 0));

        to->catalogs_found = 0;
        to->status = es_text_of(modified ? "digest-differs" : "none");
        expect(fake, modified ? "modified" : "unknown", NULL);
    }
}

/* Catalogs that hold the hash and do not settle it. */
static void test_catalogs(void **state)
{
    static const struct {
        const char *status, *chain, *usages, *answer, *words;
    } cases[] = {
        { "sound", "forged", USAGES, "unsigned", "cannot be relied on (sound: forged, one.cat)" },
        { "broken", "trusted", USAGES, "unsigned", "cannot be relied on (broken: trusted" },
        { "not-signed", "", "", "unsigned", "cannot be relied on (not-signed: no chain" },
        { "sound", "invalid", USAGES, "unsigned", "cannot be relied on (sound: invalid" },
        { "sound", "trusted", "1.3.6.1.5.5.7.3.3", "signed-by-another", "not for components" },
        { "sound", "no-root", USAGES, "unknown", "whose chain could not be judged" },
    };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(cases); i++) {
        fake_host *fake = make();
        es_signature *catalog;

        ask_catalogs(fake_signature(fake, KERNEL, 0));
        catalog = fake_catalog(fake, "one.cat");
        catalog->status = es_text_of(cases[i].status);
        catalog->chain = es_text_of(cases[i].chain);
        catalog->usages = es_text_of(cases[i].usages);
        expect(fake, cases[i].answer, cases[i].words);
    }
}

/* ------------------------------------------------------------------ where it is */

static void test_names(void **state)
{
    static const struct {
        const char *path, *original, *member, *answer, *words;
    } cases[] = {
        { KERNEL, "ntkrnlmp.exe", "", "original", NULL },
        { KERNEL, "NTKRNLMP.EXE.MUI", "", "original", NULL },
        { "Windows/System32/kernel32.dll", "kernel32", "", "original", NULL },
        { "Windows/System32/hal.dll", "halmacpi.dll", "", "original", NULL },
        { KERNEL, "hal.dll", "", "original-but-not-of-this-build", "But it was built as hal.dll" },
        { KERNEL, "hal.dll", "ntoskrnl.exe", "original", NULL },
        { KERNEL, "", "ntoskrnl.exe", "original", NULL },
        { KERNEL, "", "hal.dll", "original-but-not-of-this-build", "built as hal.dll" },
    };
    fake_host *fake;

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(cases); i++) {
        fake = make();
        ask_catalogs(fake_signature(fake, cases[i].path, 0));
        ((es_version_strings *)(uintptr_t)fake_signed_executable(fake)->strings)
            ->original_filename = es_text_of(cases[i].original);
        fake_catalog(fake, "nt.cat")->member = es_text_of(cases[i].member);
        expect(fake, cases[i].answer, cases[i].words);
    }
    /* no name at all: the store's place speaks, and where that is missing nothing does */
    for (int twin = 0; twin < 2; twin++) {
        fake = make();
        sign(fake_signature(fake, KERNEL, 0));
        fake_signed_executable(fake)->n_strings = 0;
        if (!twin)
            fake_signed_executable(fake)->component_path = es_text_of("");
        expect(fake, twin ? "original" : "unknown",
               twin ? NULL : "Nothing says under which name it was built");
    }
}

/* A kernel that a boot entry names has whatever name it is given, and was built as a kernel. */
static void test_boot_kernel(void **state)
{
    (void)state;
    for (int kernel = 0; kernel < 2; kernel++) {
        fake_host *fake = make();

        fake_boot_entry(fake)->kernel = es_text_of("other.exe");
        sign(fake_signature(fake, "Windows/System32/other.exe", 0));
        ((es_version_strings *)(uintptr_t)fake_signed_executable(fake)->strings)
            ->original_filename = es_text_of(kernel ? "ntkrnlmp.exe" : "hal.dll");
        expect(fake, kernel ? "original" : "original-but-not-of-this-build", NULL);
    }
}

static void test_build(void **state)
{
    static const char os[] = "microsoft-windows-os-kernel";
    static const struct {
        const char *winners, *component, *answer, *words;
    } cases[] = {
        { "microsoft-windows-os-kernel amd64 6.0.6003.20489", "6.0.6003.20489", "original", NULL },
        { "microsoft-windows-os-kernel amd64 6.0.6003.20555", "6.0.6003.20489",
          "original-but-not-of-this-build", "an older file was put back" },
        { "microsoft-windows-os-kernel amd64 6.0.6002.18005", "6.0.6003.20489",
          "original-but-not-of-this-build", "ahead of what servicing knows" },
        /* numbers, not letters: 20489 is above 9000 */
        { "microsoft-windows-os-kernel amd64 6.0.6003.9000", "6.0.6003.20489",
          "original-but-not-of-this-build", "ahead of what" },
        /* another architecture, another component, two that contradict each other: not known */
        { "microsoft-windows-os-kernel x86 6.0.6002.18005", "6.0.6003.20489", "original", NULL },
        { "microsoft-windows-hal amd64 6.0.6002.18005", "6.0.6003.20489", "original", NULL },
        { "microsoft-windows-os-kernel amd64 6.0.6002.18005\n"
          "microsoft-windows-os-kernel amd64 6.0.6003.20555\n", "6.0.6003.20489", "original",
          NULL },
        /* no twin in the store: its own version counts, and that it has none is said */
        { "microsoft-windows-os-kernel amd64 6.0.6003.20489", NULL, "original",
          ", it has one link: a strong sign that it was put there outside servicing" },
        { "microsoft-windows-os-kernel amd64 6.0.6003.20555", NULL,
          "original-but-not-of-this-build", "an older file was put back" },
    };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(cases); i++) {
        fake_host *fake = make();
        char path[160] = "";

        sign(fake_signature(fake, KERNEL, 0));
        if (cases[i].component)
            (void)snprintf(path, sizeof path, "amd64_%s_31bf3856ad364e35_%s_none_0/ntoskrnl.exe",
                           os, cases[i].component);
        else
            fake_last_artefact(fake)->links = 1;
        fake_signed_executable(fake)->component_path = es_text_of(path);
        winners(fake, cases[i].winners);
        expect(fake, cases[i].answer, cases[i].words);
    }
}

static void test_too_many_winners(void **state)
{
    fake_host *fake = make();

    (void)state;
    winners(fake, "many");
    sign(fake_signature(fake, KERNEL, 0));
    run(fake);
    assert_int_equal(fake_n_notes(fake), 1);
    fake_host_free(fake);
}

static void test_extended_kernel(void **state)
{
    static const struct {
        const char *path, *status, *chain, *component, *winners;
        uint32_t flags;
        int labelled;
    } cases[] = {
        { "Windows/System32/kernel32.dll", "none", "", "", NULL, 0, 1 },
        { "Windows/System32/kernel32.dll", "none", "", "",
          "microsoft-windows-kernel32 amd64 6.0.6003.20489", 0, 1 },
        { KERNEL, "sound", "no-root", "", NULL, ES_SIGNATURE_SELF_SIGNED, 1 },
        /* of another version than Windows has, in the store, another's, another file */
        { "Windows/System32/kernel32.dll", "none", "", "",
          "microsoft-windows-kernel32 amd64 6.0.6002.18005", 0, 0 },
        { KERNEL, "none", "", "folder/ntoskrnl.exe", NULL, 0, 0 },
        { KERNEL, "sound", "no-root", "", NULL, 0, 0 },
        { "Windows/System32/hal.dll", "none", "", "", NULL, 0, 0 },
    };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(cases); i++) {
        fake_host *fake = make();
        es_signature *to = ask_catalogs(fake_signature(fake, cases[i].path, 0));
        const es_datum *traces;

        to->status = es_text_of(cases[i].status);
        to->chain = es_text_of(cases[i].chain);
        to->signer = to->issuer = es_text_of("Somebody");
        to->flags = cases[i].flags;
        fake_signed_executable(fake)->component_path = es_text_of(cases[i].component);
        if (cases[i].winners)
            winners(fake, cases[i].winners);
        run(fake);
        traces = fake_verdict_field(fake, 1, VERDICT, "traces");
        assert_int_equal(traces->n, cases[i].labelled);
        assert_int_equal(strstr(row(fake, 0, "explanation"), "extended kernel") != NULL,
                         cases[i].labelled);
        if (cases[i].labelled)
            assert_string_equal(traces->texts[0].data, "extended kernel, by its looks");
        fake_host_free(fake);
    }
}

/* ------------------------------------------------------------------ what is odd besides */

static void test_remarks(void **state)
{
    static const char *const words[] = {
        "Its PE checksum does not fit", "Its version in words is another than in numbers",
        "Its certificate table holds 24 bytes that no signature covers",
        "512 bytes between its sections are covered by no signature",
        "It is a checked (debug) build", "The list of known hashes calls it bad",
        "Its layout is odd: its sections overlap", "calls it good",
    };
    enum { CHECKSUM, WORDS, APPENDED, UNCOVERED, CHECKED, BAD, LAYOUT, GOOD, N };

    (void)state;
    for (int i = 0; i <= N; i++) {
        fake_host *fake = make();
        es_signature *to = sign(fake_signature(fake, KERNEL, 0));
        es_executable *exe = fake_signed_executable(fake);

        exe->checksum_known = 1;
        exe->checksum_stored = 7;
        exe->checksum_computed = i == CHECKSUM ? 8 : 7;
        ((es_version_strings *)(uintptr_t)exe->strings)->file_version =
            es_text_of(i == WORDS ? "6.0.6002.24566 (vistasp2_ldr.1)" : "6.0.6003.20489 (v)");
        to->appended = i == APPENDED ? 24 : 0;
        to->uncovered = i == UNCOVERED ? 512 : 0;
        exe->file_flags = i == CHECKED ? 1 : 0;
        to->known = es_text_of(i == BAD ? "bad" : i == GOOD ? "good" : "");
        to->problem = es_text_of(i == LAYOUT ? "its sections overlap" : "");
        run(fake);
        /* it is as it was signed, and the verdict points to what is odd */
        assert_string_equal(fake_answer(fake, 1, VERDICT), "original");
        assert_int_equal(strstr(fake_explanation(fake, 1, VERDICT), "unusual") != NULL, i < N);
        for (int k = 0; k < N; k++)
            assert_int_equal(strstr(row(fake, 0, "explanation"), words[k]) != NULL, k == i);
        fake_host_free(fake);
    }
}

/* ------------------------------------------------------------------ boot managers */

static void test_manager(void **state)
{
    static const struct {
        const char *inside, *answer, *words;
        int image, catalog;
        uint32_t unread;
    } cases[] = {
        { "", "unknown", "no image was found inside it", 0, 0, 0 },
        { "sound", "unknown", "from byte 24576 on, is as Microsoft Windows signed it", 0, 0, 0 },
        { "digest-differs", "unknown", "does not fit the signature by Microsoft Windows", 0, 0, 0 },
        { "none", "unknown", "carries no signature that could be judged", 0, 0, 0 },
        { "sound", "unknown", "1 could not be read undamaged", 0, 0, 1 },
        { "sound", "original", "Its hash is in a catalog", 0, 1, 0 },
        /* an image that is called so is judged as any other */
        { "", "unsigned", "none of 40 catalogs vouches for it", 1, 0, 0 },
    };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(cases); i++) {
        fake_host *fake = make();
        es_signature *to;

        fake_boot_entry(fake);
        to = ask_catalogs(sign(fake_signature(fake, "bootmgr", 0)));
        to->status = es_text_of("none");
        to->inside = es_text_of(cases[i].inside);
        to->inside_at = 24576;
        to->catalogs_unread = cases[i].unread;
        if (!cases[i].image)
            to->image_sha1.size = to->image_sha256.size = 0;
        if (!cases[i].inside[0])
            to->signer.size = to->chain.size = 0;
        ((es_version_strings *)(uintptr_t)fake_signed_executable(fake)->strings)
            ->original_filename = es_text_of("bootmgr.exe");
        fake_signed_executable(fake)->component_path = es_text_of("");
        if (cases[i].catalog)
            fake_catalog(fake, "boot.cat");
        expect(fake, cases[i].answer, cases[i].words);
    }
}

/* ------------------------------------------------------------------ all of it */

/* The worst decides; what could not be judged outweighs what is sound. */
static void test_overall(void **state)
{
    static const struct {
        const char *first, *second, *overall;
    } cases[] = {
        { "original", "original", "original" },
        { "original", "unknown", "unknown" },
        { "unknown", "original-but-not-of-this-build", "original-but-not-of-this-build" },
        { "original-but-not-of-this-build", "signed-by-another", "signed-by-another" },
        { "unsigned", "signed-by-another", "unsigned" },
        { "unsigned", "modified", "modified" },
    };

    (void)state;
    for (uint32_t i = 0; i < ES_COUNT(cases); i++) {
        fake_host *fake = make();

        for (int k = 0; k < 2; k++) {
            const char *answer = k ? cases[i].second : cases[i].first;
            es_signature *to = ask_catalogs(
                sign(fake_signature(fake, k ? "Windows/System32/hal.dll" : KERNEL, 0)));

            if (!strcmp(answer, "unknown"))
                to->chain = es_text_of("invalid");
            else if (!strcmp(answer, "signed-by-another"))
                to->chain = es_text_of("forged");
            else if (!strcmp(answer, "unsigned"))
                to->status = es_text_of("none");
            else if (!strcmp(answer, "modified"))
                to->status = es_text_of("broken");
            else if (strcmp(answer, "original") != 0)
                ((es_version_strings *)(uintptr_t)fake_signed_executable(fake)->strings)
                    ->original_filename = es_text_of("ci.dll");
        }
        run(fake);
        assert_string_equal(row(fake, 0, "answer"), cases[i].first);
        assert_string_equal(row(fake, 1, "answer"), cases[i].second);
        assert_string_equal(fake_answer(fake, 1, VERDICT), cases[i].overall);
        assert_int_equal(fake_verdict_field(fake, 1, VERDICT, "files_checked")->integer, 2);
        assert_int_equal(fake_n_because(fake, 1, VERDICT), 2);
        fake_host_free(fake);
    }
}

/* What the examiner asks about is told and decides nothing; one file is judged once. */
static void test_asked(void **state)
{
    fake_host *fake = make();

    (void)state;
    sign(fake_signature(fake, KERNEL, 1));
    ask_catalogs(fake_signature(fake, "Windows/System32/drivers/other.sys", 1));
    run(fake);
    assert_int_equal(fake_n_rows(fake, 1, "files"), 2);
    assert_string_equal(row(fake, 0, "role"), "kernel");
    assert_string_equal(row(fake, 1, "role"), "asked");
    assert_string_equal(row(fake, 1, "answer"), "unsigned");
    assert_string_equal(fake_answer(fake, 1, VERDICT), "original");
    fake_host_free(fake);
    fake = make();
    run(fake);
    assert_string_equal(fake_answer(fake, 1, VERDICT), "unknown");
    assert_string_equal(fake_explanation(fake, 1, VERDICT),
                        "No kernel or boot file could be looked at.");
    fake_host_free(fake);
}

static void test_concerns(void **state)
{
    fake_host *fake = make();
    es_boot_entry *entry = fake_boot_entry(fake);
    const es_datum *concerns;

    (void)state;
    entry->test_signing = entry->no_integrity_checks = entry->debug = 1;
    entry->kernel = es_text_of("other.exe");
    entry->hal = es_text_of("other.dll");
    entry->load_options = es_text_of("DDISABLE_INTEGRITY_CHECKS TESTSIGNING");
    sign(fake_signature(fake, KERNEL, 0));
    run(fake);
    concerns = fake_verdict_field(fake, 1, VERDICT, "concerns");
    assert_int_equal(concerns->n, 7);
    assert_string_equal(fake_answer(fake, 1, VERDICT), "original");
    assert_non_null(strstr(fake_explanation(fake, 1, VERDICT), "lets other code run"));
    fake_host_free(fake);
}

static void test_traces(void **state)
{
    static const char version[] = "Microsoft\\Windows NT\\CurrentVersion";
    static const char layers[] = "Microsoft\\Windows NT\\CurrentVersion\\AppCompatFlags\\Layers";
    static const char programs[] =
        "Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\msiexec.exe";
    static const char shims[] =
        "Microsoft\\Windows NT\\CurrentVersion\\AppCompatFlags\\InstalledSDB\\{one}";
    fake_host *fake = make();

    (void)state;
    fake_text(fake, "SOFTWARE", version, "CurrentBuildNumber", "6003");
    fake_text(fake, "SOFTWARE", version, "EditionID_bak", "Business");
    fake_text(fake, "SOFTWARE", programs, "VerifierDlls", "msiesu.dll");
    fake_text(fake, "SOFTWARE", layers, "C:\\setup.exe", "WIN7RTM");
    fake_text(fake, "SOFTWARE", layers, "C:\\other.exe", "RUNASADMIN");
    fake_text(fake, "SOFTWARE", shims, "DatabasePath", "C:\\Windows\\AppPatch\\one.sdb");
    fake_text(fake, "SYSTEM", "CurrentControlSet\\Services\\wuauserv\\Parameters", "ServiceDll",
              "%systemroot%\\system32\\wuaueng6.dll");
    fake_text(fake, "SYSTEM", "CurrentControlSet\\Control", "SystemStartOptions",
              "NOEXECUTE=OPTIN TESTSIGNING");
    fake_file(fake, "Windows/System32/sle.dll", "MZ", 2);
    run(fake);
    assert_int_equal(fake_n_facts(fake, "integrity.spoof"), 7);
    assert_int_equal(fake_verdict_field(fake, 1, VERDICT, "traces")->n, 7);
    assert_non_null(strstr(fake_explanation(fake, 1, VERDICT), "though not always they alone"));
    fake_host_free(fake);

    /* as Windows has it, nothing is told; its copy for 32-bit programs may be out of date */
    fake = make();
    fake_text(fake, "SOFTWARE", version, "CurrentBuildNumber", "6003");
    fake_text(fake, "SOFTWARE", "Wow6432Node\\Microsoft\\Windows NT\\CurrentVersion",
              "CurrentBuildNumber", "6002");
    fake_text(fake, "SOFTWARE", programs, "VerifierDlls", "vrfcore.dll");
    fake_text(fake, "SYSTEM", "CurrentControlSet\\Services\\wuauserv\\Parameters", "ServiceDll",
              "%systemroot%\\system32\\wuaueng.dll");
    fake_text(fake, "SYSTEM", "CurrentControlSet\\Control", "SystemStartOptions",
              "NOEXECUTE=OPTIN");
    run(fake);
    assert_int_equal(fake_n_facts(fake, "integrity.spoof"), 0);
    fake_host_free(fake);
}

static void test_store(void **state)
{
    fake_host *fake = make();
    const es_fact_view *fact;

    (void)state;
    fake_component(fake, ES_COMPONENT_SAME, "");
    fake_component(fake, ES_COMPONENT_SAME, "");
    fake_component(fake, ES_COMPONENT_DIFFERS, "winsxs/a/ci.dll");
    fake_component(fake, ES_COMPONENT_MISSING, "winsxs/b/hal.dll");
    fake_component(fake, ES_COMPONENT_UNREADABLE, "winsxs/c/pshed.dll");
    fake_component(fake, ES_COMPONENT_MANIFEST, "winsxs/Manifests/d.manifest");
    run(fake);
    assert_int_equal(fake_n_facts(fake, "integrity.component"), 4);
    assert_string_equal(fake_field_text(fake_fact(fake, "integrity.component", 0), "state"),
                        "differs");
    fact = fake_fact(fake, "integrity.store", 0);
    assert_int_equal(fake_field(fact, "checked")->integer, 3);
    assert_int_equal(fake_field(fact, "same")->integer, 2);
    assert_int_equal(fake_field(fact, "manifests_unread")->integer, 1);
    assert_int_equal(fake_n_notes(fake), 1);
    assert_int_equal(fake_verdict_field(fake, 1, VERDICT, "components_checked")->integer, 3);
    assert_int_equal(fake_verdict_field(fake, 1, VERDICT, "components_changed")->integer, 2);
    fake_host_free(fake);
}

/* Hives alone: no file of that time is left to judge. */
static void test_regback(void **state)
{
    fake_host *fake = make();

    (void)state;
    sign(fake_signature(fake, KERNEL, 0));
    fake_state(fake, ES_ROLE_REGBACK, 1);
    run(fake);
    assert_string_equal(fake_answer(fake, 1, VERDICT), "original");
    assert_int_equal(fake_n_rows(fake, 2, "files"), 0);
    fake_host_free(fake);
}

static void test_no_memory(void **state)
{
    fake_host *fake = make();

    (void)state;
    sign(fake_signature(fake, KERNEL, 0));
    fake_fail_alloc(fake, 1);
    assert_int_equal(fake_run(fake), ES_NOMEM);
    fake_host_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_original),    cmocka_unit_test(test_embedded),
        cmocka_unit_test(test_unread),      cmocka_unit_test(test_catalogs),
        cmocka_unit_test(test_names),       cmocka_unit_test(test_boot_kernel),
        cmocka_unit_test(test_build),       cmocka_unit_test(test_too_many_winners),
        cmocka_unit_test(test_extended_kernel), cmocka_unit_test(test_remarks),
        cmocka_unit_test(test_manager),     cmocka_unit_test(test_overall),
        cmocka_unit_test(test_asked),       cmocka_unit_test(test_concerns),
        cmocka_unit_test(test_traces),      cmocka_unit_test(test_store),
        cmocka_unit_test(test_regback),     cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
