/* SPDX-License-Identifier: Apache-2.0
 *
 * exposure.c: verdict `exposure`, with what was missing and which CVEs that left open.
 *
 * Judged for Server 2008 SP2. `exposed` means that the fix was not in effect, not that the service
 * was reachable or was attacked.
 */
#include "updates.h"

#include <stdlib.h>

enum { COUNT_CRITICAL, COUNT_IMPORTANT, COUNT_MODERATE, COUNT_LOW, COUNT_NOT_RATED, N_SEVERITIES };
#define N_IMPACTS 8u
#define N_REASONS 24u
#define REASONS_TOLD 4u
#define BECAUSE_MAX 32u

typedef struct tally {
    int64_t open, covered, unknown, not_applicable, public_exploit;
    int64_t absent; /* of not_applicable: for a version of a product that is not here */
    int64_t without_fix; /* of open: no update that mends it was out on that day */
    int64_t severities[N_SEVERITIES];
    int64_t impacts[N_IMPACTS];
    int32_t basis_files;
    uint8_t *missing; /* by index of the update */
    struct reason {
        const char *why, *needs;
        int64_t n;
    } reasons[N_REASONS]; /* of unknown; the last has all that found no place */
    uint32_t n_reasons;
} tally;

static int text_is(es_text text, const char *word)
{
    return es_text_equal(text, es_text_of(word));
}

static uint32_t severity_of(es_text word)
{
    static const char *const words[] = { "Critical", "Important", "Moderate", "Low" };

    for (uint32_t i = 0; i < ES_COUNT(words); i++)
        if (text_is(word, words[i]))
            return i;
    return COUNT_NOT_RATED;
}

/* One CVE may have several impacts, with ';' between. */
static void count_impacts(tally *to, es_text text)
{
    static const char *const words[] = {
        "Remote Code Execution", "Elevation of Privilege", "Information Disclosure",
        "Denial of Service", "Security Feature Bypass", "Spoofing", "Tampering",
    };
    uint64_t from = 0;

    for (uint64_t i = 0; i <= text.size; i++) {
        es_text item = { text.data + from, i - from };
        uint32_t k = 0;

        if (i < text.size && text.data[i] != ';')
            continue;
        while (k < ES_COUNT(words) && !text_is(item, words[k]))
            k++;
        to->impacts[k]++;
        from = i + 1;
    }
}

static void count_reason(tally *to, const standing *how)
{
    uint32_t i = 0;

    while (i < to->n_reasons && strcmp(to->reasons[i].why, how->why) != 0)
        i++;
    if (i == to->n_reasons && i < N_REASONS)
        to->reasons[to->n_reasons++] = (struct reason){ how->why, how->needs, 0 };
    to->reasons[i < N_REASONS ? i : N_REASONS - 1].n++;
}

/* The most frequent first. */
static int by_count(const void *left, const void *right)
{
    const struct reason *a = (const struct reason *)left, *b = (const struct reason *)right;

    return a->n != b->n ? (a->n > b->n ? -1 : 1) : strcmp(a->why, b->why);
}

static void say_reasons(const tally *from, es_prose *to)
{
    int64_t rest = from->unknown;

    for (uint32_t i = 0; i < from->n_reasons && i < REASONS_TOLD; i++) {
        const struct reason *one = &from->reasons[i];

        /* without it the reason is what an entry says of its update */
        es_prose_say(to, "%d %s unknown: %s%s", (int)one->n, one->n == 1 ? "is" : "are",
                     one->needs ? "" : "of the update that mends it, ", one->why);
        if (one->needs)
            es_prose_say(to, "; what would decide is %s", one->needs);
        es_prose_say(to, ". ");
        rest -= one->n;
    }
    if (rest)
        es_prose_say(to, "%d %s unknown for other reasons. ", (int)rest, rest == 1 ? "is" : "are");
}

