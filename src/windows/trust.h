/* SPDX-License-Identifier: Apache-2.0
 *
 * trust.h: whose key it is: a chain of certificates, judged offline against given roots.
 *
 * No certificate store of the examiner's machine and no network is asked: a chain is trusted when
 * it ends at one of the roots that were handed over, as it stood at the time the signature was
 * made. Certificates expire and signatures of 2009 are asked about today, so the clock of the
 * examiner's machine plays no part. Revocation is not looked up: there is no network, and what a
 * list of today says of 2009 is another question.
 *
 * OpenSSL parses certificates and verifies chains. Digests that were good enough when the
 * signature was made (SHA-1, MD5 of the oldest root) are taken as such; the report names them.
 *
 * Ownership: roots own their certificates. Threading: roots are immutable once parsed.
 */
#ifndef ES_WINDOWS_TRUST_H
#define ES_WINDOWS_TRUST_H

#include "base/note.h"

#include <openssl/x509.h>
#include <stdbool.h>

#define ES_NAME_MAX 256
#define ES_USAGES_MAX 512

/* How a chain ended. */
#define ES_CHAIN_NONE 0u    /* not judged */
#define ES_CHAIN_TRUSTED 1u /* at one of the roots */
#define ES_CHAIN_NO_ROOT 2u /* at an issuer that is not among the roots: it could not be judged */
#define ES_CHAIN_FORGED 3u  /* it names one of the roots as its issuer, and that root's key did not
                             * sign it */
#define ES_CHAIN_INVALID 4u /* a certificate in it was not valid then, or may not issue others */

typedef struct es_chain {
    uint32_t result;
    bool self_signed;            /* NO_ROOT: the leaf is its own issuer */
    char root[ES_NAME_MAX];      /* subject of the last one, or the issuer that is missing */
    char reason[96];             /* OpenSSL's words when it is not trusted */
    char usages[ES_USAGES_MAX];  /* extended key usages the whole chain allows, OIDs */
} es_chain;

typedef struct es_roots es_roots;

/* Certificates in PEM. ES_CORRUPT and a note when none can be read or one of them is broken. */
es_status es_roots_parse(es_bytes pem, es_roots **ret_roots, es_note *reterr_note);
es_roots *es_roots_free(es_roots *roots);
size_t es_roots_count(const es_roots *roots);

/* Judge the chain of `leaf` as it stood `at` (unknown: when `leaf` became valid). `roots` may be
 * NULL: then nothing is trusted. */
es_status es_chain_verify(const es_roots *roots, X509 *leaf, STACK_OF(X509) *others, es_time at,
                          es_chain *ret_chain);

/* "CN, O" of a name, UTF-8. */
void es_certificate_name(const X509_NAME *name, char out[ES_NAME_MAX]);

#endif
