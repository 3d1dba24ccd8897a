/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_host.h: a host made by hand, to try plugins without an image.
 *
 * A test states what a machine's states hold (registry values, executables, boot entries, plain
 * files), runs plugins over it, and looks at the facts, verdicts, rows and notes that came out. The
 * fake host is as strict as the contract: a fact of an undeclared type, a field of the wrong type,
 * a place that it did not hand out, a need that was not declared end the test.
 *
 * Ownership: everything belongs to the fake_host and dies with it; texts that are handed in are
 * copied.
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <esuscan/plugin.h>

typedef struct fake_host fake_host;

fake_host *fake_host_new(void);
void fake_host_free(fake_host *fake);
/* Plugins run in the order in which they are added. */
void fake_plugin(fake_host *fake, const es_plugin *plugin);

/* ---- evidence. The first state is there from the start: role current, id 1. What is added goes
 * to the newest state. */
void fake_state(fake_host *fake, uint32_t role, int64_t state_ticks);
void fake_text(fake_host *fake, const char *hive, const char *key, const char *name,
               const char *text);
void fake_number(fake_host *fake, const char *hive, const char *key, const char *name,
                 uint32_t number);
void fake_binary(fake_host *fake, const char *hive, const char *key, const char *name,
                 uint32_t type, const void *data, uint64_t size);
/* UTF-16LE of `text`, whose '|' are NULs: a REG_MULTI_SZ with whatever is wanted in it. */
void fake_multi(fake_host *fake, const char *hive, const char *key, const char *name,
                const char *text);
/* A key without values. */
void fake_key(fake_host *fake, const char *hive, const char *key);
/* The value last added: it was changed by replay and read `before` (NULL: was not there); or its
 * bytes are damaged; or it cannot be read. */
void fake_changed(fake_host *fake, const char *before);
void fake_damaged(fake_host *fake);
void fake_corrupt(fake_host *fake);
void fake_remove(fake_host *fake, const char *name);
/* A file; `version` "6.0.6003.20489" or NULL, `words` NULL or FileVersion. Returned so that a test
 * can change more. */
es_executable *fake_executable(fake_host *fake, const char *path, uint32_t machine,
                               const char *version, const char *words);
es_artefact *fake_last_artefact(fake_host *fake);
void fake_file(fake_host *fake, const char *path, const void *bytes, uint64_t size);
es_boot_entry *fake_boot_entry(fake_host *fake);
/* A file whose signature is asked about, unsigned as it is made: a PE file with the version that
 * its executable is given, in the component store, built under the name it has; no catalog was
 * asked. `asked` other than 0: by the examiner. */
es_signature *fake_signature(fake_host *fake, const char *path, int asked);
es_executable *fake_signed_executable(fake_host *fake);
/* A catalog that holds the hash of the file last added: sound, trusted, for Windows components. */
es_signature *fake_catalog(fake_host *fake, const char *path);
/* A file of the component store, which is there from the first one on. */
void fake_component(fake_host *fake, uint32_t state, const char *path);
/* A shortcut in a folder, which is there from the first one on; on a volume, when `drive` is other
 * than 0. Returned so that a test can change more. */
es_shortcut *fake_shortcut(fake_host *fake, const char *folder, const char *name, uint32_t drive,
                           uint32_t serial, const char *path);
/* What shell_items makes of bytes is this: items between '|', each a letter for its kind ('R' root,
 * 'V' volume by its name, 'G' by its GUID, 'F' file, 'D' device, 'O' other) and its name. A '!' breaks
 * the list off. */
/* Logs and tables (fake_logs.c). What is added goes to the newest of its kind. Data come in pairs:
 * name or "", text; a NULL name ends them. */
void fake_event_log(fake_host *fake, const char *path);
es_event *fake_event(fake_host *fake, const char *provider, const char *guid, uint32_t id,
                     int64_t ticks, ...);
/* Strings one behind the other, '|' for each NUL, as UTF-16. */
void fake_event_binary(fake_host *fake, es_event *event, const char *text);
void fake_event_log_damaged(fake_host *fake);
void fake_text_log(fake_host *fake, const char *path, const char *lines);
void fake_table(fake_host *fake, const char *path, const char *table);
/* Cells: a column in the wanted case, and what kind: 't' text, 'i' integer, 'r' real, 'b' bytes of
 * 16, 'n' null; a NULL column ends them. */
void fake_table_row(fake_host *fake, ...);
/* Minutes that local time is ahead of UTC; without it no zone is known. */
void fake_zone(fake_host *fake, int32_t minutes);
/* The n-th allocation from now on fails; 0: none. */
void fake_fail_alloc(fake_host *fake, uint32_t n);
void fake_ask_as_of(fake_host *fake, int64_t ticks);
/* A host without an update catalogue; else plugins see the one of fake_catalogue.c. */
void fake_no_catalogue(fake_host *fake);

/* ---- run: examine all, then judge all. The first negative status ends it. */
es_status fake_run(fake_host *fake);

/* ---- what came out */
uint32_t fake_n_facts(const fake_host *fake, const char *type);
const es_fact_view *fake_fact(const fake_host *fake, const char *type, uint32_t index);
const es_datum *fake_field(const es_fact_view *fact, const char *name);
/* The text of a field; "(null)" for null. */
const char *fake_field_text(const es_fact_view *fact, const char *name);

const char *fake_answer(const fake_host *fake, uint32_t installation, const char *verdict);
const char *fake_explanation(const fake_host *fake, uint32_t installation, const char *verdict);
const es_datum *fake_verdict_field(const fake_host *fake, uint32_t installation,
                                   const char *verdict, const char *name);
const char *fake_verdict_text(const fake_host *fake, uint32_t installation, const char *verdict,
                              const char *name);
uint32_t fake_n_because(const fake_host *fake, uint32_t installation, const char *verdict);
uint32_t fake_n_rows(const fake_host *fake, uint32_t installation, const char *list);
const es_datum *fake_row_field(const fake_host *fake, uint32_t installation, const char *list,
                               uint32_t index, const char *name);
uint32_t fake_n_notes(const fake_host *fake);

#endif
