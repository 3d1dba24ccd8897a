/* SPDX-License-Identifier: Apache-2.0
 *
 * source_digest.c: hashing the whole media.
 *
 * A digest can only be computed in order, inflating can be done in any. So the media goes through
 * a ring of pieces: readers fill them, each the next piece that nobody has taken, and each digest
 * follows on a thread of its own. A piece is free again when every digest has passed it. MD5, the
 * slowest, sets the pace.
 *
 * A digest that has caught up with the readers fills a piece itself meanwhile. So there is a thread
 * for each processor and no more, and all have work: with a reader too few MD5 would wait for it,
 * with one too many for its turn on a processor.
 *
 * The digests are those of the media as the container holds it: overlays are not in it, and bytes
 * that could not be had are zeros, as in every other tool.
 */
#include "evidence/crew.h"
#include "evidence/format.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define N_DIGESTS 3u

typedef struct piece {
    uint8_t *data;
    uint64_t number;
    uint64_t size;
    unsigned left; /* digests that have yet to pass; 0: free */
    bool ready;
} piece;

typedef struct line line;

typedef struct digest {
    line *line;
    EVP_MD_CTX *context;
    char *hex;
    uint64_t next; /* piece */
    pthread_t thread;
    bool running;
} digest;

struct line {
    es_source *source;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    pthread_cond_t freed;
    pthread_cond_t moved; /* by about a hundredth of the media */
    piece pieces[ES_DIGEST_PIECES];
    uint64_t n_pieces; /* of the media */
    uint64_t taken;    /* pieces that a reader has taken */
    uint64_t passed;   /* pieces that all digests have passed */
    es_status status;
    digest digests[N_DIGESTS];
    unsigned n_digests;
    pthread_t readers[ES_DIGEST_READERS_MAX];
    unsigned n_readers;
};

static void fail(line *l, es_status status)
{
    pthread_mutex_lock(&l->lock);
    if (l->status == ES_OK)
        l->status = status;
    pthread_cond_broadcast(&l->filled);
    pthread_cond_broadcast(&l->freed);
    pthread_cond_signal(&l->moved);
    pthread_mutex_unlock(&l->lock);
}

/* ---------------------------------------------------------------- readers */

/* The next piece to be read, the lock held; NULL when its place in the ring is not free. */
static piece *take(line *l)
{
    piece *p = &l->pieces[l->taken % ES_DIGEST_PIECES];

    if (l->status != ES_OK || l->taken == l->n_pieces || p->left > 0)
        return NULL;
    p->number = l->taken++;
    p->left = l->n_digests;
    p->ready = false;
    return p;
}

/* The lock is held before and after, not while it reads. */
static void fill(line *l, piece *p)
{
    uint64_t at = p->number * ES_DIGEST_PIECE_SIZE;
    es_status status;

    pthread_mutex_unlock(&l->lock);
    p->size = l->source->size - at;
    if (p->size > ES_DIGEST_PIECE_SIZE)
        p->size = ES_DIGEST_PIECE_SIZE;
    status = es_source_read_media(l->source, at, p->data, p->size);
    if (status != ES_OK)
        fail(l, status);
    pthread_mutex_lock(&l->lock);
    p->ready = status == ES_OK;
    pthread_cond_broadcast(&l->filled);
}

