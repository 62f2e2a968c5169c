// SPDX-License-Identifier: Apache-2.0
//
// Any octets as an OCSP response or a CRL about any certificate of any issuer: judging must end. The first octet
// chooses, then come certificate and issuer, each behind a length of 16 bits, and what is judged. The same octets
// are then read as the document that caIssuers leads to.
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/bundle.h"
#include "wire/crl.h"
#include "wire/ocsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        always((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void read_block(struct arena *arena, struct cursor *cursor, struct certificate *out)
{
    struct cursor block = cursor_block16(cursor);
    certificate_read(arena, cursor_rest(&block), out);
}

static void read_bundle(struct bytes document)
{
    enum { MOST = 4 };
    struct bytes found[MOST];
    size_t count = bundle_read(document, found, MOST);
    always(count <= MOST);
    for (size_t i = 0; i < count; i++)
        always(found[i].size != 0 && found[i].data >= document.data &&
               found[i].data + found[i].size <= document.data + document.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { NOW = 1790000000 };
    struct arena arena = {0};
    struct certificate certificate, issuer;
    struct revocation_result result;
    struct cursor cursor = cursor_of((struct bytes){data, size});
    bool is_list = cursor_u8(&cursor) % 2 != 0;
    read_block(&arena, &cursor, &certificate);
    read_block(&arena, &cursor, &issuer);
    struct bytes octets = cursor_rest(&cursor);
    const struct revocation_question question = {&certificate, &issuer, NOW};
    if (is_list)
        crl_judge(&arena, octets, &question, &result);
    else
        ocsp_judge(&arena, octets, &question, &result);
    always((result.status == REVOCATION_UNKNOWN) == (result.reason != NULL));
    always(result.sentence != NULL);
    check_text(result.sentence);
    check_text(result.signer);
    check_text(result.number);
    ocsp_request(&arena, &certificate, &issuer);
    read_bundle(octets);
    arena_release(&arena);
    return 0;
}
