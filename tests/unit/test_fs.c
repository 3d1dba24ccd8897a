/* SPDX-License-Identifier: Apache-2.0
 *
 * test_fs.c: files of NTFS and FAT volumes, on volumes that mkntfs and ntfsfill make here.
 *
 *     test_fs SEEDS DISKS
 *
 * ntfsfill is looked for beside DISKS, where meson puts it; sleuthkit's icat is the other opinion.
 * What is missing is skipped. The real volumes of ../shared/data are used when they are there.
 */
#include "disk_fixture.h"
#include "disk/ntfs.h"

#include <limits.h>

static const char *seeds_at, *disks_at;
static char folder[] = "/tmp/esuscan-test-fs-XXXXXX";

#define RANDOM_SIZE 300000u
#define TEXT_SIZE 470009u

static uint8_t random_bytes[RANDOM_SIZE], text_bytes[TEXT_SIZE];
static const char small_bytes[] = "a few bytes that stay in the record";

/* ---------------------------------------------------------------- making volumes */

static void write_host_file(const char *name, const void *bytes, size_t size)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static char filler[PATH_MAX]; /* where ntfsfill is */

static bool can_make(void)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/../ntfsfill", disks_at);
    return realpath(path, filler) && has_program("mkntfs");
}

/* A volume made by a manifest of ntfsfill's, fields divided by '|'. */
static disk *make(const char *options, uint64_t size, const char *manifest)
{
    char command[PATH_MAX + 512], image[256];
    char *tabbed = strdup(manifest);
    disk *d;

    assert_non_null(tabbed);
    for (char *at = tabbed; *at; at++) {
        if (*at == '|')
            *at = '\t';
    }
    write_host_file("manifest", tabbed, strlen(tabbed));
    free(tabbed);
    snprintf(image, sizeof(image), "%s/image", folder);
    snprintf(command, sizeof(command),
             "cd %s && truncate -s %llu image && PATH=$PATH:/usr/sbin:/sbin "
             "mkntfs -q -F -Q -p 2048 -H 255 -S 63 -s 512 %s image >/dev/null 2>&1 && "
             "'%s' image < manifest",
             folder, (unsigned long long)size, options, filler);
    assert_int_equal(system(command), 0);
    d = disk_of_file(image, 0, 0);
    unlink(image);
    assert_non_null(d);
    return d;
}

static const char manifest[] =
    "time|131000000000000000\n"
    "dir|Windows\ndir|Windows/System32\ndir|Windows/System32/config\n"
    "file|Windows/System32/config/SOFTWARE|random\n"
    "file|Windows/System32/ntoskrnl.exe|text\n"
    "file|Windows/Readme|small\nfile|Windows/README|random\nfile|Windows/readme|text\n"
    "compressed|comp.txt|text\ncompressed|comp.bin|random\n"
    "sparse|sparse.bin|5000000|text|2000000\n"
    "fragmented|frag.bin|random|other.bin\n"
    "stream|comp.txt|Second|text\nstream|Windows/Readme|ads|small\n"
    "file|many.bin|text\nlinks|many.bin.link|120|many.bin\nlink|Windows/linked.txt|many.bin\n"
    "file|longfilename.txt|small\nshort|longfilename.txt|LONGFI~1.TXT\n"
    "dir|big\nmany|big|f_|1500|100\n"
    "file|%C3%9Cn%C3%AFcode-%E6%97%A5.txt|small\n"
    "file|hiberfil.sys|hibr\n";

static disk *full; /* the volume of the manifest, made once */
static es_fs *fs;

static es_fs *open_fs(disk *d)
{
    es_fs *opened = NULL;
    es_note note;

    assert_int_equal(es_fs_open(d->source, disk_volume(d, 1), &opened, &note), ES_OK);
    return opened;
}

static int make_full(void **state)
{
    uint32_t seed = 7;

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < RANDOM_SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        random_bytes[i] = (uint8_t)(seed >> 24);
    }
    for (size_t i = 0; i < TEXT_SIZE; i++)
        text_bytes[i] = i < 100000 ? (uint8_t)"The quick brown fox. "[i % 21]
                        : i < 170000 ? random_bytes[i - 100000]
                                     : 0;
    memcpy(text_bytes + TEXT_SIZE - 9, "end of it", 9);
    write_host_file("random", random_bytes, RANDOM_SIZE);
    write_host_file("text", text_bytes, TEXT_SIZE);
    write_host_file("small", small_bytes, sizeof(small_bytes));
    write_host_file("hibr", "hibr and more", 13);
    if (!can_make())
        return 0;
    full = make("", UINT64_C(64) << 20, manifest);
    disk_read(full);
    fs = open_fs(full);
    return 0;
}

