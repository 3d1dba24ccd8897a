/* SPDX-License-Identifier: Apache-2.0
 *
 * test_worker.c: workers that end well, badly, or not by themselves; never more at once than were
 * asked for; none that outlives its parent.
 */
#include "batch/worker.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* What a worker does is told by the size of its job. */
enum { WELL, REASON, KILLED, STOP, STRANGE, LINGER };

/* Shared with the workers. */
typedef struct shared {
    atomic_uint now, most, begun;
} shared;

typedef struct stage {
    shared *workers;
    es_progress last;
    unsigned told;
    bool forgive; /* say of a killed worker that its image is done */
} stage;

static uint32_t work_on(void *context, const es_job *job, es_note *note)
{
    const stage *on = context;
    const struct timespec moment = { 0, 20000000 };
    uint32_t how = ES_DONE_SCANNED;
    unsigned now = atomic_fetch_add(&on->workers->now, 1) + 1;
    unsigned most = atomic_load(&on->workers->most);

    atomic_fetch_add(&on->workers->begun, 1);
    while (now > most && !atomic_compare_exchange_weak(&on->workers->most, &most, now))
        ;
    nanosleep(&moment, NULL);
    atomic_fetch_sub(&on->workers->now, 1);
    switch (job->bytes) {
    case REASON:
        es_note_set(note, ES_SEVERITY_ERROR, "image", "a reason");
        how = ES_DONE_FAILED;
        break;
    case KILLED:
        raise(SIGKILL);
        break;
    case STOP:
        how = ES_DONE_STOP;
        break;
    case STRANGE:
        how = 77;
        break;
    case LINGER:
        pause();
        break;
    default:
        break;
    }
    return how;
}

static void watch(void *context, const es_progress *now, const es_job *job, es_done *done)
{
    stage *on = context;

    on->last = *now;
    on->told += job != NULL;
    if (job && done->signal && on->forgive)
        done->how = ES_DONE_BEFORE;
}

static stage on_stage(void)
{
    stage on = { .workers = mmap(NULL, sizeof(shared), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0) };

    assert_ptr_not_equal(on.workers, MAP_FAILED);
    return on;
}

#define N_JOBS 7

static es_done done[N_JOBS];
static es_job list[N_JOBS];

/* Run jobs of these kinds; `n_before` of them are done already. */
static void run(stage *on, unsigned workers, const unsigned kinds[N_JOBS], size_t n_before)
{
    static char name[] = "x";
    es_jobs jobs = { list, N_JOBS, N_JOBS, 0 };
    es_work work = { &jobs, workers, work_on, watch, on };

    for (size_t i = 0; i < N_JOBS; i++) {
        free(done[i].reason);
        list[i] = (es_job){ name, name, kinds[i] };
        done[i] = (es_done){ .how = i < n_before ? ES_DONE_BEFORE : ES_DONE_NOT };
    }
    assert_int_equal(es_work_run(&work, done), ES_OK);
}

static void workers_of_all_sorts(void **unused)
{
    static const unsigned kinds[N_JOBS] = { WELL, REASON, KILLED, STRANGE, WELL, WELL, WELL };

    (void)unused;
    for (unsigned workers = 1; workers < 9; workers += 3) {
        stage on = on_stage();

        run(&on, workers, kinds, 0);
        assert_int_equal(on.told, N_JOBS);
        assert_int_equal(done[0].how, ES_DONE_SCANNED);
        assert_null(done[0].reason);
        assert_true(done[0].seconds > 0);
        assert_int_equal(done[1].how, ES_DONE_FAILED);
        assert_string_equal(done[1].reason, "a reason");
        assert_int_equal(done[1].signal, 0);
        assert_int_equal(done[2].how, ES_DONE_FAILED);
        assert_int_equal(done[2].signal, SIGKILL);
        assert_non_null(strstr(done[2].reason, "signal"));
        assert_int_equal(done[3].how, ES_DONE_FAILED); /* no end that there is */
        assert_non_null(done[3].reason);
        assert_int_equal(done[6].how, ES_DONE_SCANNED);
        assert_true(atomic_load(&on.workers->most) <= workers);
        assert_int_equal(on.last.n_done, N_JOBS);
        assert_int_equal(on.last.n_all, N_JOBS);
        assert_int_equal(on.last.n_failed, 3);
        assert_int_equal(on.last.bytes_done, on.last.bytes_all);
    }
}

static void what_is_done_is_not_begun(void **unused)
{
    static const unsigned kinds[N_JOBS] = { STOP, REASON, REASON, WELL, WELL, WELL, REASON };
    stage on = on_stage();

    (void)unused;
    run(&on, 2, kinds, 3);
    assert_int_equal(atomic_load(&on.workers->begun), 4);
    assert_int_equal(on.last.n_all, 4);
    assert_int_equal(on.last.bytes_all, REASON);
    assert_int_equal(done[0].how, ES_DONE_BEFORE);
    assert_int_equal(done[6].how, ES_DONE_FAILED);
}

static void nothing_is_begun_after_a_stop(void **unused)
{
    static const unsigned kinds[N_JOBS] = { WELL, STOP, WELL, WELL, WELL, WELL, WELL };
    stage on = on_stage();

    (void)unused;
    run(&on, 1, kinds, 0);
    assert_int_equal(done[0].how, ES_DONE_SCANNED);
    assert_int_equal(done[1].how, ES_DONE_STOP);
    assert_int_equal(done[2].how, ES_DONE_NOT);
    assert_int_equal(atomic_load(&on.workers->begun), 2);
}

static void a_result_from_before_death_counts(void **unused)
{
    static const unsigned kinds[N_JOBS] = { KILLED, WELL, WELL, WELL, WELL, WELL, WELL };
    stage on = on_stage();

    (void)unused;
    on.forgive = true;
    run(&on, 3, kinds, 0);
    assert_int_equal(done[0].how, ES_DONE_BEFORE);
    assert_int_equal(done[0].signal, SIGKILL);
}

/* The parent is killed: its workers, who would wait for ever, go with it. They hold the writing end
 * of a pipe, which is at its end when the last of them is gone. */
static void workers_die_with_their_parent(void **unused)
{
    static const unsigned kinds[N_JOBS] = { LINGER, LINGER, LINGER, WELL, WELL, WELL, WELL };
    const struct timespec moment = { 0, 10000000 };
    stage on = on_stage();
    int ends[2];
    char byte;
    pid_t parent;

    (void)unused;
    assert_int_equal(pipe(ends), 0);
    parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        close(ends[0]);
        run(&on, 3, kinds, 0);
        _exit(0);
    }
    close(ends[1]);
    while (atomic_load(&on.workers->begun) < 3)
        nanosleep(&moment, NULL);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_of_all_sorts),
        cmocka_unit_test(what_is_done_is_not_begun),
        cmocka_unit_test(nothing_is_begun_after_a_stop),
        cmocka_unit_test(a_result_from_before_death_counts),
        cmocka_unit_test(workers_die_with_their_parent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
