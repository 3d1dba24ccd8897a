/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog.h: security catalogs (.cat): signed lists of digests that vouch for files.
 *
 * Most files of Windows carry no signature of their own; a catalog that came with their update
 * holds their digests. A catalog is signed data whose content is a list of members. A member's
 * digest stands in it as raw bytes or as hexadecimal in UTF-16, and once more in its indirect data.
 *
 * A server has thousands of catalogs. The index of an installation is built once, when the first
 * file needs it: every catalog is read and its digests are sorted, nothing is verified. A digest
 * that is found is looked up again in its catalog, and only then is that catalog verified; one
 * that is forged or broken vouches for nothing, and says so.
 *
 * Sources: [MS-CAESO] and "Catalog Files" of the Windows driver documentation for where they lie;
 * the layout as szOID_CATALOG_LIST and CERT_TRUST_LIST of wincrypt.h, mscat.h describe it.
 *
 * Ownership: an index owns what it hands out. Threading: one thread; building uses more of its own,
 * each with a filesystem object of its own.
 */
#ifndef ES_WINDOWS_CATALOG_H
#define ES_WINDOWS_CATALOG_H

#include "disk/fs.h"
#include "windows/limits.h"
#include "windows/pkcs7.h"

/* One member of a catalog. Borrowed for the length of the callback. */
typedef struct es_catalog_member {
    es_bytes digest;     /* raw, 16 to 64 bytes */
    uint64_t at;         /* of the member in the catalog */
    es_bytes attributes; /* a run of attributes */
} es_catalog_member;

/* Every digest of a catalog; one member may give two (its tag and its indirect data). The callback
 * returns 0 to go on. ES_UNSUPPORTED: signed data, but no catalog. */
es_status es_catalog_members(es_bytes catalog, es_signed *ret_signed,
                             int (*each)(void *context, const es_catalog_member *member),
                             void *context);

/* The text of a member's named attribute ("File", "OSAttr"), UTF-8; "" when it has none. */
void es_catalog_attribute(es_bytes attributes, const char *name, char out[ES_NAME_MAX]);

/* ------------------------------------------------------------------ the index */

typedef struct es_catalogs es_catalogs;

typedef struct es_catalog_counts {
    uint32_t found;     /* files *.cat, a copy of the same name and size counted once */
    uint32_t read;      /* whole and undamaged */
    uint32_t damaged;   /* on bytes of the image that cannot be trusted, or not to be opened */
    uint32_t malformed; /* read, and no catalog */
    uint32_t unsupported; /* signed data in a form that is not read */
    uint32_t too_large; /* more bytes or members than are looked at */
    uint32_t taken;     /* of all these, taken over from a later state */
    uint64_t bytes;     /* read */
    bool incomplete;    /* a folder's index was damaged */
    bool too_many;      /* there are more catalogs, bytes of them or digests in them, than are read,
                         * or more that hold a digest like one looked for than are asked */
} es_catalog_counts;

typedef struct es_vouch {
    const char *path; /* of the catalog, as the disk spells it */
    es_signer signer;
    char file[ES_NAME_MAX];     /* the name the catalog has for the member, often "" */
    char os[ES_NAME_MAX];       /* the systems it is for: "2:6.0" */
    bool damaged;               /* read from bytes that cannot be trusted */
} es_vouch;

/* Read the catalogs of an installation, with up to `n_threads`. In a shadow copy `later` (may be
 * NULL) is the index of the same installation as it stood later: what a catalog that did not change
 * in between holds is taken from it. */
es_status es_catalogs_build(es_source *source, es_fs *fs, const char *system_root,
                            unsigned n_threads, const es_catalogs *later,
                            es_catalogs **ret_catalogs);
es_catalogs *es_catalogs_free(es_catalogs *catalogs);
const es_catalog_counts *es_catalogs_counts(const es_catalogs *catalogs);

/* The catalogs that hold this digest, verified against `roots`: up to `room` of them. */
es_status es_catalogs_find(es_catalogs *catalogs, es_bytes digest, const es_roots *roots,
                           es_vouch *ret_vouches, uint32_t room, uint32_t *ret_n);

#endif
