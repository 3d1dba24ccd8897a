/* SPDX-License-Identifier: Apache-2.0
 *
 * test_seen.c: a file is told apart by its record; what has none is always new; the cap holds.
 */
#include <esuscan/seen.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static es_artefact file(uint64_t entry, uint32_t sequence, uint32_t volume)
{
    return (es_artefact){ .size = sizeof(es_artefact), .mft_entry = entry,
                          .mft_sequence = sequence, .volume = volume };
}

static void one_record_is_one_file(void **state)
{
    es_seen *seen = calloc(1, sizeof *seen);
    es_artefact a = file(40, 2, 1), reused = file(40, 3, 1), elsewhere = file(40, 2, 2);

    (void)state;
    assert_non_null(seen);
    assert_false(es_seen_before(seen, &a));
    assert_true(es_seen_before(seen, &a));
    assert_false(es_seen_before(seen, &reused));
    assert_false(es_seen_before(seen, &elsewhere));
    assert_true(es_seen_before(seen, &elsewhere));
    assert_int_equal(seen->n, 3);
    free(seen);
}

static void without_a_record(void **state)
{
    es_seen *seen = calloc(1, sizeof *seen);
    es_artefact a = file(0, 0, 1);

    (void)state;
    assert_non_null(seen);
    assert_false(es_seen_before(seen, &a));
    assert_false(es_seen_before(seen, &a));
    assert_int_equal(seen->n, 0);
    free(seen);
}

static void beyond_the_cap(void **state)
{
    es_seen *seen = calloc(1, sizeof *seen);
    es_artefact first = file(1, 1, 1), last = file(ES_SEEN_MAX + 1, 1, 1);

    (void)state;
    assert_non_null(seen);
    for (uint64_t i = 1; i <= ES_SEEN_MAX; i++) {
        es_artefact each = file(i, 1, 1);

        assert_false(es_seen_before(seen, &each));
    }
    assert_false(es_seen_before(seen, &last));
    assert_false(es_seen_before(seen, &last));
    assert_true(es_seen_before(seen, &first));
    assert_int_equal(seen->n, ES_SEEN_MAX);
    free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_record_is_one_file),
        cmocka_unit_test(without_a_record),
        cmocka_unit_test(beyond_the_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
