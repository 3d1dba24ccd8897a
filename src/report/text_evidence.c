/* SPDX-License-Identifier: Apache-2.0
 *
 * text_evidence.c: the facts that a state's verdicts stand on, where they lie, and how to see them
 * with other tools.
 *
 * Facts are grouped by the file and the registry key they were found in, so that what they share
 * is said once. The facts behind `build` are all there, of the others the first few; the rest is
 * counted, and listed with -v: the data formats have all of them.
 */
#include "report/text.h"

#include <inttypes.h>
#include <stdlib.h>

#define AT_FACT 4u
#define AT_VALUE 31u

/* The facts to show, by number. */
typedef struct cited {
    const es_fact_record **facts;
    size_t n, capacity;
    bool failed;
} cited;

static void cite(es_page *page, cited *list, const es_fact_record *fact)
{
    if (!fact || list->failed)
        return;
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        const es_fact_record **grown = realloc(list->facts, capacity * sizeof *grown);

        if (!grown) {
            list->failed = true;
            page->failed = ES_NOMEM;
            return;
        }
        list->facts = grown;
        list->capacity = capacity;
    }
    list->facts[list->n++] = fact;
}

static void cite_reference(es_page *page, cited *list, uint64_t reference)
{
    uint64_t number = es_ledger_fact_number(page->ledger, reference);

    cite(page, list, es_ledger_fact_by_number(page->ledger, number));
}

static void cite_data(es_page *page, cited *list, const es_datum *data, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (data[i].type == ES_FIELD_FACT)
            cite_reference(page, list, (uint64_t)data[i].integer);
        for (uint64_t j = 0; data[i].type == ES_FIELD_FACT_LIST && j < data[i].n; j++)
            cite_reference(page, list, data[i].facts[j]);
    }
}

static int compare_strings(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

/* File, key, number: facts of one file and key become neighbours. Facts lie in one array, in the
 * order of their numbers. */
static int compare_place(const void *left, const void *right, void *context)
{
    const es_fact_record *a = *(const es_fact_record *const *)left;
    const es_fact_record *b = *(const es_fact_record *const *)right;
    const es_artefact_record *first = es_ledger_artefact(context, a->where.artefact);
    const es_artefact_record *second = es_ledger_artefact(context, b->where.artefact);
    int order = compare_strings(first ? first->path : a->where.path,
                                second ? second->path : b->where.path);

    if (!order && first && second && first != second)
        order = first < second ? -1 : 1;
    if (!order)
        order = compare_strings(a->where.key, b->where.key);
    return order ? order : (a > b) - (a < b);
}

/* In order of place, each once. */
static void arrange(es_page *page, cited *list)
{
    size_t kept = 0;

    if (list->n < 2)
        return;
    qsort_r(list->facts, list->n, sizeof *list->facts, compare_place,
            (void *)(uintptr_t)page->ledger);
    for (size_t i = 0; i < list->n; i++)
        if (!kept || list->facts[kept - 1] != list->facts[i])
            list->facts[kept++] = list->facts[i];
    list->n = kept;
}

static bool is_build(const es_page *page, const es_verdict_record *verdict)
{
    return strcmp(es_ledger_verdict_type(page->ledger, verdict)->name, "build") == 0;
}

/* Whole: those behind the verdict `build`, its contradictions too. */
static void gather_build(es_page *page, uint32_t installation, cited *list)
{
    const es_verdict_record *verdicts;
    const es_row_record *rows;
    size_t n_verdicts = es_ledger_verdicts_of(page->ledger, installation, &verdicts);
    size_t n_rows = es_ledger_rows_of(page->ledger, installation, &rows);

    for (size_t i = 0; i < n_verdicts; i++) {
        if (!is_build(page, &verdicts[i]))
            continue;
        for (uint64_t j = 0; j < verdicts[i].n_because; j++)
            cite_reference(page, list, verdicts[i].because[j]);
        cite_data(page, list, verdicts[i].fields, verdicts[i].n_fields);
    }
    for (size_t i = 0; i < n_rows; i++) {
        const es_row_type *type = es_ledger_row_type(page->ledger, &rows[i]);

        if (type->verdict && strcmp(type->verdict, "build") == 0)
            cite_data(page, list, rows[i].fields, rows[i].n_fields);
    }
}

/* The others, those that say most first: of the questions, then each verdict's first, each one's
 * second …, then of fields and rows. */
static void gather_others(es_page *page, uint32_t installation, cited *list)
{
    const es_verdict_record *verdicts;
    const es_row_record *rows;
    size_t n_verdicts = es_ledger_verdicts_of(page->ledger, installation, &verdicts);
    size_t n_rows = es_ledger_rows_of(page->ledger, installation, &rows);
    bool more = true;

    for (size_t i = 0; i < n_rows; i++)
        if (strcmp(es_ledger_row_type(page->ledger, &rows[i])->name, "questions") == 0)
            cite_data(page, list, rows[i].fields, rows[i].n_fields);
    for (uint64_t j = 0; more; j++) {
        more = false;
        for (size_t i = 0; i < n_verdicts; i++) {
            if (j >= verdicts[i].n_because)
                continue;
            cite_reference(page, list, verdicts[i].because[j]);
            more = true;
        }
    }
    for (size_t i = 0; i < n_verdicts; i++)
        cite_data(page, list, verdicts[i].fields, verdicts[i].n_fields);
    for (size_t i = 0; i < n_rows; i++)
        cite_data(page, list, rows[i].fields, rows[i].n_fields);
}

static bool holds(const cited *list, const es_fact_record *fact)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->facts[i] == fact)
            return true;
    return false;
}

