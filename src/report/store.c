/* SPDX-License-Identifier: Apache-2.0
 *
 * store.c: the file itself, statements, claims, and what is asked of a store as a whole. See
 * store.h.
 *
 * SQLite's own failures are collected: a statement that cannot be made or run is remembered in the
 * store and looked at once, when the transaction is to be committed. Nothing is committed then.
 */
#include "report/store.h"
#include "base/time.h"
#include "report/show.h"
#include "report/store_inside.h"
#include "report/store_schema.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* ---- statements ---- */

static void remember(es_store *store, int code)
{
    if (!store->failed)
        store->failed = code;
}

sqlite3_stmt *es_store_prepare(es_store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int code;

    if (store->failed)
        return NULL;
    code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        remember(store, code);
    return statement;
}

void es_store_step(es_store *store, sqlite3_stmt *statement)
{
    int code;

    if (store->failed || !statement)
        return;
    code = sqlite3_step(statement);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        remember(store, code);
    code = sqlite3_reset(statement);
    if (code != SQLITE_OK)
        remember(store, code);
    sqlite3_clear_bindings(statement);
}

static es_status status_of(const es_store *store)
{
    switch (store->failed) {
    case SQLITE_OK:
        return ES_OK;
    case SQLITE_NOMEM:
        return ES_NOMEM;
    case SQLITE_TOOBIG:
        return ES_LIMIT;
    default:
        return ES_IO;
    }
}

es_status es_store_run(es_store *store, const char *sql)
{
    int code;

    if (!store->failed) {
        code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
        if (code != SQLITE_OK)
            remember(store, code);
    }
    return status_of(store);
}

/* A journal that holds what the file does not. */
static bool has_wal(const es_store *store)
{
    struct stat about;
    char *wal = NULL;
    bool has = asprintf(&wal, "%s-wal", store->path) >= 0 && stat(wal, &about) == 0 &&
               about.st_size > 0;

    free(wal);
    return has;
}

/* SQLite tries several ways and keeps the error of the last one: looked at again. */
static const char *why_not_opened(const es_store *store)
{
    const char *slash = strrchr(store->path, '/');
    char *folder = slash ? strndup(store->path, (size_t)(slash - store->path) + 1) : strdup(".");
    struct stat about;
    const char *why = "it cannot be opened";
    bool there = stat(store->path, &about) == 0;

    errno = 0;
    if (there && S_ISDIR(about.st_mode))
        why = "it is a folder";
    else if (folder && access(folder, F_OK) != 0)
        why = "there is no such folder";
    else if (folder && access(folder, W_OK) != 0)
        why = errno != EROFS ? "you may not make files in its folder, as SQLite needs to"
              : !has_wal(store)
                  ? "it lies on a medium that cannot be written to"
                  : "it lies on a medium that cannot be written to, and its last results are in "
                    "the file beside it that ends in -wal: copy both to one that can";
    else if (there && access(store->path, R_OK | W_OK) != 0)
        why = "you are not permitted to read and write it";
    free(folder);
    return why;
}

static const char *reason(const es_store *store)
{
    switch (store->failed & 0xff) {
    case SQLITE_FULL:
        return "the disk is full";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program keeps it locked";
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "it may not be written to";
    case SQLITE_CANTOPEN:
        return why_not_opened(store);
    case SQLITE_NOTADB:
        return "it is no SQLite file";
    case SQLITE_CORRUPT:
        return "it is damaged";
    default:
        return sqlite3_errstr(store->failed);
    }
}

es_status es_store_tell(es_store *store, es_note *reterr_note)
{
    es_buffer shown = es_buffer_make(8192);
    es_status status = status_of(store);

    if (status != ES_OK) {
        es_show_string(&shown, store->path);
        es_buffer_u8(&shown, 0);
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "store", "The store %s cannot be used: %s.",
                    shown.failed ? "" : (const char *)shown.data, reason(store));
        store->failed = SQLITE_OK;
    }
    es_buffer_free(&shown);
    return status;
}

