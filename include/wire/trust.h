// SPDX-License-Identifier: Apache-2.0
//
// A set of trusted roots, the lists of roots that programs bring along (wire/roots.h), and whether a chain
// as it was sent leads to one of them at a given time. X509_verify_cert with explicit flags; loads
// everything at opening, so that verifying touches no file. Names are judged elsewhere (wire/names.h),
// revocation nowhere here.
//
// A path ends at a self-signed root, never at an intermediate. All its certificates must be valid at
// the time given and fit for a TLS server; keys are at least as strong as RSA 2048, signatures below the
// root use SHA-224 or better (OpenSSL's security level 2). Every list is judged by these same rules,
// whatever the program that it comes from does beside them.
#ifndef WIRE_TRUST_H
#define WIRE_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fail.h"
#include "wire/certificate.h"
#include "wire/roots.h"

struct arena;
struct trust_store;

// Reasons, which are stable codes:
//   expired, not_yet_valid, weak_key, weak_signature, bad_signature, name_constraint, path_length,
//   wrong_usage (of the extended or the key usage), invalid_ca, critical_extension, explicit_parameters
//   (of an EC key), policy (one is required), other
//   self_signed       the leaf signs itself and is not in the store
//   incomplete_chain  the leaf's issuer was neither sent nor is it in the store
//   unknown_issuer    the path goes on from the leaf, but ends at a root that is not in the store, or
//                     at an intermediate whose issuer was not sent. (Servers need not send the root, so
//                     a second missing intermediate looks the same.)
//   other_path        trusted, but not by the path that OpenSSL follows
// of lists alone:
//   distrusted        the list has the root as one not to be trusted
//   distrusted_after  the root is trusted for what was issued up to a day alone, and the leaf is newer
// and where nothing is known:
//   unsupported (a key or signature that libcrypto does not know), unparseable, empty_store,
//   chain_too_long    more than 20 intermediates
//   root_not_at_hand  the path ends before a root
//   sources_disagree  about whether the list has the root
//   distrust_date     the day up to which the root is trusted is not known well enough
//   too_many_paths    not all of them were looked at

// Roots from a PEM file and/or a directory of PEM files; both NULL: the system's own (OpenSSL's
// default file and directory, SSL_CERT_FILE and SSL_CERT_DIR honoured). NULL and a complaint when
// one of them cannot be read or holds no certificate. The system's store may be empty. The system's roots
// are known beside those given, so that lists can be asked about them, but not trusted then.
struct trust_store *trust_open(const char *ca_file, const char *ca_path, struct complaint *complaint);
void trust_close(struct trust_store *store);

const char *trust_name(const struct trust_store *store); // "system" or what was given
size_t trust_size(const struct trust_store *store);      // roots to trust

struct trust_result {
    bool trusted;
    bool known;                       // false: it could not be decided
    const char *reason;               // when not trusted, and "other_path"; else NULL
    const char *sentence;             // for people, always
    struct strings path;              // subjects from leaf to root, as far as it was built
    const char *at;                   // subject of the certificate that breaks a rule, or NULL
    const struct bytes *certificates; // those of the path, where they were asked for; else NULL
    const char *root;                 // SHA-256 of the root that the path ends in, in hex; NULL: it ends in none
};

struct trust_question {
    const struct bytes *chain; // chain[0] is the leaf; the others are only candidates for the path
    size_t count;              // 0 is "unparseable"; 100 are looked at
    const struct bytes *extra; // more candidates, which were not sent but fetched
    size_t extra_count;
    int64_t now;    // seconds since 1970
    bool keep_path; // of trust_verify: tell the path's certificates
};

// By the store alone.
void trust_verify(const struct trust_store *store, struct arena *arena, const struct trust_question *question,
                  struct trust_result *out);

// Whether the chain leads to one certificate, root or not, that is trusted for itself, whatever the store holds: what
// DANE-TA asks (RFC 7671 section 5.2). The other rules are the same.
void trust_anchored(const struct trust_store *store, struct arena *arena, const struct trust_question *question,
                    struct bytes anchor, struct trust_result *out);

// By the store and by every list. Beside the certificates sent, the store's and the system's roots may end
// a path that a list is asked about.
struct trust_verdicts {
    struct trust_result store, list[ROOT_LISTS];
};
void trust_judge(const struct trust_store *store, struct arena *arena, const struct trust_question *question,
                 struct trust_verdicts *out);

#endif
