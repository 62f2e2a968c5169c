// SPDX-License-Identifier: Apache-2.0
//
// Facts of the fixtures by table; all fixtures against libcrypto's own reading; and every DER of a
// few cut at each octet and with each octet changed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../support/fixture.h"
#include "base/arena.h"
#include "base/text.h"
#include "wire/algorithm.h"
#include "wire/certificate.h"
#include "wire/der.h"
#include "wire/names.h"
#include "wire/oid.h"

#define SHORT_LIST 6

static const char *join(struct arena *arena, struct strings list)
{
    struct builder text = builder_in(arena);
    for (size_t i = 0; i < list.count; i++) {
        if (i == SHORT_LIST) {
            builder_add(&text, bytes_of_text(arena_text(arena, " +%zu", list.count - i)));
            break;
        }
        if (i != 0)
            builder_u8(&text, ' ');
        builder_add(&text, bytes_of_text(list.text[i]));
    }
    return arena_string(arena, builder_bytes(&text));
}

// One fact of one fixture, as text.
static const struct fact {
    const char *fixture, *field, *want;
} facts[] = {
    {"rsa", "error", NULL},
    {"rsa", "version", "3"},
    {"rsa", "subject", "CN=localhost,O=Shakedown Test"},
    {"rsa", "issuer", "CN=Shakedown Test Intermediate,O=Shakedown Test,C=ZZ"},
    {"rsa", "common_name", "localhost"},
    {"rsa", "not_before", "2026-01-01T00:00:00Z"},
    {"rsa", "not_after", "2046-01-01T00:00:00Z"},
    {"rsa", "key", "RSA 2048 -"},
    {"rsa", "signature_algorithm", "sha256WithRSAEncryption"},
    {"rsa", "dns_names", "localhost example.test *.example.test"},
    {"rsa", "ip_addresses", "127.0.0.1 ::1"},
    {"rsa", "other_names", ""},
    {"rsa", "constraints", "here no -1"},
    {"rsa", "key_usage", "digitalSignature keyEncipherment"},
    {"rsa", "extended_key_usage", "serverAuth"},
    {"rsa", "unknown_critical", ""},
    {"rsa", "ocsp_urls", ""},
    {"rsa", "must_staple", "no"},
    {"rsa", "self", "foreign"},
    {"root", "constraints", "here ca -1"},
    {"root", "self", "signed"},
    {"root", "key_usage", "keyCertSign cRLSign"},
    {"short-ca", "constraints", "here ca 0"},
    {"ca-leaf", "constraints", "here ca 3"},
    {"selfsigned", "self", "signed"},
    {"odd/ml-dsa-self-issued", "self", "issued"},
    {"ec", "key", "EC 256 secp256r1"},
    {"ec384", "key", "EC 384 secp384r1"},
    {"ec521", "key", "EC 521 secp521r1"},
    {"brainpool", "key", "EC 256 brainpoolP256r1"},
    {"explicit", "key", "EC 256 explicit"},
    {"sm2", "key", "SM2 256 curveSM2"},
    {"ed25519", "key", "Ed25519 256 -"},
    {"ed448", "key", "Ed448 456 -"},
    {"rsapss", "key", "RSA-PSS 2048 -"},
    {"dsa", "key", "DSA 2048 -"},
    {"rsa1024", "key", "RSA 1024 -"},
    {"rsa2047", "key", "RSA 2047 -"},
    {"odd/ml-dsa-65", "key", "ML-DSA-65 0 -"},
    {"odd/ml-dsa-65", "error", NULL},
    {"odd/slh-dsa", "key", "SLH-DSA-SHA2-128s 0 -"},
    {"odd/gost2001", "key", "GOST2001 256 -"},
    {"odd/gost2012", "key", "GOST2012-256 256 -"},
    {"odd/unknown-key", "key", "1.2.3.4 0 -"},
    {"odd/unknown-curve", "key", "EC 256 1.2.3.4"},
    {"odd/dh", "key", "DH 1023 -"},
    {"odd/x25519", "key", "X25519 253 -"},
    {"odd/rsa-garbage", "key", "RSA 0 -"},
    {"odd/key-cut", "error", "The public key is malformed."},
    {"odd/key-cut", "dns_names", "localhost example.test *.example.test"},
    {"pss-signed", "signature_algorithm", "RSASSA-PSS-SHA384"},
    {"sha1", "signature_algorithm", "sha1WithRSAEncryption"},
    {"md5", "signature_algorithm", "md5WithRSAEncryption"},
    {"other-root", "signature_algorithm", "ecdsa-with-SHA256"},
    {"odd/ml-dsa-signed", "signature_algorithm", "ML-DSA-65"},
    {"version1", "version", "1"},
    {"version1", "constraints", "absent no -1"},
    {"odd/version9", "version", "0"},
    {"odd/version9", "error", "The version is none of 1, 2 and 3."},
    {"odd/version9", "common_name", "localhost"},
    {"far", "not_after", "9999-12-31T23:59:59Z"},
    {"odd/date-1950", "not_before", "1950-01-01T00:00:00Z"},
    {"odd/year-10000", "not_after", "unreadable"},
    {"odd/year-10000", "error", "The end of the validity is unreadable."},
    {"odd/date-garbage", "not_before", "unreadable"},
    {"odd/date-garbage", "not_after", "2046-01-01T00:00:00Z"},
    {"odd/date-february-30", "not_after", "unreadable"},
    {"odd/date-offset", "not_after", "unreadable"},
    {"odd/date-reversed", "error", NULL},
    {"odd/serial-negative", "serial", "-81"},
    {"odd/serial-zero", "serial", "00"},
    {"odd/serial-empty", "serial", ""},
    {"odd/serial-empty", "error", "The serial number is unreadable."},
    {"odd/escape", "common_name", "\\u001B[31mred\\u001B[0m\\u000D\\u000A<script>"},
    {"odd/escape", "subject", "CN=\\u001B[31mred\\u001B[0m\\u000D\\u000A\\<script\\>"},
    {"odd/nul", "common_name", "good.test\\u0000.evil.test"},
    {"odd/nul", "dns_names", "good.test\\u0000.evil.test"},
    {"odd/invalid-utf8", "common_name", "\\xFF\\xFE bad \\xC3"},
    {"odd/bidi", "common_name", "abc\\u202Egnp.exe"},
    {"odd/bmp", "common_name", "B\u00fccher"},
    {"odd/bmp-odd", "subject", "CN=#1E03004100"},
    {"odd/bmp-odd", "common_name", NULL},
    {"odd/universal", "common_name", "\U0001f512"},
    {"odd/t61", "common_name", "B\u00fccher"},
    {"odd/no-string", "subject", "CN=#020105"},
    {"odd/unknown-attribute", "subject", "1.2.3.4=#0C0178"},
    {"odd/empty-subject", "subject", ""},
    {"odd/empty-subject", "common_name", NULL},
    {"odd/two-common-names", "common_name", "second"},
    {"odd/two-common-names", "subject", "CN=second,CN=first"},
    {"odd/multivalued", "subject", "OU=\\#a\\,b+CN=\\ c\\ "},
    {"multivalued", "subject", "CN=localhost,OU=\\#sharp,O=A\\, \\\"B\\\" \\+ C\\;D"},
    {"international", "dns_names", "xn--bcher-kva.test *.xn--bcher-kva.test"},
    {"address", "ip_addresses", "127.0.0.1 ::1 2001:db8::8:800:200c:417a"},
    {"odd/odd-addresses", "ip_addresses", "7F0000 127.0.0.1"},
    {"othernames", "other_names",
     "email:someone@example.test uri:https://example.test/ rid:1.2.3.4 dirname:CN=Directory Name "
     "other:1.3.6.1.4.1.311.20.2.3"},
    {"manynames", "dns_names",
     "localhost host1.example.test host2.example.test host3.example.test host4.example.test "
     "host5.example.test +94"},
    {"odd/too-many-names", "dns_names", "n0.test n1.test n2.test n3.test n4.test n5.test +1994"},
    {"odd/too-many-names", "error", "The extension subjectAltName is malformed or too long."},
    {"odd/names-twice", "dns_names", "one.test"},
    {"odd/names-twice", "error", "The extension subjectAltName occurs twice."},
    {"odd/names-malformed", "error", "The extension subjectAltName is malformed or too long."},
    {"odd/names-malformed", "subject_key_id", "6964"},
    {"odd/path-length-huge", "constraints", "here ca huge"},
    {"odd/path-length-negative", "error", "The extension basicConstraints is malformed or too long."},
    {"odd/purpose-unknown", "extended_key_usage", "1.2.3 anyExtendedKeyUsage"},
    {"odd/usage-all", "key_usage",
     "digitalSignature nonRepudiation keyEncipherment dataEncipherment keyAgreement keyCertSign +3"},
    {"odd/staple-version2", "must_staple", "no"},
    {"muststaple", "must_staple", "yes"},
    {"odd/timestamps", "sct_count", "2"},
    {"odd/timestamps-cut", "error", "The extension signed certificate timestamps is malformed or too long."},
    {"odd/oid-long", "extended_key_usage", "hex:2AFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F"},
    {"odd/trailing", "error", "Something follows the certificate."},
    {"critical", "unknown_critical", "1.3.6.1.4.1.99999.1"},
    {"constrained-ca", "unknown_critical", ""},
    {"clientauth", "extended_key_usage", "clientAuth"},
    {"policies", "policies", "2.23.140.1.2.1 1.3.6.1.4.1.44947.1.1.1"},
    {"policies", "ocsp_urls", "http://ocsp.example.test/ http://ocsp2.example.test/"},
    {"policies", "issuer_urls", "http://ca.example.test/i.der"},
    {"policies", "crl_urls", "http://crl.example.test/a.crl http://crl.example.test/b.crl"},
};

