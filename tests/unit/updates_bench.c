/* SPDX-License-Identifier: Apache-2.0
 *
 * updates_bench.c: see updates_bench.h: the bench itself, the host that the plugin judges under, and
 * what it said.
 */
#include "updates_bench_inside.h"

#include "base/buffer.h"
#include "base/time.h"

extern const es_plugin esuscan_plugin_updates;

static bench *of(const es_host *host)
{
    union {
        void *context;
        bench *on;
    } both = { host->context };

    return both.on;
}

es_time bench_time(const char *word)
{
    es_time time = { 0, ES_TIME_NONE, 0 };

    if (word)
        assert_int_equal(es_time_parse(word, &time), ES_OK);
    return time;
}

es_text bench_text(bench *on, const char *string)
{
    return es_text_of(string ? es_arena_string(on->arena, string) : NULL);
}

bench *bench_empty(const es_catalogue *catalogue)
{
    bench *on = calloc(1, sizeof *on);

    assert_non_null(on);
    assert_int_equal(es_arena_new(UINT64_C(1) << 26, &on->arena), ES_OK);
    on->catalogue = catalogue;
    on->question.size = sizeof on->question;
    on->asked = calloc(8192, sizeof *on->asked);
    assert_non_null(on->asked);
    return on;
}

/* ------------------------------------------------------------------ from a ledger */

static uint32_t machine_type(const char *word)
{
    if (word && !strcmp(word, "x86"))
        return ES_MACHINE_I386;
    if (word && !strcmp(word, "amd64"))
        return ES_MACHINE_AMD64;
    return word && !strcmp(word, "ia64") ? ES_MACHINE_IA64 : 0;
}

static void take_state(bench *on, const es_installation_record *from)
{
    assert_true(on->n_states < STATES_MAX);
    on->states[on->n_states++] = (es_installation){
        .size = sizeof(es_installation), .id = from->id, .machine = from->machine,
        .role = from->role, .volume = from->volume, .snapshot = from->snapshot,
        .machine_type = machine_type(from->architecture), .state_time = from->state_time,
        .system_root = es_text_of(from->system_root),
    };
}

static const es_installation *state_of(const bench *on, uint32_t id)
{
    for (uint32_t i = 0; i < on->n_states; i++)
        if (on->states[i].id == id)
            return &on->states[i];
    return NULL;
}

static int is_needed(const es_fact_type *type)
{
    for (uint32_t i = 0; i < esuscan_plugin_updates.n_needs; i++)
        if (!strcmp(esuscan_plugin_updates.needs[i].type, type->name))
            return 1;
    return 0;
}

static void take_fact(bench *on, const es_fact_type *type, const es_fact_record *from)
{
    const es_installation *state = state_of(on, from->installation);
    made *one = &on->facts[on->n_facts];

    if (!state || !is_needed(type))
        return;
    assert_true(on->n_facts < FACTS_MAX);
    one->view = (es_fact_view){
        .size = sizeof one->view, .n_fields = from->n_fields, .reference = ++on->n_facts,
        .installation = state, .own = state == on->states, .damaged = from->where.damaged,
        .declared = type->fields, .fields = from->fields, .time = from->time,
        .plugin = es_text_of(from->plugin), .type = es_text_of(type->name),
        .path = es_text_of(from->where.path), .key = es_text_of(from->where.key),
        .value = es_text_of(from->where.value),
    };
    for (uint32_t i = 0; i < from->n_fields; i++)
        if (!strcmp(type->fields[i].name, "kb") && from->fields[i].type == ES_FIELD_TEXT)
            one->kb = es_kb_number(from->fields[i].text);
}

bench *bench_of_ledger(const es_catalogue *catalogue, const es_ledger *ledger,
                       uint32_t installation)
{
    bench *on = bench_empty(catalogue);
    const es_installation_record *states = NULL, *judged = NULL;
    const es_fact_record *facts = NULL;
    size_t n = es_ledger_installations(ledger, &states);

    for (size_t i = 0; i < n; i++)
        if (states[i].id == installation)
            judged = &states[i];
    assert_non_null(judged);
    take_state(on, judged);
    for (size_t i = 0; i < n; i++)
        if (&states[i] != judged && states[i].machine == judged->machine)
            take_state(on, &states[i]);
    n = es_ledger_facts(ledger, &facts);
    for (size_t i = 0; i < n; i++)
        if (facts[i].installation)
            take_fact(on, es_ledger_fact_type(ledger, &facts[i]), &facts[i]);
    return on;
}

void bench_free(bench *on)
{
    if (!on)
        return;
    es_arena_free(on->judged);
    es_arena_free(on->arena);
    free(on->asked);
    free(on);
}

