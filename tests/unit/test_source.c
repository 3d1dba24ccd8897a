/* SPDX-License-Identifier: Apache-2.0
 *
 * test_source.c: the one door: bounds, overlays, counters, bad ranges, digests, refusals, and all
 * formats open in one process.
 */
#include "source_fixture.h"

#include "evidence/ranges.h"

#include <pthread.h>

static const char *samples = "";

static void reads_raw(void **state)
{
    opened *o = open_image("image.raw");
    const es_segment *segments;
    es_counters counters;
    uint8_t byte[8];
    bool damaged = false;

    (void)state;
    check_opens(o, "raw");
    assert_int_equal(es_source_size(o->source), IMAGE_SIZE);
    assert_int_equal(es_source_sector_size(o->source), 512);
    assert_int_equal(es_source_segments(o->source, &segments), 1);
    assert_string_equal(segments[0].name, "image.raw");
    check_bytes(o->source, image, IMAGE_SIZE);
    assert_int_equal(es_source_read(o->source, IMAGE_SIZE - 4, byte, 8, &damaged), ES_END);
    assert_memory_equal(byte, image + IMAGE_SIZE - 4, 4);
    assert_memory_equal(byte + 4, "\0\0\0\0", 4);
    assert_int_equal(es_source_read(o->source, UINT64_MAX, byte, 8, &damaged), ES_END);
    assert_int_equal(es_source_read(o->source, 0, byte, 0, &damaged), ES_OK);
    assert_false(damaged);
    es_source_counters(o->source, &counters);
    assert_true(counters.reads > 0 && counters.container_reads > 0);
    shut(o);
}

static void counts(void **state)
{
    opened *o = open_image("image.raw");
    es_counters before, after;
    uint8_t buffer[4096];

    (void)state;
    check_opens(o, "raw");
    es_source_counters(o->source, &before);
    assert_int_equal(es_source_read(o->source, 1000, buffer, sizeof buffer, NULL), ES_OK);
    es_source_counters(o->source, &after);
    assert_int_equal(after.reads - before.reads, 1);
    assert_int_equal(after.bytes - before.bytes, sizeof buffer);
    assert_int_equal(after.container_reads - before.container_reads, 1);
    assert_int_equal(after.container_bytes - before.container_bytes, sizeof buffer);
    shut(o);
}

static void overlays(void **state)
{
    opened *o = open_image("image.raw");
    uint8_t buffer[2048], sector[512];
    es_digests digests, again;

    (void)state;
    check_opens(o, "raw");
    memset(sector, 'B', sizeof sector);
    assert_int_equal(es_source_digest(o->source, ES_DIGEST_ALL, NULL, NULL, &digests), ES_OK);
    assert_int_equal(es_source_overlay(o->source, 1024, (es_bytes){ sector, 512 }), ES_OK);
    assert_int_equal(es_source_overlay(o->source, IMAGE_SIZE - 1, (es_bytes){ sector, 2 }), ES_END);
    assert_int_equal(es_source_read(o->source, 700, buffer, sizeof buffer, NULL), ES_OK);
    assert_memory_equal(buffer, image + 700, 324);
    assert_memory_equal(buffer + 324, sector, 512);
    assert_memory_equal(buffer + 836, image + 1536, sizeof buffer - 836);
    assert_int_equal(es_source_digest(o->source, ES_DIGEST_ALL, NULL, NULL, &again), ES_OK);
    assert_string_equal(digests.md5, again.md5);
    shut(o);
}

