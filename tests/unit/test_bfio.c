/* SPDX-License-Identifier: Apache-2.0
 *
 * test_bfio.c: a libbfio handle over a source is read-only, bounded, and remembers damage.
 */
#include "source_fixture.h"

#include "evidence/bfio.h"

static void reads_a_part(void **state)
{
    libbfio_handle_t *handle = NULL, *copy = NULL;
    opened *o = open_image("image.raw");
    uint8_t buffer[1000];
    es_bfio_watch watch = { false };
    size64_t size = 0;

    (void)state;
    check_opens(o, "raw");
    assert_int_equal(es_bfio_of_source(o->source, 65536, 100000, &watch, &handle), ES_OK);
    assert_int_equal(libbfio_handle_get_size(handle, &size, NULL), 1);
    assert_int_equal(size, 100000);
    assert_int_equal(libbfio_handle_open(handle, LIBBFIO_ACCESS_FLAG_READ, NULL), 1);
    assert_int_equal(libbfio_handle_read_buffer(handle, buffer, 1000, NULL), 1000);
    assert_memory_equal(buffer, image + 65536, 1000);
    assert_int_equal(libbfio_handle_seek_offset(handle, 99900, SEEK_SET, NULL), 99900);
    assert_int_equal(libbfio_handle_read_buffer(handle, buffer, 1000, NULL), 100);
    assert_memory_equal(buffer, image + 65536 + 99900, 100);
    assert_false(es_bfio_watch_take(&watch));
    assert_int_equal(libbfio_handle_clone(&copy, handle, NULL), 1);
    if (libbfio_handle_is_open(copy, NULL) != 1)
        assert_int_equal(libbfio_handle_open(copy, LIBBFIO_ACCESS_FLAG_READ, NULL), 1);
    assert_int_equal(libbfio_handle_seek_offset(copy, 512, SEEK_SET, NULL), 512);
    assert_int_equal(libbfio_handle_read_buffer(copy, buffer, 16, NULL), 16);
    assert_memory_equal(buffer, image + 65536 + 512, 16);
    assert_int_equal(libbfio_handle_free(&copy, NULL), 1);
    assert_int_equal(libbfio_handle_free(&handle, NULL), 1);
    shut(o);
}

static void writes_nothing(void **state)
{
    libbfio_handle_t *handle = NULL;
    opened *o = open_image("image.raw");
    uint8_t byte = 0;

    (void)state;
    check_opens(o, "raw");
    assert_int_equal(es_bfio_of_source(o->source, 0, IMAGE_SIZE, NULL, &handle), ES_OK);
    assert_int_equal(libbfio_handle_open(handle, LIBBFIO_OPEN_READ_WRITE, NULL), -1);
    assert_int_equal(libbfio_handle_open(handle, LIBBFIO_ACCESS_FLAG_READ, NULL), 1);
    assert_int_equal(libbfio_handle_write_buffer(handle, &byte, 1, NULL), -1);
    libbfio_handle_free(&handle, NULL);
    shut(o);
}

static void remembers_damage(void **state)
{
    libbfio_handle_t *handle = NULL;
    es_bfio_watch watch = { false };
    uint8_t buffer[100];
    opened *o;

    (void)state;
    write_file("short.raw", image, 8192);
    o = open_image("short.raw");
    check_opens(o, "raw");
    assert_int_equal(truncate(path_of("short.raw"), 4096), 0);
    assert_int_equal(es_bfio_of_source(o->source, 0, 8192, &watch, &handle), ES_OK);
    assert_int_equal(libbfio_handle_open(handle, LIBBFIO_ACCESS_FLAG_READ, NULL), 1);
    assert_int_equal(libbfio_handle_read_buffer(handle, buffer, 100, NULL), 100);
    assert_false(es_bfio_watch_take(&watch));
    assert_int_equal(libbfio_handle_seek_offset(handle, 4050, SEEK_SET, NULL), 4050);
    assert_int_equal(libbfio_handle_read_buffer(handle, buffer, 100, NULL), 100);
    assert_true(es_bfio_watch_take(&watch));
    assert_false(es_bfio_watch_take(&watch));
    libbfio_handle_free(&handle, NULL);
    shut(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_part),
        cmocka_unit_test(writes_nothing),
        cmocka_unit_test(remembers_damage),
    };

    return cmocka_run_group_tests(tests, make_fixtures, remove_fixtures);
}
