/* SPDX-License-Identifier: Apache-2.0
 *
 * test_hive.c: opening and reading hives; what is broken; what is damaged.
 *
 * argv[1] is the folder of the fixtures. Real hives are taken from ../shared/data beside the source
 * tree where it is there.
 */
#include "windows/hive.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

static const char *fixtures = "fixtures";
static unsigned busy; /* so many seals are refused */

int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);

int __wrap_fcntl64(int fd, int command, ...)
{
    va_list arguments;
    int value;

    va_start(arguments, command);
    value = va_arg(arguments, int);
    va_end(arguments);
    if (command == F_ADD_SEALS && busy) {
        busy--;
        errno = EBUSY;
        return -1;
    }
    return __real_fcntl64(fd, command, value);
}

/* A hive in memory, read as an evidence file would be. */
typedef struct memory {
    uint8_t *data;
    uint64_t size;
    uint64_t bad_at, bad_size; /* a range called damaged */
    es_status bad_status;      /* what reading it gives */
    unsigned n_reads;
} memory;

static es_status read_memory(void *context, uint64_t offset, void *buffer, uint64_t size,
                             bool *ret_damaged)
{
    memory *m = context;
    bool hit = m->bad_size && offset < m->bad_at + m->bad_size && m->bad_at < offset + size;

    assert_true(offset <= m->size && size <= m->size - offset);
    m->n_reads++;
    memcpy(buffer, m->data + offset, size);
    *ret_damaged = hit;
    return hit ? m->bad_status : ES_OK;
}

static bool load_path(const char *path, memory *m)
{
    FILE *file = fopen(path, "rb");
    long size;

    *m = (memory){ 0 };
    if (!file)
        return false;
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    m->data = malloc((size_t)size + 1);
    assert_non_null(m->data);
    m->size = fread(m->data, 1, (size_t)size, file);
    fclose(file);
    return true;
}

static memory load(const char *name)
{
    char path[1024];
    memory m;

    snprintf(path, sizeof path, "%s/hives/%s", fixtures, name);
    if (!load_path(path, &m))
        fail_msg("%s is missing", path);
    return m;
}

static bool load_real(const char *name, memory *m)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/../../shared/data/hives/%s", fixtures, name);
    return load_path(path, m);
}

static es_status open_memory(memory *m, es_hive **ret_hive, es_note *note)
{
    es_hive_input input = { m->size, read_memory, m };

    return es_hive_open(&input, NULL, "a hive", ret_hive, note);
}

static es_hive *must_open(memory *m)
{
    es_hive *hive = NULL;
    es_note note = { 0 };

    if (open_memory(m, &hive, &note) != ES_OK)
        fail_msg("%s", note.text);
    return hive;
}

static es_hive_key must_find(es_hive *hive, const char *path)
{
    es_hive_key key;

    assert_int_equal(es_hive_root(hive, &key), ES_OK);
    assert_int_equal(es_hive_find(hive, key, path, &key), ES_OK);
    return key;
}

/* A string value, its characters taken for ASCII. */
static void assert_string(es_hive *hive, es_hive_key key, const char *name, const char *expected)
{
    uint64_t size, offset, length;
    es_hive_value value;
    uint8_t *data;
    uint32_t type;
    char text[256] = "";

    assert_int_equal(es_hive_value_find(hive, key, name, &value), ES_OK);
    assert_int_equal(es_hive_value_data(hive, value, &type, &data, &size, &offset, &length), ES_OK);
    assert_int_equal(type, ES_REG_SZ);
    for (uint64_t i = 0; i + 1 < size && i / 2 < sizeof text - 1; i += 2)
        text[i / 2] = (char)data[i];
    assert_string_equal(text, expected);
    free(data);
}

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"

