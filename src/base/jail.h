/* SPDX-License-Identifier: Apache-2.0
 *
 * jail.h: the cage in which evidence is interpreted.
 *
 * es_jail_prepare() does what needs the outside world (character set tables, digest providers);
 * es_jail_enter() then gives that world up for good: no new privileges, no core dumps, resource
 * limits, Landlock with no path allowed where the kernel has it, and a seccomp filter that knows
 * only the calls a parser needs. What remains is reading the descriptors handed in, writing to
 * those handed in, memory, threads, and one kind of open: a read-only one, which hivex needs for
 * /proc/self/fd/N of a memfd. Landlock limits that open to descriptors already held. Where the
 * kernel has no Landlock the root becomes /proc, in a user namespace of its own, so that no file of
 * the machine has a name any more: the memfd is then /self/fd/N. Where neither is to be had, files
 * that the user may read can be opened in the cage, and the report lists neither among the fences.
 *
 * Threading: call both from the only thread of the process.
 */
#ifndef ES_BASE_JAIL_H
#define ES_BASE_JAIL_H

#include "base/note.h"
#include <stdbool.h>

#define ES_JAIL_FENCES_MAX 8

typedef struct es_jail_limits {
    uint64_t memory;      /* address space in bytes, 0 = no limit */
    uint64_t cpu_seconds; /* processor time, 0 = no limit */
    bool no_landlock;     /* as if the kernel had none: for tests */
} es_jail_limits;

/* Names of the fences that stand, static strings. */
typedef struct es_jail {
    const char *fences[ES_JAIL_FENCES_MAX];
    unsigned n_fences;
} es_jail;

/* False in sanitizer builds, whose runtime needs what the jail forbids. */
bool es_jail_possible(void);

es_status es_jail_prepare(void);

/* The meter: processor time of the process between two calls of es_jail_meter(), in seconds, after
 * which SIGXCPU ends it; 0 stops it. It counts work, not the clock on the wall, so that the load of
 * a machine changes no result. The first call is to be made before es_jail_enter(). ES_IO: this
 * system has no such timer. It keeps the honest in bounds; rlimit-cpu keeps everyone. */
es_status es_jail_meter(uint64_t seconds);

/* `socket` is the one descriptor on which messages may be received (requests for further evidence
 * files), -1 for none. Fails closed: if seccomp cannot be installed the status is ES_UNSUPPORTED
 * and the caller must not go on. */
es_status es_jail_enter(const es_jail_limits *limits, int socket, es_jail *ret_jail,
                        es_note *reterr_note);

#endif
