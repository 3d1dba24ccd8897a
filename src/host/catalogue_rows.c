/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue_rows.c: one function a file of the catalogue: its columns, its rows, what they may say.
 */
#include "host/catalogue_rows.h"

#include "base/text.h"

#include <string.h>

/* A table of pointers with room for every line of a sheet. */
static void *table(es_sheet *sheet, uint32_t lines, size_t size)
{
    void *made = es_arena_take(sheet->arena, (uint64_t)lines * size);

    if (!made && sheet->failed == ES_OK)
        sheet->failed = ES_NOMEM;
    return made;
}

static void *row(es_sheet *sheet, size_t size)
{
    return table(sheet, 1, size);
}

#define BEGIN(sheet, name, bytes, columns)                                                         \
    es_sheet_begin(sheet, name, bytes, columns, sizeof columns / sizeof *columns, draft->arena,    \
                   draft->note)

/* ------------------------------------------------------------------ edition */

es_status es_catalogue_read_edition(es_catalogue_draft *draft, es_bytes bytes)
{
    es_text text = { (const char *)bytes.data, bytes.size };
    es_catalogue *to = &draft->tables;

    while (text.size && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
        text.size--;
    if (!es_day_parse(text, &to->edition_day, &to->edition_month)) {
        es_note_set(draft->note, ES_SEVERITY_ERROR, "catalogue",
                    "The catalogue is refused: edition, line 1: it is no date (YYYY-MM-DD).");
        return ES_CORRUPT;
    }
    to->edition = es_text_of(es_arena_text(draft->arena, text));
    return to->edition.data ? ES_OK : ES_NOMEM;
}

/* ------------------------------------------------------------------ updates.csv */

static const char *const kinds[] = {
    [ES_UPDATE_OTHER] = "",
    [ES_UPDATE_MONTHLY_ROLLUP] = "monthly-rollup",
    [ES_UPDATE_SECURITY_ONLY] = "security-only",
    [ES_UPDATE_PREVIEW_ROLLUP] = "preview-rollup",
    [ES_UPDATE_OUT_OF_BAND] = "out-of-band",
    [ES_UPDATE_OTHER_SECURITY] = "other-security",
    [ES_UPDATE_IE_CUMULATIVE] = "ie-cumulative",
    [ES_UPDATE_DOTNET] = "dotnet",
    [ES_UPDATE_SERVICING_STACK] = "servicing-stack",
    [ES_UPDATE_SHA2_SUPPORT] = "sha2-support",
    [ES_UPDATE_ESU_PREPARATION] = "esu-preparation",
    [ES_UPDATE_NON_SECURITY] = "non-security",
    [ES_UPDATE_SERVICE_PACK] = "service-pack",
};
static const char *const channels[] = {
    [ES_CHANNEL_UNKNOWN] = "",
    [ES_CHANNEL_GENERAL] = "general",
    [ES_CHANNEL_ESU_YEAR_1] = "esu-year-1",
    [ES_CHANNEL_ESU_YEAR_2] = "esu-year-2",
    [ES_CHANNEL_ESU_YEAR_3] = "esu-year-3",
    [ES_CHANNEL_ESU_YEAR_4_AZURE] = "esu-year-4-azure",
    [ES_CHANNEL_PREMIUM_ASSURANCE] = "premium-assurance",
};
#define N(words) (uint32_t)(sizeof(words) / sizeof *(words))

enum {
    U_KB, U_KIND, U_RELEASED, U_CHANNEL, U_ARCHITECTURES, U_KERNEL, U_BUILD, U_SUPERSEDES, U_SOURCE,
    U_MONTH, U_FIXED, U_BASIS
};
static const char *const update_columns[] = {
    "kb", "kind", "release_date", "channel", "architectures", "kernel_version", "build_after",
    "supersedes", "source", "servicing_month", "fixed_build", "date_basis",
};

static void read_update(es_sheet *sheet, es_catalogue_update *to)
{
    uint16_t fixed[1][4] = { { 0 } };

    to->size = sizeof *to;
    to->kb = es_sheet_kb(sheet, U_KB);
    to->kind_word = es_sheet_required(sheet, U_KIND);
    to->kind = es_sheet_word(sheet, U_KIND, kinds, N(kinds));
    to->channel_word = es_sheet_text(sheet, U_CHANNEL);
    to->channel = es_sheet_word(sheet, U_CHANNEL, channels, N(channels));
    to->released = es_sheet_day(sheet, U_RELEASED);
    to->month = es_sheet_month(sheet, U_MONTH);
    to->architectures = es_sheet_architectures(sheet, U_ARCHITECTURES);
    to->n_kernels = es_sheet_versions(sheet, U_KERNEL, to->kernels, 2);
    to->build_after = es_sheet_number(sheet, U_BUILD, 9999);
    to->supersedes = es_sheet_kbs(sheet, U_SUPERSEDES, &to->n_supersedes);
    to->has_fixed_build = es_sheet_versions(sheet, U_FIXED, fixed, 1);
    memcpy(to->fixed_build, fixed[0], sizeof to->fixed_build);
    to->source = es_sheet_text(sheet, U_SOURCE);
    to->date_basis = es_sheet_text(sheet, U_BASIS);
    if (sheet->failed == ES_OK && to->month == ES_MONTH_UNKNOWN &&
        (to->kind == ES_UPDATE_MONTHLY_ROLLUP || to->kind == ES_UPDATE_SECURITY_ONLY))
        es_sheet_fail(sheet, sheet->row_line, "a %s needs its servicing_month", kinds[to->kind]);
}

es_status es_catalogue_read_updates(es_catalogue_draft *draft, es_bytes bytes)
{
    es_sheet sheet;
    uint32_t n = 0, lines;

    BEGIN(&sheet, "updates.csv", bytes, update_columns);
    lines = es_sheet_lines(&sheet);
    draft->updates = table(&sheet, lines, sizeof *draft->updates);
    draft->update_lines = table(&sheet, lines, sizeof *draft->update_lines);
    while (es_sheet_next(&sheet)) {
        es_catalogue_update *to = row(&sheet, sizeof *to);

        if (!to)
            break;
        read_update(&sheet, to);
        draft->update_lines[n] = sheet.row_line;
        to->index = n; /* its place in the file, until they are sorted */
        draft->updates[n++] = to;
    }
    draft->tables.n_updates = n;
    return sheet.failed;
}

/* ------------------------------------------------------------------ cves.csv */

enum { C_KB, C_CVE, C_COMPONENT, C_SEVERITY, C_IMPACT, C_EXPLOIT, C_ARCHITECTURES };
static const char *const fix_columns[] = {
    "kb", "cve", "component", "severity", "impact", "public_exploit", "architectures",
};

static uint64_t digits_at(es_text text, uint64_t at)
{
    uint64_t n = 0;

    while (at + n < text.size && text.data[at + n] >= '0' && text.data[at + n] <= '9')
        n++;
    return n;
}

/* "CVE-2019-0708" or "ADV190013": no others, so that their order is that of their numbers. */
static bool is_cve(es_text text)
{
    if (text.size < 9 || text.size > 18)
        return false;
    if (!memcmp(text.data, "ADV", 3))
        return digits_at(text, 3) == text.size - 3;
    return !memcmp(text.data, "CVE-", 4) && digits_at(text, 4) == 4 && text.size >= 13 &&
           text.data[8] == '-' && digits_at(text, 9) == text.size - 9;
}

static void read_fix(es_sheet *sheet, es_catalogue_draft *draft, uint32_t n)
{
    static const char *const words[] = { "", "no", "yes" };
    es_catalogue_fix *to = draft->fixes[n];
    uint32_t exploit;

    to->size = sizeof *to;
    draft->fix_kbs[n] = es_sheet_kb(sheet, C_KB);
    draft->fix_cves[n] = es_sheet_required(sheet, C_CVE);
    draft->fix_lines[n] = sheet->row_line;
    if (sheet->failed == ES_OK && !is_cve(draft->fix_cves[n]))
        es_sheet_fail(sheet, sheet->row_line, "its cve is no CVE or ADV number");
    to->component = es_sheet_text(sheet, C_COMPONENT);
    to->severity = es_sheet_text(sheet, C_SEVERITY);
    to->impact = es_sheet_text(sheet, C_IMPACT);
    to->architectures = es_sheet_architectures(sheet, C_ARCHITECTURES);
    exploit = es_sheet_word(sheet, C_EXPLOIT, words, N(words));
    to->public_exploit = exploit == 0 ? 2 : exploit - 1;
    to->index = n;
}

es_status es_catalogue_read_fixes(es_catalogue_draft *draft, es_bytes bytes)
{
    es_sheet sheet;
    uint32_t n = 0, lines;

    BEGIN(&sheet, "cves.csv", bytes, fix_columns);
    lines = es_sheet_lines(&sheet);
    draft->fixes = table(&sheet, lines, sizeof *draft->fixes);
    draft->fix_kbs = table(&sheet, lines, sizeof *draft->fix_kbs);
    draft->fix_cves = table(&sheet, lines, sizeof *draft->fix_cves);
    draft->fix_lines = table(&sheet, lines, sizeof *draft->fix_lines);
    while (es_sheet_next(&sheet)) {
        draft->fixes[n] = row(&sheet, sizeof **draft->fixes);
        if (!draft->fixes[n])
            break;
        read_fix(&sheet, draft, n++);
    }
    draft->tables.n_fixes = n;
    return sheet.failed;
}

/* ------------------------------------------------------------------ kernel-versions.csv */

enum { K_VERSION, K_BUILD, K_BRANCH, K_KBS, K_RELEASED, K_SOURCE, K_BASIS };
static const char *const kernel_columns[] = {
    "version", "build", "branch", "kbs", "release_date", "source", "basis",
};

es_status es_catalogue_read_kernels(es_catalogue_draft *draft, es_bytes bytes)
{
    es_sheet sheet;
    es_catalogue_kernel **kernels;
    uint32_t n = 0;

    BEGIN(&sheet, "kernel-versions.csv", bytes, kernel_columns);
    kernels = table(&sheet, es_sheet_lines(&sheet), sizeof *kernels);
    while (es_sheet_next(&sheet)) {
        es_catalogue_kernel *to = row(&sheet, sizeof *to);
        uint16_t version[1][4] = { { 0 } };

        if (!to)
            break;
        to->size = sizeof *to;
        to->version_text = es_sheet_required(&sheet, K_VERSION);
        (void)es_sheet_versions(&sheet, K_VERSION, version, 1);
        memcpy(to->version, version[0], sizeof to->version);
        to->build = es_sheet_number(&sheet, K_BUILD, 99999);
        if (sheet.failed == ES_OK && to->build != to->version[2])
            es_sheet_fail(&sheet, sheet.row_line, "version and build differ");
        to->branch = es_sheet_text(&sheet, K_BRANCH);
        to->kbs = es_sheet_kbs(&sheet, K_KBS, &to->n_kbs);
        to->released = es_sheet_day(&sheet, K_RELEASED);
        to->source = es_sheet_text(&sheet, K_SOURCE);
        to->basis = es_sheet_text(&sheet, K_BASIS);
        kernels[n++] = to;
    }
    draft->kernels = kernels;
    draft->tables.kernels = (const es_catalogue_kernel *const *)kernels;
    draft->tables.n_kernels = n;
    return sheet.failed;
}

/* ------------------------------------------------------------------ prerequisites.csv */

enum { P_KB, P_SYSTEM, P_ROLE, P_RELEASED, P_MONTH, P_SOURCE };
static const char *const prerequisite_columns[] = {
    "kb", "operating_system", "role", "release_date", "servicing_month", "source",
};

es_status es_catalogue_read_prerequisites(es_catalogue_draft *draft, es_bytes bytes)
{
    es_sheet sheet;
    es_catalogue_prerequisite **all;
    uint32_t n = 0;

    BEGIN(&sheet, "prerequisites.csv", bytes, prerequisite_columns);
    all = table(&sheet, es_sheet_lines(&sheet), sizeof *all);
    while (es_sheet_next(&sheet)) {
        es_catalogue_prerequisite *to = row(&sheet, sizeof *to);

        if (!to)
            break;
        to->size = sizeof *to;
        to->kb = es_sheet_kb(&sheet, P_KB);
        to->operating_system = es_sheet_required(&sheet, P_SYSTEM);
        to->role = es_sheet_required(&sheet, P_ROLE);
        to->released = es_sheet_day(&sheet, P_RELEASED);
        to->month = es_sheet_month(&sheet, P_MONTH);
        to->source = es_sheet_text(&sheet, P_SOURCE);
        all[n++] = to;
    }
    draft->tables.prerequisites = (const es_catalogue_prerequisite *const *)all;
    draft->tables.n_prerequisites = n;
    return sheet.failed;
}

/* ------------------------------------------------------------------ lifecycle.csv */

enum { L_PRODUCT, L_PHASE, L_STARTS, L_ENDS, L_SOURCE };
static const char *const phase_columns[] = { "product", "phase", "starts", "ends", "source" };

es_status es_catalogue_read_lifecycle(es_catalogue_draft *draft, es_bytes bytes)
{
    es_sheet sheet;
    es_catalogue_phase **all;
    uint32_t n = 0;

    BEGIN(&sheet, "lifecycle.csv", bytes, phase_columns);
    all = table(&sheet, es_sheet_lines(&sheet), sizeof *all);
    while (es_sheet_next(&sheet)) {
        es_catalogue_phase *to = row(&sheet, sizeof *to);

        if (!to)
            break;
        to->size = sizeof *to;
        to->product = es_sheet_required(&sheet, L_PRODUCT);
        to->phase = es_sheet_required(&sheet, L_PHASE);
        to->starts = es_sheet_day(&sheet, L_STARTS);
        to->ends = es_sheet_day(&sheet, L_ENDS);
        to->source = es_sheet_text(&sheet, L_SOURCE);
        all[n++] = to;
    }
    draft->tables.phases = (const es_catalogue_phase *const *)all;
    draft->tables.n_phases = n;
    return sheet.failed;
}

/* ------------------------------------------------------------------ esu-activation-ids.csv */

enum { A_ID, A_SKU, A_APPLIES, A_CHANNEL, A_FROM, A_TO, A_SOURCE };
static const char *const activation_columns[] = {
    "activation_id", "sku", "applies_to", "licence_channel", "covers_from", "covers_to", "source",
};

/* 8-4-4-4-12 hexadecimal digits, lower case. */
static bool is_guid(es_text text)
{
    for (uint64_t i = 0; i < text.size; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        char c = text.data[i];

        if (hyphen ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return text.size == 36;
}

es_status es_catalogue_read_activations(es_catalogue_draft *draft, es_bytes bytes)
{
    es_sheet sheet;
    es_catalogue_activation **all;
    uint32_t n = 0;

    BEGIN(&sheet, "esu-activation-ids.csv", bytes, activation_columns);
    all = table(&sheet, es_sheet_lines(&sheet), sizeof *all);
    while (es_sheet_next(&sheet)) {
        es_catalogue_activation *to = row(&sheet, sizeof *to);

        if (!to)
            break;
        to->size = sizeof *to;
        to->id = es_sheet_required(&sheet, A_ID);
        if (sheet.failed == ES_OK && !is_guid(to->id))
            es_sheet_fail(&sheet, sheet.row_line, "its activation_id is no GUID in lower case");
        to->sku = es_sheet_required(&sheet, A_SKU);
        to->applies_to = es_sheet_text(&sheet, A_APPLIES);
        to->licence_channel = es_sheet_text(&sheet, A_CHANNEL);
        to->covers_from = es_sheet_day(&sheet, A_FROM);
        to->covers_to = es_sheet_day(&sheet, A_TO);
        to->source = es_sheet_text(&sheet, A_SOURCE);
        all[n++] = to;
    }
    draft->tables.activations = (const es_catalogue_activation *const *)all;
    draft->tables.n_activations = n;
    return sheet.failed;
}

/* ------------------------------------------------------------------ reissues.csv */

enum { R_KB, R_ISSUE, R_SOURCE };
static const char *const reissue_columns[] = { "kb", "issue", "source" };

es_status es_catalogue_read_reissues(es_catalogue_draft *draft, es_bytes bytes)
{
    es_sheet sheet;
    uint32_t lines;

    if (!bytes.size)
        return ES_OK;
    BEGIN(&sheet, "reissues.csv", bytes, reissue_columns);
    lines = es_sheet_lines(&sheet);
    draft->reissue_kbs = table(&sheet, lines, sizeof *draft->reissue_kbs);
    draft->reissues = table(&sheet, lines, sizeof *draft->reissues);
    draft->reissue_lines = table(&sheet, lines, sizeof *draft->reissue_lines);
    while (es_sheet_next(&sheet)) {
        uint32_t n = draft->n_reissues++;

        draft->reissue_kbs[n] = es_sheet_kb(&sheet, R_KB);
        draft->reissues[n] = es_sheet_number(&sheet, R_ISSUE, 65535);
        draft->reissue_lines[n] = sheet.row_line;
        (void)es_sheet_required(&sheet, R_SOURCE);
        if (sheet.failed == ES_OK && draft->reissues[n] < 2)
            es_sheet_fail(&sheet, sheet.row_line, "an issue that replaces another is 2 or later");
    }
    return sheet.failed;
}
