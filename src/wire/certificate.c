// SPDX-License-Identifier: Apache-2.0
//
// Walks a Certificate (RFC 5280 section 4.1) field by field, with the readers of keys, names and
// extensions in files of their own. libcrypto comes in for one question only, whether a signature
// is good; parsing by it would take twenty times as long and fail on keys it does not know.
#include "wire/certificate.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/algorithm.h"
#include "wire/certificate_extensions.h"
#include "wire/der.h"
#include "wire/distinguished.h"
#include "wire/keys.h"
#include "wire/trust_verdict.h"

static void fault(struct certificate *out, const char *error)
{
    if (out->error == NULL)
        out->error = error;
}

static void read_version(struct cursor *fields, struct certificate *out)
{
    long version = 0;
    out->version = 1;
    if (!der_at(fields, DER_CONTEXT_CONSTRUCTED))
        return;
    struct cursor tagged = der_enter(fields, DER_CONTEXT_CONSTRUCTED);
    bool known = der_integer(der_take(&tagged, DER_INTEGER), &version) && version <= 2;
    out->version = known ? (unsigned)version + 1 : 0;
    if (!known)
        fault(out, "The version is none of 1, 2 and 3.");
}

static void read_serial(struct arena *arena, struct cursor *fields, struct certificate *out)
{
    struct bytes content = der_take(fields, DER_INTEGER);
    if (!fields->bad)
        out->serial = der_integer_hex(arena, content);
    out->serial_octets = content;
    if (content.size == 0)
        fault(out, "The serial number is unreadable.");
}

static const char *read_name(struct arena *arena, struct bytes name, struct certificate *out)
{
    const char *text = distinguished_text(arena, name);
    if (text == NULL)
        fault(out, "A name in the certificate is malformed.");
    return text == NULL ? "" : text;
}

static void read_validity(struct cursor *fields, struct certificate *out)
{
    struct cursor validity = der_enter(fields, DER_SEQUENCE);
    struct element before = der_next(&validity), after = der_next(&validity);
    if (!der_time(before, &out->not_before))
        fault(out, "The start of the validity is unreadable.");
    if (!der_time(after, &out->not_after))
        fault(out, "The end of the validity is unreadable.");
}

static void read_key(struct arena *arena, struct bytes info, struct certificate *out)
{
    struct key_facts key;
    uint8_t digest[32];
    if (!algorithm_of_key(arena, info, &key))
        fault(out, "The public key is malformed.");
    out->key_type = key.type;
    out->key_bits = key.bits;
    out->curve = key.curve;
    out->public_key_der = info;
    digest_sha256(info, digest);
    out->public_key_sha256 = text_hex(arena, (struct bytes){digest, sizeof digest});
}

// What follows the key: two unique identifiers that nobody uses, and the extensions.
static void read_optional(struct arena *arena, struct cursor *fields, struct certificate *out)
{
    while (fields->left != 0 && !fields->bad) {
        struct element field = der_next(fields);
        if (field.tag == DER_CONTEXT_CONSTRUCTED + 3)
            certificate_extensions_read(arena, field.content, out);
    }
}

// TBSCertificate, in its own order.
static void read_fields(struct arena *arena, struct cursor fields, struct certificate *out)
{
    read_version(&fields, out);
    read_serial(arena, &fields, out);
    der_next(&fields); // the signature algorithm, which stands outside once more
    out->issuer_der = der_next(&fields).whole;
    out->issuer = read_name(arena, out->issuer_der, out);
    read_validity(&fields, out);
    out->subject_der = der_next(&fields).whole;
    out->subject = read_name(arena, out->subject_der, out);
    out->common_name = distinguished_common_name(arena, out->subject_der);
    struct element key = der_next(&fields);
    if (!fields.bad)
        read_key(arena, key.whole, out);
    read_optional(arena, &fields, out);
    if (fields.bad)
        fault(out, "The certificate's fields are cut short or malformed.");
}

static void read_outer(struct arena *arena, struct certificate *out)
{
    struct cursor file = cursor_of(out->der);
    struct cursor outer = der_enter(&file, DER_SEQUENCE);
    if (file.bad) {
        fault(out, "This is not a certificate, or it is cut short.");
        return;
    }
    struct cursor fields = der_enter(&outer, DER_SEQUENCE);
    struct element algorithm = der_next(&outer);
    out->signature_algorithm = algorithm_of_signature(arena, algorithm.whole);
    der_take(&outer, DER_BIT_STRING);
    read_fields(arena, fields, out);
    if (!cursor_ended(&outer))
        fault(out, "The signature is malformed.");
    if (file.left != 0)
        fault(out, "Something follows the certificate.");
}

