/* SPDX-License-Identifier: Apache-2.0
 *
 * test_report.c: reports as data, and how a report gets onto a disk or fails to.
 */
#include "test_report_case.h"
#include "base/text.h"

#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- json ---- */

static json_t *parsed(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    if (!value)
        fail_msg("line %d: %s", error.line, error.text);
    return value;
}

static void check_keys(json_t *object, const char *expected)
{
    char keys[1000] = "";
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value) {
        strcat(keys, key);
        strcat(keys, " ");
    }
    assert_string_equal(keys, expected);
}

static void json_has_the_keys_of_the_contract(void **state)
{
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    char *text = written(es_format_find("json"), ledger, &run);
    json_t *report = parsed(text), *build;

    (void)state;
    check_keys(report, "schema tool case image volumes installations facts notes ");
    check_keys(json_object_get(report, "tool"),
               "name version libraries catalogue as_of jail command started finished ");
    check_keys(json_object_get(report, "case"), "number evidence examiner ");
    check_keys(json_object_get(report, "image"),
               "path format size sector_size segments stored_hashes computed_hashes acquisition "
               "bad_ranges ");
    check_keys(json_array_get(json_object_get(report, "volumes"), 0),
               "id scheme slot offset length filesystem serial label encrypted snapshots ");
    check_keys(json_array_get(json_object_get(report, "installations"), 0),
               "id machine volume snapshot system_root role product_name edition service_pack "
               "architecture computer_name install_date time_zone last_shutdown verdicts updates "
               "questions ");
    check_keys(json_array_get(json_object_get(report, "facts"), 0),
               "id installation plugin type fields time time_means where ");
    check_keys(json_array_get(json_object_get(report, "notes"), 0),
               "severity area text installation where ");
    build = json_object_get(
        json_object_get(json_array_get(json_object_get(report, "installations"), 1), "verdicts"),
        "build");
    check_keys(build, "answer because explanation status revision branch architecture build "
                      "last_booted turned_6003 missing_sources contradictions ");
    assert_true(json_is_null(json_object_get(build, "last_booted")));
    assert_int_equal(json_array_size(json_object_get(build, "contradictions")), 0);
    assert_int_equal(json_array_size(json_object_get(report, "notes")), 3); /* one came twice */
    json_decref(report);
    free(text);
    es_ledger_free(ledger);
}

static void a_replayed_value_tells_its_log(void **state)
{
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    char *text = written(es_format_find("json"), ledger, &run);
    json_t *report = parsed(text);
    json_t *where = json_object_get(json_array_get(json_object_get(report, "facts"), 1), "where");
    char *applied = json_dumps(json_object_get(where, "applied"), 0);

    (void)state;
    assert_string_equal(applied, "{\"path\": \"\\\\Windows\\\\System32\\\\config\\\\SOFTWARE.LOG1\", "
                                 "\"mft_entry\": 5013, \"log_offset\": 512, \"hive_offset\": 10496, "
                                 "\"length\": 12}");
    free(applied);
    json_decref(report);
    free(text);
    es_ledger_free(ledger);
}

/* No path that a disk has is so long; that it comes whole does not rest on that. */
static void a_path_of_any_length(void **state)
{
    es_ledger *ledger = NULL;
    es_run run = made_up_run();
    es_where where = nowhere();
    es_datum fields[] = { text_datum("ProductName"), text_datum("x"), es_null() };
    const size_t size = (size_t)3 << 20;
    char *path = calloc(1, size + 1), *text;
    json_t *report;

    (void)state;
    assert_non_null(path);
    memset(path, 'a', size);
    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    put_volume(ledger, 2, "mbr", "ntfs", 368050176);
    put_plugin(ledger, &build_plugin);
    put_installation(ledger, 1, ES_ROLE_CURRENT);
    put_artefact(ledger, 3, path, 5012, true);
    where.artefact = 3;
    put_fact(ledger, 1, 1, "build", 0, fields, 3, &where);
    put_done(ledger);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    text = written(es_format_find("json"), ledger, &run);
    report = parsed(text);
    where.path = json_string_value(json_object_get(
        json_object_get(json_array_get(json_object_get(report, "facts"), 0), "where"), "path"));
    assert_non_null(where.path);
    assert_int_equal(strlen(where.path), size);
    json_decref(report);
    free(text);
    free(path);
    es_ledger_free(ledger);
}

