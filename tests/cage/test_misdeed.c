/* SPDX-License-Identifier: Apache-2.0
 *
 * test_misdeed.c: whatever a plugin does, the scan finishes, everything that others found is
 * there, and a note says which plugin did it, on what, and how it ended.
 *
 *     test_misdeed DISK FOLDER DEED=WORDS…
 *
 * FOLDER/DEED holds the plugin that does it; WORDS must be in the note. Without words it has said
 * that all is done, which cannot be told from the truth: that the scan finishes is all.
 */
#include "cage.h"

#include "base/jail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void no_watch(void *context, const es_record *record)
{
    (void)context, (void)record;
}

static es_ledger *scan(const char *disk, const char *plugins)
{
    const char *paths[1] = { disk };
    es_options options = { .command = ES_COMMAND_SCAN, .step_seconds = 5, .stall_seconds = 3,
                           .memory = UINT64_C(768) << 20 };
    es_broker *broker = NULL;
    es_ledger *ledger = NULL;
    es_note note;

    if (plugins)
        options.plugin_paths[options.n_plugin_paths++] = plugins;
    if (es_broker_new(paths, 1, &broker, &note) != ES_OK ||
        es_cage_run(&options, broker, no_watch, NULL, &ledger, NULL, &note) != ES_OK ||
        es_ledger_close(ledger) != ES_OK) {
        fprintf(stderr, "%s\n", note.text);
        exit(1);
    }
    es_broker_free(broker);
    return ledger;
}

static size_t n_facts(const es_ledger *ledger)
{
    const es_fact_record *facts = NULL;

    return es_ledger_facts(ledger, &facts);
}

static bool has_note(const es_ledger *ledger, const char *words)
{
    const es_note_record *notes = NULL;
    size_t n = es_ledger_notes(ledger, &notes);
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        char text[ES_NOTE_TEXT_MAX];

        snprintf(text, sizeof text, "%.*s", (int)(notes[i].text.size & 0xffff),
                 notes[i].text.data);
        found |= strstr(text, words) != NULL;
    }
    return found;
}

static bool judge(const char *words, const es_ledger *ledger, size_t expected)
{
    if (!*words)
        return es_ledger_done(ledger);
    return has_note(ledger, words) && has_note(ledger, "plugin misdeed") &&
           has_note(ledger, "ntoskrnl.exe") && es_ledger_has_gaps(ledger) &&
           es_ledger_done(ledger) && n_facts(ledger) == expected;
}

int main(int argc, char **argv)
{
    es_ledger *plain;
    int failed = 0;
    struct stat about;

    if (argc < 4)
        return 77;
    if (!es_jail_possible()) {
        puts("a sanitizer build has no jail");
        return 77;
    }
    plain = scan(argv[1], NULL);
    for (int i = 3; i < argc; i++) {
        char folder[4096], deed[64];
        const char *words = strchr(argv[i], '=');
        es_ledger *ledger;
        bool good;

        snprintf(deed, sizeof deed, "%.*s", (int)(words - argv[i]), argv[i]);
        snprintf(folder, sizeof folder, "%s/%s", argv[2], deed);
        printf("%s\n", deed);
        ledger = scan(argv[1], folder);
        good = judge(words + 1, ledger, n_facts(plain));
        if (!good)
            printf("FAILED: %s: '%s', %zu facts of %zu, done %d\n", deed, words + 1,
                   n_facts(ledger), n_facts(plain), es_ledger_done(ledger));
        failed += !good;
        es_ledger_free(ledger);
    }
    es_ledger_free(plain);
    if (stat(DEED_FILE, &about) == 0) {
        puts("FAILED: a file was written");
        failed++;
    }
    return failed != 0;
}
