/* SPDX-License-Identifier: Apache-2.0
 *
 * test_ntfs.c: the small parts of the NTFS reader: names, runs, update sequences, LZNT1, boot
 * sectors; and records written by hand to lie.
 */
#include "disk/ntfs.h"
#include "disk_fixture.h"

static es_name name_of(const char *text)
{
    es_name name = { .n_units = 0 };

    assert_int_equal(es_name_from_text(es_text_of(text), &name), ES_OK);
    return name;
}

/* ---------------------------------------------------------------- names */

static void names_survive_the_round_trip(void **state)
{
    static const char *const texts[] = { "SOFTWARE", "a\xc3\xa4", "\xe6\x97\xa5\xe6\x9c\xac",
                                         "\xf0\x9f\x98\x80", "\xed\xa0\x80x" /* lone surrogate */ };
    char out[ES_NAME_BYTES_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        es_name name = name_of(texts[i]);

        assert_int_equal(es_name_to_text(&name, out), strlen(texts[i]));
        assert_string_equal(out, texts[i]);
    }
}

static void names_that_cannot_be(void **state)
{
    static const char *const texts[] = { "\x80", "\xc0\xaf", "\xe0\x80\x80", "\xf4\x90\x80\x80",
                                         "\xc3", "\xe6\x97", "\xff" };
    char longest[258];
    es_name name;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(es_name_from_text(es_text_of(texts[i]), &name), ES_CORRUPT);
    memset(longest, 'x', sizeof(longest));
    assert_int_equal(es_name_from_text((es_text) { longest, 255 }, &name), ES_OK);
    assert_int_equal(es_name_from_text((es_text) { longest, 256 }, &name), ES_LIMIT);
}

static void globs(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool fits;
    } cases[] = {
        { "*", "", true },          { "*.DLL", "ntdll.dll", true },  { "*.dll", "dll", false },
        { "nt*k??nl*", "NTOSKRNL.EXE", false }, { "nt*k?nl*", "NTOSKRNL.EXE", true },
        { "?", "", false },         { "a**b", "ab", true },          { "*a*a*a*b", "aaaaaaaa", false },
        { "\xc3\xa4*", "\xc3\x84x", true },
    };
    static uint16_t upcase[ES_UPCASE_UNITS];

    (void)state;
    es_upcase_fill(upcase);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        es_name pattern = name_of(cases[i].pattern), name = name_of(cases[i].name);

        assert_int_equal(es_name_glob(upcase, &pattern, &name), cases[i].fits);
    }
}

/* ---------------------------------------------------------------- runs */

static es_status append(es_ntfs_stream *stream, const char *bytes, size_t size, uint64_t vcn)
{
    return es_ntfs_runs_append(stream, (es_bytes) { (const uint8_t *)bytes, size }, vcn);
}

static void runs_are_read_and_joined(void **state)
{
    static const char pairs[] = "\x11\x10\x20\x11\x08\x10\x01\x05\x11\x04\xd8\x21\x02\x00\x01";
    es_ntfs_stream stream = { 0 };

    /* 16 at 32; 8 at 48, which joins; a hole of 5; 4 at 8; 2 at 264 */
    (void)state;
    assert_int_equal(append(&stream, pairs, sizeof(pairs), 0), ES_OK);
    assert_int_equal(stream.n_runs, 4);
    assert_int_equal(stream.runs[0].length, 24);
    assert_true(stream.runs[1].lcn == ES_NTFS_HOLE);
    assert_int_equal(stream.runs[2].lcn, 8);
    assert_int_equal(stream.runs[3].lcn, 264);
    assert_int_equal(es_ntfs_runs_find(&stream, 23)->vcn, 0);
    assert_int_equal(es_ntfs_runs_find(&stream, 24)->vcn, 24);
    assert_int_equal(es_ntfs_runs_find(&stream, 34)->lcn, 264);
    assert_null(es_ntfs_runs_find(&stream, 35));
    assert_int_equal(append(&stream, "\x11\x02\x7f", 4, 100), ES_OK);
    assert_int_equal(es_ntfs_runs_find(&stream, 50)->vcn, 100);
    free(stream.runs);
}

