/* SPDX-License-Identifier: Apache-2.0
 *
 * source_view.c: another reading of a source: a shadow copy of one of its volumes.
 *
 * A view has the size of the source below it and takes its bytes from a callback, which reads the
 * source below by es_source_read(): counters and overlays are at work there already. Damage that
 * the callback meets is kept in the view's own list, since the bytes that stand at an offset of the
 * view may come from anywhere of the media.
 */
#include "evidence/format.h"

#include <stdlib.h>

/* Damage is told this exactly: what shadow copies are made of. */
#define GRAIN (UINT64_C(16) << 10)

typedef struct view {
    es_source_view_fn read;
    void *context;
} view;

static const char *const why = "bytes this was put together from could not be read";

/* Read a damaged range again piece by piece, to know which of them are bad. */
static es_status read_pieces(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    const view *from = source->state;

    while (size) {
        uint64_t n = GRAIN - offset % GRAIN;
        bool damaged = false;
        es_status status;

        if (n > size)
            n = size;
        status = from->read(from->context, offset, buffer, n, &damaged);
        if (status == ES_OK && damaged)
            status = es_source_bad(source, offset, n, why);
        if (status != ES_OK)
            return status;
        offset += n;
        buffer += n;
        size -= n;
    }
    return ES_OK;
}

static es_status read_view(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    const view *from = source->state;
    bool damaged = false;
    es_status status = from->read(from->context, offset, buffer, size, &damaged);

    return status == ES_OK && damaged ? read_pieces(source, offset, buffer, size) : status;
}

/* It never bids: views are made, not met. */
static const es_format format_view = { .name = "view", .read = read_view, .close = free };

es_status es_source_open_view(es_source *below, es_source_view_fn read, void *context,
                              es_source **ret_view)
{
    es_source *source = calloc(1, sizeof *source);
    view *state = calloc(1, sizeof *state);

    if (!source || !state) {
        free(source);
        free(state);
        return ES_NOMEM;
    }
    *state = (view){ read, context };
    source->format = &format_view;
    source->state = state;
    source->name = below->name;
    source->size = below->size;
    source->sector_size = below->sector_size;
    es_ranges_init(&source->bad);
    *ret_view = source;
    return ES_OK;
}
