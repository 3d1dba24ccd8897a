/* SPDX-License-Identifier: Apache-2.0
 *
 * text.c: the report for people.
 *
 * In the order in which it is read: what was scanned, what is wrong with the scan itself, what the
 * examiner asked, the answers in brief, each with its reasons, what contradicts it, the evidence,
 * the gaps, and last the image and the tool. It is driven by what plugins declare, so that a plugin
 * written tomorrow reads as well; the verdict `build` alone has words of its own.
 */
#include "report/text.h"
#include "report/formats.h"

static void put_header(es_page *page)
{
    const es_run *run = page->run;
    const es_image_record *image = es_ledger_image(page->ledger);

    es_page_say(page, "esuscan ");
    es_page_show(page, run->version);
    es_page_flow(page, 0, "", 0, ES_STYLE_BOLD);
    es_page_blank(page);
    es_page_show(page, run->image_path);
    if (image) {
        es_page_say(page, " (");
        es_page_show(page, image->format);
        es_page_say(page, ", ");
        es_page_show_size(page, image->size);
        es_page_say(page, ")");
    }
    es_page_flow(page, 0, "Image", 10, ES_STYLE_PLAIN);
    if (run->case_number || run->evidence) {
        es_page_show(page, run->case_number ? run->case_number : "-");
        if (run->evidence) {
            es_page_say(page, ", evidence ");
            es_page_show(page, run->evidence);
        }
        es_page_flow(page, 0, "Case", 10, ES_STYLE_PLAIN);
    }
    if (run->examiner) {
        es_page_show(page, run->examiner);
        es_page_flow(page, 0, "Examiner", 10, ES_STYLE_PLAIN);
    }
    if (es_time_known(run->as_of)) {
        es_show_time(&page->words, run->as_of);
        es_page_flow(page, 0, "As of", 10, ES_STYLE_BOLD);
    }
}

es_status es_report_text(const es_ledger *ledger, const es_run *run, FILE *out)
{
    es_page page = es_page_make(ledger, run, out);
    const es_installation_record *states;

    put_header(&page);
    es_text_alarms(&page);
    if (es_ledger_installations(ledger, &states)) {
        es_text_asked(&page);
        es_text_overview(&page);
        es_text_machines(&page);
    } else if (!es_ledger_refused(ledger)) {
        es_text_no_windows(&page);
    }
    es_text_notes(&page);
    es_text_image(&page);
    return es_page_end(&page);
}
