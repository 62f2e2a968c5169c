// SPDX-License-Identifier: Apache-2.0
//
// The data of CAA, TLSA and HTTPS records against what they say, row by row; cut at every octet, and with
// octets too many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "base/text.h"
#include "wire/caa.h"
#include "wire/domain.h"
#include "wire/svcb.h"
#include "wire/tlsa.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static struct bytes octets(struct arena *arena, const char *hex)
{
    struct bytes bytes;
    char upper[4096];
    size_t size = 0;
    for (; *hex != '\0'; hex++)
        if (*hex != ' ')
            upper[size++] = *hex >= 'a' ? (char)(*hex - 'a' + 'A') : *hex;
    upper[size] = '\0';
    assert_true(text_from_hex(arena, upper, &bytes));
    return bytes;
}

// --- names -----------------------------------------------------------------------------------------

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *want; // NULL: malformed
    } rows[] = {
        {"00", "."},
        {"03777777 0765 78616d706c65 00", "www.example"},
        {"03777777 0865 78616d706c65 00", NULL},
        {"03777777 07657861 6d706c65 03636f6d 00", "www.example.com"},
        {"03575757 00", "www"},
        {"03612e62 0163 00", "a\\046b.c"},
        {"045f34 3433 045f746370 00", "_443._tcp"},
        {"04 00ff5c20 00", "\\000\\255\\092\\032"},
        {"c000", NULL},
        {"40 00", NULL},
        {"03777777", NULL},
        {"", NULL},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct cursor cursor = cursor_of(octets(&arena, rows[i].hex));
        const char *name = domain_read(&arena, &cursor);
        if (rows[i].want == NULL) {
            assert_null(name);
            assert_true(cursor.bad);
        } else {
            assert_string_equal(name, rows[i].want);
            assert_true(cursor_ended(&cursor));
        }
    }
    arena_release(&arena);
}

// 255 octets with the root's are the most: three labels of 63 and one of 61.
static void longest_name(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (unsigned last = 60; last <= 63; last++) {
        uint8_t name[260] = {0};
        size_t at = 0;
        for (unsigned i = 0; i < 4; i++) {
            unsigned length = i == 3 ? last : 63;
            name[at++] = (uint8_t)length;
            memset(name + at, 'a', length);
            at += length;
        }
        struct cursor cursor = cursor_of((struct bytes){name, at + 1});
        const char *text = domain_read(&arena, &cursor);
        assert_true((text != NULL) == (last <= 61));
    }
    arena_release(&arena);
}

static void parents(void **state)
{
    (void)state;
    assert_string_equal(domain_parent("www.example.com"), "example.com");
    assert_string_equal(domain_parent("example.com"), "com");
    assert_null(domain_parent("com"));
    assert_null(domain_parent("."));
    assert_null(domain_parent("com."));
}

// --- CAA -------------------------------------------------------------------------------------------

