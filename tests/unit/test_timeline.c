/* SPDX-License-Identifier: Apache-2.0
 *
 * test_timeline.c: which facts are events, in which order, and which are told as one.
 */
#include "report/timeline.h"

#include "test_report_case.h"

#include <stdio.h>
#include <string.h>

static const es_field event_fields[] = { FIELD(ES_FIELD_TEXT, "what") };
static const es_fact_type event_facts[] = {
    { sizeof(es_fact_type), ES_COUNT(event_fields), "probe.event", "an event", event_fields,
      "recorded" },
};
static const es_plugin probe_plugin = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "probe", .version = "1",
    .summary = "the test's", .facts = event_facts, .n_facts = ES_COUNT(event_facts),
};

static es_ledger *begin(const char *acquired)
{
    es_ledger *ledger = NULL;
    es_record image = { .kind = ES_RECORD_IMAGE };

    assert_int_equal(es_ledger_new(NULL, NULL, &ledger), ES_OK);
    image.image.format = "raw";
    image.image.size = 1 << 20;
    image.image.sector_size = 512;
    image.image.has_acquisition = acquired != NULL;
    image.image.acquired = acquired;
    put_ok(ledger, &image);
    put_volume(ledger, 2, "mbr", "ntfs", 1048576);
    put_plugin(ledger, &probe_plugin);
    put_installation(ledger, 1, ES_ROLE_CURRENT);
    put_installation(ledger, 2, ES_ROLE_REGBACK);
    put_installation(ledger, 3, ES_ROLE_WINDOWS_OLD);
    return ledger;
}

static void put_event(es_ledger *ledger, uint64_t reference, uint32_t installation,
                      const char *what, const char *time)
{
    es_datum field = text_datum(what);
    es_record record = { .kind = ES_RECORD_FACT };

    record.fact.reference = reference;
    record.fact.installation = installation;
    record.fact.plugin = "probe";
    record.fact.fields = &field;
    record.fact.n_fields = 1;
    record.fact.where = nowhere();
    record.fact.where.volume = 2;
    record.fact.where.path = what;
    if (time)
        record.fact.time = time_of(time);
    put_ok(ledger, &record);
}

static es_timeline *end(es_ledger *ledger)
{
    es_timeline *timeline = NULL;

    put_done(ledger);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    assert_int_equal(es_timeline_new(ledger, &timeline), ES_OK);
    return timeline;
}

static const char *what(const es_timeline *timeline, size_t index)
{
    static char text[64];
    const es_text *said = &es_timeline_at(timeline, index)->fact->fields[0].text;

    snprintf(text, sizeof text, "%.*s", (int)said->size, said->data);
    return text;
}

/* What has no time is no event; equal times keep the order of the facts. */
static void in_the_order_of_time(void **state)
{
    es_ledger *ledger = begin(NULL);
    es_timeline *timeline;

    (void)state;
    put_event(ledger, 1, 1, "third", "2019-05-03T00:00:00Z");
    put_event(ledger, 2, 1, "no time", NULL);
    put_event(ledger, 3, 1, "first", "2009-05-03T00:00:00Z");
    put_event(ledger, 4, 1, "second", "2019-05-02T00:00:00Z");
    timeline = end(ledger);
    assert_int_equal(es_timeline_count(timeline), 3);
    assert_string_equal(what(timeline, 0), "first");
    assert_string_equal(what(timeline, 1), "second");
    assert_string_equal(what(timeline, 2), "third");
    assert_int_equal(es_timeline_at(timeline, 0)->machine, 1);
    assert_string_equal(es_timeline_path(ledger, es_timeline_at(timeline, 0)), "first");
    assert_string_equal(es_timeline_computer(ledger, es_timeline_at(timeline, 0)), "SRV-SQL01");
    assert_int_equal(es_timeline_snapshot(ledger, es_timeline_at(timeline, 0)), 0);
    es_timeline_free(timeline);
    es_ledger_free(ledger);
}

/* States of one machine that say the same: one event, by the first of them. */
static void several_states_tell_one_event(void **state)
{
    es_ledger *ledger = begin(NULL);
    const es_timeline_event *event;
    es_timeline *timeline;

    (void)state;
    put_event(ledger, 1, 2, "boot", "2019-05-03T00:00:00Z");
    put_event(ledger, 2, 1, "boot", "2019-05-03T00:00:00Z");
    put_event(ledger, 3, 3, "boot", "2019-05-03T00:00:00Z");
    put_event(ledger, 4, 2, "boot", "2019-05-03T00:00:01Z");
    put_event(ledger, 5, 1, "stop", "2019-05-03T00:00:01Z");
    timeline = end(ledger);
    assert_int_equal(es_timeline_count(timeline), 3);
    event = es_timeline_at(timeline, 0);
    assert_int_equal(event->fact->installation, 1);
    assert_int_equal(event->n_also, 2);
    assert_int_equal(es_timeline_at(timeline, 1)->n_also, 0);
    assert_int_equal(es_timeline_at(timeline, 2)->n_also, 0);
    es_timeline_free(timeline);
    es_ledger_free(ledger);
}

/* One state's two facts stay two; another state that says it twice is one other state. */
static void what_a_state_says_twice(void **state)
{
    es_ledger *ledger = begin(NULL);
    es_timeline *timeline;
    uint32_t n_also = 0;

    (void)state;
    put_event(ledger, 1, 1, "logon", "2019-05-03T00:00:00Z");
    put_event(ledger, 2, 1, "logon", "2019-05-03T00:00:00Z");
    put_event(ledger, 3, 2, "logon", "2019-05-03T00:00:00Z");
    put_event(ledger, 4, 2, "logon", "2019-05-03T00:00:00Z");
    timeline = end(ledger);
    assert_int_equal(es_timeline_count(timeline), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(es_timeline_at(timeline, i)->fact->installation, 1);
        n_also += es_timeline_at(timeline, i)->n_also;
    }
    assert_int_equal(n_also, 1);
    es_timeline_free(timeline);
    es_ledger_free(ledger);
}

/* Before any clock of such a machine, or after the image was made: kept, and marked. */
static void impossible_times(void **state)
{
    es_ledger *ledger = begin("2020-01-01T00:00:00Z");
    es_timeline *timeline;

    (void)state;
    put_event(ledger, 1, 1, "before", "1979-12-31T23:59:59Z");
    put_event(ledger, 2, 1, "at first", "1980-01-01T00:00:00Z");
    put_event(ledger, 3, 1, "at last", "2020-01-01T00:00:00Z");
    put_event(ledger, 4, 1, "after", "2020-01-01T00:00:01Z");
    timeline = end(ledger);
    assert_int_equal(es_timeline_count(timeline), 4);
    assert_true(es_timeline_at(timeline, 0)->impossible);
    assert_false(es_timeline_at(timeline, 1)->impossible);
    assert_false(es_timeline_at(timeline, 2)->impossible);
    assert_true(es_timeline_at(timeline, 3)->impossible);
    es_timeline_free(timeline);
    es_ledger_free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_the_order_of_time),
        cmocka_unit_test(several_states_tell_one_event),
        cmocka_unit_test(what_a_state_says_twice),
        cmocka_unit_test(impossible_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
