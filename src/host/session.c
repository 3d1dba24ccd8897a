/* SPDX-License-Identifier: Apache-2.0
 *
 * session.c: what lasts as long as plugins work on an image: what was opened, the steps that are
 * told before they are taken, and what each state says of itself before a plugin sees it.
 */
#include "host/session.h"

#include "base/text.h"
#include "host/core.h"
#include "host/limits.h"

#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ the session */

es_session *es_session_free(es_session *session)
{
    if (!session)
        return NULL;
    for (size_t i = 0; session->work && i < es_states_count(session->states); i++) {
        es_opened_let_go(&session->work[i]);
        for (es_opened *each = session->work[i].opened; each; each = each->next) {
            each->hive = es_hive_set_free(each->hive);
            each->file = es_artefact_file_free(each->file);
            each->components = es_components_free(each->components);
            es_told_free(each);
        }
    }
    for (size_t i = 0; i < session->n_stores; i++)
        es_boots_free(session->stores[i]);
    free(session->stores);
    es_arena_free(session->arena);
    free(session);
    return NULL;
}

es_status es_session_new(const es_session_setup *setup, es_session **ret_session)
{
    es_session *session = calloc(1, sizeof *session);
    size_t n_states = es_states_count(setup->states);
    size_t n_plugins = es_plugins_count(setup->plugins);
    es_status status = session ? ES_OK : ES_NOMEM;

    if (status == ES_OK)
        status = es_arena_new(ES_STATE_MEMORY_MAX, &session->arena);
    if (status == ES_OK) {
        session->source = setup->source;
        session->ledger = setup->ledger;
        session->states = setup->states;
        session->plugins = setup->plugins;
        session->question = setup->question;
        session->catalogue = setup->catalogue;
        session->roots = setup->roots;
        session->known = setup->known;
        session->files = setup->files;
        session->n_files = setup->n_files;
        session->all_components = setup->all_components;
        session->filesystems = setup->filesystems;
        session->n_filesystems = setup->n_filesystems;
        session->skips = setup->skips;
        session->n_skips = setup->n_skips;
        session->threads = setup->threads;
        session->work = es_arena_take(session->arena, (n_states + 1) * sizeof *session->work);
        status = session->work ? ES_OK : ES_NOMEM;
    }
    for (size_t i = 0; status == ES_OK && i < n_states; i++) {
        session->work[i].state = es_states_at(setup->states, i);
        session->work[i].runs =
            es_arena_take(session->arena, (n_plugins + 1) * sizeof(es_run_of));
        status = session->work[i].runs ? ES_OK : ES_NOMEM;
    }
    if (status != ES_OK)
        es_session_free(session);
    else
        *ret_session = session;
    return status;
}

es_status es_session_note(es_session *session, uint32_t installation, const es_note *note,
                          const es_where *where)
{
    es_record record = { .kind = ES_RECORD_NOTE };

    record.note = (es_note_record){
        .severity = note->severity,
        .installation = installation,
        .area = note->area,
        .text = es_text_of(note->text),
        .has_where = where != NULL,
    };
    if (where)
        record.note.where = *where;
    return es_ledger_put(session->ledger, &record);
}

static bool same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

es_status es_session_step(es_session *session, uint32_t installation, const char *plugin,
                          const char *artefact, const char *doing)
{
    es_record record = { .kind = ES_RECORD_STEP };

    for (size_t i = 0; i < session->n_skips; i++) {
        const es_skip *skip = &session->skips[i];

        if (skip->installation == installation && same(skip->plugin, plugin) &&
            same(skip->artefact, artefact) && same(skip->doing, doing))
            return ES_ABSENT;
    }
    record.step = (es_step_record){ installation, plugin, artefact, doing };
    return es_ledger_put(session->ledger, &record);
}

void *es_held_of(es_call *call, es_held **list, const es_artefact *artefact, size_t size)
{
    es_opened *opened = es_opened_of(artefact);
    es_held *made;

    for (es_held *each = *list; each; each = each->next)
        if (each->artefact == opened)
            return each;
    made = es_arena_take(call->arena, size);
    if (made) {
        *made = (es_held){ *list, call, opened };
        *list = made;
    }
    return made;
}

/* ------------------------------------------------------------------ states */