static const char *number(struct arena *arena, long value) { return arena_text(arena, "%ld", value); }

static const char *date(struct arena *arena, int64_t seconds)
{
    return seconds == INT64_MIN || seconds == INT64_MAX ? "unreadable" : text_time(arena, seconds);
}

static const char *constraints(struct arena *arena, const struct certificate *certificate)
{
    return arena_text(arena, "%s %s %s", certificate->has_basic_constraints ? "here" : "absent",
                      certificate->is_ca ? "ca" : "no",
                      certificate->path_length > 1000000 ? "huge" : number(arena, certificate->path_length));
}

static const char *key(struct arena *arena, const struct certificate *certificate)
{
    return arena_text(arena, "%s %u %s", certificate->key_type, certificate->key_bits,
                      certificate->curve == NULL ? "-" : certificate->curve);
}

static const char *field_text(struct arena *arena, const struct certificate *c, const char *field)
{
    const struct {
        const char *name, *value;
    } fields[] = {
        {"error", c->error},
        {"version", number(arena, c->version)},
        {"subject", c->subject},
        {"issuer", c->issuer},
        {"common_name", c->common_name},
        {"serial", c->serial},
        {"not_before", date(arena, c->not_before)},
        {"not_after", date(arena, c->not_after)},
        {"key", key(arena, c)},
        {"signature_algorithm", c->signature_algorithm},
        {"dns_names", join(arena, c->dns_names)},
        {"ip_addresses", join(arena, c->ip_addresses)},
        {"other_names", join(arena, c->other_names)},
        {"constraints", constraints(arena, c)},
        {"key_usage", join(arena, c->key_usage)},
        {"extended_key_usage", join(arena, c->extended_key_usage)},
        {"policies", join(arena, c->policies)},
        {"ocsp_urls", join(arena, c->ocsp_urls)},
        {"issuer_urls", join(arena, c->issuer_urls)},
        {"crl_urls", join(arena, c->crl_urls)},
        {"unknown_critical", join(arena, c->unknown_critical)},
        {"sct_count", number(arena, c->sct_count)},
        {"must_staple", c->must_staple ? "yes" : "no"},
        {"subject_key_id", c->subject_key_id},
        {"self", c->self_signed   ? "signed"
                 : c->self_issued ? "issued"
                                  : "foreign"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].name, field) == 0)
            return fields[i].value;
    fail_msg("no field %s", field);
    return NULL;
}

