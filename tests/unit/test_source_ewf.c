/* SPDX-License-Identifier: Apache-2.0
 *
 * test_source_ewf.c: E01 images that are whole, damaged, cut short, incomplete or mixed up.
 */
#include "source_fixture.h"

#include "evidence/ewf_segments.h"

#include <libdeflate.h>
#include <pthread.h>

#define CHUNK 32768u

/* A folder with some of the segments, for what must not see the others. */
static const char *copy_segments(const char *into, const char *numbers)
{
    static char where[1024];
    char command[1024];

    snprintf(command, sizeof command,
             "rm -rf %s && mkdir %s && for n in %s; do cp case.E0$n %s/; done", into, into, numbers,
             into);
    assert_int_equal(run_in_folder(command), 0);
    snprintf(where, sizeof where, "%s/%s", folder, into);
    return where;
}

static unsigned count_segments(void)
{
    unsigned n = 0;
    char name[16];

    do {
        snprintf(name, sizeof name, "case.E%02u", ++n);
    } while (access(path_of(name), R_OK) == 0);
    return n - 1;
}

static void names_segments(void **state)
{
    static const struct {
        const char *name;
        unsigned named, number;
        const char *is;
    } cases[] = {
        { "a.E01", 1, 2, "a.E02" },      { "a.E01", 1, 99, "a.E99" },  { "a.E01", 1, 100, "a.EAA" },
        { "a.E01", 1, 775, "a.EZZ" },    { "a.E01", 1, 776, "a.FAA" }, { "a.e05", 5, 126, "a.eba" },
        { "a.FAB", 777, 1, "a.E01" },    { "a.s01", 1, 100, "a.saa" }, { "a.SAA", 100, 1, "a.S01" },
        { "a.b.E01", 1, 14971, "a.b.ZZZ" }, { "a.SAA", 9564, 1, "a.E01" },
    };
    char name[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(ewf_segment_name(cases[i].name, cases[i].named, cases[i].number, name,
                                     sizeof name));
        assert_string_equal(name, cases[i].is);
    }
    assert_false(ewf_segment_name("image", 1, 2, name, sizeof name));
    assert_false(ewf_segment_name("image.bin", 1, 2, name, sizeof name));
    assert_false(ewf_segment_name("a.E01", 1, 14972, name, sizeof name));
    assert_false(ewf_segment_name("a.S01", 1, 6000, name, sizeof name)); /* behind .ZZZ */
}

static void opens_by_any_segment(void **state)
{
    unsigned n;

    (void)state;
    need_e01();
    n = count_segments();
    assert_true(n >= 4);
    for (unsigned i = 1; i <= n; i++) {
        const es_segment *segments;
        char name[16];
        opened *o;

        snprintf(name, sizeof name, "case.E%02u", i);
        o = open_image(name);
        check_opens(o, "E01");
        assert_int_equal(es_source_size(o->source), IMAGE_SIZE);
        assert_int_equal(es_source_segments(o->source, &segments), n);
        assert_string_equal(segments[0].name, "case.E01");
        if (i == 2)
            check_bytes(o->source, image, IMAGE_SIZE);
        shut(o);
    }
}

static void tells_the_acquisition(void **state)
{
    const es_acquisition *a;
    es_digests digests;
    opened *o;

    (void)state;
    need_e01();
    o = open_image("case.E01");
    check_opens(o, "E01");
    a = es_source_acquisition(o->source);
    assert_true(a->present);
    assert_string_equal(a->case_number, "case 7");
    assert_string_equal(a->evidence_number, "item 1");
    assert_string_equal(a->examiner, "an examiner");
    assert_string_equal(a->description, "description");
    assert_string_equal(a->notes, "notes");
    assert_int_equal(a->acquired[4], '-');
    assert_null(a->sha1);
    assert_int_equal(es_source_digest(o->source, ES_DIGEST_ALL, NULL, NULL, &digests), ES_OK);
    assert_string_equal(digests.md5, a->md5);
    shut(o);
}

static void inflates_no_more_than_needed(void **state)
{
    es_counters before, after;
    uint8_t byte;
    opened *o;

    (void)state;
    need_e01();
    o = open_image("case.E01");
    check_opens(o, "E01");
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(es_source_read(o->source, 70000 + i, &byte, 1, NULL), ES_OK);
    es_source_counters(o->source, &after);
    assert_int_equal(after.chunks_inflated, 1); /* the cache has it then */
    es_source_counters(o->source, &before);
    check_bytes(o->source, image, IMAGE_SIZE);
    es_source_counters(o->source, &after);
    assert_true(after.bytes_inflated - before.bytes_inflated <= 4 * IMAGE_SIZE);
    shut(o);
}

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* ---------------------------------------------------------------- damage */

