/* SPDX-License-Identifier: Apache-2.0
 *
 * file.c: reading one evidence file.
 *
 * pread(2) and nothing else. A medium that fails is read again sector by sector, so that only the
 * bad sectors are lost; a file that has become shorter than it was gives zeros there. Either is
 * told to the caller as a range of the file and is no failure of ours.
 */
#include "evidence/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ES_PREAD_MAX (UINT64_C(16) << 20)

/* One pread, counted; the bytes that came, or a negative errno. */
static int64_t read_once(es_part *file, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    ssize_t n;

    if (size > ES_PREAD_MAX)
        size = ES_PREAD_MAX;
    do {
        n = pread(file->fd, buffer, (size_t)size, (off_t)offset);
    } while (n < 0 && errno == EINTR);
    atomic_fetch_add(&file->source->container_reads, 1);
    if (n > 0)
        atomic_fetch_add(&file->source->container_bytes, (uint64_t)n);
    return n < 0 ? -errno : (int64_t)n;
}

static es_status tell(es_part_bad bad, void *context, uint64_t offset, uint64_t length,
                      const char *reason)
{
    return bad ? bad(context, offset, length, reason) : ES_OK;
}

/* The medium failed somewhere in this run: sector by sector, and each bad one is zero. */
static es_status read_sectors(es_part *file, uint64_t offset, uint8_t *buffer, uint64_t size,
                              es_part_bad bad, void *context)
{
    uint64_t sector = file->sector_size ? file->sector_size : 512;
    es_status status = ES_OK;

    while (size > 0 && status == ES_OK) {
        uint64_t part = sector - offset % sector;
        int64_t n = -1;

        if (atomic_load(&file->source->medium_retries) >= ES_MEDIUM_RETRIES_MAX) {
            memset(buffer, 0, (size_t)size);
            return tell(bad, context, offset, size, ES_WHY_MEDIUM);
        }
        if (part > size)
            part = size;
        n = read_once(file, offset, buffer, part);
        if (n != (int64_t)part) {
            atomic_fetch_add(&file->source->medium_retries, 1);
            memset(buffer, 0, (size_t)part);
            status = tell(bad, context, offset, part, ES_WHY_MEDIUM);
        }
        buffer += part;
        offset += part;
        size -= part;
    }
    return status;
}

es_status es_part_read(es_part *file, uint64_t offset, void *buffer, uint64_t size,
                       es_part_bad bad, void *context)
{
    uint8_t *at = buffer;

    while (size > 0) {
        uint64_t part = size < ES_PREAD_MAX ? size : ES_PREAD_MAX;
        int64_t n = read_once(file, offset, at, part);

        if (n == 0) {
            memset(at, 0, (size_t)size);
            return tell(bad, context, offset, size, ES_WHY_SHRUNK);
        }
        if (n < 0) {
            es_status status;

            if (n == -ENOMEM)
                return ES_NOMEM;
            if (n == -EBADF || n == -EFAULT)
                return ES_BUG;
            status = read_sectors(file, offset, at, part, bad, context);
            if (status != ES_OK)
                return status;
            n = (int64_t)part;
        }
        at += n;
        offset += (uint64_t)n;
        size -= (uint64_t)n;
    }
    return ES_OK;
}

static es_status remember_bad(void *context, uint64_t offset, uint64_t length, const char *reason)
{
    (void)offset;
    (void)length;
    (void)reason;
    *(bool *)context = true;
    return ES_OK;
}

es_status es_part_peek(es_part *file, uint64_t offset, void *buffer, uint64_t size)
{
    bool bad = false;
    es_status status;

    if (offset > file->size || size > file->size - offset)
        return ES_CORRUPT;
    status = es_part_read(file, offset, buffer, size, remember_bad, &bad);
    if (status != ES_OK)
        return status;
    return bad ? ES_CORRUPT : ES_OK;
}

es_status es_part_add(es_source *source, const es_evidence_file *given, es_part **ret_file)
{
    es_part **list = realloc(source->files, (source->n_files + 1) * sizeof *list);
    es_part *file;

    if (!list)
        return ES_NOMEM;
    source->files = list;
    file = calloc(1, sizeof *file);
    if (!file)
        return ES_NOMEM;
    *file = (es_part){
        .source = source,
        .fd = given->fd,
        .size = given->size,
        .device = given->device,
        .sector_size = given->sector_size,
        .name = strdup(given->name ? given->name : ""),
    };
    if (!file->name) {
        free(file);
        return ES_NOMEM;
    }
    list[source->n_files++] = file;
    *ret_file = file;
    return ES_OK;
}

es_status es_part_sibling(es_source *source, const char *name, es_part **ret_file)
{
    es_evidence_file given = { .fd = -1 };
    es_status status;

    if (!es_part_name_ok(name))
        return ES_ABSENT;
    for (size_t i = 0; i < source->n_files; i++) {
        if (strcmp(source->files[i]->name, name) == 0) {
            *ret_file = source->files[i];
            return ES_OK;
        }
    }
    if (!source->evidence.sibling)
        return ES_ABSENT;
    status = source->evidence.sibling(source->evidence.context, name, &given);
    if (status != ES_OK)
        return status;
    if (!given.name)
        given.name = name;
    return es_part_add(source, &given, ret_file);
}

const char *es_part_bare_name(const char *path)
{
    const char *bare = path;

    for (const char *at = path; *at; at++) {
        if (*at == '/' || *at == '\\')
            bare = at + 1;
    }
    return bare;
}

bool es_part_name_ok(const char *name)
{
    size_t size = strlen(name);

    if (size == 0 || size > ES_FILE_NAME_MAX || strchr(name, '/'))
        return false;
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}
