/* SPDX-License-Identifier: Apache-2.0
 *
 * test_cage.c: a scan in its cage, from the command line's words to a ledger; a child that dies is
 * begun again without what killed it; without the cage the findings are the same; a child that
 * waits for its parent, or for the medium, is not killed for it.
 */
#include "cage.h"

#include "base/jail.h"
#include "host/catalogue.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char *disks, *crashing;
static char catalogue_folder[4096];

static void no_watch(void *context, const es_record *record)
{
    (void)context, (void)record;
}

static es_cage_watch watch = no_watch;
static void *watch_context;
static uint64_t stall_seconds;
static bool no_landlock;
static void (*before_it_starts)(void);

static es_ledger *scan(const char *disk, const char *plugin_path, bool no_jail)
{
    es_catalogue_book *book = NULL;
    char path[4096];
    const char *paths[1] = { path };
    es_options options = { .command = ES_COMMAND_SCAN, .no_jail = no_jail,
                           .stall_seconds = stall_seconds, .no_landlock = no_landlock };
    es_broker *broker = NULL;
    es_ledger *ledger = NULL;
    es_note note;

    /* Without a catalogue a scan has a gap by itself. */
    assert_int_equal(es_catalogue_load(catalogue_folder, &book, &note), ES_OK);
    options.catalogue = es_catalogue_tables(book);
    if (plugin_path)
        options.plugin_paths[options.n_plugin_paths++] = plugin_path;
    snprintf(path, sizeof path, "%s/%s", disk[0] == '/' ? "" : disks, disk);
    assert_int_equal(es_broker_new(paths, 1, &broker, &note), ES_OK);
    if (before_it_starts)
        before_it_starts();
    assert_int_equal(es_cage_run(&options, broker, watch, watch_context, &ledger, NULL, &note), ES_OK);
    es_broker_free(broker);
    es_catalogue_book_free(book);
    assert_int_equal(es_ledger_close(ledger), ES_OK);
    return ledger;
}

static bool has_fence(const es_ledger *ledger, const char *words)
{
    const es_fence_record *fences = NULL;
    size_t n = es_ledger_fences(ledger, &fences);

    for (size_t i = 0; i < n; i++)
        if (strstr(fences[i].name, words))
            return true;
    return false;
}

static size_t n_facts(const es_ledger *ledger)
{
    const es_fact_record *facts = NULL;

    return es_ledger_facts(ledger, &facts);
}

static void with_and_without(void **unused)
{
    es_ledger *caged = scan("amd64-6003-consistent.raw", NULL, false);
    es_ledger *free_one = scan("amd64-6003-consistent.raw", NULL, true);

    (void)unused;
    assert_true(es_ledger_done(caged) && es_ledger_done(free_one));
    assert_true(has_fence(caged, es_jail_possible() ? "seccomp" : "none"));
    assert_true(has_fence(free_one, "none (--no-jail)"));
    assert_true(n_facts(caged) > 10);
    assert_int_equal(n_facts(caged), n_facts(free_one));
    assert_false(es_ledger_has_gaps(caged));
    assert_false(es_ledger_has_gaps(free_one));
    es_ledger_free(caged);
    es_ledger_free(free_one);
}

/* A kernel without Landlock: another fence, or none, and the same findings. */
static void without_landlock(void **unused)
{
    es_ledger *ledger, *plain = scan("amd64-6003-consistent.E01", NULL, false);

    (void)unused;
    no_landlock = true;
    ledger = scan("amd64-6003-consistent.E01", NULL, false);
    no_landlock = false;
    assert_false(has_fence(ledger, "landlock"));
    assert_false(has_fence(plain, "root-is-proc") && has_fence(plain, "landlock"));
    assert_false(es_ledger_has_gaps(ledger));
    assert_int_equal(n_facts(ledger), n_facts(plain));
    es_ledger_free(ledger);
    es_ledger_free(plain);
}

static void refused_image(void **unused)
{
    es_ledger *ledger = scan("refused.Ex01", NULL, false);

    (void)unused;
    assert_non_null(es_ledger_refused(ledger));
    assert_null(es_ledger_image(ledger));
    es_ledger_free(ledger);
}

/* The plugin `crash` dies on the kernel: everything else is found, and a note says what is missing. */
static void a_plugin_that_crashes(void **unused)
{
    es_ledger *ledger, *plain;
    const es_note_record *notes = NULL;
    size_t n, found = 0;

    (void)unused;
    if (!crashing)
        skip();
    plain = scan("amd64-6003-consistent.raw", NULL, false);
    ledger = scan("amd64-6003-consistent.raw", crashing, false);
    assert_true(es_ledger_done(ledger));
    assert_true(es_ledger_has_gaps(ledger));
    assert_int_equal(n_facts(ledger), n_facts(plain));
    n = es_ledger_notes(ledger, &notes);
    for (size_t i = 0; i < n; i++) {
        char text[ES_NOTE_TEXT_MAX];

        snprintf(text, sizeof text, "%.*s", (int)notes[i].text.size, notes[i].text.data);
        found += strstr(text, "ended by a signal") && strstr(text, "plugin crash") &&
                 strstr(text, "ntoskrnl.exe");
    }
    assert_int_equal(found, 1);
    es_ledger_free(ledger);
    es_ledger_free(plain);
}

