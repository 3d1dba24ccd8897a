/* SPDX-License-Identifier: Apache-2.0
 *
 * floor.c: what the steps that nobody is spared cost who answers from these hives and states their
 * SHA-256: each hive is copied into a memfd, hashed, and opened by hivex, all of them at once.
 *
 *     floor HIVE…
 *
 * No walk to the files, no parsing, no report. It is not the least: hashing while copying, or a
 * better share for each processor, would end sooner. What no order of these steps can beat is their
 * processor time divided by the number of processors (bench.py prints both).
 */
#include <fcntl.h>
#include <hivex.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIECE (1u << 20)
#define HIVES_MAX 8

static void fail(const char *what, const char *path)
{
    perror(path);
    fprintf(stderr, "floor: cannot %s %s\n", what, path);
    exit(1);
}

static void copy_and_hash(const char *path, int from, int to)
{
    unsigned char *piece = malloc(PIECE), digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    ssize_t n;

    if (!piece || !hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
        fail("hash", path);
    while ((n = read(from, piece, PIECE)) > 0)
        if (EVP_DigestUpdate(hash, piece, (size_t)n) != 1 || write(to, piece, (size_t)n) != n)
            fail("copy", path);
    if (n < 0 || EVP_DigestFinal_ex(hash, digest, NULL) != 1)
        fail("read", path);
    EVP_MD_CTX_free(hash);
    free(piece);
}

static void *take(void *argument)
{
    const char *path = argument;
    int from = open(path, O_RDONLY | O_CLOEXEC), to = memfd_create("hive", MFD_CLOEXEC);
    char name[64];
    hive_h *hive;

    if (from < 0 || to < 0)
        fail("open", path);
    copy_and_hash(path, from, to);
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", to);
    hive = hivex_open(name, 0);
    if (!hive)
        fail("read the hive", path);
    hivex_close(hive);
    close(from);
    close(to);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[HIVES_MAX];

    if (argc < 2 || argc > HIVES_MAX + 1) {
        fprintf(stderr, "usage: floor HIVE...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        if (pthread_create(&threads[i - 1], NULL, take, argv[i]))
            fail("start a thread for", argv[i]);
    for (int i = 1; i < argc; i++)
        pthread_join(threads[i - 1], NULL);
    return 0;
}
