/* SPDX-License-Identifier: Apache-2.0
 *
 * boots.c: which kernel boots.
 *
 * The boot entries that lead to this installation say so: the default one, or all of them when the
 * default starts something else. An entry may name a kernel. If it names none, the loader takes
 * ntoskrnl.exe, and on x86 one of two:
 *
 *     pae            nx           the kernel is
 *     ForceEnable    any          ntkrnlpa.exe
 *     ForceDisable   AlwaysOff    ntoskrnl.exe
 *     otherwise                   decided by the processor and its memory: not on the disk
 *
 * (Microsoft, "Boot Options to Configure DEP and PAE": DEP, where the processor has it, switches
 * PAE on, and PAE cannot be switched off while DEP is on; hot-added memory switches it on too.)
 * Where the disk does not decide, both kernels are asked. If both are of one build it does not
 * matter which boots; if not, neither may speak for the installation.
 */
#include "build.h"

typedef struct pick {
    build_finding *finding;
    const build_kernel *candidates[BUILD_N_KERNELS];
    uint32_t n_candidates;
    int failed; /* and finding->no_kernel says why */
} pick;

int build_entry_counts(const build_state *state, const build_entry *entry)
{
    if (entry->is_default)
        return 1;
    for (uint32_t i = 0; i < state->n_entries; i++)
        if (state->entries[i].is_default)
            return 0;
    return 1;
}

/* A kernel by its role, or by the name that a boot entry gives. */
static const build_kernel *find_role(const build_state *state, const char *role)
{
    for (uint32_t i = 0; i < state->n_kernels; i++)
        if (es_name_is(state->kernels[i].role, role))
            return &state->kernels[i];
    return NULL;
}

static const build_kernel *find_name(const build_state *state, es_text name)
{
    const build_kernel *found = NULL;

    for (uint32_t i = 0; i < state->n_kernels; i++) {
        const build_kernel *kernel = &state->kernels[i];

        if (es_name_same(kernel->name, name) &&
            (!found || es_name_is(kernel->role, "boot-kernel")))
            found = kernel;
    }
    return found;
}

static void add_candidate(pick *picked, const build_kernel *kernel)
{
    es_prose *why = &picked->finding->no_kernel;

    for (uint32_t i = 0; i < picked->n_candidates; i++)
        if (picked->candidates[i] == kernel)
            return;
    if (kernel->version[0] < 0) {
        picked->failed = 1;
        if (kernel->problem.size)
            es_prose_say(why, "%.*s states no version that can be read (%.*s)",
                         ES_SHOWN(kernel->path), ES_SHOWN(kernel->problem));
        else
            es_prose_say(why, "%.*s states no version", ES_SHOWN(kernel->path));
        return;
    }
    picked->candidates[picked->n_candidates++] = kernel;
}

static void add_pair(pick *picked, const build_entry *entry, const build_kernel *plain,
                     const build_kernel *pae)
{
    int force = entry && es_name_is(entry->pae, "forceenable");
    int disable = entry && es_name_is(entry->pae, "forcedisable") &&
                  es_name_is(entry->nx, "alwaysoff");

    if ((force && !pae) || (disable && !plain)) {
        picked->failed = 1;
        es_prose_say(&picked->finding->no_kernel, "the boot entry asks for %s, which was not found",
                     force ? "ntkrnlpa.exe" : "ntoskrnl.exe");
        return;
    }
    if (pae && !disable)
        add_candidate(picked, pae);
    if (plain && !force)
        add_candidate(picked, plain);
}

/* The kernels that one boot entry (or none: NULL) may start. */
static void add_of_entry(pick *picked, const build_entry *entry)
{
    const build_state *state = picked->finding->state;
    const build_kernel *plain = find_role(state, "kernel");
    const build_kernel *pae = find_role(state, "pae-kernel");
    const build_kernel *named;

    if (entry && entry->kernel.size) {
        named = find_name(state, entry->kernel);
        if (named)
            add_candidate(picked, named);
        else {
            picked->failed = 1;
            es_prose_say(&picked->finding->no_kernel,
                         "the boot entry names the kernel %.*s, which was not found",
                         ES_SHOWN(entry->kernel));
        }
    } else if (pae || (plain && es_name_is(plain->machine, "x86")))
        add_pair(picked, entry, plain, pae);
    else if (plain)
        add_candidate(picked, plain);
    else {
        picked->failed = 1;
        es_prose_say(&picked->finding->no_kernel, "no kernel file was found");
    }
}

static int same_build(const build_kernel *a, const build_kernel *b)
{
    return a->version[0] == b->version[0] && a->version[1] == b->version[1] &&
           a->version[2] == b->version[2];
}

static int same_version(const build_kernel *a, const build_kernel *b)
{
    return same_build(a, b) && a->version[3] == b->version[3];
}

void build_pick_kernel(build_finding *finding)
{
    const build_state *state = finding->state;
    pick picked;

    memset(&picked, 0, sizeof picked);
    picked.finding = finding;
    if (state->installation->role == ES_ROLE_REGBACK) {
        es_prose_say(&finding->no_kernel, "this state is a backup of the hives, without files");
        return;
    }
    for (uint32_t i = 0; i < state->n_entries && !picked.failed; i++)
        if (build_entry_counts(state, &state->entries[i]))
            add_of_entry(&picked, &state->entries[i]);
    if (state->n_entries == 0)
        add_of_entry(&picked, NULL);
    if (picked.failed || picked.n_candidates == 0)
        return;
    for (uint32_t i = 1; i < picked.n_candidates; i++) {
        if (!same_build(picked.candidates[0], picked.candidates[i])) {
            finding->rivals[0] = picked.candidates[0];
            finding->rivals[1] = picked.candidates[i];
            es_prose_say(&finding->no_kernel,
                         "%.*s and %.*s are of different builds, and the disk does not say which "
                         "of them boots",
                         ES_SHOWN(picked.candidates[0]->path),
                         ES_SHOWN(picked.candidates[i]->path));
            return;
        }
        if (!finding->other || !same_version(picked.candidates[0], picked.candidates[i]))
            finding->other = picked.candidates[i];
    }
    finding->kernel = picked.candidates[0];
}
