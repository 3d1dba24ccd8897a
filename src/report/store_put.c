/* SPDX-License-Identifier: Apache-2.0
 *
 * store_put.c: one image into a store, in one transaction; and out of it again. See store.h.
 */
#include "base/time.h"
#include "ledger/wire.h"
#include "report/show.h"
#include "report/store_inside.h"

#include <stdlib.h>

#define DECLARATION_MAX (UINT64_C(17) << 20)

/* ---- the image ---- */

static void bind_run(sqlite3_stmt *put, const es_run *run)
{
    double seconds = (double)(run->finished.ticks - run->started.ticks) /
                     (double)ES_TICKS_PER_SECOND;

    es_bind_string(put, 6, run->version);
    es_bind_string(put, 7, run->catalogue_edition);
    es_bind_time(put, 8, run->as_of);
    es_bind_time(put, 9, run->started);
    es_bind_time(put, 10, run->finished);
    if (put && es_time_known(run->started) && es_time_known(run->finished))
        sqlite3_bind_double(put, 11, seconds);
    es_bind_string(put, 12, run->case_number);
    es_bind_string(put, 13, run->evidence);
    es_bind_string(put, 14, run->examiner);
}

static void bind_image(sqlite3_stmt *put, const es_ledger *ledger)
{
    const es_image_record *image = es_ledger_image(ledger);
    const es_digest_record *digest = es_ledger_digest(ledger);

    if (image) {
        es_bind_string(put, 15, image->format);
        if (put)
            sqlite3_bind_int64(put, 16, (sqlite3_int64)image->size);
        es_bind_number(put, 17, image->sector_size);
        es_bind_string(put, 18, image->stored_md5);
        es_bind_string(put, 19, image->stored_sha1);
        es_bind_string(put, 23, image->acquired);
        es_bind_string(put, 24, image->description);
    }
    if (digest) {
        es_bind_string(put, 20, digest->md5);
        es_bind_string(put, 21, digest->sha1);
        es_bind_string(put, 22, digest->sha256);
    }
}

/* A failure before this result says nothing any more. */
static void forget_failures(es_store *store, const es_store_key *key)
{
    sqlite3_stmt *drop = es_store_prepare(store, "DELETE FROM images WHERE path=? AND state=2 AND"
                                                 " identity IS ? AND options=?");

    es_bind_string(drop, 1, key->path);
    es_bind_string(drop, 2, key->identity);
    es_bind_string(drop, 3, key->options ? key->options : "");
    es_store_step(store, drop);
    sqlite3_finalize(drop);
}

