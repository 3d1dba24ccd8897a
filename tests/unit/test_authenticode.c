/* SPDX-License-Identifier: Apache-2.0
 *
 * test_authenticode.c: signatures in executables, whole and broken in every place.
 *
 * argv[1] is the folder of the seeds. What each must give was compared with `osslsigncode
 * verify`; signed real files come from ../shared/data where it is there, with the digests that
 * their signatures state.
 */
#include "seed_fixture.h"

#include "windows/authenticode.h"

#include "base/text.h"

#define COMPONENT "1.3.6.1.4.1.311.10.3.6"

static es_roots *load_roots(void)
{
    es_bytes pem = seed_load("signed", "roots.pem");
    es_roots *roots = NULL;
    es_note note;

    assert_int_equal(es_roots_parse(pem, &roots, &note), ES_OK);
    assert_int_equal(es_roots_count(roots), 1);
    seed_unload(pem);
    return roots;
}

static es_authenticode *read_file(const char *name, const es_roots *roots)
{
    es_authenticode *read = malloc(sizeof *read);
    es_bytes file = seed_load("signed", name);

    assert_non_null(read);
    assert_int_equal(es_authenticode_read(file, roots, read), ES_OK);
    seed_unload(file);
    return read;
}

/* What the first signature of a file must be. */
typedef struct expected {
    const char *name, *algorithm;
    bool fits;
    uint32_t state, chain, stamp;
    bool proven;
    uint32_t n_signatures, pages;
} expected;

