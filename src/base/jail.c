/* SPDX-License-Identifier: Apache-2.0
 *
 * jail.c: see jail.h.
 *
 * The filter is a list of what is allowed. What parsers and the C library ask for out of habit and
 * can do without (is it a terminal? where am I?) is answered with an error; everything else, a
 * socket, a program, a file opened for writing, kills the process: no honest parser asks for it,
 * and the parent reports it.
 */
#include "base/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

bool es_jail_possible(void)
{
    return !SANITIZED;
}

es_status es_jail_prepare(void)
{
    /* glibc loads character set modules from disk the first time they are asked for, and keeps
     * them while a descriptor is open: these stay open for the life of the process. */
    static const char *const pairs[][2] = {
        { "UTF-8", "UTF-16LE" }, { "UTF-16LE", "UTF-8" }, { "UTF-8", "LATIN1" },
        { "LATIN1", "UTF-8" },   { "UTF-8", "UTF-16" },   { "UTF-8", "WINDOWS-1252" },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        iconv_t opened = iconv_open(pairs[i][0], pairs[i][1]);
        char in[] = "a\0b", out[16], *in_at = in, *out_at = out;
        size_t in_left = 2, out_left = sizeof out;

        if (opened == (iconv_t)-1)
            continue; /* a C library without it: names in that encoding will not be read */
        iconv(opened, &in_at, &in_left, &out_at, &out_left);
    }
    return ES_OK;
}

static es_status limit(int resource, uint64_t value)
{
    struct rlimit limit = { (rlim_t)value, (rlim_t)value };

    return setrlimit(resource, &limit) == 0 ? ES_OK : ES_IO;
}

/* Above the soft limit comes SIGXCPU, which can be told from other ends; SIGKILL a little later. */
static es_status limit_processor(uint64_t seconds)
{
    struct rlimit limit = { (rlim_t)seconds, (rlim_t)seconds + 5 };

    return setrlimit(RLIMIT_CPU, &limit) == 0 ? ES_OK : ES_IO;
}

es_status es_jail_meter(uint64_t seconds)
{
    /* The only one of the process, and a part of it like its limits. */
    static timer_t meter;
    static bool made;
    struct itimerspec setting = { .it_value = { .tv_sec = (time_t)seconds } };
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGXCPU };

    if (!made && timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &meter) != 0)
        return ES_IO;
    made = true;
    return timer_settime(meter, 0, &setting, NULL) == 0 ? ES_OK : ES_IO;
}

static void fence(es_jail *jail, const char *name)
{
    if (jail->n_fences < ES_JAIL_FENCES_MAX)
        jail->fences[jail->n_fences++] = name;
}

/* Handle every right of the running kernel's Landlock and grant none. */
static bool landlock(void)
{
    struct landlock_ruleset_attr attributes = { 0 };
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    long ruleset;
    bool stands;

    if (version < 1)
        return false;
    /* Version 1 has 13 rights, 2 adds REFER, 3 adds TRUNCATE. */
    attributes.handled_access_fs = version == 1   ? (UINT64_C(1) << 13) - 1
                                   : version == 2 ? (UINT64_C(1) << 14) - 1
                                                  : (UINT64_C(1) << 15) - 1;
    ruleset = syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0)
        return false;
    stands = syscall(SYS_landlock_restrict_self, (int)ruleset, 0) == 0;
    close((int)ruleset);
    return stands;
}

/* Make /proc the root: the only files that have a name then are those about processes, and of these
 * a process in a user namespace of its own may look into itself alone. */
static bool turn_root(void)
{
    return unshare(CLONE_NEWUSER) == 0 && chroot("/proc") == 0 && chdir("/") == 0;
}

/* Calls a parser, an allocator and threads need, with any arguments. */
static const int allowed[] = {
    SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(preadv), SCMP_SYS(lseek),
    SCMP_SYS(write), SCMP_SYS(pwrite64), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(fstat),
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),
    SCMP_SYS(futex_waitv), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(fadvise64),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getrandom), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(restart_syscall),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname),
    SCMP_SYS(membarrier), SCMP_SYS(arch_prctl), SCMP_SYS(dup),
    SCMP_SYS(timer_settime),
};