static void test_values(void **state)
{
    memory m = load("software-6003.hive");
    es_hive *hive = must_open(&m);
    es_hive_key key = must_find(hive, CURRENT_VERSION), other;
    es_hive_value value;
    uint64_t size, offset, length;
    uint8_t *data, digest[32], expected[32];
    uint32_t type;
    es_time time;

    (void)state;
    assert_int_equal(es_hive_get_state(hive)->state, ES_HIVE_CLEAN);
    assert_true(es_hive_get_state(hive)->checksum_good);
    assert_int_equal(es_hive_get_state(hive)->mended, 0);
    assert_string(hive, key, "CurrentBuildNumber", "6003");
    assert_string(hive, key, "currentbuildNUMBER", "6003");
    assert_int_equal(es_hive_value_find(hive, key, "No such value", &value), ES_ABSENT);
    assert_int_equal(es_hive_find(hive, key, "No\\Such", &other), ES_ABSENT);
    assert_int_equal(es_hive_find(hive, key, "", &other), ES_OK);
    assert_int_equal(other, key);
    assert_int_equal(must_find(hive, "\\mICROSOFT\\windows nt\\\\CURRENTversion\\"), key);
    assert_int_equal(es_hive_key_written(hive, key, &time), ES_OK);
    assert_true(es_time_known(time));

    assert_int_equal(es_hive_value_find(hive, key, "CurrentBuildNumber", &value), ES_OK);
    assert_int_equal(es_hive_value_data(hive, value, &type, &data, &size, &offset, &length), ES_OK);
    assert_true(offset + length <= m.size && size <= length - 4);
    assert_memory_equal(m.data + offset + 4, data, size); /* the place is where the bytes are */
    free(data);

    es_hive_sha256(hive, digest);
    SHA256(m.data, m.size, expected);
    assert_memory_equal(digest, expected, 32);
    es_hive_sha256(hive, digest);
    assert_memory_equal(digest, expected, 32);
    assert_int_equal(es_hive_before(hive, &hive), ES_ABSENT);
    es_hive_free(hive);
    free(m.data);
}

static void check_list(const char *name, const char *parent, size_t n_expected, const char *first)
{
    memory m = load(name);
    es_hive *hive = must_open(&m);
    es_hive_key key = must_find(hive, parent), *keys, found;
    char *text;
    size_t n;

    assert_int_equal(es_hive_children(hive, key, &keys, &n), ES_OK);
    assert_int_equal(n, n_expected);
    assert_int_equal(es_hive_key_name(hive, keys[0], &text), ES_OK);
    assert_string_equal(text, first);
    free(text);
    for (size_t i = 0; i < n; i++) { /* every one is found by its name, in any letter case */
        assert_int_equal(es_hive_key_name(hive, keys[i], &text), ES_OK);
        for (char *c = text; *c; c++)
            *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
        assert_int_equal(es_hive_find(hive, key, text, &found), ES_OK);
        assert_int_equal(found, keys[i]);
        free(text);
    }
    assert_int_equal(es_hive_find(hive, key, "k0000", &found), ES_ABSENT);
    free(keys);
    es_hive_free(hive);
    free(m.data);
}

static void test_lists(void **state)
{
    (void)state;
    check_list("lists-lf.hive", "", 100, "k000");
    check_list("lists-li.hive", "", 100, "k000");
    check_list("lists-lh-ri.hive", "", 510, "k000");
}

static void test_kinds(void **state)
{
    memory m = load("every-kind.hive");
    es_hive *hive = must_open(&m);
    es_hive_key types = must_find(hive, "types"), big = must_find(hive, "Big");
    es_hive_value value, *values;
    uint64_t size, offset, length;
    uint8_t *data;
    uint32_t type;
    char *name;
    size_t n;

    (void)state;
    assert_int_equal(must_find(hive, "\xc3\x9cML\xc3\x84UT"),
                     must_find(hive, "\xc3\xbcml\xc3\xa4ut"));
    assert_int_equal(es_hive_value_find(hive, must_find(hive, "\xc3\x9cml\xc3\xa4ut"),
                                        "\xe6\x97\xa5\xe6\x9c\xac", &value), ES_OK);
    assert_int_equal(es_hive_value_find(hive, types, "", &value), ES_OK); /* the default value */
    assert_int_equal(es_hive_value_name(hive, value, &name), ES_OK);
    assert_string_equal(name, "");
    free(name);
    assert_int_equal(es_hive_value_find(hive, types, "empty", &value), ES_OK);
    assert_int_equal(es_hive_value_data(hive, value, &type, &data, &size, NULL, NULL), ES_OK);
    assert_int_equal(size, 0);
    free(data);
    assert_int_equal(es_hive_value_find(hive, types, "short-dword", &value), ES_OK);
    assert_int_equal(es_hive_value_data(hive, value, &type, &data, &size, &offset, NULL), ES_OK);
    assert_int_equal(size, 2);
    assert_int_equal(type, ES_REG_DWORD);
    assert_memory_equal(data, "\x72\x17", 2);
    assert_int_equal(offset, value); /* inline */
    free(data);

    assert_int_equal(es_hive_values(hive, big, &values, &n), ES_OK);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) { /* 16,344 bytes fit one cell, 16,345 are big data */
        assert_int_equal(es_hive_value_data(hive, values[i], &type, &data, &size, &offset, &length),
                         ES_OK);
        assert_int_equal(size, 16344 + i);
        for (uint64_t j = 0; j < size; j++)
            assert_int_equal(data[j], (uint8_t)(j * 7 % 256));
        assert_int_equal(offset == values[i], i == 1);
        free(data);
    }
    free(values);
    es_hive_free(hive);
    free(m.data);
}

