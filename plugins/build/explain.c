/* SPDX-License-Identifier: Apache-2.0
 *
 * explain.c: the build verdict in sentences that can be read out.
 *
 * First what the disk holds and what decides it, then every other source that was read, then why
 * the status is what it is, then doubts, then what could not be asked.
 */
#include "build.h"

static void say_deciding(const build_finding *finding, es_prose *prose)
{
    const build_state *state = finding->state;
    const build_kernel *kernel = finding->kernel;

    if (finding->answer == BUILD_ANSWER_NOT_APPLICABLE)
        es_prose_say(prose, "This Windows is NT %d.%d, not NT 6.0. ", (int)finding->nt[0],
                     (int)finding->nt[1]);
    if (finding->build >= 0)
        es_prose_say(prose, "The build on disk is %d. ", (int)finding->build);
    else
        es_prose_say(prose, "The build on disk cannot be told. ");
    if (kernel) {
        es_prose_say(prose,
                     finding->by == BUILD_BY_KERNEL
                         ? "The kernel that boots decides: %.*s states version %d.%d.%d.%d"
                         : "The kernel that boots, %.*s, states version %d.%d.%d.%d",
                     ES_SHOWN(kernel->path), (int)kernel->version[0], (int)kernel->version[1],
                     (int)kernel->version[2], (int)kernel->version[3]);
        if (kernel->tag.size)
            es_prose_say(prose, " (%.*s)", ES_SHOWN(kernel->tag));
        es_prose_say(prose, ". ");
    }
    if (finding->other)
        es_prose_say(prose,
                     "The disk does not say whether it or %.*s of version %d.%d.%d.%d boots; both "
                     "are of the same build. ",
                     ES_SHOWN(finding->other->path), (int)finding->other->version[0],
                     (int)finding->other->version[1], (int)finding->other->version[2],
                     (int)finding->other->version[3]);
    if (!kernel && finding->no_kernel.used) {
        es_text why = es_prose_text(&finding->no_kernel);

        es_prose_say(prose, "The kernel that boots was not asked: %.*s. ", (int)why.size, why.data);
    }
    if (!kernel && finding->by != BUILD_BY_NOTHING && finding->by != BUILD_BY_RECORD)
        es_prose_say(prose, "%s decides. ",
                     finding->by == BUILD_BY_RUN      ? "The record of the last start"
                     : finding->by == BUILD_BY_NUMBER ? "CurrentBuildNumber"
                     : finding->by == BUILD_BY_LAB_EX ? "BuildLabEx"
                                                      : "BuildLab");
    if (finding->by == BUILD_BY_NOTHING && state->current.there && !finding->rivals[0])
        es_prose_say(prose, "CurrentBuild is there but is not relied on alone. ");
}

static void say_claim(es_prose *prose, const char *name, const build_claim *claim)
{
    if (!claim->there)
        return;
    if (claim->text.size)
        es_prose_say(prose, "%s states \"%.*s\"", name, ES_SHOWN(claim->text));
    else
        es_prose_say(prose, "%s states %d", name, (int)claim->build);
    if (claim->changed)
        es_prose_say(prose, ", which stands in the transaction log; the hive itself states "
                            "\"%.*s\"",
                     ES_SHOWN(claim->before));
    es_prose_say(prose, claim->fact.damaged ? ", on bytes of the image that cannot be trusted. "
                                            : ". ");
}

static void say_registry(const build_finding *finding, es_prose *prose)
{
    const build_state *state = finding->state;

    say_claim(prose, "CurrentBuildNumber", &state->number);
    say_claim(prose, "BuildLabEx", &state->lab_ex);
    say_claim(prose, "BuildLab", &state->lab);
    say_claim(prose, "CurrentBuild", &state->current);
    if (state->dirty)
        es_prose_say(prose,
                     "The hive SOFTWARE was being written to and has no usable log, so its newest "
                     "changes may be missing. ");
    if (state->ubr.there)
        es_prose_say(prose, "UBR states %d. ", (int)state->ubr.build);
    if (state->wow64.there && state->number.there &&
        state->wow64.build != state->number.build)
        es_prose_say(prose,
                     "The copy for 32-bit programs states CurrentBuildNumber \"%.*s\"; it can be "
                     "out of date and does not decide. ",
                     ES_SHOWN(state->wow64.text));
}

