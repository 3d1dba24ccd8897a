/* SPDX-License-Identifier: Apache-2.0
 *
 * text_verdict.c: one verdict for people: the answer, what goes with it, and why.
 *
 * Any verdict is told from its declaration. The verdict `build` is what most readers came for: its
 * known fields are put into sentences, and whatever else it declares follows like any other's.
 */
#include "report/text.h"

#include <stdlib.h>

/* A verdict beside its declaration. */
typedef struct said {
    const es_verdict_record *verdict;
    const es_verdict_type *type;
} said;

static const es_datum *field(const said *s, const char *name)
{
    for (uint32_t i = 0; i < s->type->n_fields; i++)
        if (strcmp(s->type->fields[i].name, name) == 0 && s->verdict->fields[i].type)
            return &s->verdict->fields[i];
    return NULL;
}

static bool field_is(const said *s, const char *name, const char *text)
{
    const es_datum *datum = field(s, name);

    return datum && datum->type == ES_FIELD_TEXT && es_text_equal(datum->text, es_text_of(text));
}

static bool is_build(const said *s)
{
    return strcmp(s->type->name, "build") == 0;
}

static const char *answer_of(const said *s)
{
    return s->type->answers[s->verdict->answer];
}

/* " [f1, f2]" */
static void show_because(es_page *page, const uint64_t *references, uint64_t n)
{
    if (!n)
        return;
    es_page_say(page, " [");
    es_page_show_references(page, references, n);
    es_page_say(page, "]");
}

static void show_field_because(es_page *page, const said *s, const char *name)
{
    const es_datum *datum = field(s, name);

    if (datum && datum->type == ES_FIELD_FACT_LIST)
        show_because(page, datum->facts, datum->n);
}

static void value_line(es_page *page, const char *label, unsigned style)
{
    es_page_flow(page, ES_TEXT_INDENT, label, ES_TEXT_VALUES, style);
}

/* ---- the build verdict ---- */

typedef struct status_word {
    const char *status, *words;
    unsigned style;
} status_word;

static const status_word statuses[] = {
    { "consistent", "the sources agree", ES_STYLE_GOOD },
    { "lagging", "the registry lags behind the kernel, as servicing is known to leave it",
      ES_STYLE_GOOD },
    { "pending", "an operation is still owed, or the files are ahead of the last start",
      ES_STYLE_WARN },
    { "insufficient", "it rests on one source only", ES_STYLE_WARN },
    { "conflict", "the sources contradict each other", ES_STYLE_BAD },
};

static const status_word nothing = { "insufficient", "no source tells", ES_STYLE_WARN };

static const status_word *status_of(const said *s)
{
    if (field_is(s, "status", nothing.status) && strcmp(answer_of(s), "unknown") == 0)
        return &nothing;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (field_is(s, "status", statuses[i].status))
            return &statuses[i];
    return NULL;
}

static void show_build_answer(es_page *page, const said *s)
{
    const es_datum *build = field(s, "build");
    const char *answer = answer_of(s);

    if (strcmp(answer, "other") == 0)
        es_page_say(page, "another build of NT 6.0");
    else if (strcmp(answer, "not-applicable") == 0)
        es_page_say(page, "not NT 6.0");
    else if (strcmp(answer, "unknown") == 0)
        es_page_say(page, "unknown");
    else
        es_page_show(page, answer);
    if (build && build->type == ES_FIELD_TEXT && build->text.size &&
        !es_text_equal(build->text, es_text_of(answer))) {
        es_page_say(page, ": build ");
        es_page_show_datum(page, build);
    }
}

static bool booted_otherwise(const said *s)
{
    const es_datum *build = field(s, "build"), *booted = field(s, "last_booted.build");

    if (!booted || booted->type != ES_FIELD_TEXT)
        return false;
    if (build && build->type == ES_FIELD_TEXT)
        return !es_text_equal(build->text, booted->text);
    return !es_text_equal(es_text_of(answer_of(s)), booted->text);
}

static void show_revision(es_page *page, const said *s)
{
    static const char *const names[] = { "revision", "branch", "architecture" };
    const es_datum *revision = field(s, "revision"), *branch = field(s, "branch");
    bool first = true;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const es_datum *datum = field(s, names[i]);

        if (!datum)
            continue;
        if (!first)
            es_page_say(page, ", ");
        es_page_show_datum(page, datum);
        if (strcmp(names[i], "branch") == 0)
            es_page_say(page, " branch");
        first = false;
    }
    if (!first)
        value_line(page, revision || branch ? "Revision" : "Architecture", ES_STYLE_PLAIN);
}

