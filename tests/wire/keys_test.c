// SPDX-License-Identifier: Apache-2.0
//
// The key schedule and record opening against the trace of RFC 8448 section 3, the groups against
// themselves: both sides of an agreement must reach the same keys.
#include "wire/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct entropy ours = {.seed = {1, 2, 3}, .key = 7};
static const struct entropy theirs = {.seed = {4, 5, 6}, .key = 7};

static struct bytes hex(struct arena *arena, const char *text)
{
    struct bytes bytes;
    assert_true(text_from_hex(arena, text, &bytes));
    return bytes;
}

static const char *hex_of(struct arena *arena, const uint8_t *octets, size_t size)
{
    return text_hex(arena, (struct bytes){octets, size});
}

// --- RFC 8448 section 3 ---------------------------------------------------------------------------

static const char rfc_client_hello[] =
    "010000C00303CB34ECB1E78163BA1C38C6DACB196A6DFFA21A8D9912EC18A2EF6283024DECE7000006130113031302010000"
    "910000000B0009000006736572766572FF01000100000A00140012001D001700180019010001010102010301040023000000"
    "3300260024001D002099381DE560E4BD43D23D8E435A7DBAFEB3C06E51C13CAE4D5413691E529AAF2C002B0003020304000D"
    "0020001E040305030603020308040805080604010501060102010402050206020202002D00020101001C00024001";

static const char rfc_server_hello[] =
    "020000560303A6AF06A4121860DC5E6E60249CD34C95930C8AC5CB1434DAC155772ED3E2692800130100002E00330024001D"
    "0020C9828876112095FE66762BDBF7C672E156D6CC253B833DF1DD69B1B04E751F0F002B00020304";

static const char rfc_record[] =
    "D1FF334A56F5BFF6594A07CC87B580233F500F45E489E7F33AF35EDF7869FCF40AA40AA2B8EA73F848A7CA07612EF9F945CB"
    "960B4068905123EA78B111B429BA9191CD05D2A389280F526134AADC7FC78C4B729DF828B5ECF7B13BD9AEFB0E57F271585B"
    "8EA9BB355C7C79020716CFB9B1183EF3AB20E37D57A6B9D7477609AEE6E122A4CF51427325250C7D0E509289444C9B3A648F"
    "1D71035D2ED65B0E3CDD0CBAE8BF2D0B227812CBB360987255CC744110C453BAA4FCD610928D809810E4B7ED1A8FD991F06A"
    "A6248204797E36A6A73B70A2559C09EAD686945BA246AB66E5EDD8044B4C6DE3FCF2A89441AC66272FD8FB330EF8190579B3"
    "684596C960BD596EEA520A56A8D650F563AAD27409960DCA63D3E688611EA5E22F4415CF9538D51A200C27034272968A264E"
    "D6540C84838D89F72C24461AAD6D26F59ECABA9ACBBB317B66D902F4F292A36AC1B639C637CE343117B659622245317B49EE"
    "DA0C6258F100D7D961FFB138647E92EA330FAEEA6DFA31C7A84DC3BD7E1B7A6C7178AF36879018E3F252107F243D243DC733"
    "9D5684C8B0378BF30244DA8C87C843F5E56EB4C5E8280A2B48052CF93B16499A66DB7CCA71E4599426F7D461E66F99882BD8"
    "9FC50800BECCA62D6C74116DBD2972FDA1FA80F85DF881EDBE5A37668936B335583B599186DC5C6918A396FA48A181D6B6FA"
    "4F9D62D513AFBB992F2B992F67F8AFE67F76913FA388CB5630C8CA01E0C65D11C66A1E2AC4C85977B7C7A6999BBF10DC35AE"
    "69F5515614636C0B9B68C19ED2E31C0B3B66763038EBBA42F3B38EDC0399F3A9F23FAA63978C317FC9FA66A73F60F0504DE9"
    "3B5B845E275592C12335EE340BBC4FDDD502784016E4B3BE7EF04DDA49F4B440A30CB5D2AF939828FD4AE3794E44F94DF5A6"
    "31EDE42C1719BFDABF0253FE5175BE898E750EDC53370D2B";

