// SPDX-License-Identifier: Apache-2.0
//
// Shares with ML-KEM: of the right length, with coefficients that a server must accept (FIPS 203
// section 7.2), the curve's share where it belongs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "wire/kem.h"
#include "wire/keys.h"
#include "wire/registry.h"

static const struct entropy ours = {.seed = {1}, .key = 7}, theirs = {.seed = {2}, .key = 7};

static const struct {
    uint16_t group;
    unsigned rank;
    size_t want_key_at; // where the ML-KEM key begins
    uint16_t curve;
    size_t want_curve_at;
} rows[] = {
    {0x0200, 2, 0, 0, 0},         {0x0201, 3, 0, 0, 0},       {0x0202, 4, 0, 0, 0},       {0x11EB, 3, 65, 0x0017, 0},
    {0x11EC, 3, 0, 0x001D, 1184}, {0x11ED, 4, 97, 0x0018, 0}, {0x6399, 3, 32, 0x001D, 0}, {0x639A, 3, 65, 0x0017, 0},
    {0xFE30, 2, 32, 0x001D, 0},   {0xFE31, 3, 32, 0x001D, 0}, {0xFE32, 3, 65, 0x0017, 0},
};

static void assert_coefficients(uint16_t group, const uint8_t *key, unsigned rank)
{
    bool varied = false;
    for (size_t i = 0; i < 384u * rank; i += 3) {
        unsigned first = key[i] | (key[i + 1] & 15u) << 8, second = key[i + 1] >> 4 | (unsigned)key[i + 2] << 4;
        if (first >= 3329 || second >= 3329)
            fail_msg("%04X: a coefficient is not below q", group);
        varied = varied || first != second;
    }
    assert_true(varied);
}

static void shares(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint16_t group = rows[i].group;
        assert_true(kem_group_known(group));
        assert_false(key_group_known(group));
        struct bytes share = kem_share(&arena, &ours, group);
        if (share.size != group_find(group)->client_share_size)
            fail_msg("%04X: %zu octets", group, share.size);
        assert_true(bytes_equal(share, kem_share(&arena, &ours, group)));
        assert_false(bytes_equal(share, kem_share(&arena, &theirs, group)));
        assert_coefficients(group, share.data + rows[i].want_key_at, rows[i].rank);
        if (rows[i].curve == 0)
            continue;
        struct bytes curve = key_share(&arena, &ours, rows[i].curve);
        assert_true(bytes_equal((struct bytes){share.data + rows[i].want_curve_at, curve.size}, curve));
    }
    arena_release(&arena);
}

static void other_groups(void **state)
{
    (void)state;
    static const uint16_t others[] = {0x0000, 0x0017, 0x001D, 0x0100, 0x11EE, 0x4138, 0x2A2A};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(kem_group_known(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shares), cmocka_unit_test(other_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
