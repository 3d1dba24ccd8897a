/* SPDX-License-Identifier: Apache-2.0
 *
 * pe.c: see pe.h. Headers, the way to the version resource, the debug record, the checksum.
 *
 * The resource tree has exactly three levels, type, name and language, and is read as that: an
 * entry of the wrong kind ends it, so a directory that contains itself leads nowhere.
 */
#include "windows/limits.h"
#include "windows/pe_internal.h"

#include <esuscan/bytes.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_HEADER_SIZE 24u /* signature and COFF header */
#define OPTIONAL_MAX 240u    /* PE32+ with 16 directories */
#define DIRECTORIES_32 96u   /* where the data directories begin */
#define DIRECTORIES_64 112u
#define AT_CHECKSUM 64u /* in the optional header, both kinds */
#define SECTION_SIZE 40u

#define DIRECTORY_RESOURCE 2u
#define DIRECTORY_CERTIFICATE 4u
#define DIRECTORY_DEBUG 6u
#define N_DIRECTORIES 16u

#define RESOURCE_VERSION 16u
#define RESOURCE_SUBDIRECTORY UINT32_C(0x80000000)
#define DEBUG_CODEVIEW 2u

typedef struct pe_section {
    uint32_t address, memory_size, file_size, file_at;
} pe_section;

typedef struct pe_reader {
    const es_pe_input *input;
    es_pe *pe;
    uint64_t optional_at;
    uint32_t headers_size, file_alignment;
    struct {
        uint32_t at, size;
    } directories[N_DIRECTORIES];
    uint32_t n_sections;
    pe_section sections[ES_PE_SECTIONS_MAX];
} pe_reader;

void es_pe_problem(es_pe *pe, const char *text)
{
    if (pe->problem[0] == '\0')
        snprintf(pe->problem, sizeof pe->problem, "%s", text);
}

static es_status read_at(pe_reader *r, uint64_t at, void *buffer, uint64_t size)
{
    bool damaged = false;
    es_status status;

    if (at > r->input->size || size > r->input->size - at)
        return ES_CORRUPT;
    if (size == 0)
        return ES_OK;
    status = r->input->read(r->input->context, at, buffer, size, &damaged);
    r->pe->damaged = r->pe->damaged || damaged || status > 0;
    return status > 0 ? ES_CORRUPT : status;
}

/* ---- headers ---- */

static es_status read_optional(pe_reader *r, uint32_t size)
{
    uint8_t bytes[OPTIONAL_MAX] = { 0 };
    uint32_t taken = size < OPTIONAL_MAX ? size : OPTIONAL_MAX, directories_at, n;
    es_cursor cursor = es_cursor_make((es_bytes){ bytes, taken });
    es_status status;
    uint16_t magic;

    status = read_at(r, r->optional_at, bytes, taken);
    if (status != ES_OK)
        return status;
    magic = es_cursor_u16(&cursor);
    if (magic != 0x10b && magic != 0x20b)
        return ES_CORRUPT;
    r->pe->pe32_plus = magic == 0x20b;
    es_cursor_seek(&cursor, 36);
    r->file_alignment = es_cursor_u32(&cursor);
    es_cursor_seek(&cursor, 60);
    r->headers_size = es_cursor_u32(&cursor);
    r->pe->checksum_stored = es_cursor_u32(&cursor);
    if (es_cursor_failed(&cursor))
        return ES_CORRUPT;
    directories_at = r->pe->pe32_plus ? DIRECTORIES_64 : DIRECTORIES_32;
    es_cursor_seek(&cursor, directories_at - 4);
    n = es_cursor_u32(&cursor);
    for (uint32_t i = 0; i < n && i < N_DIRECTORIES && es_cursor_left(&cursor) >= 8; i++) {
        r->directories[i].at = es_cursor_u32(&cursor);
        r->directories[i].size = es_cursor_u32(&cursor);
    }
    return ES_OK;
}

