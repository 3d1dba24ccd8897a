/* SPDX-License-Identifier: Apache-2.0
 *
 * test_hive_log.c: dirty hives with their transaction logs.
 *
 * What replay gives is compared, key by key and value by value, with a hive that was written out by
 * the fixtures' own writer. argv[1] is the folder of the fixtures; the real dirty hive of Windows
 * 10 is taken from ../shared/data beside the source tree where it is there and xz is installed.
 */
#include "windows/hive.h"
#include "windows/hive_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *fixtures = "fixtures";

typedef struct memory {
    uint8_t *data; /* NULL: no such file */
    uint64_t size;
    uint64_t bad_at, bad_size;
} memory;

/* A hive and its logs, as bytes and opened. */
typedef struct set {
    memory files[3];
    es_hive *hive;
    const es_hive_state *state;
} set;

static es_status read_memory(void *context, uint64_t offset, void *buffer, uint64_t size,
                             bool *ret_damaged)
{
    memory *m = context;

    assert_true(offset <= m->size && size <= m->size - offset);
    memcpy(buffer, m->data + offset, size);
    *ret_damaged = m->bad_size && offset < m->bad_at + m->bad_size && m->bad_at < offset + size;
    return ES_OK;
}

static memory read_all(FILE *file)
{
    memory m = { .data = malloc(32u << 20) };

    assert_non_null(m.data);
    m.size = fread(m.data, 1, 32u << 20, file);
    return m;
}

static memory load(const char *name, const char *suffix)
{
    memory m = { 0 };
    char path[1024];
    FILE *file;

    snprintf(path, sizeof path, "%s/hives/%s%s", fixtures, name, suffix);
    file = fopen(path, "rb");
    if (file) {
        m = read_all(file);
        fclose(file);
    }
    return m;
}

static es_hive *open_files(memory files[3])
{
    es_hive_input inputs[3];
    const es_hive_input *logs[2] = { NULL, NULL };
    es_note note = { 0 };
    es_hive *hive = NULL;

    for (size_t i = 0; i < 3; i++) {
        inputs[i] = (es_hive_input){ files[i].size, read_memory, &files[i] };
        if (i > 0 && files[i].data)
            logs[i - 1] = &inputs[i];
    }
    if (es_hive_open(&inputs[0], logs, "a hive", &hive, &note) != ES_OK)
        fail_msg("%s", note.text);
    return hive;
}

static set open_set(const char *name)
{
    set s = { { load(name, ".hive"), load(name, ".LOG1"), load(name, ".LOG2") }, NULL, NULL };

    if (!s.files[0].data)
        fail_msg("%s is missing", name);
    s.hive = open_files(s.files);
    s.state = es_hive_get_state(s.hive);
    return s;
}

static void close_set(set *s)
{
    es_hive_free(s->hive);
    for (size_t i = 0; i < 3; i++)
        free(s->files[i].data);
}

/* ---- everything in a hive as one number ---- */

typedef struct sum {
    uint64_t hash;
    size_t n_keys, n_values;
} sum;

static void add(sum *s, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        s->hash = (s->hash ^ bytes[i]) * UINT64_C(1099511628211);
}

static void add_values(sum *s, es_hive *hive, es_hive_key key)
{
    es_hive_value *values;
    size_t n;

    assert_int_equal(es_hive_values(hive, key, &values, &n), ES_OK);
    for (size_t i = 0; i < n; i++) {
        uint64_t size;
        uint8_t *data;
        uint32_t type;
        char *name;

        assert_int_equal(es_hive_value_name(hive, values[i], &name), ES_OK);
        assert_int_equal(es_hive_value_data(hive, values[i], &type, &data, &size, NULL, NULL),
                         ES_OK);
        add(s, name, strlen(name) + 1);
        add(s, &type, sizeof type);
        add(s, data, size);
        free(name);
        free(data);
        s->n_values++;
    }
    free(values);
}

