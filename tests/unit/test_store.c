/* SPDX-License-Identifier: Apache-2.0
 *
 * test_store.c: what goes into a store comes out of it, byte for byte; the tables say the same; one
 * image is in it whole or not at all; results are found by their key, claims by their owner.
 */
#include "report/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "test_report_case.h"

static char path[256];

static int fresh(void **unused)
{
    static const char *const tails[] = { "", "-wal", "-shm" };

    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        char file[300];

        snprintf(path, sizeof path, "/tmp/esuscan-store-%d.db", (int)getpid());
        snprintf(file, sizeof file, "%s%s", path, tails[i]);
        unlink(file);
    }
    return 0;
}

static es_store *opened(bool create)
{
    es_store *store = NULL;
    es_note note;

    assert_int_equal(es_store_open(path, create, &store, &note), ES_OK);
    return store;
}

static int64_t ask(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t number;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    number = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static es_store_key key_of(const char *image, const char *identity)
{
    return (es_store_key){ .path = image, .identity = identity, .options = "tool 1" };
}

static void put(es_store *store, const es_ledger *ledger, const char *image, const char *identity)
{
    es_store_key key = key_of(image, identity);
    es_run run = made_up_run();
    es_note note;

    assert_int_equal(es_store_put(store, ledger, &run, &key, &note), ES_OK);
}

static void comes_out_as_it_went_in(void **unused)
{
    static const char *const formats[] = { "json", "jsonl", "text" };
    es_ledger *ledger = made_up_case(), *again = NULL;
    es_store *store = opened(true);
    es_stored_run *stored = NULL;
    es_run run = made_up_run();
    es_note note;

    (void)unused;
    put(store, ledger, run.image_path, "1");
    assert_int_equal(es_store_get(store, 1, &again, &stored, &note), ES_OK);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *first = written(es_format_find(formats[i]), ledger, &run);
        char *second = written(es_format_find(formats[i]), again, es_stored_run_get(stored));

        assert_string_equal(first, second);
        free(first);
        free(second);
    }
    es_stored_run_free(stored);
    es_ledger_free(again);
    /* and into another store from there: a store of a store is the same */
    es_ledger_free(ledger);
    es_store_free(store);
    assert_int_equal(es_store_open(path, false, &store, &note), ES_OK);
    assert_int_equal(es_store_get(store, 7, &again, &stored, &note), ES_ABSENT);
    assert_non_null(strstr(note.text, "image 7"));
    es_store_free(store);
}

static void tables_say_the_same(void **unused)
{
    const es_fact_record *facts = NULL;
    const es_note_record *notes = NULL;
    es_ledger *ledger = made_up_case();
    es_store *store = opened(true);
    char asked[128];

    (void)unused;
    put(store, ledger, "a.E01", "1");
    put(store, ledger, "b.E01", "1");
    es_store_free(store);
    assert_int_equal(ask("SELECT count(*) FROM facts"),
                     2 * (int64_t)es_ledger_facts(ledger, &facts));
    assert_int_equal(ask("SELECT count(*) FROM notes"),
                     2 * (int64_t)es_ledger_notes(ledger, &notes));
    assert_int_equal(ask("SELECT count(*) FROM plugins"), ask("SELECT count(*) FROM image_plugins "
                                                              "WHERE image=1"));
    assert_int_equal(ask("SELECT count(*) FROM fact_kernel_file WHERE image=2"),
                     ask("SELECT count(*) FROM facts WHERE image=2 AND type='kernel.file'"));
    snprintf(asked, sizeof asked, "SELECT count(*) FROM verdict_build WHERE answer='6003'");
    assert_true(ask(asked) > 0);
    assert_true(ask("SELECT count(*) FROM list_build_contradictions") > 0);
    /* a contradiction names facts by the numbers that reports show */
    assert_int_equal(ask("SELECT count(*) FROM list_build_contradictions AS c LEFT JOIN facts AS f"
                         " ON f.image=c.image AND f.id=c.left WHERE f.id IS NULL"), 0);
    assert_int_equal(ask("SELECT count(*) FROM because AS b LEFT JOIN facts AS f ON"
                         " f.image=b.image AND f.id=b.fact WHERE f.id IS NULL"), 0);
    assert_int_equal(ask("PRAGMA foreign_key_check"), -1);
    assert_int_equal(ask("SELECT count(*) FROM declared WHERE name='verdict_build'"),
                     ask("SELECT count(*)-4 FROM pragma_table_info('verdict_build')"));
    /* a time that is a bound says so, as in the reports */
    assert_int_equal(ask("SELECT count(*) FROM facts WHERE image=1 AND time_means LIKE"
                         " '% (at the latest)'"), 1);
    /* no control character of the evidence is in a table */
    assert_int_equal(ask("SELECT count(*) FROM notes WHERE instr(text, char(27)) > 0"), 0);
    es_ledger_free(ledger);
}

