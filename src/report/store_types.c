/* SPDX-License-Identifier: Apache-2.0
 *
 * store_types.c: tables made from what plugins declare.
 *
 * A type makes one table, named for it: fact_build_registry, verdict_patch_level, updates,
 * list_exposure_cves. A field makes one column of its own name. SQL takes no dots or dashes in a
 * plain name, so they become underscores; a field that is called as a fixed column of its table gets
 * "field_" in front, one that is called as another field after that a number behind. All of this
 * follows from the declaration alone, so that it comes out the same in every process.
 *
 * A later version of a plugin may declare more: missing columns are added, none is taken away.
 */
#include "report/store_inside.h"

#include <stdlib.h>

#define WHERE_SQL                                                                                  \
    "where_volume INTEGER, where_snapshot INTEGER, where_path TEXT, where_mft_entry INTEGER,"     \
    " where_mft_sequence INTEGER, where_key TEXT, where_value TEXT, where_offset INTEGER,"        \
    " where_length INTEGER, where_last_written TEXT, where_artefact INTEGER,"                     \
    " where_damaged INTEGER"

/* The fixed columns of each kind, what follows the declared ones, and how many of the former. */
static const struct {
    const char *name, *fixed, *keys;
    int n_fixed;
} kinds[] = {
    { "", "", "", 0 },
    { "fact",
      "image INTEGER NOT NULL, fact INTEGER NOT NULL, installation INTEGER, time TEXT, " WHERE_SQL,
      ", PRIMARY KEY(image, fact), FOREIGN KEY(image, fact) REFERENCES facts(image, id)"
      " ON DELETE CASCADE", 4 + ES_WHERE_COLUMNS },
    { "verdict",
      "image INTEGER NOT NULL, installation INTEGER NOT NULL, answer TEXT NOT NULL,"
      " explanation TEXT",
      ", PRIMARY KEY(image, installation), FOREIGN KEY(image, installation) REFERENCES"
      " installations(image, id) ON DELETE CASCADE", 4 },
    { "list",
      "image INTEGER NOT NULL, installation INTEGER NOT NULL, position INTEGER NOT NULL",
      ", PRIMARY KEY(image, installation, position), FOREIGN KEY(image, installation) REFERENCES"
      " installations(image, id) ON DELETE CASCADE", 3 },
};

int es_table_fixed(uint32_t kind)
{
    return kinds[kind].n_fixed;
}

static void plain(char *name)
{
    for (char *c = name; *c; c++)
        if (*c == '.' || *c == '-')
            *c = '_';
}

void es_table_of_fact(const es_fact_type *type, char ret_name[ES_TABLE_MAX])
{
    snprintf(ret_name, ES_TABLE_MAX, "fact_%s", type->name);
    plain(ret_name);
}

void es_table_of_verdict(const es_verdict_type *type, char ret_name[ES_TABLE_MAX])
{
    snprintf(ret_name, ES_TABLE_MAX, "verdict_%s", type->name);
    plain(ret_name);
}

void es_table_of_row(const es_row_type *type, char ret_name[ES_TABLE_MAX])
{
    if (type->verdict)
        snprintf(ret_name, ES_TABLE_MAX, "list_%s_%s", type->verdict, type->name);
    else
        snprintf(ret_name, ES_TABLE_MAX, "%s", type->name); /* updates, questions */
    plain(ret_name);
}

static bool is_fixed(uint32_t kind, const char *name)
{
    static const char *const fixed[][5] = {
        { NULL },
        { "image", "fact", "installation", "time", NULL },
        { "image", "installation", "answer", "explanation", NULL },
        { "image", "installation", "position", NULL },
    };

    for (size_t i = 0; fixed[kind][i]; i++)
        if (strcmp(name, fixed[kind][i]) == 0)
            return true;
    return (kind == ES_TABLE_FACT && strncmp(name, "where_", 6) == 0) ||
           strncmp(name, "field_", 6) == 0;
}

static void column_name(uint32_t kind, const es_field *fields, uint32_t at,
                        char ret_name[ES_COLUMN_MAX])
{
    unsigned same = 1;

    snprintf(ret_name, ES_COLUMN_MAX, "%s%s", is_fixed(kind, fields[at].name) ? "field_" : "",
             fields[at].name);
    plain(ret_name);
    for (uint32_t i = 0; i < at; i++) {
        char other[ES_COLUMN_MAX];

        snprintf(other, sizeof other, "%s%s", is_fixed(kind, fields[i].name) ? "field_" : "",
                 fields[i].name);
        plain(other);
        same += strcmp(other, ret_name) == 0;
    }
    if (same > 1)
        snprintf(ret_name + strlen(ret_name), ES_COLUMN_MAX - strlen(ret_name), "__%u", same);
}

static const char *column_type(uint32_t type)
{
    return type == ES_FIELD_INTEGER || type == ES_FIELD_BOOLEAN || type == ES_FIELD_FACT
               ? "INTEGER"
               : "TEXT";
}

sqlite3_stmt *es_table_insert(es_store *store, uint32_t kind, const char *table,
                              const es_field *fields, uint32_t n)
{
    static const char *const fixed[] = {
        "", "image,fact,installation,time,where_volume,where_snapshot,where_path,where_mft_entry,"
            "where_mft_sequence,where_key,where_value,where_offset,where_length,"
            "where_last_written,where_artefact,where_damaged",
        "image,installation,answer,explanation", "image,installation,position" };
    es_buffer sql = es_buffer_make(UINT64_C(1) << 20);
    sqlite3_stmt *statement = NULL;
    char column[ES_COLUMN_MAX];

    es_buffer_format(&sql, "INSERT OR REPLACE INTO \"%s\"(%s", table, fixed[kind]);
    for (uint32_t i = 0; i < n; i++) {
        column_name(kind, fields, i, column);
        es_buffer_format(&sql, ",\"%s\"", column);
    }
    es_buffer_string(&sql, ") VALUES(?");
    for (uint32_t i = 1; i < n + (uint32_t)kinds[kind].n_fixed; i++)
        es_buffer_string(&sql, ",?");
    es_buffer_string(&sql, ")");
    es_buffer_u8(&sql, 0);
    if (sql.failed)
        store->failed = SQLITE_NOMEM;
    else
        statement = es_store_prepare(store, (const char *)sql.data);
    es_buffer_free(&sql);
    return statement;
}

