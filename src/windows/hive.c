/* SPDX-License-Identifier: Apache-2.0
 *
 * hive.c: see hive.h. Opening: bytes, base block, logs, mending, hivex.
 *
 * The order of trust: the hive with its logs, as Windows would have read it; if that does not open,
 * the hive as it stands; if that does not either, the hive with its logs and with what is broken in
 * it covered. hivex is never asked to be lenient.
 *
 * A base block with a wrong checksum and no log that fits is used as it stands, with a right
 * checksum in our copy: hivex checks every field it then relies on. The state is DIRTY with
 * `checksum_good` false; only when a field had to be replaced is it REPAIRED.
 */
#include "windows/hive_internal.h"
#include "windows/hive_mend.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define GIVE_BACK_ASIDE (UINT64_C(4) << 20)

static es_status refuse(const char *name, es_note *note, es_status status, const char *what)
{
    es_note_set(note, status < 0 ? ES_SEVERITY_ERROR : ES_SEVERITY_GAP, "hive", "%s: %s", name,
                what);
    return status;
}

static void say(es_hive_state *state, const char *clause)
{
    size_t used = strlen(state->reason);

    snprintf(state->reason + used, sizeof state->reason - used, "%s%s", used ? "; " : "", clause);
}

/* ---- what hivex insists on ---- */

/* The hash is of the bytes as they came: it must be ready before one of them changes. */
static void settle_digest(es_hive *hive)
{
    if (!hive->digest)
        return;
    if (es_hive_digest_get(hive->digest, hive->sha256) != ES_OK)
        memset(hive->sha256, 0, sizeof hive->sha256);
    hive->digest = es_hive_digest_free(hive->digest);
}

static es_status fix_checksum(es_hive *hive)
{
    es_bytes bytes = es_hive_image_bytes(hive->image);
    uint32_t sum = es_hive_header_sum(bytes, false);

    if (es_hive_u32(bytes, ES_HIVE_AT_CHECKSUM) == sum)
        return ES_OK;
    settle_digest(hive);
    return es_hive_image_write_u32(hive->image, ES_HIVE_AT_CHECKSUM, sum);
}

/* Put right what a torn base block must have: its signature and its version. */
static es_status fix_base_block(es_hive *hive)
{
    es_hive_header header = es_hive_header_read(es_hive_image_bytes(hive->image));
    es_status status = ES_OK;

    if (header.magic && header.major == 1)
        return fix_checksum(hive);
    if (header.magic && header.checksum_good)
        return ES_UNSUPPORTED;
    settle_digest(hive);
    if (!header.magic)
        status = es_hive_image_write(hive->image, 0, "regf", 4);
    if (status == ES_OK && header.major != 1)
        status = es_hive_image_write_u32(hive->image, 0x14, 1);
    if (status == ES_OK && hive->state.state == ES_HIVE_DIRTY) {
        hive->state.state = ES_HIVE_REPAIRED;
        say(&hive->state, "the base block is broken; its signature and version were set right");
    }
    return status == ES_OK ? fix_checksum(hive) : status;
}

static es_status open_strict(es_hive *hive)
{
    char path[64];
    es_status status = fix_base_block(hive);

    if (status != ES_OK)
        return status;
    es_hive_image_unpin(hive->image);
    /* A cage without Landlock has /proc for its root. */
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/self/fd/%d", i ? "" : "/proc", hive->image->fd);
        errno = 0;
        hive->handle = hivex_open(path, 0);
        if (hive->handle)
            return ES_OK;
        if (errno != ENOENT)
            break;
    }
    if (errno == ENOMEM)
        return ES_NOMEM;
    return errno == ENOTSUP || errno == EINVAL ? ES_CORRUPT : ES_IO;
}

static es_status open_mended(es_hive *hive)
{
    es_hive_mended mended = { 0 };
    char clause[120];
    es_status status;

    settle_digest(hive);
    status = es_hive_mend(hive->image, &mended);
    if (status == ES_OK)
        status = open_strict(hive);
    if (status != ES_OK)
        return status;
    hive->state.mended = mended.bytes;
    if (hive->state.state == ES_HIVE_CLEAN)
        hive->state.state = ES_HIVE_REPAIRED;
    if (mended.missing) {
        snprintf(clause, sizeof clause, "the file ends %" PRIu64 " bytes before its hive does",
                 mended.missing);
        say(&hive->state, clause);
    }
    snprintf(clause, sizeof clause, "%" PRIu64 " broken bytes from offset %" PRIu64 " passed over",
             mended.bytes, mended.first_at);
    say(&hive->state, clause);
    return ES_OK;
}

static es_status open_as_it_stands(es_hive *hive)
{
    es_status status = open_strict(hive);

    return status == ES_CORRUPT ? open_mended(hive) : status;
}

