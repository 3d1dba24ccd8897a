/* SPDX-License-Identifier: Apache-2.0
 *
 * updates.c: from facts of servicing to answers: which updates were in effect, which were missing,
 * and which CVEs that left open, at the end of the record or on the day that is asked for.
 *
 * The plugin reads facts of the plugins `servicing`, `build` and `kernel`, of those that read event
 * logs where there are any, and its own of the products that have updates of their own (products.c),
 * and weighs them with the host's catalogue. A fact type that nobody emitted is simply absent, and
 * answers get less sure.
 */
#include "updates.h"

#define FIELD(type, name, means) { sizeof(es_field), ES_FIELD_##type, name, means }
#define NEED(states, type) { sizeof(es_need), ES_NEED_##states, type }

static const es_need needs[] = {
    NEED(MACHINE, "servicing.package"), NEED(MACHINE, "servicing.file"),
    NEED(MACHINE, "servicing.manifest"), NEED(MACHINE, "servicing.component"),
    NEED(MACHINE, "servicing.unread"),  NEED(MACHINE, "servicing.pending"),
    NEED(MACHINE, "history.servicing"), NEED(MACHINE, "history.update"),
    NEED(MACHINE, "history.boot"),      NEED(MACHINE, "history.cleared"),
    NEED(MACHINE, "build.registry"),    NEED(MACHINE, "build.product"),
    NEED(MACHINE, "build.shutdown"),    NEED(MACHINE, "build.servicing_mark"),
    NEED(MACHINE, "build.pending_rename"), NEED(MACHINE, "kernel.file"),
    NEED(OWN, "build.installed"),
    NEED(OWN, "kernel.boot"),           NEED(MACHINE, "hive.state"),
    NEED(MACHINE, "updates.browser"),   NEED(MACHINE, "updates.framework"),
    NEED(MACHINE, "updates.patch"),     NEED(MACHINE, "updates.registration"),
};

/* ------------------------------------------------------------------ verdicts */

#define YEAR(y)                                                                                    \
    y "-01", y "-02", y "-03", y "-04", y "-05", y "-06", y "-07", y "-08", y "-09", y "-10",      \
        y "-11", y "-12"

static const char *const level_answers[] = {
    YEAR("2018"), YEAR("2019"), YEAR("2020"), YEAR("2021"), YEAR("2022"), YEAR("2023"),
    YEAR("2024"), YEAR("2025"), YEAR("2026"), YEAR("2027"), YEAR("2028"), YEAR("2029"),
    YEAR("2030"), YEAR("2031"), YEAR("2032"), YEAR("2033"), YEAR("2034"), YEAR("2035"),
    "none", "unknown", "not-applicable",
};
_Static_assert(sizeof level_answers / sizeof level_answers[0] == LEVEL_NOT_APPLICABLE + 1,
               "a word for each level");

static const char *const esu_answers[] = {
    [ESU_NONE] = "none", [ESU_YEAR_1] = "esu-year-1", [ESU_YEAR_2] = "esu-year-2",
    [ESU_YEAR_3] = "esu-year-3", [ESU_YEAR_4_AZURE] = "esu-year-4-azure",
    [ESU_PREMIUM] = "premium-assurance", [ESU_UNKNOWN] = "unknown",
    [ESU_NOT_APPLICABLE] = "not-applicable",
};

static const char *const exposure_answers[] = {
    [EXPOSED] = "exposed", [COVERED] = "covered", [EXPOSURE_UNKNOWN] = "unknown",
    [EXPOSURE_NOT_APPLICABLE] = "not-applicable",
};

