/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.c: whose each file is, and what follows for the kernel.
 *
 * Never more is said than the evidence carries. `original` needs a sound signature, of the file or
 * of a catalog, a chain to a root that was given and may sign components of Windows, and a name
 * that fits the place. `unsigned` and `modified` need every catalog read undamaged, since one that
 * was not could vouch. What another signed is told with who; whether that other is who he says can
 * only be judged with his root.
 */
#include "judge.h"

/* ------------------------------------------------------------------ one file */

static int claims_microsoft(const es_fact_view *fact)
{
    return es_name_holds(field(fact, F_SIGNER), "microsoft") ||
    es_name_holds(field(fact, F_ISSUER), "microsoft") ||
           es_name_holds(field(fact, F_ROOT), "microsoft");
}

static int catalogs_unread(const es_fact_view *fact)
{
    return fact->fields[F_CATALOGS_FOUND].type == 0 || number(fact, F_CATALOGS_UNREAD) > 0;
}

static uint32_t judge_genuine(const judging *at, const es_fact_view *fact, es_prose *why)
{
    if (fact->fields[F_CATALOGS].type && fact->fields[F_CATALOGS].n)
        es_prose_say(why, "Its hash is in a catalog signed by %.*s, whose chain ends at %.*s. ",
                     ES_SHOWN(field(fact, F_CATALOG_SIGNER)),
                     ES_SHOWN(field(fact, F_CATALOG_ROOT)));
    else
        es_prose_say(why, "It is as %.*s signed it; the chain ends at %.*s%s. ",
                     ES_SHOWN(field(fact, F_SIGNER)), ES_SHOWN(field(fact, F_ROOT)),
                     is_true(fact, F_TIME_PROVEN) ? ", judged at the time of its time stamp"
                                                  : ", judged without a proven time");
    if (!fact->fields[F_FITS].type) {
        es_prose_say(why, "Nothing says under which name it was built, so whether it belongs here "
                          "is open. ");
        return UNKNOWN;
    }
    if (!is_true(fact, F_FITS)) {
        es_prose_say(why, "But it was built as %.*s: another file of Windows under this name. ",
                     ES_SHOWN(field(fact, F_ORIGINAL).size ? field(fact, F_ORIGINAL)
                                                           : field(fact, F_MEMBER)));
        return NOT_OF_BUILD;
    }
    return place_other_build(at, fact, why) ? NOT_OF_BUILD : ORIGINAL;
}

/* A sound signature of the file that does not make it Microsoft's component. */
static uint32_t judge_other_signature(const es_fact_view *fact, es_prose *why)
{
    es_text chain = field(fact, F_CHAIN);

    es_prose_say(why, "It is as %.*s signed it (issued by %.*s). ", ES_SHOWN(field(fact, F_SIGNER)),
                 ES_SHOWN(field(fact, F_ISSUER)));
    if (es_name_is(chain, "trusted")) {
        es_prose_say(why, "The chain ends at %.*s, but the certificate may not sign "
                          "components of Windows. ",
                     ES_SHOWN(field(fact, F_ROOT)));
        return BY_ANOTHER;
    }
    if (es_name_is(chain, "self-signed")) {
        es_prose_say(why, "That certificate is signed by itself: nobody vouches for the name in "
                          "it. ");
        return BY_ANOTHER;
    }
    if (es_name_is(chain, "forged")) {
        es_prose_say(why, "The chain names %.*s as its root, and that root's key did not sign it. ",
                     ES_SHOWN(field(fact, F_ROOT)));
        return BY_ANOTHER;
    }
    es_prose_say(why, "The chain could not be judged (%.*s; it leads to %.*s). ",
                 ES_SHOWN(field(fact, F_CHAIN_REASON)), ES_SHOWN(field(fact, F_ROOT)));
    if (es_name_is(chain, "no-root") && !claims_microsoft(fact))
        return BY_ANOTHER;
    return UNKNOWN;
}

/* A boot manager for BIOS is code of its own with an image behind it. What covers the whole of it
 * is a catalog; where none does, its image tells something and not enough. */
