/* SPDX-License-Identifier: Apache-2.0
 *
 * crew.h: a few threads that help with one piece of work at a time.
 *
 * The caller always works too, so that everything is done even where no thread can be made. When
 * the crew is busy for someone else the caller does its work alone: nobody waits for a helper.
 */
#ifndef ES_EVIDENCE_CREW_H
#define ES_EVIDENCE_CREW_H

#include <stddef.h>
#include <stdint.h>

typedef struct es_crew es_crew;

/* Called once for every number below n, each by some thread. */
typedef void (*es_crew_work)(void *context, uint64_t number);

/* Threads are made at the first es_crew_run(): `n_threads` with the caller, 0 for one a processor. */
es_crew *es_crew_new(unsigned n_threads);
es_crew *es_crew_free(es_crew *crew);
void es_crew_run(es_crew *crew, es_crew_work work, void *context, uint64_t n);

/* Processors this process may run on. Asks the scheduler, opens no file: works in the jail. */
unsigned es_crew_processors(void);

#endif
