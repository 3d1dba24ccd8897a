/* SPDX-License-Identifier: Apache-2.0
 *
 * test_fs.c: files of NTFS and FAT volumes, on volumes that mkntfs and ntfsfill make here.
 *
 *     test_fs SEEDS DISKS
 *
 * sleuthkit's icat is the other opinion; without it that is skipped. The real volumes of
 * ../shared/data are used when they are there.
 */
#include "fs_fixture.h"

/* The places of a file's bytes hold the file's bytes. */
static void check_places(const char *path, const uint8_t *bytes, uint64_t size, uint32_t n_runs_min)
{
    es_file *file = open_file(fs, path, NULL);
    uint8_t *buffer = malloc(size);
    uint64_t at = 0, place, run;
    uint32_t n = 0;

    assert_non_null(buffer);
    for (; at < size; at += run, n++) {
        assert_int_equal(es_file_place(file, at, &place, &run), ES_OK);
        assert_true(run > 0 && run <= size - at);
        assert_int_equal(es_source_read(full->source, place, buffer, run, NULL), ES_OK);
        assert_memory_equal(buffer, bytes + at, run);
    }
    assert_true(n >= n_runs_min);
    assert_int_equal(es_file_place(file, size, &place, &run), ES_END);
    free(buffer);
    es_file_free(file);
}

/* ---------------------------------------------------------------- looking up */

static void check_lookup(const char *path, const char *true_path, uint32_t twins)
{
    uint32_t sequence, n;
    uint64_t entry;
    char *spelt = NULL;

    assert_int_equal(es_fs_lookup(fs, path, &entry, &sequence, &spelt, &n), ES_OK);
    assert_string_equal(spelt, true_path);
    assert_int_equal(n, twins);
    assert_true(sequence > 0);
    free(spelt);
}

static void finds_paths_in_any_case(void **state)
{
    uint32_t sequence;
    uint64_t entry;

    (void)state;
    need_full();
    check_lookup("Windows/System32/config/SOFTWARE", "Windows/System32/config/SOFTWARE", 1);
    check_lookup("/WINDOWS//system32/CONFIG/software", "Windows/System32/config/SOFTWARE", 1);
    check_lookup("\xc3\xbcN\xc3\x8f" "CODE-\xe6\x97\xa5.TXT",
                 "\xc3\x9cn\xc3\xaf" "code-\xe6\x97\xa5.txt", 1);
    check_lookup("longfi~1.txt", "LONGFI~1.TXT", 1);
    check_lookup("", "", 1);
    check_lookup("big/F_01499.DAT", "big/f_01499.dat", 1);
    assert_int_equal(es_fs_lookup(fs, "big/f_01500.dat", &entry, &sequence, NULL, NULL), ES_ABSENT);
    assert_int_equal(es_fs_lookup(fs, "Windows/Readme/x", &entry, &sequence, NULL, NULL),
                     ES_ABSENT);
    assert_int_equal(es_fs_lookup(fs, "Windows/\xff", &entry, &sequence, NULL, NULL), ES_ABSENT);
}

static void tells_twins_apart(void **state)
{
    (void)state;
    need_full();
    check_lookup("windows/readme", "Windows/readme", 3);
    check_lookup("windows/README", "Windows/README", 3);
    check_lookup("windows/Readme", "Windows/Readme", 3);
    check_file("Windows/readme", NULL, text_bytes, TEXT_SIZE);
    check_file("Windows/README", NULL, random_bytes, RANDOM_SIZE);
    check_file("Windows/Readme", NULL, small_bytes, sizeof(small_bytes));
}

/* ---------------------------------------------------------------- reading */

static void reads_what_was_written(void **state)
{
    static uint8_t sparse[5000000];

    (void)state;
    need_full();
    check_file("Windows/System32/config/SOFTWARE", NULL, random_bytes, RANDOM_SIZE);
    check_file("comp.txt", NULL, text_bytes, TEXT_SIZE);
    check_file("comp.bin", NULL, random_bytes, RANDOM_SIZE);
    check_file("comp.txt", "second", text_bytes, TEXT_SIZE);
    check_file("Windows/Readme", "ads", small_bytes, sizeof(small_bytes));
    check_file("frag.bin", NULL, random_bytes, RANDOM_SIZE);
    check_file("many.bin", NULL, text_bytes, TEXT_SIZE);
    memcpy(sparse + 2000000, text_bytes, TEXT_SIZE);
    check_file("sparse.bin", NULL, sparse, sizeof(sparse));
}

