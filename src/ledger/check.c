/* SPDX-License-Identifier: Apache-2.0
 *
 * check.c: what a ledger accepts.
 *
 * The records come from a process that reads hostile bytes and must be taken for hostile itself.
 * Reports rely on what is checked here: names are plain, types are the declared ones, indices are
 * in range, sizes fit a signed 64-bit integer, and what a record names was announced before it.
 */
#include "base/time.h"
#include "ledger/limits.h"
#include "ledger/store.h"

/* The last moment that ISO 8601 writes with four digits. */
#define LAST_TICK (INT64_C(2650467744000000000) - 1)

bool es_ledger_time_writable(es_time time)
{
    return time.ticks >= 0 && time.ticks <= LAST_TICK;
}

static bool time_sound(es_time time)
{
    return time.precision <= ES_TIME_TICK &&
           !(time.flags & ~(ES_TIME_FROM_LOCAL | ES_TIME_IMPOSSIBLE | ES_TIME_UPPER_BOUND));
}

static bool size_sound(uint64_t size)
{
    return size <= INT64_MAX;
}

/* ---- declarations ---- */

/* A name of lower-case letters, digits and the characters of `also`. */
static bool name_sound(const char *name, const char *also)
{
    size_t size = name ? strlen(name) : 0;

    if (!size || size > ES_NAME_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = name[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr(also, c))
            return false;
    }
    return true;
}

/* "plugin.noun". The core's own facts are named for what they are of: "hive.state". */
static bool fact_name_sound(const char *plugin, const char *name)
{
    size_t size = strlen(plugin);
    const char *dot = name_sound(name, "-_.") ? strchr(name, '.') : NULL;

    if (!dot || dot == name || !dot[1])
        return false;
    return strcmp(plugin, "esuscan") == 0 ||
           (strncmp(name, plugin, size) == 0 && name[size] == '.');
}

/* "name", or "object.name" where objects are allowed. */
static bool field_name_sound(const char *name, bool objects)
{
    const char *dot;

    if (!name_sound(name, objects ? "_-." : "_-"))
        return false;
    dot = strchr(name, '.');
    return !dot || (dot != name && dot[1] && !strchr(dot + 1, '.'));
}

/* A field "a" and an object "a" of "a.b" would be one key of one JSON object. */
static bool field_names_clash(const char *a, const char *b)
{
    size_t first = strcspn(a, "."), second = strcspn(b, ".");

    if (strcmp(a, b) == 0)
        return true;
    return first == second && strncmp(a, b, first) == 0 && !a[first] != !b[first];
}

static bool fields_sound(const es_field *fields, uint32_t n, bool of_fact)
{
    if (n > ES_FIELDS_MAX || (n && !fields))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t last = of_fact ? ES_FIELD_TEXT_LIST : ES_FIELD_FACT_LIST;

        if (!field_name_sound(fields[i].name, !of_fact) || fields[i].type < ES_FIELD_TEXT ||
            fields[i].type > last)
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (field_names_clash(fields[i].name, fields[j].name))
                return false;
    }
    return true;
}

static bool facts_sound(const es_plugin *plugin)
{
    if (plugin->n_facts > ES_PLUGIN_TYPES_MAX || (plugin->n_facts && !plugin->facts))
        return false;
    for (uint32_t i = 0; i < plugin->n_facts; i++) {
        const es_fact_type *type = &plugin->facts[i];

        if (!fact_name_sound(plugin->name, type->name) ||
            !fields_sound(type->fields, type->n_fields, true))
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(type->name, plugin->facts[j].name) == 0)
                return false;
    }
    return true;
}

static bool answers_sound(const es_verdict_type *type)
{
    bool unknown = false;

    if (type->n_answers > ES_ANSWERS_MAX || (type->n_answers && !type->answers))
        return false;
    for (uint32_t i = 0; i < type->n_answers; i++) {
        if (!name_sound(type->answers[i], "-_."))
            return false;
        unknown = unknown || strcmp(type->answers[i], "unknown") == 0;
    }
    return unknown;
}

/* A key that every verdict has. */
static bool reserved_key(const char *name)
{
    return strcmp(name, "answer") == 0 || strcmp(name, "because") == 0 ||
           strcmp(name, "explanation") == 0;
}

static bool verdicts_sound(const es_plugin *plugin)
{
    if (plugin->n_verdicts > ES_PLUGIN_TYPES_MAX || (plugin->n_verdicts && !plugin->verdicts))
        return false;
    for (uint32_t i = 0; i < plugin->n_verdicts; i++) {
        const es_verdict_type *type = &plugin->verdicts[i];

        if (!name_sound(type->name, "-_") || !answers_sound(type) ||
            !fields_sound(type->fields, type->n_fields, false))
            return false;
        for (uint32_t j = 0; j < type->n_fields; j++)
            if (reserved_key(type->fields[j].name))
                return false;
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(type->name, plugin->verdicts[j].name) == 0)
                return false;
    }
    return true;
}

