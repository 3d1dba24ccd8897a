/* SPDX-License-Identifier: Apache-2.0
 *
 * run.h: what the commands share: the run that a report speaks of, words on standard error.
 */
#ifndef ES_RUN_H
#define ES_RUN_H

#include "broker.h"
#include "ledger/ledger.h"
#include "options.h"

#define ES_EXIT_SCANNED 0
#define ES_EXIT_GAPS 1
#define ES_EXIT_USAGE 2
#define ES_EXIT_FAILED 3

/* A run that begins now, over the image that is named first. */
es_run es_run_make(const es_options *options, int argc, char **argv);

/* Paths of the segments, as the parent opened them; on the heap. */
const char **es_run_segment_paths(const es_ledger *ledger, const es_broker *broker);

/* The run ends here: write every report that was asked for. The first failure is said and ends it. */
es_status es_run_write(const es_options *options, const es_ledger *ledger, es_run *run);

unsigned es_run_width(void); /* of the terminal */

void es_say(const es_note *note);
/* Text made safe for a terminal, cut to `width` bytes. */
void es_say_safe(FILE *out, es_text text, uint64_t width);

double es_now_seconds(void); /* monotonic */

#endif
