/* SPDX-License-Identifier: Apache-2.0
 *
 * test_catalogue.c: the shipped catalogue as it must be, and malformed ones refused by file, line
 * and reason.
 */
#include "host/catalogue.h"

#include "base/text.h"
#include "host/catalogue_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[4096];

/* A catalogue that is as small as one can be; a test changes one file of it. */
static const char *const sound[ES_CATALOGUE_N_FILES] = {
    [ES_CATALOGUE_CVES] = "kb,cve,component,severity,impact,public_exploit,architectures\n"
                          "4499149,CVE-2019-0708,Windows RDP,Critical,Remote Code "
                          "Execution,yes,x86;amd64\n",
    [ES_CATALOGUE_EDITION] = "2026-06-28\n",
    [ES_CATALOGUE_ACTIVATIONS] = "activation_id,sku,applies_to,licence_channel,covers_from,"
                                 "covers_to,source\n"
                                 "553673ed-6ddf-419c-a153-b760283472fd,Server-ESU-Year1,"
                                 "Windows Server 2008,mak,2020-01-14,2021-01-12,x\n",
    [ES_CATALOGUE_KERNELS] = "version,build,branch,kbs,release_date,source,basis\n"
                             "6.0.6003.20512,6003,LDR,4499149,2019-05-14,x,ntoskrnl\n"
                             "6.0.6002.18005,6002,RTM,,2009-05-26,x,release\n",
    [ES_CATALOGUE_LIFECYCLE] = "product,phase,starts,ends,source\n"
                               "Windows Server 2008,esu-year-1,2020-01-14,2021-01-12,x\n",
    [ES_CATALOGUE_PREREQUISITES] = "kb,operating_system,role,release_date,servicing_month,source\n"
                                   "4474419,Windows Server 2008 SP2,sha2-support,,2019-09,x\n",
    [ES_CATALOGUE_REISSUES] = "kb,issue,source\n4493471,2,x\n",
    [ES_CATALOGUE_UPDATES] =
        "kb,kind,release_date,channel,architectures,kernel_version,build_after,supersedes,source,"
        "servicing_month,fixed_build,date_basis\n"
        "4499149,monthly-rollup,2019-05-14,general,x86;amd64,6.0.6003.20512,6003,4493471,x,"
        "2019-05,,patch-tuesday\n"
        "4493471,monthly-rollup,2019-04-09,general,,,,4489880,\"x, y \"\"z\"\"\",2019-04,,\n",
};

static es_status parse(uint32_t changed, const char *content, es_catalogue_book **ret_book,
                       es_note *ret_note)
{
    es_bytes files[ES_CATALOGUE_N_FILES];

    for (uint32_t i = 0; i < ES_CATALOGUE_N_FILES; i++) {
        const char *text = content && i == changed ? content : sound[i];

        files[i] = (es_bytes){ (const uint8_t *)text, strlen(text) };
    }
    ret_note->text[0] = '\0';
    return es_catalogue_parse(files, ret_book, ret_note);
}

static void refused(uint32_t file, const char *content, const char *words)
{
    es_catalogue_book *book = NULL;
    es_note note;

    assert_int_equal(parse(file, content, &book, &note), ES_CORRUPT);
    assert_null(book);
    if (!strstr(note.text, words))
        fail_msg("'%s' does not say '%s'", note.text, words);
}

/* The sound file with `from` replaced by `to`, once. */
static void refused_when(uint32_t file, const char *from, const char *to, const char *words)
{
    const char *at = strstr(sound[file], from);
    size_t size = strlen(sound[file]) + strlen(to) + 1;
    char *text = malloc(size);

    assert_true(at && text);
    snprintf(text, size, "%.*s%s%s", (int)(at - sound[file]), sound[file], to, at + strlen(from));
    refused(file, text, words);
    free(text);
}

static void a_small_one_is_read(void **unused)
{
    es_catalogue_book *book = NULL;
    const es_catalogue *tables;
    const es_catalogue_update *update;
    es_note note;

    (void)unused;
    assert_int_equal(parse(0, NULL, &book, &note), ES_OK);
    tables = es_catalogue_tables(book);
    assert_int_equal(tables->n_updates, 2);
    assert_int_equal(tables->updates[0]->kb, 4493471);
    update = es_catalogue_find(tables, 4499149);
    assert_ptr_equal(update, tables->updates[1]);
    assert_int_equal(update->month, 2019 * 12 + 4);
    assert_int_equal(update->architectures, ES_ARCHITECTURE_X86 | ES_ARCHITECTURE_AMD64);
    assert_int_equal(update->n_kernels, 1);
    assert_int_equal(update->kernels[0][3], 20512);
    assert_int_equal(update->n_fixes, 1);
    assert_int_equal(tables->updates[0]->n_superseded_by, 1);
    assert_ptr_equal(tables->updates[0]->superseded_by[0], update);
    assert_ptr_equal(tables->cves[0]->fixes[0]->update, update);
    assert_true(es_text_equal(tables->updates[0]->source, es_text_of("x, y \"z\"")));
    assert_int_equal(tables->kernels[0]->build, 6002);
    assert_null(es_catalogue_find(tables, 4489880));
    assert_null(es_catalogue_find(NULL, 1));
    es_catalogue_book_free(book);
}

