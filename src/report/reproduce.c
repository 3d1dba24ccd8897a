/* SPDX-License-Identifier: Apache-2.0
 *
 * reproduce.c: the command line with which anyone sees the bytes of a place, with public tools.
 *
 * The line will be pasted into an examiner's shell, and the evidence is hostile. So places are
 * addressed by number: sector of the volume, MFT entry, attribute, offset. A name from evidence
 * enters only as a registry path, single-quoted, when each component is of [A-Za-z0-9 ._~{}-];
 * otherwise the line shows bytes at an offset. The image's path is the examiner's own and is
 * quoted whatever it holds. Files that a line makes are named by numbers and begin with
 * "esuscan-", in the current folder: running it twice does no harm, and it never names a file of
 * the evidence to write to.
 *
 * icat, fls, img_cat: The Sleuth Kit 4. hivexget: hivex. Containers that the Sleuth Kit does not read
 * are converted first (qemu-img); shadow copies are mounted first (ewfmount, vshadowmount).
 */
#include "base/text.h"
#include "report/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A path of the examiner's, a registry path, and the rest. */
#define TEXT_MAX (UINT64_C(1) << 20)
/* More segments than these are found by the Sleuth Kit itself, from the first one's name. */
#define SEGMENTS_NAMED 16

typedef struct container {
    const char *format;   /* as the image record names it */
    const char *tsk_type; /* what -i of the Sleuth Kit calls it; NULL: cannot be read */
    const char *qemu;     /* what -f of qemu-img calls it, for conversion */
} container;

static const container containers[] = {
    { "raw", "raw", NULL },         { "split raw", "raw", NULL }, { "block device", "raw", NULL },
    { "E01", "ewf", NULL },         { "s01", "ewf", NULL },       { "VMDK", "vmdk", NULL },
    { "VMDK", NULL, "vmdk" }, /* of several files: see container_of() */
    { "VHD", "vhd", NULL },         { "VHDX", NULL, "vhdx" },     { "QCOW2", NULL, "qcow2" },
    { "QCOW", NULL, "qcow" },
};

/* A line in the making. */
typedef struct command {
    es_buffer text;
    es_buffer image; /* arguments that name the image, quoted */
    const es_ledger *ledger;
    const es_run *run;
    const es_image_record *record;
    const container *container;
    uint32_t sector_size;
} command;

/* ---- quoting the examiner's own path ---- */

static bool needs_printf(es_text path)
{
    if (es_text_is_plain(path))
        return false;
    for (uint64_t at = 0; at < path.size;)
        if (es_text_unsafe(es_text_next(path, &at)))
            return true;
    return !es_text_is_utf8(path);
}

/* Control characters and invalid bytes would not survive the report: they are spelled in octal. */
static void put_printf(es_buffer *out, es_text path)
{
    es_buffer_string(out, "\"$(printf '");
    for (uint64_t i = 0; i < path.size; i++) {
        unsigned char c = (unsigned char)path.data[i];

        if (c == '%')
            es_buffer_string(out, "%%");
        else if (c < 0x20 || c >= 0x7f || c == '\'' || c == '\\')
            es_buffer_format(out, "\\%03o", c);
        else
            es_buffer_u8(out, c);
    }
    es_buffer_string(out, "')\"");
}

/* One shell word. A path that could be taken for an option or a protocol gets "./" in front. */
static void put_path(es_buffer *out, const char *path)
{
    es_text text = es_text_of(path);
    char *prefixed = NULL;

    if (path[0] != '/' && (path[0] == '-' || strchr(path, ':'))) {
        if (asprintf(&prefixed, "./%s", path) < 0) {
            out->failed = ES_NOMEM;
            return;
        }
        text = es_text_of(prefixed);
    }
    if (needs_printf(text)) {
        put_printf(out, text);
    } else {
        es_buffer_u8(out, '\'');
        for (const char *at = text.data; *at;) {
            size_t run = strcspn(at, "'");

            es_buffer_bytes(out, at, run);
            at += run;
            if (*at) {
                es_buffer_string(out, "'\\''");
                at++;
            }
        }
        es_buffer_u8(out, '\'');
    }
    free(prefixed);
}

/* The image as arguments: the path itself, the first segment of an E01 (libewf finds the others),
 * all segments of a split raw image. img_cat takes one path only. */
static void name_image(command *line, bool one)
{
    const es_segment_record *segments;
    size_t n = es_ledger_segments(line->ledger, &segments);
    bool split = strcmp(line->record->format, "split raw") == 0;
    bool ewf = line->container->tsk_type && strcmp(line->container->tsk_type, "ewf") == 0;
    size_t named = split && !one && n <= SEGMENTS_NAMED ? n : (split || ewf) && n ? 1 : 0;

    if (!named)
        put_path(&line->image, line->run->image_path);
    for (size_t i = 0; i < named; i++) {
        char *path = es_show_segment_path(line->ledger, line->run, i);

        if (i)
            es_buffer_u8(&line->image, ' ');
        put_path(&line->image, path ? path : line->run->image_path);
        free(path);
    }
}

