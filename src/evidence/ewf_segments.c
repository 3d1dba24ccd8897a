/* SPDX-License-Identifier: Apache-2.0
 *
 * ewf_segments.c: see ewf_segments.h.
 *
 * The format, as Metz, "Expert Witness Compression Format (EWF)", describes it: a file header of
 * 13 bytes (signature, segment number), then sections, each with a descriptor of 76 bytes (type,
 * offset of the next one, size, Adler-32 of the first 72). The last section of a segment is "next"
 * or, in the last segment, "done"; both point at themselves.
 */
#include "evidence/ewf_segments.h"

#include <ctype.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>

#define EWF_FILE_HEADER_SIZE 13u
#define EWF_SECTION_SIZE 76u
#define EWF_TABLE_HEADER_SIZE 24u
#define EWF_VOLUME_SIZE 1052u
#define EWF_VOLUME_SMART_SIZE 94u
#define EWF_IDENTIFIER_AT 64u

static const uint8_t signature[8] = { 'E', 'V', 'F', 0x09, 0x0d, 0x0a, 0xff, 0x00 };

bool ewf_is_segment(es_bytes head)
{
    return head.size >= EWF_FILE_HEADER_SIZE && es_bytes_start(head, 0, signature, 8);
}

/* ---------------------------------------------------------------- names */

/* E01 … E99, then EAA … EZZ, FAA … ZZZ; the case of the first letter is the case of all. Past .EZZ
 * the letter has moved on, and the number of the named one says how far. */
bool ewf_segment_name(const char *name, unsigned named, unsigned number, char *ret_name,
                      size_t size)
{
    const char *dot = strrchr(name, '.');
    char a;
    int first, lead, length, stem;

    if (!dot || strlen(dot + 1) != 3 || number == 0 || number > ES_EWF_SEGMENTS_MAX)
        return false;
    a = islower((unsigned char)dot[1]) ? 'a' : 'A';
    first = dot[1] - (named < 100 ? 0 : (int)((named - 100) / 676));
    if (first != a + ('E' - 'A') && first != a + ('S' - 'A'))
        return false;
    stem = (int)(dot + 1 - name);
    if (number < 100) {
        length = snprintf(ret_name, size, "%.*s%c%02u", stem, name, first, number);
    } else {
        int n = (int)number - 100;

        lead = first + n / 676;
        if (lead > a + 25)
            return false;
        length = snprintf(ret_name, size, "%.*s%c%c%c", stem, name, lead, a + n / 26 % 26,
                          a + n % 26);
    }
    return length > 0 && (size_t)length < size;
}

/* ---------------------------------------------------------------- sections */

typedef struct section {
    char type[17];
    uint64_t next;
    uint64_t size;
} section;

/* False when the descriptor is not whole, or not one that leads on. These are libewf's rules. */
static bool parse_section(const uint8_t *data, uint64_t at, uint64_t file_size, section *ret)
{
    es_cursor c = es_cursor_make((es_bytes){ data, EWF_SECTION_SIZE });
    bool final;

    memcpy(ret->type, es_cursor_take(&c, 16).data, 16);
    ret->type[16] = '\0';
    ret->next = es_cursor_u64(&c);
    ret->size = es_cursor_u64(&c);
    es_cursor_skip(&c, 40);
    if (es_cursor_u32(&c) != libdeflate_adler32(1, data, EWF_SECTION_SIZE - 4))
        return false;
    final = strcmp(ret->type, "next") == 0 || strcmp(ret->type, "done") == 0;
    if (final)
        return ret->next == at || ret->next == at + EWF_SECTION_SIZE;
    if (ret->next <= at || ret->next > file_size || ret->next - at < EWF_SECTION_SIZE)
        return false;
    return ret->size == 0 || ret->size == ret->next - at;
}

/* What a walk carries from one section to the next. */
typedef struct walk_state {
    ewf_segment *segment;
    ewf_tables *tables;
    uint64_t sectors_end; /* of the data that the next table is of; 0: it holds its own */
} walk_state;

