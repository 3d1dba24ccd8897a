/* SPDX-License-Identifier: Apache-2.0
 *
 * store_facts.c: what a ledger holds, into the tables that people ask.
 *
 * Facts, verdicts and rows of a closed ledger stand together by type: the statement of a type is
 * made when its first record comes and kept while they go on.
 */
#include "report/show.h"
#include "base/text.h"
#include "report/store_inside.h"

#include <jansson.h>
#include <stdlib.h>

#define LIST_MAX (UINT64_C(64) << 20)

/* ---- values ---- */

static json_t *shown(es_text text)
{
    es_buffer buffer = es_buffer_make(es_show_room(text.size));
    json_t *value;

    es_show_text(&buffer, text);
    value = json_stringn(buffer.size ? (const char *)buffer.data : "", (size_t)buffer.size);
    es_buffer_free(&buffer);
    return value;
}

/* A list as JSON text. */
static void bind_list(es_store *store, sqlite3_stmt *put, int at, const es_ledger *ledger,
                      const es_datum *datum)
{
    json_t *array = json_array();
    char *text = NULL;
    int failed = 0;

    for (uint64_t i = 0; i < datum->n; i++)
        failed |= json_array_append_new(
            array, datum->type == ES_FIELD_TEXT_LIST
                       ? shown(datum->texts[i])
                       : json_integer((json_int_t)es_ledger_fact_number(ledger, datum->facts[i])));
    if (!failed)
        text = json_dumps(array, JSON_COMPACT);
    if (text && put)
        sqlite3_bind_text(put, at, text, -1, SQLITE_TRANSIENT);
    else
        store->failed = SQLITE_NOMEM;
    free(text);
    json_decref(array);
}

