/* SPDX-License-Identifier: Apache-2.0
 *
 * test_report_text.c: what people read: the answer first, nothing broken, nothing claimed that was
 * not looked into.
 */
#include "test_report_case.h"
#include "report/page.h"

static char *text_of(const es_ledger *ledger, const es_run *run)
{
    return written(es_format_find("text"), ledger, run);
}

static void has(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" is missing in:\n%s", words, text);
}

static void lacks(const char *text, const char *words)
{
    if (strstr(text, words))
        fail_msg("\"%s\" stands in:\n%s", words, text);
}

static void in_order(const char *text, const char *const *words)
{
    for (; *words; words++) {
        has(text, *words);
        text = strstr(text, *words);
    }
}

static void the_answer_comes_first(void **state)
{
    static const char *const order[] = {
        "esuscan 0.1.0", "2 gaps were met", "2 states of Windows", "6003, conflict; last booted 6002",
        "Machine 1: SRV-SQL01", "Build on disk     6003\n", "conflict: the sources contradict",
        "6.0.6003.20489, LDR branch, amd64", "6002, 2019-08-14T07:31:02Z - this is not the build",
        "KB4493471 [f2, f7]", "Not asked         boot records of System.evtx", "Why",
        "explains. [f2, f1, f6]", "Contradictions", "f6 against f1", "Evidence",
        "\\Windows\\System32\\config\\SOFTWARE", "f1    BuildLabEx", "data 6003; before 6002",
        "The same bytes with other tools", "RegBack of \\Windows on volume 2, as of 2019-03-01",
        "Build on disk     6002", "Gaps", "BitLocker", "Remarks", "\\x1b[1mother\\x1b[0m",
        "The image and this scan", "landlock, seccomp", NULL,
    };
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    char *text = text_of(ledger, &run);

    (void)state;
    in_order(text, order);
    lacks(text, "WITHOUT A JAIL");
    lacks(text, "\033");
    free(text);
    es_ledger_free(ledger);
}

/* Commands may hold a quoted word longer than a line; everything else keeps within it. */
static void lines_keep_within_the_page(void **state)
{
    static const unsigned widths[] = { 80, 60, 132 };
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();

    (void)state;
    run.verbose = true;
    for (int i = 0; i < 3; i++) {
        char *text, *rest, *line;

        run.width = widths[i];
        text = rest = text_of(ledger, &run);
        while ((line = strsep(&rest, "\n"))) {
            size_t columns = 0;

            for (const char *c = line; *c; c++)
                columns += ((unsigned char)*c & 0xc0) != 0x80;
            if (columns > widths[i] && !strstr(line, "'"))
                fail_msg("%zu columns: %s", columns, line);
            assert_true(!*line || line[strlen(line) - 1] != ' ');
        }
        free(text);
    }
    es_ledger_free(ledger);
}

static void colour_only_when_asked(void **state)
{
    es_ledger *ledger = made_up_case();
    es_run run = made_up_run();
    char *text;

    (void)state;
    run.color = true;
    text = text_of(ledger, &run);
    has(text, "\033[1;31m6003\033[0m");
    has(text, "\\x1b[1mother\\x1b[0m"); /* the evidence's own stay escaped */
    free(text);
    es_ledger_free(ledger);
}

/* ---- no Windows ---- */

static es_ledger *empty_disk(const char *scheme, const char *filesystem, bool done)
{
    es_ledger *ledger = NULL;

    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    put_image(ledger, "raw", 512);
    put_fence(ledger, "seccomp");
    put_volume(ledger, 1, "mbr", "ntfs", 1048576);
    if (filesystem)
        put_volume(ledger, 2, scheme, filesystem, 1073741824);
    if (done)
        put_done(ledger);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    return ledger;
}

static void no_windows_says_where_it_looked(void **state)
{
    es_ledger *ledger = empty_disk("mbr", NULL, true);
    es_run run = made_up_run();
    char *text = text_of(ledger, &run);

    (void)state;
    has(text, "No Windows installation was found on any volume.");
    has(text, "Looked at");
    has(text, "Volume 1        ntfs, 20.0 GiB at offset 1048576");
    free(text);
    es_ledger_free(ledger);
}