static void show_last_booted(es_page *page, const said *s)
{
    const es_datum *booted = field(s, "last_booted.build"), *time = field(s, "last_booted.time");
    bool differs = booted_otherwise(s);

    if (!booted) {
        es_page_say(page, "no record tells");
    } else {
        es_page_show_datum(page, booted);
        if (time) {
            es_page_say(page, ", ");
            es_page_show_datum(page, time);
        }
        if (differs)
            es_page_say(page, " - this is not the build on disk");
    }
    show_field_because(page, s, "last_booted.because");
    value_line(page, "Last booted", differs ? ES_STYLE_WARN : ES_STYLE_PLAIN);
}

static void show_turned(es_page *page, const said *s)
{
    const es_datum *after = field(s, "turned_6003.not_before");
    const es_datum *before = field(s, "turned_6003.not_after");
    const es_datum *update = field(s, "turned_6003.update");

    if (!after && !before && !update)
        return;
    if (field_is(s, "turned_6003.update", "installed-as-6003")) {
        es_page_say(page, "it was installed so: the earliest evidence already is 6003");
    } else {
        if (after) {
            es_page_say(page, "not before ");
            es_page_show_datum(page, after);
        }
        if (before) {
            es_page_say(page, "%snot after ", after ? ", " : "");
            es_page_show_datum(page, before);
        }
        if (update) {
            es_page_say(page, "%sby ", after || before ? ", " : "");
            es_page_show_datum(page, update);
        }
    }
    show_field_because(page, s, "turned_6003.because");
    value_line(page, "Turned 6003", ES_STYLE_PLAIN);
}

static void show_missing_sources(es_page *page, const said *s)
{
    const es_datum *missing = field(s, "missing_sources");

    if (!missing || missing->type != ES_FIELD_TEXT_LIST || !missing->n)
        return;
    es_page_show_datum(page, missing);
    value_line(page, "Not asked", ES_STYLE_PLAIN);
}

static void show_build(es_page *page, const said *s)
{
    const status_word *status = status_of(s);
    bool applies = strcmp(answer_of(s), "not-applicable") != 0;

    show_build_answer(page, s);
    value_line(page, "Build on disk",
               !applies ? ES_STYLE_BOLD : status ? status->style : ES_STYLE_WARN);
    if (field(s, "status")) {
        es_page_show_datum(page, field(s, "status"));
        if (status)
            es_page_say(page, ": %s", status->words);
        value_line(page, "Status", status ? status->style : ES_STYLE_PLAIN);
    }
    show_revision(page, s);
    if (applies || field(s, "last_booted.build"))
        show_last_booted(page, s);
    show_turned(page, s);
    show_missing_sources(page, s);
}

static bool told_by_build(const char *name)
{
    static const char *const told[] = {
        "status", "revision", "branch", "architecture", "build", "last_booted.build",
        "last_booted.time", "last_booted.because", "turned_6003.not_before",
        "turned_6003.not_after", "turned_6003.update", "turned_6003.because", "missing_sources",
    };

    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (strcmp(told[i], name) == 0)
            return true;
    return false;
}

/* ---- any verdict ---- */

/* The part of a dotted name that its group shares: all before the last dot; 0: no group. */
static size_t group_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? (size_t)(dot - name) : 0;
}

static bool in_group(const char *name, const char *of, size_t size)
{
    return group_of(name) == size && strncmp(name, of, size) == 0;
}

/* Its first member of the verdict tells a group. */
static bool told_before(const said *s, uint32_t index, size_t size)
{
    const char *name = s->type->fields[index].name;

    for (uint32_t i = 0; size && i < index; i++)
        if (in_group(s->type->fields[i].name, name, size))
            return true;
    return false;
}

/* "210 critical, 1775 important"; of members that are no numbers, "name value". */
static void show_group(es_page *page, const said *s, uint32_t index, size_t size)
{
    bool first = true;

    for (uint32_t i = index; i < s->type->n_fields; i++) {
        const es_datum *datum = &s->verdict->fields[i];
        const char *name = s->type->fields[i].name;

        if (!in_group(name, s->type->fields[index].name, size) || es_datum_is_empty(datum))
            continue;
        if (!first)
            es_page_say(page, ", ");
        first = false;
        if (datum->type == ES_FIELD_INTEGER) {
            es_page_show_datum(page, datum);
            es_page_say(page, " ");
            es_page_show_name(page, name + size + 1);
        } else {
            es_page_show_name(page, name + size + 1);
            es_page_say(page, " ");
            es_page_show_datum(page, datum);
        }
    }
}