static bool holds_now(const char *image, const char *others)
{
    return !strcmp(image, "child.vhd") && !strcmp(others, "base\x1b.vhd/2/3.0/");
}

static bool holds_no_more(const char *image, const char *others)
{
    (void)image, (void)others;
    return false;
}

/* What a result rests on is handed back as it was given, whatever is in a name. */
static void rests_on_others(void **unused)
{
    es_store_key key = { "child.vhd", "1", "tool 1", "base\x1b.vhd/2/3.0/", holds_now };
    es_ledger *ledger = made_up_case();
    es_store *store = opened(true);
    es_run run = made_up_run();
    es_note note;
    bool has = false;

    (void)unused;
    assert_int_equal(es_store_put(store, ledger, &run, &key, &note), ES_OK);
    assert_int_equal(es_store_has(store, &key, &has), ES_OK);
    assert_true(has);
    key.holds = holds_no_more;
    assert_int_equal(es_store_has(store, &key, &has), ES_OK);
    assert_false(has);
    /* nor is a failure after the change hidden by the result before it */
    assert_int_equal(es_store_put_failure(store, &run, &key, "gone", &note), ES_OK);
    assert_int_equal(ask("SELECT count(*) FROM images WHERE state=2"), 1);
    es_store_free(store);
    es_ledger_free(ledger);
}

static void found_by_its_key(void **unused)
{
    es_ledger *ledger = made_up_case();
    es_store *store = opened(true);
    es_store_key same = key_of("a.E01", "1"), changed = key_of("a.E01", "2");
    es_store_key other = { "a.E01", "1", "tool 2", NULL, NULL };
    es_run run = made_up_run();
    es_note note;
    bool has = true;

    (void)unused;
    assert_int_equal(es_store_has(store, &same, &has), ES_OK);
    assert_false(has);
    assert_int_equal(es_store_put_failure(store, &run, &same, "gone", &note), ES_OK);
    assert_int_equal(es_store_has(store, &same, &has), ES_OK);
    assert_false(has); /* what failed is tried again */
    put(store, ledger, "a.E01", "1");
    assert_int_equal(es_store_has(store, &same, &has), ES_OK);
    assert_true(has);
    assert_int_equal(es_store_has_gaps(store, &same, &has), ES_OK);
    assert_int_equal(has, es_ledger_has_gaps(ledger));
    assert_int_equal(es_store_put_failure(store, &run, &same, "died later", &note), ES_OK);
    assert_int_equal(ask("SELECT count(*) FROM images"), 1); /* the failure is forgotten, and the
                                                                later one is none */
    assert_int_equal(es_store_has(store, &changed, &has), ES_OK);
    assert_false(has);
    assert_int_equal(es_store_has(store, &other, &has), ES_OK);
    assert_false(has);
    put(store, ledger, "a.E01", "2");
    assert_int_equal(ask("SELECT count(*) FROM images"), 2);
    assert_int_equal(ask("SELECT id FROM latest"), ask("SELECT max(id) FROM images"));
    es_store_free(store);
    es_ledger_free(ledger);
}

static bool lives(const char *owner)
{
    return !strcmp(owner, "alive");
}

static void claimed_once(void **unused)
{
    es_store *store = opened(true), *second = opened(true);
    es_store_key key = key_of("a.E01", "1");

    (void)unused;
    assert_int_equal(es_store_claim(store, &key, "alive", lives), ES_OK);
    assert_int_equal(es_store_claim(store, &key, "alive", lives), ES_OK);
    assert_int_equal(es_store_claim(second, &key, "other", lives), ES_LIMIT);
    assert_int_equal(es_store_unclaim(store, "alive", "a.E01"), ES_OK);
    assert_int_equal(es_store_claim(second, &key, "dead", lives), ES_OK);
    assert_int_equal(es_store_claim(store, &key, "alive", lives), ES_OK); /* taken over */
    es_store_free(store);
    es_store_free(second);
}

static void what_is_no_store(void **unused)
{
    es_store *store = NULL;
    es_note note;
    FILE *out;

    (void)unused;
    assert_int_equal(es_store_open(path, false, &store, &note), ES_ABSENT);
    assert_int_equal(es_store_open("/nowhere/at/all.db", true, &store, &note), ES_IO);
    assert_non_null(strstr(note.text, "no such folder"));
    assert_int_equal(es_store_open("/", true, &store, &note), ES_IO);
    assert_non_null(strstr(note.text, "it is a folder"));
    out = fopen(path, "w");
    assert_non_null(out);
    for (int i = 0; i < 4096; i++)
        fputs("words ", out);
    fclose(out);
    assert_int_equal(es_store_open(path, true, &store, &note), ES_IO);
    assert_non_null(strstr(note.text, "no SQLite file"));
    fresh(NULL);
    assert_int_equal(ask("SELECT 1"), 1);
    assert_int_equal(ask("CREATE TABLE theirs(a)"), -1);
    assert_int_equal(es_store_open(path, true, &store, &note), ES_UNSUPPORTED);
    assert_non_null(strstr(note.text, "no store of esuscan"));
    assert_int_equal(ask("SELECT count(*) FROM sqlite_schema"), 1); /* theirs is as it was */
    fresh(NULL);
    assert_int_equal(es_store_open(path, true, &store, &note), ES_OK);
    store = es_store_free(store);
    assert_int_equal(ask("PRAGMA user_version=999"), -1);
    assert_int_equal(es_store_open(path, false, &store, &note), ES_UNSUPPORTED);
    assert_non_null(strstr(note.text, "a later version of esuscan"));
    assert_int_equal(ask("PRAGMA user_version=1"), -1);
    assert_int_equal(es_store_open(path, true, &store, &note), ES_UNSUPPORTED);
    assert_non_null(strstr(note.text, "an earlier version of esuscan"));
}

