// SPDX-License-Identifier: Apache-2.0
//
// PEM read by hand, since some fixtures are certificates that libcrypto refuses.
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"

static FILE *open_fixture(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        die("cannot open %s; tests run in the project's folder", path);
    return file;
}

// The next block of a file; size 0: there is none.
static struct bytes read_block(struct arena *arena, FILE *file)
{
    struct builder text = builder_in(arena);
    char line[256];
    bool inside = false;
    while (fgets(line, sizeof line, file) != NULL && strncmp(line, "-----END", 8) != 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (inside)
            builder_add(&text, bytes_of_text(line));
        inside = inside || strncmp(line, "-----BEGIN", 10) == 0;
    }
    struct bytes der;
    if (!text_from_base64(arena, arena_string(arena, builder_bytes(&text)), &der))
        die("a fixture is not PEM");
    return der;
}

struct bytes fixture_certificate(struct arena *arena, const char *name)
{
    struct bytes der;
    if (fixture_chain(arena, arena_text(arena, "fixtures/certificates/%s.pem", name), &der, 1) != 1)
        die("fixtures/certificates/%s.pem is not PEM", name);
    return der;
}

size_t fixture_chain(struct arena *arena, const char *path, struct bytes *chain, size_t most)
{
    FILE *file = open_fixture(path);
    size_t count = 0;
    while (count < most && (chain[count] = read_block(arena, file)).size != 0)
        count++;
    fclose(file);
    return count;
}