static uint64_t bad_bytes(opened *o, char *ret_reason, size_t size)
{
    es_bad_range *bad;
    uint64_t sum = 0;
    size_t n;

    assert_int_equal(es_source_bad_ranges(o->source, &bad, &n), ES_OK);
    for (size_t i = 0; i < n; i++)
        sum += bad[i].length;
    snprintf(ret_reason, size, "%s", n ? bad[0].reason : "");
    es_bad_ranges_free(bad, n);
    return sum;
}

/* Each chunk is either the image's or zero, flagged and listed. */
static void check_damaged(opened *o)
{
    uint8_t *buffer = malloc(IMAGE_SIZE);

    for (uint64_t at = 0; at < IMAGE_SIZE; at += CHUNK) {
        bool damaged = false;

        assert_int_equal(es_source_read(o->source, at, buffer, CHUNK, &damaged), ES_OK);
        assert_int_equal(damaged, es_source_is_damaged(o->source, at, CHUNK));
        if (!damaged)
            assert_memory_equal(buffer, image + at, CHUNK);
        else
            assert_true(buffer[0] == 0 && memcmp(buffer, buffer + 1, CHUNK - 1) == 0);
    }
    free(buffer);
}

static void loses_one_chunk(void **state)
{
    char reason[256];
    const char *where;
    uint8_t *data;
    bool damaged = false;
    size_t size;
    opened *o;

    (void)state;
    need_e01();
    where = copy_segments("flip", "'?'");
    data = read_all("flip/case.E02", &size);
    data[size / 2] ^= 0x10;
    write_file("flip/case.E02", data, size);
    free(data);
    o = open_names(where, &(const char *){ "case.E01" }, 1);
    check_opens(o, "E01");
    assert_int_equal(bad_bytes(o, reason, sizeof reason), 0); /* not read yet */
    data = malloc(IMAGE_SIZE);
    assert_int_equal(es_source_read(o->source, 0, data, IMAGE_SIZE, &damaged), ES_OK);
    assert_true(damaged);
    free(data);
    assert_int_equal(bad_bytes(o, reason, sizeof reason), CHUNK);
    assert_non_null(strstr(reason, "checksum"));
    check_damaged(o);
    shut(o);
}

static void goes_on_without_a_segment(void **state)
{
    char reason[256];
    const char *where;
    uint64_t bad;
    opened *o;

    (void)state;
    need_e01();
    where = copy_segments("gap", "1 2 4");
    o = open_names(where, &(const char *){ "case.E04" }, 1);
    check_opens(o, "E01");
    bad = bad_bytes(o, reason, sizeof reason);
    assert_true(bad > 0 && bad < IMAGE_SIZE);
    assert_string_equal(reason, "segment case.E03 is missing");
    check_damaged(o);
    shut(o);
    where = copy_segments("headless", "2 3");
    check_refused(open_names(where, &(const char *){ "case.E02" }, 1), ES_CORRUPT, "case.E01");
}

static void goes_on_after_a_cut(void **state)
{
    static const unsigned kept[] = { 0, 5, 13, 60, 89, 500, 1000, 2000, 100000, 500000, 900000 };

    (void)state;
    need_e01();
    for (unsigned segment = 1; segment <= 3; segment += 2) {
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
            const char *where = copy_segments("cut", "'?'");
            char name[32], reason[256];
            opened *o;

            snprintf(name, sizeof name, "cut/case.E0%u", segment);
            assert_int_equal(truncate(path_of(name), (off_t)kept[i]), 0);
            o = open_names(where, &(const char *){ "case.E02" }, 1);
            if (segment > 1)
                check_opens(o, "E01");
            if (o->status == ES_OK) {
                assert_true(bad_bytes(o, reason, sizeof reason) > 0);
                check_damaged(o);
            } else {
                assert_true(o->status > 0 && o->note.text[0]);
            }
            shut(o);
        }
    }
}

/* A section header that is broken in the middle of the set: nothing behind it may be given out as
 * something that it is not. */
static void never_shifts_chunks(void **state)
{
    (void)state;
    need_e01();
    for (unsigned at = 13; at < 1200; at += 29) {
        const char *where = copy_segments("shift", "'?'");
        uint8_t *data;
        size_t size;
        opened *o;

        data = read_all("shift/case.E02", &size);
        data[at] ^= 0xff;
        write_file("shift/case.E02", data, size);
        free(data);
        o = open_names(where, &(const char *){ "case.E01" }, 1);
        if (o->status == ES_OK)
            check_damaged(o);
        else
            assert_true(o->status > 0 && o->note.text[0]);
        shut(o);
    }
}