/* ---- dirty hives ---- */

/* Take the replay back and say why. */
static es_status forget_replay(es_hive *hive, const es_hive_state *raw, const char *why)
{
    es_status status = es_hive_image_undo(hive->image);

    es_hive_patch_list_done(&hive->patches);
    hive->state = *raw;
    hive->state.state = ES_HIVE_DIRTY;
    say(&hive->state, why);
    return status;
}

static es_status open_dirty(es_hive *hive, const es_hive_input *const logs[2])
{
    const es_hive_state raw = hive->state;
    es_status status;

    settle_digest(hive);
    status = es_hive_log_replay(hive->image, logs, &hive->state, &hive->patches);
    if (status < 0)
        return status;
    if (status == ES_ABSENT) {
        hive->state.state = ES_HIVE_DIRTY;
        return open_as_it_stands(hive);
    }
    if (status != ES_OK) {
        status = forget_replay(hive, &raw, "the logs exceed what is read of logs");
        return status == ES_OK ? open_as_it_stands(hive) : status;
    }
    status = open_strict(hive);
    if (status != ES_CORRUPT)
        return status;
    status = forget_replay(hive, &raw, "the logs fit but give no hive that opens");
    if (status == ES_OK)
        status = open_strict(hive);
    if (status != ES_CORRUPT)
        return status;
    /* Neither opens: both are damaged, and the logs are the newer of the two. */
    status = es_hive_image_undo(hive->image);
    hive->state = raw;
    if (status == ES_OK)
        status = es_hive_log_replay(hive->image, logs, &hive->state, &hive->patches);
    if (status == ES_OK)
        status = open_mended(hive);
    return status;
}

/* ---- opening ---- */

/* In words, what a file without `regf` is. */
static const char *what_it_is(es_bytes bytes)
{
    uint64_t zeros = 0;

    while (zeros < bytes.size && bytes.data[zeros] == 0)
        zeros++;
    if (zeros == bytes.size)
        return "not a hive: it holds nothing but zeros";
    if (memcmp(bytes.data, "MZ", 2) == 0)
        return "not a hive: it is a program (MZ)";
    if (memcmp(bytes.data, "DIRT", 4) == 0 || memcmp(bytes.data, "HvLE", 4) == 0)
        return "not a hive: it is part of a transaction log";
    if (zeros >= ES_HIVE_HEADER_SIZE)
        return "not a hive as it stands: its base block is zeros and no log has a copy";
    return "not a hive: it does not begin with regf";
}

static void fill_state(es_hive *hive, const es_hive_header *header)
{
    es_hive_state *state = &hive->state;

    state->state = ES_HIVE_CLEAN;
    state->sequence_primary = header->sequence_primary;
    state->sequence_secondary = header->sequence_secondary;
    state->checksum_good = header->checksum_good;
    state->transactions_pending = header->flags & 1;
    if (header->written > 0 && header->written <= INT64_MAX) {
        state->header_time.ticks = (int64_t)header->written;
        state->header_time.precision = ES_TIME_TICK;
    }
}

static bool has_bins(const es_hive *hive)
{
    es_bytes bytes = es_hive_image_bytes(hive->image);

    return es_hive_u32(bytes, ES_HIVE_BINS_AT) == UINT32_C(0x6e696268); /* hbin */
}

/* Bytes are there: find out how to read them. */
static es_status open_image(es_hive *hive, const es_hive_input *const logs[2], const char *name,
                            es_note *note)
{
    es_hive_header header = es_hive_header_read(es_hive_image_bytes(hive->image));
    es_bytes raw = { hive->image->map, hive->image->raw_size };
    es_status status;

    fill_state(hive, &header);
    if (!header.magic && !has_bins(hive))
        return refuse(name, note, ES_CORRUPT, what_it_is(raw));
    if (header.magic && header.type != ES_HIVE_TYPE_PRIMARY && header.checksum_good &&
        !has_bins(hive))
        return refuse(name, note, ES_CORRUPT, "not a hive but a transaction log of one");
    if (header.checksum_good && header.major == 1 && header.minor < 3)
        return refuse(name, note, ES_UNSUPPORTED, "a hive of Windows NT before 4.0");
    status = es_hive_header_dirty(&header) ? open_dirty(hive, logs) : open_as_it_stands(hive);
    if (status == ES_CORRUPT)
        return refuse(name, note, status, header.bins_size > hive->image->size - ES_HIVE_BINS_AT
                                              ? "a hive cut short before its root key"
                                              : "its bins or its root key are broken");
    if (status == ES_UNSUPPORTED)
        return refuse(name, note, status, "a hive of an unknown format version");
    if (status != ES_OK)
        return refuse(name, note, status, "could not be opened: no memory or descriptors left");
    hive->root = hivex_root(hive->handle);
    hive->minor = es_hive_u32(es_hive_image_bytes(hive->image), 0x18);
    if (hive->root == 0)
        return refuse(name, note, ES_CORRUPT, "its root key is unreadable");
    status = es_hive_image_seal(hive->image);
    return status == ES_OK ? status : refuse(name, note, status, "our copy could not be sealed");
}