static void read_fingerprints(struct arena *arena, struct certificate *out)
{
    uint8_t sha256[32], sha1[20];
    digest_sha256(out->der, sha256);
    digest_sha1(out->der, sha1);
    out->fingerprint_sha256 = text_hex(arena, (struct bytes){sha256, sizeof sha256});
    out->fingerprint_sha1 = text_hex(arena, (struct bytes){sha1, sizeof sha1});
}

static X509 *decode(struct bytes der)
{
    const unsigned char *next = der.data;
    return der.size > INT_MAX ? NULL : d2i_X509(NULL, &next, (long)der.size);
}

static enum issued verify(struct bytes child_der, struct bytes issuer_der)
{
    uint8_t child_digest[32], issuer_digest[32];
    enum issued issued;
    digest_sha256(child_der, child_digest);
    digest_sha256(issuer_der, issuer_digest);
    if (verdict_kept(child_digest, issuer_digest, &issued))
        return issued;
    bool itself = child_der.data == issuer_der.data;
    X509 *child = decode(child_der), *issuer = itself ? child : decode(issuer_der);
    issued = verdict_of(child, child_digest, issuer, issuer_digest);
    X509_free(child);
    if (!itself)
        X509_free(issuer);
    return issued;
}

// Letters without case, nothing else: what two names must share to be the same for anyone.
static bool resembles(const char *a, const char *b)
{
    do {
        while (*a == ' ' || *a == '\\')
            a++;
        while (*b == ' ' || *b == '\\')
            b++;
        if ((*a | 0x20) != (*b | 0x20))
            return false;
    } while (*a++ != '\0' && *b++ != '\0');
    return true;
}

// As RFC 5280 section 7.1 compares, without case, string types and needless spaces. libcrypto does
// that, but slowly, so the two easy answers come first: the same octets, and texts far apart.
static bool same_name(struct bytes a, const char *text_a, struct bytes b, const char *text_b)
{
    if (a.size == 0 || b.size == 0 || a.size > INT_MAX || b.size > INT_MAX)
        return false;
    if (bytes_equal(a, b))
        return true;
    if (!resembles(text_a, text_b))
        return false;
    const unsigned char *next_a = a.data, *next_b = b.data;
    X509_NAME *name_a = d2i_X509_NAME(NULL, &next_a, (long)a.size);
    X509_NAME *name_b = d2i_X509_NAME(NULL, &next_b, (long)b.size);
    bool same = name_a != NULL && name_b != NULL && X509_NAME_cmp(name_a, name_b) == 0;
    X509_NAME_free(name_a);
    X509_NAME_free(name_b);
    ERR_clear_error();
    return same;
}

void certificate_read(struct arena *arena, struct bytes der, struct certificate *out)
{
    *out = (struct certificate){
        .der = arena_copy(arena, der),
        .subject = "",
        .issuer = "",
        .serial = "",
        .not_before = INT64_MIN,
        .not_after = INT64_MAX,
        .key_type = "",
        .signature_algorithm = "",
        .path_length = -1,
        .public_key_sha256 = "",
    };
    read_fingerprints(arena, out);
    read_outer(arena, out);
    out->self_issued = same_name(out->subject_der, out->subject, out->issuer_der, out->issuer);
    out->self_signed = out->self_issued && verify(out->der, out->der) == ISSUED_YES;
}

// What begins with the subject; nothing where the fields before it are malformed.
static struct cursor from_subject(struct bytes der)
{
    struct cursor file = cursor_of(der), outer = der_enter(&file, DER_SEQUENCE);
    struct cursor fields = der_enter(&outer, DER_SEQUENCE);
    if (der_at(&fields, DER_CONTEXT_CONSTRUCTED))
        der_next(&fields);           // version
    der_take(&fields, DER_INTEGER);  // serial number
    der_next(&fields);               // signature algorithm
    der_next(&fields);               // issuer
    der_take(&fields, DER_SEQUENCE); // validity
    return fields;
}

struct bytes certificate_subject(struct bytes der)
{
    struct cursor fields = from_subject(der);
    return der_next(&fields).whole;
}

struct key_facts certificate_key(struct arena *arena, struct bytes der)
{
    struct key_facts key;
    struct cursor fields = from_subject(der);
    der_next(&fields); // subject
    algorithm_of_key(arena, der_next(&fields).whole, &key);
    return key;
}

bool certificate_names(const struct certificate *issuer, const struct certificate *child)
{
    return same_name(issuer->subject_der, issuer->subject, child->issuer_der, child->issuer);
}

enum issued certificate_issued(const struct certificate *issuer, const struct certificate *child)
{
    return certificate_names(issuer, child) ? verify(child->der, issuer->der) : ISSUED_NO;
}