static es_status read_sections(pe_reader *r, uint64_t at, uint32_t n)
{
    uint8_t bytes[ES_PE_SECTIONS_MAX * SECTION_SIZE];
    es_cursor cursor = es_cursor_make((es_bytes){ bytes, (uint64_t)n * SECTION_SIZE });
    es_status status;

    if (n > ES_PE_SECTIONS_MAX)
        return ES_CORRUPT;
    status = read_at(r, at, bytes, (uint64_t)n * SECTION_SIZE);
    if (status != ES_OK)
        return status;
    for (uint32_t i = 0; i < n; i++) {
        pe_section *section = &r->sections[i];

        es_cursor_skip(&cursor, 8); /* name */
        section->memory_size = es_cursor_u32(&cursor);
        section->address = es_cursor_u32(&cursor);
        section->file_size = es_cursor_u32(&cursor);
        section->file_at = es_cursor_u32(&cursor);
        es_cursor_skip(&cursor, 16);
        if (r->file_alignment >= 512)
            section->file_at &= ~UINT32_C(511); /* as the loader does */
        if (section->file_size &&
            (section->file_at > r->input->size ||
             section->file_size > r->input->size - section->file_at))
            es_pe_problem(r->pe, "the file ends before its sections do");
    }
    r->n_sections = n;
    return ES_OK;
}

static es_status read_headers(pe_reader *r)
{
    uint8_t dos[64], file[FILE_HEADER_SIZE];
    es_cursor cursor = es_cursor_make((es_bytes){ dos, sizeof dos });
    uint32_t n_sections, optional_size;
    uint64_t at;
    es_status status;

    if (r->input->size < sizeof dos)
        return ES_UNSUPPORTED;
    status = read_at(r, 0, dos, sizeof dos);
    if (status != ES_OK)
        return status;
    if (memcmp(dos, "MZ", 2) != 0)
        return ES_UNSUPPORTED;
    es_cursor_seek(&cursor, 60);
    at = es_cursor_u32(&cursor);
    if (at > r->input->size || r->input->size - at < FILE_HEADER_SIZE)
        return ES_CORRUPT;
    status = read_at(r, at, file, sizeof file);
    if (status != ES_OK)
        return status;
    if (memcmp(file, "PE\0\0", 4) != 0)
        return ES_UNSUPPORTED; /* a DOS, NE or LE program */
    cursor = es_cursor_make((es_bytes){ file, sizeof file });
    es_cursor_skip(&cursor, 4);
    r->pe->machine = es_cursor_u16(&cursor);
    n_sections = es_cursor_u16(&cursor);
    r->pe->timestamp = es_cursor_u32(&cursor);
    es_cursor_skip(&cursor, 8);
    optional_size = es_cursor_u16(&cursor);
    r->optional_at = at + FILE_HEADER_SIZE;
    status = read_optional(r, optional_size);
    if (status == ES_OK)
        status = read_sections(r, r->optional_at + optional_size, n_sections);
    return status;
}

/* Where an address lies in the file, and how many bytes follow it there. */
static bool locate(const pe_reader *r, uint32_t address, uint64_t *ret_at, uint64_t *ret_left)
{
    uint64_t at = 0, left = 0;

    for (uint32_t i = 0; i < r->n_sections && left == 0; i++) {
        const pe_section *section = &r->sections[i];

        if (address >= section->address && address - section->address < section->file_size) {
            at = (uint64_t)section->file_at + (address - section->address);
            left = section->file_size - (address - section->address);
        }
    }
    if (left == 0 && address < r->headers_size) {
        at = address;
        left = r->headers_size - address;
    }
    if (left == 0 || at >= r->input->size)
        return false;
    *ret_at = at;
    *ret_left = left < r->input->size - at ? left : r->input->size - at;
    return true;
}

/* ---- resources ---- */

typedef struct resource_tree {
    uint64_t at, size; /* in the file */
} resource_tree;

typedef struct resource_directory {
    uint64_t at; /* of its first entry, in the tree */
    uint32_t n_named, n;
} resource_directory;

static es_status read_tree(pe_reader *r, const resource_tree *tree, uint64_t at, void *buffer,
                           uint64_t size)
{
    if (at > tree->size || size > tree->size - at)
        return ES_CORRUPT;
    return read_at(r, tree->at + at, buffer, size);
}

