/* SPDX-License-Identifier: Apache-2.0
 *
 * test_snapshot.c: shadow copies: two on a fixture disk, and that disk with its lists broken.
 *
 *     test_snapshot SEEDS DISKS
 *
 * What the copies hold is known from the recipe: the older is a Windows at 6002. vshadowinfo is the
 * other opinion on what there is; a real volume of ../shared/data is used when it is there.
 */
#include "disk_fixture.h"
#include "disk/snapshot.h"
#include "disk/snapshot_chain.h"

#include "base/time.h"

#define HEADER_AT 0x1e00u
#define KERNEL "Windows/System32/ntoskrnl.exe"
#define BLOCK 16384u

static const char *seeds_at, *disks_at;

/* Offsets on the volume, as its own header and catalogue state them. */
typedef struct places {
    uint64_t catalogue, entry[2], list[2], header[2];
} places;

static uint64_t number_at(const disk *d, uint64_t at, size_t size)
{
    uint8_t bytes[8];
    uint64_t number = 0;

    assert_int_equal(pread(d->fd, bytes, size, (off_t)at), size);
    while (size-- > 0)
        number = number << 8 | bytes[size];
    return number;
}

/* The fixture disk's volume with its places; the first entries are those of the newer copy. */
static disk *fixture(places *ret)
{
    const uint64_t start = UINT64_C(1) << 20;
    char path[512];
    disk *d;

    snprintf(path, sizeof path, "%s/snapshots-6002-6003.raw", disks_at);
    d = disk_of_file(path, 0, 0);
    if (!d)
        skip();
    ret->catalogue = start + number_at(d, start + HEADER_AT + 48, 8);
    for (unsigned i = 0; i < 2; i++) {
        ret->entry[i] = ret->catalogue + 128 + 256 * (1 - i);
        ret->list[i] = start + number_at(d, ret->entry[i] + 128 + 8, 8);
        ret->header[i] = start + number_at(d, ret->entry[i] + 128 + 32, 8);
    }
    return d;
}

static es_snapshots *open_set(disk *d)
{
    es_snapshots *set = NULL;

    disk_read(d);
    assert_int_equal(es_snapshots_open(d->source, disk_volume(d, 1), false, disk_note, d, &set),
                     ES_OK);
    return set;
}

