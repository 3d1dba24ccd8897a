/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_updates_disks.c: what must hold of the updates plugin on every made disk.
 *
 * Each disk is examined once, by the real host and all bundled plugins. Its facts then go to the
 * plugin again and again: with every CVE of the catalogue asked for, and with one update after the
 * other left out.
 */
#include "plugin_fixture.h"
#include "updates_bench.h"

#include <dirent.h>

static es_catalogue_book *shipped;

/* ------------------------------------------------------------------ which disks */

#define DISKS_MAX 512u

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static int ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n >= m && !strcmp(name + n - m, end);
}

/* Every disk that is one file, in the order of their names. */
static uint32_t all_disks(char **ret_names)
{
    DIR *folder = opendir(disks);
    struct dirent *entry;
    uint32_t n = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)))
        if (ends_with(entry->d_name, ".raw") || !strcmp(entry->d_name, "demo.E01")) {
            assert_true(n < DISKS_MAX);
            ret_names[n++] = strdup(entry->d_name);
        }
    closedir(folder);
    qsort(ret_names, n, sizeof *ret_names, by_name);
    return n;
}

/* There is something on it to look into. */
static int opens(const char *name)
{
    char path[4096];
    struct stat about;
    es_evidence_file file = { .name = name };
    es_evidence evidence = { .files = &file, .n_files = 1 };
    es_source *source = NULL;
    es_volumes *volumes = NULL;
    es_note note;
    int good;

    snprintf(path, sizeof path, "%s/%s", disks, name);
    file.fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file.fd >= 0);
    assert_int_equal(fstat(file.fd, &about), 0);
    file.size = (uint64_t)about.st_size;
    good = es_source_open(&evidence, &source, &note) == ES_OK &&
           es_volumes_read(source, ignore_volume_note, NULL, &volumes) == ES_OK;
    es_volumes_free(volumes);
    es_source_free(source);
    close(file.fd);
    return good;
}

/* ------------------------------------------------------------------ on each of them */

typedef struct tried {
    uint32_t n_disks, n_judged, n_left_out;
} tried;

static int is_exposure_judged(bench *on)
{
    return strcmp(bench_answer(on, "exposure"), "not-applicable") != 0;
}

/* Without any one of its updates no CVE is better off. */
static void without_each(bench *on, const char *disk, tried *to)
{
    const es_catalogue *catalogue = es_catalogue_tables(shipped);
    uint32_t n_updates = bench_n_rows(on, "updates");
    uint32_t *kbs = calloc(n_updates + 1, sizeof *kbs);
    uint8_t *before = calloc(catalogue->n_cves, 1), *after = calloc(catalogue->n_cves, 1);

    assert_true(kbs && before && after);
    bench_ranks(on, before);
    for (uint32_t i = 0; i < n_updates; i++)
        kbs[i] = es_kb_number(es_text_of(bench_row(on, "updates", i, "kb")));
    for (uint32_t i = 0; i < n_updates; i++) {
        if (!es_catalogue_find(catalogue, kbs[i]))
            continue; /* mends nothing that is asked for */
        bench_leave_out(on, kbs[i]);
        assert_int_equal(bench_judge(on), ES_OK);
        bench_ranks(on, after);
        for (uint32_t k = 0; k < catalogue->n_cves; k++)
            if (after[k] < before[k])
                fail_msg("%s: without KB%u %s is better off", disk, kbs[i],
                         bench_row(on, "questions", k, "id"));
        to->n_left_out++;
    }
    free(kbs);
    free(before);
    free(after);
}

/* At the end of the record, and on a day in the midst of most disks' updates. */
static const char *const days[] = { NULL, "2019-04-25" };

static void try_state(const outcome *o, const char *disk, uint32_t installation, tried *to)
{
    bench *on = bench_of_ledger(es_catalogue_tables(shipped), o->m.ledger, installation);

    bench_ask_all_cves(on);
    for (size_t i = 0; i < ES_COUNT(days); i++) {
        bench_leave_out(on, 0);
        bench_as_of(on, days[i]);
        assert_int_equal(bench_judge(on), ES_OK);
        if (!is_exposure_judged(on))
            continue;
        to->n_judged++;
        without_each(on, disk, to); /* bench_ranks() wants an answer for each */
    }
    bench_free(on);
}

static void every_disk(void **unused)
{
    char *names[DISKS_MAX];
    uint32_t n = all_disks(names);
    tried so_far = { 0, 0, 0 };

    (void)unused;
    for (uint32_t i = 0; i < n; i++) {
        const es_installation_record *states = NULL;
        outcome o;
        size_t n_states;

        if (opens(names[i])) {
            outcome_make(&o, names[i], NULL);
            n_states = es_ledger_installations(o.m.ledger, &states);
            for (size_t k = 0; k < n_states; k++)
                try_state(&o, names[i], states[k].id, &so_far);
            outcome_free(&o);
            so_far.n_disks++;
        }
        free(names[i]);
    }
    print_message("%u disks, %u judgements, %u updates left out\n", so_far.n_disks,
                  so_far.n_judged, so_far.n_left_out);
    assert_true(so_far.n_disks > 80);
    assert_true(so_far.n_judged > 120);
    assert_true(so_far.n_left_out > 300);
}

