/* SPDX-License-Identifier: Apache-2.0
 *
 * test_lnk.c: shortcuts as they should be, beside what lnkinfo says of them; and damaged ones, of
 * which what is whole is told and nothing else.
 */
#include "seed_fixture.h"

#include "base/text.h"
#include "evidence/source.h"
#include "windows/ese.h"
#include "windows/limits.h"
#include "windows/lnk.h"
#include "windows/shell_item.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static es_arena *arena;

static int begin(void **state)
{
    (void)state;
    return es_arena_new(UINT64_C(4) << 20, &arena);
}

static int end(void **state)
{
    (void)state;
    arena = es_arena_free(arena);
    return 0;
}

static es_status read_seed(const char *name, es_lnk *ret)
{
    memset(ret, 0, sizeof *ret);
    return es_lnk_read(seed_borrow("lnk", name), arena, ret);
}

static void expect(es_text text, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data ? text.data : "", expected, text.size);
}

#define PATH "E:\\Finance\\Payroll 2021.xlsx"

static void whole(void **state)
{
    es_lnk lnk;

    (void)state;
    assert_int_equal(read_seed("removable.lnk", &lnk), ES_OK);
    assert_false(lnk.cut);
    assert_true(lnk.has_volume);
    assert_int_equal(lnk.drive_type, 2);
    assert_int_equal(lnk.volume_serial, 0x1A2B3C4D);
    expect(lnk.volume_label, "BACKUP");
    expect(lnk.local_path, PATH);
    expect(lnk.network_path, "");
    expect(lnk.machine, "srv-files");
    expect(lnk.volume_id, "{2f6c1f5a-8d1e-4c0b-9a53-6e1f0d7b2c34}");
    expect(lnk.file_id, "{7a1e5b62-cb7f-11eb-8f1d-000c29a1b2c3}");
    expect(lnk.adapter, "00:0c:29:a1:b2:c3");
    assert_int_equal(lnk.created.ticks, INT64_C(132679788020000000));
    assert_int_equal(lnk.modified.ticks, INT64_C(132666668760000000));
    assert_int_equal(lnk.accessed.precision, ES_TIME_TICK);
    assert_int_equal(lnk.items.size, 237);
    assert_int_equal(lnk.items.data[2], 0x1f);
}

/* An address that was thrown is not one of an adapter; nor is there one in a GUID of version 4. */
static void adapters(void **state)
{
    es_bytes bytes = seed_borrow("lnk", "removable.lnk");
    uint8_t *changed;
    es_lnk lnk;

    (void)state;
    assert_int_equal(read_seed("adapter-thrown.lnk", &lnk), ES_OK);
    expect(lnk.file_id, "{7a1e5b62-cb7f-11eb-8f1d-010c29a1b2c3}");
    expect(lnk.adapter, "");
    bytes = seed_borrow("lnk", "removable.lnk");
    changed = es_arena_take(arena, bytes.size);
    memcpy(changed, bytes.data, bytes.size);
    changed[bytes.size - 4 - 48 + 7] = 0x41; /* the first of the two file identifiers */
    assert_int_equal(es_lnk_read((es_bytes){ changed, bytes.size }, arena, &lnk), ES_OK);
    expect(lnk.adapter, "");
}

static void kinds(void **state)
{
    es_lnk lnk;

    (void)state;
    assert_int_equal(read_seed("fixed.lnk", &lnk), ES_OK);
    assert_int_equal(lnk.drive_type, 3);
    expect(lnk.volume_label, "");
    assert_int_equal(read_seed("unicode.lnk", &lnk), ES_OK);
    assert_int_equal(lnk.volume_serial, 0x00C0FFEE);
    expect(lnk.volume_label, "GR\xc3\x9cN");
    expect(lnk.local_path, "F:\\L\xc3\xb6hne\\\xc3\x9c" "bersicht.doc");
    expect(lnk.machine, "");
    assert_int_equal(lnk.items.size, 0);
    assert_int_equal(read_seed("share.lnk", &lnk), ES_OK);
    assert_false(lnk.has_volume);
    expect(lnk.network_path, "\\\\NAS\\backup\\old\\list.txt");
    assert_int_equal(lnk.created.precision, ES_TIME_NONE);
    assert_int_equal(read_seed("items-only.lnk", &lnk), ES_OK);
    assert_false(lnk.has_volume);
    assert_int_equal(lnk.items.size, 47);
    assert_int_equal(read_seed("header-only.lnk", &lnk), ES_OK);
    assert_true(lnk.cut); /* it says that there is more */
    assert_int_equal(lnk.created.ticks, INT64_C(132679788020000000));
}

