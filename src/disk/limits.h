/* SPDX-License-Identifier: Apache-2.0
 *
 * limits.h: every cap of the disk layer, each with its reason.
 *
 * What a partition table, a record or an index claims is believed up to the number named here and
 * no further. The caps lie above anything that Windows writes.
 */
#ifndef ES_DISK_LIMITS_H
#define ES_DISK_LIMITS_H

#include <stdint.h>

/* Volumes of one disk. Windows makes 128 of a GPT and a few dozen logical ones; drive letters end
 * long before. */
#define ES_VOLUMES_MAX 1024u

/* Extended boot records in one chain: one per logical partition. */
#define ES_EXTENDED_TABLES_MAX 256u

/* Entries of a GPT; 128 is usual, parted makes up to 4096 of them on request. */
#define ES_GPT_ENTRIES_MAX 4096u
#define ES_GPT_ENTRY_SIZE_MAX 4096u

/* Bytes of a GPT's entry array: the largest count of the smallest entries. */
#define ES_GPT_ARRAY_SIZE_MAX (UINT32_C(512) << 10)

/* Notes about one table; a hostile one could call for a note for each of its entries. */
#define ES_TABLE_NOTES_MAX 64u

/* The start of a volume that is looked at: the superblocks of btrfs lie at 64 KiB, and 4 KiB
 * behind that is enough for its magic. */
#define ES_IDENTIFY_SIZE (UINT32_C(68) << 10)

/* NTFS: Windows formats with 512 bytes to 64 KiB a cluster, Windows 10 with up to 2 MiB. */
#define ES_NTFS_CLUSTER_SIZE_MAX (UINT32_C(2) << 20)

/* MFT records are 1 KiB, 4 KiB on disks of 4096-byte sectors; index blocks 4 KiB, or one cluster
 * of up to 64 KiB. */
#define ES_NTFS_RECORD_SIZE_MAX (UINT32_C(64) << 10)
#define ES_NTFS_INDEX_SIZE_MAX (UINT32_C(64) << 10)

/* MFT records of a volume: NTFS itself cannot count more than 2^32 - 1. */
#define ES_NTFS_RECORDS_MAX UINT64_C(0xffffffff)

/* The last cluster of a stream, chosen so that cluster times the largest size stays below 2^63. */
#define ES_NTFS_CLUSTERS_MAX (UINT64_C(1) << 42)

/* Attributes of one file. An $ATTRIBUTE_LIST holds at most 256 KiB, 32 bytes an entry at least. */
#define ES_NTFS_LIST_SIZE_MAX (UINT32_C(256) << 10)
#define ES_NTFS_ATTRIBUTES_MAX 8192u

/* Extension records of one file. Each holds fragments or names of its own, and a list of the
 * greatest size that names no record twice cannot be used by more than its entries. */
#define ES_NTFS_EXTENSIONS_MAX 8192u

/* Bytes of one file's records: as many as these of the largest that Windows makes, 4 KiB. */
#define ES_NTFS_NODE_BYTES_MAX (UINT64_C(32) << 20)

/* Runs of one stream. 2^20 runs are 24 MiB of memory; a file of more fragments is not readable in
 * Windows either, its list would not fit. */
#define ES_NTFS_RUNS_MAX (UINT32_C(1) << 20)

/* Rounds of reading the MFT's own extension records with what the round before made readable. */
#define ES_NTFS_MFT_ROUNDS_MAX 64u

/* A compression unit is 16 clusters of at most 4 KiB; some tools wrote larger clusters. */
#define ES_NTFS_UNIT_SIZE_MAX (UINT32_C(1) << 20)

/* $I30 is a B+ tree: at four names a block (the longest ones), 16 levels hold 2^32 names. */
#define ES_NTFS_INDEX_DEPTH_MAX 16u

/* Bytes of one directory's index: 1 GiB names some ten million files. */
#define ES_NTFS_INDEX_BYTES_MAX (UINT64_C(1) << 30)

/* Bytes of it searched plainly for a name when its tree is broken. */
#define ES_NTFS_SEARCH_BYTES_MAX (UINT64_C(64) << 20)

/* Blocks that are none, read where trees are broken, of one volume: a damaged folder has a few, and
 * gives them again for each of some hundred names that are looked up in it. */
#define ES_NTFS_VAIN_BLOCKS_MAX (UINT64_C(1) << 20)

/* Blocks read for one name: a lookup needs a path or two through the tree. One that needs more is
 * led about by a broken tree and becomes a plain search. */
#define ES_NTFS_LOOKUP_BLOCKS_MAX 64u

/* A name is at most 255 UTF-16 units; each can take three bytes of UTF-8. */
#define ES_NAME_UNITS_MAX 255u
#define ES_NAME_BYTES_MAX (3u * ES_NAME_UNITS_MAX)

/* A path: 32,767 units is what Windows takes. */
#define ES_PATH_BYTES_MAX (3u * 32767u)

/* Shadow copies of one volume: 512 is what Windows keeps at most. */
#define ES_VSS_STORES_MAX 512u

/* Blocks of their chains, of one volume: 2^18 of 16 KiB describe copies of 2 TiB of blocks. */
#define ES_VSS_LINKS_MAX (UINT64_C(1) << 18)

/* Copied blocks of all shadow copies of a volume, kept by number: 2^23 are 128 GiB of copies, and
 * 32 MiB of memory here (libvshadow needs some twenty times that, for the copies that are read). */
#define ES_VSS_BLOCKS_MAX (UINT64_C(1) << 23)

/* One question to libvshadow: it goes block by block anyway. */
#define ES_VSS_READ_MAX (UINT64_C(1) << 20)

/* FAT: a directory of more than 65,536 entries is not FAT. Files of a boot store are small: fonts
 * and boot managers of a few MB. */
#define ES_FAT_ENTRIES_MAX 65536u

/* A FAT volume larger than this is not a boot store's; walking it through TSK could take long. */
#define ES_FAT_SIZE_MAX (UINT64_C(64) << 30)

/* One read through TSK: its cache works in pieces of 64 KiB. */
#define ES_TSK_READ_MAX (UINT32_C(1) << 20)

/* Names of one file looked at for a link elsewhere, each at the cost of two records. System files
 * have a handful; NTFS allows 1,024. */
#define ES_NTFS_LINKS_MAX 256u

#endif
