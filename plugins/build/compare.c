/* SPDX-License-Identifier: Apache-2.0
 *
 * compare.c: every source of an NT 6.0 weighed against the one that decides.
 *
 * A source that states another build than the reference falls into one of three classes:
 *
 *     lag        the way servicing is known to leave a machine at 6003: CurrentBuild 6002 beside
 *                CurrentBuildNumber 6003 (or BuildLabEx, if that cannot be read); BuildLab or
 *                BuildLabEx at 6002; BuildLabEx at 6003 with a lower revision than the kernel.
 *     owed       a restart is owed that explains it. An operation that names a kernel or boot file,
 *                or a package known to change the build, explains a difference in either
 *                direction. Any other restart that servicing owes explains only that the files are
 *                ahead of the registry: CurrentBuildNumber is written when the kernel starts, so it
 *                stays behind until then. An installer's rename of some other file explains
 *                nothing.
 *     otherwise  a contradiction: a row, and the status is conflict.
 *
 * Other executables than kernels are not weighed: many are never replaced, and one update carries
 * files of several revisions. A newer build among them is remarked on.
 */
#include "build.h"

/* The source that decides, which the others are compared with. */
typedef struct reference {
    const es_fact_view *fact;
    const char *name;
    int32_t build;
    int32_t revision;
    int is_kernel;
} reference;

static void contradict(build_finding *finding, const es_fact_view *left,
                       const es_fact_view *right, const es_prose *text)
{
    build_contradiction *row = &finding->contradictions[finding->n_contradictions];

    if (finding->n_contradictions == BUILD_N_CONTRADICTIONS)
        return;
    row->left = left->reference;
    row->right = right->reference;
    row->text = es_prose_text(text);
    finding->n_contradictions++;
    build_because(finding, left->reference);
    build_because(finding, right->reference);
}

static reference make_reference(const build_finding *finding)
{
    const build_state *state = finding->state;
    reference made = { NULL, "", finding->build, -1, 0 };

    switch (finding->by) {
    case BUILD_BY_KERNEL:
        made.fact = &finding->kernel->fact;
        made.name = "the kernel";
        made.revision = finding->kernel->version[3];
        made.is_kernel = 1;
        break;
    case BUILD_BY_RUN:
        made.fact = &finding->run->fact;
        made.name = "the record of the last start";
        break;
    case BUILD_BY_NUMBER:
        made.fact = &state->number.fact;
        made.name = "CurrentBuildNumber";
        break;
    case BUILD_BY_LAB_EX:
        made.fact = &state->lab_ex.fact;
        made.name = "BuildLabEx";
        break;
    case BUILD_BY_LAB:
        made.fact = &state->lab.fact;
        made.name = "BuildLab";
        break;
    default:
        break;
    }
    return made;
}

static const build_owed *owed_by_servicing(const build_state *state)
{
    for (uint32_t i = 0; i < state->n_owed; i++)
        if (state->owed[i].servicing)
            return &state->owed[i];
    return NULL;
}

/* Does an owed operation explain that one side is at a later build? `files_ahead`: the later side
 * are the files, or what was installed with them, and the earlier one was written at a start. */
static int is_owed(build_finding *finding, int files_ahead)
{
    const build_owed *servicing = owed_by_servicing(finding->state);

    /* A record of the last start knows better than a restart that is owed for whatever reason. */
    if (files_ahead && finding->ahead)
        return 1;
    if (finding->run && finding->by == BUILD_BY_KERNEL)
        servicing = NULL;
    if (!finding->owed && !(files_ahead && servicing))
        return 0;
    if (!finding->owed)
        finding->restart = servicing;
    finding->explained_by_owed = 1;
    return 1;
}

static es_status weigh(const es_host *host, build_finding *finding, const reference *against,
                       const build_claim *claim, const char *name, int may_lag, int of_files)
{
    int behind = claim->build < against->build;
    int files_ahead = against->is_kernel ? behind : (!behind && of_files);
    es_prose text;
    es_status status;

    if (!claim->there || claim->build < 0 || claim->build == against->build)
        return ES_OK;
    build_because(finding, claim->fact.reference);
    if (may_lag && behind && against->build == 6003 && claim->build == 6002) {
        finding->lags++;
        return ES_OK;
    }
    if (is_owed(finding, files_ahead))
        return ES_OK;
    status = es_prose_make(host, 400, &text);
    if (status)
        return status;
    es_prose_say(&text, "%s states build %d, %s states build %d.", name, (int)claim->build,
                 against->name, (int)against->build);
    contradict(finding, &claim->fact, against->fact, &text);
    return ES_OK;
}

