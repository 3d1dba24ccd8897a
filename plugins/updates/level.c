/* SPDX-License-Identifier: Apache-2.0
 *
 * level.c: verdicts `patch-level` and `esu-updates`.
 *
 * Both speak of what was certainly in effect. A later rollup of which that cannot be said makes the
 * level unknown, and the explanation names the newest that is certain.
 */
#include "updates.h"

#define MONTHS_MAX 256u
#define BECAUSE_MAX 32u

typedef struct level {
    const es_catalogue_update *certain; /* newest rollup in effect */
    const es_catalogue_update *perhaps; /* newest of which that cannot be said, if newer */
    int32_t behind_general, behind_esu;
} level;

/* Rollups are in the order of KB numbers, which is that of their months but for a few. */
static void find_level(const work *of, level *ret)
{
    const es_catalogue *catalogue = of->catalogue;

    for (uint32_t i = 0; i < catalogue->n_updates; i++) {
        const es_catalogue_update *update = catalogue->updates[i];

        if (update->kind != ES_UPDATE_MONTHLY_ROLLUP)
            continue;
        if (of->cover[i] == YES && (!ret->certain || ret->certain->month < update->month))
            ret->certain = update;
        if (of->cover[i] == MAYBE && (!ret->perhaps || ret->perhaps->month < update->month))
            ret->perhaps = update;
    }
    if (ret->perhaps && ret->certain && ret->perhaps->month < ret->certain->month)
        ret->perhaps = NULL;
    for (uint32_t i = 0; i < catalogue->n_updates; i++) {
        const es_catalogue_update *update = catalogue->updates[i];

        if (update->kind != ES_UPDATE_MONTHLY_ROLLUP || was_released(of, update) == NO ||
            for_architecture(of, update->architectures) == NO ||
            (ret->certain && update->month <= ret->certain->month))
            continue;
        ret->behind_esu++;
        ret->behind_general += update->channel == ES_CHANNEL_GENERAL;
    }
}

static uint32_t level_answer(const work *of, const level *found)
{
    int32_t index;

    if (of->is_nt60 == NO)
        return LEVEL_NOT_APPLICABLE;
    if (of->is_nt60 == MAYBE || !of->catalogue || found->perhaps || !of->own.packages_read ||
        of->before_setup)
        return LEVEL_UNKNOWN;
    if (!found->certain)
        return LEVEL_NONE;
    index = found->certain->month - LEVEL_FIRST;
    return index >= 0 && index < LEVEL_NONE ? (uint32_t)index : LEVEL_UNKNOWN;
}

static void say_certain(const work *of, const level *found, es_prose *to)
{
    const entry *by = of->witness[found->certain->index];
    char month[ES_TIME_WORD_SIZE], time[ES_TIME_WORD_SIZE];

    es_prose_say(to, "The newest monthly rollup %sin effect is that of %s, KB%u",
                 found->perhaps ? "that is certainly " : "",
                 month_word(found->certain->month, month),
                 (unsigned)found->certain->kb);
    if (by && by->kb != found->certain->kb)
        es_prose_say(to, ", covered by KB%u", (unsigned)by->kb);
    if (by && es_time_known(by->effective_from))
        es_prose_say(to, ", in effect since the start of %s",
                     es_time_word(by->effective_from, time));
    else if (by && es_time_known(by->installed))
        es_prose_say(to, ", installed %s; no record tells the first start after it",
                     es_time_word(by->installed, time));
    es_prose_say(to, ". ");
}

static void say_level(const work *of, const level *found, es_prose *to)
{
    const entry *by;
    char month[ES_TIME_WORD_SIZE];

    if (of->is_nt60 == NO) {
        es_prose_say(to, "Monthly rollups of the catalogue are for NT 6.0; this is another "
                         "Windows. ");
        return;
    }
    if (!of->catalogue) {
        es_prose_say(to, "There is no update catalogue. ");
        return;
    }
    if (of->before_setup) {
        say_before_setup(of, to);
        return;
    }
    if (found->certain)
        say_certain(of, found, to);
    else if (!found->perhaps)
        es_prose_say(to, "No monthly rollup is in effect. ");
    if (found->perhaps) {
        by = of->witness[found->perhaps->index];
        es_prose_say(to, "Whether the rollup of %s, KB%u, is in effect cannot be said",
                     month_word(found->perhaps->month, month), (unsigned)found->perhaps->kb);
        if (by && by->why && by->kb != found->perhaps->kb)
            es_prose_say(to, ": of KB%u, which covers it, %s", (unsigned)by->kb, by->why);
        else if (by && by->why)
            es_prose_say(to, ": %s", by->why);
        if (by && by->contradiction.size)
            es_prose_say(to, " (%.*s)", ES_SHOWN(by->contradiction));
        es_prose_say(to, ". ");
    }
    if (of->is_sp2 == NO)
        es_prose_say(to, "Without Service Pack 2 no monthly rollup can be installed. ");
    if (of->is_server == NO)
        es_prose_say(to, "This is a client, for which no monthly rollup was published. ");
    say_limits(of, to);
}

