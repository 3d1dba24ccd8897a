/* SPDX-License-Identifier: Apache-2.0
 *
 * json.c: the report as data, `esuscan-report/1`, exactly as the specification lists its keys.
 *
 * The outer object is streamed, one record a line, so that 100,000 facts need the memory of one.
 * The schema beside this file says the same to machines; check_schema.py compares.
 */
#include "report/formats.h"
#include "report/record.h"
#include "report/show.h"

#include <stdlib.h>

/* ---- the parts in front ---- */

static json_t *tool_value(es_json *json)
{
    const es_run *run = json->run;
    const es_fence_record *fences;
    size_t n_fences = es_ledger_fences(json->ledger, &fences);
    json_t *tool = json_object(), *libraries = json_object(), *jail = json_array();
    json_t *command = json_array(), *catalogue = json_null();

    for (const char *const *each = run->libraries; each && each[0] && each[1]; each += 2)
        es_json_set(json, libraries, each[0], es_json_string(json, each[1]));
    for (size_t i = 0; i < n_fences; i++)
        es_json_append(json, jail, es_json_string(json, fences[i].name));
    for (size_t i = 0; i < run->n_command; i++)
        es_json_append(json, command, es_json_string(json, run->command[i]));
    if (run->catalogue_edition || run->catalogue_sha256) {
        catalogue = json_object();
        es_json_set(json, catalogue, "edition", es_json_string(json, run->catalogue_edition));
        es_json_set(json, catalogue, "sha256", es_json_string(json, run->catalogue_sha256));
    }
    es_json_set(json, tool, "name", json_string("esuscan"));
    es_json_set(json, tool, "version", es_json_string(json, run->version));
    es_json_set(json, tool, "libraries", libraries);
    es_json_set(json, tool, "catalogue", catalogue);
    es_json_set(json, tool, "as_of", es_json_time(json, run->as_of));
    es_json_set(json, tool, "jail", jail);
    es_json_set(json, tool, "command", command);
    es_json_set(json, tool, "started", es_json_time(json, run->started));
    es_json_set(json, tool, "finished", es_json_time(json, run->finished));
    return tool;
}

static json_t *case_value(es_json *json)
{
    const es_run *run = json->run;
    json_t *value;

    if (!run->case_number && !run->evidence && !run->examiner)
        return json_null();
    value = json_object();
    es_json_set(json, value, "number", es_json_string(json, run->case_number));
    es_json_set(json, value, "evidence", es_json_string(json, run->evidence));
    es_json_set(json, value, "examiner", es_json_string(json, run->examiner));
    return value;
}

static json_t *segments_value(es_json *json)
{
    const es_segment_record *segments;
    size_t n = es_ledger_segments(json->ledger, &segments);
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *segment = json_object();
        char *path = es_show_segment_path(json->ledger, json->run, i);

        es_json_set(json, segment, "path", es_json_string(json, path ? path : segments[i].name));
        es_json_set(json, segment, "size", json_integer((json_int_t)segments[i].size));
        es_json_append(json, array, segment);
        free(path);
    }
    return array;
}

static json_t *acquisition_value(es_json *json, const es_image_record *image)
{
    json_t *value;

    if (!image || !image->has_acquisition)
        return json_null();
    value = json_object();
    es_json_set(json, value, "case_number", es_json_string(json, image->case_number));
    es_json_set(json, value, "evidence_number", es_json_string(json, image->evidence_number));
    es_json_set(json, value, "examiner", es_json_string(json, image->examiner));
    es_json_set(json, value, "description", es_json_string(json, image->description));
    es_json_set(json, value, "notes", es_json_string(json, image->notes));
    es_json_set(json, value, "acquired", es_json_string(json, image->acquired));
    es_json_set(json, value, "system_date", es_json_string(json, image->system_date));
    es_json_set(json, value, "software", es_json_string(json, image->software));
    es_json_set(json, value, "os", es_json_string(json, image->os));
    return value;
}

static json_t *hashes_value(es_json *json, const es_image_record *image)
{
    const es_digest_record *digest = es_ledger_digest(json->ledger);
    json_t *stored = json_object(), *both = json_array(), *computed = json_null();

    es_json_set(json, stored, "md5", es_json_string(json, image ? image->stored_md5 : NULL));
    es_json_set(json, stored, "sha1", es_json_string(json, image ? image->stored_sha1 : NULL));
    if (digest) {
        computed = json_object();
        es_json_set(json, computed, "md5", es_json_string(json, digest->md5));
        es_json_set(json, computed, "sha1", es_json_string(json, digest->sha1));
        es_json_set(json, computed, "sha256", es_json_string(json, digest->sha256));
    }
    es_json_append(json, both, stored);
    es_json_append(json, both, computed);
    return both;
}

static json_t *bad_ranges_value(es_json *json)
{
    const es_bad_range_record *ranges;
    size_t n = es_ledger_bad_ranges(json->ledger, &ranges);
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *range = json_object();

        es_json_set(json, range, "offset", json_integer((json_int_t)ranges[i].offset));
        es_json_set(json, range, "length", json_integer((json_int_t)ranges[i].length));
        es_json_set(json, range, "reason", es_json_string(json, ranges[i].reason));
        es_json_append(json, array, range);
    }
    return array;
}