/* ---- what goes before ---- */

/* A number that stands for this image in the names of files that the line makes (FNV-1a). */
static uint64_t image_number(const command *line)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (const char *p = line->run->image_path; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    for (int i = 0; i < 8; i++)
        hash = (hash ^ (line->record->size >> 8 * i & 0xff)) * UINT64_C(0x100000001b3);
    return hash & UINT64_C(0xffffffff);
}

/* Convert what the Sleuth Kit cannot read. A conversion that was interrupted is not mistaken for
 * one that was finished: it has another name until then. An overlay would send qemu-img after the
 * file that it names, which is the evidence's choice and not ours; only the extents and parents of
 * a VMDK were seen, when it was opened, to be bare names beside it. */
static bool convert(command *line)
{
    const es_segment_record *segments;
    uint64_t number = image_number(line);

    if (es_ledger_segments(line->ledger, &segments) > 1 && strcmp(line->container->qemu, "vmdk"))
        return false;
    es_buffer_format(&line->text,
                     "{ [ -e esuscan-%08" PRIx64 ".raw ] || { qemu-img convert -f %s -O raw ",
                     number, line->container->qemu);
    put_path(&line->text, line->run->image_path);
    es_buffer_format(&line->text,
                     " esuscan-%08" PRIx64 ".part && mv esuscan-%08" PRIx64 ".part esuscan-%08" PRIx64
                     ".raw; }; } && ",
                     number, number, number);
    es_buffer_format(&line->image, "esuscan-%08" PRIx64 ".raw", number);
    return true;
}

/* The Sleuth Kit refuses an NTFS whose first sector is bad: let the image be a working copy that
 * has the backup boot sector in its place. */
static void mend_boot(command *line, const es_volume_record *volume)
{
    uint64_t number = image_number(line);
    char name[64];

    snprintf(name, sizeof name, "esuscan-%08" PRIx64 "-%" PRIu32, number, volume->id);
    es_buffer_format(&line->text, "{ [ -e %s.raw ] || { img_cat -i %s ", name,
                     line->container->tsk_type ? line->container->tsk_type : "raw");
    es_buffer_bytes(&line->text, line->image.data, line->image.size);
    es_buffer_format(&line->text,
                     " >%s.part && dd if=%s.part of=%s.part bs=%" PRIu32 " skip=%" PRIu64
                     " seek=%" PRIu64 " count=1 conv=notrunc && mv %s.part %s.raw; }; } && ",
                     name, name, name, line->sector_size, volume->boot_backup / line->sector_size,
                     volume->offset / line->sector_size, name, name);
    es_buffer_clear(&line->image);
    es_buffer_format(&line->image, "%s.raw", name);
    line->container = &containers[0];
}

/* Let the image be one file of plain bytes, as the tools of libvshadow need it. */
static bool make_plain(command *line)
{
    uint64_t number = image_number(line);
    bool ewf = line->container->tsk_type && strcmp(line->container->tsk_type, "ewf") == 0;
    bool plain = strcmp(line->record->format, "raw") == 0 || line->container->qemu ||
                 strcmp(line->record->format, "block device") == 0;

    if (!ewf && !plain)
        return false;
    if (ewf) {
        es_buffer_format(&line->text,
                         "mkdir -p esuscan-%08" PRIx64 " && { [ -e esuscan-%08" PRIx64
                         "/ewf1 ] || ewfmount ",
                         number, number);
        es_buffer_bytes(&line->text, line->image.data, line->image.size);
        es_buffer_format(&line->text, " esuscan-%08" PRIx64 "; } && ", number);
        es_buffer_clear(&line->image);
        es_buffer_format(&line->image, "esuscan-%08" PRIx64 "/ewf1", number);
    }
    return true;
}

/* Mount the shadow copies of a volume and let the image be the one asked for. */
static bool mount_snapshot(command *line, const es_volume_record *volume, int32_t snapshot)
{
    uint64_t number = image_number(line);

    if (snapshot < 1 || !make_plain(line))
        return false;
    es_buffer_format(&line->text,
                     "mkdir -p esuscan-%08" PRIx64 "-%" PRIu32 " && { [ -e esuscan-%08" PRIx64
                     "-%" PRIu32 "/vss1 ] || vshadowmount -o %" PRIu64 " ",
                     number, volume->id, number, volume->id, volume->offset);
    es_buffer_bytes(&line->text, line->image.data, line->image.size);
    es_buffer_format(&line->text, " esuscan-%08" PRIx64 "-%" PRIu32 "; } && ", number, volume->id);
    es_buffer_clear(&line->image);
    es_buffer_format(&line->image, "esuscan-%08" PRIx64 "-%" PRIu32 "/vss%d", number, volume->id,
                     (int)snapshot);
    return true;
}