void es_bind_text(sqlite3_stmt *statement, int at, es_text text)
{
    es_buffer shown = es_buffer_make(es_show_room(text.size));

    if (statement) {
        es_show_text(&shown, text);
        sqlite3_bind_text64(statement, at, shown.size ? (const char *)shown.data : "", shown.size,
                            SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    es_buffer_free(&shown);
}

void es_bind_string(sqlite3_stmt *statement, int at, const char *string)
{
    if (string)
        es_bind_text(statement, at, es_text_of(string));
}

void es_bind_time(sqlite3_stmt *statement, int at, es_time time)
{
    char words[ES_TIME_STRING_MAX];

    es_time_format(time, words);
    if (words[0])
        es_bind_string(statement, at, words);
}

void es_bind_number(sqlite3_stmt *statement, int at, uint64_t number)
{
    if (statement && number)
        sqlite3_bind_int64(statement, at, (sqlite3_int64)number);
}

void es_bind_place(sqlite3_stmt *statement, int at, int64_t number)
{
    if (statement && number >= 0)
        sqlite3_bind_int64(statement, at, number);
}

/* ---- opening ---- */

static int64_t ask_number(es_store *store, const char *sql)
{
    sqlite3_stmt *statement = es_store_prepare(store, sql);
    int64_t number = 0;
    int code;

    if (!statement)
        return 0;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    else if (code != SQLITE_DONE)
        remember(store, code);
    sqlite3_finalize(statement);
    return number;
}

static void tell_stranger(es_store *store, es_note *reterr_note)
{
    int64_t version = ask_number(store, "PRAGMA user_version");

    if (ask_number(store, "PRAGMA application_id") != ES_STORE_APPLICATION)
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "store",
                    "%s is an SQLite file, but no store of esuscan.", store->path);
    else
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "store",
                    "%s is a store of %s version of esuscan (its tables are of version %lld, this "
                    "one has %d): %s.", store->path, version > ES_STORE_VERSION ? "a later"
                                                                               : "an earlier",
                    (long long)version, ES_STORE_VERSION,
                    version > ES_STORE_VERSION ? "use that one"
                                               : "use that one, or scan into a new store");
}

/* A new file gets the tables; whoever comes second finds them. */
static es_status make_or_check(es_store *store, bool create, es_note *reterr_note)
{
    bool fresh;

    if (create)
        es_store_run(store, "BEGIN IMMEDIATE");
    fresh = ask_number(store, "SELECT count(*) FROM sqlite_schema") == 0 && !store->failed;
    if (fresh && create) {
        char version[96];

        snprintf(version, sizeof version, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
                 ES_STORE_APPLICATION, ES_STORE_VERSION);
        es_store_run(store, version);
        es_store_run(store, es_store_schema);
    }
    if (!store->failed && (ask_number(store, "PRAGMA application_id") != ES_STORE_APPLICATION ||
                           ask_number(store, "PRAGMA user_version") != ES_STORE_VERSION) &&
        !store->failed) {
        if (create)
            es_store_run(store, "ROLLBACK");
        tell_stranger(store, reterr_note);
        return ES_UNSUPPORTED;
    }
    if (create)
        es_store_run(store, "COMMIT");
    return es_store_tell(store, reterr_note);
}

/* Two that make one store at once both want it for themselves while it turns to WAL, and SQLite
 * tells one of them at once, whatever its patience: it asks again. */
