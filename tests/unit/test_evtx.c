/* SPDX-License-Identifier: Apache-2.0
 *
 * test_evtx.c: event logs: what an event says, and what is kept of damaged logs.
 *
 * Argument: the folder of the seeds. Real logs are looked at where ES_EVENT_LOGS names their folder.
 */
#include "windows/evtx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static const char *seeds;

typedef struct file {
    uint8_t *bytes;
    uint64_t size;
    uint64_t damaged_from; /* UINT64_MAX: nowhere */
    uint64_t lost_from;    /* cannot be read at all */
} file;

static es_status read_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    const file *from = context;

    assert_true(offset <= from->size && size <= from->size - offset);
    if (offset + size > from->lost_from)
        return ES_CORRUPT;
    memcpy(buffer, from->bytes + offset, size);
    *ret_damaged = offset + size > from->damaged_from;
    return ES_OK;
}

static file load_from(const char *folder, const char *name)
{
    file loaded = { NULL, 0, UINT64_MAX, UINT64_MAX };
    char path[1024];
    FILE *stream;
    long size;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    stream = fopen(path, "rb");
    if (!stream)
        return loaded;
    assert_int_equal(fseek(stream, 0, SEEK_END), 0);
    size = ftell(stream);
    rewind(stream);
    assert_true(size > 0);
    loaded.size = (uint64_t)size;
    loaded.bytes = malloc((size_t)size);
    assert_non_null(loaded.bytes);
    assert_int_equal(fread(loaded.bytes, 1, (size_t)size, stream), size);
    fclose(stream);
    return loaded;
}

static file load(const char *name)
{
    char folder[1024];
    file loaded;

    snprintf(folder, sizeof folder, "%s/logs", seeds);
    loaded = load_from(folder, name);
    assert_non_null(loaded.bytes);
    return loaded;
}

static es_evtx *open_log(file *from)
{
    const es_evtx_input input = { from->size, read_bytes, from };
    es_evtx *evtx = NULL;
    bool old = true;

    assert_int_equal(es_evtx_open(&input, &evtx, &old), ES_OK);
    assert_false(old);
    return evtx;
}

static uint64_t count(es_evtx *evtx)
{
    es_evtx_event event;
    uint64_t n = 0;
    es_status status;

    while ((status = es_evtx_next(evtx, &event)) == ES_OK)
        n++;
    assert_int_equal(status, ES_END);
    return n;
}

static void expect(es_text text, const char *want)
{
    assert_int_equal(text.size, strlen(want));
    assert_memory_equal(text.data, want, text.size);
}

/* Step to the first event of an identifier. */
static void seek(es_evtx *evtx, uint32_t id, es_evtx_event *ret)
{
    do
        assert_int_equal(es_evtx_next(evtx, ret), ES_OK);
    while (ret->id != id);
}

static void test_event(void **state)
{
    file from = load("starts.evtx");
    es_evtx *evtx = open_log(&from);
    es_evtx_event event;

    (void)state;
    seek(evtx, 12, &event);
    assert_int_equal(event.record, 1);
    assert_int_equal(event.offset, 4096 + 512);
    assert_int_equal(event.level, 4);
    expect(event.provider, "Microsoft-Windows-Kernel-General");
    expect(event.provider_guid, "{a68ca8b7-004f-d7b6-a698-07e2de0f1f5d}");
    expect(event.channel, "System");
    expect(event.computer, "SRV2008-01");
    expect(event.user_sid, "S-1-5-18");
    assert_int_equal(event.n_data, 7);
    expect(event.data_names[2], "BuildVersion");
    expect(event.data[2], "6002");
    expect(event.data[6], "2019-03-20T05:58:11.0000000Z");
    assert_false(event.recovered || event.damaged);

    /* strings without names, each by itself; an empty one counts */
    seek(evtx, 6009, &event);
    assert_int_equal(event.n_data, 4);
    expect(event.data[2], "Service Pack 2");
    expect(event.data_names[2], "");
    expect(event.provider_guid, "");
    seek(evtx, 6013, &event);
    assert_int_equal(event.n_data, 7);
    expect(event.data[0], "");
    assert_int_equal(event.binary.size, 384);
    seek(evtx, 104, &event);
    expect(event.data_names[0], "SubjectUserName");
    expect(event.data[2], "System");
    assert_int_equal(es_evtx_next(evtx, &event), ES_END);
    assert_int_equal(es_evtx_next(evtx, &event), ES_END);
    es_evtx_free(evtx);
    free(from.bytes);
}

