/* SPDX-License-Identifier: Apache-2.0
 *
 * test_catalog.c: catalogs taken apart, and those that lie. The index is tested on disks, through
 * the program.
 *
 * argv[1] is the folder of the seeds.
 */
#include "seed_fixture.h"

#include "windows/catalog.h"

#include "base/text.h"

#include <time.h>

/* Image hashes of pe/ntoskrnl-amd64-6003.exe. */
static const char sha1[] = "246a8e3d6833266b4eff195c35cf5e26351f060d";
static const char sha256[] = "d445ce14f6b710b93d2bb3c61df13ff5fe85e5f01751ecff5f4ab53bd780f6d6";

typedef struct looking {
    const char *digest;
    unsigned n, found;
    char file[ES_NAME_MAX], os[ES_NAME_MAX];
} looking;

static int look(void *context, const es_catalog_member *member)
{
    looking *at = context;
    char hex[129];

    at->n++;
    es_text_hex(member->digest.data, (size_t)member->digest.size, hex);
    if (strcmp(hex, at->digest) != 0)
        return 0;
    at->found++;
    es_catalog_attribute(member->attributes, "File", at->file);
    es_catalog_attribute(member->attributes, "OSAttr", at->os);
    return 0;
}

static void check(const char *name, const char *digest, unsigned n, unsigned found,
                  const char *file, uint32_t state, uint32_t chain)
{
    es_bytes pem = seed_load("signed", "roots.pem"), bytes = seed_load("signed", name);
    looking at = { .digest = digest };
    es_roots *roots = NULL;
    es_signer signer;
    es_signed parts;
    es_note note;

    assert_int_equal(es_roots_parse(pem, &roots, &note), ES_OK);
    assert_int_equal(es_catalog_members(bytes, &parts, look, &at), ES_OK);
    assert_int_equal(at.n, n);
    assert_int_equal(at.found, found);
    assert_string_equal(at.file, file);
    if (state) {
        assert_int_equal(es_signed_verify(&parts, roots, &signer), ES_OK);
        assert_int_equal(signer.state, state);
        assert_int_equal(signer.chain.result, chain);
    } else {
        assert_int_equal(es_signed_verify(&parts, roots, &signer), ES_ABSENT);
    }
    es_roots_free(roots);
    seed_unload(pem);
    seed_unload(bytes);
}

static void test_members(void **state)
{
    (void)state;
    check("sha1.cat", sha1, 41, 1, "ntoskrnl.exe", ES_SIGNER_SOUND, ES_CHAIN_TRUSTED);
    check("sha256.cat", sha256, 1, 1, "", ES_SIGNER_SOUND, ES_CHAIN_TRUSTED);
    check("without.cat", sha1, 40, 0, "", ES_SIGNER_SOUND, ES_CHAIN_TRUSTED);
}

/* One in BER is no catalog to the reader of DER, and a good one as OpenSSL hands it over. */
static void test_ber(void **state)
{
    es_bytes bytes = seed_load("signed", "ber.cat"), plain = seed_load("signed", "sha1.cat"), der;
    looking at = { .digest = sha1 };
    es_signed parts;
    uint64_t used = 0;

    (void)state;
    assert_int_equal(es_catalog_members(bytes, &parts, look, &at), ES_CORRUPT);
    assert_int_equal(es_signed_from_ber(bytes, &der, &used), ES_OK);
    assert_int_equal(used, bytes.size);
    assert_int_equal(der.size, plain.size);
    assert_memory_equal(der.data, plain.data, plain.size);
    es_signed_let_go(der);
    seed_unload(bytes);
    seed_unload(plain);
}

static void test_liars(void **state)
{
    (void)state;
    check("forged.cat", sha1, 2, 1, "ntoskrnl.exe", ES_SIGNER_SOUND, ES_CHAIN_FORGED);
    check("unsigned.cat", sha1, 1, 1, "ntoskrnl.exe", 0, 0);
    check("empty.cat", sha1, 0, 0, "", 0, 0);
    /* its tag is what it was, its indirect data is not: both count, and the signature is broken */
    check("member-changed.cat", sha1, 42, 1, "ntoskrnl.exe", ES_SIGNER_BROKEN, ES_CHAIN_TRUSTED);
}

static void test_broken(void **state)
{
    static const struct {
        const char *name;
        es_status status;
    } files[] = { { "cut.cat", ES_CORRUPT }, { "no-catalog.cat", ES_UNSUPPORTED } };
    looking at = { .digest = sha1 };
    es_signed parts;

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        es_bytes bytes = seed_load("signed", files[i].name);

        assert_int_equal(es_catalog_members(bytes, &parts, look, &at), files[i].status);
        seed_unload(bytes);
    }
    assert_int_equal(es_catalog_members((es_bytes){ NULL, 0 }, &parts, look, &at), ES_CORRUPT);
    assert_int_equal(at.n, 0);
}

/* No cut makes it read past the end; none but the whole is a catalog. */
static void test_every_cut(void **state)
{
    es_bytes whole = seed_load("signed", "sha256.cat");
    looking at = { .digest = sha256 };
    es_signed parts;

    (void)state;
    for (uint64_t size = 0; size < whole.size; size += 3) {
        uint8_t *copy = malloc(size ? (size_t)size : 1);

        assert_non_null(copy);
        memcpy(copy, whole.data, (size_t)size);
        assert_int_not_equal(es_catalog_members((es_bytes){ copy, size }, &parts, look, &at),
                             ES_OK);
        free(copy);
    }
    seed_unload(whole);
}

/* As many elements as a catalog can hold that are no certificates: only so many are looked at. */
static void test_many_certificates(void **state)
{
    es_bytes bytes = seed_load("signed", "sha1.cat"), pem = seed_load("signed", "roots.pem");
    uint8_t *run = malloc(ES_CATALOG_SIZE_MAX);
    looking at = { .digest = sha1 };
    es_roots *roots = NULL;
    es_signer signer;
    es_signed parts;
    es_note note;
    clock_t began;

    (void)state;
    assert_non_null(run);
    for (uint64_t i = 0; i < ES_CATALOG_SIZE_MAX; i += 2) {
        run[i] = ES_DER_SEQUENCE;
        run[i + 1] = 0;
    }
    assert_int_equal(es_roots_parse(pem, &roots, &note), ES_OK);
    assert_int_equal(es_catalog_members(bytes, &parts, look, &at), ES_OK);
    parts.certificates = (es_bytes){ run, ES_CATALOG_SIZE_MAX };
    began = clock();
    assert_int_equal(es_signed_verify(&parts, roots, &signer), ES_OK);
    assert_true(clock() - began < CLOCKS_PER_SEC);
    assert_int_equal(signer.state, ES_SIGNER_NO_CERTIFICATE);
    es_roots_free(roots);
    free(run);
    seed_unload(pem);
    seed_unload(bytes);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_liars),
        cmocka_unit_test(test_ber),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_many_certificates),
    };

    if (argc > 1)
        seeds = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
