/* SPDX-License-Identifier: Apache-2.0
 *
 * lists.c: see lists.h.
 */
#include "lists.h"

#include "host/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static es_status refuse(es_note *note, const char *path, const char *why)
{
    es_note_set(note, ES_SEVERITY_ERROR, "roots", "The trust anchors %s cannot be read: %s.", path,
                why);
    return ES_ABSENT;
}

static es_status read_roots(const char *path, es_roots **ret_roots, es_note *note)
{
    FILE *file = fopen(path, "re");
    uint8_t *data = file ? malloc(ES_ROOTS_FILE_MAX + 1) : NULL;
    es_bytes pem = { data, 0 };
    es_status status = data ? ES_OK : refuse(note, path, strerror(errno));

    if (data)
        pem.size = fread(data, 1, ES_ROOTS_FILE_MAX + 1, file);
    if (data && ferror(file))
        status = refuse(note, path, strerror(errno));
    else if (pem.size > ES_ROOTS_FILE_MAX)
        status = refuse(note, path, "a file of certificates in PEM is smaller");
    if (status == ES_OK)
        status = es_roots_parse(pem, ret_roots, note);
    free(data);
    if (file)
        fclose(file);
    return status;
}

void es_lists_free(es_lists *lists)
{
    lists->roots = es_roots_free(lists->roots);
    lists->known = es_known_free(lists->known);
}

es_status es_lists_read(es_options *options, es_lists *ret_lists, es_note *reterr_note)
{
    es_status status = ES_OK;

    *ret_lists = (es_lists){ NULL, NULL };
    if (options->roots_file)
        status = read_roots(options->roots_file, &ret_lists->roots, reterr_note);
    if (status == ES_OK && options->known_file)
        status = es_known_read(options->known_file, &ret_lists->known, reterr_note);
    if (status != ES_OK) {
        es_lists_free(ret_lists);
        return status;
    }
    options->roots = ret_lists->roots;
    options->known = ret_lists->known;
    return ES_OK;
}
