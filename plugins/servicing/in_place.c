/* SPDX-License-Identifier: Apache-2.0
 *
 * in_place.c: whether the file that Windows uses is the one of the component that won.
 *
 * A component's manifest says where its files go; servicing makes each of them a hard link of the
 * file in the component's folder. So a file in place whose record is not named below the winner's
 * folder is another one: of another version, or put there by somebody else. Files that are
 * programs, in System32, its drivers, or SysWOW64, are looked at; a version is told only where it
 * counts as the component does (msxml3.dll has numbers of its own).
 */
#include "servicing.h"

typedef struct four {
    uint32_t parts[4];
    int known;
} four;

static four version_of(es_text text)
{
    four made = { { 0 }, 0 };
    uint32_t n = 0;
    uint64_t i = 0;

    while (n < 4 && i < text.size) {
        uint64_t from = i;

        for (; i < text.size && i - from < 6 && text.data[i] >= '0' && text.data[i] <= '9'; i++)
            made.parts[n] = made.parts[n] * 10 + (uint32_t)(text.data[i] - '0');
        if (i == from)
            return made;
        n++;
        if (i < text.size && text.data[i++] != '.')
            return made;
    }
    made.known = n == 4 && i == text.size;
    return made;
}

static int compare(const uint32_t a[4], const uint32_t b[4])
{
    for (uint32_t i = 0; i < 4; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* Which want opens a file that goes there; 0: none. 32-bit programs of a 64-bit Windows have a
 * System32 of their own. */
static uint32_t want_of(const work *at, const wanted_component *of, es_text destination)
{
    int other = es_name_same(of->architecture, es_text_of("wow64")) ||
                (es_name_same(of->architecture, es_text_of("x86")) &&
                 at->machine_type != ES_MACHINE_I386);

    while (destination.size && destination.data[destination.size - 1] == '\\')
        destination.size--;
    if (es_name_same(destination, es_text_of("$(runtime.system32)")))
        return other ? WANT_SYSWOW64 : WANT_SYSTEM32;
    if (!other && (es_name_same(destination, es_text_of("$(runtime.drivers)")) ||
                   es_name_same(destination, es_text_of("$(runtime.system32)\\drivers"))))
        return WANT_DRIVERS;
    return 0;
}

/* The folder below winsxs in which the same file lies. */
static es_text folder_of(es_text path)
{
    for (uint64_t i = 0; i < path.size; i++)
        if (path.data[i] == '/' || path.data[i] == '\\') {
            path.size = i;
            break;
        }
    return path;
}

/* What one file says; `ret_version` is known only where it can be compared. */
static int judge(const wanted_component *winner, const es_executable *file, four *ret_version)
{
    four wanted = version_of(winner->version);
    int linked = file->component_searched && file->component_path.size &&
                 component_is_in(winner, folder_of(file->component_path));

    for (uint32_t i = 0; i < 4; i++)
        ret_version->parts[i] = file->file_version[i];
    ret_version->known = file->has_version && wanted.known &&
                         ret_version->parts[0] == wanted.parts[0] &&
                         ret_version->parts[1] == wanted.parts[1];
    if (linked) {
        /* the winner's own file: a lower number is another way to count */
        ret_version->known =
            ret_version->known && compare(ret_version->parts, wanted.parts) >= 0;
        return 1;
    }
    if (file->component_searched)
        return 0;
    return ret_version->known && compare(ret_version->parts, wanted.parts) < 0 ? 0 : -1;
}

es_status file_look(work *at, wanted_component *winner, file_in_place *ret)
{
    four oldest = { { 0 }, 0 };
    es_status status = component_files(at, winner);

    if (status == ES_OK && !winner->n_files)
        component_files_of_another(at, winner);

    *ret = (file_in_place){ ES_TEXT(""), ES_TEXT(""), -1 };
    for (uint32_t i = 0; i < winner->n_files && status == ES_OK; i++) {
        uint32_t want = want_of(at, winner, winner->files[i].destination);
        es_artefact file;
        four version;
        int agrees;

        if (!want)
            continue;
        status = at->host->artefact_open(at->host, want, winner->files[i].name, &file);
        if (status == ES_OK && file.executable) {
            agrees = judge(winner, file.executable, &version);
            if (!ret->path.size || (agrees == 0 && ret->agrees != 0) ||
                (agrees == ret->agrees && version.known &&
                 (!oldest.known || compare(version.parts, oldest.parts) < 0))) {
                ret->path = file.path;
                ret->agrees = agrees;
                oldest = version;
            }
        }
        status = status < 0 ? status : ES_OK;
    }
    if (status || !oldest.known)
        return status;
    return es_prose_one(at->host, &ret->version, "%u.%u.%u.%u", oldest.parts[0], oldest.parts[1],
                        oldest.parts[2], oldest.parts[3]);
}
