// SPDX-License-Identifier: Apache-2.0
//
// Signed certificate timestamps of version 1 (RFC 6962 section 3.2): a log's promise to publish a certificate. They
// come in the certificate, in TLS, or in an OCSP response; each is a list of TLS's own making. What a log signed is put
// together again and held against its key. Inclusion in a log is not asked about. Version 2 (RFC 9162) is used by
// nobody.
#ifndef WIRE_SCT_H
#define WIRE_SCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/ct_logs.h"

struct arena;

#define SCTS 64 // kept of one list

enum sct_source { SCT_IN_CERTIFICATE, SCT_IN_TLS, SCT_IN_OCSP };

const char *sct_source_name(enum sct_source source); // "certificate", "tls", "ocsp"

// Views of what it was read from.
struct sct {
    enum sct_source source;
    bool malformed;  // shorter or longer than its fields say; those read are there, the others zero
    uint8_t version; // 0 is version 1; of others nothing else is read
    uint8_t log_id[32];
    uint64_t timestamp; // milliseconds since 1970
    struct bytes extensions;
    uint8_t hash, signature_algorithm; // of TLS 1.2: sha256 is 4, rsa 1, ecdsa 3
    struct bytes signature;
};

// SignedCertificateTimestampList: appends what can be read, at most SCTS. False: the list itself is malformed, empty or
// longer; what came before stands.
bool sct_list_read(struct bytes list, enum sct_source source, struct sct *out, size_t *count);

// The list in a certificate (1.3.6.1.4.1.11129.2.4.2), and in each response of an OCSPResponse that has one (...2.4.5).
// *found: there is such an extension. False: it is there and malformed; or the whole is not to be read.
bool sct_in_certificate(struct bytes certificate, bool *found, struct bytes *list);
bool sct_in_staple(struct bytes response, bool *found, struct bytes *list);

// The TBSCertificate as it was before the list came into it. Empty: the certificate is not DER to the letter, so that
// what was signed cannot be known, or it has no such list.
struct bytes sct_precertificate(struct arena *arena, struct bytes certificate);

enum sct_answer { SCT_UNKNOWN, SCT_GOOD, SCT_BAD };

// Reasons: of a bad one malformed, future (its time is after now), algorithm (RFC 6962 section 2.1.4), bad_signature;
// of what is not known version, unknown_log, no_issuer (whose key it takes), not_der, unsupported.
// A good one may have the reason outside_interval: the log does not take certificates that end then.
struct sct_judgement {
    enum sct_answer answer;
    const char *reason, *sentence; // NULL for a plain good one
    const struct ct_log *log;      // NULL: the table has none of this id
};

struct sct_question {
    struct bytes leaf;       // DER
    struct bytes issuer_key; // SubjectPublicKeyInfo of the leaf's issuer; empty: it is not at hand
    int64_t now, leaf_ends;  // seconds since 1970
    const struct ct_logs *logs;
};

void sct_judge(struct arena *arena, const struct sct_question *question, const struct sct *sct,
               struct sct_judgement *out);

#endif
