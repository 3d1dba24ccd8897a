/* SPDX-License-Identifier: Apache-2.0
 *
 * components.c: see components.h.
 */
#include "windows/components.h"

#include "base/text.h"
#include "windows/artefact.h"
#include "windows/limits.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The transform that says that a digest is of the file's bytes as they are. */
#define IDENTITY "urn:schemas-microsoft-com:HashTransforms.Identity"

struct es_components {
    es_fs *fs;
    char *root; /* the system root */
    char **names;
    size_t n, capacity, at;
    es_manifest_file *files; /* of the manifest at `at` - 1 */
    size_t n_files, file_capacity, file_at;
    bool broken, told; /* that manifest */
    es_status status;
};

es_components *es_components_free(es_components *components)
{
    if (!components)
        return NULL;
    for (size_t i = 0; i < components->n; i++)
        free(components->names[i]);
    free(components->names);
    free(components->files);
    free(components->root);
    free(components);
    return NULL;
}

void es_components_progress(const es_components *components, size_t *ret_done, size_t *ret_all)
{
    *ret_done = components->at;
    *ret_all = components->n;
}

static int gather(void *context, const es_dirent *dirent)
{
    es_components *to = context;

    if (dirent->directory || dirent->dos_name || dirent->name.size >= ES_COMPONENT_NAME_MAX)
        return 0;
    if (to->n == ES_COMPONENTS_MAX) {
        to->status = ES_LIMIT;
        return 1;
    }
    if (to->n == to->capacity) {
        size_t capacity = to->capacity ? to->capacity * 2 : 1024;
        char **grown = realloc(to->names, capacity * sizeof *grown);

        if (!grown) {
            to->status = ES_NOMEM;
            return 1;
        }
        to->names = grown;
        to->capacity = capacity;
    }
    to->names[to->n] = strndup(dirent->name.data, (size_t)dirent->name.size);
    if (!to->names[to->n]) {
        to->status = ES_NOMEM;
        return 1;
    }
    to->n++;
    return 0;
}

es_status es_components_open(es_fs *fs, const char *system_root, es_components **ret_components)
{
    es_components *made = calloc(1, sizeof *made);
    char path[ES_PATH_MAX];
    uint64_t entry = 0;
    uint32_t sequence = 0;
    es_status status = made ? ES_OK : ES_NOMEM;

    if (status == ES_OK) {
        made->fs = fs;
        made->root = strdup(system_root);
        status = made->root ? ES_OK : ES_NOMEM;
    }
    if (status == ES_OK &&
        snprintf(path, sizeof path, "%s/winsxs/Manifests", system_root) >= (int)sizeof path)
        status = ES_LIMIT;
    if (status == ES_OK)
        status = es_fs_lookup(fs, path, &entry, &sequence, NULL, NULL);
    if (status == ES_OK) {
        status = es_fs_list_matches(fs, entry, sequence, "*.manifest", gather, made);
        if (made->status < 0)
            status = made->status;
        else if (status > 0)
            made->status = status; /* what can be read is gone through, and this is said at the end */
    }
    if (status < 0 || status == ES_ABSENT || (status > 0 && !made->n)) {
        es_components_free(made);
        return status;
    }
    *ret_components = made;
    return ES_OK;
}

/* ------------------------------------------------------------------ manifests */

static es_status read_bytes(void *context, uint64_t offset, void *buffer, uint64_t size,
                            bool *ret_damaged)
{
    es_artefact_file *file = context;
    uint64_t got = 0;
    es_status status = es_artefact_file_read(file, offset, buffer, size, &got);

    *ret_damaged = file->damaged;
    return status == ES_OK && got < size ? ES_CORRUPT : status;
}

static es_text attribute_of(const es_xml_item *item, const char *name)
{
    for (uint32_t i = 0; i < item->n_attributes; i++)
        if (es_text_equal(item->attribute_names[i], es_text_of(name)))
            return item->attribute_values[i];
    return (es_text){ "", 0 };
}

static bool is_named(const es_xml_item *item, const char *name)
{
    return es_text_equal(item->name, es_text_of(name));
}

