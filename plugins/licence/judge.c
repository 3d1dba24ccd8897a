/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.c: the verdict esu-licence.
 *
 * What can be proven offline is little. A licensing event that calls an ESU product licensed is
 * evidence of its activation. An activation id in the token store proves that licence files are
 * there, which arrive with updates. A trace that only a bypass is known to leave proves that one
 * was at work. The strongest of these is the answer, in this order: activation, bypass, files;
 * whatever it is, evidence and traces are all listed, neither hides the other, and what is merely
 * remarkable (an ESU update without any licence evidence) is a trace that decides nothing.
 *
 * For a day of the past a shadow copy decides where one reaches back (esuscan/then.h). Where none
 * does, events, package installs and registry keys until that day decide; files have no date that
 * would be theirs.
 *
 * ESU is sold for Server 2008 SP2. On Vista there is none to have, so only a bypass is an answer
 * there; what other Windows hold is listed, and not judged.
 */
#include "licence.h"

#include <esuscan/prose.h>
#include <esuscan/then.h>

enum { EVIDENCE, TRACES };
enum { ACTIVATION, FILES, BYPASS, NONE, NOT_APPLICABLE, UNKNOWN };

#define MAX_BECAUSE 256u
#define MAX_ROWS 512u
/* The install time that a known tool writes: 2006-11-02 15:34:16 UTC, when Vista was made. */
#define TOOL_TICKS INT64_C(0x01c6fe945b437864)

/* What follows from the facts. */
typedef struct marks {
    int activated, files, azure, bypass, hints;
    int in_time; /* an event that tells of activation is not dated before the product's period */
    uint32_t n_esu;
    es_fact_view first_esu;
    int check_there, check_won;
    int winners_read; /* what the component store has in effect is known at all */
    es_fact_view check;
} marks;

typedef struct finding {
    const es_host *host;
    const es_installation *installation;
    const es_catalogue *catalogue;
    int nt60, client, server_pack_2; /* what the registry states */
    int software_read, tokens_read, tokens_there;
    es_prose unread; /* which of what would have to be read could not be */
    es_then then; /* the day that was asked for */
    int undated;  /* of the fact at hand it is not known whether it held on that day */
    int open;     /* there was such a one */
    marks mark;
    uint32_t n_rows;
    uint64_t because[MAX_BECAUSE];
    uint32_t n_because;
} finding;

static es_text text_of(const es_fact_view *fact, const char *name)
{
    for (uint32_t i = 0; i < fact->n_fields; i++)
        if (!strcmp(fact->declared[i].name, name) && fact->fields[i].type == ES_FIELD_TEXT)
            return fact->fields[i].text;
    return (es_text)ES_TEXT("");
}

/* A number or truth; -1 when it is null. */
static int64_t number_of(const es_fact_view *fact, const char *name)
{
    for (uint32_t i = 0; i < fact->n_fields; i++)
        if (!strcmp(fact->declared[i].name, name) && fact->fields[i].type &&
            (fact->fields[i].type == ES_FIELD_INTEGER || fact->fields[i].type == ES_FIELD_BOOLEAN))
            return fact->fields[i].integer;
    return -1;
}

static void because(finding *of, const es_fact_view *fact)
{
    if (of->n_because < MAX_BECAUSE)
        of->because[of->n_because++] = fact->reference;
}

/* A row of either list; both have the same fields. */
static es_status add_row(finding *of, uint32_t list, const char *what, es_text detail,
                         es_text means, int weight, const es_fact_view *fact)
{
    static const char undated[] = "found at the end; whether it was there on the day that was asked "
                                  "for is not known";
    es_datum fields[6];
    es_row row = { sizeof row, list, fields };

    if (of->n_rows++ >= MAX_ROWS)
        return ES_OK;
    fields[0] = es_datum_text(es_text_of(what));
    fields[1] = es_datum_text_or_null(detail);
    fields[2] = of->undated ? es_datum_text(es_text_of(undated)) : es_datum_text_or_null(means);
    fields[3] = es_datum_boolean(weight && !of->undated);
    fields[4] = es_datum_time(fact->time);
    fields[5] = es_datum_fact(fact->reference);
    because(of, fact);
    return of->host->row(of->host, &row);
}

