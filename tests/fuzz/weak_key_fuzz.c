// SPDX-License-Identifier: Apache-2.0
//
// Any octets as a SubjectPublicKeyInfo: looking for weaknesses must end soon, the same every time, and
// each row must say why.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "wire/rsa.h"
#include "wire/weak_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rows(const struct weakness_row *rows, size_t count)
{
    always(count >= 1 && count <= WEAKNESS_ROWS);
    for (size_t i = 0; i < count; i++) {
        always(i == 0 || strcmp(rows[i - 1].id, rows[i].id) < 0);
        always((rows[i].answer == WEAKNESS_NO) == (rows[i].reason == NULL));
        always((rows[i].answer == WEAKNESS_NO) == (rows[i].sentence == NULL));
        for (const char *c = rows[i].sentence; c != NULL && *c != '\0'; c++)
            always((unsigned char)*c >= 0x20 && *c != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct key_lists none;
    struct arena arena = {0};
    struct bytes info = {data, size};
    struct weakness_row rows[WEAKNESS_ROWS], again[WEAKNESS_ROWS];
    struct rsa_key rsa;
    size_t count = weak_key_rows(&arena, info, &none, rows);
    check_rows(rows, count);
    always(weak_key_rows(&arena, info, &none, again) == count);
    for (size_t i = 0; i < count; i++)
        always(rows[i].answer == again[i].answer);
    if (rsa_read(info, &rsa))
        always(rsa.modulus.data[0] != 0 && rsa.exponent.data[0] != 0);
    arena_release(&arena);
    return 0;
}
