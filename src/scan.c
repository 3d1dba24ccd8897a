/* SPDX-License-Identifier: Apache-2.0
 *
 * scan.c: see scan.h. The one file that knows every layer, and the sentence they make.
 */
#include "scan.h"

#include "base/text.h"
#include "verify.h"
#include "disk/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

/* What a scan holds while it runs. */
typedef struct scan {
    const es_options *options;
    es_ledger *ledger;
    es_source *source;
    es_volumes *volumes;
    es_states *states;
    es_session *session;
    es_fs **filesystems;
    size_t n_filesystems;
    es_snapshots **snapshots; /* of the volumes that have some */
    size_t n_snapshots;
    const es_skip *skips;
    size_t n_skips;
    es_roots *roots;  /* the bundled trust anchors */
    es_status status; /* a failure inside a callback that cannot return one */
} scan;

/* ------------------------------------------------------------------ notes */

static void tell(scan *now, uint32_t volume, const es_note *note)
{
    es_record record = { .kind = ES_RECORD_NOTE };
    es_status status;

    record.note = (es_note_record){ .severity = note->severity, .area = note->area,
                                    .text = es_text_of(note->text) };
    if (volume) {
        record.note.has_where = true;
        record.note.where = (es_where){ .volume = volume, .offset = -1, .length = -1 };
    }
    status = es_ledger_put(now->ledger, &record);
    if (status != ES_OK && now->status == ES_OK)
        now->status = status;
}

static void on_volume_note(void *context, uint32_t volume, const es_note *note)
{
    tell(context, volume, note);
}

static void on_plugin_note(void *context, const es_note *note)
{
    tell(context, 0, note);
}

static es_status step(scan *now, const char *doing)
{
    es_record record = { .kind = ES_RECORD_STEP, .step = { .doing = doing } };

    return es_ledger_put(now->ledger, &record);
}

/* ------------------------------------------------------------------ plugins */

static es_status declare(es_ledger *ledger, const es_plugin *plugin)
{
    es_record record = { .kind = ES_RECORD_PLUGIN, .plugin = plugin };

    return es_ledger_put(ledger, &record);
}

es_status es_scan_load_plugins(const es_options *options, es_ledger *ledger,
                               es_plugins **ret_plugins)
{
    scan now = { .ledger = ledger };
    es_plugins *plugins = NULL;
    char *bundled = es_plugins_bundled_folder(ES_PLUGIN_DIR);
    es_note note;
    es_status status = bundled ? es_plugins_new(&plugins) : ES_NOMEM;

    if (status == ES_OK)
        status = es_plugins_load_folder(plugins, bundled, on_plugin_note, &now);
    if (status == ES_ABSENT) {
        es_note_set(&note, ES_SEVERITY_ERROR, "plugin",
                    "The bundled plugins are not where they were installed (%s): nothing can be "
                    "said about any installation. Install esuscan again.",
                    bundled);
        tell(&now, 0, &note);
        status = ES_OK;
    }
    for (size_t i = 0; status == ES_OK && i < options->n_plugin_paths; i++) {
        status = es_plugins_load_folder(plugins, options->plugin_paths[i], on_plugin_note, &now);
        if (status == ES_ABSENT) {
            es_note_set(&note, ES_SEVERITY_GAP, "plugin",
                        "The plugin folder %s cannot be read.", options->plugin_paths[i]);
            tell(&now, 0, &note);
            status = ES_OK;
        }
    }
    free(bundled);
    if (status == ES_OK)
        status = declare(ledger, &es_core_plugin);
    for (size_t i = 0; status == ES_OK && i < es_plugins_count(plugins); i++)
        status = declare(ledger, es_plugins_at(plugins, i));
    if (status == ES_OK)
        status = now.status;
    if (status != ES_OK)
        es_plugins_free(plugins);
    else
        *ret_plugins = plugins;
    return status;
}

/* ------------------------------------------------------------------ image */

