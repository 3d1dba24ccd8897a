/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_servicing.c: packages, files, manifests and what waits, on made disks.
 */
#include "plugin_fixture.h"

#include <sys/resource.h>

#define PACKAGE "servicing.package"
#define ID(kb) "Package_for_KB" #kb "~31bf3856ad364e35~amd64~~6.0.1.0"

static void test_list(void **state)
{
    outcome o;
    const es_fact_record *fact;

    (void)state;
    outcome_make(&o, "updates-mixed-uninstalled.raw", NULL);
    fact = the_fact(&o, PACKAGE, "name", "Package_for_KB4487023");
    assert_field(&o, fact, "kb", "KB4487023");
    assert_field(&o, fact, "role", "update");
    assert_field(&o, fact, "state", "installed");
    assert_field(&o, fact, "user_name", "SYSTEM");
    assert_field(&o, fact, "client", "WindowsUpdateAgent");
    assert_number(&o, fact, "state_value", 7);
    assert_number(&o, fact, "mum", 0);
    assert_number(&o, fact, "cat", 0);
    assert_int_equal(field_of(&o, fact, "owners")->n, 1);
    assert_non_null(strstr(fact->where.key, "Packages\\Package_for_KB4487023~"));
    assert_true(fact->where.exact);
    assert_int_equal(facts_with(&o, PACKAGE, "kb", "KB4489880", &fact), 2);
    assert_field(&o, fact, "state", "absent");
    assert_number(&o, fact, "mum", 1);
    assert_int_equal(facts_with(&o, PACKAGE, "kb", "KB4499180", NULL), 0);
    assert_int_equal(facts_with(&o, "servicing.file", NULL, NULL, NULL), 2);
    assert_int_equal(facts_with(&o, "servicing.file", "kb", "KB4499180", &fact), 2);
    assert_number(&o, fact, "mum", 1);
    assert_number(&o, fact, "cat", 1);
    (void)the_fact(&o, "servicing.pending", "what", "RebootPending");
    /* An orphan is worth reading, an ordinary package is not. */
    assert_int_equal(facts_with(&o, "servicing.manifest", "kb", "KB4499180", NULL), 2);
    assert_int_equal(facts_with(&o, "servicing.manifest", "kb", "KB4458010", NULL), 0);
    outcome_free(&o);
}

static void test_asked(void **state)
{
    outcome o;
    const es_fact_record *fact;
    const es_datum *list;

    (void)state;
    outcome_make(&o, "updates-rollups-only.raw", "KB4499149");
    fact = the_fact(&o, "servicing.manifest", "identity",
                    "Package_1_for_KB4499149~31bf3856ad364e35~amd64~~6.0.1.1");
    assert_field(&o, fact, "release_type", "Security Update");
    assert_field(&o, fact, "restart", "possible");
    assert_number(&o, fact, "esu_checked", 0);
    list = field_of(&o, fact, "parents");
    assert_int_equal(list->n, 1);
    assert_true(es_text_equal(list->texts[0], es_text_of("Package_for_KB4499149~31bf3856ad364e35~"
                                                         "amd64~~6.0.1.1")));
    list = field_of(&o, fact, "components");
    assert_int_equal(list->n, 1);
    assert_true(es_text_equal(list->texts[0], es_text_of("amd64|microsoft-windows-os-kernel|"
                                                         "6.0.6003.20512|ntoskrnl.exe")));
    fact = the_fact(&o, "servicing.component", "component", "microsoft-windows-os-kernel");
    assert_field(&o, fact, "version", "6.0.6003.20512");
    assert_field(&o, fact, "file_version", "6.0.6003.20512");
    assert_field(&o, fact, "file", "Windows/System32/ntoskrnl.exe");
    assert_number(&o, fact, "agrees", 1);
    outcome_free(&o);
    outcome_make(&o, "updates-esu-year-2-licensed.raw", "KB5004305");
    fact = the_fact(&o, "servicing.manifest", "identity",
                    "Package_1_for_KB5004305~31bf3856ad364e35~amd64~~6.0.1.1");
    assert_number(&o, fact, "esu_checked", 1);
    outcome_free(&o);
}

static size_t rows_saying(const outcome *o, const char *plugin, const char *words)
{
    const es_row_record *rows = NULL;
    size_t n = es_ledger_rows(o->m.ledger, &rows), found = 0;

    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < rows[i].n_fields && !strcmp(rows[i].plugin, plugin); k++) {
            const es_datum *field = &rows[i].fields[k];
            char text[1024] = "";

            if (field->type == ES_FIELD_TEXT)
                snprintf(text, sizeof text, "%.*s", (int)field->text.size, field->text.data);
            found += strstr(text, words) != NULL;
            for (uint64_t t = 0; field->type == ES_FIELD_TEXT_LIST && t < field->n; t++)
                found += es_text_equal(field->texts[t], es_text_of(words));
        }
    }
    return found;
}

