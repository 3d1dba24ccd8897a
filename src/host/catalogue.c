/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogue.c: see catalogue.h. Opens the files, joins them for the digest, has them read and
 * linked (catalogue_rows.c, catalogue_link.c), and keeps the result.
 */
#include "host/catalogue.h"

#include "base/text.h"
#include "host/catalogue_rows.h"
#include "host/limits.h"
#include "host/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct es_catalogue_book {
    es_arena *arena;
    es_catalogue tables;
};

const char *const es_catalogue_file_names[ES_CATALOGUE_N_FILES] = {
    [ES_CATALOGUE_CVES] = "cves.csv",
    [ES_CATALOGUE_EDITION] = "edition",
    [ES_CATALOGUE_ACTIVATIONS] = "esu-activation-ids.csv",
    [ES_CATALOGUE_KERNELS] = "kernel-versions.csv",
    [ES_CATALOGUE_LIFECYCLE] = "lifecycle.csv",
    [ES_CATALOGUE_PREREQUISITES] = "prerequisites.csv",
    [ES_CATALOGUE_REISSUES] = "reissues.csv",
    [ES_CATALOGUE_UPDATES] = "updates.csv",
};

es_catalogue_book *es_catalogue_book_free(es_catalogue_book *book)
{
    if (book)
        es_arena_free(book->arena);
    free(book);
    return NULL;
}

const es_catalogue *es_catalogue_tables(const es_catalogue_book *book)
{
    return book ? &book->tables : NULL;
}

/* ------------------------------------------------------------------ from memory */

/* What `cat cves.csv edition … updates.csv | sha256sum` prints. */
static es_status digest(es_catalogue_draft *draft, const es_bytes files[ES_CATALOGUE_N_FILES])
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    char *hex = es_arena_take(draft->arena, 2 * sizeof sum + 1);

    for (size_t i = 0; good && i < ES_CATALOGUE_N_FILES; i++)
        good = EVP_DigestUpdate(context, files[i].data ? files[i].data : sum,
                                (size_t)files[i].size) == 1;
    good = good && EVP_DigestFinal_ex(context, sum, &size) == 1;
    EVP_MD_CTX_free(context);
    if (!good || !hex)
        return ES_NOMEM;
    es_text_hex(sum, size, hex);
    draft->tables.sha256 = es_text_of(hex);
    return ES_OK;
}

static es_status read_all(es_catalogue_draft *draft, const es_bytes files[ES_CATALOGUE_N_FILES])
{
    static const struct {
        uint32_t file;
        es_status (*read)(es_catalogue_draft *, es_bytes);
    } steps[] = {
        { ES_CATALOGUE_EDITION, es_catalogue_read_edition },
        { ES_CATALOGUE_UPDATES, es_catalogue_read_updates },
        { ES_CATALOGUE_CVES, es_catalogue_read_fixes },
        { ES_CATALOGUE_KERNELS, es_catalogue_read_kernels },
        { ES_CATALOGUE_PREREQUISITES, es_catalogue_read_prerequisites },
        { ES_CATALOGUE_LIFECYCLE, es_catalogue_read_lifecycle },
        { ES_CATALOGUE_ACTIVATIONS, es_catalogue_read_activations },
        { ES_CATALOGUE_REISSUES, es_catalogue_read_reissues },
    };
    es_status status = ES_OK;

    for (size_t i = 0; status == ES_OK && i < sizeof steps / sizeof *steps; i++)
        status = steps[i].read(draft, files[steps[i].file]);
    return status;
}

