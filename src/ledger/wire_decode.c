/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_decode.c: frames into records; the gate between the caged child and its parent.
 *
 * Every read goes through one cursor whose failure is sticky, so each function reads its whole
 * structure and the caller asks once. Memory is taken only after a count was found to be at most
 * its cap and at most what the rest of the frame can hold.
 */
#include "base/text.h"
#include "ledger/limits.h"
#include "ledger/wire.h"

#include <esuscan/bytes.h>

#define ABSENT UINT32_C(0xffffffff)

typedef struct reader {
    es_cursor cursor;
    es_arena *arena;
    es_status status; /* of memory */
} reader;

/* ---- the elements ---- */

static uint8_t get_u8(reader *r)
{
    return es_cursor_u8(&r->cursor);
}

static uint32_t get_u32(reader *r)
{
    return es_cursor_u32(&r->cursor);
}

static uint64_t get_u64(reader *r)
{
    return es_cursor_u64(&r->cursor);
}

static int64_t get_i64(reader *r)
{
    return (int64_t)get_u64(r);
}

/* 0 or 1; anything else is no boolean. */
static bool get_bool(reader *r)
{
    uint8_t value = get_u8(r);

    if (value > 1)
        r->cursor.failed = 1;
    return value == 1;
}

static void *take(reader *r, uint64_t size)
{
    void *memory = NULL;

    if (!es_cursor_failed(&r->cursor) && !r->status) {
        memory = es_arena_take(r->arena, size ? size : 1);
        if (!memory)
            r->status = ES_NOMEM;
    }
    if (!memory)
        r->cursor.failed = 1;
    return memory;
}

/* A count of elements of at least `least` bytes each; 0 when it cannot be true. */
static uint32_t get_count(reader *r, uint32_t maximum, uint32_t least)
{
    uint32_t n = get_u32(r);

    if (n > maximum || n > es_cursor_left(&r->cursor) / least) {
        r->cursor.failed = 1;
        return 0;
    }
    return n;
}

static es_bytes get_bytes(reader *r)
{
    uint32_t size = get_u32(r);
    es_bytes from = es_cursor_take(&r->cursor, size), copy = { NULL, 0 };

    if (es_cursor_failed(&r->cursor) || !from.size)
        return copy;
    r->status = r->status ? r->status : es_arena_copy_bytes(r->arena, from, &copy);
    return copy;
}

static es_text get_text(reader *r)
{
    uint32_t size = get_u32(r);
    es_bytes from = es_cursor_take(&r->cursor, size);
    es_text raw = { (const char *)from.data, from.size }, text = { "", 0 };

    if (es_cursor_failed(&r->cursor) || !raw.size)
        return text;
    r->status = r->status ? r->status : es_text_repair(r->arena, raw, &text);
    return text;
}

/* A text that is absent, or holds no NUL. */
static const char *get_string(reader *r)
{
    es_cursor ahead = r->cursor;
    es_text text;

    if (es_cursor_u32(&ahead) == ABSENT && !es_cursor_failed(&ahead)) {
        r->cursor = ahead;
        return NULL;
    }
    text = get_text(r);
    if (text.size && memchr(text.data, 0, (size_t)text.size))
        r->cursor.failed = 1;
    return text.data;
}

static es_time get_time(reader *r)
{
    es_time time;

    time.ticks = get_i64(r);
    time.precision = get_u32(r);
    time.flags = get_u32(r);
    return time;
}

static const uint64_t *get_references(reader *r, uint64_t *ret_n)
{
    uint32_t n = get_count(r, ES_REFERENCES_MAX, 8);
    uint64_t *references = take(r, (uint64_t)n * sizeof *references);

    for (uint32_t i = 0; references && i < n; i++)
        references[i] = get_u64(r);
    *ret_n = n;
    return references;
}

static const es_text *get_texts(reader *r, uint64_t *ret_n)
{
    uint32_t n = get_count(r, ES_TEXTS_MAX, 4);
    es_text *texts = take(r, (uint64_t)n * sizeof *texts);

    for (uint32_t i = 0; texts && i < n; i++)
        texts[i] = get_text(r);
    *ret_n = n;
    return texts;
}