/* ------------------------------------------------------------------ products */

static const char *answer_to(bench *on, uint32_t kind, const char *id)
{
    const char *answer;

    bench_ask(on, kind, id);
    assert_int_equal(bench_judge(on), ES_OK);
    answer = bench_row_of(on, "questions", "id", id, "answer");
    assert_non_null(answer);
    return answer;
}

static void products(void **unused)
{
    static const struct {
        const char *version;
        int64_t pack;
    } known[] = { { "2.0", 2 }, { "3.0", 2 }, { "3.5", 1 }, { "4.5.2", -1 } };
    const es_fact_record *fact;
    outcome o;
    bench *on;

    (void)unused;
    outcome_make(&o, "updates-products.raw", "KB4012598");
    fact = the_fact(&o, "updates.browser", NULL, NULL);
    assert_field(&o, fact, "version", "9.0.8112.16421");
    assert_int_equal(facts_with(&o, "updates.framework", NULL, NULL, NULL), ES_COUNT(known));
    for (size_t i = 0; i < ES_COUNT(known); i++) {
        fact = the_fact(&o, "updates.framework", "version", known[i].version);
        if (known[i].pack >= 0)
            assert_number(&o, fact, "service_pack", known[i].pack);
        else
            assert_int_equal(field_of(&o, fact, "service_pack")->type, 0);
    }
    on = bench_of_ledger(es_catalogue_tables(shipped), o.m.ledger, 1);
    assert_string_equal(answer_to(on, ES_ASKED_CVE, "CVE-2017-0144"), "covered");
    assert_string_equal(bench_row_of(on, "questions", "id", "CVE-2017-0144", "basis"), "files");
    assert_string_equal(answer_to(on, ES_ASKED_CVE, "ADV190009"), "exposed");
    assert_string_equal(answer_to(on, ES_ASKED_CVE, "CVE-2015-2479"), "covered"); /* .NET 4.6 */
    assert_string_equal(bench_row_of(on, "questions", "id", "CVE-2015-2479", "by"), "(null)");
    bench_free(on);
    outcome_free(&o);
    /* not asked for: its manifests are not read */
    outcome_make(&o, "updates-products.raw", NULL);
    on = bench_of_ledger(es_catalogue_tables(shipped), o.m.ledger, 1);
    assert_string_equal(answer_to(on, ES_ASKED_CVE, "CVE-2017-0144"), "unknown");
    bench_free(on);
    outcome_free(&o);
}

/* ------------------------------------------------------------------ the catalogue */

enum { UNSEEN, OPEN, DONE };

static void walk_down(const es_catalogue *catalogue, const es_catalogue_update *from,
                      uint8_t *marks)
{
    marks[from->index] = OPEN;
    for (uint32_t i = 0; i < from->n_supersedes; i++) {
        const es_catalogue_update *older = es_catalogue_find(catalogue, from->supersedes[i]);

        if (older && marks[older->index] == OPEN)
            fail_msg("KB%u supersedes KB%u, which leads back to it", from->kb, older->kb);
        if (older && marks[older->index] == UNSEEN)
            walk_down(catalogue, older, marks);
    }
    marks[from->index] = DONE;
}

/* By another way than the one by which the host refuses a cycle. */
static void supersedence_has_no_cycle(void **unused)
{
    const es_catalogue *catalogue = es_catalogue_tables(shipped);
    uint8_t *marks = calloc(catalogue->n_updates, 1);

    (void)unused;
    assert_non_null(marks);
    for (uint32_t i = 0; i < catalogue->n_updates; i++)
        if (marks[i] == UNSEEN)
            walk_down(catalogue, catalogue->updates[i], marks);
    free(marks);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(supersedence_has_no_cycle),
        cmocka_unit_test(products),
        cmocka_unit_test(every_disk),
    };
    es_note note;
    int failed;

    if (argc < 4)
        return 1;
    disks = argv[1];
    plugin_folder = argv[2];
    catalogue_folder = argv[3];
    if (es_catalogue_load(catalogue_folder, &shipped, &note) != ES_OK) {
        fprintf(stderr, "%s\n", note.text);
        return 1;
    }
    failed = cmocka_run_group_tests_name("plugin_updates_disks", tests, NULL, NULL);
    es_catalogue_book_free(shipped);
    return failed;
}
