/* SPDX-License-Identifier: Apache-2.0
 *
 * cage.c: see cage.h.
 *
 * Records cross one stream, requests for evidence files one socket. The child buffers records and
 * sends them before each step it takes, so that whatever a step does, all that was found before it
 * has left the cage.
 */
#include "cage.h"

#include "base/jail.h"
#include "host/limits.h"
#include "ledger/wire.h"
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Address space of the child: two large hives mapped twice, caches, threads, and room. */
#define CHILD_MEMORY (UINT64_C(6) << 30)
/* Processor time: a scan takes seconds; hashing a large image takes hours. */
#define CHILD_CPU_SECONDS UINT64_C(900)
#define CHILD_CPU_SECONDS_VERIFY UINT64_C(172800)
/* And of one step of it: a large event log takes some seconds, on a slow machine. */
#define STEP_CPU_SECONDS UINT64_C(120)
/* Sleeping, all threads of it, at so many looks a second apart, and neither a medium nor the parent
 * has to answer first: nothing will ever wake it. The number is patience and decides nothing: a
 * child that would go on is runnable at the first look, however little processor time it gets. */
#define STALL_SECONDS UINT64_C(60)
#define FLUSH_FROM (UINT64_C(64) << 10)

/* ------------------------------------------------------------------ the child */

typedef struct sender {
    int fd;
    es_buffer buffer;
    uint64_t step_seconds; /* 0: the meter is not in use */
} sender;

static es_status flush(sender *to)
{
    uint64_t at = 0;

    while (at < to->buffer.size) {
        ssize_t n = write(to->fd, to->buffer.data + at, (size_t)(to->buffer.size - at));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ES_IO;
        at += (uint64_t)n;
    }
    es_buffer_clear(&to->buffer);
    return ES_OK;
}

static es_status send_record(void *context, const es_record *record, es_bytes frame)
{
    sender *to = context;

    es_buffer_bytes(&to->buffer, frame.data, frame.size);
    if (to->buffer.failed)
        return to->buffer.failed;
    /* Hashing takes as long as the image is large. */
    if (record->kind == ES_RECORD_STEP && to->step_seconds)
        es_jail_meter(!record->step.plugin && !record->step.artefact &&
                              !strncmp(record->step.doing, "hash", 4)
                          ? 0
                          : to->step_seconds);
    if (record->kind == ES_RECORD_STEP || record->kind == ES_RECORD_DONE ||
        record->kind == ES_RECORD_REFUSED || to->buffer.size >= FLUSH_FROM)
        return flush(to);
    return ES_OK;
}

static es_status tell_fence(es_ledger *ledger, const char *name)
{
    es_record record = { .kind = ES_RECORD_FENCE, .fence = { name } };

    return es_ledger_put(ledger, &record);
}

static es_status enter_jail(const es_options *options, int socket, es_ledger *ledger)
{
    es_jail_limits limits = { options->memory ? options->memory : CHILD_MEMORY,
                              options->verify ? CHILD_CPU_SECONDS_VERIFY : CHILD_CPU_SECONDS,
                              options->no_landlock };
    es_jail jail = { .n_fences = 0 };
    es_record record = { .kind = ES_RECORD_REFUSED };
    es_note note;
    es_status status = es_jail_enter(&limits, socket, &jail, &note);

    if (status != ES_OK) {
        record.note = (es_note_record){ .severity = ES_SEVERITY_ERROR, .area = note.area,
                                        .text = es_text_of(note.text) };
        es_ledger_put(ledger, &record);
        return status;
    }
    for (unsigned i = 0; i < jail.n_fences && status == ES_OK; i++)
        status = tell_fence(ledger, jail.fences[i]);
    return status;
}

static bool is_kept(int fd, const int *kept, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (kept[i] == fd)
            return true;
    return false;
}

/* Nothing of what the parent has open goes into the cage: no store, log or terminal; only the
 * evidence, the stream and the socket. */
