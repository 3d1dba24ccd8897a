/* SPDX-License-Identifier: Apache-2.0
 *
 * build.h: what the files of the build plugin share.
 *
 * build.c describes the plugin; registry.c and servicing.c turn artefacts into facts; claims.c
 * sorts the facts of each state of the machine, runs.c its boot records; compare.c weighs them;
 * judge.c decides and reports; machine.c looks across the states, turn.c for the update that
 * brought 6003, brings.c asks the catalogue which may; sightings.c looks across all that states a
 * build; names.c knows the boot files.
 *
 * Ownership: everything is borrowed from the callback it was made in.
 */
#ifndef ESUSCAN_PLUGIN_BUILD_H
#define ESUSCAN_PLUGIN_BUILD_H

#include <esuscan/bytes.h>
#include <esuscan/names.h>
#include <esuscan/prose.h>

/* ---- the description */
enum { BUILD_WANT_SOFTWARE, BUILD_WANT_SYSTEM, BUILD_WANT_PENDING_XML };

enum {
    BUILD_FACT_REGISTRY,
    BUILD_FACT_INSTALLED,
    BUILD_FACT_SHUTDOWN,
    BUILD_FACT_HOST,
    BUILD_FACT_TIME_ZONE,
    BUILD_FACT_PRODUCT,
    BUILD_FACT_RENAME,
    BUILD_FACT_MARK,
    BUILD_FACT_SETUP,
};

enum { BUILD_ROW_CONTRADICTIONS, BUILD_ROW_HISTORY };

/* ---- examine */
es_status build_examine_software(const es_host *host, const es_artefact *hive);
es_status build_examine_system(const es_host *host, const es_artefact *hive);
es_status build_examine_servicing(const es_host *host, const es_artefact *hive);
es_status build_examine_manager(const es_host *host, const es_artefact *hive);
es_status build_examine_pending_xml(const es_host *host, const es_artefact *file);

/* A value; an unreadable one is noted as a gap. Found: 1, not there: 0, failure: negative. */
es_status build_value(const es_host *host, const es_key *key, const char *name, es_value *ret);
/* Its number as a datum; null when it is not there or does not fit. */
es_status build_number_datum(const es_host *host, const es_key *key, const char *name,
                             es_datum *ret);

/* ---- names */
int build_names_boot_file(es_text base_name); /* a kernel or boot file */
int build_path_names_boot_file(es_text path); /* one in a place it is started from */

/* ---- the catalogue */
struct es_catalogue;
struct es_catalogue_update;

enum {
    BUILD_BRINGS_NOT,         /* not known to bring 6003 */
    BUILD_BRINGS_6002,        /* a rollup that stays at 6002 */
    BUILD_BRINGS_PERHAPS,     /* the catalogue leaves it open */
    BUILD_BRINGS_IN_AN_ISSUE, /* the issue that the catalogue lists does */
    BUILD_BRINGS,             /* 6003 */
};

/* NULL when the host has none. */
const struct es_catalogue *build_catalogue(const es_host *host);
uint32_t build_brings(const struct es_catalogue *catalogue,
                      const struct es_catalogue_update *update);
/* Is the package a service pack, or of an update that brings 6003, or may? */
int build_package_changes_build(const es_host *host, es_text identity);

/* ---- judge: the facts of one state, sorted */
#define BUILD_N_KERNELS 16u
#define BUILD_N_ENTRIES 16u
#define BUILD_N_MARKS 16u
#define BUILD_N_RENAMES 16u
#define BUILD_N_CONTRADICTIONS 24u
#define BUILD_N_BECAUSE 48u
#define BUILD_N_MISSING 16u

/* What one registry value states. `build` and `revision` are -1 when it does not state them. */
typedef struct build_claim {
    es_fact_view fact;
    int32_t there;
    int32_t build;
    int32_t revision;
    es_text text;
    es_text before;
    int32_t changed; /* by log replay: `before` holds */
} build_claim;

/* One executable that is a kernel, or may be one. `version[0]` is -1 when none could be read. */
typedef struct build_kernel {
    es_fact_view fact;
    int32_t version[4];
    es_text role, path, name, tag, branch, machine, problem;
    int32_t string_build; /* as the version string states it, -1 if it does not */
    es_text string_version;
    int32_t string_differs, checksum_wrong, checked;
    int64_t twins; /* names that differ only in letter case, itself included */
} build_kernel;