/* Make line->image the arguments for a tool of the Sleuth Kit. */
static bool prepare(command *line, bool one)
{
    if (line->container->qemu)
        return convert(line);
    name_image(line, one);
    return true;
}

/* "-i TYPE -b SIZE ": sectors are of 512 bytes where nothing is said. */
static void put_options(command *line)
{
    es_buffer_format(&line->text, "-i %s ",
                     line->container->tsk_type ? line->container->tsk_type : "raw");
    if (line->sector_size != 512)
        es_buffer_format(&line->text, "-b %" PRIu32 " ", line->sector_size);
}

/* ---- what shows the bytes ---- */

static void put_slice(es_buffer *text, uint64_t offset, int64_t length)
{
    if (offset)
        es_buffer_format(text, " | tail -c +%" PRIu64, offset + 1);
    if (length > 0)
        es_buffer_format(text, " | head -c %" PRId64 " | xxd", length);
    else
        es_buffer_string(text, " | xxd | head -n 16");
}

/* What holds no bytes of its own but has an entry is a folder: its names are listed. */
static const char *tool_of(const es_artefact_record *artefact)
{
    return artefact->attribute_type || artefact->size ? "icat" : "fls";
}

static bool put_icat(command *line, const es_artefact_record *artefact)
{
    const es_volume_record *volume = es_ledger_volume(line->ledger, artefact->volume);

    if (!volume || !artefact->has_mft || volume->offset % line->sector_size ||
        !prepare(line, volume->boot_backup != 0))
        return false;
    if (volume->boot_backup)
        mend_boot(line, volume);
    if (artefact->snapshot >= 0) {
        if (!mount_snapshot(line, volume, artefact->snapshot))
            return false;
        es_buffer_format(&line->text, "%s -i raw ", tool_of(artefact));
    } else {
        es_buffer_format(&line->text, "%s ", tool_of(artefact));
        put_options(line);
        es_buffer_format(&line->text, "-o %" PRIu64 " ", volume->offset / line->sector_size);
    }
    es_buffer_bytes(&line->text, line->image.data, line->image.size);
    es_buffer_format(&line->text, " %" PRIu64, artefact->mft_entry);
    if (artefact->attribute_type)
        es_buffer_format(&line->text, "-%" PRIu32 "-%" PRIu32, artefact->attribute_type,
                         artefact->attribute_id);
    return true;
}

static bool plain_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr(" ._~{}-", c));
}

/* One component: not empty, and no space at its ends, where hivexsh would lose it. */
static bool plain_component(const char *text, size_t size)
{
    if (!size || text[0] == ' ' || text[size - 1] == ' ')
        return false;
    for (size_t i = 0; i < size; i++)
        if (!plain_character(text[i]))
            return false;
    return true;
}

static bool plain_key(const char *key)
{
    for (;;) {
        size_t size = strcspn(key, "\\");

        if (!plain_component(key, size))
            return false;
        if (!key[size])
            return true;
        key += size + 1;
    }
}

static bool names_are_plain(const es_where *where)
{
    if (!where->exact || !where->key || (where->key[0] && !plain_key(where->key)))
        return false;
    return !where->value || !where->value[0] || plain_component(where->value, strlen(where->value));
}

/* What follows the line of a hive: into a file, and out of it what the place names. */
static void put_key(es_buffer *text, const es_artefact_record *hive, const es_where *where)
{
    char name[96];

    if (hive->snapshot >= 0)
        snprintf(name, sizeof name, "esuscan-%" PRIu32 "-s%d-%" PRIu64 ".hive", hive->volume,
                 (int)hive->snapshot, hive->mft_entry);
    else
        snprintf(name, sizeof name, "esuscan-%" PRIu32 "-%" PRIu64 ".hive", hive->volume,
                 hive->mft_entry);
    es_buffer_format(text, " >%s && hivexget %s '%s'", name, name,
                     where->key[0] ? where->key : "\\");
    if (where->value)
        es_buffer_format(text, " '%s'", where->value[0] ? where->value : "@");
    /* Of a key as such hivexget shows the values, which may be none: its own cell holds the name
     * and the time of the last write. */
    else if (where->offset >= 0 && where->length > 0)
        es_buffer_format(text, " && tail -c +%" PRId64 " %s | head -c %" PRId64 " | xxd",
                         where->offset + 1, name, where->length);
}

