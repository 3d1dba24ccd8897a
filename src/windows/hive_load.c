/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_load.c: see hive_load.h.
 *
 * System calls of the helper thread: pread64 on the memfd, futex, and what starting and ending a
 * thread takes (clone3 or clone, set_robust_list, rseq, mmap, mprotect, munmap, madvise, exit).
 */
#include "windows/hive_load.h"
#include "windows/limits.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define HASH_BUFFER (UINT64_C(128) << 10)
#define THREAD_STACK ((size_t)512 << 10)
#define DAMAGE_GRAIN UINT64_C(4096)

struct es_hive_digest {
    int fd;
    uint64_t size;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t ready;     /* under lock */
    bool cancelled;     /* under lock */
    bool started;       /* a thread was made and is not joined */
    bool done;          /* value and status are there */
    es_status status;
    uint8_t value[32];
    pthread_t thread;
};

/* Bytes that can be hashed beyond `at`; 0 when cancelled. */
static uint64_t wait_for(es_hive_digest *digest, uint64_t at)
{
    uint64_t n;

    pthread_mutex_lock(&digest->lock);
    while (digest->ready <= at && !digest->cancelled)
        pthread_cond_wait(&digest->moved, &digest->lock);
    n = digest->cancelled ? 0 : digest->ready - at;
    pthread_mutex_unlock(&digest->lock);
    return n;
}

static es_status hash_update(es_hive_digest *digest, EVP_MD_CTX *context, uint8_t *buffer)
{
    uint64_t at = 0;

    while (at < digest->size) {
        uint64_t n = wait_for(digest, at);
        ssize_t got;

        if (n == 0)
            return ES_IO;
        got = pread(digest->fd, buffer, (size_t)(n < HASH_BUFFER ? n : HASH_BUFFER), (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ES_IO;
        if (!EVP_DigestUpdate(context, buffer, (size_t)got))
            return ES_NOMEM;
        at += (uint64_t)got;
    }
    return ES_OK;
}

static void *hash_all(void *argument)
{
    es_hive_digest *digest = argument;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t *buffer = malloc(HASH_BUFFER);
    es_status status = ES_NOMEM;

    if (context && buffer && EVP_DigestInit_ex(context, EVP_sha256(), NULL))
        status = hash_update(digest, context, buffer);
    if (status == ES_OK && !EVP_DigestFinal_ex(context, digest->value, NULL))
        status = ES_NOMEM;
    digest->status = status;
    free(buffer);
    EVP_MD_CTX_free(context);
    return NULL;
}

static bool start_thread(es_hive_digest *digest)
{
    pthread_attr_t attributes;
    bool started;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    started = pthread_attr_setstacksize(&attributes, THREAD_STACK) == 0 &&
              pthread_create(&digest->thread, &attributes, hash_all, digest) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

es_status es_hive_digest_start(int fd, uint64_t size, es_hive_digest **ret_digest)
{
    es_hive_digest *digest = calloc(1, sizeof *digest);

    if (!digest)
        return ES_NOMEM;
    digest->fd = fd;
    digest->size = size;
    pthread_mutex_init(&digest->lock, NULL);
    pthread_cond_init(&digest->moved, NULL);
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL); /* its file is out of reach here */
    digest->started = start_thread(digest);
    *ret_digest = digest;
    return ES_OK;
}

void es_hive_digest_ready(es_hive_digest *digest, uint64_t ready)
{
    pthread_mutex_lock(&digest->lock);
    digest->ready = ready;
    pthread_cond_signal(&digest->moved);
    pthread_mutex_unlock(&digest->lock);
}

static void finish(es_hive_digest *digest)
{
    if (digest->started) {
        pthread_join(digest->thread, NULL);
        digest->started = false;
        digest->done = true;
    } else if (!digest->done) {
        hash_all(digest);
        digest->done = true;
    }
}

es_status es_hive_digest_get(es_hive_digest *digest, uint8_t ret_digest[32])
{
    finish(digest);
    /* What the thread could not have (memory, a read) may be there now: no digest is one of zeros. */
    if (digest->status != ES_OK)
        hash_all(digest);
    memcpy(ret_digest, digest->value, sizeof digest->value);
    return digest->status;
}

es_hive_digest *es_hive_digest_free(es_hive_digest *digest)
{
    if (!digest)
        return NULL;
    if (digest->started) {
        pthread_mutex_lock(&digest->lock);
        digest->cancelled = true;
        pthread_cond_signal(&digest->moved);
        pthread_mutex_unlock(&digest->lock);
        pthread_join(digest->thread, NULL);
    }
    pthread_cond_destroy(&digest->moved);
    pthread_mutex_destroy(&digest->lock);
    free(digest);
    return NULL;
}

/* Read a stretch; when it is damaged, read it again in eighths to see where. */
static es_status read_stretch(const es_hive_input *input, uint64_t offset, uint8_t *buffer,
                              uint64_t size, es_hive_ranges *damage)
{
    bool damaged = false;
    es_status status = input->read(input->context, offset, buffer, size, &damaged);
    uint64_t part;

    if (status < 0 || (status == ES_OK && !damaged))
        return status;
    if (size <= DAMAGE_GRAIN) {
        if (status != ES_OK) /* not given by the evidence: zeros, and they count as bad */
            memset(buffer, 0, (size_t)size);
        return es_hive_ranges_add(damage, offset, size);
    }
    part = (size / 8 + DAMAGE_GRAIN - 1) / DAMAGE_GRAIN * DAMAGE_GRAIN;
    part = part ? part : DAMAGE_GRAIN;
    for (uint64_t at = 0; at < size; at += part) {
        status = read_stretch(input, offset + at, buffer + at,
                              size - at < part ? size - at : part, damage);
        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}

es_status es_hive_input_read(const es_hive_input *input, uint64_t offset, void *buffer,
                             uint64_t size, es_hive_ranges *damage)
{
    if (offset > input->size || size > input->size - offset)
        return ES_END;
    return size ? read_stretch(input, offset, buffer, size, damage) : ES_OK;
}

static es_status load_pieces(const es_hive_input *input, es_hive_image *image,
                             es_hive_digest *digest, uint8_t *buffer)
{
    for (uint64_t at = 0; at < image->raw_size;) {
        uint64_t left = image->raw_size - at;
        uint64_t n = left < ES_HIVE_PIECE ? left : ES_HIVE_PIECE;
        es_status status = es_hive_input_read(input, at, buffer, n, &image->raw_damage);

        if (status == ES_OK)
            status = es_hive_image_fill(image, at, buffer, n);
        if (status != ES_OK)
            return status;
        at += n;
        es_hive_digest_ready(digest, at);
    }
    return es_hive_ranges_copy(&image->raw_damage, &image->damage);
}

es_status es_hive_load(const es_hive_input *input, es_hive_image *image, es_hive_digest *digest)
{
    uint8_t *buffer = malloc(ES_HIVE_PIECE);
    es_status status = ES_NOMEM;

    if (buffer)
        status = load_pieces(input, image, digest, buffer);
    free(buffer);
    return status;
}