static void damages_tables(void **state)
{
    (void)state;
    need_e01();
    for (unsigned back = 80; back < 1600; back += 37) {
        const char *where = copy_segments("table", "'?'");
        uint8_t *data;
        size_t size;
        opened *o;

        data = read_all("table/case.E02", &size);
        data[size - back] ^= 0x81;
        write_file("table/case.E02", data, size);
        free(data);
        o = open_names(where, &(const char *){ "case.E01" }, 1);
        if (o->status == ES_OK)
            check_damaged(o);
        else
            assert_true(o->status > 0 && o->note.text[0]);
        shut(o);
    }
}

static void refuses_strangers(void **state)
{
    static const char *const doubled[] = { "case.E01", "copy.E02", "case.E02" };
    static const char *const foreign[] = { "case.E01", "other.E02" };
    static const char *const mixed[] = { "case.E01", "image.raw" };
    const char *where;
    opened *o;

    (void)state;
    need_e01();
    assert_int_equal(run_in_folder("cp case.E02 copy.E02"), 0);
    check_refused(open_names(folder, doubled, 3), ES_CORRUPT, "both say");
    check_refused(open_names(folder, mixed, 2), ES_CORRUPT, "not a segment");
    if (run_in_folder("head -c 4M image.raw >less.raw && ewfacquire -u -q -c none -S 1MiB -t other "
                      "-f encase6 -m fixed -M physical less.raw") != 0)
        skip();
    check_refused(open_names(folder, foreign, 2), ES_CORRUPT, "another image");
    where = copy_segments("foreign", "'?'");
    assert_int_equal(run_in_folder("cp other.E03 foreign/case.E03"), 0);
    o = open_names(where, &(const char *){ "case.E01" }, 1);
    check_opens(o, "E01");
    {
        char reason[256];

        assert_true(bad_bytes(o, reason, sizeof reason) > 0);
        assert_string_equal(reason, "case.E03 belongs to another image");
    }
    shut(o);
}

/* Write a set identifier into the volume or data section of a segment, as EnCase does. */
static void stamp(const char *name, uint8_t with)
{
    static const char *const types[] = { "volume\0\0\0\0", "data\0\0\0\0\0\0" };
    uint8_t *data, *section;
    size_t size;

    data = read_all(name, &size);
    for (size_t i = 0; i < 2; i++) {
        section = memmem(data, size, types[i], 10);
        if (!section)
            continue;
        memset(section + 76 + 64, with, 16);
        put32(section + 76 + 1048, libdeflate_adler32(1, section + 76, 1048));
    }
    write_file(name, data, size);
    free(data);
}

static void knows_the_set_identifier(void **state)
{
    const char *where;
    char reason[256];
    opened *o;

    (void)state;
    need_e01();
    where = copy_segments("stamped", "'?'");
    for (unsigned i = 1; i <= count_segments(); i++) {
        char name[32];

        snprintf(name, sizeof name, "stamped/case.E%02u", i);
        stamp(name, 7);
    }
    o = open_names(where, &(const char *){ "case.E02" }, 1);
    check_opens(o, "E01");
    check_bytes(o->source, image, IMAGE_SIZE);
    shut(o);
    stamp("stamped/case.E03", 8);
    o = open_names(where, &(const char *){ "case.E02" }, 1);
    check_opens(o, "E01");
    assert_true(bad_bytes(o, reason, sizeof reason) > 0);
    assert_string_equal(reason, "case.E03 belongs to another image");
    check_damaged(o);
    shut(o);
}

static void reads_other_kinds(void **state)
{
    static const char *const kinds[] = { "smart", "ftk", "encase1", "encase2", "encase5",
                                         "encase7", "linen6", "ewf" };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *extension = strcmp(kinds[i], "smart") == 0 ? "s01" : "E01";
        char command[512], name[64];
        opened *o;

        snprintf(command, sizeof command, "ewfacquire -u -q -c best -b 128 -S 1MiB -t kind-%s -f %s "
                 "-m fixed -M physical image.raw", kinds[i], kinds[i]);
        if (run_in_folder(command) != 0)
            skip();
        snprintf(name, sizeof name, "kind-%s.%s", kinds[i], extension);
        if (access(path_of(name), R_OK) != 0)
            snprintf(name, sizeof name, "kind-%s.e01", kinds[i]);
        o = open_image(name);
        check_opens(o, "E01");
        check_bytes(o->source, image, IMAGE_SIZE);
        shut(o);
    }
}

/* ---------------------------------------------------------------- hostile sizes */

