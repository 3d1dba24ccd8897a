/* SPDX-License-Identifier: Apache-2.0
 *
 * question.c: the rows `questions`: what --cve and --kb ask for.
 *
 * `from` and `to` bound the answer. A CVE is covered from the first start after the update that
 * decided; where no start is recorded, `from` is null and the sentence gives the installation.
 */
#include "updates.h"

#include <stdlib.h>

#define BECAUSE_MAX 32u

typedef struct reply {
    const char *answer;
    es_time from, to;
    uint32_t by; /* KB, 0: none */
    const char *basis;
    uint64_t because[BECAUSE_MAX];
    uint32_t n_because;
    es_prose text;
} reply;

static es_status emit(work *of, const es_asked *asked, const reply *with)
{
    es_datum fields[9];
    es_row row = { sizeof row, ROWS_QUESTIONS, fields };

    fields[0] = es_datum_text(es_text_of(asked->kind == ES_ASKED_CVE ? "cve" : "kb"));
    fields[1] = es_datum_text(asked->id);
    fields[2] = es_datum_text(es_text_of(with->answer));
    fields[3] = es_datum_time(with->from);
    fields[4] = es_datum_time(with->to);
    fields[5] = with->by ? es_datum_text(kb_text(of->host, with->by)) : es_null();
    fields[6] = with->basis ? es_datum_text(es_text_of(with->basis)) : es_null();
    fields[7] = es_datum_facts(with->because, with->n_because);
    fields[8] = es_datum_text(es_prose_text(&with->text));
    return of->host->row(of->host, &row);
}

/* ------------------------------------------------------------------ a CVE */

static int is_before(const char *a, size_t n, const char *b, size_t m)
{
    while (n && *a == '0')
        a++, n--;
    while (m && *b == '0')
        b++, m--;
    return n != m ? n < m : memcmp(a, b, n) < 0;
}

/* The catalogue's order: letters, then numbers as numbers. */
static int id_before(es_text a, es_text b)
{
    size_t i = 0, k = 0;

    while (i < a.size && k < b.size) {
        size_t n = 0, m = 0;

        while (i + n < a.size && a.data[i + n] >= '0' && a.data[i + n] <= '9')
            n++;
        while (k + m < b.size && b.data[k + m] >= '0' && b.data[k + m] <= '9')
            m++;
        if (n && m) {
            if (is_before(a.data + i, n, b.data + k, m))
                return 1;
            if (is_before(b.data + k, m, a.data + i, n))
                return 0;
            i += n, k += m;
        } else if (a.data[i] != b.data[k]) {
            return a.data[i] < b.data[k];
        } else {
            i++, k++;
        }
    }
    return i == a.size && k < b.size;
}

static const es_catalogue_cve *cve_find(const es_catalogue *from, es_text id)
{
    uint32_t low = 0, high = from ? from->n_cves : 0;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (id_before(from->cves[middle]->id, id))
            low = middle + 1;
        else
            high = middle;
    }
    return from && low < from->n_cves && es_text_equal(from->cves[low]->id, id) ? from->cves[low]
                                                                                : NULL;
}

/* When the last of the components was covered; unknown when one of the starts is. */
static es_time covered_from(const standing *how)
{
    es_time latest = how->by ? how->by->effective_from : (es_time){ 0, ES_TIME_NONE, 0 };

    for (uint32_t i = 0; i < how->n_others; i++) {
        es_time one = how->others[i]->effective_from;

        if (!es_time_known(latest) || !es_time_known(one))
            return (es_time){ 0, ES_TIME_NONE, 0 };
        if (one.ticks > latest.ticks)
            latest = one;
    }
    return latest;
}

static void say_absent(const standing *how, es_prose *to)
{
    if (how->absent)
        es_prose_say(to, "Rows for versions that are not on this machine do not apply, as that of "
                         "KB%u for %.*s. ",
                     (unsigned)how->absent->update->kb, ES_SHOWN(how->absent->component));
}

/* What mends the other components, and what that rests on where it is not the list of packages. */
static void say_others(const standing *how, es_prose *to)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < how->n_others; i++)
        es_prose_say(to, "%sKB%u", i ? ", " : "Other components of it are mended by ",
                     (unsigned)how->others[i]->kb);
    if (how->n_others)
        es_prose_say(to, "%s. ", how->n_others == ES_COUNT(how->others) ? " and perhaps more" : "");
    for (uint32_t i = 0; i < how->n_others; i++)
        if (how->others[i]->by_installer)
            es_prose_say(to, "%sKB%u", n++ ? ", " : "Of these Windows Installer or a setup lists ",
                         (unsigned)how->others[i]->kb);
    if (n)
        es_prose_say(to, ". ");
}