static void knows_places(void **state)
{
    es_file *file;
    uint64_t place, run;

    (void)state;
    need_full();
    check_places("Windows/System32/config/SOFTWARE", random_bytes, RANDOM_SIZE, 1);
    check_places("frag.bin", random_bytes, RANDOM_SIZE, 1);
    check_places("Windows/Readme", (const uint8_t *)small_bytes, sizeof(small_bytes), 1);
    file = open_file(fs, "comp.txt", NULL);
    assert_int_equal(es_file_place(file, 0, &place, &run), ES_UNSUPPORTED);
    es_file_free(file);
    file = open_file(fs, "sparse.bin", NULL);
    assert_int_equal(es_file_place(file, 0, &place, &run), ES_UNSUPPORTED);
    assert_int_equal(es_file_place(file, 2100000, &place, &run), ES_OK);
    es_file_free(file);
}

static void says_what_files_are(void **state)
{
    es_file *file;
    es_file_info info;
    uint32_t type, id;

    (void)state;
    need_full();
    file = open_file(fs, "many.bin", NULL);
    es_file_info_get(file, &info);
    assert_int_equal(info.links, 122);
    assert_int_equal(info.size, TEXT_SIZE);
    assert_int_equal(info.modified.precision, ES_TIME_TICK);
    assert_true(info.modified.ticks / 10000000 == 13100000000);
    es_file_free(file);
    file = open_file(fs, "longfilename.txt", NULL);
    es_file_info_get(file, &info);
    assert_int_equal(info.links, 1);
    es_file_attribute(file, &type, &id);
    assert_int_equal(type, 128);
    es_file_free(file);
    file = open_file(fs, "comp.txt", NULL);
    es_file_info_get(file, &info);
    assert_true(info.compressed && !info.directory);
    es_file_free(file);
    file = open_file(fs, "Windows", NULL);
    es_file_info_get(file, &info);
    assert_true(info.directory);
    assert_int_equal(es_file_size(file), 0);
    es_file_free(file);
    assert_true(disk_volume(full, 1)->hibernated);
    assert_true(disk_says(full, 1, ES_SEVERITY_GAP, "hibernated"));
}

static void agrees_with_icat(void **state)
{
    static const char *const paths[] = { "comp.txt", "sparse.bin", "frag.bin", "many.bin",
                                         "Windows/README", "longfilename.txt", "$UpCase" };

    (void)state;
    need_full();
    if (!has_program("icat"))
        skip();
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        es_file *file = open_file(fs, paths[i], NULL);
        es_file_info info;
        uint32_t type, id;
        char after[64];
        uint8_t *out;
        size_t size;

        es_file_info_get(file, &info);
        es_file_attribute(file, &type, &id);
        snprintf(after, sizeof(after), "%llu-%u-%u", (unsigned long long)info.mft_entry, type, id);
        out = run_on(full, "icat", after, &size);
        check_bytes(file, out, size);
        free(out);
        es_file_free(file);
    }
}

/* ---------------------------------------------------------------- records that are not files */