static es_status check_size(uint64_t size, const char *name, es_note *note)
{
    if (size == 0)
        return refuse(name, note, ES_CORRUPT, "not a hive: the file is empty");
    if (size <= ES_HIVE_BINS_AT)
        return refuse(name, note, ES_CORRUPT, "too short for a hive");
    if (size > ES_HIVE_SIZE_MAX)
        return refuse(name, note, ES_LIMIT, "larger than the 512 MiB read of a hive");
    return ES_OK;
}

es_status es_hive_open(const es_hive_input *primary, const es_hive_input *const logs[2],
                       const char *name, es_hive **ret_hive, es_note *reterr_note)
{
    es_hive *hive;
    es_status status = check_size(primary->size, name, reterr_note);

    if (status != ES_OK)
        return status;
    hive = calloc(1, sizeof *hive);
    if (!hive)
        return refuse(name, reterr_note, ES_NOMEM, "no memory");
    status = es_hive_image_make(primary->size, &hive->image);
    if (status == ES_OK)
        status = es_hive_digest_start(hive->image->fd, primary->size, &hive->digest);
    if (status == ES_OK)
        status = es_hive_load(primary, hive->image, hive->digest);
    if (status != ES_OK)
        refuse(name, reterr_note, status, "its bytes could not be read");
    else
        status = open_image(hive, logs, name, reterr_note);
    if (status != ES_OK) {
        es_hive_free(hive);
        return status;
    }
    *ret_hive = hive;
    return ES_OK;
}

static void *give_back(void *argument)
{
    es_hive *hive = argument;

    es_hive_free(hive->before);
    for (size_t i = 0; i < ES_HIVE_INDEXES; i++)
        es_hive_index_done(&hive->indexes[i]);
    if (hive->handle)
        hivex_close(hive->handle);
    es_hive_digest_free(hive->digest);
    es_hive_image_free(hive->image);
    es_hive_patch_list_done(&hive->patches);
    free(hive);
    return NULL;
}

/* The kernel takes back a large hive page by page, which is a tenth of the time it took to fill
 * it: a thread that nobody waits for has that time. */
es_hive *es_hive_free(es_hive *hive)
{
    pthread_t thread;

    if (!hive)
        return NULL;
    if (hive->image && hive->image->map_size >= GIVE_BACK_ASIDE &&
        pthread_create(&thread, NULL, give_back, hive) == 0)
        pthread_detach(thread);
    else
        give_back(hive);
    return NULL;
}

const es_hive_state *es_hive_get_state(const es_hive *hive)
{
    return &hive->state;
}

size_t es_hive_patches(const es_hive *hive, const es_hive_patch **ret_patches)
{
    *ret_patches = hive->patches.items;
    return hive->patches.n;
}

void es_hive_sha256(es_hive *hive, uint8_t ret_digest[32])
{
    settle_digest(hive);
    memcpy(ret_digest, hive->sha256, sizeof hive->sha256);
}

bool es_hive_damaged(const es_hive *hive)
{
    return hive->image->damage.n > 0;
}

bool es_hive_range_damaged(const es_hive *hive, uint64_t offset, uint64_t length)
{
    return es_hive_ranges_hit(&hive->image->damage, offset, length);
}

bool es_hive_raw(const es_hive *hive, uint64_t offset, void *buffer, uint64_t size)
{
    return es_hive_image_raw(hive->image, offset, buffer, size);
}

es_status es_hive_before(es_hive *hive, es_hive **ret_before)
{
    static const es_hive_input *const no_logs[2] = { NULL, NULL };
    es_hive *before;
    es_status status;

    if (hive->patches.n == 0)
        return ES_ABSENT;
    if (hive->before) {
        *ret_before = hive->before;
        return ES_OK;
    }
    if (hive->before_status != ES_OK) /* it is asked for with each value */
        return hive->before_status;
    before = calloc(1, sizeof *before);
    if (!before)
        return ES_NOMEM;
    es_hive_sha256(hive, before->sha256);
    status = es_hive_image_copy_raw(hive->image, &before->image);
    if (status == ES_OK)
        status = open_image(before, no_logs, "", NULL);
    if (status != ES_OK) {
        es_hive_free(before);
        hive->before_status = status;
        return status;
    }
    hive->before = before;
    *ret_before = before;
    return ES_OK;
}