static es_status read_table(walk_state *now, uint64_t at, const section *s)
{
    ewf_segment *segment = now->segment;
    ewf_table table = { .file = segment->file };
    uint8_t data[EWF_TABLE_HEADER_SIZE];
    es_cursor c = es_cursor_make((es_bytes){ data, sizeof data });
    uint64_t body = s->next - at - EWF_SECTION_SIZE;
    es_status status;
    uint32_t n;

    if (body < sizeof data)
        return ES_CORRUPT;
    status = es_part_peek(segment->file, at + EWF_SECTION_SIZE, data, sizeof data);
    if (status != ES_OK)
        return status;
    n = es_cursor_u32(&c);
    es_cursor_skip(&c, 4);
    table.base = es_cursor_u64(&c);
    es_cursor_skip(&c, 4);
    if (es_cursor_u32(&c) != libdeflate_adler32(1, data, sizeof data - 4))
        return ES_CORRUPT;
    if (n == 0 || n > (body - sizeof data) / 4)
        return ES_CORRUPT;
    segment->n_chunks += n;
    if (table.base > segment->file->size)
        table.base = 0; /* no chunk will be found by it */
    table.n = n;
    table.entries_at = at + EWF_SECTION_SIZE + sizeof data;
    table.has_checksum = now->sectors_end && (body - sizeof data) / 4 > n;
    table.data_end = now->sectors_end ? now->sectors_end : s->next;
    now->sectors_end = 0;
    segment->n_tables++;
    return ewf_tables_add(now->tables, &table);
}

/* The copy of the table before it. */
static void read_twin(walk_state *now, uint64_t at, const section *s)
{
    ewf_table *table = &now->tables->list[now->tables->n - 1];

    if (s->next - at - EWF_SECTION_SIZE >= EWF_TABLE_HEADER_SIZE + (uint64_t)table->n * 4 + 4 &&
        table->has_checksum)
        table->twin_at = at + EWF_SECTION_SIZE + EWF_TABLE_HEADER_SIZE;
}

/* "volume" and "disk" in the first segment, "data" in the others: the same shape. */
static es_status read_volume(ewf_segment *segment, uint64_t at, const section *s)
{
    uint8_t data[EWF_VOLUME_SIZE];
    uint64_t body = s->next - at - EWF_SECTION_SIZE;
    size_t size = body >= sizeof data ? sizeof data : EWF_VOLUME_SMART_SIZE;
    es_cursor c = es_cursor_make((es_bytes){ data, size });
    uint64_t chunk_size;
    uint32_t sectors;
    es_status status;

    if (body < size)
        return ES_CORRUPT;
    status = es_part_peek(segment->file, at + EWF_SECTION_SIZE, data, size);
    if (status != ES_OK)
        return status;
    es_cursor_skip(&c, 8);
    sectors = es_cursor_u32(&c);
    chunk_size = (uint64_t)sectors * es_cursor_u32(&c);
    if (chunk_size > ES_EWF_CHUNK_SIZE_MAX)
        return ES_LIMIT;
    segment->n_media_sectors = size == sizeof data ? es_cursor_u64(&c) : es_cursor_u32(&c);
    if (size != sizeof data)
        return ES_OK;
    memcpy(segment->identifier, data + EWF_IDENTIFIER_AT, 16);
    for (size_t i = 0; i < 16; i++)
        segment->has_identifier |= segment->identifier[i] != 0;
    return ES_OK;
}

static es_status read_body(walk_state *now, uint64_t at, const section *s)
{
    ewf_segment *segment = now->segment;

    if (strcmp(s->type, "table") == 0)
        return read_table(now, at, s);
    if (strcmp(s->type, "table2") == 0 && segment->n_tables > 0)
        read_twin(now, at, s);
    if (strcmp(s->type, "sectors") == 0)
        now->sectors_end = s->next;
    if (strcmp(s->type, "volume") == 0 || strcmp(s->type, "disk") == 0 ||
        strcmp(s->type, "data") == 0)
        return read_volume(segment, at, s);
    segment->logical |= strcmp(s->type, "ltree") == 0;
    return ES_OK;
}

/* Walk the sections up to the first that is not whole. Only our own failures are negative; ES_LIMIT
 * is a chunk size that nobody writes. */
