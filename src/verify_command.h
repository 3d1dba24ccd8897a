/* SPDX-License-Identifier: Apache-2.0
 *
 * verify_command.h: `esuscan verify`: read every byte, and say whether it is what was acquired.
 */
#ifndef ES_VERIFY_COMMAND_H
#define ES_VERIFY_COMMAND_H

#include "cage.h"
#include "options.h"

/* The exit status: 0 intact, 1 damaged, changed, or with nothing to compare, 3 not read. `watch` is
 * shown what happens; `quiet` is called before words are written. */
int es_verify_command(const es_options *options, int argc, char **argv, es_cage_watch watch,
                      void (*quiet)(void *context), void *context);

#endif
