// SPDX-License-Identifier: Apache-2.0
//
// Whatever stands in a response's head: facts that are fit to print, and no value of a cookie left in it. The first
// octet says whether it answered a GET.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "check/http_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_print(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        always((unsigned char)*text >= 0x20 && *text != 0x7F);
}

static void look_at(const struct http_fact *http)
{
    must_print(http->phrase);
    must_print(http->hsts.value);
    must_print(http->redirect.location);
    must_print(http->server);
    must_print(http->powered_by);
    must_print(http->encoding);
    must_print(http->alt_svc);
    for (size_t i = 0; i < http->alternatives.count; i++)
        must_print(http->alternatives.text[i]);
    for (size_t i = 0; i < http->header_count; i++)
        must_print(http->headers[i].value);
    for (size_t i = 0; i < http->cookie_count; i++)
        must_print(http->cookies[i].name);
    always(http->hsts.fact.verdict == VERDICT_YES || http->hsts.fact.reason != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct http_head head, again;
    struct http_fact http = {0}, other = {0};
    if (size == 0 || http_head_read((struct bytes){data + 1, size - 1}, &head) != HTTP_WHOLE)
        return 0;
    http_read(&arena, &head, "example.com", data[0] % 2 != 0, &http);
    look_at(&http);
    struct bytes bare = cookies_removed(&arena, head.octets);
    always(http_head_read(bare, &again) == HTTP_WHOLE && bytes_equal(cookies_removed(&arena, bare), bare));
    http_read(&arena, &again, "example.com", data[0] % 2 != 0, &other);
    always(other.cookie_count == http.cookie_count && other.header_count == http.header_count);
    for (size_t i = 0; i < http.cookie_count; i++)
        always(strcmp(other.cookies[i].name, http.cookies[i].name) == 0 &&
               other.cookies[i].secure == http.cookies[i].secure);
    arena_release(&arena);
    return 0;
}