/* ---- making ---- */

static bool has(es_store *store, const char *sql, const char *table, const char *column)
{
    sqlite3_stmt *ask = es_store_prepare(store, sql);
    bool found = false;

    es_bind_string(ask, 1, table);
    if (column)
        es_bind_string(ask, 2, column);
    if (ask)
        found = sqlite3_step(ask) == SQLITE_ROW;
    sqlite3_finalize(ask);
    return found;
}

static void add_columns(es_store *store, uint32_t kind, const char *table,
                        const es_field *fields, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        char column[ES_COLUMN_MAX], sql[ES_TABLE_MAX + ES_COLUMN_MAX + 64];

        column_name(kind, fields, i, column);
        if (has(store, "SELECT 1 FROM pragma_table_info(?) WHERE name=?", table, column))
            continue;
        snprintf(sql, sizeof sql, "ALTER TABLE \"%s\" ADD COLUMN \"%s\" %s", table, column,
                 column_type(fields[i].type));
        es_store_run(store, sql);
    }
}

static void create(es_store *store, uint32_t kind, const char *table, const es_field *fields,
                   uint32_t n)
{
    es_buffer sql = es_buffer_make(UINT64_C(1) << 20);

    es_buffer_format(&sql, "CREATE TABLE \"%s\"(%s", table, kinds[kind].fixed);
    for (uint32_t i = 0; i < n; i++) {
        char column[ES_COLUMN_MAX];

        column_name(kind, fields, i, column);
        es_buffer_format(&sql, ", \"%s\" %s", column, column_type(fields[i].type));
    }
    es_buffer_format(&sql, "%s) WITHOUT ROWID", kinds[kind].keys);
    es_buffer_u8(&sql, 0);
    if (sql.failed)
        store->failed = SQLITE_NOMEM;
    else
        es_store_run(store, (const char *)sql.data);
    es_buffer_free(&sql);
}

/* What people look for across images: numbers of updates and holes, devices, files. */
static bool is_looked_for(const char *field)
{
    static const char *const names[] = { "kb", "cve", "id", "serial", "device", "sha256", "sid" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(field, names[i]) == 0)
            return true;
    return false;
}

static void add_index(es_store *store, const char *table, const char *column)
{
    char sql[ES_TABLE_MAX * 2 + ES_COLUMN_MAX * 2 + 64];

    snprintf(sql, sizeof sql, "CREATE INDEX IF NOT EXISTS \"%s_%s\" ON \"%s\"(\"%s\")", table,
             column, table, column);
    es_store_run(store, sql);
}

static const char *type_name(uint32_t type)
{
    static const char *const names[] = { "?", "text", "integer", "boolean", "time", "bytes in hex",
                                         "texts as JSON", "number of a fact",
                                         "numbers of facts as JSON" };

    return names[type < sizeof names / sizeof *names ? type : 0];
}

static void declare(es_store *store, const char *plugin, uint32_t kind, const char *table,
                    const es_field *fields, uint32_t n)
{
    sqlite3_stmt *put =
        es_store_prepare(store, "INSERT OR REPLACE INTO declared VALUES(?,?,?,?,?,?)");

    for (uint32_t i = 0; i < n; i++) {
        char column[ES_COLUMN_MAX];

        column_name(kind, fields, i, column);
        es_bind_string(put, 1, table);
        es_bind_string(put, 2, column);
        es_bind_string(put, 3, plugin);
        es_bind_string(put, 4, kinds[kind].name);
        es_bind_string(put, 5, type_name(fields[i].type));
        es_bind_string(put, 6, fields[i].means);
        es_store_step(store, put);
    }
    sqlite3_finalize(put);
}

static void make(es_store *store, const char *plugin, uint32_t kind, const char *table,
                 const es_field *fields, uint32_t n)
{
    if (has(store, "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?", table, NULL))
        add_columns(store, kind, table, fields, n);
    else
        create(store, kind, table, fields, n);
    declare(store, plugin, kind, table, fields, n);
    if (kind == ES_TABLE_VERDICT)
        add_index(store, table, "answer");
    for (uint32_t i = 0; i < n; i++)
        if (is_looked_for(fields[i].name))
            add_index(store, table, fields[i].name);
}

void es_tables_make(es_store *store, const es_plugin *plugin)
{
    char table[ES_TABLE_MAX];

    for (uint32_t i = 0; i < plugin->n_facts; i++) {
        es_table_of_fact(&plugin->facts[i], table);
        make(store, plugin->name, ES_TABLE_FACT, table, plugin->facts[i].fields,
             plugin->facts[i].n_fields);
    }
    for (uint32_t i = 0; i < plugin->n_verdicts; i++) {
        es_table_of_verdict(&plugin->verdicts[i], table);
        make(store, plugin->name, ES_TABLE_VERDICT, table, plugin->verdicts[i].fields,
             plugin->verdicts[i].n_fields);
    }
    for (uint32_t i = 0; i < plugin->n_rows; i++) {
        es_table_of_row(&plugin->rows[i], table);
        make(store, plugin->name, ES_TABLE_ROW, table, plugin->rows[i].fields,
             plugin->rows[i].n_fields);
    }
}