static uint32_t judge_stub(const es_fact_view *fact, es_prose *why)
{
    es_text inside = field(fact, F_INSIDE);

    es_prose_say(why, "It is no PE file, so no signature of its own covers it");
    if (catalogs_unread(fact))
        es_prose_say(why, ", and of %lld catalogs %lld could not be read undamaged. ",
                     (long long)number(fact, F_CATALOGS_FOUND),
                     (long long)number(fact, F_CATALOGS_UNREAD));
    else
        es_prose_say(why, ", and none of %lld catalogs vouches for it as a whole. ",
                     (long long)number(fact, F_CATALOGS_FOUND));
    if (!inside.size)
        es_prose_say(why, "Whose it is cannot be said: no image was found inside it that would be "
                          "signed. ");
    else if (es_name_is(inside, "sound"))
        es_prose_say(why, "The image inside it, from byte %lld on, is as %.*s signed it (chain: "
                          "%.*s, %.*s); of the code before that nothing is known. ",
                     (long long)number(fact, F_INSIDE_AT), ES_SHOWN(field(fact, F_SIGNER)),
                     ES_SHOWN(field(fact, F_CHAIN)), ES_SHOWN(field(fact, F_ROOT)));
    else if (es_name_is(inside, "digest-differs") || es_name_is(inside, "broken"))
        es_prose_say(why, "The image inside it, from byte %lld on, does not fit the signature by "
                          "%.*s that it carries: it may have been changed, or not have been signed "
                          "as it lies here. ",
                     (long long)number(fact, F_INSIDE_AT), ES_SHOWN(field(fact, F_SIGNER)));
    else
        es_prose_say(why, "The image inside it, from byte %lld on, carries no signature that "
                          "could be judged. ",
                     (long long)number(fact, F_INSIDE_AT));
    return UNKNOWN;
}

static uint32_t judge_unvouched(const es_fact_view *fact, es_prose *why)
{
    es_text embedded = field(fact, F_EMBEDDED);
    const char *state = "It carries no signature";
    uint32_t answer = UNSIGNED;

    if (es_name_is(embedded, "digest-differs")) {
        es_prose_say(why, "It is not as %.*s signed it: its image hash is another than the "
                          "signature states%s. ",
                     ES_SHOWN(field(fact, F_SIGNER)),
                     es_name_is(field(fact, F_PAGES), "differ") ? ", and page hashes show where"
                                                                : "");
        answer = MODIFIED;
    } else if (es_name_is(embedded, "broken")) {
        es_prose_say(why, "Its signature by %.*s does not verify: the signature or what it signs "
                          "was changed. ",
                     ES_SHOWN(field(fact, F_SIGNER)));
        answer = MODIFIED;
    } else if (es_name_is(embedded, "unsupported")) {
        es_prose_say(why, "Its signature is in a form, or uses an algorithm, that this version "
                          "cannot verify. ");
        answer = UNKNOWN;
    } else {
        if (es_name_is(embedded, "unreadable"))
            state = "Its certificate table holds no signature";
        es_prose_say(why, "%s, ", state);
    }
    if (catalogs_unread(fact)) {
        es_prose_say(why, "and of %lld catalogs %lld could not be read undamaged: one of them may "
                          "vouch for it. ",
                     (long long)number(fact, F_CATALOGS_FOUND),
                     (long long)number(fact, F_CATALOGS_UNREAD));
        return UNKNOWN;
    }
    /* Every Windows has catalogs: where all are gone, what they would say is not known. */
    if (answer == UNSIGNED && number(fact, F_CATALOGS_FOUND) == 0) {
        es_prose_say(why, "and this installation has no catalogs at all, which could vouch for "
                          "it. ");
        return UNKNOWN;
    }
    es_prose_say(why, answer == UNSIGNED ? "and none of %lld catalogs vouches for it. "
                                         : "None of %lld catalogs vouches for it either. ",
                 (long long)number(fact, F_CATALOGS_FOUND));
    for (uint64_t i = 0; i < fact->fields[F_OTHER_CATALOGS].n && i < 2; i++)
        es_prose_say(why, "A catalog holds its hash and cannot be relied on (%.*s). ",
                     ES_SHOWN(fact->fields[F_OTHER_CATALOGS].texts[i]));
    return answer;
}