static void add_key(sum *s, es_hive *hive, es_hive_key key)
{
    es_hive_key *keys;
    es_time time;
    char *name;
    size_t n;

    s->n_keys++;
    assert_int_equal(es_hive_key_name(hive, key, &name), ES_OK);
    assert_int_equal(es_hive_key_written(hive, key, &time), ES_OK);
    add(s, name, strlen(name) + 1);
    add(s, &time.ticks, sizeof time.ticks);
    free(name);
    add_values(s, hive, key);
    assert_int_equal(es_hive_children(hive, key, &keys, &n), ES_OK);
    for (size_t i = 0; i < n; i++)
        add_key(s, hive, keys[i]);
    free(keys);
}

static sum sum_of(es_hive *hive)
{
    sum s = { .hash = UINT64_C(14695981039346656037) };
    es_hive_key root;

    assert_int_equal(es_hive_root(hive, &root), ES_OK);
    add_key(&s, hive, root);
    return s;
}

static void assert_same(es_hive *hive, const char *name)
{
    set expected = open_set(name);
    sum a = sum_of(hive), b = sum_of(expected.hive);

    assert_int_equal(expected.state->state, ES_HIVE_CLEAN);
    assert_int_equal(a.n_keys, b.n_keys);
    assert_int_equal(a.n_values, b.n_values);
    assert_true(a.hash == b.hash);
    close_set(&expected);
}

/* Every byte a patch speaks of stands in the log where it says, unless a later patch covers it. */
static void check_patches(const set *s)
{
    const es_hive_patch *patches;
    size_t n = es_hive_patches(s->hive, &patches);

    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        const memory *log = &s->files[1 + patches[i].log];

        assert_true(patches[i].log < 2 && s->state->log_used[patches[i].log]);
        assert_true(patches[i].log_offset <= log->size &&
                    patches[i].length <= log->size - patches[i].log_offset);
        assert_int_equal(patches[i].hive_offset % 512, 0);
    }
}

static void check_before(const set *s)
{
    memory alone[3] = { s->files[0] };
    es_hive *before, *again, *unreplayed = open_files(alone);
    uint8_t a[32], b[32];
    sum x, y;

    assert_int_equal(es_hive_before(s->hive, &before), ES_OK);
    assert_int_equal(es_hive_before(s->hive, &again), ES_OK);
    assert_ptr_equal(before, again);
    x = sum_of(before);
    y = sum_of(unreplayed);
    assert_true(x.hash == y.hash);
    assert_true(x.hash != sum_of(s->hive).hash);
    es_hive_sha256(s->hive, a); /* of the raw primary, replayed or not */
    es_hive_sha256(unreplayed, b);
    assert_memory_equal(a, b, 32);
    es_hive_free(unreplayed);
}

static void check_replayed(const char *name, const char *expected, uint32_t state, uint32_t kind,
                           bool log1, bool log2, uint64_t pages)
{
    set s = open_set(name);

    assert_int_equal(s.state->state, state);
    assert_int_equal(s.state->log_kind, kind);
    assert_int_equal(s.state->log_used[0], log1);
    assert_int_equal(s.state->log_used[1], log2);
    assert_int_equal(s.state->pages, pages);
    assert_int_equal(s.state->mended, 0);
    assert_same(s.hive, expected);
    check_patches(&s);
    check_before(&s);
    close_set(&s);
}

static void check_left_alone(const char *name, const char *reason)
{
    set s = open_set(name);
    memory alone[3] = { s.files[0] };
    es_hive *unreplayed = open_files(alone), *before;
    const es_hive_patch *patches;

    assert_int_equal(s.state->state, ES_HIVE_DIRTY);
    assert_int_equal(s.state->log_kind, ES_HIVE_LOG_NONE);
    assert_false(s.state->log_used[0] || s.state->log_used[1]);
    if (!strstr(s.state->reason, reason))
        fail_msg("%s: \"%s\" does not say \"%s\"", name, s.state->reason, reason);
    assert_int_equal(es_hive_patches(s.hive, &patches), 0);
    assert_int_equal(es_hive_before(s.hive, &before), ES_ABSENT);
    assert_true(sum_of(s.hive).hash == sum_of(unreplayed).hash);
    es_hive_free(unreplayed);
    close_set(&s);
}

