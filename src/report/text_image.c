/* SPDX-License-Identifier: Apache-2.0
 *
 * text_image.c: what is said of the scan and the image rather than of a Windows: alarms, what was
 * looked at where no Windows was found, gaps, and the image with its hashes.
 */
#include "report/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#define AT_VALUE 18u
#define RANGES_SHOWN 20u
#define SEGMENTS_SHOWN 8u

static void put_line(es_page *page, const char *label, unsigned style)
{
    es_page_flow(page, ES_TEXT_INDENT, label, AT_VALUE, style);
}

static void put_alarm(es_page *page)
{
    es_page_flow(page, 0, "!", 2, ES_STYLE_BAD);
}

/* ---- alarms ---- */

/* A stored hash that the bytes do not have. */
static bool hash_differs(const char *stored, const char *computed)
{
    return stored && computed && strcasecmp(stored, computed) != 0;
}

static void alarm_hash(es_page *page)
{
    const es_image_record *image = es_ledger_image(page->ledger);
    const es_digest_record *digest = es_ledger_digest(page->ledger);

    if (!image || !digest)
        return;
    if (hash_differs(image->stored_md5, digest->md5) ||
        hash_differs(image->stored_sha1, digest->sha1)) {
        es_page_say(page, "THE IMAGE DOES NOT HAVE THE HASH STORED IN IT: it was changed or damaged "
                          "after it was made.");
        put_alarm(page);
    }
}

static void alarm_fences(es_page *page)
{
    const es_fence_record *fences;
    size_t n = es_ledger_fences(page->ledger, &fences);

    if (!n && es_ledger_done(page->ledger)) {
        es_page_say(page, "ANALYSED WITHOUT A JAIL: nothing is known to have confined the code that "
                          "interpreted this evidence.");
        put_alarm(page);
    }
    for (size_t i = 0; i < n; i++) {
        if (strncmp(fences[i].name, "none", 4) != 0)
            continue;
        es_page_say(page, "ANALYSED WITHOUT A JAIL: ");
        es_page_show(page, fences[i].name);
        es_page_say(page, ". The code that interpreted this evidence could do whatever its user "
                          "can.");
        put_alarm(page);
    }
}

static void alarm_unfinished(es_page *page)
{
    const es_step_record *step = es_ledger_last_step(page->ledger);

    if (es_ledger_done(page->ledger) || es_ledger_refused(page->ledger))
        return;
    es_page_say(page, "THE ANALYSIS DID NOT FINISH");
    if (step) {
        es_page_say(page, ": it ended at \"");
        es_page_show(page, step->doing);
        es_page_say(page, "\"");
        if (step->artefact) {
            es_page_say(page, " of ");
            es_page_show(page, step->artefact);
        }
        if (step->plugin) {
            es_page_say(page, " by plugin ");
            es_page_show(page, step->plugin);
        }
    }
    es_page_say(page, ". What follows is what was found until then.");
    put_alarm(page);
}

static size_t count_gaps(const es_page *page)
{
    const es_note_record *notes;
    size_t n = es_ledger_notes(page->ledger, &notes), gaps = 0;

    for (size_t i = 0; i < n; i++)
        gaps += notes[i].severity >= ES_SEVERITY_GAP;
    return gaps;
}

void es_text_alarms(es_page *page)
{
    const es_note_record *refused = es_ledger_refused(page->ledger);
    const es_bad_range_record *ranges;
    size_t n_ranges = es_ledger_bad_ranges(page->ledger, &ranges), gaps = count_gaps(page);

    if (refused) {
        es_page_say(page, "NOT SCANNED: ");
        es_page_show_text(page, refused->text);
        put_alarm(page);
    }
    alarm_unfinished(page);
    alarm_hash(page);
    alarm_fences(page);
    if (n_ranges) {
        es_page_say(page, "%zu %s of the image cannot be trusted: see the end.", n_ranges,
                    n_ranges == 1 ? "range" : "ranges");
        es_page_flow(page, 0, "!", 2, ES_STYLE_WARN);
    }
    if (gaps) {
        es_page_say(page, "%zu %s met: see \"Gaps\".", gaps, gaps == 1 ? "gap was" : "gaps were");
        es_page_flow(page, 0, "!", 2, ES_STYLE_WARN);
    }
}

