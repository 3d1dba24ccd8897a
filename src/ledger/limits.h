/* SPDX-License-Identifier: Apache-2.0
 *
 * limits.h: how much a ledger takes.
 *
 * The records come from a process that reads hostile bytes; each cap is far above what a real disk
 * gives and low enough that a ledger filled to the brim still fits the examiner's machine.
 */
#ifndef ES_LEDGER_LIMITS_H
#define ES_LEDGER_LIMITS_H

#include <stdint.h>

/* All texts and lists of a ledger. A real disk gives some tens of MB: 100,000 facts of 300 bytes. */
#define ES_LEDGER_BYTES_MAX (UINT64_C(512) << 20)
/* Of that, what is left to verdicts, rows and notes when a disk with many shadow copies tells more
 * facts than there is room for. */
#define ES_LEDGER_RESERVE (UINT64_C(96) << 20)
/* How far one record may overshoot it: the largest frame, as it grows in memory (a null datum is
 * one byte on the wire and an es_datum in memory; lists have caps of their own). */
#define ES_LEDGER_OVERSHOOT (UINT64_C(512) << 20)

/* A server of twelve years has some 3000 updates of a few facts each, and 100,000 events. */
#define ES_FACTS_MAX (UINT64_C(2) << 20)
#define ES_FACTS_RESERVE UINT64_C(4096) /* to those of the core: one or two an artefact */
#define ES_ROWS_MAX (UINT64_C(1) << 20)
/* Files that facts rest on: a component store has 60,000. */
#define ES_ARTEFACTS_MAX (UINT64_C(1) << 20)
/* Every damaged file may earn a note; more than this nobody reads. */
#define ES_NOTES_MAX (UINT64_C(100) << 10)
/* GPT tables hold 128 entries, logical partitions chain to a few dozen. */
#define ES_VOLUMES_MAX UINT64_C(4096)
/* 512 shadow copies a volume is Windows' own maximum; RegBack doubles the states. */
#define ES_SNAPSHOTS_MAX UINT64_C(16384)
#define ES_INSTALLATIONS_MAX UINT64_C(16384)
#define ES_VERDICTS_MAX (ES_INSTALLATIONS_MAX * 16)
#define ES_PLUGINS_MAX UINT64_C(256)
/* .E01 to .ZZZ is some 14,000 segments. */
#define ES_SEGMENTS_MAX UINT64_C(65536)
#define ES_BAD_RANGES_MAX (UINT64_C(1) << 20)
#define ES_FENCES_MAX UINT64_C(64)

/* What one declaration may hold: ten times what the largest bundled plugin needs. */
#define ES_PLUGIN_TYPES_MAX UINT32_C(256) /* wants, facts, verdicts, rows, needs, data: of each */
#define ES_FIELDS_MAX UINT32_C(256)       /* of one fact, verdict or row */
#define ES_ANSWERS_MAX UINT32_C(512)      /* patch levels: a word for each month of 18 years */
#define ES_NAME_MAX 64 /* of a plugin, type, field or answer */

/* Texts in one list (a MULTI_SZ of 64 KB has at most 32,000), facts in one list. */
#define ES_TEXTS_MAX UINT32_C(65536)
#define ES_REFERENCES_MAX (UINT32_C(1) << 20)

#endif
