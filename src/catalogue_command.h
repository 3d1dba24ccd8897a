/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue_command.h: `esuscan catalogue`: what the catalogue alone knows of KBs, CVEs and builds.
 */
#ifndef ES_CATALOGUE_COMMAND_H
#define ES_CATALOGUE_COMMAND_H

#include "options.h"
#include <stdio.h>

/* Answer each thing that is asked for, or describe the catalogue when nothing is. ES_UNSUPPORTED
 * when something asked for is no KB, CVE or build; `reterr_note` names it. */
es_status es_catalogue_command(const es_options *options, FILE *out, es_note *reterr_note);

#endif