static void test_only(void **state)
{
    static const uint16_t ids[] = { 6009, 65535 };
    file from = load("starts.evtx");
    es_evtx *evtx = open_log(&from);

    (void)state;
    es_evtx_only(evtx, ids, 2);
    assert_int_equal(count(evtx), 4);
    assert_int_equal(es_evtx_get_loss(evtx)->read.n_records, 31);
    assert_int_equal(es_evtx_get_loss(evtx)->read.lowest, 1);
    assert_int_equal(es_evtx_get_loss(evtx)->read.highest, 31);
    es_evtx_free(evtx);
    free(from.bytes);
}

/* Somebody who remembers all chunks, and knows those that are sound when asked again. */
typedef struct memory {
    es_evtx_chunk chunks[8];
    size_t n, n_passed;
    bool know;
} memory;

static es_status ahead(void *context, uint64_t number, uint64_t offset, es_evtx_chunk *ret_known)
{
    memory *all = context;

    assert_int_equal(offset, 4096 + number * ES_EVTX_CHUNK);
    if (!all->know || !all->chunks[number].sound)
        return ES_ABSENT;
    *ret_known = all->chunks[number];
    all->n_passed++;
    return ES_OK;
}

static void behind(void *context, uint64_t number, const es_evtx_chunk *chunk)
{
    memory *all = context;

    assert_int_equal(number, all->know ? number : all->n);
    all->chunks[number] = *chunk;
    all->n += !all->know;
}

/* Chunks that are known are passed over, and count as if they had been read. */
static void test_known_chunks(void **state)
{
    static const char *const names[] = { "starts.evtx", "audit.evtx", "broken-chain.evtx",
                                         "chunk-without-header.evtx", "empty.evtx" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        file from = load(names[i]);
        es_evtx *first = open_log(&from), *again = open_log(&from);
        memory all = { .know = false };
        es_evtx_watch watch = { ahead, behind, &all };
        uint64_t n, n_broken = 0, unsound = 0;

        assert_true(es_evtx_watched(first, &watch) <= 8);
        n = count(first);
        for (size_t k = 0; k < all.n; k++)
            unsound += all.chunks[k].sound ? 0 : all.chunks[k].span.n_records;
        n_broken = es_evtx_get_loss(first)->n_broken;
        all.know = true;
        es_evtx_watched(again, &watch);
        assert_int_equal(count(again), unsound);
        assert_true(n >= unsound);
        assert_int_equal(all.n_passed + n_broken, all.n);
        assert_memory_equal(es_evtx_get_loss(first), es_evtx_get_loss(again),
                            sizeof(es_evtx_loss));
        es_evtx_free(first);
        es_evtx_free(again);
        free(from.bytes);
    }
}

