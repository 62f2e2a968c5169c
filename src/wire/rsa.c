// SPDX-License-Identifier: Apache-2.0
//
// SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING of RSAPublicKey } (RFC 3279
// section 2.3.1). A few lines of DER, in a file of their own because several ask for the numbers.
#include "wire/rsa.h"

#include <string.h>

#include "wire/der.h"

// 1.2.840.113549.1.1 and one octet more: 1 is rsaEncryption, 7 RSAES-OAEP, 10 RSASSA-PSS.
static bool is_rsa(struct bytes oid)
{
    static const uint8_t arc[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01};
    if (oid.size != sizeof arc + 1 || memcmp(oid.data, arc, sizeof arc) != 0)
        return false;
    uint8_t last = oid.data[sizeof arc];
    return last == 1 || last == 7 || last == 10;
}

// Empty where the number is zero or negative.
static struct bytes positive(struct bytes content)
{
    if (content.size == 0 || content.data[0] >= 0x80)
        return (struct bytes){NULL, 0};
    while (content.size != 0 && content.data[0] == 0)
        content = (struct bytes){content.data + 1, content.size - 1};
    return content;
}

bool rsa_read(struct bytes info, struct rsa_key *out)
{
    struct cursor file = cursor_of(info), parts = der_enter(&file, DER_SEQUENCE);
    struct cursor identifier = der_enter(&parts, DER_SEQUENCE);
    struct bytes oid = der_take(&identifier, DER_OID);
    struct cursor bit_string = cursor_of(der_take(&parts, DER_BIT_STRING));
    bool whole_octets = cursor_u8(&bit_string) == 0;
    struct cursor numbers = der_enter(&bit_string, DER_SEQUENCE);
    struct bytes modulus = der_take(&numbers, DER_INTEGER), exponent = der_take(&numbers, DER_INTEGER);
    *out = (struct rsa_key){positive(modulus), positive(exponent)};
    return is_rsa(oid) && whole_octets && !parts.bad && cursor_ended(&numbers) && out->modulus.size != 0 &&
           out->exponent.size != 0;
}