/* What is installed by the registry is checked against what lies on the disk, where it was asked. */
static void test_in_place(void **state)
{
    outcome o;
    const es_fact_record *fact;

    (void)state;
    outcome_make(&o, "servicing-winners-ahead.raw", "KB4499149");
    fact = the_fact(&o, "servicing.component", "component", "microsoft-windows-os-kernel");
    assert_field(&o, fact, "version", "6.0.6003.20512");
    assert_field(&o, fact, "file_version", "6.0.6002.24566");
    assert_number(&o, fact, "agrees", 0);
    assert_true(rows_saying(&o, "updates", "files: older than it") >= 1);
    outcome_free(&o);
    /* the manifest of the version that won is not there: where its file lies is known from another's */
    outcome_make(&o, "updates-list-ahead-of-kernel.raw", "KB4499149");
    fact = the_fact(&o, "servicing.component", "component", "microsoft-windows-os-kernel");
    assert_field(&o, fact, "version", "6.0.6002.24566");
    assert_field(&o, fact, "file_version", "6.0.6002.24566");
    assert_number(&o, fact, "agrees", 1);
    outcome_free(&o);
    /* nobody asked: nothing is read */
    outcome_make(&o, "servicing-winners-ahead.raw", NULL);
    fact = the_fact(&o, "servicing.component", "component", "microsoft-windows-os-kernel");
    assert_field(&o, fact, "file_version", NULL);
    assert_field(&o, fact, "file", NULL);
    outcome_free(&o);
}

