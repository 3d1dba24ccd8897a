/* SPDX-License-Identifier: Apache-2.0
 *
 * first_plugin.c: a plugin of the first ABI. It is built with the headers in first/, which are
 * never changed while ES_ABI is 1: as long as it loads and runs, plugins built then still do.
 */
#include <esuscan/plugin.h>

static const es_want wants[] = {
    { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, ES_WANT_REQUIRED,
      "System32/config/SOFTWARE", "the build number" },
};
static const es_field fields[] = {
    { sizeof(es_field), ES_FIELD_TEXT, "text", "what the value states" },
    { sizeof(es_field), ES_FIELD_TIME, "written", "last write of its key" },
};
static const es_fact_type facts[] = {
    { sizeof(es_fact_type), ES_COUNT(fields), "first.number", "the build number", fields,
      "key last written" },
};
static const char *const answers[] = { "there", "unknown" };
static const es_field verdict_fields[] = {
    { sizeof(es_field), ES_FIELD_INTEGER, "found.count", "facts that were seen" },
};
static const es_verdict_type verdicts[] = {
    { sizeof(es_verdict_type), ES_COUNT(answers), "first", "whether there is a number", answers,
      verdict_fields, ES_COUNT(verdict_fields), 0 },
};
static const es_field row_fields[] = {
    { sizeof(es_field), ES_FIELD_FACT, "fact", "the fact" },
};
static const es_row_type rows[] = {
    { sizeof(es_row_type), ES_COUNT(row_fields), "numbers", "first", row_fields },
};
static const es_need needs[] = { { sizeof(es_need), ES_NEED_MACHINE, "first.number" } };

static es_status begin(const es_host *host, const es_installation *installation, void **ret_state)
{
    (void)installation;
    *ret_state = NULL;
    return host->abi == ES_ABI && host->size >= sizeof(es_host) ? ES_OK : ES_BUG;
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    es_key key;
    es_value value;
    es_text text;
    es_status status = host->key_open(
        host, artefact, es_text_of("Microsoft\\Windows NT\\CurrentVersion"), &key);

    (void)state;
    if (status == ES_OK)
        status = host->value_find(host, &key, es_text_of("CurrentBuildNumber"), &value);
    if (status == ES_OK)
        status = host->value_text(host, &value, 0, &text);
    if (status == ES_OK) {
        es_datum data[2];
        es_fact fact = { sizeof fact, 0, data, key.written, value.where };

        data[0] = es_datum_text(text);
        data[1] = es_datum_time(key.written);
        status = host->emit(host, &fact, NULL);
    }
    return status < 0 ? status : ES_OK;
}

static es_status judge(void *state, const es_host *host, const es_installation *installation,
                       const es_question *question)
{
    es_verdict verdict = { sizeof verdict, 0, 1, 0, NULL, NULL, NULL };
    es_text explanation = ES_TEXT("Facts of the first plugin were counted.");
    es_fact_view fact;
    es_datum data;
    es_row row = { sizeof row, 0, &data };
    uint64_t cursor = 0, n = 0;
    es_status status;

    (void)state, (void)installation, (void)question;
    while ((status = host->fact_next(host, es_text_of("first.number"), &cursor, &fact)) == ES_OK) {
        n++;
        data = es_datum_fact(fact.reference);
        status = host->row(host, &row);
        if (status)
            return status;
    }
    if (status < 0)
        return status;
    data = es_datum_integer((int64_t)n);
    verdict.answer = n ? 0 : 1;
    verdict.explanation = &explanation;
    verdict.fields = &data;
    return host->verdict(host, &verdict);
}

static void end(void *state, const es_host *host)
{
    (void)state, (void)host;
}

const es_plugin esuscan_plugin = {
    ES_ABI, sizeof(es_plugin), "first", "1", "a plugin of the first ABI",
    wants, facts, verdicts, rows, needs, NULL,
    ES_COUNT(wants), ES_COUNT(facts), ES_COUNT(verdicts), ES_COUNT(rows), ES_COUNT(needs), 0,
    begin, examine, judge, end,
};