static void say_covered(const work *of, const standing *how, es_prose *to)
{
    const entry *by = how->by;
    char time[ES_TIME_WORD_SIZE];

    if (!how->applies) {
        es_prose_say(to, "None of its rows in the catalogue applies to this machine (%s). ",
                     of->architecture_word[0] ? of->architecture_word : "architecture not known");
        say_absent(how, to);
        return;
    }
    if (!by)
        return;
    es_prose_say(to, "KB%u, which ", (unsigned)by->kb);
    if (by->kb == how->fix->update->kb)
        es_prose_say(to, "mends it");
    else
        es_prose_say(to, "supersedes KB%u, which mends it", (unsigned)how->fix->update->kb);
    if (by->by_files) {
        es_prose_say(to, ", is not listed as installed (%s); all component files that its "
                         "manifests name were read, and are at or above their versions. ",
                     state_word(by->state));
        return;
    }
    es_prose_say(to, ", was installed %s", es_time_word(by->installed, time));
    if (es_time_known(by->effective_from))
        es_prose_say(to, " and in effect from the start of %s%s. ",
                     es_time_word(by->effective_from, time),
                     by->effective_from.flags & ES_TIME_UPPER_BOUND
                         ? " at the latest (older starts are not recorded)"
                         : "");
    else
        es_prose_say(to, "; which start was the first after it is not recorded. ");
    if (by->by_installer) {
        es_prose_say(to, "That rests on the lists of Windows Installer and of setups: no package of "
                         "component servicing belongs to it, and its files were not read. ");
        return;
    }
    es_prose_say(to, how->basis_files
                         ? "The files it brings were read and are at or above its versions. "
                         : "That rests on the package list: the package is installed, its .mum "
                           "and .cat are there, and nothing that was read contradicts. ");
}

/* Since its update was uninstalled, where a record says so; else since before the record. */
static es_time exposed_from(const work *of, const standing *how)
{
    const entry *own = of->by_update[how->fix->update->index];

    return own && own->state == STATE_UNINSTALLED && how->fix_available
               ? own->uninstalled
               : (es_time){ 0, ES_TIME_NONE, 0 };
}

static void say_exposed(const work *of, const standing *how, es_prose *to)
{
    const es_catalogue_update *update = how->fix->update;
    const entry *own = of->by_update[update->index];
    char time[ES_TIME_WORD_SIZE];

    if (!how->fix_available) {
        es_prose_say(to, "No update that mends it was out then: KB%u, released %s, is the first. ",
                     (unsigned)update->kb, es_time_word(update->released, time));
        return;
    }
    es_prose_say(to, "Neither KB%u (%.*s", (unsigned)update->kb, ES_SHOWN(update->kind_word));
    if (es_time_known(update->released))
        es_prose_say(to, ", released %s", es_time_word(update->released, time));
    es_prose_say(to, "), which mends it, nor an update that covers it was in effect");
    if (own && own->why)
        es_prose_say(to, ": of KB%u, %s", (unsigned)own->kb, own->why);
    else if (own && own->state == STATE_UNINSTALLED)
        es_prose_say(to, ": KB%u was uninstalled %s", (unsigned)own->kb,
                     es_time_word(own->uninstalled, time));
    es_prose_say(to, ". Exposed means that the fix was not in effect, not that the service was "
                     "reachable or was attacked. ");
    if (how->fix->public_exploit == 1)
        es_prose_say(to, "The catalogue edition lists a public exploit. ");
}

/* The same machine at the end of the record, made once for all questions. Its entries are its own:
 * what is in effect then is not what was on the day. */
static es_status at_the_end(work *of, const work **ret)
{
    void *memory = NULL, *entries = NULL;
    size_t size = of->own.entries.n * of->own.entries.item_size;
    work *end;
    es_status status = ES_OK;

    *ret = of->later;
    if (of->later)
        return ES_OK;
    status = of->host->alloc(of->host, sizeof *end, &memory);
    if (status == ES_OK && !of->end)
        status = of->host->alloc(of->host, size + 1, &entries);
    if (status)
        return status;
    end = (work *)memory;
    *end = of->end ? *of->end : *of;
    if (entries && size)
        memcpy(entries, of->own.entries.items, size);
    if (entries)
        end->own.entries.items = entries;
    end->past = 0;
    end->base = NULL;
    memset(&end->at, 0, sizeof end->at);
    status = effect_decide(end, end->at, 0);
    if (status == ES_OK)
        status = cover_all(end);
    if (status == ES_OK)
        *ret = of->later = end;
    return status;
}

