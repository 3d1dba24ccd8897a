/* SPDX-License-Identifier: Apache-2.0
 *
 * show.h: what the formats share: text made safe to show, and words for numbers of the ledger.
 *
 * Every text that came through the ledger passes es_show_text() on its way into a report, ours
 * included: a ledger's texts are the child's, and the child reads hostile bytes.
 */
#ifndef ES_REPORT_SHOW_H
#define ES_REPORT_SHOW_H

#include "base/buffer.h"
#include "report/report.h"

/* Append, cleaned (es_text_show). */
void es_show_text(es_buffer *buffer, es_text text);
void es_show_string(es_buffer *buffer, const char *string); /* NULL: nothing */
void es_show_time(es_buffer *buffer, es_time time);         /* "": not known */
void es_show_hex(es_buffer *buffer, es_bytes bytes);

/* The room that cleaning may need at most. */
uint64_t es_show_room(uint64_t size);

const char *es_show_role(uint32_t role); /* "current", "windows.old", "snapshot", "regback" */

/* What a fact's time means, with how sure it is: "booted (at the latest)". */
void es_show_time_means(es_buffer *buffer, const char *means, es_time time);

/* Path of a segment as the examiner reaches it; on the heap. */
char *es_show_segment_path(const es_ledger *ledger, const es_run *run, size_t index);

/* A datum that says nothing: null, or an empty list. */
bool es_datum_is_empty(const es_datum *datum);

/* The run of fields that make one object: those from `first` on whose name begins with the same
 * "object.". They need not be neighbours: use es_field_in_object() for each. */
size_t es_field_object_size(const char *name); /* length of "object", 0 if there is no dot */
bool es_field_in_object(const char *name, const char *object, size_t object_size);

#endif