static void issues(void **unused)
{
    es_catalogue_book *book = NULL;
    es_note note;

    (void)unused;
    assert_int_equal(parse(0, NULL, &book, &note), ES_OK);
    assert_int_equal(es_catalogue_issue(es_catalogue_tables(book)->updates[0]), 2);
    assert_int_equal(es_catalogue_issue(es_catalogue_tables(book)->updates[1]), 0);
    es_catalogue_book_free(book);
    book = NULL;
    assert_int_equal(parse(ES_CATALOGUE_REISSUES, "", &book, &note), ES_OK); /* may be left out */
    assert_int_equal(es_catalogue_issue(es_catalogue_tables(book)->updates[0]), 0);
    es_catalogue_book_free(book);
    refused_when(ES_CATALOGUE_REISSUES, "4493471", "4489880", "no row in updates.csv");
    refused_when(ES_CATALOGUE_REISSUES, "x\n", "x\n4493471,3,x\n", "second row");
    refused_when(ES_CATALOGUE_REISSUES, ",2,", ",1,", "line 2");
    refused_when(ES_CATALOGUE_REISSUES, ",x", ",", "line 2");
}

static void other_columns_and_line_ends_are_fine(void **unused)
{
    es_catalogue_book *book = NULL;
    es_note note;

    (void)unused;
    assert_int_equal(parse(ES_CATALOGUE_LIFECYCLE,
                           "later,phase,product,starts,ends,source\r\n"
                           "x,esu-year-1,Windows Server 2008,2020-01-14,,\"a\r\nb\"\r\n",
                           &book, &note),
                     ES_OK);
    assert_true(es_text_equal(es_catalogue_tables(book)->phases[0]->phase,
                              es_text_of("esu-year-1")));
    es_catalogue_book_free(book);
}

static void what_is_refused(void **unused)
{
    (void)unused;
    refused(ES_CATALOGUE_EDITION, "yesterday\n", "edition, line 1");
    refused(ES_CATALOGUE_EDITION, "2026-02-30\n", "edition, line 1");
    refused(ES_CATALOGUE_CVES, "", "cves.csv, line 1: the header is missing");
    refused(ES_CATALOGUE_CVES, "kb,cve\n", "cves.csv, line 1: the column 'component' is missing");
    refused(ES_CATALOGUE_UPDATES, "\xff", "updates.csv, line 1: the file is not UTF-8");
    refused_when(ES_CATALOGUE_UPDATES, "4493471,monthly", "44934710000,monthly",
                 "updates.csv, line 3: '44934710000' is no KB number");
    refused_when(ES_CATALOGUE_UPDATES, "4493471,monthly", ",monthly", "line 3");
    refused_when(ES_CATALOGUE_UPDATES, "monthly-rollup", "quarterly-rollup",
                 "line 2: 'quarterly-rollup'");
    refused_when(ES_CATALOGUE_UPDATES, "general", "specific", "line 2: 'specific'");
    refused_when(ES_CATALOGUE_UPDATES, "2019-05-14", "2019-13-14", "line 2: '2019-13-14'");
    refused_when(ES_CATALOGUE_UPDATES, "2019-05,", ",", "needs its servicing_month");
    refused_when(ES_CATALOGUE_UPDATES, "6.0.6003.20512", "6.0.6003", "is no version");
    refused_when(ES_CATALOGUE_UPDATES, "x86;amd64", "x86;alpha", "'alpha' is no architecture");
    refused_when(ES_CATALOGUE_UPDATES, "4489880", "4499149", "circle");
    refused_when(ES_CATALOGUE_UPDATES, "4493471,monthly", "4499149,monthly", "second row");
    refused_when(ES_CATALOGUE_UPDATES, "\"\"\",2019-04,,", "\"\"z", "line 3");
    refused_when(ES_CATALOGUE_UPDATES, "\"x, y", "x\", y", "quote");
    refused_when(ES_CATALOGUE_CVES, "4499149,", "4499150,", "cves.csv, line 2");
    refused_when(ES_CATALOGUE_CVES, "CVE-2019-0708", "BlueKeep", "no CVE");
    refused_when(ES_CATALOGUE_CVES, "yes", "perhaps", "'perhaps'");
    refused_when(ES_CATALOGUE_CVES, "Windows RDP,", "", "it has 6 cells, the header has 7");
    refused_when(ES_CATALOGUE_KERNELS, ",6003,", ",6002,", "version and build differ");
    refused_when(ES_CATALOGUE_ACTIVATIONS, "553673ed", "553673EG", "GUID");
}

