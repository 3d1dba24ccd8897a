/* SPDX-License-Identifier: Apache-2.0
 *
 * licence.h: what the files of the licence plugin share.
 *
 * licence.c describes the plugin; search.c finds patterns in bytes; tokens.c looks for activation
 * ids; registry.c and files.c for what else speaks of the licence, of Azure, or of a bypass;
 * events.c reads licensing events; judge.c weighs; steps.c has what all of them do.
 *
 * Ownership: everything is borrowed from the callback it was made in.
 */
#ifndef ESUSCAN_PLUGIN_LICENCE_H
#define ESUSCAN_PLUGIN_LICENCE_H

#include <esuscan/bytes.h>
#include <esuscan/catalogue.h>
#include <esuscan/names.h>
#include <esuscan/prose.h>

enum {
    WANT_SOFTWARE,
    WANT_SYSTEM,
    WANT_TOKENS_60,
    WANT_TOKENS_61,
    WANT_TOKENS_62,
    WANT_TOKENS_63,
    WANT_TRUSTED_STORE,
    WANT_KERNELES,
    WANT_SLE,
    WANT_WUAUENG6,
    WANT_WUAUENG3,
    WANT_MSIESU,
    WANT_GESU,
    WANT_BYPASSESU,
    WANT_ESUSLC,
    WANT_KURWICA,
    WANT_KEXDLL,
    WANT_UPDATE_AGENT,
    WANT_AGENT_VERSION,
    WANT_PATCH_SCRIPT,
    WANT_PATCH_TOOL,
    WANT_PATCH_TASK,
    WANT_SERVICING_SLC,
    WANT_CHECK_AMD64,
    WANT_CHECK_ARM64,
    WANT_CHECK_IA64,
    WANT_CHECK_MSIL,
    WANT_CHECK_WOW64,
    WANT_CHECK_X86,
    WANT_AZURE_FOLDER,
    WANT_EVENTS,
    WANT_COMPONENTS,
};

enum {
    FACT_ID,
    FACT_STORE,
    FACT_REGISTRY,
    FACT_TRACE,
    FACT_AZURE,
    FACT_CHECK,
    FACT_EVENT,
    FACT_AGENT,
};

/* ---- search.c */
#define PATTERN_SIZE 80u
#define MAX_PATTERNS 160u

typedef struct pattern {
    uint8_t bytes[PATTERN_SIZE]; /* lower case where `fold` */
    uint32_t size;
    int fold;       /* ASCII letters of either case match */
    uint32_t hits;
    uint64_t first; /* offset of the first */
} pattern;

/* Text as ASCII or UTF-16LE; at most 39 characters. */
void pattern_ascii(pattern *made, const char *text, uint64_t size);
void pattern_utf16(pattern *made, const char *text, uint64_t size);
/* Search a whole file; `ret_whole` says that every byte of it was looked at. */
es_status search_file(const es_host *host, const es_artefact *file, pattern *patterns, uint32_t n,
                      int *ret_whole);

/* ---- steps.c */
/* A trace of a bypass. `specific`: nothing else is known to leave it. */
es_status emit_trace(const es_host *host, const char *what, es_text detail, const char *typical_of,
                     int specific, es_time time, const es_where *where);
/* 1: there, 0: not, negative: failure. */
es_status find_text(const es_host *host, const es_key *key, const char *name, es_value *ret_value,
                    es_text *ret);
es_status find_number(const es_host *host, const es_key *key, const char *name,
                      es_value *ret_value, uint64_t *ret);

/* ---- parts */
es_status examine_software(const es_host *host, const es_artefact *hive);
es_status examine_system(const es_host *host, const es_artefact *hive);
es_status examine_tokens(const es_host *host, const es_artefact *file);
es_status examine_trusted_store(const es_host *host, const es_artefact *file);
es_status examine_left_file(const es_host *host, const es_artefact *file);
es_status examine_check(const es_host *host, const es_artefact *document);
es_status examine_update_agent(const es_host *host, const es_artefact *file);
es_status examine_agent_version(const es_host *host, const es_artefact *file);
es_status examine_azure_folder(const es_host *host, const es_artefact *folder);
es_status examine_events(const es_host *host, const es_artefact *log);
es_status licence_judge(void *state, const es_host *host, const es_installation *installation,
                        const es_question *question);
/* Whether an activation id is one for this product. */
int applies_to_2008(const es_catalogue_activation *activation);

static inline const es_catalogue *catalogue_of(const es_host *host)
{
    return host->size > offsetof(es_host, catalogue) ? host->catalogue : NULL;
}

#endif
