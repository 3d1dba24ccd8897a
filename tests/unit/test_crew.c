/* SPDX-License-Identifier: Apache-2.0
 *
 * test_crew.c: every number is done once, whoever does it, also when two ask at once and when
 * there are no helpers.
 */
#include "evidence/crew.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#define N 10000u

typedef struct tally {
    atomic_uint times[N];
} tally;

static void count(void *context, uint64_t number)
{
    atomic_fetch_add(&((tally *)context)->times[number], 1);
}

static void expect(const tally *all, uint64_t n, unsigned times)
{
    for (uint64_t i = 0; i < N; i++)
        assert_int_equal(atomic_load(&all->times[i]), i < n ? times : 0);
}

static void every_number_once(void **unused)
{
    static const uint64_t sizes[] = { 0, 1, 2, 8, 999, N };

    (void)unused;
    for (unsigned threads = 0; threads < 12; threads++) {
        es_crew *crew = es_crew_new(threads);

        assert_non_null(crew);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            tally *all = calloc(1, sizeof *all);

            assert_non_null(all);
            es_crew_run(crew, count, all, sizes[i]);
            expect(all, sizes[i], 1);
            free(all);
        }
        es_crew_free(crew);
    }
    assert_true(es_crew_processors() > 0);
    assert_null(es_crew_free(NULL));
}

typedef struct rival {
    es_crew *crew;
    tally all;
} rival;

static void *run_often(void *context)
{
    rival *self = context;

    for (int i = 0; i < 200; i++)
        es_crew_run(self->crew, count, &self->all, 100);
    return NULL;
}

static void two_at_once(void **unused)
{
    es_crew *crew = es_crew_new(4);
    rival *rivals = calloc(3, sizeof *rivals);
    pthread_t threads[3];

    (void)unused;
    assert_true(crew && rivals);
    for (size_t i = 0; i < 3; i++) {
        rivals[i].crew = crew;
        assert_int_equal(pthread_create(&threads[i], NULL, run_often, &rivals[i]), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        expect(&rivals[i].all, 100, 200);
    }
    free(rivals);
    es_crew_free(crew);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_once),
        cmocka_unit_test(two_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
