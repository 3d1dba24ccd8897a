/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger.c: putting records and reading them. See ledger.h.
 *
 * A record is checked (check.c), copied by way of its frame (wire.c), filed, and shown to the tap.
 * order.c closes the ledger.
 */
#include "ledger/limits.h"
#include "ledger/store.h"
#include "ledger/wire.h"

#include <stdlib.h>

/* A step has three short texts. */
#define STEP_MAX (UINT64_C(64) << 20)

es_status es_ledger_new(es_ledger_tap tap, void *context, es_ledger **ret_ledger)
{
    es_ledger *ledger = calloc(1, sizeof *ledger);

    if (!ledger)
        return ES_NOMEM;
    ledger->tap = tap;
    ledger->context = context;
    ledger->scratch = es_buffer_make(ES_WIRE_FRAME_MAX + UINT64_C(4));
    if (es_arena_new(ES_LEDGER_BYTES_MAX + ES_LEDGER_OVERSHOOT, &ledger->arena)) {
        free(ledger);
        return ES_NOMEM;
    }
    *ret_ledger = ledger;
    return ES_OK;
}

es_ledger *es_ledger_free(es_ledger *ledger)
{
    if (!ledger)
        return NULL;
    free(ledger->segments.items);
    free(ledger->bad_ranges.items);
    free(ledger->fences.items);
    free(ledger->volumes.items);
    free(ledger->snapshots.items);
    free(ledger->installations.items);
    free(ledger->plugins.items);
    free(ledger->artefacts.items);
    free(ledger->facts.items);
    free(ledger->verdicts.items);
    free(ledger->rows.items);
    free(ledger->notes.items);
    es_map_clear(&ledger->volume_at);
    es_map_clear(&ledger->installation_at);
    es_map_clear(&ledger->artefact_at);
    es_map_clear(&ledger->fact_at);
    es_map_clear(&ledger->verdict_at);
    es_buffer_free(&ledger->scratch);
    es_arena_free(ledger->step_arena);
    es_arena_free(ledger->arena);
    free(ledger);
    return NULL;
}

/* ---- filing ---- */

static es_status add(es_records *records, const void *item, size_t size, uint64_t maximum)
{
    if (records->n >= maximum)
        return ES_LIMIT;
    if (records->n == records->capacity) {
        size_t capacity = records->capacity ? records->capacity * 2 : 16;
        void *grown = realloc(records->items, capacity * size);

        if (!grown)
            return ES_NOMEM;
        records->items = grown;
        records->capacity = capacity;
    }
    memcpy((char *)records->items + records->n * size, item, size);
    records->n++;
    return ES_OK;
}

/* The same, under a number; an earlier record of that number is replaced. */
static es_status add_under(es_records *records, es_map *map, uint64_t key, const void *item,
                           size_t size, uint64_t maximum)
{
    size_t place = es_map_get(map, key);
    es_status status;

    if (place != ES_MAP_ABSENT) {
        memcpy((char *)records->items + place * size, item, size);
        return ES_OK;
    }
    status = add(records, item, size, maximum);
    return status ? status : es_map_put(map, key, records->n - 1);
}

/* There is one of these; the last counts. */
static es_status keep(es_ledger *ledger, void *slot, const void *item, size_t size)
{
    void *copy = es_arena_take(ledger->arena, size);

    if (!copy)
        return ES_NOMEM;
    memcpy(copy, item, size);
    memcpy(slot, &copy, sizeof copy);
    return ES_OK;
}

/* The place of a plugin in ledger->plugins; SIZE_MAX if there is none. */
static size_t place_of_plugin(const es_ledger *ledger, const char *name)
{
    const es_plugin *const *plugins = ledger->plugins.items;

    for (size_t i = 0; name && i < ledger->plugins.n; i++)
        if (strcmp(plugins[i]->name, name) == 0)
            return i;
    return SIZE_MAX;
}