static void show_fields(es_page *page, const said *s)
{
    for (uint32_t i = 0; i < s->type->n_fields; i++) {
        const char *name = s->type->fields[i].name;
        size_t group = group_of(name);
        char *label;

        if ((is_build(s) && told_by_build(name)) || told_before(s, i, group))
            continue;
        if (group)
            show_group(page, s, i, group);
        else if (!es_datum_is_empty(&s->verdict->fields[i]))
            es_page_show_datum(page, &s->verdict->fields[i]);
        if (!page->words.size)
            continue;
        label = es_page_title_of(page, name, group ? group : strlen(name));
        value_line(page, label ? label : "", ES_STYLE_PLAIN);
        free(label);
    }
}

static unsigned answer_style(const said *s)
{
    return strcmp(answer_of(s), "unknown") == 0 ? ES_STYLE_WARN : ES_STYLE_BOLD;
}

/* "2019-05: rollup KB4499149, kernel revision …": as many of its own short fields as one line
 * holds; what is no is not worth its room. */
static void show_brief(es_page *page, const said *s)
{
    const char *before = ": ";

    es_page_show(page, answer_of(s));
    for (uint32_t i = 0; i < s->type->n_fields; i++) {
        const es_datum *datum = &s->verdict->fields[i];
        uint64_t size = page->words.size;

        if (es_datum_is_empty(datum) || group_of(s->type->fields[i].name) ||
            datum->type == ES_FIELD_FACT || datum->type == ES_FIELD_FACT_LIST ||
            (datum->type == ES_FIELD_BOOLEAN && !datum->integer))
            continue;
        es_page_say(page, "%s", before);
        es_page_show_name(page, s->type->fields[i].name);
        if (datum->type != ES_FIELD_BOOLEAN) {
            es_page_say(page, " ");
            es_page_show_datum(page, datum);
        }
        if (es_page_columns((es_text){ (const char *)page->words.data, page->words.size }) >
            page->width - ES_TEXT_VALUES) {
            page->words.size = size;
            return;
        }
        before = ", ";
    }
}

void es_text_brief(es_page *page, const es_verdict_record *verdict)
{
    said s = { verdict, es_ledger_verdict_type(page->ledger, verdict) };
    unsigned style = is_build(&s) ? es_text_answer(page, verdict) : answer_style(&s);
    char *title = es_page_title_of(page, s.type->name, strlen(s.type->name));

    if (!is_build(&s))
        show_brief(page, &s);
    value_line(page, title ? title : "", style);
    free(title);
}

unsigned es_text_answer(es_page *page, const es_verdict_record *verdict)
{
    said s = { verdict, es_ledger_verdict_type(page->ledger, verdict) };
    const status_word *status = status_of(&s);

    if (!is_build(&s)) {
        es_page_show_name(page, s.type->name);
        es_page_say(page, ": ");
        es_page_show(page, answer_of(&s));
        return answer_style(&s);
    }
    show_build_answer(page, &s);
    if (field(&s, "status")) {
        es_page_say(page, ", ");
        es_page_show_datum(page, field(&s, "status"));
    }
    if (booted_otherwise(&s)) {
        es_page_say(page, "; last booted ");
        es_page_show_datum(page, field(&s, "last_booted.build"));
    }
    if (strcmp(answer_of(&s), "not-applicable") == 0)
        return ES_STYLE_BOLD;
    return status ? status->style : ES_STYLE_WARN;
}

void es_text_verdict(es_page *page, const es_verdict_record *verdict)
{
    said s = { verdict, es_ledger_verdict_type(page->ledger, verdict) };
    const es_plugin *plugin = es_ledger_plugin(page->ledger, verdict->plugin);

    es_page_blank(page);
    if (is_build(&s)) {
        show_build(page, &s);
    } else {
        char *label = es_page_title_of(page, s.type->name, strlen(s.type->name));

        es_page_show(page, answer_of(&s));
        value_line(page, label ? label : "", answer_style(&s));
        free(label);
    }
    show_fields(page, &s);
    es_page_show_sentences(page, verdict->explanation);
    show_because(page, verdict->because, verdict->n_because);
    if (page->words.size)
        value_line(page, "Why", ES_STYLE_PLAIN);
    for (uint32_t i = 0; i < plugin->n_rows; i++)
        if (plugin->rows[i].verdict && strcmp(plugin->rows[i].verdict, s.type->name) == 0)
            es_text_rows(page, verdict->installation, plugin->name, s.type->name,
                         plugin->rows[i].name);
}
