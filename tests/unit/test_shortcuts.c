/* SPDX-License-Identifier: Apache-2.0
 *
 * test_shortcuts.c: the shortcuts of a folder: which are handed out, which are noted, and which
 * become artefacts.
 */
#include "probe_fixture.h"

#define RECENT "Users/Administrator/AppData/Roaming/Microsoft/Windows/Recent"

/* Tells one of them. */
static es_status examine_shortcuts(void *state, const es_host *host, const es_artefact *artefact)
{
    const es_shortcut *shortcut;
    const es_shell_item *items;
    const es_where *place;
    uint32_t n;
    es_status status;

    (void)state;
    while ((status = host->shortcut_next(host, artefact, &shortcut)) == ES_OK) {
        es_datum text = es_datum_text(shortcut->local_path);
        es_fact fact = { .size = sizeof fact, .fields = &text, .where = shortcut->where };

        seen[artefact->want]++;
        assert_true(es_time_known(shortcut->created) && es_time_known(shortcut->modified));
        assert_int_equal(host->place(host, shortcut->where, 0, 76, &place), ES_OK);
        assert_int_equal(host->place(host, shortcut->where, 0, 1 << 20, &place), ES_LIMIT);
        if (shortcut->volume_serial != 0x1A2B3C4D || !shortcut->machine.size)
            continue;
        assert_int_equal(host->shell_items(host, shortcut->items, &items, &n), ES_OK);
        assert_int_equal(n, 4);
        assert_int_equal(items[1].kind, ES_ITEM_VOLUME);
        assert_int_equal(host->emit(host, &fact, NULL), ES_OK);
    }
    assert_int_equal(status, ES_END);
    assert_int_equal(host->shortcut_next(host, artefact, &shortcut), ES_END);
    return ES_OK;
}

static unsigned files_named(const machine *m, const char *end)
{
    const es_artefact_record *files;
    size_t n = es_ledger_artefacts(m->ledger, &files);
    unsigned found = 0;

    for (size_t i = 0; i < n; i++) {
        size_t size = strlen(files[i].path), after = strlen(end);

        found += size >= after && !strcmp(files[i].path + size - after, end);
        if (size >= after && !strcmp(files[i].path + size - after, end))
            assert_true(files[i].mft_entry != 0 && files[i].size > 76);
    }
    return found;
}

/* Bad ones are noted and passed over; one is an artefact when something is said of it. */
static void shortcuts_of_a_folder(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_SHORTCUTS, ES_SCOPE_VOLUME, "Users/*/AppData/Roaming/Microsoft/Windows/Recent"),
        WANT(ES_KIND_SHORTCUTS, ES_SCOPE_VOLUME, "Users/*/Desktop"),
        WANT(ES_KIND_SHORTCUTS, ES_SCOPE_VOLUME, "Users/*/no-such-folder"),
    };
    static const es_skip skips[] = {
        { 1, "probe", RECENT "/Payroll 2021.lnk", "look into" },
    };
    es_plugin plugin = probe(wants, 3);
    machine m;

    (void)unused;
    plugin.examine = examine_shortcuts;
    machine_open(&m, "media-saturday.raw");
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen[0], 5);
    assert_int_equal(seen[1], 1);
    assert_int_equal(seen[2], 0);
    assert_int_equal(notes_with(m.ledger, "broken.lnk is no shortcut"), 1);
    assert_int_equal(notes_with(m.ledger, "notes.lnk is damaged: a part"), 1);
    assert_int_equal(files_named(&m, "/Payroll 2021.lnk"), 1);
    assert_int_equal(files_named(&m, "/notes.lnk"), 1);
    assert_int_equal(files_named(&m, "/setup.lnk"), 0);
    machine_close(&m);

    plugin = probe(wants, 3);
    plugin.examine = examine_shortcuts;
    machine_open(&m, "media-saturday.raw");
    machine_run(&m, &plugin, skips, 1);
    assert_int_equal(seen[0], 4);
    assert_int_equal(notes_with(m.ledger, "Payroll 2021.lnk was left out"), 1);
    machine_close(&m);
}

/* Set a bit of an MFT record's data, or of every $FILE_NAME of a name; on the media, from now on. */
#define ENCRYPTED 0x4000u
#define REPARSE 0x400u
static unsigned set_bits(machine *m, const char *name, uint16_t bits)
{
    uint8_t block[4096], wide[64];
    size_t size = 2 * strlen(name);
    unsigned n = 0;

    for (size_t i = 0; i < size; i++)
        wide[i] = i % 2 ? 0 : (uint8_t)name[i / 2];
    for (uint64_t at = 0; at < es_source_size(m->source); at += sizeof block) {
        unsigned found = 0;
        bool damaged = false;

        if (es_source_read(m->source, at, block, sizeof block, &damaged) != ES_OK ||
            (memcmp(block, "FILE", 4) != 0 && memcmp(block, "INDX", 4) != 0))
            continue;
        for (size_t i = 64; i + size <= sizeof block; i++) {
            size_t flags = i - 10, record = i / 1024 * 1024;

            if (memcmp(block + i, wide, size) != 0 || block[i - 2] != size / 2)
                continue;
            if (bits == ENCRYPTED) {
                if (memcmp(block + record, "FILE", 4) != 0)
                    continue;
                flags = record + block[record + 20];
                while (block[flags] < 0x80)
                    flags += block[flags + 4] + 256u * block[flags + 5];
                if (block[flags] != 0x80)
                    continue; /* its folder */
                flags += 12;
            }
            block[flags] |= (uint8_t)bits;
            block[flags + 1] |= (uint8_t)(bits >> 8);
            found++;
        }
        if (found)
            assert_int_equal(es_source_overlay(m->source, at, (es_bytes){ block, sizeof block }),
                             ES_OK);
        n += found;
    }
    return n;
}

/* What cannot be read of a good shortcut does not make it a bad one, nor silent. */
static void shortcuts_kept_otherwise(void **unused)
{
    static const es_want wants[] = {
        WANT(ES_KIND_SHORTCUTS, ES_SCOPE_VOLUME, "Users/*/AppData/Roaming/Microsoft/Windows/Recent"),
    };
    es_plugin plugin = probe(wants, 1);
    machine m;

    (void)unused;
    plugin.examine = examine_shortcuts;
    machine_open(&m, "media-saturday.raw");
    assert_true(set_bits(&m, "setup.lnk", ENCRYPTED) >= 1);
    assert_true(set_bits(&m, "broken.lnk", REPARSE) >= 2); /* its record, and the folder's index */
    machine_run(&m, &plugin, NULL, 0);
    assert_int_equal(seen[0], 4);
    assert_int_equal(notes_with(m.ledger, "setup.lnk is encrypted, or its content is kept"), 1);
    assert_int_equal(notes_with(m.ledger, "broken.lnk is no shortcut"), 1);
    machine_close(&m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shortcuts_of_a_folder),
        cmocka_unit_test(shortcuts_kept_otherwise),
    };

    if (argc < 3)
        return 77;
    disks = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
