/* SPDX-License-Identifier: Apache-2.0
 *
 * list.c: the rows `updates`: one a KB of the judged state, as they are, whatever day is asked for.
 */
#include "updates.h"

/* The constant that tools write as InstallTime: the day Vista was finished. */
#define VISTA_RTM INT64_C(128069984567840868)

/* `text` is empty, and is the one for all of them. */
static es_datum remark(const work *of, const entry *one, es_prose text)
{
    if (!one->update)
        es_prose_say(&text, "The catalogue does not know this KB. ");
    if (one->state == STATE_NONE)
        es_prose_say(&text, "Its state is not known: %s. ",
                     one->has_key           ? "its key does not tell it"
                     : of->own.packages_cut ? "not all keys could be read"
                                            : "no key could be read");
    if (one->contradiction.size)
        es_prose_say(&text, "Contradicted: %.*s. ", ES_SHOWN(one->contradiction));
    else if (one->why && one->effect != YES)
        es_prose_say(&text, "Not counted as in effect%s: %s. ",
                     of->past ? " at the asked time" : "",
                     one->why);
    if (es_time_known(one->installed) && one->installed.ticks == VISTA_RTM)
        es_prose_say(&text, "Its time of installation is a constant that a known tool writes. ");
    if (one->update && es_time_known(one->update->released) && es_time_known(one->installed) &&
        one->update->kind <= ES_UPDATE_SECURITY_ONLY &&
        one->update->kind >= ES_UPDATE_MONTHLY_ROLLUP &&
        one->installed.ticks < one->update->released.ticks)
        es_prose_say(&text, "Its time of installation is before its release. ");
    if (one->update && of->is_server == NO && one->update->channel > ES_CHANNEL_GENERAL)
        es_prose_say(&text, "Published for Server 2008, and this is a client. ");
    return text.used ? es_datum_text(es_prose_text(&text)) : es_null();
}

static es_status emit(const work *of, const entry *one, es_prose text)
{
    static const char *const means[] = { "", "CBS InstallTime", "servicing record",
                                         "day of local time, Windows Installer" };
    const es_catalogue_update *update = one->update;
    es_datum fields[15];
    es_row row = { sizeof row, ROWS_UPDATES, fields };

    fields[0] = es_datum_text(kb_text(of->host, one->kb));
    fields[1] = es_datum_text_or_null(one->title);
    fields[2] = update ? es_datum_text(update->kind_word) : es_null();
    fields[3] = update && update->channel ? es_datum_text(update->channel_word) : es_null();
    fields[4] = es_datum_text_or_null(es_text_of(state_word(one->state)));
    fields[5] = es_datum_text_or_null(one->version);
    fields[6] = es_datum_time(one->installed);
    fields[7] = es_time_known(one->installed) ? es_datum_text(es_text_of(means[one->means]))
                                              : es_null();
    fields[8] = es_datum_time(one->effective_from);
    fields[9] = es_datum_text_or_null(one->client);
    fields[10] = es_datum_text_or_null(one->user_name.size ? one->user_name : one->user);
    fields[11] = es_datum_texts(one->sources, one->n_sources);
    fields[12] = one->n_sources > 1 ? es_datum_boolean(one->agree) : es_null();
    fields[13] = remark(of, one, text);
    fields[14] = es_datum_facts(one->because, one->n_because);
    return of->host->row(of->host, &row);
}

es_status list_updates(work *of)
{
    const entry *all = (const entry *)of->own.entries.items;
    es_prose text;
    es_status status = es_prose_make(of->host, 1200, &text);

    for (size_t i = 0; i < of->own.entries.n && status == ES_OK; i++)
        status = emit(of, &all[i], text);
    return status;
}
