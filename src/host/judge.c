/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.c: plugins turn facts into verdicts and rows, once everything of a machine was examined.
 */
#include "host/session.h"

#include <stdlib.h>

/* What this plugin said it needs of a fact type, 0 if nothing. */
static uint32_t needs(const es_plugin *plugin, const char *type)
{
    for (uint32_t i = 0; i < plugin->n_needs; i++)
        if (!strcmp(plugin->needs[i].type, type))
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

es_status es_host_fact_next(const es_host *host, es_text type, uint64_t *cursor, es_fact_view *ret)
{
    es_call *call = es_call_of(host);
    es_session *session = call->session;
    const es_fact_record *facts = NULL, *last = NULL;
    const es_fact_type *declared = NULL;
    size_t n = es_ledger_facts(session->ledger, &facts);
    char *name = es_arena_text(call->arena, type);
    bool is_wanted = false;
    uint32_t states;

    if (!name)
        return ES_LIMIT;
    states = needs(es_plugins_at(session->plugins, call->plugin), name);
    if (!call->judging || !states)
        return ES_BUG;
    for (uint64_t i = *cursor; i < n; i++) {
        es_state_work *about;

        /* Facts of one type come in runs, and a plugin's name is one string in the ledger. */
        if (!last || facts[i].plugin != last->plugin || facts[i].type != last->type) {
            last = &facts[i];
            declared = es_ledger_fact_type(session->ledger, last);
            is_wanted = declared && !strcmp(declared->name, name);
        }
        if (!is_wanted || !(about = concerns(call, &facts[i], states)))
            continue;
        fact_view(call, &facts[i], declared, about, ret);
        *cursor = i + 1;
        return ES_OK;
    }
    *cursor = n;
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
