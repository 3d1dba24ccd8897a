/* SPDX-License-Identifier: Apache-2.0
 *
 * source_vhdi.c: VHD and VHDX images, through libvhdi.
 *
 * A differencing disk (AVHD, AVHDX) names its parent by path and by identifier. The path is
 * another machine's: only its last part is looked for, beside the image, and what is found there
 * must carry the identifier.
 *
 * libvhdi does not replay the log of a VHDX that was not closed properly. Such an image is read,
 * with a note, since its data blocks are whole and the log holds metadata only.
 *
 * Format: Microsoft, "Virtual Hard Disk Image Format Specification" and [MS-VHDX].
 */
#include "evidence/yal.h"

#define HAVE_LIBBFIO 1
#include <libvhdi.h>
#include <stdlib.h>

#define VHD_FOOTER_SIZE 512u
#define VHD_VERSION_AT 12u
#define VHD_TYPE_AT 60u
#define VHDX_HEADER_1_AT 65536u
#define VHDX_HEADER_2_AT 131072u
#define VHDX_HEADER_SIZE 64u

typedef struct vhdi {
    es_yal yal; /* first: a child finds its parent's by the source's state */
    libvhdi_file_t *file;
    libbfio_handle_t *door;
} vhdi;

/* Version 1.0 and a disk type that exists. The checksum is not asked: real images are about whose
 * writers got it wrong, and libvhdi reads them. */
static bool is_footer(es_bytes bytes)
{
    es_cursor c = es_cursor_make(bytes);
    uint32_t version, type;

    if (bytes.size < VHD_FOOTER_SIZE || memcmp(bytes.data, "conectix", 8) != 0)
        return false;
    es_cursor_seek(&c, VHD_VERSION_AT);
    version = es_cursor_u32be(&c);
    es_cursor_seek(&c, VHD_TYPE_AT);
    type = es_cursor_u32be(&c);
    return version == 0x00010000 && type >= 2 && type <= 4;
}

static int probe_vhdi(const es_probe *probe)
{
    if (es_bytes_start(probe->head, 0, "vhdxfile", 8))
        return 64;
    return is_footer(probe->tail) || is_footer(probe->head) ? 64 : 0;
}

static ssize_t read_at(void *handle, void *buffer, size_t size, off64_t offset)
{
    return libvhdi_file_read_buffer_at_offset(handle, buffer, size, offset, NULL);
}

static es_status open_file(vhdi *image, es_note *note)
{
    es_source *source = image->yal.source;
    libvhdi_error_t *error = NULL;
    size64_t size = 0;
    uint32_t sector = 0;
    es_status status = es_yal_bfio(&image->yal, source->files[0], &image->door);

    if (status != ES_OK)
        return status;
    if (libvhdi_file_initialize(&image->file, NULL) != 1)
        return ES_NOMEM;
    if (libvhdi_file_open_file_io_handle(image->file, image->door, LIBVHDI_ACCESS_FLAG_READ,
                                         &error) != 1 ||
        libvhdi_file_get_media_size(image->file, &size, &error) != 1) {
        char words[512] = "";

        libvhdi_error_sprint(error, words, sizeof words);
        libvhdi_error_free(&error);
        es_yal_refuse(source, "a VHD or VHDX image", words, note);
        return ES_CORRUPT;
    }
    if (libvhdi_file_get_bytes_per_sector(image->file, &sector, NULL) == 1)
        source->sector_size = sector;
    source->size = size;
    image->yal.handle = image->file;
    image->yal.read_at = read_at;
    return ES_OK;
}

/* ---------------------------------------------------------------- parents */

static es_status refuse_overlay(const es_source *source, const char *parent, const char *why,
                                es_note *note)
{
    es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is a differencing disk: alone it is half a "
                "disk. Its parent \"%s\" %s. Put the right parent beside it, or merge them with "
                "Hyper-V, and scan again.", source->files[0]->name, parent, why);
    return ES_UNSUPPORTED;
}