static es_status open_directory(pe_reader *r, const resource_tree *tree, uint64_t at,
                                resource_directory *ret_directory)
{
    uint8_t head[16];
    es_cursor cursor = es_cursor_make((es_bytes){ head, sizeof head });
    es_status status = read_tree(r, tree, at, head, sizeof head);

    if (status != ES_OK)
        return status;
    es_cursor_skip(&cursor, 12);
    ret_directory->at = at + sizeof head;
    ret_directory->n_named = es_cursor_u16(&cursor);
    ret_directory->n = ret_directory->n_named + es_cursor_u16(&cursor);
    return ret_directory->n > ES_PE_ENTRIES_MAX ? ES_CORRUPT : ES_OK;
}

static es_status read_entry(pe_reader *r, const resource_tree *tree,
                            const resource_directory *directory, uint32_t i, uint32_t *ret_id,
                            uint32_t *ret_target)
{
    uint8_t entry[8];
    es_cursor cursor = es_cursor_make((es_bytes){ entry, sizeof entry });
    es_status status = read_tree(r, tree, directory->at + (uint64_t)i * 8, entry, sizeof entry);

    if (status != ES_OK)
        return status;
    *ret_id = es_cursor_u32(&cursor);
    *ret_target = es_cursor_u32(&cursor);
    return ES_OK;
}

/* The directory that an entry with this number leads to. */
static es_status descend(pe_reader *r, const resource_tree *tree,
                         const resource_directory *directory, uint32_t id,
                         resource_directory *ret_directory)
{
    for (uint32_t i = directory->n_named; i < directory->n; i++) {
        uint32_t entry_id, target;
        es_status status = read_entry(r, tree, directory, i, &entry_id, &target);

        if (status != ES_OK)
            return status;
        if (entry_id != id)
            continue;
        if (!(target & RESOURCE_SUBDIRECTORY))
            return ES_CORRUPT;
        return open_directory(r, tree, target & ~RESOURCE_SUBDIRECTORY, ret_directory);
    }
    return ES_ABSENT;
}

/* One version resource, found by its data entry. */
static es_status read_version(pe_reader *r, const resource_tree *tree, uint32_t entry_at)
{
    uint8_t entry[16], *bytes;
    es_cursor cursor = es_cursor_make((es_bytes){ entry, sizeof entry });
    bool first = !r->pe->has_version && r->pe->n_strings == 0;
    uint64_t at, left, size;
    uint32_t address;
    es_status status;

    if (entry_at & RESOURCE_SUBDIRECTORY)
        return ES_CORRUPT;
    status = read_tree(r, tree, entry_at, entry, sizeof entry);
    if (status != ES_OK)
        return status;
    address = es_cursor_u32(&cursor);
    size = es_cursor_u32(&cursor);
    if (size == 0 || !locate(r, address, &at, &left))
        return ES_CORRUPT;
    if (size > ES_PE_VERSION_MAX || size > left)
        es_pe_problem(r->pe, "its version resource is cut short");
    size = size < left ? size : left;
    size = size < ES_PE_VERSION_MAX ? size : ES_PE_VERSION_MAX;
    bytes = malloc((size_t)size);
    if (!bytes)
        return ES_NOMEM;
    status = read_at(r, at, bytes, size);
    if (status == ES_OK)
        status = es_pe_version_read((es_bytes){ bytes, size }, r->pe);
    free(bytes);
    if (status == ES_OK && first) {
        r->pe->version_offset = at;
        r->pe->version_length = size;
    }
    return status;
}

static es_status read_resources(pe_reader *r)
{
    uint32_t address = r->directories[DIRECTORY_RESOURCE].at;
    resource_directory types, names, languages;
    resource_tree tree;
    es_status status;

    if (address == 0)
        return ES_ABSENT;
    if (!locate(r, address, &tree.at, &tree.size))
        return ES_CORRUPT;
    status = open_directory(r, &tree, 0, &types);
    if (status == ES_OK)
        status = descend(r, &tree, &types, RESOURCE_VERSION, &names);
    if (status != ES_OK)
        return status;
    status = descend(r, &tree, &names, 1, &languages);
    if (status != ES_OK) /* there is such a type, so its only number must be there too */
        return status == ES_ABSENT ? ES_CORRUPT : status;
    for (uint32_t i = 0; i < languages.n && i < ES_PE_LANGUAGES_MAX; i++) {
        uint32_t id, target;

        status = read_entry(r, &tree, &languages, i, &id, &target);
        if (status == ES_OK)
            status = read_version(r, &tree, target);
        if (status != ES_OK)
            return status;
    }
    return languages.n ? ES_OK : ES_ABSENT;
}