static es_status emit_cve(work *of, const standing *how)
{
    const es_catalogue_fix *fix = how->fix;
    es_datum fields[7];
    es_row row = { sizeof row, ROWS_CVES, fields };

    fields[0] = es_datum_text(fix->cve->id);
    fields[1] = es_datum_text(kb_text(of->host, fix->update->kb));
    fields[2] = es_datum_text_or_null(fix->component);
    fields[3] = es_datum_text_or_null(fix->severity);
    fields[4] = es_datum_text_or_null(fix->impact);
    fields[5] = fix->public_exploit < 2 ? es_datum_boolean((int)fix->public_exploit) : es_null();
    fields[6] = es_datum_boolean(how->fix_available);
    return of->host->row(of->host, &row);
}

/* Updates that would mend it, were they in effect. */
static void mark_missing(const work *of, tally *to, const es_catalogue_cve *cve)
{
    for (uint32_t i = 0; i < cve->n_fixes; i++) {
        const es_catalogue_update *update = cve->fixes[i]->update;

        if (of->cover[update->index] == NO && was_released(of, update) == YES &&
            of->rows[cve->fixes[i]->index].here != NO && update->kind != ES_UPDATE_DOTNET)
            to->missing[update->index] = 1;
    }
}

/* Newest first: by the release of what mends it, then by number. */
static int by_age(const void *left, const void *right)
{
    const standing *a = (const standing *)left, *b = (const standing *)right;
    int64_t x = es_time_known(a->fix->update->released) ? a->fix->update->released.ticks : 0;
    int64_t y = es_time_known(b->fix->update->released) ? b->fix->update->released.ticks : 0;

    if (x != y)
        return x > y ? -1 : 1;
    return a->fix->cve->index > b->fix->cve->index ? -1 : 1;
}

static es_status count_all(work *of, tally *to, standing **ret_open)
{
    const es_catalogue *catalogue = of->catalogue;
    void *memory = NULL, *missing = NULL;
    standing *open;
    es_status status =
        of->host->alloc(of->host, (uint64_t)catalogue->n_cves * sizeof *open, &memory);

    if (status == ES_OK)
        status = of->host->alloc(of->host, catalogue->n_updates, &missing);
    if (status)
        return status;
    open = (standing *)memory;
    to->missing = (uint8_t *)missing;
    to->basis_files = 1;
    for (uint32_t i = 0; i < catalogue->n_cves; i++) {
        standing how;

        cve_stand(of, catalogue->cves[i], &how);
        if (!how.applies) {
            to->not_applicable++;
            to->absent += how.absent != NULL;
        } else if (how.answer == COVERED) {
            to->covered++;
            to->basis_files &= how.basis_files;
        } else if (how.answer == EXPOSURE_UNKNOWN) {
            to->unknown++;
            count_reason(to, &how);
        } else {
            open[to->open++] = how;
            to->without_fix += !how.fix_available;
            to->public_exploit += how.fix->public_exploit == 1;
            to->severities[severity_of(how.fix->severity)]++;
            count_impacts(to, how.fix->impact);
            mark_missing(of, to, catalogue->cves[i]);
        }
    }
    if (to->n_reasons)
        qsort(to->reasons, to->n_reasons, sizeof *to->reasons, by_count);
    if (to->open)
        qsort(open, (size_t)to->open, sizeof *open, by_age);
    *ret_open = open;
    return ES_OK;
}

/* ------------------------------------------------------------------ missing updates */

static int by_release(const void *left, const void *right)
{
    const es_catalogue_update *a = *(const es_catalogue_update *const *)left;
    const es_catalogue_update *b = *(const es_catalogue_update *const *)right;

    if (age_of(a) != age_of(b))
        return age_of(a) > age_of(b) ? -1 : 1;
    return a->kb > b->kb ? -1 : a->kb < b->kb;
}