static const struct caa_row {
    uint8_t flags;
    const char *tag, *value;
    enum caa_tag want_tag;
    const char *want_issuer; // NULL: it breaks the grammar
    const char *want_parameters;
} caa_rows[] = {
    {0, "issue", "letsencrypt.org", CAA_ISSUE, "letsencrypt.org", ""},
    {0, "ISSUE", "LetsEncrypt.ORG", CAA_ISSUE, "letsencrypt.org", ""},
    {128, "issuewild", "ca.example.net", CAA_ISSUEWILD, "ca.example.net", ""},
    {0, "issue", ";", CAA_ISSUE, "", ""},
    {0, "issue", "", CAA_ISSUE, "", ""},
    {0, "issue", " \t ", CAA_ISSUE, "", ""},
    {0, "issue", "  ca.example  ;  ", CAA_ISSUE, "ca.example", ""},
    {0, "issue", "ca1.example.net; account=230123", CAA_ISSUE, "ca1.example.net", "account=230123 "},
    {0, "issue", "ca.example;accounturi=https://ca.example/acct/1; ValidationMethods = dns-01,http-01", CAA_ISSUE,
     "ca.example", "accounturi=https://ca.example/acct/1 validationmethods=dns-01,http-01 "},
    {0, "issue", "; policy=ev", CAA_ISSUE, "", "policy=ev "},
    {0, "issue", "ca.example; empty=", CAA_ISSUE, "ca.example", "empty= "},
    {0, "issue", "a--b.ex-ample", CAA_ISSUE, "a--b.ex-ample", ""},
    {0, "issue", "%%%%%", CAA_ISSUE, NULL, ""},
    {0, "issue", "ca1.example.net; account", CAA_ISSUE, NULL, ""},
    {0, "issue", "ca1.example.net; a=b;", CAA_ISSUE, NULL, ""},
    {0, "issue", "ca1.example.net;; a=b", CAA_ISSUE, NULL, ""},
    {0, "issue", "ca1.example.net. ", CAA_ISSUE, NULL, ""},
    {0, "issue", ".example.net", CAA_ISSUE, NULL, ""},
    {0, "issue", "-a.example", CAA_ISSUE, NULL, ""},
    {0, "issue", "a-.example", CAA_ISSUE, NULL, ""},
    {0, "issue", "a_b.example", CAA_ISSUE, NULL, ""},
    {0, "issue", "one.example two.example", CAA_ISSUE, NULL, ""},
    {0, "issue", "one.example, two.example", CAA_ISSUE, NULL, ""},
    {0, "issue", "ca.example; -a=b", CAA_ISSUE, NULL, ""},
    {0, "issue", "ca.example; a=b c", CAA_ISSUE, NULL, ""},
    {0, "issue", "\xff", CAA_ISSUE, NULL, ""},
    {0, "iodef", "mailto:security@example.com", CAA_IODEF, "", ""},
    {0, "contactemail", "x@example.com", CAA_CONTACTEMAIL, "", ""},
    {0, "issuemail", "ca.example", CAA_ISSUEMAIL, "", ""},
    {128, "tbs", "Unknown", CAA_UNKNOWN, "", ""},
};

static struct bytes caa_of(struct arena *arena, const struct caa_row *row)
{
    struct builder rdata = builder_in(arena);
    builder_u8(&rdata, row->flags);
    builder_u8(&rdata, (uint8_t)strlen(row->tag));
    builder_add(&rdata, bytes_of_text(row->tag));
    if (row->value[0] != '\0')
        builder_add(&rdata, bytes_of_text(row->value));
    return builder_bytes(&rdata);
}

static void caa(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < ROWS(caa_rows); i++) {
        const struct caa_row *row = &caa_rows[i];
        struct caa_record record;
        caa_read(&arena, caa_of(&arena, row), &record);
        const char *parameters = "";
        for (size_t j = 0; j < record.parameter_count; j++)
            parameters =
                arena_text(&arena, "%s%s=%s ", parameters, record.parameters[j].tag, record.parameters[j].value);
        const char *issuer = row->want_issuer == NULL ? "" : row->want_issuer;
        if (record.error != NULL || record.tag != row->want_tag || record.critical != (row->flags == 128) ||
            record.malformed != (row->want_issuer == NULL) || strcmp(record.issuer, issuer) != 0 ||
            strcmp(parameters, row->want_parameters) != 0)
            fail_msg("%s \"%s\": issuer \"%s\", parameters \"%s\"", row->tag, row->value, record.issuer, parameters);
    }
    arena_release(&arena);
}

static void broken_caa(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct caa_record record;
    static const char *const broken[] = {"", "00", "0005 69737375", "0000 6161"};
    for (size_t i = 0; i < ROWS(broken); i++) {
        caa_read(&arena, octets(&arena, broken[i]), &record);
        assert_non_null(record.error);
    }
    for (size_t i = 0; i < ROWS(caa_rows); i++) {
        struct bytes whole = caa_of(&arena, &caa_rows[i]);
        for (whole.size = whole.size - 1; whole.size != 0; whole.size--) {
            caa_read(&arena, whole, &record);
            assert_true(record.error != NULL || whole.size >= 2 + strlen(caa_rows[i].tag));
        }
    }
    arena_release(&arena);
}

// --- TLSA ------------------------------------------------------------------------------------------

#define DIGEST "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"

static void tlsa(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool want_usable;
    } rows[] = {
        {"030101" DIGEST, true},  {"000002" DIGEST DIGEST, true},
        {"020100 3059", true},    {"030101" DIGEST "00", false},
        {"030102" DIGEST, false}, {"030100", false},
        {"040101" DIGEST, false}, {"ff0101" DIGEST, false},
        {"030201" DIGEST, false}, {"030103" DIGEST, false},
        {"0301", false},          {"", false},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct tlsa_record record;
        tlsa_read(&arena, octets(&arena, rows[i].hex), &record);
        if ((record.unusable == NULL) != rows[i].want_usable)
            fail_msg("%s: %s", rows[i].hex, record.unusable == NULL ? "usable" : record.unusable);
    }
    arena_release(&arena);
}

