/* SPDX-License-Identifier: Apache-2.0
 *
 * evtx_xml.c: the binary XML of one event record.
 *
 * A record is an instance of a template: the template has the elements, the instance the values
 * that stand in them, and a value may be binary XML again. Nothing is rendered as XML: the walk
 * knows where in the document it is and keeps what belongs there,
 *
 *     Event/System/…               provider, identifier, level, channel, computer, user
 *     Event/EventData/Data         a datum, named by its attribute Name
 *     Event/EventData/Binary       the binary
 *     Event/UserData/…/leaf        a datum, named by its element
 *
 * Templates and names lie anywhere in the chunk, by offset, so a record can be made to point to
 * itself or to grow without end: steps, depth, text and data of one record have caps, and so have the
 * steps of all records of a chunk (evtx.c).
 */
#include "windows/evtx_inside.h"

#include <stdlib.h>

/* Internal: the record is not wanted; the walk is over. */
#define UNWANTED ES_END
/* Bytes of a value or text that cost as much as a token. */
#define BYTES_A_STEP 64u

/* Elements and attributes that mean something. */
typedef enum word {
    WORD_OTHER,
    WORD_SYSTEM,
    WORD_PROVIDER,
    WORD_EVENT_ID,
    WORD_LEVEL,
    WORD_CHANNEL,
    WORD_COMPUTER,
    WORD_SECURITY,
    WORD_EVENT_DATA,
    WORD_USER_DATA,
    WORD_DATA,
    WORD_BINARY,
    WORD_NAME,
    WORD_GUID,
    WORD_USER_ID,
    N_WORDS,
} word;

typedef struct level {
    word name;
    es_bytes utf16;
    uint32_t text_at;
    es_text data_name;
    bool omitted;  /* the value it depends on is null */
    bool children; /* so its text is only layout */
    bool stored;   /* its data were kept item by item */
} level;

typedef struct values {
    es_evtx_value items[ES_EVTX_VALUES_MAX];
    uint32_t n;
} values;

typedef struct document {
    es_evtx_record *record;
    level levels[ES_EVTX_DEPTH_MAX];
    uint32_t n_levels;
    bool in_attribute, attribute_there;
    word attribute;
    uint32_t attribute_at;
} document;

typedef struct fragment {
    document *walk;
    es_cursor from;
    const values *given; /* NULL outside templates */
    bool dependencies;   /* elements say which value they depend on */
    uint32_t nesting;
} fragment;

static es_status walk_fragment(fragment *now);

static word word_of(es_bytes utf16)
{
    static const char *const words[N_WORDS] = {
        "", "System", "Provider", "EventID", "Level", "Channel", "Computer", "Security",
        "EventData", "UserData", "Data", "Binary", "Name", "Guid", "UserID",
    };

    for (int i = 1; i < N_WORDS; i++) {
        const char *at = words[i];
        uint64_t k = 0;

        while (k < utf16.size && *at && utf16.data[k] == (uint8_t)*at && !utf16.data[k + 1])
            at++, k += 2;
        if (k == utf16.size && !*at)
            return (word)i;
    }
    return WORD_OTHER;
}

/* A name stands where its offset says: right here when it is used for the first time. */
static es_bytes take_name(fragment *now)
{
    const es_bytes chunk = now->walk->record->chunk;
    uint32_t offset = es_cursor_u32(&now->from);
    es_cursor there = es_cursor_make(chunk);
    es_cursor *at = &there;
    uint32_t n;

    if (offset == now->from.at)
        at = &now->from;
    else
        es_cursor_seek(&there, offset);
    es_cursor_skip(at, 6); /* the next name of its bucket, and a hash */
    n = es_cursor_u16(at);
    es_bytes name = es_cursor_take(at, (uint64_t)n * 2);
    es_cursor_skip(at, 2);
    if (es_cursor_failed(&there))
        now->from.failed = 1;
    return name;
}

static es_text text_from(const es_evtx_scratch *scratch, uint32_t at)
{
    es_text text = { scratch->data + at, scratch->used - at };

    return text;
}

/* ------------------------------------------------------------------ what is kept */

static word section(const document *walk)
{
    return walk->n_levels >= 2 ? walk->levels[1].name : WORD_OTHER;
}

static void keep_attribute(document *walk)
{
    es_evtx_event *event = &walk->record->event;
    level *top = &walk->levels[walk->n_levels - 1];
    es_text text = text_from(&walk->record->scratch, walk->attribute_at);

    walk->in_attribute = false;
    if (!walk->attribute_there || top->omitted)
        return;
    if (section(walk) == WORD_SYSTEM && walk->n_levels == 3) {
        if (top->name == WORD_PROVIDER && walk->attribute == WORD_NAME)
            event->provider = text;
        else if (top->name == WORD_PROVIDER && walk->attribute == WORD_GUID)
            event->provider_guid = text;
        else if (top->name == WORD_SECURITY && walk->attribute == WORD_USER_ID)
            event->user_sid = text;
    } else if (walk->attribute == WORD_NAME) {
        top->data_name = text;
    }
}

