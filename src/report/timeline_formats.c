/* SPDX-License-Identifier: Apache-2.0
 *
 * timeline_formats.c: the timeline for other programs, one event a line.
 *
 * timesketch: JSON lines; "message", "datetime", "timestamp" and "timestamp_desc" are what it asks
 * for (timesketch.org, "Create timeline from JSON/JSONL/CSV file"). bodyfile: version 3 of The
 * Sleuth Kit (wiki.sleuthkit.org, "Body file"); the time stands in the mtime column and -1 in the
 * others: mactime takes a 0 for a time. l2tcsv: the 17 columns of log2timeline as plaso writes
 * them; that format has no quotes, so commas in a field become spaces, as in plaso, and a field that
 * a reader of CSV would take for a quoted one, or for a formula, begins with an escape. csv: RFC
 * 4180, but lines end as on the machine they are read on.
 */
#include "base/time.h"
#include "report/formats.h"
#include "report/record.h"
#include "report/show.h"
#include "report/timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

/* Seconds of 1970 and microseconds; times before are negative, and the fraction still counts up. */
typedef struct moment {
    int64_t seconds;
    unsigned microseconds;
    struct tm utc;
} moment;

typedef struct line {
    es_page page;
    const es_ledger *ledger;
    const es_run *run;
    const es_timeline_event *event;
    const es_fact_type *type;
    moment at;
    FILE *out;
} line;

static moment moment_of(es_time time)
{
    int64_t us = es_time_unix_us(time);
    moment at = { .seconds = us / 1000000 - (us % 1000000 < 0) };
    time_t seconds = (time_t)at.seconds;

    at.microseconds = (unsigned)(us - at.seconds * 1000000);
    gmtime_r(&seconds, &at.utc);
    return at;
}

/* What was composed, as a string of the caller's; NULL when memory ran out. */
static char *take_words(es_page *page)
{
    char *text = page->words.failed ? NULL
                                    : strndup((const char *)page->words.data,
                                              (size_t)page->words.size);

    es_buffer_clear(&page->words);
    if (!text)
        page->failed = ES_NOMEM;
    return text;
}

static char *message_of(line *to)
{
    es_timeline_say(&to->page, to->event);
    return take_words(&to->page);
}

static char *means_of(line *to)
{
    es_timeline_say_means(&to->page, to->event);
    return take_words(&to->page);
}

static es_status each_event(const es_ledger *ledger, const es_run *run, FILE *out,
                            es_status (*write)(line *to))
{
    line to = { .page = es_page_make(ledger, run, out), .ledger = ledger, .run = run, .out = out };
    es_timeline *timeline = NULL;
    es_status status = es_timeline_new(ledger, &timeline), ended;

    for (size_t i = 0; status == ES_OK && i < es_timeline_count(timeline); i++) {
        to.event = es_timeline_at(timeline, i);
        to.type = es_ledger_fact_type(ledger, to.event->fact);
        to.at = moment_of(to.event->fact->time);
        status = write(&to);
        if (status == ES_OK && ferror(out))
            status = ES_IO;
    }
    es_timeline_free(timeline);
    ended = es_page_end(&to.page);
    return status == ES_OK ? ended : status;
}

/* ---- timesketch ---- */

static void set_text(es_json *json, json_t *object, const char *key, const char *text)
{
    if (text && *text)
        es_json_set(json, object, key, es_json_string(json, text));
}

static void set_place(es_json *json, json_t *object, const line *to)
{
    const es_where *where = &to->event->fact->where;
    const es_artefact_record *artefact = es_ledger_artefact(to->ledger, where->artefact);
    uint32_t volume = artefact ? artefact->volume : where->volume;
    uint32_t snapshot = es_timeline_snapshot(to->ledger, to->event);
    char *reproduce = es_reproduce(to->ledger, to->run, where);

    set_text(json, object, "computer_name", es_timeline_computer(to->ledger, to->event));
    set_text(json, object, "source_file", es_timeline_path(to->ledger, to->event));
    if (volume)
        es_json_set(json, object, "volume", json_integer(volume));
    if (snapshot)
        es_json_set(json, object, "snapshot", json_integer(snapshot));
    if (artefact && artefact->has_mft)
        es_json_set(json, object, "inode", json_integer((json_int_t)artefact->mft_entry));
    set_text(json, object, "key_path", where->key);
    set_text(json, object, "value_name", where->value);
    set_text(json, object, "reproduce", reproduce);
    free(reproduce);
}