/* What the end of the record says, for the far end of an interval in the past. */
static es_status later_cover(work *of, const es_catalogue_cve *cve, reply *to)
{
    const work *end;
    standing how;
    char time[ES_TIME_WORD_SIZE];
    es_status status = of->past ? at_the_end(of, &end) : ES_OK;

    if (status || !of->past)
        return status;
    cve_stand(end, cve, &how);
    if (how.answer == COVERED && how.applies && how.by) {
        to->to = covered_from(&how);
        to->by = how.by->kb;
        because_entry(to->because, &to->n_because, BECAUSE_MAX, how.by);
        es_prose_say(&to->text, "At the end of the record KB%u covers it, installed %s. ",
                     (unsigned)how.by->kb, es_time_word(how.by->installed, time));
    }
    return ES_OK;
}

static es_status answer_before_setup(const work *of, reply *to)
{
    to->answer = "unknown";
    because_fact(to->because, &to->n_because, BECAUSE_MAX, of->set_up_fact);
    say_before_setup(of, &to->text);
    return ES_OK;
}

static es_status answer_cve(work *of, const es_asked *asked, reply *to)
{
    const es_catalogue_cve *cve = cve_find(of->catalogue, asked->id);
    standing how;
    es_status status = ES_OK;

    to->answer = "unknown";
    if (!cve || of->is_nt60 == NO || of->is_sp2 == NO || of->is_server == NO) {
        es_prose_say(&to->text, !of->catalogue ? "There is no update catalogue. "
                                : !cve         ? "The catalogue does not know it. "
                                               : "Exposure is judged for Server 2008 SP2 only. ");
        return ES_OK;
    }
    if (of->before_setup)
        return answer_before_setup(of, to);
    cve_stand(of, cve, &how);
    because_entry(to->because, &to->n_because, BECAUSE_MAX, how.by);
    for (uint32_t i = 0; i < how.n_others; i++)
        because_entry(to->because, &to->n_because, BECAUSE_MAX, how.others[i]);
    if (how.answer == COVERED) {
        to->answer = "covered";
        to->from = covered_from(&how);
        to->by = how.by ? how.by->kb : 0;
        to->basis = !how.applies ? NULL : how.basis_files ? "files" : "packages";
        say_covered(of, &how, &to->text);
        say_others(&how, &to->text);
    } else if (how.answer == EXPOSED) {
        to->answer = "exposed";
        to->by = how.fix->update->kb;
        to->from = exposed_from(of, &how);
        say_exposed(of, &how, &to->text);
        status = later_cover(of, cve, to);
    } else {
        if (how.by && !of->beyond)
            es_prose_say(&to->text, "It cannot be said: of KB%u, %s. ", (unsigned)how.by->kb,
                         how.why);
        else
            es_prose_say(&to->text, "It cannot be said: %s. ", how.why);
        if (how.needs)
            es_prose_say(&to->text, "What would decide is %s. ", how.needs);
        if (how.by && how.by->contradiction.size)
            es_prose_say(&to->text, "%.*s. ", ES_SHOWN(how.by->contradiction));
        to->by = how.by ? how.by->kb : 0;
        status = later_cover(of, cve, to);
    }
    if (how.applies)
        say_absent(&how, &to->text);
    if (how.answer != EXPOSED || how.fix_available)
        say_limits(of, &to->text); /* before there was a fix no record can say otherwise */
    return status;
}

/* ------------------------------------------------------------------ a KB */

static void say_newer(const work *of, uint32_t kb, es_prose *to)
{
    const es_catalogue_update *update = es_catalogue_find(of->catalogue, kb);
    const entry *by;

    if (!update || !of->cover)
        return;
    by = of->witness[update->index];
    if (by && by->kb != kb && of->cover[update->index] == YES)
        es_prose_say(to, "KB%u, which supersedes it, is in effect. ", (unsigned)by->kb);
}

