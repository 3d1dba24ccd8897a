/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_updates_properties.c: what must hold of the updates plugin on any machine.
 *
 * Machines are drawn at random and judged with every CVE of the catalogue asked for. A model that
 * goes the other way (from an update up to whatever covers it) says what must come out where the
 * catalogue decides alone; for the rest the answers must agree with each other: without an update
 * nothing is better off, nothing gets worse from day to day where nothing is uninstalled, and an
 * update that is said to cover a CVE is there and leads to one that mends it.
 */
#include "base/time.h"
#include "updates_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROLLUPS_FROM (2018 * 12 + 8)
#define DRAWN 14u

enum { NO, MAYBE, YES };

static es_catalogue_book *book;
static const es_catalogue *catalogue;
static const es_catalogue_update *previews[64];
static uint32_t n_previews;
static bench *on;

static int begin(void **unused)
{
    (void)unused;
    on = bench_new(catalogue);
    bench_kernel(on, "6.0.6003.24000"); /* behind all of them: it contradicts nothing */
    bench_ask_all_cves(on);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    bench_free(on);
    return 0;
}

static uint32_t random_state = 1;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

/* ------------------------------------------------------------------ the model */

typedef struct model {
    uint8_t own[4096], cover[4096];
    uint8_t known[4096]; /* `cover` is decided */
} model;

