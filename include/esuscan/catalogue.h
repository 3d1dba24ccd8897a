/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue.h: the update catalogue as plugins see it (es_host.catalogue).
 *
 * The host reads the catalogue once, before any evidence, checks it, and hands the same read-only
 * tables to every plugin. What a source did not state is absent: an empty text, a number that says
 * so below, a time of no precision. Absent never means "no".
 *
 * Tables are arrays of pointers, so that the structs behind them may grow at the end; each begins
 * with its `size`. `index` is the place of a struct in its own table: a set of updates is an array
 * of `n_updates` marks. Updates are in the order of their KB numbers, CVEs in that of their ids
 * (years, then numbers), kernels in that of their versions: search them by halves.
 *
 * Ownership: everything belongs to the host and lives longer than any plugin's state. Threading:
 * immutable.
 */
#ifndef ESUSCAN_CATALOGUE_H
#define ESUSCAN_CATALOGUE_H

#include <esuscan/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of update. A kind that this header does not know is OTHER; its word is kept. */
#define ES_UPDATE_OTHER 0u
#define ES_UPDATE_MONTHLY_ROLLUP 1u
#define ES_UPDATE_SECURITY_ONLY 2u
#define ES_UPDATE_PREVIEW_ROLLUP 3u
#define ES_UPDATE_OUT_OF_BAND 4u
#define ES_UPDATE_OTHER_SECURITY 5u
#define ES_UPDATE_IE_CUMULATIVE 6u
#define ES_UPDATE_DOTNET 7u
#define ES_UPDATE_SERVICING_STACK 8u
#define ES_UPDATE_SHA2_SUPPORT 9u
#define ES_UPDATE_ESU_PREPARATION 10u
#define ES_UPDATE_NON_SECURITY 11u
#define ES_UPDATE_SERVICE_PACK 12u

/* Release periods, in the order of time. */
#define ES_CHANNEL_UNKNOWN 0u
#define ES_CHANNEL_GENERAL 1u
#define ES_CHANNEL_ESU_YEAR_1 2u
#define ES_CHANNEL_ESU_YEAR_2 3u
#define ES_CHANNEL_ESU_YEAR_3 4u
#define ES_CHANNEL_ESU_YEAR_4_AZURE 5u
#define ES_CHANNEL_PREMIUM_ASSURANCE 6u

#define ES_ARCHITECTURE_X86 1u
#define ES_ARCHITECTURE_AMD64 2u
#define ES_ARCHITECTURE_IA64 4u

#define ES_MONTH_UNKNOWN (-1) /* months are counted: 12 × year + month − 1 */

typedef struct es_catalogue_update es_catalogue_update;
typedef struct es_catalogue_cve es_catalogue_cve;

/* One update mends one CVE. */
typedef struct es_catalogue_fix {
    uint32_t size;
    uint32_t index;
    const es_catalogue_update *update;
    const es_catalogue_cve *cve;
    es_text component;      /* may name several, with ';' between */
    es_text severity, impact;
    uint32_t public_exploit; /* 0: none listed, 1: listed, 2: not stated */
    uint32_t architectures;  /* ES_ARCHITECTURE_…; 0: not stated */
} es_catalogue_fix;

struct es_catalogue_cve {
    uint32_t size;
    uint32_t index;
    es_text id;
    const es_catalogue_fix *const *fixes; /* in the order of their KB numbers */
    uint32_t n_fixes;
    uint32_t reserved;
};

struct es_catalogue_update {
    uint32_t size;
    uint32_t index;
    uint32_t kb;
    uint32_t kind;    /* ES_UPDATE_… */
    uint32_t channel; /* ES_CHANNEL_… */
    uint32_t architectures;
    es_text kind_word, channel_word; /* as the catalogue has them */
    es_time released;                /* the day */
    int32_t month;                   /* the monthly release it belongs to */
    uint32_t build_after;            /* 6002 or 6003 when it fixes the build by itself, else 0 */
    /* Versions of the kernel it brings: of a package for both branches, GDR then LDR. */
    uint16_t kernels[2][4];
    uint32_t n_kernels;
    uint32_t has_fixed_build;
    uint16_t fixed_build[4]; /* below it, the system is called affected */
    /* Direct supersedence. `supersedes` holds KB numbers, also of updates without a row. */
    const uint32_t *supersedes;
    const es_catalogue_update *const *superseded_by;
    const es_catalogue_fix *const *fixes; /* in the order of their CVEs */
    uint32_t n_supersedes, n_superseded_by, n_fixes;
    uint32_t reserved;
    es_text source, date_basis;
    /* It was issued again under its number: what else is said of it here holds from this issue on,
     * which is the third part of the package's version (6.0.4.0: issue 4). 0: nothing known. */
    uint32_t issue;
    uint32_t reserved_2;
};