/* Missing and unreadable are not told alike. */
static void check_unreadable(const char *name, const char *value_name)
{
    memory m = load(name);
    es_hive *hive = must_open(&m);
    es_hive_key key = must_find(hive, CURRENT_VERSION);
    es_hive_value value;
    uint64_t size;
    uint8_t *data;
    uint32_t type;

    assert_int_equal(es_hive_value_find(hive, key, value_name, &value), ES_OK);
    assert_int_equal(es_hive_value_data(hive, value, &type, &data, &size, NULL, NULL), ES_CORRUPT);
    assert_string(hive, key, "ProductName", "Windows Server (R) 2008 Standard");
    es_hive_free(hive);
    free(m.data);
}

static void test_unreadable_values(void **state)
{
    (void)state;
    check_unreadable("value-size-huge.hive", "CurrentBuild");
    check_unreadable("value-data-outside.hive", "CurrentBuildNumber");
}

static void check_cycle(const char *name)
{
    memory m = load(name);
    es_hive *hive = must_open(&m);
    es_hive_key key = must_find(hive, "Microsoft\\Windows NT"), *keys;
    bool complete = true;
    size_t n = 99;

    assert_int_equal(es_hive_children(hive, key, &keys, &n), ES_CORRUPT);
    assert_int_equal(es_hive_find(hive, key, "CurrentVersion", &key), ES_CORRUPT);
    assert_int_equal(es_hive_children_readable(hive, key, &keys, &n, &complete), ES_OK);
    assert_int_equal(n, 0);
    assert_false(complete);
    free(keys);
    es_hive_free(hive);
    free(m.data);
}

static void test_cycles(void **state)
{
    (void)state;
    check_cycle("cyclic-subkeys.hive");
    check_cycle("cyclic-index-root.hive");
}

static void test_mended(void **state)
{
    static const char *const names[] = { "second-bin-no-magic.hive", "root-outside.hive" };
    memory m;
    es_hive *hive;
    es_hive_key key;

    (void)state;
    for (size_t i = 0; i < 2; i++) { /* nothing of these is lost */
        m = load(names[i]);
        hive = must_open(&m);
        assert_int_equal(es_hive_get_state(hive)->state, ES_HIVE_REPAIRED);
        assert_true(es_hive_get_state(hive)->mended > 0);
        assert_true(es_hive_get_state(hive)->reason[0] != '\0');
        assert_string(hive, must_find(hive, CURRENT_VERSION), "CurrentBuildNumber", "6003");
        es_hive_free(hive);
        free(m.data);
    }
    m = load("zero-size-cell.hive"); /* what lay in the second bin is unreadable, not absent */
    hive = must_open(&m);
    assert_int_equal(es_hive_get_state(hive)->mended, 4064);
    assert_int_equal(es_hive_root(hive, &key), ES_OK);
    assert_int_equal(es_hive_find(hive, key, CURRENT_VERSION, &key), ES_CORRUPT);
    es_hive_free(hive);
    free(m.data);
    m = load("cut-in-second-bin.hive");
    hive = must_open(&m);
    assert_non_null(strstr(es_hive_get_state(hive)->reason, "the file ends 3996 bytes before"));
    es_hive_free(hive);
    free(m.data);
}

static void assert_refused(memory *m, const char *words)
{
    es_hive *hive = NULL;
    es_note note = { 0 };

    assert_int_equal(open_memory(m, &hive, &note), ES_CORRUPT);
    assert_null(hive);
    assert_int_equal(note.severity, ES_SEVERITY_GAP);
    if (!strstr(note.text, words))
        fail_msg("\"%s\" does not say \"%s\"", note.text, words);
}

static void test_refused(void **state)
{
    memory m = load("cut-in-header.hive");

    (void)state;
    assert_refused(&m, "too short");
    free(m.data);
    m = load("no-bins.hive");
    assert_refused(&m, "too short");
    free(m.data);
    m = load("software-6003.hive");
    memset(m.data, 0, m.size);
    assert_refused(&m, "nothing but zeros");
    memcpy(m.data, "MZ", 2);
    assert_refused(&m, "a program");
    memcpy(m.data, "\x1b[31mevil", 9);
    assert_refused(&m, "does not begin with regf");
    m.size = 0;
    assert_refused(&m, "empty");
    free(m.data);
}

