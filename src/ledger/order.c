/* SPDX-License-Identifier: Apache-2.0
 *
 * order.c: closing a ledger: the order of its records, and the numbers of its facts.
 *
 * Facts arrive in the order of work, which changes with -j. Reports must not, so facts are put in
 * an order that only their content decides: installation, plugin, declared type, place, fields.
 * Facts alike in all of that are interchangeable. Rows keep the order in which judge gave them
 * (one judge of one installation runs on one thread). References that lead nowhere are taken out
 * here, so that reports need not doubt any.
 */
#include "ledger/limits.h"
#include "ledger/store.h"

#include <stdlib.h>

/* ---- comparing ---- */

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_bytes(const void *a, uint64_t a_size, const void *b, uint64_t b_size)
{
    uint64_t least = a_size < b_size ? a_size : b_size;
    int order = least ? memcmp(a, b, (size_t)least) : 0;

    return order ? order : compare_u64(a_size, b_size);
}

static int compare_text(es_text a, es_text b)
{
    return compare_bytes(a.data, a.size, b.data, b.size);
}

/* NULL before any text. */
static int compare_string(const char *a, const char *b)
{
    if (a == b)
        return 0;
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int compare_time(es_time a, es_time b)
{
    int order = compare_i64(a.ticks, b.ticks);

    if (!order)
        order = compare_u64(a.precision, b.precision);
    return order ? order : compare_u64(a.flags, b.flags);
}

/* References are of the order of work: only their number is compared. */
static int compare_datum(const es_datum *a, const es_datum *b)
{
    int order = compare_u64(a->type, b->type);

    if (order)
        return order;
    switch (a->type) {
    case ES_FIELD_TEXT:
        return compare_text(a->text, b->text);
    case ES_FIELD_INTEGER:
    case ES_FIELD_BOOLEAN:
        return compare_i64(a->integer, b->integer);
    case ES_FIELD_TIME:
        return compare_time(a->time, b->time);
    case ES_FIELD_BYTES:
        return compare_bytes(a->bytes.data, a->bytes.size, b->bytes.data, b->bytes.size);
    case ES_FIELD_TEXT_LIST:
        for (uint64_t i = 0; !order && i < a->n && i < b->n; i++)
            order = compare_text(a->texts[i], b->texts[i]);
        return order ? order : compare_u64(a->n, b->n);
    default:
        return compare_u64(a->n, b->n);
    }
}

static const char *path_of(const es_where *where, const es_artefact_record *artefact)
{
    return artefact ? artefact->path : where->path;
}

/* An artefact's id is of the order of work too: its path and MFT entry stand for it. */
static int compare_artefacts(const es_artefact_record *a, const es_artefact_record *b)
{
    int order;

    if (!a || !b)
        return (a != NULL) - (b != NULL);
    order = compare_string(a->path, b->path);
    if (!order)
        order = compare_u64(a->volume, b->volume);
    if (!order)
        order = compare_i64(a->snapshot, b->snapshot);
    if (!order)
        order = compare_u64(a->mft_entry, b->mft_entry);
    if (!order)
        order = compare_u64(a->attribute_type, b->attribute_type);
    return order ? order : compare_u64(a->attribute_id, b->attribute_id);
}

/* Most places that are compared lie in one file. */
static int compare_files(const es_ledger *ledger, const es_where *a, const es_where *b)
{
    const es_artefact_record *first, *second;
    int order;

    if (a->artefact && a->artefact == b->artefact)
        return 0;
    first = es_ledger_artefact(ledger, a->artefact);
    second = es_ledger_artefact(ledger, b->artefact);
    order = compare_string(path_of(a, first), path_of(b, second));
    return order ? order : compare_artefacts(first, second);
}

static int compare_where(const es_ledger *ledger, const es_where *a, const es_where *b)
{
    int order = compare_files(ledger, a, b);

    if (!order)
        order = compare_u64(a->volume, b->volume);
    if (!order)
        order = compare_u64(a->snapshot, b->snapshot);
    if (!order)
        order = compare_string(a->key, b->key);
    if (!order)
        order = compare_string(a->value, b->value);
    if (!order)
        order = compare_i64(a->offset, b->offset);
    if (!order)
        order = compare_i64(a->length, b->length);
    return order ? order : compare_i64(a->log_offset, b->log_offset);
}

static int compare_fact(const void *left, const void *right, void *context)
{
    const es_fact_record *a = left, *b = right;
    int order = compare_u64(a->installation, b->installation);

    if (!order)
        order = compare_string(a->plugin, b->plugin);
    if (!order)
        order = compare_u64(a->type, b->type);
    if (!order)
        order = compare_where(context, &a->where, &b->where);
    for (uint32_t i = 0; !order && i < a->n_fields; i++) /* one type: as many fields */
        order = compare_datum(&a->fields[i], &b->fields[i]);
    if (!order)
        order = compare_time(a->time, b->time);
    return order ? order : compare_u64(a->reference, b->reference);
}

static int compare_verdict(const void *left, const void *right, void *context)
{
    const es_verdict_record *a = left, *b = right;
    int order = compare_u64(a->installation, b->installation);

    (void)context;
    if (!order)
        order = strcmp(a->plugin, b->plugin);
    return order ? order : compare_u64(a->type, b->type);
}

/* Where two rows are of one list, the pointers, which lie in one array, say which came first. */
static int compare_row(const void *left, const void *right, void *context)
{
    const es_row_record *a = *(const es_row_record *const *)left;
    const es_row_record *b = *(const es_row_record *const *)right;
    int order = compare_u64(a->installation, b->installation);

    (void)context;
    if (!order)
        order = strcmp(a->plugin, b->plugin);
    if (!order)
        order = compare_u64(a->type, b->type);
    return order ? order : (a > b) - (a < b);
}

static int compare_note(const void *left, const void *right, void *context)
{
    const es_note_record *a = left, *b = right;
    int order = compare_u64(a->installation, b->installation);

    if (!order)
        order = strcmp(a->area, b->area);
    if (!order)
        order = compare_u64(a->has_where, b->has_where);
    if (!order && a->has_where)
        order = compare_where(context, &a->where, &b->where);
    if (!order)
        order = compare_u64(a->severity, b->severity);
    return order ? order : compare_text(a->text, b->text);
}

static int compare_volume(const void *left, const void *right, void *context)
{
    const es_volume_record *a = left, *b = right;

    (void)context;
    return compare_u64(a->id, b->id);
}

static int compare_snapshot(const void *left, const void *right, void *context)
{
    const es_snapshot_record *a = left, *b = right;

    (void)context;
    return a->volume != b->volume ? compare_u64(a->volume, b->volume)
                                  : compare_u64(a->number, b->number);
}

static int compare_installation(const void *left, const void *right, void *context)
{
    const es_installation_record *a = left, *b = right;

    (void)context;
    return compare_u64(a->id, b->id);
}

static int compare_bad_range(const void *left, const void *right, void *context)
{
    const es_bad_range_record *a = left, *b = right;
    int order = compare_u64(a->offset, b->offset);

    (void)context;
    if (!order)
        order = compare_u64(a->length, b->length);
    return order ? order : strcmp(a->reason, b->reason);
}

static int compare_fence(const void *left, const void *right, void *context)
{
    const es_fence_record *a = left, *b = right;

    (void)context;
    return strcmp(a->name, b->name);
}

static void sort(es_ledger *ledger, es_records *records, size_t size,
                 int (*compare)(const void *, const void *, void *))
{
    if (records->n > 1)
        qsort_r(records->items, records->n, size, compare, ledger);
}

/* Of neighbours that compare equal, keep the first. */
static void unique(es_ledger *ledger, es_records *records, size_t size,
                   int (*compare)(const void *, const void *, void *))
{
    char *items = records->items;
    size_t kept = 0;

    for (size_t i = 0; i < records->n; i++) {
        if (kept && compare(items + (kept - 1) * size, items + i * size, ledger) == 0)
            continue;
        if (kept != i)
            memcpy(items + kept * size, items + i * size, size);
        kept++;
    }
    records->n = kept;
}

/* ---- references that lead nowhere ---- */

/* Our own memory, const to everybody else. */
static void *ours(const void *memory)
{
    return (void *)(uintptr_t)memory;
}

static void check_where(es_ledger *ledger, es_where *where)
{
    if (where->artefact && !es_ledger_artefact(ledger, where->artefact)) {
        where->artefact = 0;
        ledger->n_places_dropped++;
    }
    if (where->log_artefact && !es_ledger_artefact(ledger, where->log_artefact)) {
        where->log_artefact = 0;
        ledger->n_places_dropped++;
    }
    if (where->volume && !es_ledger_volume(ledger, where->volume)) {
        where->volume = 0;
        ledger->n_places_dropped++;
    }
}

static uint64_t check_references(es_ledger *ledger, const uint64_t *references, uint64_t n)
{
    uint64_t *own = ours(references), kept = 0;

    for (uint64_t i = 0; i < n; i++) {
        if (es_map_get(&ledger->fact_at, own[i]) == ES_MAP_ABSENT)
            ledger->n_references_dropped++;
        else
            own[kept++] = own[i];
    }
    return kept;
}

static void check_data(es_ledger *ledger, const es_datum *data, uint32_t n)
{
    es_datum *own = ours(data);

    for (uint32_t i = 0; i < n; i++) {
        if (own[i].type == ES_FIELD_FACT_LIST) {
            own[i].n = check_references(ledger, own[i].facts, own[i].n);
        } else if (own[i].type == ES_FIELD_FACT &&
                   es_map_get(&ledger->fact_at, (uint64_t)own[i].integer) == ES_MAP_ABSENT) {
            own[i].type = 0;
            ledger->n_references_dropped++;
        }
    }
}

static void check_all(es_ledger *ledger)
{
    es_fact_record *facts = ledger->facts.items;
    es_verdict_record *verdicts = ledger->verdicts.items;
    es_row_record *rows = ledger->rows.items;
    es_note_record *notes = ledger->notes.items;

    for (size_t i = 0; i < ledger->facts.n; i++)
        check_where(ledger, &facts[i].where);
    for (size_t i = 0; i < ledger->notes.n; i++)
        if (notes[i].has_where)
            check_where(ledger, &notes[i].where);
    for (size_t i = 0; i < ledger->verdicts.n; i++) {
        verdicts[i].n_because =
            check_references(ledger, verdicts[i].because, verdicts[i].n_because);
        check_data(ledger, verdicts[i].fields, verdicts[i].n_fields);
    }
    for (size_t i = 0; i < ledger->rows.n; i++)
        check_data(ledger, rows[i].fields, rows[i].n_fields);
}

/* ---- closing ---- */

static es_status add_note(es_ledger *ledger, uint32_t severity, uint64_t n, const char *words)
{
    es_record record;

    if (!n)
        return ES_OK;
    memset(&record, 0, sizeof record);
    record.kind = ES_RECORD_NOTE;
    record.note.severity = severity;
    record.note.area = "ledger";
    record.note.text =
        es_text_of(es_arena_format(ledger->arena, "%s: %llu", words, (unsigned long long)n));
    return record.note.text.size ? es_ledger_put(ledger, &record) : ES_NOMEM;
}

/* What was dropped is said. These notes are of the ledger alone: its tap does not see them, the
 * other side makes its own. A ledger too full for them has said so in other ways. */
static es_status add_notes(es_ledger *ledger)
{
    es_ledger_tap tap = ledger->tap;
    es_status status;

    ledger->tap = NULL;
    status = add_note(ledger, ES_SEVERITY_ERROR, ledger->n_references_dropped,
                      "references to facts that do not exist were left out");
    if (!status)
        status = add_note(ledger, ES_SEVERITY_ERROR, ledger->n_places_dropped,
                          "references to artefacts or volumes that do not exist were left out");
    if (!status)
        status = add_note(ledger, ES_SEVERITY_INFO, ledger->n_times_dropped,
                          "times outside the years 1601 to 9999 were left out");
    ledger->tap = tap;
    return status == ES_LIMIT ? ES_OK : status;
}

static es_status sort_rows(es_ledger *ledger)
{
    es_row_record *rows = ledger->rows.items, *sorted;
    const es_row_record **order;
    size_t n = ledger->rows.n;

    if (n < 2)
        return ES_OK;
    order = calloc(n, sizeof *order);
    sorted = calloc(n, sizeof *sorted);
    if (!order || !sorted) {
        free(order);
        free(sorted);
        return ES_NOMEM;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = &rows[i];
    qsort_r(order, n, sizeof *order, compare_row, NULL);
    for (size_t i = 0; i < n; i++)
        sorted[i] = *order[i];
    free(order);
    free(rows);
    ledger->rows = (es_records){ sorted, n, n };
    return ES_OK;
}

/* The places have changed: file the ids anew. */
static es_status renumber(es_ledger *ledger)
{
    const es_fact_record *facts = ledger->facts.items;
    const es_volume_record *volumes = ledger->volumes.items;
    const es_installation_record *installations = ledger->installations.items;
    es_status status = ES_OK;

    for (size_t i = 0; !status && i < ledger->facts.n; i++)
        status = es_map_put(&ledger->fact_at, facts[i].reference, i);
    for (size_t i = 0; !status && i < ledger->volumes.n; i++)
        status = es_map_put(&ledger->volume_at, volumes[i].id, i);
    for (size_t i = 0; !status && i < ledger->installations.n; i++)
        status = es_map_put(&ledger->installation_at, installations[i].id, i);
    return status;
}

es_status es_ledger_close(es_ledger *ledger)
{
    es_status status;

    if (ledger->closed)
        return ES_OK;
    check_all(ledger);
    status = add_notes(ledger);
    if (!status)
        status = sort_rows(ledger);
    if (status)
        return status;
    sort(ledger, &ledger->facts, sizeof(es_fact_record), compare_fact);
    sort(ledger, &ledger->verdicts, sizeof(es_verdict_record), compare_verdict);
    sort(ledger, &ledger->notes, sizeof(es_note_record), compare_note);
    unique(ledger, &ledger->notes, sizeof(es_note_record), compare_note);
    sort(ledger, &ledger->volumes, sizeof(es_volume_record), compare_volume);
    sort(ledger, &ledger->snapshots, sizeof(es_snapshot_record), compare_snapshot);
    unique(ledger, &ledger->snapshots, sizeof(es_snapshot_record), compare_snapshot);
    sort(ledger, &ledger->installations, sizeof(es_installation_record), compare_installation);
    sort(ledger, &ledger->bad_ranges, sizeof(es_bad_range_record), compare_bad_range);
    unique(ledger, &ledger->bad_ranges, sizeof(es_bad_range_record), compare_bad_range);
    sort(ledger, &ledger->fences, sizeof(es_fence_record), compare_fence);
    unique(ledger, &ledger->fences, sizeof(es_fence_record), compare_fence);
    status = renumber(ledger);
    ledger->closed = !status;
    return status;
}
