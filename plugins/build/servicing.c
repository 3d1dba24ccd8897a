/* SPDX-License-Identifier: Apache-2.0
 *
 * servicing.c: what waits for a restart.
 *
 * Three places say so. Component Based Servicing keeps marks in SOFTWARE: RebootPending and
 * RebootInProgress are there or not; PackagesPending holds a key for each package; SessionsPending
 * has a value Exclusive and a key for each session; ExecuteState is 0xFFFFFFFF when idle. The file
 * operations themselves stand in winsxs\pending.xml. The session manager's list
 * PendingFileRenameOperations is open to every installer, so it is read pair by pair.
 *
 * PendingFileRenameOperations is a REG_MULTI_SZ that contains empty strings: an empty target means
 * that the source is deleted. It is therefore taken apart here, not as an ordinary MULTI_SZ.
 */
#include "build.h"

#define CBS "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
#define SESSION_MANAGER "CurrentControlSet\\Control\\Session Manager"

#define IDLE 0xFFFFFFFFu
#define MAX_NAMES 64u              /* shown of a mark; more are counted in no report */
#define MAX_RENAMES 4096u          /* pairs; real lists have a few dozen */
#define MAX_PENDING_XML (64u << 20) /* bytes searched; real ones have a few MiB */

typedef struct mark {
    const char *name;
    int owed;
    es_datum number;
    es_text names[MAX_NAMES];
    uint32_t n_names;
    int names_kernel;
    es_datum changes_build;
    es_time written;
} mark;

static mark make_mark(const char *name)
{
    mark made;

    memset(&made, 0, sizeof made);
    made.name = name;
    return made;
}

static es_status emit_mark(const es_host *host, const mark *made, const es_where *where)
{
    es_datum fields[6];

    fields[0] = es_datum_text(es_text_of(made->name));
    fields[1] = es_datum_boolean(made->owed);
    fields[2] = made->number;
    fields[3] = es_datum_texts(made->names, made->n_names);
    fields[4] = es_datum_boolean(made->names_kernel);
    fields[5] = made->changes_build;
    return es_emit(host, BUILD_FACT_MARK, fields, made->written, where);
}

static void add_package(const es_host *host, mark *made, es_text name)
{
    if (made->n_names < MAX_NAMES)
        made->names[made->n_names++] = name;
    if (build_package_changes_build(host, name))
        made->changes_build = es_datum_boolean(1);
}

/* Names of the keys below, which are packages or sessions. */
static es_status add_children(const es_host *host, const es_key *key, mark *made,
                              uint64_t *ret_n)
{
    es_status status = ES_OK;
    es_key child;

    for (*ret_n = 0; status == ES_OK; (*ret_n)++) {
        status = host->key_child(host, key, *ret_n, &child);
        if (status)
            break;
        add_package(host, made, child.name);
    }
    if (status < 0)
        return status;
    if (status != ES_END)
        return host->note(host, 1, es_text_of("a list of pending packages is broken"), key->where);
    return ES_OK;
}

/* A mark that is a key: owed by being there, or by having keys or a value Exclusive. */
static es_status examine_key_mark(const es_host *host, const es_artefact *hive, const char *name,
                                  const char *path, int by_being_there)
{
    mark made = make_mark(name);
    es_key key;
    uint64_t n_children;
    es_status status = es_prose_key(host, hive, path, &key);

    if (status <= 0)
        return status;
    made.written = key.written;
    status = add_children(host, &key, &made, &n_children);
    if (status >= 0)
        status = build_number_datum(host, &key, "Exclusive", &made.number);
    if (status < 0)
        return status;
    made.owed = by_being_there || n_children || (made.number.type && made.number.integer);
    return emit_mark(host, &made, key.where);
}

static es_status examine_execute_state(const es_host *host, const es_artefact *hive)
{
    mark made = make_mark("ExecuteState");
    es_key key;
    es_value value;
    uint64_t number;
    es_status status = es_prose_key(host, hive, CBS, &key);

    if (status > 0)
        status = build_value(host, &key, "ExecuteState", &value);
    if (status <= 0)
        return status;
    status = host->value_number(host, &value, 0, &number);
    if (status)
        return status < 0 ? status : ES_OK;
    made.number = es_datum_integer((int64_t)number);
    made.owed = number != IDLE;
    return emit_mark(host, &made, value.where);
}

