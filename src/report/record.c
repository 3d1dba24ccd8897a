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

/* ---- the text ---- */

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
