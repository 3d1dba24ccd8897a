/* SPDX-License-Identifier: Apache-2.0
 *
 * claims.c: the facts of a machine, sorted by state, and read as numbers.
 *
 * The judge reads facts by the names of their fields, so that it depends on what a fact type
 * declares and not on which plugin emits it or in which order its fields stand.
 */
#include "build.h"

const es_datum *build_field(const es_fact_view *fact, const char *name)
{
    for (uint32_t i = 0; i < fact->n_fields; i++)
        if (strcmp(fact->declared[i].name, name) == 0)
            return fact->fields[i].type ? &fact->fields[i] : NULL;
    return NULL;
}

static es_text text_of(const es_fact_view *fact, const char *name)
{
    const es_datum *field = build_field(fact, name);
    es_text none = { "", 0 };

    return field && field->type == ES_FIELD_TEXT ? field->text : none;
}

static int is_true(const es_fact_view *fact, const char *name)
{
    const es_datum *field = build_field(fact, name);

    return field && field->type == ES_FIELD_BOOLEAN && field->integer;
}

/* A number of up to nine digits at `*at`, which moves behind it; -1 if there is none. */
static int32_t digits(es_text text, uint64_t *at)
{
    int32_t number = -1;
    uint64_t start = *at;

    while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9') {
        if (*at - start == 9)
            return -1;
        number = (number < 0 ? 0 : number * 10) + (text.data[*at] - '0');
        (*at)++;
    }
    return number;
}

static int take(es_text text, uint64_t *at, char c)
{
    if (*at >= text.size || text.data[*at] != c)
        return 0;
    (*at)++;
    return 1;
}

/* "6002", and nothing else. NT 4 to XP keep a word of warning in CurrentBuild. */
static int32_t whole_number(es_text text)
{
    uint64_t at = 0;
    int32_t number = digits(text, &at);

    while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\0'))
        at++;
    return at == text.size ? number : -1;
}

/* "6002.18005.amd64fre.lh_sp2rtm.090410-1830"; BuildLab has no revision: "6002.lh_sp2rtm.…". */
static void read_lab(build_claim *claim)
{
    uint64_t at = 0;

    claim->build = digits(claim->text, &at);
    if (claim->build < 0 || !take(claim->text, &at, '.')) {
        claim->build = -1;
        return;
    }
    claim->revision = digits(claim->text, &at);
    if (claim->revision >= 0 && !take(claim->text, &at, '.'))
        claim->revision = -1;
}

/* "6.0.6003.20489", or the first fields of it. */
static void read_version(es_text text, int32_t ret[4])
{
    uint64_t at = 0;

    for (uint32_t i = 0; i < 4; i++)
        ret[i] = -1;
    for (uint32_t i = 0; i < 4; i++) {
        ret[i] = digits(text, &at);
        if (ret[i] < 0 || !take(text, &at, '.'))
            return;
    }
}

static build_claim make_claim(const es_fact_view *fact)
{
    build_claim claim;
    const es_datum *number = build_field(fact, "number");
    const es_datum *before = build_field(fact, "before");

    memset(&claim, 0, sizeof claim);
    claim.fact = *fact;
    claim.there = 1;
    claim.build = claim.revision = -1;
    claim.text = text_of(fact, "text");
    if (number && number->integer >= 0 && number->integer <= INT32_MAX)
        claim.build = (int32_t)number->integer;
    if (before && before->type == ES_FIELD_TEXT) {
        claim.before = before->text;
        claim.changed = 1;
    }
    return claim;
}

static build_claim *claim_named(build_state *state, es_text name)
{
    const struct {
        const char *name;
        build_claim *claim;
    } places[] = {
        { "currentbuildnumber", &state->number },
        { "buildlabex", &state->lab_ex },
        { "buildlab", &state->lab },
        { "currentbuild", &state->current },
        { "currentversion", &state->version },
        { "currentmajorversionnumber", &state->major },
        { "currentminorversionnumber", &state->minor },
        { "ubr", &state->ubr },
        { "processor_architecture", &state->architecture },
    };

    for (uint32_t i = 0; i < ES_COUNT(places); i++)
        if (es_name_is(name, places[i].name))
            return places[i].claim;
    return NULL;
}

