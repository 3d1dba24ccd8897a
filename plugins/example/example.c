/* SPDX-License-Identifier: Apache-2.0
 *
 * example.c: who owns this Windows? A complete plugin, and the manual for writing one.
 *
 * Build it anywhere:  cc -shared -fPIC -fvisibility=hidden -o owner.so example.c
 * Use it:             esuscan --plugin-path FOLDER scan IMAGE
 *
 * It reads two values of one registry key, emits one fact for each, and judges from the facts
 * whether somebody put a name into the installation. Read it from the bottom: the export first.
 */
#include <esuscan/plugin.h>

/* ---- what it wants: artefacts by kind and path. The host finds, opens and parses them. */
static const es_want wants[] = {
    { sizeof(es_want), ES_KIND_HIVE, ES_SCOPE_SYSTEM_ROOT, ES_WANT_REQUIRED,
      "System32/config/SOFTWARE", "the registered owner and organisation" },
};

/* ---- what it may say: every fact and verdict is declared before anything runs. */
static const es_field owner_fields[] = {
    { sizeof(es_field), ES_FIELD_TEXT, "name", "name of the registry value" },
    { sizeof(es_field), ES_FIELD_TEXT, "text", "what it states" },
};
static const es_fact_type facts[] = {
    { sizeof(es_fact_type), ES_COUNT(owner_fields), "example.owner",
      "whom Windows was registered to at setup", owner_fields, NULL /* its facts have no time */ },
};

enum { ANSWER_NAMED, ANSWER_EMPTY, ANSWER_UNKNOWN };
static const char *const answers[] = { "named", "empty", "unknown" }; /* always with "unknown" */
static const es_verdict_type verdicts[] = {
    { sizeof(es_verdict_type), ES_COUNT(answers), "owner",
      "whether an owner was entered at setup", answers, NULL, 0, 0 },
};
static const es_need needs[] = { { sizeof(es_need), ES_NEED_OWN, "example.owner" } };

/* ---- examine: called once for each artefact that is there; makes facts of it. */
static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    static const char *const names[] = { "RegisteredOwner", "RegisteredOrganization" };
    es_key key;
    es_status status = host->key_open(
        host, artefact, es_text_of("Microsoft\\Windows NT\\CurrentVersion"), &key);

    (void)state; /* no begin, so no state: facts carry everything from here to judge */
    if (status) /* absent or corrupt is the evidence's answer, negative is a failure: */
        return status; /* returning either ends this callback, and the host notes which it was */
    for (uint32_t i = 0; i < ES_COUNT(names); i++) {
        es_value value;
        es_text text;

        status = host->value_find(host, &key, es_text_of(names[i]), &value);
        if (status == ES_OK)
            status = host->value_text(host, &value, 0, &text);
        if (status == ES_OK) {
            es_datum fields[] = { es_datum_text(es_text_of(names[i])), es_datum_text(text) };
            es_fact fact = { sizeof fact, 0, fields, { 0, 0, 0 }, value.where };

            status = host->emit(host, &fact, NULL);
        }
        if (status < 0) /* our failure: forwarded; a missing value is no reason to stop */
            return status;
    }
    return ES_OK;
}

/* ---- judge: called once per installation, after all facts are there; sees facts only. */
static es_status judge(void *state, const es_host *host, const es_installation *installation,
                       const es_question *question)
{
    es_verdict verdict = { sizeof verdict, 0, ANSWER_UNKNOWN, 0, NULL, NULL, NULL };
    es_text why = ES_TEXT("The registered owner could not be read.");
    uint64_t cursor = 0, named = 0;
    es_fact_view fact;
    es_status status;

    (void)state, (void)installation, (void)question;
    while (!(status = host->fact_next(host, es_text_of(facts[0].name), &cursor, &fact))) {
        if (verdict.answer == ANSWER_NAMED)
            continue;
        why = es_text_of(fact.fields[1].text.size ? "An owner was entered."
                                                  : "The owner was left empty.");
        verdict.answer = fact.fields[1].text.size ? ANSWER_NAMED : ANSWER_EMPTY;
        named = fact.reference; /* a verdict names the facts it stands on */
        verdict.because = &named, verdict.n_because = 1;
    }
    verdict.explanation = &why;
    return status < 0 ? status : host->verdict(host, &verdict);
}

/* ---- the export: one const object, the only symbol the host looks for. */
const es_plugin esuscan_plugin = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "example", .version = "1",
    .summary = "the registered owner: a plugin to learn from",
    .wants = wants, .facts = facts, .verdicts = verdicts, .needs = needs,
    .n_wants = ES_COUNT(wants), .n_facts = ES_COUNT(facts), .n_verdicts = ES_COUNT(verdicts),
    .n_needs = ES_COUNT(needs), .examine = examine, .judge = judge,
};
