/* SPDX-License-Identifier: Apache-2.0
 *
 * source_raw.c: images without a container: one file, numbered pieces, or a block device.
 *
 * Pieces are named image.000 image.001 … or image.001 image.002 …, or with letters: image.aa
 * image.ab …, .aaa, and split(1)'s imageaa has no dot and is read as one file. Any piece may be
 * the one that was named. A number that is missing between two others leaves a hole of the size
 * that all full pieces have: the hole is a bad range, and what follows keeps its place.
 *
 * When the examiner names several files they are the pieces, in the order given, unless their
 * names number them.
 */
#include "evidence/format.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct piece {
    es_part *file; /* NULL: missing */
    uint64_t at;   /* where it begins on the media */
    uint64_t size;
} piece;

typedef struct raw {
    es_source *source;
    piece *pieces;
    size_t n;
} raw;

/* How the name of a piece is made: a stem, then `width` digits or letters. */
typedef struct numbering {
    char stem[ES_FILE_NAME_MAX + 1];
    unsigned width;
    bool letters;
    bool upper;
    unsigned number;
} numbering;

/* ---------------------------------------------------------------- names */

static bool parse_digits(const char *digits, numbering *n)
{
    n->number = 0;
    for (const char *at = digits; *at; at++) {
        if (!isdigit((unsigned char)*at))
            return false;
        n->number = n->number * 10 + (unsigned)(*at - '0');
    }
    n->letters = false;
    return true;
}

static bool parse_letters(const char *letters, numbering *n)
{
    n->upper = isupper((unsigned char)letters[0]) != 0;
    n->number = 0;
    for (const char *at = letters; *at; at++) {
        char first = n->upper ? 'A' : 'a';

        if (*at < first || *at > first + 25)
            return false;
        n->number = n->number * 26 + (unsigned)(*at - first);
    }
    n->letters = true;
    return true;
}

/* Digits number anything; letters only from .aa on, since "img" and "dd" are letters too: they
 * count when the first piece (.aa, .aaa) is there. */
static bool parse_name(const char *name, numbering *n)
{
    const char *dot = strrchr(name, '.');
    size_t width, stem;

    if (!dot || dot == name)
        return false;
    width = strlen(dot + 1);
    stem = (size_t)(dot + 1 - name);
    if (width < 2 || width > 4 || stem >= sizeof n->stem)
        return false;
    memcpy(n->stem, name, stem);
    n->stem[stem] = '\0';
    n->width = (unsigned)width;
    return (width >= 3 && parse_digits(dot + 1, n)) || (width <= 3 && parse_letters(dot + 1, n));
}

static bool make_name(const numbering *n, unsigned number, char *ret_name, size_t size)
{
    size_t stem = strlen(n->stem);
    char tail[8];

    if (n->width >= sizeof tail || stem >= size || n->width >= size - stem)
        return false;
    for (unsigned i = n->width; i > 0; i--) {
        unsigned base = n->letters ? 26 : 10;
        char first = n->letters ? (n->upper ? 'A' : 'a') : '0';

        tail[i - 1] = (char)(first + (char)(number % base));
        number /= base;
    }
    memcpy(ret_name, n->stem, stem);
    memcpy(ret_name + stem, tail, n->width);
    ret_name[stem + n->width] = '\0';
    return number == 0;
}

/* ---------------------------------------------------------------- gathering pieces */

static es_status append(raw *state, es_part *file)
{
    piece *list = realloc(state->pieces, (state->n + 1) * sizeof *list);

    if (!list)
        return ES_NOMEM;
    state->pieces = list;
    list[state->n++] = (piece){ .file = file, .size = file ? file->size : 0 };
    return ES_OK;
}

static es_status find_piece(raw *state, const numbering *n, unsigned number, es_part **ret_file)
{
    char name[ES_FILE_NAME_MAX + 1];
    es_status status;

    if (!make_name(n, number, name, sizeof name))
        return ES_ABSENT;
    status = es_part_sibling(state->source, name, ret_file);
    return status > 0 ? ES_ABSENT : status;
}

/* The lowest number that belongs to the set: 0 or 1 (.000, .001, .aa), else as far down from the
 * named one as there are pieces without a long gap. */