/* `ledger` is NULL for an image that could not be scanned. */
static int64_t put_image(es_store *store, const es_ledger *ledger, const es_run *run,
                         const es_store_key *key, const char *reason)
{
    sqlite3_stmt *put = es_store_prepare(
        store, "INSERT INTO images(path, identity, options, state, reason, tool_version,"
               " catalogue_edition, as_of, started, finished, seconds, case_number, evidence,"
               " examiner, format, size, sector_size, stored_md5, stored_sha1, md5, sha1, sha256,"
               " acquired, description, rests_on)"
               " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    uint32_t state = !ledger                       ? ES_STORE_FAILED
                     : es_ledger_has_gaps(ledger) ? ES_STORE_GAPS
                                                  : ES_STORE_SCANNED;

    es_bind_string(put, 1, key->path);
    es_bind_string(put, 2, key->identity);
    es_bind_string(put, 3, key->options ? key->options : "");
    if (put)
        sqlite3_bind_int(put, 4, (int)state);
    es_bind_string(put, 5, reason);
    if (put && key->others) /* names as they are: they are looked for again */
        sqlite3_bind_text(put, 25, key->others, -1, SQLITE_STATIC);
    bind_run(put, run);
    if (ledger)
        bind_image(put, ledger);
    es_store_step(store, put);
    sqlite3_finalize(put);
    return store->failed ? 0 : sqlite3_last_insert_rowid(store->db);
}

/* ---- plugins ---- */

static bool same_blob(sqlite3_stmt *statement, int at, const es_buffer *buffer)
{
    return (uint64_t)sqlite3_column_bytes(statement, at) == buffer->size &&
           memcmp(sqlite3_column_blob(statement, at), buffer->data, (size_t)buffer->size) == 0;
}

/* The number of a plugin whose declaration is known, 0 if it is not. */
static int64_t find_plugin(es_store *store, const es_plugin *plugin, const es_buffer *declaration)
{
    sqlite3_stmt *ask = es_store_prepare(
        store, "SELECT id, declaration FROM plugins WHERE name=? AND version IS ?");
    int64_t id = 0;

    es_bind_string(ask, 1, plugin->name);
    es_bind_string(ask, 2, plugin->version);
    while (ask && !id && sqlite3_step(ask) == SQLITE_ROW)
        if (same_blob(ask, 1, declaration))
            id = sqlite3_column_int64(ask, 0);
    sqlite3_finalize(ask);
    return id;
}

static int64_t add_plugin(es_store *store, const es_plugin *plugin, const es_buffer *declaration)
{
    sqlite3_stmt *put =
        es_store_prepare(store, "INSERT INTO plugins(name, version, declaration) VALUES(?,?,?)");
    int64_t id;

    es_bind_string(put, 1, plugin->name);
    es_bind_string(put, 2, plugin->version);
    if (put)
        sqlite3_bind_blob64(put, 3, declaration->data, declaration->size, SQLITE_STATIC);
    es_store_step(store, put);
    sqlite3_finalize(put);
    id = sqlite3_last_insert_rowid(store->db);
    es_tables_make(store, plugin);
    return id;
}

static es_status put_plugins(es_store *store, int64_t image, const es_ledger *ledger)
{
    const es_plugin *const *plugins = NULL;
    size_t n = es_ledger_plugins(ledger, &plugins);
    sqlite3_stmt *put = es_store_prepare(store, "INSERT INTO image_plugins VALUES(?,?,?)");
    es_buffer declaration = es_buffer_make(DECLARATION_MAX);
    es_status status = ES_OK;

    for (size_t i = 0; status == ES_OK && i < n && !store->failed; i++) {
        es_record record = { .kind = ES_RECORD_PLUGIN, .plugin = plugins[i] };
        int64_t id;

        es_buffer_clear(&declaration);
        status = es_wire_encode(&record, &declaration);
        if (status != ES_OK)
            break;
        id = find_plugin(store, plugins[i], &declaration);
        if (!id)
            id = add_plugin(store, plugins[i], &declaration);
        if (put) {
            sqlite3_bind_int64(put, 1, image);
            sqlite3_bind_int64(put, 2, (sqlite3_int64)i);
            sqlite3_bind_int64(put, 3, id);
        }
        es_store_step(store, put);
    }
    es_buffer_free(&declaration);
    sqlite3_finalize(put);
    return status;
}

static es_status put_records(es_store *store, int64_t image, const es_ledger *ledger,
                             const es_run *run)
{
    sqlite3_stmt *put = es_store_prepare(store, "INSERT INTO records VALUES(?,?,?)");
    es_buffer records = es_buffer_make(ES_STORE_RECORDS_MAX);
    es_buffer about = es_buffer_make(UINT64_C(64) << 20);
    es_status status = es_store_encode(ledger, &records);

    if (status == ES_OK)
        status = es_store_encode_run(run, ledger, &about);
    if (status == ES_OK && put) {
        sqlite3_bind_int64(put, 1, image);
        sqlite3_bind_blob64(put, 2, about.data, about.size, SQLITE_STATIC);
        sqlite3_bind_blob64(put, 3, records.size ? records.data : (const uint8_t *)"",
                            records.size, SQLITE_STATIC);
        es_store_step(store, put);
    }
    sqlite3_finalize(put);
    es_buffer_free(&about);
    es_buffer_free(&records);
    return status;
}

/* ---- the transaction ---- */

static es_status end(es_store *store, es_status status, es_note *reterr_note)
{
    if (status == ES_OK && !store->failed)
        es_store_run(store, "COMMIT");
    /* A disk that is full has rolled back by itself. */
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (status != ES_OK) {
        store->failed = SQLITE_OK;
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "store",
                    status == ES_LIMIT ? "The results are too many for a store (%s)."
                                       : "No memory for the store (%s).",
                    store->path);
        return status;
    }
    return es_store_tell(store, reterr_note);
}