/* Times of events, keys and packages are their own; those of files came with them. */
static int is_firm(const es_fact_view *fact)
{
    return es_name_is(fact->type, "licence.event") || es_name_is(fact->type, "servicing.package") ||
           (es_name_is(fact->type, "licence.trace") && fact->key.size);
}

/* What is known to have come later counts for nothing. What has no date is listed, but nothing
 * follows from it; where an earlier state decides it would show there. */
static es_status take_fact(finding *of, const es_fact_view *fact,
                           es_status (*take)(finding *of, const es_fact_view *fact))
{
    es_status status;
    marks before;

    if (es_then_counts(&of->then, fact, is_firm(fact)))
        return take(of, fact);
    if (of->then.by || !fact->own || (is_firm(fact) && es_time_known(fact->time)))
        return ES_OK;
    before = of->mark;
    of->undated = 1;
    status = take(of, fact);
    of->undated = 0;
    of->open = of->open || of->mark.files > before.files || of->mark.bypass > before.bypass;
    of->mark = before;
    return status;
}

static es_status each_fact(finding *of, const char *type,
                           es_status (*take)(finding *of, const es_fact_view *fact))
{
    uint64_t cursor = 0;
    es_fact_view fact;
    es_status status;

    while ((status = of->host->fact_next(of->host, es_text_of(type), &cursor, &fact)) == ES_OK) {
        status = take_fact(of, &fact, take);
        if (status)
            return status;
    }
    return status == ES_END ? ES_OK : status;
}

/* What Windows this is, and what could not be read: of the state that decides. */
static es_status each_of_state(finding *of, const char *type,
                               es_status (*take)(finding *of, const es_fact_view *fact))
{
    uint64_t cursor = 0;
    es_fact_view fact;
    es_status status = ES_OK;

    while (status == ES_OK &&
           (status = of->host->fact_next(of->host, es_text_of(type), &cursor, &fact)) == ES_OK)
        if (es_then_of_state(&of->then, &fact))
            status = take(of, &fact);
    return status == ES_END ? ES_OK : status;
}

/* ------------------------------------------------------------------ what is judged */

static es_status take_registry(finding *of, const es_fact_view *fact)
{
    es_text name = text_of(fact, "name"), text = text_of(fact, "text");

    if (number_of(fact, "wow64") == 1 || !es_name_is(text_of(fact, "hive"), "SOFTWARE"))
        return ES_OK;
    of->software_read = 1;
    if (es_name_is(name, "CurrentVersion") && es_name_begins(text, "6.0"))
        of->nt60 = 1;
    if (es_name_is(name, "CSDVersion") && es_name_is(text, "Service Pack 2"))
        of->server_pack_2 = 1;
    return ES_OK;
}

static es_status take_product(finding *of, const es_fact_view *fact)
{
    of->client = es_name_is(text_of(fact, "product_type"), "WinNT");
    return ES_OK;
}

static void add_unread(finding *of, es_text path)
{
    es_prose_say(&of->unread, "%s%.*s", of->unread.used ? ", " : "", ES_SHOWN(path));
}

static es_status take_unreadable(finding *of, const es_fact_view *fact)
{
    es_text path = text_of(fact, "path");

    if (es_name_ends(path, "tokens.dat") || es_name_ends(path, "config/SOFTWARE") ||
        es_name_ends(path, "config/SYSTEM"))
        add_unread(of, path);
    return ES_OK;
}

/* ------------------------------------------------------------------ evidence */