/* ------------------------------------------------------------------ the question */

void bench_leave_out(bench *on, uint32_t kb)
{
    on->left_out = kb;
}

void bench_as_of(bench *on, const char *time)
{
    on->question.as_of = bench_time(time);
}

void bench_ask(bench *on, uint32_t kind, const char *id)
{
    on->asked[on->n_asked++] = (es_asked){ sizeof(es_asked), kind, bench_text(on, id) };
}

void bench_ask_all_cves(bench *on)
{
    for (uint32_t i = 0; i < on->catalogue->n_cves; i++)
        on->asked[on->n_asked++] = (es_asked){ sizeof(es_asked), ES_ASKED_CVE,
                                               on->catalogue->cves[i]->id };
}

void bench_fail(bench *on, uint32_t n)
{
    on->fail = n;
}

/* ------------------------------------------------------------------ the host */

static es_status host_alloc(const es_host *host, uint64_t size, void **ret)
{
    bench *on = of(host);

    if (on->fail && --on->fail == 0)
        return ES_NOMEM;
    *ret = es_arena_take(on->judged, size ? size : 1);
    return *ret ? ES_OK : ES_LIMIT;
}

static es_status host_fact_next(const es_host *host, es_text type, uint64_t *cursor,
                                es_fact_view *ret)
{
    bench *on = of(host);
    const es_plugin *plugin = &esuscan_plugin_updates;
    uint32_t states = 0;

    for (uint32_t i = 0; i < plugin->n_needs; i++)
        if (es_text_equal(type, es_text_of(plugin->needs[i].type)))
            states = plugin->needs[i].states;
    assert_int_not_equal(states, 0);
    for (; *cursor < on->n_facts; (*cursor)++) {
        const made *one = &on->facts[*cursor];

        if (!es_text_equal(one->view.type, type) || (on->left_out && one->kb == on->left_out) ||
            (states == ES_NEED_OWN && !one->view.own))
            continue;
        *ret = one->view;
        (*cursor)++;
        return ES_OK;
    }
    return ES_END;
}

static es_datum *keep(bench *on, const es_field *fields, const es_datum *data, uint32_t n)
{
    es_datum *kept = es_arena_take(on->judged, (n + 1) * sizeof *kept);

    assert_non_null(kept);
    for (uint32_t i = 0; i < n; i++) {
        if (data[i].type)
            assert_int_equal(data[i].type, fields[i].type);
        kept[i] = data[i];
        if (data[i].type == ES_FIELD_TEXT) /* as the host does: nothing lasts longer than the call */
            kept[i].text.data = es_arena_text(on->judged, data[i].text);
        for (uint64_t k = 0; data[i].type == ES_FIELD_FACT_LIST && k < data[i].n; k++)
            assert_in_range(data[i].facts[k], 1, on->n_facts);
    }
    return kept;
}

static es_status host_verdict(const es_host *host, const es_verdict *verdict)
{
    bench *on = of(host);
    const es_verdict_type *type = &esuscan_plugin_updates.verdicts[verdict->type];

    assert_true(verdict->type < esuscan_plugin_updates.n_verdicts);
    assert_true(verdict->answer < type->n_answers);
    for (uint32_t i = 0; i < verdict->n_because; i++)
        assert_in_range(verdict->because[i], 1, on->n_facts);
    on->verdicts[verdict->type] = keep(on, type->fields, verdict->fields, type->n_fields);
    on->answers[verdict->type] = type->answers[verdict->answer];
    on->explanations[verdict->type] = es_arena_text(on->judged, *verdict->explanation);
    return ES_OK;
}

static es_status host_row(const es_host *host, const es_row *row)
{
    bench *on = of(host);
    const es_row_type *type = &esuscan_plugin_updates.rows[row->type];

    assert_true(row->type < esuscan_plugin_updates.n_rows && row->type < LISTS_MAX &&
                on->n_rows < ROWS_MAX);
    on->places[row->type][on->n_of[row->type]++] = on->n_rows;
    on->row_types[on->n_rows] = row->type;
    on->rows[on->n_rows++] = keep(on, type->fields, row->fields, type->n_fields);
    return ES_OK;
}

es_status bench_judge(bench *on)
{
    es_host host = { .size = sizeof host, .abi = ES_ABI, .context = on, .alloc = host_alloc,
                     .fact_next = host_fact_next, .verdict = host_verdict, .row = host_row,
                     .catalogue = on->catalogue };

    es_arena_free(on->judged);
    assert_int_equal(es_arena_new(UINT64_C(1) << 28, &on->judged), ES_OK);
    on->n_rows = 0;
    memset(on->n_of, 0, sizeof on->n_of);
    memset(on->verdicts, 0, sizeof on->verdicts);
    on->question.asked = on->asked;
    on->question.n_asked = on->n_asked;
    host.question = &on->question;
    return esuscan_plugin_updates.judge(NULL, &host, &on->states[0], &on->question);
}