static void add_registry(build_state *state, const es_fact_view *fact)
{
    es_text name = text_of(fact, "name");
    build_claim claim = make_claim(fact);
    build_claim *place = claim_named(state, name);
    const es_datum *written = build_field(fact, "key_written");

    if (is_true(fact, "wow64")) {
        if (es_name_is(name, "currentbuildnumber")) {
            claim.build = claim.text.size ? whole_number(claim.text) : claim.build;
            state->wow64 = claim;
        }
        return;
    }
    if (es_name_is(name, "csdversion") && claim.text.size)
        place = &state->service_pack; /* SYSTEM has a number of the same name */
    if (!place)
        return;
    if (place == &state->number || place == &state->current) {
        if (claim.text.size)
            claim.build = whole_number(claim.text);
    } else if (place == &state->lab_ex || place == &state->lab)
        read_lab(&claim);
    *place = claim;
    if (place == &state->number && written)
        state->number_written = written->time;
}

static int is_kernel(es_text role)
{
    return es_name_is(role, "kernel") || es_name_is(role, "pae-kernel") ||
           es_name_is(role, "boot-kernel");
}

/* What speaks against a kernel's word. */
static void add_doubts(build_kernel *kernel, const es_fact_view *fact)
{
    const es_datum *checksum = build_field(fact, "checksum_matches");
    const es_datum *twins = build_field(fact, "twins");
    int32_t version[4];

    kernel->string_version = text_of(fact, "string_version");
    read_version(kernel->string_version, version);
    kernel->string_build = version[2];
    kernel->string_differs = is_true(fact, "fixed_string_mismatch");
    kernel->checksum_wrong = checksum && !checksum->integer;
    kernel->checked = is_true(fact, "checked_build");
    kernel->twins = twins ? twins->integer : 0;
}

static void add_file(build_state *state, const es_fact_view *fact)
{
    build_kernel kernel;

    if (state->installation->role == ES_ROLE_REGBACK)
        return; /* hives of the past beside files of today */
    memset(&kernel, 0, sizeof kernel);
    kernel.fact = *fact;
    kernel.role = text_of(fact, "role");
    read_version(text_of(fact, "file_version"), kernel.version);
    if (!is_kernel(kernel.role)) {
        if (kernel.version[0] == 6 && kernel.version[1] == 0 &&
            (kernel.version[2] > state->newest_build ||
             (kernel.version[2] == state->newest_build &&
              kernel.version[3] > state->newest_revision))) {
            state->newest_build = kernel.version[2];
            state->newest_revision = kernel.version[3];
            state->newest_file = *fact;
        }
        return;
    }
    if (state->n_kernels == BUILD_N_KERNELS) {
        state->left_out++;
        return;
    }
    kernel.path = fact->path.size ? fact->path : text_of(fact, "name");
    kernel.name = es_name_base(kernel.path);
    kernel.tag = text_of(fact, "branch_tag");
    kernel.branch = text_of(fact, "branch");
    kernel.machine = text_of(fact, "machine");
    kernel.problem = text_of(fact, "problem");
    if (kernel.version[3] < 0)
        kernel.version[0] = -1;
    add_doubts(&kernel, fact);
    state->kernels[state->n_kernels++] = kernel;
}

static void add_entry(build_state *state, const es_fact_view *fact)
{
    build_entry *entry = &state->entries[state->n_entries];

    if (state->n_entries == BUILD_N_ENTRIES) {
        state->left_out++;
        return;
    }
    state->n_entries++;
    entry->fact = *fact;
    entry->kernel = es_name_base(text_of(fact, "kernel"));
    entry->pae = text_of(fact, "pae");
    entry->nx = text_of(fact, "nx");
    entry->object = text_of(fact, "object");
    entry->hal = text_of(fact, "hal");
    entry->is_default = is_true(fact, "default");
    entry->test_signing = is_true(fact, "test_signing");
    entry->no_integrity_checks = is_true(fact, "no_integrity_checks");
}

