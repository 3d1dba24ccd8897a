/* SPDX-License-Identifier: Apache-2.0
 *
 * pe.h: what a PE file says of itself: machine, versions, checksum, debug record.
 *
 * A bounded reader of our own over a reader callback: only headers, the resource directory's path
 * to the version resource, the debug directory and (when asked) the bytes the checksum covers are
 * read. Formats: Microsoft, "PE Format"; VS_VERSIONINFO in "Version Information Structures".
 *
 * Ownership: an es_pe is a value, its strings are inside it. Threading: pure function.
 */
#ifndef ES_WINDOWS_PE_H
#define ES_WINDOWS_PE_H

#include <esuscan/types.h>
#include <stdbool.h>

#define ES_PE_STRING_MAX 256
#define ES_PE_LANGUAGES_MAX 8

typedef struct es_pe_input {
    uint64_t size;
    es_status (*read)(void *context, uint64_t offset, void *buffer, uint64_t size,
                      bool *ret_damaged);
    void *context;
} es_pe_input;

/* One StringTable of StringFileInfo; strings UTF-8, "" when absent, cut at the cap. */
typedef struct es_pe_strings {
    char language[9]; /* the table's key: "040904b0" */
    char file_version[ES_PE_STRING_MAX];
    char product_version[ES_PE_STRING_MAX];
    char original_filename[ES_PE_STRING_MAX];
    char internal_name[ES_PE_STRING_MAX];
    char file_description[ES_PE_STRING_MAX];
    char company_name[ES_PE_STRING_MAX];
} es_pe_strings;

typedef struct es_pe {
    uint16_t machine;
    bool pe32_plus;
    uint32_t timestamp;         /* TimeDateStamp, Unix seconds as linked */
    uint32_t checksum_stored;
    uint32_t checksum_computed; /* valid only when asked for and `checksum_read` */
    bool checksum_read;
    bool has_version;           /* VS_FIXEDFILEINFO was read */
    uint16_t file_version[4];
    uint16_t product_version[4];
    uint32_t flags;             /* dwFileFlags & dwFileFlagsMask; bit 0 = checked build */
    uint64_t version_offset;    /* of VS_VERSIONINFO in the file, for `where` */
    uint64_t version_length;
    uint32_t n_strings;
    es_pe_strings strings[ES_PE_LANGUAGES_MAX];
    bool has_pdb;
    char pdb_id[64];            /* GUID (upper-case, no dashes) + age in hex, as symbol servers use */
    char pdb_name[ES_PE_STRING_MAX];
    uint64_t certificate_offset; /* 0 when there is none */
    uint64_t certificate_length;
    bool damaged;               /* a byte it rests on lies in a bad range */
    char problem[160];          /* what was broken though the rest was read; "" if nothing */
} es_pe;

#define ES_PE_WITH_CHECKSUM 1u /* reads the whole file */

/* ES_UNSUPPORTED: not a PE (no MZ/PE signature). ES_CORRUPT: its headers are broken. A broken
 * resource tree is not an error: `problem` says it and has_version is false. */
es_status es_pe_read(const es_pe_input *input, uint32_t flags, es_pe *ret_pe);

#endif
