/* SPDX-License-Identifier: Apache-2.0
 *
 * volume.c: the volumes of a disk, each looked at as far as it can be.
 *
 * Whatever keeps a volume from being read is said in a note: encryption, disk sets of which this
 * is one member, tables that point outside, boot sectors that are gone. A report that finds no
 * Windows must be able to say where it could not look.
 *
 * The first sector of an NTFS volume has a copy behind the last one that the filesystem counts.
 * When the first is gone and the copy and the MFT it leads to are there, the copy is laid over the
 * first in the source, once, before anybody else reads.
 */
#include "disk/volume.h"
#include "base/arena.h"
#include "disk/fs.h"
#include "disk/identify.h"
#include "disk/limits.h"
#include "disk/table.h"
#include "disk/tsk.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX (UINT64_C(16) << 20) /* 1024 volumes with the longest labels take a tenth */

struct es_volumes {
    es_volume *items;
    size_t n;
    uint32_t sector_size;
    es_arena *arena;
};

/* What is carried around while the volumes are read. */
typedef struct es_survey {
    es_source *source;
    uint64_t media_size;
    es_volume_note_fn on_note;
    void *context;
    es_volumes *volumes;
    es_table table;
    uint8_t *start; /* ES_IDENTIFY_SIZE bytes of the volume at hand */
} es_survey;