/* Base64 of a digest: 20 or 32 bytes, else 0. */
static uint32_t decode(es_text text, uint8_t out[32])
{
    uint8_t bytes[48];
    int n;

    while (text.size && (text.data[0] == ' ' || text.data[0] == '\n' || text.data[0] == '\r')) {
        text.data++;
        text.size--;
    }
    if (text.size < 28 || text.size > 60 || (text.size = text.size < 44 ? 28 : 44) == 0)
        return 0;
    n = EVP_DecodeBlock(bytes, (const unsigned char *)text.data, (int)text.size);
    if (n != (text.size == 28 ? 21 : 33))
        return 0;
    n--; /* both end in one '=' */
    memcpy(out, bytes, (size_t)n);
    return (uint32_t)n;
}

/* What of a <file> was read. */
typedef struct reading {
    es_manifest_file file;
    bool in_file, in_value;
} reading;

static es_status begin_file(reading *now, es_text name)
{
    memset(now, 0, sizeof *now);
    if (name.size >= sizeof now->file.name || (name.size && memchr(name.data, '\0', name.size)))
        return ES_CORRUPT;
    if (!name.size)
        return ES_OK; /* an element of that name which is about something else */
    memcpy(now->file.name, name.data, (size_t)name.size);
    for (char *c = now->file.name; *c; c++)
        *c = *c == '\\' ? '/' : *c;
    now->in_file = true;
    return ES_OK;
}

/* <file name="…"><hash><Transforms>…<DigestValue>…</DigestValue></hash></file> */
static es_status take_item(reading *now, const es_xml_item *item,
                           es_status (*each)(void *context, const es_manifest_file *file),
                           void *context)
{
    if (item->kind == ES_XML_START && is_named(item, "file"))
        return begin_file(now, attribute_of(item, "name"));
    if (!now->in_file)
        return ES_OK;
    if (item->kind == ES_XML_START) {
        now->in_value = is_named(item, "DigestValue");
        if (is_named(item, "Transform") &&
            !es_text_equal(attribute_of(item, "Algorithm"), es_text_of(IDENTITY)))
            now->file.transformed = true;
    } else if (item->kind == ES_XML_TEXT && now->in_value) {
        now->in_value = false;
        now->file.digest_size = decode(item->text, now->file.digest);
        return each(context, &now->file);
    } else if (item->kind == ES_XML_END) {
        now->in_value = false;
        now->in_file = !is_named(item, "file");
    }
    return ES_OK;
}

es_status es_manifest_read(const es_xml_input *input,
                           es_status (*each)(void *context, const es_manifest_file *file),
                           void *context)
{
    reading now = { .in_file = false };
    es_xml *xml = NULL;
    es_xml_item item;
    es_status status = es_xml_open(input, &xml);

    while (status == ES_OK && (status = es_xml_next(xml, &item)) == ES_OK)
        status = take_item(&now, &item, each, context);
    es_xml_free(xml);
    return status == ES_END ? ES_OK : status;
}

static es_status add_file(void *context, const es_manifest_file *file)
{
    es_components *to = context;

    if (to->n_files == ES_COMPONENT_FILES_MAX)
        return ES_LIMIT;
    if (to->n_files == to->file_capacity) {
        size_t capacity = to->file_capacity ? to->file_capacity * 2 : 16;
        es_manifest_file *grown = realloc(to->files, capacity * sizeof *grown);

        if (!grown)
            return ES_NOMEM;
        to->files = grown;
        to->file_capacity = capacity;
    }
    to->files[to->n_files++] = *file;
    return ES_OK;
}

static es_status read_manifest(es_components *to, const char *name)
{
    char path[ES_PATH_MAX];
    es_artefact_file *file = NULL;
    es_xml_input input;
    es_note ignored;
    es_status status;

    to->n_files = to->file_at = 0;
    to->broken = to->told = false;
    if (snprintf(path, sizeof path, "%s/winsxs/Manifests/%s", to->root, name) >= (int)sizeof path)
        return ES_OK;
    status = es_artefact_file_open(to->fs, path, &file, &ignored);
    if (status == ES_OK) {
        input = (es_xml_input){ file->info.size, read_bytes, file };
        status = es_manifest_read(&input, add_file, to);
    }
    to->broken = status > 0 || (file && file->damaged);
    es_artefact_file_free(file);
    return status < 0 ? status : ES_OK;
}

