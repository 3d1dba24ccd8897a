/* SPDX-License-Identifier: Apache-2.0
 *
 * gather.c: the facts that matter here, sorted by state.
 *
 * The judged state is read whole. When a day before its end is asked for, the newest earlier state
 * of the machine at or before that day is read too: its package list is what was installed then.
 */
#include "facts.h"
#include "gather.h"

#include <stdlib.h>

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

static void later(es_time *to, es_time time)
{
    if (is_sane(time) && (!es_time_known(*to) || to->ticks < time.ticks))
        *to = time;
}

static void earlier(es_time *to, es_time time)
{
    if (is_sane(time) && (!es_time_known(*to) || to->ticks > time.ticks))
        *to = time;
}

/* Walk the facts of a type; `take` is called for each. */
typedef es_status (*take_fn)(work *of, void *context, const es_fact_view *view);

static es_status each(work *of, const char *type, take_fn take, void *context)
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

/* Is it a fact of the state that is looked at? */
static int is_own(const work *of, const es_fact_view *view)
{
    return view->installation == of->subject;
}

/* The time up to which records count: that of the state, or, where it stands for a later day, that
 * day. */
static es_time last_time(const work *of)
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

static es_status take_package(work *of, void *context, const es_fact_view *view)
{
    enum { KB, ROLE, VERSION, STATE, BROKEN, CLIENT, USER, USER_NAME, MUM, CAT, NAME };
    picking *to = (picking *)context;
    trace *made;
    void *item = NULL;
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
    status = table_add(of->host, &to->traces, &item);
    if (status)
        return status;
    made = (trace *)item;
    memset(made, 0, sizeof *made);
    made->kb = number;
    made->kind = TRACE_PACKAGE;
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
    made->fact = view->reference;
    return ES_OK;
}

static es_status take_file(work *of, void *context, const es_fact_view *view)
{
    picking *to = (picking *)context;
    trace *made;
    void *item = NULL;
    uint32_t number;
    es_status status;

    columns_bind(&to->at, view);
    number = es_kb_number(column_text(&to->at, view, 0));
    if (view->installation != to->from || !number)
        return ES_OK;
    status = table_add(of->host, &to->traces, &item);
    if (status)
        return status;
    made = (trace *)item;
    memset(made, 0, sizeof *made);
    made->kb = number;
    made->kind = TRACE_FILE;
    made->fact = view->reference;
    return ES_OK;
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
    trace *made;
    void *item = NULL;
    uint32_t number;
    es_status status;

    columns_bind(&to->at, view);
    earlier(&of->records_from, view->time);
    number = es_kb_number(column_text(&to->at, view, KB));
    if (!number || (es_time_known(last) && is_sane(view->time) &&
                    view->time.ticks > last.ticks))
        return ES_OK;
    if (is_own(of, view))
        later(&to->to->last_seen, view->time);
    status = table_add(of->host, &to->traces, &item);
    if (status)
        return status;
    made = (trace *)item;
    memset(made, 0, sizeof *made);
    made->kb = number;
    made->kind = text_is(view->type, "history.servicing") ? TRACE_EVENT : TRACE_HISTORY;
    made->result = is_part(column_text(&to->at, view, IDENTITY))
                       ? RESULT_OTHER
                       : result_of(column_text(&to->at, view, RESULT));
    made->title = column_text(&to->at, view, TITLE);
    made->time = view->time;
    made->fact = view->reference;
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
    picking picked = { from, to, { NULL, 0, 0, sizeof(trace) }, { NULL, 0, NULL, { 0 } } };
    es_status status;

    to->installation = from;
    picked.at = (columns){ package_names, ES_COUNT(package_names), NULL, { 0 } };
    status = each(of, "servicing.package", take_package, &picked);
    picked.at = (columns){ file_names, ES_COUNT(file_names), NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "servicing.file", take_file, &picked);
    picked.at = (columns){ record_names, ES_COUNT(record_names), NULL, { 0 } };
    if (status == ES_OK && records)
        status = each(of, "history.servicing", take_record, &picked);
    if (status == ES_OK && records)
        status = each(of, "history.update", take_record, &picked);
    return status ? status : fold(of, to, &picked.traces);
}

/* ------------------------------------------------------------------ starts, marks, hives */