static es_datum get_datum(reader *r)
{
    es_datum datum = es_null();

    datum.type = get_u8(r);
    switch (datum.type) {
    case 0:
        break;
    case ES_FIELD_TEXT:
        datum.text = get_text(r);
        break;
    case ES_FIELD_INTEGER:
    case ES_FIELD_FACT:
        datum.integer = get_i64(r);
        break;
    case ES_FIELD_BOOLEAN:
        datum.integer = get_bool(r);
        break;
    case ES_FIELD_TIME:
        datum.time = get_time(r);
        break;
    case ES_FIELD_BYTES:
        datum.bytes = get_bytes(r);
        break;
    case ES_FIELD_TEXT_LIST:
        datum.texts = get_texts(r, &datum.n);
        break;
    case ES_FIELD_FACT_LIST:
        datum.facts = get_references(r, &datum.n);
        break;
    default:
        r->cursor.failed = 1;
    }
    return datum;
}

static const es_datum *get_data(reader *r, uint32_t *ret_n)
{
    uint32_t n = get_count(r, ES_FIELDS_MAX, 1);
    es_datum *data = take(r, (uint64_t)n * sizeof *data);

    for (uint32_t i = 0; data && i < n; i++)
        data[i] = get_datum(r);
    *ret_n = n;
    return data;
}

static es_where get_where(reader *r)
{
    es_where where;

    memset(&where, 0, sizeof where);
    where.volume = get_u32(r);
    where.snapshot = get_u32(r);
    where.artefact = get_u32(r);
    where.path = get_string(r);
    where.key = get_string(r);
    where.value = get_string(r);
    where.offset = get_i64(r);
    where.length = get_i64(r);
    where.last_written = get_time(r);
    where.damaged = get_bool(r);
    where.exact = get_bool(r);
    where.log_artefact = get_u32(r);
    where.log_offset = get_i64(r);
    return where;
}

/* ---- the records ---- */

static void get_image(reader *r, es_image_record *image)
{
    image->format = get_string(r);
    image->size = get_u64(r);
    image->sector_size = get_u32(r);
    image->stored_md5 = get_string(r);
    image->stored_sha1 = get_string(r);
    image->has_acquisition = get_bool(r);
    image->case_number = get_string(r);
    image->evidence_number = get_string(r);
    image->examiner = get_string(r);
    image->description = get_string(r);
    image->notes = get_string(r);
    image->acquired = get_string(r);
    image->system_date = get_string(r);
    image->software = get_string(r);
    image->os = get_string(r);
}

static void get_volume(reader *r, es_volume_record *volume)
{
    volume->id = get_u32(r);
    volume->encrypted = get_u32(r);
    volume->scheme = get_string(r);
    volume->slot = get_string(r);
    volume->filesystem = get_string(r);
    volume->serial = get_string(r);
    volume->label = get_string(r);
    volume->offset = get_u64(r);
    volume->length = get_u64(r);
    volume->boot_backup = get_u64(r);
}

static void get_installation(reader *r, es_installation_record *installation)
{
    installation->id = get_u32(r);
    installation->machine = get_u32(r);
    installation->volume = get_u32(r);
    installation->role = get_u32(r);
    installation->snapshot = (int32_t)get_u32(r);
    installation->system_root = get_string(r);
    installation->product_name = get_string(r);
    installation->edition = get_string(r);
    installation->service_pack = get_string(r);
    installation->architecture = get_string(r);
    installation->computer_name = get_string(r);
    installation->time_zone = get_string(r);
    installation->install_date = get_time(r);
    installation->last_shutdown = get_time(r);
    installation->state_time = get_time(r);
}

static void get_artefact(reader *r, es_artefact_record *artefact)
{
    es_bytes sha256;

    artefact->id = get_u32(r);
    artefact->volume = get_u32(r);
    artefact->snapshot = (int32_t)get_u32(r);
    artefact->attribute_type = get_u32(r);
    artefact->attribute_id = get_u32(r);
    artefact->path = get_string(r);
    artefact->mft_entry = get_u64(r);
    artefact->mft_sequence = get_u32(r);
    artefact->has_mft = get_bool(r);
    artefact->is_hive = get_bool(r);
    artefact->size = get_u64(r);
    artefact->has_sha256 = get_bool(r);
    sha256 = es_cursor_take(&r->cursor, sizeof artefact->sha256);
    if (sha256.size)
        memcpy(artefact->sha256, sha256.data, sizeof artefact->sha256);
    artefact->damaged = get_bool(r);
}

static const es_field *get_fields(reader *r, uint32_t *ret_n)
{
    uint32_t n = get_count(r, ES_FIELDS_MAX, 12);
    es_field *fields = take(r, (uint64_t)n * sizeof *fields);

    for (uint32_t i = 0; fields && i < n; i++) {
        fields[i].size = sizeof fields[i];
        fields[i].type = get_u32(r);
        fields[i].name = get_string(r);
        fields[i].means = get_string(r);
    }
    *ret_n = n;
    return fields;
}

