/* SPDX-License-Identifier: Apache-2.0
 *
 * authenticode.h: the signature inside a PE file, and the digests that signatures are about.
 *
 * Authenticode digests an image without its checksum, without the directory entry of the
 * certificate table and without that table: a file can be signed after it is finished, and three
 * places in it can be changed without breaking the signature. Those are looked at by themselves.
 *
 * Source: Microsoft, "Windows Authenticode Portable Executable Signature Format" 1.0; WIN_CERTIFICATE
 * in "PE Format".
 *
 * Ownership: values. Threading: pure functions.
 */
#ifndef ES_WINDOWS_AUTHENTICODE_H
#define ES_WINDOWS_AUTHENTICODE_H

#include "windows/limits.h"
#include "windows/pkcs7.h"

/* Digests of a file, as a whole and as an image. */
typedef struct es_file_digests {
    uint8_t md5[16], sha1[20], sha256[32];
    uint8_t image_sha1[20], image_sha256[32];
    bool has_image; /* it is a PE file whose layout could be followed */
} es_file_digests;

#define ES_PAGES_NONE 0u
#define ES_PAGES_FIT 1u
#define ES_PAGES_DIFFER 2u
#define ES_PAGES_BROKEN 3u /* the list cannot be followed */

/* One signature of the certificate table, or nested in one. */
typedef struct es_embedded {
    es_signer signer;
    bool nested;
    bool has_digest;      /* it states a digest of an image */
    bool comparable;      /* and it is one of those that were computed of the file */
    bool digest_fits;     /* that digest is the file's */
    char algorithm[16];   /* of the stated digest */
    uint8_t stated[64], computed[64];
    uint32_t stated_size; /* `computed` has the same when it is comparable */
    uint32_t pages;       /* ES_PAGES_… */
    uint64_t page_at;     /* the first page that differs */
} es_embedded;

typedef struct es_authenticode {
    es_file_digests digests;
    /* The file is no image, and one lies inside it behind other code, as in bootmgr: then all that
     * follows, offsets too, is about that image and what the file is signed as is nothing. */
    bool inside;
    uint64_t inside_at, inside_size;
    uint64_t table_at, table_size; /* of the certificate table, 0 when there is none */
    bool table_outside;            /* it does not lie inside the file */
    uint32_t n_entries;            /* in the table */
    uint32_t n_broken;             /* entries that hold no signature */
    uint32_t n_unsupported;        /* entries that hold one which cannot be read */
    uint64_t appended;             /* bytes behind a signature, inside its entry, that mean nothing */
    uint64_t behind;               /* bytes of the file behind the table */
    uint64_t uncovered;            /* bytes that no digest of an image covers */
    bool cut;                      /* signatures beyond the cap were left out */
    uint32_t n_signatures;
    es_embedded signatures[ES_SIGNATURES_MAX];
    char problem[160];             /* of the layout; "" if nothing */
} es_authenticode;

/* ES_OK also for files that are no PE: those have digests as a whole, and what is said of an image
 * that lies inside. */
es_status es_authenticode_read(es_bytes file, const es_roots *roots, es_authenticode *ret);

/* SPC_INDIRECT_DATA: the digest it states. False when it holds none. */
bool es_indirect_digest(const es_der *content, es_der *ret_algorithm, es_bytes *ret_digest,
                        es_der *ret_data);

#endif
