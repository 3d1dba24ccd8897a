/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_volume.c: any bytes as the tables of a disk.
 *
 * The input is the beginning of a disk of 64 MiB; its last 16.5 KiB are laid over the disk's end
 * too, so that backups of a GPT and marks of RAID sets are within reach of a small input.
 */
#include "input.h"

#include "disk/volume.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define DISK_SIZE (64u << 20)
#define INPUT_SIZE_MAX (1u << 20)
#define END_SIZE 16896u

static void take_note(void *context, uint32_t volume_id, const es_note *note)
{
    (void)context;
    (void)volume_id;
    if (note->text[0] == 0)
        abort(); /* a note that says nothing */
}

static void check(const es_volumes *volumes)
{
    const es_volume *before = NULL;

    for (size_t i = 0; i < es_volumes_count(volumes); i++) {
        const es_volume *volume = es_volumes_at(volumes, i);

        if (volume->id != i + 1 || !volume->scheme || !volume->slot || !volume->filesystem ||
            (before && before->offset > volume->offset))
            abort();
        before = volume;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    es_evidence_file file = { .fd = fd, .size = DISK_SIZE, .name = "disk" };
    es_evidence evidence = { .files = &file, .n_files = 1 };
    size_t end;
    es_volumes *volumes = NULL;
    es_source *source = NULL;
    es_note why;

    if (size > INPUT_SIZE_MAX)
        size = INPUT_SIZE_MAX;
    end = size < END_SIZE ? size : END_SIZE;
    if (fd < 0 || ftruncate(fd, DISK_SIZE) != 0 ||
        pwrite(fd, data, size, 0) != (ssize_t)size ||
        pwrite(fd, data + size - end, end, (off_t)(DISK_SIZE - end)) != (ssize_t)end) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    if (es_source_open(&evidence, &source, &why) == ES_OK &&
        es_volumes_read(source, take_note, NULL, &volumes) == ES_OK)
        check(volumes);
    es_volumes_free(volumes);
    es_source_free(source);
    close(fd);
    return 0;
}