static void test_dirt(void **state)
{
    (void)state;
    check_replayed("dirt-primary", "dirt-expected", ES_HIVE_REPLAYED, ES_HIVE_LOG_DIRT, true,
                   false, 16);
    check_replayed("dirt-second-log", "dirt-expected", ES_HIVE_REPLAYED, ES_HIVE_LOG_DIRT, false,
                   true, 16);
    check_replayed("dirt-half-written", "dirt-expected", ES_HIVE_REPLAYED, ES_HIVE_LOG_DIRT, true,
                   false, 16);
}

static void test_dirt_left_alone(void **state)
{
    (void)state;
    check_left_alone("dirt-stale", "LOG1 belongs to another moment");
    check_left_alone("dirt-unfinished", "LOG1 was not written to its end");
    check_left_alone("dirt-bad-checksum", "LOG1 has a bad checksum");
    check_left_alone("dirt-cut", "LOG1 is cut short");
    check_left_alone("dirt-too-many-bits", "LOG1 is cut short");
    check_left_alone("dirty-no-log", "LOG1 is missing; LOG2 is missing");
    check_left_alone("bad-checksum", "LOG1 is missing");
}

static void test_torn(void **state)
{
    set s;

    (void)state;
    check_replayed("torn-header", "torn-header-expected", ES_HIVE_REPAIRED, ES_HIVE_LOG_DIRT, true,
                   false, 16);
    check_replayed("hvle-torn-header", "hvle-expected", ES_HIVE_REPAIRED, ES_HIVE_LOG_HVLE, true,
                   true, 32);
    s = open_set("torn-header");
    assert_non_null(strstr(s.state->reason, "taken from LOG1"));
    assert_false(s.state->checksum_good);
    close_set(&s);
}

static void test_hvle(void **state)
{
    (void)state;
    check_replayed("hvle-primary", "hvle-expected", ES_HIVE_REPLAYED, ES_HIVE_LOG_HVLE, true, true,
                   32);
    check_replayed("hvle-bad-second-hash", "hvle-bad-second-hash-expected", ES_HIVE_REPLAYED,
                   ES_HIVE_LOG_HVLE, true, false, 16);
    check_left_alone("hvle-stale", "LOG1 is older than the hive");
}

static void put_u64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* An entry that is whole, but not the next one: the chain ends before it. */
static void test_hvle_gap(void **state)
{
    set s = { { load("hvle-primary", ".hive"), load("hvle-primary", ".LOG1") }, NULL, NULL };
    uint8_t *log = s.files[1].data, *second;

    (void)state;
    second = log + 512 + (log[516] | (uint32_t)log[517] << 8 | (uint32_t)log[518] << 16);
    assert_memory_equal(second, "HvLE", 4);
    second[12] += 5;
    put_u64(second + 32, es_hive_log_hash(second, 32));
    s.hive = open_files(s.files);
    assert_int_equal(es_hive_get_state(s.hive)->state, ES_HIVE_REPLAYED);
    assert_same(s.hive, "hvle-bad-second-hash-expected");
    close_set(&s);
}

/* A log that fits but gives no hive that opens is taken back. */
static void test_log_that_breaks(void **state)
{
    set s = { { load("dirt-primary", ".hive"), load("dirt-primary", ".LOG1") }, NULL, NULL };
    memory alone[3] = { s.files[0] };
    es_hive *unreplayed = open_files(alone);

    (void)state;
    memset(s.files[1].data + 1024, 0xee, s.files[1].size - 1024);
    s.hive = open_files(s.files);
    s.state = es_hive_get_state(s.hive);
    assert_int_equal(s.state->state, ES_HIVE_DIRTY);
    assert_non_null(strstr(s.state->reason, "no hive that opens"));
    assert_false(s.state->log_used[0]);
    assert_true(sum_of(s.hive).hash == sum_of(unreplayed).hash);
    es_hive_free(unreplayed);
    close_set(&s);
}

/* Damage goes where the bytes come from: a bad primary page that the log replaces is good, a page
 * from a bad place of the log is bad. */
