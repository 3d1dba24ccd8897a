/* SPDX-License-Identifier: Apache-2.0
 *
 * text.c: what text logs add: starts and device installations of setupapi, results of Windows
 * Update, failures of servicing.
 *
 * Their lines were written for people. Only the forms that are known are read; a line that fits
 * none is left alone. Times are local, but for those of Windows Update's reports, which carry their
 * offset; where the machine's zone is not known a fact has no time rather than a wrong one.
 */
#include "history.h"

typedef struct text_log {
    const es_host *host;
    const es_artefact *artefact;
    es_text name;
    es_text device;       /* of the section that begins with the next line, */
    const es_where *head; /* and where its head does */
    uint64_t head_number;
    int64_t build;  /* as the header states it, until the first boot session; -1 else */
    char room[512];
} text_log;

static int starts(es_text text, const char *with)
{
    uint64_t n = strlen(with);

    return text.size >= n && memcmp(text.data, with, (size_t)n) == 0;
}

static es_text after(es_text text, uint64_t n)
{
    return (es_text){ text.data + n, text.size - n };
}

/* Where `what` stands in the text; its size when it does not. */
static uint64_t find(es_text text, const char *what)
{
    uint64_t n = strlen(what);

    for (uint64_t at = 0; n <= text.size && at <= text.size - n; at++)
        if (text.data[at] == what[0] && memcmp(text.data + at, what, (size_t)n) == 0)
            return at;
    return text.size;
}

static es_text trim(es_text text)
{
    while (text.size && (*text.data == ' ' || *text.data == '\t'))
        text = after(text, 1);
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == ']'))
        text.size--;
    return text;
}

/* "2015/11/22 17:58:03.498" or "2009-06-11 13:33:08", as they stand; 19 characters at least. */
static es_time local_digits(es_text text)
{
    char iso[24];
    es_time none = { 0, ES_TIME_NONE, 0 };
    uint64_t n = text.size > 23 ? 23 : text.size;

    if (n < 19)
        return none;
    memcpy(iso, text.data, (size_t)n);
    iso[4] = iso[4] == '/' ? '-' : iso[4];
    iso[7] = iso[7] == '/' ? '-' : iso[7];
    if (iso[10] == ' ')
        iso[10] = 'T';
    if (n < 23 || (iso[19] != '.' && iso[19] != ':'))
        return history_time((es_text){ iso, 19 });
    iso[19] = '.';
    none = history_time((es_text){ iso, 23 });
    if (es_time_known(none))
        none.precision = ES_TIME_MILLISECOND;
    return none;
}

static es_time utc(const text_log *log, es_time local)
{
    es_time time;

    if (log->host->time_from_local(log->host, local, &time) != ES_OK)
        return (es_time){ 0, ES_TIME_NONE, 0 };
    return time;
}

/* ------------------------------------------------------------------ setupapi */

static es_status boot_session(text_log *log, const es_line *line)
{
    es_datum fields[11];

    for (uint32_t i = 0; i < ES_COUNT(fields); i++)
        fields[i] = es_null();
    fields[0] = es_datum_text(es_text_of("boot-session"));
    if (log->build >= 0)
        fields[1] = es_datum_integer(log->build);
    log->build = -1;
    fields[4] = es_datum_text(line->text);
    fields[7] = es_datum_text(log->name);
    fields[9] = es_datum_integer((int64_t)line->number);
    return history_emit(log->host, HISTORY_FACT_BOOT, fields,
                        utc(log, local_digits(after(line->text, 15))), line->where);
}

static es_status device(text_log *log, const es_line *line)
{
    es_text what = log->device, name = { "", 0 };
    uint64_t dash = find(what, " - ");
    es_datum fields[4];
    const es_where *both = line->where; /* its head, which names the device, and its time */

    if (log->host->size >= offsetof(es_host, span) + sizeof log->host->span)
        (void)log->host->span(log->host, log->head, line->where, &both);
    log->device.size = 0;
    if (dash < what.size) {
        name = trim(after(what, dash + 3));
        what.size = dash;
    }
    fields[0] = es_datum_text_or_null(what);
    fields[1] = es_datum_text_or_null(name);
    fields[2] = es_datum_text(log->name);
    fields[3] = es_datum_integer((int64_t)line->number);
    return history_emit(log->host, HISTORY_FACT_DEVICE, fields,
                        utc(log, local_digits(trim(after(line->text, 18)))), both);
}