static es_status tell_image(scan *now)
{
    const es_acquisition *from = es_source_acquisition(now->source);
    const es_segment *segments = NULL;
    size_t n = es_source_segments(now->source, &segments);
    es_record record = { .kind = ES_RECORD_IMAGE };
    es_status status;

    record.image = (es_image_record){ .format = es_source_format(now->source),
                                      .size = es_source_size(now->source),
                                      .sector_size = es_source_sector_size(now->source) };
    if (from) {
        record.image.stored_md5 = from->md5;
        record.image.stored_sha1 = from->sha1;
        record.image.has_acquisition = from->present;
        record.image.case_number = from->case_number;
        record.image.evidence_number = from->evidence_number;
        record.image.examiner = from->examiner;
        record.image.description = from->description;
        record.image.notes = from->notes;
        record.image.acquired = from->acquired;
        record.image.system_date = from->system_date;
        record.image.software = from->software;
        record.image.os = from->os;
    }
    status = es_ledger_put(now->ledger, &record);
    for (size_t i = 0; i < n && status == ES_OK; i++) {
        es_record segment = { .kind = ES_RECORD_SEGMENT,
                              .segment = { segments[i].name, segments[i].size } };

        status = es_ledger_put(now->ledger, &segment);
    }
    return status;
}

/* The image is what it is only at the end: ranges that could not be read were met on the way. */
static es_status tell_bad_ranges(scan *now)
{
    es_bad_range *ranges = NULL;
    size_t n = 0;
    es_status status = es_source_bad_ranges(now->source, &ranges, &n);

    for (size_t i = 0; status == ES_OK && i < n; i++) {
        es_record record = { .kind = ES_RECORD_BAD_RANGE,
                             .bad_range = { ranges[i].offset, ranges[i].length,
                                            ranges[i].reason } };

        status = es_ledger_put(now->ledger, &record);
    }
    es_bad_ranges_free(ranges, n);
    return status;
}

static es_status tell_counters(scan *now)
{
    es_counters from;
    es_record record = { .kind = ES_RECORD_COUNTERS };

    es_source_counters(now->source, &from);
    record.counters = (es_counters_record){ from.reads, from.bytes, from.container_reads,
                                            from.container_bytes, from.chunks_inflated,
                                            from.bytes_inflated };
    return es_ledger_put(now->ledger, &record);
}

static es_status verify(scan *now, const es_evidence *evidence)
{
    es_verify all = { .options = now->options, .evidence = evidence, .source = now->source,
                      .states = now->states, .filesystems = now->filesystems,
                      .n_filesystems = now->n_filesystems, .ledger = now->ledger };

    return es_verify_media(&all);
}

/* ------------------------------------------------------------------ volumes */

static es_status tell_volume(scan *now, const es_volume *volume)
{
    es_record record = { .kind = ES_RECORD_VOLUME };

    record.volume = (es_volume_record){
        .id = volume->id, .encrypted = volume->encrypted, .scheme = volume->scheme,
        .slot = volume->slot, .filesystem = volume->filesystem, .serial = volume->serial,
        .label = volume->label, .offset = volume->offset, .length = volume->length,
        .boot_backup = volume->boot_backup,
    };
    return es_ledger_put(now->ledger, &record);
}

/* FAT is opened for its boot store alone. */
static bool worth_opening(const es_volume *volume)
{
    return !volume->encrypted &&
           (!strcmp(volume->filesystem, "ntfs") || !strncmp(volume->filesystem, "fat", 3));
}

static es_status open_volume(scan *now, const es_volume *volume)
{
    es_fs *fs = NULL;
    es_note note;
    es_status status = es_fs_open(now->source, volume, &fs, &note);

    if (status > 0) {
        tell(now, volume->id, &note);
        return ES_OK;
    }
    if (status != ES_OK)
        return status;
    now->filesystems[now->n_filesystems++] = fs;
    if (now->options->partition && now->options->partition != volume->id)
        return ES_OK; /* asked for its boot store only */
    return strcmp(volume->filesystem, "ntfs") == 0
               ? es_states_find(now->states, fs, on_volume_note, now)
               : ES_OK;
}