/* The facts to show, in order of place; how many more the verdicts name. */
static size_t gather(es_page *page, uint32_t installation, cited *list)
{
    const es_fact_record *facts;
    size_t n_facts = es_ledger_facts(page->ledger, &facts), most, n_named;
    cited others = { 0 };

    gather_build(page, installation, list);
    arrange(page, list);
    gather_others(page, installation, &others);
    most = list->n + ES_TEXT_FACTS;
    for (size_t i = 0; i < others.n && list->n < most && !page->run->verbose; i++)
        if (!holds(list, others.facts[i]))
            cite(page, list, others.facts[i]);
    for (size_t i = 0; i < list->n; i++)
        cite(page, &others, list->facts[i]);
    arrange(page, &others);
    n_named = others.n;
    if (page->run->verbose) {
        for (size_t i = 0; i < n_facts; i++)
            if (facts[i].installation == installation)
                cite(page, &others, &facts[i]);
        arrange(page, &others);
        free(list->facts);
        *list = others;
        return 0;
    }
    arrange(page, list);
    free(others.facts);
    return n_named > list->n ? n_named - list->n : 0;
}

/* ---- places ---- */

static void show_artefact(es_page *page, const es_artefact_record *artefact)
{
    if (artefact->volume)
        es_page_say(page, "volume %" PRIu32, artefact->volume);
    if (artefact->snapshot >= 0)
        es_page_say(page, ", shadow copy %d", (int)artefact->snapshot);
    if (artefact->has_mft)
        es_page_say(page, ", MFT entry %" PRIu64 ", sequence %" PRIu32, artefact->mft_entry,
                    artefact->mft_sequence);
    es_page_say(page, ", ");
    es_page_show_size(page, artefact->size);
}

void es_text_place(es_page *page, const es_where *where)
{
    const es_artefact_record *artefact = es_ledger_artefact(page->ledger, where->artefact);

    if (artefact)
        es_page_show(page, artefact->path);
    else
        es_page_show(page, where->path);
    if (artefact ? artefact->volume : where->volume)
        es_page_say(page, "%svolume %" PRIu32, artefact || where->path ? ", " : "",
                    artefact ? artefact->volume : where->volume);
    if (where->key) {
        es_page_say(page, ", key ");
        es_page_show(page, where->key);
    }
    if (where->value) {
        es_page_say(page, ", value ");
        es_page_show(page, where->value[0] ? where->value : "(default)");
    }
    if (where->offset >= 0)
        es_page_say(page, ", offset %" PRId64, where->offset);
}

