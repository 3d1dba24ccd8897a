/* SPDX-License-Identifier: Apache-2.0
 *
 * host_fixture.h: a made disk, from its bytes to plugins at work on it, in one process.
 *
 * The plugin is the test's own: its callbacks make assertions with the real host under them.
 */
#ifndef TESTS_UNIT_HOST_FIXTURE_H
#define TESTS_UNIT_HOST_FIXTURE_H

#include "host/examine.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *disks; /* the folder of made disks */

typedef struct machine {
    int fd;
    es_source *source;
    es_volumes *volumes;
    es_fs *filesystems[64];
    size_t n_filesystems;
    es_states *states;
    es_plugins *plugins;
    es_ledger *ledger;
    es_session *session;
} machine;

static inline void ignore_volume_note(void *context, uint32_t volume, const es_note *note)
{
    (void)context, (void)volume, (void)note;
}

static inline void machine_open(machine *m, const char *name)
{
    char path[4096];
    struct stat about;
    es_evidence_file file = { .name = name };
    es_evidence evidence = { .files = &file, .n_files = 1 };
    es_note note;

    memset(m, 0, sizeof *m);
    snprintf(path, sizeof path, "%s/%s", disks, name);
    m->fd = file.fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(m->fd >= 0);
    assert_int_equal(fstat(m->fd, &about), 0);
    file.size = (uint64_t)about.st_size;
    assert_int_equal(es_source_open(&evidence, &m->source, &note), ES_OK);
    assert_int_equal(es_volumes_read(m->source, ignore_volume_note, NULL, &m->volumes), ES_OK);
    assert_int_equal(es_states_new(&m->states), ES_OK);
    for (size_t i = 0; i < es_volumes_count(m->volumes); i++) {
        const es_volume *volume = es_volumes_at(m->volumes, i);
        es_fs *fs = NULL;

        if (es_fs_open(m->source, volume, &fs, &note) != ES_OK)
            continue;
        assert_true(m->n_filesystems < 64);
        m->filesystems[m->n_filesystems++] = fs;
        if (!strcmp(volume->filesystem, "ntfs"))
            assert_int_equal(es_states_find(m->states, fs, ignore_volume_note, NULL), ES_OK);
    }
}

static inline void declare(es_ledger *ledger, const es_plugin *plugin)
{
    es_record record = { .kind = ES_RECORD_PLUGIN, .plugin = plugin };

    assert_int_equal(es_ledger_put(ledger, &record), ES_OK);
}

/* Volumes are announced before what lies on them, as a scan does. */
static inline void announce_volumes(machine *m)
{
    for (size_t i = 0; i < es_volumes_count(m->volumes); i++) {
        const es_volume *v = es_volumes_at(m->volumes, i);
        es_record record = { .kind = ES_RECORD_VOLUME };

        record.volume = (es_volume_record){ .id = v->id, .scheme = v->scheme, .slot = v->slot,
                                            .filesystem = v->filesystem, .offset = v->offset,
                                            .length = v->length };
        assert_int_equal(es_ledger_put(m->ledger, &record), ES_OK);
    }
}

static inline void machine_run(machine *m, const es_plugin *plugin, const es_skip *skips,
                               size_t n_skips)
{
    static const es_question nothing = { .size = sizeof nothing };
    es_session_setup setup;
    es_note note;

    assert_int_equal(es_plugins_new(&m->plugins), ES_OK);
    assert_int_equal(es_plugins_add(m->plugins, plugin, "the test's", &note), ES_OK);
    assert_int_equal(es_ledger_new(NULL, NULL, &m->ledger), ES_OK);
    announce_volumes(m);
    declare(m->ledger, &es_core_plugin);
    declare(m->ledger, plugin);
    setup = (es_session_setup){ .source = m->source, .ledger = m->ledger, .states = m->states,
                                .plugins = m->plugins, .question = &nothing,
                                .filesystems = m->filesystems,
                                .n_filesystems = m->n_filesystems, .skips = skips,
                                .n_skips = n_skips };
    assert_int_equal(es_session_new(&setup, &m->session), ES_OK);
    assert_int_equal(es_session_examine(m->session), ES_OK);
    assert_int_equal(es_session_judge(m->session), ES_OK);
}

static inline void machine_close(machine *m)
{
    es_session_free(m->session);
    es_ledger_free(m->ledger);
    es_plugins_free(m->plugins);
    es_states_free(m->states);
    for (size_t i = 0; i < m->n_filesystems; i++)
        es_fs_free(m->filesystems[i]);
    es_volumes_free(m->volumes);
    es_source_free(m->source);
    close(m->fd);
}

/* How many notes hold `words`. */
static inline size_t notes_with(const es_ledger *ledger, const char *words)
{
    const es_note_record *notes = NULL;
    size_t n = es_ledger_notes(ledger, &notes), found = 0;

    for (size_t i = 0; i < n; i++) {
        char text[ES_NOTE_TEXT_MAX];

        snprintf(text, sizeof text, "%.*s", (int)notes[i].text.size, notes[i].text.data);
        found += strstr(text, words) != NULL;
    }
    return found;
}

#endif
