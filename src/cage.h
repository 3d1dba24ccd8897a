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

/* Called for each record as it arrives, for progress and the log. */
typedef void (*es_cage_watch)(void *context, const es_record *record);

/* Run a scan, or with a NULL broker only load the plugins and collect what they declare. `watch` may
 * be NULL. The ledger is not closed yet. Negative only when no child could be run at all. */
es_status es_cage_run(const es_options *options, es_broker *broker, es_cage_watch watch,
                      void *context, es_ledger **ret_ledger, es_note *reterr_note);

#endif