static es_datum security_only_months(const work *of)
{
    static const es_text none[1] = { { "", 0 } };
    void *memory = NULL;
    es_text *months;
    uint64_t n = 0;

    if (!of->catalogue ||
        of->host->alloc(of->host, MONTHS_MAX * sizeof *months, &memory) != ES_OK)
        return es_datum_texts(none, 0);
    months = (es_text *)memory;
    for (int32_t month = LEVEL_FIRST; month < LEVEL_FIRST + LEVEL_NONE; month++)
        for (uint32_t i = 0; n < MONTHS_MAX && i < of->catalogue->n_updates; i++) {
            const es_catalogue_update *update = of->catalogue->updates[i];
            const entry *own = of->by_update[i];

            if (update->kind == ES_UPDATE_SECURITY_ONLY && update->month == month && own &&
                own->effect == YES)
                months[n++] = month_text(of->host, month);
        }
    return es_datum_texts(months, n);
}

es_status judge_level(work *of)
{
    level found = { NULL, NULL, 0, 0 };
    uint64_t because[BECAUSE_MAX];
    es_datum fields[5];
    es_text explanation;
    es_verdict verdict = { sizeof verdict, UPDATES_LEVEL, 0, 0, because, &explanation, fields };
    const es_catalogue_update *named;
    /* of the judged state it is a later one on a day of the past */
    const kernel_file *kernel =
        of->past && of->subject == of->installation ? NULL : of->own.kernel;
    es_prose text;
    es_status status = es_prose_make(of->host, 4000, &text);

    if (status)
        return status;
    for (uint32_t i = 0; i < ES_COUNT(fields); i++)
        fields[i] = es_null();
    if (of->catalogue && of->is_nt60 != NO && !of->before_setup)
        find_level(of, &found);
    verdict.answer = level_answer(of, &found);
    named = found.perhaps ? found.perhaps : found.certain;
    if (named)
        because_entry(because, &verdict.n_because, BECAUSE_MAX, of->witness[named->index]);
    if (found.certain)
        because_entry(because, &verdict.n_because, BECAUSE_MAX, of->witness[found.certain->index]);
    if (kernel)
        because_fact(because, &verdict.n_because, BECAUSE_MAX, kernel->fact);
    if (of->before_setup)
        because_fact(because, &verdict.n_because, BECAUSE_MAX, of->set_up_fact);
    if (found.certain)
        fields[0] = es_datum_text(kb_text(of->host, found.certain->kb));
    if (kernel)
        fields[1] = es_datum_text(kernel->version_text);
    if (of->is_nt60 != NO) {
        fields[2] = security_only_months(of);
        if (of->catalogue && verdict.answer != LEVEL_UNKNOWN) {
            fields[3] = es_datum_integer(found.behind_general);
            fields[4] = es_datum_integer(found.behind_esu);
        }
    }
    say_level(of, &found, &text);
    explanation = es_prose_text(&text);
    return of->host->verdict(of->host, &verdict);
}

/* ------------------------------------------------------------------ ESU */

/* A rollup or a security-only update; preparation packages and servicing stacks never count. */
static int counts(const es_catalogue_update *update)
{
    return update->kind == ES_UPDATE_MONTHLY_ROLLUP || update->kind == ES_UPDATE_SECURITY_ONLY ||
           update->kind == ES_UPDATE_PREVIEW_ROLLUP || update->kind == ES_UPDATE_OUT_OF_BAND;
}

typedef struct periods {
    uint32_t certain, perhaps; /* ES_CHANNEL_… */
    const entry *by, *doubtful;
    es_text updates[MONTHS_MAX], preparation[8];
    uint64_t n_updates, n_preparation;
} periods;

