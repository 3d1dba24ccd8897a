/* SPDX-License-Identifier: Apache-2.0
 *
 * disk_fixture.h: what the tests of src/disk share: a disk in memory, its notes, other programs.
 *
 * A disk is a memfd, so that sleuthkit's programs can read the same bytes through /proc.
 */
#ifndef TESTS_UNIT_DISK_FIXTURE_H
#define TESTS_UNIT_DISK_FIXTURE_H

#include "disk/fs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOTES_MAX 64

typedef struct disk {
    int fd;
    es_source *source;
    es_volumes *volumes;
    size_t n_notes;
    struct {
        uint32_t volume;
        es_note note;
    } notes[NOTES_MAX];
} disk;

static inline void disk_put(disk *d, uint64_t at, const void *bytes, size_t size)
{
    assert_int_equal(pwrite(d->fd, bytes, size, (off_t)at), size);
}

static inline void disk_put_number(disk *d, uint64_t at, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    disk_put(d, at, bytes, size);
}

static inline disk *disk_new(uint64_t size)
{
    disk *d = calloc(1, sizeof(*d));

    assert_non_null(d);
    d->fd = memfd_create("disk", MFD_CLOEXEC);
    assert_true(d->fd >= 0);
    assert_int_equal(ftruncate(d->fd, (off_t)size), 0);
    return d;
}

/* A disk with the bytes of a file at an offset; NULL when there is no such file. */
static inline disk *disk_of_file(const char *path, uint64_t at, uint64_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *piece = malloc(1 << 20);
    struct stat st;
    disk *d;

    assert_non_null(piece);
    if (fd < 0) {
        free(piece);
        return NULL;
    }
    assert_int_equal(fstat(fd, &st), 0);
    d = disk_new(size ? size : (uint64_t)st.st_size);
    for (;;) {
        ssize_t n = read(fd, piece, 1 << 20);

        assert_true(n >= 0);
        if (n == 0)
            break;
        disk_put(d, at, piece, (size_t)n);
        at += (uint64_t)n;
    }
    free(piece);
    close(fd);
    return d;
}

static inline void disk_note(void *context, uint32_t volume, const es_note *note)
{
    disk *d = context;

    assert_true(note->text[0] != 0);
    if (d->n_notes < NOTES_MAX) {
        d->notes[d->n_notes].volume = volume;
        d->notes[d->n_notes++].note = *note;
    }
}

static inline void disk_read(disk *d)
{
    struct stat st;
    es_evidence_file file = { .fd = d->fd, .name = "disk.raw" };
    es_evidence evidence = { .files = &file, .n_files = 1 };
    es_note note;

    assert_int_equal(fstat(d->fd, &st), 0);
    file.size = (uint64_t)st.st_size;
    assert_int_equal(es_source_open(&evidence, &d->source, &note), ES_OK);
    assert_int_equal(es_volumes_read(d->source, disk_note, d, &d->volumes), ES_OK);
}

static inline void disk_free(disk *d)
{
    es_volumes_free(d->volumes);
    es_source_free(d->source);
    close(d->fd);
    free(d);
}

static inline const es_volume *disk_volume(const disk *d, size_t number)
{
    const es_volume *volume = es_volumes_at(d->volumes, number - 1);

    assert_non_null(volume);
    return volume;
}

/* Whether a note of this severity and volume says this. */
static inline bool disk_says(const disk *d, uint32_t volume, uint32_t severity, const char *text)
{
    for (size_t i = 0; i < d->n_notes; i++) {
        if (d->notes[i].volume == volume && d->notes[i].note.severity == severity &&
            strstr(d->notes[i].note.text, text))
            return true;
    }
    return false;
}

static inline bool has_program(const char *name)
{
    char command[256];

    snprintf(command, sizeof(command), "PATH=$PATH:/usr/sbin:/sbin command -v %s >/dev/null 2>&1",
             name);
    return system(command) == 0;
}

/* What a command says about the disk, whose path is put between `before` and `after`; the caller
 * frees. */
static inline uint8_t *run_on(const disk *d, const char *before, const char *after,
                              size_t *ret_size)
{
    char command[1024];
    uint8_t *out = NULL;
    size_t size = 0, room = 0;
    FILE *pipe;

    snprintf(command, sizeof(command), "%s /proc/%d/fd/%d %s 2>/dev/null", before, (int)getpid(),
             d->fd, after);
    pipe = popen(command, "re");
    assert_non_null(pipe);
    do {
        room += 1 << 16;
        out = realloc(out, room + 1);
        assert_non_null(out);
        size += fread(out + size, 1, room - size, pipe);
    } while (size == room);
    pclose(pipe);
    out[size] = 0;
    *ret_size = size;
    return out;
}

#endif
