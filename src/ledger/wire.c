/* SPDX-License-Identifier: Apache-2.0
 *
 * wire.c: records into frames, and frames through a descriptor. See wire.h; wire_decode.c is the
 * other direction and must mirror every function here, member for member.
 */
#include "ledger/wire.h"
#include "ledger/limits.h"

#include <errno.h>
#include <esuscan/bytes.h>
#include <unistd.h>

#define ABSENT UINT32_C(0xffffffff)
#define READ_SIZE (UINT64_C(64) << 10) /* at once */

/* ---- the elements ---- */

static void put_i64(es_buffer *buffer, int64_t value)
{
    es_buffer_u64(buffer, (uint64_t)value);
}

static void put_bytes(es_buffer *buffer, const void *data, uint64_t size)
{
    if (size > ES_WIRE_FRAME_MAX) {
        buffer->failed = ES_LIMIT;
        return;
    }
    es_buffer_u32(buffer, (uint32_t)size);
    es_buffer_bytes(buffer, data, size);
}

static void put_text(es_buffer *buffer, es_text text)
{
    put_bytes(buffer, text.data, text.size);
}

static void put_string(es_buffer *buffer, const char *string)
{
    if (string)
        put_bytes(buffer, string, strlen(string));
    else
        es_buffer_u32(buffer, ABSENT);
}

/* False: too many, and the buffer has failed. */
static bool put_count(es_buffer *buffer, uint64_t n, uint32_t maximum)
{
    if (n > maximum) {
        buffer->failed = ES_LIMIT;
        return false;
    }
    es_buffer_u32(buffer, (uint32_t)n);
    return true;
}

static void put_time(es_buffer *buffer, es_time time)
{
    put_i64(buffer, time.ticks);
    es_buffer_u32(buffer, time.precision);
    es_buffer_u32(buffer, time.flags);
}

static void put_references(es_buffer *buffer, const uint64_t *references, uint64_t n)
{
    if (!put_count(buffer, n, ES_REFERENCES_MAX))
        return;
    for (uint64_t i = 0; i < n; i++)
        es_buffer_u64(buffer, references[i]);
}

static void put_texts(es_buffer *buffer, const es_text *texts, uint64_t n)
{
    if (!put_count(buffer, n, ES_TEXTS_MAX))
        return;
    for (uint64_t i = 0; i < n; i++)
        put_text(buffer, texts[i]);
}

static void put_datum(es_buffer *buffer, const es_datum *datum)
{
    es_buffer_u8(buffer, (uint8_t)datum->type);
    switch (datum->type) {
    case 0:
        break;
    case ES_FIELD_TEXT:
        put_text(buffer, datum->text);
        break;
    case ES_FIELD_INTEGER:
    case ES_FIELD_FACT:
        put_i64(buffer, datum->integer);
        break;
    case ES_FIELD_BOOLEAN:
        es_buffer_u8(buffer, datum->integer != 0);
        break;
    case ES_FIELD_TIME:
        put_time(buffer, datum->time);
        break;
    case ES_FIELD_BYTES:
        put_bytes(buffer, datum->bytes.data, datum->bytes.size);
        break;
    case ES_FIELD_TEXT_LIST:
        put_texts(buffer, datum->texts, datum->n);
        break;
    case ES_FIELD_FACT_LIST:
        put_references(buffer, datum->facts, datum->n);
        break;
    default:
        buffer->failed = ES_BUG;
    }
}

static void put_data(es_buffer *buffer, const es_datum *data, uint32_t n)
{
    if (!put_count(buffer, n, ES_FIELDS_MAX))
        return;
    for (uint32_t i = 0; i < n; i++)
        put_datum(buffer, &data[i]);
}

static void put_where(es_buffer *buffer, const es_where *where)
{
    es_buffer_u32(buffer, where->volume);
    es_buffer_u32(buffer, where->snapshot);
    es_buffer_u32(buffer, where->artefact);
    put_string(buffer, where->path);
    put_string(buffer, where->key);
    put_string(buffer, where->value);
    put_i64(buffer, where->offset);
    put_i64(buffer, where->length);
    put_time(buffer, where->last_written);
    es_buffer_u8(buffer, where->damaged);
    es_buffer_u8(buffer, where->exact);
    es_buffer_u32(buffer, where->log_artefact);
    put_i64(buffer, where->log_offset);
}

/* ---- the records ---- */

static void put_image(es_buffer *buffer, const es_image_record *image)
{
    put_string(buffer, image->format);
    es_buffer_u64(buffer, image->size);
    es_buffer_u32(buffer, image->sector_size);
    put_string(buffer, image->stored_md5);
    put_string(buffer, image->stored_sha1);
    es_buffer_u8(buffer, image->has_acquisition);
    put_string(buffer, image->case_number);
    put_string(buffer, image->evidence_number);
    put_string(buffer, image->examiner);
    put_string(buffer, image->description);
    put_string(buffer, image->notes);
    put_string(buffer, image->acquired);
    put_string(buffer, image->system_date);
    put_string(buffer, image->software);
    put_string(buffer, image->os);
}

