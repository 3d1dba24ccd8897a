/* SPDX-License-Identifier: Apache-2.0
 *
 * test_report_reproduce.c: the lines that show a fact's bytes: exact, and harmless in a shell.
 */
#include "test_report_case.h"

#include <sys/wait.h>
#include <unistd.h>

static es_ledger *disk(const char *format, uint32_t sector_size, size_t n_segments)
{
    es_record record = { .kind = ES_RECORD_ARTEFACT };
    es_ledger *ledger = NULL;

    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    put_image(ledger, format, sector_size);
    for (size_t i = 0; i < n_segments; i++)
        put_segment(ledger, i ? "case.002" : "case.001");
    put_volume(ledger, 2, "mbr", "ntfs", 1048576);
    put_artefact(ledger, 1, "\\Windows\\System32\\config\\SOFTWARE", 5012, true);
    put_artefact(ledger, 2, "\\Windows\\System32\\ntoskrnl.exe", 77, false);
    put_artefact(ledger, 3, "\\Windows\\System32\\config\\SOFTWARE.LOG1", 5013, false);
    record.artefact.id = 4; /* on FAT */
    record.artefact.volume = 2;
    record.artefact.snapshot = -1;
    record.artefact.path = "\\EFI\\Microsoft\\Boot\\BCD";
    record.artefact.mft_entry = 3145;
    record.artefact.size = 12288;
    record.artefact.has_mft = true;
    put_ok(ledger, &record);
    record.artefact.id = 5; /* in a shadow copy */
    record.artefact.snapshot = 2;
    record.artefact.attribute_type = 128;
    put_ok(ledger, &record);
    record.artefact.id = 6; /* a folder */
    record.artefact.snapshot = -1;
    record.artefact.attribute_type = 0;
    record.artefact.mft_entry = 74;
    record.artefact.size = 0;
    put_ok(ledger, &record);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    return ledger;
}

static es_where value_at(const char *key, const char *value)
{
    es_where where = nowhere();

    where.artefact = 1;
    where.key = key;
    where.value = value;
    where.offset = 4100;
    where.length = 12;
    where.exact = true;
    return where;
}

static void is(const es_ledger *ledger, const char *image, const es_where *where,
               const char *expected)
{
    es_run run = made_up_run();
    char *line;

    run.image_path = image;
    line = es_reproduce(ledger, &run, where);
    if (!expected)
        assert_null(line);
    else if (!line)
        fail_msg("no line; expected %s", expected);
    else
        assert_string_equal(line, expected);
    free(line);
}

static void registry_values(void **state)
{
    es_ledger *ledger = disk("E01", 512, 2);
    es_where where = value_at("Microsoft\\Windows NT\\CurrentVersion", "CurrentBuild");

    (void)state;
    is(ledger, "/c/case.001", &where,
       "icat -i ewf -o 2048 '/c/case.001' 5012-128-1 >esuscan-2-5012.hive && hivexget "
       "esuscan-2-5012.hive 'Microsoft\\Windows NT\\CurrentVersion' 'CurrentBuild'");
    where.value = "";
    where.key = "Setup";
    is(ledger, "/c/case.001", &where,
       "icat -i ewf -o 2048 '/c/case.001' 5012-128-1 >esuscan-2-5012.hive && hivexget "
       "esuscan-2-5012.hive 'Setup' '@'");
    where.value = NULL;
    where.key = "";
    is(ledger, "/c/case.001", &where,
       "icat -i ewf -o 2048 '/c/case.001' 5012-128-1 >esuscan-2-5012.hive && hivexget "
       "esuscan-2-5012.hive '\\' && tail -c +4101 esuscan-2-5012.hive | head -c 12 | xxd");
    es_ledger_free(ledger);
}

/* Names that are not plain, or not as the hive spells them, are bytes at an offset. */
static void odd_names_are_shown_by_number(void **state)
{
    static const char *const odd[] = {
        "it's", "a;b", "$(x)", "`x`", "a\nb", "\xe2\x80\xae", " lead", "trail ", "a\\\\b", "a\"b",
        "a/b", "-n\\@",
    };
    static const char bytes[] = "icat -i raw -o 2048 '/c/x' 5012-128-1 | tail -c +4101 | "
                                "head -c 12 | xxd";
    es_ledger *ledger = disk("raw", 512, 1);
    es_where where;

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        where = value_at(odd[i], "v");
        is(ledger, "/c/x", &where, bytes);
        where = value_at("k", odd[i]);
        is(ledger, "/c/x", &where, bytes);
    }
    where = value_at("k", "v");
    where.exact = false;
    is(ledger, "/c/x", &where, bytes);
    es_ledger_free(ledger);
}

