/* SPDX-License-Identifier: Apache-2.0
 *
 * names.h: names as Windows compares them.
 *
 * Files, registry keys and values, packages, accounts: upper and lower case of ASCII letters are the
 * same, all other bytes are themselves. (Windows folds other letters too, by a table of the volume
 * or of its build; no name that this program looks for has any.) And the words for its processors.
 *
 * Ownership: what is returned borrows from what was given. Threading: any.
 */
#ifndef ESUSCAN_NAMES_H
#define ESUSCAN_NAMES_H

#include <esuscan/types.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline char es_name_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What is left of a text behind its first `n` bytes. */
static inline es_text es_name_behind(es_text text, uint64_t n)
{
    if (n > text.size)
        n = text.size;
    if (n) {
        text.data += n;
        text.size -= n;
    }
    return text;
}

static inline int es_name_same(es_text a, es_text b)
{
    uint64_t i;

    if (a.size != b.size)
        return 0;
    for (i = 0; i < a.size; i++)
        if (es_name_lower(a.data[i]) != es_name_lower(b.data[i]))
            return 0;
    return 1;
}

static inline int es_name_is(es_text text, const char *word)
{
    return es_name_same(text, es_text_of(word));
}

static inline int es_name_begins(es_text text, const char *word)
{
    es_text wanted = es_text_of(word);

    if (wanted.size > text.size)
        return 0;
    text.size = wanted.size;
    return es_name_same(text, wanted);
}

static inline int es_name_ends(es_text text, const char *word)
{
    uint64_t size = strlen(word);

    return size <= text.size && es_name_begins(es_name_behind(text, text.size - size), word);
}

/* Where the word begins for the first time; the text's size when it does not stand there. */
static inline uint64_t es_name_find(es_text text, const char *word)
{
    uint64_t size = strlen(word), at;

    for (at = 0; size <= text.size && at <= text.size - size; at++)
        if (es_name_begins(es_name_behind(text, at), word))
            return at;
    return text.size;
}

static inline int es_name_holds(es_text text, const char *word)
{
    return es_name_find(text, word) < text.size || !*word;
}

/* What stands behind the last slash of either kind. */
static inline es_text es_name_base(es_text path)
{
    uint64_t at = path.size;

    while (at && path.data[at - 1] != '/' && path.data[at - 1] != '\\')
        at--;
    return es_name_behind(path, at);
}

/* "x86", "amd64", "ia64", "arm", "arm64"; NULL for other machine types. */
static inline const char *es_machine_name(uint32_t machine)
{
    switch (machine) {
    case ES_MACHINE_I386:
        return "x86";
    case ES_MACHINE_AMD64:
        return "amd64";
    case ES_MACHINE_IA64:
        return "ia64";
    case ES_MACHINE_ARM:
        return "arm";
    case ES_MACHINE_ARM64:
        return "arm64";
    default:
        return NULL;
    }
}

/* The machine type of such a word; 0 for others. */
static inline uint32_t es_machine_of(es_text word)
{
    static const uint32_t machines[] = { ES_MACHINE_I386, ES_MACHINE_AMD64, ES_MACHINE_IA64,
                                         ES_MACHINE_ARM, ES_MACHINE_ARM64 };
    size_t i;

    for (i = 0; i < sizeof machines / sizeof *machines; i++)
        if (es_name_is(word, es_machine_name(machines[i])))
            return machines[i];
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
