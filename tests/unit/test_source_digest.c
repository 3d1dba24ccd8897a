/* SPDX-License-Identifier: Apache-2.0
 *
 * test_source_digest.c: the media is read once and no more, by no more threads than asked for; a
 * digest that waits for a piece reads another; a failure ends it wherever it comes.
 *
 * The media is made here: a format whose read counts, stumbles, and fails when told to.
 */
#include "evidence/format.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PIECES_MAX 21u /* more than the ring has */
#define PATIENCE_SECONDS 20

static unsigned threads_left = UINT32_MAX; /* that can still be had */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*routine)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*routine)(void *), void *context);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*routine)(void *), void *context)
{
    if (!threads_left)
        return EAGAIN;
    threads_left--;
    return __real_pthread_create(thread, attributes, routine, context);
}

typedef struct media {
    atomic_uint times[PIECES_MAX]; /* each piece was read */
    atomic_uint inside, most;      /* reads at once */
    uint64_t fails_at;             /* piece; PIECES_MAX: never */
    uint64_t slow_at;              /* this piece comes only after the next one; PIECES_MAX: never */
    bool stumbles;
    bool was_alone;                /* the next piece of the slow one never came */
} media;

/* No two sectors of a piece, and no two pieces, begin alike. */
static void make_bytes(uint64_t offset, uint8_t *buffer, uint64_t size)
{
    while (size > 0) {
        uint64_t part = 512 - offset % 512;

        part = part < size ? part : size;
        memset(buffer, (int)((offset / 512 + offset / ES_DIGEST_PIECE_SIZE * 31) & 0xff), part);
        offset += part;
        buffer += part;
        size -= part;
    }
}

static void wait_for_next(media *m, uint64_t piece)
{
    time_t end = time(NULL) + PATIENCE_SECONDS;

    while (!atomic_load(&m->times[piece + 1]) && time(NULL) < end)
        usleep(1000);
    m->was_alone = !atomic_load(&m->times[piece + 1]);
}

static es_status read_media(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    media *m = source->state;
    uint64_t piece = offset / ES_DIGEST_PIECE_SIZE;
    unsigned inside = atomic_fetch_add(&m->inside, 1) + 1, most = atomic_load(&m->most);

    assert_true(piece < PIECES_MAX && size <= source->size - offset);
    while (inside > most && !atomic_compare_exchange_weak(&m->most, &most, inside))
        ;
    atomic_fetch_add(&m->times[piece], 1);
    if (piece == m->slow_at)
        wait_for_next(m, piece);
    if (m->stumbles && piece % 3 == 0)
        usleep(2000);
    make_bytes(offset, buffer, size);
    atomic_fetch_sub(&m->inside, 1);
    return piece == m->fails_at ? ES_IO : ES_OK;
}

static const es_format made = { .name = "made", .read = read_media };

static es_status digest(media *m, uint64_t size, unsigned threads, unsigned wanted,
                        es_digests *ret)
{
    es_source source = { .format = &made, .state = m, .size = size, .sector_size = 512,
                         .evidence = { .threads = threads } };

    return es_source_digest(&source, wanted, NULL, NULL, ret);
}

static void expect_digest(const EVP_MD *kind, uint64_t size, bool wanted, const char *hex)
{
    uint8_t *data = malloc(size), value[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char text[3];

    assert_non_null(data);
    make_bytes(0, data, size);
    assert_int_equal(EVP_Digest(data, size, value, &n, kind, NULL), 1);
    free(data);
    assert_int_equal(strlen(hex), wanted ? n * 2 : 0);
    for (unsigned i = 0; wanted && i < n; i++) {
        snprintf(text, sizeof text, "%02x", value[i]);
        assert_memory_equal(hex + (size_t)i * 2, text, 2);
    }
}

static void every_size(void **state)
{
    static const uint64_t sizes[] = { 1, ES_DIGEST_PIECE_SIZE - 1, ES_DIGEST_PIECE_SIZE,
                                      ES_DIGEST_PIECE_SIZE + 1, 2 * ES_DIGEST_PIECE_SIZE,
                                      (PIECES_MAX - 1) * ES_DIGEST_PIECE_SIZE + 7 };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (unsigned wanted = 0; wanted < 8; wanted++) {
            media m = { .fails_at = PIECES_MAX, .slow_at = PIECES_MAX };
            es_digests got = { .md5 = "" };

            assert_int_equal(digest(&m, sizes[i], 0, wanted, &got), ES_OK);
            expect_digest(EVP_md5(), sizes[i], wanted & ES_DIGEST_MD5, got.md5);
            expect_digest(EVP_sha1(), sizes[i], wanted & ES_DIGEST_SHA1, got.sha1);
            expect_digest(EVP_sha256(), sizes[i], wanted & ES_DIGEST_SHA256, got.sha256);
            for (uint64_t at = 0; at < PIECES_MAX; at++)
                assert_int_equal(atomic_load(&m.times[at]),
                                 wanted && at * ES_DIGEST_PIECE_SIZE < sizes[i]);
        }
    }
}

