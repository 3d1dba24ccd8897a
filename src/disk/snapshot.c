/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot.c: see snapshot.h. The only file that knows libvshadow.
 *
 * libvshadow reads the volume through a libbfio handle of ours. Each question to it may read so
 * many times and no more: a structure that leads it in circles costs that question, not the scan.
 * A range it cannot give is zeros and damage, as everywhere.
 */
#include "disk/snapshot.h"

#include "base/text.h"
#include "base/time.h"
#include "disk/limits.h"
#include "disk/snapshot_chain.h"
#include "evidence/bfio.h"

#include <libvshadow.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct member {
    es_snapshots *set;
    es_snapshot about;
    es_vss_store *store; /* of the catalogue */
    libvshadow_store_t *handle;
    es_source *view;
    es_fs *fs;
} member;

struct es_snapshots {
    es_source *source;
    const es_volume *volume;
    es_vss_catalogue catalogue;
    es_bfio_watch watch;
    libbfio_handle_t *bfio;
    libvshadow_volume_t *handle;
    member *members; /* as libvshadow numbers them */
    size_t n;
    bool ordered; /* numbers follow creation times */
    uint64_t reads_left;
    pthread_mutex_t lock;
};

/* ---------------------------------------------------------------- libvshadow's bytes */

static es_status read_volume(void *context, uint64_t offset, void *buffer, uint64_t size,
                             bool *ret_damaged)
{
    es_snapshots *set = context;

    if (set->reads_left == 0)
        return ES_IO;
    set->reads_left--;
    return es_source_read(set->source, set->volume->offset + offset, buffer, size, ret_damaged);
}

/* What one question about `size` bytes may read: every list once, and each block a few times in
 * every shadow copy that it passes through. */
static void allow(es_snapshots *set, uint64_t size)
{
    set->reads_left = 1024 + 8 * set->catalogue.n_links +
                      8 * (size / ES_VSS_BLOCK_SIZE + 2) * (set->catalogue.n_stores + 1);
}

/* ---------------------------------------------------------------- a copy's bytes */

static bool ask(es_snapshots *set, member *of, uint64_t at, uint8_t *buffer, uint64_t size)
{
    uint64_t done = 0;

    while (done < size) {
        uint64_t n = size - done < ES_VSS_READ_MAX ? size - done : ES_VSS_READ_MAX;
        ssize_t got;

        allow(set, n);
        got = libvshadow_store_read_buffer_at_offset(of->handle, buffer + done, (size_t)n,
                                                     (off64_t)(at + done), NULL);
        if (got <= 0 || (uint64_t)got > n)
            break;
        done += (uint64_t)got;
    }
    memset(buffer + done, 0, (size_t)(size - done));
    return done == size;
}

/* The view: the shadow copy where the volume lies, the media elsewhere. */
static es_status read_copy(void *context, uint64_t offset, void *buffer, uint64_t size,
                           bool *ret_damaged)
{
    member *of = context;
    es_snapshots *set = of->set;
    uint64_t start = set->volume->offset, length = of->store->volume_size, before, inside;
    uint8_t *to = buffer;
    es_status status;

    if (length > set->volume->length)
        length = set->volume->length;
    before = offset < start ? start - offset : 0;
    before = before < size ? before : size;
    inside = offset + before - start < length ? length - (offset + before - start) : 0;
    inside = inside < size - before ? inside : size - before;
    status = before ? es_source_read(set->source, offset, to, before, ret_damaged) : ES_OK;
    if (status == ES_OK && inside) {
        pthread_mutex_lock(&set->lock);
        es_bfio_watch_take(&set->watch);
        if (!ask(set, of, offset + before - start, to + before, inside) ||
            es_bfio_watch_take(&set->watch))
            *ret_damaged = true;
        pthread_mutex_unlock(&set->lock);
    }
    if (status == ES_OK && before + inside < size)
        status = es_source_read(set->source, offset + before + inside, to + before + inside,
                                size - before - inside, ret_damaged);
    return status < 0 ? status : ES_OK;
}

/* ---------------------------------------------------------------- opening */

static void tell(const es_snapshots *set, es_volume_note_fn on_note, void *context,
                 uint32_t severity, const char *text)
{
    es_note note;

    es_note_set(&note, severity, "snapshot", "%s", text);
    on_note(context, set->volume->id, &note);
}

