/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_catalog.c: any bytes as a catalog: its members, their attributes, its signature.
 */
#include "input.h"

#include "windows/catalog.h"

#include <stdlib.h>

typedef struct watching {
    uint64_t size, n;
} watching;

static int watch(void *context, const es_catalog_member *member)
{
    watching *at = context;
    char text[ES_NAME_MAX];

    /* a member takes bytes, and gives two digests at most */
    if (member->at >= at->size || ++at->n > at->size || member->digest.size < 16 ||
        member->digest.size > 64)
        abort();
    es_catalog_attribute(member->attributes, "File", text);
    if (!memchr(text, '\0', sizeof text))
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    watching at = { size, 0 };
    es_signer signer;
    es_signed parts;

    if (es_catalog_members((es_bytes){ data, size }, &parts, watch, &at) == ES_OK &&
        es_signed_verify(&parts, NULL, &signer) == ES_OK &&
        signer.chain.result == ES_CHAIN_TRUSTED)
        abort();
    return 0;
}
