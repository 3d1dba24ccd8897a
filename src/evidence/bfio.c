/* SPDX-License-Identifier: Apache-2.0
 *
 * bfio.c: see bfio.h.
 *
 * The callbacks are called by libraries of the libyal family through whichever copy of libbfio the
 * linker chose; they use nothing of libbfio themselves, so that it does not matter which.
 */
#include "evidence/bfio.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct door {
    es_bfio_reader reader;
    void *context;
    uint64_t base; /* added to each offset */
    uint64_t size;
    uint64_t at;
    es_bfio_watch *watch;
    bool open;
} door;

static int free_door(intptr_t **handle, libbfio_error_t **error)
{
    (void)error;
    if (handle && *handle) {
        free(*handle);
        *handle = NULL;
    }
    return 1;
}

static int clone_door(intptr_t **ret_handle, intptr_t *handle, libbfio_error_t **error)
{
    door *copy = malloc(sizeof *copy);

    (void)error;
    if (!copy)
        return -1;
    memcpy(copy, handle, sizeof *copy);
    copy->open = false;
    *ret_handle = (intptr_t *)copy;
    return 1;
}

static int open_door(intptr_t *handle, int access_flags, libbfio_error_t **error)
{
    (void)error;
    if (access_flags & LIBBFIO_ACCESS_FLAG_WRITE)
        return -1;
    ((door *)handle)->open = true;
    return 1;
}

static int close_door(intptr_t *handle, libbfio_error_t **error)
{
    (void)error;
    ((door *)handle)->open = false;
    return 0;
}

static ssize_t read_door(intptr_t *handle, uint8_t *buffer, size_t size, libbfio_error_t **error)
{
    door *d = (door *)handle;
    bool damaged = false;
    es_status status;

    (void)error;
    if (d->at >= d->size)
        return 0;
    if (size > d->size - d->at)
        size = (size_t)(d->size - d->at);
    if (size > SSIZE_MAX)
        size = SSIZE_MAX;
    status = d->reader(d->context, d->base + d->at, buffer, size, &damaged);
    if (status < 0)
        return -1;
    if (d->watch && (damaged || status != ES_OK))
        atomic_store(&d->watch->damaged, true);
    d->at += size;
    return (ssize_t)size;
}

static ssize_t write_door(intptr_t *handle, const uint8_t *buffer, size_t size,
                          libbfio_error_t **error)
{
    (void)handle;
    (void)buffer;
    (void)size;
    (void)error;
    return -1;
}

static off64_t seek_door(intptr_t *handle, off64_t offset, int whence, libbfio_error_t **error)
{
    door *d = (door *)handle;
    uint64_t from = whence == SEEK_END ? d->size : whence == SEEK_CUR ? d->at : 0;

    (void)error;
    if (offset < 0 ? (uint64_t)-(offset + 1) >= from : (uint64_t)offset > INT64_MAX - from)
        return -1;
    d->at = from + (uint64_t)offset;
    return (off64_t)d->at;
}

static int door_exists(intptr_t *handle, libbfio_error_t **error)
{
    (void)handle;
    (void)error;
    return 1;
}

static int door_is_open(intptr_t *handle, libbfio_error_t **error)
{
    (void)error;
    return ((const door *)handle)->open;
}

static int door_size(intptr_t *handle, size64_t *ret_size, libbfio_error_t **error)
{
    (void)error;
    *ret_size = ((const door *)handle)->size;
    return 1;
}

static es_status make(const door *model, libbfio_handle_t **ret_handle)
{
    libbfio_handle_t *handle = NULL;
    door *d;

    if (model->size > INT64_MAX)
        return ES_LIMIT;
    d = malloc(sizeof *d);
    if (!d)
        return ES_NOMEM;
    *d = *model;
    if (libbfio_handle_initialize(&handle, (intptr_t *)d, free_door, clone_door, open_door,
                                  close_door, read_door, write_door, seek_door, door_exists,
                                  door_is_open, door_size,
                                  LIBBFIO_FLAG_IO_HANDLE_MANAGED |
                                      LIBBFIO_FLAG_IO_HANDLE_CLONE_BY_FUNCTION,
                                  NULL) != 1) {
        free(d);
        return ES_NOMEM;
    }
    *ret_handle = handle;
    return ES_OK;
}

es_status es_bfio_new(es_bfio_reader reader, void *context, uint64_t size, es_bfio_watch *watch,
                      libbfio_handle_t **ret_handle)
{
    door model = { .reader = reader, .context = context, .size = size, .watch = watch };

    return make(&model, ret_handle);
}

static es_status read_source(void *context, uint64_t offset, void *buffer, uint64_t size,
                             bool *ret_damaged)
{
    return es_source_read(context, offset, buffer, size, ret_damaged);
}

es_status es_bfio_of_source(es_source *source, uint64_t offset, uint64_t size,
                            es_bfio_watch *watch, libbfio_handle_t **ret_handle)
{
    door model = { .reader = read_source, .context = source, .base = offset, .size = size,
                   .watch = watch };

    return make(&model, ret_handle);
}