static void tell_catalogue(const es_snapshots *set, es_volume_note_fn on_note, void *context)
{
    const es_vss_catalogue *catalogue = &set->catalogue;

    if (catalogue->elsewhere)
        tell(set, on_note, context, ES_SEVERITY_GAP,
             "The volume has shadow copies, but their data is kept on another volume. This version "
             "does not put them together.");
    if (catalogue->broken)
        tell(set, on_note, context, ES_SEVERITY_GAP,
             "The catalogue of shadow copies is broken: none of them was read.");
    else if (catalogue->damaged)
        tell(set, on_note, context, ES_SEVERITY_GAP,
             "What describes the shadow copies rests on bytes that cannot be trusted.");
    if (catalogue->cut)
        tell(set, on_note, context, ES_SEVERITY_GAP,
             "There are more shadow copies, or more blocks in them, than are looked at: the oldest "
             "were left out.");
}

/* Open the set with libvshadow; false when it cannot. */
static es_status open_volume(es_snapshots *set, int *ret_n)
{
    es_status status;

    status = es_bfio_new(read_volume, set, set->volume->length, &set->watch, &set->bfio);
    if (status != ES_OK)
        return status;
    allow(set, 0);
    if (libvshadow_volume_initialize(&set->handle, NULL) != 1)
        return ES_NOMEM;
    if (libvshadow_volume_open_file_io_handle(set->handle, set->bfio, LIBVSHADOW_OPEN_READ, NULL) !=
            1 ||
        libvshadow_volume_get_number_of_stores(set->handle, ret_n, NULL) != 1 || *ret_n < 0)
        return ES_CORRUPT;
    return ES_OK;
}

static es_vss_store *store_of(es_snapshots *set, const uint8_t guid[16])
{
    for (size_t i = 0; i < set->catalogue.n_stores; i++)
        if (memcmp(set->catalogue.stores[i].guid, guid, 16) == 0)
            return &set->catalogue.stores[i];
    return NULL;
}

static void describe(es_snapshots *set, size_t index, es_vss_store *store)
{
    member *of = &set->members[index];

    of->set = set;
    of->store = store;
    of->about.number = (uint32_t)index + 1;
    of->about.created = es_time_from_filetime(store->created);
    es_text_guid(store->guid, of->about.id);
}

/* Set up the member at an index of libvshadow's. */
static es_status make_member(es_snapshots *set, int index)
{
    es_vss_store *store;
    uint8_t guid[16];

    allow(set, 0);
    if (libvshadow_volume_get_store_identifier(set->handle, index, guid, sizeof guid, NULL) != 1 ||
        !(store = store_of(set, guid)))
        return ES_CORRUPT;
    describe(set, (size_t)index, store);
    return ES_OK;
}

/* What the catalogue names, none of it readable. */
static es_status list_members(es_snapshots *set)
{
    free(set->members);
    set->n = 0;
    set->members = calloc(set->catalogue.n_stores + 1, sizeof *set->members);
    if (!set->members)
        return ES_NOMEM;
    for (size_t i = 0; i < set->catalogue.n_stores; i++)
        if (set->catalogue.stores[i].has_info)
            describe(set, set->n++, &set->catalogue.stores[i]);
    return ES_OK;
}

/* A copy is put together from its own blocks and those of every later one. */
static void find_readable(es_snapshots *set)
{
    bool sound = true;

    set->ordered = true;
    for (size_t i = set->n; i-- > 0;) {
        sound = sound && set->members[i].store->sound;
        set->members[i].about.readable = sound;
        if (i + 1 < set->n &&
            set->members[i].store->created > set->members[i + 1].store->created)
            set->ordered = false;
    }
}

static es_status open_members(es_snapshots *set, es_volume_note_fn on_note, void *context)
{
    int n = 0;
    es_status status = open_volume(set, &n);

    if (status == ES_OK && n > 0) {
        set->members = calloc((size_t)n, sizeof *set->members);
        if (!set->members)
            return ES_NOMEM;
        for (int i = 0; i < n && status == ES_OK; i++)
            status = make_member(set, i);
        set->n = status == ES_OK ? (size_t)n : 0;
    }
    if (status > 0) {
        tell(set, on_note, context, ES_SEVERITY_GAP,
             "The shadow copies of this volume could not be opened: what describes them is broken.");
        return list_members(set);
    }
    find_readable(set);
    for (size_t i = 0; i < set->n; i++) {
        es_note note;

        if (set->members[i].about.readable)
            continue;
        es_note_set(&note, ES_SEVERITY_GAP, "snapshot",
                    "Shadow copy %u was not read: its list of blocks, or that of a later copy it "
                    "rests on, is broken or leads in circles.",
                    set->members[i].about.number);
        on_note(context, set->volume->id, &note);
    }
    return status;
}

