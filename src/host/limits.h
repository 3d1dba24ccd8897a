/* SPDX-License-Identifier: Apache-2.0
 *
 * limits.h: the caps on plugins and on what the host does for them, each with its reason.
 */
#ifndef ES_HOST_LIMITS_H
#define ES_HOST_LIMITS_H

#include <stdint.h>

/* Plugins of one run; a folder with more is not a plugin folder. */
#define ES_PLUGINS_MAX 64u
/* Entries of one plugin's declaration lists, and fields of one fact, verdict or row. */
#define ES_DECLARED_MAX 512u
#define ES_FIELDS_MAX 64u
/* A data file of a plugin, all of it held in memory. */
#define ES_DATA_FILE_MAX (UINT64_C(64) << 20)
/* Memory one callback may take from the host: a value of the largest size, its text, and room. */
#define ES_CALLBACK_MEMORY_MAX (UINT64_C(128) << 20)
/* What a state keeps between callbacks: opened artefacts and their views. */
#define ES_STATE_MEMORY_MAX (UINT64_C(64) << 20)
/* Files one pattern may match; a component store has some 15,000 entries. */
#define ES_GLOB_MATCHES_MAX 100000u
/* Folders whose names are kept until a state was examined, and what those names may take: the folder
 * of some hundred users is 5 KB. Beyond either a folder is listed anew. */
#define ES_FOLDERS_KEPT_MAX 512u
#define ES_FOLDERS_MEMORY_MAX (UINT64_C(4) << 20)
/* Bytes one file_read may ask for. */
#define ES_FILE_READ_MAX (UINT64_C(64) << 20)
/* A file of the update catalogue (0.7 MB today), and all its tables in memory. */
#define ES_CATALOGUE_FILE_MAX (UINT64_C(32) << 20)
#define ES_CATALOGUE_MEMORY_MAX (UINT64_C(256) << 20)
/* Hashes of one list of known files, 34 bytes each in memory: NSRL's sets of one system have a few
 * million; the whole of NSRL has to be cut down first. */
#define ES_KNOWN_HASHES_MAX 16000000u
/* Trust anchors given by the examiner. */
#define ES_ROOTS_FILE_MAX (UINT64_C(4) << 20)
/* Catalogs shown for one file: a file that came with several updates is in each one's catalog. */
#define ES_VOUCHES_MAX 8u
/* Threads that read catalogs. */
#define ES_CATALOG_THREADS 4u
/* Patterns of --file. */
#define ES_FILE_PATTERNS_MAX 64u
/* One shortcut: its bytes twice over, when it is cut, and its texts. */
#define ES_SHORTCUT_MEMORY_MAX (UINT64_C(8) << 20)
/* Damaged shortcuts of one folder that have a note of their own. */
#define ES_SHORTCUT_NOTES_MAX 16u
/* Times the analysis is begun again after an artefact crashed it. */
#define ES_SKIPS_MAX 8u

#endif
