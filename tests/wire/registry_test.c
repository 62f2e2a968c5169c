// SPDX-License-Identifier: Apache-2.0
//
// The registry against the RFCs that its code points come from: rows of every kind written out
// here by hand, and what must hold for all rows.
#include "wire/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void same_text(const char *name, const char *member, const char *text, const char *want)
{
    if (text == NULL || strcmp(text, want) != 0)
        fail_msg("%s: %s is \"%s\", want \"%s\"", name, member, text == NULL ? "(none)" : text, want);
}

static void same_number(const char *name, const char *member, unsigned long number, unsigned long want)
{
    if (number != want)
        fail_msg("%s: %s is %lu (0x%lX), want %lu (0x%lX)", name, member, number, number, want, want);
}

static const struct suite_row {
    const char *want_name;
    uint32_t code;
    const char *want_openssl_name;
    enum code_status want_status;
    uint16_t want_min, want_max;
    enum key_exchange want_kx;
    enum authentication want_auth;
    const char *want_key_exchange, *want_authentication, *want_cipher, *want_mac;
    uint16_t want_key_bits, want_strength_bits;
    bool want_aead, want_forward_secrecy, want_export;
    char want_recommended;
} suites[] = {
    // RFC 5246 appendix A.5 and RFC 2246 before it
    {"TLS_NULL_WITH_NULL_NULL", 0x0000, "NULL", STATUS_ASSIGNED, SSL3, TLS12, KX_NONE, AUTH_NONE, "NULL", "NULL",
     "NULL", "NULL", 0, 0, false, false, false, 'N'},
    {"TLS_RSA_WITH_NULL_SHA256", 0x003B, "NULL-SHA256", STATUS_ASSIGNED, TLS12, TLS12, KX_RSA, AUTH_RSA, "RSA", "RSA",
     "NULL", "SHA256", 0, 0, false, false, false, 'N'},
    {"TLS_RSA_EXPORT_WITH_RC4_40_MD5", 0x0003, "EXP-RC4-MD5", STATUS_ASSIGNED, SSL3, TLS10, KX_RSA, AUTH_RSA, "RSA",
     "RSA", "RC4-40", "MD5", 128, 40, false, false, true, 'N'},
    {"TLS_RSA_WITH_RC4_128_SHA", 0x0005, "RC4-SHA", STATUS_ASSIGNED, SSL3, TLS12, KX_RSA, AUTH_RSA, "RSA", "RSA",
     "RC4-128", "SHA1", 128, 128, false, false, false, 'N'},
    {"TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", 0x0008, "EXP-DES-CBC-SHA", STATUS_ASSIGNED, SSL3, TLS10, KX_RSA, AUTH_RSA,
     "RSA", "RSA", "DES-40-CBC", "SHA1", 56, 40, false, false, true, 'N'},
    {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", 0x000A, "DES-CBC3-SHA", STATUS_ASSIGNED, SSL3, TLS12, KX_RSA, AUTH_RSA, "RSA",
     "RSA", "3DES-CBC", "SHA1", 168, 112, false, false, false, 'N'},
    {"TLS_DH_DSS_WITH_DES_CBC_SHA", 0x000C, "DH-DSS-DES-CBC-SHA", STATUS_ASSIGNED, SSL3, TLS11, KX_DH, AUTH_DH, "DH",
     "DH", "DES-CBC", "SHA1", 56, 56, false, false, false, 'N'},
    {"TLS_DH_anon_WITH_AES_128_CBC_SHA", 0x0034, "ADH-AES128-SHA", STATUS_ASSIGNED, SSL3, TLS12, KX_DHE, AUTH_ANON,
     "DHE", "anon", "AES-128-CBC", "SHA1", 128, 128, false, true, false, 'N'},
    {"TLS_DHE_DSS_WITH_AES_256_CBC_SHA", 0x0038, "DHE-DSS-AES256-SHA", STATUS_ASSIGNED, SSL3, TLS12, KX_DHE, AUTH_DSS,
     "DHE", "DSS", "AES-256-CBC", "SHA1", 256, 256, false, true, false, 'N'},
    // RFC 4279, RFC 4162, RFC 2712 (marked D by RFC 9847), RFC 5054
    {"TLS_RSA_PSK_WITH_AES_128_CBC_SHA", 0x0094, "RSA-PSK-AES128-CBC-SHA", STATUS_ASSIGNED, SSL3, TLS12, KX_RSA_PSK,
     AUTH_RSA, "RSA_PSK", "RSA", "AES-128-CBC", "SHA1", 128, 128, false, false, false, 'N'},
    {"TLS_RSA_WITH_SEED_CBC_SHA", 0x0096, "SEED-SHA", STATUS_ASSIGNED, SSL3, TLS12, KX_RSA, AUTH_RSA, "RSA", "RSA",
     "SEED-CBC", "SHA1", 128, 128, false, false, false, 'N'},
    {"TLS_KRB5_WITH_IDEA_CBC_SHA", 0x0021, "KRB5-IDEA-CBC-SHA", STATUS_ASSIGNED, SSL3, TLS11, KX_KRB5, AUTH_KRB5,
     "KRB5", "KRB5", "IDEA-CBC", "SHA1", 128, 128, false, false, false, 'D'},
    {"TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA", 0xC021, "SRP-RSA-AES-256-CBC-SHA", STATUS_ASSIGNED, SSL3, TLS12, KX_SRP,
     AUTH_RSA, "SRP", "RSA", "AES-256-CBC", "SHA1", 256, 256, false, true, false, 'N'},
    // RFC 5288, RFC 5289, RFC 7905, RFC 6655, RFC 8422
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", 0x009D, "AES256-GCM-SHA384", STATUS_ASSIGNED, TLS12, TLS12, KX_RSA, AUTH_RSA,
     "RSA", "RSA", "AES-256-GCM", "AEAD", 256, 256, true, false, false, 'N'},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xC02F, "ECDHE-RSA-AES128-GCM-SHA256", STATUS_ASSIGNED, TLS12, TLS12,
     KX_ECDHE, AUTH_RSA, "ECDHE", "RSA", "AES-128-GCM", "AEAD", 128, 128, true, true, false, 'Y'},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xCCA9, "ECDHE-ECDSA-CHACHA20-POLY1305", STATUS_ASSIGNED, TLS12,
     TLS12, KX_ECDHE, AUTH_ECDSA, "ECDHE", "ECDSA", "CHACHA20-POLY1305", "AEAD", 256, 256, true, true, false, 'Y'},
    {"TLS_RSA_WITH_AES_128_CCM_8", 0xC0A0, "AES128-CCM8", STATUS_ASSIGNED, TLS12, TLS12, KX_RSA, AUTH_RSA, "RSA", "RSA",
     "AES-128-CCM-8", "AEAD", 128, 128, true, false, false, 'N'},
    {"TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", 0xC031, "ECDH-RSA-AES128-GCM-SHA256", STATUS_ASSIGNED, TLS12, TLS12,
     KX_ECDH, AUTH_ECDH, "ECDH", "ECDH", "AES-128-GCM", "AEAD", 128, 128, true, false, false, 'N'},
    {"TLS_ECDH_anon_WITH_RC4_128_SHA", 0xC016, "AECDH-RC4-SHA", STATUS_ASSIGNED, SSL3, TLS12, KX_ECDHE, AUTH_ANON,
     "ECDHE", "anon", "RC4-128", "SHA1", 128, 128, false, true, false, 'N'},
    {"TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", 0xD001, "", STATUS_ASSIGNED, TLS12, TLS12, KX_ECDHE_PSK, AUTH_PSK,
     "ECDHE_PSK", "PSK", "AES-128-GCM", "AEAD", 128, 128, true, true, false, 'Y'},
    // RFC 8446 appendix B.4; RFC 9189; RFC 8492
    {"TLS_AES_128_GCM_SHA256", 0x1301, "TLS_AES_128_GCM_SHA256", STATUS_ASSIGNED, TLS13, TLS13, KX_ANY, AUTH_ANY, "any",
     "any", "AES-128-GCM", "AEAD", 128, 128, true, true, false, 'Y'},
    {"TLS_CHACHA20_POLY1305_SHA256", 0x1303, "TLS_CHACHA20_POLY1305_SHA256", STATUS_ASSIGNED, TLS13, TLS13, KX_ANY,
     AUTH_ANY, "any", "any", "CHACHA20-POLY1305", "AEAD", 256, 256, true, true, false, 'Y'},
    {"TLS_AES_128_CCM_8_SHA256", 0x1305, "TLS_AES_128_CCM_8_SHA256", STATUS_ASSIGNED, TLS13, TLS13, KX_ANY, AUTH_ANY,
     "any", "any", "AES-128-CCM-8", "AEAD", 128, 128, true, true, false, 'N'},
    // RFC 5746, RFC 7507, RFC 8701
    {"TLS_EMPTY_RENEGOTIATION_INFO_SCSV", 0x00FF, "", STATUS_SCSV, SSL3, TLS12, KX_NONE, AUTH_NONE, "", "", "", "", 0,
     0, false, false, false, 'N'},
    {"TLS_FALLBACK_SCSV", 0x5600, "", STATUS_SCSV, SSL3, TLS12, KX_NONE, AUTH_NONE, "", "", "", "", 0, 0, false, false,
     false, 'N'},
    {"GREASE_0xCACA", 0xCACA, "", STATUS_GREASE, 0, 0, KX_NONE, AUTH_NONE, "", "", "", "", 0, 0, false, false, false,
     'N'},
    // RFC 6101 appendix A.6; drafts; private use; GB/T 38636
    {"SSL_FORTEZZA_KEA_WITH_NULL_SHA", 0x001C, "", STATUS_SSL3_ONLY, SSL3, SSL3, KX_OTHER, AUTH_OTHER, "KEA", "KEA",
     "NULL", "SHA1", 0, 0, false, false, false, ' '},
    {"TLS_RSA_EXPORT1024_WITH_RC4_56_SHA", 0x0064, "EXP1024-RC4-SHA", STATUS_OLD_DRAFT, SSL3, TLS10, KX_RSA, AUTH_RSA,
     "RSA", "RSA", "RC4-56", "SHA1", 128, 56, false, false, true, ' '},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256_OLD", 0xCC13, "ECDHE-RSA-CHACHA20-POLY1305-OLD", STATUS_OLD_DRAFT,
     TLS12, TLS12, KX_ECDHE, AUTH_RSA, "ECDHE", "RSA", "CHACHA20-POLY1305", "AEAD", 256, 256, true, true, false, ' '},
    {"TLS_GOSTR341001_WITH_28147_CNT_IMIT", 0x0081, "GOST2001-GOST89-GOST89", STATUS_OLD_DRAFT, TLS10, TLS12, KX_GOST,
     AUTH_GOST, "GOST", "GOST01", "GOST28147-CNT", "GOST28147-IMIT", 256, 256, false, false, false, ' '},
    {"SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA", 0xFEFF, "", STATUS_PRIVATE, SSL3, TLS10, KX_RSA, AUTH_RSA, "RSA", "RSA",
     "3DES-CBC", "SHA1", 168, 112, false, false, false, ' '},
    {"TLS_ECDHE_SM4_CBC_SM3", 0xE011, "ECDHE-SM4-CBC-SM3", STATUS_PRIVATE, 0x0101, 0x0101, KX_ECDHE, AUTH_OTHER,
     "ECDHE", "SM2", "SM4-CBC", "SM3", 128, 128, false, true, false, ' '},
    // draft-hickman-netscape-ssl-00 section 4.6
    {"SSL_CK_RC4_128_WITH_MD5", 0x010080, "RC4-MD5", STATUS_SSL2, SSL2, SSL2, KX_RSA, AUTH_RSA, "RSA", "RSA", "RC4-128",
     "MD5", 128, 128, false, false, false, ' '},
    {"SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5", 0x040080, "EXP-RC2-CBC-MD5", STATUS_SSL2, SSL2, SSL2, KX_RSA, AUTH_RSA,
     "RSA", "RSA", "RC2-40-CBC", "MD5", 128, 40, false, false, true, ' '},
    {"SSL_CK_DES_192_EDE3_CBC_WITH_MD5", 0x0700C0, "DES-CBC3-MD5", STATUS_SSL2, SSL2, SSL2, KX_RSA, AUTH_RSA, "RSA",
     "RSA", "3DES-CBC", "MD5", 168, 112, false, false, false, ' '},
};