static void test_facts(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        struct arena arena = {0};
        struct certificate certificate;
        certificate_read(&arena, fixture_certificate(&arena, facts[i].fixture), &certificate);
        const char *got = field_text(&arena, &certificate, facts[i].field), *want = facts[i].want;
        if (want == NULL ? got != NULL : got == NULL || strcmp(got, want) != 0) {
            print_error("%s: %s is %s, not %s\n", facts[i].fixture, facts[i].field, got, want);
            failed++;
        }
        arena_release(&arena);
    }
    assert_int_equal(failed, 0);
}

static void test_bounds(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct certificate certificate;
    certificate_read(&arena, fixture_certificate(&arena, "odd/too-many-names"), &certificate);
    assert_int_equal(certificate.dns_names.count, CERTIFICATE_NAMES);
    certificate_read(&arena, fixture_certificate(&arena, "odd/long-name"), &certificate);
    assert_true(strlen(certificate.common_name) <= TEXT_LIMIT);
    assert_true(strlen(certificate.subject) <= TEXT_LIMIT + 3);
    certificate_read(&arena, fixture_certificate(&arena, "odd/serial-huge"), &certificate);
    assert_int_equal(strlen(certificate.serial), TEXT_LIMIT + 3);
    certificate_read(&arena, fixture_certificate(&arena, "odd/many-parts"), &certificate);
    assert_memory_equal(certificate.subject, "OU=149,OU=148,", 14);
    assert_non_null(strstr(certificate.subject, ",OU=50,..."));
    arena_release(&arena);
}

