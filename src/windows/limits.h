/* SPDX-License-Identifier: Apache-2.0
 *
 * limits.h: the caps on what Windows artefacts may make us do, each with its reason.
 *
 * A cap is far above what Windows writes and far below what would hurt the examiner's machine.
 * Meeting one is an answer (ES_LIMIT, or ES_CORRUPT where the format itself forbids it), never a
 * silent cut.
 */
#ifndef ES_WINDOWS_LIMITS_H
#define ES_WINDOWS_LIMITS_H

#include <stdint.h>

/* ---- hives ---- */

/* SOFTWARE and COMPONENTS of a long-lived server reach 100 to 250 MiB. */
#define ES_HIVE_SIZE_MAX (UINT64_C(512) << 20)
/* One read: large enough to make an E01 inflate whole runs of chunks, small enough to overlap. */
#define ES_HIVE_PIECE (UINT64_C(2) << 20)
/* Zeros behind the hive's last byte in our copy. hivex 1.3.23 trusts some counts of a cell without
 * looking at the cell's length: at most 65,535 list entries of 4 bytes (big data) and an nk record
 * of 80 bytes are read past it. These stay inside the padding. */
#define ES_HIVE_PADDING (UINT64_C(320) << 10)
/* Tries to seal our copy while a page of it is held elsewhere: each takes the kernel 150 ms. */
#define ES_HIVE_SEAL_TRIES 200u
/* Bad ranges kept apart; beyond that they are merged into one that covers them all. */
#define ES_HIVE_RANGES_MAX 4096u
/* Runs taken from logs: a DIRT log has at most bins/1024 runs, an HvLE entry its page count. */
#define ES_HIVE_PATCHES_MAX 262144u
/* One HvLE entry is held in memory while its hash is checked. Windows writes a few MiB. */
#define ES_HIVE_LOG_ENTRY_MAX (UINT64_C(64) << 20)
/* Entries of both logs together; each is at least 512 bytes. */
#define ES_HIVE_LOG_ENTRIES_MAX 262144u

/* Registry depth is at most 512 levels (Microsoft, "Registry Element Size Limits"). */
#define ES_HIVE_DEPTH_MAX 512u
/* Index roots point to leaves; more than two levels do not occur. */
#define ES_HIVE_INDEX_DEPTH_MAX 8u
/* hivex stops at 70,000 sub-keys and 110,000 values of one key: ours are not tighter. */
#define ES_HIVE_CHILDREN_MAX 110000u
#define ES_HIVE_VALUE_SIZE_MAX (UINT64_C(16) << 20)
/* Sub-keys and values handed out by one opened hive: fifty times a full walk of a big SOFTWARE. */
#define ES_HIVE_STEPS_MAX UINT64_C(50000000)
/* Keys with at least this many sub-keys get a name index on the first look-up … */
#define ES_HIVE_INDEX_FROM 32u
/* … and this many such indexes are kept. */
#define ES_HIVE_INDEXES 4u

/* ---- installations ---- */

/* A path on a volume in UTF-8: 255 names of 255 characters do not occur; NTFS paths that Windows
 * itself can open have at most 32,767 characters, system paths a few hundred. */
#define ES_PATH_MAX 4096
/* Directories of one root asked for their hives; a root with more is no system volume's. */
#define ES_ROOT_DIRECTORIES_MAX 4096u
/* States of all machines of one image. */
#define ES_STATES_MAX 512u
/* ControlSetNNN. */
#define ES_CONTROL_SETS_MAX 999u
/* Windows.old, Windows.old.000 … of one volume. */
#define ES_WINDOWS_OLD_MAX 4u

/* ---- boot stores ---- */

#define ES_BOOT_ENTRIES_MAX 256u
/* Objects an entry inherits from, directly or through others. */
#define ES_BOOT_INHERIT_MAX 16u

/* ---- PE files ---- */

