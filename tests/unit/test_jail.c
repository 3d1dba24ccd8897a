/* SPDX-License-Identifier: Apache-2.0
 *
 * test_jail.c: what the cage forbids does not happen, and what a parser needs still works.
 *
 * Each deed is done by a child of its own that first enters the jail. A forbidden one must kill the
 * child by SIGSYS or fail; an allowed one must succeed. Sanitizer builds have no jail: there the
 * test only asks that this is said.
 */
#include "base/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DONE 0
#define FAILED 1
#define NO_JAIL 2
#define KILLED 256

/* Of this kernel; found once. */
static bool landlock_stands, root_turns;
static bool no_landlock; /* do as if it had none */

/* A deed returns true when it came about. */
static int outcome(bool (*deed)(void))
{
    const es_jail_limits limits = { UINT64_C(4) << 30, 60, no_landlock };
    pid_t child;
    int status;

    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        es_jail jail;

        if (es_jail_prepare() != ES_OK || es_jail_enter(&limits, -1, &jail, NULL) != ES_OK)
            _exit(NO_JAIL);
        _exit(deed() ? DONE : FAILED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return KILLED + WTERMSIG(status);
    return WEXITSTATUS(status);
}

static bool opens_socket(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
static bool opens_local_socket(void) { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }
static bool runs_program(void) { return execl("/bin/true", "true", (char *)NULL) == 0; }
static bool forks(void) { return fork() >= 0; }
static bool writes_file(void) { return open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0; }
static bool creates_file(void) { return open("/tmp/esuscan-jail-test", O_WRONLY | O_CREAT, 0600) >= 0; }
static bool appends(void) { return open("/dev/null", O_WRONLY | O_APPEND) >= 0; }
static bool truncates(void) { return truncate("/tmp/esuscan-jail-test", 0) == 0; }
static bool removes(void) { return unlink("/tmp/esuscan-jail-test") == 0; }
static bool renames(void) { return rename("/tmp/a", "/tmp/b") == 0; }
static bool makes_folder(void) { return mkdir("/tmp/esuscan-jail-test", 0700) == 0; }
static bool changes_mode(void) { return chmod("/tmp", 01777) == 0; }
static bool signals_parent(void) { return kill(getppid(), 0) == 0; }
static bool asks_by_name(void)
{
    struct stat about;

    return fstatat(AT_FDCWD, "/etc/localtime", &about, 0) == 0;
}
static bool traces(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0; }
static bool lifts_limit(void)
{
    struct { uint64_t soft, hard; } limit = { 0, 0 };

    return syscall(SYS_prlimit64, 0, RLIMIT_AS, &limit, NULL) == 0;
}
static bool maps_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static bool turns_data_into_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}
static bool reads_file(void) { return open("/etc/passwd", O_RDONLY) >= 0; }
static bool takes_it_all(void)
{
    void *volatile all = malloc((size_t)5 << 30); /* clang leaves out what nobody looks at */

    return all != NULL;
}

static void forbidden_does_not_happen(void **state)
{
    static const struct {
        const char *name;
        bool (*deed)(void);
    } deeds[] = {
        { "a network socket", opens_socket }, { "a local socket", opens_local_socket },
        { "running a program", runs_program }, { "fork", forks },
        { "a nameless file", writes_file }, { "a new file", creates_file },
        { "appending", appends }, { "truncating", truncates }, { "removing", removes },
        { "renaming", renames }, { "a folder", makes_folder }, { "changing a mode", changes_mode },
        { "a signal to the parent", signals_parent }, { "tracing", traces },
        { "setting a limit", lifts_limit }, { "mapping code", maps_code },
        { "turning data into code", turns_data_into_code },
        { "more memory than is allowed", takes_it_all },
    };

    (void)state;
    if (!es_jail_possible())
        skip();
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        int how = outcome(deeds[i].deed);

        if (how != FAILED && how != KILLED + SIGSYS)
            fail_msg("%s: outcome %d", deeds[i].name, how);
    }
    assert_int_not_equal(access("/tmp/esuscan-jail-test", F_OK), 0);
}

/* Seccomp cannot tell one read-only open from another: Landlock does, where the kernel has it. */
static void landlock_keeps_files_away(void **state)
{
    (void)state;
    if (!es_jail_possible() || !landlock_stands)
        skip();
    assert_int_equal(outcome(reads_file), FAILED);
}

static bool opens_memfd(void)
{
    int fd = memfd_create("hive", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    char path[64], byte = 0;
    int again;

    if (fd < 0 || write(fd, "x", 1) != 1 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) != 0)
        return false;
    snprintf(path, sizeof path, "%s/self/fd/%d", no_landlock && root_turns ? "" : "/proc", fd);
    again = open(path, O_RDONLY | O_CLOEXEC);
    return again >= 0 && read(again, &byte, 1) == 1 && byte == 'x' &&
           mmap(NULL, 1, PROT_READ, MAP_PRIVATE, again, 0) != MAP_FAILED;
}