/* What last ran, and whether it is what lies on the disk. */
static void say_run(const build_finding *finding, es_prose *prose)
{
    const build_run *run = finding->run;

    if (!run) {
        es_prose_say(prose, "Which build last ran is not known: no boot record tells. ");
        return;
    }
    es_prose_say(prose, "The build that last ran is %d, as the record of the last start states",
                 (int)run->build);
    if (run->revision >= 0)
        es_prose_say(prose, " (revision %d)", (int)run->revision);
    es_prose_say(prose, ". ");
    if (finding->ahead)
        es_prose_say(prose, "The files are ahead of the last start: the build on disk has not run "
                            "yet. ");
    else if (finding->kernel && finding->kernel->version[2] == run->build && run->revision >= 0 &&
             finding->kernel->version[3] != run->revision)
        es_prose_say(prose, "Its revision is not the kernel's, so the kernel may have been "
                            "replaced since. ");
}

static void say_owed(const build_finding *finding, es_prose *prose)
{
    const build_owed *owed = finding->owed;

    if (owed && owed->servicing && owed->names_kernel)
        es_prose_say(prose, "%.*s names a kernel or boot file that is replaced at the next start. ",
                     ES_SHOWN(owed->what));
    else if (owed && owed->servicing)
        es_prose_say(prose, "%.*s names a package that is known to change the build. ",
                     ES_SHOWN(owed->what));
    else if (owed)
        es_prose_say(prose,
                     "PendingFileRenameOperations names the boot file %.*s, which changes at the "
                     "next start. ",
                     ES_SHOWN(owed->what));
    if (finding->restart)
        es_prose_say(prose,
                     "The files are ahead of the last start: the registry's number is written when "
                     "the kernel starts, and servicing still owes a restart (%.*s). ",
                     ES_SHOWN(finding->restart->what));
}

/* Restarts that explain nothing here are said too, so that nobody takes them for an explanation. */
static void say_unrelated(const build_finding *finding, es_prose *prose)
{
    const build_state *state = finding->state;
    uint32_t n_marks = 0, n_renames = 0;
    const build_owed *first = NULL;

    if (finding->answer == BUILD_ANSWER_NOT_APPLICABLE)
        return;
    for (uint32_t i = 0; i < state->n_owed; i++) {
        const build_owed *owed = &state->owed[i];

        if (owed->names_kernel || owed->changes_build || owed == finding->restart ||
            owed == finding->owed)
            continue;
        if (!owed->servicing)
            n_renames++;
        else if (n_marks++ == 0)
            first = owed;
    }
    if (n_marks)
        es_prose_say(prose,
                     "Servicing owes a restart (%.*s), without naming a kernel, a boot file or a "
                     "package known to change the build. ",
                     ES_SHOWN(first->what));
    if (n_renames)
        es_prose_say(prose,
                     "Pending renames of other files (%u) do not touch the kernel and explain no "
                     "difference. ",
                     (unsigned)n_renames);
    if (state->setup_running)
        es_prose_say(prose, "Windows setup had not finished. ");
}

