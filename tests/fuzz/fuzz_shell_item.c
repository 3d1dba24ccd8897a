/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_shell_item.c: any bytes as a list of shell items. However it is broken, as many are handed
 * out as stand before that, each of a known kind.
 */
#include "input.h"

#include "base/text.h"
#include "windows/limits.h"
#include "windows/shell_item.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_arena *arena = NULL;
    const es_shell_item *items = NULL;
    uint32_t n = 0;
    es_status status;

    if (es_arena_new(UINT64_C(64) << 20, &arena) != ES_OK)
        return 0;
    status = es_shell_items_read((es_bytes){ data, size }, arena, &items, &n);
    if (status != ES_OK && status != ES_CORRUPT && status != ES_LIMIT)
        abort();
    for (uint32_t i = 0; i < n; i++)
        if (items[i].size != sizeof *items || items[i].kind > ES_ITEM_DEVICE ||
            !es_text_is_utf8(items[i].name) || !es_text_is_utf8(items[i].guid))
            abort();
    if (n > ES_SHELL_ITEMS_MAX)
        abort();
    es_arena_free(arena);
    return 0;
}
