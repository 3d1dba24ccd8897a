/* SPDX-License-Identifier: Apache-2.0
 *
 * events.c: what the licensing service logged.
 *
 * Event 1003 of Microsoft-Windows-Security-Licensing-SLC (NT 6.0) and of its successor lists, after
 * a check of all licences, lines such as
 *
 *     4: 553673ed-6ddf-419c-a153-b760283472fd, 1, 1 [(0 [0x00000000, 1, 0], …
 *
 * activation id, whether it is installed, whether it is licensed. On 6.1 this is observed; that
 * 6.0 writes the same is assumed. A line that does not have this form says nothing.
 *
 * The service also licenses other programs than Windows: an event about another application is
 * of no Windows's licence, whatever ids it names. Ids of other products of Windows are told as
 * foreign.
 */
#include "licence.h"

#define MAX_EVENTS 2000000u
#define MAX_IDS 256u
#define LICENSING_CHECKED 1003u
#define GUID_SIZE 36u
#define WINDOWS "55c92734-d682-4d71-983e-d6ec3f16059f"

static int of_licensing(es_text provider)
{
    return es_name_is(provider, "Microsoft-Windows-Security-Licensing-SLC") ||
           es_name_is(provider, "Software Licensing Service") ||
           es_name_is(provider, "Microsoft-Windows-Security-SPP");
}

/* Behind the id: ", 1, 1 [". Returns -1 where the line has another form. */
static int licensed_behind(es_text rest)
{
    if (es_name_begins(rest, ", 1, 1 ["))
        return 1;
    return es_name_begins(rest, ", 1, 0 [") || es_name_begins(rest, ", 0, 0 [") ? 0 : -1;
}

/* The application that the event is about: the string that is nothing but a GUID. */
static es_text application_of(const es_event *event)
{
    static const uint8_t dashes[] = { 8, 13, 18, 23 };

    for (uint32_t k = 0; k < event->n_data; k++) {
        es_text text = event->data[k];
        size_t n = 0;

        if (text.size == GUID_SIZE + 2 && text.data[0] == '{' && text.data[text.size - 1] == '}')
            text = (es_text){ text.data + 1, GUID_SIZE };
        while (text.size == GUID_SIZE && n < sizeof dashes && text.data[dashes[n]] == '-')
            n++;
        if (n == sizeof dashes)
            return text;
    }
    return (es_text)ES_TEXT("");
}

static es_status emit_event(const es_host *host, const es_event *event, es_text application,
                            const es_catalogue_activation *activation, int licensed)
{
    es_datum fields[6];

    fields[0] = es_datum_integer(event->id);
    fields[1] = es_datum_text(activation->id);
    fields[2] = es_datum_text_or_null(activation->sku);
    fields[3] = licensed < 0 ? es_null() : es_datum_boolean(licensed);
    fields[4] = es_datum_boolean(!applies_to_2008(activation) ||
                                 (application.size && !es_name_is(application, WINDOWS)));
    fields[5] = es_datum_text_or_null(application);
    return es_emit(host, FACT_EVENT, fields, event->written, event->where);
}

/* What a string says of an id: 1, 0, -1 (named only), -2 (not named). */
static int string_says(es_text text, es_text id)
{
    int says = -2;

    for (uint64_t at = 0; id.size && id.size <= text.size && at <= text.size - id.size; at++) {
        es_text part = { text.data + at, id.size };
        es_text rest = { part.data + id.size, text.size - at - id.size };

        if (es_name_same(part, id) && licensed_behind(rest) > says)
            says = licensed_behind(rest);
    }
    return says;
}

static int says_of(const es_event *event, es_text id)
{
    int says = -2;

    for (uint32_t k = 0; k < event->n_data; k++) {
        int one = string_says(event->data[k], id);

        says = one > says ? one : says;
    }
    return says;
}

/* The service checks every few hours: told are the first event and each change. */
static es_status look_at(const es_host *host, const es_catalogue *catalogue, const es_event *event,
                         int8_t told[2][MAX_IDS])
{
    es_text application = application_of(event);
    int8_t *of = told[application.size && !es_name_is(application, WINDOWS)];
    es_status status = ES_OK;

    for (uint32_t i = 0; i < catalogue->n_activations && i < MAX_IDS && status == ES_OK; i++) {
        int says = says_of(event, catalogue->activations[i]->id);

        if (says == -2 || says + 2 == of[i])
            continue;
        of[i] = (int8_t)(says + 2);
        status = emit_event(host, event, application, catalogue->activations[i], says);
    }
    return status;
}

es_status examine_events(const es_host *host, const es_artefact *log)
{
    static const uint16_t wanted[] = { LICENSING_CHECKED };
    const es_catalogue *catalogue = catalogue_of(host);
    int8_t told[2][MAX_IDS];
    es_event event;
    es_status status = ES_OK;

    memset(told, 0, sizeof told);
    if (host->size >= offsetof(es_host, event_only) + sizeof host->event_only)
        status = host->event_only(host, log, wanted, ES_COUNT(wanted));
    if (status < 0)
        return status;
    for (uint32_t n = 0; catalogue && n < MAX_EVENTS; n++) {
        status = host->event_next(host, log, &event);
        if (status)
            break;
        if (event.id == LICENSING_CHECKED && of_licensing(event.provider))
            status = look_at(host, catalogue, &event, told);
        if (status)
            break;
    }
    if (status < 0 || status == ES_END || status == ES_OK)
        return status < 0 ? status : ES_OK;
    return host->note(host, 1,
                      es_text_of("the log of the licensing service cannot be read to its end"),
                      log->where);
}