static void suites_are_what_the_rfcs_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(suites); i++) {
        const struct suite_row *row = &suites[i];
        const char *name = row->want_name;
        const struct suite *suite = suite_find(row->code);
        if (suite == NULL)
            fail_msg("%s: not found", name);
        same_text(name, "name", suite->name, name);
        same_text(name, "openssl_name", suite->openssl_name, row->want_openssl_name);
        same_number(name, "status", suite->status, row->want_status);
        same_number(name, "min_version", suite->min_version, row->want_min);
        same_number(name, "max_version", suite->max_version, row->want_max);
        same_number(name, "kx", suite->kx, row->want_kx);
        same_number(name, "auth", suite->auth, row->want_auth);
        same_text(name, "key_exchange", suite->key_exchange, row->want_key_exchange);
        same_text(name, "authentication", suite->authentication, row->want_authentication);
        same_text(name, "cipher", suite->cipher, row->want_cipher);
        same_text(name, "mac", suite->mac, row->want_mac);
        same_number(name, "key_bits", suite->key_bits, row->want_key_bits);
        same_number(name, "strength_bits", suite->strength_bits, row->want_strength_bits);
        same_number(name, "aead", suite->aead, row->want_aead);
        same_number(name, "forward_secrecy", suite->forward_secrecy, row->want_forward_secrecy);
        same_number(name, "export", suite->export, row->want_export);
        same_number(name, "recommended", (unsigned char)suite->recommended, (unsigned char)row->want_recommended);
    }
}

