/* SPDX-License-Identifier: Apache-2.0
 *
 * statements.h: what a plugin says, and what it is asked. Part of plugin.h, which includes it.
 *
 * Facts, verdicts and rows, each a list of data that fits what the plugin declared; facts as judge
 * sees them; and the examiner's question.
 *
 * Ownership: what a plugin says is copied before the call returns; what it sees is borrowed until
 * the callback returns. Threading: the callback's thread.
 */
#ifndef ESUSCAN_STATEMENTS_H
#define ESUSCAN_STATEMENTS_H

#include <esuscan/declarations.h>
#include <esuscan/views.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One value of a field; `type` must be the declared one, or 0 for null. */
typedef struct es_datum {
    uint32_t type;
    uint32_t reserved;
    int64_t integer; /* INTEGER, BOOLEAN (0 or 1), FACT (a reference) */
    es_text text;
    es_bytes bytes;
    es_time time;
    const es_text *texts; /* TEXT_LIST */
    const uint64_t *facts; /* FACT_LIST */
    uint64_t n;            /* of texts or facts */
} es_datum;

/* A fact: `type` indexes the plugin's `facts`; `fields` are as many as declared, in order. */
typedef struct es_fact {
    uint32_t size;
    uint32_t type;
    const es_datum *fields;
    es_time time;
    const es_where *where; /* never NULL */
} es_fact;

/* A fact as judge sees it. `reference` names it in verdicts and rows. */
typedef struct es_fact_view {
    uint32_t size;
    uint32_t n_fields;
    uint64_t reference;
    const es_installation *installation; /* the state it is about */
    uint32_t own;     /* of the judged state */
    uint32_t damaged; /* it rests on bytes that cannot be trusted */
    const es_field *declared;
    const es_datum *fields;
    es_time time;
    es_text plugin, type;
    es_text path, key, value; /* of its place, for sentences */
} es_fact_view;

/* A verdict: `type` indexes the plugin's `verdicts`, `answer` its answers. `explanation` is one
 * or more sentences. One per declared verdict and state; a second one replaces the first. */
typedef struct es_verdict {
    uint32_t size;
    uint32_t type;
    uint32_t answer;
    uint32_t n_because;
    const uint64_t *because; /* references of facts */
    const es_text *explanation;
    const es_datum *fields;
} es_verdict;

/* A row: `type` indexes the plugin's `rows`. Rows keep the order in which they are given. */
typedef struct es_row {
    uint32_t size;
    uint32_t type;
    const es_datum *fields;
} es_row;

#define ES_ASKED_CVE 1u
#define ES_ASKED_KB 2u

typedef struct es_asked {
    uint32_t size;
    uint32_t kind;
    es_text id; /* "CVE-2019-0708", "KB4499149" */
} es_asked;

/* What the examiner asks. `as_of` is unknown (precision none) when the last state is asked for. */
typedef struct es_question {
    uint32_t size;
    uint32_t n_asked;
    es_time as_of;
    const es_asked *asked;
} es_question;

/* Data of a field, for initialising an array of es_datum. */
static inline es_datum es_null(void)
{
    es_datum datum;

    memset(&datum, 0, sizeof datum);
    return datum;
}

static inline es_datum es_datum_text(es_text text)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_TEXT;
    datum.text = text;
    return datum;
}

/* An empty text says nothing: null. */
static inline es_datum es_datum_text_or_null(es_text text)
{
    return text.size ? es_datum_text(text) : es_null();
}

static inline es_datum es_datum_integer(int64_t integer)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_INTEGER;
    datum.integer = integer;
    return datum;
}

static inline es_datum es_datum_boolean(int yes)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_BOOLEAN;
    datum.integer = yes != 0;
    return datum;
}

static inline es_datum es_datum_time(es_time time)
{
    es_datum datum = es_null();

    if (es_time_known(time))
        datum.type = ES_FIELD_TIME;
    datum.time = time;
    return datum;
}

static inline es_datum es_datum_bytes(es_bytes bytes)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_BYTES;
    datum.bytes = bytes;
    return datum;
}

static inline es_datum es_datum_fact(uint64_t reference)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_FACT;
    datum.integer = (int64_t)reference;
    return datum;
}

static inline es_datum es_datum_texts(const es_text *texts, uint64_t n)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_TEXT_LIST;
    datum.texts = texts;
    datum.n = n;
    return datum;
}

static inline es_datum es_datum_facts(const uint64_t *references, uint64_t n)
{
    es_datum datum = es_null();

    datum.type = ES_FIELD_FACT_LIST;
    datum.facts = references;
    datum.n = n;
    return datum;
}

#ifdef __cplusplus
}
#endif

#endif
