/* SPDX-License-Identifier: Apache-2.0
 *
 * test_find.c: which files below a folder are images, which belong to one, and in what order.
 */
#include "batch/find.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/esuscan-find-XXXXXX";
static unsigned n_told;

static void tell(void *context, const es_note *note)
{
    (void)context, (void)note;
    n_told++;
}

static void make(const char *name, size_t at, const void *magic, size_t length, size_t size)
{
    char path[512];
    uint8_t *data = calloc(1, size);
    FILE *out;

    memcpy(data + at, magic, length);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, size, out), size);
    fclose(out);
    free(data);
}

static void make_e01(const char *name, unsigned number, size_t size)
{
    uint8_t head[13] = { 'E', 'V', 'F', 9, 13, 10, 255, 0, 1, (uint8_t)number, 0, 0, 0 };

    make(name, 0, head, sizeof head, size);
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *ftw)
{
    (void)about, (void)type, (void)ftw;
    return remove(path);
}

static int begin(void **unused)
{
    char path[512];

    (void)unused;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/sub", folder);
    mkdir(path, 0700);
    make_e01("case.E01", 1, 5000);
    make_e01("case.E02", 2, 4000);
    make_e01("case.E03", 3, 100);
    make("case.txt", 0, "words", 5, 100);
    make_e01("orphan.E02", 2, 700);
    make("split.001", 3, "NTFS    ", 8, 1024);
    make("split.002", 3, "NTFS    ", 8, 1024); /* looks like a disk, and is a piece */
    make("split.003", 0, "", 0, 10);
    make("vm.vmdk", 0, "# Disk DescriptorFile", 21, 300);
    make("vm-flat.vmdk", 3, "NTFS    ", 8, 2000);
    make("sub/q", 0, "QFI\xfb", 4, 900);
    make("sub/empty", 0, "", 0, 0);
    make("program.exe", 0, "MZ", 2, 5000);
    snprintf(path, sizeof path, "%s/sub/up", folder);
    return symlink("..", path);
}

static int end(void **unused)
{
    (void)unused;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const es_job *job_of(const es_jobs *jobs, const char *name)
{
    for (size_t i = 0; i < jobs->n; i++)
        if (strstr(jobs->list[i].path, name))
            return &jobs->list[i];
    return NULL;
}

static void finds_what_is_there(void **unused)
{
    es_jobs jobs = { NULL, 0, 0, 0 };

    (void)unused;
    assert_int_equal(es_jobs_find(&jobs, folder, tell, NULL), ES_OK);
    assert_int_equal(es_jobs_find(&jobs, folder, tell, NULL), ES_OK); /* named twice */
    es_jobs_order(&jobs);
    assert_int_equal(jobs.n, 5);
    assert_int_equal(n_told, 0);
    assert_non_null(strstr(jobs.list[0].path, "/case.E01"));
    assert_int_equal(jobs.list[0].bytes, 9100);
    assert_non_null(strstr(jobs.list[1].path, "/vm.vmdk"));
    assert_int_equal(jobs.list[1].bytes, 2300);
    assert_non_null(strstr(jobs.list[2].path, "/split.001"));
    assert_int_equal(jobs.list[2].bytes, 2058);
    assert_non_null(job_of(&jobs, "/sub/q"));
    assert_non_null(job_of(&jobs, "/orphan.E02"));
    es_jobs_free(&jobs);
}

static void a_segment_that_is_named(void **unused)
{
    es_jobs jobs = { NULL, 0, 0, 0 };
    char path[512];

    (void)unused;
    snprintf(path, sizeof path, "%s/case.E02", folder);
    assert_int_equal(es_jobs_find(&jobs, path, tell, NULL), ES_OK);
    snprintf(path, sizeof path, "%s/program.exe", folder); /* named: the scan says what it is */
    assert_int_equal(es_jobs_find(&jobs, path, tell, NULL), ES_OK);
    assert_int_equal(jobs.n, 2);
    assert_non_null(strstr(jobs.list[0].path, "/case.E01"));
    snprintf(path, sizeof path, "%s/nothing", folder);
    assert_int_equal(es_jobs_find(&jobs, path, tell, NULL), ES_ABSENT);
    assert_int_equal(n_told, 1);
    es_jobs_free(&jobs);
}

/* A folder with nothing in it that could be an image: named, the scan says what it is. */
static void an_empty_file_alone(void **unused)
{
    es_jobs jobs = { NULL, 0, 0, 0 };
    char path[512];

    (void)unused;
    snprintf(path, sizeof path, "%s/lone", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    make("lone/empty", 0, "", 0, 0);
    assert_int_equal(es_jobs_find(&jobs, path, tell, NULL), ES_OK);
    assert_int_equal(jobs.n, 0);
    snprintf(path, sizeof path, "%s/lone/empty", folder);
    assert_int_equal(es_jobs_find(&jobs, path, tell, NULL), ES_OK);
    assert_int_equal(jobs.n, 1);
    es_jobs_free(&jobs);
}

static void a_change_is_seen(void **unused)
{
    char path[512];
    char *before, *after;

    (void)unused;
    snprintf(path, sizeof path, "%s/case.E01", folder);
    before = es_job_identity(path, NULL, NULL);
    after = es_job_identity(path, NULL, NULL);
    assert_string_equal(before, after);
    free(after);
    make_e01("case.E03", 3, 101); /* a segment has grown */
    after = es_job_identity(path, NULL, NULL);
    assert_string_not_equal(before, after);
    free(before);
    free(after);
    snprintf(path, sizeof path, "%s/gone", folder);
    assert_null(es_job_identity(path, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_there),
        cmocka_unit_test(a_segment_that_is_named),
        cmocka_unit_test(an_empty_file_alone),
        cmocka_unit_test(a_change_is_seen),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