#define RFC_SHARED "8BD4054FB55B9D63FDFBACF9F04B9F0D35E6D63F537563EFD46272900F89492D"
#define RFC_HASH   "860C06EDC07858EE8E78F0E7428C58EDD6B43F2CA3E6E95F02ED063CF0E1CAD8"
#define RFC_KEY    "3FCE516009C21727D0F2E4E86EE403BC"
#define RFC_IV     "5D313EB2671276EE13000B30"

static void rfc_opener(struct arena *arena, struct opener *opener)
{
    struct builder transcript = builder_in(arena);
    builder_add(&transcript, hex(arena, rfc_client_hello));
    builder_add(&transcript, hex(arena, rfc_server_hello));
    uint8_t hash[32];
    digest_sha256(builder_bytes(&transcript), hash);
    assert_string_equal(hex_of(arena, hash, sizeof hash), RFC_HASH);
    opener_schedule(opener, 0x1301, hex(arena, RFC_SHARED), builder_bytes(&transcript));
}

static void test_schedule(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct opener opener;
    rfc_opener(&arena, &opener);
    assert_string_equal(hex_of(&arena, opener.key, 16), RFC_KEY);
    assert_string_equal(hex_of(&arena, opener.iv, 12), RFC_IV);
    assert_int_equal(opener.sequence, 0);
    arena_release(&arena);
}

static void test_open(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct opener opener;
    rfc_opener(&arena, &opener);
    struct bytes header = hex(&arena, "17030302A2"), body = hex(&arena, rfc_record), plain;
    uint8_t type;
    assert_true(opener_open(&opener, &arena, header, body, &plain, &type));
    assert_int_equal(type, 22);
    assert_int_equal(plain.size, 657);
    assert_string_equal(hex_of(&arena, plain.data, 8), "080000240022000A"); // EncryptedExtensions
    assert_string_equal(hex_of(&arena, plain.data + 40, 4), "0B0001B9");    // Certificate
    assert_int_equal(opener.sequence, 1);
    assert_false(opener_open(&opener, &arena, header, body, &plain, &type)); // the nonce has moved on
    assert_int_equal(opener.sequence, 1);
    arena_release(&arena);
}

static void test_open_refuses_what_was_changed(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct opener opener;
    rfc_opener(&arena, &opener);
    struct bytes body = hex(&arena, rfc_record), plain;
    uint8_t type;
    assert_false(opener_open(&opener, &arena, hex(&arena, "17030202A2"), body, &plain, &type));
    for (size_t at = 0; at < body.size; at += 13) {
        uint8_t *changed = (uint8_t *)arena_copy(&arena, body).data;
        changed[at] ^= 0x10;
        assert_false(
            opener_open(&opener, &arena, hex(&arena, "17030302A2"), (struct bytes){changed, body.size}, &plain, &type));
    }
    for (size_t size = 0; size < 20; size++)
        assert_false(
            opener_open(&opener, &arena, hex(&arena, "17030302A2"), (struct bytes){body.data, size}, &plain, &type));
    assert_int_equal(opener.sequence, 0);
    arena_release(&arena);
}

// --- groups ---------------------------------------------------------------------------------------

static const struct {
    uint16_t group;
    size_t want_size;
    int want_first; // octet; -1: any
} groups[] = {
    {0x0017, 65, 4},   {0x0018, 97, 4},   {0x0019, 133, 4},  {0x001D, 32, -1},  {0x001E, 56, -1},
    {0x0100, 256, -1}, {0x0101, 384, -1}, {0x0102, 512, -1}, {0x0103, 768, -1}, {0x0104, 1024, -1},
};

static void test_shares(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(groups); i++) {
        struct arena arena = {0};
        print_message("group %04X\n", groups[i].group);
        assert_true(key_group_known(groups[i].group));
        struct bytes share = key_share(&arena, &ours, groups[i].group);
        assert_int_equal(share.size, groups[i].want_size);
        assert_true(groups[i].want_first < 0 || share.data[0] == groups[i].want_first);
        assert_true(bytes_equal(share, key_share(&arena, &ours, groups[i].group)));
        assert_false(bytes_equal(share, key_share(&arena, &theirs, groups[i].group)));
        arena_release(&arena);
    }
    assert_false(key_group_known(0x001C));
    assert_false(key_group_known(0x11EC));
}

