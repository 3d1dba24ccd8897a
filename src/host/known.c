/* SPDX-License-Identifier: Apache-2.0
 *
 * known.c: see known.h.
 */
#include "host/known.h"

#include "host/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COLUMNS_MAX 32u

typedef struct known_hash {
    uint8_t size, bad, bytes[32];
} known_hash;

struct es_known {
    known_hash *hashes;
    size_t n, capacity;
};

es_known *es_known_free(es_known *known)
{
    if (!known)
        return NULL;
    free(known->hashes);
    free(known);
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 16, 20 or 32 bytes in hexadecimal, and nothing else. */
static bool read_hash(const char *text, known_hash *ret)
{
    size_t size = strlen(text);

    if (size != 32 && size != 40 && size != 64)
        return false;
    memset(ret, 0, sizeof *ret);
    ret->size = (uint8_t)(size / 2);
    for (size_t i = 0; i < size; i += 2) {
        int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret->bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Cut a line into its fields, in place; quotes are taken off. */
static size_t split(char *line, char *fields[COLUMNS_MAX])
{
    size_t n = 0;

    line[strcspn(line, "\r\n")] = '\0';
    while (n < COLUMNS_MAX) {
        char *end;

        line += strspn(line, " \t");
        fields[n++] = line + (*line == '"');
        end = *line == '"' ? strchr(line + 1, '"') : line + strcspn(line, ",");
        if (!end || !*end)
            return n;
        line = *end == '"' ? end + 1 + strcspn(end + 1, ",") : end;
        *end = '\0';
        if (end == line) {
            line++;
            continue;
        }
        if (*line != ',')
            return n;
        line++;
    }
    return n;
}

static bool says_bad(const char *column, const char *text)
{
    if (!strcasecmp(column, "SpecialCode"))
        return !strcasecmp(text, "M");
    if (!strcasecmp(column, "status") || !strcasecmp(column, "verdict") ||
        !strcasecmp(column, "type"))
        return !strcasecmp(text, "bad") || !strcasecmp(text, "malicious") ||
               !strcasecmp(text, "known bad");
    return false;
}

static es_status add(es_known *to, const known_hash *hash)
{
    if (to->n == ES_KNOWN_HASHES_MAX)
        return ES_LIMIT;
    if (to->n == to->capacity) {
        size_t capacity = to->capacity ? to->capacity * 2 : 4096;
        known_hash *grown = realloc(to->hashes, capacity * sizeof *grown);

        if (!grown)
            return ES_NOMEM;
        to->hashes = grown;
        to->capacity = capacity;
    }
    to->hashes[to->n++] = *hash;
    return ES_OK;
}

typedef struct table {
    char *names; /* the header line, cut up */
    char *columns[COLUMNS_MAX];
    size_t n;
} table;

static es_status take_row(es_known *to, const table *header, char *fields[], size_t n)
{
    known_hash hash;
    bool bad = false;
    es_status status = ES_OK;

    for (size_t i = 0; i < n && i < header->n; i++)
        bad |= says_bad(header->columns[i], fields[i]);
    for (size_t i = 0; i < n && status == ES_OK; i++) {
        if (!read_hash(fields[i], &hash))
            continue;
        hash.bad = bad;
        status = add(to, &hash);
    }
    return status;
}

static int order(const void *a, const void *b)
{
    const known_hash *left = a, *right = b;

    if (left->size != right->size)
        return left->size < right->size ? -1 : 1;
    return memcmp(left->bytes, right->bytes, left->size);
}

static es_status read_rows(es_known *to, FILE *file)
{
    char *line = NULL, *fields[COLUMNS_MAX];
    table header = { .n = 0 };
    size_t room = 0;
    bool first = true;
    es_status status = ES_OK;

    while (status == ES_OK && getline(&line, &room, file) >= 0) {
        char *copy = first ? strdup(line) : NULL;
        known_hash probe;
        size_t n = split(line, fields);

        if (first && (n == 0 || !read_hash(fields[0], &probe)) && copy) {
            header.names = copy;
            header.n = split(copy, header.columns);
        } else {
            free(copy);
            if (*fields[0] != '#')
                status = take_row(to, &header, fields, n);
        }
        first = false;
    }
    if (status == ES_OK && ferror(file))
        status = ES_IO;
    free(header.names);
    free(line);
    return status;
}

es_status es_known_read(const char *path, es_known **ret_known, es_note *reterr_note)
{
    es_known *known = calloc(1, sizeof *known);
    FILE *file = fopen(path, "re");
    es_status status = known ? file ? ES_OK : ES_ABSENT : ES_NOMEM;

    if (status == ES_ABSENT)
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "known",
                    "The list of known hashes %s cannot be read: %s.", path, strerror(errno));
    if (status == ES_OK)
        status = read_rows(known, file);
    if (file)
        fclose(file);
    if (status == ES_OK && !known->n)
        status = ES_CORRUPT;
    if (status == ES_CORRUPT)
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "known",
                    "The list of known hashes %s holds no MD5, SHA-1 or SHA-256.", path);
    else if (status == ES_LIMIT)
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "known",
                    "The list of known hashes %s holds more than %u of them: take the part that "
                    "matters.",
                    path, ES_KNOWN_HASHES_MAX);
    else if (status < 0)
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "known",
                    "The list of known hashes %s could not be read.", path);
    if (status == ES_OK) {
        qsort(known->hashes, known->n, sizeof *known->hashes, order);
        *ret_known = known;
    } else {
        es_known_free(known);
    }
    return status;
}

uint32_t es_known_find(const es_known *known, es_bytes hash)
{
    known_hash key = { .size = (uint8_t)hash.size };
    const known_hash *found, *end;
    uint32_t result = ES_KNOWN_NOT;

    if (!known || !known->n || hash.size > sizeof key.bytes || !hash.size)
        return ES_KNOWN_NOT;
    memcpy(key.bytes, hash.data, (size_t)hash.size);
    found = bsearch(&key, known->hashes, known->n, sizeof key, order);
    if (!found)
        return ES_KNOWN_NOT;
    /* One row that says bad outweighs any number that say good. */
    while (found > known->hashes && order(found - 1, &key) == 0)
        found--;
    for (end = known->hashes + known->n; found < end && order(found, &key) == 0; found++)
        result = found->bad || result == ES_KNOWN_BAD ? ES_KNOWN_BAD : ES_KNOWN_GOOD;
    return result;
}
