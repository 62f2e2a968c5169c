// SPDX-License-Identifier: Apache-2.0
//
// Three things: SCTs found and read, the octets that a log has signed, and the verdict. An SCT that comes in a
// certificate was given for a precertificate, which is the same but for the list; the others are for the certificate
// itself. Who signed the precertificate does not matter: a special certificate for that (RFC 6962 section 3.1) leaves
// no trace, for the log puts the final issuer's name and key in its place (section 3.2).
#include "wire/sct.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/der.h"
#include "wire/keys.h"
#include "wire/signature.h"

enum { SHA256 = 4, RSA = 1, ECDSA = 3 };                               // RFC 5246 section 7.4.1.4.1
enum { CERTIFICATE_TIMESTAMP = 0, X509_ENTRY = 0, PRECERT_ENTRY = 1 }; // RFC 6962 sections 3.1 and 3.2

// 1.3.6.1.4.1.11129.2.4.2 and ...5
static const uint8_t in_certificate_oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02};
static const uint8_t in_response_oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x05};

const char *sct_source_name(enum sct_source source)
{
    return source == SCT_IN_CERTIFICATE ? "certificate" : source == SCT_IN_TLS ? "tls" : "ocsp";
}

// --- reading ---------------------------------------------------------------------------------------

// RFC 6962 section 3.2
static void read_sct(struct cursor sct, struct sct *out)
{
    out->version = cursor_u8(&sct);
    out->malformed = sct.bad;
    if (sct.bad || out->version != 0)
        return;
    struct bytes id = cursor_take(&sct, sizeof out->log_id);
    if (id.size == sizeof out->log_id)
        memcpy(out->log_id, id.data, id.size);
    out->timestamp = cursor_u64(&sct);
    struct cursor extensions = cursor_block16(&sct);
    out->extensions = cursor_rest(&extensions);
    out->hash = cursor_u8(&sct);
    out->signature_algorithm = cursor_u8(&sct);
    struct cursor signature = cursor_block16(&sct);
    out->signature = cursor_rest(&signature);
    out->malformed = !cursor_ended(&sct);
}

bool sct_list_read(struct bytes list, enum sct_source source, struct sct *out, size_t *count)
{
    struct cursor octets = cursor_of(list), rows = cursor_block16(&octets);
    size_t before = *count;
    while (rows.left != 0 && !rows.bad) {
        struct cursor row = cursor_block16(&rows);
        if (rows.bad || *count - before == SCTS)
            return false;
        out[*count] = (struct sct){.source = source};
        read_sct(row, &out[(*count)++]);
    }
    return cursor_ended(&octets) && !rows.bad && *count != before;
}

// The next extension: its identifier and its value.
static struct bytes take_extension(struct cursor *extensions, struct bytes *oid)
{
    struct cursor extension = der_enter(extensions, DER_SEQUENCE);
    *oid = der_take(&extension, DER_OID);
    if (der_at(&extension, DER_BOOLEAN))
        der_take(&extension, DER_BOOLEAN);
    struct bytes value = der_take(&extension, DER_OCTET_STRING);
    if (extension.bad)
        extensions->bad = true;
    return value;
}

static bool is(struct bytes oid, const uint8_t wanted[10]) { return bytes_equal(oid, (struct bytes){wanted, 10}); }

// Extensions, and a list among them that is wrapped in an OCTET STRING of its own (section 3.3).
static bool find_list(struct cursor extensions, const uint8_t wanted[10], bool *found, struct bytes *list)
{
    while (extensions.left != 0 && !extensions.bad) {
        struct bytes oid, value = take_extension(&extensions, &oid);
        if (extensions.bad || !is(oid, wanted))
            continue;
        struct cursor wrapped = cursor_of(value);
        *found = true;
        *list = der_take(&wrapped, DER_OCTET_STRING);
        return cursor_ended(&wrapped);
    }
    return !extensions.bad;
}

// A TBSCertificate's fields before its extensions, and those.
struct parts {
    struct bytes tbs, before; // whole, and without its header
    struct bytes extensions;  // the content of their SEQUENCE
};

static bool take_apart(struct bytes certificate, struct parts *parts)
{
    struct cursor outer = cursor_of(certificate), fields = der_enter(&outer, DER_SEQUENCE);
    struct element tbs = der_next(&fields);
    struct cursor body = cursor_of(tbs.content);
    *parts = (struct parts){.tbs = tbs.whole, .before = {body.next, 0}};
    while (body.left != 0 && !body.bad && !der_at(&body, DER_CONTEXT_CONSTRUCTED + 3))
        parts->before.size += der_next(&body).whole.size;
    if (fields.bad || body.bad || tbs.tag != DER_SEQUENCE)
        return false;
    if (body.left == 0)
        return true;
    struct cursor tagged = der_enter(&body, DER_CONTEXT_CONSTRUCTED + 3);
    parts->extensions = der_take(&tagged, DER_SEQUENCE);
    return cursor_ended(&tagged) && cursor_ended(&body);
}