static void suites_of_each_status_are_all_there(void **state)
{
    (void)state;
    static const struct status_row {
        const char *name;
        enum code_status status;
        size_t want_count;
    } rows[] = {
        {"assigned", STATUS_ASSIGNED, 354},  {"SCSV", STATUS_SCSV, 2},
        {"GREASE", STATUS_GREASE, 16},       {"SSLv2", STATUS_SSL2, 13},
        {"SSLv3 only", STATUS_SSL3_ONLY, 2}, {"old draft", STATUS_OLD_DRAFT, 57},
        {"private", STATUS_PRIVATE, 50},
    };
    size_t total = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct status_row *row = &rows[i];
        size_t count = 0;
        for (size_t at = 0; at < suite_count(); at++)
            count += suite_at(at)->status == row->status;
        same_number(row->name, "count", count, row->want_count);
        total += count;
    }
    assert_int_equal(total, 494);
    assert_int_equal(suite_count(), 494);
}

static void suites_ascend_and_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < suite_count(); i++) {
        const struct suite *suite = suite_at(i);
        bool ssl2 = suite->status == STATUS_SSL2;
        if (i > 0 && suite->code <= suite_at(i - 1)->code && suite->code != 0)
            fail_msg("%s: does not ascend", suite->name);
        if ((ssl2 ? suite_find_ssl2(suite->code) : suite_find(suite->code)) != suite)
            fail_msg("%s: not found by its code", suite->name);
        if (!ssl2 && suite_find_ssl2(suite->code) == suite)
            fail_msg("%s: is no SSLv2 kind", suite->name);
        if (!ssl2 && suite->code > 0xFFFF)
            fail_msg("%s: more than two octets", suite->name);
    }
    same_text("0", "suite_find_ssl2", suite_find_ssl2(0)->name, "SSL_CK_NULL_WITH_MD5");
}

