/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_summary.c: what came of a batch: counts, builds, what could not be scanned and why, and what
 * took longest.
 */
#include "batch_inside.h"

#include "report/page.h"
#include "report/show.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

#define SLOWEST 5u
#define WIDTH 80u
#define INDENT 6u
#define FAILURES_SHOWN 50u

static void put_answer(void *context, const char *answer, int64_t n)
{
    bool *any = context;

    printf("%s %s %lld", *any ? "," : "build:", answer, (long long)n);
    *any = true;
}

static void sum_verdicts(const batch *all)
{
    es_store *store = NULL;
    bool any = false;
    es_note note;

    if (es_store_open(all->options->store, false, &store, &note) == ES_OK)
        es_store_count(store, "build", all->before, put_answer, &any);
    if (any)
        putchar('\n');
    es_store_free(store);
}

/* How many of the images that were done before have gaps: they have them still. */
static size_t count_old_gaps(const batch *all)
{
    es_store *store = NULL;
    size_t n = 0;
    es_note note;

    if (es_store_open(all->options->store, false, &store, &note) == ES_OK)
        for (size_t i = 0; i < all->jobs.n; i++) {
            es_store_key key = es_batch_key(all, &all->jobs.list[i]);
            bool has = false;

            n += all->done[i].how == ES_DONE_BEFORE &&
                 es_store_has_gaps(store, &key, &has) == ES_OK && has;
        }
    es_store_free(store);
    return n;
}

typedef struct ranked {
    const es_job *job;
    const es_done *done;
} ranked;

static int compare_times(const void *a, const void *b)
{
    double left = ((const ranked *)a)->done->seconds, right = ((const ranked *)b)->done->seconds;

    return (left < right) - (left > right);
}

static int compare_reasons(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    int order = strcmp(left->done->reason ? left->done->reason : "",
                       right->done->reason ? right->done->reason : "");

    return order ? order : strcmp(left->job->path, right->job->path);
}

/* Broken into lines, indented. */
static void put_words(const char *string)
{
    es_buffer shown = es_buffer_make(es_show_room(strlen(string)));
    es_text words;

    es_show_string(&shown, string);
    words = (es_text){ (const char *)shown.data, shown.size };
    for (uint64_t at = 0; at < words.size;) {
        es_text line = es_page_next_line(words, WIDTH - INDENT, &at);

        printf("%*s%.*s\n", (int)INDENT, "", (int)line.size, line.data);
    }
    es_buffer_free(&shown);
}

static void sum_failures(ranked *all, size_t n)
{
    size_t shown = 0;

    if (!n)
        return;
    qsort(all, n, sizeof *all, compare_reasons);
    puts("could not be scanned:");
    for (; shown < n && shown < FAILURES_SHOWN; shown++) {
        fputs("  ", stdout);
        es_say_safe(stdout, es_text_of(all[shown].job->path), UINT64_MAX);
        putchar('\n');
        put_words(all[shown].done->reason ? all[shown].done->reason : "no reason is known");
    }
    if (shown < n)
        printf("  and %zu more: SELECT path, reason FROM latest WHERE state = 2\n", n - shown);
}

static void sum_slowest(ranked *all, size_t n)
{
    if (n < 2)
        return;
    qsort(all, n, sizeof *all, compare_times);
    puts("slowest:");
    for (size_t i = 0; i < n && i < SLOWEST; i++) {
        printf("  %8.2f s  ", all[i].done->seconds);
        es_say_safe(stdout, es_text_of(all[i].job->path), UINT64_MAX);
        putchar('\n');
    }
}

int es_batch_sum_up(const batch *all)
{
    ranked *failed = calloc(all->jobs.n, sizeof *failed), *run = calloc(all->jobs.n, sizeof *run);
    size_t counts[ES_DONE_KINDS] = { 0 }, n_failed = 0, n_run = 0, n_old_gaps = 0;
    bool whole;

    for (size_t i = 0; failed && run && i < all->jobs.n; i++) {
        const es_done *done = &all->done[i];
        ranked one = { &all->jobs.list[i], done };

        counts[done->how]++;
        if (done->how == ES_DONE_FAILED)
            failed[n_failed++] = one;
        if (done->how <= ES_DONE_FAILED)
            run[n_run++] = one;
    }
    if (counts[ES_DONE_BEFORE])
        n_old_gaps = count_old_gaps(all);
    printf("%zu image%s: %zu scanned, %zu with gaps, %zu could not be scanned, %zu done before",
           all->jobs.n, all->jobs.n == 1 ? "" : "s", counts[ES_DONE_SCANNED],
           counts[ES_DONE_GAPS], counts[ES_DONE_FAILED], counts[ES_DONE_BEFORE]);
    if (n_old_gaps)
        printf(", %zu of them with gaps", n_old_gaps);
    putchar('\n');
    if (counts[ES_DONE_ELSEWHERE])
        printf("%zu left to another batch\n", counts[ES_DONE_ELSEWHERE]);
    if (counts[ES_DONE_STOP] + counts[ES_DONE_NOT])
        printf("%zu not done\n", counts[ES_DONE_STOP] + counts[ES_DONE_NOT]);
    if (all->n_unreadable)
        printf("%zu path%s could not be read\n", all->n_unreadable,
               all->n_unreadable == 1 ? "" : "s");
    sum_verdicts(all);
    if (failed && run) {
        sum_failures(failed, n_failed);
        sum_slowest(run, n_run);
    }
    free(failed);
    free(run);
    whole = !counts[ES_DONE_STOP] && !counts[ES_DONE_NOT];
    if (!whole || fflush(stdout) != 0)
        return ES_EXIT_FAILED;
    return counts[ES_DONE_GAPS] || n_old_gaps || counts[ES_DONE_FAILED] || all->n_unreadable
               ? ES_EXIT_GAPS
               : ES_EXIT_SCANNED;
}
