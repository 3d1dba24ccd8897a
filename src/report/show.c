/* SPDX-License-Identifier: Apache-2.0
 *
 * show.c: see show.h.
 */
#include "report/show.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

/* The worst is a byte that becomes "\xNN" and a character of two bytes that becomes "\u{00ad}". */
uint64_t es_show_room(uint64_t size)
{
    return size > UINT64_MAX / 8 ? UINT64_MAX : size * 4 + 64;
}

void es_show_text(es_buffer *buffer, es_text text)
{
    es_text_show(buffer, text);
}

void es_show_string(es_buffer *buffer, const char *string)
{
    if (string)
        es_text_show(buffer, es_text_of(string));
}

void es_show_time(es_buffer *buffer, es_time time)
{
    char words[ES_TIME_STRING_MAX];

    es_time_format(time, words);
    es_buffer_string(buffer, words);
}

void es_show_hex(es_buffer *buffer, es_bytes bytes)
{
    char digits[2 * 32 + 1];

    for (uint64_t i = 0; i < bytes.size; i += 32) {
        uint64_t n = bytes.size - i < 32 ? bytes.size - i : 32;

        es_text_hex(bytes.data + i, (size_t)n, digits);
        es_buffer_bytes(buffer, digits, 2 * n);
    }
}

const char *es_show_role(uint32_t role)
{
    switch (role) {
    case ES_ROLE_WINDOWS_OLD:
        return "windows.old";
    case ES_ROLE_SNAPSHOT:
        return "snapshot";
    case ES_ROLE_REGBACK:
        return "regback";
    default:
        return "current";
    }
}

void es_show_time_means(es_buffer *buffer, const char *means, es_time time)
{
    es_show_string(buffer, means ? means : "time");
    if (time.flags & ES_TIME_UPPER_BOUND)
        es_buffer_string(buffer, " (at the latest)");
    if (time.flags & ES_TIME_FROM_LOCAL)
        es_buffer_string(buffer, " (from local time)");
    if (time.flags & ES_TIME_IMPOSSIBLE)
        es_buffer_string(buffer, " (impossible)");
}

char *es_show_segment_path(const es_ledger *ledger, const es_run *run, size_t index)
{
    const es_segment_record *segments;
    const char *slash = strrchr(run->image_path, '/');
    int folder = slash ? (int)(slash - run->image_path) + 1 : 0;
    char *path = NULL;

    if (index >= es_ledger_segments(ledger, &segments))
        return NULL;
    if (run->segment_paths)
        return run->segment_paths[index] ? strdup(run->segment_paths[index]) : NULL;
    if (asprintf(&path, "%.*s%s", folder, run->image_path, segments[index].name) < 0)
        return NULL;
    return path;
}

bool es_datum_is_empty(const es_datum *datum)
{
    return datum->type == 0 ||
           ((datum->type == ES_FIELD_TEXT_LIST || datum->type == ES_FIELD_FACT_LIST) &&
            datum->n == 0);
}

size_t es_field_object_size(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot ? (size_t)(dot - name) : 0;
}

bool es_field_in_object(const char *name, const char *object, size_t object_size)
{
    return object_size && strncmp(name, object, object_size) == 0 && name[object_size] == '.';
}
