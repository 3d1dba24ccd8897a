/* SPDX-License-Identifier: Apache-2.0
 *
 * fs_fixture.h: what the tests of file systems share: a folder, files of known bytes, and volumes
 * that mkntfs and ntfsfill make of them. ntfsfill is looked for beside the disks, where meson puts
 * it; without it such tests are skipped.
 */
#ifndef ES_TEST_FS_FIXTURE_H
#define ES_TEST_FS_FIXTURE_H

#include "disk_fixture.h"
#include "disk/ntfs.h"

#include <limits.h>

static const char *seeds_at, *disks_at;
static char folder[] = "/tmp/esuscan-test-fs-XXXXXX";

#define RANDOM_SIZE 300000u
#define TEXT_SIZE 470009u

static uint8_t random_bytes[RANDOM_SIZE], text_bytes[TEXT_SIZE];
static const char small_bytes[] = "a few bytes that stay in the record";

/* ---------------------------------------------------------------- making volumes */

static inline void write_host_file(const char *name, const void *bytes, size_t size)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static char filler[PATH_MAX]; /* where ntfsfill is */

static inline bool can_make(void)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/../ntfsfill", disks_at);
    return realpath(path, filler) && has_program("mkntfs");
}

/* A volume made by a manifest of ntfsfill's, fields divided by '|'. */
static inline disk *make(const char *options, uint64_t size, const char *manifest)
{
    char command[PATH_MAX + 512], image[256];
    char *tabbed = strdup(manifest);
    disk *d;

    assert_non_null(tabbed);
    for (char *at = tabbed; *at; at++) {
        if (*at == '|')
            *at = '\t';
    }
    write_host_file("manifest", tabbed, strlen(tabbed));
    free(tabbed);
    snprintf(image, sizeof(image), "%s/image", folder);
    snprintf(command, sizeof(command),
             "cd %s && truncate -s %llu image && PATH=$PATH:/usr/sbin:/sbin "
             "mkntfs -q -F -Q -p 2048 -H 255 -S 63 -s 512 %s image >/dev/null 2>&1 && "
             "'%s' image < manifest",
             folder, (unsigned long long)size, options, filler);
    assert_int_equal(system(command), 0);
    d = disk_of_file(image, 0, 0);
    unlink(image);
    assert_non_null(d);
    return d;
}

static const char manifest[] =
    "time|131000000000000000\n"
    "dir|Windows\ndir|Windows/System32\ndir|Windows/System32/config\n"
    "file|Windows/System32/config/SOFTWARE|random\n"
    "file|Windows/System32/ntoskrnl.exe|text\n"
    "file|Windows/Readme|small\nfile|Windows/README|random\nfile|Windows/readme|text\n"
    "compressed|comp.txt|text\ncompressed|comp.bin|random\n"
    "sparse|sparse.bin|5000000|text|2000000\n"
    "fragmented|frag.bin|random|other.bin\n"
    "stream|comp.txt|Second|text\nstream|Windows/Readme|ads|small\n"
    "file|many.bin|text\nlinks|many.bin.link|120|many.bin\nlink|Windows/linked.txt|many.bin\n"
    "file|longfilename.txt|small\nshort|longfilename.txt|LONGFI~1.TXT\n"
    "dir|big\nmany|big|f_|1500|100\n"
    "file|%C3%9Cn%C3%AFcode-%E6%97%A5.txt|small\n"
    "file|hiberfil.sys|hibr\n";

static disk *full; /* the volume of the manifest, made once */
static es_fs *fs;

static inline es_fs *open_fs(disk *d)
{
    es_fs *opened = NULL;
    es_note note;

    assert_int_equal(es_fs_open(d->source, disk_volume(d, 1), &opened, &note), ES_OK);
    return opened;
}

static inline int make_full(void **state)
{
    uint32_t seed = 7;

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < RANDOM_SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        random_bytes[i] = (uint8_t)(seed >> 24);
    }
    for (size_t i = 0; i < TEXT_SIZE; i++)
        text_bytes[i] = i < 100000 ? (uint8_t)"The quick brown fox. "[i % 21]
                        : i < 170000 ? random_bytes[i - 100000]
                                     : 0;
    memcpy(text_bytes + TEXT_SIZE - 9, "end of it", 9);
    write_host_file("random", random_bytes, RANDOM_SIZE);
    write_host_file("text", text_bytes, TEXT_SIZE);
    write_host_file("small", small_bytes, sizeof(small_bytes));
    write_host_file("hibr", "hibr and more", 13);
    if (!can_make())
        return 0;
    full = make("", UINT64_C(64) << 20, manifest);
    disk_read(full);
    fs = open_fs(full);
    return 0;
}

static inline int drop_full(void **state)
{
    char command[256];

    (void)state;
    es_fs_free(fs);
    if (full)
        disk_free(full);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static inline void need_full(void)
{
    if (!full)
        skip();
}

/* ---------------------------------------------------------------- helpers */

static inline es_file *open_file(es_fs *in, const char *path, const char *stream)
{
    es_file *file = NULL;
    uint32_t sequence;
    uint64_t entry;
    es_note note;

    assert_int_equal(es_fs_lookup(in, path, &entry, &sequence, NULL, NULL), ES_OK);
    assert_int_equal(es_file_open(in, entry, sequence, stream, &file, &note), ES_OK);
    return file;
}

/* Read in one go and in odd pieces. */
static inline void check_bytes(es_file *file, const void *bytes, uint64_t size)
{
    uint8_t *buffer = malloc(size + 1000);
    uint64_t got = 0, piece = 7001;
    bool damaged = false;

    assert_non_null(buffer);
    assert_int_equal(es_file_size(file), size);
    assert_int_equal(es_file_read(file, 0, buffer, size + 1000, &got, &damaged), ES_END);
    assert_int_equal(got, size);
    assert_memory_equal(buffer, bytes, size);
    assert_int_equal(buffer[size], 0);
    for (uint64_t at = 0; at + piece <= size; at += piece) {
        assert_int_equal(es_file_read(file, at, buffer, piece, &got, &damaged), ES_OK);
        assert_int_equal(got, piece);
        assert_memory_equal(buffer, (const uint8_t *)bytes + at, piece);
    }
    assert_false(damaged);
    free(buffer);
}

static inline void check_file(const char *path, const char *stream, const void *bytes, uint64_t size)
{
    es_file *file = open_file(fs, path, stream);

    check_bytes(file, bytes, size);
    es_file_free(file);
}

/* What most volumes have; more is written behind it. */
#define COMMON "time|131000000000000000\ndir|Windows\ndir|Windows/System32\n" \
               "dir|Windows/System32/config\nfile|Windows/System32/config/SOFTWARE|random\n"

#endif
