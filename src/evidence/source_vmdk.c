/* SPDX-License-Identifier: Apache-2.0
 *
 * source_vmdk.c: VMware disks, through libvmdk.
 *
 * A VMDK is a descriptor (text) and extents. Both may lie in one file (monolithic sparse, stream
 * optimised: the name that the descriptor gives is not asked then, the file may have been renamed)
 * or the descriptor names each extent; these are looked for beside it by their bare names, and one
 * that is missing is refused by name. An extent named alone has no descriptor, or one of another
 * file: what to name instead is said.
 *
 * A delta disk (snapshot) names its parent by path and by content identifier (CID). The parent is
 * looked for beside it, and is the parent only if its CID is the one.
 *
 * Format: VMware, "Virtual Disk Format 5.0".
 */
#include "evidence/yal.h"

#define HAVE_LIBBFIO 1
#include <libvmdk.h>
#include <stdio.h>
#include <stdlib.h>

#define VMDK_NO_PARENT UINT32_MAX
#define VMDK_DESCRIPTOR_AT_AT 28u /* in the sparse header: sector of the embedded descriptor */

typedef struct vmdk {
    es_yal yal; /* first: a child finds its parent's by the source's state */
    libvmdk_handle_t *file;
    libbfio_handle_t *door;
    libbfio_pool_t *pool;
    bool embedded; /* the descriptor lies in the sparse extent */
} vmdk;

static const char descriptor_magic[] = "# Disk DescriptorFile";

/* Writers differ in the letter case. */
static bool is_descriptor(es_bytes head)
{
    return head.size >= sizeof descriptor_magic - 1 &&
           strncasecmp((const char *)head.data, descriptor_magic, sizeof descriptor_magic - 1) == 0;
}

static int probe_vmdk(const es_probe *probe)
{
    if (es_bytes_start(probe->head, 0, "KDMV", 4) || es_bytes_start(probe->head, 0, "COWD", 4))
        return 32;
    return is_descriptor(probe->head) ? 64 : 0;
}

static ssize_t read_at(void *handle, void *buffer, size_t size, off64_t offset)
{
    return libvmdk_handle_read_buffer_at_offset(handle, buffer, size, offset, NULL);
}

static es_status refuse_library(const vmdk *image, libvmdk_error_t *error, es_note *note)
{
    char words[512] = "";

    if (error)
        libvmdk_error_sprint(error, words, sizeof words);
    libvmdk_error_free(&error);
    es_yal_refuse(image->yal.source, "a VMware disk", words, note);
    return ES_CORRUPT;
}

/* ---------------------------------------------------------------- the descriptor */

/* Extents of a split disk may leave room for a descriptor and have none in it. */
static bool embeds_descriptor(es_part *file, uint64_t sector)
{
    uint8_t text[sizeof descriptor_magic - 1];

    return sector != 0 && sector < file->size / 512 &&
           es_part_peek(file, sector * 512, text, sizeof text) == ES_OK &&
           is_descriptor((es_bytes){ text, sizeof text });
}

/* An extent without a descriptor says only which part of some disk it is. */
static es_status check_kind(vmdk *image, es_note *note)
{
    es_part *file = image->yal.source->files[0];
    uint8_t head[64] = { 0 };
    es_cursor c = es_cursor_make((es_bytes){ head, sizeof head });
    es_status status = es_part_read(file, 0, head,
                                    file->size < sizeof head ? file->size : sizeof head, NULL,
                                    NULL);

    if (status != ES_OK)
        return status;
    if (memcmp(head, "KDMV", 4) == 0) {
        es_cursor_seek(&c, VMDK_DESCRIPTOR_AT_AT);
        image->embedded = embeds_descriptor(file, es_cursor_u64(&c));
        if (image->embedded)
            return ES_OK;
    } else if (memcmp(head, "COWD", 4) != 0) {
        return file->size <= ES_VMDK_DESCRIPTOR_SIZE_MAX ? ES_OK : ES_CORRUPT;
    }
    es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is one extent of a VMware disk: name the "
                "descriptor file instead (the small .vmdk beside it that lists the extents).",
                file->name);
    return ES_UNSUPPORTED;
}

