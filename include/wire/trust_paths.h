// SPDX-License-Identifier: Apache-2.0
//
// Every path from a leaf to a root: what X509_verify_cert does not look for, since it follows the first
// issuer that fits. For the files of wire/ that verify (trust*.c); for nobody else.
//
// A path is a sequence of certificates each of which is signed by the key of the next. It ends in one that
// signs itself, which was sent or is known to the store, or where no issuer is at hand. Whether it holds
// (dates, constraints, ...) is not looked at here.
#ifndef WIRE_TRUST_PATHS_H
#define WIRE_TRUST_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/trust_store.h"

#define TRUST_PATHS  32 // kept
#define TRUST_LENGTH 22 // certificates of a path, leaf and root included

struct trust_node {
    struct x509_st *certificate; // borrowed
    uint8_t digest[32];
    size_t entity; // a name and a key: cross-signed certificates share it
    size_t issuer; // the entity that signed it, or one of the values below
    bool root;     // signs itself
    bool trusted;  // is in the store
};

struct trust_path {
    const struct trust_node *node[TRUST_LENGTH];
    size_t count;
    bool ends; // in a root; false: the last one's issuer is not at hand
};

struct trust_paths {
    struct trust_path path[TRUST_PATHS];
    size_t count;
    bool cut; // there may be more
};

struct arena;

// sent[0] is the leaf. In scratch memory; good as long as the certificates and the store.
void trust_paths_find(const struct trust_store *store, struct arena *scratch, struct x509_st *const *sent, size_t count,
                      struct trust_paths *out);

#endif
