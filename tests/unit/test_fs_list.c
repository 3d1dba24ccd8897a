/* SPDX-License-Identifier: Apache-2.0
 *
 * test_fs_list.c: what is in a folder, whole or by a pattern, and what is left of a folder whose index
 * is damaged.
 *
 *     test_fs_list SEEDS DISKS
 */
#include "fs_fixture.h"

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

/* Behind a name that stands where it does not belong none is lost; and one that belongs into another
 * block is damage. */
static void meet_disorder(size_t at, const char *becomes, es_status expected)
{
    gathered whole, pruned;
    uint32_t n_blocks, sequence;
    uint64_t place, entry;
    uint8_t block[4096];
    char pattern[32] = { 0 };
    size_t first, second;
    disk *d;
    es_fs *opened;

    d = make("", UINT64_C(64) << 20, COMMON "dir|big\nmany|big|f_|1500|10\n");
    disk_read(d);
    opened = open_fs(d);
    place = place_of_block(d, opened, 3, &n_blocks);
    assert_int_equal(es_source_read(d->source, place, block, sizeof block, NULL), ES_OK);
    first = 24u + (block[24] | block[25] << 8);
    second = first + (block[first + 8] | block[first + 9] << 8);
    disk_put(d, place + second + 16 + 66 + 2 * at, becomes, 1); /* a letter of its name */
    for (size_t i = 0; i < 5; i++) /* as the one before it begins: f_001 */
        pattern[i] = (char)block[first + 16 + 66 + 2 * i];
    strcat(pattern, "*");
    assert_int_equal(es_fs_lookup(opened, "big", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(list_both(opened, entry, sequence, pattern, &whole, &pruned), expected);
    assert_true(whole.n > 2);
    drop_names(&whole);
    drop_names(&pruned);
    es_fs_free(opened);
    disk_free(d);
}

static void patterns_meet_disorder(void **state)
{
    (void)state;
    need_full();
    meet_disorder(6, "z", ES_OK);      /* f_0010z: behind those that follow it */
    meet_disorder(0, "g", ES_CORRUPT); /* behind all of its block */
    meet_disorder(0, "a", ES_CORRUPT); /* before them */
}

/* A folder that claims an index of 1 GiB and has next to nothing of it. */
static void holes_cost_no_time(void **state)
{
    es_ntfs_node *node = NULL;
    es_counters before, after;
    uint32_t n_blocks, sequence;
    uint64_t place, entry, record, run, at;
    uint8_t bytes[1024];
    listed l = { 0 };
    disk *d;
    es_fs *opened;

    (void)state;
    need_full();
    d = make("", UINT64_C(64) << 20, COMMON "dir|big\nmany|big|f_|1500|10\n");
    disk_read(d);
    opened = open_fs(d);
    place = place_of_block(d, opened, 7, &n_blocks);
    disk_put(d, place, "XXXX", 4); /* so that it is read without its tree */
    assert_int_equal(es_fs_lookup(opened, "big", &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_ntfs_stream_place(es_fs_ntfs(opened)->mft, entry * 1024, &record, &run),
                     ES_OK);
    assert_int_equal(es_source_read(d->source, record, bytes, sizeof bytes, NULL), ES_OK);
    for (at = bytes[20] | bytes[21] << 8; bytes[at] != 0xa0 && at < 900;)
        at += bytes[at + 4] | bytes[at + 5] << 8;
    assert_int_equal(bytes[at], 0xa0);
    disk_put_number(d, record + at + 24, (UINT64_C(1) << 18) - 1, 8); /* its last cluster */
    for (size_t i = 40; i < 64; i += 8)                               /* and its sizes */
        disk_put_number(d, record + at + i, UINT64_C(1) << 30, 8);
    for (at += bytes[at + 32] | bytes[at + 33] << 8; bytes[at];) /* behind its runs: a hole */
        at += 1u + (bytes[at] & 15) + (bytes[at] >> 4);
    disk_put(d, record + at, "\x03\x00\x00\x03", 5);
    assert_int_equal(es_ntfs_node_open(es_fs_ntfs(opened), entry, sequence, &node), ES_OK);
    es_ntfs_node_free(node);
    es_source_counters(d->source, &before);
    assert_int_equal(es_fs_list(opened, entry, sequence, count, &l), ES_CORRUPT);
    es_source_counters(d->source, &after);
    assert_true(l.n > 1400 && l.n < 1500);
    assert_true(after.bytes - before.bytes < (UINT64_C(1) << 20));
    assert_true(es_fs_ntfs(opened)->n_vain <= 2);
    es_fs_free(opened);
    disk_free(d);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_directories),
        cmocka_unit_test(lists_by_patterns_what_the_whole_lists),
        cmocka_unit_test(a_pattern_bounds_what_is_read),
        cmocka_unit_test(lists_around_broken_blocks),
        cmocka_unit_test(survives_an_index_that_bites_its_tail),
        cmocka_unit_test(patterns_meet_damage),
        cmocka_unit_test(patterns_meet_disorder),
        cmocka_unit_test(holes_cost_no_time),
    };

    seeds_at = argc > 1 ? argv[1] : "fixtures";
    disks_at = argc > 2 ? argv[2] : "";
    return cmocka_run_group_tests(tests, make_full, drop_full);
}
