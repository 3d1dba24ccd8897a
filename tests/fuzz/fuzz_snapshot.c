/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_snapshot.c: any bytes as what a volume says of its shadow copies.
 *
 * The input is pieces (see fuzz_fs.c) of a volume of 32 MiB that is otherwise empty. Every shadow
 * copy that is called readable is read here and there, and opened as a filesystem.
 */
#include "input.h"

#include "disk/snapshot.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define VOLUME_SIZE (UINT64_C(32) << 20)
#define COPIES_MAX 4u

static void ignore(void *context, uint32_t volume, const es_note *note)
{
    (void)context, (void)volume, (void)note;
}

static void look_into(es_snapshots *set, size_t index, uint8_t *buffer)
{
    static const uint64_t places[] = { 0, 16384, UINT64_C(1) << 20, VOLUME_SIZE / 2 };
    uint64_t entry;
    uint32_t sequence;
    es_fs *fs = NULL;
    es_file *file = NULL;
    uint64_t got;
    es_note note;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        es_snapshots_changed(set, (uint32_t)index + 1, 0, places[i], 65536);
    if (es_snapshots_fs(set, index, &fs, &note) != ES_OK)
        return;
    if (es_fs_lookup(fs, "Windows/System32/config/SOFTWARE", &entry, &sequence, NULL, NULL) ==
            ES_OK &&
        es_file_open(fs, entry, sequence, NULL, &file, &note) == ES_OK) {
        es_file_read(file, 0, buffer, 65536, &got, NULL);
        es_file_unchanged(file, file);
        es_file_free(file);
    }
}

static void look(es_source *source, uint8_t *buffer)
{
    es_volume volume = { .id = 1, .scheme = "none", .slot = "-", .filesystem = "ntfs",
                         .length = VOLUME_SIZE };
    es_snapshots *set = NULL;

    if (es_snapshots_open(source, &volume, false, ignore, NULL, &set) != ES_OK)
        return;
    for (size_t i = 0; i < es_snapshots_count(set) && i < COPIES_MAX; i++)
        look_into(set, i, buffer);
    es_snapshots_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_evidence_file file = { .name = "image", .size = VOLUME_SIZE };
    es_evidence evidence = { .files = &file, .n_files = 1 };
    es_source *source = NULL;
    uint8_t *buffer = malloc(65536);
    es_note note;
    int fd = memfd_create("volume", MFD_CLOEXEC);

    file.fd = fd;
    if (buffer && fd >= 0 && size >= 8 && memcmp(data, "ESPIECES", 8) == 0 &&
        ftruncate(fd, (off_t)VOLUME_SIZE) == 0 && input_put_pieces(fd, (uint32_t)VOLUME_SIZE, data, size) == 0 &&
        es_source_open(&evidence, &source, &note) == ES_OK)
        look(source, buffer);
    es_source_free(source);
    if (fd >= 0)
        close(fd);
    free(buffer);
    return 0;
}