static void suites_agree_with_themselves(void **state)
{
    (void)state;
    for (size_t i = 0; i < suite_count(); i++) {
        const struct suite *suite = suite_at(i);
        assert_non_null(suite->name);
        const char *name = suite->name;
        if (name[0] == '\0' || !suite->openssl_name || !suite->key_exchange || !suite->authentication ||
            !suite->cipher || !suite->mac)
            fail_msg("suite 0x%X: a text is missing", (unsigned)suite->code);
        if (suite->min_version > suite->max_version)
            fail_msg("%s: versions are the wrong way round", name);
        if (suite->strength_bits > suite->key_bits)
            fail_msg("%s: stronger than its key", name);
        if (suite->export && suite->strength_bits > 56)
            fail_msg("%s: too strong to export", name);
        same_number(name, "aead", suite->aead, strcmp(suite->mac, "AEAD") == 0);
        same_number(name, "GREASE", is_grease((uint16_t)suite->code) && suite->code <= 0xFFFF,
                    suite->status == STATUS_GREASE);
        same_number(name, "no cipher", suite->cipher[0] == '\0',
                    suite->status == STATUS_GREASE || suite->status == STATUS_SCSV);
        if (strchr("YND ", suite->recommended) == NULL || suite->recommended == '\0')
            fail_msg("%s: recommended is none of Y, N, D and space", name);
    }
}

