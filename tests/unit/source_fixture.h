/* SPDX-License-Identifier: Apache-2.0
 *
 * source_fixture.h: what the tests of src/evidence share.
 *
 * A folder of its own under $TMPDIR, made and removed by each test program; a raw image of known
 * bytes; other containers of it through ewfacquire and qemu-img where these are installed (a test
 * that needs one skips without it); and the evidence as the parent process would open it.
 */
#ifndef ES_TEST_SOURCE_FIXTURE_H
#define ES_TEST_SOURCE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evidence/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_SIZE (UINT64_C(5) << 20)
#define OPEN_MAX_FILES 64

static char folder[512];
static uint8_t *image; /* the bytes of image.raw */

static inline char *path_of(const char *name)
{
    static char path[4][1024];
    static unsigned turn;
    char *into = path[turn++ % 4];

    snprintf(into, sizeof path[0], "%s/%s", folder, name);
    return into;
}

static inline void write_file(const char *name, const void *data, size_t size)
{
    FILE *file = fopen(path_of(name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline uint8_t *read_all(const char *name, size_t *ret_size)
{
    FILE *file = fopen(path_of(name), "rb");
    struct stat status;
    uint8_t *data;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    data = malloc((size_t)status.st_size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)status.st_size, file), status.st_size);
    fclose(file);
    *ret_size = (size_t)status.st_size;
    return data;
}

/* Text, zeros and noise in turns, so that an E01 of it has compressed and plain chunks. */
static inline void fill_image(void)
{
    uint32_t random = 6003;

    image = malloc(IMAGE_SIZE);
    assert_non_null(image);
    for (uint64_t i = 0; i < IMAGE_SIZE; i++) {
        random = random * 1664525u + 1013904223u;
        switch (i >> 16 & 3) {
        case 0: image[i] = (uint8_t)(random >> 24); break;
        case 1: image[i] = (uint8_t)("sector of text "[i % 15]); break;
        case 2: image[i] = (uint8_t)(random >> 23); break;
        default: image[i] = i >> 18 & 1 ? 0 : (uint8_t)(random >> 22); break;
        }
    }
    image[510] = 0x55;
    image[511] = 0xaa;
}

static inline int run_in_folder(const char *command)
{
    char line[2048];

    snprintf(line, sizeof line, "cd '%s' && (%s) >log 2>&1 </dev/null", folder, command);
    return system(line);
}

static inline int make_fixtures(void **state)
{
    const char *temporary = getenv("TMPDIR");

    (void)state;
    snprintf(folder, sizeof folder, "%s/esuscan-source-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    fill_image();
    write_file("image.raw", image, IMAGE_SIZE);
    return 0;
}

static inline int remove_fixtures(void **state)
{
    char line[1024];

    (void)state;
    free(image);
    snprintf(line, sizeof line, "rm -rf '%s'", folder);
    return system(line);
}

/* case.E01 … case.E04: 1 MiB each is the least that ewfacquire takes. */
static inline void need_e01(void)
{
    if (access(path_of("case.E01"), R_OK) == 0)
        return;
    if (run_in_folder("ewfacquire -u -q -c fast -S 1MiB -t case -f encase6 -m fixed -M physical "
                      "-C 'case 7' -E 'item 1' -e 'an examiner' -D description -N notes "
                      "image.raw") != 0)
        skip();
}

static inline void need_qemu(void)
{
    if (run_in_folder("qemu-img --version") != 0)
        skip();
}

/* ---------------------------------------------------------------- evidence as the parent has it */

typedef struct opened {
    es_evidence evidence;
    es_evidence_file files[OPEN_MAX_FILES];
    size_t n_named, n_opened;
    int fds[OPEN_MAX_FILES];
    char names[OPEN_MAX_FILES][256];
    char folder[1024];
    es_source *source;
    es_note note;
    es_status status;
} opened;

static inline es_status open_one(opened *o, const char *name, es_evidence_file *ret)
{
    char path[2048];
    struct stat status;
    int fd;

    snprintf(path, sizeof path, "%s/%s", o->folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ES_ABSENT;
    assert_true(o->n_opened < OPEN_MAX_FILES);
    assert_int_equal(fstat(fd, &status), 0);
    o->fds[o->n_opened] = fd;
    snprintf(o->names[o->n_opened], sizeof o->names[0], "%s", name);
    *ret = (es_evidence_file){ .fd = fd, .size = (uint64_t)status.st_size,
                               .name = o->names[o->n_opened] };
    o->n_opened++;
    return ES_OK;
}

static inline es_status find_sibling(void *context, const char *name, es_evidence_file *ret_file)
{
    assert_null(strchr(name, '/'));
    return open_one(context, name, ret_file);
}

static inline opened *open_names(const char *where, const char *const *names, size_t n)
{
    opened *o = calloc(1, sizeof *o);

    assert_non_null(o);
    snprintf(o->folder, sizeof o->folder, "%s", where);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(open_one(o, names[i], &o->files[i]), ES_OK);
    o->evidence = (es_evidence){ .files = o->files, .n_files = n, .sibling = find_sibling,
                                 .context = o };
    o->status = es_source_open(&o->evidence, &o->source, &o->note);
    return o;
}

static inline opened *open_image(const char *name)
{
    return open_names(folder, &name, 1);
}

static inline void shut(opened *o)
{
    es_source_free(o->source);
    for (size_t i = 0; i < o->n_opened; i++)
        close(o->fds[i]);
    free(o);
}

/* ---------------------------------------------------------------- saying what must hold */

static inline void check_opens(const opened *o, const char *format)
{
    if (o->status != ES_OK)
        print_error("%s\n", o->note.text);
    assert_int_equal(o->status, ES_OK);
    assert_string_equal(es_source_format(o->source), format);
}

static inline void check_refused(opened *o, es_status status, const char *word)
{
    if (o->status != status || !strstr(o->note.text, word))
        print_error("%d, wanted %d and \"%s\": %s\n", o->status, status, word, o->note.text);
    assert_int_equal(o->status, status);
    assert_non_null(strstr(o->note.text, word));
    shut(o);
}

/* The media is the given bytes, read whole, in odd pieces and backwards. */
static inline void check_bytes(es_source *source, const uint8_t *bytes, uint64_t size)
{
    static const uint64_t steps[] = { UINT64_C(4) << 20, 65536, 12345 };
    uint8_t *buffer = malloc(UINT64_C(4) << 20);
    bool damaged = false;

    assert_non_null(buffer);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        for (uint64_t at = 0; at < size; at += steps[i]) {
            uint64_t n = size - at < steps[i] ? size - at : steps[i];

            assert_int_equal(es_source_read(source, at, buffer, n, &damaged), ES_OK);
            assert_memory_equal(buffer, bytes + at, n);
        }
    }
    for (uint64_t at = size - size % 4099; at > 4099; at -= 4099) {
        assert_int_equal(es_source_read(source, at - 4099, buffer, 4099, &damaged), ES_OK);
        assert_memory_equal(buffer, bytes + at - 4099, 4099);
    }
    assert_false(damaged);
    free(buffer);
}

#endif