/* The loader of NT 6.0 takes at most 96 sections (Microsoft, "PE Format"). */
#define ES_PE_SECTIONS_MAX 96u
/* Entries looked at in one resource directory; system files have a few hundred at most. */
#define ES_PE_ENTRIES_MAX 4096u
/* VS_VERSIONINFO of system files is about 1 KiB a language; wLength is 16 bits anyhow. */
#define ES_PE_VERSION_MAX (UINT64_C(64) << 10)
/* Nodes of the VS_VERSIONINFO tree. */
#define ES_PE_VERSION_NODES_MAX 4096u
/* Debug directory entries, 28 bytes each; linkers write fewer than ten. */
#define ES_PE_DEBUG_MAX 64u
/* CodeView record: a header and a path. */
#define ES_PE_CODEVIEW_MAX 1024u
/* Buffer of the checksum. */
#define ES_PE_CHECKSUM_BUFFER (UINT64_C(128) << 10)
/* Files larger than this have no PE checksum we would compute. */
#define ES_PE_FILE_MAX (UINT64_C(1) << 32)

/* ---- ESE databases ---- */

/* DataStore.edb of a long-lived server reaches a few hundred MB. */
#define ES_ESE_SIZE_MAX (UINT64_C(4) << 30)
/* Rows of one table; a history has hundreds. Columns: ESE itself has 64 fixed and 64 tagged in use. */
#define ES_ESE_ROWS_MAX 1000000u
#define ES_ESE_COLUMNS_MAX 512u
#define ES_ESE_NAME_MAX 256u
/* One value, and all of one row. */
#define ES_ESE_VALUE_MAX (UINT64_C(1) << 20)
#define ES_ESE_ROW_MEMORY_MAX (UINT64_C(16) << 20)
/* Rows that may be unreadable before the rest of the table is given up. */
#define ES_ESE_LOST_MAX 10000u

/* ---- shortcuts and shell items ---- */

/* A shortcut has 1 to 4 KiB; one with an icon in its properties some 100. */
#define ES_LNK_SIZE_MAX (UINT64_C(1) << 20)
/* One text of it: paths have at most 32,767 characters. */
#define ES_LNK_TEXT_MAX (UINT64_C(128) << 10)
/* Data behind its strings: Windows knows eleven kinds, and writes each once. */
#define ES_LNK_BLOCKS_MAX 64u
/* Shortcuts of one folder: Explorer keeps some 150 in Recent. */
#define ES_SHORTCUTS_MAX 2000u
/* Items of one list, which are folders in folders. */
#define ES_SHELL_ITEMS_MAX 256u

/* ---- text logs ---- */

/* One read, and what of one line is kept; the longest lines are command lines of a few KiB. */
#define ES_LINES_PIECE (UINT32_C(256) << 10)
#define ES_LINES_LINE_MAX (UINT32_C(64) << 10)
/* A text log larger than this is not read to its end. */
#define ES_LINES_FILE_MAX (UINT64_C(4) << 30)

/* ---- signatures and catalogs ---- */

/* A file is held in memory while its image hash is made; the largest system file (imageres.dll,
 * a few service pack cabinets aside) has some 30 MiB. */
#define ES_SIGNED_FILE_MAX (UINT64_C(256) << 20)
/* Where the image inside a file may begin (the stub of bootmgr has some 25 KiB), and how many places
 * that look like a beginning are looked at. */
#define ES_STUB_SIZE_MAX (UINT64_C(1) << 20)
#define ES_STUB_TRIES_MAX 64u
/* Signatures in one certificate table, nested ones included: signtool writes one or two. */
#define ES_SIGNATURES_MAX 16u
/* Signatures in signatures. Windows itself looks at the first level only. */
#define ES_NESTED_DEPTH_MAX 4u
/* One signature with its certificates and time stamps has 5 to 20 KiB, with page hashes of a large
 * kernel 300 KiB. */
#define ES_SIGNATURE_SIZE_MAX (UINT64_C(8) << 20)
/* Signed data that is not DER is handed to OpenSSL, which builds a tree of it, some hundred bytes for
 * each of the smallest elements. */