static const struct group_row {
    const char *want_name;
    uint16_t code;
    enum group_kind want_kind;
    uint16_t want_field, want_strength;
    bool want_post_quantum, want_tls13;
    enum code_status want_status;
    uint16_t want_client, want_server;
} groups[] = {
    // RFC 8422, RFC 8446 section 4.2.7, RFC 7919, RFC 8734
    {"sect163k1", 0x0001, GROUP_EC_BINARY, 163, 80, false, false, STATUS_ASSIGNED, 43, 43},
    {"secp256r1", 0x0017, GROUP_EC_PRIME, 256, 128, false, true, STATUS_ASSIGNED, 65, 65},
    {"secp521r1", 0x0019, GROUP_EC_PRIME, 521, 256, false, true, STATUS_ASSIGNED, 133, 133},
    {"brainpoolP256r1", 0x001A, GROUP_EC_PRIME, 256, 128, false, false, STATUS_ASSIGNED, 65, 65},
    {"x25519", 0x001D, GROUP_MONTGOMERY, 255, 128, false, true, STATUS_ASSIGNED, 32, 32},
    {"x448", 0x001E, GROUP_MONTGOMERY, 448, 224, false, true, STATUS_ASSIGNED, 56, 56},
    {"brainpoolP512r1tls13", 0x0021, GROUP_EC_PRIME, 512, 256, false, true, STATUS_ASSIGNED, 129, 129},
    {"GC256A", 0x0022, GROUP_GOST, 256, 128, false, true, STATUS_ASSIGNED, 64, 64},
    {"curveSM2", 0x0029, GROUP_SM2, 256, 128, false, true, STATUS_ASSIGNED, 65, 65},
    {"ffdhe2048", 0x0100, GROUP_FFDHE, 2048, 112, false, true, STATUS_ASSIGNED, 256, 256},
    {"ffdhe8192", 0x0104, GROUP_FFDHE, 8192, 200, false, true, STATUS_ASSIGNED, 1024, 1024},
    // FIPS 203 sizes: encapsulation keys 800, 1184, 1568; ciphertexts 768, 1088, 1568
    {"MLKEM512", 0x0200, GROUP_KEM, 0, 128, true, true, STATUS_ASSIGNED, 800, 768},
    {"MLKEM1024", 0x0202, GROUP_KEM, 0, 256, true, true, STATUS_ASSIGNED, 1568, 1568},
    {"SecP256r1MLKEM768", 0x11EB, GROUP_HYBRID, 0, 192, true, true, STATUS_ASSIGNED, 65 + 1184, 65 + 1088},
    {"X25519MLKEM768", 0x11EC, GROUP_HYBRID, 0, 192, true, true, STATUS_ASSIGNED, 1184 + 32, 1088 + 32},
    {"SecP384r1MLKEM1024", 0x11ED, GROUP_HYBRID, 0, 256, true, true, STATUS_ASSIGNED, 97 + 1568, 97 + 1568},
    {"X25519Kyber768Draft00", 0x6399, GROUP_HYBRID, 0, 192, true, true, STATUS_OBSOLETE, 1216, 1120},
    {"X25519Kyber512Draft00", 0xFE30, GROUP_HYBRID, 0, 128, true, true, STATUS_PRIVATE, 832, 800},
    {"GREASE_0xFAFA", 0xFAFA, GROUP_GREASE, 0, 0, false, false, STATUS_GREASE, 0, 0},
    {"arbitrary_explicit_prime_curves", 0xFF01, GROUP_EXPLICIT, 0, 0, false, false, STATUS_ASSIGNED, 0, 0},
};