/* Headers are read by libvshadow as soon as the set is opened. */
static bool headers_sound(const es_vss_catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->n_stores; i++)
        if (!catalogue->stores[i].has_info || !catalogue->stores[i].has_lists ||
            !catalogue->stores[i].header_sound)
            return false;
    return !catalogue->broken;
}

/* Open the set, or list it and say why it is not read. */
static es_status open_or_list(es_snapshots *set, es_volume_note_fn on_note, void *context)
{
    if (!set->catalogue.elsewhere && headers_sound(&set->catalogue))
        return open_members(set, on_note, context);
    if (!set->catalogue.elsewhere && !set->catalogue.broken)
        tell(set, on_note, context, ES_SEVERITY_GAP,
             "The catalogue names a shadow copy whose header is missing or broken: none of them "
             "was read.");
    return list_members(set);
}

es_status es_snapshots_open(es_source *source, const es_volume *volume, bool only_list,
                            es_volume_note_fn on_note, void *context,
                            es_snapshots **ret_snapshots)
{
    es_snapshots *set = calloc(1, sizeof *set);
    es_status status;

    if (!set)
        return ES_NOMEM;
    pthread_mutex_init(&set->lock, NULL);
    set->source = source;
    set->volume = volume;
    status = es_vss_catalogue_read(source, volume, &set->catalogue);
    if (status == ES_OK) {
        tell_catalogue(set, on_note, context);
        if (only_list)
            status = list_members(set);
        else if (set->catalogue.n_stores)
            status = open_or_list(set, on_note, context);
    }
    if (status != ES_OK) {
        es_snapshots_free(set);
        return status;
    }
    *ret_snapshots = set;
    return ES_OK;
}

es_snapshots *es_snapshots_free(es_snapshots *set)
{
    if (!set)
        return NULL;
    for (size_t i = 0; set->members && i < set->n; i++) {
        es_fs_free(set->members[i].fs);
        es_source_free(set->members[i].view);
        if (set->members[i].handle)
            libvshadow_store_free(&set->members[i].handle, NULL);
    }
    free(set->members);
    if (set->handle)
        libvshadow_volume_free(&set->handle, NULL);
    if (set->bfio)
        libbfio_handle_free(&set->bfio, NULL);
    es_vss_catalogue_done(&set->catalogue);
    pthread_mutex_destroy(&set->lock);
    free(set);
    return NULL;
}

size_t es_snapshots_count(const es_snapshots *set)
{
    return set->n;
}

const es_snapshot *es_snapshots_at(const es_snapshots *set, size_t index)
{
    return index < set->n ? &set->members[index].about : NULL;
}

/* ---------------------------------------------------------------- a copy as a filesystem */

es_status es_snapshots_fs(es_snapshots *set, size_t index, es_fs **ret_fs, es_note *reterr_note)
{
    member *of = &set->members[index];
    es_status status = ES_OK;

    es_note_set(reterr_note, ES_SEVERITY_GAP, "snapshot", "Shadow copy %u could not be read.",
                of->about.number);
    if (!of->about.readable)
        return ES_CORRUPT;
    allow(set, 0);
    if (!of->handle &&
        libvshadow_volume_get_store(set->handle, (int)index, &of->handle, NULL) != 1)
        return ES_CORRUPT;
    if (!of->view)
        status = es_source_open_view(set->source, read_copy, of, &of->view);
    if (status == ES_OK && !of->fs)
        status = es_fs_open_snapshot(of->view, set->volume, set, of->about.number, &of->fs,
                                     reterr_note);
    if (status == ES_OK)
        *ret_fs = of->fs;
    return status;
}

/* Whether a store holds a block of these. */
static bool holds(const es_vss_store *store, uint64_t first, uint64_t last)
{
    size_t low = 0, high = store->n_blocks;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (store->blocks[middle] < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low < store->n_blocks && store->blocks[low] <= last;
}

bool es_snapshots_changed(const es_snapshots *set, uint32_t number, uint32_t later,
                          uint64_t offset, uint64_t length)
{
    size_t end = later ? later - 1 : set->n;

    if (!set->ordered || number == 0 || end > set->n || number > end)
        return true;
    for (size_t i = number - 1; length && i < end; i++)
        if (!set->members[i].store->sound ||
            holds(set->members[i].store, offset / ES_VSS_BLOCK_SIZE,
                  (offset + length - 1) / ES_VSS_BLOCK_SIZE))
            return true;
    return false;
}