/* There is an entry: what it says at the asked time. */
static void answer_entry(const work *of, const entry *one, reply *to)
{
    char time[ES_TIME_WORD_SIZE];

    because_entry(to->because, &to->n_because, BECAUSE_MAX, one);
    if (state_is_in(one->state) &&
        (!of->past || of->end ||
         (es_time_known(one->installed) && one->installed.ticks <= of->at.ticks))) {
        to->answer = "installed";
        to->from = one->installed;
        to->by = one->kb;
        es_prose_say(&to->text, "%s %s since %s%s%.*s. ",
                     one->by_installer ? "Windows Installer or a setup lists it as"
                                       : "Its package is in state",
                     state_word(one->state), es_time_word(one->installed, time),
                     one->client.size ? " by " : "", ES_SHOWN(one->client));
        if (one->effect != YES && one->why)
            es_prose_say(&to->text, "It does not count as in effect: %s. ", one->why);
        if (one->contradiction.size)
            es_prose_say(&to->text, "%.*s. ", ES_SHOWN(one->contradiction));
        return;
    }
    if (one->state == STATE_NONE) {
        to->answer = "unknown";
        if (one->has_key)
            es_prose_say(&to->text, "The key of its package is there and does not tell its state. ");
        else
            es_prose_say(&to->text, "Something of it is there. %s", packages_unread(of));
        return;
    }
    to->answer = (of->past || one->orphan) && one->effect == MAYBE ? "unknown" : "not-installed";
    if (state_is_in(one->state)) {
        to->to = one->installed;
        es_prose_say(&to->text, "It was installed only %s. ", es_time_word(one->installed, time));
    } else {
        es_prose_say(&to->text, "Its state is %s: %s. ", state_word(one->state),
                     one->why                      ? one->why
                     : one->state == STATE_RESIDUE ? "something of it remains, and it is not "
                                                     "installed"
                                                   : "it is not installed");
        if (one->state == STATE_UNINSTALLED)
            to->from = one->uninstalled;
    }
}

static void answer_no_entry(const work *of, uint32_t kb, reply *to)
{
    const es_catalogue_update *update = es_catalogue_find(of->catalogue, kb);

    to->answer = "unknown";
    if (!of->own.packages_read)
        es_prose_say(&to->text, "%s", packages_unread(of));
    else if (update && update->kind == ES_UPDATE_DOTNET)
        es_prose_say(&to->text, "Neither component servicing nor Windows Installer lists it; a later "
                                "update of .NET may hold what it mends. ");
    else if (of->past && !of->base && !records_reach(of, of->at))
        es_prose_say(&to->text, "There is no package of it now, and no record reaches the asked "
                                "time. ");
    else {
        to->answer = "not-installed";
        es_prose_say(&to->text, "There is no package of it. ");
    }
}

/* Not there then, and there at the end: until when. */
static void say_came_later(const work *of, uint32_t kb, reply *to)
{
    const entry *one = of->end ? entry_find(&of->end->own, kb) : NULL;
    char time[ES_TIME_WORD_SIZE];

    if (!one || !state_is_in(one->state) || !es_time_known(one->installed) ||
        one->installed.ticks <= of->at.ticks)
        return;
    because_entry(to->because, &to->n_because, BECAUSE_MAX, one);
    to->to = one->installed;
    es_prose_say(&to->text, "It was installed only %s. ", es_time_word(one->installed, time));
}

static void answer_kb(const work *of, const es_asked *asked, reply *to)
{
    uint32_t kb = es_kb_number(asked->id);
    const entry *one = entry_find(&of->own, kb);

    if (one)
        answer_entry(of, one, to);
    else
        answer_no_entry(of, kb, to);
    if (!one)
        say_came_later(of, kb, to);
    say_newer(of, kb, &to->text);
    if (of->catalogue && !es_catalogue_find(of->catalogue, kb))
        es_prose_say(&to->text, "The catalogue does not know this KB. ");
}

es_status answer_questions(work *of)
{
    es_prose text;
    es_status status = of->question->n_asked ? es_prose_make(of->host, 4000, &text) : ES_OK;

    for (uint32_t i = 0; i < of->question->n_asked && status == ES_OK; i++) {
        const es_asked *asked = &of->question->asked[i];
        reply with;

        memset(&with, 0, sizeof with);
        with.text = text; /* from its beginning: a row is copied when it is given */
        if (asked->kind == ES_ASKED_CVE)
            status = answer_cve(of, asked, &with);
        else if (of->before_setup)
            status = answer_before_setup(of, &with);
        else
            answer_kb(of, asked, &with);
        if (status == ES_OK)
            status = emit(of, asked, &with);
    }
    return status;
}
