/* SPDX-License-Identifier: Apache-2.0
 *
 * report.c: the list of formats, and getting a report whole onto a disk or down a pipe.
 *
 * A file is written under a temporary name beside its target, synced, and renamed: whoever finds
 * the target finds all of it. A pipe may break and a disk may be full at any byte; that is looked
 * for after every report, and said with the system's reason.
 */
#include "report/report.h"
#include "report/formats.h"
#include "report/show.h"
#include "report/store.h"

#include <errno.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const es_format formats[] = {
    { "text", "for people: the verdict, why, the evidence, the gaps", es_report_text, NULL },
    { "json", "esuscan-report/1: everything, as one JSON object", es_report_json, NULL },
    { "jsonl", "facts, verdicts and notes, one JSON object a line", es_report_jsonl, NULL },
    { "timesketch", "the timeline for Timesketch, JSON lines", es_report_timesketch, NULL },
    { "bodyfile", "the timeline for mactime, body file of version 3", es_report_bodyfile, NULL },
    { "l2tcsv", "the timeline in the 17 columns of log2timeline", es_report_l2tcsv, NULL },
    { "csv", "the timeline for spreadsheets", es_report_csv, NULL },
    { "sqlite", "added to a store of any number of images", NULL, es_report_store },
};

const es_format *es_format_at(size_t index)
{
    return index < sizeof formats / sizeof *formats ? &formats[index] : NULL;
}

const es_format *es_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

/* The path is the examiner's, and still goes to a terminal. */
static es_status cannot(es_note *reterr_note, const char *path, int error)
{
    es_buffer shown = es_buffer_make(4096);

    es_show_string(&shown, path ? path : "standard output");
    es_buffer_u8(&shown, 0);
    es_note_set(reterr_note, ES_SEVERITY_ERROR, "report", "cannot write the report to %s: %s",
                shown.failed ? "the file asked for" : (const char *)shown.data,
                error ? strerror(error) : "unknown error");
    es_buffer_free(&shown);
    return ES_IO;
}

/* Write and flush; `ret_error` is the errno of what failed first. */
static es_status write_to(const es_format *format, const es_ledger *ledger, const es_run *run,
                          FILE *out, int *ret_error)
{
    es_status status;

    errno = 0;
    status = format->write(ledger, run, out);
    if (!status && (ferror(out) || fflush(out) != 0))
        status = ES_IO;
    *ret_error = errno;
    return status;
}

static es_status write_stdout(const es_format *format, const es_ledger *ledger, const es_run *run,
                              es_note *reterr_note)
{
    int error = 0;
    es_status status = write_to(format, ledger, run, stdout, &error);

    if (status)
        __fpurge(stdout); /* else exit() tries once more, and a broken pipe ends it by a signal */
    return status == ES_IO ? cannot(reterr_note, NULL, error) : status;
}

/* A new file beside `path`. It may be read by whom the umask lets read new files. */
static FILE *open_beside(const char *path, char **ret_temporary)
{
    char *temporary = NULL;
    mode_t mask = umask(0);
    FILE *out = NULL;
    int fd;

    umask(mask);
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return NULL;
    fd = mkstemp(temporary);
    if (fd >= 0) {
        (void)fchmod(fd, 0666 & ~mask);
        out = fdopen(fd, "w");
        if (!out) {
            close(fd);
            unlink(temporary);
        }
    }
    if (out)
        *ret_temporary = temporary;
    else
        free(temporary);
    return out;
}

/* What is no regular file (a device, a named pipe) cannot be replaced, only written to. */
static bool is_special(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

static es_status write_special(const es_format *format, const es_ledger *ledger, const es_run *run,
                               const char *path, es_note *reterr_note)
{
    FILE *out = fopen(path, "w");
    es_status status;
    int error = 0;

    if (!out)
        return cannot(reterr_note, path, errno);
    status = write_to(format, ledger, run, out, &error);
    if (fclose(out) != 0 && !status) {
        error = errno;
        status = ES_IO;
    }
    return status == ES_IO ? cannot(reterr_note, path, error) : status;
}

static es_status write_file(const es_format *format, const es_ledger *ledger, const es_run *run,
                            const char *path, es_note *reterr_note)
{
    char *temporary = NULL;
    FILE *out = open_beside(path, &temporary);
    es_status status;
    int error = 0;

    if (!out)
        return cannot(reterr_note, path, errno);
    status = write_to(format, ledger, run, out, &error);
    if (!status && fsync(fileno(out)) != 0) {
        error = errno;
        status = ES_IO;
    }
    if (fclose(out) != 0 && !status) {
        error = errno;
        status = ES_IO;
    }
    if (!status && rename(temporary, path) != 0) {
        error = errno;
        status = ES_IO;
    }
    if (status)
        unlink(temporary);
    free(temporary);
    return status == ES_IO ? cannot(reterr_note, path, error) : status;
}

static bool same_file(const struct stat *about, const char *path)
{
    struct stat other;

    return path && stat(path, &other) == 0 && about->st_dev == other.st_dev &&
           about->st_ino == other.st_ino;
}

/* A slip of the keyboard must not replace the evidence by a report on it. */
static bool is_evidence(const es_ledger *ledger, const es_run *run, const char *path)
{
    const es_segment_record *segments;
    size_t n = es_ledger_segments(ledger, &segments);
    struct stat about;

    if (stat(path, &about) != 0)
        return false;
    if (same_file(&about, run->image_path))
        return true;
    for (size_t i = 0; run->image_path && i < n; i++) {
        char *segment = es_show_segment_path(ledger, run, i);
        bool same = same_file(&about, segment);

        free(segment);
        if (same)
            return true;
    }
    return false;
}

static es_status refuse(es_note *reterr_note)
{
    es_note_set(reterr_note, ES_SEVERITY_ERROR, "report",
                "the report was not written: the file named for it is the evidence itself");
    return ES_IO;
}

/* SIGPIPE would end the program without a word: while we write, a broken pipe is an error. */
es_status es_report_write(const es_format *format, const es_ledger *ledger, const es_run *run,
                          const char *path, es_note *reterr_note)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    es_status status;

    sigaction(SIGPIPE, &ignore, &before);
    if (!path || strcmp(path, "-") == 0)
        status = write_stdout(format, ledger, run, reterr_note);
    else if (is_evidence(ledger, run, path))
        status = refuse(reterr_note);
    else if (format->add)
        status = format->add(ledger, run, path, reterr_note);
    else if (is_special(path))
        status = write_special(format, ledger, run, path, reterr_note);
    else
        status = write_file(format, ledger, run, path, reterr_note);
    sigaction(SIGPIPE, &before, NULL);
    if (status == ES_NOMEM)
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "report", "no memory for the report");
    return status;
}
