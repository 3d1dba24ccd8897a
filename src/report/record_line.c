/* SPDX-License-Identifier: Apache-2.0
 *
 * record_line.c: facts and notes as JSON, straight into bytes.
 *
 * A busy server with its shadow copies has a million facts: a tree of values for each costs more
 * than everything that was done to find it. Members are put one after the other; text beyond
 * printable ASCII, which is rare, is left to jansson. What is the same for all facts of one file is made
 * once: they come one behind the other.
 */
#include "base/text.h"
#include "base/time.h"
#include "report/record.h"
#include "report/show.h"

#include <stdlib.h>

/* A fact is a frame at most; escaped and in hexadecimal it grows. */
#define LINE_MAX_SIZE (UINT64_C(512) << 20)
#define FILE_MAX_SIZE (UINT64_C(1) << 20)

es_json es_json_begin(const es_ledger *ledger, const es_run *run)
{
    es_json json = { .ledger = ledger, .run = run, .line = es_buffer_make(LINE_MAX_SIZE),
                     .file = es_buffer_make(FILE_MAX_SIZE),
                     .words = es_buffer_make(FILE_MAX_SIZE) };

    return json;
}

void es_json_end(es_json *json)
{
    es_buffer_free(&json->line);
    es_buffer_free(&json->file);
    es_buffer_free(&json->words);
    free(json->file_line);
    json->file_line = NULL;
}

/* ---- values ---- */

static void put(es_json *json, const char *words)
{
    es_buffer_string(&json->line, words);
}

static void put_number(es_json *json, int64_t number)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

    *--at = '\0';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        *--at = '-';
    put(json, at);
}

static void put_value(es_json *json, json_t *value)
{
    char *words = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;

    if (words)
        put(json, words);
    else
        json->failed = true;
    free(words);
    json_decref(value);
}

/* Of plain text two characters are escaped, and in every name of a key there are some. */
static void put_text(es_json *json, es_text text)
{
    uint64_t start = 0, before = json->line.size;

    es_buffer_u8(&json->line, '"');
    for (uint64_t i = 0; i < text.size; i++) {
        char c = text.data[i];

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
            continue;
        if (c != '"' && c != '\\') { /* not plain */
            json->line.size = before;
            put_value(json, es_json_text(json, text));
            return;
        }
        es_buffer_bytes(&json->line, text.data + start, i - start);
        es_buffer_u8(&json->line, '\\');
        start = i; /* itself goes with the run behind it */
    }
    es_buffer_bytes(&json->line, text.data + start, text.size - start);
    es_buffer_u8(&json->line, '"');
}

static void put_hex(es_json *json, es_bytes bytes)
{
    es_buffer_u8(&json->line, '"');
    es_show_hex(&json->line, bytes);
    es_buffer_u8(&json->line, '"');
}

static void put_string(es_json *json, const char *string)
{
    if (string)
        put_text(json, es_text_of(string));
    else
        put(json, "null");
}

static void put_time(es_json *json, es_time time)
{
    char words[ES_TIME_STRING_MAX];

    es_time_format(time, words);
    put_string(json, words[0] ? words : NULL);
}

static void put_id(es_json *json, const char *prefix, uint64_t number)
{
    if (!number) {
        put(json, "null");
        return;
    }
    es_buffer_u8(&json->line, '"');
    put(json, prefix);
    put_number(json, (int64_t)number);
    es_buffer_u8(&json->line, '"');
}

static void put_fact(es_json *json, uint64_t reference)
{
    put_id(json, "f", es_ledger_fact_number(json->ledger, reference));
}

static void put_list(es_json *json, const es_datum *datum)
{
    put(json, "[");
    for (uint64_t i = 0; i < datum->n; i++) {
        if (i)
            put(json, ", ");
        if (datum->type == ES_FIELD_TEXT_LIST)
            put_text(json, datum->texts[i]);
        else
            put_fact(json, datum->facts[i]);
    }
    put(json, "]");
}

