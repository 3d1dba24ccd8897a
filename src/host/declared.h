/* SPDX-License-Identifier: Apache-2.0
 *
 * declared.h: what a plugin declares, in structs of this version's size.
 *
 * Structs of the ABI may grow at their end. A plugin that was built with older or newer headers
 * than ours has lists whose elements are shorter or longer than ours: each says its own size, and
 * all of a list are of one. Here they are copied, once, so that everything else may index them.
 *
 * Ownership: the copy is the arena's and borrows from the shared object, which must stay loaded.
 * Threading: any, on arenas of their own.
 */
#ifndef ES_HOST_DECLARED_H
#define ES_HOST_DECLARED_H

#include "base/arena.h"
#include <esuscan/plugin.h>

/* Copy `theirs` with all its lists into the arena; texts, answers and callbacks stay where they
 * are. NULL and *ret_plugin, or what is wrong with it, in words that follow "The plugin". */
const char *es_declared_copy(es_arena *arena, const es_plugin *theirs, const es_plugin **ret_plugin);

#endif
