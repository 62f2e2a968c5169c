// SPDX-License-Identifier: Apache-2.0
//
// A set of trusted roots, and whether a chain as it was sent leads to one of them at a given time.
// X509_verify_cert with explicit flags; loads everything at opening, so that verifying touches no
// file. Names are judged elsewhere (wire/names.h), revocation nowhere here.
//
// A path ends at a self-signed root of the store, never at an intermediate. All its certificates
// must be valid at the time given and fit for a TLS server; keys are at least as strong as RSA 2048,
// signatures below the root use SHA-224 or better (OpenSSL's security level 2).
#ifndef WIRE_TRUST_H
#define WIRE_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "wire/certificate.h"

struct arena;
struct trust_store;

// When no path is found, the reason follows from where the best one stopped:
//   self_signed       the leaf signs itself and is not in the store
//   incomplete_chain  the leaf's issuer was neither sent nor is it in the store
//   unknown_issuer    the path goes on from the leaf, but ends at a root that is not in the store, or
//                     at an intermediate whose issuer was not sent. (Servers need not send the root, so
//                     a second missing intermediate looks the same.)

// Roots from a PEM file and/or a directory of PEM files; both NULL: the system's own (OpenSSL's
// default file and directory, SSL_CERT_FILE and SSL_CERT_DIR honoured). NULL and a complaint when
// one of them cannot be read or holds no certificate. The system's store may be empty.
struct trust_store *trust_open(const char *ca_file, const char *ca_path, struct complaint *complaint);
void trust_close(struct trust_store *store);

const char *trust_name(const struct trust_store *store); // "system" or what was given
size_t trust_size(const struct trust_store *store);      // roots

struct trust_result {
    bool trusted;
    bool known;           // false: it could not be decided (unparseable, unsupported, empty_store)
    const char *reason;   // stable code when not trusted: "expired", "not_yet_valid", "self_signed",
                          // "unknown_issuer", "incomplete_chain", "weak_signature", "weak_key", "bad_signature",
                          // "name_constraint", "path_length", "wrong_usage", "invalid_ca", "critical_extension",
                          // "explicit_parameters" (of an EC key), "policy" (one is required), "empty_store",
                          // "unparseable", "other", "unsupported" (a key or signature that libcrypto does not know)
    const char *sentence; // what libcrypto says, and at which certificate
    struct strings path;  // subjects from leaf to root, as far as it was built
};

// chain[0] is the leaf; the others are only candidates for the path, 100 at most. now: seconds since
// 1970. A count of 0 is "unparseable".
void trust_verify(const struct trust_store *store, struct arena *arena, const struct bytes *chain, size_t count,
                  int64_t now, struct trust_result *out);

#endif