static void drop_time(es_ledger *ledger, es_time *time)
{
    if (!es_time_known(*time) || es_ledger_time_writable(*time))
        return;
    *time = (es_time){ 0, ES_TIME_NONE, 0 };
    ledger->n_times_dropped++;
}

/* Times among the data; they are ours, though const to all others. */
static void drop_data_times(es_ledger *ledger, const es_datum *data, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        es_datum *datum = (es_datum *)(uintptr_t)&data[i];

        if (datum->type != ES_FIELD_TIME)
            continue;
        drop_time(ledger, &datum->time);
        if (!es_time_known(datum->time))
            datum->type = 0;
    }
}

static es_status file_fact(es_ledger *ledger, es_fact_record *fact)
{
    drop_time(ledger, &fact->time);
    drop_time(ledger, &fact->where.last_written);
    drop_data_times(ledger, fact->fields, fact->n_fields);
    fact->plugin = es_ledger_plugin(ledger, fact->plugin)->name;
    if (fact->reference > ledger->last_reference)
        ledger->last_reference = fact->reference;
    return add_under(&ledger->facts, &ledger->fact_at, fact->reference, fact, sizeof *fact,
                     ES_FACTS_MAX);
}

/* Fields and texts of a fact never change once it is filed: the repeated one shares them. */
static es_status file_repeat(es_ledger *ledger, const es_repeat_record *repeat)
{
    size_t place = es_map_get(&ledger->fact_at, repeat->original);
    es_status status = ES_OK;

    if (repeat->n > ES_FACTS_MAX - ledger->facts.n)
        return ES_LIMIT;
    for (uint64_t i = 0; i < repeat->n && !status; i++) {
        es_fact_record fact = ((const es_fact_record *)ledger->facts.items)[place + i];

        fact.reference = repeat->reference + i;
        fact.installation = repeat->installation;
        if (fact.where.artefact == repeat->from) {
            fact.where.artefact = repeat->to;
            fact.where.snapshot = repeat->snapshot;
        }
        status = add_under(&ledger->facts, &ledger->fact_at, fact.reference, &fact, sizeof fact,
                           ES_FACTS_MAX);
    }
    ledger->last_reference = repeat->reference + repeat->n - 1;
    return status;
}

static es_status file_verdict(es_ledger *ledger, es_verdict_record *verdict)
{
    uint64_t place = place_of_plugin(ledger, verdict->plugin);

    drop_data_times(ledger, verdict->fields, verdict->n_fields);
    return add_under(&ledger->verdicts, &ledger->verdict_at,
                     place << 48 | (uint64_t)verdict->type << 32 | verdict->installation, verdict,
                     sizeof *verdict, ES_VERDICTS_MAX);
}

static es_status file_installation(es_ledger *ledger, es_installation_record *installation)
{
    drop_time(ledger, &installation->install_date);
    drop_time(ledger, &installation->last_shutdown);
    drop_time(ledger, &installation->state_time);
    return add_under(&ledger->installations, &ledger->installation_at, installation->id,
                     installation, sizeof *installation, ES_INSTALLATIONS_MAX);
}

static es_status file_other(es_ledger *ledger, es_record *record)
{
    switch (record->kind) {
    case ES_RECORD_IMAGE:
        return keep(ledger, &ledger->image, &record->image, sizeof record->image);
    case ES_RECORD_DIGEST:
        return keep(ledger, &ledger->digest, &record->digest, sizeof record->digest);
    case ES_RECORD_REFUSED:
        return keep(ledger, &ledger->refused, &record->note, sizeof record->note);
    case ES_RECORD_COUNTERS:
        return keep(ledger, &ledger->counters, &record->counters, sizeof record->counters);
    case ES_RECORD_SEGMENT:
        return add(&ledger->segments, &record->segment, sizeof record->segment, ES_SEGMENTS_MAX);
    case ES_RECORD_BAD_RANGE:
        return add(&ledger->bad_ranges, &record->bad_range, sizeof record->bad_range,
                   ES_BAD_RANGES_MAX);
    case ES_RECORD_SNAPSHOT:
        drop_time(ledger, &record->snapshot.created);
        return add(&ledger->snapshots, &record->snapshot, sizeof record->snapshot,
                   ES_SNAPSHOTS_MAX);
    case ES_RECORD_FENCE:
        return add(&ledger->fences, &record->fence, sizeof record->fence, ES_FENCES_MAX);
    case ES_RECORD_DONE:
        ledger->done = true;
        return ES_OK;
    default:
        return ES_BUG;
    }
}

