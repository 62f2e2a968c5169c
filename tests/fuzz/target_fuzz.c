// SPDX-License-Identifier: Apache-2.0
//
// Whatever a line of a target list holds: no crash, and what is accepted keeps its promises.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "run/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct target *target)
{
    always(target->port != 0 && target->host[0] != '\0' && target->display[0] != '\0');
    always(target->is_address == (target->sni == NULL));
    always(strlen(target->host) <= 254);
    always(target->sni == NULL || (strlen(target->sni) <= 253 && target->sni[strlen(target->sni) - 1] != '.'));
    for (const char *c = target->host; *c != '\0'; c++)
        always(*c > ' ' && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct complaint complaint = {0};
    struct target target;
    const char *text = arena_string(&arena, (struct bytes){data, size});
    bool good = target_parse(&arena, text, &target, &complaint);
    always(good == (complaint.text[0] == '\0'));
    if (good)
        check(&target);
    complaint = (struct complaint){0};
    always((target_server_name(&arena, text, &complaint) == NULL) == (complaint.text[0] != '\0'));
    arena_release(&arena);
    return 0;
}
