/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_build.h: an installation in a few words, and what to expect of its build verdict.
 */
#ifndef TEST_PLUGIN_BUILD_H
#define TEST_PLUGIN_BUILD_H

#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_build, esuscan_plugin_kernel;

#define NT "Microsoft\\Windows NT\\CurrentVersion"
#define CBS "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
#define MANAGER "CurrentControlSet\\Control\\Session Manager"
#define ENVIRONMENT MANAGER "\\Environment"
#define NTOSKRNL "Windows/System32/ntoskrnl.exe"
#define NTKRNLPA "Windows/System32/ntkrnlpa.exe"

#define V6002 "6.0.6002.24566"
#define V6003 "6.0.6003.20489"
#define LAB6002 "6002.24566.amd64fre.vistasp2_ldr_escrow.190311-1800"
#define LAB6003 "6003.20489.amd64fre.vistasp2_ldr_escrow.190320-1700"

static inline fake_host *make(void)
{
    fake_host *fake = fake_host_new();

    fake_plugin(fake, &esuscan_plugin_build);
    fake_plugin(fake, &esuscan_plugin_kernel);
    return fake;
}

static inline void software(fake_host *fake, const char *number, const char *lab, const char *current)
{
    fake_text(fake, "SOFTWARE", NT, "CurrentVersion", "6.0");
    if (number)
        fake_text(fake, "SOFTWARE", NT, "CurrentBuildNumber", number);
    if (lab)
        fake_text(fake, "SOFTWARE", NT, "BuildLabEx", lab);
    if (current)
        fake_text(fake, "SOFTWARE", NT, "CurrentBuild", current);
}

static inline void kernel(fake_host *fake, const char *version)
{
    char words[80];

    (void)snprintf(words, sizeof words, "%s (vistasp2_ldr_escrow.190320-1700)", version);
    fake_executable(fake, NTOSKRNL, ES_MACHINE_AMD64, version, words);
}

static inline void run(fake_host *fake)
{
    assert_int_equal(fake_run(fake), ES_OK);
}

static inline void expect(fake_host *fake, uint32_t id, const char *answer, const char *status)
{
    assert_string_equal(fake_answer(fake, id, "build"), answer);
    assert_string_equal(fake_verdict_text(fake, id, "build", "status"), status);
    assert_int_equal(fake_n_rows(fake, id, "contradictions") > 0, !strcmp(status, "conflict"));
}

static inline void expect_said(fake_host *fake, const char *words)
{
    if (!strstr(fake_explanation(fake, 1, "build"), words))
        fail_msg("\"%s\" is not in \"%s\"", words, fake_explanation(fake, 1, "build"));
}

static inline void expect_not_said(fake_host *fake, const char *words)
{
    if (strstr(fake_explanation(fake, 1, "build"), words))
        fail_msg("\"%s\" is in \"%s\"", words, fake_explanation(fake, 1, "build"));
}

static inline int is_missing(fake_host *fake, uint32_t id, const char *words)
{
    const es_datum *list = fake_verdict_field(fake, id, "build", "missing_sources");

    assert_int_equal(list->type, ES_FIELD_TEXT_LIST);
    for (uint64_t i = 0; i < list->n; i++)
        if (strstr(list->texts[i].data, words))
            return 1;
    return 0;
}

enum { NOTHING, RESTART, KERNEL_OP, PACKAGE, RENAME_KERNEL, RENAME_OTHER };

static inline void owe(fake_host *fake, int what)
{
    static const char xml[] =
        "<MoveFile source=\"\\x\" destination=\"\\SystemRoot\\ntoskrnl.exe\"/>";

    switch (what) {
    case RESTART:
        fake_key(fake, "SOFTWARE", CBS "\\RebootPending");
        break;
    case KERNEL_OP:
        fake_file(fake, "Windows/winsxs/pending.xml", xml, sizeof xml - 1);
        break;
    case PACKAGE:
        fake_key(fake, "SOFTWARE",
                 CBS "\\PackagesPending\\Package_for_KB4493471~31bf3856ad364e35~amd64~~6.0.1.1");
        break;
    case RENAME_KERNEL:
        fake_multi(fake, "SYSTEM", MANAGER, "PendingFileRenameOperations",
                   "\\??\\C:\\x.tmp||\\??\\C:\\a|!\\??\\C:\\Windows\\system32\\NTOSKRNL.EXE||");
        break;
    case RENAME_OTHER:
        fake_multi(fake, "SYSTEM", MANAGER, "PendingFileRenameOperations",
                   "\\??\\C:\\Temp\\ntoskrnl.exe||\\??\\C:\\a|\\??\\C:\\b||");
        break;
    default:
        break;
    }
}

#endif