static void groups_are_what_the_rfcs_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(groups); i++) {
        const struct group_row *row = &groups[i];
        const char *name = row->want_name;
        const struct group *group = group_find(row->code);
        if (group == NULL)
            fail_msg("%s: not found", name);
        same_text(name, "name", group->name, name);
        same_number(name, "kind", group->kind, row->want_kind);
        same_number(name, "field_bits", group->field_bits, row->want_field);
        same_number(name, "strength_bits", group->strength_bits, row->want_strength);
        same_number(name, "post_quantum", group->post_quantum, row->want_post_quantum);
        same_number(name, "tls13", group->tls13, row->want_tls13);
        same_number(name, "status", group->status, row->want_status);
        same_number(name, "client_share_size", group->client_share_size, row->want_client);
        same_number(name, "server_share_size", group->server_share_size, row->want_server);
    }
}

static void groups_ascend_and_are_found(void **state)
{
    (void)state;
    assert_int_equal(group_count(), 77);
    for (size_t i = 0; i < group_count(); i++) {
        const struct group *group = group_at(i);
        assert_true(group->name != NULL && group->name[0] != '\0');
        if (i > 0 && group->code <= group_at(i - 1)->code)
            fail_msg("%s: does not ascend", group->name);
        if (group_find(group->code) != group)
            fail_msg("%s: not found by its code", group->name);
        same_number(group->name, "GREASE", is_grease(group->code), group->kind == GROUP_GREASE);
        same_number(group->name, "post_quantum", group->post_quantum,
                    group->kind == GROUP_KEM || group->kind == GROUP_HYBRID);
        if (group->tls13 && (group->client_share_size == 0 || group->server_share_size == 0))
            fail_msg("%s: a TLS 1.3 group without a share", group->name);
    }
}

static const struct scheme_row {
    const char *want_name;
    uint16_t code;
    const char *want_signature, *want_hash;
    bool want_tls12, want_tls13;
    enum code_status want_status;
} schemes[] = {
    // RFC 5246 section 7.4.1.4.1, RFC 8446 section 4.2.3
    {"rsa_pkcs1_md5", 0x0101, "RSASSA-PKCS1-v1_5", "MD5", true, false, STATUS_LEGACY},
    {"rsa_pkcs1_sha1", 0x0201, "RSASSA-PKCS1-v1_5", "SHA1", true, false, STATUS_ASSIGNED},
    {"dsa_sha256", 0x0402, "DSA", "SHA256", true, false, STATUS_LEGACY},
    {"ecdsa_sha1", 0x0203, "ECDSA", "SHA1", true, false, STATUS_ASSIGNED},
    {"rsa_pkcs1_sha256", 0x0401, "RSASSA-PKCS1-v1_5", "SHA256", true, false, STATUS_ASSIGNED},
    {"ecdsa_secp256r1_sha256", 0x0403, "ECDSA", "SHA256", true, true, STATUS_ASSIGNED},
    {"ecdsa_secp521r1_sha512", 0x0603, "ECDSA", "SHA512", true, true, STATUS_ASSIGNED},
    {"rsa_pss_rsae_sha256", 0x0804, "RSASSA-PSS", "SHA256", true, true, STATUS_ASSIGNED},
    {"ed25519", 0x0807, "EdDSA", "intrinsic", true, true, STATUS_ASSIGNED},
    {"ed448", 0x0808, "EdDSA", "intrinsic", true, true, STATUS_ASSIGNED},
    {"rsa_pss_pss_sha512", 0x080B, "RSASSA-PSS", "SHA512", true, true, STATUS_ASSIGNED},
    // for clients alone (draft-davidben-tls13-pkcs1), RFC 8734, RFC 8998, RFC 9367, RFC 9189
    {"rsa_pkcs1_sha256_legacy", 0x0420, "RSASSA-PKCS1-v1_5", "SHA256", false, false, STATUS_ASSIGNED},
    {"ecdsa_brainpoolP256r1tls13_sha256", 0x081A, "ECDSA", "SHA256", false, true, STATUS_ASSIGNED},
    {"sm2sig_sm3", 0x0708, "SM2", "SM3", false, true, STATUS_ASSIGNED},
    {"gostr34102012_256a", 0x0709, "GOST R 34.10-2012", "STREEBOG256", false, true, STATUS_ASSIGNED},
    {"gostr34102012_256", 0x0840, "GOST R 34.10-2012", "STREEBOG256", true, false, STATUS_ASSIGNED},
    // FIPS 204, FIPS 205
    {"mldsa65", 0x0905, "ML-DSA-65", "intrinsic", false, true, STATUS_ASSIGNED},
    {"slhdsa_sha2_128s", 0x0911, "SLH-DSA-SHA2-128S", "intrinsic", false, true, STATUS_DRAFT},
    {"GREASE_0x0A0A", 0x0A0A, "", "", false, false, STATUS_GREASE},
    {"rsa_pkcs1_md5_sha1", 0xFF01, "RSASSA-PKCS1-v1_5", "MD5+SHA1", false, false, STATUS_INTERNAL},
};