static const es_field level_fields[] = {
    FIELD(TEXT, "rollup", "newest rollup that is certainly in effect"),
    FIELD(TEXT, "kernel_revision", "version of the kernel file; null for a day of the past"),
    FIELD(TEXT_LIST, "security_only_months", "months of the security-only updates in effect"),
    FIELD(INTEGER, "months_behind.general", "later rollups up to the end of general support"),
    FIELD(INTEGER, "months_behind.esu", "later rollups up to the asked time"),
};
static const es_field esu_fields[] = {
    FIELD(TEXT_LIST, "updates", "rollups and security-only updates of ESU periods in effect"),
    FIELD(TEXT_LIST, "preparation", "preparation packages that are installed; they never count"),
};
static const es_field exposure_fields[] = {
    FIELD(TEXT, "basis", "of covered: files or packages"),
    FIELD(INTEGER, "open", "CVEs that were open"),
    FIELD(INTEGER, "covered", "CVEs that were covered"),
    FIELD(INTEGER, "unknown", "CVEs of which that cannot be said"),
    FIELD(INTEGER, "not_applicable", "CVEs of which no row applies to this machine"),
    FIELD(INTEGER, "public_exploit", "open CVEs with an exploit that the catalogue edition lists"),
    FIELD(INTEGER, "by_severity.critical", "open CVEs"),
    FIELD(INTEGER, "by_severity.important", "open CVEs"),
    FIELD(INTEGER, "by_severity.moderate", "open CVEs"),
    FIELD(INTEGER, "by_severity.low", "open CVEs"),
    FIELD(INTEGER, "by_severity.not_rated", "open CVEs"),
    FIELD(INTEGER, "by_impact.remote_code_execution", "open CVEs"),
    FIELD(INTEGER, "by_impact.elevation_of_privilege", "open CVEs"),
    FIELD(INTEGER, "by_impact.information_disclosure", "open CVEs"),
    FIELD(INTEGER, "by_impact.denial_of_service", "open CVEs"),
    FIELD(INTEGER, "by_impact.security_feature_bypass", "open CVEs"),
    FIELD(INTEGER, "by_impact.spoofing", "open CVEs"),
    FIELD(INTEGER, "by_impact.tampering", "open CVEs"),
    FIELD(INTEGER, "by_impact.other", "open CVEs"),
};

#define VERDICT(name, summary, answers, fields)                                                    \
    { sizeof(es_verdict_type), ES_COUNT(answers), name, summary, answers, fields,                  \
      ES_COUNT(fields), 0 }

static const es_verdict_type verdicts[] = {
    [UPDATES_LEVEL] = VERDICT("patch-level", "the newest monthly rollup in effect", level_answers,
                              level_fields),
    [UPDATES_ESU] = VERDICT("esu-updates",
                            "the latest release period of which a rollup or security-only update "
                            "was in effect",
                            esu_answers, esu_fields),
    [UPDATES_EXPOSURE] = VERDICT("exposure", "whether CVEs of the catalogue were open",
                                 exposure_answers, exposure_fields),
};

/* ------------------------------------------------------------------ rows */

static const es_field update_row[] = {
    FIELD(TEXT, "kb", "KB4493471"),
    FIELD(TEXT, "title", "as the update history names it"),
    FIELD(TEXT, "kind", "of the catalogue; null: it does not know this KB"),
    FIELD(TEXT, "channel", "release period"),
    FIELD(TEXT, "state", "installed, superseded, staged, pending-install …; null: not known"),
    FIELD(TEXT, "package_version", "of the package that speaks for it"),
    FIELD(TIME, "installed_at", "when"),
    FIELD(TEXT, "installed_at_means", "what that time is"),
    FIELD(TIME, "effective_from", "first start after the installation, where one is recorded"),
    FIELD(TEXT, "client", "what installed it"),
    FIELD(TEXT, "user", "for whom: name or SID"),
    FIELD(TEXT_LIST, "sources", "what each source says"),
    FIELD(BOOLEAN, "agree", "the sources agree; null: there is one"),
    FIELD(TEXT, "remark", "what else must be known of it"),
    FIELD(FACT_LIST, "because", "facts"),
};
static const es_field question_row[] = {
    FIELD(TEXT, "kind", "cve or kb"),
    FIELD(TEXT, "id", "what was asked for"),
    FIELD(TEXT, "answer", "exposed, covered, installed, not-installed or unknown"),
    FIELD(TIME, "from", "since when; null: not known, or from the beginning"),
    FIELD(TIME, "to", "until when; null: to the end of the record"),
    FIELD(TEXT, "by", "the update that decided"),
    FIELD(TEXT, "basis", "of covered: files or packages"),
    FIELD(FACT_LIST, "because", "facts"),
    FIELD(TEXT, "explanation", "sentences"),
};
static const es_field missing_row[] = {
    FIELD(TEXT, "kb", "an update that was not in effect"),
    FIELD(TEXT, "kind", "rollup and security-only update of a month are alternatives"),
    FIELD(TEXT, "channel", "release period"),
    FIELD(TEXT, "month", "of its release"),
};
static const es_field cve_row[] = {
    FIELD(TEXT, "cve", "an open one"),
    FIELD(TEXT, "kb", "an update that mends it"),
    FIELD(TEXT, "component", "what is affected"),
    FIELD(TEXT, "severity", "as Microsoft rates it"),
    FIELD(TEXT, "impact", "what it allows"),
    FIELD(BOOLEAN, "public_exploit", "as the catalogue edition knows it"),
    FIELD(BOOLEAN, "fix_available", "an update that mends it was out"),
};
static const es_field prerequisite_row[] = {
    FIELD(TEXT, "kb", "the package"),
    FIELD(TEXT, "role", "sha2-support, servicing-stack, esu-licensing-preparation"),
    FIELD(TEXT, "state", "met, missing, too-old or unknown"),
    FIELD(TEXT, "by", "the package that meets it, or the one that is too old"),
    FIELD(TEXT, "blocks", "the first later update that needs it, when it is not met"),
    FIELD(TEXT, "blocks_month", "month of that update"),
};