static es_status read_volumes(scan *now)
{
    size_t n;
    bool found = !now->options->partition;
    es_note note;
    es_status status = step(now, "read the partition tables");

    if (status == ES_OK)
        status = es_volumes_read(now->source, on_volume_note, now, &now->volumes);
    if (status == ES_OK)
        status = es_states_new(&now->states);
    if (status != ES_OK)
        return status;
    n = es_volumes_count(now->volumes);
    now->filesystems = calloc(n + 1, sizeof *now->filesystems);
    if (!now->filesystems)
        return ES_NOMEM;
    for (size_t i = 0; i < n && status == ES_OK; i++) {
        const es_volume *volume = es_volumes_at(now->volumes, i);

        found |= now->options->partition == volume->id;
        status = tell_volume(now, volume);
        if (status == ES_OK && worth_opening(volume))
            status = step(now, "open a volume");
        if (status == ES_OK && worth_opening(volume))
            status = open_volume(now, volume);
    }
    if (status == ES_OK && !found) {
        es_note_set(&note, ES_SEVERITY_GAP, "volume",
                    "There is no volume %u on this image (--partition).", now->options->partition);
        tell(now, 0, &note);
    }
    return status;
}

/* ------------------------------------------------------------------ shadow copies */

static const char looking[] = "look for shadow copies", opening[] = "open a shadow copy";

static es_status tell_snapshot(scan *now, const es_volume *volume, const es_snapshot *snapshot)
{
    es_record record = { .kind = ES_RECORD_SNAPSHOT };

    record.snapshot = (es_snapshot_record){ .volume = volume->id, .number = snapshot->number,
                                            .id = snapshot->id, .created = snapshot->created };
    return es_ledger_put(now->ledger, &record);
}

/* Whether reading them had stopped the analysis; the parent says so in a note. */
static bool stopped_before(const scan *now)
{
    for (size_t i = 0; i < now->n_skips; i++)
        if (!now->skips[i].plugin && (!strcmp(now->skips[i].doing, looking) ||
                                      !strcmp(now->skips[i].doing, opening)))
            return true;
    return false;
}

static es_status open_snapshot(scan *now, es_snapshots *set, size_t index,
                               const es_volume *volume)
{
    const es_snapshot *snapshot = es_snapshots_at(set, index);
    es_fs *fs = NULL;
    es_note note;
    es_status status = step(now, opening);

    if (status == ES_OK)
        status = es_snapshots_fs(set, index, &fs, &note);
    if (status > 0) {
        tell(now, volume->id, &note);
        return ES_OK;
    }
    return status == ES_OK ? es_states_find_snapshot(now->states, fs, snapshot->created,
                                                     on_volume_note, now)
                           : status;
}

/* The shadow copies of a volume, the newest first: each is compared with the one behind it. */
static es_status open_snapshots(scan *now, const es_volume *volume, bool *asked_found)
{
    es_snapshots *set = NULL;
    es_status status = step(now, looking);

    if (status == ES_OK)
        status = es_snapshots_open(now->source, volume, now->options->no_snapshots, on_volume_note,
                                   now, &set);
    if (status != ES_OK)
        return status == ES_ABSENT ? ES_OK : status;
    now->snapshots[now->n_snapshots++] = set;
    for (size_t i = es_snapshots_count(set); i-- > 0 && status == ES_OK;) {
        const es_snapshot *snapshot = es_snapshots_at(set, i);

        status = tell_snapshot(now, volume, snapshot);
        if (status != ES_OK || !es_options_snapshot(now->options, snapshot->number))
            continue;
        *asked_found = true;
        if (snapshot->readable)
            status = open_snapshot(now, set, i, volume);
    }
    return status;
}

static es_status read_snapshots(scan *now)
{
    const es_options *options = now->options;
    size_t n = es_volumes_count(now->volumes);
    bool asked_found = options->n_snapshot_ranges == 0;
    es_note note;
    es_status status = ES_OK;

    now->snapshots = calloc(n + 1, sizeof *now->snapshots);
    if (!now->snapshots)
        return ES_NOMEM;
    for (size_t i = 0; i < now->n_filesystems && status == ES_OK; i++) {
        const es_volume *volume = es_fs_volume(now->filesystems[i]);

        if (!strcmp(volume->filesystem, "ntfs") &&
            (!options->partition || options->partition == volume->id))
            status = open_snapshots(now, volume, &asked_found);
    }
    if (status == ES_OK && !asked_found) {
        es_note_set(&note, ES_SEVERITY_GAP, "snapshot",
                    "None of the shadow copies that --snapshots names is on this image.");
        tell(now, 0, &note);
    }
    return status;
}

/* ------------------------------------------------------------------ plugins at work */

