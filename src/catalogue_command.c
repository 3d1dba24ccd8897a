/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue_command.c: see catalogue_command.h. Words for people, from tables alone: nothing here
 * knows a machine. "Not known" is said where the catalogue has no word; it never means "no".
 */
#include "catalogue_command.h"

#include "base/time.h"
#include "host/catalogue_rows.h"

#include <string.h>

#define TEXT(text) (int)(text).size, (text).data ? (text).data : ""

static void put_list(FILE *out, const char *name, const uint32_t *kbs, uint32_t n)
{
    if (!n)
        return;
    fprintf(out, "  %-16s", name);
    for (uint32_t i = 0; i < n; i++)
        fprintf(out, "%sKB%u", i ? ", " : "", kbs[i]);
    fputc('\n', out);
}

static void put_day(FILE *out, const es_catalogue_update *update)
{
    char day[ES_TIME_STRING_MAX];

    if (es_time_known(update->released)) {
        es_time_format(update->released, day);
        fprintf(out, "  %-16s%s (%.*s)\n", "released", day, TEXT(update->date_basis));
    } else {
        fprintf(out, "  %-16sday not known\n", "released");
    }
    if (update->month != ES_MONTH_UNKNOWN)
        fprintf(out, "  %-16s%04d-%02d\n", "month", update->month / 12, update->month % 12 + 1);
}

static void put_architectures(FILE *out, uint32_t set)
{
    static const char *const names[] = { "x86", "amd64", "ia64" };

    fprintf(out, "  %-16s", "architectures");
    if (!set)
        fputs("not known", out);
    for (uint32_t i = 0; i < 3; i++)
        if (set & 1u << i)
            fprintf(out, "%s%s", set & ((1u << i) - 1) ? ", " : "", names[i]);
    fputc('\n', out);
}

static void put_version(FILE *out, const char *name, const uint16_t version[4])
{
    fprintf(out, "  %-16s%u.%u.%u.%u\n", name, version[0], version[1], version[2], version[3]);
}

static void put_kernels(FILE *out, const es_catalogue_update *update)
{
    for (uint32_t i = 0; i < update->n_kernels; i++)
        put_version(out, update->n_kernels == 1 ? "kernel" : i ? "kernel (LDR)" : "kernel (GDR)",
                    update->kernels[i]);
    if (update->has_fixed_build)
        put_version(out, "fixed build", update->fixed_build);
    if (update->build_after)
        fprintf(out, "  %-16s%u\n", "build after it", update->build_after);
}

static void put_fix(FILE *out, const es_catalogue_fix *fix, es_text id)
{
    static const char *const exploit[] = { "", ", public exploit listed", "" };

    fprintf(out, "    %.*s  %.*s, %.*s%s%s%.*s\n", TEXT(id),
            TEXT(fix->severity.size ? fix->severity : es_text_of("severity not known")),
            TEXT(fix->impact.size ? fix->impact : es_text_of("impact not known")),
            exploit[fix->public_exploit % 3], fix->component.size ? ", " : "",
            TEXT(fix->component));
}

static void put_newer(FILE *out, const es_catalogue_update *update)
{
    if (!update->n_superseded_by)
        return;
    fprintf(out, "  %-16s", "superseded by");
    for (uint32_t i = 0; i < update->n_superseded_by; i++)
        fprintf(out, "%sKB%u", i ? ", " : "", update->superseded_by[i]->kb);
    fputc('\n', out);
}

static void put_roles(FILE *out, const es_catalogue *from, uint32_t kb)
{
    for (uint32_t i = 0; i < from->n_prerequisites; i++)
        if (from->prerequisites[i]->kb == kb)
            fprintf(out, "  %-16s%.*s, for %.*s\n", "prerequisite",
                    TEXT(from->prerequisites[i]->role),
                    TEXT(from->prerequisites[i]->operating_system));
}

static void answer_kb(FILE *out, const es_catalogue *from, uint32_t kb)
{
    const es_catalogue_update *update = es_catalogue_find(from, kb);

    fprintf(out, "KB%u\n", kb);
    if (!update)
        fputs("  not in the catalogue\n", out);
    put_roles(out, from, kb);
    if (!update)
        return;
    fprintf(out, "  %-16s%.*s\n", "kind", TEXT(update->kind_word));
    put_day(out, update);
    fprintf(out, "  %-16s%.*s\n", "release period",
            TEXT(update->channel ? update->channel_word : es_text_of("not known")));
    put_architectures(out, update->architectures);
    put_kernels(out, update);
    put_list(out, "supersedes", update->supersedes, update->n_supersedes);
    put_newer(out, update);
    if (es_catalogue_issue(update))
        fprintf(out, "  %-16sthat is issue %u (package version 6.0.%u.*), not an earlier one\n",
                "issued again", update->issue, update->issue);
    fprintf(out, "  %-16s%.*s\n", "sources", TEXT(update->source));
    fprintf(out, "  %-16s%u\n", "mends", update->n_fixes);
    for (uint32_t i = 0; i < update->n_fixes; i++)
        put_fix(out, update->fixes[i], update->fixes[i]->cve->id);
}