/* ---- debug record ---- */

/* A path of the linker's machine: bytes of some code page; what is not ASCII becomes '?'. */
static void take_path(es_cursor *cursor, char *out)
{
    size_t n = 0;

    while (es_cursor_left(cursor) > 0 && n < ES_PE_STRING_MAX - 1) {
        uint8_t c = es_cursor_u8(cursor);

        if (c == 0)
            break;
        out[n++] = (char)(c < 0x80 ? c : '?');
    }
    out[n] = '\0';
}

static bool read_codeview(es_bytes bytes, es_pe *pe)
{
    es_cursor cursor = es_cursor_make(bytes);
    es_bytes magic = es_cursor_take(&cursor, 4), tail;
    uint32_t a, age;
    uint16_t b, c;

    if (magic.size == 4 && memcmp(magic.data, "RSDS", 4) == 0) {
        a = es_cursor_u32(&cursor);
        b = es_cursor_u16(&cursor);
        c = es_cursor_u16(&cursor);
        tail = es_cursor_take(&cursor, 8);
        age = es_cursor_u32(&cursor);
        if (es_cursor_failed(&cursor))
            return false;
        snprintf(pe->pdb_id, sizeof pe->pdb_id,
                 "%08" PRIX32 "%04X%04X%02X%02X%02X%02X%02X%02X%02X%02X%" PRIX32, a, b, c,
                 tail.data[0], tail.data[1], tail.data[2], tail.data[3], tail.data[4],
                 tail.data[5], tail.data[6], tail.data[7], age);
    } else if (magic.size == 4 && memcmp(magic.data, "NB10", 4) == 0) {
        es_cursor_skip(&cursor, 4); /* offset: 0, the data is in the .pdb */
        a = es_cursor_u32(&cursor);
        age = es_cursor_u32(&cursor);
        if (es_cursor_failed(&cursor))
            return false;
        snprintf(pe->pdb_id, sizeof pe->pdb_id, "%08" PRIX32 "%" PRIX32, a, age);
    } else {
        return false;
    }
    take_path(&cursor, pe->pdb_name);
    pe->has_pdb = true;
    return true;
}

static es_status read_debug_entry(pe_reader *r, uint64_t at, bool *ret_codeview)
{
    uint8_t entry[28], bytes[ES_PE_CODEVIEW_MAX];
    es_cursor cursor = es_cursor_make((es_bytes){ entry, sizeof entry });
    es_status status = read_at(r, at, entry, sizeof entry);
    uint32_t type, size, address, file_at;
    uint64_t data_at, left;

    if (status != ES_OK)
        return status;
    es_cursor_skip(&cursor, 12);
    type = es_cursor_u32(&cursor);
    size = es_cursor_u32(&cursor);
    address = es_cursor_u32(&cursor);
    file_at = es_cursor_u32(&cursor);
    if (type != DEBUG_CODEVIEW)
        return ES_OK;
    *ret_codeview = true;
    size = size < sizeof bytes ? size : (uint32_t)sizeof bytes;
    data_at = file_at;
    if (file_at == 0 && !locate(r, address, &data_at, &left))
        return ES_CORRUPT;
    status = read_at(r, data_at, bytes, size);
    if (status == ES_OK && !read_codeview((es_bytes){ bytes, size }, r->pe))
        status = ES_CORRUPT;
    return status;
}

