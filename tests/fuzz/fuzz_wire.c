/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_wire.c: what a child that was taken over may send. The bytes go through the decoder alone,
 * and as a stream of frames into a ledger that is then closed and written in every format.
 */
#include "input.h"

#include "ledger/ledger.h"
#include "ledger/wire.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARENA_MAX (UINT64_C(1) << 30)

static void decode(const uint8_t *data, size_t size)
{
    es_arena *arena = NULL;
    es_buffer again = es_buffer_make(UINT64_C(64) << 20);
    es_record record;

    if (es_arena_new(ARENA_MAX, &arena))
        return;
    if (es_wire_decode((es_bytes){ data, size }, arena, &record) == ES_OK &&
        es_wire_encode(&record, &again) == ES_OK) {
        /* What was accepted once is accepted again, repaired text and all. */
        if (es_wire_decode((es_bytes){ again.data + 4, again.size - 4 }, arena, &record) != ES_OK)
            abort();
    }
    es_buffer_free(&again);
    es_arena_free(arena);
}

/* A pipe holds 64 KiB: larger inputs are cut, which is one more thing to survive. */
static int pipe_with(const uint8_t *data, size_t size)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    if (size > 60000)
        size = 60000;
    if (write(ends[1], data, size) != (ssize_t)size)
        abort();
    close(ends[1]);
    return ends[0];
}

static void report(const es_ledger *ledger)
{
    es_run run = { .version = "0", .image_path = "/x", .width = 80 };
    FILE *out = fopen("/dev/null", "w");

    for (size_t i = 0; out && es_format_at(i); i++)
        if (es_format_at(i)->write)
            if (es_format_at(i)->write) /* the store's needs a file of its own */
            es_format_at(i)->write(ledger, &run, out);
    if (out)
        fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_ledger *ledger = NULL;
    int fd = pipe_with(data, size);

    decode(data, size);
    if (fd < 0 || es_ledger_new(NULL, NULL, &ledger))
        abort();
    es_wire_read(fd, ledger, NULL, NULL);
    close(fd);
    if (es_ledger_close(ledger) == ES_OK)
        report(ledger);
    es_ledger_free(ledger);
    return 0;
}
