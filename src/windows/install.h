/* SPDX-License-Identifier: Apache-2.0
 *
 * install.h: the Windows installations of a volume, and the states of their machines.
 *
 * An installation is any directory in the root of a volume, or of a Windows.old there, that holds
 * System32\config\SOFTWARE and SYSTEM, whatever it is called and whatever its letter case. Two
 * names that differ only in case are two installations. A state is an installation as it stood at
 * one time: the current one, the one its RegBack hives hold, and those in shadow copies of the
 * volume. States of one system root, and a Windows.old of the installation that replaced it, are one
 * machine.
 *
 * Ownership: a list owns its states; filesystems are borrowed. Threading: one thread.
 */
#ifndef ES_WINDOWS_INSTALL_H
#define ES_WINDOWS_INSTALL_H

#include "windows/artefact.h"
#include <esuscan/plugin.h>

typedef struct es_state {
    uint32_t id, machine, role; /* ES_ROLE_… */
    int32_t snapshot;           /* -1: none */
    es_fs *fs;
    const es_volume *volume;
    char *system_root; /* path on the volume, as the disk spells it: "Windows" */
    char *config;      /* folder of its hives: "Windows/System32/config[/RegBack]" */
    bool twin;         /* another name differs from its own only in case */
    /* Filled by es_state_identify(); NULL or unknown where the hives do not say. */
    uint32_t control_set;  /* number of the current control set, 0 if unknown */
    uint32_t machine_type; /* ES_MACHINE_… */
    char *product_name, *edition, *service_pack, *computer_name, *time_zone;
    const char *architecture;
    es_time install_date, last_shutdown, state_time;
} es_state;

typedef struct es_states es_states;

typedef void (*es_install_note_fn)(void *context, uint32_t volume_id, const es_note *note);

es_status es_states_new(es_states **ret_states);
es_states *es_states_free(es_states *states);
size_t es_states_count(const es_states *states);
es_state *es_states_at(es_states *states, size_t index);

/* Add every state found on this volume. */
es_status es_states_find(es_states *states, es_fs *fs, es_install_note_fn on_note, void *context);

/* Add every installation that a shadow copy holds, as a state of its machine: the one of the same
 * system root on that volume, found before. `fs` is the copy's. */
es_status es_states_find_snapshot(es_states *states, es_fs *fs, es_time created,
                                  es_install_note_fn on_note, void *context);

/* Take what identifies the state from its open hives; either may be NULL. `reterr_note` as below. */
es_status es_state_identify(es_state *state, es_hive *software, es_hive *system,
                            es_note *reterr_note);

/* "…\CurrentControlSet" of a SYSTEM hive: the number Select\Current states, else the only
 * ControlSetNNN there is, else 0. `reterr_note` is set unless Select\Current names one that is
 * there. */
uint32_t es_system_control_set(es_hive *system, es_note *reterr_note);

#endif
