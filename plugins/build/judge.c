/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.c: the build verdict.
 *
 * What decides. The kernel that boots; then the record of the last start; then CurrentBuildNumber;
 * then BuildLabEx, and BuildLab after it. CurrentBuild never decides: genuine machines at 6003 keep
 * 6002 there. Where two kernels of different builds may boot, the record of the last start decides,
 * and nothing without one. All registry values together are one source.
 *
 * The answer follows from the version of NT, which the kernel that boots states, or the registry:
 *
 *     NT 6.0, build 6002 or 6003    that
 *     NT 6.0, another build         other
 *     another NT                    not-applicable, with its build; no status but conflict
 *     nothing decides               unknown
 *     no NT stated                  as NT 6.0 for builds 6000 to 6003, which no other NT has;
 *                                   unknown for others
 *
 * The status, first that fits. K is the build of the kernel that boots, N of CurrentBuildNumber,
 * X of BuildLabEx, C of CurrentBuild; "kernel op" an owed operation on a kernel or boot file or by
 * a package known to change the build; "restart" any other that servicing owes:
 *
 *     K     N     X     C     owed         status
 *     6003  6003  6003  6003  nothing      consistent
 *     6002  6002  6002  6002  nothing      consistent
 *     any, all agreeing       restart      consistent; the restart is mentioned
 *     any, all agreeing       kernel op    pending
 *     6003  6003  6003  6002  nothing      lagging
 *     6003  6003  6002  any   nothing      lagging
 *     6003  6003  lower revision           lagging
 *     6002  6002  lower revision           consistent; mentioned
 *     6003  6002  6002  6002  nothing      conflict
 *     6003  6002  6002  6002  restart      pending: the files are ahead of the last boot
 *     6003  6002  6002  6002  kernel op    pending
 *     6002  6003  any   any   nothing      conflict
 *     6002  6003  any   any   restart      conflict; the restart is mentioned
 *     6002  6003  any   any   kernel op    pending
 *     6003  none  none  6002  nothing      conflict: CurrentBuild is excused only by N at 6003,
 *                                          or by X where N cannot be read
 *     6003  none  6003  6002  nothing      lagging
 *     6003  none  none  6003  nothing      insufficient: CurrentBuild is no source alone
 *     none  6003  any   6002  nothing      insufficient: the registry alone
 *     none  6002  6002  6003  nothing      conflict: servicing never leaves it so
 *     none  6002  6002  6002  kernel op    pending
 *     6003  no registry                    insufficient: the kernel alone
 *     two kernels of different builds,
 *         and either may boot              conflict, or pending by a kernel op
 *         and one is known to boot         by that one; the other is no source, but mentioned
 *     a kernel of another NT, of another processor, or that contradicts its own version string
 *                                          conflict
 *
 * With B, the build of the last start as its record states it; without one the rows above hold:
 *
 *     K     N     B     owed          status
 *     6003  6003  6003  nothing       as above
 *     6003  6002  6002  any           pending: the files are ahead of the last boot
 *     6003  6003  6002  any           pending, likewise
 *     6003  6002  6003  nothing or restart
 *                                     conflict: a start at 6003 would have written N
 *     6002  any   6003  not kernel op conflict
 *     6002  any   6003  kernel op     pending
 *     none  6003  6003  nothing       insufficient: the kernel was not read; B decides
 *     none  6002  6003  not kernel op conflict; B decides
 *     none  none  6003  nothing       insufficient; B decides
 *     two kernels, either may boot    conflict as above; B decides the answer
 *
 * A revision of the last start behind the kernel's is remarked on and decides nothing: that the
 * two are the same number was never seen on NT 6.0.
 *
 * Every state of the machine (RegBack, Windows.old, snapshots) is judged by its own facts. A
 * RegBack state has hives only, so it is insufficient at best.
 */
#include "build.h"

#include <stdio.h>

