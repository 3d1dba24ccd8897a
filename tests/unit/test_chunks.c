/* SPDX-License-Identifier: Apache-2.0
 *
 * test_chunks.c: the cache of inflated chunks gives what was made, makes little twice, keeps to its
 * size, and stands failures and many readers.
 */
#include "evidence/chunks.h"
#include "evidence/limits.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHUNK 32768u

typedef struct plant {
    atomic_uint made;
    atomic_int status; /* to answer with */
} plant;

static es_status make(void *context, uint64_t number, uint8_t *data)
{
    plant *at = context;

    atomic_fetch_add(&at->made, 1);
    for (uint32_t i = 0; i < CHUNK; i++)
        data[i] = (uint8_t)(number * 31 + i);
    return atomic_load(&at->status);
}

static void expect(const uint8_t *data, uint64_t number, uint32_t at, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        assert_int_equal(data[i], (uint8_t)(number * 31 + at + i));
}

static void made_once(void **unused)
{
    plant at = { 0 };
    es_chunks *cache = es_chunks_new(CHUNK, make, &at);
    uint8_t data[100];

    (void)unused;
    assert_non_null(cache);
    assert_false(es_chunks_peek(cache, 7, 0, data, 1));
    assert_int_equal(atomic_load(&at.made), 0);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(es_chunks_read(cache, 7, i * 3000, data, sizeof data), ES_OK);
        expect(data, 7, i * 3000, sizeof data);
    }
    assert_true(es_chunks_peek(cache, 7, CHUNK - 1, data, 1));
    expect(data, 7, CHUNK - 1, 1);
    assert_int_equal(atomic_load(&at.made), 1);
    es_chunks_free(cache);
    assert_null(es_chunks_free(NULL));
}

/* More than fit: the one used longest ago is made again, the last ones are there. */
static void room_is_limited(void **unused)
{
    uint64_t n = ES_EWF_CACHE_SIZE / CHUNK;
    plant at = { 0 };
    es_chunks *cache = es_chunks_new(CHUNK, make, &at);
    uint8_t byte;

    (void)unused;
    for (uint64_t i = 0; i < 2 * n; i++)
        assert_int_equal(es_chunks_read(cache, i, 5, &byte, 1), ES_OK);
    assert_int_equal(atomic_load(&at.made), 2 * n);
    assert_true(es_chunks_peek(cache, 2 * n - 1, 0, &byte, 1));
    assert_false(es_chunks_peek(cache, 0, 0, &byte, 1));
    es_chunks_free(cache);
}

static void a_failure_is_not_kept(void **unused)
{
    plant at = { .status = ES_NOMEM };
    es_chunks *cache = es_chunks_new(CHUNK, make, &at);
    uint8_t byte;

    (void)unused;
    assert_int_equal(es_chunks_read(cache, 3, 0, &byte, 1), ES_NOMEM);
    assert_false(es_chunks_peek(cache, 3, 0, &byte, 1));
    atomic_store(&at.status, ES_OK);
    assert_int_equal(es_chunks_read(cache, 3, 0, &byte, 1), ES_OK);
    expect(&byte, 3, 0, 1);
    es_chunks_free(cache);
}

typedef struct reader {
    es_chunks *cache;
    uint32_t seed;
    bool wrong;
} reader;

static void *read_at_random(void *context)
{
    reader *self = context;

    for (int i = 0; i < 3000; i++) {
        uint64_t number;
        uint32_t at;
        uint8_t byte = 0;

        self->seed = self->seed * 1664525u + 1013904223u;
        number = (self->seed >> 8) % 700;
        at = (self->seed >> 4) % CHUNK;
        if (es_chunks_read(self->cache, number, at, &byte, 1) != ES_OK ||
            byte != (uint8_t)(number * 31 + at))
            self->wrong = true;
    }
    return NULL;
}

static void many_readers(void **unused)
{
    plant at = { 0 };
    es_chunks *cache = es_chunks_new(CHUNK, make, &at);
    reader readers[6];
    pthread_t threads[6];

    (void)unused;
    for (uint32_t i = 0; i < 6; i++) {
        readers[i] = (reader){ cache, i + 1, false };
        assert_int_equal(pthread_create(&threads[i], NULL, read_at_random, &readers[i]), 0);
    }
    for (size_t i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
        assert_false(readers[i].wrong);
    }
    assert_true(atomic_load(&at.made) < 18000); /* most were there */
    es_chunks_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_once),
        cmocka_unit_test(room_is_limited),
        cmocka_unit_test(a_failure_is_not_kept),
        cmocka_unit_test(many_readers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