/* Rows of a verdict are a key of its object: no field of it may have that name. */
static bool row_home_sound(const es_plugin *plugin, const es_row_type *row)
{
    if (!row->verdict)
        return strcmp(row->name, "updates") == 0 || strcmp(row->name, "questions") == 0;
    for (uint32_t i = 0; i < plugin->n_verdicts; i++) {
        const es_verdict_type *type = &plugin->verdicts[i];

        if (strcmp(row->verdict, type->name) != 0)
            continue;
        for (uint32_t j = 0; j < type->n_fields; j++)
            if (strcmp(row->name, type->fields[j].name) == 0 ||
                field_names_clash(row->name, type->fields[j].name))
                return false;
        return !reserved_key(row->name);
    }
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool rows_sound(const es_plugin *plugin)
{
    if (plugin->n_rows > ES_PLUGIN_TYPES_MAX || (plugin->n_rows && !plugin->rows))
        return false;
    for (uint32_t i = 0; i < plugin->n_rows; i++) {
        const es_row_type *row = &plugin->rows[i];

        if (!name_sound(row->name, "-_") || !fields_sound(row->fields, row->n_fields, false) ||
            !row_home_sound(plugin, row))
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(row->name, plugin->rows[j].name) == 0 &&
                same_text(row->verdict, plugin->rows[j].verdict))
                return false;
    }
    return true;
}

/* Verdicts of an installation are keyed by name, whichever plugin gave them; so are its lists. */
static bool plugin_alone(const es_ledger *ledger, const es_plugin *plugin)
{
    const es_plugin *const *others = ledger->plugins.items;

    for (size_t i = 0; i < ledger->plugins.n; i++) {
        if (strcmp(others[i]->name, plugin->name) == 0)
            return false;
        for (uint32_t a = 0; a < plugin->n_verdicts; a++)
            for (uint32_t b = 0; b < others[i]->n_verdicts; b++)
                if (strcmp(plugin->verdicts[a].name, others[i]->verdicts[b].name) == 0)
                    return false;
    }
    return true;
}

static bool plugin_sound(const es_ledger *ledger, const es_plugin *plugin)
{
    if (!plugin || !name_sound(plugin->name, "-"))
        return false;
    if (plugin->n_wants > ES_PLUGIN_TYPES_MAX || (plugin->n_wants && !plugin->wants) ||
        plugin->n_needs > ES_PLUGIN_TYPES_MAX || (plugin->n_needs && !plugin->needs) ||
        plugin->n_data > ES_PLUGIN_TYPES_MAX || (plugin->n_data && !plugin->data))
        return false;
    for (uint32_t i = 0; i < plugin->n_needs; i++)
        if (!name_sound(plugin->needs[i].type, "-_."))
            return false;
    return facts_sound(plugin) && verdicts_sound(plugin) && rows_sound(plugin) &&
           plugin_alone(ledger, plugin);
}

/* ---- what plugins say ---- */

static bool installation_known(const es_ledger *ledger, uint32_t id)
{
    return es_map_get(&ledger->installation_at, id) != ES_MAP_ABSENT;
}

static bool list_sound(const es_datum *datum)
{
    if (datum->type == ES_FIELD_TEXT_LIST)
        return datum->n <= ES_TEXTS_MAX && (!datum->n || datum->texts);
    return datum->n <= ES_REFERENCES_MAX && (!datum->n || datum->facts);
}

static bool data_sound(const es_datum *data, uint32_t n, const es_field *fields, uint32_t n_fields)
{
    if (n != n_fields || (n && !data))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (data[i].type == 0)
            continue;
        if (data[i].type != fields[i].type)
            return false;
        if (data[i].type == ES_FIELD_TIME && !time_sound(data[i].time))
            return false;
        if (data[i].type >= ES_FIELD_TEXT_LIST && data[i].type != ES_FIELD_FACT &&
            !list_sound(&data[i]))
            return false;
    }
    return true;
}

static bool where_sound(const es_where *where)
{
    return where->offset >= -1 && where->length >= -1 && where->log_offset >= -1 &&
           time_sound(where->last_written);
}

static bool fact_sound(const es_ledger *ledger, const es_fact_record *fact)
{
    const es_plugin *plugin = es_ledger_plugin(ledger, fact->plugin);
    const es_fact_type *type;

    if (!plugin || fact->type >= plugin->n_facts)
        return false;
    if (fact->installation && !installation_known(ledger, fact->installation))
        return false;
    type = &plugin->facts[fact->type];
    return data_sound(fact->fields, fact->n_fields, type->fields, type->n_fields) &&
           time_sound(fact->time) && where_sound(&fact->where) &&
           es_map_get(&ledger->fact_at, fact->reference) == ES_MAP_ABSENT;
}

