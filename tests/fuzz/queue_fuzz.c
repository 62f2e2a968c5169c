// SPDX-License-Identifier: Apache-2.0
//
// Whatever a queue's URL holds: no crash, what is accepted keeps its promises, and a refusal repeats nothing of it.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "run/queue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct queue_url *url)
{
    always(url->host[0] != '\0' && url->port != 0 && url->name[0] != '\0' && strlen(url->name) <= QUEUE_NAME);
    always(url->lease_ms >= 1000 && url->jobs != 0 && url->results != 0);
    always((url->cert[0] == '\0') == (url->key[0] == '\0'));
    always(url->tls || (url->ca[0] == '\0' && url->cert[0] == '\0'));
    for (const char *c = url->name; *c != '\0'; c++)
        always(*c > ' ' && *c < 0x7f && *c != '{' && *c != '}' && *c != ':');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct complaint complaint = {0};
    struct queue_url url;
    const char *text = arena_string(&arena, (struct bytes){data, size});
    bool good = queue_url_parse(text, &url, &complaint);
    always(good == (complaint.text[0] == '\0'));
    always(good || strlen(text) < 16 || strstr(complaint.text, text) == NULL);
    if (good)
        check(&url);
    if (queue_target_is_plain((struct bytes){data, size}))
        always(size <= QUEUE_PLAIN && strpbrk(text, "/,\"\\ ") == NULL);
    arena_release(&arena);
    return 0;
}