/* When the start was that a record tells of; no time when it tells of none. */
static es_time start_of(const columns *at, const es_fact_view *view)
{
    enum { KIND, STARTED, UPTIME };
    es_text kind = column_text(at, view, KIND);
    es_datum started = column(at, view, STARTED, ES_FIELD_TIME);
    es_datum uptime = column(at, view, UPTIME, ES_FIELD_INTEGER);
    es_time time = view->time;

    if (text_is(kind, "uptime") && uptime.type && uptime.integer >= 0 &&
        uptime.integer < INT64_C(100) * 365 * 86400)
        time.ticks -= uptime.integer * ES_TICKS_PER_SECOND;
    else if (started.type && is_sane(started.time))
        time = started.time;
    else if (!text_is(kind, "start") && !text_is(kind, "version"))
        time.precision = ES_TIME_NONE;
    return time;
}

static es_status take_boot(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    es_time start, last = last_time(of);
    void *item = NULL;
    booted *made;
    es_status status;

    columns_bind(at, view);
    earlier(&of->records_from, view->time);
    start = start_of(at, view);
    if (!is_sane(start) || (es_time_known(last) && start.ticks > last.ticks))
        return ES_OK;
    later(&of->own.last_seen, view->time);
    status = table_add(of->host, &of->boots, &item);
    if (status)
        return status;
    made = (booted *)item;
    made->time = start;
    made->fact = view->reference;
    return ES_OK;
}

/* What a log held before it was cleared is gone. */
static es_status take_cleared(work *of, void *context, const es_fact_view *view)
{
    (void)context;
    later(&of->cleared, view->time);
    return ES_OK;
}

static int by_time(const void *left, const void *right)
{
    const booted *a = (const booted *)left, *b = (const booted *)right;

    return a->time.ticks < b->time.ticks ? -1 : a->time.ticks > b->time.ticks;
}

static es_status take_shutdown(work *of, void *context, const es_fact_view *view)
{
    (void)context;
    if (is_own(of, view)) {
        later(&of->own.last_shutdown, view->time);
        later(&of->own.last_seen, view->time);
    }
    return ES_OK;
}

static es_status take_hive(work *of, void *context, const es_fact_view *view)
{
    (void)context;
    if (is_own(of, view))
        later(&of->own.last_seen, view->time);
    return ES_OK;
}

static void owed(work *of, es_time since)
{
    of->own.restart_owed = 1;
    earlier(&of->own.owed_since, since);
}

static uint32_t kb_of_identity(es_text identity)
{
    for (uint64_t i = 0; i + 7 < identity.size; i++) {
        es_text rest = { identity.data + i, 0 };

        if ((identity.data[i] != 'K' && identity.data[i] != 'k') ||
            (i && identity.data[i - 1] != '_' && identity.data[i - 1] != '-'))
            continue;
        while (rest.size < 10 && i + rest.size < identity.size &&
               rest.data[rest.size] != '~' && rest.data[rest.size] != '_')
            rest.size++;
        if (es_kb_number(rest))
            return es_kb_number(rest);
    }
    return 0;
}

/* A package that is named waits itself; a mark that names none holds for all that is recent. A
 * session that was left open says nothing of files. */
static es_status take_pending(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    es_text what, identity;
    entry *named;

    columns_bind(at, view);
    if (!is_own(of, view))
        return ES_OK;
    what = column_text(at, view, 0);
    identity = column_text(at, view, 1);
    if (what.size >= 15 && !memcmp(what.data, "SessionsPending", 15))
        return ES_OK;
    named = entry_find(&of->own, kb_of_identity(identity));
    if (named)
        named->named_pending = 1;
    else if (!kb_of_identity(identity))
        owed(of, view->time);
    return ES_OK;
}

static es_status take_mark(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    es_text mark;

    columns_bind(at, view);
    mark = column_text(at, view, 0);
    if (is_own(of, view) && column_boolean(at, view, 1) > 0 &&
        (text_is(mark, "RebootPending") || text_is(mark, "RebootInProgress") ||
         text_is(mark, "SetupExecute") || text_is(mark, "BootExecute")))
        owed(of, view->time);
    return ES_OK;
}

static es_status take_rename(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;

    columns_bind(at, view);
    if (is_own(of, view) && column_boolean(at, view, 0) > 0)
        owed(of, view->time);
    return ES_OK;
}