// openssl x509 -in ec.pem -outform DER | sha256sum, and so on: written down, not computed by what is tested.
#define EC_CERTIFICATE_SHA256 "4b7297349f03c004d23fa42399246fc13191b10a3de5a89bc5e3780868da5d0a"
#define EC_KEY_SHA256         "70edce5779e4162e2d3c145f7266d89a158d65e217dce0abae246a859ccea726"
#define EC_CERTIFICATE_SHA512                                                                                          \
    "89626580f3bb0426547a3228d37e2725bfe593dccf1033405fe41395ab4f768f"                                                 \
    "1013ef3a6c1160654e91b763be5b3a13bc6e8f174f04d2075596cdce74f17c0b"
#define EC_KEY_SHA512                                                                                                  \
    "e1698e33b7b0aa57b4f8bb8b58a16d464340296926b203262418a196a80e923e"                                                 \
    "8b6867f99125901119d2b68f3d9abae5818a6eb06b5591bebda4f63b5f2361f9"

static const struct {
    const char *hex;
    bool want_match;
} matches[] = {
    {"030001" EC_CERTIFICATE_SHA256, true},
    {"030101" EC_KEY_SHA256, true},
    {"030002" EC_CERTIFICATE_SHA512, true},
    {"030102" EC_KEY_SHA512, true},
    {"030101" EC_CERTIFICATE_SHA256, false},
    {"030001" EC_KEY_SHA256, false},
    {"030101" DIGEST, false},
    {"030003" EC_CERTIFICATE_SHA256, false},
};

static void tlsa_match(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct certificate certificate;
    struct tlsa_record record;
    certificate_read(&arena, fixture_certificate(&arena, "ec"), &certificate);
    for (size_t i = 0; i < ROWS(matches); i++) {
        tlsa_read(&arena, octets(&arena, matches[i].hex), &record);
        assert_int_equal(tlsa_matches(&record, &certificate), matches[i].want_match);
    }
    record = (struct tlsa_record){.usage = 3, .data = certificate.der};
    assert_true(tlsa_matches(&record, &certificate));
    record = (struct tlsa_record){.usage = 3, .selector = 1, .data = certificate.public_key_der};
    assert_true(tlsa_matches(&record, &certificate));
    record.data.size--;
    assert_false(tlsa_matches(&record, &certificate));
    // A certificate that cannot be read has no key, and no record of an empty one fits it.
    certificate_read(&arena, (struct bytes){(const uint8_t *)"x", 1}, &certificate);
    assert_false(tlsa_matches(&record, &certificate));
    arena_release(&arena);
}

// --- HTTPS -----------------------------------------------------------------------------------------

// Of a large operator of ECH.
#define ECH                                                                                                            \
    "0045fe0d00411e00200020462f67bd4e21708caff0d5983d026466ee68171f3dcf8df7cfd264c534"                                 \
    "cc660d0004000100010012636c6f7564666c6172652d6563682e636f6d0000"

