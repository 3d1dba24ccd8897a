/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_hive_log.c: any bytes as transaction logs, replayed into a small dirty hive.
 *
 * The hive is made to fit the log, and checksum and hashes of the log are put right first, so that
 * damage gets past them to the code behind. Every second input also meets a torn base block, and a
 * LOG2 that begins in the middle of the same bytes.
 */
#include "input.h"

#include "windows/hive.h"
#include "windows/hive_header.h"
#include "windows/hive_log.h"

#include <stdlib.h>

#define SIZE_MAX_FUZZED (1u << 20)
#define HIVE_SIZE 12288u

static es_status read_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    const es_bytes *bytes = context;
    es_status status = input_read(context, offset, buffer, size, ret_damaged);

    *ret_damaged = offset <= 2048 && size > 2048 - offset && bytes->size % 3 == 0;
    return status;
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_u32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put_hash(uint8_t *at, uint64_t hash)
{
    put_u32(at, (uint32_t)hash);
    put_u32(at + 4, (uint32_t)(hash >> 32));
}

static void seal(uint8_t *header)
{
    put_u32(header + ES_HIVE_AT_CHECKSUM, es_hive_header_sum((es_bytes){ header, 512 }, true));
}

/* Two bins, a root key and nothing else. */
static void make_hive(uint8_t *hive, const uint8_t *log, bool torn)
{
    memset(hive, 0, HIVE_SIZE);
    memcpy(hive, log, 512);
    put_u32(hive + 4, get_u32(log + 4));
    put_u32(hive + 8, get_u32(log + 4) - 1);
    put_u32(hive + 0x1c, 0);
    put_u32(hive + 0x24, 0x20);
    put_u32(hive + 0x28, HIVE_SIZE - 4096);
    seal(hive);
    if (torn)
        hive[ES_HIVE_AT_CHECKSUM] ^= 0x55;
    for (uint32_t at = 4096; at < HIVE_SIZE; at += 4096) {
        memcpy(hive + at, "hbin", 4);
        put_u32(hive + at + 4, at - 4096);
        put_u32(hive + at + 8, 4096);
        put_u32(hive + at + 32, 4096 - 32);
    }
    put_u32(hive + 4096 + 32, (uint32_t)-88);
    memcpy(hive + 4096 + 36, "nk\x2c\0", 4);
    put_u32(hive + 4096 + 32 + 88, 4096 - 32 - 88);
}

/* Checksum and hashes as a writer of logs would set them. */
static void mend_log(uint8_t *log, size_t size)
{
    memcpy(log, "regf", 4);
    put_u32(log + 8, get_u32(log + 4));
    seal(log);
    for (size_t at = 512; size - at >= 512 && memcmp(log + at, "HvLE", 4) == 0;) {
        uint32_t length = get_u32(log + at + 4);

        if (length < 512 || length % 512 || length > size - at)
            break;
        put_hash(log + at + 24, es_hive_log_hash(log + at + 40, length - 40));
        put_hash(log + at + 32, es_hive_log_hash(log + at, 32));
        at += length;
    }
}

static void check(es_hive *hive)
{
    const es_hive_state *state = es_hive_get_state(hive);
    const es_hive_patch *patches;
    size_t n = es_hive_patches(hive, &patches), n_keys;
    es_hive_key root, *keys;
    es_hive *before;

    if ((n > 0) != (state->log_used[0] || state->log_used[1]))
        abort();
    if (es_hive_root(hive, &root) == ES_OK &&
        es_hive_children(hive, root, &keys, &n_keys) == ES_OK)
        free(keys);
    if (es_hive_before(hive, &before) == ES_OK && es_hive_get_state(before)->log_used[0])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t primary[HIVE_SIZE], *log;
    es_bytes primary_bytes = { primary, HIVE_SIZE }, log_bytes[2];
    es_hive_input inputs[3];
    const es_hive_input *const logs[2] = { &inputs[1], &inputs[2] };
    es_note note;
    es_hive *hive;
    size_t half;

    if (size < 1024 || size > SIZE_MAX_FUZZED)
        return 0;
    log = malloc(size);
    if (!log)
        return 0;
    memcpy(log, data, size);
    half = size / 2 / 512 * 512;
    if (half >= 512) {
        mend_log(log + half, size - half);
        mend_log(log, half);
    }
    make_hive(primary, log, size % 2);
    log_bytes[0] = (es_bytes){ log, size };
    log_bytes[1] = (es_bytes){ log + half, size - half };
    inputs[0] = (es_hive_input){ HIVE_SIZE, read_bytes, &primary_bytes };
    inputs[1] = (es_hive_input){ size, read_bytes, &log_bytes[0] };
    inputs[2] = (es_hive_input){ size - half, read_bytes, &log_bytes[1] };
    if (es_hive_open(&inputs[0], logs, "fuzzed", &hive, &note) == ES_OK) {
        check(hive);
        es_hive_free(hive);
    }
    free(log);
    return 0;
}