static void say(es_survey *survey, uint32_t volume_id, uint32_t severity, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void say(es_survey *survey, uint32_t volume_id, uint32_t severity, const char *format, ...)
{
    char text[ES_NOTE_TEXT_MAX];
    va_list arguments;
    es_note note;

    if (!survey->on_note)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    es_note_set(&note, severity, "volume", "%s", text);
    survey->on_note(survey->context, volume_id, &note);
}

/* ---------------------------------------------------------------- types by number */

static const uint8_t gpt_efi[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
                                     0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
static const uint8_t gpt_basic[16] = { 0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44,
                                       0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7 };
static const uint8_t gpt_reserved[16] = { 0x16, 0xe3, 0xc9, 0xe3, 0x5c, 0x0b, 0xb8, 0x4d,
                                          0x81, 0x7d, 0xf9, 0x2d, 0xf0, 0x02, 0x15, 0xae };
static const uint8_t gpt_ldm_metadata[16] = { 0xaa, 0xc8, 0x08, 0x58, 0x8f, 0x7e, 0xe0, 0x42,
                                              0x85, 0xd2, 0xe1, 0xe9, 0x04, 0x34, 0xcf, 0xb3 };
static const uint8_t gpt_ldm_data[16] = { 0xa0, 0x60, 0x9b, 0xaf, 0x31, 0x14, 0x62, 0x4f,
                                          0xbc, 0x68, 0x33, 0x11, 0x71, 0x4a, 0x69, 0xad };
static const uint8_t gpt_spaces[16] = { 0x8f, 0xaf, 0x5c, 0xe7, 0x80, 0xf6, 0xee, 0x4c,
                                        0xaf, 0xa3, 0xb0, 0x01, 0xe5, 0x6e, 0xfc, 0x2d };

static bool is_type(const es_volume *volume, const uint8_t *type)
{
    return memcmp(volume->gpt_type, type, 16) == 0;
}

static bool is_ldm(const es_volume *volume)
{
    return volume->mbr_type == 0x42 || is_type(volume, gpt_ldm_metadata) ||
           is_type(volume, gpt_ldm_data);
}

/* Whether Windows would look for a filesystem of its own here. */
static bool is_for_windows(const es_volume *volume)
{
    uint8_t type = volume->mbr_type & 0xefu; /* 0x10 hides */

    return strcmp(volume->scheme, "none") == 0 || is_type(volume, gpt_basic) || type == 0x07 ||
           type == 0x27;
}

/* ---------------------------------------------------------------- the list */

static int by_offset(const void *a, const void *b)
{
    const es_volume *x = a, *y = b;

    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->length < y->length ? -1 : x->length > y->length;
}

static es_status fill_from_table(es_survey *survey)
{
    es_volumes *volumes = survey->volumes;
    const es_table *table = &survey->table;

    for (size_t i = 0; i < table->n_parts; i++) {
        const es_table_part *part = &table->parts[i];
        es_volume *volume = &volumes->items[i];

        volume->scheme = table->scheme;
        volume->slot = es_arena_string(volumes->arena, part->slot);
        volume->offset = part->offset;
        volume->length = part->length;
        volume->mbr_type = part->mbr_type;
        volume->active = part->active;
        memcpy(volume->gpt_type, part->gpt_type, 16);
        memcpy(volume->gpt_partition, part->gpt_partition, 16);
        volume->efi_system = is_type(volume, gpt_efi) || part->mbr_type == 0xef;
        volume->active = volume->active || is_type(volume, gpt_efi);
        if (!volume->slot)
            return ES_NOMEM;
    }
    volumes->n = table->n_parts;
    return ES_OK;
}

/* Without a table the disk is one volume. */
static void fill_whole(es_survey *survey)
{
    es_volume *volume = &survey->volumes->items[0];

    if (strcmp(survey->table.scheme, "none") != 0 || survey->media_size == 0)
        return;
    volume->scheme = "none";
    volume->slot = "-";
    volume->length = survey->media_size;
    survey->volumes->n = 1;
}

static es_status fill(es_survey *survey)
{
    es_volumes *volumes = survey->volumes;
    es_status status;

    volumes->sector_size = survey->table.sector_size;
    volumes->items = es_arena_take(volumes->arena,
                                   (survey->table.n_parts + 1) * sizeof(*volumes->items));
    if (!volumes->items)
        return ES_NOMEM;
    status = fill_from_table(survey);
    if (status != ES_OK)
        return status;
    fill_whole(survey);
    qsort(volumes->items, volumes->n, sizeof(*volumes->items), by_offset);
    for (size_t i = 0; i < volumes->n; i++) {
        es_volume *volume = &volumes->items[i];

        volume->id = (uint32_t)i + 1;
        volume->filesystem = "unknown";
        volume->mbr_signature = survey->table.mbr_signature;
        memcpy(volume->gpt_disk, survey->table.gpt_disk, 16);
    }
    return ES_OK;
}

/* ---------------------------------------------------------------- the backup boot sector */

static es_status has_mft(es_survey *survey, const es_volume *volume, const es_ntfs_boot *boot,
                         bool *ret_yes)
{
    uint64_t at = boot->mft_cluster * boot->cluster_size;
    uint8_t mark[4];
    es_status status;

    *ret_yes = false;
    if (at >= volume->length)
        return ES_OK;
    status = es_source_read(survey->source, volume->offset + at, mark, sizeof(mark), NULL);
    *ret_yes = status == ES_OK && memcmp(mark, "FILE", 4) == 0;
    return status < 0 ? status : ES_OK;
}

/* ES_OK when the volume has an NTFS again, ES_ABSENT when not. */
static es_status try_backup(es_survey *survey, es_volume *volume, es_identity *identity)
{
    uint32_t sector_size = survey->volumes->sector_size;
    uint64_t at = volume->length - sector_size;
    es_identity backup;
    uint8_t sector[4096];
    es_status status;
    bool yes;

    if (volume->length < 2 * (uint64_t)sector_size)
        return ES_ABSENT;
    status = es_source_read(survey->source, volume->offset + at, sector, sector_size, NULL);
    if (status < 0)
        return status;
    es_identify((es_bytes) { sector, sector_size }, &backup);
    if (status > 0 || strcmp(backup.filesystem, "ntfs") != 0 ||
        backup.ntfs.n_sectors > volume->length / backup.ntfs.sector_size)
        return ES_ABSENT;
    status = has_mft(survey, volume, &backup.ntfs, &yes);
    if (status != ES_OK || !yes)
        return status < 0 ? status : ES_ABSENT;
    status = es_source_overlay(survey->source, volume->offset, (es_bytes) { sector, sector_size });
    if (status != ES_OK)
        return status < 0 ? status : ES_ABSENT;
    volume->boot_overlaid = true;
    volume->boot_backup = volume->offset + at;
    *identity = backup;
    say(survey, volume->id, ES_SEVERITY_GAP,
        "Volume %u: its first sector is damaged. The backup boot sector at byte %llu stands in for "
        "it in this report; other tools need it copied to byte %llu of a working copy.",
        volume->id, (unsigned long long)(volume->offset + at), (unsigned long long)volume->offset);
    return ES_OK;
}

/* ---------------------------------------------------------------- inside an NTFS */

static int take_mark(es_file *hiberfil, bool *ret_active)
{
    uint8_t mark[4];
    uint64_t got = 0;
    es_status status = es_file_read(hiberfil, 0, mark, sizeof(mark), &got, NULL);

    *ret_active = status == ES_OK && (memcmp(mark, "hibr", 4) == 0 || memcmp(mark, "HIBR", 4) == 0);
    return status < 0 ? status : ES_OK;
}

static es_status look_for_hibernation(es_survey *survey, es_fs *fs, es_volume *volume)
{
    es_file *file = NULL;
    uint64_t entry;
    uint32_t sequence;
    es_status status;

    status = es_fs_lookup(fs, "hiberfil.sys", &entry, &sequence, NULL, NULL);
    if (status == ES_OK)
        status = es_file_open(fs, entry, sequence, NULL, &file, NULL);
    if (status == ES_OK)
        status = take_mark(file, &volume->hibernated);
    es_file_free(file);
    if (volume->hibernated)
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u: Windows is hibernated, hiberfil.sys holds an active image. What was in "
            "memory and not yet written is not on the disk.", volume->id);
    return status < 0 ? status : ES_OK;
}

static void say_health(es_survey *survey, const es_volume *volume, const es_ntfs *ntfs)
{
    if (ntfs->mirror_used)
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u: the first record of its MFT is damaged; the mirror was used.", volume->id);
    if (ntfs->mft_incomplete)
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u: a part of its MFT cannot be found; files described there are missing.",
            volume->id);
    if (ntfs->upcase && !ntfs->upcase_own)
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u: its table of upper case letters is damaged; a built-in one is used.",
            volume->id);
}

