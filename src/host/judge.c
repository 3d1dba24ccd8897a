/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.c: plugins turn facts into verdicts and rows, once everything of a machine was examined.
 */
#include "host/session.h"

#include <stdlib.h>

/* What this plugin said it needs of a fact type, 0 if nothing. */
static uint32_t needs(const es_plugin *plugin, es_text type)
{
    for (uint32_t i = 0; i < plugin->n_needs; i++)
        if (es_text_equal(es_text_of(plugin->needs[i].type), type))
            return plugin->needs[i].states;
    return 0;
}

static es_state_work *work_of(es_session *session, uint32_t installation)
{
    size_t n = es_states_count(session->states);

    return installation >= 1 && installation <= n ? &session->work[installation - 1] : NULL;
}

/* Whether a fact concerns the state that is judged. */
static es_state_work *concerns(es_call *call, const es_fact_record *fact, uint32_t states)
{
    es_state_work *about = work_of(call->session, fact->installation);

    if (!about || about->state->machine != call->work->state->machine)
        return NULL;
    return states == ES_NEED_MACHINE || about == call->work ? about : NULL;
}

static void fact_view(es_call *call, const es_fact_record *fact, const es_fact_type *type,
                      const es_state_work *about, es_fact_view *ret)
{
    const es_ledger *ledger = call->session->ledger;
    const es_artefact_record *artefact = es_ledger_artefact(ledger, fact->where.artefact);
    const char *path = artefact ? artefact->path : fact->where.path;

    *ret = (es_fact_view){
        .size = sizeof *ret,
        .n_fields = fact->n_fields,
        .reference = fact->reference,
        .installation = &about->view,
        .own = about == call->work,
        .damaged = fact->where.damaged,
        .declared = type->fields,
        .fields = fact->fields,
        .time = fact->time,
        .plugin = es_text_of(fact->plugin),
        .type = es_text_of(type->name),
        .path = es_text_of(path ? path : ""),
        .key = es_text_of(fact->where.key ? fact->where.key : ""),
        .value = es_text_of(fact->where.value ? fact->where.value : ""),
    };
}

/* ------------------------------------------------------------------ facts by type */

static es_status add_fact(es_facts_of *to, size_t index)
{
    if (to->n == to->capacity) {
        size_t capacity = to->capacity ? to->capacity * 2 : 64;
        uint32_t *grown = realloc(to->facts, capacity * sizeof *grown);

        if (!grown)
            return ES_NOMEM;
        to->facts = grown;
        to->capacity = capacity;
    }
    to->facts[to->n++] = (uint32_t)index;
    return ES_OK;
}

static es_facts_of *facts_of(es_session *session, es_text type)
{
    for (size_t i = 0; i < session->n_types; i++)
        if (es_text_equal(es_text_of(session->by_type[i].type), type))
            return &session->by_type[i];
    return NULL;
}

/* A fact of a type that is not declared belongs to none. */
es_status es_facts_sort(es_session *session)
{
    const es_fact_record *facts = NULL;
    size_t n = es_ledger_facts(session->ledger, &facts);
    const es_fact_type *type = NULL;
    es_facts_of *last = NULL;

    es_facts_free(session);
    for (size_t i = 0; i < n; i++) {
        es_facts_of *grown;

        /* Facts of one type come in runs, and a plugin's name is one string in the ledger. */
        if (!i || facts[i].plugin != facts[i - 1].plugin || facts[i].type != facts[i - 1].type) {
            type = es_ledger_fact_type(session->ledger, &facts[i]);
            last = type ? facts_of(session, es_text_of(type->name)) : NULL;
        }
        if (!type)
            continue;
        if (!last) {
            grown = realloc(session->by_type, (session->n_types + 1) * sizeof *grown);
            if (!grown)
                return ES_NOMEM;
            session->by_type = grown;
            last = &grown[session->n_types++];
            *last = (es_facts_of){ .type = type->name };
        }
        if (add_fact(last, i) != ES_OK)
            return ES_NOMEM;
    }
    return ES_OK;
}

void es_facts_free(es_session *session)
{
    for (size_t i = 0; i < session->n_types; i++)
        free(session->by_type[i].facts);
    free(session->by_type);
    session->by_type = NULL;
    session->n_types = 0;
}

/* ------------------------------------------------------------------ host calls */

es_status es_host_fact_next(const es_host *host, es_text type, uint64_t *cursor, es_fact_view *ret)
{
    es_call *call = es_call_of(host);
    es_session *session = call->session;
    const es_facts_of *list = facts_of(session, type);
    const es_fact_record *facts = NULL;
    uint32_t states = needs(es_plugins_at(session->plugins, call->plugin), type);

    (void)es_ledger_facts(session->ledger, &facts);
    if (!call->judging || !states)
        return ES_BUG;
    for (uint64_t i = *cursor; list && i < list->n; i++) {
        const es_fact_record *fact = &facts[list->facts[i]];
        es_state_work *about = concerns(call, fact, states);

        if (!about)
            continue;
        fact_view(call, fact, es_ledger_fact_type(session->ledger, fact), about, ret);
        *cursor = i + 1;
        return ES_OK;
    }
    *cursor = list ? list->n : 0;
    return ES_END;
}

es_status es_host_verdict(const es_host *host, const es_verdict *verdict)
{
    es_call *call = es_call_of(host);
    const es_plugin *plugin = es_plugins_at(call->session->plugins, call->plugin);
    es_record record = { .kind = ES_RECORD_VERDICT };

    if (!call->judging || verdict->type >= plugin->n_verdicts)
        return ES_BUG;
    record.verdict = (es_verdict_record){
        .installation = call->work->state->id,
        .type = verdict->type,
        .answer = verdict->answer,
        .plugin = plugin->name,
        .because = verdict->because,
        .n_because = verdict->n_because,
        .fields = verdict->fields,
        .n_fields = plugin->verdicts[verdict->type].n_fields,
    };
    if (verdict->explanation)
        record.verdict.explanation = *verdict->explanation;
    return es_ledger_put(call->session->ledger, &record);
}

es_status es_host_row(const es_host *host, const es_row *row)
{
    es_call *call = es_call_of(host);
    const es_plugin *plugin = es_plugins_at(call->session->plugins, call->plugin);
    es_record record = { .kind = ES_RECORD_ROW };

    if (!call->judging || row->type >= plugin->n_rows)
        return ES_BUG;
    record.row = (es_row_record){
        .installation = call->work->state->id,
        .type = row->type,
        .plugin = plugin->name,
        .fields = row->fields,
        .n_fields = plugin->rows[row->type].n_fields,
    };
    return es_ledger_put(call->session->ledger, &record);
}
