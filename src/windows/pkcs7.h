/* SPDX-License-Identifier: Apache-2.0
 *
 * pkcs7.h: signed data (PKCS #7 1.5, CMS): what was signed, who signed it, when.
 *
 * Authenticode, catalogs and RFC 3161 time stamps are all this one structure around different
 * contents. It is taken apart here by a reader that builds no tree (der.h); OpenSSL verifies the
 * signatures and parses the certificates. What OpenSSL's own reader of PKCS #7 would do besides,
 * it would do to hostile bytes of any size before a cap could be applied; it is asked, up to a small
 * one, about what is not DER.
 *
 * Reading and verifying are two steps: of several thousand catalogs all are read and only those
 * that hold a digest somebody asks for are verified.
 *
 * Sources: RFC 2315 (PKCS #7), RFC 5652 (CMS), RFC 3161 (time stamps), Microsoft "Windows
 * Authenticode Portable Executable Signature Format" 1.0 (what is digested, nested attributes).
 *
 * Ownership: everything borrows the bytes it was read from. Threading: pure functions.
 */
#ifndef ES_WINDOWS_PKCS7_H
#define ES_WINDOWS_PKCS7_H

#include "windows/der.h"
#include "windows/trust.h"

/* Signed data taken apart, nothing verified. */
typedef struct es_signed {
    es_der content_type; /* object identifier */
    es_der content;      /* the content element; its value is what the digest covers */
    es_bytes certificates, signers; /* runs of elements */
    uint64_t size;       /* of the whole structure: what follows it is not part of it */
    bool ber;            /* it was not DER, and was made so */
} es_signed;

/* How the signature itself stands. */
#define ES_SIGNER_SOUND 1u          /* the signature fits the content and the certificate's key */
#define ES_SIGNER_BROKEN 2u         /* it does not */
#define ES_SIGNER_NO_CERTIFICATE 3u /* the signer's certificate is not among those carried */
#define ES_SIGNER_UNSUPPORTED 4u    /* an algorithm this version does not know; or it came in BER and
                                     * does not fit as DER: what was signed is not known */

#define ES_STAMP_NONE 0u
#define ES_STAMP_PKCS9 1u   /* countersignature */
#define ES_STAMP_RFC3161 2u /* time stamp token */

typedef struct es_signer {
    uint32_t state;
    uint32_t stamp;    /* where the time comes from */
    bool stamp_proven; /* the stamp's signature is sound and its chain ends at a root */
    char subject[ES_NAME_MAX], issuer[ES_NAME_MAX], stamper[ES_NAME_MAX];
    char thumbprint[41]; /* SHA-1 of the signer's certificate */
    char algorithm[16];  /* of the digest: "SHA-1", "SHA-256" … */
    es_chain chain;
    es_time signed_at;
    es_bytes nested; /* values of the attribute of nested signatures: signed data in any form */
} es_signer;

/* ES_CORRUPT: no signed data in DER, or broken. */
es_status es_signed_read(es_bytes bytes, es_signed *ret_signed);

/* Signed data in BER (lengths left open, strings in pieces) as DER, which the caller frees. Some
 * signers write it and Windows takes it. OpenSSL reads it here, up to a cap. ES_CORRUPT: it is no
 * signed data at all. ES_LIMIT: too large. `ret_used`: how many of the bytes it was. */
es_status es_signed_from_ber(es_bytes bytes, es_bytes *ret_der, uint64_t *ret_used);

/* Either. What was made of BER lies in `ret_held`, which the caller frees (NULL: nothing). ES_CORRUPT:
 * no signed data. ES_UNSUPPORTED: such data, and more than can be read of it. */
es_status es_signed_read_any(es_bytes bytes, es_signed *ret_signed, es_bytes *ret_held);
void es_signed_let_go(es_bytes held);

/* Verify the first signer against `roots` (may be NULL). ES_ABSENT when nobody signed. */
es_status es_signed_verify(const es_signed *from, const es_roots *roots, es_signer *ret_signer);

/* A digest of OpenSSL by its object identifier, its name through `ret_name`; NULL if unknown. */
const EVP_MD *es_digest_of(const es_der *oid, const char **ret_name);

#endif
