/* SPDX-License-Identifier: Apache-2.0
 *
 * report_command.h: `esuscan report --store FILE`: any report again, from what a store keeps.
 */
#ifndef ES_REPORT_COMMAND_H
#define ES_REPORT_COMMAND_H

#include "options.h"

/* The exit status. */
int es_report_command(const es_options *options);

/* The file of an image's report in a folder: its name, and a mark made from its whole path, so that
 * images of one name in different folders stay apart. On the heap. */
char *es_report_path(const char *folder, const char *image, const es_format *format);

#endif