static int drop_full(void **state)
{
    char command[256];

    (void)state;
    es_fs_free(fs);
    if (full)
        disk_free(full);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static void need_full(void)
{
    if (!full)
        skip();
}

/* ---------------------------------------------------------------- helpers */

static es_file *open_file(es_fs *in, const char *path, const char *stream)
{
    es_file *file = NULL;
    uint32_t sequence;
    uint64_t entry;
    es_note note;

    assert_int_equal(es_fs_lookup(in, path, &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_file_open(in, entry, sequence, stream, &file, &note), ES_OK);
    return file;
}

/* Read in one go and in odd pieces. */
static void check_bytes(es_file *file, const void *bytes, uint64_t size)
{
    uint8_t *buffer = malloc(size + 1000);
    uint64_t got = 0, piece = 7001;
    bool damaged = false;

    assert_non_null(buffer);
    assert_int_equal(es_file_size(file), size);
    assert_int_equal(es_file_read(file, 0, buffer, size + 1000, &got, &damaged), ES_END);
    assert_int_equal(got, size);
    assert_memory_equal(buffer, bytes, size);
    assert_int_equal(buffer[size], 0);
    for (uint64_t at = 0; at + piece <= size; at += piece) {
        assert_int_equal(es_file_read(file, at, buffer, piece, &got, &damaged), ES_OK);
        assert_int_equal(got, piece);
        assert_memory_equal(buffer, (const uint8_t *)bytes + at, piece);
    }
    assert_false(damaged);
    free(buffer);
}

static void check_file(const char *path, const char *stream, const void *bytes, uint64_t size)
{
    es_file *file = open_file(fs, path, stream);

    check_bytes(file, bytes, size);
    es_file_free(file);
}

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

/* ---------------------------------------------------------------- listing */

typedef struct listed {
    uint32_t n, n_dos, n_directories;
    char last[800];
    uint32_t stop_after;
} listed;

static int count(void *context, const es_dirent *dirent)
{
    listed *l = context;

    l->n++;
    l->n_dos += dirent->dos_name;
    l->n_directories += dirent->directory;
    memcpy(l->last, dirent->name.data, dirent->name.size);
    l->last[dirent->name.size] = 0;
    return l->stop_after && l->n == l->stop_after ? 42 : 0;
}

static void lists_directories(void **state)
{
    listed l = { 0 }, stopped = { .stop_after = 3 };
    uint32_t sequence;
    uint64_t entry;

    (void)state;
    need_full();
    assert_int_equal(es_fs_lookup(fs, "big", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_fs_list(fs, entry, sequence, count, &l), ES_OK);
    assert_int_equal(l.n, 1500);
    assert_string_equal(l.last, "f_01499.dat");
    assert_int_equal(es_fs_list(fs, entry, sequence, count, &stopped), 42);
    assert_int_equal(stopped.n, 3);
    memset(&l, 0, sizeof(l));
    assert_int_equal(es_fs_lookup(fs, "", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_fs_list(fs, entry, sequence, count, &l), ES_OK);
    assert_int_equal(l.n_dos, 1);
    assert_int_equal(l.n_directories, 3); /* Windows, big, $Extend; not the root itself */
    assert_true(es_fs_glob(fs, "*.EXE", es_text_of("ntoskrnl.exe")));
}

/* ---------------------------------------------------------------- listing by a pattern */

#define FOLDERS 6u
#define TRIES 240u

typedef struct gathered {
    char *names[4000];
    size_t n;
    es_fs *filter; /* with `pattern`: every name is tried here, none left out below */
    const char *pattern;
} gathered;

static uint32_t drawn;

static uint32_t draw(uint32_t below)
{
    drawn = drawn * 1664525 + 1013904223;
    return (drawn >> 8) % below;
}

static int take_name(void *context, const es_dirent *dirent)
{
    gathered *all = context;

    if (all->filter && !es_fs_glob(all->filter, all->pattern, dirent->name))
        return 0;
    assert_true(all->n < sizeof all->names / sizeof *all->names);
    all->names[all->n] = strndup(dirent->name.data, dirent->name.size);
    assert_non_null(all->names[all->n++]);
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_names(gathered *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->names[i]);
    all->n = 0;
}

/* The names that fit, out of the whole index and out of what the pattern leaves of it. */
static es_status list_both(es_fs *opened, uint64_t entry, uint32_t sequence, const char *pattern,
                           gathered *whole, gathered *pruned)
{
    es_status status;

    *whole = (gathered){ .filter = opened, .pattern = pattern };
    *pruned = (gathered){ .filter = NULL };
    assert_true(es_fs_list(opened, entry, sequence, take_name, whole) >= 0);
    status = es_fs_list_matches(opened, entry, sequence, pattern, take_name, pruned);
    qsort(whole->names, whole->n, sizeof *whole->names, by_text);
    qsort(pruned->names, pruned->n, sizeof *pruned->names, by_text);
    assert_int_equal(whole->n, pruned->n);
    for (size_t i = 0; i < whole->n; i++)
        assert_string_equal(whole->names[i], pruned->names[i]);
    return status;
}

/* Names of few letters, so that many begin alike; of both cases, and some beyond ASCII. */
static void random_name(char *out, uint32_t longest)
{
    static const char *const parts[] = { "a", "A", "b", "B", "c", "_", ".", "%C3%A4", "%C3%84",
                                         "%D0%B6", "1", "[", "%EF%BC%A1", "z" };
    uint32_t n = 1 + draw(longest);

    out[0] = 0;
    for (uint32_t i = 0; i < n; i++)
        strcat(out, parts[draw(sizeof parts / sizeof *parts)]);
}

static void random_pattern(char *out)
{
    static const char *const parts[] = { "a", "A", "b", "C", "_", ".", "\xc3\xa4", "\xd0\x96", "z" };
    uint32_t n = draw(4);

    out[0] = 0;
    for (uint32_t i = 0; i < n; i++)
        strcat(out, parts[draw(sizeof parts / sizeof *parts)]);
    strcat(out, draw(8) ? "*" : "?");
    if (!draw(3))
        strcat(out, parts[draw(sizeof parts / sizeof *parts)]);
    if (!draw(3))
        strcat(out, "*");
}

static disk *make_random_folders(void)
{
    static const uint32_t sizes[FOLDERS] = { 3, 40, 200, 900, 2000, 3000 };
    static char text[1 << 20];
    char name[400];
    size_t at = 0;

    at += (size_t)snprintf(text, sizeof text, "%s", "time|131000000000000000\n");
    for (uint32_t i = 0; i < FOLDERS; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "dir|r%u\n", i);
        for (uint32_t k = 0; k < sizes[i]; k++) {
            random_name(name, 12);
            /* The number keeps names apart: ntfsfill makes each once. */
            at += (size_t)snprintf(text + at, sizeof text - at, "file|r%u/%s%x|small\n", i, name,
                                   k);
        }
    }
    return make("", UINT64_C(64) << 20, text);
}

static void lists_by_patterns_what_the_whole_lists(void **state)
{
    gathered whole, pruned;
    disk *d;
    es_fs *opened;

    (void)state;
    need_full();
    drawn = 6002;
    d = make_random_folders();
    disk_read(d);
    opened = open_fs(d);
    for (uint32_t i = 0; i < TRIES; i++) {
        char path[16], pattern[64];
        uint32_t sequence;
        uint64_t entry;

        snprintf(path, sizeof path, "r%u", i % FOLDERS);
        random_pattern(pattern);
        assert_int_equal(es_fs_lookup(opened, path, &entry, &sequence, NULL, NULL), ES_OK);
        assert_int_equal(list_both(opened, entry, sequence, pattern, &whole, &pruned), ES_OK);
        drop_names(&whole);
        drop_names(&pruned);
    }
    es_fs_free(opened);
    disk_free(d);
}

/* As many blocks as hold what fits, and the path to them, of some 350. */
static void a_pattern_bounds_what_is_read(void **state)
{
    disk *d;
    es_fs *opened;
    es_counters before, after;
    listed l = { 0 };
    uint64_t entry;
    uint32_t sequence;

    (void)state;
    need_full();
    d = make("", UINT64_C(64) << 20, "time|131000000000000000\ndir|big\nmany|big|f_|10000|10\n");
    disk_read(d);
    opened = open_fs(d);
    assert_int_equal(es_fs_lookup(opened, "big", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_fs_list(opened, entry, sequence, count, &l), ES_OK);
    l = (listed){ 0 };
    es_source_counters(d->source, &before);
    assert_int_equal(es_fs_list_matches(opened, entry, sequence, "F_0123*.dat", count, &l), ES_OK);
    es_source_counters(d->source, &after);
    assert_int_equal(l.n, 10);
    assert_in_range(after.reads - before.reads, 1, 8);
    es_fs_free(opened);
    disk_free(d);
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

#define COMMON "time|131000000000000000\ndir|Windows\ndir|Windows/System32\n" \
               "dir|Windows/System32/config\nfile|Windows/System32/config/SOFTWARE|random\n"

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

/* The media offset of a block of the index of "big". */
static uint64_t place_of_block(disk *d, es_fs *opened, uint64_t number, uint32_t *ret_size)
{
    static const es_name i30 = { .units = { '$', 'I', '3', '0' }, .n_units = 4 };
    es_ntfs_stream *stream = NULL;
    es_ntfs_node *node = NULL;
    uint64_t entry, place, run;
    uint32_t sequence;

    (void)d;
    assert_int_equal(es_fs_lookup(opened, "big", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_ntfs_node_open(es_fs_ntfs(opened), entry, sequence, &node), ES_OK);
    assert_int_equal(es_ntfs_stream_open(node, 0xa0, &i30, &stream), ES_OK);
    assert_int_equal(es_ntfs_stream_place(stream, number * 4096, &place, &run), ES_OK);
    *ret_size = (uint32_t)(stream->size / 4096);
    es_ntfs_stream_free(stream);
    es_ntfs_node_free(node);
    return place;
}

static void lists_around_broken_blocks(void **state)
{
    uint32_t n_blocks, sequence;
    uint64_t place, entry;
    disk *d;
    es_fs *opened;
    listed l = { 0 };
    uint32_t n_found = 0;
    char path[64];

    (void)state;
    need_full();
    d = make("", UINT64_C(64) << 20, COMMON "dir|big\nmany|big|f_|1500|10\n");
    disk_read(d);
    opened = open_fs(d);
    place = place_of_block(d, opened, 7, &n_blocks);
    assert_true(n_blocks > 10);
    disk_put(d, place, "XXXX", 4);
    assert_int_equal(es_fs_lookup(opened, "big", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_fs_list(opened, entry, sequence, count, &l), ES_CORRUPT);
    assert_true(l.n > 1400 && l.n < 1500);
    for (uint32_t i = 0; i < 1500; i++) {
        uint64_t found;
        es_status status;

        snprintf(path, sizeof(path), "big/f_%05u.dat", i);
        status = es_fs_lookup(opened, path, &found, &sequence, NULL, NULL);
        assert_true(status == ES_OK || status == ES_CORRUPT); /* never "absent" */
        n_found += status == ES_OK;
    }
    assert_int_equal(n_found, l.n);
    es_fs_free(opened);
    disk_free(d);
}

static void survives_an_index_that_bites_its_tail(void **state)
{
    uint32_t n_blocks, sequence;
    uint64_t place, entry;
    uint8_t block[4096], flags[2];
    disk *d;
    es_fs *opened;
    listed l = { 0 };

    (void)state;
    need_full();
    d = make("", UINT64_C(64) << 20, COMMON "dir|big\nmany|big|f_|1500|10\n");
    disk_read(d);
    opened = open_fs(d);
    place = place_of_block(d, opened, 3, &n_blocks);
    assert_int_equal(es_source_read(d->source, place, block, 4096, NULL), ES_OK);
    /* The first entry of a leaf gets a subtree: the block itself. */
    flags[0] = 1;
    flags[1] = 0;
    disk_put(d, place + 24 + (block[24] | block[25] << 8) + 12, flags, 2);
    assert_int_equal(es_fs_lookup(opened, "big", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_fs_list(opened, entry, sequence, count, &l), ES_CORRUPT);
    assert_true(l.n >= 1450);
    es_fs_free(opened);
    disk_free(d);
}

/* With one block of the index unreadable: what is left is the same by either way, and where a name
 * that fits was lost it is said. */
static void patterns_meet_damage(void **state)
{
    gathered whole, pruned;
    uint32_t n_blocks, sequence, n_said = 0;
    uint64_t place, entry;
    disk *d;
    es_fs *opened;

    (void)state;
    need_full();
    drawn = 6003;
    d = make("", UINT64_C(64) << 20, COMMON "dir|big\nmany|big|f_|1500|10\n");
    disk_read(d);
    opened = open_fs(d);
    place_of_block(d, opened, 0, &n_blocks);
    assert_int_equal(es_fs_lookup(opened, "big", &entry, &sequence, NULL, NULL), ES_OK);
    for (uint32_t block = 0; block < n_blocks; block++) {
        uint32_t size;

        place = place_of_block(d, opened, block, &size);
        disk_put(d, place, "XXXX", 4);
        for (uint32_t i = 0; i < 4; i++) {
            char pattern[32];
            es_status status;
            uint32_t n_real = 0;

            snprintf(pattern, sizeof pattern, "f_0%0*u*", i % 2 ? 2 : 3, draw(i % 2 ? 15 : 150));
            status = list_both(opened, entry, sequence, pattern, &whole, &pruned);
            for (uint32_t k = 0; k < 1500; k++) {
                char name[32];

                snprintf(name, sizeof name, "f_%05u.dat", k);
                n_real += es_fs_glob(opened, pattern, es_text_of(name));
            }
            assert_true(status == ES_CORRUPT || (status == ES_OK && whole.n == n_real));
            n_said += status == ES_CORRUPT;
            drop_names(&whole);
            drop_names(&pruned);
        }
        disk_put(d, place, "INDX", 4);
    }
    assert_true(n_said > 0);
    es_fs_free(opened);
    disk_free(d);
}

/* Behind a name that stands where it does not belong none is lost. */
static void patterns_meet_disorder(void **state)
{
    gathered whole, pruned;
    uint32_t n_blocks, sequence;
    uint64_t place, entry;
    uint8_t block[4096];
    char pattern[32] = { 0 };
    size_t first, second;
    disk *d;
    es_fs *opened;

    (void)state;
    need_full();
    d = make("", UINT64_C(64) << 20, COMMON "dir|big\nmany|big|f_|1500|10\n");
    disk_read(d);
    opened = open_fs(d);
    place = place_of_block(d, opened, 3, &n_blocks);
    assert_int_equal(es_source_read(d->source, place, block, sizeof block, NULL), ES_OK);
    first = 24u + (block[24] | block[25] << 8);
    second = first + (block[first + 8] | block[first + 9] << 8);
    disk_put(d, place + second + 16 + 66, "g", 1); /* its name begins so now */
    for (size_t i = 0; i < 5; i++)                 /* as the one before it begins: f_001 */
        pattern[i] = (char)block[first + 16 + 66 + 2 * i];
    strcat(pattern, "*");
    assert_int_equal(es_fs_lookup(opened, "big", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(list_both(opened, entry, sequence, pattern, &whole, &pruned), ES_OK);
    assert_true(whole.n > 2);
    drop_names(&whole);
    drop_names(&pruned);
    es_fs_free(opened);
    disk_free(d);
}

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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_paths_in_any_case),
        cmocka_unit_test(tells_twins_apart),
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(knows_places),
        cmocka_unit_test(says_what_files_are),
        cmocka_unit_test(agrees_with_icat),
        cmocka_unit_test(refuses_other_records),
        cmocka_unit_test(lists_directories),
        cmocka_unit_test(lists_by_patterns_what_the_whole_lists),
        cmocka_unit_test(a_pattern_bounds_what_is_read),
        cmocka_unit_test(lookups_do_not_grow_with_the_mft),
        cmocka_unit_test(reads_all_cluster_sizes),
        cmocka_unit_test(lists_around_broken_blocks),
        cmocka_unit_test(survives_an_index_that_bites_its_tail),
        cmocka_unit_test(patterns_meet_damage),
        cmocka_unit_test(patterns_meet_disorder),
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
