/* SPDX-License-Identifier: Apache-2.0
 *
 * identity.h: the grammar of package names: see identity.c.
 *
 * Ownership: parts borrow from the text that was parsed. Threading: pure functions.
 */
#ifndef ESUSCAN_PLUGIN_SERVICING_IDENTITY_H
#define ESUSCAN_PLUGIN_SERVICING_IDENTITY_H

#include <esuscan/names.h>

#define ROLE_OTHER 0u
#define ROLE_UPDATE 1u
#define ROLE_CHILD 2u
#define ROLE_SERVICE_PACK 3u
#define ROLE_LANGUAGE_PACK 4u
#define ROLE_FOUNDATION 5u
#define ROLE_ROLLUP_FIX 6u

typedef struct package_name {
    es_text name, token, architecture, language, version; /* empty where it has none */
    uint32_t kb;   /* 0: none, or none that is beyond doubt */
    uint32_t role; /* ROLE_… */
    int well_formed;  /* five parts, an architecture and a version that are such */
    int foreign;      /* not Microsoft's key token */
    int doubtful_kb;  /* it looks as if it named a KB, and not which */
    int other_machine; /* set by packages.c: it is filed under another processor */
} package_name;

/* `architecture` of the result is the canonical lower-case word, which lives for ever. */
package_name identity_parse(es_text text);
const char *role_word(uint32_t role);

/* CurrentState by value: the small numbers of NT 6.0 and the wide ones of 6.1 and later. */
const char *state_word(int32_t value);

/* Equal for names that are the same. */
uint32_t hash_text(es_text text);

#endif