void build_because(build_finding *finding, uint64_t fact)
{
    for (uint32_t i = 0; i < finding->n_because; i++)
        if (finding->because[i] == fact)
            return;
    if (finding->n_because < BUILD_N_BECAUSE)
        finding->because[finding->n_because++] = fact;
}

static void because_of(build_finding *finding, const build_claim *claim)
{
    if (claim->there)
        build_because(finding, claim->fact.reference);
}

const es_fact_view *build_registry_nt(const build_state *state, int32_t ret[2])
{
    const es_text text = state->version.text;
    uint64_t dot = 0;

    if (state->major.there && state->major.build >= 0) {
        ret[0] = state->major.build;
        ret[1] = state->minor.there && state->minor.build >= 0 ? state->minor.build : 0;
        return &state->major.fact;
    }
    while (dot < text.size && text.data[dot] != '.')
        dot++;
    /* "6.0", or "6.0.6002.18005" in an image that was updated before its first start */
    if (dot == 0 || dot > 2 || dot + 1 >= text.size)
        return NULL;
    ret[0] = 0;
    for (uint64_t i = 0; i < dot; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return NULL;
        ret[0] = ret[0] * 10 + (text.data[i] - '0');
    }
    ret[1] = text.data[dot + 1] - '0';
    return ret[1] >= 0 && ret[1] <= 9 ? &state->version.fact : NULL;
}

static int is_nt60(const int32_t nt[2])
{
    return nt[0] == 6 && nt[1] == 0;
}

static void find_nt(build_finding *finding)
{
    const build_kernel *kernel = finding->kernel ? finding->kernel : finding->rivals[0];
    int32_t nt[2];

    finding->nt[0] = finding->nt[1] = -1;
    if (kernel) {
        finding->nt[0] = kernel->version[0];
        finding->nt[1] = kernel->version[1];
    } else if (build_registry_nt(finding->state, nt)) {
        finding->nt[0] = nt[0];
        finding->nt[1] = nt[1];
    }
}

static int states_build(const build_claim *claim)
{
    return claim->there && claim->build >= 0;
}

/* The registry's best word. CurrentBuild is taken only where another NT is shown. */
static void decide_by_registry(build_finding *finding)
{
    const build_state *state = finding->state;

    if (states_build(&state->number)) {
        finding->by = BUILD_BY_NUMBER;
        finding->build = state->number.build;
    } else if (states_build(&state->lab_ex)) {
        finding->by = BUILD_BY_LAB_EX;
        finding->build = state->lab_ex.build;
    } else if (states_build(&state->lab)) {
        finding->by = BUILD_BY_LAB;
        finding->build = state->lab.build;
    }
}

/* Another NT is shown by its registry, because a Windows 10 raises its build without its kernel;
 * unless the registry speaks of another NT than the kernel. */
static void decide(build_finding *finding)
{
    const build_kernel *kernel = finding->kernel;
    int nt60 = is_nt60(finding->nt) || finding->nt[0] < 0;
    int32_t nt[2];

    finding->by = BUILD_BY_NOTHING;
    finding->build = -1;
    if (nt60 && !kernel && finding->run) {
        finding->by = BUILD_BY_RUN;
        finding->build = finding->run->build;
    } else if (finding->rivals[0] && is_nt60(finding->nt))
        return;
    else if (!kernel || !is_nt60(finding->nt))
        decide_by_registry(finding);
    if (kernel && (finding->build < 0 ||
                   (build_registry_nt(finding->state, nt) &&
                    (nt[0] != kernel->version[0] || nt[1] != kernel->version[1])))) {
        finding->by = BUILD_BY_KERNEL;
        finding->build = kernel->version[2];
    }
    if (finding->nt[0] < 0 && finding->build >= 6000 && finding->build <= 6003) {
        finding->nt[0] = 6;
        finding->nt[1] = 0;
        es_prose_say(&finding->remarks,
                     "No source states the version of NT; build %d exists in NT 6.0 only. ",
                     (int)finding->build);
    }
}

