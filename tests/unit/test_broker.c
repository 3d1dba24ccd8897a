/* SPDX-License-Identifier: Apache-2.0
 *
 * test_broker.c: what the parent opens for the child, and what it does not.
 */
#include "broker.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test-broker-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static es_broker *open_first(void)
{
    char path[128];
    const char *paths[1] = { path };
    es_broker *broker = NULL;
    es_note note;

    snprintf(path, sizeof path, "%s/case.E01", folder);
    assert_int_equal(es_broker_new(paths, 1, &broker, &note), ES_OK);
    return broker;
}

typedef es_status (*asker)(void *, const char *, es_evidence_file *);

/* The same answers by a call and through a socket. */
static void ask_for_all(asker ask, void *context)
{
    static const char *const refused[] = { "", ".", "..", "../case.E01", "/etc/passwd", "folder",
                                           "missing", "a/b" };
    es_evidence_file file;
    char bytes[8] = "";

    assert_int_equal(ask(context, "case.E02", &file), ES_OK);
    assert_int_equal(file.size, 6);
    assert_false(file.device);
    assert_int_equal(pread(file.fd, bytes, 6, 0), 6);
    assert_string_equal(bytes, "second");
    assert_int_equal(fcntl(file.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(ask(context, refused[i], &file), ES_ABSENT);
}

static void by_call(void **unused)
{
    es_broker *broker = open_first();
    es_broker_file asked;
    size_t n = 0;
    const es_evidence_file *files = es_broker_files(broker, &n);

    (void)unused;
    assert_int_equal(n, 1);
    assert_string_equal(files[0].name, "case.E01");
    assert_false(es_broker_asked(broker, 0, &asked));
    ask_for_all(es_broker_sibling, broker);
    assert_true(es_broker_asked(broker, 0, &asked));
    assert_string_equal(asked.name, "case.E02");
    assert_true(asked.size == 6 && asked.modified.tv_sec > 1000000000);
    assert_false(es_broker_asked(broker, 1, &asked));
    assert_non_null(strstr(es_broker_path(broker, "case.E02"), folder));
    assert_null(es_broker_path(broker, "missing"));
    es_broker_free(broker);
}

typedef struct serving {
    es_broker *broker;
    int socket;
} serving;

static void *serve(void *context)
{
    serving *at = context;

    es_broker_serve(at->broker, at->socket);
    return NULL;
}

static void through_a_socket(void **unused)
{
    serving at = { open_first(), -1 };
    pthread_t thread;
    int ends[2];

    (void)unused;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    at.socket = ends[0];
    assert_int_equal(pthread_create(&thread, NULL, serve, &at), 0);
    ask_for_all(es_broker_ask, &ends[1]);
    /* A message that is no name. */
    assert_int_equal(send(ends[1], "a\0b", 3, 0), 3);
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
    es_broker_free(at.broker);
}

static void wake(int number)
{
    (void)number;
}

static void *serve_late(void *context)
{
    sigset_t alarm;

    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL);
    usleep(50000);
    return serve(context);
}

/* Signals that come while it waits are no answer. */
static void through_signals(void **unused)
{
    const struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { { 0, 0 }, { 0, 0 } };
    struct sigaction action = { .sa_handler = wake }, before;
    serving at = { open_first(), -1 };
    es_evidence_file file;
    es_status status;
    pthread_t thread;
    int ends[2];

    (void)unused;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    at.socket = ends[0];
    assert_int_equal(pthread_create(&thread, NULL, serve_late, &at), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    status = es_broker_ask(&ends[1], "case.E02", &file);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
    sigaction(SIGALRM, &before, NULL);
    es_broker_free(at.broker);
    assert_int_equal(status, ES_OK);
    assert_int_equal(file.size, 6);
    close(file.fd);
}

static void what_cannot_be_opened(void **unused)
{
    static const char *const paths[] = { "/no/such/image", "/tmp", "/dev/null" };
    static const char *const words[] = { "there is no such file", "is a directory",
                                         "neither a file nor a block device" };

    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        es_broker *broker = NULL;
        es_note note;

        assert_int_not_equal(es_broker_new(&paths[i], 1, &broker, &note), ES_OK);
        assert_non_null(strstr(note.text, words[i]));
        assert_non_null(strstr(note.text, paths[i]));
    }
}

static int set_up(void **unused)
{
    char path[128];

    (void)unused;
    if (!mkdtemp(folder))
        return -1;
    put("case.E01", "first");
    put("case.E02", "second");
    snprintf(path, sizeof path, "%s/folder", folder);
    return mkdir(path, 0700);
}

static int tear_down(void **unused)
{
    static const char *const names[] = { "case.E01", "case.E02" };
    char path[128];

    (void)unused;
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/folder", folder);
    rmdir(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_call),
        cmocka_unit_test(through_a_socket),
        cmocka_unit_test(through_signals),
        cmocka_unit_test(what_cannot_be_opened),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
