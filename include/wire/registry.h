// SPDX-License-Identifier: Apache-2.0
//
// The registry of code points: what each number on the wire is called and what is known of it.
// The rows are generated from data/*.csv into src/wire/*.def (make tables). Nothing here is a
// judgement; names are IANA's where IANA has one.
#ifndef WIRE_REGISTRY_H
#define WIRE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Protocol versions as on the wire.
enum { SSL2 = 0x0002, SSL3 = 0x0300, TLS10 = 0x0301, TLS11 = 0x0302, TLS12 = 0x0303, TLS13 = 0x0304 };

enum code_status {
    STATUS_ASSIGNED,
    STATUS_SCSV,
    STATUS_GREASE,
    STATUS_SSL2,
    STATUS_SSL3_ONLY,
    STATUS_OLD_DRAFT,
    STATUS_PRIVATE,
    STATUS_OBSOLETE,
    STATUS_LEGACY,
    STATUS_DRAFT,
    STATUS_INTERNAL
};

enum key_exchange {
    KX_NONE,
    KX_ANY,
    KX_RSA,
    KX_DH,
    KX_DHE,
    KX_ECDH,
    KX_ECDHE,
    KX_PSK,
    KX_RSA_PSK,
    KX_DHE_PSK,
    KX_ECDHE_PSK,
    KX_SRP,
    KX_KRB5,
    KX_GOST,
    KX_OTHER
};

enum authentication {
    AUTH_NONE,
    AUTH_ANY,
    AUTH_ANON,
    AUTH_RSA,
    AUTH_DSS,
    AUTH_ECDSA,
    AUTH_DH,
    AUTH_ECDH,
    AUTH_PSK,
    AUTH_SRP,
    AUTH_KRB5,
    AUTH_GOST,
    AUTH_OTHER
};

struct suite {
    uint32_t code;            // two octets; SSLv2 kinds have three
    const char *name;         // IANA name, or the most common one
    const char *openssl_name; // or ""
    enum code_status status;
    // Wire versions between which it may be negotiated; 0x0101 is TLCP 1.1; 0: none (GREASE).
    uint16_t min_version, max_version;
    enum key_exchange kx;
    enum authentication auth;
    const char *key_exchange, *authentication; // as text: "DHE_PSK", "anon"; "" for SCSV and GREASE
    const char *cipher; // "AES-128-GCM", "CHACHA20-POLY1305", "3DES-CBC", "RC4-128"; export: "RC4-40"; or ""
    const char *mac;    // "AEAD", "SHA256", ...
    uint16_t key_bits, strength_bits; // nominal; effective (3DES 112, export 40 or 56)
    bool aead, forward_secrecy, export;
    char recommended; // IANA: 'Y', 'N', 'D', or ' ' where unknown
};

// All suites in ascending order of code. NULL when the code is not in the table. One code is taken
// twice: 0 is TLS_NULL_WITH_NULL_NULL to suite_find and SSL_CK_NULL_WITH_MD5, which follows it in
// the table, to suite_find_ssl2, which knows the SSLv2 kinds alone.
size_t suite_count(void);
const struct suite *suite_at(size_t index);
const struct suite *suite_find(uint32_t code);
const struct suite *suite_find_ssl2(uint32_t kind);

enum group_kind {
    GROUP_EC_PRIME,
    GROUP_EC_BINARY,
    GROUP_MONTGOMERY,
    GROUP_FFDHE,
    GROUP_GOST,
    GROUP_SM2,
    GROUP_KEM,
    GROUP_HYBRID,
    GROUP_EXPLICIT,
    GROUP_GREASE
};

struct group {
    uint16_t code;
    const char *name;
    enum group_kind kind;
    uint16_t field_bits, strength_bits; // 0 where unknown
    bool post_quantum, tls13;           // tls13: usable in TLS 1.3
    enum code_status status;
    uint16_t client_share_size, server_share_size; // octets in key_share; 0 where unknown
};

size_t group_count(void);
const struct group *group_at(size_t index);
const struct group *group_find(uint16_t code);

struct scheme {
    uint16_t code;
    const char *name, *signature, *hash; // "rsa_pss_rsae_sha256", "RSASSA-PSS", "SHA256"; the latter two or ""
    bool tls12, tls13;                   // a server may sign a handshake of that version with it
    enum code_status status;
};

size_t scheme_count(void);
const struct scheme *scheme_at(size_t index);
const struct scheme *scheme_find(uint16_t code);

// Application protocols, in the order of their registration.
struct protocol {
    const char *id; // as ALPN has it
    const char *name;
    bool asked; // met with over TLS on TCP: a list of all would be longer than some servers read
};

size_t protocol_count(void);
const struct protocol *protocol_at(size_t index);

// "TLSv1.2", "SSLv2", "TLSv1.3-draft28"...; NULL when unknown.
const char *version_name(uint16_t version);

// "handshake_failure"; NULL when unknown.
const char *alert_name(uint8_t description);

// ... "not assigned" where it has none, for people to read.
const char *alert_label(uint8_t description);

// "server_name"; NULL when unknown.
const char *extension_name(uint16_t type);

// 0x?A?A with equal halves (RFC 8701).
bool is_grease(uint16_t code);

#endif