static es_status walk(ewf_segment *segment, ewf_tables *tables)
{
    walk_state now = { segment, tables, 0 };
    uint8_t data[EWF_SECTION_SIZE];
    uint64_t at = EWF_FILE_HEADER_SIZE;

    segment->first_table = tables->n;
    segment->usable = at;
    for (unsigned i = 0; i < ES_EWF_SECTIONS_MAX; i++) {
        section s;
        es_status status = es_part_peek(segment->file, at, data, sizeof data);

        if (status != ES_OK)
            return status < 0 ? status : ES_OK;
        if (!parse_section(data, at, segment->file->size, &s))
            return ES_OK;
        if (strcmp(s.type, "next") == 0 || strcmp(s.type, "done") == 0) {
            segment->whole = true;
            segment->last = s.type[0] == 'd';
            segment->usable = at + EWF_SECTION_SIZE;
            return ES_OK;
        }
        status = read_body(&now, at, &s);
        if (status != ES_OK)
            return status == ES_CORRUPT ? ES_OK : status;
        at = s.next;
        segment->usable = at;
    }
    return ES_OK;
}

/* ES_UNSUPPORTED: not a segment at all. */
static es_status examine(es_part *file, ewf_tables *tables, ewf_segment *ret_segment)
{
    uint8_t head[EWF_FILE_HEADER_SIZE];
    es_status status = es_part_peek(file, 0, head, sizeof head);

    if (status != ES_OK)
        return status < 0 ? status : ES_UNSUPPORTED;
    if (!ewf_is_segment((es_bytes){ head, sizeof head }))
        return ES_UNSUPPORTED;
    *ret_segment = (ewf_segment){
        .file = file,
        .number = (uint16_t)(head[9] | head[10] << 8),
    };
    return walk(ret_segment, tables);
}

/* ---------------------------------------------------------------- gathering */

typedef struct gathering {
    es_source *source;
    ewf_segment *list; /* by number: list[number], up to room */
    size_t room;
    ewf_segment named; /* the one named first */
    ewf_tables tables; /* of all that were looked at, in order of looking */
} gathering;

/* By the set identifier; where one has none (libewf writes none), by the size of the media. */
static bool same_set(const ewf_segment *a, const ewf_segment *b)
{
    if (a->has_identifier && b->has_identifier)
        return memcmp(a->identifier, b->identifier, sizeof a->identifier) == 0;
    return !a->n_media_sectors || !b->n_media_sectors ||
           a->n_media_sectors == b->n_media_sectors;
}

static es_status put(gathering *g, const ewf_segment *segment)
{
    if (segment->number >= g->room) {
        size_t room = (size_t)segment->number + 64;
        ewf_segment *list = realloc(g->list, room * sizeof *list);

        if (!list)
            return ES_NOMEM;
        memset(list + g->room, 0, (room - g->room) * sizeof *list);
        g->list = list;
        g->room = room;
    }
    g->list[segment->number] = *segment;
    return ES_OK;
}

static bool have(const gathering *g, unsigned number)
{
    return number < g->room && g->list[number].file;
}

/* The files that the examiner named: each must be a segment of this image, and only once. */
static es_status take_given(gathering *g, es_note *note)
{
    const char *image = g->source->files[0]->name;

    for (size_t i = 0; i < g->source->evidence.n_files; i++) {
        es_part *file = g->source->files[i];
        ewf_segment segment;
        es_status status = examine(file, &g->tables, &segment);

        if (status == ES_LIMIT) {
            es_note_set(note, ES_SEVERITY_ERROR, "image", "%s claims chunks larger than %u bytes, "
                        "which no imaging program writes.", file->name, ES_EWF_CHUNK_SIZE_MAX);
            return status;
        }
        if (status < 0)
            return status;
        if (status != ES_OK || segment.number == 0 || segment.number > ES_EWF_SEGMENTS_MAX) {
            es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is not a segment of an E01 image, "
                        "though %s is.", file->name, image);
            return ES_CORRUPT;
        }
        if (i == 0)
            g->named = segment;
        if (!same_set(&segment, &g->named)) {
            es_note_set(note, ES_SEVERITY_ERROR, "image", "%s belongs to another image than %s: "
                        "their set identifiers differ.", file->name, image);
            return ES_CORRUPT;
        }
        if (have(g, segment.number)) {
            es_note_set(note, ES_SEVERITY_ERROR, "image", "%s and %s both say that they are "
                        "segment %u: name only one of them.", g->list[segment.number].file->name,
                        file->name, segment.number);
            return ES_CORRUPT;
        }
        status = put(g, &segment);
        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}

