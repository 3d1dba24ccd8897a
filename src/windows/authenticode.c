/* SPDX-License-Identifier: Apache-2.0
 *
 * authenticode.c: see authenticode.h.
 */
#include "windows/authenticode.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_DIGESTS 2u /* of images: SHA-1, SHA-256 */
#define CERTIFICATE_PKCS7 2u
#define PAGE 4096u

#define OID(name, ...)                                                                             \
    static const uint8_t name##_bytes[] = { __VA_ARGS__ };                                         \
    static const es_bytes name = { name##_bytes, sizeof name##_bytes }

/* 1.3.6.1.4.1.311.2.1.4, SPC_INDIRECT_DATA; .2.3.1 and .2.3.2, page hashes */
OID(oid_indirect, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04);
OID(oid_pages_v1, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x03, 0x01);
OID(oid_pages_v2, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x03, 0x02);

static const uint8_t pages_class[16] = { 0xa6, 0xb5, 0x86, 0xd5, 0xb4, 0xa1, 0x24, 0x66,
                                         0xae, 0x05, 0xa2, 0x17, 0xda, 0x8e, 0x60, 0xd6 };

typedef struct section {
    uint32_t at, size;
} section;

/* Where things lie in the file. */
typedef struct layout {
    uint64_t checksum_at, entry_at; /* of directory entry 4 */
    uint64_t headers_size;
    uint64_t table_at, table_size;
    uint32_t n_sections;
    section sections[ES_PE_SECTIONS_MAX];
} layout;

static void problem(es_authenticode *to, const char *text)
{
    if (!to->problem[0])
        snprintf(to->problem, sizeof to->problem, "%s", text);
}

/* ------------------------------------------------------------------ layout */

static int by_place(const void *a, const void *b)
{
    const section *left = a, *right = b;

    return left->at < right->at ? -1 : left->at > right->at;
}

static bool read_sections(es_cursor *cursor, uint32_t n, uint64_t file_size, layout *ret)
{
    if (n > ES_PE_SECTIONS_MAX)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        section *to = &ret->sections[ret->n_sections];

        es_cursor_skip(cursor, 16);
        to->size = es_cursor_u32(cursor);
        to->at = es_cursor_u32(cursor);
        es_cursor_skip(cursor, 16);
        if (es_cursor_failed(cursor))
            return false;
        if (to->size == 0)
            continue;
        if (to->at > file_size || to->size > file_size - to->at)
            return false;
        ret->n_sections++;
    }
    qsort(ret->sections, ret->n_sections, sizeof *ret->sections, by_place);
    return true;
}

static bool read_layout(es_bytes file, layout *ret)
{
    es_cursor cursor = es_cursor_make(file);
    uint32_t n_sections, optional_size, n_directories, directories;
    uint64_t optional_at;
    uint16_t magic;

    if (es_cursor_u16(&cursor) != 0x5a4d)
        return false;
    es_cursor_seek(&cursor, 60);
    es_cursor_seek(&cursor, es_cursor_u32(&cursor));
    if (es_cursor_u32(&cursor) != 0x4550)
        return false;
    es_cursor_skip(&cursor, 2);
    n_sections = es_cursor_u16(&cursor);
    es_cursor_skip(&cursor, 12);
    optional_size = es_cursor_u16(&cursor);
    es_cursor_skip(&cursor, 2);
    optional_at = cursor.at;
    magic = es_cursor_u16(&cursor);
    if (es_cursor_failed(&cursor) || (magic != 0x10b && magic != 0x20b))
        return false;
    directories = magic == 0x20b ? 112 : 96;
    ret->checksum_at = optional_at + 64;
    es_cursor_seek(&cursor, optional_at + 60);
    ret->headers_size = es_cursor_u32(&cursor);
    es_cursor_seek(&cursor, optional_at + directories - 4);
    n_directories = es_cursor_u32(&cursor);
    if (n_directories > 4 && optional_size >= directories + 40) {
        ret->entry_at = optional_at + directories + 32;
        es_cursor_seek(&cursor, ret->entry_at);
        ret->table_at = es_cursor_u32(&cursor); /* an offset, not an address */
        ret->table_size = es_cursor_u32(&cursor);
    }
    es_cursor_seek(&cursor, optional_at + optional_size);
    if (es_cursor_failed(&cursor) || !read_sections(&cursor, n_sections, file.size, ret))
        return false;
    return ret->headers_size <= file.size && ret->headers_size >= ret->checksum_at + 4 &&
           (!ret->entry_at || ret->headers_size >= ret->entry_at + 8);
}

