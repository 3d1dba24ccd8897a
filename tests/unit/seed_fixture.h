/* SPDX-License-Identifier: Apache-2.0
 *
 * seed_fixture.h: the bytes of a fixture that stands in the tree.
 *
 * Ownership: the caller's, freed with seed_unload(), unless it is borrowed.
 */
#ifndef TESTS_UNIT_SEED_FIXTURE_H
#define TESTS_UNIT_SEED_FIXTURE_H

#include <esuscan/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEED_MAX (1u << 20)

static const char *seeds = "fixtures"; /* the folder of the fixtures: the test's first argument */

/* False when there is no such file. */
static inline bool seed_load_path(const char *path, es_bytes *ret)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data;

    if (!file)
        return false;
    data = malloc(SEED_MAX);
    assert_non_null(data);
    *ret = (es_bytes){ data, fread(data, 1, SEED_MAX, file) };
    fclose(file);
    assert_true(ret->size < SEED_MAX); /* none is cut */
    return true;
}

static inline es_bytes seed_load(const char *folder, const char *name)
{
    char path[4096];
    es_bytes bytes = { NULL, 0 };

    snprintf(path, sizeof path, "%s/%s/%s", seeds, folder, name);
    if (!seed_load_path(path, &bytes))
        fail_msg("%s is missing", path);
    return bytes;
}

static inline void seed_unload(es_bytes bytes)
{
    union {
        const uint8_t *data;
        void *ours;
    } held = { bytes.data };

    free(held.ours);
}

/* Borrowed until the next one is. */
static inline es_bytes seed_borrow(const char *folder, const char *name)
{
    static es_bytes held;

    seed_unload(held);
    held = (es_bytes){ NULL, 0 };
    held = seed_load(folder, name);
    return held;
}

#endif
