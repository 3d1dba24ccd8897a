/* SPDX-License-Identifier: Apache-2.0
 *
 * source_qcow.c: QCOW and QCOW2 images, through libqcow.
 *
 * An overlay names its backing file and says nothing by which that file could be known again:
 * laid over another file, or over the right one after it was written to, it gives a disk that
 * never was. It is refused with that reason, and so are encrypted images and the features that
 * libqcow passes over in silence (external data file, zstd, extended L2 entries).
 *
 * Format: QEMU, docs/interop/qcow2.txt.
 */
#include "evidence/yal.h"

#define HAVE_LIBBFIO 1
#include <libqcow.h>
#include <stdlib.h>

#define QCOW_FEATURE_DATA_FILE 4u
#define QCOW_FEATURE_COMPRESSION 8u
#define QCOW_FEATURE_EXTENDED_L2 16u

typedef struct qcow {
    es_yal yal;
    libqcow_file_t *file;
    libbfio_handle_t *door;
} qcow;

typedef struct qcow_header {
    uint32_t version;
    uint64_t backing_at;
    uint32_t encryption;
    uint64_t incompatible;
} qcow_header;

static int probe_qcow(const es_probe *probe)
{
    return es_bytes_start(probe->head, 0, "QFI\xfb", 4) ? 32 : 0;
}

static qcow_header parse_header(es_bytes head)
{
    es_cursor c = es_cursor_make(head);
    qcow_header h = { 0 };

    es_cursor_skip(&c, 4);
    h.version = es_cursor_u32be(&c);
    h.backing_at = es_cursor_u64be(&c);
    if (h.version == 1) {
        es_cursor_seek(&c, 36);
        h.encryption = es_cursor_u32be(&c);
        return h;
    }
    es_cursor_seek(&c, 32);
    h.encryption = es_cursor_u32be(&c);
    es_cursor_seek(&c, 72);
    if (h.version >= 3)
        h.incompatible = es_cursor_u64be(&c);
    return h;
}

static es_status refuse(const es_source *source, const char *why, const char *advice,
                        es_note *note)
{
    es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is a QCOW2 image %s. %s",
                source->files[0]->name, why, advice);
    return ES_UNSUPPORTED;
}

static es_status check(const es_source *source, const qcow_header *h, es_note *note)
{
    static const char convert[] =
        "Convert it with \"qemu-img convert -O raw\" and scan the result.";

    if (h->backing_at)
        return refuse(source, "that lies over a backing file: alone it is half a disk, and it does "
                      "not say by which mark its backing file can be known again",
                      "Where you know the right backing file, merge them with \"qemu-img convert "
                      "-O raw\" and scan the result.", note);
    if (h->encryption)
        return refuse(source, "that is encrypted", "Decrypt it with \"qemu-img convert\" and scan "
                      "the result.", note);
    if (h->incompatible & QCOW_FEATURE_DATA_FILE)
        return refuse(source, "whose data lies in another file", convert, note);
    if (h->incompatible & QCOW_FEATURE_COMPRESSION)
        return refuse(source, "compressed with another method than zlib", convert, note);
    if (h->incompatible & QCOW_FEATURE_EXTENDED_L2)
        return refuse(source, "with extended L2 entries", convert, note);
    if (h->incompatible >> 5 || h->version > 3)
        return refuse(source, "of a later version than is known here", convert, note);
    return ES_OK;
}

static ssize_t read_at(void *handle, void *buffer, size_t size, off64_t offset)
{
    return libqcow_file_read_buffer_at_offset(handle, buffer, size, offset, NULL);
}

static es_status open_file(qcow *image, es_note *note)
{
    es_source *source = image->yal.source;
    libqcow_error_t *error = NULL;
    size64_t size = 0;
    es_status status = es_yal_bfio(&image->yal, source->files[0], &image->door);

    if (status != ES_OK)
        return status;
    if (libqcow_file_initialize(&image->file, NULL) != 1)
        return ES_NOMEM;
    if (libqcow_file_open_file_io_handle(image->file, image->door, LIBQCOW_ACCESS_FLAG_READ,
                                         &error) != 1 ||
        libqcow_file_get_media_size(image->file, &size, &error) != 1) {
        char words[512] = "";

        libqcow_error_sprint(error, words, sizeof words);
        libqcow_error_free(&error);
        es_yal_refuse(source, "a QCOW2 image", words, note);
        return ES_CORRUPT;
    }
    source->size = size;
    image->yal.handle = image->file;
    image->yal.read_at = read_at;
    return ES_OK;
}

static es_status open_qcow(es_source *source, es_note *note)
{
    qcow *image = calloc(1, sizeof *image);
    uint8_t head[104] = { 0 };
    es_part *file = source->files[0];
    qcow_header header;
    es_status status;

    if (!image)
        return ES_NOMEM;
    es_yal_init(&image->yal, source);
    source->state = image;
    status = es_part_read(file, 0, head, file->size < sizeof head ? file->size : sizeof head, NULL,
                          NULL);
    if (status != ES_OK)
        return status;
    header = parse_header((es_bytes){ head, sizeof head });
    if (header.version == 1)
        source->name = "QCOW";
    status = check(source, &header, note);
    if (status == ES_OK)
        status = open_file(image, note);
    if (status == ES_OK)
        status = es_source_add_segment(source, file);
    return status;
}

static es_status read_qcow(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    return es_yal_read(source->state, offset, buffer, size);
}

static void close_qcow(void *state)
{
    qcow *image = state;

    if (image->file) {
        libqcow_file_close(image->file, NULL);
        libqcow_file_free(&image->file, NULL);
    }
    if (image->door)
        libbfio_handle_free(&image->door, NULL);
    es_yal_done(&image->yal);
    free(image);
}

const es_format es_format_qcow = {
    .name = "QCOW2",
    .probe = probe_qcow,
    .open = open_qcow,
    .read = read_qcow,
    .close = close_qcow,
};