static es_status take_id(finding *of, const es_fact_view *fact)
{
    int foreign = number_of(fact, "foreign") == 1;
    es_text detail, means;
    es_status status = es_prose_one(of->host, &detail, "%.*s (%.*s, %.*s) as %.*s",
                                    ES_SHOWN(text_of(fact, "id")), ES_SHOWN(text_of(fact, "sku")),
                                    ES_SHOWN(text_of(fact, "licence_channel")),
                                    ES_SHOWN(text_of(fact, "form")));

    if (status == ES_OK)
        status = foreign ? es_prose_one(of->host, &means, "of another product (%.*s)",
                                        ES_SHOWN(text_of(fact, "applies_to")))
                         : es_prose_one(of->host, &means, "licence files of this product are "
                                                          "installed; not that it was activated");
    of->mark.files = of->mark.files || !foreign;
    return status ? status
                  : add_row(of, EVIDENCE, "activation id in the token store", detail, means,
                            !foreign, fact);
}

static es_status take_store(finding *of, const es_fact_view *fact)
{
    if (!es_name_is(text_of(fact, "what"), "tokens.dat"))
        return ES_OK;
    of->tokens_there = 1;
    if (number_of(fact, "searched") == 1)
        of->tokens_read = 1;
    else
        add_unread(of, text_of(fact, "path"));
    because(of, fact);
    return ES_OK;
}

/* Is it dated before the period that the product covers? A key may be put in ahead of it. */
static int is_early(const finding *of, const es_fact_view *fact)
{
    es_text id = text_of(fact, "id");

    for (uint32_t i = 0; of->catalogue && i < of->catalogue->n_activations; i++) {
        const es_catalogue_activation *one = of->catalogue->activations[i];

        if (es_name_same(one->id, id) && es_time_known(one->covers_from) &&
            es_time_known(fact->time) && fact->time.ticks < one->covers_from.ticks)
            return 1;
    }
    return 0;
}

static es_status take_event(finding *of, const es_fact_view *fact)
{
    int licensed = number_of(fact, "licensed") == 1, foreign = number_of(fact, "foreign") == 1;
    int early = licensed && !foreign && is_early(of, fact);

    of->mark.activated = of->mark.activated || (licensed && !foreign);
    of->mark.in_time = of->mark.in_time || (licensed && !foreign && !early);
    return add_row(of, EVIDENCE, "licensing event", text_of(fact, "sku"),
                   es_text_of(foreign    ? "of another product or application"
                              : early    ? "the licensing service called this product licensed, on a "
                                           "day before its period begins: a key that was put in "
                                           "ahead, or a clock that was wrong"
                              : licensed ? "the licensing service called this product licensed"
                              : number_of(fact, "licensed") == 0
                                  ? "the licensing service called this product not licensed"
                                  : "the licensing service knew this product"),
                   licensed && !foreign, fact);
}

static es_status take_azure(finding *of, const es_fact_view *fact)
{
    es_text detail;
    es_status status = es_prose_one(of->host, &detail, "%.*s %.*s", ES_SHOWN(text_of(fact, "what")),
                                    ES_SHOWN(text_of(fact, "detail")));

    of->mark.azure = 1;
    if (status)
        return status;
    return add_row(of, EVIDENCE, "Azure hint", detail,
                   es_text_of("machines on Azure get ESU without a key; nothing on the disk proves "
                              "that this one did"),
                   0, fact);
}

static const es_catalogue_prerequisite *preparation_of(const finding *of, uint32_t kb)
{
    for (uint32_t i = 0; of->catalogue && i < of->catalogue->n_prerequisites; i++) {
        const es_catalogue_prerequisite *one = of->catalogue->prerequisites[i];

        if (one->kb == kb && es_name_is(one->role, "esu-licensing-preparation") &&
            es_name_holds(one->operating_system, "Windows Server 2008 SP2"))
            return one;
    }
    return NULL;
}

static int is_esu_update(const finding *of, uint32_t kb)
{
    const es_catalogue_update *update = es_catalogue_find(of->catalogue, kb);

    return update && update->channel >= ES_CHANNEL_ESU_YEAR_1 &&
           (update->kind == ES_UPDATE_MONTHLY_ROLLUP || update->kind == ES_UPDATE_SECURITY_ONLY ||
            update->kind == ES_UPDATE_PREVIEW_ROLLUP);
}