/* ------------------------------------------------------------------ digests */

typedef struct hasher {
    EVP_MD_CTX *contexts[N_DIGESTS];
    bool failed;
} hasher;

static void hash(hasher *h, es_bytes file, uint64_t from, uint64_t to)
{
    for (unsigned i = 0; i < N_DIGESTS && from < to; i++)
        if (EVP_DigestUpdate(h->contexts[i], file.data + from, (size_t)(to - from)) != 1)
            h->failed = true;
}

static bool overlap(const layout *at)
{
    uint64_t reached = at->headers_size;

    for (uint32_t i = 0; i < at->n_sections; i++) {
        if (at->sections[i].at < reached)
            return true;
        reached = (uint64_t)at->sections[i].at + at->sections[i].size;
    }
    return false;
}

/* The three parts of the image that are digested. What lies between sections is in none. */
static void hash_image(hasher *h, es_bytes file, const layout *at, es_authenticode *to)
{
    uint64_t sum, reached = at->headers_size;
    uint64_t rest_end = file.size;

    hash(h, file, 0, at->checksum_at);
    if (at->entry_at) {
        hash(h, file, at->checksum_at + 4, at->entry_at);
        hash(h, file, at->entry_at + 8, at->headers_size);
    } else {
        hash(h, file, at->checksum_at + 4, at->headers_size);
    }
    if (overlap(at)) {
        /* One section after the other cannot be meant: no linker writes such a file and no loader
         * takes it. Read straight on, every byte is in the digest once. */
        problem(to, "its sections overlap");
    } else {
        for (uint32_t i = 0; i < at->n_sections; i++) {
            const section *s = &at->sections[i];

            to->uncovered += s->at - reached;
            reached = (uint64_t)s->at + s->size;
            hash(h, file, s->at, reached);
        }
    }
    /* The format counts what was digested, not where it lay; in a file without gaps, which is what
     * linkers make, the two are the same place. */
    sum = reached;
    if (to->table_size && at->table_at >= sum) {
        hash(h, file, sum, at->table_at);
        sum = at->table_at + to->table_size;
        to->behind = sum < file.size ? file.size - sum : 0;
    } else if (to->table_size) {
        problem(to, "its certificate table overlaps its sections");
    }
    hash(h, file, sum < rest_end ? sum : rest_end, rest_end);
}

static es_status digest_image(es_bytes file, const layout *at, es_authenticode *to)
{
    hasher h = { .failed = false };
    es_status status = ES_NOMEM;

    h.contexts[0] = EVP_MD_CTX_new();
    h.contexts[1] = EVP_MD_CTX_new();
    if (h.contexts[0] && h.contexts[1] &&
        EVP_DigestInit_ex(h.contexts[0], EVP_sha1(), NULL) == 1 &&
        EVP_DigestInit_ex(h.contexts[1], EVP_sha256(), NULL) == 1) {
        hash_image(&h, file, at, to);
        to->digests.has_image =
            EVP_DigestFinal_ex(h.contexts[0], to->digests.image_sha1, NULL) == 1 &&
            EVP_DigestFinal_ex(h.contexts[1], to->digests.image_sha256, NULL) == 1 && !h.failed;
        status = to->digests.has_image ? ES_OK : ES_BUG;
    }
    EVP_MD_CTX_free(h.contexts[0]);
    EVP_MD_CTX_free(h.contexts[1]);
    return status;
}