static es_status gather_marks(work *of)
{
    static const char *const boot[] = { "kind", "started", "uptime" }, *const pending[] = { "what", "identity" },
                             *const mark[] = { "mark", "owed" }, *const rename[] = {
                                 "names_kernel" };
    columns at = { boot, 3, NULL, { 0 } };
    es_status status;

    of->boots.item_size = sizeof(booted);
    status = each(of, "history.boot", take_boot, &at);
    if (status == ES_OK)
        status = each(of, "history.cleared", take_cleared, NULL);
    if (of->boots.n)
        qsort(of->boots.items, of->boots.n, sizeof(booted), by_time);
    if (status == ES_OK)
        status = each(of, "build.shutdown", take_shutdown, NULL);
    if (status == ES_OK)
        status = each(of, "hive.state", take_hive, NULL);
    at = (columns){ pending, 2, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "servicing.pending", take_pending, &at);
    at = (columns){ mark, 2, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "build.servicing_mark", take_mark, &at);
    at = (columns){ rename, 1, NULL, { 0 } };
    return status ? status : each(of, "build.pending_rename", take_rename, &at);
}

/* ------------------------------------------------------------------ what machine it is */

static es_status take_registry(work *of, void *context, const es_fact_view *view)
{
    enum { HIVE, NAME, TEXT, WOW64 };
    columns *at = (columns *)context;
    es_text name, text;

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    if (column_boolean(at, view, WOW64) > 0)
        return ES_OK;
    name = column_text(at, view, NAME);
    text = column_text(at, view, TEXT);
    if (text_is(name, "CurrentVersion")) {
        of->nt_version = text;
        of->nt_fact = view->reference;
    } else if (text_is(name, "CSDVersion") && text.size) {
        of->service_pack = text;
    } else if (text_is(name, "EditionID")) {
        of->edition = text;
    }
    return ES_OK;
}

static es_status take_product(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    of->product_type = column_text(at, view, 0);
    of->product_fact = view->reference;
    return ES_OK;
}

static es_status take_kernel(work *of, void *context, const es_fact_view *view)
{
    enum { NAME, ROLE, VERSION, MACHINE };
    columns *at = (columns *)context;
    kernel_file *made;

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    if (of->own.n_kernels == N_KERNELS)
        return ES_OK;
    made = &of->own.kernels[of->own.n_kernels++];
    made->name = column_text(at, view, NAME);
    made->role = column_text(at, view, ROLE);
    made->machine = column_text(at, view, MACHINE);
    made->version_text = column_text(at, view, VERSION);
    made->fact = view->reference;
    (void)version_parse(made->version_text, &made->version);
    return ES_OK;
}

/* The kernel that a boot entry names, else the older of those that may boot. */
static void choose_kernel(state_view *own)
{
    for (uint32_t i = 0; i < own->n_kernels; i++) {
        const kernel_file *one = &own->kernels[i];
        int named = text_is(one->role, "boot-kernel");

        if (!one->version.known ||
            (!named && !text_is(one->role, "kernel") && !text_is(one->role, "pae-kernel")))
            continue;
        if (!own->kernel || (named && !text_is(own->kernel->role, "boot-kernel")) ||
            (named == text_is(own->kernel->role, "boot-kernel") &&
             version_compare(one->version.parts, own->kernel->version.parts) < 0))
            own->kernel = one;
    }
}

static void decide_architecture(work *of)
{
    static const struct {
        const char *word;
        uint32_t machine, set;
    } known[] = { { "x86", ES_MACHINE_I386, ES_ARCHITECTURE_X86 },
                  { "amd64", ES_MACHINE_AMD64, ES_ARCHITECTURE_AMD64 },
                  { "ia64", ES_MACHINE_IA64, ES_ARCHITECTURE_IA64 } };

    of->architecture_word = "";
    for (uint32_t i = 0; i < ES_COUNT(known); i++)
        if (of->own.kernel ? text_is(of->own.kernel->machine, known[i].word)
                           : of->installation->machine_type == known[i].machine) {
            of->architecture = known[i].set;
            of->architecture_word = known[i].word;
        }
}

static int starts(es_text text, const char *prefix)
{
    size_t size = strlen(prefix);

    return text.size >= size && !memcmp(text.data, prefix, size);
}