static void ranges_merge(void **state)
{
    es_ranges set;
    es_bad_range *list;
    size_t n;

    (void)state;
    es_ranges_init(&set);
    assert_false(es_ranges_touch(&set, 0, UINT64_MAX));
    assert_int_equal(es_ranges_add(&set, 100, 50, "a"), ES_OK);
    assert_int_equal(es_ranges_add(&set, 200, 50, "a"), ES_OK);
    assert_int_equal(es_ranges_add(&set, 120, 100, "b"), ES_OK); /* only 150-200 is new */
    assert_int_equal(es_ranges_add(&set, 250, 10, "a"), ES_OK);  /* grows 200-250 */
    assert_int_equal(es_ranges_add(&set, 0, 0, "a"), ES_OK);
    assert_int_equal(es_ranges_copy(&set, &list, &n), ES_OK);
    assert_int_equal(n, 3);
    assert_int_equal(list[1].offset, 150);
    assert_int_equal(list[1].length, 50);
    assert_string_equal(list[1].reason, "b");
    assert_int_equal(list[2].offset + list[2].length, 260);
    es_bad_ranges_free(list, n);
    assert_true(es_ranges_touch(&set, 259, 1));
    assert_false(es_ranges_touch(&set, 260, 1));
    assert_false(es_ranges_touch(&set, 0, 100));
    for (uint64_t i = 0; i < 40000; i++)
        assert_int_equal(es_ranges_add(&set, 1000 + i * 10, 1, i % 2 ? "x" : "y"), ES_OK);
    assert_int_equal(es_ranges_copy(&set, &list, &n), ES_OK);
    assert_true(n <= 16384);
    es_bad_ranges_free(list, n);
    assert_true(es_ranges_touch(&set, 1000 + 39999 * 10, 1)); /* past the cap, still bad */
    es_ranges_done(&set);
}

/* ---------------------------------------------------------------- refusals */

static void refuses(void **state)
{
    static const struct {
        const char *magic;
        size_t size;
        const char *word;
    } cases[] = {
        { "EVF2\r\n\x81\0", 8, "Ex01" },       { "LEF2\r\n\x81\0", 8, "Lx01" },
        { "LVF\t\r\n\xff\0", 8, "L01" },       { "AFF10\r\n\0", 8, "AFF" },
        { "ADSEGMENTEDFILE\0", 16, "AD1" },    { "ADCRYPT\0", 8, "encrypted" },
        { "QED\0", 4, "QED" },                 { "WithoutFreeSpace", 16, "Parallels" },
        { "MSWIM\0\0\0", 8, "WIM" },           { "7z\xbc\xaf\x27\x1c", 6, "7-Zip" },
        { "\xfd" "7zXZ\0", 6, "xz" },          { "\x1f\x8b\x08\0", 4, "gzip" },
        { "BZh91AY", 7, "bzip2" },             { "PK\x03\x04", 4, "ZIP" },
        { "PK\x03\x04..aff4://", 13, "AFF4" }, { "COWD", 4, "descriptor" },
        { "LUKS\xba\xbe", 6, "LUKS" },         { "KDMV\1\0\0\0", 8, "descriptor" },
    };
    uint8_t file[4096];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(file, 0, sizeof file);
        memcpy(file, cases[i].magic, cases[i].size);
        write_file("refused", file, sizeof file);
        check_refused(open_image("refused"), ES_UNSUPPORTED, cases[i].word);
    }
    memset(file, 0, sizeof file);
    memcpy(file + 0x40, "\x7f\x10\xda\xbe", 4);
    write_file("refused", file, sizeof file);
    check_refused(open_image("refused"), ES_UNSUPPORTED, "VDI");
    memset(file, 0, sizeof file);
    memcpy(file + sizeof file - 512, "koly", 4);
    write_file("refused", file, sizeof file);
    check_refused(open_image("refused"), ES_UNSUPPORTED, "DMG");
    write_file("refused", "", 0);
    check_refused(open_image("refused"), ES_CORRUPT, "empty");
    /* Two letters in a boot sector are no archive. */
    memset(file, 0, sizeof file);
    memcpy(file, "\x1f\x8b", 2);
    memcpy(file + 510, "\x55\xaa", 2);
    write_file("disk", file, sizeof file);
    {
        opened *o = open_image("disk");

        check_opens(o, "raw");
        shut(o);
    }
}