static void say_status(const build_finding *finding, es_prose *prose)
{
    switch (finding->status) {
    case BUILD_STATUS_CONFLICT:
        es_prose_say(prose, "The sources contradict each other and nothing on the disk explains "
                            "it: ");
        for (uint32_t i = 0; i < finding->n_contradictions; i++)
            es_prose_say(prose, "%.*s ", (int)finding->contradictions[i].text.size,
                         finding->contradictions[i].text.data);
        break;
    case BUILD_STATUS_PENDING:
        if (finding->owed || finding->explained_by_owed)
            es_prose_say(prose, "An operation is owed that bears on the build. ");
        break;
    case BUILD_STATUS_INSUFFICIENT:
        if (finding->kernel)
            es_prose_say(prose, "The kernel is the only source; the registry states no build. ");
        else if (finding->by == BUILD_BY_RECORD)
            es_prose_say(prose, "The kernel and the registry of that day are not left to be "
                                "asked. ");
        else if (finding->run)
            es_prose_say(prose, "The kernel that boots could not be asked; what else was read does "
                                "not contradict the record of the last start. ");
        else if (finding->by != BUILD_BY_NOTHING)
            es_prose_say(prose, "The registry is the only source; its values count as one. ");
        else
            es_prose_say(prose, "Nothing that was read decides it. ");
        break;
    case BUILD_STATUS_LAGGING:
        es_prose_say(prose,
                     "The registry differs from the kernel in the way servicing is known to leave "
                     "a machine at 6003; that alone is no sign of tampering. ");
        break;
    case BUILD_STATUS_CONSISTENT:
        es_prose_say(prose, "Registry and booting kernel agree. ");
        break;
    default:
        break;
    }
    if (finding->lags && finding->status == BUILD_STATUS_INSUFFICIENT)
        es_prose_say(prose,
                     "The values differ as servicing is known to leave them at 6003; only the "
                     "kernel could confirm it. ");
}

static void doubt_kernel(const build_kernel *kernel, es_prose *prose)
{
    if (kernel->fact.damaged)
        es_prose_say(prose, "%.*s lies in part on bytes of the image that cannot be trusted. ",
                     ES_SHOWN(kernel->path));
    if (kernel->string_differs && kernel->string_build == kernel->version[2])
        es_prose_say(prose,
                     "Its version in words, \"%.*s\", differs from the one in numbers: a possible "
                     "sign of tampering. ",
                     ES_SHOWN(kernel->string_version));
    if (kernel->checksum_wrong)
        es_prose_say(prose, "The checksum in its header does not fit its bytes. ");
    if (kernel->checked)
        es_prose_say(prose, "It is a checked (debug) build. ");
    if (kernel->twins > 1)
        es_prose_say(prose,
                     "Its folder holds %d names that differ from it only in letter case, itself "
                     "included; which of them Windows opens is not certain. ",
                     (int)kernel->twins);
}

static void doubt_entry(const build_entry *entry, es_prose *prose)
{
    if (entry->kernel.size)
        es_prose_say(prose, "The boot entry %.*s names the kernel %.*s itself. ",
                     ES_SHOWN(entry->object), ES_SHOWN(entry->kernel));
    if (entry->hal.size)
        es_prose_say(prose, "The boot entry %.*s names the HAL %.*s itself. ",
                     ES_SHOWN(entry->object), ES_SHOWN(entry->hal));
    if (entry->test_signing)
        es_prose_say(prose, "The boot entry %.*s allows test-signed drivers. ",
                     ES_SHOWN(entry->object));
    if (entry->no_integrity_checks)
        es_prose_say(prose, "The boot entry %.*s switches integrity checks off. ",
                     ES_SHOWN(entry->object));
}

static void say_doubts(const build_finding *finding, es_prose *prose)
{
    const build_state *state = finding->state;

    if (finding->kernel)
        doubt_kernel(finding->kernel, prose);
    if (finding->other)
        doubt_kernel(finding->other, prose);
    for (uint32_t i = 0; i < state->n_entries; i++)
        if (build_entry_counts(state, &state->entries[i]))
            doubt_entry(&state->entries[i], prose);
    if (finding->answer != BUILD_ANSWER_NOT_APPLICABLE && finding->build >= 0 &&
        state->newest_build > finding->build)
        es_prose_say(prose, "%.*s is of build %d, later than the build decided on. ",
                     ES_SHOWN(state->newest_file.path), (int)state->newest_build);
    if ((finding->answer == BUILD_ANSWER_6002 || finding->answer == BUILD_ANSWER_6003) &&
        state->service_pack.there && !es_name_is(state->service_pack.text, "service pack 2"))
        es_prose_say(prose, "CSDVersion states \"%.*s\", where this build has Service Pack 2. ",
                     ES_SHOWN(state->service_pack.text));
    if (state->left_out)
        es_prose_say(prose, "%u further kernels, boot entries or pending operations were left "
                            "out. ",
                     (unsigned)state->left_out);
    if (finding->remarks.used)
        es_prose_say(prose, "%.*s", (int)finding->remarks.used, finding->remarks.data);
}