es_status build_examine_servicing(const es_host *host, const es_artefact *hive)
{
    es_status status =
        examine_key_mark(host, hive, "RebootPending", CBS "\\RebootPending", 1);

    if (status >= 0)
        status = examine_key_mark(host, hive, "RebootInProgress", CBS "\\RebootInProgress", 1);
    if (status >= 0)
        status = examine_key_mark(host, hive, "PackagesPending", CBS "\\PackagesPending", 0);
    if (status >= 0)
        status = examine_key_mark(host, hive, "SessionsPending", CBS "\\SessionsPending", 0);
    if (status >= 0)
        status = examine_execute_state(host, hive);
    return status < 0 ? status : ES_OK;
}

/* ------------------------------------------------------------------ the session manager */

/* The next string of UTF-16LE and its end; 0 when nothing is left. */
static int next_string(es_cursor *cursor, es_bytes *ret)
{
    uint64_t start = cursor->at;
    uint64_t end;

    if (es_cursor_left(cursor) < 2)
        return 0;
    do {
        end = cursor->at;
        if (es_cursor_left(cursor) < 2)
            break;
    } while (es_cursor_u16(cursor) != 0);
    ret->data = cursor->data + start;
    ret->size = end - start;
    return 1;
}

/* "!" before a target: replace what is there. Some lists number it: "*1\??\…". */
static es_text plain_path(es_text path, int *ret_replace)
{
    *ret_replace = path.size && path.data[0] == '!';
    if (*ret_replace) {
        path.data++;
        path.size--;
    } else if (path.size > 2 && path.data[0] == '*') {
        path.data += 2;
        path.size -= 2;
    }
    return path;
}

static es_status emit_rename(const es_host *host, uint64_t order, es_text source, es_text target,
                             const es_where *where)
{
    es_time no_time = { 0, 0, 0 };
    es_datum fields[5];
    int replace, ignored;

    target = plain_path(target, &replace);
    source = plain_path(source, &ignored);
    fields[0] = es_datum_integer((int64_t)order);
    fields[1] = es_datum_text(source);
    fields[2] = es_datum_text_or_null(target);
    fields[3] = es_datum_boolean(replace);
    fields[4] = es_datum_boolean(build_path_names_boot_file(source) ||
                                 build_path_names_boot_file(target));
    return es_emit(host, BUILD_FACT_RENAME, fields, no_time, where);
}

static es_status examine_renames(const es_host *host, const es_key *key, const char *name)
{
    es_value value;
    es_bytes source, target;
    es_cursor cursor;
    es_status status = build_value(host, key, name, &value);

    if (status <= 0)
        return status;
    cursor = es_cursor_make(value.data);
    for (uint64_t n = 0; next_string(&cursor, &source) && source.size; n++) {
        es_text from, to;

        if (n == MAX_RENAMES)
            return host->note(host, 1, es_text_of("more pending renames than are read"),
                              value.where);
        if (!next_string(&cursor, &target))
            return host->note(host, 1, es_text_of("the list of pending renames is cut short"),
                              value.where);
        status = host->text_utf16(host, source, &from);
        if (status == ES_OK)
            status = host->text_utf16(host, target, &to);
        if (status == ES_OK)
            status = emit_rename(host, n, from, to, value.where);
        if (status < 0)
            return status;
    }
    return ES_OK;
}

static int contains(es_text text, const char *lower_case)
{
    uint64_t size = strlen(lower_case);

    for (uint64_t at = 0; size <= text.size && at <= text.size - size; at++) {
        es_text part = { text.data + at, size };

        if (es_name_is(part, lower_case))
            return 1;
    }
    return 0;
}

/* Programs that the session manager runs at the next start. A check of the disks is not owed
 * servicing; poqexec, which does what pending.xml says, is; SetupExecute always is. */
