/* SPDX-License-Identifier: Apache-2.0
 *
 * text_changes.c: what changed between the states of a machine.
 *
 * A shadow copy repeats most of what the present says; what it says otherwise is why it was read.
 * Facts of one type at one place (file, key, value) are the same fact of two states. Of those that
 * differ the first field that does is shown; facts that came or went are counted by type. Times and
 * references are passed over: they differ always, and the timeline has them.
 */
#include "report/text.h"

#include <inttypes.h>
#include <stdlib.h>

#define LINES_MAX 12u
#define NAMES_MAX 3u

typedef struct side {
    const es_fact_record **facts; /* of one state, by place */
    size_t n;
} side;

/* ---- the same fact of two states ---- */

static int compare_string(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static const char *path_of(const es_ledger *ledger, const es_fact_record *fact)
{
    const es_artefact_record *artefact = es_ledger_artefact(ledger, fact->where.artefact);

    return artefact ? artefact->path : fact->where.path;
}

static int compare_place(const es_ledger *ledger, const es_fact_record *a, const es_fact_record *b)
{
    int order = strcmp(a->plugin, b->plugin);

    if (!order)
        order = (a->type > b->type) - (a->type < b->type);
    if (!order)
        order = compare_string(path_of(ledger, a), path_of(ledger, b));
    if (!order)
        order = compare_string(a->where.key, b->where.key);
    return order ? order : compare_string(a->where.value, b->where.value);
}

static int by_place(const void *left, const void *right, void *context)
{
    const es_fact_record *a = *(const es_fact_record *const *)left;
    const es_fact_record *b = *(const es_fact_record *const *)right;
    int order = compare_place(context, a, b);

    return order ? order : (a > b) - (a < b); /* they lie in the order of their numbers */
}

static bool texts_equal(const es_datum *a, const es_datum *b)
{
    bool equal = a->n == b->n;

    for (uint64_t i = 0; equal && i < a->n; i++)
        equal = es_text_equal(a->texts[i], b->texts[i]);
    return equal;
}

static bool datum_equal(const es_datum *a, const es_datum *b)
{
    if (a->type != b->type)
        return a->type == ES_FIELD_TIME || b->type == ES_FIELD_TIME;
    switch (a->type) {
    case ES_FIELD_TEXT:
        return es_text_equal(a->text, b->text);
    case ES_FIELD_INTEGER:
    case ES_FIELD_BOOLEAN:
        return a->integer == b->integer;
    case ES_FIELD_BYTES:
        return a->bytes.size == b->bytes.size &&
               (!a->bytes.size || !memcmp(a->bytes.data, b->bytes.data, (size_t)a->bytes.size));
    case ES_FIELD_TEXT_LIST:
        return texts_equal(a, b);
    default:
        return true;
    }
}

/* The first field that differs; n_fields when none does. */
static uint32_t difference(const es_fact_record *a, const es_fact_record *b)
{
    uint32_t i = 0;

    while (i < a->n_fields && i < b->n_fields && datum_equal(&a->fields[i], &b->fields[i]))
        i++;
    return i;
}

static void collect(es_page *page, uint32_t installation, side *to)
{
    const es_fact_record *facts;
    size_t n = es_ledger_facts(page->ledger, &facts);

    to->facts = calloc(n + 1, sizeof *to->facts);
    to->n = 0;
    if (!to->facts) {
        page->failed = ES_NOMEM;
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (facts[i].installation == installation && strcmp(facts[i].plugin, "esuscan") != 0)
            to->facts[to->n++] = &facts[i];
    qsort_r(to->facts, to->n, sizeof *to->facts, by_place, (void *)(uintptr_t)page->ledger);
}

/* ---- telling ---- */

typedef struct tally {
    size_t n_lines, n_changed, n_came, n_went;
    const es_fact_record *came[NAMES_MAX], *went[NAMES_MAX];
} tally;

/* Where a fact lies, as short as it can be said. */
static void show_name(es_page *page, const es_fact_record *fact)
{
    const char *key = fact->where.key, *path = path_of(page->ledger, fact);
    const char *last = key ? strrchr(key, '\\') : NULL;

    es_page_show(page, es_ledger_fact_type(page->ledger, fact)->name);
    es_page_say(page, " ");
    if (fact->where.value && fact->where.value[0])
        es_page_show(page, fact->where.value);
    else if (key)
        es_page_show(page, last ? last + 1 : key);
    else
        es_page_show(page, path);
}

static void put_change(es_page *page, const es_fact_record *before, const es_fact_record *after,
                       tally *all)
{
    uint32_t at = difference(before, after);

    if (at >= before->n_fields || at >= after->n_fields)
        return;
    all->n_changed++;
    if (all->n_lines >= LINES_MAX && !page->run->verbose)
        return;
    all->n_lines++;
    show_name(page, after);
    es_page_say(page, ": ");
    es_page_show_name(page, es_ledger_fact_type(page->ledger, after)->fields[at].name);
    es_page_say(page, " ");
    es_page_show_datum(page, &before->fields[at]);
    es_page_say(page, " -> ");
    es_page_show_datum(page, &after->fields[at]);
    es_page_say(page, " [");
    es_page_show_reference(page, before->reference);
    es_page_say(page, ", ");
    es_page_show_reference(page, after->reference);
    es_page_say(page, "]");
    es_page_flow(page, ES_TEXT_INDENT, "", ES_TEXT_INDENT + 2, ES_STYLE_PLAIN);
}

static void put_count(es_page *page, const char *word, size_t n,
                      const es_fact_record *const facts[NAMES_MAX])
{
    if (!n)
        return;
    es_page_say(page, "%zu %s: ", n, word);
    for (size_t i = 0; i < n && i < NAMES_MAX; i++) {
        if (i)
            es_page_say(page, ", ");
        show_name(page, facts[i]);
    }
    if (n > NAMES_MAX)
        es_page_say(page, ", ...");
    es_page_flow(page, ES_TEXT_INDENT, "", ES_TEXT_INDENT + 2, ES_STYLE_PLAIN);
}

static void compare(es_page *page, const side *before, const side *after, tally *all)
{
    size_t i = 0, k = 0;

    while (i < before->n || k < after->n) {
        int order = i == before->n ? 1
                    : k == after->n
                        ? -1
                        : compare_place(page->ledger, before->facts[i], after->facts[k]);

        if (order == 0) {
            put_change(page, before->facts[i++], after->facts[k++], all);
        } else if (order < 0) {
            if (all->n_went < NAMES_MAX)
                all->went[all->n_went] = before->facts[i];
            all->n_went++;
            i++;
        } else {
            if (all->n_came < NAMES_MAX)
                all->came[all->n_came] = after->facts[k];
            all->n_came++;
            k++;
        }
    }
}

void es_text_changes(es_page *page, const es_installation_record *before,
                     const es_installation_record *after)
{
    side one = { NULL, 0 }, other = { NULL, 0 };
    tally all = { .n_lines = 0 };

    collect(page, before->id, &one);
    collect(page, after->id, &other);
    if (!page->failed) {
        es_page_say(page, "What changed from shadow copy %d ", (int)before->snapshot);
        if (after->snapshot >= 0)
            es_page_say(page, "to shadow copy %d", (int)after->snapshot);
        else
            es_page_say(page, "to the present");
        es_page_heading(page, 0);
        es_page_blank(page);
        compare(page, &one, &other, &all);
        if (all.n_changed > all.n_lines) {
            es_page_say(page, "and %zu more (-v shows all)", all.n_changed - all.n_lines);
            es_page_flow(page, ES_TEXT_INDENT, "", ES_TEXT_INDENT, ES_STYLE_FAINT);
        }
        put_count(page, "facts are new", all.n_came, all.came);
        put_count(page, "facts are gone", all.n_went, all.went);
        if (!all.n_changed && !all.n_came && !all.n_went) {
            es_page_say(page, "nothing that any plugin tells");
            es_page_flow(page, ES_TEXT_INDENT, "", ES_TEXT_INDENT, ES_STYLE_PLAIN);
        }
        es_page_blank(page);
    }
    free(one.facts);
    free(other.facts);
}