#define ROWS(name, verdict, fields)                                                                \
    { sizeof(es_row_type), ES_COUNT(fields), name, verdict, fields }

static const es_row_type rows[] = {
    [ROWS_UPDATES] = ROWS("updates", NULL, update_row),
    [ROWS_QUESTIONS] = ROWS("questions", NULL, question_row),
    [ROWS_MISSING] = ROWS("missing", "exposure", missing_row),
    [ROWS_CVES] = ROWS("cves", "exposure", cve_row),
    [ROWS_PREREQUISITES] = ROWS("prerequisites", "exposure", prerequisite_row),
};

/* ------------------------------------------------------------------ judge */

/* A shadow copy at or before the asked time decides: it takes the place of the judged state, with
 * what dated records and packages tell of the time between the two. */
static es_status judge_as_then(work **of)
{
    work *then;
    void *memory = NULL;
    es_status status = (*of)->host->alloc((*of)->host, sizeof *then, &memory);

    if (status)
        return status;
    then = (work *)memory;
    then->host = (*of)->host;
    then->installation = (*of)->installation;
    then->question = (*of)->question;
    then->catalogue = (*of)->catalogue;
    then->subject = (*of)->base->installation;
    then->base = (*of)->base;
    then->base_time = (*of)->base_time;
    then->past = (*of)->past;
    then->beyond = (*of)->beyond;
    then->at = (*of)->at;
    then->end = *of;
    *of = then;
    status = gather(then);
    if (status == ES_OK)
        status = rows_classify(then);
    return status ? status : contradict(then);
}

static es_status judge(void *state, const es_host *host, const es_installation *installation,
                       const es_question *question)
{
    work *of;
    void *memory = NULL;
    es_status status = host->alloc(host, sizeof *of, &memory);

    (void)state;
    if (status)
        return status;
    of = (work *)memory;
    of->host = host;
    of->installation = of->subject = installation;
    of->question = question;
    if (host->size >= offsetof(es_host, catalogue) + sizeof host->catalogue)
        of->catalogue = host->catalogue;
    status = gather(of);
    if (status == ES_OK)
        status = rows_classify(of);
    if (status == ES_OK)
        status = contradict(of);
    if (status == ES_OK && of->base && of->base->installation->role == ES_ROLE_SNAPSHOT)
        status = judge_as_then(&of);
    if (status == ES_OK)
        status = effect_decide(of, of->at, of->past);
    if (status == ES_OK)
        status = cover_all(of);
    if (status == ES_OK)
        status = list_updates(of);
    if (status == ES_OK)
        status = answer_questions(of);
    if (status == ES_OK)
        status = judge_level(of);
    if (status == ES_OK)
        status = judge_esu(of);
    return status ? status : judge_exposure(of);
}

ES_PLUGIN_EXPORT const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "updates",
    .version = "1",
    .summary = "updates in effect, their level, and the CVEs left open",
    .wants = updates_wants,
    .facts = updates_facts,
    .verdicts = verdicts,
    .rows = rows,
    .needs = needs,
    .n_wants = N_UPDATES_WANTS,
    .n_facts = N_UPDATES_FACTS,
    .n_verdicts = ES_COUNT(verdicts),
    .n_rows = ES_COUNT(rows),
    .n_needs = ES_COUNT(needs),
    .examine = products_examine,
    .judge = judge,
};