#define ES_BER_SIZE_MAX (UINT64_C(1) << 20)
/* Certificates carried by one signature, and the size of one. */
#define ES_CERTIFICATES_MAX 32u
#define ES_CERTIFICATE_SIZE_MAX (UINT64_C(64) << 10)
/* Signers of one signature: Authenticode knows one. */
#define ES_SIGNERS_MAX 4u
/* Attributes of one signer, and values of one attribute. */
#define ES_ATTRIBUTES_MAX 64u
/* Trust anchors of one file: all roots that Windows ever trusted are some 500. */
#define ES_ROOTS_MAX 1000u
/* Microsoft's chains have three or four certificates. */
#define ES_CHAIN_DEPTH_MAX 8
/* Pages with a hash of their own: 4 KiB each. */
#define ES_PAGES_MAX (ES_SIGNED_FILE_MAX >> 12)
/* A catalog has 10 KiB, that of a service pack 2 MiB. */
#define ES_CATALOG_SIZE_MAX (UINT64_C(50) << 20)
/* Catalogs of one installation: a server of ten years has a few thousand. */
#define ES_CATALOGS_MAX 100000u
/* Members of one catalog (service pack: some 30,000) and of all of them together, 16 bytes each and
 * as much again while they are sorted. */
#define ES_CATALOG_MEMBERS_MAX 1000000u
#define ES_CATALOG_DIGESTS_MAX UINT64_C(4000000)
/* Bytes of all catalogs together: those of a server have some 100 MiB. Files may share their clusters,
 * so the size of the disk is no bound. What OpenSSL has to take apart costs as much as so many. */
#define ES_CATALOGS_BYTES_MAX (UINT64_C(2) << 30)
#define ES_CATALOG_BER_COST 64u
/* Catalogs asked in vain for one digest: two digests do not begin alike by chance. */
#define ES_CATALOG_TRIES_MAX 64u

/* ---- event logs ---- */

/* Chunks of 64 KiB: 4 GiB, the largest a log may be set to. */
#define ES_EVTX_CHUNKS_MAX 65536u
/* A record lies in one chunk. Its text as UTF-8: half as much again as UTF-16 at most, twice over
 * for templates that use a value more than once. */
#define ES_EVTX_TEXT_MAX (UINT32_C(256) << 10)
/* Data of one event; audit events have some fifty. */
#define ES_EVTX_DATA_MAX 1024u
/* Values of one template instance. */
#define ES_EVTX_VALUES_MAX 1024u
/* Elements in elements, and fragments in templates in fragments: Windows writes six and four. */
#define ES_EVTX_DEPTH_MAX 64u
#define ES_EVTX_NESTING_MAX 16u
/* Tokens and values of one record, templates counted each time: a record is shorter than this many
 * bytes. */
#define ES_EVTX_STEPS_MAX 65536u
/* And of all records of a chunk, with a step for each eight bytes of their text. Records can share
 * a template that is as large as the chunk; Windows writes some 400 of 300 tokens and 2 KiB. */
#define ES_EVTX_CHUNK_STEPS_MAX (UINT32_C(1) << 19)

/* ---- the component store ---- */

/* Manifests of a server after ten years: some 30,000. Files of one: fonts, a few hundred. */
#define ES_COMPONENTS_MAX 200000u
#define ES_COMPONENT_FILES_MAX 20000u
/* One read of a file that is digested. */
#define ES_COMPONENT_PIECE (UINT64_C(1) << 20)

/* ---- XML of servicing ---- */

/* A .mum has kilobytes, that of a service pack 1 MiB, pending.xml a few MiB. */
#define ES_XML_SIZE_MAX (UINT64_C(32) << 20)
/* Elements in elements; manifests have fewer than ten levels. */
#define ES_XML_DEPTH_MAX 256u
#define ES_XML_ATTRIBUTES_MAX 256u
/* Text of one node. */
#define ES_XML_TEXT_MAX (UINT64_C(256) << 10)
/* One read. Expat looks at an unfinished token again with each, so small ones cost. */
#define ES_XML_PIECE (UINT64_C(1) << 20)
/* Names, attributes and text of the few nodes that wait to be asked for: one attribute value may
 * be as large as the document. */
#define ES_XML_NODE_MEMORY_MAX (UINT64_C(40) << 20)

#endif
