/* SPDX-License-Identifier: Apache-2.0
 *
 * find.c: see find.h.
 *
 * A folder is read as a whole, its names sorted, and then each file is asked what it is. The head
 * of a file is read when it is first asked for.
 */
#include "batch/find.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_SIZE 8192u
/* Folders inside folders; a path has no room for more. */
#define DEPTH_MAX 2048u

enum kind { UNREAD, OTHER, EWF, VMDK, CONTAINER, RAW };

typedef struct entry {
    char *name;
    uint64_t size;
    struct timespec modified;
    enum kind kind;
    unsigned segment; /* EWF: its number */
    uint64_t mark;    /* of the head */
} entry;

typedef struct folder {
    char *path; /* without a slash at its end, but for "/" */
    entry *files;
    size_t n, capacity;
    char **folders;
    size_t n_folders, folders_capacity;
} folder;

/* ---------------------------------------------------------------- heads */

static uint64_t fnv(uint64_t mark, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        mark = (mark ^ bytes[i]) * UINT64_C(0x100000001b3);
    return mark;
}

static bool at(const uint8_t *head, size_t size, size_t offset, const void *magic, size_t length)
{
    return offset <= size && length <= size - offset && !memcmp(head + offset, magic, length);
}

static bool is_container(const uint8_t *head, size_t size)
{
    static const struct {
        size_t offset, length;
        const char *magic;
    } known[] = {
        { 0, 4, "QFI\xfb" }, { 0, 8, "vhdxfile" }, { 0, 8, "conectix" },
        { 0, 8, "EVF2\r\n\x81" }, { 0, 8, "LEF2\r\n\x81" }, { 0, 8, "LVF\x09\x0d\x0a\xff" },
        { 0, 5, "AFF10" }, { 0, 15, "ADSEGMENTEDFILE" }, { 64, 4, "\x7f\x10\xda\xbe" },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (at(head, size, known[i].offset, known[i].magic, known[i].length))
            return true;
    return false;
}

/* A boot sector with a partition table that could be one, a GPT, or a volume by itself. */
static bool is_disk(const uint8_t *head, size_t size)
{
    unsigned used = 0;

    if (at(head, size, 512, "EFI PART", 8) || at(head, size, 4096, "EFI PART", 8) ||
        at(head, size, 3, "NTFS    ", 8) || at(head, size, 3, "-FVE-FS-", 8) ||
        at(head, size, 54, "FAT1", 4) || at(head, size, 82, "FAT32", 5))
        return true;
    if (!at(head, size, 510, "\x55\xaa", 2))
        return false;
    for (size_t i = 446; i < 510; i += 16) {
        if (head[i] != 0 && head[i] != 0x80)
            return false;
        used += head[i + 4] != 0;
    }
    return used > 0;
}

static enum kind kind_of(const uint8_t *head, size_t size, unsigned *ret_segment)
{
    if (at(head, size, 0, "EVF\x09\x0d\x0a\xff", 8) && size >= 13) {
        *ret_segment = (unsigned)(head[9] | head[10] << 8);
        return EWF;
    }
    if (at(head, size, 0, "KDMV", 4) || at(head, size, 0, "COWD", 4) ||
        at(head, size, 0, "# Disk DescriptorFile", 21))
        return VMDK;
    if (is_container(head, size))
        return CONTAINER;
    return is_disk(head, size) ? RAW : OTHER;
}

static char *join(const char *above, const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%s%s%s", above, above[1] ? "/" : "", name) < 0)
        return NULL;
    return path;
}

/* Read the head, once. A file that cannot be read is an image if its name was given, else nothing
 * can be said of it: `errno` then tells. */
static bool look(const folder *in, entry *file)
{
    uint8_t head[HEAD_SIZE];
    char *path;
    ssize_t n;
    int fd;

    if (file->kind != UNREAD)
        return true;
    path = join(in->path, file->name);
    fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOATIME) : -1;
    if (path && fd < 0 && errno == EPERM)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    free(path);
    file->kind = OTHER;
    n = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);
    if (fd >= 0) {
        int error = errno;

        close(fd);
        errno = error;
    }
    if (n < 0)
        return false;
    file->kind = kind_of(head, (size_t)n, &file->segment);
    file->mark = fnv(UINT64_C(0xcbf29ce484222325), head, (size_t)n);
    return true;
}

/* ---------------------------------------------------------------- names */

static size_t stem_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? (size_t)(dot - name) : strlen(name);
}

static const char *ending_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? dot + 1 : "";
}

