/* SPDX-License-Identifier: Apache-2.0
 *
 * test_components.c: manifests, and the component store of a disk against them.
 *
 * argv[1] is the folder of the seeds, argv[2] that of the made disks.
 */
#include "windows/components.h"

#include "disk_fixture.h"
#include "windows/limits.h"

static const char *disks = "disks", *seeds = "fixtures";

#define SHA1 "2jmj7l5rSw0yVb/vlWAYkK/YBwk="                       /* of nothing */
#define SHA256 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="     /* of nothing */
#define OTHER "urn:schemas-microsoft-com:HashTransforms.Manifest"

typedef struct listing {
    es_manifest_file files[8];
    unsigned n, stop_at;
} listing;

static es_status read_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    const es_bytes *bytes = context;

    assert_true(offset <= bytes->size && size <= bytes->size - offset);
    memcpy(buffer, bytes->data + offset, (size_t)size);
    *ret_damaged = false;
    return ES_OK;
}

static es_status keep(void *context, const es_manifest_file *file)
{
    listing *to = context;

    assert_true(to->n < 8);
    to->files[to->n++] = *file;
    return to->n == to->stop_at ? ES_LIMIT : ES_OK;
}

static es_status read_text(const char *text, listing *ret)
{
    es_bytes bytes = { (const uint8_t *)text, strlen(text) };
    es_xml_input input = { bytes.size, read_bytes, &bytes };

    ret->n = 0;
    return es_manifest_read(&input, keep, ret);
}

static void test_files(void **state)
{
    listing got = { .n = 0 };

    (void)state;
    assert_int_equal(
        read_text("<assembly><file name='a.dll'><hash><DigestValue>" SHA1
                  "</DigestValue></hash></file><file name='none.txt'/><file/>"
                  "<DigestValue>" SHA1 "</DigestValue>"
                  "<file name='Sub\\b.sys'><x:hash xmlns:x='urn:x'><x:DigestValue>\n   " SHA256
                  "\n  </x:DigestValue></x:hash></file></assembly>",
                  &got),
        ES_OK);
    assert_int_equal(got.n, 2);
    assert_string_equal(got.files[0].name, "a.dll");
    assert_int_equal(got.files[0].digest_size, 20);
    assert_int_equal(got.files[0].digest[0], 0xda);
    assert_false(got.files[0].transformed);
    assert_string_equal(got.files[1].name, "Sub/b.sys");
    assert_int_equal(got.files[1].digest_size, 32);
    assert_int_equal(got.files[1].digest[31], 0x55);
}

/* Digests of a kind that cannot be compared are handed over as such, never left out. */
static void test_incomparable(void **state)
{
    listing got = { .n = 0 };

    (void)state;
    assert_int_equal(
        read_text("<a><file name='a'><Transforms><Transform Algorithm='" OTHER "'/></Transforms>"
                  "<DigestValue>" SHA1 "</DigestValue></file>"
                  "<file name='b'><Transform Algorithm='urn:schemas-microsoft-com:"
                  "HashTransforms.Identity'/><DigestValue>" SHA1 "</DigestValue></file>"
                  "<file name='c'><DigestValue>AAAA</DigestValue></file>"
                  "<file name='d'><DigestValue>!!mj7l5rSw0yVb/vlWAYkK/YBwk=</DigestValue></file>"
                  "</a>",
                  &got),
        ES_OK);
    assert_int_equal(got.n, 4);
    assert_true(got.files[0].transformed);
    assert_false(got.files[1].transformed);
    assert_int_equal(got.files[1].digest_size, 20);
    assert_int_equal(got.files[2].digest_size, 0);
    assert_int_equal(got.files[3].digest_size, 0);
}

static void test_broken(void **state)
{
    char text[1024], name[300];
    listing got = { .n = 0 };

    (void)state;
    assert_int_equal(read_text("", &got), ES_CORRUPT);
    assert_int_equal(read_text("MZ", &got), ES_CORRUPT);
    assert_int_equal(read_text("<a><file name='x'><DigestValue>" SHA1 "</DigestValue></file>", &got),
                     ES_CORRUPT);
    assert_int_equal(got.n, 1); /* what stands before the cut */
    memset(name, 'n', sizeof name);
    name[256] = '\0';
    (void)snprintf(text, sizeof text, "<a><file name='%s'/></a>", name);
    assert_int_equal(read_text(text, &got), ES_CORRUPT);
    (void)snprintf(text, sizeof text, "<a><file name='%s'/></a>", name + 1);
    assert_int_equal(read_text(text, &got), ES_OK);
    got.stop_at = 1;
    assert_int_equal(read_text("<a><file name='x'><DigestValue>" SHA1 "</DigestValue></file></a>",
                               &got),
                     ES_LIMIT);
}