static void answer_cve(FILE *out, const es_catalogue *from, const char *id)
{
    uint32_t low = 0, high = from->n_cves;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (es_cve_compare(from->cves[middle]->id, es_text_of(id)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    fprintf(out, "%s\n", id);
    if (low == from->n_cves || !es_text_equal(from->cves[low]->id, es_text_of(id))) {
        fputs("  not in the catalogue\n", out);
        return;
    }
    fputs("  mended by\n", out);
    for (uint32_t i = 0; i < from->cves[low]->n_fixes; i++) {
        const es_catalogue_fix *fix = from->cves[low]->fixes[i];
        char day[ES_TIME_STRING_MAX] = "day not known", name[64];

        if (es_time_known(fix->update->released))
            es_time_format(fix->update->released, day);
        snprintf(name, sizeof name, "KB%u  %s  %.*s", fix->update->kb, day,
                 TEXT(fix->update->kind_word));
        put_fix(out, fix, es_text_of(name));
    }
}

/* "6003", "20489", "6003.20489", "6.0.6003.20489": its last parts are the version's. */
static bool fits(const es_catalogue_kernel *kernel, const uint32_t *parts, uint32_t n)
{
    if (n == 1)
        return parts[0] == kernel->build || parts[0] == kernel->version[3];
    for (uint32_t i = 0; i < n; i++)
        if (parts[i] != kernel->version[4 - n + i])
            return false;
    return true;
}

static bool is_build(const char *text, uint32_t parts[4], uint32_t *ret_n)
{
    uint32_t n = 0, digits = 0;

    parts[0] = 0;
    for (; *text; text++) {
        if (*text == '.' && digits && n < 3) {
            parts[++n] = 0;
            digits = 0;
        } else if (*text >= '0' && *text <= '9' && digits < 5) {
            parts[n] = parts[n] * 10 + (uint32_t)(*text - '0');
            digits++;
        } else {
            return false;
        }
    }
    *ret_n = n + 1;
    return digits != 0;
}

static void answer_build(FILE *out, const es_catalogue *from, const char *asked,
                         const uint32_t parts[4], uint32_t n)
{
    uint32_t found = 0;

    fprintf(out, "build %s\n", asked);
    for (uint32_t i = 0; i < from->n_kernels; i++) {
        const es_catalogue_kernel *kernel = from->kernels[i];
        char day[ES_TIME_STRING_MAX] = "day not known";

        if (!fits(kernel, parts, n))
            continue;
        found++;
        if (es_time_known(kernel->released))
            es_time_format(kernel->released, day);
        fprintf(out, "  %-18.*s%-5.*s%-14s%.*s", TEXT(kernel->version_text), TEXT(kernel->branch),
                day, TEXT(kernel->basis));
        for (uint32_t k = 0; k < kernel->n_kbs; k++)
            fprintf(out, "%sKB%u", k ? ", " : "  ", kernel->kbs[k]);
        fputc('\n', out);
    }
    if (!found)
        fputs("  not in the catalogue\n", out);
}

static void describe(FILE *out, const es_catalogue *from)
{
    fprintf(out, "edition %.*s\nsha256  %.*s\n", TEXT(from->edition), TEXT(from->sha256));
    fprintf(out, "%u updates, %u CVEs, %u pairs of both, %u kernel versions\n", from->n_updates,
            from->n_cves, from->n_fixes, from->n_kernels);
    for (uint32_t i = 0; i < from->n_phases; i++) {
        char starts[ES_TIME_STRING_MAX] = "?", ends[ES_TIME_STRING_MAX] = "";

        if (es_time_known(from->phases[i]->starts))
            es_time_format(from->phases[i]->starts, starts);
        if (es_time_known(from->phases[i]->ends))
            es_time_format(from->phases[i]->ends, ends);
        fprintf(out, "  %-22.*s%-24.*s%10s  %10s\n", TEXT(from->phases[i]->product),
                TEXT(from->phases[i]->phase), starts, ends);
    }
}

es_status es_catalogue_command(const es_options *options, FILE *out, es_note *reterr_note)
{
    const es_catalogue *from = options->catalogue;
    es_status status = ES_OK;

    if (!options->n_images)
        describe(out, from);
    for (size_t i = 0; i < options->n_images; i++) {
        const char *asked = options->images[i];
        char id[ES_ASKED_ID_MAX];
        uint32_t parts[4], n;

        if (i)
            fputc('\n', out);
        if (es_cve_spell(asked, id)) {
            answer_cve(out, from, id);
        } else if (is_build(asked, parts, &n)) {
            answer_build(out, from, asked, parts, n);
        } else if (es_kb_spell(asked, id)) {
            answer_kb(out, from, es_kb_number(es_text_of(id)));
        } else {
            es_note_set(reterr_note, ES_SEVERITY_ERROR, "usage",
                        "'%s' is no KB (KB4499149), CVE (CVE-2019-0708) or build (6003, "
                        "6003.20489).",
                        asked);
            status = ES_UNSUPPORTED;
        }
    }
    return status;
}