int32_t build_answer_of(const build_finding *finding)
{
    if (finding->nt[0] >= 0 && !is_nt60(finding->nt))
        return BUILD_ANSWER_NOT_APPLICABLE;
    if (finding->build == 6002)
        return BUILD_ANSWER_6002;
    if (finding->build == 6003)
        return BUILD_ANSWER_6003;
    return finding->build < 0 || finding->nt[0] < 0 ? BUILD_ANSWER_UNKNOWN : BUILD_ANSWER_OTHER;
}

static int32_t status_of(const build_finding *finding)
{
    const build_state *state = finding->state;
    int registry = states_build(&state->number) || states_build(&state->lab_ex) ||
                   states_build(&state->lab);

    if (finding->n_contradictions)
        return BUILD_STATUS_CONFLICT;
    if (finding->answer == BUILD_ANSWER_NOT_APPLICABLE)
        return BUILD_STATUS_NONE;
    if (finding->owed || finding->explained_by_owed || finding->ahead)
        return BUILD_STATUS_PENDING;
    if (!finding->kernel || !registry)
        return BUILD_STATUS_INSUFFICIENT;
    if (finding->lags && finding->build == 6003)
        return BUILD_STATUS_LAGGING;
    return BUILD_STATUS_CONSISTENT;
}

static es_status miss(const es_host *host, build_finding *finding, const char *source, es_text why)
{
    es_prose text;
    es_status status;

    if (finding->n_missing == BUILD_N_MISSING)
        return ES_OK;
    status = es_prose_make(host, 1000, &text);
    if (status)
        return status;
    es_prose_say(&text, "%s", source);
    if (why.size)
        es_prose_say(&text, ": %.*s", (int)why.size, why.data);
    finding->missing[finding->n_missing++] = es_prose_text(&text);
    return ES_OK;
}

static es_status miss_claim(const es_host *host, build_finding *finding, const char *name,
                            const build_claim *claim)
{
    if (claim->there && claim->build >= 0)
        return ES_OK;
    return miss(host, finding, name,
                es_text_of(claim->there ? "states no number" : "not there or not readable"));
}

static es_status list_missing(const es_host *host, build_finding *finding)
{
    const build_state *state = finding->state;
    es_text no_kernel = es_prose_text(&finding->no_kernel);
    es_status status = ES_OK;

    if (!finding->kernel)
        status = miss(host, finding, "the kernel that boots", no_kernel);
    if (status == ES_OK && state->n_entries == 0)
        status = miss(host, finding, "the boot store",
                      es_text_of(state->installation->role == ES_ROLE_REGBACK
                                     ? "this state is a backup of the hives, without files"
                                     : "no boot entry that leads here was found"));
    if (status == ES_OK && !finding->run)
        status = miss(host, finding, "boot records of System.evtx",
                      es_text_of(state->installation->role == ES_ROLE_REGBACK
                                     ? "this state is a backup of the hives, without files"
                                 : state->run.there ? "the last start does not state its build"
                                 : state->log_read ? "none of them states a build"
                                                   : "not there or not readable"));
    if (status == ES_OK)
        status = miss_claim(host, finding, "CurrentBuildNumber", &state->number);
    if (status == ES_OK && (finding->nt[0] < 0 || finding->nt[0] >= 6))
        status = miss_claim(host, finding, "BuildLabEx", &state->lab_ex);
    if (status == ES_OK && finding->nt[0] == 6)
        status = miss_claim(host, finding, "CurrentBuild", &state->current);
    return status;
}

static void list_because(build_finding *finding)
{
    const build_state *state = finding->state;

    if (finding->kernel)
        build_because(finding, finding->kernel->fact.reference);
    if (finding->other)
        build_because(finding, finding->other->fact.reference);
    if (finding->run)
        build_because(finding, finding->run->fact.reference);
    because_of(finding, &state->number);
    because_of(finding, &state->lab_ex);
    because_of(finding, &state->lab);
    because_of(finding, &state->current);
    because_of(finding, state->major.there ? &state->major : &state->version);
    for (uint32_t i = 0; i < state->n_entries; i++)
        if (build_entry_counts(state, &state->entries[i]))
            build_because(finding, state->entries[i].fact.reference);
}

