/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.c: whose each file is, and what follows for the kernel.
 *
 * Never more is said than the evidence carries. `original` needs a sound signature, of the file or
 * of a catalog, a chain to a root that was given and may sign components of Windows, and a name
 * that fits the place. `unsigned` and `modified` need every catalog read undamaged, since one that
 * was not could vouch. What another signed is told with who; whether that other is who he says can
 * only be judged with his root.
 *
 * "Of this build" is what servicing says should be there: the version of the component that won
 * (SideBySide\Winners). A file in the component's folder of another version, or of another version
 * itself, is Microsoft's and not of this build: rolled back, or put there.
 */
#include "integrity.h"

#include <stdarg.h>
#include <stdio.h>

enum { ORIGINAL, NOT_OF_BUILD, BY_ANOTHER, MODIFIED, UNSIGNED, UNKNOWN };

#define MAX_LISTED 64u
#define WORDS 1400u

typedef struct winner {
    es_text component, architecture, version;
} winner;

typedef struct judging {
    const es_host *host;
    winner winners[256];
    uint32_t n_winners;
    uint32_t counts[UNKNOWN + 1], n_files; /* of the kernel and boot files */
    uint64_t because[MAX_LISTED];
    uint32_t n_because;
    es_text concerns[MAX_LISTED], traces[MAX_LISTED];
    uint32_t n_concerns, n_traces;
    uint64_t first[UNKNOWN + 1]; /* fact of the first file of each answer, for the sentence */
    es_text first_name[UNKNOWN + 1];
    es_datum store[2];
    int unusual; /* something of a file that is original yet worth a word */
} judging;

typedef struct words {
    char text[WORDS];
    size_t n;
} words;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void say(words *to, const char *format, ...)
{
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(to->text + to->n, WORDS - to->n, format, list);
    va_end(list);
    if (n > 0)
        to->n = to->n + (size_t)n < WORDS ? to->n + (size_t)n : WORDS - 1;
}

#define TEXT(text) (int)((text).size & 0x3ff), (text).data

static es_text field(const es_fact_view *fact, uint32_t index)
{
    const es_text none = ES_TEXT("");

    return fact->fields[index].type == ES_FIELD_TEXT ? fact->fields[index].text : none;
}

static int is_true(const es_fact_view *fact, uint32_t index)
{
    return fact->fields[index].type == ES_FIELD_BOOLEAN && fact->fields[index].integer != 0;
}

static int64_t number(const es_fact_view *fact, uint32_t index)
{
    return fact->fields[index].type == ES_FIELD_INTEGER ? fact->fields[index].integer : -1;
}

/* ------------------------------------------------------------------ of this build? */

static es_text cut_last(es_text *text)
{
    es_text last = *text;

    for (uint64_t i = text->size; i > 0; i--) {
        if (text->data[i - 1] == '_') {
            last.data = text->data + i;
            last.size = text->size - i;
            text->size = i - 1;
            return last;
        }
    }
    text->size = 0;
    return last;
}

static es_text cut_first(es_text *text)
{
    es_text first = *text;

    for (uint64_t i = 0; i < text->size; i++) {
        if (text->data[i] == '_') {
            first.size = i;
            text->data += i + 1;
            text->size -= i + 1;
            return first;
        }
    }
    text->size = 0;
    return first;
}

/* "arch_name_token_version_culture_hash/file": the component and its version. */
static int component_of(es_text path, winner *ret)
{
    es_text folder = path;

    for (uint64_t i = 0; i < path.size && folder.size == path.size; i++)
        if (path.data[i] == '/')
            folder.size = i;
    if (folder.size == path.size)
        return 0;
    (void)cut_last(&folder); /* hash */
    (void)cut_last(&folder); /* culture */
    ret->version = cut_last(&folder);
    (void)cut_last(&folder); /* token */
    ret->architecture = cut_first(&folder);
    ret->component = folder;
    return folder.size != 0;
}

