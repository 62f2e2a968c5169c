// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target without a fuzzer, as a test: on each file of its corpus, on each beginning of
// the file, and on the file with one bit turned. Each input lies in a block of its own exact size,
// so that the address sanitizer sees one octet read too many. The program's name says which
// corpus: hello_fuzz reads tests/fuzz/corpus/hello. Run from the project's top folder.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CORPUS     "tests/fuzz/corpus"
#define SUFFIX     "_fuzz"
#define MOST_CUTS  4096
#define MOST_FLIPS 4096 // spread over the file when it has more bits

struct input {
    uint8_t *data;
    size_t size;
};

static void fail(const char *what, const char *which)
{
    fflush(stdout);
    fprintf(stderr, "replay: %s: %s\n", which, what);
    exit(1);
}

static void corpus_of(const char *program, char *path, size_t size)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash == NULL ? program : slash + 1;
    size_t length = strlen(name);
    if (length <= strlen(SUFFIX) || strcmp(name + length - strlen(SUFFIX), SUFFIX) != 0)
        fail("not the name of a fuzz target", name);
    if (snprintf(path, size, CORPUS "/%.*s", (int)(length - strlen(SUFFIX)), name) >= (int)size)
        fail("too long a name", name);
}

static struct input input_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat facts;
    if (file == NULL || fstat(fileno(file), &facts) != 0)
        fail("cannot be read", path);
    struct input input = {malloc((size_t)facts.st_size + 1), (size_t)facts.st_size};
    if (input.data == NULL || fread(input.data, 1, input.size, file) != input.size)
        fail("cannot be read", path);
    fclose(file);
    return input;
}

static size_t run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size);
    if (exact == NULL && size != 0)
        fail("out of memory", "input");
    if (size != 0)
        memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

static size_t run_cuts(struct input input)
{
    size_t runs = 0;
    for (size_t size = 0; size < input.size && size < MOST_CUTS; size++)
        runs += run(input.data, size);
    return runs;
}

static size_t run_flips(struct input input)
{
    size_t runs = 0, bits = input.size * 8, step = bits / MOST_FLIPS + 1;
    for (size_t bit = 0; bit < bits; bit += step) {
        uint8_t mask = (uint8_t)(1 << bit % 8);
        input.data[bit / 8] ^= mask;
        runs += run(input.data, input.size);
        input.data[bit / 8] ^= mask;
    }
    return runs;
}

static size_t replay(const char *folder, const char *name)
{
    char path[1024];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        fail("too long a name", name);
    printf("%s\n", path); // the last line names the input that a crash came from
    fflush(stdout);
    struct input input = input_read(path);
    size_t runs = run(input.data, input.size) + run_cuts(input) + run_flips(input);
    free(input.data);
    return runs;
}

static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

int main(int count, char **arguments)
{
    char folder[512];
    corpus_of(count > 0 ? arguments[0] : "", folder, sizeof folder);
    struct dirent **entries = NULL;
    int files = scandir(folder, &entries, visible, alphasort);
    size_t runs = 0;
    for (int i = 0; i < files; i++) {
        runs += replay(folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (files <= 0)
        fail("no inputs", folder);
    printf("%s: %d inputs, %zu runs\n", folder, files, runs);
    return 0;
}