/* Damage is known to 4 KiB, and only what rests on it says so. */
static void test_damage(void **state)
{
    memory m = load("software-6003.hive");
    es_hive *hive = must_open(&m);
    es_hive_key key = must_find(hive, CURRENT_VERSION);
    uint64_t size, offset, length, page;
    es_hive_value value;
    uint8_t *data;
    uint32_t type;

    (void)state;
    assert_false(es_hive_damaged(hive));
    assert_int_equal(es_hive_value_find(hive, key, "CurrentBuildNumber", &value), ES_OK);
    assert_int_equal(es_hive_value_data(hive, value, &type, &data, &size, &offset, &length), ES_OK);
    free(data);
    assert_false(es_hive_value_damaged(hive, value));
    es_hive_free(hive);

    page = offset / 4096 * 4096;
    m.bad_at = offset;
    m.bad_size = 1;
    hive = must_open(&m);
    assert_true(es_hive_damaged(hive));
    assert_true(es_hive_range_damaged(hive, offset, length));
    assert_true(es_hive_range_damaged(hive, 0, UINT64_MAX));
    assert_false(es_hive_range_damaged(hive, offset, 0));
    assert_false(es_hive_range_damaged(hive, 0, page));
    assert_true(es_hive_range_damaged(hive, 0, page + 1));
    assert_false(es_hive_range_damaged(hive, page + 4096, 4096));
    assert_true(es_hive_value_damaged(hive, value));
    es_hive_free(hive);

    m.bad_at = 4096; /* the first bin: the root is there, the values are not */
    hive = must_open(&m);
    assert_int_equal(es_hive_value_damaged(hive, value), page == 4096);
    es_hive_free(hive);

    m.bad_at = m.size - 4096; /* the evidence cannot give these bytes: they count as bad zeros */
    m.bad_size = 4096;
    m.bad_status = ES_CORRUPT;
    hive = must_open(&m);
    assert_true(es_hive_range_damaged(hive, m.size - 1, 1));
    assert_true(es_hive_get_state(hive)->mended > 0);
    es_hive_free(hive);
    free(m.data);
}

/* Where the name of a key or value lies: only that is taken for damaged, in 4 KiB of zeros or not. */
static void check_unsure(const char *path, const char *child, const char *name)
{
    memory m = load("software-6003.hive");
    es_hive *hive = must_open(&m);
    es_hive_key key = must_find(hive, path), found, parent = key;
    es_hive_value value = 0;

    if (child) {
        assert_int_equal(es_hive_find(hive, key, child, &found), ES_OK);
        assert_int_equal(es_hive_find(hive, key, "No such key", &key), ES_ABSENT);
        m.bad_at = found + 0x50;
    } else {
        assert_int_equal(es_hive_value_find(hive, key, name, &value), ES_OK);
        assert_int_equal(es_hive_value_find(hive, key, "No such value", &value), ES_ABSENT);
        m.bad_at = key; /* all that says which values a key has */
    }
    m.bad_size = 1;
    es_hive_free(hive);
    hive = must_open(&m);
    assert_int_equal(es_hive_find(hive, parent, "No such key", &found), ES_CORRUPT);
    if (child)
        assert_int_equal(es_hive_find(hive, parent, child, &found), ES_OK);
    else
        assert_int_equal(es_hive_value_find(hive, parent, name, &value), ES_OK);
    assert_int_equal(es_hive_value_find(hive, parent, "No such value", &value), ES_CORRUPT);
    es_hive_free(hive);
    free(m.data);
}

/* The evidence gives half of a key: its first half, up to the count of what is below it. */
static void test_half_a_key(void **state)
{
    memory m = load("software-6003.hive"), cut;
    es_hive *hive = must_open(&m);
    es_hive_key key = must_find(hive, CURRENT_VERSION);
    es_hive_value value;

    (void)state;
    es_hive_free(hive);
    cut = m;
    cut.data = malloc(m.size);
    assert_non_null(cut.data);
    memcpy(cut.data, m.data, m.size);
    memset(cut.data + key + 0x18, 0, 0x18); /* as an unreadable sector would be that begins there */
    cut.bad_at = key + 0x18;
    cut.bad_size = 0x18;
    hive = must_open(&cut);
    assert_int_equal(es_hive_value_find(hive, key, "CurrentBuildNumber", &value), ES_CORRUPT);
    assert_int_equal(es_hive_find(hive, key, "Winlogon", &key), ES_CORRUPT);
    es_hive_free(hive);
    free(cut.data);
    free(m.data);
}

