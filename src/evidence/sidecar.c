/* SPDX-License-Identifier: Apache-2.0
 *
 * sidecar.c: see sidecar.h.
 */
#include "evidence/sidecar.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

#define TEXT_MAX 65536u

static char *slot_of(es_sidecar *to, size_t size)
{
    return size == 32 ? to->md5 : size == 40 ? to->sha1 : size == 64 ? to->sha256 : NULL;
}

/* Whether `line` names the image; md5sum writes a path before it. */
static bool names(es_bytes line, const char *name)
{
    size_t size = strlen(name);

    for (uint64_t at = 0; size <= line.size && at <= line.size - size; at++)
        if (memcmp(line.data + at, name, size) == 0)
            return true;
    return false;
}

/* Take the digests of a line. Of two different ones of a length neither can be relied on. */
static void take_line(es_bytes line, es_sidecar *to, bool *ret_doubt)
{
    uint64_t at = 0;

    while (at < line.size) {
        uint64_t start = at;
        char digest[65], *slot;
        bool hex = true;

        while (at < line.size && isalnum(line.data[at])) {
            hex = hex && isxdigit(line.data[at]);
            at++;
        }
        slot = hex ? slot_of(to, (size_t)(at - start)) : NULL;
        if (slot) {
            for (uint64_t i = start; i < at; i++)
                digest[i - start] = (char)tolower(line.data[i]);
            digest[at - start] = '\0';
            *ret_doubt |= slot[0] && strcmp(slot, digest) != 0;
            memcpy(slot, digest, (size_t)(at - start) + 1);
        }
        if (at == start)
            at++;
    }
}

static void take_lines(es_bytes text, const char *name, es_sidecar *to, bool *ret_doubt)
{
    for (uint64_t at = 0; at < text.size;) {
        uint64_t end = at;

        while (end < text.size && text.data[end] != '\n')
            end++;
        if (!name || names((es_bytes){ text.data + at, end - at }, name))
            take_line((es_bytes){ text.data + at, end - at }, to, ret_doubt);
        at = end + 1;
    }
}

void es_sidecar_parse(es_bytes text, const char *name, es_sidecar *ret_sidecar)
{
    es_sidecar found = { .name = "" };
    bool doubt = false;

    take_lines(text, name, &found, &doubt);
    if (!found.md5[0] && !found.sha1[0] && !found.sha256[0]) {
        doubt = false;
        take_lines(text, NULL, &found, &doubt);
    }
    if (doubt)
        found = (es_sidecar){ .name = "" };
    *ret_sidecar = found;
}

static es_status look_into(const es_evidence *evidence, const char *name, es_sidecar *to)
{
    es_evidence_file file = { .fd = -1 };
    uint8_t text[TEXT_MAX];
    es_sidecar found;
    es_status status = evidence->sibling(evidence->context, name, &file);
    ssize_t n;

    if (status != ES_OK)
        return status < 0 ? status : ES_OK;
    if (file.device || file.size > sizeof text)
        return ES_OK;
    n = pread(file.fd, text, sizeof text, 0);
    if (n <= 0)
        return ES_OK;
    es_sidecar_parse((es_bytes){ text, (uint64_t)n }, evidence->files[0].name, &found);
    if (!to->name[0] && (found.md5[0] || found.sha1[0] || found.sha256[0]))
        snprintf(to->name, sizeof to->name, "%s", name);
    for (size_t size = 32; size <= 64; size += size == 32 ? 8 : 24)
        if (!slot_of(to, size)[0])
            memcpy(slot_of(to, size), slot_of(&found, size), size + 1);
    return ES_OK;
}

es_status es_sidecar_find(const es_evidence *evidence, bool split, es_sidecar *ret_sidecar)
{
    static const char *const endings[] = { ".md5", ".sha1", ".sha256", ".txt" };
    const char *image = evidence->files[0].name, *dot = strrchr(image, '.');
    es_sidecar found = { .name = "" };
    es_status status = ES_OK;

    for (size_t i = 0; status == ES_OK && i < sizeof endings / sizeof *endings; i++) {
        char name[ES_SIDECAR_NAME_MAX];
        bool log = strcmp(endings[i], ".txt") == 0;

        /* "image.001.md5" is of the piece, "image.001.txt" of what was imaged. */
        snprintf(name, sizeof name, "%s%s", image, endings[i]);
        if (evidence->sibling && (!split || log))
            status = look_into(evidence, name, &found);
        if (status != ES_OK || !dot || !evidence->sibling)
            continue;
        snprintf(name, sizeof name, "%.*s%s", (int)(dot - image), image, endings[i]);
        status = look_into(evidence, name, &found);
    }
    if (status == ES_OK)
        *ret_sidecar = found;
    return status;
}
