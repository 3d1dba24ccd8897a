/* SPDX-License-Identifier: Apache-2.0
 *
 * refused.c: plugins that must be refused. Built once per case; each case spoils one thing by
 * defining one of the words below (see meson.build), all others are as they should be. None of its
 * callbacks may ever run.
 */
#include <esuscan/plugin.h>

#include <stdlib.h>

#ifndef PLUGIN_ABI
#define PLUGIN_ABI ES_ABI
#endif
#ifndef PLUGIN_SIZE
#define PLUGIN_SIZE sizeof(es_plugin)
#endif
#ifndef PLUGIN_EXPORT
#define PLUGIN_EXPORT esuscan_plugin
#endif
#ifndef PLUGIN_NAME
#define PLUGIN_NAME "refused"
#endif
#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION "1"
#endif
#ifndef WANT_KIND
#define WANT_KIND ES_KIND_FILE
#endif
#ifndef WANT_SCOPE
#define WANT_SCOPE ES_SCOPE_VOLUME
#endif
#ifndef WANT_PATH
#define WANT_PATH "bootmgr"
#endif
#ifndef WANTS
#define WANTS wants
#endif
#ifndef N_WANTS
#define N_WANTS ES_COUNT(wants)
#endif
#ifndef FACT_NAME
#define FACT_NAME PLUGIN_NAME ".fact"
#endif
#ifndef FIELD_TYPE
#define FIELD_TYPE ES_FIELD_TEXT
#endif
#ifndef FIELD_NAME
#define FIELD_NAME "field"
#endif
#ifndef N_FIELDS
#define N_FIELDS 1
#endif
#ifndef LAST_ANSWER
#define LAST_ANSWER "unknown"
#endif
#ifndef ROW_VERDICT
#define ROW_VERDICT "said"
#endif
#ifndef NEED_STATES
#define NEED_STATES ES_NEED_OWN
#endif
#ifndef DATA_NAME
#define DATA_NAME "list.csv"
#endif
#ifndef N_DATA
#define N_DATA 0
#endif
#ifndef EXAMINE
#define EXAMINE examine
#endif
#ifndef JUDGE
#define JUDGE judge
#endif

static const es_want wants[] = {
    { sizeof(es_want), WANT_KIND, WANT_SCOPE, 0, WANT_PATH, "nothing" },
};
static const es_field fields[] = {
    { sizeof(es_field), FIELD_TYPE, FIELD_NAME, "nothing" },
};
static const es_fact_type facts[] = {
    { sizeof(es_fact_type), N_FIELDS, FACT_NAME, "nothing", fields, NULL },
};
static const char *const answers[] = { "yes", LAST_ANSWER };
static const es_verdict_type verdicts[] = {
    { sizeof(es_verdict_type), ES_COUNT(answers), "said", "nothing", answers, NULL, 0, 0 },
};
static const es_row_type rows[] = {
    { sizeof(es_row_type), 0, "list", ROW_VERDICT, NULL },
};
static const es_need needs[] = { { sizeof(es_need), NEED_STATES, "refused.fact" } };
static const es_data data[] = { { sizeof(es_data), 0, DATA_NAME } };

static es_status begin(const es_host *host, const es_installation *installation, void **ret_state)
{
    (void)host, (void)installation, (void)ret_state;
    abort();
}

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state, (void)host, (void)artefact;
    abort();
}

static es_status judge(void *state, const es_host *host, const es_installation *installation,
                       const es_question *question)
{
    (void)state, (void)host, (void)installation, (void)question;
    abort();
}

extern ES_PLUGIN_EXPORT const es_plugin PLUGIN_EXPORT;

/* A case that spoils WANTS, EXAMINE or JUDGE leaves the proper one unused. */
extern const void *const refused_unused[];
const void *const refused_unused[] = { wants };
extern es_status (*const refused_examine)(void *, const es_host *, const es_artefact *);
es_status (*const refused_examine)(void *, const es_host *, const es_artefact *) = examine;
extern es_status (*const refused_judge)(void *, const es_host *, const es_installation *,
                                        const es_question *);
es_status (*const refused_judge)(void *, const es_host *, const es_installation *,
                                 const es_question *) = judge;

const es_plugin PLUGIN_EXPORT = {
    .abi = PLUGIN_ABI,
    .size = PLUGIN_SIZE,
    .name = PLUGIN_NAME,
    .version = PLUGIN_VERSION,
    .summary = "must be refused",
    .wants = WANTS,
    .facts = facts,
    .verdicts = verdicts,
    .rows = rows,
    .needs = needs,
    .data = data,
    .n_wants = N_WANTS,
    .n_facts = ES_COUNT(facts),
    .n_verdicts = ES_COUNT(verdicts),
    .n_rows = ES_COUNT(rows),
    .n_needs = ES_COUNT(needs),
    .n_data = N_DATA,
    .begin = begin,
    .examine = EXAMINE,
    .judge = JUDGE,
};
