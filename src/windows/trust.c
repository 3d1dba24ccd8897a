/* SPDX-License-Identifier: Apache-2.0
 *
 * trust.c: see trust.h.
 */
#include "windows/trust.h"

#include "windows/limits.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct es_roots {
    X509_STORE *store;
    STACK_OF(X509) *all;
};

es_roots *es_roots_free(es_roots *roots)
{
    if (!roots)
        return NULL;
    X509_STORE_free(roots->store);
    sk_X509_pop_free(roots->all, X509_free);
    free(roots);
    return NULL;
}

size_t es_roots_count(const es_roots *roots)
{
    return roots ? (size_t)sk_X509_num(roots->all) : 0;
}

static es_status add_root(es_roots *roots, X509 *certificate)
{
    if (X509_STORE_add_cert(roots->store, certificate) != 1)
        return ES_NOMEM;
    return sk_X509_push(roots->all, certificate) ? ES_OK : ES_NOMEM;
}

static es_status read_pem(es_roots *roots, BIO *bio)
{
    X509 *certificate;

    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        es_status status = sk_X509_num(roots->all) < (int)ES_ROOTS_MAX
                               ? add_root(roots, certificate)
                               : ES_LIMIT;

        if (status != ES_OK) {
            X509_free(certificate);
            return status;
        }
    }
    /* The end of the file is the one good reason to stop. */
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE &&
                   sk_X509_num(roots->all) > 0
               ? ES_OK
               : ES_CORRUPT;
}

es_status es_roots_parse(es_bytes pem, es_roots **ret_roots, es_note *reterr_note)
{
    es_roots *roots = calloc(1, sizeof *roots);
    BIO *bio = pem.size && pem.size < INT32_MAX ? BIO_new_mem_buf(pem.data, (int)pem.size) : NULL;
    es_status status = roots ? ES_OK : ES_NOMEM;

    if (status == ES_OK) {
        roots->store = X509_STORE_new();
        roots->all = sk_X509_new_null();
        status = roots->store && roots->all ? ES_OK : ES_NOMEM;
    }
    ERR_clear_error();
    if (status == ES_OK)
        status = bio ? read_pem(roots, bio) : ES_CORRUPT;
    ERR_clear_error();
    BIO_free(bio);
    if (status > 0)
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "roots",
                    status == ES_LIMIT ? "There are more trust anchors than %u."
                                       : "The trust anchors cannot be read: a file of "
                                         "certificates in PEM is needed.",
                    ES_ROOTS_MAX);
    if (status == ES_OK)
        *ret_roots = roots;
    else
        es_roots_free(roots);
    return status;
}

/* ------------------------------------------------------------------ names, usages */

static size_t put_entry(const X509_NAME *name, int nid, char *out, size_t at)
{
    int index = X509_NAME_get_index_by_NID(name, nid, -1);
    unsigned char *utf8 = NULL;
    int size;

    if (index < 0)
        return at;
    size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
    for (int i = 0; i < size && at < ES_NAME_MAX - 4; i++) {
        if (i == 0 && at) {
            out[at++] = ',';
            out[at++] = ' ';
        }
        out[at++] = (char)utf8[i];
    }
    OPENSSL_free(utf8);
    return at;
}

void es_certificate_name(const X509_NAME *name, char out[ES_NAME_MAX])
{
    size_t at = 0;

    if (name) {
        at = put_entry(name, NID_commonName, out, at);
        if (!at)
            at = put_entry(name, NID_organizationalUnitName, out, at);
        at = put_entry(name, NID_organizationName, out, at);
        for (int i = X509_NAME_entry_count(name) - 1; !at && i >= 0; i--)
            at = put_entry(name, OBJ_obj2nid(X509_NAME_ENTRY_get_object(
                                     X509_NAME_get_entry(name, i))), out, at);
    }
    /* A character that was cut is left off. */
    while (at == ES_NAME_MAX - 4 && at && ((unsigned char)out[at - 1] & 0x80u))
        at--;
    out[at] = '\0';
}

static bool allows(X509 *certificate, const ASN1_OBJECT *usage)
{
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool found = usages == NULL; /* without the extension all are allowed */

    for (int i = 0; i < sk_ASN1_OBJECT_num(usages) && !found; i++) {
        const ASN1_OBJECT *each = sk_ASN1_OBJECT_value(usages, i);

        found = OBJ_cmp(each, usage) == 0 || OBJ_obj2nid(each) == NID_anyExtendedKeyUsage;
    }
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
    return found;
}