/* Readers and digests together are as many as there may be threads, and one of each at least. */
static void every_number_of_threads(void **state)
{
    const uint64_t size = PIECES_MAX * ES_DIGEST_PIECE_SIZE;

    (void)state;
    for (unsigned threads = 1; threads < 12; threads += 2) {
        for (unsigned digests = 1; digests <= 3; digests++) {
            media m = { .fails_at = PIECES_MAX, .slow_at = PIECES_MAX, .stumbles = true };
            es_digests got = { .md5 = "" };
            unsigned most = threads > digests ? threads : digests + 1;

            assert_int_equal(digest(&m, size, threads, (1u << digests) - 1, &got), ES_OK);
            expect_digest(EVP_md5(), size, true, got.md5);
            assert_true(atomic_load(&m.most) <= most);
        }
    }
}

/* With one reader, and it busy with the first piece: the second is read by the digest. */
static void a_digest_that_waits_reads(void **state)
{
    const uint64_t size = 5 * ES_DIGEST_PIECE_SIZE;
    media m = { .fails_at = PIECES_MAX, .slow_at = 0 };
    es_digests got = { .md5 = "" };

    (void)state;
    assert_int_equal(digest(&m, size, 2, ES_DIGEST_MD5, &got), ES_OK);
    assert_false(m.was_alone);
    expect_digest(EVP_md5(), size, true, got.md5);
}

static void ends_on_failure(void **state)
{
    const uint64_t size = PIECES_MAX * ES_DIGEST_PIECE_SIZE;

    (void)state;
    for (unsigned at = 0; at < PIECES_MAX; at++) {
        media m = { .fails_at = at, .slow_at = PIECES_MAX };
        es_digests got = { .md5 = "untouched" };

        assert_int_equal(digest(&m, size, 1 + at % 4, 1 + at % 7, &got), ES_IO);
        assert_string_equal(got.md5, "untouched");
    }
}

/* Threads that cannot be had cost time only: the digests are the same, each piece is read once, and a
 * failure still ends it. */
static void does_without_threads(void **state)
{
    const uint64_t size = (PIECES_MAX - 1) * (uint64_t)ES_DIGEST_PIECE_SIZE + 12345;

    (void)state;
    for (unsigned n = 0; n < 6; n++) {
        media m = { .fails_at = PIECES_MAX, .slow_at = PIECES_MAX, .stumbles = true };
        es_digests digests = { .md5 = "" };
        es_status status;

        threads_left = n;
        status = digest(&m, size, 4, ES_DIGEST_MD5 | ES_DIGEST_SHA1 | ES_DIGEST_SHA256, &digests);
        threads_left = UINT32_MAX;
        assert_int_equal(status, ES_OK);
        expect_digest(EVP_md5(), size, true, digests.md5);
        expect_digest(EVP_sha1(), size, true, digests.sha1);
        expect_digest(EVP_sha256(), size, true, digests.sha256);
        for (unsigned i = 0; i < PIECES_MAX; i++)
            assert_int_equal(atomic_load(&m.times[i]), 1);

        m = (media){ .fails_at = 7, .slow_at = PIECES_MAX };
        threads_left = n;
        status = digest(&m, size, 4, ES_DIGEST_MD5 | ES_DIGEST_SHA256, &digests);
        threads_left = UINT32_MAX;
        assert_int_equal(status, ES_IO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size),
        cmocka_unit_test(every_number_of_threads),
        cmocka_unit_test(a_digest_that_waits_reads),
        cmocka_unit_test(ends_on_failure),
        cmocka_unit_test(does_without_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
