/* SPDX-License-Identifier: Apache-2.0
 *
 * ntfs_volume.c: opening an NTFS volume: its boot sector, its MFT, its table of upper case.
 *
 * The MFT describes itself: its first record says where the others are. When that record is
 * bad, its copy in $MFTMirr is as good. A fragmented MFT keeps parts of its run list in extension
 * records which lie in parts that the list before them describes: so it is opened in rounds, each
 * with what the round before made readable, until nothing more is gained.
 *
 * Opening reads the boot sector and a record or two; nothing grows with the size of the volume.
 */
#include "disk/ntfs.h"
#include <esuscan/bytes.h>
#include <stdlib.h>

#define BOOT_SIZE 512u

/* ---------------------------------------------------------------- the boot sector */

static bool is_power_of_two(uint64_t value)
{
    return value && !(value & (value - 1));
}

/* A size given in clusters, or as the negative power of two in bytes. */
static uint64_t record_size_of(uint8_t stated, uint32_t cluster_size)
{
    if (stated < 0x80)
        return (uint64_t)stated * cluster_size;
    return 256 - stated < 32 ? UINT64_C(1) << (256 - stated) : 0;
}

static uint64_t cluster_size_of(uint8_t stated, uint32_t sector_size)
{
    if (stated <= 0x80)
        return (uint64_t)stated * sector_size;
    return 256 - stated < 32 ? (uint64_t)sector_size << (256 - stated) : 0;
}

static bool is_record_size(uint64_t size, uint64_t maximum)
{
    return size >= 512 && size <= maximum && is_power_of_two(size);
}

es_status es_ntfs_boot_parse(es_bytes sector, es_ntfs_boot *ret_boot)
{
    es_cursor c = es_cursor_make(sector);
    uint64_t cluster_size, record_size, index_size;
    uint8_t cluster, record, index;
    es_ntfs_boot boot = { 0 };

    if (sector.size < BOOT_SIZE || memcmp(sector.data + 3, "NTFS    ", 8) != 0)
        return ES_ABSENT;
    es_cursor_seek(&c, 11);
    boot.sector_size = es_cursor_u16(&c);
    cluster = es_cursor_u8(&c);
    es_cursor_seek(&c, 40);
    boot.n_sectors = es_cursor_u64(&c);
    boot.mft_cluster = es_cursor_u64(&c);
    boot.mirror_cluster = es_cursor_u64(&c);
    record = es_cursor_u8(&c);
    es_cursor_skip(&c, 3);
    index = es_cursor_u8(&c);
    es_cursor_skip(&c, 3);
    boot.serial = es_cursor_u64(&c);
    if (es_cursor_failed(&c) || boot.sector_size < 256 || boot.sector_size > 4096 ||
        !is_power_of_two(boot.sector_size))
        return ES_CORRUPT;
    cluster_size = cluster_size_of(cluster, boot.sector_size);
    if (!is_power_of_two(cluster_size) || cluster_size > ES_NTFS_CLUSTER_SIZE_MAX)
        return ES_CORRUPT;
    boot.cluster_size = (uint32_t)cluster_size;
    record_size = record_size_of(record, boot.cluster_size);
    index_size = record_size_of(index, boot.cluster_size);
    if (!is_record_size(record_size, ES_NTFS_RECORD_SIZE_MAX) ||
        !is_record_size(index_size, ES_NTFS_INDEX_SIZE_MAX))
        return ES_CORRUPT;
    boot.record_size = (uint32_t)record_size;
    boot.index_size = (uint32_t)index_size;
    if (boot.n_sectors == 0 || boot.n_sectors > INT64_MAX / boot.sector_size ||
        boot.mft_cluster == 0 || boot.mft_cluster > ES_NTFS_CLUSTERS_MAX ||
        boot.mft_cluster >= boot.n_sectors * boot.sector_size / cluster_size)
        return ES_CORRUPT;
    *ret_boot = boot;
    return ES_OK;
}