static const expected cases[] = {
    { "sha1.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9, true, 1, 0 },
    { "sha256-pages.exe", "SHA-256", true, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_RFC3161,
      true, 1, ES_PAGES_FIT },
    { "no-time-stamp.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_NONE, false,
      1, 0 },
    { "brief-stamped.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9, true,
      1, 0 },
    { "brief-stamped-late.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_INVALID, ES_STAMP_PKCS9,
      true, 1, 0 },
    { "code-changed.exe", "SHA-1", false, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9, true,
      1, 0 },
    { "header-changed.exe", "SHA-1", false, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9,
      true, 1, 0 },
    { "checksum-changed.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9,
      true, 1, 0 },
    { "certificate-changed.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9,
      false, 1, 0 },
    { "signature-changed.exe", "SHA-1", true, ES_SIGNER_BROKEN, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9,
      false, 1, 0 },
    { "page-changed.exe", "SHA-1", false, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9, true,
      1, ES_PAGES_DIFFER },
    { "behind-table.exe", "SHA-1", false, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9, true,
      1, 0 },
    { "nested.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9, true, 2, 0 },
    { "duplicated.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9, true, 2,
      0 },
    { "by-another.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_NO_ROOT, ES_STAMP_NONE, false, 1,
      0 },
    { "by-hardware.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_TRUSTED, ES_STAMP_PKCS9, true, 1,
      0 },
    { "root-forged.exe", "SHA-1", true, ES_SIGNER_SOUND, ES_CHAIN_FORGED, ES_STAMP_NONE, false, 1,
      0 },
};

static void test_cases(void **state)
{
    es_roots *roots = load_roots();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const expected *want = &cases[i];
        es_authenticode *read = read_file(want->name, roots);
        const es_embedded *first = &read->signatures[0];

        print_message("%s\n", want->name);
        assert_true(read->digests.has_image);
        assert_int_equal(read->n_signatures, want->n_signatures);
        assert_true(first->has_digest && first->comparable);
        assert_string_equal(first->algorithm, want->algorithm);
        assert_int_equal(first->digest_fits, want->fits);
        assert_int_equal(first->signer.state, want->state);
        assert_int_equal(first->signer.chain.result, want->chain);
        assert_int_equal(first->signer.stamp, want->stamp);
        assert_int_equal(first->signer.stamp_proven, want->proven);
        assert_int_equal(first->pages, want->pages);
        free(read);
    }
    es_roots_free(roots);
}

/* Signatures that are BER are read, or said to be beyond us; never are they none, or broken. */
static void test_ber(void **state)
{
    es_roots *roots = load_roots();
    es_authenticode *der = read_file("sha1.exe", roots), *read;

    (void)state;
    read = read_file("ber.exe", roots);
    assert_int_equal(read->n_signatures, 1);
    assert_true(read->signatures[0].digest_fits);
    assert_int_equal(read->signatures[0].signer.state, ES_SIGNER_SOUND);
    assert_int_equal(read->signatures[0].signer.chain.result, ES_CHAIN_TRUSTED);
    assert_true(read->signatures[0].signer.stamp_proven);
    assert_int_equal(read->appended, 0);
    assert_string_equal(read->signatures[0].signer.thumbprint,
                        der->signatures[0].signer.thumbprint);
    free(read);
    read = read_file("ber-changed.exe", roots);
    assert_int_equal(read->n_signatures, 1);
    assert_false(read->signatures[0].digest_fits);
    assert_int_equal(read->signatures[0].signer.state, ES_SIGNER_SOUND);
    free(read);
    read = read_file("ber-nested.exe", roots);
    assert_int_equal(read->n_signatures, 2);
    assert_true(read->signatures[1].digest_fits);
    assert_int_equal(read->signatures[1].signer.state, ES_SIGNER_SOUND);
    assert_int_equal(read->signatures[1].signer.stamp, ES_STAMP_RFC3161);
    free(read);
    read = read_file("ber-everywhere.exe", roots);
    assert_int_equal(read->n_entries, 1);
    assert_int_equal(read->n_broken, 0);
    assert_int_equal(read->n_signatures + read->n_unsupported, 1);
    if (read->n_signatures) {
        assert_int_not_equal(read->signatures[0].signer.state, ES_SIGNER_BROKEN);
        assert_true(!read->signatures[0].comparable || read->signatures[0].digest_fits);
    }
    free(read);
    free(der);
    es_roots_free(roots);
}

/* Too large for a reader that builds trees: that is said, and what is no signature is not asked. */
static void test_ber_caps(void **state)
{
    uint8_t *data = calloc(1, ES_BER_SIZE_MAX + 1);
    es_bytes held = { NULL, 0 };
    es_signed found;

    (void)state;
    assert_non_null(data);
    assert_int_equal(es_signed_read_any((es_bytes){ data, ES_BER_SIZE_MAX + 1 }, &found, &held),
                     ES_CORRUPT);
    memcpy(data, "\x30\x80", 2);
    assert_int_equal(es_signed_read_any((es_bytes){ data, ES_BER_SIZE_MAX + 1 }, &found, &held),
                     ES_UNSUPPORTED);
    assert_int_equal(es_signed_read_any((es_bytes){ data, ES_BER_SIZE_MAX }, &found, &held),
                     ES_CORRUPT);
    assert_null(held.data);
    free(data);
}

static void test_self_signed(void **state)
{
    es_roots *roots = load_roots();
    es_authenticode *read = read_file("self-signed.exe", roots);

    (void)state;
    assert_int_equal(read->signatures[0].signer.chain.result, ES_CHAIN_NO_ROOT);
    assert_true(read->signatures[0].signer.chain.self_signed);
    free(read);
    read = read_file("by-another.exe", roots);
    assert_false(read->signatures[0].signer.chain.self_signed);
    free(read);
    es_roots_free(roots);
}

static void test_words(void **state)
{
    es_roots *roots = load_roots();
    es_authenticode *read = read_file("sha256-pages.exe", roots);
    const es_signer *signer = &read->signatures[0].signer;
    char hex[65];

    (void)state;
    assert_string_equal(signer->subject, "Test Windows, esuscan test");
    assert_string_equal(signer->issuer, "Test Windows Verification PCA, esuscan test");
    assert_string_equal(signer->chain.root, "Test Root of Windows, esuscan test");
    assert_string_equal(signer->stamper, "Test Time Stamps, esuscan test");
    assert_string_equal(signer->chain.usages, COMPONENT ",1.3.6.1.5.5.7.3.3");
    assert_true(signer->signed_at.ticks ==
                INT64_C(1553155200) * ES_TICKS_PER_SECOND + ES_TICKS_UNIX_EPOCH);
    es_text_hex(read->digests.image_sha256, 32, hex);
    assert_string_equal(hex, "d445ce14f6b710b93d2bb3c61df13ff5fe85e5f01751ecff5f4ab53bd780f6d6");
    free(read);
    read = read_file("by-hardware.exe", roots);
    assert_null(strstr(read->signatures[0].signer.chain.usages, COMPONENT));
    free(read);
    /* without any root the signature is as sound, and nothing is trusted */
    read = read_file("sha1.exe", NULL);
    assert_int_equal(read->signatures[0].signer.state, ES_SIGNER_SOUND);
    assert_int_equal(read->signatures[0].signer.chain.result, ES_CHAIN_NO_ROOT);
    assert_false(read->signatures[0].signer.stamp_proven);
    free(read);
    es_roots_free(roots);
}

static void test_places(void **state)
{
    es_roots *roots = load_roots();
    es_authenticode *read = read_file("appended.exe", roots);

    (void)state;
    assert_true(read->appended >= 24 && read->signatures[0].digest_fits);
    free(read);
    read = read_file("behind-table.exe", roots);
    assert_int_equal(read->behind, 10);
    free(read);
    read = read_file("table-outside.exe", roots);
    assert_true(read->table_outside);
    assert_int_equal(read->n_signatures, 0);
    assert_string_equal(read->problem, "its certificate table lies outside the file");
    free(read);
    read = read_file("sections-overlap.exe", roots);
    assert_string_equal(read->problem, "its sections overlap");
    assert_int_equal(read->uncovered, 0);
    assert_true(read->signatures[0].digest_fits); /* of all its bytes, read straight on */
    free(read);
    es_roots_free(roots);
}

static void test_bombs(void **state)
{
    es_roots *roots = load_roots();
    es_authenticode *read = read_file("nested-deep.exe", roots);

    (void)state;
    assert_int_equal(read->n_signatures, ES_NESTED_DEPTH_MAX + 1);
    assert_true(read->cut);
    free(read);
    read = read_file("certificate-deep.exe", roots);
    assert_int_equal(read->n_entries, 1);
    assert_int_equal(read->n_broken, 1);
    free(read);
    read = read_file("certificate-garbage.exe", roots);
    assert_int_equal(read->n_broken, 1);
    assert_int_equal(read->n_signatures, 0);
    free(read);
    es_roots_free(roots);
}

/* An image behind a stub is judged by itself, and never as the file. */
static void test_inside(void **state)
{
    static const struct {
        const char *name;
        uint32_t n_signatures;
        bool fits;
    } files[] = { { "behind-stub.bin", 1, true },
                  { "behind-stub-changed.bin", 1, false },
                  { "behind-stub-unsigned.bin", 0, false } };
    es_authenticode *whole, *read;
    es_roots *roots = load_roots();

    (void)state;
    whole = read_file("sha1.exe", roots);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        read = read_file(files[i].name, roots);
        assert_true(read->inside);
        assert_int_equal(read->inside_at, 24 * 1024);
        assert_false(read->digests.has_image);
        assert_int_equal(read->n_signatures, files[i].n_signatures);
        if (read->n_signatures) {
            assert_int_equal(read->signatures[0].digest_fits, files[i].fits);
            assert_int_equal(read->signatures[0].signer.chain.result, ES_CHAIN_TRUSTED);
            assert_memory_equal(read->signatures[0].stated, whole->digests.image_sha1, 20);
        }
        free(read);
    }
    read = read_file("roots.pem", roots); /* no image anywhere */
    assert_false(read->inside);
    free(read);
    free(whole);
    es_roots_free(roots);
}

