/* SPDX-License-Identifier: Apache-2.0
 *
 * store_inside.h: what the files of the store share. Nobody else includes it.
 */
#ifndef ES_REPORT_STORE_INSIDE_H
#define ES_REPORT_STORE_INSIDE_H

#include "base/buffer.h"
#include "report/store.h"

#include <sqlite3.h>

#define ES_STORE_APPLICATION 0x45535553 /* "ESUS" */
#define ES_STORE_VERSION 2

/* How long a writer waits for another one, in milliseconds: a transaction takes well under one. */
#define ES_STORE_PATIENCE 120000

/* A blob of SQLite holds 1e9 bytes; a ledger holds more only if somebody made it so. */
#define ES_STORE_RECORDS_MAX (UINT64_C(900) << 20)

#define ES_COLUMN_MAX 96
#define ES_TABLE_MAX 192

struct es_store {
    sqlite3 *db;
    char *path;
    int failed; /* what SQLite said first, SQLITE_OK so far */
};

/* ---- store.c: statements. A failure is sticky within one es_store_begin(). ---- */

es_status es_store_run(es_store *store, const char *sql);
sqlite3_stmt *es_store_prepare(es_store *store, const char *sql);
/* Step a statement that gives no rows, and make it ready for the next. */
void es_store_step(es_store *store, sqlite3_stmt *statement);
es_status es_store_tell(es_store *store, es_note *reterr_note);

void es_bind_text(sqlite3_stmt *statement, int at, es_text text); /* cleaned */
void es_bind_string(sqlite3_stmt *statement, int at, const char *string);
void es_bind_time(sqlite3_stmt *statement, int at, es_time time);
void es_bind_number(sqlite3_stmt *statement, int at, uint64_t number); /* 0 is NULL */
void es_bind_place(sqlite3_stmt *statement, int at, int64_t number);   /* -1 is NULL */

/* ---- store_types.c: tables from declarations ---- */

#define ES_TABLE_FACT 1u
#define ES_TABLE_VERDICT 2u
#define ES_TABLE_ROW 3u

/* The table of a declared type, and its columns: SQL likes neither dots nor dashes in names. */
void es_table_of_fact(const es_fact_type *type, char ret_name[ES_TABLE_MAX]);
void es_table_of_verdict(const es_verdict_type *type, char ret_name[ES_TABLE_MAX]);
void es_table_of_row(const es_row_type *type, char ret_name[ES_TABLE_MAX]);

/* The statement that inserts a record of this type; its first parameters are the fixed columns. */
sqlite3_stmt *es_table_insert(es_store *store, uint32_t kind, const char *table,
                              const es_field *fields, uint32_t n);
int es_table_fixed(uint32_t kind); /* how many fixed columns */

/* Make the tables of a plugin that the store has not met. */
void es_tables_make(es_store *store, const es_plugin *plugin);

/* ---- store_put.c, store_facts.c ---- */

void es_store_put_typed(es_store *store, int64_t image, const es_ledger *ledger);
#define ES_WHERE_COLUMNS 12

/* ---- store_records.c: the records and the run as bytes ---- */

es_status es_store_encode(const es_ledger *ledger, es_buffer *buffer);
es_status es_store_encode_run(const es_run *run, const es_ledger *ledger, es_buffer *buffer);
es_status es_store_decode(es_bytes bytes, es_ledger *ledger); /* ES_CORRUPT */
es_status es_store_decode_run(es_bytes bytes, es_stored_run **ret_run);

#endif
