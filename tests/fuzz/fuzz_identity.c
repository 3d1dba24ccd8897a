/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_identity.c: any text as a package's name. A KB is given only where its digits stand in the
 * name, and once: two numbers give none.
 */
#include "input.h"

#include "identity.h"

#include <stdio.h>
#include <stdlib.h>

static void inside(es_text part, const char *from, size_t size)
{
    if (part.size && (part.data < from || part.data > from + size ||
                      part.size > (uint64_t)(from + size - part.data)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = (char *)malloc(size + 1), digits[16];
    package_name of;

    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    of = identity_parse((es_text){ text, size });
    inside(of.name, text, size);
    inside(of.token, text, size);
    inside(of.language, text, size);
    inside(of.version, text, size);
    (void)snprintf(digits, sizeof digits, "%u", of.kb);
    if (of.kb && (!es_name_holds(of.name, digits) || of.kb < 100000 || of.kb > 9999999 ||
                  !of.well_formed || of.foreign))
        abort();
    (void)role_word(of.role);
    (void)state_word((int32_t)hash_text(of.name));
    free(text);
    return 0;
}
