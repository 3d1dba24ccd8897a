/* SPDX-License-Identifier: Apache-2.0
 *
 * standalone.c: replays seeds through a fuzz target as a plain test.
 *
 *     fuzz_hive [--no-damage] FILE|FOLDER…
 *
 * The targets define libFuzzer's LLVMFuzzerTestOneInput(). Built with libFuzzer they search;
 * linked with this file they are ordinary programs that pass every seed through the target as it
 * is, and then, so that each fixture works twice, cut and damaged in ways that are the same in
 * every run. A target that gets something wrong crashes, and so does the test.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* libFuzzer's contract. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

#define SEED_SIZE_MAX (16 << 20)
#define DAMAGED_BYTES (4 << 20) /* how much is replayed of one damaged seed, all rounds together */
#define ROUNDS_MIN 4
#define ROUNDS_MAX 200
#define DEPTH_MAX 4

typedef struct replay {
    unsigned long n_seeds, n_runs;
    int damage;
} replay;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A copy of exactly the right size, so that a sanitizer sees the first byte behind it. */
static void run(replay *r, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    r->n_runs++;
}

/* Bytes that make parsers stumble: ends of ranges, signs, all ones, and any byte at all. */
static void damage(uint8_t *data, size_t size, uint32_t *random)
{
    static const uint8_t bad[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
    unsigned n = 1 + next_random(random) % 8;

    while (n--) {
        /* Headers are where the structure is: half of the damage goes into the first 4 KiB. */
        size_t reach = next_random(random) % 2 && size > 4096 ? 4096 : size;
        size_t at = next_random(random) % reach, length = 1 + next_random(random) % 4;
        uint8_t with = next_random(random) % 2 ? bad[next_random(random) % sizeof bad]
                                               : (uint8_t)next_random(random);

        while (length-- && at < size)
            data[at++] = with;
    }
}

static void replay_seed(replay *r, const uint8_t *seed, size_t size)
{
    uint32_t random = (uint32_t)size ^ 6003u;
    size_t rounds;
    uint8_t *copy;

    run(r, seed, size);
    if (!r->damage || !size)
        return;
    rounds = DAMAGED_BYTES / size;
    rounds = rounds < ROUNDS_MIN ? ROUNDS_MIN : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    copy = malloc(size);
    if (!copy)
        abort();
    for (size_t i = 0; i < rounds; i++) {
        size_t left = i % 8 ? size : next_random(&random) % size;

        memcpy(copy, seed, size);
        damage(copy, size, &random);
        run(r, copy, left);
    }
    free(copy);
}

static void replay_file(replay *r, const char *path)
{
    uint8_t *data = malloc(SEED_SIZE_MAX);
    FILE *file = fopen(path, "rb");
    size_t size;

    if (!data || !file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    size = fread(data, 1, SEED_SIZE_MAX, file);
    fclose(file);
    /* Named before it runs: after a crash the last name is the culprit. */
    printf("%s\n", path);
    fflush(stdout);
    replay_seed(r, data, size);
    free(data);
    r->n_seeds++;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_path(replay *r, const char *path, unsigned depth)
{
    struct dirent **entries;
    struct stat status;
    int n;

    if (stat(path, &status) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    if (!S_ISDIR(status.st_mode)) {
        replay_file(r, path);
        return;
    }
    n = depth < DEPTH_MAX ? scandir(path, &entries, not_hidden, alphasort) : 0;
    if (n <= 0)
        return;
    for (int i = 0; i < n; i++) {
        size_t size = strlen(path) + strlen(entries[i]->d_name) + 2;
        char *child = malloc(size);

        if (!child)
            abort();
        snprintf(child, size, "%s/%s", path, entries[i]->d_name);
        replay_path(r, child, depth + 1);
        free(child);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    replay r = { .damage = 1 };

    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    run(&r, (const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-damage") == 0)
            r.damage = 0;
        else
            replay_path(&r, argv[i], 0);
    }
    printf("%lu seeds, %lu runs\n", r.n_seeds, r.n_runs);
    return r.n_seeds ? 0 : 1;
}
