/* SPDX-License-Identifier: Apache-2.0
 *
 * crash.c: a plugin that dies when it is shown the kernel, as a buggy one might.
 *
 * A scan must lose this plugin's facts and nothing else.
 */
#include <esuscan/plugin.h>

#include <stdlib.h>

static const es_want wants[] = {
    { sizeof(es_want), ES_KIND_EXECUTABLE, ES_SCOPE_SYSTEM_ROOT, 0, "System32/ntoskrnl.exe",
      "something to die on" },
};

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state, (void)host, (void)artefact;
    abort();
}

const es_plugin esuscan_plugin = {
    .abi = ES_ABI, .size = sizeof(es_plugin), .name = "crash", .version = "1",
    .summary = "dies on the kernel", .wants = wants, .n_wants = ES_COUNT(wants),
    .examine = examine,
};
