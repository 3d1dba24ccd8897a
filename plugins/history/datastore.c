/* SPDX-License-Identifier: Apache-2.0
 *
 * datastore.c: the update history of Windows Update, table tbHistory of DataStore.edb.
 *
 * Columns as dissect.target reads them from later Windows: Date (an OLE automation date, UTC),
 * Status (1 done, 2 failed), Title, UpdateId, UnmappedResult. No database of an NT 6.0 was to be
 * had: columns are looked up by name, and one that is not there is null.
 */
#include "history.h"

/* 1899-12-30, where OLE automation dates begin, in days since 1601. */
#define OLE_ORIGIN 109205.0

static const es_cell *cell_of(const es_table_row *row, const char *name)
{
    for (uint32_t i = 0; i < row->n_cells; i++)
        if (es_name_is(row->cells[i].column, name))
            return row->cells[i].type ? &row->cells[i] : NULL;
    return NULL;
}

static es_datum text_of(const es_table_row *row, const char *name)
{
    const es_cell *cell = cell_of(row, name);

    return cell && cell->type == ES_FIELD_TEXT ? es_datum_text_or_null(cell->text) : es_null();
}

static es_time time_of(const es_table_row *row)
{
    const es_cell *cell = cell_of(row, "date");
    es_time time = { 0, ES_TIME_NONE, 0 };

    /* also refuses what is no number */
    if (!cell || !(cell->real > 1.0 && cell->real < 2000000.0))
        return time;
    time.ticks = (int64_t)((cell->real + OLE_ORIGIN) * 86400.0 + 0.5) * ES_TICKS_PER_SECOND;
    time.precision = ES_TIME_SECOND;
    return time;
}

static const char *result_of(const es_table_row *row)
{
    const es_cell *cell = cell_of(row, "status");

    if (!cell || cell->type != ES_FIELD_INTEGER)
        return "other";
    return cell->integer == 1 ? "installed" : cell->integer == 2 ? "failed" : "other";
}

static uint64_t put_hex(char *out, const uint8_t *bytes, uint32_t n, int backwards)
{
    for (uint32_t i = 0; i < n; i++) {
        uint8_t byte = bytes[backwards ? n - 1 - i : i];

        out[2 * i] = "0123456789abcdef"[byte >> 4];
        out[2 * i + 1] = "0123456789abcdef"[byte & 15];
    }
    return 2 * (uint64_t)n;
}

/* UpdateId: a GUID, and a revision behind it. */
static es_datum guid_of(const es_table_row *row, char room[38])
{
    static const uint8_t parts[] = { 4, 2, 2, 2, 6 };
    const es_cell *cell = cell_of(row, "updateid");
    const uint8_t *at;
    uint64_t n = 0;

    if (!cell || cell->type != ES_FIELD_BYTES || cell->bytes.size < 16)
        return es_null();
    at = cell->bytes.data;
    room[n++] = '{';
    for (uint32_t i = 0; i < ES_COUNT(parts); i++) {
        if (i)
            room[n++] = '-';
        n += put_hex(room + n, at, parts[i], i < 3);
        at += parts[i];
    }
    room[n++] = '}';
    return es_datum_text((es_text){ room, n });
}

static es_status take_row(const es_host *host, const es_table_row *row)
{
    const es_cell *error = cell_of(row, "unmappedresult");
    es_datum fields[8];
    char kb[HISTORY_KB_ROOM], guid[38], code[10] = "0x";
    uint8_t bytes[4];

    fields[1] = text_of(row, "title");
    fields[0] = fields[1].type ? es_datum_text_or_null(history_kb(fields[1].text, kb)) : es_null();
    fields[2] = es_datum_text(es_text_of(result_of(row)));
    fields[3] = es_datum_text(es_text_of("DataStore.edb"));
    fields[4] = guid_of(row, guid);
    fields[5] = es_null();
    if (error && error->type == ES_FIELD_INTEGER && error->integer) {
        for (uint32_t i = 0; i < 4; i++)
            bytes[i] = (uint8_t)((uint64_t)error->integer >> 8 * i);
        (void)put_hex(code + 2, bytes, 4, 1);
        fields[5] = es_datum_text((es_text){ code, 10 });
    }
    fields[6] = es_null();
    fields[7] = es_datum_integer((int64_t)row->number);
    return history_emit(host, HISTORY_FACT_UPDATE, fields, time_of(row), row->where);
}

es_status history_examine_datastore(const es_host *host, const es_artefact *database)
{
    es_table_row row;
    es_status status = ES_OK;

    while (status == ES_OK) {
        status = host->table_next_row(host, database, es_text_of("tbHistory"), &row);
        if (status == ES_OK)
            status = take_row(host, &row);
    }
    return status > 0 ? ES_OK : status; /* the host has said what could not be read */
}