static es_status open_descriptor(vmdk *image, es_note *note)
{
    libvmdk_error_t *error = NULL;
    es_status status = es_yal_bfio(&image->yal, image->yal.source->files[0], &image->door);

    if (status != ES_OK)
        return status;
    if (libvmdk_handle_initialize(&image->file, NULL) != 1)
        return ES_NOMEM;
    if (libvmdk_handle_open_file_io_handle(image->file, image->door, LIBVMDK_ACCESS_FLAG_READ,
                                           &error) != 1)
        return refuse_library(image, error, note);
    return ES_OK;
}

/* ---------------------------------------------------------------- extents */

static es_status refuse_extent(const vmdk *image, const char *name, const char *why, es_note *note)
{
    es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is a VMware disk whose extent \"%s\" %s.",
                image->yal.source->files[0]->name, name, why);
    return ES_UNSUPPORTED;
}

static es_status extent_name(libvmdk_extent_descriptor_t *extent, char *path, size_t path_size)
{
    size_t size = 0;

    if (libvmdk_extent_descriptor_get_utf8_filename_size(extent, &size, NULL) != 1 || size == 0 ||
        size > path_size ||
        libvmdk_extent_descriptor_get_utf8_filename(extent, (uint8_t *)path, size, NULL) != 1)
        return ES_CORRUPT;
    path[path_size - 1] = '\0';
    return ES_OK;
}

static es_status find_extent(vmdk *image, libvmdk_extent_descriptor_t *extent, bool alone,
                             es_part **ret_file, es_note *note)
{
    es_source *source = image->yal.source;
    char path[4096] = "";
    const char *name;
    es_status status;
    int type = 0;

    if (libvmdk_extent_descriptor_get_type(extent, &type, NULL) != 1)
        return ES_CORRUPT;
    if (image->embedded && alone) {
        *ret_file = source->files[0];
        return ES_OK;
    }
    status = extent_name(extent, path, sizeof path);
    name = es_part_bare_name(path);
    if (type != LIBVMDK_EXTENT_TYPE_FLAT && type != LIBVMDK_EXTENT_TYPE_SPARSE &&
        type != LIBVMDK_EXTENT_TYPE_VMFS_FLAT && type != LIBVMDK_EXTENT_TYPE_VMFS_SPARSE)
        return refuse_extent(image, name, "is a device or of a kind that is not read: convert the "
                             "disk with \"qemu-img convert -O raw\"", note);
    if (status != ES_OK)
        return status;
    status = es_part_sibling(source, name, ret_file);
    if (status > 0)
        return refuse_extent(image, name, "is not beside it", note);
    return status;
}

static es_status add_extent(vmdk *image, int index, bool alone, es_note *note)
{
    libvmdk_extent_descriptor_t *extent = NULL;
    libbfio_handle_t *handle = NULL;
    es_part *file;
    es_status status;
    int entry;

    if (libvmdk_handle_get_extent_descriptor(image->file, index, &extent, NULL) != 1)
        return ES_CORRUPT;
    status = find_extent(image, extent, alone, &file, note);
    libvmdk_extent_descriptor_free(&extent, NULL);
    if (status == ES_OK)
        status = es_yal_bfio(&image->yal, file, &handle);
    if (status != ES_OK)
        return status;
    if (libbfio_pool_append_handle(image->pool, &entry, handle, LIBBFIO_ACCESS_FLAG_READ, NULL) !=
        1) {
        libbfio_handle_free(&handle, NULL);
        return ES_NOMEM;
    }
    if (file == image->yal.source->files[0])
        return ES_OK;
    return es_source_add_segment(image->yal.source, file);
}

static es_status open_extents(vmdk *image, es_note *note)
{
    libvmdk_error_t *error = NULL;
    size64_t size = 0;
    es_status status;
    int n = 0;

    if (libvmdk_handle_get_number_of_extents(image->file, &n, &error) != 1 || n <= 0)
        return refuse_library(image, error, note);
    if (n > (int)ES_VMDK_EXTENTS_MAX)
        return ES_LIMIT;
    if (libbfio_pool_initialize(&image->pool, 0, 0, NULL) != 1)
        return ES_NOMEM;
    status = es_source_add_segment(image->yal.source, image->yal.source->files[0]);
    for (int i = 0; i < n && status == ES_OK; i++)
        status = add_extent(image, i, n == 1, note);
    if (status != ES_OK)
        return status;
    if (libvmdk_handle_open_extent_data_files_file_io_pool(image->file, image->pool, &error) != 1 ||
        libvmdk_handle_get_media_size(image->file, &size, &error) != 1)
        return refuse_library(image, error, note);
    image->yal.source->size = size;
    image->yal.handle = image->file;
    image->yal.read_at = read_at;
    return ES_OK;
}