static void get_wants(reader *r, es_plugin *plugin)
{
    uint32_t n = get_count(r, ES_PLUGIN_TYPES_MAX, 20);
    es_want *wants = take(r, n * sizeof *wants);

    for (uint32_t i = 0; wants && i < n; i++) {
        wants[i].size = sizeof wants[i];
        wants[i].kind = get_u32(r);
        wants[i].scope = get_u32(r);
        wants[i].flags = get_u32(r);
        wants[i].path = get_string(r);
        wants[i].means = get_string(r);
    }
    plugin->wants = wants;
    plugin->n_wants = n;
}

static void get_fact_types(reader *r, es_plugin *plugin)
{
    uint32_t n = get_count(r, ES_PLUGIN_TYPES_MAX, 16);
    es_fact_type *types = take(r, n * sizeof *types);

    for (uint32_t i = 0; types && i < n; i++) {
        types[i].size = sizeof types[i];
        types[i].name = get_string(r);
        types[i].summary = get_string(r);
        types[i].fields = get_fields(r, &types[i].n_fields);
        types[i].time_means = get_string(r);
    }
    plugin->facts = types;
    plugin->n_facts = n;
}

static const char *const *get_answers(reader *r, uint32_t *ret_n)
{
    uint32_t n = get_count(r, ES_ANSWERS_MAX, 4);
    const char **answers = take(r, n * sizeof *answers);

    for (uint32_t i = 0; answers && i < n; i++)
        answers[i] = get_string(r);
    *ret_n = n;
    return answers;
}

static void get_verdict_types(reader *r, es_plugin *plugin)
{
    uint32_t n = get_count(r, ES_PLUGIN_TYPES_MAX, 16);
    es_verdict_type *types = take(r, n * sizeof *types);

    for (uint32_t i = 0; types && i < n; i++) {
        types[i].size = sizeof types[i];
        types[i].name = get_string(r);
        types[i].summary = get_string(r);
        types[i].answers = get_answers(r, &types[i].n_answers);
        types[i].fields = get_fields(r, &types[i].n_fields);
    }
    plugin->verdicts = types;
    plugin->n_verdicts = n;
}

static void get_row_types(reader *r, es_plugin *plugin)
{
    uint32_t n = get_count(r, ES_PLUGIN_TYPES_MAX, 12);
    es_row_type *types = take(r, n * sizeof *types);

    for (uint32_t i = 0; types && i < n; i++) {
        types[i].size = sizeof types[i];
        types[i].name = get_string(r);
        types[i].verdict = get_string(r);
        types[i].fields = get_fields(r, &types[i].n_fields);
    }
    plugin->rows = types;
    plugin->n_rows = n;
}

static void get_needs(reader *r, es_plugin *plugin)
{
    uint32_t n = get_count(r, ES_PLUGIN_TYPES_MAX, 8);
    es_need *needs = take(r, n * sizeof *needs);

    for (uint32_t i = 0; needs && i < n; i++) {
        needs[i].size = sizeof needs[i];
        needs[i].states = get_u32(r);
        needs[i].type = get_string(r);
    }
    plugin->needs = needs;
    plugin->n_needs = n;
}

static const es_plugin *get_plugin(reader *r)
{
    es_plugin *plugin = take(r, sizeof *plugin);
    es_data *data;

    if (!plugin)
        return NULL;
    plugin->abi = ES_ABI;
    plugin->size = sizeof *plugin;
    plugin->name = get_string(r);
    plugin->version = get_string(r);
    plugin->summary = get_string(r);
    get_wants(r, plugin);
    get_fact_types(r, plugin);
    get_verdict_types(r, plugin);
    get_row_types(r, plugin);
    get_needs(r, plugin);
    plugin->n_data = get_count(r, ES_PLUGIN_TYPES_MAX, 4);
    data = take(r, plugin->n_data * sizeof *data);
    for (uint32_t i = 0; data && i < plugin->n_data; i++) {
        data[i].size = sizeof data[i];
        data[i].name = get_string(r);
    }
    plugin->data = data;
    return plugin;
}

static void get_fact(reader *r, es_fact_record *fact)
{
    fact->reference = get_u64(r);
    fact->installation = get_u32(r);
    fact->type = get_u32(r);
    fact->plugin = get_string(r);
    fact->fields = get_data(r, &fact->n_fields);
    fact->time = get_time(r);
    fact->where = get_where(r);
}