/* Components of files that lost their twin. */
static const char *usual_component(es_text name)
{
    static const struct {
        const char *file, *component;
    } usual[] = {
        { "ntoskrnl.exe", "microsoft-windows-os-kernel" },
        { "ntkrnlpa.exe", "microsoft-windows-os-kernel" },
        { "hal.dll", "microsoft-windows-hal" },
        { "win32k.sys", "microsoft-windows-win32k" },
        { "ntdll.dll", "microsoft-windows-ntdll" },
        { "kernel32.dll", "microsoft-windows-kernel32" },
        { "ci.dll", "microsoft-windows-codeintegrity" },
        { "pshed.dll", "microsoft-windows-pshed" },
        { "clfs.sys", "microsoft-windows-commonlog" },
        { "bootvid.dll", "microsoft-windows-bootvid" },
    };

    for (uint32_t i = 0; i < ES_COUNT(usual); i++)
        if (text_is(name, usual[i].file))
            return usual[i].component;
    return NULL;
}

/* The version that should be there; empty when servicing does not say, or says several. */
static es_text should_be(const judging *at, const winner *component)
{
    es_text version = ES_TEXT("");
    uint32_t n = 0;

    for (uint32_t i = 0; i < at->n_winners; i++) {
        if (!same_text(at->winners[i].component, component->component) ||
            (component->architecture.size && at->winners[i].architecture.size &&
             !same_text(at->winners[i].architecture, component->architecture)))
            continue;
        if (n++ && !es_text_equal(version, at->winners[i].version))
            version.size = 0;
        else if (n == 1)
            version = at->winners[i].version;
    }
    return version;
}

/* -1, 0 or 1: a is below, equal to or above b, number by number. */
static int compare_versions(es_text a, es_text b)
{
    uint64_t i = 0, k = 0;

    while (i < a.size || k < b.size) {
        uint64_t left = 0, right = 0;

        for (; i < a.size && a.data[i] != '.'; i++)
            left = left * 10 + (uint64_t)(a.data[i] - '0') % 10;
        for (; k < b.size && b.data[k] != '.'; k++)
            right = right * 10 + (uint64_t)(b.data[k] - '0') % 10;
        if (left != right)
            return left < right ? -1 : 1;
        i++;
        k++;
    }
    return 0;
}

/* Whether servicing says another version should be there; says so. */
static int is_other_build(const judging *at, const es_fact_view *fact, words *why)
{
    winner mine = { ES_TEXT(""), ES_TEXT(""), ES_TEXT("") };
    es_text version = field(fact, F_VERSION), due;
    const char *usual;
    int order;

    if (component_of(field(fact, F_COMPONENT), &mine)) {
        version = mine.version;
    } else if ((usual = usual_component(field(fact, F_NAME))) != NULL) {
        mine.component = es_text_of(usual);
    } else {
        return 0;
    }
    due = should_be(at, &mine);
    if (!due.size || !version.size)
        return 0;
    order = compare_versions(version, due);
    if (order == 0)
        return 0;
    say(why, "It is version %.*s, and servicing says that %.*s of %.*s is in effect: %s. ",
        TEXT(version), TEXT(due), TEXT(mine.component),
        order < 0 ? "an older file was put back, or the update's file never came into place"
                  : "the file is ahead of what servicing knows");
    return 1;
}

/* ------------------------------------------------------------------ one file */

static int claims_microsoft(const es_fact_view *fact)
{
    return holds(field(fact, F_SIGNER), "microsoft") || holds(field(fact, F_ISSUER), "microsoft") ||
           holds(field(fact, F_ROOT), "microsoft");
}

static int catalogs_unread(const es_fact_view *fact)
{
    return fact->fields[F_CATALOGS_FOUND].type == 0 || number(fact, F_CATALOGS_UNREAD) > 0;
}