static es_status join_parent(vhdi *image, const char *name, const uint8_t *wanted, es_note *note)
{
    es_source *source = image->yal.source, *parent;
    uint8_t identifier[16] = { 0 };
    es_note ignored;
    es_status status = es_source_open_parent(source, name, &parent, &ignored);
    vhdi *above;

    if (status < 0)
        return status;
    if (status == ES_ABSENT)
        return refuse_overlay(source, name, "is not beside it", note);
    if (status != ES_OK)
        return refuse_overlay(source, name, "is there but cannot be read", note);
    source->parent = parent; /* owned from here on, whatever comes */
    if (parent->format != &es_format_vhdi)
        return refuse_overlay(source, name, "is there but is no VHD or VHDX", note);
    above = parent->state;
    if (libvhdi_file_get_identifier(above->file, identifier, sizeof identifier, NULL) != 1 ||
        memcmp(identifier, wanted, sizeof identifier) != 0)
        return refuse_overlay(source, name, "is there but is not the one it was made from: its "
                              "identifier differs", note);
    if (libvhdi_file_set_parent_file(image->file, above->file, NULL) != 1)
        return refuse_overlay(source, name, "is there but libvhdi does not accept it", note);
    for (size_t i = 0; i < parent->n_segments; i++) {
        es_part named = { .size = parent->segments[i].size };

        named.name = (char *)(uintptr_t)parent->segments[i].name;
        status = es_source_add_segment(source, &named);
        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}

static es_status find_parent(vhdi *image, es_note *note)
{
    es_source *source = image->yal.source;
    uint8_t wanted[16] = { 0 };
    char path[4096] = "";
    uint32_t kind = 0;
    size_t size = 0;

    if (libvhdi_file_get_disk_type(image->file, &kind, NULL) != 1)
        return ES_CORRUPT;
    if (kind != LIBVHDI_DISK_TYPE_DIFFERENTIAL)
        return ES_OK;
    if (libvhdi_file_get_parent_identifier(image->file, wanted, sizeof wanted, NULL) != 1 ||
        libvhdi_file_get_utf8_parent_filename_size(image->file, &size, NULL) != 1 ||
        size == 0 || size > sizeof path ||
        libvhdi_file_get_utf8_parent_filename(image->file, (uint8_t *)path, size, NULL) != 1)
        return refuse_overlay(source, "", "is not named", note);
    path[sizeof path - 1] = '\0';
    return join_parent(image, es_part_bare_name(path), wanted, note);
}

/* ---------------------------------------------------------------- the format */

static bool has_log(es_part *file, uint64_t at, uint64_t *ret_sequence)
{
    uint8_t data[VHDX_HEADER_SIZE];
    es_cursor c = es_cursor_make((es_bytes){ data, sizeof data });
    uint64_t low, high;

    *ret_sequence = 0;
    if (es_part_peek(file, at, data, sizeof data) != ES_OK || memcmp(data, "head", 4) != 0)
        return false;
    es_cursor_skip(&c, 8);
    *ret_sequence = es_cursor_u64(&c);
    es_cursor_skip(&c, 32);
    low = es_cursor_u64(&c);
    high = es_cursor_u64(&c);
    return low || high;
}

static void look_for_log(es_source *source, es_note *note)
{
    uint64_t first, second;
    bool log_1 = has_log(source->files[0], VHDX_HEADER_1_AT, &first);
    bool log_2 = has_log(source->files[0], VHDX_HEADER_2_AT, &second);

    if (first >= second ? log_1 : log_2)
        es_note_set(note, ES_SEVERITY_GAP, "image", "%s was not closed properly: its log has not "
                    "been replayed, and blocks that were written last may be missing. \"qemu-img "
                    "convert\" of a copy replays it.", source->files[0]->name);
}

static es_status open_vhdi(es_source *source, es_note *note)
{
    vhdi *image = calloc(1, sizeof *image);
    int kind = 0;
    es_status status;

    if (!image)
        return ES_NOMEM;
    es_yal_init(&image->yal, source);
    source->state = image;
    status = open_file(image, note);
    if (status != ES_OK)
        return status;
    if (libvhdi_file_get_file_type(image->file, &kind, NULL) == 1 &&
        kind == LIBVHDI_FILE_TYPE_VHDX)
        source->name = "VHDX";
    status = es_source_add_segment(source, source->files[0]);
    if (status == ES_OK)
        status = find_parent(image, note);
    if (status == ES_OK && kind == LIBVHDI_FILE_TYPE_VHDX)
        look_for_log(source, note);
    return status;
}

static es_status read_vhdi(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    return es_yal_read(source->state, offset, buffer, size);
}

static void close_vhdi(void *state)
{
    vhdi *image = state;

    if (image->file) {
        libvhdi_file_close(image->file, NULL);
        libvhdi_file_free(&image->file, NULL);
    }
    if (image->door)
        libbfio_handle_free(&image->door, NULL);
    es_yal_done(&image->yal);
    free(image);
}

const es_format es_format_vhdi = {
    .name = "VHD",
    .probe = probe_vhdi,
    .open = open_vhdi,
    .read = read_vhdi,
    .close = close_vhdi,
};