static void *read_pieces(void *argument)
{
    line *l = argument;
    piece *p;

    pthread_mutex_lock(&l->lock);
    while (l->status == ES_OK && l->taken < l->n_pieces) {
        p = take(l);
        if (p)
            fill(l, p);
        else
            pthread_cond_wait(&l->freed, &l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* ---------------------------------------------------------------- digests */

/* The digest's next piece when it is there; NULL on failure elsewhere. */
static piece *await(digest *d)
{
    line *l = d->line;
    piece *p = &l->pieces[d->next % ES_DIGEST_PIECES], *other;
    bool ready;

    pthread_mutex_lock(&l->lock);
    while (l->status == ES_OK && !(p->left > 0 && p->number == d->next && p->ready)) {
        other = take(l);
        if (other)
            fill(l, other);
        else
            pthread_cond_wait(&l->filled, &l->lock);
    }
    ready = l->status == ES_OK;
    pthread_mutex_unlock(&l->lock);
    return ready ? p : NULL;
}

static void pass(digest *d, piece *p)
{
    line *l = d->line;

    pthread_mutex_lock(&l->lock);
    if (--p->left == 0) {
        l->passed++;
        pthread_cond_broadcast(&l->freed);
        if (l->passed == l->n_pieces || l->passed % (l->n_pieces / 128 + 1) == 0)
            pthread_cond_signal(&l->moved);
    }
    pthread_mutex_unlock(&l->lock);
    d->next++;
}

/* One piece more; false on failure here or elsewhere. */
static bool step(digest *d)
{
    piece *p = await(d);

    if (!p)
        return false;
    if (EVP_DigestUpdate(d->context, p->data, (size_t)p->size) != 1) {
        fail(d->line, ES_BUG);
        return false;
    }
    pass(d, p);
    return true;
}

static void finish(digest *d)
{
    uint8_t value[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_DigestFinal_ex(d->context, value, &size) != 1)
        fail(d->line, ES_BUG);
    for (unsigned i = 0; i < size; i++)
        snprintf(d->hex + (size_t)i * 2, 3, "%02x", value[i]);
}

static void *compute(void *argument)
{
    digest *d = argument;

    while (d->next < d->line->n_pieces)
        if (!step(d))
            return NULL;
    finish(d);
    return NULL;
}

/* ---------------------------------------------------------------- the line */

static es_status add_digest(line *l, const EVP_MD *kind, char *hex)
{
    digest *d = &l->digests[l->n_digests];

    *d = (digest){ .line = l, .hex = hex, .context = EVP_MD_CTX_new() };
    if (!d->context)
        return ES_NOMEM;
    l->n_digests++;
    return EVP_DigestInit_ex(d->context, kind, NULL) == 1 ? ES_OK : ES_BUG;
}

static es_status set_up(line *l, unsigned wanted, es_digests *ret)
{
    es_status status = ES_OK;

    /* No configuration file: nothing may be opened here, and none may switch MD5 off. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    if (wanted & ES_DIGEST_MD5)
        status = add_digest(l, EVP_md5(), ret->md5);
    if (status == ES_OK && (wanted & ES_DIGEST_SHA1))
        status = add_digest(l, EVP_sha1(), ret->sha1);
    if (status == ES_OK && (wanted & ES_DIGEST_SHA256))
        status = add_digest(l, EVP_sha256(), ret->sha256);
    for (size_t i = 0; i < ES_DIGEST_PIECES && status == ES_OK; i++) {
        l->pieces[i].data = malloc(ES_DIGEST_PIECE_SIZE);
        if (!l->pieces[i].data)
            status = ES_NOMEM;
    }
    return status;
}

/* A thread that cannot be had costs time, nothing else: a digest without one is computed by the
 * caller, and digests need no readers. */
static void start(line *l)
{
    unsigned readers = l->source->evidence.threads;

    if (!readers)
        readers = es_crew_processors();
    readers = readers > l->n_digests ? readers - l->n_digests : 1;
    if (readers > ES_DIGEST_READERS_MAX)
        readers = ES_DIGEST_READERS_MAX;
    l->source->in_parallel = true;
    for (unsigned i = 0; i < l->n_digests; i++) {
        digest *d = &l->digests[i];

        d->running = pthread_create(&d->thread, NULL, compute, d) == 0;
    }
    while (l->n_readers < readers &&
           pthread_create(&l->readers[l->n_readers], NULL, read_pieces, l) == 0)
        l->n_readers++;
}

/* The digests without a thread, side by side: a piece is not free before all have passed it. */
static void compute_rest(line *l, void (*progress)(void *, uint64_t, uint64_t), void *context)
{
    unsigned n_rest = 0;

    for (unsigned i = 0; i < l->n_digests; i++)
        n_rest += !l->digests[i].running;
    for (uint64_t n = 0; n_rest && n < l->n_pieces; n++) {
        for (unsigned i = 0; i < l->n_digests; i++)
            if (!l->digests[i].running && !step(&l->digests[i]))
                return;
        if (progress && n % (l->n_pieces / 128 + 1) == 0)
            progress(context, n * ES_DIGEST_PIECE_SIZE, l->source->size);
    }
    for (unsigned i = 0; i < l->n_digests; i++)
        if (!l->digests[i].running)
            finish(&l->digests[i]);
}

static void watch(line *l, void (*progress)(void *, uint64_t, uint64_t), void *context)
{
    pthread_mutex_lock(&l->lock);
    while (l->status == ES_OK && l->passed < l->n_pieces) {
        uint64_t done;

        pthread_cond_wait(&l->moved, &l->lock);
        done = l->passed * ES_DIGEST_PIECE_SIZE;
        pthread_mutex_unlock(&l->lock);
        if (progress)
            progress(context, done < l->source->size ? done : l->source->size, l->source->size);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
}

static void tear_down(line *l)
{
    for (unsigned i = 0; i < l->n_readers; i++)
        pthread_join(l->readers[i], NULL);
    for (unsigned i = 0; i < l->n_digests; i++) {
        if (l->digests[i].running)
            pthread_join(l->digests[i].thread, NULL);
        EVP_MD_CTX_free(l->digests[i].context);
    }
    for (size_t i = 0; i < ES_DIGEST_PIECES; i++)
        free(l->pieces[i].data);
    pthread_cond_destroy(&l->filled);
    pthread_cond_destroy(&l->freed);
    pthread_cond_destroy(&l->moved);
    pthread_mutex_destroy(&l->lock);
}

es_status es_source_digest(es_source *source, unsigned wanted,
                           void (*progress)(void *, uint64_t done, uint64_t all), void *context,
                           es_digests *ret_digests)
{
    es_digests digests = { 0 };
    line *l = calloc(1, sizeof *l);
    es_status status;

    if (!l)
        return ES_NOMEM;
    l->source = source;
    l->n_pieces = source->size / ES_DIGEST_PIECE_SIZE +
                  (source->size % ES_DIGEST_PIECE_SIZE != 0);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->filled, NULL);
    pthread_cond_init(&l->freed, NULL);
    pthread_cond_init(&l->moved, NULL);
    status = set_up(l, wanted, &digests);
    if (status == ES_OK && l->n_digests > 0) {
        start(l);
        compute_rest(l, progress, context);
        watch(l, progress, context);
    }
    tear_down(l);
    source->in_parallel = false;
    if (status == ES_OK)
        status = l->status;
    free(l);
    if (status == ES_OK)
        *ret_digests = digests;
    return status;
}
