/* SPDX-License-Identifier: Apache-2.0
 *
 * updates.h: what the files of the updates plugin share.
 *
 * updates.c describes the plugin, and products.c tells which browser and which .NET Framework there
 * is, and installer.c what Windows Installer applied. gather.c, machine.c and marks.c take the
 * facts of a state in, and fold.c makes them one entry a KB; effect.c says which of these were in
 * effect at the asked time; contradict.c asks the files on disk; cover.c carries effect down the
 * catalogue's supersedence; rows.c says which rows of a CVE apply, and stand.c answers for it;
 * level.c, exposure.c, prerequisites.c, question.c and list.c report; say.c makes sentences.
 *
 * Ownership: everything is borrowed from, or allocated for, the running callback.
 */
#ifndef ESUSCAN_PLUGIN_UPDATES_H
#define ESUSCAN_PLUGIN_UPDATES_H

#include <esuscan/catalogue.h>
#include <esuscan/names.h>
#include <esuscan/prose.h>

/* ---- the description */
enum { UPDATES_LEVEL, UPDATES_ESU, UPDATES_EXPOSURE };
enum { ROWS_UPDATES, ROWS_QUESTIONS, ROWS_MISSING, ROWS_CVES, ROWS_PREREQUISITES };

enum {
    ESU_NONE, ESU_YEAR_1, ESU_YEAR_2, ESU_YEAR_3, ESU_YEAR_4_AZURE, ESU_PREMIUM, ESU_UNKNOWN,
    ESU_NOT_APPLICABLE
};
enum { EXPOSED, COVERED, EXPOSURE_UNKNOWN, EXPOSURE_NOT_APPLICABLE };

/* Answers of patch-level: months from here on, then three words. */
#define LEVEL_FIRST (2018 * 12)
#define LEVEL_YEARS 18
#define LEVEL_NONE (LEVEL_YEARS * 12)
#define LEVEL_UNKNOWN (LEVEL_NONE + 1)
#define LEVEL_NOT_APPLICABLE (LEVEL_NONE + 2)

/* ---- three values; the order is that of how much is protected */
enum { NO, MAYBE, YES };

/* ---- sentences */
/* "2019-05"; "KB4493471". */
int32_t time_month(es_time time);
const char *month_word(int32_t month, char word[ES_TIME_WORD_SIZE]);
es_text kb_text(const es_host *host, uint32_t kb);
es_text month_text(const es_host *host, int32_t month);

/* ---- what one state of the machine holds */
enum {
    STATE_NONE, STATE_INSTALLED, STATE_SUPERSEDED, STATE_STAGED, STATE_PENDING_INSTALL,
    STATE_PENDING_UNINSTALL, STATE_UNINSTALLED, STATE_FAILED, STATE_RESIDUE
};
const char *state_word(uint32_t state);
/* It is listed as installed, whatever waits. */
int state_is_in(uint32_t state);

#define N_BECAUSE 8u
#define N_SOURCES 8u

/* A KB of a state: its packages, files and records brought together. */
typedef struct entry {
    uint32_t kb;
    uint32_t state;
    const es_catalogue_update *update; /* NULL: the catalogue does not know it */
    es_text version, client, user, user_name, title;
    int32_t rank;    /* of the package that speaks for it */
    int32_t issue;   /* third part of the package's version, -1 if it has none */
    es_time installed, uninstalled, failed;
    uint32_t means;  /* of `installed`: MEANS_… */
    int32_t has_key; /* there is a package key */
    int32_t orphan;  /* there is none, and files of a package lie there all the same */
    int32_t files;   /* YES: .mum and .cat of each package are there; NO: one is not */
    int32_t mums;    /* YES: the .mum of each package is there, whatever its state */
    int32_t broken;
    int32_t by_installer;  /* it has no key, and Windows Installer or a setup lists it */
    int32_t partly;        /* Windows Installer has it on one product and not on another */
    int32_t named_pending; /* servicing names it as unfinished */
    int32_t agree;
    int32_t too_old; /* it is in effect in an issue that another under its number replaced */
    es_text sources[N_SOURCES];
    uint32_t n_sources;
    uint64_t because[N_BECAUSE];
    uint32_t n_because;
    /* contradict.c */
    es_text contradiction; /* what on disk says that it is not there */
    int32_t basis_files;   /* its component files were read, and are at or above */
    int32_t by_files;      /* it is not listed as installed, and counts by its files alone */
    /* effect.c: at the asked time */
    int32_t effect; /* NO, MAYBE, YES */
    es_time effective_from;
    const char *why; /* of NO and MAYBE, a sentence's end; NULL: plainly not there */
} entry;
enum { MEANS_NOTHING, MEANS_CBS, MEANS_EVENT, MEANS_INSTALLER };