static void turn_to_wal(es_store *store)
{
    const struct timespec pause = { 0, 20000000 };
    int code = SQLITE_BUSY;

    for (int waited = 0; code == SQLITE_BUSY && waited < ES_STORE_PATIENCE; waited += 20) {
        code = sqlite3_exec(store->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if (code == SQLITE_BUSY)
            nanosleep(&pause, NULL);
    }
    if (code != SQLITE_OK)
        remember(store, code);
}

/* On a medium that cannot be written to SQLite does not read a store with a WAL, for it wants a file
 * of its own beside it. It does when told that nobody writes, and then it does not look at a WAL
 * that was left: no such store is read, for its last results are in there. */
static bool is_on_read_only_medium(const es_store *store)
{
    struct statvfs medium;

    return statvfs(store->path, &medium) == 0 && (medium.f_flag & ST_RDONLY) && !has_wal(store);
}

static int open_unchanging(es_store *store)
{
    static const char digits[] = "0123456789ABCDEF";
    es_buffer uri = es_buffer_make(32768);
    int code = SQLITE_NOMEM;

    es_buffer_format(&uri, "file:");
    for (const char *c = store->path; *c; c++) {
        if (isalnum((unsigned char)*c) || strchr("/._-", *c))
            es_buffer_u8(&uri, (uint8_t)*c);
        else
            es_buffer_format(&uri, "%%%c%c", digits[(unsigned char)*c >> 4],
                             digits[(unsigned char)*c & 15]);
    }
    es_buffer_format(&uri, "?immutable=1");
    es_buffer_u8(&uri, 0);
    if (!uri.failed)
        code = sqlite3_open_v2((const char *)uri.data, &store->db,
                               SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    es_buffer_free(&uri);
    return code;
}

static es_status open_file(es_store *store, bool create, es_note *reterr_note)
{
    int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX;
    int code = !create && is_on_read_only_medium(store)
                   ? open_unchanging(store)
                   : sqlite3_open_v2(store->path, &store->db, flags, NULL);

    if (code == SQLITE_CANTOPEN && !create && access(store->path, F_OK) != 0) {
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "store", "There is no store %s.",
                    store->path);
        return ES_ABSENT;
    }
    if (code != SQLITE_OK)
        remember(store, code);
    if (!store->failed) {
        sqlite3_busy_timeout(store->db, ES_STORE_PATIENCE);
        sqlite3_extended_result_codes(store->db, 0);
        es_store_run(store, "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
        if (create)
            turn_to_wal(store);
        if (create)
            es_store_run(store, "PRAGMA synchronous=FULL;");
    }
    return es_store_tell(store, reterr_note);
}

es_status es_store_open(const char *path, bool create, es_store **ret_store, es_note *reterr_note)
{
    es_store *store = calloc(1, sizeof *store);
    es_status status = ES_NOMEM;

    if (store && (store->path = strdup(path)))
        status = open_file(store, create, reterr_note);
    if (status == ES_OK)
        status = make_or_check(store, create, reterr_note);
    if (status != ES_OK) {
        es_store_free(store);
        return status;
    }
    *ret_store = store;
    return ES_OK;
}

es_store *es_store_free(es_store *store)
{
    if (!store)
        return NULL;
    sqlite3_close(store->db);
    free(store->path);
    free(store);
    return NULL;
}

/* ---- what is there ---- */

static const char *column_text(sqlite3_stmt *statement, int at)
{
    return (const char *)sqlite3_column_text(statement, at);
}

/* The state of the last result of this key that holds; ES_STORE_FAILED: there is none. */
static es_status find_result(es_store *store, const es_store_key *key, uint32_t *ret_state)
{
    sqlite3_stmt *ask = es_store_prepare(
        store, "SELECT rests_on, state FROM images WHERE path=? AND identity=? AND options=? AND"
               " state<>2 ORDER BY id DESC");
    int code = SQLITE_DONE;

    es_bind_string(ask, 1, key->path);
    es_bind_string(ask, 2, key->identity);
    es_bind_string(ask, 3, key->options);
    *ret_state = ES_STORE_FAILED;
    while (ask && *ret_state == ES_STORE_FAILED && (code = sqlite3_step(ask)) == SQLITE_ROW) {
        const char *others = column_text(ask, 0);

        if (!others || !key->holds || key->holds(key->path, others))
            *ret_state = (uint32_t)sqlite3_column_int(ask, 1);
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        remember(store, code);
    sqlite3_finalize(ask);
    return es_store_tell(store, NULL);
}

es_status es_store_has(es_store *store, const es_store_key *key, bool *ret_has)
{
    uint32_t state;
    es_status status = find_result(store, key, &state);

    *ret_has = state != ES_STORE_FAILED;
    return status;
}

es_status es_store_has_gaps(es_store *store, const es_store_key *key, bool *ret_has)
{
    uint32_t state;
    es_status status = find_result(store, key, &state);

    *ret_has = state == ES_STORE_GAPS;
    return status;
}

es_status es_store_last(es_store *store, int64_t *ret_id)
{
    *ret_id = ask_number(store, "SELECT max(id) FROM images");
    return es_store_tell(store, NULL);
}

es_status es_store_each(es_store *store,
                        es_status (*each)(void *context, const es_store_entry *entry),
                        void *context)
{
    sqlite3_stmt *ask = es_store_prepare(
        store, "SELECT id, state, path, reason, id=(SELECT max(id) FROM images AS j"
               " WHERE j.path=i.path) FROM images AS i ORDER BY path, id");
    es_status status = ES_OK;
    int code = SQLITE_DONE;

    while (ask && status == ES_OK && (code = sqlite3_step(ask)) == SQLITE_ROW) {
        es_store_entry entry = { sqlite3_column_int64(ask, 0),
                                 (uint32_t)sqlite3_column_int64(ask, 1), column_text(ask, 2),
                                 column_text(ask, 3), sqlite3_column_int(ask, 4) != 0 };

        status = each(context, &entry);
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        remember(store, code);
    sqlite3_finalize(ask);
    return status != ES_OK ? status : es_store_tell(store, NULL);
}

es_status es_store_count(es_store *store, const char *verdict, int64_t after,
                         void (*each)(void *context, const char *answer, int64_t n),
                         void *context)
{
    sqlite3_stmt *ask = es_store_prepare(
        store, "SELECT answer, count(*) AS n FROM verdicts JOIN installations AS i ON"
               " i.image=verdicts.image AND i.id=verdicts.installation WHERE name=? AND"
               " verdicts.image>? AND i.role='current' GROUP BY answer ORDER BY n DESC, answer");

    es_bind_string(ask, 1, verdict);
    if (ask)
        sqlite3_bind_int64(ask, 2, after);
    while (ask && sqlite3_step(ask) == SQLITE_ROW)
        each(context, column_text(ask, 0), sqlite3_column_int64(ask, 1));
    sqlite3_finalize(ask);
    return es_store_tell(store, NULL);
}

/* ---- claims ---- */

/* The owner of a claim, if it is another's that lives; else the claim is ours to take. */
static bool is_taken(es_store *store, const es_store_key *key, const char *owner,
                     bool (*alive)(const char *owner))
{
    sqlite3_stmt *ask =
        es_store_prepare(store, "SELECT owner FROM claims WHERE path=? AND options=?");
    bool taken = false;

    es_bind_string(ask, 1, key->path);
    es_bind_string(ask, 2, key->options);
    if (ask && sqlite3_step(ask) == SQLITE_ROW) {
        const char *other = column_text(ask, 0);

        taken = other && strcmp(other, owner) != 0 && alive(other);
    }
    sqlite3_finalize(ask);
    return taken;
}

es_status es_store_claim(es_store *store, const es_store_key *key, const char *owner,
                         bool (*alive)(const char *owner))
{
    sqlite3_stmt *put;
    bool taken;

    es_store_run(store, "BEGIN IMMEDIATE");
    taken = is_taken(store, key, owner, alive);
    if (!taken) {
        put = es_store_prepare(store, "INSERT OR REPLACE INTO claims VALUES(?,?,?)");
        es_bind_string(put, 1, key->path);
        es_bind_string(put, 2, key->options);
        es_bind_string(put, 3, owner);
        es_store_step(store, put);
        sqlite3_finalize(put);
    }
    es_store_run(store, "COMMIT");
    if (store->failed && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (store->failed)
        return es_store_tell(store, NULL);
    return taken ? ES_LIMIT : ES_OK;
}

es_status es_store_unclaim(es_store *store, const char *owner, const char *path)
{
    sqlite3_stmt *drop =
        es_store_prepare(store, "DELETE FROM claims WHERE owner=? AND (?2 IS NULL OR path=?2)");

    es_bind_string(drop, 1, owner);
    es_bind_string(drop, 2, path);
    es_store_step(store, drop);
    sqlite3_finalize(drop);
    return es_store_tell(store, NULL);
}
