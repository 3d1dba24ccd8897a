/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_image.c: see hive_image.h.
 *
 * System calls: memfd_create, ftruncate, mmap, munmap, madvise, pwrite64,
 * fcntl (F_ADD_SEALS), clock_nanosleep, close.
 */
#include "windows/hive_image.h"
#include "windows/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BLOCK UINT64_C(4096)
#define BLOCKS_MAX (ES_HIVE_SIZE_MAX / BLOCK)

static es_status status_of_errno(void)
{
    return errno == ENOMEM ? ES_NOMEM : ES_IO;
}

static es_status ranges_push(es_hive_ranges *ranges, uint64_t offset, uint64_t length)
{
    es_hive_range *items;
    size_t room;

    if (ranges->n == ranges->room) {
        room = ranges->room ? ranges->room * 2 : 16;
        items = realloc(ranges->items, room * sizeof *items);
        if (!items)
            return ES_NOMEM;
        ranges->items = items;
        ranges->room = room;
    }
    ranges->items[ranges->n++] = (es_hive_range){ offset, length };
    return ES_OK;
}

/* Too many to keep apart: one range over all of them says too much, never too little. */
static void ranges_merge(es_hive_ranges *ranges)
{
    uint64_t first = UINT64_MAX, end = 0;

    for (size_t i = 0; i < ranges->n; i++) {
        const es_hive_range *range = &ranges->items[i];

        first = range->offset < first ? range->offset : first;
        end = range->offset + range->length > end ? range->offset + range->length : end;
    }
    ranges->items[0] = (es_hive_range){ first, end - first };
    ranges->n = 1;
}

es_status es_hive_ranges_add(es_hive_ranges *ranges, uint64_t offset, uint64_t length)
{
    if (length == 0)
        return ES_OK;
    if (ranges->n) {
        es_hive_range *last = &ranges->items[ranges->n - 1];

        if (last->offset + last->length == offset) {
            last->length += length;
            return ES_OK;
        }
    }
    if (ranges->n >= ES_HIVE_RANGES_MAX)
        ranges_merge(ranges);
    return ranges_push(ranges, offset, length);
}

es_status es_hive_ranges_cut(es_hive_ranges *ranges, uint64_t offset, uint64_t length)
{
    uint64_t end = offset + length;
    size_t n = ranges->n, kept = 0;

    for (size_t i = 0; i < n; i++) {
        es_hive_range range = ranges->items[i];
        uint64_t range_end = range.offset + range.length;

        if (range_end <= offset || range.offset >= end) {
            ranges->items[kept++] = range;
            continue;
        }
        if (range_end > end) { /* the part behind: keep here; the part before: append */
            es_status status = ES_OK;

            ranges->items[kept++] = (es_hive_range){ end, range_end - end };
            if (range.offset < offset && ranges->n < ES_HIVE_RANGES_MAX)
                status = ranges_push(ranges, range.offset, offset - range.offset);
            else if (range.offset < offset)
                ranges->items[kept - 1] = range;
            if (status != ES_OK)
                return status;
        } else if (range.offset < offset) {
            ranges->items[kept++] = (es_hive_range){ range.offset, offset - range.offset };
        }
    }
    for (size_t i = n; i < ranges->n; i++)
        ranges->items[kept++] = ranges->items[i];
    ranges->n = kept;
    return ES_OK;
}

bool es_hive_ranges_hit(const es_hive_ranges *ranges, uint64_t offset, uint64_t length)
{
    for (size_t i = 0; i < ranges->n; i++) {
        const es_hive_range *range = &ranges->items[i];

        if (offset < range->offset ? range->offset - offset < length
                                   : offset - range->offset < range->length && length)
            return true;
    }
    return false;
}

