/* SPDX-License-Identifier: Apache-2.0
 *
 * test_registry.c: hives as plugins see them, on made disks: names as the hive spells them, values
 * before replay, places in the log, absence told from damage.
 */
#include "host_fixture.h"

static const es_field fields[] = {
    { .size = sizeof(es_field), .type = ES_FIELD_TEXT, .name = "text", .means = "a value" },
};
static const es_fact_type facts[] = {
    { .size = sizeof(es_fact_type), .name = "probe.value", .summary = "a value of the test",
      .fields = fields, .n_fields = 1 },
};
static const es_want wants[] = {
    { .size = sizeof(es_want), .kind = ES_KIND_HIVE, .scope = ES_SCOPE_SYSTEM_ROOT,
      .path = "System32/config/SOFTWARE", .means = "the test" },
    { .size = sizeof(es_want), .kind = ES_KIND_HIVE, .scope = ES_SCOPE_SYSTEM_ROOT,
      .path = "System32/config/SYSTEM", .means = "the test" },
};

static unsigned n_examined;

static es_text text_of(const es_host *host, const es_key *key, const char *name, uint32_t before)
{
    es_value value;
    es_text text = { NULL, 0 };

    assert_int_equal(host->value_find(host, key, es_text_of(name), &value), ES_OK);
    assert_int_equal(host->value_text(host, &value, before, &text), ES_OK);
    return text;
}

static void assert_text(es_text text, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
}

/* ------------------------------------------------------------------ plain */

static void look_at_software(const es_host *host, const es_artefact *hive)
{
    es_key key, child, again;
    es_value value;
    uint64_t number = 0, n_children = 0;
    bool found_child = false;

    assert_int_equal(host->key_open(host, hive, es_text_of("microsoft\\windows nt\\CURRENTVERSION"),
                                    &key),
                     ES_OK);
    assert_text(key.name, "CurrentVersion");
    assert_true(es_time_known(key.written));
    assert_string_equal(key.where->key, "Microsoft\\Windows NT\\CurrentVersion");
    assert_true(key.where->exact);
    assert_text(text_of(host, &key, "currentbuildnumber", 0), "6003");
    assert_text(text_of(host, &key, "CurrentBuildNumber", 1), "6003");
    assert_int_equal(host->value_find(host, &key, es_text_of("InstallDate"), &value), ES_OK);
    assert_int_equal(host->value_number(host, &value, 0, &number), ES_OK);
    assert_int_equal(number, 1440399163);
    assert_int_equal(value.flags, 0);
    assert_true(value.where->offset > 4096 && value.where->length >= 4);
    assert_int_equal(host->value_text(host, &value, 0, &(es_text){ NULL, 0 }), ES_CORRUPT);
    assert_int_equal(host->value_find(host, &key, es_text_of("NoSuchValue"), &value), ES_ABSENT);
    assert_int_equal(host->key_find(host, &key, es_text_of("No\\Such"), &child), ES_ABSENT);
    assert_int_equal(host->value_child(host, &key, 1000000, &value), ES_END);
    assert_int_equal(host->key_open(host, hive, es_text_of("Microsoft\\Windows NT"), &child), ES_OK);
    for (; host->key_child(host, &child, n_children, &again) == ES_OK; n_children++)
        found_child |= again.id == key.id;
    assert_true(found_child);
    assert_int_equal(host->key_child(host, &child, n_children, &again), ES_END);
}

static void look_at_system(const es_host *host, const es_artefact *hive)
{
    es_key key;

    assert_int_equal(host->key_open(host, hive,
                                    es_text_of("CurrentControlSet\\Control\\ProductOptions"), &key),
                     ES_OK);
    assert_string_equal(key.where->key, "ControlSet001\\Control\\ProductOptions");
    assert_text(text_of(host, &key, "ProductType", 0), "ServerNT");
}

