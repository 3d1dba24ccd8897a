/* SPDX-License-Identifier: Apache-2.0
 *
 * pkcs7.c: see pkcs7.h.
 *
 * What a signer signs is either the content or, as everybody does, a set of attributes that holds
 * the content's digest. The set is signed under its universal tag though it is stored under a
 * context one.
 */
#include "windows/pkcs7.h"

#include "base/text.h"
#include "windows/limits.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OID(name, ...)                                                                             \
    static const uint8_t name##_bytes[] = { __VA_ARGS__ };                                         \
    static const es_bytes name = { name##_bytes, sizeof name##_bytes }

OID(oid_signed_data, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02);
OID(oid_message_digest, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04);
OID(oid_signing_time, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05);
OID(oid_countersignature, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x06);
/* 1.3.6.1.4.1.311.3.3.1 and .2.4.1 */
OID(oid_stamp_token, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x03, 0x03, 0x01);
OID(oid_nested, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x04, 0x01);
OID(oid_tst_info, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04);
OID(oid_md5, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05);
OID(oid_sha1, 0x2b, 0x0e, 0x03, 0x02, 0x1a);
OID(oid_sha256, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01);
OID(oid_sha384, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02);
OID(oid_sha512, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03);

#define USAGE_TIME_STAMPING "1.3.6.1.5.5.7.3.8"

const EVP_MD *es_digest_of(const es_der *oid, const char **ret_name)
{
    static const struct {
        const es_bytes *oid;
        const char *name;
        const EVP_MD *(*digest)(void);
    } known[] = {
        { &oid_sha1, "SHA-1", EVP_sha1 },       { &oid_sha256, "SHA-256", EVP_sha256 },
        { &oid_sha384, "SHA-384", EVP_sha384 }, { &oid_sha512, "SHA-512", EVP_sha512 },
        { &oid_md5, "MD5", EVP_md5 },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (es_der_is_oid(oid, *known[i].oid)) {
            *ret_name = known[i].name;
            return known[i].digest();
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ reading */

static bool take_optional(es_cursor *cursor, uint8_t tag, es_bytes *ret_value)
{
    es_der element;

    if (!es_der_is_next(cursor, tag))
        return !es_cursor_failed(cursor);
    if (!es_der_next(cursor, &element))
        return false;
    if (ret_value)
        *ret_value = element.value;
    return true;
}

static bool read_content(es_cursor *cursor, es_signed *ret)
{
    es_der info, outer;
    es_cursor inside;

    if (!es_der_take(cursor, ES_DER_SEQUENCE, &info))
        return false;
    inside = es_der_inside(&info);
    if (!es_der_take(&inside, ES_DER_OID, &ret->content_type))
        return false;
    if (!es_der_is_next(&inside, ES_DER_CONTEXT(0)))
        return false; /* detached: of no use here */
    if (!es_der_next(&inside, &outer))
        return false;
    inside = es_der_inside(&outer);
    return es_der_next(&inside, &ret->content);
}

es_status es_signed_read(es_bytes bytes, es_signed *ret_signed)
{
    es_cursor cursor = es_cursor_make(bytes), inside;
    es_der whole, oid, outer, data, element;
    es_signed found = { .size = 0 };

    if (!es_der_take(&cursor, ES_DER_SEQUENCE, &whole))
        return ES_CORRUPT;
    inside = es_der_inside(&whole);
    if (!es_der_take(&inside, ES_DER_OID, &oid) || !es_der_is_oid(&oid, oid_signed_data) ||
        !es_der_take(&inside, ES_DER_CONTEXT(0), &outer))
        return ES_CORRUPT;
    inside = es_der_inside(&outer);
    if (!es_der_take(&inside, ES_DER_SEQUENCE, &data))
        return ES_CORRUPT;
    inside = es_der_inside(&data);
    if (!es_der_take(&inside, ES_DER_INTEGER, &element) ||
        !es_der_take(&inside, ES_DER_SET, &element) || !read_content(&inside, &found) ||
        !take_optional(&inside, ES_DER_CONTEXT(0), &found.certificates) ||
        !take_optional(&inside, ES_DER_CONTEXT(1), NULL) ||
        !es_der_take(&inside, ES_DER_SET, &element))
        return ES_CORRUPT;
    found.signers = element.value;
    found.size = whole.whole.size;
    *ret_signed = found;
    return ES_OK;
}

/* ------------------------------------------------------------------ certificates */

static STACK_OF(X509) *parse_certificates(es_bytes run)
{
    STACK_OF(X509) *all = sk_X509_new_null();
    es_cursor cursor = es_cursor_make(run);
    es_der element;

    for (unsigned i = 0; all && i < ES_CERTIFICATES_MAX && es_der_next(&cursor, &element); i++) {
        const uint8_t *at = element.whole.data;
        X509 *certificate;

        if (element.tag != ES_DER_SEQUENCE || element.whole.size > ES_CERTIFICATE_SIZE_MAX)
            continue;
        certificate = d2i_X509(NULL, &at, (long)element.whole.size);
        if (certificate && !sk_X509_push(all, certificate))
            X509_free(certificate);
    }
    ERR_clear_error();
    return all;
}

/* The certificate that IssuerAndSerialNumber names. */
static X509 *find_certificate(STACK_OF(X509) *all, const es_der *named)
{
    es_cursor cursor = es_der_inside(named);
    es_der issuer, serial;

    if (named->tag != ES_DER_SEQUENCE || !es_der_take(&cursor, ES_DER_SEQUENCE, &issuer) ||
        !es_der_take(&cursor, ES_DER_INTEGER, &serial))
        return NULL;
    for (int i = 0; i < sk_X509_num(all); i++) {
        X509 *each = sk_X509_value(all, i);
        const uint8_t *name = NULL;
        size_t name_size = 0;
        uint8_t number[80], *at = number;
        int size = i2d_ASN1_INTEGER(X509_get_serialNumber(each), NULL);

        if (size <= 0 || size > (int)sizeof number ||
            i2d_ASN1_INTEGER(X509_get_serialNumber(each), &at) != size ||
            X509_NAME_get0_der(X509_get_issuer_name(each), &name, &name_size) != 1)
            continue;
        if ((uint64_t)size == serial.whole.size && name_size == issuer.whole.size &&
            memcmp(number, serial.whole.data, (size_t)size) == 0 &&
            memcmp(name, issuer.whole.data, name_size) == 0)
            return each;
    }
    return NULL;
}

/* ------------------------------------------------------------------ one signer */

typedef struct signer_info {
    es_der named;          /* IssuerAndSerialNumber */
    es_der digest;         /* algorithm, an object identifier */
    es_bytes attributes;   /* the element as stored, empty when there is none */
    es_bytes signature;
    es_bytes unauthenticated; /* a run of attributes */
} signer_info;

static bool read_signer(es_bytes run, signer_info *ret)
{
    es_cursor cursor = es_cursor_make(run), inside, algorithm;
    es_der element;

    if (!es_der_take(&cursor, ES_DER_SEQUENCE, &element))
        return false;
    inside = es_der_inside(&element);
    if (!es_der_take(&inside, ES_DER_INTEGER, &element) || !es_der_next(&inside, &ret->named) ||
        !es_der_take(&inside, ES_DER_SEQUENCE, &element))
        return false;
    algorithm = es_der_inside(&element);
    if (!es_der_take(&algorithm, ES_DER_OID, &ret->digest))
        return false;
    if (es_der_is_next(&inside, ES_DER_CONTEXT(0))) {
        if (!es_der_next(&inside, &element))
            return false;
        ret->attributes = element.whole;
    }
    if (!es_der_take(&inside, ES_DER_SEQUENCE, &element) ||
        !es_der_take(&inside, ES_DER_OCTETS, &element))
        return false;
    ret->signature = element.value;
    return take_optional(&inside, ES_DER_CONTEXT(1), &ret->unauthenticated);
}

/* ------------------------------------------------------------------ BER */

void es_signed_let_go(es_bytes held)
{
    union {
        const uint8_t *data;
        void *ours;
    } both = { held.data };

    free(both.ours);
}

es_status es_signed_from_ber(es_bytes bytes, es_bytes *ret_der, uint64_t *ret_used)
{
    const uint8_t *at = bytes.data;
    uint8_t *made = NULL, *end;
    PKCS7 *read;
    int size;

    if (bytes.size < 2 || bytes.data[0] != ES_DER_SEQUENCE)
        return ES_CORRUPT;
    if (bytes.size > ES_BER_SIZE_MAX)
        return ES_LIMIT;
    read = d2i_PKCS7(NULL, &at, (long)bytes.size);
    size = read && PKCS7_type_is_signed(read) ? i2d_PKCS7(read, NULL) : 0;
    if (size > 0)
        made = malloc((size_t)size);
    end = made;
    if (made && i2d_PKCS7(read, &end) != size)
        size = 0;
    PKCS7_free(read);
    ERR_clear_error();
    if (size <= 0 || !made) {
        free(made);
        return size > 0 ? ES_NOMEM : ES_CORRUPT;
    }
    *ret_der = (es_bytes){ made, (uint64_t)size };
    *ret_used = (uint64_t)(at - bytes.data);
    return ES_OK;
}

/* Whether the first signer can be taken apart, if there is one. */
static bool has_readable_signer(const es_signed *from)
{
    signer_info info = { .signature = { NULL, 0 } };

    return from->signers.size == 0 || read_signer(from->signers, &info);
}

es_status es_signed_read_any(es_bytes bytes, es_signed *ret_signed, es_bytes *ret_held)
{
    es_bytes der = { NULL, 0 };
    uint64_t used = 0;
    es_status status;

    *ret_held = der;
    if (es_signed_read(bytes, ret_signed) == ES_OK && has_readable_signer(ret_signed))
        return ES_OK;
    status = es_signed_from_ber(bytes, &der, &used);
    if (status == ES_OK &&
        (es_signed_read(der, ret_signed) != ES_OK || !has_readable_signer(ret_signed))) {
        es_signed_let_go(der);
        return ES_UNSUPPORTED;
    }
    if (status != ES_OK)
        return status == ES_LIMIT ? ES_UNSUPPORTED : status;
    ret_signed->size = used;
    ret_signed->ber = true;
    *ret_held = der;
    return ES_OK;
}

/* ------------------------------------------------------------------ attributes */

/* The set of values of an attribute, which may be signed data in any form. */
static bool find_values(es_bytes run, es_bytes oid, es_bytes *ret_values)
{
    es_cursor cursor = es_cursor_make(run);
    es_der attribute, type, set;

    for (unsigned i = 0; i < ES_ATTRIBUTES_MAX && es_der_next(&cursor, &attribute); i++) {
        es_cursor inside = es_der_inside(&attribute);

        if (attribute.tag != ES_DER_SEQUENCE || !es_der_take(&inside, ES_DER_OID, &type) ||
            !es_der_is_oid(&type, oid) || !es_der_take(&inside, ES_DER_SET, &set))
            continue;
        *ret_values = set.value;
        return true;
    }
    return false;
}

/* The first value of an attribute. */
static bool find_attribute(es_bytes run, es_bytes oid, es_der *ret_value)
{
    es_bytes values;
    es_cursor cursor;

    if (!find_values(run, oid, &values))
        return false;
    cursor = es_cursor_make(values);
    return es_der_next(&cursor, ret_value);
}

static es_bytes attribute_run(const signer_info *info)
{
    es_cursor cursor = es_cursor_make(info->attributes);
    es_der element;

    return es_der_next(&cursor, &element) ? element.value : (es_bytes){ NULL, 0 };
}

static bool digest_equals(const EVP_MD *digest, es_bytes content, es_bytes expected)
{
    uint8_t made[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    return EVP_Digest(content.data, (size_t)content.size, made, &size, digest, NULL) == 1 &&
           size == expected.size && memcmp(made, expected.data, size) == 0;
}

/* The signature over the attributes, or over the content where there are none. */
static bool signature_fits(X509 *certificate, const EVP_MD *digest, const signer_info *info,
                           es_bytes content)
{
    static const uint8_t set_tag = ES_DER_SET;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    es_bytes covered = info->attributes.size ? info->attributes : content;
    bool fits = context && key && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1;

    if (fits && info->attributes.size) {
        fits = EVP_DigestVerifyUpdate(context, &set_tag, 1) == 1;
        covered.data++;
        covered.size--;
    }
    fits = fits && EVP_DigestVerifyUpdate(context, covered.data, (size_t)covered.size) == 1 &&
           EVP_DigestVerifyFinal(context, info->signature.data, (size_t)info->signature.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return fits;
}

static uint32_t judge_signer(const signer_info *info, X509 *certificate, es_bytes content,
                             char algorithm[16])
{
    const char *name = "";
    const EVP_MD *digest = es_digest_of(&info->digest, &name);
    es_der stated;

    snprintf(algorithm, 16, "%s", name);
    if (!digest)
        return ES_SIGNER_UNSUPPORTED;
    if (!certificate)
        return ES_SIGNER_NO_CERTIFICATE;
    if (info->attributes.size &&
        (!find_attribute(attribute_run(info), oid_message_digest, &stated) ||
         stated.tag != ES_DER_OCTETS || !digest_equals(digest, content, stated.value)))
        return ES_SIGNER_BROKEN;
    return signature_fits(certificate, digest, info, content) ? ES_SIGNER_SOUND : ES_SIGNER_BROKEN;
}

/* ------------------------------------------------------------------ time stamps */

/* Judge the stamper; a stamp counts when its signature is sound, its chain ends at a root and its
 * certificate is for time stamps. */
static es_status judge_stamp(const signer_info *info, X509 *certificate, STACK_OF(X509) *all,
                             es_bytes content, const es_roots *roots, es_signer *signer)
{
    char algorithm[16];
    es_chain chain = { .result = ES_CHAIN_NONE };
    es_status status = ES_OK;
    bool sound = judge_signer(info, certificate, content, algorithm) == ES_SIGNER_SOUND;

    if (certificate)
        es_certificate_name(X509_get_subject_name(certificate), signer->stamper);
    if (sound)
        status = es_chain_verify(roots, certificate, all, signer->signed_at, &chain);
    signer->stamp_proven = sound && chain.result == ES_CHAIN_TRUSTED &&
                           strstr(chain.usages, USAGE_TIME_STAMPING) != NULL;
    return status;
}

/* PKCS #9: another signer, of the first one's signature, whose certificates stand with ours. */
static es_status read_countersignature(const es_der *value, es_bytes signature,
                                       STACK_OF(X509) *all, const es_roots *roots,
                                       es_signer *signer)
{
    signer_info info = { .signature = { NULL, 0 } };
    es_der time;

    if (!read_signer(value->whole, &info) ||
        !find_attribute(attribute_run(&info), oid_signing_time, &time))
        return ES_OK;
    signer->stamp = ES_STAMP_PKCS9;
    signer->signed_at = es_der_time(&time);
    return judge_stamp(&info, find_certificate(all, &info.named), all, signature, roots, signer);
}

/* TSTInfo: version, policy, messageImprint, serialNumber, genTime. The imprint must be that of the
 * signature. */
static bool read_tst_info(es_bytes bytes, es_bytes signature, es_time *ret_time)
{
    es_cursor cursor = es_cursor_make(bytes), inside, algorithm;
    es_der info, element, oid, imprint;
    const EVP_MD *digest;
    const char *name;

    if (!es_der_take(&cursor, ES_DER_SEQUENCE, &info))
        return false;
    inside = es_der_inside(&info);
    if (!es_der_take(&inside, ES_DER_INTEGER, &element) ||
        !es_der_take(&inside, ES_DER_OID, &element) ||
        !es_der_take(&inside, ES_DER_SEQUENCE, &imprint) ||
        !es_der_take(&inside, ES_DER_INTEGER, &element) ||
        !es_der_take(&inside, ES_DER_GENERALIZED_TIME, &element))
        return false;
    *ret_time = es_der_time(&element);
    inside = es_der_inside(&imprint);
    if (!es_der_take(&inside, ES_DER_SEQUENCE, &element))
        return false;
    algorithm = es_der_inside(&element);
    if (!es_der_take(&algorithm, ES_DER_OID, &oid) || !(digest = es_digest_of(&oid, &name)) ||
        !es_der_take(&inside, ES_DER_OCTETS, &element))
        return false;
    return digest_equals(digest, signature, element.value);
}

static es_status judge_token(const es_signed *token, es_bytes signature, const es_roots *roots,
                             es_signer *signer)
{
    signer_info info = { .signature = { NULL, 0 } };
    STACK_OF(X509) *all;
    es_time time;
    es_status status;

    if (!es_der_is_oid(&token->content_type, oid_tst_info) ||
        token->content.tag != ES_DER_OCTETS || !read_signer(token->signers, &info) ||
        !read_tst_info(token->content.value, signature, &time))
        return ES_OK;
    all = parse_certificates(token->certificates);
    if (!all)
        return ES_NOMEM;
    signer->stamp = ES_STAMP_RFC3161;
    signer->signed_at = time;
    status = judge_stamp(&info, find_certificate(all, &info.named), all, token->content.value,
                         roots, signer);
    sk_X509_pop_free(all, X509_free);
    return status;
}

static es_status read_token(es_bytes bytes, es_bytes signature, const es_roots *roots,
                            es_signer *signer)
{
    es_bytes held = { NULL, 0 };
    es_signed token;
    es_status status;

    if (bytes.size > ES_SIGNATURE_SIZE_MAX)
        return ES_OK;
    status = es_signed_read_any(bytes, &token, &held);
    if (status == ES_OK)
        status = judge_token(&token, signature, roots, signer);
    es_signed_let_go(held);
    return status < 0 ? status : ES_OK;
}

static es_status read_stamp(const signer_info *info, STACK_OF(X509) *all, const es_roots *roots,
                            es_signer *signer)
{
    es_bytes values;
    es_der value;
    es_status status = ES_OK;

    if (find_values(info->unauthenticated, oid_stamp_token, &values))
        status = read_token(values, info->signature, roots, signer);
    if (status == ES_OK && signer->stamp == ES_STAMP_NONE &&
        find_attribute(info->unauthenticated, oid_countersignature, &value))
        status = read_countersignature(&value, info->signature, all, roots, signer);
    return status;
}

/* ------------------------------------------------------------------ verifying */

static void take_thumbprint(X509 *certificate, char out[41])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (X509_digest(certificate, EVP_sha1(), digest, &size) == 1 && size == 20)
        es_text_hex(digest, size, out);
}

es_status es_signed_verify(const es_signed *from, const es_roots *roots, es_signer *ret_signer)
{
    signer_info info = { .signature = { NULL, 0 } };
    es_signer signer = { .state = ES_SIGNER_BROKEN };
    STACK_OF(X509) *all;
    X509 *certificate;
    es_status status;

    if (from->signers.size == 0)
        return ES_ABSENT;
    if (!read_signer(from->signers, &info))
        return ES_CORRUPT;
    all = parse_certificates(from->certificates);
    if (!all)
        return ES_NOMEM;
    certificate = find_certificate(all, &info.named);
    signer.state = judge_signer(&info, certificate, from->content.value, signer.algorithm);
    if (from->ber && signer.state == ES_SIGNER_BROKEN)
        signer.state = ES_SIGNER_UNSUPPORTED;
    status = read_stamp(&info, all, roots, &signer);
    if (certificate && status == ES_OK) {
        es_time none = { 0, ES_TIME_NONE, 0 };

        es_certificate_name(X509_get_subject_name(certificate), signer.subject);
        es_certificate_name(X509_get_issuer_name(certificate), signer.issuer);
        take_thumbprint(certificate, signer.thumbprint);
        status = es_chain_verify(roots, certificate, all,
                                 signer.stamp_proven ? signer.signed_at : none, &signer.chain);
    }
    (void)find_values(info.unauthenticated, oid_nested, &signer.nested);
    sk_X509_pop_free(all, X509_free);
    if (status == ES_OK)
        *ret_signer = signer;
    return status;
}
