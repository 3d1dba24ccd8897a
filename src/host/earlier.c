/* SPDX-License-Identifier: Apache-2.0
 *
 * earlier.c: shadow copies beside the states behind them, so that nothing is analysed twice.
 *
 * States of one system root come newest first. When a state is done its artefacts stay at hand
 * until the next earlier one is done too: a file whose record, runs and blocks did not change in
 * between is the same file, and what was made of it then is used again. Which blocks changed the
 * shadow copies say themselves (disk/snapshot.h).
 */
#include "host/session.h"

#include "base/text.h"

#include <esuscan/names.h>
#include <stdlib.h>

static bool is_state_of(const es_state *state, const es_state *earlier)
{
    return state->machine == earlier->machine && state->volume == earlier->volume &&
           (state->role == ES_ROLE_CURRENT || state->role == ES_ROLE_SNAPSHOT) &&
           es_name_same(es_text_of(state->system_root),
                        es_text_of(earlier->system_root));
}

es_state_work *es_later_of(es_session *session, const es_state_work *work)
{
    if (work->state->role != ES_ROLE_SNAPSHOT)
        return NULL;
    for (const es_state_work *each = work; each-- > session->work;)
        if (is_state_of(each->state, work->state))
            return &session->work[each - session->work];
    return NULL;
}

static bool has_earlier(es_session *session, const es_state_work *work)
{
    size_t n = es_states_count(session->states);

    for (const es_state_work *each = work + 1; each < session->work + n; each++)
        if (es_later_of(session, each) == work)
            return true;
    return false;
}

static bool fits(const es_opened *each, const es_state_work *later, const es_state_work *work,
                 const es_opened *opened)
{
    es_fs *there = opened->fs == work->state->fs ? later->state->fs : opened->fs;

    return each->fs == there && each->kind == opened->kind && each->status == ES_OK &&
           es_name_same(es_text_of(each->asked), es_text_of(opened->asked));
}

es_opened *es_later_opened(es_session *session, es_state_work *work, const es_opened *opened)
{
    es_state_work *later = es_later_of(session, work);
    es_opened *found = NULL;

    if (!later)
        return NULL;
    /* Both states are asked for the same things in the same order, nearly always. */
    for (es_opened *each = later->kept_next; each && !found; each = each->next)
        found = fits(each, later, work, opened) ? each : NULL;
    for (es_opened *each = later->kept; each && each != later->kept_next && !found;
         each = each->next)
        found = fits(each, later, work, opened) ? each : NULL;
    if (found)
        later->kept_next = found->next;
    return found;
}

static bool same_change(const es_zone_change *a, const es_zone_change *b)
{
    return a->year == b->year && a->month == b->month && a->weekday == b->weekday &&
           a->day == b->day && a->hour == b->hour && a->minute == b->minute;
}

/* Local times of a text log are read by the zone of its state. */
static bool same_zone(const es_zone *a, const es_zone *b)
{
    return a->known == b->known &&
           (!a->known || (a->bias == b->bias && a->standard_bias == b->standard_bias &&
                          a->daylight_bias == b->daylight_bias &&
                          same_change(&a->standard, &b->standard) &&
                          same_change(&a->daylight, &b->daylight)));
}

/* A place in the later file, as one in this. */
static void move_where(es_where *where, const es_opened *from, const es_opened *to)
{
    if (where->artefact != from->id)
        return;
    where->artefact = to->id;
    where->snapshot = to->where.snapshot;
}

static es_status repeat_facts(es_session *session, es_state_work *work, const es_opened *from,
                              const es_opened *to, size_t first, size_t n)
{
    const es_fact_record *facts;
    uint64_t room = es_ledger_takes_repeats(session->ledger);
    es_record record = { .kind = ES_RECORD_REPEAT };
    es_status status;

    if (!n)
        return ES_OK;
    if (!room)
        return ES_LIMIT;
    (void)es_ledger_facts(session->ledger, &facts);
    record.repeat = (es_repeat_record){
        .reference = session->n_references + 1, .original = facts[first].reference,
        .n = n < room ? n : room, .installation = work->state->id,
        .from = from->id, .to = to->id, .snapshot = to->where.snapshot,
    };
    status = es_ledger_put(session->ledger, &record);
    if (status == ES_OK)
        session->n_references += record.repeat.n;
    return status == ES_OK && n > room ? ES_LIMIT : status;
}

static es_status repeat_notes(es_session *session, es_state_work *work, const es_opened *from,
                              const es_opened *to, size_t first, size_t n)
{
    es_status status = ES_OK;

    for (size_t i = 0; i < n && status == ES_OK; i++) {
        const es_note_record *notes; /* they move as more are put */
        es_record record = { .kind = ES_RECORD_NOTE };

        (void)es_ledger_notes(session->ledger, &notes);
        record.note = notes[first + i];
        record.note.installation = work->state->id;
        move_where(&record.note.where, from, to);
        status = es_ledger_put(session->ledger, &record);
    }
    return status;
}

/* ------------------------------------------------------------------ what was said */

