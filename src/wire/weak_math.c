// SPDX-License-Identifier: Apache-2.0
//
// Integer square roots by Newton's method, since libcrypto has none, and Fermat's factoring with
// them. Points are judged by libcrypto on curves that it knows by name; nothing here computes in
// a field that a stranger describes.
#include "wire/weak_math.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "base/fail.h"

#define must(condition) ((condition) ? (void)0 : die("libcrypto cannot do arithmetic: %s", #condition))

// From above: the first guess is at least the root, and each one after it less, until it is the root rounded down.
static void take_root(BIGNUM *root, const BIGNUM *number, BN_CTX *context)
{
    BIGNUM *next = BN_new();
    must(next != NULL && BN_set_word(root, 1) && BN_lshift(root, root, (BN_num_bits(number) + 1) / 2));
    for (;;) {
        must(BN_div(next, NULL, number, root, context) && BN_add(next, next, root) && BN_rshift1(next, next));
        if (BN_cmp(next, root) >= 0)
            break;
        must(BN_copy(root, next) != NULL);
    }
    BN_free(next);
}

static bool square_modulo(unsigned residue, unsigned modulus)
{
    for (unsigned root = 0; 2 * root <= modulus; root++)
        if (root * root % modulus == residue)
            return true;
    return false;
}

// A look at a few residues turns away all but one in a hundred of those that are no squares.
static bool may_be_square(const BIGNUM *number)
{
    unsigned low = 0;
    for (int bit = 0; bit < 6; bit++)
        low |= BN_is_bit_set(number, bit) ? 1u << bit : 0;
    if (!square_modulo(low, 64))
        return false;
    unsigned rest = (unsigned)BN_mod_word(number, 63 * 65 * 11);
    return square_modulo(rest % 63, 63) && square_modulo(rest % 65, 65) && square_modulo(rest % 11, 11);
}

static bool is_square(const BIGNUM *number, BN_CTX *context)
{
    if (BN_is_zero(number))
        return true;
    if (!may_be_square(number))
        return false;
    BIGNUM *root = BN_new(), *square = BN_new();
    must(root != NULL && square != NULL);
    take_root(root, number, context);
    must(BN_sqr(square, root, context));
    bool same = BN_cmp(square, number) == 0;
    BN_free(square);
    BN_free(root);
    return same;
}

static BIGNUM *number_of(struct bytes octets)
{
    BIGNUM *number = BN_bin2bn(octets.data, (int)octets.size, NULL);
    must(number != NULL);
    return number;
}

bool weak_math_square(struct bytes octets)
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *number = number_of(octets);
    must(context != NULL);
    bool square = is_square(number, context);
    BN_free(number);
    BN_CTX_free(context);
    return square;
}

// a * a - number, and what it grows by with the next a: 2 a + 1.
static void first_round(const BIGNUM *number, BIGNUM *rest, BIGNUM *step, BN_CTX *context)
{
    BIGNUM *a = BN_new();
    must(a != NULL);
    take_root(a, number, context);
    must(BN_sqr(rest, a, context));
    if (BN_cmp(rest, number) < 0)
        must(BN_add_word(a, 1) && BN_sqr(rest, a, context));
    must(BN_sub(rest, rest, number) && BN_lshift1(step, a) && BN_add_word(step, 1));
    BN_free(a);
}

bool weak_math_fermat(struct bytes octets, unsigned rounds)
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *number = number_of(octets), *rest = BN_new(), *step = BN_new();
    must(context != NULL && rest != NULL && step != NULL);
    first_round(number, rest, step, context);
    bool found = false;
    for (unsigned round = 0; round < rounds && !found; round++) {
        found = is_square(rest, context);
        must(BN_add(rest, rest, step) && BN_add_word(step, 2));
    }
    BN_free(step);
    BN_free(rest);
    BN_free(number);
    BN_CTX_free(context);
    return found;
}

// On the curve it is already. A curve with a cofactor has points of other orders too.
static bool good_order(const EC_GROUP *group, const EC_POINT *point, BN_CTX *context)
{
    if (EC_POINT_is_at_infinity(group, point) == 1)
        return false;
    if (BN_is_one(EC_GROUP_get0_cofactor(group)))
        return true;
    EC_POINT *product = EC_POINT_new(group);
    must(product != NULL && EC_POINT_mul(group, product, NULL, point, EC_GROUP_get0_order(group), context));
    bool good = EC_POINT_is_at_infinity(group, product) == 1;
    EC_POINT_free(product);
    return good;
}

enum point weak_math_point(const char *curve, struct bytes octets)
{
    int name = OBJ_txt2nid(curve);
    EC_GROUP *group = name == NID_undef ? NULL : EC_GROUP_new_by_curve_name(name);
    ERR_clear_error();
    if (group == NULL)
        return POINT_CURVE_UNKNOWN;
    BN_CTX *context = BN_CTX_new();
    EC_POINT *point = EC_POINT_new(group);
    must(context != NULL && point != NULL);
    bool good =
        EC_POINT_oct2point(group, point, octets.data, octets.size, context) == 1 && good_order(group, point, context);
    ERR_clear_error();
    EC_POINT_free(point);
    BN_CTX_free(context);
    EC_GROUP_free(group);
    return good ? POINT_GOOD : POINT_WRONG;
}
