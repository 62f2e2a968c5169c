// SPDX-License-Identifier: Apache-2.0
//
// A certificate's DER turned into plain facts. They are read from the DER itself, not by libcrypto,
// which only verifies signatures: keys it does not know are told all the same, and reading takes
// microseconds. Every string is escaped for printing (base/text.h) and lives in the arena. Broken
// DER gives what could be read and an `error`; it never fails otherwise. Texts that have no "or
// NULL" are "" when unread.
#ifndef WIRE_CERTIFICATE_H
#define WIRE_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/algorithm.h"

struct arena;

#define CERTIFICATE_NAMES 2000 // entries kept of one list of names

struct strings {
    const char *const *text;
    size_t count;
};

struct certificate {
    struct bytes der;
    const char *error;            // NULL: parsed; else why not (a sentence); the fields below may be empty
    unsigned version;             // 1, 2, 3; 0 unknown
    const char *subject, *issuer; // RFC 4514 strings, most specific first
    const char *common_name;      // last CN of the subject, or NULL
    struct bytes subject_der, issuer_der;
    const char *serial; // upper-case hex of the magnitude's octets, "-" before a negative one; cut at TEXT_LIMIT
    struct bytes serial_octets; // content of its INTEGER
    int64_t not_before,
        not_after;        // seconds since 1970; INT64_MIN and INT64_MAX where unreadable (then error is set too)
    const char *key_type; // "RSA", "RSA-PSS", "EC", "Ed25519", "Ed448", "DSA", "DH", "X25519", "GOST2012-256",
                          // "ML-DSA-65", "SM2", or the OID
    unsigned key_bits;    // 0 where it has none or is unknown
    const char *curve;    // IANA group name ("secp256r1"), the OID, "explicit" or "implicit"; NULL for other keys
    const char *signature_algorithm; // "sha256WithRSAEncryption", "ecdsa-with-SHA384", "RSASSA-PSS-SHA256", "Ed25519",
                                     // "ML-DSA-65", or the OID
    struct bytes public_key_der;     // the whole SubjectPublicKeyInfo
    bool has_alternative_names;      // the SAN extension is there, perhaps with none of the next three
    struct strings dns_names;        // SAN dNSName as they stand
    struct strings ip_addresses;     // SAN iPAddress printed; wrong lengths as hex
    struct strings other_names;      // other SANs as "email:x", "uri:x", "dirname:x", "rid:OID", "other:OID"
    bool has_basic_constraints, is_ca;
    long path_length; // -1: not limited
    bool has_key_usage, has_extended_key_usage;
    struct strings key_usage, extended_key_usage; // "digitalSignature"; "serverAuth" or the OID
    struct strings policies;                      // OIDs
    struct strings ocsp_urls, issuer_urls, crl_urls;
    struct strings unknown_critical;                   // OIDs of critical extensions libcrypto does not know
    unsigned sct_count;                                // embedded SCTs
    bool must_staple;                                  // TLS feature extension with status_request
    bool ocsp_no_check;                                // id-pkix-ocsp-nocheck: RFC 6960 section 4.2.2.2.1
    const char *subject_key_id, *authority_key_id;     // hex or NULL
    const char *fingerprint_sha256, *fingerprint_sha1; // of the DER, hex
    const char *public_key_sha256;                     // of the SubjectPublicKeyInfo, hex
    bool self_issued;                                  // subject equals issuer
    bool self_signed; // ... and its own key verifies it; false also where libcrypto cannot
};

// Reads one certificate. der need not outlive the call.
void certificate_read(struct arena *arena, struct bytes der, struct certificate *out);

// Its subject alone, encoded, in der itself; empty where the fields before it are malformed.
struct bytes certificate_subject(struct bytes der);

// Its key alone, as the fields for it above would tell: much less work. Type is "" where unreadable.
struct key_facts certificate_key(struct arena *arena, struct bytes der);

// Whether child names issuer's subject as its issuer's; and whether issuer's key did sign it too: the name, then the
// signature itself. Unknown: the names fit, and libcrypto cannot read one of the two, or does not know the key or the
// algorithm.
enum issued { ISSUED_NO, ISSUED_YES, ISSUED_UNKNOWN };
bool certificate_names(const struct certificate *issuer, const struct certificate *child);
enum issued certificate_issued(const struct certificate *issuer, const struct certificate *child);

#endif