static void put_datum(es_json *json, const es_datum *datum)
{
    switch (datum->type) {
    case ES_FIELD_TEXT:
        put_text(json, datum->text);
        break;
    case ES_FIELD_INTEGER:
        put_number(json, datum->integer);
        break;
    case ES_FIELD_BOOLEAN:
        put(json, datum->integer ? "true" : "false");
        break;
    case ES_FIELD_TIME:
        put_time(json, datum->time);
        break;
    case ES_FIELD_BYTES:
        put_hex(json, datum->bytes);
        break;
    case ES_FIELD_FACT:
        put_fact(json, (uint64_t)datum->integer);
        break;
    case ES_FIELD_TEXT_LIST:
    case ES_FIELD_FACT_LIST:
        put_list(json, datum);
        break;
    default:
        put(json, "null");
    }
}

/* ---- members ---- */

/* Keys are ours or were checked when a plugin declared them: nothing in them is escaped. */
static void put_key(es_json *json, const char *key)
{
    uint8_t last = json->line.size ? json->line.data[json->line.size - 1] : '{';

    put(json, last == '{' ? "\"" : ", \"");
    put(json, key);
    put(json, "\": ");
}

static void member_string(es_json *json, const char *key, const char *string)
{
    put_key(json, key);
    put_string(json, string);
}

static void member_number(es_json *json, const char *key, int64_t number)
{
    put_key(json, key);
    put_number(json, number);
}

/* ---- where ---- */

static void put_artefact(es_json *json, const es_artefact_record *artefact)
{
    if (artefact->volume)
        member_number(json, "volume", artefact->volume);
    if (artefact->snapshot >= 0)
        member_number(json, "snapshot", artefact->snapshot);
    member_string(json, "path", artefact->path);
    if (artefact->has_mft) {
        member_number(json, "mft_entry", (int64_t)artefact->mft_entry);
        member_number(json, "mft_sequence", artefact->mft_sequence);
    }
}

static void put_applied(es_json *json, const es_where *from)
{
    const es_artefact_record *log = es_ledger_artefact(json->ledger, from->log_artefact);

    if (!log)
        return;
    put_key(json, "applied");
    put(json, "{");
    member_string(json, "path", log->path);
    put_key(json, "mft_entry");
    put_value(json, log->has_mft ? json_integer((json_int_t)log->mft_entry) : json_null());
    put_key(json, "log_offset");
    put_value(json, from->log_offset >= 0 ? json_integer(from->log_offset) : json_null());
    put_key(json, "hive_offset");
    put_value(json, from->offset >= 0 ? json_integer(from->offset) : json_null());
    put_key(json, "length");
    put_value(json, from->length >= 0 ? json_integer(from->length) : json_null());
    put(json, "}");
}

/* What the places in one file have in common; made for the file at hand, kept for the next. */
static void take_file(es_json *json, const es_where *from, const es_artefact_record *artefact)
{
    uint64_t start = json->line.size;

    if (json->file_of == from->artefact && json->file.size)
        return;
    put(json, "{");
    put_artefact(json, artefact);
    es_buffer_clear(&json->file);
    es_buffer_bytes(&json->file, json->line.data + start, json->line.size - start);
    json->line.size = start;
    free(json->file_line);
    json->file_line = es_reproduce_file(json->ledger, json->run, from);
    json->file_of = from->artefact;
}

static void put_reproduce(es_json *json, const es_where *from)
{
    char *line;

    if (es_reproduce_in_file(json->ledger, from)) {
        if (!json->file_line)
            return;
        es_buffer_clear(&json->words);
        es_buffer_string(&json->words, json->file_line);
        es_reproduce_rest(&json->words, json->ledger, from);
        if (json->words.failed == ES_LIMIT) { /* too long for a line */
            es_buffer_clear(&json->words);
            return;
        }
        put_key(json, "reproduce");
        put_text(json, (es_text){ (const char *)json->words.data, json->words.size });
        return;
    }
    line = es_reproduce(json->ledger, json->run, from);
    if (line)
        member_string(json, "reproduce", line);
    free(line);
}