static es_file *open_file(es_fs *fs, const char *path)
{
    uint64_t entry;
    uint32_t sequence;
    es_file *file = NULL;
    es_note note;

    assert_int_equal(es_fs_lookup(fs, path, &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_file_open(fs, entry, sequence, NULL, &file, &note), ES_OK);
    return file;
}

static uint8_t *bytes_of(es_file *file, bool *ret_damaged)
{
    uint64_t size = es_file_size(file), got = 0;
    uint8_t *bytes = malloc((size_t)size + 1);

    assert_non_null(bytes);
    assert_int_equal(es_file_read(file, 0, bytes, size, &got, ret_damaged), ES_OK);
    assert_int_equal(got, size);
    return bytes;
}

/* ---------------------------------------------------------------- what there is */

static void copies_are_listed(void **state)
{
    places at;
    disk *d = fixture(&at);
    es_snapshots *set = open_set(d);
    char words[ES_TIME_STRING_MAX];

    (void)state;
    assert_int_equal(es_snapshots_count(set), 2);
    assert_int_equal(es_snapshots_at(set, 0)->number, 1);
    es_time_format(es_snapshots_at(set, 0)->created, words);
    assert_string_equal(words, "2019-03-20T21:00:07.1250000Z");
    assert_string_equal(es_snapshots_at(set, 0)->id, "5e5ca000-0000-11e9-8000-000000000001");
    assert_true(es_snapshots_at(set, 0)->readable && es_snapshots_at(set, 1)->readable);
    assert_null(es_snapshots_at(set, 2));
    assert_int_equal(d->n_notes, 0);
    es_snapshots_free(set);
    assert_int_equal(es_snapshots_open(d->source, disk_volume(d, 1), true, disk_note, d, &set),
                     ES_OK);
    assert_int_equal(es_snapshots_count(set), 2);
    assert_false(es_snapshots_at(set, 0)->readable);
    es_snapshots_free(set);
    disk_free(d);
}

static void vshadowinfo_counts_the_same(void **state)
{
    places at;
    disk *d = fixture(&at);
    es_snapshots *set = open_set(d);
    size_t size = 0;
    uint8_t *said;

    (void)state;
    if (!has_program("vshadowinfo"))
        skip();
    said = run_on(d, "vshadowinfo -o 1048576", "", &size);
    assert_non_null(said);
    for (size_t i = 0; i < es_snapshots_count(set); i++) {
        assert_non_null(memmem(said, size, es_snapshots_at(set, i)->id, 36));
    }
    assert_non_null(memmem(said, size, "Mar 20, 2019 21:00:07.125", 25));
    free(said);
    es_snapshots_free(set);
    disk_free(d);
}

static void a_copy_holds_what_was_there(void **state)
{
    places at;
    disk *d = fixture(&at);
    es_snapshots *set = open_set(d);
    es_fs *now = NULL, *newer = NULL, *older = NULL;
    es_file *files[3];
    uint8_t *bytes[3];
    es_note note;

    (void)state;
    assert_int_equal(es_fs_open(d->source, disk_volume(d, 1), &now, &note), ES_OK);
    assert_int_equal(es_snapshots_fs(set, 1, &newer, &note), ES_OK);
    assert_int_equal(es_snapshots_fs(set, 0, &older, &note), ES_OK);
    assert_int_equal(es_fs_snapshot(now), 0);
    assert_int_equal(es_fs_snapshot(older), 1);
    files[0] = open_file(now, KERNEL);
    files[1] = open_file(newer, KERNEL);
    files[2] = open_file(older, KERNEL);
    for (int i = 0; i < 3; i++) {
        bool damaged = false;

        bytes[i] = bytes_of(files[i], &damaged);
        assert_false(damaged);
    }
    assert_int_equal(es_file_size(files[0]), es_file_size(files[2]));
    assert_memory_equal(bytes[0], bytes[1], es_file_size(files[0]));
    assert_memory_not_equal(bytes[0], bytes[2], es_file_size(files[0]));
    assert_true(es_file_unchanged(files[1], files[0]));
    assert_true(es_file_range_unchanged(files[1], files[0], 0, 512));
    assert_false(es_file_unchanged(files[2], files[1]));
    assert_false(es_file_unchanged(files[2], files[0]));
    assert_false(es_file_unchanged(files[0], files[1]));
    for (int i = 0; i < 3; i++) {
        free(bytes[i]);
        es_file_free(files[i]);
    }
    es_fs_free(now);
    es_snapshots_free(set);
    disk_free(d);
}

static void what_never_changes_is_told(void **state)
{
    places at;
    disk *d = fixture(&at);
    es_snapshots *set = open_set(d);
    uint64_t original = number_at(d, at.list[0] + 128 + 32, 8);

    (void)state;
    assert_true(es_snapshots_changed(set, 1, 0, original, 1));
    assert_true(es_snapshots_changed(set, 1, 2, original + BLOCK - 1, 1));
    assert_true(es_snapshots_changed(set, 1, 2, original - 1, 2));
    assert_false(es_snapshots_changed(set, 1, 2, original, 0));
    assert_false(es_snapshots_changed(set, 2, 0, disk_volume(d, 1)->length - BLOCK, 1));
    assert_true(es_snapshots_changed(set, 2, 2, 0, 1)); /* not later */
    assert_true(es_snapshots_changed(set, 0, 0, 0, 1));
    assert_true(es_snapshots_changed(set, 1, 9, 0, 1));
    es_snapshots_free(set);
    disk_free(d);
}

/* ---------------------------------------------------------------- broken ones */

static void chains_end(void **state)
{
    places at;
    disk *d = fixture(&at);
    es_snapshots *set;

    (void)state;
    /* The older copy's list leads to itself: the newer one does not rest on it. */
    disk_put_number(d, at.list[0] + 40, at.list[0] - (1 << 20), 8);
    set = open_set(d);
    assert_int_equal(es_snapshots_count(set), 2);
    assert_false(es_snapshots_at(set, 0)->readable);
    assert_true(es_snapshots_at(set, 1)->readable);
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "Shadow copy 1"));
    es_snapshots_free(set);
    disk_free(d);

    d = fixture(&at); /* of the newer one: both */
    disk_put_number(d, at.list[1] + 40, at.list[1] - (1 << 20), 8);
    set = open_set(d);
    assert_false(es_snapshots_at(set, 0)->readable || es_snapshots_at(set, 1)->readable);
    es_snapshots_free(set);
    disk_free(d);

    d = fixture(&at); /* a catalogue that bites its tail */
    disk_put_number(d, at.catalogue + BLOCK + 40, at.catalogue - (1 << 20), 8);
    set = open_set(d);
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "catalogue"));
    assert_false(es_snapshots_at(set, 0)->readable);
    es_snapshots_free(set);
    disk_free(d);

    d = fixture(&at); /* one without its first block */
    disk_put(d, at.catalogue, "XXXX", 4);
    disk_read(d);
    assert_int_equal(es_snapshots_open(d->source, disk_volume(d, 1), false, disk_note, d, &set),
                     ES_OK);
    assert_int_equal(es_snapshots_count(set), 0);
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "catalogue"));
    es_snapshots_free(set);
    disk_free(d);
}

