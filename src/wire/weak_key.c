// SPDX-License-Identifier: Apache-2.0
//
// One row of a table for each weakness: which keys can have it, and the function that looks. They see
// the key's numbers as octets; what takes more than small residues is done in weak_math.c.
#include "wire/weak_key.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/algorithm.h"
#include "wire/der.h"
#include "wire/keys.h"
#include "wire/rsa.h"
#include "wire/weak_math.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define ROUNDS         100 // of Fermat's method (Baseline Requirements section 6.1.1.3)
#define SMALL          752 // factors below it are looked for (section 6.1.6)
#define USUAL_EXPONENT 65537
#define LONGEST_POINT  1024 // octets; the longest curve that has a name takes 145

enum { OF_RSA = 1, OF_EC = 2, OF_DSA = 4, OF_OTHERS = 8, OF_ALL = 15 };

struct subject {
    struct arena *arena;
    struct bytes info;
    uint8_t digest[32];
    const struct key_lists *lists;
    struct key_facts facts;
    bool whole;    // it is a SubjectPublicKeyInfo
    unsigned kind; // one of OF_
    struct rsa_key rsa;
    bool has_rsa;      // rsa could be read
    const char *curve; // the identifier of a named one
    struct bytes point;
    bool has_point; // both could be read
};

// --- rows ------------------------------------------------------------------------------------------

static void is_so(struct weakness_row *row, const char *reason, const char *sentence)
{
    row->answer = WEAKNESS_YES;
    row->reason = reason;
    row->sentence = sentence;
}

static void is_unknown(struct weakness_row *row, const char *reason, const char *sentence)
{
    row->answer = WEAKNESS_UNKNOWN;
    row->reason = reason;
    row->sentence = sentence;
}

static void is_untested(struct weakness_row *row, const char *reason, const char *sentence)
{
    row->answer = WEAKNESS_NOT_TESTED;
    row->reason = reason;
    row->sentence = sentence;
}

// --- small numbers ---------------------------------------------------------------------------------

// The remainder by a number below 2^32.
static uint32_t remainder_by(struct bytes number, uint32_t divisor)
{
    uint64_t rest = 0;
    size_t at = 0;
    for (; at < number.size % 4; at++)
        rest = (rest << 8 | number.data[at]) % divisor;
    for (; at < number.size; at += 4) {
        const uint8_t *octet = number.data + at;
        uint32_t word = (uint32_t)octet[0] << 24 | (uint32_t)octet[1] << 16 | (uint32_t)octet[2] << 8 | octet[3];
        rest = (rest << 32 | word) % divisor;
    }
    return (uint32_t)rest;
}

// The least odd divisor below SMALL, which is a prime always; 0: there is none. Several at once: as many
// as have a product of 32 bits.
static uint32_t small_divisor(struct bytes number)
{
    for (uint32_t divisor = 3; divisor < SMALL;) {
        uint32_t first = divisor, product = 1;
        for (; divisor < SMALL && product <= UINT32_MAX / divisor; divisor += 2)
            product *= divisor;
        uint32_t rest = remainder_by(number, product);
        for (uint32_t one = first; one < divisor; one += 2)
            if (rest % one == 0)
                return one;
    }
    return 0;
}

static bool is_even(struct bytes number) { return (number.data[number.size - 1] & 1) == 0; }

// A number of 32 bits at most; larger ones give UINT32_MAX.
static uint32_t small_value(struct bytes number)
{
    uint32_t value = 0;
    if (number.size > 4)
        return UINT32_MAX;
    for (size_t i = 0; i < number.size; i++)
        value = value << 8 | number.data[i];
    return value;
}

static unsigned bits_of(struct bytes number)
{
    unsigned bits = 8 * (unsigned)number.size;
    for (uint8_t mask = 0x80; mask != 0 && (number.data[0] & mask) == 0; mask >>= 1)
        bits--;
    return bits;
}

// --- what is computed, and remembered --------------------------------------------------------------

static struct proof {
    uint8_t digest[32]; // of the key
    bool known, square, close;
    uint32_t factor; // the least one, where it is small; else 0
    enum point point;
} proofs[256];

static enum point prove_point(const struct subject *subject)
{
    return subject->point.size > LONGEST_POINT ? POINT_WRONG : weak_math_point(subject->curve, subject->point);
}

static bool computable(const struct subject *subject) { return bits_of(subject->rsa.modulus) <= WEAKNESS_MODULUS; }

static const struct proof *prove(const struct subject *subject)
{
    struct proof *proof = &proofs[subject->digest[0]];
    if (proof->known && memcmp(proof->digest, subject->digest, sizeof proof->digest) == 0)
        return proof;
    *proof = (struct proof){.known = true};
    memcpy(proof->digest, subject->digest, sizeof proof->digest);
    if (subject->has_point)
        proof->point = prove_point(subject);
    if (subject->has_rsa)
        proof->factor = small_divisor(subject->rsa.modulus);
    if (subject->has_rsa && computable(subject)) {
        proof->square = weak_math_square(subject->rsa.modulus);
        proof->close = weak_math_fermat(subject->rsa.modulus, ROUNDS);
    }
    return proof;
}