static es_status read_debug(pe_reader *r)
{
    uint32_t address = r->directories[DIRECTORY_DEBUG].at;
    uint32_t n = r->directories[DIRECTORY_DEBUG].size / 28;
    bool codeview = false;
    uint64_t at, left;

    if (address == 0 || n == 0)
        return ES_ABSENT;
    if (!locate(r, address, &at, &left))
        return ES_CORRUPT;
    for (uint32_t i = 0; i < n && i < ES_PE_DEBUG_MAX && !codeview; i++) {
        es_status status = read_debug_entry(r, at + (uint64_t)i * 28, &codeview);

        if (status != ES_OK)
            return status;
    }
    return ES_OK;
}

/* ---- certificate, checksum ---- */

static void read_certificate(pe_reader *r)
{
    uint64_t at = r->directories[DIRECTORY_CERTIFICATE].at; /* an offset, not an address */
    uint64_t size = r->directories[DIRECTORY_CERTIFICATE].size;

    if (at == 0 || size == 0)
        return;
    if (at > r->input->size || size > r->input->size - at)
        es_pe_problem(r->pe, "its certificate table lies outside the file");
    r->pe->certificate_offset = at;
    r->pe->certificate_length = size;
}

/* Words of 32 bits may be added instead of 16: the carries are folded back in the end, and 2^16 is
 * 1 modulo 2^16 - 1. */
static uint64_t sum_words(const uint8_t *bytes, size_t size)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < size; i += 4)
        sum += (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 | (uint32_t)bytes[i + 2] << 16 |
               (uint32_t)bytes[i + 3] << 24;
    return sum;
}

/* The checksum field itself counts as zero. */
static void blank_checksum(uint8_t *buffer, uint64_t at, uint64_t n, uint64_t field)
{
    for (uint64_t i = field; i < field + 4; i++) {
        if (i >= at && i - at < n)
            buffer[i - at] = 0;
    }
}

static es_status compute_checksum(pe_reader *r)
{
    uint8_t *buffer = malloc(ES_PE_CHECKSUM_BUFFER);
    uint64_t sum = 0, size = r->input->size;
    es_status status = ES_OK;

    if (!buffer)
        return ES_NOMEM;
    for (uint64_t at = 0; at < size && status == ES_OK;) {
        uint64_t n = size - at < ES_PE_CHECKSUM_BUFFER ? size - at : ES_PE_CHECKSUM_BUFFER;

        status = read_at(r, at, buffer, n);
        if (status == ES_OK) {
            blank_checksum(buffer, at, n, r->optional_at + AT_CHECKSUM);
            memset(buffer + n, 0, (size_t)((4 - n % 4) % 4)); /* only the last piece is uneven */
            sum += sum_words(buffer, (size_t)(n + (4 - n % 4) % 4));
        }
        at += n;
    }
    free(buffer);
    if (status != ES_OK)
        return status;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    r->pe->checksum_computed = (uint32_t)(sum + size);
    r->pe->checksum_read = true;
    return ES_OK;
}

static es_status read_parts(pe_reader *r, uint32_t flags)
{
    es_status status = read_resources(r);

    if (status < 0)
        return status;
    if (status == ES_CORRUPT)
        es_pe_problem(r->pe, "its version resource is broken");
    status = read_debug(r);
    if (status < 0)
        return status;
    if (status == ES_CORRUPT)
        es_pe_problem(r->pe, "its debug record is broken");
    read_certificate(r);
    if (!(flags & ES_PE_WITH_CHECKSUM))
        return ES_OK;
    status = r->input->size < ES_PE_FILE_MAX ? compute_checksum(r) : ES_LIMIT;
    if (status > 0)
        es_pe_problem(r->pe, "its checksum could not be computed");
    return status < 0 ? status : ES_OK;
}

es_status es_pe_read(const es_pe_input *input, uint32_t flags, es_pe *ret_pe)
{
    es_pe *pe = calloc(1, sizeof *pe); /* some 13 KiB: not for the stack */
    pe_reader *r = calloc(1, sizeof *r);
    es_status status = ES_NOMEM;

    if (pe && r) {
        r->input = input;
        r->pe = pe;
        status = read_headers(r);
        if (status == ES_OK)
            status = read_parts(r, flags);
        if (status == ES_OK)
            *ret_pe = *pe;
    }
    free(r);
    free(pe);
    return status;
}