static void test_both_sides_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(groups); i++) {
        struct arena arena = {0};
        struct opener client, server, stranger;
        uint16_t group = groups[i].group;
        print_message("group %04X\n", group);
        struct bytes transcript = bytes_of_text("transcript");
        assert_true(opener_begin(&client, &ours, 0x1302, group, key_share(&arena, &theirs, group), transcript));
        assert_true(opener_begin(&server, &theirs, 0x1302, group, key_share(&arena, &ours, group), transcript));
        assert_true(opener_begin(&stranger, &ours, 0x1302, group, key_share(&arena, &ours, group), transcript));
        assert_memory_equal(client.key, server.key, sizeof client.key);
        assert_memory_equal(client.iv, server.iv, sizeof client.iv);
        assert_memory_not_equal(client.key, stranger.key, sizeof client.key);
        arena_release(&arena);
    }
}

// Shares that are no element of their group, all octets alike behind the first.
static const struct {
    const char *name;
    uint16_t group;
    size_t size;
    uint8_t first, others, last;
} bad_shares[] = {
    {"empty", 0x001D, 0, 0, 0, 0},
    {"one octet short", 0x001D, 31, 9, 9, 9},
    {"x25519, zero", 0x001D, 32, 0, 0, 0},
    {"x25519, one", 0x001D, 32, 1, 0, 0},
    {"x448, zero", 0x001E, 56, 0, 0, 0},
    {"P-256, not on the curve", 0x0017, 65, 4, 5, 5},
    {"P-256, compressed form", 0x0017, 65, 2, 5, 5},
    {"P-256, infinity", 0x0017, 65, 0, 0, 0},
    {"P-256, past the prime", 0x0017, 65, 4, 0xFF, 0xFF},
    {"P-521, not on the curve", 0x0019, 133, 4, 0, 1},
    {"ffdhe2048, 0", 0x0100, 256, 0, 0, 0},
    {"ffdhe2048, 1", 0x0100, 256, 0, 0, 1},
    {"ffdhe2048, past the prime", 0x0100, 256, 0xFF, 0xFF, 0xFF},
    {"unknown group", 0x11EC, 32, 9, 9, 9},
};

static void test_bad_shares(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_shares); i++) {
        uint8_t share[256];
        struct opener opener;
        print_message("%s\n", bad_shares[i].name);
        memset(share, bad_shares[i].others, sizeof share);
        share[0] = bad_shares[i].first;
        if (bad_shares[i].size > 1)
            share[bad_shares[i].size - 1] = bad_shares[i].last;
        assert_false(opener_begin(&opener, &ours, 0x1301, bad_shares[i].group,
                                  (struct bytes){share, bad_shares[i].size}, bytes_of_text("transcript")));
    }
}

// --- suites ---------------------------------------------------------------------------------------

static const struct {
    uint16_t suite;
    const EVP_CIPHER *(*cipher)(void);
    int tag_size;
    bool ccm;
} suites[] = {
    {0x1301, EVP_aes_128_gcm, 16, false},       {0x1302, EVP_aes_256_gcm, 16, false},
    {0x1303, EVP_chacha20_poly1305, 16, false}, {0x1304, EVP_aes_128_ccm, 16, true},
    {0x1305, EVP_aes_128_ccm, 8, true},
};

