/* SPDX-License-Identifier: Apache-2.0
 *
 * sidecar.h: digests that lie beside an image.
 *
 * Raw images hold no digest; whoever made one wrote it into a file beside it: image.raw.md5,
 * image.sha256, or the log of an imaging program, image.001.txt. Such a file is text of a stranger:
 * what is a digest in it is decided by its length and by the line it stands on, and where two could
 * be meant none is.
 */
#ifndef ES_EVIDENCE_SIDECAR_H
#define ES_EVIDENCE_SIDECAR_H

#include "evidence/source.h"

#define ES_SIDECAR_NAME_MAX 300u

typedef struct es_sidecar {
    char md5[33], sha1[41], sha256[65]; /* lower case; "" where nothing was found */
    char name[ES_SIDECAR_NAME_MAX];     /* of the file that had the first of them */
} es_sidecar;

/* Look beside the first file. Only for images whose bytes are the media's: the digest beside a
 * container may be that of its file. */
es_status es_sidecar_find(const es_evidence *evidence, bool split, es_sidecar *ret_sidecar);

/* The digests in a text; `name` is the bare name of the image. */
void es_sidecar_parse(es_bytes text, const char *name, es_sidecar *ret_sidecar);

#endif