/* Segment `number` from beside the named one. ES_ABSENT: missing, or another's; `ret_why` says. */
static es_status fetch(gathering *g, unsigned number, char *ret_why, size_t why_size)
{
    char name[ES_FILE_NAME_MAX + 1];
    ewf_segment segment;
    es_part *file;
    es_status status;

    if (have(g, number))
        return ES_OK;
    if (!ewf_segment_name(g->source->files[0]->name, g->named.number, number, name,
                          sizeof name)) {
        snprintf(ret_why, why_size, "segment %u was not named", number);
        return ES_ABSENT;
    }
    status = es_part_sibling(g->source, name, &file);
    if (status != ES_OK) {
        snprintf(ret_why, why_size, "segment %s is missing", name);
        return status < 0 ? status : ES_ABSENT;
    }
    status = examine(file, &g->tables, &segment);
    if (status < 0)
        return status;
    if (status != ES_OK || segment.number != number) {
        snprintf(ret_why, why_size, "%s is not segment %u of this image", name, number);
        return ES_ABSENT;
    }
    if (!same_set(&segment, &g->named)) {
        snprintf(ret_why, why_size, "%s belongs to another image", name);
        return ES_ABSENT;
    }
    return put(g, &segment);
}

/* The leading run of segments that libewf may be given, and why it ends where it ends. */
static es_status lead(gathering *g, ewf_segments *ret, es_note *note)
{
    char why[ES_FILE_NAME_MAX + 64] = "";

    for (unsigned number = 1; number <= ES_EWF_SEGMENTS_MAX; number++) {
        es_status status = fetch(g, number, why, sizeof why);
        const ewf_segment *segment;

        if (status < 0)
            return status;
        if (status == ES_ABSENT && number == 1) {
            es_note_set(note, ES_SEVERITY_ERROR, "image", "%s is segment %u of an E01 image whose "
                        "first segment is not there: %s. The first segment says how the media is "
                        "laid out; nothing can be read without it.", g->source->files[0]->name,
                        g->named.number, why);
            return ES_CORRUPT;
        }
        if (status == ES_ABSENT) {
            snprintf(ret->reason, sizeof ret->reason, "%s", why);
            return ES_OK;
        }
        segment = &g->list[number];
        ret->n = number;
        ret->n_chunks += segment->n_chunks;
        if (!segment->whole) {
            snprintf(ret->reason, sizeof ret->reason,
                     "segment %s is damaged or cut short at byte %" PRIu64, segment->file->name,
                     segment->usable);
            return ES_OK;
        }
        if (segment->last)
            return ES_OK;
    }
    return ES_OK;
}

/* The tables of the segments in use, in the order of their chunks. */
static es_status line_up(const gathering *g, ewf_segments *segments)
{
    uint64_t first = 0;
    es_status status = ES_OK;

    for (size_t i = 0; i < segments->n; i++) {
        const ewf_segment *segment = &segments->list[i];

        for (size_t k = 0; k < segment->n_tables && status == ES_OK; k++) {
            ewf_table table = g->tables.list[segment->first_table + k];

            table.first = first;
            first += table.n;
            status = ewf_tables_add(&segments->tables, &table);
        }
    }
    return status;
}

void ewf_segments_done(ewf_segments *segments)
{
    if (segments->list)
        ewf_tables_done(&segments->tables);
    free(segments->list);
    segments->list = NULL;
}

es_status ewf_segments_find(es_source *source, ewf_segments *segments, es_note *reterr_note)
{
    gathering g = { .source = source };
    es_status status;

    ewf_tables_init(&g.tables);
    *segments = (ewf_segments){ 0 };
    status = take_given(&g, reterr_note);
    if (status == ES_OK)
        status = lead(&g, segments, reterr_note);
    if (status == ES_OK) {
        memmove(g.list, g.list + 1, segments->n * sizeof *g.list);
        segments->list = g.list;
        g.list = NULL;
        ewf_tables_init(&segments->tables);
        status = line_up(&g, segments);
    }
    free(g.list);
    ewf_tables_done(&g.tables);
    return status;
}
