/* SPDX-License-Identifier: Apache-2.0
 *
 * crew.c: see crew.h.
 */
#include "evidence/crew.h"

#include "evidence/limits.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#define ES_CREW_STACK_SIZE (256u << 10) /* inflating needs little; eight times 8 MiB is not asked */

struct es_crew {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* to the helpers: there is work, or go home */
    pthread_cond_t done; /* to the caller: the last helper has left the work */
    pthread_t threads[ES_CREW_SIZE_MAX];
    unsigned n_threads, n_wanted;
    bool started, quit, busy;
    unsigned inside;     /* helpers at work */
    uint64_t generation; /* of the work, so that a helper joins each only once */
    es_crew_work work;
    void *context;
    uint64_t n;
    atomic_uint_fast64_t next;
};

unsigned es_crew_processors(void)
{
    cpu_set_t set;
    int n;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    n = CPU_COUNT(&set);
    return n > 0 ? (unsigned)n : 1;
}

static void work_on(es_crew *crew)
{
    for (;;) {
        uint64_t number = atomic_fetch_add(&crew->next, 1);

        if (number >= crew->n)
            return;
        crew->work(crew->context, number);
    }
}

static void *help(void *argument)
{
    es_crew *crew = argument;
    uint64_t seen = 0;

    pthread_mutex_lock(&crew->lock);
    for (;;) {
        while (!crew->quit && (!crew->busy || crew->generation == seen))
            pthread_cond_wait(&crew->wake, &crew->lock);
        if (crew->quit)
            break;
        seen = crew->generation;
        crew->inside++;
        pthread_mutex_unlock(&crew->lock);
        work_on(crew);
        pthread_mutex_lock(&crew->lock);
        if (--crew->inside == 0)
            pthread_cond_signal(&crew->done);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

static void start(es_crew *crew)
{
    unsigned wanted = (crew->n_wanted ? crew->n_wanted : es_crew_processors()) - 1;
    pthread_attr_t attributes;

    crew->started = true;
    if (wanted > ES_CREW_SIZE_MAX)
        wanted = ES_CREW_SIZE_MAX;
    if (pthread_attr_init(&attributes) != 0)
        return;
    pthread_attr_setstacksize(&attributes, ES_CREW_STACK_SIZE);
    while (crew->n_threads < wanted &&
           pthread_create(&crew->threads[crew->n_threads], &attributes, help, crew) == 0)
        crew->n_threads++;
    pthread_attr_destroy(&attributes);
}

es_crew *es_crew_new(unsigned n_threads)
{
    es_crew *crew = calloc(1, sizeof *crew);

    if (!crew)
        return NULL;
    crew->n_wanted = n_threads;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->wake, NULL);
    pthread_cond_init(&crew->done, NULL);
    return crew;
}

es_crew *es_crew_free(es_crew *crew)
{
    if (!crew)
        return NULL;
    pthread_mutex_lock(&crew->lock);
    crew->quit = true;
    pthread_cond_broadcast(&crew->wake);
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->n_threads; i++)
        pthread_join(crew->threads[i], NULL);
    pthread_cond_destroy(&crew->done);
    pthread_cond_destroy(&crew->wake);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
    return NULL;
}

void es_crew_run(es_crew *crew, es_crew_work work, void *context, uint64_t n)
{
    bool alone;

    pthread_mutex_lock(&crew->lock);
    alone = crew->busy;
    if (!alone) {
        if (!crew->started)
            start(crew);
        crew->busy = true;
        crew->work = work;
        crew->context = context;
        crew->n = n;
        atomic_store(&crew->next, 0);
        crew->generation++;
        pthread_cond_broadcast(&crew->wake);
    }
    pthread_mutex_unlock(&crew->lock);
    if (alone) {
        for (uint64_t i = 0; i < n; i++)
            work(context, i);
        return;
    }
    work_on(crew);
    pthread_mutex_lock(&crew->lock);
    while (crew->inside > 0)
        pthread_cond_wait(&crew->done, &crew->lock);
    crew->busy = false;
    pthread_mutex_unlock(&crew->lock);
}