static void runs_that_lie(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        { "\x11\x10", 2 },                                  /* ends inside a pair */
        { "\x11\x10\x20", 3 },                              /* no end */
        { "\x10\x20\x00", 3 },                              /* no length */
        { "\x11\x00\x20\x00", 4 },                          /* a length of nothing */
        { "\x11\x10\x80\x00", 4 },                          /* before the volume */
        { "\x19\x10\x80\x00", 4 },                          /* nine bytes of length */
        { "\x18\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11 },
        { "\x81\x01\xff\xff\xff\xff\xff\xff\xff\x7f\x00", 11 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        es_ntfs_stream stream = { 0 };

        assert_int_equal(append(&stream, cases[i].bytes, cases[i].size, 0), ES_CORRUPT);
        free(stream.runs);
    }
}

/* ---------------------------------------------------------------- update sequences, LZNT1 */

static void undoes_update_sequences(void **state)
{
    uint8_t data[1024] = { 0 };

    (void)state;
    memcpy(data + 48, "\x07\x00\x11\x22\x33\x44", 6);
    memcpy(data + 510, "\x07\x00", 2);
    memcpy(data + 1022, "\x07\x00", 2);
    assert_int_equal(es_ntfs_fixup(data, 1024, 48, 3), ES_OK);
    assert_memory_equal(data + 510, "\x11\x22", 2);
    assert_memory_equal(data + 1022, "\x33\x44", 2);
    assert_int_equal(es_ntfs_fixup(data, 1024, 48, 3), ES_CORRUPT);
    assert_int_equal(es_ntfs_fixup(data, 1024, 48, 4), ES_CORRUPT);
    assert_int_equal(es_ntfs_fixup(data, 1024, 508, 3), ES_CORRUPT);
    assert_int_equal(es_ntfs_fixup(data, 1024, 65535, 3), ES_CORRUPT);
    assert_int_equal(es_ntfs_fixup(data, 1000, 48, 3), ES_CORRUPT);
}

static es_status inflate(const char *bytes, size_t size, uint8_t *out, uint32_t out_size)
{
    return es_lznt1_inflate((es_bytes) { (const uint8_t *)bytes, size }, out, out_size);
}

static void inflates_lznt1(void **state)
{
    /* The example of [MS-XCA] 3.3. */
    static const char packed[] = "\x38\xb0\x88\x46\x23\x20\x00\x20\x47\x20\x41\x00\x10\xa2\x47\x01"
                                 "\xa0\x45\x20\x44\x00\x08\x45\x01\x50\x79\x00\xc0\x45\x20\x05\x24"
                                 "\x13\x88\x05\xb4\x02\x4a\x44\xef\x03\x58\x02\x8c\x09\x16\x01\x48"
                                 "\x45\x00\xbe\x00\x9e\x00\x04\x01\x18\x90\x00";
    static const char plain[] = "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D "
                                "D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E "
                                "F# E D D";
    uint8_t out[4096];

    (void)state;
    assert_int_equal(inflate(packed, sizeof(packed) - 1, out, sizeof(out)), ES_OK);
    assert_memory_equal(out, plain, sizeof(plain) - 1);
    assert_int_equal(inflate("\x02\x30" "abc", 5, out, 8), ES_OK); /* stored */
    assert_memory_equal(out, "abc\0\0\0\0\0", 8);
    assert_int_equal(inflate("\x02\x30" "abc", 5, out, 2), ES_CORRUPT);
    assert_int_equal(inflate("\xff\xb0" "abc", 5, out, 8), ES_CORRUPT);
    assert_int_equal(inflate("\x02\xb0" "\x01\x00\x00", 5, out, 8), ES_CORRUPT); /* from before */
    assert_int_equal(inflate("\x03\xb0" "\x02" "a\xff\x0f", 6, out, 64), ES_CORRUPT);
}

/* ---------------------------------------------------------------- boot sectors */

static void boot_sectors_that_lie(void **state)
{
    static const uint8_t good[] = { 0xeb, 0x52, 0x90, 'N', 'T', 'F', 'S', ' ', ' ', ' ', ' ',
                                    0, 2, 8 };
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = { { 12, 0 }, { 12, 3 }, { 12, 32 }, { 13, 0 }, { 13, 3 }, { 13, 0xe0 },
                    { 48, 0 }, { 55, 0x7f }, { 64, 0 }, { 64, 3 }, { 64, 0x81 }, { 68, 0xe1 },
                    { 40, 1 }, { 47, 0x80 } };
    uint8_t sector[512] = { 0 };
    es_bytes bytes = { sector, 512 };
    es_ntfs_boot boot;

    (void)state;
    memcpy(sector, good, sizeof(good));
    sector[41] = 0x10;
    sector[48] = 4;
    sector[64] = 0xf6;
    sector[68] = 1;
    assert_int_equal(es_ntfs_boot_parse(bytes, &boot), ES_OK);
    assert_int_equal(boot.cluster_size, 4096);
    assert_int_equal(boot.record_size, 1024);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t before = sector[changes[i].at];

        sector[changes[i].at] = changes[i].value;
        if (changes[i].at == 40)
            sector[41] = 0;
        assert_int_equal(es_ntfs_boot_parse(bytes, &boot), ES_CORRUPT);
        sector[changes[i].at] = before;
        sector[41] = 0x10;
    }
    sector[3] = 'X';
    assert_int_equal(es_ntfs_boot_parse(bytes, &boot), ES_ABSENT);
    assert_int_equal(es_ntfs_boot_parse((es_bytes) { sector, 80 }, &boot), ES_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_survive_the_round_trip),
        cmocka_unit_test(names_that_cannot_be),
        cmocka_unit_test(globs),
        cmocka_unit_test(runs_are_read_and_joined),
        cmocka_unit_test(runs_that_lie),
        cmocka_unit_test(undoes_update_sequences),
        cmocka_unit_test(inflates_lznt1),
        cmocka_unit_test(boot_sectors_that_lie),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