/* ------------------------------------------------------------------ traces */

static es_status take_trace(finding *of, const es_fact_view *fact)
{
    int specific = number_of(fact, "specific") == 1;
    es_text what = text_of(fact, "what");
    char word[64];

    of->mark.bypass = of->mark.bypass || specific;
    of->mark.hints = of->mark.hints || !specific;
    memset(word, 0, sizeof word);
    if (what.size)
        memcpy(word, what.data, what.size < sizeof word ? (size_t)what.size : sizeof word - 1);
    return add_row(of, TRACES, word, text_of(fact, "detail"), text_of(fact, "typical_of"),
                   specific, fact);
}

/* Packages say three things here: preparation, ESU updates, and what a tool installed. */
static es_status take_package(finding *of, const es_fact_view *fact)
{
    es_text state = text_of(fact, "state"), role = text_of(fact, "role");
    es_text identity = text_of(fact, "identity");
    uint32_t kb = es_kb_number(text_of(fact, "kb"));
    int installed = es_name_is(state, "installed") || es_name_is(state, "permanent") ||
                    es_name_is(state, "superseded");
    es_status status = ES_OK;

    if (!installed)
        return ES_OK;
    if (es_name_is(role, "update") && preparation_of(of, kb))
        status = add_row(of, EVIDENCE, "preparation package", text_of(fact, "kb"),
                         es_text_of("lets ESU updates check for a licence; installs without one"),
                         0, fact);
    if (status == ES_OK && es_name_is(role, "update") && is_esu_update(of, kb) && of->mark.n_esu++ == 0)
        of->mark.first_esu = *fact;
    if (status == ES_OK && of->nt60 && of->client && kb == 4474419 &&
        es_name_begins(identity, "Package_25_for_") && number_of(fact, "visibility") == 2) {
        of->mark.bypass = 1;
        status = add_row(of, TRACES, "part of KB4474419 that is for servers, hidden on a client",
                         identity, es_text_of("the update patcher for Vista (Vista_SHA2_WUC)"), 1,
                         fact);
    }
    if (status == ES_OK && fact->time.ticks == TOOL_TICKS && es_time_known(fact->time) &&
        !es_name_holds(identity, "~6.0.6000.")) {
        of->mark.bypass = 1;
        status = add_row(of, TRACES, "install time that a tool writes into every package", identity,
                         es_text_of("the update patcher for Vista: the constant 2006-11-02 "
                                    "15:34:16"),
                         1, fact);
    }
    return status;
}

static es_status take_agent(finding *of, const es_fact_view *fact)
{
    if (!of->nt60 || !of->client || !es_name_begins(text_of(fact, "version"), "7.7.6003."))
        return ES_OK;
    of->mark.hints = 1;
    return add_row(of, TRACES, "update agent made for Server 2008, on a client",
                   text_of(fact, "version"),
                   es_text_of("the update patcher for Vista (Vista_SHA2_WUC)"), 0, fact);
}

/* The manifest of a suppressor is a trace of its own; that it won nothing says nothing. */
static es_status take_check(finding *of, const es_fact_view *fact)
{
    because(of, fact);
    if (es_name_begins(text_of(fact, "version"), "6.3.9603."))
        return ES_OK;
    of->mark.check_there = 1;
    of->mark.check = *fact;
    if (number_of(fact, "empty") != 1)
        return ES_OK;
    of->mark.hints = 1;
    return add_row(of, TRACES, "manifest of the licence check with nothing in it",
                   text_of(fact, "name"), es_text_of("an ESU suppressor"), 0, fact);
}

static es_status take_component(finding *of, const es_fact_view *fact)
{
    of->mark.winners_read = 1;
    if (!es_name_ends(text_of(fact, "component"), "edsecurityupdatesai"))
        return ES_OK;
    of->mark.check_won = 1;
    if (!of->nt60 || !es_name_begins(text_of(fact, "version"), "6.3."))
        return ES_OK;
    of->mark.bypass = 1;
    return add_row(of, TRACES, "winning licence check of another Windows",
                   text_of(fact, "version"), es_text_of("the ESU suppressor"), 1, fact);
}

