/* SPDX-License-Identifier: Apache-2.0
 *
 * hive_log.c: see hive_log.h. Which log is used, and the `DIRT` format; `HvLE` is in
 * hive_log_entries.c.
 *
 * The choice follows the boot loader of NT 6.0, which takes LOG1 if it matches and LOG2 otherwise.
 * The kernel of that time looks at LOG2 only when the primary's base block is torn; but LOG2 is
 * used by its writer only after a failed write, and then holds all that LOG1 held, so that the
 * loader's reading is also the newer truth.
 */
#include "windows/hive_log_internal.h"
#include "windows/limits.h"

#include <esuscan/bytes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE UINT64_C(512)
#define RUN_BUFFER (UINT64_C(64) << 10)

void es_hive_patch_list_done(es_hive_patch_list *patches)
{
    free(patches->items);
    *patches = (es_hive_patch_list){ NULL, 0, 0 };
}

void es_hive_log_say(es_hive_state *state, const char *format, ...)
{
    size_t used = strlen(state->reason);
    va_list arguments;

    if (used > 0 && used < sizeof state->reason - 3) {
        memcpy(state->reason + used, "; ", 3);
        used += 2;
    }
    va_start(arguments, format);
    vsnprintf(state->reason + used, sizeof state->reason - used, format, arguments);
    va_end(arguments);
}

/* One run of bytes from a log into the hive: the change, its record, and whose damage it now is. */
es_status es_hive_log_apply(replay *r, const hive_log *log, uint64_t hive_offset,
                            uint64_t log_offset, const uint8_t *data, uint64_t length)
{
    es_hive_patch_list *patches = r->patches;
    es_hive_patch *last = patches->n ? &patches->items[patches->n - 1] : NULL;
    es_status status = es_hive_image_write(r->image, hive_offset, data, length);

    if (status == ES_OK)
        status = es_hive_ranges_cut(&r->image->damage, hive_offset, length);
    if (status != ES_OK)
        return status;
    r->state->pages += length / PAGE;
    if (last && last->log == log->index && last->hive_offset + last->length == hive_offset &&
        last->log_offset + last->length == log_offset) {
        last->length += length;
        return ES_OK;
    }
    if (patches->n >= ES_HIVE_PATCHES_MAX)
        return ES_LIMIT;
    if (patches->n == patches->room) {
        size_t room = patches->room ? patches->room * 2 : 64;
        es_hive_patch *items = realloc(patches->items, room * sizeof *items);

        if (!items)
            return ES_NOMEM;
        patches->items = items;
        patches->room = room;
    }
    patches->items[patches->n++] =
        (es_hive_patch){ hive_offset, length, log->index, log_offset };
    return ES_OK;
}

/* The base block of a torn primary comes from the log; only its file type is a log's. */
es_status es_hive_log_take_header(replay *r, const hive_log *log)
{
    es_status status;

    status = es_hive_log_apply(r, log, 0, 0, log->sector, ES_HIVE_HEADER_SIZE);
    if (status != ES_OK)
        return status;
    r->state->pages -= ES_HIVE_HEADER_SIZE / PAGE; /* not a page of hive bins */
    r->state->state = ES_HIVE_REPAIRED;
    es_hive_log_say(r->state, "the base block was torn; it was taken from %s", log->name);
    return es_hive_image_write_u32(r->image, ES_HIVE_AT_TYPE, ES_HIVE_TYPE_PRIMARY);
}

static bool all_zero(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i])
            return false;
    }
    return true;
}

/* Read a log's first sector and say whether it is a valid log at all. */
static es_status log_open(hive_log *log)
{
    es_bytes sector = { log->sector, sizeof log->sector };
    es_hive_ranges damage = { NULL, 0, 0 };
    es_status status;
    bool bad;

    log->why = "is missing";
    if (!log->input)
        return ES_OK;
    log->why = "cannot be read";
    log->lost = true;
    if (!log->input->read)
        return ES_OK;
    log->why = log->input->size ? "is cut short" : "is empty";
    log->lost = log->input->size != 0;
    if (log->input->size < 2 * PAGE)
        return ES_OK;
    status = es_hive_input_read(log->input, 0, log->sector, sizeof log->sector, &damage);
    bad = damage.n > 0;
    es_hive_ranges_done(&damage); /* the checksum tells whether it can be trusted */
    if (status != ES_OK)
        return status < 0 ? status : ES_OK;
    log->header = es_hive_header_read(sector);
    log->lost = bad || !all_zero(log->sector, sizeof log->sector);
    if (bad && !(log->header.magic && log->header.checksum_good))
        log->why = "has its base block on damaged sectors";
    else if (!log->header.magic)
        log->why = all_zero(log->sector, sizeof log->sector) ? "is empty" : "has no base block";
    else if (!log->header.checksum_good)
        log->why = "has a bad checksum";
    else if (log->header.sequence_primary != log->header.sequence_secondary)
        log->why = "was not written to its end";
    else if (log->header.bins_size == 0 || log->header.bins_size % ES_HIVE_BINS_AT ||
             log->header.bins_size > ES_HIVE_SIZE_MAX - ES_HIVE_BINS_AT)
        log->why = "states an impossible hive size";
    else if (log->header.type == ES_HIVE_TYPE_LOG_HVLE)
        log->kind = ES_HIVE_LOG_HVLE;
    else if (log->header.type == ES_HIVE_TYPE_LOG || log->header.type == ES_HIVE_TYPE_LOG_2000)
        log->kind = ES_HIVE_LOG_DIRT;
    else
        log->why = "is of an unknown type";
    if (log->kind != ES_HIVE_LOG_NONE) {
        log->why = NULL;
        log->lost = false;
    }
    return ES_OK;
}