static es_status take_label(es_survey *survey, es_ntfs *ntfs, es_volume *volume)
{
    char *label = NULL;
    es_status status = es_ntfs_label(ntfs, &label);

    if (status == ES_OK && label) {
        volume->label = es_arena_string(survey->volumes->arena, label);
        status = volume->label ? ES_OK : ES_NOMEM;
    }
    free(label);
    return status < 0 ? status : ES_OK;
}

static es_status look_into_ntfs(es_survey *survey, es_volume *volume)
{
    es_fs *fs = NULL;
    es_note note;
    es_status status = es_fs_open(survey->source, volume, &fs, &note);

    if (status > 0) {
        say(survey, volume->id, ES_SEVERITY_GAP, "Volume %u cannot be read: %s.", volume->id,
            note.text);
        return ES_OK;
    }
    if (status == ES_OK)
        status = take_label(survey, es_fs_ntfs(fs), volume);
    if (status == ES_OK)
        status = look_for_hibernation(survey, fs, volume);
    if (status == ES_OK)
        say_health(survey, volume, es_fs_ntfs(fs));
    es_fs_free(fs);
    return status;
}

/* ---------------------------------------------------------------- one volume */

static es_status take_identity(es_survey *survey, es_volume *volume, const es_identity *identity)
{
    es_arena *arena = survey->volumes->arena;

    volume->filesystem = identity->filesystem;
    volume->encrypted = identity->encrypted;
    if (identity->serial[0] && !(volume->serial = es_arena_string(arena, identity->serial)))
        return ES_NOMEM;
    if (identity->label[0] && !(volume->label = es_arena_string(arena, identity->label)))
        return ES_NOMEM;
    return ES_OK;
}

static void say_unknown(es_survey *survey, const es_volume *volume, const es_identity *identity)
{
    if (is_type(volume, gpt_reserved) || is_ldm(volume) || is_type(volume, gpt_spaces))
        return;
    if (identity->bad_ntfs)
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u: its boot sector calls it NTFS but states sizes that cannot be, and there "
            "is no good backup of it. Nothing in the volume was read.", volume->id);
    else
        say(survey, volume->id, is_for_windows(volume) ? ES_SEVERITY_GAP : ES_SEVERITY_INFO,
            "Volume %u holds %s. Nothing in it was read.", volume->id,
            identity->blank ? "no filesystem, its start is blank"
                            : "no filesystem known to this program; it may be encrypted, or "
                              "damaged");
}

static void say_filesystem(es_survey *survey, const es_volume *volume,
                           const es_identity *identity)
{
    const char *filesystem = volume->filesystem;

    if (volume->encrypted == ES_ENCRYPTED_BITLOCKER)
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u is encrypted with BitLocker. Nothing in it was read; whether it holds "
            "Windows is not known.", volume->id);
    else if (volume->encrypted)
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u is encrypted (%s). Nothing in it was read.", volume->id, filesystem);
    else if (strcmp(filesystem, "linux-raid") == 0)
        return; /* said where it is found */
    else if (strcmp(filesystem, "lvm2") == 0)
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u is a physical volume of LVM2. What it is a part of was not read.",
            volume->id);
    else if (strcmp(filesystem, "unknown") == 0)
        say_unknown(survey, volume, identity);
    else if (strcmp(filesystem, "ntfs") != 0 && strncmp(filesystem, "fat", 3) != 0)
        say(survey, volume->id, ES_SEVERITY_INFO,
            "Volume %u holds a filesystem that is not read (%s).", volume->id, filesystem);
}