/* ---- a parent that takes its time: the child waits for it, and that is no stall ---- */

/* Longer than the patience, by more than the guard's step; of two looks one may be unlucky. */
#define PATIENCE 2
static const struct timespec long_time = { PATIENCE + 2, 500000000 };
static bool slow_open;

/* What the broker opens files by, here. */
int open64(const char *path, int flags, ...);

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {
        va_list list;

        va_start(list, flags);
        mode = va_arg(list, mode_t);
        va_end(list);
    }
    if (slow_open && strstr(path, ".E02"))
        nanosleep(&long_time, NULL);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static void slow_watch(void *context, const es_record *record)
{
    bool *waited = context;

    if (!*waited && record->kind == ES_RECORD_FACT)
        nanosleep(&long_time, NULL);
    *waited |= record->kind == ES_RECORD_FACT;
}

static void a_parent_that_is_slow(void **unused)
{
    bool waited = false;
    es_ledger *ledger;

    (void)unused;
    stall_seconds = PATIENCE;
    slow_open = true;
    ledger = scan("amd64-6003-consistent.E01", NULL, false);
    slow_open = false;
    assert_false(es_ledger_has_gaps(ledger));
    es_ledger_free(ledger);
    watch = slow_watch;
    watch_context = &waited;
    ledger = scan("updates-2500-packages.raw", NULL, false);
    watch = no_watch;
    assert_true(waited);
    assert_false(es_ledger_has_gaps(ledger));
    es_ledger_free(ledger);
    stall_seconds = 0;
}

/* ---- a medium that is slow, and lets its reader sleep as no disk does: a file system in user
 * space, past the page cache (a reader that waits for a page sleeps as for a disk) ---- */

static struct {
    char at[32]; /* where ewfmount shows the media of an E01 as a file */
    pid_t pid;
    pthread_t resuming;
    bool stopped;
} mounted;

static bool mount_media(const char *e01)
{
    char media[64];
    struct timespec moment = { 0, 50000000 };

    strcpy(mounted.at, "/tmp/test_cage.XXXXXX");
    assert_non_null(mkdtemp(mounted.at));
    snprintf(media, sizeof media, "%s/ewf1", mounted.at);
    mounted.pid = fork();
    if (mounted.pid == 0) {
        int nothing = open("/dev/null", O_RDWR);

        dup2(nothing, 1);
        dup2(nothing, 2);
        execlp("ewfmount", "ewfmount", "-v", "-X", "direct_io", e01, mounted.at, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; mounted.pid > 0 && i < 200; i++) {
        if (access(media, R_OK) == 0)
            return true;
        if (waitpid(mounted.pid, NULL, WNOHANG) != 0)
            mounted.pid = 0; /* not installed, or not permitted here */
        nanosleep(&moment, NULL);
    }
    return false;
}

static void unmount_media(void)
{
    if (mounted.pid > 0) {
        kill(mounted.pid, SIGCONT);
        kill(mounted.pid, SIGTERM);
        waitpid(mounted.pid, NULL, 0);
        umount2(mounted.at, MNT_DETACH);
    }
    rmdir(mounted.at);
}

static void *resume(void *unused)
{
    (void)unused;
    nanosleep(&long_time, NULL);
    kill(mounted.pid, SIGCONT);
    return NULL;
}

/* The media is open; whoever reads of it now waits. */
static void stop_medium(void)
{
    mounted.stopped = kill(mounted.pid, SIGSTOP) == 0 &&
                      pthread_create(&mounted.resuming, NULL, resume, NULL) == 0;
}

static void a_medium_that_is_slow(void **unused)
{
    char path[4096];
    es_ledger *ledger;
    bool has_gaps;

    (void)unused;
    snprintf(path, sizeof path, "%s/amd64-6003-consistent.E01", disks);
    if (!mount_media(path)) {
        unmount_media();
        skip();
    }
    snprintf(path, sizeof path, "%s/ewf1", mounted.at);
    stall_seconds = PATIENCE;
    before_it_starts = stop_medium;
    ledger = scan(path, NULL, false);
    before_it_starts = NULL;
    stall_seconds = 0;
    if (mounted.stopped)
        pthread_join(mounted.resuming, NULL);
    has_gaps = es_ledger_has_gaps(ledger);
    es_ledger_free(ledger);
    unmount_media();
    assert_true(mounted.stopped);
    assert_false(has_gaps);
}

/* Started by a program that does not want to hear of its children, as daemons are. */
static void a_parent_of_no_children(void **unused)
{
    (void)unused;
    signal(SIGCHLD, SIG_IGN);
    a_plugin_that_crashes(NULL);
    signal(SIGCHLD, SIG_DFL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_and_without),
        cmocka_unit_test(without_landlock),
        cmocka_unit_test(refused_image),
        cmocka_unit_test(a_plugin_that_crashes),
        cmocka_unit_test(a_parent_that_is_slow),
        cmocka_unit_test(a_medium_that_is_slow),
        cmocka_unit_test(a_parent_of_no_children),
    };

    if (argc < 3)
        return 77;
    disks = argv[2];
    (void)snprintf(catalogue_folder, sizeof catalogue_folder, "%s/../src/host/catalogue", argv[1]);
    crashing = argc > 3 ? argv[3] : NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