/* ---- no Windows ---- */

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(word, words[i]) == 0)
            return true;
    return false;
}

/* A volume that may hold a Windows which nobody could see. */
static bool is_closed(const es_volume_record *volume)
{
    static const char *const schemes[] = { "ldm", "storage-spaces", "raid" };
    static const char *const filesystems[] = {
        "unreadable", "bitlocker", "luks", "ldm", "storage-spaces", "raid", "veracrypt", "lvm",
    };

    return volume->encrypted ||
           is_one_of(volume->scheme, schemes, sizeof schemes / sizeof *schemes) ||
           is_one_of(volume->filesystem, filesystems, sizeof filesystems / sizeof *filesystems);
}

static void show_snapshots(es_page *page, uint32_t volume)
{
    const es_snapshot_record *snapshots;
    size_t n = es_ledger_snapshots(page->ledger, &snapshots), shown = 0;

    for (size_t i = 0; i < n; i++) {
        if (snapshots[i].volume != volume)
            continue;
        es_page_say(page, "%s%" PRIu32 " of ", shown++ ? ", " : ", shadow copies: ",
                    snapshots[i].number);
        es_show_time(&page->words, snapshots[i].created);
    }
}

static void show_volume(es_page *page, const es_volume_record *volume)
{
    es_page_show(page, volume->filesystem);
    es_page_say(page, ", ");
    es_page_show_size(page, volume->length);
    es_page_say(page, " at offset %" PRIu64 " (", volume->offset);
    es_page_show(page, volume->scheme);
    es_page_say(page, ", slot ");
    es_page_show(page, volume->slot);
    es_page_say(page, ")");
    if (volume->serial) {
        es_page_say(page, ", serial ");
        es_page_show(page, volume->serial);
    }
    if (volume->label && *volume->label) {
        es_page_say(page, ", label \"");
        es_page_show(page, volume->label);
        es_page_say(page, "\"");
    }
    if (volume->encrypted)
        es_page_say(page, ", ENCRYPTED");
    show_snapshots(page, volume->id);
}

static void put_volumes(es_page *page, bool open, bool closed)
{
    const es_volume_record *volumes;
    size_t n = es_ledger_volumes(page->ledger, &volumes);

    for (size_t i = 0; i < n; i++) {
        char label[32];

        if (is_closed(&volumes[i]) ? !closed : !open)
            continue;
        snprintf(label, sizeof label, "Volume %" PRIu32, volumes[i].id);
        show_volume(page, &volumes[i]);
        put_line(page, label, is_closed(&volumes[i]) ? ES_STYLE_WARN : ES_STYLE_PLAIN);
    }
}

void es_text_no_windows(es_page *page)
{
    const es_volume_record *volumes;
    size_t n = es_ledger_volumes(page->ledger, &volumes), n_closed = 0;

    for (size_t i = 0; i < n; i++)
        n_closed += is_closed(&volumes[i]);
    es_page_blank(page);
    if (n_closed) {
        es_page_say(page, "No answer: not all of this disk could be looked into, and a Windows may "
                          "be there.");
        es_page_flow(page, 0, "", 0, ES_STYLE_WARN);
        es_page_say(page, "Could not be looked into");
        es_page_heading(page, 0);
        put_volumes(page, false, true);
    } else if (!es_ledger_done(page->ledger) || es_ledger_has_gaps(page->ledger)) {
        es_page_say(page, "No Windows was seen, but there are gaps: see below before concluding "
                          "that there is none.");
        es_page_flow(page, 0, "", 0, ES_STYLE_WARN);
    } else {
        es_page_say(page, n ? "No Windows installation was found on any volume."
                            : "No volume was found, and so no Windows.");
        es_page_flow(page, 0, "", 0, ES_STYLE_BOLD);
    }
    if (n > n_closed) {
        es_page_say(page, "Looked at");
        es_page_heading(page, 0);
        put_volumes(page, true, false);
    }
}

/* ---- notes ---- */