static es_status look_for_sets(es_survey *survey, es_volume *volume)
{
    bool mirror = false;
    es_status status;

    if (is_ldm(volume)) {
        volume->scheme = "ldm";
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u belongs to a dynamic disk (LDM). Only a simple volume that begins where the "
            "partition does is read; spanned, striped and RAID-5 volumes are not put together.",
            volume->id);
    }
    if (is_type(volume, gpt_spaces)) {
        volume->scheme = "storage-spaces";
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u is a member of a Storage Spaces pool. Nothing in it was read.", volume->id);
    }
    status = es_identify_md(survey->source, volume->offset, volume->length, &mirror);
    if (status < 0)
        return status;
    if (status == ES_OK) {
        volume->scheme = "raid";
        if (!mirror || strcmp(volume->filesystem, "unknown") == 0)
            volume->filesystem = "linux-raid";
        say(survey, volume->id, ES_SEVERITY_GAP, "Volume %u is a member of a Linux RAID (%s).%s",
            volume->id, mirror ? "a mirror" : "not a mirror",
            strcmp(volume->filesystem, "linux-raid") == 0
                ? " Nothing in it was read."
                : " It is read by itself; the other members may differ.");
    }
    return ES_OK;
}

static void check_bounds(es_survey *survey, es_volume *volume)
{
    if (volume->length == 0) {
        volume->filesystem = "unreadable";
        say(survey, volume->id, ES_SEVERITY_GAP, "Volume %u has no length.", volume->id);
    } else if (volume->offset >= survey->media_size) {
        volume->filesystem = "unreadable";
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u begins at byte %llu, behind the end of the image (%llu bytes).", volume->id,
            (unsigned long long)volume->offset, (unsigned long long)survey->media_size);
    } else if (volume->length > survey->media_size - volume->offset) {
        say(survey, volume->id, ES_SEVERITY_GAP,
            "Volume %u ends %llu bytes behind the end of the image; what lies there is missing.",
            volume->id,
            (unsigned long long)(volume->length - (survey->media_size - volume->offset)));
    }
}

static es_status look_at(es_survey *survey, es_volume *volume)
{
    uint64_t size = volume->length < ES_IDENTIFY_SIZE ? volume->length : ES_IDENTIFY_SIZE;
    es_identity identity;
    es_status status;

    check_bounds(survey, volume);
    if (strcmp(volume->filesystem, "unreadable") == 0)
        return ES_OK;
    status = es_source_read(survey->source, volume->offset, survey->start, size, NULL);
    if (status < 0)
        return status;
    es_identify((es_bytes) { survey->start, size }, &identity);
    if (strcmp(identity.filesystem, "unknown") == 0) {
        status = try_backup(survey, volume, &identity);
        if (status < 0)
            return status;
    }
    status = take_identity(survey, volume, &identity);
    if (status == ES_OK)
        status = look_for_sets(survey, volume);
    if (status != ES_OK)
        return status;
    say_filesystem(survey, volume, &identity);
    return strcmp(volume->filesystem, "ntfs") == 0 ? look_into_ntfs(survey, volume) : ES_OK;
}

/* ---------------------------------------------------------------- the disk as a whole */

static void look_for_overlaps(es_survey *survey)
{
    const es_volumes *volumes = survey->volumes;
    const es_volume *widest = volumes->n ? &volumes->items[0] : NULL;
    uint32_t n_said = 0;

    for (size_t i = 1; i < volumes->n; i++) {
        const es_volume *volume = &volumes->items[i];
        bool overlaps = volume->offset - widest->offset < widest->length;

        if (overlaps && volume->length && n_said++ < ES_TABLE_NOTES_MAX) {
            survey->table.sound = false;
            say(survey, volume->id, ES_SEVERITY_INFO,
                "Volume %u begins inside volume %u: the partition table is not as Windows makes "
                "it.", volume->id, widest->id);
        }
        if (!overlaps || volume->length > widest->length - (volume->offset - widest->offset))
            widest = volume;
    }
}

