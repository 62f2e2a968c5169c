// SPDX-License-Identifier: Apache-2.0
//
// What a command costs, with all that it waits for: runs it and writes to a file the CPU seconds of user and system,
// the seconds that passed, and the most KiB that one of its processes had. It is a small process of its own because
// getrusage counts the memory of who forked as the child's.
//
//     cost FILE COMMAND [ARGUMENT...]
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double of(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

int main(int count, char **arguments)
{
    pid_t child;
    int status;
    struct rusage usage;
    if (count < 3) {
        fputs("usage: cost FILE COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    double begun = seconds();
    int error = posix_spawnp(&child, arguments[2], NULL, NULL, arguments + 2, environ);
    if (error != 0 || wait4(child, &status, 0, &usage) != child) {
        fprintf(stderr, "cost: %s: %s\n", arguments[2], strerror(error != 0 ? error : errno));
        return 127;
    }
    double elapsed = seconds() - begun;
    FILE *file = fopen(arguments[1], "we");
    if (file == NULL ||
        fprintf(file, "%.6f %.6f %ld\n", of(usage.ru_utime) + of(usage.ru_stime), elapsed, usage.ru_maxrss) < 0 ||
        fclose(file) != 0) {
        perror("cost");
        return 127;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