static void order_of_cves(void **unused)
{
    static const char *const order[] = { "ADV180002", "ADV190013", "CVE-1999-0001",
                                         "CVE-2019-0708", "CVE-2019-1040", "CVE-2019-10040",
                                         "CVE-2020-0001" };

    (void)unused;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
            int found = es_cve_compare(es_text_of(order[i]), es_text_of(order[k]));

            assert_int_equal(found < 0 ? -1 : found > 0, i < k ? -1 : i > k);
        }
}

/* Invariants of the shipped tables: counts, both directions of every link, unbroken months. */
static void the_shipped_one(void **unused)
{
    es_catalogue_book *book = NULL;
    const es_catalogue *tables;
    int32_t months[2] = { 0, 0 };
    uint32_t n = 0;
    es_note note;

    (void)unused;
    if (es_catalogue_load(folder, &book, &note) != ES_OK)
        fail_msg("%s", note.text);
    tables = es_catalogue_tables(book);
    assert_int_equal(tables->n_updates, 1265);
    assert_int_equal(tables->n_fixes, 7568);
    for (uint32_t i = 0; i < tables->n_updates; i++) {
        const es_catalogue_update *update = tables->updates[i];

        assert_int_equal(update->index, i);
        assert_ptr_equal(es_catalogue_find(tables, update->kb), update);
        n += update->n_fixes;
        if (update->kind == ES_UPDATE_MONTHLY_ROLLUP)
            months[0]++;
        if (update->kind == ES_UPDATE_SECURITY_ONLY)
            months[1]++;
        for (uint32_t k = 0; k < update->n_fixes; k++)
            assert_ptr_equal(update->fixes[k]->update, update);
    }
    assert_int_equal(n, tables->n_fixes);
    assert_int_equal(months[0], 89);
    assert_int_equal(months[1], 89);
    n = 0;
    for (uint32_t i = 0; i < tables->n_cves; i++) {
        assert_int_equal(tables->cves[i]->index, i);
        assert_true(!i || es_cve_compare(tables->cves[i - 1]->id, tables->cves[i]->id) < 0);
        for (uint32_t k = 0; k < tables->cves[i]->n_fixes; k++)
            assert_ptr_equal(tables->cves[i]->fixes[k]->cve, tables->cves[i]);
        n += tables->cves[i]->n_fixes;
    }
    assert_int_equal(n, tables->n_fixes);
    es_catalogue_book_free(book);
}

static void a_folder_that_is_none(void **unused)
{
    es_catalogue_book *book = NULL;
    es_note note;

    (void)unused;
    assert_int_equal(es_catalogue_load("/nonexistent", &book, &note), ES_ABSENT);
    assert_non_null(strstr(note.text, "cves.csv"));
    assert_null(es_catalogue_tables(NULL));
}

static void kb_numbers(void **unused)
{
    (void)unused;
    assert_int_equal(es_kb_number(es_text_of("KB4499149")), 4499149);
    assert_int_equal(es_kb_number(es_text_of("kb943729")), 943729);
    assert_int_equal(es_kb_number(es_text_of("4499149")), 4499149);
    assert_int_equal(es_kb_number(es_text_of("KB")), 0);
    assert_int_equal(es_kb_number(es_text_of("KB44991490000")), 0);
    assert_int_equal(es_kb_number(es_text_of("KB4499a49")), 0);
    assert_int_equal(es_kb_number(es_text_of("")), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_one_is_read),
        cmocka_unit_test(issues),
        cmocka_unit_test(other_columns_and_line_ends_are_fine),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(order_of_cves),
        cmocka_unit_test(the_shipped_one),
        cmocka_unit_test(a_folder_that_is_none),
        cmocka_unit_test(kb_numbers),
    };

    (void)snprintf(folder, sizeof folder, "%s/../src/host/catalogue", argc > 1 ? argv[1] : ".");
    return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