static void put_file(es_page *page, const es_fact_record *fact)
{
    const es_artefact_record *artefact = es_ledger_artefact(page->ledger, fact->where.artefact);
    es_bytes sha256;

    es_page_blank(page);
    if (artefact)
        es_page_show(page, artefact->path);
    else if (fact->where.path)
        es_page_show(page, fact->where.path);
    else if (fact->where.volume)
        es_page_say(page, "volume %" PRIu32, fact->where.volume);
    else
        es_page_say(page, "the image itself");
    es_page_flow(page, AT_FACT, "", AT_FACT, ES_STYLE_BOLD);
    if (!artefact)
        return;
    show_artefact(page, artefact);
    es_page_flow(page, AT_FACT, "", AT_FACT, ES_STYLE_PLAIN);
    if (artefact->has_sha256) {
        sha256 = (es_bytes){ artefact->sha256, sizeof artefact->sha256 };
        es_show_hex(&page->words, sha256);
        es_page_flow(page, AT_FACT, "SHA-256", AT_FACT + 8, ES_STYLE_PLAIN);
    }
    if (artefact->damaged) {
        es_page_say(page, "some of its bytes lie in a bad range of the image");
        es_page_flow(page, AT_FACT, "", AT_FACT, ES_STYLE_BAD);
    }
}

static void put_key(es_page *page, const es_fact_record *fact)
{
    if (!fact->where.key)
        return;
    es_page_show(page, fact->where.key[0] ? fact->where.key : "\\");
    if (es_time_known(fact->where.last_written)) {
        es_page_say(page, ", last written ");
        es_show_time(&page->words, fact->where.last_written);
    }
    es_page_flow(page, AT_FACT, "Key", AT_FACT + 4, ES_STYLE_PLAIN);
}

/* ---- one fact ---- */

/* A field that repeats what stands beside it: the value's name, the file's path. */
static bool repeats(const es_page *page, const es_fact_record *fact, const es_datum *datum)
{
    const es_artefact_record *artefact = es_ledger_artefact(page->ledger, fact->where.artefact);

    if (datum->type != ES_FIELD_TEXT)
        return false;
    return (fact->where.value && es_text_equal(datum->text, es_text_of(fact->where.value))) ||
           (fact->where.key && es_text_equal(datum->text, es_text_of(fact->where.key))) ||
           (artefact && es_text_equal(datum->text, es_text_of(artefact->path)));
}

static void show_fields(es_page *page, const es_fact_record *fact, const es_fact_type *type)
{
    uint32_t n = 0, shown = 0;

    for (uint32_t i = 0; i < fact->n_fields; i++)
        n += !es_datum_is_empty(&fact->fields[i]) && !repeats(page, fact, &fact->fields[i]);
    for (uint32_t i = 0; i < fact->n_fields; i++) {
        const es_datum *datum = &fact->fields[i];

        if (es_datum_is_empty(datum) || repeats(page, fact, datum))
            continue;
        if (shown++)
            es_page_say(page, "; ");
        if (n > 1) {
            es_page_show_name(page, type->fields[i].name);
            es_page_say(page, " ");
        }
        es_page_show_datum(page, datum);
    }
}

static void show_log(es_page *page, const es_where *where)
{
    const es_artefact_record *log = es_ledger_artefact(page->ledger, where->log_artefact);

    if (!log)
        return;
    es_page_say(page, "; replayed from ");
    es_page_show(page, log->path);
    if (where->log_offset >= 0)
        es_page_say(page, " offset %" PRId64, where->log_offset);
    if (where->offset >= 0)
        es_page_say(page, " to hive offset %" PRId64, where->offset);
}

static void show_fact(es_page *page, const es_fact_record *fact, uint32_t installation)
{
    const es_fact_type *type = es_ledger_fact_type(page->ledger, fact);
    const es_installation_record *state;

    show_fields(page, fact, type);
    if (es_time_known(fact->time)) {
        es_page_say(page, page->words.size ? "; " : "");
        es_show_time_means(&page->words, type->time_means, fact->time);
        es_page_say(page, " ");
        es_show_time(&page->words, fact->time);
    }
    if (!fact->where.key && fact->where.offset >= 0 && !fact->where.log_artefact)
        es_page_say(page, "; at offset %" PRId64, fact->where.offset);
    show_log(page, &fact->where);
    state = es_ledger_installation(page->ledger, fact->installation);
    if (state && fact->installation != installation) {
        es_page_say(page, "; of ");
        es_text_state_name(page, state);
    }
    if (fact->where.damaged)
        es_page_say(page, "; DAMAGED: rests on bytes that cannot be trusted");
}