static es_status digest_file(es_bytes file, es_file_digests *to)
{
    static const uint8_t nothing = 0;
    const void *data = file.size ? file.data : &nothing;
    size_t size = (size_t)file.size;

    return EVP_Digest(data, size, to->md5, NULL, EVP_md5(), NULL) == 1 &&
                   EVP_Digest(data, size, to->sha1, NULL, EVP_sha1(), NULL) == 1 &&
                   EVP_Digest(data, size, to->sha256, NULL, EVP_sha256(), NULL) == 1
               ? ES_OK
               : ES_BUG;
}

/* ------------------------------------------------------------------ page hashes */

/* The digest of one page: zeros behind its end, without what the image digest leaves out. */
static bool page_fits(es_bytes file, const layout *at, uint64_t from, uint64_t to,
                      const EVP_MD *digest, const uint8_t *expected)
{
    static const uint8_t zeros[PAGE] = { 0 };
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t made[EVP_MAX_MD_SIZE];
    uint64_t pad = PAGE - (to - from);
    bool good = context && EVP_DigestInit_ex(context, digest, NULL) == 1;

    for (uint64_t i = from; good && i < to;) {
        uint64_t next = to;

        if (i >= at->checksum_at && i < at->checksum_at + 4) {
            i = at->checksum_at + 4;
            continue;
        }
        if (at->entry_at && i >= at->entry_at && i < at->entry_at + 8) {
            i = at->entry_at + 8;
            continue;
        }
        if (i < at->checksum_at && next > at->checksum_at)
            next = at->checksum_at;
        if (at->entry_at && i < at->entry_at && next > at->entry_at)
            next = at->entry_at;
        good = EVP_DigestUpdate(context, file.data + i, (size_t)(next - i)) == 1;
        i = next;
    }
    good = good && EVP_DigestUpdate(context, zeros, (size_t)pad) == 1 &&
           EVP_DigestFinal_ex(context, made, NULL) == 1 &&
           memcmp(made, expected, (size_t)EVP_MD_get_size(digest)) == 0;
    EVP_MD_CTX_free(context);
    return good;
}

/* Where a page that begins at `from` ends: after 4 KiB, or where its section or the headers do. */
static uint64_t page_end(const layout *at, uint64_t from)
{
    uint64_t limit = from < at->headers_size ? at->headers_size : 0;

    for (uint32_t i = 0; i < at->n_sections && !limit; i++)
        if (from >= at->sections[i].at && from - at->sections[i].at < at->sections[i].size)
            limit = (uint64_t)at->sections[i].at + at->sections[i].size;
    return limit - from > PAGE ? from + PAGE : limit;
}

static void check_pages(es_bytes file, const layout *at, es_bytes list, const EVP_MD *digest,
                        es_embedded *to)
{
    uint64_t digest_size = (uint64_t)EVP_MD_get_size(digest);
    es_cursor cursor = es_cursor_make(list);
    uint64_t reached = 0; /* pages are in order and do not overlap */

    to->pages = ES_PAGES_FIT;
    while (es_cursor_left(&cursor) >= 4 + digest_size) {
        uint64_t from = es_cursor_u32(&cursor), end;
        es_bytes expected = es_cursor_take(&cursor, digest_size);

        if (es_cursor_left(&cursor) < 4 + digest_size)
            return; /* the last one says where the image ends, with a digest of zeros */
        end = page_end(at, from);
        if (end <= from || end > file.size || from < reached) {
            to->pages = ES_PAGES_BROKEN;
            return;
        }
        reached = end;
        if (!page_fits(file, at, from, end, digest, expected.data)) {
            to->pages = ES_PAGES_DIFFER;
            to->page_at = from;
            return;
        }
    }
}

/* SpcPeImageData: flags, then [0] { [0] moniker { class, serialized data } }. The serialized data
 * is a set of one attribute whose value is the list. */
