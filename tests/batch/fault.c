/* SPDX-License-Identifier: Apache-2.0
 *
 * fault.c: a medium that fails, and images that change at the right moment, for faults.py. Preloaded
 * into the program: a bad sector, a folder that may not be read and a writer that is at work all
 * the time cannot be had otherwise by a user who is not root, or must not depend on luck.
 *
 *   ESUSCAN_FAULT=eio:FROM:TO:PATH   bytes of the file at PATH give EIO
 *   ESUSCAN_FAULT=wait:FROM:TO:PATH  reading them waits until the file has been changed or deleted
 *   ESUSCAN_FAULT=deny:0:0:PATH      PATH cannot be opened
 *
 * It opens nothing and allocates nothing: it goes into the cage too.
 */
#undef _FILE_OFFSET_BITS /* both names of each call are here, and differ only where it is 32 bits */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAIT_TICKS 2000 /* of 10 ms: somebody forgot to change it */

static struct {
    char kind[8];
    long long from, to;
    const char *path;
    struct stat about;
} fault;

__attribute__((constructor)) static void prepare(void)
{
    const char *text = getenv("ESUSCAN_FAULT");
    int path = 0;

    if (!text || sscanf(text, "%7[a-z]:%lld:%lld:%n", fault.kind, &fault.from, &fault.to, &path) < 3 ||
        !path)
        return;
    fault.path = text + path;
    if (stat(fault.path, &fault.about) != 0)
        fault.path = NULL;
}

static int is_it(int fd)
{
    struct stat now;

    return fault.path && fstat(fd, &now) == 0 && now.st_ino == fault.about.st_ino &&
           now.st_dev == fault.about.st_dev;
}

static void wait_for_change(int fd)
{
    const struct timespec tick = { 0, 10000000 };
    struct stat now;

    for (int i = 0; i < WAIT_TICKS && fstat(fd, &now) == 0; i++) {
        if (now.st_nlink != fault.about.st_nlink || now.st_size != fault.about.st_size)
            return;
        nanosleep(&tick, NULL);
    }
}

static ssize_t read_at(int fd, void *buffer, size_t size, off_t offset)
{
    if (fault.path && offset < fault.to && offset + (off_t)size > fault.from && is_it(fd)) {
        if (!strcmp(fault.kind, "eio")) {
            errno = EIO;
            return -1;
        }
        if (!strcmp(fault.kind, "wait"))
            wait_for_change(fd);
    }
    return (ssize_t)syscall(SYS_pread64, fd, buffer, size, offset);
}

static int open_it(const char *path, int flags, mode_t mode)
{
    if (fault.path && !strcmp(fault.kind, "deny") && !strcmp(path, fault.path)) {
        errno = EACCES;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define EXPORT __attribute__((visibility("default")))

EXPORT ssize_t pread(int fd, void *buffer, size_t size, off_t offset);
EXPORT ssize_t pread64(int fd, void *buffer, size_t size, off_t offset);
EXPORT int open(const char *path, int flags, ...);
EXPORT int open64(const char *path, int flags, ...);

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    return read_at(fd, buffer, size, offset);
}

ssize_t pread64(int fd, void *buffer, size_t size, off_t offset)
{
    return read_at(fd, buffer, size, offset);
}

#define MODE(flags)                                                                                \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {                                        \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = va_arg(list, mode_t);                                                               \
        va_end(list);                                                                              \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags)
    return open_it(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags)
    return open_it(path, flags, mode);
}
