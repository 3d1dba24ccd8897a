/* SPDX-License-Identifier: Apache-2.0
 *
 * formats.h: the writers that report.c lists. One function each.
 */
#ifndef ES_REPORT_FORMATS_H
#define ES_REPORT_FORMATS_H

#include "report/report.h"

es_status es_report_text(const es_ledger *ledger, const es_run *run, FILE *out);
es_status es_report_json(const es_ledger *ledger, const es_run *run, FILE *out);
es_status es_report_jsonl(const es_ledger *ledger, const es_run *run, FILE *out);
es_status es_report_timesketch(const es_ledger *ledger, const es_run *run, FILE *out);
es_status es_report_bodyfile(const es_ledger *ledger, const es_run *run, FILE *out);
es_status es_report_l2tcsv(const es_ledger *ledger, const es_run *run, FILE *out);
es_status es_report_csv(const es_ledger *ledger, const es_run *run, FILE *out);

#endif
