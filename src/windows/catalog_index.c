/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog_index.c: see catalog.h: the catalogs of one installation and the digests they hold.
 *
 * Only the first eight bytes of a digest are kept, with the number of its catalog: whoever finds
 * them reads that catalog again anyhow, to verify it, and compares the rest there. Catalogs are
 * opened by their MFT entry as the folder lists them; no path is looked up twice.
 */
#include "windows/catalog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 8u
/* Fewer catalogs than this are read faster than threads are started. */
#define THREADS_FROM 64u

typedef enum reading { UNREAD, GOOD, DAMAGED, MALFORMED, TOO_LARGE, UNSUPPORTED } reading;

typedef struct catalog {
    char *path;
    uint64_t entry, size;
    uint32_t sequence;
    reading state;
    char *copy_path; /* servicing's copy, NULL for none: read when the first cannot be */
    uint64_t copy_entry;
    uint32_t copy_sequence;
} catalog;

typedef struct known_digest {
    uint64_t prefix;
    uint32_t catalog;
} known_digest;

struct es_catalogs {
    es_fs *fs;
    catalog *all;
    uint32_t n, capacity;
    known_digest *digests;
    uint64_t n_digests;
    es_catalog_counts counts;
};

es_catalogs *es_catalogs_free(es_catalogs *catalogs)
{
    if (!catalogs)
        return NULL;
    for (uint32_t i = 0; i < catalogs->n; i++) {
        free(catalogs->all[i].path);
        free(catalogs->all[i].copy_path);
    }
    free(catalogs->all);
    free(catalogs->digests);
    free(catalogs);
    return NULL;
}

const es_catalog_counts *es_catalogs_counts(const es_catalogs *catalogs)
{
    return &catalogs->counts;
}

static uint64_t prefix_of(es_bytes digest)
{
    uint64_t prefix = 0;

    for (unsigned i = 0; i < 8; i++)
        prefix = prefix << 8 | digest.data[i];
    return prefix;
}

/* ------------------------------------------------------------------ finding them */

typedef struct gathering {
    es_catalogs *to;
    const char *folder;
    uint32_t n_before; /* those of earlier folders are in order of their names */
    es_status status;
} gathering;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int by_name(const void *a, const void *b)
{
    const catalog *left = a, *right = b;
    int order = strcasecmp(base_name(left->path), base_name(right->path));

    return order ? order : strcmp(left->path, right->path);
}