static es_status write_timesketch(line *to)
{
    es_json json = { .ledger = to->ledger, .run = to->run };
    json_t *object = json_object(), *tags;
    char *message = message_of(to), *means = means_of(to);
    char when[96];
    es_status status;

    snprintf(when, sizeof when, "%04d-%02d-%02dT%02d:%02d:%02d.%06u+00:00",
             to->at.utc.tm_year + 1900, to->at.utc.tm_mon + 1, to->at.utc.tm_mday,
             to->at.utc.tm_hour, to->at.utc.tm_min, to->at.utc.tm_sec, to->at.microseconds);
    es_json_set(&json, object, "message", json_string(message ? message : ""));
    es_json_set(&json, object, "datetime", es_json_string(&json, when));
    es_json_set(&json, object, "timestamp",
                json_integer((json_int_t)es_time_unix_us(to->event->fact->time)));
    es_json_set(&json, object, "timestamp_desc", json_string(means ? means : ""));
    es_json_set(&json, object, "data_type",
                json_sprintf("esuscan:%s", to->type->name));
    es_json_set(&json, object, "fact", es_json_id(&json, "f", to->event->number));
    es_json_set(&json, object, "installation",
                es_json_id(&json, "i", to->event->fact->installation));
    set_place(&json, object, to);
    if (to->event->impossible) {
        tags = json_array();
        es_json_append(&json, tags, json_string("impossible-time"));
        es_json_set(&json, object, "tag", tags);
    }
    free(message);
    free(means);
    status = es_json_write(&json, object, to->out);
    return status == ES_OK && fputc('\n', to->out) == EOF ? ES_IO : status;
}

es_status es_report_timesketch(const es_ledger *ledger, const es_run *run, FILE *out)
{
    return each_event(ledger, run, out, write_timesketch);
}

/* ---- bodyfile ---- */

static void put_body_text(FILE *out, const char *text)
{
    for (; text && *text; text++)
        fputs(*text == '|' ? "\\x7c" : (char[]){ *text, '\0' }, out);
}

/* MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime */
static es_status write_bodyfile(line *to)
{
    const es_artefact_record *artefact =
        es_ledger_artefact(to->ledger, to->event->fact->where.artefact);
    const char *computer = es_timeline_computer(to->ledger, to->event);
    char *message = message_of(to), *means = means_of(to);

    fputs("0|", to->out);
    if (computer) {
        es_page_show(&to->page, computer);
        es_page_say(&to->page, ": ");
    }
    es_page_say(&to->page, "%s [%s]", message ? message : "", means ? means : "");
    if (to->at.seconds < 0) { /* mactime knows no time before 1970 */
        es_page_say(&to->page, " at ");
        es_show_time(&to->page.words, to->event->fact->time);
    }
    free(message);
    free(means);
    message = take_words(&to->page);
    put_body_text(to->out, message);
    free(message);
    fprintf(to->out, "|%" PRIu64 "|0|0|0|%" PRIu64 "|-1|%" PRId64 "|-1|-1\n",
            artefact && artefact->has_mft ? artefact->mft_entry : 0, artefact ? artefact->size : 0,
            to->at.seconds < 0 ? 0 : to->at.seconds);
    return ES_OK;
}

es_status es_report_bodyfile(const es_ledger *ledger, const es_run *run, FILE *out)
{
    return each_event(ledger, run, out, write_bodyfile);
}

/* ---- l2tcsv ---- */

static void put_field(FILE *out, const char *text, size_t most)
{
    size_t i = 0;

    if (!text || !*text)
        text = "-";
    if (text[1] && strchr("\"=+-@", *text))
        fprintf(out, "\\x%02x", (unsigned char)text[i++]);
    for (; text[i] && i < most; i++)
        fputc(text[i] == ',' || (unsigned char)text[i] < 0x20 ? ' ' : text[i], out);
}

/* log2timeline's short word for where an event comes from. */
static const char *source_of(const line *to)
{
    const es_where *where = &to->event->fact->where;
    const char *path = es_timeline_path(to->ledger, to->event);
    size_t size = path ? strlen(path) : 0;

    if (where->key)
        return "REG";
    if (size > 5 && !strcasecmp(path + size - 5, ".evtx"))
        return "EVT";
    if (size > 4 && !strcasecmp(path + size - 4, ".log"))
        return "LOG";
    return "FILE";
}

static void put_short(line *to, const char *message)
{
    size_t most = strlen(message);

    if (most > 80) /* not within a character */
        for (most = 80; most > 0 && ((unsigned char)message[most] & 0xc0) == 0x80; most--)
            ;
    put_field(to->out, message, most);
}