static es_status look_at_disk(es_survey *survey)
{
    uint64_t end_size = survey->media_size < 4096 ? survey->media_size : 4096;
    uint8_t end[4096], first[4096];
    const char *name;
    es_status status;

    status = es_source_read(survey->source, survey->media_size - end_size, end, end_size, NULL);
    if (status < 0)
        return status;
    name = es_identify_firmware_raid((es_bytes) { end, end_size });
    if (name)
        say(survey, 0, ES_SEVERITY_GAP,
            "The disk is a member of a firmware RAID (%s). It was read as if it stood alone; "
            "unless the set is a mirror, its volumes are not whole.", name);
    status = es_source_read(survey->source, 0, first, end_size, NULL);
    if (status < 0)
        return status;
    name = es_identify_disk_encryption((es_bytes) { first, end_size < 512 ? end_size : 512 });
    if (name)
        say(survey, 0, ES_SEVERITY_GAP,
            "The disk starts through %s: volumes without a known filesystem are probably "
            "encrypted.", name);
    if (survey->volumes->n == 0)
        say(survey, 0, ES_SEVERITY_GAP, "No volume was found on the disk.");
    return ES_OK;
}

/* Ask libtsk for its reading of a table that we think sound: `reproduce` lines count on it. */
static es_status compare_with_tsk(es_survey *survey)
{
    const es_table *table = &survey->table;
    es_tsk_part *parts = NULL;
    size_t n = 0, n_same = 0;
    es_status status;

    if (!table->sound || table->n_parts == 0)
        return ES_OK;
    status = es_tsk_parts(survey->source, table->scheme, table->sector_size, &parts, &n);
    for (size_t i = 0; status == ES_OK && i < table->n_parts; i++) {
        for (size_t j = 0; j < n; j++) {
            if (parts[j].start == table->parts[i].offset / table->sector_size &&
                strcmp(parts[j].slot, table->parts[i].slot) == 0) {
                n_same++;
                break;
            }
        }
    }
    free(parts);
    if (status > 0 || (status == ES_OK && n_same < table->n_parts))
        say(survey, 0, ES_SEVERITY_INFO,
            "sleuthkit (mmls) reads this partition table differently: of %zu partitions it finds "
            "%zu in the same slot. Address volumes by their offset.", table->n_parts, n_same);
    return status < 0 ? status : ES_OK;
}

/* ---------------------------------------------------------------- doors */

static es_status survey_all(es_survey *survey)
{
    es_status status;

    if (survey->media_size == 0) {
        say(survey, 0, ES_SEVERITY_GAP, "The image holds no bytes.");
        return ES_OK;
    }
    status = es_table_read(survey->source, &survey->table);
    if (status == ES_OK)
        status = fill(survey);
    for (size_t i = 0; status == ES_OK && i < survey->volumes->n; i++)
        status = look_at(survey, &survey->volumes->items[i]);
    if (status == ES_OK)
        look_for_overlaps(survey);
    if (status == ES_OK)
        status = look_at_disk(survey);
    if (status == ES_OK)
        status = compare_with_tsk(survey);
    return status;
}

es_status es_volumes_read(es_source *source, es_volume_note_fn on_note, void *context,
                          es_volumes **ret_volumes)
{
    es_survey survey = {
        .source = source,
        .media_size = es_source_size(source),
        .on_note = on_note,
        .context = context,
        .table = { .on_note = on_note, .context = context },
    };
    es_status status = ES_NOMEM;

    survey.volumes = calloc(1, sizeof(*survey.volumes));
    survey.start = malloc(ES_IDENTIFY_SIZE);
    if (survey.volumes && survey.start)
        status = es_arena_new(ARENA_MAX, &survey.volumes->arena);
    if (status == ES_OK)
        status = survey_all(&survey);
    es_table_clear(&survey.table);
    free(survey.start);
    if (status != ES_OK) {
        es_volumes_free(survey.volumes);
        return status;
    }
    *ret_volumes = survey.volumes;
    return ES_OK;
}

es_volumes *es_volumes_free(es_volumes *volumes)
{
    if (volumes) {
        es_arena_free(volumes->arena);
        free(volumes);
    }
    return NULL;
}

size_t es_volumes_count(const es_volumes *volumes)
{
    return volumes->n;
}

const es_volume *es_volumes_at(const es_volumes *volumes, size_t index)
{
    return index < volumes->n ? &volumes->items[index] : NULL;
}

uint32_t es_volumes_sector_size(const es_volumes *volumes)
{
    return volumes->sector_size;
}