bool sct_in_certificate(struct bytes certificate, bool *found, struct bytes *list)
{
    struct parts parts;
    *found = false;
    return take_apart(certificate, &parts) && find_list(cursor_of(parts.extensions), in_certificate_oid, found, list);
}

// SingleResponse ::= SEQUENCE { certID, certStatus, thisUpdate, nextUpdate [0] OPTIONAL, singleExtensions [1] OPTIONAL
// } The extensions stand last; the status of what is revoked has their tag too, and no SEQUENCE in it.
static bool in_single_response(struct cursor response, bool *found, struct bytes *list)
{
    struct element last = {0};
    while (response.left != 0 && !response.bad)
        last = der_next(&response);
    struct cursor tagged = cursor_of(last.content);
    if (response.bad || last.tag != DER_CONTEXT_CONSTRUCTED + 1 || !der_at(&tagged, DER_SEQUENCE))
        return !response.bad;
    return find_list(der_enter(&tagged, DER_SEQUENCE), in_response_oid, found, list);
}

// RFC 6960 section 4.2.1. A staple has one response; of several the first that has a list counts.
bool sct_in_staple(struct bytes response, bool *found, struct bytes *list)
{
    struct cursor outer = cursor_of(response), fields = der_enter(&outer, DER_SEQUENCE);
    *found = false;
    der_next(&fields); // responseStatus
    if (fields.left == 0)
        return !fields.bad && !outer.bad;
    struct cursor tagged = der_enter(&fields, DER_CONTEXT_CONSTRUCTED), typed = der_enter(&tagged, DER_SEQUENCE);
    der_take(&typed, DER_OID);
    struct cursor octets = cursor_of(der_take(&typed, DER_OCTET_STRING)), basic = der_enter(&octets, DER_SEQUENCE);
    struct cursor data = der_enter(&basic, DER_SEQUENCE);
    while (data.left != 0 && !data.bad && !der_at(&data, DER_SEQUENCE))
        der_next(&data); // version, responderID, producedAt
    struct cursor responses = der_enter(&data, DER_SEQUENCE);
    bool good = !typed.bad && !octets.bad && !basic.bad && !data.bad;
    while (good && !*found && responses.left != 0 && !responses.bad)
        good = in_single_response(der_enter(&responses, DER_SEQUENCE), found, list);
    return good && !responses.bad;
}

// --- what was signed -------------------------------------------------------------------------------

static void put_header(struct builder *out, uint8_t tag, size_t size)
{
    builder_u8(out, tag);
    if (size < 0x80) {
        builder_u8(out, (uint8_t)size);
    } else if (size <= UINT8_MAX) {
        builder_u8(out, 0x81);
        builder_u8(out, (uint8_t)size);
    } else if (size <= UINT16_MAX) {
        builder_u8(out, 0x82);
        builder_u16(out, (uint16_t)size);
    } else {
        builder_u8(out, 0x83);
        builder_u24(out, (uint32_t)size);
    }
}

static struct bytes wrapped(struct arena *arena, uint8_t tag, struct bytes content)
{
    struct builder out = builder_of(arena, content.size + 5);
    put_header(&out, tag, content.size);
    builder_add(&out, content);
    return builder_bytes(&out);
}

// Extensions that are none are left out (RFC 5280 section 4.1).
static struct bytes put_together(struct arena *arena, struct bytes before, struct bytes extensions)
{
    struct builder out = builder_of(arena, before.size + extensions.size + 16);
    builder_add(&out, before);
    if (extensions.size != 0)
        builder_add(&out, wrapped(arena, DER_CONTEXT_CONSTRUCTED + 3, wrapped(arena, DER_SEQUENCE, extensions)));
    return wrapped(arena, DER_SEQUENCE, builder_bytes(&out));
}

struct bytes sct_precertificate(struct arena *arena, struct bytes certificate)
{
    const struct bytes none = {NULL, 0};
    struct parts parts;
    // Lengths are written anew: where that alone changes the octets, nobody knows what the log has seen.
    if (!take_apart(certificate, &parts) || parts.extensions.size == 0 ||
        !bytes_equal(put_together(arena, parts.before, parts.extensions), parts.tbs))
        return none;
    struct builder kept = builder_of(arena, parts.extensions.size);
    struct cursor extensions = cursor_of(parts.extensions);
    unsigned lists = 0;
    while (extensions.left != 0 && !extensions.bad) {
        struct bytes whole = {extensions.next, extensions.left}, oid;
        take_extension(&extensions, &oid);
        whole.size -= extensions.left;
        if (is(oid, in_certificate_oid))
            lists++;
        else
            builder_add(&kept, whole);
    }
    return extensions.bad || lists != 1 ? none : put_together(arena, parts.before, builder_bytes(&kept));
}