static const struct svcb_row {
    const char *hex;
    const char *want; // "priority target alpn=a,b no-default-alpn port=1 ipv4hint=.. ech=public names mandatory=.."
    bool want_malformed;
} svcb_rows[] = {
    {"0000 03737663 076578616d706c65 00", "0 svc.example", false},
    {"0000 00", "0 .", false},
    {"0000 00 ffff", "0 .", false}, // what follows in AliasMode means nothing
    {"0001 00", "1 .", false},
    {"0010 03666f6f 076578616d706c65 00 0003 0002 0035", "16 foo.example port=53", false},
    {"0001 00 0001 0006 02 6832 02 6833", "1 . alpn=h2,h3", false},
    {"0001 00 0001 0003 02 6832 0002 0000", "1 . alpn=h2 no-default-alpn", false},
    {"0001 00 0004 0008 c0000201 c6336401", "1 . ipv4hint=192.0.2.1,198.51.100.1", false},
    {"0001 00 0006 0010 20010db8000000000000000000000001", "1 . ipv6hint=2001:db8::1", false},
    {"0001 00 0005 0047 " ECH, "1 . ech=cloudflare-ech.com", false},
    {"0001 00 0000 0004 0001 0003 0001 0003 026832 0003 0002 01bb", "1 . alpn=h2 port=443 mandatory=alpn,port", false},
    {"0001 00 029b 0005 68656c6c6f", "1 . key667", false},
    {"0001 00 0009 0002 001d", "1 . tls-supported-groups", false},
    {"0001 00 0001 0003 02 6832 0001 0003 02 6833", "1 . alpn=h2", true},            // twice
    {"0001 00 0003 0002 01bb 0001 0003 02 6832", "1 . port=443", true},              // out of order
    {"0001 00 0001 0004 02 6832 00", "1 . alpn=h2", true},                           // an empty id
    {"0001 00 0001 0003 03 6832", "1 .", true},                                      // an id cut short
    {"0001 00 0001 0000", "1 .", true},                                              // no id
    {"0001 00 0002 0000", "1 . no-default-alpn", true},                              // without alpn
    {"0001 00 0001 0003 02 6832 0002 0001 00", "1 . alpn=h2 no-default-alpn", true}, // with a value
    {"0001 00 0003 0001 35", "1 .", true},
    {"0001 00 0003 0003 003500", "1 .", true},
    {"0001 00 0004 0000", "1 .", true},
    {"0001 00 0004 0005 c000020100", "1 . ipv4hint=192.0.2.1", true},
    {"0001 00 0006 0004 c0000201", "1 .", true},
    {"0001 00 0005 0002 0000", "1 .", true},                // an ECHConfigList has one config at least
    {"0001 00 0000 0002 0001", "1 . mandatory=alpn", true}, // which is not there
    {"0001 00 0000 0004 0003 0001 0001 0003 026832 0003 0002 01bb", "1 . alpn=h2 port=443 mandatory=port,alpn", true},
    {"0001 00 0000 0002 0000", "1 . mandatory=mandatory", true},
    {"0001 00 0000 0000", "1 .", true},
    {"0001 00 0000 0003 0001 00 0001 0003 026832", "1 . alpn=h2 mandatory=alpn", true},
    {"0001 00 0001", "1 .", true},
    {"0001 00 0001 0003 02", "1 .", true},
    {"0001 c00c", "1 ", true},
    {"0001", "1 ", true},
    {"00", "0 ", true},
    {"", "0 ", true},
};

static void tell_list(struct builder *text, const char *name, struct strings list)
{
    for (size_t i = 0; i < list.count; i++) {
        builder_add(text, bytes_of_text(i == 0 ? name : ","));
        builder_add(text, bytes_of_text(list.text[i]));
    }
}

static const char *tell(struct arena *arena, const struct svcb_record *record)
{
    struct builder text = builder_in(arena);
    builder_add(&text, bytes_of_text(arena_text(arena, "%u %s", record->priority, record->target)));
    tell_list(&text, " alpn=", record->alpn);
    if (record->no_default_alpn)
        builder_add(&text, bytes_of_text(" no-default-alpn"));
    if (record->has_port)
        builder_add(&text, bytes_of_text(arena_text(arena, " port=%u", record->port)));
    tell_list(&text, " ipv4hint=", record->ipv4_hints);
    tell_list(&text, " ipv6hint=", record->ipv6_hints);
    for (size_t i = 0; i < record->ech.count; i++)
        builder_add(&text, bytes_of_text(arena_text(arena, " ech=%s", record->ech.configs[i].public_name)));
    for (size_t i = 0; i < record->mandatory_count; i++)
        builder_add(&text, bytes_of_text(arena_text(arena, "%s%s", i == 0 ? " mandatory=" : ",",
                                                    svcb_key_name(arena, record->mandatory[i]))));
    for (size_t i = 0; i < record->param_count; i++)
        if (record->params[i].key > SVCB_IPV6HINT)
            builder_add(&text, bytes_of_text(arena_text(arena, " %s", svcb_key_name(arena, record->params[i].key))));
    return arena_string(arena, builder_bytes(&text));
}

static void svcb(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t i = 0; i < ROWS(svcb_rows); i++) {
        struct svcb_record record;
        svcb_read(&arena, octets(&arena, svcb_rows[i].hex), &record);
        const char *told = tell(&arena, &record);
        if (strcmp(told, svcb_rows[i].want) != 0 || (record.malformed != NULL) != svcb_rows[i].want_malformed)
            fail_msg("%s: %s (%s)", svcb_rows[i].hex, told, record.malformed == NULL ? "good" : record.malformed);
    }
    arena_release(&arena);
}

