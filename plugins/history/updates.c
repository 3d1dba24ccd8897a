/* SPDX-License-Identifier: Apache-2.0
 *
 * updates.c: what servicing and Windows Update told the event log.
 *
 * NT 6.0 writes servicing's events with identifiers 4371 to 4386, later Windows with 1 to 14; 3 and
 * 4 belong to another provider on NT 6.0, so the provider is looked at first. Names of the data
 * differ between versions: each is asked by all names it is known by, then by its place.
 */
#include "history.h"

enum { IDENTITY, KB, RESULT, STATE, UPDATE, CLIENT, ERROR_CODE, PROVIDER, EVENT_ID, RECORD,
       N_FIELDS };

static es_text any(const es_event *event, const char *const *names, int32_t index)
{
    for (; names[1]; names++) {
        es_text found = history_datum(event, names[0], -1);

        if (found.size)
            return found;
    }
    return history_datum(event, names[0], index);
}

/* What a package's state means once it was reached: the small numbers of NT 6.0, those of NT 6.1,
 * their message numbers (5000 and up), or the word. */
static const char *reached(es_text state)
{
    static const struct {
        const char *word;
        const char *result;
    } words[] = {
        { "installed", "installed" },   { "7", "installed" },    { "112", "installed" },
        { "5112", "installed" },        { "0x70", "installed" }, { "0x7", "installed" },
        { "%%5112", "installed" },      { "permanent", "installed" },
        { "8", "installed" },           { "128", "installed" },  { "%%5128", "installed" },
        { "absent", "uninstalled" },    { "0", "uninstalled" },  { "5000", "uninstalled" },
        { "0x0", "uninstalled" },       { "%%5000", "uninstalled" },
        { "staged", "staged" },         { "4", "staged" },       { "64", "staged" },
        { "5064", "staged" },           { "0x40", "staged" },    { "%%5064", "staged" },
        { "superseded", "superseded" }, { "80", "superseded" },  { "5080", "superseded" },
        { "0x50", "superseded" },       { "%%5080", "superseded" },
        { "uninstall requested", "restart-required" },
        { "install requested", "restart-required" },
        { "5", "restart-required" },    { "6", "restart-required" },
        { "96", "restart-required" },   { "0x60", "restart-required" },
    };

    while (state.size && state.data[state.size - 1] == ' ')
        state.size--;
    for (uint32_t i = 0; i < ES_COUNT(words); i++)
        if (es_name_is(state, words[i].word))
            return words[i].result;
    return NULL;
}

static const char *result_of(const es_event *event, es_text state)
{
    switch (event->id) {
    case 4371:
    case 4372:
    case 1:
        return "started";
    case 4373:
    case 4383:
    case 2:
        return reached(state);
    case 4374:
        return "not-applicable";
    case 4375:
    case 4385:
    case 3:
        return "failed";
    case 4376:
    case 4386:
    case 4:
        return "restart-required";
    default:
        return NULL;
    }
}

/* Where on NT 6.0 the state stands: (updateName,) identifier, releaseType, …, state. */
static int32_t state_at(uint32_t id)
{
    return id == 4371 ? 5 : id >= 4383 ? 4 : id >= 4371 ? 3 : 1;
}

es_status history_servicing(history_log *log, const es_event *event)
{
    static const char *const identities[] = { "PackageIdentifier", "identifier", NULL };
    static const char *const states[] = { "IntendedPackageState", "state", NULL };
    static const char *const errors[] = { "ErrorCode", "errorCode", NULL };
    int old = event->id >= 4371 && event->id <= 4386;
    int of_update = event->id >= 4383;
    es_text identity, state;
    es_datum fields[N_FIELDS];
    char room[HISTORY_KB_ROOM];
    const char *result;

    if (!old && (event->id < 1 || event->id > 4))
        return ES_OK;
    identity = any(event, identities, of_update ? 1 : 0);
    state = any(event, states, state_at(event->id));
    result = result_of(event, state);
    for (uint32_t i = 0; i < N_FIELDS; i++)
        fields[i] = es_null();
    fields[IDENTITY] = es_datum_text_or_null(identity);
    fields[KB] = es_datum_text_or_null(history_kb(identity, room));
    if (result)
        fields[RESULT] = es_datum_text(es_text_of(result));
    fields[STATE] = es_datum_text_or_null(state);
    if (of_update)
        fields[UPDATE] = es_datum_text_or_null(history_datum(event, "updateName", 0));
    fields[CLIENT] = es_datum_text_or_null(history_datum(event, "Client", -1));
    fields[ERROR_CODE] = es_datum_text_or_null(any(event, errors, -1));
    fields[PROVIDER] = es_datum_text_or_null(event->provider);
    fields[EVENT_ID] = es_datum_integer(event->id);
    fields[RECORD] = es_datum_integer((int64_t)event->record);
    return history_emit(log->host, HISTORY_FACT_SERVICING, fields, event->written, event->where);
}

es_status history_update_client(history_log *log, const es_event *event)
{
    static const struct {
        uint32_t id;
        const char *result;
        int32_t title;
    } known[] = {
        { 19, "installed", 0 },        { 20, "failed", 1 },  { 21, "restart-required", -1 },
        { 22, "restart-required", -1 }, { 43, "started", 0 }, { 44, "downloading", 0 },
    };
    es_datum fields[8];
    char room[HISTORY_KB_ROOM];

    for (uint32_t i = 0; i < ES_COUNT(known); i++) {
        es_text title;

        if (known[i].id != event->id)
            continue;
        title = history_datum(event, "updateTitle", known[i].title);
        if (!title.size) /* 21 and 22 list those that wait */
            title = history_datum(event, "updatelist", 0);
        fields[0] = es_datum_text_or_null(history_kb(title, room));
        fields[1] = es_datum_text_or_null(title);
        fields[2] = es_datum_text(es_text_of(known[i].result));
        fields[3] = es_datum_text(es_text_of("event log"));
        fields[4] = es_datum_text_or_null(history_datum(event, "updateGuid", -1));
        fields[5] = es_datum_text_or_null(history_datum(event, "errorCode",
                                                        event->id == 20 ? 0 : -1));
        fields[6] = es_datum_integer(event->id);
        fields[7] = es_datum_integer((int64_t)event->record);
        return history_emit(log->host, HISTORY_FACT_UPDATE, fields, event->written, event->where);
    }
    return ES_OK;
}