static void test_seeds(void **state)
{
    static const struct {
        const char *name;
        es_status status;
        unsigned n;
    } files[] = { { "component.manifest", ES_OK, 3 },
                  { "component-cut.manifest", ES_CORRUPT, 1 },
                  { "entity-bomb.mum", ES_UNSUPPORTED, 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[1024], text[8192];
        listing got = { .n = 0 };
        FILE *file;
        size_t size;

        (void)snprintf(path, sizeof path, "%s/xml/%s", seeds, files[i].name);
        file = fopen(path, "rb");
        assert_non_null(file);
        size = fread(text, 1, sizeof text - 1, file);
        text[size] = '\0';
        fclose(file);
        assert_int_equal(read_text(text, &got), files[i].status);
        assert_int_equal(got.n, files[i].n);
    }
}

/* ------------------------------------------------------------------ a disk */

typedef struct store {
    disk *d;
    es_fs *fs;
    es_components *components;
} store;

static es_status store_open(store *s, const char *name, const char *root)
{
    char path[1024];
    es_note note;

    (void)snprintf(path, sizeof path, "%s/%s", disks, name);
    s->d = disk_of_file(path, 0, 0);
    s->components = NULL;
    assert_non_null(s->d);
    disk_read(s->d);
    assert_int_equal(es_fs_open(s->d->source, disk_volume(s->d, 1), &s->fs, &note), ES_OK);
    return es_components_open(s->fs, root, &s->components);
}

static void store_close(store *s)
{
    es_components_free(s->components);
    es_fs_free(s->fs);
    disk_free(s->d);
}

static void test_store(void **state)
{
    unsigned counts[ES_COMPONENT_MANIFEST + 1] = { 0 };
    es_component_file *file = calloc(1, sizeof *file);
    size_t done = 0, all = 0;
    es_status status;
    store s;

    (void)state;
    assert_non_null(file);
    assert_int_equal(store_open(&s, "integrity-every-answer.raw", "Windows"), ES_OK);
    while ((status = es_components_next(s.components, file)) == ES_OK) {
        assert_true(file->state >= ES_COMPONENT_SAME && file->state <= ES_COMPONENT_MANIFEST);
        counts[file->state]++;
        es_components_progress(s.components, &done, &all);
        assert_true(done > 0 && done <= all);
        if (file->state == ES_COMPONENT_DIFFERS) {
            assert_non_null(strstr(file->path, "/win32k.sys"));
            assert_string_equal(file->algorithm, "SHA-1");
            assert_memory_not_equal(file->stated, file->computed, 20);
        }
        if (file->state == ES_COMPONENT_MISSING)
            assert_non_null(strstr(file->path, "/absent.dll"));
        if (file->state == ES_COMPONENT_MANIFEST)
            assert_non_null(strstr(file->path, "Manifests/amd64_broken_"));
    }
    assert_int_equal(status, ES_END);
    assert_int_equal(all, 5);
    assert_int_equal(counts[ES_COMPONENT_SAME], 2);
    assert_int_equal(counts[ES_COMPONENT_DIFFERS], 1);
    assert_int_equal(counts[ES_COMPONENT_MISSING], 1);
    assert_int_equal(counts[ES_COMPONENT_UNREADABLE], 0);
    assert_int_equal(counts[ES_COMPONENT_MANIFEST], 1);
    free(file);
    store_close(&s);
}

static void test_no_store(void **state)
{
    store s;

    (void)state;
    assert_int_equal(store_open(&s, "no-windows.raw", "Windows"), ES_ABSENT);
    store_close(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),  cmocka_unit_test(test_incomparable),
        cmocka_unit_test(test_broken), cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_store),  cmocka_unit_test(test_no_store),
    };

    if (argc > 2) {
        seeds = argv[1];
        disks = argv[2];
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