typedef struct build_entry {
    es_fact_view fact;
    es_text object, kernel, hal, pae, nx;
    int32_t is_default, test_signing, no_integrity_checks;
} build_entry;

typedef struct build_owed {
    es_fact_view fact;
    es_text what;          /* the mark, or the file of a rename */
    int32_t names_kernel;  /* a kernel or boot file */
    int32_t changes_build; /* a package that does */
    int32_t servicing;     /* owed by servicing, not by some installer */
} build_owed;

/* A boot record that states which build ran. */
typedef struct build_run {
    es_fact_view fact;
    es_time started;
    int32_t there;
    int32_t build, revision; /* -1: not stated */
} build_run;

typedef struct build_state {
    struct build_state *next;
    const es_installation *installation;
    build_claim number, lab_ex, lab, current;
    build_claim version, major, minor, ubr, architecture, service_pack, wow64;
    build_kernel kernels[BUILD_N_KERNELS];
    build_entry entries[BUILD_N_ENTRIES];
    build_owed owed[BUILD_N_MARKS + BUILD_N_RENAMES];
    uint32_t n_kernels, n_entries, n_owed;
    uint32_t left_out;        /* facts beyond these counts */
    int32_t newest_build;     /* of the other files, -1 if none; */
    int32_t newest_revision;
    es_fact_view newest_file; /* and where it was read */
    int32_t setup_running;
    int32_t dirty; /* SOFTWARE, without a usable log */
    es_time number_written;   /* last write of the key that holds CurrentBuildNumber, */
    es_time hive_written;     /* and of its hive */
    uint64_t hive_fact;
    es_time shutdown;         /* the last orderly one before the state was taken */
    build_run run;            /* the latest boot record that states a build */
    build_run start;          /* the latest start, whether or not it does */
    uint32_t n_runs;          /* boot records of any kind */
    int32_t log_read;         /* System.evtx was read */
} build_state;

/* A field of a fact by its name; NULL when it has none, or null. */
const es_datum *build_field(const es_fact_view *fact, const char *name);

es_status build_states_collect(const es_host *host, const es_installation *own,
                               build_state **ret_states);

/* ---- judge: what follows for one state */
enum {
    BUILD_ANSWER_6002,
    BUILD_ANSWER_6003,
    BUILD_ANSWER_OTHER,
    BUILD_ANSWER_NOT_APPLICABLE,
    BUILD_ANSWER_UNKNOWN,
};

enum {
    BUILD_STATUS_NONE,
    BUILD_STATUS_CONFLICT,
    BUILD_STATUS_PENDING,
    BUILD_STATUS_INSUFFICIENT,
    BUILD_STATUS_LAGGING,
    BUILD_STATUS_CONSISTENT,
};

enum {
    BUILD_BY_NOTHING,
    BUILD_BY_KERNEL,
    BUILD_BY_RUN,
    BUILD_BY_NUMBER,
    BUILD_BY_LAB_EX,
    BUILD_BY_LAB,
    BUILD_BY_RECORD, /* of a day of the past */
};

typedef struct build_contradiction {
    uint64_t left, right;
    es_text text;
} build_contradiction;

typedef struct build_finding {
    const build_state *state;
    /* the kernel that boots */
    const build_kernel *kernel;              /* NULL when it could not be asked, and then */
    es_prose no_kernel;                   /* why */
    const build_kernel *other;               /* a second one of the same build may boot instead */
    const build_kernel *rivals[2];           /* two of different builds, either may boot */
    /* the answer */
    int32_t nt[2];                           /* 6, 0; -1 if nothing states it */
    int32_t by;                              /* BUILD_BY_… */
    int32_t build;                           /* -1 if nothing decides it */
    int32_t answer, status;
    /* what was found on the way */
    build_contradiction contradictions[BUILD_N_CONTRADICTIONS];
    uint32_t n_contradictions;
    int32_t explained_by_owed;               /* differences an owed operation explains */
    int32_t lags;                            /* differences that servicing is known to leave */
    const build_owed *owed;                  /* an operation on a kernel or boot file, if any */
    const build_owed *restart;               /* any other that explained a difference */
    const build_run *run;                    /* the last start, when it states its build */
    const build_run *start;                  /* when it was, on a day of the past; else NULL */
    int32_t ahead;                           /* the files are of a later build than it */
    es_prose remarks;                     /* sentences that follow the main ones */
    uint64_t because[BUILD_N_BECAUSE];
    uint32_t n_because;
    es_text missing[BUILD_N_MISSING];
    uint32_t n_missing;
} build_finding;