static void schemes_are_what_the_rfcs_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(schemes); i++) {
        const struct scheme_row *row = &schemes[i];
        const char *name = row->want_name;
        const struct scheme *scheme = scheme_find(row->code);
        if (scheme == NULL)
            fail_msg("%s: not found", name);
        same_text(name, "name", scheme->name, name);
        same_text(name, "signature", scheme->signature, row->want_signature);
        same_text(name, "hash", scheme->hash, row->want_hash);
        same_number(name, "tls12", scheme->tls12, row->want_tls12);
        same_number(name, "tls13", scheme->tls13, row->want_tls13);
        same_number(name, "status", scheme->status, row->want_status);
    }
}

static void schemes_ascend_and_are_found(void **state)
{
    (void)state;
    assert_int_equal(scheme_count(), 81);
    for (size_t i = 0; i < scheme_count(); i++) {
        const struct scheme *scheme = scheme_at(i);
        assert_true(scheme->name != NULL && scheme->name[0] != '\0');
        if (scheme->signature == NULL || scheme->hash == NULL)
            fail_msg("%s: a text is missing", scheme->name);
        if (i > 0 && scheme->code <= scheme_at(i - 1)->code)
            fail_msg("%s: does not ascend", scheme->name);
        if (scheme_find(scheme->code) != scheme)
            fail_msg("%s: not found by its code", scheme->name);
        same_number(scheme->name, "GREASE", is_grease(scheme->code), scheme->status == STATUS_GREASE);
    }
}

static const char *name_of_alert(uint16_t code) { return alert_name((uint8_t)code); }

struct name_row {
    uint16_t code;
    const char *want_name;
};

static const struct name_row versions[] = {
    {0x0002, "SSLv2"},
    {0x0300, "SSLv3"},
    {0x0301, "TLSv1.0"},
    {0x0302, "TLSv1.1"},
    {0x0303, "TLSv1.2"},
    {0x0304, "TLSv1.3"},
    {0x0305, NULL},
    {0x0000, NULL},
    {0x7F00, "TLSv1.3-draft00"},
    {0x7F12, "TLSv1.3-draft18"},
    {0x7F1C, "TLSv1.3-draft28"},
    {0x7F1D, NULL},
    {0xFEFF, "DTLSv1.0"},
    {0xFEFD, "DTLSv1.2"},
    {0xFEFC, "DTLSv1.3"},
    {0xFEFE, NULL},
    {0xFFFF, NULL},
};

// RFC 8446 section 6, RFC 7507, RFC 6066, RFC 7301
static const struct name_row alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {40, "handshake_failure"},
    {47, "illegal_parameter"},
    {50, "decode_error"},
    {70, "protocol_version"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {109, "missing_extension"},
    {112, "unrecognized_name"},
    {120, "no_application_protocol"},
    {1, NULL},
    {255, NULL},
};