static es_status emit_missing(work *of, const tally *from, uint32_t *ret_n)
{
    const es_catalogue *catalogue = of->catalogue;
    const es_catalogue_update **list;
    void *memory = NULL;
    uint32_t n = 0;
    es_status status =
        of->host->alloc(of->host, (uint64_t)catalogue->n_updates * sizeof *list, &memory);

    if (status)
        return status;
    list = (const es_catalogue_update **)memory;
    for (uint32_t i = 0; i < catalogue->n_updates; i++)
        if (from->missing[i])
            list[n++] = catalogue->updates[i];
    if (n)
        qsort(memory, n, sizeof *list, by_release);
    for (uint32_t i = 0; i < n && status == ES_OK; i++) {
        es_datum fields[4];
        es_row row = { sizeof row, ROWS_MISSING, fields };
        int32_t month = month_of(list[i]);

        fields[0] = es_datum_text(kb_text(of->host, list[i]->kb));
        fields[1] = es_datum_text(list[i]->kind_word);
        fields[2] = list[i]->channel ? es_datum_text(list[i]->channel_word) : es_null();
        fields[3] = month == ES_MONTH_UNKNOWN ? es_null()
                                              : es_datum_text(month_text(of->host, month));
        status = of->host->row(of->host, &row);
    }
    *ret_n = n;
    return status;
}

/* ------------------------------------------------------------------ the verdict */

static int is_judged(const work *of)
{
    return of->is_nt60 != NO && of->is_sp2 != NO && of->is_server != NO;
}

/* Updates that are published for servers only, on a client or an earlier service pack. */
static void say_foreign(const work *of, es_prose *to)
{
    const entry *all = (const entry *)of->own.entries.items;
    uint32_t n = 0;

    for (size_t i = 0; of->catalogue && i < of->own.entries.n; i++) {
        const es_catalogue_update *update = all[i].update;

        if (!update || all[i].state != STATE_INSTALLED ||
            (update->kind != ES_UPDATE_MONTHLY_ROLLUP && update->kind != ES_UPDATE_SECURITY_ONLY &&
             update->channel <= ES_CHANNEL_GENERAL))
            continue;
        if (!n++)
            es_prose_say(to, "Installed here although published for Server 2008 SP2 only: ");
        if (n <= 12)
            es_prose_say(to, "%sKB%u", n > 1 ? ", " : "", (unsigned)all[i].kb);
    }
    if (n > 12)
        es_prose_say(to, " and %u more", (unsigned)(n - 12));
    if (n)
        es_prose_say(to, ". ");
}

static es_status not_judged(work *of, es_verdict *verdict, es_prose *to)
{
    verdict->answer = EXPOSURE_NOT_APPLICABLE;
    es_prose_say(to, "Exposure is judged for Server 2008 SP2; this is %s. ",
                 of->is_nt60 == NO     ? "another Windows"
                 : of->is_server == NO ? "a client"
                                       : "an earlier service pack");
    if (of->is_nt60 != NO)
        say_foreign(of, to);
    if (of->product_fact)
        verdict->n_because = 1;
    return ES_OK;
}

static void fill(es_datum *fields, const tally *from, uint32_t answer)
{
    uint32_t at = 0;

    fields[at++] = answer == COVERED ? es_datum_text(es_text_of(from->basis_files ? "files"
                                                                                  : "packages"))
                                     : es_null();
    fields[at++] = es_datum_integer(from->open);
    fields[at++] = es_datum_integer(from->covered);
    fields[at++] = es_datum_integer(from->unknown);
    fields[at++] = es_datum_integer(from->not_applicable);
    fields[at++] = es_datum_integer(from->public_exploit);
    for (uint32_t i = 0; i < N_SEVERITIES; i++)
        fields[at++] = es_datum_integer(from->severities[i]);
    for (uint32_t i = 0; i < N_IMPACTS; i++)
        fields[at++] = es_datum_integer(from->impacts[i]);
}