static void put_fact(es_page *page, const es_fact_record *fact, uint32_t installation)
{
    const es_fact_type *type = es_ledger_fact_type(page->ledger, fact);
    es_buffer label = es_buffer_make(4096);

    es_buffer_format(&label, "f%-4" PRIu64 " ",
                     es_ledger_fact_number(page->ledger, fact->reference));
    if (!fact->where.value)
        es_show_string(&label, type->name);
    else
        es_show_string(&label, fact->where.value[0] ? fact->where.value : "(default)");
    es_buffer_u8(&label, 0);
    show_fact(page, fact, installation);
    es_page_flow(page, AT_FACT, label.failed ? "f?" : (const char *)label.data, AT_VALUE,
                 ES_STYLE_PLAIN);
    es_buffer_free(&label);
}

static bool same_file(const es_fact_record *a, const es_fact_record *b)
{
    return a->where.artefact == b->where.artefact &&
           compare_strings(a->where.path, b->where.path) == 0 && a->where.volume == b->where.volume;
}

static void put_facts(es_page *page, const cited *list, uint32_t installation)
{
    es_page_say(page, "Evidence");
    es_page_heading(page, ES_TEXT_INDENT);
    for (size_t i = 0; i < list->n; i++) {
        const es_fact_record *fact = list->facts[i], *before = i ? list->facts[i - 1] : NULL;
        bool other_file = !before || !same_file(before, fact);

        if (other_file)
            put_file(page, fact);
        if (other_file || compare_strings(before->where.key, fact->where.key) != 0) {
            if (!other_file)
                es_page_blank(page);
            put_key(page, fact);
        }
        put_fact(page, fact, installation);
    }
}

/* ---- with other tools ---- */

static void put_commands(es_page *page, const cited *list)
{
    bool any = false;

    for (size_t i = 0; i < list->n; i++) {
        const es_fact_record *fact = list->facts[i];
        char *line = es_reproduce(page->ledger, page->run, &fact->where), label[32];

        if (!line)
            continue;
        if (!any) {
            es_page_say(page, "The same bytes with other tools");
            es_page_heading(page, ES_TEXT_INDENT);
            es_page_blank(page);
        }
        any = true;
        snprintf(label, sizeof label, "f%" PRIu64,
                 es_ledger_fact_number(page->ledger, fact->reference));
        es_buffer_string(&page->words, line);
        es_page_command(page, AT_FACT, label, AT_FACT + 6);
        free(line);
    }
}

/* What is not shown here. */
static void put_rest(es_page *page, uint32_t installation, size_t n_own, size_t n_named)
{
    const es_fact_record *facts;
    size_t n = es_ledger_facts(page->ledger, &facts), of_state = 0;

    for (size_t i = 0; i < n; i++)
        of_state += facts[i].installation == installation;
    if (page->run->verbose || (of_state <= n_own && !n_named))
        return;
    es_page_blank(page);
    if (n_named)
        es_page_say(page, "Verdicts and lists name %zu more facts. ", n_named);
    if (of_state > n_own)
        es_page_say(page, "Of this state %zu facts %swere read that are not shown. ",
                    of_state - n_own, n_named ? "in all " : "");
    es_page_say(page, "-v lists them, and -o json has them with their places.");
    es_page_flow(page, AT_FACT, "", AT_FACT, ES_STYLE_FAINT);
}

void es_text_evidence(es_page *page, uint32_t installation)
{
    cited list = { 0 };
    size_t own = 0, n_named = gather(page, installation, &list);

    for (size_t i = 0; i < list.n; i++)
        own += list.facts[i]->installation == installation;
    if (list.n) {
        put_facts(page, &list, installation);
        put_commands(page, &list);
    }
    put_rest(page, installation, own, n_named);
    free(list.facts);
}
