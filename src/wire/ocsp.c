// SPDX-License-Identifier: Apache-2.0
//
// Walks an OCSPResponse (RFC 6960 section 4.2) field by field; libcrypto verifies signatures alone. A response may
// speak of many certificates: what it says of others is passed over.
#include "wire/ocsp.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/der.h"
#include "wire/distinguished.h"
#include "wire/keys.h"

#define SIGNERS 8 // certificates of a response that are looked at

// BasicOCSPResponse and what it signs, not looked at more closely.
struct basic {
    struct signed_octets what;
    struct cursor certificates;
    struct element responder; // [1] Name or [2] KeyHash
    struct cursor responses;
    bool critical; // an extension that is not known must be
};

// SingleResponse.
struct single {
    struct element status;
    struct element this_update, next_update; // tag 0: none
    bool critical;
};

// --- the names of a certificate --------------------------------------------------------------------

static struct bytes identifier_of(struct cursor algorithm) { return der_take(&algorithm, DER_OID); }

// The octets of the key itself: what a KeyHash is the hash of.
static struct bytes key_octets(const struct certificate *certificate)
{
    struct cursor info = cursor_of(certificate->public_key_der), fields = der_enter(&info, DER_SEQUENCE);
    der_next(&fields);
    struct cursor bits = der_enter(&fields, DER_BIT_STRING);
    cursor_u8(&bits);
    return cursor_rest(&bits);
}

enum { SHA1 = 20, SHA256 = 32, SHA512 = 64 };

