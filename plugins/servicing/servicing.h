/* SPDX-License-Identifier: Apache-2.0
 *
 * servicing.h: what the files of the servicing plugin share.
 *
 * servicing.c describes the plugin; identity.c knows the grammar of package names; packages.c
 * walks the packages of the registry; files.c sets the package files beside them; manifest.c reads
 * a .mum where that is worth it; components.c says which version of a component won, in_place.c
 * whether its file is the one in use; pending.c what waits; accounts.c names who installed;
 * doubts.c keeps count of what is odd.
 *
 * Ownership: everything is borrowed from the callback it was made in.
 */
#ifndef ESUSCAN_PLUGIN_SERVICING_H
#define ESUSCAN_PLUGIN_SERVICING_H

#include <esuscan/bytes.h>
#include <esuscan/prose.h>

#include "identity.h"

#define CBS "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"

enum {
    WANT_SOFTWARE,
    WANT_PACKAGES,
    WANT_PENDING_XML,
    WANT_LISTING,
    WANT_MUM,
    WANT_SAM,
    WANT_MANIFESTS,
    WANT_MANIFEST,
    WANT_SYSTEM32,
    WANT_DRIVERS,
    WANT_SYSWOW64,
};

enum {
    FACT_PACKAGE,
    FACT_FILE,
    FACT_MANIFEST,
    FACT_COMPONENT,
    FACT_PENDING,
    FACT_EVALUATED,
    FACT_UNREAD,
};

/* ---- doubts: odd things come in thousands on a spoiled machine. The first few of a sort are told
 * one by one, the rest as a number. */
enum {
    DOUBT_IDENTITY,
    DOUBT_DUPLICATE,
    DOUBT_TWO_STATES,
    DOUBT_FOREIGN_KEY,
    DOUBT_ARCHITECTURE,
    DOUBT_STATE,
    DOUBT_BROKEN,
    DOUBT_TIME,
    DOUBT_TYPE,
    DOUBT_MANIFEST,
    DOUBT_MANIFEST_LARGE,
    N_DOUBTS,
};

#define DOUBTS_TOLD 5u

/* ---- one callback on SOFTWARE: what its parts share */
typedef struct package_file {
    es_text name; /* as the disk spells it, without extension */
    uint32_t hash;
    uint32_t mum, cat, has_key; /* keys of this name, which differ in letter case only */
    uint32_t state;             /* of the first of several */
    uint32_t state_seen, states_differ;
} package_file;

typedef struct wanted_manifest {
    es_text identity, kb;
    uint32_t asked;
} wanted_manifest;

/* A file of a component, and where its manifest puts it. */
typedef struct component_file {
    es_text name, destination;
} component_file;

/* A component that an asked update brings. Its manifest is read once. */
typedef struct wanted_component {
    es_text architecture, name, version;
    const component_file *files;
    uint32_t n_files;
} wanted_component;

#define MAX_ACCOUNTS 32u
#define MAX_WANTED_MANIFESTS 512u /* of asked updates; a rollup has some 200 parts */
#define MAX_DOUBTFUL_MANIFESTS 64u
#define MAX_COMPONENTS 8192u
#define MAX_ASKED 256u
#define MAX_COMPONENT_FILES 256u

typedef struct mum_content mum_content;

typedef struct work {
    const es_host *host;
    const es_artefact *hive;
    uint32_t machine_type; /* ES_MACHINE_…, 0: not known */
    uint32_t doubts[N_DOUBTS];
    /* files.c */
    int listed; /* the folder was listed, to its end */
    es_artefact folder;
    package_file *files;
    uint32_t n_files;
    uint32_t n_twice; /* names of packages that several keys have */
    uint32_t *table; /* of places in `files` + 1, by hash */
    uint32_t table_size;
    /* accounts.c */
    struct {
        es_text sid, name;
    } accounts[MAX_ACCOUNTS];
    uint32_t n_accounts;
    int sam_tried, sam_there;
    es_artefact sam;
    uint32_t machine_sid[3];
    /* manifest.c */
    uint32_t asked[MAX_ASKED]; /* KB numbers */
    uint32_t n_asked;
    wanted_manifest *wanted;
    uint32_t n_wanted, n_doubtful;
    mum_content *mum;       /* the one that is being read */
    es_text *lines; /* its list of components */
    wanted_component *components;
    uint32_t n_components;
    /* components.c */
    es_text *manifests; /* names of winsxs\Manifests */
    uint32_t n_manifests;
    int manifests_listed;
} work;

es_status work_make(const es_host *host, const es_artefact *hive, work **ret);

es_status doubt(work *at, uint32_t sort, es_text about, const es_where *where);
es_status doubts_sum_up(work *at);

es_text kb_text(const es_host *host, uint32_t kb);

/* ---- parts */
es_status packages_examine(work *at);
es_status files_list(work *at);
/* The files of a package; a package without any is remembered, so that it is known when it comes
 * again. NULL when there are too many. */
es_status files_of(work *at, es_text identity, package_file **ret);
es_status files_emit_orphans(work *at);
es_status files_examine_alone(const es_host *host, const es_artefact *listing);
es_status manifest_asked(work *at);
int manifest_is_asked(const work *at, uint32_t kb);
es_status manifest_want(work *at, es_text identity, uint32_t kb, int asked);
es_status manifests_examine(work *at);
es_status components_examine(work *at);
/* Read the files of a component from its manifest in winsxs; once. */
es_status component_files(work *at, wanted_component *component);
/* Where its manifest is not there: those of another version that was read. */
void component_files_of_another(const work *at, wanted_component *component);
/* in_place.c: the file of a component as it lies where Windows uses it, against the store. */
typedef struct file_in_place {
    es_text path, version; /* empty: none was read; its version says nothing here */
    int agrees;            /* it is the store's file of the winning version; -1: not told */
} file_in_place;
es_status file_look(work *at, wanted_component *winner, file_in_place *ret);
/* Is a folder or manifest of winsxs, by its name, this component's? */
int component_is_in(const wanted_component *component, es_text folder);
es_status pending_examine(work *at);
es_status pending_examine_xml(const es_host *host, const es_artefact *document);
es_status evaluated_examine(work *at);
es_status account_name(work *at, es_text sid, es_text *ret_name);

#endif