es_status es_ntfs_read(es_ntfs *volume, uint64_t at, void *buffer, uint64_t size, bool *ret_damaged)
{
    uint64_t there = at < volume->length ? volume->length - at : 0;
    uint64_t n = there < size ? there : size;
    es_status status = ES_OK;

    if (n < size) {
        memset((uint8_t *)buffer + n, 0, (size_t)(size - n));
        *ret_damaged = true;
    }
    if (n)
        status = es_source_read(volume->source, volume->offset + at, buffer, n, ret_damaged);
    if (status > 0)
        *ret_damaged = true;
    return status < 0 ? status : ES_OK;
}

/* ---------------------------------------------------------------- the MFT */

static void set_mft(es_ntfs *volume, es_ntfs_stream *mft, bool incomplete)
{
    es_ntfs_stream_free(volume->mft);
    volume->mft = mft;
    volume->mft_incomplete = incomplete;
    volume->n_records = mft->size / volume->boot.record_size;
    if (volume->n_records > ES_NTFS_RECORDS_MAX)
        volume->n_records = ES_NTFS_RECORDS_MAX;
}

/* A stand-in of one record, at a place that the boot sector names. */
static es_status set_first_record(es_ntfs *volume, uint64_t cluster)
{
    uint32_t record_size = volume->boot.record_size, cluster_size = volume->boot.cluster_size;
    es_ntfs_stream *mft = calloc(1, sizeof(*mft));

    if (!mft)
        return ES_NOMEM;
    mft->volume = volume;
    mft->type = ES_NTFS_DATA;
    mft->size = mft->initialised = record_size;
    mft->runs = calloc(1, sizeof(*mft->runs));
    if (!mft->runs) {
        es_ntfs_stream_free(mft);
        return ES_NOMEM;
    }
    mft->n_runs = mft->runs_capacity = 1;
    mft->runs[0].lcn = cluster;
    mft->runs[0].length = (record_size + cluster_size - 1) / cluster_size;
    set_mft(volume, mft, true);
    return ES_OK;
}

/* One round: the MFT as its records describe it now. */
static es_status widen_mft(es_ntfs *volume, bool *ret_more)
{
    size_t n_runs = volume->mft->n_runs;
    uint64_t n_records = volume->n_records;
    es_ntfs_node *node = NULL;
    es_ntfs_stream *mft = NULL;
    es_status status;

    status = es_ntfs_node_open(volume, ES_NTFS_ENTRY_MFT, 0, &node);
    if (status != ES_OK)
        return status;
    status = es_ntfs_stream_open(node, ES_NTFS_DATA, NULL, &mft);
    if (status == ES_OK && (mft->resident || mft->unit_clusters || mft->n_runs == 0 ||
                            mft->size < volume->boot.record_size ||
                            mft->flags & ES_NTFS_FLAG_ENCRYPTED)) {
        es_ntfs_stream_free(mft);
        status = ES_CORRUPT;
    }
    if (status == ES_OK) {
        mft->suspect = false; /* each record is judged by its own bytes and signature */
        set_mft(volume, mft, mft->incomplete || node->incomplete);
        *ret_more = volume->mft_incomplete &&
                    (volume->mft->n_runs > n_runs || volume->n_records > n_records);
    }
    es_ntfs_node_free(node);
    return status;
}

static es_status open_mft(es_ntfs *volume, uint64_t cluster)
{
    bool more = true;
    es_status status = set_first_record(volume, cluster);

    for (uint32_t round = 0; status == ES_OK && more && round < ES_NTFS_MFT_ROUNDS_MAX; round++)
        status = widen_mft(volume, &more);
    return status;
}

es_status es_ntfs_open(es_source *source, uint64_t offset, uint64_t length, es_ntfs **ret_volume,
                       es_note *reterr_note)
{
    es_ntfs *volume = calloc(1, sizeof(*volume));
    const char *what = "there is no NTFS boot sector";
    uint8_t sector[BOOT_SIZE];
    bool damaged = false;
    es_status status;

    if (!volume)
        return ES_NOMEM;
    volume->source = source;
    volume->offset = offset;
    volume->length = length;
    status = es_ntfs_read(volume, 0, sector, sizeof(sector), &damaged);
    if (status == ES_OK)
        status = es_ntfs_boot_parse((es_bytes) { sector, sizeof(sector) }, &volume->boot);
    if (status == ES_CORRUPT)
        what = "the boot sector states sizes that cannot be";
    if (status == ES_OK) {
        what = "neither the first record of the MFT nor its mirror can be read";
        status = open_mft(volume, volume->boot.mft_cluster);
        if (status > 0) {
            status = open_mft(volume, volume->boot.mirror_cluster);
            volume->mirror_used = status == ES_OK;
        }
    }
    if (status != ES_OK) {
        es_note_set(reterr_note, ES_SEVERITY_GAP, "filesystem", "the NTFS at byte %llu: %s",
                    (unsigned long long)offset,
                    status < 0 ? "out of memory or a failed read" : what);
        es_ntfs_free(volume);
        return status > 0 ? ES_CORRUPT : status;
    }
    *ret_volume = volume;
    return ES_OK;
}