// --- one function for each weakness ----------------------------------------------------------------

static void too_long(const struct subject *subject, struct weakness_row *row)
{
    is_unknown(row, "too_long",
               arena_text(subject->arena, "The modulus has %u bits, more than are computed with.",
                          bits_of(subject->rsa.modulus)));
}

static void close_primes(const struct subject *subject, struct weakness_row *row)
{
    if (!computable(subject))
        too_long(subject, row);
    else if (prove(subject)->close)
        is_so(row, "factored", "100 rounds of Fermat's method factor the modulus: its primes are too close.");
}

static void square_modulus(const struct subject *subject, struct weakness_row *row)
{
    if (!computable(subject))
        too_long(subject, row);
    else if (prove(subject)->square)
        is_so(row, "square", "The modulus is the square of one number.");
}

static void even_modulus(const struct subject *subject, struct weakness_row *row)
{
    if (is_even(subject->rsa.modulus))
        is_so(row, "even", "The modulus is even.");
}

static void small_factor(const struct subject *subject, struct weakness_row *row)
{
    uint32_t factor = prove(subject)->factor;
    if (factor != 0)
        is_so(row, "divisible", arena_text(subject->arena, "The modulus is divisible by %u.", (unsigned)factor));
}

static void roca(const struct subject *subject, struct weakness_row *row)
{
    static const struct {
        uint32_t prime;
        uint64_t residues[3];
    } primes[] = {
#define ROCA(prime, low, middle, high) {prime, {low, middle, high}},
#include "roca.def"
#undef ROCA
    };
    for (size_t i = 0; i < COUNT(primes); i++) {
        uint32_t residue = remainder_by(subject->rsa.modulus, primes[i].prime);
        if ((primes[i].residues[residue / 64] >> residue % 64 & 1) == 0)
            return;
    }
    is_so(row, "roca_fingerprint",
          "The modulus has the fingerprint of the faulty generator of CVE-2017-15361; a random one has it with a "
          "chance of about 2^-27.8.");
}

static void exponent_invalid(const struct subject *subject, struct weakness_row *row)
{
    if (is_even(subject->rsa.exponent))
        is_so(row, "exponent_even", "The public exponent is even.");
    else if (small_value(subject->rsa.exponent) == 1)
        is_so(row, "exponent_one", "The public exponent is 1.");
}

static void exponent_small(const struct subject *subject, struct weakness_row *row)
{
    uint32_t value = small_value(subject->rsa.exponent);
    if (value > 1 && value < USUAL_EXPONENT && !is_even(subject->rsa.exponent))
        is_so(row, "below_65537", arena_text(subject->arena, "The public exponent is %u.", (unsigned)value));
}

static void exponent_large(const struct subject *subject, struct weakness_row *row)
{
    if (bits_of(subject->rsa.exponent) > 32)
        is_so(row, "over_32_bits",
              arena_text(subject->arena, "The public exponent has %u bits.", bits_of(subject->rsa.exponent)));
}

static void unnamed_curve(const struct subject *subject, struct weakness_row *row)
{
    const char *curve = subject->facts.curve;
    if (!subject->whole || curve == NULL)
        is_unknown(row, "unreadable", "The key is malformed.");
    else if (strcmp(curve, "explicit") == 0)
        is_so(row, "explicit_parameters", "The curve is described by parameters, not named.");
    else if (strcmp(curve, "implicit") == 0)
        is_so(row, "implicit_curve", "The curve is not named in the certificate.");
}

static void invalid_point(const struct subject *subject, struct weakness_row *row)
{
    const char *curve = subject->facts.curve;
    if (curve == NULL || strcmp(curve, "explicit") == 0 || strcmp(curve, "implicit") == 0) {
        is_unknown(row, "unnamed_curve", "Points are judged on named curves alone.");
        return;
    }
    if (!subject->has_point) {
        is_unknown(row, "unreadable", "The key is malformed.");
        return;
    }
    switch (prove(subject)->point) {
    case POINT_GOOD:
        return;
    case POINT_WRONG:
        is_so(row, "not_on_curve",
              arena_text(subject->arena, "The key is not a point of %s, or one of the wrong order.", curve));
        return;
    case POINT_CURVE_UNKNOWN:
        is_unknown(row, "unsupported", arena_text(subject->arena, "libcrypto does not know the curve %s.", curve));
    }
}