/* ".001", ".aa": the ending numbers a piece. */
static bool is_numbered(const char *ending)
{
    size_t width = strlen(ending);

    if (width < 2 || width > 4)
        return false;
    if (width >= 3 && strspn(ending, "0123456789") == width)
        return true;
    return width <= 3 && (strspn(ending, "abcdefghijklmnopqrstuvwxyz") == width ||
                          strspn(ending, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == width);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static entry *find(const folder *in, const char *name)
{
    entry key = { .name = (char *)(uintptr_t)name };

    return in->n ? bsearch(&key, in->files, in->n, sizeof *in->files, compare_names) : NULL;
}

/* The piece before this one, by name: ".002" has ".001", ".ab" has ".aa". */
static bool has_piece_before(const folder *in, const char *name)
{
    char before[NAME_MAX + 1];
    size_t size = strlen(name);
    char low = isdigit((unsigned char)name[size - 1]) ? '0'
               : islower((unsigned char)name[size - 1]) ? 'a' : 'A';
    char high = low == '0' ? '9' : (char)(low + 25);

    if (size > NAME_MAX || !is_numbered(ending_of(name)))
        return false;
    memcpy(before, name, size + 1);
    for (size_t i = size; before[i - 1] != '.'; i--) {
        if (before[i - 1] > low) {
            before[i - 1]--;
            return find(in, before) != NULL;
        }
        before[i - 1] = high;
    }
    return false;
}

/* "disk-flat.vmdk", "disk-s001.vmdk", "disk-f001.vmdk" beside "disk.vmdk". */
static bool is_extent(const folder *in, const char *name)
{
    char owner[NAME_MAX + 8];
    size_t stem = stem_of(name), dash = stem;

    if (strcasecmp(ending_of(name), "vmdk") != 0)
        return false;
    while (dash > 0 && name[dash] != '-')
        dash--;
    if (dash == 0 || stem - dash < 2 || stem > NAME_MAX)
        return false;
    if (strncmp(name + dash, "-flat.", 6) != 0 &&
        strspn(name + dash + 2, "0123456789") != stem - dash - 2)
        return false;
    snprintf(owner, sizeof owner, "%.*s%s", (int)dash, name, name + stem);
    return find(in, owner) != NULL;
}

/* The files of a folder that share a stem lie together. */
static bool same_stem(const entry *a, const entry *b)
{
    size_t size = stem_of(a->name);

    return stem_of(b->name) == size && !strncmp(a->name, b->name, size);
}

/* The files whose names begin with the stem of this one: they lie together. */
static void neighbours(const folder *in, const entry *file, size_t *ret_from, size_t *ret_to)
{
    size_t stem = stem_of(file->name), from = (size_t)(file - in->files), to = from + 1;

    while (from > 0 && !strncmp(in->files[from - 1].name, file->name, stem))
        from--;
    while (to < in->n && !strncmp(in->files[to].name, file->name, stem))
        to++;
    *ret_from = from;
    *ret_to = to;
}

/* Segment 1 of the image that this file is a segment of, or NULL. */
static entry *first_segment(const folder *in, entry *file)
{
    size_t from, to;

    neighbours(in, file, &from, &to);
    for (size_t i = from; i < to; i++) {
        entry *other = &in->files[i];

        if (other != file && same_stem(file, other) && look(in, other) && other->kind == EWF &&
            other->segment == 1)
            return other;
    }
    return NULL;
}

static bool is_member(const folder *in, const entry *first, entry *other)
{
    size_t stem = stem_of(first->name);

    if (other == first)
        return true;
    if (first->kind == VMDK)
        return !strncmp(first->name, other->name, stem) && is_extent(in, other->name);
    if (!same_stem(first, other))
        return false;
    if (first->kind == EWF)
        return look(in, other) && other->kind == EWF;
    return first->kind == RAW && is_numbered(ending_of(first->name)) &&
           strlen(ending_of(first->name)) == strlen(ending_of(other->name)) &&
           is_numbered(ending_of(other->name));
}

/* A later segment whose first one is there. */
static bool is_later(const folder *in, entry *file)
{
    if (file->kind == EWF && file->segment != 1)
        return first_segment(in, file) != NULL;
    if (file->kind == EWF || file->kind == CONTAINER)
        return false;
    return is_extent(in, file->name) || (file->kind == RAW && has_piece_before(in, file->name));
}

/* ---------------------------------------------------------------- jobs */

static es_status add_job(es_jobs *jobs, const folder *in, entry *first, es_job_member member,
                         void *context)
{
    uint64_t mark = first->mark, bytes = 0;
    size_t members = 0, from, to;
    es_job job = { NULL, NULL, 0 };

    neighbours(in, first, &from, &to);
    for (size_t i = from; i < to; i++) {
        const entry *file = &in->files[i];

        if (!is_member(in, first, &in->files[i]))
            continue;
        if (member)
            member(context, file->name);
        mark = fnv(mark, file->name, strlen(file->name));
        mark = fnv(mark, &file->size, sizeof file->size);
        mark = fnv(mark, &file->modified.tv_sec, sizeof file->modified.tv_sec);
        mark = fnv(mark, &file->modified.tv_nsec, sizeof file->modified.tv_nsec);
        bytes += file->size;
        members++;
    }
    job.bytes = bytes;
    job.path = join(in->path, first->name);
    if (asprintf(&job.identity, "%zu files, %llu bytes, %016llx", members,
                 (unsigned long long)bytes, (unsigned long long)mark) < 0)
        job.identity = NULL;
    if (jobs->n == jobs->capacity) {
        size_t capacity = jobs->capacity ? jobs->capacity * 2 : 64;
        es_job *list = realloc(jobs->list, capacity * sizeof *list);

        if (list) {
            jobs->list = list;
            jobs->capacity = capacity;
        }
    }
    if (!job.path || !job.identity || jobs->n == jobs->capacity) {
        free(job.path);
        free(job.identity);
        return ES_NOMEM;
    }
    jobs->list[jobs->n++] = job;
    return ES_OK;
}

/* ---------------------------------------------------------------- folders */

static void folder_free(folder *in)
{
    for (size_t i = 0; i < in->n; i++)
        free(in->files[i].name);
    for (size_t i = 0; i < in->n_folders; i++)
        free(in->folders[i]);
    free(in->files);
    free(in->folders);
    free(in->path);
}

static es_status keep_file(folder *in, const char *name, const struct stat *about)
{
    if (in->n == in->capacity) {
        size_t capacity = in->capacity ? in->capacity * 2 : 64;
        entry *files = realloc(in->files, capacity * sizeof *files);

        if (!files)
            return ES_NOMEM;
        in->files = files;
        in->capacity = capacity;
    }
    in->files[in->n] = (entry){ .name = strdup(name), .size = (uint64_t)about->st_size,
                                .modified = about->st_mtim, .kind = UNREAD };
    return in->files[in->n++].name ? ES_OK : ES_NOMEM;
}

static es_status keep_folder(folder *in, const char *name)
{
    if (in->n_folders == in->folders_capacity) {
        size_t capacity = in->folders_capacity ? in->folders_capacity * 2 : 16;
        char **folders = realloc(in->folders, capacity * sizeof *folders);

        if (!folders)
            return ES_NOMEM;
        in->folders = folders;
        in->folders_capacity = capacity;
    }
    in->folders[in->n_folders] = join(in->path, name);
    return in->folders[in->n_folders++] ? ES_OK : ES_NOMEM;
}

/* The names of a folder; positive when it cannot be read, and `errno` tells why. */
static es_status read_folder(folder *in)
{
    int fd = open(in->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    es_status status = ES_OK;
    struct dirent *each;

    if (!dir)
        return ES_ABSENT;
    while (status == ES_OK && (errno = 0, each = readdir(dir))) {
        struct stat about;

        if (!strcmp(each->d_name, ".") || !strcmp(each->d_name, "..") ||
            fstatat(dirfd(dir), each->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0)
            continue; /* it has vanished */
        if (S_ISDIR(about.st_mode))
            status = keep_folder(in, each->d_name);
        else if (S_ISREG(about.st_mode) && about.st_size > 0)
            status = keep_file(in, each->d_name, &about);
    }
    if (status == ES_OK && errno != 0)
        status = ES_CORRUPT;
    closedir(dir);
    if (in->n)
        qsort(in->files, in->n, sizeof *in->files, compare_names);
    return status;
}

static void cannot_read(const char *path, int error,
                        void (*tell)(void *context, const es_note *note), void *context)
{
    es_note note;

    es_note_set(&note, ES_SEVERITY_GAP, "path", "%s cannot be read: %s.", path, strerror(error));
    tell(context, &note);
}

static es_status walk(es_jobs *jobs, const char *path, unsigned depth,
                      void (*tell)(void *context, const es_note *note), void *context)
{
    folder in = { .path = strdup(path) };
    es_status status = in.path ? read_folder(&in) : ES_NOMEM;

    if (status > 0) {
        cannot_read(path, errno, tell, context);
        status = ES_OK;
    }
    for (size_t i = 0; status == ES_OK && i < in.n; i++) {
        entry *file = &in.files[i];

        jobs->n_files++;
        if (!look(&in, file)) {
            char *full = join(in.path, file->name);

            cannot_read(full ? full : file->name, errno, tell, context);
            free(full);
        } else if (file->kind != OTHER && !is_later(&in, file)) {
            status = add_job(jobs, &in, file, NULL, NULL);
        }
    }
    for (size_t i = 0; i < in.n; i++) { /* before going deeper: a path may hold a million */
        free(in.files[i].name);
        in.files[i].name = NULL;
    }
    in.n = 0;
    for (size_t i = 0; status == ES_OK && i < in.n_folders && depth < DEPTH_MAX; i++)
        status = walk(jobs, in.folders[i], depth + 1, tell, context);
    folder_free(&in);
    return status;
}

/* One file that was named: its folder, and which of it the image begins with. */
static es_status take_file(es_jobs *jobs, const char *path, es_job_member member, void *context)
{
    folder in = { .path = strdup(path) };
    char *slash = in.path ? strrchr(in.path, '/') : NULL, *name = NULL;
    es_status status = slash ? ES_OK : ES_NOMEM;
    entry *file = NULL;

    if (status == ES_OK) {
        name = strdup(slash + 1);
        slash[slash == in.path] = '\0';
        status = name ? read_folder(&in) : ES_NOMEM;
    }
    if (status >= 0 && name)
        file = find(&in, name);
    jobs->n_files++;
    if (file) {
        look(&in, file);
        if (file->kind == EWF && file->segment != 1 && first_segment(&in, file))
            file = first_segment(&in, file);
        status = add_job(jobs, &in, file, member, context);
    } else if (status >= 0) {
        status = ES_ABSENT; /* empty, or no regular file */
    }
    free(name);
    folder_free(&in);
    return status;
}

/* A device or something odd: the scan says what it is. */
static es_status take_other(es_jobs *jobs, const char *path)
{
    folder in = { .path = strdup("/") };
    entry file = { .name = strdup(path + 1), .kind = CONTAINER };
    es_status status = ES_NOMEM;

    if (in.path && file.name) {
        in.files = &file;
        in.n = 1;
        status = add_job(jobs, &in, &file, NULL, NULL);
    }
    free(file.name);
    free(in.path);
    return status;
}

es_status es_jobs_find(es_jobs *jobs, const char *path,
                       void (*tell)(void *context, const es_note *note), void *context)
{
    char *real = realpath(path, NULL);
    struct stat about;
    es_status status;

    if (!real || stat(real, &about) != 0) {
        es_note note;

        es_note_set(&note, ES_SEVERITY_ERROR, "path", "%s cannot be read: %s.",
                    *path ? path : "A path without a name", strerror(errno));
        tell(context, &note);
        free(real);
        return ES_ABSENT;
    }
    if (S_ISDIR(about.st_mode))
        status = walk(jobs, real, 0, tell, context);
    else
        status = S_ISREG(about.st_mode) ? take_file(jobs, real, NULL, NULL) : ES_ABSENT;
    if (status == ES_ABSENT)
        status = take_other(jobs, real);
    free(real);
    return status;
}

char *es_job_identity(const char *path, es_job_member member, void *context)
{
    es_jobs jobs = { NULL, 0, 0, 0 };
    char *identity = NULL;
    struct stat about;

    if (stat(path, &about) == 0 &&
        ((S_ISREG(about.st_mode) && take_file(&jobs, path, member, context) == ES_OK) ||
         take_other(&jobs, path) == ES_OK)) {
        identity = jobs.list[0].identity;
        jobs.list[0].identity = NULL;
    }
    es_jobs_free(&jobs);
    return identity;
}

/* ---------------------------------------------------------------- order */

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const es_job *)a)->path, ((const es_job *)b)->path);
}

static int compare_sizes(const void *a, const void *b)
{
    const es_job *left = a, *right = b;

    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return compare_paths(a, b);
}

void es_jobs_order(es_jobs *jobs)
{
    size_t kept = 0;

    if (!jobs->n)
        return;
    qsort(jobs->list, jobs->n, sizeof *jobs->list, compare_paths);
    for (size_t i = 0; i < jobs->n; i++) {
        if (kept && !strcmp(jobs->list[kept - 1].path, jobs->list[i].path)) {
            free(jobs->list[i].path);
            free(jobs->list[i].identity);
        } else {
            jobs->list[kept++] = jobs->list[i];
        }
    }
    jobs->n = kept;
    qsort(jobs->list, jobs->n, sizeof *jobs->list, compare_sizes);
}

void es_jobs_free(es_jobs *jobs)
{
    for (size_t i = 0; i < jobs->n; i++) {
        free(jobs->list[i].path);
        free(jobs->list[i].identity);
    }
    free(jobs->list);
    *jobs = (es_jobs){ NULL, 0, 0, 0 };
}