static es_status examine_plain(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state;
    n_examined++;
    assert_int_equal(artefact->flags, 0);
    if (artefact->want == 0)
        look_at_software(host, artefact);
    else
        look_at_system(host, artefact);
    return ES_OK;
}

static es_plugin probe(es_status (*examine)(void *, const es_host *, const es_artefact *))
{
    return (es_plugin){ .abi = ES_ABI, .size = sizeof(es_plugin), .name = "probe", .version = "1",
                        .summary = "the test's", .wants = wants, .n_wants = 2, .facts = facts,
                        .n_facts = 1, .examine = examine };
}

static void names_and_values(void **unused)
{
    es_plugin plugin = probe(examine_plain);
    machine m;

    (void)unused;
    n_examined = 0;
    machine_open(&m, "amd64-6003-consistent.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(n_examined, 2);
    machine_close(&m);
}

/* ------------------------------------------------------------------ replayed */

static es_status examine_replayed(void *state, const es_host *host, const es_artefact *artefact)
{
    es_key key;
    es_value value;

    (void)state;
    if (artefact->want != 0)
        return ES_OK;
    n_examined++;
    assert_int_equal(artefact->flags & ES_ARTEFACT_REPLAYED, ES_ARTEFACT_REPLAYED);
    assert_int_equal(host->key_open(host, artefact,
                                    es_text_of("Microsoft\\Windows NT\\CurrentVersion"), &key),
                     ES_OK);
    assert_int_equal(host->value_find(host, &key, es_text_of("CurrentBuildNumber"), &value), ES_OK);
    assert_int_equal(value.flags & ES_VALUE_CHANGED, ES_VALUE_CHANGED);
    assert_text(text_of(host, &key, "CurrentBuildNumber", 0), "6003");
    assert_text(text_of(host, &key, "CurrentBuildNumber", 1), "6002");
    assert_false(value.where->exact);
    assert_true(value.where->log_artefact != 0);
    assert_true(value.where->log_offset > 512);
    return ES_OK;
}

static void values_before_replay(void **unused)
{
    static const char *const replayed[] = { "dirty-software-dirt-log.raw",
                                            "dirty-software-hvle-log.raw" };
    es_plugin plugin = probe(examine_replayed);
    machine m;

    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        n_examined = 0;
        machine_open(&m, replayed[i]);
        machine_run(&m, &plugin, NULL, 0);
        assert_int_equal(n_examined, 1);
        assert_int_equal(notes_with(m.ledger, "was replayed in memory"), 1);
        machine_close(&m);
    }
}

static es_status examine_nothing(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state, (void)host, (void)artefact;
    n_examined++;
    return ES_OK;
}

/* No log to replay: read as it stands, and said. */
static void dirty_without_log(void **unused)
{
    es_plugin plugin = probe(examine_nothing);
    machine m;

    (void)unused;
    machine_open(&m, "dirty-software-no-log.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(notes_with(m.ledger, "no log could be used"), 1);
    assert_true(es_ledger_has_gaps(m.ledger));
    machine_close(&m);
}

/* A hive that cannot be opened is a note and a fact; the other one is still examined. */
static void broken_hive(void **unused)
{
    es_plugin plugin = probe(examine_nothing);
    const es_fact_record *found = NULL;
    size_t n, n_unreadable = 0;
    machine m;

    (void)unused;
    n_examined = 0;
    machine_open(&m, "hive-empty.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(n_examined, 1);
    n = es_ledger_facts(m.ledger, &found);
    for (size_t i = 0; i < n; i++)
        n_unreadable += !strcmp(es_ledger_fact_type(m.ledger, &found[i])->name,
                                "artefact.unreadable");
    assert_int_equal(n_unreadable, 1);
    machine_close(&m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_values),
        cmocka_unit_test(values_before_replay),
        cmocka_unit_test(dirty_without_log),
        cmocka_unit_test(broken_hive),
    };

    if (argc < 3)
        return 77;
    disks = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