typedef struct file_version {
    uint16_t parts[4];
    int32_t known;
} file_version;

typedef struct kernel_file {
    es_text name, role, machine;
    file_version version;
    es_text version_text;
    uint64_t fact;
} kernel_file;
#define N_KERNELS 24u

typedef struct component {
    es_text name, architecture;
    file_version version, file;
    uint64_t fact;
} component;

typedef struct manifest {
    uint32_t kb;
    const es_text *components;
    uint64_t n_components;
    uint64_t fact;
} manifest;

/* A table that grows; its memory comes from the host. */
typedef struct table {
    void *items;
    size_t n, capacity, item_size;
} table;
es_status table_add(const es_host *host, table *to, void **ret_item);

typedef struct state_view {
    const es_installation *installation;
    table entries; /* of entry, by KB once gathered */
    table components, manifests;
    kernel_file kernels[N_KERNELS];
    uint32_t n_kernels;
    const kernel_file *kernel; /* the one that is compared: what boots, or the oldest that may */
    int32_t packages_read;     /* there is at least one package, and all could be read */
    int32_t packages_cut;      /* not all could be */
    int32_t restart_owed;
    es_time owed_since;
    es_time last_shutdown, last_seen;
} state_view;

/* A version of the .NET Framework. */
typedef struct framework {
    uint32_t parts[3];    /* 4.5.2; 0 where it has no such part */
    int32_t service_pack; /* -1: not known */
} framework;
#define N_FRAMEWORKS 16u

typedef struct booted {
    es_time time;
    uint64_t fact;
} booted;

/* What an update mends, and what of it a row of the catalogue is about. */
enum {
    CLASS_SYSTEM, CLASS_IE, CLASS_DOTNET, CLASS_STACK, CLASS_SHA2, CLASS_PREPARATION, CLASS_OTHER,
    N_CLASSES
};
/* A row of the catalogue on this machine. */
typedef struct fix_row {
    uint64_t key;  /* rows with one key are alternatives */
    uint32_t class;
    int32_t here;  /* NO, MAYBE, YES: the product and architecture that it is about are here */
    int32_t absent; /* it is for a version of a product that is known to be absent */
} fix_row;

/* Everything for one judgement. */
typedef struct work {
    const es_host *host;
    const es_catalogue *catalogue;
    const es_installation *installation;
    const es_installation *subject; /* the state whose facts are looked at: that, or of old */
    const es_question *question;
    state_view own;
    state_view *base; /* the newest earlier state at or before the asked time; NULL if none */
    es_time base_time;
    struct work *later; /* question.c: the same at the end of the record; NULL: not asked for yet */
    struct work *end; /* the judged state, where a shadow copy stands in its place; NULL else */
    table boots;      /* of booted, by time */
    es_time cleared;      /* the last time that a log was */
    es_time records_from; /* servicing and boot records reach back to here; unknown: there are none */
    es_text nt_version, service_pack, product_type, edition;
    uint64_t nt_fact, product_fact;
    es_time set_up; /* InstallDate */
    uint64_t set_up_fact;
    uint32_t architecture; /* ES_ARCHITECTURE_…; 0 unknown */
    const char *architecture_word;
    int32_t is_nt60, is_sp2, is_server; /* NO, MAYBE, YES */
    int32_t ie_version;                 /* major, 0 unknown */
    framework frameworks[N_FRAMEWORKS];
    uint32_t n_frameworks;
    int32_t frameworks_cut; /* there may be others */
    /* the asked time */
    int32_t past;         /* before the end of the record */
    int32_t before_setup; /* before Windows was installed, and nothing tells of it then */
    int32_t beyond;       /* after the catalogue's edition */
    es_time at;           /* as_of, or unknown */
    /* cover.c: by index of the update */
    uint8_t *cover;         /* NO, MAYBE, YES */
    const entry **witness;  /* the entry it stands on */
    entry **by_update;      /* the entry of the update itself, NULL if none */
    int64_t newest[N_CLASSES]; /* release of the newest in effect, 0: none */
    /* rows.c: by index of the fix */
    const fix_row *rows;
} work;