/* Facts that are there, and references that are not. */
static bool repeat_sound(const es_ledger *ledger, const es_repeat_record *repeat)
{
    size_t place = es_map_get(&ledger->fact_at, repeat->original);

    return repeat->n && place != ES_MAP_ABSENT && repeat->n <= ledger->facts.n - place &&
           repeat->reference > ledger->last_reference &&
           repeat->n <= UINT64_MAX - repeat->reference && repeat->from && repeat->to &&
           installation_known(ledger, repeat->installation);
}

static bool verdict_sound(const es_ledger *ledger, const es_verdict_record *verdict)
{
    const es_plugin *plugin = es_ledger_plugin(ledger, verdict->plugin);
    const es_verdict_type *type;

    if (!plugin || verdict->type >= plugin->n_verdicts ||
        !installation_known(ledger, verdict->installation))
        return false;
    type = &plugin->verdicts[verdict->type];
    return verdict->answer < type->n_answers && verdict->n_because <= ES_REFERENCES_MAX &&
           (!verdict->n_because || verdict->because) &&
           data_sound(verdict->fields, verdict->n_fields, type->fields, type->n_fields);
}

static bool row_sound(const es_ledger *ledger, const es_row_record *row)
{
    const es_plugin *plugin = es_ledger_plugin(ledger, row->plugin);

    if (!plugin || row->type >= plugin->n_rows || !installation_known(ledger, row->installation))
        return false;
    return data_sound(row->fields, row->n_fields, plugin->rows[row->type].fields,
                      plugin->rows[row->type].n_fields);
}

static bool note_sound(const es_ledger *ledger, const es_note_record *note)
{
    if (note->severity > ES_SEVERITY_ERROR || !note->area || !note->text.size)
        return false;
    if (note->installation && !installation_known(ledger, note->installation))
        return false;
    return !note->has_where || where_sound(&note->where);
}

/* ---- the rest ---- */

static bool volume_sound(const es_volume_record *volume)
{
    return volume->id && volume->scheme && volume->slot && volume->filesystem &&
           size_sound(volume->offset) && size_sound(volume->length);
}

static bool installation_sound(const es_installation_record *installation)
{
    return installation->id && installation->machine && installation->role >= ES_ROLE_CURRENT &&
           installation->role <= ES_ROLE_REGBACK && installation->snapshot >= -1 &&
           installation->system_root && time_sound(installation->install_date) &&
           time_sound(installation->last_shutdown) && time_sound(installation->state_time);
}

static bool artefact_sound(const es_artefact_record *artefact)
{
    return artefact->id && artefact->path && artefact->snapshot >= -1 &&
           size_sound(artefact->size) && size_sound(artefact->mft_entry);
}

static bool other_sound(const es_record *record)
{
    switch (record->kind) {
    case ES_RECORD_IMAGE:
        return record->image.format && size_sound(record->image.size);
    case ES_RECORD_SEGMENT:
        return record->segment.name && size_sound(record->segment.size);
    case ES_RECORD_BAD_RANGE:
        return record->bad_range.reason && size_sound(record->bad_range.offset) &&
               size_sound(record->bad_range.length);
    case ES_RECORD_SNAPSHOT:
        return record->snapshot.volume && record->snapshot.number && record->snapshot.id &&
               record->snapshot.number <= INT32_MAX && time_sound(record->snapshot.created);
    case ES_RECORD_FENCE:
        return record->fence.name != NULL;
    case ES_RECORD_STEP:
        return record->step.doing != NULL;
    case ES_RECORD_DIGEST:
    case ES_RECORD_COUNTERS:
    case ES_RECORD_DONE:
        return true;
    default:
        return false;
    }
}

es_status es_ledger_check(const es_ledger *ledger, const es_record *record)
{
    bool sound;

    switch (record->kind) {
    case ES_RECORD_PLUGIN:
        sound = plugin_sound(ledger, record->plugin);
        break;
    case ES_RECORD_FACT:
        sound = fact_sound(ledger, &record->fact);
        break;
    case ES_RECORD_REPEAT:
        sound = repeat_sound(ledger, &record->repeat);
        break;
    case ES_RECORD_VERDICT:
        sound = verdict_sound(ledger, &record->verdict);
        break;
    case ES_RECORD_ROW:
        sound = row_sound(ledger, &record->row);
        break;
    case ES_RECORD_NOTE:
    case ES_RECORD_REFUSED:
        sound = note_sound(ledger, &record->note);
        break;
    case ES_RECORD_VOLUME:
        sound = volume_sound(&record->volume);
        break;
    case ES_RECORD_INSTALLATION:
        sound = installation_sound(&record->installation);
        break;
    case ES_RECORD_ARTEFACT:
        sound = artefact_sound(&record->artefact);
        break;
    default:
        sound = other_sound(record);
    }
    return sound ? ES_OK : ES_CORRUPT;
}
