/* SPDX-License-Identifier: Apache-2.0
 *
 * updates_case.h: a test of the updates plugin with one machine and the real catalogue.
 */
#ifndef UPDATES_CASE_H
#define UPDATES_CASE_H

#include "updates_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static es_catalogue_book *book;
static bench *on;

#define BLUEKEEP "CVE-2019-0708"  /* rollup KB4499149, security-only KB4499180, 2019-05 */
#define APRIL "CVE-2019-0859"     /* rollup KB4493471, security-only KB4493458, 2019-04 */
#define ETERNAL "CVE-2017-0144"   /* KB4012598, 2017-03 */

static inline int begin(void **unused)
{
    (void)unused;
    on = bench_new(es_catalogue_tables(book));
    return 0;
}

static inline int end(void **unused)
{
    (void)unused;
    bench_free(on);
    return 0;
}

static inline void judge(void)
{
    assert_int_equal(bench_judge(on), ES_OK);
}

/* The answer to one question about a machine as it stands. */
static inline const char *ask(uint32_t kind, const char *id)
{
    const char *answer;

    bench_ask(on, kind, id);
    judge();
    answer = bench_row_of(on, "questions", "id", id, "answer");
    assert_non_null(answer);
    return answer;
}

static inline void expect_cve(const char *id, const char *answer)
{
    const char *found = ask(ES_ASKED_CVE, id);

    if (strcmp(found, answer) != 0)
        fail_msg("%s: %s, not %s: %s", id, found, answer,
                 bench_row_of(on, "questions", "id", id, "explanation"));
}

static inline const char *asked(const char *id, const char *name)
{
    return bench_row_of(on, "questions", "id", id, name);
}

static inline void install(uint32_t kb, const char *time)
{
    bench_package(on, kb, "installed", time);
}

/* Load the catalogue that lies beside the seeds. */
static inline int catalogue_loaded(const char *seeds)
{
    char folder[4096];
    es_note note;

    (void)snprintf(folder, sizeof folder, "%s/../src/host/catalogue", seeds);
    if (es_catalogue_load(folder, &book, &note) == ES_OK)
        return 1;
    fprintf(stderr, "%s\n", note.text);
    return 0;
}

#endif
