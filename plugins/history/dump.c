/* SPDX-License-Identifier: Apache-2.0
 *
 * dump.c: the headers of kernel dumps and of the hibernation file, without what lies behind them.
 *
 * A kernel dump begins with "PAGE" and "DUMP" (32-bit, header 0x1000) or "DU64" (64-bit, 0x2000).
 * Its MajorVersion is 15 for a free build and 12 for a checked one, its MinorVersion the build.
 * Fields that were never written hold the pattern "PAGE". Offsets: MagnetForensics Bin2Dmp, dmp.h.
 * A dump of a program ("MDMP") is another format and is left alone.
 *
 * hiberfil.sys: PO_MEMORY_IMAGE of Vista SP2's symbols. Its first page is zeroed after a resume.
 */
#include "history.h"

#define HEADER 0x2000u
#define UNWRITTEN UINT64_C(0x4547415045474150) /* "PAGEPAGE" */
#define UNWRITTEN_HALF UINT64_C(0x45474150)

typedef struct layout {
    uint32_t machine, code, parameters, parameter_size, uptime, time;
} layout;

static const layout narrow = { 0x20, 0x28, 0x2c, 4, 0xfb8, 0xfc0 };
static const layout wide = { 0x30, 0x38, 0x40, 8, 0x1030, 0xfa8 };

static uint64_t number_at(es_bytes bytes, uint64_t at, uint32_t size)
{
    es_cursor cursor = es_cursor_make(bytes);

    es_cursor_seek(&cursor, at);
    return size == 4 ? es_cursor_u32(&cursor) : es_cursor_u64(&cursor);
}

static es_time time_of(uint64_t filetime)
{
    es_time time = { 0, ES_TIME_NONE, 0 };

    if (filetime && filetime != UNWRITTEN && filetime <= INT64_MAX) {
        time.ticks = (int64_t)filetime;
        time.precision = ES_TIME_TICK;
    }
    return time;
}

static uint64_t put_hex(char *out, uint64_t number, uint32_t digits)
{
    out[0] = '0';
    out[1] = 'x';
    for (uint32_t i = 0; i < digits; i++)
        out[2 + i] = "0123456789abcdef"[number >> 4 * (digits - 1 - i) & 15];
    return digits + 2;
}

static es_status emit_dump(const es_host *host, const es_artefact *file, es_bytes bytes,
                           const layout *at)
{
    uint64_t machine = number_at(bytes, at->machine, 4), n = 0;
    uint64_t uptime = number_at(bytes, at->uptime, 8), major = number_at(bytes, 8, 4);
    uint64_t stop = number_at(bytes, at->code, 4), build = number_at(bytes, 12, 4);
    char code[16], parameters[4 * 20 + 8];
    es_datum fields[10];
    const es_where *where = file->where;
    es_status status = host->place(host, file->where, 0, bytes.size, &where);

    if (status)
        return status;
    for (uint32_t i = 0; i < ES_COUNT(fields); i++)
        fields[i] = es_null();
    for (uint32_t i = 0; i < 4; i++) {
        if (n)
            parameters[n++] = ' ';
        n += put_hex(parameters + n,
                     number_at(bytes, at->parameters + i * at->parameter_size, at->parameter_size),
                     at->parameter_size * 2);
    }
    fields[0] = es_datum_text(es_text_of("dump"));
    if (stop != UNWRITTEN_HALF)
        fields[1] = es_datum_text((es_text){ code, put_hex(code, stop, 8) });
    if (number_at(bytes, at->parameters, 4) != UNWRITTEN_HALF)
        fields[2] = es_datum_text((es_text){ parameters, n });
    fields[3] = es_datum_text(file->path);
    if (build != UNWRITTEN_HALF)
        fields[4] = es_datum_integer((int64_t)build);
    if (machine <= UINT16_MAX)
        fields[5] = es_datum_text_or_null(es_text_of(es_machine_name((uint32_t)machine)));
    if (uptime != UNWRITTEN && uptime <= INT64_MAX)
        fields[6] = es_datum_integer((int64_t)uptime / ES_TICKS_PER_SECOND);
    if (major != UNWRITTEN_HALF)
        fields[7] = es_datum_boolean(major == 12);
    return history_emit(host, HISTORY_FACT_CRASH, fields, time_of(number_at(bytes, at->time, 8)),
                        where);
}

static es_status read_header(const es_host *host, const es_artefact *file, uint64_t size,
                             es_bytes *ret)
{
    void *memory = NULL;
    uint64_t got = 0;
    es_status status = host->alloc(host, size, &memory);

    if (status == ES_OK)
        status = host->file_read(host, file, 0, memory, size, &got);
    *ret = (es_bytes){ (const uint8_t *)memory, got };
    return status == ES_END ? ES_OK : status;
}

es_status history_examine_dump(const es_host *host, const es_artefact *file)
{
    static const char broken[] = "This is no kernel dump, or its header is cut short or damaged.";
    es_bytes bytes;
    es_status status = read_header(host, file, HEADER, &bytes);

    if (status)
        return status;
    if (bytes.size >= 0x1000 && !memcmp(bytes.data, "PAGEDUMP", 8))
        return emit_dump(host, file, (es_bytes){ bytes.data, 0x1000 }, &narrow);
    if (bytes.size >= 0x2000 && !memcmp(bytes.data, "PAGEDU64", 8))
        return emit_dump(host, file, bytes, &wide);
    if (bytes.size >= 4 && !memcmp(bytes.data, "MDMP", 4))
        return ES_OK;
    return host->note(host, 1, es_text_of(broken), file->where);
}

/* Null for what no Windows writes: that is neither hibernated nor empty. */
static es_datum state_of(es_bytes bytes)
{
    static const struct {
        const char *mark, *state;
    } known[] = {
        { "hibr", "hibernated" }, { "HIBR", "hibernated" }, { "rstr", "resuming" },
        { "RSTR", "resuming" },   { "wake", "resumed" },    { "WAKE", "resumed" },
        { "\0\0\0\0", "empty" },
    };

    for (uint32_t i = 0; i < ES_COUNT(known); i++)
        if (!memcmp(bytes.data, known[i].mark, 4))
            return es_datum_text(es_text_of(known[i].state));
    return es_null();
}

es_status history_examine_hibernation(const es_host *host, const es_artefact *file)
{
    static const char broken[] = "The header of hiberfil.sys is cut short, damaged or of no form "
                                 "that is known: whether the machine was hibernated, and when, is "
                                 "not known.";
    es_datum fields[3] = { { 0 }, { 0 }, { 0 } };
    es_time time = { 0, ES_TIME_NONE, 0 };
    const es_where *where = file->where;
    es_bytes bytes;
    uint64_t length;
    es_status status = read_header(host, file, 0x140, &bytes);

    if (status)
        return status;
    if (bytes.size >= 0x140)
        fields[0] = state_of(bytes);
    if (!fields[0].type)
        return host->note(host, 1, es_text_of(broken), file->where);
    status = host->place(host, file->where, 0, bytes.size, &where);
    if (status)
        return status;
    length = number_at(bytes, 12, 4);
    if (length == 0xf0 || length == 0x138) { /* the two layouts of NT 6.0; others are not known */
        fields[1] = es_datum_text(es_text_of(length == 0xf0 ? "x86" : "amd64"));
        fields[2] = es_datum_integer((int64_t)number_at(bytes, length == 0xf0 ? 0x14 : 0x18, 4));
        time = time_of(number_at(bytes, length == 0xf0 ? 0x18 : 0x20, 8));
    }
    return history_emit(host, HISTORY_FACT_HIBERNATION, fields, time, where);
}