es_status es_told_begin(es_session *session, es_opened *opened, size_t plugin, es_told **ret_told)
{
    es_told *told = es_arena_take(session->arena, sizeof *told);
    const es_fact_record *facts;
    const es_note_record *notes;

    if (!told)
        return ES_NOMEM;
    *told = (es_told){
        .next = opened->told, .plugin = plugin,
        .first_fact = es_ledger_facts(session->ledger, &facts),
        .first_note = es_ledger_notes(session->ledger, &notes),
    };
    opened->told = told;
    *ret_told = told;
    return ES_OK;
}

bool es_told_is_noted(es_session *session, const es_told *told)
{
    const es_note_record *notes;
    size_t n = es_ledger_notes(session->ledger, &notes) - told->first_note;

    for (uint64_t i = 0; told->chunks && i < told->n_chunks; i++)
        n -= told->chunks[i].n_notes;
    return n > 0;
}

void es_told_end(es_session *session, es_told *told)
{
    const es_fact_record *facts;
    const es_note_record *notes;

    told->n_facts = es_ledger_facts(session->ledger, &facts) - told->first_fact;
    told->n_notes = es_ledger_notes(session->ledger, &notes) - told->first_note;
    told->done = true;
}

void es_told_free(es_opened *opened)
{
    for (es_told *each = opened->told; each; each = each->next)
        free(each->chunks);
    opened->told = NULL;
}

static es_told *told_by(const es_opened *opened, size_t plugin)
{
    for (es_told *each = opened->told; each; each = each->next)
        if (each->plugin == plugin)
            return each->done ? each : NULL;
    return NULL;
}

/* The same name in the later state, where what was said of it may hold here too. */
static const es_opened *comparable(es_session *session, es_state_work *work,
                                   const es_opened *opened)
{
    const es_state_work *later = es_later_of(session, work);
    const es_opened *from = later ? es_later_opened(session, work, opened) : NULL;

    return from && from->file && !from->file->damaged && opened->file &&
                   same_zone(&work->zone, &later->zone)
               ? from
               : NULL;
}

/* What is known of the chunks goes on to the earlier state, which is compared with a still earlier
 * one; the later state is compared with nothing any more. */
static void hand_on_chunks(es_told *from, es_told *to)
{
    to->chunks = from->chunks;
    to->n_chunks = from->n_chunks;
    to->noted = from->noted;
    from->chunks = NULL;
    for (uint64_t i = 0; to->chunks && i < to->n_chunks; i++) {
        to->chunks[i].first_fact += to->first_fact - from->first_fact;
        to->chunks[i].first_note += to->first_note - from->first_note;
    }
}

es_status es_later_repeat(es_session *session, es_state_work *work, const es_opened *opened,
                          es_told *told)
{
    const es_opened *from = comparable(session, work, opened);
    es_told *before = from ? told_by(from, told->plugin) : NULL;
    es_status status;

    if (!before || !es_file_unchanged(opened->file->file, from->file->file))
        return ES_ABSENT;
    status = repeat_facts(session, work, from, opened, before->first_fact, before->n_facts);
    if (status == ES_OK)
        status = repeat_notes(session, work, from, opened, before->first_note, before->n_notes);
    if (status == ES_OK)
        hand_on_chunks(before, told);
    return status;
}

/* A log of which the plugin noted something as a whole is read anew: perhaps not all was told. */
es_later_log es_later_log_of(es_session *session, es_state_work *work, const es_opened *opened,
                             size_t plugin)
{
    const es_opened *from = comparable(session, work, opened);
    const es_told *told = from ? told_by(from, plugin) : NULL;

    return told && told->chunks && !told->noted ? (es_later_log){ from, told }
                                                  : (es_later_log){ NULL, NULL };
}

es_status es_later_chunk(es_session *session, es_state_work *work, const es_opened *opened,
                         const es_later_log *later, uint64_t number, uint64_t offset)
{
    const es_told_chunk *chunk =
        later->told && number < later->told->n_chunks ? &later->told->chunks[number] : NULL;
    es_status status;

    if (!chunk || !chunk->done || !chunk->seen.sound ||
        !es_file_range_unchanged(opened->file->file, later->opened->file->file, offset,
                                 ES_EVTX_CHUNK))
        return ES_ABSENT;
    status = repeat_facts(session, work, later->opened, opened, chunk->first_fact, chunk->n_facts);
    return status == ES_OK ? repeat_notes(session, work, later->opened, opened, chunk->first_note,
                                          chunk->n_notes)
                           : status;
}

void es_opened_let_go(es_state_work *work)
{
    for (es_opened *each = work->kept; each; each = each->next) {
        each->hive = es_hive_set_free(each->hive);
        each->file = es_artefact_file_free(each->file);
        each->components = es_components_free(each->components);
        es_told_free(each);
    }
    work->kept = work->kept_next = NULL;
    work->catalogs = es_catalogs_free(work->catalogs);
}

void es_opened_keep(es_session *session, es_state_work *work)
{
    es_state_work *later = es_later_of(session, work);
    es_opened *next;

    if (later)
        es_opened_let_go(later);
    for (es_opened *each = work->opened; each; each = next) {
        next = each->next;
        each->next = work->kept;
        work->kept = each;
    }
    work->opened = NULL;
    work->kept_next = work->kept;
    if (!has_earlier(session, work))
        es_opened_let_go(work);
}