// The other side of opener_open.
static struct bytes seal(struct arena *arena, size_t suite, const struct opener *opener, struct bytes header,
                         struct bytes plain)
{
    uint8_t nonce[12], *out = arena_alloc(arena, plain.size + 16);
    int length, tag_size = suites[suite].tag_size;
    memcpy(nonce, opener->iv, sizeof nonce);
    for (unsigned i = 0; i < 8; i++)
        nonce[11 - i] ^= (uint8_t)(opener->sequence >> (8 * i));
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_true(EVP_EncryptInit_ex(context, suites[suite].cipher(), NULL, NULL, NULL));
    if (suites[suite].ccm) {
        assert_true(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL));
        assert_true(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size, NULL));
    }
    assert_true(EVP_EncryptInit_ex(context, NULL, NULL, opener->key, nonce));
    if (suites[suite].ccm)
        assert_true(EVP_EncryptUpdate(context, NULL, &length, NULL, (int)plain.size));
    assert_true(EVP_EncryptUpdate(context, NULL, &length, header.data, (int)header.size));
    assert_true(EVP_EncryptUpdate(context, out, &length, plain.data, (int)plain.size));
    assert_true(EVP_EncryptFinal_ex(context, out + length, &length));
    assert_true(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, out + plain.size));
    EVP_CIPHER_CTX_free(context);
    return (struct bytes){out, plain.size + (size_t)tag_size};
}

static void test_suites(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(suites); i++) {
        struct arena arena = {0};
        struct opener opener;
        print_message("suite %04X\n", suites[i].suite);
        assert_true(key_suite_known(suites[i].suite));
        assert_true(opener_begin(&opener, &ours, suites[i].suite, 0x001D, key_share(&arena, &theirs, 0x001D),
                                 bytes_of_text("transcript")));
        for (opener.sequence = 0; opener.sequence < 3;) {
            struct bytes plain, header = hex(&arena, "1703030011");
            uint8_t type;
            struct bytes sealed = seal(&arena, i, &opener, header, hex(&arena, "AABBCC16000000"));
            assert_true(opener_open(&opener, &arena, header, sealed, &plain, &type));
            assert_int_equal(type, 0x16);
            assert_string_equal(hex_of(&arena, plain.data, plain.size), "AABBCC");
        }
        struct bytes plain, header = hex(&arena, "1703030011");
        uint8_t type;
        struct bytes zeros = seal(&arena, i, &opener, header, hex(&arena, "000000"));
        assert_false(opener_open(&opener, &arena, header, zeros, &plain, &type)); // no content type
        arena_release(&arena);
    }
    assert_false(key_suite_known(0x1300));
    assert_false(key_suite_known(0x1306));
    assert_false(key_suite_known(0xC02F));
}

static void test_unknown_suite(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct opener opener;
    assert_false(
        opener_begin(&opener, &ours, 0xC02F, 0x001D, key_share(&arena, &theirs, 0x001D), bytes_of_text("transcript")));
    arena_release(&arena);
}

// --- entropy and digests --------------------------------------------------------------------------

// HKDF-SHA256 by another road: extract is HMAC(salt, key), the first block of expand HMAC(secret, info | 1).
static void test_entropy(void **state)
{
    (void)state;
    struct entropy other = ours;
    uint8_t a[64], b[64], c[64], want[32], secret[32];
    other.key = 8;
    entropy_expand(&ours, "random", a, sizeof a);
    entropy_expand(&ours, "session id", b, sizeof b);
    entropy_expand(&other, "random", c, sizeof c);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    assert_memory_not_equal(a, a + 32, 32);
    const uint8_t salt[8] = {0, 0, 0, 0, 0, 0, 0, 7};
    assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, salt, sizeof salt, ours.seed, sizeof ours.seed,
                              secret, sizeof secret, NULL));
    assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret, sizeof secret, (const uint8_t *)"random\1", 7,
                              want, sizeof want, NULL));
    assert_memory_equal(a, want, sizeof want);
}

static void test_digests(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t out[32];
    digest_sha256(bytes_of_text("abc"), out);
    assert_string_equal(hex_of(&arena, out, 32), "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
    digest_sha1(bytes_of_text("abc"), out);
    assert_string_equal(hex_of(&arena, out, 20), "A9993E364706816ABA3E25717850C26C9CD0D89D");
    digest_sha256((struct bytes){NULL, 0}, out);
    assert_string_equal(hex_of(&arena, out, 4), "E3B0C442");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_open_refuses_what_was_changed),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_both_sides_agree),
        cmocka_unit_test(test_bad_shares),
        cmocka_unit_test(test_suites),
        cmocka_unit_test(test_unknown_suite),
        cmocka_unit_test(test_entropy),
        cmocka_unit_test(test_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
