/* SPDX-License-Identifier: Apache-2.0
 *
 * record.c: see record.h. jansson keeps members in the order in which they are set, and escapes
 * what JSON wants escaped; text was cleaned before it gets there.
 */
#include "report/record.h"
#include "base/text.h"
#include "base/time.h"
#include "report/show.h"

#include <stdlib.h>

/* ---- values ---- */

static json_t *ascii_value(es_json *json, const char *string, size_t size)
{
    json_t *value = json_stringn_nocheck(string, size);

    if (!value)
        json->failed = true;
    return value;
}

json_t *es_json_text(es_json *json, es_text text)
{
    es_buffer shown = es_buffer_make(es_show_room(text.size));
    json_t *value = NULL;

    if (es_text_is_plain(text))
        return ascii_value(json, text.size ? text.data : "", (size_t)text.size);
    es_show_text(&shown, text);
    if (!shown.failed)
        value = json_stringn_nocheck((const char *)shown.data, (size_t)shown.size);
    if (!value)
        json->failed = true;
    es_buffer_free(&shown);
    return value;
}

json_t *es_json_string(es_json *json, const char *string)
{
    return string ? es_json_text(json, es_text_of(string)) : json_null();
}

json_t *es_json_time(es_json *json, es_time time)
{
    char words[ES_TIME_STRING_MAX];

    es_time_format(time, words);
    return words[0] ? es_json_string(json, words) : json_null();
}

json_t *es_json_id(es_json *json, const char *prefix, uint64_t number)
{
    char words[32];

    if (!number)
        return json_null();
    snprintf(words, sizeof words, "%s%llu", prefix, (unsigned long long)number);
    return ascii_value(json, words, strlen(words));
}

void es_json_set(es_json *json, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) != 0)
        json->failed = true;
}

void es_json_append(es_json *json, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        json->failed = true;
}

static json_t *hex_value(es_json *json, es_bytes bytes)
{
    es_buffer digits = es_buffer_make(bytes.size * 2 + 1);
    json_t *value = NULL;

    es_show_hex(&digits, bytes);
    if (!digits.failed)
        value = ascii_value(json, digits.size ? (const char *)digits.data : "",
                            (size_t)digits.size);
    else
        json->failed = true;
    es_buffer_free(&digits);
    return value;
}

static json_t *reference_value(es_json *json, uint64_t reference)
{
    return es_json_id(json, "f", es_ledger_fact_number(json->ledger, reference));
}

static json_t *references_value(es_json *json, const uint64_t *references, uint64_t n)
{
    json_t *array = json_array();

    for (uint64_t i = 0; i < n; i++)
        es_json_append(json, array, reference_value(json, references[i]));
    return array;
}

static json_t *texts_value(es_json *json, const es_text *texts, uint64_t n)
{
    json_t *array = json_array();

    for (uint64_t i = 0; i < n; i++)
        es_json_append(json, array, es_json_text(json, texts[i]));
    return array;
}

static json_t *datum_value(es_json *json, const es_datum *datum)
{
    switch (datum->type) {
    case ES_FIELD_TEXT:
        return es_json_text(json, datum->text);
    case ES_FIELD_INTEGER:
        return json_integer((json_int_t)datum->integer);
    case ES_FIELD_BOOLEAN:
        return json_boolean(datum->integer != 0);
    case ES_FIELD_TIME:
        return es_json_time(json, datum->time);
    case ES_FIELD_BYTES:
        return hex_value(json, datum->bytes);
    case ES_FIELD_TEXT_LIST:
        return texts_value(json, datum->texts, datum->n);
    case ES_FIELD_FACT:
        return reference_value(json, (uint64_t)datum->integer);
    case ES_FIELD_FACT_LIST:
        return references_value(json, datum->facts, datum->n);
    default:
        return json_null();
    }
}

/* In verdicts and rows a list is always a list. */
static json_t *said_value(es_json *json, const es_field *field, const es_datum *datum)
{
    if (datum->type == 0 &&
        (field->type == ES_FIELD_TEXT_LIST || field->type == ES_FIELD_FACT_LIST))
        return json_array();
    return datum_value(json, datum);
}

/* The object that "object.member" fields make; null when every member is. */
static json_t *object_value(es_json *json, const es_field *fields, const es_datum *data,
                            uint32_t n, const char *object, size_t object_size)
{
    json_t *value = json_object();
    bool empty = true;

    for (uint32_t i = 0; i < n; i++) {
        if (!es_field_in_object(fields[i].name, object, object_size))
            continue;
        empty = empty && es_datum_is_empty(&data[i]);
        es_json_set(json, value, fields[i].name + object_size + 1,
                    said_value(json, &fields[i], &data[i]));
    }
    if (!empty)
        return value;
    json_decref(value);
    return json_null();
}

/* Fields of a verdict or row, objects made of dotted names at the place of their first member. */
static void set_said(es_json *json, json_t *object, const es_field *fields, const es_datum *data,
                     uint32_t n)
{
    char key[128];

    for (uint32_t i = 0; i < n; i++) {
        size_t size = es_field_object_size(fields[i].name);

        if (!size) {
            es_json_set(json, object, fields[i].name, said_value(json, &fields[i], &data[i]));
            continue;
        }
        snprintf(key, sizeof key, "%.*s", (int)size, fields[i].name);
        if (!json_object_get(object, key))
            es_json_set(json, object, key,
                        object_value(json, fields, data, n, fields[i].name, size));
    }
}

/* ---- records ---- */

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

json_t *es_json_rows(es_json *json, uint32_t installation, const char *plugin, const char *verdict,
                     const char *name)
{
    const es_row_record *rows;
    size_t n = es_ledger_rows_of(json->ledger, installation, &rows);
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) {
        const es_row_type *type = es_ledger_row_type(json->ledger, &rows[i]);
        json_t *row;

        if (!same_text(type->verdict, verdict) || strcmp(type->name, name) != 0 ||
            (plugin && strcmp(rows[i].plugin, plugin) != 0))
            continue;
        row = json_object();
        set_said(json, row, type->fields, rows[i].fields, rows[i].n_fields);
        es_json_append(json, array, row);
    }
    return array;
}

void es_json_verdict(es_json *json, json_t *object, const es_verdict_record *verdict)
{
    const es_verdict_type *type = es_ledger_verdict_type(json->ledger, verdict);
    const es_plugin *plugin = es_ledger_plugin(json->ledger, verdict->plugin);

    es_json_set(json, object, "answer", es_json_string(json, type->answers[verdict->answer]));
    es_json_set(json, object, "because",
                references_value(json, verdict->because, verdict->n_because));
    es_json_set(json, object, "explanation", es_json_text(json, verdict->explanation));
    set_said(json, object, type->fields, verdict->fields, verdict->n_fields);
    for (uint32_t i = 0; i < plugin->n_rows; i++) {
        const es_row_type *row = &plugin->rows[i];

        if (row->verdict && strcmp(row->verdict, type->name) == 0)
            es_json_set(json, object, row->name,
                        es_json_rows(json, verdict->installation, plugin->name, row->verdict,
                                     row->name));
    }
}

es_status es_json_write(es_json *json, json_t *value, FILE *out)
{
    /* whole, and then written once: json_dumpf() writes each token by itself */
    char *words = value && !json->failed ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    es_status status = ES_OK;

    if (!words)
        status = ES_NOMEM;
    else if (fputs(words, out) == EOF)
        status = ES_IO;
    free(words);
    json_decref(value);
    return status;
}