static void headers_only(void **state)
{
    static const struct {
        const char *magic;
        size_t size;
    } cases[] = {
        { "EVF\t\r\n\xff\0\1\1\0\0\0", 13 }, { "QFI\xfb\0\0\0\2", 8 },
        { "vhdxfile", 8 }, { "# Disk DescriptorFile\nversion=1\n", 32 },
        { "KDMV\1\0\0\0\3\0\0\0\0\1\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\1", 29 },
    };
    uint8_t file[4096];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        opened *o;

        memset(file, 0, sizeof file);
        memcpy(file, cases[i].magic, cases[i].size);
        write_file("header", file, sizeof file);
        o = open_image("header");
        assert_true(o->status > 0);
        assert_true(strlen(o->note.text) > 20);
        shut(o);
    }
}

/* ---------------------------------------------------------------- every format at once */

static void opens_all_formats_together(void **state)
{
    static const struct {
        const char *name, *format, *md5;
    } all[] = {
        { "ext2.E01", "E01", "196066add11fb71c4c49cf1bb50d6d24" },
        { "ext2.vmdk", "VMDK", "196066add11fb71c4c49cf1bb50d6d24" },
        { "ext2.splitraw.001", "split raw", "196066add11fb71c4c49cf1bb50d6d24" },
        { "image.vhd", "VHD", NULL },
        { "windows-volume.qcow2", "QCOW2", NULL },
        { "ntfs.E01", "E01", "8b4382280340597b7930b4b34742afba" },
        { "ntfs-testfs1.raw", "raw", NULL },
    };
    opened *open[sizeof all / sizeof *all];
    struct stat status;

    (void)state;
    if (stat(samples, &status) != 0)
        skip();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        open[i] = open_names(samples, &all[i].name, 1);
        check_opens(open[i], all[i].format);
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        es_digests digests;

        assert_int_equal(es_source_digest(open[i]->source, ES_DIGEST_ALL, NULL, NULL, &digests),
                         ES_OK);
        if (all[i].md5)
            assert_string_equal(digests.md5, all[i].md5);
        shut(open[i]);
    }
}

static void digests(void **state)
{
    opened *o = open_image("image.raw");
    es_digests all, one;
    char sums[3][65] = { { 0 } };
    FILE *log;

    (void)state;
    check_opens(o, "raw");
    assert_int_equal(es_source_digest(o->source, ES_DIGEST_ALL, NULL, NULL, &all), ES_OK);
    assert_int_equal(es_source_digest(o->source, ES_DIGEST_SHA1, NULL, NULL, &one), ES_OK);
    assert_string_equal(one.sha1, all.sha1);
    assert_string_equal(one.md5, "");
    shut(o);
    if (run_in_folder("md5sum image.raw && sha1sum image.raw && sha256sum image.raw") != 0)
        skip();
    log = fopen(path_of("log"), "r");
    assert_non_null(log);
    assert_int_equal(fscanf(log, "%64s %*s %64s %*s %64s", sums[0], sums[1], sums[2]), 3);
    fclose(log);
    assert_string_equal(all.md5, sums[0]);
    assert_string_equal(all.sha1, sums[1]);
    assert_string_equal(all.sha256, sums[2]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_raw),    cmocka_unit_test(counts),
        cmocka_unit_test(overlays),     cmocka_unit_test(ranges_merge),
        cmocka_unit_test(refuses),      cmocka_unit_test(headers_only),
        cmocka_unit_test(digests),      cmocka_unit_test(opens_all_formats_together),
    };
    static char path[1024];

    /* The shared samples lie beside the tree: seeds are <tree>/fixtures. */
    snprintf(path, sizeof path, "%s/../../shared/data/images", argc > 1 ? argv[1] : ".");
    samples = path;
    return cmocka_run_group_tests(tests, make_fixtures, remove_fixtures);
}
