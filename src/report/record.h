/* SPDX-License-Identifier: Apache-2.0
 *
 * record.h: records of a ledger as JSON values; shared by json.c and jsonl.c.
 *
 * A value that could not be made (no memory) is missing, and `failed` says so: build a whole
 * record, then ask once.
 */
#ifndef ES_REPORT_RECORD_H
#define ES_REPORT_RECORD_H

#include "base/buffer.h"
#include "report/report.h"

#include <jansson.h>

typedef struct es_json {
    const es_ledger *ledger;
    const es_run *run;
    bool failed;
    /* of the records that are written whole */
    FILE *out;
    es_status status; /* of what was written of them already */
    es_buffer line, words;
    uint32_t file_of;  /* the artefact that `file` and `file_line` are about */
    es_buffer file;    /* "where" of it, as far as it is the same for all places in it */
    char *file_line;   /* the command line that shows it */
} es_json;

es_json es_json_begin(const es_ledger *ledger, const es_run *run);
void es_json_end(es_json *json);

/* Values; the caller owns them. Absent things are null. */
json_t *es_json_text(es_json *json, es_text text);
json_t *es_json_string(es_json *json, const char *string);
json_t *es_json_time(es_json *json, es_time time);
json_t *es_json_id(es_json *json, const char *prefix, uint64_t number); /* 0 is null */

/* Add; takes the value over. */
void es_json_set(es_json *json, json_t *object, const char *key, json_t *value);
void es_json_append(es_json *json, json_t *array, json_t *value);

/* A record, whole (record_line.c); of a fact or note first of all its `record`, unless that is NULL.
 * An installation comes with its verdicts and rows; a verdict alone says whose it is. ES_NOMEM,
 * ES_IO. */
es_status es_json_write_installation(es_json *json, const es_installation_record *state,
                                     FILE *out);
es_status es_json_write_verdict(es_json *json, const es_verdict_record *verdict, FILE *out);
es_status es_json_write_fact(es_json *json, const char *record, const es_fact_record *fact,
                             FILE *out);
es_status es_json_write_note(es_json *json, const char *record, const es_note_record *note,
                             FILE *out);

/* Write and free a value; ES_IO when the stream takes no more, ES_NOMEM when json->failed. */
es_status es_json_write(es_json *json, json_t *value, FILE *out);

#endif