// A record of ServiceMode that ends where a parameter does is whole; all others are malformed.
static void svcb_cut(void **state)
{
    (void)state;
    static const char hex[] = "0001 03777777 00 0001 0003 026832 0003 0002 01bb 0004 0004 c0000201";
    struct arena arena = {0};
    struct bytes whole = octets(&arena, hex);
    for (size_t size = 0; size < whole.size; size++) {
        struct svcb_record record;
        svcb_read(&arena, (struct bytes){whole.data, size}, &record);
        bool ends = size == 7 || size == 14 || size == 20;
        if ((record.malformed == NULL) != ends)
            fail_msg("%zu octets: %s", size, record.malformed == NULL ? "good" : record.malformed);
    }
    arena_release(&arena);
}

// --- ECH -------------------------------------------------------------------------------------------

static void ech(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t want_count; // 0: malformed
        bool want_known, want_mandatory;
    } rows[] = {
        {ECH, 1, true, false},
        {"0008 fe0a 0004 00010203", 1, false, false}, // an older draft's
        {"0015 fe0d 0011 01 0020 0001 aa 0004 00010001 00 01 61 0000", 1, true, false},
        {"0019 fe0d 0015 01 0020 0001 aa 0004 00010001 00 01 61 0004 0001 0000", 1, true, false},
        {"0019 fe0d 0015 01 0020 0001 aa 0004 00010001 00 01 61 0004 8001 0000", 1, true, true},
        {"0019 fe0d 0015 01 0020 0001 aa 0004 00010001 00 01 61 0004 0001 0001", 0, false, false},
        {"0014 fe0d 0010 01 0020 0000 0004 00010001 00 01 61 0000", 0, false, false},
        {"0011 fe0d 000d 01 0020 0001 aa 0000 00 01 61 0000", 0, false, false},
        {"0013 fe0d 000f 01 0020 0001 aa 0002 0001 00 01 61 0000", 0, false, false},
        {"0014 fe0d 0010 01 0020 0001 aa 0004 00010001 00 00 0000", 0, false, false},
        {"0016 fe0d 0012 01 0020 0001 aa 0004 00010001 00 01 61 0000 00", 0, false, false},
        {"0004 fe0d 0001", 0, false, false},
        {"0000", 0, false, false},
        {"0003 fe0d 00", 0, false, false},
        {"0008 fe0a 0004 00010203 00", 0, false, false},
        {"", 0, false, false},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ech_list list;
        ech_read(&arena, octets(&arena, rows[i].hex), &list);
        if (list.count != rows[i].want_count || (list.error != NULL) != (rows[i].want_count == 0))
            fail_msg("%s: %zu configs", rows[i].hex, list.count);
        if (list.count == 0)
            continue;
        assert_int_equal(list.configs[0].known, rows[i].want_known);
        assert_int_equal(list.configs[0].mandatory_extension, rows[i].want_mandatory);
    }
    arena_release(&arena);
}

static void ech_fields(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct ech_list list;
    ech_read(&arena, octets(&arena, ECH), &list);
    const struct ech_config *config = &list.configs[0];
    assert_int_equal(config->version, ECH_VERSION);
    assert_int_equal(config->config_id, 0x1e);
    assert_string_equal(ech_kem_name(config->kem), "DHKEM(X25519, HKDF-SHA256)");
    assert_int_equal(config->public_key.size, 32);
    assert_int_equal(config->suite_count, 1);
    assert_string_equal(ech_kdf_name(config->suites[0].kdf), "HKDF-SHA256");
    assert_string_equal(ech_aead_name(config->suites[0].aead), "AES-128-GCM");
    assert_string_equal(config->public_name, "cloudflare-ech.com");
    assert_int_equal(config->whole.size, 0x45);
    assert_null(ech_kem_name(0));
    assert_null(ech_kdf_name(0));
    assert_null(ech_aead_name(0xffff));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),      cmocka_unit_test(longest_name), cmocka_unit_test(parents),
        cmocka_unit_test(caa),        cmocka_unit_test(broken_caa),   cmocka_unit_test(tlsa),
        cmocka_unit_test(tlsa_match), cmocka_unit_test(svcb),         cmocka_unit_test(svcb_cut),
        cmocka_unit_test(ech),        cmocka_unit_test(ech_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