// --- against libcrypto -----------------------------------------------------------------------------

static int64_t libcrypto_time(const ASN1_TIME *time)
{
    struct tm tm = {0};
    assert_int_equal(ASN1_TIME_to_tm(time, &tm), 1);
    return timegm(&tm);
}

static size_t libcrypto_names(X509 *x509, int type)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    size_t count = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        count += sk_GENERAL_NAME_value(names, i)->type == type;
    GENERAL_NAMES_free(names);
    return count;
}

static void compare_serial(X509 *x509, const struct certificate *certificate)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
    char *hex = BN_bn2hex(number);
    const char *want = strcmp(hex, "0") == 0 ? "00" : hex;
    if (strlen(want) <= TEXT_LIMIT)
        assert_string_equal(certificate->serial, want);
    else
        assert_memory_equal(certificate->serial, want, TEXT_LIMIT);
    OPENSSL_free(hex);
    BN_free(number);
}

// Where nothing is escaped, libcrypto writes RFC 4514 as we do.
static void compare_name(const X509_NAME *name, const char *got)
{
    char want[4096];
    BIO *out = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    int size = BIO_read(out, want, sizeof want - 1);
    want[size < 0 ? 0 : size] = '\0';
    BIO_free(out);
    if (strpbrk(want, "\\#") == NULL && strpbrk(got, "\\#") == NULL && strstr(got, "...") == NULL)
        assert_string_equal(got, want);
}

static void compare_key(X509 *x509, const struct certificate *certificate)
{
    EVP_PKEY *public_key = X509_get0_pubkey(x509);
    if (public_key != NULL && certificate->key_bits != 0)
        assert_int_equal(certificate->key_bits, EVP_PKEY_get_bits(public_key));
    unsigned char *info = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &info);
    assert_int_equal(certificate->public_key_der.size, size);
    assert_memory_equal(certificate->public_key_der.data, info, (size_t)size);
    OPENSSL_free(info);
}

static void compare_digest(struct arena *arena, X509 *x509, const EVP_MD *hash, const char *got)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size;
    assert_int_equal(X509_digest(x509, hash, digest, &size), 1);
    assert_string_equal(got, text_hex(arena, (struct bytes){digest, size}));
}

static void compare_key_id(struct arena *arena, const ASN1_OCTET_STRING *want, const char *got)
{
    if (want == NULL)
        assert_null(got);
    else
        assert_string_equal(
            got, text_hex(arena, (struct bytes){ASN1_STRING_get0_data(want), (size_t)ASN1_STRING_length(want)}));
}

// Everything that both read. A certificate with an error of ours only has to have been loaded.
static void compare(struct arena *arena, X509 *x509, const struct certificate *certificate)
{
    assert_int_equal(certificate->version, X509_get_version(x509) + 1);
    compare_serial(x509, certificate);
    assert_true(certificate->not_before == libcrypto_time(X509_get0_notBefore(x509)));
    assert_true(certificate->not_after == libcrypto_time(X509_get0_notAfter(x509)));
    compare_name(X509_get_subject_name(x509), certificate->subject);
    compare_name(X509_get_issuer_name(x509), certificate->issuer);
    compare_key(x509, certificate);
    compare_digest(arena, x509, EVP_sha256(), certificate->fingerprint_sha256);
    compare_digest(arena, x509, EVP_sha1(), certificate->fingerprint_sha1);
    assert_int_equal(certificate->dns_names.count, libcrypto_names(x509, GEN_DNS));
    assert_int_equal(certificate->ip_addresses.count, libcrypto_names(x509, GEN_IPADD));
    compare_key_id(arena, X509_get0_subject_key_id(x509), certificate->subject_key_id);
    compare_key_id(arena, X509_get0_authority_key_id(x509), certificate->authority_key_id);
    uint32_t flags = X509_get_extension_flags(x509);
    assert_int_equal(certificate->has_basic_constraints, (flags & EXFLAG_BCONS) != 0);
    assert_int_equal(certificate->is_ca, (flags & EXFLAG_CA) != 0);
    assert_int_equal(certificate->has_key_usage, (flags & EXFLAG_KUSAGE) != 0);
    assert_int_equal(certificate->has_extended_key_usage, (flags & EXFLAG_XKUSAGE) != 0);
    assert_int_equal(certificate->self_issued, (flags & EXFLAG_SI) != 0);
    assert_int_equal(certificate->unknown_critical.count != 0, (flags & EXFLAG_CRITICAL) != 0);
    assert_int_equal(certificate->self_signed, X509_self_signed(x509, 1) == 1);
    ERR_clear_error();
}

