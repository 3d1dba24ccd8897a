/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.h: finding, checking and holding plugins.
 *
 * Loading runs a shared object's constructors, so it happens in the child, before the jail closes:
 * no evidence has been read by then. What a plugin exports is checked before any of its callbacks
 * is called; one that does not fit is refused with a note that says why, and the others go on.
 *
 * Ownership: es_plugins owns the loaded objects and data files. Threading: immutable once loaded.
 */
#ifndef ES_HOST_PLUGIN_H
#define ES_HOST_PLUGIN_H

#include "base/note.h"
#include <esuscan/plugin.h>
#include <stdbool.h>

typedef struct es_plugins es_plugins;

typedef void (*es_plugin_note_fn)(void *context, const es_note *note);

es_status es_plugins_new(es_plugins **ret_plugins);
es_plugins *es_plugins_free(es_plugins *plugins);

/* Load every *.so of a folder, in the order of their names. ES_ABSENT when the folder cannot be
 * read. Refused plugins are told through `on_note`. */
es_status es_plugins_load_folder(es_plugins *plugins, const char *folder,
                                 es_plugin_note_fn on_note, void *context);

/* Check a description and take it in, in structs of this version's size (declared.h); what
 * es_plugins_load_folder() does with each export. What its texts and callbacks are is borrowed
 * until es_plugins_free(). ES_UNSUPPORTED and a note when it is refused. */
es_status es_plugins_add(es_plugins *plugins, const es_plugin *plugin, const char *origin,
                         es_note *reterr_note);

size_t es_plugins_count(const es_plugins *plugins);
const es_plugin *es_plugins_at(const es_plugins *plugins, size_t index);
/* A data file of the plugin at `index`; false when it declared none of that name. */
bool es_plugins_data(const es_plugins *plugins, size_t index, es_text name, es_bytes *ret_bytes);

/* The folder of the bundled plugins: beside the program in its build tree, else where it was
 * installed. The caller frees. NULL when memory is short. */
char *es_plugins_bundled_folder(const char *installed);

/* What the core itself declares: plugin `esuscan`. */
extern const es_plugin es_core_plugin;

#endif