static void put_where(es_json *json, const es_where *from)
{
    const es_artefact_record *artefact = es_ledger_artefact(json->ledger, from->artefact);

    if (artefact) {
        take_file(json, from, artefact);
        es_buffer_bytes(&json->line, json->file.data, json->file.size);
    } else {
        put(json, "{");
        if (from->volume)
            member_number(json, "volume", from->volume);
        if (from->snapshot)
            member_number(json, "snapshot", from->snapshot);
        if (from->path)
            member_string(json, "path", from->path);
    }
    if (from->key)
        member_string(json, "key", from->key);
    if (from->value)
        member_string(json, "value", from->value);
    if (from->offset >= 0)
        member_number(json, "offset", from->offset);
    if (from->offset >= 0 && from->length >= 0)
        member_number(json, "length", from->length);
    if (es_time_known(from->last_written)) {
        put_key(json, "last_written");
        put_time(json, from->last_written);
    }
    if (artefact && artefact->has_sha256) {
        put_key(json, "artefact_sha256");
        put_hex(json, (es_bytes){ artefact->sha256, sizeof artefact->sha256 });
    }
    if (from->damaged || (artefact && artefact->damaged)) {
        put_key(json, "damaged");
        put(json, "true");
    }
    put_applied(json, from);
    put_reproduce(json, from);
    put(json, "}");
}

/* ---- records ---- */

static void begin(es_json *json, const char *record)
{
    es_buffer_clear(&json->line);
    put(json, "{");
    if (record)
        member_string(json, "record", record);
}

static es_status end(es_json *json, FILE *out)
{
    put(json, "}");
    if (json->failed || json->line.failed || json->file.failed || json->words.failed)
        return ES_NOMEM;
    return fwrite(json->line.data, 1, (size_t)json->line.size, out) == json->line.size ? ES_OK
                                                                                      : ES_IO;
}

static void put_means(es_json *json, const es_fact_type *type, es_time time)
{
    if (!es_time_known(time)) {
        put(json, "null");
        return;
    }
    es_buffer_clear(&json->words);
    es_show_time_means(&json->words, type->time_means, time);
    put_text(json, (es_text){ (const char *)json->words.data, json->words.size });
}

es_status es_json_write_fact(es_json *json, const char *record, const es_fact_record *fact,
                             FILE *out)
{
    const es_fact_type *type = es_ledger_fact_type(json->ledger, fact);

    begin(json, record);
    put_key(json, "id");
    put_fact(json, fact->reference);
    put_key(json, "installation");
    put_id(json, "i", fact->installation);
    member_string(json, "plugin", fact->plugin);
    member_string(json, "type", type->name);
    put_key(json, "fields");
    put(json, "{");
    for (uint32_t i = 0; i < fact->n_fields; i++) {
        put_key(json, type->fields[i].name);
        put_datum(json, &fact->fields[i]);
    }
    put(json, "}");
    put_key(json, "time");
    put_time(json, fact->time);
    put_key(json, "time_means");
    put_means(json, type, fact->time);
    put_key(json, "where");
    put_where(json, &fact->where);
    return end(json, out);
}

es_status es_json_write_note(es_json *json, const char *record, const es_note_record *note,
                             FILE *out)
{
    begin(json, record);
    member_string(json, "severity", es_severity_name(note->severity));
    member_string(json, "area", note->area);
    put_key(json, "text");
    put_text(json, note->text);
    put_key(json, "installation");
    put_id(json, "i", note->installation);
    put_key(json, "where");
    if (note->has_where)
        put_where(json, &note->where);
    else
        put(json, "null");
    return end(json, out);
}
