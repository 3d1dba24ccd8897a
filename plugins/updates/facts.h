/* SPDX-License-Identifier: Apache-2.0
 *
 * facts.h: fields of facts by name. The places of a plugin's fields are looked up once for all
 * facts of a type, since a server has thousands of packages.
 */
#ifndef ESUSCAN_PLUGIN_UPDATES_FACTS_H
#define ESUSCAN_PLUGIN_UPDATES_FACTS_H

#include <esuscan/plugin.h>

#define COLUMNS_MAX 16u

typedef struct columns {
    const char *const *names;
    uint32_t n;
    const es_field *declared; /* for which `place` holds */
    uint32_t place[COLUMNS_MAX];
} columns;

static inline void columns_bind(columns *to, const es_fact_view *view)
{
    if (to->declared == view->declared)
        return;
    to->declared = view->declared;
    for (uint32_t i = 0; i < to->n; i++) {
        uint32_t at = 0;

        while (at < view->n_fields && strcmp(view->declared[at].name, to->names[i]) != 0)
            at++;
        to->place[i] = at;
    }
}

static inline es_datum column(const columns *of, const es_fact_view *view, uint32_t index,
                              uint32_t type)
{
    uint32_t place = of->place[index];

    return place < view->n_fields && view->fields[place].type == type ? view->fields[place]
                                                                      : es_null();
}

static inline es_text column_text(const columns *of, const es_fact_view *view, uint32_t index)
{
    return column(of, view, index, ES_FIELD_TEXT).text;
}

/* 0, 1, or -1 for null. */
static inline int32_t column_boolean(const columns *of, const es_fact_view *view, uint32_t index)
{
    es_datum datum = column(of, view, index, ES_FIELD_BOOLEAN);

    return datum.type ? datum.integer != 0 : -1;
}

#define COLUMNS(...)                                                                               \
    static const char *const names[] = { __VA_ARGS__ };                                            \
    columns at = { names, sizeof names / sizeof *names, NULL, { 0 } }

static inline int text_is(es_text text, const char *word)
{
    return es_text_equal(text, es_text_of(word));
}

/* Where `word` begins in the text at or behind `from`; the text's size if nowhere. */
static inline uint64_t text_find(es_text text, const char *word, uint64_t from)
{
    size_t size = strlen(word);

    for (uint64_t i = from; size <= text.size && i <= text.size - size; i++)
        if (text.data[i] == word[0] && !memcmp(text.data + i, word, size))
            return i;
    return text.size;
}

#endif