/* Servicing keeps a copy beside the package: the same name and size is the same catalog. */
static bool is_copy(const gathering *now, char *path, const es_dirent *dirent)
{
    es_catalogs *to = now->to;
    uint32_t low = 0, high = now->n_before;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (strcasecmp(base_name(to->all[middle].path), base_name(path)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == now->n_before || to->all[low].size != dirent->size || to->all[low].copy_path ||
        strcasecmp(base_name(to->all[low].path), base_name(path)) != 0)
        return false;
    to->all[low].copy_path = path;
    to->all[low].copy_entry = dirent->mft_entry;
    to->all[low].copy_sequence = dirent->mft_sequence;
    return true;
}

static int gather(void *context, const es_dirent *dirent)
{
    gathering *now = context;
    es_catalogs *to = now->to;
    char *path = NULL;

    if (dirent->directory || dirent->dos_name)
        return 0;
    if (to->n == ES_CATALOGS_MAX) {
        to->counts.too_many = true;
        return 1;
    }
    if (to->n == to->capacity) {
        uint32_t capacity = to->capacity ? to->capacity * 2 : 256;
        catalog *grown = realloc(to->all, capacity * sizeof *grown);

        if (!grown) {
            now->status = ES_NOMEM;
            return 1;
        }
        to->all = grown;
        to->capacity = capacity;
    }
    if (asprintf(&path, "%s/%.*s", now->folder, (int)(dirent->name.size & 0x7fff),
                 dirent->name.data) < 0) {
        now->status = ES_NOMEM;
        return 1;
    }
    if (is_copy(now, path, dirent))
        return 0;
    to->all[to->n++] = (catalog){ .path = path, .entry = dirent->mft_entry, .size = dirent->size,
                                  .sequence = dirent->mft_sequence };
    return 0;
}

static es_status gather_folder(es_catalogs *to, const char *system_root, const char *below)
{
    gathering now = { .to = to, .n_before = to->n };
    char asked[ES_PATH_MAX], *true_path = NULL;
    uint64_t entry = 0;
    uint32_t sequence = 0;
    es_status status;

    if (snprintf(asked, sizeof asked, "%s/%s", system_root, below) >= (int)sizeof asked)
        return ES_OK;
    status = es_fs_lookup(to->fs, asked, &entry, &sequence, &true_path, NULL);
    if (status == ES_OK) {
        now.folder = true_path;
        status = es_fs_list_matches(to->fs, entry, sequence, "*.cat", gather, &now);
    }
    if (status > 0 && status != ES_ABSENT)
        to->counts.incomplete = true;
    free(true_path);
    if (now.status != ES_OK)
        return now.status;
    if (to->n > 1)
        qsort(to->all, to->n, sizeof *to->all, by_name);
    return status < 0 ? status : ES_OK;
}

/* ------------------------------------------------------------------ those that did not change */

typedef struct place {
    uint64_t entry;
    uint32_t sequence, number;
} place;

static int by_entry(const void *a, const void *b)
{
    const place *left = a, *right = b;

    if (left->entry != right->entry)
        return left->entry < right->entry ? -1 : 1;
    return left->sequence < right->sequence ? -1 : left->sequence > right->sequence;
}

/* Whether the same record holds the same bytes in both states. */
static es_status compare_files(es_fs *fs, es_fs *later, const place *at, bool *ret_same)
{
    es_file *file = NULL, *other = NULL;
    es_note ignored;
    es_status status = es_file_open(fs, at->entry, at->sequence, NULL, &file, &ignored);

    if (status == ES_OK)
        status = es_file_open(later, at->entry, at->sequence, NULL, &other, &ignored);
    *ret_same = status == ES_OK && es_file_unchanged(file, other);
    es_file_free(file);
    es_file_free(other);
    return status < 0 ? status : ES_OK;
}

/* Mark the catalogs that did not change as read. `numbers` gets, for each of the later state, its
 * number here, and UINT32_MAX for those that are not taken. One on bad bytes is read again: which
 * bytes are bad is each state's own. */
static es_status match_later(es_catalogs *to, const es_catalogs *later, place *places,
                             uint32_t *numbers)
{
    es_status status = ES_OK;

    for (uint32_t i = 0; i < later->n; i++) {
        places[i] = (place){ later->all[i].entry, later->all[i].sequence, i };
        numbers[i] = UINT32_MAX;
    }
    qsort(places, later->n, sizeof *places, by_entry);
    for (uint32_t i = 0; i < to->n && status == ES_OK; i++) {
        const place wanted = { to->all[i].entry, to->all[i].sequence, 0 };
        const place *found = bsearch(&wanted, places, later->n, sizeof *places, by_entry);
        bool same = false;

        if (!found || later->all[found->number].state == UNREAD ||
            later->all[found->number].state == DAMAGED)
            continue;
        status = compare_files(to->fs, later->fs, found, &same);
        if (!same)
            continue;
        to->all[i].state = later->all[found->number].state;
        to->counts.taken++;
        numbers[found->number] = i;
    }
    return status;
}

/* What they hold, as the first of the digests here. */
static es_status take_digests(es_catalogs *to, const es_catalogs *later, const uint32_t *numbers)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < later->n_digests; i++)
        n += numbers[later->digests[i].catalog] != UINT32_MAX;
    to->digests = malloc((size_t)(n ? n : 1) * sizeof *to->digests);
    if (!to->digests)
        return ES_NOMEM;
    for (uint64_t i = 0; i < later->n_digests; i++) {
        uint32_t number = numbers[later->digests[i].catalog];

        if (number != UINT32_MAX)
            to->digests[to->n_digests++] = (known_digest){ later->digests[i].prefix, number };
    }
    return ES_OK;
}

