/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_licence.c: what made disks prove of an ESU licence, and what they do not.
 */
#include "plugin_fixture.h"

#include "base/time.h"

static const es_verdict_record *verdict_of(const outcome *o)
{
    const es_verdict_record *verdicts = NULL;
    size_t n = es_ledger_verdicts(o->m.ledger, &verdicts);

    for (size_t i = 0; i < n; i++)
        if (!strcmp(verdicts[i].plugin, "licence"))
            return &verdicts[i];
    fail_msg("no verdict");
    return NULL;
}

static void assert_answer(const outcome *o, const char *answer)
{
    const es_verdict_record *verdict = verdict_of(o);
    const es_plugin *plugin = es_ledger_plugin(o->m.ledger, "licence");

    assert_string_equal(plugin->verdicts[verdict->type].answers[verdict->answer], answer);
}

/* Rows of a list, those of a `what` if given. */
static size_t rows_with(const outcome *o, uint32_t list, const char *what)
{
    const es_row_record *rows = NULL;
    size_t n = es_ledger_rows(o->m.ledger, &rows), found = 0;

    for (size_t i = 0; i < n; i++)
        found += !strcmp(rows[i].plugin, "licence") && rows[i].type == list &&
                 (!what || is_text(&rows[i].fields[0], what));
    return found;
}

#define EVIDENCE 0u
#define TRACES 1u

static int says(const outcome *o, const char *words)
{
    const es_verdict_record *verdict = verdict_of(o);
    char text[2048];

    snprintf(text, sizeof text, "%.*s", (int)verdict->explanation.size,
             verdict->explanation.data);
    return strstr(text, words) != NULL;
}

static void test_forms(void **state)
{
    static const struct {
        const char *id, *form;
        int foreign;
    } cases[] = {
        { "553673ed-6ddf-419c-a153-b760283472fd", "ASCII text", 0 },
        { "04fa0286-fa74-401e-bbe9-fbfbb158010d", "UTF-16 text", 0 },
        { "16c08c85-0c8b-4009-9b2b-f1f7319e45f9", "binary GUID", 0 },
        { "8e7bfb1e-acc1-4f56-abae-b80fce56cd4b", "ASCII text", 0 },
        { "77db037b-95c3-48d7-a3ab-a9c6d41093e0", "ASCII text", 1 },
    };
    outcome o;
    const es_fact_record *fact;

    (void)state;
    outcome_make(&o, "licence-all-forms.raw", NULL);
    assert_int_equal(facts_with(&o, "licence.activation_id", NULL, NULL, NULL), 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fact = the_fact(&o, "licence.activation_id", "id", cases[i].id);
        assert_field(&o, fact, "form", cases[i].form);
        assert_number(&o, fact, "foreign", cases[i].foreign);
        assert_number(&o, fact, "count", 1);
        assert_true(fact->where.offset > 0);
    }
    fact = the_fact(&o, "licence.activation_id", "id", cases[3].id);
    assert_int_equal(fact->where.offset, (1 << 20) - 17);
    assert_int_equal(fact->where.length, 36);
    assert_answer(&o, "licence-files-present");
    assert_true(says(&o, "does not prove"));
    assert_int_equal(rows_with(&o, EVIDENCE, "activation id in the token store"), 5);
    assert_int_equal(rows_with(&o, EVIDENCE, "Azure hint"), 1);
    assert_int_equal(rows_with(&o, EVIDENCE, "preparation package"), 2);
    assert_int_equal(rows_with(&o, TRACES, NULL), 0);
    (void)the_fact(&o, "licence.store", "what", "trusted store");
    (void)the_fact(&o, "licence.registry", "text", "kms.example");
    outcome_free(&o);
}

#define YEAR_1 "553673ed-6ddf-419c-a153-b760283472fd"
#define YEAR_2 "04fa0286-fa74-401e-bbe9-fbfbb158010d"
#define WINDOWS "55c92734-d682-4d71-983e-d6ec3f16059f"