es_status build_assess(const es_host *host, const build_state *state, build_finding *ret)
{
    es_status status;

    memset(ret, 0, sizeof *ret);
    ret->state = state;
    status = es_prose_make(host, 1000, &ret->no_kernel);
    if (status == ES_OK)
        status = es_prose_make(host, 4000, &ret->remarks);
    if (status)
        return status;
    build_pick_kernel(ret);
    ret->run = build_last_run(state);
    find_nt(ret);
    decide(ret);
    ret->answer = build_answer_of(ret);
    list_because(ret);
    status = build_compare(host, ret);
    if (status)
        return status;
    ret->status = status_of(ret);
    return list_missing(host, ret);
}

/* ------------------------------------------------------------------ the verdict */

static es_datum status_datum(const build_finding *finding)
{
    static const char *const names[] = {
        [BUILD_STATUS_CONFLICT] = "conflict",       [BUILD_STATUS_PENDING] = "pending",
        [BUILD_STATUS_INSUFFICIENT] = "insufficient", [BUILD_STATUS_LAGGING] = "lagging",
        [BUILD_STATUS_CONSISTENT] = "consistent",
    };

    if (finding->status == BUILD_STATUS_NONE)
        return es_null();
    return es_datum_text(es_text_of(names[finding->status]));
}

/* The kernel's revision; else what UBR, or BuildLabEx, adds to the build; -1 if none does. */
static int32_t revision_of(const build_finding *finding)
{
    const build_state *state = finding->state;
    const build_kernel *kernel = finding->kernel;

    if (kernel && kernel->version[2] == finding->build) {
        if (finding->other && finding->other->version[3] != kernel->version[3])
            return -1; /* two kernels of one build, and either may boot */
        return kernel->version[3];
    }
    if (finding->by == BUILD_BY_RUN && finding->run->revision >= 0)
        return finding->run->revision;
    if (finding->by == BUILD_BY_NUMBER && state->ubr.there && state->ubr.build >= 0)
        return state->ubr.build;
    if (!kernel && state->lab_ex.there && state->lab_ex.build == finding->build)
        return state->lab_ex.revision;
    return -1;
}

static es_datum revision_datum(const build_finding *finding, char *buffer, size_t size)
{
    int32_t revision = revision_of(finding);

    if (finding->build < 0 || finding->nt[0] < 0 || revision < 0)
        return es_null();
    (void)snprintf(buffer, size, "%d.%d.%d.%d", (int)finding->nt[0], (int)finding->nt[1],
                   (int)finding->build, (int)revision);
    return es_datum_text(es_text_of(buffer));
}

/* Is `word` a part of the branch name "vistasp2_ldr_escrow" in a tag or BuildLabEx? */
static int has_word(es_text text, const char *word)
{
    uint64_t size = strlen(word);

    for (uint64_t at = 0; size <= text.size && at <= text.size - size; at++) {
        es_text part = { text.data + at, size };

        if (es_name_is(part, word))
            return 1;
    }
    return 0;
}

static es_datum branch_datum(const build_finding *finding)
{
    const build_claim *lab = &finding->state->lab_ex;

    if (finding->kernel) {
        if (finding->kernel->version[2] != finding->build || finding->kernel->branch.size == 0)
            return es_null();
        if (finding->other &&
            !es_name_same(finding->other->branch, finding->kernel->branch))
            return es_null();
        return es_datum_text(finding->kernel->branch);
    }
    if (!lab->there || lab->build != finding->build || finding->build < 0)
        return es_null();
    if (has_word(lab->text, "_ldr"))
        return es_datum_text(es_text_of("LDR"));
    if (has_word(lab->text, "_gdr"))
        return es_datum_text(es_text_of("GDR"));
    return has_word(lab->text, "rtm.") ? es_datum_text(es_text_of("RTM")) : es_null();
}

