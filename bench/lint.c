// SPDX-License-Identifier: Apache-2.0
//
// How many certificates a second one core holds against the rules: those of fixtures/lint, over and
// over, with and without reading them first. CPU time of this process; the best of five rounds, since
// whatever else runs on a machine only makes it slower.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"
#include "wire/lint.h"

#define LINE   20000
#define MOST   400
#define ROUNDS 5
#define TIMES  40 // over all certificates, in a round

static struct sample {
    struct bytes der;
    bool leaf;
    struct certificate certificate;
} samples[MOST];
static size_t count;

static void load(struct arena *arena, const char *path)
{
    static char line[LINE], role[16], base64[LINE];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        die("cannot open %s; run this in the project's folder", path);
    while (fgets(line, sizeof line, file) != NULL && count < MOST) {
        if (sscanf(line, "certificate %*s %15s %*s %19999s", role, base64) != 2)
            continue;
        struct sample *sample = &samples[count++];
        always(text_from_base64(arena, base64, &sample->der));
        sample->leaf = strcmp(role, "leaf") == 0;
        certificate_read(arena, sample->der, &sample->certificate);
    }
    fclose(file);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double rate(bool read)
{
    struct arena arena = {0};
    double begun = seconds();
    for (size_t i = 0; i < TIMES * count; i++) {
        struct sample *sample = &samples[i % count];
        struct certificate certificate = sample->certificate;
        struct lint_result result;
        if (read)
            certificate_read(&arena, sample->der, &certificate);
        lint_certificate(&arena, &certificate, sample->leaf, &result);
        always(result.error == NULL);
        arena_release(&arena);
    }
    return (double)(TIMES * count) / (seconds() - begun);
}

static double best(bool read)
{
    double most = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double found = rate(read);
        most = found > most ? found : most;
    }
    return most;
}

int main(void)
{
    struct arena arena = {0};
    load(&arena, "fixtures/lint/certificates.txt");
    printf("%zu certificates, %zu rules\n", count, lint_rule_count());
    printf("linted:          %8.0f certificates per second and core\n", best(false));
    printf("read and linted: %8.0f certificates per second and core\n", best(true));
    arena_release(&arena);
    return 0;
}