static es_status take_later(es_catalogs *to, const es_catalogs *later)
{
    place *places;
    uint32_t *numbers;
    es_status status;

    /* A list that was cut does not say what the catalogs behind the cut hold. */
    if (!later || !later->n || later->counts.too_many)
        return ES_OK;
    places = calloc(later->n, sizeof *places);
    numbers = calloc(later->n, sizeof *numbers);
    status = places && numbers ? match_later(to, later, places, numbers) : ES_NOMEM;
    if (status == ES_OK)
        status = take_digests(to, later, numbers);
    free(places);
    free(numbers);
    return status;
}

/* ------------------------------------------------------------------ reading them */

/* The bytes of a catalog; the caller frees. ES_CORRUPT when they are not all there and good. */
static es_status load(es_fs *fs, const catalog *from, es_bytes *ret_bytes, bool *ret_damaged)
{
    es_file *file = NULL;
    uint8_t *data = NULL;
    uint64_t size, got = 0;
    es_note ignored;
    es_status status = es_file_open(fs, from->entry, from->sequence, NULL, &file, &ignored);

    if (status != ES_OK)
        return status < 0 ? status : ES_CORRUPT;
    size = es_file_size(file);
    if (size > ES_CATALOG_SIZE_MAX)
        status = ES_LIMIT;
    else if (!(data = malloc(size ? (size_t)size : 1)))
        status = ES_NOMEM;
    if (status == ES_OK && size)
        status = es_file_read(file, 0, data, size, &got, ret_damaged);
    es_file_free(file);
    if (status == ES_OK && got < size)
        status = ES_CORRUPT;
    if (status != ES_OK) {
        free(data);
        return status == ES_LIMIT || status < 0 ? status : ES_CORRUPT;
    }
    *ret_bytes = (es_bytes){ data, size };
    return ES_OK;
}

/* One that is not DER is replaced by what OpenSSL makes of it. ES_LIMIT: too large for that. */
static es_status make_der(es_bytes *bytes, bool *ret_ber)
{
    es_bytes der;
    uint64_t used;
    es_signed ignored;
    es_status status;

    *ret_ber = false;
    if (es_signed_read(*bytes, &ignored) == ES_OK)
        return ES_OK;
    status = es_signed_from_ber(*bytes, &der, &used);
    if (status != ES_OK)
        return status == ES_CORRUPT ? ES_OK : status; /* no catalog: told by who reads it */
    es_signed_let_go(*bytes);
    *bytes = der;
    *ret_ber = true;
    return ES_OK;
}

/* What reading it costs, in bytes of DER. */
static uint64_t cost_of(es_bytes bytes)
{
    es_signed ignored;

    if (es_signed_read(bytes, &ignored) == ES_OK || bytes.size > ES_BER_SIZE_MAX)
        return bytes.size;
    return bytes.size * ES_CATALOG_BER_COST;
}

/* What one thread found. */
typedef struct worker {
    es_catalogs *all;
    es_source *source;
    es_fs *fs, *own; /* `own` is NULL for the thread that uses the caller's */
    atomic_uint *next;
    _Atomic uint64_t *n_all, *bytes_all;
    known_digest *digests;
    uint64_t n, capacity, bytes;
    uint32_t now;
    es_status status;
    pthread_t thread;
    bool started, capped;
} worker;

static int keep(void *context, const es_catalog_member *member)
{
    worker *w = context;

    if (member->digest.size < 8)
        return 0;
    if (atomic_fetch_add(w->n_all, 1) >= ES_CATALOG_DIGESTS_MAX) {
        w->capped = true;
        return 1;
    }
    if (w->n == w->capacity) {
        uint64_t capacity = w->capacity ? w->capacity * 2 : 4096;
        known_digest *grown = realloc(w->digests, (size_t)capacity * sizeof *grown);

        if (!grown) {
            w->status = ES_NOMEM;
            return 1;
        }
        w->digests = grown;
        w->capacity = capacity;
    }
    w->digests[w->n++] = (known_digest){ prefix_of(member->digest), w->now };
    return 0;
}

