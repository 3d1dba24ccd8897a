/* SPDX-License-Identifier: Apache-2.0
 *
 * examine.h: plugins at work on the states of an image.
 *
 * The analysis is made of steps: a plugin on an artefact, the core opening one. Each is told to the
 * ledger before it is taken, so that when one crashes the process the next try leaves it out.
 *
 * Ownership: a session borrows everything it is given. Threading: one thread.
 */
#ifndef ES_HOST_EXAMINE_H
#define ES_HOST_EXAMINE_H

#include "disk/fs.h"
#include "host/catalogue.h"
#include "host/known.h"
#include "host/plugin.h"
#include "ledger/ledger.h"
#include "windows/install.h"
#include "windows/trust.h"

typedef struct es_session es_session;

/* A step to be left out. NULL members stand for the core, or for no artefact. */
typedef struct es_skip {
    uint32_t installation;
    const char *plugin, *artefact, *doing;
} es_skip;

typedef struct es_session_setup {
    es_source *source;
    es_ledger *ledger;
    es_states *states;
    const es_plugins *plugins;
    const es_question *question;
    const es_catalogue *catalogue; /* NULL: none */
    const es_roots *roots;         /* trust anchors; NULL: nothing is trusted */
    const es_known *known;         /* the examiner's list of hashes; NULL: none */
    const char *const *files;      /* more files to look at closely: patterns */
    size_t n_files;
    bool all_components;           /* hand over the component store */
    es_fs **filesystems;
    size_t n_filesystems;
    const es_skip *skips;
    size_t n_skips;
    unsigned threads; /* to use at most; 0: as many as there are processors */
} es_session_setup;

es_status es_session_new(const es_session_setup *setup, es_session **ret_session);
es_session *es_session_free(es_session *session);

/* Examine every state with every plugin, then let every plugin judge every state. */
es_status es_session_examine(es_session *session);
es_status es_session_judge(es_session *session);

#endif