static void assert_same_text(const char *a, const char *b)
{
    assert_true((a == NULL) == (b == NULL));
    if (a != NULL)
        assert_string_equal(a, b);
}

// What is read of the key alone is what is read with everything else, and so it is with the subject.
static void compare_key_alone(struct arena *arena, struct bytes der, const struct certificate *certificate)
{
    struct key_facts key = certificate_key(arena, der);
    assert_same_text(key.type, certificate->key_type);
    assert_int_equal(key.bits, certificate->key_bits);
    assert_same_text(key.curve, certificate->curve);
    if (key.type[0] != '\0')
        assert_true(bytes_equal(certificate_subject(der), certificate->subject_der));
}

static size_t compare_folder(const char *folder, const char *prefix)
{
    size_t compared = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char *ending = strstr(entry->d_name, ".pem");
        if (ending == NULL)
            continue;
        struct arena arena = {0};
        const char *name = arena_text(&arena, "%s%.*s", prefix, (int)(ending - entry->d_name), entry->d_name);
        struct certificate certificate;
        struct bytes der = fixture_certificate(&arena, name);
        certificate_read(&arena, der, &certificate);
        compare_key_alone(&arena, der, &certificate);
        const unsigned char *next = der.data;
        X509 *x509 = d2i_X509(NULL, &next, (long)der.size);
        if (x509 != NULL && certificate.error == NULL) {
            compare(&arena, x509, &certificate);
            compared++;
        }
        X509_free(x509);
        ERR_clear_error();
        arena_release(&arena);
    }
    closedir(directory);
    return compared;
}

static void test_libcrypto(void **state)
{
    (void)state;
    assert_true(compare_folder("fixtures/certificates", "") >= 60);
    assert_true(compare_folder("fixtures/certificates/odd", "odd/") >= 30);
}

