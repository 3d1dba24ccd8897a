/* SPDX-License-Identifier: Apache-2.0
 *
 * place.c: whether a file is the one that servicing would have in its place.
 *
 * "Of this build" is what servicing says should be there: the version of the component that won
 * (SideBySide\Winners). A file in the component's folder of another version, or of another version
 * itself, is Microsoft's and not of this build: rolled back, or put there.
 */
#include "judge.h"

es_status place_winners(judging *at)
{
    es_fact_view fact;
    uint64_t cursor = 0;
    es_status status;
    int left_out = 0;

    while ((status = next_fact(at, "servicing.component", &cursor, &fact)) == ES_OK) {
        winner *to = &at->winners[at->n_winners];

        if (fact.n_fields < 4 || !es_name_is(field(&fact, 3), "winners"))
            continue;
        if (es_name_holds(field(&fact, 0), "edsecurityupdatesai") && field(&fact, 2).size > 3 &&
            !memcmp(field(&fact, 2).data, "6.3.", 4) && at->n_traces < MAX_LISTED) {
            at->traces[at->n_traces++] =
                es_text_of("a component of Windows 8.1 won that keeps ESU updates from asking for "
                           "a licence");
        }
        if (at->n_winners == ES_COUNT(at->winners)) {
            left_out = 1;
            continue;
        }
        to->component = field(&fact, 0);
        to->architecture = field(&fact, 1);
        to->version = field(&fact, 2);
        at->n_winners++;
    }
    if (status >= 0 && left_out)
        status = at->host->note(at->host, 1,
                                es_text_of("Servicing names more components than are compared: of "
                                           "some files it is not known whether they are of this "
                                           "build."),
                                NULL);
    return status < 0 ? status : ES_OK;
}

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
        if (es_name_is(name, usual[i].file))
            return usual[i].component;
    return NULL;
}

/* The version that should be there; empty when servicing does not say, or says several. */
static es_text should_be(const judging *at, const winner *component)
{
    es_text version = ES_TEXT("");
    uint32_t n = 0;

    for (uint32_t i = 0; i < at->n_winners; i++) {
        if (!es_name_same(at->winners[i].component, component->component) ||
            (component->architecture.size && at->winners[i].architecture.size &&
             !es_name_same(at->winners[i].architecture, component->architecture)))
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

int place_other_build(const judging *at, const es_fact_view *fact, es_prose *why)
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
    es_prose_say(why, "It is version %.*s, and servicing says that %.*s of %.*s is in effect: %s. ",
                 ES_SHOWN(version), ES_SHOWN(due), ES_SHOWN(mine.component),
                 order < 0 ? "an older file was put back, or the update's file never came into "
                             "place"
                           : "the file is ahead of what servicing knows");
    return 1;
}

/* Extended kernels for Vista put files of Windows' own version, unsigned or signed by themselves,
 * in the place of Microsoft's. That is what such a file looks like, not proof of where it is from.
 */
int place_extended_kernel(const judging *at, const es_fact_view *fact, uint32_t answer,
                          es_prose *why)
{
    static const char *const replaced[] = { "ntoskrnl.exe", "ntkrnlpa.exe", "kernel32.dll",
                                            "ntdll.dll" };
    es_text name = field(fact, F_NAME), version = field(fact, F_VERSION), due;
    winner component = { ES_TEXT(""), ES_TEXT(""), ES_TEXT("") };
    uint32_t i = 0;

    while (i < ES_COUNT(replaced) && !es_name_is(name, replaced[i]))
        i++;
    if (i == ES_COUNT(replaced) || version.size < 4 || memcmp(version.data, "6.0.", 4) != 0 ||
        (answer != UNSIGNED && !es_name_is(field(fact, F_CHAIN), "self-signed")) ||
        !is_true(fact, F_SEARCHED) || field(fact, F_COMPONENT).size)
        return 0;
    component.component = es_text_of(usual_component(name));
    due = should_be(at, &component);
    if (due.size && compare_versions(version, due) != 0)
        return 0;
    es_prose_say(why, "It has the looks of an extended kernel: of a version that Windows has, not "
                      "Microsoft's, and not in the component store. ");
    return 1;
}