/* The evidence row of a fact: does it count, and what does it say? */
static int64_t counts(const outcome *o, const es_fact_record *fact, const char *means)
{
    const es_row_record *rows = NULL;
    size_t n = es_ledger_rows(o->m.ledger, &rows);

    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].plugin, "licence") && rows[i].type == EVIDENCE &&
            rows[i].fields[5].integer == (int64_t)fact->reference) {
            assert_true(is_text(&rows[i].fields[2], means));
            return rows[i].fields[3].integer;
        }
    fail_msg("no row");
    return -1;
}

/* A licensing event is dated evidence; told are the first one and every change. */
static void test_events(void **state)
{
    outcome o;
    const es_fact_record *fact = NULL;

    (void)state;
    outcome_make(&o, "licence-activated.raw", NULL);
    assert_answer(&o, "evidence-of-activation");
    assert_int_equal(facts_with(&o, "licence.event", NULL, NULL, NULL), 3);
    assert_int_equal(facts_with(&o, "licence.event", "id", YEAR_1, &fact), 2);
    assert_number(&o, fact, "licensed", 1);
    assert_number(&o, fact, "foreign", 0);
    assert_field(&o, fact, "application", WINDOWS);
    assert_int_equal(fact->time.ticks, INT64_C(132548300700000000)); /* 2021-01-11 09:14:30 */
    assert_int_equal(counts(&o, fact, "the licensing service called this product licensed"), 1);
    fact = the_fact(&o, "licence.event", "id", YEAR_2);
    assert_number(&o, fact, "licensed", 1);
    assert_int_equal(rows_with(&o, EVIDENCE, "licensing event"), 3);
    assert_int_equal(rows_with(&o, EVIDENCE, "activation id in the token store"), 2);
    assert_int_equal(rows_with(&o, TRACES, NULL), 0);
    assert_false(says(&o, "before the period"));
    assert_true(says(&o, "that NT 6.0 writes the same is assumed"));
    outcome_free(&o);
    /* June 2019: before the first ESU year begins */
    outcome_make(&o, "turned-6003.raw", NULL);
    assert_answer(&o, "evidence-of-activation");
    assert_true(says(&o, "dated before the period"));
    assert_int_equal(counts(&o, the_fact(&o, "licence.event", "id", YEAR_1),
                            "the licensing service called this product licensed, on a day before "
                            "its period begins: a key that was put in ahead, or a clock that was "
                            "wrong"), 1);
    outcome_free(&o);
}

/* Another Windows's id, another application, another provider, another number, a product that is
 * not licensed, a line of another form. */
static void test_events_of_others(void **state)
{
    outcome o;
    const es_fact_record *fact;

    (void)state;
    outcome_make(&o, "licence-events-of-others.raw", NULL);
    assert_answer(&o, "no-evidence");
    assert_int_equal(facts_with(&o, "licence.event", NULL, NULL, NULL), 5);
    fact = the_fact(&o, "licence.event", "id", "77db037b-95c3-48d7-a3ab-a9c6d41093e0");
    assert_number(&o, fact, "licensed", 1);
    assert_number(&o, fact, "foreign", 1);
    assert_int_equal(counts(&o, fact, "of another product or application"), 0);
    fact = the_fact(&o, "licence.event", "application", "59a52881-a989-479d-af46-f275c6370663");
    assert_field(&o, fact, "id", YEAR_1);
    assert_number(&o, fact, "foreign", 1);
    assert_int_equal(counts(&o, fact, "of another product or application"), 0);
    assert_int_equal(facts_with(&o, "licence.event", "id", YEAR_1, &fact), 2);
    assert_number(&o, fact, "licensed", 0);
    assert_int_equal(counts(&o, fact, "the licensing service called this product not licensed"), 0);
    assert_true(field_of(&o, the_fact(&o, "licence.event", "id", YEAR_2), "licensed")->type == 0);
    outcome_free(&o);
}