static es_status find_first(raw *state, const numbering *n, unsigned *ret_first)
{
    unsigned first = n->number, missing = 0;
    es_part *file;

    for (unsigned at = n->number; at-- > 0 && missing < ES_SEGMENTS_LOOK_AHEAD;) {
        es_status status = find_piece(state, n, at, &file);

        if (status < 0)
            return status;
        if (status == ES_OK) {
            first = at;
            missing = 0;
        } else {
            missing++;
        }
    }
    *ret_first = first;
    return ES_OK;
}

static es_status gather(raw *state, const numbering *n, unsigned first)
{
    unsigned missing = 0;

    for (unsigned at = first; at - first < ES_RAW_SEGMENTS_MAX; at++) {
        es_part *file = NULL;
        es_status status = find_piece(state, n, at, &file);

        if (status < 0)
            return status;
        if (status == ES_ABSENT) {
            if (++missing > ES_SEGMENTS_LOOK_AHEAD)
                break;
            continue;
        }
        for (; missing > 0 && status == ES_OK; missing--)
            status = append(state, NULL);
        if (status == ES_OK)
            status = append(state, file);
        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}

/* A set begins with 0 or 1 (.001, .aa); what is missing before the lowest piece is a hole too. */
static unsigned set_start(const numbering *n, unsigned first)
{
    if (first == 0 || n->letters)
        return 0;
    return 1;
}

static bool has_boot_signature(es_part *file)
{
    uint8_t signature[2] = { 0 };

    return es_part_peek(file, 510, signature, 2) == ES_OK && signature[0] == 0x55 &&
           signature[1] == 0xaa;
}

static es_status gather_numbered(raw *state, const numbering *n)
{
    unsigned first = n->number, start;
    es_status status = find_first(state, n, &first);

    if (status != ES_OK)
        return status;
    start = set_start(n, first);
    if (first - start > ES_SEGMENTS_LOOK_AHEAD)
        return append(state, state->source->files[0]); /* no set: a name that happens to end so */
    for (unsigned at = start; at < first && status == ES_OK; at++)
        status = append(state, NULL);
    if (status == ES_OK)
        status = gather(state, n, first);
    if (status == ES_OK && first > start && state->n == first - start + 1 &&
        has_boot_signature(state->source->files[0])) {
        state->pieces[0] = state->pieces[state->n - 1]; /* alone, and it is a disk by itself */
        state->n = 1;
    }
    return status;
}

static es_status gather_given(raw *state)
{
    for (size_t i = 0; i < state->source->evidence.n_files; i++) {
        es_status status = append(state, state->source->files[i]);

        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}

/* Every file that was named is a piece of the set that the first one's name numbers. */
static bool has_all_given(const raw *state)
{
    for (size_t i = 0; i < state->source->evidence.n_files; i++) {
        bool found = false;

        for (size_t j = 0; j < state->n; j++)
            found |= state->pieces[j].file == state->source->files[i];
        if (!found)
            return false;
    }
    return true;
}

/* Whether a name with letters is a piece at all: only if its set's first piece is there. */
static es_status is_numbered(raw *state, numbering *n, bool *ret_numbered)
{
    es_part *first = state->source->files[0];
    es_status status;

    *ret_numbered = false;
    if (first->device || !parse_name(first->name, n))
        return ES_OK;
    if (n->letters && n->number != 0) {
        status = find_piece(state, n, 0, &first);
        if (status != ES_OK)
            return status < 0 ? status : ES_OK;
    }
    *ret_numbered = true;
    return ES_OK;
}

/* ---------------------------------------------------------------- placing */

/* All pieces but the last are of one size: the largest of them. */
static uint64_t full_size(const raw *state)
{
    uint64_t full = 0;

    for (size_t i = 0; i < state->n; i++) {
        if (state->pieces[i].file && state->pieces[i].size > full && (i + 1 < state->n || !full))
            full = state->pieces[i].size;
    }
    return full;
}

static es_status place(raw *state, bool numbered, es_note *note)
{
    uint64_t full = full_size(state), at = 0;

    for (size_t i = 0; i < state->n; i++) {
        piece *p = &state->pieces[i];

        if (!p->file || (numbered && i + 1 < state->n && p->size < full))
            p->size = full;
        if (p->size > ES_MEDIA_SIZE_MAX - at) {
            es_note_set(note, ES_SEVERITY_ERROR, "image", "the pieces of %s are larger than any "
                        "disk.", state->source->files[0]->name);
            return ES_LIMIT;
        }
        p->at = at;
        at += p->size;
    }
    state->source->size = at;
    return ES_OK;
}

static es_status note_holes(raw *state, const numbering *n)
{
    unsigned start = n->number;
    es_status status = ES_OK;

    for (size_t i = 0; i < state->n; i++) {
        if (state->pieces[i].file == state->source->files[0])
            start = n->number - (unsigned)i;
    }
    for (size_t i = 0; i < state->n && status == ES_OK; i++) {
        piece *p = &state->pieces[i];
        char name[ES_FILE_NAME_MAX + 1], reason[ES_FILE_NAME_MAX + 32];

        if (p->file) {
            status = es_source_add_segment(state->source, p->file);
            snprintf(reason, sizeof reason, "segment %s is shorter than the others",
                     p->file->name);
            if (status == ES_OK && p->size > p->file->size)
                status = es_source_bad(state->source, p->at + p->file->size,
                                       p->size - p->file->size, reason);
            continue;
        }
        make_name(n, start + (unsigned)i, name, sizeof name);
        snprintf(reason, sizeof reason, "segment %s is missing", name);
        status = es_source_bad(state->source, p->at, p->size, reason);
    }
    return status;
}

/* ---------------------------------------------------------------- the format */

static int probe_raw(const es_probe *probe)
{
    (void)probe;
    return 1;
}

static es_status open_raw(es_source *source, es_note *note)
{
    numbering n = { 0 };
    bool numbered;
    raw *state = calloc(1, sizeof *state);
    es_status status;

    if (!state)
        return ES_NOMEM;
    state->source = source;
    source->state = state;
    status = is_numbered(state, &n, &numbered);
    if (status == ES_OK && numbered) {
        status = gather_numbered(state, &n);
        numbered = has_all_given(state);
    }
    if (status == ES_OK && !numbered) {
        state->n = 0;
        status = gather_given(state);
    }
    if (status == ES_OK)
        status = place(state, numbered, note);
    if (status == ES_OK)
        status = note_holes(state, &n);
    if (status != ES_OK)
        return status;
    if (state->n > 1)
        source->name = "split raw";
    else if (source->files[0]->device)
        source->name = "block device";
    source->sector_size = source->files[0]->sector_size;
    return ES_OK;
}

typedef struct placed {
    es_source *source;
    uint64_t at;
} placed;

static es_status bad_in_piece(void *context, uint64_t offset, uint64_t length, const char *reason)
{
    const placed *where = context;

    return es_source_bad(where->source, where->at + offset, length, reason);
}

static size_t piece_at(const raw *state, uint64_t offset)
{
    size_t low = 0, high = state->n;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (state->pieces[middle].at <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static es_status read_raw(es_source *source, uint64_t offset, uint8_t *buffer, uint64_t size)
{
    const raw *state = source->state;

    for (size_t i = piece_at(state, offset); i < state->n && size > 0; i++) {
        const piece *p = &state->pieces[i];
        placed where = { source, p->at };
        uint64_t inside = offset - p->at;
        uint64_t part = inside >= p->size ? 0 : p->size - inside;
        uint64_t held = p->file && inside < p->file->size ? p->file->size - inside : 0;
        es_status status = ES_OK;

        if (part > size)
            part = size;
        if (held > part)
            held = part;
        if (held)
            status = es_part_read(p->file, inside, buffer, held, bad_in_piece, &where);
        memset(buffer + held, 0, (size_t)(part - held));
        if (status != ES_OK)
            return status;
        offset += part;
        buffer += part;
        size -= part;
    }
    return size == 0 ? ES_OK : ES_BUG;
}

static void close_raw(void *state)
{
    raw *mine = state;

    free(mine->pieces);
    free(mine);
}

const es_format es_format_raw = {
    .name = "raw",
    .probe = probe_raw,
    .open = open_raw,
    .read = read_raw,
    .close = close_raw,
};
