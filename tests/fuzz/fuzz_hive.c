/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_hive.c: any bytes as a hive, walked whole.
 *
 * The walk recurses without a cap of its own: that the tree has no loop and no key twice is what
 * the hive's own code promises. Some ranges are called damaged, so that that path runs too.
 */
#include "input.h"

#include "windows/hive.h"

#include <stdlib.h>

#define SIZE_MAX_FUZZED (4u << 20)
#define DEPTH_MAX 600u

static es_status read_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    es_status status = input_read(context, offset, buffer, size, ret_damaged);

    *ret_damaged = offset <= 12288 && size > 12288 - offset;
    return status;
}

static void walk_values(es_hive *hive, es_hive_key key)
{
    es_hive_value *values, found;
    bool complete;
    size_t n;

    if (es_hive_values_readable(hive, key, &values, &n, &complete) != ES_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        uint64_t data_size, offset, length;
        uint8_t *data;
        uint32_t type;
        char *name;

        if (es_hive_value_name(hive, values[i], &name) == ES_OK) {
            if (i < 8 && es_hive_value_find(hive, key, name, &found) == ES_ABSENT)
                abort(); /* listed, but not found by its own name */
            free(name);
        }
        if (es_hive_value_data(hive, values[i], &type, &data, &data_size, &offset, &length) ==
            ES_OK)
            free(data);
        es_hive_value_damaged(hive, values[i]);
    }
    free(values);
}

static void walk(es_hive *hive, es_hive_key key, unsigned depth)
{
    es_hive_key *keys, found;
    es_time time;
    bool complete;
    size_t n;

    es_hive_key_written(hive, key, &time);
    es_hive_key_damaged(hive, key);
    walk_values(hive, key);
    if (depth > DEPTH_MAX || es_hive_children_readable(hive, key, &keys, &n, &complete) != ES_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        char *name;

        if (es_hive_key_name(hive, keys[i], &name) == ES_OK) {
            if (i < 8 && *name && !strchr(name, '\\') &&
                es_hive_find(hive, key, name, &found) == ES_ABSENT)
                abort();
            free(name);
        }
        walk(hive, keys[i], depth + 1);
    }
    free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_bytes bytes = { data, size };
    const es_hive_input input = { size, read_bytes, &bytes };
    es_hive_key root;
    es_note note;
    es_hive *hive;

    if (size > SIZE_MAX_FUZZED || es_hive_open(&input, NULL, "fuzzed", &hive, &note) != ES_OK)
        return 0;
    if (es_hive_root(hive, &root) == ES_OK)
        walk(hive, root, 0);
    es_hive_free(hive);
    return 0;
}