/* Where an image is looked for ends: at the stub's cap, and after so many false beginnings. */
static void test_inside_caps(void **state)
{
    es_bytes image = seed_load("signed", "unsigned.exe");
    uint64_t size = ES_STUB_SIZE_MAX + image.size;
    uint8_t *data = calloc(1, (size_t)size);
    es_authenticode *read = malloc(sizeof *read);

    (void)state;
    assert_true(data && read);
    memcpy(data + ES_STUB_SIZE_MAX, image.data, (size_t)image.size);
    assert_int_equal(es_authenticode_read((es_bytes){ data, size }, NULL, read), ES_OK);
    assert_false(read->inside);
    assert_int_equal(es_authenticode_read((es_bytes){ data + 1, size - 1 }, NULL, read), ES_OK);
    assert_true(read->inside);
    for (unsigned i = 1; i <= ES_STUB_TRIES_MAX; i++)
        memcpy(data + i * 64, "MZ", 2);
    assert_int_equal(es_authenticode_read((es_bytes){ data + 1, size - 1 }, NULL, read), ES_OK);
    assert_false(read->inside);
    free(read);
    free(data);
    seed_unload(image);
}

/* Every byte of a signed file matters, but those of the checksum, the directory entry and the
 * table's padding. */
static void test_each_byte(void **state)
{
    es_roots *roots = load_roots();
    es_bytes file = seed_load("signed", "sha1.exe");
    es_authenticode *read = malloc(sizeof *read);
    uint8_t *copy = malloc((size_t)file.size);
    uint32_t optional = (uint32_t)file.data[60] + 24;

    (void)state;
    assert_true(read && copy);
    for (uint64_t i = 0; i < 4608; i += 7) {
        bool checksum = i >= optional + 64 && i < optional + 68;
        bool entry = i >= optional + 144 && i < optional + 152;

        memcpy(copy, file.data, (size_t)file.size);
        copy[i] ^= 0x10;
        assert_int_equal(es_authenticode_read((es_bytes){ copy, file.size }, roots, read), ES_OK);
        if (entry)
            continue;
        if (read->n_signatures && read->signatures[0].digest_fits != checksum)
            fail_msg("byte %u", (unsigned)i);
    }
    free(copy);
    free(read);
    seed_unload(file);
    es_roots_free(roots);
}

