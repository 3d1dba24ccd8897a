/* SPDX-License-Identifier: Apache-2.0
 *
 * core.c: the facts of the core itself, declared as any plugin's are. It has no callbacks; the
 * host emits these while it opens artefacts.
 */
#include "host/core.h"

#include "host/plugin.h"

#define FIELD(kind, field_name, field_means)                                                       \
    { .size = sizeof(es_field), .type = (kind), .name = (field_name), .means = (field_means) }

static const es_field hive_state_fields[] = {
    FIELD(ES_FIELD_TEXT, "state", "clean, replayed, dirty (no usable log) or repaired"),
    FIELD(ES_FIELD_TEXT, "log_format", "DIRT (NT 5 to 6.2) or HvLE (6.3 and later)"),
    FIELD(ES_FIELD_TEXT_LIST, "logs_used", "paths of the logs that were applied in memory"),
    FIELD(ES_FIELD_INTEGER, "pages", "512-byte pages taken from the logs"),
    FIELD(ES_FIELD_INTEGER, "sequence_primary", "first sequence number of the base block"),
    FIELD(ES_FIELD_INTEGER, "sequence_secondary", "second one; unlike the first: dirty"),
    FIELD(ES_FIELD_BOOLEAN, "checksum_good", "the base block's checksum fits"),
    FIELD(ES_FIELD_BOOLEAN, "transactions_pending", "transactions (CLFS) had not been rolled in"),
    FIELD(ES_FIELD_TEXT, "reason", "why logs were left alone, or what was repaired"),
};

static const es_field unreadable_fields[] = {
    FIELD(ES_FIELD_TEXT, "path", "path of the artefact on its volume"),
    FIELD(ES_FIELD_TEXT, "reason", "why it could not be read"),
};

static const es_field snapshot_fields[] = {
    FIELD(ES_FIELD_INTEGER, "volume", "the volume it is of"),
    FIELD(ES_FIELD_INTEGER, "snapshot", "its number there"),
};

static const es_fact_type core_facts[] = {
    [ES_CORE_HIVE_STATE] = {
        .size = sizeof(es_fact_type),
        .name = "hive.state",
        .summary = "How a registry hive was read: as it stands, or with its logs replayed",
        .fields = hive_state_fields,
        .n_fields = ES_COUNT(hive_state_fields),
        .time_means = "hive last written",
    },
    [ES_CORE_UNREADABLE] = {
        .size = sizeof(es_fact_type),
        .name = "artefact.unreadable",
        .summary = "An artefact that is there and could not be read",
        .fields = unreadable_fields,
        .n_fields = ES_COUNT(unreadable_fields),
    },
    [ES_CORE_SNAPSHOT] = {
        .size = sizeof(es_fact_type),
        .name = "snapshot.taken",
        .summary = "A shadow copy with an earlier state of this Windows",
        .fields = snapshot_fields,
        .n_fields = ES_COUNT(snapshot_fields),
        .time_means = "shadow copy taken",
    },
};

const es_plugin es_core_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "esuscan",
    .version = ES_VERSION,
    .summary = "Facts of the core: how artefacts were opened",
    .facts = core_facts,
    .n_facts = ES_COUNT(core_facts),
};
