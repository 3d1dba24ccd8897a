/* SPDX-License-Identifier: Apache-2.0
 *
 * limits.h: every cap of the evidence layer, each with its reason.
 *
 * Images come from strangers. What a header claims (a count, a size, a chain) is believed up to
 * the number named here and no further. The caps lie far above anything genuine software writes.
 */
#ifndef ES_EVIDENCE_LIMITS_H
#define ES_EVIDENCE_LIMITS_H

#include <stdint.h>

/* Media larger than this cannot be addressed by the signed 64-bit offsets of the libraries. */
#define ES_MEDIA_SIZE_MAX (UINT64_C(1) << 62)

/* One library call reads at most this much: their sizes are ssize_t and their buffers copied. */
#define ES_LIBRARY_READ_MAX (UINT64_C(4) << 20)

/* Bytes of head and tail that formats may bid on. The VHD footer and the DMG trailer are 512 bytes
 * at the end; ISO 9660 says its name at 32769. */
#define ES_PROBE_HEAD_SIZE 40960u
#define ES_PROBE_TAIL_SIZE 512u

/* .000 to .999 and .aaa to .zzz: 17,576 is the most that three letters can number. */
#define ES_RAW_SEGMENTS_MAX 17576u

/* .E01-.E99, .EAA-.ZZZ is 14,971 names, and that is all the naming scheme has. */
#define ES_EWF_SEGMENTS_MAX 14971u

/* After a missing member, so many further names are asked for, to say what else is there. */
#define ES_SEGMENTS_LOOK_AHEAD 32u

/* EnCase writes chunks of 32 KiB, ewfacquire up to 16 MiB (32,768 sectors of 512 bytes). */
#define ES_EWF_CHUNK_SIZE_MAX (UINT32_C(32) << 20)

/* A segment of 2 GiB has some 10 sections (EnCase puts up to 16,375 chunks in one table, others
 * 65,534); FTK writes segments of any size, so this allows 64 TiB in one file. */
#define ES_EWF_SECTIONS_MAX 100000u

/* Inflated chunks kept for the next read: 512 chunks of 32 KiB. Part of the 64 MiB that a scan may
 * need beside its hives. At least ES_EWF_CACHE_CHUNKS_MIN of them, however large a chunk is. */
#define ES_EWF_CACHE_SIZE (UINT64_C(16) << 20)
#define ES_EWF_CACHE_CHUNKS_MIN 8u
#define ES_EWF_CACHE_CHUNKS_MAX 4096u

/* From so many chunks on, a read is shared out among threads and goes around the cache. (The reads
 * of the digest pipeline, which are many at once, are not shared out and all go around it.) */
#define ES_EWF_PARALLEL_CHUNKS 8u

/* Acquisition errors taken over from an E01; a disk with more is one bad range from there on. */
#define ES_EWF_ACQUIRY_ERRORS_MAX 65536u

/* Text of one acquisition field. */
#define ES_ACQUISITION_TEXT_MAX 65536u

/* Bad ranges kept apart; the range before grows over its neighbours when there are more. */
#define ES_BAD_RANGES_MAX 16384u

/* Sectors retried one by one after a medium's read error. A failing disk takes seconds for each:
 * past this number a failed request is given up as a whole. */
#define ES_MEDIUM_RETRIES_MAX 4096u

/* Replaced sectors: a backup boot sector for each volume of a disk with more than enough of them. */
#define ES_SOURCE_OVERLAYS_MAX 64u
#define ES_SOURCE_OVERLAY_SIZE_MAX 65536u

/* Extents of a VMDK: 2 GB extents of a 64 TiB disk are 32,768. */
#define ES_VMDK_EXTENTS_MAX 32768u
#define ES_VMDK_DESCRIPTOR_SIZE_MAX (UINT32_C(8) << 20)

/* Entries of a QCOW2's first table: 128 GiB with the smallest clusters (32 KiB an entry),
 * 2 PiB with the usual ones (512 MiB an entry); 32 MiB of memory. */
#define ES_QCOW_L1_MAX (UINT64_C(1) << 22)

/* Images that rest on one another. VMware and Hyper-V advise against more than a few dozen. */
#define ES_PARENTS_MAX 32u

/* File names found in images: the longest a file system of the examiner's machine takes. */
#define ES_FILE_NAME_MAX 255u

/* Threads that inflate beside the caller. More gain nothing: the disk is the limit by then. */
#define ES_CREW_SIZE_MAX 7u

/* The digest pipeline: so many pieces of this size are on their way at once, all of which fit into
 * a processor's outer cache; twice as many as there are readers. */
#define ES_DIGEST_PIECE_SIZE (UINT64_C(512) << 10)
#define ES_DIGEST_PIECES 16u
#define ES_DIGEST_READERS_MAX 8u

#endif