static void find_periods(const work *of, periods *ret)
{
    for (uint32_t i = 0; i < of->catalogue->n_updates; i++) {
        const es_catalogue_update *update = of->catalogue->updates[i];
        const entry *own = of->by_update[i];

        if (update->kind == ES_UPDATE_ESU_PREPARATION && own && own->effect != NO &&
            ret->n_preparation < ES_COUNT(ret->preparation))
            ret->preparation[ret->n_preparation++] = kb_text(of->host, update->kb);
        if (!counts(update) || update->channel <= ES_CHANNEL_GENERAL)
            continue;
        if (own && own->effect == YES) {
            if (ret->n_updates < MONTHS_MAX)
                ret->updates[ret->n_updates++] = kb_text(of->host, update->kb);
            if (update->channel >= ret->certain) {
                ret->certain = update->channel;
                ret->by = own;
            }
        } else if (of->cover[i] == MAYBE && update->channel > ret->perhaps) {
            ret->perhaps = update->channel;
            ret->doubtful = own;
        }
    }
}

static const char *period_word(uint32_t channel)
{
    static const char *const words[] = {
        "no ESU period", "no ESU period", "the first ESU year (February 2020 to January 2021)",
        "the second ESU year (February 2021 to January 2022)",
        "the third ESU year (February 2022 to January 2023)",
        "the Azure or Premium Assurance period (February 2023 to January 2024)",
        "the Premium Assurance period (February 2024 to January 2026)",
    };

    return words[channel < sizeof words / sizeof *words ? channel : 0];
}

static void say_periods(const work *of, const periods *found, uint32_t answer, es_prose *to)
{
    if (answer == ESU_NOT_APPLICABLE) {
        es_prose_say(to, "ESU updates of the catalogue are for NT 6.0; this is another Windows. ");
        return;
    }
    if (!of->catalogue) {
        es_prose_say(to, "There is no update catalogue. ");
        return;
    }
    if (of->before_setup) {
        say_before_setup(of, to);
        return;
    }
    if (found->by)
        es_prose_say(to,
                     "KB%u was released in %s and is in effect. That names the period of the "
                     "update, not what the owner was entitled to. ",
                     (unsigned)found->by->kb, period_word(found->certain));
    else if (answer == ESU_NONE)
        es_prose_say(to, "No rollup or security-only update released after January 2020 is in "
                         "effect. ");
    if (answer == ESU_UNKNOWN && found->doubtful && found->doubtful->why)
        es_prose_say(to, "Whether KB%u, of %s, is in effect cannot be said: %s. ",
                     (unsigned)found->doubtful->kb, period_word(found->perhaps),
                     found->doubtful->why);
    if (found->n_preparation)
        es_prose_say(to, "Preparation packages for ESU licences are installed (%u); they install "
                         "without a licence and prove none. ",
                     (unsigned)found->n_preparation);
    if (of->is_server == NO && found->by)
        es_prose_say(to, "This is a client: the update was published for Server 2008 only. ");
    say_limits(of, to);
}

es_status judge_esu(work *of)
{
    uint64_t because[BECAUSE_MAX];
    es_datum fields[2];
    es_text explanation;
    es_verdict verdict = { sizeof verdict, UPDATES_ESU, 0, 0, because, &explanation, fields };
    periods *found;
    void *memory = NULL;
    es_prose text;
    es_status status = es_prose_make(of->host, 4000, &text);

    if (status == ES_OK)
        status = of->host->alloc(of->host, sizeof *found, &memory);
    if (status)
        return status;
    found = (periods *)memory;
    if (of->catalogue && of->is_nt60 != NO && !of->before_setup)
        find_periods(of, found);
    if (of->is_nt60 == NO)
        verdict.answer = ESU_NOT_APPLICABLE;
    else if (of->is_nt60 == MAYBE || !of->catalogue || !of->own.packages_read ||
             of->before_setup || found->perhaps > found->certain)
        verdict.answer = ESU_UNKNOWN;
    else
        verdict.answer = found->certain > ES_CHANNEL_GENERAL
                             ? found->certain - ES_CHANNEL_ESU_YEAR_1 + ESU_YEAR_1
                             : ESU_NONE;
    because_entry(because, &verdict.n_because, BECAUSE_MAX, found->by);
    because_entry(because, &verdict.n_because, BECAUSE_MAX, found->doubtful);
    if (of->before_setup)
        because_fact(because, &verdict.n_because, BECAUSE_MAX, of->set_up_fact);
    fields[0] = es_datum_texts(found->updates, found->n_updates);
    fields[1] = es_datum_texts(found->preparation, found->n_preparation);
    if (of->is_nt60 == NO)
        fields[0] = fields[1] = es_null();
    say_periods(of, found, verdict.answer, &text);
    explanation = es_prose_text(&text);
    return of->host->verdict(of->host, &verdict);
}