static void read_once(worker *w, catalog *from)
{
    es_bytes bytes = { NULL, 0 };
    bool damaged = false, ber = false;
    es_status status;

    if (atomic_load(w->bytes_all) > ES_CATALOGS_BYTES_MAX) {
        w->capped = true; /* and it stays unread */
        return;
    }
    status = load(w->fs, from, &bytes, &damaged);
    if (status < 0) {
        w->status = status;
        return;
    }
    if (status != ES_OK) {
        from->state = status == ES_LIMIT ? TOO_LARGE : DAMAGED;
        return;
    }
    w->bytes += bytes.size;
    atomic_fetch_add(w->bytes_all, cost_of(bytes));
    status = make_der(&bytes, &ber);
    if (status == ES_OK)
        status = es_catalog_members(bytes, NULL, keep, w);
    else if (status == ES_LIMIT)
        ber = true;
    from->state = damaged              ? DAMAGED
                  : status == ES_OK    ? GOOD
                  : ber                ? UNSUPPORTED
                  : status == ES_LIMIT ? TOO_LARGE
                                       : MALFORMED;
    if (status < 0)
        w->status = status;
    es_signed_let_go(bytes);
}

/* One that cannot be read is replaced by its copy. */
static void read_one(worker *w, catalog *from)
{
    char *path = from->path;

    read_once(w, from);
    if (from->state == GOOD || from->state == UNREAD || !from->copy_path || w->status != ES_OK)
        return;
    from->path = from->copy_path;
    from->copy_path = path;
    from->entry = from->copy_entry;
    from->sequence = from->copy_sequence;
    read_once(w, from);
}

static void *work(void *context)
{
    worker *w = context;

    while (w->status == ES_OK) {
        w->now = atomic_fetch_add(w->next, 1);
        if (w->now >= w->all->n)
            break;
        if (w->all->all[w->now].state == UNREAD)
            read_one(w, &w->all->all[w->now]);
    }
    return NULL;
}

static int by_digest(const void *a, const void *b)
{
    const known_digest *left = a, *right = b;

    if (left->prefix != right->prefix)
        return left->prefix < right->prefix ? -1 : 1;
    return left->catalog < right->catalog ? -1 : left->catalog > right->catalog;
}

static es_status merge(es_catalogs *to, worker *workers, unsigned n_workers)
{
    uint64_t n = to->n_digests;
    known_digest *grown;

    for (unsigned i = 0; i < n_workers; i++) {
        if (workers[i].status != ES_OK)
            return workers[i].status;
        n += workers[i].n;
        to->counts.bytes += workers[i].bytes;
        to->counts.too_many |= workers[i].capped;
    }
    grown = realloc(to->digests, (size_t)(n ? n : 1) * sizeof *grown);
    if (!grown)
        return ES_NOMEM;
    to->digests = grown;
    for (unsigned i = 0; i < n_workers; i++) {
        if (workers[i].n)
            memcpy(to->digests + to->n_digests, workers[i].digests,
                   (size_t)workers[i].n * sizeof *to->digests);
        to->n_digests += workers[i].n;
        free(workers[i].digests);
        workers[i].digests = NULL;
    }
    qsort(to->digests, (size_t)to->n_digests, sizeof *to->digests, by_digest);
    return ES_OK;
}

static void count(es_catalogs *to)
{
    to->counts.found = to->n;
    for (uint32_t i = 0; i < to->n; i++) {
        to->counts.read += to->all[i].state == GOOD;
        to->counts.damaged += to->all[i].state == DAMAGED;
        to->counts.malformed += to->all[i].state == MALFORMED;
        to->counts.too_large += to->all[i].state == TOO_LARGE;
        to->counts.unsupported += to->all[i].state == UNSUPPORTED;
    }
}

static es_status read_all(es_catalogs *to, es_source *source, unsigned n_threads)
{
    worker workers[THREADS_MAX] = { { .status = ES_OK } };
    atomic_uint next = 0;
    _Atomic uint64_t n_all = to->n_digests, bytes_all = 0;
    unsigned n = to->n < THREADS_FROM ? 1 : n_threads > THREADS_MAX ? THREADS_MAX : n_threads;
    es_note ignored;
    es_status status;

    n = n ? n : 1;
    for (unsigned i = 0; i < n; i++) {
        worker *w = &workers[i];

        *w = (worker){ .all = to, .source = source, .fs = to->fs, .next = &next, .n_all = &n_all,
                       .bytes_all = &bytes_all };
        if (i == 0)
            continue;
        /* A thread that cannot be had costs time, nothing else. */
        if (es_fs_open(source, es_fs_volume(to->fs), &w->own, &ignored) != ES_OK)
            continue;
        w->fs = w->own;
        w->started = pthread_create(&w->thread, NULL, work, w) == 0;
    }
    work(&workers[0]);
    for (unsigned i = 1; i < n; i++) {
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        es_fs_free(workers[i].own);
    }
    status = merge(to, workers, n);
    for (unsigned i = 0; i < n; i++)
        free(workers[i].digests);
    return status;
}