/* A catalog whose root is missing may be the right one. */
static int has_unjudged_catalog(const es_fact_view *fact)
{
    for (uint64_t i = 0; i < fact->fields[F_OTHER_CATALOGS].n; i++)
        if (es_name_holds(fact->fields[F_OTHER_CATALOGS].texts[i], "sound: no-root"))
            return 1;
    return 0;
}

static uint32_t judge_signature(const judging *at, const es_fact_view *fact, es_prose *why)
{
    es_text embedded = field(fact, F_EMBEDDED);
    int sound = es_name_is(embedded, "sound");

    if ((sound && es_name_is(field(fact, F_CHAIN), "trusted") &&
         is_true(fact, F_COMPONENT_USAGE)) ||
        (fact->fields[F_CATALOGS].type && fact->fields[F_CATALOGS].n))
        return judge_genuine(at, fact, why);
    if (is_true(fact, F_DAMAGED)) {
        es_prose_say(why, "It lies on bytes of the image that cannot be trusted, so nothing "
                          "follows from its hash. ");
        return UNKNOWN;
    }
    if (sound)
        return judge_other_signature(fact, why);
    if (is_true(fact, F_CATALOG_BY_ANOTHER)) {
        es_prose_say(why, "Its hash is in a catalog that is trusted, but not for components of "
                          "Windows (%.*s). ",
                     ES_SHOWN(fact->fields[F_OTHER_CATALOGS].texts[0]));
        return BY_ANOTHER;
    }
    if (has_unjudged_catalog(fact)) {
        es_prose_say(why, "Its hash is in a catalog whose chain could not be judged (%.*s). ",
                     ES_SHOWN(fact->fields[F_OTHER_CATALOGS].texts[0]));
        return UNKNOWN;
    }
    if (es_name_is(field(fact, F_NAME), "bootmgr") && !fact->fields[F_IMAGE_SHA1].type &&
        (number(fact, F_CATALOGS_FOUND) > 0 || field(fact, F_INSIDE).size))
        return judge_stub(fact, why);
    return judge_unvouched(fact, why);
}

/* What is odd about a file whoever signed it. */
static int remark(const es_fact_view *fact, es_prose *why)
{
    size_t before = why->used;

    if (fact->fields[F_CHECKSUM].type && !is_true(fact, F_CHECKSUM))
        es_prose_say(why, "Its PE checksum does not fit, which no signature covers. ");
    if (is_true(fact, F_VERSION_DIFFERS))
        es_prose_say(why, "Its version in words is another than in numbers. ");
    if (number(fact, F_APPENDED) > 0)
        es_prose_say(why, "Its certificate table holds %lld bytes that no signature covers. ",
                     (long long)number(fact, F_APPENDED));
    if (field(fact, F_PROBLEM).size)
        es_prose_say(why, "Its layout is odd: %.*s. ", ES_SHOWN(field(fact, F_PROBLEM)));
    if (number(fact, F_UNCOVERED) > 0)
        es_prose_say(why, "%lld bytes between its sections are covered by no signature. ",
                     (long long)number(fact, F_UNCOVERED));
    if (is_true(fact, F_SEARCHED) && !field(fact, F_COMPONENT).size &&
        !es_name_is(field(fact, F_ROLE), "asked") &&
        !es_name_is(field(fact, F_ROLE), "boot-manager"))
        es_prose_say(why, "The component store has no such file%s: a strong sign that it was put "
                          "there outside servicing. ",
                     number(fact, F_LINKS) == 1 ? ", it has one link" : "");
    if (is_true(fact, F_CHECKED))
        es_prose_say(why, "It is a checked (debug) build. ");
    if (es_name_is(field(fact, F_KNOWN), "bad"))
        es_prose_say(why, "The list of known hashes calls it bad. ");
    else if (es_name_is(field(fact, F_KNOWN), "good"))
        es_prose_say(why, "The list of known hashes calls it good. ");
    return why->used > before;
}

