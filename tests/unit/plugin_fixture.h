/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin_fixture.h: the bundled plugins at work on a made disk, with the real host and catalogue
 * under them, and what came out by name.
 */
#ifndef TESTS_UNIT_PLUGIN_FIXTURE_H
#define TESTS_UNIT_PLUGIN_FIXTURE_H

#include "host_fixture.h"

static const char *plugin_folder, *catalogue_folder;

typedef struct outcome {
    machine m;
    es_catalogue_book *book;
} outcome;

static inline void refused(void *context, const es_note *note)
{
    (void)context;
    fail_msg("a plugin was refused: %s", note->text);
}

/* The day that is asked for; unknown: the end. */
static es_time outcome_day;

/* Run everything on a disk; `kb` is asked for unless it is NULL. */
static inline void outcome_make(outcome *o, const char *disk, const char *kb)
{
    es_asked asked = { .size = sizeof asked, .kind = ES_ASKED_KB };
    es_question question = { .size = sizeof question, .as_of = outcome_day };
    es_session_setup setup;
    es_note note;

    o->book = NULL;
    if (kb) {
        asked.id = es_text_of(kb);
        question.asked = &asked;
        question.n_asked = 1;
    }
    machine_open(&o->m, disk);
    assert_int_equal(es_catalogue_load(catalogue_folder, &o->book, &note), ES_OK);
    assert_int_equal(es_plugins_new(&o->m.plugins), ES_OK);
    assert_int_equal(es_plugins_load_folder(o->m.plugins, plugin_folder, refused, NULL), ES_OK);
    assert_int_equal(es_ledger_new(NULL, NULL, &o->m.ledger), ES_OK);
    announce_volumes(&o->m);
    declare(o->m.ledger, &es_core_plugin);
    for (size_t i = 0; i < es_plugins_count(o->m.plugins); i++)
        declare(o->m.ledger, es_plugins_at(o->m.plugins, i));
    setup = (es_session_setup){ .source = o->m.source, .ledger = o->m.ledger,
                                .states = o->m.states, .plugins = o->m.plugins,
                                .question = &question,
                                .catalogue = es_catalogue_tables(o->book),
                                .filesystems = o->m.filesystems,
                                .n_filesystems = o->m.n_filesystems };
    assert_int_equal(es_session_new(&setup, &o->m.session), ES_OK);
    assert_int_equal(es_session_examine(o->m.session), ES_OK);
    assert_int_equal(es_session_judge(o->m.session), ES_OK);
}

static inline void outcome_free(outcome *o)
{
    machine_close(&o->m);
    es_catalogue_book_free(o->book);
}

static inline const es_datum *field_of(const outcome *o, const es_fact_record *fact,
                                       const char *name)
{
    const es_fact_type *type = es_ledger_fact_type(o->m.ledger, fact);

    for (uint32_t i = 0; i < type->n_fields; i++)
        if (!strcmp(type->fields[i].name, name))
            return &fact->fields[i];
    fail_msg("no field %s", name);
    return NULL;
}

static inline int is_text(const es_datum *datum, const char *text)
{
    return text ? datum->type == ES_FIELD_TEXT &&
                      es_text_equal(datum->text, es_text_of(text))
                : datum->type == 0;
}

static inline void assert_field(const outcome *o, const es_fact_record *fact, const char *name,
                                const char *text)
{
    const es_datum *datum = field_of(o, fact, name);

    if (!is_text(datum, text))
        fail_msg("%s is '%.*s', not '%s'", name, (int)datum->text.size,
                 datum->type ? datum->text.data : "", text ? text : "(null)");
}

static inline void assert_number(const outcome *o, const es_fact_record *fact, const char *name,
                                 int64_t number)
{
    assert_true(field_of(o, fact, name)->type != 0);
    assert_int_equal(field_of(o, fact, name)->integer, number);
}

/* Facts of a type, of which `field` (if given) says `text`. */
static inline size_t facts_with(const outcome *o, const char *type, const char *field,
                                const char *text, const es_fact_record **ret_last)
{
    const es_fact_record *facts = NULL;
    size_t n = es_ledger_facts(o->m.ledger, &facts), found = 0;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(es_ledger_fact_type(o->m.ledger, &facts[i])->name, type) != 0 ||
            (field && !is_text(field_of(o, &facts[i], field), text)))
            continue;
        found++;
        if (ret_last)
            *ret_last = &facts[i];
    }
    return found;
}

/* The only fact of its kind. */
static inline const es_fact_record *the_fact(const outcome *o, const char *type, const char *field,
                                             const char *text)
{
    const es_fact_record *fact = NULL;

    if (facts_with(o, type, field, text, &fact) != 1)
        fail_msg("%zu facts %s with %s '%s'", facts_with(o, type, field, text, NULL), type,
                 field ? field : "", text ? text : "");
    return fact;
}

#endif