static void put_note(es_page *page, const es_note_record *note)
{
    const es_installation_record *state =
        es_ledger_installation(page->ledger, note->installation);
    char area[64];

    es_page_show_sentences(page, note->text);
    if (note->has_where) {
        uint64_t before = page->words.size;

        es_page_say(page, " (");
        es_text_place(page, &note->where);
        if (page->words.size == before + 2)
            page->words.size = before;
        else
            es_page_say(page, ")");
    }
    if (state) {
        es_page_say(page, " [");
        es_text_state_name(page, state);
        es_page_say(page, "]");
    }
    snprintf(area, sizeof area, "%.32s", note->area);
    es_page_flow(page, ES_TEXT_INDENT, area, 14,
                 note->severity == ES_SEVERITY_ERROR ? ES_STYLE_BAD : ES_STYLE_PLAIN);
}

static void put_notes(es_page *page, const char *heading, bool gaps)
{
    const es_note_record *notes;
    size_t n = es_ledger_notes(page->ledger, &notes), shown = 0;

    for (size_t i = 0; i < n; i++) {
        if ((notes[i].severity >= ES_SEVERITY_GAP) != gaps)
            continue;
        if (!shown++) {
            es_page_say(page, "%s", heading);
            es_page_title(page);
        }
        if (shown <= ES_TEXT_NOTES || page->run->verbose)
            put_note(page, &notes[i]);
    }
    if (shown > ES_TEXT_NOTES && !page->run->verbose) {
        es_page_say(page, "and %zu more: -v shows them, and so does -o json",
                    shown - ES_TEXT_NOTES);
        es_page_flow(page, ES_TEXT_INDENT, "", 14, ES_STYLE_FAINT);
    }
}

void es_text_notes(es_page *page)
{
    put_notes(page, "Gaps: what could not be read or trusted", true);
    put_notes(page, "Remarks", false);
}

/* ---- the image ---- */

static void put_segments(es_page *page)
{
    const es_segment_record *segments;
    size_t n = es_ledger_segments(page->ledger, &segments);

    for (size_t i = 0; i < n && (i < SEGMENTS_SHOWN || page->run->verbose); i++) {
        char *path = es_show_segment_path(page->ledger, page->run, i);

        es_page_show(page, path ? path : segments[i].name);
        es_page_say(page, " (%" PRIu64 " bytes)", segments[i].size);
        put_line(page, i ? "" : n > 1 ? "Segments" : "File", ES_STYLE_PLAIN);
        free(path);
    }
    if (n > SEGMENTS_SHOWN && !page->run->verbose) {
        es_page_say(page, "and %zu more", n - SEGMENTS_SHOWN);
        put_line(page, "", ES_STYLE_PLAIN);
    }
}

static void put_hash(es_page *page, const char *label, const char *stored, const char *computed)
{
    if (!stored && !computed)
        return;
    es_page_show(page, computed ? computed : stored);
    if (hash_differs(stored, computed)) {
        es_page_say(page, " - but stored: ");
        es_page_show(page, stored);
    } else if (stored && computed) {
        es_page_say(page, " as stored");
    } else {
        es_page_say(page, computed ? " (none is stored)" : " (stored; not checked: --verify)");
    }
    put_line(page, label,
             hash_differs(stored, computed) ? ES_STYLE_BAD
                                            : stored && computed ? ES_STYLE_GOOD : ES_STYLE_PLAIN);
}

static void put_text_line(es_page *page, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    es_page_show(page, text);
    put_line(page, label, ES_STYLE_PLAIN);
}

static void put_acquisition(es_page *page, const es_image_record *image)
{
    if (!image->has_acquisition)
        return;
    put_text_line(page, "Acquired", image->acquired);
    put_text_line(page, "System date", image->system_date);
    put_text_line(page, "Stored case", image->case_number);
    put_text_line(page, "Stored evidence", image->evidence_number);
    put_text_line(page, "Stored examiner", image->examiner);
    put_text_line(page, "Description", image->description);
    put_text_line(page, "Stored notes", image->notes);
    put_text_line(page, "Made with", image->software);
    put_text_line(page, "Made on", image->os);
}

