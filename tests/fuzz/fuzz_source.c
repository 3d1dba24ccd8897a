/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_source.c: any bytes as an image: opened, read here and there, hashed if small, closed.
 *
 * The input lies in a memfd, as a file of the examiner's would; whatever sibling the image asks
 * for is the same file again, so that parents, extents and segments are reached too. A read never
 * fails but for want of memory, and fills its buffer.
 */
#include "input.h"

#include "evidence/source.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static es_status same_again(void *context, const char *name, es_evidence_file *ret_file)
{
    const es_evidence_file *file = context;

    (void)name;
    *ret_file = *file;
    ret_file->name = NULL;
    return ES_OK;
}

static void read_about(es_source *source)
{
    static uint8_t buffer[300000];
    uint64_t size = es_source_size(source);
    uint64_t at[] = { 0, 1, size / 3, size / 2 + 7, size > 600 ? size - 600 : 0, size, UINT64_MAX };
    es_bad_range *ranges;
    size_t n;

    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        bool damaged = false;
        es_status status = es_source_read(source, at[i], buffer, i % 2 ? 700 : sizeof buffer,
                                          &damaged);

        if (status != ES_OK && status != ES_END && status != ES_NOMEM)
            abort();
        if (damaged && !es_source_is_damaged(source, at[i], sizeof buffer))
            abort();
    }
    if (es_source_bad_ranges(source, &ranges, &n) == ES_OK) {
        for (size_t i = 0; i < n; i++) {
            if (ranges[i].length == 0 || ranges[i].offset >= size ||
                ranges[i].length > size - ranges[i].offset)
                abort();
        }
        es_bad_ranges_free(ranges, n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "case.E01", "case.001", "case" };
    int fd = memfd_create("image", MFD_CLOEXEC);
    es_evidence_file file = { .fd = fd, .size = size, .name = names[size % 3] };
    es_evidence evidence = { .files = &file, .n_files = 1, .context = &file };
    es_source *source;
    es_digests digests;
    es_note note;

    if (fd < 0)
        return 0;
    if (size % 2)
        evidence.sibling = same_again;
    if (size > 0 && write(fd, data, size) != (ssize_t)size)
        abort();
    if (es_source_open(&evidence, &source, &note) == ES_OK) {
        read_about(source);
        if (es_source_size(source) < 4 << 20)
            (void)es_source_digest(source, ES_DIGEST_ALL, NULL, NULL, &digests);
        es_source_free(source);
    } else if (!note.text[0]) {
        abort();
    }
    close(fd);
    return 0;
}