es_status es_hive_ranges_copy(const es_hive_ranges *from, es_hive_ranges *to)
{
    for (size_t i = 0; i < from->n; i++) {
        es_status status = es_hive_ranges_add(to, from->items[i].offset, from->items[i].length);

        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}

void es_hive_ranges_done(es_hive_ranges *ranges)
{
    free(ranges->items);
    *ranges = (es_hive_ranges){ NULL, 0, 0 };
}

static uint64_t round_up(uint64_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* Map the descriptor for `size` bytes of hive and the padding; an old mapping goes. */
static es_status image_map(es_hive_image *image, uint64_t size)
{
    uint64_t map_size = size + ES_HIVE_PADDING;
    void *map;

    if (ftruncate(image->fd, (off_t)map_size) < 0)
        return status_of_errno();
    map = mmap(NULL, (size_t)map_size, PROT_READ | PROT_WRITE, MAP_SHARED, image->fd, 0);
    if (map == MAP_FAILED)
        return status_of_errno();
    if (image->map)
        munmap(image->map, (size_t)image->map_size);
    image->map = map;
    image->map_size = map_size;
    image->size = size;
    return ES_OK;
}

es_status es_hive_image_make(uint64_t raw_size, es_hive_image **ret_image)
{
    es_hive_image *image;
    es_status status;

    if (raw_size > ES_HIVE_SIZE_MAX)
        return ES_LIMIT;
    image = calloc(1, sizeof *image);
    if (!image)
        return ES_NOMEM;
    image->raw_size = raw_size;
    image->fd = memfd_create("esuscan-hive", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    status = image->fd < 0 ? status_of_errno() : image_map(image, round_up(raw_size));
    if (status != ES_OK) {
        es_hive_image_free(image);
        return status;
    }
    *ret_image = image;
    return ES_OK;
}

es_hive_image *es_hive_image_free(es_hive_image *image)
{
    if (!image)
        return NULL;
    if (image->map)
        munmap(image->map, (size_t)image->map_size);
    if (image->fd >= 0)
        close(image->fd);
    es_hive_ranges_done(&image->damage);
    es_hive_ranges_done(&image->raw_damage);
    free(image->saved);
    free(image->saved_block);
    free(image->saved_mark);
    free(image);
    return NULL;
}

es_status es_hive_image_fill(es_hive_image *image, uint64_t offset, const void *data,
                             uint64_t size)
{
    const uint8_t *bytes = data;

    if (image->sealed || offset > image->size || size > image->size - offset)
        return ES_BUG;
    while (size > 0) {
        ssize_t n = pwrite(image->fd, bytes, (size_t)size, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return errno == ENOSPC ? ES_NOMEM : status_of_errno();
        bytes += n;
        offset += (uint64_t)n;
        size -= (uint64_t)n;
    }
    return ES_OK;
}

es_status es_hive_image_grow(es_hive_image *image, uint64_t size)
{
    if (size <= image->size)
        return ES_OK;
    if (size > ES_HIVE_SIZE_MAX)
        return ES_LIMIT;
    return image_map(image, round_up(size));
}

static es_status save_room(es_hive_image *image)
{
    size_t room = image->saved_room ? image->saved_room * 2 : 64;
    uint32_t *numbers;
    uint8_t *saved;

    if (!image->saved_mark) {
        image->saved_mark = calloc(1, BLOCKS_MAX / 8 + 1);
        if (!image->saved_mark)
            return ES_NOMEM;
    }
    if (image->n_saved < image->saved_room)
        return ES_OK;
    saved = realloc(image->saved, room * BLOCK);
    if (!saved)
        return ES_NOMEM;
    image->saved = saved;
    numbers = realloc(image->saved_block, room * sizeof *numbers);
    if (!numbers)
        return ES_NOMEM;
    image->saved_block = numbers;
    image->saved_room = room;
    return ES_OK;
}

static es_status save_block(es_hive_image *image, uint64_t block)
{
    uint8_t bit = (uint8_t)(1u << block % 8);
    es_status status = save_room(image);

    if (status != ES_OK || (image->saved_mark[block / 8] & bit))
        return status;
    memcpy(image->saved + image->n_saved * BLOCK, image->map + block * BLOCK, BLOCK);
    image->saved_block[image->n_saved++] = (uint32_t)block;
    image->saved_mark[block / 8] |= bit;
    return ES_OK;
}

es_status es_hive_image_write(es_hive_image *image, uint64_t offset, const void *data,
                              uint64_t size)
{
    if (image->sealed || offset > image->size || size > image->size - offset)
        return ES_BUG;
    if (size == 0)
        return ES_OK;
    for (uint64_t block = offset / BLOCK; block <= (offset + size - 1) / BLOCK; block++) {
        es_status status = save_block(image, block);

        if (status != ES_OK)
            return status;
    }
    memcpy(image->map + offset, data, (size_t)size);
    return ES_OK;
}

es_status es_hive_image_write_u32(es_hive_image *image, uint64_t offset, uint32_t value)
{
    const uint8_t bytes[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                               (uint8_t)(value >> 24) };

    return es_hive_image_write(image, offset, bytes, sizeof bytes);
}

static void put_saved(const es_hive_image *from, es_hive_image *to)
{
    for (size_t i = 0; i < from->n_saved; i++) {
        uint64_t at = from->saved_block[i] * BLOCK;

        if (at < to->size)
            memcpy(to->map + at, from->saved + i * BLOCK, BLOCK);
    }
}

es_status es_hive_image_undo(es_hive_image *image)
{
    es_hive_ranges damage = { NULL, 0, 0 };
    es_status status;

    if (image->sealed)
        return ES_BUG;
    status = es_hive_ranges_copy(&image->raw_damage, &damage);
    if (status != ES_OK) {
        es_hive_ranges_done(&damage);
        return status;
    }
    put_saved(image, image);
    es_hive_ranges_done(&image->damage);
    image->damage = damage;
    return ES_OK;
}

void es_hive_image_unpin(const es_hive_image *image)
{
    madvise(image->map, (size_t)image->map_size, MADV_DONTNEED); /* shared: the file keeps them */
}

/* The kernel refuses to seal while somebody holds a page of the file (EBUSY): itself, when it moves
 * pages, or a thread that was put aside in the middle of reading one, as the one that hashes may be on
 * a busy machine. It waits for 150 ms; that passes, so we wait for longer. */
static es_status add_seals(int fd)
{
    const struct timespec pause = { .tv_nsec = 10000000 };

    for (unsigned tries = 0;; tries++) {
        if (fcntl(fd, F_ADD_SEALS,
                  F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
            return ES_OK;
        if ((errno != EBUSY && errno != EINTR) || tries == ES_HIVE_SEAL_TRIES)
            return status_of_errno();
        nanosleep(&pause, NULL);
    }
}

es_status es_hive_image_seal(es_hive_image *image)
{
    es_status status;
    void *map;

    if (image->sealed)
        return ES_OK;
    munmap(image->map, (size_t)image->map_size); /* a writable mapping forbids the seal */
    image->map = NULL;
    status = add_seals(image->fd);
    if (status != ES_OK)
        return status;
    image->sealed = true;
    /* Private, because kernels before 6.7 refuse a shared mapping of a write-sealed file through a
     * writable descriptor; nothing is written, so no page is copied. */
    map = mmap(NULL, (size_t)image->map_size, PROT_READ, MAP_PRIVATE, image->fd, 0);
    if (map == MAP_FAILED)
        return status_of_errno();
    image->map = map;
    return ES_OK;
}

es_status es_hive_image_copy_raw(const es_hive_image *image, es_hive_image **ret_image)
{
    es_hive_image *copy;
    es_status status = es_hive_image_make(image->raw_size, &copy);

    if (status != ES_OK)
        return status;
    status = es_hive_image_fill(copy, 0, image->map, image->raw_size);
    if (status == ES_OK) {
        put_saved(image, copy);
        memset(copy->map + copy->raw_size, 0, (size_t)(copy->size - copy->raw_size));
        status = es_hive_ranges_copy(&image->raw_damage, &copy->damage);
    }
    if (status == ES_OK)
        status = es_hive_ranges_copy(&image->raw_damage, &copy->raw_damage);
    if (status != ES_OK) {
        es_hive_image_free(copy);
        return status;
    }
    *ret_image = copy;
    return ES_OK;
}

bool es_hive_image_raw(const es_hive_image *image, uint64_t offset, void *buffer, uint64_t size)
{
    uint8_t *to = buffer;

    if (size > image->raw_size || offset > image->raw_size - size ||
        es_hive_ranges_hit(&image->raw_damage, offset, size))
        return false;
    memcpy(to, image->map + offset, (size_t)size);
    for (size_t i = 0; i < image->n_saved; i++) {
        uint64_t at = image->saved_block[i] * BLOCK;
        uint64_t start = at > offset ? at : offset;
        uint64_t end = at + BLOCK < offset + size ? at + BLOCK : offset + size;

        if (start < end)
            memcpy(to + (start - offset), image->saved + i * BLOCK + (start - at),
                   (size_t)(end - start));
    }
    return true;
}