/* What stands before the damage is told, and that it is damaged. */
static void damaged(void **state)
{
    static const struct {
        const char *name;
        int items, volume;
    } all[] = {
        { "cut-in-items.lnk", 0, 0 },       { "cut-in-location.lnk", 1, 0 },
        { "cut-in-tracker.lnk", 1, 1 },     { "location-size-huge.lnk", 1, 0 },
        { "volume-outside.lnk", 1, 0 },     { "label-outside.lnk", 1, 0 },
    };
    es_lnk lnk;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        print_message("%s\n", all[i].name);
        assert_int_equal(read_seed(all[i].name, &lnk), ES_OK);
        assert_true(lnk.cut);
        assert_int_equal(lnk.items.size != 0, all[i].items);
        assert_int_equal(lnk.has_volume, all[i].volume);
        expect(lnk.local_path, all[i].volume ? PATH : "");
        expect(lnk.machine, "");
        assert_int_equal(lnk.created.ticks, INT64_C(132679788020000000));
    }
}

static void none(void **state)
{
    es_lnk lnk;
    uint8_t *large = calloc(1, ES_LNK_SIZE_MAX + 1);
    es_arena *small = NULL;

    (void)state;
    assert_int_equal(read_seed("no-class.lnk", &lnk), ES_CORRUPT);
    assert_int_equal(read_seed("empty.lnk", &lnk), ES_CORRUPT);
    assert_int_equal(es_lnk_read((es_bytes){ large, ES_LNK_SIZE_MAX + 1 }, arena, &lnk), ES_LIMIT);
    free(large);
    assert_int_equal(es_arena_new(64, &small), ES_OK);
    assert_int_equal(es_lnk_read(seed_borrow("lnk", "removable.lnk"), small, &lnk), ES_LIMIT);
    es_arena_free(small);
}

/* What the public tool says of the same file. */
static void as_lnkinfo(void **state)
{
    static const char *const names[] = { "removable.lnk", "fixed.lnk", "unicode.lnk" };
    char command[5000], output[20000], serial[32];
    es_lnk lnk;

    (void)state;
    if (system("command -v lnkinfo >/dev/null 2>&1") != 0) {
        print_message("lnkinfo is not installed\n");
        skip();
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *line;
        FILE *pipe;
        size_t size;

        assert_int_equal(read_seed(names[i], &lnk), ES_OK);
        snprintf(command, sizeof command, "LC_ALL=C.UTF-8 lnkinfo '%s/lnk/%s'", seeds, names[i]);
        pipe = popen(command, "r");
        assert_non_null(pipe);
        size = fread(output, 1, sizeof output - 1, pipe);
        output[size] = '\0';
        assert_int_equal(pclose(pipe), 0);
        snprintf(serial, sizeof serial, ": 0x%08x\n", lnk.volume_serial);
        line = strstr(output, "Drive serial number");
        assert_non_null(line);
        assert_non_null(strstr(line, serial));
        line = strstr(output, "Local path");
        assert_non_null(line);
        line = strchr(line, ':') + 2;
        assert_memory_equal(line, lnk.local_path.data, lnk.local_path.size);
        assert_int_equal(line[lnk.local_path.size], '\n');
    }
}

static es_status no_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                          bool *ret_damaged)
{
    (void)context, (void)offset;
    memset(buffer, 0, (size_t)size);
    *ret_damaged = false;
    return ES_OK;
}

/* The libraries of the family bring copies of each other's symbols: opened in one process, in any
 * order, each still works. */
static void beside_its_relatives(void **state)
{
    char path[4096];
    struct stat about;
    es_evidence_file file = { .name = "demo.E01" };
    es_evidence evidence = { .files = &file, .n_files = 1 };
    es_source *source = NULL;
    es_ese *database = NULL;
    const es_shell_item *items;
    uint8_t before[512], after[512];
    uint32_t n;
    es_note note;
    es_lnk lnk;

    (void)state;
    snprintf(path, sizeof path, "%s/images/demo.E01", seeds);
    file.fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file.fd >= 0);
    assert_int_equal(fstat(file.fd, &about), 0);
    file.size = (uint64_t)about.st_size;
    assert_int_equal(read_seed("removable.lnk", &lnk), ES_OK);
    assert_int_equal(es_source_open(&evidence, &source, &note), ES_OK);
    assert_int_equal(es_source_read(source, 0, before, sizeof before, NULL), ES_OK);
    assert_int_equal(read_seed("unicode.lnk", &lnk), ES_OK);
    expect(lnk.volume_label, "GR\xc3\x9cN");
    assert_int_equal(read_seed("removable.lnk", &lnk), ES_OK);
    assert_int_equal(es_shell_items_read(lnk.items, arena, &items, &n), ES_OK);
    assert_int_equal(n, 4);
    expect(items[3].name, "Payroll 2021.xlsx");
    assert_int_equal(es_ese_open(no_bytes, NULL, 65536, es_text_of("x"), &database), ES_CORRUPT);
    assert_int_equal(es_source_read(source, 0, after, sizeof after, NULL), ES_OK);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(after[510], 0x55);
    es_source_free(source);
    close(file.fd);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(whole), TEST(adapters), TEST(kinds), TEST(damaged), TEST(none), TEST(as_lnkinfo),
        TEST(beside_its_relatives),
    };

    if (argc < 2)
        return 77;
    seeds = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
