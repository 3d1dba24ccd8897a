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