es_status es_store_put(es_store *store, const es_ledger *ledger, const es_run *run,
                       const es_store_key *key, es_note *reterr_note)
{
    es_status status;
    int64_t image;

    es_store_run(store, "BEGIN IMMEDIATE");
    forget_failures(store, key);
    image = put_image(store, ledger, run, key, NULL);
    status = put_plugins(store, image, ledger);
    if (status == ES_OK)
        status = put_records(store, image, ledger, run);
    if (status == ES_OK)
        es_store_put_typed(store, image, ledger);
    return end(store, status, reterr_note);
}

es_status es_store_put_failure(es_store *store, const es_run *run, const es_store_key *key,
                               const char *reason, es_note *reterr_note)
{
    bool has = false;

    es_store_run(store, "BEGIN IMMEDIATE");
    if (es_store_has(store, key, &has) == ES_OK && !has) {
        forget_failures(store, key);
        put_image(store, NULL, run, key, reason);
    }
    return end(store, ES_OK, reterr_note);
}

/* ---- and back ---- */

static es_bytes column_bytes(sqlite3_stmt *statement, int at)
{
    const void *data = sqlite3_column_blob(statement, at);

    return (es_bytes){ data, data ? (uint64_t)sqlite3_column_bytes(statement, at) : 0 };
}

static es_status get_plugins(es_store *store, int64_t image, es_ledger *ledger)
{
    sqlite3_stmt *ask = es_store_prepare(
        store, "SELECT declaration FROM image_plugins JOIN plugins ON plugins.id=plugin"
               " WHERE image=? ORDER BY position");
    es_status status = ES_OK;

    if (ask)
        sqlite3_bind_int64(ask, 1, image);
    while (status == ES_OK && ask && sqlite3_step(ask) == SQLITE_ROW)
        status = es_store_decode(column_bytes(ask, 0), ledger);
    sqlite3_finalize(ask);
    return status;
}

static es_status get_records(es_store *store, int64_t image, es_ledger *ledger,
                             es_stored_run **ret_run)
{
    sqlite3_stmt *ask = es_store_prepare(store, "SELECT run, bytes FROM records WHERE image=?");
    es_status status = ES_ABSENT;

    if (ask)
        sqlite3_bind_int64(ask, 1, image);
    if (ask && sqlite3_step(ask) == SQLITE_ROW) {
        status = es_store_decode(column_bytes(ask, 1), ledger);
        if (status == ES_OK)
            status = es_store_decode_run(column_bytes(ask, 0), ret_run);
    }
    sqlite3_finalize(ask);
    return status;
}

es_status es_store_get(es_store *store, int64_t image, es_ledger **ret_ledger,
                       es_stored_run **ret_run, es_note *reterr_note)
{
    es_ledger *ledger = NULL;
    es_stored_run *stored = NULL;
    es_status status = es_ledger_new(NULL, NULL, &ledger);

    if (status == ES_OK)
        status = get_plugins(store, image, ledger);
    if (status == ES_OK)
        status = get_records(store, image, ledger, &stored);
    if (status == ES_OK)
        status = es_store_tell(store, reterr_note);
    if (status == ES_OK)
        status = es_ledger_close(ledger);
    if (status != ES_OK) {
        if (status > 0)
            es_note_set(reterr_note, ES_SEVERITY_ERROR, "store",
                        status == ES_ABSENT
                            ? "The store %s has no results of image %lld."
                            : "The store %s is damaged: the records of image %lld are not whole.",
                        store->path, (long long)image);
        es_stored_run_free(stored);
        es_ledger_free(ledger);
        return status;
    }
    *ret_ledger = ledger;
    *ret_run = stored;
    return ES_OK;
}

/* ---- the format ---- */

/* An image goes by its whole path, as in a batch: two that are called "disk.raw" in two folders are
 * two, and of each `latest` has its own. */
es_status es_report_store(const es_ledger *ledger, const es_run *run, const char *path,
                          es_note *reterr_note)
{
    const char *given = run->image_path ? run->image_path : "";
    char *whole = realpath(given, NULL);
    es_store_key key = { .path = whole ? whole : given, .options = "" };
    es_store *store = NULL;
    es_status status = es_store_open(path, true, &store, reterr_note);

    if (status == ES_OK)
        status = es_store_put(store, ledger, run, &key, reterr_note);
    es_store_free(store);
    free(whole);
    return status;
}