/* A kernel, and the updates that bring it. */
typedef struct es_catalogue_kernel {
    uint32_t size;
    uint32_t build;
    uint16_t version[4];
    es_text version_text, branch, source;
    es_text basis; /* "ntoskrnl" is its file version; others do not name the file */
    es_time released;
    const uint32_t *kbs;
    uint32_t n_kbs;
    uint32_t reserved;
} es_catalogue_kernel;

typedef struct es_catalogue_prerequisite {
    uint32_t size;
    uint32_t kb;
    es_text operating_system; /* several with ';' between */
    es_text role;             /* "sha2-support", "servicing-stack", "esu-licensing-preparation" */
    es_text source;
    es_time released;
    int32_t month;
    uint32_t reserved;
} es_catalogue_prerequisite;

typedef struct es_catalogue_phase {
    uint32_t size;
    uint32_t reserved;
    es_text product, phase, source;
    es_time starts, ends; /* days, both included */
} es_catalogue_phase;

typedef struct es_catalogue_activation {
    uint32_t size;
    uint32_t reserved;
    es_text id, sku;
    es_text applies_to; /* several with ';' between */
    es_text licence_channel, source;
    es_time covers_from, covers_to;
} es_catalogue_activation;

typedef struct es_catalogue {
    uint32_t size;
    int32_t edition_month; /* the newest month it knows */
    es_text edition;       /* the day of its newest source, "2026-06-28"; NUL behind it */
    es_text sha256;        /* of its files, joined in the order of their names; likewise */
    es_time edition_day;
    const es_catalogue_update *const *updates;
    const es_catalogue_cve *const *cves;
    const es_catalogue_fix *const *fixes;
    const es_catalogue_kernel *const *kernels;
    const es_catalogue_prerequisite *const *prerequisites;
    const es_catalogue_phase *const *phases;
    const es_catalogue_activation *const *activations;
    uint32_t n_updates, n_cves, n_fixes, n_kernels;
    uint32_t n_prerequisites, n_phases, n_activations;
    uint32_t reserved;
} es_catalogue;

/* The update of a KB; NULL if the catalogue has none. */
static inline const es_catalogue_update *es_catalogue_find(const es_catalogue *catalogue,
                                                           uint32_t kb)
{
    uint32_t low = 0, high = catalogue ? catalogue->n_updates : 0;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (catalogue->updates[middle]->kb < kb)
            low = middle + 1;
        else
            high = middle;
    }
    return catalogue && low < catalogue->n_updates && catalogue->updates[low]->kb == kb
               ? catalogue->updates[low]
               : NULL;
}

/* The issue of an update from which on it is what the catalogue says; 0: any. */
static inline uint32_t es_catalogue_issue(const es_catalogue_update *update)
{
    return update && update->size >= offsetof(es_catalogue_update, issue) + sizeof update->issue
               ? update->issue
               : 0;
}

/* Number of a KB written "KB4493471", "kb4493471" or "4493471"; 0 if it is none. */
static inline uint32_t es_kb_number(es_text text)
{
    uint32_t number = 0;
    uint64_t at = 0;

    if (text.size >= 2 && (text.data[0] == 'K' || text.data[0] == 'k') &&
        (text.data[1] == 'B' || text.data[1] == 'b'))
        at = 2;
    if (text.size - at < 5 || text.size - at > 8)
        return 0;
    for (; at < text.size; at++) {
        if (text.data[at] < '0' || text.data[at] > '9')
            return 0;
        number = number * 10 + (uint32_t)(text.data[at] - '0');
    }
    return number;
}

#ifdef __cplusplus
}
#endif

#endif
