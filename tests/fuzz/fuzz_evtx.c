/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_evtx.c: any bytes as an event log. Whatever comes out lies inside the bytes, its text is
 * UTF-8 within the caps, and it ends.
 */
#include "input.h"

#include "base/text.h"
#include "windows/evtx.h"
#include "windows/limits.h"

#include <stdlib.h>

static void check(const es_evtx_event *event, size_t size)
{
    const es_text texts[] = { event->provider, event->provider_guid, event->channel,
                              event->computer, event->user_sid };

    if (event->offset > size || event->length > size - event->offset || event->id > 0xffff ||
        event->n_data > ES_EVTX_DATA_MAX || event->binary.size > 65536)
        abort();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].size > ES_EVTX_TEXT_MAX || !es_text_is_utf8(texts[i]))
            abort();
    for (uint32_t i = 0; i < event->n_data; i++)
        if (!es_text_is_utf8(event->data[i]) || !es_text_is_utf8(event->data_names[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t some[] = { 12, 6009 };
    es_bytes bytes = { data, size };
    const es_evtx_input input = { size, input_read, &bytes };
    uint64_t n_all = 0;
    bool old;

    for (int filtered = 0; filtered < 2; filtered++) {
        es_evtx *evtx = NULL;
        es_evtx_event event;
        es_status status = es_evtx_open(&input, &evtx, &old);

        if (status != ES_OK)
            return 0;
        if (filtered)
            es_evtx_only(evtx, some, 2);
        while ((status = es_evtx_next(evtx, &event)) == ES_OK) {
            check(&event, size);
            if (filtered && event.id != 12 && event.id != 6009)
                abort();
        }
        /* what is left out counts, unless it would not have been readable behind its head */
        if (status != ES_END || (filtered && es_evtx_get_loss(evtx)->read.n_records < n_all))
            abort();
        n_all = es_evtx_get_loss(evtx)->read.n_records;
        es_evtx_free(evtx);
    }
    return 0;
}