/* The build in "6.0.6002"; -1 if it is no such text. */
static int64_t build_of(es_text version)
{
    uint64_t end = version.size, at;
    es_datum number;

    for (at = end; at && version.data[at - 1] != '.'; at--)
        ;
    number = history_number(after(version, at));
    return at && number.type == ES_FIELD_INTEGER ? number.integer : -1;
}

/* The header, once per file: " OS Version = 6.0.6002". It shows the Windows that began the log; the
 * first boot session is the one in which it did. */
static es_status header(text_log *log, const es_line *line)
{
    static const char *const keys[] = { "OS Version = ", "Service Pack = ", "Architecture = " };
    es_text text = trim(line->text);

    for (uint32_t i = 0; i < ES_COUNT(keys); i++)
        if (starts(text, keys[i])) {
            es_datum fields[4];

            fields[0] = es_datum_text(log->name);
            fields[1] = es_datum_text((es_text){ keys[i], strlen(keys[i]) - 3 });
            fields[2] = es_datum_text_or_null(after(text, strlen(keys[i])));
            if (i == 0)
                log->build = build_of(after(text, strlen(keys[i])));
            fields[3] = es_datum_integer((int64_t)line->number);
            return history_emit(log->host, HISTORY_FACT_HEADER, fields,
                                (es_time){ 0, ES_TIME_NONE, 0 }, line->where);
        }
    return ES_OK;
}

static es_status setupapi(text_log *log, const es_line *line)
{
    if (starts(line->text, "[Boot Session: "))
        return boot_session(log, line);
    if (starts(line->text, ">>>  "))
        log->build = -1; /* the log begins within a session of which it does not tell */
    if (starts(line->text, ">>>  [")) {
        es_text what = trim(after(line->text, 6));

        if (what.size > sizeof log->room)
            what.size = sizeof log->room;
        while (what.size && ((uint8_t)what.data[what.size - 1] & 0xc0) == 0x80 &&
               what.size == sizeof log->room)
            what.size--;
        memcpy(log->room, what.data, (size_t)what.size);
        log->device = (es_text){ log->room, what.size };
        log->head_number = line->number;
        return log->host->place(log->host, line->where, 0, 0, &log->head);
    }
    if (starts(line->text, ">>>  Section start") && log->device.size &&
        line->number == log->head_number + 1)
        return device(log, line);
    return line->number < 16 ? header(log, line) : ES_OK;
}

/* ------------------------------------------------------------------ Windows Update */

/* The tab-separated fields of a report. */
static uint32_t split(es_text text, es_text *fields, uint32_t n)
{
    uint32_t found = 0;

    while (found < n) {
        uint64_t at = 0;

        while (at < text.size && text.data[at] != '\t')
            at++;
        fields[found++] = (es_text){ text.data, at };
        if (at == text.size)
            break;
        text = after(text, at + 1);
    }
    return found;
}

