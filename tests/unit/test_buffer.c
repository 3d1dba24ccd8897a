/* SPDX-License-Identifier: Apache-2.0
 *
 * test_buffer.c: bytes that grow up to their maximum, and a failure that sticks.
 */
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void grows_and_keeps_order(void **state)
{
    es_buffer buffer = es_buffer_make(1u << 20);

    (void)state;
    for (unsigned i = 0; i < 5000; i++)
        es_buffer_u32(&buffer, i);
    assert_int_equal(buffer.failed, ES_OK);
    assert_int_equal(buffer.size, 20000);
    for (unsigned i = 0; i < 5000; i++) {
        const uint8_t *at = buffer.data + 4 * i;

        assert_int_equal(at[0] | at[1] << 8 | at[2] << 16 | at[3] << 24, i);
    }
    es_buffer_free(&buffer);
    assert_null(buffer.data);
    es_buffer_free(&buffer); /* twice is no harm */
}

static void integers_are_little_endian(void **state)
{
    static const uint8_t expected[] = { 0xab, 0x44, 0x33, 0x22, 0x11,
                                        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 };
    es_buffer buffer = es_buffer_make(100);

    (void)state;
    es_buffer_u8(&buffer, 0xab);
    es_buffer_u32(&buffer, 0x11223344);
    es_buffer_u64(&buffer, UINT64_C(0x1122334455667788));
    assert_int_equal(buffer.size, sizeof expected);
    assert_memory_equal(buffer.data, expected, sizeof expected);
    es_buffer_free(&buffer);
}

static void text_of_every_kind(void **state)
{
    es_buffer buffer = es_buffer_make(100);

    (void)state;
    es_buffer_string(&buffer, "6.0.");
    es_buffer_text(&buffer, (es_text)ES_TEXT("6003"));
    es_buffer_text(&buffer, (es_text){ NULL, 0 });
    es_buffer_format(&buffer, ".%d", 20489);
    assert_int_equal(buffer.size, 14);
    assert_memory_equal(buffer.data, "6.0.6003.20489", 14);
    es_buffer_free(&buffer);
}

/* Exactly the maximum fits, one more does not; nothing is half appended, and nothing follows. */
static void maximum_holds_and_failure_sticks(void **state)
{
    es_buffer buffer = es_buffer_make(10);

    (void)state;
    es_buffer_string(&buffer, "1234567890");
    assert_int_equal(buffer.failed, ES_OK);
    assert_int_equal(buffer.size, 10);
    es_buffer_u8(&buffer, 'x');
    assert_int_equal(buffer.failed, ES_LIMIT);
    assert_int_equal(buffer.size, 10);

    es_buffer_clear(&buffer);
    es_buffer_string(&buffer, "12345678");
    es_buffer_string(&buffer, "90x");
    assert_int_equal(buffer.failed, ES_LIMIT);
    es_buffer_u8(&buffer, '9'); /* it would fit: the failure sticks all the same */
    es_buffer_format(&buffer, "%d", 9);
    assert_int_equal(buffer.failed, ES_LIMIT);
    assert_int_equal(buffer.size, 8);
    assert_memory_equal(buffer.data, "12345678", 8);
    es_buffer_free(&buffer);
}

static void huge_sizes_do_not_wrap(void **state)
{
    es_buffer buffer = es_buffer_make(100);

    (void)state;
    es_buffer_string(&buffer, "abc");
    es_buffer_bytes(&buffer, "d", UINT64_MAX);
    assert_int_equal(buffer.failed, ES_LIMIT);
    es_buffer_clear(&buffer);
    es_buffer_string(&buffer, "abc");
    es_buffer_bytes(&buffer, "d", UINT64_MAX - 2);
    assert_int_equal(buffer.failed, ES_LIMIT);
    assert_int_equal(buffer.size, 3);
    es_buffer_free(&buffer);
}

static void clear_forgets_and_keeps_memory(void **state)
{
    es_buffer buffer = es_buffer_make(1000);
    const uint8_t *data;

    (void)state;
    es_buffer_string(&buffer, "abc");
    data = buffer.data;
    es_buffer_clear(&buffer);
    assert_int_equal(buffer.size, 0);
    assert_ptr_equal(buffer.data, data);
    es_buffer_string(&buffer, "de");
    assert_memory_equal(buffer.data, "de", 2);
    es_buffer_free(&buffer);
}

static void format_of_any_length(void **state)
{
    es_buffer buffer = es_buffer_make(100000);

    (void)state;
    es_buffer_format(&buffer, "%*d", 70000, 5);
    assert_int_equal(buffer.failed, ES_OK);
    assert_int_equal(buffer.size, 70000);
    assert_int_equal(buffer.data[69999], '5');
    es_buffer_format(&buffer, "%*d", 70000, 5);
    assert_int_equal(buffer.failed, ES_LIMIT);
    assert_int_equal(buffer.size, 70000);
    es_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_keeps_order),
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(text_of_every_kind),
        cmocka_unit_test(maximum_holds_and_failure_sticks),
        cmocka_unit_test(huge_sizes_do_not_wrap),
        cmocka_unit_test(clear_forgets_and_keeps_memory),
        cmocka_unit_test(format_of_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