/* ------------------------------------------------------------------ files */

static es_status digest_of(es_artefact_file *file, const EVP_MD *digest, uint8_t out[32])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t *buffer = malloc(ES_COMPONENT_PIECE);
    es_status status = context && buffer && EVP_DigestInit_ex(context, digest, NULL) == 1
                           ? ES_OK
                           : ES_NOMEM;

    for (uint64_t at = 0; status == ES_OK && at < file->info.size;) {
        uint64_t left = file->info.size - at, got = 0;

        status = es_artefact_file_read(file, at, buffer,
                                       left < ES_COMPONENT_PIECE ? left : ES_COMPONENT_PIECE, &got);
        if (status == ES_OK && got == 0)
            status = ES_CORRUPT;
        if (status == ES_OK && EVP_DigestUpdate(context, buffer, (size_t)got) != 1)
            status = ES_BUG;
        at += got;
    }
    if (status == ES_OK && EVP_DigestFinal_ex(context, out, NULL) != 1)
        status = ES_BUG;
    EVP_MD_CTX_free(context);
    free(buffer);
    return status;
}

static es_status check(es_components *from, const es_manifest_file *file, es_component_file *ret)
{
    const char *manifest = from->names[from->at - 1];
    char path[ES_PATH_MAX];
    es_artefact_file *opened = NULL;
    es_note ignored;
    es_status status;
    bool comparable = file->digest_size && !file->transformed;

    ret->digest_size = comparable ? file->digest_size : 0;
    ret->algorithm = !comparable ? NULL : file->digest_size == 20 ? "SHA-1" : "SHA-256";
    memcpy(ret->stated, file->digest, ret->digest_size);
    snprintf(ret->path, sizeof ret->path, "winsxs/%.*s/%s",
             (int)(strlen(manifest) - strlen(".manifest")), manifest, file->name);
    if (snprintf(path, sizeof path, "%s/%s", from->root, ret->path) >= (int)sizeof path)
        return ES_LIMIT;
    status = es_artefact_file_open(from->fs, path, &opened, &ignored);
    if (status == ES_OK)
        ret->size = opened->info.size;
    if (status == ES_OK && comparable) {
        status = digest_of(opened, file->digest_size == 20 ? EVP_sha1() : EVP_sha256(),
                           ret->computed);
        ret->damaged = opened->damaged;
    }
    es_artefact_file_free(opened);
    if (status < 0)
        return status;
    if (status == ES_ABSENT)
        ret->state = ES_COMPONENT_MISSING;
    else if (status != ES_OK || ret->damaged || !comparable)
        ret->state = ES_COMPONENT_UNREADABLE;
    else if (memcmp(ret->stated, ret->computed, ret->digest_size) == 0)
        ret->state = ES_COMPONENT_SAME;
    else
        ret->state = ES_COMPONENT_DIFFERS;
    return ES_OK;
}

es_status es_components_next(es_components *components, es_component_file *ret_file)
{
    es_status status;

    memset(ret_file, 0, sizeof *ret_file);
    for (;;) {
        if (components->at && components->broken && !components->told) {
            components->told = true;
            ret_file->state = ES_COMPONENT_MANIFEST;
            ret_file->damaged = true;
            snprintf(ret_file->path, sizeof ret_file->path, "winsxs/Manifests/%s",
                     components->names[components->at - 1]);
            return ES_OK;
        }
        if (components->file_at < components->n_files)
            return check(components, &components->files[components->file_at++], ret_file);
        if (components->at == components->n)
            return components->status > 0 ? components->status : ES_END;
        status = read_manifest(components, components->names[components->at++]);
        if (status != ES_OK)
            return status;
    }
}