/* ---------------------------------------------------------------- parents */

static es_status refuse_delta(const es_source *source, const char *parent, const char *why,
                              es_note *note)
{
    es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is a delta disk (snapshot): alone it is half "
                "a disk. Its parent \"%s\" %s. Put the right parent beside it, or merge them with "
                "\"qemu-img convert\", and scan again.", source->files[0]->name, parent, why);
    return ES_UNSUPPORTED;
}

static es_status join_parent(vmdk *image, const char *name, uint32_t wanted, es_note *note)
{
    es_source *source = image->yal.source, *parent;
    uint32_t identifier = 0;
    es_note ignored;
    es_status status = es_source_open_parent(source, name, &parent, &ignored);
    vmdk *above;

    if (status < 0)
        return status;
    if (status == ES_ABSENT)
        return refuse_delta(source, name, "is not beside it", note);
    if (status != ES_OK)
        return refuse_delta(source, name, "is there but cannot be read", note);
    source->parent = parent; /* owned from here on, whatever comes */
    if (parent->format != &es_format_vmdk)
        return refuse_delta(source, name, "is there but is no VMware disk", note);
    above = parent->state;
    if (libvmdk_handle_get_content_identifier(above->file, &identifier, NULL) != 1 ||
        identifier != wanted)
        return refuse_delta(source, name, "is there but is not as it was when the delta was made: "
                            "its content identifier (CID) differs", note);
    if (parent->size != source->size)
        return refuse_delta(source, name, "is there but of another size", note);
    if (libvmdk_handle_set_parent_handle(image->file, above->file, NULL) != 1)
        return refuse_delta(source, name, "is there but libvmdk does not accept it", note);
    for (size_t i = 0; i < parent->n_segments; i++) {
        es_part named = { .size = parent->segments[i].size };

        named.name = (char *)(uintptr_t)parent->segments[i].name;
        status = es_source_add_segment(source, &named);
        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}

static es_status find_parent(vmdk *image, es_note *note)
{
    es_source *source = image->yal.source;
    uint32_t wanted = VMDK_NO_PARENT;
    char path[4096] = "";
    size_t size = 0;

    if (libvmdk_handle_get_parent_content_identifier(image->file, &wanted, NULL) != 1 ||
        wanted == VMDK_NO_PARENT)
        return ES_OK;
    if (libvmdk_handle_get_utf8_parent_filename_size(image->file, &size, NULL) != 1 || size == 0 ||
        size > sizeof path ||
        libvmdk_handle_get_utf8_parent_filename(image->file, (uint8_t *)path, size, NULL) != 1)
        return refuse_delta(source, "", "is not named", note);
    path[sizeof path - 1] = '\0';
    return join_parent(image, es_part_bare_name(path), wanted, note);
}

/* ---------------------------------------------------------------- the format */

static es_status open_vmdk(es_source *source, es_note *note)
{
    vmdk *image = calloc(1, sizeof *image);
    es_status status;

    if (!image)
        return ES_NOMEM;
    es_yal_init(&image->yal, source);
    source->state = image;
    status = check_kind(image, note);
    if (status == ES_OK)
        status = open_descriptor(image, note);
    if (status == ES_OK)
        status = open_extents(image, note);
    if (status == ES_OK)
        status = find_parent(image, note);
    return status;
}

static es_status read_vmdk(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    return es_yal_read(source->state, offset, buffer, size);
}

static void close_vmdk(void *state)
{
    vmdk *image = state;

    if (image->file) {
        libvmdk_handle_close(image->file, NULL);
        libvmdk_handle_free(&image->file, NULL);
    }
    if (image->pool)
        libbfio_pool_free(&image->pool, NULL);
    if (image->door)
        libbfio_handle_free(&image->door, NULL);
    es_yal_done(&image->yal);
    free(image);
}

const es_format es_format_vmdk = {
    .name = "VMDK",
    .probe = probe_vmdk,
    .open = open_vmdk,
    .read = read_vmdk,
    .close = close_vmdk,
};