/* A reader of CSV takes no field of l2tcsv for a quoted one, which would run on over the lines that
 * follow, nor for a formula. */
static void no_quote_opens_a_field_of_l2tcsv(void **state)
{
    static const char *const paths[] = { "\"Windows/SOFTWARE", "=Windows/SOFTWARE" };
    static const char *const shown[] = { ",\\x22Windows/SOFTWARE,", ",\\x3dWindows/SOFTWARE," };

    (void)state;
    for (size_t i = 0; i < ES_COUNT(paths); i++) {
        es_datum fields[] = { text_datum("ProductName"), text_datum("x"), es_null() };
        es_record record = { .kind = ES_RECORD_FACT };
        es_run run = made_up_run();
        es_ledger *ledger = NULL;
        char *text;

        assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
        put_volume(ledger, 2, "mbr", "ntfs", 368050176);
        put_plugin(ledger, &build_plugin);
        put_installation(ledger, 1, ES_ROLE_CURRENT);
        put_artefact(ledger, 3, paths[i], 5012, true);
        record.fact = (es_fact_record){ .reference = 1, .installation = 1, .plugin = "build",
                                        .fields = fields, .n_fields = 3, .where = nowhere(),
                                        .time = time_of("2019-03-21T01:12:00Z") };
        record.fact.where.artefact = 3;
        put_ok(ledger, &record);
        put_done(ledger);
        assert_int_equal(es_ledger_close(ledger), ES_OK);
        text = written(es_format_find("l2tcsv"), ledger, &run);
        assert_non_null(strstr(text, shown[i]));
        free(text);
        es_ledger_free(ledger);
    }
}

/* No byte of a report acts on a terminal, whatever the evidence holds. */
static void check_clean(const char *text)
{
    es_text all = es_text_of(text);

    assert_true(es_text_is_utf8(all));
    for (uint64_t at = 0; at < all.size;) {
        uint32_t c = es_text_next(all, &at);

        if (c != '\n')
            assert_false(es_text_unsafe(c));
    }
}

static void every_format_is_clean(void **state)
{
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    const char *command[] = { "esuscan", "a\033[2J\xff" };

    (void)state;
    run.verbose = true;
    run.command = command;
    run.n_command = 2;
    run.examiner = "x\ny\xe2\x80\xae";
    run.image_path = "/cases/\033]0;x\007\xff.E01";
    for (size_t i = 0; es_format_at(i); i++) {
        char *text;

        if (!es_format_at(i)->write) /* the store has a test of its own */
            continue;
        text = written(es_format_at(i), ledger, &run);
        check_clean(text);
        assert_ptr_equal(es_format_find(es_format_at(i)->name), es_format_at(i));
        free(text);
    }
    assert_null(es_format_find("html"));
    es_ledger_free(ledger);
}

static void every_line_of_jsonl_says_what_it_is(void **state)
{
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    char *text = written(es_format_find("jsonl"), ledger, &run), *rest = text, *line;
    int facts = 0, verdicts = 0, notes = 0;

    (void)state;
    while ((line = strsep(&rest, "\n")) && *line) {
        json_t *record = parsed(line);

        facts += strncmp(line, "{\"record\": \"fact\", \"id\": \"f", 27) == 0;
        verdicts += strncmp(line, "{\"record\": \"verdict\", \"installation\": \"i", 40) == 0;
        notes += strncmp(line, "{\"record\": \"note\", \"severity\": ", 31) == 0;
        json_decref(record);
    }
    assert_int_equal(facts, 7);
    assert_int_equal(verdicts, 2);
    assert_int_equal(notes, 3);
    free(text);
    es_ledger_free(ledger);
}

