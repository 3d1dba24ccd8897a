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

static bool is_state_of(const es_state *state, const es_state *earlier)
{
    return state->machine == earlier->machine && state->volume == earlier->volume &&
           (state->role == ES_ROLE_CURRENT || state->role == ES_ROLE_SNAPSHOT) &&
           es_text_equal_ascii_case(es_text_of(state->system_root),
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
           es_text_equal_ascii_case(es_text_of(each->asked), es_text_of(opened->asked));
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
                              const es_opened *to)
{
    es_status status = ES_OK;

    for (size_t i = 0; i < from->n_facts && status == ES_OK; i++) {
        const es_fact_record *facts; /* they move as more are put */
        es_record record = { .kind = ES_RECORD_FACT };

        if (!es_ledger_takes_facts(session->ledger))
            return ES_LIMIT;
        (void)es_ledger_facts(session->ledger, &facts);
        record.fact = facts[from->first_fact + i];
        record.fact.reference = ++session->n_references;
        record.fact.installation = work->state->id;
        move_where(&record.fact.where, from, to);
        status = es_ledger_put(session->ledger, &record);
    }
    return status;
}

static es_status repeat_notes(es_session *session, es_state_work *work, const es_opened *from,
                              const es_opened *to)
{
    es_status status = ES_OK;

    for (size_t i = 0; i < from->n_notes && status == ES_OK; i++) {
        const es_note_record *notes;
        es_record record = { .kind = ES_RECORD_NOTE };

        (void)es_ledger_notes(session->ledger, &notes);
        record.note = notes[from->first_note + i];
        record.note.installation = work->state->id;
        move_where(&record.note.where, from, to);
        status = es_ledger_put(session->ledger, &record);
    }
    return status;
}

es_status es_later_repeat(es_session *session, es_state_work *work, es_opened *opened,
                          size_t plugin)
{
    es_state_work *later = es_later_of(session, work);
    const es_opened *from = later ? es_later_opened(session, work, opened) : NULL;
    const es_fact_record *facts;
    const es_note_record *notes;
    es_opened told;
    es_status status;

    if (!from || from->told_by != plugin + 1 || !from->file || from->file->damaged ||
        !opened->file || !same_zone(&work->zone, &later->zone) ||
        !es_file_unchanged(opened->file->file, from->file->file))
        return ES_ABSENT;
    told = *from;
    opened->first_fact = es_ledger_facts(session->ledger, &facts);
    opened->first_note = es_ledger_notes(session->ledger, &notes);
    status = repeat_facts(session, work, &told, opened);
    if (status == ES_OK)
        status = repeat_notes(session, work, &told, opened);
    opened->n_facts = told.n_facts;
    opened->n_notes = told.n_notes;
    opened->told_by = status == ES_OK ? plugin + 1 : 0;
    return status;
}

void es_opened_let_go(es_state_work *work)
{
    for (es_opened *each = work->kept; each; each = each->next) {
        each->hive = es_hive_set_free(each->hive);
        each->file = es_artefact_file_free(each->file);
        each->components = es_components_free(each->components);
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
