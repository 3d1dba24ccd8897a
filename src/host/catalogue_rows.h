/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue_rows.h: what the files that make a catalogue share: the tables while they are built.
 *
 * Ownership: all of it lies in the draft's arena, which the finished catalogue takes over. Errors:
 * the first is said in the draft's note. Threading: one thread.
 */
#ifndef ES_HOST_CATALOGUE_ROWS_H
#define ES_HOST_CATALOGUE_ROWS_H

#include "host/catalogue.h"
#include "host/catalogue_sheet.h"

/* The tables, still to be written to, and where their rows stood. */
typedef struct es_catalogue_draft {
    es_arena *arena;
    es_note *note;
    es_catalogue_update **updates;
    es_catalogue_cve **cves;
    es_catalogue_fix **fixes;
    es_catalogue_kernel **kernels;
    uint32_t *update_lines; /* by index */
    uint32_t *reissue_kbs;  /* updates that were issued again, and the issue that counts */
    uint32_t *reissues, *reissue_lines;
    uint32_t n_reissues;
    uint32_t *fix_kbs;      /* by place in `fixes`, until they are linked */
    es_text *fix_cves;
    uint32_t *fix_lines;
    es_catalogue tables;
} es_catalogue_draft;

es_status es_catalogue_read_edition(es_catalogue_draft *draft, es_bytes bytes);
es_status es_catalogue_read_updates(es_catalogue_draft *draft, es_bytes bytes);
es_status es_catalogue_read_fixes(es_catalogue_draft *draft, es_bytes bytes);
es_status es_catalogue_read_kernels(es_catalogue_draft *draft, es_bytes bytes);
es_status es_catalogue_read_prerequisites(es_catalogue_draft *draft, es_bytes bytes);
es_status es_catalogue_read_lifecycle(es_catalogue_draft *draft, es_bytes bytes);
es_status es_catalogue_read_activations(es_catalogue_draft *draft, es_bytes bytes);
es_status es_catalogue_read_reissues(es_catalogue_draft *draft, es_bytes bytes);

/* After all rows: connect updates, CVEs and supersedence; refuse what contradicts itself. */
es_status es_catalogue_link(es_catalogue_draft *draft);

/* "CVE-2019-0708", "ADV190013": years and numbers compared as numbers. */
int es_cve_compare(es_text a, es_text b);

#endif