static es_status file(es_ledger *ledger, es_record *record)
{
    switch (record->kind) {
    case ES_RECORD_VOLUME:
        return add_under(&ledger->volumes, &ledger->volume_at, record->volume.id, &record->volume,
                         sizeof record->volume, ES_VOLUMES_MAX);
    case ES_RECORD_INSTALLATION:
        return file_installation(ledger, &record->installation);
    case ES_RECORD_PLUGIN:
        return add(&ledger->plugins, &record->plugin, sizeof record->plugin, ES_PLUGINS_MAX);
    case ES_RECORD_ARTEFACT:
        return add_under(&ledger->artefacts, &ledger->artefact_at, record->artefact.id,
                         &record->artefact, sizeof record->artefact, ES_ARTEFACTS_MAX);
    case ES_RECORD_FACT:
        return file_fact(ledger, &record->fact);
    case ES_RECORD_REPEAT:
        return file_repeat(ledger, &record->repeat);
    case ES_RECORD_VERDICT:
        return file_verdict(ledger, &record->verdict);
    case ES_RECORD_ROW:
        drop_data_times(ledger, record->row.fields, record->row.n_fields);
        return add(&ledger->rows, &record->row, sizeof record->row, ES_ROWS_MAX);
    case ES_RECORD_NOTE:
        drop_time(ledger, &record->note.where.last_written);
        return add(&ledger->notes, &record->note, sizeof record->note, ES_NOTES_MAX);
    default:
        return file_other(ledger, record);
    }
}

/* ---- putting ---- */

/* Only the last step is kept, and there are many: each has an arena of its own. */
static es_status file_step(es_ledger *ledger, const es_record *record, es_arena *arena)
{
    es_step_record *step = es_arena_take(arena, sizeof *step);

    if (!step)
        return ES_NOMEM;
    *step = record->step;
    es_arena_free(ledger->step_arena);
    ledger->step_arena = arena;
    ledger->last_step = step;
    return ES_OK;
}

/* Decode a record to where it stays, and file it there. */
static es_status take(es_ledger *ledger, es_bytes payload, bool checked, es_record *ret_record)
{
    bool step = payload.size && payload.data[0] == ES_RECORD_STEP;
    es_arena *arena = ledger->arena;
    es_status status = ES_OK;

    if (step)
        status = es_arena_new(STEP_MAX, &arena);
    else if (es_arena_used(arena) > ES_LEDGER_BYTES_MAX)
        status = ES_LIMIT;
    if (status)
        return status;
    status = es_wire_decode(payload, arena, ret_record);
    if (!status && !checked)
        status = es_ledger_check(ledger, ret_record);
    if (!status)
        status = step ? file_step(ledger, ret_record, arena) : file(ledger, ret_record);
    if (status && step)
        es_arena_free(arena);
    return status;
}

es_status es_ledger_take(es_ledger *ledger, es_bytes payload, es_record *ret_record)
{
    return ledger->closed ? ES_BUG : take(ledger, payload, false, ret_record);
}

es_status es_ledger_put(es_ledger *ledger, const es_record *record)
{
    es_bytes frame;
    es_record made;
    es_status status;

    if (ledger->closed)
        return ES_BUG;
    status = es_ledger_check(ledger, record);
    if (status)
        return status;
    es_buffer_clear(&ledger->scratch);
    status = es_wire_encode(record, &ledger->scratch);
    if (status)
        return status;
    frame = (es_bytes){ ledger->scratch.data, ledger->scratch.size };
    status = take(ledger, (es_bytes){ frame.data + 4, frame.size - 4 }, true, &made);
    if (status)
        return status;
    return ledger->tap ? ledger->tap(ledger->context, record, frame) : ES_OK;
}