static void decide_machine(work *of)
{
    const kernel_file *kernel = of->own.kernel;

    choose_kernel(&of->own);
    kernel = of->own.kernel;
    decide_architecture(of);
    if (kernel)
        of->is_nt60 = kernel->version.parts[0] == 6 && kernel->version.parts[1] == 0 ? YES : NO;
    else if (of->nt_version.size)
        of->is_nt60 = starts(of->nt_version, "6.0") ? YES : NO;
    else
        of->is_nt60 = MAYBE;
    if (kernel && of->is_nt60 == YES && kernel->version.parts[2] >= 6002)
        of->is_sp2 = YES;
    else if (of->service_pack.size)
        of->is_sp2 = text_is(of->service_pack, "Service Pack 2") ? YES : NO;
    else
        of->is_sp2 = kernel || of->nt_version.size ? NO : MAYBE;
    of->is_server = !of->product_type.size           ? MAYBE
                    : text_is(of->product_type, "WinNT") ? NO
                                                         : YES;
}

static es_status gather_machine(work *of)
{
    static const char *const registry[] = { "hive", "name", "text", "wow64" },
                             *const product[] = { "product_type" },
                             *const kernel[] = { "name", "role", "file_version", "machine" };
    columns at = { registry, 4, NULL, { 0 } };
    es_status status = each(of, "build.registry", take_registry, &at);

    at = (columns){ product, 1, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "build.product", take_product, &at);
    at = (columns){ kernel, 4, NULL, { 0 } };
    if (status == ES_OK)
        status = each(of, "kernel.file", take_kernel, &at);
    if (status == ES_OK)
        decide_machine(of);
    return status;
}

/* ------------------------------------------------------------------ components and manifests */

static es_status take_component(work *of, void *context, const es_fact_view *view)
{
    enum { NAME, ARCHITECTURE, VERSION, FILE_VERSION };
    columns *at = (columns *)context;
    component *made;
    void *item = NULL;
    es_status status;

    if (!is_own(of, view))
        return ES_OK;
    status = table_add(of->host, &of->own.components, &item);
    if (status)
        return status;
    columns_bind(at, view);
    made = (component *)item;
    memset(made, 0, sizeof *made);
    made->name = column_text(at, view, NAME);
    made->architecture = column_text(at, view, ARCHITECTURE);
    (void)version_parse(column_text(at, view, VERSION), &made->version);
    (void)version_parse(column_text(at, view, FILE_VERSION), &made->file);
    made->fact = view->reference;
    return ES_OK;
}

static es_status take_manifest(work *of, void *context, const es_fact_view *view)
{
    columns *at = (columns *)context;
    es_datum list;
    manifest *made;
    void *item = NULL;
    uint32_t kb;
    es_status status;

    if (!is_own(of, view))
        return ES_OK;
    columns_bind(at, view);
    kb = es_kb_number(column_text(at, view, 0));
    list = column(at, view, 1, ES_FIELD_TEXT_LIST);
    if (!kb || !list.n)
        return ES_OK;
    status = table_add(of->host, &of->own.manifests, &item);
    if (status)
        return status;
    made = (manifest *)item;
    made->kb = kb;
    made->components = list.texts;
    made->n_components = list.n;
    made->fact = view->reference;
    return ES_OK;
}

static es_status gather_components(work *of)
{
    static const char *const names[] = { "component", "architecture", "version", "file_version" },
                             *const manifests[] = { "kb", "components" };
    columns at = { manifests, 2, NULL, { 0 } };
    es_status status;

    of->own.components.item_size = sizeof(component);
    of->own.manifests.item_size = sizeof(manifest);
    status = each(of, "servicing.manifest", take_manifest, &at);
    at = (columns){ names, 4, NULL, { 0 } };
    if (status == ES_OK && of->own.manifests.n)
        status = each(of, "servicing.component", take_component, &at);
    return status;
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

static es_status decide_time(work *of)
{
    es_time end = of->installation->role == ES_ROLE_CURRENT ? of->own.last_seen
                                                            : of->installation->state_time;

    of->at = of->question->as_of;
    if (!es_time_known(of->at))
        return ES_OK;
    if (of->catalogue && es_time_known(of->catalogue->edition_day))
        of->beyond = of->at.ticks > of->catalogue->edition_day.ticks +
                                        INT64_C(86400) * ES_TICKS_PER_SECOND;
    of->past = es_time_known(end) && of->at.ticks < end.ticks;
    return of->past ? find_base(of) : ES_OK;
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