/* Hives of the past have no token store beside them; a store that cannot be read proves nothing. */
static void test_unknown(void **state)
{
    const es_verdict_record *verdicts = NULL;
    outcome o;
    size_t n, unknown = 0;

    (void)state;
    outcome_make(&o, "demo.E01", NULL);
    assert_answer(&o, "no-evidence");
    n = es_ledger_verdicts(o.m.ledger, &verdicts);
    for (size_t i = 0; i < n; i++)
        unknown += !strcmp(verdicts[i].plugin, "licence") && verdicts[i].installation == 2 &&
                   verdicts[i].answer == 5;
    assert_int_equal(unknown, 1);
    outcome_free(&o);
    /* what could not be read is named */
    outcome_make(&o, "kernel-only.raw", NULL);
    assert_answer(&o, "unknown");
    assert_true(says(&o, "Could not be read: Windows/System32/config/SOFTWARE. "));
    assert_int_equal(rows_with(&o, TRACES, "licence check without a winner"), 0);
    outcome_free(&o);
    outcome_make(&o, "hive-cyclic.raw", NULL);
    assert_answer(&o, "unknown");
    assert_true(says(&o, "Nothing that was read from SOFTWARE says which Windows this is. "));
    outcome_free(&o);
}

static void test_bypass(void **state)
{
    static const char *const traces[] = {
        "EditionID_bak", "Image File Execution Options", "ServiceDll of wuauserv",
        "patched update agent", "scheduled task", "manifest of the licence check",
    };
    static const char *const names[] = { "licence-bypass.raw", "licence-bypass-and-files.raw" };

    (void)state;
    for (size_t n = 0; n < 2; n++) {
        outcome o;

        outcome_make(&o, names[n], NULL);
        assert_answer(&o, "bypass-traces");
        for (size_t i = 0; i < sizeof traces / sizeof *traces; i++)
            assert_int_equal(rows_with(&o, TRACES, traces[i]), 1);
        assert_int_equal(rows_with(&o, TRACES, "file"), 5);
        /* the suppressor's manifest is no update that was rolled back */
        assert_int_equal(rows_with(&o, TRACES, "licence check without a winner"), 0);
        assert_true(says(&o, "files are told by name and place"));
        /* COMPONENTS is opened for the suppressor's manifest; its key dates the trace */
        assert_int_equal(rows_with(&o, TRACES, "component of the licence check"), !n);
        if (!n)
            assert_int_equal(the_fact(&o, "licence.trace", "what",
                                      "component of the licence check")->time.ticks,
                             INT64_C(132286573290000000)); /* 2020-03-14 11:02:09 */
        /* Neither hides the other. */
        assert_int_equal(rows_with(&o, EVIDENCE, "activation id in the token store"), n);
        assert_int_equal(rows_with(&o, TRACES, "ESU updates without licence evidence"), !n);
        assert_int_equal(says(&o, "Licence files of an ESU product are there as well"), n);
        assert_number(&o, the_fact(&o, "licence.check_manifest", NULL, NULL), "empty", 1);
        outcome_free(&o);
    }
}

static void test_none(void **state)
{
    outcome o;

    (void)state;
    outcome_make(&o, "updates-esu-year-2-licensed.raw", NULL);
    assert_answer(&o, "licence-files-present");
    outcome_free(&o);
    outcome_make(&o, "updates-esu-year-2-no-licence.raw", NULL);
    assert_answer(&o, "no-evidence");
    assert_true(says(&o, "No evidence found"));
    assert_int_equal(rows_with(&o, TRACES, "ESU updates without licence evidence"), 1);
    assert_int_equal(rows_with(&o, TRACES, "licence check without a winner"), 1);
    outcome_free(&o);
    /* Preparation is no licence. */
    outcome_make(&o, "updates-preparation-only.raw", NULL);
    assert_answer(&o, "no-evidence");
    assert_int_equal(rows_with(&o, EVIDENCE, "preparation package"), 2);
    assert_int_equal(rows_with(&o, TRACES, NULL), 0);
    assert_true(says(&o, "token store was not found"));
    outcome_free(&o);
}

static void test_other_windows(void **state)
{
    outcome o;

    (void)state;
    outcome_make(&o, "licence-vista-patched.raw", NULL);
    assert_answer(&o, "bypass-traces");
    assert_int_equal(rows_with(&o, TRACES, "install time that a tool writes into every package"),
                     1);
    assert_int_equal(rows_with(&o, TRACES, "ESU updates on a client"), 1);
    outcome_free(&o);
    outcome_make(&o, "updates-175-hotfixes.raw", NULL);
    assert_answer(&o, "not-applicable");
    outcome_free(&o);
    outcome_make(&o, "win7-sp1.raw", NULL);
    assert_answer(&o, "not-applicable");
    outcome_free(&o);
}