/* ------------------------------------------------------------------ what came out */

static uint32_t verdict_type(const char *name)
{
    for (uint32_t i = 0; i < esuscan_plugin_updates.n_verdicts; i++)
        if (!strcmp(esuscan_plugin_updates.verdicts[i].name, name))
            return i;
    fail_msg("there is no verdict %s", name);
    return 0;
}

const char *bench_answer(bench *on, const char *verdict)
{
    return on->answers[verdict_type(verdict)];
}

const char *bench_explanation(bench *on, const char *verdict)
{
    return on->explanations[verdict_type(verdict)];
}

static const char *words(bench *on, const es_datum *datum)
{
    char time[ES_TIME_STRING_MAX];
    es_buffer list;
    const char *joined;

    switch (datum->type) {
    case ES_FIELD_TEXT:
        return es_arena_text(on->judged, datum->text);
    case ES_FIELD_INTEGER:
        return es_arena_format(on->judged, "%lld", (long long)datum->integer);
    case ES_FIELD_BOOLEAN:
        return datum->integer ? "true" : "false";
    case ES_FIELD_TIME:
        es_time_format(datum->time, time);
        return es_arena_string(on->judged, time);
    case ES_FIELD_TEXT_LIST:
        list = es_buffer_make(UINT64_C(1) << 20);
        for (uint64_t i = 0; i < datum->n; i++) {
            es_buffer_string(&list, i ? "," : "");
            es_buffer_text(&list, datum->texts[i]);
        }
        joined = es_arena_text(on->judged, (es_text){ (const char *)list.data, list.size });
        es_buffer_free(&list);
        return joined;
    default:
        return datum->type ? "(facts)" : "(null)";
    }
}

static uint32_t place(const es_field *fields, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (!strcmp(fields[i].name, name))
            return i;
    fail_msg("there is no field %s", name);
    return 0;
}

const char *bench_field(bench *on, const char *verdict, const char *name)
{
    uint32_t type = verdict_type(verdict);
    const es_verdict_type *about = &esuscan_plugin_updates.verdicts[type];

    return words(on, &on->verdicts[type][place(about->fields, about->n_fields, name)]);
}

static const es_row_type *row_type(const char *list, uint32_t *ret_type)
{
    for (uint32_t i = 0; i < esuscan_plugin_updates.n_rows; i++)
        if (!strcmp(esuscan_plugin_updates.rows[i].name, list)) {
            *ret_type = i;
            return &esuscan_plugin_updates.rows[i];
        }
    fail_msg("there is no list %s", list);
    return NULL;
}

uint32_t bench_n_rows(bench *on, const char *list)
{
    uint32_t type = 0;

    (void)row_type(list, &type);
    return on->n_of[type];
}

const char *bench_row(bench *on, const char *list, uint32_t index, const char *name)
{
    uint32_t type = 0;
    const es_row_type *about = row_type(list, &type);

    if (index >= on->n_of[type])
        fail_msg("%s has no row %u", list, index);
    return words(on, &on->rows[on->places[type][index]][place(about->fields, about->n_fields,
                                                              name)]);
}

const char *bench_row_of(bench *on, const char *list, const char *name, const char *value,
                         const char *wanted)
{
    uint32_t type = 0;
    const es_row_type *about = row_type(list, &type);
    uint32_t key = place(about->fields, about->n_fields, name);

    for (uint32_t i = 0; i < on->n_rows; i++)
        if (on->row_types[i] == type && !strcmp(words(on, &on->rows[i][key]), value))
            return words(on, &on->rows[i][place(about->fields, about->n_fields, wanted)]);
    return NULL;
}

void bench_ranks(bench *on, uint8_t *ret_ranks)
{
    static const char *const words[] = { "covered", "unknown", "exposed" };
    uint32_t type = 0, n = 0, answer;
    const es_row_type *about = row_type("questions", &type);

    answer = place(about->fields, about->n_fields, "answer");
    for (uint32_t i = 0; i < on->n_rows; i++) {
        uint8_t rank = 0;

        if (on->row_types[i] != type)
            continue;
        while (rank < ES_COUNT(words) &&
               !es_text_equal(on->rows[i][answer].text, es_text_of(words[rank])))
            rank++;
        assert_true(rank < ES_COUNT(words) && n < on->n_asked);
        ret_ranks[n++] = rank;
    }
    assert_int_equal(n, on->n_asked);
}