static void claims_are_checked(void **state)
{
    static const struct {
        unsigned entry; /* of the older copy's list entry: offset in it, and what is put there */
        uint64_t value;
    } lies[] = { { 8, 1 }, { 8, UINT64_MAX - 511 }, { 32, 512 }, { 32, UINT64_C(1) << 40 },
                 { 40, 4096 }, { 48, 8192 } };

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        places at;
        disk *d = fixture(&at);
        es_snapshots *set;

        disk_put_number(d, at.entry[0] + 128 + lies[i].entry, lies[i].value, 8);
        set = open_set(d);
        assert_false(es_snapshots_at(set, 0)->readable);
        assert_true(d->n_notes > 0);
        es_snapshots_free(set);
        disk_free(d);
    }
}

/* Sixty copies that name one list of a hundred blocks, on a volume of 256: two of them at most can be
 * what they say, and no memory is taken for the others. */
static void lists_are_not_shared(void **state)
{
    static const uint8_t mark[16] = { 0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e,
                                      0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52 };
    const uint64_t size = 256 * BLOCK, catalogue = 4 * BLOCK, header = 8 * BLOCK,
                   list = 16 * BLOCK;
    es_volume volume = { .id = 1, .length = size };
    es_vss_catalogue found;
    size_t n_blocks = 0, n_sound = 0;
    disk *d = disk_new(size);

    (void)state;
    for (uint64_t i = 0; i < 103; i++) { /* the volume's header, the catalogue, a store's, the list */
        uint64_t at = i == 0 ? HEADER_AT : i == 1 ? catalogue : i == 2 ? header : list + (i - 3) * BLOCK;

        disk_put(d, at, mark, sizeof mark);
        disk_put_number(d, at + 16, 2, 4);
        disk_put_number(d, at + 20, i == 0 ? 1 : i == 1 ? 2 : i == 2 ? 4 : 3, 4);
        disk_put_number(d, at + 40, i > 2 && i < 102 ? at + BLOCK : 0, 8);
        for (uint64_t k = 0; i > 2 && k < 500; k++)
            disk_put_number(d, at + 128 + k * 32, k % 256 * BLOCK + 1, 8);
    }
    disk_put_number(d, HEADER_AT + 48, catalogue, 8);
    for (uint64_t i = 0; i < 60; i++) {
        uint64_t at = catalogue + 128 + i * 256;

        disk_put_number(d, at, 2, 8);
        disk_put_number(d, at + 8, size, 8);
        disk_put_number(d, at + 16, i + 1, 8);
        disk_put_number(d, at + 48, i + 1, 8);
        disk_put_number(d, at + 128, 3, 8);
        disk_put_number(d, at + 128 + 8, list, 8);
        disk_put_number(d, at + 128 + 16, i + 1, 8);
        disk_put_number(d, at + 128 + 32, header, 8);
    }
    disk_read(d);
    assert_int_equal(es_vss_catalogue_read(d->source, &volume, &found), ES_OK);
    assert_int_equal(found.n_stores, 60);
    for (size_t i = 0; i < found.n_stores; i++) {
        n_blocks += found.stores[i].n_blocks;
        n_sound += found.stores[i].sound;
    }
    assert_int_equal(n_sound, 2);
    assert_true(n_blocks <= 256 * 500);
    es_vss_catalogue_done(&found);
    disk_free(d);
}

