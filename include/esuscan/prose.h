/* SPDX-License-Identifier: Apache-2.0
 *
 * prose.h: sentences for explanations, remarks and notes.
 *
 * Sentences are appended to memory that the host gave (es_host.alloc), so they live as long as the
 * callback. A sentence that does not fit is left out whole: half a sentence may say the opposite.
 * Evidence enters one as text of bounded length; the reports escape what is not printable.
 *
 *     es_prose prose;
 *     es_prose_make(host, 4000, &prose);
 *     es_prose_say(&prose, "CurrentBuild states \"%.*s\". ", ES_SHOWN(value));
 *     verdict.explanation = es_prose_text(&prose);
 *
 * Ownership: es_prose_text() borrows from the prose. Threading: as the callback.
 */
#ifndef ESUSCAN_PROSE_H
#define ESUSCAN_PROSE_H

#include <esuscan/plugin.h>

#include <stdarg.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct es_prose {
    char *data;
    size_t used, size;
} es_prose;

static inline es_status es_prose_make(const es_host *host, size_t size, es_prose *ret)
{
    void *memory = NULL;
    es_status status = host->alloc(host, size, &memory);

    if (status)
        return status;
    ret->data = (char *)memory;
    ret->used = 0;
    ret->size = size;
    return ES_OK;
}

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static inline void es_prose_say(es_prose *prose, const char *format, ...)
{
    size_t left = prose->size - prose->used;
    va_list arguments;
    int written;

    va_start(arguments, format);
    written = vsnprintf(prose->data + prose->used, left, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written >= left)
        prose->data[prose->used] = '\0';
    else
        prose->used += (size_t)written;
}

/* Without the spaces that the last sentence ends with. */
static inline es_text es_prose_text(const es_prose *prose)
{
    es_text text;

    text.data = prose->data;
    text.size = prose->used;
    while (text.size && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* One sentence in memory of just its size. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static inline es_status es_prose_one(const es_host *host, es_text *ret, const char *format, ...)
{
    void *memory = NULL;
    va_list arguments;
    es_status status;
    int size;

    va_start(arguments, format);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    status = size < 0 ? ES_BUG : host->alloc(host, (uint64_t)size + 1, &memory);
    if (status)
        return status;
    va_start(arguments, format);
    (void)vsnprintf((char *)memory, (size_t)size + 1, format, arguments);
    va_end(arguments);
    ret->data = (const char *)memory;
    ret->size = (uint64_t)size;
    return ES_OK;
}

/* A key that need not be there: 1 when it is open; 0 when it is absent, or cannot be read, which a
 * note then says; negative as ever. */
static inline es_status es_prose_key(const es_host *host, const es_artefact *hive, const char *path,
                                     es_key *ret)
{
    es_text text;
    es_status status = host->key_open(host, hive, es_text_of(path), ret);

    if (status <= 0)
        return status < 0 ? status : 1;
    if (status == ES_ABSENT)
        return 0;
    status = es_prose_one(host, &text, "the key %s cannot be read", path);
    if (status == ES_OK)
        status = host->note(host, 1, text, hive->where);
    return status < 0 ? status : 0;
}

/* Evidence in a sentence: "%.*s" of at most so many bytes, cut between characters. */
#define ES_SHOWN_MAX 200u
#define ES_SHOWN(text) es_shown_size(text), (text).data ? (text).data : ""

static inline int es_shown_size(es_text text)
{
    uint64_t size = text.size;

    if (size > ES_SHOWN_MAX) {
        size = ES_SHOWN_MAX;
        while (size && ((unsigned char)text.data[size] & 0xC0) == 0x80)
            size--;
    }
    return (int)size;
}

/* The civil date of a time, which is known (H. Hinnant, "chrono-compatible low-level date
 * algorithms"). Returns the ticks of its day that are past. */
static inline int64_t es_time_civil(es_time time, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t ticks = time.ticks - ES_TICKS_UNIX_EPOCH, day = 86400 * ES_TICKS_PER_SECOND;
    int64_t days = ticks / day - (ticks % day < 0), z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

    *ret_day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *ret_month = (int)(m < 10 ? m + 3 : m - 9);
    *ret_year = (int)(y + era * 400 + (*ret_month <= 2));
    return ticks - days * day;
}

/* The begin of a day, the other way round; no time for one that is none. */
static inline es_time es_time_of_day(int year, int month, int day)
{
    es_time time = { 0, ES_TIME_NONE, 0 };
    int y, m, d;

    if (year < 1601 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
        return time;
    y = year - (month <= 2);
    d = day - 1 + (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
    time.ticks = ES_TICKS_UNIX_EPOCH + (INT64_C(365) * y + y / 4 - y / 100 + y / 400 + d - 719468) *
                                           86400 * ES_TICKS_PER_SECOND;
    (void)es_time_civil(time, &y, &m, &d);
    if (y == year && m == month && d == day)
        time.precision = ES_TIME_DAY;
    return time;
}

/* "2019-05-14T03:07:22Z", "2019-05-14" when no more is known of it, "an unknown time". */
#define ES_TIME_WORD_SIZE 48u

static inline const char *es_time_word(es_time time, char word[ES_TIME_WORD_SIZE])
{
    int year, month, day, seconds;

    if (!es_time_known(time)) {
        (void)snprintf(word, ES_TIME_WORD_SIZE, "an unknown time");
        return word;
    }
    seconds = (int)(es_time_civil(time, &year, &month, &day) / ES_TICKS_PER_SECOND);
    if (time.precision == ES_TIME_DAY)
        (void)snprintf(word, ES_TIME_WORD_SIZE, "%04d-%02d-%02d", year, month, day);
    else
        (void)snprintf(word, ES_TIME_WORD_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day,
                       seconds / 3600, seconds / 60 % 60, seconds % 60);
    return word;
}

#ifdef __cplusplus
}
#endif

#endif