/* ---- DIRT ---- */

typedef struct dirty_vector {
    uint8_t *bitmap;
    uint64_t n_bits;
    uint64_t n_dirty;
    uint64_t pages_at; /* in the log */
} dirty_vector;

/* FILETIME in the first hive bin, the backup copy of the base block's; 0 when there is none. */
static uint64_t bin_time(const es_hive_image *image)
{
    es_cursor cursor = es_cursor_make(es_hive_image_bytes(image));
    es_bytes magic;

    es_cursor_seek(&cursor, ES_HIVE_BINS_AT);
    magic = es_cursor_take(&cursor, 4);
    es_cursor_skip(&cursor, 16);
    return magic.size && memcmp(magic.data, "hbin", 4) == 0 ? es_cursor_u64(&cursor) : 0;
}

/* Whether the log was written for this state of the hive. */
static const char *dirt_mismatch(const replay *r, const hive_log *log)
{
    if (!r->torn)
        return log->header.written == r->header.written ? NULL : "belongs to another moment";
    return log->header.written >= bin_time(r->image) ? NULL : "is older than the hive";
}

static uint64_t find_vector(const hive_log *log)
{
    uint64_t sectors = log->header.clustering;
    uint64_t at = sectors >= 1 && sectors <= 8 ? sectors * PAGE : PAGE;
    uint8_t magic[4];
    es_hive_ranges damage = { NULL, 0, 0 };

    for (;;) {
        es_status status = es_hive_input_read(log->input, at, magic, sizeof magic, &damage);

        es_hive_ranges_done(&damage);
        if (status == ES_OK && memcmp(magic, "DIRT", 4) == 0)
            return at;
        if (at == PAGE)
            return 0;
        at = PAGE; /* since Windows 8 the factor is 1 whatever the disk's sector size is */
    }
}

static es_status read_vector(const hive_log *log, dirty_vector *vector, const char **ret_why)
{
    uint64_t size = log->header.bins_size / PAGE / 8, at = find_vector(log);
    es_hive_ranges damage = { NULL, 0, 0 };
    es_status status;

    *ret_why = "holds no list of pages";
    if (at == 0)
        return ES_ABSENT;
    vector->n_bits = size * 8;
    vector->pages_at = (at + 4 + size + PAGE - 1) / PAGE * PAGE;
    vector->bitmap = malloc((size_t)size);
    if (!vector->bitmap)
        return ES_NOMEM;
    *ret_why = "is cut short";
    status = es_hive_input_read(log->input, at + 4, vector->bitmap, size, &damage);
    if (damage.n) { /* a wrong bit would put every page behind it in the wrong place */
        *ret_why = "has its list of pages on damaged sectors";
        status = status < 0 ? status : ES_ABSENT;
    }
    es_hive_ranges_done(&damage);
    if (status != ES_OK)
        return status < 0 ? status : ES_ABSENT;
    for (uint64_t i = 0; i < size; i++)
        vector->n_dirty += (uint64_t)__builtin_popcount(vector->bitmap[i]);
    if (vector->n_dirty == 0)
        *ret_why = "holds no pages";
    if (vector->n_dirty == 0 || vector->pages_at > log->input->size ||
        vector->n_dirty > (log->input->size - vector->pages_at) / PAGE)
        return ES_ABSENT;
    return ES_OK;
}

static bool dirty_bit(const dirty_vector *vector, uint64_t bit)
{
    return bit < vector->n_bits && (vector->bitmap[bit / 8] >> bit % 8 & 1);
}