static void data_elsewhere_is_named(void **state)
{
    places at;
    disk *d = fixture(&at);
    es_snapshots *set;

    (void)state;
    disk_put_number(d, (1 << 20) + HEADER_AT + 80, 7, 1);
    set = open_set(d);
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "another volume"));
    assert_int_equal(es_snapshots_count(set), 2);
    assert_false(es_snapshots_at(set, 1)->readable);
    es_snapshots_free(set);
    disk_free(d);
}

static void a_volume_without_any(void **state)
{
    places at;
    disk *d = fixture(&at);
    es_snapshots *set = NULL;

    (void)state;
    disk_put_number(d, (1 << 20) + HEADER_AT + 48, 0, 8);
    disk_read(d);
    assert_int_equal(es_snapshots_open(d->source, disk_volume(d, 1), false, disk_note, d, &set),
                     ES_ABSENT);
    assert_int_equal(d->n_notes, 0);
    disk_free(d);
}

/* ---------------------------------------------------------------- a real one */

static int count(void *context, const es_dirent *dirent)
{
    (void)dirent;
    ++*(unsigned *)context;
    return 0;
}

static void a_real_volume(void **state)
{
    es_evidence_file file = { .name = "vsstest.qcow2" };
    es_evidence evidence = { .files = &file, .n_files = 1 };
    es_source *source = NULL;
    es_volumes *volumes = NULL;
    es_snapshots *set = NULL;
    disk notes = { .n_notes = 0 };
    char path[512];
    struct stat st;
    es_note note;

    (void)state;
    snprintf(path, sizeof path, "%s/../../shared/data/images/vsstest.qcow2", seeds_at);
    file.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (file.fd < 0)
        skip();
    assert_int_equal(fstat(file.fd, &st), 0);
    file.size = (uint64_t)st.st_size;
    assert_int_equal(es_source_open(&evidence, &source, &note), ES_OK);
    assert_int_equal(es_volumes_read(source, disk_note, &notes, &volumes), ES_OK);
    assert_int_equal(es_snapshots_open(source, es_volumes_at(volumes, 0), false, disk_note, &notes,
                                       &set),
                     ES_OK);
    assert_int_equal(es_snapshots_count(set), 2);
    for (size_t i = 0; i < 2; i++) {
        unsigned names = 0;
        es_fs *fs = NULL;

        assert_int_equal(es_snapshots_fs(set, i, &fs, &note), ES_OK);
        assert_int_equal(es_fs_list(fs, 5, 0, count, &names), ES_OK);
        assert_true(names > 12);
    }
    assert_int_equal(notes.n_notes, 0);
    es_snapshots_free(set);
    es_volumes_free(volumes);
    es_source_free(source);
    close(file.fd);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_are_listed),
        cmocka_unit_test(vshadowinfo_counts_the_same),
        cmocka_unit_test(a_copy_holds_what_was_there),
        cmocka_unit_test(what_never_changes_is_told),
        cmocka_unit_test(chains_end),
        cmocka_unit_test(claims_are_checked),
        cmocka_unit_test(lists_are_not_shared),
        cmocka_unit_test(data_elsewhere_is_named),
        cmocka_unit_test(a_volume_without_any),
        cmocka_unit_test(a_real_volume),
    };

    if (argc < 3)
        return 1;
    seeds_at = argv[1];
    disks_at = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