/* Calls that are refused with an error and survived. */
static const struct {
    int call;
    int error;
} refused[] = {
    { SCMP_SYS(ioctl), ENOTTY },       { SCMP_SYS(clone3), ENOSYS },
    { SCMP_SYS(stat), EACCES },        { SCMP_SYS(lstat), EACCES },
    { SCMP_SYS(statx), ENOSYS },       { SCMP_SYS(access), EACCES },
    { SCMP_SYS(faccessat), EACCES },   { SCMP_SYS(faccessat2), EACCES },
    { SCMP_SYS(readlink), EACCES },    { SCMP_SYS(readlinkat), EACCES },
    { SCMP_SYS(getcwd), EACCES },      { SCMP_SYS(sched_setaffinity), EPERM },
    { SCMP_SYS(sched_setscheduler), EPERM }, { SCMP_SYS(set_mempolicy), EPERM },
    { SCMP_SYS(getuid), EPERM },       { SCMP_SYS(geteuid), EPERM },
};

/* Argument `n` equals `value`. */
static struct scmp_arg_cmp equals(unsigned n, scmp_datum_t value)
{
    struct scmp_arg_cmp compare = { n, SCMP_CMP_EQ, value, 0 };

    return compare;
}

static int add_open(scmp_filter_ctx filter)
{
    const uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);

    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY)) ||
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
}

/* Memory never both written and run; no executable mapping of any kind. */
static int add_memory(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) ||
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int add_descriptor_calls(scmp_filter_ctx filter, int socket)
{
    static const int commands[] = { F_GETFL, F_GETFD, F_SETFD, F_ADD_SEALS, F_GET_SEALS,
                                    F_DUPFD_CLOEXEC };
    int failed = 0;

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                   equals(1, (scmp_datum_t)commands[i]));
    /* fstat(fd) as newer C libraries spell it: an empty path. */
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                               SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0x1000));
    /* By a name it is refused, as stat is: the C library asks for /etc/localtime. */
    failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1,
                               SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0));
    if (socket >= 0) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1,
                                   equals(0, (scmp_datum_t)socket));
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 1,
                                   equals(0, (scmp_datum_t)socket));
    }
    return failed;
}

static int add_process_calls(scmp_filter_ctx filter)
{
    const uint64_t thread = 0x00010000; /* CLONE_THREAD */
    int failed = 0;

    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
    /* abort() signals the calling process only; a process that stops itself would never end. */
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2,
                               equals(0, (scmp_datum_t)getpid()), equals(2, SIGABRT));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                               equals(2, (scmp_datum_t)0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               equals(0, (scmp_datum_t)PR_SET_NAME));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               equals(0, (scmp_datum_t)0x53564d41)); /* PR_SET_VMA: malloc's names */
    return failed;
}

static bool filter_calls(int socket)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int failed = 0;

    if (!filter)
        return false;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused[i].error),
                                   refused[i].call, 0);
    failed |= add_open(filter);
    failed |= add_memory(filter);
    failed |= add_descriptor_calls(filter, socket);
    failed |= add_process_calls(filter);
    if (!failed)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    return !failed;
}

es_status es_jail_enter(const es_jail_limits *limits, int socket, es_jail *ret_jail,
                        es_note *reterr_note)
{
    es_jail jail = { .n_fences = 0 };

    if (!es_jail_possible()) {
        fence(&jail, "none (sanitizer build)");
        *ret_jail = jail;
        return ES_OK;
    }
    if (limit(RLIMIT_CORE, 0) != ES_OK)
        goto refused;
    if (limits->memory && limit(RLIMIT_AS, limits->memory) == ES_OK)
        fence(&jail, "rlimit-memory");
    if (limits->cpu_seconds && limit_processor(limits->cpu_seconds) == ES_OK)
        fence(&jail, "rlimit-cpu");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        goto refused;
    fence(&jail, "no-new-privileges");
    if (!limits->no_landlock && landlock())
        fence(&jail, "landlock");
    else if (turn_root())
        fence(&jail, "root-is-proc");
    if (!filter_calls(socket))
        goto refused;
    fence(&jail, "seccomp");
    *ret_jail = jail;
    return ES_OK;

refused:
    es_note_set(reterr_note, ES_SEVERITY_ERROR, "jail",
                "The cage for the analysis could not be closed (%s), so no evidence was read. "
                "If this kernel has no seccomp, --no-jail runs the analysis without it.",
                strerror(errno));
    return ES_UNSUPPORTED;
}