es_status build_assess(const es_host *host, const build_state *state, build_finding *ret);
int32_t build_answer_of(const build_finding *finding);
void build_because(build_finding *finding, uint64_t fact);

/* boots.c: which kernel boots. Sets `kernel`, `other`, `rivals`, or says why none can be asked. */
void build_pick_kernel(build_finding *finding);
/* True for an entry of the boot store that counts: the default one, or any when none is. */
int build_entry_counts(const build_state *state, const build_entry *entry);

/* compare.c: weigh every source against the one that decides. */
/* The NT version that the registry states, and the fact that does; NULL if none. */
const es_fact_view *build_registry_nt(const build_state *state, int32_t ret[2]);
es_status build_compare(const es_host *host, build_finding *finding);

/* machine.c: the interval in which the machine turned to 6003, and turn.c: by which update. */
#define BUILD_N_CANDIDATES 8u

typedef struct build_candidate {
    uint32_t kb;
    uint32_t how;   /* BUILD_BRINGS_… */
    uint64_t fact;
    es_time time;   /* installed; unknown when no record of it has a time to rely on */
} build_candidate;

typedef struct build_turn {
    es_time not_before, not_after;
    uint64_t because[2 + BUILD_N_CANDIDATES];
    uint32_t n_because;
    int32_t at_6003;     /* some state is */
    int32_t contradicts; /* the times run backwards: neither is given */
    es_time session;     /* the last start at another build */
    int32_t run_at_6003; /* a boot record is the upper bound */
    int32_t returned;    /* a boot record at an earlier build came after it */
    es_text update;      /* empty: not known */
    /* The updates that may have brought it: the one named, or those between which nothing on
     * record tells. */
    build_candidate candidates[BUILD_N_CANDIDATES];
    uint32_t n_candidates, n_more;
    uint32_t elsewhere;     /* one that surely brings it, installed at a time out of the question */
    int32_t perhaps_born;   /* nothing tells that it was at another build before */
    int32_t packages_there; /* the packages were read */
} build_turn;

void build_lower_bound(build_turn *turn, es_time time, uint64_t reference);
void build_upper_bound(build_turn *turn, es_time time, uint64_t reference);
/* A start at another build was then, or later. */
void build_session(build_turn *turn, es_time time);

/* runs.c: boot records. */
int build_run_of(const es_fact_view *fact, build_run *ret);
void build_add_run(build_state *state, const es_fact_view *fact);
/* The record that states the build of the last start; NULL when none does. */
const build_run *build_last_run(const build_state *state);
/* When that was, and by which record. */
const build_run *build_last_start(const build_state *state);
/* Every record of the machine that states which build ran; each has a time. */
typedef es_status (*build_run_fn)(void *context, const build_run *run);
es_status build_each_run(const es_host *host, build_run_fn take, void *context);
es_status build_runs_bound(const es_host *host, build_turn *turn);
typedef es_status (*build_each_fn)(void *context, const es_fact_view *fact);
/* Every fact of a needed type. */
es_status build_each(const es_host *host, const char *type, build_each_fn take, void *context);

es_status build_turn_update(const es_host *host, build_turn *turn);

es_status build_find_turn(const es_host *host, const build_state *states, build_turn *ret);

/* sightings.c: each known build with its first and last sighting, as rows. */
typedef void (*build_sighting_fn)(void *context, int32_t build, es_time time, const char *by,
                                  int ran, uint64_t fact);
es_status build_each_sighting(const es_host *host, const build_state *states,
                              build_sighting_fn take, void *context);
es_status build_tell_history(const es_host *host, const build_state *states);

/* then.c: where a day of the past is asked for, what was found becomes what stood then. `states`
 * begins with the judged one. */
es_status build_then(const es_host *host, const build_state *states, const build_turn *turn,
                     const es_question *question, build_finding *finding);

/* explain.c: the sentences. */
es_status build_explain(const es_host *host, const build_finding *finding, const build_turn *turn,
                        es_prose *prose);

es_status build_judge(void *state, const es_host *host, const es_installation *installation,
                      const es_question *question);

#endif