static void files_logs_and_volumes(void **state)
{
    es_ledger *ledger = disk("split raw", 4096, 2);
    es_where where = nowhere();

    (void)state;
    where.artefact = 2;
    is(ledger, "/c/case.001", &where,
       "icat -i raw -b 4096 -o 256 '/c/case.001' '/c/case.002' 77-128-1");
    where.offset = 0;
    where.length = 64;
    is(ledger, "/c/case.001", &where,
       "icat -i raw -b 4096 -o 256 '/c/case.001' '/c/case.002' 77-128-1 | head -c 64 | xxd");
    where = value_at("k", "v"); /* replayed: the hive itself still has the old bytes */
    where.log_artefact = 3;
    where.log_offset = 1024;
    is(ledger, "/c/case.001", &where,
       "icat -i raw -b 4096 -o 256 '/c/case.001' '/c/case.002' 5013-128-1 | tail -c +1025 | "
       "head -c 12 | xxd");
    where = nowhere();
    where.artefact = 4;
    is(ledger, "/c/case.001", &where, "icat -i raw -b 4096 -o 256 '/c/case.001' '/c/case.002' 3145");
    where.artefact = 6;
    is(ledger, "/c/case.001", &where, "fls -i raw -b 4096 -o 256 '/c/case.001' '/c/case.002' 74");
    where = nowhere();
    where.volume = 2;
    where.offset = 3;
    where.length = 8;
    is(ledger, "/c/case.001", &where,
       "img_cat -i raw -b 4096 -s 256 -e 256 '/c/case.001' | tail -c +4 | head -c 8 | xxd");
    where.path = "\\Windows"; /* no number: nothing to show */
    is(ledger, "/c/case.001", &where, NULL);
    es_ledger_free(ledger);
}

static void containers_and_shadow_copies(void **state)
{
    es_ledger *ledger = disk("QCOW2", 512, 1);
    es_where where = nowhere();

    (void)state;
    where.artefact = 2;
    is(ledger, "disk.qcow2", &where,
       "{ [ -e esuscan-98ef1f84.raw ] || { qemu-img convert -f qcow2 -O raw 'disk.qcow2' "
       "esuscan-98ef1f84.part && mv esuscan-98ef1f84.part esuscan-98ef1f84.raw; }; } && icat -i raw "
       "-o 2048 esuscan-98ef1f84.raw 77-128-1");
    es_ledger_free(ledger);
    ledger = disk("raw", 512, 1);
    where.artefact = 5;
    is(ledger, "/c/x", &where,
       "mkdir -p esuscan-e892dd6a-2 && { [ -e esuscan-e892dd6a-2/vss1 ] || vshadowmount -o 1048576 "
       "'/c/x' esuscan-e892dd6a-2; } && icat -i raw esuscan-e892dd6a-2/vss2 3145-128-0");
    where = nowhere(); /* the copy itself */
    where.volume = 2;
    where.snapshot = 2;
    is(ledger, "/c/x", &where,
       "vshadowinfo -o 1048576 '/c/x' | sed -n '/^Store: 2$/,/^$/p'");
    where.path = "Windows";
    is(ledger, "/c/x", &where, NULL);
    where.path = NULL;
    es_ledger_free(ledger);
    ledger = disk("split raw", 512, 2);
    is(ledger, "/c/x", &where, NULL);
    es_ledger_free(ledger);
    ledger = disk("AFF", 512, 1);
    is(ledger, "/c/x", &where, NULL);
    es_ledger_free(ledger);
}

/* A shell that runs the line with icat replaced by a program that prints its arguments must hand
 * it the path as it was named. */
static void hostile_paths_reach_the_tools_whole(void **state)
{
    static const char *const paths[] = {
        "/c/it's $(touch pwned) `touch pwned` \"disk\"; touch pwned #\\", "/c/a\nb\033\xff%s\\n'c",
        "/c/-rf", "/c/\xe2\x80\xae.E01",
    };
    es_ledger *ledger = disk("raw", 512, 1);
    es_where where = nowhere();

    (void)state;
    where.artefact = 2;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        es_run run = made_up_run();
        char *line, *script = NULL, seen[4096] = "";
        FILE *shell;

        run.image_path = paths[i];
        line = es_reproduce(ledger, &run, &where);
        assert_non_null(line);
        assert_true(asprintf(&script, "icat() { printf %%s \"$5\"; }; %s", line) > 0);
        assert_null(strchr(line, '\n'));
        assert_null(strchr(line, '\033'));
        shell = popen(script, "r");
        assert_non_null(shell);
        assert_true(fread(seen, 1, sizeof seen - 1, shell) > 0);
        assert_int_equal(pclose(shell), 0);
        assert_string_equal(seen, paths[i]);
        free(script);
        free(line);
    }
    assert_int_equal(access("pwned", F_OK), -1);
    es_ledger_free(ledger);
}

static void relative_paths_are_not_options_or_protocols(void **state)
{
    es_ledger *ledger = disk("raw", 512, 1);
    es_where where = nowhere();

    (void)state;
    where.artefact = 2;
    is(ledger, "-i", &where, "icat -i raw -o 2048 './-i' 77-128-1");
    is(ledger, "nbd:x", &where, "icat -i raw -o 2048 './nbd:x' 77-128-1");
    is(ledger, "x y", &where, "icat -i raw -o 2048 'x y' 77-128-1");
    es_ledger_free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry_values),
        cmocka_unit_test(odd_names_are_shown_by_number),
        cmocka_unit_test(files_logs_and_volumes),
        cmocka_unit_test(containers_and_shadow_copies),
        cmocka_unit_test(hostile_paths_reach_the_tools_whole),
        cmocka_unit_test(relative_paths_are_not_options_or_protocols),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