static uint32_t judge_genuine(const judging *at, const es_fact_view *fact, words *why)
{
    if (fact->fields[F_CATALOGS].type && fact->fields[F_CATALOGS].n)
        say(why, "Its hash is in a catalog signed by %.*s, whose chain ends at %.*s. ",
            TEXT(field(fact, F_CATALOG_SIGNER)), TEXT(field(fact, F_CATALOG_ROOT)));
    else
        say(why, "It is as %.*s signed it; the chain ends at %.*s%s. ",
            TEXT(field(fact, F_SIGNER)), TEXT(field(fact, F_ROOT)),
            is_true(fact, F_TIME_PROVEN) ? ", judged at the time of its time stamp"
                                         : ", judged without a proven time");
    if (!fact->fields[F_FITS].type) {
        say(why, "Nothing says under which name it was built, so whether it belongs here is open. ");
        return UNKNOWN;
    }
    if (!is_true(fact, F_FITS)) {
        say(why, "But it was built as %.*s: another file of Windows under this name. ",
            TEXT(field(fact, F_ORIGINAL).size ? field(fact, F_ORIGINAL) : field(fact, F_MEMBER)));
        return NOT_OF_BUILD;
    }
    return is_other_build(at, fact, why) ? NOT_OF_BUILD : ORIGINAL;
}

/* A sound signature of the file that does not make it Microsoft's component. */
static uint32_t judge_other_signature(const es_fact_view *fact, words *why)
{
    es_text chain = field(fact, F_CHAIN);

    say(why, "It is as %.*s signed it (issued by %.*s). ", TEXT(field(fact, F_SIGNER)),
        TEXT(field(fact, F_ISSUER)));
    if (text_is(chain, "trusted")) {
        say(why, "The chain ends at %.*s, but may not sign components of Windows. ",
            TEXT(field(fact, F_ROOT)));
        return BY_ANOTHER;
    }
    if (text_is(chain, "forged")) {
        say(why, "The chain names %.*s as its root, and that root's key did not sign it. ",
            TEXT(field(fact, F_ROOT)));
        return BY_ANOTHER;
    }
    say(why, "The chain could not be judged (%.*s; it leads to %.*s). ",
        TEXT(field(fact, F_CHAIN_REASON)), TEXT(field(fact, F_ROOT)));
    if (text_is(chain, "no-root") && !claims_microsoft(fact))
        return BY_ANOTHER;
    return UNKNOWN;
}

/* A boot manager for BIOS is code of its own with an image behind it. What covers the whole of it
 * is a catalog; where none does, its image tells something and not enough. */
static uint32_t judge_stub(const es_fact_view *fact, words *why)
{
    es_text inside = field(fact, F_INSIDE);

    say(why, "It is no PE file, so no signature of its own covers it");
    if (catalogs_unread(fact))
        say(why, ", and of %lld catalogs %lld could not be read undamaged. ",
            (long long)number(fact, F_CATALOGS_FOUND), (long long)number(fact, F_CATALOGS_UNREAD));
    else
        say(why, ", and none of %lld catalogs vouches for it as a whole. ",
            (long long)number(fact, F_CATALOGS_FOUND));
    if (!inside.size)
        say(why, "Whose it is cannot be said: no image was found inside it that would be signed. ");
    else if (text_is(inside, "sound"))
        say(why, "The image inside it, from byte %lld on, is as %.*s signed it (chain: %.*s, %.*s); "
                 "of the code before that nothing is known. ",
            (long long)number(fact, F_INSIDE_AT), TEXT(field(fact, F_SIGNER)),
            TEXT(field(fact, F_CHAIN)), TEXT(field(fact, F_ROOT)));
    else if (text_is(inside, "digest-differs") || text_is(inside, "broken"))
        say(why, "The image inside it, from byte %lld on, does not fit the signature by %.*s that "
                 "it carries: it may have been changed, or not have been signed as it lies here. ",
            (long long)number(fact, F_INSIDE_AT), TEXT(field(fact, F_SIGNER)));
    else
        say(why, "The image inside it, from byte %lld on, carries no signature that could be "
                 "judged. ",
            (long long)number(fact, F_INSIDE_AT));
    return UNKNOWN;
}

