/* SPDX-License-Identifier: Apache-2.0
 *
 * gather.c: the facts that matter here, sorted by state.
 *
 * The judged state is read whole. When a day before its end is asked for, the newest earlier state
 * of the machine at or before that day is read too: its package list is what was installed then.
 */
#include "facts.h"
#include "gather.h"

int version_parse(es_text text, file_version *ret)
{
    uint32_t n = 0, digits = 0;
    uint32_t number = 0;

    ret->known = 0;
    for (uint64_t i = 0; i <= text.size; i++) {
        char c = i < text.size ? text.data[i] : '.';

        if (c >= '0' && c <= '9' && digits < 6) {
            number = number * 10 + (uint32_t)(c - '0');
            digits++;
        } else if (c == '.' && digits && n < 4 && number <= 0xffff) {
            ret->parts[n++] = (uint16_t)number;
            number = digits = 0;
        } else {
            return 0;
        }
    }
    ret->known = n == 4;
    return ret->known;
}

int version_compare(const uint16_t a[4], const uint16_t b[4])
{
    for (int i = 0; i < 4; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

void later(es_time *to, es_time time)
{
    if (is_sane(time) && (!es_time_known(*to) || to->ticks < time.ticks))
        *to = time;
}

void earlier(es_time *to, es_time time)
{
    if (is_sane(time) && (!es_time_known(*to) || to->ticks > time.ticks))
        *to = time;
}

es_status each(work *of, const char *type, take_fn take, void *context)
{
    es_fact_view view;
    uint64_t cursor = 0;
    es_status status;

    while ((status = of->host->fact_next(of->host, es_text_of(type), &cursor, &view)) == ES_OK) {
        status = take(of, context, &view);
        if (status)
            return status;
    }
    return status == ES_END || status == ES_ABSENT ? ES_OK : status;
}

int is_own(const work *of, const es_fact_view *view)
{
    return view->installation == of->subject;
}

es_time last_time(const work *of)
{
    return of->end ? of->at : of->subject->state_time;
}

/* ------------------------------------------------------------------ packages, files, events */

/* Traces of one state, and the columns of the fact type that is walked. */
typedef struct picking {
    const es_installation *from;
    state_view *to;
    table traces;
    columns at;
} picking;

static uint32_t state_of(es_text word)
{
    static const struct {
        const char *word;
        uint32_t state;
    } known[] = {
        { "installed", STATE_INSTALLED },       { "permanent", STATE_INSTALLED },
        { "superseded", STATE_SUPERSEDED },     { "staged", STATE_STAGED },
        { "staging", STATE_STAGED },            { "resolved", STATE_STAGED },
        { "resolving", STATE_STAGED },          { "install-pending", STATE_PENDING_INSTALL },
        { "partially-installed", STATE_PENDING_INSTALL },
        { "uninstall-pending", STATE_PENDING_UNINSTALL },
        { "unknown", STATE_NONE },              { "", STATE_NONE },
    };

    for (uint32_t i = 0; i < ES_COUNT(known); i++)
        if (text_is(word, known[i].word))
            return known[i].state;
    return STATE_RESIDUE;
}

/* "Package_for_943729": some early updates leave the letters out. */
static uint32_t bare_number(es_text name)
{
    static const char prefix[] = "Package_for_";
    es_text rest;

    if (name.size <= sizeof prefix - 1 || memcmp(name.data, prefix, sizeof prefix - 1) != 0)
        return 0;
    rest.data = name.data + sizeof prefix - 1;
    rest.size = name.size - (sizeof prefix - 1);
    return rest.data[0] >= '0' && rest.data[0] <= '9' ? es_kb_number(rest) : 0;
}

static uint32_t rank_of(es_text role)
{
    return text_is(role, "child") ? RANK_PART : RANK_WHOLE;
}

/* "Microsoft-Windows-InternetExplorer-…": the version of its package is that of the browser. */
static void look_for_ie(work *of, es_text name, es_text version, uint32_t state)
{
    static const char prefix[] = "Microsoft-Windows-InternetExplorer";
    file_version parsed = { { 0 }, 0 };

    if (name.size < sizeof prefix - 1 || memcmp(name.data, prefix, sizeof prefix - 1) != 0 ||
        state != STATE_INSTALLED || !version_parse(version, &parsed))
        return;
    if (parsed.parts[0] >= 7 && parsed.parts[0] <= 11 && parsed.parts[0] > of->ie_version)
        of->ie_version = parsed.parts[0];
}

/* A package of the judged state that was installed after the state of old, and in time. */
static int came_between(const work *of, const es_fact_view *view)
{
    return of->end && view->installation == of->installation && is_sane(view->time) &&
           view->time.ticks > of->base_time.ticks && view->time.ticks <= of->at.ticks;
}

static es_status add_trace(const work *of, picking *to, uint32_t kb, uint32_t kind,
                           const es_fact_view *view, trace **ret_made)
{
    void *item = NULL;
    es_status status = table_add(of->host, &to->traces, &item);

    if (status)
        return status;
    *ret_made = (trace *)item;
    memset(*ret_made, 0, sizeof **ret_made);
    (*ret_made)->kb = kb;
    (*ret_made)->kind = kind;
    (*ret_made)->fact = view->reference;
    return ES_OK;
}

static es_status take_package(work *of, void *context, const es_fact_view *view)
{
    enum { KB, ROLE, VERSION, STATE, BROKEN, CLIENT, USER, USER_NAME, MUM, CAT, NAME };
    picking *to = (picking *)context;
    trace *made = NULL;
    es_text kb, name;
    uint32_t number, state;
    es_status status;

    if (view->installation != to->from && !came_between(of, view))
        return ES_OK;
    columns_bind(&to->at, view);
    to->to->packages_read = 1;
    kb = column_text(&to->at, view, KB);
    name = column_text(&to->at, view, NAME);
    state = state_of(column_text(&to->at, view, STATE));
    later(&to->to->last_seen, view->time);
    number = kb.size ? es_kb_number(kb) : bare_number(name);
    if (!number) {
        look_for_ie(of, name, column_text(&to->at, view, VERSION), state);
        return ES_OK;
    }
    status = add_trace(of, to, number, TRACE_PACKAGE, view, &made);
    if (status)
        return status;
    made->rank = rank_of(column_text(&to->at, view, ROLE));
    made->state = state;
    made->broken = column_boolean(&to->at, view, BROKEN) > 0 || view->damaged;
    made->mum = column_boolean(&to->at, view, MUM);
    made->cat = column_boolean(&to->at, view, CAT);
    made->version = column_text(&to->at, view, VERSION);
    made->client = column_text(&to->at, view, CLIENT);
    made->user = column_text(&to->at, view, USER);
    made->user_name = column_text(&to->at, view, USER_NAME);
    made->time = view->time;
    return ES_OK;
}

/* What a list does not name may be there when not all of the list could be read. */
static es_status take_unread(work *of, void *context, const es_fact_view *view)
{
    picking *to = (picking *)context;

    (void)of;
    if (view->installation == to->from) {
        to->to->packages_cut = 1;
        to->to->packages_read = 0;
    }
    return ES_OK;
}

static es_status take_file(work *of, void *context, const es_fact_view *view)
{
    picking *to = (picking *)context;
    trace *made = NULL;
    uint32_t number;

    columns_bind(&to->at, view);
    number = es_kb_number(column_text(&to->at, view, 0));
    return view->installation == to->from && number
               ? add_trace(of, to, number, TRACE_FILE, view, &made)
               : ES_OK;
}

static uint32_t result_of(es_text word)
{
    if (text_is(word, "installed") || text_is(word, "succeeded"))
        return RESULT_INSTALLED;
    if (text_is(word, "failed"))
        return RESULT_FAILED;
    return text_is(word, "uninstalled") ? RESULT_UNINSTALLED : RESULT_OTHER;
}

/* "Package_1_for_KB…": a part that goes says nothing of the whole. */
static int is_part(es_text identity)
{
    static const char prefix[] = "Package_";

    return identity.size > sizeof prefix - 1 &&
           !memcmp(identity.data, prefix, sizeof prefix - 1) &&
           identity.data[sizeof prefix - 1] >= '0' && identity.data[sizeof prefix - 1] <= '9';
}

/* Events are the machine's: whichever state's log holds them. The same one is in several. */
static es_status take_record(work *of, void *context, const es_fact_view *view)
{
    enum { KB, RESULT, TITLE, IDENTITY };
    picking *to = (picking *)context;
    es_time last = last_time(of);
    trace *made = NULL;
    uint32_t number;
    es_status status;

    columns_bind(&to->at, view);
    earlier(&of->records_from, view->time);
    number = es_kb_number(column_text(&to->at, view, KB));
    if (!number ||
        (es_time_known(last) && is_sane(view->time) && view->time.ticks > last.ticks))
        return ES_OK;
    if (is_own(of, view))
        later(&to->to->last_seen, view->time);
    status = add_trace(of, to, number,
                       text_is(view->type, "history.servicing") ? TRACE_EVENT : TRACE_HISTORY,
                       view, &made);
    if (status)
        return status;
    made->result = is_part(column_text(&to->at, view, IDENTITY))
                       ? RESULT_OTHER
                       : result_of(column_text(&to->at, view, RESULT));
    made->title = column_text(&to->at, view, TITLE);
    made->time = view->time;
    return ES_OK;
}

static uint32_t patch_state(es_text word)
{
    if (text_is(word, "applied"))
        return STATE_INSTALLED;
    if (text_is(word, "superseded") || text_is(word, "obsolete"))
        return STATE_SUPERSEDED;
    return text_is(word, "registered") ? STATE_STAGED : STATE_RESIDUE;
}

/* What Windows Installer and the setups beside it list. */
static es_status take_installer(work *of, void *context, const es_fact_view *view)
{
    enum { KB, STATE, TITLE, INSTALLED, LIST, BY };
    picking *to = (picking *)context;
    int is_patch = text_is(view->type, "updates.patch");
    trace *made = NULL;
    uint32_t number;
    es_status status;

    columns_bind(&to->at, view);
    number = es_kb_number(column_text(&to->at, view, KB));
    if (view->installation != to->from || !number)
        return ES_OK;
    status = add_trace(of, to, number, is_patch ? TRACE_PATCH : TRACE_REGISTRATION, view, &made);
    if (status)
        return status;
    made->broken = view->damaged != 0;
    if (is_patch)
        made->state = patch_state(column_text(&to->at, view, STATE));
    else if (text_is(column_text(&to->at, view, LIST), "Updates"))
        made->state = column_boolean(&to->at, view, INSTALLED) > 0 ? STATE_INSTALLED
                                                                   : STATE_RESIDUE;
    made->title = column_text(&to->at, view, TITLE);
    made->user_name = column_text(&to->at, view, BY);
    made->time = view->time;
    return ES_OK;
}

static es_status pick_state(work *of, const es_installation *from, state_view *to, int records)
{
    static const char *const package_names[] = { "kb", "role", "version", "state", "broken",
                                                 "client", "user", "user_name", "mum", "cat",
                                                 "name" };
    static const char *const file_names[] = { "kb" };
    static const char *const record_names[] = { "kb", "result", "title",
                                                "identity" };
    static const char *const installer_names[] = { "kb", "state", "display_name", "installed",
                                                   "list", "installed_by" };
    picking picked = { from, to, { NULL, 0, 0, sizeof(trace) }, { NULL, 0, NULL, { 0 } } };
    es_status status;

    to->installation = from;
    picked.at = (columns){ package_names, ES_COUNT(package_names), NULL, { 0 } };
    status = each(of, "servicing.package", take_package, &picked);
    if (status == ES_OK)
        status = each(of, "servicing.unread", take_unread, &picked);
    picked.at = (columns){ file_names, ES_COUNT(file_names), NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "servicing.file", take_file, &picked);
    picked.at = (columns){ record_names, ES_COUNT(record_names), NULL, { 0 } };
    if (status == ES_OK && records)
        status = each(of, "history.servicing", take_record, &picked);
    if (status == ES_OK && records)
        status = each(of, "history.update", take_record, &picked);
    picked.at = (columns){ installer_names, ES_COUNT(installer_names), NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "updates.patch", take_installer, &picked);
    if (status == ES_OK)
        status = each(of, "updates.registration", take_installer, &picked);
    return status ? status : fold(of, to, &picked.traces);
}

/* ------------------------------------------------------------------ the asked time */

typedef struct candidate {
    const es_installation *best;
} candidate;

static es_status take_state(work *of, void *context, const es_fact_view *view)
{
    candidate *to = (candidate *)context;
    const es_installation *one = view->installation;

    if (one != of->installation && es_time_known(one->state_time) &&
        one->role != ES_ROLE_WINDOWS_OLD && one->state_time.ticks <= of->at.ticks &&
        (!to->best || to->best->state_time.ticks < one->state_time.ticks))
        to->best = one;
    return ES_OK;
}

int records_reach(const work *of, es_time time)
{
    return es_time_known(of->records_from) && of->records_from.ticks <= time.ticks &&
           !(es_time_known(of->cleared) && of->cleared.ticks > time.ticks);
}

static es_status find_base(work *of)
{
    candidate found = { NULL };
    void *memory = NULL;
    es_status status = each(of, "servicing.package", take_state, &found);

    if (status || !found.best)
        return status;
    status = of->host->alloc(of->host, sizeof *of->base, &memory);
    if (status)
        return status;
    of->base = (state_view *)memory;
    of->base_time = found.best->state_time;
    return pick_state(of, found.best, of->base, 0);
}

static int started_before(const work *of, es_time time)
{
    const booted *all = (const booted *)of->boots.items;

    return of->boots.n && all[0].time.ticks <= time.ticks;
}

static es_status decide_time(work *of)
{
    es_time end = of->installation->role == ES_ROLE_CURRENT ? of->own.last_seen
                                                            : of->installation->state_time;
    es_status status;

    of->at = of->question->as_of;
    if (!es_time_known(of->at))
        return ES_OK;
    if (of->catalogue && es_time_known(of->catalogue->edition_day))
        of->beyond = of->at.ticks > of->catalogue->edition_day.ticks +
                                        INT64_C(86400) * ES_TICKS_PER_SECOND;
    of->past = es_time_known(end) && of->at.ticks < end.ticks;
    status = of->past ? find_base(of) : ES_OK;
    of->before_setup = of->past && !of->base && is_sane(of->set_up) &&
                       of->at.ticks < of->set_up.ticks && !started_before(of, of->at);
    return status;
}

es_status gather(work *to)
{
    es_status status = pick_state(to, to->subject, &to->own, 1);

    if (status == ES_OK)
        status = gather_marks(to);
    if (status == ES_OK)
        status = gather_machine(to);
    if (status == ES_OK)
        status = gather_components(to);
    return status || to->end ? status : decide_time(to);
}