static void add_owed(build_state *state, const build_owed *owed)
{
    if (state->n_owed == ES_COUNT(state->owed)) {
        /* those that name a kernel are the ones that count */
        for (uint32_t i = 0; owed->names_kernel && i < state->n_owed; i++) {
            if (!state->owed[i].names_kernel && !state->owed[i].changes_build) {
                state->owed[i] = *owed;
                return;
            }
        }
        state->left_out++;
        return;
    }
    state->owed[state->n_owed++] = *owed;
}

static void add_mark(build_state *state, const es_fact_view *fact)
{
    build_owed owed;

    memset(&owed, 0, sizeof owed);
    owed.fact = *fact;
    owed.what = text_of(fact, "mark");
    owed.names_kernel = is_true(fact, "names_kernel");
    owed.changes_build = is_true(fact, "changes_build");
    owed.servicing = 1;
    if (is_true(fact, "owed"))
        add_owed(state, &owed);
}

static void add_rename(build_state *state, const es_fact_view *fact)
{
    build_owed owed;

    memset(&owed, 0, sizeof owed);
    owed.fact = *fact;
    owed.what = text_of(fact, "target");
    if (owed.what.size == 0)
        owed.what = text_of(fact, "source");
    owed.names_kernel = is_true(fact, "names_kernel");
    add_owed(state, &owed);
}

static void add_setup(build_state *state, const es_fact_view *fact)
{
    state->setup_running = is_true(fact, "in_progress");
}

/* When SOFTWARE was last written; and whether Windows was still writing to it when the disk was
 * taken and its logs are of no use: its newest changes may be missing. */
static void add_hive(build_state *state, const es_fact_view *fact)
{
    if (!es_name_is(es_name_base(fact->path), "software"))
        return;
    state->dirty = es_name_is(text_of(fact, "state"), "dirty");
    state->hive_written = fact->damaged ? state->hive_written : fact->time;
    state->hive_fact = fact->reference;
}

static void add_shutdown(build_state *state, const es_fact_view *fact)
{
    if (!fact->damaged)
        state->shutdown = fact->time;
}

/* How far a log reaches: it was read. */
static void add_log(build_state *state, const es_fact_view *fact)
{
    if (es_name_is(es_name_base(text_of(fact, "log")), "system.evtx"))
        state->log_read = 1;
}

static es_status state_of(const es_host *host, build_state **states,
                          const es_installation *installation, build_state **ret)
{
    build_state **at = states;
    void *memory = NULL;
    es_status status;

    for (; *at; at = &(*at)->next) {
        if ((*at)->installation->id == installation->id) {
            *ret = *at;
            return ES_OK;
        }
    }
    status = host->alloc(host, sizeof **at, &memory);
    if (status)
        return status;
    *at = (build_state *)memory;
    (*at)->installation = installation;
    (*at)->newest_build = (*at)->newest_revision = -1;
    *ret = *at;
    return ES_OK;
}

/* The first of `ret_states` is the judged one, even when it has no facts. */
es_status build_states_collect(const es_host *host, const es_installation *own,
                               build_state **ret_states)
{
    static const struct {
        const char *type;
        void (*add)(build_state *state, const es_fact_view *fact);
    } kinds[] = {
        { "build.registry", add_registry },     { "kernel.file", add_file },
        { "kernel.boot", add_entry },           { "build.servicing_mark", add_mark },
        { "build.pending_rename", add_rename }, { "build.setup", add_setup },
        { "hive.state", add_hive },             { "history.boot", build_add_run },
        { "history.log", add_log },             { "build.shutdown", add_shutdown },
    };
    build_state *states = NULL, *state;
    es_status status = state_of(host, &states, own, &state);

    for (uint32_t i = 0; status == ES_OK && i < ES_COUNT(kinds); i++) {
        uint64_t cursor = 0;
        es_fact_view fact;

        for (;;) {
            status = host->fact_next(host, es_text_of(kinds[i].type), &cursor, &fact);
            if (status)
                break;
            status = state_of(host, &states, fact.installation, &state);
            if (status)
                return status;
            kinds[i].add(state, &fact);
        }
        if (status > 0)
            status = ES_OK;
    }
    *ret_states = states;
    return status;
}