static void test_damage(void **state)
{
    set s = { { load("dirt-primary", ".hive"), load("dirt-primary", ".LOG1") }, NULL, NULL };

    (void)state;
    s.files[0].bad_at = 4096;
    s.files[0].bad_size = 8192;
    s.hive = open_files(s.files);
    assert_false(es_hive_damaged(s.hive));
    s.hive = es_hive_free(s.hive);
    s.files[1].bad_at = s.files[1].size - 1;
    s.files[1].bad_size = 1;
    s.hive = open_files(s.files);
    assert_int_equal(es_hive_get_state(s.hive)->state, ES_HIVE_REPLAYED);
    assert_true(es_hive_damaged(s.hive));
    assert_true(es_hive_range_damaged(s.hive, 4096 + 16 * 512 - 1, 1));
    assert_false(es_hive_range_damaged(s.hive, 4096, 512));
    close_set(&s);
}

/* How many memories for hives were made. */
static unsigned n_memories;
int memfd_create(const char *name, unsigned flags);

int memfd_create(const char *name, unsigned flags)
{
    n_memories++;
    return (int)syscall(SYS_memfd_create, name, flags);
}

/* What was there before cannot be opened: that is found out once, not for each value. */
static void test_nothing_before(void **state)
{
    set s = { { load("dirt-primary", ".hive"), load("dirt-primary", ".LOG1") }, NULL, NULL };
    es_hive *before;

    (void)state;
    memset(s.files[0].data + 4096 + 32, 0, 8192 - 32); /* the root key too; the log has it all */
    s.hive = open_files(s.files);
    assert_int_equal(es_hive_before(s.hive, &before), ES_CORRUPT);
    n_memories = 0;
    assert_int_equal(es_hive_before(s.hive, &before), ES_CORRUPT);
    assert_int_equal(n_memories, 0);
    close_set(&s);
}

static void test_hash(void **state)
{
    memory log = load("hvle-primary", ".LOG1");
    uint64_t stored = 0;

    (void)state;
    assert_non_null(log.data);
    for (unsigned i = 0; i < 8; i++)
        stored |= (uint64_t)log.data[512 + 32 + i] << 8 * i;
    assert_true(es_hive_log_hash(log.data + 512, 32) == stored);
    free(log.data);
}

static memory load_xz(const char *name)
{
    memory m = { 0 };
    char command[1200];
    FILE *pipe;

    snprintf(command, sizeof command, "xz -dc '%s/../../shared/data/hives/%s.xz' 2>/dev/null",
             fixtures, name);
    pipe = popen(command, "r");
    if (!pipe)
        return m;
    m = read_all(pipe);
    if (pclose(pipe) != 0 || m.size == 0) {
        free(m.data);
        m.data = NULL;
    }
    return m;
}

static void test_real_windows_10(void **state)
{
    set s = { { load_xz("win10-16299-SYSTEM-dirty"), load_xz("win10-16299-SYSTEM-dirty.LOG1"),
                load_xz("win10-16299-SYSTEM-dirty.LOG2") }, NULL, NULL };
    es_hive *before;
    sum after;

    (void)state;
    if (!s.files[0].data || !s.files[1].data || !s.files[2].data) {
        close_set(&s);
        skip();
    }
    s.hive = open_files(s.files);
    s.state = es_hive_get_state(s.hive);
    assert_int_equal(s.state->state, ES_HIVE_REPLAYED);
    assert_int_equal(s.state->log_kind, ES_HIVE_LOG_HVLE);
    assert_true(s.state->log_used[0] && s.state->log_used[1]);
    assert_int_equal(s.state->sequence_primary, 1622);
    assert_int_equal(s.state->sequence_secondary, 1621);
    after = sum_of(s.hive);
    assert_int_equal(after.n_keys, 35595); /* the counts of an independent reader and replayer */
    assert_int_equal(after.n_values, 78901);
    assert_int_equal(es_hive_before(s.hive, &before), ES_OK);
    after = sum_of(before);
    assert_int_equal(after.n_keys, 33123);
    assert_int_equal(after.n_values, 74957);
    check_patches(&s);
    close_set(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dirt),
        cmocka_unit_test(test_dirt_left_alone),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_hvle),
        cmocka_unit_test(test_hvle_gap),
        cmocka_unit_test(test_log_that_breaks),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_nothing_before),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_real_windows_10),
    };

    if (argc > 1)
        fixtures = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