static es_status weigh_registry(const es_host *host, build_finding *finding,
                                const reference *against)
{
    const build_state *state = finding->state;
    int stated = state->number.there && state->number.build >= 0;
    int at_6003 = stated ? state->number.build == 6003
                         : state->lab_ex.there && state->lab_ex.build == 6003;
    es_status status = weigh(host, finding, against, &state->number, "CurrentBuildNumber", 0, 0);

    if (status == ES_OK)
        status = weigh(host, finding, against, &state->lab_ex, "BuildLabEx", 1, 1);
    if (status == ES_OK)
        status = weigh(host, finding, against, &state->lab, "BuildLab", 1, 1);
    if (status == ES_OK)
        status = weigh(host, finding, against, &state->current, "CurrentBuild", at_6003, 1);
    return status;
}

/* BuildLabEx and the kernel at one build: the revision may be behind, and says so. */
static void weigh_revision(build_finding *finding, const reference *against)
{
    const build_claim *claim = &finding->state->lab_ex;
    const build_state *state = finding->state;

    if (!against->is_kernel || !claim->there || claim->build != against->build ||
        claim->revision < 0 || claim->revision == against->revision)
        return;
    if (claim->revision < against->revision) {
        if (against->build == 6003)
            finding->lags++;
        es_prose_say(&finding->remarks,
                     "BuildLabEx states revision %d, behind the kernel's %d; it is known to stay "
                     "behind the files. ",
                     (int)claim->revision, (int)against->revision);
    } else if (state->newest_build != against->build || state->newest_revision < claim->revision)
        es_prose_say(&finding->remarks,
                     "BuildLabEx states revision %d, which none of the files read has reached. ",
                     (int)claim->revision);
}

/* A kernel that does not boot is no source; one of another build is unusual enough to be said. */
static void remark_kernels(build_finding *finding, const reference *against)
{
    const build_state *state = finding->state;

    for (uint32_t i = 0; i < state->n_kernels; i++) {
        const build_kernel *kernel = &state->kernels[i];

        if (kernel == finding->kernel || kernel->version[0] < 0 ||
            (kernel->version[2] == against->build && kernel->version[0] == finding->nt[0] &&
             kernel->version[1] == finding->nt[1]))
            continue;
        build_because(finding, kernel->fact.reference);
        es_prose_say(&finding->remarks,
                     "Beside it lies the kernel %.*s of version %d.%d.%d.%d, another build, which "
                     "is not shown to boot. ",
                     ES_SHOWN(kernel->path), (int)kernel->version[0], (int)kernel->version[1],
                     (int)kernel->version[2], (int)kernel->version[3]);
    }
}

/* Two kernels of different builds, and either may boot. */
static es_status weigh_rivals(const es_host *host, build_finding *finding)
{
    const build_kernel *a = finding->rivals[0], *b = finding->rivals[1];
    es_prose text;
    es_status status;

    if (!a)
        return ES_OK;
    build_because(finding, a->fact.reference);
    build_because(finding, b->fact.reference);
    if (is_owed(finding, 0))
        return ES_OK;
    status = es_prose_make(host, 800, &text);
    if (status)
        return status;
    es_prose_say(&text, "%.*s is of build %d, %.*s of build %d, and either may boot.",
                 ES_SHOWN(a->path), (int)a->version[2], ES_SHOWN(b->path), (int)b->version[2]);
    contradict(finding, &a->fact, &b->fact, &text);
    return ES_OK;
}

/* The kernel against itself: its version in numbers and its version in words. */
static es_status weigh_string(const es_host *host, build_finding *finding)
{
    const build_kernel *kernel = finding->kernel;
    es_prose text;
    es_status status;

    if (!kernel || kernel->string_build < 0 || kernel->string_build == kernel->version[2])
        return ES_OK;
    status = es_prose_make(host, 800, &text);
    if (status)
        return status;
    es_prose_say(&text, "%.*s states version %d.%d.%d.%d in numbers and \"%.*s\" in words.",
                 ES_SHOWN(kernel->path), (int)kernel->version[0], (int)kernel->version[1],
                 (int)kernel->version[2], (int)kernel->version[3],
                 ES_SHOWN(kernel->string_version));
    contradict(finding, &kernel->fact, &kernel->fact, &text);
    return ES_OK;
}