// RFC 6962 section 3.2: digitally-signed struct. Empty: see sct_precertificate.
static struct bytes signed_octets(struct arena *arena, const struct sct_question *question, const struct sct *sct)
{
    bool embedded = sct->source == SCT_IN_CERTIFICATE;
    struct bytes entry = embedded ? sct_precertificate(arena, question->leaf) : question->leaf;
    struct builder out = builder_of(arena, entry.size + sct->extensions.size + 64);
    if (entry.size == 0)
        return entry;
    builder_u8(&out, 0); // version 1
    builder_u8(&out, CERTIFICATE_TIMESTAMP);
    builder_u64(&out, sct->timestamp);
    builder_u16(&out, embedded ? PRECERT_ENTRY : X509_ENTRY);
    if (embedded) {
        uint8_t digest[32];
        digest_sha256(question->issuer_key, digest);
        builder_add(&out, (struct bytes){digest, sizeof digest});
    }
    size_t block = builder_open(&out, 3);
    builder_add(&out, entry);
    builder_close(&out, block, 3);
    block = builder_open(&out, 2);
    builder_add(&out, sct->extensions);
    builder_close(&out, block, 2);
    return out.bad ? (struct bytes){NULL, 0} : builder_bytes(&out);
}

// --- the verdict -----------------------------------------------------------------------------------

static void say(struct sct_judgement *out, enum sct_answer answer, const char *reason, const char *sentence)
{
    out->answer = answer;
    out->reason = reason;
    out->sentence = sentence;
}

static void check_signature(struct arena *arena, const struct sct_question *question, const struct sct *sct,
                            struct sct_judgement *out)
{
    struct bytes message = signed_octets(arena, question, sct), key = {NULL, 0};
    if (message.size == 0) {
        say(out, SCT_UNKNOWN, "not_der", "the certificate is not DER to the letter: what the log signed is not known");
        return;
    }
    text_from_base64(arena, out->log->key, &key);
    enum signature_kind kind = sct->signature_algorithm == RSA ? SIGNATURE_RSA : SIGNATURE_ECDSA;
    switch (signature_verify_plain(kind, message, sct->signature, key)) {
    case SIGNATURE_GOOD:
        say(out, SCT_GOOD, NULL, NULL);
        break;
    case SIGNATURE_BAD:
        say(out, SCT_BAD, "bad_signature", "the signature is not the log's over this certificate");
        break;
    case SIGNATURE_UNKNOWN:
    case SIGNATURE_WEAK:
        say(out, SCT_UNKNOWN, "unsupported", "the log's key is of a kind that the library at hand does not know");
        break;
    }
}

static void check_interval(const struct sct_question *question, struct sct_judgement *out)
{
    if (out->answer == SCT_GOOD && (question->leaf_ends < out->log->from || question->leaf_ends >= out->log->until))
        say(out, SCT_GOOD, "outside_interval", "the log is not meant for certificates that end when this one does");
}

void sct_judge(struct arena *arena, const struct sct_question *question, const struct sct *sct,
               struct sct_judgement *out)
{
    bool readable = !sct->malformed && sct->version == 0;
    *out = (struct sct_judgement){.log = readable ? ct_logs_find(question->logs, sct->log_id) : NULL};
    if (sct->malformed)
        say(out, SCT_BAD, "malformed", "its fields do not fill it");
    else if (sct->version != 0)
        say(out, SCT_UNKNOWN, "version", "it is of a version that no log is known to use");
    else if (question->now < 0 || sct->timestamp / 1000 > (uint64_t)question->now)
        say(out, SCT_BAD, "future", "it is from a time that has not come yet");
    else if (sct->hash != SHA256 || (sct->signature_algorithm != RSA && sct->signature_algorithm != ECDSA))
        say(out, SCT_BAD, "algorithm", "it is signed with neither of the two algorithms that logs have");
    else if (out->log == NULL)
        say(out, SCT_UNKNOWN, "unknown_log", "the table of logs does not have this one: it may be newer");
    else if (sct->source == SCT_IN_CERTIFICATE && question->issuer_key.size == 0)
        say(out, SCT_UNKNOWN, "no_issuer",
            "the issuer's certificate is not at hand, and its key is part of what was signed");
    else
        check_signature(arena, question, sct, out);
    check_interval(question, out);
}
