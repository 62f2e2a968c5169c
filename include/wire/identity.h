// SPDX-License-Identifier: Apache-2.0
//
// A client's certificate and its private key, read from the user's files before anything is sent: PEM, or
// PKCS #12 by its content. The key leaves this module only for the TLS library's hands; it is written
// nowhere, and neither is its passphrase, not even in complaints. Held in OpenSSL's secure heap where the
// machine grants one (locked, and in no core dump); file contents are wiped.
#ifndef WIRE_IDENTITY_H
#define WIRE_IDENTITY_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/fail.h"

struct identity;
struct evp_pkey_st; // OpenSSL's EVP_PKEY

// certificate: the leaf, and after it the chain to send, in the file's own order (PEM); of PKCS #12 the
// chain is put in order. key: NULL means that it is in the same file. passphrase: "env:NAME" or
// "file:PATH" (its first line), or NULL. NULL and a complaint: a file cannot be read, holds nothing of
// the kind, the passphrase is missing or wrong, or key and certificate do not belong together.
struct identity *identity_open(const char *certificate, const char *key, const char *passphrase,
                               struct complaint *complaint);
void identity_close(struct identity *identity); // NULL is allowed

// SHA-256 of the leaf in hex.
const char *identity_fingerprint(const struct identity *identity);

// DER from the leaf on, `index` below the count.
size_t identity_count(const struct identity *identity);
struct bytes identity_certificate(const struct identity *identity, size_t index);

// For libssl; stays the identity's.
struct evp_pkey_st *identity_key(const struct identity *identity);

#endif
