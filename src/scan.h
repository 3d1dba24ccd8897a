/* SPDX-License-Identifier: Apache-2.0
 *
 * scan.h: evidence → image → volume → filesystem → installation → artefact → plugin → fact →
 * verdict. What runs in the cage.
 *
 * Threading: one thread calls; layers below may use more.
 */
#ifndef ES_SCAN_H
#define ES_SCAN_H

#include "evidence/source.h"
#include "host/examine.h"
#include "options.h"

/* Load the plugins that are bundled and those asked for, and declare them to the ledger. */
es_status es_scan_load_plugins(const es_options *options, es_ledger *ledger,
                               es_plugins **ret_plugins);

/* Examine the evidence and put everything found into the ledger. A refused image is a record
 * (ES_RECORD_REFUSED) and ES_OK. */
es_status es_scan_evidence(const es_options *options, const es_evidence *evidence,
                           const es_plugins *plugins, const es_skip *skips, size_t n_skips,
                           es_ledger *ledger);

#endif