static void test_broken(void **state)
{
    static const struct {
        const char *name;
        uint64_t at_least, at_most, broken;
        bool header, cut;
    } cases[] = {
        { "starts.evtx", 31, 31, 0, false, false },
        { "empty.evtx", 0, 0, 0, false, false },
        { "audit.evtx", 4, 4, 0, false, false },
        { "no-header.evtx", 31, 31, 0, true, false },
        { "chunk-without-header.evtx", 174, 174, 1, false, false },
        { "broken-chain.evtx", 173, 173, 1, false, false },
        { "looped-template.evtx", 0, 1, 1, false, false },
        { "cut.evtx", 0, 0, 0, false, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file from = load(cases[i].name);
        es_evtx *evtx = open_log(&from);
        uint64_t n = count(evtx);
        const es_evtx_loss *loss = es_evtx_get_loss(evtx);

        if (n < cases[i].at_least || n > cases[i].at_most || loss->n_broken != cases[i].broken ||
            loss->header != cases[i].header || loss->cut != cases[i].cut)
            fail_msg("%s: %llu events, %llu chunks broken, %llu records lost", cases[i].name,
                     (unsigned long long)n, (unsigned long long)loss->n_broken,
                     (unsigned long long)loss->n_records_lost);
        es_evtx_free(evtx);
        free(from.bytes);
    }
}

/* Some hundred records of 48 bytes that would take minutes: all are counted, and it ends. */
static void test_costly(void **state)
{
    static const char *const names[] = { "costly-values.evtx", "costly-text.evtx" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        file from = load(names[i]);
        es_evtx *evtx = open_log(&from);
        clock_t began = clock();

        assert_int_equal(count(evtx), 0);
        assert_true(clock() - began < CLOCKS_PER_SEC);
        assert_true(es_evtx_get_loss(evtx)->n_records_lost > 400);
        assert_int_equal(es_evtx_get_loss(evtx)->n_broken, 1);
        es_evtx_free(evtx);
        free(from.bytes);
    }
}

static void test_damaged(void **state)
{
    file from = load("broken-chain.evtx");
    es_evtx_event event;
    es_evtx *evtx;

    (void)state;
    from.damaged_from = 4096 + 65536;
    evtx = open_log(&from);
    while (es_evtx_next(evtx, &event) == ES_OK)
        assert_int_equal(event.damaged, event.offset >= 4096 + 65536);
    es_evtx_free(evtx);

    /* a chunk that cannot be had is lost; the other is not */
    from.lost_from = 4096 + 65536;
    evtx = open_log(&from);
    assert_true(count(evtx) > 50);
    assert_int_equal(es_evtx_get_loss(evtx)->n_damaged, 1);
    es_evtx_free(evtx);
    free(from.bytes);
}

static void test_refused(void **state)
{
    file from = load("old.evt");
    const es_evtx_input input = { from.size, read_bytes, &from };
    uint8_t zeros[8192] = { 0 };
    file nothing = { zeros, sizeof zeros, UINT64_MAX, UINT64_MAX };
    es_evtx_input none = { sizeof zeros, read_bytes, &nothing };
    es_evtx *evtx = NULL;
    bool old = false;

    (void)state;
    assert_int_equal(es_evtx_open(&input, &evtx, &old), ES_UNSUPPORTED);
    assert_true(old);
    assert_int_equal(es_evtx_open(&none, &evtx, &old), ES_CORRUPT);
    none.size = 0;
    assert_int_equal(es_evtx_open(&none, &evtx, &old), ES_CORRUPT);
    assert_null(evtx);
    free(from.bytes);
}

/* As many records as evtxexport reads of logs that machines wrote. */
static void test_real(void **state)
{
    static const struct {
        const char *name;
        uint64_t n;
    } real[] = { { "2008r2-sp1-System.evtx", 5009 }, { "2012r2-Setup.evtx", 20 },
                 { "no-crc32.evtx", 17 } };
    const char *folder = getenv("ES_EVENT_LOGS");

    (void)state;
    for (size_t i = 0; folder && i < sizeof real / sizeof *real; i++) {
        file from = load_from(folder, real[i].name);
        es_evtx *evtx;

        if (!from.bytes)
            continue;
        evtx = open_log(&from);
        assert_int_equal(count(evtx), real[i].n);
        assert_int_equal(es_evtx_get_loss(evtx)->n_records_lost, 0);
        es_evtx_free(evtx);
        free(from.bytes);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event),   cmocka_unit_test(test_only),
        cmocka_unit_test(test_known_chunks),
        cmocka_unit_test(test_broken),    cmocka_unit_test(test_costly),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_real),
    };

    seeds = argc > 1 ? argv[1] : "fixtures";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