static void put_bad_ranges(es_page *page)
{
    const es_bad_range_record *ranges;
    size_t n = es_ledger_bad_ranges(page->ledger, &ranges);

    for (size_t i = 0; i < n && (i < RANGES_SHOWN || page->run->verbose); i++) {
        es_page_say(page, "offset %" PRIu64 ", %" PRIu64 " bytes: ", ranges[i].offset,
                    ranges[i].length);
        es_page_show(page, ranges[i].reason);
        put_line(page, i ? "" : "Not trusted", ES_STYLE_WARN);
    }
    if (n > RANGES_SHOWN && !page->run->verbose) {
        es_page_say(page, "and %zu more", n - RANGES_SHOWN);
        put_line(page, "", ES_STYLE_WARN);
    }
}

static void put_about_image(es_page *page)
{
    const es_image_record *image = es_ledger_image(page->ledger);
    const es_digest_record *digest = es_ledger_digest(page->ledger);

    if (image) {
        es_page_show(page, image->format);
        es_page_say(page, ", %" PRIu64 " bytes in sectors of %" PRIu32, image->size,
                    image->sector_size);
        put_line(page, "Format", ES_STYLE_PLAIN);
    }
    put_segments(page);
    put_hash(page, "MD5", image ? image->stored_md5 : NULL, digest ? digest->md5 : NULL);
    put_hash(page, "SHA-1", image ? image->stored_sha1 : NULL, digest ? digest->sha1 : NULL);
    put_hash(page, "SHA-256", NULL, digest ? digest->sha256 : NULL);
    if (image)
        put_acquisition(page, image);
    put_bad_ranges(page);
}

/* ---- the tool ---- */

static void put_jail(es_page *page)
{
    const es_fence_record *fences;
    size_t n = es_ledger_fences(page->ledger, &fences);

    for (size_t i = 0; i < n; i++) {
        if (i)
            es_page_say(page, ", ");
        es_page_show(page, fences[i].name);
    }
    if (!n)
        es_page_say(page, "none");
    put_line(page, "Jail", ES_STYLE_PLAIN);
}

static void put_plugins(es_page *page)
{
    const es_plugin *const *plugins;
    size_t n = es_ledger_plugins(page->ledger, &plugins), shown = 0;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(plugins[i]->name, "esuscan") == 0)
            continue;
        if (shown++)
            es_page_say(page, ", ");
        es_page_show(page, plugins[i]->name);
        es_page_say(page, " ");
        es_page_show(page, plugins[i]->version);
    }
    if (shown)
        put_line(page, "Plugins", ES_STYLE_PLAIN);
}

static void put_counters(es_page *page)
{
    const es_counters_record *c = es_ledger_counters(page->ledger);

    if (!c || !page->run->verbose)
        return;
    es_page_say(page,
                "%" PRIu64 " of the media, %" PRIu64 " bytes; %" PRIu64
                " of the container, %" PRIu64 " bytes; %" PRIu64 " chunks inflated to %" PRIu64
                " bytes",
                c->reads, c->bytes, c->container_reads, c->container_bytes, c->chunks_inflated,
                c->bytes_inflated);
    put_line(page, "Reads", ES_STYLE_PLAIN);
}

static void put_tool(es_page *page)
{
    const es_run *run = page->run;

    es_page_say(page, "esuscan ");
    es_page_show(page, run->version);
    for (const char *const *each = run->libraries; each && each[0] && each[1]; each += 2) {
        es_page_say(page, ", ");
        es_page_show(page, each[0]);
        es_page_say(page, " ");
        es_page_show(page, each[1]);
    }
    put_line(page, "Tool", ES_STYLE_PLAIN);
    put_plugins(page);
    if (run->catalogue_edition)
        put_text_line(page, "Catalogue", run->catalogue_edition);
    put_jail(page);
    put_counters(page);
    for (size_t i = 0; i < run->n_command; i++) {
        if (i)
            es_page_say(page, " ");
        es_page_show(page, run->command[i]);
    }
    if (run->n_command)
        put_line(page, "Command", ES_STYLE_PLAIN);
    if (es_time_known(run->started)) {
        es_show_time(&page->words, run->started);
        es_page_say(page, " to ");
        es_show_time(&page->words, run->finished);
        put_line(page, "Ran", ES_STYLE_PLAIN);
    }
}

void es_text_image(es_page *page)
{
    const es_installation_record *states;

    es_page_say(page, "The image and this scan");
    es_page_title(page);
    put_about_image(page);
    if (es_ledger_installations(page->ledger, &states))
        put_volumes(page, true, true);
    put_tool(page);
}