es_ntfs *es_ntfs_free(es_ntfs *volume)
{
    if (volume) {
        es_ntfs_stream_free(volume->mft);
        free(volume->upcase);
        free(volume);
    }
    return NULL;
}

/* ---------------------------------------------------------------- $UpCase, the label */

static es_status read_upcase(es_ntfs *volume, uint8_t *bytes)
{
    es_ntfs_stream *stream = NULL;
    es_ntfs_node *node = NULL;
    bool damaged = false;
    uint64_t got = 0;
    es_status status;

    status = es_ntfs_node_open(volume, ES_NTFS_ENTRY_UPCASE, 0, &node);
    if (status == ES_OK)
        status = es_ntfs_stream_open(node, ES_NTFS_DATA, NULL, &stream);
    if (status == ES_OK && stream->size != 2 * ES_UPCASE_UNITS)
        status = ES_CORRUPT;
    if (status == ES_OK)
        status = es_ntfs_stream_read(stream, 0, bytes, 2 * ES_UPCASE_UNITS, &got, &damaged);
    if (status == ES_OK && damaged)
        status = ES_CORRUPT;
    es_ntfs_stream_free(stream);
    es_ntfs_node_free(node);
    return status;
}

/* A table that does not even know ASCII would hide every file there is. */
static bool is_sane_upcase(const uint16_t *upcase)
{
    for (uint32_t unit = 0; unit < 128; unit++) {
        uint32_t wanted = unit >= 'a' && unit <= 'z' ? unit - 32 : unit;

        if (upcase[unit] != wanted)
            return false;
    }
    return true;
}

es_status es_ntfs_upcase(es_ntfs *volume, const uint16_t **ret_upcase)
{
    uint16_t *upcase = volume->upcase;
    uint8_t *bytes;
    es_status status;

    if (upcase) {
        *ret_upcase = upcase;
        return ES_OK;
    }
    upcase = malloc(sizeof(*upcase) * ES_UPCASE_UNITS);
    bytes = malloc(2 * ES_UPCASE_UNITS);
    status = upcase && bytes ? read_upcase(volume, bytes) : ES_NOMEM;
    if (status == ES_OK) {
        for (uint32_t i = 0; i < ES_UPCASE_UNITS; i++)
            upcase[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
        volume->upcase_own = is_sane_upcase(upcase);
    }
    free(bytes);
    if (status < 0) {
        free(upcase);
        return status;
    }
    if (!volume->upcase_own)
        es_upcase_fill(upcase);
    volume->upcase = upcase;
    *ret_upcase = upcase;
    return ES_OK;
}

es_status es_ntfs_label(es_ntfs *volume, char **ret_label)
{
    const es_ntfs_attribute *attribute;
    char text[ES_NAME_BYTES_MAX + 1];
    es_ntfs_node *node = NULL;
    es_name name;
    size_t at = 0;
    es_status status = es_ntfs_node_open(volume, ES_NTFS_ENTRY_VOLUME, 0, &node);

    *ret_label = NULL;
    if (status != ES_OK)
        return status;
    attribute = es_ntfs_node_next(node, ES_NTFS_VOLUME_NAME, &at);
    if (attribute && attribute->resident && attribute->value.size >= 2) {
        es_name_from_utf16le(attribute->value, &name);
        es_name_to_text(&name, text);
        *ret_label = strdup(text);
        status = *ret_label ? ES_OK : ES_NOMEM;
    }
    es_ntfs_node_free(node);
    return status;
}