static uint8_t larger(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

/* What previews say of a rollup: that of the month before is in them, and that of their own month
 * when they came after it. */
static uint8_t by_previews(const model *of, const es_catalogue_update *rollup)
{
    uint8_t best = NO;

    for (uint32_t i = 0; i < n_previews; i++) {
        const es_catalogue_update *one = previews[i];
        uint8_t own = of->own[one->index];

        if (own == NO)
            continue;
        if (one->month - 1 == rollup->month ||
            (one->month == rollup->month && es_time_known(one->released) &&
             es_time_known(rollup->released) && one->released.ticks > rollup->released.ticks))
            best = larger(best, own);
        else if (one->month == rollup->month)
            best = larger(best, MAYBE);
    }
    return best;
}

static uint8_t model_cover(model *of, const es_catalogue_update *update)
{
    uint32_t index = update->index;

    if (of->known[index])
        return of->cover[index];
    of->known[index] = 1;
    of->cover[index] = of->own[index];
    if (update->kind == ES_UPDATE_MONTHLY_ROLLUP)
        of->cover[index] = larger(of->cover[index], by_previews(of, update));
    for (uint32_t i = 0; i < update->n_superseded_by; i++)
        if (update->superseded_by[i]->kind != ES_UPDATE_SECURITY_ONLY)
            of->cover[index] = larger(of->cover[index],
                                      model_cover(of, update->superseded_by[i]));
    return of->cover[index];
}

static int contains(es_text text, const char *word)
{
    for (uint64_t i = 0; i + strlen(word) <= text.size; i++)
        if (!memcmp(text.data + i, word, strlen(word)))
            return 1;
    return 0;
}

/* A row of the monthly releases, which the catalogue decides alone. */
static int is_monthly(const es_catalogue_fix *fix)
{
    return fix->update->kind >= ES_UPDATE_MONTHLY_ROLLUP &&
           fix->update->kind <= ES_UPDATE_OUT_OF_BAND && fix->update->month >= ROLLUPS_FROM &&
           !contains(fix->component, "Internet Explorer") &&
           !contains(fix->component, ".NET Framework");
}

static int is_for_amd64(const es_catalogue_fix *fix)
{
    return (!fix->architectures || fix->architectures & ES_ARCHITECTURE_AMD64) &&
           (!fix->update->architectures || fix->update->architectures & ES_ARCHITECTURE_AMD64);
}

/* The rank that must come out: 0 covered, 1 unknown, 2 exposed; -1: the model does not decide. */
static int model_rank(model *of, const es_catalogue_cve *cve)
{
    uint8_t worst = YES;
    int applies = 0;

    for (uint32_t i = 0; i < cve->n_fixes; i++) {
        uint8_t best = NO;

        if (!is_monthly(cve->fixes[i]))
            return -1;
        if (!is_for_amd64(cve->fixes[i]))
            continue;
        for (uint32_t k = 0; k < cve->n_fixes; k++)
            if (cve->fixes[k]->update->month == cve->fixes[i]->update->month &&
                is_for_amd64(cve->fixes[k]))
                best = larger(best, model_cover(of, cve->fixes[k]->update));
        worst = best < worst ? best : worst;
        applies = 1;
    }
    return applies ? YES - worst : -1;
}

/* ------------------------------------------------------------------ machines */

typedef struct machine {
    uint32_t kbs[DRAWN];
    model is;
} machine;

/* Half of them of the monthly releases, and most others superseded or superseding. */
static const es_catalogue_update *draw_update(void)
{
    for (;;) {
        const es_catalogue_update *one = catalogue->updates[draw(catalogue->n_updates)];
        int monthly = one->kind >= ES_UPDATE_MONTHLY_ROLLUP && one->kind <= ES_UPDATE_OUT_OF_BAND;
        uint32_t luck = draw(100);

        if (monthly || luck < (one->n_supersedes || one->n_superseded_by ? 20 : 4))
            return one;
    }
}

static void put(machine *to, uint32_t place, const es_catalogue_update *update)
{
    static const struct {
        const char *state;
        int mum, cat, broken;
        uint8_t effect;
    } how[] = {
        { "installed", 1, 1, 0, YES },  { "installed", 1, 1, 0, YES },
        { "superseded", 1, 1, 0, YES }, { "uninstall-pending", 1, 1, 0, YES },
        { "installed", 1, 0, 0, MAYBE }, { "installed", 0, 1, 0, MAYBE },
        { "installed", 1, -1, 0, MAYBE }, { "permanent", 1, 1, 1, MAYBE },
        { "staged", 1, 1, 0, NO },      { "install-pending", 1, 1, 0, NO },
        { "absent", 1, 1, 0, NO },
    };
    uint32_t n = draw(ES_COUNT(how));
    int is_in = how[n].effect != NO;

    to->kbs[place] = update->kb;
    if (to->is.known[update->index]++)
        return; /* it was drawn before */
    bench_package(on, update->kb, how[n].state, is_in ? "2019-05-15T03:07:22Z" : NULL);
    bench_version(on, "6.0.9.1");
    bench_files(on, how[n].mum, how[n].cat);
    if (how[n].broken)
        bench_broken(on);
    to->is.own[update->index] = how[n].effect;
}

static void draw_machine(machine *to)
{
    void *unused = NULL;

    (void)end(&unused);
    (void)begin(&unused);
    memset(to, 0, sizeof *to);
    for (uint32_t i = 0; i < DRAWN; i++)
        put(to, i, draw_update());
    memset(to->is.known, 0, sizeof to->is.known);
}

/* ------------------------------------------------------------------ what must hold */

static uint32_t expect_model(machine *about, const uint8_t *ranks)
{
    uint32_t n = 0;

    memset(about->is.known, 0, sizeof about->is.known);
    for (uint32_t i = 0; i < catalogue->n_cves; i++) {
        int wanted = model_rank(&about->is, catalogue->cves[i]);

        if (wanted >= 0 && ranks[i] != wanted)
            fail_msg("%s: %s, not %d: %s", bench_row(on, "questions", i, "id"),
                     bench_row(on, "questions", i, "answer"), wanted,
                     bench_row(on, "questions", i, "explanation"));
        n += wanted >= 0;
    }
    return n;
}

/* Down from an update, over what it supersedes and what a preview holds. */
static int leads_to(const es_catalogue_update *from, const es_catalogue_cve *cve)
{
    for (uint32_t i = 0; i < cve->n_fixes; i++) {
        machine one;

        memset(&one, 0, sizeof one);
        one.is.own[from->index] = YES;
        if (is_for_amd64(cve->fixes[i]) && model_cover(&one.is, cve->fixes[i]->update) != NO)
            return 1;
    }
    return 0;
}

/* What is said of each answer: the update that covers is there and mends it, the one that is
 * missing mends it and is not in effect, and there is always a sentence. */
static void expect_witnesses(const machine *about, const uint8_t *ranks)
{
    for (uint32_t i = 0; i < catalogue->n_cves; i++) {
        const es_catalogue_cve *cve = catalogue->cves[i];
        const char *by = bench_row(on, "questions", i, "by");
        const es_catalogue_update *update =
            es_catalogue_find(catalogue, es_kb_number(es_text_of(by)));

        assert_true(strlen(bench_row(on, "questions", i, "explanation")) > 20);
        if (!update) {
            assert_string_equal(by, "(null)");
            assert_int_not_equal(ranks[i], 2);
            continue;
        }
        if (ranks[i] == 2 ? about->is.own[update->index] == YES
                          : about->is.own[update->index] == NO)
            fail_msg("%s: %s by KB%u, whose effect is %u", bench_row(on, "questions", i, "id"),
                     bench_row(on, "questions", i, "answer"), update->kb,
                     about->is.own[update->index]);
        if (!leads_to(update, cve))
            fail_msg("%s: %s by KB%u, which has nothing to do with it",
                     bench_row(on, "questions", i, "id"), bench_row(on, "questions", i, "answer"),
                     update->kb);
    }
}

static void count_ranks(const uint8_t *ranks, uint32_t counts[3])
{
    for (uint32_t i = 0; i < catalogue->n_cves; i++)
        counts[ranks[i]]++;
}

static void answers_are_those_of_the_model(void **unused)
{
    uint8_t *ranks = calloc(catalogue->n_cves, 1);
    uint32_t counts[3] = { 0 }, decided = 0;
    static machine drawn;

    (void)unused;
    assert_non_null(ranks);
    for (uint32_t i = 0; i < 24; i++) {
        draw_machine(&drawn);
        assert_int_equal(bench_judge(on), ES_OK);
        bench_ranks(on, ranks);
        decided += expect_model(&drawn, ranks);
        if (i < 4)
            expect_witnesses(&drawn, ranks);
        count_ranks(ranks, counts);
    }
    print_message("%u answers are those of the model; %u covered, %u unknown, %u exposed\n",
                  decided, counts[0], counts[1], counts[2]);
    assert_true(decided > 24000 && counts[0] > 5000 && counts[1] > 5000 && counts[2] > 5000);
    free(ranks);
}

/* Without any one of its updates none of a machine's answers gets better. */
static void taking_an_update_away(void **unused)
{
    uint8_t *before = calloc(catalogue->n_cves, 1), *after = calloc(catalogue->n_cves, 1);
    static machine drawn;
    uint32_t n_worse = 0;

    (void)unused;
    assert_true(before && after);
    for (uint32_t k = 0; k < 6; k++) {
        draw_machine(&drawn);
        assert_int_equal(bench_judge(on), ES_OK);
        bench_ranks(on, before);
        for (uint32_t i = 0; i < DRAWN; i++) {
            uint32_t worse = 0;

            bench_leave_out(on, drawn.kbs[i]);
            assert_int_equal(bench_judge(on), ES_OK);
            bench_ranks(on, after);
            for (uint32_t j = 0; j < catalogue->n_cves; j++) {
                if (after[j] < before[j])
                    fail_msg("without KB%u %s is better off", drawn.kbs[i],
                             bench_row(on, "questions", j, "id"));
                worse |= after[j] > before[j];
            }
            n_worse += worse;
        }
    }
    assert_true(n_worse > 12); /* it does make a difference */
    free(before);
    free(after);
}

/* ------------------------------------------------------------------ from day to day */

#define WEEKS 220u

static es_time day_of(uint32_t day, int ending)
{
    es_time time = { INT64_C(131592384000000000) + (int64_t)day * 86400 * INT64_C(10000000),
                     ES_TIME_SECOND, 0 }; /* 2018-01-01, a Monday */

    if (ending)
        time.ticks += INT64_C(86399) * 10000000;
    return time;
}

static const char *words_of(es_time time)
{
    static char word[ES_TIME_STRING_MAX];

    es_time_format(time, word);
    return word;
}

/* Started each Monday at midnight; updates come on other days, and none goes. An update protects
 * from the Monday after it on: the model has it so, and no answer gets worse. */
static void from_day_to_day(void **unused)
{
    uint8_t *before = calloc(catalogue->n_cves, 1), *now = calloc(catalogue->n_cves, 1);
    uint32_t days[DRAWN], n_better = 0;
    static machine drawn;

    (void)unused;
    assert_true(before && now);
    for (uint32_t i = 0; i <= WEEKS; i++)
        bench_boot(on, words_of(day_of(i * 7, 0)));
    memset(&drawn, 0, sizeof drawn);
    for (uint32_t i = 0; i < DRAWN; i++) {
        const es_catalogue_update *one = draw_update();

        for (uint32_t k = 0; k < i; k++)
            if (drawn.kbs[k] == one->kb)
                one = draw_update();
        drawn.kbs[i] = one->kb;
        days[i] = draw(WEEKS * 7 - 90);
        bench_package(on, one->kb, "installed", words_of(day_of(days[i], 1)));
        bench_version(on, "6.0.9.1");
    }
    memset(before, 2, catalogue->n_cves);
    for (uint32_t day = 180; day < WEEKS * 7; day += 97) {
        bench_as_of(on, words_of(day_of(day, 1)));
        assert_int_equal(bench_judge(on), ES_OK);
        bench_ranks(on, now);
        memset(&drawn.is, 0, sizeof drawn.is);
        for (uint32_t i = 0; i < DRAWN; i++)
            if (days[i] / 7 * 7 + 7 <= day)
                drawn.is.own[es_catalogue_find(catalogue, drawn.kbs[i])->index] = YES;
        for (uint32_t i = 0; i < catalogue->n_cves; i++) {
            int wanted = model_rank(&drawn.is, catalogue->cves[i]);

            if (now[i] > before[i] || (wanted >= 0 && wanted != now[i]))
                fail_msg("day %u, %s: %s: %s", day, bench_row(on, "questions", i, "id"),
                         bench_row(on, "questions", i, "answer"),
                         bench_row(on, "questions", i, "explanation"));
            n_better += now[i] < before[i];
        }
        memcpy(before, now, catalogue->n_cves);
    }
    assert_true(n_better > 500);
    free(before);
    free(now);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_are_those_of_the_model, begin, end),
        cmocka_unit_test_setup_teardown(taking_an_update_away, begin, end),
        cmocka_unit_test_setup_teardown(from_day_to_day, begin, end),
    };
    char folder[4096];
    es_note note;
    int failed;

    (void)snprintf(folder, sizeof folder, "%s/../src/host/catalogue", argc > 1 ? argv[1] : ".");
    if (es_catalogue_load(folder, &book, &note) != ES_OK) {
        fprintf(stderr, "%s\n", note.text);
        return 1;
    }
    catalogue = es_catalogue_tables(book);
    for (uint32_t i = 0; i < catalogue->n_updates && n_previews < ES_COUNT(previews); i++)
        if (catalogue->updates[i]->kind == ES_UPDATE_PREVIEW_ROLLUP)
            previews[n_previews++] = catalogue->updates[i];
    failed = cmocka_run_group_tests_name("plugin_updates_properties", tests, NULL, NULL);
    es_catalogue_book_free(book);
    return failed;
}
