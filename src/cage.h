/* SPDX-License-Identifier: Apache-2.0
 *
 * cage.h: a scan in a process of its own.
 *
 * The parent opens descriptors and collects records; the child loads the plugins, enters the jail
 * and only then interprets evidence. When the child dies, the parent knows from its last step what
 * it was doing, starts it again without that, and says so. Whatever happens the parent ends with a
 * ledger.
 *
 * Threading: called by the only thread of the process.
 */
#ifndef ES_CAGE_H
#define ES_CAGE_H

#include "broker.h"
#include "ledger/ledger.h"
#include "options.h"
#include <sys/types.h>

/* Called for each record as it arrives, for progress and the log. */
typedef void (*es_cage_watch)(void *context, const es_record *record);

/* Run a scan, or with a NULL broker only load the plugins and collect what they declare. `watch` may
 * be NULL. The ledger is not closed yet. Negative only when no child could be run at all.
 *
 * A child that has said all has memory to give back, which takes a while when its hives were large.
 * `ret_leaving` (may be NULL: it is seen gone) receives it, for es_cage_leave(); 0 when there is
 * none left. */
es_status es_cage_run(const es_options *options, es_broker *broker, es_cage_watch watch,
                      void *context, es_ledger **ret_ledger, pid_t *ret_leaving,
                      es_note *reterr_note);

/* See the child gone: it is killed, for how it ends no longer matters. */
void es_cage_leave(pid_t leaving);

#endif