static void test_no_image(void **state)
{
    es_authenticode *read = malloc(sizeof *read);
    char hex[65];

    (void)state;
    assert_non_null(read);
    assert_int_equal(es_authenticode_read((es_bytes){ NULL, 0 }, NULL, read), ES_OK);
    assert_false(read->digests.has_image);
    es_text_hex(read->digests.sha1, 20, hex);
    assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_int_equal(es_authenticode_read((es_bytes){ (const uint8_t *)"MZ..", 4 }, NULL, read),
                     ES_OK);
    assert_false(read->digests.has_image);
    assert_true(read->problem[0]);
    free(read);
}

static void test_roots(void **state)
{
    static const char broken[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    es_roots *roots = NULL;
    es_note note;

    (void)state;
    assert_int_equal(es_roots_parse((es_bytes){ (const uint8_t *)"none", 4 }, &roots, &note),
                     ES_CORRUPT);
    assert_int_equal(es_roots_parse((es_bytes){ (const uint8_t *)broken, sizeof broken - 1 },
                                    &roots, &note),
                     ES_CORRUPT);
    assert_int_equal(es_roots_parse((es_bytes){ NULL, 0 }, &roots, &note), ES_CORRUPT);
    assert_null(roots);
}

static void test_real_files(void **state)
{
    static const struct {
        const char *name, *digest;
        uint32_t n_signatures;
    } files[] = {
        { "signed-x64.exe", "2559e91a60953a5e16f9650f5f88953a2cca5425", 1 },
        { "signed-x86.exe", "6663dd7c24fa84fce7f16e0b02689952c06cfa22", 1 },
        { "signed-duplicated-x86.exe", "6663dd7c24fa84fce7f16e0b02689952c06cfa22", 2 },
        { "signed-nested-x86.exe", "ce134ce4cc3658ae91097e7ef80b081d5ac5ca47", 2 },
    };
    es_authenticode *read = malloc(sizeof *read);

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[1024], hex[65];
        es_bytes file;

        snprintf(path, sizeof path, "%s/../../shared/data/pe/%s", seeds, files[i].name);
        if (!seed_load_path(path, &file)) {
            free(read);
            skip();
        }
        assert_int_equal(es_authenticode_read(file, NULL, read), ES_OK);
        assert_int_equal(read->n_signatures, files[i].n_signatures);
        es_text_hex(read->digests.image_sha1, 20, hex);
        assert_string_equal(hex, files[i].digest);
        for (uint32_t k = 0; k < read->n_signatures; k++) {
            assert_true(read->signatures[k].digest_fits);
            assert_int_equal(read->signatures[k].signer.state, ES_SIGNER_SOUND);
            assert_int_equal(read->signatures[k].signer.chain.result, ES_CHAIN_NO_ROOT);
        }
        seed_unload(file);
    }
    free(read);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),     cmocka_unit_test(test_words),
        cmocka_unit_test(test_places),    cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_each_byte), cmocka_unit_test(test_no_image),
        cmocka_unit_test(test_roots),     cmocka_unit_test(test_real_files),
        cmocka_unit_test(test_inside),    cmocka_unit_test(test_inside_caps),
        cmocka_unit_test(test_self_signed), cmocka_unit_test(test_ber),
        cmocka_unit_test(test_ber_caps),
    };

    if (argc > 1)
        seeds = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
