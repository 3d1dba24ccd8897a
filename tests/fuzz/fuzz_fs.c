/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_fs.c: any bytes as a volume: tables, boot sector, records, indexes, streams.
 *
 * The input is an image, or, as the seeds are, an image packed as pieces: "ESPIECES", then offset
 * (u32), length (u16), bytes, again and again. A volume of 2 MiB is a few KB that way, and nearly
 * every byte that a mutation hits means something.
 */
#include "input.h"

#include "disk/fs.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define IMAGE_SIZE_MAX (8u << 20)
#define NAMES_MAX 400u
#define READ_SIZE (192u << 10)
#define READS_MAX 6u
#define DEPTH_MAX 4u

typedef struct name_list {
    struct {
        uint64_t entry;
        uint32_t sequence;
        char text[768];
    } items[NAMES_MAX];
    size_t n;
} name_list;

typedef struct work {
    uint32_t files;
    uint8_t *buffer;
} work;

/* ---------------------------------------------------------------- the image */

static es_source *open_image(int fd, const uint8_t *data, size_t size)
{
    es_evidence_file file = { .fd = fd, .name = "image" };
    es_evidence evidence = { .files = &file, .n_files = 1 };
    es_source *source = NULL;
    es_note note;
    off_t end;

    if (size >= 8 && memcmp(data, "ESPIECES", 8) == 0) {
        if (input_put_pieces(fd, IMAGE_SIZE_MAX, data, size) < 0)
            return NULL;
    } else if (size > IMAGE_SIZE_MAX || write(fd, data, size) != (ssize_t)size) {
        return NULL;
    }
    end = lseek(fd, 0, SEEK_END);
    if (end <= 0)
        return NULL;
    file.size = (uint64_t)end;
    if (es_source_open(&evidence, &source, &note) != ES_OK)
        return NULL;
    return source;
}

/* ---------------------------------------------------------------- the walk */

static void read_file(es_fs *fs, uint64_t entry, uint32_t sequence, const char *stream,
                      work *budget)
{
    es_file *file = NULL;
    es_file_info info;
    uint64_t offset = 0, got = 0, place, run;
    es_note note;

    if (es_file_open(fs, entry, sequence, stream, &file, &note) != ES_OK)
        return;
    es_file_info_get(file, &info);
    for (uint32_t i = 0; i < READS_MAX; i++) {
        bool damaged = false;

        if (es_file_place(file, offset, &place, &run) == ES_OK && run == 0)
            abort(); /* a place of nothing: a caller would never get on */
        if (es_file_read(file, offset, budget->buffer, READ_SIZE, &got, &damaged) != ES_OK)
            break;
        if (got != READ_SIZE)
            abort(); /* less than was asked for, and it does not say so */
        offset += got;
    }
    if (es_file_size(file) > READ_SIZE)
        es_file_read(file, es_file_size(file) - 5000, budget->buffer, READ_SIZE, &got, NULL);
    es_file_free(file);
}

static int collect(void *context, const es_dirent *dirent)
{
    name_list *names = context;

    if (names->n == NAMES_MAX)
        return 77;
    if (dirent->name.size == 0 || dirent->name.size >= sizeof(names->items[0].text))
        abort();
    memcpy(names->items[names->n].text, dirent->name.data, (size_t)dirent->name.size);
    names->items[names->n].text[dirent->name.size] = 0;
    names->items[names->n].entry = dirent->mft_entry;
    names->items[names->n++].sequence = dirent->mft_sequence;
    return 0;
}

static void walk(es_fs *fs, uint64_t entry, uint32_t sequence, uint32_t depth, work *budget)
{
    name_list *names = calloc(1, sizeof(*names));

    if (!names)
        abort();
    es_fs_list_matches(fs, entry, sequence, "f_000*", collect, names);
    names->n = 0;
    es_fs_list(fs, entry, sequence, collect, names);
    for (size_t i = 0; i < names->n && budget->files; i++, budget->files--) {
        read_file(fs, names->items[i].entry, names->items[i].sequence, NULL, budget);
        read_file(fs, names->items[i].entry, 0, "second", budget);
        es_fs_glob(fs, "*.?a*", es_text_of(names->items[i].text));
        if (depth < DEPTH_MAX)
            walk(fs, names->items[i].entry, names->items[i].sequence, depth + 1, budget);
    }
    free(names);
}

static void look_up(es_fs *fs)
{
    static const char *const paths[] = {
        "Windows/System32/config/SOFTWARE", "windows/SYSTEM32/Config/software",
        "big/f_00077.dat", "big/F_00077.DAT", "many.bin", "$MFT", "nothing",
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char *true_path = NULL;
        uint32_t sequence, twins;
        uint64_t entry;

        if (es_fs_lookup(fs, paths[i], &entry, &sequence, &true_path, &twins) == ES_OK &&
            (!true_path || twins == 0))
            abort();
        free(true_path);
    }
}

static void take_note(void *context, uint32_t volume_id, const es_note *note)
{
    (void)context;
    (void)volume_id;
    if (note->text[0] == 0)
        abort(); /* a note that says nothing */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    es_source *source = fd < 0 ? NULL : open_image(fd, data, size);
    es_volumes *volumes = NULL;
    work budget = { 600, malloc(READ_SIZE) };

    if (source && budget.buffer && es_volumes_read(source, take_note, NULL, &volumes) == ES_OK) {
        for (size_t i = 0; i < es_volumes_count(volumes) && i < 4; i++) {
            uint32_t sequence;
            uint64_t entry;
            es_fs *fs = NULL;
            es_note why;

            if (es_fs_open(source, es_volumes_at(volumes, i), &fs, &why) != ES_OK)
                continue;
            look_up(fs);
            if (es_fs_lookup(fs, "", &entry, &sequence, NULL, NULL) == ES_OK)
                walk(fs, entry, sequence, 0, &budget);
            es_fs_free(fs);
        }
    }
    free(budget.buffer);
    es_volumes_free(volumes);
    es_source_free(source);
    if (fd >= 0)
        close(fd);
    return 0;
}
