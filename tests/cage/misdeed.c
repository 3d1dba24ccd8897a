/* SPDX-License-Identifier: Apache-2.0
 *
 * misdeed.c: a plugin that does on the kernel what no plugin may, one deed for each build of it.
 */
#include <esuscan/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const es_want wants[] = {
    { .size = sizeof(es_want), .kind = ES_KIND_EXECUTABLE, .scope = ES_SCOPE_SYSTEM_ROOT,
      .path = "System32/ntoskrnl.exe", .means = "to misbehave on it" },
};

static volatile int never;

static inline void crash(void)
{
    abort();
}

static inline void spin(void)
{
    while (!never)
        ;
}

static inline void wait_for_ever(void)
{
    while (!never)
        pause();
}

static inline void sleep_for_ever(void)
{
    struct timespec day = { 86400, 0 };

    while (!never)
        nanosleep(&day, NULL);
}

static inline void allocate(void)
{
    size_t size = 1u << 20;

    for (;;) { /* touched, so that it is really there; NULL is not looked for */
        volatile char *more = malloc(size);

        for (size_t i = 0; i < size; i += 4096)
            more[i] = 1;
    }
}

static inline void recurse(void)
{
    volatile char frame[65536];

    frame[0] = 1;
    if (!never)
        recurse();
    never = frame[0] == 2;
}

static inline void open_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd >= 0)
        close(fd);
}

static inline void run_program(void)
{
    static char *const arguments[] = { "/bin/true", NULL };

    execv("/bin/true", arguments);
}

static inline void write_file(void)
{
    int fd = open(DEED_FILE, O_WRONLY | O_CREAT, 0600);

    if (fd >= 0)
        close(fd);
}

static inline void kill_parent(void)
{
    kill(getppid(), SIGKILL);
}

static inline void start_process(void)
{
    if (fork() == 0)
        _exit(0);
}

static inline void scribble(void)
{
    for (int fd = 0; fd < 64; fd++) /* the pipe among them: no record of ours */
        if (write(fd, "nonsense nonsense", 17) < 0)
            continue;
}

static inline void stop_itself(void)
{
    raise(SIGSTOP);
}

/* Questions to the parent, and no ear for its answers: first their queue is full, then ours. */
static inline void ask_for_ever(void)
{
    int asked = -1;
    struct stat about;

    for (int fd = 3; fd < 64; fd++) /* the one for questions was opened last */
        if (fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode))
            asked = fd;
    while (write(asked, "nonsense", 8) > 0)
        ;
}

/* The frame of ES_RECORD_DONE, on the stream for records, which was opened first; and no end. */
static inline void say_done(void)
{
    static const unsigned char done[] = { 1, 0, 0, 0, 17 };
    struct stat about;

    for (int fd = 3; fd < 64; fd++)
        if (fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode) &&
            write(fd, done, sizeof done) == (ssize_t)sizeof done)
            break;
    sleep_for_ever();
}

static void *sleeper(void *unused)
{
    sleep_for_ever();
    return unused;
}

/* The process goes on with its second thread alone. */
static inline void end_first_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, sleeper, NULL) == 0)
        syscall(SYS_exit, 0);
}

#ifdef DEED_AT_LOAD
/* Before the cage is closed: a process that holds all that the child had open, and outlives it. */
__attribute__((constructor)) static void leave_a_process(void)
{
    if (fork() == 0) {
        for (int fd = 0; fd <= 2; fd++) /* the test's own */
            close(fd);
        alarm(200);
        wait_for_ever();
    }
}
#endif

static es_status examine(void *state, const es_host *host, const es_artefact *artefact)
{
    (void)state, (void)host, (void)artefact;
    DEED();
    return DEED_STATUS;
}

ES_PLUGIN_EXPORT const es_plugin esuscan_plugin = {
    .abi = ES_ABI,
    .size = sizeof(es_plugin),
    .name = "misdeed",
    .version = "1",
    .summary = "a plugin that misbehaves",
    .wants = wants,
    .n_wants = ES_COUNT(wants),
    .examine = examine,
};
