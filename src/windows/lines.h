/* SPDX-License-Identifier: Apache-2.0
 *
 * lines.h: text logs, line by line.
 *
 * Windows' logs are 8-bit text in the machine's code page, or UTF-16, with a byte order mark or
 * without, and now and then both in one file. What is valid UTF-8 is taken as that, other 8-bit
 * text as Windows-1252, whose letters are right for western machines; a line that is UTF-16 by its
 * zeros is read as UTF-16 wherever it stands. A line may be as long as the file: it is cut at a cap,
 * and says so. NULs at its ends are dropped, others become spaces.
 *
 * The bytes come through a reader: this room knows no filesystem.
 * Ownership: the reader owns what a line points to until the next call. Threading: one thread.
 */
#ifndef ES_WINDOWS_LINES_H
#define ES_WINDOWS_LINES_H

#include <esuscan/plugin.h>
#include <stdbool.h>

typedef struct es_lines_input {
    uint64_t size;
    /* Reads `size` bytes, all of which lie in the file. ES_CORRUPT: they could not be had. */
    es_status (*read)(void *context, uint64_t offset, void *buffer, uint64_t size,
                      bool *ret_damaged);
    void *context;
} es_lines_input;

typedef struct es_lines_line {
    uint64_t number;         /* from 1; empty lines count and are not handed out */
    uint64_t offset, length; /* in the file, without its end */
    es_text text;
    bool cut;     /* it was longer */
    bool damaged; /* bytes of the image near it cannot be trusted */
} es_lines_line;

typedef struct es_lines es_lines;

/* The input is copied; what its context points to is borrowed. */
es_status es_lines_open(const es_lines_input *input, es_lines **ret_lines);
es_lines *es_lines_free(es_lines *lines);

/* The next line that is not empty. ES_END after the last; ES_LIMIT: the file is larger than is
 * read, and this was the end of that. */
es_status es_lines_next(es_lines *lines, es_lines_line *ret_line);

/* Bytes that could not be had so far; they were passed over. */
uint64_t es_lines_lost(const es_lines *lines);
/* Lines so far that were longer than is looked at, empty or not. */
uint64_t es_lines_cut(const es_lines *lines);

#endif
