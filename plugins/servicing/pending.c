/* SPDX-License-Identifier: Apache-2.0
 *
 * pending.c: what servicing has begun and not finished, and what it merely looked at.
 *
 * PackagesPending and SessionsPending hold a key each; RebootPending and RebootInProgress say it by
 * being there; ExecuteState is 0xFFFFFFFF when idle; winsxs\pending.xml names the packages whose
 * files wait. The applicability cache holds what was asked about: a package in it was evaluated,
 * which says nothing about being installed.
 */
#include "servicing.h"

#define IDLE 0xFFFFFFFFu
#define MAX_PENDING 4096u
#define MAX_EVALUATED 256u /* told one by one; a fleet tool evaluates thousands */

static es_status emit_pending(const es_host *host, const char *what, es_text identity, es_time time,
                              const es_where *where)
{
    es_datum fields[2];

    fields[0] = es_datum_text(es_text_of(what));
    fields[1] = es_datum_text_or_null(identity);
    return es_emit(host, FACT_PENDING, fields, time, where);
}

/* A key each below this one. */
static es_status examine_list(work *at, const char *what, const char *path)
{
    es_key list, key;
    es_value value;
    uint64_t number = 0;
    es_status status = es_prose_key(at->host, at->hive, path, &list);

    if (status <= 0)
        return status;
    for (uint64_t i = 0; i < MAX_PENDING; i++) {
        status = at->host->key_child(at->host, &list, i, &key);
        if (status == ES_OK)
            status = emit_pending(at->host, what, key.name, key.written, key.where);
        if (status)
            break;
    }
    if (status < 0)
        return status;
    if (status != ES_END)
        return at->host->note(at->host, 1, es_text_of("a list of pending packages is broken"),
                              list.where);
    status = at->host->value_find(at->host, &list, es_text_of("Exclusive"), &value);
    if (status == ES_OK)
        status = at->host->value_number(at->host, &value, 0, &number);
    if (status == ES_OK && number)
        status = emit_pending(at->host, "SessionsPending.Exclusive", (es_text)ES_TEXT(""),
                              list.written, value.where);
    return status < 0 ? status : ES_OK;
}

static es_status examine_mark(work *at, const char *what, const char *path)
{
    es_key key;
    es_status status = es_prose_key(at->host, at->hive, path, &key);

    return status <= 0 ? status
                       : emit_pending(at->host, what, (es_text)ES_TEXT(""), key.written, key.where);
}

static es_status examine_execute_state(work *at)
{
    es_key key;
    es_value value;
    uint64_t number = IDLE;
    es_status status = es_prose_key(at->host, at->hive, CBS, &key);

    if (status <= 0)
        return status;
    status = at->host->value_find(at->host, &key, es_text_of("ExecuteState"), &value);
    if (status == ES_OK)
        status = at->host->value_number(at->host, &value, 0, &number);
    if (status == ES_OK && number != IDLE)
        status = emit_pending(at->host, "ExecuteState", (es_text)ES_TEXT(""), key.written,
                              value.where);
    return status < 0 ? status : ES_OK;
}

es_status pending_examine(work *at)
{
    es_status status = examine_list(at, "PackagesPending", CBS "\\PackagesPending");

    if (status >= 0)
        status = examine_list(at, "SessionsPending", CBS "\\SessionsPending");
    if (status >= 0)
        status = examine_mark(at, "RebootPending", CBS "\\RebootPending");
    if (status >= 0)
        status = examine_mark(at, "RebootInProgress", CBS "\\RebootInProgress");
    if (status >= 0)
        status = examine_execute_state(at);
    return status;
}

static es_text attribute(const es_xml_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->n_attributes; i++)
        if (es_name_same(node->attribute_names[i], es_text_of(name)))
            return node->attribute_values[i];
    return (es_text)ES_TEXT("");
}

es_status pending_examine_xml(const es_host *host, const es_artefact *document)
{
    es_time no_time = { 0, 0, 0 };
    es_xml_node node;
    es_text package = ES_TEXT("");
    uint32_t n = 0;
    es_status status, told;

    while ((status = host->xml_next(host, document, &node)) == ES_OK && n < MAX_PENDING) {
        if (node.kind != ES_XML_START || !es_name_same(node.name, es_text_of("Transaction")))
            continue;
        package = attribute(&node, "Identity");
        if (!package.size)
            package = attribute(&node, "TransactionId");
        told = emit_pending(host, "pending.xml", package, no_time, node.where);
        if (told)
            return told;
        n++;
    }
    if (status < 0)
        return status;
    if (n == 0) {
        told = emit_pending(host, "pending.xml", package, document->modified, document->where);
        if (told)
            return told;
    }
    if (status == ES_END)
        return ES_OK;
    return host->note(host, 1,
                      es_text_of(status == ES_UNSUPPORTED
                                     ? "pending.xml has a document type declaration or an unknown "
                                       "encoding: it is not what servicing writes, and not read"
                                     : "pending.xml cannot be read to its end"),
                      document->where);
}

static es_status emit_evaluated(work *at, es_text name, es_datum applicability, es_datum state,
                                es_datum count, const es_key *key)
{
    es_datum fields[6];

    fields[0] = es_datum_text_or_null(name);
    fields[1] = es_datum_text_or_null(kb_text(at->host, identity_parse(name).kb));
    fields[2] = applicability;
    fields[3] = state.type ? es_datum_text(es_text_of(state_word((int32_t)state.integer)))
                           : es_null();
    fields[4] = state;
    fields[5] = count;
    return es_emit(at->host, FACT_EVALUATED, fields, key->written, key->where);
}

static es_status number_datum(work *at, const es_key *key, const char *name, es_datum *ret)
{
    es_value value;
    uint64_t number;
    es_status status = at->host->value_find(at->host, key, es_text_of(name), &value);

    *ret = es_null();
    if (status == ES_OK)
        status = at->host->value_number(at->host, &value, 0, &number);
    if (status == ES_OK)
        *ret = es_datum_integer((int32_t)(uint32_t)number);
    return status < 0 ? status : ES_OK;
}

static es_status examine_evaluated(work *at, const es_key *key)
{
    es_datum applicability, state;
    es_status status = number_datum(at, key, "ApplicabilityState", &applicability);

    if (status == ES_OK)
        status = number_datum(at, key, "CurrentState", &state);
    return status ? status
                  : emit_evaluated(at, key->name, applicability, state, es_null(), key);
}

es_status evaluated_examine(work *at)
{
    es_key cache, key;
    uint64_t n;
    es_status status = es_prose_key(at->host, at->hive, CBS "\\ApplicabilityEvaluationCache",
                                    &cache);

    if (status <= 0)
        return status;
    for (n = 0;; n++) {
        status = at->host->key_child(at->host, &cache, n, &key);
        if (status)
            break;
        if (n < MAX_EVALUATED || manifest_is_asked(at, identity_parse(key.name).kb))
            status = examine_evaluated(at, &key);
        if (status)
            break;
    }
    if (status < 0)
        return status;
    if (n > MAX_EVALUATED)
        status = emit_evaluated(at, (es_text)ES_TEXT(""), es_null(), es_null(),
                                es_datum_integer((int64_t)n), &cache);
    return status < 0 ? status : ES_OK;
}
