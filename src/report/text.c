/* SPDX-License-Identifier: Apache-2.0
 *
 * text.c: the report for people.
 */
#include "report/formats.h"

es_status es_report_text(const es_ledger *ledger, const es_run *run, FILE *out)
{
    (void)ledger;
    return fprintf(out, "esuscan %s\n", run->version) < 0 ? ES_IO : ES_OK;
}