/* A plugin that declares more than its older self: columns are added, rows stay. */
static void a_plugin_grows(void **unused)
{
    static const es_field before[] = { { sizeof(es_field), ES_FIELD_TEXT, "time", "a field" } };
    static const es_field after[] = {
        { sizeof(es_field), ES_FIELD_TEXT, "time", "a field" },
        { sizeof(es_field), ES_FIELD_INTEGER, "a-b", "one" },
        { sizeof(es_field), ES_FIELD_INTEGER, "a_b", "another" },
        { sizeof(es_field), ES_FIELD_TEXT_LIST, "select", "a word of SQL" },
    };
    es_fact_type type = { sizeof type, 1, "grow.thing", "a thing", before, NULL };
    es_plugin plugin = { .abi = ES_ABI, .size = sizeof plugin, .name = "grow", .version = "1",
                         .summary = "grows", .facts = &type, .n_facts = 1 };
    es_store *store = opened(true);

    (void)unused;
    for (int round = 0; round < 2; round++) {
        es_ledger *ledger = NULL;
        es_text words[] = { ES_TEXT("a\"b"), ES_TEXT("c") };
        es_datum data[4] = { text_datum("now"), es_datum_integer(1), es_datum_integer(2),
                             es_datum_texts(words, 2) };
        es_record fact = { .kind = ES_RECORD_FACT };

        assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
        put_image(ledger, "raw", 512);
        put_plugin(ledger, &plugin);
        fact.fact = (es_fact_record){ .reference = 1, .plugin = "grow", .fields = data,
                                      .n_fields = type.n_fields, .where = nowhere() };
        put_ok(ledger, &fact);
        assert_int_equal(es_ledger_close(ledger), ES_OK);
        put(store, ledger, "a.raw", round ? "2" : "1");
        es_ledger_free(ledger);
        type.fields = after;
        type.n_fields = ES_COUNT(after);
    }
    es_store_free(store);
    assert_int_equal(ask("SELECT count(*) FROM fact_grow_thing WHERE field_time='now'"), 2);
    assert_int_equal(ask("SELECT a_b + a_b__2 FROM fact_grow_thing WHERE image=2"), 3);
    assert_int_equal(ask("SELECT json_array_length(\"select\") FROM fact_grow_thing"
                         " WHERE image=2"), 2);
    assert_int_equal(ask("SELECT count(*) FROM plugins"), 2);
}

/* Two images of one bare name, each scanned from its own folder, are two. */
static void two_of_one_name(void **unused)
{
    char folder[] = "/tmp/esuscan-store-XXXXXX", was[4096];
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    es_note note;

    (void)unused;
    assert_non_null(getcwd(was, sizeof was));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    run.image_path = "disk.raw";
    for (int i = 0; i < 2; i++) {
        FILE *image;

        assert_int_equal(mkdir(i ? "b" : "a", 0700), 0);
        assert_int_equal(chdir(i ? "b" : "a"), 0);
        image = fopen("disk.raw", "w");
        assert_non_null(image);
        fclose(image);
        assert_int_equal(es_report_store(ledger, &run, path, &note), ES_OK);
        assert_int_equal(unlink("disk.raw"), 0);
        assert_int_equal(chdir(folder), 0);
        assert_int_equal(rmdir(i ? "b" : "a"), 0);
    }
    assert_int_equal(chdir(was), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(ask("SELECT count(*) FROM latest"), 2);
    assert_int_equal(ask("SELECT count(*) FROM images WHERE path LIKE '/%/_/disk.raw'"), 2);
    es_ledger_free(ledger);
}

static int clean(void **unused)
{
    return fresh(unused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(comes_out_as_it_went_in, fresh),
        cmocka_unit_test_setup(tables_say_the_same, fresh),
        cmocka_unit_test_setup(found_by_its_key, fresh),
        cmocka_unit_test_setup(rests_on_others, fresh),
        cmocka_unit_test_setup(claimed_once, fresh),
        cmocka_unit_test_setup(what_is_no_store, fresh),
        cmocka_unit_test_setup(a_plugin_grows, fresh),
        cmocka_unit_test_setup(two_of_one_name, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
