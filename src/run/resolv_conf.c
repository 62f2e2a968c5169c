// SPDX-License-Identifier: Apache-2.0
//
// resolv.conf(5) as ub_ctx_resolvconf reads it: a line "nameserver ADDRESS", whatever else there is.
#include "run/resolv_conf.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#define MOST_SERVERS 8

static const char blanks[] = " \t";

// The address of a line, or NULL.
static char *server_of(char *line)
{
    static const char word[] = "nameserver";
    line += strspn(line, blanks);
    if (strncmp(line, word, sizeof word - 1) != 0)
        return NULL;
    line += sizeof word - 1;
    line += strspn(line, blanks);
    line[strcspn(line, " \t\r\n#;")] = '\0';
    return line[0] == '\0' ? NULL : line;
}

const char *resolv_conf_servers(struct arena *arena, const char *file)
{
    FILE *opened = fopen(file, "r");
    const char *servers = "";
    char line[1024];
    if (opened == NULL)
        return servers;
    for (unsigned count = 0; count < MOST_SERVERS && fgets(line, sizeof line, opened) != NULL;) {
        const char *server = server_of(line);
        if (server != NULL)
            servers = arena_text(arena, "%s%s%s", servers, count++ == 0 ? "" : " ", server);
    }
    fclose(opened);
    return servers[0] == '\0' ? "127.0.0.1" : servers;
}