static es_status judge_file(judging *at, const es_fact_view *fact)
{
    static const char *const answers[] = { "original", "original-but-not-of-this-build",
                                           "signed-by-another", "modified", "unsigned",
                                           "unknown" };
    es_prose why;
    uint32_t answer;
    es_datum fields[5];
    es_row row = { sizeof row, 0, fields };
    es_status status = es_prose_make(at->host, WORDS, &why);
    int odd;

    if (status)
        return status;
    answer = judge_signature(at, fact, &why);
    odd = remark(fact, &why);
    if (place_extended_kernel(at, fact, answer, &why) && at->n_traces < MAX_LISTED)
        at->traces[at->n_traces++] = es_text_of("extended kernel, by its looks");
    if (!es_name_is(field(fact, F_ROLE), "asked")) {
        at->n_files++;
        at->unusual |= odd;
        if (!at->counts[answer]++) {
            at->first[answer] = fact->reference;
            at->first_name[answer] = field(fact, F_NAME);
        }
        if (at->n_because < MAX_LISTED)
            at->because[at->n_because++] = fact->reference;
    }
    fields[0] = es_datum_text(fact->path);
    fields[1] = es_datum_text_or_null(field(fact, F_ROLE));
    fields[2] = es_datum_text(es_text_of(answers[answer]));
    fields[3] = es_datum_text(es_prose_text(&why));
    fields[4] = es_datum_fact(fact->reference);
    return at->host->row(at->host, &row);
}

/* ------------------------------------------------------------------ all of it */

static es_status read_files(judging *at)
{
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;

    while ((status = next_fact(at, "integrity.file", &cursor, &fact)) == ES_OK) {
        status = judge_file(at, &fact);
        if (status != ES_OK)
            return status;
    }
    return status < 0 ? status : ES_OK;
}

/* "trace: what was found" */
static es_text trace_words(const judging *at, const es_fact_view *fact)
{
    es_text trace = field(fact, T_TRACE), found = field(fact, T_FOUND), made;
    uint64_t size = trace.size + found.size + 3;
    void *memory = NULL;

    if (!found.size || at->host->alloc(at->host, size, &memory) != ES_OK)
        return trace;
    made.data = memory;
    made.size = (uint64_t)snprintf(memory, (size_t)size, "%.*s: %.*s", (int)(trace.size & 0xffff),
                                   trace.data, (int)(found.size & 0xffff), found.data);
    if (made.size >= size)
        made.size = size - 1;
    return made;
}

static es_status read_rest(judging *at)
{
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;

    while ((status = next_fact(at, "integrity.boot", &cursor, &fact)) == ES_OK)
        for (uint64_t i = 0; i < fact.fields[B_CONCERNS].n && at->n_concerns < MAX_LISTED; i++) {
            at->concerns[at->n_concerns++] = fact.fields[B_CONCERNS].texts[i];
            if (i == 0 && at->n_because < MAX_LISTED)
                at->because[at->n_because++] = fact.reference;
        }
    cursor = 0;
    while (status >= 0 && (status = next_fact(at, "integrity.spoof", &cursor, &fact)) == ES_OK) {
        if (at->n_traces < MAX_LISTED)
            at->traces[at->n_traces++] = trace_words(at, &fact);
        if (at->n_because < MAX_LISTED)
            at->because[at->n_because++] = fact.reference;
    }
    cursor = 0;
    while (status >= 0 && (status = next_fact(at, "integrity.store", &cursor, &fact)) == ES_OK) {
        at->store[0] = fact.fields[S_CHECKED];
        at->store[1] = es_datum_integer(number(&fact, S_DIFFER) + number(&fact, S_MISSING));
    }
    return status < 0 ? status : ES_OK;
}

/* The worst that was found decides; what could not be judged keeps all from being original. */
static const uint32_t worst[] = { MODIFIED, UNSIGNED, BY_ANOTHER, NOT_OF_BUILD, UNKNOWN };