static void read_pages(es_bytes file, const layout *at, const es_der *data, es_embedded *to)
{
    es_cursor cursor = es_der_inside(data);
    es_der element, oid, list;

    if (!es_der_take(&cursor, ES_DER_OID, &oid) || !es_der_take(&cursor, ES_DER_SEQUENCE, &element))
        return;
    cursor = es_der_inside(&element);
    if (es_der_is_next(&cursor, ES_DER_BIT_STRING))
        es_der_next(&cursor, &element);
    if (!es_der_take(&cursor, ES_DER_CONTEXT(0), &element))
        return;
    cursor = es_der_inside(&element);
    if (!es_der_is_next(&cursor, ES_DER_CONTEXT(1)) || !es_der_next(&cursor, &element))
        return; /* a file name, "<<<Obsolete>>>": the ordinary case */
    cursor = es_der_inside(&element);
    if (!es_der_take(&cursor, ES_DER_OCTETS, &element) || element.value.size != 16 ||
        memcmp(element.value.data, pages_class, 16) != 0 ||
        !es_der_take(&cursor, ES_DER_OCTETS, &element))
        return;
    to->pages = ES_PAGES_BROKEN;
    cursor = es_der_inside(&element);
    if (!es_der_take(&cursor, ES_DER_SET, &element))
        return;
    cursor = es_der_inside(&element);
    if (!es_der_take(&cursor, ES_DER_SEQUENCE, &element))
        return;
    cursor = es_der_inside(&element);
    if (!es_der_take(&cursor, ES_DER_OID, &oid) || !es_der_take(&cursor, ES_DER_SET, &element))
        return;
    cursor = es_der_inside(&element);
    if (!es_der_take(&cursor, ES_DER_OCTETS, &list))
        return;
    if (es_der_is_oid(&oid, oid_pages_v1))
        check_pages(file, at, list.value, EVP_sha1(), to);
    else if (es_der_is_oid(&oid, oid_pages_v2))
        check_pages(file, at, list.value, EVP_sha256(), to);
}

/* ------------------------------------------------------------------ signatures */

bool es_indirect_digest(const es_der *content, es_der *ret_algorithm, es_bytes *ret_digest,
                        es_der *ret_data)
{
    es_cursor cursor = es_der_inside(content), inside;
    es_der info, element;

    if (content->tag != ES_DER_SEQUENCE || !es_der_take(&cursor, ES_DER_SEQUENCE, ret_data) ||
        !es_der_take(&cursor, ES_DER_SEQUENCE, &info))
        return false;
    cursor = es_der_inside(&info);
    if (!es_der_take(&cursor, ES_DER_SEQUENCE, &element))
        return false;
    inside = es_der_inside(&element);
    if (!es_der_take(&inside, ES_DER_OID, ret_algorithm) ||
        !es_der_take(&cursor, ES_DER_OCTETS, &element))
        return false;
    *ret_digest = element.value;
    return true;
}

static void compare_digest(const es_authenticode *file, const es_der *algorithm, es_bytes stated,
                           es_embedded *to)
{
    const char *name = "";
    const EVP_MD *digest = es_digest_of(algorithm, &name);
    const uint8_t *computed = NULL;

    if (stated.size > sizeof to->stated)
        return;
    to->has_digest = true;
    snprintf(to->algorithm, sizeof to->algorithm, "%s", name);
    memcpy(to->stated, stated.data, (size_t)stated.size);
    to->stated_size = (uint32_t)stated.size;
    if (digest && file->digests.has_image)
        computed = !strcmp(name, "SHA-1")     ? file->digests.image_sha1
                   : !strcmp(name, "SHA-256") ? file->digests.image_sha256
                                              : NULL;
    if (!computed || stated.size != (uint64_t)EVP_MD_get_size(digest))
        return;
    to->comparable = true;
    memcpy(to->computed, computed, (size_t)stated.size);
    to->digest_fits = memcmp(computed, stated.data, (size_t)stated.size) == 0;
}

static es_status add_signature(es_bytes file, const layout *at, const es_roots *roots,
                               const es_signed *from, unsigned depth, es_authenticode *to);