/* Microsoft's roots come as data of the plugin that judges by them. */
static es_status bundled_roots(scan *now, const es_plugins *plugins)
{
    static const es_text name = ES_TEXT("microsoft-roots.pem");
    es_bytes pem;
    es_note note;
    es_status status;

    for (size_t i = 0; i < es_plugins_count(plugins); i++) {
        if (!es_plugins_data(plugins, i, name, &pem))
            continue;
        status = es_roots_parse(pem, &now->roots, &note);
        if (status > 0)
            tell(now, 0, &note);
        return status < 0 ? status : ES_OK;
    }
    return ES_OK;
}

static es_status examine(scan *now, const es_plugins *plugins, const es_skip *skips,
                         size_t n_skips)
{
    es_question question = { .size = sizeof question, .as_of = now->options->as_of,
                             .asked = now->options->asked,
                             .n_asked = (uint32_t)now->options->n_asked };
    es_session_setup setup = {
        .source = now->source, .ledger = now->ledger, .states = now->states, .plugins = plugins,
        .question = &question, .catalogue = now->options->catalogue, .filesystems = now->filesystems,
        .n_filesystems = now->n_filesystems, .known = now->options->known,
        .files = now->options->files, .n_files = now->options->n_files,
        .all_components = now->options->all_components, .skips = skips, .n_skips = n_skips,
        .threads = now->options->jobs,
    };
    es_status status;
    es_note note;

    if (!setup.catalogue) {
        es_note_set(&note, ES_SEVERITY_ERROR, "catalogue",
                    "The update catalogue is not where it was installed (%s): updates are listed, "
                    "and nothing is said of what is missing. Install esuscan again, or name one "
                    "with --catalogue.",
                    ES_CATALOGUE_DIR);
        tell(now, 0, &note);
    }
    status = now->options->roots ? ES_OK : bundled_roots(now, plugins);
    setup.roots = now->options->roots ? now->options->roots : now->roots;
    if (status == ES_OK)
        status = es_session_new(&setup, &now->session);
    if (status == ES_OK)
        status = es_session_examine(now->session);
    if (status == ES_OK)
        status = es_session_judge(now->session);
    return status;
}

static void scan_free(scan *now)
{
    es_session_free(now->session);
    es_roots_free(now->roots);
    es_states_free(now->states);
    for (size_t i = 0; i < now->n_snapshots; i++)
        es_snapshots_free(now->snapshots[i]);
    free(now->snapshots);
    for (size_t i = 0; i < now->n_filesystems; i++)
        es_fs_free(now->filesystems[i]);
    free(now->filesystems);
    es_volumes_free(now->volumes);
    es_source_free(now->source);
}

es_status es_scan_evidence(const es_options *options, const es_evidence *evidence,
                           const es_plugins *plugins, const es_skip *skips, size_t n_skips,
                           es_ledger *ledger)
{
    scan now = { .options = options, .ledger = ledger, .skips = skips, .n_skips = n_skips };
    es_record record = { .kind = ES_RECORD_DONE };
    es_note note = { .severity = ES_SEVERITY_ERROR };
    es_status status = step(&now, "open the image");

    if (status == ES_OK)
        status = es_source_open(evidence, &now.source, &note);
    if (status > 0) {
        record.kind = ES_RECORD_REFUSED;
        record.note = (es_note_record){ .severity = ES_SEVERITY_ERROR, .area = note.area,
                                        .text = es_text_of(note.text) };
        return es_ledger_put(ledger, &record);
    }
    if (status == ES_OK)
        status = tell_image(&now);
    if (status == ES_OK && note.text[0])
        tell(&now, 0, &note);
    if (status == ES_OK)
        status = read_volumes(&now);
    if (status == ES_OK && !stopped_before(&now))
        status = read_snapshots(&now);
    if (status == ES_OK && options->command != ES_COMMAND_VERIFY)
        status = examine(&now, plugins, skips, n_skips);
    if (status == ES_OK && options->verify)
        status = verify(&now, evidence);
    if (status == ES_OK)
        status = tell_bad_ranges(&now);
    if (status == ES_OK)
        status = tell_counters(&now);
    if (status == ES_OK)
        status = now.status;
    if (status == ES_OK)
        status = es_ledger_put(ledger, &record); /* who waits for it need not wait for the rest */
    scan_free(&now);
    return status;
}
