// SPDX-License-Identifier: Apache-2.0
//
// AlgorithmIdentifier ::= SEQUENCE { OID, parameters ANY OPTIONAL }, and what the parameters and the
// key bits of each kind say about size and curve (RFC 3279, RFC 4055, RFC 5480).
#include "wire/algorithm.h"

#include <string.h>

#include "base/arena.h"
#include "wire/der.h"
#include "wire/oid.h"

#define RSASSA_PSS "1.2.840.113549.1.1.10"

// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
static unsigned rsa_bits(struct bytes key)
{
    struct cursor file = cursor_of(key), numbers = der_enter(&file, DER_SEQUENCE);
    return der_integer_bits(der_take(&numbers, DER_INTEGER));
}

// DSA and both kinds of DH: the first number of the parameters is the prime.
static unsigned prime_bits(struct cursor parameters)
{
    struct cursor numbers = der_enter(&parameters, DER_SEQUENCE);
    return der_integer_bits(der_take(&numbers, DER_INTEGER));
}

// ECParameters ::= SEQUENCE { version, FieldID { OID, prime or { m, ... } }, ... }: the field's size.
static unsigned explicit_bits(struct cursor parameters)
{
    struct cursor all = der_enter(&parameters, DER_SEQUENCE);
    der_take(&all, DER_INTEGER);
    struct cursor field = der_enter(&all, DER_SEQUENCE);
    der_take(&field, DER_OID);
    if (der_at(&field, DER_INTEGER))
        return der_integer_bits(der_take(&field, DER_INTEGER));
    struct cursor binary = der_enter(&field, DER_SEQUENCE);
    long degree = 0;
    bool fits = der_integer(der_take(&binary, DER_INTEGER), &degree) && degree <= 65536;
    return fits ? (unsigned)degree : 0;
}

// A point is 04 x y, or 02 or 03 and x.
static unsigned point_bits(struct bytes point)
{
    if (point.size < 2)
        return 0;
    size_t octets = point.data[0] == 0x04 ? (point.size - 1) / 2 : point.size - 1;
    return 8 * (unsigned)octets;
}

static void read_curve(struct arena *arena, struct cursor parameters, struct bytes point, struct key_facts *out)
{
    if (der_at(&parameters, DER_SEQUENCE)) {
        out->curve = "explicit";
        out->bits = explicit_bits(parameters);
        return;
    }
    if (!der_at(&parameters, DER_OID)) {
        out->curve = "implicit";
        out->bits = point_bits(point);
        return;
    }
    const char *oid = der_oid(arena, der_take(&parameters, DER_OID));
    const struct oid_row *row = oid_find(OID_CURVE, oid);
    out->curve = row == NULL ? oid : row->name;
    out->bits = row == NULL ? point_bits(point) : row->bits;
    if (strcmp(out->curve, "curveSM2") == 0)
        out->type = "SM2";
}

bool algorithm_of_key(struct arena *arena, struct bytes info, struct key_facts *out)
{
    *out = (struct key_facts){.type = ""};
    struct cursor file = cursor_of(info), parts = der_enter(&file, DER_SEQUENCE);
    struct cursor parameters = der_enter(&parts, DER_SEQUENCE);
    struct bytes identifier = der_take(&parameters, DER_OID);
    struct cursor bit_string = cursor_of(der_take(&parts, DER_BIT_STRING));
    cursor_u8(&bit_string); // unused bits
    struct bytes key = cursor_rest(&bit_string);
    if (parameters.bad)
        return false;
    const char *oid = der_oid(arena, identifier);
    const struct oid_row *row = oid_find(OID_KEY, oid);
    out->type = row == NULL ? oid : row->name;
    out->bits = row == NULL ? 0 : row->bits;
    if (strncmp(out->type, "RSA", 3) == 0)
        out->bits = rsa_bits(key);
    else if (strcmp(out->type, "DSA") == 0 || strcmp(out->type, "DH") == 0)
        out->bits = prime_bits(parameters);
    else if (strcmp(out->type, "EC") == 0)
        read_curve(arena, parameters, key, out);
    return !parts.bad && !bit_string.bad;
}

// RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm DEFAULT sha1, ... } (RFC 4055 section 3.1)
static const char *pss_hash(struct arena *arena, struct cursor parameters)
{
    if (!der_at(&parameters, DER_SEQUENCE))
        return "SHA1";
    struct cursor fields = der_enter(&parameters, DER_SEQUENCE);
    if (!der_at(&fields, DER_CONTEXT_CONSTRUCTED))
        return "SHA1";
    struct cursor tagged = der_enter(&fields, DER_CONTEXT_CONSTRUCTED);
    struct cursor hash = der_enter(&tagged, DER_SEQUENCE);
    return oid_name(OID_HASH, der_oid(arena, der_take(&hash, DER_OID)));
}

const char *algorithm_of_signature(struct arena *arena, struct bytes identifier)
{
    struct cursor file = cursor_of(identifier), parts = der_enter(&file, DER_SEQUENCE);
    struct bytes content = der_take(&parts, DER_OID);
    if (parts.bad)
        return "";
    const char *oid = der_oid(arena, content);
    if (strcmp(oid, RSASSA_PSS) == 0)
        return arena_text(arena, "RSASSA-PSS-%s", pss_hash(arena, parts));
    return oid_name(OID_SIGNATURE, oid);
}

enum quantum algorithm_quantum(const char *name)
{
    static const char *const families[] = {"ML-KEM-", "ML-DSA-", "SLH-DSA-"}; // FIPS 203, 204, 205
    if (name == NULL || name[0] == '\0' || (name[0] >= '0' && name[0] <= '9'))
        return QUANTUM_UNKNOWN;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strncmp(name, families[i], strlen(families[i])) == 0)
            return QUANTUM_SAFE;
    return QUANTUM_BREAKABLE;
}