static es_datum architecture_datum(const build_finding *finding)
{
    const build_state *state = finding->state;
    const char *name = es_machine_name(state->architecture.there
                                           ? es_machine_of(state->architecture.text)
                                           : state->installation->machine_type);

    if (finding->kernel && finding->kernel->machine.size)
        return es_datum_text(finding->kernel->machine);
    return es_datum_text_or_null(es_text_of(name));
}

static es_status emit_rows(const es_host *host, const build_finding *finding)
{
    for (uint32_t i = 0; i < finding->n_contradictions; i++) {
        const build_contradiction *found = &finding->contradictions[i];
        es_datum fields[3];
        es_row row = { sizeof row, BUILD_ROW_CONTRADICTIONS, fields };
        es_status status;

        fields[0] = es_datum_fact(found->left);
        fields[1] = es_datum_fact(found->right);
        fields[2] = es_datum_text(found->text);
        status = host->row(host, &row);
        if (status)
            return status;
    }
    return ES_OK;
}

static es_status emit_verdict(const es_host *host, const build_finding *finding,
                              const build_turn *turn, es_text explanation)
{
    char revision[64], build[16], booted[16];
    const build_run *start = finding->start ? finding->start
                             : finding->run ? build_last_start(finding->state)
                                            : NULL;
    uint64_t told[2] = { finding->run ? finding->run->fact.reference : 0,
                         start ? start->fact.reference : 0 };
    es_datum fields[13];
    es_verdict verdict = { sizeof verdict,       0,
                           (uint32_t)finding->answer, finding->n_because,
                           finding->because,     &explanation,
                           fields };

    for (uint32_t i = 0; i < ES_COUNT(fields); i++)
        fields[i] = es_null();
    (void)snprintf(build, sizeof build, "%d", (int)finding->build);
    fields[0] = status_datum(finding);
    fields[1] = revision_datum(finding, revision, sizeof revision);
    fields[2] = branch_datum(finding);
    fields[3] = architecture_datum(finding);
    if (finding->build >= 0)
        fields[4] = es_datum_text(es_text_of(build));
    if (finding->run) {
        (void)snprintf(booted, sizeof booted, "%d", (int)finding->run->build);
        fields[5] = es_datum_text(es_text_of(booted));
        fields[6] = es_datum_time(start->started);
        fields[7] = es_datum_facts(told, told[0] == told[1] ? 1 : 2);
    }
    fields[8] = es_datum_time(turn->not_before);
    fields[9] = es_datum_time(turn->not_after);
    if (turn->update.size)
        fields[10] = es_datum_text(turn->update);
    if (turn->n_because)
        fields[11] = es_datum_facts(turn->because, turn->n_because);
    fields[12] = es_datum_texts(finding->missing, finding->n_missing);
    return host->verdict(host, &verdict);
}

es_status build_judge(void *state, const es_host *host, const es_installation *installation,
                      const es_question *question)
{
    build_state *states;
    build_finding finding;
    build_turn turn;
    es_prose prose;
    es_status status = build_states_collect(host, installation, &states);

    (void)state;
    if (status == ES_OK)
        status = build_assess(host, states, &finding);
    if (status == ES_OK)
        status = build_find_turn(host, states, &turn);
    if (status == ES_OK)
        status = build_then(host, states, &turn, question, &finding);
    if (status == ES_OK)
        status = es_prose_make(host, 16000, &prose);
    if (status == ES_OK)
        status = build_explain(host, &finding, &turn, &prose);
    if (status == ES_OK)
        status = emit_verdict(host, &finding, &turn, es_prose_text(&prose));
    if (status == ES_OK)
        status = emit_rows(host, &finding);
    return status ? status : build_tell_history(host, states);
}