es_status gather(work *to);
entry *entry_find(const state_view *state, uint32_t kb);
es_status effect_decide(work *of, es_time at, int32_t past);
es_status contradict(work *of);
/* The kernel on disk is older than the one that the update brings. */
int kernel_is_older(const work *of, const es_catalogue_update *update);
/* Records of servicing and starts go back to before this time, unbroken. */
int records_reach(const work *of, es_time time);
int version_parse(es_text text, file_version *ret);
int version_compare(const uint16_t a[4], const uint16_t b[4]);

/* ---- products.c */
extern const es_want updates_wants[];
extern const es_fact_type updates_facts[];
enum { FACT_BROWSER, FACT_FRAMEWORK, FACT_REGISTRATION, FACT_PATCH, N_UPDATES_FACTS };
#define N_UPDATES_WANTS 1u
es_status products_examine(void *state, const es_host *host, const es_artefact *hive);
/* The text of a value; empty where there is none. */
es_text key_text(const es_host *host, const es_key *key, const char *name);

/* ---- installer.c */
es_status installer_examine(const es_host *host, const es_artefact *hive);

/* ---- cover.c */
es_status cover_all(work *of);
/* The class of what an update brings. */
uint32_t class_of_kind(uint32_t kind);
/* When it was released: its day, else the begin of its month, in ticks; 0: not known. */
int64_t age_of(const es_catalogue_update *update);
/* Its month: that of its service, else of its day. */
int32_t month_of(const es_catalogue_update *update);

/* ---- rows.c */
es_status rows_classify(work *of);

/* ---- stand.c */
/* How a CVE stands: over all groups of rows that apply. */
typedef struct standing {
    int32_t answer;        /* EXPOSED, COVERED, EXPOSURE_UNKNOWN */
    int32_t applies;       /* some row does */
    int32_t fix_available; /* when exposed */
    int32_t basis_files;   /* when covered */
    const es_catalogue_fix *fix;  /* the row the answer stands on: what is missing, or mends */
    const entry *by;              /* the entry that decided; NULL if none */
    const entry *others[4];       /* further ones, of other components */
    uint32_t n_others;
    const char *why;              /* of unknown */
    const char *needs;            /* what would decide it; NULL: the entry's remark says */
    const es_catalogue_fix *absent; /* a row for a version of a product that is not here; NULL */
} standing;
void cve_stand(const work *of, const es_catalogue_cve *cve, standing *ret);
/* Whether an update was out at the asked time. */
int32_t was_released(const work *of, const es_catalogue_update *update);
int32_t for_architecture(const work *of, uint32_t set);

/* ---- reports */
es_status judge_level(work *of);
es_status judge_esu(work *of);
es_status judge_exposure(work *of);
es_status list_prerequisites(work *of, es_prose *to);
es_status list_updates(work *of);
es_status answer_questions(work *of);
/* Put what limits all answers at this time into words. */
void say_limits(const work *of, es_prose *to);
const char *packages_unread(const work *of); /* a sentence on why `packages_read` is not set */
/* Why nothing can be said of a time before Windows was installed. */
void say_before_setup(const work *of, es_prose *to);
void because_fact(uint64_t *list, uint32_t *n, uint32_t maximum, uint64_t fact);
void because_entry(uint64_t *list, uint32_t *n, uint32_t maximum, const entry *from);

#endif