/* Read one run of pages out of the log and put it in its place. */
static es_status copy_run(replay *r, const hive_log *log, uint64_t hive_at, uint64_t log_at,
                          uint64_t length, uint8_t *buffer)
{
    es_hive_ranges damage = { NULL, 0, 0 };
    es_status status = ES_OK;

    for (uint64_t done = 0; done < length && status == ES_OK;) {
        uint64_t n = length - done < RUN_BUFFER ? length - done : RUN_BUFFER;

        status = es_hive_input_read(log->input, log_at + done, buffer, n, &damage);
        if (status == ES_OK)
            status = es_hive_log_apply(r, log, hive_at + done, log_at + done, buffer, n);
        done += n;
    }
    for (size_t i = 0; i < damage.n && status == ES_OK; i++)
        status = es_hive_ranges_add(&r->image->damage, damage.items[i].offset - log_at + hive_at,
                                    damage.items[i].length);
    es_hive_ranges_done(&damage);
    return status;
}

static es_status copy_pages(replay *r, const hive_log *log, const dirty_vector *vector)
{
    uint8_t *buffer = malloc(RUN_BUFFER);
    uint64_t log_at = vector->pages_at;
    es_status status = ES_OK;

    if (!buffer)
        return ES_NOMEM;
    for (uint64_t bit = 0; bit < vector->n_bits && status == ES_OK; bit++) {
        uint64_t n = 0;

        while (dirty_bit(vector, bit + n))
            n++;
        if (n == 0)
            continue;
        status = copy_run(r, log, ES_HIVE_BINS_AT + bit * PAGE, log_at, n * PAGE, buffer);
        log_at += n * PAGE;
        bit += n;
    }
    free(buffer);
    return status;
}

static es_status dirt_apply(replay *r, const hive_log *log, const dirty_vector *vector)
{
    es_status status;

    r->state->log_kind = ES_HIVE_LOG_DIRT;
    r->state->state = ES_HIVE_REPLAYED;
    status = es_hive_image_grow(r->image, ES_HIVE_BINS_AT + log->header.bins_size);
    if (status == ES_OK && r->torn)
        status = es_hive_log_take_header(r, log);
    if (status == ES_OK)
        status = copy_pages(r, log, vector);
    if (status != ES_OK)
        return status;
    r->state->log_used[log->index] = true;
    return es_hive_log_finish_header(r, log->header.sequence_primary, log->header.root,
                                     log->header.bins_size);
}

/* ES_ABSENT when this log does not fit; its `why` then says so. */
static es_status dirt_try(replay *r, hive_log *log)
{
    dirty_vector vector = { NULL, 0, 0, 0 };
    es_status status;

    log->why = dirt_mismatch(r, log);
    if (log->why)
        return ES_ABSENT;
    status = read_vector(log, &vector, &log->why);
    if (status == ES_OK)
        status = dirt_apply(r, log, &vector);
    free(vector.bitmap);
    return status;
}

/* ---- which log ---- */

es_status es_hive_log_finish_header(replay *r, uint32_t sequence, uint32_t root,
                                    uint32_t bins_size)
{
    static const uint64_t places[] = { ES_HIVE_AT_SEQUENCES, ES_HIVE_AT_SEQUENCES + 4,
                                       ES_HIVE_AT_ROOT, ES_HIVE_AT_BINS_SIZE };
    const uint32_t values[] = { sequence, sequence, root, bins_size };
    es_status status = ES_OK;

    for (size_t i = 0; i < 4 && status == ES_OK; i++)
        status = es_hive_image_write_u32(r->image, places[i], values[i]);
    return status;
}

static es_status replay_dirt(replay *r)
{
    es_status status = ES_ABSENT;

    for (size_t i = 0; i < 2 && status == ES_ABSENT; i++) {
        if (r->logs[i].kind == ES_HIVE_LOG_DIRT)
            status = dirt_try(r, &r->logs[i]);
    }
    return status;
}

es_status es_hive_log_replay(es_hive_image *image, const es_hive_input *const logs[2],
                             es_hive_state *state, es_hive_patch_list *patches)
{
    replay r = { .image = image, .state = state, .patches = patches };
    es_status status;

    r.header = es_hive_header_read(es_hive_image_bytes(image));
    r.torn = !r.header.magic || !r.header.checksum_good;
    for (uint32_t i = 0; i < 2; i++) {
        r.logs[i].input = logs ? logs[i] : NULL;
        r.logs[i].index = i;
        r.logs[i].name = i == 0 ? "LOG1" : "LOG2";
        status = log_open(&r.logs[i]);
        if (status != ES_OK)
            return status;
    }
    status = es_hive_log_replay_entries(&r);
    for (size_t i = 0; i < 2 && status == ES_OK; i++) {
        if (r.logs[i].lost)
            es_hive_log_say(state, "%s %s", r.logs[i].name,
                            r.logs[i].why ? r.logs[i].why : "breaks off within an entry");
    }
    if (status == ES_ABSENT)
        status = replay_dirt(&r);
    if (status != ES_ABSENT)
        return status;
    for (size_t i = 0; i < 2; i++)
        es_hive_log_say(state, "%s %s", r.logs[i].name, r.logs[i].why ? r.logs[i].why : "unused");
    return ES_ABSENT;
}
