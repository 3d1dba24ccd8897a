/* SPDX-License-Identifier: Apache-2.0
 *
 * broker.c: see broker.h.
 */
#include "broker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct es_broker {
    char *folder; /* of the first file: "" or with a slash at its end */
    es_evidence_file *files;
    struct timespec *modified;
    char **paths;
    size_t n, n_named, capacity;
    atomic_bool busy;
};

/* What the child is told of a file; the descriptor travels beside it. */
typedef struct reply {
    int32_t status;
    uint32_t sector_size;
    uint64_t size;
    uint8_t device;
} reply;

es_broker *es_broker_free(es_broker *broker)
{
    if (!broker)
        return NULL;
    for (size_t i = 0; i < broker->n; i++) {
        close(broker->files[i].fd);
        free(broker->paths[i]);
    }
    free(broker->files);
    free(broker->modified);
    free(broker->paths);
    free(broker->folder);
    free(broker);
    return NULL;
}

/* Read-only, without touching the access time where we may. */
static int open_read_only(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOATIME | O_NONBLOCK);

    if (fd < 0 && errno == EPERM)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd;
}

/* Size and kind of an opened file; ES_UNSUPPORTED when it is neither a file nor a disk. */
static es_status measure(int fd, es_evidence_file *file, struct timespec *ret_modified)
{
    struct stat about;
    uint64_t size;
    int sector;

    if (fstat(fd, &about) != 0)
        return ES_IO;
    file->fd = fd;
    *ret_modified = about.st_mtim;
    if (S_ISREG(about.st_mode)) {
        file->size = (uint64_t)about.st_size;
        return ES_OK;
    }
    if (!S_ISBLK(about.st_mode))
        return ES_UNSUPPORTED;
    if (ioctl(fd, BLKGETSIZE64, &size) != 0)
        return ES_IO;
    file->size = size;
    file->device = true;
    if (ioctl(fd, BLKSSZGET, &sector) == 0 && sector > 0)
        file->sector_size = (uint32_t)sector;
    return ES_OK;
}

static es_status grow(es_broker *broker)
{
    size_t capacity = broker->capacity ? broker->capacity * 2 : 16;
    es_evidence_file *files = realloc(broker->files, capacity * sizeof *files);
    struct timespec *modified = realloc(broker->modified, capacity * sizeof *modified);
    char **paths = realloc(broker->paths, capacity * sizeof *paths);

    /* What was moved has moved, whatever came of the others. */
    broker->files = files ? files : broker->files;
    broker->modified = modified ? modified : broker->modified;
    broker->paths = paths ? paths : broker->paths;
    if (!files || !modified || !paths)
        return ES_NOMEM;
    broker->capacity = capacity;
    return ES_OK;
}

static es_status keep(es_broker *broker, const es_evidence_file *file,
                      const struct timespec *modified, const char *path)
{
    const char *slash;

    if (broker->n == ES_BROKER_FILES_MAX)
        return ES_LIMIT;
    if (broker->n == broker->capacity && grow(broker) != ES_OK)
        return ES_NOMEM;
    broker->paths[broker->n] = strdup(path);
    if (!broker->paths[broker->n])
        return ES_NOMEM;
    slash = strrchr(broker->paths[broker->n], '/');
    broker->files[broker->n] = *file;
    broker->modified[broker->n] = *modified;
    broker->files[broker->n].name = slash ? slash + 1 : broker->paths[broker->n];
    broker->n++;
    return ES_OK;
}

static const char *why(int error)
{
    switch (error) {
    case ENOENT:
        return "there is no such file";
    case EACCES:
    case EPERM:
        return "you are not permitted to read it";
    case EIO:
        return "the medium gives read errors";
    default:
        return strerror(error);
    }
}

static es_status open_named(es_broker *broker, const char *path, es_note *reterr_note)
{
    es_evidence_file file = { .fd = -1 };
    struct timespec modified;
    struct stat about;
    int fd = open_read_only(path);
    es_status status;

    if (fd < 0) {
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "image", "Cannot open %s: %s.", path,
                    why(errno));
        return ES_IO;
    }
    if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
        close(fd);
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "image",
                    "%s is a directory. Name the image file in it; of a split image any segment.",
                    path);
        return ES_UNSUPPORTED;
    }
    status = measure(fd, &file, &modified);
    if (status == ES_OK)
        status = keep(broker, &file, &modified, path);
    if (status != ES_OK) {
        close(fd);
        es_note_set(reterr_note, ES_SEVERITY_ERROR, "image",
                    status == ES_UNSUPPORTED ? "%s is neither a file nor a block device."
                                             : "Cannot find out how large %s is.",
                    path);
    }
    return status;
}

