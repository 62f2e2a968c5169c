// SPDX-License-Identifier: Apache-2.0
//
// Bernstein's batch of greatest common divisors, as a scaled remainder tree. Up the tree go the product P of the
// numbers N below a node, and the sum D of P/N over them; modulo one of the numbers, D at the root is the product of
// all others. Down goes the fraction of D/P: multiplied by the product of a node's sibling it becomes that of D over
// the node's own, since whole parts do not matter; so the only division is one at the root, done by Newton's method.
// libcrypto multiplies fast, by Karatsuba's method, where both numbers are of one length; it squares and divides huge
// numbers slowly.
#include "wire/common_factor.h"

#include <openssl/bn.h>

#include "base/arena.h"
#include "base/fail.h"

#define must(condition) ((condition) ? (void)0 : die("libcrypto cannot do arithmetic: %s", #condition))

#define WORD   64
#define SHORT  (16 * WORD) // bits up to which the plain method multiplies and divides as fast
#define GUARD  128         // bits of a fraction beyond those of what it is over, against errors of rounding
#define MARGIN 16          // bits of a reciprocal beyond half, before a round of Newton's method doubles them

struct node {
    struct node *child[2]; // NULL: of one number
    size_t first, count;   // numbers below
    BIGNUM *product;
};

struct batch {
    struct arena *arena;
    const struct bytes *number;
    struct bytes *factor;
    BN_CTX *context;
};

static BIGNUM *fresh(void)
{
    BIGNUM *number = BN_new();
    must(number != NULL);
    return number;
}

static BIGNUM *number_of(struct bytes octets)
{
    BIGNUM *number = BN_bin2bn(octets.data, (int)octets.size, NULL);
    must(number != NULL);
    return number;
}

static struct bytes octets_of(struct arena *arena, const BIGNUM *number)
{
    size_t size = (size_t)BN_num_bytes(number);
    uint8_t *octets = arena_alloc(arena, size);
    BN_bn2bin(number, octets);
    return (struct bytes){octets, size};
}

// --- arithmetic ----------------------------------------------------------------------------------

// The lowest bits of a number that is not negative.
static void keep_low(BIGNUM *number, int bits)
{
    if (BN_num_bits(number) > bits)
        must(BN_mask_bits(number, bits));
}

// The longer number is cut into pieces of the shorter one's length.
static void multiply(BIGNUM *out, const BIGNUM *a, const BIGNUM *b, BN_CTX *context)
{
    int size_a = BN_num_bits(a), size_b = BN_num_bits(b);
    if (size_a < size_b) {
        multiply(out, b, a, context);
        return;
    }
    int width = (size_b + WORD - 1) / WORD * WORD;
    if (size_b <= SHORT || size_a <= width + WORD) {
        must(BN_mul(out, a, b, context));
        return;
    }
    BIGNUM *rest = BN_dup(a), *piece = fresh(), *part = fresh(), *sum = fresh();
    must(rest != NULL);
    for (int shift = 0; !BN_is_zero(rest); shift += width) {
        must(BN_copy(piece, rest) != NULL && BN_rshift(rest, rest, width));
        keep_low(piece, width);
        multiply(part, piece, b, context);
        must(BN_lshift(part, part, shift) && BN_add(sum, sum, part));
    }
    BN_swap(out, sum);
    BN_free(sum);
    BN_free(part);
    BN_free(piece);
    BN_free(rest);
}

// 2^(bits of number + bits) / number, wrong by a few in the last places.
static BIGNUM *reciprocal(const BIGNUM *number, int bits, BN_CTX *context)
{
    BIGNUM *divisor = fresh(), *error = fresh();
    int size = BN_num_bits(number), dropped = size > bits + WORD ? size - bits - WORD : 0;
    must(BN_rshift(divisor, number, dropped));
    size -= dropped;
    if (bits <= SHORT) {
        BIGNUM *out = fresh();
        must(BN_set_bit(error, size + bits) && BN_div(out, NULL, error, divisor, context));
        BN_free(error);
        BN_free(divisor);
        return out;
    }
    // Newton: x (2 - number x). Of the error 1 - number x only its first half is not zero, or matters.
    int half = bits / 2 + MARGIN, low = size - (bits - half) - WORD;
    BIGNUM *out = reciprocal(divisor, half, context), *step = fresh();
    low = low > 0 ? low : 0;
    multiply(step, divisor, out, context);
    must(BN_set_bit(error, size + half) && BN_sub(error, error, step) && BN_rshift(error, error, low));
    bool negative = BN_is_negative(error);
    BN_set_negative(error, 0);
    multiply(step, out, error, context);
    must(BN_rshift(step, step, size + 2 * half - bits - low) && BN_lshift(out, out, bits - half));
    must(negative ? BN_sub(out, out, step) : BN_add(out, out, step));
    BN_free(step);
    BN_free(error);
    BN_free(divisor);
    return out;
}

// Euclid's own method: faster here than libcrypto's, which takes care that secrets do not show in its time.
static BIGNUM *divisor_of(const BIGNUM *first, const BIGNUM *second, BN_CTX *context)
{
    BIGNUM *a = BN_dup(first), *b = BN_dup(second), *rest = fresh();
    must(a != NULL && b != NULL);
    while (!BN_is_zero(b)) {
        must(BN_div(NULL, rest, a, b, context));
        BN_swap(a, b);
        BN_swap(b, rest);
    }
    BN_free(rest);
    BN_free(b);
    return a;
}