/* An entry that could not be taken: it is none, or one beyond us. Failures of ours go on up. */
static es_status count_unread(es_status status, es_authenticode *to)
{
    to->n_broken += status == ES_CORRUPT;
    to->n_unsupported += status > 0 && status != ES_CORRUPT;
    return status < 0 ? status : ES_OK;
}

static es_status add_nested(es_bytes file, const layout *at, const es_roots *roots, es_bytes run,
                            unsigned depth, es_authenticode *to)
{
    es_cursor cursor = es_cursor_make(run);
    es_status status = ES_OK;

    if (depth == ES_NESTED_DEPTH_MAX && run.size) {
        to->cut = true;
        return ES_OK;
    }
    while (status == ES_OK && !es_cursor_failed(&cursor) && es_cursor_left(&cursor)) {
        es_bytes rest = { run.data + cursor.at, es_cursor_left(&cursor) }, held;
        es_signed inner;
        es_der skipped;

        status = es_signed_read_any(rest, &inner, &held);
        if (status == ES_OK) {
            es_cursor_skip(&cursor, inner.size);
            status = add_signature(file, at, roots, &inner, depth + 1, to);
        } else {
            status = count_unread(status, to);
            es_der_next(&cursor, &skipped);
        }
        es_signed_let_go(held);
    }
    return status;
}

static es_status add_signature(es_bytes file, const layout *at, const es_roots *roots,
                               const es_signed *from, unsigned depth, es_authenticode *to)
{
    es_embedded *made;
    es_der algorithm, data;
    es_bytes digest;
    es_status status;

    if (to->n_signatures == ES_SIGNATURES_MAX) {
        to->cut = true;
        return ES_OK;
    }
    made = &to->signatures[to->n_signatures];
    memset(made, 0, sizeof *made);
    status = es_signed_verify(from, roots, &made->signer);
    if (status > 0) {
        to->n_broken++;
        return ES_OK;
    }
    if (status != ES_OK)
        return status;
    to->n_signatures++;
    made->nested = depth > 0;
    if (es_der_is_oid(&from->content_type, oid_indirect) &&
        es_indirect_digest(&from->content, &algorithm, &digest, &data)) {
        compare_digest(to, &algorithm, digest, made);
        if (to->digests.has_image)
            read_pages(file, at, &data, made);
    }
    status = add_nested(file, at, roots, made->signer.nested, depth, to);
    made->signer.nested = (es_bytes){ NULL, 0 }; /* it may not outlive what it was read from */
    return status;
}

/* Bytes behind the signature in its entry that are more than the zeros that fill it up. */
static uint64_t appended(es_bytes entry, uint64_t used)
{
    bool zeros = true;

    for (uint64_t i = used; i < entry.size && zeros; i++)
        zeros = entry.data[i] == 0;
    return zeros && entry.size - used < 8 ? 0 : entry.size - used;
}

static es_status read_entry(es_bytes file, const layout *at, const es_roots *roots, es_bytes entry,
                            es_authenticode *to)
{
    es_bytes held = { NULL, 0 };
    es_signed found;
    es_status status = entry.size > ES_SIGNATURE_SIZE_MAX
                           ? ES_LIMIT
                           : es_signed_read_any(entry, &found, &held);

    if (status != ES_OK)
        return count_unread(status, to);
    to->appended += appended(entry, found.size);
    status = add_signature(file, at, roots, &found, 0, to);
    es_signed_let_go(held);
    return status;
}

static es_status read_table(es_bytes file, const layout *at, const es_roots *roots,
                            es_authenticode *to)
{
    es_cursor cursor = es_cursor_make((es_bytes){ file.data + to->table_at, to->table_size });
    es_status status = ES_OK;

    while (status == ES_OK && es_cursor_left(&cursor) >= 8) {
        uint64_t size = es_cursor_u32(&cursor);
        uint16_t kind;
        es_bytes entry;

        if (to->n_entries == ES_SIGNATURES_MAX) {
            to->cut = true;
            break;
        }
        to->n_entries++;
        es_cursor_skip(&cursor, 2);
        kind = es_cursor_u16(&cursor);
        entry = es_cursor_take(&cursor, size >= 8 ? size - 8 : UINT64_MAX);
        if (es_cursor_failed(&cursor) || kind != CERTIFICATE_PKCS7)
            to->n_broken++;
        else
            status = read_entry(file, at, roots, entry, to);
        es_cursor_skip(&cursor, (8 - cursor.at % 8) % 8 <= es_cursor_left(&cursor)
                                    ? (8 - cursor.at % 8) % 8
                                    : es_cursor_left(&cursor));
    }
    return status;
}

