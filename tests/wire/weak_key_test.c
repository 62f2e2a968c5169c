// SPDX-License-Identifier: Apache-2.0
//
// The keys of fixtures/keys, each with everything that is to be told of it; the table of residues
// against the group it is made of; and keys cut at every octet.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "base/text.h"
#include "wire/certificate.h"
#include "wire/keys.h"
#include "wire/rsa.h"
#include "wire/weak_key.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct key_lists no_lists;

static struct bytes key(struct arena *arena, const char *name)
{
    struct bytes der;
    if (fixture_chain(arena, arena_text(arena, "fixtures/keys/%s.pem", name), &der, 1) != 1)
        fail_msg("fixtures/keys/%s.pem is not PEM", name);
    return der;
}

// Every row that is not a plain no: "roca=yes roca_fingerprint; ...", without those of missing lists.
static const char *told(struct arena *arena, struct bytes info, const struct key_lists *lists, size_t *count)
{
    static const char *const words[] = {"unknown", "yes", "no", "not_tested"};
    struct weakness_row rows[WEAKNESS_ROWS];
    *count = weak_key_rows(arena, info, lists, rows);
    const char *text = "";
    for (size_t i = 0; i < *count; i++) {
        assert_true(i == 0 || strcmp(rows[i - 1].id, rows[i].id) < 0);
        assert_int_equal(rows[i].reason == NULL, rows[i].answer == WEAKNESS_NO);
        assert_int_equal(rows[i].sentence == NULL, rows[i].answer == WEAKNESS_NO);
        if (rows[i].answer == WEAKNESS_NO || (rows[i].reason != NULL && strcmp(rows[i].reason, "no_list") == 0))
            continue;
        text = arena_text(arena, "%s%s%s=%s %s", text, text[0] == '\0' ? "" : "; ", rows[i].id, words[rows[i].answer],
                          rows[i].reason);
    }
    return text;
}

enum { RSA_ROWS = 10, EC_ROWS = 4, DSA_ROWS = 2, OTHER_ROWS = 1 };

#define UNREADABLE                                                                                                     \
    "close_primes=unknown unreadable; even_modulus=unknown unreadable; exponent_invalid=unknown unreadable; "          \
    "exponent_large=unknown unreadable; exponent_small=unknown unreadable; roca=unknown unreadable; "                  \
    "small_factor=unknown unreadable; square_modulus=unknown unreadable"

static const struct {
    const char *key;
    size_t want_rows;
    const char *want;
} keys[] = {
    {"good", RSA_ROWS, ""},
    {"good-pss", RSA_ROWS, ""},
    {"roca", RSA_ROWS, "roca=yes roca_fingerprint"},
    {"roca-half", RSA_ROWS, ""},
    {"close", RSA_ROWS, "close_primes=yes factored"},
    {"rounds-100", RSA_ROWS, "close_primes=yes factored"},
    {"rounds-101", RSA_ROWS, ""},
    {"square", RSA_ROWS, "close_primes=yes factored; square_modulus=yes square"},
    {"even", RSA_ROWS, "even_modulus=yes even"},
    {"factor-3", RSA_ROWS, "small_factor=yes divisible"},
    {"factor-751", RSA_ROWS, "small_factor=yes divisible"},
    {"factor-757", RSA_ROWS, ""},
    {"exponent-1", RSA_ROWS, "exponent_invalid=yes exponent_one"},
    {"exponent-2", RSA_ROWS, "exponent_invalid=yes exponent_even"},
    {"exponent-3", RSA_ROWS, "exponent_small=yes below_65537"},
    {"exponent-65535", RSA_ROWS, "exponent_small=yes below_65537"},
    {"exponent-65536", RSA_ROWS, "exponent_invalid=yes exponent_even"},
    {"exponent-4294967295", RSA_ROWS, ""},
    {"exponent-4294967311", RSA_ROWS, "exponent_large=yes over_32_bits"},
    {"long", RSA_ROWS, "close_primes=unknown too_long; square_modulus=unknown too_long"},
    {"tiny", RSA_ROWS, "close_primes=yes factored; small_factor=yes divisible"},
    {"shared-a", RSA_ROWS, ""},
    {"shared-b", RSA_ROWS, ""},
    {"negative", RSA_ROWS, UNREADABLE},
    {"zero", RSA_ROWS, UNREADABLE},
    {"exponent-0", RSA_ROWS, UNREADABLE},
    {"one-number", RSA_ROWS, UNREADABLE},
    {"three-numbers", RSA_ROWS, UNREADABLE},
    {"ec-good", EC_ROWS, ""},
    {"ec-compressed", EC_ROWS, ""},
    {"ec-no-such-x", EC_ROWS, "invalid_point=yes not_on_curve"},
    {"ec-beside", EC_ROWS, "invalid_point=yes not_on_curve"},
    {"ec-infinity", EC_ROWS, "invalid_point=yes not_on_curve"},
    {"ec-short", EC_ROWS, "invalid_point=yes not_on_curve"},
    {"ec-long", EC_ROWS, "invalid_point=yes not_on_curve"},
    {"ec-empty", EC_ROWS, "invalid_point=yes not_on_curve"},
    {"ec-unknown", EC_ROWS, "invalid_point=unknown unsupported"},
    {"ec-implicit", EC_ROWS, "invalid_point=unknown unnamed_curve; unnamed_curve=yes implicit_curve"},
    {"dsa", DSA_ROWS, ""},
    {"ed25519", OTHER_ROWS, ""},
};