// --- up the tree ---------------------------------------------------------------------------------

static BIGNUM *sum_of(const struct node *node, BIGNUM *const sum[2], BN_CTX *context)
{
    BIGNUM *left = fresh(), *right = fresh();
    multiply(left, sum[0], node->child[1]->product, context);
    multiply(right, sum[1], node->child[0]->product, context);
    must(BN_add(left, left, right));
    BN_free(right);
    return left;
}

// The greatest power of two that leaves something to the right: libcrypto takes as long for a length as for the next
// power of two.
static size_t left_of(size_t count)
{
    size_t left = 1;
    while (2 * left < count)
        left *= 2;
    return left;
}

// Returns the sum D; the product stays in the node.
static BIGNUM *grow(const struct batch *batch, struct node *node)
{
    if (node->count == 1) {
        BIGNUM *one = fresh();
        node->product = number_of(batch->number[node->first]);
        must(BN_one(one));
        return one;
    }
    size_t left = left_of(node->count);
    BIGNUM *sum[2];
    for (size_t i = 0; i < 2; i++) {
        node->child[i] = arena_alloc(batch->arena, sizeof *node);
        node->child[i]->first = node->first + i * left;
        node->child[i]->count = i == 0 ? left : node->count - left;
        sum[i] = grow(batch, node->child[i]);
    }
    node->product = fresh();
    multiply(node->product, node->child[0]->product, node->child[1]->product, batch->context);
    BIGNUM *total = sum_of(node, sum, batch->context);
    BN_free(sum[0]);
    BN_free(sum[1]);
    return total;
}

// --- and down ------------------------------------------------------------------------------------

// The fraction of D over the number, times the number, is the remainder of D; rounded to the nearest.
static void settle(const struct batch *batch, const struct node *node, BIGNUM *fraction, int bits)
{
    BIGNUM *remainder = fresh(), *half = fresh();
    must(BN_mul(remainder, fraction, node->product, batch->context) && BN_set_bit(half, bits - 1));
    must(BN_add(remainder, remainder, half) && BN_rshift(remainder, remainder, bits));
    BIGNUM *factor = divisor_of(node->product, remainder, batch->context);
    batch->factor[node->first] = octets_of(batch->arena, factor);
    BN_free(factor);
    BN_free(half);
    BN_free(remainder);
}

// Of D over the product of a child, as so many binary places fewer as the other child's has bits.
static BIGNUM *fraction_below(const struct batch *batch, const BIGNUM *fraction, int bits, const struct node *sibling)
{
    BIGNUM *below = fresh();
    multiply(below, fraction, sibling->product, batch->context);
    keep_low(below, bits);
    must(BN_rshift(below, below, BN_num_bits(sibling->product)));
    return below;
}

// fraction: of D over the node's product, as so many binary places. It and the node's product are used up.
static void descend(const struct batch *batch, struct node *node, BIGNUM *fraction, int bits)
{
    if (node->count == 1) {
        settle(batch, node, fraction, bits);
        BN_free(node->product);
        BN_free(fraction);
        return;
    }
    struct node *left = node->child[0], *right = node->child[1];
    int bits_left = bits - BN_num_bits(right->product), bits_right = bits - BN_num_bits(left->product);
    BIGNUM *fraction_left = fraction_below(batch, fraction, bits, right);
    BIGNUM *fraction_right = fraction_below(batch, fraction, bits, left);
    BN_free(node->product);
    BN_free(fraction);
    descend(batch, left, fraction_left, bits_left);
    descend(batch, right, fraction_right, bits_right);
}

static void compute(const struct batch *batch, size_t count)
{
    struct node root = {.count = count};
    BIGNUM *fraction = fresh(), *sum = grow(batch, &root);
    int bits = BN_num_bits(root.product) + GUARD;
    BIGNUM *inverse = reciprocal(root.product, bits, batch->context);
    multiply(fraction, sum, inverse, batch->context);
    must(BN_rshift(fraction, fraction, BN_num_bits(root.product)));
    keep_low(fraction, bits);
    BN_free(inverse);
    BN_free(sum);
    descend(batch, &root, fraction, bits);
}

// --- the public face -----------------------------------------------------------------------------

struct bytes *common_factors(struct arena *arena, const struct bytes *number, size_t count)
{
    struct batch batch = {.arena = arena, .number = number, .context = BN_CTX_new()};
    batch.factor = arena_array(arena, count, sizeof *batch.factor);
    must(batch.context != NULL);
    if (count != 0)
        compute(&batch, count);
    BN_CTX_free(batch.context);
    return batch.factor;
}

struct bytes common_factor(struct arena *arena, struct bytes first, struct bytes second)
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *a = number_of(first), *b = number_of(second);
    must(context != NULL);
    BIGNUM *divisor = divisor_of(a, b, context);
    struct bytes factor = octets_of(arena, divisor);
    BN_free(divisor);
    BN_free(b);
    BN_free(a);
    BN_CTX_free(context);
    return factor;
}

bool common_factor_none(struct bytes factor) { return factor.size == 1 && factor.data[0] == 1; }