es_status es_catalogue_parse(const es_bytes files[ES_CATALOGUE_N_FILES],
                             es_catalogue_book **ret_book, es_note *reterr_note)
{
    es_catalogue_book *book = calloc(1, sizeof *book);
    es_catalogue_draft draft = { .note = reterr_note };
    es_status status = book ? es_arena_new(ES_CATALOGUE_MEMORY_MAX, &book->arena) : ES_NOMEM;

    if (status == ES_OK) {
        draft.arena = book->arena;
        draft.tables.size = sizeof draft.tables;
        status = read_all(&draft, files);
    }
    if (status == ES_OK)
        status = es_catalogue_link(&draft);
    if (status == ES_OK)
        status = digest(&draft, files);
    if (status != ES_OK) {
        if (status == ES_NOMEM)
            es_note_set(reterr_note, ES_SEVERITY_ERROR, "catalogue",
                        "The catalogue is refused: it does not fit into memory.");
        es_catalogue_book_free(book);
        return status == ES_NOMEM ? ES_LIMIT : status;
    }
    book->tables = draft.tables;
    *ret_book = book;
    return ES_OK;
}

/* ------------------------------------------------------------------ from a folder */

char *es_catalogue_bundled_folder(const char *installed)
{
    static const char plugins[] = "/plugins";
    char *folder = es_plugins_bundled_folder(""), *made = NULL;
    size_t size = folder ? strlen(folder) : 0;

    if (!folder)
        return NULL;
    /* In a build tree that is its folder of plugins; the catalogue is copied beside. */
    if (size > sizeof plugins - 1 &&
        asprintf(&made, "%.*s/src/host/catalogue", (int)(size - (sizeof plugins - 1)), folder) < 0)
        made = NULL;
    else if (size <= sizeof plugins - 1)
        made = strdup(installed);
    free(folder);
    return made;
}

static es_status refuse_file(es_note *note, const char *folder, const char *name, const char *why)
{
    es_note_set(note, ES_SEVERITY_ERROR, "catalogue", "The catalogue is refused: %s/%s: %s.",
                folder, name, why);
    return ES_ABSENT;
}

static es_status read_bytes(int fd, uint8_t *to, size_t size, size_t *ret_size)
{
    size_t at = 0;

    while (at < size) {
        ssize_t n = read(fd, to + at, size - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ES_IO;
        if (n == 0)
            break;
        at += (size_t)n;
    }
    *ret_size = at;
    return ES_OK;
}

static es_status read_file(const char *folder, const char *name, es_bytes *ret, es_note *note)
{
    char *path = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    struct stat about;
    es_status status = ES_OK;
    int fd = -1;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return ES_NOMEM;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    free(path);
    if (fd < 0 && errno == ENOENT && !strcmp(name, es_catalogue_file_names[ES_CATALOGUE_REISSUES]))
        return ES_OK; /* a catalogue may know of none */
    if (fd < 0)
        return refuse_file(note, folder, name, strerror(errno));
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        status = refuse_file(note, folder, name, "it is no ordinary file");
    else if (about.st_size > (off_t)ES_CATALOGUE_FILE_MAX)
        status = refuse_file(note, folder, name, "it is too large for a catalogue");
    if (status == ES_OK)
        data = malloc((size_t)about.st_size + 1);
    if (status == ES_OK && !data)
        status = ES_NOMEM;
    if (status == ES_OK && read_bytes(fd, data, (size_t)about.st_size, &size) != ES_OK)
        status = refuse_file(note, folder, name, strerror(errno));
    close(fd);
    if (status != ES_OK)
        free(data);
    else
        *ret = (es_bytes){ data, size };
    return status;
}

es_status es_catalogue_load(const char *folder, es_catalogue_book **ret_book, es_note *reterr_note)
{
    es_bytes files[ES_CATALOGUE_N_FILES] = { { NULL, 0 } };
    es_status status = ES_OK;

    for (size_t i = 0; status == ES_OK && i < ES_CATALOGUE_N_FILES; i++)
        status = read_file(folder, es_catalogue_file_names[i], &files[i], reterr_note);
    if (status == ES_OK)
        status = es_catalogue_parse(files, ret_book, reterr_note);
    for (size_t i = 0; i < ES_CATALOGUE_N_FILES; i++) {
        union {
            const uint8_t *theirs;
            void *ours;
        } data = { files[i].data };

        free(data.ours);
    }
    return status;
}