static void refuses_other_records(void **state)
{
    es_file *file = NULL;
    uint32_t sequence, n_extensions = 0;
    uint64_t entry;
    es_note note;
    es_ntfs *ntfs;

    (void)state;
    need_full();
    assert_int_equal(es_fs_lookup(fs, "many.bin", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_file_open(fs, entry, sequence + 1, NULL, &file, &note), ES_ABSENT);
    assert_int_equal(es_file_open(fs, entry, 0, NULL, &file, &note), ES_OK);
    es_file_free(file);
    assert_int_equal(es_file_open(fs, entry, 0, "no such stream", &file, &note), ES_ABSENT);
    assert_int_equal(es_file_open(fs, UINT64_MAX, 0, NULL, &file, &note), ES_ABSENT);
    /* The record with 122 names has extension records: none of them opens. */
    ntfs = es_fs_ntfs(fs);
    for (uint64_t i = 24; i < ntfs->n_records; i++) {
        es_ntfs_record *record = NULL;

        if (es_ntfs_record_load(ntfs, i, &record) != ES_OK)
            continue;
        if (record->base_entry == entry) {
            n_extensions++;
            assert_int_equal(es_file_open(fs, i, 0, NULL, &file, &note), ES_CORRUPT);
        }
        es_ntfs_record_free(record);
    }
    assert_true(n_extensions > 2);
}

/* ---------------------------------------------------------------- what a lookup costs */

static uint64_t cost_of(const char *manifest_of, uint64_t size, const char *const *paths, size_t n)
{
    disk *d = make("", size, manifest_of);
    es_counters before, after;
    es_fs *opened;

    disk_read(d);
    es_source_counters(d->source, &before);
    opened = open_fs(d);
    for (size_t i = 0; i < n; i++) {
        uint32_t sequence;
        uint64_t entry;

        assert_int_equal(es_fs_lookup(opened, paths[i], &entry, &sequence, NULL, NULL), ES_OK);
    }
    es_source_counters(d->source, &after);
    es_fs_free(opened);
    disk_free(d);
    return after.bytes - before.bytes;
}


static void lookups_do_not_grow_with_the_mft(void **state)
{
    static const char *const one[] = { "windows/system32/config/software" };
    static const char *const two[] = { "windows/system32/config/software", "other/f_00499.dat" };
    uint64_t small, large;

    (void)state;
    need_full();
    small = cost_of(COMMON "dir|other\nmany|other|f_|500|10\n", UINT64_C(64) << 20, one, 1);
    large = cost_of(COMMON "dir|other\nmany|other|f_|30000|10\n", UINT64_C(256) << 20, one, 1);
    assert_int_equal(small, large);
    assert_true(large <= UINT64_C(1) << 20);
    /* In a directory of so many names itself: one more level of the tree at most. */
    small = cost_of(COMMON "dir|other\nmany|other|f_|500|10\n", UINT64_C(64) << 20, two, 2);
    large = cost_of(COMMON "dir|other\nmany|other|f_|30000|10\n", UINT64_C(256) << 20, two, 2);
    assert_true(large - small <= 4 * 4096);
}

/* ---------------------------------------------------------------- clusters of all sizes */

static void reads_all_cluster_sizes(void **state)
{
    static const char *const options[] = { "-c 512", "-c 1024", "-c 4096", "-c 16384",
                                           "-c 65536" };

    (void)state;
    need_full();
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        disk *d = make(options[i], UINT64_C(64) << 20,
                       COMMON "fragmented|frag.bin|random|other.bin\ndir|big\n"
                              "many|big|f_|300|10\n");
        es_fs *opened;
        es_file *file;

        disk_read(d);
        opened = open_fs(d);
        file = open_file(opened, "frag.bin", NULL);
        check_bytes(file, random_bytes, RANDOM_SIZE);
        es_file_free(file);
        file = open_file(opened, "BIG/f_00299.DAT", NULL);
        es_file_free(file);
        es_fs_free(opened);
        disk_free(d);
    }
}

/* ---------------------------------------------------------------- damage */

static void uses_the_mirror_of_the_mft(void **state)
{
    disk *d;
    es_fs *opened;
    es_file *file;
    uint64_t place, run;

    (void)state;
    need_full();
    place = 0;
    assert_int_equal(es_ntfs_stream_place(es_fs_ntfs(fs)->mft, 0, &place, &run), ES_OK);
    d = make("", UINT64_C(64) << 20, COMMON);
    disk_put(d, place, "BAAD", 4);
    disk_read(d);
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "mirror"));
    opened = open_fs(d);
    file = open_file(opened, "Windows/System32/config/SOFTWARE", NULL);
    check_bytes(file, random_bytes, RANDOM_SIZE);
    es_file_free(file);
    es_fs_free(opened);
    disk_free(d);
}