static void test_unsure(void **state)
{
    (void)state;
    check_unsure("Microsoft\\Windows NT", "CurrentVersion", NULL);
    check_unsure(CURRENT_VERSION, NULL, "CurrentBuildNumber");
}

static void test_our_failure_is_forwarded(void **state)
{
    memory m = load("software-6003.hive");
    es_hive *hive = NULL;
    es_note note = { 0 };

    (void)state;
    m.bad_at = 9000;
    m.bad_size = 1;
    m.bad_status = ES_IO;
    assert_int_equal(open_memory(&m, &hive, &note), ES_IO);
    assert_int_equal(note.severity, ES_SEVERITY_ERROR);
    assert_null(hive);
    free(m.data);
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* hivex trusts that an nk has room for its fields: this one has the last 8 bytes of the file. */
static void test_key_at_the_end(void **state)
{
    memory m = { .data = calloc(1, 8192), .size = 8192 };
    uint32_t sum = 0;
    es_hive *hive;
    es_hive_key key, *keys;
    size_t n;

    (void)state;
    memcpy(m.data, "regf", 4);
    put_u32(m.data + 0x14, 1);
    put_u32(m.data + 0x18, 5);
    put_u32(m.data + 0x24, 4096 - 8);
    put_u32(m.data + 0x28, 4096);
    for (size_t i = 0; i < 0x1fc; i++)
        sum ^= (uint32_t)m.data[i] << i % 4 * 8;
    put_u32(m.data + 0x1fc, sum);
    memcpy(m.data + 4096, "hbin", 4);
    put_u32(m.data + 4096 + 8, 4096);
    put_u32(m.data + 4096 + 32, 4096 - 32 - 8);
    put_u32(m.data + 8184, (uint32_t)-8);
    memcpy(m.data + 8188, "nk\x2c", 3);
    hive = must_open(&m);
    assert_int_equal(es_hive_root(hive, &key), ES_OK);
    assert_int_equal(es_hive_children(hive, key, &keys, &n), ES_CORRUPT);
    assert_int_equal(es_hive_find(hive, key, "x", &key), ES_CORRUPT);
    es_hive_free(hive);
    free(m.data);
}

static void test_large_reads(void **state)
{
    memory m = load("every-kind.hive");
    es_hive *hive = must_open(&m);

    (void)state;
    assert_int_equal(m.n_reads, 1); /* up to 2 MiB come in one piece */
    es_hive_free(hive);
    free(m.data);
}

static void test_real_hives(void **state)
{
    es_hive_key key, *keys;
    bool complete;
    memory m;
    es_hive *hive;
    es_note note;
    size_t n;

    (void)state;
    if (!load_real("nt4-SOFTWARE", &m))
        skip();
    hive = must_open(&m);
    assert_string(hive, must_find(hive, CURRENT_VERSION), "CurrentBuildNumber", "1381");
    es_hive_free(hive);
    free(m.data);
    assert_true(load_real("corrupt-sub-key-list.hive", &m));
    hive = must_open(&m);
    assert_int_equal(es_hive_root(hive, &key), ES_OK);
    assert_int_equal(es_hive_children(hive, key, &keys, &n), ES_CORRUPT);
    assert_int_equal(es_hive_children_readable(hive, key, &keys, &n, &complete), ES_OK);
    assert_int_equal(n, 99);
    assert_false(complete);
    free(keys);
    es_hive_free(hive);
    free(m.data);
    assert_true(load_real("not-a-hive", &m));
    assert_int_equal(open_memory(&m, &hive, &note), ES_CORRUPT);
    free(m.data);
}

/* A page of our copy that is held elsewhere for a while refuses the seal, and nothing else. */
static void test_busy(void **state)
{
    memory m = load("every-kind.hive");
    es_hive *hive;

    (void)state;
    busy = 3;
    hive = must_open(&m);
    assert_int_equal(busy, 0);
    es_hive_free(hive);
    free(m.data);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_unreadable_values),
        cmocka_unit_test(test_cycles),
        cmocka_unit_test(test_mended),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_half_a_key),
        cmocka_unit_test(test_unsure),
        cmocka_unit_test(test_our_failure_is_forwarded),
        cmocka_unit_test(test_key_at_the_end),
        cmocka_unit_test(test_large_reads),
        cmocka_unit_test(test_real_hives),
    };

    if (argc > 1)
        fixtures = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
