/* SPDX-License-Identifier: Apache-2.0
 *
 * note.c: see note.h.
 */
#include "base/note.h"

#include <stdarg.h>
#include <stdio.h>

/* Drop a multi-byte character that the cap cut in two. */
static void trim_partial(char *text, size_t size)
{
    size_t at = size;

    while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0xc0)
        text[at - 1] = '\0';
}

void es_note_set(es_note *note, uint32_t severity, const char *area, const char *format, ...)
{
    va_list arguments;
    int n;

    if (!note)
        return;
    note->severity = severity;
    snprintf(note->area, sizeof note->area, "%s", area);
    va_start(arguments, format);
    n = vsnprintf(note->text, sizeof note->text, format, arguments);
    va_end(arguments);
    if (n < 0)
        note->text[0] = '\0';
    else if ((size_t)n >= sizeof note->text)
        trim_partial(note->text, sizeof note->text - 1);
}

const char *es_severity_name(uint32_t severity)
{
    static const char *const names[] = { "info", "gap", "error" };

    return severity < sizeof names / sizeof *names ? names[severity] : "error";
}