static uint32_t number_of(es_text text)
{
    uint32_t number = 0;

    for (uint64_t i = 0; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        number = number * 10 + (uint32_t)(text.data[i] - '0');
    return number;
}

static es_status keep_system(es_evtx_record *record, word name, es_text text)
{
    es_evtx_event *event = &record->event;

    switch (name) {
    case WORD_EVENT_ID:
        event->id = number_of(text) & 0xffffu;
        record->has_id = true;
        record->unwanted = record->wanted &&
                           !(record->wanted[event->id / 8] & 1u << event->id % 8);
        return record->unwanted ? UNWANTED : ES_OK;
    case WORD_LEVEL: event->level = number_of(text); break;
    case WORD_CHANNEL: event->channel = text; break;
    case WORD_COMPUTER: event->computer = text; break;
    default: break;
    }
    return ES_OK;
}

static es_status keep_datum(es_evtx_record *record, const level *of, es_text text)
{
    es_evtx_event *event = &record->event;
    es_text name = of->data_name;

    if (event->n_data == ES_EVTX_DATA_MAX)
        return ES_LIMIT;
    if (!name.size && of->name != WORD_DATA) {
        uint32_t at = record->scratch.used;

        es_evtx_put_utf16(&record->scratch, of->utf16);
        name = text_from(&record->scratch, at);
    }
    record->names[event->n_data] = name;
    record->data[event->n_data++] = text;
    return ES_OK;
}

static bool holds_data(const document *walk)
{
    return walk->n_levels >= 3 &&
           (section(walk) == WORD_EVENT_DATA || section(walk) == WORD_USER_DATA);
}

static es_status end_element(document *walk)
{
    level *top;
    es_text text;
    es_status status = ES_OK;

    if (!walk->n_levels)
        return ES_CORRUPT;
    top = &walk->levels[walk->n_levels - 1];
    text = text_from(&walk->record->scratch, top->text_at);
    if (top->children || top->omitted || top->stored)
        status = ES_OK;
    else if (section(walk) == WORD_SYSTEM && walk->n_levels == 3)
        status = keep_system(walk->record, top->name, text);
    else if (holds_data(walk) && top->name != WORD_BINARY)
        status = keep_datum(walk->record, top, text);
    walk->n_levels--;
    return status;
}

/* ------------------------------------------------------------------ values */

static es_status put_item(document *walk, uint32_t type, es_bytes item)
{
    es_evtx_record *record = walk->record;
    uint32_t at = record->scratch.used;

    es_evtx_render(&record->scratch, type, item);
    return keep_datum(record, &walk->levels[walk->n_levels - 1], text_from(&record->scratch, at));
}

/* Strings stand one behind the other, each with a NUL. */
static es_status put_strings(document *walk, es_bytes all, uint32_t width)
{
    es_status status = ES_OK;

    for (uint64_t at = 0; at < all.size && status == ES_OK;) {
        uint64_t end = at;

        while (all.size - end >= width && (all.data[end] || all.data[end + width - 1]))
            end += width;
        status = put_item(walk, width == 2 ? ES_EVTX_STRING : 2,
                          (es_bytes){ all.data + at, end - at });
        at = all.size - end >= width ? end + width : all.size;
        if (walk->record->scratch.full)
            return ES_LIMIT;
    }
    return status;
}

/* Every item of an array is a datum of its own. */
static es_status put_array(document *walk, uint32_t type, es_bytes all)
{
    uint32_t size = es_evtx_item_size(type);
    es_status status = ES_OK;

    if (!holds_data(walk) || walk->in_attribute) {
        es_evtx_render(&walk->record->scratch, type, all);
        return ES_OK;
    }
    walk->levels[walk->n_levels - 1].stored = true;
    if (type == ES_EVTX_STRING || type == 2)
        return put_strings(walk, all, type == ES_EVTX_STRING ? 2 : 1);
    if (!size)
        return put_item(walk, ES_EVTX_BINARY, all);
    for (uint64_t at = 0; all.size - at >= size && status == ES_OK; at += size)
        status = put_item(walk, type, (es_bytes){ all.data + at, size });
    return status;
}

/* Count steps; ES_LIMIT when they are too many for one record. */
static es_status charge(document *walk, uint64_t n)
{
    es_evtx_record *record = walk->record;

    record->steps += (uint32_t)n;
    return record->steps > ES_EVTX_STEPS_MAX ? ES_LIMIT : ES_OK;
}

static es_status put_value(fragment *now, const es_evtx_value *value)
{
    document *walk = now->walk;
    level *top = walk->n_levels ? &walk->levels[walk->n_levels - 1] : NULL;
    es_cursor chunk = es_cursor_make(walk->record->chunk);
    es_bytes data = es_cursor_slice(&chunk, value->at, value->size);

    if (value->type == ES_EVTX_NULL || (top && top->omitted))
        return ES_OK;
    if (value->type == ES_EVTX_XML) {
        fragment inner = { .walk = walk, .from = es_cursor_make(walk->record->chunk),
                           .nesting = now->nesting + 1 };

        if (inner.nesting > ES_EVTX_NESTING_MAX || walk->in_attribute)
            return ES_LIMIT;
        inner.from.size = value->at + value->size;
        es_cursor_seek(&inner.from, value->at);
        return walk_fragment(&inner);
    }
    walk->attribute_there = true;
    if (charge(walk, value->size / BYTES_A_STEP) != ES_OK)
        return ES_LIMIT;
    if (top && top->name == WORD_BINARY && value->type == ES_EVTX_BINARY && !walk->in_attribute) {
        walk->record->event.binary = data;
        return ES_OK;
    }
    if (value->type & ES_EVTX_ARRAY)
        return top ? put_array(walk, value->type & ~ES_EVTX_ARRAY, data) : ES_CORRUPT;
    es_evtx_render(&walk->record->scratch, value->type, data);
    return walk->record->scratch.full ? ES_LIMIT : ES_OK;
}

/* ------------------------------------------------------------------ tokens */

static es_status open_element(fragment *now, bool attributes)
{
    document *walk = now->walk;
    level *top;
    uint32_t depends = now->dependencies ? es_cursor_u16(&now->from) : 0xffffu;
    es_bytes name;

    es_cursor_skip(&now->from, 4); /* its size */
    name = take_name(now);
    if (attributes)
        es_cursor_skip(&now->from, 4);
    if (es_cursor_failed(&now->from))
        return ES_CORRUPT;
    if (walk->n_levels == ES_EVTX_DEPTH_MAX)
        return ES_LIMIT;
    top = &walk->levels[walk->n_levels];
    *top = (level){ .name = word_of(name), .utf16 = name,
                    .text_at = walk->record->scratch.used };
    if (now->given && depends < now->given->n)
        top->omitted = now->given->items[depends].type == ES_EVTX_NULL;
    if (walk->n_levels) {
        top->omitted |= walk->levels[walk->n_levels - 1].omitted;
        walk->levels[walk->n_levels - 1].children = true;
    }
    walk->n_levels++;
    return ES_OK;
}

static es_status close_start(document *walk)
{
    if (!walk->n_levels)
        return ES_CORRUPT;
    if (walk->in_attribute)
        keep_attribute(walk);
    walk->levels[walk->n_levels - 1].text_at = walk->record->scratch.used;
    return ES_OK;
}

static es_status begin_attribute(fragment *now)
{
    document *walk = now->walk;

    if (!walk->n_levels)
        return ES_CORRUPT;
    if (walk->in_attribute)
        keep_attribute(walk);
    walk->attribute = word_of(take_name(now));
    walk->in_attribute = true;
    walk->attribute_there = false;
    walk->attribute_at = walk->record->scratch.used;
    return ES_OK;
}

/* Characters behind a count of them: literal text, CDATA. */
static es_status put_literal(fragment *now)
{
    uint32_t n = es_cursor_u16(&now->from);
    es_bytes utf16 = es_cursor_take(&now->from, (uint64_t)n * 2);

    now->walk->attribute_there = true;
    es_evtx_put_utf16(&now->walk->record->scratch, utf16);
    return charge(now->walk, n * 2 / BYTES_A_STEP);
}

static es_status put_reference(fragment *now)
{
    static const struct {
        char name[5];
        char is;
    } known[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' } };
    es_bytes name = take_name(now);

    now->walk->attribute_there = true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t k = 0, n = strlen(known[i].name);

        while (k < n && name.size == 2 * n && name.data[2 * k] == (uint8_t)known[i].name[k])
            k++;
        if (k == n)
            es_evtx_put_character(&now->walk->record->scratch, (uint8_t)known[i].is);
    }
    return ES_OK;
}

static es_status substitute(fragment *now)
{
    uint32_t index = es_cursor_u16(&now->from);

    es_cursor_skip(&now->from, 1);
    if (es_cursor_failed(&now->from) || !now->given || index >= now->given->n)
        return ES_CORRUPT;
    return put_value(now, &now->given->items[index]);
}

static es_status take_values(es_cursor *from, values *ret)
{
    uint64_t at;

    ret->n = es_cursor_u32(from);
    if (es_cursor_failed(from))
        return ES_CORRUPT;
    if (ret->n > ES_EVTX_VALUES_MAX)
        return ES_LIMIT;
    for (uint32_t i = 0; i < ret->n; i++) {
        ret->items[i].size = es_cursor_u16(from);
        ret->items[i].type = es_cursor_u8(from);
        es_cursor_skip(from, 1);
    }
    at = from->at;
    for (uint32_t i = 0; i < ret->n; i++) {
        ret->items[i].at = at;
        es_cursor_skip(from, ret->items[i].size);
        at = from->at;
    }
    return es_cursor_failed(from) ? ES_CORRUPT : ES_OK;
}

static es_status instantiate(fragment *now)
{
    const es_bytes chunk = now->walk->record->chunk;
    fragment body = { .walk = now->walk, .from = es_cursor_make(chunk), .dependencies = true,
                      .nesting = now->nesting + 1 };
    values *given;
    uint32_t offset, size;
    es_status status;

    if (body.nesting > ES_EVTX_NESTING_MAX)
        return ES_LIMIT;
    es_cursor_skip(&now->from, 5); /* 1, and the template's identifier */
    offset = es_cursor_u32(&now->from);
    es_cursor_seek(&body.from, offset);
    es_cursor_skip(&body.from, 20); /* the next template of its bucket, and its GUID */
    size = es_cursor_u32(&body.from);
    if (es_cursor_failed(&body.from) || size > es_cursor_left(&body.from))
        return ES_CORRUPT;
    body.from.size = body.from.at + size;
    if (offset == now->from.at)
        es_cursor_skip(&now->from, 24 + (uint64_t)size);
    given = malloc(sizeof *given);
    if (!given)
        return ES_NOMEM;
    status = take_values(&now->from, given);
    body.given = given;
    if (status == ES_OK)
        status = charge(now->walk, given->n);
    if (status == ES_OK)
        status = walk_fragment(&body);
    free(given);
    return status;
}

static es_status take_token(fragment *now, uint8_t token)
{
    document *walk = now->walk;
    es_status status;

    switch (token & 0xbfu) {
    case 0x01: return open_element(now, token & 0x40);
    case 0x02: return close_start(walk);
    case 0x03:
        status = close_start(walk);
        return status == ES_OK ? end_element(walk) : status;
    case 0x04: return end_element(walk);
    case 0x05: return es_cursor_u8(&now->from) == ES_EVTX_STRING ? put_literal(now) : ES_CORRUPT;
    case 0x06: return begin_attribute(now);
    case 0x07: return put_literal(now);
    case 0x08:
        es_evtx_put_character(&walk->record->scratch, es_cursor_u16(&now->from));
        return ES_OK;
    case 0x09: return put_reference(now);
    case 0x0a: take_name(now); return ES_OK;
    case 0x0b: es_cursor_skip(&now->from, (uint64_t)es_cursor_u16(&now->from) * 2); return ES_OK;
    case 0x0c: return instantiate(now);
    case 0x0d:
    case 0x0e: return substitute(now);
    case 0x0f: es_cursor_skip(&now->from, 3); return ES_OK;
    default: return ES_CORRUPT;
    }
}

static es_status walk_fragment(fragment *now)
{
    uint32_t depth = now->walk->n_levels;
    es_status status = ES_OK;

    while (status == ES_OK && es_cursor_left(&now->from)) {
        uint8_t token = es_cursor_u8(&now->from);

        if (!token)
            break;
        status = charge(now->walk, 1);
        if (status == ES_OK)
            status = take_token(now, token);
        if (status == ES_OK && (es_cursor_failed(&now->from) || now->walk->n_levels < depth))
            status = ES_CORRUPT;
        if (status == ES_OK && now->walk->record->scratch.full)
            status = ES_LIMIT;
    }
    if (status == ES_OK && (es_cursor_failed(&now->from) || now->walk->n_levels != depth))
        status = ES_CORRUPT;
    return status;
}

es_status es_evtx_walk(es_evtx_record *record, uint64_t at, uint64_t end)
{
    document walk = { .record = record };
    fragment top = { .walk = &walk, .from = es_cursor_make(record->chunk), .dependencies = true };
    es_status status;

    top.from.size = end;
    es_cursor_seek(&top.from, at);
    status = walk_fragment(&top);
    record->event.data = record->data;
    record->event.data_names = record->names;
    if (status == UNWANTED && record->unwanted)
        return ES_OK;
    return status == ES_OK && !record->has_id ? ES_CORRUPT : status;
}
