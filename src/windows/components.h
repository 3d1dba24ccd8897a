/* SPDX-License-Identifier: Apache-2.0
 *
 * components.h: the component store, file by file, against the digests its manifests state.
 *
 * Each manifest in winsxs\Manifests lists the files of one component with a digest of each; the
 * files lie in the folder of the component's name. What a failing disk, malware or a well-meant
 * tool changed differs from its manifest. This reads the whole store, so it is done when asked for.
 *
 * On NT 6.0 manifests are plain XML. The digest is of the whole file (Identity transform), SHA-1
 * or SHA-256 (XML-Signature), in base64.
 *
 * Ownership: a store owns what it hands out until its next call. Threading: one thread.
 */
#ifndef ES_WINDOWS_COMPONENTS_H
#define ES_WINDOWS_COMPONENTS_H

#include "disk/fs.h"
#include "windows/xml.h"

#include <esuscan/plugin.h>

#define ES_COMPONENT_NAME_MAX 520

/* A file of a manifest that states a digest of it. */
typedef struct es_manifest_file {
    char name[256];       /* below the component's folder, '/' between components */
    uint8_t digest[32];
    uint32_t digest_size; /* 20 or 32; 0 when it states one that is neither */
    bool transformed;     /* the digest is not of the bytes as they are, so it cannot be compared */
} es_manifest_file;

/* The files of a manifest, in its order; `each` returns ES_OK to go on. ES_CORRUPT: no XML, or a
 * file whose name no filesystem holds; what stands before that was handed over. Other statuses as
 * of es_xml_next(). */
es_status es_manifest_read(const es_xml_input *input,
                           es_status (*each)(void *context, const es_manifest_file *file),
                           void *context);


typedef struct es_component_file {
    uint32_t state; /* ES_COMPONENT_… of plugin.h */
    char path[ES_COMPONENT_NAME_MAX * 2]; /* of the file, or of the manifest, below the system root */
    const char *algorithm; /* "SHA-1", "SHA-256", NULL for one that cannot be compared */
    uint8_t stated[32], computed[32];
    uint32_t digest_size;
    uint64_t size;
    bool damaged; /* what was read rests on bytes that cannot be trusted */
} es_component_file;

typedef struct es_components es_components;

/* ES_ABSENT when there is no component store. */
es_status es_components_open(es_fs *fs, const char *system_root, es_components **ret_components);
es_components *es_components_free(es_components *components);

/* The next file that a manifest states a digest of; ES_END after the last. */
es_status es_components_next(es_components *components, es_component_file *ret_file);

/* How many manifests there are, and how many were gone through. */
void es_components_progress(const es_components *components, size_t *ret_done, size_t *ret_all);

#endif
