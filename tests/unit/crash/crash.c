/* SPDX-License-Identifier: Apache-2.0
 *
 * crash.c: a plugin that dies on the kernel, to see that the scan does not.
 */
#include <esuscan/plugin.h>

#include <stdlib.h>

static const es_want wants[] = {
    { .size = sizeof(es_want), .kind = ES_KIND_EXECUTABLE, .scope = ES_SCOPE_SYSTEM_ROOT,
      .path = "System32/ntoskrnl.exe", .means = "to crash on it" },
};

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state, (void)host, (void)artefact;
    abort();
}

ES_PLUGIN_EXPORT const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "crash",
    .version = "1",
    .summary = "a plugin that crashes",
    .wants = wants,
    .n_wants = ES_COUNT(wants),
    .examine = examine,
};