es_status es_catalogs_build(es_source *source, es_fs *fs, const char *system_root,
                            unsigned n_threads, const es_catalogs *later,
                            es_catalogs **ret_catalogs)
{
    es_catalogs *to = calloc(1, sizeof *to);
    es_status status = to ? ES_OK : ES_NOMEM;

    if (status == ES_OK) {
        to->fs = fs;
        status = gather_folder(to, system_root,
                               "System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}");
    }
    if (status == ES_OK)
        status = gather_folder(to, system_root, "servicing/Packages");
    if (status == ES_OK)
        status = take_later(to, later);
    if (status == ES_OK)
        status = read_all(to, source, n_threads);
    if (status == ES_OK) {
        count(to);
        *ret_catalogs = to;
    } else {
        es_catalogs_free(to);
    }
    return status;
}

/* ------------------------------------------------------------------ asking them */

typedef struct asking {
    es_bytes digest;
    es_vouch *vouch;
    bool found;
} asking;

static int compare(void *context, const es_catalog_member *member)
{
    asking *now = context;

    if (member->digest.size != now->digest.size ||
        memcmp(member->digest.data, now->digest.data, (size_t)now->digest.size) != 0)
        return 0;
    now->found = true;
    es_catalog_attribute(member->attributes, "File", now->vouch->file);
    es_catalog_attribute(member->attributes, "OSAttr", now->vouch->os);
    return 1;
}

/* Whether this catalog holds the whole digest, and who signed it. */
static es_status ask(es_catalogs *catalogs, const catalog *from, es_bytes digest,
                     const es_roots *roots, es_vouch *vouch, bool *ret_found)
{
    asking now = { .digest = digest, .vouch = vouch };
    es_bytes bytes = { NULL, 0 };
    es_signed found;
    es_status status;
    bool ber;

    memset(vouch, 0, sizeof *vouch);
    vouch->path = from->path;
    status = load(catalogs->fs, from, &bytes, &vouch->damaged);
    if (status != ES_OK)
        return status < 0 ? status : ES_OK;
    status = make_der(&bytes, &ber);
    if (status == ES_OK)
        status = es_catalog_members(bytes, &found, compare, &now);
    if (status == ES_OK && now.found) {
        found.ber = ber;
        status = es_signed_verify(&found, roots, &vouch->signer);
    }
    es_signed_let_go(bytes);
    vouch->signer.nested = (es_bytes){ NULL, 0 };
    *ret_found = now.found;
    return status < 0 ? status : ES_OK;
}

es_status es_catalogs_find(es_catalogs *catalogs, es_bytes digest, const es_roots *roots,
                           es_vouch *ret_vouches, uint32_t room, uint32_t *ret_n)
{
    uint64_t low = 0, high = catalogs->n_digests, prefix = prefix_of(digest);
    uint32_t before = UINT32_MAX, n_tries = 0;
    es_status status = ES_OK;

    *ret_n = 0;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (catalogs->digests[middle].prefix < prefix)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < catalogs->n_digests && catalogs->digests[low].prefix == prefix && *ret_n < room &&
           status == ES_OK;
         low++) {
        uint32_t number = catalogs->digests[low].catalog;
        bool found = false;

        if (number == before)
            continue;
        before = number;
        if (n_tries++ - *ret_n == ES_CATALOG_TRIES_MAX) {
            catalogs->counts.too_many = true;
            break;
        }
        status = ask(catalogs, &catalogs->all[number], digest, roots, &ret_vouches[*ret_n], &found);
        *ret_n += found;
    }
    return status;
}