/* E01 images may have more segments than the soft limit of open files allows. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < ES_BROKER_FILES_MAX + 64 ? limit.rlim_max
                                                                   : ES_BROKER_FILES_MAX + 64;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

es_status es_broker_new(const char *const *paths, size_t n_paths, es_broker **ret_broker,
                        es_note *reterr_note)
{
    es_broker *broker = calloc(1, sizeof *broker);
    es_status status = broker ? ES_OK : ES_NOMEM;
    const char *slash = strrchr(paths[0], '/');

    raise_file_limit();
    if (status == ES_OK) {
        broker->folder = strndup(paths[0], slash ? (size_t)(slash - paths[0]) + 1 : 0);
        status = broker->folder ? ES_OK : ES_NOMEM;
    }
    for (size_t i = 0; i < n_paths && status == ES_OK; i++)
        status = open_named(broker, paths[i], reterr_note);
    if (status != ES_OK) {
        es_broker_free(broker);
        return status;
    }
    broker->n_named = broker->n;
    *ret_broker = broker;
    return ES_OK;
}

const es_evidence_file *es_broker_files(const es_broker *broker, size_t *ret_n)
{
    *ret_n = broker->n_named;
    return broker->files;
}

bool es_broker_asked(const es_broker *broker, size_t at, es_broker_file *ret_file)
{
    if (at >= broker->n - broker->n_named)
        return false;
    at += broker->n_named;
    *ret_file = (es_broker_file){ broker->files[at].name, broker->files[at].size,
                                  broker->modified[at] };
    return true;
}

const char *es_broker_path(const es_broker *broker, const char *name)
{
    for (size_t i = 0; i < broker->n; i++)
        if (!strcmp(broker->files[i].name, name))
            return broker->paths[i];
    return NULL;
}

es_status es_broker_sibling(void *context, const char *name, es_evidence_file *ret_file)
{
    es_broker *broker = context;
    es_evidence_file file = { .fd = -1 };
    struct timespec modified;
    char path[PATH_MAX];
    es_status status;
    int fd;

    if (!*name || !strcmp(name, ".") || !strcmp(name, "..") || strchr(name, '/'))
        return ES_ABSENT;
    for (size_t i = 0; i < broker->n; i++) {
        if (!strcmp(broker->files[i].name, name)) {
            *ret_file = broker->files[i];
            return ES_OK;
        }
    }
    if (snprintf(path, sizeof path, "%s%s", broker->folder, name) >= (int)sizeof path)
        return ES_ABSENT;
    fd = open_read_only(path);
    if (fd < 0)
        return errno == ENOENT || errno == ENAMETOOLONG ? ES_ABSENT : ES_CORRUPT;
    status = measure(fd, &file, &modified);
    if (status == ES_OK && file.device)
        status = ES_ABSENT;
    if (status == ES_UNSUPPORTED)
        status = ES_ABSENT;
    if (status == ES_OK)
        status = keep(broker, &file, &modified, path);
    if (status != ES_OK) {
        close(fd);
        return status;
    }
    *ret_file = broker->files[broker->n - 1];
    return ES_OK;
}

/* sendmsg and recvmsg, whatever signal comes in between. */
static ssize_t send_all(int socket, const struct msghdr *message, int flags)
{
    ssize_t n;

    do
        n = sendmsg(socket, message, MSG_NOSIGNAL | flags);
    while (n < 0 && errno == EINTR);
    return n;
}

static ssize_t receive(int socket, struct msghdr *message, int flags)
{
    ssize_t n;

    do
        n = recvmsg(socket, message, flags);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Send a reply and, when there is one, a descriptor. It is not waited for room: who asks takes an
 * answer before it asks again, and who does not would let us wait for ever. */
static bool answer(int socket, const reply *what, int fd)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    reply copy = *what;
    struct iovec part = { &copy, sizeof copy };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    struct cmsghdr *header;

    if (fd >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return send_all(socket, &message, MSG_DONTWAIT) == (ssize_t)sizeof copy;
}

void es_broker_serve(es_broker *broker, int socket)
{
    char name[NAME_MAX + 1];

    for (;;) {
        es_evidence_file file = { .fd = -1 };
        struct iovec part = { name, sizeof name - 1 };
        struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
        ssize_t n = receive(socket, &message, 0);
        bool answered;
        reply what;

        if (n <= 0)
            return;
        name[n] = '\0';
        atomic_store(&broker->busy, true);
        memset(&what, 0, sizeof what);
        what.status = strlen(name) == (size_t)n ? es_broker_sibling(broker, name, &file)
                                                : ES_ABSENT;
        if (what.status == ES_OK) {
            what.size = file.size;
            what.device = file.device;
            what.sector_size = file.sector_size;
        }
        answered = answer(socket, &what, what.status == ES_OK ? file.fd : -1);
        atomic_store(&broker->busy, false);
        if (!answered)
            return;
    }
}

bool es_broker_is_busy(const es_broker *broker)
{
    return atomic_load(&broker->busy);
}

es_status es_broker_ask(void *context, const char *name, es_evidence_file *ret_file)
{
    const int *socket = context;
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    union {
        const char *text;
        void *bytes;
    } asked = { name };
    reply what;
    struct iovec question = { asked.bytes, strlen(name) }, part = { &what, sizeof what };
    struct msghdr message = { .msg_iov = &question, .msg_iovlen = 1 };
    struct cmsghdr *header;

    if (!*name || strlen(name) > NAME_MAX)
        return ES_ABSENT;
    if (send_all(*socket, &message, 0) != (ssize_t)question.iov_len)
        return ES_IO;
    memset(&control, 0, sizeof control);
    message = (struct msghdr){ .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space,
                               .msg_controllen = sizeof control.space };
    if (receive(*socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof what)
        return ES_IO;
    if (what.status != ES_OK)
        return what.status;
    header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int)))
        return ES_IO;
    *ret_file = (es_evidence_file){ .size = what.size, .device = what.device,
                                    .sector_size = what.sector_size, .name = name };
    memcpy(&ret_file->fd, CMSG_DATA(header), sizeof ret_file->fd);
    return ES_OK;
}