/* ---- reading ---- */

const es_image_record *es_ledger_image(const es_ledger *ledger)
{
    return ledger->image;
}

const es_digest_record *es_ledger_digest(const es_ledger *ledger)
{
    return ledger->digest;
}

const es_note_record *es_ledger_refused(const es_ledger *ledger)
{
    return ledger->refused;
}

const es_step_record *es_ledger_last_step(const es_ledger *ledger)
{
    return ledger->last_step;
}

const es_counters_record *es_ledger_counters(const es_ledger *ledger)
{
    return ledger->counters;
}

bool es_ledger_done(const es_ledger *ledger)
{
    return ledger->done;
}

size_t es_ledger_segments(const es_ledger *ledger, const es_segment_record **ret)
{
    *ret = ledger->segments.items;
    return ledger->segments.n;
}

size_t es_ledger_bad_ranges(const es_ledger *ledger, const es_bad_range_record **ret)
{
    *ret = ledger->bad_ranges.items;
    return ledger->bad_ranges.n;
}

size_t es_ledger_fences(const es_ledger *ledger, const es_fence_record **ret)
{
    *ret = ledger->fences.items;
    return ledger->fences.n;
}

size_t es_ledger_volumes(const es_ledger *ledger, const es_volume_record **ret)
{
    *ret = ledger->volumes.items;
    return ledger->volumes.n;
}

size_t es_ledger_snapshots(const es_ledger *ledger, const es_snapshot_record **ret)
{
    *ret = ledger->snapshots.items;
    return ledger->snapshots.n;
}

size_t es_ledger_installations(const es_ledger *ledger, const es_installation_record **ret)
{
    *ret = ledger->installations.items;
    return ledger->installations.n;
}

size_t es_ledger_plugins(const es_ledger *ledger, const es_plugin *const **ret)
{
    *ret = ledger->plugins.items;
    return ledger->plugins.n;
}

size_t es_ledger_artefacts(const es_ledger *ledger, const es_artefact_record **ret)
{
    *ret = ledger->artefacts.items;
    return ledger->artefacts.n;
}

bool es_ledger_takes_facts(const es_ledger *ledger)
{
    return es_arena_used(ledger->arena) <= ES_LEDGER_BYTES_MAX - ES_LEDGER_RESERVE &&
           ledger->facts.n < ES_FACTS_MAX - ES_FACTS_RESERVE;
}

uint64_t es_ledger_takes_repeats(const es_ledger *ledger)
{
    return es_ledger_takes_facts(ledger) ? ES_FACTS_MAX - ES_FACTS_RESERVE - ledger->facts.n : 0;
}

size_t es_ledger_facts(const es_ledger *ledger, const es_fact_record **ret)
{
    *ret = ledger->facts.items;
    return ledger->facts.n;
}

size_t es_ledger_verdicts(const es_ledger *ledger, const es_verdict_record **ret)
{
    *ret = ledger->verdicts.items;
    return ledger->verdicts.n;
}

size_t es_ledger_rows(const es_ledger *ledger, const es_row_record **ret)
{
    *ret = ledger->rows.items;
    return ledger->rows.n;
}

size_t es_ledger_notes(const es_ledger *ledger, const es_note_record **ret)
{
    *ret = ledger->notes.items;
    return ledger->notes.n;
}