// The rows for curves and critical extensions say what libcrypto says, and all OIDs read back.
static void test_oids(void **state)
{
    (void)state;
    size_t count, curves = 0;
    const struct oid_row *rows = oid_rows(&count);
    for (size_t i = 0; i < count; i++) {
        struct arena arena = {0};
        ASN1_OBJECT *object = OBJ_txt2obj(rows[i].oid, 1);
        assert_non_null(object);
        struct bytes content = {OBJ_get0_data(object), OBJ_length(object)};
        assert_string_equal(der_oid(&arena, content), rows[i].oid);
        assert_ptr_equal(oid_find(rows[i].kind, rows[i].oid), &rows[i]);
        EC_GROUP *curve = rows[i].kind != OID_CURVE ? NULL : EC_GROUP_new_by_curve_name(OBJ_obj2nid(object));
        if (curve != NULL) {
            assert_int_equal(rows[i].bits, EC_GROUP_order_bits(curve));
            curves++;
        }
        if (rows[i].kind == OID_EXTENSION) {
            X509_EXTENSION *extension = X509_EXTENSION_new();
            assert_int_equal(X509_EXTENSION_set_object(extension, object), 1);
            assert_int_equal(X509_supported_extension(extension), 1);
            X509_EXTENSION_free(extension);
        }
        EC_GROUP_free(curve);
        ASN1_OBJECT_free(object);
        arena_release(&arena);
    }
    assert_true(curves >= 3);
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        uint8_t tag;
        const char *text;
        int64_t want; // INT64_MIN: unreadable
    } times[] = {
        {DER_UTC_TIME, "700101000000Z", 0},
        {DER_UTC_TIME, "491231235959Z", 2524607999},
        {DER_UTC_TIME, "500101000000Z", -631152000},
        {DER_UTC_TIME, "240229120000Z", 1709208000},
        {DER_UTC_TIME, "230229120000Z", INT64_MIN},
        {DER_UTC_TIME, "230228120060Z", INT64_MIN},
        {DER_UTC_TIME, "230228240000Z", INT64_MIN},
        {DER_UTC_TIME, "231328000000Z", INT64_MIN},
        {DER_UTC_TIME, "230028000000Z", INT64_MIN},
        {DER_UTC_TIME, "2302280000Z", INT64_MIN},
        {DER_UTC_TIME, "230228000000", INT64_MIN},
        {DER_UTC_TIME, "230228000000ZZ", INT64_MIN},
        {DER_UTC_TIME, "20230228000000Z", INT64_MIN},
        {DER_UTC_TIME, "", INT64_MIN},
        {DER_GENERALIZED_TIME, "20000229000000Z", 951782400},
        {DER_GENERALIZED_TIME, "21000229000000Z", INT64_MIN},
        {DER_GENERALIZED_TIME, "21000301000000Z", INT64_C(4107542400)},
        {DER_GENERALIZED_TIME, "00000101000000Z", INT64_C(-62167219200)},
        {DER_GENERALIZED_TIME, "99991231235959Z", INT64_C(253402300799)},
        {DER_GENERALIZED_TIME, "20230228000000.5Z", INT64_MIN},
        {DER_GENERALIZED_TIME, "-0230228000000Z", INT64_MIN},
        {DER_IA5_STRING, "230228000000Z", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct element element = {times[i].tag, bytes_of_text(times[i].text), {0}};
        int64_t seconds = 0;
        bool readable = der_time(element, &seconds);
        if (readable != (times[i].want != INT64_MIN) || (readable && seconds != times[i].want))
            fail_msg("%s is read as %lld", times[i].text, (long long)seconds);
    }
}

static void test_issued(void **state)
{
    (void)state;
    static const struct {
        const char *issuer, *child;
        enum issued want, newer; // newer: what a libcrypto says that knows the algorithm
    } pairs[] = {
        {"root", "intermediate", ISSUED_YES, ISSUED_YES},
        {"intermediate", "rsa", ISSUED_YES, ISSUED_YES},
        {"intermediate", "ed25519", ISSUED_YES, ISSUED_YES},
        {"intermediate", "md5", ISSUED_YES, ISSUED_YES},
        {"intermediate", "odd/other-case", ISSUED_YES, ISSUED_YES}, // names differ in case alone
        {"root", "rsa", ISSUED_NO, ISSUED_NO},                      // another name
        {"constrained-ca", "rsa", ISSUED_NO, ISSUED_NO},            // the same key under another name
        {"cross-root", "intermediate", ISSUED_YES, ISSUED_YES},
        {"intermediate", "odd/bad-signature", ISSUED_NO, ISSUED_NO},
        {"intermediate", "odd/ml-dsa-signed", ISSUED_UNKNOWN, ISSUED_NO},
        {"odd/ml-dsa-ca", "odd/under-ml-dsa-ca", ISSUED_UNKNOWN, ISSUED_NO},
        {"intermediate", "odd/key-cut", ISSUED_UNKNOWN, ISSUED_UNKNOWN}, // libcrypto reads no more of it
        {"odd/key-cut", "rsa", ISSUED_NO, ISSUED_NO},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct arena arena = {0};
        struct certificate issuer, child;
        certificate_read(&arena, fixture_certificate(&arena, pairs[i].issuer), &issuer);
        certificate_read(&arena, fixture_certificate(&arena, pairs[i].child), &child);
        enum issued issued = certificate_issued(&issuer, &child);
        if (issued != pairs[i].want && issued != pairs[i].newer)
            fail_msg("%s over %s: %d", pairs[i].issuer, pairs[i].child, issued);
        arena_release(&arena);
    }
}

