/* SPDX-License-Identifier: Apache-2.0
 *
 * record_line.c: facts, notes, verdicts and installations as JSON, straight into bytes.
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
/* A command line; nobody runs a longer one. */
#define WORDS_MAX_SIZE (UINT64_C(1) << 20)
#define FLUSH_SIZE (UINT64_C(1) << 20)

es_json es_json_begin(const es_ledger *ledger, const es_run *run)
{
    es_json json = { .ledger = ledger, .run = run, .line = es_buffer_make(LINE_MAX_SIZE),
                     .file = es_buffer_make(LINE_MAX_SIZE),
                     .words = es_buffer_make(WORDS_MAX_SIZE) };

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

/* ---- what verdicts and rows say ---- */

/* In verdicts and rows a list is always a list. */
static void put_said(es_json *json, const es_field *field, const es_datum *datum)
{
    if (datum->type == 0 &&
        (field->type == ES_FIELD_TEXT_LIST || field->type == ES_FIELD_FACT_LIST))
        put(json, "[]");
    else
        put_datum(json, datum);
}

/* The object that "object.member" fields make; null when every member is. */
static void put_object(es_json *json, const es_field *fields, const es_datum *data, uint32_t n,
                       const char *object, size_t object_size)
{
    uint64_t start = json->line.size;
    bool empty = true;

    put(json, "{");
    for (uint32_t i = 0; i < n; i++) {
        if (!es_field_in_object(fields[i].name, object, object_size))
            continue;
        empty = empty && es_datum_is_empty(&data[i]);
        put_key(json, fields[i].name + object_size + 1);
        put_said(json, &fields[i], &data[i]);
    }
    if (empty) {
        json->line.size = start;
        put(json, "null");
    } else {
        put(json, "}");
    }
}

static bool is_first_of(const es_field *fields, uint32_t i, size_t object_size)
{
    for (uint32_t k = 0; k < i; k++)
        if (es_field_in_object(fields[k].name, fields[i].name, object_size))
            return false;
    return true;
}

/* Fields of a verdict or row, objects made of dotted names at the place of their first member. */
static void put_fields(es_json *json, const es_field *fields, const es_datum *data, uint32_t n)
{
    char key[128];

    for (uint32_t i = 0; i < n; i++) {
        size_t size = es_field_object_size(fields[i].name);

        if (!size) {
            put_key(json, fields[i].name);
            put_said(json, &fields[i], &data[i]);
        } else if (is_first_of(fields, i, size)) {
            snprintf(key, sizeof key, "%.*s", (int)size, fields[i].name);
            put_key(json, key);
            put_object(json, fields, data, n, fields[i].name, size);
        }
    }
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Lists may be long: what is there of them is written now and then. */
static void write_some(es_json *json)
{
    if (json->line.size < FLUSH_SIZE || json->line.failed)
        return;
    if (fwrite(json->line.data, 1, (size_t)json->line.size, json->out) != json->line.size)
        json->status = ES_IO;
    es_buffer_clear(&json->line);
}

/* The rows of an installation's list: of `verdict`, or of none (NULL). */
static void put_rows(es_json *json, uint32_t installation, const char *plugin, const char *verdict,
                     const char *name)
{
    const es_row_record *rows;
    size_t n = es_ledger_rows_of(json->ledger, installation, &rows);
    const char *between = "{";

    put_key(json, name);
    put(json, "[");
    for (size_t i = 0; i < n && json->status == ES_OK; i++) {
        const es_row_type *type;

        if (plugin && strcmp(rows[i].plugin, plugin) != 0)
            continue;
        type = es_ledger_row_type(json->ledger, &rows[i]);
        if (!same_text(type->verdict, verdict) || strcmp(type->name, name) != 0)
            continue;
        put(json, between);
        put_fields(json, type->fields, rows[i].fields, rows[i].n_fields);
        put(json, "}");
        write_some(json);
        between = ", {";
    }
    put(json, "]");
}

static void put_verdict(es_json *json, const es_verdict_record *verdict)
{
    const es_verdict_type *type = es_ledger_verdict_type(json->ledger, verdict);
    const es_plugin *plugin = es_ledger_plugin(json->ledger, verdict->plugin);
    es_datum because = es_datum_facts(verdict->because, verdict->n_because);

    member_string(json, "answer", type->answers[verdict->answer]);
    put_key(json, "because");
    put_list(json, &because);
    put_key(json, "explanation");
    put_text(json, verdict->explanation);
    put_fields(json, type->fields, verdict->fields, verdict->n_fields);
    for (uint32_t i = 0; i < plugin->n_rows; i++) {
        const es_row_type *row = &plugin->rows[i];

        if (row->verdict && strcmp(row->verdict, type->name) == 0)
            put_rows(json, verdict->installation, plugin->name, row->verdict, row->name);
    }
}

static void put_verdicts(es_json *json, uint32_t installation)
{
    const es_verdict_record *verdicts;
    size_t n = es_ledger_verdicts_of(json->ledger, installation, &verdicts);

    put_key(json, "verdicts");
    put(json, "{");
    for (size_t i = 0; i < n; i++) {
        put_key(json, es_ledger_verdict_type(json->ledger, &verdicts[i])->name);
        put(json, "{");
        put_verdict(json, &verdicts[i]);
        put(json, "}");
    }
    put(json, "}");
}

/* ---- records ---- */

static void begin(es_json *json, const char *record, FILE *out)
{
    json->out = out;
    json->status = ES_OK;
    es_buffer_clear(&json->line);
    put(json, "{");
    if (record)
        member_string(json, "record", record);
}

static es_status end(es_json *json)
{
    put(json, "}");
    if (json->failed || json->line.failed || json->file.failed || json->words.failed)
        return ES_NOMEM;
    if (json->status != ES_OK)
        return json->status;
    return fwrite(json->line.data, 1, (size_t)json->line.size, json->out) == json->line.size
               ? ES_OK
               : ES_IO;
}

static void member_id(es_json *json, const char *key, const char *prefix, uint64_t number)
{
    put_key(json, key);
    put_id(json, prefix, number);
}

static void member_time(es_json *json, const char *key, es_time time)
{
    put_key(json, key);
    put_time(json, time);
}

/* A number, null where it is none. */
static void member_number_if(es_json *json, const char *key, bool known, int64_t number)
{
    put_key(json, key);
    if (known)
        put_number(json, number);
    else
        put(json, "null");
}

es_status es_json_write_installation(es_json *json, const es_installation_record *state, FILE *out)
{
    begin(json, NULL, out);
    member_id(json, "id", "i", state->id);
    member_id(json, "machine", "m", state->machine);
    member_number_if(json, "volume", state->volume != 0, state->volume);
    member_number_if(json, "snapshot", state->snapshot >= 0, state->snapshot);
    member_string(json, "system_root", state->system_root);
    member_string(json, "role", es_show_role(state->role));
    member_string(json, "product_name", state->product_name);
    member_string(json, "edition", state->edition);
    member_string(json, "service_pack", state->service_pack);
    member_string(json, "architecture", state->architecture);
    member_string(json, "computer_name", state->computer_name);
    member_time(json, "install_date", state->install_date);
    member_string(json, "time_zone", state->time_zone);
    member_time(json, "last_shutdown", state->last_shutdown);
    put_verdicts(json, state->id);
    put_rows(json, state->id, NULL, NULL, "updates");
    put_rows(json, state->id, NULL, NULL, "questions");
    return end(json);
}

es_status es_json_write_verdict(es_json *json, const es_verdict_record *verdict, FILE *out)
{
    begin(json, "verdict", out);
    member_id(json, "installation", "i", verdict->installation);
    member_string(json, "plugin", verdict->plugin);
    member_string(json, "name", es_ledger_verdict_type(json->ledger, verdict)->name);
    put_verdict(json, verdict);
    return end(json);
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

    begin(json, record, out);
    put_key(json, "id");
    put_fact(json, fact->reference);
    member_id(json, "installation", "i", fact->installation);
    member_string(json, "plugin", fact->plugin);
    member_string(json, "type", type->name);
    put_key(json, "fields");
    put(json, "{");
    for (uint32_t i = 0; i < fact->n_fields; i++) {
        put_key(json, type->fields[i].name);
        put_datum(json, &fact->fields[i]);
    }
    put(json, "}");
    member_time(json, "time", fact->time);
    put_key(json, "time_means");
    put_means(json, type, fact->time);
    put_key(json, "where");
    put_where(json, &fact->where);
    return end(json);
}

es_status es_json_write_note(es_json *json, const char *record, const es_note_record *note,
                             FILE *out)
{
    begin(json, record, out);
    member_string(json, "severity", es_severity_name(note->severity));
    member_string(json, "area", note->area);
    put_key(json, "text");
    put_text(json, note->text);
    member_id(json, "installation", "i", note->installation);
    put_key(json, "where");
    if (note->has_where)
        put_where(json, &note->where);
    else
        put(json, "null");
    return end(json);
}