static void say_candidate(const build_turn *turn, uint32_t i, es_prose *prose)
{
    const build_candidate *one = &turn->candidates[i];
    const char *before = i + 1 < turn->n_candidates || turn->n_more ? ", " : " and ";

    es_prose_say(prose, "%sKB%u", i == 0 ? "" : before, (unsigned)one->kb);
    if (one->how == BUILD_BRINGS_PERHAPS)
        es_prose_say(prose, " (the catalogue leaves open whether it brings it)");
    else if (!es_time_known(one->time))
        es_prose_say(prose, " (installed at a time that is not known)");
}

static void say_candidates(const build_turn *turn, es_prose *prose)
{
    for (uint32_t i = 0; i < turn->n_candidates; i++)
        say_candidate(turn, i, prose);
    if (turn->n_more)
        es_prose_say(prose, " and %u more", (unsigned)turn->n_more);
}

/* Which update brought build 6003, or between which ones nothing tells. */
static void say_turn(const build_turn *turn, es_prose *prose)
{
    if (es_name_is(turn->update, "installed-as-6003")) {
        es_prose_say(prose, "Windows was installed at build 6003: nothing on record is of an "
                            "earlier build. ");
    } else if (turn->update.size && turn->candidates[0].how == BUILD_BRINGS_PERHAPS) {
        es_prose_say(prose, "The catalogue leaves open whether KB%u brings build 6003; nothing "
                            "else "
                            "on record explains the change. ", (unsigned)turn->candidates[0].kb);
    } else if (turn->update.size) {
        es_prose_say(prose, "The first update on record that brings build 6003 is KB%u. ",
                     (unsigned)turn->candidates[0].kb);
    } else if (turn->n_candidates && turn->perhaps_born) {
        es_prose_say(prose, "What may have brought build 6003: ");
        say_candidates(turn, prose);
        es_prose_say(prose, "; or Windows was installed so: nothing on record is of an earlier "
                            "build. ");
    } else if (turn->n_candidates) {
        es_prose_say(prose, "Which update brought build 6003 is not told; what was installed in "
                            "that time and may have: ");
        say_candidates(turn, prose);
        es_prose_say(prose, ". ");
    } else if (turn->packages_there && es_time_known(turn->not_before)) {
        es_prose_say(prose, "No update on record is known to have brought build 6003");
        if (turn->elsewhere)
            es_prose_say(prose, " in that time; KB%u, which brings it, was installed at another",
                         (unsigned)turn->elsewhere);
        es_prose_say(prose, ". ");
    }
}

static void say_gaps(const build_finding *finding, const build_turn *turn, es_prose *prose)
{
    say_run(finding, prose);
    if (turn->returned)
        es_prose_say(prose, "An earlier build ran again after the first start at 6003. ");
    if (turn->contradicts)
        es_prose_say(prose,
                     "The times of the machine's states run backwards, so no interval is given for "
                     "its change to 6003. ");
    if (finding->n_missing)
        es_prose_say(prose, "Sources that are missing: ");
    for (uint32_t i = 0; i < finding->n_missing; i++)
        es_prose_say(prose, "%.*s%s", (int)finding->missing[i].size, finding->missing[i].data,
                     i + 1 < finding->n_missing ? "; " : ".");
}

es_status build_explain(const es_host *host, const build_finding *finding, const build_turn *turn,
                        es_prose *prose)
{
    (void)host;
    say_deciding(finding, prose);
    say_registry(finding, prose);
    say_status(finding, prose);
    say_owed(finding, prose);
    say_unrelated(finding, prose);
    say_doubts(finding, prose);
    say_turn(turn, prose);
    say_gaps(finding, turn, prose);
    return ES_OK;
}