static uint32_t judge_unvouched(const es_fact_view *fact, words *why)
{
    es_text embedded = field(fact, F_EMBEDDED);
    const char *state = "It carries no signature";
    uint32_t answer = UNSIGNED;

    if (text_is(embedded, "digest-differs")) {
        say(why, "It is not as %.*s signed it: its image hash is another than the signature "
                 "states%s. ",
            TEXT(field(fact, F_SIGNER)),
            text_is(field(fact, F_PAGES), "differ") ? ", and page hashes show where" : "");
        answer = MODIFIED;
    } else if (text_is(embedded, "broken")) {
        say(why, "Its signature by %.*s does not verify: the signature or what it signs was "
                 "changed. ",
            TEXT(field(fact, F_SIGNER)));
        answer = MODIFIED;
    } else if (text_is(embedded, "unsupported")) {
        say(why, "Its signature uses what this version cannot verify. ");
        answer = UNKNOWN;
    } else {
        if (text_is(embedded, "unreadable"))
            state = "Its certificate table holds no signature";
        say(why, "%s, ", state);
    }
    if (catalogs_unread(fact)) {
        say(why, "and of %lld catalogs %lld could not be read undamaged: one of them may vouch for "
                 "it. ",
            (long long)number(fact, F_CATALOGS_FOUND), (long long)number(fact, F_CATALOGS_UNREAD));
        return UNKNOWN;
    }
    /* Every Windows has catalogs: where all are gone, what they would say is not known. */
    if (answer == UNSIGNED && number(fact, F_CATALOGS_FOUND) == 0) {
        say(why, "and this installation has no catalogs at all, which could vouch for it. ");
        return UNKNOWN;
    }
    say(why, answer == UNSIGNED ? "and none of %lld catalogs vouches for it. "
                                : "None of %lld catalogs vouches for it either. ",
        (long long)number(fact, F_CATALOGS_FOUND));
    for (uint64_t i = 0; i < fact->fields[F_OTHER_CATALOGS].n && i < 2; i++)
        say(why, "A catalog holds its hash and cannot be relied on (%.*s). ",
            TEXT(fact->fields[F_OTHER_CATALOGS].texts[i]));
    return answer;
}

/* A catalog whose root is missing may be the right one. */
static int has_unjudged_catalog(const es_fact_view *fact)
{
    for (uint64_t i = 0; i < fact->fields[F_OTHER_CATALOGS].n; i++)
        if (holds(fact->fields[F_OTHER_CATALOGS].texts[i], "sound: no-root"))
            return 1;
    return 0;
}

static uint32_t judge_signature(const judging *at, const es_fact_view *fact, words *why)
{
    es_text embedded = field(fact, F_EMBEDDED);
    int sound = text_is(embedded, "sound");

    if ((sound && text_is(field(fact, F_CHAIN), "trusted") && is_true(fact, F_COMPONENT_USAGE)) ||
        (fact->fields[F_CATALOGS].type && fact->fields[F_CATALOGS].n))
        return judge_genuine(at, fact, why);
    if (is_true(fact, F_DAMAGED)) {
        say(why, "It lies on bytes of the image that cannot be trusted, so nothing follows from "
                 "its hash. ");
        return UNKNOWN;
    }
    if (sound)
        return judge_other_signature(fact, why);
    if (is_true(fact, F_CATALOG_BY_ANOTHER)) {
        say(why, "Its hash is in a catalog that is trusted, but not for components of Windows "
                 "(%.*s). ",
            TEXT(fact->fields[F_OTHER_CATALOGS].texts[0]));
        return BY_ANOTHER;
    }
    if (has_unjudged_catalog(fact)) {
        say(why, "Its hash is in a catalog whose chain could not be judged (%.*s). ",
            TEXT(fact->fields[F_OTHER_CATALOGS].texts[0]));
        return UNKNOWN;
    }
    if (text_is(field(fact, F_NAME), "bootmgr") && !fact->fields[F_IMAGE_SHA1].type &&
        (number(fact, F_CATALOGS_FOUND) > 0 || field(fact, F_INSIDE).size))
        return judge_stub(fact, why);
    return judge_unvouched(fact, why);
}