// 0: a hash that no certificate is named by.
static size_t hash_size(struct bytes identifier)
{
    static const uint8_t sha1[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};
    static const uint8_t sha256[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
    static const uint8_t sha512[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03};
    if (bytes_equal(identifier, (struct bytes){sha1, sizeof sha1}))
        return SHA1;
    if (bytes_equal(identifier, (struct bytes){sha256, sizeof sha256}))
        return SHA256;
    return bytes_equal(identifier, (struct bytes){sha512, sizeof sha512}) ? SHA512 : 0;
}

static struct bytes hash(size_t size, struct bytes octets, uint8_t out[SHA512])
{
    if (size == SHA1)
        digest_sha1(octets, out);
    else if (size == SHA256)
        digest_sha256(octets, out);
    else
        digest_sha512(octets, out);
    return (struct bytes){out, size};
}

// CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash, issuerKeyHash OCTET STRING, serialNumber INTEGER }
static bool names(struct cursor identity, const struct revocation_question *question)
{
    uint8_t digest[SHA512];
    size_t size = hash_size(identifier_of(der_enter(&identity, DER_SEQUENCE)));
    struct bytes name = der_take(&identity, DER_OCTET_STRING), key = der_take(&identity, DER_OCTET_STRING);
    struct bytes serial = der_take(&identity, DER_INTEGER);
    return size != 0 && !identity.bad && der_integer_equal(serial, question->certificate->serial_octets) &&
           bytes_equal(name, hash(size, question->certificate->issuer_der, digest)) &&
           bytes_equal(key, hash(size, key_octets(question->issuer), digest));
}

// --- the request -----------------------------------------------------------------------------------

static void put(struct builder *out, uint8_t tag, struct bytes content)
{
    builder_u8(out, tag);
    if (content.size >= 0x100) {
        builder_u8(out, 0x82);
        builder_u16(out, (uint16_t)content.size);
    } else {
        if (content.size >= 0x80)
            builder_u8(out, 0x81);
        builder_u8(out, (uint8_t)content.size);
    }
    builder_add(out, content);
}

// OCSPRequest, TBSRequest, requestList and Request are a SEQUENCE each, around the CertID.
struct bytes ocsp_request(struct arena *arena, const struct certificate *certificate, const struct certificate *issuer)
{
    enum { AROUND = 5, LONGEST_SERIAL = 1024 };
    static const uint8_t sha1[] = {0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00};
    uint8_t digest[SHA512];
    struct bytes key = key_octets(issuer), serial = certificate->serial_octets;
    if (key.size == 0 || certificate->issuer_der.size == 0 || serial.size == 0 || serial.size > LONGEST_SERIAL)
        return (struct bytes){NULL, 0};
    struct builder identity = builder_in(arena);
    put(&identity, DER_SEQUENCE, (struct bytes){sha1, sizeof sha1});
    put(&identity, DER_OCTET_STRING, hash(SHA1, certificate->issuer_der, digest));
    put(&identity, DER_OCTET_STRING, hash(SHA1, key, digest));
    put(&identity, DER_INTEGER, serial);
    struct bytes inner = builder_bytes(&identity);
    for (unsigned i = 0; i < AROUND; i++) {
        struct builder outer = builder_in(arena);
        put(&outer, DER_SEQUENCE, inner);
        inner = builder_bytes(&outer);
    }
    return inner;
}

// --- the response ----------------------------------------------------------------------------------

// Extensions that change nothing for us, even when critical: nonce and archive cutoff.
static bool is_harmless(struct arena *arena, struct bytes identifier)
{
    const char *oid = der_oid(arena, identifier);
    return strcmp(oid, "1.3.6.1.5.5.7.48.1.2") == 0 || strcmp(oid, "1.3.6.1.5.5.7.48.1.6") == 0;
}

// [1] EXPLICIT Extensions OPTIONAL, the last of its SEQUENCE. Whether one of them is critical and not known.
static bool has_critical(struct arena *arena, struct cursor *fields)
{
    bool found = false;
    if (fields->left == 0)
        return false;
    struct cursor tagged = der_enter(fields, DER_CONTEXT_CONSTRUCTED + 1), all = der_enter(&tagged, DER_SEQUENCE);
    while (all.left != 0 && !all.bad) {
        struct cursor extension = der_enter(&all, DER_SEQUENCE);
        struct bytes identifier = der_take(&extension, DER_OID), critical = {NULL, 0};
        if (der_at(&extension, DER_BOOLEAN))
            critical = der_take(&extension, DER_BOOLEAN);
        all.bad = all.bad || extension.bad;
        found = found || (critical.size == 1 && critical.data[0] != 0 && !is_harmless(arena, identifier));
    }
    fields->bad = fields->bad || all.bad || tagged.bad;
    return found;
}

// ResponseData. False: it is malformed.
static bool read_data(struct arena *arena, struct bytes whole, struct basic *out, struct revocation_result *result)
{
    struct cursor outer = cursor_of(whole), fields = der_enter(&outer, DER_SEQUENCE);
    if (der_at(&fields, DER_CONTEXT_CONSTRUCTED))
        der_next(&fields);
    out->responder = der_next(&fields);
    bool known = der_time(der_next(&fields), &result->produced_at);
    out->responses = der_enter(&fields, DER_SEQUENCE);
    out->critical = has_critical(arena, &fields);
    return known && cursor_ended(&fields);
}

// BasicOCSPResponse. False: it is malformed.
static bool read_basic(struct arena *arena, struct bytes octets, struct basic *out, struct revocation_result *result)
{
    struct cursor file = cursor_of(octets), fields = der_enter(&file, DER_SEQUENCE);
    *out = (struct basic){0};
    out->what.octets = der_next(&fields).whole;
    out->what.algorithm = der_next(&fields).whole;
    out->what.signature = der_take(&fields, DER_BIT_STRING);
    if (fields.left != 0) {
        struct cursor tagged = der_enter(&fields, DER_CONTEXT_CONSTRUCTED);
        out->certificates = der_enter(&tagged, DER_SEQUENCE);
        fields.bad = fields.bad || tagged.bad;
    }
    return cursor_ended(&fields) && cursor_ended(&file) && read_data(arena, out->what.octets, out, result);
}

// RFC 6960 section 4.2.1: what a responder says instead of a response.
static bool refused(struct revocation_result *out, uint8_t status)
{
    static const struct {
        const char *reason, *sentence;
    } refusals[] = {
        {NULL, NULL},
        {"malformed_request", "The responder calls the request malformed."},
        {"internal_error", "The responder reports an error of its own."},
        {"try_later", "The responder asks to try later."},
        {NULL, NULL},
        {"signature_required", "The responder answers signed requests alone."},
        {"unauthorized", "The responder has no answer for this certificate, or not for us (unauthorized)."},
    };
    const size_t count = sizeof refusals / sizeof *refusals;
    if (status < count && refusals[status].reason != NULL)
        return revocation_unknown(out, refusals[status].reason, refusals[status].sentence);
    return revocation_unknown(out, "malformed", "The response has a status that does not exist.");
}

// OCSPResponse ::= SEQUENCE { responseStatus, [0] SEQUENCE { responseType OID, response OCTET STRING } OPTIONAL }
static bool read_response(struct arena *arena, struct bytes octets, struct basic *out, struct revocation_result *result)
{
    static const uint8_t basic[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
    static const char malformed[] = "This is no OCSP response, or it is cut short.";
    struct cursor file = cursor_of(octets), fields = der_enter(&file, DER_SEQUENCE);
    struct bytes status = der_take(&fields, DER_ENUMERATED);
    if (!cursor_ended(&file) || fields.bad || status.size != 1)
        return revocation_unknown(result, "malformed", malformed);
    if (status.data[0] != 0)
        return refused(result, status.data[0]);
    struct cursor tagged = der_enter(&fields, DER_CONTEXT_CONSTRUCTED), inner = der_enter(&tagged, DER_SEQUENCE);
    struct bytes kind = der_take(&inner, DER_OID), response = der_take(&inner, DER_OCTET_STRING);
    if (!cursor_ended(&inner) || !cursor_ended(&fields))
        return revocation_unknown(result, "malformed", malformed);
    if (!bytes_equal(kind, (struct bytes){basic, sizeof basic}))
        return revocation_unknown(result, "unsupported", "The response is of another kind than OCSP's basic one.");
    if (!read_basic(arena, response, out, result))
        return revocation_unknown(result, "malformed", malformed);
    return true;
}

// --- what it says of the certificate ---------------------------------------------------------------

enum { GOOD = DER_CONTEXT, REVOKED = DER_CONTEXT_CONSTRUCTED + 1, UNKNOWN = DER_CONTEXT + 2 };

static bool read_single(struct arena *arena, struct cursor fields, struct single *out)
{
    *out = (struct single){.status = der_next(&fields)};
    out->this_update = der_next(&fields);
    if (der_at(&fields, DER_CONTEXT_CONSTRUCTED)) {
        struct cursor tagged = der_enter(&fields, DER_CONTEXT_CONSTRUCTED);
        out->next_update = der_next(&tagged);
        fields.bad = fields.bad || !cursor_ended(&tagged);
    }
    out->critical = has_critical(arena, &fields);
    return cursor_ended(&fields);
}

// The first that is about the certificate; before it one that says revoked, if there are several.
static bool find_single(struct arena *arena, struct cursor responses, const struct revocation_question *question,
                        struct single *out, struct revocation_result *result)
{
    bool found = false;
    while (responses.left != 0 && !responses.bad) {
        struct cursor fields = der_enter(&responses, DER_SEQUENCE), identity = der_enter(&fields, DER_SEQUENCE);
        struct single single;
        if (fields.bad || !names(identity, question))
            continue;
        if (!read_single(arena, fields, &single))
            return revocation_unknown(result, "malformed", "What the response says of the certificate is malformed.");
        if (!found || (out->status.tag != REVOKED && single.status.tag == REVOKED))
            *out = single;
        found = true;
    }
    if (responses.bad)
        return revocation_unknown(result, "malformed", "The response's list of certificates is malformed.");
    if (!found)
        return revocation_unknown(result, "other_certificate", "The response is not about this certificate.");
    return true;
}

// RevokedInfo ::= SEQUENCE { revocationTime, revocationReason [0] EXPLICIT ENUMERATED OPTIONAL }
static bool read_revoked(struct bytes content, struct revocation_result *result)
{
    struct cursor fields = cursor_of(content);
    long code = -1;
    if (!der_time(der_next(&fields), &result->revoked_at))
        return false;
    if (fields.left != 0) {
        struct cursor tagged = der_enter(&fields, DER_CONTEXT_CONSTRUCTED);
        if (!der_integer(der_take(&tagged, DER_ENUMERATED), &code))
            return false;
    }
    result->revocation_reason = revocation_reason_name(code);
    return cursor_ended(&fields);
}

static bool read_times(const struct single *single, struct revocation_result *result)
{
    return der_time(single->this_update, &result->this_update) &&
           (single->next_update.tag == 0 || der_time(single->next_update, &result->next_update));
}

// --- who says so -----------------------------------------------------------------------------------

static bool is_responder(struct arena *arena, struct element responder, const struct certificate *certificate)
{
    uint8_t digest[SHA512];
    struct cursor inner = cursor_of(responder.content);
    if (responder.tag == DER_CONTEXT_CONSTRUCTED + 2)
        return bytes_equal(der_take(&inner, DER_OCTET_STRING), hash(SHA1, key_octets(certificate), digest));
    if (responder.tag != DER_CONTEXT_CONSTRUCTED + 1)
        return false;
    if (bytes_equal(responder.content, certificate->subject_der))
        return true;
    const char *name = distinguished_text(arena, responder.content);
    return name != NULL && text_same(name, certificate->subject);
}

static bool signs_responses(const struct certificate *certificate)
{
    for (size_t i = 0; i < certificate->extended_key_usage.count; i++)
        if (strcmp(certificate->extended_key_usage.text[i], "OCSPSigning") == 0)
            return true;
    return false;
}

// RFC 6960 section 4.2.2.2: appointed by the issuer itself, by a certificate for this purpose that holds now.
static bool may_sign(struct arena *arena, const struct certificate *signer, const struct revocation_question *question,
                     struct revocation_result *out)
{
    enum issued issued = certificate_issued(question->issuer, signer);
    if (issued == ISSUED_UNKNOWN)
        return revocation_signed(out, SIGNATURE_UNKNOWN);
    if (issued == ISSUED_NO)
        return revocation_unknown(out, "wrong_signer",
                                  arena_text(arena, "%s was not appointed by the issuer.", signer->subject));
    if (!signs_responses(signer))
        return revocation_unknown(out, "wrong_signer",
                                  arena_text(arena, "%s is not for signing OCSP responses.", signer->subject));
    if (question->now > signer->not_after)
        return revocation_unknown(out, "signer_expired",
                                  arena_text(arena, "%s, who signed it, expired at %s.", signer->subject,
                                             text_time(arena, signer->not_after)));
    if (question->now < signer->not_before)
        return revocation_unknown(out, "signer_not_yet_valid",
                                  arena_text(arena, "%s, who signed it, is valid from %s on.", signer->subject,
                                             text_time(arena, signer->not_before)));
    return true;
}

static bool same_key(const struct certificate *a, const struct certificate *b)
{
    return bytes_equal(a->public_key_der, b->public_key_der) && bytes_equal(a->subject_der, b->subject_der);
}

static bool by_certificate(struct arena *arena, const struct basic *basic, const struct certificate *signer,
                           const struct revocation_question *question, struct revocation_result *out)
{
    out->signer = signer->subject;
    out->delegated = !same_key(signer, question->issuer);
    out->no_check = out->delegated && signer->ocsp_no_check;
    return revocation_signed(out, signature_verify(&basic->what, signer->public_key_der)) &&
           (!out->delegated || may_sign(arena, signer, question, out));
}

// The issuer, or one of the certificates that came along. Of several that are called so, one that may.
static bool judge_signer(struct arena *arena, const struct basic *basic, const struct revocation_question *question,
                         struct revocation_result *out)
{
    struct cursor certificates = basic->certificates;
    bool found = is_responder(arena, basic->responder, question->issuer);
    if (found && by_certificate(arena, basic, question->issuer, question, out))
        return true;
    for (unsigned i = 0; i < SIGNERS && certificates.left != 0 && !certificates.bad; i++) {
        struct certificate *signer = arena_alloc(arena, sizeof *signer);
        struct element element = der_next(&certificates);
        certificate_read(arena, element.whole, signer);
        if (signer->error != NULL || !is_responder(arena, basic->responder, signer))
            continue;
        found = true;
        if (by_certificate(arena, basic, signer, question, out))
            return true;
    }
    if (!found)
        revocation_unknown(out, "unknown_signer",
                           "Whom the response names as its signer is neither the issuer nor a certificate that came "
                           "with it.");
    return false;
}

// --- the verdict -----------------------------------------------------------------------------------

static void settle(struct arena *arena, const struct single *single, int64_t now, struct revocation_result *out)
{
    bool revoked = single->status.tag == REVOKED;
    if (single->status.tag == UNKNOWN)
        revocation_unknown(out, "unknown_certificate", "The responder does not know the certificate.");
    else if (!revoked && single->status.tag != GOOD)
        revocation_unknown(out, "malformed", "The response gives the certificate a status that does not exist.");
    else
        revocation_settle(arena, out, revoked, now);
}

void ocsp_judge(struct arena *arena, struct bytes response, const struct revocation_question *question,
                struct revocation_result *out)
{
    struct basic basic;
    struct single single = {0};
    *out = revocation_begin();
    if (!read_response(arena, response, &basic, out) || !find_single(arena, basic.responses, question, &single, out))
        return;
    if (!read_times(&single, out) || (single.status.tag == REVOKED && !read_revoked(single.status.content, out))) {
        revocation_unknown(out, "malformed", "A time or a code in the response is malformed.");
        return;
    }
    if (!judge_signer(arena, &basic, question, out))
        return;
    if (basic.critical || single.critical) {
        revocation_unknown(out, "critical_extension", "The response has a critical extension that is not known.");
        return;
    }
    settle(arena, &single, question->now, out);
}