static void say_tally(const work *of, const tally *from, uint32_t n_missing, es_prose *to)
{
    es_prose_say(to, "Of %u CVEs of the catalogue (edition %.*s), %d were open, %d covered, %d "
                     "unknown, and %d do not apply to this machine. ",
                 (unsigned)of->catalogue->n_cves, ES_SHOWN(of->catalogue->edition), (int)from->open,
                 (int)from->covered, (int)from->unknown, (int)from->not_applicable);
    if (from->absent)
        es_prose_say(to, "Of the latter %d are of versions of Internet Explorer or of the .NET "
                         "Framework that are not on this machine. ",
                     (int)from->absent);
    if (from->open)
        es_prose_say(to,
                     "Of the open ones %d are critical and %d important, %d allow remote code "
                     "execution, and for %d the catalogue lists a public exploit. ",
                     (int)from->severities[COUNT_CRITICAL], (int)from->severities[COUNT_IMPORTANT],
                     (int)from->impacts[0], (int)from->public_exploit);
    if (n_missing)
        es_prose_say(to, "%u update%s that would mend them %s not in effect. ", (unsigned)n_missing,
                     n_missing == 1 ? "" : "s", n_missing == 1 ? "was" : "were");
    if (from->without_fix)
        es_prose_say(to, "For %d of the open ones no update was out yet on that day. ",
                     (int)from->without_fix);
    say_reasons(from, to);
    es_prose_say(to, "Open means that the fix was not in effect, not that the service was "
                     "reachable or was attacked. ");
    if (of->is_server == MAYBE || of->is_sp2 == MAYBE)
        es_prose_say(to, "That this is Server 2008 SP2 is taken for granted: the registry does "
                         "not say. ");
    say_limits(of, to);
}

static es_status judge_all(work *of, es_verdict *verdict, es_datum *fields, es_prose *text)
{
    tally counted;
    standing *open = NULL;
    uint32_t n_missing = 0;
    es_status status;

    memset(&counted, 0, sizeof counted);
    status = count_all(of, &counted, &open);
    for (int64_t i = 0; i < counted.open && status == ES_OK; i++)
        status = emit_cve(of, &open[i]);
    if (status == ES_LIMIT) {
        es_prose_say(text, "The list of open CVEs is cut: there is no room for more rows. ");
        status = ES_OK;
    }
    if (status == ES_OK)
        status = emit_missing(of, &counted, &n_missing);
    if (status)
        return status;
    verdict->answer = counted.open      ? EXPOSED
                      : counted.unknown ? EXPOSURE_UNKNOWN
                                        : COVERED;
    fill(fields, &counted, verdict->answer);
    say_tally(of, &counted, n_missing, text);
    return list_prerequisites(of, text);
}

es_status judge_exposure(work *of)
{
    uint64_t because[BECAUSE_MAX];
    es_datum fields[6 + N_SEVERITIES + N_IMPACTS];
    es_text explanation;
    es_verdict verdict = { sizeof verdict, UPDATES_EXPOSURE, EXPOSURE_UNKNOWN, 0, because,
                           &explanation, fields };
    const entry *all = (const entry *)of->own.entries.items;
    es_prose text;
    es_status status = es_prose_make(of->host, 8000, &text);

    if (status)
        return status;
    for (uint32_t i = 0; i < ES_COUNT(fields); i++)
        fields[i] = es_null();
    because[0] = of->product_fact;
    if (!is_judged(of)) {
        status = not_judged(of, &verdict, &text);
    } else if (!of->catalogue) {
        es_prose_say(&text, "There is no update catalogue. ");
    } else if (of->before_setup) {
        say_before_setup(of, &text);
        because_fact(because, &verdict.n_because, BECAUSE_MAX, of->set_up_fact);
    } else {
        status = judge_all(of, &verdict, fields, &text);
        verdict.n_because = of->product_fact != 0;
        for (size_t i = of->own.entries.n; i && verdict.n_because < 12; i--)
            if (all[i - 1].effect == YES && all[i - 1].update)
                because_entry(because, &verdict.n_because, BECAUSE_MAX, &all[i - 1]);
    }
    if (status)
        return status;
    explanation = es_prose_text(&text);
    return of->host->verdict(of->host, &verdict);
}