/* What is odd about a file whoever signed it. */
static int remark(const es_fact_view *fact, words *why)
{
    size_t before = why->n;

    if (fact->fields[F_CHECKSUM].type && !is_true(fact, F_CHECKSUM))
        say(why, "Its PE checksum does not fit, which no signature covers. ");
    if (is_true(fact, F_VERSION_DIFFERS))
        say(why, "Its version in words is another than in numbers. ");
    if (number(fact, F_APPENDED) > 0)
        say(why, "Its certificate table holds %lld bytes that no signature covers. ",
            (long long)number(fact, F_APPENDED));
    if (number(fact, F_UNCOVERED) > 0)
        say(why, "%lld bytes between its sections are covered by no signature. ",
            (long long)number(fact, F_UNCOVERED));
    if (is_true(fact, F_SEARCHED) && !field(fact, F_COMPONENT).size &&
        !text_is(field(fact, F_ROLE), "asked") && !text_is(field(fact, F_ROLE), "boot-manager"))
        say(why, "The component store has no such file%s: it was put there outside servicing. ",
            number(fact, F_LINKS) == 1 ? ", it has one link" : "");
    if (is_true(fact, F_CHECKED))
        say(why, "It is a checked (debug) build. ");
    if (text_is(field(fact, F_KNOWN), "bad"))
        say(why, "The list of known hashes calls it bad. ");
    else if (text_is(field(fact, F_KNOWN), "good"))
        say(why, "The list of known hashes calls it good. ");
    return why->n > before;
}