/* The first of `n` that is of `installation` or a later one. */
static size_t first_verdict(const es_verdict_record *verdicts, size_t n, uint64_t installation)
{
    size_t low = 0;

    while (n > low) {
        size_t middle = low + (n - low) / 2;

        if (verdicts[middle].installation < installation)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

static size_t first_row(const es_row_record *rows, size_t n, uint64_t installation)
{
    size_t low = 0;

    while (n > low) {
        size_t middle = low + (n - low) / 2;

        if (rows[middle].installation < installation)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

size_t es_ledger_verdicts_of(const es_ledger *ledger, uint32_t installation,
                             const es_verdict_record **ret)
{
    const es_verdict_record *verdicts = ledger->verdicts.items;
    size_t n = ledger->closed ? ledger->verdicts.n : 0;
    size_t first = first_verdict(verdicts, n, installation);

    *ret = n ? verdicts + first : NULL;
    return first_verdict(verdicts, n, UINT64_C(1) + installation) - first;
}

size_t es_ledger_rows_of(const es_ledger *ledger, uint32_t installation,
                         const es_row_record **ret)
{
    const es_row_record *rows = ledger->rows.items;
    size_t n = ledger->closed ? ledger->rows.n : 0;
    size_t first = first_row(rows, n, installation);

    *ret = n ? rows + first : NULL;
    return first_row(rows, n, UINT64_C(1) + installation) - first;
}

const es_plugin *es_ledger_plugin(const es_ledger *ledger, const char *name)
{
    const es_plugin *const *plugins = ledger->plugins.items;
    size_t place = place_of_plugin(ledger, name);

    return place == SIZE_MAX ? NULL : plugins[place];
}

const es_fact_type *es_ledger_fact_type(const es_ledger *ledger, const es_fact_record *fact)
{
    return &es_ledger_plugin(ledger, fact->plugin)->facts[fact->type];
}

const es_verdict_type *es_ledger_verdict_type(const es_ledger *ledger,
                                              const es_verdict_record *verdict)
{
    return &es_ledger_plugin(ledger, verdict->plugin)->verdicts[verdict->type];
}

const es_row_type *es_ledger_row_type(const es_ledger *ledger, const es_row_record *row)
{
    return &es_ledger_plugin(ledger, row->plugin)->rows[row->type];
}

const es_volume_record *es_ledger_volume(const es_ledger *ledger, uint32_t id)
{
    const es_volume_record *volumes = ledger->volumes.items;
    size_t place = es_map_get(&ledger->volume_at, id);

    return place == ES_MAP_ABSENT ? NULL : &volumes[place];
}

const es_installation_record *es_ledger_installation(const es_ledger *ledger, uint32_t id)
{
    const es_installation_record *installations = ledger->installations.items;
    size_t place = es_map_get(&ledger->installation_at, id);

    return place == ES_MAP_ABSENT ? NULL : &installations[place];
}

const es_artefact_record *es_ledger_artefact(const es_ledger *ledger, uint32_t id)
{
    const es_artefact_record *artefacts = ledger->artefacts.items;
    size_t place = es_map_get(&ledger->artefact_at, id);

    return place == ES_MAP_ABSENT ? NULL : &artefacts[place];
}

uint64_t es_ledger_fact_number(const es_ledger *ledger, uint64_t reference)
{
    size_t place = ledger->closed ? es_map_get(&ledger->fact_at, reference) : ES_MAP_ABSENT;

    return place == ES_MAP_ABSENT ? 0 : (uint64_t)place + 1;
}

const es_fact_record *es_ledger_fact_by_number(const es_ledger *ledger, uint64_t number)
{
    const es_fact_record *facts = ledger->facts.items;

    return ledger->closed && number && number <= ledger->facts.n ? &facts[number - 1] : NULL;
}

bool es_ledger_has_gaps(const es_ledger *ledger)
{
    const es_note_record *notes = ledger->notes.items;
    const es_volume_record *volumes = ledger->volumes.items;

    if (!ledger->done || ledger->refused || ledger->bad_ranges.n)
        return true;
    for (size_t i = 0; i < ledger->volumes.n; i++)
        if (volumes[i].encrypted)
            return true;
    for (size_t i = 0; i < ledger->notes.n; i++)
        if (notes[i].severity >= ES_SEVERITY_GAP)
            return true;
    return false;
}