/* A list of one text, or of two. */
static void assert_list(const outcome *o, const es_fact_record *fact, const char *name,
                        const char *first, const char *second)
{
    const es_datum *list = field_of(o, fact, name);

    assert_int_equal(list->n, second ? 2 : 1);
    assert_true(es_text_equal(list->texts[0], es_text_of(first)));
    assert_true(!second || es_text_equal(list->texts[1], es_text_of(second)));
}

/* Exposed is not reachable: what stands beside the answer. */
static void test_reach(void **state)
{
    outcome o;
    const es_fact_record *fact;

    (void)state;
    outcome_make(&o, "licence-all-forms.raw", NULL);
    fact = the_fact(&o, "rdp.config", "source", "system");
    /* of the current control set; another one says the contrary */
    assert_number(&o, fact, "connections_allowed", 1);
    assert_number(&o, fact, "network_authentication", 0);
    assert_number(&o, fact, "security_layer", 1);
    assert_number(&o, fact, "port", 3390);
    assert_field(&o, fact, "service_start", "automatic");
    assert_list(&o, fact, "firewall_rules", "RDP-In: Allow, profile Public",
                "Range-In: Allow, all profiles");
    assert_list(&o, fact, "firewall_profiles", "private: on", "public: off");
    /* a policy wins over all of it */
    fact = the_fact(&o, "rdp.config", "source", "policy");
    assert_number(&o, fact, "connections_allowed", 0);
    assert_number(&o, fact, "network_authentication", 1);
    assert_true(field_of(&o, fact, "port")->type == 0);
    assert_list(&o, fact, "firewall_rules", "Policy-RDP: Block, all profiles", NULL);
    assert_list(&o, fact, "firewall_profiles", "private: on", NULL);
    fact = the_fact(&o, "smb.config", "source", "system");
    assert_number(&o, fact, "smb1", 1);
    assert_true(field_of(&o, fact, "smb2")->type == 0);
    assert_number(&o, fact, "signing_required", 0);
    assert_field(&o, fact, "service_start", "automatic");
    assert_field(&o, fact, "client_smb1_start", "manual");
    assert_field(&o, fact, "server_smb1_start", "manual");
    assert_list(&o, fact, "shares", "Scans", NULL);
    assert_list(&o, fact, "firewall_rules", "SMB-In: Block, all profiles", NULL);
    fact = the_fact(&o, "smb.config", "source", "policy");
    assert_list(&o, fact, "firewall_profiles", "private: on", NULL);
    assert_true(field_of(&o, fact, "smb1")->type == 0);
    outcome_free(&o);
}

/* What is dated until the day counts; what is not is listed and counts for nothing. */
static void test_as_of(void **state)
{
    static const struct {
        const char *disk, *day, *answer;
        size_t events, traces;
    } cases[] = {
        { "licence-activated.raw", "2021-03-01", "evidence-of-activation", 3, 0 },
        { "licence-activated.raw", "2021-02-01", "evidence-of-activation", 2, 0 },
        { "licence-activated.raw", "2021-01-10", "unknown", 1, 0 },
        { "licence-bypass.raw", "2016-01-01", "unknown", 0, 1 },
    };
    outcome o;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(es_time_parse(cases[i].day, &outcome_day), ES_OK);
        outcome_make(&o, cases[i].disk, NULL);
        outcome_day = (es_time){ 0, ES_TIME_NONE, 0 };
        assert_answer(&o, cases[i].answer);
        assert_int_equal(rows_with(&o, EVIDENCE, "licensing event"), cases[i].events);
        assert_true(rows_with(&o, TRACES, NULL) >= cases[i].traces);
        assert_true(says(&o, "No shadow copy reaches back to the day that was asked for"));
        outcome_free(&o);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms), cmocka_unit_test(test_bypass),
        cmocka_unit_test(test_none),  cmocka_unit_test(test_other_windows),
        cmocka_unit_test(test_reach), cmocka_unit_test(test_events),
        cmocka_unit_test(test_as_of),
        cmocka_unit_test(test_events_of_others), cmocka_unit_test(test_unknown),
    };

    if (argc < 4)
        return 77;
    disks = argv[1];
    plugin_folder = argv[2];
    catalogue_folder = argv[3];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