static void a_refused_image_still_gives_a_report(void **state)
{
    es_record record = { .kind = ES_RECORD_REFUSED };
    es_run run = made_up_run();
    es_ledger *ledger = NULL;
    json_t *report;
    char *text;

    (void)state;
    record.note.severity = ES_SEVERITY_ERROR;
    record.note.area = "image";
    record.note.text = es_text_of("this is an AFF image, which esuscan does not read");
    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    put_ok(ledger, &record);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    text = written(es_format_find("json"), ledger, &run);
    report = parsed(text);
    assert_true(json_is_null(json_object_get(json_object_get(report, "image"), "format")));
    assert_int_equal(json_array_size(json_object_get(report, "notes")), 1);
    json_decref(report);
    free(text);
    text = written(es_format_find("text"), ledger, &run);
    assert_non_null(strstr(text, "! NOT SCANNED: this is an AFF image"));
    assert_null(strstr(text, "No Windows"));
    free(text);
    es_ledger_free(ledger);
}

/* ---- files ---- */

static char folder[] = "/tmp/esuscan-test-XXXXXX";

static char *path_in(const char *name)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void a_file_is_whole_or_not_there(void **state)
{
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    char *path = path_in("report.json"), *lost = path_in("no/such/folder.json");
    struct stat about;
    es_note note;

    (void)state;
    for (int i = 0; i < 2; i++) /* a second time replaces */
        assert_int_equal(es_report_write(es_format_find("json"), ledger, &run, path, &note),
                         ES_OK);
    assert_int_equal(stat(path, &about), 0);
    assert_true(about.st_size > 1000);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(es_report_write(es_format_find("json"), ledger, &run, lost, &note), ES_IO);
    assert_non_null(strstr(note.text, "No such file or directory"));
    assert_int_equal(es_report_write(es_format_find("json"), ledger, &run, "/dev/full", &note),
                     ES_IO);
    assert_non_null(strstr(note.text, "No space left on device"));
    free(path);
    free(lost);
    es_ledger_free(ledger);
}

static void the_evidence_is_never_replaced(void **state)
{
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    char *image = path_in("srv01.E01"), *second = path_in("srv01.E02");
    struct stat about;
    es_note note;
    FILE *out;

    (void)state;
    run.image_path = image;
    for (int i = 0; i < 2; i++) {
        out = fopen(i ? second : image, "w");
        assert_non_null(out);
        fclose(out);
        assert_int_equal(es_report_write(es_format_find("text"), ledger, &run, i ? second : image,
                                         &note),
                         ES_IO);
        assert_non_null(strstr(note.text, "evidence itself"));
    }
    assert_int_equal(stat(second, &about), 0);
    assert_int_equal(about.st_size, 0);
    unlink(image);
    unlink(second);
    free(image);
    free(second);
    es_ledger_free(ledger);
}

/* Last: standard output is not the same afterwards. */
static void a_broken_pipe_is_said(void **state)
{
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    int ends[2], before = dup(1);
    es_status status;
    es_note note;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    fflush(stdout);
    dup2(ends[1], 1);
    status = es_report_write(es_format_find("text"), ledger, &run, "-", &note);
    clearerr(stdout);
    dup2(before, 1);
    close(ends[1]);
    close(before);
    assert_int_equal(status, ES_IO);
    assert_non_null(strstr(note.text, "standard output: Broken pipe"));
    es_ledger_free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_the_keys_of_the_contract),
        cmocka_unit_test(a_replayed_value_tells_its_log),
        cmocka_unit_test(a_path_of_any_length),
        cmocka_unit_test(no_quote_opens_a_field_of_l2tcsv),
        cmocka_unit_test(every_format_is_clean),
        cmocka_unit_test(every_line_of_jsonl_says_what_it_is),
        cmocka_unit_test(a_refused_image_still_gives_a_report),
        cmocka_unit_test(a_file_is_whole_or_not_there),
        cmocka_unit_test(the_evidence_is_never_replaced),
        cmocka_unit_test(a_broken_pipe_is_said),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