static void *twice(void *number)
{
    *(int *)number *= 2;
    return NULL;
}

static bool starts_thread(void)
{
    pthread_t thread;
    int number = 21;

    return pthread_create(&thread, NULL, twice, &number) == 0 &&
           pthread_join(thread, NULL) == 0 && number == 42;
}

static bool allocates(void)
{
    char *memory = malloc(64 << 20);

    if (!memory)
        return false;
    memset(memory, 1, 64 << 20);
    memory = realloc(memory, 128 << 20);
    free(memory);
    return memory != NULL;
}

static bool converts_text(void)
{
    iconv_t converter = iconv_open("UTF-8", "UTF-16LE");
    char in[] = "W\0i\0n", out[8], *in_at = in, *out_at = out;
    size_t in_left = 6, out_left = sizeof out;

    return converter != (iconv_t)-1 &&
           iconv(converter, &in_at, &in_left, &out_at, &out_left) == 0 && !memcmp(out, "Win", 3);
}

static pid_t parent;

static bool looks_into_the_parent(void)
{
    static const char *const names[] = { "root/etc/passwd", "environ", "mem", "fd/0", "cwd" };
    char path[64];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "/%d/%s", (int)parent, names[i]);
        if (open(path, O_RDONLY) >= 0)
            return true;
    }
    return false;
}

static bool leaves_the_root(void)
{
    return open("../etc/passwd", O_RDONLY) >= 0 || open("/self/root/etc/passwd", O_RDONLY) >= 0 ||
           open("/self/cwd/../etc/passwd", O_RDONLY) >= 0;
}

/* Without Landlock no file of the machine has a name, where user namespaces are to be had. */
static void root_keeps_files_away(void **state)
{
    (void)state;
    if (!es_jail_possible() || !root_turns)
        skip();
    parent = getpid();
    no_landlock = true;
    assert_int_equal(outcome(reads_file), FAILED);
    assert_int_equal(outcome(looks_into_the_parent), FAILED);
    assert_int_equal(outcome(leaves_the_root), FAILED);
    assert_int_equal(outcome(opens_memfd), DONE);
    assert_int_equal(outcome(starts_thread), DONE);
    no_landlock = false;
}

static void parsers_can_work(void **state)
{
    (void)state;
    if (es_jail_possible()) /* the C library asks, and lives with a refusal */
        assert_int_equal(outcome(asks_by_name), FAILED);
    assert_int_equal(outcome(opens_memfd), DONE);
    assert_int_equal(outcome(starts_thread), DONE);
    assert_int_equal(outcome(allocates), DONE);
    assert_int_equal(outcome(converts_text), DONE);
}

static bool aborts(void)
{
    abort();
}

/* A crash is a crash: the parent sees by which signal the child died. */
static void crash_shows_its_signal(void **state)
{
    (void)state;
    assert_int_equal(outcome(aborts), KILLED + SIGABRT);
}

static void name_fences(bool without_landlock, char names[512])
{
    int pipes[2];
    pid_t child;
    ssize_t n;

    memset(names, 0, 512);
    assert_int_equal(pipe(pipes), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const es_jail_limits none = { 0, 0, without_landlock };
        es_jail jail;

        if (es_jail_enter(&none, -1, &jail, NULL) != ES_OK)
            _exit(NO_JAIL);
        for (unsigned i = 0; i < jail.n_fences; i++)
            if (write(pipes[1], jail.fences[i], strlen(jail.fences[i])) < 0 ||
                write(pipes[1], " ", 1) < 0)
                _exit(FAILED);
        _exit(DONE);
    }
    close(pipes[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    n = read(pipes[0], names, 511);
    close(pipes[0]);
    assert_true(n > 0);
}

static void fences_have_names(void **state)
{
    char names[512];

    (void)state;
    name_fences(true, names);
    assert_null(strstr(names, "landlock"));
    root_turns = strstr(names, "root-is-proc") != NULL;
    name_fences(false, names);
    if (es_jail_possible()) {
        assert_non_null(strstr(names, "seccomp"));
        assert_null(strstr(names, "rlimit")); /* none was asked for */
    } else {
        assert_non_null(strstr(names, "none"));
    }
    landlock_stands = strstr(names, "landlock") != NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fences_have_names), /* first: it learns what this kernel has */
        cmocka_unit_test(forbidden_does_not_happen),
        cmocka_unit_test(landlock_keeps_files_away),
        cmocka_unit_test(root_keeps_files_away),
        cmocka_unit_test(parsers_can_work),
        cmocka_unit_test(crash_shows_its_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