/* What is remarkable once everything is known. */
static es_status flag(finding *of)
{
    es_status status = ES_OK;
    es_text detail;

    if (of->mark.check_there && of->mark.winners_read && !of->mark.check_won) {
        of->mark.hints = 1;
        status = add_row(of, TRACES, "licence check without a winner", text_of(&of->mark.check, "name"),
                         es_text_of("an ESU update that was tried and rolled back for want of a "
                                    "licence, as it was seen on Windows 7"),
                         0, &of->mark.check);
    }
    if (status || !of->mark.n_esu || !of->nt60 ||
        (!of->client && (of->mark.files || of->mark.activated || of->mark.azure)))
        return status;
    of->mark.hints = 1;
    status = es_prose_one(of->host, &detail, "%u ESU update%s, first %.*s", of->mark.n_esu,
                          of->mark.n_esu == 1 ? "" : "s", ES_SHOWN(text_of(&of->mark.first_esu, "kb")));
    return status ? status
                  : add_row(of, TRACES,
                            of->client ? "ESU updates on a client" : "ESU updates without licence "
                                                                     "evidence",
                            detail,
                            es_text_of(of->client ? "updates for Server 2008 that were brought to "
                                                    "a client"
                                                  : "a bypass, a licence whose files were removed, "
                                                    "or a machine on Azure"),
                            0, &of->mark.first_esu);
}

/* ------------------------------------------------------------------ the verdict */

static uint32_t answer_of(const finding *of)
{
    if (!of->software_read && !of->mark.activated && !of->mark.bypass && !of->mark.files)
        return UNKNOWN;
    if (!of->nt60)
        return of->software_read ? NOT_APPLICABLE : UNKNOWN;
    if (of->client)
        return of->mark.bypass ? BYPASS : NOT_APPLICABLE;
    if (of->mark.activated)
        return ACTIVATION;
    if (of->mark.bypass)
        return BYPASS;
    if (of->mark.files)
        return FILES;
    if (of->open)
        return UNKNOWN;
    if (of->unread.used || (of->tokens_there && !of->tokens_read) ||
        of->installation->role == ES_ROLE_REGBACK)
        return UNKNOWN;
    return NONE;
}

static const char *sentence_of(const finding *of, uint32_t answer)
{
    switch (answer) {
    case ACTIVATION:
        return "A licensing event calls an ESU product licensed. It is read in the form in which "
               "Windows 7 writes it: that NT 6.0 writes the same is assumed. ";
    case FILES:
        return "Licence files of an ESU product are installed. They come with updates: this does "
               "not prove that a key was entered or activated. ";
    case BYPASS:
        return "There are traces that are known of tools which get round the ESU licence check, or "
               "bring updates for servers to a client, and that nothing else is known to leave; "
               "files are told by name and place. ";
    case NONE:
        return "No evidence found of an ESU licence, and no trace of a bypass. That is not proof "
               "that the machine was unlicensed. ";
    case NOT_APPLICABLE:
        return of->nt60 ? "ESU was never offered for Windows Vista. "
                        : "ESU for Server 2008 does not concern this Windows. ";
    default:
        if (of->open)
            return "Whether there was evidence of an ESU licence, or a trace of a bypass, on that "
                   "day is not known. ";
        if (of->installation->role == ES_ROLE_REGBACK)
            return "This state has registry hives only: the token store and the files of a bypass "
                   "lie outside them. ";
        return of->software_read ? ""
                                 : "Nothing that was read from SOFTWARE says which Windows this "
                                   "is. ";
    }
}