static void does_without_upcase(void **state)
{
    disk *d;
    es_fs *opened;
    uint64_t entry, place, run;
    uint32_t sequence;
    es_file *file;

    (void)state;
    need_full();
    file = open_file(fs, "$UpCase", NULL);
    assert_int_equal(es_file_place(file, 0, &place, &run), ES_OK);
    es_file_free(file);
    d = make("", UINT64_C(64) << 20, COMMON);
    disk_put(d, place + 0x41, "\xff\xff\xff\xff", 4);
    disk_read(d);
    assert_true(disk_says(d, 1, ES_SEVERITY_GAP, "upper case"));
    opened = open_fs(d);
    assert_int_equal(es_fs_lookup(opened, "WINDOWS/system32/config/software", &entry, &sequence,
                                  NULL, NULL), ES_OK);
    es_fs_free(opened);
    disk_free(d);
}

static void a_truncated_volume_says_so(void **state)
{
    disk *d;
    es_fs *opened;
    es_file *file;
    uint8_t *buffer = malloc(RANDOM_SIZE);
    uint64_t got, place, run;
    bool damaged = false;

    (void)state;
    if (!full)
        free(buffer);
    need_full();
    d = make("", UINT64_C(64) << 20, COMMON);
    disk_read(d);
    opened = open_fs(d);
    file = open_file(opened, "Windows/System32/config/SOFTWARE", NULL);
    assert_int_equal(es_file_place(file, 0, &place, &run), ES_OK);
    es_file_free(file);
    es_fs_free(opened);
    es_volumes_free(d->volumes);
    d->volumes = NULL;
    d->source = es_source_free(d->source);
    assert_int_equal(ftruncate(d->fd, (off_t)(place + 100000)), 0);
    disk_read(d);
    opened = open_fs(d);
    file = open_file(opened, "Windows/System32/config/SOFTWARE", NULL);
    assert_int_equal(es_file_read(file, 0, buffer, 100000, &got, &damaged), ES_OK);
    assert_false(damaged);
    assert_memory_equal(buffer, random_bytes, 100000);
    assert_int_equal(es_file_read(file, 90000, buffer, 20000, &got, &damaged), ES_OK);
    assert_true(damaged);
    assert_memory_equal(buffer, random_bytes + 90000, 10000);
    assert_int_equal(buffer[10000], 0);
    es_file_free(file);
    es_fs_free(opened);
    disk_free(d);
    free(buffer);
}

/* ---------------------------------------------------------------- FAT */

static void reads_fat(void **state)
{
    char command[512], image[256];
    disk *d;
    es_fs *opened;
    es_file *file;
    uint64_t place, run;
    uint8_t first[16];

    (void)state;
    if (!has_program("mkfs.fat") || !has_program("mcopy"))
        skip();
    snprintf(image, sizeof(image), "%s/fat", folder);
    snprintf(command, sizeof(command),
             "cd %s && truncate -s 48M fat && PATH=$PATH:/usr/sbin:/sbin mkfs.fat -n BOOT -i "
             "1234abcd fat >/dev/null && mmd -i fat ::EFI ::EFI/Microsoft ::EFI/Microsoft/Boot && "
             "mcopy -i fat random ::EFI/Microsoft/Boot/BCD",
             folder);
    assert_int_equal(system(command), 0);
    d = disk_of_file(image, 0, 0);
    assert_non_null(d);
    disk_read(d);
    assert_string_equal(disk_volume(d, 1)->filesystem, "fat16");
    assert_string_equal(disk_volume(d, 1)->serial, "1234ABCD");
    assert_string_equal(disk_volume(d, 1)->label, "BOOT");
    opened = open_fs(d);
    file = open_file(opened, "efi/microsoft/BOOT/bcd", NULL);
    check_bytes(file, random_bytes, RANDOM_SIZE);
    assert_int_equal(es_file_place(file, 100, &place, &run), ES_OK);
    assert_int_equal(es_source_read(d->source, place, first, 16, NULL), ES_OK);
    assert_memory_equal(first, random_bytes + 100, 16);
    es_file_free(file);
    es_fs_free(opened);
    disk_free(d);
}

/* ---------------------------------------------------------------- real volumes */