/* Bytes of a volume or of the media itself: whole sectors around them, cut to size. */
static bool put_img_cat(command *line, const es_where *where)
{
    const es_volume_record *volume = es_ledger_volume(line->ledger, where->volume);
    uint64_t start = volume ? volume->offset : 0, length, first, last;

    if (where->volume && !volume)
        return false;
    start += (uint64_t)where->offset;
    length = where->length > 0 ? (uint64_t)where->length : 256;
    if (start >= line->record->size || length > line->record->size - start || !prepare(line, true))
        return false;
    first = start / line->sector_size;
    last = (start + length - 1) / line->sector_size;
    es_buffer_string(&line->text, "img_cat ");
    put_options(line);
    es_buffer_format(&line->text, "-s %" PRIu64 " -e %" PRIu64 " ", first, last);
    es_buffer_bytes(&line->text, line->image.data, line->image.size);
    put_slice(&line->text, start % line->sector_size, (int64_t)length);
    return true;
}

/* What the volume says of a shadow copy. */
static bool put_vshadowinfo(command *line, const es_where *where)
{
    const es_volume_record *volume = es_ledger_volume(line->ledger, where->volume);

    if (!volume || !prepare(line, true) || !make_plain(line))
        return false;
    es_buffer_format(&line->text, "vshadowinfo -o %" PRIu64 " ", volume->offset);
    es_buffer_bytes(&line->text, line->image.data, line->image.size);
    es_buffer_format(&line->text, " | sed -n '/^Store: %" PRIu32 "$/,/^$/p'", where->snapshot);
    return true;
}

static bool put_file(command *line, const es_where *where)
{
    const es_artefact_record *artefact = es_ledger_artefact(line->ledger, where->artefact);

    return artefact && put_icat(line, artefact);
}

static bool put_place(command *line, const es_where *where)
{
    const es_artefact_record *artefact = es_ledger_artefact(line->ledger, where->artefact);
    const es_artefact_record *log = es_ledger_artefact(line->ledger, where->log_artefact);

    if (log && where->log_offset >= 0) {
        if (!put_icat(line, log))
            return false;
        put_slice(&line->text, (uint64_t)where->log_offset, where->length);
        return true;
    }
    if (!artefact && !where->path && where->snapshot)
        return put_vshadowinfo(line, where);
    if (!artefact)
        return !where->path && where->offset >= 0 && put_img_cat(line, where);
    if (!put_file(line, where))
        return false;
    es_reproduce_rest(&line->text, line->ledger, where);
    return true;
}

void es_reproduce_rest(es_buffer *text, const es_ledger *ledger, const es_where *where)
{
    const es_artefact_record *artefact = es_ledger_artefact(ledger, where->artefact);

    if (artefact && artefact->is_hive && names_are_plain(where))
        put_key(text, artefact, where);
    else if (where->offset >= 0)
        put_slice(text, (uint64_t)where->offset, where->length);
}

/* The Sleuth Kit reads a VMDK that is one file; a delta over a parent it does not, and a
 * differencing VHD no public command line does. */
static const container *container_of(const es_ledger *ledger, const char *format)
{
    const es_segment_record *segments;
    bool several = es_ledger_segments(ledger, &segments) > 1;

    if (several && strcmp(format, "VHD") == 0)
        return NULL;
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++)
        if (strcmp(containers[i].format, format) == 0 &&
            !(several && strcmp(format, "VMDK") == 0 && containers[i].tsk_type))
            return &containers[i];
    return NULL;
}

bool es_reproduce_in_file(const es_ledger *ledger, const es_where *where)
{
    const es_artefact_record *artefact = es_ledger_artefact(ledger, where->artefact);
    const es_artefact_record *log = es_ledger_artefact(ledger, where->log_artefact);

    return artefact && !(log && where->log_offset >= 0);
}

/* `put` makes it of a place. */
static char *make(const es_ledger *ledger, const es_run *run, const es_where *where,
                  bool (*put)(command *line, const es_where *where))
{
    const es_image_record *image = es_ledger_image(ledger);
    command line = { .ledger = ledger, .run = run, .record = image };
    char *made = NULL;

    if (!image || !run->image_path)
        return NULL;
    line.container = container_of(ledger, image->format);
    line.sector_size = image->sector_size ? image->sector_size : 512;
    if (!line.container)
        return NULL;
    line.text = es_buffer_make(TEXT_MAX);
    line.image = es_buffer_make(TEXT_MAX);
    if (put(&line, where) && !line.text.failed && !line.image.failed)
        made = strndup((const char *)line.text.data, (size_t)line.text.size);
    es_buffer_free(&line.text);
    es_buffer_free(&line.image);
    return made;
}

char *es_reproduce(const es_ledger *ledger, const es_run *run, const es_where *where)
{
    return make(ledger, run, where, put_place);
}

char *es_reproduce_file(const es_ledger *ledger, const es_run *run, const es_where *where)
{
    return make(ledger, run, where, put_file);
}