static es_status examine_programs(const es_host *host, const es_key *key, const char *name,
                                  int always)
{
    mark made = make_mark(name);
    es_value value;
    es_status status = build_value(host, key, name, &value);

    if (status <= 0)
        return status;
    made.written = key->written;
    while (made.n_names < MAX_NAMES) {
        es_text *text = &made.names[made.n_names];

        status = host->value_string(host, &value, 0, made.n_names, text);
        if (status || text->size == 0)
            break;
        if (always || contains(*text, "poqexec"))
            made.owed = 1;
        made.n_names++;
    }
    if (status < 0)
        return status;
    return made.n_names ? emit_mark(host, &made, value.where) : ES_OK;
}

es_status build_examine_manager(const es_host *host, const es_artefact *hive)
{
    es_key key;
    es_status status = es_prose_key(host, hive, SESSION_MANAGER, &key);

    if (status <= 0)
        return status;
    status = examine_renames(host, &key, "PendingFileRenameOperations");
    if (status >= 0)
        status = examine_renames(host, &key, "PendingFileRenameOperations2");
    if (status >= 0)
        status = examine_programs(host, &key, "SetupExecute", 1);
    if (status >= 0)
        status = examine_programs(host, &key, "BootExecute", 0);
    return status < 0 ? status : ES_OK;
}

/* ------------------------------------------------------------------ pending.xml */

#define TOKEN_SIZE 64u
#define MAX_FOUND 8u

/* A scan for file names in bytes of UTF-8 or UTF-16: bytes 0 are passed over, so both read alike,
 * and a name is a run of characters that file names are made of. */
typedef struct name_scan {
    char token[TOKEN_SIZE];
    uint32_t used;
    char found[MAX_FOUND][TOKEN_SIZE];
    uint32_t n_found;
} name_scan;

static int is_name_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

static void finish_token(name_scan *scan)
{
    es_text token = { scan->token, scan->used };

    scan->used = 0;
    if (token.size == 0 || token.size >= TOKEN_SIZE || !build_names_boot_file(token))
        return;
    for (uint32_t i = 0; i < scan->n_found; i++)
        if (es_name_same(token, es_text_of(scan->found[i])))
            return;
    if (scan->n_found < MAX_FOUND)
        memcpy(scan->found[scan->n_found++], token.data, (size_t)token.size);
}

static void scan_bytes(name_scan *scan, const uint8_t *bytes, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        if (bytes[i] == 0)
            continue;
        if (!is_name_byte(bytes[i]))
            finish_token(scan);
        else if (scan->used < TOKEN_SIZE) {
            if (scan->used < TOKEN_SIZE - 1)
                scan->token[scan->used] = (char)bytes[i];
            scan->used++; /* TOKEN_SIZE: too long to be one of the names */
        }
    }
}

es_status build_examine_pending_xml(const es_host *host, const es_artefact *file)
{
    const uint64_t chunk = 64u << 10;
    mark made = make_mark("pending.xml");
    name_scan scan;
    void *buffer = NULL;
    uint64_t at = 0, got = 0;
    es_status status = host->alloc(host, chunk, &buffer);

    if (status)
        return status;
    memset(&scan, 0, sizeof scan);
    while (at < MAX_PENDING_XML) {
        status = host->file_read(host, file, at, buffer, chunk, &got);
        if (status || got == 0)
            break;
        scan_bytes(&scan, (const uint8_t *)buffer, got);
        at += got;
    }
    if (status < 0)
        return status;
    if (status == ES_OK && got)
        status = host->note(host, 1, es_text_of("pending.xml is larger than what is searched"),
                            file->where);
    else if (status > 0 && status != ES_END)
        status = host->note(host, 1, es_text_of("pending.xml cannot be read to its end"),
                            file->where);
    if (status < 0)
        return status;
    finish_token(&scan);
    made.owed = 1;
    made.names_kernel = scan.n_found != 0;
    for (uint32_t i = 0; i < scan.n_found; i++)
        made.names[made.n_names++] = es_text_of(scan.found[i]);
    return emit_mark(host, &made, file->where);
}