static es_status judge_file(judging *at, const es_fact_view *fact)
{
    static const char *const answers[] = { "original", "original-but-not-of-this-build",
                                           "signed-by-another", "modified", "unsigned",
                                           "unknown" };
    words why = { { 0 }, 0 };
    uint32_t answer = judge_signature(at, fact, &why);
    es_datum fields[5];
    es_row row = { sizeof row, 0, fields };
    int odd = remark(fact, &why);

    if (why.n && why.text[why.n - 1] == ' ')
        why.n--;
    if (!text_is(field(fact, F_ROLE), "asked")) {
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
    fields[1] = text_or_null(field(fact, F_ROLE));
    fields[2] = es_datum_text(es_text_of(answers[answer]));
    fields[3] = es_datum_text((es_text){ why.text, why.n });
    fields[4] = es_datum_fact(fact->reference);
    return at->host->row(at->host, &row);
}

/* ------------------------------------------------------------------ all of it */

static es_status read_winners(judging *at)
{
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;

    while ((status = at->host->fact_next(at->host, es_text_of("servicing.component"), &cursor,
                                         &fact)) == ES_OK) {
        winner *to = &at->winners[at->n_winners];

        if (fact.n_fields < 4 || !text_is(field(&fact, 3), "winners"))
            continue;
        if (holds(field(&fact, 0), "edsecurityupdatesai") && field(&fact, 2).size > 3 &&
            !memcmp(field(&fact, 2).data, "6.3.", 4) && at->n_traces < MAX_LISTED) {
            at->traces[at->n_traces++] =
                es_text_of("a component of Windows 8.1 won that keeps ESU updates from asking for "
                           "a licence");
        }
        if (at->n_winners == ES_COUNT(at->winners))
            continue;
        to->component = field(&fact, 0);
        to->architecture = field(&fact, 1);
        to->version = field(&fact, 2);
        at->n_winners++;
    }
    return status < 0 ? status : ES_OK;
}

static es_status read_files(judging *at)
{
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;

    while ((status = at->host->fact_next(at->host, es_text_of("integrity.file"), &cursor,
                                         &fact)) == ES_OK) {
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

    while ((status = at->host->fact_next(at->host, es_text_of("integrity.boot"), &cursor,
                                         &fact)) == ES_OK)
        for (uint64_t i = 0; i < fact.fields[B_CONCERNS].n && at->n_concerns < MAX_LISTED; i++) {
            at->concerns[at->n_concerns++] = fact.fields[B_CONCERNS].texts[i];
            if (i == 0 && at->n_because < MAX_LISTED)
                at->because[at->n_because++] = fact.reference;
        }
    cursor = 0;
    while (status >= 0 && (status = at->host->fact_next(at->host, es_text_of("integrity.spoof"),
                                                        &cursor, &fact)) == ES_OK) {
        if (at->n_traces < MAX_LISTED)
            at->traces[at->n_traces++] = trace_words(at, &fact);
        if (at->n_because < MAX_LISTED)
            at->because[at->n_because++] = fact.reference;
    }
    cursor = 0;
    while (status >= 0 && (status = at->host->fact_next(at->host, es_text_of("integrity.store"),
                                                        &cursor, &fact)) == ES_OK) {
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

static void explain(const judging *at, uint32_t answer, words *to)
{
    static const char *const what[] = {
        "original and of this build", "Microsoft's but not of this build", "signed by another",
        "modified since they were signed", "unsigned, and no catalog vouches for them",
        "not to be judged",
    };

    if (!at->n_files) {
        say(to, "No kernel or boot file could be looked at.");
        return;
    }
    if (answer == ORIGINAL)
        say(to, "All %u kernel and boot files are %s.", at->n_files, what[ORIGINAL]);
    for (uint32_t i = 0; i < ES_COUNT(worst); i++) {
        uint32_t n = at->counts[worst[i]];

        if (n)
            say(to, "%s%u of %u kernel and boot files %s %s (%.*s%s).", to->n ? " " : "", n,
                at->n_files, n == 1 ? "is" : "are", what[worst[i]],
                TEXT(at->first_name[worst[i]]), n > 1 ? " …" : "");
    }
    if (at->unusual)
        say(to, " See the list of files for what is unusual about them.");
    if (at->n_concerns)
        say(to, " The boot store lets other code run: %.*s%s.", TEXT(at->concerns[0]),
            at->n_concerns > 1 ? " …" : "");
    if (at->n_traces)
        say(to, " Traces of spoofing or of bypasses were found: %.*s%s.", TEXT(at->traces[0]),
            at->n_traces > 1 ? " …" : "");
}

es_status integrity_judge(void *state, const es_host *host, const es_installation *installation,
                          const es_question *question)
{
    judging *at = NULL;
    es_datum fields[6];
    words why = { { 0 }, 0 };
    es_text explanation = { why.text, 0 };
    es_verdict verdict = { sizeof verdict, 0, UNKNOWN, 0, NULL, &explanation, fields };
    void *memory = NULL;
    es_status status = host->alloc(host, sizeof *at, &memory);

    (void)state, (void)question;
    if (status != ES_OK || installation->role == ES_ROLE_REGBACK)
        return status; /* hives alone: no file of that time is left to judge */
    at = memory;
    at->host = host;
    at->store[0] = at->store[1] = es_null();
    status = read_winners(at);
    if (status == ES_OK)
        status = read_files(at);
    if (status == ES_OK)
        status = read_rest(at);
    if (status != ES_OK)
        return status;
    verdict.answer = overall(at);
    explain(at, verdict.answer, &why);
    explanation.size = why.n;
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