static void put_volume(es_buffer *buffer, const es_volume_record *volume)
{
    es_buffer_u32(buffer, volume->id);
    es_buffer_u32(buffer, volume->encrypted);
    put_string(buffer, volume->scheme);
    put_string(buffer, volume->slot);
    put_string(buffer, volume->filesystem);
    put_string(buffer, volume->serial);
    put_string(buffer, volume->label);
    es_buffer_u64(buffer, volume->offset);
    es_buffer_u64(buffer, volume->length);
    es_buffer_u64(buffer, volume->boot_backup);
}

static void put_installation(es_buffer *buffer, const es_installation_record *installation)
{
    es_buffer_u32(buffer, installation->id);
    es_buffer_u32(buffer, installation->machine);
    es_buffer_u32(buffer, installation->volume);
    es_buffer_u32(buffer, installation->role);
    es_buffer_u32(buffer, (uint32_t)installation->snapshot);
    put_string(buffer, installation->system_root);
    put_string(buffer, installation->product_name);
    put_string(buffer, installation->edition);
    put_string(buffer, installation->service_pack);
    put_string(buffer, installation->architecture);
    put_string(buffer, installation->computer_name);
    put_string(buffer, installation->time_zone);
    put_time(buffer, installation->install_date);
    put_time(buffer, installation->last_shutdown);
    put_time(buffer, installation->state_time);
}

static void put_artefact(es_buffer *buffer, const es_artefact_record *artefact)
{
    es_buffer_u32(buffer, artefact->id);
    es_buffer_u32(buffer, artefact->volume);
    es_buffer_u32(buffer, (uint32_t)artefact->snapshot);
    es_buffer_u32(buffer, artefact->attribute_type);
    es_buffer_u32(buffer, artefact->attribute_id);
    put_string(buffer, artefact->path);
    es_buffer_u64(buffer, artefact->mft_entry);
    es_buffer_u32(buffer, artefact->mft_sequence);
    es_buffer_u8(buffer, artefact->has_mft);
    es_buffer_u8(buffer, artefact->is_hive);
    es_buffer_u64(buffer, artefact->size);
    es_buffer_u8(buffer, artefact->has_sha256);
    es_buffer_bytes(buffer, artefact->sha256, sizeof artefact->sha256);
    es_buffer_u8(buffer, artefact->damaged);
}

static void put_fields(es_buffer *buffer, const es_field *fields, uint32_t n)
{
    if (!put_count(buffer, n, ES_FIELDS_MAX))
        return;
    for (uint32_t i = 0; i < n; i++) {
        es_buffer_u32(buffer, fields[i].type);
        put_string(buffer, fields[i].name);
        put_string(buffer, fields[i].means);
    }
}

static void put_wants(es_buffer *buffer, const es_plugin *plugin)
{
    if (!put_count(buffer, plugin->n_wants, ES_PLUGIN_TYPES_MAX))
        return;
    for (uint32_t i = 0; i < plugin->n_wants; i++) {
        es_buffer_u32(buffer, plugin->wants[i].kind);
        es_buffer_u32(buffer, plugin->wants[i].scope);
        es_buffer_u32(buffer, plugin->wants[i].flags);
        put_string(buffer, plugin->wants[i].path);
        put_string(buffer, plugin->wants[i].means);
    }
}

static void put_fact_types(es_buffer *buffer, const es_plugin *plugin)
{
    if (!put_count(buffer, plugin->n_facts, ES_PLUGIN_TYPES_MAX))
        return;
    for (uint32_t i = 0; i < plugin->n_facts; i++) {
        put_string(buffer, plugin->facts[i].name);
        put_string(buffer, plugin->facts[i].summary);
        put_fields(buffer, plugin->facts[i].fields, plugin->facts[i].n_fields);
        put_string(buffer, plugin->facts[i].time_means);
    }
}

static void put_verdict_types(es_buffer *buffer, const es_plugin *plugin)
{
    if (!put_count(buffer, plugin->n_verdicts, ES_PLUGIN_TYPES_MAX))
        return;
    for (uint32_t i = 0; i < plugin->n_verdicts; i++) {
        const es_verdict_type *type = &plugin->verdicts[i];

        put_string(buffer, type->name);
        put_string(buffer, type->summary);
        if (!put_count(buffer, type->n_answers, ES_ANSWERS_MAX))
            return;
        for (uint32_t a = 0; a < type->n_answers; a++)
            put_string(buffer, type->answers[a]);
        put_fields(buffer, type->fields, type->n_fields);
    }
}