static es_status read_image(es_bytes image, const layout *at, const es_roots *roots,
                            es_authenticode *ret)
{
    es_status status;

    if (at->table_at && at->table_size) {
        ret->table_at = at->table_at;
        ret->table_outside =
            at->table_at > image.size || at->table_size > image.size - at->table_at;
        ret->table_size = ret->table_outside ? 0 : at->table_size;
    }
    if (ret->table_outside)
        problem(ret, "its certificate table lies outside the file");
    status = digest_image(image, at, ret);
    return status == ES_OK && ret->table_size ? read_table(image, at, roots, ret) : status;
}

/* The image behind the stub that a file begins with. bootmgr of NT 6.0 is such a file; those that
 * keep it compressed have none to be found. */
static bool find_inside(es_bytes file, layout *at, es_bytes *ret_image)
{
    uint64_t end = file.size < ES_STUB_SIZE_MAX ? file.size : ES_STUB_SIZE_MAX;
    const uint8_t *from = file.data;
    unsigned tries = 0;

    while (end > (uint64_t)(from - file.data) && tries < ES_STUB_TRIES_MAX) {
        const uint8_t *found = memchr(from, 'M', (size_t)(end - (uint64_t)(from - file.data)));
        es_bytes image;

        if (!found)
            return false;
        from = found + 1;
        image = (es_bytes){ found, file.size - (uint64_t)(found - file.data) };
        if (image.size < 64 || found[1] != 'Z')
            continue;
        tries++;
        memset(at, 0, sizeof *at);
        if (read_layout(image, at)) {
            *ret_image = image;
            return true;
        }
    }
    return false;
}

/* It ends with its certificate table: what fills the file up behind that is not part of it. */
static es_status read_inside(es_bytes file, es_bytes image, const layout *at,
                             const es_roots *roots, es_authenticode *ret)
{
    es_status status;

    if (at->table_at && at->table_at <= image.size && at->table_size <= image.size - at->table_at)
        image.size = at->table_at + at->table_size;
    ret->inside = true;
    ret->inside_at = (uint64_t)(image.data - file.data);
    ret->inside_size = image.size;
    status = read_image(image, at, roots, ret);
    /* They were of the image, and no one may take them for the file's. */
    ret->digests.has_image = false;
    memset(ret->digests.image_sha1, 0, sizeof ret->digests.image_sha1);
    memset(ret->digests.image_sha256, 0, sizeof ret->digests.image_sha256);
    return status;
}

es_status es_authenticode_read(es_bytes file, const es_roots *roots, es_authenticode *ret)
{
    layout *at = calloc(1, sizeof *at);
    es_status status = at ? ES_OK : ES_NOMEM;
    es_bytes image;

    memset(ret, 0, sizeof *ret);
    if (status == ES_OK)
        status = file.size > ES_SIGNED_FILE_MAX ? ES_LIMIT : digest_file(file, &ret->digests);
    if (status != ES_OK) {
        free(at);
        return status;
    }
    if (read_layout(file, at))
        status = read_image(file, at, roots, ret);
    else if (file.size >= 2 && memcmp(file.data, "MZ", 2) == 0)
        problem(ret, "its headers or sections cannot be followed, so it has no image hash");
    else if (file.size && find_inside(file, at, &image))
        status = read_inside(file, image, at, roots, ret);
    if (ret->cut)
        problem(ret, "it carries more signatures than are looked at");
    free(at);
    return status;
}
