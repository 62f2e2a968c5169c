// SPDX-License-Identifier: Apache-2.0
//
// What a trust store holds, for the files of wire/ that verify against it (trust*.c); for nobody else.
#ifndef WIRE_TRUST_STORE_H
#define WIRE_TRUST_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/trust.h"

struct x509_st;
struct x509_store_st;
struct x509_lookup_method_st;
struct X509_name_st;

// A certificate that was loaded; trusted, or merely known since the system has it.
struct trust_root {
    uint8_t digest[32];          // SHA-256 of its DER
    uint64_t name;               // hash of its subject
    struct bytes der;            // to be decoded when its name is looked up; empty: it was
    struct x509_st *certificate; // NULL: not decoded yet, or it cannot be
    bool trusted;
};

struct trust_decoded; // a peer's certificates that were decoded

struct trust_store {
    struct x509_store_st *roots;          // the trusted ones that were decoded
    struct x509_lookup_method_st *method; // ... and how it comes to others
    char *name;
    size_t size; // of roots
    struct trust_root *known;
    size_t known_count;
    struct trust_decoded *decoded;
};

// A certificate of a peer, which the caller gives back by X509_free; NULL: it cannot be decoded. The
// addresses of a name, and many names, show the same ones: the last are kept.
struct x509_st *trust_decode(const struct trust_store *store, struct bytes der);

// The known certificates whose subject may be this name, which is for the caller to compare: the first, and how many.
// They are decoded now, but for those that cannot be.
const struct trust_root *trust_known(const struct trust_store *store, const struct X509_name_st *name, size_t *count);

#endif
