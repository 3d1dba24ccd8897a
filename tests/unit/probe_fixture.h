/* SPDX-License-Identifier: Apache-2.0
 *
 * probe_fixture.h: a plugin of the test's own that tells what it is handed.
 */
#ifndef TESTS_UNIT_PROBE_FIXTURE_H
#define TESTS_UNIT_PROBE_FIXTURE_H

#include "host_fixture.h"

static const es_field fields[] = {
    { .size = sizeof(es_field), .type = ES_FIELD_TEXT, .name = "text", .means = "a path" },
};
static const es_fact_type facts[] = {
    { .size = sizeof(es_fact_type), .name = "probe.seen", .summary = "an artefact of the test",
      .fields = fields, .n_fields = 1 },
};
static const char *const answers[] = { "yes", "unknown" };
static const es_verdict_type verdicts[] = {
    { .size = sizeof(es_verdict_type), .name = "probe", .summary = "the test's",
      .answers = answers, .n_answers = 2 },
};
static const es_need needs_own[] = {
    { .size = sizeof(es_need), .states = ES_NEED_OWN, .type = "probe.seen" },
};

#define WANT(want_kind, want_scope, want_path)                                                     \
    { .size = sizeof(es_want), .kind = (want_kind), .scope = (want_scope), .path = (want_path),    \
      .means = "the test" }

static unsigned seen[8];
static unsigned judged, seen_by_judge;

static inline void emit(const es_host *host, const es_artefact *artefact)
{
    es_datum text = es_datum_text(artefact->path);
    es_fact fact = { .size = sizeof fact, .fields = &text, .where = artefact->where };

    assert_int_equal(host->emit(host, &fact, NULL), ES_OK);
}

static inline es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state;
    assert_true(artefact->want < 8);
    seen[artefact->want]++;
    emit(host, artefact);
    return ES_OK;
}

static inline es_status judge(void *state, const es_host *host, const es_installation *installation,
                       const es_question *question)
{
    es_text because = ES_TEXT("It was seen.");
    es_verdict verdict = { .size = sizeof verdict, .explanation = &because };
    uint64_t cursor = 0, references[64], n = 0;
    es_fact_view view;

    (void)state, (void)installation;
    assert_non_null(question);
    while (host->fact_next(host, es_text_of("probe.seen"), &cursor, &view) == ES_OK) {
        assert_true(n < 64);
        references[n++] = view.reference;
        assert_true(view.path.size > 0);
    }
    seen_by_judge += (unsigned)n;
    judged++;
    assert_int_equal(host->fact_next(host, es_text_of("hive.state"), &cursor, &view), ES_BUG);
    verdict.because = references;
    verdict.n_because = (uint32_t)n;
    return host->verdict(host, &verdict);
}

static inline es_plugin probe(const es_want *wants, uint32_t n_wants)
{
    memset(seen, 0, sizeof seen);
    judged = seen_by_judge = 0;
    return (es_plugin){ .abi = ES_ABI, .size = sizeof(es_plugin), .name = "probe", .version = "1",
                        .summary = "the test's", .wants = wants, .n_wants = n_wants,
                        .facts = facts, .n_facts = 1, .verdicts = verdicts, .n_verdicts = 1,
                        .needs = needs_own, .n_needs = 1, .examine = examine, .judge = judge };
}

#endif