/* Later systems: every KB is listed, in its state, and no verdict of ours is given. */
static void test_later(void **state)
{
    static const struct {
        const char *disk;
        size_t n;
        const char *kb, *state;
    } cases[] = {
        { "servicing-win8.raw", 5, "KB2756872", "superseded" },
        { "servicing-win8.raw", 5, "KB2871389", "staged" },
        { "servicing-win81.raw", 5, "KB2919355", "installed" },
        { "servicing-win81.raw", 5, "KB5031419", "installed" },
        { "servicing-win81.raw", 5, "KB3021910", "permanent" },
        { "servicing-win81.raw", 5, "KB2975719", "partially-installed" },
        { "servicing-win10.raw", 8, "KB5031224", "installed" },
        { "servicing-win10.raw", 8, "KB5015684", "installed" },
        { "servicing-win11.raw", 4, "KB5030651", "installed" },
        { "servicing-win11.raw", 4, "KB5027397", "staged" },
        { "servicing-win11.raw", 4, "KB5030216", "uninstall-pending" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const es_verdict_record *verdicts = NULL;
        size_t n, judged = 0;
        outcome o;

        outcome_make(&o, cases[i].disk, NULL);
        assert_int_equal(facts_with(&o, PACKAGE, NULL, NULL, NULL), cases[i].n);
        assert_field(&o, the_fact(&o, PACKAGE, "kb", cases[i].kb), "state", cases[i].state);
        n = es_ledger_verdicts(o.m.ledger, &verdicts);
        for (size_t k = 0; k < n; k++) {
            const es_plugin *plugin = es_ledger_plugin(o.m.ledger, verdicts[k].plugin);
            const es_verdict_type *type = &plugin->verdicts[verdicts[k].type];

            if (strcmp(type->name, "exposure") && strcmp(type->name, "patch-level") &&
                strcmp(type->name, "esu-updates") && strcmp(type->name, "esu-licence"))
                continue;
            judged++;
            assert_string_equal(type->answers[verdicts[k].answer], "not-applicable");
        }
        assert_int_equal(judged, 4);
        outcome_free(&o);
    }
}

/* Every name gives the KB that the recipe states, or none. */
static void test_odd_names(void **state)
{
    static const char *const none[] = {
        "Package_for_KB12345", "Package_for_KB44991490", "Package_for_KB4499149x",
        "Package_for_KB4499149_KB4499180", "NotAKB4499149",
    };
    outcome o;
    const es_fact_record *fact;

    (void)state;
    outcome_make(&o, "servicing-odd.raw", NULL);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_field(&o, the_fact(&o, PACKAGE, "name", none[i]), "kb", NULL);
    assert_int_equal(facts_with(&o, PACKAGE, "kb", "KB4499149", NULL), 0);
    assert_int_equal(facts_with(&o, PACKAGE, "kb", "KB4499180", NULL), 0);
    assert_int_equal(facts_with(&o, PACKAGE, "kb", "KB3078601", NULL), 2); /* there twice */
    assert_field(&o, the_fact(&o, PACKAGE, "name", "Package_for_943729"), "kb", "KB943729");
    assert_field(&o, the_fact(&o, PACKAGE, "name", "KB936330"), "role", "service-pack");
    fact = the_fact(&o, PACKAGE, "language", "de-DE");
    assert_field(&o, fact, "role", "language-pack");
    assert_true(notes_with(o.m.ledger, "is there twice: ") == 4);
    /* no state where two keys disagree on it */
    assert_true(notes_with(o.m.ledger, "is there twice, in two states") == 2);
    assert_int_equal(facts_with(&o, PACKAGE, "kb", "KB2500020", &fact), 2);
    assert_field(&o, fact, "state", "unknown");
    assert_true(notes_with(o.m.ledger, "for another processor") == 3);
    assert_true(notes_with(o.m.ledger, "not Microsoft's") == 1);
    assert_true(notes_with(o.m.ledger, "more such packages") >= 1);
    outcome_free(&o);
}

static void test_odd_values(void **state)
{
    outcome o;
    const es_fact_record *fact;

    (void)state;
    outcome_make(&o, "servicing-odd.raw", NULL);
    fact = the_fact(&o, PACKAGE, "identity", ID(2500001));
    assert_field(&o, fact, "state", "installed");
    assert_number(&o, fact, "state_value", -112);
    assert_number(&o, fact, "broken", 1);
    assert_field(&o, the_fact(&o, PACKAGE, "identity", ID(2500002)), "state", "installed");
    for (unsigned kb = 2500003; kb <= 2500005; kb++) {
        char text[16];

        snprintf(text, sizeof text, "KB%u", kb);
        fact = the_fact(&o, PACKAGE, "kb", text);
        assert_field(&o, fact, "state", "unknown");
        assert_number(&o, fact, "broken", 0);
    }
    fact = the_fact(&o, PACKAGE, "identity", ID(2500019));
    assert_field(&o, fact, "state", "unknown");
    assert_number(&o, fact, "state_value", INT32_MIN);
    assert_number(&o, fact, "broken", 1);
    fact = the_fact(&o, PACKAGE, "identity", ID(2500018)); /* a text and a byte for numbers */
    assert_false(es_time_known(fact->time));
    assert_int_equal(field_of(&o, fact, "visibility")->type, 0);
    assert_int_equal(the_fact(&o, PACKAGE, "identity", ID(2500006))->time.flags,
                     ES_TIME_IMPOSSIBLE);
    assert_int_equal(the_fact(&o, PACKAGE, "identity", ID(2500007))->time.flags,
                     ES_TIME_IMPOSSIBLE);
    assert_int_equal(the_fact(&o, PACKAGE, "identity", ID(2500017))->time.flags,
                     ES_TIME_IMPOSSIBLE);
    assert_false(es_time_known(the_fact(&o, PACKAGE, "identity", ID(2500008))->time));
    assert_false(es_time_known(the_fact(&o, PACKAGE, "identity", ID(2500009))->time));
    assert_false(es_time_known(the_fact(&o, PACKAGE, "identity", ID(2500010))->time));
    assert_field(&o, the_fact(&o, PACKAGE, "identity", ID(2500014)), "client", NULL);
    assert_field(&o, the_fact(&o, PACKAGE, "identity", ID(2500016)), "client", "W\xef\xbf\xbdU");
    assert_int_equal(notes_with(o.m.ledger, "install time cannot be true:"), 6);
    outcome_free(&o);
}

static void test_accounts(void **state)
{
    outcome o;

    (void)state;
    outcome_make(&o, "servicing-odd.raw", NULL);
    assert_field(&o, the_fact(&o, PACKAGE, "identity", ID(2500011)), "user_name", "updater");
    assert_field(&o, the_fact(&o, PACKAGE, "identity", ID(2500012)), "user_name", "former");
    assert_field(&o, the_fact(&o, PACKAGE, "identity", ID(2500013)), "user_name", NULL);
    assert_field(&o, the_fact(&o, PACKAGE, "identity", ID(2500013)), "user",
                 "S-1-5-21-111111111-222222222-333333333-1104");
    assert_field(&o, the_fact(&o, PACKAGE, "identity", ID(2500015)), "user_name", NULL);
    outcome_free(&o);
}

/* Bombs, cuts, 100 MiB, another's manifest: notes, and no fact that is not the package's own. What is
 * too large is not read at all: it costs neither time nor memory. */
static void test_odd_files(void **state)
{
    struct rusage before, after;
    outcome o;
    const es_fact_record *fact;

    (void)state;
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    outcome_make(&o, "servicing-odd.raw", "KB2500007");
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 96 << 10); /* KiB */
    assert_in_range(after.ru_utime.tv_sec - before.ru_utime.tv_sec, 0, 5);
    assert_int_equal(notes_with(o.m.ledger, "larger or deeper than is read: it was not read to its "
                                            "end: Package_for_KB2500007~"), 1);
    outcome_free(&o);
    outcome_make(&o, "servicing-odd.raw", "KB2500011");
    assert_int_equal(facts_with(&o, "servicing.manifest", "kb", "KB2500001", NULL), 0);
    assert_int_equal(facts_with(&o, "servicing.manifest", "kb", "KB2500002", NULL), 0);
    assert_int_equal(facts_with(&o, "servicing.manifest", "kb", "KB2500007", NULL), 0);
    assert_int_equal(facts_with(&o, "servicing.manifest", "kb", "KB2500011", NULL), 0);
    fact = the_fact(&o, "servicing.manifest", "kb", "KB2599999");
    assert_field(&o, fact, "release_type", "Security Update");
    assert_number(&o, the_fact(&o, "servicing.file", "kb", "KB2599998"), "mum", 0);
    assert_int_equal(facts_with(&o, "servicing.file", NULL, NULL, NULL), 2);
    assert_true(notes_with(o.m.ledger, "belongs to another") >= 5);
    fact = the_fact(&o, "servicing.pending", "what", "pending.xml");
    assert_field(&o, fact, "identity", NULL);
    assert_int_equal(notes_with(o.m.ledger, "document type declaration"), 1);
    outcome_free(&o);
}

