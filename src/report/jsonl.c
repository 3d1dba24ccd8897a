/* SPDX-License-Identifier: Apache-2.0
 *
 * jsonl.c: facts, verdicts and notes, one JSON object a line, each saying first which it is. The
 * same members as in the `json` format; a verdict also says of which installation it is, by which
 * plugin, and its name, which there are its place.
 */
#include "report/formats.h"
#include "report/record.h"

static es_status end_line(es_status status, FILE *out)
{
    return status ? status : putc('\n', out) == EOF ? ES_IO : ES_OK;
}

static es_status write_verdict(es_json *json, const es_verdict_record *verdict, FILE *out)
{
    return end_line(es_json_write_verdict(json, verdict, out), out);
}

es_status es_report_jsonl(const es_ledger *ledger, const es_run *run, FILE *out)
{
    es_json json = es_json_begin(ledger, run);
    const es_fact_record *facts;
    const es_verdict_record *verdicts;
    const es_note_record *notes;
    size_t n_facts = es_ledger_facts(ledger, &facts);
    size_t n_verdicts = es_ledger_verdicts(ledger, &verdicts);
    size_t n_notes = es_ledger_notes(ledger, &notes);
    es_status status = ES_OK;

    for (size_t i = 0; !status && i < n_facts; i++)
        status = end_line(es_json_write_fact(&json, "fact", &facts[i], out), out);
    for (size_t i = 0; !status && i < n_verdicts; i++)
        status = write_verdict(&json, &verdicts[i], out);
    for (size_t i = 0; !status && i < n_notes; i++)
        status = end_line(es_json_write_note(&json, "note", &notes[i], out), out);
    if (!status && es_ledger_refused(ledger))
        status = end_line(es_json_write_note(&json, "note", es_ledger_refused(ledger), out), out);
    es_json_end(&json);
    return status;
}