static void put_plugin(es_buffer *buffer, const es_plugin *plugin)
{
    put_string(buffer, plugin->name);
    put_string(buffer, plugin->version);
    put_string(buffer, plugin->summary);
    put_wants(buffer, plugin);
    put_fact_types(buffer, plugin);
    put_verdict_types(buffer, plugin);
    if (!put_count(buffer, plugin->n_rows, ES_PLUGIN_TYPES_MAX))
        return;
    for (uint32_t i = 0; i < plugin->n_rows; i++) {
        put_string(buffer, plugin->rows[i].name);
        put_string(buffer, plugin->rows[i].verdict);
        put_fields(buffer, plugin->rows[i].fields, plugin->rows[i].n_fields);
    }
    if (!put_count(buffer, plugin->n_needs, ES_PLUGIN_TYPES_MAX))
        return;
    for (uint32_t i = 0; i < plugin->n_needs; i++) {
        es_buffer_u32(buffer, plugin->needs[i].states);
        put_string(buffer, plugin->needs[i].type);
    }
    if (!put_count(buffer, plugin->n_data, ES_PLUGIN_TYPES_MAX))
        return;
    for (uint32_t i = 0; i < plugin->n_data; i++)
        put_string(buffer, plugin->data[i].name);
}

static void put_fact(es_buffer *buffer, const es_fact_record *fact)
{
    es_buffer_u64(buffer, fact->reference);
    es_buffer_u32(buffer, fact->installation);
    es_buffer_u32(buffer, fact->type);
    put_string(buffer, fact->plugin);
    put_data(buffer, fact->fields, fact->n_fields);
    put_time(buffer, fact->time);
    put_where(buffer, &fact->where);
}

static void put_verdict(es_buffer *buffer, const es_verdict_record *verdict)
{
    es_buffer_u32(buffer, verdict->installation);
    es_buffer_u32(buffer, verdict->type);
    es_buffer_u32(buffer, verdict->answer);
    put_string(buffer, verdict->plugin);
    put_references(buffer, verdict->because, verdict->n_because);
    put_text(buffer, verdict->explanation);
    put_data(buffer, verdict->fields, verdict->n_fields);
}

static void put_note(es_buffer *buffer, const es_note_record *note)
{
    es_buffer_u32(buffer, note->severity);
    es_buffer_u32(buffer, note->installation);
    put_string(buffer, note->area);
    put_text(buffer, note->text);
    es_buffer_u8(buffer, note->has_where);
    if (note->has_where)
        put_where(buffer, &note->where);
}

static void put_counters(es_buffer *buffer, const es_counters_record *counters)
{
    es_buffer_u64(buffer, counters->reads);
    es_buffer_u64(buffer, counters->bytes);
    es_buffer_u64(buffer, counters->container_reads);
    es_buffer_u64(buffer, counters->container_bytes);
    es_buffer_u64(buffer, counters->chunks_inflated);
    es_buffer_u64(buffer, counters->bytes_inflated);
}

/* The small ones. */
static void put_other(es_buffer *buffer, const es_record *record)
{
    switch (record->kind) {
    case ES_RECORD_SEGMENT:
        put_string(buffer, record->segment.name);
        es_buffer_u64(buffer, record->segment.size);
        break;
    case ES_RECORD_BAD_RANGE:
        es_buffer_u64(buffer, record->bad_range.offset);
        es_buffer_u64(buffer, record->bad_range.length);
        put_string(buffer, record->bad_range.reason);
        break;
    case ES_RECORD_SNAPSHOT:
        es_buffer_u32(buffer, record->snapshot.volume);
        es_buffer_u32(buffer, record->snapshot.number);
        put_string(buffer, record->snapshot.id);
        put_time(buffer, record->snapshot.created);
        break;
    case ES_RECORD_REPEAT:
        es_buffer_u64(buffer, record->repeat.reference);
        es_buffer_u64(buffer, record->repeat.original);
        es_buffer_u64(buffer, record->repeat.n);
        es_buffer_u32(buffer, record->repeat.installation);
        es_buffer_u32(buffer, record->repeat.from);
        es_buffer_u32(buffer, record->repeat.to);
        es_buffer_u32(buffer, record->repeat.snapshot);
        break;
    case ES_RECORD_DIGEST:
        put_string(buffer, record->digest.md5);
        put_string(buffer, record->digest.sha1);
        put_string(buffer, record->digest.sha256);
        break;
    case ES_RECORD_ROW:
        es_buffer_u32(buffer, record->row.installation);
        es_buffer_u32(buffer, record->row.type);
        put_string(buffer, record->row.plugin);
        put_data(buffer, record->row.fields, record->row.n_fields);
        break;
    case ES_RECORD_STEP:
        es_buffer_u32(buffer, record->step.installation);
        put_string(buffer, record->step.plugin);
        put_string(buffer, record->step.artefact);
        put_string(buffer, record->step.doing);
        break;
    case ES_RECORD_FENCE:
        put_string(buffer, record->fence.name);
        break;
    case ES_RECORD_DONE:
        break;
    default:
        buffer->failed = ES_BUG;
    }
}