static void bind_hex(sqlite3_stmt *put, int at, es_bytes bytes)
{
    char *hex = malloc((size_t)bytes.size * 2 + 1);

    if (hex) {
        es_text_hex(bytes.data, (size_t)bytes.size, hex);
        sqlite3_bind_text64(put, at, hex, bytes.size * 2, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    free(hex);
}

static void bind_datum(es_store *store, sqlite3_stmt *put, int at, const es_ledger *ledger,
                       const es_datum *datum)
{
    if (!put)
        return;
    switch (datum->type) {
    case ES_FIELD_TEXT:
        es_bind_text(put, at, datum->text);
        break;
    case ES_FIELD_INTEGER:
        sqlite3_bind_int64(put, at, datum->integer);
        break;
    case ES_FIELD_BOOLEAN:
        sqlite3_bind_int64(put, at, datum->integer != 0);
        break;
    case ES_FIELD_TIME:
        es_bind_time(put, at, datum->time);
        break;
    case ES_FIELD_BYTES:
        bind_hex(put, at, datum->bytes);
        break;
    case ES_FIELD_FACT:
        es_bind_number(put, at, es_ledger_fact_number(ledger, (uint64_t)datum->integer));
        break;
    case ES_FIELD_TEXT_LIST:
    case ES_FIELD_FACT_LIST:
        bind_list(store, put, at, ledger, datum);
        break;
    default:
        break;
    }
}

static void bind_data(es_store *store, sqlite3_stmt *put, uint32_t kind, const es_ledger *ledger,
                      const es_datum *data, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        bind_datum(store, put, es_table_fixed(kind) + 1 + (int)i, ledger, &data[i]);
}

static void bind_where(sqlite3_stmt *put, int at, const es_ledger *ledger, const es_where *where)
{
    const es_artefact_record *artefact = es_ledger_artefact(ledger, where->artefact);

    es_bind_number(put, at, artefact ? artefact->volume : where->volume);
    es_bind_place(put, at + 1, artefact ? artefact->snapshot : -1);
    es_bind_string(put, at + 2, artefact ? artefact->path : where->path);
    if (artefact && artefact->has_mft) {
        es_bind_place(put, at + 3, (int64_t)artefact->mft_entry);
        es_bind_place(put, at + 4, artefact->mft_sequence);
    }
    es_bind_string(put, at + 5, where->key);
    es_bind_string(put, at + 6, where->value);
    es_bind_place(put, at + 7, where->offset);
    es_bind_place(put, at + 8, where->length);
    es_bind_time(put, at + 9, where->last_written);
    es_bind_number(put, at + 10, where->artefact);
    es_bind_place(put, at + 11, where->damaged || (artefact && artefact->damaged));
}

/* ---- the statement of a type ---- */

typedef struct typed {
    es_store *store;
    int64_t image;
    const es_ledger *ledger;
    uint32_t kind;
    const void *type; /* that the statement is of */
    sqlite3_stmt *put;
} typed;

static sqlite3_stmt *statement_of(typed *now, const void *type, const char *table,
                                  const es_field *fields, uint32_t n)
{
    if (now->type != type) {
        sqlite3_finalize(now->put);
        now->put = es_table_insert(now->store, now->kind, table, fields, n);
        now->type = type;
    }
    if (now->put)
        sqlite3_bind_int64(now->put, 1, now->image);
    return now->put;
}

/* What the time of a fact is, with what the reports say of it: at the latest, from local time. */
static void bind_means(sqlite3_stmt *put, int at, const char *means, es_time time)
{
    es_buffer words = es_buffer_make(UINT64_C(1) << 20);

    if (put && es_time_known(time)) {
        es_show_time_means(&words, means, time);
        sqlite3_bind_text64(put, at, (const char *)words.data, words.size, SQLITE_TRANSIENT,
                            SQLITE_UTF8);
    }
    es_buffer_free(&words);
}

static void put_facts(typed *now)
{
    const es_fact_record *facts = NULL;
    size_t n = es_ledger_facts(now->ledger, &facts);
    sqlite3_stmt *base = es_store_prepare(now->store, "INSERT INTO facts VALUES(?,?,?,?,?,?,?)");

    now->kind = ES_TABLE_FACT;
    for (size_t i = 0; i < n && !now->store->failed; i++) {
        const es_fact_record *fact = &facts[i];
        const es_fact_type *type = es_ledger_fact_type(now->ledger, fact);
        char table[ES_TABLE_MAX];
        sqlite3_stmt *put;

        sqlite3_bind_int64(base, 1, now->image);
        es_bind_number(base, 2, i + 1);
        es_bind_number(base, 3, fact->installation);
        es_bind_string(base, 4, fact->plugin);
        es_bind_string(base, 5, type->name);
        es_bind_time(base, 6, fact->time);
        bind_means(base, 7, type->time_means, fact->time);
        es_store_step(now->store, base);
        es_table_of_fact(type, table);
        put = statement_of(now, type, table, type->fields, type->n_fields);
        es_bind_number(put, 2, i + 1);
        es_bind_number(put, 3, fact->installation);
        es_bind_time(put, 4, fact->time);
        bind_where(put, 5, now->ledger, &fact->where);
        bind_data(now->store, put, now->kind, now->ledger, fact->fields, fact->n_fields);
        es_store_step(now->store, put);
    }
    sqlite3_finalize(base);
}

static void put_because(typed *now, sqlite3_stmt *put, const es_verdict_record *verdict,
                        const char *name)
{
    for (uint64_t i = 0; i < verdict->n_because && !now->store->failed; i++) {
        sqlite3_bind_int64(put, 1, now->image);
        es_bind_number(put, 2, verdict->installation);
        es_bind_string(put, 3, name);
        sqlite3_bind_int64(put, 4, (sqlite3_int64)i);
        es_bind_number(put, 5, es_ledger_fact_number(now->ledger, verdict->because[i]));
        es_store_step(now->store, put);
    }
}

static void put_verdicts(typed *now)
{
    const es_verdict_record *verdicts = NULL;
    size_t n = es_ledger_verdicts(now->ledger, &verdicts);
    sqlite3_stmt *base = es_store_prepare(now->store, "INSERT INTO verdicts VALUES(?,?,?,?,?,?)");
    sqlite3_stmt *because = es_store_prepare(now->store, "INSERT INTO because VALUES(?,?,?,?,?)");

    now->kind = ES_TABLE_VERDICT;
    for (size_t i = 0; i < n && !now->store->failed; i++) {
        const es_verdict_record *verdict = &verdicts[i];
        const es_verdict_type *type = es_ledger_verdict_type(now->ledger, verdict);
        char table[ES_TABLE_MAX];
        sqlite3_stmt *put;

        sqlite3_bind_int64(base, 1, now->image);
        es_bind_number(base, 2, verdict->installation);
        es_bind_string(base, 3, type->name);
        es_bind_string(base, 4, verdict->plugin);
        es_bind_string(base, 5, type->answers[verdict->answer]);
        es_bind_text(base, 6, verdict->explanation);
        es_store_step(now->store, base);
        put_because(now, because, verdict, type->name);
        es_table_of_verdict(type, table);
        put = statement_of(now, type, table, type->fields, type->n_fields);
        es_bind_number(put, 2, verdict->installation);
        es_bind_string(put, 3, type->answers[verdict->answer]);
        es_bind_text(put, 4, verdict->explanation);
        bind_data(now->store, put, now->kind, now->ledger, verdict->fields, verdict->n_fields);
        es_store_step(now->store, put);
    }
    sqlite3_finalize(base);
    sqlite3_finalize(because);
}

static void put_rows(typed *now)
{
    const es_row_record *rows = NULL;
    size_t n = es_ledger_rows(now->ledger, &rows);

    now->kind = ES_TABLE_ROW;
    for (size_t i = 0; i < n && !now->store->failed; i++) {
        const es_row_type *type = es_ledger_row_type(now->ledger, &rows[i]);
        char table[ES_TABLE_MAX];
        sqlite3_stmt *put;

        es_table_of_row(type, table);
        put = statement_of(now, type, table, type->fields, type->n_fields);
        es_bind_number(put, 2, rows[i].installation);
        es_bind_number(put, 3, i + 1);
        bind_data(now->store, put, now->kind, now->ledger, rows[i].fields, rows[i].n_fields);
        es_store_step(now->store, put);
    }
}

/* ---- what the core found ---- */

static void put_image_parts(typed *now)
{
    const es_segment_record *segments = NULL;
    const es_bad_range_record *ranges = NULL;
    size_t n = es_ledger_segments(now->ledger, &segments);
    sqlite3_stmt *put =
        es_store_prepare(now->store, "INSERT INTO segments VALUES(?,?,?,?)");

    for (size_t i = 0; i < n && !now->store->failed; i++) {
        sqlite3_bind_int64(put, 1, now->image);
        sqlite3_bind_int64(put, 2, (sqlite3_int64)i);
        es_bind_string(put, 3, segments[i].name);
        sqlite3_bind_int64(put, 4, (sqlite3_int64)segments[i].size);
        es_store_step(now->store, put);
    }
    sqlite3_finalize(put);
    n = es_ledger_bad_ranges(now->ledger, &ranges);
    put = es_store_prepare(now->store, "INSERT INTO bad_ranges VALUES(?,?,?,?,?)");
    for (size_t i = 0; i < n && !now->store->failed; i++) {
        sqlite3_bind_int64(put, 1, now->image);
        sqlite3_bind_int64(put, 2, (sqlite3_int64)i);
        sqlite3_bind_int64(put, 3, (sqlite3_int64)ranges[i].offset);
        sqlite3_bind_int64(put, 4, (sqlite3_int64)ranges[i].length);
        es_bind_string(put, 5, ranges[i].reason);
        es_store_step(now->store, put);
    }
    sqlite3_finalize(put);
}

static void put_volumes(typed *now)
{
    const es_volume_record *volumes = NULL;
    size_t n = es_ledger_volumes(now->ledger, &volumes);
    sqlite3_stmt *put =
        es_store_prepare(now->store, "INSERT INTO volumes VALUES(?,?,?,?,?,?,?,?,?,?)");

    for (size_t i = 0; i < n && !now->store->failed; i++) {
        sqlite3_bind_int64(put, 1, now->image);
        sqlite3_bind_int64(put, 2, volumes[i].id);
        es_bind_string(put, 3, volumes[i].scheme);
        es_bind_string(put, 4, volumes[i].slot);
        sqlite3_bind_int64(put, 5, (sqlite3_int64)volumes[i].offset);
        sqlite3_bind_int64(put, 6, (sqlite3_int64)volumes[i].length);
        es_bind_string(put, 7, volumes[i].filesystem);
        es_bind_string(put, 8, volumes[i].serial);
        es_bind_string(put, 9, volumes[i].label);
        sqlite3_bind_int(put, 10, volumes[i].encrypted != 0);
        es_store_step(now->store, put);
    }
    sqlite3_finalize(put);
}

static void put_installations(typed *now)
{
    const es_installation_record *states = NULL;
    size_t n = es_ledger_installations(now->ledger, &states);
    sqlite3_stmt *put = es_store_prepare(
        now->store, "INSERT INTO installations VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");

    for (size_t i = 0; i < n && !now->store->failed; i++) {
        const es_installation_record *state = &states[i];

        sqlite3_bind_int64(put, 1, now->image);
        sqlite3_bind_int64(put, 2, state->id);
        sqlite3_bind_int64(put, 3, state->machine);
        es_bind_number(put, 4, state->volume);
        es_bind_place(put, 5, state->snapshot);
        es_bind_string(put, 6, es_show_role(state->role));
        es_bind_string(put, 7, state->system_root);
        es_bind_string(put, 8, state->product_name);
        es_bind_string(put, 9, state->edition);
        es_bind_string(put, 10, state->service_pack);
        es_bind_string(put, 11, state->architecture);
        es_bind_string(put, 12, state->computer_name);
        es_bind_string(put, 13, state->time_zone);
        es_bind_time(put, 14, state->install_date);
        es_bind_time(put, 15, state->last_shutdown);
        es_bind_time(put, 16, state->state_time);
        es_store_step(now->store, put);
    }
    sqlite3_finalize(put);
}

static void put_artefacts(typed *now)
{
    const es_artefact_record *artefacts = NULL;
    size_t n = es_ledger_artefacts(now->ledger, &artefacts);
    sqlite3_stmt *put =
        es_store_prepare(now->store, "INSERT INTO artefacts VALUES(?,?,?,?,?,?,?,?,?,?)");

    for (size_t i = 0; i < n && !now->store->failed; i++) {
        const es_artefact_record *artefact = &artefacts[i];

        sqlite3_bind_int64(put, 1, now->image);
        sqlite3_bind_int64(put, 2, artefact->id);
        es_bind_number(put, 3, artefact->volume);
        es_bind_place(put, 4, artefact->snapshot);
        es_bind_string(put, 5, artefact->path);
        if (artefact->has_mft) {
            es_bind_place(put, 6, (int64_t)artefact->mft_entry);
            es_bind_place(put, 7, artefact->mft_sequence);
        }
        sqlite3_bind_int64(put, 8, (sqlite3_int64)artefact->size);
        if (artefact->has_sha256)
            bind_hex(put, 9, (es_bytes){ artefact->sha256, sizeof artefact->sha256 });
        sqlite3_bind_int(put, 10, artefact->damaged);
        es_store_step(now->store, put);
    }
    sqlite3_finalize(put);
}

static void put_notes(typed *now)
{
    const es_note_record *notes = NULL;
    size_t n = es_ledger_notes(now->ledger, &notes);
    sqlite3_stmt *put =
        es_store_prepare(now->store, "INSERT INTO notes VALUES(?,?,?,?,?,?,?,?)");

    for (size_t i = 0; i < n && !now->store->failed; i++) {
        const es_where *where = notes[i].has_where ? &notes[i].where : NULL;
        const es_artefact_record *artefact =
            where ? es_ledger_artefact(now->ledger, where->artefact) : NULL;

        sqlite3_bind_int64(put, 1, now->image);
        sqlite3_bind_int64(put, 2, (sqlite3_int64)i);
        es_bind_string(put, 3, es_severity_name(notes[i].severity));
        es_bind_string(put, 4, notes[i].area);
        es_bind_text(put, 5, notes[i].text);
        es_bind_number(put, 6, notes[i].installation);
        es_bind_number(put, 7, artefact ? artefact->volume : where ? where->volume : 0);
        es_bind_string(put, 8, artefact ? artefact->path : where ? where->path : NULL);
        es_store_step(now->store, put);
    }
    sqlite3_finalize(put);
}

void es_store_put_typed(es_store *store, int64_t image, const es_ledger *ledger)
{
    typed now = { .store = store, .image = image, .ledger = ledger };

    put_image_parts(&now);
    put_volumes(&now);
    put_installations(&now);
    put_artefacts(&now);
    put_facts(&now);
    put_verdicts(&now);
    put_rows(&now);
    put_notes(&now);
    sqlite3_finalize(now.put);
}