static void reads_real_volumes(void **state)
{
    static const struct {
        const char *name, *path;
        uint64_t size;
    } cases[] = {
        { "ntfs-testfs1.raw", "many_subdirs/512", 0 },
        { "ntfs-testfs1.raw", "1000-bytes-file", 1000 },
        { "ntfs-truncated.dd", "adstest/a.txt", 13 },
        { "ntfs-truncated.dd", "test directory/NOTES.txt", 12 },
    };
    char path[512];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        disk *d;
        es_fs *opened;
        es_file *file;

        snprintf(path, sizeof(path), "%s/../../shared/data/images/%s", seeds_at, cases[i].name);
        d = disk_of_file(path, 0, 0);
        if (!d)
            skip();
        disk_read(d);
        opened = open_fs(d);
        file = open_file(opened, cases[i].path, NULL);
        assert_int_equal(es_file_size(file), cases[i].size);
        es_file_free(file);
        es_fs_free(opened);
        disk_free(d);
    }
}

/* ---------------------------------------------------------------- the other names of a file */

#define STORE "dir|Windows/winsxs\ndir|Windows/winsxs/a_1\nfile|Windows/winsxs/a_1/x.dll|small\n" \
              "link|Windows/System32/x.dll|Windows/winsxs/a_1/x.dll\n" \
              "file|Windows/System32/y.dll|small\ndir|other\nlink|other/y.dll|Windows/System32/y.dll\n"

static es_status link_of(es_fs *in, const char *path, char **ret_path)
{
    uint32_t sequence;
    uint64_t entry;

    *ret_path = NULL;
    assert_int_equal(es_fs_lookup(in, path, &entry, &sequence, NULL, NULL), ES_OK);
    return es_fs_link_below(in, entry, sequence, "WinSxS", ret_path);
}

static uint64_t place_of_record(es_fs *in, const char *path)
{
    uint32_t sequence;
    uint64_t entry, place, run;

    assert_int_equal(es_fs_lookup(in, path, &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_ntfs_stream_place(es_fs_ntfs(in)->mft, entry * 1024, &place, &run), ES_OK);
    return place;
}

/* "It has none" is only said where every name was followed. */
static void follows_links(void **state)
{
    disk *d;
    es_fs *opened;
    char *path;
    uint64_t place, entry;
    uint32_t sequence;
    int nothing;

    (void)state;
    need_full();
    d = make("", UINT64_C(64) << 20, COMMON STORE);
    disk_read(d);
    opened = open_fs(d);
    assert_int_equal(link_of(opened, "Windows/System32/x.dll", &path), ES_OK);
    assert_string_equal(path, "a_1/x.dll");
    free(path);
    assert_int_equal(link_of(opened, "Windows/System32/y.dll", &path), ES_ABSENT);

    place = place_of_record(opened, "Windows/winsxs/a_1");
    disk_put(d, place, "XXXX", 4);
    assert_int_equal(link_of(opened, "Windows/System32/x.dll", &path), ES_CORRUPT);
    disk_put(d, place, "FILE", 4);
    place = place_of_record(opened, "other");
    disk_put(d, place, "XXXX", 4);
    assert_int_equal(link_of(opened, "Windows/System32/y.dll", &path), ES_CORRUPT);
    assert_int_equal(link_of(opened, "Windows/System32/x.dll", &path), ES_OK);
    free(path);

    /* A read that fails on our side is no answer either. */
    assert_int_equal(es_fs_lookup(opened, "Windows/System32/x.dll", &entry, &sequence, NULL, NULL),
                     ES_OK);
    nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(nothing >= 0 && dup2(nothing, d->fd) == d->fd);
    close(nothing);
    assert_true(es_fs_link_below(opened, entry, sequence, "winsxs", &path) < 0);
    es_fs_free(opened);
    disk_free(d);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_links),
        cmocka_unit_test(finds_paths_in_any_case),
        cmocka_unit_test(tells_twins_apart),
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(knows_places),
        cmocka_unit_test(says_what_files_are),
        cmocka_unit_test(agrees_with_icat),
        cmocka_unit_test(refuses_other_records),
        cmocka_unit_test(lookups_do_not_grow_with_the_mft),
        cmocka_unit_test(reads_all_cluster_sizes),
        cmocka_unit_test(uses_the_mirror_of_the_mft),
        cmocka_unit_test(does_without_upcase),
        cmocka_unit_test(a_truncated_volume_says_so),
        cmocka_unit_test(reads_fat),
        cmocka_unit_test(reads_real_volumes),
    };

    seeds_at = argc > 1 ? argv[1] : "fixtures";
    disks_at = argc > 2 ? argv[2] : "";
    return cmocka_run_group_tests(tests, make_full, drop_full);
}