static uint32_t overall(const judging *at)
{
    for (uint32_t i = 0; i < ES_COUNT(worst); i++)
        if (at->counts[worst[i]])
            return worst[i];
    return at->n_files ? ORIGINAL : UNKNOWN;
}

static void explain(const judging *at, uint32_t answer, es_prose *to)
{
    static const char *const what[] = {
        "original and of this build", "Microsoft's but not of this build", "signed by another",
        "modified since they were signed", "unsigned, and no catalog vouches for them",
        "not to be judged",
    };

    if (!at->n_files)
        es_prose_say(to, "No kernel or boot file could be looked at.");
    if (answer == ORIGINAL)
        es_prose_say(to, "All %u kernel and boot files are %s.", at->n_files, what[ORIGINAL]);
    for (uint32_t i = 0; i < ES_COUNT(worst); i++) {
        uint32_t n = at->counts[worst[i]];

        if (n)
            es_prose_say(to, "%s%u of %u kernel and boot files %s %s (%.*s%s).",
                         to->used && to->data[to->used - 1] != ' ' ? " " : "", n,
                         at->n_files, n == 1 ? "is" : "are", what[worst[i]],
                         ES_SHOWN(at->first_name[worst[i]]), n > 1 ? " …" : "");
    }
    if (at->unusual)
        es_prose_say(to, " See the list of files for what is unusual about them.");
    if (at->n_concerns)
        es_prose_say(to, " The boot store lets other code run: %.*s%s.", ES_SHOWN(at->concerns[0]),
                     at->n_concerns > 1 ? " …" : "");
    if (at->n_traces)
        es_prose_say(to, " Found is also what spoofing or bypasses leave, though not always they "
                         "alone: %.*s%s.",
                     ES_SHOWN(at->traces[0]),
                     at->n_traces > 1 ? " …" : "");
}

/* Which files these are. */
static void explain_day(const judging *at, es_prose *to)
{
    char time[ES_TIME_WORD_SIZE];

    if (at->then.by)
        es_prose_say(to, "For the day that was asked for the files of the shadow copy of %s decide. ",
                     es_time_word(at->then.taken, time));
    else if (es_then_asked(&at->then))
        es_prose_say(to, "No shadow copy reaches back to the day that was asked for: whose the "
                         "kernel and boot files were then is not known, since a file tells nothing "
                         "of what stood in its place before. Listed is what was found at the end: ");
}

es_status integrity_judge(void *state, const es_host *host, const es_installation *installation,
                          const es_question *question)
{
    judging *at = NULL;
    es_datum fields[6];
    es_prose why;
    es_text explanation;
    es_verdict verdict = { sizeof verdict, 0, UNKNOWN, 0, NULL, &explanation, fields };
    void *memory = NULL;
    es_status status = host->alloc(host, sizeof *at, &memory);

    (void)state;
    if (status != ES_OK || installation->role == ES_ROLE_REGBACK)
        return status; /* hives alone: no file of that time is left to judge */
    at = memory;
    at->host = host;
    at->store[0] = at->store[1] = es_null();
    status = es_then_find(host, installation, question, 0, &at->then);
    if (status == ES_OK)
        status = place_winners(at);
    if (status == ES_OK)
        status = read_files(at);
    if (status == ES_OK)
        status = read_rest(at);
    if (status == ES_OK)
        status = es_prose_make(host, WORDS, &why);
    if (status != ES_OK)
        return status;
    verdict.answer = overall(at);
    explain_day(at, &why);
    explain(at, verdict.answer, &why);
    if (es_then_asked(&at->then) && !at->then.by)
        verdict.answer = UNKNOWN;
    explanation = es_prose_text(&why);
    fields[0] = es_datum_integer(at->n_files);
    fields[1] = es_datum_integer(at->counts[ORIGINAL]);
    fields[2] = es_datum_texts(at->concerns, at->n_concerns);
    fields[3] = es_datum_texts(at->traces, at->n_traces);
    fields[4] = at->store[0];
    fields[5] = at->store[1];
    verdict.because = at->because;
    verdict.n_because = at->n_because;
    return host->verdict(host, &verdict);
}