/* What can be read of a broken list is told, and that it is not all of it. */
static void test_broken_list(void **state)
{
    outcome o;

    (void)state;
    outcome_make(&o, "servicing-list-broken.raw", "KB4012598");
    assert_true(facts_with(&o, PACKAGE, NULL, NULL, NULL) >= 3);
    assert_field(&o, the_fact(&o, "servicing.unread", "list", "packages"), "list", "packages");
    assert_int_equal(notes_with(o.m.ledger, "part of the list of packages cannot be read"), 1);
    assert_true(rows_saying(&o, "updates", "Part of the packages of Component Based Servicing") >= 1);
    outcome_free(&o);
}

static void test_evaluated(void **state)
{
    outcome o;
    const es_fact_record *fact;

    (void)state;
    outcome_make(&o, "servicing-odd.raw", NULL);
    assert_int_equal(facts_with(&o, "servicing.evaluated", NULL, NULL, NULL), 257);
    fact = the_fact(&o, "servicing.evaluated", "identity", NULL);
    assert_number(&o, fact, "count", 300);
    assert_int_equal(facts_with(&o, PACKAGE, "kb", "KB2600001", NULL), 0);
    (void)the_fact(&o, "servicing.pending", "what", "ExecuteState");
    (void)the_fact(&o, "servicing.pending", "what", "SessionsPending.Exclusive");
    (void)the_fact(&o, "servicing.pending", "identity", "30790000_1234567890");
    outcome_free(&o);
}

static void test_many(void **state)
{
    outcome o;

    (void)state;
    outcome_make(&o, "updates-2500-packages.raw", NULL);
    assert_int_equal(facts_with(&o, PACKAGE, NULL, NULL, NULL), 2500);
    assert_int_equal(facts_with(&o, PACKAGE, "state", "installed", NULL), 2500);
    assert_int_equal(notes_with(o.m.ledger, "more packages than"), 0);
    outcome_free(&o);
}

/* Windows 7 has other numbers for the same states. */
static void test_wide_states(void **state)
{
    static const char *const states[] = { "installed",       "superseded",          "staged",
                                          "install-pending", "partially-installed", "permanent",
                                          "resolved",        "uninstall-pending" };
    outcome o;
    const es_fact_record *fact;

    (void)state;
    outcome_make(&o, "servicing-win7-states.raw", NULL);
    for (unsigned i = 0; i < 8; i++) {
        char text[16];

        snprintf(text, sizeof text, "KB%u", 2600000 + i);
        assert_field(&o, the_fact(&o, PACKAGE, "kb", text), "state", states[i]);
    }
    fact = the_fact(&o, PACKAGE, "role", "rollupfix");
    assert_field(&o, fact, "kb", NULL);
    assert_field(&o, fact, "version", "7601.24520.1.3");
    outcome_free(&o);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),      cmocka_unit_test(test_asked),
        cmocka_unit_test(test_odd_names), cmocka_unit_test(test_odd_values),
        cmocka_unit_test(test_accounts),  cmocka_unit_test(test_odd_files),
        cmocka_unit_test(test_broken_list),
        cmocka_unit_test(test_evaluated), cmocka_unit_test(test_many),
        cmocka_unit_test(test_wide_states), cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_later),
    };

    if (argc < 4)
        return 77;
    disks = argv[1];
    plugin_folder = argv[2];
    catalogue_folder = argv[3];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
