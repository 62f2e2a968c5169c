// SPDX-License-Identifier: Apache-2.0
//
// PEM read by hand, since some fixtures are certificates that libcrypto refuses.
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/text.h"

struct bytes fixture_certificate(struct arena *arena, const char *name)
{
    const char *path = arena_text(arena, "fixtures/certificates/%s.pem", name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        die("cannot open %s; tests run in the project's folder", path);
    struct builder text = builder_in(arena);
    char line[256];
    bool inside = false;
    while (fgets(line, sizeof line, file) != NULL && strncmp(line, "-----END", 8) != 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (inside)
            builder_add(&text, bytes_of_text(line));
        inside = inside || strncmp(line, "-----BEGIN", 10) == 0;
    }
    fclose(file);
    struct bytes der;
    if (!text_from_base64(arena, arena_string(arena, builder_bytes(&text)), &der) || der.size == 0)
        die("%s is not PEM", path);
    return der;
}