static void put_record(es_buffer *buffer, const es_record *record)
{
    es_buffer_u8(buffer, (uint8_t)record->kind);
    switch (record->kind) {
    case ES_RECORD_IMAGE:
        put_image(buffer, &record->image);
        break;
    case ES_RECORD_VOLUME:
        put_volume(buffer, &record->volume);
        break;
    case ES_RECORD_INSTALLATION:
        put_installation(buffer, &record->installation);
        break;
    case ES_RECORD_PLUGIN:
        put_plugin(buffer, record->plugin);
        break;
    case ES_RECORD_ARTEFACT:
        put_artefact(buffer, &record->artefact);
        break;
    case ES_RECORD_FACT:
        put_fact(buffer, &record->fact);
        break;
    case ES_RECORD_VERDICT:
        put_verdict(buffer, &record->verdict);
        break;
    case ES_RECORD_NOTE:
    case ES_RECORD_REFUSED:
        put_note(buffer, &record->note);
        break;
    case ES_RECORD_COUNTERS:
        put_counters(buffer, &record->counters);
        break;
    default:
        put_other(buffer, record);
    }
}

es_status es_wire_encode(const es_record *record, es_buffer *buffer)
{
    uint64_t start = buffer->size, size;
    es_status status;

    if (buffer->failed)
        return buffer->failed;
    es_buffer_u32(buffer, 0); /* the length, filled in below */
    put_record(buffer, record);
    status = buffer->failed;
    size = status ? 0 : buffer->size - start - 4;
    if (!status && size > ES_WIRE_FRAME_MAX)
        status = ES_LIMIT;
    if (status) {
        buffer->size = start;
        buffer->failed = ES_OK;
        return status;
    }
    for (int i = 0; i < 4; i++)
        buffer->data[start + (uint64_t)i] = (uint8_t)(size >> 8 * i);
    return ES_OK;
}

/* ---- through a descriptor ---- */

/* The reading end: frames as they come. */
typedef struct reading {
    int fd;
    es_ledger *ledger;
    es_buffer pending; /* bytes read; those before `at` are dealt with */
    uint64_t at;
    void (*on_record)(void *context, const es_record *record);
    void *context;
} reading;

static es_status take_frame(reading *r, es_bytes payload)
{
    es_record record;
    es_status status = es_ledger_take(r->ledger, payload, &record);

    if (!status && r->on_record)
        r->on_record(r->context, &record);
    return status;
}

/* Deal with every whole frame that is pending; what is left moves to the front. */
static es_status take_pending(reading *r)
{
    while (r->pending.size - r->at >= 4 && !es_ledger_done(r->ledger)) {
        es_cursor cursor = es_cursor_make((es_bytes){ r->pending.data + r->at,
                                                      r->pending.size - r->at });
        uint32_t size = es_cursor_u32(&cursor);
        es_status status;

        if (!size || size > ES_WIRE_FRAME_MAX)
            return ES_CORRUPT;
        if (es_cursor_left(&cursor) < size)
            break;
        status = take_frame(r, es_cursor_take(&cursor, size));
        if (status)
            return status;
        r->at += UINT64_C(4) + size;
    }
    if (r->at) {
        memmove(r->pending.data, r->pending.data + r->at, (size_t)(r->pending.size - r->at));
        r->pending.size -= r->at;
        r->at = 0;
    }
    return ES_OK;
}

static es_status read_stream(reading *r)
{
    uint8_t piece[READ_SIZE];
    es_status status;

    for (;;) {
        ssize_t n = read(r->fd, piece, sizeof piece);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ES_IO;
        if (n == 0)
            return r->pending.size ? ES_CORRUPT : ES_OK;
        es_buffer_bytes(&r->pending, piece, (uint64_t)n);
        if (r->pending.failed)
            return r->pending.failed;
        status = take_pending(r);
        if (status || es_ledger_done(r->ledger))
            return status;
    }
}

es_status es_wire_read(int fd, es_ledger *ledger,
                       void (*on_record)(void *context, const es_record *record), void *context)
{
    reading r = { .fd = fd, .ledger = ledger, .on_record = on_record, .context = context };
    es_status status;

    r.pending = es_buffer_make(ES_WIRE_FRAME_MAX + UINT64_C(4) + READ_SIZE);
    status = read_stream(&r);
    es_buffer_free(&r.pending);
    return status;
}