static es_status shed_descriptors(const es_broker *broker, int records, int socket)
{
    size_t n_files = 0, n = 0;
    const es_evidence_file *files = es_broker_files(broker, &n_files);
    int *kept = calloc(n_files + 2, sizeof *kept), last = 2;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (!kept || nothing < 0) {
        free(kept);
        return ES_NOMEM;
    }
    for (; n < n_files; n++)
        kept[n] = files[n].fd;
    kept[n++] = records;
    kept[n++] = socket;
    for (size_t i = 0; i < n; i++)
        last = kept[i] > last ? kept[i] : last;
    for (int fd = 0; fd <= 2; fd++)
        dup2(nothing, fd);
    for (int fd = 3; fd <= last; fd++)
        if (!is_kept(fd, kept, n))
            close(fd);
    close_range((unsigned)last + 1, ~0U, 0);
    free(kept);
    return ES_OK;
}

/* Everything the child does; its exit status tells how it ended. */
static es_status child(const es_options *options, es_broker *broker, const es_skip *skips,
                       size_t n_skips, int records, int socket)
{
    sender to = { records, es_buffer_make(ES_WIRE_FRAME_MAX + FLUSH_FROM * 2), 0 };
    es_ledger *ledger = NULL;
    es_plugins *plugins = NULL;
    es_record done = { .kind = ES_RECORD_DONE };
    es_status status = es_ledger_new(send_record, &to, &ledger);

    /* hivex prints what it reads when this is set, whatever it was asked. */
    unsetenv("HIVEX_DEBUG");
    if (status == ES_OK)
        status = es_scan_load_plugins(options, ledger, &plugins);
    if (status != ES_OK || !broker)
        return status == ES_OK ? es_ledger_put(ledger, &done) : status;
    status = es_jail_prepare();
    if (status == ES_OK && es_jail_possible())
        status = shed_descriptors(broker, records, socket);
    to.step_seconds = options->step_seconds ? options->step_seconds : STEP_CPU_SECONDS;
    if (es_jail_meter(to.step_seconds) != ES_OK)
        to.step_seconds = 0;
    if (status == ES_OK)
        status = enter_jail(options, socket, ledger);
    if (status == ES_OK) {
        es_evidence evidence = { .sibling = es_broker_ask, .context = &socket,
                                 .threads = options->jobs };

        evidence.files = es_broker_files(broker, &evidence.n_files);
        status = es_scan_evidence(options, &evidence, plugins, skips, n_skips, ledger);
    }
    flush(&to);
    return status;
}

/* ------------------------------------------------------------------ the parent */

typedef struct attempt {
    es_skip skips[ES_SKIPS_MAX];
    int signals[ES_SKIPS_MAX]; /* that ended each: 0: none, or STALLED … for our reason */
    size_t n_skips;
} attempt;

#define STALLED (-1)
#define GARBLED (-2)

/* How a child ended before it had said all: its wait status, and our reason if we ended it. */
typedef struct ending {
    int status, ours;
} ending;

typedef struct serving {
    es_broker *broker;
    int socket;
} serving;

/* Whether the child is still doing something; looked at by a thread of its own. */
typedef struct guarding {
    pid_t pid;
    uint64_t seconds;
    int records;             /* our end of the stream */
    const es_broker *broker; /* or NULL */
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool ended;
    bool stalled; /* it did not, and was killed */
} guarding;

static void *serve(void *context)
{
    serving *at = context;

    es_broker_serve(at->broker, at->socket);
    return NULL;
}

/* Whether the thread waits inside a read of evidence. A disk makes it sleep otherwise ('D'), a file
 * system in user space (an image mounted from an image, a network) does not. False when the kernel
 * does not tell. */
static bool waits_for_medium(const char *task)
{
    char name[400], text[200] = "";
    FILE *file;
    long call = -1;

    snprintf(name, sizeof name, "%s/syscall", task);
    file = fopen(name, "re");
    if (file && fgets(text, sizeof text, file) && sscanf(text, "%ld ", &call) != 1)
        call = -1;
    if (file)
        fclose(file);
    return call == SYS_pread64;
}

/* Every thread of the process sleeps, not for a medium, or has ended ('Z': the first one, while
 * others go on); and the processor time that it has had. */
