/* SPDX-License-Identifier: Apache-2.0
 *
 * doubts.c: what is odd, told without flooding the report; and small helpers of every part.
 */
#include "servicing.h"

static const char *const sentences[N_DOUBTS] = {
    [DOUBT_IDENTITY] = "this package name does not follow the grammar, so no KB was taken from it",
    [DOUBT_DUPLICATE] = "this package is there twice",
    [DOUBT_TWO_STATES] = "this package is there twice, in two states: which of them counts is not "
                         "known",
    [DOUBT_FOREIGN_KEY] = "this package names a KB under a key that is not Microsoft's: it is not "
                          "counted as that update",
    [DOUBT_ARCHITECTURE] = "this package is for another processor than the machine's: it is not "
                           "counted as the update it names",
    [DOUBT_STATE] = "this package's state is missing, or no state that is known",
    [DOUBT_BROKEN] = "this package's state is negative: servicing calls it broken",
    [DOUBT_TIME] = "this package's install time cannot be true",
    [DOUBT_TYPE] = "a value of this package has a type that it should not have",
    [DOUBT_MANIFEST] = "this package manifest cannot be read to its end, or belongs to another "
                       "package",
    [DOUBT_MANIFEST_LARGE] = "this package manifest is larger or deeper than is read: it was not "
                             "read to its end",
};

/* What is told of a package that is merely odd leaves no gap in the report. */
static uint32_t severity_of(uint32_t sort)
{
    return sort == DOUBT_DUPLICATE || sort == DOUBT_FOREIGN_KEY ||
                   sort == DOUBT_ARCHITECTURE || sort == DOUBT_BROKEN
               ? 0 : 1;
}

es_status doubt(work *at, uint32_t sort, es_text about, const es_where *where)
{
    es_text text;
    es_status status;

    if (++at->doubts[sort] > DOUBTS_TOLD)
        return ES_OK;
    status = es_prose_one(at->host, &text, "%s: %.*s", sentences[sort], ES_SHOWN(about));
    return status ? status : at->host->note(at->host, severity_of(sort), text, where);
}

es_status doubts_sum_up(work *at)
{
    es_status status = ES_OK;

    for (uint32_t i = 0; i < N_DOUBTS && status >= 0; i++) {
        es_text text;

        if (at->doubts[i] <= DOUBTS_TOLD)
            continue;
        status = es_prose_one(at->host, &text, "%s: %u more such package%s", sentences[i],
                              at->doubts[i] - DOUBTS_TOLD,
                              at->doubts[i] - DOUBTS_TOLD == 1 ? "" : "s");
        if (status == ES_OK)
            status = at->host->note(at->host, severity_of(i), text, at->hive->where);
    }
    return status;
}

es_text kb_text(const es_host *host, uint32_t kb)
{
    es_text text = ES_TEXT("");

    if (kb)
        (void)es_prose_one(host, &text, "KB%u", kb);
    return text;
}
