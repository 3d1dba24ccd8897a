/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_command.h: `esuscan batch`: every image below the paths, resumable.
 */
#ifndef ES_BATCH_COMMAND_H
#define ES_BATCH_COMMAND_H

#include "options.h"

/* The exit status: 0 all were scanned, 1 some with gaps or not at all, 3 the batch could not go
 * on. */
int es_batch_command(const es_options *options, int argc, char **argv);

#endif
