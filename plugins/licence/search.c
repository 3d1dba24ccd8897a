/* SPDX-License-Identifier: Apache-2.0
 *
 * search.c: many short patterns in one pass over a file.
 *
 * A token store has up to ten MiB and there are some seventy patterns: each of two dozen ids as
 * text of either width and as a binary GUID. A table of the first two bytes, one bit a pair, turns
 * nearly every position away at once.
 */
#include "licence.h"

#define CHUNK (UINT64_C(1) << 20)
#define MAX_SEARCHED (UINT64_C(256) << 20)
#define PAIRS 65536u

static uint8_t fold(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

void pattern_ascii(pattern *made, const char *text, uint64_t size)
{
    memset(made, 0, sizeof *made);
    made->fold = 1;
    for (uint64_t i = 0; i < size && i < PATTERN_SIZE / 2 - 1; i++)
        made->bytes[made->size++] = fold((uint8_t)text[i]);
}

void pattern_utf16(pattern *made, const char *text, uint64_t size)
{
    memset(made, 0, sizeof *made);
    made->fold = 1;
    for (uint64_t i = 0; i < size && i < PATTERN_SIZE / 2 - 1; i++) {
        made->bytes[made->size++] = fold((uint8_t)text[i]);
        made->bytes[made->size++] = 0;
    }
}

typedef struct search {
    pattern *patterns;
    uint32_t n;
    uint8_t pairs[PAIRS / 8];
    uint8_t buffer[CHUNK + PATTERN_SIZE];
} search;

static void mark(search *at, uint8_t first, uint8_t second)
{
    uint32_t pair = first | (uint32_t)second << 8;

    at->pairs[pair / 8] |= (uint8_t)(1u << pair % 8);
}

static uint8_t upper(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
}

static void mark_all(search *at)
{
    for (uint32_t i = 0; i < at->n; i++) {
        uint8_t a = at->patterns[i].bytes[0], b = at->patterns[i].bytes[1];

        mark(at, a, b);
        if (!at->patterns[i].fold)
            continue;
        mark(at, upper(a), b);
        mark(at, a, upper(b));
        mark(at, upper(a), upper(b));
    }
}

static int matches(const pattern *one, const uint8_t *bytes)
{
    for (uint32_t i = 0; i < one->size; i++)
        if ((one->fold ? fold(bytes[i]) : bytes[i]) != one->bytes[i])
            return 0;
    return 1;
}

/* Look at every position below `n`; `have` bytes are there. */
static void look(search *at, uint64_t base, uint64_t n, uint64_t have)
{
    for (uint64_t i = 0; i < n && i + 1 < have; i++) {
        uint32_t pair = at->buffer[i] | (uint32_t)at->buffer[i + 1] << 8;

        if (!(at->pairs[pair / 8] & 1u << pair % 8))
            continue;
        for (uint32_t k = 0; k < at->n; k++) {
            pattern *one = &at->patterns[k];

            if (one->size <= have - i && matches(one, at->buffer + i) && one->hits++ == 0)
                one->first = base + i;
        }
    }
}

es_status search_file(const es_host *host, const es_artefact *file, pattern *patterns, uint32_t n,
                      int *ret_whole)
{
    void *memory = NULL;
    uint64_t base = 0, kept = 0, got = 0;
    search *at;
    es_status status = host->alloc(host, sizeof *at, &memory);

    *ret_whole = 0;
    if (status)
        return status;
    at = (search *)memory;
    at->patterns = patterns;
    at->n = n;
    mark_all(at);
    /* The last bytes of each piece are looked at again with the next, which may finish them. */
    while (base < MAX_SEARCHED) {
        status = host->file_read(host, file, base + kept, at->buffer + kept, CHUNK, &got);
        if ((status && status != ES_END) || got == 0)
            break;
        kept += got;
        got = kept > PATTERN_SIZE ? kept - PATTERN_SIZE : 0;
        look(at, base, got, kept);
        memmove(at->buffer, at->buffer + got, (size_t)(kept - got));
        base += got;
        kept -= got;
        if (status == ES_END)
            break;
    }
    look(at, base, kept, kept);
    *ret_whole = base < MAX_SEARCHED && (status == ES_OK || status == ES_END);
    return status < 0 ? status : ES_OK;
}
