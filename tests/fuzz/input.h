/* SPDX-License-Identifier: Apache-2.0
 *
 * input.h: a fuzz target's bytes, as the parsers and the media read them.
 */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <esuscan/types.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read from es_bytes. A read outside of what the parser was told there is ends the target. */
static inline es_status input_read(void *context, uint64_t offset, void *buffer, uint64_t size,
                                   bool *ret_damaged)
{
    const es_bytes *bytes = context;

    if (offset > bytes->size || size > bytes->size - offset)
        abort();
    memcpy(buffer, bytes->data + offset, (size_t)size);
    *ret_damaged = false;
    return ES_OK;
}

/* Lay pieces over a medium of `medium_size` bytes: behind the first eight bytes of the input, each an
 * offset of four bytes, a length of two, and as many bytes. -1 when one cannot be written. */
static inline int input_put_pieces(int fd, uint32_t medium_size, const uint8_t *data, size_t size)
{
    size_t at = 8;

    while (size - at >= 6) {
        uint32_t offset = (uint32_t)data[at] | (uint32_t)data[at + 1] << 8 |
                          (uint32_t)data[at + 2] << 16 | (uint32_t)data[at + 3] << 24;
        size_t length = (size_t)(data[at + 4] | data[at + 5] << 8);

        at += 6;
        if (length > size - at)
            length = size - at;
        if (offset < medium_size - 65536u && length &&
            pwrite(fd, data + at, length, (off_t)offset) != (ssize_t)length)
            return -1;
        at += length;
    }
    return 0;
}

#endif