static void test_keys(void **state)
{
    struct arena *arena = *state;
    int failed = 0;
    // Twice: what is remembered must be what was computed.
    for (size_t i = 0; i < 2 * COUNT(keys); i++) {
        size_t row = i % COUNT(keys), count;
        const char *text = told(arena, key(arena, keys[row].key), &no_lists, &count);
        if (strcmp(text, keys[row].want) == 0 && count == keys[row].want_rows)
            continue;
        print_error("%s: %zu rows, '%s', not %zu and '%s'\n", keys[row].key, count, text, keys[row].want_rows,
                    keys[row].want);
        failed++;
    }
    assert_int_equal(failed, 0);
}

// A curve that some distributions take out of their libcrypto.
static void test_order(void **state)
{
    struct arena *arena = *state;
    size_t count;
    const char *text = told(arena, key(arena, "ec-order-2"), &no_lists, &count);
    assert_true(strcmp(text, "invalid_point=yes not_on_curve") == 0 ||
                strcmp(text, "invalid_point=unknown unsupported") == 0);
}

static void test_certificates(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *certificate, *want;
    } rows[] = {
        {"rsa", ""},
        {"rsa1024", ""},
        {"rsapss", ""},
        {"ec", ""},
        {"ec521", ""},
        {"ed448", ""},
        {"dsa", ""},
        {"brainpool", ""},
        {"odd/ml-dsa-65", ""},
        {"explicit", "invalid_point=unknown unnamed_curve; unnamed_curve=yes explicit_parameters"},
        {"odd/rsa-garbage", UNREADABLE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct certificate certificate;
        size_t count;
        certificate_read(arena, fixture_certificate(arena, rows[i].certificate), &certificate);
        assert_string_equal(told(arena, certificate.public_key_der, &no_lists, &count), rows[i].want);
    }
}

static void test_sentences(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *key, *id, *want;
    } rows[] = {
        {"roca", "roca",
         "The modulus has the fingerprint of the faulty generator of CVE-2017-15361; a random one has it with a "
         "chance of about 2^-27.8."},
        {"factor-751", "small_factor", "The modulus is divisible by 751."},
        {"exponent-3", "exponent_small", "The public exponent is 3."},
        {"exponent-4294967311", "exponent_large", "The public exponent has 33 bits."},
        {"long", "close_primes", "The modulus has 16393 bits, more than are computed with."},
        {"ec-beside", "invalid_point", "The key is not a point of secp256r1, or one of the wrong order."},
        {"ec-good", "compromised", "No list of compromised keys was given."},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct weakness_row found[WEAKNESS_ROWS];
        size_t count = weak_key_rows(arena, key(arena, rows[i].key), &no_lists, found), at = 0;
        while (at < count && strcmp(found[at].id, rows[i].id) != 0)
            at++;
        assert_true(at < count);
        assert_string_equal(found[at].sentence, rows[i].want);
    }
}

// The residues are the powers of 65537; a prime below 168 that has no row has all residues among them.
static void test_residues(void **state)
{
    (void)state;
    static const struct {
        unsigned prime;
        uint64_t residues[3];
    } primes[] = {
#define ROCA(prime, low, middle, high) {prime, {low, middle, high}},
#include "../../src/wire/roca.def"
#undef ROCA
    };
    size_t row = 0;
    for (unsigned prime = 3; prime < 168; prime += 2) {
        unsigned divisor = 3, order = 0, power = 1;
        uint64_t want[3] = {0};
        while (prime % divisor != 0)
            divisor += 2;
        if (divisor != prime)
            continue;
        do {
            want[power / 64] |= UINT64_C(1) << power % 64;
            power = power * 65537 % prime;
            order++;
        } while (power != 1);
        if (order == prime - 1)
            continue;
        assert_true(row < COUNT(primes));
        assert_int_equal(primes[row].prime, prime);
        assert_memory_equal(primes[row].residues, want, sizeof want);
        row++;
    }
    assert_int_equal(row, COUNT(primes));
}

// --- lists -----------------------------------------------------------------------------------------