static void closed_volumes_forbid_the_conclusion(void **state)
{
    static const char *const kinds[][2] = {
        { "mbr", "bitlocker" }, { "ldm", "unknown" },  { "storage-spaces", "unknown" },
        { "raid", "unknown" },  { "gpt", "unreadable" },
    };
    es_run run = made_up_run();

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        es_ledger *ledger = empty_disk(kinds[i][0], kinds[i][1], true);
        char *text = text_of(ledger, &run);

        lacks(text, "No Windows");
        has(text, "No answer: not all of this disk could be looked into");
        has(text, "Could not be looked into");
        free(text);
        es_ledger_free(ledger);
    }
}

static void a_scan_that_died_says_where(void **state)
{
    es_record step = { .kind = ES_RECORD_STEP };
    es_run run = made_up_run();
    es_ledger *ledger = NULL;
    char *text;

    (void)state;
    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    put_fence(ledger, "none (--no-jail)");
    step.step.plugin = "build";
    step.step.artefact = "\\Windows\\System32\\config\\SOFT\nWARE";
    step.step.doing = "examine";
    put_ok(ledger, &step);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    text = text_of(ledger, &run);
    has(text, "THE ANALYSIS DID NOT FINISH: it ended at \"examine\"");
    has(text, "SOFT\\x0aWARE");
    has(text, "ANALYSED WITHOUT A JAIL: none (--no-jail)");
    lacks(text, "No Windows installation was found");
    free(text);
    es_ledger_free(ledger);
}

/* ---- the page ---- */

static char *flowed(const char *words, unsigned width, bool command)
{
    es_ledger *ledger = NULL;
    es_run run = made_up_run();
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    es_page page;

    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    run.width = width;
    page = es_page_make(ledger, &run, out);
    es_buffer_string(&page.words, words);
    if (command)
        es_page_command(&page, 0, "f1", 4);
    else
        es_page_flow(&page, 0, "f1", 4, ES_STYLE_PLAIN);
    assert_int_equal(es_page_end(&page), ES_OK);
    fclose(out);
    es_ledger_free(ledger);
    return text;
}

static void escapes_are_not_broken(void **state)
{
    char words[400] = "", *text;

    (void)state;
    for (int i = 0; i < 30; i++)
        strcat(words, "\\u{202e}");
    text = flowed(words, 41, false);
    for (char *line = text; *line; line = strchr(line, '\n') + 1)
        assert_memory_equal(line + 4, "\\u{202e}", 8);
    free(text);
}

static void wide_characters_count_twice(void **state)
{
    char *text = flowed("\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
                        "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
                        "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
                        "\xe6\x97\xa5\xe6\x9c\xac", 40, false);

    (void)state;
    /* 36 columns hold 18 of the 20 characters */
    assert_int_equal(strcspn(text, "\n"), 4 + 18 * 3);
    free(text);
}

static void commands_break_where_a_shell_allows(void **state)
{
    char *text = flowed("icat -o 2048 'a long name with spaces in it.E01' 5012-128-1 | tail -c +5 "
                        "| head -c 7 | xxd", 40, true);

    (void)state;
    assert_string_equal(text, "f1  icat -o 2048 \\\n"
                              "      'a long name with spaces in it.E01' \\\n"
                              "      5012-128-1 | tail -c +5 |\n"
                              "      head -c 7 | xxd\n");
    free(text);
}

static es_page bare_page(es_ledger **ret_ledger, const es_run *run)
{
    assert_int_equal(es_ledger_new(NULL, NULL, ret_ledger), ES_OK);
    return es_page_make(*ret_ledger, run, stdout);
}

static void names_become_titles(void **state)
{
    static const char *const names[][2] = {
        { "patch-level", "Patch level" }, { "esu-licence", "ESU licence" }, { "cves", "CVEs" },
        { "counts.by_severity", "Counts by severity" }, { "kernel-integrity", "Kernel integrity" },
    };
    es_run run = made_up_run();
    es_ledger *ledger = NULL;
    es_page page = bare_page(&ledger, &run);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *title = es_page_title_of(&page, names[i][0], strlen(names[i][0]));

        assert_string_equal(title, names[i][1]);
        free(title);
    }
    assert_int_equal(es_page_end(&page), ES_OK);
    es_ledger_free(ledger);
}