/* Announce a state with what its hives say of it. */
static es_status announce(es_session *session, const es_state *state)
{
    es_record record = { .kind = ES_RECORD_INSTALLATION };

    record.installation = (es_installation_record){
        .id = state->id, .machine = state->machine, .volume = state->volume->id,
        .role = state->role, .snapshot = state->snapshot, .system_root = state->system_root,
        .product_name = state->product_name, .edition = state->edition,
        .service_pack = state->service_pack, .architecture = state->architecture,
        .computer_name = state->computer_name, .time_zone = state->time_zone,
        .install_date = state->install_date, .last_shutdown = state->last_shutdown,
        .state_time = state->state_time,
    };
    return es_ledger_put(session->ledger, &record);
}

static es_status state_view(es_session *session, es_state_work *work)
{
    const es_state *state = work->state;
    es_text root;
    es_status status = es_text_repair(session->arena, es_text_of(state->system_root), &root);

    work->where = (es_where){ .volume = state->volume->id,
                              .snapshot = es_fs_snapshot(state->fs), .path = state->system_root,
                              .offset = -1, .length = -1 };
    work->view = (es_installation){
        .size = sizeof work->view, .id = state->id, .machine = state->machine,
        .role = state->role, .volume = state->volume->id, .machine_type = state->machine_type,
        .snapshot = state->snapshot, .control_set = state->control_set, .system_root = root,
        .state_time = state->state_time, .where = &work->where,
    };
    return status;
}

/* The fact `snapshot.taken`, so that the timeline has it. */
static es_status tell_snapshot(es_session *session, es_state_work *work)
{
    const es_state *state = work->state;
    es_datum fields[2] = { es_datum_integer((int64_t)state->volume->id),
                           es_datum_integer(state->snapshot) };
    es_record record = { .kind = ES_RECORD_FACT };

    if (state->role != ES_ROLE_SNAPSHOT)
        return ES_OK;
    record.fact = (es_fact_record){
        .reference = ++session->n_references, .installation = state->id,
        .type = ES_CORE_SNAPSHOT, .plugin = es_core_plugin.name, .fields = fields,
        .n_fields = 2, .time = state->state_time, .where = work->where,
    };
    record.fact.where.path = NULL; /* of the volume, not of the system root */
    return es_ledger_put(session->ledger, &record);
}

/* A hive of the state, for its identity; NULL when it cannot be had. */
static es_status identity_hive(es_session *session, es_state_work *work, const char *name,
                               es_hive **ret_hive)
{
    char path[4096];
    es_opened *opened = NULL;
    es_status status;

    *ret_hive = NULL;
    if (snprintf(path, sizeof path, "%s/%s", work->state->config, name) >= (int)sizeof path)
        return ES_OK;
    status = es_opened_get(session, work, work->state->fs, ES_KIND_HIVE, path, 0, &opened);
    if (status == ES_OK && opened->status == ES_OK)
        *ret_hive = opened->hive->hive;
    return status < 0 ? status : ES_OK;
}

/* What is said of a hive of the state. */
static es_status note_hive(es_session *session, const es_state_work *work, const char *name,
                           const es_note *note)
{
    es_where where = work->where;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", work->state->config, name);
    where.path = path;
    return es_session_note(session, work->state->id, note, &where);
}

es_status es_state_begin(es_session *session, es_state_work *work)
{
    es_hive *software, *system;
    es_note note, doubt = { .text = "" };
    es_status status = announce(session, work->state);

    if (status == ES_OK)
        status = identity_hive(session, work, "SOFTWARE", &software);
    if (status == ES_OK)
        status = identity_hive(session, work, "SYSTEM", &system);
    if (status == ES_OK)
        status = es_state_identify(work->state, software, system, &doubt);
    if (status == ES_OK)
        status = es_zone_read(system, work->state->control_set, &work->zone);
    if (status == ES_OK)
        status = announce(session, work->state);
    if (status == ES_OK)
        status = state_view(session, work);
    if (status == ES_OK && doubt.text[0])
        status = note_hive(session, work, "SYSTEM", &doubt);
    if (status == ES_OK)
        status = tell_snapshot(session, work);
    if (status == ES_OK && work->state->twin && work->state->role == ES_ROLE_CURRENT) {
        es_note_set(&note, ES_SEVERITY_INFO, "installation",
                    "Another directory beside this system root has a name that differs only in "
                    "letter case. Windows cannot make such a pair; each is reported by itself.");
        status = es_session_note(session, work->state->id, &note, &work->where);
    }
    return status;
}