static void listed(const struct subject *subject, const struct key_list *list, struct weakness_row *row)
{
    struct bytes path = bytes_of_text(key_list_name(list));
    is_so(row, "listed", arena_text(subject->arena, "The key is in the list %s.", text_escape(subject->arena, path)));
}

static void compromised(const struct subject *subject, struct weakness_row *row)
{
    const struct key_list *list = subject->lists->compromised;
    if (list == NULL)
        is_untested(row, "no_list", "No list of compromised keys was given.");
    else if (subject->info.size == 0)
        is_unknown(row, "unreadable", "There is no key to read.");
    else if (key_list_find_digest(list, subject->digest))
        listed(subject, list, row);
}

// A list may hold fingerprints of one kind alone, which say nothing about keys of the other.
static void predictable(const struct subject *subject, struct weakness_row *row)
{
    const struct key_list *list = subject->lists->weak;
    uint8_t mark[KEY_MARK];
    if (list == NULL) {
        is_untested(row, "no_list", "No list of weak keys was given.");
        return;
    }
    bool marked = subject->has_rsa && key_list_has_marks(list);
    if (marked)
        key_mark(subject->rsa.modulus, mark);
    if (key_list_find_digest(list, subject->digest) || (marked && key_list_find_mark(list, mark)))
        listed(subject, list, row);
    else if (!marked && !key_list_has_digests(list))
        is_untested(row, "list_of_other_keys", "The list of weak keys holds fingerprints of RSA moduli alone.");
}

// --- the table -------------------------------------------------------------------------------------

static const struct {
    const char *id;
    unsigned kinds;
    bool of_numbers; // looks at the RSA numbers, which must have been read
    void (*look)(const struct subject *subject, struct weakness_row *row);
} weaknesses[] = {
    {"close_primes", OF_RSA, true, close_primes},
    {"compromised", OF_ALL, false, compromised},
    {"even_modulus", OF_RSA, true, even_modulus},
    {"exponent_invalid", OF_RSA, true, exponent_invalid},
    {"exponent_large", OF_RSA, true, exponent_large},
    {"exponent_small", OF_RSA, true, exponent_small},
    {"invalid_point", OF_EC, false, invalid_point},
    {"predictable", OF_RSA | OF_EC | OF_DSA, false, predictable},
    {"roca", OF_RSA, true, roca},
    {"small_factor", OF_RSA, true, small_factor},
    {"square_modulus", OF_RSA, true, square_modulus},
    {"unnamed_curve", OF_EC, false, unnamed_curve},
};
_Static_assert(COUNT(weaknesses) == WEAKNESS_ROWS, "the caller's array has room for every row");

static unsigned kind_of(const char *type)
{
    if (strncmp(type, "RSA", 3) == 0)
        return OF_RSA;
    if (strcmp(type, "EC") == 0 || strcmp(type, "SM2") == 0)
        return OF_EC;
    return strcmp(type, "DSA") == 0 ? OF_DSA : OF_OTHERS;
}

// The curve's identifier and the point are the parameters and the key of a SubjectPublicKeyInfo (RFC 5480
// section 2).
static bool read_point(struct subject *subject)
{
    struct cursor file = cursor_of(subject->info), parts = der_enter(&file, DER_SEQUENCE);
    struct cursor identifier = der_enter(&parts, DER_SEQUENCE);
    der_take(&identifier, DER_OID);
    struct bytes curve = der_take(&identifier, DER_OID);
    struct cursor bit_string = cursor_of(der_take(&parts, DER_BIT_STRING));
    bool whole_octets = cursor_u8(&bit_string) == 0;
    subject->point = cursor_rest(&bit_string);
    subject->curve = der_oid(subject->arena, curve);
    return whole_octets && !identifier.bad && !parts.bad && !bit_string.bad;
}

size_t weak_key_rows(struct arena *arena, struct bytes info, const struct key_lists *lists,
                     struct weakness_row rows[WEAKNESS_ROWS])
{
    struct subject subject = {.arena = arena, .info = info, .lists = lists};
    digest_sha256(info, subject.digest);
    subject.whole = algorithm_of_key(arena, info, &subject.facts);
    subject.kind = kind_of(subject.facts.type);
    subject.has_rsa = subject.kind == OF_RSA && rsa_read(info, &subject.rsa);
    subject.has_point = subject.kind == OF_EC && read_point(&subject);
    size_t count = 0;
    for (size_t i = 0; i < COUNT(weaknesses); i++) {
        if ((weaknesses[i].kinds & subject.kind) == 0)
            continue;
        struct weakness_row *row = &rows[count++];
        *row = (struct weakness_row){.id = weaknesses[i].id, .answer = WEAKNESS_NO};
        if (weaknesses[i].of_numbers && !subject.has_rsa)
            is_unknown(row, "unreadable", "The key is malformed.");
        else
            weaknesses[i].look(&subject, row);
    }
    return count;
}