/* Usages of the leaf that every issuer below the root allows too. */
static void take_usages(X509 *leaf, STACK_OF(X509) *chain, char out[ES_USAGES_MAX])
{
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
    size_t at = 0;

    out[0] = '\0';
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
        const ASN1_OBJECT *usage = sk_ASN1_OBJECT_value(usages, i);
        bool allowed = true;
        char oid[80];

        for (int k = 1; k < sk_X509_num(chain) - 1 && allowed; k++)
            allowed = allows(sk_X509_value(chain, k), usage);
        if (!allowed || OBJ_obj2txt(oid, sizeof oid, usage, 1) >= (int)sizeof oid ||
            at + strlen(oid) + 2 > ES_USAGES_MAX)
            continue;
        at += (size_t)snprintf(out + at, ES_USAGES_MAX - at, "%s%s", at ? "," : "", oid);
    }
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
}

/* ------------------------------------------------------------------ chains */

static bool is_root(const es_roots *roots, const X509 *certificate)
{
    for (int i = 0; certificate && i < sk_X509_num(roots->all); i++)
        if (X509_cmp(sk_X509_value(roots->all, i), certificate) == 0)
            return true;
    return false;
}

static bool names_a_root(const es_roots *roots, const X509_NAME *name)
{
    for (int i = 0; roots && i < sk_X509_num(roots->all); i++)
        if (X509_NAME_cmp(X509_get_subject_name(sk_X509_value(roots->all, i)), name) == 0)
            return true;
    return false;
}

/* Microsoft's root of 1997 was made before CA certificates were marked as such. That a root may
 * issue is what being given as one means. */
static int judge(int ok, X509_STORE_CTX *context)
{
    const es_roots *roots = X509_STORE_CTX_get_app_data(context);

    if (!ok && X509_STORE_CTX_get_error(context) == X509_V_ERR_INVALID_CA &&
        is_root(roots, X509_STORE_CTX_get_current_cert(context))) {
        X509_STORE_CTX_set_error(context, X509_V_OK);
        return 1;
    }
    return ok;
}

static time_t when(const X509 *leaf, es_time at)
{
    struct tm begin = { 0 };

    if (es_time_known(at))
        return (time_t)((at.ticks - ES_TICKS_UNIX_EPOCH) / ES_TICKS_PER_SECOND);
    if (ASN1_TIME_to_tm(X509_get0_notBefore(leaf), &begin) != 1)
        return 0;
    return timegm(&begin);
}

static uint32_t result_of(const es_roots *roots, int error, X509 *last)
{
    switch (error) {
    case X509_V_OK:
        return ES_CHAIN_TRUSTED;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return ES_CHAIN_FORGED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_UNTRUSTED:
        return last && names_a_root(roots, X509_get_issuer_name(last)) ? ES_CHAIN_FORGED
                                                                       : ES_CHAIN_NO_ROOT;
    default:
        return ES_CHAIN_INVALID;
    }
}

static void describe(const es_roots *roots, X509_STORE_CTX *context, X509 *leaf, int error,
                     es_chain *chain)
{
    STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(context);
    X509 *last = built && sk_X509_num(built) ? sk_X509_value(built, sk_X509_num(built) - 1) : leaf;

    chain->result = result_of(roots, error, last);
    chain->self_signed = chain->result == ES_CHAIN_NO_ROOT &&
                         error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
    es_certificate_name(chain->result == ES_CHAIN_TRUSTED ? X509_get_subject_name(last)
                                                          : X509_get_issuer_name(last),
                        chain->root);
    if (error != X509_V_OK)
        snprintf(chain->reason, sizeof chain->reason, "%s", X509_verify_cert_error_string(error));
    take_usages(leaf, built, chain->usages);
}

es_status es_chain_verify(const es_roots *roots, X509 *leaf, STACK_OF(X509) *others, es_time at,
                          es_chain *ret_chain)
{
    static const es_roots none = { NULL, NULL };
    X509_STORE *empty = roots ? NULL : X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *parameters;
    es_chain chain = { .result = ES_CHAIN_NONE };
    es_status status = ES_NOMEM;

    if (context && (roots || empty) &&
        X509_STORE_CTX_init(context, roots ? roots->store : empty, leaf, others) == 1) {
        parameters = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_time(parameters, when(leaf, at));
        X509_VERIFY_PARAM_set_depth(parameters, ES_CHAIN_DEPTH_MAX);
        X509_VERIFY_PARAM_set_auth_level(parameters, 0);
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
        X509_STORE_CTX_set_app_data(context, (void *)(uintptr_t)(roots ? roots : &none));
        X509_STORE_CTX_set_verify_cb(context, judge);
        X509_verify_cert(context);
        describe(roots, context, leaf, X509_STORE_CTX_get_error(context), &chain);
        *ret_chain = chain;
        status = ES_OK;
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(empty);
    ERR_clear_error();
    return status;
}