/* What the answer rests on, where a day of the past was asked for. */
static es_status explain_day(const finding *of, es_text *ret)
{
    char time[ES_TIME_WORD_SIZE];

    *ret = (es_text)ES_TEXT("");
    if (!es_then_asked(&of->then))
        return ES_OK;
    if (of->then.by)
        return es_prose_one(of->host, ret, "For the day that was asked for the shadow copy of %s "
                                           "decides, and what is dated between it and that day. ",
                            es_time_word(of->then.taken, time));
    *ret = (es_text)ES_TEXT("No shadow copy reaches back to the day that was asked for: only what is "
                            "dated until then decides; what has no date of its own is listed and "
                            "counts for nothing, what is later is left out. ");
    return ES_OK;
}

static es_status explain(const finding *of, uint32_t answer, es_text *ret)
{
    const char *early = answer == ACTIVATION && !of->mark.in_time
                            ? "The first that does is dated before the period that this product "
                              "covers. "
                            : "";
    const char *also = of->mark.bypass && answer != BYPASS
                           ? "Traces of a bypass are there as well. "
                       : answer == BYPASS && of->mark.files
                           ? "Licence files of an ESU product are there as well. "
                           : "";
    const char *hints = of->mark.hints ? "What else is remarkable is listed among the traces. " : "";
    const char *azure = of->mark.azure ? "Hints of Azure are there, where ESU needs no key. " : "";
    const char *tokens = of->tokens_there || !of->nt60 ||
                                 of->installation->role == ES_ROLE_REGBACK
                             ? ""
                             : "The token store was not found. ";
    es_text day, unread = es_prose_text(&of->unread);
    es_status status = explain_day(of, &day);

    if (status)
        return status;
    return es_prose_one(of->host, ret,
                        "%.*s%s%s%s%s%s%s%s%.*s%sLicensing events are evidence only as far as the "
                        "Application log could be read.",
                        (int)day.size, day.data, sentence_of(of, answer), early, also, hints, azure,
                        tokens, unread.size ? "Could not be read: " : "", (int)unread.size, unread.data,
                        unread.size ? ". " : "");
}

static es_status gather(finding *of)
{
    static const struct {
        const char *type;
        es_status (*take)(finding *, const es_fact_view *);
    } takes[] = {
        { "licence.event", take_event },          { "licence.activation_id", take_id },
        { "licence.store", take_store },          { "licence.azure_hint", take_azure },
        { "licence.trace", take_trace },          { "licence.check_manifest", take_check },
        { "servicing.component", take_component }, { "servicing.package", take_package },
        { "licence.update_agent", take_agent },
    };
    es_status status = each_of_state(of, "build.registry", take_registry);

    if (status == ES_OK)
        status = each_of_state(of, "build.product", take_product);
    if (status == ES_OK)
        status = each_of_state(of, "artefact.unreadable", take_unreadable);
    for (size_t i = 0; i < sizeof takes / sizeof *takes && status == ES_OK; i++)
        status = each_fact(of, takes[i].type, takes[i].take);
    return status ? status : flag(of);
}

es_status licence_judge(void *state, const es_host *host, const es_installation *installation,
                        const es_question *question)
{
    finding of;
    es_text explanation;
    es_verdict verdict;
    es_datum fields[3];
    uint32_t answer;
    es_status status;

    (void)state;
    memset(&of, 0, sizeof of);
    of.host = host;
    of.installation = installation;
    of.catalogue = catalogue_of(host);
    status = es_prose_make(host, 1000, &of.unread);
    if (status == ES_OK)
        status = es_then_find(host, installation, question, 0, &of.then);
    if (status == ES_OK)
        status = gather(&of);
    if (status)
        return status;
    answer = answer_of(&of);
    status = explain(&of, answer, &explanation);
    if (status)
        return status;
    fields[0] = es_datum_boolean(of.mark.files);
    fields[1] = es_datum_boolean(of.mark.bypass);
    fields[2] = es_datum_boolean(of.mark.azure);
    verdict = (es_verdict){ sizeof verdict, 0, answer, of.n_because, of.because, &explanation,
                            fields };
    return host->verdict(host, &verdict);
}