/* "2012-01-11 14:30:00:123+0100" */
static es_time with_offset(es_text text)
{
    es_time time = local_digits(text);
    int64_t minutes = 0;

    if (!es_time_known(time) || text.size < 28 || (text.data[23] != '+' && text.data[23] != '-'))
        return (es_time){ 0, ES_TIME_NONE, 0 };
    for (uint32_t i = 24; i < 28; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return (es_time){ 0, ES_TIME_NONE, 0 };
    minutes = ((text.data[24] - '0') * 10 + text.data[25] - '0') * 60 +
              (text.data[26] - '0') * 10 + text.data[27] - '0';
    time.ticks -= (text.data[23] == '+' ? minutes : -minutes) * 60 * ES_TICKS_PER_SECOND;
    return time;
}

static const char *result_of(es_text text)
{
    static const struct {
        const char *words, *result;
    } known[] = {
        { "Installation Successful", "installed" },
        { "Installation Failure", "failed" },
        { "Installation Started", "started" },
        { "Restart Required", "restart-required" },
        { "Uninstallation Successful", "uninstalled" },
        { "Uninstallation Failure", "other" },
    };

    for (uint32_t i = 0; i < ES_COUNT(known); i++)
        if (starts(text, known[i].words))
            return known[i].result;
    return NULL;
}

/* event, time, 1, number, category, {update}, revision, HRESULT, client, outcome, kind, sentence */
static es_status report(text_log *log, const es_line *line, es_text text)
{
    es_text part[12], title;
    es_datum fields[8];
    char room[HISTORY_KB_ROOM];
    const char *result;
    uint64_t at;

    if (split(text, part, 12) < 12 || !(result = result_of(part[11])))
        return ES_OK;
    title = part[11];
    at = find(title, "following update"); /* ": TITLE" or " with error 0x80070005: TITLE" */
    if (at < title.size) {
        title = after(title, at);
        at = find(title, ": ");
        title = at < title.size ? after(title, at + 2) : title;
    }
    fields[0] = es_datum_text_or_null(history_kb(title, room));
    fields[1] = es_datum_text_or_null(title);
    fields[2] = es_datum_text(es_text_of(result));
    fields[3] = es_datum_text(log->name);
    fields[4] = es_datum_text_or_null(part[5]);
    fields[5] = es_name_is(part[7], "0") ? es_null() : es_datum_text_or_null(part[7]);
    fields[6] = history_number(part[3]);
    fields[7] = es_datum_integer((int64_t)line->number);
    return history_emit(log->host, HISTORY_FACT_UPDATE, fields, with_offset(part[1]), line->where);
}

static es_status update_log(text_log *log, const es_line *line)
{
    static const char event[] = "REPORT EVENT: ";
    uint64_t at;

    if (line->text.size && line->text.data[0] == '{')
        return report(log, line, line->text);
    at = find(line->text, event);
    if (at == line->text.size)
        return ES_OK;
    return report(log, line, after(line->text, at + sizeof event - 1));
}

/* ------------------------------------------------------------------ CBS */

/* "2009-06-11 13:33:08, Info   CBS   Exec: Package: Package_for_KB…~…, …" */
static es_status cbs(text_log *log, const es_line *line)
{
    uint64_t at = find(line->text, "Package_for_"), n = 0;
    int failed = find(line->text, "ailed") < line->text.size ||
                 find(line->text, "HRESULT = 0x8") < line->text.size;
    es_datum fields[6];
    char room[HISTORY_KB_ROOM];
    es_text identity;

    if (at == line->text.size || line->text.size < 21 ||
        (!failed && find(line->text, "Exec: Package") == line->text.size))
        return ES_OK;
    identity = after(line->text, at);
    while (n < identity.size && identity.data[n] != ',' && identity.data[n] != ' ' &&
           identity.data[n] != '[')
        n++;
    identity.size = n;
    fields[0] = es_datum_text(identity);
    fields[1] = es_datum_text_or_null(history_kb(identity, room));
    fields[2] = es_datum_boolean(failed);
    fields[3] = es_datum_text(trim(after(line->text, 20)));
    fields[4] = es_datum_text(log->name);
    fields[5] = es_datum_integer((int64_t)line->number);
    return history_emit(log->host, HISTORY_FACT_CBS, fields, utc(log, local_digits(line->text)),
                        line->where);
}

es_status history_examine_text(const es_host *host, const es_artefact *artefact,
                               uint32_t kind)
{
    static es_status (*const takers[])(text_log *log, const es_line *line) = {
        [HISTORY_TEXT_SETUPAPI] = setupapi,
        [HISTORY_TEXT_UPDATE] = update_log,
        [HISTORY_TEXT_CBS] = cbs,
    };
    text_log log;
    es_line line;
    es_status status = ES_OK;

    memset(&log, 0, sizeof log);
    log.host = host;
    log.artefact = artefact;
    log.build = -1;
    log.name = artefact->path;
    for (uint64_t i = 0; i < artefact->path.size; i++)
        if (artefact->path.data[i] == '/')
            log.name = after(artefact->path, i + 1);
    while (status == ES_OK) {
        status = host->line_next(host, artefact, &line);
        if (status == ES_OK)
            status = takers[kind](&log, &line);
    }
    return status == ES_END ? ES_OK : status;
}