static void get_verdict(reader *r, es_verdict_record *verdict)
{
    verdict->installation = get_u32(r);
    verdict->type = get_u32(r);
    verdict->answer = get_u32(r);
    verdict->plugin = get_string(r);
    verdict->because = get_references(r, &verdict->n_because);
    verdict->explanation = get_text(r);
    verdict->fields = get_data(r, &verdict->n_fields);
}

static void get_note(reader *r, es_note_record *note)
{
    note->severity = get_u32(r);
    note->installation = get_u32(r);
    note->area = get_string(r);
    note->text = get_text(r);
    note->has_where = get_bool(r);
    if (note->has_where)
        note->where = get_where(r);
}

static void get_counters(reader *r, es_counters_record *counters)
{
    counters->reads = get_u64(r);
    counters->bytes = get_u64(r);
    counters->container_reads = get_u64(r);
    counters->container_bytes = get_u64(r);
    counters->chunks_inflated = get_u64(r);
    counters->bytes_inflated = get_u64(r);
}

/* The small ones. */
static void get_other(reader *r, es_record *record)
{
    switch (record->kind) {
    case ES_RECORD_SNAPSHOT:
        record->snapshot.volume = get_u32(r);
        record->snapshot.number = get_u32(r);
        record->snapshot.id = get_string(r);
        record->snapshot.created = get_time(r);
        break;
    case ES_RECORD_SEGMENT:
        record->segment.name = get_string(r);
        record->segment.size = get_u64(r);
        break;
    case ES_RECORD_BAD_RANGE:
        record->bad_range.offset = get_u64(r);
        record->bad_range.length = get_u64(r);
        record->bad_range.reason = get_string(r);
        break;
    case ES_RECORD_REPEAT:
        record->repeat.reference = get_u64(r);
        record->repeat.original = get_u64(r);
        record->repeat.n = get_u64(r);
        record->repeat.installation = get_u32(r);
        record->repeat.from = get_u32(r);
        record->repeat.to = get_u32(r);
        record->repeat.snapshot = get_u32(r);
        break;
    case ES_RECORD_DIGEST:
        record->digest.md5 = get_string(r);
        record->digest.sha1 = get_string(r);
        record->digest.sha256 = get_string(r);
        break;
    case ES_RECORD_ROW:
        record->row.installation = get_u32(r);
        record->row.type = get_u32(r);
        record->row.plugin = get_string(r);
        record->row.fields = get_data(r, &record->row.n_fields);
        break;
    case ES_RECORD_STEP:
        record->step.installation = get_u32(r);
        record->step.plugin = get_string(r);
        record->step.artefact = get_string(r);
        record->step.doing = get_string(r);
        break;
    case ES_RECORD_FENCE:
        record->fence.name = get_string(r);
        break;
    case ES_RECORD_DONE:
        break;
    default:
        r->cursor.failed = 1;
    }
}

static void get_record(reader *r, es_record *record)
{
    record->kind = get_u8(r);
    switch (record->kind) {
    case ES_RECORD_IMAGE:
        get_image(r, &record->image);
        break;
    case ES_RECORD_VOLUME:
        get_volume(r, &record->volume);
        break;
    case ES_RECORD_INSTALLATION:
        get_installation(r, &record->installation);
        break;
    case ES_RECORD_PLUGIN:
        record->plugin = get_plugin(r);
        break;
    case ES_RECORD_ARTEFACT:
        get_artefact(r, &record->artefact);
        break;
    case ES_RECORD_FACT:
        get_fact(r, &record->fact);
        break;
    case ES_RECORD_VERDICT:
        get_verdict(r, &record->verdict);
        break;
    case ES_RECORD_NOTE:
    case ES_RECORD_REFUSED:
        get_note(r, &record->note);
        break;
    case ES_RECORD_COUNTERS:
        get_counters(r, &record->counters);
        break;
    default:
        get_other(r, record);
    }
}

es_status es_wire_decode(es_bytes payload, es_arena *arena, es_record *ret_record)
{
    reader r = { es_cursor_make(payload), arena, ES_OK };
    es_record record;

    memset(&record, 0, sizeof record);
    get_record(&r, &record);
    if (r.status)
        return r.status;
    if (es_cursor_failed(&r.cursor) || es_cursor_left(&r.cursor))
        return ES_CORRUPT;
    *ret_record = record;
    return ES_OK;
}