static const struct name_row extensions[] = {
    {0, "server_name"},
    {5, "status_request"},
    {10, "supported_groups"},
    {13, "signature_algorithms"},
    {15, "heartbeat"},
    {16, "application_layer_protocol_negotiation"},
    {21, "padding"},
    {22, "encrypt_then_mac"},
    {23, "extended_master_secret"},
    {35, "session_ticket"},
    {41, "pre_shared_key"},
    {43, "supported_versions"},
    {44, "cookie"},
    {51, "key_share"},
    {57, "quic_transport_parameters"},
    {0x0A0A, "GREASE_0x0A0A"},
    {0x3374, "next_protocol_negotiation"},
    {0xFE0D, "encrypted_client_hello"},
    {0xFF01, "renegotiation_info"},
    {0x1234, NULL},
    {0xFFFF, NULL},
};

static void names(const struct name_row *rows, size_t count, const char *(*name)(uint16_t code), const char *what)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = name(rows[i].code);
        if (rows[i].want_name != NULL)
            same_text(rows[i].want_name, what, found, rows[i].want_name);
        else if (found != NULL)
            fail_msg("%s 0x%04X: named %s, want no name", what, rows[i].code, found);
    }
}

static size_t named(const char *(*name)(uint16_t code), uint32_t last)
{
    size_t count = 0;
    for (uint32_t code = 0; code <= last; code++) {
        const char *found = name((uint16_t)code);
        if (found != NULL && found[0] == '\0')
            fail_msg("0x%04X: an empty name", (unsigned)code);
        count += found != NULL;
    }
    return count;
}

static void names_are_what_the_rfcs_say(void **state)
{
    (void)state;
    names(versions, COUNT(versions), version_name, "version");
    names(alerts, COUNT(alerts), name_of_alert, "alert");
    names(extensions, COUNT(extensions), extension_name, "extension");
    assert_int_equal(named(version_name, 0xFFFF), 61);
    assert_int_equal(named(name_of_alert, 0xFF), 37);
    assert_int_equal(named(extension_name, 0xFFFF), 102);
}

static void unknown_codes_are_not_found(void **state)
{
    (void)state;
    static const uint32_t codes[] = {0x0A0B, 0x1300, 0x1308, 0xFFFF, 0x010081, 0xFF8011, 0xFFFFFF, UINT32_MAX};
    for (size_t i = 0; i < COUNT(codes); i++)
        if (suite_find(codes[i]) != NULL || suite_find_ssl2(codes[i]) != NULL)
            fail_msg("suite 0x%X: found", (unsigned)codes[i]);
    assert_null(suite_find_ssl2(0x1301));
    assert_null(group_find(0x0000));
    assert_null(group_find(0xFFFF));
    assert_null(scheme_find(0x0000));
    assert_null(scheme_find(0xFFFF));
}

// RFC 8701 section 2 lists sixteen; no other of the 65536 is one.
static void grease_is_sixteen_values(void **state)
{
    (void)state;
    static const uint16_t want[] = {0x0A0A, 0x1A1A, 0x2A2A, 0x3A3A, 0x4A4A, 0x5A5A, 0x6A6A, 0x7A7A,
                                    0x8A8A, 0x9A9A, 0xAAAA, 0xBABA, 0xCACA, 0xDADA, 0xEAEA, 0xFAFA};
    size_t found = 0;
    for (uint32_t code = 0; code <= 0xFFFF; code++) {
        if (!is_grease((uint16_t)code))
            continue;
        assert_true(found < 16);
        assert_int_equal(code, want[found]);
        found++;
    }
    assert_int_equal(found, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suites_are_what_the_rfcs_say),  cmocka_unit_test(suites_of_each_status_are_all_there),
        cmocka_unit_test(suites_ascend_and_are_found),   cmocka_unit_test(suites_agree_with_themselves),
        cmocka_unit_test(groups_are_what_the_rfcs_say),  cmocka_unit_test(groups_ascend_and_are_found),
        cmocka_unit_test(schemes_are_what_the_rfcs_say), cmocka_unit_test(schemes_ascend_and_are_found),
        cmocka_unit_test(names_are_what_the_rfcs_say),   cmocka_unit_test(unknown_codes_are_not_found),
        cmocka_unit_test(grease_is_sixteen_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