/* Kernel and registry name different versions of NT, or different processors. */
static es_status weigh_identity(const es_host *host, build_finding *finding)
{
    const build_state *state = finding->state;
    const build_kernel *kernel = finding->kernel;
    int32_t nt[2];
    const es_fact_view *fact = build_registry_nt(state, nt);
    es_prose text;
    es_status status = ES_OK;

    if (kernel && fact && (nt[0] != kernel->version[0] || nt[1] != kernel->version[1])) {
        status = es_prose_make(host, 800, &text);
        if (status)
            return status;
        es_prose_say(&text, "The registry states NT %d.%d, the kernel %.*s is of NT %d.%d.",
                     (int)nt[0], (int)nt[1], ES_SHOWN(kernel->path), (int)kernel->version[0],
                     (int)kernel->version[1]);
        contradict(finding, fact, &kernel->fact, &text);
    }
    if (status == ES_OK && kernel && kernel->machine.size && state->architecture.there &&
        state->architecture.text.size &&
        !es_name_same(kernel->machine, state->architecture.text)) {
        status = es_prose_make(host, 800, &text);
        if (status)
            return status;
        es_prose_say(&text, "The kernel %.*s is for %.*s, PROCESSOR_ARCHITECTURE states %.*s.",
                     ES_SHOWN(kernel->path), ES_SHOWN(kernel->machine),
                     ES_SHOWN(state->architecture.text));
        contradict(finding, &kernel->fact, &state->architecture.fact, &text);
    }
    return status;
}

/* The kernel on disk against the build that last ran. */
static es_status weigh_run(const es_host *host, build_finding *finding, const reference *against)
{
    const build_run *run = finding->run;
    es_prose text;
    es_status status;

    if (!run || !against->is_kernel || run->build == against->build)
        return ES_OK;
    if (run->build < against->build) {
        finding->ahead = 1;
        return ES_OK;
    }
    if (is_owed(finding, 0))
        return ES_OK;
    status = es_prose_make(host, 400, &text);
    if (status)
        return status;
    es_prose_say(&text, "The last start was of build %d, %s states build %d.", (int)run->build,
                 against->name, (int)against->build);
    contradict(finding, &run->fact, against->fact, &text);
    return ES_OK;
}

/* A further package of build 6003 changes nothing where all that was read is at 6003. */
static int is_6003_throughout(const build_finding *finding)
{
    const build_state *state = finding->state;

    return (finding->kernel || state->number.there) &&
           (!finding->kernel || finding->kernel->version[2] == 6003) &&
           (!state->number.there || state->number.build == 6003) &&
           (!finding->run || finding->run->build == 6003);
}

/* The first owed operation that names a kernel or boot file, the kernel that the boot entry names
 * included, or a package known to change the build. */
static const build_owed *owed_to_kernel(const build_finding *finding)
{
    const build_state *state = finding->state;

    for (uint32_t i = 0; i < state->n_owed; i++) {
        const build_owed *owed = &state->owed[i];

        if (owed->names_kernel || (owed->changes_build && !is_6003_throughout(finding)))
            return owed;
        if (!owed->servicing && finding->kernel &&
            es_name_is(finding->kernel->role, "boot-kernel") &&
            es_name_same(es_name_base(owed->what), finding->kernel->name))
            return owed;
    }
    return NULL;
}

es_status build_compare(const es_host *host, build_finding *finding)
{
    reference against = make_reference(finding);
    es_status status = ES_OK;

    finding->owed = owed_to_kernel(finding);
    if (finding->owed)
        build_because(finding, finding->owed->fact.reference);
    status = weigh_identity(host, finding);
    if (status == ES_OK)
        status = weigh_string(host, finding);
    if (status == ES_OK)
        status = weigh_rivals(host, finding);
    if (status || !against.fact || finding->answer == BUILD_ANSWER_NOT_APPLICABLE)
        return status;
    status = weigh_run(host, finding, &against);
    if (status == ES_OK)
        status = weigh_registry(host, finding, &against);
    if (status)
        return status;
    remark_kernels(finding, &against);
    weigh_revision(finding, &against);
    if (finding->restart)
        build_because(finding, finding->restart->fact.reference);
    return status;
}
