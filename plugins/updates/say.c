/* SPDX-License-Identifier: Apache-2.0
 *
 * say.c: sentences, words and tables. Evidence enters a sentence as text of bounded length; the
 * reports escape what is not printable.
 */
#include "updates.h"

#include <stdio.h>

int32_t time_month(es_time time)
{
    int year, month, day;

    (void)es_time_civil(time, &year, &month, &day);
    return year * 12 + month - 1;
}

const char *month_word(int32_t month, char word[ES_TIME_WORD_SIZE])
{
    if (month == ES_MONTH_UNKNOWN)
        (void)snprintf(word, ES_TIME_WORD_SIZE, "an unknown month");
    else
        (void)snprintf(word, ES_TIME_WORD_SIZE, "%04d-%02d", (int)(month / 12),
                       (int)(month % 12 + 1));
    return word;
}

static es_text keep(const es_host *host, const char *word)
{
    void *memory = NULL;
    size_t size = strlen(word);
    es_text text = { "", 0 };

    if (host->alloc(host, size + 1, &memory) == ES_OK) {
        memcpy(memory, word, size);
        text.data = (const char *)memory;
        text.size = size;
    }
    return text;
}

es_text kb_text(const es_host *host, uint32_t kb)
{
    char word[ES_TIME_WORD_SIZE];

    (void)snprintf(word, sizeof word, "KB%u", (unsigned)kb);
    return keep(host, word);
}

es_text month_text(const es_host *host, int32_t month)
{
    char word[ES_TIME_WORD_SIZE];

    return keep(host, month_word(month, word));
}

const char *state_word(uint32_t state)
{
    static const char *const words[] = {
        [STATE_NONE] = "", [STATE_INSTALLED] = "installed", [STATE_SUPERSEDED] = "superseded",
        [STATE_STAGED] = "staged", [STATE_PENDING_INSTALL] = "pending-install",
        [STATE_PENDING_UNINSTALL] = "pending-uninstall", [STATE_UNINSTALLED] = "uninstalled",
        [STATE_FAILED] = "failed", [STATE_RESIDUE] = "residue",
    };

    return words[state < sizeof words / sizeof *words ? state : 0];
}

int state_is_in(uint32_t state)
{
    return state == STATE_INSTALLED || state == STATE_SUPERSEDED ||
           state == STATE_PENDING_UNINSTALL;
}

es_status table_add(const es_host *host, table *to, void **ret_item)
{
    if (to->n == to->capacity) {
        size_t capacity = to->capacity ? to->capacity * 2 : 64;
        void *grown = NULL;
        es_status status = host->alloc(host, capacity * to->item_size, &grown);

        if (status)
            return status;
        if (to->n)
            memcpy(grown, to->items, to->n * to->item_size);
        to->items = grown;
        to->capacity = capacity;
    }
    *ret_item = (char *)to->items + to->n++ * to->item_size;
    return ES_OK;
}

void because_fact(uint64_t *list, uint32_t *n, uint32_t maximum, uint64_t fact)
{
    for (uint32_t i = 0; i < *n; i++)
        if (list[i] == fact)
            return;
    if (*n < maximum)
        list[(*n)++] = fact;
}

void because_entry(uint64_t *list, uint32_t *n, uint32_t maximum, const entry *from)
{
    for (uint32_t i = 0; from && i < from->n_because; i++)
        because_fact(list, n, maximum, from->because[i]);
}

void say_before_setup(const work *of, es_prose *to)
{
    char at[ES_TIME_WORD_SIZE], set_up[ES_TIME_WORD_SIZE];

    es_prose_say(to, "On %s this Windows was not installed yet, as InstallDate tells (%s), and "
                     "no state and no start before that is on record. What would decide is a "
                     "record of what ran then. ",
                 es_time_word(of->at, at), es_time_word(of->set_up, set_up));
}

const char *packages_unread(const work *of)
{
    return of->own.packages_cut
               ? "Part of the packages of Component Based Servicing could not be read. "
               : "No package of Component Based Servicing could be read. ";
}

/* What limits every answer at this time, in the order of how much. */
void say_limits(const work *of, es_prose *to)
{
    char at[ES_TIME_WORD_SIZE], from[ES_TIME_WORD_SIZE];

    if (!of->own.packages_read)
        es_prose_say(to, "%s", packages_unread(of));
    if (of->past && of->base)
        es_prose_say(to, "For %s the state of %s decides, with what was installed between the "
                         "two. ",
                     es_time_word(of->at, at), es_time_word(of->base_time, from));
    else if (of->past && records_reach(of, of->at))
        es_prose_say(to, "For %s records decide; they reach back to %s. ", es_time_word(of->at, at),
                     es_time_word(of->records_from, from));
    else if (of->past)
        es_prose_say(to,
                     "For %s there is no earlier state, and no unbroken record of starts and "
                     "servicing reaches it: an update that was uninstalled since cannot be "
                     "excluded. ",
                     es_time_word(of->at, at));
    if (of->beyond)
        es_prose_say(to, "The catalogue ends on %.*s: what came after it is not known. ",
                     ES_SHOWN(of->catalogue->edition));
}
