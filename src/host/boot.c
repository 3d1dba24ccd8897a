/* SPDX-License-Identifier: Apache-2.0
 *
 * boot.c: the boot stores of a disk, read once, which of their entries start which state, and the
 * boot managers beside them.
 *
 * A store is looked for at the two paths Windows uses, on every volume that could be opened: the
 * active partition of an MBR disk, the EFI system partition of a GPT disk, and, since neither flag
 * is proof, everywhere else.
 */
#include "host/session.h"

#include <stdlib.h>

/* EFI before BIOS does not matter: entries say themselves what they start. */
static const char *const store_paths[] = { "Boot/BCD", "EFI/Microsoft/Boot/BCD" };

static es_status add_entries(es_session *session, const es_boots *boots, es_fs *fs,
                             const char *path, uint32_t artefact)
{
    for (size_t i = 0; i < es_boots_count(boots); i++) {
        es_boot_found *found = es_arena_take(session->arena, sizeof *found);
        es_boot_found **last = &session->boot_found;

        if (!found)
            return ES_NOMEM;
        found->boot = es_boots_at(boots, i);
        found->store_volume = es_fs_volume(fs);
        found->store_path = path;
        found->artefact = artefact;
        while (*last)
            last = &(*last)->next;
        *last = found;
    }
    return ES_OK;
}

static es_status read_store(es_session *session, es_fs *fs, es_hive_set *set)
{
    es_boots **grown, *boots = NULL;
    uint32_t broken = 0, id = ++session->n_artefacts;
    uint8_t sha256[32];
    es_note note;
    es_where where = { .volume = es_fs_volume(fs)->id, .artefact = id, .offset = -1,
                       .length = -1 };
    char *path = es_arena_string(session->arena, set->primary->path);
    es_status status = path ? es_boots_read(set->hive, &boots, &broken) : ES_NOMEM;

    if (status < 0)
        return status;
    es_hive_sha256(set->hive, sha256);
    if (status > 0 || broken) {
        es_note_set(&note, ES_SEVERITY_GAP, "boot store",
                    "The boot store %s of volume %u is damaged: %s.", path, where.volume,
                    status > 0 ? "none of its entries could be read"
                               : "some of its entries could not be read");
        es_status told = es_session_note(session, 0, &note, &where);

        if (told != ES_OK) {
            es_boots_free(boots);
            return told;
        }
    }
    if (status > 0)
        return es_artefact_announce(session, set->primary, true, sha256, id);
    grown = realloc(session->stores, (session->n_stores + 1) * sizeof *grown);
    if (!grown) {
        es_boots_free(boots);
        return ES_NOMEM;
    }
    session->stores = grown;
    session->stores[session->n_stores++] = boots;
    status = es_artefact_announce(session, set->primary, true, sha256, id);
    return status == ES_OK ? add_entries(session, boots, fs, path, id) : status;
}

static es_status look_for_store(es_session *session, es_fs *fs, const char *path)
{
    es_hive_set *set = NULL;
    es_note note;
    es_status status = es_session_step(session, 0, NULL, path, "read boot store");

    if (status == ES_ABSENT)
        return ES_OK; /* left out: told by the parent */
    if (status == ES_OK)
        status = es_hive_set_open(fs, path, &set, NULL, &note);
    if (status < 0)
        return status;
    if (status == ES_ABSENT)
        return ES_OK;
    if (status > 0) {
        es_where where = { .volume = es_fs_volume(fs)->id, .path = path, .offset = -1,
                           .length = -1 };

        return es_session_note(session, 0, &note, &where);
    }
    status = read_store(session, fs, set);
    es_hive_set_free(set);
    return status;
}

es_status es_boot_stores_read(es_session *session)
{
    es_status status = ES_OK;

    for (size_t i = 0; i < session->n_filesystems; i++)
        for (size_t k = 0; k < sizeof store_paths / sizeof *store_paths && status == ES_OK; k++)
            status = look_for_store(session, session->filesystems[i], store_paths[k]);
    return status;
}

bool es_boot_of(const es_boot_found *found, const es_state *state, bool *ret_device_known)
{
    if (state->role != ES_ROLE_CURRENT && state->role != ES_ROLE_SNAPSHOT)
        return false;
    return es_boot_starts(found->boot, state->volume, found->store_volume, state->system_root,
                          ret_device_known);
}

/* ------------------------------------------------------------------ boot managers */

/* Those of a volume: which of them the firmware starts is not on the disk. */
static es_status managers_of(es_fs *fs,
                             es_status (*each)(void *context, es_fs *fs, const char *path),
                             void *context)
{
    static const char *const paths[] = {
        "bootmgr", "EFI/Microsoft/Boot/bootmgfw.efi", "EFI/Boot/bootx64.efi",
        "EFI/Boot/bootia64.efi",
    };
    es_status status = ES_OK;

    for (size_t i = 0; i < sizeof paths / sizeof *paths && status == ES_OK; i++)
        status = each(context, fs, paths[i]);
    return status;
}

/* Whether a boot store that leads to this state stands on this volume, or on any if NULL. */
static bool has_store(const es_session *session, const es_state *state, const es_volume *volume)
{
    bool known;

    for (const es_boot_found *found = session->boot_found; found; found = found->next)
        if ((!volume || found->store_volume == volume) && es_boot_of(found, state, &known))
            return true;
    return false;
}

es_status es_boot_managers(es_session *session, const es_state *state,
                           es_status (*each)(void *context, es_fs *fs, const char *path),
                           void *context)
{
    bool anywhere = !has_store(session, state, NULL);
    es_status status = ES_OK;

    for (size_t i = 0; i < session->n_filesystems && status == ES_OK; i++) {
        es_fs *fs = session->filesystems[i];

        if (!anywhere && !has_store(session, state, es_fs_volume(fs)))
            continue;
        if (es_fs_volume(fs) == state->volume)
            status = managers_of(state->fs, each, context);
        else if (state->role != ES_ROLE_SNAPSHOT)
            status = managers_of(fs, each, context);
    }
    return status;
}