static void long_labels_stay_on_their_line(void **state)
{
    es_run run = made_up_run();
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    es_ledger *ledger = NULL;
    es_page page;

    (void)state;
    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    run.width = 40;
    page = es_page_make(ledger, &run, out);
    es_buffer_string(&page.words, "one two three four five six");
    es_page_flow(&page, 0, "a long label", 6, ES_STYLE_PLAIN);
    assert_int_equal(es_page_end(&page), ES_OK);
    fclose(out);
    assert_string_equal(text, "a long label  one two three four five\n      six\n");
    free(text);
    es_ledger_free(ledger);
}

static void cells_break_between_words(void **state)
{
    static const char *const lines[] = { "Elevation of", "Privilege", "\\x1b\\x1b", "\\x1b" };
    es_text words = ES_TEXT("Elevation of Privilege \\x1b\\x1b\\x1b");
    uint64_t at = 0;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        es_text line = es_page_next_line(words, i < 2 ? 12 : 9, &at);

        assert_true(es_text_equal(line, es_text_of(lines[i])));
    }
    assert_int_equal(at, words.size);
}

/* ---- tables ---- */

static const es_field list_fields[] = {
    { sizeof(es_field), ES_FIELD_TEXT, "kb", "" },
    { sizeof(es_field), ES_FIELD_TEXT, "kind", "" },
    { sizeof(es_field), ES_FIELD_INTEGER, "some_number", "" },
    { sizeof(es_field), ES_FIELD_TEXT, "remark", "" },
};
static const es_row_type list_rows[] = {
    { sizeof(es_row_type), ES_COUNT(list_fields), "updates", NULL, list_fields },
};
static const es_plugin list_plugin = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "lister", .version = "1", .summary = "",
    .n_rows = 1, .rows = list_rows,
};

static void lists_are_tables(void **state)
{
    es_ledger *ledger = NULL;
    es_run run = made_up_run();
    char *text;

    (void)state;
    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    put_plugin(ledger, &list_plugin);
    put_installation(ledger, 1, ES_ROLE_CURRENT);
    for (int i = 0; i < 23; i++) {
        es_datum fields[] = { text_datum("KB1\n"), text_datum("rollup"), es_datum_integer(i + 100),
                              i ? es_null() : text_datum("a sentence that is longer than any cell "
                                                         "and is wrapped under itself") };
        es_record row = { .kind = ES_RECORD_ROW };

        row.row.installation = 1;
        row.row.plugin = "lister";
        row.row.fields = fields;
        row.row.n_fields = ES_COUNT(list_fields);
        put_ok(ledger, &row);
    }
    put_done(ledger);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    text = text_of(ledger, &run);
    has(text, "    Each: kind rollup\n    KB       some    remark\n             number\n");
    has(text, "    KB1\\x0a  100     a sentence that");
    has(text, "\n                     ");
    has(text, "    KB1\\x0a  119\n    and 3 more: -v shows them, and so does -o json\n");
    lacks(text, "120");
    free(text);
    run.verbose = true;
    text = text_of(ledger, &run);
    has(text, "    KB1\\x0a  122\n");
    free(text);
    es_ledger_free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_comes_first),
        cmocka_unit_test(lines_keep_within_the_page),
        cmocka_unit_test(colour_only_when_asked),
        cmocka_unit_test(no_windows_says_where_it_looked),
        cmocka_unit_test(closed_volumes_forbid_the_conclusion),
        cmocka_unit_test(a_scan_that_died_says_where),
        cmocka_unit_test(escapes_are_not_broken),
        cmocka_unit_test(wide_characters_count_twice),
        cmocka_unit_test(lists_are_tables),
        cmocka_unit_test(names_become_titles),
        cmocka_unit_test(long_labels_stay_on_their_line),
        cmocka_unit_test(cells_break_between_words),
        cmocka_unit_test(commands_break_where_a_shell_allows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
