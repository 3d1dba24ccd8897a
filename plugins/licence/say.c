/* SPDX-License-Identifier: Apache-2.0
 *
 * say.c: sentences, and the small steps every part takes.
 */
#include "licence.h"

#include <stdarg.h>
#include <stdio.h>

es_status say(const es_host *host, es_text *ret, const char *format, ...)
{
    void *memory = NULL;
    va_list arguments;
    int n;
    es_status status;

    va_start(arguments, format);
    n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    status = n < 0 ? ES_BUG : host->alloc(host, (uint64_t)n + 1, &memory);
    if (status)
        return status;
    va_start(arguments, format);
    (void)vsnprintf((char *)memory, (size_t)n + 1, format, arguments);
    va_end(arguments);
    ret->data = (const char *)memory;
    ret->size = (uint64_t)n;
    return ES_OK;
}

es_text shown(es_text text)
{
    if (text.size > 160) {
        text.size = 160;
        while (text.size && ((uint8_t)text.data[text.size] & 0xC0) == 0x80)
            text.size--;
    }
    return text;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int starts_with(es_text text, const char *prefix)
{
    uint64_t size = strlen(prefix);

    if (text.size < size)
        return 0;
    for (uint64_t i = 0; i < size; i++)
        if (lower(text.data[i]) != lower(prefix[i]))
            return 0;
    return 1;
}

int same_text(es_text a, const char *b)
{
    return a.size == strlen(b) && starts_with(a, b);
}

int same_texts(es_text a, es_text b)
{
    if (a.size != b.size)
        return 0;
    for (uint64_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return 0;
    return 1;
}

int ends_with(es_text text, const char *suffix)
{
    uint64_t size = strlen(suffix);

    return text.size >= size &&
           starts_with((es_text){ text.data + (text.size - size), size }, suffix);
}

int holds(es_text text, const char *word)
{
    uint64_t size = strlen(word);

    for (uint64_t i = 0; size <= text.size && i <= text.size - size; i++)
        if (starts_with((es_text){ text.data + i, size }, word))
            return 1;
    return 0;
}

es_text base_name(es_text path)
{
    for (uint64_t i = path.size; i > 0; i--)
        if (path.data[i - 1] == '\\' || path.data[i - 1] == '/')
            return (es_text){ path.data + i, path.size - i };
    return path;
}

es_status emit(const es_host *host, uint32_t type, const es_datum *fields, es_time time,
               const es_where *where)
{
    es_fact fact = { sizeof fact, type, fields, time, where };

    return host->emit(host, &fact, NULL);
}

es_datum text_or_null(es_text text)
{
    return text.size ? es_datum_text(text) : es_null();
}

es_status emit_trace(const es_host *host, const char *what, es_text detail, const char *typical_of,
                     int specific, es_time time, const es_where *where)
{
    es_datum fields[4];

    fields[0] = es_datum_text(es_text_of(what));
    fields[1] = text_or_null(detail);
    fields[2] = es_datum_text(es_text_of(typical_of));
    fields[3] = es_datum_boolean(specific);
    return emit(host, FACT_TRACE, fields, time, where);
}

es_status open_key(const es_host *host, const es_artefact *hive, const char *path, es_key *ret)
{
    es_text text;
    es_status status = host->key_open(host, hive, es_text_of(path), ret);

    if (status <= 0)
        return status < 0 ? status : 1;
    if (status == ES_ABSENT)
        return 0;
    status = say(host, &text, "the key %s cannot be read", path);
    if (status == ES_OK)
        status = host->note(host, 1, text, hive->where);
    return status < 0 ? status : 0;
}

es_status find_text(const es_host *host, const es_key *key, const char *name, es_value *ret_value,
                    es_text *ret)
{
    es_status status = host->value_find(host, key, es_text_of(name), ret_value);

    if (status == ES_OK)
        status = host->value_text(host, ret_value, 0, ret);
    return status < 0 ? status : status == ES_OK;
}

es_status find_number(const es_host *host, const es_key *key, const char *name,
                      es_value *ret_value, uint64_t *ret)
{
    es_status status = host->value_find(host, key, es_text_of(name), ret_value);

    if (status == ES_OK)
        status = host->value_number(host, ret_value, 0, ret);
    return status < 0 ? status : status == ES_OK;
}
