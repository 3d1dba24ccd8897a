/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_image.h: our own copy of a hive's bytes, in a memfd.
 *
 * The copy is written once from the evidence, may then be changed by log replay and mending (what
 * was there before is kept, 4 KiB at a time), and is sealed before anybody else sees it. Mapping
 * it is sound: it is our memory, not evidence. Zeros follow the last byte (ES_HIVE_PADDING).
 *
 * Internal to hive*.c. Ownership: an image is its maker's. Threading: one thread writes; a reader
 * of the descriptor may run alongside behind the watermark of hive_load.c.
 */
#ifndef ES_WINDOWS_HIVE_IMAGE_H
#define ES_WINDOWS_HIVE_IMAGE_H

#include <esuscan/types.h>
#include <stdbool.h>

typedef struct es_hive_range {
    uint64_t offset, length;
} es_hive_range;

/* Byte ranges in no order, not overlapping after es_hive_ranges_cut(). */
typedef struct es_hive_ranges {
    es_hive_range *items;
    size_t n, room;
} es_hive_ranges;

es_status es_hive_ranges_add(es_hive_ranges *ranges, uint64_t offset, uint64_t length);
es_status es_hive_ranges_cut(es_hive_ranges *ranges, uint64_t offset, uint64_t length);
bool es_hive_ranges_hit(const es_hive_ranges *ranges, uint64_t offset, uint64_t length);
es_status es_hive_ranges_copy(const es_hive_ranges *from, es_hive_ranges *to);
void es_hive_ranges_done(es_hive_ranges *ranges);

typedef struct es_hive_image {
    int fd;
    bool sealed;
    uint8_t *map;      /* size + padding bytes */
    uint64_t raw_size; /* of the file in the evidence */
    uint64_t size;     /* bytes of the hive now: raw_size rounded up to 4 KiB, or grown by a log */
    uint64_t map_size;
    es_hive_ranges damage;     /* of the hive as it is now */
    es_hive_ranges raw_damage; /* of the file in the evidence */
    uint8_t *saved;            /* blocks as they were before the first change */
    uint32_t *saved_block;     /* their numbers */
    size_t n_saved, saved_room;
    uint8_t *saved_mark;       /* one bit a block */
} es_hive_image;

es_status es_hive_image_make(uint64_t raw_size, es_hive_image **ret_image);
es_hive_image *es_hive_image_free(es_hive_image *image);
/* The bytes of the evidence, while it is being loaded. Written through the descriptor: that costs
 * little more than half of faulting the mapping in page by page. */
es_status es_hive_image_fill(es_hive_image *image, uint64_t offset, const void *data,
                             uint64_t size);
/* Make room for a hive of `size` bytes; never shrinks. */
es_status es_hive_image_grow(es_hive_image *image, uint64_t size);
/* Change bytes inside the hive, keeping those of the evidence. */
es_status es_hive_image_write(es_hive_image *image, uint64_t offset, const void *data,
                              uint64_t size);
es_status es_hive_image_write_u32(es_hive_image *image, uint64_t offset, uint32_t value);
/* Take every change back. */
es_status es_hive_image_undo(es_hive_image *image);
/* Let go of the pages mapped here, not of what is in them: while hivex has them mapped too they
 * would count twice. */
void es_hive_image_unpin(const es_hive_image *image);
/* No writing, growing or shrinking from here on; the mapping is replaced by a read-only one. */
es_status es_hive_image_seal(es_hive_image *image);
/* Bytes of the evidence's file as they were read; false when they are not all there undamaged. */
bool es_hive_image_raw(const es_hive_image *image, uint64_t offset, void *buffer, uint64_t size);
/* A new, unsealed image with the bytes of the evidence. */
es_status es_hive_image_copy_raw(const es_hive_image *image, es_hive_image **ret_image);

static inline es_bytes es_hive_image_bytes(const es_hive_image *image)
{
    es_bytes bytes = { image->map, image->size };
    return bytes;
}

#endif