// sha256WithRSAEncryption becomes what nobody has assigned: no libcrypto can say whether it was signed so.
static void test_issued_in_an_unknown_way(void **state)
{
    (void)state;
    static const uint8_t known[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b};
    struct arena arena = {0};
    struct certificate issuer, child;
    struct bytes der = fixture_certificate(&arena, "rsa");
    uint8_t *changed = arena_alloc(&arena, der.size);
    memcpy(changed, der.data, der.size);
    size_t places = 0;
    for (size_t i = 0; i + sizeof known <= der.size; i++)
        if (memcmp(changed + i, known, sizeof known) == 0) {
            changed[i + sizeof known - 1] = 0x7f;
            places++;
        }
    assert_int_equal(places, 2);
    certificate_read(&arena, fixture_certificate(&arena, "intermediate"), &issuer);
    certificate_read(&arena, (struct bytes){changed, der.size}, &child);
    assert_int_equal(certificate_issued(&issuer, &child), ISSUED_UNKNOWN);
    arena_release(&arena);
}

// --- broken on purpose -----------------------------------------------------------------------------

// A copy of its own, so that a sanitizer sees a read past its end.
static void read_copy(struct arena *arena, struct bytes der, struct certificate *certificate)
{
    uint8_t *copy = test_malloc(der.size + 1);
    memcpy(copy + 1, der.data, der.size);
    struct name_match match;
    certificate_read(arena, (struct bytes){copy + 1, der.size}, certificate);
    compare_key_alone(arena, (struct bytes){copy + 1, der.size}, certificate);
    test_free(copy);
    names_match(arena, certificate, "localhost", &match);
    assert_non_null(match.sentence);
    assert_true(match.matched == (match.reason == NULL));
    assert_non_null(certificate->subject);
    assert_non_null(certificate->key_type);
    assert_non_null(certificate->signature_algorithm);
    assert_non_null(certificate->serial);
    assert_int_equal(strlen(certificate->fingerprint_sha256), 64);
}

static const char *const mistreated[] = {
    "rsa", "ec", "policies", "othernames", "selfsigned", "odd/timestamps", "odd/bmp", "explicit", "muststaple",
};

static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistreated / sizeof *mistreated; i++) {
        struct arena kept = {0}, arena = {0};
        struct bytes der = fixture_certificate(&kept, mistreated[i]);
        for (size_t size = 0; size < der.size; size++) {
            struct certificate certificate;
            read_copy(&arena, (struct bytes){der.data, size}, &certificate);
            assert_non_null(certificate.error);
            arena_release(&arena);
        }
        arena_release(&kept);
    }
}

static void test_changed(void **state)
{
    (void)state;
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    for (size_t i = 0; i < sizeof mistreated / sizeof *mistreated; i++) {
        struct arena kept = {0}, arena = {0};
        struct bytes der = arena_copy(&kept, fixture_certificate(&kept, mistreated[i]));
        uint8_t *octets = (uint8_t *)der.data;
        for (size_t at = 0; at < der.size; at++)
            for (size_t j = 0; j < sizeof changes; j++) {
                struct certificate certificate;
                octets[at] ^= changes[j];
                read_copy(&arena, der, &certificate);
                octets[at] ^= changes[j];
                arena_release(&arena);
            }
        arena_release(&kept);
    }
}

static void test_quantum(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum quantum want;
    } rows[] = {
        {"RSA", QUANTUM_BREAKABLE},
        {"EC", QUANTUM_BREAKABLE},
        {"sha256WithRSAEncryption", QUANTUM_BREAKABLE},
        {"Ed25519", QUANTUM_BREAKABLE},
        {"SM2", QUANTUM_BREAKABLE},
        {"GOST2012-256", QUANTUM_BREAKABLE},
        {"ML-DSA-65", QUANTUM_SAFE},
        {"ML-KEM-768", QUANTUM_SAFE},
        {"SLH-DSA-SHAKE-128f", QUANTUM_SAFE},
        {"2.16.840.1.1", QUANTUM_UNKNOWN},
        {"", QUANTUM_UNKNOWN},
        {NULL, QUANTUM_UNKNOWN},
        {"1.2.840.113549.1.9.16.3.17", QUANTUM_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (algorithm_quantum(rows[i].name) != rows[i].want)
            fail_msg("%s", rows[i].name == NULL ? "(null)" : rows[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),     cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_libcrypto), cmocka_unit_test(test_oids),
        cmocka_unit_test(test_quantum),   cmocka_unit_test(test_times),
        cmocka_unit_test(test_issued),    cmocka_unit_test(test_issued_in_an_unknown_way),
        cmocka_unit_test(test_cut),       cmocka_unit_test(test_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