static es_status write_l2tcsv(line *to)
{
    const es_artefact_record *artefact =
        es_ledger_artefact(to->ledger, to->event->fact->where.artefact);
    uint32_t snapshot = es_timeline_snapshot(to->ledger, to->event);
    char *message = message_of(to), *means = means_of(to), *path;

    fprintf(to->out, "%02d/%02d/%04d,%02d:%02d:%02d,UTC,M...,%s,", to->at.utc.tm_mon + 1,
            to->at.utc.tm_mday, to->at.utc.tm_year + 1900, to->at.utc.tm_hour, to->at.utc.tm_min,
            to->at.utc.tm_sec, source_of(to));
    put_field(to->out, to->type->name, SIZE_MAX);
    fputc(',', to->out);
    put_field(to->out, means, SIZE_MAX);
    fputs(",-,", to->out);
    es_page_show(&to->page, es_timeline_computer(to->ledger, to->event));
    path = take_words(&to->page);
    put_field(to->out, path, SIZE_MAX);
    free(path);
    fputc(',', to->out);
    put_short(to, message ? message : "");
    fputc(',', to->out);
    put_field(to->out, message, SIZE_MAX);
    fputs(",2,", to->out);
    es_page_show(&to->page, es_timeline_path(to->ledger, to->event));
    path = take_words(&to->page);
    put_field(to->out, path, SIZE_MAX);
    free(path);
    fprintf(to->out, ",%" PRIu64 ",%s,esuscan,fact: f%" PRIu64 "; installation: i%" PRIu32,
            artefact && artefact->has_mft ? artefact->mft_entry : 0,
            to->event->impossible ? "impossible time" : "-", to->event->number,
            to->event->fact->installation);
    if (snapshot)
        fprintf(to->out, "; snapshot: %" PRIu32, snapshot);
    fputc('\n', to->out);
    free(message);
    free(means);
    return ES_OK;
}

es_status es_report_l2tcsv(const es_ledger *ledger, const es_run *run, FILE *out)
{
    if (fputs("date,time,timezone,MACB,source,sourcetype,type,user,host,short,desc,version,"
              "filename,inode,notes,format,extra\n",
              out) == EOF)
        return ES_IO;
    return each_event(ledger, run, out, write_l2tcsv);
}

/* ---- csv ---- */

/* One quoted field from what was composed. A spreadsheet takes what begins with one of these for a
 * formula; an apostrophe in front keeps it text. */
static void put_cell(line *to)
{
    char *text = take_words(&to->page);

    fputc('"', to->out);
    if (text && *text && strchr("=+-@", *text))
        fputc('\'', to->out);
    for (const char *c = text; c && *c; c++) {
        if (*c == '"')
            fputc('"', to->out);
        fputc(*c, to->out);
    }
    fputs("\",", to->out);
    free(text);
}

static void put_string_cell(line *to, const char *text)
{
    es_page_show(&to->page, text);
    put_cell(to);
}

/* A number, or an empty field for none. */
static void put_number(FILE *out, uint32_t number)
{
    if (number)
        fprintf(out, "%" PRIu32, number);
    fputc(',', out);
}

static const char *precision_of(es_time time)
{
    static const char *const words[] = { "none", "day", "minute", "second", "millisecond",
                                         "microsecond", "100 ns" };

    return time.precision < sizeof words / sizeof *words ? words[time.precision] : "none";
}

static es_status write_csv(line *to)
{
    const es_where *where = &to->event->fact->where;
    const es_artefact_record *artefact = es_ledger_artefact(to->ledger, where->artefact);
    uint32_t volume = artefact ? artefact->volume : where->volume;
    uint32_t snapshot = es_timeline_snapshot(to->ledger, to->event);

    es_show_time(&to->page.words, to->event->fact->time);
    put_cell(to);
    put_string_cell(to, precision_of(to->event->fact->time));
    es_timeline_say_means(&to->page, to->event);
    put_cell(to);
    put_string_cell(to, to->event->fact->plugin);
    put_string_cell(to, to->type->name);
    es_timeline_say(&to->page, to->event);
    put_cell(to);
    put_string_cell(to, es_timeline_computer(to->ledger, to->event));
    fprintf(to->out, "i%" PRIu32 ",%" PRIu32 ",", to->event->fact->installation,
            to->event->machine);
    put_number(to->out, volume);
    put_number(to->out, snapshot);
    put_string_cell(to, es_timeline_path(to->ledger, to->event));
    if (artefact && artefact->has_mft)
        fprintf(to->out, "%" PRIu64, artefact->mft_entry);
    fputc(',', to->out);
    put_string_cell(to, where->key);
    put_string_cell(to, where->value);
    fprintf(to->out, "%s,%" PRIu32 ",f%" PRIu64 "\n", to->event->impossible ? "yes" : "no",
            to->event->n_also, to->event->number);
    return ES_OK;
}

es_status es_report_csv(const es_ledger *ledger, const es_run *run, FILE *out)
{
    if (fputs("time,precision,means,plugin,type,message,computer,installation,machine,volume,"
              "snapshot,path,mft_entry,key,value,impossible,other_states,fact\n",
              out) == EOF)
        return ES_IO;
    return each_event(ledger, run, out, write_csv);
}