static struct key_list *open_list(const char *text, enum key_list_kind kind)
{
    char path[] = "/tmp/shakedown-keys-XXXXXX";
    struct complaint complaint = {0};
    int file = mkstemp(path);
    assert_true(file != -1 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
    struct key_list *list = key_list_open(path, kind, &complaint);
    unlink(path);
    if (list == NULL)
        fail_msg("%s", complaint.text);
    return list;
}

static const char *digest_of(struct arena *arena, const char *name)
{
    uint8_t digest[32];
    digest_sha256(key(arena, name), digest);
    return text_hex(arena, (struct bytes){digest, sizeof digest});
}

static void test_lists(void **state)
{
    struct arena *arena = *state;
    struct rsa_key rsa;
    uint8_t mark[KEY_MARK];
    assert_true(rsa_read(key(arena, "good"), &rsa));
    key_mark(rsa.modulus, mark);
    const char *good = text_hex(arena, (struct bytes){mark, sizeof mark});
    struct key_list *marks = open_list(good, KEY_LIST_WEAK);
    struct key_list *digests = open_list(
        arena_text(arena, "%s\n%s\n", digest_of(arena, "close"), digest_of(arena, "ed25519")), KEY_LIST_COMPROMISED);
    struct key_list *both = open_list(arena_text(arena, "%s\n%s\n", good, digest_of(arena, "dsa")), KEY_LIST_WEAK);
    const struct {
        const char *key;
        struct key_lists lists;
        const char *want;
    } rows[] = {
        {"good", {marks, NULL}, "predictable=yes listed"},
        {"good-pss", {marks, NULL}, "predictable=yes listed"}, // the modulus is the same
        {"good", {marks, digests}, "predictable=yes listed"},
        {"roca", {marks, NULL}, "roca=yes roca_fingerprint"},
        {"ec-good", {marks, NULL}, "predictable=not_tested list_of_other_keys"},
        {"dsa", {marks, NULL}, "predictable=not_tested list_of_other_keys"},
        {"dsa", {both, NULL}, "predictable=yes listed"},
        {"good", {both, NULL}, "predictable=yes listed"},
        {"ec-good", {both, NULL}, ""},
        {"ed25519", {NULL, digests}, "compromised=yes listed"},
        {"close", {NULL, digests}, "close_primes=yes factored; compromised=yes listed"},
        {"good", {NULL, digests}, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t count;
        assert_string_equal(told(arena, key(arena, rows[i].key), &rows[i].lists, &count), rows[i].want);
    }
    key_list_close(marks);
    key_list_close(digests);
    key_list_close(both);
}

// --- hostile octets --------------------------------------------------------------------------------

// What is cut short is not known; it is never weak, and never well.
static void test_cuts(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct bytes whole = key(arena, keys[i].key);
        for (size_t size = 0; size < whole.size; size++) {
            struct arena_mark before = arena_mark(arena);
            struct weakness_row rows[WEAKNESS_ROWS];
            size_t count = weak_key_rows(arena, arena_copy(arena, (struct bytes){whole.data, size}), &no_lists, rows);
            assert_true(count != 0);
            for (size_t row = 0; row < count; row++)
                assert_true(rows[row].answer == WEAKNESS_UNKNOWN || rows[row].answer == WEAKNESS_NOT_TESTED);
            arena_rewind(arena, before);
        }
    }
}

static void test_changed_octets(void **state)
{
    struct arena *arena = *state;
    static const char *const names[] = {"factor-3", "ec-good", "ec-compressed", "exponent-3", "dsa"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct bytes whole = key(arena, names[i]);
        uint8_t *octets = arena_alloc(arena, whole.size);
        for (size_t at = 0; at < whole.size; at += at < 40 ? 1 : 7)
            for (unsigned change = 1; change < 256; change *= 2) {
                struct arena_mark before = arena_mark(arena);
                struct weakness_row rows[WEAKNESS_ROWS];
                memcpy(octets, whole.data, whole.size);
                octets[at] ^= (uint8_t)change;
                assert_true(weak_key_rows(arena, (struct bytes){octets, whole.size}, &no_lists, rows) != 0);
                arena_rewind(arena, before);
            }
    }
}

static int begin(void **state)
{
    *state = calloc(1, sizeof(struct arena));
    return *state == NULL;
}

static int end(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys, begin, end),
        cmocka_unit_test_setup_teardown(test_order, begin, end),
        cmocka_unit_test_setup_teardown(test_certificates, begin, end),
        cmocka_unit_test_setup_teardown(test_sentences, begin, end),
        cmocka_unit_test(test_residues),
        cmocka_unit_test_setup_teardown(test_lists, begin, end),
        cmocka_unit_test_setup_teardown(test_cuts, begin, end),
        cmocka_unit_test_setup_teardown(test_changed_octets, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