/* A table whose second entry points far behind the first makes the first chunk, compressed, larger
 * than any buffer for it: libewf copies it without looking. */
static void outgrows_no_buffer(void **state)
{
    uint8_t *data, *huge, *table;
    uint8_t byte;
    bool damaged = false;
    size_t size, more = 12u << 20;
    opened *o;

    (void)state;
    if (run_in_folder("ewfacquire -u -q -c best -S 100MiB -t one -f encase6 -m fixed -M physical "
                      "image.raw") != 0)
        skip();
    data = read_all("one.E01", &size);
    table = memmem(data, size, "sectors", 7); /* the chunks begin 76 bytes behind it */
    assert_non_null(table);
    table = memmem(data, size, "table\0\0\0\0\0\0", 11);
    assert_non_null(table);
    {
        /* Grow the file by zeros before "table": all offsets behind the chunks move. */
        size_t at = (size_t)(table - data), sectors;
        uint8_t *moved, *section;
        uint64_t next;

        section = memmem(data, size, "sectors\0\0\0", 10);
        sectors = (size_t)(section - data);
        huge = calloc(1, size + more);
        memcpy(huge, data, at);
        memcpy(huge + at + more, data + at, size - at);
        put32(huge + sectors + 16, (uint32_t)(at + more));
        put32(huge + sectors + 24, (uint32_t)(at + more - sectors));
        put32(huge + sectors + 72, libdeflate_adler32(1, huge + sectors, 72));
        for (moved = huge + at + more; moved < huge + size + more - 76;) {
            uint64_t length = get32(moved + 24);

            next = get32(moved + 16) + more;
            put32(moved + 16, (uint32_t)next);
            put32(moved + 72, libdeflate_adler32(1, moved, 72));
            if (memcmp(moved, "table", 5) == 0) {
                uint32_t n = get32(moved + 76);

                for (uint32_t i = 1; i < n; i++)
                    put32(moved + 100 + i * 4,
                          get32(moved + 100 + i * 4) + (uint32_t)more - (uint32_t)(2 << 20));
                put32(moved + 100 + n * 4, libdeflate_adler32(1, moved + 100, n * 4));
            }
            if (length < 76)
                break;
            moved += length;
        }
    }
    write_file("huge.E01", huge, size + more);
    o = open_image("huge.E01");
    check_opens(o, "E01");
    assert_int_equal(es_source_read(o->source, 0, &byte, 1, &damaged), ES_OK);
    assert_true(damaged);
    shut(o);
    free(huge);
    free(data);
}

/* ---------------------------------------------------------------- threads */

typedef struct reader {
    es_source *source;
    uint32_t seed;
    int wrong;
} reader;

static void *read_about(void *argument)
{
    reader *r = argument;
    uint8_t *buffer = malloc(1u << 20);

    for (unsigned i = 0; i < 150; i++) {
        uint64_t at, n;

        r->seed = r->seed * 1664525u + 1013904223u;
        at = r->seed % IMAGE_SIZE;
        n = i % 5 == 0 ? 1u << 20 : r->seed >> 24;
        if (n > IMAGE_SIZE - at)
            n = IMAGE_SIZE - at;
        if (es_source_read(r->source, at, buffer, n, NULL) != ES_OK ||
            memcmp(buffer, image + at, n) != 0)
            r->wrong++;
    }
    free(buffer);
    return NULL;
}

static void serves_many_threads(void **state)
{
    pthread_t threads[6];
    reader readers[6];
    opened *o;

    (void)state;
    need_e01();
    o = open_image("case.E01");
    check_opens(o, "E01");
    for (unsigned i = 0; i < 6; i++) {
        readers[i] = (reader){ .source = o->source, .seed = i };
        assert_int_equal(pthread_create(&threads[i], NULL, read_about, &readers[i]), 0);
    }
    for (unsigned i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].wrong, 0);
    }
    shut(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_segments),
        cmocka_unit_test(opens_by_any_segment),
        cmocka_unit_test(tells_the_acquisition),
        cmocka_unit_test(inflates_no_more_than_needed),
        cmocka_unit_test(loses_one_chunk),
        cmocka_unit_test(goes_on_without_a_segment),
        cmocka_unit_test(goes_on_after_a_cut),
        cmocka_unit_test(never_shifts_chunks),
        cmocka_unit_test(damages_tables),
        cmocka_unit_test(refuses_strangers),
        cmocka_unit_test(knows_the_set_identifier),
        cmocka_unit_test(reads_other_kinds),
        cmocka_unit_test(outgrows_no_buffer),
        cmocka_unit_test(serves_many_threads),
    };

    return cmocka_run_group_tests(tests, make_fixtures, remove_fixtures);
}
