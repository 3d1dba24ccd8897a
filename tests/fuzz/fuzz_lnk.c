/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_lnk.c: any bytes as a shortcut, and the items of its target. Texts are UTF-8, and a shortcut
 * that states a header is read or refused, never half of each.
 */
#include "input.h"

#include "base/text.h"
#include "windows/limits.h"
#include "windows/lnk.h"
#include "windows/shell_item.h"

#include <stdlib.h>

static void check(es_text text)
{
    if (!es_text_is_utf8(text) || text.size > 3 * ES_LNK_TEXT_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    es_arena *arena = NULL;
    const es_shell_item *items;
    es_lnk lnk = { .cut = false };
    uint32_t n;

    if (es_arena_new(UINT64_C(64) << 20, &arena) != ES_OK)
        return 0;
    if (es_lnk_read((es_bytes){ data, size }, arena, &lnk) == ES_OK) {
        check(lnk.volume_label);
        check(lnk.local_path);
        check(lnk.network_path);
        check(lnk.machine);
        if (lnk.adapter.size && (lnk.adapter.size != 17 || !lnk.file_id.size))
            abort();
        if (es_shell_items_read(lnk.items, arena, &items, &n) < 0)
            abort();
    }
    es_arena_free(arena);
    return 0;
}
