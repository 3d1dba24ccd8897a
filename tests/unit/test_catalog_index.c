/* SPDX-License-Identifier: Apache-2.0
 *
 * test_catalog_index.c: the catalogs of an installation, and of its shadow copies beside it.
 *
 * argv[2] is the folder of the made disks.
 */
#include "windows/catalog.h"

#include "disk/snapshot.h"
#include "disk_fixture.h"

#include <openssl/evp.h>

static const char *disks = "disks";

#define FILE_SIZE 65536u

/* How many catalogs hold the digest of "MARK NUMBER". */
static uint32_t holding(es_catalogs *catalogs, const char *mark, unsigned number)
{
    es_vouch *found = calloc(8, sizeof *found);
    uint8_t digest[20];
    char text[64];
    uint32_t n = 0;

    assert_non_null(found);
    (void)snprintf(text, sizeof text, "%s %u", mark, number);
    assert_int_equal(EVP_Digest(text, strlen(text), digest, NULL, EVP_sha1(), NULL), 1);
    assert_int_equal(es_catalogs_find(catalogs, (es_bytes){ digest, 20 }, NULL, found, 8, &n),
                     ES_OK);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(found[i].signer.state, 0); /* nobody signed them */
    free(found);
    return n;
}

typedef struct states {
    disk *d;
    es_snapshots *set;
    es_fs *now, *copies[2]; /* oldest first; the set owns them */
} states;

static void states_open(states *s)
{
    char path[1024];
    es_note note;

    (void)snprintf(path, sizeof path, "%s/integrity-snapshots.raw", disks);
    s->d = disk_of_file(path, 0, 0);
    assert_non_null(s->d);
    disk_read(s->d);
    assert_int_equal(es_fs_open(s->d->source, disk_volume(s->d, 1), &s->now, &note), ES_OK);
    assert_int_equal(es_snapshots_open(s->d->source, disk_volume(s->d, 1), false, disk_note, s->d,
                                       &s->set),
                     ES_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(es_snapshots_fs(s->set, i, &s->copies[i], &note), ES_OK);
}

static void states_close(states *s)
{
    es_fs_free(s->now);
    es_snapshots_free(s->set);
    disk_free(s->d);
}

static es_catalogs *build(states *s, es_fs *fs, const es_catalogs *later)
{
    es_catalogs *made = NULL;

    assert_int_equal(es_catalogs_build(s->d->source, fs, "Windows", 1, later, &made), ES_OK);
    return made;
}

static void test_built(void **state)
{
    es_catalogs *catalogs;
    states s;

    (void)state;
    states_open(&s);
    catalogs = build(&s, s.now, NULL);
    assert_int_equal(es_catalogs_counts(catalogs)->found, 3);
    assert_int_equal(es_catalogs_counts(catalogs)->read, 3);
    assert_int_equal(es_catalogs_counts(catalogs)->taken, 0);
    assert_int_equal(es_catalogs_counts(catalogs)->bytes, 3 * FILE_SIZE);
    assert_int_equal(holding(catalogs, "same", 249), 1);
    assert_int_equal(holding(catalogs, "changed 1", 0), 1);
    assert_int_equal(holding(catalogs, "changed 0", 0), 0);
    assert_int_equal(holding(catalogs, "new", 7), 1);
    es_catalogs_free(catalogs);
    states_close(&s);
}

/* Going back in time: only what changed is read, and what is known is what a full read knows. */
static void test_taken(void **state)
{
    static const char *const marks[] = { "same", "changed 0", "changed 1", "new" };
    es_catalogs *now, *copy[2], *alone;
    states s;

    (void)state;
    states_open(&s);
    now = build(&s, s.now, NULL);
    copy[1] = build(&s, s.copies[1], now);
    copy[0] = build(&s, s.copies[0], copy[1]);
    assert_int_equal(es_catalogs_counts(copy[1])->found, 2);
    assert_int_equal(es_catalogs_counts(copy[1])->taken, 2);
    assert_int_equal(es_catalogs_counts(copy[1])->bytes, 0);
    assert_int_equal(es_catalogs_counts(copy[0])->taken, 1);
    assert_int_equal(es_catalogs_counts(copy[0])->bytes, FILE_SIZE);
    for (int i = 0; i < 2; i++) {
        alone = build(&s, s.copies[i], NULL);
        assert_int_equal(es_catalogs_counts(alone)->taken, 0);
        assert_int_equal(es_catalogs_counts(copy[i])->read, es_catalogs_counts(alone)->read);
        for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
            for (unsigned n = 0; n < 260; n += 23)
                assert_int_equal(holding(copy[i], marks[k], n), holding(alone, marks[k], n));
        es_catalogs_free(alone);
    }
    assert_int_equal(holding(copy[0], "changed 0", 5), 1);
    assert_int_equal(holding(copy[0], "changed 1", 5), 0);
    es_catalogs_free(copy[0]);
    es_catalogs_free(copy[1]);
    es_catalogs_free(now);
    states_close(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built),
        cmocka_unit_test(test_taken),
    };

    if (argc > 2)
        disks = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