static json_t *image_value(es_json *json)
{
    const es_image_record *image = es_ledger_image(json->ledger);
    json_t *value = json_object(), *hashes = hashes_value(json, image);

    es_json_set(json, value, "path", es_json_string(json, json->run->image_path));
    es_json_set(json, value, "format", es_json_string(json, image ? image->format : NULL));
    es_json_set(json, value, "size",
                image ? json_integer((json_int_t)image->size) : json_null());
    es_json_set(json, value, "sector_size",
                image ? json_integer(image->sector_size) : json_null());
    es_json_set(json, value, "segments", segments_value(json));
    es_json_set(json, value, "stored_hashes", json_incref(json_array_get(hashes, 0)));
    es_json_set(json, value, "computed_hashes", json_incref(json_array_get(hashes, 1)));
    es_json_set(json, value, "acquisition", acquisition_value(json, image));
    es_json_set(json, value, "bad_ranges", bad_ranges_value(json));
    json_decref(hashes);
    return value;
}

/* ---- volumes ---- */

static json_t *snapshots_value(es_json *json, uint32_t volume)
{
    const es_snapshot_record *snapshots;
    size_t n = es_ledger_snapshots(json->ledger, &snapshots);
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *snapshot;

        if (snapshots[i].volume != volume)
            continue;
        snapshot = json_object();
        es_json_set(json, snapshot, "id", json_integer(snapshots[i].number));
        es_json_set(json, snapshot, "created", es_json_time(json, snapshots[i].created));
        es_json_append(json, array, snapshot);
    }
    return array;
}

static json_t *volume_value(es_json *json, const es_volume_record *volume)
{
    json_t *value = json_object();

    es_json_set(json, value, "id", json_integer(volume->id));
    es_json_set(json, value, "scheme", es_json_string(json, volume->scheme));
    es_json_set(json, value, "slot", es_json_string(json, volume->slot));
    es_json_set(json, value, "offset", json_integer((json_int_t)volume->offset));
    es_json_set(json, value, "length", json_integer((json_int_t)volume->length));
    es_json_set(json, value, "filesystem", es_json_string(json, volume->filesystem));
    es_json_set(json, value, "serial", es_json_string(json, volume->serial));
    es_json_set(json, value, "label", es_json_string(json, volume->label));
    es_json_set(json, value, "encrypted", json_boolean(volume->encrypted != 0));
    es_json_set(json, value, "snapshots", snapshots_value(json, volume->id));
    return value;
}

/* ---- the stream ---- */

static es_status write_words(FILE *out, const char *words)
{
    return fputs(words, out) == EOF ? ES_IO : ES_OK;
}

static es_status write_member(es_json *json, const char *key, json_t *value, FILE *out)
{
    if (fprintf(out, ",\n\"%s\": ", key) < 0) {
        json_decref(value);
        return ES_IO;
    }
    return es_json_write(json, value, out);
}

/* An array with an element a line. `write` writes the i-th. */
static es_status write_array(es_json *json, const char *key, size_t n,
                             es_status (*write)(es_json *json, size_t i, FILE *out), FILE *out)
{
    es_status status = fprintf(out, ",\n\"%s\": [", key) < 0 ? ES_IO : ES_OK;

    for (size_t i = 0; !status && i < n; i++) {
        status = write_words(out, i ? ",\n" : "\n");
        if (!status)
            status = write(json, i, out);
    }
    return status ? status : write_words(out, n ? "\n]" : "]");
}

static es_status volume_at(es_json *json, size_t i, FILE *out)
{
    const es_volume_record *volumes;

    es_ledger_volumes(json->ledger, &volumes);
    return es_json_write(json, volume_value(json, &volumes[i]), out);
}

static es_status installation_at(es_json *json, size_t i, FILE *out)
{
    const es_installation_record *states;

    es_ledger_installations(json->ledger, &states);
    return es_json_write_installation(json, &states[i], out);
}

static es_status fact_at(es_json *json, size_t i, FILE *out)
{
    const es_fact_record *facts;

    es_ledger_facts(json->ledger, &facts);
    return es_json_write_fact(json, NULL, &facts[i], out);
}

/* The reason why an image was refused is a note like the others, behind them. */
static es_status note_at(es_json *json, size_t i, FILE *out)
{
    const es_note_record *notes;
    size_t n = es_ledger_notes(json->ledger, &notes);

    return es_json_write_note(json, NULL, i < n ? &notes[i] : es_ledger_refused(json->ledger),
                              out);
}

es_status es_report_json(const es_ledger *ledger, const es_run *run, FILE *out)
{
    es_json json = es_json_begin(ledger, run);
    const es_volume_record *volumes;
    const es_installation_record *states;
    const es_fact_record *facts;
    const es_note_record *notes;
    size_t n_notes = es_ledger_notes(ledger, &notes) + (es_ledger_refused(ledger) ? 1 : 0);
    es_status status = write_words(out, "{\n\"schema\": \"esuscan-report/1\"");

    if (!status)
        status = write_member(&json, "tool", tool_value(&json), out);
    if (!status)
        status = write_member(&json, "case", case_value(&json), out);
    if (!status)
        status = write_member(&json, "image", image_value(&json), out);
    if (!status)
        status = write_array(&json, "volumes", es_ledger_volumes(ledger, &volumes), volume_at, out);
    if (!status)
        status = write_array(&json, "installations", es_ledger_installations(ledger, &states),
                             installation_at, out);
    if (!status)
        status = write_array(&json, "facts", es_ledger_facts(ledger, &facts), fact_at, out);
    if (!status)
        status = write_array(&json, "notes", n_notes, note_at, out);
    es_json_end(&json);
    return status ? status : write_words(out, "\n}\n");
}
