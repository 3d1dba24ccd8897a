/* SPDX-License-Identifier: Apache-2.0
 *
 * yal.c: see yal.h.
 */
#include "evidence/yal.h"

#include <stdio.h>

#define ES_WHY_CONTAINER "the container is damaged: the library cannot read this part"

/* The pieces in which a failed read is made again: small enough to lose little. */
#define ES_YAL_PIECE_SIZE UINT64_C(4096)

void es_yal_init(es_yal *yal, es_source *source)
{
    yal->source = source;
    pthread_mutex_init(&yal->lock, NULL);
}

void es_yal_done(es_yal *yal)
{
    pthread_mutex_destroy(&yal->lock);
}

static es_status seen(void *context, uint64_t offset, uint64_t length, const char *reason)
{
    (void)offset;
    (void)length;
    (void)reason;
    *(bool *)context = true;
    return ES_OK;
}

static es_status read_file(void *context, uint64_t offset, void *buffer, uint64_t size,
                           bool *ret_damaged)
{
    return es_part_read(context, offset, buffer, size, seen, ret_damaged);
}

es_status es_yal_bfio(es_yal *yal, es_part *file, libbfio_handle_t **ret_handle)
{
    return es_bfio_new(read_file, file, file->size, &yal->watch, ret_handle);
}

/* Parents read through their own files; their watches count for the child. */
static bool take_damage(es_yal *yal)
{
    bool damaged = es_bfio_watch_take(&yal->watch);

    if (yal->source->parent)
        damaged |= take_damage(yal->source->parent->state);
    return damaged;
}

static bool read_whole(es_yal *yal, uint64_t offset, uint8_t *buffer, uint64_t size, bool *damaged)
{
    uint64_t done = 0;

    while (done < size) {
        ssize_t n = yal->read_at(yal->handle, buffer + done, (size_t)(size - done),
                                 (off64_t)(offset + done));

        if (n <= 0 || (uint64_t)n > size - done)
            break;
        done += (uint64_t)n;
    }
    *damaged = take_damage(yal);
    return done == size;
}

static es_status read_pieces(es_yal *yal, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    es_status status = ES_OK;

    while (size > 0 && status == ES_OK) {
        uint64_t part = ES_YAL_PIECE_SIZE - offset % ES_YAL_PIECE_SIZE;
        bool whole, damaged;

        if (part > size)
            part = size;
        whole = read_whole(yal, offset, buffer, part, &damaged);
        if (!whole)
            memset(buffer, 0, (size_t)part);
        if (!whole || damaged)
            status = es_source_bad(yal->source, offset, part,
                                   damaged ? ES_WHY_MEDIUM : ES_WHY_CONTAINER);
        buffer += part;
        offset += part;
        size -= part;
    }
    return status;
}

es_status es_yal_read(es_yal *yal, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    es_status status = ES_OK;

    pthread_mutex_lock(&yal->lock);
    while (size > 0 && status == ES_OK) {
        uint64_t part = size < ES_LIBRARY_READ_MAX ? size : ES_LIBRARY_READ_MAX;
        bool damaged;

        if (!read_whole(yal, offset, buffer, part, &damaged) || damaged)
            status = read_pieces(yal, offset, buffer, part);
        buffer += part;
        offset += part;
        size -= part;
    }
    pthread_mutex_unlock(&yal->lock);
    return status;
}

void es_yal_refuse(const es_source *source, const char *what, const char *words, es_note *note)
{
    char clean[ES_NOTE_TEXT_MAX / 2];

    snprintf(clean, sizeof clean, "%s", words && words[0] ? words : "no reason given");
    for (char *at = clean; *at; at++) {
        if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
            *at = ' ';
    }
    es_note_set(note, ES_SEVERITY_ERROR, "image", "%s begins as %s but cannot be opened: its "
                "headers are damaged or of a kind that is not known (%s).",
                source->files[0]->name, what, clean);
}
