/* SPDX-License-Identifier: Apache-2.0
 *
 * ranges.c: see ranges.h.
 */
#include "evidence/ranges.h"

#include "evidence/limits.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void es_ranges_init(es_ranges *set)
{
    *set = (es_ranges){ 0 };
    pthread_mutex_init(&set->lock, NULL);
}

void es_ranges_done(es_ranges *set)
{
    es_bad_ranges_free(set->list, set->n);
    pthread_mutex_destroy(&set->lock);
    set->list = NULL;
    set->n = 0;
}

/* The first range that ends behind `offset`. */
static size_t first_behind(const es_ranges *set, uint64_t offset)
{
    size_t low = 0, high = set->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->list[middle].offset + set->list[middle].length <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Let the neighbour with the same reason (or, when the list is full, any) grow over the piece. */
static bool grow_neighbour(es_ranges *set, size_t at, uint64_t offset, uint64_t length,
                           const char *reason)
{
    es_bad_range *before = at > 0 ? &set->list[at - 1] : NULL;
    es_bad_range *after = at < set->n ? &set->list[at] : NULL;
    bool full = set->n >= ES_BAD_RANGES_MAX;

    if (before && (full || (before->offset + before->length == offset &&
                            strcmp(before->reason, reason) == 0))) {
        before->length = offset + length - before->offset;
        return true;
    }
    if (after && (full || (offset + length == after->offset &&
                           strcmp(after->reason, reason) == 0))) {
        after->length += after->offset - offset;
        after->offset = offset;
        return true;
    }
    return false;
}

/* After a piece was laid before `at`, its two neighbours may have met. */
static void join_at(es_ranges *set, size_t at)
{
    es_bad_range *left, *right;

    if (at == 0 || at >= set->n)
        return;
    left = &set->list[at - 1];
    right = &set->list[at];
    if (left->offset + left->length != right->offset || strcmp(left->reason, right->reason) != 0)
        return;
    left->length += right->length;
    free((void *)(uintptr_t)right->reason);
    memmove(right, right + 1, (set->n - at - 1) * sizeof *right);
    set->n--;
}

static es_status insert(es_ranges *set, size_t at, uint64_t offset, uint64_t length,
                        const char *reason)
{
    char *words;

    if (grow_neighbour(set, at, offset, length, reason)) {
        join_at(set, at);
        return ES_OK;
    }
    if (set->n == set->room) {
        size_t room = set->room ? set->room * 2 : 16;
        es_bad_range *list = realloc(set->list, room * sizeof *list);

        if (!list)
            return ES_NOMEM;
        set->list = list;
        set->room = room;
    }
    words = strdup(reason);
    if (!words)
        return ES_NOMEM;
    memmove(&set->list[at + 1], &set->list[at], (set->n - at) * sizeof *set->list);
    set->list[at] = (es_bad_range){ .offset = offset, .length = length, .reason = words };
    set->n++;
    return ES_OK;
}

es_status es_ranges_add(es_ranges *set, uint64_t offset, uint64_t length, const char *reason)
{
    es_status status = ES_OK;
    uint64_t end;

    if (length == 0)
        return ES_OK;
    end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
    pthread_mutex_lock(&set->lock);
    while (offset < end && status == ES_OK) {
        size_t at = first_behind(set, offset);
        uint64_t stop = end;

        if (at < set->n && set->list[at].offset <= offset) { /* already known up to there */
            offset = set->list[at].offset + set->list[at].length;
            continue;
        }
        if (at < set->n && set->list[at].offset < stop)
            stop = set->list[at].offset;
        status = insert(set, at, offset, stop - offset, reason);
        offset = stop;
    }
    atomic_store(&set->n_seen, set->n);
    pthread_mutex_unlock(&set->lock);
    return status;
}

bool es_ranges_touch(es_ranges *set, uint64_t offset, uint64_t length)
{
    uint64_t end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
    size_t at;
    bool touched;

    if (length == 0 || atomic_load(&set->n_seen) == 0)
        return false;
    pthread_mutex_lock(&set->lock);
    at = first_behind(set, offset);
    touched = at < set->n && set->list[at].offset < end;
    pthread_mutex_unlock(&set->lock);
    return touched;
}

static es_status copy_locked(const es_ranges *set, es_bad_range **ret_list, size_t *ret_n)
{
    es_bad_range *list;

    if (set->n == 0) {
        *ret_list = NULL;
        *ret_n = 0;
        return ES_OK;
    }
    list = calloc(set->n, sizeof *list);
    if (!list)
        return ES_NOMEM;
    for (size_t i = 0; i < set->n; i++) {
        list[i] = set->list[i];
        list[i].reason = strdup(set->list[i].reason);
        if (!list[i].reason) {
            es_bad_ranges_free(list, i);
            return ES_NOMEM;
        }
    }
    *ret_list = list;
    *ret_n = set->n;
    return ES_OK;
}

es_status es_ranges_copy(es_ranges *set, es_bad_range **ret_list, size_t *ret_n)
{
    es_status status;

    pthread_mutex_lock(&set->lock);
    status = copy_locked(set, ret_list, ret_n);
    pthread_mutex_unlock(&set->lock);
    return status;
}

void es_bad_ranges_free(es_bad_range *list, size_t n)
{
    if (!list)
        return;
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)list[i].reason);
    free(list);
}
