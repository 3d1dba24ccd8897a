/* SPDX-License-Identifier: Apache-2.0
 *
 * grown_plugin.c: a plugin as headers of a later day would make it: every struct of its description
 * has one more member at its end. A host that does not know the member reads past it.
 */
#include <esuscan/plugin.h>

#define MORE UINT64_C(0xfefefefefefefefe)

/* The struct as it is, and what was added later. */
#define GROWN(name, type) \
    typedef struct name { \
        type was; \
        uint64_t more; \
    } name

GROWN(want, es_want);
GROWN(field, es_field);
GROWN(fact_type, es_fact_type);
GROWN(verdict_type, es_verdict_type);
GROWN(row_type, es_row_type);
GROWN(need, es_need);
GROWN(plugin, es_plugin);

#ifndef SECOND_FIELD_SIZE
#define SECOND_FIELD_SIZE sizeof(field)
#endif

static const want wants[] = {
    { { sizeof(want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, 0, "System32/config/SOFTWARE", "one" },
      MORE },
    { { sizeof(want), ES_KIND_LISTING, ES_SCOPE_VOLUME, 0, "Users", "two" }, MORE },
};
static const field fields[] = {
    { { sizeof(field), ES_FIELD_TEXT, "text", "one" }, MORE },
    { { SECOND_FIELD_SIZE, ES_FIELD_INTEGER, "number", "two" }, MORE },
};
static const fact_type facts[] = {
    { { sizeof(fact_type), 2, GROWN_NAME ".one", "one", &fields[0].was, NULL }, MORE },
    { { sizeof(fact_type), 2, GROWN_NAME ".two", "two", &fields[0].was, "read" }, MORE },
};
static const char *const answers[] = { "yes", "unknown" };
static const verdict_type verdicts[] = {
    { { sizeof(verdict_type), 2, GROWN_NAME "-one", "one", answers, &fields[0].was, 2, 0 }, MORE },
    { { sizeof(verdict_type), 2, GROWN_NAME "-two", "two", answers, NULL, 0, 0 }, MORE },
};
static const row_type rows[] = {
    { { sizeof(row_type), 2, "rows", GROWN_NAME "-two", &fields[0].was }, MORE },
    { { sizeof(row_type), 1, "more", GROWN_NAME "-one", &fields[0].was }, MORE },
};
static const need needs[] = {
    { { sizeof(need), ES_NEED_OWN, GROWN_NAME ".one" }, MORE },
    { { sizeof(need), ES_NEED_MACHINE, GROWN_NAME ".two" }, MORE },
};

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state, (void)host, (void)artefact;
    return ES_OK;
}

static es_status judge(void *state, const es_host *host, const es_installation *installation,
                       const es_question *question)
{
    (void)state, (void)host, (void)installation, (void)question;
    return ES_OK;
}

extern ES_PLUGIN_EXPORT const plugin esuscan_plugin_grown __asm__("esuscan_plugin");
const plugin esuscan_plugin_grown = {
    { ES_ABI, sizeof(plugin), GROWN_NAME, "1", "a plugin of a later day", &wants[0].was,
      &facts[0].was, &verdicts[0].was, &rows[0].was, &needs[0].was, NULL, 2, 2, 2, 2, 2, 0, NULL,
      examine, judge, NULL },
    MORE,
};