static bool is_asleep(pid_t pid, uint64_t *ret_ticks)
{
    char path[64];
    DIR *tasks;
    struct dirent *each;
    bool asleep = true;

    *ret_ticks = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    while (tasks && (each = readdir(tasks))) {
        char name[400], text[1024] = "", state = '?';
        unsigned long user = 0, system = 0;
        const char *at;
        FILE *file;

        if (each->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s/stat", path, each->d_name);
        file = fopen(name, "re");
        at = file && fgets(text, sizeof text, file) ? strrchr(text, ')') : NULL;
        if (at && sscanf(at + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state,
                         &user, &system) == 3)
            *ret_ticks += user + system;
        if (file)
            fclose(file);
        name[strlen(name) - strlen("/stat")] = '\0';
        asleep = asleep && (state == 'S' || state == 'Z') && !waits_for_medium(name);
    }
    if (tasks)
        closedir(tasks);
    return asleep && tasks;
}

static bool has_unread(const guarding *at)
{
    int unread = 0;

    return ioctl(at->records, FIONREAD, &unread) == 0 && unread > 0;
}

/* Whether the child may be waiting for us: to open a file, or to read what it has said. */
static bool waits_for_us(const guarding *at)
{
    return (at->broker && es_broker_is_busy(at->broker)) || has_unread(at);
}

/* Whether the child is at its end; it stays there to be waited for. */
static bool is_gone(pid_t pid)
{
    siginfo_t about = { .si_pid = 0 };

    return waitid(P_PID, (id_t)pid, &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           about.si_pid == pid;
}

/* A child that waits for what never comes uses no processor time, so the meter does not see it. One
 * that is merely not given the processor is runnable and does not sleep; one that waits for a slow
 * disk or a slow parent is left alone. So this too does not depend on load.
 *
 * A plugin that is loaded may start a process before the cage is closed, and that holds our stream
 * open when the child is gone: it is not waited for. */
static void *guard(void *context)
{
    guarding *at = context;
    uint64_t before = 0, now, idle = 0;
    struct timespec until;
    bool ours;

    pthread_mutex_lock(&at->lock);
    while (!at->ended) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        if (pthread_cond_timedwait(&at->end, &at->lock, &until) == 0)
            continue;
        /* Asked before and after: we may answer between the two looks. */
        ours = waits_for_us(at);
        idle = is_asleep(at->pid, &now) && now == before && !ours && !waits_for_us(at) ? idle + 1
                                                                                      : 0;
        before = now;
        if (idle >= at->seconds && !at->ended) {
            at->stalled = true;
            kill(at->pid, SIGKILL);
            idle = 0;
        }
        if (is_gone(at->pid) && !has_unread(at)) {
            shutdown(at->records, SHUT_RD);
            break;
        }
    }
    pthread_mutex_unlock(&at->lock);
    return NULL;
}

/* Start the child. Its ends of the stream and the socket stay with it alone. */
static pid_t start(const es_options *options, es_broker *broker, const attempt *now,
                   int ret_records[1], int ret_socket[1])
{
    int records[2], sockets[2];
    pid_t parent = getpid(), pid;

    /* Not a pipe: the reading of one ends only with its last writer. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, records) != 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
        close(records[0]);
        close(records[1]);
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        close(records[0]);
        close(sockets[0]);
        /* Nothing is left to do for a child whose parent is gone. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
            _exit(1);
        _exit(child(options, broker, now->skips, now->n_skips, records[1], sockets[1]) == ES_OK
                  ? 0
                  : 1);
    }
    close(records[1]);
    close(sockets[1]);
    if (pid < 0) {
        close(records[0]);
        close(sockets[0]);
        return -1;
    }
    ret_records[0] = records[0];
    ret_socket[0] = sockets[0];
    return pid;
}

static int wait_for(pid_t pid)
{
    int end = 0;

    while (waitpid(pid, &end, 0) < 0 && errno == EINTR)
        ;
    return end;
}

void es_cage_leave(pid_t leaving)
{
    if (leaving <= 0)
        return;
    kill(leaving, SIGKILL); /* it has memory to give back, which the kernel does, or is no good */
    wait_for(leaving);
}

/* Run one child until it has said all, `ret_leaving`, or to its end. */
static es_status run_once(const es_options *options, es_broker *broker, const attempt *now,
                          es_cage_watch watch, void *context, es_ledger *ledger,
                          pid_t *ret_leaving, ending *ret_end)
{
    int records, socket;
    pthread_t thread, guard_thread;
    serving at = { broker, -1 };
    guarding over = { .seconds = options->stall_seconds ? options->stall_seconds : STALL_SECONDS,
                      .lock = PTHREAD_MUTEX_INITIALIZER, .end = PTHREAD_COND_INITIALIZER };
    bool threaded, guarded;
    pid_t pid = start(options, broker, now, &records, &socket);
    es_status status;

    if (pid < 0)
        return ES_IO;
    at.socket = socket;
    threaded = broker && pthread_create(&thread, NULL, serve, &at) == 0;
    over.pid = pid;
    over.records = records;
    over.broker = broker;
    guarded = pthread_create(&guard_thread, NULL, guard, &over) == 0;
    status = es_wire_read(records, ledger, watch, context);
    /* A stream that is malformed ends the child: nothing it says after can be believed. */
    if (status != ES_OK)
        kill(pid, SIGKILL);
    /* The guard must not kill a process that is no longer ours: it ends before the child is
     * waited for. */
    pthread_mutex_lock(&over.lock);
    over.ended = true;
    pthread_cond_signal(&over.end);
    pthread_mutex_unlock(&over.lock);
    if (guarded)
        pthread_join(guard_thread, NULL);
    close(records);
    if (status == ES_OK && es_ledger_done(ledger))
        *ret_leaving = pid;
    else
        *ret_end = (ending){ wait_for(pid), over.stalled ? STALLED
                                            : status == ES_CORRUPT ? GARBLED : 0 };
    shutdown(socket, SHUT_RDWR); /* nothing is answered any more */
    if (threaded)
        pthread_join(thread, NULL);
    close(socket);
    return status;
}

static const char *signal_name(int number)
{
    const char *name = sigdescr_np(number);

    return name ? name : "unknown signal";
}

/* What a signal means here, for the examiner. */
static const char *cause(int number)
{
    switch (number) {
    case 0:
        return "it ran out of memory or failed";
    case STALLED:
        return "it waited for something that never came";
    case GARBLED:
        return "it sent something that is no record";
    case SIGSYS:
        return "it asked for something that the cage forbids";
    case SIGXCPU:
        return "it used more processor time than a step may";
    case SIGKILL:
        return "it was killed from outside, perhaps for want of memory";
    default:
        return "it crashed";
    }
}

static es_status put_note(es_ledger *ledger, uint32_t installation, const es_note *note)
{
    es_record record = { .kind = ES_RECORD_NOTE };

    record.note = (es_note_record){ .severity = note->severity, .area = note->area,
                                    .installation = installation,
                                    .text = es_text_of(note->text) };
    if (installation && !es_ledger_installation(ledger, installation))
        record.note.installation = 0;
    return es_ledger_put(ledger, &record);
}

/* What was left out, and why, in the words of the parent. */
static es_status tell_skips(es_ledger *ledger, const attempt *now)
{
    es_status status = ES_OK;

    for (size_t i = 0; i < now->n_skips && status == ES_OK; i++) {
        const es_skip *skip = &now->skips[i];
        es_note note;

        es_note_set(&note, ES_SEVERITY_ERROR, "analysis",
                    "The analysis %s%s%s during the step '%s'%s%s%s%s: %s. It was "
                    "begun again without that step, so what the step would have found is missing. "
                    "Please report this as a defect.",
                    now->signals[i] > 0 ? "was ended by a signal (" : now->signals[i] < 0
                        ? "was stopped" : "gave up",
                    now->signals[i] > 0 ? signal_name(now->signals[i]) : "",
                    now->signals[i] > 0 ? ")" : "", skip->doing, skip->plugin ? " of plugin " : "",
                    skip->plugin ? skip->plugin : "", skip->artefact ? " on " : "",
                    skip->artefact ? skip->artefact : "", cause(now->signals[i]));
        status = put_note(ledger, skip->installation, &note);
    }
    return status;
}

/* The child's own words for a failure are its records; these are for when there are none. */
static es_status tell_end(es_ledger *ledger, int end, es_status wire)
{
    const es_step_record *step = es_ledger_last_step(ledger);
    const char *doing = step && step->doing ? step->doing : "start";
    es_note note;

    if (es_ledger_done(ledger) || es_ledger_refused(ledger))
        return ES_OK;
    if (wire == ES_CORRUPT || wire == ES_LIMIT)
        es_note_set(&note, ES_SEVERITY_ERROR, "analysis",
                    "The analysis sent something that is no record during the step '%s' and was "
                    "stopped. What it had found before is reported.",
                    doing);
    else if (WIFSIGNALED(end))
        es_note_set(&note, ES_SEVERITY_ERROR, "analysis",
                    "The analysis was ended by a signal (%s) during the step '%s'. What it had "
                    "found before is reported.",
                    signal_name(WTERMSIG(end)), doing);
    else
        es_note_set(&note, ES_SEVERITY_ERROR, "analysis",
                    "The analysis could not go on (out of memory, or an input/output error) in the "
                    "step '%s'. What it had found before is reported.",
                    doing);
    return put_note(ledger, 0, &note);
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

/* Whether the step that killed the child can be left out next time; remembers it. */
static bool leave_out(attempt *now, const es_ledger *ledger, const ending *end)
{
    const es_step_record *step = es_ledger_last_step(ledger);
    union {
        char *ours;
        const char *text;
    } plugin, artefact, doing;

    if (es_ledger_done(ledger) || !step || (!step->plugin && !step->artefact) ||
        now->n_skips == ES_SKIPS_MAX)
        return false;
    /* A plugin may end the analysis without a signal too: it takes all memory and says so, or it
     * spoils the stream and the child is at its end before it can be killed. */
    if (!WIFSIGNALED(end->status) && (!step->plugin || es_ledger_refused(ledger)))
        return false;
    plugin.ours = copy(step->plugin);
    artefact.ours = copy(step->artefact);
    doing.ours = copy(step->doing);
    now->signals[now->n_skips] = end->ours                  ? end->ours
                                 : WIFSIGNALED(end->status) ? WTERMSIG(end->status)
                                                            : 0;
    now->skips[now->n_skips++] =
        (es_skip){ step->installation, plugin.text, artefact.text, doing.text };
    return true;
}

static void attempt_free(attempt *now)
{
    for (size_t i = 0; i < now->n_skips; i++) {
        union {
            const char *text;
            char *ours;
        } members[3] = { { now->skips[i].plugin }, { now->skips[i].artefact },
                         { now->skips[i].doing } };

        for (int k = 0; k < 3; k++)
            free(members[k].ours);
    }
}

/* One process, no cage: for kernels without seccomp, debuggers and the curious. */
static es_status run_here(const es_options *options, es_broker *broker, es_ledger *ledger)
{
    es_evidence evidence = { .sibling = es_broker_sibling, .context = broker,
                             .threads = options->jobs };
    es_plugins *plugins = NULL;
    es_status status = es_scan_load_plugins(options, ledger, &plugins);

    if (status == ES_OK)
        status = tell_fence(ledger, "none (--no-jail)");
    if (status == ES_OK) {
        evidence.files = es_broker_files(broker, &evidence.n_files);
        status = es_scan_evidence(options, &evidence, plugins, NULL, 0, ledger);
    }
    es_plugins_free(plugins);
    return status;
}

es_status es_cage_run(const es_options *options, es_broker *broker, es_cage_watch watch,
                      void *context, es_ledger **ret_ledger, pid_t *ret_leaving,
                      es_note *reterr_note)
{
    attempt now = { .n_skips = 0 };
    pid_t leaving = 0;
    es_ledger *ledger = NULL;
    es_status status;

    unsetenv("HIVEX_DEBUG"); /* it would write what it reads to standard error */
    signal(SIGCHLD, SIG_DFL); /* when it is ignored nobody is told how a child ended */
    for (;;) {
        ending end = { 0, 0 };
        es_status wire = ES_OK;

        status = es_ledger_new(NULL, NULL, &ledger);
        if (status != ES_OK)
            break;
        if (options->no_jail && broker) {
            status = run_here(options, broker, ledger);
            if (status != ES_OK)
                status = tell_end(ledger, 0, status);
            break;
        }
        wire = run_once(options, broker, &now, watch, context, ledger, &leaving, &end);
        if (wire < 0 && wire != ES_NOMEM) {
            es_note_set(reterr_note, ES_SEVERITY_ERROR, "analysis",
                        "The process for the analysis could not be started or read: %s.",
                        strerror(errno));
            status = wire;
            break;
        }
        if (leave_out(&now, ledger, &end)) {
            es_ledger_free(ledger);
            continue;
        }
        status = tell_skips(ledger, &now);
        if (status == ES_OK)
            status = tell_end(ledger, end.status, wire);
        break;
    }
    attempt_free(&now);
    if (status != ES_OK || !ret_leaving) {
        es_cage_leave(leaving);
        leaving = 0;
    }
    if (ret_leaving)
        *ret_leaving = leaving;
    if (status != ES_OK)
        es_ledger_free(ledger);
    else
        *ret_ledger = ledger;
    return status;
}
