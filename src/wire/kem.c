// SPDX-License-Identifier: Apache-2.0
//
// Key shares of ML-KEM (FIPS 203) and of the hybrids with it, made without ML-KEM. A public key is
// a polynomial vector whose coefficients cannot be told from random ones (that is what the whole
// scheme rests on), and a seed; all that a server can check, and must, is that each coefficient is
// below q (section 7.2). So coefficients drawn at random are a share like any other: whether a
// server takes it shows what it would do with one whose secret is known. What it answers cannot be
// opened, and is not.
#include "wire/kem.h"

#include "base/arena.h"
#include "base/fail.h"
#include "wire/keys.h"

enum { Q = 3329, COEFFICIENTS = 256, SEED = 32, DRAW = 3 };

struct kem {
    uint16_t group;
    unsigned rank;  // polynomials of the vector
    uint16_t curve; // the other half of a hybrid; 0: none
    bool curve_first;
};

// draft-ietf-tls-ecdhe-mlkem: the curve comes first, but with X25519. Kyber's drafts have keys of the
// same form, and the curve always first.
static const struct kem kems[] = {
    {0x0200, 2, 0, false},      {0x0201, 3, 0, false},     {0x0202, 4, 0, false},     {0x11EB, 3, 0x0017, true},
    {0x11EC, 3, 0x001D, false}, {0x11ED, 4, 0x0018, true}, {0x6399, 3, 0x001D, true}, {0x639A, 3, 0x0017, true},
    {0xFE30, 2, 0x001D, true},  {0xFE31, 3, 0x001D, true}, {0xFE32, 3, 0x0017, true},
};

static const struct kem *kem_of(uint16_t group)
{
    for (size_t i = 0; i < sizeof kems / sizeof *kems; i++)
        if (kems[i].group == group)
            return &kems[i];
    return NULL;
}

bool kem_group_known(uint16_t group) { return kem_of(group) != NULL; }

// Two coefficients in three octets: FIPS 203, ByteEncode12.
static void put_pair(struct builder *out, unsigned first, unsigned second)
{
    builder_u8(out, (uint8_t)first);
    builder_u8(out, (uint8_t)(first >> 8 | second << 4));
    builder_u8(out, (uint8_t)(second >> 4));
}

static unsigned coefficient(const uint8_t draw[DRAW]) { return (unsigned)(draw[0] | draw[1] << 8 | draw[2] << 16) % Q; }

static void put_key(struct builder *out, const struct kem *kem, const struct entropy *entropy)
{
    uint8_t seed[SEED];
    for (unsigned i = 0; i < kem->rank; i++) {
        uint8_t draw[COEFFICIENTS * DRAW];
        entropy_expand(entropy, arena_text(out->arena, "kem share %04X %u", kem->group, i), draw, sizeof draw);
        for (size_t j = 0; j < sizeof draw; j += 2 * DRAW)
            put_pair(out, coefficient(draw + j), coefficient(draw + j + DRAW));
    }
    entropy_expand(entropy, arena_text(out->arena, "kem seed %04X", kem->group), seed, sizeof seed);
    builder_add(out, (struct bytes){seed, sizeof seed});
}

struct bytes kem_share(struct arena *arena, const struct entropy *entropy, uint16_t group)
{
    const struct kem *kem = kem_of(group);
    always(kem != NULL);
    struct builder out = builder_in(arena);
    if (kem->curve != 0 && kem->curve_first)
        builder_add(&out, key_share(arena, entropy, kem->curve));
    put_key(&out, kem, entropy);
    if (kem->curve != 0 && !kem->curve_first)
        builder_add(&out, key_share(arena, entropy, kem->curve));
    return builder_bytes(&out);
}
