/* SPDX-License-Identifier: Apache-2.0
 *
 * updates_bench.h: a machine made of facts, for the updates plugin: it judges facts and reads no
 * artefact, so nothing else is needed. The catalogue is the real one.
 *
 * Times are words ("2019-05-15T03:07:22Z"; a bare date is its end). Everything belongs to the
 * bench and dies with it. A bench may be judged again after facts were added or left out.
 */
#ifndef UPDATES_BENCH_H
#define UPDATES_BENCH_H

#include "host/catalogue.h"
#include "ledger/ledger.h"
#include <esuscan/plugin.h>

typedef struct bench bench;

/* A Server 2008 SP2 amd64 at kernel 6.0.6003.20512 with one package that has no KB. */
bench *bench_new(const es_catalogue *catalogue);
void bench_free(bench *on);

/* The machine that a scan found: the facts of a ledger, which must outlive the bench. The judged
 * state is that of this number. */
bench *bench_of_ledger(const es_catalogue *catalogue, const es_ledger *ledger,
                       uint32_t installation);

/* A further state of the machine; what is added goes to the newest. */
void bench_state(bench *on, uint32_t role, const char *time);
/* A shadow copy of the same machine with its own kernel. */
void bench_snapshot(bench *on, const char *time, const char *kernel);
/* The whole package of a KB, in a state ("installed"), with .mum and .cat; NULL: no time. */
void bench_package(bench *on, uint32_t kb, const char *state, const char *time);
/* Of the package last added. */
void bench_version(bench *on, const char *version);
void bench_files(bench *on, int mum, int cat);
void bench_broken(bench *on);
void bench_kb(bench *on, const char *kb, const char *name); /* what it calls itself */

void bench_orphan(bench *on, uint32_t kb);
void bench_kernel(bench *on, const char *version); /* in place of the one there is */
void bench_no_kernel(bench *on);
void bench_registry(bench *on, const char *name, const char *text);
void bench_product(bench *on, const char *type);
void bench_architecture(bench *on, const char *word);
void bench_pending(bench *on, const char *what, const char *identity, const char *time);
void bench_shutdown(bench *on, const char *time);
void bench_list_cut(bench *on);
void bench_set_up(bench *on, const char *time); /* InstallDate */
void bench_boot(bench *on, const char *time);
/* A record at `time` that Windows had run for so long. */
void bench_uptime(bench *on, const char *time, int64_t seconds);
void bench_cleared(bench *on, const char *time); /* a log was */
void bench_mark(bench *on, const char *mark, int owed);
void bench_rename(bench *on, int names_kernel); /* one that is owed */
void bench_no_packages(bench *on);
void bench_role(bench *on, uint32_t role); /* of the newest state */
void bench_event(bench *on, uint32_t kb, const char *result, const char *time);
void bench_manifest(bench *on, uint32_t kb, const char *component);
void bench_component(bench *on, const char *name, const char *architecture, const char *version,
                     const char *file_version);
void bench_browser(bench *on, const char *version); /* its package */
void bench_explorer(bench *on, const char *version); /* what the registry says of it */
/* What Windows Installer has of a KB on a product; what its setup says: 1 installed, 0 not, -1 only
 * that it can be taken away. */
void bench_patch(bench *on, uint32_t kb, const char *state, const char *day);
void bench_registration(bench *on, uint32_t kb, int installed);
/* A version of the .NET Framework; NULL: one that could not be read. */
void bench_framework(bench *on, const char *version, int service_pack);

/* Facts of this KB are not handed out until another is left out; 0: none. */
void bench_leave_out(bench *on, uint32_t kb);
void bench_as_of(bench *on, const char *time);
void bench_ask(bench *on, uint32_t kind, const char *id);
void bench_ask_all_cves(bench *on);
/* How bad the answers to all questions are, in their order: 0 covered, 1 unknown, 2 exposed. Ends
 * the test where one is anything else, or none. */
void bench_ranks(bench *on, uint8_t *ret_ranks);
/* The n-th allocation fails; 0: none. */
void bench_fail(bench *on, uint32_t n);

/* Judge the first state. */
es_status bench_judge(bench *on);

const char *bench_answer(bench *on, const char *verdict);
const char *bench_explanation(bench *on, const char *verdict);
/* A field in words; "(null)" for null. Lists are joined with ','. */
const char *bench_field(bench *on, const char *verdict, const char *name);
uint32_t bench_n_rows(bench *on, const char *list);
const char *bench_row(bench *on, const char *list, uint32_t index, const char *name);
/* The row of a list whose `name` is `value`: its `wanted`; NULL if there is none. */
const char *bench_row_of(bench *on, const char *list, const char *name, const char *value,
                         const char *wanted);

#endif
