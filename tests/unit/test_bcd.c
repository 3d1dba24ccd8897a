/* SPDX-License-Identifier: Apache-2.0
 *
 * test_bcd.c: boot stores: entries, defaults, settings, devices, and which system root they start.
 */
#include "windows/bcd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *seeds;
static unsigned fail_at; /* this reading of a value finds no memory; 0: none does */

es_status __real_es_hive_value_data(es_hive *hive, es_hive_value value, uint32_t *ret_type,
                                    uint8_t **ret_data, uint64_t *ret_size, uint64_t *ret_offset,
                                    uint64_t *ret_length);
es_status __wrap_es_hive_value_data(es_hive *hive, es_hive_value value, uint32_t *ret_type,
                                    uint8_t **ret_data, uint64_t *ret_size, uint64_t *ret_offset,
                                    uint64_t *ret_length);

es_status __wrap_es_hive_value_data(es_hive *hive, es_hive_value value, uint32_t *ret_type,
                                    uint8_t **ret_data, uint64_t *ret_size, uint64_t *ret_offset,
                                    uint64_t *ret_length)
{
    if (fail_at && --fail_at == 0)
        return ES_NOMEM;
    return __real_es_hive_value_data(hive, value, ret_type, ret_data, ret_size, ret_offset,
                                     ret_length);
}

static es_status read_fd(void *context, uint64_t offset, void *buffer, uint64_t size,
                         bool *ret_damaged)
{
    (void)ret_damaged;
    return pread(*(int *)context, buffer, size, (off_t)offset) == (ssize_t)size ? ES_OK : ES_END;
}

static es_status read_store(const char *name, es_boots **ret_boots, uint32_t *ret_broken)
{
    const es_hive_input *logs[2] = { NULL, NULL };
    char path[4096];
    struct stat about;
    es_hive_input input;
    es_hive *hive = NULL;
    es_note note;
    es_status status;
    int fd;

    snprintf(path, sizeof path, "%s/hives/%s", seeds, name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &about) == 0);
    input = (es_hive_input){ (uint64_t)about.st_size, read_fd, &fd };
    assert_int_equal(es_hive_open(&input, logs, name, &hive, &note), ES_OK);
    status = es_boots_read(hive, ret_boots, ret_broken);
    es_hive_free(hive);
    close(fd);
    return status;
}

static const es_boot *default_of(const es_boots *boots)
{
    for (size_t i = 0; i < es_boots_count(boots); i++)
        if (es_boots_at(boots, i)->is_default)
            return es_boots_at(boots, i);
    return NULL;
}

static void mbr_store(void **unused)
{
    es_volume here = { .id = 1 }, there = { .id = 2 };
    es_boots *boots = NULL;
    const es_boot *boot;
    uint32_t broken;
    bool known;

    (void)unused;
    assert_int_equal(read_store("bcd-amd64.hive", &boots, &broken), ES_OK);
    assert_int_equal(broken, 0);
    boot = default_of(boots);
    assert_non_null(boot);
    assert_string_equal(boot->loader, "\\Windows\\system32\\winload.exe");
    assert_string_equal(boot->system_root, "\\Windows");
    assert_string_equal(boot->kernel, "");
    assert_int_equal(boot->device.kind, ES_BOOT_DEVICE_MBR);
    assert_int_equal(boot->order, 0);
    assert_true(es_time_known(boot->written));
    here.mbr_signature = boot->device.mbr_signature;
    here.offset = boot->device.offset;
    assert_true(es_boot_starts(boot, &here, &there, "windows", &known));
    assert_true(known);
    assert_false(es_boot_starts(boot, &here, &there, "Windows.old/Windows", &known));
    here.offset += 512;
    assert_false(es_boot_starts(boot, &here, &there, "Windows", &known));
    es_boots_free(boots);
}

static void gpt_store(void **unused)
{
    es_volume here = { .id = 1 };
    es_boots *boots = NULL;
    const es_boot *boot;
    uint32_t broken;
    bool known;

    (void)unused;
    assert_int_equal(read_store("bcd-ia64.hive", &boots, &broken), ES_OK);
    boot = default_of(boots);
    assert_non_null(boot);
    assert_int_equal(boot->device.kind, ES_BOOT_DEVICE_GPT);
    assert_false(es_boot_starts(boot, &here, &here, "Windows", &known));
    memcpy(here.gpt_partition, boot->device.gpt_partition, 16);
    assert_true(es_boot_starts(boot, &here, &here, "Windows", &known));
    es_boots_free(boots);
}

static void settings(void **unused)
{
    es_boots *boots = NULL;
    const es_boot *boot;
    uint32_t broken;

    (void)unused;
    assert_int_equal(read_store("bcd-x86-pae.hive", &boots, &broken), ES_OK);
    boot = default_of(boots);
    assert_non_null(boot);
    assert_int_equal(boot->pae, 1);
    assert_int_equal(boot->test_signing, -1);
    es_boots_free(boots);
    assert_int_equal(read_store("bcd-other-kernel.hive", &boots, &broken), ES_OK);
    boot = default_of(boots);
    assert_non_null(boot);
    assert_string_equal(boot->kernel, "ntoskrnx.exe");
    assert_int_equal(boot->test_signing, 1);
    assert_int_equal(boot->no_integrity_checks, -1);
    es_boots_free(boots);
}

static void no_store(void **unused)
{
    es_boots *boots = NULL;
    uint32_t broken;

    (void)unused;
    assert_int_equal(read_store("software-6003.hive", &boots, &broken), ES_CORRUPT);
    assert_null(boots);
}

/* A setting that could not be read is not one that is not there: the store is not read at all. */
static void failures_of_ours_are_no_answers(void **unused)
{
    es_boots *boots = NULL;
    uint32_t broken;
    unsigned n = 0;

    (void)unused;
    for (bool failed = true; failed; n++) {
        es_status status;

        assert_true(n < 10000);
        fail_at = n + 1;
        status = read_store("bcd-x86-pae.hive", &boots, &broken);
        failed = fail_at == 0;
        assert_int_equal(status, failed ? ES_NOMEM : ES_OK);
    }
    fail_at = 0;
    assert_true(n > 10);
    es_boots_free(boots);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_of_ours_are_no_answers),
        cmocka_unit_test(mbr_store),
        cmocka_unit_test(gpt_store),
        cmocka_unit_test(settings),
        cmocka_unit_test(no_store),
    };

    if (argc < 2)
        return 77;
    seeds = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
